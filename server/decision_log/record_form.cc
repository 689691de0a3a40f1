#include "server/decision_log/record_form.h"

#include <algorithm>

#include "server/decision_id.h"

namespace needlewise {
namespace {

using ::google::protobuf::RepeatedPtrField;

void CopyQuestions(const RepeatedPtrField<v1::Question>& from,
                   RepeatedPtrField<v1::Question>* to) {
  to->Reserve(from.size());
  for (const v1::Question& question : from) {
    v1::Question* copy = to->Add();
    copy->set_concept(question.concept());
    copy->set_decides(question.decides());
    copy->set_gate(question.gate());
  }
}

void CopyArea(const v1::AreaDecision& from, v1::AreaDecision* to) {
  to->set_area(from.area());
  to->set_verdict(from.verdict());
  to->set_possible(from.possible());
  to->set_eligible_from(from.eligible_from());
  to->set_provisional(from.provisional());
  to->mutable_fired()->Reserve(from.fired_size());
  for (const v1::FiredRule& fired : from.fired()) {
    v1::FiredRule* copy = to->add_fired();
    copy->set_rule_id(fired.rule_id());
    copy->set_effect(fired.effect());
    copy->set_clears_on(fired.clears_on());
    copy->set_acknowledged(fired.acknowledged());
  }
  *to->mutable_unknown_rules() = from.unknown_rules();
  CopyQuestions(from.outstanding(), to->mutable_outstanding());
  CopyQuestions(from.also_useful(), to->mutable_also_useful());
}

void CopyTreatment(const CompiledCatalog& catalog,
                   const v1::TreatmentDecision& from,
                   v1::TreatmentDecision* to) {
  to->set_treatment(from.treatment());
  to->set_device(DeviceName(catalog, from.device()));
  to->set_verdict(from.verdict());
  to->set_possible(from.possible());
  to->set_eligible_from(from.eligible_from());
  to->set_provisional(from.provisional());
  to->mutable_areas()->Reserve(from.areas_size());
  for (const v1::AreaDecision& area : from.areas()) {
    CopyArea(area, to->add_areas());
  }
}

void CopyNotices(const RepeatedPtrField<v1::Notice>& from,
                 RepeatedPtrField<v1::Notice>* to) {
  v1::Notice* not_mapped = nullptr;
  for (const v1::Notice& notice : from) {
    const bool is_code = notice.kind() == v1::NOTICE_KIND_CODE_NOT_MAPPED;
    v1::Notice* copy = is_code ? not_mapped : nullptr;
    if (copy == nullptr) copy = to->Add();
    if (is_code) not_mapped = copy;
    copy->set_kind(notice.kind());
    copy->set_concept(notice.concept());
    copy->mutable_findings()->MergeFrom(notice.findings());
  }
  if (not_mapped != nullptr) {
    std::sort(not_mapped->mutable_findings()->begin(),
              not_mapped->mutable_findings()->end());
  }
}

}  // namespace

const std::string& DeviceName(const CompiledCatalog& catalog,
                              const std::string& device) {
  static const auto& unlisted = *new std::string(kUnlistedDeviceName);
  return device.empty() || catalog.device_index.contains(device) ? device
                                                                 : unlisted;
}

void ToRecordForm(const CompiledCatalog& catalog, const v1::Decision& from,
                  v1::Decision* to) {
  to->set_as_of(from.as_of());
  to->set_today(from.today());
  *to->mutable_catalog() = from.catalog();
  to->set_profile(from.profile());
  to->set_rules_left_out(from.rules_left_out());
  to->mutable_treatments()->Reserve(from.treatments_size());
  for (const v1::TreatmentDecision& treatment : from.treatments()) {
    CopyTreatment(catalog, treatment, to->add_treatments());
  }
  CopyNotices(from.notices(), to->mutable_notices());
}

void ToRecordForm(const CompiledCatalog& catalog, const v1::AddOnDecision& from,
                  v1::AddOnDecision* to) {
  to->set_as_of(from.as_of());
  to->set_today(from.today());
  *to->mutable_catalog() = from.catalog();
  to->set_profile(from.profile());
  to->set_rules_left_out(from.rules_left_out());
  CopyTreatment(catalog, from.base(), to->mutable_base());
  for (const v1::AddOnRecommendation& add_on : from.add_ons()) {
    v1::AddOnRecommendation* copy = to->add_add_ons();
    copy->set_add_on(add_on.add_on());
    copy->set_status(add_on.status());
    copy->set_rank(add_on.rank());
    for (const v1::MatchedIndication& indication : add_on.indications()) {
      v1::MatchedIndication* matched = copy->add_indications();
      matched->set_concern(indication.concern());
      matched->set_strength(indication.strength());
    }
    CopyTreatment(catalog, add_on.screening(), copy->mutable_screening());
  }
  for (const v1::CombinationRecommendation& pair : from.combinations()) {
    v1::CombinationRecommendation* copy = to->add_combinations();
    copy->set_combination(pair.combination());
    *copy->mutable_add_ons() = pair.add_ons();
    copy->set_status(pair.status());
    CopyTreatment(catalog, pair.screening(), copy->mutable_screening());
  }
  CopyNotices(from.notices(), to->mutable_notices());
}

void ToRecordForm(const CompiledCatalog& catalog, const v1::TreatmentPlan& from,
                  v1::TreatmentPlan* to) {
  to->set_as_of(from.as_of());
  *to->mutable_catalog() = from.catalog();
  to->set_profile(from.profile());
  *to->mutable_treatments() = from.treatments();
  *to->mutable_sessions() = from.sessions();
  for (const v1::PlannedItem& item : from.items()) {
    v1::PlannedItem* copy = to->add_items();
    copy->set_item_id(item.item_id());
    copy->set_section(item.section());
    copy->set_from(item.from());
    copy->set_until(item.until());
    copy->set_from_hours(item.from_hours());
    copy->set_until_hours(item.until_hours());
    copy->set_maximum_depth_mm(item.maximum_depth_mm());
    copy->set_mandatory(item.mandatory());
  }
  for (const v1::TreatmentDecision& screening : from.screening()) {
    CopyTreatment(catalog, screening, to->add_screening());
  }
  CopyNotices(from.notices(), to->mutable_notices());
}

std::string DecisionBytes(const v1::DecisionRecord& record) {
  if (record.has_plan()) return SerializeDeterministically(record.plan());
  if (record.has_add_on_decision()) {
    return SerializeDeterministically(record.add_on_decision());
  }
  return SerializeDeterministically(record.decision());
}

}  // namespace needlewise
