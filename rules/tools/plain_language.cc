#include "rules/tools/plain_language.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rules/tools/readability.h"

namespace needlewise {
namespace {

constexpr char kDisease[] = "a patient who has it was told this name";
constexpr char kMedicine[] = "it stands so on the package";
constexpr char kTreatment[] = "the treatment is offered under this name";

const std::vector<std::string>& TermsIn(absl::string_view language) {
  static const auto& english = *new std::vector<std::string>([] {
    std::vector<std::string> terms;
    for (const PlainTerm& t : PlainTerms()) {
      if (absl::string_view(t.language) == "en") terms.push_back(t.term);
    }
    return terms;
  }());
  static const auto& french = *new std::vector<std::string>([] {
    std::vector<std::string> terms;
    for (const PlainTerm& t : PlainTerms()) {
      if (absl::string_view(t.language) == "fr") terms.push_back(t.term);
    }
    return terms;
  }());
  return language == "fr" ? french : english;
}

// Verbs that, at the beginning of a sentence, tell the clinician what to do.
// Consider, ask, offer and weigh do not.
constexpr absl::string_view kEnglishCommands[] = {
    "administer", "always",  "apply",    "avoid",   "cancel", "cease",
    "check",      "defer",   "delay",    "do",      "don't",  "exclude",
    "give",       "halt",    "hold",     "inject",  "keep",   "lower",
    "make",       "must",    "never",    "obtain",  "order",  "postpone",
    "prescribe",  "proceed", "reduce",   "refer",   "refuse", "reject",
    "remove",     "require", "restart",  "send",    "start",  "stop",
    "suspend",    "switch",  "take",     "tell",    "test",   "treat",
    "use",        "wait",    "withhold", "withdraw"};

constexpr absl::string_view kFrenchCommands[] = {
    "administrez", "ajournez",   "annulez",     "appliquez",  "arrêtez",
    "attendez",    "contrôlez",  "cessez",      "différez",   "donnez",
    "excluez",     "évitez",     "exigez",      "faites",     "gardez",
    "injectez",    "interdisez", "interrompez", "n'utilisez", "obtenez",
    "orientez",    "prenez",     "prescrivez",  "procédez",   "réduisez",
    "refusez",     "reportez",   "retirez",     "supprimez",  "suspendez",
    "traitez",     "utilisez",   "vérifiez"};

template <size_t n>
bool IsOneOf(absl::string_view word, const absl::string_view (&words)[n]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// The sentences of a text; a semicolon or a colon ends one, too.
std::vector<absl::string_view> SentencesOf(absl::string_view text) {
  std::vector<absl::string_view> sentences;
  size_t begin = 0;
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    const bool ends = text[i] == '.' || text[i] == '!' || text[i] == '?' ||
                      text[i] == ';' || text[i] == ':';
    if (!ends || !absl::ascii_isspace(text[i + 1])) continue;
    sentences.push_back(text.substr(begin, i + 1 - begin));
    begin = i + 1;
  }
  sentences.push_back(text.substr(begin));
  return sentences;
}

bool AddressesPatient(absl::string_view word, bool french) {
  return french ? word == "votre" || word == "vos" || word == "vous"
                : word == "your" || word == "you" || word == "yours";
}

bool PromisesSafety(absl::string_view word, bool french) {
  return french ? word == "sûr" || word == "sûre" || word == "sûrs" ||
                      word == "sûres"
                : word == "safe" || word == "safely" || word == "safest";
}

}  // namespace

const std::vector<PlainTerm>& PlainTerms() {
  static const auto& terms = *new std::vector<PlainTerm>{
      {"en", "adapalene", kMedicine},
      {"en", "anti-inflammatory", kMedicine},
      {"en", "antibiotic", kMedicine},
      {"en", "antiviral", kMedicine},
      {"en", "apixaban", kMedicine},
      {"en", "aspirin", kMedicine},
      {"en", "autoimmune disease", kDisease},
      {"en", "benzocaine", kMedicine},
      {"en", "benzoyl peroxide", kMedicine},
      {"en", "bleeding disorder", kDisease},
      {"en", "body dysmorphic disorder", kDisease},
      {"en", "chemotherapy", kTreatment},
      {"en", "cirrhosis", kDisease},
      {"en", "clopidogrel", kMedicine},
      {"en", "dermabrasion", kTreatment},
      {"en", "dermatomyositis", kDisease},
      {"en", "diclofenac", kMedicine},
      {"en", "ehlers-danlos syndrome", kDisease},
      {"en", "epidermolysis bullosa", kDisease},
      {"en", "fractional", kTreatment},
      {"en", "haemophilia", kDisease},
      {"en", "heparin", kMedicine},
      {"en", "hepatitis", kDisease},
      {"en", "hydroquinone", kMedicine},
      {"en", "ibuprofen", kMedicine},
      {"en", "isotretinoin", kMedicine},
      {"en", "leukaemia", kDisease},
      {"en", "lichen planus", kDisease},
      {"en", "lidocaine", kMedicine},
      {"en", "methaemoglobinaemia", kDisease},
      {"en", "naproxen", kMedicine},
      {"en", "pemphigoid", kDisease},
      {"en", "pemphigus", kDisease},
      {"en", "permanent make-up", kTreatment},
      {"en", "prilocaine", kMedicine},
      {"en", "pseudocholinesterase deficiency", kDisease},
      {"en", "psoriasis", kDisease},
      {"en", "pyoderma gangrenosum", kDisease},
      {"en", "radiofrequency", kTreatment},
      {"en", "radiotherapy", kTreatment},
      {"en", "rheumatoid arthritis", kDisease},
      {"en", "rivaroxaban", kMedicine},
      {"en", "rosacea", kDisease},
      {"en", "sarcoidosis", kDisease},
      {"en", "tazarotene", kMedicine},
      {"en", "tetracaine", kMedicine},
      {"en", "tretinoin", kMedicine},
      {"en", "trifarotene", kMedicine},
      {"en", "vitiligo", kDisease},
      {"en", "von willebrand disease", kDisease},
      {"en", "warfarin", kMedicine},
      {"fr", "adapalène", kMedicine},
      {"fr", "apixaban", kMedicine},
      {"fr", "benzocaïne", kMedicine},
      {"fr", "héparine", kMedicine},
      {"fr", "lidocaïne", kMedicine},
      {"fr", "maladie auto-immune", kDisease},
      {"fr", "méthémoglobinémie", kDisease},
      {"fr", "pemphigoïde", kDisease},
      {"fr", "pemphigus", kDisease},
      {"fr", "polyarthrite rhumatoïde", kDisease},
      {"fr", "prilocaïne", kMedicine},
      {"fr", "pseudocholinestérase", kDisease},
      {"fr", "pyoderma gangrenosum", kDisease},
      {"fr", "rivaroxaban", kMedicine},
      {"fr", "tazarotène", kMedicine},
      {"fr", "trifarotène", kMedicine},
      {"fr", "trétinoïne", kMedicine},
      {"fr", "tétracaïne", kMedicine},
      {"fr", "warfarine", kMedicine},
      {"fr", "épidermolyse bulleuse", kDisease},
  };
  return terms;
}

bool IsAskedOfPatients(const v1::Concept& definition) {
  return std::find(definition.answer_sources().begin(),
                   definition.answer_sources().end(),
                   v1::ANSWER_SOURCE_PATIENT) !=
         definition.answer_sources().end();
}

std::string HardToRead(absl::string_view question, absl::string_view language) {
  const TextMeasure measure =
      MeasureText(question, language, TermsIn(language));
  if (language == "en") {
    const double grade = FleschKincaidGrade(measure);
    if (grade <= kHardestGrade) return "";
    return absl::StrFormat(
        "reads at grade %.1f, and a patient should need no more than %.1f; use "
        "shorter words or several sentences",
        grade, kHardestGrade);
  }
  if (language == "fr") {
    const double ease = KandelMolesEase(measure);
    if (ease >= kLeastEase) return "";
    return absl::StrFormat(
        "has a reading ease of %.0f, and a patient should find at least %.0f; "
        "use shorter words or several sentences",
        ease, kLeastEase);
  }
  return "";
}

std::string CommandIn(absl::string_view text, absl::string_view language) {
  const bool french = language == "fr";
  for (absl::string_view sentence : SentencesOf(text)) {
    const std::vector<std::string> words = WordsOf(sentence);
    if (words.empty()) continue;
    // Ne faites pas: the verb comes second.
    const size_t verb = french && words[0] == "ne" && words.size() > 1 ? 1 : 0;
    const bool commands = french ? IsOneOf(words[verb], kFrenchCommands)
                                 : IsOneOf(words[verb], kEnglishCommands);
    if (commands) {
      return absl::StrCat("begins a sentence with `", words[verb],
                          "`, a command; say the basis and what to consider");
    }
    for (size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      // An appointment, rendez-vous, addresses nobody.
      const bool appointment = i > 0 && words[i - 1] == "rendez";
      if (AddressesPatient(word, french) && !appointment) {
        return absl::StrCat("addresses the patient with `", word,
                            "`; the reader is a clinician");
      }
      if (PromisesSafety(word, french)) {
        return absl::StrCat("says `", word,
                            "`, which no rule can promise; say what is known");
      }
    }
  }
  return "";
}

}  // namespace needlewise
