// What the Connect door reads as JSON never harms the server, and what it takes
// comes back the same: written, read again and written, it is the same text,
// and it is the message that it was.

#include <google/protobuf/message.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "needlewise/v1/decision_log.pb.h"
#include "needlewise/v1/recommendation.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "server/http/message_json.h"

namespace needlewise {
namespace {

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

void CheckOne(absl::string_view text, google::protobuf::Message* message) {
  const Violations violations = ReadJson(text, message);
  if (!violations.empty()) {
    for (const FieldViolation& violation : violations) {
      Require(!violation.description.empty(), "a violation says nothing");
    }
    return;
  }
  const std::string written = WriteJson(*message);
  const std::unique_ptr<google::protobuf::Message> again(message->New());
  Require(ReadJson(written, again.get()).empty(),
          "what was written cannot be read");
  Require(again->SerializeAsString() == message->SerializeAsString(),
          "what was read again is another message");
  Require(WriteJson(*again) == written, "what is written again differs");
}

template <typename Message>
void Check(absl::string_view text) {
  Message message;
  CheckOne(text, &message);
}

}  // namespace
}  // namespace needlewise

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // The first byte says which message is meant.
  const absl::string_view text(reinterpret_cast<const char*>(data) + 1,
                               size - 1);
  switch (data[0] % 6) {
    case 0:
      needlewise::Check<needlewise::v1::BatchScreenEligibilityRequest>(text);
      break;
    case 1:
      needlewise::Check<needlewise::v1::SuggestQuestionsRequest>(text);
      break;
    case 2:
      needlewise::Check<needlewise::v1::PlanTreatmentRequest>(text);
      break;
    case 3:
      needlewise::Check<needlewise::v1::ValidateRuleCatalogRequest>(text);
      break;
    case 4:
      needlewise::Check<needlewise::v1::ListDecisionsRequest>(text);
      break;
    default:
      needlewise::Check<needlewise::v1::ScreenEligibilityRequest>(text);
  }
  return 0;
}
