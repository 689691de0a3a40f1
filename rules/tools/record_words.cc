#include "rules/tools/record_words.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/tools/condition_words.h"

namespace needlewise {
namespace {

constexpr int kHoursADay = 24;

ListItem ConditionItem(const CompiledCatalog& catalog,
                       const v1::Condition& condition) {
  const std::string heading = HeadingOf(condition);
  if (heading.empty()) return {Inline(InWords(catalog, condition)), {}};
  ListItem item;
  item.text = absl::StrCat(heading, ":");
  for (const v1::Condition& c : condition.all_of().conditions()) {
    item.items.push_back(ConditionItem(catalog, c));
  }
  for (const v1::Condition& c : condition.any_of().conditions()) {
    item.items.push_back(ConditionItem(catalog, c));
  }
  if (condition.has_not_()) {
    const ListItem inner = ConditionItem(catalog, condition.not_());
    // A leaf is denied on its own line.
    if (inner.items.empty()) {
      return {Inline("not: ").Add(inner.text), {}};
    }
    item.items.push_back(inner);
  }
  return item;
}

template <typename Ids, typename Name>
std::string Names(const Ids& ids, const Name& name) {
  std::vector<std::string> names;
  for (const std::string& id : ids) names.push_back(name(id));
  return absl::StrJoin(names, ", ");
}

// A length of time, in days where it is whole days.
std::string HoursInWords(int hours) {
  return hours % kHoursADay == 0 ? ValueInWords(hours / kHoursADay, "d")
                                 : ValueInWords(hours, "h");
}

std::string MomentInWords(int hours) {
  if (hours == 0) return "the session";
  return absl::StrCat(HoursInWords(std::abs(hours)),
                      hours < 0 ? " before the session" : " after the session");
}

}  // namespace

Inline LinkedIds(const std::string& kind, const std::vector<std::string>& ids) {
  Inline text;
  for (const std::string& id : ids) {
    if (!text.empty()) text.Add(", ");
    text.Link(id, absl::StrCat("#", kind, "-", id));
  }
  return text;
}

Inline LinkedIds(const std::string& kind, const Ids& ids) {
  return LinkedIds(kind, std::vector<std::string>(ids.begin(), ids.end()));
}

Inline PlainIds(const Ids& ids) {
  Inline text;
  for (const std::string& id : ids) {
    if (!text.empty()) text.Add(", ");
    text.Code(id);
  }
  return text;
}

Inline Sources(
    const google::protobuf::RepeatedPtrField<v1::SourceReference>& sources) {
  Inline text;
  for (const v1::SourceReference& source : sources) {
    if (!text.empty()) text.Add("; ");
    text.Link(source.source(), absl::StrCat("#citation-", source.source()))
        .Add(absl::StrCat(
            " (grade ", GradeInWords(source.grade()),
            source.note().empty() ? "" : absl::StrCat(": ", source.note()),
            ")"));
  }
  return text;
}

Inline Background(const Ids& conflicts, const Ids& evidence_rows) {
  Inline text;
  if (!conflicts.empty()) {
    text.Bold("Sources disagree:")
        .Add(" ")
        .Add(LinkedIds("conflict", conflicts));
  }
  if (!evidence_rows.empty()) {
    if (!text.empty()) text.Add(". ");
    text.Bold("Evidence rows:")
        .Add(" ")
        .Add(absl::StrJoin(evidence_rows, ", "));
  }
  return text;
}

std::vector<ListItem> ConditionItems(const CompiledCatalog& catalog,
                                     const v1::Condition& condition) {
  return {ConditionItem(catalog, condition)};
}

std::string AreaNames(const CompiledCatalog& catalog, const Ids& ids) {
  return Names(ids, [&](const std::string& id) {
    return catalog.areas[catalog.area_index.at(id)].definition->display();
  });
}

std::string ConcernNames(const CompiledCatalog& catalog, const Ids& ids) {
  return Names(ids, [&](const std::string& id) {
    return catalog.catalog.concerns(catalog.concern_index.at(id)).display();
  });
}

std::string DeviceNames(const CompiledCatalog& catalog, const Ids& ids) {
  return Names(ids, [&](const std::string& id) {
    return catalog.catalog.devices(catalog.device_index.at(id)).display();
  });
}

std::string TreatmentNames(const CompiledCatalog& catalog, const Ids& ids) {
  return Names(ids, [&](const std::string& id) {
    return catalog.treatments[catalog.treatment_index.at(id)]
        .definition->display();
  });
}

std::string SpanInWords(int from_hours, int until_hours) {
  if (from_hours == 0 && until_hours == 0) return "";
  if (from_hours == until_hours)
    return absl::StrCat("at ", MomentInWords(from_hours));
  if (from_hours == 0) {
    return absl::StrCat("for ", HoursInWords(until_hours), " from the session");
  }
  if (until_hours == 0) {
    return absl::StrCat("for ", HoursInWords(-from_hours),
                        " before the session");
  }
  return absl::StrCat("from ", MomentInWords(from_hours), " until ",
                      MomentInWords(until_hours));
}

}  // namespace needlewise
