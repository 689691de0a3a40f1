// What the released catalogue has to hold, beside what the validator demands.

#include "tests/support/shipped_catalog.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "rules/engine/catalog_loader.h"
#include "rules/engine/decide.h"
#include "tests/support/findings.h"
#include "tests/support/screening.h"
#include "tests/support/test_case.h"

namespace needlewise {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Every message of a type anywhere in a message.
template <typename Wanted, typename Visit>
void ForEachIn(const google::protobuf::Message& message, Visit visit) {
  if (message.GetDescriptor() == Wanted::descriptor()) {
    visit(dynamic_cast<const Wanted&>(message));
  }
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->message_type() == nullptr) continue;
    if (!field->is_repeated()) {
      ForEachIn<Wanted>(reflection.GetMessage(message, field), visit);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      ForEachIn<Wanted>(reflection.GetRepeatedMessage(message, field, i),
                        visit);
    }
  }
}

const v1::RuleCatalog& Records() { return ShippedCatalog().catalog; }

TEST(ShippedCatalog, LoadsAndCompilesAndItsCasesPassWithoutADiagnostic) {
  const LoadResult loaded = LoadCatalog(ShippedFiles());
  for (const v1::Diagnostic& d : loaded.diagnostics) {
    ADD_FAILURE() << FormatDiagnostic(d);
  }
  ASSERT_NE(loaded.catalog, nullptr);
  EXPECT_EQ(loaded.version.digest(), loaded.catalog->version.digest());
}

TEST(ShippedCatalog, IsTheOneThatIsBuiltIn) {
  const std::vector<CatalogFileText>& built_in = BuiltInCatalog();
  ASSERT_EQ(built_in.size(), ShippedFiles().size());
  std::map<std::string, std::string> contents;
  for (const CatalogFileText& file : built_in) {
    contents[file.name] = file.content;
  }
  for (const CatalogFileText& file : ShippedFiles()) {
    EXPECT_EQ(contents[file.name], file.content) << file.name;
  }
}

TEST(ShippedCatalog, SaysWhatItIsForAndForWhom) {
  EXPECT_FALSE(Records().manifest().version().empty());
  EXPECT_THAT(Records().manifest().intended_use(),
              ::testing::HasSubstr("clinician"));
}

TEST(ShippedCatalog, CitesOnlySourcesThatItLists) {
  const CompiledCatalog& catalog = ShippedCatalog();
  int cited = 0;
  ForEachIn<v1::SourceReference>(Records(), [&](const auto& reference) {
    EXPECT_TRUE(catalog.citation_index.contains(reference.source()))
        << reference.source();
    ++cited;
  });
  ForEachIn<v1::ConflictPosition>(Records(), [&](const auto& position) {
    for (const std::string& source : position.sources()) {
      EXPECT_TRUE(catalog.citation_index.contains(source)) << source;
    }
  });
  EXPECT_GT(cited, Records().rules_size());
}

TEST(ShippedCatalog, LinksEverySourceConflict) {
  std::set<std::string> linked;
  const auto link = [&](const auto& record) {
    linked.insert(record.conflicts().begin(), record.conflicts().end());
  };
  ForEachIn<v1::Rule>(Records(), link);
  ForEachIn<v1::Indication>(Records(), link);
  ForEachIn<v1::Course>(Records(), link);
  ForEachIn<v1::PlanItem>(Records(), link);
  std::set<std::string> listed;
  for (const v1::SourceConflict& conflict : Records().conflicts()) {
    listed.insert(conflict.conflict_id());
    EXPECT_GE(conflict.positions_size(), 1) << conflict.conflict_id();
  }
  EXPECT_EQ(linked, listed);
  // The articles disagree on some thirty points.
  for (int i = 1; i <= 29; ++i) {
    EXPECT_THAT(listed, Contains(absl::StrCat("C", i)));
  }
}

TEST(ShippedCatalog, HasAQuestionForEverythingThatARuleAsks) {
  const CompiledCatalog& catalog = ShippedCatalog();
  std::set<int> asked;
  for (const CompiledRule& rule : catalog.rules) {
    asked.insert(rule.concepts.begin(), rule.concepts.end());
    asked.insert(rule.enumerated.begin(), rule.enumerated.end());
  }
  for (const CompiledImplication& arc : catalog.implications) {
    asked.insert(arc.gate);
  }
  for (const int c : asked) {
    const v1::Concept* definition = catalog.concepts[c].definition;
    if (definition == nullptr) continue;
    EXPECT_FALSE(definition->answer_sources().empty())
        << definition->concept_id();
    EXPECT_TRUE(absl::EndsWith(definition->question(), "?") ||
                absl::EndsWith(definition->question(), "."))
        << definition->concept_id() << ": " << definition->question();
  }
}

TEST(ShippedCatalog, AsksNothingThatNoRulePlanOrGateUses) {
  const CompiledCatalog& catalog = ShippedCatalog();
  std::set<int> used;
  for (const CompiledRule& rule : catalog.rules) {
    used.insert(rule.concepts.begin(), rule.concepts.end());
  }
  for (const auto& nodes : catalog.plan_item_conditions) {
    for (const ConditionNode& node : nodes) used.insert(node.concept_index);
  }
  for (const CompiledImplication& arc : catalog.implications) {
    used.insert(arc.gate);
  }
  for (size_t c = 0; c < catalog.concepts.size(); ++c) {
    if (catalog.concepts[c].is_context) continue;
    EXPECT_TRUE(used.count(static_cast<int>(c)) > 0) << catalog.concepts[c].id;
  }
}

TEST(ShippedCatalog, BlocksOnlyOnGradesThatCarryIt) {
  for (const v1::Rule& rule : Records().rules()) {
    if (!rule.has_contraindication() && !rule.has_deferral()) continue;
    EXPECT_TRUE(std::any_of(rule.citations().begin(), rule.citations().end(),
                            [](const auto& citation) {
                              return citation.grade() == v1::EVIDENCE_GRADE_A ||
                                     citation.grade() == v1::EVIDENCE_GRADE_B ||
                                     citation.grade() == v1::EVIDENCE_GRADE_C;
                            }))
        << rule.rule_id();
  }
}

TEST(ShippedCatalog, GradesAsGeneralKnowledgeJustWhatWasNotLookedUp) {
  const CompiledCatalog& catalog = ShippedCatalog();
  ForEachIn<v1::SourceReference>(Records(), [&](const auto& reference) {
    const v1::Citation& citation =
        Records().citations(catalog.citation_index.at(reference.source()));
    EXPECT_EQ(
        reference.grade() == v1::EVIDENCE_GRADE_G,
        citation.provenance() == v1::CITATION_PROVENANCE_GENERAL_KNOWLEDGE)
        << reference.source();
  });
}

TEST(ShippedCatalog, NeverCallsATreatmentSafe) {
  const auto check = [](const std::string& where, const std::string& text) {
    for (absl::string_view word :
         absl::StrSplit(text, absl::ByAnyChar(" ,.;:()\n"))) {
      const std::string lower = absl::AsciiStrToLower(word);
      EXPECT_TRUE(lower != "safe" && lower != "safely")
          << where << ": " << text;
    }
  };
  for (const v1::Rule& rule : Records().rules()) {
    check(rule.rule_id(), rule.title());
    check(rule.rule_id(), rule.clinician_text());
    check(rule.rule_id(), rule.cleared_by());
  }
  for (const v1::PlanItem& item : Records().plan_items()) {
    check(item.item_id(), item.text());
  }
  ForEachIn<v1::Indication>(Records(), [&](const auto& indication) {
    check(indication.concern(), indication.text());
  });
}

TEST(ShippedCatalog, OffersPlasmaHeatAndBothOverPlainNeedling) {
  std::vector<std::string> add_ons;
  for (const v1::Treatment& treatment : Records().treatments()) {
    if (treatment.base() == "base_microneedling") {
      add_ons.push_back(treatment.treatment_id());
    }
  }
  EXPECT_THAT(add_ons,
              ::testing::UnorderedElementsAre("prp", "rf", "prp_with_rf"));
}

// ---------------------------------------------------------------------------
// What the articles name.

struct NamedCase : TestCase {
  // A concept, or `age`.
  std::string concept_id;
};

class NamedInTheArticles : public ::testing::TestWithParam<NamedCase> {};

TEST_P(NamedInTheArticles, IsAskedByARuleOfPlainNeedlingThatIsNoMereNote) {
  const CompiledCatalog& catalog = ShippedCatalog();
  const int asked = catalog.concept_index.at(GetParam().concept_id);
  const Program& program =
      catalog.treatments[catalog.treatment_index.at("base_microneedling")]
          .programs[0];
  EXPECT_TRUE(std::any_of(program.rules.begin(), program.rules.end(),
                          [&](const CompiledRule* rule) {
                            return rule->strictness >=
                                       Strictness::kPrecaution &&
                                   std::count(rule->concepts.begin(),
                                              rule->concepts.end(), asked) > 0;
                          }));
}

INSTANTIATE_TEST_SUITE_P(
    Concepts, NamedInTheArticles,
    ::testing::Values(
        NamedCase{{"ActiveAcne"}, "active_acne"},
        NamedCase{{"Eczema"}, "eczema"}, NamedCase{{"Rosacea"}, "rosacea"},
        NamedCase{{"Psoriasis"}, "psoriasis"},
        NamedCase{{"Pregnancy"}, "pregnancy"}, NamedCase{{"Keloid"}, "keloid"},
        NamedCase{{"SkinInfection"}, "skin_infection"},
        NamedCase{{"SensitiveSkin"}, "sensitive_skin"},
        NamedCase{{"OpenWound"}, "open_wound"},
        NamedCase{{"AcneMedicine"}, "isotretinoin_oral"},
        NamedCase{{"TopicalRetinoid"}, "topical_retinoid"},
        NamedCase{{"Antibiotic"}, "systemic_antibiotic"},
        NamedCase{{"AnaestheticAllergy"}, "local_anaesthetic_allergy"},
        NamedCase{{"DarkerSkin"}, "fitzpatrick_skin_type"},
        NamedCase{{"Age"}, "age"}),
    CaseName());

struct CoreCase : TestCase {
  std::string concept_id;
};

class NamedCondition : public ::testing::TestWithParam<CoreCase> {};

TEST_P(NamedCondition, BlocksByItselfInTheCoreProfile) {
  const CompiledCatalog& catalog = ShippedCatalog();
  const int asked = catalog.concept_index.at(GetParam().concept_id);
  const auto core =
      std::find(catalog.profiles.begin(), catalog.profiles.end(), "core");
  ASSERT_NE(core, catalog.profiles.end());
  const Program& program =
      catalog.treatments[catalog.treatment_index.at("base_microneedling")]
          .programs[core - catalog.profiles.begin()];
  EXPECT_TRUE(std::any_of(program.rules.begin(), program.rules.end(),
                          [&](const CompiledRule* rule) {
                            return rule->strictness >= Strictness::kDeferral &&
                                   rule->concepts ==
                                       std::vector<int32_t>{asked};
                          }));
}

INSTANTIATE_TEST_SUITE_P(Six, NamedCondition,
                         ::testing::Values(CoreCase{{"ActiveAcne"},
                                                    "active_acne"},
                                           CoreCase{{"Eczema"}, "eczema"},
                                           CoreCase{{"Rosacea"}, "rosacea"},
                                           CoreCase{{"Psoriasis"}, "psoriasis"},
                                           CoreCase{{"Pregnancy"}, "pregnancy"},
                                           CoreCase{{"Keloid"}, "keloid"}),
                         CaseName());

// ---------------------------------------------------------------------------
// Measurements as laboratories write them.

struct UnitCase : TestCase {
  std::string concept_id;
  double value;
  std::string unit;
  double read;
};

class MeasurementOfTheShippedCatalog
    : public ::testing::TestWithParam<UnitCase> {};

TEST_P(MeasurementOfTheShippedCatalog, IsTheSameInWhateverUnit) {
  const v1::Patient patient = PatientWith(
      {Measured(GetParam().concept_id, GetParam().value, GetParam().unit)});
  const PatientIntake intake = MustRead(ShippedCatalog(), patient);
  ASSERT_THAT(intake.statements, SizeIs(1));
  EXPECT_DOUBLE_EQ(intake.statements[0].value, GetParam().read);
}

INSTANTIATE_TEST_SUITE_P(
    Units, MeasurementOfTheShippedCatalog,
    ::testing::Values(
        UnitCase{{"PlateletsPerLitre"}, "platelet_count", 105, "10*9/L", 105},
        UnitCase{
            {"PlateletsInThousands"}, "platelet_count", 105, "10*3/uL", 105},
        UnitCase{{"PlateletsInK"}, "platelet_count", 105, "K/uL", 105},
        UnitCase{{"PlateletsInLakhs"}, "platelet_count", 1.05, "10*5/uL", 105},
        UnitCase{{"PlateletsOneByOne"}, "platelet_count", 105000, "/uL", 105},
        UnitCase{{"HaemoglobinPerDecilitre"}, "haemoglobin", 12, "g/dL", 12},
        UnitCase{{"HaemoglobinPerLitre"}, "haemoglobin", 120, "g/L", 12}),
    CaseName());

TEST(MeasurementOfTheShippedCatalog, WithoutAUnitIsAFaultAndNeverAGuess) {
  const v1::Patient patient =
      PatientWith({Measured("platelet_count", 105, "")});
  Violations violations;
  ReadPatient(ShippedCatalog(), EnvironmentOn(), patient,
              ParseWholeDate(kAsOf).value(), &violations);
  ASSERT_THAT(violations, SizeIs(1));
  EXPECT_EQ(violations[0].field, "patient.findings[0].quantity.unit");
  EXPECT_THAT(violations[0].description,
              ::testing::StartsWith("is required and is never guessed; give "
                                    "the value in `10*9/L`"));
}

}  // namespace
}  // namespace needlewise
