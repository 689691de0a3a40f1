// The next questions of an intake.

#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/engine/decide.h"
#include "tests/support/catalog_builder.h"
#include "tests/support/findings.h"
#include "tests/support/screening.h"
#include "tests/support/test_case.h"
#include "tests/support/text_proto.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

constexpr v1::FindingStatus kNever = v1::FINDING_STATUS_NEVER;

const CompiledCatalog& Intake() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>(
      CatalogBuilder()
          .SkinCondition("rash")
          .Condition("implant")
          .Condition("pacemaker")
          .Condition("isotretinoin", "kind: CONCEPT_KIND_MEDICINE")
          .Condition("scar")
          .Condition("lesion", "answer_sources: ANSWER_SOURCE_EXAMINATION")
          .Condition("licensed",
                     "kind: CONCEPT_KIND_SITE section: 'site' "
                     "tense: QUESTION_TENSE_NOW "
                     "answer_sources: ANSWER_SOURCE_SITE")
          .Quantity("platelets", "10*9/L", 3000,
                    "answer_sources: ANSWER_SOURCE_TEST "
                    "answer_sources: ANSWER_SOURCE_RECORD")
          .Implies("implant", kNever, "pacemaker", kNever)
          .Contraindication("pacemaker-ever", IsEver("pacemaker"))
          .Contraindication("not-licensed", Not(IsNow("licensed")))
          .Contraindication("platelets-low", IsBelow("platelets", 50))
          .Deferral("rash-now", IsNow("rash"))
          .Deferral("isotretinoin-lately",
                    IsWithin("isotretinoin", "months: 6"))
          .Review("lesion-now", IsNow("lesion"))
          .Review("scar-new", BeganWithin("scar", "months: 12"))
          .Note("scar-ever", IsEver("scar"))
          .Build());
  return **catalog;
}

v1::SuggestQuestionsRequest RequestOf(const v1::Patient& patient,
                                      v1::Audience audience) {
  v1::SuggestQuestionsRequest request;
  request.set_as_of(kAsOf);
  *request.mutable_patient() = patient;
  *request.add_treatments() =
      FromText<v1::TreatmentSelection>("treatment: 'needling' areas: 'cheeks'");
  request.set_audience(audience);
  return request;
}

v1::SuggestQuestionsResponse MustSuggest(
    const v1::SuggestQuestionsRequest& request) {
  v1::SuggestQuestionsResponse answer;
  Violations violations;
  EXPECT_TRUE(SuggestQuestions(Intake(), EnvironmentOn(), request, &answer,
                               &violations));
  for (const std::string& line : Lines(violations)) ADD_FAILURE() << line;
  return answer;
}

std::vector<std::string> AskedIn(const v1::SuggestQuestionsResponse& answer) {
  std::vector<std::string> ids;
  for (const auto& q : answer.questions()) ids.push_back(q.concept());
  return ids;
}

struct AudienceCase : TestCase {
  std::vector<v1::Finding> findings;
  std::vector<std::string> to_a_patient;
  std::vector<std::string> to_a_clinician;
};

class SuggestedQuestions : public ::testing::TestWithParam<AudienceCase> {};

TEST_P(SuggestedQuestions, AreThoseThatTheAudienceCanAnswer) {
  const v1::Patient patient = PatientWith(GetParam().findings);
  const v1::SuggestQuestionsResponse to_patient =
      MustSuggest(RequestOf(patient, v1::AUDIENCE_PATIENT));
  EXPECT_THAT(AskedIn(to_patient), ElementsAreArray(GetParam().to_a_patient));
  EXPECT_EQ(to_patient.complete(), GetParam().to_a_patient.empty());
  EXPECT_EQ(to_patient.remaining(),
            static_cast<int>(GetParam().to_a_patient.size()));
  const v1::SuggestQuestionsResponse to_clinician =
      MustSuggest(RequestOf(patient, v1::AUDIENCE_CLINICIAN));
  EXPECT_THAT(AskedIn(to_clinician),
              ElementsAreArray(GetParam().to_a_clinician));
  EXPECT_EQ(to_clinician.complete(), GetParam().to_a_clinician.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Audiences, SuggestedQuestions,
    ::testing::Values(
        AudienceCase{{"NothingKnown"},
                     {},
                     {"implant", "pacemaker", "isotretinoin", "rash", "scar"},
                     {"implant", "licensed", "pacemaker", "platelets",
                      "isotretinoin", "rash", "lesion", "scar"}},
        AudienceCase{{"ThePatientHasAnsweredAll"},
                     {Never("implant"), Never("isotretinoin"), Never("rash"),
                      Never("scar")},
                     {},
                     {"licensed", "platelets", "lesion"}},
        AudienceCase{{"EverythingIsAnswered"},
                     {Never("implant"), Never("isotretinoin"), Never("rash"),
                      Never("scar"), Never("lesion"), Present("licensed"),
                      Measured("platelets", 200, "10*9/L")},
                     {},
                     {}},
        AudienceCase{{"TheOutcomeIsSettled"}, {Present("pacemaker")}, {}, {}}),
    CaseName());

// Names of the messages and enumerations that can occur in a message.
void CollectTypes(const google::protobuf::Descriptor* message,
                  std::set<std::string>* types) {
  if (!types->insert(message->full_name()).second) return;
  for (int i = 0; i < message->field_count(); ++i) {
    const auto* field = message->field(i);
    if (field->message_type() != nullptr) {
      CollectTypes(field->message_type(), types);
    } else if (field->enum_type() != nullptr) {
      types->insert(field->enum_type()->full_name());
    }
  }
}

TEST(SuggestedQuestions, CannotHoldAVerdictOrAnEffect) {
  std::set<std::string> types;
  CollectTypes(v1::SuggestQuestionsResponse::descriptor(), &types);
  EXPECT_EQ(types.count("needlewise.v1.Verdict"), 0u);
  EXPECT_EQ(types.count("needlewise.v1.EffectKind"), 0u);
  EXPECT_EQ(types.count("needlewise.v1.AreaDecision"), 0u);
  EXPECT_EQ(types.count("needlewise.v1.FiredRule"), 0u);
}

TEST(SuggestedQuestions, TellAPatientNothingOfHowAnswersWereJudged) {
  const v1::SuggestQuestionsResponse answer = MustSuggest(RequestOf(
      PatientWith({Present("rash"), Never("rash")}), v1::AUDIENCE_PATIENT));
  EXPECT_THAT(answer.notices(), IsEmpty());
  EXPECT_THAT(answer.elsewhere(), IsEmpty());
  for (const v1::SuggestedQuestion& q : answer.questions()) {
    EXPECT_THAT(q.answer_sources(), IsEmpty());
  }
}

TEST(SuggestedQuestions, TellAClinicianWhatIsOddAndWhoElseIsToAnswer) {
  const v1::SuggestQuestionsResponse answer = MustSuggest(
      RequestOf(PatientWith({Present("rash"), Never("rash"), Never("implant"),
                             Present("pacemaker")}),
                v1::AUDIENCE_CLINICIAN));
  ASSERT_EQ(answer.notices_size(), 2);
  EXPECT_EQ(answer.notices(0).kind(), v1::NOTICE_KIND_CONTRADICTION_OPEN);
  EXPECT_EQ(answer.notices(0).concept(), "rash");
  EXPECT_EQ(answer.notices(1).kind(), v1::NOTICE_KIND_IMPLICATION_BROKEN);
  EXPECT_EQ(answer.notices(1).concept(), "pacemaker");
  EXPECT_THAT(answer.elsewhere(), ElementsAre("licensed"));
  EXPECT_EQ(answer.catalog().version(), "1.0.0-test");
}

TEST(SuggestedQuestions, SayHowTheyAreToBeAnswered) {
  v1::SuggestQuestionsRequest request =
      RequestOf(PatientWith({}), v1::AUDIENCE_CLINICIAN);
  std::map<std::string, v1::SuggestedQuestion> by_concept;
  const v1::SuggestQuestionsResponse answer = MustSuggest(request);
  for (const auto& q : answer.questions()) {
    by_concept[q.concept()] = q;
  }
  EXPECT_THAT(by_concept["rash"],
              EqualsProto(FromText<v1::SuggestedQuestion>(R"(
                concept: "rash"
                text: "What of rash?"
                tense: QUESTION_TENSE_EVER
                kind: CONCEPT_KIND_CONDITION
                by_area: true
                section: "skin"
                answer_sources: ANSWER_SOURCE_PATIENT
              )")));
  EXPECT_THAT(by_concept["isotretinoin"],
              EqualsProto(FromText<v1::SuggestedQuestion>(R"(
                concept: "isotretinoin"
                text: "What of isotretinoin?"
                tense: QUESTION_TENSE_EVER
                kind: CONCEPT_KIND_MEDICINE
                wants_last: true
                section: "history"
                answer_sources: ANSWER_SOURCE_PATIENT
              )")));
  EXPECT_TRUE(by_concept["scar"].wants_onset());
  EXPECT_THAT(by_concept["platelets"],
              EqualsProto(FromText<v1::SuggestedQuestion>(R"(
                concept: "platelets"
                text: "What of platelets?"
                tense: QUESTION_TENSE_NOW
                kind: CONCEPT_KIND_QUANTITY
                unit: "10*9/L"
                section: "tests"
                answer_sources: ANSWER_SOURCE_TEST
                answer_sources: ANSWER_SOURCE_RECORD
              )")));
}

TEST(SuggestedQuestions, AreNoMoreThanAskedForAndCountTheRest) {
  v1::SuggestQuestionsRequest request =
      RequestOf(PatientWith({}), v1::AUDIENCE_CLINICIAN);
  request.set_max_questions(2);
  const v1::SuggestQuestionsResponse answer = MustSuggest(request);
  EXPECT_THAT(AskedIn(answer), ElementsAre("implant", "licensed"));
  EXPECT_EQ(answer.remaining(), 8);
  EXPECT_FALSE(answer.complete());
}

TEST(SuggestedQuestions, AreTenUnlessAskedOtherwise) {
  CatalogBuilder builder;
  for (char c = 'a'; c < 'a' + 12; ++c) {
    const std::string id(1, c);
    builder.Condition(id).Review(absl::StrCat("rule-", id), IsEver(id));
  }
  v1::SuggestQuestionsResponse answer;
  Violations violations;
  ASSERT_TRUE(SuggestQuestions(*builder.Build(), EnvironmentOn(),
                               RequestOf(PatientWith({}), v1::AUDIENCE_PATIENT),
                               &answer, &violations));
  EXPECT_EQ(answer.questions_size(), 10);
  EXPECT_EQ(answer.remaining(), 12);
}

TEST(SuggestedQuestions, OfSeveralTreatmentsAndAreasAreAskedOnce) {
  v1::SuggestQuestionsRequest request =
      RequestOf(PatientWith({Never("implant"), Never("isotretinoin"),
                             Never("scar"), Never("rash", "areas: 'cheeks'")}),
                v1::AUDIENCE_PATIENT);
  EXPECT_THAT(AskedIn(MustSuggest(request)), IsEmpty());
  request.mutable_treatments(0)->add_areas("neck");
  *request.add_treatments() = FromText<v1::TreatmentSelection>(
      "treatment: 'plasma' areas: 'neck' areas: 'back'");
  EXPECT_THAT(AskedIn(MustSuggest(request)), ElementsAre("rash"));
}

TEST(SuggestedQuestions, ComeInTheOrderOfTheStrictestTheyDecideAnywhere) {
  const auto catalog = CatalogBuilder()
                           .Condition("first")
                           .Condition("second")
                           .Review("first-of-needling", IsEver("first"))
                           .Deferral("second-of-needling", IsEver("second"))
                           .For("plasma")
                           .Contraindication("first-of-plasma", IsEver("first"))
                           .Build();
  v1::SuggestQuestionsRequest request =
      RequestOf(PatientWith({}), v1::AUDIENCE_PATIENT);
  request.mutable_treatments(0)->set_treatment("plasma");
  *request.add_treatments() =
      FromText<v1::TreatmentSelection>("treatment: 'needling' areas: 'cheeks'");
  v1::SuggestQuestionsResponse answer;
  Violations violations;
  ASSERT_TRUE(SuggestQuestions(*catalog, EnvironmentOn(), request, &answer,
                               &violations));
  EXPECT_THAT(AskedIn(answer), ElementsAre("first", "second"));
}

TEST(SuggestedQuestions, StopAsSoonAsTheOutcomeIsSettled) {
  v1::Patient patient;
  int asked = 0;
  while (true) {
    const v1::SuggestQuestionsResponse answer =
        MustSuggest(RequestOf(patient, v1::AUDIENCE_PATIENT));
    if (answer.complete()) break;
    *patient.add_findings() = Never(answer.questions(0).concept());
    ASSERT_LE(++asked, 4);
  }
  // The gate settles what lies behind it.
  EXPECT_EQ(asked, 4);
}

TEST(SuggestedQuestions, ReportEveryFaultOfARequestAtOnce) {
  const auto request = FromText<v1::SuggestQuestionsRequest>(R"(
    as_of: "2026"
    patient { findings { concept: "rsh" } }
    treatments { treatment: "needling" areas: "lips" }
    profile: "all"
    max_questions: 1001
  )");
  v1::SuggestQuestionsResponse answer;
  Violations violations;
  EXPECT_FALSE(SuggestQuestions(Intake(), EnvironmentOn(), request, &answer,
                                &violations));
  EXPECT_THAT(
      Lines(violations),
      ElementsAre(
          "as_of: is not a date that exists; write YYYY-MM-DD",
          "patient.findings[0].concept: is not a concept of the catalogue; "
          "did you mean `rash`?",
          "patient.findings[0].status: is required; PRESENT, PAST, ABSENT, "
          "NEVER or UNKNOWN",
          "profile: is not a profile of the catalogue",
          "treatments[0].areas[0]: can be named in findings but not treated; "
          "choose an area that can",
          "audience: is required; PATIENT or CLINICIAN",
          "max_questions: must be from 0 to 1000"));
}

}  // namespace
}  // namespace needlewise
