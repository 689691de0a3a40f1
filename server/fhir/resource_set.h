#ifndef NEEDLEWISE_SERVER_FHIR_RESOURCE_SET_H_
#define NEEDLEWISE_SERVER_FHIR_RESOURCE_SET_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "rules/engine/violation.h"
#include "server/fhir/json_document.h"

namespace needlewise {

// A resource that was sent by itself or in a bundle.
struct FhirResource {
  // Refers to the document.
  const JsonValue* json = nullptr;
  std::string type;
  // Empty: none.
  std::string id;
  // Where it is in the request, for instance `bundle.entry[3].resource`.
  std::string location;
  // As the bundle names it; empty: it does not.
  std::string full_url;
  // `Condition/47`; the type and its number where it has no id.
  std::string label;
};

// A page of a bundle, or a bundle, that is not whole.
struct FhirGap {
  // Where, in the request.
  std::string location;
  // What is there instead, for instance `OperationOutcome` or `Bundle.link`.
  std::string what;
};

// What a reference leads to.
struct FhirTarget {
  // Null: nothing that was sent.
  const JsonValue* json = nullptr;
  // Null for a contained resource.
  const FhirResource* resource = nullptr;
};

// The resources of a request, and the references between them. Refers to the
// documents, which must outlive it.
class ResourceSet {
 public:
  // Adds a resource, or every resource of a bundle. `location` says where it is
  // in the request. A violation where it is neither.
  void Add(const JsonValue& document, const std::string& location,
           Violations* violations);

  const std::vector<FhirResource>& resources() const { return resources_; }
  const std::vector<FhirGap>& gaps() const { return gaps_; }

  // The one patient; null, and a violation, where there is none or where there
  // are several. `location` is where one was expected.
  const FhirResource* Patient(const std::string& location,
                              Violations* violations) const;

  // Follows a reference of `from`: `#id`, relative, absolute, `urn:uuid:`.
  FhirTarget Resolve(const FhirResource& from,
                     absl::string_view reference) const;

  // Whether a reference leads to `resource`, or names its type and id.
  bool LeadsTo(absl::string_view reference, const FhirResource& resource) const;

 private:
  void AddBundle(const JsonValue& bundle, const std::string& location,
                 int depth, Violations* violations);
  void AddResource(const JsonValue& resource, std::string full_url,
                   const std::string& location, int depth,
                   Violations* violations);

  std::vector<FhirResource> resources_;
  std::vector<FhirGap> gaps_;
  absl::flat_hash_map<std::string, int> by_url_;
  // By `Type/id`.
  absl::flat_hash_map<std::string, int> by_name_;
};

// The `Type/id` that a reference ends with, without a version; empty where it
// has another form.
absl::string_view NameInReference(absl::string_view reference);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_FHIR_RESOURCE_SET_H_
