#include "rules/tools/catalog_warnings.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/engine/partial_date.h"
#include "rules/tools/plain_language.h"
#include "rules/tools/references.h"

namespace needlewise {
namespace {

using Ids = std::set<std::string>;

// How a catalogue is asked for its records of one kind.
template <typename Record>
using Records = const google::protobuf::RepeatedPtrField<Record>& (
    v1::RuleCatalog::*)() const;

class Warner {
 public:
  explicit Warner(const std::vector<std::unique_ptr<ParsedFile>>& files)
      : files_(files) {
    for (const auto& file : files_) {
      if (!file->is_suite) catalog_.MergeFrom(file->catalog);
    }
  }

  std::vector<v1::Diagnostic> Run() {
    CollectUse();
    WarnOfUnused();
    WarnOfProvenance();
    WarnOfLabels();
    WarnOfPlanItems();
    WarnOfCases();
    WarnOfWords();
    std::stable_sort(warnings_.begin(), warnings_.end(),
                     [](const v1::Diagnostic& a, const v1::Diagnostic& b) {
                       return std::make_tuple(a.file(), a.line(), a.column()) <
                              std::make_tuple(b.file(), b.line(), b.column());
                     });
    return std::move(warnings_);
  }

 private:
  bool IsUsed(RecordKind kind, const std::string& id) const {
    const auto ids = used_.find(kind);
    return ids != used_.end() && ids->second.count(id) > 0;
  }

  void CollectUse() {
    VisitReferences(catalog_, [this](RecordKind kind, const std::string& id) {
      used_[kind].insert(id);
    });
    // A course without concerns is the one of every concern that no other
    // names.
    const bool any_concern = std::any_of(
        catalog_.courses().begin(), catalog_.courses().end(),
        [](const v1::Course& course) { return course.concerns().empty(); });
    for (const v1::Concern& concern : catalog_.concerns()) {
      if (any_concern) used_[RecordKind::kConcern].insert(concern.concern_id());
    }
    for (const v1::Rule& rule : catalog_.rules()) {
      CollectLabelUse(rule.condition());
      if (!rule.has_contraindication()) continue;
      VisitReferences(rule, [this](RecordKind kind, const std::string& id) {
        if (kind == RecordKind::kConcept) enforced_.insert(id);
      });
    }
  }

  void CollectLabelUse(const v1::Condition& condition) {
    for (const auto& c : condition.all_of().conditions()) CollectLabelUse(c);
    for (const auto& c : condition.any_of().conditions()) CollectLabelUse(c);
    if (condition.has_not_()) CollectLabelUse(condition.not_());
    if (!condition.device().label_excludes().empty()) {
      enforced_.insert(condition.device().label_excludes());
    }
  }

  void Warn(v1::Diagnostic diagnostic, const std::string& subject) {
    diagnostic.set_severity(v1::SEVERITY_WARNING);
    diagnostic.set_subject(subject);
    warnings_.push_back(std::move(diagnostic));
  }

  // Calls `check(record, place)` for each record of a kind, file by file.
  template <typename Record, typename Check>
  void ForEach(const char* field, Records<Record> records, const Check& check) {
    for (const auto& file : files_) {
      if (file->is_suite) continue;
      const auto& list = (file->catalog.*records)();
      for (int i = 0; i < list.size(); ++i) {
        check(list[i], RootOf(*file).In(field, i));
      }
    }
  }

  template <typename Record, typename Id>
  void WarnUnused(RecordKind kind, const char* name, const char* field,
                  const char* id_field, Records<Record> records, Id id,
                  const char* advice) {
    ForEach(field, records, [&](const auto& record, const Place& place) {
      if (IsUsed(kind, id(record))) return;
      Warn(place.At(id_field, -1,
                    absl::StrCat(name, " `", id(record), "` ", advice)),
           id(record));
    });
  }

  void WarnOfUnused() {
    WarnUnused(
        RecordKind::kSection, "section", "sections", "section_id",
        &v1::RuleCatalog::sections,
        [](const auto& r) { return r.section_id(); },
        "holds no concept; remove it or put concepts in it");
    WarnUnused(
        RecordKind::kConcept, "concept", "concepts", "concept_id",
        &v1::RuleCatalog::concepts,
        [](const auto& r) { return r.concept_id(); },
        "is asked by no rule, plan item or gate; remove it or use it");
    WarnUnused(
        RecordKind::kConcern, "concern", "concerns", "concern_id",
        &v1::RuleCatalog::concerns,
        [](const auto& r) { return r.concern_id(); },
        "is named by no rule, indication, device, course or plan item; remove "
        "it or use it");
    WarnUnused(
        RecordKind::kProfile, "profile", "profiles", "profile_id",
        &v1::RuleCatalog::profiles,
        [](const auto& r) { return r.profile_id(); },
        "holds no rule, so that under it nothing is ever found; remove it or "
        "name it in rules");
    WarnUnused(
        RecordKind::kParameter, "parameter", "parameters", "parameter_id",
        &v1::RuleCatalog::parameters,
        [](const auto& r) { return r.parameter_id(); },
        "is used nowhere, so that changing it changes nothing; remove it or "
        "use it");
    WarnUnused(
        RecordKind::kConflict, "source conflict", "conflicts", "conflict_id",
        &v1::RuleCatalog::conflicts,
        [](const auto& r) { return r.conflict_id(); },
        "is linked by no rule, indication, course or plan item; add it to "
        "`conflicts` of what resolves it");
  }

  void WarnOfProvenance() {
    ForEach("citations", &v1::RuleCatalog::citations,
            [&](const v1::Citation& citation, const Place& place) {
              const std::string& id = citation.citation_id();
              const bool cited = IsUsed(RecordKind::kCitation, id);
              if (cited == citation.listed_because().empty()) return;
              Warn(place.At(
                       cited ? "listed_because" : "citation_id", -1,
                       absl::StrCat(
                           "citation `", id,
                           cited ? "` is cited; leave `listed_because` out"
                                 : "` is cited nowhere; cite it, remove it, or "
                                   "say why it is there in "
                                   "`listed_because`")),
                   id);
            });
    ForEach("parameters", &v1::RuleCatalog::parameters,
            [&](const v1::Parameter& parameter, const Place& place) {
              if (parameter.stricter() != v1::STRICTER_DIRECTION_UNSPECIFIED) {
                return;
              }
              Warn(
                  place.At("parameter_id", -1,
                           absl::StrCat("parameter `", parameter.parameter_id(),
                                        "` does not say which way is "
                                        "stricter, so that an overlay needs "
                                        "an approval for every change; add "
                                        "`stricter`")),
                  parameter.parameter_id());
            });
    ForEach(
        "concepts", &v1::RuleCatalog::concepts,
        [&](const v1::Concept& asked, const Place& place) {
          for (int i = 0; i < asked.codes_size(); ++i) {
            const v1::ConceptCode& code = asked.codes(i);
            if (code.verification() != v1::CODE_VERIFICATION_OFFICIAL ||
                (!code.system_version().empty() && !code.source().empty())) {
              continue;
            }
            Warn(place.In("codes", i)
                     .Here(absl::StrCat(
                         "concept `", asked.concept_id(), "`: code `",
                         code.coding().code(),
                         "` is said to be official; add the `source` it "
                         "was seen in, and its `system_version`")),
                 asked.concept_id());
          }
        });
  }

  // A label's exclusions act through rules that ask `label_excludes`, unless a
  // contraindication is about them with any device.
  void WarnOfLabels() {
    Ids excluded;
    ForEach("devices", &v1::RuleCatalog::devices,
            [&](const v1::Device& device, const Place& place) {
              for (int i = 0; i < device.excluded_concepts_size(); ++i) {
                const std::string& id = device.excluded_concepts(i);
                excluded.insert(id);
                if (enforced_.count(id) > 0) continue;
                Warn(place.At("excluded_concepts", i,
                              absl::StrCat(
                                  "device `", device.device_id(),
                                  "`: its label excludes `", id,
                                  "` and no contraindication asks about it; "
                                  "add one with `label_excludes: \"",
                                  id, "\"`, or nothing comes of it")),
                     device.device_id());
              }
            });
    ForEach("rules", &v1::RuleCatalog::rules,
            [&](const v1::Rule& rule, const Place& place) {
              WarnOfLabelExcludes(rule.condition(), rule.rule_id(),
                                  place.In("condition"), excluded);
            });
  }

  void WarnOfLabelExcludes(const v1::Condition& condition,
                           const std::string& rule_id, const Place& place,
                           const Ids& excluded) {
    for (int i = 0; i < condition.all_of().conditions_size(); ++i) {
      WarnOfLabelExcludes(condition.all_of().conditions(i), rule_id,
                          place.In("all_of").In("conditions", i), excluded);
    }
    for (int i = 0; i < condition.any_of().conditions_size(); ++i) {
      WarnOfLabelExcludes(condition.any_of().conditions(i), rule_id,
                          place.In("any_of").In("conditions", i), excluded);
    }
    if (condition.has_not_()) {
      WarnOfLabelExcludes(condition.not_(), rule_id, place.In("not"), excluded);
    }
    const std::string& id = condition.device().label_excludes();
    if (id.empty() || excluded.count(id) > 0) return;
    Warn(place.In("device").At(
             "label_excludes", -1,
             absl::StrCat("rule `", rule_id, "`: no device's label excludes `",
                          id,
                          "`, so that this never holds; add it to "
                          "`excluded_concepts` of a device, or remove it")),
         rule_id);
  }

  void WarnOfPlanItems() {
    std::map<std::string, const v1::Treatment*> treatments;
    for (const v1::Treatment& t : catalog_.treatments()) {
      treatments[t.treatment_id()] = &t;
    }
    // Treatments whose plan shows an item of treatment `id`.
    const auto shows = [&](const v1::Treatment& t, const std::string& id) {
      return t.treatment_id() == id || t.base() == id ||
             std::find(t.combines().begin(), t.combines().end(), id) !=
                 t.combines().end();
    };
    const auto used_for = [&](const std::string& device_id,
                              const std::string& treatment) {
      for (const v1::Device& device : catalog_.devices()) {
        if (device.device_id() != device_id) continue;
        for (const std::string& use : device.treatments()) {
          const auto found = treatments.find(use);
          if (found != treatments.end() && shows(*found->second, treatment)) {
            return true;
          }
        }
      }
      return false;
    };
    ForEach("plan_items", &v1::RuleCatalog::plan_items,
            [&](const v1::PlanItem& item, const Place& place) {
              if (item.devices().empty()) return;
              for (const std::string& device : item.devices()) {
                for (const std::string& treatment : item.applies_to()) {
                  if (used_for(device, treatment)) return;
                }
              }
              Warn(place.At("devices", 0,
                            absl::StrCat(
                                "plan item `", item.item_id(),
                                "` is never shown: none of its devices is used "
                                "for any of its treatments; correct either")),
                   item.item_id());
            });
    ForEach("plan_items", &v1::RuleCatalog::plan_items,
            [&](const v1::PlanItem& item, const Place& place) {
              if (item.areas().empty() || AnyTreatable(item.areas())) return;
              Warn(place.At("areas", 0,
                            absl::StrCat(
                                "plan item `", item.item_id(),
                                "` is never shown: none of its areas holds, or "
                                "lies in, one that can be treated")),
                   item.item_id());
            });
  }

  // Questions that patients find hard, and texts that command clinicians.
  void WarnOfWords() {
    ForEach("concepts", &v1::RuleCatalog::concepts,
            [&](const v1::Concept& asked, const Place& place) {
              if (!IsAskedOfPatients(asked)) return;
              const std::string hard = HardToRead(asked.question(), "en");
              if (hard.empty()) return;
              Warn(place.At("question", -1,
                            absl::StrCat("concept `", asked.concept_id(),
                                         "`: the question ", hard)),
                   asked.concept_id());
            });
    ForEach("rules", &v1::RuleCatalog::rules,
            [&](const v1::Rule& rule, const Place& place) {
              WarnOfCommand("clinician_text", rule.clinician_text(), rule,
                            place);
              WarnOfCommand("cleared_by", rule.cleared_by(), rule, place);
            });
  }

  void WarnOfCommand(const char* field, const std::string& text,
                     const v1::Rule& rule, const Place& place) {
    const std::string command = CommandIn(text, "en");
    if (command.empty()) return;
    Warn(place.At(field, -1,
                  absl::StrCat("rule `", rule.rule_id(), "`: `", field, "` ",
                               command)),
         rule.rule_id());
  }

  bool LiesIn(std::string inner, const std::string& outer) const {
    // No longer than the catalogue has areas, should they run in a circle.
    for (int steps = 0; steps <= catalog_.areas_size(); ++steps) {
      if (inner == outer) return true;
      std::string parent;
      for (const v1::Area& area : catalog_.areas()) {
        if (area.area_id() == inner) parent = area.parent();
      }
      if (parent.empty()) return false;
      inner = std::move(parent);
    }
    return false;
  }

  bool AnyTreatable(
      const google::protobuf::RepeatedPtrField<std::string>& ids) const {
    return std::any_of(ids.begin(), ids.end(), [&](const std::string& id) {
      return std::any_of(
          catalog_.areas().begin(), catalog_.areas().end(),
          [&](const v1::Area& area) {
            return area.treatable() &&
                   (LiesIn(area.area_id(), id) || LiesIn(id, area.area_id()));
          });
    });
  }

  void WarnOfCases() {
    Ids fired;
    Ids named;
    for (const auto& file : files_) {
      for (const auto& rule_case : file->suite.cases()) {
        for (const auto& expect : rule_case.expect()) {
          fired.insert(expect.fired().begin(), expect.fired().end());
          named.insert(expect.not_fired().begin(), expect.not_fired().end());
          named.insert(expect.unknown().begin(), expect.unknown().end());
        }
      }
    }
    ForEach("rules", &v1::RuleCatalog::rules,
            [&](const v1::Rule& rule, const Place& place) {
              if (fired.count(rule.rule_id()) > 0) return;
              const bool is_named = named.count(rule.rule_id()) > 0;
              Warn(place.At("rule_id", -1,
                            absl::StrCat(
                                "rule `", rule.rule_id(), "` is ",
                                is_named ? "expected to fire in" : "named by",
                                " no case; add one under cases/")),
                   rule.rule_id());
            });
  }

  const std::vector<std::unique_ptr<ParsedFile>>& files_;
  v1::RuleCatalog catalog_;
  std::map<RecordKind, Ids> used_;
  // Concepts that some contraindication, or some rule on labels, asks about.
  Ids enforced_;
  std::vector<v1::Diagnostic> warnings_;
};

}  // namespace

std::vector<v1::Diagnostic> FindOverdue(
    const std::vector<std::unique_ptr<ParsedFile>>& files,
    absl::CivilDay today) {
  std::map<std::string, std::vector<std::string>> rules;
  for (const auto& file : files) {
    for (const v1::Rule& rule : file->catalog.rules()) {
      for (const v1::SourceReference& reference : rule.citations()) {
        rules[reference.source()].push_back(
            absl::StrCat("`", rule.rule_id(), "`"));
      }
    }
  }
  std::vector<v1::Diagnostic> overdue;
  for (const auto& file : files) {
    for (int i = 0; i < file->catalog.citations_size(); ++i) {
      const v1::Citation& citation = file->catalog.citations(i);
      const std::optional<Day> due = ParseWholeDate(citation.review_by());
      if (!due.has_value() || *due >= ToDay(today)) continue;
      const auto citing = rules.find(citation.citation_id());
      v1::Diagnostic warning =
          RootOf(*file)
              .In("citations", i)
              .At("review_by", -1,
                  absl::StrCat(
                      "citation `", citation.citation_id(),
                      "` was to be read again by ", citation.review_by(),
                      citing == rules.end()
                          ? ""
                          : absl::StrCat(", and these rules rest on it: ",
                                         absl::StrJoin(citing->second, ", ")),
                      "; read it, then move `last_reviewed` and `review_by`"));
      warning.set_severity(v1::SEVERITY_WARNING);
      warning.set_subject(citation.citation_id());
      overdue.push_back(std::move(warning));
    }
  }
  return overdue;
}

std::vector<v1::Diagnostic> FindWarnings(
    const std::vector<std::unique_ptr<ParsedFile>>& files) {
  return Warner(files).Run();
}

}  // namespace needlewise
