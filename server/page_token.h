#ifndef NEEDLEWISE_SERVER_PAGE_TOKEN_H_
#define NEEDLEWISE_SERVER_PAGE_TOKEN_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/violation.h"

namespace needlewise {

// Where a page of a list begins and how long it may be.
struct PageStart {
  int position = 0;
  int size = 0;
};

// Reads `page_size` and `page_token` of a list request, which has both fields.
// A size above 1,000 counts as 1,000. Appends a violation where the size is
// negative, or the token is not one of ours or belongs to another filter.
// FAILED_PRECONDITION where the token is of a catalogue that is no longer in
// force.
absl::Status ReadPageStart(const google::protobuf::Message& request,
                           const v1::CatalogVersion& in_force, PageStart* start,
                           Violations* violations);

// The token of the page that begins at `position`, for the same filter and
// catalogue.
std::string MakePageToken(const google::protobuf::Message& request,
                          const v1::CatalogVersion& in_force, int position);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_PAGE_TOKEN_H_
