#include "rules/analysis/witness.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "rules/engine/decide.h"
#include "rules/engine/rule_cases.h"

namespace needlewise::analysis {
namespace {

// An area that has nothing to do with the treatment area.
constexpr char kElsewhere[] = "~";
// No witness dates anything before this many days ago.
constexpr double kEarliestDated = -20000;

// Wishes that may be refused before the rest is left as it is.
constexpr int kMostRefusals = 40;

constexpr v1::FindingStatus kPresent = v1::FINDING_STATUS_PRESENT;
constexpr v1::FindingStatus kPast = v1::FINDING_STATUS_PAST;
constexpr v1::FindingStatus kAbsent = v1::FINDING_STATUS_ABSENT;
constexpr v1::FindingStatus kNever = v1::FINDING_STATUS_NEVER;

bool IsDenial(v1::FindingStatus status) {
  return status == kAbsent || status == kNever;
}

}  // namespace

Statements::Statements(PatientModel* model, const Written& catalog,
                       const Knowledge& knowledge)
    : model_(*model),
      f_(model->formulas()),
      catalog_(catalog),
      knowledge_(knowledge),
      ways_(model->concepts().size()),
      stated_(model->concepts().size()) {
  std::vector<Formula> all;
  for (size_t i = 0; i < model_.concepts().size(); ++i) {
    const int c = static_cast<int>(i);
    const ModelConcept& about = model_.concepts()[i];
    if (about.is_quantity) {
      stated_[i] = f_.Bool(absl::StrCat(about.id, " is stated"));
      all.push_back(f_.If(f_.Is(stated_[i]),
                          f_.NotAbove(knowledge.high[i], knowledge.low[i]),
                          model_.IsUnknown(knowledge, c)));
      continue;
    }
    AddWays(c);
    std::vector<Formula> chosen;
    for (const Way& way : ways_[i]) chosen.push_back(f_.Is(way.chosen));
    all.push_back(f_.ExactlyOne(chosen));
    for (Way& way : ways_[i]) {
      std::vector<Formula> says;
      way.dates.resize(way.sayings.size());
      for (size_t p = 0; p < about.places.size(); ++p) {
        const Left left = LeftBy(c, way.sayings, about.places[p]);
        const KnownLife& known = knowledge.lives[i][p];
        says.push_back(f_.Iff(f_.Is(known.never), f_.Constant(left.never)));
        says.push_back(f_.Iff(f_.Is(known.past), f_.Constant(left.past)));
        says.push_back(f_.Iff(f_.Is(known.present), f_.Constant(left.present)));
        const auto date = [&](int by, Variable from, Variable to) {
          if (by < 0 || !way.sayings[by].dated) {
            says.push_back(f_.AtMost(from, kLongAgo));
            says.push_back(f_.AtLeast(to, 0));
            return;
          }
          says.push_back(f_.NotAbove(to, from));
          says.push_back(f_.AtLeast(from, kEarliestDated));
          Variable& day = way.dates[by];
          if (day.index < 0) {
            day = from;
          } else {
            says.push_back(f_.NotAbove(day, from));
            says.push_back(f_.NotAbove(from, day));
          }
        };
        date(left.last_by, known.last_from, known.last_to);
        date(left.onset_by, known.onset_from, known.onset_to);
      }
      all.push_back(f_.Implies(f_.Is(way.chosen), f_.And(std::move(says))));
    }
  }
  sayable_ = f_.And(std::move(all));
}

void Statements::AddWays(int c) {
  const ModelConcept& about = model_.concepts()[c];
  std::vector<std::vector<Saying>> all = {{}};
  const auto say = [](v1::FindingStatus status, PlaceId area = "",
                      bool complete = false) {
    return Saying{status, std::move(area), complete, false};
  };
  for (const v1::FindingStatus status : {kNever, kAbsent, kPresent, kPast}) {
    all.push_back({say(status)});
  }
  std::vector<PlaceId> areas = {kTreated};
  areas.insert(areas.end(), model_.areas().held_by.begin(),
               model_.areas().held_by.end());
  for (const PlaceId& area : areas) {
    for (const v1::FindingStatus status : {kPresent, kNever, kAbsent, kPast}) {
      all.push_back({say(status, area)});
    }
    all.push_back({say(kPast, area, true)});
  }
  for (const v1::FindingStatus status : {kPresent, kPast}) {
    all.push_back({say(status, kElsewhere, true)});
  }
  for (const v1::FindingStatus here : {kAbsent, kNever, kPast}) {
    all.push_back({say(here, kTreated), say(kPresent)});
  }
  all.push_back({say(kNever, kTreated), say(kPast)});
  // With and without a date.
  for (size_t i = 0, count = all.size(); i < count; ++i) {
    std::vector<Saying> dated = all[i];
    bool any = false;
    for (Saying& s : dated) {
      s.dated = !IsDenial(s.status);
      any = any || s.dated;
    }
    if (any) all.push_back(std::move(dated));
  }
  std::set<std::vector<int>> seen;
  for (std::vector<Saying>& sayings : all) {
    std::vector<int> signature;
    for (const PlaceId& place : about.places) {
      const Left left = LeftBy(c, sayings, place);
      const auto dated = [&](int by) {
        return by >= 0 && sayings[by].dated ? by : -1;
      };
      for (const int x :
           {static_cast<int>(left.never), static_cast<int>(left.past),
            static_cast<int>(left.present), dated(left.last_by),
            dated(left.onset_by)}) {
        signature.push_back(x);
      }
    }
    if (!seen.insert(signature).second) continue;
    Way way;
    way.sayings = std::move(sayings);
    way.chosen = f_.Bool(absl::StrCat(about.id, " is said so"));
    ways_[c].push_back(std::move(way));
  }
}

bool Statements::BearsOn(const Saying& saying, const PlaceId& place) const {
  if (place == kAnywhere) return true;
  if (saying.area.empty() || saying.area == kElsewhere) return false;
  return catalog_.PlaceHolds(saying.area, place) ||
         catalog_.PlaceHolds(place, saying.area);
}

bool Statements::Covers(int c, const Saying& saying,
                        const PlaceId& place) const {
  if (saying.area.empty()) {
    return IsDenial(saying.status) ||
           model_.concepts()[c].definition->scope() ==
               v1::CONCEPT_SCOPE_PATIENT;
  }
  return place != kAnywhere && saying.area != kElsewhere &&
         catalog_.PlaceHolds(saying.area, place);
}

Statements::Left Statements::LeftBy(int c, const std::vector<Saying>& sayings,
                                    const PlaceId& place) const {
  int present = -1;
  int past = -1;
  bool not_now = false;
  bool never = false;
  for (size_t i = 0; i < sayings.size(); ++i) {
    const Saying& s = sayings[i];
    if (IsDenial(s.status)) {
      if (!Covers(c, s, place)) continue;
      not_now = true;
      never = never || s.status == kNever;
    } else if (!BearsOn(s, place)) {
      if (!s.complete) continue;
      not_now = true;
      never = never || s.status == kPast;
    } else if (s.status == kPresent) {
      present = static_cast<int>(i);
    } else {
      past = static_cast<int>(i);
      not_now = not_now || s.complete || Covers(c, s, place);
    }
  }
  Left left;
  if (present >= 0) {
    left.present = true;
    left.onset_by = present;
    return left;
  }
  left.never = past < 0;
  left.past = past >= 0 || !never;
  left.present = !not_now;
  left.last_by = past;
  return left;
}

bool Statements::IsClosedAnswer(int c, const Way& way) const {
  const bool ever =
      model_.concepts()[c].definition->tense() == v1::QUESTION_TENSE_EVER;
  return way.sayings.size() == 1 && way.sayings[0].area.empty() &&
         way.sayings[0].status == (ever ? kNever : kAbsent);
}

bool Statements::Shorten(Solver* solver, std::vector<Formula> also) const {
  also.push_back(sayable_);
  if (solver->Check(also) != Answer::kSatisfiable) return false;
  // Grants as many wishes as it can: first many at once, then ever fewer.
  const auto grant = [&](const std::vector<Formula>& wishes) {
    std::vector<bool> granted(wishes.size(), false);
    bool answered = true;
    int refused = 0;
    for (const size_t step : {32, 8, 2, 1}) {
      for (size_t i = 0; i < wishes.size() && refused < kMostRefusals;
           i += step) {
        std::vector<Formula> part;
        const size_t end = std::min(wishes.size(), i + step);
        for (size_t j = i; j < end; ++j) {
          if (!granted[j]) part.push_back(wishes[j]);
        }
        if (part.empty()) continue;
        const Formula wish = f_.And(std::move(part));
        also.push_back(wish);
        if (!(answered && solver->Holds(wish))) {
          answered = solver->Check(also) == Answer::kSatisfiable;
          if (!answered) {
            also.pop_back();
            ++refused;
            continue;
          }
        }
        for (size_t j = i; j < end; ++j) granted[j] = true;
      }
    }
    // Back to an answer that fits what was granted.
    return answered || solver->Check(also) == Answer::kSatisfiable;
  };
  const Context& context = model_.context();
  std::vector<Formula> usual = {f_.Not(f_.Is(context.depth_stated)),
                                f_.Is(context.no_device)};
  for (const auto& [id, x] : context.concerns) {
    usual.push_back(f_.Not(f_.Is(x)));
  }
  std::vector<Formula> unsaid;
  for (size_t i = 0; i < model_.concepts().size(); ++i) {
    const int c = static_cast<int>(i);
    if (model_.concepts()[i].is_quantity) {
      unsaid.push_back(f_.Not(f_.Is(stated_[i])));
      continue;
    }
    unsaid.push_back(f_.Is(ways_[i][0].chosen));
    std::vector<Formula> either = {unsaid.back()};
    for (const Way& way : ways_[i]) {
      if (IsClosedAnswer(c, way)) either.push_back(f_.Is(way.chosen));
    }
    usual.push_back(f_.Or(std::move(either)));
  }
  return grant(usual) && grant(unsaid);
}

bool Statements::IsGateOf(const std::string& gate,
                          const std::set<std::string>& targets) const {
  std::set<std::string> below = {gate};
  for (size_t before = 0; before != below.size();) {
    before = below.size();
    for (const v1::Implication& i : catalog_.catalog().implications()) {
      if (below.count(i.given().concept()) == 0) continue;
      for (const v1::ConceptState& implied : i.implies()) {
        below.insert(implied.concept());
      }
    }
  }
  below.erase(gate);
  return std::any_of(below.begin(), below.end(), [&](const std::string& id) {
    return targets.count(id) > 0;
  });
}

const Statements::Way& Statements::ChosenOf(int c, const Solver& solver) const {
  for (const Way& way : ways_[c]) {
    if (solver.IsTrue(way.chosen)) return way;
  }
  return ways_[c][0];
}

v1::Patient Statements::PatientOf(const Solver& solver, Day as_of) const {
  std::string treated;
  for (const auto& [id, x] : model_.context().areas) {
    if (solver.IsTrue(x)) treated = id;
  }
  std::string elsewhere;
  for (const v1::Area& area : catalog_.catalog().areas()) {
    const std::string& id = area.area_id();
    bool related = catalog_.Holds(id, treated) || catalog_.Holds(treated, id);
    for (const std::string& region : model_.areas().held_by) {
      related = related || catalog_.Holds(region, id);
    }
    if (!related) elsewhere = id;
  }
  v1::Patient patient;
  // Sections in which closing says more than it has to take back.
  std::map<std::string, int> gain;
  for (size_t i = 0; i < ways_.size(); ++i) {
    const int c = static_cast<int>(i);
    const ModelConcept& about = model_.concepts()[i];
    if (about.is_quantity) continue;
    const Way& way = ChosenOf(c, solver);
    if (IsClosedAnswer(c, way)) ++gain[about.definition->section()];
    if (way.sayings.empty()) --gain[about.definition->section()];
  }
  for (const auto& [section, gained] : gain) {
    if (gained > 0) patient.add_closed_sections()->set_section(section);
  }
  // Concepts that get a finding whatever closed sections say of the others.
  std::set<std::string> mentioned;
  for (size_t i = 0; i < ways_.size(); ++i) {
    const int c = static_cast<int>(i);
    const ModelConcept& about = model_.concepts()[i];
    if (about.is_quantity) {
      if (solver.IsTrue(stated_[i])) mentioned.insert(about.id);
      continue;
    }
    const Way& way = ChosenOf(c, solver);
    const bool is_closed = gain[about.definition->section()] > 0;
    if (is_closed ? !IsClosedAnswer(c, way) : !way.sayings.empty()) {
      mentioned.insert(about.id);
    }
  }
  for (size_t i = 0; i < ways_.size(); ++i) {
    const int c = static_cast<int>(i);
    const ModelConcept& about = model_.concepts()[i];
    if (about.is_quantity) {
      if (!solver.IsTrue(stated_[i])) continue;
      const double value = solver.ValueOf(knowledge_.low[i]);
      if (about.definition->kind() == v1::CONCEPT_KIND_AGE) {
        patient.set_age_years(static_cast<int>(std::lround(value)));
        continue;
      }
      v1::Finding* finding = patient.add_findings();
      finding->set_concept(about.id);
      finding->mutable_quantity()->set_value(value);
      finding->mutable_quantity()->set_unit(
          about.definition->quantity().unit());
      continue;
    }
    const Way& way = ChosenOf(c, solver);
    const bool is_closed = gain[about.definition->section()] > 0;
    if (is_closed && way.sayings.empty()) {
      v1::Finding* finding = patient.add_findings();
      finding->set_concept(about.id);
      finding->set_status(v1::FINDING_STATUS_UNKNOWN);
    }
    // A closed section leaves gates open of what is mentioned.
    if (is_closed && IsClosedAnswer(c, way) && !IsGateOf(about.id, mentioned)) {
      continue;
    }
    for (size_t s = 0; s < way.sayings.size(); ++s) {
      const Saying& saying = way.sayings[s];
      v1::Finding* finding = patient.add_findings();
      finding->set_concept(about.id);
      finding->set_status(saying.status);
      if (!saying.area.empty()) {
        finding->add_areas(saying.area == kTreated     ? treated
                           : saying.area == kElsewhere ? elsewhere
                                                       : saying.area);
        finding->set_areas_complete(saying.complete);
      }
      if (saying.dated && way.dates[s].index >= 0) {
        const std::string day =
            FormatDay(as_of + static_cast<int>(
                                  std::lround(solver.ValueOf(way.dates[s]))));
        if (saying.status == kPresent) {
          finding->set_onset(day);
        } else {
          finding->set_last(day);
        }
      }
    }
  }
  return patient;
}

v1::TreatmentSelection SelectionOf(const PatientModel& model,
                                   const Solver& solver,
                                   const std::string& treatment) {
  v1::TreatmentSelection selection;
  const Context& context = model.context();
  selection.set_treatment(treatment);
  for (const auto& [id, x] : context.areas) {
    if (solver.IsTrue(x)) selection.add_areas(id);
  }
  if (solver.IsTrue(context.unlisted_device)) {
    selection.mutable_device()->set_device("a_device_nobody_listed");
  }
  for (const auto& [id, x] : context.devices) {
    if (solver.IsTrue(x)) selection.mutable_device()->set_device(id);
  }
  if (solver.IsTrue(context.depth_stated)) {
    selection.mutable_device()->set_needle_depth_mm(
        solver.ValueOf(context.depth));
  }
  for (const auto& [id, x] : context.concerns) {
    if (solver.IsTrue(x)) selection.add_concerns(id);
  }
  return selection;
}

absl::StatusOr<v1::Decision> Replay(const CompiledCatalog& catalog,
                                    const testing::v1::RuleCaseSuite& suite,
                                    const testing::v1::RuleCase& rule_case) {
  const CaseRunner runner(catalog, {&suite});
  const v1::ScreenEligibilityRequest request =
      runner.RequestOf(suite, rule_case, v1::VIEW_BASIC);
  const std::optional<Day> today = ParseWholeDate(suite.as_of());
  if (!today.has_value()) {
    return absl::InvalidArgumentError("the day of the witness is no day");
  }
  const std::vector<v1::Finding> no_site;
  Environment environment;
  environment.today = FromDay(*today);
  environment.site_findings = &no_site;
  v1::Decision decision;
  Violations violations;
  if (!Screen(catalog, environment, request, &decision, &violations)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the engine refuses the witness: ", violations[0].field,
                     " ", violations[0].description));
  }
  return decision;
}

std::string WriteSuite(const testing::v1::RuleCaseSuite& suite) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(suite, &text);
  return text;
}

std::string WitnessDay(const v1::RuleCatalog& catalog) {
  return catalog.manifest().effective_from();
}

}  // namespace needlewise::analysis
