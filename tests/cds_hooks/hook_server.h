// A server that offers CDS Hooks, and calls of it as a health record makes
// them.

#ifndef NEEDLEWISE_TESTS_CDS_HOOKS_HOOK_SERVER_H_
#define NEEDLEWISE_TESTS_CDS_HOOKS_HOOK_SERVER_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "needlewise/config/v1/server_config.pb.h"
#include "server/fhir/json.h"
#include "tests/integration/http_client.h"
#include "tests/integration/test_server.h"

namespace needlewise {

// A server of the released catalogue whose callers need no token, but for what
// `adjust` changes. Today is 2026-06-15.
class HookServer {
 public:
  explicit HookServer(
      const std::function<void(config::v1::ServerConfig*)>& adjust = nullptr);

  // One for all tests that change nothing of it.
  static HookServer& Shared();

  TestServer& server() { return *server_; }

  HttpAnswer Get(const std::string& path);
  HttpAnswer Post(const std::string& path, const std::string& body,
                  const HttpHeaders& more = {});
  // The answer to a call of a service, which must be 200.
  Json Answer(const std::string& service, const Json& body);
  // The same of the service for `patient-view`.
  Json View(const Json& body);

 private:
  std::unique_ptr<TestServer> server_;
};

// The body of a call for `patient-view` about Patient/p1, of whose record
// nothing is there: every key is null but for the patient.
Json ViewCall();

// `json` as text with `'` for `"`, and `~` for the reference to the patient.
Json JsonOf(const std::string& text);

// A searchset of these resources, written as above.
Json SearchsetOf(const std::vector<std::string>& resources);

// What an OperationOutcome says of each issue: `code expression`.
std::vector<std::string> IssuesOf(const HttpAnswer& answer);

inline constexpr char kView[] = "needlewise-patient-view";

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_CDS_HOOKS_HOOK_SERVER_H_
