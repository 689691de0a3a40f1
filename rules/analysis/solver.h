// Decides formulas, with Z3. The one door to it: its exceptions end here.

#ifndef NEEDLEWISE_RULES_ANALYSIS_SOLVER_H_
#define NEEDLEWISE_RULES_ANALYSIS_SOLVER_H_

#include <memory>
#include <string>
#include <vector>

#include "rules/analysis/formula.h"

namespace needlewise::analysis {

enum class Answer {
  // Some assignment satisfies everything; `ValueOf` gives it.
  kSatisfiable,
  // None does.
  kUnsatisfiable,
  // The time ran out, or Z3 failed: never to be taken for a proof.
  kUndecided,
};

// What is asserted, and questions about it. Each solver has a Z3 of its own:
// one for each thread. Refers to the formulas.
class Solver {
 public:
  // `milliseconds` is the limit of each question; 0: none.
  Solver(const Formulas& formulas, unsigned milliseconds);
  ~Solver();
  Solver(const Solver&) = delete;
  Solver& operator=(const Solver&) = delete;

  void Assert(Formula formula);

  // Whether what is asserted can hold together with `also`.
  Answer Check(const std::vector<Formula>& also = {});

  // Of the last satisfiable answer; a variable that does not matter has its
  // least value.
  bool IsTrue(Variable x) const;
  double ValueOf(Variable x) const;
  // Whether a formula holds there.
  bool Holds(Formula formula) const;

  // Why the last answer was undecided.
  const std::string& reason() const { return reason_; }

 private:
  struct Z3;
  std::unique_ptr<Z3> z3_;
  const Formulas& formulas_;
  std::string reason_;
};

}  // namespace needlewise::analysis

#endif  // NEEDLEWISE_RULES_ANALYSIS_SOLVER_H_
