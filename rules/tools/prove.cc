#include "rules/tools/prove.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rules/analysis/laws.h"
#include "rules/analysis/prover.h"
#include "rules/analysis/witness.h"
#include "rules/tools/catalog_input.h"
#include "rules/tools/document.h"
#include "rules/tools/file_io.h"
#include "rules/tools/proof_document.h"
#include "rules/tools/solver_flags.h"
#include "rules/tools/text_layout.h"

namespace needlewise {
namespace {

using analysis::Outcome;
using analysis::ProofReport;
using analysis::Property;
using analysis::ProveOptions;

int Complain(const Console& console, const std::string& message) {
  *console.err << "needlewise-rules: " << message << "\n";
  return kExitUsage;
}

bool IsProperty(const v1::RuleCatalog& catalog, const std::string& id) {
  for (const analysis::Law& law : analysis::Laws()) {
    if (law.id == id) return true;
  }
  for (const v1::Invariant& i : catalog.invariants()) {
    if (i.invariant_id() == id) return true;
  }
  return false;
}

void PrintReport(const Console& console, const ProofReport& report,
                 bool with_witnesses) {
  std::vector<std::vector<std::string>> rows = {
      {"property", "result", "slices", "questions", "seconds"}};
  int proved = 0;
  for (const Property& p : report.properties) {
    proved += p.finding.outcome == Outcome::kProved;
    rows.push_back({p.id, analysis::NameOf(p.finding.outcome),
                    absl::StrCat(p.slices), absl::StrCat(p.questions),
                    absl::StrFormat("%.1f", p.seconds)});
  }
  for (const Property& p : report.properties) {
    if (p.finding.outcome == Outcome::kProved) continue;
    *console.out << Paint(console.color, Tone::kBold, p.id + ":") << " "
                 << Paint(console.color, Tone::kBad,
                          analysis::NameOf(p.finding.outcome))
                 << "\n"
                 << Wrapped(p.statement, 4) << "  - " << p.finding.detail
                 << "\n";
    if (with_witnesses && p.finding.witness.cases_size() > 0) {
      *console.out << "\n" << analysis::WriteSuite(p.finding.witness);
    }
    *console.out << "\n";
  }
  *console.out << TextTable(rows)
               << absl::StrFormat(
                      "%d of %d properties proved in %.1f seconds\n", proved,
                      static_cast<int>(report.properties.size()),
                      report.seconds);
}

testing::v1::RuleCaseSuite AllWitnesses(const ProofReport& report) {
  testing::v1::RuleCaseSuite all;
  for (const Property& p : report.properties) all.MergeFrom(p.finding.witness);
  return all;
}

}  // namespace

int Prove(const Console& console, const CommandLine& line) {
  ProveOptions options;
  if (!ReadSolverFlags(console, line, &options.milliseconds,
                       &options.threads)) {
    return kExitUsage;
  }
  int exit_code = kExitOk;
  const std::unique_ptr<ToolCatalog> catalog =
      OpenCatalog(console, line.catalog, &exit_code);
  if (catalog == nullptr) return exit_code;
  const v1::RuleCatalog& written = catalog->compiled->catalog;
  for (const std::string& id : line.only) {
    if (!IsProperty(written, id)) {
      return Complain(console, absl::StrCat("--only `", id,
                                            "` is neither a law nor an "
                                            "invariant of the catalogue"));
    }
  }
  options.only = line.only;
  options.progress = [&](int done, int all, const std::string& slice) {
    *console.err << "prove: " << done << "/" << all << " " << slice
                 << std::endl;
  };
  const ProofReport report =
      analysis::ProveCatalog(written, *catalog->compiled, options);

  const bool document_alone = line.html == "-" || line.markdown == "-";
  if (!document_alone) {
    PrintReport(console, report, line.witnesses.empty());
  }
  const Document document = DescribeProof(written, report);
  const std::vector<std::pair<std::string, std::string>> files = {
      {line.html, line.html.empty() ? "" : ToHtml(document)},
      {line.markdown, line.markdown.empty() ? "" : ToMarkdown(document)},
      {line.witnesses, line.witnesses.empty()
                           ? ""
                           : analysis::WriteSuite(AllWitnesses(report))}};
  for (const auto& [path, text] : files) {
    if (path.empty()) continue;
    const absl::Status status = WriteFile(console, path, text);
    if (!status.ok()) return Complain(console, std::string(status.message()));
  }
  return report.AllProved() ? kExitOk : kExitFault;
}

}  // namespace needlewise
