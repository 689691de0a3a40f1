#include "client/cli/input.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/rpc_error.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/json_util.h"
#include "proto/json/did_you_mean.h"

namespace needlewise {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::EnumDescriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::TextFormat;

std::string BetweenQuotes(absl::string_view text, int which) {
  const std::vector<std::string> parts = absl::StrSplit(text, '"');
  const size_t at = 2 * which + 1;
  return at < parts.size() ? parts[at] : "";
}

std::string AfterQuote(absl::string_view text, absl::string_view mark,
                       char end) {
  const size_t at = text.find(mark);
  if (at == absl::string_view::npos) return "";
  text.remove_prefix(at + mark.size());
  return std::string(text.substr(0, text.find(end)));
}

// What the parser's own message leaves to the reader to find out.
std::string HintFor(const Descriptor& root, absl::string_view message) {
  const auto* pool = root.file()->pool();
  // `Message type "T" has no field named "f".`
  if (absl::StrContains(message, "has no field named")) {
    const Descriptor* type =
        pool->FindMessageTypeByName(BetweenQuotes(message, 0));
    if (type == nullptr) return "";
    std::vector<std::string> names;
    for (int i = 0; i < type->field_count(); ++i) {
      names.push_back(type->field(i)->name());
    }
    const std::string hint = DidYouMean(BetweenQuotes(message, 1), names);
    return !hint.empty()
               ? hint
               : absl::StrCat("; it has ", absl::StrJoin(names, ", "));
  }
  if (absl::EndsWith(message, "got: ")) {
    return " the end of the input; something is not closed";
  }
  // `Unknown enumeration value of "V" for field "f".` does not say in which
  // message, so every field of that name is looked at.
  if (absl::StrContains(message, "Unknown enumeration value")) {
    const std::string value = AfterQuote(message, "value of \"", '"');
    const std::string field_name = AfterQuote(message, "field \"", '"');
    std::vector<const Descriptor*> types = {&root};
    for (size_t i = 0; i < types.size(); ++i) {
      for (int f = 0; f < types[i]->field_count(); ++f) {
        const FieldDescriptor* field = types[i]->field(f);
        const EnumDescriptor* type = field->enum_type();
        if (field->name() == field_name && type != nullptr) {
          std::vector<std::string> names;
          for (int v = 0; v < type->value_count(); ++v) {
            if (type->value(v)->number() != 0) {
              names.push_back(type->value(v)->name());
            }
          }
          const std::string hint = DidYouMean(value, names);
          return !hint.empty() ? hint
                               : absl::StrCat("; expected one of ",
                                              absl::StrJoin(names, ", "));
        }
        const Descriptor* inner = field->message_type();
        if (inner != nullptr &&
            std::find(types.begin(), types.end(), inner) == types.end()) {
          types.push_back(inner);
        }
      }
    }
  }
  return "";
}

class ProblemCollector : public google::protobuf::io::ErrorCollector {
 public:
  ProblemCollector(const Descriptor& root, std::vector<InputProblem>* problems)
      : root_(root), problems_(*problems) {}

  void AddError(int line, int column, const std::string& message) override {
    absl::string_view text = absl::StripSuffix(message, ".");
    problems_.push_back({Position{line + 1, column + 1},
                         absl::StrCat(text, HintFor(root_, message))});
  }

 private:
  const Descriptor& root_;
  std::vector<InputProblem>& problems_;
};

void AddPlaces(const Message& message, TextFormat::ParseInfoTree* tree,
               const std::string& prefix, SourceMap* map) {
  if (tree == nullptr) return;
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string path =
        absl::StrCat(prefix, prefix.empty() ? "" : ".", field->name());
    const int count = field->is_repeated()
                          ? message.GetReflection()->FieldSize(message, field)
                          : 1;
    for (int i = 0; i < count; ++i) {
      const int index = field->is_repeated() ? i : -1;
      const TextFormat::ParseLocation place = tree->GetLocation(field, index);
      const std::string element =
          field->is_repeated() ? absl::StrCat(path, "[", i, "]") : path;
      if (place.line >= 0) {
        const Position position{place.line + 1, place.column + 1};
        map->Add(path, position);
        map->Add(element, position);
      }
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        AddPlaces(
            field->is_repeated()
                ? message.GetReflection()->GetRepeatedMessage(message, field, i)
                : message.GetReflection()->GetMessage(message, field),
            tree->GetTreeForNested(field, index), element, map);
      }
    }
  }
}

std::vector<InputProblem> ParseText(const InputText& input, Message* message,
                                    SourceMap* map) {
  std::vector<InputProblem> problems;
  ProblemCollector collector(*message->GetDescriptor(), &problems);
  TextFormat::ParseInfoTree places;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&collector);
  parser.WriteLocationsTo(&places);
  const bool parsed = parser.ParseFromString(input.content, message);
  if (!parsed && problems.empty()) {
    problems.push_back({Position{}, "cannot be read as protobuf text format"});
  }
  if (parsed) {
    problems.clear();
    AddPlaces(*message, &places, "", map);
  }
  return problems;
}

std::vector<InputProblem> ParseJson(const InputText& input, Message* message,
                                    SourceMap* map) {
  std::vector<InputProblem> problems = CheckJson(
      input.content, *message->GetDescriptor(), JsonAuthor::kPerson, map);
  if (!problems.empty()) return problems;
  const auto status = google::protobuf::util::JsonStringToMessage(
      input.content, message, google::protobuf::util::JsonParseOptions());
  if (!status.ok()) {
    // The check above leaves next to nothing to find. The parser names the
    // field in brackets.
    const std::string text(status.message().data(), status.message().size());
    std::string path;
    if (absl::StartsWith(text, "(")) path = AfterQuote(text, "(", ')');
    problems.push_back({map->Find(path).value_or(Position{}), text});
  }
  return problems;
}

absl::string_view FirstWord(const InputText& input) {
  absl::string_view text = input.content;
  while (true) {
    text = absl::StripLeadingAsciiWhitespace(text);
    if (!absl::StartsWith(text, "#")) return text;
    const size_t end = text.find('\n');
    text = end == absl::string_view::npos ? "" : text.substr(end);
  }
}

}  // namespace

absl::StatusOr<InputText> ReadInput(const std::string& path) {
  if (path == "-") {
    return InputText{"<standard input>",
                     std::string(std::istreambuf_iterator<char>(std::cin),
                                 std::istreambuf_iterator<char>())};
  }
  struct stat about = {};
  if (stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat("`", path, "` is a folder; name a file in it"));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::NotFoundError(
        absl::StrCat("cannot read `", path, "`: ", std::strerror(errno)));
  }
  InputText input{path, std::string(std::istreambuf_iterator<char>(file),
                                    std::istreambuf_iterator<char>())};
  if (file.bad()) {
    return absl::DataLossError(absl::StrCat("cannot read all of `", path, "`"));
  }
  return input;
}

InputFormat FormatOf(const InputText& input, InputFormat wanted) {
  if (wanted != InputFormat::kDetect) return wanted;
  // A text in protobuf text format begins with a field's name or a comment;
  // `[` is what somebody writes who wants a JSON list.
  const absl::string_view text = FirstWord(input);
  return absl::StartsWith(text, "{") || absl::StartsWith(text, "[")
             ? InputFormat::kJson
             : InputFormat::kTextproto;
}

bool SetsField(const InputText& input, InputFormat format,
               absl::string_view field) {
  if (FormatOf(input, format) == InputFormat::kJson) {
    return absl::StrContains(input.content, absl::StrCat("\"", field, "\""));
  }
  for (absl::string_view line : absl::StrSplit(input.content, '\n')) {
    line = absl::StripLeadingAsciiWhitespace(line);
    if (absl::ConsumePrefix(&line, field) &&
        (line.empty() || absl::StrContains(" \t{:", line[0]))) {
      return true;
    }
  }
  return false;
}

std::vector<InputProblem> ParseInput(const InputText& input, InputFormat format,
                                     Message* message, SourceMap* map) {
  const size_t valid = Utf8Prefix(input.content);
  if (valid < input.content.size()) {
    const absl::string_view before(input.content.data(), valid);
    const size_t line_start = before.rfind('\n') + 1;
    return {{Position{1 + static_cast<int>(
                              std::count(before.begin(), before.end(), '\n')),
                      1 + ColumnsOf(before.substr(line_start))},
             "the input is not UTF-8 here; save it as UTF-8"}};
  }
  if (absl::StripAsciiWhitespace(input.content).empty()) {
    return {{Position{}, "the input is empty; expected a request"}};
  }
  return FormatOf(input, format) == InputFormat::kJson
             ? ParseJson(input, message, map)
             : ParseText(input, message, map);
}

std::string FormatProblem(const InputText& input, const InputProblem& problem,
                          const Terminal& terminal) {
  const Position at = problem.position;
  std::string text = absl::StrCat(
      Paint(terminal, Tone::kBold,
            absl::StrCat(input.name, ":", at.line, ":", at.column, ":")),
      " ", problem.message, "\n");
  const std::vector<absl::string_view> lines =
      absl::StrSplit(input.content, '\n');
  if (at.line < 1 || at.line > static_cast<int>(lines.size())) return text;
  // A long line is cut around the column.
  std::string line = WithoutControls(lines[at.line - 1]);
  int column = std::min(at.column - 1, static_cast<int>(line.size()));
  constexpr int kBefore = 50;
  constexpr size_t kLongest = 76;
  if (line.size() > kLongest) {
    const int cut = std::max(0, column - kBefore);
    line = absl::StrCat(cut > 0 ? "..." : "", line.substr(cut, kLongest));
    column -= cut > 0 ? cut - 3 : 0;
  }
  absl::StrAppend(&text, "  ", line, "\n  ", std::string(column, ' '),
                  Paint(terminal, Tone::kStop, "^"), "\n");
  return text;
}

std::string ExplainAgainstInput(const absl::Status& status,
                                const InputText& input, const SourceMap& map,
                                const Terminal& terminal) {
  const google::rpc::BadRequest bad_request = ViolationsOf(status);
  if (bad_request.field_violations().empty()) {
    return ExplainError(status) + "\n";
  }
  std::string text = absl::StrCat(status.message(), "\n");
  for (const auto& violation : bad_request.field_violations()) {
    const std::string message =
        absl::StrCat(violation.field(), ": ", violation.description());
    if (const auto position = map.Find(violation.field())) {
      absl::StrAppend(&text,
                      FormatProblem(input, {*position, message}, terminal));
    } else {
      absl::StrAppend(&text, "  ", message, "\n");
    }
  }
  return text;
}

}  // namespace needlewise
