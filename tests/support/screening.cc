#include "tests/support/screening.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "tests/support/text_proto.h"

namespace needlewise {
namespace {

Day DayOf(const std::string& text) {
  const std::optional<Day> day = ParseWholeDate(text);
  if (!day.has_value()) ADD_FAILURE() << text << " is not a date";
  return day.value_or(0);
}

void ExpectNone(const Violations& violations) {
  for (const std::string& line : Lines(violations)) ADD_FAILURE() << line;
}

template <typename Records>
std::vector<std::string> ConceptsOf(const Records& questions) {
  std::vector<std::string> ids;
  for (const v1::Question& q : questions) ids.push_back(q.concept());
  return ids;
}

}  // namespace

Environment EnvironmentOn(const std::string& day) {
  Environment environment;
  environment.today = FromDay(DayOf(day));
  return environment;
}

v1::ScreenEligibilityRequest RequestFor(const v1::Patient& patient,
                                        const std::string& area,
                                        const std::string& treatment,
                                        const std::string& more) {
  v1::ScreenEligibilityRequest request;
  request.set_as_of(kAsOf);
  *request.mutable_patient() = patient;
  *request.add_treatments() = FromText<v1::TreatmentSelection>(more);
  request.mutable_treatments(0)->set_treatment(treatment);
  request.mutable_treatments(0)->add_areas(area);
  return request;
}

v1::Decision MustScreen(const CompiledCatalog& catalog,
                        const v1::ScreenEligibilityRequest& request,
                        const std::string& today) {
  v1::Decision decision;
  Violations violations;
  EXPECT_TRUE(
      Screen(catalog, EnvironmentOn(today), request, &decision, &violations));
  ExpectNone(violations);
  return decision;
}

v1::AreaDecision MustDecide(const CompiledCatalog& catalog,
                            const v1::ScreenEligibilityRequest& request,
                            const std::string& today) {
  const v1::Decision decision = MustScreen(catalog, request, today);
  if (decision.treatments_size() != 1 ||
      decision.treatments(0).areas_size() != 1) {
    ADD_FAILURE() << "not one treatment of one area";
    return {};
  }
  return decision.treatments(0).areas(0);
}

PatientIntake MustRead(const CompiledCatalog& catalog,
                       const v1::Patient& patient, const std::string& as_of,
                       const std::string& today) {
  Violations violations;
  PatientIntake intake = ReadPatient(catalog, EnvironmentOn(today), patient,
                                     DayOf(as_of), &violations);
  ExpectNone(violations);
  return intake;
}

TreatmentContext ContextOf(const CompiledCatalog& catalog,
                           const std::string& area,
                           const std::string& treatment) {
  TreatmentContext context;
  context.area = catalog.area_index.at(area);
  context.treatment = catalog.treatment_index.at(treatment);
  return context;
}

std::map<std::string, Truth> TruthsOf(const CompiledCatalog& catalog,
                                      const v1::Patient& patient,
                                      const std::string& area,
                                      const std::string& as_of,
                                      const std::string& today) {
  const PatientIntake intake = MustRead(catalog, patient, as_of, today);
  const PatientFacts facts(catalog, intake, intake.as_of, intake.as_of);
  const Facts here = facts.ForContext(ContextOf(catalog, area));
  std::map<std::string, Truth> truths;
  for (const CompiledRule& rule : catalog.rules) {
    truths[rule.rule->rule_id()] = EvaluateRule(catalog, rule, here);
  }
  return truths;
}

std::vector<std::string> Lines(const Violations& violations) {
  std::vector<std::string> lines;
  for (const FieldViolation& v : violations) {
    lines.push_back(absl::StrCat(v.field, ": ", v.description));
  }
  return lines;
}

std::vector<std::string> FiredIn(const v1::AreaDecision& decision) {
  std::vector<std::string> ids;
  for (const v1::FiredRule& fired : decision.fired()) {
    ids.push_back(fired.rule_id());
  }
  return ids;
}

std::vector<std::string> OutstandingIn(const v1::AreaDecision& decision) {
  return ConceptsOf(decision.outstanding());
}

std::vector<std::string> AlsoUsefulIn(const v1::AreaDecision& decision) {
  return ConceptsOf(decision.also_useful());
}

std::vector<std::string> NoticesIn(const v1::Decision& decision) {
  std::vector<std::string> lines;
  for (const v1::Notice& notice : decision.notices()) {
    std::string line(
        absl::StripPrefix(v1::NoticeKind_Name(notice.kind()), "NOTICE_KIND_"));
    if (!notice.concept().empty())
      absl::StrAppend(&line, " ", notice.concept());
    if (!notice.findings().empty()) {
      absl::StrAppend(&line, " [", absl::StrJoin(notice.findings(), ", "), "]");
    }
    lines.push_back(line);
  }
  return lines;
}

}  // namespace needlewise
