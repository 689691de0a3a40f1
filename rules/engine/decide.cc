#include "rules/engine/decide.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/engine/explainer.h"
#include "rules/engine/patient_intake.h"
#include "rules/engine/questions.h"

namespace needlewise {
namespace {

constexpr int kMostQuestions = 1000;
constexpr int kUsualQuestions = 10;

v1::Verdict VerdictOf(Strictness strictness) {
  switch (strictness) {
    case Strictness::kContraindication:
      return v1::VERDICT_CONTRAINDICATED;
    case Strictness::kDeferral:
      return v1::VERDICT_DEFERRED;
    case Strictness::kReview:
      return v1::VERDICT_REVIEW_REQUIRED;
    case Strictness::kPrecaution:
      return v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS;
    case Strictness::kNote:
      break;
  }
  return v1::VERDICT_ELIGIBLE;
}

v1::EffectKind EffectFrom(Strictness strictness) {
  switch (strictness) {
    case Strictness::kContraindication:
      return v1::EFFECT_KIND_CONTRAINDICATION;
    case Strictness::kDeferral:
      return v1::EFFECT_KIND_DEFERRAL;
    case Strictness::kReview:
      return v1::EFFECT_KIND_REVIEW;
    case Strictness::kPrecaution:
      return v1::EFFECT_KIND_PRECAUTION;
    case Strictness::kNote:
      break;
  }
  return v1::EFFECT_KIND_NOTE;
}

// The order of strictness of `possible`, and of the verdicts of several areas:
// the order of the verdict table, which the numbers of the enumeration follow.
v1::Verdict Stricter(v1::Verdict a, v1::Verdict b) { return std::max(a, b); }

// Positions, in a program, of acknowledged rules.
std::vector<int> PositionsOf(const CompiledCatalog& catalog,
                             const Program& program,
                             const std::vector<int>& rules) {
  std::vector<int> positions;
  for (const int r : rules) {
    for (size_t i = 0; i < program.rules.size(); ++i) {
      if (program.rules[i] == &catalog.rules[r]) {
        positions.push_back(static_cast<int>(i));
      }
    }
  }
  return positions;
}

const Program& ProgramOf(const CompiledCatalog& catalog,
                         const TreatmentContext& context) {
  return catalog.treatments[context.treatment].programs[context.profile];
}

// Decides on one treatment in one area.
class AreaDecider {
 public:
  AreaDecider(const PatientFacts& patient, const TreatmentContext& context,
              const std::vector<int>& acknowledged)
      : patient_(patient),
        catalog_(patient.catalog()),
        context_(context),
        program_(ProgramOf(catalog_, context)),
        acknowledged_(PositionsOf(catalog_, program_, acknowledged)),
        strictness_(program_, acknowledged_),
        facts_(patient.ForContext(context)),
        evaluation_(Evaluate(catalog_, program_, facts_, strictness_)) {}

  const Facts& facts() const { return facts_; }
  const Program& program() const { return program_; }

  OpenQuestions Questions() const {
    return FindOpenQuestions(catalog_, program_, facts_, evaluation_,
                             strictness_);
  }

  v1::Verdict Verdict() const { return VerdictFrom(evaluation_.tally); }

  void Decide(v1::View view, v1::AreaDecision* decision) const {
    const bool full = view == v1::VIEW_FULL;
    decision->set_area(catalog_.areas[context_.area].definition->area_id());
    if (full) {
      decision->set_display(patient_.texts().areas(context_.area).display());
    }
    decision->set_verdict(Verdict());
    decision->set_possible(VerdictOf(StrictestPossible(evaluation_.tally)));
    ForEachNotFalse(evaluation_.truths, [&](int i) {
      if (evaluation_.truths[i] == Truth::kTrue) {
        AddFired(i, full, decision->add_fired());
      } else if (program_.rules[i]->strictness != Strictness::kNote) {
        decision->add_unknown_rules(program_.rules[i]->rule->rule_id());
      }
    });
    if (decision->verdict() == v1::VERDICT_DEFERRED) SetEligibleFrom(decision);
    const OpenQuestions questions = Questions();
    for (const OpenQuestion& q : questions.outstanding) {
      AddQuestion(q, full, decision->add_outstanding());
    }
    for (const OpenQuestion& q : questions.also_useful) {
      AddQuestion(q, full, decision->add_also_useful());
    }
    if (full && StrictestTrue(evaluation_.tally) >= Strictness::kReview) {
      ExplainChange(program_, strictness_, evaluation_, patient_, facts_,
                    *decision, decision->mutable_counterfactual());
    }
  }

 private:
  void AddFired(int position, bool full, v1::FiredRule* fired) const {
    const CompiledRule& rule = *program_.rules[position];
    fired->set_rule_id(rule.rule->rule_id());
    fired->set_effect(rule.effect);
    fired->set_acknowledged(strictness_.IsAcknowledged(position));
    if (rule.strictness == Strictness::kDeferral) {
      const Day day = ClearsOn(rule);
      if (day < kLatestDay) fired->set_clears_on(FormatDay(day));
    }
    if (full) ExplainRule(rule, patient_, facts_, context_, fired);
  }

  // First day on which time alone makes a true rule false, or `kLatestDay`.
  Day ClearsOn(const CompiledRule& rule) const {
    std::vector<Day> days;
    for (const int c : rule.concepts) {
      if (!catalog_.concepts[c].is_context) patient_.AddWindowEnds(c, &days);
    }
    std::sort(days.begin(), days.end());
    days.erase(std::unique(days.begin(), days.end()), days.end());
    Facts later = facts_;
    for (const Day day : days) {
      if (day <= patient_.day()) continue;
      patient_.MoveTo(day, context_.area, rule.concepts, &later);
      if (EvaluateRule(catalog_, rule, later) == Truth::kFalse) return day;
    }
    return kLatestDay;
  }

  void SetEligibleFrom(v1::AreaDecision* decision) const {
    std::string eligible_from;
    for (const v1::FiredRule& fired : decision->fired()) {
      if (fired.effect() != v1::EFFECT_KIND_DEFERRAL) continue;
      if (fired.clears_on().empty()) return;
      eligible_from = std::max(eligible_from, fired.clears_on());
    }
    decision->set_eligible_from(eligible_from);
    const Day day = *ParseWholeDate(eligible_from);
    const PatientFacts then(catalog_, patient_.intake(), day, day);
    const Evaluation on_that_day =
        Evaluate(catalog_, program_, then.ForContext(context_), strictness_);
    decision->set_provisional(!IsEligible(VerdictFrom(on_that_day.tally)));
  }

  void AddQuestion(const OpenQuestion& open, bool full,
                   v1::Question* out) const {
    out->set_concept(catalog_.concepts[open.concept_index].id);
    out->set_decides(EffectFrom(open.decides));
    out->set_gate(!open.settles.empty());
    if (full) ExplainQuestion(patient_, program_, open, out);
  }

  const PatientFacts& patient_;
  const CompiledCatalog& catalog_;
  const TreatmentContext context_;
  const Program& program_;
  const std::vector<int> acknowledged_;
  const EffectiveStrictness strictness_;
  const Facts facts_;
  const Evaluation evaluation_;
};

v1::View ViewOf(v1::View view) {
  return view == v1::VIEW_FULL ? v1::VIEW_FULL : v1::VIEW_BASIC;
}

void CheckView(v1::View view, Violations* violations) {
  if (!v1::View_IsValid(view)) {
    violations->push_back({"view", "is not a view"});
  }
}

// How many rules of the treatments asked about the profile leaves out.
int LeftOut(const CompiledCatalog& catalog,
            const std::vector<SelectedTreatment>& selected) {
  std::vector<int32_t> left_out;
  for (const SelectedTreatment& s : selected) {
    const std::vector<int32_t>& of_one = catalog.treatments[s.context.treatment]
                                             .programs[s.context.profile]
                                             .left_out;
    left_out.insert(left_out.end(), of_one.begin(), of_one.end());
  }
  std::sort(left_out.begin(), left_out.end());
  left_out.erase(std::unique(left_out.begin(), left_out.end()), left_out.end());
  return static_cast<int>(left_out.size());
}

}  // namespace

v1::Verdict VerdictFrom(const RuleTally& tally) {
  const auto is_true = [&](Strictness s) {
    return tally.true_rules[static_cast<size_t>(s)] > 0;
  };
  const auto is_unknown = [&](Strictness s) {
    return tally.unknown_rules[static_cast<size_t>(s)] > 0;
  };
  if (is_true(Strictness::kContraindication)) {
    return v1::VERDICT_CONTRAINDICATED;
  }
  if (is_true(Strictness::kDeferral)) return v1::VERDICT_DEFERRED;
  if (is_unknown(Strictness::kContraindication) ||
      is_unknown(Strictness::kDeferral) ||
      (is_unknown(Strictness::kReview) && !is_true(Strictness::kReview))) {
    return v1::VERDICT_DATA_REQUIRED;
  }
  if (is_true(Strictness::kReview)) return v1::VERDICT_REVIEW_REQUIRED;
  if (is_true(Strictness::kPrecaution) || is_unknown(Strictness::kPrecaution)) {
    return v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS;
  }
  return v1::VERDICT_ELIGIBLE;
}

bool IsEligible(v1::Verdict verdict) {
  return verdict == v1::VERDICT_ELIGIBLE ||
         verdict == v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS;
}

void WriteNotices(std::vector<v1::Notice> notices,
                  google::protobuf::RepeatedPtrField<v1::Notice>* out) {
  using Key = std::tuple<int, std::string, std::string, std::string>;
  std::map<Key, v1::Notice> merged;
  for (v1::Notice& notice : notices) {
    const Key key(notice.kind(), notice.concept(), notice.coding().system(),
                  notice.coding().code());
    const auto [at, added] = merged.emplace(key, notice);
    if (!added) at->second.mutable_findings()->MergeFrom(notice.findings());
  }
  for (auto& [key, notice] : merged) {
    std::sort(notice.mutable_findings()->begin(),
              notice.mutable_findings()->end());
    notice.mutable_findings()->erase(
        std::unique(notice.mutable_findings()->begin(),
                    notice.mutable_findings()->end()),
        notice.mutable_findings()->end());
    *out->Add() = std::move(notice);
  }
}

void DecideTreatment(const PatientFacts& patient,
                     const SelectedTreatment& selected,
                     const std::vector<int>& acknowledged, v1::View view,
                     v1::TreatmentDecision* decision,
                     std::vector<v1::Notice>* notices) {
  const CompiledCatalog& catalog = patient.catalog();
  decision->set_treatment(catalog.treatments[selected.context.treatment]
                              .definition->treatment_id());
  decision->set_device(selected.device);
  if (view == v1::VIEW_FULL) {
    decision->set_display(
        patient.texts().treatments(selected.context.treatment).display());
  }
  bool every_deferral_dated = true;
  std::string eligible_from;
  for (const int area : selected.areas) {
    TreatmentContext context = selected.context;
    context.area = area;
    const AreaDecider decider(patient, context, acknowledged);
    v1::AreaDecision* made = decision->add_areas();
    decider.Decide(view, made);
    for (const int broken : decider.facts().broken) {
      notices->push_back(patient.BrokenNotice(broken));
    }
    decision->set_verdict(Stricter(decision->verdict(), made->verdict()));
    decision->set_possible(Stricter(decision->possible(), made->possible()));
    if (made->verdict() == v1::VERDICT_DEFERRED) {
      every_deferral_dated =
          every_deferral_dated && !made->eligible_from().empty();
      eligible_from = std::max(eligible_from, made->eligible_from());
    }
    if (made->provisional()) decision->set_provisional(true);
  }
  if (decision->verdict() == v1::VERDICT_DEFERRED && every_deferral_dated) {
    decision->set_eligible_from(eligible_from);
    // An area that waits for an answer can still block on that day.
    for (const v1::AreaDecision& area : decision->areas()) {
      if (area.verdict() == v1::VERDICT_DATA_REQUIRED ||
          area.verdict() == v1::VERDICT_REVIEW_REQUIRED) {
        decision->set_provisional(true);
      }
    }
  } else {
    decision->set_provisional(false);
  }
}

bool Screen(const CompiledCatalog& catalog, const Environment& environment,
            const v1::ScreenEligibilityRequest& request, v1::Decision* answer,
            Violations* violations) {
  const size_t faults = violations->size();
  CheckRequestId(request.request_id(), violations);
  const Day today = ToDay(environment.today);
  const Day as_of = ReadAsOf(request.as_of(), today, violations);
  const int language = ReadLanguage(catalog, request.language(), violations);
  const PatientIntake intake = ReadPatient(
      catalog, environment, request.patient(), as_of, violations, language);
  const int profile = ReadProfile(catalog, request.profile(), violations);
  const std::vector<SelectedTreatment> selected =
      ReadTreatments(catalog, request.treatments(), profile, violations);
  CheckView(request.view(), violations);
  const std::vector<int> acknowledged =
      ReadAcknowledgements(catalog, request.acknowledgements(), violations);
  if (violations->size() > faults) return false;

  const PatientFacts patient(catalog, intake, as_of, as_of);
  std::vector<v1::Notice> notices = patient.notices();
  answer->set_as_of(FormatDay(as_of));
  answer->set_today(FormatDay(today));
  *answer->mutable_catalog() = catalog.version;
  answer->set_profile(catalog.profiles[profile]);
  answer->set_rules_left_out(LeftOut(catalog, selected));
  for (const SelectedTreatment& s : selected) {
    DecideTreatment(patient, s, acknowledged, ViewOf(request.view()),
                    answer->add_treatments(), &notices);
  }
  WriteNotices(std::move(notices), answer->mutable_notices());
  return true;
}

namespace {

// What an intake still has to ask, over several treatments and areas.
class QuestionList {
 public:
  void Add(const CompiledCatalog& catalog, const AreaDecider& decider) {
    const OpenQuestions open = decider.Questions();
    for (size_t i = 0; i < open.outstanding.size(); ++i) {
      const OpenQuestion& question = open.outstanding[i];
      Entry& entry = entries_[question.concept_index];
      entry.decides = std::max(entry.decides, question.decides);
      entry.gate_height =
          std::max(entry.gate_height,
                   question.settles.empty()
                       ? 0
                       : catalog.concepts[question.concept_index].gate_height);
      entry.rank = std::min(entry.rank, static_cast<int>(i));
    }
  }

  // Indices of concepts, in the order in which to ask.
  std::vector<int> InOrder() const {
    std::vector<int> concepts;
    for (const auto& [c, entry] : entries_) concepts.push_back(c);
    std::stable_sort(concepts.begin(), concepts.end(), [&](int a, int b) {
      const auto rank = [&](int c) {
        const Entry& e = entries_.at(c);
        return std::make_tuple(-static_cast<int>(e.decides), -e.gate_height,
                               e.rank);
      };
      return rank(a) < rank(b);
    });
    return concepts;
  }

 private:
  struct Entry {
    Strictness decides = Strictness::kNote;
    int gate_height = 0;
    int rank = 1 << 30;
  };
  std::map<int, Entry> entries_;
};

bool CanAnswer(const v1::Concept& definition, v1::Audience audience) {
  return audience == v1::AUDIENCE_CLINICIAN ||
         std::find(definition.answer_sources().begin(),
                   definition.answer_sources().end(),
                   v1::ANSWER_SOURCE_PATIENT) !=
             definition.answer_sources().end();
}

void DescribeSuggestion(const CompiledConcept& asked,
                        const v1::Concept& definition, v1::Audience audience,
                        v1::SuggestedQuestion* out) {
  out->set_concept(asked.id);
  out->set_text(definition.question());
  out->set_tense(definition.tense());
  out->set_kind(definition.kind());
  if (definition.has_quantity()) out->set_unit(definition.quantity().unit());
  out->set_by_area(definition.scope() == v1::CONCEPT_SCOPE_TREATMENT_AREA);
  out->set_wants_last(!asked.end_windows.empty());
  out->set_wants_onset(!asked.onset_windows.empty());
  out->set_section(definition.section());
  if (audience == v1::AUDIENCE_CLINICIAN) {
    *out->mutable_answer_sources() = definition.answer_sources();
  }
}

}  // namespace

bool SuggestQuestions(const CompiledCatalog& catalog,
                      const Environment& environment,
                      const v1::SuggestQuestionsRequest& request,
                      v1::SuggestQuestionsResponse* answer,
                      Violations* violations) {
  const size_t faults = violations->size();
  const Day today = ToDay(environment.today);
  const Day as_of = ReadAsOf(request.as_of(), today, violations);
  const int language = ReadLanguage(catalog, request.language(), violations);
  const PatientIntake intake = ReadPatient(
      catalog, environment, request.patient(), as_of, violations, language);
  const int profile = ReadProfile(catalog, request.profile(), violations);
  const std::vector<SelectedTreatment> selected =
      ReadTreatments(catalog, request.treatments(), profile, violations);
  if (request.audience() != v1::AUDIENCE_PATIENT &&
      request.audience() != v1::AUDIENCE_CLINICIAN) {
    violations->push_back({"audience", "is required; PATIENT or CLINICIAN"});
  }
  if (request.max_questions() < 0 || request.max_questions() > kMostQuestions) {
    violations->push_back(
        {"max_questions", absl::StrCat("must be from 0 to ", kMostQuestions)});
  }
  if (violations->size() > faults) return false;

  const PatientFacts patient(catalog, intake, as_of, as_of);
  std::vector<v1::Notice> notices = patient.notices();
  QuestionList list;
  for (const SelectedTreatment& s : selected) {
    for (const int area : s.areas) {
      TreatmentContext context = s.context;
      context.area = area;
      const AreaDecider decider(patient, context, {});
      list.Add(catalog, decider);
      for (const int broken : decider.facts().broken) {
        notices.push_back(patient.BrokenNotice(broken));
      }
    }
  }
  const int most =
      request.max_questions() == 0 ? kUsualQuestions : request.max_questions();
  int remaining = 0;
  for (const int c : list.InOrder()) {
    const CompiledConcept& asked = catalog.concepts[c];
    if (!CanAnswer(*asked.definition, request.audience())) continue;
    if (request.audience() == v1::AUDIENCE_CLINICIAN &&
        asked.definition->answer_sources(0) == v1::ANSWER_SOURCE_SITE) {
      answer->add_elsewhere(asked.id);
    }
    ++remaining;
    if (answer->questions_size() < most) {
      DescribeSuggestion(asked, patient.texts().concepts(c), request.audience(),
                         answer->add_questions());
    }
  }
  answer->set_complete(remaining == 0);
  answer->set_remaining(remaining);
  *answer->mutable_catalog() = catalog.version;
  answer->set_language(patient.wording().language);
  answer->set_untranslated_texts(patient.wording().untranslated);
  if (request.audience() == v1::AUDIENCE_CLINICIAN) {
    WriteNotices(std::move(notices), answer->mutable_notices());
  }
  return true;
}

SelectedTreatment ReadBase(const CompiledCatalog& catalog,
                           const v1::TreatmentSelection& selection, int profile,
                           Violations* violations) {
  SelectedTreatment base =
      ReadTreatment(catalog, selection, "base", profile, violations);
  if (base.context.treatment >= 0 &&
      !catalog.treatments[base.context.treatment].definition->base().empty()) {
    violations->push_back(
        {"base.treatment",
         "is an add-on; name the base treatment it goes with"});
  }
  return base;
}

void CheckAddOnDevices(
    const CompiledCatalog& catalog,
    const google::protobuf::RepeatedPtrField<v1::AddOnDevice>& devices,
    Violations* violations) {
  for (int i = 0; i < devices.size(); ++i) {
    const std::string path = absl::StrCat("add_on_devices[", i, "]");
    FindTreatment(catalog, devices[i].add_on(), absl::StrCat(path, ".add_on"),
                  violations);
    CheckDevice(devices[i].device(), absl::StrCat(path, ".device"), violations);
    for (int j = 0; j < i; ++j) {
      if (devices[j].add_on() == devices[i].add_on()) {
        violations->push_back({absl::StrCat(path, ".add_on"),
                               "names an add-on twice; give one device"});
      }
    }
  }
}

SelectedTreatment SelectAddOn(
    const CompiledCatalog& catalog, const SelectedTreatment& base,
    int treatment,
    const google::protobuf::RepeatedPtrField<v1::AddOnDevice>& devices) {
  SelectedTreatment selected = base;
  selected.context.treatment = treatment;
  const v1::Treatment& definition = *catalog.treatments[treatment].definition;
  const auto own = [&](const std::string& id) -> const v1::AddOnDevice* {
    for (const v1::AddOnDevice& device : devices) {
      if (device.add_on() == id) return &device;
    }
    return nullptr;
  };
  const v1::AddOnDevice* stated = own(definition.treatment_id());
  for (const std::string& part : definition.combines()) {
    if (stated == nullptr) stated = own(part);
  }
  if (stated != nullptr) {
    selected.device = stated->device().device();
    selected.context.device_world =
        DeviceWorld(catalog, treatment, selected.device);
    selected.context.needle_depth_mm = stated->device().has_needle_depth_mm()
                                           ? stated->device().needle_depth_mm()
                                           : -1;
    return selected;
  }
  const int world = DeviceWorld(catalog, treatment, base.device);
  const bool base_listed = base.context.device_world >= 2;
  if (base_listed && world == CompiledCatalog::kUnlistedDevice) {
    // The base's device is not the add-on's: none is named for it.
    selected.device.clear();
    selected.context.device_world = CompiledCatalog::kNoDevice;
    selected.context.needle_depth_mm = -1;
  } else {
    selected.context.device_world = world;
  }
  return selected;
}

v1::AddOnStatus AddOnStatusFrom(const v1::TreatmentDecision& base,
                                const v1::TreatmentDecision& screening,
                                bool indicated,
                                v1::EvidenceStrength strongest) {
  const v1::Verdict verdict = Stricter(base.verdict(), screening.verdict());
  if (verdict == v1::VERDICT_CONTRAINDICATED) {
    return v1::ADD_ON_STATUS_CONTRAINDICATED;
  }
  if (!indicated) return v1::ADD_ON_STATUS_NOT_INDICATED;
  switch (verdict) {
    case v1::VERDICT_DEFERRED:
      return v1::ADD_ON_STATUS_NOT_NOW;
    case v1::VERDICT_ELIGIBLE:
    case v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS:
      break;
    case v1::VERDICT_REVIEW_REQUIRED:
      return v1::ADD_ON_STATUS_REVIEW_REQUIRED;
    default:
      return v1::ADD_ON_STATUS_DATA_REQUIRED;
  }
  return strongest == v1::EVIDENCE_STRENGTH_STRONG ||
                 strongest == v1::EVIDENCE_STRENGTH_MODERATE
             ? v1::ADD_ON_STATUS_RECOMMENDED
             : v1::ADD_ON_STATUS_OPTIONAL;
}

namespace {

// The indications that the stated concerns match, strongest evidence first.
std::vector<const v1::Indication*> MatchIndications(
    const CompiledCatalog& catalog, const v1::Treatment& add_on,
    const std::vector<int>& concerns) {
  std::vector<const v1::Indication*> matched;
  for (const v1::Indication& indication : add_on.indications()) {
    const int concern = catalog.concern_index.at(indication.concern());
    if (std::find(concerns.begin(), concerns.end(), concern) !=
        concerns.end()) {
      matched.push_back(&indication);
    }
  }
  std::stable_sort(matched.begin(), matched.end(),
                   [](const auto* a, const auto* b) {
                     return std::make_pair(a->strength(), a->concern()) <
                            std::make_pair(b->strength(), b->concern());
                   });
  return matched;
}

// What may still be offered: a combination of others makes no sense.
bool MayBeOffered(v1::AddOnStatus status) {
  return status == v1::ADD_ON_STATUS_DATA_REQUIRED ||
         status == v1::ADD_ON_STATUS_REVIEW_REQUIRED ||
         status == v1::ADD_ON_STATUS_RECOMMENDED ||
         status == v1::ADD_ON_STATUS_OPTIONAL;
}

bool IsOffered(v1::AddOnStatus status) {
  return status == v1::ADD_ON_STATUS_RECOMMENDED ||
         status == v1::ADD_ON_STATUS_OPTIONAL;
}

void AskNothing(v1::TreatmentDecision* decision) {
  for (v1::AreaDecision& area : *decision->mutable_areas()) {
    area.clear_outstanding();
    area.clear_also_useful();
  }
}

class AddOnRecommender {
 public:
  AddOnRecommender(const PatientFacts& patient,
                   const v1::RecommendAddOnsRequest& request,
                   const SelectedTreatment& base,
                   const std::vector<int>& acknowledged,
                   v1::AddOnDecision* answer, std::vector<v1::Notice>* notices)
      : patient_(patient),
        catalog_(patient.catalog()),
        request_(request),
        base_(base),
        acknowledged_(acknowledged),
        answer_(*answer),
        notices_(notices) {}

  void Run() {
    DecideTreatment(patient_, base_, acknowledged_, ViewOf(request_.view()),
                    answer_.mutable_base(), notices_);
    const std::string& base_id = answer_.base().treatment();
    for (size_t t = 0; t < catalog_.treatments.size(); ++t) {
      const v1::Treatment& definition = *catalog_.treatments[t].definition;
      if (definition.base() == base_id && definition.combines().empty()) {
        Recommend(static_cast<int>(t));
      }
    }
    Rank();
    for (size_t t = 0; t < catalog_.treatments.size(); ++t) {
      const v1::Treatment& definition = *catalog_.treatments[t].definition;
      if (definition.base() == base_id && !definition.combines().empty()) {
        Combine(static_cast<int>(t));
      }
    }
  }

 private:
  void Recommend(int t) {
    const v1::Treatment& definition = *catalog_.treatments[t].definition;
    v1::AddOnRecommendation* add_on = answer_.add_add_ons();
    add_on->set_add_on(definition.treatment_id());
    DecideTreatment(patient_,
                    SelectAddOn(catalog_, base_, t, request_.add_on_devices()),
                    acknowledged_, ViewOf(request_.view()),
                    add_on->mutable_screening(), notices_);
    const std::vector<const v1::Indication*> matched = MatchIndications(
        catalog_, patient_.texts().treatments(t), base_.context.concerns);
    for (const v1::Indication* indication : matched) {
      v1::MatchedIndication* out = add_on->add_indications();
      out->set_concern(indication->concern());
      out->set_strength(indication->strength());
      if (request_.view() == v1::VIEW_FULL) {
        out->set_text(indication->text());
        out->set_display(
            patient_.texts()
                .concerns(catalog_.concern_index.at(indication->concern()))
                .display());
        ExplainCitations(catalog_, indication->citations(),
                         out->mutable_citations());
        *out->mutable_conflicts() = indication->conflicts();
      }
    }
    add_on->set_status(
        AddOnStatusFrom(answer_.base(), add_on->screening(), !matched.empty(),
                        matched.empty() ? v1::EVIDENCE_STRENGTH_UNSPECIFIED
                                        : matched[0]->strength()));
    if (add_on->status() == v1::ADD_ON_STATUS_NOT_INDICATED) {
      AskNothing(add_on->mutable_screening());
    }
  }

  void Rank() {
    const auto rank = [](const v1::AddOnRecommendation& a) {
      const int strength = a.indications().empty()
                               ? v1::EvidenceStrength_MAX
                               : static_cast<int>(a.indications(0).strength());
      const int order = a.status() == v1::ADD_ON_STATUS_RECOMMENDED       ? 0
                        : a.status() == v1::ADD_ON_STATUS_OPTIONAL        ? 1
                        : a.status() == v1::ADD_ON_STATUS_REVIEW_REQUIRED ? 2
                        : a.status() == v1::ADD_ON_STATUS_DATA_REQUIRED   ? 3
                        : a.status() == v1::ADD_ON_STATUS_NOT_NOW         ? 4
                        : a.status() == v1::ADD_ON_STATUS_NOT_INDICATED   ? 5
                                                                          : 6;
      return std::make_tuple(order, strength, -a.indications_size(),
                             a.add_on());
    };
    std::sort(
        answer_.mutable_add_ons()->pointer_begin(),
        answer_.mutable_add_ons()->pointer_end(),
        [&](const auto* a, const auto* b) { return rank(*a) < rank(*b); });
    int place = 0;
    for (v1::AddOnRecommendation& a : *answer_.mutable_add_ons()) {
      if (IsOffered(a.status())) a.set_rank(++place);
    }
  }

  void Combine(int t) {
    const v1::Treatment& definition = *catalog_.treatments[t].definition;
    v1::EvidenceStrength weakest = v1::EVIDENCE_STRENGTH_UNSPECIFIED;
    for (const std::string& part : definition.combines()) {
      bool possible = false;
      for (const v1::AddOnRecommendation& a : answer_.add_ons()) {
        if (a.add_on() != part || !MayBeOffered(a.status())) continue;
        possible = true;
        weakest = std::max(weakest, a.indications(0).strength());
      }
      if (!possible) return;
    }
    v1::CombinationRecommendation* pair = answer_.add_combinations();
    pair->set_combination(definition.treatment_id());
    *pair->mutable_add_ons() = definition.combines();
    DecideTreatment(patient_,
                    SelectAddOn(catalog_, base_, t, request_.add_on_devices()),
                    acknowledged_, ViewOf(request_.view()),
                    pair->mutable_screening(), notices_);
    pair->set_status(
        AddOnStatusFrom(answer_.base(), pair->screening(), true, weakest));
  }

  const PatientFacts& patient_;
  const CompiledCatalog& catalog_;
  const v1::RecommendAddOnsRequest& request_;
  const SelectedTreatment& base_;
  const std::vector<int>& acknowledged_;
  v1::AddOnDecision& answer_;
  std::vector<v1::Notice>* notices_;
};

}  // namespace

bool RecommendAddOns(const CompiledCatalog& catalog,
                     const Environment& environment,
                     const v1::RecommendAddOnsRequest& request,
                     v1::AddOnDecision* answer, Violations* violations) {
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
  CheckAddOnDevices(catalog, request.add_on_devices(), violations);
  CheckView(request.view(), violations);
  const std::vector<int> acknowledged =
      ReadAcknowledgements(catalog, request.acknowledgements(), violations);
  if (violations->size() > faults) return false;

  const PatientFacts patient(catalog, intake, as_of, as_of);
  std::vector<v1::Notice> notices = patient.notices();
  answer->set_as_of(FormatDay(as_of));
  answer->set_today(FormatDay(today));
  *answer->mutable_catalog() = catalog.version;
  answer->set_profile(catalog.profiles[profile]);
  std::vector<SelectedTreatment> all = {base};
  for (size_t t = 0; t < catalog.treatments.size(); ++t) {
    if (catalog.treatments[t].definition->base() ==
        catalog.treatments[base.context.treatment].definition->treatment_id()) {
      SelectedTreatment add_on = base;
      add_on.context.treatment = static_cast<int>(t);
      all.push_back(add_on);
    }
  }
  answer->set_rules_left_out(LeftOut(catalog, all));
  AddOnRecommender(patient, request, base, acknowledged, answer, &notices)
      .Run();
  WriteNotices(std::move(notices), answer->mutable_notices());
  return true;
}

}  // namespace needlewise
