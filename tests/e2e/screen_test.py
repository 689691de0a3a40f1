"""`needlewise screen`: verdicts, output, input formats, flags, bad input."""

import json
import re

import e2e

# What each sample is there to show.
VERDICTS = {
    "nothing-known.json": ["DATA_REQUIRED"],
    "clear.json": ["ELIGIBLE"],
    "active-acne.json": ["DEFERRED"],
    "keloid.json": ["CONTRAINDICATED"],
    "pregnancy-possible.json": ["DEFERRED"],
    "isotretinoin-partial-date.json": ["DATA_REQUIRED"],
    "pacemaker-wants-rf.json": ["ELIGIBLE", "CONTRAINDICATED"],
    "darker-skin-cold-sores.json": ["ELIGIBLE_WITH_PRECAUTIONS"],
    "low-platelets-prp.json": ["REVIEW_REQUIRED", "CONTRAINDICATED"],
    "contradictory-record.json": ["DATA_REQUIRED"],
    "rosacea-history.textproto": ["DATA_REQUIRED"],
}
ELIGIBLE = {"ELIGIBLE", "ELIGIBLE_WITH_PRECAUTIONS"}


def verdicts(response):
    return [
        treatment["verdict"].replace("VERDICT_", "")
        for treatment in response["decision"]["treatments"]
    ]


class ScreenTest(e2e.ServedTest):

    def test_every_sample_is_listed_here(self):
        files = {path.name for path in e2e.SAMPLES.iterdir() if path.is_file()}
        self.assertEqual(
            files - set(VERDICTS), {"batch.ndjson", "course-with-prp.json"})

    def test_each_sample_gets_its_verdict_and_exit_code(self):
        for name, expected in VERDICTS.items():
            with self.subTest(name):
                blocked = any(v not in ELIGIBLE for v in expected)
                response = self.run_json("screen", e2e.SAMPLES / name,
                                         expect=1 if blocked else 0)
                self.assertEqual(verdicts(response), expected)

    def test_table_says_what_a_clinician_needs(self):
        text = self.run_verb("screen", e2e.SAMPLES / "keloid.json",
                             expect=1).stdout
        for words in ("Screening for 20", "[CONTRAINDICATED]",
                      "Contraindication\n", "Keloid scarring", "Because  ",
                      "2019", "Clears   ", "Sources  M2 (A)", "keloid-ever",
                      "What would have to change", "Grades: (A)"):
            self.assertIn(words, text)

    def test_table_says_what_is_still_open(self):
        text = self.run_verb("screen", e2e.SAMPLES / "nothing-known.json",
                             expect=1).stdout
        for words in ("[DATA REQUIRED]", "At worst     CONTRAINDICATED",
                      "Open questions (", "How old are you?",
                      'a "no" also settles', "Also useful"):
            self.assertIn(words, text)

    def test_table_says_what_was_odd_about_the_input(self):
        text = self.run_verb("screen",
                             e2e.SAMPLES / "contradictory-record.json",
                             expect=1).stdout
        for words in ("Noticed about the input", "contradiction settled",
                      "contradiction open", "stale", "code not mapped",
                      "http://snomed.info/sct 999000"):
            self.assertIn(words, text)

    def test_table_and_json_are_of_the_same_decision(self):
        table = self.run_verb("screen", e2e.SAMPLES / "clear.json").stdout
        decision_id = self.run_json("screen",
                                    e2e.SAMPLES / "clear.json")["decisionId"]
        self.assertIn(decision_id, table)

    def test_same_input_gives_the_same_bytes(self):
        path = e2e.SAMPLES / "pacemaker-wants-rf.json"
        first = self.run_verb("screen", path, "--output=json").stdout
        self.assertEqual(first,
                         self.run_verb("screen", path, "--output=json").stdout)

    def test_reads_standard_input(self):
        response = self.run_json(
            "screen", "-", stdin=json.dumps(e2e.sample("clear.json")),
            expect=0)
        self.assertEqual(verdicts(response), ["ELIGIBLE"])

    def test_detects_the_format_by_content(self):
        text = (e2e.SAMPLES / "rosacea-history.textproto").read_text()
        self.run_verb("screen", "-", stdin=text, expect=1)

    def test_format_flag_overrides_detection(self):
        for flag, name in (("textproto", "clear.json"),
                           ("json", "rosacea-history.textproto")):
            with self.subTest(flag):
                result = self.run_verb("screen", e2e.SAMPLES / name,
                                       "--format=" + flag, expect=2)
                self.assertIn("cannot be read", result.stderr)

    def test_flags_override_the_request(self):
        response = self.run_json(
            "screen", e2e.SAMPLES / "clear.json", "--treatment=prp,rf",
            "--area=cheeks,chin", "--device=dr_pen", "--concern=wrinkles",
            "--as_of", "2030-01-31", "--profile=core")
        decision = response["decision"]
        self.assertEqual(decision["asOf"], "2030-01-31")
        self.assertEqual(decision["profile"], "core")
        self.assertEqual([t["treatment"] for t in decision["treatments"]],
                         ["prp", "rf"])
        for treatment in decision["treatments"]:
            self.assertEqual(treatment["device"], "dr_pen")
            self.assertEqual([a["area"] for a in treatment["areas"]],
                             ["cheeks", "chin"])

    def test_none_takes_the_device_away(self):
        response = self.run_json("screen", e2e.SAMPLES / "clear.json",
                                 "--device=none")
        self.assertNotIn("device", response["decision"]["treatments"][0])

    def test_an_impossible_depth_is_refused(self):
        for flags, words in ((["--depth=deep"], "expected millimetres"),
                             (["--device=none", "--depth=1"],
                              "needs a device")):
            with self.subTest(flags):
                result = self.run_verb("screen", e2e.SAMPLES / "clear.json",
                                       *flags, expect=2)
                self.assertIn(words, result.stderr)

    def test_basic_view_leaves_texts_out(self):
        path = e2e.SAMPLES / "keloid.json"
        basic = self.run_json("screen", path, "--view=basic")
        full = self.run_json("screen", path, "--view=full")

        def fired(response):
            return response["decision"]["treatments"][0]["areas"][0]["fired"]

        self.assertNotIn("citations", fired(basic)[0])
        self.assertIn("citations", fired(full)[0])
        self.assertIn("- keloid-ever",
                      self.run_verb("screen", path, "--view=basic").stdout)

    def test_lines_fit_the_width(self):
        for columns in (50, 80):
            text = self.run_verb("screen", e2e.SAMPLES / "keloid.json",
                                 COLUMNS=str(columns)).stdout
            for line in text.splitlines():
                # A link stays whole.
                if "http" not in line and "doi:" not in line:
                    self.assertLessEqual(len(line), columns, line)

    def test_colour_is_for_terminals(self):
        path = e2e.SAMPLES / "keloid.json"
        escape = "\x1b["
        self.assertNotIn(escape, self.run_verb("screen", path).stdout)
        self.assertIn(
            escape, self.run_verb("screen", path, "--color=always").stdout)
        output, code = self.on_terminal("screen", path)
        self.assertEqual(code, 1)
        self.assertIn(escape, output)
        self.assertIn("\x1b[1;37;41m CONTRAINDICATED \x1b[0m", output)
        for refusal in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            output, _ = self.on_terminal("screen", path, **refusal)
            self.assertNotIn(escape, output)
        output, _ = self.on_terminal("screen", path, "--color=never")
        self.assertNotIn(escape, output)
        output, _ = self.on_terminal("screen", path, NO_COLOR="")
        self.assertIn(escape, output)

    def test_terminal_width_is_used(self):
        output, _ = self.on_terminal("screen", e2e.SAMPLES / "keloid.json",
                                     columns=60, NO_COLOR="1")
        for line in output.splitlines():
            if "http" not in line and "doi:" not in line:
                self.assertLessEqual(len(line), 60, line)

    def test_text_from_the_request_cannot_steer_the_terminal(self):
        request = e2e.sample("clear.json")
        request["treatments"][0]["device"]["device"] = "evil\x1b[2Jpen"
        text = self.run_verb("screen", "-", stdin=json.dumps(request)).stdout
        self.assertNotIn("\x1b", text)


class BadInputTest(e2e.ServedTest):

    def refused(self, text, *flags):
        result = self.run_verb("screen", "-", *flags, stdin=text, expect=2)
        self.assertEqual(result.stdout, "")
        return result.stderr

    def test_faults_of_json_have_a_place_and_a_hint(self):
        for text, place, hint in (
            ("", "1:1", "empty"),
            ("[]", "1:1", "begins with `{`"),
            ('{"patient": {},\n}', "2:1", "comma too many"),
            ('{"patient": {}\n "view": 1}', "2:2", "comma is missing"),
            ("{'patient': {}}", "1:2", "double quotes"),
            ("{patient: {}}", "1:2", "double quotes"),
            ('{"patient": None}', "1:13", "null"),
            ('{"patient": {"ageYears": 034}}', "1:29", "begin with 0"),
            ('{"asOf": 2026-11-20}', "1:14", "double quotes"),
            ('{"asOf": "2026\n"}', "1:15", "not closed"),
            ('{"patient": {', "1:14", "ends inside the object"),
            ('{"patient": {} // none\n}', "1:16", "no comments"),
            ('{"patient": {}} {}', "1:17", "--batch"),
            ("[" * 500, "1:1", "begins with `{`"),
            ('{"patient":' + "[" * 500, "1:", "nested too deep"),
        ):
            with self.subTest(text[:40]):
                stderr = self.refused(text, "--format=json")
                self.assertIn("<standard input>:" + place, stderr)
                self.assertIn(hint, stderr)

    def test_every_fault_of_the_fields_is_reported_at_once(self):
        stderr = self.refused("""{
  "patient": {
    "ageYears": 34.5,
    "findings": [
      {"concpt": "keloid", "status": "PRESENT"},
      {"concept": "eczema", "coding": {}, "areas": "face"}
    ]
  },
  "treatment": [],
  "view": "FULL",
  "view": "VIEW_FULL"
}
""")
        for line in (
            "3:17: `ageYears` is a whole number",
            "5:8: Finding has no field `concpt`; did you mean `concept`?",
            "5:38: `PRESENT` is not a value of FindingStatus; did you mean "
            "`FINDING_STATUS_PRESENT`?",
            "6:29: `coding` excludes another field",
            "6:52: `areas` is text here; expected a list",
            "9:3: ScreenEligibilityRequest has no field `treatment`; did you "
            "mean `treatments`?",
            "10:11: `FULL` is not a value of View",
            "11:3: `view` is given twice",
        ):
            self.assertIn("<standard input>:" + line, stderr)

    def test_a_caret_stands_under_the_column(self):
        stderr = self.refused('{"asOf" "2026-11-20"}')
        lines = stderr.splitlines()
        self.assertEqual(lines[-2].strip(), '{"asOf" "2026-11-20"}')
        self.assertEqual(lines[-1].index("^") - 2, 8)

    def test_faults_of_text_format_have_a_place_and_a_hint(self):
        for text, place, hint in (
            ("patient {\n  age: 3\n}", "2:", "age_years"),
            ("patient {\n  findings { status: PRESENT }\n}", "2:",
             "FINDING_STATUS_PRESENT"),
            ("patient {\n", "2:1", "not closed"),
            ("treatmants {}", "1:", "did you mean `treatments`?"),
        ):
            with self.subTest(text):
                stderr = self.refused(text)
                self.assertIn("<standard input>:" + place, stderr)
                self.assertIn(hint, stderr)

    def test_what_is_not_utf_8_is_refused(self):
        path = e2e.tempfile.NamedTemporaryFile(suffix=".json")
        self.addCleanup(path.close)
        path.write(b'{"asOf": "\xff"}')
        path.flush()
        result = self.run_verb("screen", path.name, expect=2)
        self.assertIn(":1:11: the input is not UTF-8", result.stderr)

    def test_violations_are_shown_at_their_places_in_the_input(self):
        stderr = self.refused("""{
  "patient": {
    "ageYears": -3,
    "findings": [
      {"concept": "keloidd", "status": "FINDING_STATUS_PRESENT"},
      {"concept": "platelet_count", "quantity": {"value": 105}},
      {"concept": "eczema", "status": "FINDING_STATUS_PAST",
       "last": "2999"}
    ]
  },
  "treatments": [{"treatment": "base_microneedling", "areas": ["fase"]}]
}
""")
        for place, words in (
            ("3:5", "patient.age_years"),
            ("5:8", "did you mean `keloid`?"),
            ("6:37", "10*9/L"),
            ("8:8", "patient.findings[2].last"),
            ("11:64", "did you mean `face`?"),
        ):
            self.assertRegex(
                stderr, r"<standard input>:%s: [^\n]*%s" %
                (place, re.escape(words)))

    def test_violations_in_text_format_have_places_too(self):
        stderr = self.refused(
            'patient {\n  findings { concept: "keloidd"\n'
            '    status: FINDING_STATUS_PRESENT }\n}\n'
            'treatments { treatment: "base_microneedling" areas: "face" }')
        self.assertIn("<standard input>:2:14: patient.findings[0].concept",
                      stderr)

    def test_what_a_flag_says_has_no_place_in_the_input(self):
        result = self.run_verb("screen", e2e.SAMPLES / "clear.json",
                               "--area=nosse", expect=2)
        self.assertIn("\n  treatments[0].areas[0]: ", result.stderr)
        self.assertIn("`nose`", result.stderr)

    def test_machines_get_the_violations_as_json(self):
        result = self.run_verb(
            "screen", "-", "--output=json", expect=2,
            stdin='{"patient": {"ageYears": -1}, "treatments": []}')
        self.assertEqual(result.stdout, "")
        status = json.loads(result.stderr)
        self.assertEqual(status["code"], 3)
        fields = [
            violation["field"] for detail in status["details"]
            for violation in detail.get("fieldViolations", [])
        ]
        self.assertIn("patient.age_years", fields)
        self.assertIn("treatments", fields)
        self.assertIn("FIELD_INVALID",
                      [detail.get("reason") for detail in status["details"]])

    def test_machines_get_faults_of_the_input_as_json(self):
        result = self.run_verb("screen", "-", "--output=json", expect=2,
                               stdin='{"patient": }')
        status = json.loads(result.stderr)
        self.assertEqual(
            status["details"][0]["fieldViolations"][0]["field"],
            "<standard input>:1:13")

    def test_a_pinned_catalogue_that_is_not_in_force_is_refused(self):
        request = e2e.sample("clear.json")
        request["ruleCatalogDigest"] = "0" * 64
        result = self.run_verb("screen", "-", stdin=json.dumps(request),
                               expect=4)
        self.assertIn("CATALOG_VERSION_MISMATCH", result.stderr)


if __name__ == "__main__":
    e2e.main()
