#include "tests/support/catalog_builder.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace needlewise {
namespace {

using google::protobuf::TextFormat;

constexpr char kFurniture[] = R"(
  manifest {
    version: "1.0.0-test"
    effective_from: "2026-01-01"
    title: "A catalogue for tests"
    intended_use: "Tests"
  }
  sections { section_id: "skin" display: "Your skin" }
  sections { section_id: "history" display: "Your health" }
  sections { section_id: "tests" display: "Test results" }
  sections { section_id: "site" display: "The clinic" }
  areas { area_id: "face" display: "Face" treatable: true }
  areas {
    area_id: "forehead" display: "Forehead" parent: "face" treatable: true
  }
  areas { area_id: "nose" display: "Nose" parent: "face" treatable: true }
  areas { area_id: "lips" display: "Lips" parent: "face" }
  areas { area_id: "cheeks" display: "Cheeks" parent: "face" treatable: true }
  areas {
    area_id: "left_cheek" display: "Left cheek" parent: "cheeks" treatable: true
  }
  areas { area_id: "neck" display: "Neck" treatable: true }
  areas { area_id: "back" display: "Back" treatable: true }
  concerns { concern_id: "scars" display: "Scars" }
  concerns { concern_id: "wrinkles" display: "Wrinkles" }
  concerns { concern_id: "spots" display: "Spots" }
  concerns { concern_id: "dryness" display: "Dryness" }
  treatments {
    treatment_id: "needling" display: "Needling" description: "Needles."
  }
  treatments {
    treatment_id: "plasma"
    display: "Plasma"
    description: "Needles and plasma."
    base: "needling"
    indications {
      concern: "scars"
      strength: EVIDENCE_STRENGTH_MODERATE
      text: "Scars improve."
      citations { source: "R1" grade: EVIDENCE_GRADE_B }
    }
    indications {
      concern: "spots"
      strength: EVIDENCE_STRENGTH_MIXED
      text: "Studies disagree about spots."
      citations { source: "R1" grade: EVIDENCE_GRADE_C }
    }
  }
  treatments {
    treatment_id: "heat"
    display: "Heat"
    description: "Needles and heat."
    base: "needling"
    indications {
      concern: "wrinkles"
      strength: EVIDENCE_STRENGTH_STRONG
      text: "Wrinkles improve."
      citations { source: "R1" grade: EVIDENCE_GRADE_A }
    }
    indications {
      concern: "scars"
      strength: EVIDENCE_STRENGTH_WEAK
      text: "Some scars improve."
      citations { source: "R1" grade: EVIDENCE_GRADE_C }
    }
  }
  treatments {
    treatment_id: "plasma_with_heat"
    display: "Plasma with heat"
    description: "Both in one session."
    base: "needling"
    combines: "plasma"
    combines: "heat"
  }
  profiles {
    profile_id: "core" display: "Core" description: "The core of the rules."
  }
  citations {
    citation_id: "R1"
    title: "A review"
    publisher: "A society"
    year: 2024
    doi: "10.1000/review"
    provenance: CITATION_PROVENANCE_LOOKED_UP
  }
)";

template <typename Message>
void Merge(const std::string& text, Message* message) {
  if (!TextFormat::MergeFromString(text, message)) {
    ADD_FAILURE() << "not a " << message->GetTypeName() << ":\n" << text;
  }
}

std::string Finding(const std::string& concept_id, const std::string& time,
                    const std::string& more) {
  return absl::StrCat("finding { concept: '", concept_id,
                      "' time: FINDING_TIME_", time, " ", more, " }");
}

std::string Compared(const std::string& concept_id,
                     const std::string& comparison, double limit) {
  return absl::StrCat("quantity { concept: '", concept_id,
                      "' comparison: COMPARISON_", comparison,
                      " value: ", limit, " }");
}

std::string List(const std::string& kind,
                 const std::vector<std::string>& conditions) {
  return absl::StrCat(kind, " { conditions { ",
                      absl::StrJoin(conditions, " } conditions { "), " } }");
}

std::string ImplicationId(const std::string& gate, const std::string& target) {
  return absl::StrReplaceAll(absl::StrCat(gate, "-settles-", target),
                             {{"_", "-"}});
}

}  // namespace

std::string IsNow(const std::string& concept_id, const std::string& more) {
  return Finding(concept_id, "NOW", more);
}

std::string IsEver(const std::string& concept_id, const std::string& more) {
  return Finding(concept_id, "EVER", more);
}

std::string WasPast(const std::string& concept_id, const std::string& more) {
  return Finding(concept_id, "PAST", more);
}

std::string IsWithin(const std::string& concept_id, const std::string& window,
                     const std::string& more) {
  return Finding(concept_id, "WITHIN",
                 absl::StrCat("within { ", window, " } ", more));
}

std::string BeganWithin(const std::string& concept_id,
                        const std::string& window, const std::string& more) {
  return Finding(concept_id, "BEGAN_WITHIN",
                 absl::StrCat("within { ", window, " } ", more));
}

std::string IsBelow(const std::string& concept_id, double limit) {
  return Compared(concept_id, "LESS", limit);
}

std::string IsAtLeast(const std::string& concept_id, double limit) {
  return Compared(concept_id, "GREATER_OR_EQUAL", limit);
}

std::string AllOf(const std::vector<std::string>& conditions) {
  return List("all_of", conditions);
}

std::string AnyOf(const std::vector<std::string>& conditions) {
  return List("any_of", conditions);
}

std::string Not(const std::string& condition) {
  return absl::StrCat("not { ", condition, " }");
}

CatalogBuilder::CatalogBuilder() { Merge(kFurniture, &catalog_); }

CatalogBuilder& CatalogBuilder::AddConcept(const std::string& concept_id,
                                           const std::string& usual,
                                           const std::string& more) {
  v1::Concept* made = catalog_.add_concepts();
  made->set_concept_id(concept_id);
  made->set_display(absl::StrReplaceAll(concept_id, {{"_", " "}}));
  made->set_question(absl::StrCat("What of ", made->display(), "?"));
  Merge(usual, made);
  Merge(more, made);
  if (made->answer_sources().empty()) {
    made->add_answer_sources(v1::ANSWER_SOURCE_PATIENT);
  }
  return *this;
}

CatalogBuilder& CatalogBuilder::Condition(const std::string& concept_id,
                                          const std::string& more) {
  return AddConcept(concept_id,
                    "kind: CONCEPT_KIND_CONDITION scope: CONCEPT_SCOPE_PATIENT "
                    "tense: QUESTION_TENSE_EVER section: 'history'",
                    more);
}

CatalogBuilder& CatalogBuilder::SkinCondition(const std::string& concept_id,
                                              const std::string& more) {
  return AddConcept(
      concept_id,
      "kind: CONCEPT_KIND_CONDITION scope: CONCEPT_SCOPE_TREATMENT_AREA "
      "tense: QUESTION_TENSE_EVER section: 'skin'",
      more);
}

CatalogBuilder& CatalogBuilder::Quantity(const std::string& concept_id,
                                         const std::string& unit,
                                         double maximum,
                                         const std::string& more) {
  return AddConcept(
      concept_id,
      absl::StrCat("kind: CONCEPT_KIND_QUANTITY scope: CONCEPT_SCOPE_PATIENT "
                   "tense: QUESTION_TENSE_NOW section: 'tests' "
                   "quantity { unit: '",
                   unit, "' maximum: ", maximum, " }"),
      more);
}

CatalogBuilder& CatalogBuilder::Age() {
  return AddConcept("age",
                    "kind: CONCEPT_KIND_AGE scope: CONCEPT_SCOPE_PATIENT "
                    "tense: QUESTION_TENSE_NOW section: 'history' "
                    "quantity { unit: 'a' maximum: 130 whole_numbers: true }",
                    "");
}

CatalogBuilder& CatalogBuilder::Implies(const std::string& gate,
                                        v1::FindingStatus given,
                                        const std::string& target,
                                        v1::FindingStatus implied) {
  v1::Implication* made = catalog_.add_implications();
  made->set_implication_id(ImplicationId(gate, target));
  made->mutable_given()->set_concept(gate);
  made->mutable_given()->set_status(given);
  v1::ConceptState* state = made->add_implies();
  state->set_concept(target);
  state->set_status(implied);
  made->set_rationale("The gate names it.");
  return *this;
}

CatalogBuilder& CatalogBuilder::ImpliesAtLeast(const std::string& gate,
                                               v1::FindingStatus given,
                                               const std::string& target,
                                               double least) {
  Implies(gate, given, target, v1::FINDING_STATUS_UNSPECIFIED);
  catalog_.mutable_implications()->rbegin()->mutable_implies(0)->set_at_least(
      least);
  return *this;
}

CatalogBuilder& CatalogBuilder::AddRule(const std::string& rule_id,
                                        const std::string& effect,
                                        const std::string& condition,
                                        const std::string& more) {
  v1::Rule* rule = catalog_.add_rules();
  rule->set_rule_id(rule_id);
  rule->set_title(absl::StrCat("Title of ", rule_id, "."));
  rule->set_clinician_text(absl::StrCat("Text of ", rule_id, "."));
  rule->set_cleared_by(absl::StrCat("What clears ", rule_id, "."));
  rule->add_evidence_rows("E00");
  rule->add_applies_to(treatment_);
  Merge(absl::StrCat(effect, " {} condition { ", condition, " }"), rule);
  Merge(more, rule);
  if (rule->citations().empty()) {
    Merge("citations { source: 'R1' grade: EVIDENCE_GRADE_A }", rule);
  }
  return *this;
}

CatalogBuilder& CatalogBuilder::Contraindication(const std::string& rule_id,
                                                 const std::string& condition,
                                                 const std::string& more) {
  return AddRule(rule_id, "contraindication", condition, more);
}

CatalogBuilder& CatalogBuilder::Deferral(const std::string& rule_id,
                                         const std::string& condition,
                                         const std::string& more) {
  return AddRule(rule_id, "deferral", condition, more);
}

CatalogBuilder& CatalogBuilder::Review(const std::string& rule_id,
                                       const std::string& condition,
                                       const std::string& more) {
  return AddRule(rule_id, "review", condition, more);
}

CatalogBuilder& CatalogBuilder::Precaution(const std::string& rule_id,
                                           const std::string& condition,
                                           const std::string& more) {
  return AddRule(rule_id, "precaution", condition, more);
}

CatalogBuilder& CatalogBuilder::Note(const std::string& rule_id,
                                     const std::string& condition,
                                     const std::string& more) {
  return AddRule(rule_id, "note", condition, more);
}

CatalogBuilder& CatalogBuilder::For(const std::string& treatment_id) {
  treatment_ = treatment_id;
  return *this;
}

CatalogBuilder& CatalogBuilder::Add(const std::string& records) {
  Merge(records, &catalog_);
  return *this;
}

CatalogFileText CatalogBuilder::File(const std::string& name) const {
  CatalogFileText file{name, ""};
  TextFormat::PrintToString(catalog_, &file.content);
  return file;
}

std::shared_ptr<const CompiledCatalog> CatalogBuilder::Build() const {
  const LoadResult loaded = LoadCatalog({File()});
  for (const v1::Diagnostic& diagnostic : loaded.diagnostics) {
    ADD_FAILURE() << FormatDiagnostic(diagnostic);
  }
  return loaded.catalog;
}

}  // namespace needlewise
