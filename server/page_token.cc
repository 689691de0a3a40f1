#include "server/page_token.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/sha256.h"
#include "server/status.h"

namespace needlewise {
namespace {

using ::google::protobuf::Message;

constexpr int kDefaultPageSize = 100;
constexpr int kGreatestPageSize = 1000;
constexpr size_t kLongestToken = 256;
constexpr size_t kHashLength = 12;
constexpr char kSizeField[] = "page_size";
constexpr char kTokenField[] = "page_token";

const google::protobuf::FieldDescriptor* Field(const Message& request,
                                               const char* name) {
  return request.GetDescriptor()->FindFieldByName(name);
}

// Stands for everything of `request` but the page.
std::string HashFilter(const Message& request) {
  const std::unique_ptr<Message> filter(request.New());
  filter->CopyFrom(request);
  filter->GetReflection()->ClearField(filter.get(), Field(request, kSizeField));
  filter->GetReflection()->ClearField(filter.get(),
                                      Field(request, kTokenField));
  return absl::BytesToHexString(Sha256()
                                    .Add(request.GetDescriptor()->full_name())
                                    .Add(filter->SerializeAsString())
                                    .Finish())
      .substr(0, kHashLength);
}

}  // namespace

absl::Status ReadPageStart(const Message& request,
                           const v1::CatalogVersion& in_force, PageStart* start,
                           Violations* violations) {
  const google::protobuf::Reflection& fields = *request.GetReflection();
  const int size = fields.GetInt32(request, Field(request, kSizeField));
  if (size < 0) violations->push_back({kSizeField, "must not be negative"});
  start->size =
      size == 0 ? kDefaultPageSize : std::min(size, kGreatestPageSize);
  const std::string token =
      fields.GetString(request, Field(request, kTokenField));
  if (token.empty()) return absl::OkStatus();

  std::string text;
  std::vector<absl::string_view> parts;
  if (token.size() <= kLongestToken &&
      absl::WebSafeBase64Unescape(token, &text)) {
    parts = absl::StrSplit(text, '/');
  }
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &start->position) ||
      start->position < 0) {
    violations->push_back(
        {kTokenField, "is not the token of a page; leave it empty"});
  } else if (parts[1] != HashFilter(request)) {
    violations->push_back(
        {kTokenField,
         "is of a list with another filter; start again without it"});
  } else if (parts[2] != in_force.digest()) {
    return CatalogVersionMismatch(in_force);
  }
  return absl::OkStatus();
}

std::string MakePageToken(const Message& request,
                          const v1::CatalogVersion& in_force, int position) {
  return absl::WebSafeBase64Escape(
      absl::StrCat(position, "/", HashFilter(request), "/", in_force.digest()));
}

}  // namespace needlewise
