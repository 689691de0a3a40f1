"""`needlewise rules`, `conflicts`, `watch` and `health`."""

import json
import re
import signal
import subprocess
import tempfile

import e2e


class RulesTest(e2e.ServedTest):

    def test_lists_every_rule(self):
        response = self.run_json("rules", "list", expect=0)
        self.assertEqual(len(response["rules"]), response["totalSize"])
        ids = [rule["ruleId"] for rule in response["rules"]]
        self.assertEqual(ids, sorted(ids))
        self.assertIn("keloid-ever", ids)

    def test_table_has_kind_id_and_title(self):
        text = self.run_verb("rules", "list", "--concept=keloid",
                             expect=0).stdout
        self.assertRegex(text, r"(?m)^Contraindication +keloid-ever")
        self.assertIn("Keloid scarring", text)

    def test_filters_narrow_the_list(self):
        every = self.run_json("rules", "list")["totalSize"]
        for flag in ("--treatment=rf", "--effect=deferral",
                     "--concept=pregnancy", "--profile=core",
                     "--citation=M2", "--conflict=C2"):
            with self.subTest(flag):
                some = self.run_json("rules", "list", flag,
                                     expect=0)["totalSize"]
                self.assertGreater(some, 0)
                self.assertLess(some, every)

    def test_an_unknown_effect_is_refused_with_a_hint(self):
        result = self.run_verb("rules", "list", "--effect=contraindicated",
                               expect=2)
        self.assertIn("did you mean `contraindication`?", result.stderr)

    def test_shows_a_rule(self):
        text = self.run_verb("rules", "show", "keloid-ever", expect=0).stdout
        for words in ("Contraindication: Keloid scarring", "Fires where",
                      "Keloid (keloid), now or at any time before, anywhere "
                      "on the body", "For the clinician", "Clears   ", "Asks",
                      "Have you ever had a keloid", "M2 (A)", "C2  ",
                      "Evidence rows"):
            self.assertIn(words, " ".join(text.split()) if "anywhere" in words
                          else text)

    def test_shows_every_rule(self):
        for rule in self.run_json("rules", "list")["rules"]:
            text = self.run_verb("rules", "show", rule["ruleId"],
                                 expect=0).stdout
            self.assertNotIn("this client does not know", text)

    def test_shows_a_rule_to_machines(self):
        response = self.run_json("rules", "show", "keloid-ever", expect=0)
        self.assertEqual(response["rule"]["ruleId"], "keloid-ever")
        self.assertEqual(response["concepts"][0]["conceptId"], "keloid")

    def test_an_unknown_rule_is_refused_by_the_server(self):
        result = self.run_verb("rules", "show", "no-such-rule", expect=4)
        self.assertIn("RULE_NOT_FOUND", result.stderr)

    def test_wrong_uses_are_refused(self):
        for arguments, words in ((("rules",), "`list` or `show RULE`"),
                                 (("rules", "lst"), "did you mean `list`?"),
                                 (("rules", "show"), "needs the id"),
                                 (("rules", "list", "x"), "list")):
            with self.subTest(arguments):
                result = self.run_verb(*arguments, expect=2)
                self.assertIn(words, result.stderr)


class ConflictsTest(e2e.ServedTest):

    def test_lists_every_conflict(self):
        response = self.run_json("conflicts", expect=0)
        self.assertEqual(len(response["conflicts"]), response["totalSize"])
        text = self.run_verb("conflicts", expect=0).stdout
        for use in response["conflicts"]:
            self.assertIn("\n%s  " % use["conflict"]["conflictId"],
                          "\n" + text)
        for words in ("Resolved  ", "Because   ", "Touches   "):
            self.assertIn(words, text)

    def test_shows_the_ones_asked_for(self):
        response = self.run_json("conflicts", "C2", "C1", expect=0)
        self.assertEqual(
            [use["conflict"]["conflictId"] for use in response["conflicts"]],
            ["C2", "C1"])

    def test_an_unknown_conflict_is_refused(self):
        result = self.run_verb("conflicts", "C999", expect=2)
        self.assertIn("`C999` is not a source conflict", result.stderr)


class HealthTest(e2e.ServedTest):

    def test_says_that_the_server_serves(self):
        text = self.run_verb("health", expect=0).stdout
        self.assertIn("SERVING", text)
        self.assertIn("needlewise.v1.ScreeningService", text)
        self.assertIn("Catalogue ", text)

    def test_says_so_to_machines(self):
        health = self.run_json("health", expect=0)
        self.assertEqual(health["status"], "SERVING")
        self.assertEqual(health["address"], self.server.address)
        self.assertEqual(set(health["services"].values()), {"SERVING"})
        self.assertEqual(len(health["catalog"]["digest"]), 64)
        self.assertGreater(health["catalog"]["ruleCount"], 100)

    def test_tells_of_rules_past_their_review_date(self):
        self.assertNotIn("degraded", self.run_verb("health").stdout)
        with tempfile.TemporaryDirectory() as folder:
            catalog = e2e.copy_of_catalog(folder)
            citations = catalog / "citations.textproto"
            entries = citations.read_text().split("\n}\n")
            for i, entry in enumerate(entries):
                if 'citation_id: "M5"' in entry:
                    entries[i] = re.sub(
                        r'(last_reviewed|review_by): "20', r'\1: "19', entry)
            citations.write_text("\n}\n".join(entries))
            server = e2e.Server(catalog_folder=catalog)
            self.addCleanup(server.close)
            health = e2e.run("health", "--address", server.address)
            self.assertEqual(health.returncode, 0)
            self.assertRegex(
                health.stdout,
                r"degraded +\d+ rules cite a source past its review date: ")
            self.assertIn("keloid-ever", health.stdout)

    def test_waits_until_the_server_serves(self):
        self.run_verb("health", "--wait=10s", expect=0)
        result = self.run_verb("health", "--wait=soon", expect=2)
        self.assertIn("`--wait=soon`", result.stderr)

    def test_gives_up_waiting(self):
        result = e2e.run("health", "--wait=100ms",
                         "--address=127.0.0.1:1")
        self.assertEqual(result.returncode, 3)


class WatchTest(e2e.ServedTest):

    def start_watch(self, address, *flags):
        process = subprocess.Popen(
            [e2e.CLI, "watch", "--address", address, *flags],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=e2e.clean_environment())
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def test_tells_of_the_catalogue_in_force(self):
        event = json.loads(
            self.run_verb("watch", "--count=1", "--output=json",
                          expect=0).stdout)
        self.assertEqual(event["event"], "CATALOG_EVENT_IN_FORCE")
        text = self.run_verb("watch", "--count=1", expect=0).stdout
        self.assertIn("in force: Catalogue", text)

    def test_ends_well_on_ctrl_c(self):
        for stop in (signal.SIGINT, signal.SIGTERM):
            process = self.start_watch(self.server.address)
            self.assertIn("in force", process.stdout.readline())
            process.send_signal(stop)
            self.assertEqual(process.wait(e2e.PATIENCE_SECONDS), 0)

    def test_tells_of_changes_and_refusals(self):
        with tempfile.TemporaryDirectory() as folder:
            catalog = e2e.copy_of_catalog(folder)
            server = e2e.Server(catalog_folder=catalog)
            self.addCleanup(server.close)
            process = self.start_watch(server.address, "--output=json",
                                       "--count=3")
            in_force = json.loads(process.stdout.readline())
            manifest = catalog / "manifest.textproto"
            text = manifest.read_text()

            manifest.write_text(text.replace('version: "1.1.0"',
                                             'version: "1.0.1"'))
            activated = json.loads(process.stdout.readline())
            self.assertEqual(activated["event"], "CATALOG_EVENT_ACTIVATED")
            self.assertEqual(activated["version"]["version"], "1.0.1")
            self.assertNotEqual(activated["version"]["digest"],
                                in_force["version"]["digest"])

            manifest.write_text(text.replace("version:", "vershun:"))
            refused = json.loads(process.stdout.readline())
            self.assertEqual(refused["event"], "CATALOG_EVENT_REFUSED")
            self.assertEqual(refused["version"]["version"], "1.0.1")
            self.assertEqual(refused["diagnostics"][0]["file"],
                             "manifest.textproto")
            self.assertEqual(process.wait(e2e.PATIENCE_SECONDS), 0)

    def test_says_when_the_server_goes_away(self):
        server = e2e.Server()
        self.addCleanup(server.close)
        process = self.start_watch(server.address)
        self.assertIn("in force", process.stdout.readline())
        server.kill()
        self.assertEqual(process.wait(e2e.PATIENCE_SECONDS), 3)

    def test_a_wrong_count_is_refused(self):
        result = self.run_verb("watch", "--count=none", expect=2)
        self.assertIn("`--count=none`", result.stderr)


if __name__ == "__main__":
    e2e.main()
