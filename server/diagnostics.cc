#include "server/diagnostics.h"

#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"

namespace needlewise {
namespace {

constexpr size_t kLongestSourceLine = 1000;
constexpr size_t kMostBytes = 2 * 1024 * 1024;

// Cuts `*line` to at most `longest` bytes, between characters.
void Cut(size_t longest, std::string* line) {
  if (line->size() <= longest) return;
  size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>((*line)[end]) & 0xC0) == 0x80) {
    --end;
  }
  line->resize(end);
}

}  // namespace

void CopyDiagnostics(absl::Span<const v1::Diagnostic> from,
                     google::protobuf::RepeatedPtrField<v1::Diagnostic>* to) {
  size_t bytes = 0;
  for (size_t i = 0; i < from.size(); ++i) {
    v1::Diagnostic* copy = to->Add();
    *copy = from[i];
    Cut(kLongestSourceLine, copy->mutable_source_line());
    Cut(kLongestSourceLine, copy->mutable_message());
    bytes += copy->ByteSizeLong();
    if (bytes < kMostBytes || i + 1 == from.size()) continue;
    v1::Diagnostic* rest = to->Add();
    rest->set_severity(v1::SEVERITY_ERROR);
    rest->set_message(absl::StrCat(from.size() - i - 1,
                                   " more diagnostics are not shown; correct "
                                   "these first"));
    return;
  }
}

}  // namespace needlewise
