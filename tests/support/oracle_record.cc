#include "tests/support/oracle_record.h"

#include <algorithm>

namespace needlewise::oracle {
namespace {

constexpr auto kPresent = v1::FINDING_STATUS_PRESENT;
constexpr auto kPast = v1::FINDING_STATUS_PAST;
constexpr auto kAbsent = v1::FINDING_STATUS_ABSENT;
constexpr auto kNever = v1::FINDING_STATUS_NEVER;
constexpr auto kUnknown = v1::FINDING_STATUS_UNKNOWN;

bool StartsWith(const std::string& text, const std::string& prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

bool StandsFor(const v1::ConceptCode& code, const v1::Coding& coding) {
  if (code.verification() == v1::CODE_VERIFICATION_UNVERIFIED) return false;
  if (code.coding().system() != coding.system()) return false;
  if (!code.prefix()) return code.coding().code() == coding.code();
  if (!StartsWith(coding.code(), code.coding().code())) return false;
  for (const std::string& except : code.except_prefixes()) {
    if (StartsWith(coding.code(), except)) return false;
  }
  return true;
}

double InOwnUnit(const v1::Quantity& given, const v1::QuantityForm& form) {
  for (const v1::UnitConversion& c : form.conversions()) {
    if (c.unit() != given.unit() || c.unit() == form.unit()) continue;
    return given.value() * (c.numerator() == 0 ? 1 : c.numerator()) /
               (c.denominator() == 0 ? 1 : c.denominator()) +
           c.offset();
  }
  return given.value();
}

bool IsDenial(v1::FindingStatus status) {
  return status == kAbsent || status == kNever;
}

bool SurelyLater(const Said& a, const Said& b) {
  return a.recorded.first > b.recorded.last;
}

bool PossiblyLater(const Said& a, const Said& b) {
  return a.recorded.last > b.recorded.first;
}

// Whether what `no` denies is denied of one of the places where `yes` holds.
bool SpeaksOfSamePlace(const Index& index, const Said& yes, const Said& no) {
  if (no.areas.empty()) return true;
  for (const std::string& outer : no.areas) {
    for (const std::string& inner : yes.areas) {
      if (index.Holds(outer, inner)) return true;
    }
  }
  return false;
}

// Whether `yes` says what `no` denies.
bool Denies(const Index& index, const Said& yes, const Said& no) {
  const bool opposed =
      (yes.status == kPresent && (IsDenial(no.status) || no.status == kPast)) ||
      (yes.status == kPast && no.status == kNever);
  return opposed && SpeaksOfSamePlace(index, yes, no);
}

// Whether `a` holds over `b`, which contradicts it: the later of one source,
// or a clinician's over others not recorded after it.
bool HoldsOver(const Said& a, const Said& b) {
  if (a.source == b.source) return SurelyLater(a, b);
  return a.source == v1::SOURCE_CLINICIAN && !PossiblyLater(b, a);
}

}  // namespace

Index::Index(const v1::RuleCatalog& all) : catalog(all) {
  for (const auto& c : all.concepts()) concepts[c.concept_id()] = &c;
  for (const auto& t : all.treatments()) treatments[t.treatment_id()] = &t;
  for (const auto& d : all.devices()) devices[d.device_id()] = &d;
  for (const auto& a : all.areas()) parents_[a.area_id()] = a.parent();
  for (const auto& p : all.parameters()) {
    parameters_[p.parameter_id()] = p.value();
  }
}

bool Index::Holds(const std::string& outer, const std::string& inner) const {
  if (outer.empty()) return true;
  for (std::string at = inner; !at.empty(); at = parents_.at(at)) {
    if (at == outer) return true;
  }
  return false;
}

double Index::Parameter(const std::string& id) const {
  return parameters_.at(id);
}

bool Index::IsQuantity(const v1::Concept& c) {
  return c.kind() == v1::CONCEPT_KIND_QUANTITY ||
         c.kind() == v1::CONCEPT_KIND_AGE;
}

Record::Record(const Index& index, const Inquiry& inquiry, Day fresh_on)
    : index_(index), inquiry_(inquiry) {
  for (int i = 0; i < inquiry.patient.findings_size(); ++i) {
    Read(inquiry.patient.findings(i), i);
  }
  for (const v1::Finding& finding : inquiry.site_findings) Read(finding, -1);
  for (const v1::ClosedSection& c : inquiry.patient.closed_sections()) Close(c);
  said_.insert(said_.end(), closed_.begin(), closed_.end());
  Drop(fresh_on);
  std::set<std::string> stated;
  for (const Said& s : said_) stated.insert(s.concept_id);
  for (const std::string& id : stated) {
    if (Index::IsQuantity(*index.concepts.at(id))) {
      ReconcileQuantity(id);
    } else {
      Reconcile(id);
    }
  }
}

std::set<NoticeLine> Record::Notices() const {
  std::set<NoticeLine> lines;
  for (const auto& [key, findings] : notices_) {
    lines.emplace(key.first, key.second, findings);
  }
  return lines;
}

void Record::Note(v1::NoticeKind kind, const std::string& about, int finding) {
  notices_[{kind, about}].insert(finding);
}

std::vector<const v1::Concept*> Record::SubjectsOf(
    const v1::Finding& finding) const {
  if (!finding.has_coding()) return {index_.concepts.at(finding.concept())};
  std::vector<const v1::Concept*> subjects;
  for (const v1::Concept& c : index_.catalog.concepts()) {
    if (std::any_of(c.codes().begin(), c.codes().end(),
                    [&](const v1::ConceptCode& code) {
                      return StandsFor(code, finding.coding());
                    })) {
      subjects.push_back(&c);
    }
  }
  return subjects;
}

DayInterval Record::Recorded(const std::string& text) const {
  // What is said without a date is said with the request, and nothing is said
  // after it.
  const Day with_request = std::min(inquiry_.today, inquiry_.as_of);
  if (text.empty()) return {with_request, with_request};
  DayInterval days = *ParsePartialDate(text);
  days.last = std::max(days.first, std::min(days.last, with_request));
  return days;
}

void Record::Read(const v1::Finding& finding, int index) {
  const std::vector<const v1::Concept*> subjects = SubjectsOf(finding);
  if (subjects.empty()) {
    Note(v1::NOTICE_KIND_CODE_NOT_MAPPED,
         finding.coding().system() + "|" + finding.coding().code(), index);
  }
  for (const v1::Concept* subject : subjects) {
    Said s;
    s.concept_id = subject->concept_id();
    s.status = finding.status();
    if (s.status == kAbsent && !finding.last().empty()) s.status = kPast;
    s.areas.insert(finding.areas().begin(), finding.areas().end());
    s.areas_complete = finding.areas_complete();
    if (!finding.onset().empty()) s.onset = ParsePartialDate(finding.onset());
    if (!finding.last().empty()) s.last = ParsePartialDate(finding.last());
    if (finding.has_quantity()) {
      s.value = InOwnUnit(finding.quantity(), subject->quantity());
    }
    s.source = finding.source();
    s.recorded = Recorded(finding.recorded());
    s.finding = index;
    said_.push_back(s);
  }
}

void Record::Close(const v1::ClosedSection& closed) {
  for (const v1::Concept& c : index_.catalog.concepts()) {
    if (c.section() != closed.section() || Index::IsQuantity(c)) continue;
    const bool mentioned = std::any_of(
        said_.begin(), said_.end(),
        [&](const Said& s) { return s.concept_id == c.concept_id(); });
    const v1::FindingStatus no =
        c.tense() == v1::QUESTION_TENSE_EVER ? kNever : kAbsent;
    if (mentioned || NoIsContradicted(c.concept_id(), no)) continue;
    Said s;
    s.concept_id = c.concept_id();
    s.status = no;
    s.source = closed.source();
    s.recorded = Recorded(closed.recorded());
    closed_.push_back(s);
  }
}

// Nobody gave an answer that something stated below it contradicts, or leaves
// open expressly.
bool Record::NoIsContradicted(const std::string& gate,
                              v1::FindingStatus answer) const {
  for (const v1::Implication& implication : index_.catalog.implications()) {
    if (implication.given().concept() != gate) continue;
    const v1::FindingStatus given = implication.given().status();
    const bool follows =
        given == answer || (given == kAbsent && answer == kNever);
    if (!follows) continue;
    for (const v1::ConceptState& implied : implication.implies()) {
      for (const Said& s : said_) {
        if (s.concept_id != implied.concept()) continue;
        if (s.status == kUnknown) return true;
        if (implied.has_at_least() && *s.value < implied.at_least()) {
          return true;
        }
        if (implied.has_at_most() && *s.value > implied.at_most()) return true;
        if (!implied.has_status()) continue;
        if (s.status == kPresent && implied.status() != kPresent) return true;
        if (s.status == kPast && implied.status() != kAbsent) return true;
        if (IsDenial(s.status) && implied.status() == kPresent) return true;
      }
      if (implied.has_status() &&
          NoIsContradicted(implied.concept(), implied.status())) {
        return true;
      }
    }
  }
  return false;
}

void Record::Drop(Day fresh_on) {
  for (Said& s : said_) {
    if (s.status == kUnknown) continue;
    const v1::Concept& about = *index_.concepts.at(s.concept_id);
    const Day as_of = inquiry_.as_of;
    if (s.recorded.first > as_of ||
        (s.onset.has_value() && s.onset->first > as_of) ||
        (s.last.has_value() && s.last->first > as_of)) {
      s.standing = Said::Standing::kDropped;
      Note(v1::NOTICE_KIND_AFTER_AS_OF, s.concept_id, s.finding);
      continue;
    }
    if (!about.has_freshness()) continue;
    const v1::Freshness& freshness = about.freshness();
    const double limit = freshness.has_parameter()
                             ? index_.Parameter(freshness.parameter())
                             : freshness.days();
    if (freshness.only_denials() && s.status == kPresent) continue;
    if (fresh_on - s.recorded.first > limit) {
      s.standing = Said::Standing::kDropped;
      Note(v1::NOTICE_KIND_STALE, s.concept_id, s.finding);
    }
  }
  said_.erase(
      std::remove_if(said_.begin(), said_.end(),
                     [](const Said& s) { return s.status == kUnknown; }),
      said_.end());
}

void Record::Reconcile(const std::string& concept_id) {
  std::vector<Said*> all;
  for (Said& s : said_) {
    if (s.concept_id == concept_id && s.standing == Said::Standing::kHolds) {
      all.push_back(&s);
    }
  }
  const auto each_pair = [&](const auto& visit) {
    std::vector<std::pair<Said*, Said*>> pairs;
    for (Said* yes : all) {
      for (Said* no : all) {
        if (yes->standing == Said::Standing::kHolds &&
            no->standing == Said::Standing::kHolds &&
            Denies(index_, *yes, *no)) {
          pairs.emplace_back(yes, no);
        }
      }
    }
    for (const auto& [yes, no] : pairs) visit(yes, no);
  };
  // Each source settles its own contradictions before others look at them.
  for (const bool own : {true, false}) {
    each_pair([&](Said* yes, Said* no) {
      if ((yes->source == no->source) != own) return;
      for (const auto& [winner, loser] :
           {std::make_pair(yes, no), std::make_pair(no, yes)}) {
        if (!HoldsOver(*winner, *loser)) continue;
        loser->standing = Said::Standing::kLost;
        Note(v1::NOTICE_KIND_CONTRADICTION_SETTLED, concept_id, yes->finding);
        Note(v1::NOTICE_KIND_CONTRADICTION_SETTLED, concept_id, no->finding);
      }
    });
  }
  each_pair([&](Said* yes, Said* no) {
    for (Said* s : {yes, no}) {
      s->standing = Said::Standing::kContested;
      Note(v1::NOTICE_KIND_CONTRADICTION_OPEN, concept_id, s->finding);
    }
  });
}

void Record::ReconcileQuantity(const std::string& concept_id) {
  std::vector<Said*> all;
  for (Said& s : said_) {
    if (s.concept_id == concept_id && s.standing == Said::Standing::kHolds) {
      all.push_back(&s);
    }
  }
  std::vector<Said*> recent;
  for (Said* s : all) {
    if (std::any_of(all.begin(), all.end(),
                    [&](const Said* t) { return SurelyLater(*t, *s); })) {
      s->standing = Said::Standing::kLost;
    } else {
      recent.push_back(s);
    }
  }
  std::set<Said*> lost;
  for (Said* a : recent) {
    for (Said* b : recent) {
      if (*a->value == *b->value || !HoldsOver(*a, *b)) continue;
      lost.insert(b);
      Note(v1::NOTICE_KIND_CONTRADICTION_SETTLED, concept_id, a->finding);
      Note(v1::NOTICE_KIND_CONTRADICTION_SETTLED, concept_id, b->finding);
    }
  }
  for (Said* s : lost) s->standing = Said::Standing::kLost;
  std::set<Said*> contested;
  for (Said* a : recent) {
    for (Said* b : recent) {
      if (lost.count(a) > 0 || lost.count(b) > 0 || *a->value == *b->value) {
        continue;
      }
      contested.insert(a);
      Note(v1::NOTICE_KIND_CONTRADICTION_OPEN, concept_id, a->finding);
    }
  }
  for (Said* s : contested) s->standing = Said::Standing::kContested;
}

}  // namespace needlewise::oracle
