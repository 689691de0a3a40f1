// The laws over the shipped catalogue, on many random patients.

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rules/engine/catalog_loader.h"
#include "rules/engine/decide.h"
#include "rules/engine/questions.h"
#include "tests/property/random.h"

namespace needlewise {
namespace {

// Said, so that a failure can be had again.
uint64_t TestSeed() {
  static const uint64_t seed = [] {
    const char* given = std::getenv("NEEDLEWISE_TEST_SEED");
    const uint64_t chosen =
        given != nullptr ? std::strtoull(given, nullptr, 10) : 20261120;
    std::cout << "NEEDLEWISE_TEST_SEED=" << chosen << std::endl;
    return chosen;
  }();
  return seed;
}

constexpr int kPatients = 100000;
constexpr int kFewerPatients = 20000;

const CompiledCatalog& Shipped() {
  static const auto* catalog = [] {
    LoadOptions options;
    options.run_cases = false;
    return new std::shared_ptr<const CompiledCatalog>(
        LoadCatalog(BuiltInCatalog(), options).catalog);
  }();
  return **catalog;
}

Environment Today() {
  Environment environment;
  environment.today = absl::CivilDay(2026, 11, 20);
  return environment;
}

const char* const kDates[] = {"2026-11-20", "2026-11-12", "2026-11",
                              "2026-10",    "2026-08",    "2026-05-20",
                              "2026",       "2025",       "2019-03"};

class Maker {
 public:
  explicit Maker(Random* random) : random_(*random) {}

  // From nearly nothing known to a complete intake with a few findings.
  v1::Patient Make() {
    v1::Patient patient;
    if (random_.Chance(0.85)) {
      patient.set_age_years(random_.Chance(0.9) ? 22 + random_.Below(50)
                                                : 10 + random_.Below(15));
    }
    if (random_.Chance(0.75)) CloseSections(&patient);
    if (random_.Chance(0.8)) AddSite(&patient);
    if (random_.Chance(0.8)) AddSkinType(&patient);
    const int findings = random_.Below(random_.Chance(0.5) ? 4 : 25);
    for (int i = 0; i < findings; ++i) AddFinding(&patient);
    return patient;
  }

  v1::TreatmentSelection Treatment(const std::string& id) {
    v1::TreatmentSelection treatment;
    treatment.set_treatment(id);
    const auto& areas = Shipped().catalog.areas();
    treatment.add_areas(random_.Chance(0.5)
                            ? "cheeks"
                            : areas[random_.Below(areas.size())].area_id());
    const auto& devices = Shipped().catalog.devices();
    if (random_.Chance(0.5)) {
      treatment.mutable_device()->set_device(
          devices[random_.Below(devices.size())].device_id());
    }
    const auto& concerns = Shipped().catalog.concerns();
    treatment.add_concerns(
        random_.Chance(0.6)
            ? "acne_scars"
            : concerns[random_.Below(concerns.size())].concern_id());
    return treatment;
  }

  void AddFinding(v1::Patient* patient) {
    const auto& concepts = Shipped().catalog.concepts();
    const v1::Concept& c = concepts[random_.Below(concepts.size())];
    if (c.kind() == v1::CONCEPT_KIND_AGE) return;
    for (const v1::Finding& given : patient->findings()) {
      if (given.concept() == c.concept_id()) return;
    }
    v1::Finding* finding = patient->add_findings();
    finding->set_concept(c.concept_id());
    if (c.has_quantity()) {
      const double span = c.quantity().maximum() - c.quantity().minimum();
      double value =
          c.quantity().minimum() + span * random_.Below(1000) / 1000.0;
      if (c.quantity().whole_numbers()) value = static_cast<int>(value);
      finding->mutable_quantity()->set_value(value);
      finding->mutable_quantity()->set_unit(c.quantity().unit());
      return;
    }
    static constexpr v1::FindingStatus kStatuses[] = {
        v1::FINDING_STATUS_PRESENT, v1::FINDING_STATUS_PAST,
        v1::FINDING_STATUS_ABSENT, v1::FINDING_STATUS_NEVER,
        v1::FINDING_STATUS_UNKNOWN};
    finding->set_status(kStatuses[random_.Below(5)]);
    if (random_.Chance(0.4)) {
      const auto& areas = Shipped().catalog.areas();
      finding->add_areas(areas[random_.Below(areas.size())].area_id());
    }
    if (finding->status() == v1::FINDING_STATUS_PAST && random_.Chance(0.7)) {
      finding->set_last(kDates[random_.Below(9)]);
    }
    if (finding->status() == v1::FINDING_STATUS_PRESENT &&
        random_.Chance(0.3)) {
      finding->set_onset(kDates[random_.Below(9)]);
    }
    if (random_.Chance(0.2)) finding->set_recorded(kDates[random_.Below(9)]);
    finding->set_source(static_cast<v1::Source>(random_.Below(4)));
  }

 private:
  void CloseSections(v1::Patient* patient) {
    for (const v1::Section& section : Shipped().catalog.sections()) {
      if (section.section_id() == "site" || random_.Chance(0.05)) continue;
      patient->add_closed_sections()->set_section(section.section_id());
    }
  }

  void AddSite(v1::Patient* patient) {
    for (const v1::Concept& c : Shipped().catalog.concepts()) {
      if (c.kind() != v1::CONCEPT_KIND_SITE) continue;
      v1::Finding* finding = patient->add_findings();
      finding->set_concept(c.concept_id());
      finding->set_status(v1::FINDING_STATUS_PRESENT);
      finding->set_source(v1::SOURCE_SITE);
    }
  }

  void AddSkinType(v1::Patient* patient) {
    v1::Finding* finding = patient->add_findings();
    finding->set_concept("fitzpatrick_skin_type");
    finding->mutable_quantity()->set_value(1 + random_.Below(6));
  }

  Random& random_;
};

v1::ScreenEligibilityRequest RequestFor(const v1::Patient& patient,
                                        const v1::TreatmentSelection& what) {
  v1::ScreenEligibilityRequest request;
  *request.mutable_patient() = patient;
  *request.add_treatments() = what;
  return request;
}

v1::Decision Decide(const v1::ScreenEligibilityRequest& request) {
  v1::Decision decision;
  Violations violations;
  EXPECT_TRUE(Screen(Shipped(), Today(), request, &decision, &violations))
      << violations[0].field << " " << violations[0].description;
  return decision;
}

v1::Verdict VerdictOf(const v1::Patient& patient,
                      const v1::TreatmentSelection& what) {
  return Decide(RequestFor(patient, what)).treatments(0).verdict();
}

bool HasContradiction(const v1::Decision& decision) {
  return std::any_of(decision.notices().begin(), decision.notices().end(),
                     [](const v1::Notice& n) {
                       return n.kind() != v1::NOTICE_KIND_STALE &&
                              n.kind() != v1::NOTICE_KIND_CODE_NOT_MAPPED;
                     });
}

// What the engine knows of a patient, and random ways to fill in the rest.
class Known {
 public:
  Known(const v1::Patient& patient, const v1::TreatmentSelection& what)
      : catalog_(Shipped()) {
    Violations violations;
    intake_ = ReadPatient(catalog_, Today(), patient, ToDay(Today().today),
                          &violations);
    selected_ = ReadTreatment(catalog_, what, "base", 0, &violations);
    EXPECT_TRUE(violations.empty());
    context_ = selected_.context;
    context_.area = selected_.areas[0];
    const PatientFacts statements(catalog_, intake_, intake_.as_of,
                                  intake_.as_of);
    facts_ = statements.ForContext(context_);
    program_ = &catalog_.treatments[context_.treatment].programs[0];
    const EffectiveStrictness strictness(*program_, none_);
    evaluation_ = Evaluate(catalog_, *program_, facts_, strictness);
    questions_ =
        FindOpenQuestions(catalog_, *program_, facts_, evaluation_, strictness);
  }

  v1::Verdict verdict() const { return VerdictFrom(evaluation_.tally); }
  const OpenQuestions& questions() const { return questions_; }
  const Evaluation& evaluation() const { return evaluation_; }
  const Program& program() const { return *program_; }

  // A random completion; `harmful` makes it prefer worlds that fire rules.
  // Where `fixed` is given, its worlds of the outstanding concepts are kept.
  bool Complete(Random* random, bool harmful,
                const std::vector<WorldSet>* fixed,
                std::vector<WorldSet>* possible) const {
    *possible = facts_.possible;
    if (fixed != nullptr) {
      for (const OpenQuestion& q : questions_.outstanding) {
        (*possible)[q.concept_index] = (*fixed)[q.concept_index];
      }
    }
    std::vector<int> order(possible->size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
    // Gates after what they settle would forbid nearly everything.
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      return catalog_.concepts[a].gate_height <
             catalog_.concepts[b].gate_height;
    });
    for (const int c : order) {
      std::vector<WorldSet> worlds;
      for (WorldSet rest = (*possible)[c]; rest != 0; rest &= rest - 1) {
        worlds.push_back(rest & -rest);
      }
      size_t start = random->Below(static_cast<int>(worlds.size()));
      if (harmful && random->Chance(0.8)) start = worlds.size() - 1;
      bool placed = false;
      for (size_t i = 0; i < worlds.size() && !placed; ++i) {
        (*possible)[c] = worlds[(start + i) % worlds.size()];
        placed = !BreaksImplication(catalog_, facts_, *possible, c);
      }
      if (!placed) return false;
    }
    return true;
  }

  v1::Verdict VerdictOfCompletion(const std::vector<WorldSet>& possible) const {
    RuleTally tally;
    for (const CompiledRule* rule : program_->rules) {
      const Truth truth = EvaluateNodes(rule->nodes, possible.data());
      EXPECT_NE(truth, Truth::kUnknown) << rule->rule->rule_id();
      if (truth == Truth::kTrue) {
        ++tally.true_rules[static_cast<size_t>(rule->strictness)];
      }
    }
    return VerdictFrom(tally);
  }

  // Whether some completion of one unknown rule's concepts makes it true.
  bool CanBlock() const {
    for (size_t i = 0; i < program_->rules.size(); ++i) {
      const CompiledRule& rule = *program_->rules[i];
      if (evaluation_.truths[i] != Truth::kUnknown ||
          rule.strictness < Strictness::kReview) {
        continue;
      }
      bool can = false;
      ForEachCompletion(
          catalog_, facts_, rule.entangled ? rule.enumerated : rule.concepts,
          [&](const std::vector<WorldSet>& possible) {
            can = EvaluateNodes(rule.nodes, possible.data()) == Truth::kTrue;
            return !can;
          });
      if (can) return true;
    }
    return false;
  }

 private:
  const CompiledCatalog& catalog_;
  PatientIntake intake_;
  SelectedTreatment selected_;
  TreatmentContext context_;
  Facts facts_;
  const Program* program_ = nullptr;
  const std::vector<int> none_;
  Evaluation evaluation_;
  OpenQuestions questions_;
};

const char* const kTreatments[] = {"base_microneedling", "prp", "rf"};

TEST(ShippedLaws, UnknownIsNeverNoAndCautionHasACause) {
  Random random(TestSeed());
  Maker maker(&random);
  int eligible = 0, data_required = 0;
  for (int i = 0; i < kPatients; ++i) {
    const v1::Patient patient = maker.Make();
    const v1::TreatmentSelection what =
        maker.Treatment(kTreatments[random.Below(3)]);
    const Known known(patient, what);
    std::vector<WorldSet> completion;
    if (IsEligible(known.verdict())) {
      ++eligible;
      for (const bool harmful : {true, false}) {
        if (!known.Complete(&random, harmful, nullptr, &completion)) continue;
        ASSERT_TRUE(IsEligible(known.VerdictOfCompletion(completion)))
            << patient.DebugString() << what.DebugString();
      }
    } else if (known.verdict() == v1::VERDICT_DATA_REQUIRED) {
      ++data_required;
      ASSERT_TRUE(known.CanBlock())
          << patient.DebugString() << what.DebugString();
      ASSERT_FALSE(known.questions().outstanding.empty())
          << patient.DebugString() << what.DebugString();
    }
  }
  EXPECT_GT(eligible, kPatients / 100);
  EXPECT_GT(data_required, kPatients / 100);
}

TEST(ShippedLaws, AnsweringWhatIsOutstandingSettlesTheVerdict) {
  Random random(TestSeed() + 1);
  Maker maker(&random);
  int compared = 0;
  for (int i = 0; i < kFewerPatients; ++i) {
    const v1::Patient patient = maker.Make();
    const v1::TreatmentSelection what =
        maker.Treatment(kTreatments[random.Below(3)]);
    const Known known(patient, what);
    std::vector<WorldSet> one;
    if (!known.Complete(&random, random.Chance(0.3), nullptr, &one)) continue;
    for (const bool harmful : {true, false}) {
      std::vector<WorldSet> other;
      if (!known.Complete(&random, harmful, &one, &other)) continue;
      ++compared;
      ASSERT_EQ(known.VerdictOfCompletion(one),
                known.VerdictOfCompletion(other))
          << patient.DebugString() << what.DebugString();
    }
  }
  EXPECT_GT(compared, kFewerPatients);
}

TEST(ShippedLaws, ErasingOrAddingHarmNeverUnblocks) {
  Random random(TestSeed() + 2);
  Maker maker(&random);
  int compared = 0;
  for (int i = 0; i < kFewerPatients; ++i) {
    const v1::Patient patient = maker.Make();
    const v1::TreatmentSelection what =
        maker.Treatment(kTreatments[random.Below(3)]);
    const v1::Decision before = Decide(RequestFor(patient, what));
    if (IsEligible(before.treatments(0).verdict()) ||
        HasContradiction(before) || patient.findings().empty()) {
      continue;
    }
    v1::Patient erased = patient;
    erased.mutable_findings()
        ->Mutable(random.Below(patient.findings_size()))
        ->clear_areas();
    v1::Finding* target = erased.mutable_findings()->Mutable(
        random.Below(patient.findings_size()));
    const std::string concept_id = target->concept();
    target->Clear();
    target->set_concept(concept_id);
    target->set_status(v1::FINDING_STATUS_UNKNOWN);
    // Only what is known of one concept is erased.
    for (int f = 0; f < patient.findings_size(); ++f) {
      if (patient.findings(f).concept() != concept_id) {
        *erased.mutable_findings(f) = patient.findings(f);
      }
    }
    ++compared;
    ASSERT_FALSE(IsEligible(VerdictOf(erased, what)))
        << concept_id << "\n"
        << patient.DebugString() << what.DebugString();
  }
  EXPECT_GT(compared, kFewerPatients / 4);
}

TEST(ShippedLaws, AddOnsAreNarrower) {
  Random random(TestSeed() + 3);
  Maker maker(&random);
  int offered = 0;
  for (int i = 0; i < kFewerPatients; ++i) {
    v1::RecommendAddOnsRequest request;
    *request.mutable_patient() = maker.Make();
    *request.mutable_base() = maker.Treatment("base_microneedling");
    v1::AddOnDecision decision;
    Violations violations;
    ASSERT_TRUE(
        RecommendAddOns(Shipped(), Today(), request, &decision, &violations));
    for (const v1::AddOnRecommendation& a : decision.add_ons()) {
      if (a.status() == v1::ADD_ON_STATUS_NOT_INDICATED) {
        for (const v1::AreaDecision& area : a.screening().areas()) {
          ASSERT_TRUE(area.outstanding().empty());
        }
      }
      if (a.rank() == 0) continue;
      ++offered;
      ASSERT_TRUE(IsEligible(decision.base().verdict()));
      ASSERT_TRUE(IsEligible(a.screening().verdict()));
    }
  }
  EXPECT_GT(offered, 0);
}

TEST(ShippedLaws, AnAddOnsOwnConceptsNeverTouchTheBase) {
  Random random(TestSeed() + 4);
  Maker maker(&random);
  const CompiledCatalog& catalog = Shipped();
  const Program& base =
      catalog.treatments[catalog.treatment_index.at("base_microneedling")]
          .programs[0];
  for (size_t c = 0; c < catalog.concepts.size(); ++c) {
    const CompiledConcept& asked = catalog.concepts[c];
    if (asked.definition == nullptr || asked.is_quantity ||
        !base.rules_by_concept[c].empty() ||
        !catalog.implications_from[c].empty() ||
        !catalog.implications_to[c].empty()) {
      continue;
    }
    for (int i = 0; i < 20; ++i) {
      const v1::Patient patient = maker.Make();
      v1::Patient with = patient;
      v1::Finding* finding = with.add_findings();
      finding->set_concept(asked.id);
      finding->set_status(v1::FINDING_STATUS_PRESENT);
      const v1::TreatmentSelection what = maker.Treatment("base_microneedling");
      v1::Decision one = Decide(RequestFor(patient, what));
      v1::Decision other = Decide(RequestFor(with, what));
      one.clear_notices();
      other.clear_notices();
      ASSERT_EQ(one.SerializeAsString(), other.SerializeAsString()) << asked.id;
    }
  }
}

TEST(ShippedLaws, NeitherOrderNorDuplicatesChangeADecision) {
  Random random(TestSeed() + 5);
  Maker maker(&random);
  for (int i = 0; i < kFewerPatients; ++i) {
    v1::ScreenEligibilityRequest request =
        RequestFor(maker.Make(), maker.Treatment(kTreatments[random.Below(3)]));
    request.set_view(v1::VIEW_FULL);
    v1::ScreenEligibilityRequest shuffled = request;
    auto* findings = shuffled.mutable_patient()->mutable_findings();
    for (int f = findings->size() - 1; f > 0; --f) {
      findings->SwapElements(f, random.Below(f + 1));
    }
    if (!findings->empty()) {
      *shuffled.mutable_patient()->add_findings() =
          findings->Get(random.Below(findings->size()));
    }
    v1::Decision one = Decide(request);
    v1::Decision again = Decide(request);
    v1::Decision other = Decide(shuffled);
    ASSERT_EQ(one.SerializeAsString(), again.SerializeAsString());
    // Which findings a notice names is by their place in the request.
    for (v1::Decision* decision : {&one, &other}) {
      for (v1::Notice& notice : *decision->mutable_notices()) {
        notice.clear_findings();
      }
    }
    ASSERT_EQ(one.SerializeAsString(), other.SerializeAsString())
        << request.DebugString();
  }
}

// The general engines' failure, tried for every concept of every rule that
// can block: everything else is favourable, and this was never asked.
TEST(ShippedLaws, WhatWasNeverAskedIsNeverEligible) {
  const CompiledCatalog& catalog = Shipped();
  int tried = 0;
  for (const char* id : kTreatments) {
    const int t = catalog.treatment_index.at(id);
    const Program& program = catalog.treatments[t].programs[0];
    for (size_t a = 0; a < catalog.areas.size(); ++a) {
      for (int device = -1; device < catalog.catalog.devices_size(); ++device) {
        // Benign worlds of everything, then each concept unknown in turn.
        Facts facts;
        facts.possible = catalog.all_worlds;
        for (size_t c = 0; c < catalog.concepts.size(); ++c) {
          if (!catalog.concepts[c].is_context) {
            facts.possible[c] = WorldSet{1}
                                << catalog.concepts[c].benign_order[0];
          }
          facts.known.push_back(static_cast<int>(c));
        }
        facts.possible[catalog.area_concept] = WorldSet{1} << a;
        facts.possible[catalog.device_concept] =
            device < 0 ? WorldSet{1} : WorldSet{1} << (2 + device);
        const CompiledConcept& depth = catalog.concepts[catalog.depth_concept];
        facts.possible[catalog.depth_concept] =
            WorldSet{1} << (2 * depth.limits.size() + 1);
        for (int c = 0; c < catalog.catalog.concerns_size(); ++c) {
          facts.possible[catalog.first_concern_concept + c] = 1;
        }
        const std::vector<int> none;
        const EffectiveStrictness strictness(program, none);
        for (size_t c = 0; c < catalog.concepts.size(); ++c) {
          if (catalog.concepts[c].is_context) continue;
          Facts unasked = facts;
          unasked.possible[c] = catalog.all_worlds[c];
          bool can_block = false;
          for (const int position : program.rules_by_concept[c]) {
            const CompiledRule& rule = *program.rules[position];
            if (rule.strictness < Strictness::kReview) continue;
            for (WorldSet rest = catalog.all_worlds[c]; rest != 0;
                 rest &= rest - 1) {
              Facts with = facts;
              with.possible[c] = rest & -rest;
              can_block = can_block ||
                          EvaluateNodes(rule.nodes, with.possible.data()) ==
                              Truth::kTrue;
            }
          }
          // A gate that was answered settles it.
          const bool settled = std::any_of(
              catalog.implications_to[c].begin(),
              catalog.implications_to[c].end(), [&](int i) {
                const CompiledImplication& arc = catalog.implications[i];
                return TruthIn(facts.possible[arc.gate], arc.given) ==
                       Truth::kTrue;
              });
          if (!can_block || settled) continue;
          ++tried;
          ASSERT_FALSE(IsEligible(VerdictFrom(
              Evaluate(catalog, program, unasked, strictness).tally)))
              << catalog.concepts[c].id << " for " << id;
        }
      }
    }
  }
  EXPECT_GT(tried, 1000);
}

}  // namespace
}  // namespace needlewise
