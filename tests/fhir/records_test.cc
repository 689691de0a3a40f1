#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/fhir/questionnaire.h"
#include "tests/fhir/mapped.h"
#include "tests/support/shipped_catalog.h"

namespace needlewise {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kKeloid[] =
    "'code':{'coding':[{'system':'http://snomed.info/sct','code':'33659008'}]}";

std::string KeloidOf(const std::string& subject) {
  return absl::StrCat("{'resourceType':'Condition','id':'c1',", subject,
                      kKeloid, "}");
}

// A bundle whose entries are written out.
std::string Entries(const std::string& entries) {
  return Quoted(absl::StrCat(
      "{'resourceType':'Bundle','type':'searchset','entry':[", entries, "]}"));
}

TEST(RecordTest, NeedsOnePatient) {
  EXPECT_THAT(MapRecord(Entries("")).violations,
              ElementsAre(HasSubstr("bundle: holds no Patient")));
  EXPECT_THAT(
      MapRecord(Entries("{'resource':{'resourceType':'Patient','id':'a'}},"
                        "{'resource':{'resourceType':'Patient','id':'b'}}"))
          .violations,
      ElementsAre(HasSubstr("bundle.entry[1].resource: is a second patient")));
  EXPECT_THAT(
      MapRecord(Entries("{'resource':{'resourceType':'Patient','id':'a'}},"
                        "{'resource':{'resourceType':'Patient','id':'a'}}"))
          .violations,
      IsEmpty());
}

TEST(RecordTest, MayBeAPatientAlone) {
  const Mapped mapped = MapRecord(
      Quoted("{'resourceType':'Patient','id':'a','birthDate':'1990-04'}"));
  EXPECT_THAT(mapped.violations, IsEmpty());
  EXPECT_EQ(mapped.patient.patient.birth_date(), "1990-04");
}

TEST(RecordTest, AssumesNothingOfTheGender) {
  EXPECT_THAT(MapRecord(Quoted("{'resourceType':'Patient','id':'a','gender':"
                               "'male'}"))
                  .findings,
              IsEmpty());
}

TEST(RecordTest, KnowsADeath) {
  EXPECT_TRUE(MapRecord(Quoted("{'resourceType':'Patient','id':'a',"
                               "'deceasedDateTime':'2026'}"))
                  .patient.deceased);
  EXPECT_FALSE(MapRecord(Quoted("{'resourceType':'Patient','id':'a',"
                                "'deceasedBoolean':false}"))
                   .patient.deceased);
}

TEST(RecordTest, RefusesAnybodyElse) {
  EXPECT_THAT(
      MapResource(KeloidOf("'subject':{'reference':'Patient/p2'},")).violations,
      ElementsAre(HasSubstr("bundle.entry[1].resource.subject.reference: is "
                            "not the patient that was sent")));
  EXPECT_THAT(
      MapResource(KeloidOf("'subject':{'reference':'Group/p1'},")).violations,
      ElementsAre(HasSubstr("subject.reference")));
}

TEST(RecordTest, ListsWhatIsNobodys) {
  const Mapped mapped = MapResource(KeloidOf(""));
  EXPECT_THAT(mapped.findings, IsEmpty());
  EXPECT_THAT(mapped.not_used,
              ElementsAre("Condition/c1 Condition.subject NO_SUBJECT"));
}

TEST(RecordTest, ListsTypesThatSayNothing) {
  EXPECT_THAT(MapResource("{'resourceType':'Encounter','id':'e','subject':{~}}")
                  .not_used,
              ElementsAre("Encounter/e Encounter RESOURCE_TYPE"));
}

TEST(RecordTest, ListsWhatTheRecordCouldNotGive) {
  const Mapped mapped = MapRecord(
      Quoted("{'resourceType':'Bundle','link':[{'relation':'next','url':'x'}],"
             "'entry':[{'resource':{'resourceType':'Patient','id':'a'}},"
             "{'resource':{'resourceType':'OperationOutcome'}}]}"));
  EXPECT_THAT(mapped.not_used,
              ElementsAre("Bundle.link bundle.link[0] NOT_SENT",
                          "OperationOutcome bundle.entry[1].resource "
                          "NOT_SENT"));
}

TEST(ReferenceTest, MayBeOfAnyForm) {
  const auto record = [](const std::string& url, const std::string& id,
                         const std::string& reference) {
    return MapRecord(Entries(absl::StrCat(
        "{", url, "'resource':{'resourceType':'Patient'", id, "}},{'resource':",
        KeloidOf(absl::StrCat("'subject':{'reference':'", reference, "'},")),
        "}")));
  };
  const std::string absolute = "'fullUrl':'https://ehr.test/r4/Patient/7',";
  const std::string id = ",'id':'7'";
  for (const Mapped& mapped :
       {record("'fullUrl':'urn:uuid:0a1b',", "", "urn:uuid:0a1b"),
        record("'fullUrl':'urn:uuid:0a1b',", id, "Patient/7"),
        record(absolute, id, "Patient/7"),
        record(absolute, id, "https://ehr.test/r4/Patient/7"),
        record(absolute, id, "https://ehr.test/r4/Patient/7/_history/3"),
        record("", id, "Patient/7/_history/2"),
        record("", id, "https://ehr.test/r4/Patient/7")}) {
    EXPECT_THAT(mapped.violations, IsEmpty());
    EXPECT_THAT(mapped.findings, ElementsAre("keloid PRESENT"));
  }
  for (const Mapped& mapped :
       {record(absolute, id, "https://other.test/r4/Patient/7"),
        record(absolute, id, "Patient/8"),
        record("'fullUrl':'urn:uuid:0a1b',", "", "urn:uuid:0a1c"),
        record("", id, "#7")}) {
    EXPECT_THAT(mapped.violations,
                ElementsAre(HasSubstr("is not the patient")));
  }
}

TEST(VersionTest, OfAnotherFhirIsRefused) {
  EXPECT_THAT(MapResource("{'resourceType':'Condition','subject':{~},"
                          "'clinicalStatus':'active'}")
                  .violations,
              ElementsAre(HasSubstr(
                  "bundle.entry[1].resource.clinicalStatus: is a text, as "
                  "before FHIR R4")));
  EXPECT_THAT(MapResource("{'resourceType':'MedicationRequest','subject':{~},"
                          "'medication':{'concept':{}}}")
                  .violations,
              ElementsAre(HasSubstr("medication: is not of FHIR R4")));
}

TEST(FormTest, ThatIsWrongIsNamed) {
  EXPECT_THAT(MapResource("{'resourceType':'Condition','subject':{~},"
                          "'code':'L40'}")
                  .violations,
              Contains("bundle.entry[1].resource.code: must be an object"));
  EXPECT_THAT(MapResource("{'resourceType':'Condition','subject':{~},"
                          "'code':{'coding':{}}}")
                  .violations,
              Contains("bundle.entry[1].resource.code.coding: must be an "
                       "array"));
  EXPECT_THAT(
      MapResource("{'resourceType':'Condition','subject':[]}").violations,
      Contains("bundle.entry[1].resource.subject: must be an object"));
  EXPECT_THAT(MapResource("{'resourceType':7}").violations,
              Contains(HasSubstr("bundle.entry[1].resource.resourceType")));
  EXPECT_THAT(MapRecord("[]").violations,
              Contains("bundle: must be a FHIR resource"));
}

std::string Response(const std::string& items) {
  return absl::StrCat(
      "{'resourceType':'QuestionnaireResponse','id':'q','subject':{~},"
      "'status':'completed','authored':'2026-06-14T10:00:00Z','source':{~},"
      "'item':[",
      items, "]}");
}

TEST(QuestionnaireResponseTest, AnswersTheQuestionsOfConcepts) {
  const Mapped mapped = MapResource(Response(
      "{'linkId':'smoking','answer':[{'valueBoolean':true}]},"
      "{'linkId':'raised_scar','answer':[{'valueBoolean':false}]},"
      "{'linkId':'any_allergy','answer':[{'valueBoolean':false}]},"
      "{'linkId':'eczema','answer':[{'valueCoding':{'system':"
      "'urn:needlewise:finding-status','code':'past'},'item':["
      "{'linkId':'eczema.last','answer':[{'valueDate':'2019'}]},"
      "{'linkId':'eczema.areas','answer':[{'valueCoding':{'system':"
      "'urn:needlewise:area','code':'arms'}}]}]}]},"
      "{'linkId':'inr','answer':[{'valueQuantity':{'value':1.1,'code':"
      "'{INR}'}}]},"
      "{'linkId':'group','item':[{'linkId':'tan','answer':[{'valueBoolean':"
      "false}]}]},"
      "{'linkId':'favourite_colour','answer':[{'valueString':'red'}]}"));
  EXPECT_THAT(mapped.findings,
              ElementsAre("smoking PRESENT on 2026-06-14 by PATIENT",
                          "raised_scar NEVER on 2026-06-14 by PATIENT",
                          "any_allergy ABSENT on 2026-06-14 by PATIENT",
                          "eczema PAST arms last 2019 on 2026-06-14 by PATIENT",
                          "inr 1.1 {INR} on 2026-06-14 by PATIENT",
                          "tan NEVER on 2026-06-14 by PATIENT"));
  EXPECT_THAT(mapped.not_used,
              ElementsAre("QuestionnaireResponse/q "
                          "QuestionnaireResponse.item[6] CODE_NOT_MAPPED"));
}

TEST(QuestionnaireResponseTest, DoesNotTakeAYesToEverForANow) {
  const Mapped mapped = MapResource(
      Response("{'linkId':'eczema','answer':[{'valueBoolean':true}]}"));
  EXPECT_THAT(mapped.findings, IsEmpty());
  EXPECT_THAT(mapped.not_used, ElementsAre(HasSubstr("VALUE_NOT_USABLE")));
}

TEST(QuestionnaireResponseTest, DoesNotTakeAnAbsenceNowhereForOneEverywhere) {
  EXPECT_THAT(
      MapResource(
          Response("{'linkId':'eczema','answer':[{'valueCoding':{'system':"
                   "'urn:needlewise:finding-status','code':'never'},'item':"
                   "[{'linkId':'eczema.areas','answer':[{'valueCoding':{"
                   "'system':'urn:needlewise:area','code':'moon'}}]}]}]}"))
          .findings,
      ElementsAre("eczema UNKNOWN on 2026-06-14 by PATIENT"));
}

TEST(QuestionnaireResponseTest, IsUsedOnlyWhenComplete) {
  const Mapped mapped = MapResource(absl::StrReplaceAll(
      Response("{'linkId':'smoking','answer':[{'valueBoolean':false}]}"),
      {{"completed", "in-progress"}}));
  EXPECT_THAT(mapped.findings, IsEmpty());
  EXPECT_THAT(mapped.not_used, ElementsAre(HasSubstr("NOT_CERTAIN")));
}

std::vector<int> ConceptsThatAreAskedAbout(const CompiledCatalog& catalog) {
  std::vector<int> concepts;
  for (size_t c = 0; c < catalog.concepts.size(); ++c) {
    if (catalog.concepts[c].definition != nullptr) {
      concepts.push_back(static_cast<int>(c));
    }
  }
  return concepts;
}

// What goes out as a question comes back as the answer to it.
TEST(QuestionnaireTest, HasAnItemForEveryKindOfConcept) {
  const CompiledCatalog& catalog = ShippedCatalog();
  const std::vector<int> concepts = ConceptsThatAreAskedAbout(catalog);
  const Json questionnaire = MakeQuestionnaire(catalog, concepts, "q", 0);
  ASSERT_EQ(questionnaire["item"].size(), concepts.size());
  for (size_t i = 0; i < concepts.size(); ++i) {
    const Json& item = questionnaire["item"][i];
    const v1::Concept& about = *catalog.concepts[concepts[i]].definition;
    EXPECT_EQ(item["linkId"], about.concept_id());
    EXPECT_EQ(item["text"], about.question());
    const std::string type = item["type"];
    EXPECT_EQ(type == "quantity", about.kind() == v1::CONCEPT_KIND_QUANTITY);
    EXPECT_EQ(type == "integer", about.kind() == v1::CONCEPT_KIND_AGE);
    EXPECT_EQ(type == "choice",
              about.kind() != v1::CONCEPT_KIND_QUANTITY &&
                  about.kind() != v1::CONCEPT_KIND_AGE &&
                  (about.tense() == v1::QUESTION_TENSE_EVER ||
                   about.scope() == v1::CONCEPT_SCOPE_TREATMENT_AREA))
        << about.concept_id();
    if (type != "choice") continue;
    EXPECT_EQ(item["answerValueSet"], about.tense() == v1::QUESTION_TENSE_EVER
                                          ? "#statuses-ever"
                                          : "#statuses-now");
  }
}

TEST(QuestionnaireTest, ContainsEachSetOfAnswersOnce) {
  const CompiledCatalog& catalog = ShippedCatalog();
  const std::vector<int> concepts = ConceptsThatAreAskedAbout(catalog);
  const Json questionnaire = MakeQuestionnaire(catalog, concepts, "q", 0);
  std::map<std::string, size_t> sizes;
  for (const Json& set : questionnaire["contained"]) {
    EXPECT_EQ(set["resourceType"], "ValueSet");
    const Json& include = set["compose"]["include"][0];
    EXPECT_TRUE(sizes.emplace(set["id"], include["concept"].size()).second);
    if (include["system"] == kAreaSystem) continue;
    // Each option is a status that the answer's reader knows.
    EXPECT_EQ(include["system"], kFindingStatusSystem);
    for (const Json& option : include["concept"]) {
      EXPECT_NE(StatusOfCode(option["code"].get<std::string>()),
                v1::FINDING_STATUS_UNSPECIFIED);
    }
  }
  EXPECT_EQ(sizes,
            (std::map<std::string, size_t>{
                {"areas", static_cast<size_t>(catalog.catalog.areas_size())},
                {"statuses-ever", 4},
                {"statuses-now", 3}}));
  // A question that offers nothing of them needs none.
  const Json age =
      MakeQuestionnaire(catalog, {catalog.concept_index.at("age")}, "q", 0);
  EXPECT_FALSE(age.contains("contained"));
}

TEST(OtherRecordsTest, AreReadByTheirStatus) {
  EXPECT_THAT(
      MapResource(
          absl::StrCat("{'resourceType':'Procedure','id':'x','subject':{~},"
                       "'status':'completed','performedDateTime':'2026-02-01',",
                       Coded("code", kIcd, "Z92.3"), "}"))
          .findings,
      ElementsAre("radiotherapy_area PAST last 2026-02-01 on 2026-02-01"));
  // One session of a course does not say that the course is over.
  EXPECT_THAT(
      MapResource(
          absl::StrCat("{'resourceType':'Procedure','id':'x','subject':{~},"
                       "'status':'completed','performedDateTime':'2026-02-01',",
                       Coded("code", kIcd, "Z51.0"), "}"))
          .findings,
      ElementsAre("radiotherapy UNKNOWN on 2026-02-01"));
  EXPECT_THAT(
      MapResource(
          absl::StrCat("{'resourceType':'Procedure','id':'x','subject':{~},"
                       "'status':'not-done',",
                       Coded("code", kIcd, "Z51.0"), "}"))
          .findings,
      IsEmpty());
  EXPECT_THAT(MapResource(absl::StrCat(
                              "{'resourceType':'Device','id':'x','patient':{~},"
                              "'status':'active',",
                              Coded("type", kSct, "441509002"), "}"))
                  .findings,
              ElementsAre("pacemaker PRESENT"));
  EXPECT_THAT(MapRecord(RecordOf({absl::StrCat(
                            "{'resourceType':'DeviceUseStatement','id':"
                            "'x','subject':{~},'status':'completed',"
                            "'timingPeriod':{'end':'2025'},'contained':[{"
                            "'resourceType':'Device','id':'d',",
                            Coded("type", kSct, "441509002"),
                            "}],'device':{'reference':'#d'}}")}))
                  .findings,
              ElementsAre("pacemaker PAST last 2025"));
  EXPECT_THAT(
      MapResource(absl::StrCat("{'resourceType':'Flag','id':'x','subject':{~},"
                               "'status':'active',",
                               Coded("code", kSct, "86406008"), "}"))
          .findings,
      ElementsAre("blood_borne_virus PRESENT"));
  EXPECT_THAT(
      MapResource(absl::StrCat("{'resourceType':'Flag','id':'x','subject':{~},"
                               "'status':'inactive',",
                               Coded("code", kSct, "86406008"), "}"))
          .findings,
      IsEmpty());
}

}  // namespace
}  // namespace needlewise
