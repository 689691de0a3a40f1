"""The walk through a health record's calls in README.md, with a real server."""

import json
import re
import shutil
import subprocess
import sys
import tempfile

import e2e

PAGE = e2e.ROOT / "README.md"
HEADING = "### From a health record"
SKIPPED = 77  # what ctest takes for skipped


def commands_and_outputs():
    """Each command of the section, with what should come of it."""
    section = PAGE.read_text().split(HEADING, 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"^```(sh|text)\n(.*?)^```", section,
                        re.MULTILINE | re.DOTALL)
    return [(command, output)
            for (kind, command), (following, output) in zip(blocks, blocks[1:])
            if kind == "sh" and following == "text"]


class HealthRecordTest(e2e.ServedTest):

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        # As deploy/run starts it.
        cls.server_options = {
            "http": True,
            "site_facts": True,
            "settings":
                'cds_hooks { without_authentication_for_development: true } '
                'decision_log { mode: DECISION_LOG_MODE_COMMITTED '
                'sqlite_file: "%s/decisions.db" }' % folder.name,
        }
        super().setUpClass()

    def test_each_command_prints_what_the_page_says(self):
        pairs = commands_and_outputs()
        self.assertEqual(len(pairs), 3)
        for command, expected in pairs:
            with self.subTest(command):
                command = re.sub("^export NEEDLEWISE=.*$", "", command,
                                 flags=re.MULTILINE)
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

    def test_the_sample_asks_for_every_key_and_no_other(self):
        done = subprocess.run(
            ["curl", "--silent", self.server.http + "/cds-services"],
            capture_output=True, text=True, check=True,
            timeout=e2e.PATIENCE_SECONDS, env=e2e.clean_environment())
        prefetch = json.loads(done.stdout)["services"][0]["prefetch"]
        sample = e2e.sample("fhir/patient-view.json")
        self.assertEqual(set(sample["prefetch"]), set(prefetch))


if __name__ == "__main__":
    if shutil.which("curl") is None:
        print("skipped: there is no curl", file=sys.stderr)
        sys.exit(SKIPPED)
    e2e.main()
