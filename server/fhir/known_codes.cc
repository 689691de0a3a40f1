#include "server/fhir/known_codes.h"

#include <algorithm>
#include <iterator>

namespace needlewise {
namespace {

constexpr absl::string_view kIpsAbsent =
    "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips";
constexpr absl::string_view kIcd10Cm = "http://hl7.org/fhir/sid/icd-10-cm";
constexpr absl::string_view kYesNo =
    "http://terminology.hl7.org/CodeSystem/v2-0136";
constexpr absl::string_view kInterpretation =
    "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";

using CodeConcept = AskingCode;

struct CodeAnswer {
  absl::string_view system;
  absl::string_view code;
  CodedAnswer answer;
};

// 413712001 and 82810-3 are observables: without a value they say nothing.
constexpr CodeConcept kAsked[] = {
    {kLoinc, "82810-3", "pregnancy"},
    {kLoinc, "2106-3", "pregnancy"},
    {kLoinc, "80384-1", "pregnancy"},
    {kLoinc, "2118-8", "pregnancy"},
    {kLoinc, "63895-7", "breastfeeding"},
    {kSnomed, "413712001", "breastfeeding"},
};

constexpr CodeConcept kDenied[] = {
    {kSnomed, "60001007", "pregnancy"},
    {kLoinc, "LA26683-5", "pregnancy"},
    {kIcd10Cm, "Z32.02", "pregnancy"},
    {kSnomed, "716186003", "any_allergy"},
    {kIpsAbsent, "no-known-allergies", "any_allergy"},
    {kIpsAbsent, "no-known-medications", "any_medicine"},
};

constexpr CodeConcept kUnknown[] = {
    {kLoinc, "LA4489-6", ""},
    {kIpsAbsent, "no-allergy-info", ""},
    {kIpsAbsent, "no-medication-info", ""},
    {kIpsAbsent, "no-problem-info", ""},
    {kIpsAbsent, "no-procedure-info", ""},
    {kIpsAbsent, "no-device-info", ""},
};

constexpr CodeAnswer kAnswers[] = {
    {kLoinc, "LA33-6", CodedAnswer::kYes},
    {kLoinc, "LA32-8", CodedAnswer::kNo},
    {kLoinc, "LA6576-8", CodedAnswer::kYes},
    {kLoinc, "LA6577-6", CodedAnswer::kNo},
    {kSnomed, "373066001", CodedAnswer::kYes},
    {kSnomed, "373067005", CodedAnswer::kNo},
    {kSnomed, "10828004", CodedAnswer::kYes},
    {kSnomed, "260385009", CodedAnswer::kNo},
    {kYesNo, "Y", CodedAnswer::kYes},
    {kYesNo, "N", CodedAnswer::kNo},
    {kInterpretation, "POS", CodedAnswer::kYes},
    {kInterpretation, "NEG", CodedAnswer::kNo},
};

constexpr CodeConcept kTopicalRoutes[] = {
    {kSnomed, "6064005", ""},
    {kSnomed, "448598008", ""},
};

template <typename Table>
auto Find(const Table& table, absl::string_view system,
          absl::string_view code) {
  return std::find_if(std::begin(table), std::end(table), [&](const auto& row) {
    return row.code == code && row.system == system;
  });
}

template <typename Table>
absl::string_view ConceptIn(const Table& table, absl::string_view system,
                            absl::string_view code) {
  const auto found = Find(table, system, code);
  return found == std::end(table) ? absl::string_view() : found->concept_id;
}

}  // namespace

absl::Span<const AskingCode> AskingCodes() { return kAsked; }

absl::string_view AskedConcept(absl::string_view system,
                               absl::string_view code) {
  return ConceptIn(kAsked, system, code);
}

absl::string_view DeniedConcept(absl::string_view system,
                                absl::string_view code) {
  return ConceptIn(kDenied, system, code);
}

bool SaysUnknown(absl::string_view system, absl::string_view code) {
  return Find(kUnknown, system, code) != std::end(kUnknown);
}

CodedAnswer AnswerOfCode(absl::string_view system, absl::string_view code) {
  const auto found = Find(kAnswers, system, code);
  return found == std::end(kAnswers) ? CodedAnswer::kNone : found->answer;
}

bool IsTopicalRoute(absl::string_view system, absl::string_view code) {
  return Find(kTopicalRoutes, system, code) != std::end(kTopicalRoutes);
}

absl::string_view TopicalCounterpart(absl::string_view concept_id) {
  return concept_id == "isotretinoin_oral" ? "topical_retinoid" : "";
}

}  // namespace needlewise
