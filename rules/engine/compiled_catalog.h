// The catalogue in the flat form that decisions are made from.
//
// The idea, told once. Whatever can still be true of a concept is a set of
// *worlds*: for a condition, the combinations of "never / past, so long ago /
// present, since then" in each place the rules look at (the treatment area, a
// wider region, anywhere); for a quantity, the cells between the limits the
// rules compare it with. A concept has at most 64 worlds, so what is known of
// it is one 64-bit word, and a condition on it is another: the condition is
// true where all possible worlds satisfy it, false where none does, unknown
// otherwise. Everything a condition asks of one concept folds into one word
// when the catalogue is compiled. The treatment area, the device and the
// concerns are concepts too, only ever known.

#ifndef NEEDLEWISE_RULES_ENGINE_COMPILED_CATALOG_H_
#define NEEDLEWISE_RULES_ENGINE_COMPILED_CATALOG_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/engine/evaluation.h"
#include "rules/engine/partial_date.h"
#include "rules/engine/truth.h"
#include "rules/engine/wording.h"

namespace needlewise {

// A set of worlds of one concept; bit `i` is world `i`. Never empty.
using WorldSet = uint64_t;

// The set of one world.
inline WorldSet Bit(int world) { return WorldSet{1} << world; }

// The truth of a condition that holds in `satisfying` where `possible` can be.
constexpr Truth TruthIn(WorldSet possible, WorldSet satisfying) {
  const WorldSet both = possible & satisfying;
  return both == possible ? Truth::kTrue
         : both == 0      ? Truth::kFalse
                          : Truth::kUnknown;
}

// A place that the rules look at for a concept.
struct Region {
  v1::FindingPlace place = v1::FINDING_PLACE_ANYWHERE;
  // Index of the region's area; only for FINDING_PLACE_REGION.
  int area = -1;
};

// A node of a condition in prefix order; a leaf asks one concept. Negations
// are pushed down into the leaves, which Kleene's logic allows.
struct ConditionNode {
  enum class Kind : uint8_t { kLeaf, kAllOf, kAnyOf };
  Kind kind = Kind::kLeaf;
  // Leaf: index of the concept.
  int32_t concept_index = -1;
  // Leaf: the worlds that satisfy it.
  WorldSet satisfying = 0;
  // Index just past the last node under this one.
  int32_t end = 0;
};

struct CompiledRule {
  const v1::Rule* rule = nullptr;
  // Texts and sources, ready to be copied into an answer: one for each of the
  // catalogue's wordings.
  std::vector<v1::FiredRule> explanations;
  Strictness strictness = Strictness::kNote;
  v1::EffectKind effect = v1::EFFECT_KIND_UNSPECIFIED;
  std::vector<ConditionNode> nodes;
  // Concepts the condition asks, each once, in order of index.
  std::vector<int32_t> concepts;
  // Whether Kleene's logic alone may call the rule unknown where every
  // completion agrees: a concept occurs in several branches, or one answer
  // implies another. Such a rule is settled by trying its completions.
  bool entangled = false;
  // For an entangled rule: its concepts and those on implications between
  // them.
  std::vector<int32_t> enumerated;
  // The earliest day by which one of its sources has to be read again;
  // `kLatestDay` where none has to.
  Day review_by = kLatestDay;
};

struct CompiledConcept {
  // Null for the treatment area, the device, a concern and the needle depth.
  const v1::Concept* definition = nullptr;
  std::string id;
  // All its worlds.
  WorldSet all = 1;
  bool is_quantity = false;

  // A condition: places, in order from the narrowest; and the windows the
  // rules measure from its end and its beginning, shortest first.
  std::vector<Region> regions;
  std::vector<TimeSpan> end_windows;
  std::vector<TimeSpan> onset_windows;
  // `world_cells[world][region]`: cell 0 is never, then past by window (within
  // the shortest first), then present by window.
  std::vector<std::vector<uint8_t>> world_cells;
  // `worlds_by_cell[region][cell]`, the same the other way round.
  std::vector<std::vector<WorldSet>> worlds_by_cell;
  // `worlds_where_same[i][j]`: worlds with the same cell in regions i and j.
  std::vector<std::vector<WorldSet>> worlds_where_same;

  // A quantity: the limits, ascending. World 2i is the cell below limit i,
  // world 2i+1 is limit i itself, the last world the cell above all limits.
  std::vector<double> limits;

  // What a single statement without areas leaves possible.
  WorldSet never_everywhere = 0;
  WorldSet absent_everywhere = 0;
  // What is left where its questionnaire section is closed and mentions nothing
  // of it; 0: closing the section says nothing of it.
  WorldSet denied = 0;

  // Worlds from the one that fires fewest rules; where it does not matter,
  // those that imply nothing first.
  std::vector<uint8_t> benign_order;

  // Days after which a statement is stale; 0: never.
  int freshness_days = 0;
  bool only_denials_go_stale = false;
  // Whether the concept stands for the context of a request: always known.
  bool is_context = false;
  // Index in the catalogue's sections. -1 for none.
  int section = -1;
  // Length of the longest chain of implications that begin here.
  int gate_height = 0;

  // Whether its truth can change as days pass.
  bool HasWindows() const {
    return !end_windows.empty() || !onset_windows.empty();
  }

  int PastCell(int window) const { return 1 + window; }
  int PresentCell(int window) const {
    return 2 + static_cast<int>(end_windows.size()) + window;
  }
  int CellCount() const {
    return 3 + static_cast<int>(end_windows.size() + onset_windows.size());
  }
};

// Where `gate` is in `given`, `target` is in `implied`.
struct CompiledImplication {
  const v1::Implication* implication = nullptr;
  // What it implies of `target`.
  const v1::ConceptState* state = nullptr;
  int32_t gate = -1;
  WorldSet given = 0;
  int32_t target = -1;
  WorldSet implied = 0;
};

// Concepts that implications link, directly or through others: what is known
// of one can bear on all of them, and on no other concept.
struct ImplicationGroup {
  std::vector<int32_t> concepts;
  // Those that are implied; a target comes after the gates that imply it.
  std::vector<int32_t> implied;
};

// Facts to start from, on the day of the decision: an area is treated, no
// device, depth or concern is named, and of all else either nothing is known or
// everything is denied that closing every section denies.
struct Baseline {
  // By concept, what is stated, and what is left of it once answers have
  // implied what they do.
  std::vector<WorldSet> stated;
  std::vector<WorldSet> possible;
  // As `Facts::broken`.
  std::vector<int32_t> broken;
  // Concepts of which something else can be stated on a later day.
  std::vector<int32_t> dated;
};

// The rules of one treatment under one profile.
struct Program {
  int treatment = -1;
  // Strictest first, then by id.
  std::vector<const CompiledRule*> rules;
  // For each concept, the positions in `rules` that ask it.
  std::vector<std::vector<int32_t>> rules_by_concept;
  // The truth of each rule in each of the catalogue's baselines.
  std::vector<Evaluation> in_baseline;
  // Rules of the treatment that the profile leaves out, in order of index.
  std::vector<int32_t> left_out;
};

struct CompiledArea {
  const v1::Area* definition = nullptr;
  int parent = -1;
  // Bit `i`: area `i` is this one or lies in it.
  WorldSet holds = 0;
  // Bit `i`: area `i` is this one or holds it.
  WorldSet held_by = 0;
  // Concepts that have fewer worlds where this area is treated, because two
  // places that the rules look at are one there; and those worlds.
  std::vector<std::pair<int32_t, WorldSet>> narrowed;
};

struct CompiledTreatment {
  const v1::Treatment* definition = nullptr;
  // Indices of this treatment and every one whose rules apply to it.
  std::vector<int> lineage;
  // For each profile.
  std::vector<Program> programs;
};

// An immutable catalogue. Any number of threads may read one at once.
class CompiledCatalog {
 public:
  CompiledCatalog() = default;
  CompiledCatalog(const CompiledCatalog&) = delete;
  CompiledCatalog& operator=(const CompiledCatalog&) = delete;

  // Every record in order of id; `rules` and all else point into it.
  v1::RuleCatalog catalog;
  v1::CatalogVersion version;
  // What it says in each of its languages; English first.
  std::vector<Wording> wordings;

  std::vector<CompiledConcept> concepts;
  // All worlds of each concept: what is possible where nothing is known.
  std::vector<WorldSet> all_worlds;
  // For each section, its concepts that are not quantities.
  std::vector<std::vector<int32_t>> concepts_by_section;
  std::vector<CompiledRule> rules;
  std::vector<CompiledImplication> implications;
  // For each concept, the implications it is the gate and the target of.
  std::vector<std::vector<int32_t>> implications_from;
  std::vector<std::vector<int32_t>> implications_to;
  // Targets of implications; a target comes after the gates that imply it.
  std::vector<int32_t> implied_concepts;
  std::vector<ImplicationGroup> implication_groups;
  // For each concept, the index of its group. -1 for none.
  std::vector<int32_t> implication_group_of;
  std::vector<CompiledArea> areas;
  // The first is that nothing at all is known, not even the area; the others
  // are found by `BaselineOf`.
  std::vector<Baseline> baselines;
  std::vector<CompiledTreatment> treatments;
  // Profile 0 is `standard`.
  std::vector<std::string> profiles;

  // Ids to indices.
  absl::flat_hash_map<std::string, int> concept_index;
  absl::flat_hash_map<std::string, int> area_index;
  absl::flat_hash_map<std::string, int> treatment_index;
  absl::flat_hash_map<std::string, int> device_index;
  absl::flat_hash_map<std::string, int> concern_index;
  absl::flat_hash_map<std::string, int> section_index;
  absl::flat_hash_map<std::string, int> rule_index;
  absl::flat_hash_map<std::string, int> citation_index;
  absl::flat_hash_map<std::string, int> parameter_index;
  absl::flat_hash_map<std::string, int> conflict_index;

  // Concepts that stand for the context of a request.
  int area_concept = -1;
  int device_concept = -1;
  int depth_concept = -1;
  int age_concept = -1;
  // Concept of concern `i` is `first_concern_concept + i`.
  int first_concern_concept = -1;
  // World of the device concept: 0 none named, 1 not listed, 2+i device `i`.
  static constexpr int kNoDevice = 0;
  static constexpr int kUnlistedDevice = 1;
  // Worlds of a concern's concept.
  static constexpr WorldSet kNotAConcern = 1;
  static constexpr WorldSet kIsAConcern = 2;

  // Concepts that a code stands for: exact codes, and prefixes by system.
  absl::flat_hash_map<std::string, std::vector<int>> exact_codes;
  absl::flat_hash_map<std::string, std::vector<const v1::ConceptCode*>>
      prefix_codes;
  absl::flat_hash_map<const v1::ConceptCode*, int> prefix_concepts;
  // Areas that a code stands for, by `system|code`.
  absl::flat_hash_map<std::string, int> area_codes;

  // Citations as they are shown, by index: title, publisher, year.
  std::vector<std::string> citation_lines;
  // Conditions of plan items, by index; empty where an item has none.
  std::vector<std::vector<ConditionNode>> plan_item_conditions;

  // Index of the baseline where `area` is treated and all else is unknown, or
  // denied.
  static int BaselineOf(int area, bool denied) {
    return 1 + 2 * area + (denied ? 1 : 0);
  }

  // The world of the needle depth's concept where none is stated.
  WorldSet NoDepthWorld() const {
    return WorldSet{1} << (2 * concepts[depth_concept].limits.size() + 1);
  }

  // The records with the texts of a language, given by its position in
  // `wordings`.
  const v1::RuleCatalog& In(int language) const {
    const Wording& wording = wordings[language];
    return wording.translated == nullptr ? catalog : *wording.translated;
  }

  bool AreaHolds(int outer, int inner) const {
    return (areas[outer].holds >> inner & 1) != 0;
  }
};

// Compiles a catalogue that the validator accepts. Errors that only the whole
// can show (more than 64 worlds of a concept, windows that cannot be ordered)
// are appended to `*errors` as (subject, message) pairs.
std::shared_ptr<const CompiledCatalog> CompileCatalog(
    v1::RuleCatalog catalog,
    std::vector<std::pair<std::string, std::string>>* errors);

// Compiles a condition of the catalogue's, or a part of one, by itself: as a
// rule without a definition and an effect, for `EvaluateRule`.
CompiledRule CompileCondition(const CompiledCatalog& catalog,
                              const v1::Condition& condition);

// SHA-256, in hexadecimal, of the catalogue's records in order of id.
std::string CatalogDigest(const v1::RuleCatalog& sorted_catalog);

// Ids of the rules of which a source is past its review date, in order.
std::vector<std::string> RulesPastReview(const CompiledCatalog& catalog,
                                         absl::CivilDay today);

// Sorts every record by id, so that files and their order do not matter.
void SortCatalog(v1::RuleCatalog* catalog);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_COMPILED_CATALOG_H_
