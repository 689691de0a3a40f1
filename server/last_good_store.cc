#include "server/last_good_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace needlewise {
namespace {

namespace fs = std::filesystem;

constexpr char kCurrent[] = "current";
constexpr char kUnfinished[] = ".new-";

absl::Status Failed(absl::string_view doing, const fs::path& path,
                    const std::error_code& error) {
  return absl::UnavailableError(absl::StrCat(
      "cannot ", doing, " `", path.string(), "`: ", error.message()));
}

std::error_code LastError() {
  return std::error_code(errno, std::generic_category());
}

// Writes what the machine's buffers hold of `path` to the disk.
absl::Status Sync(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Failed("open", path, LastError());
  const int result = ::fsync(file);
  const std::error_code error = LastError();
  ::close(file);
  if (result != 0) return Failed("sync", path, error);
  return absl::OkStatus();
}

absl::Status WriteFile(const fs::path& path, absl::string_view content) {
  const int file =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return Failed("create", path, LastError());
  while (!content.empty()) {
    const ssize_t written = ::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const std::error_code error = LastError();
      ::close(file);
      return Failed("write", path, error);
    }
    content.remove_prefix(static_cast<size_t>(written));
  }
  if (::close(file) != 0) return Failed("close", path, LastError());
  return Sync(path);
}

absl::Status MakeFolder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return Failed("create", path, error);
  return absl::OkStatus();
}

absl::Status Rename(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return Failed("rename", from, error);
  return absl::OkStatus();
}

absl::Status RemoveAll(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return Failed("remove", path, error);
  return absl::OkStatus();
}

absl::Status WriteCatalog(const fs::path& folder,
                          absl::Span<const CatalogFileText> files) {
  for (const CatalogFileText& file : files) {
    const fs::path path = folder / file.name;
    if (absl::Status made = MakeFolder(path.parent_path()); !made.ok()) {
      return made;
    }
    if (absl::Status written = WriteFile(path, file.content); !written.ok()) {
      return written;
    }
    if (absl::Status synced = Sync(path.parent_path()); !synced.ok()) {
      return synced;
    }
  }
  return Sync(folder);
}

}  // namespace

absl::Status LastGoodStore::Save(
    absl::string_view digest, absl::Span<const CatalogFileText> files) const {
  const fs::path folder(folder_);
  const std::string name(digest);
  std::error_code error;
  if (fs::read_symlink(folder / kCurrent, error) == name) {
    return absl::OkStatus();
  }
  const fs::path unfinished = folder / absl::StrCat(kUnfinished, name);
  const fs::path unfinished_link = folder / absl::StrCat(kUnfinished, kCurrent);
  for (const fs::path& path : {unfinished, unfinished_link, folder / name}) {
    if (absl::Status removed = RemoveAll(path); !removed.ok()) return removed;
  }
  if (absl::Status made = MakeFolder(unfinished); !made.ok()) return made;
  if (absl::Status written = WriteCatalog(unfinished, files); !written.ok()) {
    return written;
  }
  if (absl::Status done = Rename(unfinished, folder / name); !done.ok()) {
    return done;
  }
  fs::create_symlink(name, unfinished_link, error);
  if (error) return Failed("create", unfinished_link, error);
  if (absl::Status done = Rename(unfinished_link, folder / kCurrent);
      !done.ok()) {
    return done;
  }
  if (absl::Status synced = Sync(folder); !synced.ok()) return synced;
  return RemoveOthers(digest);
}

absl::Status LastGoodStore::RemoveOthers(absl::string_view digest) const {
  std::error_code error;
  fs::directory_iterator entry(folder_, error);
  if (error) return Failed("read", folder_, error);
  std::vector<fs::path> others;
  while (entry != fs::directory_iterator()) {
    const std::string name = entry->path().filename().string();
    // Only what `Save` names so; whatever else is there is not ours.
    if (name != digest && name.size() == digest.size() &&
        entry->is_directory(error)) {
      others.push_back(entry->path());
    }
    entry.increment(error);
    if (error) return Failed("read", folder_, error);
  }
  for (const fs::path& other : others) {
    if (absl::Status removed = RemoveAll(other); !removed.ok()) return removed;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<CatalogFileText>> LastGoodStore::Load() const {
  return ReadKeptCatalogFolder((fs::path(folder_) / kCurrent).string());
}

}  // namespace needlewise
