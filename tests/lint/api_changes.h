// What has changed between two descriptions of the API, as far as it breaks
// somebody: programs that call it, stored messages, and code generated from it
// (names of files, packages, messages and fields included).

#ifndef NEEDLEWISE_TESTS_LINT_API_CHANGES_H_
#define NEEDLEWISE_TESTS_LINT_API_CHANGES_H_

#include <string>
#include <vector>

#include "google/protobuf/descriptor.pb.h"

namespace needlewise {

// Every change from `released` to `current` that breaks somebody, one sentence
// each, in the order of `released`. Additions break nobody. Both sets must hold
// what they import, in an order that can be built; Google's own files are not
// compared.
std::vector<std::string> FindBreakingChanges(
    const google::protobuf::FileDescriptorSet& released,
    const google::protobuf::FileDescriptorSet& current);

// Every message, field, oneof, enum, enum value, service and method without a
// comment before it, as `file:line: name`. The set must hold source positions.
std::vector<std::string> FindUndocumented(
    const google::protobuf::FileDescriptorSet& files);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_LINT_API_CHANGES_H_
