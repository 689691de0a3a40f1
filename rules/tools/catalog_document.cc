#include "rules/tools/catalog_document.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/tools/condition_words.h"
#include "rules/tools/provenance_document.h"
#include "rules/tools/record_words.h"
#include "rules/tools/references.h"
#include "rules/tools/text_layout.h"

namespace needlewise {
namespace {

struct EffectSection {
  v1::EffectKind effect;
  const char* anchor;
  const char* heading;
  const char* meaning;
};

constexpr EffectSection kEffects[] = {
    {v1::EFFECT_KIND_CONTRAINDICATION, "contraindications", "Contraindications",
     "not in this state; nobody can acknowledge it away"},
    {v1::EFFECT_KIND_DEFERRAL, "deferrals", "Deferrals",
     "not now: until a date, or until something resolves"},
    {v1::EFFECT_KIND_REVIEW, "reviews", "Reviews",
     "a named clinician decides and records why"},
    {v1::EFFECT_KIND_PRECAUTION, "precautions", "Precautions",
     "go ahead, with this change"},
    {v1::EFFECT_KIND_NOTE, "notes", "Notes",
     "for information; never changes a verdict"},
};

struct Meaning {
  const char* what;
  const char* meaning;
};

constexpr Meaning kGrades[] = {
    {"A",
     "regulator, device label, society consensus or systematic review, "
     "directly on point"},
    {"B", "peer-reviewed primary study, narrative review or case series"},
    {"C", "one manufacturer's manual, expert opinion or a case report"},
    {"D", "a clinic's or marketing page; never enough alone to block"},
    {"G", "general knowledge, not looked up; never enough alone to block"},
};

struct PlanPart {
  v1::PlanSection section;
  const char* heading;
};

constexpr PlanPart kPlanParts[] = {
    {v1::PLAN_SECTION_PRE_CARE, "Before a session"},
    {v1::PLAN_SECTION_SESSION, "On the day of a session"},
    {v1::PLAN_SECTION_AFTER_CARE, "After a session"},
    {v1::PLAN_SECTION_TOPICAL_USE, "Topical products to use"},
    {v1::PLAN_SECTION_TOPICAL_AVOID, "Topical products to avoid"},
    {v1::PLAN_SECTION_RISK, "Risks to disclose before consent"},
    {v1::PLAN_SECTION_ESCALATE, "When to call the clinic"},
    {v1::PLAN_SECTION_DEPTH, "How deep the needles may go"},
    {v1::PLAN_SECTION_APPOINTMENT, "How long an appointment takes"},
    {v1::PLAN_SECTION_TIMELINE, "What to expect when, after a session"},
    {v1::PLAN_SECTION_DURATION, "How long results last"},
    {v1::PLAN_SECTION_MAINTENANCE, "Sessions after the course"},
};

const char* KindInWords(v1::ConceptKind kind) {
  switch (kind) {
    case v1::CONCEPT_KIND_CONDITION:
      return "condition";
    case v1::CONCEPT_KIND_MEDICINE:
      return "medicine";
    case v1::CONCEPT_KIND_PROCEDURE:
      return "procedure";
    case v1::CONCEPT_KIND_ALLERGY:
      return "allergy";
    case v1::CONCEPT_KIND_DEVICE:
      return "implanted or worn device";
    case v1::CONCEPT_KIND_QUANTITY:
      return "quantity";
    case v1::CONCEPT_KIND_AGE:
      return "age";
    case v1::CONCEPT_KIND_SITE:
      return "fact about the clinic";
    default:
      return "circumstance";
  }
}

const char* AnswerInWords(int source) {
  switch (source) {
    case v1::ANSWER_SOURCE_PATIENT:
      return "the patient";
    case v1::ANSWER_SOURCE_EXAMINATION:
      return "examination";
    case v1::ANSWER_SOURCE_TEST:
      return "a test";
    case v1::ANSWER_SOURCE_RECORD:
      return "the record";
    default:
      return "the clinic";
  }
}

const char* VerificationInWords(v1::CodeVerification verification) {
  switch (verification) {
    case v1::CODE_VERIFICATION_OFFICIAL:
      return "official data set";
    case v1::CODE_VERIFICATION_REPOSITORY:
      return "public repository";
    default:
      return "not verified; not used";
  }
}

const char* StrengthInWords(v1::EvidenceStrength strength) {
  switch (strength) {
    case v1::EVIDENCE_STRENGTH_STRONG:
      return "strong: recommended";
    case v1::EVIDENCE_STRENGTH_MODERATE:
      return "moderate: recommended";
    case v1::EVIDENCE_STRENGTH_WEAK:
      return "weak: optional";
    case v1::EVIDENCE_STRENGTH_MIXED:
      return "mixed: optional";
    default:
      return "indirect: optional";
  }
}

const char* StricterInWords(v1::StricterDirection direction) {
  switch (direction) {
    case v1::STRICTER_DIRECTION_GREATER:
      return "a greater value";
    case v1::STRICTER_DIRECTION_LESS:
      return "a lesser value";
    default:
      return "neither way; an overlay needs an approval for every change";
  }
}

const char* ProvenanceInWords(v1::CitationProvenance provenance) {
  switch (provenance) {
    case v1::CITATION_PROVENANCE_LOOKED_UP:
      return "looked up";
    case v1::CITATION_PROVENANCE_SECOND_HAND:
      return "second hand: text reproduced by a third party";
    default:
      return "general knowledge, not looked up";
  }
}

template <typename Values>
bool Holds(const Values& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

class Describer {
 public:
  explicit Describer(const CompiledCatalog& catalog)
      : catalog_(catalog),
        records_(catalog.catalog),
        document_(records_.manifest().title()) {
    CollectUse();
  }

  Document Run() {
    Front();
    HowToRead();
    Overlays();
    for (const int t : TreatmentsInOrder())
      Rules(*catalog_.treatments[t].definition);
    AddOns();
    Devices();
    Concepts();
    Gates();
    Parameters();
    Places();
    Courses();
    PlanItems();
    Disagreements();
    NonRules();
    if (!records_.invariants().empty()) Invariants();
    Citations();
    Answers();
    EvidenceIndex();
    RuleIndex();
    Approval();
    return std::move(document_);
  }

 private:
  // What each record is used by.
  struct Use {
    std::vector<std::string> rules;
    // By their freshness.
    std::vector<std::string> concepts;
    int statements = 0;
  };

  void CollectUse() {
    for (const v1::Rule& rule : records_.rules()) {
      VisitReferences(rule, [&](RecordKind kind, const std::string& id) {
        std::vector<std::string>& rules = use_[{kind, id}].rules;
        if (rules.empty() || rules.back() != rule.rule_id()) {
          rules.push_back(rule.rule_id());
        }
      });
    }
    for (const v1::Concept& c : records_.concepts()) {
      VisitReferences(c, [&](RecordKind kind, const std::string& id) {
        use_[{kind, id}].concepts.push_back(c.concept_id());
      });
    }
    VisitReferences(records_, [&](RecordKind kind, const std::string& id) {
      ++use_[{kind, id}].statements;
    });
  }

  const Use& UseOf(RecordKind kind, const std::string& id) {
    return use_[{kind, id}];
  }

  // Concepts by what a clinician calls them.
  template <typename ConceptIds>
  Inline LinkedConcepts(const ConceptIds& ids) const {
    Inline text;
    for (const std::string& id : ids) {
      if (!text.empty()) text.Add(", ");
      text.Link(catalog_.concepts[catalog_.concept_index.at(id)]
                    .definition->display(),
                absl::StrCat("#concept-", id));
    }
    return text;
  }

  void Section(const std::string& anchor, const std::string& heading) {
    document_.Heading(2, anchor, absl::StrCat(++section_, ". ", heading));
  }

  // A label in bold, and what it is, unless that is nothing.
  void Labelled(const std::string& label, const Inline& text) {
    if (text.empty()) return;
    document_.Paragraph(
        Inline().Bold(absl::StrCat(label, ":")).Add(" ").Add(text));
  }

  void Optional(const Inline& text) {
    if (!text.empty()) document_.Paragraph(text);
  }

  // Bases before add-ons, single ones before combinations.
  std::vector<int> TreatmentsInOrder() const {
    std::vector<int> order;
    for (size_t i = 0; i < catalog_.treatments.size(); ++i) {
      order.push_back(static_cast<int>(i));
    }
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      const auto rank = [&](int t) {
        const v1::Treatment& definition = *catalog_.treatments[t].definition;
        return std::make_pair(!definition.base().empty(),
                              !definition.combines().empty());
      };
      return rank(a) < rank(b);
    });
    return order;
  }

  void Front() {
    const v1::Manifest& manifest = records_.manifest();
    std::vector<std::vector<Inline>> rows = {
        {"Version", catalog_.version.version()},
        {"Digest (SHA-256)", Inline().Code(catalog_.version.digest())},
        {"Effective from", manifest.effective_from()},
        {"Rules", absl::StrCat(records_.rules_size())},
        {"Concepts", absl::StrCat(records_.concepts_size())},
        {"Sources", absl::StrCat(records_.citations_size())},
    };
    document_.Table({"Catalogue", ""}, std::move(rows));
    document_.Heading(3, "intended-use", "Intended use", false);
    document_.Paragraph(manifest.intended_use());
    if (!records_.overlays().empty()) {
      document_.Paragraph(
          Inline()
              .Bold("A clinic's overlay changes this catalogue:")
              .Add(" see the section on overlays."));
    }
    document_.Heading(3, "contents", "Contents", false);
    document_.Contents();
  }

  void HowToRead() {
    Section("how-to-read", "How to read this document");
    document_.Paragraph(
        "A rule looks for something about a patient, the treatment area, the "
        "device or the clinic, and has one effect. Effects, the strictest "
        "first:");
    std::vector<ListItem> effects;
    for (const EffectSection& e : kEffects) {
      effects.push_back(
          {Inline().Bold(e.heading).Add(absl::StrCat(": ", e.meaning, ".")),
           {}});
    }
    document_.List(std::move(effects));
    document_.Paragraph(
        "For one treatment in one area, the first line that holds decides.");
    document_.Table(
        {"Holds", "Verdict"},
        {{"a contraindication is true", "contraindicated"},
         {"a deferral is true",
          "deferred, with a date where every true deferral has one"},
         {"a contraindication or deferral is unknown, or a review is unknown "
          "while none is true",
          "data required"},
         {"a review is true", "review required"},
         {"a precaution is true or unknown", "eligible with precautions"},
         {"none of these", "eligible"}});
    document_.Paragraph(
        "What nobody has stated is unknown, and unknown is never taken for no. "
        "\"Now\" is the day of the treatment. \"Ever\" is now or at any time "
        "before. A wait of so many days after an event on a day is over so "
        "many days later.");
    document_.Paragraph("Each source has a grade for what it is cited for:");
    std::vector<ListItem> grades;
    for (const Meaning& g : kGrades) {
      grades.push_back(
          {Inline().Bold(g.what).Add(absl::StrCat(": ", g.meaning, ".")), {}});
    }
    document_.List(std::move(grades));
  }

  void Rules(const v1::Treatment& treatment) {
    std::vector<const CompiledRule*> first;
    std::vector<std::string> elsewhere;
    for (const CompiledRule& rule : catalog_.rules) {
      if (!Holds(rule.rule->applies_to(), treatment.treatment_id())) continue;
      if (described_.insert(rule.rule->rule_id()).second) {
        first.push_back(&rule);
      } else {
        elsewhere.push_back(rule.rule->rule_id());
      }
    }
    const std::string id = treatment.treatment_id();
    Section(absl::StrCat("rules-of-", id),
            absl::StrCat("Rules of ", treatment.display()));
    document_.Paragraph(treatment.description());
    if (!treatment.combines().empty()) {
      document_.Paragraph(absl::StrCat(
          "The rules of ", TreatmentNames(catalog_, treatment.combines()),
          " and of what they build on apply as well. Those below concern them "
          "together in one session."));
    } else if (!treatment.base().empty()) {
      const int base = catalog_.treatment_index.at(treatment.base());
      document_.Paragraph(absl::StrCat(
          "The rules of ", catalog_.treatments[base].definition->display(),
          " apply as well."));
    }
    if (!elsewhere.empty()) {
      document_.Paragraph(Inline("Described above and applying here, too: ")
                              .Add(LinkedIds("rule", elsewhere))
                              .Add("."));
    }
    for (const EffectSection& e : kEffects) {
      std::vector<const CompiledRule*> rules;
      for (const CompiledRule* rule : first) {
        if (rule->effect == e.effect) rules.push_back(rule);
      }
      if (rules.empty()) continue;
      document_.Heading(3, absl::StrCat(e.anchor, "-of-", id),
                        absl::StrCat(e.heading, " (", rules.size(), ")"));
      for (const CompiledRule* rule : rules) Rule(*rule->rule);
    }
  }

  void Rule(const v1::Rule& rule) {
    document_.BeginGroup();
    document_.Heading(4, absl::StrCat("rule-", rule.rule_id()), rule.title(),
                      false);
    Inline line;
    line.Code(rule.rule_id())
        .Add(absl::StrCat("; for ",
                          TreatmentNames(catalog_, rule.applies_to())));
    if (!rule.profiles().empty()) {
      line.Add(absl::StrCat("; also in the profile ",
                            absl::StrJoin(rule.profiles(), ", ")));
    }
    document_.Paragraph(line);
    document_.Paragraph(Inline().Bold("Holds where:"));
    document_.List(ConditionItems(catalog_, rule.condition()));
    document_.Paragraph(rule.clinician_text());
    if (!rule.cleared_by().empty()) Labelled("Cleared by", rule.cleared_by());
    for (const std::string& note : rule.overlay_notes()) {
      Labelled("Changed", note);
    }
    Labelled("Sources", Sources(rule.citations()));
    Optional(Background(rule.conflicts(), rule.evidence_rows()));
    document_.EndGroup();
  }

  void AddOns() {
    Section("add-ons", "Add-ons and what they are offered for");
    document_.Paragraph(
        "An add-on is offered only where the base treatment is eligible and "
        "the add-on's own screening is.");
    for (const int t : TreatmentsInOrder()) {
      const v1::Treatment& treatment = *catalog_.treatments[t].definition;
      if (treatment.base().empty()) continue;
      document_.Heading(3, absl::StrCat("add-on-", treatment.treatment_id()),
                        treatment.display());
      document_.Paragraph(treatment.description());
      std::vector<std::vector<Inline>> rows;
      for (const v1::Indication& i : treatment.indications()) {
        Inline text = i.text();
        const Inline background = Background(i.conflicts(), i.evidence_rows());
        if (!background.empty()) text.Add(" ").Add(background);
        rows.push_back(
            {catalog_.catalog.concerns(catalog_.concern_index.at(i.concern()))
                 .display(),
             StrengthInWords(i.strength()), text, Sources(i.citations())});
      }
      if (rows.empty()) {
        document_.Paragraph(
            "No concern of its own: the add-ons that it combines have theirs.");
      }
      document_.Table({"Concern", "Evidence", "For the clinician", "Sources"},
                      std::move(rows));
    }
  }

  void Devices() {
    Section("devices", "Devices and their labels");
    for (const v1::Device& device : records_.devices()) {
      document_.BeginGroup();
      document_.Heading(3, absl::StrCat("device-", device.device_id()),
                        device.display());
      document_.Paragraph(
          Inline()
              .Code(device.device_id())
              .Add(absl::StrCat(
                  "; for ", TreatmentNames(catalog_, device.treatments()))));
      if (!device.text().empty()) document_.Paragraph(device.text());
      if (device.cleared_uses().empty()) {
        document_.Paragraph(
            "No cleared use is on file: every use is outside "
            "its label.");
      }
      std::vector<std::vector<Inline>> rows;
      for (const v1::ClearedUse& use : device.cleared_uses()) {
        rows.push_back(
            {AreaNames(catalog_, use.areas()),
             ConcernNames(catalog_, use.concerns()),
             use.minimum_age() == 0
                 ? "any"
                 : absl::StrCat("from ", ValueInWords(use.minimum_age(), "a")),
             absl::StrCat(
                 std::max(1, use.minimum_skin_type()), " to ",
                 use.maximum_skin_type() == 0 ? 6 : use.maximum_skin_type()),
             use.maximum_depth_mm() == 0
                 ? "none given"
                 : ValueInWords(use.maximum_depth_mm(), "mm"),
             Sources(use.citations())});
      }
      document_.Table({"Cleared for areas", "and concerns", "Age", "Skin types",
                       "Deepest", "Sources"},
                      std::move(rows));
      Labelled("The label excludes",
               LinkedConcepts(device.excluded_concepts()));
      Labelled("Sources", Sources(device.citations()));
      document_.EndGroup();
    }
  }

  void Concepts() {
    Section("concepts", "Concepts and their questions");
    document_.Paragraph(
        "The questions go to a patient or are read by a clinician. A \"no\" to "
        "a question about now leaves the past open; a \"no\" to a question "
        "about ever does not.");
    for (const v1::Section& section : records_.sections()) {
      document_.Heading(3, absl::StrCat("section-", section.section_id()),
                        section.display());
      for (const v1::Concept& c : records_.concepts()) {
        if (c.section() == section.section_id()) Concept(c);
      }
    }
  }

  void Concept(const v1::Concept& c) {
    document_.BeginGroup();
    document_.Heading(4, absl::StrCat("concept-", c.concept_id()), c.display(),
                      false);
    document_.Paragraph(Inline().Styled(Span::Style::kItalic, c.question()));
    std::vector<std::string> answers;
    for (const int source : c.answer_sources()) {
      answers.push_back(AnswerInWords(source));
    }
    Inline line;
    line.Code(c.concept_id())
        .Add(absl::StrCat(
            "; ", KindInWords(c.kind()), "; asked of ",
            c.scope() == v1::CONCEPT_SCOPE_TREATMENT_AREA ? "the treatment area"
                                                          : "the whole patient",
            "; about ", c.tense() == v1::QUESTION_TENSE_EVER ? "ever" : "now",
            "; answered by ", absl::StrJoin(answers, " or ")));
    if (c.has_quantity()) line.Add(absl::StrCat("; ", Form(c.quantity())));
    if (c.has_freshness()) line.Add(absl::StrCat("; ", Freshness(c)));
    document_.Paragraph(line.Add("."));
    if (!c.synonyms().empty()) {
      Labelled("Also called", absl::StrJoin(c.synonyms(), ", "));
    }
    Labelled(
        "Asked by",
        LinkedIds("rule", UseOf(RecordKind::kConcept, c.concept_id()).rules));
    std::vector<std::string> gates;
    for (const v1::Implication& gate : records_.implications()) {
      if (gate.given().concept() == c.concept_id()) {
        gates.push_back(gate.implication_id());
      }
    }
    Labelled("Gate", LinkedIds("gate", gates));
    std::vector<std::vector<Inline>> codes;
    for (const v1::ConceptCode& code : c.codes()) {
      Inline which;
      which.Code(code.coding().code());
      if (code.prefix()) which.Add(" and all that begin so");
      if (!code.except_prefixes().empty()) {
        which.Add(" but for ").Add(PlainIds(code.except_prefixes()));
      }
      codes.push_back(
          {code.coding().system(), which, code.display(), code.system_version(),
           code.source().empty()
               ? Inline(VerificationInWords(code.verification()))
               : Inline(absl::StrCat(VerificationInWords(code.verification()),
                                     ", "))
                     .Add(LinkedIds("citation",
                                    std::vector<std::string>{code.source()}))});
    }
    document_.Table({"System", "Code", "Display", "Edition", "Verified in"},
                    std::move(codes));
    document_.EndGroup();
  }

  static std::string Form(const v1::QuantityForm& form) {
    std::string text =
        absl::StrCat("from ", ValueInWords(form.minimum(), form.unit()), " to ",
                     ValueInWords(form.maximum(), form.unit()),
                     form.whole_numbers() ? ", whole numbers" : "");
    std::vector<std::string> units;
    for (const v1::UnitConversion& c : form.conversions()) {
      units.push_back(c.unit());
    }
    if (!units.empty()) {
      absl::StrAppend(&text, ", also accepted in ", absl::StrJoin(units, ", "));
    }
    return text;
  }

  std::string Freshness(const v1::Concept& c) const {
    const v1::Freshness& freshness = c.freshness();
    std::string limit = ValueInWords(freshness.days(), "d");
    if (freshness.limit_case() == v1::Freshness::kParameter) {
      const v1::Parameter& parameter = records_.parameters(
          catalog_.parameter_index.at(freshness.parameter()));
      limit = absl::StrCat(ValueInWords(parameter.value(), parameter.unit()),
                           " (", parameter.parameter_id(), ")");
    }
    return absl::StrCat(freshness.only_denials() ? "a denial" : "a statement",
                        " goes stale after ", limit);
  }

  void Gates() {
    Section("gates", "Gates: answers that settle other questions");
    const auto state = [&](const v1::ConceptState& s) {
      return LinkedConcepts(std::vector<std::string>{s.concept()})
          .Add(absl::StrCat(": ", StateInWords(catalog_, s)));
    };
    for (const v1::Implication& gate : records_.implications()) {
      document_.BeginGroup();
      document_.Heading(4, absl::StrCat("gate-", gate.implication_id()),
                        Inline().Code(gate.implication_id()), false);
      std::vector<ListItem> implied;
      for (const v1::ConceptState& s : gate.implies()) {
        implied.push_back({state(s), {}});
      }
      document_.Paragraph(Inline()
                              .Bold("Where")
                              .Add(" ")
                              .Add(state(gate.given()))
                              .Add(", it follows:"));
      document_.List(std::move(implied));
      document_.Paragraph(gate.rationale());
      document_.EndGroup();
    }
  }

  void Parameters() {
    Section("parameters", "Parameters: the numbers that are defaults");
    for (const v1::Parameter& p : records_.parameters()) {
      document_.BeginGroup();
      document_.Heading(
          4, absl::StrCat("parameter-", p.parameter_id()),
          Inline()
              .Code(p.parameter_id())
              .Add(absl::StrCat(": ", ValueInWords(p.value(), p.unit()))),
          false);
      document_.Paragraph(p.description());
      Labelled("Stricter", StricterInWords(p.stricter()));
      const Use& use = UseOf(RecordKind::kParameter, p.parameter_id());
      Labelled("Used by", LinkedIds("rule", use.rules));
      Labelled("Used for the freshness of", LinkedConcepts(use.concepts));
      Labelled("Sources", Sources(p.citations()));
      document_.EndGroup();
    }
  }

  void Places() {
    Section("areas-concerns-profiles", "Areas, concerns and profiles");
    document_.Heading(3, "areas", "Areas of the body");
    document_.List(AreasIn(-1));
    document_.Heading(3, "concerns", "Concerns");
    std::vector<ListItem> concerns;
    for (const v1::Concern& c : records_.concerns()) {
      concerns.push_back(
          {Inline(absl::StrCat(c.display(), " ")).Code(c.concern_id()), {}});
    }
    document_.List(std::move(concerns));
    document_.Heading(3, "profiles", "Profiles");
    std::vector<std::vector<Inline>> rows = {
        {Inline().Code("standard"), "Every rule, unless another is asked for.",
         absl::StrCat(records_.rules_size())}};
    for (const v1::Profile& profile : records_.profiles()) {
      rows.push_back(
          {Inline().Code(profile.profile_id()),
           absl::StrCat(profile.display(), ": ", profile.description()),
           absl::StrCat(UseOf(RecordKind::kProfile, profile.profile_id())
                            .rules.size())});
    }
    document_.Table({"Profile", "What it is for", "Rules"}, std::move(rows));
  }

  std::vector<ListItem> AreasIn(int parent) const {
    std::vector<ListItem> items;
    for (size_t i = 0; i < catalog_.areas.size(); ++i) {
      const CompiledArea& area = catalog_.areas[i];
      if (area.parent != parent) continue;
      ListItem item;
      item.text.Add(absl::StrCat(area.definition->display(), " "))
          .Code(area.definition->area_id());
      if (!area.definition->treatable()) {
        item.text.Add(" (can be named, not treated)");
      }
      item.items = AreasIn(static_cast<int>(i));
      items.push_back(std::move(item));
    }
    return items;
  }

  void Courses() {
    Section("courses", "Courses of sessions");
    for (const v1::Course& course : records_.courses()) {
      document_.BeginGroup();
      document_.Heading(4, absl::StrCat("course-", course.course_id()),
                        Inline().Code(course.course_id()), false);
      document_.Paragraph(absl::StrCat(
          TreatmentNames(catalog_, course.applies_to()), "; ",
          course.concerns().empty() ? "any concern that no other course names"
                                    : ConcernNames(catalog_, course.concerns()),
          "; ", Range(course.sessions_min(), course.sessions_max()),
          course.sessions_max() == 1 ? " session, " : " sessions, ",
          Range(course.interval_min_days(), course.interval_max_days()),
          " days apart."));
      document_.Paragraph(course.text());
      Labelled("Sources", Sources(course.citations()));
      Optional(Background(course.conflicts(), {}));
      document_.EndGroup();
    }
  }

  static std::string Range(int least, int most) {
    return least == most ? absl::StrCat(least)
                         : absl::StrCat(least, " to ", most);
  }

  void PlanItems() {
    Section("plan", "What a plan holds");
    for (const PlanPart& part : kPlanParts) {
      std::vector<std::vector<Inline>> rows;
      for (const v1::PlanItem& item : records_.plan_items()) {
        if (item.section() == part.section) rows.push_back(PlanRow(item));
      }
      if (rows.empty()) continue;
      document_.Heading(3,
                        absl::StrCat("plan-", static_cast<int>(part.section)),
                        part.heading);
      document_.Table({"Item", "For", "Text", "Sources"}, std::move(rows));
    }
  }

  std::vector<Inline> PlanRow(const v1::PlanItem& item) {
    std::vector<std::string> shown = {
        TreatmentNames(catalog_, item.applies_to())};
    if (!item.areas().empty()) {
      shown.push_back(AreaNames(catalog_, item.areas()));
    }
    if (!item.devices().empty()) {
      shown.push_back(DeviceNames(catalog_, item.devices()));
    }
    if (!item.concerns().empty()) {
      shown.push_back(ConcernNames(catalog_, item.concerns()));
    }
    if (item.has_condition()) {
      shown.push_back(absl::StrCat("unless ruled out: ",
                                   InWords(catalog_, item.condition())));
    }
    Inline text;
    if (item.mandatory()) text.Bold("To be recorded before treating.").Add(" ");
    text.Add(item.text());
    std::vector<std::string> limits;
    const std::string when = SpanInWords(item.from_hours(), item.until_hours());
    if (!when.empty()) limits.push_back(when);
    if (item.maximum_depth_mm() > 0) {
      limits.push_back(absl::StrCat(
          "at most ", ValueInWords(item.maximum_depth_mm(), "mm")));
    }
    if (!limits.empty()) {
      text.Add(absl::StrCat(" (", absl::StrJoin(limits, "; "), ")"));
    }
    const Inline background =
        Background(item.conflicts(), item.evidence_rows());
    if (!background.empty()) text.Add(" ").Add(background);
    return {Inline().Code(item.item_id()), absl::StrJoin(shown, "; "), text,
            Sources(item.citations())};
  }

  void Disagreements() {
    Section("disagreements", "Where sources disagree");
    for (const v1::SourceConflict* conflict :
         InNaturalOrder(records_.conflicts(),
                        [](const auto& r) { return r.conflict_id(); })) {
      document_.BeginGroup();
      document_.Heading(
          4, absl::StrCat("conflict-", conflict->conflict_id()),
          absl::StrCat(conflict->conflict_id(), ": ", conflict->topic()),
          false);
      std::vector<ListItem> positions;
      for (const v1::ConflictPosition& p : conflict->positions()) {
        positions.push_back({LinkedIds("citation", p.sources())
                                 .Add(absl::StrCat(": ", p.statement())),
                             {}});
      }
      document_.List(std::move(positions));
      Labelled("Resolution", conflict->resolution());
      Labelled("Why", conflict->rationale());
      Labelled("Sources", Sources(conflict->citations()));
      Labelled(
          "Rules",
          LinkedIds(
              "rule",
              UseOf(RecordKind::kConflict, conflict->conflict_id()).rules));
      document_.EndGroup();
    }
  }

  void NonRules() {
    if (records_.non_rules().empty()) return;
    Section("not-adopted", "Deliberately not adopted");
    DescribeNonRules(records_, &document_);
  }

  void Answers() {
    const v1::Manifest& manifest = records_.manifest();
    if (manifest.source_attributes().empty() &&
        manifest.device_criteria().empty()) {
      return;
    }
    Section("regulators", "Answers for regulators");
    DescribeAnswers(manifest, &document_);
  }

  void Overlays() {
    if (records_.overlays().empty()) return;
    Section("overlays", "What overlays change");
    DescribeOverlays(records_, &document_);
  }

  void Invariants() {
    Section("invariants", "What holds for every patient");
    document_.Paragraph(
        Inline("Each is proved, over all patients and everything that can be "
               "known of one, by ")
            .Code("needlewise-rules prove")
            .Add("."));
    std::vector<std::vector<Inline>> rows;
    for (const v1::Invariant& i : records_.invariants()) {
      rows.push_back({Inline().Code(i.invariant_id()), i.statement(),
                      Sources(i.citations())});
    }
    document_.Table({"Invariant", "What holds", "Sources"}, std::move(rows));
  }

  template <typename Record, typename Id>
  static std::vector<const Record*> InNaturalOrder(
      const google::protobuf::RepeatedPtrField<Record>& records, Id id) {
    std::vector<const Record*> order;
    for (const Record& record : records) order.push_back(&record);
    std::stable_sort(order.begin(), order.end(),
                     [&](const Record* a, const Record* b) {
                       return NaturallyLess(id(*a), id(*b));
                     });
    return order;
  }

  void Citations() {
    Section("citations", "Sources");
    for (const v1::Citation* citation :
         InNaturalOrder(records_.citations(),
                        [](const auto& r) { return r.citation_id(); })) {
      Citation(*citation);
    }
  }

  void Citation(const v1::Citation& citation) {
    const std::string& id = citation.citation_id();
    const int index = catalog_.citation_index.at(id);
    document_.BeginGroup();
    document_.Heading(4, absl::StrCat("citation-", id), id, false);
    const std::string& described = catalog_.citation_lines[index];
    Inline line =
        absl::StrCat(described, absl::EndsWith(described, ".") ? "" : ".");
    if (!citation.doi().empty()) {
      line.Add(" ").Link(absl::StrCat("doi:", citation.doi()),
                         absl::StrCat("https://doi.org/", citation.doi()));
    }
    if (!citation.url().empty()) {
      line.Add(" ").Link(citation.url(), citation.url());
    }
    document_.Paragraph(line);
    document_.Paragraph(absl::StrCat(
        citation.article() ? "One of the articles that the catalogue answers; "
                           : "",
        ProvenanceInWords(citation.provenance()), "; cited by ",
        Counted(UseOf(RecordKind::kCitation, id).statements, "statement",
                "statements"),
        citation.last_reviewed().empty()
            ? ""
            : absl::StrCat("; last read on ", citation.last_reviewed()),
        citation.review_by().empty()
            ? ""
            : absl::StrCat("; to be read again by ", citation.review_by()),
        "."));
    if (!citation.listed_because().empty()) {
      document_.Paragraph(citation.listed_because());
    }
    document_.EndGroup();
  }

  void EvidenceIndex() {
    struct NaturalOrder {
      bool operator()(const std::string& a, const std::string& b) const {
        return NaturallyLess(a, b);
      }
    };
    std::map<std::string, Inline, NaturalOrder> rows;
    const auto add = [&](const Ids& ids, const Inline& what) {
      for (const std::string& row : ids) {
        if (!rows[row].empty()) rows[row].Add(", ");
        rows[row].Add(what);
      }
    };
    for (const v1::Rule& rule : records_.rules()) {
      add(rule.evidence_rows(),
          Inline().Link(rule.rule_id(),
                        absl::StrCat("#rule-", rule.rule_id())));
    }
    for (const v1::Treatment& treatment : records_.treatments()) {
      for (const v1::Indication& i : treatment.indications()) {
        add(i.evidence_rows(),
            Inline().Link(
                absl::StrCat(treatment.treatment_id(), " for ", i.concern()),
                absl::StrCat("#add-on-", treatment.treatment_id())));
      }
    }
    for (const v1::PlanItem& item : records_.plan_items()) {
      add(item.evidence_rows(),
          Inline().Link(
              item.item_id(),
              absl::StrCat("#plan-", static_cast<int>(item.section()))));
    }
    if (rows.empty()) return;
    Section("evidence-rows", "Index of evidence rows");
    std::vector<std::vector<Inline>> table;
    for (auto& [row, uses] : rows) table.push_back({row, std::move(uses)});
    document_.Table({"Row", "Encoded by"}, std::move(table));
  }

  void RuleIndex() {
    Section("rule-index", "Index of rules");
    std::vector<std::vector<Inline>> table;
    for (const CompiledRule& rule : catalog_.rules) {
      const std::string& id = rule.rule->rule_id();
      table.push_back({Inline().Link(id, absl::StrCat("#rule-", id)),
                       EffectInWords(rule.effect),
                       TreatmentNames(catalog_, rule.rule->applies_to())});
    }
    document_.Table({"Rule", "Effect", "For"}, std::move(table));
  }

  void Approval() {
    Section("approval", "Approval");
    document_.Paragraph(
        Inline("The undersigned have read this catalogue, version ")
            .Add(catalog_.version.version())
            .Add(", digest ")
            .Code(catalog_.version.digest())
            .Add(", and approve it for use, with the reservations noted "
                 "here."));
    document_.Table(
        {"Name", "Role", "Reservations", "Date", "Signature"},
        std::vector<std::vector<Inline>>(4, std::vector<Inline>(5)));
  }

  const CompiledCatalog& catalog_;
  const v1::RuleCatalog& records_;
  Document document_;
  int section_ = 0;
  // Rules described so far.
  std::set<std::string> described_;
  std::map<std::pair<RecordKind, std::string>, Use> use_;
};

}  // namespace

bool NaturallyLess(const std::string& a, const std::string& b) {
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (absl::ascii_isdigit(a[i]) && absl::ascii_isdigit(b[j])) {
      const auto number = [](const std::string& text, size_t* at) {
        const size_t from =
            std::min(text.find_first_not_of('0', *at), text.size());
        *at = from;
        while (*at < text.size() && absl::ascii_isdigit(text[*at])) ++*at;
        return text.substr(from, *at - from);
      };
      const std::string x = number(a, &i);
      const std::string y = number(b, &j);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
    }
  }
  if (i < a.size() || j < b.size()) return j < b.size();
  // The same but for leading zeros.
  return a < b;
}

Document DescribeCatalog(const CompiledCatalog& catalog) {
  return Describer(catalog).Run();
}

}  // namespace needlewise
