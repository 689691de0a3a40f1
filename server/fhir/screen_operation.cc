#include "server/fhir/screen_operation.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "rules/engine/wording.h"
#include "server/fhir/element.h"
#include "server/fhir/json.h"
#include "server/fhir/json_document.h"
#include "server/fhir/operation_outcome.h"
#include "server/status.h"

namespace needlewise {
namespace {

constexpr char kFhirJson[] = "application/fhir+json";

// A request as read. `record` refers to `document`.
struct OperationRequest {
  JsonDocument document;
  const JsonValue* record = nullptr;
  std::string location;
  v1::ScreenFhirBundleRequest wanted;
  // Where the fields of `wanted` stand in the body.
  std::map<std::string, std::string> places;
};

// Reads Parameters.
class ParameterReader {
 public:
  ParameterReader(const Element& root, OperationRequest* request)
      : root_(root), request_(*request), wanted_(request->wanted) {}

  void Read() {
    const Element parameters = root_.Array("parameter");
    for (int i = 0; i < parameters.size(); ++i) {
      ReadOne(parameters.ObjectAt(i));
    }
    if (request_.record == nullptr) {
      root_.Member("parameter")
          .Fault("must hold the parameter `record` with a Bundle or a Patient");
    }
  }

 private:
  void ReadOne(const Element& parameter) {
    const absl::string_view name = parameter.Text("name");
    if (name == "record") {
      ReadRecord(parameter);
    } else if (name == "treatment") {
      ReadTreatment(parameter);
    } else if (name == "acknowledgement") {
      ReadAcknowledgement(parameter);
    } else if (name == "asOf") {
      ReadText(parameter, "valueDate", "as_of", wanted_.mutable_as_of());
    } else if (name == "profile") {
      ReadText(parameter, "valueCode", "profile", wanted_.mutable_profile());
    } else if (name == "language") {
      ReadText(parameter, "valueCode", "language", wanted_.mutable_language());
    } else if (name == "requestId") {
      ReadText(parameter, "valueString", "request_id",
               wanted_.mutable_request_id());
    } else if (name == "ruleCatalogDigest") {
      ReadText(parameter, "valueString", "rule_catalog_digest",
               wanted_.mutable_rule_catalog_digest());
    } else {
      parameter.Member("name").Fault(
          "is no parameter of this operation; use `record`, `treatment`, "
          "`asOf`, `profile`, `language`, `requestId`, `ruleCatalogDigest` or "
          "`acknowledgement`");
    }
  }

  void ReadRecord(const Element& parameter) {
    const Element resource = parameter.Object("resource");
    if (!resource.exists() || request_.record != nullptr) {
      parameter.Fault("must hold a resource, and be given once");
      return;
    }
    request_.record = resource.json();
    request_.location = resource.PathText();
  }

  void ReadTreatment(const Element& parameter) {
    const std::string field =
        absl::StrCat("treatments[", wanted_.treatments_size(), "]");
    v1::TreatmentSelection* selection = wanted_.add_treatments();
    request_.places[field] = parameter.PathText();
    const Element parts = parameter.Array("part");
    for (int i = 0; i < parts.size(); ++i) {
      const Element part = parts.ObjectAt(i);
      const absl::string_view name = part.Text("name");
      if (name == "treatment") {
        ReadText(part, "valueCode", field + ".treatment",
                 selection->mutable_treatment());
      } else if (name == "area") {
        const int index = selection->areas_size();
        ReadText(part, "valueCode", absl::StrCat(field, ".areas[", index, "]"),
                 selection->add_areas());
      } else if (name == "concern") {
        const int index = selection->concerns_size();
        ReadText(part, "valueCode",
                 absl::StrCat(field, ".concerns[", index, "]"),
                 selection->add_concerns());
      } else if (name == "device") {
        ReadText(part, "valueString", field + ".device.device",
                 selection->mutable_device()->mutable_device());
      } else if (name == "needleDepth") {
        const absl::optional<double> depth = part.Number("valueDecimal");
        if (!depth.has_value()) part.Fault("must have `valueDecimal`");
        selection->mutable_device()->set_needle_depth_mm(depth.value_or(0));
        request_.places[field + ".device.needle_depth_mm"] = part.PathText();
      } else {
        part.Member("name").Fault(
            "is no part of a treatment; use `treatment`, `area`, `device`, "
            "`needleDepth` or `concern`");
      }
    }
  }

  void ReadAcknowledgement(const Element& parameter) {
    const std::string field =
        absl::StrCat("acknowledgements[", wanted_.acknowledgements_size(), "]");
    v1::Acknowledgement* given = wanted_.add_acknowledgements();
    request_.places[field] = parameter.PathText();
    const Element parts = parameter.Array("part");
    for (int i = 0; i < parts.size(); ++i) {
      const Element part = parts.ObjectAt(i);
      const absl::string_view name = part.Text("name");
      if (name == "rule") {
        ReadText(part, "valueCode", field + ".rule_id",
                 given->mutable_rule_id());
      } else if (name == "clinician") {
        ReadText(part, "valueString", field + ".clinician_reference",
                 given->mutable_clinician_reference());
      } else if (name == "reason") {
        ReadText(part, "valueString", field + ".reason",
                 given->mutable_reason());
      } else {
        part.Member("name").Fault(
            "is no part of an acknowledgement; use `rule`, `clinician` or "
            "`reason`");
      }
    }
  }

  void ReadText(const Element& parameter, const char* member,
                const std::string& field, std::string* text) {
    if (!parameter.HasMember(member)) {
      parameter.Fault(absl::StrCat("must have `", member, "`"));
    }
    *text = std::string(parameter.Text(member));
    request_.places[field] = parameter.PathText();
  }

  const Element& root_;
  OperationRequest& request_;
  v1::ScreenFhirBundleRequest& wanted_;
};

bool IsFhirJson(const HttpRequest& http) {
  const auto type = http.headers.find("content-type");
  if (type == http.headers.end()) return false;
  const absl::string_view value = type->second;
  const absl::string_view media =
      absl::StripAsciiWhitespace(value.substr(0, value.find(';')));
  return absl::EqualsIgnoreCase(media, kFhirJson) ||
         absl::EqualsIgnoreCase(media, "application/json");
}

// The first language of `Accept-Language` that the catalogue has; empty: none.
std::string AcceptedLanguage(const HttpRequest& http,
                             const CompiledCatalog& catalog) {
  const auto header = http.headers.find("accept-language");
  if (header == http.headers.end()) return "";
  for (const absl::string_view choice : absl::StrSplit(header->second, ',')) {
    const absl::string_view tag =
        absl::StripAsciiWhitespace(choice.substr(0, choice.find(';')));
    if (!tag.empty() && FindWording(catalog.wordings, tag) >= 0) {
      return std::string(tag);
    }
  }
  return "";
}

bool ReadBody(const std::string& body, OperationRequest* request,
              Violations* violations) {
  absl::optional<JsonDocument> document = ParseJson(body, violations);
  if (!document.has_value()) return false;
  request->document = *std::move(document);
  if (!request->document.root().IsObject()) {
    violations->push_back({"", "must be a resource"});
    return false;
  }
  const Element untyped(&request->document.root(), "", violations);
  if (untyped.Text("resourceType") == "Parameters") {
    const Element root(&request->document.root(), "Parameters", violations);
    ParameterReader(root, request).Read();
  } else {
    request->record = &request->document.root();
    request->location = std::string(untyped.Text("resourceType"));
  }
  return violations->empty();
}

// Violations of the fields of a request, with their places in the body.
Violations PlaceFields(const OperationRequest& request, Violations violations) {
  for (FieldViolation& violation : violations) {
    // What is missing from a part is a fault of the part.
    std::string field = violation.field;
    while (!field.empty()) {
      const auto place = request.places.find(field);
      if (place != request.places.end()) {
        violation.field = place->second;
        break;
      }
      const size_t end = field.find_last_of(".[");
      field.resize(end == std::string::npos ? 0 : end);
    }
  }
  return violations;
}

HttpResponse Refusal(const OperationRequest& request,
                     const absl::Status& status) {
  const Violations violations = ViolationsIn(status);
  return violations.empty()
             ? ErrorResponse(status)
             : ViolationsResponse(400, "invalid",
                                  PlaceFields(request, violations));
}

void Answer(const FhirScreener& screener, const v1::TreatmentSelection& usual,
            const HttpRequest& http, HttpReply reply) {
  if (!IsFhirJson(http)) {
    std::move(reply).Send(OutcomeResponse(
        415, "structure", absl::StrCat("send the content type ", kFhirJson)));
    return;
  }
  const auto active = screener.catalogs->Current();
  if (active == nullptr) {
    std::move(reply).Send(ErrorResponse(CatalogNotLoaded()));
    return;
  }
  OperationRequest request;
  Violations violations;
  if (!ReadBody(http.body, &request, &violations)) {
    std::move(reply).Send(ViolationsResponse(400, "invalid", violations));
    return;
  }
  v1::ScreenFhirBundleRequest& wanted = request.wanted;
  if (wanted.treatments().empty()) *wanted.add_treatments() = usual;
  if (wanted.language().empty()) {
    wanted.set_language(AcceptedLanguage(http, *active->compiled));
  }
  wanted.set_view(v1::VIEW_FULL);
  Caller caller;
  if (!http.caller.empty()) caller.name = http.caller;
  v1::ScreenFhirBundleResponse made;
  absl::StatusOr<PendingAnswer> pending = StartScreenDocument(
      screener, caller, *request.record, request.location, wanted, &made);
  if (!pending.ok()) {
    std::move(reply).Send(Refusal(request, pending.status()));
    return;
  }
  HttpResponse response;
  response.headers["content-type"] = kFhirJson;
  response.headers["content-language"] = made.language();
  AddVary("Accept-Language", &response);
  response.body = std::move(*made.mutable_resources());
  std::move(*pending).WhenRecorded([response = std::move(response),
                                    reply = std::move(reply)](
                                       RecordOutcome outcome) mutable {
    std::move(reply).Send(outcome.status.ok() ? std::move(response)
                                              : ErrorResponse(outcome.status));
  });
}

}  // namespace

void AddScreenOperation(const FhirScreener& screener,
                        const v1::TreatmentSelection& usual,
                        HttpRoutes* routes) {
  routes->AddAsync(
      "POST", kScreenOperationPath,
      {"FhirScreenOperation",
       [screener, usual](const HttpRequest& http, HttpReply reply) {
         Answer(screener, usual, http, std::move(reply));
       }});
}

}  // namespace needlewise
