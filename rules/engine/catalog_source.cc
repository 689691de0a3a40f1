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

namespace utf8 = google::protobuf::internal;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::TextFormat;

// A diagnostic at a line and a column from 0; -1 where it has none.
v1::Diagnostic MakeDiagnostic(const ParsedFile& file, int line, int column,
                              std::string message) {
  v1::Diagnostic diagnostic;
  diagnostic.set_severity(v1::SEVERITY_ERROR);
  diagnostic.set_file(file.name);
  diagnostic.set_line(line + 1);
  diagnostic.set_column(column + 1);
  diagnostic.set_message(std::move(message));
  const std::vector<std::string>& lines = file.Map().lines;
  if (line >= 0 && line < static_cast<int>(lines.size())) {
    diagnostic.set_source_line(lines[line]);
  }
  return diagnostic;
}

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
    std::string text(absl::StripSuffix(message, "."));
    if (!text.empty()) text[0] = absl::ascii_tolower(text[0]);
    v1::Diagnostic diagnostic =
        MakeDiagnostic(file_, line, column, std::move(text));
    diagnostic.set_severity(severity);
    diagnostics_.push_back(std::move(diagnostic));
  }

  const ParsedFile& file_;
  std::vector<v1::Diagnostic>& diagnostics_;
};

// Says nothing: what is wrong was said at the first reading.
class Ignorer final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, int, const std::string&) override {}
  void AddWarning(int, int, const std::string&) override {}
};

// Reports the first place where a file is not UTF-8. Returns whether there is
// one.
bool ReportEncoding(const ParsedFile& file,
                    std::vector<v1::Diagnostic>* diagnostics) {
  const absl::string_view content = file.content;
  const size_t valid = utf8::UTF8SpnStructurallyValid(file.content);
  if (valid == content.size()) return false;
  const absl::string_view before = content.substr(0, valid);
  const size_t line = std::count(before.begin(), before.end(), '\n');
  const size_t line_start = before.rfind('\n') + 1;
  diagnostics->push_back(MakeDiagnostic(
      file, static_cast<int>(line), static_cast<int>(valid - line_start),
      "the file is not UTF-8; save it as UTF-8"));
  return true;
}

std::unique_ptr<const SourceMap> DrawMap(const ParsedFile& file) {
  auto map = std::make_unique<SourceMap>();
  map->lines = absl::StrSplit(file.content, '\n');
  const size_t valid = utf8::UTF8SpnStructurallyValid(file.content);
  if (valid < file.content.size()) {
    for (std::string& line : map->lines) {
      std::string readable(line.size(), '\0');
      readable =
          utf8::UTF8CoerceToStructurallyValid(line, readable.data(), '?');
      line = std::move(readable);
    }
    return map;
  }
  Ignorer ignorer;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&ignorer);
  parser.WriteLocationsTo(&map->tree);
  const std::unique_ptr<Message> again(file.Root().New());
  parser.ParseFromString(file.content, again.get());
  return map;
}

}  // namespace

const Message& ParsedFile::Root() const {
  if (is_suite) return suite;
  if (is_overlay) return overlay;
  if (is_seal) return seal;
  return catalog;
}

const SourceMap& ParsedFile::Map() const {
  if (map_ == nullptr) map_ = DrawMap(*this);
  return *map_;
}

Place Place::In(const char* name, int index) const {
  Place place = *this;
  place.path_.push_back({name, index});
  return place;
}

v1::Diagnostic Place::At(const char* name, int index,
                         std::string message) const {
  const Found found = Find();
  const FieldDescriptor* field = found.type->FindFieldByName(name);
  if (found.tree != nullptr && field != nullptr) {
    // A list as a whole is where its first element is.
    const int at = field->is_repeated() ? std::max(index, 0) : -1;
    const TextFormat::ParseLocation location =
        found.tree->GetLocation(field, at);
    if (location.line >= 0) {
      return MakeDiagnostic(*file_, location.line, location.column,
                            std::move(message));
    }
  }
  return MakeDiagnostic(*file_, found.line, found.column, std::move(message));
}

v1::Diagnostic Place::Here(std::string message) const {
  const Found found = Find();
  return MakeDiagnostic(*file_, found.line, found.column, std::move(message));
}

Place::Found Place::Find() const {
  Found found;
  found.type = file_->Root().GetDescriptor();
  found.tree = &file_->Map().tree;
  for (const Step& step : path_) {
    const FieldDescriptor* field = found.type->FindFieldByName(step.field);
    if (found.tree != nullptr) {
      const TextFormat::ParseLocation location =
          found.tree->GetLocation(field, step.index);
      if (location.line >= 0) {
        found.line = location.line;
        found.column = location.column;
      }
      found.tree = found.tree->GetTreeForNested(field, step.index);
    }
    found.type = field->message_type();
  }
  return found;
}

std::unique_ptr<ParsedFile> ParseCatalogFile(
    const CatalogFileText& text, std::vector<v1::Diagnostic>* diagnostics) {
  auto file = std::make_unique<ParsedFile>();
  file->name = text.name;
  file->content = text.content;
  file->is_suite = absl::StartsWith(text.name, "cases/");
  file->is_overlay = absl::StartsWith(text.name, "overlays/");
  file->is_seal = text.name == kSealFile;
  if (ReportEncoding(*file, diagnostics)) return file;
  Collector collector(*file, diagnostics);
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&collector);
  if (file->is_suite) {
    parser.ParseFromString(file->content, &file->suite);
  } else if (file->is_overlay) {
    parser.ParseFromString(file->content, &file->overlay);
  } else if (file->is_seal) {
    parser.ParseFromString(file->content, &file->seal);
  } else {
    parser.ParseFromString(file->content, &file->catalog);
  }
  return file;
}

Place RootOf(const ParsedFile& file) { return Place(&file); }

}  // namespace needlewise
