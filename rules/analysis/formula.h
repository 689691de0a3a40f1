// Formulas over booleans, whole numbers and real numbers: what is handed to
// the solver, and nothing more than the analysis needs. Equal formulas are one
// formula. Pure data: only `solver.cc` knows Z3.

#ifndef NEEDLEWISE_RULES_ANALYSIS_FORMULA_H_
#define NEEDLEWISE_RULES_ANALYSIS_FORMULA_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace needlewise::analysis {

// A variable of a `Formulas`.
struct Variable {
  int32_t index = -1;
};

// A formula of a `Formulas`.
struct Formula {
  int32_t index = -1;
};
inline bool operator==(Formula a, Formula b) { return a.index == b.index; }
inline bool operator!=(Formula a, Formula b) { return a.index != b.index; }

struct VariableInfo {
  enum class Sort { kBool, kInt, kReal };
  Sort sort = Sort::kBool;
  std::string name;
  // Numbers: both included.
  double least = 0;
  double greatest = 0;
};

struct FormulaNode {
  enum class Op {
    kTrue,
    kFalse,
    // Boolean variable `x`.
    kIs,
    // `x` >= `number`; `x` <= `number`.
    kAtLeast,
    kAtMost,
    // Variable `x` <= variable `y`.
    kNotAbove,
    kNot,
    kAnd,
    kOr,
  };
  Op op = Op::kTrue;
  int32_t x = -1;
  int32_t y = -1;
  double number = 0;
  std::vector<int32_t> parts;
};

// Makes formulas and holds them. Not for several threads.
class Formulas {
 public:
  Formulas();
  Formulas(const Formulas&) = delete;
  Formulas& operator=(const Formulas&) = delete;

  Variable Bool(std::string name);
  Variable Int(std::string name, double least, double greatest);
  Variable Real(std::string name, double least, double greatest);

  Formula True() const { return Formula{0}; }
  Formula False() const { return Formula{1}; }
  Formula Constant(bool value) const { return value ? True() : False(); }
  Formula Is(Variable x);
  Formula AtLeast(Variable x, double number);
  Formula AtMost(Variable x, double number);
  Formula Below(Variable x, double number) { return Not(AtLeast(x, number)); }
  Formula Above(Variable x, double number) { return Not(AtMost(x, number)); }
  Formula Equals(Variable x, double number) {
    return And(AtLeast(x, number), AtMost(x, number));
  }
  Formula NotAbove(Variable x, Variable y);

  Formula Not(Formula f);
  Formula And(std::vector<Formula> parts);
  Formula Or(std::vector<Formula> parts);
  Formula And(Formula a, Formula b) { return And(std::vector{a, b}); }
  Formula Or(Formula a, Formula b) { return Or(std::vector{a, b}); }
  Formula Implies(Formula a, Formula b) { return Or(Not(a), b); }
  Formula Iff(Formula a, Formula b) {
    return And(Implies(a, b), Implies(b, a));
  }
  Formula If(Formula condition, Formula then, Formula otherwise) {
    return And(Implies(condition, then), Or(condition, otherwise));
  }
  // Exactly one of `parts`, which are few.
  Formula ExactlyOne(const std::vector<Formula>& parts);

  const std::vector<VariableInfo>& variables() const { return variables_; }
  const std::vector<FormulaNode>& nodes() const { return nodes_; }

 private:
  using Key = std::tuple<int, int32_t, int32_t, double, std::vector<int32_t>>;

  Variable Add(VariableInfo info);
  Formula Make(FormulaNode node);
  Formula Join(FormulaNode::Op op, std::vector<Formula> parts);

  std::vector<VariableInfo> variables_;
  std::vector<FormulaNode> nodes_;
  std::map<Key, int32_t> made_;
};

}  // namespace needlewise::analysis

#endif  // NEEDLEWISE_RULES_ANALYSIS_FORMULA_H_
