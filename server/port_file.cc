#include "server/port_file.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace needlewise {

absl::Status WritePortFile(const std::string& path, int port) {
  const std::string unfinished = absl::StrCat(path, ".", getpid());
  std::ofstream file(unfinished, std::ios::trunc);
  file << port << '\n';
  file.close();
  std::error_code error;
  if (file.good()) std::filesystem::rename(unfinished, path, error);
  if (!file.good() || error) {
    return absl::UnavailableError(
        absl::StrCat("cannot write the port to `", path, "`"));
  }
  return absl::OkStatus();
}

absl::Status RemovePortFile(const std::string& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot remove `", path, "`: ", error.message()));
  }
  return absl::OkStatus();
}

}  // namespace needlewise
