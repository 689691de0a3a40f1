// What the engine says of an inquiry, to compare with what the oracle says.

#ifndef NEEDLEWISE_TESTS_PROPERTY_ENGINE_ANSWER_H_
#define NEEDLEWISE_TESTS_PROPERTY_ENGINE_ANSWER_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "needlewise/v1/screening.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "tests/support/oracle.h"

namespace needlewise {

// The request that asks what an inquiry asks.
v1::ScreenEligibilityRequest RequestOf(const oracle::Inquiry& inquiry);

// The engine's answer; a fault of the request fails the test.
v1::Decision Screened(const CompiledCatalog& catalog,
                      const v1::ScreenEligibilityRequest& request, Day today,
                      const std::vector<v1::Finding>& site_findings = {});
v1::Decision Screened(const CompiledCatalog& catalog,
                      const oracle::Inquiry& inquiry);

// The decision on the only area of the only treatment.
const v1::AreaDecision& OnlyArea(const v1::Decision& decision);

std::set<std::string> OutstandingOf(const v1::AreaDecision& decision);

// Where the engine's answer is not what the oracle says, one line each:
// truths, verdict, the strictest possible, dates and notices.
std::string Differences(const oracle::Oracle& oracle,
                        const oracle::Inquiry& inquiry,
                        const v1::Decision& decision,
                        const oracle::Answer& expected);

// The same bytes for equal messages.
std::string BytesOf(const google::protobuf::Message& message);

// An inquiry and the catalogue it is made of, to be read after a failure.
std::string Describe(const v1::RuleCatalog& catalog,
                     const oracle::Inquiry& inquiry);

// Loads a catalogue through its text, as the server would; null where it asks
// too much of one concept. Any other fault fails the test.
std::shared_ptr<const CompiledCatalog> LoadRandom(
    const v1::RuleCatalog& catalog);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_PROPERTY_ENGINE_ANSWER_H_
