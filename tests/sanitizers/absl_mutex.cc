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
}

namespace {

void Acquired(void* mutex) {
  if (__tsan_acquire != nullptr) __tsan_acquire(mutex);
}

void Releasing(void* mutex) {
  if (__tsan_release != nullptr) __tsan_release(mutex);
}

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
  next(this);
}

void Mutex::LockWhen(const Condition& condition) {
  NEEDLEWISE_NEXT("5Mutex8LockWhenERKNS0_9ConditionE", void, Mutex*,
                  const Condition&);
  next(this, condition);
  Acquired(this);
}

void Mutex::Await(const Condition& condition) {
  NEEDLEWISE_NEXT("5Mutex5AwaitERKNS0_9ConditionE", void, Mutex*,
                  const Condition&);
  Releasing(this);
  next(this, condition);
  Acquired(this);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  NEEDLEWISE_NEXT("5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE",
                  bool, Mutex*, const Condition&, Duration);
  Releasing(this);
  const bool holds = next(this, condition, timeout);
  Acquired(this);
  return holds;
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  NEEDLEWISE_NEXT("5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE", bool,
                  Mutex*, const Condition&, Time);
  Releasing(this);
  const bool holds = next(this, condition, deadline);
  Acquired(this);
  return holds;
}

void CondVar::Wait(Mutex* mutex) {
  NEEDLEWISE_NEXT("7CondVar4WaitEPNS0_5MutexE", void, CondVar*, Mutex*);
  Releasing(mutex);
  next(this, mutex);
  Acquired(mutex);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  NEEDLEWISE_NEXT("7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE", bool,
                  CondVar*, Mutex*, Duration);
  Releasing(mutex);
  const bool timed_out = next(this, mutex, timeout);
  Acquired(mutex);
  return timed_out;
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  NEEDLEWISE_NEXT("7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE", bool,
                  CondVar*, Mutex*, Time);
  Releasing(mutex);
  const bool timed_out = next(this, mutex, deadline);
  Acquired(mutex);
  return timed_out;
}

ABSL_NAMESPACE_END
}  // namespace absl
