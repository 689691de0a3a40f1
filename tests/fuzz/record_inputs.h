// One input each of the readers of health records, to be fuzzed: whatever the
// bytes, there is an answer and it keeps its promises.

#ifndef NEEDLEWISE_TESTS_FUZZ_RECORD_INPUTS_H_
#define NEEDLEWISE_TESTS_FUZZ_RECORD_INPUTS_H_

#include "absl/strings/string_view.h"

namespace needlewise {

// Maps a bundle. Aborts where a finding lacks its origin, or one that was not
// refused is no finding the engine can read.
void TryRecord(absl::string_view bytes);

// Reads a call of each hook, the treatments it asks about, and its record.
void TryHook(absl::string_view bytes);

// Reads feedback.
void TryFeedback(absl::string_view bytes);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_FUZZ_RECORD_INPUTS_H_
