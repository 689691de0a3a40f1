"""`needlewise questions`: piped and on a terminal."""

import json
import os
import pathlib
import subprocess
import tempfile

import e2e

ASK = ("questions", "--treatment=base_microneedling", "--area=face")


class Session:
    """A session whose answers depend on what is asked."""

    def __init__(self, address, *arguments):
        self.process = subprocess.Popen(
            [e2e.CLI, *map(str, arguments), "--address", address],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=e2e.clean_environment())
        self.transcript = ""

    def read_prompt(self):
        """What is said up to the next prompt, or to the end."""
        said = b""
        while not said.endswith(b" > "):
            byte = os.read(self.process.stdout.fileno(), 1)
            if not byte:
                break
            said += byte
        text = said.decode()
        self.transcript += text
        return text

    def answer(self, text):
        self.process.stdin.write((text + "\n").encode())
        self.process.stdin.flush()

    def finish(self):
        """Ends the answers; returns the exit code."""
        self.process.stdin.close()
        self.transcript += self.process.stdout.read().decode()
        return self.process.wait(e2e.PATIENCE_SECONDS)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(e2e.PATIENCE_SECONDS)
        self.process.stdin.close()
        self.process.stdout.close()


class QuestionsTest(e2e.ServedTest):

    server_options = {"site_facts": True}

    def start(self, *arguments):
        session = Session(self.server.address, *arguments)
        self.addCleanup(session.close)
        return session

    def answer_all(self, answers, *arguments):
        """Answers by concept, and no to the rest; returns the session."""
        session = self.start(*arguments)
        while True:
            said = session.read_prompt()
            if not said.endswith(" > "):
                break
            concept = next(
                (c for c in answers if "\n   %s" % c in said), None)
            if concept is not None:
                reply = answers[concept]
            elif "number" in said.splitlines()[-1]:
                reply = "unknown"
            else:
                reply = "no"
            session.answer(reply)
        self.assertIn(session.finish(), (0, 1), session.transcript)
        return session

    def test_stops_as_soon_as_the_answer_is_settled(self):
        session = self.answer_all(
            {"age": "34", "fitzpatrick_skin_type": "2"}, *ASK)
        self.assertIn("Settled after ", session.transcript)
        self.assertIn("[ELIGIBLE]", session.transcript)
        self.assertEqual(session.process.returncode, 0)
        # Gates settle most of the questions.
        asked = session.transcript.count(" > ")
        self.assertLess(asked, 60)
        self.assertGreater(asked, 10)

    def test_one_answer_can_settle_it(self):
        session = self.answer_all(
            {"raised_scar": "past 2019 chest", "keloid": "past 2019 chest",
             "age": "34"}, *ASK)
        self.assertIn("[CONTRAINDICATED]", session.transcript)
        self.assertEqual(session.process.returncode, 1)
        asked = session.transcript.count(" > ")
        self.assertLess(asked, 30)

    def test_piped_answers_are_read_in_turn(self):
        result = self.run_verb(*ASK, stdin="no\nnever\nunknown\nquit\n",
                               expect=1)
        self.assertIn("> never\n", result.stdout)
        self.assertIn("questions are still open", result.stdout)
        self.assertIn("[DATA REQUIRED]", result.stdout)

    def test_the_end_of_the_input_ends_the_session(self):
        result = self.run_verb(*ASK, stdin="", expect=1)
        self.assertIn("questions are still open", result.stdout)

    def test_nonsense_is_asked_again(self):
        result = self.run_verb(*ASK, stdin="perhaps\n\nhelp\nquit\n", expect=1)
        self.assertIn("`perhaps` is not an answer here", result.stdout)
        self.assertIn("type an answer", result.stdout)
        self.assertIn("Answers:\n", result.stdout)

    def save(self, session_arguments, stdin=None, answers=None):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "saved.json"
            arguments = (*session_arguments, "--save", path)
            if answers is None:
                self.run_verb(*arguments, stdin=stdin)
            else:
                self.answer_all(answers, *arguments)
            return json.loads(path.read_text())

    def test_saves_what_is_known(self):
        saved = self.save(
            ASK,
            answers={
                "age": "41 years",
                "chronic_skin_condition": "past 2020",
                "eczema": "past 2020-05 only arms",
                "herpes_simplex": "past unknown",
                "any_medicine": "yes",
                "anticoagulant": "unknown",
                "isotretinoin_oral": "past 2024-01",
                "active_acne": "no",
            })
        self.assertEqual(saved["patient"]["ageYears"], 41)
        findings = {f["concept"]: f for f in saved["patient"]["findings"]}
        self.assertEqual(
            findings["eczema"],
            {"concept": "eczema", "status": "FINDING_STATUS_PAST",
             "last": "2020-05", "areas": ["arms"], "areasComplete": True,
             "source": "SOURCE_CLINICIAN"})
        self.assertEqual(findings["herpes_simplex"],
                         {"concept": "herpes_simplex",
                          "status": "FINDING_STATUS_PAST",
                          "source": "SOURCE_CLINICIAN"})
        self.assertEqual(findings["anticoagulant"]["status"],
                         "FINDING_STATUS_UNKNOWN")
        self.assertEqual(findings["isotretinoin_oral"]["last"], "2024-01")
        self.assertEqual(findings["active_acne"]["status"],
                         "FINDING_STATUS_ABSENT")
        # What is saved can be screened.
        self.run_verb("screen", "-", stdin=json.dumps(saved), expect=1)

    def test_what_is_left_unknown_stays_open_and_is_not_asked_twice(self):
        session = self.answer_all(
            {"age": "34", "fitzpatrick_skin_type": "2",
             "any_medicine": "unknown", "anticoagulant": "unknown"}, *ASK)
        self.assertIn("still open: ", session.transcript)
        self.assertIn("anticoagulant", session.transcript)
        self.assertEqual(session.transcript.count("\n   anticoagulant"), 1)
        self.assertEqual(session.process.returncode, 1)

    def test_a_yes_to_have_you_ever_asks_back(self):
        session = self.start(*ASK)
        while "\n   chronic_skin_condition" not in session.read_prompt():
            session.answer("skip")
        session.answer("yes")
        said = session.read_prompt()
        self.assertIn("Is it so now, or when was it last?", said)
        session.answer("2019")
        self.assertTrue(session.read_prompt().startswith("2019\n\n"))
        self.assertEqual(session.finish(), 1)

    def test_back_takes_the_last_answer_back(self):
        result = self.run_verb(*ASK, stdin="no\nback\nskip\nquit\n", expect=1)
        questions = [line for line in result.stdout.splitlines()
                     if line[:2] in ("1.", "2.")]
        self.assertEqual(questions[0], questions[2])

    def test_a_refused_answer_is_asked_again(self):
        session = self.start(*ASK)
        while "\n   age" not in session.read_prompt():
            session.answer("skip")
        session.answer("500")
        said = session.read_prompt()
        self.assertIn("That cannot be: must be from 0 to 130 years", said)
        self.assertIn("\n   age", said)
        session.answer("quit")
        self.assertEqual(session.finish(), 1)

    def test_a_value_needs_its_unit_and_its_day(self):
        known = {
            "patient": {
                "ageYears": 40,
                "findings": [{
                    "concept": "bleeding_or_platelet_problem",
                    "status": "FINDING_STATUS_PRESENT"
                }]
            },
            "treatments": [{"treatment": "prp", "areas": ["face"]}],
        }
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(known, file)
            file.flush()
            session = self.start("questions", file.name)
            while "\n   platelet_count" not in session.read_prompt():
                session.answer("skip")
            session.answer("92")
            self.assertIn("never guessed", session.read_prompt())
            session.answer("92 10*3/uL")
            self.assertIn("When was it taken?", session.read_prompt())
            session.answer("")
            self.assertIn("type the day it was taken", session.read_prompt())
            session.answer("today")
            # Too few platelets settle it.
            self.assertEqual(session.finish(), 1)
            self.assertIn("Settled after ", session.transcript)
            self.assertIn("Platelet count below 100", session.transcript)

    def test_a_patient_is_shown_no_verdict(self):
        session = self.answer_all(
            {"age": "34", "fitzpatrick_skin_type": "2"}, *ASK,
            "--audience=patient")
        self.assertNotIn("ELIGIBLE", session.transcript)
        self.assertNotIn("Screening", session.transcript)
        self.assertNotIn("site_", session.transcript)

    def test_machines_get_json_and_people_the_questions(self):
        result = self.run_verb(*ASK, "--output=json", stdin="no\nquit\n",
                               expect=1)
        response = json.loads(result.stdout)
        self.assertEqual(response["decision"]["treatments"][0]["verdict"],
                         "VERDICT_DATA_REQUIRED")
        self.assertIn("\n1. ", result.stderr)

    def test_works_on_a_terminal(self):
        output, code = self.on_terminal(*ASK, stdin_lines=["no", "quit"])
        self.assertEqual(code, 1)
        self.assertIn("\x1b[1m", output)
        self.assertIn("DATA REQUIRED", output)

    def test_continues_from_a_file(self):
        result = self.run_verb("questions", e2e.SAMPLES / "clear.json",
                               expect=0)
        self.assertIn("Settled after 0 answers", result.stdout)

    def test_wrong_uses_are_refused(self):
        for arguments, words in (
            (("questions",), "nothing to ask about"),
            (("questions", "-"), "standard input holds the answers"),
            ((*ASK, "--audience=robot"), "clinician or patient"),
            (("questions", "--treatment=base_microneedling",
              "--area=elbow"), "areas[0]"),
        ):
            with self.subTest(arguments):
                result = self.run_verb(*arguments, expect=2)
                self.assertIn(words, result.stderr)


if __name__ == "__main__":
    e2e.main()
