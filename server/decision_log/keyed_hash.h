#ifndef NEEDLEWISE_SERVER_DECISION_LOG_KEYED_HASH_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_KEYED_HASH_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "needlewise/config/v1/server_config.pb.h"

namespace needlewise {

// The keys that patient references are hashed with. Immutable.
class SubjectKeys {
 public:
  struct Key {
    std::string id;
    std::string secret;
  };
  // What a reference becomes.
  struct Hash {
    std::string key_id;
    // Hexadecimal.
    std::string hash;
  };

  // The first key hashes; the others still find what they hashed.
  explicit SubjectKeys(std::vector<Key> keys) : keys_(std::move(keys)) {}
  SubjectKeys() = default;

  // Reads the files that the settings name. FAILED_PRECONDITION where one
  // cannot be read or holds less than 32 bytes.
  static absl::StatusOr<SubjectKeys> Read(
      const config::v1::DecisionLog& config);

  bool empty() const { return keys_.empty(); }

  // HMAC-SHA-256 under the first key. There must be one.
  Hash HashOf(absl::string_view reference) const;
  // Under each key, the first one first.
  std::vector<Hash> EveryHashOf(absl::string_view reference) const;

 private:
  std::vector<Key> keys_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_KEYED_HASH_H_
