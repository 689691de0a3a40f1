"""Runs the benchmarks of a build folder and prints what they show.

Only `run` calls this. Python's standard library is all it needs.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import measure_http

METHOD = "/needlewise.v1.ScreeningService/ScreenEligibility"
SERVICE = "needlewise.v1.ScreeningService"
CONNECTIONS = 4
STREAMS = 32
# How long a program may take to start or stop before that is a failure.
PATIENCE_SECONDS = 30


@dataclasses.dataclass(frozen=True)
class Effort:
    """How much is measured."""

    repetitions: int
    seconds_each: float
    rounds: int
    calls_each: int
    warm_up_calls: int
    starts: int
    calls_for_memory: int


THOROUGH = Effort(
    repetitions=7,
    seconds_each=0.1,
    rounds=9,
    calls_each=12000,
    warm_up_calls=4000,
    starts=11,
    calls_for_memory=100000,
)
QUICK = Effort(
    repetitions=1,
    seconds_each=0.01,
    rounds=1,
    calls_each=4000,
    warm_up_calls=500,
    starts=2,
    calls_for_memory=3000,
)


class Failure(Exception):
    """Something could not be measured."""


@dataclasses.dataclass
class Row:
    """One line of the table; numbers are in `unit`, the ratio is without."""

    what: str
    unit: str
    measured: float
    peer: float | None = None
    ratio: float | None = None
    # A limit on the ratio where there is one, else on what was measured.
    at_most: float | None = None
    at_least: float | None = None

    def met(self):
        value = self.measured if self.ratio is None else self.ratio
        if self.at_most is not None:
            return value <= self.at_most
        if self.at_least is not None:
            return value >= self.at_least
        return None


def find_program(build_dir, name):
    for folder in ("bin", "server", "tests/benchmarks"):
        program = build_dir / folder / name
        if os.access(program, os.X_OK):
            return str(program)
    raise Failure(f"`{name}` is not in {build_dir}; was it built?")


def run_tool(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


# Google Benchmark.


def run_benchmark(program, effort):
    """CPU time in nanoseconds, the median, by name of benchmark."""
    report = json.loads(
        run_tool(
            program,
            "--benchmark_format=json",
            f"--benchmark_repetitions={effort.repetitions}",
            f"--benchmark_min_time={effort.seconds_each}",
            "--benchmark_enable_random_interleaving=true",
        )
    )
    times = {}
    for entry in report["benchmarks"]:
        if entry["run_type"] == "iteration":
            times.setdefault(entry["run_name"], []).append(entry["cpu_time"])
    return {name: statistics.median(values) for name, values in times.items()}


def measure_engine(program, effort):
    times = run_benchmark(program, effort)
    loading, parsing = (times[f"load/{what}"] / 1e6 for what in ("shipped", "parse"))
    yield Row(
        "load and compile the catalogue, against parsing it",
        "ms",
        loading,
        parsing,
        loading / parsing,
    )
    yield Row("load and compile the catalogue: time", "ms", loading, at_most=50)
    yield Row(
        "load and compile the catalogue, its cases read besides",
        "ms",
        times["load/with_cases"] / 1e6,
    )
    for patient, title in (
        ("complete", "complete intake"),
        ("mixed", "64 patients in turn"),
        ("empty", "nothing known"),
    ):
        decide, floor = times[f"decide/{patient}"], times[f"floor/{patient}"]
        what = f"decide, 35 rules, {title}"
        yield Row(
            f"{what}: against a bit-mask floor",
            "ns",
            decide,
            floor,
            decide / floor,
            at_most=8,
        )
        yield Row(f"{what}: time", "ns", decide, at_most=300)
    for patient, title in (
        ("closed", "new questions answered"),
        ("stated", "new questions open"),
    ):
        tenfold = times[f"decide_tenfold/{patient}"]
        shipped = times[f"decide_shipped/{patient}"]
        yield Row(
            f"decide, ten times the rules, {title}",
            "ns",
            tenfold,
            shipped,
            tenfold / shipped,
            at_most=2,
        )
    many, few = (times[f"reconcile/{n}"] / 1000 for n in (2000, 250))
    yield Row(
        "reconcile 2,000 findings on one concept, against 250",
        "us",
        many,
        few,
        many / few,
        # Eight times the findings, and a little for sorting.
        at_most=10,
    )


def measure_handler(program, effort):
    times = {
        name: nanos / 1000
        for name, nanos in run_benchmark(program, effort).items()
    }
    titles = {
        "complete": "complete intake",
        "well": "nothing to report",
        "empty": "nothing known",
    }
    for view in ("full", "basic"):
        for sample, title in titles.items():
            name = f"{sample}/{view}"
            aim = 5 if view == "full" and sample != "empty" else None
            what = f"{view.upper()}, {title}"
            yield Row(
                f"handler, bytes to bytes, {what}",
                "us",
                times[f"handler/{name}"],
                at_most=aim,
            )
            yield Row(
                f"  of it the decision, {what}",
                "us",
                times[f"decision/{name}"],
                at_most=aim,
            )
    for view in ("full", "basic"):
        for sample, title in titles.items():
            tenfold = times[f"handler_tenfold/{sample}/{view}"]
            shipped = times[f"handler/{sample}/{view}"]
            # With nothing known the answer itself is ten times as long.
            aim = None if sample == "empty" else 2
            yield Row(
                f"handler, ten times the rules, {view.upper()}, {title}",
                "us",
                tenfold,
                shipped,
                tenfold / shipped,
                at_most=aim,
            )


def measure_doors(program, effort):
    times = {
        name: nanos / 1000
        for name, nanos in run_benchmark(program, effort).items()
    }
    for name, title in (
        ("json_read/complete_full", "JSON of a request, read"),
        ("json_write/complete_full", "JSON of an answer, FULL, written"),
        ("hook/500", "a hook with 500 resources, without a network"),
        ("hook_json/500", "  of it reading the JSON"),
    ):
        yield Row(title, "us", times[name])


# Servers.


@contextlib.contextmanager
def running(command, port_file):
    """Starts a server that writes its port to a file; stops it at the end."""
    port_file.unlink(missing_ok=True)
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )

        def fail(why):
            log.seek(0)
            raise Failure(f"{command[0]} {why}:\n{log.read()}")

        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not port_file.exists():
                if process.poll() is not None:
                    fail("did not start")
                if time.monotonic() > deadline:
                    fail("wrote no port")
                time.sleep(0.0002)
            yield Target(process, int(port_file.read_text()))
            if process.poll() is not None:
                fail("ended by itself")
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def says_serving(port):
    """Asks the standard health service, over HTTP/2 by hand."""

    def text(value):
        return bytes([len(value)]) + value.encode()

    def frame(kind, flags, stream, payload):
        length = struct.pack(">I", len(payload))[1:]
        return length + struct.pack(">BBI", kind, flags, stream) + payload

    data, headers, settings = 0, 1, 4
    end_stream, end_headers = 1, 4
    # Indexed `:method: POST` and `:scheme: http`, then literals.
    fields = (
        b"\x83\x86"
        + b"\x04" + text("/grpc.health.v1.Health/Check")
        + b"\x01" + text("127.0.0.1")
        + b"\x0f\x10" + text("application/grpc")
        + b"\x00" + text("te") + text("trailers")
    )
    message = b"\x0a" + text(SERVICE)
    request = (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        + frame(settings, 0, 0, b"")
        + frame(headers, end_headers, 1, fields)
        + frame(data, end_stream, 1, struct.pack(">BI", 0, len(message)) +
                message)
    )
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(request)
        stream = connection.makefile("rb")
        while True:
            head = stream.read(9)
            if len(head) < 9:
                return False
            payload = stream.read(int.from_bytes(head[:3], "big"))
            kind, flags = head[3], head[4]
            if kind == data and head[5:] == b"\0\0\0\1":
                return payload[5:] == b"\x08\x01"
            if kind == headers and flags & end_stream:
                return False


def memory_mib(process, name):
    """What the kernel says under this name, for instance `VmRSS`, what is
    resident now, or `VmHWM`, that at its highest."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) / 1024


def measure_start(server, folder, effort):
    settings = f"--config={folder}/server.textproto"
    times = []
    for _ in range(effort.starts):
        begin = time.monotonic()
        with running([server, settings], folder / "port") as target:
            while not says_serving(target.port):
                if time.monotonic() > begin + PATIENCE_SECONDS:
                    raise Failure("the server does not say SERVING")
            times.append((time.monotonic() - begin) * 1000)
    yield Row(
        "start to SERVING, median", "ms", statistics.median(times), at_most=200
    )
    yield Row("start to SERVING, slowest", "ms", max(times), at_most=200)

    with running([server, settings], folder / "port") as target:
        resident = memory_mib(target.process, "VmRSS")
        yield Row("resident memory after start", "MiB", resident, at_most=64)
        load(target, folder, "complete_full", effort.calls_for_memory)
        resident = memory_mib(target.process, "VmRSS")
        highest = memory_mib(target.process, "VmHWM")
        calls = f"{effort.calls_for_memory:,} calls"
        yield Row(
            f"resident memory after {calls}", "MiB", resident, at_most=64
        )
        yield Row(f"  at its highest, {calls}", "MiB", highest, at_most=64)


# h2load.


@dataclasses.dataclass
class Load:
    calls_per_second: float
    p99_ms: float
    # Of the server alone, user and system.
    cpu_us_each: float


@dataclasses.dataclass
class Target:
    process: subprocess.Popen
    port: int

    def cpu_seconds(self):
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        user, system = stat.rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def load(target, folder, sample, calls):
    cpu_before = target.cpu_seconds()
    log = folder / "h2load.log"
    log.unlink(missing_ok=True)
    output = run_tool(
        "h2load",
        f"--requests={calls}",
        f"--clients={CONNECTIONS}",
        f"--max-concurrent-streams={STREAMS}",
        f"--data={folder}/{sample}.request",
        "--header=content-type: application/grpc",
        "--header=te: trailers",
        f"--log-file={log}",
        f"http://127.0.0.1:{target.port}{METHOD}",
    )
    succeeded = re.search(r"(\d+) succeeded, (\d+) failed", output)
    rate = re.search(r"finished in \S+, ([\d.]+) req/s", output)
    data = re.search(r"\((\d+)\) data", output)
    if succeeded is None or rate is None or data is None:
        raise Failure(f"h2load says something new:\n{output}")
    # An error would leave with HTTP status 200, too, but without a message.
    answer = (folder / f"{sample}.answer").stat().st_size + 5
    if int(succeeded[1]) != calls or int(data[1]) != calls * answer:
        raise Failure(
            f"not every answer is the expected one of {answer} bytes:\n{output}"
        )
    with log.open() as lines:
        micros = sorted(int(line.split("\t")[2]) for line in lines)
    log.unlink()
    if len(micros) != calls:
        raise Failure(f"h2load logged {len(micros)} of {calls} calls")
    return Load(
        float(rate[1]),
        micros[len(micros) * 99 // 100] / 1000,
        (target.cpu_seconds() - cpu_before) * 1e6 / calls,
    )


def compare_servers(targets, folder, sample, effort):
    """Loads each server in turn, in both orders; a list of loads for each."""
    loads = {name: [] for name in targets}
    for target in targets.values():
        load(target, folder, sample, effort.warm_up_calls)
    for turn in range(effort.rounds):
        names = list(targets) if turn % 2 == 0 else list(reversed(targets))
        for name in names:
            loads[name].append(
                load(targets[name], folder, sample, effort.calls_each)
            )
    return loads


def measure_calls(server, bare_server, make_request, folder, effort):
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(
            running(
                [server, f"--config={folder}/server.textproto"],
                folder / "port",
            )
        )
        run_tool(make_request, str(folder), f"127.0.0.1:{ours.port}")
        for view in ("full", "basic"):
            yield from measure_view(view, ours, bare_server, folder, effort)


def measure_view(view, ours, bare_server, folder, effort):
    sample = f"complete_{view}"
    # The peer of the aim is the one that, like any server, decodes what it is
    # sent and encodes its answer. The other does not even look at the request:
    # it shows what gRPC and the network cost.
    peers = {
        "typed": "a bare server",
        "raw": "ready-made bytes",
    }
    with contextlib.ExitStack() as stack:
        targets = {"ours": ours}
        for kind in peers:
            port_file = folder / f"port_{kind}"
            command = [bare_server, kind, str(folder / f"{sample}.answer"),
                       str(port_file)]
            targets[kind] = stack.enter_context(running(command, port_file))
        loads = compare_servers(targets, folder, sample, effort)

    def median_ratio(kind, read):
        return statistics.median(
            read(ours) / read(peer)
            for ours, peer in zip(loads["ours"], loads[kind])
        )

    def median_of(kind, read):
        return statistics.median(read(one) for one in loads[kind])

    def rate(one):
        return one.calls_per_second

    def p99(one):
        return one.p99_ms

    def cpu(one):
        return one.cpu_us_each

    for kind, title in peers.items():
        is_aim = kind == "typed"
        what = f"calls, {view.upper()}, against {title}"
        yield Row(
            f"{what}: throughput",
            "/s",
            median_of("ours", rate),
            median_of(kind, rate),
            median_ratio(kind, rate),
            at_least=0.85 if is_aim else None,
        )
        yield Row(
            f"{what}: p99",
            "ms",
            median_of("ours", p99),
            median_of(kind, p99),
            median_ratio(kind, p99),
            at_most=1.3 if is_aim else None,
        )
        yield Row(
            f"{what}: the server's CPU time a call",
            "us",
            median_of("ours", cpu),
            median_of(kind, cpu),
            median_ratio(kind, cpu),
        )


def write_unnamed(folder):
    """A sample without a request id, so that each call is a decision of its
    own; its name. Its answer is that with one."""
    sample = "complete_basic"
    # The id is the first field: a tag, a length of 36, and itself.
    message = (folder / f"{sample}.request").read_bytes()[5 + 38:]
    (folder / f"{sample}_unnamed.request").write_bytes(
        b"\0" + len(message).to_bytes(4, "big") + message
    )
    answer = (folder / f"{sample}.answer").read_bytes()
    (folder / f"{sample}_unnamed.answer").write_bytes(answer)
    return f"{sample}_unnamed"


def measure_log(server, make_request, folder, effort):
    """Calls that are recorded before they are answered, against calls that are
    not."""
    settings = (folder / "server.textproto").read_text()
    with contextlib.ExitStack() as stack:
        targets = {}
        for name, log in (
            ("off", ""),
            ("log", f'decision_log {{ sqlite_file: "{folder}/log.db" }}'),
        ):
            port_file = folder / f"port_{name}"
            config = folder / f"{name}.textproto"
            config.write_text(
                settings.replace(f"{folder}/port", str(port_file)) + log
            )
            targets[name] = stack.enter_context(
                running([server, f"--config={config}"], port_file)
            )
        run_tool(make_request, str(folder), f"127.0.0.1:{targets['off'].port}")
        loads = compare_servers(targets, folder, write_unnamed(folder), effort)
    yield Row(
        "calls, BASIC, recorded in SQLite before the answer, against OFF",
        "/s",
        statistics.median(one.calls_per_second for one in loads["log"]),
        statistics.median(one.calls_per_second for one in loads["off"]),
        statistics.median(
            log.calls_per_second / off.calls_per_second
            for log, off in zip(loads["log"], loads["off"])
        ),
        at_least=0.75,
    )


# The table.


def show_number(value, unit):
    if value is None:
        return ""
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2
    return f"{value:,.{digits}f} {unit}"


def show_aim(row):
    unit = "" if row.ratio is not None else f" {row.unit}"
    if row.at_most is not None:
        return f"<= {row.at_most:g}{unit}"
    if row.at_least is not None:
        return f">= {row.at_least:g}{unit}"
    return ""


def print_table(rows):
    met = {True: "yes", False: "no", None: ""}
    cells = [("what", "measured", "floor/peer", "ratio", "aim", "met")]
    for row in rows:
        cells.append(
            (
                row.what,
                show_number(row.measured, row.unit),
                show_number(row.peer, row.unit),
                "" if row.ratio is None else f"{row.ratio:.2f}",
                show_aim(row),
                met[row.met()],
            )
        )
    widths = [max(len(line[i]) for line in cells) for i in range(6)]
    for number, line in enumerate(cells):
        texts = [line[0].ljust(widths[0])]
        texts += [line[i].rjust(widths[i]) for i in range(1, 5)]
        texts.append(line[5].ljust(widths[5]))
        print("  ".join(texts).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def write_json(path, rows, effort):
    report = {
        "quick": effort is QUICK,
        "cpus": os.cpu_count(),
        "rows": [dataclasses.asdict(row) | {"met": row.met()} for row in rows],
    }
    path.write_text(json.dumps(report, indent=2) + "\n")


def say(text):
    print(text, file=sys.stderr, flush=True)


def measure_all(build_dir, effort):
    program = {
        name: find_program(build_dir, name)
        for name in ("needlewise-server", "engine_benchmark",
                     "handler_benchmark", "door_benchmark", "bare_server",
                     "make_request")
    }
    server = program["needlewise-server"]
    rows = []
    with tempfile.TemporaryDirectory(prefix="needlewise-bench-") as name:
        folder = pathlib.Path(name)
        run_tool(program["make_request"], str(folder))
        say("Measuring the engine")
        rows += measure_engine(program["engine_benchmark"], effort)
        say("Measuring the handler")
        rows += measure_handler(program["handler_benchmark"], effort)
        say("Measuring the doors")
        rows += measure_doors(program["door_benchmark"], effort)
        say("Measuring calls")
        rows += measure_calls(server, program["bare_server"],
                              program["make_request"], folder, effort)
        say("Measuring calls over HTTP")
        rows += measure_http.measure_http_calls(
            server, program["bare_server"], folder, effort)
        say("Measuring the decision log")
        rows += measure_log(server, program["make_request"], folder, effort)
        say("Measuring starts and memory")
        rows += measure_start(server, folder, effort)
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build_dir", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    effort = QUICK if arguments.quick else THOROUGH
    before = os.getloadavg()[0]
    try:
        rows = measure_all(arguments.build_dir, effort)
        if arguments.json is not None:
            write_json(arguments.json, rows, effort)
    except (Failure, OSError) as failure:
        print(f"tests/benchmarks/run: {failure}", file=sys.stderr)
        return 1
    print(
        f"{os.cpu_count()} processors; load average {before:.1f} when this "
        "began. Benchmarks are in CPU time, calls\nby the clock: "
        f"{CONNECTIONS} connections of {STREAMS} streams, h2load on the same "
        "machine. Times are medians.\n"
    )
    print_table(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
