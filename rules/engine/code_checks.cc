#include "rules/engine/code_checks.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace needlewise {
namespace {

// Verhoeff's tables: multiplication in the dihedral group of order 10, and the
// permutation of a digit by its place.
constexpr int kProduct[10][10] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5},
    {2, 3, 4, 0, 1, 7, 8, 9, 5, 6}, {3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
    {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
    {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
    {8, 7, 6, 5, 9, 3, 2, 1, 0, 4}, {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}};
constexpr int kPermutation[8][10] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4},
    {5, 8, 0, 3, 7, 9, 6, 1, 4, 2}, {8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
    {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
    {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8}};

bool AllDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(c);
  });
}

// A letter, two digits (the second may be a letter), then after a point up to
// four more.
bool IsIcd10Cm(absl::string_view code) {
  const size_t point = code.find('.');
  const absl::string_view stem = code.substr(0, point);
  if (stem.empty() || stem.size() > 3 || !absl::ascii_isupper(stem[0])) {
    return false;
  }
  const auto usual = [](char c) {
    return absl::ascii_isdigit(c) || absl::ascii_isupper(c);
  };
  if (!std::all_of(stem.begin(), stem.end(), usual)) return false;
  if (point == absl::string_view::npos) return true;
  const absl::string_view rest = code.substr(point + 1);
  return stem.size() == 3 && rest.size() <= 4 &&
         std::all_of(rest.begin(), rest.end(), usual);
}

// Letter, two digits, letter, letter, two digits; or the beginning of that.
bool IsAtc(absl::string_view code) {
  constexpr absl::string_view kForm = "A00AA00";
  if (code.empty() || code.size() > kForm.size()) return false;
  for (size_t i = 0; i < code.size(); ++i) {
    const bool fits = kForm[i] == 'A' ? absl::ascii_isupper(code[i])
                                      : absl::ascii_isdigit(code[i]);
    if (!fits) return false;
  }
  return true;
}

}  // namespace

bool HasVerhoeffCheckDigit(absl::string_view digits) {
  if (!AllDigits(digits)) return false;
  int check = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const int digit = digits[digits.size() - 1 - i] - '0';
    check = kProduct[check][kPermutation[i % 8][digit]];
  }
  return check == 0;
}

bool HasLoincCheckDigit(absl::string_view code) {
  const size_t hyphen = code.rfind('-');
  if (hyphen == absl::string_view::npos || hyphen + 2 != code.size()) {
    return false;
  }
  const absl::string_view digits = code.substr(0, hyphen);
  if (!AllDigits(digits) || !absl::ascii_isdigit(code.back())) return false;
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    int digit = digits[digits.size() - 1 - i] - '0';
    if (i % 2 == 0) digit *= 2;
    sum += digit / 10 + digit % 10;
  }
  return (10 - sum % 10) % 10 == code.back() - '0';
}

std::string FaultOfCode(absl::string_view system, absl::string_view code,
                        bool prefix) {
  if (system == "http://snomed.info/sct") {
    if (prefix) return "SNOMED CT has no hierarchy in its digits; no prefixes";
    if (!AllDigits(code) || code.size() < 6 || code.size() > 18) {
      return "a SNOMED CT identifier is 6 to 18 digits";
    }
    return HasVerhoeffCheckDigit(code) ? ""
                                       : "the last digit is not the check "
                                         "digit; look the code up again";
  }
  if (system == "http://loinc.org") {
    if (prefix) return "LOINC has no hierarchy in its digits; no prefixes";
    // Answers and parts are numbered otherwise.
    if (absl::StartsWith(code, "LA") || absl::StartsWith(code, "LP")) return "";
    return HasLoincCheckDigit(code)
               ? ""
               : "the digit after the hyphen is not the check digit; look the "
                 "code up again";
  }
  if (system == "http://hl7.org/fhir/sid/icd-10-cm" && !IsIcd10Cm(code)) {
    return "does not have the form of an ICD-10-CM code";
  }
  if (system == "http://www.whocc.no/atc" && !IsAtc(code)) {
    return "does not have the form of an ATC code";
  }
  if (system == "http://www.nlm.nih.gov/research/umls/rxnorm" &&
      (prefix || !AllDigits(code))) {
    return "an RxNorm concept is a whole number, and no prefix";
  }
  return "";
}

}  // namespace needlewise
