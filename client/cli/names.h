// Ids and enum values as a clinician reads them.

#ifndef NEEDLEWISE_CLIENT_CLI_NAMES_H_
#define NEEDLEWISE_CLIENT_CLI_NAMES_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/cli/terminal.h"
#include "google/protobuf/descriptor.h"
#include "needlewise/v1/recommendation.pb.h"
#include "needlewise/v1/rule.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "needlewise/v1/screening.pb.h"

namespace needlewise {

// An id as words: `base_microneedling` is `Base microneedling`, and a word
// without a vowel is an initialism, so `prp_with_rf` is `PRP with RF`.
std::string Words(absl::string_view id);

// A verdict in capitals, for a banner.
std::string VerdictName(v1::Verdict verdict);

// What a verdict means, in one clause.
std::string VerdictMeaning(v1::Verdict verdict);

// Whether the treatment may not go ahead as things stand.
bool IsBlocked(v1::Verdict verdict);

Tone VerdictTone(v1::Verdict verdict);
Tone VerdictBanner(v1::Verdict verdict);

std::string AddOnStatusName(v1::AddOnStatus status);
std::string AddOnStatusMeaning(v1::AddOnStatus status);
Tone AddOnStatusBanner(v1::AddOnStatus status);

// `Contraindication`, or `Contraindications` where `many`.
std::string EffectName(v1::EffectKind effect, bool many = false);
Tone EffectTone(v1::EffectKind effect);

// The kind of effect that a rule has.
v1::EffectKind EffectOf(const v1::Rule& rule);

// `A` to `D`, or `G`.
std::string GradeName(v1::EvidenceGrade grade);

// What a grade means, in one clause.
std::string GradeMeaning(v1::EvidenceGrade grade);

std::string StrengthName(v1::EvidenceStrength strength);
std::string SectionName(v1::PlanSection section);
std::string AnswerSourceName(v1::AnswerSource source);

// A value's name without the prefix that all its siblings share, in lower case
// and as words: FINDING_STATUS_PRESENT is `present`.
std::string PlainEnumName(const google::protobuf::EnumDescriptor& type,
                          int number);

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_CLI_NAMES_H_
