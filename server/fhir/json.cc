#include "server/fhir/json.h"

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace needlewise {
namespace {

// Longest name of a member that a violation repeats.
constexpr size_t kLongestShownName = 64;

// Takes what the parser finds, one event after the other, and builds the value.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return Put(nullptr); }
  bool boolean(bool value) override { return Put(value); }
  bool number_integer(int64_t value) override { return Put(value); }
  bool number_unsigned(uint64_t value) override { return Put(value); }
  bool number_float(double value, const std::string& /*text*/) override {
    return Put(value);
  }
  bool string(std::string& value) override { return Put(std::move(value)); }
  bool binary(Json::binary_t& /*value*/) override {
    return Fail("is binary, which JSON is not");
  }

  bool start_object(size_t /*elements*/) override {
    return Open(Json::object());
  }
  bool start_array(size_t /*elements*/) override { return Open(Json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(std::string& name) override {
    Level& level = levels_.back();
    level.name = std::move(name);
    if (level.value->find(level.name) != level.value->end()) {
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
  Json TakeRoot() { return std::move(root_); }
  FieldViolation TakeViolation() { return std::move(violation_); }

 private:
  struct Level {
    Json* value;
    std::string name;
  };

  bool Fail(std::string description) {
    if (!failed_) violation_ = {Path(), std::move(description)};
    failed_ = true;
    return false;
  }

  // Where the parser is, for instance `prefetch.conditions.entry[3]`.
  std::string Path() const {
    std::string path;
    for (const Level& level : levels_) {
      if (level.value->is_array()) {
        // What is open is in its array already, what is read now is not.
        const size_t open = &level == &levels_.back() ? 0 : 1;
        absl::StrAppend(&path, "[", level.value->size() - open, "]");
      } else if (!level.name.empty()) {
        absl::StrAppend(&path, path.empty() ? "" : ".",
                        level.name.substr(0, kLongestShownName));
      }
    }
    return path;
  }

  Json* Place(Json value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Level& level = levels_.back();
    if (level.value->is_array()) {
      level.value->push_back(std::move(value));
      return &level.value->back();
    }
    Json& member = (*level.value)[level.name];
    member = std::move(value);
    return &member;
  }

  bool Put(Json value) {
    if (value.is_number_float() && !std::isfinite(value.get<double>())) {
      return Fail("is a number that is too large");
    }
    Place(std::move(value));
    return true;
  }

  bool Open(Json value) {
    if (levels_.size() >= kDeepestJson) {
      return Fail(absl::StrCat("is nested deeper than ", kDeepestJson));
    }
    levels_.push_back({Place(std::move(value)), ""});
    return true;
  }

  bool Close() {
    levels_.pop_back();
    return true;
  }

  Json root_;
  // Children of an array move when it grows, but only the last one of each is
  // open, and nothing is added beside it while it is.
  std::vector<Level> levels_;
  bool failed_ = false;
  FieldViolation violation_;
};

}  // namespace

absl::optional<Json> ParseJson(absl::string_view text, Violations* violations) {
  // The library takes a byte-order mark; the formats have none.
  if (absl::string_view bom = "\xEF\xBB\xBF"; text.substr(0, 3) == bom) {
    violations->push_back({"", "begins with a byte-order mark; leave it out"});
    return absl::nullopt;
  }
  Builder builder;
  const bool parsed = Json::sax_parse(text.begin(), text.end(), &builder);
  if (!parsed || builder.failed()) {
    violations->push_back(builder.TakeViolation());
    return absl::nullopt;
  }
  return builder.TakeRoot();
}

std::string WriteJson(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace needlewise
