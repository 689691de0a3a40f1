#include "server/http/connection_deadlines.h"

#include <sys/socket.h>

#include "absl/time/clock.h"

namespace needlewise {

ConnectionDeadlines::ConnectionDeadlines(absl::Duration period)
    : period_(period), thread_([this] { Run(); }) {}

ConnectionDeadlines::~ConnectionDeadlines() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

ConnectionDeadlines::Handle ConnectionDeadlines::Add(int socket,
                                                     absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  return connections_.insert(connections_.end(), {socket, deadline});
}

void ConnectionDeadlines::Set(Handle connection, absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  connection->deadline = deadline;
}

void ConnectionDeadlines::Remove(Handle connection) {
  absl::MutexLock lock(&mutex_);
  connections_.erase(connection);
}

void ConnectionDeadlines::Run() {
  absl::MutexLock lock(&mutex_);
  while (!mutex_.AwaitWithTimeout(absl::Condition(&stopping_), period_)) {
    const absl::Time now = absl::Now();
    for (Connection& connection : connections_) {
      if (connection.deadline > now) continue;
      connection.deadline = absl::InfiniteFuture();
      // The library that owns the socket sees the end of it, and cleans up.
      shutdown(connection.socket, SHUT_RDWR);
    }
  }
}

}  // namespace needlewise
