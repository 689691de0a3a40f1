#ifndef NEEDLEWISE_SERVER_SERVER_CONFIG_H_
#define NEEDLEWISE_SERVER_SERVER_CONFIG_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "needlewise/config/v1/server_config.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"

namespace needlewise {

// A configuration as read.
struct ConfigResult {
  // With every default filled in. Not to be used where there is a diagnostic.
  config::v1::ServerConfig config;
  // Every fault, each an error, in order of line and column.
  std::vector<v1::Diagnostic> diagnostics;
};

// Reads a configuration in protobuf text format and checks all of it that can
// be checked without a catalogue. `file_name` is for the diagnostics. A
// listener that is not a loopback address, or not marked as insecure, is a
// fault: this server offers no TLS.
ConfigResult ParseServerConfig(absl::string_view text,
                               absl::string_view file_name);

// `deploy/config/server.textproto` as it was when the server was built: every
// default, with what it means.
absl::string_view DefaultServerConfigText();

// A duration of the configuration, which the check has found to be valid.
absl::Duration ToDuration(const google::protobuf::Duration& duration);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_SERVER_CONFIG_H_
