#include "client/cli/words.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace needlewise {
namespace {

std::string& Spoken() {
  static std::string& language = *new std::string;
  return language;
}

}  // namespace

const std::vector<TranslatedWords>& WordsIn(absl::string_view language) {
  static const auto& french = *new std::vector<TranslatedWords>{
      {"ELIGIBLE", "ÉLIGIBLE"},
      {"ELIGIBLE WITH PRECAUTIONS", "ÉLIGIBLE AVEC PRÉCAUTIONS"},
      {"REVIEW REQUIRED", "EXAMEN REQUIS"},
      {"DATA REQUIRED", "DONNÉES REQUISES"},
      {"DEFERRED", "REPORTÉ"},
      {"CONTRAINDICATED", "CONTRE-INDIQUÉ"},
      {"NO VERDICT", "SANS VERDICT"},
      {"Nothing that is on file stands against it.",
       "Rien au dossier ne s’y oppose."},
      {"It may go ahead with the changes named below.",
       "Peut avoir lieu avec les adaptations indiquées ci-dessous."},
      {"A clinician decides and records why.",
       "Un clinicien décide et consigne pourquoi."},
      {"Something unknown could block it: see the open questions.",
       "Un élément inconnu pourrait s’y opposer : voir les questions en "
       "suspens."},
      {"Not now.", "Pas maintenant."},
      {"Not in this state.", "Pas dans cet état."},
      {"The server gave a verdict that this client does not know.",
       "Le serveur a donné un verdict que ce programme ne connaît pas."},
      {"NOT INDICATED", "NON INDIQUÉ"},
      {"NOT NOW", "PAS MAINTENANT"},
      {"RECOMMENDED", "RECOMMANDÉ"},
      {"OPTIONAL", "FACULTATIF"},
      {"NO STATUS", "SANS STATUT"},
      {"None of the stated concerns is a reason to offer it.",
       "Aucun des motifs déclarés n’est une raison de le proposer."},
      {"Deferred.", "Reporté."},
      {"Something unknown could block it.",
       "Un élément inconnu pourrait s’y opposer."},
      {"Worth offering: strong or moderate evidence.",
       "Mérite d’être proposé : preuves fortes ou modérées."},
      {"May be offered: weak, mixed or indirect evidence.",
       "Peut être proposé : preuves faibles, partagées ou indirectes."},
      {"The server gave a status that this client does not know.",
       "Le serveur a donné un statut que ce programme ne connaît pas."},
      {"Contraindication", "Contre-indication"},
      {"Contraindications", "Contre-indications"},
      {"Deferral", "Report"},
      {"Deferrals", "Reports"},
      {"Review", "Examen par un clinicien"},
      {"Reviews", "Examens par un clinicien"},
      {"Precaution", "Précaution"},
      {"Precautions", "Précautions"},
      {"Note", "Note"},
      {"Notes", "Notes"},
      {"Other rule", "Autre règle"},
      {"Other rules", "Autres règles"},
      {"Not before $0  ", "Pas avant le $0  "},
      {"Provisional: something unknown, or under review, could still block it "
       "then.",
       "Provisoire : un élément inconnu, ou à examiner, pourrait encore s’y "
       "opposer à cette date."},
      {"No date  ", "Sans date  "},
      {"A deferral holds until something resolves, not until a day.",
       "Un report vaut jusqu’à ce que quelque chose se résolve, non jusqu’à un "
       "jour donné."},
      {"At worst     ", "Au pire    "},
      {"$0, should the open questions be answered so.",
       "$0, si les réponses aux questions en suspens vont dans ce sens."},
      {"$0 (as above)", "$0 (comme ci-dessus)"},
      {", over on $0", ", levé le $0"},
      {", acknowledged", ", pris en compte"},
      {"; follows from $0", " ; découle de $0"},
      {"; section $0 was answered completely",
       " ; la section $0 a reçu une réponse complète"},
      {"Because  ", "Constat  "},
      {"Clears   ", "Levé si  "},
      {"Over on  ", "Levé le  "},
      {"Review   ", "Examen   "},
      {"acknowledged by a clinician", "un clinicien en a pris acte"},
      {"Sources  ", "Sources  "},
      {"Rule     ", "Règle    "},
      {"; sources disagree: $0", " ; les sources divergent : $0"},
      {"decides a $0", "décide : $0"},
      {" or ", " ou "},
      {"in years", "en années"},
      {"in $0", "en $0"},
      {"a \"no\" also settles $0", "un « non » règle aussi $0"},
      {"a \"no\" also settles others", "un « non » en règle d’autres"},
      {"Open question", "Question en suspens"},
      {"Open questions ($0), the most decisive first",
       "Questions en suspens ($0), les plus décisives d’abord"},
      {"$0 more only where the answer to one of these is not a \"no\".",
       "$0 de plus seulement là où la réponse à l’une d’elles n’est pas "
       "« non »."},
      {"And $0 question from above still open.",
       "Et $0 question ci-dessus encore en suspens."},
      {"And $0 questions from above still open.",
       "Et $0 questions ci-dessus encore en suspens."},
      {"$0 question from above still open.",
       "$0 question ci-dessus encore en suspens."},
      {"$0 questions from above still open.",
       "$0 questions ci-dessus encore en suspens."},
      {"Also useful  ", "Utile aussi  "},
      {"Only precautions and notes depend on: $0.",
       "Seules des précautions et des notes dépendent de : $0."},
      {"What would have to change", "Ce qui devrait changer"},
      {": nothing clears it", " : rien ne le lève"},
      {" (by itself on $0)", " (de soi-même le $0)"},
      {"So it cannot come about.", "Cela ne peut donc pas se produire."},
      {"Then: $0, from $1, all else as known now.",
       "Alors : $0, à partir du $1, tout le reste étant comme connu "
       "aujourd’hui."},
      {"Then: $0, all else as known now.",
       "Alors : $0, tout le reste étant comme connu aujourd’hui."},
      {"Noticed about the input", "Remarques sur les données"},
      {"contradiction settled", "contradiction réglée"},
      {"contradiction open", "contradiction ouverte"},
      {"implication broken", "implication contredite"},
      {"stale", "périmé"},
      {"after as of", "après la date"},
      {"code not mapped", "code sans correspondance"},
      {"$0 - device $1", "$0 - dispositif $1"},
      {"In: $0", "Sur : $0"},
      {"Not before ", "Pas avant le "},
      {"Sources", "Sources"},
      {"Grades: $0.", "Grades : $0."},
      {"regulator, label, consensus or systematic review",
       "autorité, notice, consensus ou revue systématique"},
      {"peer-reviewed study", "étude évaluée par des pairs"},
      {"one manual, expert opinion or case report",
       "un manuel, un avis d’expert ou un cas rapporté"},
      {"clinic or marketing page", "page de clinique ou de promotion"},
      {"general knowledge, not looked up",
       "connaissances générales, non consultées"},
      {"no grade", "sans grade"},
      {"Before a session", "Avant une séance"},
      {"On the day", "Le jour même"},
      {"After a session", "Après une séance"},
      {"Products to use", "Produits à employer"},
      {"Products to avoid", "Produits à éviter"},
      {"Risks to disclose before consent",
       "Risques à exposer avant le consentement"},
      {"When to call the clinic", "Quand appeler le cabinet"},
      {"Depth limits", "Limites de profondeur"},
      {"Appointment", "Rendez-vous"},
      {"What to expect, and when", "À quoi s’attendre, et quand"},
      {"How long results last", "Durée des résultats"},
      {"Maintenance", "Entretien"},
      {"Other", "Autre"},
      {"ask the patient", "interroger le patient"},
      {"examine", "examiner"},
      {"test", "analyse"},
      {"look in the record", "consulter le dossier"},
      {"the clinic knows", "le cabinet le sait"},
      {"not stated", "non précisé"},
      {"Decision support for a clinician, who reviews the basis and decides.",
       "Aide à la décision pour un clinicien, qui en examine le fondement et "
       "décide."},
      {"Decision ", "Décision "},
      {"$0, not before $1", "$0, pas avant le $1"},
      {"Indicated for ", "Indiqué pour "},
      {"$0: $1 evidence", "$0 : preuves $1"},
      {"strong", "fortes"},
      {"moderate", "modérées"},
      {"weak", "faibles"},
      {"mixed", "partagées"},
      {"indirect", "indirectes"},
      {"Disputed ", "Débattu  "},
      {"$0 to $1", "du $0 au $1"},
      {"Sessions", "Séances"},
      {"  only where it is still needed",
       "  seulement si c’est encore nécessaire"},
      {"To be recorded before treating: ", "À consigner avant de traiter : "},
      {"at most $0 mm: ", "au plus $0 mm : "},
      {" (sources disagree: $0)", " (les sources divergent : $0)"},
      {"Catalogue $0 ($1)", "Catalogue $0 ($1)"},
      {", profile $0", ", profil $0"},
      {", which leaves out $0 rule", ", qui laisse de côté $0 règle"},
      {", which leaves out $0 rules", ", qui laisse de côté $0 règles"},
      {" (read second-hand)", " (lu de seconde main)"},
      {" (not looked up)", " (non consulté)"},
      {"Screening for ", "Bilan d’éligibilité pour le "},
      {"Add-ons for ", "Compléments pour le "},
      {" and ", " et "},
      {"$0 in one session", "$0 en une séance"},
      {"Plan from ", "Plan à partir du "},
      {" with ", " avec "},
      {"The screening it rests on; repeat it before each session",
       "Le bilan d’éligibilité sur lequel il repose ; à refaire avant chaque "
       "séance"},
      {"Some texts are not translated and stand in English ($0 in the whole "
       "catalogue).",
       "Certains textes ne sont pas traduits et figurent en anglais ($0 dans "
       "tout le catalogue)."},
  };
  static const auto& none = *new std::vector<TranslatedWords>;
  const std::string tag = absl::AsciiStrToLower(language);
  return tag == "fr" || absl::StartsWith(tag, "fr-") ? french : none;
}

void SpeakLanguage(absl::string_view language) {
  Spoken() = std::string(language);
}

bool SpeaksForeign() { return !WordsIn(Spoken()).empty(); }

std::string Say(absl::string_view english) {
  for (const TranslatedWords& words : WordsIn(Spoken())) {
    if (words.english == english) return std::string(words.text);
  }
  return std::string(english);
}

}  // namespace needlewise
