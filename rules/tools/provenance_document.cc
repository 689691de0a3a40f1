#include "rules/tools/provenance_document.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rules/engine/effect.h"
#include "rules/tools/condition_words.h"
#include "rules/tools/record_words.h"

namespace needlewise {
namespace {

const char* AttributeInWords(v1::SourceAttributeKind kind) {
  switch (kind) {
    case v1::SOURCE_ATTRIBUTE_KIND_BIBLIOGRAPHIC_CITATION:
      return "Bibliographic citation";
    case v1::SOURCE_ATTRIBUTE_KIND_DEVELOPER:
      return "Developer";
    case v1::SOURCE_ATTRIBUTE_KIND_FUNDING_SOURCE:
      return "Funding source";
    case v1::SOURCE_ATTRIBUTE_KIND_RELEASE_AND_REVISION_DATES:
      return "Release and revision dates";
    case v1::SOURCE_ATTRIBUTE_KIND_USE_OF_RACE:
      return "Use of race";
    case v1::SOURCE_ATTRIBUTE_KIND_USE_OF_ETHNICITY:
      return "Use of ethnicity";
    case v1::SOURCE_ATTRIBUTE_KIND_USE_OF_LANGUAGE:
      return "Use of language";
    case v1::SOURCE_ATTRIBUTE_KIND_USE_OF_SEXUAL_ORIENTATION:
      return "Use of sexual orientation";
    case v1::SOURCE_ATTRIBUTE_KIND_USE_OF_GENDER_IDENTITY:
      return "Use of gender identity";
    case v1::SOURCE_ATTRIBUTE_KIND_USE_OF_SEX:
      return "Use of sex";
    case v1::SOURCE_ATTRIBUTE_KIND_USE_OF_DATE_OF_BIRTH:
      return "Use of date of birth";
    case v1::SOURCE_ATTRIBUTE_KIND_USE_OF_SOCIAL_DETERMINANTS:
      return "Use of social determinants of health";
    default:
      return "Use of health status assessments";
  }
}

const char* CriterionInWords(v1::DeviceCriterionKind kind) {
  switch (kind) {
    case v1::DEVICE_CRITERION_KIND_NO_IMAGE_OR_SIGNAL:
      return "No medical image or signal is acquired, processed or analysed";
    case v1::DEVICE_CRITERION_KIND_MEDICAL_INFORMATION:
      return "Medical information is displayed, analysed or printed";
    case v1::DEVICE_CRITERION_KIND_SUPPORTS_PROFESSIONALS:
      return "Health care professionals are supported with recommendations";
    default:
      return "They can review the basis themselves";
  }
}

Inline ApprovalInWords(bool has_approval, const v1::Approval& approval) {
  if (!has_approval) return "stricter; needs none";
  return absl::StrCat(approval.approver(), ", ", approval.approved_on(), ": ",
                      approval.reason());
}

}  // namespace

void DescribeAnswers(const v1::Manifest& manifest, Document* document) {
  if (!manifest.source_attributes().empty()) {
    document->Heading(3, "source-attributes", "Source attributes");
    document->Paragraph(
        "What 45 CFR 170.315(b)(11)(iv)(A) asks of an evidence-based decision "
        "support intervention.");
    std::vector<std::vector<Inline>> rows;
    for (const v1::SourceAttribute& a : manifest.source_attributes()) {
      rows.push_back({AttributeInWords(a.attribute()), a.answer()});
    }
    document->Table({"Attribute", "Answer"}, std::move(rows));
  }
  if (!manifest.device_criteria().empty()) {
    document->Heading(3, "device-criteria",
                      "Why it is meant not to be a device");
    document->Paragraph(
        "The four criteria of section 520(o)(1)(E) of the FD&C Act, all of "
        "which have to be met.");
    std::vector<std::vector<Inline>> rows;
    for (const v1::DeviceCriterion& c : manifest.device_criteria()) {
      rows.push_back({CriterionInWords(c.criterion()), c.answer(),
                      Sources(c.citations())});
    }
    document->Table({"Criterion", "Answer", "Sources"}, std::move(rows));
  }
}

void DescribeNonRules(const v1::RuleCatalog& catalog, Document* document) {
  document->Paragraph(
      "What sources say and the catalogue does not. Nothing here is a rule.");
  std::vector<std::vector<Inline>> rows;
  for (const v1::NonRule& n : catalog.non_rules()) {
    Inline why = n.rationale();
    const Inline background = Background(n.conflicts(), n.evidence_rows());
    if (!background.empty()) why.Add(" ").Add(background);
    rows.push_back({Inline().Code(n.non_rule_id()), n.topic(), why,
                    Sources(n.citations())});
  }
  document->Table(
      {"Id", "What a source says", "Why it is not adopted", "Sources"},
      std::move(rows));
}

void DescribeOverlays(const v1::RuleCatalog& catalog, Document* document) {
  document->Paragraph(
      "This is not the released catalogue alone: what follows was changed in "
      "it, and everything else in this document shows it as changed.");
  for (const v1::CatalogOverlay& overlay : catalog.overlays()) {
    document->Heading(3, absl::StrCat("overlay-", overlay.overlay_id()),
                      overlay.title());
    document->Paragraph(Inline()
                            .Code(overlay.overlay_id())
                            .Add("; over the released catalogue with digest ")
                            .Code(overlay.released_digest()));
    std::vector<std::vector<Inline>> rows;
    for (const v1::ParameterOverride& p : overlay.parameters()) {
      std::string unit;
      for (const v1::Parameter& parameter : catalog.parameters()) {
        if (parameter.parameter_id() == p.parameter_id()) {
          unit = parameter.unit();
        }
      }
      rows.push_back({Inline().Code(p.parameter_id()),
                      ValueInWords(p.released_value(), unit),
                      ValueInWords(p.value(), unit), p.reason(),
                      ApprovalInWords(p.has_approval(), p.approval())});
    }
    for (const v1::RuleOverride& r : overlay.rules()) {
      rows.push_back(
          {Inline().Code(r.rule_id()), EffectWord(r.released_effect()),
           r.disabled() ? "disabled" : EffectWord(r.effect()), r.reason(),
           ApprovalInWords(r.has_approval(), r.approval())});
    }
    document->Table({"What", "Released", "Here", "Why", "Approved by"},
                    std::move(rows));
  }
}

}  // namespace needlewise
