"""The program itself: its standard streams, colour on a terminal only, and
exit codes."""

import os
import pathlib
import pty
import subprocess
import sys
import tempfile
import unittest

PROGRAM, SOURCE = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))
BROKEN = SOURCE / "tests/tools/broken_catalog"


def run(*arguments, cwd=None, **environment):
    return subprocess.run(
        [PROGRAM, *arguments], capture_output=True, text=True, check=False,
        cwd=cwd, env={**os.environ, **environment})


def run_on_terminal(*arguments, **environment):
    """What the program writes where standard output is a terminal."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
            [PROGRAM, *arguments], stdout=follower,
            env={**os.environ, "TERM": "xterm", "NO_COLOR": "",
                 **environment}) as process:
        os.close(follower)
        output = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # The other side is closed.
                break
            if not part:
                break
            output += part
    os.close(leader)
    return output.decode()


class ProgramTest(unittest.TestCase):

    def test_reads_the_catalogue_of_the_current_folder(self):
        result = run("check", cwd=SOURCE)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn(": 0 errors, ", result.stdout)

    def test_reads_the_built_in_catalogue_where_there_is_no_other(self):
        with tempfile.TemporaryDirectory() as folder:
            elsewhere = run("check", cwd=folder)
        here = run("check", cwd=SOURCE)
        self.assertEqual(elsewhere.returncode, 0)
        self.assertEqual(elsewhere.stdout.splitlines()[-1],
                         here.stdout.splitlines()[-1])

    def test_colours_on_a_terminal_only(self):
        arguments = ("check", "--catalog", str(BROKEN))
        self.assertIn("\033[31m", run_on_terminal(*arguments))
        self.assertNotIn("\033", run_on_terminal(*arguments, NO_COLOR="1"))
        self.assertNotIn("\033", run_on_terminal(*arguments, TERM="dumb"))
        self.assertNotIn("\033", run(*arguments, NO_COLOR="").stdout)

    def test_exits_as_its_help_says(self):
        self.assertEqual(run("help").returncode, 0)
        self.assertEqual(
            run("check", "--catalog", str(BROKEN)).returncode, 1)
        self.assertEqual(run("no-such-verb").returncode, 2)

    def test_says_when_output_cannot_be_written(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run(
                [PROGRAM, "help"], stdout=full, stderr=subprocess.PIPE,
                text=True, check=False)
        self.assertEqual(result.returncode, 2)
        self.assertIn("standard output", result.stderr)


if __name__ == "__main__":
    unittest.main()
