#include "rules/tools/readability.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace needlewise {
namespace {

constexpr int kSyllablesOfTerm = 2;

// The character at `*at`, as far as it is of the Latin alphabet; `*at` moves
// behind it.
uint32_t NextCharacter(absl::string_view text, size_t* at) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const uint32_t first = byte(*at);
  if (first < 0x80) {
    ++*at;
    return first;
  }
  const int length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  uint32_t character = first & (0x7F >> length);
  for (int i = 1; i < length; ++i) {
    character = character << 6 | (byte(*at + i) & 0x3F);
  }
  *at = std::min(text.size(), *at + length);
  return character;
}

uint32_t Lower(uint32_t c) {
  if (c < 0x80) return absl::ascii_tolower(static_cast<unsigned char>(c));
  // À to Þ; and OE.
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 0x20;
  return c == 0x152 ? 0x153 : c;
}

bool IsLetter(uint32_t c) {
  return c < 0x80 ? absl::ascii_isalnum(static_cast<unsigned char>(c))
                  : (c >= 0xC0 && c <= 0x17F && c != 0xD7 && c != 0xF7);
}

bool IsApostrophe(uint32_t c) { return c == '\'' || c == 0x2019; }

void Append(uint32_t c, std::string* text) {
  if (c < 0x80) {
    text->push_back(static_cast<char>(c));
  } else {
    text->push_back(static_cast<char>(0xC0 | c >> 6));
    text->push_back(static_cast<char>(0x80 | (c & 0x3F)));
  }
}

bool IsVowel(uint32_t c) {
  if (c < 0x80) {
    return absl::StrContains("aeiouy", std::string(1, static_cast<char>(c)));
  }
  // a, ae, e, i, o, u and y with accents, and oe.
  return (c >= 0xE0 && c <= 0xE6) || (c >= 0xE8 && c <= 0xEF) ||
         (c >= 0xF2 && c <= 0xF6) || (c >= 0xF9 && c <= 0xFD) || c == 0xFF ||
         c == 0x153;
}

// Whether a vowel begins a syllable of its own behind another: naïf, Noël.
bool HasDiaeresis(uint32_t c) { return c == 0xEB || c == 0xEF || c == 0xFC; }

// Vowels that stand together, each run once. An é ends its run: néon.
int CountVowelRuns(absl::string_view word) {
  int runs = 0;
  bool in_run = false;
  for (size_t at = 0; at < word.size();) {
    const uint32_t c = NextCharacter(word, &at);
    if (!IsVowel(c)) {
      in_run = false;
      continue;
    }
    if (!in_run || HasDiaeresis(c)) ++runs;
    in_run = c != 0xE9;
  }
  return runs;
}

int CountSentences(absl::string_view text) {
  int sentences = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool ends = i + 1 == text.size() ||
                      absl::ascii_isspace(text[i + 1]) || text[i + 1] == ')';
    if (absl::StrContains(".!?", std::string(1, text[i])) && ends) ++sentences;
  }
  return std::max(sentences, 1);
}

// Whether a word is one of a term's, with or without an elided article before
// it: l'acier.
bool IsTerm(const std::string& part, const std::string& word) {
  const size_t elided = word.rfind('\'');
  return word == part || (elided != std::string::npos &&
                          absl::string_view(word).substr(elided + 1) == part);
}

}  // namespace

std::vector<std::string> WordsOf(absl::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (size_t at = 0; at < text.size();) {
    const uint32_t c = NextCharacter(text, &at);
    if (IsLetter(c)) {
      Append(Lower(c), &word);
    } else if (IsApostrophe(c) && !word.empty()) {
      word.push_back('\'');
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

int CountEnglishSyllables(absl::string_view word) {
  const auto is_vowel = [&](size_t i) {
    return IsVowel(static_cast<unsigned char>(word[i]));
  };
  absl::ConsumeSuffix(&word, "'s");
  if (word.size() <= 3) return 1;
  // A y at the beginning is a consonant.
  if (word[0] == 'y') word.remove_prefix(1);
  int syllables = CountVowelRuns(word);
  const size_t n = word.size();
  // Mute: name, names and named; not table, tables, noted and needed.
  if (word[n - 1] == 'e' && !is_vowel(n - 2) && word[n - 2] != 'l') {
    --syllables;
  } else if (absl::EndsWith(word, "ed") && !is_vowel(n - 3) &&
             word[n - 3] != 't' && word[n - 3] != 'd') {
    --syllables;
  } else if (absl::EndsWith(word, "es") && !is_vowel(n - 3) &&
             !absl::StrContains("lszxhcg", std::string(1, word[n - 3]))) {
    --syllables;
  }
  return std::max(syllables, 1);
}

int CountFrenchSyllables(absl::string_view word) {
  int syllables = CountVowelRuns(word);
  // Mute: place, places; not a final é, nor an e that another vowel leads.
  absl::string_view stem = word;
  absl::ConsumeSuffix(&stem, "s");
  if (syllables > 1 && stem.size() > 1 && stem.back() == 'e' &&
      CountVowelRuns(stem.substr(0, stem.size() - 1)) < syllables) {
    --syllables;
  }
  return std::max(syllables, 1);
}

TextMeasure MeasureText(absl::string_view text, absl::string_view language,
                        const std::vector<std::string>& terms) {
  TextMeasure measure;
  const std::vector<std::string> words = WordsOf(text);
  if (words.empty()) return measure;
  measure.sentences = CountSentences(text);
  for (size_t at = 0; at < words.size();) {
    // The longest term that begins here.
    size_t length = 0;
    for (const std::string& term : terms) {
      const std::vector<std::string> parts = WordsOf(term);
      if (parts.size() > length && parts.size() <= words.size() - at &&
          std::equal(parts.begin(), parts.end(), words.begin() + at, IsTerm)) {
        length = parts.size();
      }
    }
    ++measure.words;
    if (length > 0) {
      measure.syllables += kSyllablesOfTerm;
      at += length;
    } else {
      measure.syllables += language == "fr" ? CountFrenchSyllables(words[at])
                                            : CountEnglishSyllables(words[at]);
      ++at;
    }
  }
  return measure;
}

double FleschKincaidGrade(const TextMeasure& measure) {
  if (measure.words == 0) return 0;
  return 0.39 * measure.words / measure.sentences +
         11.8 * measure.syllables / measure.words - 15.59;
}

double KandelMolesEase(const TextMeasure& measure) {
  if (measure.words == 0) return 100;
  return 207 - 1.015 * measure.words / measure.sentences -
         73.6 * measure.syllables / measure.words;
}

}  // namespace needlewise
