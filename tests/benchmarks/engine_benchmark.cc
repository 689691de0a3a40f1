// How long a decision takes once the facts are known: against a floor written
// for the very same rules, and with ten times the rules.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "rules/engine/catalog_loader.h"
#include "rules/engine/catalog_source.h"
#include "rules/engine/decide.h"
#include "tests/benchmarks/sample_catalogs.h"
#include "tests/benchmarks/sample_requests.h"

namespace needlewise {
namespace {

constexpr int kFloorRules = 35;
constexpr int kTimes = 10;
constexpr int kMixedPatients = 64;
constexpr int kCheckedPatients = 5000;
constexpr absl::CivilDay kToday(2026, 11, 20);

// The rules of plain needling in a catalogue.
struct Rulebook {
  explicit Rulebook(std::shared_ptr<const CompiledCatalog> loaded)
      : catalog(std::move(loaded)),
        treatment(catalog->treatment_index.at("base_microneedling")),
        program(catalog->treatments[treatment].programs[0]) {}

  const std::shared_ptr<const CompiledCatalog> catalog;
  const int treatment;
  const Program& program;
};

// The decision that is measured: the truth of every rule, and the verdict.
v1::Verdict Decide(const Rulebook& book, const Facts& facts,
                   Evaluation* evaluation) {
  static const std::vector<int> none_acknowledged;
  *evaluation = Evaluate(*book.catalog, book.program, facts,
                         EffectiveStrictness(book.program, none_acknowledged));
  return VerdictFrom(evaluation->tally);
}

// What somebody would write by hand for these rules and no others: one rule,
// one concept, one mask; the truths of all rules in two words.
class BitMaskFloor {
 public:
  struct Outcome {
    uint64_t true_rules = 0;
    uint64_t unknown_rules = 0;
    v1::Verdict verdict = v1::VERDICT_UNSPECIFIED;
  };

  explicit BitMaskFloor(const Program& program) {
    for (int i = 0; i < kFloorRules; ++i) {
      const CompiledRule& rule = *program.rules[i];
      concepts_[i] = rule.nodes[0].concept_index;
      masks_[i] = rule.nodes[0].satisfying;
      of_[static_cast<int>(rule.strictness)] |= uint64_t{1} << i;
    }
  }

  Outcome Decide(const WorldSet* possible) const {
    Outcome outcome;
    uint64_t may_fire = 0;
    for (int i = 0; i < kFloorRules; ++i) {
      const WorldSet worlds = possible[concepts_[i]];
      may_fire |= uint64_t{(worlds & masks_[i]) != 0} << i;
      outcome.true_rules |= uint64_t{(worlds & ~masks_[i]) == 0} << i;
    }
    outcome.unknown_rules = may_fire & ~outcome.true_rules;
    outcome.verdict = VerdictOf(outcome.true_rules, outcome.unknown_rules);
    return outcome;
  }

 private:
  v1::Verdict VerdictOf(uint64_t yes, uint64_t unknown) const {
    const auto any = [this](uint64_t rules, Strictness strictness) {
      return (rules & of_[static_cast<int>(strictness)]) != 0;
    };
    if (any(yes, Strictness::kContraindication)) {
      return v1::VERDICT_CONTRAINDICATED;
    }
    if (any(yes, Strictness::kDeferral)) return v1::VERDICT_DEFERRED;
    const bool review = any(yes, Strictness::kReview);
    if (any(unknown, Strictness::kContraindication) ||
        any(unknown, Strictness::kDeferral) ||
        (!review && any(unknown, Strictness::kReview))) {
      return v1::VERDICT_DATA_REQUIRED;
    }
    if (review) return v1::VERDICT_REVIEW_REQUIRED;
    return any(yes | unknown, Strictness::kPrecaution)
               ? v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS
               : v1::VERDICT_ELIGIBLE;
  }

  int32_t concepts_[kFloorRules] = {};
  WorldSet masks_[kFloorRules] = {};
  // By strictness, the rules that have it.
  uint64_t of_[5] = {};
};

Facts FactsOf(const Rulebook& book, const v1::ScreenEligibilityRequest& request,
              const std::vector<v1::Finding>& site_findings) {
  const CompiledCatalog& catalog = *book.catalog;
  Environment environment;
  environment.today = kToday;
  environment.site_findings = &site_findings;
  Violations violations;
  const Day day = ToDay(kToday);
  const PatientIntake intake =
      ReadPatient(catalog, environment, request.patient(), day, &violations);
  const std::vector<SelectedTreatment> selected =
      ReadTreatments(catalog, request.treatments(), 0, &violations);
  for (const FieldViolation& violation : violations) {
    std::cerr << violation.field << ": " << violation.description << "\n";
  }
  if (!violations.empty()) std::exit(1);
  TreatmentContext context = selected[0].context;
  context.area = selected[0].areas[0];
  return PatientFacts(catalog, intake, day, day).ForContext(context);
}

// Without what the catalogue knows nothing of.
v1::ScreenEligibilityRequest Restricted(v1::ScreenEligibilityRequest request,
                                        const CompiledCatalog& catalog) {
  v1::Patient* patient = request.mutable_patient();
  for (int i = patient->findings_size() - 1; i >= 0; --i) {
    if (!catalog.concept_index.contains(patient->findings(i).concept())) {
      patient->mutable_findings()->DeleteSubrange(i, 1);
    }
  }
  return request;
}

// A patient of whom most things are denied, some reported, some not known.
v1::ScreenEligibilityRequest RandomRequest(const CompiledCatalog& catalog,
                                           std::mt19937* random) {
  v1::ScreenEligibilityRequest request =
      MakeRequest(Sample::kEmpty, v1::VIEW_BASIC, kToday);
  v1::Patient* patient = request.mutable_patient();
  std::uniform_int_distribution<int> percent(0, 99);
  std::uniform_int_distribution<int> days(1, 1000);
  for (const v1::Concept& about : catalog.catalog.concepts()) {
    if (about.has_quantity()) continue;
    const int chance = percent(*random);
    if (chance < 10) continue;
    v1::Finding* finding = patient->add_findings();
    finding->set_concept(about.concept_id());
    finding->set_source(v1::SOURCE_PATIENT);
    if (chance < 17) {
      finding->set_status(v1::FINDING_STATUS_PAST);
      finding->set_last(absl::FormatCivilTime(kToday - days(*random)));
    } else {
      finding->set_status(chance < 22 ? v1::FINDING_STATUS_PRESENT
                                      : v1::FINDING_STATUS_NEVER);
    }
  }
  return request;
}

// The complete sample, each denial stated for itself: of the copies of a
// larger catalogue it says nothing.
v1::ScreenEligibilityRequest StatedRequest(const CompiledCatalog& shipped) {
  v1::ScreenEligibilityRequest request =
      MakeRequest(Sample::kComplete, v1::VIEW_BASIC, kToday);
  v1::Patient* patient = request.mutable_patient();
  patient->clear_closed_sections();
  const std::vector<v1::Finding> reported(patient->findings().begin(),
                                          patient->findings().end());
  for (const v1::Concept& about : shipped.catalog.concepts()) {
    bool is_open =
        !about.has_quantity() && about.kind() != v1::CONCEPT_KIND_SITE;
    for (const v1::Finding& finding : reported) {
      is_open = is_open && finding.concept() != about.concept_id();
    }
    if (!is_open) continue;
    v1::Finding* denied = patient->add_findings();
    denied->set_concept(about.concept_id());
    denied->set_status(about.tense() == v1::QUESTION_TENSE_EVER
                           ? v1::FINDING_STATUS_NEVER
                           : v1::FINDING_STATUS_ABSENT);
    denied->set_source(v1::SOURCE_PATIENT);
  }
  return request;
}

// Ends the program unless engine and floor agree on every rule.
void CheckSame(const Rulebook& book, const BitMaskFloor& floor,
               const Facts& facts) {
  Evaluation evaluation;
  const v1::Verdict verdict = Decide(book, facts, &evaluation);
  const BitMaskFloor::Outcome outcome = floor.Decide(facts.possible.data());
  bool same = verdict == outcome.verdict;
  for (int i = 0; i < kFloorRules; ++i) {
    const Truth truth = (outcome.true_rules >> i & 1) != 0 ? Truth::kTrue
                        : (outcome.unknown_rules >> i & 1) != 0
                            ? Truth::kUnknown
                            : Truth::kFalse;
    same = same && truth == evaluation.truths[i];
  }
  if (same) return;
  std::cerr << "the engine and its floor disagree\n";
  std::exit(1);
}

// Measures decisions on `facts` in turn.
void MeasureDecide(const std::string& name, const Rulebook& book,
                   std::vector<Facts> facts) {
  benchmark::RegisterBenchmark(name.c_str(), [&book,
                                              facts](benchmark::State& state) {
    Evaluation evaluation;
    size_t next = 0;
    for (auto _ : state) {
      benchmark::DoNotOptimize(Decide(book, facts[next], &evaluation));
      benchmark::DoNotOptimize(evaluation.truths.data());
      if (++next == facts.size()) next = 0;
    }
    state.counters["rules"] = static_cast<double>(book.program.rules.size());
  });
}

void MeasureFloor(const std::string& name, const BitMaskFloor& floor,
                  std::vector<Facts> facts) {
  benchmark::RegisterBenchmark(
      name.c_str(), [&floor, facts](benchmark::State& state) {
        size_t next = 0;
        for (auto _ : state) {
          const WorldSet* possible = facts[next].possible.data();
          benchmark::DoNotOptimize(possible);
          benchmark::DoNotOptimize(floor.Decide(possible));
          if (++next == facts.size()) next = 0;
        }
        state.counters["rules"] = kFloorRules;
      });
}

void MeasureLoading(const std::string& name,
                    std::vector<CatalogFileText> files) {
  benchmark::RegisterBenchmark(
      name.c_str(), [files = std::move(files)](benchmark::State& state) {
        LoadOptions options;
        options.run_cases = false;
        for (auto _ : state) {
          const LoadResult loaded = LoadCatalog(files, options);
          if (loaded.catalog == nullptr) std::exit(1);
          benchmark::DoNotOptimize(loaded.catalog);
        }
      });
}

// Reading, validating and compiling the released catalogue, as a server does
// when it starts, against only parsing its text: the floor of whatever reads
// it. Then the same with the files of its cases, which are read and not run.
void RegisterLoading() {
  std::vector<CatalogFileText> files;
  for (const CatalogFileText& file : BuiltInCatalog()) {
    if (!absl::StartsWith(file.name, "cases/")) files.push_back(file);
  }
  MeasureLoading("load/shipped", files);
  benchmark::RegisterBenchmark("load/parse", [files](benchmark::State& state) {
    std::vector<v1::Diagnostic> diagnostics;
    for (auto _ : state) {
      for (const CatalogFileText& file : files) {
        benchmark::DoNotOptimize(ParseCatalogFile(file, &diagnostics));
      }
    }
    if (!diagnostics.empty()) std::exit(1);
  });
  MeasureLoading("load/with_cases", BuiltInCatalog());
}

void RegisterFloorPair(const Rulebook& book, const BitMaskFloor& floor) {
  const CompiledCatalog& catalog = *book.catalog;
  const auto measure = [&](const std::string& name, std::vector<Facts> facts) {
    MeasureDecide(absl::StrCat("decide/", name), book, facts);
    MeasureFloor(absl::StrCat("floor/", name), floor, std::move(facts));
  };
  for (const Sample sample : {Sample::kComplete, Sample::kEmpty}) {
    const Facts facts = FactsOf(
        book, Restricted(MakeRequest(sample, v1::VIEW_BASIC, kToday), catalog),
        {});
    CheckSame(book, floor, facts);
    measure(NameOf(sample), {facts});
  }
  std::mt19937 random(7);
  std::vector<Facts> mixed;
  for (int i = 0; i < kCheckedPatients; ++i) {
    const Facts facts = FactsOf(book, RandomRequest(catalog, &random), {});
    CheckSame(book, floor, facts);
    if (i < kMixedPatients) mixed.push_back(facts);
  }
  measure("mixed", std::move(mixed));
}

void RegisterTenfoldPairs(const Rulebook& shipped, const Rulebook& tenfold) {
  const std::vector<v1::Finding> site = SampleSiteFindings();
  const auto measure = [&](const std::string& name,
                           const v1::ScreenEligibilityRequest& request) {
    MeasureDecide(absl::StrCat("decide_shipped/", name), shipped,
                  {FactsOf(shipped, request, site)});
    MeasureDecide(absl::StrCat("decide_tenfold/", name), tenfold,
                  {FactsOf(tenfold, request, site)});
  };
  measure("closed", MakeRequest(Sample::kComplete, v1::VIEW_BASIC, kToday));
  measure("stated", StatedRequest(*shipped.catalog));
}

// Reading and reconciling what contradicts itself: `findings` on one condition,
// in turn present and absent, by two sources on all days.
void MeasureReconciliation(const Rulebook& book, int findings) {
  v1::Patient patient;
  for (int i = 0; i < findings; ++i) {
    v1::Finding* finding = patient.add_findings();
    finding->set_concept("eczema");
    finding->set_status(i % 2 == 0 ? v1::FINDING_STATUS_PRESENT
                                   : v1::FINDING_STATUS_ABSENT);
    finding->set_source(i % 3 == 0 ? v1::SOURCE_EHR : v1::SOURCE_PATIENT);
    finding->set_recorded(absl::FormatCivilTime(kToday - i % 300));
  }
  benchmark::RegisterBenchmark(
      absl::StrCat("reconcile/", findings).c_str(),
      [&book, patient](benchmark::State& state) {
        Environment environment;
        environment.today = kToday;
        const Day day = ToDay(kToday);
        Violations violations;
        for (auto _ : state) {
          const PatientIntake intake = ReadPatient(*book.catalog, environment,
                                                   patient, day, &violations);
          const PatientFacts facts(*book.catalog, intake, day, day);
          benchmark::DoNotOptimize(facts.notices());
        }
        if (!violations.empty()) std::exit(1);
      });
}

}  // namespace
}  // namespace needlewise

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  using namespace needlewise;  // NOLINT
  const Rulebook shipped(LoadShippedCatalog());
  const Rulebook part(LoadSingleQuestionRules(*shipped.catalog, kFloorRules));
  const BitMaskFloor floor(part.program);
  const Rulebook tenfold(
      LoadText(ToText(WithCopiedRules(shipped.catalog->catalog, kTimes))));
  RegisterLoading();
  RegisterFloorPair(part, floor);
  RegisterTenfoldPairs(shipped, tenfold);
  for (const int findings : {250, 2000}) {
    MeasureReconciliation(shipped, findings);
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
