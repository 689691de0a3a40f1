#include "rules/engine/provenance_checks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "rules/engine/nearest_names.h"
#include "rules/engine/parameter_use.h"
#include "rules/engine/partial_date.h"

namespace needlewise {
namespace {

bool IsNonRuleId(const std::string& id) {
  return !id.empty() && id.front() != '-' && id.back() != '-' &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
         });
}

const char* DirectionWord(v1::StricterDirection direction) {
  return direction == v1::STRICTER_DIRECTION_GREATER ? "greater" : "lesser";
}

class Checker {
 public:
  Checker(const std::vector<std::unique_ptr<ParsedFile>>& files, bool complete,
          std::vector<v1::Diagnostic>* diagnostics)
      : files_(files), complete_(complete), diagnostics_(*diagnostics) {
    for (const auto& file : files_) {
      parts_.push_back(&file->catalog);
      for (const v1::Citation& c : file->catalog.citations()) {
        citations_.emplace_back(c.citation_id(), c.citation_id());
      }
      for (const v1::SourceConflict& c : file->catalog.conflicts()) {
        conflicts_.emplace_back(c.conflict_id(), c.conflict_id());
      }
    }
    uses_ = ParameterUses(parts_);
  }

  void Run() {
    for (const auto& file : files_) {
      const v1::RuleCatalog& catalog = file->catalog;
      const Place root = RootOf(*file);
      if (file->is_suite || file->is_overlay || file->is_seal) continue;
      if (catalog.has_manifest()) {
        CheckAnswers(root.In("manifest"), catalog.manifest());
      }
      for (int i = 0; i < catalog.citations_size(); ++i) {
        CheckCitation(root.In("citations", i), catalog.citations(i));
      }
      for (int i = 0; i < catalog.non_rules_size(); ++i) {
        CheckNonRule(root.In("non_rules", i), catalog.non_rules(i));
      }
      for (int i = 0; i < catalog.parameters_size(); ++i) {
        CheckParameter(root.In("parameters", i), catalog.parameters(i));
      }
      CheckNothingApplied(root, catalog);
    }
  }

 private:
  void Error(const Place& place, const char* field, int index,
             const std::string& subject, std::string message) {
    v1::Diagnostic fault = place.At(field, index, std::move(message));
    // As in the validator: half a record has no place.
    if (!complete_ && fault.line() == 0) return;
    fault.set_subject(subject);
    diagnostics_.push_back(std::move(fault));
  }

  void Refer(const Place& place, const char* field, int index,
             const std::string& subject, const std::string& who,
             const char* kind,
             const std::vector<std::pair<std::string, std::string>>& names,
             const std::string& id) {
    const bool known =
        std::any_of(names.begin(), names.end(),
                    [&](const auto& name) { return name.first == id; });
    if (known || !complete_) return;
    Error(place, field, index, subject,
          absl::StrCat(who, ": ", kind, " `", id, "` is not defined",
                       DidYouMean(NearestNames(id, names))));
  }

  void CheckSources(
      const Place& place, const std::string& subject, const std::string& who,
      const google::protobuf::RepeatedPtrField<v1::SourceReference>& sources) {
    for (int i = 0; i < sources.size(); ++i) {
      const Place inner = place.In("citations", i);
      Refer(inner, "source", -1, subject, who, "citation", citations_,
            sources[i].source());
      if (sources[i].grade() == v1::EVIDENCE_GRADE_UNSPECIFIED) {
        Error(inner, "grade", -1, subject,
              absl::StrCat(who,
                           ": the citation has no `grade`; A, B, C, D or G"));
      }
    }
  }

  // That every value of an enumeration is answered once, or none at all.
  template <typename Answers, typename KindOf>
  void CheckKinds(const Place& manifest, const char* field,
                  const char* kind_field, const Answers& answers,
                  const google::protobuf::EnumDescriptor* kinds,
                  KindOf kind_of) {
    std::set<int> answered;
    for (int i = 0; i < answers.size(); ++i) {
      const Place place = manifest.In(field, i);
      const int kind = kind_of(answers[i]);
      if (kind == 0) {
        Error(place, kind_field, -1, "manifest",
              absl::StrCat("`", kind_field, "` is required"));
      } else if (!answered.insert(kind).second) {
        Error(place, kind_field, -1, "manifest",
              absl::StrCat("`", kinds->FindValueByNumber(kind)->name(),
                           "` is answered twice; keep one"));
      }
      if (answers[i].answer().empty()) {
        Error(place, "answer", -1, "manifest", "`answer` is required");
      }
    }
    if (answers.empty()) return;
    for (int i = 0; i < kinds->value_count(); ++i) {
      const int kind = kinds->value(i)->number();
      if (kind == 0 || answered.count(kind) > 0) continue;
      Error(manifest, field, -1, "manifest",
            absl::StrCat("`", field, "` leaves `", kinds->value(i)->name(),
                         "` without an answer; add it, or leave all out"));
    }
  }

  void CheckAnswers(const Place& place, const v1::Manifest& manifest) {
    CheckKinds(place, "source_attributes", "attribute",
               manifest.source_attributes(),
               v1::SourceAttributeKind_descriptor(),
               [](const auto& a) { return a.attribute(); });
    CheckKinds(place, "device_criteria", "criterion",
               manifest.device_criteria(), v1::DeviceCriterionKind_descriptor(),
               [](const auto& c) { return c.criterion(); });
    for (int i = 0; i < manifest.device_criteria_size(); ++i) {
      const Place inner = place.In("device_criteria", i);
      const v1::DeviceCriterion& criterion = manifest.device_criteria(i);
      if (criterion.citations().empty()) {
        Error(inner, "citations", -1, "manifest",
              "`citations` needs at least one source with its grade");
      }
      CheckSources(inner, "manifest", "the manifest", criterion.citations());
    }
  }

  std::optional<Day> CheckDay(const Place& place, const char* field,
                              const std::string& text,
                              const std::string& citation) {
    if (text.empty()) return std::nullopt;
    const std::optional<Day> day = ParseWholeDate(text);
    if (!day.has_value()) {
      Error(place, field, -1, citation,
            absl::StrCat("citation `", citation, "`: `", field,
                         "` must be a date, YYYY-MM-DD"));
    }
    return day;
  }

  void CheckCitation(const Place& place, const v1::Citation& citation) {
    const std::string& id = citation.citation_id();
    const std::optional<Day> read =
        CheckDay(place, "last_reviewed", citation.last_reviewed(), id);
    const std::optional<Day> due =
        CheckDay(place, "review_by", citation.review_by(), id);
    if (read.has_value() && due.has_value() && *due <= *read) {
      Error(place, "review_by", -1, id,
            absl::StrCat("citation `", id,
                         "`: `review_by` is not after `last_reviewed`"));
    }
  }

  void CheckNonRule(const Place& place, const v1::NonRule& non_rule) {
    const std::string& id = non_rule.non_rule_id();
    const std::string who = absl::StrCat("non-rule `", id, "`");
    if (!IsNonRuleId(id)) {
      Error(place, "non_rule_id", -1, id,
            absl::StrCat(who,
                         ": `non_rule_id` must be lower-case words joined "
                         "by `-`"));
    } else if (!non_rules_.insert(id).second) {
      Error(place, "non_rule_id", -1, id,
            absl::StrCat(who, ": another non-rule has this id; rename one"));
    }
    if (non_rule.topic().empty()) {
      Error(place, "topic", -1, id, absl::StrCat(who, ": `topic` is required"));
    }
    if (non_rule.rationale().empty()) {
      Error(place, "rationale", -1, id,
            absl::StrCat(who, ": `rationale` is required"));
    }
    CheckSources(place, id, who, non_rule.citations());
    for (int i = 0; i < non_rule.conflicts_size(); ++i) {
      Refer(place, "conflicts", i, id, who, "source conflict", conflicts_,
            non_rule.conflicts(i));
    }
  }

  void CheckParameter(const Place& place, const v1::Parameter& parameter) {
    const v1::StricterDirection declared = parameter.stricter();
    const auto uses = uses_.find(parameter.parameter_id());
    // Whatever uses it may be in the part that could not be read.
    if (declared == v1::STRICTER_DIRECTION_UNSPECIFIED || !complete_ ||
        uses == uses_.end()) {
      return;
    }
    const v1::StricterDirection found = DirectionOf(uses->second);
    if (found == declared) return;
    const std::string& id = parameter.parameter_id();
    const auto opposed = std::find_if(
        uses->second.begin(), uses->second.end(),
        [&](const ParameterUse& use) { return use.stricter != declared; });
    const std::string who = absl::StrCat(
        opposed->is_freshness ? "the freshness of concept `" : "rule `",
        opposed->subject, "`");
    Error(place, "stricter", -1, id,
          found == v1::STRICTER_DIRECTION_UNSPECIFIED
              ? absl::StrCat("parameter `", id, "`: a ",
                             DirectionWord(declared), " value relaxes ", who,
                             ", and no other use is stricter; leave `stricter` "
                             "out, so that every change needs an approval")
              : absl::StrCat("parameter `", id, "`: a ",
                             DirectionWord(declared), " value relaxes ", who,
                             "; write STRICTER_DIRECTION_",
                             found == v1::STRICTER_DIRECTION_GREATER ? "GREATER"
                                                                     : "LESS"));
  }

  // What only the application of an overlay writes.
  void CheckNothingApplied(const Place& root, const v1::RuleCatalog& catalog) {
    for (int i = 0; i < catalog.overlays_size(); ++i) {
      Error(root, "overlays", i, catalog.overlays(i).overlay_id(),
            "an overlay is a file of its own; move it there, and name the file "
            "in the server's settings or with --overlay");
    }
    for (int i = 0; i < catalog.rules_size(); ++i) {
      if (catalog.rules(i).overlay_notes().empty()) continue;
      const std::string& id = catalog.rules(i).rule_id();
      Error(root.In("rules", i), "overlay_notes", -1, id,
            absl::StrCat("rule `", id,
                         "`: `overlay_notes` is written where an overlay is "
                         "applied; leave it out"));
    }
  }

  const std::vector<std::unique_ptr<ParsedFile>>& files_;
  const bool complete_;
  std::vector<v1::Diagnostic>& diagnostics_;
  std::vector<const v1::RuleCatalog*> parts_;
  std::vector<std::pair<std::string, std::string>> citations_;
  std::vector<std::pair<std::string, std::string>> conflicts_;
  std::map<std::string, std::vector<ParameterUse>> uses_;
  std::set<std::string> non_rules_;
};

}  // namespace

void CheckProvenance(const std::vector<std::unique_ptr<ParsedFile>>& files,
                     bool complete, std::vector<v1::Diagnostic>* diagnostics) {
  Checker(files, complete, diagnostics).Run();
}

}  // namespace needlewise
