"""Answers in French: through the command line and as JSON."""

import re

import e2e

# Headings and words of the English report.
ENGLISH = ("Screening for", "Catalogue 1.1.0, profile", "Because ", "Clears ",
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

    def test_questions_speak_and_understand_french(self):
        result = self.run_verb(
            "questions", "--language=fr", "--treatment=base_microneedling",
            "--area=face",
            stdin="peut-\u00eatre\naide\nnon\njamais\nretour\npass\u00e9 2019\n"
            "inconnu\nquitter\n", expect=1)
        for words in ("`peut-\u00eatre` n\u2019est pas une r\u00e9ponse ici",
                      "R\u00e9ponses\u00a0:", " / inconnu > ",
                      "encore ", "questions sont encore en suspens"):
            self.assertIn(words, result.stdout)
        for words in ("yes / no", "to go", "still open", "Answers:",
                      "is not an answer"):
            self.assertNotIn(words, result.stdout)

    def test_rules_and_conflicts_are_shown_in_french(self):
        rule = self.run_verb("rules", "show", "keloid-ever",
                             "--language=fr").stdout
        for words in ("Ch\u00e9lo\u00efde, \u00e0 un moment quelconque",
                      "S\u2019applique si\n", "Pour le clinicien\n",
                      "Lev\u00e9 si", "Questions\n", "R\u00e9solu",
                      "Lignes de preuves", "n\u2019importe o\u00f9 sur le corps"):
            self.assertIn(words, " ".join(rule.split()) if "importe" in words
                          else rule)
        conflict = self.run_verb("conflicts", "C2", "--language=fr").stdout
        for words in ("interdisent", "R\u00e9solu", "Parce que", "Concerne"):
            self.assertIn(words, conflict)
        rules = self.run_verb("rules", "list", "--concept=keloid",
                              "--language=fr").stdout
        self.assertIn("Contre-indication", rules)
        for text in (rule, conflict, rules):
            for words in ("Fires where", "For the clinician", "Clears ",
                          "Asks\n", "Resolved ", "Because ", "Touches ",
                          "Evidence rows", " rules. ", " conflict. ", "now or"):
                self.assertNotIn(words, text)

    def test_every_rule_is_shown_in_french(self):
        for rule in self.run_json("rules", "list")["rules"]:
            text = self.run_verb("rules", "show", rule["ruleId"],
                                 "--language=fr", expect=0).stdout
            # Titles of sources are as they are.
            condition = text[text.index("S\u2019applique si"):
                             text.index("Pour le clinicien")]
            with self.subTest(rule["ruleId"]):
                self.assertNotRegex(
                    condition,
                    r"ne conna\u00eet pas|\b(the|within|lies|any of|all of)\b")

    def test_other_languages_are_refused_with_those_there_are(self):
        result = self.run_verb("screen", "--language=de",
                               e2e.SAMPLES / "clear.json", expect=2)
        self.assertTrue(
            re.search(r"language.*is not a language of the catalogue; "
                      r"use one of en, fr", result.stderr, re.S),
            result.stderr)


if __name__ == "__main__":
    e2e.main()
