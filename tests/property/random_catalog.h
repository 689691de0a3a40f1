// Small catalogues of every shape that the validator accepts.

#ifndef NEEDLEWISE_TESTS_PROPERTY_RANDOM_CATALOG_H_
#define NEEDLEWISE_TESTS_PROPERTY_RANDOM_CATALOG_H_

#include "needlewise/v1/rule_catalog.pb.h"
#include "tests/property/random.h"

namespace needlewise {

// Two to six concepts, quantities and the age among them, with gates in chains;
// rules of every effect on nested conditions with windows, regions, devices,
// labels and concerns, for the treatment `needling` and its add-on `heat`. May
// ask too much of one concept to be compiled.
v1::RuleCatalog RandomCatalog(Random* random);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_PROPERTY_RANDOM_CATALOG_H_
