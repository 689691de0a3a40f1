#include "rules/engine/explainer.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "rules/engine/decide.h"

namespace needlewise {
namespace {

Phrase StatusPhrase(v1::FindingStatus status) {
  switch (status) {
    case v1::FINDING_STATUS_PRESENT:
      return Phrase::kStatusPresent;
    case v1::FINDING_STATUS_PAST:
      return Phrase::kStatusPast;
    case v1::FINDING_STATUS_ABSENT:
      return Phrase::kStatusAbsent;
    case v1::FINDING_STATUS_NEVER:
      return Phrase::kStatusNever;
    default:
      return Phrase::kStatusUnknown;
  }
}

Phrase SourcePhrase(v1::Source source) {
  switch (source) {
    case v1::SOURCE_EHR:
      return Phrase::kSourceRecord;
    case v1::SOURCE_PATIENT:
      return Phrase::kSourcePatient;
    case v1::SOURCE_CLINICIAN:
      return Phrase::kSourceClinician;
    case v1::SOURCE_SITE:
      return Phrase::kSourceSite;
    default:
      return Phrase::kSourceNotStated;
  }
}

// A number as the language writes it.
std::string Number(const Wording& words, double value) {
  std::string number = absl::StrCat(value);
  const size_t point = number.find('.');
  if (point != std::string::npos) {
    number.replace(point, 1, words[Phrase::kDecimalPoint]);
  }
  return number;
}

// Concepts whose truth makes a true node true.
void CollectReasons(const std::vector<ConditionNode>& nodes, int at,
                    const WorldSet* possible, std::vector<int>* concepts) {
  const ConditionNode& node = nodes[at];
  if (node.kind == ConditionNode::Kind::kLeaf) {
    if (std::find(concepts->begin(), concepts->end(), node.concept_index) ==
        concepts->end()) {
      concepts->push_back(node.concept_index);
    }
    return;
  }
  for (int i = at + 1; i < node.end; i = nodes[i].end) {
    if (node.kind == ConditionNode::Kind::kAnyOf &&
        EvaluateNodeAt(nodes, i, possible) != Truth::kTrue) {
      continue;
    }
    CollectReasons(nodes, i, possible, concepts);
  }
}

// The areas as they are called in the middle of a line.
std::string AreaNames(
    const PatientFacts& patient,
    const google::protobuf::RepeatedPtrField<std::string>& ids) {
  const CompiledCatalog& catalog = patient.catalog();
  return absl::StrJoin(ids, patient.wording()[Phrase::kListSeparator],
                       [&](std::string* out, const std::string& id) {
                         const auto area = catalog.area_index.find(id);
                         if (area == catalog.area_index.end()) {
                           out->append(id);
                           return;
                         }
                         std::string name =
                             patient.texts().areas(area->second).display();
                         // Also the capitals from À to Þ, which differ in the
                         // second byte.
                         if (name.size() > 1 && name[0] == '\xC3') {
                           const unsigned char second = name[1];
                           if (second <= 0x9E)
                             name[1] = static_cast<char>(second + 0x20);
                         } else if (!name.empty()) {
                           name[0] = absl::ascii_tolower(name[0]);
                         }
                         out->append(name);
                       });
}

std::string DescribeFact(const PatientFacts& patient, int c,
                         const v1::MatchedFact& fact) {
  const Wording& words = patient.wording();
  std::string value;
  if (fact.has_quantity()) {
    value = Number(words, fact.quantity().value());
    if (fact.quantity().unit() != "1") {
      value = absl::Substitute(words[Phrase::kWithUnit], value,
                               fact.quantity().unit());
    }
  } else {
    value = words[StatusPhrase(fact.status())];
  }
  if (!fact.areas().empty()) {
    value = absl::Substitute(words[Phrase::kFactWhere], value,
                             AreaNames(patient, fact.areas()));
  }
  if (!fact.onset().empty()) {
    value = absl::Substitute(words[Phrase::kFactSince], value, fact.onset());
  }
  if (!fact.last().empty()) {
    value = absl::Substitute(words[Phrase::kFactLast], value, fact.last());
  }
  const std::string& source = words[SourcePhrase(fact.source())];
  value = fact.recorded().empty()
              ? absl::Substitute(words[Phrase::kFactSaidBy], value, source)
              : absl::Substitute(words[Phrase::kFactSaidByOn], value, source,
                                 fact.recorded());
  return absl::Substitute(words[Phrase::kFact],
                          patient.texts().concepts(c).display(), value);
}

void DescribeStatement(const PatientFacts& patient, const Statement& s,
                       v1::MatchedFact* fact) {
  const CompiledCatalog& catalog = patient.catalog();
  const CompiledConcept& about = catalog.concepts[s.concept_index];
  fact->set_concept(about.id);
  fact->set_display(patient.texts().concepts(s.concept_index).display());
  fact->set_source(s.source);
  if (about.is_quantity) {
    fact->mutable_quantity()->set_value(s.value);
    fact->mutable_quantity()->set_unit(about.definition->quantity().unit());
  } else {
    fact->set_status(s.status);
  }
  if (s.given != nullptr) {
    *fact->mutable_areas() = s.given->areas();
    std::sort(fact->mutable_areas()->begin(), fact->mutable_areas()->end());
    fact->set_onset(s.given->onset());
    fact->set_last(s.given->last());
    fact->set_recorded(s.given->recorded());
  }
  if (s.closed_section >= 0) {
    fact->set_closed_section(
        catalog.catalog.sections(s.closed_section).section_id());
  }
  fact->set_text(DescribeFact(patient, s.concept_index, *fact));
}

// What a quantity that nobody stated is known to be.
std::string DescribeBound(const Wording& words, const CompiledConcept& about,
                          WorldSet possible) {
  const v1::QuantityForm& form = about.definition->quantity();
  const int cells = 2 * static_cast<int>(about.limits.size()) + 1;
  int low = 0;
  while (low < cells && (possible & Bit(low)) == 0) ++low;
  int high = cells - 1;
  while (high > 0 && (possible & Bit(high)) == 0) --high;
  const auto limit = [&](Phrase phrase, int index) {
    return absl::Substitute(words[phrase], Number(words, about.limits[index]));
  };
  std::string least;
  if (low > 0) {
    least =
        limit(low % 2 == 1 ? Phrase::kAtLeast : Phrase::kAbove, (low - 1) / 2);
  }
  std::string text = least;
  if (high < cells - 1) {
    const std::string most =
        limit(high % 2 == 1 ? Phrase::kAtMost : Phrase::kBelow, high / 2);
    text = least.empty() ? most
                         : absl::Substitute(words[Phrase::kBoth], least, most);
  }
  if (form.unit() == "1") return text;
  return absl::Substitute(words[Phrase::kWithUnit], text, form.unit());
}

void DescribeAge(const PatientFacts& patient, int c, v1::MatchedFact* fact) {
  const CompiledConcept& about = patient.catalog().concepts[c];
  const std::string& display = patient.texts().concepts(c).display();
  const Wording& words = patient.wording();
  fact->set_concept(about.id);
  fact->set_display(display);
  AgeInterval age;
  const PatientIntake& intake = patient.intake();
  if (intake.age_years.has_value()) {
    age = {*intake.age_years, *intake.age_years};
  } else if (intake.birth.has_value()) {
    age = AgeOn(*intake.birth, patient.day());
  }
  std::string years;
  if (age.least == age.greatest) {
    fact->mutable_quantity()->set_value(age.least);
    fact->mutable_quantity()->set_unit(about.definition->quantity().unit());
    years = absl::Substitute(words[Phrase::kYears], age.least);
  } else {
    years =
        absl::Substitute(words[Phrase::kYearsFromTo], age.least, age.greatest);
  }
  fact->set_text(absl::Substitute(words[Phrase::kFact], display, years));
}

// Puts facts in an order that neither their statements' order nor the language
// has a part in, each once.
void SortFacts(std::vector<v1::MatchedFact>* facts) {
  std::vector<std::pair<std::string, v1::MatchedFact*>> keyed;
  for (v1::MatchedFact& fact : *facts) {
    v1::MatchedFact key = fact;
    key.clear_display();
    key.clear_text();
    keyed.emplace_back(key.SerializeAsString(), &fact);
  }
  std::sort(keyed.begin(), keyed.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  keyed.erase(std::unique(keyed.begin(), keyed.end(),
                          [](const auto& a, const auto& b) {
                            return a.first == b.first;
                          }),
              keyed.end());
  std::vector<v1::MatchedFact> sorted;
  for (auto& [key, fact] : keyed) sorted.push_back(std::move(*fact));
  *facts = std::move(sorted);
}

class FactCollector {
 public:
  FactCollector(const PatientFacts& patient, const Facts& facts,
                const TreatmentContext& context,
                google::protobuf::RepeatedPtrField<v1::MatchedFact>* out)
      : patient_(patient),
        catalog_(patient.catalog()),
        facts_(facts),
        context_(context),
        out_(*out) {}

  void Add(int c) {
    const CompiledConcept& about = catalog_.concepts[c];
    if (about.is_context) {
      AddContext(c, about);
      return;
    }
    if (c == catalog_.age_concept) {
      DescribeAge(patient_, c, out_.Add());
      return;
    }
    std::vector<v1::MatchedFact> found;
    for (const Statement& s : patient_.StatementsOf(c)) {
      const bool bears =
          about.is_quantity ||
          std::any_of(about.regions.begin(), about.regions.end(),
                      [&](const Region& region) {
                        return patient_.BearsOn(s, region, context_.area) ||
                               s.areas_complete;
                      });
      if (!bears) continue;
      found.emplace_back();
      DescribeStatement(patient_, s, &found.back());
    }
    if (found.size() > 1) SortFacts(&found);
    for (v1::MatchedFact& fact : found) *out_.Add() = std::move(fact);
    AddImplied(c, about);
  }

 private:
  void AddContext(int c, const CompiledConcept& about) {
    // What was not asked for is no reason that a reader needs.
    const bool unstated_concern =
        c >= catalog_.first_concern_concept && facts_.possible[c] != Bit(1);
    if (unstated_concern) return;
    v1::MatchedFact* fact = out_.Add();
    fact->set_concept(about.id);
    const Wording& words = patient_.wording();
    std::string value;
    if (c == catalog_.area_concept) {
      fact->set_display(words[Phrase::kTreatmentArea]);
      value = patient_.texts().areas(context_.area).display();
    } else if (c == catalog_.device_concept) {
      fact->set_display(words[Phrase::kDevice]);
      value = DescribeDevice(catalog_, context_.device_world,
                             patient_.intake().language);
    } else if (c == catalog_.depth_concept) {
      fact->set_display(words[Phrase::kNeedleDepth]);
      value = context_.needle_depth_mm < 0
                  ? words[Phrase::kNotStated]
                  : absl::Substitute(words[Phrase::kMillimetres],
                                     Number(words, context_.needle_depth_mm));
    } else {
      const int concern = c - catalog_.first_concern_concept;
      fact->set_display(words[Phrase::kConcern]);
      value = patient_.texts().concerns(concern).display();
    }
    fact->set_text(absl::Substitute(
        words[Phrase::kFact], fact->display(),
        absl::Substitute(words[Phrase::kFactRequested], value)));
  }

  void AddImplied(int c, const CompiledConcept& about) {
    for (const int i : catalog_.implications_to[c]) {
      const CompiledImplication& arc = catalog_.implications[i];
      if (facts_.IsBroken(c) ||
          TruthIn(facts_.possible[arc.gate], arc.given) != Truth::kTrue) {
        continue;
      }
      const Wording& words = patient_.wording();
      v1::MatchedFact* fact = out_.Add();
      fact->set_concept(about.id);
      fact->set_display(patient_.texts().concepts(c).display());
      const CompiledConcept& gate = catalog_.concepts[arc.gate];
      fact->set_implied_by(gate.id);
      const std::vector<Statement> answers = patient_.StatementsOf(arc.gate);
      if (!answers.empty()) {
        fact->set_source(answers[0].source);
        if (answers[0].given != nullptr) {
          fact->set_recorded(answers[0].given->recorded());
        }
      }
      std::string value;
      if (about.is_quantity) {
        value = DescribeBound(words, about, facts_.possible[c]);
      } else {
        for (const v1::ConceptState& state : arc.implication->implies()) {
          if (state.concept() == about.id) fact->set_status(state.status());
        }
        value = words[StatusPhrase(fact->status())];
      }
      fact->set_text(absl::Substitute(
          words[Phrase::kFact], fact->display(),
          absl::Substitute(words[Phrase::kFactImplied], value,
                           patient_.texts().concepts(arc.gate).display())));
      return;
    }
  }

  const PatientFacts& patient_;
  const CompiledCatalog& catalog_;
  const Facts& facts_;
  const TreatmentContext& context_;
  google::protobuf::RepeatedPtrField<v1::MatchedFact>& out_;
};

// Worlds of a concept that the future can still bring: what was, stays.
WorldSet Reachable(const CompiledConcept& about, WorldSet possible) {
  if (about.is_quantity || about.is_context) return about.all;
  WorldSet reachable = about.all;
  for (size_t r = 0; r < about.regions.size(); ++r) {
    const WorldSet never = about.worlds_by_cell[r][0];
    if ((possible & never) == 0) reachable &= ~never;
  }
  return reachable;
}

std::string NameOf(const PatientFacts& patient, int c) {
  const CompiledCatalog& catalog = patient.catalog();
  const Wording& words = patient.wording();
  if (catalog.concepts[c].definition != nullptr) {
    return patient.texts().concepts(c).display();
  }
  if (c == catalog.area_concept) return words[Phrase::kTreatmentArea];
  if (c == catalog.device_concept) return words[Phrase::kDevice];
  if (c == catalog.depth_concept) return words[Phrase::kNeedleDepth];
  return patient.texts().concerns(c - catalog.first_concern_concept).display();
}

// The worlds of a rule's concepts that make it false with the fewest changes:
// one change where one is enough, else all concepts at their best.
std::vector<std::pair<int, WorldSet>> Undo(const CompiledCatalog& catalog,
                                           const CompiledRule& rule,
                                           std::vector<WorldSet> possible,
                                           const Facts& facts) {
  const auto best = [&](int c, std::vector<WorldSet>* with) {
    const CompiledConcept& about = catalog.concepts[c];
    const WorldSet reachable = Reachable(about, facts.possible[c]);
    for (const uint8_t world : about.benign_order) {
      if ((reachable & Bit(world)) == 0) continue;
      (*with)[c] = Bit(world);
      if (EvaluateNodes(rule.nodes, with->data()) == Truth::kFalse) return true;
    }
    return false;
  };
  // Facts first, then the request: another device, depth or concern.
  std::vector<int> order;
  for (const int c : rule.concepts) {
    if (!catalog.concepts[c].is_context && c != catalog.age_concept) {
      order.push_back(c);
    }
  }
  for (const int c : rule.concepts) {
    if (c == catalog.device_concept || c == catalog.depth_concept) {
      order.push_back(c);
    }
  }
  for (const int c : order) {
    const WorldSet before = possible[c];
    if (best(c, &possible)) return {{c, possible[c]}};
    possible[c] = before;
  }
  std::vector<std::pair<int, WorldSet>> changes;
  for (const int c : order) {
    const bool done = best(c, &possible);
    if (possible[c] != facts.possible[c]) changes.emplace_back(c, possible[c]);
    if (done) return changes;
  }
  return {};
}

}  // namespace

std::string DescribeDevice(const CompiledCatalog& catalog, int device_world,
                           int language) {
  const Wording& words = catalog.wordings[language];
  if (device_world == CompiledCatalog::kNoDevice) {
    return words[Phrase::kNoDevice];
  }
  if (device_world == CompiledCatalog::kUnlistedDevice) {
    return words[Phrase::kUnlistedDevice];
  }
  return catalog.In(language).devices(device_world - 2).display();
}

void ExplainCitations(
    const CompiledCatalog& catalog,
    const google::protobuf::RepeatedPtrField<v1::SourceReference>& references,
    google::protobuf::RepeatedPtrField<v1::CitedSource>* cited) {
  for (const v1::SourceReference& reference : references) {
    const int index = catalog.citation_index.at(reference.source());
    const v1::Citation& citation = catalog.catalog.citations(index);
    v1::CitedSource* out = cited->Add();
    out->set_source(reference.source());
    out->set_grade(reference.grade());
    out->set_text(catalog.citation_lines[index]);
    out->set_doi(citation.doi());
    out->set_url(citation.url());
    out->set_note(reference.note());
    out->set_provenance(citation.provenance());
  }
}

void ExplainRule(const CompiledRule& rule, const PatientFacts& patient,
                 const Facts& facts, const TreatmentContext& context,
                 v1::FiredRule* fired) {
  // A condition by itself has no texts.
  if (!rule.explanations.empty()) {
    fired->MergeFrom(rule.explanations[patient.intake().language]);
  }
  if (rule.review_by < patient.intake().today) {
    fired->set_review_overdue_since(FormatDay(rule.review_by));
  }
  std::vector<int> reasons;
  CollectReasons(rule.nodes, 0, facts.possible.data(), &reasons);
  FactCollector collector(patient, facts, context, fired->mutable_facts());
  for (const int c : reasons) collector.Add(c);
}

void ExplainQuestion(const PatientFacts& patient, const Program& program,
                     const OpenQuestion& question, v1::Question* out) {
  const CompiledCatalog& catalog = patient.catalog();
  const v1::Concept& definition =
      patient.texts().concepts(question.concept_index);
  out->set_text(definition.question());
  out->set_tense(definition.tense());
  *out->mutable_answer_sources() = definition.answer_sources();
  if (definition.has_quantity()) out->set_unit(definition.quantity().unit());
  for (const int position : question.rules) {
    out->add_rule_ids(program.rules[position]->rule->rule_id());
  }
  for (const int c : question.settles) {
    out->add_settles(catalog.concepts[c].id);
  }
}

void ExplainChange(const Program& program,
                   const EffectiveStrictness& strictness,
                   const Evaluation& evaluation, const PatientFacts& patient,
                   const Facts& facts, const v1::AreaDecision& decision,
                   v1::Counterfactual* change) {
  const CompiledCatalog& catalog = patient.catalog();
  const Wording& words = patient.wording();
  Facts after = facts;
  std::vector<int> acknowledged;
  bool possible = true;
  std::string from_date;
  ForEachNotFalse(evaluation.truths, [&](int position) {
    if (evaluation.truths[position] != Truth::kTrue ||
        strictness.of(position) < Strictness::kReview) {
      return;
    }
    const CompiledRule& rule = *program.rules[position];
    const v1::FiredRule& explanation =
        rule.explanations[patient.intake().language];
    if (rule.strictness == Strictness::kReview) {
      v1::RequiredChange* required = change->add_changes();
      required->set_rule_id(rule.rule->rule_id());
      required->set_text(
          absl::Substitute(words[Phrase::kReviewClears], explanation.title()));
      acknowledged.push_back(position);
      return;
    }
    std::string clears_on;
    for (const v1::FiredRule& fired : decision.fired()) {
      if (fired.rule_id() == rule.rule->rule_id()) {
        clears_on = fired.clears_on();
      }
    }
    from_date = std::max(from_date, clears_on);
    const auto changes = Undo(catalog, rule, facts.possible, facts);
    if (changes.empty()) {
      v1::RequiredChange* required = change->add_changes();
      required->set_rule_id(rule.rule->rule_id());
      required->set_clears_on(clears_on);
      if (clears_on.empty()) {
        required->set_impossible(true);
        possible = false;
        required->set_text(absl::Substitute(words[Phrase::kNothingClears],
                                            explanation.title()));
      } else {
        required->set_text(
            absl::Substitute(words[Phrase::kTimeClears], explanation.title()));
      }
      return;
    }
    for (const auto& [c, worlds] : changes) {
      v1::RequiredChange* required = change->add_changes();
      required->set_concept(catalog.concepts[c].id);
      required->set_rule_id(rule.rule->rule_id());
      required->set_clears_on(clears_on);
      required->set_text(absl::Substitute(words[Phrase::kChange],
                                          NameOf(patient, c),
                                          explanation.cleared_by()));
      after.possible[c] = worlds;
      after.known.push_back(c);
    }
  });
  change->set_possible(possible);
  change->set_from_date(from_date);
  if (!possible) return;
  acknowledged.insert(acknowledged.end(), strictness.acknowledged().begin(),
                      strictness.acknowledged().end());
  const Evaluation then = Evaluate(catalog, program, after,
                                   EffectiveStrictness(program, acknowledged));
  change->set_verdict(VerdictFrom(then.tally));
}

}  // namespace needlewise
