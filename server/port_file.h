#ifndef NEEDLEWISE_SERVER_PORT_FILE_H_
#define NEEDLEWISE_SERVER_PORT_FILE_H_

#include <string>

#include "absl/status/status.h"

namespace needlewise {

// Writes `port` to `path`, in one step: whoever finds the file finds all of
// it.
absl::Status WritePortFile(const std::string& path, int port);

// Removes the file, if it is there.
absl::Status RemovePortFile(const std::string& path);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_PORT_FILE_H_
