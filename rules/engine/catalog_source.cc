#include "rules/engine/catalog_source.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/stubs/common.h"
#include "rules/engine/catalog_seal.h"

namespace needlewise {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::TextFormat;

class Collector final : public google::protobuf::io::ErrorCollector {
 public:
  Collector(const ParsedFile& file, std::vector<v1::Diagnostic>* diagnostics)
      : file_(file), diagnostics_(*diagnostics) {}

  void AddError(int line, int column, const std::string& message) override {
    Add(v1::SEVERITY_ERROR, line, column, message);
  }
  void AddWarning(int line, int column, const std::string& message) override {
    Add(v1::SEVERITY_WARNING, line, column, message);
  }

 private:
  void Add(v1::Severity severity, int line, int column,
           const std::string& message) {
    v1::Diagnostic diagnostic;
    diagnostic.set_severity(severity);
    diagnostic.set_file(file_.name);
    diagnostic.set_line(line + 1);
    diagnostic.set_column(column + 1);
    std::string text(absl::StripSuffix(message, "."));
    if (!text.empty()) text[0] = absl::ascii_tolower(text[0]);
    diagnostic.set_message(std::move(text));
    if (line >= 0 && line < static_cast<int>(file_.lines.size())) {
      diagnostic.set_source_line(file_.lines[line]);
    }
    diagnostics_.push_back(std::move(diagnostic));
  }

  const ParsedFile& file_;
  std::vector<v1::Diagnostic>& diagnostics_;
};

// Reports the first place where `file`, whose text is `content`, is not UTF-8.
// Returns whether there is one.
bool ReportEncoding(const std::string& content, ParsedFile* file,
                    std::vector<v1::Diagnostic>* diagnostics) {
  namespace utf8 = google::protobuf::internal;
  const size_t valid = utf8::UTF8SpnStructurallyValid(content);
  if (valid == content.size()) return false;
  for (std::string& line : file->lines) {
    std::string readable(line.size(), '\0');
    readable = utf8::UTF8CoerceToStructurallyValid(line, readable.data(), '?');
    line = std::move(readable);
  }
  const absl::string_view before = absl::string_view(content).substr(0, valid);
  const size_t line = std::count(before.begin(), before.end(), '\n');
  const size_t line_start = before.rfind('\n') + 1;
  v1::Diagnostic diagnostic;
  diagnostic.set_severity(v1::SEVERITY_ERROR);
  diagnostic.set_file(file->name);
  diagnostic.set_line(static_cast<int>(line) + 1);
  diagnostic.set_column(static_cast<int>(valid - line_start) + 1);
  diagnostic.set_message("the file is not UTF-8; save it as UTF-8");
  diagnostic.set_source_line(file->lines[line]);
  diagnostics->push_back(std::move(diagnostic));
  return true;
}

}  // namespace

Place Place::In(const char* name, int index) const {
  const FieldDescriptor* field =
      message_->GetDescriptor()->FindFieldByName(name);
  const google::protobuf::Reflection* reflection = message_->GetReflection();
  const google::protobuf::Message& inner =
      field->is_repeated()
          ? reflection->GetRepeatedMessage(*message_, field, index)
          : reflection->GetMessage(*message_, field);
  const TextFormat::ParseInfoTree* tree =
      tree_ == nullptr ? nullptr : tree_->GetTreeForNested(field, index);
  Place place(file_, &inner, tree);
  place.line_ = line_;
  place.column_ = column_;
  if (tree_ != nullptr) {
    const TextFormat::ParseLocation location = tree_->GetLocation(field, index);
    if (location.line >= 0) {
      place.line_ = location.line;
      place.column_ = location.column;
    }
  }
  return place;
}

v1::Diagnostic Place::At(const char* name, int index,
                         std::string message) const {
  const FieldDescriptor* field =
      message_->GetDescriptor()->FindFieldByName(name);
  if (tree_ != nullptr && field != nullptr) {
    // A list as a whole is where its first element is.
    const int at = field->is_repeated() ? std::max(index, 0) : -1;
    const TextFormat::ParseLocation location = tree_->GetLocation(field, at);
    if (location.line >= 0) {
      return Make(location.line, location.column, std::move(message));
    }
  }
  return Here(std::move(message));
}

v1::Diagnostic Place::Here(std::string message) const {
  return Make(line_, column_, std::move(message));
}

v1::Diagnostic Place::Make(int line, int column, std::string message) const {
  v1::Diagnostic diagnostic;
  diagnostic.set_severity(v1::SEVERITY_ERROR);
  diagnostic.set_file(file_->name);
  diagnostic.set_line(line + 1);
  diagnostic.set_column(column + 1);
  diagnostic.set_message(std::move(message));
  if (line >= 0 && line < static_cast<int>(file_->lines.size())) {
    diagnostic.set_source_line(file_->lines[line]);
  }
  return diagnostic;
}

std::unique_ptr<ParsedFile> ParseCatalogFile(
    const CatalogFileText& text, std::vector<v1::Diagnostic>* diagnostics) {
  auto file = std::make_unique<ParsedFile>();
  file->name = text.name;
  file->lines = absl::StrSplit(text.content, '\n');
  file->is_suite = absl::StartsWith(text.name, "cases/");
  file->is_overlay = absl::StartsWith(text.name, "overlays/");
  file->is_seal = text.name == kSealFile;
  if (ReportEncoding(text.content, file.get(), diagnostics)) return file;
  Collector collector(*file, diagnostics);
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&collector);
  parser.WriteLocationsTo(&file->tree);
  if (file->is_suite) {
    parser.ParseFromString(text.content, &file->suite);
  } else if (file->is_overlay) {
    parser.ParseFromString(text.content, &file->overlay);
  } else if (file->is_seal) {
    parser.ParseFromString(text.content, &file->seal);
  } else {
    parser.ParseFromString(text.content, &file->catalog);
  }
  return file;
}

Place RootOf(const ParsedFile& file) {
  if (file.is_suite) return Place(&file, &file.suite, &file.tree);
  if (file.is_overlay) return Place(&file, &file.overlay, &file.tree);
  if (file.is_seal) return Place(&file, &file.seal, &file.tree);
  return Place(&file, &file.catalog, &file.tree);
}

}  // namespace needlewise
