#include "rules/engine/catalog_validator.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "rules/engine/code_checks.h"
#include "rules/engine/nearest_names.h"
#include "rules/engine/partial_date.h"
#include "rules/engine/provenance_checks.h"
#include "rules/engine/translation_checks.h"

namespace needlewise {
namespace {

// Keeps day counts far from overflow.
constexpr int kLongestWindow = 10000;

// Ids of one kind of record, and what they are called in messages.
struct Registry {
  const char* kind;
  std::vector<std::pair<std::string, std::string>> names;
  // Where each was first seen.
  absl::flat_hash_map<std::string, Place> ids;
};

bool IsWord(const std::string& id, char joiner) {
  if (id.empty() || id.front() == joiner || id.back() == joiner) return false;
  return std::all_of(id.begin(), id.end(), [joiner](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == joiner;
  });
}

bool IsTimeUnit(const std::string& unit) {
  return unit == "h" || unit == "d" || unit == "wk" || unit == "mo";
}

class Validator {
 public:
  Validator(const std::vector<std::unique_ptr<ParsedFile>>& files,
            bool complete, int max_condition_depth, RecordPlaces* places,
            std::vector<v1::Diagnostic>* diagnostics)
      : files_(files),
        complete_(complete),
        max_depth_(max_condition_depth),
        places_(*places),
        diagnostics_(*diagnostics) {}

  void Run() {
    RegisterAll();
    CheckManifest();
    for (const auto& file : files_) {
      if (!file->is_suite) CheckFile(*file);
    }
  }

 private:
  using StringField = const google::protobuf::RepeatedPtrField<std::string>;

  void Report(v1::Diagnostic diagnostic) {
    // A record that a syntax error cuts off has no place, and half its fields.
    if (!complete_ && diagnostic.line() == 0) return;
    diagnostic.set_subject(subject_);
    diagnostics_.push_back(std::move(diagnostic));
  }
  void Error(const Place& place, const char* field, std::string message) {
    Report(place.At(field, -1, Subject() + message));
  }
  void ErrorAt(const Place& place, const char* field, int index,
               std::string message) {
    Report(place.At(field, index, Subject() + message));
  }

  std::string Subject() const {
    return subject_.empty() ? "" : absl::StrCat(kind_, " `", subject_, "`: ");
  }

  template <typename Records, typename Id>
  void Register(Registry* registry, const ParsedFile& file, const char* field,
                const char* id_field, const Records& records, char joiner,
                Id id) {
    for (int i = 0; i < records.size(); ++i) {
      const Place place = RootOf(file).In(field, i);
      const std::string& name = id(records[i]);
      kind_ = registry->kind;
      subject_ = name;
      if (joiner != 0 && !IsWord(name, joiner)) {
        Error(place, id_field,
              absl::StrCat("`", id_field,
                           "` must be lower-case words joined by `",
                           std::string(1, joiner), "`"));
      } else if (joiner == 0 && name.empty()) {
        Error(place, id_field, absl::StrCat("`", id_field, "` is required"));
      }
      const auto [first, is_new] = registry->ids.emplace(name, place);
      if (!is_new) {
        const v1::Diagnostic other = first->second.At(id_field, -1, "");
        Error(place, id_field,
              absl::StrCat("another ", registry->kind, " has this id, ",
                           other.file() == file.name
                               ? ""
                               : absl::StrCat("in `", other.file(), "` "),
                           "on line ", other.line(), "; rename one"));
      }
      registry->names.emplace_back(name, name);
      places_.emplace(name, place);
    }
    subject_.clear();
  }

  void RegisterAll() {
    for (const auto& f : files_) {
      if (f->is_suite) continue;
      const v1::RuleCatalog& c = f->catalog;
      Register(&sections_, *f, "sections", "section_id", c.sections(), '_',
               [](const auto& r) { return r.section_id(); });
      Register(&concepts_, *f, "concepts", "concept_id", c.concepts(), '_',
               [](const auto& r) { return r.concept_id(); });
      Register(&implications_, *f, "implications", "implication_id",
               c.implications(), '-',
               [](const auto& r) { return r.implication_id(); });
      Register(&areas_, *f, "areas", "area_id", c.areas(), '_',
               [](const auto& r) { return r.area_id(); });
      Register(&concerns_, *f, "concerns", "concern_id", c.concerns(), '_',
               [](const auto& r) { return r.concern_id(); });
      Register(&treatments_, *f, "treatments", "treatment_id", c.treatments(),
               '_', [](const auto& r) { return r.treatment_id(); });
      Register(&devices_, *f, "devices", "device_id", c.devices(), '_',
               [](const auto& r) { return r.device_id(); });
      Register(&profiles_, *f, "profiles", "profile_id", c.profiles(), '_',
               [](const auto& r) { return r.profile_id(); });
      Register(&parameters_, *f, "parameters", "parameter_id", c.parameters(),
               '_', [](const auto& r) { return r.parameter_id(); });
      Register(&rules_, *f, "rules", "rule_id", c.rules(), '-',
               [](const auto& r) { return r.rule_id(); });
      Register(&courses_, *f, "courses", "course_id", c.courses(), '-',
               [](const auto& r) { return r.course_id(); });
      Register(&plan_items_, *f, "plan_items", "item_id", c.plan_items(), '-',
               [](const auto& r) { return r.item_id(); });
      Register(&invariants_, *f, "invariants", "invariant_id", c.invariants(),
               '-', [](const auto& r) { return r.invariant_id(); });
      Register(&citations_, *f, "citations", "citation_id", c.citations(), 0,
               [](const auto& r) { return r.citation_id(); });
      Register(&conflicts_, *f, "conflicts", "conflict_id", c.conflicts(), 0,
               [](const auto& r) { return r.conflict_id(); });
      for (const v1::Concept& r : c.concepts())
        concept_.emplace(r.concept_id(), &r);
      for (const v1::Parameter& r : c.parameters()) {
        parameter_.emplace(r.parameter_id(), &r);
      }
      for (const v1::Treatment& r : c.treatments()) {
        treatment_.emplace(r.treatment_id(), &r);
      }
    }
  }

  void CheckManifest() {
    int manifests = 0;
    for (const auto& f : files_) {
      if (f->is_suite || !f->catalog.has_manifest()) continue;
      if (++manifests > 1) {
        Report(RootOf(*f).At("manifest", -1,
                             "a catalogue has one manifest; remove this one"));
      }
      const Place place = RootOf(*f).In("manifest");
      const v1::Manifest& manifest = f->catalog.manifest();
      Require(place, "version", manifest.version());
      Require(place, "title", manifest.title());
      Require(place, "intended_use", manifest.intended_use());
      if (!ParseWholeDate(manifest.effective_from()).has_value()) {
        Error(place, "effective_from",
              "`effective_from` must be a date, YYYY-MM-DD");
      }
    }
    if (manifests == 0 && complete_) {
      v1::Diagnostic diagnostic;
      diagnostic.set_severity(v1::SEVERITY_ERROR);
      diagnostic.set_file(files_.empty() ? "" : files_[0]->name);
      diagnostic.set_message(
          "the catalogue has no `manifest`; add one with its version");
      diagnostics_.push_back(std::move(diagnostic));
    }
  }

  void Require(const Place& place, const char* field,
               const std::string& value) {
    if (value.empty()) {
      Error(place, field, absl::StrCat("`", field, "` is required"));
    }
  }

  // Reports an id that is not in its registry, with the nearest that are.
  bool Refer(const Place& place, const char* field, int index,
             const Registry& registry, const std::string& id) {
    if (registry.ids.count(id) > 0) return true;
    if (!complete_) return false;
    ErrorAt(place, field, index,
            absl::StrCat(registry.kind, " `", id, "` is not defined",
                         DidYouMean(NearestNames(id, registry.names))));
    return false;
  }

  void ReferAll(const Place& place, const char* field, const Registry& registry,
                StringField& ids, bool required) {
    if (required && ids.empty()) {
      Error(place, field,
            absl::StrCat("`", field, "` needs at least one ", registry.kind));
    }
    for (int i = 0; i < ids.size(); ++i) {
      Refer(place, field, i, registry, ids[i]);
    }
  }

  void CheckCitations(
      const Place& place,
      const google::protobuf::RepeatedPtrField<v1::SourceReference>& citations,
      bool required) {
    if (required && citations.empty()) {
      Error(place, "citations",
            "`citations` needs at least one source with its grade");
    }
    for (int i = 0; i < citations.size(); ++i) {
      const Place inner = place.In("citations", i);
      Refer(inner, "source", -1, citations_, citations[i].source());
      if (citations[i].grade() == v1::EVIDENCE_GRADE_UNSPECIFIED) {
        Error(inner, "grade", "the citation has no `grade`; A, B, C, D or G");
      }
    }
  }

  void CheckFile(const ParsedFile& f) {
    const Place root = RootOf(f);
    const v1::RuleCatalog& c = f.catalog;
    const auto each = [&](const char* kind, const char* field,
                          const auto& records, const auto& id,
                          const auto& check) {
      for (int i = 0; i < records.size(); ++i) {
        kind_ = kind;
        subject_ = id(records[i]);
        check(root.In(field, i), records[i]);
      }
      subject_.clear();
    };
    each(
        "section", "sections", c.sections(),
        [](const auto& r) { return r.section_id(); },
        [&](const Place& p, const v1::Section& r) {
          Require(p, "display", r.display());
        });
    each(
        "concept", "concepts", c.concepts(),
        [](const auto& r) { return r.concept_id(); },
        [&](const Place& p, const v1::Concept& r) { CheckConcept(p, r); });
    each(
        "implication", "implications", c.implications(),
        [](const auto& r) { return r.implication_id(); },
        [&](const Place& p, const v1::Implication& r) {
          CheckImplication(p, r);
        });
    each(
        "area", "areas", c.areas(), [](const auto& r) { return r.area_id(); },
        [&](const Place& p, const v1::Area& r) {
          Require(p, "display", r.display());
          if (!r.parent().empty()) Refer(p, "parent", -1, areas_, r.parent());
          for (int i = 0; i < r.codes_size(); ++i) {
            const Place code = p.In("codes", i);
            CheckCode(code, r.codes(i));
            if (r.codes(i).prefix()) {
              Error(code, "prefix", "the code of an area is written whole");
            }
          }
        });
    each(
        "concern", "concerns", c.concerns(),
        [](const auto& r) { return r.concern_id(); },
        [&](const Place& p, const v1::Concern& r) {
          Require(p, "display", r.display());
        });
    each(
        "treatment", "treatments", c.treatments(),
        [](const auto& r) { return r.treatment_id(); },
        [&](const Place& p, const v1::Treatment& r) { CheckTreatment(p, r); });
    each(
        "device", "devices", c.devices(),
        [](const auto& r) { return r.device_id(); },
        [&](const Place& p, const v1::Device& r) { CheckDevice(p, r); });
    each(
        "profile", "profiles", c.profiles(),
        [](const auto& r) { return r.profile_id(); },
        [&](const Place& p, const v1::Profile& r) {
          Require(p, "display", r.display());
          Require(p, "description", r.description());
          if (r.profile_id() == "standard") {
            Error(p, "profile_id",
                  "`standard` is every rule and is not written; remove it");
          }
        });
    each(
        "parameter", "parameters", c.parameters(),
        [](const auto& r) { return r.parameter_id(); },
        [&](const Place& p, const v1::Parameter& r) { CheckParameter(p, r); });
    each(
        "rule", "rules", c.rules(), [](const auto& r) { return r.rule_id(); },
        [&](const Place& p, const v1::Rule& r) { CheckRule(p, r); });
    each(
        "course", "courses", c.courses(),
        [](const auto& r) { return r.course_id(); },
        [&](const Place& p, const v1::Course& r) { CheckCourse(p, r); });
    each(
        "plan item", "plan_items", c.plan_items(),
        [](const auto& r) { return r.item_id(); },
        [&](const Place& p, const v1::PlanItem& r) { CheckPlanItem(p, r); });
    each(
        "citation", "citations", c.citations(),
        [](const auto& r) { return r.citation_id(); },
        [&](const Place& p, const v1::Citation& r) {
          Require(p, "title", r.title());
          if (r.provenance() == v1::CITATION_PROVENANCE_UNSPECIFIED) {
            Error(p, "provenance",
                  "`provenance` is required; looked up, second hand or "
                  "general knowledge");
          }
        });
    each(
        "source conflict", "conflicts", c.conflicts(),
        [](const auto& r) { return r.conflict_id(); },
        [&](const Place& p, const v1::SourceConflict& r) {
          CheckConflict(p, r);
        });
    each(
        "invariant", "invariants", c.invariants(),
        [](const auto& r) { return r.invariant_id(); },
        [&](const Place& p, const v1::Invariant& r) { CheckInvariant(p, r); });
  }

  void CheckConcept(const Place& p, const v1::Concept& r) {
    Require(p, "display", r.display());
    Require(p, "question", r.question());
    if (r.kind() == v1::CONCEPT_KIND_UNSPECIFIED) {
      Error(p, "kind", "`kind` is required");
    }
    if (r.scope() == v1::CONCEPT_SCOPE_UNSPECIFIED) {
      Error(p, "scope", "`scope` is required; patient or treatment area");
    }
    if (r.tense() == v1::QUESTION_TENSE_UNSPECIFIED) {
      Error(p, "tense", "`tense` is required; now or ever");
    }
    if (r.answer_sources().empty()) {
      Error(p, "answer_sources",
            "`answer_sources` needs at least one way to obtain the answer");
    }
    Refer(p, "section", -1, sections_, r.section());
    const bool quantity = r.kind() == v1::CONCEPT_KIND_QUANTITY ||
                          r.kind() == v1::CONCEPT_KIND_AGE;
    if (quantity != r.has_quantity()) {
      Error(p, "quantity",
            quantity ? "a quantity needs `quantity` with its unit and bounds"
                     : "`quantity` belongs to a concept of kind quantity only");
    }
    if ((r.kind() == v1::CONCEPT_KIND_AGE) != (r.concept_id() == "age")) {
      Error(p, "kind", "the concept `age`, and no other, is of kind age");
    }
    if (quantity && r.scope() == v1::CONCEPT_SCOPE_TREATMENT_AREA) {
      Error(p, "scope", "a quantity is of the whole patient");
    }
    if (r.has_quantity()) CheckForm(p.In("quantity"), r.quantity());
    if (r.has_freshness()) CheckFreshness(p.In("freshness"), r.freshness());
    for (int i = 0; i < r.codes_size(); ++i) {
      CheckCode(p.In("codes", i), r.codes(i));
    }
  }

  void CheckCode(const Place& p, const v1::ConceptCode& code) {
    const v1::Coding& coding = code.coding();
    if (coding.system().empty() || coding.code().empty()) {
      Error(p, "coding", "a code needs its system and its code");
    }
    Require(p, "display", code.display());
    const std::string fault =
        FaultOfCode(coding.system(), coding.code(), code.prefix());
    if (!fault.empty()) {
      Error(p.In("coding"), "code",
            absl::StrCat("code `", coding.code(), "`: ", fault));
    }
    if (code.verification() == v1::CODE_VERIFICATION_UNSPECIFIED) {
      Error(p, "verification", "`verification` is required");
    }
  }

  void CheckForm(const Place& p, const v1::QuantityForm& form) {
    Require(p, "unit", form.unit());
    if (!(form.maximum() > form.minimum())) {
      Error(p, "maximum", "`maximum` must be greater than `minimum`");
    }
    std::set<std::string> units = {form.unit()};
    for (int i = 0; i < form.conversions_size(); ++i) {
      const v1::UnitConversion& c = form.conversions(i);
      if (c.unit().empty() || !units.insert(c.unit()).second) {
        Error(p.In("conversions", i), "unit",
              "a unit is required and may occur once");
      }
      if (c.numerator() < 0 || c.denominator() < 0) {
        Error(p.In("conversions", i), "numerator",
              "a conversion may not turn values round");
      }
    }
  }

  void CheckFreshness(const Place& p, const v1::Freshness& freshness) {
    if (freshness.limit_case() == v1::Freshness::kParameter) {
      CheckTimeParameter(p, freshness.parameter(), true);
    } else if (freshness.days() <= 0) {
      Error(p, "days", "a freshness limit is at least one day");
    }
  }

  void CheckTimeParameter(const Place& p, const std::string& id,
                          bool days_only) {
    if (!Refer(p, "parameter", -1, parameters_, id)) return;
    const v1::Parameter& parameter = *parameter_.at(id);
    if (days_only ? parameter.unit() != "d" : !IsTimeUnit(parameter.unit())) {
      Error(
          p, "parameter",
          absl::StrCat("parameter `", id, "` is not a time; its unit must be ",
                       days_only ? "`d`" : "`h`, `d`, `wk` or `mo`"));
    }
  }

  const v1::Concept* ConceptOf(const Place& p, const char* field,
                               const std::string& id) {
    if (!Refer(p, field, -1, concepts_, id)) return nullptr;
    return concept_.at(id);
  }

  static bool IsQuantity(const v1::Concept& c) {
    return c.kind() == v1::CONCEPT_KIND_QUANTITY ||
           c.kind() == v1::CONCEPT_KIND_AGE;
  }

  void CheckImplication(const Place& p, const v1::Implication& r) {
    Require(p, "rationale", r.rationale());
    const Place given = p.In("given");
    const v1::Concept* gate = ConceptOf(given, "concept", r.given().concept());
    const v1::FindingStatus from = r.given().status();
    if (gate != nullptr && IsQuantity(*gate)) {
      Error(given, "concept", "a gate has a status; a quantity is none");
    }
    if (from != v1::FINDING_STATUS_PRESENT &&
        from != v1::FINDING_STATUS_ABSENT && from != v1::FINDING_STATUS_NEVER) {
      Error(given, "status", "the gate's status is PRESENT, ABSENT or NEVER");
    }
    if (r.implies().empty()) {
      Error(p, "implies", "`implies` needs at least one concept");
    }
    for (int i = 0; i < r.implies_size(); ++i) {
      CheckImplied(p.In("implies", i), r.implies(i), r.given().concept(), from);
    }
  }

  void CheckImplied(const Place& p, const v1::ConceptState& state,
                    const std::string& gate, v1::FindingStatus from) {
    const v1::Concept* target = ConceptOf(p, "concept", state.concept());
    if (target == nullptr) return;
    if (state.concept() == gate) {
      Error(p, "concept", "an answer cannot imply itself");
    }
    const bool bound = state.state_case() == v1::ConceptState::kAtLeast ||
                       state.state_case() == v1::ConceptState::kAtMost;
    if (bound != IsQuantity(*target)) {
      Error(p, "concept",
            bound ? "a bound belongs to a quantity; give a status"
                  : "a quantity has a bound; give `at_least` or `at_most`");
    } else if (!bound && state.status() != v1::FINDING_STATUS_PRESENT &&
               state.status() != v1::FINDING_STATUS_ABSENT &&
               state.status() != v1::FINDING_STATUS_NEVER) {
      Error(p, "status", "the implied status is PRESENT, ABSENT or NEVER");
    }
    if (from == v1::FINDING_STATUS_ABSENT &&
        state.status() == v1::FINDING_STATUS_NEVER && !bound) {
      Error(p, "status",
            "what is not so now says nothing of the past; imply ABSENT, or "
            "give the gate an `ever` question and NEVER");
    }
  }

  void CheckTreatment(const Place& p, const v1::Treatment& r) {
    Require(p, "display", r.display());
    Require(p, "description", r.description());
    if (!r.base().empty()) {
      if (Refer(p, "base", -1, treatments_, r.base()) &&
          !treatment_.at(r.base())->base().empty()) {
        Error(p, "base", "the base is an add-on itself; name its base");
      }
    } else if (!r.indications().empty() || !r.combines().empty()) {
      Error(p, "base", "only an add-on has indications or combines others");
    }
    for (int i = 0; i < r.combines_size(); ++i) {
      if (!Refer(p, "combines", i, treatments_, r.combines(i))) continue;
      const v1::Treatment& part = *treatment_.at(r.combines(i));
      if (part.base() != r.base() || !part.combines().empty()) {
        ErrorAt(p, "combines", i,
                "a combination is of single add-ons of the same base");
      }
    }
    for (int i = 0; i < r.indications_size(); ++i) {
      const Place inner = p.In("indications", i);
      const v1::Indication& indication = r.indications(i);
      Refer(inner, "concern", -1, concerns_, indication.concern());
      Require(inner, "text", indication.text());
      if (indication.strength() == v1::EVIDENCE_STRENGTH_UNSPECIFIED) {
        Error(inner, "strength", "`strength` is required");
      }
      CheckCitations(inner, indication.citations(), true);
      ReferAll(inner, "conflicts", conflicts_, indication.conflicts(), false);
    }
  }

  void CheckDevice(const Place& p, const v1::Device& r) {
    Require(p, "display", r.display());
    ReferAll(p, "treatments", treatments_, r.treatments(), true);
    ReferAll(p, "excluded_concepts", concepts_, r.excluded_concepts(), false);
    CheckCitations(p, r.citations(), !r.excluded_concepts().empty());
    for (int i = 0; i < r.cleared_uses_size(); ++i) {
      const Place inner = p.In("cleared_uses", i);
      const v1::ClearedUse& use = r.cleared_uses(i);
      ReferAll(inner, "areas", areas_, use.areas(), true);
      ReferAll(inner, "concerns", concerns_, use.concerns(), true);
      CheckCitations(inner, use.citations(), true);
      const int least = std::max(1, use.minimum_skin_type());
      const int most =
          use.maximum_skin_type() == 0 ? 6 : use.maximum_skin_type();
      if (least > most || most > 6) {
        Error(inner, "maximum_skin_type", "skin types run from 1 to 6");
      }
      if (use.minimum_age() < 0 || !(use.maximum_depth_mm() >= 0) ||
          !std::isfinite(use.maximum_depth_mm())) {
        Error(inner, "minimum_age", "ages and depths are not negative");
      }
    }
  }

  void CheckParameter(const Place& p, const v1::Parameter& r) {
    Require(p, "description", r.description());
    Require(p, "unit", r.unit());
    if (!std::isfinite(r.value()) || r.value() <= 0) {
      Error(p, "value", "`value` must be a number greater than 0");
    }
    if (IsTimeUnit(r.unit()) && r.value() > kLongestWindow) {
      Error(p, "value", "a time is at most 10,000 of its unit");
    }
    if (IsTimeUnit(r.unit()) && r.value() != std::floor(r.value())) {
      Error(p, "value", "a time is a whole number of its unit");
    }
    CheckCitations(p, r.citations(), true);
  }

  void CheckRule(const Place& p, const v1::Rule& r) {
    Require(p, "title", r.title());
    Require(p, "clinician_text", r.clinician_text());
    ReferAll(p, "applies_to", treatments_, r.applies_to(), true);
    for (int i = 0; i < r.profiles_size(); ++i) {
      Refer(p, "profiles", i, profiles_, r.profiles(i));
    }
    if (r.effect_case() == v1::Rule::EFFECT_NOT_SET) {
      Error(p, "rule_id",
            "has no effect; add contraindication, deferral, review, "
            "precaution or note");
    } else if (!r.has_note()) {
      Require(p, "cleared_by", r.cleared_by());
    }
    CheckCitations(p, r.citations(), true);
    CheckGrades(p, r);
    ReferAll(p, "conflicts", conflicts_, r.conflicts(), false);
    if (r.evidence_rows().empty()) {
      Error(p, "evidence_rows",
            "`evidence_rows` needs the row of the evidence that it encodes");
    }
    if (!r.has_condition()) {
      Error(p, "condition", "`condition` is required");
    } else {
      CheckCondition(p.In("condition"), r.condition(), 1);
    }
  }

  // Nothing blocks, beyond a review, on a clinic's page or on general
  // knowledge alone.
  void CheckGrades(const Place& p, const v1::Rule& r) {
    if (!r.has_contraindication() && !r.has_deferral()) return;
    // A grade that is missing is reported as such, and may be any.
    const bool supported = std::any_of(
        r.citations().begin(), r.citations().end(), [](const auto& c) {
          return c.grade() != v1::EVIDENCE_GRADE_D &&
                 c.grade() != v1::EVIDENCE_GRADE_G;
        });
    if (!supported && !r.citations().empty()) {
      Error(p, "citations",
            "rests on grades D and G alone, which never block by themselves; "
            "make it a review or cite better evidence");
    }
  }

  void CheckCondition(const Place& p, const v1::Condition& condition,
                      int depth) {
    if (depth > max_depth_) {
      Report(
          p.Here(absl::StrCat(Subject(), "the condition is nested deeper than ",
                              max_depth_, "; split the rule")));
      return;
    }
    switch (condition.kind_case()) {
      case v1::Condition::kAllOf:
        CheckList(p.In("all_of"), condition.all_of(), depth);
        break;
      case v1::Condition::kAnyOf:
        CheckList(p.In("any_of"), condition.any_of(), depth);
        break;
      case v1::Condition::kNot:
        CheckCondition(p.In("not"), condition.not_(), depth + 1);
        break;
      case v1::Condition::kFinding:
        CheckFinding(p.In("finding"), condition.finding());
        break;
      case v1::Condition::kQuantity:
        CheckQuantity(p.In("quantity"), condition.quantity());
        break;
      case v1::Condition::kTreatmentArea:
        ReferAll(p.In("treatment_area"), "areas", areas_,
                 condition.treatment_area().areas(), true);
        break;
      case v1::Condition::kDevice:
        CheckDeviceCondition(p.In("device"), condition.device());
        break;
      case v1::Condition::kConcern:
        Refer(p.In("concern"), "concern", -1, concerns_,
              condition.concern().concern());
        break;
      case v1::Condition::kLabel:
        if (condition.label().outside() == v1::LABEL_LIMIT_UNSPECIFIED) {
          Error(p.In("label"), "outside", "`outside` is required");
        }
        break;
      case v1::Condition::KIND_NOT_SET:
        Report(p.Here(absl::StrCat(Subject(),
                                   "the condition is empty; say what "
                                   "it looks for")));
        break;
    }
  }

  void CheckList(const Place& p, const v1::ConditionList& list, int depth) {
    if (list.conditions().empty()) {
      Report(p.Here(absl::StrCat(
          Subject(), "the list is empty; add at least one condition")));
    }
    for (int i = 0; i < list.conditions_size(); ++i) {
      CheckCondition(p.In("conditions", i), list.conditions(i), depth + 1);
    }
  }

  void CheckFinding(const Place& p, const v1::FindingCondition& finding) {
    const v1::Concept* asked = ConceptOf(p, "concept", finding.concept());
    if (finding.time() == v1::FINDING_TIME_UNSPECIFIED) {
      Error(p, "time",
            "`time` is required; now, ever, past, within or began "
            "within");
    }
    const bool windowed = finding.time() == v1::FINDING_TIME_WITHIN ||
                          finding.time() == v1::FINDING_TIME_BEGAN_WITHIN;
    if (windowed != finding.has_within()) {
      Error(p, "within",
            windowed ? "a window needs `within`"
                     : "`within` goes with times `within` and `began within`");
    } else if (windowed) {
      CheckWindow(p.In("within"), finding.within());
    }
    if ((finding.place() == v1::FINDING_PLACE_REGION) !=
        !finding.region().empty()) {
      Error(p, "region", "`region` goes with place `region`, and only with it");
    } else if (!finding.region().empty()) {
      Refer(p, "region", -1, areas_, finding.region());
    }
    if (asked == nullptr) return;
    if (IsQuantity(*asked)) {
      Error(p, "concept",
            absl::StrCat("concept `", finding.concept(),
                         "` is a quantity; compare it with `quantity`"));
    } else if (finding.time() != v1::FINDING_TIME_NOW &&
               asked->tense() != v1::QUESTION_TENSE_EVER) {
      Error(p, "concept",
            absl::StrCat("concept `", finding.concept(),
                         "` is asked about its past; give it a question with "
                         "tense `ever`"));
    }
  }

  void CheckWindow(const Place& p, const v1::Window& window) {
    switch (window.length_case()) {
      case v1::Window::kParameter:
        CheckTimeParameter(p, window.parameter(), false);
        return;
      case v1::Window::LENGTH_NOT_SET:
        Report(p.Here(
            absl::StrCat(Subject(),
                         "the window has no unit; write `hours`, `days`, "
                         "`weeks`, `months` or `parameter`")));
        return;
      default:
        break;
    }
    if (std::max({window.hours(), window.days(), window.weeks(),
                  window.months()}) > kLongestWindow) {
      Report(p.Here(
          absl::StrCat(Subject(), "a window is at most 10,000 of its unit")));
      return;
    }
    if (window.hours() < 0 || window.days() < 0 || window.weeks() < 0 ||
        window.months() < 0 ||
        window.hours() + window.days() + window.weeks() + window.months() ==
            0) {
      Report(
          p.Here(absl::StrCat(Subject(), "a window is longer than nothing")));
    }
  }

  void CheckQuantity(const Place& p, const v1::QuantityCondition& quantity) {
    const v1::Concept* asked = ConceptOf(p, "concept", quantity.concept());
    if (quantity.comparison() == v1::COMPARISON_UNSPECIFIED) {
      Error(p, "comparison", "`comparison` is required");
    }
    if (asked != nullptr && !IsQuantity(*asked)) {
      Error(
          p, "concept",
          absl::StrCat("concept `", quantity.concept(), "` is not a quantity"));
    }
    if (quantity.limit_case() == v1::QuantityCondition::LIMIT_NOT_SET) {
      Error(p, "comparison", "a limit is required; `value` or `parameter`");
    } else if (quantity.limit_case() == v1::QuantityCondition::kParameter &&
               Refer(p, "parameter", -1, parameters_, quantity.parameter()) &&
               asked != nullptr && asked->has_quantity() &&
               parameter_.at(quantity.parameter())->unit() !=
                   asked->quantity().unit()) {
      Error(p, "parameter",
            absl::StrCat("parameter `", quantity.parameter(), "` is in `",
                         parameter_.at(quantity.parameter())->unit(),
                         "` and the concept in `", asked->quantity().unit(),
                         "`"));
    }
  }

  void CheckDeviceCondition(const Place& p, const v1::DeviceCondition& device) {
    switch (device.test_case()) {
      case v1::DeviceCondition::kDevice:
        Refer(p, "device", -1, devices_, device.device());
        break;
      case v1::DeviceCondition::kLabelExcludes:
        Refer(p, "label_excludes", -1, concepts_, device.label_excludes());
        break;
      case v1::DeviceCondition::TEST_NOT_SET:
        Report(
            p.Here(absl::StrCat(Subject(), "the device condition is empty")));
        break;
      default:
        break;
    }
  }

  void CheckCourse(const Place& p, const v1::Course& r) {
    ReferAll(p, "applies_to", treatments_, r.applies_to(), true);
    ReferAll(p, "concerns", concerns_, r.concerns(), false);
    Require(p, "text", r.text());
    CheckCitations(p, r.citations(), true);
    ReferAll(p, "conflicts", conflicts_, r.conflicts(), false);
    if (r.sessions_min() < 1 || r.sessions_max() < r.sessions_min()) {
      Error(p, "sessions_min", "sessions run from at least 1 upwards");
    }
    if (r.interval_min_days() < 1 ||
        r.interval_max_days() < r.interval_min_days()) {
      Error(p, "interval_min_days",
            "intervals run from at least 1 day upwards");
    }
  }

  void CheckPlanItem(const Place& p, const v1::PlanItem& r) {
    ReferAll(p, "applies_to", treatments_, r.applies_to(), true);
    ReferAll(p, "areas", areas_, r.areas(), false);
    ReferAll(p, "devices", devices_, r.devices(), false);
    ReferAll(p, "concerns", concerns_, r.concerns(), false);
    Require(p, "text", r.text());
    CheckCitations(p, r.citations(), true);
    ReferAll(p, "conflicts", conflicts_, r.conflicts(), false);
    if (r.section() == v1::PLAN_SECTION_UNSPECIFIED) {
      Error(p, "section", "`section` is required");
    }
    if (r.until_hours() < r.from_hours()) {
      Error(p, "until_hours", "the item ends before it begins");
    }
    if (r.has_condition()) CheckCondition(p.In("condition"), r.condition(), 1);
  }

  void CheckConflict(const Place& p, const v1::SourceConflict& r) {
    Require(p, "topic", r.topic());
    Require(p, "resolution", r.resolution());
    Require(p, "rationale", r.rationale());
    if (r.positions().empty()) {
      Error(p, "positions", "`positions` needs at least one");
    }
    for (int i = 0; i < r.positions_size(); ++i) {
      const Place inner = p.In("positions", i);
      ReferAll(inner, "sources", citations_, r.positions(i).sources(), true);
      Require(inner, "statement", r.positions(i).statement());
    }
    CheckCitations(p, r.citations(), false);
  }

  void CheckInvariant(const Place& p, const v1::Invariant& r) {
    Require(p, "statement", r.statement());
    ReferAll(p, "treatments", treatments_, r.treatments(), false);
    CheckCitations(p, r.citations(), true);
    for (int i = 0; i < r.premises_size(); ++i) {
      const Place inner = p.In("premises", i);
      const v1::InvariantPremise& premise = r.premises(i);
      if (premise.has_known()) {
        CheckCondition(inner.In("known"), premise.known(), 1);
      } else if (premise.has_possible()) {
        CheckCondition(inner.In("possible"), premise.possible(), 1);
      } else if (premise.effect() == v1::EFFECT_KIND_UNSPECIFIED) {
        Report(inner.Here(
            absl::StrCat(Subject(),
                         "the premise is empty; write `known`, `possible` or "
                         "`effect`")));
      }
    }
    switch (r.claim_case()) {
      case v1::Invariant::kVerdict:
        if (r.verdict().at_least() == v1::EFFECT_KIND_UNSPECIFIED ||
            r.verdict().at_least() == v1::EFFECT_KIND_NOTE) {
          Error(p.In("verdict"), "at_least",
                "`at_least` is required; contraindication, deferral, review "
                "or precaution");
        }
        break;
      case v1::Invariant::kFired:
        Refer(p.In("fired"), "rule", -1, rules_, r.fired().rule());
        break;
      case v1::Invariant::kUnchanged:
        ReferAll(p.In("unchanged"), "concepts", concepts_,
                 r.unchanged().concepts(), true);
        break;
      case v1::Invariant::kNotOffered:
        CheckAddOnsAlone(p, r);
        break;
      case v1::Invariant::CLAIM_NOT_SET:
        Error(p, "statement",
              "the claim is missing; write `verdict`, `fired`, `unchanged` or "
              "`not_offered`");
        break;
    }
  }

  // Only an add-on is offered.
  void CheckAddOnsAlone(const Place& p, const v1::Invariant& r) {
    if (r.treatments().empty()) {
      Error(p, "treatments", "`not_offered` needs at least one add-on");
    }
    for (int i = 0; i < r.treatments_size(); ++i) {
      const auto found = treatment_.find(r.treatments(i));
      if (found != treatment_.end() && found->second->base().empty()) {
        ErrorAt(p, "treatments", i,
                absl::StrCat("treatment `", r.treatments(i),
                             "` is no add-on and is never offered"));
      }
    }
  }

  const std::vector<std::unique_ptr<ParsedFile>>& files_;
  const bool complete_;
  const int max_depth_;
  RecordPlaces& places_;
  std::vector<v1::Diagnostic>& diagnostics_;
  // What is being checked.
  const char* kind_ = "";
  std::string subject_;

  Registry sections_{"section", {}, {}};
  Registry concepts_{"concept", {}, {}};
  Registry implications_{"implication", {}, {}};
  Registry areas_{"area", {}, {}};
  Registry concerns_{"concern", {}, {}};
  Registry treatments_{"treatment", {}, {}};
  Registry devices_{"device", {}, {}};
  Registry profiles_{"profile", {}, {}};
  Registry parameters_{"parameter", {}, {}};
  Registry rules_{"rule", {}, {}};
  Registry courses_{"course", {}, {}};
  Registry plan_items_{"plan item", {}, {}};
  Registry invariants_{"invariant", {}, {}};
  Registry citations_{"citation", {}, {}};
  Registry conflicts_{"source conflict", {}, {}};
  absl::flat_hash_map<std::string, const v1::Concept*> concept_;
  absl::flat_hash_map<std::string, const v1::Parameter*> parameter_;
  absl::flat_hash_map<std::string, const v1::Treatment*> treatment_;
};

}  // namespace

void ValidateCatalog(const std::vector<std::unique_ptr<ParsedFile>>& files,
                     bool complete, int max_condition_depth,
                     RecordPlaces* places,
                     std::vector<v1::Diagnostic>* diagnostics) {
  Validator(files, complete, max_condition_depth, places, diagnostics).Run();
  CheckProvenance(files, complete, diagnostics);
  CheckTranslations(files, complete, diagnostics);
}

}  // namespace needlewise
