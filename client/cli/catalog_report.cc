#include "client/cli/catalog_report.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "client/cli/decision_report.h"
#include "client/cli/names.h"
#include "client/cli/words.h"
#include "needlewise/v1/rule.pb.h"

namespace needlewise {
namespace {

using ConceptNames = std::map<std::string, std::string>;

std::string NameOf(const ConceptNames& names, const std::string& concept_id) {
  const auto found = names.find(concept_id);
  return found == names.end()
             ? concept_id
             : absl::StrCat(found->second, " (", concept_id, ")");
}

// `one` and `many` hold the count as `$0`.
std::string Counted(int count, absl::string_view one, absl::string_view many) {
  return absl::Substitute(Say(count == 1 ? one : many), count);
}

std::string Heading(const TextReport& report, absl::string_view english) {
  return Paint(report.terminal(), Tone::kBold, Say(english));
}

// Before a colon French puts a no-break space.
std::string Labelled(absl::string_view label) {
  return absl::StrCat(label, SpeaksForeign() ? "\u00a0: " : ": ");
}

std::string LengthOf(const v1::Window& window) {
  switch (window.length_case()) {
    case v1::Window::kHours:
      return Counted(window.hours(), "$0 hour", "$0 hours");
    case v1::Window::kDays:
      return Counted(window.days(), "$0 day", "$0 days");
    case v1::Window::kWeeks:
      return Counted(window.weeks(), "$0 week", "$0 weeks");
    case v1::Window::kMonths:
      return Counted(window.months(), "$0 month", "$0 months");
    case v1::Window::kParameter:
      return absl::StrCat("`", window.parameter(), "`");
    case v1::Window::LENGTH_NOT_SET:
      break;
  }
  return "?";
}

std::string TimeOf(const v1::FindingCondition& finding) {
  switch (finding.time()) {
    case v1::FINDING_TIME_NOW:
      return Say("now");
    case v1::FINDING_TIME_EVER:
      return Say("now or at any time before");
    case v1::FINDING_TIME_PAST:
      return Say("in the past, not now");
    case v1::FINDING_TIME_WITHIN:
      return absl::Substitute(Say("now or within $0"),
                              LengthOf(finding.within()));
    case v1::FINDING_TIME_BEGAN_WITHIN:
      return absl::Substitute(Say("now, begun within $0"),
                              LengthOf(finding.within()));
    default:
      return Say("at a time this client does not know");
  }
}

std::string PlaceOf(const v1::FindingCondition& finding) {
  switch (finding.place()) {
    case v1::FINDING_PLACE_TREATMENT_AREA:
      return Say(", in the treatment area");
    case v1::FINDING_PLACE_ANYWHERE:
      return Say(", anywhere on the body");
    case v1::FINDING_PLACE_REGION:
      return absl::Substitute(
          Say(", anywhere on the $0 where that holds the treatment area"),
          SpeaksForeign() ? finding.region() : Words(finding.region()));
    default:
      return "";
  }
}

std::string SignOf(v1::Comparison comparison) {
  switch (comparison) {
    case v1::COMPARISON_LESS:
      return "<";
    case v1::COMPARISON_LESS_OR_EQUAL:
      return "<=";
    case v1::COMPARISON_GREATER:
      return ">";
    case v1::COMPARISON_GREATER_OR_EQUAL:
      return ">=";
    default:
      return "?";
  }
}

std::string DeviceText(const v1::DeviceCondition& device) {
  switch (device.test_case()) {
    case v1::DeviceCondition::kDevice:
      return absl::Substitute(Say("the device is $0"), device.device());
    case v1::DeviceCondition::kListed:
      return Say(device.listed() ? "the device is in the catalogue"
                                 : "the device is not in the catalogue");
    case v1::DeviceCondition::kNamed:
      return Say(device.named() ? "a device is named" : "no device is named");
    case v1::DeviceCondition::kLabelExcludes:
      return absl::Substitute(Say("the device's label excludes $0"),
                              device.label_excludes());
    case v1::DeviceCondition::TEST_NOT_SET:
      break;
  }
  return Say("a test of the device that this client does not know");
}

void ReportCondition(const v1::Condition& condition, const ConceptNames& names,
                     int indent, absl::string_view prefix, TextReport* report) {
  const std::string label = absl::StrCat("- ", prefix);
  const auto list = [&](const v1::ConditionList& parts,
                        absl::string_view heading) {
    report->Item(indent, label, heading);
    for (const v1::Condition& part : parts.conditions()) {
      ReportCondition(part, names, indent + 2, "", report);
    }
  };
  switch (condition.kind_case()) {
    case v1::Condition::kAllOf:
      list(condition.all_of(), Say("all of:"));
      return;
    case v1::Condition::kAnyOf:
      list(condition.any_of(), Say("any of:"));
      return;
    case v1::Condition::kNot:
      ReportCondition(condition.not_(), names, indent,
                      absl::StrCat(prefix, Say("not: ")), report);
      return;
    case v1::Condition::kFinding:
      report->Item(indent, label,
                   absl::StrCat(NameOf(names, condition.finding().concept()),
                                ", ", TimeOf(condition.finding()),
                                PlaceOf(condition.finding())));
      return;
    case v1::Condition::kQuantity: {
      const v1::QuantityCondition& quantity = condition.quantity();
      report->Item(
          indent, label,
          absl::StrCat(
              NameOf(names, quantity.concept()), " ",
              SignOf(quantity.comparison()), " ",
              quantity.limit_case() == v1::QuantityCondition::kParameter
                  ? absl::StrCat("`", quantity.parameter(), "`")
                  : absl::StrCat(quantity.value())));
      return;
    }
    case v1::Condition::kTreatmentArea:
      report->Item(
          indent, label,
          absl::Substitute(
              Say("the treatment area lies in $0"),
              absl::StrJoin(condition.treatment_area().areas(), Say(" or "))));
      return;
    case v1::Condition::kDevice:
      report->Item(indent, label, DeviceText(condition.device()));
      return;
    case v1::Condition::kConcern:
      report->Item(indent, label,
                   absl::Substitute(Say("it is wanted for $0"),
                                    condition.concern().concern()));
      return;
    case v1::Condition::kLabel:
      report->Item(
          indent, label,
          absl::Substitute(Say("outside the device's label by $0"),
                           Say(PlainEnumName(*v1::LabelLimit_descriptor(),
                                             condition.label().outside()))));
      return;
    case v1::Condition::KIND_NOT_SET:
      break;
  }
  report->Item(indent, label,
               Say("a condition that this client does not know"));
}

void ReportPosition(const v1::ConflictPosition& position, TextReport* report) {
  report->Item(4, Labelled(absl::StrJoin(position.sources(), ", ")),
               position.statement(), Tone::kPlain, Tone::kDim);
}

void ReportConflict(const v1::SourceConflict& conflict, TextReport* report) {
  report->Gap();
  report->Item(0, absl::StrCat(conflict.conflict_id(), "  "), conflict.topic(),
               Tone::kBold, Tone::kCaution);
  for (const v1::ConflictPosition& position : conflict.positions()) {
    ReportPosition(position, report);
  }
  report->Item(2, Say("Resolved  "), conflict.resolution(), Tone::kPlain,
               Tone::kGood);
  report->Item(2, Say("Because   "), conflict.rationale(), Tone::kPlain,
               Tone::kDim);
}

}  // namespace

void ReportRules(const v1::ListRulesResponse& response, TextReport* report) {
  SpeakLanguage(response.language());
  std::vector<std::vector<std::string>> rows;
  for (const v1::Rule& rule : response.rules()) {
    rows.push_back({EffectName(EffectOf(rule)), rule.rule_id(),
                    absl::StrCat(rule.title(), " [",
                                 absl::StrJoin(rule.applies_to(), ", "), "]")});
  }
  report->Table(0, rows);
  report->Gap();
  report->Item(
      0, "",
      absl::StrCat(Counted(response.rules_size(), "$0 rule", "$0 rules"), ". ",
                   CatalogLine(response.version(), "", 0), "."),
      Tone::kDim);
}

void ReportRule(const v1::GetRuleResponse& response, TextReport* report) {
  SpeakLanguage(response.language());
  const v1::Rule& rule = response.rule();
  ConceptNames names;
  for (const v1::Concept& c : response.concepts()) {
    names[c.concept_id()] = c.display();
  }
  report->Item(0, Labelled(EffectName(EffectOf(rule))), rule.title(),
               Tone::kBold, EffectTone(EffectOf(rule)));
  report->Item(
      0, "",
      absl::StrCat(
          absl::Substitute(Say("Rule $0, of $1"), rule.rule_id(),
                           absl::StrJoin(rule.applies_to(), ", ")),
          rule.profiles().empty()
              ? ""
              : absl::Substitute(Say("; profiles $0"),
                                 absl::StrJoin(rule.profiles(), ", "))),
      Tone::kDim);
  report->Gap();
  report->Line(Heading(*report, "Fires where"));
  ReportCondition(rule.condition(), names, 2, "", report);
  report->Gap();
  report->Line(Heading(*report, "For the clinician"));
  report->Item(2, "", rule.clinician_text());
  if (!rule.cleared_by().empty()) {
    report->Item(2, Say("Clears   "), rule.cleared_by(), Tone::kPlain,
                 Tone::kDim);
  }
  if (!response.concepts().empty()) {
    report->Gap();
    report->Line(Heading(*report, "Asks"));
    for (const v1::Concept& c : response.concepts()) {
      report->Item(2, Labelled(c.concept_id()), c.question(), Tone::kPlain,
                   Tone::kDim);
    }
  }
  if (!rule.citations().empty()) {
    std::map<std::string, const v1::Citation*> citations;
    for (const v1::Citation& c : response.citations()) {
      citations[c.citation_id()] = &c;
    }
    report->Gap();
    report->Line(Heading(*report, "Sources"));
    for (const v1::SourceReference& reference : rule.citations()) {
      v1::CitedSource source;
      source.set_source(reference.source());
      source.set_grade(reference.grade());
      source.set_note(reference.note());
      const auto found = citations.find(reference.source());
      if (found != citations.end()) {
        const v1::Citation& citation = *found->second;
        source.set_text(absl::StrCat(
            citation.title(), citation.publisher().empty() ? "" : ", ",
            citation.publisher(),
            citation.year() == 0 ? "" : absl::StrCat(", ", citation.year())));
        source.set_doi(citation.doi());
        source.set_url(citation.url());
        source.set_provenance(citation.provenance());
      }
      report->Item(
          2,
          absl::StrCat(source.source(), " (", GradeName(source.grade()), ")  "),
          absl::StrCat(SourceLine(source), source.note().empty() ? "" : " -- ",
                       source.note()),
          Tone::kPlain, Tone::kDim);
    }
  }
  for (const v1::SourceConflict& conflict : response.conflicts()) {
    ReportConflict(conflict, report);
  }
  report->Gap();
  report->Item(
      0, "",
      absl::StrCat(absl::Substitute(Say("Evidence rows $0"),
                                    absl::StrJoin(rule.evidence_rows(), ", ")),
                   ". ", CatalogLine(response.version(), "", 0), "."),
      Tone::kDim);
}

void ReportConflicts(const v1::ListSourceConflictsResponse& response,
                     TextReport* report) {
  SpeakLanguage(response.language());
  for (const v1::SourceConflictUse& use : response.conflicts()) {
    ReportConflict(use.conflict(), report);
    std::vector<std::string> ids(use.rule_ids().begin(), use.rule_ids().end());
    ids.insert(ids.end(), use.plan_ids().begin(), use.plan_ids().end());
    if (!ids.empty()) {
      report->Item(2, Say("Touches   "), absl::StrJoin(ids, ", "), Tone::kDim,
                   Tone::kDim);
    }
  }
  report->Gap();
  report->Item(0, "",
               absl::StrCat(Counted(response.conflicts_size(), "$0 conflict",
                                    "$0 conflicts"),
                            ". ", CatalogLine(response.version(), "", 0), "."),
               Tone::kDim);
}

std::string PastReviewLine(int rules) {
  return absl::StrCat(rules, rules == 1 ? " rule cites" : " rules cite",
                      " a source past its review date");
}

void ReportEvent(const v1::WatchRuleCatalogResponse& event,
                 TextReport* report) {
  const bool refused = event.event() == v1::CATALOG_EVENT_REFUSED;
  report->Item(
      0, absl::StrCat(event.time(), "  "),
      absl::StrCat(PlainEnumName(*v1::CatalogEvent_descriptor(), event.event()),
                   refused ? "; still in force: " : ": ",
                   CatalogLine(event.version(), "", 0)),
      refused ? Tone::kStop : Tone::kGood);
  if (event.rules_past_review() > 0) {
    report->Item(2, "", PastReviewLine(event.rules_past_review()));
  }
  for (const v1::Diagnostic& diagnostic : event.diagnostics()) {
    report->Item(2,
                 absl::StrCat(diagnostic.file(), ":", diagnostic.line(), ":",
                              diagnostic.column(), ": "),
                 diagnostic.message());
  }
}

}  // namespace needlewise
