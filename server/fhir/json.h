#ifndef NEEDLEWISE_SERVER_FHIR_JSON_H_
#define NEEDLEWISE_SERVER_FHIR_JSON_H_

#include <nlohmann/json.hpp>
#include <string>

namespace needlewise {

// JSON that is put together to be written. What is read is a `JsonDocument`.
using Json = nlohmann::json;

// Writes a value without insignificant white space. Text that is not UTF-8 is
// replaced, never an error.
std::string WriteJson(const Json& json);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_FHIR_JSON_H_
