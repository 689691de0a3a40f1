#include "rules/engine/phrases.h"

#include <set>

#include "absl/strings/str_cat.h"

namespace needlewise {
namespace {

constexpr PhraseText kPhrases[] = {
    {"fact", "$0: $1"},
    {"fact-where", "$0 on $1"},
    {"fact-since", "$0, since $1"},
    {"fact-last", "$0, last $1"},
    {"fact-said-by", "$0 ($1)"},
    {"fact-said-by-on", "$0 ($1, $2)"},
    {"fact-implied", "$0, implied by the answer on $1"},
    {"fact-requested", "$0 (request)"},
    {"status-present", "present"},
    {"status-past", "past"},
    {"status-absent", "absent"},
    {"status-never", "never"},
    {"status-unknown", "unknown"},
    {"source-record", "record"},
    {"source-patient", "patient"},
    {"source-clinician", "clinician"},
    {"source-site", "clinic"},
    {"source-not-stated", "source not stated"},
    {"decimal-point", "."},
    {"list-separator", ", "},
    {"with-unit", "$0 $1"},
    {"years", "$0 years"},
    {"years-from-to", "$0 to $1 years"},
    {"at-least", "at least $0"},
    {"above", "above $0"},
    {"at-most", "at most $0"},
    {"below", "below $0"},
    {"both", "$0 and $1"},
    {"millimetres", "$0 mm"},
    {"not-stated", "not stated"},
    {"treatment-area", "Treatment area"},
    {"device", "Device"},
    {"needle-depth", "Planned needle depth"},
    {"concern", "Concern"},
    {"no-device", "none named"},
    {"unlisted-device", "not listed for this treatment"},
    {"contradiction-settled",
     "$0: Statements contradict each other; the later of one source, or the "
     "clinician's, was used."},
    {"contradiction-open",
     "$0: Statements contradict each other; the fact counts as unknown until "
     "somebody settles it."},
    {"implication-broken",
     "$0: The answer contradicts what another answer implies; the fact counts "
     "as unknown until somebody settles it."},
    {"stale",
     "$0: The statement is older than allowed on the day of the decision and "
     "was not used."},
    {"after-as-of",
     "$0: A date lies after the day of the decision; the statement was not "
     "used."},
    {"code-not-mapped",
     "The code stands for no concept of the catalogue and was not used."},
    {"review-clears",
     "$0 A clinician decides and acknowledges it with a reason."},
    {"nothing-clears",
     "$0 Nothing about the patient that can change clears this."},
    {"time-clears", "$0 Time clears it."},
    {"change", "$0: $1"},
};

static_assert(sizeof(kPhrases) / sizeof(kPhrases[0]) == kPhraseCount);

}  // namespace

const PhraseText& TextOf(Phrase phrase) {
  return kPhrases[static_cast<size_t>(phrase)];
}

Phrases EnglishPhrases() {
  Phrases phrases;
  for (size_t i = 0; i < kPhraseCount; ++i) {
    phrases[i] = std::string(kPhrases[i].english);
  }
  return phrases;
}

std::string PlaceholdersIn(absl::string_view phrase) {
  std::set<char> found;
  for (size_t i = 0; i < phrase.size(); ++i) {
    if (phrase[i] != '$') continue;
    found.insert(i + 1 < phrase.size() ? phrase[i + 1] : ' ');
  }
  std::string placeholders;
  for (const char digit : found) {
    absl::StrAppend(&placeholders, "$", std::string(1, digit));
  }
  return placeholders;
}

}  // namespace needlewise
