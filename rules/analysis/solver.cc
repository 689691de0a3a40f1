#include "rules/analysis/solver.h"

#include <z3++.h>

#include <cstdio>
#include <cstdlib>
#include <optional>

namespace needlewise::analysis {
namespace {

using Op = FormulaNode::Op;
using Sort = VariableInfo::Sort;

// A number that Z3 reads exactly as it is written in the catalogue.
std::string Decimal(double number) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.9f", number);
  return text;
}

}  // namespace

struct Solver::Z3 {
  z3::context context;
  z3::solver solver{context, "QF_LIRA"};
  std::vector<std::optional<z3::expr>> variables;
  std::vector<std::optional<z3::expr>> formulas;
  std::optional<z3::model> model;
  // What Z3 refused; every later question is undecided.
  std::string fault;

  z3::expr Number(const VariableInfo& info, double number) {
    if (info.sort == Sort::kInt) {
      return context.int_val(static_cast<int64_t>(number));
    }
    return context.real_val(Decimal(number).c_str());
  }

  // Declares every variable that is new, with its bounds; at the outermost
  // level, so that they stay.
  void Declare(const Formulas& all) {
    while (variables.size() < all.variables().size()) {
      const VariableInfo& info = all.variables()[variables.size()];
      const std::string name =
          "v" + std::to_string(variables.size());  // Names need not differ.
      if (info.sort == Sort::kBool) {
        variables.emplace_back(context.bool_const(name.c_str()));
        continue;
      }
      z3::expr x = info.sort == Sort::kInt ? context.int_const(name.c_str())
                                           : context.real_const(name.c_str());
      solver.add(x >= Number(info, info.least) &&
                 x <= Number(info, info.greatest));
      variables.emplace_back(x);
    }
  }

  z3::expr Make(const Formulas& all, const FormulaNode& node) {
    const auto part = [&](int32_t index) { return *formulas[index]; };
    switch (node.op) {
      case Op::kTrue:
        return context.bool_val(true);
      case Op::kFalse:
        return context.bool_val(false);
      case Op::kIs:
        return *variables[node.x];
      case Op::kAtLeast:
      case Op::kAtMost: {
        const VariableInfo& info = all.variables()[node.x];
        // A whole number against one that is not.
        const bool at_least = node.op == Op::kAtLeast;
        double number = node.number;
        if (info.sort == Sort::kInt) {
          const double whole =
              static_cast<double>(static_cast<int64_t>(number));
          if (at_least && whole < number) {
            number = whole + 1;
          } else if (!at_least && whole > number) {
            number = whole - 1;
          } else {
            number = whole;
          }
        }
        const z3::expr limit = Number(info, number);
        return at_least ? *variables[node.x] >= limit
                        : *variables[node.x] <= limit;
      }
      case Op::kNotAbove:
        return *variables[node.x] <= *variables[node.y];
      case Op::kNot:
        return !part(node.x);
      case Op::kAnd:
      case Op::kOr: {
        z3::expr_vector parts(context);
        for (const int32_t p : node.parts) parts.push_back(part(p));
        return node.op == Op::kAnd ? z3::mk_and(parts) : z3::mk_or(parts);
      }
    }
    return context.bool_val(false);
  }

  // Parts come before what is made of them.
  z3::expr Translate(const Formulas& all, Formula formula) {
    if (formulas.size() < all.nodes().size()) {
      formulas.resize(all.nodes().size());
    }
    std::vector<int32_t> open = {formula.index};
    while (!open.empty()) {
      const int32_t index = open.back();
      if (formulas[index].has_value()) {
        open.pop_back();
        continue;
      }
      const FormulaNode& node = all.nodes()[index];
      const size_t before = open.size();
      if (node.op == Op::kNot && !formulas[node.x].has_value()) {
        open.push_back(node.x);
      }
      for (const int32_t p : node.parts) {
        if (!formulas[p].has_value()) open.push_back(p);
      }
      if (open.size() > before) continue;
      formulas[index] = Make(all, node);
      open.pop_back();
    }
    return *formulas[formula.index];
  }
};

Solver::Solver(const Formulas& formulas, unsigned milliseconds)
    : z3_(std::make_unique<Z3>()), formulas_(formulas) {
  try {
    if (milliseconds > 0) {
      z3::params params(z3_->context);
      params.set("timeout", milliseconds);
      z3_->solver.set(params);
    }
  } catch (const z3::exception& e) {
    z3_->fault = e.msg();
  }
}

Solver::~Solver() = default;

void Solver::Assert(Formula formula) {
  try {
    z3_->Declare(formulas_);
    z3_->solver.add(z3_->Translate(formulas_, formula));
  } catch (const z3::exception& e) {
    z3_->fault = e.msg();
  }
}

Answer Solver::Check(const std::vector<Formula>& also) {
  z3_->model.reset();
  reason_ = z3_->fault;
  if (!reason_.empty()) return Answer::kUndecided;
  try {
    z3_->Declare(formulas_);
    z3_->solver.push();
    for (const Formula f : also) {
      z3_->solver.add(z3_->Translate(formulas_, f));
    }
    const z3::check_result result = z3_->solver.check();
    if (result == z3::sat) z3_->model.emplace(z3_->solver.get_model());
    if (result == z3::unknown) reason_ = z3_->solver.reason_unknown();
    z3_->solver.pop();
    return result == z3::sat     ? Answer::kSatisfiable
           : result == z3::unsat ? Answer::kUnsatisfiable
                                 : Answer::kUndecided;
  } catch (const z3::exception& e) {
    // The solver's levels may be off now: nothing more is to be had from it.
    z3_->fault = e.msg();
    reason_ = z3_->fault;
    return Answer::kUndecided;
  }
}

bool Solver::IsTrue(Variable x) const {
  try {
    return z3_->model.has_value() &&
           z3_->model->eval(*z3_->variables[x.index], true).is_true();
  } catch (const z3::exception& e) {
    z3_->fault = e.msg();
    return false;
  }
}

double Solver::ValueOf(Variable x) const {
  const double least = formulas_.variables()[x.index].least;
  if (!z3_->model.has_value()) return least;
  try {
    const z3::expr value = z3_->model->eval(*z3_->variables[x.index], false);
    if (!value.is_numeral()) return least;
    return std::strtod(value.get_decimal_string(9).c_str(), nullptr);
  } catch (const z3::exception& e) {
    z3_->fault = e.msg();
    return least;
  }
}

bool Solver::Holds(Formula formula) const {
  if (!z3_->model.has_value()) return false;
  try {
    return z3_->model->eval(z3_->Translate(formulas_, formula), true).is_true();
  } catch (const z3::exception& e) {
    z3_->fault = e.msg();
    return false;
  }
}

}  // namespace needlewise::analysis
