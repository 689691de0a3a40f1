#include "server/fhir/json_fault.h"

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "server/fhir/json_document.h"

namespace needlewise {
namespace {

using Json = nlohmann::json;

// Longest name of a member that a violation repeats.
constexpr size_t kLongestShownName = 64;

// Follows the parser, one event after the other, to know where it is.
class Follower final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return Value(); }
  bool boolean(bool /*value*/) override { return Value(); }
  bool number_integer(int64_t /*value*/) override { return Value(); }
  bool number_unsigned(uint64_t /*value*/) override { return Value(); }
  bool number_float(double value, const std::string& /*text*/) override {
    if (!std::isfinite(value)) return Fail("is a number that is too large");
    return Value();
  }
  bool string(std::string& /*value*/) override { return Value(); }
  bool binary(Json::binary_t& /*value*/) override {
    return Fail("is binary, which JSON is not");
  }

  bool start_object(size_t /*elements*/) override { return Open(false); }
  bool start_array(size_t /*elements*/) override { return Open(true); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(std::string& name) override {
    Level& level = levels_.back();
    level.name = name.substr(0, kLongestShownName);
    if (!level.names.insert(std::move(name)).second) {
      return Fail("occurs twice; write it once");
    }
    return true;
  }

  bool parse_error(size_t position, const std::string& /*token*/,
                   const Json::exception& error) override {
    // Ids of the library's exceptions: 406 is a number beyond a double.
    return Fail(error.id == 406
                    ? std::string("is a number that is too large")
                    : absl::StrCat("is not JSON at byte ", position,
                                   "; send one whole value in UTF-8"));
  }

  bool failed() const { return failed_; }
  FieldViolation TakeViolation() { return std::move(violation_); }

 private:
  struct Level {
    bool is_array = false;
    // Values of an array that are whole.
    int64_t whole = 0;
    // The member that was named last, and all that were.
    std::string name;
    absl::flat_hash_set<std::string> names;
  };

  bool Fail(std::string description) {
    if (!failed_) violation_ = {Path(), std::move(description)};
    failed_ = true;
    return false;
  }

  std::string Path() const {
    std::string path;
    for (const Level& level : levels_) {
      if (level.is_array) {
        absl::StrAppend(&path, "[", level.whole, "]");
      } else if (!level.name.empty()) {
        absl::StrAppend(&path, path.empty() ? "" : ".", level.name);
      }
    }
    return path;
  }

  bool Value() {
    if (!levels_.empty()) ++levels_.back().whole;
    return true;
  }

  bool Open(bool is_array) {
    if (levels_.size() >= kDeepestJson) {
      return Fail(absl::StrCat("is nested deeper than ", kDeepestJson));
    }
    levels_.emplace_back();
    levels_.back().is_array = is_array;
    return true;
  }

  bool Close() {
    levels_.pop_back();
    return Value();
  }

  std::vector<Level> levels_;
  bool failed_ = false;
  FieldViolation violation_;
};

}  // namespace

FieldViolation JsonFaultIn(absl::string_view text) {
  // The library takes a byte-order mark; the formats have none.
  if (text.substr(0, 3) == "\xEF\xBB\xBF") {
    return {"", "begins with a byte-order mark; leave it out"};
  }
  Follower follower;
  Json::sax_parse(text.begin(), text.end(), &follower);
  if (follower.failed()) return follower.TakeViolation();
  // The library takes a zero byte for the end.
  const size_t end = text.find('\0');
  return {"", absl::StrCat("is not JSON at byte ",
                           end == absl::string_view::npos ? text.size() : end,
                           "; send one whole value in UTF-8")};
}

}  // namespace needlewise
