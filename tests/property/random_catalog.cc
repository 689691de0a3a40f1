#include "tests/property/random_catalog.h"

#include <set>
#include <string>
#include <vector>

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace needlewise {
namespace {

constexpr char kFurniture[] = R"(
  manifest {
    version: "1.0.0-test"
    effective_from: "2026-01-01"
    title: "A catalogue for tests"
    intended_use: "Tests"
  }
  sections { section_id: "one" display: "One" }
  sections { section_id: "two" display: "Two" }
  concerns { concern_id: "scars" display: "Scars" }
  concerns { concern_id: "lines" display: "Lines" }
  treatments {
    treatment_id: "needling" display: "Needling" description: "Needles."
  }
  treatments {
    treatment_id: "heat"
    display: "Heat"
    description: "Needles and heat."
    base: "needling"
  }
  profiles { profile_id: "core" display: "Core" description: "The core." }
  parameters {
    parameter_id: "wait"
    description: "A wait."
    value: 12
    unit: "mo"
    citations { source: "R1" grade: EVIDENCE_GRADE_B }
  }
  parameters {
    parameter_id: "limit"
    description: "A limit."
    value: 30
    unit: "u"
    citations { source: "R1" grade: EVIDENCE_GRADE_B }
  }
  parameters {
    parameter_id: "freshness"
    description: "How long a statement is good."
    value: 30
    unit: "d"
    citations { source: "R1" grade: EVIDENCE_GRADE_B }
  }
  citations {
    citation_id: "R1"
    title: "A review"
    provenance: CITATION_PROVENANCE_LOOKED_UP
  }
)";

constexpr int kNote = 5;

class Maker {
 public:
  explicit Maker(Random* random) : random_(*random) {
    EXPECT_TRUE(
        google::protobuf::TextFormat::ParseFromString(kFurniture, &catalog_));
  }

  v1::RuleCatalog Make() {
    AddAreas();
    const int concepts = random_.Between(2, 6);
    for (int i = 0; i < concepts; ++i) AddConcept(i);
    AddDevices();
    AddImplications();
    const int rules = random_.Between(2, 7);
    for (int i = 0; i < rules; ++i) {
      AddRule(MakeCondition(random_.Below(3)), random_.Below(6));
    }
    // An answer is drawn on where some rule asks for it, or a wider one.
    for (const std::string& id : asked_anywhere_) {
      v1::Condition condition;
      condition.mutable_finding()->set_concept(id);
      condition.mutable_finding()->set_time(v1::FINDING_TIME_NOW);
      condition.mutable_finding()->set_place(v1::FINDING_PLACE_ANYWHERE);
      AddRule(condition, kNote);
    }
    return catalog_;
  }

 private:
  // A forest of two trees, one of them three deep, in any order of ids.
  void AddAreas() {
    areas_ = {"a", "b", "c", "d", "e"};
    random_.Shuffle(&areas_);
    const int parents[] = {-1, 0, 1, 0, -1};
    for (size_t i = 0; i < areas_.size(); ++i) {
      v1::Area* area = catalog_.add_areas();
      area->set_area_id(areas_[i]);
      area->set_display(areas_[i]);
      if (parents[i] >= 0) area->set_parent(areas_[parents[i]]);
      area->set_treatable(true);
    }
  }

  void AddConcept(int i) {
    v1::Concept* c = catalog_.add_concepts();
    c->set_concept_id("c" + std::to_string(i));
    c->set_display(c->concept_id());
    c->set_question("Is it so?");
    c->add_answer_sources(v1::ANSWER_SOURCE_PATIENT);
    c->set_section(random_.Chance(0.6) ? "one" : "two");
    c->set_kind(v1::CONCEPT_KIND_CONDITION);
    c->set_scope(random_.Chance(0.5) ? v1::CONCEPT_SCOPE_PATIENT
                                     : v1::CONCEPT_SCOPE_TREATMENT_AREA);
    c->set_tense(random_.Chance(0.7) ? v1::QUESTION_TENSE_EVER
                                     : v1::QUESTION_TENSE_NOW);
    if (random_.Chance(0.25)) MakeQuantity(c);
    if (random_.Chance(0.2)) {
      if (random_.Chance(0.5)) {
        c->mutable_freshness()->set_days(random_.Between(1, 40));
      } else {
        c->mutable_freshness()->set_parameter("freshness");
      }
      c->mutable_freshness()->set_only_denials(random_.Chance(0.4));
    }
    AddCodes(i, c);
  }

  void MakeQuantity(v1::Concept* c) {
    c->set_kind(v1::CONCEPT_KIND_QUANTITY);
    c->set_scope(v1::CONCEPT_SCOPE_PATIENT);
    v1::QuantityForm* form = c->mutable_quantity();
    form->set_maximum(100);
    form->set_whole_numbers(random_.Chance(0.3));
    form->set_unit("u");
    v1::UnitConversion* conversion = form->add_conversions();
    conversion->set_unit("v");
    conversion->set_denominator(2);
    conversion->set_offset(1);
    if (!has_age_ && random_.Chance(0.3)) {
      has_age_ = true;
      c->set_concept_id("age");
      c->set_kind(v1::CONCEPT_KIND_AGE);
      form->set_maximum(130);
      form->set_whole_numbers(true);
    } else if (!has_skin_type_ && random_.Chance(0.3)) {
      has_skin_type_ = true;
      c->set_concept_id("fitzpatrick_skin_type");
      form->set_minimum(1);
      form->set_maximum(6);
      form->set_whole_numbers(true);
    }
  }

  void AddCodes(int i, v1::Concept* c) {
    if (c->kind() == v1::CONCEPT_KIND_AGE) return;
    const auto add = [&](const std::string& code, bool prefix) {
      v1::ConceptCode* added = c->add_codes();
      added->mutable_coding()->set_system("http://codes.test");
      added->mutable_coding()->set_code(code);
      added->set_display("A code");
      added->set_prefix(prefix);
      added->set_verification(v1::CODE_VERIFICATION_OFFICIAL);
      return added;
    };
    add("K" + std::to_string(i), false);
    // A code of several concepts: all of conditions, or all of quantities.
    const bool whole = c->quantity().whole_numbers();
    const std::string shared = c->concept_id() == "fitzpatrick_skin_type" ? "F"
                               : c->has_quantity()   ? whole ? "W" : "Q"
                               : random_.Chance(0.5) ? "S"
                                                     : "T";
    if (random_.Chance(0.2)) add(shared, false);
    if (random_.Chance(0.2)) {
      add(shared + ".", true)->add_except_prefixes(shared + ".9");
    }
    if (random_.Chance(0.1)) {
      add("N", false)->set_verification(v1::CODE_VERIFICATION_UNVERIFIED);
    }
  }

  void AddDevices() {
    for (const char* id : {"pen", "gun"}) {
      v1::Device* device = catalog_.add_devices();
      device->set_device_id(id);
      device->set_display(id);
      device->add_treatments(id == std::string("pen") ? "needling" : "heat");
      const int uses = random_.Below(3);
      for (int i = 0; i < uses; ++i) {
        v1::ClearedUse* use = device->add_cleared_uses();
        use->add_areas(random_.Pick(areas_));
        use->add_concerns(random_.Chance(0.5) ? "scars" : "lines");
        if (random_.Chance(0.5)) use->set_minimum_age(22);
        if (random_.Chance(0.5)) use->set_minimum_skin_type(2);
        if (random_.Chance(0.5)) use->set_maximum_skin_type(4);
        if (random_.Chance(0.5)) use->set_maximum_depth_mm(1.5);
        Cite(use->add_citations());
      }
      for (const v1::Concept& c : catalog_.concepts()) {
        if (random_.Chance(0.3)) device->add_excluded_concepts(c.concept_id());
      }
      Cite(device->add_citations());
    }
  }

  void Cite(v1::SourceReference* reference) {
    reference->set_source("R1");
    reference->set_grade(v1::EVIDENCE_GRADE_B);
  }

  // What a "no" implies is a "no", what a "yes" implies is a "yes", and a gate
  // has implications of one kind: others contradict each other easily, and it
  // is anybody's guess which of the answers is wrong.
  void AddImplications() {
    gates_in_one_place_ = random_.Chance(0.5);
    for (int gate = 0; gate < catalog_.concepts_size(); ++gate) {
      if (catalog_.concepts(gate).has_quantity()) continue;
      const bool yes = random_.Chance(0.15);
      for (int target = gate + 1; target < catalog_.concepts_size(); ++target) {
        if (random_.Chance(0.25)) AddImplication(gate, target, yes);
      }
    }
  }

  void AddImplication(int gate, int target, bool yes) {
    const v1::Concept& from = catalog_.concepts(gate);
    const v1::Concept& to = catalog_.concepts(target);
    if (to.kind() == v1::CONCEPT_KIND_AGE) return;
    v1::Implication made;
    made.set_implication_id("i" + std::to_string(catalog_.implications_size()));
    made.set_rationale("It follows.");
    made.mutable_given()->set_concept(from.concept_id());
    v1::ConceptState* implied = made.add_implies();
    implied->set_concept(to.concept_id());
    const bool of_patient = from.scope() == v1::CONCEPT_SCOPE_PATIENT;
    if (yes && (!of_patient || to.scope() != v1::CONCEPT_SCOPE_PATIENT ||
                to.has_quantity())) {
      return;
    }
    if (!of_patient) {
      // What is answered of the treatment area settles nothing wider.
      if (to.has_quantity() || to.scope() == v1::CONCEPT_SCOPE_PATIENT) return;
      own_place_only_.insert({from.concept_id(), to.concept_id()});
    } else {
      asked_anywhere_.insert(from.concept_id());
      // Regions that only an area of treatment makes one are not compared.
      if (gates_in_one_place_) {
        own_place_only_.insert(from.concept_id());
      } else {
        no_region_.insert({from.concept_id(), to.concept_id()});
      }
    }
    if (yes) {
      asked_anywhere_.insert(to.concept_id());
      made.mutable_given()->set_status(v1::FINDING_STATUS_PRESENT);
      implied->set_status(v1::FINDING_STATUS_PRESENT);
    } else if (to.has_quantity()) {
      made.mutable_given()->set_status(random_.Chance(0.7)
                                           ? v1::FINDING_STATUS_NEVER
                                           : v1::FINDING_STATUS_ABSENT);
      if (target % 2 == 0) {
        implied->set_at_least(random_.Between(1, 3) * 10);
      } else {
        implied->set_at_most(random_.Between(1, 3) * 10);
      }
    } else {
      const bool never = random_.Chance(0.6);
      made.mutable_given()->set_status(never ? v1::FINDING_STATUS_NEVER
                                             : v1::FINDING_STATUS_ABSENT);
      implied->set_status(never && random_.Chance(0.8)
                              ? v1::FINDING_STATUS_NEVER
                              : v1::FINDING_STATUS_ABSENT);
    }
    *catalog_.add_implications() = made;
  }

  void AddRule(const v1::Condition& condition, int effect) {
    v1::Rule* rule = catalog_.add_rules();
    rule->set_rule_id("r" + std::to_string(catalog_.rules_size() - 1));
    rule->set_title("A rule.");
    rule->add_applies_to(random_.Chance(0.7) ? "needling" : "heat");
    if (random_.Chance(0.5)) rule->add_profiles("core");
    *rule->mutable_condition() = condition;
    switch (effect) {
      case 0:
        rule->mutable_contraindication();
        break;
      case 1:
      case 2:
        rule->mutable_deferral();
        break;
      case 3:
        rule->mutable_review();
        break;
      case 4:
        rule->mutable_precaution();
        break;
      case kNote:
        rule->mutable_note();
        break;
    }
    rule->set_clinician_text("Consider it.");
    rule->set_cleared_by("It is over.");
    Cite(rule->add_citations());
    rule->add_evidence_rows("E00");
  }

  v1::Condition MakeCondition(int depth) {
    v1::Condition made;
    if (depth == 0) return MakeLeaf();
    const int kind = random_.Below(5);
    if (kind == 0) {
      *made.mutable_not_() = MakeCondition(depth - 1);
      return made;
    }
    v1::ConditionList* list =
        kind < 3 ? made.mutable_all_of() : made.mutable_any_of();
    const int parts = random_.Between(1, 3);
    for (int i = 0; i < parts; ++i) {
      *list->add_conditions() = MakeCondition(random_.Below(depth));
    }
    return made;
  }

  v1::Condition MakeLeaf() {
    v1::Condition made;
    const int kind = random_.Below(20);
    if (kind == 0) {
      made.mutable_treatment_area()->add_areas(random_.Pick(areas_));
    } else if (kind == 1) {
      MakeDevice(made.mutable_device());
    } else if (kind == 2) {
      made.mutable_concern()->set_concern("scars");
    } else if (kind == 3) {
      made.mutable_label()->set_outside(
          static_cast<v1::LabelLimit>(random_.Between(1, 5)));
    } else {
      const v1::Concept& c = random_.Pick(catalog_.concepts());
      if (c.has_quantity()) {
        MakeQuantityCondition(c, made.mutable_quantity());
      } else {
        MakeFinding(c, made.mutable_finding());
      }
    }
    return made;
  }

  void MakeDevice(v1::DeviceCondition* device) {
    switch (random_.Below(4)) {
      case 0:
        device->set_device(random_.Chance(0.5) ? "pen" : "gun");
        break;
      case 1:
        device->set_listed(random_.Chance(0.5));
        break;
      case 2:
        device->set_named(random_.Chance(0.5));
        break;
      default:
        device->set_label_excludes(
            random_.Pick(catalog_.concepts()).concept_id());
        break;
    }
  }

  void MakeQuantityCondition(const v1::Concept& c,
                             v1::QuantityCondition* quantity) {
    quantity->set_concept(c.concept_id());
    quantity->set_comparison(
        static_cast<v1::Comparison>(random_.Between(1, 4)));
    if (c.quantity().maximum() == 6) {
      quantity->set_value(random_.Between(1, 6));
    } else if (random_.Chance(0.3)) {
      quantity->set_parameter("limit");
    } else {
      quantity->set_value(random_.Between(0, 5) * 10 +
                          (random_.Chance(0.2) ? 0.5 : 0));
    }
  }

  void MakeFinding(const v1::Concept& c, v1::FindingCondition* finding) {
    finding->set_concept(c.concept_id());
    finding->set_time(c.tense() == v1::QUESTION_TENSE_NOW ? v1::FINDING_TIME_NOW
                                                          : MakeTime());
    if (finding->time() == v1::FINDING_TIME_WITHIN ||
        finding->time() == v1::FINDING_TIME_BEGAN_WITHIN) {
      MakeWindow(finding->mutable_within());
    }
    if (own_place_only_.count(c.concept_id()) > 0) return;
    switch (random_.Below(5)) {
      case 0:
        finding->set_place(v1::FINDING_PLACE_TREATMENT_AREA);
        break;
      case 1:
        finding->set_place(v1::FINDING_PLACE_ANYWHERE);
        break;
      case 2:
        if (no_region_.count(c.concept_id()) > 0) return;
        finding->set_place(v1::FINDING_PLACE_REGION);
        finding->set_region(areas_[random_.Below(3)]);
        break;
      default:
        break;
    }
  }

  v1::FindingTime MakeTime() {
    const v1::FindingTime times[] = {
        v1::FINDING_TIME_NOW,         v1::FINDING_TIME_NOW,
        v1::FINDING_TIME_EVER,        v1::FINDING_TIME_EVER,
        v1::FINDING_TIME_PAST,        v1::FINDING_TIME_WITHIN,
        v1::FINDING_TIME_WITHIN,      v1::FINDING_TIME_WITHIN,
        v1::FINDING_TIME_BEGAN_WITHIN};
    return times[random_.Below(9)];
  }

  // Of plainly different lengths: what lies between is not accepted.
  void MakeWindow(v1::Window* window) {
    switch (random_.Below(6)) {
      case 0:
        window->set_hours(random_.Chance(0.5) ? 48 : 36);
        break;
      case 1:
        window->set_weeks(1);
        break;
      case 2:
        window->set_days(20);
        break;
      case 3:
        window->set_months(2);
        break;
      case 4:
        window->set_months(6);
        break;
      default:
        window->set_parameter("wait");
        break;
    }
  }

  Random& random_;
  v1::RuleCatalog catalog_;
  std::vector<std::string> areas_;
  // Conditions that the rules ask where their scope says and nowhere else.
  std::set<std::string> own_place_only_;
  // Conditions that the rules ask in no region.
  std::set<std::string> no_region_;
  bool gates_in_one_place_ = false;
  // Conditions that some rule asks of the whole body.
  std::set<std::string> asked_anywhere_;
  bool has_age_ = false;
  bool has_skin_type_ = false;
};

}  // namespace

v1::RuleCatalog RandomCatalog(Random* random) { return Maker(random).Make(); }

}  // namespace needlewise
