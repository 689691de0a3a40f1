#include "rules/engine/wording.h"

#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "rules/engine/translatable_texts.h"

namespace needlewise {
namespace {

using TextKey =
    std::tuple<absl::string_view, absl::string_view, absl::string_view>;
using Translations = absl::flat_hash_map<TextKey, const v1::TranslatedText*>;

Translations TranslationsInto(const std::string& language,
                              const v1::RuleCatalog& catalog) {
  Translations found;
  for (const v1::Translation& translation : catalog.translations()) {
    if (translation.language() != language) continue;
    for (const v1::TranslatedText& text : translation.texts()) {
      found.emplace(
          TextKey(translation.records(), translation.record_id(), text.field()),
          &text);
    }
  }
  return found;
}

// All records but the translations, which are as many again.
std::unique_ptr<v1::RuleCatalog> CopyRecords(const v1::RuleCatalog& catalog) {
  auto copy = std::make_unique<v1::RuleCatalog>();
  const google::protobuf::Reflection& reflection = *catalog.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(catalog, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    if (field->number() == v1::RuleCatalog::kTranslationsFieldNumber) continue;
    if (!field->is_repeated()) {
      reflection.MutableMessage(copy.get(), field)
          ->CopyFrom(reflection.GetMessage(catalog, field));
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(catalog, field); ++i) {
      reflection.AddMessage(copy.get(), field)
          ->CopyFrom(reflection.GetRepeatedMessage(catalog, field, i));
    }
  }
  return copy;
}

Wording MakeWording(const std::string& language,
                    const v1::RuleCatalog& catalog) {
  Wording wording;
  wording.language = language;
  wording.phrases = EnglishPhrases();
  const Translations translations = TranslationsInto(language, catalog);
  // Null where the English stands.
  const auto find = [&](const TextPlace& place,
                        absl::string_view english) -> const std::string* {
    const auto found =
        translations.find(TextKey(place.records, place.record_id, place.field));
    if (found == translations.end() ||
        found->second->of() != DigestOfText(english)) {
      ++wording.untranslated;
      return nullptr;
    }
    return &found->second->text();
  };
  std::unique_ptr<v1::RuleCatalog> translated = CopyRecords(catalog);
  VisitMutableTexts(translated.get(),
                    [&](const TextPlace& place, std::string* text) {
                      const std::string* other = find(place, *text);
                      if (other != nullptr) *text = *other;
                    });
  wording.translated = std::move(translated);
  size_t phrase = 0;
  VisitPhrases([&](const TextPlace& place, const std::string& english) {
    const std::string* other = find(place, english);
    if (other != nullptr) wording.phrases[phrase] = *other;
    ++phrase;
  });
  return wording;
}

}  // namespace

std::vector<Wording> MakeWordings(const v1::RuleCatalog& catalog) {
  std::vector<Wording> wordings(1);
  wordings[0].language = kEnglish;
  wordings[0].phrases = EnglishPhrases();
  for (const v1::Language& language : catalog.languages()) {
    wordings.push_back(MakeWording(language.language(), catalog));
  }
  return wordings;
}

int FindWording(const std::vector<Wording>& wordings, absl::string_view tag) {
  if (tag.empty()) return 0;
  std::string wanted = absl::AsciiStrToLower(tag);
  while (!wanted.empty()) {
    for (size_t i = 0; i < wordings.size(); ++i) {
      if (wordings[i].language == wanted) return static_cast<int>(i);
    }
    // Without its last subtag, as RFC 4647 looks up.
    const size_t hyphen = wanted.rfind('-');
    wanted.resize(hyphen == std::string::npos ? 0 : hyphen);
  }
  return -1;
}

}  // namespace needlewise
