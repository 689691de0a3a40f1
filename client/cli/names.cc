#include "client/cli/names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client/cli/words.h"

namespace needlewise {

std::string Words(absl::string_view id) {
  std::vector<std::string> words =
      absl::StrSplit(id, absl::ByAnyChar("_- "), absl::SkipEmpty());
  for (std::string& word : words) {
    if (word.find_first_of("aeiouy0123456789AEIOUY") == std::string::npos) {
      absl::AsciiStrToUpper(&word);
    }
  }
  std::string text = absl::StrJoin(words, " ");
  if (!text.empty()) text[0] = absl::ascii_toupper(text[0]);
  return text;
}

std::string VerdictName(v1::Verdict verdict) {
  switch (verdict) {
    case v1::VERDICT_ELIGIBLE:
      return Say("ELIGIBLE");
    case v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS:
      return Say("ELIGIBLE WITH PRECAUTIONS");
    case v1::VERDICT_REVIEW_REQUIRED:
      return Say("REVIEW REQUIRED");
    case v1::VERDICT_DATA_REQUIRED:
      return Say("DATA REQUIRED");
    case v1::VERDICT_DEFERRED:
      return Say("DEFERRED");
    case v1::VERDICT_CONTRAINDICATED:
      return Say("CONTRAINDICATED");
    default:
      return Say("NO VERDICT");
  }
}

std::string VerdictMeaning(v1::Verdict verdict) {
  switch (verdict) {
    case v1::VERDICT_ELIGIBLE:
      return Say("Nothing that is on file stands against it.");
    case v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS:
      return Say("It may go ahead with the changes named below.");
    case v1::VERDICT_REVIEW_REQUIRED:
      return Say("A clinician decides and records why.");
    case v1::VERDICT_DATA_REQUIRED:
      return Say("Something unknown could block it: see the open questions.");
    case v1::VERDICT_DEFERRED:
      return Say("Not now.");
    case v1::VERDICT_CONTRAINDICATED:
      return Say("Not in this state.");
    default:
      return Say("The server gave a verdict that this client does not know.");
  }
}

bool IsBlocked(v1::Verdict verdict) {
  return verdict != v1::VERDICT_ELIGIBLE &&
         verdict != v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS;
}

Tone VerdictTone(v1::Verdict verdict) {
  switch (verdict) {
    case v1::VERDICT_ELIGIBLE:
      return Tone::kGood;
    case v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS:
    case v1::VERDICT_REVIEW_REQUIRED:
      return Tone::kCaution;
    case v1::VERDICT_DATA_REQUIRED:
      return Tone::kQuestion;
    case v1::VERDICT_DEFERRED:
      return Tone::kWarning;
    default:
      return Tone::kStop;
  }
}

Tone VerdictBanner(v1::Verdict verdict) {
  switch (verdict) {
    case v1::VERDICT_ELIGIBLE:
      return Tone::kGoodBanner;
    case v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS:
    case v1::VERDICT_REVIEW_REQUIRED:
      return Tone::kCautionBanner;
    case v1::VERDICT_DATA_REQUIRED:
      return Tone::kQuestionBanner;
    case v1::VERDICT_DEFERRED:
      return Tone::kWarningBanner;
    default:
      return Tone::kStopBanner;
  }
}

std::string AddOnStatusName(v1::AddOnStatus status) {
  switch (status) {
    case v1::ADD_ON_STATUS_CONTRAINDICATED:
      return Say("CONTRAINDICATED");
    case v1::ADD_ON_STATUS_NOT_INDICATED:
      return Say("NOT INDICATED");
    case v1::ADD_ON_STATUS_NOT_NOW:
      return Say("NOT NOW");
    case v1::ADD_ON_STATUS_DATA_REQUIRED:
      return Say("DATA REQUIRED");
    case v1::ADD_ON_STATUS_REVIEW_REQUIRED:
      return Say("REVIEW REQUIRED");
    case v1::ADD_ON_STATUS_RECOMMENDED:
      return Say("RECOMMENDED");
    case v1::ADD_ON_STATUS_OPTIONAL:
      return Say("OPTIONAL");
    default:
      return Say("NO STATUS");
  }
}

std::string AddOnStatusMeaning(v1::AddOnStatus status) {
  switch (status) {
    case v1::ADD_ON_STATUS_CONTRAINDICATED:
      return Say("Not in this state.");
    case v1::ADD_ON_STATUS_NOT_INDICATED:
      return Say("None of the stated concerns is a reason to offer it.");
    case v1::ADD_ON_STATUS_NOT_NOW:
      return Say("Deferred.");
    case v1::ADD_ON_STATUS_DATA_REQUIRED:
      return Say("Something unknown could block it.");
    case v1::ADD_ON_STATUS_REVIEW_REQUIRED:
      return Say("A clinician decides and records why.");
    case v1::ADD_ON_STATUS_RECOMMENDED:
      return Say("Worth offering: strong or moderate evidence.");
    case v1::ADD_ON_STATUS_OPTIONAL:
      return Say("May be offered: weak, mixed or indirect evidence.");
    default:
      return Say("The server gave a status that this client does not know.");
  }
}

Tone AddOnStatusBanner(v1::AddOnStatus status) {
  switch (status) {
    case v1::ADD_ON_STATUS_RECOMMENDED:
    case v1::ADD_ON_STATUS_OPTIONAL:
      return Tone::kGoodBanner;
    case v1::ADD_ON_STATUS_REVIEW_REQUIRED:
    case v1::ADD_ON_STATUS_NOT_INDICATED:
      return Tone::kCautionBanner;
    case v1::ADD_ON_STATUS_DATA_REQUIRED:
      return Tone::kQuestionBanner;
    case v1::ADD_ON_STATUS_NOT_NOW:
      return Tone::kWarningBanner;
    default:
      return Tone::kStopBanner;
  }
}

std::string EffectName(v1::EffectKind effect, bool many) {
  std::string name;
  switch (effect) {
    case v1::EFFECT_KIND_CONTRAINDICATION:
      name = "Contraindication";
      break;
    case v1::EFFECT_KIND_DEFERRAL:
      name = "Deferral";
      break;
    case v1::EFFECT_KIND_REVIEW:
      name = "Review";
      break;
    case v1::EFFECT_KIND_PRECAUTION:
      name = "Precaution";
      break;
    case v1::EFFECT_KIND_NOTE:
      name = "Note";
      break;
    default:
      name = "Other rule";
      break;
  }
  return Say(many ? name + "s" : name);
}

Tone EffectTone(v1::EffectKind effect) {
  switch (effect) {
    case v1::EFFECT_KIND_CONTRAINDICATION:
      return Tone::kStop;
    case v1::EFFECT_KIND_DEFERRAL:
      return Tone::kWarning;
    case v1::EFFECT_KIND_REVIEW:
    case v1::EFFECT_KIND_PRECAUTION:
      return Tone::kCaution;
    default:
      return Tone::kBold;
  }
}

v1::EffectKind EffectOf(const v1::Rule& rule) {
  switch (rule.effect_case()) {
    case v1::Rule::kContraindication:
      return v1::EFFECT_KIND_CONTRAINDICATION;
    case v1::Rule::kDeferral:
      return v1::EFFECT_KIND_DEFERRAL;
    case v1::Rule::kReview:
      return v1::EFFECT_KIND_REVIEW;
    case v1::Rule::kPrecaution:
      return v1::EFFECT_KIND_PRECAUTION;
    case v1::Rule::kNote:
      return v1::EFFECT_KIND_NOTE;
    case v1::Rule::EFFECT_NOT_SET:
      break;
  }
  return v1::EFFECT_KIND_UNSPECIFIED;
}

std::string GradeName(v1::EvidenceGrade grade) {
  switch (grade) {
    case v1::EVIDENCE_GRADE_A:
      return "A";
    case v1::EVIDENCE_GRADE_B:
      return "B";
    case v1::EVIDENCE_GRADE_C:
      return "C";
    case v1::EVIDENCE_GRADE_D:
      return "D";
    case v1::EVIDENCE_GRADE_G:
      return "G";
    default:
      return "-";
  }
}

std::string GradeMeaning(v1::EvidenceGrade grade) {
  switch (grade) {
    case v1::EVIDENCE_GRADE_A:
      return Say("regulator, label, consensus or systematic review");
    case v1::EVIDENCE_GRADE_B:
      return Say("peer-reviewed study");
    case v1::EVIDENCE_GRADE_C:
      return Say("one manual, expert opinion or case report");
    case v1::EVIDENCE_GRADE_D:
      return Say("clinic or marketing page");
    case v1::EVIDENCE_GRADE_G:
      return Say("general knowledge, not looked up");
    default:
      return Say("no grade");
  }
}

std::string StrengthName(v1::EvidenceStrength strength) {
  return Say(PlainEnumName(*v1::EvidenceStrength_descriptor(), strength));
}

std::string SectionName(v1::PlanSection section) {
  switch (section) {
    case v1::PLAN_SECTION_PRE_CARE:
      return Say("Before a session");
    case v1::PLAN_SECTION_SESSION:
      return Say("On the day");
    case v1::PLAN_SECTION_AFTER_CARE:
      return Say("After a session");
    case v1::PLAN_SECTION_TOPICAL_USE:
      return Say("Products to use");
    case v1::PLAN_SECTION_TOPICAL_AVOID:
      return Say("Products to avoid");
    case v1::PLAN_SECTION_RISK:
      return Say("Risks to disclose before consent");
    case v1::PLAN_SECTION_ESCALATE:
      return Say("When to call the clinic");
    case v1::PLAN_SECTION_DEPTH:
      return Say("Depth limits");
    case v1::PLAN_SECTION_APPOINTMENT:
      return Say("Appointment");
    case v1::PLAN_SECTION_TIMELINE:
      return Say("What to expect, and when");
    case v1::PLAN_SECTION_DURATION:
      return Say("How long results last");
    case v1::PLAN_SECTION_MAINTENANCE:
      return Say("Maintenance");
    default:
      return Say("Other");
  }
}

std::string AnswerSourceName(v1::AnswerSource source) {
  switch (source) {
    case v1::ANSWER_SOURCE_PATIENT:
      return Say("ask the patient");
    case v1::ANSWER_SOURCE_EXAMINATION:
      return Say("examine");
    case v1::ANSWER_SOURCE_TEST:
      return Say("test");
    case v1::ANSWER_SOURCE_RECORD:
      return Say("look in the record");
    case v1::ANSWER_SOURCE_SITE:
      return Say("the clinic knows");
    default:
      return Say("not stated");
  }
}

std::string PlainEnumName(const google::protobuf::EnumDescriptor& type,
                          int number) {
  const google::protobuf::EnumValueDescriptor* value =
      type.FindValueByNumber(number);
  if (value == nullptr) return absl::StrCat("value ", number);
  // By convention value 0 is the type's name in capitals, then _UNSPECIFIED.
  std::string prefix = type.FindValueByNumber(0)->name();
  if (absl::EndsWith(prefix, "UNSPECIFIED")) {
    prefix.resize(prefix.size() - std::string("UNSPECIFIED").size());
  }
  absl::string_view name = value->name();
  absl::ConsumePrefix(&name, prefix);
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", " "}});
}

}  // namespace needlewise
