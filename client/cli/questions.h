#ifndef NEEDLEWISE_CLIENT_CLI_QUESTIONS_H_
#define NEEDLEWISE_CLIENT_CLI_QUESTIONS_H_

#include "client/cli/exit_code.h"
#include "client/cli/invocation.h"

namespace needlewise {

// `questions`: asks, takes the answers from standard input, and stops as soon
// as none can change the outcome. Then screens and prints the decision, but
// never shows one to a patient. Prompts go to standard error where standard
// output is for machines. OK where nothing is open and every treatment is
// eligible, for a patient where nothing is open; else NO.
ExitCode RunQuestions(const Invocation& invocation);

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_CLI_QUESTIONS_H_
