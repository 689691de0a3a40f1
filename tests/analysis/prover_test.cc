// Each law and each form of an invariant, broken once: the proof finds it, with
// a patient on whom the engine says the same.

#include "rules/analysis/prover.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/analysis/bench.h"
#include "rules/analysis/laws.h"
#include "rules/analysis/witness.h"
#include "rules/analysis/written.h"
#include "rules/engine/decide.h"
#include "rules/engine/rule_cases.h"
#include "tests/support/catalog_builder.h"

namespace needlewise::analysis {
namespace {

using ::testing::HasSubstr;

// Proves what `written` says of what the engine makes of `run`.
Property ProveOf(const CompiledCatalog& written, const CompiledCatalog& run,
                 const std::string& id) {
  ProveOptions options;
  options.threads = 1;
  options.only = {id};
  const ProofReport report = ProveCatalog(written.catalog, run, options);
  EXPECT_EQ(report.properties.size(), 1u);
  return report.properties.empty() ? Property{} : report.properties[0];
}

Property ProveOf(const CatalogBuilder& catalog, const std::string& id) {
  const std::shared_ptr<const CompiledCatalog> built = catalog.Build();
  return ProveOf(*built, *built, id);
}

// A refutation, with the only treatment, area and statements of its witness.
void ExpectRefuted(const Property& property, const std::string& treatment,
                   const std::vector<std::string>& said) {
  EXPECT_EQ(property.finding.outcome, Outcome::kRefuted)
      << NameOf(property.finding.outcome) << ": " << property.finding.detail;
  ASSERT_EQ(property.finding.witness.cases_size(), 1);
  const testing::v1::RuleCase& witness = property.finding.witness.cases(0);
  ASSERT_EQ(witness.treatments_size(), 1);
  EXPECT_EQ(witness.treatments(0).treatment(), treatment);
  EXPECT_EQ(witness.treatments(0).areas_size(), 1);
  std::vector<std::string> found;
  for (const v1::Finding& f : witness.patient().findings()) {
    found.push_back(absl::StrCat(
        f.concept(), " ",
        f.has_quantity() ? absl::StrCat(f.quantity().value())
                         : v1::FindingStatus_Name(f.status()).substr(15),
        f.areas().empty() ? "" : " in " + f.areas(0)));
  }
  EXPECT_EQ(found, said) << WriteSuite(property.finding.witness);
}

// One of everything that the model has to know.
CatalogBuilder Lawful() {
  CatalogBuilder catalog;
  catalog.SkinCondition("acne")
      .SkinCondition("herpes")
      .Condition("isotretinoin")
      .Condition("gate")
      .Condition("pacemaker")
      .Quantity("platelets", "1", 1000)
      .Age();
  catalog.Implies("gate", v1::FINDING_STATUS_NEVER, "pacemaker",
                  v1::FINDING_STATUS_NEVER);
  catalog.ImpliesAtLeast("gate", v1::FINDING_STATUS_NEVER, "platelets", 150);
  catalog.Deferral("acne-now", IsNow("acne"))
      .Contraindication("herpes-on-the-face", IsNow("herpes", kOnTheFace))
      .Precaution("herpes-ever", IsEver("herpes", needlewise::kAnywhere))
      .Review("isotretinoin-recent", IsWithin("isotretinoin", "months: 6"))
      .Contraindication("young", IsBelow("age", 18))
      .Review("low",
              AllOf({IsAtLeast("platelets", 50), IsBelow("platelets", 150)}))
      .Contraindication("lower", IsBelow("platelets", 50));
  catalog.For("heat").Contraindication("pacemaker-now", IsNow("pacemaker"));
  return catalog;
}

TEST(Prover, ProvesEveryLawOfALawfulCatalogue) {
  const std::shared_ptr<const CompiledCatalog> catalog = Lawful().Build();
  const ProofReport report = ProveCatalog(catalog->catalog, *catalog, {});
  EXPECT_TRUE(report.AllProved());
  for (const Property& p : report.properties) {
    EXPECT_EQ(p.finding.outcome, Outcome::kProved)
        << p.id << ": " << p.finding.detail;
    EXPECT_GT(p.slices, 0) << p.id;
  }
}

TEST(Prover, FindsAWindowThatIsCompiledShorterThanWritten) {
  const auto with = [](const char* window) {
    CatalogBuilder catalog;
    catalog.Condition("peel").Deferral("peel", IsWithin("peel", window));
    return catalog.Build();
  };
  const Property property =
      ProveOf(*with("days: 28"), *with("days: 27"), "compiled");
  ExpectRefuted(property, "needling", {"peel PAST"});
  // The one day on which they differ.
  EXPECT_EQ(property.finding.witness.cases(0).patient().findings(0).last(),
            FormatDay(*ParseWholeDate(property.finding.witness.as_of()) - 27));
  EXPECT_THAT(property.finding.detail, HasSubstr("`peel`"));
}

TEST(Prover, FindsALimitThatIsCompiledAsAnother) {
  const auto with = [](double limit) {
    CatalogBuilder catalog;
    catalog.Quantity("platelets", "1", 1000)
        .Contraindication("low", IsBelow("platelets", limit));
    return catalog.Build();
  };
  EXPECT_EQ(ProveOf(*with(50), *with(49), "compiled").finding.outcome,
            Outcome::kRefuted);
  EXPECT_EQ(ProveOf(*with(50), *with(50), "compiled").finding.outcome,
            Outcome::kProved);
}

TEST(Prover, FindsARuleThatTheEngineDoesNotRun) {
  CatalogBuilder with;
  with.Condition("peel").Deferral("peel", IsNow("peel"));
  CatalogBuilder without;
  without.Condition("peel");
  const Property property =
      ProveOf(*with.Build(), *without.Build(), "compiled");
  EXPECT_EQ(property.finding.outcome, Outcome::kRefuted);
  EXPECT_THAT(property.finding.detail, HasSubstr("other rules"));
}

TEST(Prover, RefutesUnknownIsNeverNo) {
  // The engine asks about something else than is written.
  const auto with = [](const char* asked) {
    CatalogBuilder catalog;
    catalog.Condition("keloid").Condition("peel").Contraindication(
        "bar", IsEver(asked));
    return catalog.Build();
  };
  const Property property = ProveOf(*with("keloid"), *with("peel"), "L1");
  // The first treatment that is looked at.
  ExpectRefuted(property, "heat", {"peel NEVER"});
  EXPECT_THAT(property.finding.detail, HasSubstr("rule `bar` may hold"));
}

// No catalogue breaks this half of the law, for it follows from Kleene's logic;
// an engine does that takes what is unknown for a no.
TEST(Prover, RefutesThatErasingNeverUnblocks) {
  CatalogBuilder catalog;
  catalog.Condition("keloid").Contraindication("bar", IsEver("keloid"));
  const std::shared_ptr<const CompiledCatalog> built = catalog.Build();
  const Written written(built->catalog);
  Bench bench(written, *built, written.AreaClasses()[0], "needling", "standard",
              0);
  Formulas& f = bench.f();
  Bench::Variation erased =
      bench.Vary([&](int c, std::vector<Formula>* worlds) {
        for (size_t w = 0; w < worlds->size(); ++w) {
          (*worlds)[w] =
              f.Constant(bench.engine().WorldAllowed(c, static_cast<int>(w)));
        }
      });
  EXPECT_EQ(ProveErasing(&bench, erased).outcome, Outcome::kProved);
  std::vector<Formula> blocks;
  for (const CompiledRule* rule : bench.program().rules) {
    blocks.push_back(
        f.Not(bench.engine().RuleTruth(*rule, erased.drawn).can_be_false));
  }
  erased.verdict.eligible = f.Not(f.Or(blocks));
  bench.solver().Assert(
      bench.known().verdict.is.at(v1::VERDICT_CONTRAINDICATED));
  Property property;
  property.finding = ProveErasing(&bench, erased);
  ExpectRefuted(property, "needling", {"keloid PRESENT"});
  EXPECT_EQ(property.finding.witness.cases(0).expect(0).verdict(),
            v1::VERDICT_CONTRAINDICATED);
}

TEST(Prover, RefutesThatHarmNeverUnblocks) {
  const auto with = [](const std::string& condition) {
    CatalogBuilder catalog;
    catalog.Condition("keloid").Contraindication("bar", condition);
    return catalog.Build();
  };
  const Property property =
      ProveOf(*with(IsNow("keloid")), *with(Not(IsNow("keloid"))), "L2-adding");
  ExpectRefuted(property, "heat", {});
}

TEST(Prover, RefutesThatCautionHasACause) {
  // Both gates cannot be denied at once, which no single implication shows.
  CatalogBuilder catalog;
  catalog.Condition("first").Condition("second").Quantity("level", "1", 100);
  catalog.ImpliesAtLeast("first", v1::FINDING_STATUS_NEVER, "level", 60);
  catalog.Add(
      "implications { implication_id: 'second-implies' rationale: 'It does.' "
      "given { concept: 'second' status: FINDING_STATUS_NEVER } "
      "implies { concept: 'level' at_most: 40 } }");
  catalog.Deferral("neither",
                   AllOf({Not(IsEver("first")), Not(IsEver("second"))}));
  const Property property = ProveOf(catalog, "L3");
  ExpectRefuted(property, "needling", {});
  EXPECT_THAT(property.finding.detail, HasSubstr("DATA_REQUIRED"));
  EXPECT_EQ(ProveOf(catalog, "L1").finding.outcome, Outcome::kProved);
}

TEST(Prover, RefutesThatAddOnsLeaveTheBaseAlone) {
  const auto with = [](const char* treatment) {
    CatalogBuilder catalog;
    catalog.Condition("pacemaker")
        .For(treatment)
        .Contraindication("pacemaker", IsNow("pacemaker"));
    return catalog.Build();
  };
  const Property property = ProveOf(*with("heat"), *with("needling"), "L5");
  // Of whom nothing is known: data are required, and another patient's are not.
  ExpectRefuted(property, "needling", {});
  EXPECT_EQ(property.finding.witness.cases(0).expect(0).verdict(),
            v1::VERDICT_DATA_REQUIRED);
}

// What is no matter of any patient, held against functions that are wrong.
TEST(Prover, RefutesThatVerdictsAreReadFromTheTable) {
  EXPECT_EQ(FaultOfTable(&VerdictFrom), "");
  EXPECT_THAT(FaultOfTable([](const RuleTally& tally) {
                // What is unknown is taken for a no.
                RuleTally known = tally;
                for (auto& unknown : known.unknown_rules) unknown = 0;
                return VerdictFrom(known);
              }),
              HasSubstr("gives VERDICT_ELIGIBLE for"));
}

TEST(Prover, RefutesThatAddOnsAreOfferedWhereBothAreEligible) {
  EXPECT_EQ(FaultOfAddOnStatus(&AddOnStatusFrom), "");
  EXPECT_THAT(
      FaultOfAddOnStatus([](const v1::TreatmentDecision&,
                            const v1::TreatmentDecision& own, bool indicated,
                            v1::EvidenceStrength strongest) {
        // The base is not looked at.
        return AddOnStatusFrom(own, own, indicated, strongest);
      }),
      HasSubstr("an add-on is offered where the base is VERDICT_"));
}

// More pigeons than holes, each in one of its own: nobody is so, which is so
// hard to prove that time runs out.
std::string PigeonsInHoles(int pigeons, int holes, CatalogBuilder* catalog) {
  const auto in_hole = [](int pigeon, int hole) {
    return absl::StrCat("pigeon_", pigeon, "_in_", hole);
  };
  std::vector<std::string> all;
  for (int p = 0; p < pigeons; ++p) {
    std::vector<std::string> any;
    for (int h = 0; h < holes; ++h) {
      catalog->Condition(in_hole(p, h));
      any.push_back(IsNow(in_hole(p, h)));
    }
    all.push_back(AnyOf(any));
  }
  for (int h = 0; h < holes; ++h) {
    for (int p = 0; p < pigeons; ++p) {
      for (int q = 0; q < p; ++q) {
        all.push_back(Not(AllOf({IsNow(in_hole(p, h)), IsNow(in_hole(q, h))})));
      }
    }
  }
  return AllOf(all);
}

TEST(Prover, CallsNotDecidedWhatTimeRunsOutFor) {
  CatalogBuilder catalog;
  const std::string all_have_one = PigeonsInHoles(12, 11, &catalog);
  catalog.Condition("keloid").Contraindication("bar", IsEver("keloid"));
  catalog.Add(absl::StrCat(
      "invariants { invariant_id: 'claim' statement: 'It is so.' "
      "citations { source: 'R1' grade: EVIDENCE_GRADE_A } "
      "treatments: 'needling' premises { possible { ",
      all_have_one,
      " } } verdict { at_least: EFFECT_KIND_CONTRAINDICATION } }"));
  const std::shared_ptr<const CompiledCatalog> built = catalog.Build();
  ProveOptions options;
  options.milliseconds = 50;
  options.threads = 1;
  options.only = {"claim"};
  const ProofReport report = ProveCatalog(built->catalog, *built, options);
  ASSERT_EQ(report.properties.size(), 1u);
  const Finding& finding = report.properties[0].finding;
  EXPECT_EQ(finding.outcome, Outcome::kUndecided);
  EXPECT_THAT(finding.detail, HasSubstr("not decided"));
  EXPECT_EQ(finding.witness.cases_size(), 0);
  EXPECT_FALSE(report.AllProved());
}

// The forms of an invariant. Each text follows `invariants {`.
struct InvariantCase {
  const char* name;
  const char* text;
  // What refutes it; empty: it holds.
  std::vector<std::string> said;
  std::string treatment;
};

std::ostream& operator<<(std::ostream& out, const InvariantCase& c) {
  return out << c.name;
}

class Invariants : public ::testing::TestWithParam<InvariantCase> {};

TEST_P(Invariants, AreProvedOrRefuted) {
  CatalogBuilder catalog = Lawful();
  catalog.Add(
      absl::StrCat("invariants { invariant_id: 'claim' statement: 'It is so.' "
                   "citations { source: 'R1' grade: EVIDENCE_GRADE_A } ",
                   GetParam().text, " }"));
  const Property property = ProveOf(catalog, "claim");
  if (GetParam().treatment.empty()) {
    EXPECT_EQ(property.finding.outcome, Outcome::kProved)
        << property.finding.detail << "\n"
        << WriteSuite(property.finding.witness);
  } else {
    ExpectRefuted(property, GetParam().treatment, GetParam().said);
  }
}

constexpr char kAcneNow[] =
    "premises { known { finding { concept: 'acne' time: FINDING_TIME_NOW } } "
    "} ";
constexpr char kAcneMaybe[] =
    "premises { possible { finding { concept: 'acne' time: FINDING_TIME_NOW } "
    "} } ";
constexpr char kOfNeedling[] = "treatments: 'needling' ";
constexpr char kOfHeat[] = "treatments: 'heat' ";

INSTANTIATE_TEST_SUITE_P(
    Forms, Invariants, ::testing::ValuesIn([] {
      static std::vector<std::string>& texts = *new std::vector<std::string>;
      texts.reserve(64);
      const auto text = [&](std::initializer_list<const char*> parts) {
        std::string joined;
        for (const char* part : parts) joined += part;
        texts.push_back(joined);
        return texts.back().c_str();
      };
      const char* contraindicates =
          "verdict { at_least: EFFECT_KIND_CONTRAINDICATION }";
      const char* defers = "verdict { at_least: EFFECT_KIND_DEFERRAL }";
      const char* blocks = "verdict { at_least: EFFECT_KIND_REVIEW }";
      return std::vector<InvariantCase>{
          {"KnownDefers", text({kOfNeedling, kAcneNow, defers}), {}, ""},
          {"KnownDoesNotContraindicate",
           text({kOfNeedling, kAcneNow, contraindicates}),
           {"acne PRESENT in back"},
           "needling"},
          {"PossibleBlocks", text({kOfNeedling, kAcneMaybe, blocks}), {}, ""},
          {"PossibleDoesNotDefer",
           text({kOfNeedling, kAcneMaybe, defers}),
           {},
           "needling"},
          {"FiredRuleIsShown",
           text({kOfNeedling, kAcneNow, "fired { rule: 'acne-now' }"}),
           {},
           ""},
          {"OtherRuleIsNotShown",
           text({kOfNeedling, kAcneNow, "fired { rule: 'herpes-ever' }"}),
           {"acne PRESENT in back"},
           "needling"},
          {"PacemakerLeavesNeedlingAlone",
           text({kOfNeedling, "unchanged { concepts: 'pacemaker' }"}),
           {},
           ""},
          {"PacemakerChangesHeat",
           text({kOfHeat,
                 "premises { possible { finding { concept: "
                 "'pacemaker' time: FINDING_TIME_NOW } } } "
                 "unchanged { concepts: 'pacemaker' }"}),
           {},
           "heat"},
          {"ContraindicatedIsNotOffered",
           text({kOfHeat,
                 "premises { effect: EFFECT_KIND_CONTRAINDICATION } "
                 "not_offered {}"}),
           {},
           ""},
          {"NotesAndPrecautionsAreOffered",
           text({kOfHeat,
                 "premises { effect: EFFECT_KIND_PRECAUTION } "
                 "premises { known { finding { concept: 'gate' "
                 "time: FINDING_TIME_EVER } } } not_offered {}"}),
           {"gate PAST", "herpes PAST in back", "herpes PRESENT",
            "platelets 150"},
           "heat"},
      };
    }()),
    [](const auto& info) { return std::string(info.param.name); });

TEST(InvariantRecords, AreCheckedWhenACatalogueIsLoaded) {
  CatalogBuilder catalog = Lawful();
  catalog.Add(
      "invariants { invariant_id: 'no-claim' statement: 'It is so.' "
      "citations { source: 'R1' grade: EVIDENCE_GRADE_A } }"
      "invariants { invariant_id: 'no-rule' statement: 'It is so.' "
      "citations { source: 'R1' grade: EVIDENCE_GRADE_A } "
      "premises {} fired { rule: 'acne-know' } }"
      "invariants { invariant_id: 'no-add-on' treatments: 'needling' "
      "not_offered {} }"
      "invariants { invariant_id: 'no-effect' statement: 'It is so.' "
      "citations { source: 'R1' grade: EVIDENCE_GRADE_A } "
      "premises { known { finding { concept: 'acni' "
      "time: FINDING_TIME_NOW } } } verdict {} }");
  std::string messages;
  for (const v1::Diagnostic& d : LoadCatalog({catalog.File()}).diagnostics) {
    absl::StrAppend(&messages, d.message(), "\n");
  }
  for (const char* part :
       {"`no-claim`: the claim is missing", "`no-rule`: the premise is empty",
        "rule `acne-know` is not defined; did you mean `acne-now`?",
        "`no-add-on`: `statement` is required",
        "`no-add-on`: `citations` needs at least one source",
        "treatment `needling` is no add-on", "concept `acni` is not defined",
        "`no-effect`: `at_least` is required"}) {
    EXPECT_THAT(messages, HasSubstr(part));
  }
}

TEST(Prover, CallsAnInvariantOfNobodyNotDecided) {
  CatalogBuilder catalog = Lawful();
  catalog.Add(
      "invariants { invariant_id: 'claim' statement: 'It is so.' "
      "citations { source: 'R1' grade: EVIDENCE_GRADE_A } "
      "premises { known { quantity { concept: 'age' "
      "comparison: COMPARISON_LESS value: 10 } } } "
      "premises { known { quantity { concept: 'age' "
      "comparison: COMPARISON_GREATER value: 20 } } } "
      "verdict { at_least: EFFECT_KIND_CONTRAINDICATION } }");
  const Property property = ProveOf(catalog, "claim");
  EXPECT_EQ(property.finding.outcome, Outcome::kUndecided);
  EXPECT_THAT(property.finding.detail, HasSubstr("nobody"));
}

TEST(Prover, WritesWitnessesThatPassAsCases) {
  CatalogBuilder catalog = Lawful();
  catalog.Add(
      "invariants { invariant_id: 'claim' statement: 'Everybody is deferred.' "
      "citations { source: 'R1' grade: EVIDENCE_GRADE_A } "
      "treatments: 'needling' "
      "verdict { at_least: EFFECT_KIND_DEFERRAL } }");
  const std::shared_ptr<const CompiledCatalog> built = catalog.Build();
  const Property property = ProveOf(*built, *built, "claim");
  ASSERT_EQ(property.finding.witness.cases_size(), 1);
  const CaseRunner runner(*built, {&property.finding.witness});
  EXPECT_TRUE(runner.Run(property.finding.witness).empty());
}

}  // namespace
}  // namespace needlewise::analysis
