#include "rules/engine/evaluator.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/catalog_builder.h"
#include "tests/support/findings.h"
#include "tests/support/screening.h"
#include "tests/support/test_case.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using Kind = ConditionNode::Kind;

constexpr v1::FindingStatus kNever = v1::FINDING_STATUS_NEVER;

constexpr Truth F = Truth::kFalse;
constexpr Truth U = Truth::kUnknown;
constexpr Truth T = Truth::kTrue;
constexpr Truth kAll[] = {F, U, T};

char LetterOf(Truth truth) { return "FUT"[static_cast<int>(truth) + 1]; }

// ---------------------------------------------------------------------------
// Trees over concepts that have two worlds: 0, where it is not so, and 1.

// What of a concept is possible where its truth is `truth`.
WorldSet WorldsFor(Truth truth) { return truth == F ? 1 : truth == T ? 2 : 3; }

std::vector<ConditionNode> Is(int concept_index) {
  return {ConditionNode{Kind::kLeaf, concept_index, 2, 1}};
}

std::vector<ConditionNode> IsNot(int concept_index) {
  return {ConditionNode{Kind::kLeaf, concept_index, 1, 1}};
}

std::vector<ConditionNode> Together(
    Kind kind, const std::vector<std::vector<ConditionNode>>& parts) {
  std::vector<ConditionNode> nodes = {ConditionNode{kind, -1, 0, 0}};
  for (const auto& part : parts) {
    const int offset = static_cast<int>(nodes.size());
    for (ConditionNode node : part) {
      node.end += offset;
      nodes.push_back(node);
    }
  }
  nodes[0].end = static_cast<int32_t>(nodes.size());
  return nodes;
}

struct TreeCase : TestCase {
  std::vector<ConditionNode> nodes;
  std::function<Truth(Truth, Truth, Truth)> expected;
};

class Tree : public ::testing::TestWithParam<TreeCase> {};

TEST_P(Tree, FollowsKleeneInAllTwentySevenCases) {
  for (const Truth a : kAll) {
    for (const Truth b : kAll) {
      for (const Truth c : kAll) {
        const WorldSet possible[] = {WorldsFor(a), WorldsFor(b), WorldsFor(c)};
        EXPECT_EQ(LetterOf(EvaluateNodes(GetParam().nodes, possible)),
                  LetterOf(GetParam().expected(a, b, c)))
            << LetterOf(a) << LetterOf(b) << LetterOf(c);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, Tree,
    ::testing::Values(
        TreeCase{{"ALeaf"}, Is(0), [](Truth a, Truth, Truth) { return a; }},
        TreeCase{{"ANegatedLeaf"},
                 IsNot(0),
                 [](Truth a, Truth, Truth) { return Not(a); }},
        TreeCase{{"AllOfTwo"},
                 Together(Kind::kAllOf, {Is(0), Is(1)}),
                 [](Truth a, Truth b, Truth) { return And(a, b); }},
        TreeCase{{"AnyOfTwo"},
                 Together(Kind::kAnyOf, {Is(0), Is(1)}),
                 [](Truth a, Truth b, Truth) { return Or(a, b); }},
        TreeCase{{"AllOfThree"},
                 Together(Kind::kAllOf, {Is(0), Is(1), Is(2)}),
                 [](Truth a, Truth b, Truth c) { return And(a, And(b, c)); }},
        TreeCase{{"AnyOfThree"},
                 Together(Kind::kAnyOf, {Is(0), Is(1), Is(2)}),
                 [](Truth a, Truth b, Truth c) { return Or(a, Or(b, c)); }},
        TreeCase{{"AllOfOneAndAnyOfTwo"},
                 Together(Kind::kAllOf,
                          {Is(0), Together(Kind::kAnyOf, {Is(1), Is(2)})}),
                 [](Truth a, Truth b, Truth c) { return And(a, Or(b, c)); }},
        TreeCase{
            {"AnyOfAllOfTwoAndOneNegated"},
            Together(Kind::kAnyOf,
                     {Together(Kind::kAllOf, {Is(0), Is(1)}), IsNot(2)}),
            [](Truth a, Truth b, Truth c) { return Or(And(a, b), Not(c)); }},
        TreeCase{
            {"OneAfterANestedList"},
            Together(Kind::kAllOf,
                     {Together(Kind::kAnyOf, {Is(0), IsNot(1)}), Is(2)}),
            [](Truth a, Truth b, Truth c) { return And(Or(a, Not(b)), c); }}),
    CaseName());

TEST(Tree, CanBeEvaluatedFromAnyOfItsNodes) {
  const std::vector<ConditionNode> nodes = Together(
      Kind::kAllOf, {Is(0), Together(Kind::kAnyOf, {Is(1), IsNot(2)})});
  const WorldSet possible[] = {WorldsFor(F), WorldsFor(U), WorldsFor(F)};
  EXPECT_EQ(EvaluateNodeAt(nodes, 0, possible), F);
  EXPECT_EQ(EvaluateNodeAt(nodes, 1, possible), F);
  EXPECT_EQ(EvaluateNodeAt(nodes, 2, possible), T);
  EXPECT_EQ(EvaluateNodeAt(nodes, 3, possible), U);
  EXPECT_EQ(EvaluateNodeAt(nodes, 4, possible), T);
}

// ---------------------------------------------------------------------------
// Rules of a catalogue.

v1::Finding Saying(const std::string& concept_id, Truth truth) {
  return truth == T   ? Present(concept_id)
         : truth == F ? Absent(concept_id)
                      : NotKnown(concept_id);
}

TEST(Rule, FollowsKleeneFromFindingsToTruthInAllTwentySevenCases) {
  const auto catalog =
      CatalogBuilder()
          .Condition("a", "tense: QUESTION_TENSE_NOW")
          .Condition("b", "tense: QUESTION_TENSE_NOW")
          .Condition("c", "tense: QUESTION_TENSE_NOW")
          .Note("not-a", Not(IsNow("a")))
          .Note("all", AllOf({IsNow("a"), IsNow("b"), IsNow("c")}))
          .Note("any", AnyOf({IsNow("a"), IsNow("b"), IsNow("c")}))
          .Note("neither", Not(AnyOf({IsNow("a"), IsNow("b")})))
          .Note("nested",
                AllOf({IsNow("a"), Not(AllOf({IsNow("b"), Not(IsNow("c"))}))}))
          .Build();
  for (const Truth a : kAll) {
    for (const Truth b : kAll) {
      for (const Truth c : kAll) {
        const auto truths = TruthsOf(
            *catalog,
            PatientWith({Saying("a", a), Saying("b", b), Saying("c", c)}));
        EXPECT_EQ(truths.at("not-a"), Not(a));
        EXPECT_EQ(truths.at("all"), And(a, And(b, c)));
        EXPECT_EQ(truths.at("any"), Or(a, Or(b, c)));
        EXPECT_EQ(truths.at("neither"), Not(Or(a, b)));
        EXPECT_EQ(truths.at("nested"), And(a, Not(And(b, Not(c)))));
      }
    }
  }
}

TEST(Rule, FoldsWhatItAsksOfOneConceptIntoOneLeaf) {
  const auto catalog =
      CatalogBuilder()
          .Condition("itch")
          .Note("past", AllOf({IsEver("itch"), Not(IsNow("itch"))}))
          .Note("always", AnyOf({IsEver("itch"), Not(IsEver("itch"))}))
          .Note("contradictory", AllOf({IsNow("itch"), Not(IsNow("itch"))}))
          .Build();
  for (const CompiledRule& rule : catalog->rules) {
    EXPECT_EQ(rule.nodes.size(), 1u);
    EXPECT_FALSE(rule.entangled);
  }
  const auto nothing_known = TruthsOf(*catalog, PatientWith({}));
  EXPECT_EQ(nothing_known.at("past"), U);
  EXPECT_EQ(nothing_known.at("always"), T);
  EXPECT_EQ(nothing_known.at("contradictory"), F);
}

struct EntangledCase : TestCase {
  std::string condition;
  std::vector<v1::Finding> findings;
  Truth truth;
};

class EntangledRule : public ::testing::TestWithParam<EntangledCase> {};

TEST_P(EntangledRule, IsUnknownOnlyWhereItsCompletionsDisagree) {
  const auto catalog = CatalogBuilder()
                           .Condition("a")
                           .Condition("b")
                           .Condition("c")
                           .Condition("gate")
                           .Condition("middle")
                           .Condition("below")
                           .Quantity("count", "1", 1000)
                           .Implies("gate", kNever, "middle", kNever)
                           .Implies("middle", kNever, "below", kNever)
                           .ImpliesAtLeast("gate", kNever, "count", 150)
                           .Note("rule", GetParam().condition)
                           .Build();
  EXPECT_TRUE(catalog->rules[0].entangled);
  EXPECT_EQ(
      LetterOf(TruthsOf(*catalog, PatientWith(GetParam().findings)).at("rule")),
      LetterOf(GetParam().truth));
}

INSTANTIATE_TEST_SUITE_P(
    AConceptInSeveralBranches, EntangledRule,
    ::testing::Values(
        EntangledCase{{"BothBranchesTrueEitherWay"},
                      AnyOf({AllOf({IsNow("a"), IsNow("b")}),
                             AllOf({Not(IsNow("a")), IsNow("c")})}),
                      {Present("b"), Present("c")},
                      T},
        EntangledCase{{"BothBranchesFalseEitherWay"},
                      AnyOf({AllOf({IsNow("a"), IsNow("b")}),
                             AllOf({Not(IsNow("a")), IsNow("c")})}),
                      {Absent("b"), Absent("c")},
                      F},
        EntangledCase{{"OneBranchTrue"},
                      AnyOf({AllOf({IsNow("a"), IsNow("b")}),
                             AllOf({Not(IsNow("a")), IsNow("c")})}),
                      {Present("b"), Absent("c")},
                      U},
        EntangledCase{{"NothingKnown"},
                      AnyOf({AllOf({IsNow("a"), IsNow("b")}),
                             AllOf({Not(IsNow("a")), IsNow("c")})}),
                      {},
                      U},
        EntangledCase{{"EverInOneBranchAndNowInTheOther"},
                      AllOf({AnyOf({Not(IsEver("a")), IsNow("b")}),
                             AnyOf({IsNow("a"), IsNow("c")})}),
                      {Absent("b"), Absent("c")},
                      F}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    AnImplicationInside, EntangledRule,
    ::testing::Values(
        EntangledCase{{"ATargetWithoutItsGateCannotBe"},
                      AllOf({Not(IsEver("gate")), IsNow("middle")}),
                      {},
                      F},
        EntangledCase{{"AGateOrNoTargetIsCertain"},
                      AnyOf({IsEver("gate"), Not(IsNow("middle"))}),
                      {},
                      T},
        EntangledCase{{"AGateAndItsTargetCanBe"},
                      AllOf({IsEver("gate"), IsNow("middle")}),
                      {},
                      U},
        EntangledCase{{"OverAChainWhoseMiddleIsNotAsked"},
                      AllOf({Not(IsEver("gate")), IsNow("below")}),
                      {},
                      F},
        EntangledCase{{"OverABound"},
                      AllOf({Not(IsEver("gate")), IsBelow("count", 100)}),
                      {},
                      F},
        EntangledCase{{"NotOnceItIsBroken"},
                      AllOf({Not(IsEver("gate")), IsNow("middle")}),
                      {Never("gate"), Present("middle")},
                      U}),
    CaseName());

// ---------------------------------------------------------------------------
// Completions.

TEST(ForEachCompletion, VisitsEveryWorldThatBreaksNoImplication) {
  const auto catalog = CatalogBuilder()
                           .Condition("gate")
                           .Condition("below")
                           .Implies("gate", kNever, "below", kNever)
                           .Note("gate-ever", IsEver("gate"))
                           .Note("below-ever", IsEver("below"))
                           .Build();
  const v1::Patient patient = PatientWith({});
  const PatientIntake intake = MustRead(*catalog, patient);
  const PatientFacts known(*catalog, intake, intake.as_of, intake.as_of);
  const Facts facts = known.ForContext(ContextOf(*catalog));
  const int gate = catalog->concept_index.at("gate");
  const int below = catalog->concept_index.at("below");
  std::set<std::pair<int, int>> seen;
  EXPECT_TRUE(ForEachCompletion(
      *catalog, facts, {gate, below},
      [&](const std::vector<WorldSet>& possible) {
        EXPECT_EQ(__builtin_popcountll(possible[gate]), 1);
        EXPECT_EQ(__builtin_popcountll(possible[below]), 1);
        EXPECT_TRUE(seen.emplace(__builtin_ctzll(possible[gate]),
                                 __builtin_ctzll(possible[below]))
                        .second);
        return true;
      }));
  // Never, past or present, and where the gate is never, what is below too.
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_TRUE(seen.count({0, 0}));
  EXPECT_FALSE(seen.count({0, 1}));
  EXPECT_FALSE(seen.count({0, 2}));
}

TEST(ForEachCompletion, StopsWhereTheVisitorSaysSo) {
  const auto catalog =
      CatalogBuilder().Condition("a").Note("ever", IsEver("a")).Build();
  const v1::Patient patient = PatientWith({});
  const PatientIntake intake = MustRead(*catalog, patient);
  const PatientFacts known(*catalog, intake, intake.as_of, intake.as_of);
  int visits = 0;
  EXPECT_FALSE(ForEachCompletion(
      *catalog, known.ForContext(ContextOf(*catalog)),
      {catalog->concept_index.at("a")},
      [&](const std::vector<WorldSet>&) { return ++visits < 2; }));
  EXPECT_EQ(visits, 2);
}

// ---------------------------------------------------------------------------
// All rules of a treatment.

std::shared_ptr<const CompiledCatalog> OneRuleOfEachEffect() {
  CatalogBuilder builder;
  for (const char* id : {"a", "b", "c", "d", "e"}) builder.Condition(id);
  return builder.Contraindication("contraindication", IsEver("a"))
      .Deferral("deferral", IsEver("b"))
      .Review("review", IsEver("c"))
      .Precaution("precaution", IsEver("d"))
      .Note("note", IsEver("e"))
      .Build();
}

Evaluation EvaluateNeedling(const CompiledCatalog& catalog,
                            const v1::Patient& patient,
                            const std::vector<int>& acknowledged = {}) {
  const PatientIntake intake = MustRead(catalog, patient);
  const PatientFacts facts(catalog, intake, intake.as_of, intake.as_of);
  const TreatmentContext context = ContextOf(catalog);
  const Program& program = catalog.treatments[context.treatment].programs[0];
  return Evaluate(catalog, program, facts.ForContext(context),
                  EffectiveStrictness(program, acknowledged));
}

TEST(Evaluation, CountsTrueAndUnknownRulesByStrictness) {
  const auto catalog = OneRuleOfEachEffect();
  const Evaluation evaluation = EvaluateNeedling(
      *catalog, PatientWith({Never("a"), Present("b"), Never("d")}));
  EXPECT_THAT(evaluation.truths, ElementsAre(F, T, U, F, U));
  // From note to contraindication.
  EXPECT_THAT(evaluation.tally.true_rules, ElementsAre(0, 0, 0, 1, 0));
  EXPECT_THAT(evaluation.tally.unknown_rules, ElementsAre(1, 0, 1, 0, 0));
}

TEST(Evaluation, CountsAnAcknowledgedReviewAsAPrecaution) {
  const auto catalog = OneRuleOfEachEffect();
  const int review = 2;
  const v1::Patient patient = PatientWith({Present("c")});
  EXPECT_THAT(EvaluateNeedling(*catalog, patient, {review}).tally.true_rules,
              ElementsAre(0, 1, 0, 0, 0));
  EXPECT_THAT(EvaluateNeedling(*catalog, patient).tally.true_rules,
              ElementsAre(0, 0, 1, 0, 0));
}

TEST(EffectiveStrictness, NeverWeakensWhatIsNoReview) {
  const auto catalog = OneRuleOfEachEffect();
  const Program& program = catalog->treatments[0].programs[0];
  const std::vector<int> all = {0, 1, 2, 3, 4};
  const EffectiveStrictness strictness(program, all);
  EXPECT_EQ(strictness.of(0), Strictness::kContraindication);
  EXPECT_EQ(strictness.of(1), Strictness::kDeferral);
  EXPECT_EQ(strictness.of(2), Strictness::kPrecaution);
  EXPECT_EQ(strictness.of(3), Strictness::kPrecaution);
  EXPECT_EQ(strictness.of(4), Strictness::kNote);
}

TEST(Evaluation, EqualsEvaluatingEachRuleByItself) {
  const auto catalog =
      CatalogBuilder()
          .Condition("a")
          .Condition("gate")
          .Condition("below")
          .Implies("gate", kNever, "below", kNever)
          .Contraindication("below-ever", IsEver("below"))
          .Review("entangled", AllOf({Not(IsEver("gate")), IsNow("below")}))
          .Note("both", AllOf({IsEver("a"), IsEver("below")}))
          .Note("constant", "treatment_area { areas: 'cheeks' }")
          .Build();
  for (const auto& findings :
       std::vector<std::vector<v1::Finding>>{{},
                                             {Never("gate")},
                                             {Present("below")},
                                             {Never("gate"), Present("below")},
                                             {Present("a")}}) {
    const v1::Patient patient = PatientWith(findings);
    const auto truths = TruthsOf(*catalog, patient);
    const Evaluation evaluation = EvaluateNeedling(*catalog, patient);
    const Program& program =
        catalog->treatments[ContextOf(*catalog).treatment].programs[0];
    for (size_t i = 0; i < program.rules.size(); ++i) {
      const std::string& id = program.rules[i]->rule->rule_id();
      EXPECT_EQ(evaluation.truths[i], truths.at(id)) << id;
    }
  }
}

}  // namespace
}  // namespace needlewise
