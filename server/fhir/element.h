#ifndef NEEDLEWISE_SERVER_FHIR_ELEMENT_H_
#define NEEDLEWISE_SERVER_FHIR_ELEMENT_H_

#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "rules/engine/violation.h"
#include "server/fhir/json_document.h"

namespace needlewise {

// Where an element is, below its resource or request; put together as text
// only when there is something to say of it.
class ElementPath {
 public:
  // `name` must outlive the path.
  void Enter(const char* name) { steps_.push_back({name, -1}); }
  void Enter(int index) { steps_.push_back({nullptr, index}); }

  bool empty() const { return steps_.empty(); }

  // `root`, then each step: `Condition.code.coding[0]`.
  std::string Text(absl::string_view root) const;

 private:
  struct Step {
    const char* name;
    int index;
  };
  absl::InlinedVector<Step, 8> steps_;
};

// One element of a document, or none: what is read of it is checked as it is
// read. What is there but of another type is a violation at its path, and reads
// as if it were not there. Refers to the document, which must outlive it.
class Element {
 public:
  // `root` is what paths begin with, and must outlive the element.
  Element(const JsonValue* json, absl::string_view root, Violations* violations)
      : json_(json), root_(root), violations_(violations) {}

  bool exists() const { return json_ != nullptr; }
  const JsonValue* json() const { return json_; }
  const ElementPath& path() const { return path_; }
  std::string PathText() const { return path_.Text(root_); }

  // A member, whatever it is. None where this is no object, where it has no
  // such member, or where that is null. `name` must be a literal.
  Element Member(const char* name) const;
  // A member that is an object.
  Element Object(const char* name) const;
  // A member that is an array. Its items are read with `Item`.
  Element Array(const char* name) const;
  // A member that is a text; empty where there is none.
  absl::string_view Text(const char* name) const;
  absl::optional<bool> Bool(const char* name) const;
  absl::optional<double> Number(const char* name) const;

  // For an array: how many items, and each; an item that must be an object.
  int size() const;
  Element Item(int index) const;
  Element ObjectAt(int index) const;

  bool HasMember(const char* name) const { return Member(name).exists(); }

  // Adds a violation at this element.
  void Fault(std::string description) const;

 private:
  const JsonValue* json_;
  absl::string_view root_;
  Violations* violations_;
  ElementPath path_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_FHIR_ELEMENT_H_
