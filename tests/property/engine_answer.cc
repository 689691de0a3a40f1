#include "tests/property/engine_answer.h"

#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "rules/engine/catalog_loader.h"
#include "rules/engine/decide.h"

namespace needlewise {
namespace {

const char* NameOf(Truth truth) {
  return truth == Truth::kTrue    ? "true"
         : truth == Truth::kFalse ? "false"
                                  : "unknown";
}

std::map<std::string, Truth> TruthsOf(const v1::AreaDecision& decision) {
  std::map<std::string, Truth> truths;
  for (const v1::FiredRule& fired : decision.fired()) {
    truths[fired.rule_id()] = Truth::kTrue;
  }
  for (const std::string& id : decision.unknown_rules()) {
    truths[id] = Truth::kUnknown;
  }
  return truths;
}

std::string LineOf(const oracle::NoticeLine& notice) {
  return absl::StrCat(v1::NoticeKind_Name(std::get<0>(notice)), " ",
                      std::get<1>(notice), " [",
                      absl::StrJoin(std::get<2>(notice), ","), "]");
}

std::set<std::string> LinesOf(
    const google::protobuf::RepeatedPtrField<v1::Notice>& notices) {
  std::set<std::string> lines;
  for (const v1::Notice& n : notices) {
    lines.insert(LineOf({n.kind(),
                         n.has_coding() ? absl::StrCat(n.coding().system(), "|",
                                                       n.coding().code())
                                        : n.concept(),
                         {n.findings().begin(), n.findings().end()}}));
  }
  return lines;
}

}  // namespace

v1::ScreenEligibilityRequest RequestOf(const oracle::Inquiry& inquiry) {
  v1::ScreenEligibilityRequest request;
  request.set_as_of(FormatDay(inquiry.as_of));
  *request.mutable_patient() = inquiry.patient;
  request.set_profile(inquiry.profile);
  v1::TreatmentSelection* treatment = request.add_treatments();
  treatment->set_treatment(inquiry.treatment);
  treatment->add_areas(inquiry.area);
  if (!inquiry.device.empty()) {
    treatment->mutable_device()->set_device(inquiry.device);
    if (inquiry.needle_depth_mm.has_value()) {
      treatment->mutable_device()->set_needle_depth_mm(
          *inquiry.needle_depth_mm);
    }
  }
  for (const std::string& concern : inquiry.concerns) {
    treatment->add_concerns(concern);
  }
  for (const std::string& rule : inquiry.acknowledged) {
    v1::Acknowledgement* acknowledgement = request.add_acknowledgements();
    acknowledgement->set_rule_id(rule);
    acknowledgement->set_clinician_reference("somebody");
    acknowledgement->set_reason("It was looked at.");
  }
  return request;
}

v1::Decision Screened(const CompiledCatalog& catalog,
                      const v1::ScreenEligibilityRequest& request, Day today,
                      const std::vector<v1::Finding>& site_findings) {
  Environment environment;
  environment.today = FromDay(today);
  environment.site_findings = &site_findings;
  v1::Decision decision;
  Violations violations;
  if (!Screen(catalog, environment, request, &decision, &violations)) {
    for (const FieldViolation& v : violations) {
      ADD_FAILURE() << v.field << ": " << v.description << "\n"
                    << request.DebugString();
    }
  }
  return decision;
}

v1::Decision Screened(const CompiledCatalog& catalog,
                      const oracle::Inquiry& inquiry) {
  return Screened(catalog, RequestOf(inquiry), inquiry.today,
                  inquiry.site_findings);
}

const v1::AreaDecision& OnlyArea(const v1::Decision& decision) {
  EXPECT_EQ(decision.treatments_size(), 1);
  EXPECT_EQ(decision.treatments(0).areas_size(), 1);
  return decision.treatments(0).areas(0);
}

std::set<std::string> OutstandingOf(const v1::AreaDecision& decision) {
  std::set<std::string> outstanding;
  for (const v1::Question& question : decision.outstanding()) {
    EXPECT_TRUE(outstanding.insert(question.concept()).second)
        << question.concept() << " is asked twice";
  }
  return outstanding;
}

std::string Differences(const oracle::Oracle& oracle,
                        const oracle::Inquiry& inquiry,
                        const v1::Decision& decision,
                        const oracle::Answer& expected) {
  const v1::AreaDecision& area = OnlyArea(decision);
  std::string lines;
  const auto differ = [&](absl::string_view what, absl::string_view engine,
                          absl::string_view wanted) {
    if (engine == wanted) return;
    absl::StrAppend(&lines, what, ": engine ", engine, ", oracle ", wanted,
                    "\n");
  };
  std::map<std::string, Truth> truths = TruthsOf(area);
  for (const v1::Rule* rule :
       oracle.RulesOf(inquiry.treatment, inquiry.profile)) {
    const auto found = truths.find(rule->rule_id());
    Truth engine = found == truths.end() ? Truth::kFalse : found->second;
    Truth wanted = expected.truths.at(rule->rule_id());
    // Of a note only its truth is told.
    if (rule->has_note() && wanted == Truth::kUnknown) wanted = Truth::kFalse;
    differ(rule->rule_id(), NameOf(engine), NameOf(wanted));
  }
  differ("verdict", v1::Verdict_Name(area.verdict()),
         v1::Verdict_Name(expected.verdict));
  differ("possible", v1::Verdict_Name(area.possible()),
         v1::Verdict_Name(expected.possible));
  differ("eligible_from", area.eligible_from(),
         expected.eligible_from.has_value() ? FormatDay(*expected.eligible_from)
                                            : "");
  std::set<std::string> notices;
  for (const oracle::NoticeLine& n : expected.notices) {
    notices.insert(LineOf(n));
  }
  differ("notices", absl::StrJoin(LinesOf(decision.notices()), "; "),
         absl::StrJoin(notices, "; "));
  return lines;
}

std::string BytesOf(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

std::string Describe(const v1::RuleCatalog& catalog,
                     const oracle::Inquiry& inquiry) {
  v1::RuleCatalog shown;
  *shown.mutable_areas() = catalog.areas();
  *shown.mutable_concepts() = catalog.concepts();
  *shown.mutable_implications() = catalog.implications();
  *shown.mutable_devices() = catalog.devices();
  *shown.mutable_rules() = catalog.rules();
  for (v1::Concept& c : *shown.mutable_concepts()) {
    c.clear_question();
    c.clear_display();
    c.clear_answer_sources();
    for (v1::ConceptCode& code : *c.mutable_codes()) code.clear_display();
  }
  for (v1::Device& device : *shown.mutable_devices()) {
    device.clear_citations();
    for (auto& use : *device.mutable_cleared_uses()) use.clear_citations();
  }
  for (v1::Rule& rule : *shown.mutable_rules()) {
    rule.clear_citations();
    rule.clear_clinician_text();
    rule.clear_cleared_by();
    rule.clear_title();
    rule.clear_evidence_rows();
  }
  std::string text;
  google::protobuf::TextFormat::Printer printer;
  printer.SetUseShortRepeatedPrimitives(true);
  printer.PrintToString(shown, &text);
  return absl::StrCat(text, "today ", FormatDay(inquiry.today), "\n",
                      RequestOf(inquiry).DebugString());
}

std::shared_ptr<const CompiledCatalog> LoadRandom(
    const v1::RuleCatalog& catalog) {
  CatalogFileText file;
  file.name = "random.textproto";
  EXPECT_TRUE(
      google::protobuf::TextFormat::PrintToString(catalog, &file.content));
  const LoadResult loaded = LoadCatalog({file});
  for (const v1::Diagnostic& diagnostic : loaded.diagnostics) {
    if (diagnostic.severity() != v1::SEVERITY_ERROR) continue;
    EXPECT_TRUE(
        absl::StrContains(diagnostic.message(), "too many places") ||
        absl::StrContains(diagnostic.message(), "nearly the same length"))
        << FormatDiagnostic(diagnostic);
  }
  return loaded.catalog;
}

}  // namespace needlewise
