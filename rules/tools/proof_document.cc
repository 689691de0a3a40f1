#include "rules/tools/proof_document.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace needlewise {
namespace {

using analysis::Outcome;
using analysis::Property;

Inline ResultOf(const Property& property) {
  Inline text;
  text.Styled(property.finding.outcome == Outcome::kProved
                  ? Span::Style::kGood
                  : Span::Style::kMissing,
              analysis::NameOf(property.finding.outcome));
  if (!property.finding.detail.empty()) {
    text.Add(absl::StrCat(" — ", property.finding.detail));
  }
  return text;
}

void AddTable(const analysis::ProofReport& report, bool invariants,
              Document* document) {
  std::vector<std::vector<Inline>> rows;
  for (const Property& p : report.properties) {
    if (p.is_invariant != invariants) continue;
    rows.push_back({Inline().Code(p.id), p.statement, ResultOf(p),
                    absl::StrCat(p.slices), absl::StrCat(p.questions),
                    absl::StrFormat("%.1f s", p.seconds)});
  }
  document->Table(
      {"Property", "Meaning", "Result", "Slices", "Questions", "Time"},
      std::move(rows));
}

}  // namespace

Document DescribeProof(const v1::RuleCatalog& catalog,
                       const analysis::ProofReport& report) {
  Document document(absl::StrCat("Proofs of ", catalog.manifest().title()));
  int proved = 0;
  for (const Property& p : report.properties) {
    proved += p.finding.outcome == Outcome::kProved;
  }
  document.Paragraph(Inline("Edition ")
                         .Bold(report.version.version())
                         .Add(", digest ")
                         .Code(report.version.digest())
                         .Add("."));
  document.Paragraph(absl::StrFormat(
      "%d of %d properties are proved, in %.1f s.", proved,
      static_cast<int>(report.properties.size()), report.seconds));
  document.Paragraph(
      Inline("A proof covers every patient and everything that can be known of "
             "one, every treatment area, device, concern and depth, and every "
             "day of decision; the laws also every profile and "
             "acknowledgement. It was made with the solver Z3 from the rules "
             "as they are written, which the document of ")
          .Code("needlewise-rules render")
          .Add(" shows. Run it again with ")
          .Code("needlewise-rules prove")
          .Add("."));
  document.Contents();
  document.Heading(2, "laws", "Laws");
  document.Paragraph(
      "What the engine owes every catalogue, and that it runs this one as it "
      "is written.");
  AddTable(report, false, &document);
  document.Heading(2, "invariants", "Invariants");
  document.Paragraph(
      "What this catalogue owes its patients. Where a premise is that "
      "something is possible, it covers what nobody asked about.");
  AddTable(report, true, &document);
  document.Heading(2, "signature", "Signature");
  document.Table({"Name", "Role", "Date", "Signature"},
                 {{"", "", "", ""}, {"", "", "", ""}});
  return document;
}

}  // namespace needlewise
