// Small catalogues for tests: each says only what its test is about.

#ifndef NEEDLEWISE_TESTS_SUPPORT_CATALOG_BUILDER_H_
#define NEEDLEWISE_TESTS_SUPPORT_CATALOG_BUILDER_H_

#include <memory>
#include <string>
#include <vector>

#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/catalog_loader.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise {

// Conditions as protobuf text, to be put together and given to a rule.
std::string IsNow(const std::string& concept_id, const std::string& more = "");
std::string IsEver(const std::string& concept_id, const std::string& more = "");
std::string WasPast(const std::string& concept_id,
                    const std::string& more = "");
// `window` is protobuf text, for instance `days: 7`.
std::string IsWithin(const std::string& concept_id, const std::string& window,
                     const std::string& more = "");
std::string BeganWithin(const std::string& concept_id,
                        const std::string& window,
                        const std::string& more = "");
std::string IsBelow(const std::string& concept_id, double limit);
std::string IsAtLeast(const std::string& concept_id, double limit);
std::string AllOf(const std::vector<std::string>& conditions);
std::string AnyOf(const std::vector<std::string>& conditions);
std::string Not(const std::string& condition);

// Further fields of a finding's condition.
inline constexpr char kAnywhere[] = "place: FINDING_PLACE_ANYWHERE";
inline constexpr char kOnTheFace[] =
    "place: FINDING_PLACE_REGION region: 'face'";

// Begins with what every catalogue needs: a manifest; the sections `skin`,
// `history`, `tests` and `site`; the areas `face`, which holds `forehead`,
// `nose`, `lips` (not treatable) and `cheeks`, which hold `left_cheek`; `neck`
// and `back`; the concerns `scars`, `wrinkles`, `spots` and `dryness`; the
// treatment `needling` with the add-ons `plasma` (moderate evidence for
// `scars`, mixed for `spots`) and `heat` (strong for `wrinkles`, weak for
// `scars`) and their combination `plasma_with_heat`; the profile `core`; and
// the citation `R1`. `more` is always protobuf text of the record, which
// overrides the usual fields.
class CatalogBuilder {
 public:
  CatalogBuilder();

  // A concept of the whole patient, or of the treatment area, that is asked
  // in the tense "ever".
  CatalogBuilder& Condition(const std::string& concept_id,
                            const std::string& more = "");
  CatalogBuilder& SkinCondition(const std::string& concept_id,
                                const std::string& more = "");
  CatalogBuilder& Quantity(const std::string& concept_id,
                           const std::string& unit, double maximum,
                           const std::string& more = "");
  CatalogBuilder& Age();

  // Where `gate` is so, `target` is so.
  CatalogBuilder& Implies(const std::string& gate, v1::FindingStatus given,
                          const std::string& target, v1::FindingStatus implied);
  CatalogBuilder& ImpliesAtLeast(const std::string& gate,
                                 v1::FindingStatus given,
                                 const std::string& target, double least);

  // Rules of `needling`, or of what `For` last named.
  CatalogBuilder& Contraindication(const std::string& rule_id,
                                   const std::string& condition,
                                   const std::string& more = "");
  CatalogBuilder& Deferral(const std::string& rule_id,
                           const std::string& condition,
                           const std::string& more = "");
  CatalogBuilder& Review(const std::string& rule_id,
                         const std::string& condition,
                         const std::string& more = "");
  CatalogBuilder& Precaution(const std::string& rule_id,
                             const std::string& condition,
                             const std::string& more = "");
  CatalogBuilder& Note(const std::string& rule_id, const std::string& condition,
                       const std::string& more = "");
  CatalogBuilder& For(const std::string& treatment_id);

  // Any records, as protobuf text of a catalogue.
  CatalogBuilder& Add(const std::string& records);

  // The catalogue as a file.
  CatalogFileText File(const std::string& name = "catalog.textproto") const;

  // Loads the catalogue; a diagnostic fails the test.
  std::shared_ptr<const CompiledCatalog> Build() const;

 private:
  CatalogBuilder& AddConcept(const std::string& concept_id,
                             const std::string& usual, const std::string& more);
  CatalogBuilder& AddRule(const std::string& rule_id, const std::string& effect,
                          const std::string& condition,
                          const std::string& more);

  v1::RuleCatalog catalog_;
  std::string treatment_ = "needling";
};

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_SUPPORT_CATALOG_BUILDER_H_
