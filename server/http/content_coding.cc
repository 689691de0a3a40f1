#include "server/http/content_coding.h"

#include <zlib.h>

#include <algorithm>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace needlewise {
namespace {

// zlib's largest window, in gzip's wrapping.
constexpr int kGzipWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;
constexpr size_t kFirstOutputBytes = 16 * 1024;

Bytef* ToInput(absl::string_view text) {
  // zlib reads what it asks for a pointer to that could change it.
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

}  // namespace

std::string Gzip(absl::string_view text) {
  z_stream stream = {};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
               Z_DEFAULT_STRATEGY);
  std::string bytes(deflateBound(&stream, text.size()), '\0');
  stream.next_in = ToInput(text);
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  // INVARIANT: the output has room for the worst case, so one call ends it.
  deflate(&stream, Z_FINISH);
  bytes.resize(stream.total_out);
  deflateEnd(&stream);
  return bytes;
}

absl::StatusOr<std::string> Gunzip(absl::string_view bytes, size_t max_bytes) {
  z_stream stream = {};
  if (inflateInit2(&stream, kGzipWindowBits) != Z_OK) {
    return absl::ResourceExhaustedError("there is no memory to decompress");
  }
  stream.next_in = ToInput(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  int state = Z_OK;
  while (state == Z_OK) {
    const size_t before = stream.total_out;
    // One byte above the limit tells that there is more.
    text.resize(
        std::min(std::max(2 * before, kFirstOutputBytes), max_bytes + 1));
    stream.next_out = reinterpret_cast<Bytef*>(&text[before]);
    stream.avail_out = static_cast<uInt>(text.size() - before);
    state = inflate(&stream, Z_NO_FLUSH);
    if (stream.total_out > max_bytes) break;
    // Nothing more comes of what is there.
    if (state == Z_OK && stream.avail_in == 0 && stream.avail_out != 0) break;
  }
  const size_t size = stream.total_out;
  const bool has_rest = stream.avail_in != 0;
  inflateEnd(&stream);
  if (size > max_bytes) {
    return absl::ResourceExhaustedError("the text is longer than allowed");
  }
  if (state != Z_STREAM_END || has_rest) {
    return absl::InvalidArgumentError(
        has_rest && state == Z_STREAM_END
            ? "bytes follow the end of the gzip data"
            : "the gzip data is damaged or cut off");
  }
  text.resize(size);
  return text;
}

bool AcceptsGzip(absl::string_view accept_encoding) {
  for (const absl::string_view choice : absl::StrSplit(accept_encoding, ',')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(choice, ';');
    const absl::string_view coding = absl::StripAsciiWhitespace(parts[0]);
    if (!absl::EqualsIgnoreCase(coding, "gzip") && coding != "*") continue;
    double quality = 1;
    for (absl::string_view parameter : parts) {
      parameter = absl::StripAsciiWhitespace(parameter);
      if (absl::ConsumePrefix(&parameter, "q=") &&
          !absl::SimpleAtod(parameter, &quality)) {
        quality = 0;
      }
    }
    return quality > 0;
  }
  return false;
}

}  // namespace needlewise
