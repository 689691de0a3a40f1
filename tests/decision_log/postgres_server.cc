#include "tests/decision_log/postgres_server.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"

namespace needlewise {
namespace {

namespace fs = std::filesystem;

// Where Debian's packages put each version's programs.
constexpr char kVersions[] = "/usr/lib/postgresql";

std::string FindPrograms() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(kVersions, error)) {
    const fs::path bin = entry.path() / "bin";
    if (fs::exists(bin / "initdb")) return bin.string();
  }
  return "";
}

}  // namespace

int PostgresServer::Run(const std::string& command) const {
  return std::system(
      absl::StrCat(as_user_, command, " >>", folder_, "/log 2>&1").c_str());
}

std::unique_ptr<PostgresServer> PostgresServer::Start(std::string* reason) {
  auto server = std::unique_ptr<PostgresServer>(new PostgresServer());
  server->bin_ = FindPrograms();
  if (server->bin_.empty()) {
    *reason = "PostgreSQL is not installed; the package is postgresql-15";
    return nullptr;
  }
  std::string folder =
      (fs::temp_directory_path() / "needlewise-pg-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    *reason = "no temporary folder";
    return nullptr;
  }
  server->folder_ = folder;
  if (geteuid() == 0) {
    // It refuses to be run by root.
    server->as_user_ =
        "setpriv --reuid=postgres --regid=postgres --clear-groups ";
    EXPECT_EQ(std::system(absl::StrCat("chown postgres ", folder).c_str()), 0);
  }
  const std::string data = folder + "/data";
  if (server->Run(absl::StrCat(
          server->bin_, "/initdb -A trust -U needlewise -N", " -D ", data)) !=
          0 ||
      // No port: nothing but the socket.
      server->Run(
          absl::StrCat(server->bin_, "/pg_ctl -w -D ", data, " -l ", folder,
                       "/server.log -o \"-c listen_addresses='' -k ", folder,
                       " -c fsync=off -c shared_buffers=32MB\" start")) != 0) {
    ADD_FAILURE() << "PostgreSQL does not start; see " << folder << "/log";
    *reason = "PostgreSQL does not start";
    return nullptr;
  }
  return server;
}

PostgresServer::~PostgresServer() {
  if (folder_.empty()) return;
  EXPECT_EQ(Run(absl::StrCat(bin_, "/pg_ctl -m immediate -D ", folder_,
                             "/data stop")),
            0);
  std::error_code error;
  fs::remove_all(folder_, error);
}

std::string PostgresServer::NewDatabase(const std::string& name) {
  EXPECT_EQ(Run(absl::StrCat(bin_, "/createdb -h ", folder_, " -U needlewise ",
                             name)),
            0);
  return absl::StrCat("host=", folder_, " user=needlewise dbname=", name);
}

void PostgresServer::Execute(const std::string& database,
                             const std::string& sql) {
  EXPECT_EQ(Run(absl::StrCat(bin_, "/psql -h ", folder_, " -U needlewise -d ",
                             database, " -c \"", sql, "\"")),
            0);
}

void PostgresServer::BreakConnections() {
  Execute("postgres",
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
          "application_name = 'needlewise'");
}

}  // namespace needlewise
