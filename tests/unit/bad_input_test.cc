// What an author, a clinic or an attacker may get wrong about a catalogue:
// each is refused, and the golden holds what they are told.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/engine/catalog_loader.h"
#include "rules/engine/catalog_seal.h"
#include "tests/support/golden.h"
#include "tests/support/seal_key.h"

namespace needlewise {
namespace {

// As an author writes one: a manifest, one concept, one rule.
constexpr char kCatalog[] = R"(manifest {
  version: "1.0.0"
  effective_from: "2026-01-01"
  title: "A catalogue"
  intended_use: "For clinicians."
}
sections { section_id: "skin" display: "Your skin" }
areas { area_id: "face" display: "Face" treatable: true }
treatments {
  treatment_id: "needling"
  display: "Needling"
  description: "Needles."
}
citations {
  citation_id: "M1"
  title: "A manual"
  provenance: CITATION_PROVENANCE_LOOKED_UP
  review_by: "2026-06-01"
}
concepts {
  concept_id: "keloid"
  display: "Keloid"
  kind: CONCEPT_KIND_CONDITION
  scope: CONCEPT_SCOPE_PATIENT
  question: "Have you ever had a keloid?"
  tense: QUESTION_TENSE_EVER
  answer_sources: ANSWER_SOURCE_PATIENT
  section: "skin"
  codes {
    coding { system: "http://snomed.info/sct" code: "33659008" }
    display: "Keloid scar"
    verification: CODE_VERIFICATION_REPOSITORY
  }
}
rules {
  rule_id: "keloid-ever"
  title: "A keloid, ever."
  applies_to: "needling"
  condition {
    finding {
      concept: "keloid"
      time: FINDING_TIME_WITHIN
      within { months: 6 }
    }
  }
  contraindication {}
  clinician_text: "Consider something else."
  cleared_by: "Nothing."
  citations { source: "M1" grade: EVIDENCE_GRADE_A }
  evidence_rows: "E08"
}
)";

CatalogFileText Catalog(
    const std::vector<std::pair<std::string, std::string>>& changes) {
  std::string text = kCatalog;
  for (const auto& [from, to] : changes) {
    EXPECT_THAT(text, ::testing::HasSubstr(from));
    text = absl::StrReplaceAll(text, {{from, to}});
  }
  return {"rules.textproto", text};
}

TEST(BadInput, IsRefusedWithItsPlaceAndWhatToDo) {
  const TestSealKey key('k');
  const TestSealKey stranger('s');
  const CatalogFileText good = Catalog({});
  const v1::CatalogSeal seal = key.SealOf({good});
  v1::CatalogSeal resigned = seal;
  resigned.set_approver("Somebody else");
  const CatalogFileText tampered =
      Catalog({{"contraindication {}", "note {}"}});
  const CatalogFileText overlay = {"overlays/clinic.textproto",
                                   "overlay_id: \"clinic\"\n"
                                   "title: \"A clinic\"\n"
                                   "rules {\n"
                                   "  rule_id: \"keloid-ever\"\n"
                                   "  effect: EFFECT_KIND_PRECAUTION\n"
                                   "  reason: \"We see many.\"\n"
                                   "}\n"};

  LoadOptions plain;
  plain.today = absl::CivilDay(2026, 11, 28);
  LoadOptions trusting = plain;
  trusting.seal.required = true;
  trusting.seal.keys = {key.public_key()};
  LoadOptions early = trusting;
  early.today = absl::CivilDay(2025, 12, 31);
  LoadOptions late = trusting;
  late.today = absl::CivilDay(2027, 1, 1);

  struct Case {
    const char* what;
    std::vector<CatalogFileText> files;
    LoadOptions options;
  };
  const std::vector<Case> cases = {
      {"A missing concept",
       {Catalog({{"      concept: \"keloid\"", "      concept: \"keliod\""}})},
       plain},
      {"A citation without grade",
       {Catalog({{" grade: EVIDENCE_GRADE_A", ""}})},
       plain},
      {"Two rules of one id",
       {good,
        {"more.textproto",
         std::string(kCatalog).substr(std::string(kCatalog).find("rules {"))}},
       plain},
      {"A window without unit",
       {Catalog({{"within { months: 6 }", "within {}"}})},
       plain},
      {"An overlay that relaxes a contraindication without approver",
       {good, overlay},
       plain},
      {"A code with a wrong check digit",
       {Catalog({{"33659008", "33659009"}})},
       plain},
      {"A file that is not UTF-8",
       {Catalog({{"Have you ever had a keloid?", "K\xE9loide ?"}})},
       plain},
      {"No seal where one is required", {good}, trusting},
      {"A tampered file under a valid signature", Sealed({tampered}, seal),
       trusting},
      {"A seal that was changed", Sealed({good}, resigned), trusting},
      {"A seal of an unknown key", Sealed({good}, stranger.SealOf({good})),
       trusting},
      {"A seal that is not in force yet", Sealed({good}, seal), early},
      {"A seal that has run out", Sealed({good}, seal), late},
  };
  std::string told;
  for (const Case& c : cases) {
    const LoadResult loaded = LoadCatalog(c.files, c.options);
    EXPECT_EQ(loaded.catalog, nullptr) << c.what;
    absl::StrAppend(&told, "# ", c.what, "\n");
    for (const v1::Diagnostic& d : loaded.diagnostics) {
      EXPECT_FALSE(d.subject().empty() && d.line() == 0) << c.what;
      absl::StrAppend(&told, FormatDiagnostic(d), "\n");
    }
    absl::StrAppend(&told, "\n");
  }
  ExpectGolden("bad_input", told);
}

TEST(BadInput, IsOnlyWhatWasChanged) {
  EXPECT_NE(LoadCatalog({Catalog({})}).catalog, nullptr);
}

}  // namespace
}  // namespace needlewise
