#include "rules/engine/questions.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/catalog_builder.h"
#include "tests/support/findings.h"
#include "tests/support/screening.h"
#include "tests/support/test_case.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

constexpr v1::FindingStatus kAbsent = v1::FINDING_STATUS_ABSENT;
constexpr v1::FindingStatus kNever = v1::FINDING_STATUS_NEVER;

// Conditions of these names, asked in the tense "ever".
CatalogBuilder With(const std::vector<std::string>& concepts) {
  CatalogBuilder builder;
  for (const std::string& id : concepts) builder.Condition(id);
  return builder;
}

// ---------------------------------------------------------------------------
// What is asked, in which order.

struct QuestionCase : TestCase {
  CatalogBuilder catalog;
  std::vector<v1::Finding> findings;
  std::vector<std::string> outstanding;
  std::vector<std::string> also_useful = {};
};

class Questions : public ::testing::TestWithParam<QuestionCase> {};

TEST_P(Questions, AreTheseInThisOrder) {
  const QuestionCase& c = GetParam();
  const v1::AreaDecision decision =
      MustDecide(*c.catalog.Build(), RequestFor(PatientWith(c.findings)));
  EXPECT_THAT(OutstandingIn(decision), ElementsAreArray(c.outstanding));
  EXPECT_THAT(AlsoUsefulIn(decision), ElementsAreArray(c.also_useful));
}

CatalogBuilder OneRuleOfEachEffect() {
  return With({"allergy", "burn", "cold", "dryness_ever", "eczema"})
      .Contraindication("contraindication", IsEver("eczema"))
      .Deferral("deferral", IsEver("dryness_ever"))
      .Review("review", IsEver("cold"))
      .Precaution("precaution", IsEver("burn"))
      .Note("note", IsEver("allergy"));
}

INSTANTIATE_TEST_SUITE_P(
    ByStrictness, Questions,
    ::testing::Values(
        QuestionCase{{"TheMostDecisiveFirst"},
                     OneRuleOfEachEffect(),
                     {},
                     {"eczema", "dryness_ever", "cold", "burn"},
                     {"allergy"}},
        QuestionCase{{"NothingBesideAContraindication"},
                     OneRuleOfEachEffect(),
                     {Present("eczema")},
                     {}},
        QuestionCase{{"OnlyAContraindicationBesideADeferral"},
                     OneRuleOfEachEffect(),
                     {Present("dryness_ever")},
                     {"eczema"},
                     {"burn", "allergy"}},
        QuestionCase{{"NoPrecautionBesideAReview"},
                     OneRuleOfEachEffect(),
                     {Present("cold")},
                     {"eczema", "dryness_ever"},
                     {"burn", "allergy"}},
        QuestionCase{{"NoOtherPrecautionBesideAPrecaution"},
                     With({"a", "b"})
                         .Precaution("precaution-a", IsEver("a"))
                         .Precaution("precaution-b", IsEver("b")),
                     {Present("a")},
                     {},
                     {"b"}},
        QuestionCase{{"NoOtherReviewBesideAReview"},
                     With({"a", "b", "c"})
                         .Review("review-a", IsEver("a"))
                         .Review("review-b", AnyOf({IsEver("b"), IsEver("c")})),
                     {Present("a")},
                     {}},
        QuestionCase{{"EitherReviewWhileNeitherIsTrue"},
                     With({"a", "b"})
                         .Review("review-a", IsEver("a"))
                         .Review("review-b", IsEver("b")),
                     {},
                     {"a", "b"}},
        QuestionCase{{"NothingOnceAllIsKnown"},
                     OneRuleOfEachEffect(),
                     {Never("allergy"), Never("burn"), Never("cold"),
                      Never("dryness_ever"), Never("eczema")},
                     {}},
        QuestionCase{{"OfManyRulesBeforeOfFew"},
                     With({"a", "b"})
                         .Contraindication("one", IsEver("a"))
                         .Contraindication("two", IsEver("b"))
                         .Deferral("three", WasPast("b")),
                     {},
                     {"b", "a"}}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    WithoutInfluence, Questions,
    ::testing::Values(
        QuestionCase{
            {"ABranchThatIsFalse"},
            With({"a", "b"})
                .Contraindication("both", AllOf({IsEver("a"), IsEver("b")})),
            {Never("a")},
            {}},
        QuestionCase{{"ABranchBesideOneThatIsTrue"},
                     With({"a", "b", "c"})
                         .Deferral("either", AnyOf({IsEver("a"), IsEver("b")}))
                         .Contraindication("other", IsEver("c")),
                     {Present("a")},
                     {"c"}},
        QuestionCase{{"ThePastWhereOnlyNowIsAsked"},
                     With({"a"}).Contraindication("now", IsNow("a")),
                     {Absent("a")},
                     {}},
        // Whatever `a` is, one of the two reviews is true.
        QuestionCase{{"TwoRulesOfWhichOneAlwaysFires"},
                     With({"a"})
                         .Review("so", IsNow("a"))
                         .Review("not-so", Not(IsNow("a"))),
                     {},
                     {}},
        QuestionCase{{"TwoEffectsOfWhichTheStricterCounts"},
                     With({"a"})
                         .Contraindication("so", IsNow("a"))
                         .Review("not-so", Not(IsNow("a"))),
                     {},
                     {"a"}},
        // The wider rule is at least as strict wherever the narrower fires.
        QuestionCase{{"ARuleInTheShadowOfAnother"},
                     With({"a", "b"})
                         .Contraindication("wide", IsEver("a"))
                         .Deferral("narrow", AllOf({IsEver("a"), IsEver("b")})),
                     {},
                     {"a"}},
        QuestionCase{
            {"AConceptWhoseBranchesAgree"},
            With({"a", "b", "c"})
                .Contraindication(
                    "entangled", AnyOf({AllOf({IsNow("a"), IsNow("b")}),
                                        AllOf({Not(IsNow("a")), IsNow("c")})})),
            {Absent("b"), Absent("c")},
            {}}),
    CaseName());

CatalogBuilder Gates() {
  return With({"implant", "pacemaker", "wire", "zone"})
      .Implies("implant", kNever, "pacemaker", kNever)
      .Implies("implant", kNever, "wire", kNever)
      .Contraindication("pacemaker-ever", IsEver("pacemaker"))
      .Review("wire-ever", IsEver("wire"))
      .Contraindication("zone-ever", IsEver("zone"));
}

INSTANTIATE_TEST_SUITE_P(
    WithGates, Questions,
    ::testing::Values(
        QuestionCase{{"TheGateBeforeWhatItSettles"},
                     Gates(),
                     {},
                     {"implant", "pacemaker", "zone", "wire"}},
        QuestionCase{{"NothingBehindAClosedGate"},
                     Gates(),
                     {Never("implant")},
                     {"zone"}},
        QuestionCase{{"EverythingBehindAnOpenGate"},
                     Gates(),
                     {Present("implant")},
                     {"pacemaker", "zone", "wire"}},
        QuestionCase{{"NoGateOnceWhatItSettlesIsKnown"},
                     Gates(),
                     {Never("pacemaker"), Never("wire")},
                     {"zone"}},
        QuestionCase{{"TheGateWhileOneOfTheTwoIsOpen"},
                     Gates(),
                     {Never("pacemaker")},
                     {"zone", "implant", "wire"}},
        QuestionCase{{"NoGateOfABrokenAnswer"},
                     Gates(),
                     {Never("implant"), Present("pacemaker")},
                     {"pacemaker", "zone"}},
        QuestionCase{
            {"NoGateOfWhatCannotMatter"}, Gates(), {Present("zone")}, {}},
        QuestionCase{{"AGateOfAGateFirst"},
                     With({"a_top", "b_middle", "c_below"})
                         .Implies("a_top", kNever, "b_middle", kNever)
                         .Implies("b_middle", kNever, "c_below", kNever)
                         .Contraindication("below", IsEver("c_below")),
                     {},
                     {"a_top", "b_middle", "c_below"}},
        QuestionCase{{"TheNearestGateInAnyOrderOfNames"},
                     With({"z_top", "y_middle", "x_below"})
                         .Implies("z_top", kNever, "y_middle", kNever)
                         .Implies("y_middle", kNever, "x_below", kNever)
                         .Contraindication("below", IsEver("x_below")),
                     {},
                     {"z_top", "y_middle", "x_below"}},
        QuestionCase{{"AGateBeforeAMeasurement"},
                     With({"bleeding"})
                         .Quantity("platelets", "10*9/L", 3000)
                         .ImpliesAtLeast("bleeding", kNever, "platelets", 150)
                         .Contraindication("low", IsBelow("platelets", 50)),
                     {},
                     {"bleeding", "platelets"}},
        QuestionCase{{"AGateThatARuleAsksAboutToo"},
                     With({"gate", "below"})
                         .Implies("gate", kAbsent, "below", kAbsent)
                         .Review("gate-now", IsNow("gate"))
                         .Contraindication("below-now", IsNow("below")),
                     {},
                     {"gate", "below"}}),
    CaseName());

TEST(Questions, SayWhatTheyDecideAndWhetherTheyAreGates) {
  v1::ScreenEligibilityRequest request = RequestFor(PatientWith({}));
  request.set_view(v1::VIEW_FULL);
  const v1::AreaDecision decision = MustDecide(*Gates().Build(), request);
  ASSERT_EQ(decision.outstanding_size(), 4);
  const v1::Question& gate = decision.outstanding(0);
  EXPECT_EQ(gate.concept(), "implant");
  EXPECT_TRUE(gate.gate());
  EXPECT_EQ(gate.decides(), v1::EFFECT_KIND_CONTRAINDICATION);
  EXPECT_EQ(gate.text(), "What of implant?");
  EXPECT_EQ(gate.tense(), v1::QUESTION_TENSE_EVER);
  EXPECT_THAT(gate.answer_sources(), ElementsAre(v1::ANSWER_SOURCE_PATIENT));
  EXPECT_THAT(gate.settles(), ElementsAre("pacemaker", "wire"));
  EXPECT_THAT(gate.rule_ids(), ElementsAre("pacemaker-ever", "wire-ever"));
  const v1::Question& wire = decision.outstanding(3);
  EXPECT_EQ(wire.concept(), "wire");
  EXPECT_FALSE(wire.gate());
  EXPECT_EQ(wire.decides(), v1::EFFECT_KIND_REVIEW);
  EXPECT_THAT(wire.rule_ids(), ElementsAre("wire-ever"));
  EXPECT_THAT(wire.settles(), IsEmpty());
}

TEST(Questions, AskForAnAcknowledgedReviewAsForAPrecaution) {
  const auto catalog = With({"a"}).Review("review", IsEver("a")).Build();
  v1::ScreenEligibilityRequest request = RequestFor(PatientWith({}));
  v1::Acknowledgement* given = request.add_acknowledgements();
  given->set_rule_id("review");
  given->set_clinician_reference("dr");
  given->set_reason("seen");
  const v1::AreaDecision decision = MustDecide(*catalog, request);
  ASSERT_THAT(OutstandingIn(decision), ElementsAre("a"));
  EXPECT_EQ(decision.outstanding(0).decides(), v1::EFFECT_KIND_PRECAUTION);
}

TEST(Questions, DoNotDependOnTheOrderOfRecords) {
  const v1::AreaDecision forwards = MustDecide(
      *With({"a", "b", "c"})
           .Contraindication("one", AnyOf({IsEver("a"), IsEver("b")}))
           .Contraindication("two", IsEver("c"))
           .Build(),
      RequestFor(PatientWith({})));
  const v1::AreaDecision backwards = MustDecide(
      *With({"c", "b", "a"})
           .Contraindication("two", IsEver("c"))
           .Contraindication("one", AnyOf({IsEver("b"), IsEver("a")}))
           .Build(),
      RequestFor(PatientWith({})));
  EXPECT_EQ(OutstandingIn(forwards), OutstandingIn(backwards));
}

// ---------------------------------------------------------------------------
// The law: what is outstanding settles the verdict, and nothing of it is
// without influence. Tried against every completion of small catalogues.

using World = std::vector<WorldSet>;

class Completions {
 public:
  Completions(const CompiledCatalog& catalog, const v1::Patient& patient)
      : catalog_(catalog),
        intake_(MustRead(catalog, patient)),
        patient_(catalog, intake_, intake_.as_of, intake_.as_of),
        context_(ContextOf(catalog)),
        facts_(patient_.ForContext(context_)) {
    for (size_t c = 0; c < catalog.concepts.size(); ++c) {
      if ((facts_.possible[c] & (facts_.possible[c] - 1)) != 0) {
        open_.push_back(static_cast<int32_t>(c));
      }
    }
    ForEachCompletion(catalog, facts_, open_, [&](const World& world) {
      all_.push_back(world);
      return true;
    });
  }

  const std::vector<World>& all() const { return all_; }

  v1::Verdict VerdictIn(const World& world) const {
    Facts facts = facts_;
    facts.possible = world;
    facts.known = open_;
    facts.known.insert(facts.known.end(), facts_.known.begin(),
                       facts_.known.end());
    const Program& program =
        catalog_.treatments[context_.treatment].programs[0];
    return VerdictFrom(
        Evaluate(catalog_, program, facts, EffectiveStrictness(program, {}))
            .tally);
  }

  // Whether two answers to `c`, with what the one implies and all else equal,
  // give different verdicts.
  bool Influences(int c) const {
    for (const World& world : all_) {
      for (const World& other : all_) {
        if (world[c] != other[c] && DifferOnlyBy(c, world, other) &&
            VerdictIn(world) != VerdictIn(other)) {
          return true;
        }
      }
    }
    return false;
  }

 private:
  // Whether `other` is `world` but for the answer to `c` and what it forces.
  bool DifferOnlyBy(int c, const World& world, const World& other) const {
    std::set<int> may_change = {c};
    std::vector<int> open = {c};
    while (!open.empty()) {
      const int gate = open.back();
      open.pop_back();
      for (const int i : catalog_.implications_from[gate]) {
        const CompiledImplication& arc = catalog_.implications[i];
        if ((other[gate] & ~arc.given) == 0 &&
            (world[arc.target] & arc.implied) == 0 &&
            may_change.insert(arc.target).second) {
          open.push_back(arc.target);
        }
      }
    }
    for (size_t k = 0; k < world.size(); ++k) {
      if (world[k] != other[k] && may_change.count(static_cast<int>(k)) == 0) {
        return false;
      }
    }
    return true;
  }

  const CompiledCatalog& catalog_;
  const PatientIntake intake_;
  const PatientFacts patient_;
  const TreatmentContext context_;
  const Facts facts_;
  std::vector<int32_t> open_;
  std::vector<World> all_;
};

struct LawCase : TestCase {
  CatalogBuilder catalog;
  std::vector<std::string> concepts;
};

class QuestionLaw : public ::testing::TestWithParam<LawCase> {};

// Calls `visit` for each patient of whom each concept is present, past, never
// so or not known, and contradicts no other.
template <typename Visit>
void ForEachPatient(const CompiledCatalog& catalog,
                    const std::vector<std::string>& concepts, Visit visit) {
  int count = 1;
  for (size_t i = 0; i < concepts.size(); ++i) count *= 4;
  for (int n = 0; n < count; ++n) {
    v1::Patient patient;
    int rest = n;
    for (const std::string& id : concepts) {
      switch (rest % 4) {
        case 1:
          *patient.add_findings() = Never(id);
          break;
        case 2:
          *patient.add_findings() = Present(id);
          break;
        case 3:
          *patient.add_findings() = Past(id);
          break;
        default:
          break;
      }
      rest /= 4;
    }
    const PatientIntake intake = MustRead(catalog, patient);
    const PatientFacts facts(catalog, intake, intake.as_of, intake.as_of);
    if (!facts.ForContext(ContextOf(catalog)).broken.empty()) continue;
    visit(patient);
  }
}

TEST_P(QuestionLaw, OutstandingSettlesTheVerdictAndEachOfItMatters) {
  const auto catalog = GetParam().catalog.Build();
  ForEachPatient(*catalog, GetParam().concepts, [&](const v1::Patient& p) {
    const v1::AreaDecision decision = MustDecide(*catalog, RequestFor(p));
    const Completions completions(*catalog, p);
    std::vector<int> asked;
    for (const std::string& id : OutstandingIn(decision)) {
      asked.push_back(catalog->concept_index.at(id));
      EXPECT_TRUE(completions.Influences(asked.back()))
          << id << " cannot change the verdict on\n"
          << p.DebugString();
    }
    // Completions that answer what is asked alike have one verdict.
    std::map<std::vector<WorldSet>, std::set<v1::Verdict>> verdicts;
    for (const World& world : completions.all()) {
      std::vector<WorldSet> answers;
      for (const int c : asked) answers.push_back(world[c]);
      verdicts[answers].insert(completions.VerdictIn(world));
    }
    for (const auto& [answers, found] : verdicts) {
      EXPECT_EQ(found.size(), 1u)
          << "not settled by " << absl::StrJoin(OutstandingIn(decision), ", ")
          << " on\n"
          << p.DebugString();
    }
  });
}

INSTANTIATE_TEST_SUITE_P(
    SmallCatalogues, QuestionLaw,
    ::testing::Values(
        LawCase{{"FlatRules"},
                With({"a", "b", "c"})
                    .Contraindication("a-ever", IsEver("a"))
                    .Deferral("b-now", IsNow("b"))
                    .Review("b-past", WasPast("b"))
                    .Precaution("c-ever", IsEver("c")),
                {"a", "b", "c"}},
        LawCase{{"NestedRules"},
                With({"a", "b", "c"})
                    .Contraindication("both", AllOf({IsEver("a"), IsNow("b")}))
                    .Review("either", AnyOf({IsNow("b"), IsEver("c")}))
                    .Precaution("not-c", Not(IsEver("c"))),
                {"a", "b", "c"}},
        LawCase{{"EntangledRules"},
                With({"a", "b", "c"})
                    .Deferral("switch",
                              AnyOf({AllOf({IsNow("a"), IsNow("b")}),
                                     AllOf({Not(IsNow("a")), IsNow("c")})}))
                    .Review("b-past", WasPast("b")),
                {"a", "b", "c"}},
        LawCase{{"RulesThatExcludeEachOther"},
                With({"a", "b"})
                    .Contraindication("a-now", IsNow("a"))
                    .Deferral("a-past", WasPast("a"))
                    .Review("a-never", Not(IsEver("a")))
                    .Precaution("b-ever", IsEver("b")),
                {"a", "b"}},
        LawCase{{"AGate"},
                With({"gate", "x", "y"})
                    .Implies("gate", kNever, "x", kNever)
                    .Implies("gate", kNever, "y", kNever)
                    .Contraindication("x-ever", IsEver("x"))
                    .Review("y-now", IsNow("y")),
                {"gate", "x", "y"}},
        LawCase{{"AGateThatIsAskedItself"},
                With({"gate", "x", "y"})
                    .Implies("gate", kAbsent, "x", kAbsent)
                    .Review("gate-now", IsNow("gate"))
                    .Contraindication("x-now", IsNow("x"))
                    .Precaution("x-past", WasPast("x"))
                    .Deferral("y-ever", IsEver("y")),
                {"gate", "x", "y"}},
        LawCase{{"AGateWhoseYesIsAsStrict"},
                With({"gate", "x"})
                    .Implies("gate", kNever, "x", kNever)
                    .Contraindication("gate-ever", IsEver("gate"))
                    .Contraindication("x-ever", IsEver("x")),
                {"gate", "x"}},
        LawCase{{"AGateWhoseNoBlocks"},
                With({"gate", "x", "y"})
                    .Implies("gate", kNever, "x", kNever)
                    .Contraindication("gate-never", Not(IsEver("gate")))
                    .Contraindication("x-ever", IsEver("x"))
                    .Review("y-ever", IsEver("y")),
                {"gate", "x", "y"}},
        LawCase{{"AChainOfGates"},
                With({"top", "middle", "x"})
                    .Implies("top", kNever, "middle", kNever)
                    .Implies("middle", kNever, "x", kNever)
                    .Contraindication("x-now", IsNow("x"))
                    .Review("middle-past", WasPast("middle")),
                {"top", "middle", "x"}},
        LawCase{{"TwoGatesOfOne"},
                With({"one", "other", "x"})
                    .Implies("one", kNever, "x", kNever)
                    .Implies("other", kNever, "x", kNever)
                    .Deferral("x-ever", IsEver("x"))
                    .Precaution("one-now", IsNow("one")),
                {"one", "other", "x"}},
        LawCase{{"AWindow"},
                With({"gate", "x"})
                    .Implies("gate", kNever, "x", kNever)
                    .Deferral("x-lately", IsWithin("x", "days: 7"))
                    .Review("x-before", IsWithin("x", "months: 6"))
                    .Note("x-ever", IsEver("x")),
                {"gate", "x"}}),
    CaseName());

}  // namespace
}  // namespace needlewise
