#include "client/cli/decision_report.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "client/cli/names.h"

namespace needlewise {
namespace {

// The sources that a report refers to, by id; each is written out once, at the
// end.
using Sources = std::map<std::string, std::string>;

// What the report has written out already.
struct Written {
  // Cited so far.
  Sources sources;
  // Fired rules, as bytes: the same rule may fire on other facts elsewhere.
  std::set<std::string> rules;
  // Concepts of open questions.
  std::set<std::string> questions;
};

// What may be left out because it stands elsewhere in the same report.
struct Shown {
  std::set<std::string> rules;
  std::set<std::string> questions;
};

std::string JoinWords(
    const google::protobuf::RepeatedPtrField<std::string>& ids,
    absl::string_view separator) {
  return absl::StrJoin(
      ids, separator,
      [](std::string* out, const std::string& id) { out->append(Words(id)); });
}

// The sources of a statement in short, with their grades and what each says.
std::string References(
    const google::protobuf::RepeatedPtrField<v1::CitedSource>& citations,
    bool with_notes, Sources* sources) {
  std::vector<std::string> references;
  for (const v1::CitedSource& citation : citations) {
    std::string reference =
        absl::StrCat(citation.source(), " (", GradeName(citation.grade()), ")");
    if (with_notes && !citation.note().empty()) {
      absl::StrAppend(&reference, ": ",
                      absl::StripSuffix(citation.note(), "."));
    }
    references.push_back(std::move(reference));
    (*sources)[citation.source()] = SourceLine(citation);
  }
  return absl::StrJoin(references, "; ");
}

std::string Banner(const Terminal& terminal, Tone tone,
                   absl::string_view name) {
  return terminal.color ? Paint(terminal, tone, absl::StrCat(" ", name, " "))
                        : absl::StrCat("[", name, "]");
}

void ReportVerdict(const v1::AreaDecision& area, TextReport* report) {
  report->Line(
      absl::StrCat("  ",
                   Banner(report->terminal(), VerdictBanner(area.verdict()),
                          VerdictName(area.verdict())),
                   " ", VerdictMeaning(area.verdict())));
  if (!area.eligible_from().empty()) {
    report->Item(2, absl::StrCat("Not before ", area.eligible_from(), "  "),
                 area.provisional()
                     ? "Provisional: something unknown, or under "
                       "review, could still block it then."
                     : "",
                 Tone::kPlain, Tone::kBold);
  } else if (area.verdict() == v1::VERDICT_DEFERRED) {
    report->Item(2, "No date  ",
                 "A deferral holds until something resolves, not until a day.");
  }
  const bool worse = area.possible() != v1::VERDICT_UNSPECIFIED &&
                     area.possible() != area.verdict() &&
                     !area.outstanding().empty();
  if (worse) {
    report->Item(2, "At worst     ",
                 absl::StrCat(VerdictName(area.possible()),
                              ", should the open questions be answered so."));
  }
}

void ReportRule(const v1::FiredRule& rule, Written* written,
                TextReport* report) {
  constexpr int kIndent = 4;
  constexpr int kBody = 6;
  const bool is_new = written->rules.insert(rule.SerializeAsString()).second;
  if (!rule.title().empty() && !is_new) {
    report->Item(kIndent, "- ", absl::StrCat(rule.title(), " (as above)"),
                 Tone::kBold, EffectTone(rule.effect()));
    return;
  }
  if (rule.title().empty()) {
    report->Item(
        kIndent, "- ",
        absl::StrCat(rule.rule_id(),
                     rule.clears_on().empty()
                         ? ""
                         : absl::StrCat(", over on ", rule.clears_on()),
                     rule.acknowledged() ? ", acknowledged" : ""));
    return;
  }
  report->Item(kIndent, "- ", rule.title(), Tone::kBold,
               EffectTone(rule.effect()));
  report->Item(kBody, "", rule.clinician_text());
  for (const v1::MatchedFact& fact : rule.facts()) {
    std::string text = fact.text().empty() ? fact.display() : fact.text();
    if (!fact.implied_by().empty()) {
      absl::StrAppend(&text, "; follows from ", fact.implied_by());
    }
    if (!fact.closed_section().empty()) {
      absl::StrAppend(&text, "; section ", fact.closed_section(),
                      " was answered completely");
    }
    report->Item(kBody, "Because  ", text, Tone::kPlain, Tone::kDim);
  }
  if (!rule.cleared_by().empty()) {
    report->Item(kBody, "Clears   ", rule.cleared_by(), Tone::kPlain,
                 Tone::kDim);
  }
  if (!rule.clears_on().empty()) {
    report->Item(kBody, "Over on  ", rule.clears_on(), Tone::kBold, Tone::kDim);
  }
  if (rule.acknowledged()) {
    report->Item(kBody, "Review   ", "acknowledged by a clinician",
                 Tone::kPlain, Tone::kDim);
  }
  for (const std::string& note : rule.overlay_notes()) {
    report->Item(kBody, "Changed  ", note, Tone::kPlain, Tone::kDim);
  }
  if (!rule.review_overdue_since().empty()) {
    report->Item(kBody, "Overdue  ",
                 absl::StrCat("a source was to be read again by ",
                              rule.review_overdue_since()),
                 Tone::kPlain, Tone::kDim);
  }
  if (!rule.citations().empty()) {
    report->Item(
        kBody, "Sources  ",
        References(rule.citations(), /*with_notes=*/true, &written->sources),
        Tone::kDim, Tone::kDim);
  }
  std::string id = rule.rule_id();
  if (!rule.conflicts().empty()) {
    absl::StrAppend(
        &id, "; sources disagree: ", absl::StrJoin(rule.conflicts(), ", "));
  }
  report->Item(kBody, "Rule     ", id, Tone::kDim, Tone::kDim);
}

void ReportRules(const v1::AreaDecision& area, const Shown& shown,
                 Written* written, TextReport* report) {
  for (const v1::EffectKind effect :
       {v1::EFFECT_KIND_CONTRAINDICATION, v1::EFFECT_KIND_DEFERRAL,
        v1::EFFECT_KIND_REVIEW, v1::EFFECT_KIND_PRECAUTION,
        v1::EFFECT_KIND_NOTE, v1::EFFECT_KIND_UNSPECIFIED}) {
    std::vector<const v1::FiredRule*> rules;
    for (const v1::FiredRule& rule : area.fired()) {
      if (rule.effect() == effect && shown.rules.count(rule.rule_id()) == 0) {
        rules.push_back(&rule);
      }
    }
    if (rules.empty()) continue;
    report->Gap();
    report->Line(
        absl::StrCat("  ", Paint(report->terminal(), EffectTone(effect),
                                 EffectName(effect, rules.size() > 1))));
    for (const v1::FiredRule* rule : rules) ReportRule(*rule, written, report);
  }
}

std::string WhatItDecides(const v1::Question& question) {
  std::vector<std::string> parts = {question.concept()};
  if (question.decides() != v1::EFFECT_KIND_UNSPECIFIED) {
    parts.push_back(absl::StrCat(
        "decides a ", absl::AsciiStrToLower(EffectName(question.decides()))));
  }
  if (!question.answer_sources().empty()) {
    std::vector<std::string> sources;
    for (const int source : question.answer_sources()) {
      sources.push_back(
          AnswerSourceName(static_cast<v1::AnswerSource>(source)));
    }
    parts.push_back(absl::StrJoin(sources, " or "));
  }
  // UCUM's `1` is a number without a unit, and its `a` a year.
  if (question.unit() == "a") {
    parts.push_back("in years");
  } else if (!question.unit().empty() && question.unit() != "1") {
    parts.push_back(absl::StrCat("in ", question.unit()));
  }
  if (!question.settles().empty()) {
    parts.push_back(absl::StrCat("a \"no\" also settles ",
                                 absl::StrJoin(question.settles(), ", ")));
  } else if (question.gate()) {
    parts.push_back("a \"no\" also settles others");
  }
  return absl::StrJoin(parts, "; ");
}

void ReportQuestions(const v1::AreaDecision& area, const Shown& shown,
                     Written* written, TextReport* report) {
  // What the "no" to a gate settles need not be asked before the gate.
  std::set<std::string> behind_gates;
  for (const v1::Question& question : area.outstanding()) {
    behind_gates.insert(question.settles().begin(), question.settles().end());
  }
  std::vector<const v1::Question*> open;
  int behind = 0;
  int above = 0;
  for (const v1::Question& question : area.outstanding()) {
    if (shown.questions.count(question.concept()) > 0) continue;
    if (!written->questions.insert(question.concept()).second) {
      ++above;
    } else if (behind_gates.count(question.concept()) > 0) {
      ++behind;
    } else {
      open.push_back(&question);
    }
  }
  if (!open.empty()) {
    report->Gap();
    report->Line(absl::StrCat(
        "  ",
        Paint(report->terminal(), Tone::kQuestion,
              open.size() == 1 ? "Open question"
                               : absl::StrCat("Open questions (", open.size(),
                                              "), the most decisive first"))));
    for (size_t i = 0; i < open.size(); ++i) {
      const std::string number = absl::StrFormat("%2d. ", i + 1);
      if (open[i]->text().empty()) {
        report->Item(4, number, WhatItDecides(*open[i]));
      } else {
        report->Item(4, number, open[i]->text());
        report->Item(8, "", WhatItDecides(*open[i]), Tone::kDim);
      }
    }
    if (behind > 0) {
      report->Item(4, "",
                   absl::StrCat(behind,
                                " more only where the answer to one of "
                                "these is not a \"no\"."),
                   Tone::kDim);
    }
  }
  if (above > 0) {
    report->Gap();
    report->Item(2, "",
                 absl::StrCat(open.empty() ? "" : "And ", above,
                              above == 1 ? " question" : " questions",
                              " from above still open."),
                 Tone::kQuestion);
  }
  std::vector<std::string> useful;
  for (const v1::Question& question : area.also_useful()) {
    if (shown.questions.count(question.concept()) == 0) {
      useful.push_back(question.concept());
    }
  }
  if (!useful.empty()) {
    report->Gap();
    report->Item(2, "Also useful  ",
                 absl::StrCat("Only precautions and notes depend on: ",
                              absl::StrJoin(useful, ", "), "."),
                 Tone::kDim, Tone::kDim);
  }
}

void ReportCounterfactual(const v1::AreaDecision& area, TextReport* report) {
  if (!area.has_counterfactual() || area.counterfactual().changes().empty()) {
    return;
  }
  const v1::Counterfactual& counterfactual = area.counterfactual();
  report->Gap();
  report->Line(absl::StrCat("  ", Paint(report->terminal(), Tone::kBold,
                                        "What would have to change")));
  for (const v1::RequiredChange& change : counterfactual.changes()) {
    std::string text =
        change.text().empty()
            ? absl::StrCat(change.concept(), " (", change.rule_id(), ")")
            : change.text();
    if (change.impossible() && change.text().empty()) {
      absl::StrAppend(&text, ": nothing clears it");
    }
    if (!change.clears_on().empty() &&
        !absl::StrContains(text, change.clears_on())) {
      absl::StrAppend(&text, " (by itself on ", change.clears_on(), ")");
    }
    report->Item(4, "- ", text);
  }
  if (!counterfactual.possible()) {
    report->Item(4, "", "So it cannot come about.");
    return;
  }
  std::string then =
      absl::StrCat("Then: ", VerdictName(counterfactual.verdict()));
  if (!counterfactual.from_date().empty()) {
    absl::StrAppend(&then, ", from ", counterfactual.from_date());
  }
  report->Item(4, "", absl::StrCat(then, ", all else as known now."));
}

void ReportNotices(
    const google::protobuf::RepeatedPtrField<v1::Notice>& notices,
    TextReport* report) {
  if (notices.empty()) return;
  report->Gap();
  report->Line(
      Paint(report->terminal(), Tone::kCaution, "Noticed about the input"));
  for (const v1::Notice& notice : notices) {
    std::string text = notice.text();
    if (notice.has_coding()) {
      absl::StrAppend(&text, " (", notice.coding().system(), " ",
                      notice.coding().code(), ")");
    }
    report->Item(
        2, "- ",
        absl::StrCat(PlainEnumName(*v1::NoticeKind_descriptor(), notice.kind()),
                     ": ", text));
  }
}

// The areas of a treatment whose decisions are the same but for the area.
std::vector<std::pair<std::string, const v1::AreaDecision*>> MergedAreas(
    const v1::TreatmentDecision& treatment) {
  std::vector<std::pair<std::string, const v1::AreaDecision*>> merged;
  std::map<std::string, size_t> seen;
  for (const v1::AreaDecision& area : treatment.areas()) {
    v1::AreaDecision without = area;
    without.clear_area();
    const auto [it, is_new] =
        seen.emplace(without.SerializeAsString(), merged.size());
    if (is_new) {
      merged.emplace_back(Words(area.area()), &area);
    } else {
      absl::StrAppend(&merged[it->second].first, ", ", Words(area.area()));
    }
  }
  return merged;
}

std::string TreatmentTitle(const v1::TreatmentDecision& treatment,
                           absl::string_view areas) {
  std::string title = absl::StrCat(Words(treatment.treatment()), " - ", areas);
  if (!treatment.device().empty()) {
    absl::StrAppend(&title, " - device ", treatment.device());
  }
  return title;
}

void ReportTreatment(const v1::TreatmentDecision& treatment, Written* written,
                     Shown* shown, TextReport* report) {
  for (const auto& [areas, area] : MergedAreas(treatment)) {
    report->Gap();
    report->Item(0, "", TreatmentTitle(treatment, areas), Tone::kBold);
    ReportVerdict(*area, report);
    ReportRules(*area, Shown(), written, report);
    ReportQuestions(*area, Shown(), written, report);
    ReportCounterfactual(*area, report);
    if (shown == nullptr) continue;
    for (const v1::FiredRule& rule : area->fired()) {
      shown->rules.insert(rule.rule_id());
    }
    for (const v1::Question& question : area->outstanding()) {
      shown->questions.insert(question.concept());
    }
    for (const v1::Question& question : area->also_useful()) {
      shown->questions.insert(question.concept());
    }
  }
}

// What an add-on's screening adds to that of its base.
void ReportAddedRules(const v1::TreatmentDecision& treatment,
                      const Shown& shown, Written* written,
                      TextReport* report) {
  const auto merged = MergedAreas(treatment);
  for (const auto& [areas, area] : merged) {
    if (merged.size() > 1) {
      report->Gap();
      report->Item(2, "", absl::StrCat("In: ", areas), Tone::kBold);
    }
    if (!area->eligible_from().empty()) {
      report->Item(2, "Not before ", area->eligible_from(), Tone::kBold,
                   Tone::kBold);
    }
    ReportRules(*area, shown, written, report);
    ReportQuestions(*area, shown, written, report);
  }
}

void ReportFooter(const Sources& sources, TextReport* report) {
  report->Gap();
  if (!sources.empty()) {
    report->Line(Paint(report->terminal(), Tone::kBold, "Sources"));
    std::vector<std::vector<std::string>> rows;
    for (const auto& [id, text] : sources) rows.push_back({id, text});
    report->Table(2, rows);
    std::vector<std::string> grades;
    for (const v1::EvidenceGrade grade :
         {v1::EVIDENCE_GRADE_A, v1::EVIDENCE_GRADE_B, v1::EVIDENCE_GRADE_C,
          v1::EVIDENCE_GRADE_D, v1::EVIDENCE_GRADE_G}) {
      grades.push_back(
          absl::StrCat("(", GradeName(grade), ") ", GradeMeaning(grade)));
    }
    report->Item(2, "",
                 absl::StrCat("Grades: ", absl::StrJoin(grades, "; "), "."),
                 Tone::kDim);
    report->Gap();
  }
  report->Item(0, "",
               "Decision support for a clinician, who reviews the basis and "
               "decides.",
               Tone::kDim);
}

void ReportDecisionId(const std::string& decision_id, TextReport* report) {
  if (decision_id.empty()) return;
  report->Item(0, "Decision ", decision_id, Tone::kDim, Tone::kDim);
}

// One line for each treatment, where there are several.
void ReportSummary(const v1::Decision& decision, TextReport* report) {
  if (decision.treatments_size() < 2) return;
  report->Gap();
  for (const v1::TreatmentDecision& treatment : decision.treatments()) {
    std::string text = VerdictName(treatment.verdict());
    if (!treatment.eligible_from().empty()) {
      absl::StrAppend(&text, ", not before ", treatment.eligible_from());
    }
    report->Item(2, absl::StrCat(Words(treatment.treatment()), ": "), text,
                 VerdictTone(treatment.verdict()), Tone::kBold);
  }
}

void ReportAddOn(const v1::AddOnRecommendation& add_on, const Shown& shown,
                 Written* written, TextReport* report) {
  report->Gap();
  report->Item(
      0, "",
      absl::StrCat(
          add_on.rank() > 0 ? absl::StrCat(add_on.rank(), ". ") : "",
          Words(add_on.add_on()),
          add_on.screening().device().empty()
              ? ""
              : absl::StrCat(" - device ", add_on.screening().device())),
      Tone::kBold);
  report->Line(absl::StrCat(
      "  ",
      Banner(report->terminal(), AddOnStatusBanner(add_on.status()),
             AddOnStatusName(add_on.status())),
      " ", AddOnStatusMeaning(add_on.status())));
  for (const v1::MatchedIndication& indication : add_on.indications()) {
    report->Gap();
    report->Item(2, "Indicated for ",
                 absl::StrCat(Words(indication.concern()), ": ",
                              StrengthName(indication.strength()), " evidence"),
                 Tone::kBold, Tone::kDim);
    if (!indication.text().empty()) {
      report->Item(4, "", indication.text());
    }
    if (!indication.citations().empty()) {
      report->Item(4, "Sources  ",
                   References(indication.citations(), /*with_notes=*/true,
                              &written->sources),
                   Tone::kDim, Tone::kDim);
    }
    if (!indication.conflicts().empty()) {
      report->Item(4, "Disputed ", absl::StrJoin(indication.conflicts(), ", "),
                   Tone::kDim, Tone::kDim);
    }
  }
  ReportAddedRules(add_on.screening(), shown, written, report);
}

std::string ReferencesInBrackets(
    const google::protobuf::RepeatedPtrField<v1::CitedSource>& citations,
    Sources* sources) {
  if (citations.empty()) return "";
  return absl::StrCat(
      " [", References(citations, /*with_notes=*/false, sources), "]");
}

std::string DatesOf(const v1::PlannedItem& item) {
  if (item.from().empty() && item.until().empty()) return "";
  if (item.until().empty() || item.from() == item.until()) return item.from();
  return absl::StrCat(item.from(), " to ", item.until());
}

void ReportSessions(const v1::TreatmentPlan& plan, TextReport* report) {
  report->Gap();
  report->Line(Paint(report->terminal(), Tone::kBold, "Sessions"));
  for (const v1::PlannedSession& session : plan.sessions()) {
    std::string when = session.earliest();
    if (!session.latest().empty() && session.latest() != session.earliest()) {
      absl::StrAppend(&when, " to ", session.latest());
    }
    if (session.optional()) {
      absl::StrAppend(&when, "  only where it is still needed");
    }
    report->Item(2, absl::StrFormat("%2d  ", session.number()), when);
  }
}

void ReportItems(const v1::TreatmentPlan& plan, Sources* sources,
                 TextReport* report) {
  size_t widest = 0;
  for (const v1::PlannedItem& item : plan.items()) {
    widest = std::max(widest, DatesOf(item).size());
  }
  v1::PlanSection section = v1::PLAN_SECTION_UNSPECIFIED;
  bool first = true;
  for (const v1::PlannedItem& item : plan.items()) {
    if (first || item.section() != section) {
      section = item.section();
      first = false;
      report->Gap();
      report->Line(
          Paint(report->terminal(), Tone::kBold, SectionName(section)));
    }
    std::string label = DatesOf(item);
    if (label.empty()) {
      label = "- ";
    } else {
      label.resize(widest + 2, ' ');
    }
    std::string text;
    if (item.mandatory()) text = "To be recorded before treating: ";
    if (item.maximum_depth_mm() > 0) {
      absl::StrAppend(&text, "at most ", item.maximum_depth_mm(), " mm: ");
    }
    absl::StrAppend(&text, item.text(),
                    ReferencesInBrackets(item.citations(), sources));
    if (!item.conflicts().empty()) {
      absl::StrAppend(&text, " (sources disagree: ",
                      absl::StrJoin(item.conflicts(), ", "), ")");
    }
    report->Item(2, label, text, Tone::kPlain, Tone::kDim);
  }
}

}  // namespace

std::string CatalogLine(const v1::CatalogVersion& version,
                        const std::string& profile, int rules_left_out) {
  // The beginning of the digest is enough to tell catalogues apart by eye.
  constexpr size_t kShownDigits = 12;
  std::string line =
      absl::StrCat("Catalogue ", version.version(), " (",
                   version.digest().substr(0, kShownDigits), ")");
  if (!profile.empty()) absl::StrAppend(&line, ", profile ", profile);
  if (rules_left_out > 0) {
    absl::StrAppend(&line, ", which leaves out ", rules_left_out,
                    rules_left_out == 1 ? " rule" : " rules");
  }
  return line;
}

std::string SourceLine(const v1::CitedSource& source) {
  std::string text = source.text();
  if (!source.doi().empty()) {
    absl::StrAppend(&text, " doi:", source.doi());
  } else if (!source.url().empty()) {
    absl::StrAppend(&text, " ", source.url());
  }
  if (source.provenance() == v1::CITATION_PROVENANCE_SECOND_HAND) {
    absl::StrAppend(&text, " (read second-hand)");
  } else if (source.provenance() == v1::CITATION_PROVENANCE_GENERAL_KNOWLEDGE) {
    absl::StrAppend(&text, " (not looked up)");
  }
  return text;
}

void ReportScreening(const v1::ScreenEligibilityResponse& response,
                     TextReport* report) {
  const v1::Decision& decision = response.decision();
  report->Item(0, "Screening for ", decision.as_of(), Tone::kBold, Tone::kBold);
  report->Item(0, "",
               CatalogLine(decision.catalog(), decision.profile(),
                           decision.rules_left_out()),
               Tone::kDim);
  ReportDecisionId(response.decision_id(), report);
  Written written;
  ReportSummary(decision, report);
  for (const v1::TreatmentDecision& treatment : decision.treatments()) {
    ReportTreatment(treatment, &written, nullptr, report);
  }
  ReportNotices(decision.notices(), report);
  ReportFooter(written.sources, report);
}

void ReportAddOns(const v1::RecommendAddOnsResponse& response,
                  TextReport* report) {
  const v1::AddOnDecision& decision = response.decision();
  report->Item(0, "Add-ons for ", decision.as_of(), Tone::kBold, Tone::kBold);
  report->Item(0, "",
               CatalogLine(decision.catalog(), decision.profile(),
                           decision.rules_left_out()),
               Tone::kDim);
  ReportDecisionId(response.decision_id(), report);
  Written written;
  Shown shown;
  ReportTreatment(decision.base(), &written, &shown, report);
  for (const v1::AddOnRecommendation& add_on : decision.add_ons()) {
    ReportAddOn(add_on, shown, &written, report);
  }
  for (const v1::CombinationRecommendation& pair : decision.combinations()) {
    report->Gap();
    report->Item(
        0, "",
        absl::StrCat(JoinWords(pair.add_ons(), " and "), " in one session"),
        Tone::kBold);
    report->Line(absl::StrCat(
        "  ",
        Banner(report->terminal(), AddOnStatusBanner(pair.status()),
               AddOnStatusName(pair.status())),
        " ", AddOnStatusMeaning(pair.status())));
    // The pair's screening repeats the rules of each.
    Shown of_each = shown;
    for (const v1::AddOnRecommendation& add_on : decision.add_ons()) {
      for (const v1::AreaDecision& area : add_on.screening().areas()) {
        for (const v1::FiredRule& rule : area.fired()) {
          of_each.rules.insert(rule.rule_id());
        }
        for (const v1::Question& question : area.outstanding()) {
          of_each.questions.insert(question.concept());
        }
        for (const v1::Question& question : area.also_useful()) {
          of_each.questions.insert(question.concept());
        }
      }
    }
    ReportAddedRules(pair.screening(), of_each, &written, report);
  }
  ReportNotices(decision.notices(), report);
  ReportFooter(written.sources, report);
}

void ReportPlan(const v1::PlanTreatmentResponse& response, TextReport* report) {
  const v1::TreatmentPlan& plan = response.plan();
  report->Item(
      0, "Plan from ",
      absl::StrCat(plan.as_of(), ": ", JoinWords(plan.treatments(), " with ")),
      Tone::kBold, Tone::kBold);
  report->Item(0, "", CatalogLine(plan.catalog(), plan.profile(), 0),
               Tone::kDim);
  ReportDecisionId(response.decision_id(), report);

  Written written;
  ReportSessions(plan, report);
  if (!plan.course_text().empty()) {
    report->Item(2, "",
                 absl::StrCat(plan.course_text(),
                              ReferencesInBrackets(plan.course_citations(),
                                                   &written.sources)));
  }
  ReportItems(plan, &written.sources, report);

  report->Gap();
  report->Line(Paint(report->terminal(), Tone::kBold,
                     "The screening it rests on; repeat it before each "
                     "session"));
  Shown shown;
  for (const v1::TreatmentDecision& treatment : plan.screening()) {
    for (const auto& [areas, area] : MergedAreas(treatment)) {
      report->Gap();
      report->Item(2, "", TreatmentTitle(treatment, areas), Tone::kBold);
      report->Line(absl::StrCat(
          "  ",
          Banner(report->terminal(), VerdictBanner(area->verdict()),
                 VerdictName(area->verdict())),
          " ", VerdictMeaning(area->verdict())));
      ReportRules(*area, shown, &written, report);
      ReportQuestions(*area, shown, &written, report);
      for (const v1::FiredRule& rule : area->fired()) {
        shown.rules.insert(rule.rule_id());
      }
    }
  }
  ReportNotices(plan.notices(), report);
  ReportFooter(written.sources, report);
}

}  // namespace needlewise
