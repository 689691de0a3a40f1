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
      {"$0 hour", "$0 heure"},
      {"$0 hours", "$0 heures"},
      {"$0 day", "$0 jour"},
      {"$0 days", "$0 jours"},
      {"$0 week", "$0 semaine"},
      {"$0 weeks", "$0 semaines"},
      {"$0 month", "$0 mois"},
      {"$0 months", "$0 mois"},
      {"now", "actuellement"},
      {"now or at any time before",
       "actuellement ou à un moment quelconque du passé"},
      {"in the past, not now", "dans le passé, pas actuellement"},
      {"now or within $0", "actuellement ou depuis moins de $0"},
      {"now, begun within $0", "actuellement, apparu depuis moins de $0"},
      {"at a time this client does not know",
       "à un moment que ce programme ne connaît pas"},
      {", in the treatment area", ", dans la zone de traitement"},
      {", anywhere on the body", ", n’importe où sur le corps"},
      {", anywhere on the $0 where that holds the treatment area",
       ", n’importe où dans la région $0 si la zone de traitement en fait "
       "partie"},
      {"the device is $0", "le dispositif est $0"},
      {"the device is in the catalogue", "le dispositif figure au catalogue"},
      {"the device is not in the catalogue",
       "le dispositif ne figure pas au catalogue"},
      {"a device is named", "un dispositif est indiqué"},
      {"no device is named", "aucun dispositif n’est indiqué"},
      {"the device's label excludes $0", "la notice du dispositif exclut $0"},
      {"a test of the device that this client does not know",
       "un critère sur le dispositif que ce programme ne connaît pas"},
      {"all of:", "à la fois :"},
      {"any of:", "au moins l’un de :"},
      {"not: ", "non : "},
      {"the treatment area lies in $0", "la zone de traitement est dans $0"},
      {"it is wanted for $0", "le motif est $0"},
      {"outside the device's label by $0",
       "hors de la notice du dispositif par $0"},
      {"area", "la zone"},
      {"age", "l’âge"},
      {"skin type", "le type de peau"},
      {"depth", "la profondeur"},
      {"concern", "le motif"},
      {"a condition that this client does not know",
       "une condition que ce programme ne connaît pas"},
      {"Resolved  ", "Résolu    "},
      {"Because   ", "Parce que "},
      {"Touches   ", "Concerne  "},
      {"$0 rule", "$0 règle"},
      {"$0 rules", "$0 règles"},
      {"$0 conflict", "$0 divergence"},
      {"$0 conflicts", "$0 divergences"},
      {"Rule $0, of $1", "Règle $0, de $1"},
      {"; profiles $0", " ; profils $0"},
      {"Fires where", "S’applique si"},
      {"For the clinician", "Pour le clinicien"},
      {"Asks", "Questions"},
      {"Evidence rows $0", "Lignes de preuves $0"},
      {"`$0` is not a date; write YYYY, YYYY-MM or YYYY-MM-DD",
       "`$0` n’est pas une date ; écrivez AAAA, AAAA-MM ou AAAA-MM-JJ"},
      {"type an answer, `skip`, `back`, `quit` or `help`",
       "tapez une réponse, `passer`, `retour`, `quitter` ou `aide`"},
      {"`$0` is not an answer here; type $1, or `help`",
       "`$0` n’est pas une réponse ici ; tapez $1, ou `aide`"},
      {"nothing follows `$0`", "rien ne suit `$0`"},
      {"say `since $0` if it began then, or `past $0` if it was last so then",
       "dites `depuis $0` si cela a commencé alors, ou `passé $0` si c’était "
       "alors la dernière fois"},
      {"`$0` is not an area; type ids such as `cheeks`, or `here` for the "
       "treatment area",
       "`$0` n’est pas une zone ; tapez des identifiants comme `cheeks`, ou "
       "`ici` pour la zone de traitement"},
      {"name the areas, for instance `only arms legs`",
       "nommez les zones, par exemple `seulement arms legs`"},
      {"`$0` is not a number; type $1", "`$0` n’est pas un nombre ; tapez $1"},
      {"`$0` is not expected; type $1", "`$0` n’est pas attendu ; tapez $1"},
      {"a unit is needed and is never guessed; for instance $0 $1",
       "une unité est nécessaire et n’est jamais devinée ; par exemple $0 $1"},
      {"an age is a number of years", "un âge est un nombre d’années"},
      {"an age is a whole number of years",
       "un âge est un nombre entier d’années"},
      {"type `now`, or `past` with the date of the last time",
       "tapez `maintenant`, ou `passé` avec la date de la dernière fois"},
      {"type the day it was taken, `today`, or `skip` to leave the value out",
       "tapez le jour du prélèvement, `aujourd’hui`, ou `passer` pour "
       "omettre la valeur"},
      {"years / unknown", "années / inconnu"},
      {"number$0 on YYYY-MM-DD / unknown", "nombre$0 le AAAA-MM-JJ / inconnu"},
      {"number$0 / unknown", "nombre$0 / inconnu"},
      {"now / past YYYY-MM / never / unknown",
       "maintenant / passé AAAA-MM / jamais / inconnu"},
      {"yes / no / unknown", "oui / non / inconnu"},
      {"Is it so now, or when was it last? (now / past YYYY-MM / unknown)",
       "Est-ce le cas actuellement, ou quand était-ce la dernière fois ? "
       "(maintenant / passé AAAA-MM / inconnu)"},
      {"When was it last so? (YYYY, YYYY-MM, YYYY-MM-DD; Enter: not known)",
       "Quand était-ce la dernière fois ? (AAAA, AAAA-MM, AAAA-MM-JJ ; "
       "Entrée : inconnu)"},
      {"When did it begin? (YYYY, YYYY-MM, YYYY-MM-DD; Enter: not known)",
       "Quand cela a-t-il commencé ? (AAAA, AAAA-MM, AAAA-MM-JJ ; Entrée : "
       "inconnu)"},
      {"Where? (here, cheeks, only arms ...; Enter: not known)",
       "Où ? (ici, cheeks, seulement arms ...; Entrée : inconnu)"},
      {"When was it taken? (YYYY-MM-DD or today)",
       "Quand l’analyse a-t-elle été faite ? (AAAA-MM-JJ ou aujourd’hui)"},
      {"Thank you: there are no further questions.",
       "Merci : il n’y a plus de questions."},
      {"Nothing is left to ask here after $0 answer.",
       "Plus rien à demander ici après $0 réponse."},
      {"Nothing is left to ask here after $0 answers.",
       "Plus rien à demander ici après $0 réponses."},
      {"Settled after $0 answer: nothing that is still unknown can change "
       "the outcome.",
       "Établi après $0 réponse : rien de ce qui reste inconnu ne peut "
       "changer le résultat."},
      {"Settled after $0 answers: nothing that is still unknown can change "
       "the outcome.",
       "Établi après $0 réponses : rien de ce qui reste inconnu ne peut "
       "changer le résultat."},
      {"$0 question is still open: $1.",
       "$0 question est encore en suspens : $1."},
      {"$0 question is still open.", "$0 question est encore en suspens."},
      {"$0 questions are still open: $1.",
       "$0 questions sont encore en suspens : $1."},
      {"$0 questions are still open.", "$0 questions sont encore en suspens."},
      {"Somebody else has to answer: $0.",
       "Quelqu’un d’autre doit répondre : $0."},
      {"That cannot be: $0", "Ce n’est pas possible : $0"},
      {"; at most $0 questions to go", " ; encore $0 questions au plus"},
      {"This is the first question.", "C’est la première question."},
      {R"(Answers:
  yes                 it is so now; to "have you ever" it asks back
  no                  not now; to "have you ever": never
  now [since DATE]    it is so now, and began then
  past [DATE]         it was so and is not now; DATE is the last time
  never               not now and never before
  unknown             asked, and not known
  105 10*9/L on DATE  a value with its unit, and the day it was taken
Where, after `yes`, `now` or `past`:
  here                the treatment area
  cheeks chin         these areas, and perhaps others
  only arms           these areas and no others
  unknown             the place, and the date, are not known
Dates are 2026, 2026-05 or 2026-05-17.
  skip                leave the question open
  back                take the last answer back
  quit                stop asking
)",
       R"(Réponses :
  oui                 c’est le cas ; à « déjà eu », la date est demandée
  non                 pas actuellement ; à « déjà eu » : jamais
  maintenant [depuis DATE]  c’est le cas, et a commencé alors
  passé [DATE]        c’était le cas et ne l’est plus ; DATE est la dernière fois
  jamais              ni actuellement ni auparavant
  inconnu             demandé, et pas connu
  105 10*9/L le DATE  une valeur avec son unité, et le jour de l’analyse
Où, après `oui`, `maintenant` ou `passé` :
  ici                 la zone de traitement
  cheeks chin         ces zones, et peut-être d’autres
  seulement arms      ces zones et aucune autre
  inconnu             le lieu, et la date, ne sont pas connus
Les dates sont 2026, 2026-05 ou 2026-05-17.
  passer              laisser la question en suspens
  retour              reprendre la dernière réponse
  quitter             arrêter les questions
)"},
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
