#include "rules/tools/patient_input.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "rules/engine/nearest_names.h"

namespace needlewise {
namespace {

class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) {
      text_ = absl::StrCat("line ", line + 1, ", column ", column + 1, ": ",
                           absl::StripSuffix(message, "."));
    }
  }
  void AddWarning(int, int, const std::string&) override {}
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

absl::StatusOr<v1::ScreenEligibilityRequest> ParseRequest(
    const std::string& text) {
  v1::ScreenEligibilityRequest request;
  // Protobuf text never begins with a brace, and JSON for a message always
  // does.
  if (absl::StartsWith(absl::StripLeadingAsciiWhitespace(text), "{")) {
    const auto status =
        google::protobuf::util::JsonStringToMessage(text, &request);
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "not a ScreenEligibilityRequest in JSON: ",
          absl::StripAsciiWhitespace(status.message().ToString())));
    }
    return request;
  }
  google::protobuf::TextFormat::Parser parser;
  FirstError error;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(text, &request)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "not a ScreenEligibilityRequest in protobuf text: ", error.text()));
  }
  return request;
}

absl::StatusOr<CaseRequest> FindCase(const ToolCatalog& catalog,
                                     const std::string& name) {
  const CaseRunner runner(*catalog.compiled, catalog.Suites());
  std::vector<CaseRequest> found;
  std::vector<std::string> found_names;
  std::vector<std::pair<std::string, std::string>> names;
  for (const auto& file : catalog.files) {
    const absl::string_view suite_name = absl::StripSuffix(
        absl::StripPrefix(file->name, "cases/"), ".textproto");
    for (const testing::v1::RuleCase& rule_case : file->suite.cases()) {
      const std::string full = absl::StrCat(suite_name, "/", rule_case.name());
      names.emplace_back(rule_case.name(), full);
      if (name != rule_case.name() && name != full) continue;
      CaseRequest made;
      made.request = runner.RequestOf(file->suite, rule_case, v1::VIEW_FULL);
      made.today = !rule_case.today().empty()     ? rule_case.today()
                   : !file->suite.today().empty() ? file->suite.today()
                                                  : made.request.as_of();
      made.vignette = rule_case.vignette();
      found.push_back(std::move(made));
      found_names.push_back(full);
    }
  }
  if (found.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no case is called `", name, "`",
                     DidYouMean(NearestNames(name, names))));
  }
  if (found.size() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("several cases are called `", name, "`: give one of `",
                     absl::StrJoin(found_names, "`, `"), "`"));
  }
  return std::move(found[0]);
}

void OverrideTreatment(const CommandLine& line,
                       v1::ScreenEligibilityRequest* request) {
  if (line.treatment.empty() && line.areas.empty() && line.device.empty() &&
      line.concerns.empty()) {
    return;
  }
  std::vector<v1::TreatmentSelection> selected;
  for (const v1::TreatmentSelection& s : request->treatments()) {
    if (line.treatment.empty() || s.treatment() == line.treatment) {
      selected.push_back(s);
    }
  }
  if (selected.empty()) {
    selected.emplace_back();
    if (request->treatments_size() > 0) selected[0] = request->treatments(0);
    selected[0].set_treatment(line.treatment);
  }
  request->clear_treatments();
  for (v1::TreatmentSelection& s : selected) {
    if (!line.areas.empty()) {
      s.mutable_areas()->Assign(line.areas.begin(), line.areas.end());
    }
    if (!line.device.empty()) s.mutable_device()->set_device(line.device);
    if (!line.concerns.empty()) {
      s.mutable_concerns()->Assign(line.concerns.begin(), line.concerns.end());
    }
    *request->add_treatments() = std::move(s);
  }
}

}  // namespace needlewise
