"""What every client that people copy has to do."""

import json
import pathlib
import subprocess
import tempfile

import e2e

SAMPLES = ("clear.json", "keloid.json", "nothing-known.json",
           "pacemaker-wants-rf.json")


def expected_output(response):
    """What the clients print of an answer."""
    lines = []
    for treatment in response["decision"]["treatments"]:
        lines.append(f"{treatment['treatment']} {treatment['verdict']}")
        for area in treatment["areas"]:
            lines.append(f"  {area['area']} {area['verdict']}")
            for question in area.get("outstanding", []):
                lines.append(f"    still to be asked: {question['concept']}")
    return lines


class ClientTest(e2e.ServedTest):
    server_options = {"http": True, "site_facts": True}

    def run_client(self, command, **environment):
        return subprocess.run(
            list(map(str, command)), capture_output=True, text=True,
            timeout=e2e.PATIENCE_SECONDS,
            env=e2e.clean_environment(**environment))

    def check_client(self, command_for, **environment):
        """Runs the client on samples, and on a request that is refused."""
        for name in SAMPLES:
            with self.subTest(name):
                file = e2e.SAMPLES / name
                response = self.run_json("screen", file)
                done = self.run_client(command_for(file), **environment)
                self.assertEqual(done.returncode, 0, done.stderr)
                first, *lines = done.stdout.splitlines()
                self.assertRegex(first, "^decision [a-z2-7]{26}$")
                self.assertEqual(lines, expected_output(response))
        with tempfile.TemporaryDirectory(prefix="needlewise-client-") as folder:
            file = pathlib.Path(folder) / "refused.json"
            request = e2e.sample("clear.json")
            request["asOf"] = "2026-02-30"
            file.write_text(json.dumps(request))
            done = self.run_client(command_for(file), **environment)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn("1 field is invalid", done.stderr)
            return done
