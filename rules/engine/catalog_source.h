// The text of a catalogue, parsed, with the place of everything in it.

#ifndef NEEDLEWISE_RULES_ENGINE_CATALOG_SOURCE_H_
#define NEEDLEWISE_RULES_ENGINE_CATALOG_SOURCE_H_

#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"
#include "needlewise/testing/v1/rule_case.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/catalog_loader.h"

namespace needlewise {

// One parsed file. One of its messages is meaningful, as its name says; the
// others are empty.
struct ParsedFile {
  std::string name;
  // What cannot be read as UTF-8 is a question mark in them.
  std::vector<std::string> lines;
  bool is_suite = false;
  bool is_overlay = false;
  bool is_seal = false;
  v1::RuleCatalog catalog;
  testing::v1::RuleCaseSuite suite;
  v1::CatalogOverlay overlay;
  v1::CatalogSeal seal;
  google::protobuf::TextFormat::ParseInfoTree tree;
};

// A message in a file. Copyable; refers to the file.
class Place {
 public:
  Place(const ParsedFile* file, const google::protobuf::Message* message,
        const google::protobuf::TextFormat::ParseInfoTree* tree)
      : file_(file), message_(message), tree_(tree) {}

  // The message in field `name`; `index` for a repeated field, else -1.
  Place In(const char* name, int index = -1) const;

  // A diagnostic at field `name`, or, where the field is not written, at the
  // message that lacks it.
  v1::Diagnostic At(const char* name, int index, std::string message) const;

  // A diagnostic at the message itself.
  v1::Diagnostic Here(std::string message) const;

  Place Within(int line, int column) const {
    Place place = *this;
    place.line_ = line;
    place.column_ = column;
    return place;
  }

 private:
  v1::Diagnostic Make(int line, int column, std::string message) const;

  const ParsedFile* file_;
  const google::protobuf::Message* message_;
  const google::protobuf::TextFormat::ParseInfoTree* tree_;
  // Where the message begins, from 0; -1: not known.
  int line_ = -1;
  int column_ = -1;
};

// Parses a file. Syntax errors are appended to `*diagnostics`; what can be
// read is kept. Of a file that is not UTF-8 nothing is.
std::unique_ptr<ParsedFile> ParseCatalogFile(
    const CatalogFileText& text, std::vector<v1::Diagnostic>* diagnostics);

Place RootOf(const ParsedFile& file);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_CATALOG_SOURCE_H_
