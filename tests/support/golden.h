// Texts that are reviewed as prose.

#ifndef NEEDLEWISE_TESTS_SUPPORT_GOLDEN_H_
#define NEEDLEWISE_TESTS_SUPPORT_GOLDEN_H_

#include <string>

namespace needlewise {

// Expects `text` to be what `tests/unit/golden/<name>.golden` holds. With
// `NEEDLEWISE_UPDATE_GOLDENS=1` in the environment it writes the file instead,
// to be read and committed.
void ExpectGolden(const std::string& name, const std::string& text);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_SUPPORT_GOLDEN_H_
