// The text of a catalogue, parsed, with the place of everything in it.

#ifndef NEEDLEWISE_RULES_ENGINE_CATALOG_SOURCE_H_
#define NEEDLEWISE_RULES_ENGINE_CATALOG_SOURCE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"
#include "needlewise/testing/v1/rule_case.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/catalog_loader.h"

namespace needlewise {

// Where everything in a file is written.
struct SourceMap {
  // What cannot be read as UTF-8 is a question mark in them.
  std::vector<std::string> lines;
  google::protobuf::TextFormat::ParseInfoTree tree;
};

// One parsed file. One of its messages is meaningful, as its name says; the
// others are empty.
struct ParsedFile {
  std::string name;
  std::string content;
  bool is_suite = false;
  bool is_overlay = false;
  bool is_seal = false;
  v1::RuleCatalog catalog;
  testing::v1::RuleCaseSuite suite;
  v1::CatalogOverlay overlay;
  v1::CatalogSeal seal;

  // The message that is meaningful.
  const google::protobuf::Message& Root() const;

  // Drawn when first asked for, from a second reading: recording where each
  // field is takes as long as reading it, and a sound file has nothing to
  // report. From one thread at a time.
  const SourceMap& Map() const;

 private:
  mutable std::unique_ptr<const SourceMap> map_;
};

// A message in a file, by the fields that lead to it. Copyable; refers to the
// file.
class Place {
 public:
  // The message that is the whole file.
  explicit Place(const ParsedFile* file) : file_(file) {}

  // The message in field `name`; `index` for a repeated field, else -1. The
  // name must outlive the place.
  Place In(const char* name, int index = -1) const;

  // A diagnostic at field `name`, or, where the field is not written, at the
  // message that lacks it.
  v1::Diagnostic At(const char* name, int index, std::string message) const;

  // A diagnostic at the message itself.
  v1::Diagnostic Here(std::string message) const;

 private:
  struct Step {
    const char* field;
    int index;
  };
  // How deep most records go; only deeper ones cost an allocation.
  using Path = absl::InlinedVector<Step, 8>;
  // The message as it is written.
  struct Found {
    const google::protobuf::Descriptor* type = nullptr;
    // Null where it is not written.
    const google::protobuf::TextFormat::ParseInfoTree* tree = nullptr;
    // Where it begins, or the nearest written message that it would be in,
    // from 0; -1 for the file.
    int line = -1;
    int column = -1;
  };

  Found Find() const;

  const ParsedFile* file_;
  Path path_;
};

// Parses a file. Syntax errors are appended to `*diagnostics`; what can be
// read is kept. Of a file that is not UTF-8 nothing is.
std::unique_ptr<ParsedFile> ParseCatalogFile(
    const CatalogFileText& text, std::vector<v1::Diagnostic>* diagnostics);

Place RootOf(const ParsedFile& file);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_CATALOG_SOURCE_H_
