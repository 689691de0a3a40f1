#include "rules/analysis/formula.h"

#include <algorithm>
#include <utility>

namespace needlewise::analysis {

using Op = FormulaNode::Op;

Formulas::Formulas() {
  Make(FormulaNode{Op::kTrue, -1, -1, 0, {}});
  Make(FormulaNode{Op::kFalse, -1, -1, 0, {}});
}

Variable Formulas::Add(VariableInfo info) {
  variables_.push_back(std::move(info));
  return Variable{static_cast<int32_t>(variables_.size()) - 1};
}

Variable Formulas::Bool(std::string name) {
  return Add({VariableInfo::Sort::kBool, std::move(name), 0, 1});
}

Variable Formulas::Int(std::string name, double least, double greatest) {
  return Add({VariableInfo::Sort::kInt, std::move(name), least, greatest});
}

Variable Formulas::Real(std::string name, double least, double greatest) {
  return Add({VariableInfo::Sort::kReal, std::move(name), least, greatest});
}

Formula Formulas::Make(FormulaNode node) {
  Key key(static_cast<int>(node.op), node.x, node.y, node.number, node.parts);
  const auto [at, added] =
      made_.emplace(std::move(key), static_cast<int32_t>(nodes_.size()));
  if (added) nodes_.push_back(std::move(node));
  return Formula{at->second};
}

Formula Formulas::Is(Variable x) {
  return Make(FormulaNode{Op::kIs, x.index, -1, 0, {}});
}

Formula Formulas::AtLeast(Variable x, double number) {
  return Make(FormulaNode{Op::kAtLeast, x.index, -1, number, {}});
}

Formula Formulas::AtMost(Variable x, double number) {
  return Make(FormulaNode{Op::kAtMost, x.index, -1, number, {}});
}

Formula Formulas::NotAbove(Variable x, Variable y) {
  return Make(FormulaNode{Op::kNotAbove, x.index, y.index, 0, {}});
}

Formula Formulas::Not(Formula f) {
  if (f == True()) return False();
  if (f == False()) return True();
  if (nodes_[f.index].op == Op::kNot) return Formula{nodes_[f.index].x};
  return Make(FormulaNode{Op::kNot, f.index, -1, 0, {}});
}

Formula Formulas::Join(Op op, std::vector<Formula> parts) {
  const Formula neutral = op == Op::kAnd ? True() : False();
  const Formula absorbing = op == Op::kAnd ? False() : True();
  std::vector<int32_t> kept;
  for (const Formula part : parts) {
    if (part == absorbing) return absorbing;
    if (part != neutral) kept.push_back(part.index);
  }
  std::sort(kept.begin(), kept.end());
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  for (const int32_t part : kept) {
    if (nodes_[part].op == Op::kNot &&
        std::binary_search(kept.begin(), kept.end(), nodes_[part].x)) {
      return absorbing;
    }
  }
  if (kept.empty()) return neutral;
  if (kept.size() == 1) return Formula{kept[0]};
  return Make(FormulaNode{op, -1, -1, 0, std::move(kept)});
}

Formula Formulas::And(std::vector<Formula> parts) {
  return Join(Op::kAnd, std::move(parts));
}

Formula Formulas::Or(std::vector<Formula> parts) {
  return Join(Op::kOr, std::move(parts));
}

Formula Formulas::ExactlyOne(const std::vector<Formula>& parts) {
  std::vector<Formula> all = {Or(parts)};
  for (size_t i = 0; i < parts.size(); ++i) {
    for (size_t j = 0; j < i; ++j) all.push_back(Not(And(parts[i], parts[j])));
  }
  return And(std::move(all));
}

}  // namespace needlewise::analysis
