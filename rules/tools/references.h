// Which records of a catalogue a message refers to.

#ifndef NEEDLEWISE_RULES_TOOLS_REFERENCES_H_
#define NEEDLEWISE_RULES_TOOLS_REFERENCES_H_

#include <functional>
#include <string>

#include "google/protobuf/message.h"

namespace needlewise {

// What a reference is to.
enum class RecordKind {
  kSection,
  kConcept,
  kConcern,
  kProfile,
  kParameter,
  kCitation,
  kConflict,
};

// Calls `visit` for every reference in `message` and the messages in it, in
// the order of their fields, with the id that it names. What an implication
// implies of a concept is no reference to it: nothing is asked. A condition on
// a device's label refers to the age or the skin type that it limits.
void VisitReferences(
    const google::protobuf::Message& message,
    const std::function<void(RecordKind, const std::string&)>& visit);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_REFERENCES_H_
