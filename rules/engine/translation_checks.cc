#include "rules/engine/translation_checks.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "rules/engine/nearest_names.h"
#include "rules/engine/phrases.h"
#include "rules/engine/translatable_texts.h"
#include "rules/engine/wording.h"

namespace needlewise {
namespace {

constexpr size_t kLongestLanguage = 35;
constexpr size_t kDigestDigits = 8;

using Names = std::vector<std::pair<std::string, std::string>>;
using Fields = std::map<std::string, std::string>;

// The English texts, by list of records, record and field.
using Texts = std::map<std::string, std::map<std::string, Fields>>;

Texts TextsOf(const std::vector<std::unique_ptr<ParsedFile>>& files) {
  Texts texts;
  const auto add = [&](const TextPlace& place, const std::string& english) {
    texts[std::string(place.records)][std::string(place.record_id)].emplace(
        std::string(place.field), english);
  };
  for (const auto& file : files) VisitTexts(file->catalog, add);
  VisitPhrases(add);
  return texts;
}

template <typename Map>
Names NamesIn(const Map& map) {
  Names names;
  for (const auto& [name, value] : map) names.emplace_back(name, name);
  return names;
}

// What to do about a name that is none of `names`.
std::string Advice(const std::string& wanted, const Names& names) {
  const std::vector<std::string> nearest = NearestNames(wanted, names);
  return nearest.empty() ? "; correct it, or remove the translation"
                         : DidYouMean(nearest);
}

bool IsLanguageTag(const std::string& tag) {
  return tag.size() >= 2 && tag.size() <= kLongestLanguage &&
         absl::ascii_islower(tag.front()) && tag.back() != '-' &&
         std::all_of(tag.begin(), tag.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
         });
}

bool IsDigest(const std::string& text) {
  return text.size() == kDigestDigits &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
         });
}

class Checker {
 public:
  Checker(const std::vector<std::unique_ptr<ParsedFile>>& files, bool complete,
          std::vector<v1::Diagnostic>* diagnostics)
      : files_(files),
        complete_(complete),
        diagnostics_(*diagnostics),
        texts_(TextsOf(files)) {}

  void Run() {
    for (const auto& file : files_) {
      if (!file->is_suite) CheckLanguages(*file);
    }
    for (const auto& file : files_) {
      if (file->is_suite) continue;
      for (int i = 0; i < file->catalog.translations_size(); ++i) {
        CheckTranslation(RootOf(*file).In("translations", i),
                         file->catalog.translations(i));
      }
    }
  }

 private:
  void Report(v1::Diagnostic diagnostic) {
    if (!complete_ && diagnostic.line() == 0) return;
    diagnostic.set_subject(subject_);
    diagnostics_.push_back(std::move(diagnostic));
  }
  void Error(const Place& place, const char* field, const std::string& about,
             const std::string& message) {
    Report(place.At(field, -1, absl::StrCat(about, ": ", message)));
  }

  void CheckLanguages(const ParsedFile& file) {
    for (int i = 0; i < file.catalog.languages_size(); ++i) {
      const v1::Language& language = file.catalog.languages(i);
      const Place place = RootOf(file).In("languages", i);
      subject_ = language.language();
      const std::string about = absl::StrCat("language `", subject_, "`");
      if (!IsLanguageTag(subject_)) {
        Error(place, "language", about,
              "`language` must be a BCP 47 tag in lower case, such as `fr`");
      } else if (subject_ == kEnglish) {
        Error(place, "language", about,
              "the catalogue's own texts are in it; remove it");
      }
      if (!languages_.emplace(subject_, 0).second) {
        Error(place, "language", about,
              "is declared twice; remove one declaration");
      }
      if (language.display().empty()) {
        Error(place, "display", about, "`display` is required");
      }
    }
  }

  void CheckTranslation(const Place& place, const v1::Translation& made) {
    subject_ = made.record_id();
    const std::string about =
        absl::StrCat("translation of `", made.records(), "`",
                     subject_.empty() ? "" : absl::StrCat(" `", subject_, "`"),
                     " into `", made.language(), "`");
    if (languages_.count(made.language()) == 0 && complete_) {
      Error(place, "language", about,
            absl::StrCat(
                "the catalogue declares no language `", made.language(), "`",
                DidYouMean(NearestNames(made.language(), NamesIn(languages_))),
                "; add it to `languages` or correct it"));
    }
    if (made.texts().empty()) {
      Error(place, "texts", about, "`texts` needs at least one text");
    }
    const Fields* fields = FindFields(place, made, about);
    std::set<std::string>& translated =
        translated_[{made.language(), made.records(), made.record_id()}];
    for (int i = 0; i < made.texts_size(); ++i) {
      const Place at = place.In("texts", i);
      const v1::TranslatedText& text = made.texts(i);
      if (!translated.insert(text.field()).second) {
        Error(at, "field", about,
              absl::StrCat("`", text.field(),
                           "` is translated twice; remove "
                           "one of the texts"));
      }
      CheckText(at, text, fields, about);
    }
  }

  // The texts of the record, or null after an error.
  const Fields* FindFields(const Place& place, const v1::Translation& made,
                           const std::string& about) {
    const auto records = texts_.find(made.records());
    if (records == texts_.end()) {
      if (complete_) {
        Error(place, "records", about,
              absl::StrCat("the catalogue has no texts in `", made.records(),
                           "`", Advice(made.records(), NamesIn(texts_))));
      }
      return nullptr;
    }
    const auto record = records->second.find(made.record_id());
    if (record == records->second.end()) {
      if (complete_) {
        Error(place, "record_id", about,
              absl::StrCat("no such record is defined",
                           Advice(made.record_id(), NamesIn(records->second))));
      }
      return nullptr;
    }
    return &record->second;
  }

  void CheckText(const Place& at, const v1::TranslatedText& text,
                 const Fields* fields, const std::string& about) {
    if (text.text().empty()) {
      Error(at, "text", about,
            absl::StrCat("`", text.field(),
                         "` is empty; translate it or "
                         "remove it"));
    }
    if (!IsDigest(text.of())) {
      Error(at, "of", about,
            absl::StrCat("`of` of `", text.field(),
                         "` must be the first eight digits of the SHA-256 of "
                         "the English text; `needlewise-rules translations` "
                         "writes it"));
    }
    if (fields == nullptr) return;
    const auto english = fields->find(text.field());
    if (english == fields->end()) {
      if (complete_) {
        Error(at, "field", about,
              absl::StrCat("the record has no text `", text.field(), "`",
                           Advice(text.field(), NamesIn(*fields))));
      }
      return;
    }
    if (text.of() != DigestOfText(english->second)) return;
    const std::string wanted = PlaceholdersIn(english->second);
    const std::string found = PlaceholdersIn(text.text());
    if (wanted != found && !text.text().empty()) {
      Error(at, "text", about,
            absl::StrCat("`", text.field(), "` has the placeholders `", found,
                         "` and the English `", wanted, "`"));
    }
  }

  const std::vector<std::unique_ptr<ParsedFile>>& files_;
  const bool complete_;
  std::vector<v1::Diagnostic>& diagnostics_;
  const Texts texts_;
  std::map<std::string, int> languages_;
  // Fields translated so far, by language, records and record.
  std::map<std::tuple<std::string, std::string, std::string>,
           std::set<std::string>>
      translated_;
  std::string subject_;
};

}  // namespace

void CheckTranslations(const std::vector<std::unique_ptr<ParsedFile>>& files,
                       bool complete,
                       std::vector<v1::Diagnostic>* diagnostics) {
  Checker(files, complete, diagnostics).Run();
}

std::vector<TranslationGap> FindTranslationGaps(
    const v1::RuleCatalog& catalog) {
  using Key = std::tuple<std::string, std::string, std::string>;
  std::vector<TranslationGap> gaps;
  for (const v1::Language& language : catalog.languages()) {
    std::map<Key, std::string> of;
    for (const v1::Translation& made : catalog.translations()) {
      if (made.language() != language.language()) continue;
      for (const v1::TranslatedText& text : made.texts()) {
        of.emplace(Key(made.records(), made.record_id(), text.field()),
                   text.of());
      }
    }
    const auto add = [&](const TextPlace& place, const std::string& english) {
      TranslationGap gap;
      gap.language = language.language();
      gap.records = std::string(place.records);
      gap.record_id = std::string(place.record_id);
      gap.field = std::string(place.field);
      const auto found = of.find(Key(gap.records, gap.record_id, gap.field));
      gap.stale = found != of.end();
      if (gap.stale && found->second == DigestOfText(english)) return;
      gap.english = english;
      gaps.push_back(std::move(gap));
    };
    VisitTexts(catalog, add);
    VisitPhrases(add);
  }
  return gaps;
}

}  // namespace needlewise
