#ifndef NEEDLEWISE_CLIENT_CLI_EXIT_CODE_H_
#define NEEDLEWISE_CLIENT_CLI_EXIT_CODE_H_

namespace needlewise {

// What `needlewise` says to the shell; `needlewise help` lists them.
enum ExitCode {
  // Done; where a verdict was asked for, it is an eligible one.
  kExitOk = 0,
  // Answered, and the answer is no: screening blocks the treatment, questions
  // are still open, or the server is not serving.
  kExitNo = 1,
  // The command line or the input is wrong, found here or by the server.
  kExitBadInput = 2,
  // No server at the address, none that is serving, or no answer in time.
  kExitUnreachable = 3,
  // The server refused or failed, or the output cannot be written.
  kExitRefused = 4,
  // A batch was read to its end, and some of its lines have no decision.
  kExitPartialFailure = 5,
};

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_CLI_EXIT_CODE_H_
