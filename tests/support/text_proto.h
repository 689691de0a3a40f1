// Messages from their text format, and how to compare them.

#ifndef NEEDLEWISE_TESTS_SUPPORT_TEXT_PROTO_H_
#define NEEDLEWISE_TESTS_SUPPORT_TEXT_PROTO_H_

#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace needlewise {

// The message that `text` describes; a text that does not parse fails the
// test.
template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  if (!google::protobuf::TextFormat::ParseFromString(text, &message)) {
    ADD_FAILURE() << "not a " << message.GetTypeName() << ":\n" << text;
  }
  return message;
}

// Whether a message equals another, field by field; says where it does not.
MATCHER_P(EqualsProto, expected, "equals\n" + expected.DebugString()) {
  std::string difference;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  const bool equal = differencer.Compare(expected, arg);
  *result_listener << "\n" << difference;
  return equal;
}

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_SUPPORT_TEXT_PROTO_H_
