// A server that does nothing but answer: what needlewise-server is held
// against. It answers every ScreenEligibility with the same message, made
// before it started, over gRPC or, from the same listener as the real one's,
// over HTTP.

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/slice.h>
#include <pthread.h>
#include <signal.h>

#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/status/status.h"
#include "needlewise/v1/screening.grpc.pb.h"
#include "server/call_gate.h"
#include "server/clock.h"
#include "server/http/http_gateway.h"
#include "server/http/http_routes.h"
#include "server/port_file.h"
#include "server/telemetry/json_log.h"

namespace needlewise {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

// Neither decodes the request nor encodes the answer: no server does less.
class RawService final
    : public v1::ScreeningService::WithRawCallbackMethod_ScreenEligibility<
          v1::ScreeningService::Service> {
 public:
  explicit RawService(const std::string& answer) : slice_(answer) {}

  ServerUnaryReactor* ScreenEligibility(CallbackServerContext* context,
                                        const ByteBuffer* /*in*/,
                                        ByteBuffer* out) override {
    *out = ByteBuffer(&slice_, 1);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  const grpc::Slice slice_;
};

// As the generated code has it: decodes the request, encodes the answer.
class TypedService final : public v1::ScreeningService::CallbackService {
 public:
  explicit TypedService(const v1::ScreenEligibilityResponse& answer)
      : answer_(answer) {}

  ServerUnaryReactor* ScreenEligibility(
      CallbackServerContext* context,
      const v1::ScreenEligibilityRequest* /*request*/,
      v1::ScreenEligibilityResponse* response) override {
    *response = answer_;
    ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  const v1::ScreenEligibilityResponse answer_;
};

std::unique_ptr<grpc::Service> MakeService(const std::string& kind,
                                           const std::string& answer) {
  if (kind == "raw") return std::make_unique<RawService>(answer);
  v1::ScreenEligibilityResponse response;
  if (kind != "typed" || !response.ParseFromString(answer)) return nullptr;
  return std::make_unique<TypedService>(response);
}

sigset_t BlockStopSignals() {
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  return stop_signals;
}

// Writes the port down, and waits until it is told to stop. An exit code.
int AwaitStop(const sigset_t& stop_signals, const std::string& port_file,
              int port) {
  if (const absl::Status written = WritePortFile(port_file, port);
      !written.ok()) {
    std::cerr << "bare_server: " << written.message() << "\n";
    return 1;
  }
  int signal = 0;
  while (sigwait(&stop_signals, &signal) != 0) {
  }
  return 0;
}

class SilentSink final : public LogSink {
 public:
  void Write(absl::string_view) override {}
};

int ServeHttp(const std::string& answer, const std::string& port_file,
              const std::string& path) {
  const sigset_t stop_signals = BlockStopSignals();
  HttpRoutes routes;
  routes.Add("POST", path, "bare", [&answer](const HttpRequest&) {
    HttpResponse response;
    response.headers["content-type"] = "application/json";
    response.body = answer;
    return response;
  });
  const SystemClock clock;
  SilentSink sink;
  const Log log(&sink, &clock, LogSeverity::kError);
  CallGate gate(1024);
  HttpGateway::Options options;
  options.routes = &routes;
  options.gate = &gate;
  options.log = &log;
  const auto gateway = HttpGateway::Start(options);
  if (!gateway.ok()) {
    std::cerr << "bare_server: " << gateway.status().message() << "\n";
    return 1;
  }
  return AwaitStop(stop_signals, port_file, (*gateway)->port());
}

int Serve(grpc::Service* service, const std::string& port_file) {
  const sigset_t stop_signals = BlockStopSignals();

  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    std::cerr << "bare_server: cannot listen\n";
    return 1;
  }
  const int code = AwaitStop(stop_signals, port_file, port);
  server->Shutdown();
  return code;
}

}  // namespace
}  // namespace needlewise

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::cerr << "usage: bare_server raw|typed|http ANSWER_FILE PORT_FILE "
                 "[PATH]\n";
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  std::ostringstream answer;
  answer << file.rdbuf();
  if (file && std::string(argv[1]) == "http") {
    return needlewise::ServeHttp(
        answer.str(), argv[3],
        argc == 5 ? argv[4]
                  : "/needlewise.v1.ScreeningService/ScreenEligibility");
  }
  const std::unique_ptr<grpc::Service> service =
      needlewise::MakeService(argv[1], answer.str());
  if (!file || service == nullptr) {
    std::cerr << "bare_server: `" << argv[1]
              << "` is not a kind, or the answer cannot be read\n";
    return 2;
  }
  return needlewise::Serve(service.get(), argv[3]);
}
