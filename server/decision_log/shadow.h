#ifndef NEEDLEWISE_SERVER_DECISION_LOG_SHADOW_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_SHADOW_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "needlewise/v1/decision_log.pb.h"

namespace needlewise {

// What changes when decisions are made with another catalogue: counts verdicts,
// by treatment and area, that are other ones, and the rules behind that.
class ShadowEvaluation {
 public:
  // Compares a decision with what was recorded of it.
  void Add(const v1::DecisionRecord& recorded,
           const v1::DecisionRecord& replayed);
  // A decision that the other catalogue cannot decide.
  void AddUndecidable() {
    ++decisions_;
    ++undecidable_;
  }

  // All but `candidate`.
  void Fill(v1::EvaluateCandidateResponse* response) const;

 private:
  struct Change {
    int64_t fires_now = 0;
    int64_t fired_before = 0;
  };

  int64_t decisions_ = 0;
  int64_t undecidable_ = 0;
  int64_t changed_ = 0;
  std::map<std::pair<v1::Verdict, v1::Verdict>, int64_t> verdicts_;
  std::map<std::string, Change> rules_;
  std::vector<std::string> examples_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_SHADOW_H_
