"""The command line itself: help, wrong use, servers that are not there."""

import json
import socket
import unittest

import e2e

VERBS = ("screen", "add-ons", "plan", "questions", "rules", "conflicts",
         "decisions", "feedback", "verify", "watch", "health", "version", "help")
# No server listens on it.
NOWHERE = "--address=127.0.0.1:1"


class HelpTest(unittest.TestCase):

    def test_names_every_verb_flag_and_exit_code(self):
        for arguments in ((), ("help",), ("--help",), ("-h",)):
            result = e2e.run(*arguments)
            self.assertEqual(result.returncode, 0)
            for verb in VERBS:
                self.assertRegex(result.stdout, r"(?m)^  %s" % verb)
            for flag in ("address", "deadline", "output", "color", "view"):
                self.assertIn("--" + flag, result.stdout)
            for code in range(6):
                self.assertRegex(result.stdout, r"(?m)^  %d  " % code)

    def test_tells_of_each_verb(self):
        for verb in VERBS:
            for arguments in (("help", verb), (verb, "--help"), (verb, "-h")):
                with self.subTest(arguments):
                    result = e2e.run(*arguments)
                    self.assertEqual(result.returncode, 0)
                    if verb != "help":
                        self.assertIn("Usage: needlewise " + verb,
                                      result.stdout)

    def test_lines_of_help_fit_a_terminal(self):
        for arguments in (("help",), *(("help", verb) for verb in VERBS)):
            for line in e2e.run(*arguments).stdout.splitlines():
                self.assertLessEqual(len(line), 80, line)

    def test_version(self):
        for arguments in (("version",), ("--version",)):
            result = e2e.run(*arguments)
            self.assertEqual(result.returncode, 0)
            self.assertRegex(result.stdout, r"^needlewise \d+\.\d+\.\d+ ")


class WrongUseTest(unittest.TestCase):

    def refused(self, *arguments):
        result = e2e.run(*arguments)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual(result.stdout, "")
        return result.stderr

    def test_hints_at_what_was_meant(self):
        for arguments, words in (
            (("scren", "x"), "did you mean `screen`?"),
            (("help", "scren"), "did you mean `screen`?"),
            (("screen", "x", "--aria=face"), "did you mean `--area`?"),
            (("screen", "x", "--outptu=json"), "did you mean `--output`?"),
            (("health", "--treatment=rf"), "it belongs to screen, add-ons"),
            (("screen", "-x"), "flags begin with `--`"),
        ):
            with self.subTest(arguments):
                self.assertIn(words, self.refused(*arguments))

    def test_says_what_is_missing_or_too_much(self):
        for arguments, words in (
            (("screen",), "needs a file"),
            (("screen", "--batch"), "needs a file"),
            (("add-ons",), "needs a file"),
            (("plan",), "needs a file"),
            (("screen", "a", "b"), "does not take `b`"),
            (("health", "now"), "does not take `now`"),
            (("screen", "x", "--area"), "`--area` needs a value"),
            (("screen", "--area", "--batch", "x"), "`--area` needs a value"),
            (("screen", "x", "--batch=yes"), "takes no value"),
            (("screen", "/nowhere"), "cannot read `/nowhere`"),
            (("screen", "/"), "is a folder"),
        ):
            with self.subTest(arguments):
                self.assertIn(words, self.refused(*arguments))

    def test_values_that_cannot_be_are_refused(self):
        for flag in ("--output=xml", "--color=red", "--view=all",
                     "--deadline=10", "--deadline=-1s", "--deadline=soon"):
            with self.subTest(flag):
                self.assertIn(flag, self.refused("health", flag))
        self.assertIn("--format=xml", self.refused("screen", "x",
                                                   "--format=xml"))

    def test_patient_data_does_not_leave_the_machine_unencrypted(self):
        for address in ("192.0.2.1:7443", "needlewise.example:7443",
                        "127.evil.example:7443", "0.0.0.0:7443"):
            with self.subTest(address):
                self.assertIn("not on this machine",
                              self.refused("health", "--address", address))


class UnreachableTest(unittest.TestCase):

    def test_every_verb_says_that_there_is_no_server(self):
        clear = e2e.SAMPLES / "clear.json"
        for arguments in (
            ("screen", clear), ("screen", "--batch", clear.with_name(
                "batch.ndjson")), ("add-ons", clear), ("plan", clear),
            ("questions", clear), ("rules", "list"),
            ("rules", "show", "keloid-ever"), ("conflicts",), ("watch",),
            ("health",)):
            with self.subTest(arguments):
                result = e2e.run(*arguments, NOWHERE)
                self.assertEqual(result.returncode, 3, result.stderr)
                self.assertIn("no server can be reached at 127.0.0.1:1",
                              result.stderr)
                self.assertIn("--address", result.stderr)

    def test_machines_are_told_in_json(self):
        result = e2e.run("screen", e2e.SAMPLES / "clear.json", NOWHERE,
                         "--output=json")
        self.assertEqual(result.returncode, 3)
        self.assertEqual(json.loads(result.stderr)["code"], 14)

    def test_the_environment_names_the_server(self):
        result = e2e.run("health", env=e2e.clean_environment(
            NEEDLEWISE_ADDRESS="127.0.0.1:2"))
        self.assertIn("127.0.0.1:2", result.stderr)

    def test_a_proxy_in_the_environment_is_not_used(self):
        server = e2e.Server()
        self.addCleanup(server.close)
        result = e2e.run("health", env=e2e.clean_environment(
            NEEDLEWISE_ADDRESS=server.address,
            http_proxy="http://127.0.0.1:1", grpc_proxy="http://127.0.0.1:1",
            https_proxy="http://127.0.0.1:1"))
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_server_that_says_nothing_is_waited_for_no_longer_than_asked(
            self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            address = "127.0.0.1:%d" % silent.getsockname()[1]
            for arguments in (("screen", e2e.SAMPLES / "clear.json"),
                              ("health",)):
                result = e2e.run(*arguments, "--address", address,
                                 "--deadline=200ms")
                self.assertEqual(result.returncode, 3, result.stderr)
                self.assertIn("in time", result.stderr)


class DrainTest(unittest.TestCase):

    def test_a_stopped_server_is_unreachable(self):
        server = e2e.Server()
        address = server.address
        server.close()
        result = e2e.run("screen", e2e.SAMPLES / "clear.json", "--address",
                         address)
        self.assertEqual(result.returncode, 3)


class OutputTest(e2e.ServedTest):

    def test_output_that_cannot_be_written_is_an_error(self):
        import subprocess
        with open("/dev/full", "wb") as full:
            result = subprocess.run(
                [e2e.CLI, "rules", "list", "--address", self.server.address],
                stdout=full, stderr=subprocess.PIPE, text=True,
                timeout=e2e.PATIENCE_SECONDS, env=e2e.clean_environment())
        self.assertEqual(result.returncode, 4)
        self.assertIn("cannot write", result.stderr)

    def test_flags_may_stand_before_the_verb(self):
        result = e2e.run("--address", self.server.address, "--output", "json",
                         "health")
        self.assertEqual(result.returncode, 0)
        self.assertEqual(json.loads(result.stdout)["status"], "SERVING")


if __name__ == "__main__":
    e2e.main()
