#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rules/engine/decide.h"
#include "rules/engine/evaluator.h"
#include "rules/engine/explainer.h"

namespace needlewise {
namespace {

constexpr int kHoursADay = 24;
constexpr int kMostAddOns = 8;

int FloorDays(int hours) {
  return hours >= 0 ? hours / kHoursADay
                    : -((-hours + kHoursADay - 1) / kHoursADay);
}

template <typename Ids>
bool Holds(const Ids& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

// A course is chosen for what is treated; an item is shown where it applies.
class Planner {
 public:
  Planner(const PatientFacts& patient,
          const std::vector<SelectedTreatment>& selected,
          v1::TreatmentPlan* plan)
      : patient_(patient),
        catalog_(patient.catalog()),
        selected_(selected),
        plan_(*plan) {
    for (const SelectedTreatment& s : selected) {
      for (const int t : catalog_.treatments[s.context.treatment].lineage) {
        lineage_.push_back(catalog_.treatments[t].definition->treatment_id());
      }
      for (const int area : s.areas) {
        TreatmentContext context = s.context;
        context.area = area;
        facts_.push_back(patient.ForContext(context));
      }
      if (s.context.device_world >= 2) {
        devices_.push_back(
            catalog_.catalog.devices(s.context.device_world - 2).device_id());
      }
    }
    for (const int c : selected[0].context.concerns) {
      concerns_.push_back(catalog_.catalog.concerns(c).concern_id());
    }
  }

  void Run() {
    AddSessions();
    AddItems();
  }

 private:
  template <typename Ids>
  bool Applies(const Ids& treatments) const {
    return std::any_of(
        lineage_.begin(), lineage_.end(),
        [&](const std::string& id) { return Holds(treatments, id); });
  }

  // The course of the most specific treatment chosen, an add-on before its
  // base, that names a stated concern; else one for any concern.
  const v1::Course* ChooseCourse() const {
    for (auto s = selected_.rbegin(); s != selected_.rend(); ++s) {
      const std::string& treatment =
          catalog_.treatments[s->context.treatment].definition->treatment_id();
      for (const std::string& concern : concerns_) {
        for (const v1::Course& course : patient_.texts().courses()) {
          if (Holds(course.applies_to(), treatment) &&
              Holds(course.concerns(), concern)) {
            return &course;
          }
        }
      }
    }
    for (auto s = selected_.rbegin(); s != selected_.rend(); ++s) {
      const std::string& treatment =
          catalog_.treatments[s->context.treatment].definition->treatment_id();
      for (const v1::Course& course : patient_.texts().courses()) {
        if (course.concerns().empty() &&
            Holds(course.applies_to(), treatment)) {
          return &course;
        }
      }
    }
    return nullptr;
  }

  void AddSessions() {
    const v1::Course* course = ChooseCourse();
    if (course == nullptr) {
      v1::PlannedSession* session = plan_.add_sessions();
      session->set_number(1);
      session->set_earliest(FormatDay(patient_.day()));
      session->set_latest(FormatDay(patient_.day()));
      return;
    }
    for (int i = 0; i < course->sessions_max(); ++i) {
      v1::PlannedSession* session = plan_.add_sessions();
      session->set_number(i + 1);
      session->set_earliest(
          FormatDay(patient_.day() + i * course->interval_min_days()));
      session->set_latest(
          FormatDay(patient_.day() + i * course->interval_max_days()));
      session->set_optional(i >= course->sessions_min());
    }
    plan_.set_course_text(course->text());
    ExplainCitations(catalog_, course->citations(),
                     plan_.mutable_course_citations());
  }

  bool Shown(int index) const {
    const v1::PlanItem& item = catalog_.catalog.plan_items(index);
    if (!Applies(item.applies_to())) return false;
    if (!item.areas().empty() && !InAreas(item)) return false;
    const auto none_of = [](const auto& wanted, const auto& ids) {
      return std::none_of(ids.begin(), ids.end(), [&](const std::string& id) {
        return Holds(wanted, id);
      });
    };
    if (!item.devices().empty() && none_of(item.devices(), devices_)) {
      return false;
    }
    if (!item.concerns().empty() && none_of(item.concerns(), concerns_)) {
      return false;
    }
    const std::vector<ConditionNode>& condition =
        catalog_.plan_item_conditions[index];
    return condition.empty() ||
           std::any_of(facts_.begin(), facts_.end(), [&](const Facts& facts) {
             return EvaluateNodes(condition, facts.possible.data()) !=
                    Truth::kFalse;
           });
  }

  bool InAreas(const v1::PlanItem& item) const {
    for (const std::string& id : item.areas()) {
      const int area = catalog_.area_index.at(id);
      for (const int treated : selected_[0].areas) {
        if (catalog_.AreaHolds(area, treated) ||
            catalog_.AreaHolds(treated, area)) {
          return true;
        }
      }
    }
    return false;
  }

  void AddItems() {
    std::vector<int> shown;
    for (int i = 0; i < catalog_.catalog.plan_items_size(); ++i) {
      if (Shown(i)) shown.push_back(i);
    }
    std::stable_sort(shown.begin(), shown.end(), [&](int a, int b) {
      const v1::PlanItem& x = catalog_.catalog.plan_items(a);
      const v1::PlanItem& y = catalog_.catalog.plan_items(b);
      return std::make_pair(x.section(), x.from_hours()) <
             std::make_pair(y.section(), y.from_hours());
    });
    for (const int i : shown) {
      const v1::PlanItem& item = patient_.texts().plan_items(i);
      v1::PlannedItem* out = plan_.add_items();
      out->set_item_id(item.item_id());
      out->set_section(item.section());
      out->set_text(item.text());
      out->set_from_hours(item.from_hours());
      out->set_until_hours(item.until_hours());
      out->set_maximum_depth_mm(item.maximum_depth_mm());
      out->set_mandatory(item.mandatory());
      *out->mutable_conflicts() = item.conflicts();
      ExplainCitations(catalog_, item.citations(), out->mutable_citations());
      if (item.from_hours() == 0 && item.until_hours() == 0) continue;
      // The hour of the session is not known: windows round outwards, so that
      // an instruction never ends too early.
      out->set_from(FormatDay(patient_.day() + FloorDays(item.from_hours())));
      const int until = item.until_hours();
      out->set_until(
          FormatDay(patient_.day() +
                    (until > 0 ? (until + kHoursADay - 1) / kHoursADay : 0)));
    }
  }

  const PatientFacts& patient_;
  const CompiledCatalog& catalog_;
  const std::vector<SelectedTreatment>& selected_;
  v1::TreatmentPlan& plan_;
  std::vector<std::string> lineage_;
  std::vector<std::string> devices_;
  std::vector<std::string> concerns_;
  std::vector<Facts> facts_;
};

// The chosen add-ons, and every combination that they make.
std::vector<SelectedTreatment> ReadAddOns(
    const CompiledCatalog& catalog, const v1::PlanTreatmentRequest& request,
    const SelectedTreatment& base, Violations* violations) {
  std::vector<SelectedTreatment> selected = {base};
  if (request.add_ons_size() > kMostAddOns) {
    violations->push_back(
        {"add_ons", absl::StrCat("names more than ", kMostAddOns, " add-ons")});
    return selected;
  }
  for (int i = 0; i < request.add_ons_size(); ++i) {
    const std::string path = absl::StrCat("add_ons[", i, "]");
    const int t = FindTreatment(catalog, request.add_ons(i), path, violations);
    if (t < 0 || base.context.treatment < 0) continue;
    const v1::Treatment& definition = *catalog.treatments[t].definition;
    if (definition.base() != catalog.treatments[base.context.treatment]
                                 .definition->treatment_id() ||
        !definition.combines().empty()) {
      violations->push_back({path, "is not an add-on of the base treatment"});
      continue;
    }
    if (std::any_of(selected.begin(), selected.end(),
                    [t](const auto& s) { return s.context.treatment == t; })) {
      continue;
    }
    selected.push_back(SelectAddOn(catalog, base, t, request.add_on_devices()));
  }
  if (base.context.treatment < 0) return selected;
  for (size_t t = 0; t < catalog.treatments.size(); ++t) {
    const auto& parts = catalog.treatments[t].definition->combines();
    if (!parts.empty() &&
        std::all_of(parts.begin(), parts.end(), [&](const std::string& id) {
          return Holds(request.add_ons(), id);
        })) {
      selected.push_back(SelectAddOn(catalog, base, static_cast<int>(t),
                                     request.add_on_devices()));
    }
  }
  return selected;
}

}  // namespace

PlanOutcome PlanTreatment(const CompiledCatalog& catalog,
                          const Environment& environment,
                          const v1::PlanTreatmentRequest& request,
                          v1::TreatmentPlan* answer, Violations* violations) {
  const size_t faults = violations->size();
  CheckRequestId(request.request_id(), violations);
  const Day today = ToDay(environment.today);
  const Day as_of = ReadAsOf(request.as_of(), today, violations);
  const int language = ReadLanguage(catalog, request.language(), violations);
  const PatientIntake intake = ReadPatient(
      catalog, environment, request.patient(), as_of, violations, language);
  const int profile = ReadProfile(catalog, request.profile(), violations);
  const SelectedTreatment base =
      ReadBase(catalog, request.base(), profile, violations);
  const std::vector<SelectedTreatment> selected =
      ReadAddOns(catalog, request, base, violations);
  CheckAddOnDevices(catalog, request.add_on_devices(), violations);
  const std::vector<int> acknowledged =
      ReadAcknowledgements(catalog, request.acknowledgements(), violations);
  if (violations->size() > faults) return PlanOutcome::kInvalid;

  const PatientFacts patient(catalog, intake, as_of, as_of);
  std::vector<v1::Notice> notices = patient.notices();
  bool satisfied = true;
  for (const SelectedTreatment& s : selected) {
    v1::TreatmentDecision* decision = answer->add_screening();
    DecideTreatment(patient, s, acknowledged, v1::VIEW_BASIC, decision,
                    &notices);
    decision->set_display(
        patient.texts().treatments(s.context.treatment).display());
    satisfied = satisfied && IsEligible(decision->verdict());
  }
  if (!satisfied) return PlanOutcome::kNotSatisfied;
  answer->set_as_of(FormatDay(as_of));
  *answer->mutable_catalog() = catalog.version;
  answer->set_profile(catalog.profiles[profile]);
  for (const SelectedTreatment& s : selected) {
    answer->add_treatments(
        catalog.treatments[s.context.treatment].definition->treatment_id());
  }
  Planner(patient, selected, answer).Run();
  WriteNotices(std::move(notices), answer->mutable_notices());
  return PlanOutcome::kPlanned;
}

}  // namespace needlewise
