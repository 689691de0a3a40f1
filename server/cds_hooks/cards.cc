#include "server/cds_hooks/cards.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "server/cds_hooks/card_id.h"
#include "server/cds_hooks/feedback.h"
#include "server/fhir/questionnaire.h"

namespace needlewise {
namespace {

// Most sources that a card links to.
constexpr size_t kMostLinks = 5;
// Most codes that a card shows of those that were not used; the answer's
// extension has all.
constexpr size_t kMostShownCodes = 10;

const char* IndicatorOf(v1::Verdict verdict) {
  switch (verdict) {
    case v1::VERDICT_CONTRAINDICATED:
      return "critical";
    case v1::VERDICT_DEFERRED:
    case v1::VERDICT_REVIEW_REQUIRED:
    case v1::VERDICT_DATA_REQUIRED:
      return "warning";
    default:
      return "info";
  }
}

const char* WordsOf(v1::Verdict verdict) {
  switch (verdict) {
    case v1::VERDICT_CONTRAINDICATED:
      return "contraindicated";
    case v1::VERDICT_DEFERRED:
      return "not now";
    case v1::VERDICT_REVIEW_REQUIRED:
      return "a clinician decides";
    case v1::VERDICT_DATA_REQUIRED:
      return "facts are missing";
    case v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS:
      return "eligible with precautions";
    default:
      return "eligible";
  }
}

const char* HeadingOf(v1::EffectKind effect) {
  switch (effect) {
    case v1::EFFECT_KIND_CONTRAINDICATION:
      return "Contraindication";
    case v1::EFFECT_KIND_DEFERRAL:
      return "Deferral";
    case v1::EFFECT_KIND_REVIEW:
      return "Review";
    case v1::EFFECT_KIND_PRECAUTION:
      return "Precaution";
    default:
      return "Note";
  }
}

std::string GradeOf(v1::EvidenceGrade grade) {
  return std::string(
      absl::StripPrefix(v1::EvidenceGrade_Name(grade), "EVIDENCE_GRADE_"));
}

// Text for Markdown: what would be read as its marks, or as HTML, is shown.
std::string Escaped(absl::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (absl::StrContains(R"(\`*_[]<>#|~)", absl::string_view(&c, 1))) {
      escaped.push_back('\\');
    }
    escaped.push_back(c == '\n' || c == '\r' ? ' ' : c);
  }
  return escaped;
}

// A code or a path of the caller's, which may hold anything, between
// backticks.
std::string Quoted(absl::string_view text) {
  std::string quoted = "`";
  for (const char c : text) {
    quoted.push_back(absl::ascii_isgraph(c) && c != '`' ? c : '?');
  }
  return quoted + "`";
}

class CardMaker {
 public:
  CardMaker(const DecisionOfPatient& decided, const v1::TreatmentDecision& made,
            int number)
      : decided_(decided),
        made_(made),
        number_(number),
        definition_(TreatmentOf(decided, made.treatment())) {}

  // Rules that fired, in the order of the first area they fired in.
  std::vector<const v1::FiredRule*> Fired() const {
    std::vector<const v1::FiredRule*> fired;
    std::set<std::string> seen;
    for (const v1::AreaDecision& area : made_.areas()) {
      for (const v1::FiredRule& rule : area.fired()) {
        if (seen.insert(rule.rule_id()).second) fired.push_back(&rule);
      }
    }
    std::stable_sort(
        fired.begin(), fired.end(),
        [](const auto* a, const auto* b) { return a->effect() < b->effect(); });
    return fired;
  }

  Json VerdictCard(const std::vector<const v1::FiredRule*>& fired) const {
    const v1::Verdict verdict = made_.verdict();
    std::vector<std::string> titles;
    for (const v1::FiredRule* rule : fired) {
      titles.push_back(std::string(absl::StripSuffix(rule->title(), ".")));
    }
    Json card = Common(
        kVerdictCard,
        absl::StrCat(Subject(), ": ", WordsOf(verdict), ". ",
                     absl::StrJoin(titles, "; ")),
        verdict == v1::VERDICT_DATA_REQUIRED ? "info" : IndicatorOf(verdict));
    card["detail"] = VerdictDetail(fired);
    card["overrideReasons"] = OverrideReasonCodings();
    if (Json links = Links(fired); !links.empty()) {
      card["links"] = std::move(links);
    }
    return card;
  }

  Json MissingCard(const std::vector<int>& missing) const {
    Json card = Common(
        kMissingCard,
        absl::StrCat(Subject(), ": ", missing.size(),
                     missing.size() == 1 ? " fact is" : " facts are",
                     " missing"),
        made_.verdict() == v1::VERDICT_DATA_REQUIRED ? "warning" : "info");
    std::string detail =
        made_.verdict() == v1::VERDICT_DATA_REQUIRED
            ? "Something that is not known could stand against the treatment. "
              "Unknown does not mean no.\n"
            : "Something that is not known could still change the verdict.\n";
    for (const int c : missing) {
      const v1::Concept& asked = *decided_.catalog->concepts[c].definition;
      absl::StrAppend(&detail, "\n- **", Escaped(asked.display()),
                      "**: ", Escaped(asked.question()));
    }
    AppendNotUsed(&detail);
    card["detail"] = std::move(detail);
    card["suggestions"] = Json::array({AskSuggestion(missing)});
    card["selectionBehavior"] = "at-most-one";
    return card;
  }

 private:
  static const v1::Treatment* TreatmentOf(const DecisionOfPatient& decided,
                                          const std::string& id) {
    const auto found = decided.catalog->treatment_index.find(id);
    return found == decided.catalog->treatment_index.end()
               ? nullptr
               : decided.catalog->treatments[found->second].definition;
  }

  std::string AreaName(const std::string& id) const {
    const auto found = decided_.catalog->area_index.find(id);
    return found == decided_.catalog->area_index.end()
               ? id
               : decided_.catalog->areas[found->second].definition->display();
  }

  // `Microneedling (face, neck)`.
  std::string Subject() const {
    std::vector<std::string> areas;
    for (const v1::AreaDecision& area : made_.areas()) {
      areas.push_back(absl::AsciiStrToLower(AreaName(area.area())));
    }
    return absl::StrCat(
        definition_ == nullptr ? made_.treatment() : definition_->display(),
        " (", absl::StrJoin(areas, ", "), ")");
  }

  Json Common(const char* kind, const std::string& summary,
              const char* indicator) const {
    const v1::Manifest& manifest = decided_.catalog->catalog.manifest();
    Json topic = {{"system", kTreatmentSystem}, {"code", made_.treatment()}};
    if (definition_ != nullptr) topic["display"] = definition_->display();
    return {
        {"uuid", CardUuid(decided_.decision_id, number_, kind)},
        {"summary", Shortened(summary, kSummaryLimit)},
        {"indicator", indicator},
        {"source",
         {{"label", absl::StrCat(manifest.title(), " ", manifest.version())},
          {"topic", std::move(topic)}}},
        {"extension",
         {{"needlewise.v1",
           {{"decisionId", std::string(decided_.decision_id)},
            {"ruleCatalogDigest", decided_.decision->catalog().digest()}}}}}};
  }

  std::string VerdictDetail(
      const std::vector<const v1::FiredRule*>& fired) const {
    std::string detail =
        absl::StrCat("**", Subject(), "**, for ", decided_.decision->as_of(),
                     ": ", WordsOf(made_.verdict()), ".");
    if (!made_.eligible_from().empty()) {
      absl::StrAppend(&detail, " Not before ", made_.eligible_from(),
                      made_.provisional()
                          ? ", and then only where nothing that is open now "
                            "stands against it."
                          : ".");
    }
    for (const v1::FiredRule* rule : fired) AppendRule(*rule, &detail);
    AppendNotUsed(&detail);
    return detail;
  }

  static void AppendRule(const v1::FiredRule& rule, std::string* detail) {
    absl::StrAppend(detail, "\n\n**", HeadingOf(rule.effect()), ": ",
                    Escaped(rule.title()), "** ",
                    Escaped(rule.clinician_text()));
    for (const v1::MatchedFact& fact : rule.facts()) {
      absl::StrAppend(detail, "\n- Because: ", Escaped(fact.text()));
    }
    if (!rule.cleared_by().empty()) {
      absl::StrAppend(detail, "\n- Clears: ", Escaped(rule.cleared_by()));
    }
    if (!rule.clears_on().empty()) {
      absl::StrAppend(detail, "\n- No longer holds from: ", rule.clears_on());
    }
    std::vector<std::string> sources;
    for (const v1::CitedSource& source : rule.citations()) {
      const std::string url = UrlOf(source);
      sources.push_back(absl::StrCat(
          url.empty() ? Escaped(source.source())
                      : absl::StrCat("[", Escaped(source.source()), "](",
                                     UrlForMarkdown(url), ")"),
          " (grade ", GradeOf(source.grade()), ")"));
    }
    if (!sources.empty()) {
      absl::StrAppend(detail, "\n- Sources: ", absl::StrJoin(sources, ", "));
    }
    absl::StrAppend(detail, "\n- Rule: `", rule.rule_id(), "`");
  }

  static std::string UrlForMarkdown(const std::string& url) {
    return absl::StrReplaceAll(
        url, {{"(", "%28"}, {")", "%29"}, {" ", "%20"}, {"<", "%3C"}});
  }

  // What of the record was not used, so that nobody takes it for read.
  void AppendNotUsed(std::string* detail) const {
    std::set<std::string> codes;
    std::set<std::string> not_sent;
    for (const v1::FhirNotUsed& not_used : decided_.mapped->not_used) {
      if (not_used.reason() == v1::FHIR_NOT_USED_REASON_NOT_SENT) {
        not_sent.insert(not_used.path());
      } else if (not_used.reason() !=
                     v1::FHIR_NOT_USED_REASON_OTHER_CODE_USED &&
                 not_used.has_coding()) {
        codes.insert(absl::StrCat(not_used.coding().system(), "|",
                                  not_used.coding().code()));
      }
    }
    if (!not_sent.empty()) {
      absl::StrAppend(detail, "\n\nThe record did not give: ");
      const char* separator = "";
      for (const std::string& path : not_sent) {
        absl::StrAppend(detail, separator, Quoted(path));
        separator = ", ";
      }
      absl::StrAppend(detail, ".");
    }
    if (codes.empty()) return;
    absl::StrAppend(detail, "\n\nIn the record, but not used: ");
    size_t shown = 0;
    for (const std::string& code : codes) {
      if (shown == kMostShownCodes) break;
      absl::StrAppend(detail, shown == 0 ? "" : ", ", Quoted(code));
      ++shown;
    }
    if (codes.size() > shown) {
      absl::StrAppend(detail, " and ", codes.size() - shown, " more");
    }
    absl::StrAppend(detail, ".");
  }

  // An answer sheet for the questions, to be put into the record.
  Json AskSuggestion(const std::vector<int>& missing) const {
    const std::string sheet =
        CardUuid(decided_.decision_id, number_, kQuestionsSheet);
    Json questionnaire = MakeQuestionnaire(*decided_.catalog, missing,
                                           "questions", decided_.language);
    Json items = Json::array();
    for (const Json& item : questionnaire["item"]) {
      items.push_back({{"linkId", item["linkId"]}, {"text", item["text"]}});
    }
    // What is contained in a resource contains nothing itself.
    Json contained = Json::array();
    if (const auto sets = questionnaire.find("contained");
        sets != questionnaire.end()) {
      contained = std::move(*sets);
      questionnaire.erase(sets);
    }
    contained.insert(contained.begin(), std::move(questionnaire));
    Json response = {
        {"resourceType", "QuestionnaireResponse"},
        {"contained", std::move(contained)},
        {"questionnaire", "#questions"},
        {"status", "in-progress"},
        {"subject", {{"reference", std::string(decided_.subject)}}},
        {"item", std::move(items)}};
    return {{"label", "Ask what is missing"},
            {"uuid", sheet},
            {"isRecommended", true},
            {"actions",
             Json::array(
                 {{{"type", "create"},
                   {"description", "Add a questionnaire of the missing facts"},
                   {"resource", std::move(response)}}})}};
  }

  static Json Links(const std::vector<const v1::FiredRule*>& fired) {
    Json links = Json::array();
    std::set<std::string> seen;
    for (const v1::FiredRule* rule : fired) {
      for (const v1::CitedSource& source : rule->citations()) {
        const std::string url = UrlOf(source);
        if (url.empty() || !seen.insert(url).second) continue;
        if (links.size() == kMostLinks) return links;
        links.push_back(
            {{"label", absl::StrCat(source.source(), ": ", source.text())},
             {"url", url},
             {"type", "absolute"}});
      }
    }
    return links;
  }

  const DecisionOfPatient& decided_;
  const v1::TreatmentDecision& made_;
  const int number_;
  const v1::Treatment* const definition_;
};

std::string VerdictCode(v1::Verdict verdict) {
  return std::string(absl::StripPrefix(v1::Verdict_Name(verdict), "VERDICT_"));
}

}  // namespace

std::string Shortened(absl::string_view text, int limit) {
  const auto is_continuation = [](char c) { return (c & 0xC0) == 0x80; };
  const auto characters =
      text.size() - std::count_if(text.begin(), text.end(), is_continuation);
  if (characters < static_cast<size_t>(limit)) return std::string(text);
  // Room for the ellipsis.
  size_t end = 0;
  for (int left = limit - 2; end < text.size(); ++end) {
    if (!is_continuation(text[end]) && left-- == 0) break;
  }
  return absl::StrCat(text.substr(0, end), "\xE2\x80\xA6");
}

Json MakeCards(const DecisionOfPatient& decided) {
  Json cards = Json::array();
  int number = 0;
  for (const v1::TreatmentDecision& made : decided.decision->treatments()) {
    const CardMaker maker(decided, made, number++);
    const std::vector<const v1::FiredRule*> fired = maker.Fired();
    if (!fired.empty()) cards.push_back(maker.VerdictCard(fired));
    v1::Decision alone;
    *alone.add_treatments() = made;
    const std::vector<int> missing =
        OutstandingConcepts(*decided.catalog, alone);
    if (!missing.empty()) cards.push_back(maker.MissingCard(missing));
  }
  return cards;
}

Json MakeDecisionExtension(const DecisionOfPatient& decided) {
  Json verdicts = Json::array();
  for (const v1::TreatmentDecision& treatment :
       decided.decision->treatments()) {
    for (const v1::AreaDecision& area : treatment.areas()) {
      verdicts.push_back({{"treatment", treatment.treatment()},
                          {"area", area.area()},
                          {"verdict", VerdictCode(area.verdict())}});
    }
  }
  Json origins = Json::array();
  for (int i = 0; i < decided.mapped->patient.findings_size(); ++i) {
    // There may be hundreds, and a list of pairs would be copied twice.
    Json origin = Json::object();
    origin["concept"] = decided.mapped->patient.findings(i).concept();
    origin["resource"] = decided.mapped->origins[i].resource();
    origin["path"] = decided.mapped->origins[i].path();
    origins.push_back(std::move(origin));
  }
  Json not_used = Json::array();
  for (const v1::FhirNotUsed& item : decided.mapped->not_used) {
    Json entry = Json::object();
    entry["resource"] = item.resource();
    entry["path"] = item.path();
    entry["reason"] = std::string(absl::StripPrefix(
        v1::FhirNotUsedReason_Name(item.reason()), "FHIR_NOT_USED_REASON_"));
    if (item.has_coding()) {
      entry["system"] = item.coding().system();
      entry["code"] = item.coding().code();
    }
    not_used.push_back(std::move(entry));
  }
  return {{"decisionId", std::string(decided.decision_id)},
          {"asOf", decided.decision->as_of()},
          {"ruleCatalogVersion", decided.decision->catalog().version()},
          {"ruleCatalogDigest", decided.decision->catalog().digest()},
          {"verdicts", std::move(verdicts)},
          {"findings", std::move(origins)},
          {"notUsed", std::move(not_used)}};
}

}  // namespace needlewise
