"""The decision log of the real server: crashes, full disks, damage, and a
PostgreSQL that goes away. With NEEDLEWISE_CRASHES and NEEDLEWISE_CUT_SECONDS
the same is a longer campaign; see tests/e2e/decision_log_campaign.
"""

import contextlib
import json
import os
import pathlib
import random
import resource
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import uuid

import e2e

RULES = os.environ.get("NEEDLEWISE_RULES", "")
CRASHES = int(os.environ.get("NEEDLEWISE_CRASHES", "4"))
CUT_SECONDS = float(os.environ.get("NEEDLEWISE_CUT_SECONDS", "2"))
SEED = int(os.environ.get("NEEDLEWISE_TEST_SEED", random.randrange(1 << 30)))
# Root may write what is read-only, unless it gives that right away.
PLAIN_USER = (["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
              if os.geteuid() == 0 else [])
POSTGRES = next(iter(sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"),
                            reverse=True)), None)
# Whether the programs were built with it.
WITH_POSTGRES = os.environ.get("NEEDLEWISE_WITH_POSTGRES", "1") != "0"
# Longest that a server may take to find its store again.
RECOVERY_SECONDS = 30


def setting(store, more=""):
    return "decision_log { %s %s }" % (store, more)


def requests(count):
    """Requests, one a line, each with an id of its own."""
    base = e2e.sample("clear.json")
    return "".join(
        json.dumps(dict(base, requestId=str(uuid.uuid4()))) + "\n"
        for _ in range(count))


class LogTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="needlewise-log-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.store = self.folder / "log.db"

    def sqlite(self, more=""):
        return setting('sqlite_file: "%s"' % self.store, more)

    def start(self, settings, **options):
        server = e2e.Server(settings=settings, **options)
        self.addCleanup(server.close)
        return server

    def verb(self, server, *arguments, expect=0, stdin=""):
        result = e2e.run(*arguments, "--address", server.address, stdin=stdin)
        self.assertEqual(result.returncode, expect,
                         result.stdout + result.stderr)
        return result

    def ids(self, server):
        """Ids of all that is recorded, and their requests' hashes."""
        listed = json.loads(self.verb(server, "decisions", "list",
                                      "--limit=1000000",
                                      "--output=json").stdout)
        records = listed.get("records", [])
        self.assertEqual(len({r["requestHash"] for r in records}),
                         len(records), "a request is recorded twice")
        return [r["decisionId"] for r in records]

    def rules(self, verb, store=None):
        result = subprocess.run(
            [RULES, verb, "--store", str(store or self.store)],
            capture_output=True, text=True, timeout=e2e.PATIENCE_SECONDS)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout


class SqliteTest(LogTest):

    def crash_after(self, server, answers):
        """Kills the server after so many answers; the ids of those given."""
        client = subprocess.Popen(
            [e2e.CLI, "screen", "-", "--batch", "--no-progress",
             "--output=json", "--address", server.address],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env=e2e.clean_environment())
        feeder = threading.Thread(target=self.feed, args=(client,))
        feeder.start()
        given = []
        for line in client.stdout:
            answer = json.loads(line)
            if "decisionId" in json.dumps(answer):
                given.append(find(answer, "decisionId"))
            if len(given) == answers:
                server.kill()
        client.wait(e2e.PATIENCE_SECONDS)
        feeder.join()
        client.stdout.close()
        return given

    @staticmethod
    def feed(client):
        with contextlib.suppress(BrokenPipeError):
            client.stdin.write(requests(600))
        with contextlib.suppress(BrokenPipeError):
            client.stdin.close()

    def test_every_answer_given_before_a_crash_is_in_the_log(self):
        print("NEEDLEWISE_TEST_SEED=%d" % SEED)
        chance = random.Random(SEED)
        given = []
        for _ in range(CRASHES):
            server = self.start(self.sqlite())
            given += self.crash_after(server, chance.randint(1, 300))
        server = self.start(self.sqlite())
        recorded = self.ids(server)
        self.assertGreaterEqual(len(given), CRASHES)
        self.assertLessEqual(set(given), set(recorded))
        self.assertIn("the chain holds", self.rules("audit"))
        self.assertIn(" 0 differ, 0 could not be decided",
                      self.rules("replay"))

    def test_an_acknowledged_review_is_not_raised_anew(self):
        key = self.folder / "key"
        key.write_text("k" * 32)
        server = self.start(self.sqlite(
            'subject_keys { key_id: "k1" file: "%s" }' % key))
        request = e2e.sample("clear.json")
        request["recallAcknowledgements"] = True
        request["patient"]["patientReference"] = "patient 7"
        request["patient"]["findings"].append(
            {"concept": "comedonal_acne", "status": "FINDING_STATUS_PRESENT",
             "areas": [request["treatments"][0]["areas"][0]]})

        def screen(expect):
            return json.loads(self.verb(
                server, "screen", "-", "--output=json", expect=expect,
                stdin=json.dumps(request)).stdout)

        first = screen(expect=1)
        verdict = first["decision"]["treatments"][0]["verdict"]
        self.assertEqual(verdict, "VERDICT_REVIEW_REQUIRED")
        self.verb(server, "feedback", first["decisionId"], "acknowledged",
                  "--rule=comedones")
        # It outlasts the server, and what the rule does not ask about.
        server.close()
        server = self.start(self.sqlite(
            'subject_keys { key_id: "k1" file: "%s" }' % key))
        request["patient"]["ageYears"] += 1
        again = screen(expect=0)
        self.assertEqual(again["recalledAcknowledgements"], ["comedones"])
        # Another patient has nothing acknowledged.
        request["patient"]["patientReference"] = "patient 8"
        self.assertNotIn("recalledAcknowledgements", screen(expect=1))
        self.assertNotIn(b"patient 7", self.store.read_bytes())

    def test_a_full_disk_refuses_and_loses_nothing(self):
        server = self.start(self.sqlite(), under=["prlimit", "--fsize=4194304"])
        given = self.screen_many(server, 1500)
        self.assertIn(None, given)
        given = [answer for answer in given if answer is not None]
        self.assertGreater(len(given), 10)
        server.close()
        server = self.start(self.sqlite())
        self.assertLessEqual(set(given), set(self.ids(server)))
        self.assertIn("the chain holds", self.rules("audit"))

    def screen_many(self, server, count):
        """Ids of decisions on many patients; None where the store was not
        there for one."""
        result = e2e.run("screen", "-", "--batch", "--no-progress",
                         "--output=json", "--address", server.address,
                         stdin=requests(count))
        given = [find(json.loads(line), "decisionId")
                 for line in result.stdout.splitlines()]
        if None in given:
            self.assertIn("STORE_UNAVAILABLE", result.stdout + result.stderr)
        return given

    def test_a_store_that_cannot_be_written_for_a_while_loses_nothing(self):
        server = self.start(self.sqlite())
        stop = threading.Event()
        answered = threading.Condition()
        given = []

        def load():
            while not stop.is_set():
                more = self.screen_many(server, 20)
                with answered:
                    given.extend(more)
                    answered.notify()

        def until(happened):
            with answered:
                self.assertTrue(answered.wait_for(happened, RECOVERY_SECONDS))
        client = threading.Thread(target=load)
        client.start()
        try:
            until(lambda: any(given))
            # Of the server no file may be written any more, at any place.
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE,
                             (0, resource.RLIM_INFINITY))
            until(lambda: None in given)
            self.assertIn("NOT_SERVING", e2e.run(
                "health", "--address", server.address).stdout)
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE,
                             (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            refused = len(given)
            until(lambda: any(given[refused:]))
        finally:
            stop.set()
            client.join()
        self.assertEqual(e2e.run("health", "--address",
                                 server.address).returncode, 0)
        given = {answer for answer in given if answer is not None}
        self.assertLessEqual(given, set(self.ids(server)))
        server.close()
        self.assertIn("the chain holds", self.rules("audit"))

    def refuses_to_start(self, *words, under=(), config_folder=None,
                         settings=None):
        config = (config_folder or self.folder) / "config"
        config.write_text(
            'listener { address: "127.0.0.1:0" insecure_for_development: true }'
            + (settings or self.sqlite()))
        result = subprocess.run([*under, e2e.SERVER, "--config=%s" % config],
                                capture_output=True, text=True,
                                timeout=e2e.PATIENCE_SECONDS)
        self.assertEqual(result.returncode, 6, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    def test_refuses_to_start_on_a_damaged_log(self):
        self.store.write_bytes(b"x" * 8192)
        self.refuses_to_start("is damaged", "restore it from a backup")

    def test_refuses_to_start_on_a_log_with_damaged_pages(self):
        server = self.start(self.sqlite())
        self.assertNotIn(None, self.screen_many(server, 200))
        server.close()
        whole = self.store.read_bytes()
        for name, bytes_now in (
            ("overwritten", whole[:8192] + b"\xff" * (len(whole) - 8192)),
            ("cut off", whole[:len(whole) // 2]),
            ("emptied", whole[:8192]),
        ):
            with self.subTest(name):
                self.store.write_bytes(bytes_now)
                self.refuses_to_start("restore it from a backup")
        # A byte of one of the last records, where no page shows it.
        place = whole.rindex(b"base_microneedling")
        self.store.write_bytes(whole[:place] + b"B" + whole[place + 1:])
        self.refuses_to_start("is damaged at entry", "needlewise-rules audit")
        self.store.write_bytes(whole)
        self.assertEqual(len(self.ids(self.start(self.sqlite()))), 200)

    def test_refuses_to_start_on_a_log_that_is_read_only(self):
        server = self.start(self.sqlite())
        self.assertNotIn(None, self.screen_many(server, 5))
        server.close()
        self.store.chmod(0o400)
        self.refuses_to_start("cannot be written",
                              "check the rights on the file",
                              under=PLAIN_USER)
        self.store.chmod(0o600)
        self.folder.chmod(0o500)
        self.addCleanup(self.folder.chmod, 0o700)
        (self.folder / "log.db.lock").unlink()
        config = tempfile.TemporaryDirectory(prefix="needlewise-config-")
        self.addCleanup(config.cleanup)
        self.refuses_to_start("cannot be written", "may this user write there",
                              under=PLAIN_USER,
                              config_folder=pathlib.Path(config.name))

    def test_refuses_to_start_where_it_cannot_write(self):
        self.store = self.folder / "none" / "log.db"
        self.refuses_to_start("does its folder exist")

    @unittest.skipIf(WITH_POSTGRES, "built with PostgreSQL")
    def test_refuses_a_store_that_it_was_built_without(self):
        self.refuses_to_start("built without PostgreSQL",
                              "decision_log.sqlite_file",
                              settings=setting('postgres: "host=localhost"'))
        result = subprocess.run([RULES, "audit", "--store=host=localhost"],
                                capture_output=True, text=True)
        self.assertEqual(result.returncode, 2)
        self.assertIn("built without PostgreSQL", result.stderr)

    def test_refuses_a_log_in_use(self):
        self.start(self.sqlite())
        self.refuses_to_start("in use by another server")

    def test_audit_names_what_was_touched(self):
        import sqlite3
        server = self.start(self.sqlite())
        e2e.run("screen", "-", "--batch", "--no-progress", "--output=json",
                "--address", server.address, stdin=requests(20))
        server.close()
        for change, words in (
            ("DELETE FROM entry WHERE sequence = 7", "entry 7 is missing"),
            ("DELETE FROM entry WHERE sequence > 18",
             "entries 19 to 20 are missing"),
            ("UPDATE entry SET payload = zeroblob(9) WHERE sequence = 5",
             "entry 5 was changed"),
            ("UPDATE entry SET sequence = -sequence WHERE sequence IN (4, 9);"
             "UPDATE entry SET sequence = 13 + sequence WHERE sequence < 0",
             "entries 4 and 9 have changed places"),
        ):
            with self.subTest(words):
                copy = self.folder / "copy.db"
                for name in self.folder.glob("copy.db*"):
                    name.unlink()
                shutil.copy(self.store, copy)
                with contextlib.closing(sqlite3.connect(copy)) as database:
                    database.executescript(change)
                result = subprocess.run([RULES, "audit", "--store", copy],
                                        capture_output=True, text=True)
                self.assertIn(words, result.stdout + result.stderr)
                self.assertNotIn("holds", result.stdout)

    def test_a_receipt_holds_until_a_byte_is_changed(self):
        key = self.folder / "key.pem"
        public = self.folder / "public.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out",
                        key], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out",
                        public], check=True, capture_output=True)
        server = self.start(self.sqlite('receipt_key_file: "%s"' % key))
        answer = e2e.run("screen", e2e.SAMPLES / "active-acne.json",
                         "--receipt", "--output=json", "--address",
                         server.address)
        self.assertEqual(answer.returncode, 1, answer.stderr)
        file = self.folder / "answer.json"
        for text, code in ((answer.stdout, 0),
                           (answer.stdout.replace("DEFERRED", "ELIGIBLE", 1),
                            1),
                           (answer.stdout.replace('"asOf": "2', '"asOf": "3'),
                            1)):
            file.write_text(text)
            result = e2e.run("verify", file, "--key", public)
            self.assertEqual(result.returncode, code,
                             result.stdout + result.stderr)


def find(value, name):
    """The first field of a name, at any depth."""
    if isinstance(value, dict):
        if name in value:
            return value[name]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            found = find(part, name)
            if found is not None:
                return found
    return None


class Postgres:
    """A PostgreSQL server of the test's own, reached by a socket."""

    def __init__(self, folder):
        self.folder = folder
        self.data = folder / "pg" / "data"
        (folder / "pg").mkdir()
        self.user = []
        if os.geteuid() == 0:
            folder.chmod(0o755)
            shutil.chown(folder / "pg", "postgres")
            self.user = ["setpriv", "--reuid=postgres", "--regid=postgres",
                         "--clear-groups"]
        self.run("initdb", "-A", "trust", "-U", "needlewise", "-N", "-D",
                 self.data)
        self.start()

    def run(self, program, *arguments):
        subprocess.run([*self.user, POSTGRES / program, *map(str, arguments)],
                       check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, cwd="/",
                       timeout=e2e.PATIENCE_SECONDS)

    def start(self):
        self.run("pg_ctl", "-w", "-D", self.data, "-l",
                 self.folder / "pg" / "log", "-o",
                 "-c listen_addresses='' -k %s" % (self.folder / "pg"),
                 "start")

    def stop(self, mode="fast"):
        self.run("pg_ctl", "-m", mode, "-D", self.data, "stop")

    @property
    def socket(self):
        return str(self.folder / "pg" / ".s.PGSQL.5432")

    @property
    def connection(self):
        return "host=%s user=needlewise dbname=postgres" % (self.folder / "pg")


class Proxy:
    """Between a server and PostgreSQL; can swallow what it is sent."""

    def __init__(self, target):
        self.target = target
        self.flowing = threading.Event()
        self.flowing.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(self.target)
            except OSError:
                near.close()
                continue
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self.copy, args=(one, other),
                                 daemon=True).start()

    def copy(self, one, other):
        with contextlib.suppress(OSError):
            while True:
                data = one.recv(65536)
                self.flowing.wait()
                if not data:
                    break
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        one.close()

    def close(self):
        self.flowing.set()
        self.listener.close()


@unittest.skipIf(POSTGRES is None, "PostgreSQL is not installed; the package is"
                 " postgresql-15")
@unittest.skipUnless(WITH_POSTGRES, "built without PostgreSQL")
class PostgresTest(LogTest):

    def setUp(self):
        super().setUp()
        self.postgres = Postgres(self.folder)
        self.addCleanup(lambda: self.postgres.stop("immediate"))

    def settings(self, connection=None):
        return setting('postgres: "%s" store_timeout { seconds: 1 }'
                       % (connection or self.postgres.connection))

    def screen(self, server):
        """One new screening; the id of the decision, or None."""
        result = e2e.run("screen", "-", "--output=json", "--deadline=3s",
                         "--address", server.address, stdin=requests(1))
        return (find(json.loads(result.stdout), "decisionId")
                if result.returncode == 0 else None)

    def test_replicas_make_one_decision_of_a_request_id(self):
        one = self.start(self.settings())
        two = self.start(self.settings())
        request = requests(1)
        answers = {
            find(json.loads(self.verb(server, "screen", "-", "--output=json",
                                      stdin=request).stdout), "decisionId")
            for server in (one, two, one, two)
        }
        self.assertEqual(len(answers), 1)
        self.assertEqual(self.ids(two), list(answers))
        self.assertIn("the chain holds",
                      self.rules("audit", self.postgres.connection))

    def goes_away(self, server, go, come_back):
        given = [self.screen(server) for _ in range(3)]
        self.assertNotIn(None, given)
        go()
        self.assertIsNone(self.screen(server))
        health = e2e.run("health", "--address", server.address)
        self.assertIn("NOT_SERVING", health.stdout)
        come_back()
        # Until each service is serving again; asking takes its time.
        until = time.monotonic() + RECOVERY_SECONDS
        while e2e.run("health", "--address", server.address).returncode != 0:
            self.assertLess(time.monotonic(), until, server.log())
        given += [self.screen(server) for _ in range(3)]
        self.assertNotIn(None, given)
        self.assertLessEqual(set(given), set(self.ids(server)))
        self.assertIn("the chain holds",
                      self.rules("audit", self.postgres.connection))

    def test_recovers_when_postgres_is_stopped_and_started(self):
        server = self.start(self.settings())
        self.goes_away(server, self.postgres.stop, self.postgres.start)

    def test_recovers_when_the_network_swallows_everything(self):
        proxy = Proxy(self.postgres.socket)
        self.addCleanup(proxy.close)
        server = self.start(self.settings(
            "host=127.0.0.1 port=%d user=needlewise dbname=postgres"
            " sslmode=disable gssencmode=disable" % proxy.port))
        # Silence, for as long as the campaign says: there is no event to wait
        # for in a cut that nobody announces.
        over = threading.Event()

        def heal():
            over.wait(CUT_SECONDS)
            proxy.flowing.set()
        self.goes_away(server, proxy.flowing.clear, heal)


if __name__ == "__main__":
    e2e.main()
