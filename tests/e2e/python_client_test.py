"""`client/python`, against the real server."""

import shutil
import subprocess
import sys
import tempfile

import client_check
import e2e

CLIENT = e2e.ROOT / "client" / "python"
PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's packages
SKIPPED = 77  # what ctest takes for skipped


def is_missing():
    """What the client needs and is not here; empty where nothing is."""
    if shutil.which("grpc_python_plugin") is None:
        return "grpc_python_plugin"
    for module in ("grpc", "google.protobuf"):
        found = subprocess.run([PYTHON, "-c", f"import {module}"],
                               stderr=subprocess.DEVNULL)
        if found.returncode != 0:
            return f"Python's module {module}"
    return ""


class PythonClientTest(client_check.ClientTest):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="needlewise-python-")
        cls.addClassCleanup(folder.cleanup)
        cls.generated = folder.name
        subprocess.run([CLIENT / "generate", folder.name], check=True)

    def test_prints_what_the_command_line_decides(self):
        self.check_client(
            lambda file: [PYTHON, "-B", CLIENT / "screen.py",
                          self.server.address, file],
            NEEDLEWISE_GENERATED=self.generated)


if __name__ == "__main__":
    missing = is_missing()
    if missing:
        print(f"skipped: there is no {missing}", file=sys.stderr)
        sys.exit(SKIPPED)
    e2e.main()
