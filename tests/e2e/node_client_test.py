"""`client/node`, against the real server."""

import pathlib
import re
import shutil
import subprocess
import sys

import client_check
import e2e

CLIENT = e2e.ROOT / "client" / "node"
SKIPPED = 77  # what ctest takes for skipped
# What npm says where the registry cannot be reached, or is not to be trusted;
# anything else is a fault of ours.
NO_REGISTRY = re.compile(
    "code (EAI_AGAIN|ECONN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|E403|ERR_SOCKET|"
    "ETIMEDOUT|E50[0-9]|CERT|UNABLE_TO_VERIFY)")


def npm(*arguments):
    return subprocess.run(["npm", *arguments], cwd=CLIENT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def skip(why):
    print(f"skipped: {why}", file=sys.stderr)
    sys.exit(SKIPPED)


def install():
    """Installs what package-lock.json says, unless it is there."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        skip("there is no Node.js with npm")
    installed = CLIENT / "node_modules" / ".package-lock.json"
    wanted = CLIENT / "package-lock.json"
    if not (installed.exists() and
            installed.stat().st_mtime > wanted.stat().st_mtime):
        done = npm("ci", "--ignore-scripts", "--no-audit", "--no-fund",
                   "--loglevel=error", "--fetch-retries=1",
                   "--fetch-retry-mintimeout=1000",
                   "--fetch-retry-maxtimeout=2000", "--fetch-timeout=60000")
        if NO_REGISTRY.search(done.stdout):
            skip("the npm registry cannot be reached")
        if done.returncode != 0:
            sys.exit(f"npm ci does not accept package-lock.json: {done.stdout}")
    generated = npm("run", "generate")
    if generated.returncode != 0:
        sys.exit(f"npm run generate failed: {generated.stdout}")


class NodeClientTest(client_check.ClientTest):

    def test_grpc_prints_what_the_command_line_decides(self):
        self.check_client(lambda file: ["node", CLIENT / "screen_grpc.js",
                                        self.server.address, file])

    def test_connect_prints_what_the_command_line_decides(self):
        for flags in ([], ["--json"]):
            refused = self.check_client(
                lambda file: ["node", CLIENT / "screen_connect.js",
                              self.server.http, file, *flags])
            self.assertRegex(refused.stderr, "^InvalidArgument: ")
            self.assertIn("  as_of: ", refused.stderr)

    def test_no_address_of_a_registry_is_recorded(self):
        lock = pathlib.Path(CLIENT / "package-lock.json").read_text()
        self.assertNotIn("://", re.sub(r'"(url|license)": "[^"]*"', "", lock))


if __name__ == "__main__":
    install()
    e2e.main()
