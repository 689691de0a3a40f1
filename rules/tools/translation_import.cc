#include "rules/tools/translation_import.h"

#include <set>
#include <tuple>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "rules/engine/translatable_texts.h"
#include "rules/tools/text_format_printer.h"
#include "rules/tools/text_format_syntax.h"

namespace needlewise {
namespace {

// Records, record and field.
using TextKey = std::tuple<std::string, std::string, std::string>;

std::string NameOf(const TextKey& key, const std::string& language) {
  const auto& [records, record_id, field] = key;
  return absl::StrCat(
      "`", records, "`", record_id.empty() ? "" : absl::StrCat(" `", record_id),
      record_id.empty() ? "" : "`", ", `", field, "` in `", language, "`");
}

std::map<TextKey, std::string> EnglishOf(const v1::RuleCatalog& catalog) {
  std::map<TextKey, std::string> english;
  const auto add = [&](const TextPlace& place, const std::string& text) {
    english.emplace(
        TextKey(std::string(place.records), std::string(place.record_id),
                std::string(place.field)),
        text);
  };
  VisitTexts(catalog, add);
  VisitPhrases(add);
  return english;
}

TextValue StringValue(const std::string& bytes) {
  TextValue value;
  value.kind = TextValue::Kind::kString;
  value.literals.emplace_back().bytes = bytes;
  return value;
}

TextField StringField(const char* name, const std::string& bytes) {
  TextField field;
  field.name = name;
  field.value = StringValue(bytes);
  return field;
}

// A message field without fields yet.
TextField MessageField(const char* name) {
  TextField field;
  field.name = name;
  field.value.kind = TextValue::Kind::kMessage;
  field.value.body = std::make_unique<TextBody>();
  return field;
}

TextField* FindField(TextBody* body, absl::string_view name) {
  for (TextField& field : body->fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

std::string StringOf(TextBody* body, absl::string_view name) {
  const TextField* field = FindField(body, name);
  std::string text;
  if (field == nullptr) return text;
  for (const TextLiteral& literal : field->value.literals) {
    absl::StrAppend(&text, literal.bytes);
  }
  return text;
}

void SetString(TextBody* body, const char* name, const std::string& bytes) {
  TextField* field = FindField(body, name);
  if (field == nullptr) {
    body->fields.push_back(StringField(name, bytes));
  } else {
    field->value = StringValue(bytes);
  }
}

class Importer {
 public:
  Importer(const std::vector<std::unique_ptr<ParsedFile>>& files,
           const v1::RuleCatalog& catalog)
      : english_(EnglishOf(catalog)) {
    for (const v1::Language& language : catalog.languages()) {
      languages_.insert(language.language());
    }
    for (const auto& file : files) {
      if (file->is_suite || file->is_overlay || file->is_seal) continue;
      absl::StatusOr<TextFile> read = ParseTextFile(file->content);
      if (!read.ok()) {
        result_.errors.push_back(
            absl::StrCat(file->name, ": ", read.status().message()));
        continue;
      }
      written_.emplace(file->name, *std::move(read));
    }
  }

  TranslationImport Run(const v1::RuleCatalog& filled) {
    for (const v1::Translation& made : filled.translations()) {
      for (const v1::TranslatedText& text : made.texts()) Take(made, text);
    }
    if (!result_.errors.empty()) return std::move(result_);
    for (const std::string& name : changed_) {
      const absl::StatusOr<std::string> text = FormatTextProto(
          absl::StrCat(headers_[name], PrintTextFile(written_.at(name))),
          v1::RuleCatalog());
      if (text.ok()) {
        result_.files.emplace(name, *text);
      } else {
        result_.errors.push_back(
            absl::StrCat(name, ": ", text.status().message()));
      }
    }
    return std::move(result_);
  }

 private:
  void Take(const v1::Translation& made, const v1::TranslatedText& text) {
    if (text.text().empty()) {
      ++result_.empty;
      return;
    }
    const TextKey key(made.records(), made.record_id(), text.field());
    const auto english = english_.find(key);
    const std::string name = NameOf(key, made.language());
    if (languages_.count(made.language()) == 0) {
      result_.errors.push_back(
          absl::StrCat(name,
                       ": the catalogue declares no such language; add it to "
                       "`languages` first"));
    } else if (english == english_.end()) {
      result_.errors.push_back(
          absl::StrCat(name, ": the catalogue has no such text; remove it"));
    } else if (text.of() != DigestOfText(english->second)) {
      result_.errors.push_back(absl::StrCat(
          name,
          ": the English is another since the skeleton was written; "
          "write a new skeleton, and translate what it now says"));
    } else {
      Put(made, text);
    }
  }

  void Put(const v1::Translation& made, const v1::TranslatedText& text) {
    const auto [file, body] = BodyOf(made);
    for (TextField& field : body->fields) {
      if (field.name != "texts" || field.value.body == nullptr ||
          StringOf(field.value.body.get(), "field") != text.field()) {
        continue;
      }
      TextBody* old = field.value.body.get();
      if (StringOf(old, "of") == text.of() &&
          StringOf(old, "text") == text.text()) {
        ++result_.unchanged;
        return;
      }
      SetString(old, "of", text.of());
      SetString(old, "text", text.text());
      ++result_.replaced;
      changed_.insert(file);
      return;
    }
    TextField added = MessageField("texts");
    added.value.body->fields.push_back(StringField("field", text.field()));
    added.value.body->fields.push_back(StringField("of", text.of()));
    added.value.body->fields.push_back(StringField("text", text.text()));
    body->fields.push_back(std::move(added));
    ++result_.added;
    changed_.insert(file);
  }

  // The record's translations as they are written, and their file; made where
  // there are none.
  std::pair<std::string, TextBody*> BodyOf(const v1::Translation& made) {
    // What of the same language and the same kind of record a file holds.
    std::string best;
    std::pair<int, int> most = {0, 0};
    for (auto& [name, file] : written_) {
      std::pair<int, int> held = {0, 0};
      for (TextField& field : file.body.fields) {
        TextBody* body = field.value.body.get();
        if (field.name != "translations" || body == nullptr ||
            StringOf(body, "language") != made.language()) {
          continue;
        }
        ++held.second;
        if (StringOf(body, "records") != made.records()) continue;
        ++held.first;
        if (StringOf(body, "record_id") == made.record_id()) {
          return {name, body};
        }
      }
      if (held > most) {
        most = held;
        best = name;
      }
    }
    if (best.empty()) {
      best = absl::StrCat("translations_", made.language(), ".textproto");
      if (written_.count(best) == 0) {
        headers_[best] =
            "# proto-file: needlewise/v1/rule_catalog.proto\n"
            "# proto-message: RuleCatalog\n\n";
      }
    }
    TextField added = MessageField("translations");
    added.blank_before = true;
    std::vector<TextField>& fields = added.value.body->fields;
    fields.push_back(StringField("language", made.language()));
    fields.push_back(StringField("records", made.records()));
    if (!made.record_id().empty()) {
      fields.push_back(StringField("record_id", made.record_id()));
    }
    TextBody& into = written_[best].body;
    into.fields.push_back(std::move(added));
    return {best, into.fields.back().value.body.get()};
  }

  const std::map<TextKey, std::string> english_;
  std::set<std::string> languages_;
  // By name.
  std::map<std::string, TextFile> written_;
  // What a new file begins with.
  std::map<std::string, std::string> headers_;
  std::set<std::string> changed_;
  TranslationImport result_;
};

}  // namespace

TranslationImport ImportTranslations(
    const std::vector<std::unique_ptr<ParsedFile>>& files,
    const v1::RuleCatalog& catalog, const v1::RuleCatalog& filled) {
  return Importer(files, catalog).Run(filled);
}

}  // namespace needlewise
