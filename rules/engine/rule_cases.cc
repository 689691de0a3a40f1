#include "rules/engine/rule_cases.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/engine/decide.h"

namespace needlewise {
namespace {

using testing::v1::AddOnExpectation;
using testing::v1::Expectation;
using testing::v1::RuleCase;
using testing::v1::RuleCaseSuite;

// A case's patient: what the case says replaces what the named patient says
// of the same concept.
v1::Patient Combine(const v1::Patient& base, const v1::Patient& own) {
  std::set<std::string> replaced;
  for (const v1::Finding& finding : own.findings()) {
    if (finding.has_concept()) replaced.insert(finding.concept());
  }
  v1::Patient patient = own;
  for (const v1::Finding& finding : base.findings()) {
    if (!finding.has_concept() || replaced.count(finding.concept()) == 0) {
      *patient.add_findings() = finding;
    }
  }
  for (const v1::ClosedSection& section : base.closed_sections()) {
    *patient.add_closed_sections() = section;
  }
  if (!own.has_age_years() && own.birth_date().empty()) {
    if (base.has_age_years()) patient.set_age_years(base.age_years());
    patient.set_birth_date(base.birth_date());
  }
  return patient;
}

std::string Listed(const std::vector<std::string>& ids) {
  return ids.empty() ? "none" : absl::StrJoin(ids, ", ");
}

template <typename Ids>
bool Holds(const Ids& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

// Compares one area's decision with what a case expects of it.
class Comparison {
 public:
  Comparison(const CompiledCatalog& catalog, const v1::AreaDecision& decision,
             const std::map<std::string, Truth>& truths,
             const std::string& where, std::vector<std::string>* faults)
      : catalog_(catalog),
        decision_(decision),
        truths_(truths),
        where_(where),
        faults_(*faults) {}

  void Check(const Expectation& expect) {
    if (expect.verdict() != v1::VERDICT_UNSPECIFIED &&
        expect.verdict() != decision_.verdict()) {
      Fault("verdict", v1::Verdict_Name(expect.verdict()),
            v1::Verdict_Name(decision_.verdict()));
    }
    CheckTruths(expect.fired(), Truth::kTrue, "fired");
    CheckTruths(expect.not_fired(), Truth::kFalse, "not fired");
    CheckTruths(expect.unknown(), Truth::kUnknown, "unknown");
    if (expect.fired_exactly()) CheckFiredExactly(expect);
    std::vector<std::string> outstanding;
    for (const v1::Question& q : decision_.outstanding()) {
      outstanding.push_back(q.concept());
    }
    for (const std::string& concept_id : expect.outstanding()) {
      if (!Holds(outstanding, concept_id)) {
        Fault("outstanding", concept_id, Listed(outstanding));
      }
    }
    for (const std::string& concept_id : expect.not_outstanding()) {
      if (Holds(outstanding, concept_id)) {
        Fault("outstanding", absl::StrCat("no ", concept_id),
              Listed(outstanding));
      }
    }
    if (expect.outstanding_exactly()) {
      for (const std::string& concept_id : outstanding) {
        if (!Holds(expect.outstanding(), concept_id)) {
          Fault("outstanding", absl::StrCat("no ", concept_id),
                Listed(outstanding));
        }
      }
    }
    const std::string wanted =
        expect.eligible_from() == "none" ? "" : expect.eligible_from();
    if (!expect.eligible_from().empty() &&
        wanted != decision_.eligible_from()) {
      Fault("eligible from", expect.eligible_from(),
            decision_.eligible_from().empty() ? "none"
                                              : decision_.eligible_from());
    }
  }

 private:
  void Fault(const std::string& what, const std::string& expected,
             const std::string& found) {
    faults_.push_back(absl::StrCat(where_, ": ", what, ": expected ", expected,
                                   ", found ", found));
  }

  void CheckTruths(const google::protobuf::RepeatedPtrField<std::string>& ids,
                   Truth wanted, const char* what) {
    static constexpr const char* kWords[] = {"false", "unknown", "true"};
    for (const std::string& id : ids) {
      const auto found = truths_.find(id);
      if (found == truths_.end()) {
        Fault(what, absl::StrCat("rule ", id),
              catalog_.rule_index.contains(id)
                  ? "that it does not apply to the treatment"
                  : "no rule of this id");
      } else if (found->second != wanted) {
        Fault(what, absl::StrCat("rule ", id),
              absl::StrCat("it is ",
                           kWords[static_cast<int>(found->second) + 1]));
      }
    }
  }

  void CheckFiredExactly(const Expectation& expect) {
    for (const v1::FiredRule& fired : decision_.fired()) {
      if (fired.effect() != v1::EFFECT_KIND_NOTE &&
          !Holds(expect.fired(), fired.rule_id())) {
        Fault("fired", "no other rule", fired.rule_id());
      }
    }
  }

  const CompiledCatalog& catalog_;
  const v1::AreaDecision& decision_;
  const std::map<std::string, Truth>& truths_;
  const std::string where_;
  std::vector<std::string>& faults_;
};

class CaseRun {
 public:
  CaseRun(const CompiledCatalog& catalog, const RuleCase& rule_case,
          v1::ScreenEligibilityRequest request, Day today,
          RuleCoverage* coverage, std::vector<std::string>* faults)
      : catalog_(catalog),
        case_(rule_case),
        request_(std::move(request)),
        coverage_(coverage),
        faults_(*faults) {
    environment_.today = FromDay(today);
  }

  void Run() {
    if (case_.expect().empty() && case_.expect_add_ons().empty()) {
      faults_.push_back("the case expects nothing; add an expectation");
      return;
    }
    v1::Decision decision;
    Violations violations;
    if (!Screen(catalog_, environment_, request_, &decision, &violations)) {
      for (const FieldViolation& v : violations) {
        faults_.push_back(absl::StrCat(v.field, " ", v.description));
      }
      return;
    }
    const TruthsByPlace truths = FindTruths();
    for (const Expectation& expect : case_.expect()) {
      CheckExpectation(expect, decision, truths);
    }
    for (const int kind : case_.expect_notices()) {
      if (std::none_of(decision.notices().begin(), decision.notices().end(),
                       [kind](const auto& n) { return n.kind() == kind; })) {
        faults_.push_back(
            absl::StrCat("notices: expected ",
                         v1::NoticeKind_Name(static_cast<v1::NoticeKind>(kind)),
                         ", found none of it"));
      }
    }
    if (!case_.expect_add_ons().empty()) CheckAddOns();
  }

 private:
  using TruthsByPlace = std::map<std::pair<std::string, std::string>,
                                 std::map<std::string, Truth>>;

  TruthsByPlace FindTruths() {
    TruthsByPlace truths;
    Violations violations;
    const Day as_of =
        ReadAsOf(request_.as_of(), ToDay(environment_.today), &violations);
    const PatientIntake intake = ReadPatient(
        catalog_, environment_, request_.patient(), as_of, &violations);
    const int profile = ReadProfile(catalog_, request_.profile(), &violations);
    const PatientFacts patient(catalog_, intake, as_of, as_of);
    for (const SelectedTreatment& s : ReadTreatments(
             catalog_, request_.treatments(), profile, &violations)) {
      const CompiledTreatment& treatment =
          catalog_.treatments[s.context.treatment];
      const Program& program = treatment.programs[profile];
      for (const int area : s.areas) {
        TreatmentContext context = s.context;
        context.area = area;
        const Facts facts = patient.ForContext(context);
        auto& here = truths[{treatment.definition->treatment_id(),
                             catalog_.areas[area].definition->area_id()}];
        const Evaluation evaluation = Evaluate(
            catalog_, program, facts, EffectiveStrictness(program, {}));
        for (size_t i = 0; i < program.rules.size(); ++i) {
          const std::string& id = program.rules[i]->rule->rule_id();
          here[id] = evaluation.truths[i];
          if (coverage_ != nullptr) {
            (*coverage_)[id].insert(static_cast<int>(evaluation.truths[i]));
          }
        }
      }
    }
    return truths;
  }

  void CheckExpectation(const Expectation& expect, const v1::Decision& decision,
                        const TruthsByPlace& truths) {
    bool found = false;
    for (const v1::TreatmentDecision& treatment : decision.treatments()) {
      if (treatment.treatment() != expect.treatment()) continue;
      for (const v1::AreaDecision& area : treatment.areas()) {
        if (!expect.area().empty() && area.area() != expect.area()) continue;
        found = true;
        const auto here = truths.find({treatment.treatment(), area.area()});
        Comparison(catalog_, area, here->second,
                   absl::StrCat(treatment.treatment(), " on ", area.area()),
                   &faults_)
            .Check(expect);
      }
    }
    if (!found) {
      faults_.push_back(absl::StrCat("`", expect.treatment(), "`",
                                     expect.area().empty() ? "" : " there",
                                     " is expected but not asked about"));
    }
  }

  void CheckAddOns() {
    const v1::RecommendAddOnsRequest request =
        AddOnRequestOf(catalog_, case_, request_);
    v1::AddOnDecision decision;
    Violations violations;
    if (!RecommendAddOns(catalog_, environment_, request, &decision,
                         &violations)) {
      for (const FieldViolation& v : violations) {
        faults_.push_back(absl::StrCat(v.field, " ", v.description));
      }
      return;
    }
    for (const AddOnExpectation& expect : case_.expect_add_ons()) {
      std::optional<v1::AddOnStatus> found;
      for (const v1::AddOnRecommendation& a : decision.add_ons()) {
        if (a.add_on() == expect.add_on()) found = a.status();
      }
      for (const v1::CombinationRecommendation& c : decision.combinations()) {
        if (c.combination() == expect.add_on()) found = c.status();
      }
      const v1::AddOnStatus status =
          found.value_or(v1::ADD_ON_STATUS_UNSPECIFIED);
      if (status != expect.status()) {
        faults_.push_back(
            absl::StrCat("add-on ", expect.add_on(), ": expected ",
                         v1::AddOnStatus_Name(expect.status()), ", found ",
                         found.has_value() ? v1::AddOnStatus_Name(status)
                                           : std::string("nothing")));
      }
    }
  }

  const CompiledCatalog& catalog_;
  const RuleCase& case_;
  v1::ScreenEligibilityRequest request_;
  Environment environment_;
  RuleCoverage* coverage_;
  std::vector<std::string>& faults_;
};

}  // namespace

v1::RecommendAddOnsRequest AddOnRequestOf(
    const CompiledCatalog& catalog, const RuleCase& rule_case,
    const v1::ScreenEligibilityRequest& screening) {
  v1::RecommendAddOnsRequest request;
  request.set_as_of(screening.as_of());
  *request.mutable_patient() = screening.patient();
  *request.mutable_base() = screening.treatments(0);
  // A case about an add-on asks what becomes of it beside its base.
  const auto treatment =
      catalog.treatment_index.find(request.base().treatment());
  if (treatment != catalog.treatment_index.end()) {
    const v1::Treatment& definition =
        *catalog.treatments[treatment->second].definition;
    if (!definition.base().empty()) {
      if (request.base().has_device()) {
        v1::AddOnDevice* device = request.add_add_on_devices();
        device->set_add_on(definition.treatment_id());
        *device->mutable_device() = request.base().device();
        request.mutable_base()->clear_device();
      }
      request.mutable_base()->set_treatment(definition.base());
    }
  }
  for (const v1::AddOnDevice& device : rule_case.add_on_devices()) {
    *request.add_add_on_devices() = device;
  }
  request.set_profile(screening.profile());
  *request.mutable_acknowledgements() = screening.acknowledgements();
  return request;
}

CaseRunner::CaseRunner(const CompiledCatalog& catalog,
                       std::vector<const RuleCaseSuite*> suites)
    : catalog_(catalog) {
  for (const RuleCaseSuite* suite : suites) {
    for (const testing::v1::NamedPatient& named : suite->patients()) {
      patients_.emplace(named.name(), &named.patient());
    }
  }
}

v1::ScreenEligibilityRequest CaseRunner::RequestOf(const RuleCaseSuite& suite,
                                                   const RuleCase& rule_case,
                                                   v1::View view) const {
  v1::ScreenEligibilityRequest request;
  request.set_as_of(rule_case.as_of().empty() ? suite.as_of()
                                              : rule_case.as_of());
  const auto base = patients_.find(rule_case.based_on());
  *request.mutable_patient() =
      base == patients_.end() ? rule_case.patient()
                              : Combine(*base->second, rule_case.patient());
  *request.mutable_treatments() = rule_case.treatments().empty()
                                      ? suite.treatments()
                                      : rule_case.treatments();
  request.set_profile(rule_case.profile());
  request.set_view(view);
  *request.mutable_acknowledgements() = rule_case.acknowledgements();
  return request;
}

std::vector<CaseFailure> CaseRunner::Run(const RuleCaseSuite& suite,
                                         int* cases_run,
                                         RuleCoverage* coverage) const {
  std::vector<CaseFailure> failures;
  std::set<std::string> names;
  for (int i = 0; i < suite.cases_size(); ++i) {
    const RuleCase& rule_case = suite.cases(i);
    std::vector<std::string> faults;
    if (rule_case.name().empty() || !names.insert(rule_case.name()).second) {
      faults.push_back("the case needs a name of its own");
    }
    if (rule_case.vignette().empty()) {
      faults.push_back("the case needs a vignette");
    }
    if (!rule_case.based_on().empty() &&
        patients_.find(rule_case.based_on()) == patients_.end()) {
      faults.push_back(
          absl::StrCat("patient `", rule_case.based_on(), "` is not defined"));
    }
    const v1::ScreenEligibilityRequest request =
        RequestOf(suite, rule_case, v1::VIEW_BASIC);
    std::string today = rule_case.today();
    if (today.empty()) today = suite.today();
    if (today.empty()) today = request.as_of();
    const std::optional<Day> day = ParseWholeDate(today);
    if (!day.has_value() || !ParseWholeDate(request.as_of()).has_value()) {
      faults.push_back("`as_of` and `today` must be dates, YYYY-MM-DD");
    }
    if (faults.empty()) {
      CaseRun(catalog_, rule_case, request, *day, coverage, &faults).Run();
      if (cases_run != nullptr) ++*cases_run;
    }
    for (std::string& fault : faults) {
      failures.push_back({i, rule_case.name(), std::move(fault)});
    }
  }
  return failures;
}

}  // namespace needlewise
