// The doors that take a patient as the API has one.

#ifndef NEEDLEWISE_TESTS_DOORS_PLAIN_DOORS_H_
#define NEEDLEWISE_TESTS_DOORS_PLAIN_DOORS_H_

#include <string>
#include <vector>

#include "needlewise/v1/screening.pb.h"
#include "tests/integration/test_server.h"

namespace needlewise {

using ScreenRequests = std::vector<v1::ScreenEligibilityRequest>;

// What came out of a door.
struct DoorAnswer {
  // The response in its own bytes; empty where there was an error.
  std::string bytes;
  // Message and details of the error.
  std::string error;
};

// To add a door: a function from requests to answers, and a line in
// `PlainDoors`.
struct PlainDoor {
  const char* name;
  std::vector<DoorAnswer> (*answer)(const TestServer&, const ScreenRequests&);
};

// gRPC, the Connect protocol in bytes and JSON, and the command line.
const std::vector<PlainDoor>& PlainDoors();

// Sends the requests through each door, compares what comes out with what came
// out of the first, and gives that. Stops at the first difference.
std::vector<DoorAnswer> ThroughEveryPlainDoor(const TestServer& server,
                                              const ScreenRequests& requests);

std::string MessageToJson(const google::protobuf::Message& message);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_DOORS_PLAIN_DOORS_H_
