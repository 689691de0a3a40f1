#include "server/fhir/json.h"

namespace needlewise {

std::string WriteJson(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace needlewise
