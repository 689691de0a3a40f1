#include "rules/tools/translation_warnings.h"

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/descriptor.h"
#include "rules/engine/translatable_texts.h"
#include "rules/engine/translation_checks.h"
#include "rules/tools/plain_language.h"

namespace needlewise {
namespace {

using Files = std::vector<std::unique_ptr<ParsedFile>>;
using TextKey = std::tuple<std::string, std::string, std::string, std::string>;

v1::RuleCatalog Merge(const Files& files) {
  v1::RuleCatalog merged;
  for (const auto& file : files) {
    if (!file->is_suite) merged.MergeFrom(file->catalog);
  }
  return merged;
}

v1::Diagnostic Warning(v1::Diagnostic diagnostic, const std::string& subject) {
  diagnostic.set_severity(v1::SEVERITY_WARNING);
  diagnostic.set_subject(subject);
  return diagnostic;
}

// Calls `visit(translation, text, place of the text)` for each text.
template <typename Visit>
void ForEachTranslatedText(const Files& files, const Visit& visit) {
  for (const auto& file : files) {
    if (file->is_suite) continue;
    for (int i = 0; i < file->catalog.translations_size(); ++i) {
      const v1::Translation& made = file->catalog.translations(i);
      for (int j = 0; j < made.texts_size(); ++j) {
        visit(made, made.texts(j),
              RootOf(*file).In("translations", i).In("texts", j));
      }
    }
  }
}

// Where a record is defined: its place and the field that holds its id.
class RecordFinder {
 public:
  explicit RecordFinder(const Files& files) {
    const google::protobuf::Descriptor& type = *v1::RuleCatalog::descriptor();
    for (const auto& file : files) {
      if (file->is_suite) continue;
      const google::protobuf::Reflection& reflection =
          *file->catalog.GetReflection();
      for (int f = 0; f < type.field_count(); ++f) {
        const google::protobuf::FieldDescriptor& field = *type.field(f);
        if (field.message_type() == nullptr ||
            field.message_type()->field(0)->cpp_type() !=
                google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
          continue;
        }
        if (!field.is_repeated()) {
          if (!reflection.HasField(file->catalog, &field)) continue;
          places_.emplace(std::make_pair(field.name(), std::string()),
                          std::make_pair(RootOf(*file).In(field.name().c_str()),
                                         field.message_type()->field(0)));
          continue;
        }
        const google::protobuf::FieldDescriptor* id =
            field.message_type()->field(0);
        for (int i = 0; i < reflection.FieldSize(file->catalog, &field); ++i) {
          const google::protobuf::Message& record =
              reflection.GetRepeatedMessage(file->catalog, &field, i);
          places_.emplace(
              std::make_pair(field.name(),
                             record.GetReflection()->GetString(record, id)),
              std::make_pair(RootOf(*file).In(field.name().c_str(), i), id));
        }
      }
    }
  }

  v1::Diagnostic At(const std::string& records, const std::string& id,
                    std::string message) const {
    const auto found = places_.find({records, id});
    if (found != places_.end()) {
      return found->second.first.At(found->second.second->name().c_str(), -1,
                                    std::move(message));
    }
    // A phrase, which no file of the catalogue holds.
    v1::Diagnostic diagnostic;
    diagnostic.set_file("rules/engine/phrases.cc");
    diagnostic.set_message(std::move(message));
    return diagnostic;
  }

 private:
  std::map<std::pair<std::string, std::string>,
           std::pair<Place, const google::protobuf::FieldDescriptor*>>
      places_;
};

std::string NameOf(const std::string& records, const std::string& id) {
  return id.empty() ? absl::StrCat("`", records, "`")
                    : absl::StrCat("`", records, "` `", id, "`");
}

}  // namespace

std::vector<v1::Diagnostic> FindTranslationGapWarnings(const Files& files) {
  const v1::RuleCatalog merged = Merge(files);
  if (merged.languages().empty()) return {};
  std::set<TextKey> stale;
  // Missing fields by language, records and record, in the order of the texts.
  std::vector<std::pair<TranslationGap, std::vector<std::string>>> missing;
  for (TranslationGap& gap : FindTranslationGaps(merged)) {
    if (gap.stale) {
      stale.emplace(gap.language, gap.records, gap.record_id, gap.field);
      continue;
    }
    const bool same = !missing.empty() &&
                      missing.back().first.language == gap.language &&
                      missing.back().first.records == gap.records &&
                      missing.back().first.record_id == gap.record_id;
    const std::string field = absl::StrCat("`", gap.field, "`");
    if (same) {
      missing.back().second.push_back(field);
    } else {
      missing.emplace_back(std::move(gap), std::vector<std::string>{field});
    }
  }
  std::vector<v1::Diagnostic> warnings;
  const RecordFinder finder(files);
  for (const auto& [gap, fields] : missing) {
    warnings.push_back(Warning(
        finder.At(
            gap.records, gap.record_id,
            absl::StrCat(NameOf(gap.records, gap.record_id), ": no ",
                         absl::StrJoin(fields, ", "), " in `", gap.language,
                         "`, where the English is shown; translate it")),
        gap.record_id));
  }
  ForEachTranslatedText(files, [&](const v1::Translation& made,
                                   const v1::TranslatedText& text,
                                   const Place& place) {
    if (stale.count(TextKey(made.language(), made.records(), made.record_id(),
                            text.field())) == 0) {
      return;
    }
    warnings.push_back(Warning(
        place.At(
            "of", -1,
            absl::StrCat(NameOf(made.records(), made.record_id()), ": the `",
                         made.language(), "` of `", text.field(),
                         "` is of an English text that has changed, so that "
                         "the English is shown; translate it anew")),
        made.record_id()));
  });
  return warnings;
}

std::vector<v1::Diagnostic> FindTranslatedWordWarnings(const Files& files) {
  const v1::RuleCatalog merged = Merge(files);
  std::set<std::string> asked;
  for (const v1::Concept& c : merged.concepts()) {
    if (IsAskedOfPatients(c)) asked.insert(c.concept_id());
  }
  std::vector<v1::Diagnostic> warnings;
  ForEachTranslatedText(files, [&](const v1::Translation& made,
                                   const v1::TranslatedText& text,
                                   const Place& place) {
    std::string complaint;
    if (made.records() == "concepts" && text.field() == "question" &&
        asked.count(made.record_id()) > 0) {
      complaint = HardToRead(text.text(), made.language());
    } else if (made.records() == "rules" && (text.field() == "clinician_text" ||
                                             text.field() == "cleared_by")) {
      complaint = CommandIn(text.text(), made.language());
    }
    if (complaint.empty()) return;
    warnings.push_back(
        Warning(place.At("text", -1,
                         absl::StrCat(NameOf(made.records(), made.record_id()),
                                      ": the `", made.language(), "` of `",
                                      text.field(), "` ", complaint)),
                made.record_id()));
  });
  return warnings;
}

}  // namespace needlewise
