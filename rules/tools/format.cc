#include "rules/tools/format.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "needlewise/testing/v1/rule_case.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/engine/catalog_loader.h"
#include "rules/tools/catalog_input.h"
#include "rules/tools/file_io.h"
#include "rules/tools/text_format_printer.h"

namespace needlewise {
namespace {

using google::protobuf::Message;

constexpr char kMessageHeader[] = "# proto-message:";

bool IsFolder(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// The files that the operands name, a folder standing for what is in it.
absl::StatusOr<std::vector<std::string>> FilesToFormat(
    std::vector<std::string> operands) {
  if (operands.empty()) operands.push_back(kDefaultCatalogFolder);
  std::vector<std::string> files;
  for (const std::string& operand : operands) {
    if (!IsFolder(operand)) {
      files.push_back(operand);
      continue;
    }
    const absl::StatusOr<std::vector<CatalogFileText>> in_folder =
        ReadCatalogFolder(operand);
    if (!in_folder.ok()) return in_folder.status();
    for (const CatalogFileText& file : *in_folder) {
      files.push_back(
          absl::StrCat(absl::StripSuffix(operand, "/"), "/", file.name));
    }
  }
  return files;
}

// What a file holds: by its header, else by the folder it is in.
absl::StatusOr<const Message*> PrototypeOf(const std::string& path,
                                           const std::string& text) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty() && line[0] != '#') break;
    if (!absl::ConsumePrefix(&line, kMessageHeader)) continue;
    const std::string name(absl::StripAsciiWhitespace(line));
    const Message* const known[] = {
        &v1::RuleCatalog::default_instance(),
        &testing::v1::RuleCaseSuite::default_instance(),
        &v1::CatalogOverlay::default_instance(),
        &v1::CatalogSeal::default_instance(),
        &v1::ScreenEligibilityRequest::default_instance()};
    for (const Message* message : known) {
      if (name == message->GetDescriptor()->name() ||
          name == message->GetDescriptor()->full_name()) {
        return message;
      }
    }
    return absl::InvalidArgumentError(
        absl::StrCat("`", path, "`: `# proto-message: ", name,
                     "` is none of RuleCatalog, RuleCaseSuite, "
                     "CatalogOverlay, CatalogSeal and "
                     "ScreenEligibilityRequest"));
  }
  if (absl::StartsWith(path, "cases/") || absl::StrContains(path, "/cases/")) {
    return &testing::v1::RuleCaseSuite::default_instance();
  }
  return &v1::RuleCatalog::default_instance();
}

// The syntax errors of a text, as diagnostics.
class SyntaxErrors final : public google::protobuf::io::ErrorCollector {
 public:
  SyntaxErrors(const std::string& path, const std::string& text)
      : path_(path), lines_(absl::StrSplit(text, '\n')) {}

  void AddError(int line, int column, const std::string& message) override {
    v1::Diagnostic diagnostic;
    diagnostic.set_severity(v1::SEVERITY_ERROR);
    diagnostic.set_file(path_);
    diagnostic.set_line(line + 1);
    diagnostic.set_column(column + 1);
    std::string sentence(absl::StripSuffix(message, "."));
    if (!sentence.empty()) sentence[0] = absl::ascii_tolower(sentence[0]);
    diagnostic.set_message(std::move(sentence));
    if (line >= 0 && line < static_cast<int>(lines_.size())) {
      diagnostic.set_source_line(lines_[line]);
    }
    found_.push_back(std::move(diagnostic));
  }
  void AddWarning(int, int, const std::string&) override {}

  const std::vector<v1::Diagnostic>& found() const { return found_; }

 private:
  const std::string path_;
  const std::vector<std::string> lines_;
  std::vector<v1::Diagnostic> found_;
};

std::vector<v1::Diagnostic> FindSyntaxErrors(const std::string& path,
                                             const std::string& text,
                                             const Message& prototype) {
  const std::unique_ptr<Message> message(prototype.New());
  SyntaxErrors errors(path, text);
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.ParseFromString(text, message.get());
  return errors.found();
}

int FormatFile(const Console& console, const std::string& path,
               bool only_check) {
  const std::string shown = path == "-" ? "standard input" : path;
  const auto complain = [&](absl::string_view message) {
    *console.err << "needlewise-rules: " << message << "\n";
  };
  const absl::StatusOr<std::string> text = ReadFile(console, path);
  if (!text.ok()) {
    complain(text.status().message());
    return kExitUsage;
  }
  const absl::StatusOr<const Message*> prototype = PrototypeOf(shown, *text);
  if (!prototype.ok()) {
    complain(prototype.status().message());
    return kExitFault;
  }
  const absl::StatusOr<std::string> formatted =
      FormatTextProto(*text, **prototype);
  if (!formatted.ok()) {
    const std::vector<v1::Diagnostic> errors =
        FindSyntaxErrors(shown, *text, **prototype);
    PrintDiagnostics(console, *console.err, errors);
    if (errors.empty()) {
      complain(absl::StrCat("`", shown, "`: ", formatted.status().message()));
    }
    return kExitFault;
  }
  if (only_check) {
    if (*formatted == *text) return kExitOk;
    *console.out << shown << "\n";
    return kExitFault;
  }
  if (*formatted == *text && path != "-") return kExitOk;
  const absl::Status written = WriteFile(console, path, *formatted);
  if (!written.ok()) {
    complain(written.message());
    return kExitUsage;
  }
  return kExitOk;
}

}  // namespace

int Format(const Console& console, const CommandLine& line) {
  const absl::StatusOr<std::vector<std::string>> files =
      FilesToFormat(line.operands);
  if (!files.ok()) {
    *console.err << "needlewise-rules: " << files.status().message() << "\n";
    return kExitUsage;
  }
  int exit_code = kExitOk;
  for (const std::string& file : *files) {
    exit_code = std::max(exit_code, FormatFile(console, file, line.check));
  }
  return exit_code;
}

}  // namespace needlewise
