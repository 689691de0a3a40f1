#include "rules/tools/explain.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/engine/decide.h"
#include "rules/engine/explainer.h"
#include "rules/engine/nearest_names.h"
#include "rules/engine/partial_date.h"
#include "rules/tools/catalog_input.h"
#include "rules/tools/condition_tree.h"
#include "rules/tools/condition_words.h"
#include "rules/tools/consultation.h"
#include "rules/tools/file_io.h"
#include "rules/tools/patient_input.h"
#include "rules/tools/text_layout.h"

namespace needlewise {
namespace {

Tone ToneOf(Truth truth) {
  switch (truth) {
    case Truth::kTrue:
      return Tone::kBad;
    case Truth::kFalse:
      return Tone::kGood;
    case Truth::kUnknown:
      break;
  }
  return Tone::kDoubt;
}

// What Kleene's logic makes of the parts.
Truth FromParts(const v1::Condition& condition,
                const std::vector<Truth>& parts) {
  if (condition.has_not_()) return Not(parts[0]);
  Truth truth = condition.has_all_of() ? Truth::kTrue : Truth::kFalse;
  for (const Truth part : parts) {
    truth = condition.has_all_of() ? And(truth, part) : Or(truth, part);
  }
  return truth;
}

// Prints one treatment in one area.
class VisitPrinter {
 public:
  VisitPrinter(const Console& console, const CompiledCatalog& catalog,
               const Consultation& consultation,
               const Consultation::Visit& visit)
      : out_(*console.out),
        color_(console.color),
        catalog_(catalog),
        patient_(consultation.patient()),
        visit_(visit) {}

  void PrintDecision(const v1::AreaDecision& decision,
                     const v1::Decision& whole) {
    const std::string& treatment =
        catalog_.treatments[visit_.context.treatment].definition->display();
    out_ << Paint(color_, Tone::kBold,
                  absl::StrCat(
                      treatment, ", ",
                      catalog_.areas[visit_.context.area].definition->display(),
                      ", ", whole.as_of(), ": ",
                      VerdictInWords(decision.verdict())))
         << "\n";
    out_ << "  device: "
         << DescribeDevice(catalog_, visit_.context.device_world)
         << "; profile: " << whole.profile() << "\n";
    if (!decision.eligible_from().empty()) {
      out_ << "  eligible from " << decision.eligible_from()
           << (decision.provisional() ? ", provisionally" : "") << "\n";
    }
    for (const v1::Question& question : decision.outstanding()) {
      PrintItem(
          absl::StrCat("open: ", question.concept(), ": ", question.text()), 2);
    }
    out_ << "\n";
  }

  void PrintRule(const CompiledRule& rule, Truth truth) {
    out_ << Mark(truth) << "  " << EffectInWords(rule.effect) << " "
         << Paint(color_, Tone::kBold, rule.rule->rule_id()) << "\n"
         << Wrapped(rule.rule->title(), kMargin);
    PrintTree(MakeConditionTree(catalog_, rule.rule->condition()), 2);
    out_ << "\n";
  }

 private:
  // Columns that the truth takes.
  static constexpr int kMargin = 9;

  std::string Mark(Truth truth) const {
    const std::string word = TruthInWords(truth);
    return absl::StrCat(Paint(color_, ToneOf(truth), word),
                        std::string(kMargin - 2 - word.size(), ' '));
  }

  // A dash, and text whose further lines stand under its first.
  void PrintItem(const std::string& text, int indent) {
    out_ << Wrapped(text, indent + 2).replace(indent, 2, "- ");
  }

  // A first line that begins with the truth, and further lines under it.
  void PrintLine(int indent, Truth truth, const std::string& text) {
    const std::string wrapped = Wrapped(text, indent + kMargin);
    out_ << std::string(indent, ' ') << Mark(truth) << "  "
         << wrapped.substr(indent + kMargin);
  }

  void PrintTree(const ConditionTree& tree, int indent) {
    const Truth truth = TruthOf(catalog_, tree, visit_.facts);
    if (tree.parts.empty()) {
      PrintLine(indent, truth, InWords(catalog_, *tree.condition));
      PrintFacts(tree, truth, indent + kMargin + 2);
      return;
    }
    std::vector<Truth> parts;
    for (const ConditionTree& part : tree.parts) {
      parts.push_back(TruthOf(catalog_, part, visit_.facts));
    }
    const bool settled = FromParts(*tree.condition, parts) != truth;
    PrintLine(indent, truth,
              absl::StrCat(HeadingOf(*tree.condition),
                           settled ? ", however the unknowns turn out:" : ":"));
    for (const ConditionTree& part : tree.parts) PrintTree(part, indent + 2);
  }

  void PrintFacts(const ConditionTree& leaf, Truth truth, int indent) {
    for (const std::string& fact : FactsBehind(leaf, truth)) {
      PrintItem(fact, indent);
    }
  }

  bool IsConcern(int c) const {
    const int concern = c - catalog_.first_concern_concept;
    return concern >= 0 && concern < catalog_.catalog.concerns_size();
  }

  std::vector<std::string> FactsBehind(const ConditionTree& leaf,
                                       Truth truth) const {
    std::vector<std::string> lines;
    for (const int c : leaf.compiled.concepts) {
      // A label looks at every concern; those that nobody states say nothing.
      const bool unstated = visit_.facts.possible[c] == WorldSet{1};
      if (IsConcern(c) && leaf.condition->has_label() && unstated) continue;
      AddFacts(c, truth, &lines);
    }
    return lines;
  }

  void AddFacts(int c, Truth truth, std::vector<std::string>* lines) const {
    const CompiledConcept& about = catalog_.concepts[c];
    const bool known = visit_.facts.possible[c] != about.all;
    // The explainer names what is behind a rule; this one asks `c` alone.
    CompiledRule asks;
    asks.nodes = {ConditionNode{ConditionNode::Kind::kLeaf, c, 0, 1}};
    asks.explanations.resize(catalog_.wordings.size());
    v1::FiredRule explained;
    if (known || c != catalog_.age_concept) {
      ExplainRule(asks, patient_, visit_.facts, visit_.context, &explained);
    }
    for (const v1::MatchedFact& fact : explained.facts()) {
      lines->push_back(Described(c, fact));
    }
    const size_t facts = explained.facts_size();
    if (about.is_context) return;
    const size_t before = lines->size();
    for (const v1::Notice& notice : patient_.notices()) {
      if (notice.concept() == about.id) lines->push_back(notice.text());
    }
    if (visit_.facts.IsBroken(c)) {
      lines->push_back(
          absl::StrCat(about.definition->display(),
                       ": the answer contradicts what another answer implies, "
                       "so it counts as unknown"));
    }
    if (!known) {
      if (lines->size() > before) return;
      lines->push_back(absl::StrCat(about.definition->display(), ": ",
                                    WhyUnknown(c, facts > 0)));
    } else if (truth == Truth::kUnknown) {
      lines->push_back(absl::StrCat(about.definition->display(),
                                    ": what is stated leaves this open"));
    } else if (facts == 0) {
      // Only what it implies is known, and that it was not denied.
      lines->push_back(absl::StrCat(about.definition->display(),
                                    ": follows from what is stated of others"));
    }
  }

  std::string Described(int c, const v1::MatchedFact& fact) const {
    if (!fact.closed_section().empty()) {
      std::string text =
          absl::StrCat(fact.text(), ", not mentioned in the section `",
                       fact.closed_section(), "`, which was closed");
      for (const Statement& s : patient_.StatementsOf(c)) {
        if (s.closed_section >= 0) {
          absl::StrAppend(&text, " ", RecordedOn(s));
          break;
        }
      }
      return text;
    }
    if (!fact.implied_by().empty()) {
      const int gate = catalog_.concept_index.at(fact.implied_by());
      const std::vector<Statement> answers = patient_.StatementsOf(gate);
      // Where nobody answered the gate, another gate did for it.
      if (answers.empty()) return fact.text();
      return absl::StrCat(fact.text(), " (", SourceInWords(answers[0].source),
                          ", ", RecordedOn(answers[0]), ")");
    }
    return fact.text();
  }

  // When a statement was made, to the day or the days it can have been.
  static std::string RecordedOn(const Statement& s) {
    const std::string first = FormatDay(s.recorded.first);
    if (s.recorded.first == s.recorded.last) return absl::StrCat("on ", first);
    return absl::StrCat("between ", first, " and ", FormatDay(s.recorded.last));
  }

  std::string WhyUnknown(int c, bool has_facts) const {
    const std::vector<Statement> statements =
        StatementsAbout(catalog_, patient_.intake(), c);
    const auto stated = [&](bool as_unknown) {
      return std::any_of(
          statements.begin(), statements.end(), [&](const Statement& s) {
            return (s.status == v1::FINDING_STATUS_UNKNOWN) == as_unknown;
          });
    };
    if (has_facts) return "what is stated leaves everything open";
    if (stated(false)) return "what is stated says nothing of this place";
    return stated(true) ? "asked and not answered" : "nothing is stated";
  }

  std::ostream& out_;
  const bool color_;
  const CompiledCatalog& catalog_;
  const PatientFacts& patient_;
  const Consultation::Visit& visit_;
};

void Complain(const Console& console, absl::string_view message) {
  *console.err << "needlewise-rules: " << message << "\n";
}

// What to explain, and the day of the question.
struct Asked {
  v1::ScreenEligibilityRequest request;
  absl::CivilDay today;
};

std::optional<Asked> ReadAsked(const Console& console, const CommandLine& line,
                               const ToolCatalog& catalog, int* exit_code) {
  Asked asked;
  std::string today = line.today;
  if (!line.case_name.empty()) {
    absl::StatusOr<CaseRequest> found = FindCase(catalog, line.case_name);
    if (!found.ok()) {
      Complain(console, found.status().message());
      *exit_code = kExitUsage;
      return {};
    }
    *console.out << Wrapped(found->vignette, 0) << "\n";
    asked.request = std::move(found->request);
    if (today.empty()) today = found->today;
  } else {
    const absl::StatusOr<std::string> text = ReadFile(console, line.patient);
    if (!text.ok()) {
      Complain(console, text.status().message());
      *exit_code = kExitUsage;
      return {};
    }
    absl::StatusOr<v1::ScreenEligibilityRequest> parsed = ParseRequest(*text);
    if (!parsed.ok()) {
      Complain(console, absl::StrCat("`", line.patient,
                                     "`: ", parsed.status().message()));
      *exit_code = kExitFault;
      return {};
    }
    asked.request = *std::move(parsed);
  }
  asked.today = console.today;
  if (!today.empty()) {
    const std::optional<Day> day = ParseWholeDate(today);
    if (!day.has_value()) {
      Complain(console, absl::StrCat("the day of the question, `", today,
                                     "`, is not a date, YYYY-MM-DD"));
      *exit_code = line.today.empty() ? kExitFault : kExitUsage;
      return {};
    }
    asked.today = FromDay(*day);
  }
  OverrideTreatment(line, &asked.request);
  asked.request.set_view(v1::VIEW_FULL);
  return asked;
}

// False, with a complaint, where a rule asked for does not exist.
bool CheckRules(const Console& console, const CommandLine& line,
                const CompiledCatalog& catalog) {
  for (const std::string& id : line.rules) {
    if (catalog.rule_index.contains(id)) continue;
    std::vector<std::pair<std::string, std::string>> names;
    for (const v1::Rule& rule : catalog.catalog.rules()) {
      names.emplace_back(rule.rule_id(), rule.rule_id());
    }
    Complain(console, absl::StrCat("no rule is called `", id, "`",
                                   DidYouMean(NearestNames(id, names))));
    return false;
  }
  return true;
}

void PrintVisit(const Console& console, const CommandLine& line,
                const CompiledCatalog& catalog,
                const Consultation& consultation,
                const Consultation::Visit& visit, const v1::AreaDecision& area,
                const v1::Decision& decision) {
  VisitPrinter printer(console, catalog, consultation, visit);
  printer.PrintDecision(area, decision);
  int hidden = 0;
  for (const CompiledRule* rule : visit.program->rules) {
    const Truth truth = EvaluateRule(catalog, *rule, visit.facts);
    const std::string& id = rule->rule->rule_id();
    const bool wanted = line.rules.empty()
                            ? line.all || truth != Truth::kFalse
                            : std::find(line.rules.begin(), line.rules.end(),
                                        id) != line.rules.end();
    if (wanted) {
      printer.PrintRule(*rule, truth);
    } else {
      ++hidden;
    }
  }
  for (const std::string& id : line.rules) {
    if (std::none_of(visit.program->rules.begin(), visit.program->rules.end(),
                     [&](const CompiledRule* rule) {
                       return rule->rule->rule_id() == id;
                     })) {
      *console.out << id << " does not apply to this treatment under this "
                   << "profile\n\n";
    }
  }
  if (hidden > 0 && line.rules.empty()) {
    *console.out << Counted(hidden, "rule is", "rules are")
                 << " false; --all shows them, too\n\n";
  }
}

}  // namespace

int Explain(const Console& console, const CommandLine& line) {
  int exit_code = kExitOk;
  const std::unique_ptr<ToolCatalog> opened =
      OpenCatalog(console, line.catalog, &exit_code, line.overlays);
  if (opened == nullptr) return exit_code;
  const CompiledCatalog& catalog = *opened->compiled;
  if (!CheckRules(console, line, catalog)) return kExitUsage;
  const std::optional<Asked> asked =
      ReadAsked(console, line, *opened, &exit_code);
  if (!asked.has_value()) return exit_code;

  Violations violations;
  Environment environment;
  environment.today = asked->today;
  v1::Decision decision;
  if (!Screen(catalog, environment, asked->request, &decision, &violations)) {
    for (const FieldViolation& v : violations) {
      Complain(console, absl::StrCat("`", v.field, "` ", v.description));
    }
    return kExitFault;
  }
  const std::unique_ptr<const Consultation> consultation =
      Consultation::Create(catalog, asked->request, asked->today, &violations);
  for (const v1::Notice& notice : decision.notices()) {
    *console.out << Wrapped(absl::StrCat("notice: ", notice.text()), 0);
  }
  if (!decision.notices().empty()) *console.out << "\n";
  // The decision lists treatments and areas in the order of the request, as
  // the consultation does.
  size_t next = 0;
  for (const v1::TreatmentDecision& treatment : decision.treatments()) {
    for (const v1::AreaDecision& area : treatment.areas()) {
      PrintVisit(console, line, catalog, *consultation,
                 consultation->visits()[next++], area, decision);
    }
  }
  return kExitOk;
}

}  // namespace needlewise
