"""Runs the real server and the real command line for the tests beside it.

The binaries are named by NEEDLEWISE_SERVER and NEEDLEWISE_CLI.
"""

import contextlib
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "client" / "samples"
CATALOG = ROOT / "rules" / "catalog"
SERVER = os.environ.get("NEEDLEWISE_SERVER", "")
CLI = os.environ.get("NEEDLEWISE_CLI", "")

# Longest that one run of the command line, or one start, may take.
PATIENCE_SECONDS = 60
# How often the health of a starting server is asked; each time the server's
# process is watched for an early end in between.
STARTING_TRIES = 600
STARTING_PAUSE_SECONDS = 0.05

# The site facts that the rules about the clinic ask for.
SITE_CONCEPTS = (
    "site_licensed_operator",
    "site_sterile_single_use",
    "site_approved_sterile_products_only",
    "site_blood_handling_licensed",
    "site_autologous_chain_of_custody",
    "site_rf_medical_supervision",
)


def clean_environment(**changes):
    """The environment without what would change the program's ways."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("NEEDLEWISE_ADDRESS", "NO_COLOR", "COLUMNS", "TERM")
        and not name.lower().endswith("_proxy")
    }
    for name, value in changes.items():
        if value is not None:
            environment[name] = value
    return environment


class Server:
    """A server on a free port, with its files in a folder of its own."""

    def __init__(self, catalog_folder=None, port=0, site_facts=False,
                 settings="", http=False, under=()):
        """`under`: the start of a command that runs the server."""
        self._folder = tempfile.TemporaryDirectory(prefix="needlewise-e2e-")
        folder = pathlib.Path(self._folder.name)
        self._port_file = folder / "port"
        self._log = open(folder / "log", "wb+")
        config = folder / "server.textproto"
        lines = [
            'listener { address: "127.0.0.1:%d" insecure_for_development: true'
            ' port_file: "%s" }' % (port, self._port_file)
        ]
        self._http_port_file = folder / "http_port"
        if http:
            lines.append(
                'http_listener { address: "127.0.0.1:0" '
                'insecure_for_development: true port_file: "%s" }' %
                self._http_port_file)
        if catalog_folder is not None:
            lines.append('catalog { folder: "%s" poll_interval '
                         '{ nanos: 20000000 } }' % catalog_folder)
        if site_facts:
            lines += [
                'site_findings { concept: "%s" status: FINDING_STATUS_PRESENT'
                ' source: SOURCE_SITE }' % concept
                for concept in SITE_CONCEPTS
            ]
        config.write_text("\n".join(lines + [settings]) + "\n")
        self.process = subprocess.Popen(
            [*under, SERVER, "--config=%s" % config], stderr=self._log,
            stdout=self._log, env=clean_environment())
        try:
            self._wait_until_serving()
        except BaseException:
            self.close()
            raise

    def _wait_until_serving(self):
        for _ in range(STARTING_TRIES):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STARTING_PAUSE_SECONDS)
                raise RuntimeError("the server ended: %s" % self.log())
            if not self._port_file.exists():
                continue
            self.port = int(self._port_file.read_text() or 0)
            self.address = "127.0.0.1:%d" % self.port
            if self._http_port_file.exists():
                self.http = ("http://127.0.0.1:" +
                             self._http_port_file.read_text().strip())
            if run("health", "--address", self.address).returncode == 0:
                return
        raise RuntimeError("the server does not serve: %s" % self.log())

    def log(self):
        self._log.seek(0)
        return self._log.read().decode()

    def kill(self):
        """Ends the server at once, as a crash would."""
        self.process.kill()
        self.process.wait(PATIENCE_SECONDS)

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self._log.close()
        self._folder.cleanup()


def run(*arguments, stdin="", env=None):
    """Runs the command line with pipes on all sides."""
    return subprocess.run([CLI, *map(str, arguments)],
                          input=stdin, capture_output=True, text=True,
                          timeout=PATIENCE_SECONDS,
                          env=env or clean_environment())


def run_on_terminal(*arguments, stdin_lines=(), columns=None, **environment):
    """Runs the command line with a terminal for output and answers.

    Returns its output and its exit code.
    """
    environment.setdefault("TERM", "xterm")
    main, terminal = pty.openpty()
    if columns is not None:
        import fcntl
        import struct
        import termios
        fcntl.ioctl(terminal, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen([CLI, *map(str, arguments)], stdin=terminal,
                               stdout=terminal, stderr=terminal,
                               env=clean_environment(**environment))
    os.close(terminal)
    os.write(main, "".join(line + "\n" for line in stdin_lines).encode())
    output = b""
    while True:
        ready, _, _ = select.select([main], [], [], PATIENCE_SECONDS)
        if not ready:
            process.kill()
            raise RuntimeError("no end of output: %r" % output[-2000:])
        try:
            part = os.read(main, 65536)
        except OSError:  # The other end is closed.
            break
        if not part:
            break
        output += part
    os.close(main)
    return output.decode(), process.wait(PATIENCE_SECONDS)


def sample(name):
    """A sample request as a value."""
    return json.loads((SAMPLES / name).read_text())


def copy_of_catalog(folder):
    """A copy of the catalogue that a test may change."""
    return pathlib.Path(shutil.copytree(CATALOG, pathlib.Path(folder) / "c"))


class ServedTest(unittest.TestCase):
    """A test with a server that all methods of the class share."""

    maxDiff = None
    server_options = {}

    @classmethod
    def setUpClass(cls):
        cls.server = Server(**cls.server_options)
        cls.addClassCleanup(cls.server.close)

    def run_verb(self, *arguments, stdin="", expect=None, **environment):
        result = run(*arguments, stdin=stdin,
                     env=clean_environment(
                         NEEDLEWISE_ADDRESS=self.server.address,
                         **environment))
        if expect is not None:
            self.assertEqual(
                result.returncode, expect,
                "\n".join((" ".join(map(str, arguments)), result.stdout,
                           result.stderr)))
        return result

    def run_json(self, *arguments, stdin="", expect=None):
        """Runs a verb for machines; returns what it printed, as a value."""
        result = self.run_verb(*arguments, "--output=json", stdin=stdin,
                               expect=expect)
        return json.loads(result.stdout)

    def on_terminal(self, *arguments, **options):
        options.setdefault("NEEDLEWISE_ADDRESS", self.server.address)
        return run_on_terminal(*arguments, **options)


def main():
    for name, path in (("NEEDLEWISE_SERVER", SERVER), ("NEEDLEWISE_CLI", CLI)):
        if not os.access(path, os.X_OK):
            raise SystemExit("%s names no program: `%s`" % (name, path))
    unittest.main(module="__main__", verbosity=2)
