#include "server/http/http_gateway.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "server/http/connect_error.h"
#include "server/http/connection_deadlines.h"
#include "server/http/http_front.h"
#include "server/http/percent_coding.h"
#include "server/http_message.h"
#include "server/status.h"

namespace needlewise {
namespace {

// Memory of one connection: its request line, headers and read buffer.
constexpr size_t kConnectionBytes = 64 * 1024;
// Late peers are looked for this often within the shorter of the timeouts.
constexpr int kDeadlineLooks = 4;
constexpr absl::Duration kLeastLookPeriod = absl::Milliseconds(5);
// A body somewhat above the limit is still read, to be answered with the
// reason; beyond this the connection is closed.
constexpr int kReadBeyondLimit = 2;

class Gateway;

// One open connection.
struct Peer {
  ConnectionDeadlines::Handle deadline;
  // Of the request that is being read: path and query as sent.
  std::string target;
  bool has_sent_a_request = false;
};

// One request and its answer. Belongs to the library's thread until it is
// dispatched; whoever answers it then meets that thread under the lock.
class Exchange final : public HttpAnswerTaker {
 public:
  Exchange(Gateway* gateway, MHD_Connection* connection)
      : gateway_(*gateway), connection_(connection) {}

  HttpRequest request;
  CallGate::Ticket ticket;
  // Of the body, also where it is not kept.
  size_t received_bytes = 0;
  bool dispatched = false;

  void Take(HttpResponse response,
            absl::optional<absl::StatusCode> code) override;

  // Whether the answer is there. Where it is not, suspends the connection
  // until it is.
  bool IsAnsweredOrSuspends();

  // To be called once it is answered; stays as it is from then on.
  const HttpResponse& response() const ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return response_;
  }

 private:
  Gateway& gateway_;
  MHD_Connection* const connection_;
  absl::Mutex mutex_;
  bool answered_ ABSL_GUARDED_BY(mutex_) = false;
  bool suspended_ ABSL_GUARDED_BY(mutex_) = false;
  HttpResponse response_ ABSL_GUARDED_BY(mutex_);
};

class Gateway final : public HttpGateway {
 public:
  explicit Gateway(Options options)
      : options_(std::move(options)),
        front_({options_.routes, options_.gate, options_.log, options_.metrics,
                options_.max_body_bytes, options_.allowed_origins}),
        deadlines_(std::max(kLeastLookPeriod, std::min(options_.read_timeout,
                                                       options_.idle_timeout) /
                                                  kDeadlineLooks)) {}
  ~Gateway() override { Stop(); }

  absl::Status Listen();
  int port() const override { return port_; }
  void Stop() override;

  void CountUnanswered(int change) {
    absl::MutexLock lock(&mutex_);
    unanswered_ += change;
  }

 private:
  static MHD_Result OnRequest(void* cls, MHD_Connection* connection,
                              const char* url, const char* method,
                              const char* version, const char* data,
                              size_t* size, void** state);
  static void OnCompleted(void* cls, MHD_Connection* connection, void** state,
                          MHD_RequestTerminationCode why);
  static void OnConnection(void* cls, MHD_Connection* connection,
                           void** socket_context,
                           MHD_ConnectionNotificationCode what);
  static void* OnTarget(void* cls, const char* target,
                        MHD_Connection* connection);
  static void OnLibraryMessage(void* cls, const char* format, va_list values);

  static Peer* PeerOf(MHD_Connection* connection);
  MHD_Result Begin(MHD_Connection* connection, const char* method,
                   void** state);
  MHD_Result Receive(Exchange* exchange, const char* data, size_t* size) const;
  MHD_Result Complete(MHD_Connection* connection,
                      const std::shared_ptr<Exchange>& exchange);
  MHD_Result Send(MHD_Connection* connection, const HttpResponse& response);
  // Where clients need a certificate: whether this one's is good, and whose it
  // is.
  bool IsTrusted(MHD_Connection* connection, std::string* caller) const;
  // Gives the peer this long for what comes next.
  void Allow(MHD_Connection* connection, absl::Duration time) {
    deadlines_.Set(PeerOf(connection)->deadline, absl::Now() + time);
  }
  bool AllAnswered() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return unanswered_ == 0;
  }

  const Options options_;
  const HttpFront front_;
  ConnectionDeadlines deadlines_;
  absl::Mutex mutex_;
  int unanswered_ ABSL_GUARDED_BY(mutex_) = 0;
  // What the library says until it has started.
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  std::string start_messages_ ABSL_GUARDED_BY(mutex_);
  int port_ = 0;
  // Null before it listens and after it has stopped.
  MHD_Daemon* daemon_ = nullptr;
};

void Exchange::Take(HttpResponse response, absl::optional<absl::StatusCode>) {
  {
    absl::MutexLock lock(&mutex_);
    response_ = std::move(response);
    answered_ = true;
    if (suspended_) MHD_resume_connection(connection_);
  }
  gateway_.CountUnanswered(-1);
}

bool Exchange::IsAnsweredOrSuspends() {
  absl::MutexLock lock(&mutex_);
  if (answered_) return true;
  suspended_ = true;
  MHD_suspend_connection(connection_);
  return false;
}

Peer* Gateway::PeerOf(MHD_Connection* connection) {
  return static_cast<Peer*>(
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
          ->socket_context);
}

void Gateway::OnConnection(void* cls, MHD_Connection* connection,
                           void** socket_context,
                           MHD_ConnectionNotificationCode what) {
  auto* gateway = static_cast<Gateway*>(cls);
  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    const int socket =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
            ->connect_fd;
    auto* peer = new Peer();
    peer->deadline = gateway->deadlines_.Add(
        socket, absl::Now() + gateway->options_.read_timeout);
    *socket_context = peer;
    return;
  }
  auto* peer = static_cast<Peer*>(*socket_context);
  gateway->deadlines_.Remove(peer->deadline);
  delete peer;
}

void* Gateway::OnTarget(void* cls, const char* target,
                        MHD_Connection* connection) {
  auto* gateway = static_cast<Gateway*>(cls);
  Peer* peer = PeerOf(connection);
  peer->target = target;
  // The time of the first request runs since the connection was made.
  if (peer->has_sent_a_request) {
    gateway->Allow(connection, gateway->options_.read_timeout);
  }
  peer->has_sent_a_request = true;
  return nullptr;
}

void Gateway::OnLibraryMessage(void* cls, const char* format, va_list values) {
  auto* gateway = static_cast<Gateway*>(cls);
  {
    absl::MutexLock lock(&gateway->mutex_);
    if (!gateway->started_) {
      char text[512];
      vsnprintf(text, sizeof(text), format, values);
      absl::StrAppend(&gateway->start_messages_, text);
      return;
    }
  }
  // Its values may come from a request, so only the form is written.
  gateway->options_.log->Write(
      LogSeverity::kDebug, "http_library",
      {{"message", std::string(absl::StripAsciiWhitespace(format))}});
}

MHD_Result Gateway::OnRequest(void* cls, MHD_Connection* connection,
                              const char* /*url*/, const char* method,
                              const char* /*version*/, const char* data,
                              size_t* size, void** state) {
  auto* gateway = static_cast<Gateway*>(cls);
  if (*state == nullptr) return gateway->Begin(connection, method, state);
  const auto& exchange = *static_cast<std::shared_ptr<Exchange>*>(*state);
  if (*size != 0) return gateway->Receive(exchange.get(), data, size);
  return gateway->Complete(connection, exchange);
}

void Gateway::OnCompleted(void* cls, MHD_Connection* connection, void** state,
                          MHD_RequestTerminationCode /*why*/) {
  auto* gateway = static_cast<Gateway*>(cls);
  delete static_cast<std::shared_ptr<Exchange>*>(*state);
  *state = nullptr;
  gateway->Allow(connection, gateway->options_.idle_timeout);
}

MHD_Result AddHeader(void* cls, MHD_ValueKind /*kind*/, const char* name,
                     const char* value) {
  auto* request = static_cast<HttpRequest*>(cls);
  std::string& joined = request->headers[absl::AsciiStrToLower(name)];
  absl::StrAppend(&joined, joined.empty() ? "" : ", ",
                  value == nullptr ? "" : value);
  return MHD_YES;
}

MHD_Result Gateway::Begin(MHD_Connection* connection, const char* method,
                          void** state) {
  auto exchange = std::make_shared<Exchange>(this, connection);
  *state = new std::shared_ptr<Exchange>(exchange);
  HttpRequest& request = exchange->request;
  request.method = method;
  const std::pair<std::string, std::string> target =
      absl::StrSplit(PeerOf(connection)->target, absl::MaxSplits('?', 1));
  request.query = target.second;
  MHD_get_connection_values(connection, MHD_HEADER_KIND, &AddHeader, &request);

  absl::optional<HttpResponse> refusal;
  absl::optional<std::string> path = PercentDecode(target.first);
  uint64_t length = 0;
  const auto content_length = request.headers.find("content-length");
  if (!IsTrusted(connection, &request.caller)) {
    refusal = ConnectErrorResponse(CredentialsMissing());
  } else if (!path.has_value()) {
    refusal = ConnectErrorResponse(
        FieldsInvalid({{"path", "holds a malformed percent escape"}}));
  } else if (content_length != request.headers.end() &&
             absl::SimpleAtoi(content_length->second, &length) &&
             length > kReadBeyondLimit * options_.max_body_bytes) {
    refusal = front_.RefuseSize();
  }
  if (!refusal.has_value()) {
    request.path = *std::move(path);
    return MHD_YES;
  }
  exchange->dispatched = true;
  CountUnanswered(1);
  exchange->Take(*std::move(refusal), absl::nullopt);
  return Send(connection, exchange->response());
}

MHD_Result Gateway::Receive(Exchange* exchange, const char* data,
                            size_t* size) const {
  exchange->received_bytes += *size;
  if (exchange->received_bytes <= options_.max_body_bytes) {
    exchange->request.body.append(data, *size);
  } else if (exchange->received_bytes >
             kReadBeyondLimit * options_.max_body_bytes) {
    return MHD_NO;
  } else {
    exchange->request.body = std::string();
  }
  *size = 0;
  return MHD_YES;
}

MHD_Result Gateway::Complete(MHD_Connection* connection,
                             const std::shared_ptr<Exchange>& exchange) {
  if (!exchange->dispatched) {
    exchange->dispatched = true;
    Allow(connection, absl::InfiniteDuration());
    CountUnanswered(1);
    if (exchange->received_bytes > options_.max_body_bytes) {
      exchange->Take(front_.RefuseSize(), absl::nullopt);
    } else {
      front_.Answer(&exchange->request, &exchange->ticket, exchange);
    }
  }
  return exchange->IsAnsweredOrSuspends()
             ? Send(connection, exchange->response())
             : MHD_YES;
}

MHD_Result Gateway::Send(MHD_Connection* connection,
                         const HttpResponse& response) {
  // Copies nothing: the exchange, and with it the body, stays until the
  // request is completed.
  MHD_Response* message = MHD_create_response_from_buffer(
      response.body.size(), const_cast<char*>(response.body.data()),
      MHD_RESPMEM_PERSISTENT);
  if (message == nullptr) return MHD_NO;
  for (const auto& [name, value] : response.headers) {
    MHD_add_response_header(message, name.c_str(), value.c_str());
  }
  Allow(connection, options_.idle_timeout);
  const MHD_Result queued = MHD_queue_response(
      connection, static_cast<unsigned>(response.status), message);
  MHD_destroy_response(message);
  return queued;
}

// The first alternative name of the peer's certificate, else its common name.
std::string NameOfPeer(gnutls_session_t session) {
  unsigned count = 0;
  const gnutls_datum_t* chain = gnutls_certificate_get_peers(session, &count);
  gnutls_x509_crt_t certificate = nullptr;
  if (count == 0 || gnutls_x509_crt_init(&certificate) != GNUTLS_E_SUCCESS) {
    return "";
  }
  char name[256];
  size_t size = sizeof(name);
  bool found = false;
  if (gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER) ==
      GNUTLS_E_SUCCESS) {
    found = gnutls_x509_crt_get_subject_alt_name(certificate, 0, name, &size,
                                                 nullptr) >= 0;
    if (!found) {
      size = sizeof(name);
      found = gnutls_x509_crt_get_dn_by_oid(certificate,
                                            GNUTLS_OID_X520_COMMON_NAME, 0, 0,
                                            name, &size) == GNUTLS_E_SUCCESS;
    }
  }
  gnutls_x509_crt_deinit(certificate);
  return found ? std::string(name, size) : "";
}

bool Gateway::IsTrusted(MHD_Connection* connection, std::string* caller) const {
  if (options_.client_ca.empty()) return true;
  auto* session = static_cast<gnutls_session_t>(
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)
          ->tls_session);
  unsigned faults = 0;
  if (gnutls_certificate_verify_peers2(session, &faults) != GNUTLS_E_SUCCESS ||
      faults != 0) {
    return false;
  }
  *caller = NameOfPeer(session);
  return true;
}

absl::Status Gateway::Listen() {
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  if (options_.host == "localhost") hints.ai_family = AF_INET;
  addrinfo* address = nullptr;
  const std::string where = absl::StrCat(options_.host, ":", options_.port);
  if (getaddrinfo(options_.host.c_str(), absl::StrCat(options_.port).c_str(),
                  &hints, &address) != 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot serve HTTP: `", options_.host,
                     "` is no address of this machine"));
  }
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                   MHD_USE_ERROR_LOG;
  if (address->ai_family == AF_INET6) flags |= MHD_USE_IPv6;
  std::vector<MHD_OptionItem> items = {
      {MHD_OPTION_THREAD_POOL_SIZE,
       std::min(options_.threads, options_.max_connections), nullptr},
      {MHD_OPTION_CONNECTION_LIMIT, options_.max_connections, nullptr},
      {MHD_OPTION_CONNECTION_MEMORY_LIMIT,
       static_cast<intptr_t>(kConnectionBytes), nullptr},
      {MHD_OPTION_STRICT_FOR_CLIENT, 1, nullptr},
      {MHD_OPTION_SOCK_ADDR, 0, address->ai_addr},
  };
  const auto add_text = [&items](MHD_OPTION option, const std::string& text) {
    if (!text.empty()) {
      items.push_back({option, 0, const_cast<char*>(text.c_str())});
    }
  };
  add_text(MHD_OPTION_HTTPS_MEM_CERT, options_.certificate);
  add_text(MHD_OPTION_HTTPS_MEM_KEY, options_.private_key);
  add_text(MHD_OPTION_HTTPS_MEM_TRUST, options_.client_ca);
  items.push_back({MHD_OPTION_END, 0, nullptr});
  if (!options_.certificate.empty()) flags |= MHD_USE_TLS;
  daemon_ = MHD_start_daemon(flags, 0, nullptr, nullptr, &OnRequest, this,
                             // First, so that it hears of all the others.
                             MHD_OPTION_EXTERNAL_LOGGER, &OnLibraryMessage,
                             this, MHD_OPTION_NOTIFY_COMPLETED, &OnCompleted,
                             this, MHD_OPTION_NOTIFY_CONNECTION, &OnConnection,
                             this, MHD_OPTION_URI_LOG_CALLBACK, &OnTarget, this,
                             MHD_OPTION_ARRAY, items.data(), MHD_OPTION_END);
  freeaddrinfo(address);
  absl::MutexLock lock(&mutex_);
  started_ = true;
  if (daemon_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot serve HTTP on `", where,
                     "`: ", absl::StripAsciiWhitespace(start_messages_)));
  }
  port_ = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT)->port;
  return absl::OkStatus();
}

void Gateway::Stop() {
  if (daemon_ == nullptr) return;
  if (const int listener = MHD_quiesce_daemon(daemon_); listener >= 0) {
    close(listener);
  }
  {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &Gateway::AllAnswered));
  }
  MHD_stop_daemon(std::exchange(daemon_, nullptr));
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpGateway>> HttpGateway::Start(
    Options options) {
  auto gateway = std::make_unique<Gateway>(std::move(options));
  if (absl::Status listening = gateway->Listen(); !listening.ok()) {
    return listening;
  }
  return gateway;
}

}  // namespace needlewise
