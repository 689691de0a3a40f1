#include "tests/property/model_patient.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace needlewise {
namespace {

using analysis::Bench;
using analysis::Formula;
using analysis::Formulas;
using analysis::Variable;

class Reader {
 public:
  Reader(const oracle::Oracle& oracle, const oracle::Inquiry& inquiry,
         Bench* bench)
      : oracle_(oracle),
        inquiry_(inquiry),
        now_(oracle, inquiry),
        bench_(*bench),
        f_(bench->f()) {}

  Formula Read() {
    for (size_t m = 0; m < bench_.model().concepts().size(); ++m) {
      const analysis::ModelConcept& about = bench_.model().concepts()[m];
      const int c = oracle_.ConceptOf(about.id);
      if (about.is_quantity) {
        ReadQuantity(m, c);
        continue;
      }
      for (size_t p = 0; p < about.places.size(); ++p) {
        const std::string place = about.places[p] == analysis::kTreated
                                      ? inquiry_.area
                                      : about.places[p];
        ReadLife(now_.EvidenceIn(place, c),
                 bench_.known().knowledge.lives[m][p]);
      }
    }
    ReadContext();
    all_.push_back(bench_.model().OnDay(inquiry_.as_of));
    return f_.And(all_);
  }

 private:
  void Set(Variable x, bool value) {
    all_.push_back(value ? f_.Is(x) : f_.Not(f_.Is(x)));
  }

  void ReadQuantity(size_t m, int c) {
    const analysis::Knowledge& known = bench_.known().knowledge;
    const std::vector<int> allowed = now_.AllowedByStatements(c);
    if (allowed.size() == now_.StatesOf(c).size()) {
      all_.push_back(bench_.model().IsUnknown(known, static_cast<int>(m)));
      return;
    }
    std::set<double> values;
    for (const int s : allowed) values.insert(now_.StatesOf(c)[s].value);
    all_.push_back(f_.Equals(known.low[m], *values.begin()));
    all_.push_back(f_.Equals(known.high[m], *values.rbegin()));
  }

  void ReadLife(const oracle::Case::Evidence& evidence,
                const analysis::KnownLife& life) {
    Set(life.never, evidence.never);
    Set(life.past, evidence.past.has_value());
    Set(life.present, evidence.present.has_value());
    ReadDays(evidence.past, life.last_from, life.last_to);
    ReadDays(evidence.present, life.onset_from, life.onset_to);
  }

  void ReadDays(const std::optional<DayInterval>& when, Variable from,
                Variable to) {
    const DayInterval days =
        when.value_or(DayInterval{kEarliestDay, inquiry_.as_of});
    const auto before = [&](Day day) {
      return std::max(analysis::kLongAgo,
                      static_cast<double>(day) - inquiry_.as_of);
    };
    all_.push_back(f_.Equals(from, before(days.first)));
    all_.push_back(f_.Equals(to, before(days.last)));
  }

  void ReadContext() {
    const analysis::Context& context = bench_.model().context();
    Set(context.areas.at(inquiry_.area), true);
    const std::set<std::string> listed =
        bench_.written().DevicesOf(inquiry_.treatment);
    Set(inquiry_.device.empty() ? context.no_device
        : listed.count(inquiry_.device) == 0
            ? context.unlisted_device
            : context.devices.at(inquiry_.device),
        true);
    for (const auto& [id, x] : context.concerns) {
      Set(x, inquiry_.concerns.count(id) > 0);
    }
    Set(context.depth_stated, inquiry_.needle_depth_mm.has_value());
    if (inquiry_.needle_depth_mm.has_value()) {
      all_.push_back(f_.Equals(context.depth, *inquiry_.needle_depth_mm));
    }
    for (const auto& [id, x] : bench_.acknowledged()) {
      Set(x, inquiry_.acknowledged.count(id) > 0);
    }
  }

  const oracle::Oracle& oracle_;
  const oracle::Inquiry& inquiry_;
  const oracle::Case now_;
  Bench& bench_;
  Formulas& f_;
  std::vector<Formula> all_;
};

}  // namespace

Formula KnownAs(const oracle::Oracle& oracle, const oracle::Inquiry& inquiry,
                Bench* bench) {
  return Reader(oracle, inquiry, bench).Read();
}

}  // namespace needlewise
