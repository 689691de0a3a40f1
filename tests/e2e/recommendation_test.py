"""`needlewise add-ons` and `needlewise plan`."""

import datetime
import json

import e2e


def as_add_ons_request(screening):
    request = {key: screening[key] for key in ("patient",)}
    request["base"] = screening["treatments"][0]
    return request


class AddOnsTest(e2e.ServedTest):

    server_options = {"site_facts": True}

    def statuses(self, response):
        return {
            add_on["addOn"]: add_on["status"].replace("ADD_ON_STATUS_", "")
            for add_on in response["decision"]["addOns"]
        }

    def test_takes_a_screening_request_and_its_own_alike(self):
        screening = e2e.sample("clear.json")
        own = as_add_ons_request(screening)
        self.assertEqual(
            self.run_json("add-ons", "-", stdin=json.dumps(screening),
                          expect=0),
            self.run_json("add-ons", "-", stdin=json.dumps(own), expect=0))

    def test_recommends_prp_for_acne_scars(self):
        statuses = self.statuses(
            self.run_json("add-ons", e2e.SAMPLES / "clear.json", expect=0))
        self.assertEqual(statuses["prp"], "RECOMMENDED")

    def test_a_pacemaker_stops_rf_and_not_needling(self):
        response = self.run_json("add-ons",
                                 e2e.SAMPLES / "pacemaker-wants-rf.json",
                                 expect=0)
        self.assertEqual(self.statuses(response)["rf"], "CONTRAINDICATED")
        self.assertEqual(response["decision"]["base"]["verdict"],
                         "VERDICT_ELIGIBLE")

    def test_devices_of_further_treatments_become_add_on_devices(self):
        response = self.run_json("add-ons",
                                 e2e.SAMPLES / "pacemaker-wants-rf.json")
        devices = {
            add_on["addOn"]: add_on["screening"].get("device")
            for add_on in response["decision"]["addOns"]
        }
        self.assertEqual(devices["rf"], "inmode_morpheus8")

    def test_a_blocked_base_is_exit_code_1(self):
        self.run_verb("add-ons", e2e.SAMPLES / "keloid.json", expect=1)

    def test_table_says_what_to_offer_and_why(self):
        text = self.run_verb("add-ons", e2e.SAMPLES / "clear.json",
                             expect=0).stdout
        for words in ("Add-ons for ", "1. PRP", "[RECOMMENDED]",
                      "Indicated for Acne scars: moderate evidence",
                      "Sources  P22a (A)", "RF"):
            self.assertIn(words, text)

    def test_flags_override_the_request(self):
        response = self.run_json(
            "add-ons", e2e.SAMPLES / "clear.json", "--concern=wrinkles",
            "--add-on-device=rf=inmode_morpheus8", "--area=cheeks")
        base = response["decision"]["base"]
        self.assertEqual(base["areas"][0]["area"], "cheeks")
        rf = [a for a in response["decision"]["addOns"]
              if a["addOn"] == "rf"][0]
        self.assertEqual(rf["indications"][0]["concern"], "wrinkles")
        self.assertEqual(rf["screening"]["device"], "inmode_morpheus8")

    def test_a_malformed_device_flag_is_refused(self):
        result = self.run_verb("add-ons", e2e.SAMPLES / "clear.json",
                               "--add-on-device=rf", expect=2)
        self.assertIn("ADDON=DEVICE", result.stderr)

    def test_violations_of_a_converted_request_keep_their_places(self):
        request = e2e.sample("clear.json")
        request["treatments"][0]["areas"] = ["fase"]
        text = json.dumps(request, indent=1)
        line = 1 + text[:text.index('"fase"')].count("\n")
        result = self.run_verb("add-ons", "-", stdin=text, expect=2)
        self.assertIn("<standard input>:%d:" % line, result.stderr)


class PlanTest(e2e.ServedTest):

    server_options = {"site_facts": True}

    def test_plans_a_dated_course(self):
        # Not far ahead: what is said of a pregnancy soon goes stale.
        day = (datetime.date.today() + datetime.timedelta(2)).isoformat()
        plan = self.run_json("plan", e2e.SAMPLES / "course-with-prp.json",
                             "--as-of", day, expect=0)["plan"]
        self.assertEqual(plan["asOf"], day)
        self.assertEqual(plan["treatments"], ["base_microneedling", "prp"])
        self.assertEqual(plan["sessions"][0]["earliest"], day)
        self.assertGreater(len(plan["sessions"]), 1)
        self.assertIn("PLAN_SECTION_AFTER_CARE",
                      {item["section"] for item in plan["items"]})

    def test_table_says_what_happens_when(self):
        text = self.run_verb("plan", e2e.SAMPLES / "course-with-prp.json",
                             expect=0).stdout
        for words in ("Plan from ", "Base microneedling with PRP",
                      "\nSessions\n   1  ", "\nBefore a session\n",
                      "\nRisks to disclose before consent\n",
                      "To be recorded before treating: ", "at most 1.5 mm",
                      "repeat it before each"):
            self.assertIn(words, text)

    def test_takes_a_screening_request(self):
        plan = self.run_json("plan", e2e.SAMPLES / "clear.json",
                             expect=0)["plan"]
        self.assertEqual(plan["treatments"], ["base_microneedling"])

    def test_add_ons_can_be_chosen_by_flag(self):
        plan = self.run_json("plan", e2e.SAMPLES / "clear.json",
                             "--add-on=prp", expect=0)["plan"]
        self.assertEqual(plan["treatments"], ["base_microneedling", "prp"])
        plan = self.run_json("plan", e2e.SAMPLES / "course-with-prp.json",
                             "--add-on=none", expect=0)["plan"]
        self.assertEqual(plan["treatments"], ["base_microneedling"])

    def test_a_blocked_treatment_is_explained(self):
        result = self.run_verb("plan", e2e.SAMPLES / "keloid.json", expect=1)
        self.assertIn("SCREENING_NOT_SATISFIED", result.stderr)
        self.assertIn("[CONTRAINDICATED]", result.stdout)
        self.assertIn("Keloid scarring", result.stdout)

    def test_a_blocked_add_on_is_explained(self):
        result = self.run_verb("plan",
                               e2e.SAMPLES / "low-platelets-prp.json",
                               "--add-on=prp", expect=1)
        self.assertIn("Platelet count below 100", result.stdout)

    def test_machines_get_the_refusal_as_json(self):
        result = self.run_verb("plan", e2e.SAMPLES / "keloid.json",
                               "--output=json", expect=1)
        self.assertEqual(result.stdout, "")
        status = json.loads(result.stderr)
        self.assertEqual(status["code"], 9)


if __name__ == "__main__":
    e2e.main()
