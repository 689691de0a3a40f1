"""The commands of `client/curl/README.md`, against the real server."""

import re
import shutil
import subprocess
import sys

import e2e

PAGE = e2e.ROOT / "client" / "curl" / "README.md"
SKIPPED = 77  # what ctest takes for skipped


def commands_and_outputs():
    """Each command of the page, with what should come of it."""
    blocks = re.findall(r"^```(sh|text)\n(.*?)^```", PAGE.read_text(),
                        re.MULTILINE | re.DOTALL)
    return [(command, output)
            for (kind, command), (following, output) in zip(blocks, blocks[1:])
            if kind == "sh" and following == "text"]


class CurlPageTest(e2e.ServedTest):
    server_options = {"http": True, "site_facts": True}

    def test_each_command_prints_what_the_page_says(self):
        pairs = commands_and_outputs()
        self.assertGreaterEqual(len(pairs), 6)
        for command, expected in pairs:
            with self.subTest(command):
                done = subprocess.run(
                    ["bash", "-euo", "pipefail", "-c", command], cwd=e2e.ROOT,
                    capture_output=True, text=True,
                    timeout=e2e.PATIENCE_SECONDS,
                    env=e2e.clean_environment(NEEDLEWISE=self.server.http))
                self.assertEqual(done.returncode, 0, done.stderr)
                pattern = ".*".join(
                    re.escape(part) for part in expected.strip().split("…"))
                self.assertRegex(done.stdout.strip(),
                                 re.compile(f"^{pattern}$", re.DOTALL))


if __name__ == "__main__":
    if shutil.which("curl") is None:
        print("skipped: there is no curl", file=sys.stderr)
        sys.exit(SKIPPED)
    e2e.main()
