#include "server/cds_hooks/card_id.h"

#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/decision_id.h"
#include "server/sha256.h"

namespace needlewise {
namespace {

// Where the bytes of the term stand among those of the id: where neither its
// version nor its variant do.
constexpr size_t kTermBytes[] = {0, 1, 2, 3, 4, 5, 7, 9};
// Of a UUID as text.
constexpr size_t kTextLength = 36;
constexpr size_t kDashes[] = {8, 13, 18, 23};

}  // namespace

std::string CardUuid(absl::string_view decision_id, int treatment,
                     absl::string_view kind) {
  std::string bytes = Sha256()
                          .Add(decision_id)
                          .Add(absl::StrCat(treatment, "/", kind))
                          .Finish();
  Term term = MakeTerm(TermKind::kDecision, decision_id);
  for (const size_t place : kTermBytes) {
    bytes[place] = static_cast<char>(term & 0xFF);
    term >>= 8;
  }
  return ToUuid(bytes);
}

absl::optional<Term> DecisionTermIn(absl::string_view card) {
  if (card.size() != kTextLength) return absl::nullopt;
  std::string hex(card);
  for (size_t i = 0; i < std::size(kDashes); ++i) {
    if (card[kDashes[i]] != '-') return absl::nullopt;
    // Each dash that is taken out moves the others.
    hex.erase(kDashes[i] - i, 1);
  }
  for (const char c : hex) {
    if (!absl::ascii_isxdigit(c)) return absl::nullopt;
  }
  const std::string bytes = absl::HexStringToBytes(hex);
  Term term = 0;
  for (size_t i = std::size(kTermBytes); i-- > 0;) {
    term = term << 8 | static_cast<unsigned char>(bytes[kTermBytes[i]]);
  }
  return term;
}

bool IsCardOf(absl::string_view card, const v1::DecisionRecord& record) {
  for (int i = 0; i < record.decision().treatments_size(); ++i) {
    for (const char* kind : {kVerdictCard, kMissingCard}) {
      if (absl::EqualsIgnoreCase(card,
                                 CardUuid(record.decision_id(), i, kind))) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace needlewise
