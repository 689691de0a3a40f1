// What ThreadSanitizer has to know of absl::Mutex. Debian's abseil is built
// without it, so the order that a mutex gives is not seen, neither of our locks
// nor of gRPC's, which are the same; every value behind one would be reported
// as a race.
//
// Loaded before abseil (LD_PRELOAD), these functions stand in front of its own
// of the same name, call them, and say what was acquired and released. In a
// program without ThreadSanitizer they say nothing.

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

#include "absl/synchronization/mutex.h"

extern "C" {
__attribute__((weak)) void __tsan_acquire(void* address);
__attribute__((weak)) void __tsan_release(void* address);
__attribute__((weak)) void AnnotateIgnoreReadsBegin(const char* file, int line);
__attribute__((weak)) void AnnotateIgnoreReadsEnd(const char* file, int line);
}

namespace {

void Acquired(void* mutex) {
  if (__tsan_acquire != nullptr) __tsan_acquire(mutex);
}

void Releasing(void* mutex) {
  if (__tsan_release != nullptr) __tsan_release(mutex);
}

// While it lives, what this thread reads is no race. abseil evaluates
// conditions that are waited for inside its functions, those of other threads
// too: with the mutex held, which is not seen from here.
class UnseenReads final {
 public:
  UnseenReads() {
    if (AnnotateIgnoreReadsBegin != nullptr) {
      AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    }
  }
  UnseenReads(const UnseenReads&) = delete;
  UnseenReads& operator=(const UnseenReads&) = delete;
  ~UnseenReads() {
    if (AnnotateIgnoreReadsEnd != nullptr) {
      AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
    }
  }
};

// A wait for a condition, with the mutex given up meanwhile.
class Waiting final {
 public:
  explicit Waiting(void* mutex) : mutex_(mutex) { Releasing(mutex); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() { Acquired(mutex_); }

 private:
  void* const mutex_;
  const UnseenReads unseen_;
};

// abseil's own function.
template <typename Function>
Function Next(const char* symbol) {
  void* next = dlsym(RTLD_NEXT, symbol);
  if (next == nullptr) {
    std::fprintf(stderr, "absl_mutex: abseil has no `%s`\n", symbol);
    std::abort();
  }
  return reinterpret_cast<Function>(next);
}

}  // namespace

// A member function is called as a function that takes `this` first. Symbols
// are in the inline namespace that Debian 12 gives abseil.
#define NEEDLEWISE_NEXT(symbol, Result, ...) \
  static const auto next =                   \
      Next<Result (*)(__VA_ARGS__)>("_ZN4absl7debian3" symbol)

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() {
  NEEDLEWISE_NEXT("5Mutex4LockEv", void, Mutex*);
  next(this);
  Acquired(this);
}

void Mutex::Unlock() {
  NEEDLEWISE_NEXT("5Mutex6UnlockEv", void, Mutex*);
  Releasing(this);
  const UnseenReads unseen;
  next(this);
}

bool Mutex::TryLock() {
  NEEDLEWISE_NEXT("5Mutex7TryLockEv", bool, Mutex*);
  const bool locked = next(this);
  if (locked) Acquired(this);
  return locked;
}

void Mutex::ReaderLock() {
  NEEDLEWISE_NEXT("5Mutex10ReaderLockEv", void, Mutex*);
  next(this);
  Acquired(this);
}

void Mutex::ReaderUnlock() {
  NEEDLEWISE_NEXT("5Mutex12ReaderUnlockEv", void, Mutex*);
  Releasing(this);
  const UnseenReads unseen;
  next(this);
}

void Mutex::LockWhen(const Condition& condition) {
  NEEDLEWISE_NEXT("5Mutex8LockWhenERKNS0_9ConditionE", void, Mutex*,
                  const Condition&);
  const Waiting waiting(this);
  next(this, condition);
}

void Mutex::Await(const Condition& condition) {
  NEEDLEWISE_NEXT("5Mutex5AwaitERKNS0_9ConditionE", void, Mutex*,
                  const Condition&);
  const Waiting waiting(this);
  next(this, condition);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  NEEDLEWISE_NEXT("5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE",
                  bool, Mutex*, const Condition&, Duration);
  const Waiting waiting(this);
  return next(this, condition, timeout);
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  NEEDLEWISE_NEXT("5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE", bool,
                  Mutex*, const Condition&, Time);
  const Waiting waiting(this);
  return next(this, condition, deadline);
}

void CondVar::Wait(Mutex* mutex) {
  NEEDLEWISE_NEXT("7CondVar4WaitEPNS0_5MutexE", void, CondVar*, Mutex*);
  const Waiting waiting(mutex);
  next(this, mutex);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  NEEDLEWISE_NEXT("7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE", bool,
                  CondVar*, Mutex*, Duration);
  const Waiting waiting(mutex);
  return next(this, mutex, timeout);
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  NEEDLEWISE_NEXT("7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE", bool,
                  CondVar*, Mutex*, Time);
  const Waiting waiting(mutex);
  return next(this, mutex, deadline);
}

ABSL_NAMESPACE_END
}  // namespace absl
