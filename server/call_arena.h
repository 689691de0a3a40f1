#ifndef NEEDLEWISE_SERVER_CALL_ARENA_H_
#define NEEDLEWISE_SERVER_CALL_ARENA_H_

#include <google/protobuf/arena.h>

#include <cstddef>

namespace needlewise {

// Memory for the messages of one request, in one piece with the handler's
// stack frame for as long as they are small.
class CallArena {
 public:
  CallArena() : arena_(Options(first_block_)) {}
  CallArena(const CallArena&) = delete;
  CallArena& operator=(const CallArena&) = delete;

  // A message that lives as long as the arena.
  template <typename Message>
  Message* Make() {
    return google::protobuf::Arena::CreateMessage<Message>(&arena_);
  }

 private:
  static constexpr size_t kFirstBlockBytes = 16 * 1024;
  static constexpr size_t kLargestBlockBytes = 256 * 1024;

  static google::protobuf::ArenaOptions Options(char* first_block) {
    google::protobuf::ArenaOptions options;
    options.initial_block = first_block;
    options.initial_block_size = kFirstBlockBytes;
    options.start_block_size = kFirstBlockBytes;
    options.max_block_size = kLargestBlockBytes;
    return options;
  }

  alignas(8) char first_block_[kFirstBlockBytes];
  google::protobuf::Arena arena_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CALL_ARENA_H_
