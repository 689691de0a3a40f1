#include "tests/lint/api_changes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"

namespace needlewise {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::MethodDescriptor;
using google::protobuf::OneofDescriptor;
using google::protobuf::ServiceDescriptor;
using google::protobuf::SourceLocation;

// Files of the set in `pool`, Google's own left out.
std::vector<const FileDescriptor*> Build(const FileDescriptorSet& set,
                                         DescriptorPool* pool) {
  std::vector<const FileDescriptor*> files;
  for (const FileDescriptorProto& proto : set.file()) {
    const FileDescriptor* file = pool->BuildFile(proto);
    if (!absl::StartsWith(proto.name(), "google/protobuf/")) {
      files.push_back(file);
    }
  }
  return files;
}

std::string TypeOf(const FieldDescriptor& field) {
  if (field.message_type() != nullptr) return field.message_type()->full_name();
  if (field.enum_type() != nullptr) return field.enum_type()->full_name();
  return field.type_name();
}

// How often a field may be there, and whether its absence can be seen.
std::string CardinalityOf(const FieldDescriptor& field) {
  if (field.is_map()) return "map";
  if (field.is_repeated()) return "repeated";
  if (field.is_required()) return "required";
  return field.has_presence() ? "singular with presence" : "singular";
}

std::string OneofOf(const FieldDescriptor& field) {
  const OneofDescriptor* oneof = field.real_containing_oneof();
  return oneof == nullptr ? "no oneof" : std::string(oneof->name());
}

// The first number from `start` that `message` does not reserve, or `end`. Goes
// by ranges, which may be as long as there are numbers.
int FirstNotReserved(int start, int end, const Descriptor& message) {
  int number = start;
  for (bool covered = true; covered && number < end;) {
    covered = false;
    for (int i = 0; i < message.reserved_range_count(); ++i) {
      const Descriptor::ReservedRange& range = *message.reserved_range(i);
      if (range.start <= number && number < range.end) {
        number = range.end;
        covered = true;
      }
    }
  }
  return std::min(number, end);
}

class Comparison final {
 public:
  explicit Comparison(const DescriptorPool* current) : current_(*current) {}

  void Compare(const FileDescriptor& was) {
    const FileDescriptor* is = current_.FindFileByName(was.name());
    if (is == nullptr) return Gone("file", was.name());
    Same(was.name(), "package", was.package(), is->package());
    Same(was.name(), "syntax", FileDescriptor::SyntaxName(was.syntax()),
         FileDescriptor::SyntaxName(is->syntax()));
    for (int i = 0; i < was.message_type_count(); ++i) {
      Compare(*was.message_type(i), *is);
    }
    for (int i = 0; i < was.enum_type_count(); ++i) {
      Compare(*was.enum_type(i), *is);
    }
    for (int i = 0; i < was.service_count(); ++i) {
      Compare(*was.service(i), *is);
    }
  }

  std::vector<std::string> TakeChanges() { return std::move(changes_); }

 private:
  void Compare(const Descriptor& was, const FileDescriptor& file) {
    const Descriptor* is = current_.FindMessageTypeByName(was.full_name());
    if (is == nullptr || is->file() != &file) {
      return Gone("message", was.full_name());
    }
    for (int i = 0; i < was.field_count(); ++i) Compare(*was.field(i), *is);
    for (int i = 0; i < was.real_oneof_decl_count(); ++i) {
      const OneofDescriptor& oneof = *was.oneof_decl(i);
      if (is->FindOneofByName(oneof.name()) == nullptr) {
        Gone("oneof", oneof.full_name());
      }
    }
    for (int i = 0; i < was.reserved_range_count(); ++i) {
      const Descriptor::ReservedRange& range = *was.reserved_range(i);
      const int gone = FirstNotReserved(range.start, range.end, *is);
      if (gone < range.end) {
        Gone("reserved number", absl::StrCat(was.full_name(), " ", gone));
      }
    }
    for (int i = 0; i < was.reserved_name_count(); ++i) {
      if (!is->IsReservedName(was.reserved_name(i))) {
        Gone("reserved name",
             absl::StrCat(was.full_name(), " ", was.reserved_name(i)));
      }
    }
    for (int i = 0; i < was.nested_type_count(); ++i) {
      Compare(*was.nested_type(i), file);
    }
    for (int i = 0; i < was.enum_type_count(); ++i) {
      Compare(*was.enum_type(i), file);
    }
  }

  void Compare(const FieldDescriptor& was, const Descriptor& message) {
    const std::string name =
        absl::StrCat("field ", was.number(), " of ", message.full_name());
    const FieldDescriptor* is = message.FindFieldByNumber(was.number());
    if (is == nullptr) {
      return Gone("field", absl::StrCat(was.full_name(), " = ", was.number()));
    }
    Same(name, "name", was.name(), is->name());
    Same(name, "JSON name", was.json_name(), is->json_name());
    Same(name, "type", TypeOf(was), TypeOf(*is));
    Same(name, "cardinality", CardinalityOf(was), CardinalityOf(*is));
    Same(name, "oneof", OneofOf(was), OneofOf(*is));
  }

  void Compare(const EnumDescriptor& was, const FileDescriptor& file) {
    const EnumDescriptor* is = current_.FindEnumTypeByName(was.full_name());
    if (is == nullptr || is->file() != &file) {
      return Gone("enum", was.full_name());
    }
    for (int i = 0; i < was.value_count(); ++i) {
      const EnumValueDescriptor& value = *was.value(i);
      const EnumValueDescriptor* now = is->FindValueByNumber(value.number());
      const std::string name =
          absl::StrCat("value ", value.number(), " of ", was.full_name());
      if (now == nullptr) {
        Gone("enum value", absl::StrCat(was.full_name(), ".", value.name()));
      } else {
        Same(name, "name", value.name(), now->name());
      }
    }
  }

  void Compare(const ServiceDescriptor& was, const FileDescriptor& file) {
    const ServiceDescriptor* is = current_.FindServiceByName(was.full_name());
    if (is == nullptr || is->file() != &file) {
      return Gone("service", was.full_name());
    }
    for (int i = 0; i < was.method_count(); ++i) {
      const MethodDescriptor& method = *was.method(i);
      const MethodDescriptor* now = is->FindMethodByName(method.name());
      if (now == nullptr) {
        Gone("method", method.full_name());
        continue;
      }
      Same(method.full_name(), "request", method.input_type()->full_name(),
           now->input_type()->full_name());
      Same(method.full_name(), "response", method.output_type()->full_name(),
           now->output_type()->full_name());
      Same(method.full_name(), "client streaming",
           Word(method.client_streaming()), Word(now->client_streaming()));
      Same(method.full_name(), "server streaming",
           Word(method.server_streaming()), Word(now->server_streaming()));
    }
  }

  static std::string Word(bool truth) { return truth ? "yes" : "no"; }

  void Gone(const std::string& kind, const std::string& name) {
    changes_.push_back(absl::StrCat(kind, " ", name, " is gone"));
  }

  void Same(const std::string& name, const std::string& property,
            const std::string& was, const std::string& is) {
    if (was != is) {
      changes_.push_back(
          absl::StrCat(name, ": ", property, " was ", was, ", and is ", is));
    }
  }

  const DescriptorPool& current_;
  std::vector<std::string> changes_;
};

// Looks at each element that readers see.
class Proofreading final {
 public:
  void Read(const FileDescriptor& file) {
    ReadAll(file, &FileDescriptor::message_type_count,
            &FileDescriptor::message_type);
    ReadAll(file, &FileDescriptor::enum_type_count, &FileDescriptor::enum_type);
    ReadAll(file, &FileDescriptor::service_count, &FileDescriptor::service);
  }

  std::vector<std::string> TakeUndocumented() {
    return std::move(undocumented_);
  }

 private:
  template <typename Parent, typename Child>
  void ReadAll(const Parent& parent, int (Parent::*count)() const,
               const Child* (Parent::*child)(int) const) {
    for (int i = 0; i < (parent.*count)(); ++i) Read(*(parent.*child)(i));
  }

  void Read(const Descriptor& message) {
    // What stands for an entry of a map is written by nobody.
    if (message.options().map_entry()) return;
    Check(message, *message.file());
    ReadAll(message, &Descriptor::field_count, &Descriptor::field);
    ReadAll(message, &Descriptor::real_oneof_decl_count,
            &Descriptor::oneof_decl);
    ReadAll(message, &Descriptor::nested_type_count, &Descriptor::nested_type);
    ReadAll(message, &Descriptor::enum_type_count, &Descriptor::enum_type);
  }

  void Read(const EnumDescriptor& type) {
    Check(type, *type.file());
    ReadAll(type, &EnumDescriptor::value_count, &EnumDescriptor::value);
  }

  void Read(const ServiceDescriptor& service) {
    Check(service, *service.file());
    ReadAll(service, &ServiceDescriptor::method_count,
            &ServiceDescriptor::method);
  }

  void Read(const FieldDescriptor& field) { Check(field, *field.file()); }
  void Read(const OneofDescriptor& oneof) { Check(oneof, *oneof.file()); }
  void Read(const EnumValueDescriptor& value) { Check(value, *value.file()); }
  void Read(const MethodDescriptor& method) { Check(method, *method.file()); }

  template <typename Element>
  void Check(const Element& element, const FileDescriptor& file) {
    SourceLocation place;
    if (element.GetSourceLocation(&place) &&
        !absl::StripAsciiWhitespace(place.leading_comments).empty()) {
      return;
    }
    undocumented_.push_back(
        absl::StrCat("proto/", file.name(), ":", place.start_line + 1, ": ",
                     element.full_name(), " has no comment before it"));
  }

  std::vector<std::string> undocumented_;
};

}  // namespace

std::vector<std::string> FindBreakingChanges(const FileDescriptorSet& released,
                                             const FileDescriptorSet& current) {
  DescriptorPool was;
  DescriptorPool is;
  Build(current, &is);
  Comparison comparison(&is);
  for (const FileDescriptor* file : Build(released, &was)) {
    comparison.Compare(*file);
  }
  return comparison.TakeChanges();
}

std::vector<std::string> FindUndocumented(const FileDescriptorSet& files) {
  DescriptorPool pool;
  Proofreading proofreading;
  for (const FileDescriptor* file : Build(files, &pool)) {
    // Kept as others wrote it.
    if (!absl::StartsWith(file->name(), "google/")) proofreading.Read(*file);
  }
  return proofreading.TakeUndocumented();
}

}  // namespace needlewise
