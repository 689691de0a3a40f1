#ifndef NEEDLEWISE_SERVER_DECISION_ID_H_
#define NEEDLEWISE_SERVER_DECISION_ID_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/strings/string_view.h"

namespace needlewise {

// The canonical bytes of a message: the same for equal messages.
std::string SerializeDeterministically(
    const google::protobuf::Message& message);

// What a decision follows from.
struct DecisionSeed {
  // Name of the method.
  absl::string_view method;
  absl::string_view request_id;
  const google::protobuf::Message* request;
  // The days the decision was made for and on.
  absl::string_view as_of;
  absl::string_view today;
  absl::string_view catalog_digest;
  // Whatever stands for the site's own facts.
  absl::string_view site;
};

// The first 16 bytes of `hash` as a UUID, version 8 of RFC 9562.
std::string ToUuid(absl::string_view hash);

// An id of 26 lower-case letters and digits: the same for the same seed, and
// for no other.
std::string MakeDecisionId(const DecisionSeed& seed);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_ID_H_
