#include "rules/engine/patient_intake.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rules/engine/code_lookup.h"
#include "rules/engine/nearest_names.h"
#include "rules/engine/patient_facts.h"

namespace needlewise {
namespace {

constexpr int kOldestAge = 130;
constexpr int kMostSuggestions = 20;
constexpr size_t kLongestCode = 64;
constexpr size_t kLongestReference = 256;
constexpr char kDateForm[] =
    "is not a date that exists; write YYYY, YYYY-MM or YYYY-MM-DD";

// Where a fault is; put together only when there is one.
class Path {
 public:
  Path(const char* list, int index) : list_(list), index_(index) {}

  std::string operator+(absl::string_view field) const {
    return absl::StrCat(list_, "[", index_, "]", field);
  }

 private:
  const char* list_;
  int index_;
};

// Twelve digits: the same amount is the same number, whatever its unit was.
double WithoutNoise(double value) {
  double rounded = value;
  return absl::SimpleAtod(absl::StrFormat("%.12g", value), &rounded) ? rounded
                                                                     : value;
}

// What closing its section states of a concept.
v1::FindingStatus StatusIfClosed(const CompiledConcept& about) {
  return about.definition != nullptr &&
                 about.definition->tense() == v1::QUESTION_TENSE_EVER
             ? v1::FINDING_STATUS_NEVER
             : v1::FINDING_STATUS_ABSENT;
}

class Reader {
 public:
  Reader(const CompiledCatalog& catalog, Day as_of, Day today,
         PatientIntake* intake, Violations* violations)
      : catalog_(catalog),
        as_of_(as_of),
        today_(today),
        intake_(*intake),
        violations_(*violations) {}

  void ReadAge(const v1::Patient& patient) {
    if (patient.has_age_years()) {
      if (patient.age_years() < 0 || patient.age_years() > kOldestAge) {
        Fault("patient.age_years",
              absl::StrCat("must be from 0 to ", kOldestAge, " years"));
      } else {
        intake_.age_years = patient.age_years();
      }
    }
    if (patient.birth_date().empty()) return;
    intake_.birth = ReadDate([] { return std::string("patient.birth_date"); },
                             patient.birth_date());
    if (!intake_.birth.has_value()) return;
    if (intake_.birth->first > as_of_) {
      Fault("patient.birth_date", "lies after the day of the decision");
      return;
    }
    const AgeInterval age = AgeOn(*intake_.birth, as_of_);
    if (age.least > kOldestAge) {
      Fault("patient.birth_date",
            absl::StrCat("gives an age above ", kOldestAge, " years"));
    }
    if (intake_.age_years.has_value() &&
        (*intake_.age_years < age.least || *intake_.age_years > age.greatest)) {
      Fault("patient.age_years",
            "disagrees with `patient.birth_date` on the day of the decision; "
            "correct one or leave one out");
    }
  }

  void ReadFinding(const v1::Finding& finding, const Path& path, int index) {
    Statement statement;
    statement.finding = index;
    statement.given = &finding;
    statement.source = finding.source();
    if (!v1::Source_IsValid(finding.source())) {
      Fault(path + ".source", "is not a source");
    }
    const size_t faults = violations_.size();
    const Concepts concepts = ReadSubject(finding, path, index);
    ReadDates(finding, path, &statement);
    ReadAreas(finding, path, &statement);
    ReadStatus(finding, path, &statement);
    for (const int c : concepts) {
      statement.concept_index = c;
      ReadForConcept(finding, path, catalog_.concepts[c], &statement);
      if (violations_.size() == faults) {
        intake_.statements.push_back(statement);
      }
    }
  }

  void ReadClosedSection(const v1::ClosedSection& closed, const Path& path) {
    const auto section = catalog_.section_index.find(closed.section());
    if (section == catalog_.section_index.end()) {
      std::vector<std::pair<std::string, std::string>> names;
      for (const auto& s : catalog_.catalog.sections()) {
        names.emplace_back(s.section_id(), s.section_id());
      }
      Fault(path + ".section",
            absl::StrCat("is not a section of the catalogue",
                         DidYouMean(NearestNames(closed.section(), names))));
    }
    if (!v1::Source_IsValid(closed.source())) {
      Fault(path + ".source", "is not a source");
    }
    const DayInterval recorded = ReadRecorded(closed.recorded(), path);
    if (section == catalog_.section_index.end()) return;
    intake_.closures.push_back({section->second, closed.source(), recorded});
  }

  // Finds what the closed sections say nothing of, once all else is read.
  void FindNotClosed() {
    if (intake_.closures.empty()) return;
    mentioned_.assign(catalog_.concepts.size(), false);
    std::vector<int32_t>& open = intake_.not_closed;
    for (const Statement& s : intake_.statements) {
      if (mentioned_[s.concept_index]) continue;
      mentioned_[s.concept_index] = true;
      open.push_back(s.concept_index);
    }
    // Gates of what is mentioned, and theirs.
    for (size_t i = 0; i < open.size(); ++i) {
      for (const int arc : catalog_.implications_to[open[i]]) {
        const int gate = catalog_.implications[arc].gate;
        if (std::find(open.begin(), open.end(), gate) == open.end()) {
          open.push_back(gate);
        }
      }
    }
    open.erase(std::remove_if(open.begin(), open.end(),
                              [&](int c) {
                                return !mentioned_[c] &&
                                       !DeniedByStatement(c, ClosedStatus(c));
                              }),
               open.end());
    std::sort(open.begin(), open.end());
  }

 private:
  // What one finding is about: nearly always one concept.
  using Concepts = ConceptIndices;

  void Fault(std::string field, std::string description) {
    violations_.push_back({std::move(field), std::move(description)});
  }

  v1::FindingStatus ClosedStatus(int concept_index) const {
    return StatusIfClosed(catalog_.concepts[concept_index]);
  }

  // Whether what `answer` to a gate implies is contradicted, or expressly left
  // open, by a statement. Nobody gave such an answer, so closing its section
  // does not either.
  bool DeniedByStatement(int gate, v1::FindingStatus answer) const {
    for (const int i : catalog_.implications_from[gate]) {
      const CompiledImplication& arc = catalog_.implications[i];
      const v1::FindingStatus given = arc.implication->given().status();
      if (given != answer && (given != v1::FINDING_STATUS_ABSENT ||
                              answer != v1::FINDING_STATUS_NEVER)) {
        continue;
      }
      const bool is_quantity = catalog_.concepts[arc.target].is_quantity;
      const v1::FindingStatus implied =
          is_quantity ? v1::FINDING_STATUS_UNSPECIFIED : arc.state->status();
      if (!is_quantity && DeniedByStatement(arc.target, implied)) return true;
      if (!mentioned_[arc.target]) continue;
      for (const Statement& s : intake_.statements) {
        if (s.concept_index == arc.target && Denies(arc, implied, s)) {
          return true;
        }
      }
    }
    return false;
  }

  bool Denies(const CompiledImplication& arc, v1::FindingStatus implied,
              const Statement& s) const {
    const CompiledConcept& target = catalog_.concepts[arc.target];
    if (s.status == v1::FINDING_STATUS_UNKNOWN) return true;
    if (target.is_quantity) {
      return (arc.implied >> QuantityCell(target, s.value) & 1) == 0;
    }
    switch (s.status) {
      case v1::FINDING_STATUS_PRESENT:
        return implied != v1::FINDING_STATUS_PRESENT;
      case v1::FINDING_STATUS_PAST:
        return implied != v1::FINDING_STATUS_ABSENT;
      default:
        return implied == v1::FINDING_STATUS_PRESENT;
    }
  }

  // `where()` puts the path together.
  template <typename Where>
  std::optional<DayInterval> ReadDate(Where where, const std::string& text) {
    const std::optional<DayInterval> days = ParsePartialDate(text);
    if (!days.has_value()) {
      Fault(where(), kDateForm);
    } else if (days->first > today_) {
      Fault(where(), "lies after today");
      return std::nullopt;
    }
    return days;
  }

  DayInterval ReadRecorded(const std::string& text, const Path& path) {
    const Day with_request = std::min(today_, as_of_);
    if (text.empty()) return {with_request, with_request};
    const std::optional<DayInterval> days =
        ReadDate([&] { return path + ".recorded"; }, text);
    if (!days.has_value()) return {with_request, with_request};
    // The part of a partial date after the day of the decision does not count.
    return {days->first,
            std::min(days->last, std::max(with_request, days->first))};
  }

  void ReadDates(const v1::Finding& finding, const Path& path,
                 Statement* statement) {
    const auto read = [&](const std::string& text, const char* field, bool* has,
                          DayInterval* days) {
      if (text.empty()) return;
      const auto interval =
          ReadDate([&] { return path + absl::StrCat(".", field); }, text);
      if (!interval.has_value()) return;
      *has = true;
      *days = *interval;
    };
    read(finding.onset(), "onset", &statement->has_onset, &statement->onset);
    read(finding.last(), "last", &statement->has_last, &statement->last);
    statement->recorded = ReadRecorded(finding.recorded(), path);
    if (statement->has_onset && statement->has_last &&
        statement->onset.first > statement->last.last) {
      Fault(path + ".onset", "lies after `last`");
    }
  }

  void ReadAreas(const v1::Finding& finding, const Path& path,
                 Statement* statement) {
    for (int i = 0; i < finding.areas_size(); ++i) {
      const auto area = catalog_.area_index.find(finding.areas(i));
      if (area == catalog_.area_index.end()) {
        std::vector<std::pair<std::string, std::string>> names;
        for (const auto& a : catalog_.catalog.areas()) {
          names.emplace_back(a.area_id(), a.area_id());
        }
        Fault(path + absl::StrCat(".areas[", i, "]"),
              absl::StrCat(
                  "is not an area of the catalogue",
                  (++suggestions_ > kMostSuggestions
                       ? std::string()
                       : DidYouMean(NearestNames(finding.areas(i), names)))));
      } else {
        statement->areas |= WorldSet{1} << area->second;
      }
    }
    statement->areas_complete = finding.areas_complete();
    if (!finding.areas_complete()) return;
    if (finding.areas().empty()) {
      Fault(path + ".areas_complete",
            "says that `areas` are all, and there are none; name them");
    }
    if (finding.status() != v1::FINDING_STATUS_PRESENT &&
        finding.status() != v1::FINDING_STATUS_PAST) {
      Fault(path + ".areas_complete", "goes with PRESENT or PAST only");
    }
  }

  void ReadStatus(const v1::Finding& finding, const Path& path,
                  Statement* statement) {
    statement->status = finding.status();
    if (!v1::FindingStatus_IsValid(finding.status())) {
      Fault(path + ".status", "is not a status");
    }
    const bool has_status = finding.status() != v1::FINDING_STATUS_UNSPECIFIED;
    if (!finding.has_quantity() && !has_status) {
      Fault(path + ".status",
            "is required; PRESENT, PAST, ABSENT, NEVER or UNKNOWN");
    }
    if (finding.status() == v1::FINDING_STATUS_NEVER ||
        finding.status() == v1::FINDING_STATUS_UNKNOWN) {
      if (statement->has_last) {
        Fault(path + ".last", "does not go with NEVER or UNKNOWN; use PAST");
      }
      if (statement->has_onset) {
        Fault(path + ".onset",
              "does not go with NEVER or UNKNOWN; use PRESENT or PAST");
      }
    }
    if (finding.status() == v1::FINDING_STATUS_ABSENT && statement->has_last) {
      statement->status = v1::FINDING_STATUS_PAST;
    }
  }

  Concepts ReadSubject(const v1::Finding& finding, const Path& path,
                       int index) {
    switch (finding.subject_case()) {
      case v1::Finding::kConcept: {
        const auto found = catalog_.concept_index.find(finding.concept());
        if (found != catalog_.concept_index.end()) {
          if (found->second == catalog_.age_concept) {
            Fault(path + ".concept",
                  "the age is stated in `patient.age_years` or "
                  "`patient.birth_date`");
            return {};
          }
          return {found->second};
        }
        Fault(path + ".concept",
              absl::StrCat("is not a concept of the catalogue",
                           NearestConcepts(finding.concept())));
        return {};
      }
      case v1::Finding::kCoding:
        return ReadCoding(finding, path, index);
      case v1::Finding::SUBJECT_NOT_SET:
        break;
    }
    Fault(path + "",
          "says nothing of what it is about; set `concept` or `coding`");
    return {};
  }

  Concepts ReadCoding(const v1::Finding& finding, const Path& path, int index) {
    const v1::Coding& coding = finding.coding();
    if (coding.system().empty() || coding.code().empty() ||
        coding.code().size() > kLongestCode ||
        coding.system().size() > kLongestReference) {
      Fault(path + ".coding",
            absl::StrCat("needs a system and a code of at most ", kLongestCode,
                         " bytes"));
      return {};
    }
    const Concepts concepts =
        ConceptsOfCode(catalog_, coding.system(), coding.code());
    if (concepts.empty()) {
      v1::Notice notice;
      notice.set_kind(v1::NOTICE_KIND_CODE_NOT_MAPPED);
      notice.add_findings(index);
      notice.set_text(
          catalog_.wordings[intake_.language][Phrase::kCodeNotMapped]);
      *notice.mutable_coding() = coding;
      intake_.notices.push_back(std::move(notice));
    }
    return concepts;
  }

  void ReadForConcept(const v1::Finding& finding, const Path& path,
                      const CompiledConcept& asked, Statement* statement) {
    if (!asked.is_quantity) {
      if (finding.has_quantity()) {
        Fault(path + ".quantity", "the concept has a status and no value");
      }
      return;
    }
    if (!finding.has_quantity()) {
      if (finding.status() != v1::FINDING_STATUS_UNKNOWN) {
        Fault(path + ".status",
              "a quantity has a value or is UNKNOWN; set `quantity`");
      }
      return;
    }
    if (finding.status() != v1::FINDING_STATUS_UNSPECIFIED) {
      Fault(path + ".status", "does not go with `quantity`; leave it unset");
    }
    ReadQuantity(finding.quantity(), path, asked.definition->quantity(),
                 statement);
  }

  void ReadQuantity(const v1::Quantity& quantity, const Path& path,
                    const v1::QuantityForm& form, Statement* statement) {
    if (!std::isfinite(quantity.value())) {
      Fault(path + ".quantity.value", "is not a number");
      return;
    }
    double value = quantity.value();
    std::string unit = quantity.unit();
    if (unit.empty() && form.unit() == "1") unit = "1";
    if (unit != form.unit()) {
      const v1::UnitConversion* conversion = nullptr;
      std::string units = absl::StrCat("`", form.unit(), "`");
      for (const v1::UnitConversion& c : form.conversions()) {
        absl::StrAppend(&units, ", `", c.unit(), "`");
        if (c.unit() == unit) conversion = &c;
      }
      if (conversion == nullptr) {
        Fault(path + ".quantity.unit",
              absl::StrCat(unit.empty() ? "is required and is never guessed"
                                        : "does not convert",
                           "; give the value in ", units, " (UCUM)"));
        return;
      }
      const double numerator =
          conversion->numerator() == 0 ? 1 : conversion->numerator();
      const double denominator =
          conversion->denominator() == 0 ? 1 : conversion->denominator();
      value =
          WithoutNoise(value * numerator / denominator + conversion->offset());
    }
    if (value < form.minimum() || value > form.maximum()) {
      Fault(path + ".quantity.value",
            absl::StrCat("is not possible; expected from ", form.minimum(),
                         " to ", form.maximum(), " ", form.unit()));
      return;
    }
    if (form.whole_numbers() && value != std::floor(value)) {
      Fault(path + ".quantity.value", "must be a whole number");
      return;
    }
    statement->value = value;
  }

  // Only the first faults are worth the search: a request of nothing but
  // unknown names must not hold the server up.
  std::string NearestConcepts(const std::string& wanted) {
    if (++suggestions_ > kMostSuggestions) return "";
    return DidYouMean(NearestNames(wanted, ConceptNames()));
  }

  std::vector<std::pair<std::string, std::string>> ConceptNames() const {
    std::vector<std::pair<std::string, std::string>> names;
    for (const v1::Concept& c : catalog_.catalog.concepts()) {
      names.emplace_back(c.concept_id(), c.concept_id());
      names.emplace_back(c.display(), c.concept_id());
      for (const std::string& s : c.synonyms()) {
        names.emplace_back(s, c.concept_id());
      }
    }
    return names;
  }

  int suggestions_ = 0;
  const CompiledCatalog& catalog_;
  const Day as_of_;
  const Day today_;
  PatientIntake& intake_;
  Violations& violations_;
  std::vector<bool> mentioned_;
};

}  // namespace

Statement StatementOf(const Closure& closure, const CompiledCatalog& catalog,
                      int concept_index) {
  Statement statement;
  statement.concept_index = concept_index;
  statement.status = StatusIfClosed(catalog.concepts[concept_index]);
  statement.source = closure.source;
  statement.recorded = closure.recorded;
  statement.closed_section = closure.section;
  return statement;
}

std::vector<Statement> StatementsAbout(const CompiledCatalog& catalog,
                                       const PatientIntake& intake,
                                       int concept_index) {
  std::vector<Statement> found;
  for (const Statement& s : intake.statements) {
    if (s.concept_index == concept_index) found.push_back(s);
  }
  const CompiledConcept& about = catalog.concepts[concept_index];
  if (about.denied == 0 ||
      std::binary_search(intake.not_closed.begin(), intake.not_closed.end(),
                         concept_index)) {
    return found;
  }
  for (const Closure& closure : intake.closures) {
    if (closure.section != about.section) continue;
    found.push_back(StatementOf(closure, catalog, concept_index));
  }
  return found;
}

Day ReadAsOf(const std::string& as_of, Day today, Violations* violations) {
  if (as_of.empty()) return today;
  const std::optional<Day> day = ParseWholeDate(as_of);
  if (day.has_value()) return *day;
  violations->push_back(
      {"as_of", "is not a date that exists; write YYYY-MM-DD"});
  return today;
}

PatientIntake ReadPatient(const CompiledCatalog& catalog,
                          const Environment& environment,
                          const v1::Patient& patient, Day as_of,
                          Violations* violations, int language) {
  PatientIntake intake;
  intake.language = language;
  intake.as_of = as_of;
  intake.today = ToDay(environment.today);
  if (patient.findings_size() > environment.max_findings) {
    violations->push_back(
        {"patient.findings",
         absl::StrCat("holds more than ", environment.max_findings,
                      " findings; send fewer")});
  }
  if (patient.patient_reference().size() > kLongestReference) {
    violations->push_back(
        {"patient.patient_reference",
         absl::StrCat("is longer than ", kLongestReference, " bytes")});
  }
  Reader reader(catalog, as_of, intake.today, &intake, violations);
  reader.ReadAge(patient);
  const int findings =
      std::min(patient.findings_size(), environment.max_findings);
  intake.statements.reserve(findings +
                            (environment.site_findings == nullptr
                                 ? 0
                                 : environment.site_findings->size()));
  for (int i = 0; i < findings; ++i) {
    reader.ReadFinding(patient.findings(i), Path("patient.findings", i), i);
  }
  if (environment.site_findings != nullptr) {
    for (size_t i = 0; i < environment.site_findings->size(); ++i) {
      reader.ReadFinding((*environment.site_findings)[i],
                         Path("site_findings", static_cast<int>(i)), -1);
    }
  }
  for (int i = 0; i < patient.closed_sections_size(); ++i) {
    reader.ReadClosedSection(patient.closed_sections(i),
                             Path("patient.closed_sections", i));
  }
  reader.FindNotClosed();
  return intake;
}

std::vector<Statement> ReadFindings(const CompiledCatalog& catalog,
                                    absl::CivilDay today,
                                    const v1::Patient& patient, Day as_of,
                                    Violations* violations) {
  PatientIntake intake;
  Reader reader(catalog, as_of, ToDay(today), &intake, violations);
  intake.statements.reserve(patient.findings_size());
  for (int i = 0; i < patient.findings_size(); ++i) {
    reader.ReadFinding(patient.findings(i), Path("patient.findings", i), i);
  }
  return std::move(intake.statements);
}

}  // namespace needlewise
