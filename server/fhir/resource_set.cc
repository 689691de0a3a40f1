#include "server/fhir/resource_set.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/fhir/element.h"

namespace needlewise {
namespace {

// A bundle in a bundle in a bundle is as deep as anybody sends.
constexpr int kDeepestBundle = 3;
constexpr absl::string_view kHistory = "/_history/";

bool IsTypeName(absl::string_view text) {
  if (text.empty() || !absl::ascii_isupper(text[0])) return false;
  for (const char c : text) {
    if (!absl::ascii_isalpha(c)) return false;
  }
  return true;
}

absl::string_view WithoutVersion(absl::string_view reference) {
  return reference.substr(0, reference.find(kHistory));
}

bool IsAbsolute(absl::string_view reference) {
  return absl::StrContains(reference, "://") ||
         absl::StartsWith(reference, "urn:");
}

}  // namespace

absl::string_view NameInReference(absl::string_view reference) {
  reference = WithoutVersion(reference);
  const size_t id = reference.rfind('/');
  if (id == absl::string_view::npos || id + 1 == reference.size()) return "";
  const size_t before = reference.rfind('/', id - 1);
  const size_t type =
      id == 0 || before == absl::string_view::npos ? 0 : before + 1;
  if (!IsTypeName(reference.substr(type, id - type))) return "";
  return reference.substr(type);
}

void ResourceSet::Add(const JsonValue& document, const std::string& location,
                      Violations* violations) {
  AddResource(document, "", location, 0, violations);
}

void ResourceSet::AddBundle(const JsonValue& bundle,
                            const std::string& location, int depth,
                            Violations* violations) {
  if (depth >= kDeepestBundle) {
    violations->push_back({location, "is a bundle too deep in bundles"});
    return;
  }
  const Element root(&bundle, location, violations);
  const Element links = root.Array("link");
  for (int i = 0; i < links.size(); ++i) {
    if (links.ObjectAt(i).Text("relation") == "next") {
      gaps_.push_back({links.Item(i).PathText(), "Bundle.link"});
    }
  }
  const Element entries = root.Array("entry");
  for (int i = 0; i < entries.size(); ++i) {
    const Element entry = entries.ObjectAt(i);
    const Element resource = entry.Object("resource");
    // A transaction's deletion, or an answer without content, has none.
    if (!resource.exists()) continue;
    AddResource(*resource.json(), std::string(entry.Text("fullUrl")),
                resource.PathText(), depth + 1, violations);
  }
}

void ResourceSet::AddResource(const JsonValue& resource, std::string full_url,
                              const std::string& location, int depth,
                              Violations* violations) {
  const Element root(&resource, location, violations);
  if (!resource.IsObject()) {
    root.Fault("must be a FHIR resource");
    return;
  }
  const std::string type(root.Text("resourceType"));
  if (!IsTypeName(type)) {
    root.Member("resourceType").Fault("must name the type of a FHIR resource");
    return;
  }
  if (type == "Bundle") {
    AddBundle(resource, location, depth, violations);
    return;
  }
  if (type == "OperationOutcome") {
    gaps_.push_back({location, type});
    return;
  }
  FhirResource made;
  made.json = &resource;
  made.type = type;
  made.id = std::string(root.Text("id"));
  made.location = location;
  made.full_url = std::string(WithoutVersion(full_url));
  const int index = static_cast<int>(resources_.size());
  made.label = made.id.empty() ? absl::StrCat(type, "[", index, "]")
                               : absl::StrCat(type, "/", made.id);
  if (!made.full_url.empty()) by_url_.emplace(made.full_url, index);
  if (!made.id.empty()) by_name_.emplace(made.label, index);
  resources_.push_back(std::move(made));
}

const FhirResource* ResourceSet::Patient(const std::string& location,
                                         Violations* violations) const {
  const FhirResource* patient = nullptr;
  for (const FhirResource& resource : resources_) {
    if (resource.type != "Patient") continue;
    if (patient == nullptr) {
      patient = &resource;
    } else if (WriteJson(*resource.json) != WriteJson(*patient->json)) {
      violations->push_back(
          {resource.location,
           "is a second patient; send the record of one patient at a time"});
      return nullptr;
    }
  }
  if (patient == nullptr) {
    violations->push_back(
        {location, "holds no Patient; send the patient with the record"});
  }
  return patient;
}

FhirTarget ResourceSet::Resolve(const FhirResource& from,
                                absl::string_view reference) const {
  FhirTarget target;
  if (absl::ConsumePrefix(&reference, "#")) {
    const JsonValue* contained = FindMember(*from.json, "contained");
    if (contained == nullptr || !contained->IsArray()) return target;
    for (const JsonValue& candidate : contained->GetArray()) {
      const JsonValue* id = FindMember(candidate, "id");
      if (id == nullptr || TextIn(*id) != reference) continue;
      target.json = &candidate;
      return target;
    }
    return target;
  }
  reference = WithoutVersion(reference);
  auto found = by_url_.find(reference);
  if (found == by_url_.end()) {
    const absl::string_view name = NameInReference(reference);
    found = by_name_.find(name);
    if (name.empty() || found == by_name_.end()) return target;
    // The same name on another server is another resource.
    const std::string& url = resources_[found->second].full_url;
    if (absl::StrContains(url, "://") && IsAbsolute(reference)) return target;
  }
  target.resource = &resources_[found->second];
  target.json = target.resource->json;
  return target;
}

bool ResourceSet::LeadsTo(absl::string_view reference,
                          const FhirResource& resource) const {
  reference = WithoutVersion(reference);
  if (!resource.full_url.empty() && reference == resource.full_url) return true;
  if (resource.id.empty()) return false;
  const absl::string_view name = NameInReference(reference);
  if (name != resource.label) return false;
  return !IsAbsolute(reference) || !absl::StrContains(resource.full_url, "://");
}

}  // namespace needlewise
