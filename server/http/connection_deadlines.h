#ifndef NEEDLEWISE_SERVER_HTTP_CONNECTION_DEADLINES_H_
#define NEEDLEWISE_SERVER_HTTP_CONNECTION_DEADLINES_H_

#include <list>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace needlewise {

// Ends connections whose peers take too long, however busily they send a byte
// now and then: a peer that has not done by its deadline what it is waited for
// is cut off. May be used from any thread.
class ConnectionDeadlines {
 public:
  // One open connection.
  struct Connection {
    int socket;
    absl::Time deadline;
  };
  using Handle = std::list<Connection>::iterator;

  // Looks every `period` for those that are late, on a thread of its own.
  explicit ConnectionDeadlines(absl::Duration period);
  ConnectionDeadlines(const ConnectionDeadlines&) = delete;
  ConnectionDeadlines& operator=(const ConnectionDeadlines&) = delete;
  ~ConnectionDeadlines();

  // `socket` stays the caller's, who must call `Remove` before it is closed.
  Handle Add(int socket, absl::Time deadline);
  void Set(Handle connection, absl::Time deadline);
  void Remove(Handle connection);

 private:
  void Run();

  const absl::Duration period_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::list<Connection> connections_ ABSL_GUARDED_BY(mutex_);
  // Last, so that all it uses is there when it begins.
  std::thread thread_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_HTTP_CONNECTION_DEADLINES_H_
