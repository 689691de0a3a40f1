#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/integration/test_server.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RuleCatalogServiceTest : public ::testing::Test {
 protected:
  grpc::Status ListRules(const v1::ListRulesRequest& request,
                         v1::ListRulesResponse* response) {
    grpc::ClientContext context;
    return server_.catalog().ListRules(&context, request, response);
  }

  // Ids of the rules that pass a filter.
  std::vector<std::string> RuleIds(const v1::ListRulesRequest& request) {
    v1::ListRulesResponse response;
    const grpc::Status status = ListRules(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::vector<std::string> ids;
    for (const v1::Rule& rule : response.rules()) ids.push_back(rule.rule_id());
    EXPECT_EQ(response.total_size(), response.rules_size());
    return ids;
  }

  v1::ValidateRuleCatalogResponse Validated(
      const std::vector<CatalogFileText>& files) {
    v1::ValidateRuleCatalogRequest request;
    for (const CatalogFileText& file : files) {
      request.add_files()->set_name(file.name);
      request.mutable_files()->rbegin()->set_content(file.content);
    }
    v1::ValidateRuleCatalogResponse response;
    grpc::ClientContext context;
    const grpc::Status status =
        server_.catalog().ValidateRuleCatalog(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  v1::CatalogVersion InForce() {
    v1::GetRuleCatalogRequest request;
    request.set_version_only(true);
    v1::GetRuleCatalogResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(
        server_.catalog().GetRuleCatalog(&context, request, &response).ok());
    EXPECT_FALSE(response.has_catalog());
    EXPECT_EQ(response.rule_count(), 6);
    EXPECT_EQ(response.concept_count(), 6);
    return response.version();
  }

  TestServer server_;
};

TEST_F(RuleCatalogServiceTest, GivesTheWholeCatalogue) {
  v1::GetRuleCatalogResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(server_.catalog().GetRuleCatalog(&context, {}, &response).ok());
  EXPECT_EQ(response.catalog().rules_size(), 6);
  EXPECT_EQ(response.catalog().manifest().version(), "1.0.0");
  EXPECT_EQ(response.version().digest(), InForce().digest());
  EXPECT_EQ(response.activated_at().substr(0, 7), "2026-06");
}

TEST_F(RuleCatalogServiceTest, FiltersRules) {
  v1::ListRulesRequest all;
  EXPECT_THAT(RuleIds(all), ElementsAre("acne-active", "edition-1",
                                        "keloid-ever", "operator-not-licensed",
                                        "platelets-low", "pregnancy-now"));
  v1::ListRulesRequest of_base;
  of_base.set_treatment("base_microneedling");
  EXPECT_THAT(RuleIds(of_base),
              ElementsAre("acne-active", "edition-1", "keloid-ever",
                          "operator-not-licensed", "pregnancy-now"));
  v1::ListRulesRequest contraindications_of_prp;
  contraindications_of_prp.set_treatment("prp");
  contraindications_of_prp.set_effect(v1::EFFECT_KIND_CONTRAINDICATION);
  EXPECT_THAT(RuleIds(contraindications_of_prp),
              ElementsAre("keloid-ever", "platelets-low"));
  v1::ListRulesRequest about_pregnancy;
  about_pregnancy.set_concept("pregnancy");
  EXPECT_THAT(RuleIds(about_pregnancy), ElementsAre("pregnancy-now"));
  v1::ListRulesRequest of_core;
  of_core.set_profile("core");
  EXPECT_THAT(RuleIds(of_core), ElementsAre("keloid-ever"));
  v1::ListRulesRequest of_standard;
  of_standard.set_profile("standard");
  EXPECT_EQ(RuleIds(of_standard).size(), 6);
  v1::ListRulesRequest of_conflict;
  of_conflict.set_conflict("C1");
  EXPECT_THAT(RuleIds(of_conflict), ElementsAre("keloid-ever"));
  v1::ListRulesRequest of_source;
  of_source.set_citation("M1");
  EXPECT_EQ(RuleIds(of_source).size(), 6);
}

TEST_F(RuleCatalogServiceTest, NamesEveryFilterThatIsUnknown) {
  v1::ListRulesRequest request;
  request.set_page_size(-1);
  request.set_page_token("%%%");
  request.set_treatment("prpp");
  request.set_effect(static_cast<v1::EffectKind>(99));
  request.set_concept("pregnency");
  request.set_profile("kore");
  request.set_citation("M9");
  request.set_conflict("C9");
  v1::ListRulesResponse response;
  const grpc::Status status = ListRules(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(status),
              ElementsAre("page_size", "page_token", "treatment", "effect",
                          "concept", "profile", "citation", "conflict"));
  EXPECT_THAT(ViolationsOf(DetailsOf(status))[4].description(),
              HasSubstr("`pregnancy`"));
}

TEST_F(RuleCatalogServiceTest, PagesHoldEveryRuleOnce) {
  v1::ListRulesRequest request;
  request.set_treatment("prp");
  std::vector<std::string> ids;
  int pages = 0;
  do {
    // The size may change from page to page.
    request.set_page_size(1 + pages % 2);
    v1::ListRulesResponse response;
    ASSERT_TRUE(ListRules(request, &response).ok());
    EXPECT_EQ(response.total_size(), 6);
    for (const v1::Rule& rule : response.rules()) ids.push_back(rule.rule_id());
    request.set_page_token(response.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, 4);
  EXPECT_THAT(ids, ElementsAre("acne-active", "edition-1", "keloid-ever",
                               "operator-not-licensed", "platelets-low",
                               "pregnancy-now"));
}

TEST_F(RuleCatalogServiceTest, PageTokenIsOfOneFilterAndOneCatalogue) {
  v1::ListRulesRequest request;
  request.set_page_size(2);
  v1::ListRulesResponse response;
  ASSERT_TRUE(ListRules(request, &response).ok());
  request.set_page_token(response.next_page_token());

  v1::ListRulesRequest other = request;
  other.set_treatment("prp");
  EXPECT_THAT(FieldsOf(ListRules(other, &response)), ElementsAre("page_token"));

  server_.folder().Replace(SmallCatalog(2));
  ASSERT_EQ(server_.server().catalogs().CheckNow(),
            CatalogManager::CheckOutcome::kActivated);
  const grpc::Status status = ListRules(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(status), "CATALOG_VERSION_MISMATCH");
}

TEST_F(RuleCatalogServiceTest, GivesARuleWithWhatItRefersTo) {
  v1::GetRuleRequest request;
  request.set_rule_id("keloid-ever");
  v1::GetRuleResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(server_.catalog().GetRule(&context, request, &response).ok());
  EXPECT_EQ(response.rule().title(), "Keloid scarring at any time.");
  ASSERT_EQ(response.concepts_size(), 1);
  EXPECT_EQ(response.concepts(0).concept_id(), "keloid");
  ASSERT_EQ(response.citations_size(), 1);
  EXPECT_EQ(response.citations(0).citation_id(), "M1");
  ASSERT_EQ(response.conflicts_size(), 1);
  EXPECT_EQ(response.conflicts(0).conflict_id(), "C1");
  EXPECT_EQ(response.version().version(), "1.0.0");
}

TEST_F(RuleCatalogServiceTest, UnknownRuleIsNotFound) {
  v1::GetRuleRequest request;
  request.set_rule_id("keloid-evar");
  v1::GetRuleResponse response;
  grpc::ClientContext context;
  const grpc::Status status =
      server_.catalog().GetRule(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(status), "RULE_NOT_FOUND");
  EXPECT_THAT(status.error_message(), HasSubstr("`keloid-ever`"));
}

TEST_F(RuleCatalogServiceTest, RuleIdIsRequiredAndNotTooLong) {
  for (const std::string& id : {std::string(), std::string(10000, 'x')}) {
    v1::GetRuleRequest request;
    request.set_rule_id(id);
    v1::GetRuleResponse response;
    grpc::ClientContext context;
    EXPECT_THAT(
        FieldsOf(server_.catalog().GetRule(&context, request, &response)),
        ElementsAre("rule_id"));
  }
}

TEST_F(RuleCatalogServiceTest, ListsConceptsCitationsAndConflicts) {
  v1::ListConceptsRequest of_tests;
  of_tests.set_section("tests");
  v1::ListConceptsResponse concepts;
  grpc::ClientContext concepts_context;
  ASSERT_TRUE(server_.catalog()
                  .ListConcepts(&concepts_context, of_tests, &concepts)
                  .ok());
  ASSERT_EQ(concepts.concepts_size(), 1);
  EXPECT_EQ(concepts.concepts(0).concept_id(), "platelet_count");

  v1::ListCitationsResponse citations;
  grpc::ClientContext citations_context;
  ASSERT_TRUE(
      server_.catalog().ListCitations(&citations_context, {}, &citations).ok());
  ASSERT_EQ(citations.citations_size(), 1);
  EXPECT_EQ(citations.total_size(), 1);

  v1::ListSourceConflictsResponse conflicts;
  grpc::ClientContext conflicts_context;
  ASSERT_TRUE(server_.catalog()
                  .ListSourceConflicts(&conflicts_context, {}, &conflicts)
                  .ok());
  ASSERT_EQ(conflicts.conflicts_size(), 1);
  EXPECT_THAT(conflicts.conflicts(0).rule_ids(), ElementsAre("keloid-ever"));
  EXPECT_THAT(conflicts.conflicts(0).plan_ids(),
              ElementsAre("any-concern", "no-make-up"));
}

TEST_F(RuleCatalogServiceTest, ValidationTellsWhatALoadWouldAndNeverActivates) {
  const std::string in_force = InForce().digest();

  const v1::ValidateRuleCatalogResponse good = Validated(SmallCatalog(2));
  EXPECT_TRUE(good.valid());
  EXPECT_THAT(good.diagnostics(), IsEmpty());
  EXPECT_EQ(good.version().version(), "2.0.0");

  const v1::ValidateRuleCatalogResponse broken = Validated(BrokenCatalog(2));
  EXPECT_FALSE(broken.valid());
  ASSERT_EQ(broken.diagnostics_size(), 2);
  for (const v1::Diagnostic& diagnostic : broken.diagnostics()) {
    EXPECT_EQ(diagnostic.severity(), v1::SEVERITY_ERROR);
    EXPECT_EQ(diagnostic.file(), "catalog.textproto");
    EXPECT_GT(diagnostic.line(), 0);
    EXPECT_GT(diagnostic.column(), 0);
    EXPECT_NE(diagnostic.source_line(), "");
  }

  EXPECT_FALSE(Validated(CatalogWithFailingCase(2)).valid());
  EXPECT_EQ(InForce().digest(), in_force);
}

TEST_F(RuleCatalogServiceTest, ValidationKnowsWhatTheServerNeeds) {
  std::vector<CatalogFileText> files = SmallCatalog(2);
  const std::string kind = "CONCEPT_KIND_SITE";
  files[0].content.replace(files[0].content.find(kind), kind.size(),
                           "CONCEPT_KIND_CIRCUMSTANCE");
  const v1::ValidateRuleCatalogResponse response = Validated(files);
  EXPECT_FALSE(response.valid());
  ASSERT_EQ(response.diagnostics_size(), 1);
  EXPECT_EQ(response.diagnostics(0).file(), "server configuration");
  EXPECT_EQ(response.diagnostics(0).subject(), "site_licensed_operator");
}

TEST_F(RuleCatalogServiceTest, ValidationNeedsNamedFiles) {
  v1::ValidateRuleCatalogRequest request;
  v1::ValidateRuleCatalogResponse response;
  {
    grpc::ClientContext context;
    EXPECT_THAT(FieldsOf(server_.catalog().ValidateRuleCatalog(
                    &context, request, &response)),
                ElementsAre("files"));
  }
  request.add_files()->set_name("a.textproto");
  request.add_files();
  request.add_files()->set_name("a.textproto");
  grpc::ClientContext context;
  EXPECT_THAT(FieldsOf(server_.catalog().ValidateRuleCatalog(&context, request,
                                                             &response)),
              ElementsAre("files[1].name", "files[2].name"));
}

}  // namespace
}  // namespace needlewise
