#include "server/cds_hooks/hook_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/support/text_proto.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> FaultsOf(const std::string& hooks,
                                  const std::string& address = "127.0.0.1:0") {
  auto config = FromText<config::v1::ServerConfig>(absl::StrCat(
      "http_listener { address: '", address, "' } cds_hooks {", hooks, "}"));
  FillHookDefaults(config.mutable_cds_hooks());
  std::vector<std::string> fields;
  for (const HookSettingFault& fault : CheckHookSettings(config)) {
    fields.push_back(fault.field);
  }
  return fields;
}

TEST(HookSettingsTest, HaveDefaultsWithoutFaults) {
  EXPECT_THAT(FaultsOf(""), IsEmpty());
  config::v1::CdsHooks hooks;
  FillHookDefaults(&hooks);
  EXPECT_EQ(hooks.patient_view().treatment(), "base_microneedling");
  EXPECT_EQ(hooks.treatments(0).words(), "microneedling");
  EXPECT_FALSE(hooks.without_authentication_for_development());
}

TEST(HookSettingsTest, LetUnknownCallersInOnLoopbackOnly) {
  const char* without = "without_authentication_for_development: true";
  EXPECT_THAT(FaultsOf(without), IsEmpty());
  EXPECT_THAT(FaultsOf(without, "0.0.0.0:80"),
              ElementsAre("without_authentication_for_development"));
  EXPECT_THAT(FaultsOf(without, ""),
              ElementsAre("without_authentication_for_development"));
  EXPECT_THAT(FaultsOf(absl::StrCat(without,
                                    " base_url: 'https://c.test' clients { "
                                    "issuer: 'i' jwks_file: 'f' }")),
              ElementsAre("without_authentication_for_development"));
}

TEST(HookSettingsTest, AreNotHalfSet) {
  EXPECT_THAT(FaultsOf("clients { issuer: 'i' jwks_file: 'f' }"),
              ElementsAre("base_url"));
  EXPECT_THAT(FaultsOf("base_url: 'https://c.test/' clients { issuer: 'i' "
                       "jwks_file: 'f' }"),
              ElementsAre("base_url"));
  EXPECT_THAT(FaultsOf("base_url: 'https://c.test' clients { }"),
              ElementsAre("clients", "clients"));
  EXPECT_THAT(FaultsOf("base_url: 'https://c.test' clients { issuer: 'i' "
                       "jwks_url: 'http://ehr.test/keys' }"),
              ElementsAre("clients"));
  EXPECT_THAT(FaultsOf("fhir_servers: 'http://ehr.test/r4'"),
              ElementsAre("fhir_servers"));
  EXPECT_THAT(FaultsOf("fhir_servers: 'https://ehr.test/r4/'"),
              ElementsAre("fhir_servers"));
  EXPECT_THAT(FaultsOf("treatments { words: 'x' }"), ElementsAre("treatments"));
  EXPECT_THAT(FaultsOf("treatments { treatment { treatment: 'rf' } }"),
              ElementsAre("treatments"));
  EXPECT_THAT(FaultsOf("fetch_timeout { seconds: 61 }"),
              ElementsAre("fetch_timeout"));
  EXPECT_THAT(FaultsOf("max_fetch_bytes: 7"), ElementsAre("max_fetch_bytes"));
}

}  // namespace
}  // namespace needlewise
