// From a catalogue to its flat form.

#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/evaluator.h"
#include "tests/support/catalog_builder.h"
#include "tests/support/test_case.h"
#include "tests/support/text_proto.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr v1::FindingStatus kAbsent = v1::FINDING_STATUS_ABSENT;
constexpr v1::FindingStatus kNever = v1::FINDING_STATUS_NEVER;

const CompiledConcept& ConceptOf(const CompiledCatalog& catalog,
                                 const std::string& id) {
  return catalog.concepts[catalog.concept_index.at(id)];
}

// ---------------------------------------------------------------------------
// Worlds.

TEST(TruthInWorlds, IsKnownWhereAllOrNoneOfWhatIsPossibleSatisfies) {
  EXPECT_EQ(TruthIn(0b0110, 0b1110), Truth::kTrue);
  EXPECT_EQ(TruthIn(0b0110, 0b1001), Truth::kFalse);
  EXPECT_EQ(TruthIn(0b0110, 0b0011), Truth::kUnknown);
  EXPECT_EQ(TruthIn(~WorldSet{0}, ~WorldSet{0}), Truth::kTrue);
}

struct WorldsCase : TestCase {
  CatalogBuilder catalog;
  int worlds;
};

class Worlds : public ::testing::TestWithParam<WorldsCase> {};

TEST_P(Worlds, AreWhatTheRulesCanTellApartOfAConcept) {
  const auto catalog = GetParam().catalog.Build();
  EXPECT_EQ(__builtin_popcountll(ConceptOf(*catalog, "x").all),
            GetParam().worlds);
}

INSTANTIATE_TEST_SUITE_P(
    Concepts, Worlds,
    ::testing::Values(
        // Never, past and present, whatever the rules ask.
        WorldsCase{
            {"OfAConceptThatNobodyAsks"}, CatalogBuilder().Condition("x"), 3},
        WorldsCase{{"OfAConceptAskedNow"},
                   CatalogBuilder().Condition("x").Note("n", IsNow("x")),
                   3},
        WorldsCase{
            {"WithAWindow"},
            CatalogBuilder().Condition("x").Note("n", IsWithin("x", "days: 7")),
            4},
        WorldsCase{{"WithTwoWindows"},
                   CatalogBuilder()
                       .Condition("x")
                       .Note("n", IsWithin("x", "days: 7"))
                       .Note("m", IsWithin("x", "months: 6")),
                   5},
        WorldsCase{
            {"WithAWindowFromItsBeginning"},
            CatalogBuilder().Condition("x").Note("n",
                                                 BeganWithin("x", "days: 7")),
            4},
        // Never here: three anywhere; past here: past or present anywhere;
        // present here: present anywhere.
        WorldsCase{{"InTwoPlaces"},
                   CatalogBuilder()
                       .SkinCondition("x")
                       .Note("n", IsNow("x"))
                       .Note("m", IsNow("x", kAnywhere)),
                   6},
        WorldsCase{{"OfAQuantityThatNobodyAsks"},
                   CatalogBuilder().Quantity("x", "1", 100),
                   1},
        WorldsCase{{"OfAQuantityWithALimit"},
                   CatalogBuilder()
                       .Quantity("x", "1", 100)
                       .Note("n", IsBelow("x", 50)),
                   3},
        WorldsCase{{"OfAQuantityWithALimitAtItsEnd"},
                   CatalogBuilder()
                       .Quantity("x", "1", 100)
                       .Note("n", IsBelow("x", 100)),
                   2},
        WorldsCase{{"OfWholeNumbersBetweenTwoLimits"},
                   CatalogBuilder()
                       .Quantity("x", "1", 6,
                                 "quantity { minimum: 1 whole_numbers: true }")
                       .Note("n", IsBelow("x", 3))
                       .Note("m", IsBelow("x", 4)),
                   4},
        WorldsCase{{"OfWholeNumbersOnEitherSideOfALimit"},
                   CatalogBuilder()
                       .Quantity("x", "1", 6,
                                 "quantity { minimum: 1 whole_numbers: true }")
                       .Note("n", IsBelow("x", 2.5)),
                   2},
        WorldsCase{{"OfAQuantityWithABoundByAGate"},
                   CatalogBuilder()
                       .Condition("gate")
                       .Quantity("x", "1", 1000)
                       .ImpliesAtLeast("gate", kNever, "x", 150),
                   3}),
    CaseName());

TEST(Regions, RunFromTheNarrowestToTheWidest) {
  const auto catalog =
      CatalogBuilder()
          .SkinCondition("rash")
          .Note("any", IsNow("rash", kAnywhere))
          .Note("cheeks",
                IsNow("rash", "place: FINDING_PLACE_REGION region: 'cheeks'"))
          .Note("face", IsNow("rash", kOnTheFace))
          .Note("here", IsNow("rash"))
          .Build();
  const CompiledConcept& rash = ConceptOf(*catalog, "rash");
  ASSERT_THAT(rash.regions, SizeIs(4));
  EXPECT_EQ(rash.regions[0].place, v1::FINDING_PLACE_TREATMENT_AREA);
  EXPECT_EQ(rash.regions[1].area, catalog->area_index.at("cheeks"));
  EXPECT_EQ(rash.regions[2].area, catalog->area_index.at("face"));
  EXPECT_EQ(rash.regions[3].place, v1::FINDING_PLACE_ANYWHERE);
  // What is present in a place is present in what holds it.
  for (const auto& cells : rash.world_cells) {
    for (size_t r = 1; r < cells.size(); ++r) {
      if (cells[r - 1] >= rash.PresentCell(0)) {
        EXPECT_GE(cells[r], rash.PresentCell(0));
      }
    }
  }
}

// ---------------------------------------------------------------------------
// Areas.

TEST(Areas, HoldThemselvesAndWhatLiesInThem) {
  const auto catalog = CatalogBuilder().Build();
  const auto area = [&](const char* id) { return catalog->area_index.at(id); };
  EXPECT_TRUE(catalog->AreaHolds(area("face"), area("face")));
  EXPECT_TRUE(catalog->AreaHolds(area("face"), area("cheeks")));
  EXPECT_TRUE(catalog->AreaHolds(area("face"), area("left_cheek")));
  EXPECT_TRUE(catalog->AreaHolds(area("cheeks"), area("left_cheek")));
  EXPECT_FALSE(catalog->AreaHolds(area("left_cheek"), area("cheeks")));
  EXPECT_FALSE(catalog->AreaHolds(area("nose"), area("cheeks")));
  EXPECT_FALSE(catalog->AreaHolds(area("face"), area("neck")));
}

// ---------------------------------------------------------------------------
// Implications.

TEST(Implications, RunFromTheTopmostGateDownwards) {
  const auto catalog = CatalogBuilder()
                           .Condition("bottom")
                           .Condition("middle")
                           .Condition("top")
                           .Implies("middle", kNever, "bottom", kNever)
                           .Implies("top", kNever, "middle", kNever)
                           .Build();
  EXPECT_EQ(ConceptOf(*catalog, "bottom").gate_height, 0);
  EXPECT_EQ(ConceptOf(*catalog, "middle").gate_height, 1);
  EXPECT_EQ(ConceptOf(*catalog, "top").gate_height, 2);
  EXPECT_THAT(catalog->implied_concepts,
              ElementsAre(catalog->concept_index.at("middle"),
                          catalog->concept_index.at("bottom")));
}

TEST(Implications, OfAbsentHoldForPastAndNeverToo) {
  const auto catalog = CatalogBuilder()
                           .Condition("gate")
                           .Condition("x")
                           .Implies("gate", kAbsent, "x", kAbsent)
                           .Build();
  ASSERT_THAT(catalog->implications, SizeIs(1));
  const CompiledConcept& gate = ConceptOf(*catalog, "gate");
  EXPECT_EQ(catalog->implications[0].given,
            gate.all & ~gate.worlds_by_cell[0][gate.PresentCell(0)]);
}

TEST(Implications, AreDrawnForEachPlaceThatTheTargetIsAskedIn) {
  const auto catalog = CatalogBuilder()
                           .SkinCondition("gate")
                           .SkinCondition("x")
                           .Implies("gate", kNever, "x", kNever)
                           .Note("here", IsNow("x"))
                           .Note("anywhere", IsNow("x", kAnywhere))
                           .Note("gate-here", IsNow("gate"))
                           .Note("gate-anywhere", IsNow("gate", kAnywhere))
                           .Build();
  EXPECT_THAT(catalog->implications, SizeIs(2));
}

// ---------------------------------------------------------------------------
// Treatments and their programs.

std::vector<std::string> RulesOf(const CompiledCatalog& catalog,
                                 const std::string& treatment,
                                 int profile = 0) {
  std::vector<std::string> ids;
  const auto& programs =
      catalog.treatments[catalog.treatment_index.at(treatment)].programs;
  for (const CompiledRule* rule : programs[profile].rules) {
    ids.push_back(rule->rule->rule_id());
  }
  return ids;
}

std::shared_ptr<const CompiledCatalog> LayeredRules() {
  return CatalogBuilder()
      .Condition("x")
      .Review("base", IsNow("x"), "profiles: 'core'")
      .For("plasma")
      .Contraindication("of-plasma", IsNow("x"))
      .For("heat")
      .Contraindication("of-heat", IsNow("x"))
      .For("plasma_with_heat")
      .Review("of-both", IsNow("x"))
      .Build();
}

TEST(Program, HoldsTheRulesOfTheBaseAndOfEveryPart) {
  const auto catalog = LayeredRules();
  EXPECT_THAT(RulesOf(*catalog, "needling"), ElementsAre("base"));
  EXPECT_THAT(RulesOf(*catalog, "plasma"), ElementsAre("of-plasma", "base"));
  EXPECT_THAT(RulesOf(*catalog, "heat"), ElementsAre("of-heat", "base"));
  EXPECT_THAT(RulesOf(*catalog, "plasma_with_heat"),
              ElementsAre("of-heat", "of-plasma", "base", "of-both"));
}

TEST(Program, HoldsTheRulesOfItsProfile) {
  const auto catalog = LayeredRules();
  EXPECT_THAT(catalog->profiles, ElementsAre("standard", "core"));
  EXPECT_THAT(RulesOf(*catalog, "plasma_with_heat", 1), ElementsAre("base"));
  const auto& programs =
      catalog->treatments[catalog->treatment_index.at("plasma_with_heat")]
          .programs;
  EXPECT_THAT(programs[0].left_out, IsEmpty());
  EXPECT_THAT(programs[1].left_out, SizeIs(3));
}

TEST(Program, KnowsWhichRulesAskAboutAConcept) {
  const auto catalog =
      CatalogBuilder()
          .Condition("a")
          .Condition("b")
          .Contraindication("ab", AllOf({IsNow("a"), IsNow("b")}))
          .Review("b-only", IsNow("b"))
          .Build();
  const Program& program =
      catalog->treatments[catalog->treatment_index.at("needling")].programs[0];
  EXPECT_THAT(program.rules_by_concept[catalog->concept_index.at("a")],
              ElementsAre(0));
  EXPECT_THAT(program.rules_by_concept[catalog->concept_index.at("b")],
              ElementsAre(0, 1));
}

// ---------------------------------------------------------------------------
// Rules.

struct EntangledCase : TestCase {
  std::string condition;
  bool entangled;
  std::vector<std::string> enumerated = {};
};

class Entanglement : public ::testing::TestWithParam<EntangledCase> {};

TEST_P(Entanglement, IsSeenWhereKleenesLogicMayNotSuffice) {
  const auto catalog = CatalogBuilder()
                           .Condition("a")
                           .Condition("b")
                           .Condition("c")
                           .Condition("gate")
                           .Condition("middle")
                           .Condition("below")
                           .Implies("gate", kNever, "middle", kNever)
                           .Implies("middle", kNever, "below", kNever)
                           .Note("rule", GetParam().condition)
                           .Build();
  const CompiledRule& rule = catalog->rules[0];
  EXPECT_EQ(rule.entangled, GetParam().entangled);
  std::vector<std::string> enumerated;
  for (const int c : rule.enumerated) {
    enumerated.push_back(catalog->concepts[c].id);
  }
  EXPECT_EQ(enumerated, GetParam().enumerated);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, Entanglement,
    ::testing::Values(
        EntangledCase{{"NotWithOneConcept"}, IsNow("a"), false},
        EntangledCase{{"NotWithSiblingsOnOneConcept"},
                      AnyOf({IsNow("a"), WasPast("a"), IsNow("b")}),
                      false},
        EntangledCase{{"NotWithNestedSiblingsOfOneKind"},
                      AnyOf({IsNow("a"), AnyOf({WasPast("a"), IsNow("b")})}),
                      false},
        EntangledCase{
            {"NotWithTheTreatmentAreaInSeveralBranches"},
            AnyOf({AllOf({IsNow("a"), "treatment_area { areas: 'nose' }"}),
                   AllOf({IsNow("b"), "treatment_area { areas: 'neck' }"})}),
            false},
        EntangledCase{{"WithAConceptInSeveralBranches"},
                      AnyOf({AllOf({IsNow("a"), IsNow("b")}),
                             AllOf({WasPast("a"), IsNow("c")})}),
                      true,
                      {"a", "b", "c"}},
        EntangledCase{{"WithAGateAndWhatItSettles"},
                      AllOf({IsNow("gate"), IsNow("middle")}),
                      true,
                      {"gate", "middle"}},
        EntangledCase{{"WithWhatLiesBetween"},
                      AllOf({IsNow("gate"), IsNow("below")}),
                      true,
                      {"below", "gate", "middle"}}),
    CaseName());

TEST(Rules, HaveNegationsPushedIntoTheirLeaves) {
  const auto catalog =
      CatalogBuilder()
          .Condition("a")
          .Condition("b")
          .Note("rule", Not(AllOf({IsNow("a"), Not(IsNow("b"))})))
          .Build();
  const CompiledRule& rule = catalog->rules[0];
  ASSERT_THAT(rule.nodes, SizeIs(3));
  EXPECT_EQ(rule.nodes[0].kind, ConditionNode::Kind::kAnyOf);
  EXPECT_EQ(rule.nodes[0].end, 3);
  const CompiledConcept& a = ConceptOf(*catalog, "a");
  EXPECT_EQ(rule.nodes[1].satisfying,
            a.all & ~a.worlds_by_cell[0][a.PresentCell(0)]);
}

TEST(CompileCondition, GivesWhatACatalogueWithThatRuleHas) {
  CatalogBuilder builder;
  builder.Condition("a").Condition("b");
  const std::string condition = AllOf({IsNow("a"), Not(IsEver("b"))});
  const auto with = CatalogBuilder(builder).Note("rule", condition).Build();
  const CompiledRule apart =
      CompileCondition(*with, FromText<v1::Condition>(condition));
  EXPECT_EQ(apart.rule, nullptr);
  EXPECT_EQ(apart.concepts, with->rules[0].concepts);
  ASSERT_EQ(apart.nodes.size(), with->rules[0].nodes.size());
  for (size_t i = 0; i < apart.nodes.size(); ++i) {
    EXPECT_EQ(apart.nodes[i].satisfying, with->rules[0].nodes[i].satisfying);
    EXPECT_EQ(apart.nodes[i].concept_index,
              with->rules[0].nodes[i].concept_index);
  }
}

TEST(BenignWorlds, BeginWithTheOneThatFiresFewestRules) {
  const auto catalog = CatalogBuilder()
                           .Condition("bad")
                           .Condition("good")
                           .Contraindication("bad-ever", IsEver("bad"))
                           .Contraindication("not-good", Not(IsNow("good")))
                           .Build();
  const CompiledConcept& bad = ConceptOf(*catalog, "bad");
  EXPECT_EQ(WorldSet{1} << bad.benign_order[0], bad.worlds_by_cell[0][0]);
  const CompiledConcept& good = ConceptOf(*catalog, "good");
  EXPECT_EQ(WorldSet{1} << good.benign_order[0],
            good.worlds_by_cell[0][good.PresentCell(0)]);
}

// ---------------------------------------------------------------------------
// Records as they are looked up.

TEST(Codes, AreUsedOnlyWhereSomebodySawThem) {
  const auto code = [](const char* verification) {
    return absl::StrCat(
        "codes { coding { system: 's' code: '1' } display: 'd' "
        "verification: CODE_VERIFICATION_",
        verification, " }");
  };
  const auto catalog = CatalogBuilder()
                           .Condition("official", code("OFFICIAL"))
                           .Condition("repository", code("REPOSITORY"))
                           .Condition("unverified", code("UNVERIFIED"))
                           .Build();
  EXPECT_THAT(catalog->exact_codes.at("s|1"),
              UnorderedElementsAre(catalog->concept_index.at("official"),
                                   catalog->concept_index.at("repository")));
}

TEST(CitationLines, SayWhatIsKnownOfASource) {
  const auto catalog =
      CatalogBuilder()
          .Add(
              "citations { citation_id: 'R2' title: 'Only a title' "
              "provenance: CITATION_PROVENANCE_GENERAL_KNOWLEDGE }")
          .Add(
              "citations { citation_id: 'R3' title: 'A trial' publisher: "
              "'Who' reference: 'J 1:2' year: 2020 provenance: "
              "CITATION_PROVENANCE_LOOKED_UP }")
          .Build();
  EXPECT_THAT(catalog->citation_lines,
              ElementsAre("A review. A society. 2024", "Only a title",
                          "A trial. Who. J 1:2. 2020"));
}

TEST(Digest, IsThatOfTheRecordsWhateverTheirOrder) {
  v1::RuleCatalog one;
  one.add_concerns()->set_concern_id("a");
  one.add_concerns()->set_concern_id("b");
  v1::RuleCatalog other;
  other.add_concerns()->set_concern_id("b");
  other.add_concerns()->set_concern_id("a");
  EXPECT_NE(CatalogDigest(one), CatalogDigest(other));
  SortCatalog(&one);
  SortCatalog(&other);
  EXPECT_EQ(CatalogDigest(one), CatalogDigest(other));
}

}  // namespace
}  // namespace needlewise
