#ifndef NEEDLEWISE_SERVER_HTTP_CONTENT_CODING_H_
#define NEEDLEWISE_SERVER_HTTP_CONTENT_CODING_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace needlewise {

// Compressed with gzip.
std::string Gzip(absl::string_view text);

// The text of one gzip member. INVALID_ARGUMENT where it is none, is cut off or
// goes on after its end; RESOURCE_EXHAUSTED where the text is longer than
// `max_bytes`, found without writing more than that.
absl::StatusOr<std::string> Gunzip(absl::string_view bytes, size_t max_bytes);

// Whether a peer that sent this `Accept-Encoding` takes gzip.
bool AcceptsGzip(absl::string_view accept_encoding);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_HTTP_CONTENT_CODING_H_
