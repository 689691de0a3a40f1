#ifndef NEEDLEWISE_TESTS_DECISION_LOG_POSTGRES_SERVER_H_
#define NEEDLEWISE_TESTS_DECISION_LOG_POSTGRES_SERVER_H_

#include <memory>
#include <string>

namespace needlewise {

// A PostgreSQL server of the test's own, in a temporary folder, reached by a
// socket there. Stops, and is gone, with the object.
class PostgresServer {
 public:
  // Starts one. Null, with why in `*reason`, where PostgreSQL is not installed.
  static std::unique_ptr<PostgresServer> Start(std::string* reason);
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // Connection string of a database of that name, made here, empty.
  std::string NewDatabase(const std::string& name);

  // Runs SQL in a database.
  void Execute(const std::string& database, const std::string& sql);

  // Ends every connection, as a broken network would.
  void BreakConnections();

 private:
  PostgresServer() = default;
  // Runs a command as the user that may run PostgreSQL. Its exit code.
  int Run(const std::string& command) const;

  std::string folder_;
  std::string bin_;
  std::string as_user_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_DECISION_LOG_POSTGRES_SERVER_H_
