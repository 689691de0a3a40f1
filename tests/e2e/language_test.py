"""Answers in French: through the command line and as JSON."""

import re

import e2e

# Headings and words of the English report.
ENGLISH = ("Screening for", "Catalogue 1.0.0, profile", "Because ", "Clears ",
           "Rule  ", "What would have to change", "Grades: (A) regulator",
           "Open question", "at the", "Decision support", "Deferral",
           "Sessions\n", "Before a session", "To be recorded")


class LanguageTest(e2e.ServedTest):

    def test_report_is_french_throughout(self):
        text = self.run_verb("screen", "--language=fr",
                             e2e.SAMPLES / "active-acne.json",
                             expect=1).stdout
        for words in ("Bilan d\u2019\u00e9ligibilit\u00e9 pour le",
                      "[REPORT\u00c9] Pas maintenant.", "Reports\n",
                      "Microneedling - Joues",
                      "Acn\u00e9 inflammatoire active dans la zone",
                      "Constat", "Lev\u00e9 si", "R\u00e8gle    acne-active",
                      "Ce qui devrait changer",
                      "Aide \u00e0 la d\u00e9cision pour un clinicien"):
            self.assertIn(words, text)
        for words in ENGLISH:
            self.assertNotIn(words, text)

    def test_plan_is_french_throughout(self):
        text = self.run_verb("plan", "--language=fr",
                             e2e.SAMPLES / "clear.json").stdout
        for words in ("Plan \u00e0 partir du", "S\u00e9ances\n",
                      "Avant une s\u00e9ance", "Limites de profondeur"):
            self.assertIn(words, text)
        for words in ENGLISH:
            self.assertNotIn(words, text)

    def test_machines_are_told_the_language(self):
        path = e2e.SAMPLES / "keloid.json"
        english = self.run_json("screen", path, expect=1)
        self.assertEqual(english["language"], "en")
        french = self.run_json("screen", "--language=fr-CA", path, expect=1)
        self.assertEqual(french["language"], "fr")
        self.assertEqual(french.get("untranslatedTexts", 0), 0)

        def without_words(value):
            if isinstance(value, list):
                return [without_words(item) for item in value]
            if isinstance(value, dict):
                return {
                    name: without_words(item)
                    for name, item in value.items() if name not in (
                        "text", "title", "clinicianText", "clearedBy",
                        "display", "note")
                }
            return value

        self.assertEqual(without_words(french["decision"]),
                         without_words(english["decision"]))

    def test_patients_are_asked_in_french(self):
        result = self.run_verb("questions", "--language=fr",
                               "--audience=patient",
                               "--treatment=base_microneedling", "--area=face",
                               stdin="")
        self.assertRegex(result.stdout + result.stderr,
                         "[\u00ca\u00ea]tes-vous|avez-vous|Avez-vous")

    def test_rules_and_conflicts_are_shown_in_french(self):
        self.assertIn("Ch\u00e9lo\u00efde, \u00e0 un moment quelconque",
                      self.run_verb("rules", "show", "keloid-ever",
                                    "--language=fr").stdout)
        self.assertIn("interdisent",
                      self.run_verb("conflicts", "C2",
                                    "--language=fr").stdout)

    def test_other_languages_are_refused_with_those_there_are(self):
        result = self.run_verb("screen", "--language=de",
                               e2e.SAMPLES / "clear.json", expect=2)
        self.assertTrue(
            re.search(r"language.*is not a language of the catalogue; "
                      r"use one of en, fr", result.stderr, re.S),
            result.stderr)


if __name__ == "__main__":
    e2e.main()
