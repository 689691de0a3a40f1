#include "rules/tools/coverage_report.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rules/tools/condition_words.h"
#include "rules/tools/document.h"
#include "rules/tools/file_io.h"
#include "rules/tools/text_layout.h"

namespace needlewise {
namespace {

constexpr v1::EffectKind kEffects[] = {
    v1::EFFECT_KIND_CONTRAINDICATION, v1::EFFECT_KIND_DEFERRAL,
    v1::EFFECT_KIND_REVIEW, v1::EFFECT_KIND_PRECAUTION, v1::EFFECT_KIND_NOTE};

// How many were seen true, false and unknown, of those that can be.
struct Tally {
  int count = 0;
  int seen_true = 0, can_true = 0;
  int seen_false = 0, can_false = 0;
  int seen_unknown = 0, can_unknown = 0;

  void Add(const SeenTruths& seen) {
    ++count;
    can_true += seen.possible.is_true;
    can_false += seen.possible.is_false;
    can_unknown += seen.possible.unknown;
    seen_true += seen.possible.is_true && seen.is_true;
    seen_false += seen.possible.is_false && seen.is_false;
    seen_unknown += seen.possible.unknown && seen.unknown;
  }

  // All of nothing is all.
  double Percent() const {
    const int can = can_true + can_false + can_unknown;
    const int seen = seen_true + seen_false + seen_unknown;
    return can == 0 ? 100 : 100.0 * seen / can;
  }

  std::vector<std::string> Row(const std::string& name) const {
    return {
        name, absl::StrCat(count), absl::StrCat(seen_true, "/", can_true),
        absl::StrCat(seen_false, "/", can_false),
        absl::StrCat(seen_unknown, "/", can_unknown),
        // Rounded down: only all of it is 100.0 %.
        absl::StrFormat("%.1f %%", static_cast<int>(Percent() * 10) / 10.0)};
  }
};

struct Totals {
  Tally rules;
  Tally leaves;
};

Totals TotalsOf(const CoverageReport& report) {
  Totals totals;
  for (const CoveredRule& rule : report.rules) {
    totals.rules.Add(rule.seen);
    for (const CoveredLeaf& leaf : rule.leaves) totals.leaves.Add(leaf.seen);
  }
  return totals;
}

std::vector<std::vector<std::string>> SummaryRows(
    const CoverageReport& report) {
  std::vector<std::vector<std::string>> rows = {
      {"", "number", "true", "false", "unknown", "seen"}};
  for (const v1::EffectKind effect : kEffects) {
    Tally tally;
    for (const CoveredRule& rule : report.rules) {
      if (rule.effect == effect) tally.Add(rule.seen);
    }
    if (tally.count > 0) rows.push_back(tally.Row(EffectInWords(effect)));
  }
  const Totals totals = TotalsOf(report);
  rows.push_back(totals.rules.Row("all rules"));
  rows.push_back(totals.leaves.Row("all leaves"));
  return rows;
}

// `T`, `F` and `?` for what was seen, `-` for what was not, and a dot for what
// cannot be.
std::string Marks(const SeenTruths& seen) {
  const auto mark = [](bool possible, bool was_seen, const char* letter) {
    return !possible ? "." : was_seen ? letter : "-";
  };
  return absl::StrCat(mark(seen.possible.is_true, seen.is_true, "T"),
                      mark(seen.possible.is_false, seen.is_false, "F"),
                      mark(seen.possible.unknown, seen.unknown, "?"));
}

std::string TextLine(bool color, const std::string& indent,
                     const SeenTruths& seen, const std::string& file, int line,
                     const std::string& words) {
  const std::string missing = seen.Missing();
  return absl::StrCat(
      indent,
      Paint(color, missing.empty() ? Tone::kGood : Tone::kBad, Marks(seen)),
      "  ", words, missing.empty() ? "" : absl::StrCat(": ", missing),
      Paint(color, Tone::kDim, absl::StrCat("  ", file, ":", line)), "\n");
}

Inline HtmlTruth(bool possible, bool seen) {
  Inline cell;
  if (!possible) return cell.Styled(Span::Style::kDim, "cannot be");
  return seen ? cell.Styled(Span::Style::kGood, "seen")
              : cell.Styled(Span::Style::kMissing, "not seen");
}

std::vector<Inline> HtmlRow(Inline what, const SeenTruths& seen) {
  return {std::move(what), HtmlTruth(seen.possible.is_true, seen.is_true),
          HtmlTruth(seen.possible.is_false, seen.is_false),
          HtmlTruth(seen.possible.unknown, seen.unknown)};
}

constexpr char kExplanation[] =
    "What only looks at the request (area, device, concern, needle depth) is "
    "never unknown.";

}  // namespace

std::string CoverageText(const CoverageReport& report, bool all, bool color) {
  std::string text = TextTable(SummaryRows(report));
  absl::StrAppend(&text, kExplanation, "\n");
  std::string list;
  for (const CoveredRule& rule : report.rules) {
    if (!all && rule.Complete()) continue;
    list +=
        TextLine(color, "", rule.seen, rule.file, rule.line,
                 absl::StrCat(EffectInWords(rule.effect), " ", rule.rule_id));
    for (const CoveredLeaf& leaf : rule.leaves) {
      if (!all && leaf.seen.Missing().empty()) continue;
      list +=
          TextLine(color, "  ", leaf.seen, leaf.file, leaf.line, leaf.words);
    }
  }
  if (list.empty()) return text;
  absl::StrAppend(
      &text, "\n", all ? "Every rule and leaf" : "Not seen by any case",
      " (T true, F false, ? unknown, - not seen, . cannot be):\n", list);
  return text;
}

std::string CoverageHtml(const CoverageReport& report,
                         const v1::CatalogVersion& version) {
  Document document("What the cases have seen of the rules");
  document.Paragraph(
      Inline(absl::StrCat("Catalogue ", version.version(), ", digest "))
          .Code(version.digest())
          .Add(absl::StrCat("; ", Counted(report.cases, "case", "cases"), ". ",
                            kExplanation)));
  std::vector<std::vector<std::string>> summary = SummaryRows(report);
  std::vector<std::vector<Inline>> rows;
  for (size_t i = 1; i < summary.size(); ++i) {
    rows.emplace_back(summary[i].begin(), summary[i].end());
  }
  document.Table({"", "Number", "True", "False", "Unknown", "Seen"},
                 std::move(rows));

  document.Heading(2, "not-seen", "Not seen");
  std::vector<ListItem> missing;
  for (const CoveredRule& rule : report.rules) {
    if (rule.Complete()) continue;
    ListItem item;
    item.text.Link(rule.rule_id, absl::StrCat("#rule-", rule.rule_id))
        .Add(rule.seen.Missing().empty()
                 ? ""
                 : absl::StrCat(": ", rule.seen.Missing()));
    for (const CoveredLeaf& leaf : rule.leaves) {
      if (leaf.seen.Missing().empty()) continue;
      item.items.push_back(
          {Inline(absl::StrCat(leaf.words, ": ", leaf.seen.Missing())), {}});
    }
    missing.push_back(std::move(item));
  }
  if (missing.empty()) document.Paragraph("Nothing: every truth was seen.");
  document.List(std::move(missing));

  document.Heading(2, "rules", "Rules and the leaves of their conditions");
  for (const CoveredRule& rule : report.rules) {
    document.BeginGroup();
    document.Heading(4, absl::StrCat("rule-", rule.rule_id),
                     Inline().Code(rule.rule_id), false);
    document.Paragraph(Inline(absl::StrCat(EffectInWords(rule.effect), ", "))
                           .Code(absl::StrCat(rule.file, ":", rule.line)));
    std::vector<std::vector<Inline>> table = {
        HtmlRow(Inline().Bold("the rule"), rule.seen)};
    for (const CoveredLeaf& leaf : rule.leaves) {
      table.push_back(HtmlRow(
          Inline(leaf.words)
              .Styled(Span::Style::kDim, absl::StrCat(" line ", leaf.line)),
          leaf.seen));
    }
    document.Table({"", "True", "False", "Unknown"}, std::move(table));
    document.EndGroup();
  }
  return ToHtml(document);
}

int Coverage(const Console& console, const CommandLine& line) {
  double minimum = 100;
  if (!line.minimum.empty() && (!absl::SimpleAtod(line.minimum, &minimum) ||
                                !(minimum >= 0 && minimum <= 100))) {
    *console.err << "needlewise-rules: --minimum is a percentage, 0 to 100, "
                    "not `"
                 << line.minimum << "`\n";
    return kExitUsage;
  }
  int exit_code = kExitOk;
  const std::unique_ptr<ToolCatalog> catalog =
      OpenCatalog(console, line.catalog, &exit_code, line.overlays);
  if (catalog == nullptr) return exit_code;
  const CoverageReport report = MeasureCoverage(*catalog);
  if (line.html != "-") {
    *console.out << CoverageText(report, line.all, console.color);
  }
  if (!line.html.empty()) {
    const absl::Status written = WriteFile(
        console, line.html, CoverageHtml(report, catalog->compiled->version));
    if (!written.ok()) {
      *console.err << "needlewise-rules: " << written.message() << "\n";
      return kExitUsage;
    }
  }
  const Totals totals = TotalsOf(report);
  if (report.cases == 0 && !report.rules.empty()) {
    *console.err << "needlewise-rules: no case ran; add some under cases/\n";
    return kExitFault;
  }
  return totals.rules.Percent() < minimum || totals.leaves.Percent() < minimum
             ? kExitFault
             : kExitOk;
}

}  // namespace needlewise
