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
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/strings/substitute.h"
#include "client/cli/names.h"
#include "client/cli/words.h"

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

// An id as words; in another language, what the catalogue calls it there.
std::string Name(const std::string& id, const std::string& display) {
  return SpeaksForeign() && !display.empty() ? display : Words(id);
}

std::string NameOf(const v1::TreatmentDecision& treatment) {
  return Name(treatment.treatment(), treatment.display());
}

// The treatments of a plan, which begin its screening in the same order.
std::string TreatmentNames(const v1::TreatmentPlan& plan) {
  std::vector<std::string> names;
  for (int i = 0; i < plan.treatments_size(); ++i) {
    names.push_back(i < plan.screening_size() ? NameOf(plan.screening(i))
                                              : Words(plan.treatments(i)));
  }
  return absl::StrJoin(names, Say(" with "));
}

// Says where the server had to fall back on English.
void ReportLanguage(int untranslated, TextReport* report) {
  if (untranslated == 0) return;
  report->Item(0, "",
               absl::Substitute(Say("Some texts are not translated and stand "
                                    "in English ($0 in the whole catalogue)."),
                                untranslated),
               Tone::kDim);
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
    report->Item(2,
                 absl::Substitute(Say("Not before $0  "), area.eligible_from()),
                 area.provisional()
                     ? Say("Provisional: something unknown, or under review, "
                           "could still block it then.")
                     : "",
                 Tone::kPlain, Tone::kBold);
  } else if (area.verdict() == v1::VERDICT_DEFERRED) {
    report->Item(2, Say("No date  "),
                 Say("A deferral holds until something resolves, not until a "
                     "day."));
  }
  const bool worse = area.possible() != v1::VERDICT_UNSPECIFIED &&
                     area.possible() != area.verdict() &&
                     !area.outstanding().empty();
  if (worse) {
    report->Item(
        2, Say("At worst     "),
        absl::Substitute(Say("$0, should the open questions be answered so."),
                         VerdictName(area.possible())));
  }
}

void ReportRule(const v1::FiredRule& rule, Written* written,
                TextReport* report) {
  constexpr int kIndent = 4;
  constexpr int kBody = 6;
  const bool is_new = written->rules.insert(rule.SerializeAsString()).second;
  if (!rule.title().empty() && !is_new) {
    report->Item(kIndent, "- ",
                 absl::Substitute(Say("$0 (as above)"), rule.title()),
                 Tone::kBold, EffectTone(rule.effect()));
    return;
  }
  if (rule.title().empty()) {
    report->Item(
        kIndent, "- ",
        absl::StrCat(
            rule.rule_id(),
            rule.clears_on().empty()
                ? ""
                : absl::Substitute(Say(", over on $0"), rule.clears_on()),
            rule.acknowledged() ? Say(", acknowledged") : ""));
    return;
  }
  report->Item(kIndent, "- ", rule.title(), Tone::kBold,
               EffectTone(rule.effect()));
  report->Item(kBody, "", rule.clinician_text());
  for (const v1::MatchedFact& fact : rule.facts()) {
    std::string text = fact.text().empty() ? fact.display() : fact.text();
    if (!fact.implied_by().empty()) {
      absl::StrAppend(
          &text, absl::Substitute(Say("; follows from $0"), fact.implied_by()));
    }
    if (!fact.closed_section().empty()) {
      absl::StrAppend(
          &text, absl::Substitute(Say("; section $0 was answered completely"),
                                  fact.closed_section()));
    }
    report->Item(kBody, Say("Because  "), text, Tone::kPlain, Tone::kDim);
  }
  if (!rule.cleared_by().empty()) {
    report->Item(kBody, Say("Clears   "), rule.cleared_by(), Tone::kPlain,
                 Tone::kDim);
  }
  if (!rule.clears_on().empty()) {
    report->Item(kBody, Say("Over on  "), rule.clears_on(), Tone::kBold,
                 Tone::kDim);
  }
  if (rule.acknowledged()) {
    report->Item(kBody, Say("Review   "), Say("acknowledged by a clinician"),
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
        kBody, Say("Sources  "),
        References(rule.citations(), /*with_notes=*/true, &written->sources),
        Tone::kDim, Tone::kDim);
  }
  std::string id = rule.rule_id();
  if (!rule.conflicts().empty()) {
    absl::StrAppend(&id,
                    absl::Substitute(Say("; sources disagree: $0"),
                                     absl::StrJoin(rule.conflicts(), ", ")));
  }
  report->Item(kBody, Say("Rule     "), id, Tone::kDim, Tone::kDim);
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
    // Lower case in English alone: other alphabets have other rules.
    const std::string effect = EffectName(question.decides());
    parts.push_back(absl::Substitute(
        Say("decides a $0"),
        SpeaksForeign() ? effect : absl::AsciiStrToLower(effect)));
  }
  if (!question.answer_sources().empty()) {
    std::vector<std::string> sources;
    for (const int source : question.answer_sources()) {
      sources.push_back(
          AnswerSourceName(static_cast<v1::AnswerSource>(source)));
    }
    parts.push_back(absl::StrJoin(sources, Say(" or ")));
  }
  // UCUM's `1` is a number without a unit, and its `a` a year.
  if (question.unit() == "a") {
    parts.push_back(Say("in years"));
  } else if (!question.unit().empty() && question.unit() != "1") {
    parts.push_back(absl::Substitute(Say("in $0"), question.unit()));
  }
  if (!question.settles().empty()) {
    parts.push_back(absl::Substitute(Say("a \"no\" also settles $0"),
                                     absl::StrJoin(question.settles(), ", ")));
  } else if (question.gate()) {
    parts.push_back(Say("a \"no\" also settles others"));
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
              open.size() == 1
                  ? Say("Open question")
                  : absl::Substitute(
                        Say("Open questions ($0), the most decisive first"),
                        open.size()))));
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
      report->Item(
          4, "",
          absl::Substitute(Say("$0 more only where the answer to one of "
                               "these is not a \"no\"."),
                           behind),
          Tone::kDim);
    }
  }
  if (above > 0) {
    report->Gap();
    const std::string still =
        open.empty()
            ? Say(above == 1 ? "$0 question from above still open."
                             : "$0 questions from above still open.")
            : Say(above == 1 ? "And $0 question from above still open."
                             : "And $0 questions from above still open.");
    report->Item(2, "", absl::Substitute(still, above), Tone::kQuestion);
  }
  std::vector<std::string> useful;
  for (const v1::Question& question : area.also_useful()) {
    if (shown.questions.count(question.concept()) == 0) {
      useful.push_back(question.concept());
    }
  }
  if (!useful.empty()) {
    report->Gap();
    report->Item(
        2, Say("Also useful  "),
        absl::Substitute(Say("Only precautions and notes depend on: $0."),
                         absl::StrJoin(useful, ", ")),
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
                                        Say("What would have to change"))));
  for (const v1::RequiredChange& change : counterfactual.changes()) {
    std::string text =
        change.text().empty()
            ? absl::StrCat(change.concept(), " (", change.rule_id(), ")")
            : change.text();
    if (change.impossible() && change.text().empty()) {
      absl::StrAppend(&text, Say(": nothing clears it"));
    }
    if (!change.clears_on().empty() &&
        !absl::StrContains(text, change.clears_on())) {
      absl::StrAppend(&text, absl::Substitute(Say(" (by itself on $0)"),
                                              change.clears_on()));
    }
    report->Item(4, "- ", text);
  }
  if (!counterfactual.possible()) {
    report->Item(4, "", Say("So it cannot come about."));
    return;
  }
  const std::string verdict = VerdictName(counterfactual.verdict());
  report->Item(
      4, "",
      counterfactual.from_date().empty()
          ? absl::Substitute(Say("Then: $0, all else as known now."), verdict)
          : absl::Substitute(Say("Then: $0, from $1, all else as known now."),
                             verdict, counterfactual.from_date()));
}

void ReportNotices(
    const google::protobuf::RepeatedPtrField<v1::Notice>& notices,
    TextReport* report) {
  if (notices.empty()) return;
  report->Gap();
  report->Line(Paint(report->terminal(), Tone::kCaution,
                     Say("Noticed about the input")));
  for (const v1::Notice& notice : notices) {
    std::string text = notice.text();
    if (notice.has_coding()) {
      absl::StrAppend(&text, " (", notice.coding().system(), " ",
                      notice.coding().code(), ")");
    }
    report->Item(2, "- ",
                 absl::StrCat(Say(PlainEnumName(*v1::NoticeKind_descriptor(),
                                                notice.kind())),
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
    without.clear_display();
    const auto [it, is_new] =
        seen.emplace(without.SerializeAsString(), merged.size());
    if (is_new) {
      merged.emplace_back(Name(area.area(), area.display()), &area);
    } else {
      absl::StrAppend(&merged[it->second].first, ", ",
                      Name(area.area(), area.display()));
    }
  }
  return merged;
}

std::string TreatmentTitle(const v1::TreatmentDecision& treatment,
                           absl::string_view areas) {
  std::string title = absl::StrCat(NameOf(treatment), " - ", areas);
  if (!treatment.device().empty()) {
    title = absl::Substitute(Say("$0 - device $1"), title, treatment.device());
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
      report->Item(2, "", absl::Substitute(Say("In: $0"), areas), Tone::kBold);
    }
    if (!area->eligible_from().empty()) {
      report->Item(2, Say("Not before "), area->eligible_from(), Tone::kBold,
                   Tone::kBold);
    }
    ReportRules(*area, shown, written, report);
    ReportQuestions(*area, shown, written, report);
  }
}

void ReportFooter(const Sources& sources, TextReport* report) {
  report->Gap();
  if (!sources.empty()) {
    report->Line(Paint(report->terminal(), Tone::kBold, Say("Sources")));
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
    report->Item(
        2, "",
        absl::Substitute(Say("Grades: $0."), absl::StrJoin(grades, "; ")),
        Tone::kDim);
    report->Gap();
  }
  report->Item(
      0, "",
      Say("Decision support for a clinician, who reviews the basis and "
          "decides."),
      Tone::kDim);
}

void ReportDecisionId(const std::string& decision_id, TextReport* report) {
  if (decision_id.empty()) return;
  report->Item(0, Say("Decision "), decision_id, Tone::kDim, Tone::kDim);
}

// One line for each treatment, where there are several.
void ReportSummary(const v1::Decision& decision, TextReport* report) {
  if (decision.treatments_size() < 2) return;
  report->Gap();
  for (const v1::TreatmentDecision& treatment : decision.treatments()) {
    std::string text = VerdictName(treatment.verdict());
    if (!treatment.eligible_from().empty()) {
      text = absl::Substitute(Say("$0, not before $1"), text,
                              treatment.eligible_from());
    }
    report->Item(2,
                 absl::Substitute(SpeaksForeign() ? "$0\u00a0: " : "$0: ",
                                  NameOf(treatment)),
                 text, VerdictTone(treatment.verdict()), Tone::kBold);
  }
}

void ReportAddOn(const v1::AddOnRecommendation& add_on, const Shown& shown,
                 Written* written, TextReport* report) {
  report->Gap();
  report->Item(
      0, "",
      absl::StrCat(add_on.rank() > 0 ? absl::StrCat(add_on.rank(), ". ") : "",
                   add_on.screening().device().empty()
                       ? NameOf(add_on.screening())
                       : absl::Substitute(Say("$0 - device $1"),
                                          NameOf(add_on.screening()),
                                          add_on.screening().device())),
      Tone::kBold);
  report->Line(absl::StrCat(
      "  ",
      Banner(report->terminal(), AddOnStatusBanner(add_on.status()),
             AddOnStatusName(add_on.status())),
      " ", AddOnStatusMeaning(add_on.status())));
  for (const v1::MatchedIndication& indication : add_on.indications()) {
    report->Gap();
    report->Item(
        2, Say("Indicated for "),
        absl::Substitute(Say("$0: $1 evidence"),
                         Name(indication.concern(), indication.display()),
                         StrengthName(indication.strength())),
        Tone::kBold, Tone::kDim);
    if (!indication.text().empty()) {
      report->Item(4, "", indication.text());
    }
    if (!indication.citations().empty()) {
      report->Item(4, Say("Sources  "),
                   References(indication.citations(), /*with_notes=*/true,
                              &written->sources),
                   Tone::kDim, Tone::kDim);
    }
    if (!indication.conflicts().empty()) {
      report->Item(4, Say("Disputed "),
                   absl::StrJoin(indication.conflicts(), ", "), Tone::kDim,
                   Tone::kDim);
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
  return absl::Substitute(Say("$0 to $1"), item.from(), item.until());
}

void ReportSessions(const v1::TreatmentPlan& plan, TextReport* report) {
  report->Gap();
  report->Line(Paint(report->terminal(), Tone::kBold, Say("Sessions")));
  for (const v1::PlannedSession& session : plan.sessions()) {
    std::string when = session.earliest();
    if (!session.latest().empty() && session.latest() != session.earliest()) {
      when = absl::Substitute(Say("$0 to $1"), when, session.latest());
    }
    if (session.optional()) {
      absl::StrAppend(&when, Say("  only where it is still needed"));
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
    if (item.mandatory()) text = Say("To be recorded before treating: ");
    if (item.maximum_depth_mm() > 0) {
      std::string depth = absl::StrCat(item.maximum_depth_mm());
      if (SpeaksForeign()) absl::StrReplaceAll({{".", ","}}, &depth);
      absl::StrAppend(&text, absl::Substitute(Say("at most $0 mm: "), depth));
    }
    absl::StrAppend(&text, item.text(),
                    ReferencesInBrackets(item.citations(), sources));
    if (!item.conflicts().empty()) {
      absl::StrAppend(&text,
                      absl::Substitute(Say(" (sources disagree: $0)"),
                                       absl::StrJoin(item.conflicts(), ", ")));
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
      absl::Substitute(Say("Catalogue $0 ($1)"), version.version(),
                       version.digest().substr(0, kShownDigits));
  if (!profile.empty())
    absl::StrAppend(&line, absl::Substitute(Say(", profile $0"), profile));
  if (rules_left_out > 0) {
    absl::StrAppend(
        &line, absl::Substitute(
                   Say(rules_left_out == 1 ? ", which leaves out $0 rule"
                                           : ", which leaves out $0 rules"),
                   rules_left_out));
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
    absl::StrAppend(&text, Say(" (read second-hand)"));
  } else if (source.provenance() == v1::CITATION_PROVENANCE_GENERAL_KNOWLEDGE) {
    absl::StrAppend(&text, Say(" (not looked up)"));
  }
  return text;
}

void ReportScreening(const v1::ScreenEligibilityResponse& response,
                     TextReport* report) {
  SpeakLanguage(response.language());
  const v1::Decision& decision = response.decision();
  report->Item(0, Say("Screening for "), decision.as_of(), Tone::kBold,
               Tone::kBold);
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
  ReportLanguage(response.untranslated_texts(), report);
  ReportFooter(written.sources, report);
}

void ReportAddOns(const v1::RecommendAddOnsResponse& response,
                  TextReport* report) {
  SpeakLanguage(response.language());
  const v1::AddOnDecision& decision = response.decision();
  report->Item(0, Say("Add-ons for "), decision.as_of(), Tone::kBold,
               Tone::kBold);
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
        SpeaksForeign() && !pair.screening().display().empty()
            ? pair.screening().display()
            : absl::Substitute(Say("$0 in one session"),
                               JoinWords(pair.add_ons(), Say(" and "))),
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
  ReportLanguage(response.untranslated_texts(), report);
  ReportFooter(written.sources, report);
}

void ReportPlan(const v1::PlanTreatmentResponse& response, TextReport* report) {
  SpeakLanguage(response.language());
  const v1::TreatmentPlan& plan = response.plan();
  report->Item(0, Say("Plan from "),
               absl::StrCat(plan.as_of(), ": ", TreatmentNames(plan)),
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
                     Say("The screening it rests on; repeat it before each "
                         "session")));
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
  ReportLanguage(response.untranslated_texts(), report);
  ReportFooter(written.sources, report);
}

}  // namespace needlewise
