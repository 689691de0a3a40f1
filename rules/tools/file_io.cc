#include "rules/tools/file_io.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"

namespace needlewise {
namespace {

absl::Status Failed(const char* what, const std::string& path, int error) {
  return absl::NotFoundError(
      absl::StrCat("cannot ", what, " `", path, "`: ", std::strerror(error)));
}

// Writes through links: the file that a link names is replaced, not the link.
std::string Resolved(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(
      realpath(path.c_str(), nullptr), &std::free);
  return real == nullptr ? path : std::string(real.get());
}

absl::Status WriteAll(int descriptor, absl::string_view content,
                      const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("write", path, errno);
    content.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const Console& console,
                                     const std::string& path) {
  if (path == "-") {
    return std::string(std::istreambuf_iterator<char>(*console.in), {});
  }
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return Failed("read", path, errno);
  if (S_ISDIR(info.st_mode)) return Failed("read", path, EISDIR);
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  std::string content(std::istreambuf_iterator<char>(stream), {});
  if (!stream.is_open() || stream.bad()) {
    return Failed("read", path, errno == 0 ? EIO : errno);
  }
  return content;
}

absl::Status WriteFile(const Console& console, const std::string& path,
                       absl::string_view content) {
  if (path == "-") {
    *console.out << content;
    return absl::OkStatus();
  }
  const std::string target = Resolved(path);
  struct stat info;
  const bool exists = stat(target.c_str(), &info) == 0;
  if (exists && !S_ISREG(info.st_mode)) {
    // A pipe or a device, for instance: nothing to replace.
    std::ofstream stream(target, std::ios::binary);
    stream << content;
    stream.close();
    return stream.good() ? absl::OkStatus() : Failed("write", path, errno);
  }
  std::string temporary = absl::StrCat(target, ".XXXXXX");
  const int descriptor = mkstemp(temporary.data());
  if (descriptor < 0) return Failed("write", path, errno);
  absl::Status status = WriteAll(descriptor, content, path);
  const mode_t usual = umask(0);
  umask(usual);
  const mode_t mode = exists ? info.st_mode & 07777 : 0666 & ~usual;
  if (status.ok() &&
      (fchmod(descriptor, mode) != 0 || fsync(descriptor) != 0)) {
    status = Failed("write", path, errno);
  }
  if (close(descriptor) != 0 && status.ok()) {
    status = Failed("write", path, errno);
  }
  if (status.ok() && rename(temporary.c_str(), target.c_str()) != 0) {
    status = Failed("write", path, errno);
  }
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

}  // namespace needlewise
