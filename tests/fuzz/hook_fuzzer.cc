#include <cstddef>
#include <cstdint>

#include "tests/fuzz/record_inputs.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  needlewise::TryHook(bytes);
  needlewise::TryFeedback(bytes);
  return 0;
}
