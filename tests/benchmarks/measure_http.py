"""What a call over HTTP costs, against a server that only answers.

Only `measure` uses this. The peer is the same listener with one route and a
ready-made answer: what is left is reading, deciding and writing.
"""

import contextlib
import dataclasses
import http.client
import pathlib
import re
import statistics

import measure

PATH = "/needlewise.v1.ScreeningService/ScreenEligibility"
HOOK_PATH = "/cds-services/needlewise-patient-view"
# HTTP/1.1 has one call at a time on a connection.
CONNECTIONS = 32
# A call of a hook is some ten times as long as one for a decision.
HOOK_CALLS_SHARE = 1 / 20
CODECS = {"json": "application/json", "bin": "application/proto"}


@dataclasses.dataclass(frozen=True)
class Call:
    """What is sent, and how long the answer has to be."""

    path: str
    content_type: str
    body_file: pathlib.Path
    answer_bytes: int
    connections: int = CONNECTIONS


def ask(port, path, content_type, body):
    """One call, for the answer that all others are to be."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request("POST", path, body, {"Content-Type": content_type})
        response = connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise measure.Failure(f"HTTP {response.status}: {answer!r}")
        return answer


def load(target, port, folder, call, calls):
    cpu_before = target.cpu_seconds()
    log = folder / "h2load_http.log"
    log.unlink(missing_ok=True)
    output = measure.run_tool(
        "h2load", "--h1", f"--requests={calls}",
        f"--clients={call.connections}", f"--data={call.body_file}",
        f"--header=content-type: {call.content_type}", f"--log-file={log}",
        f"http://127.0.0.1:{port}{call.path}")
    succeeded = re.search(r"(\d+) succeeded, (\d+) failed", output)
    rate = re.search(r"finished in \S+, ([\d.]+) req/s", output)
    data = re.search(r"\((\d+)\) data", output)
    if succeeded is None or rate is None or data is None:
        raise measure.Failure(f"h2load says something new:\n{output}")
    if int(succeeded[1]) != calls or int(data[1]) != calls * call.answer_bytes:
        raise measure.Failure(
            "not every answer is the expected one of "
            f"{call.answer_bytes} bytes:\n{output}")
    with log.open() as lines:
        micros = sorted(int(line.split("\t")[2]) for line in lines)
    log.unlink()
    return measure.Load(float(rate[1]), micros[len(micros) * 99 // 100] / 1000,
                        (target.cpu_seconds() - cpu_before) * 1e6 / calls)


def compare(targets, folder, call, effort, share=1):
    """Loads each server in turn, in both orders; a list of loads for each."""
    loads = {name: [] for name in targets}

    def run(name, calls):
        target, port = targets[name]
        return load(target, port, folder, call,
                    max(call.connections, int(calls * share)))

    for name in targets:
        run(name, effort.warm_up_calls)
    for turn in range(effort.rounds):
        names = list(targets) if turn % 2 == 0 else list(reversed(targets))
        for name in names:
            loads[name].append(run(name, effort.calls_each))
    return loads


@contextlib.contextmanager
def bare(bare_server, folder, name, path, answer):
    """A server that gives one answer to whatever is sent to a path."""
    answer_file = folder / f"{name}.answer"
    answer_file.write_bytes(answer)
    port_file = folder / f"port_{name}"
    with measure.running([bare_server, "http", str(answer_file),
                          str(port_file), path], port_file) as target:
        yield target


def rows_of(what, loads):
    def row(title, unit, read):
        ours = [read(one) for one in loads["ours"]]
        bare = [read(one) for one in loads["bare"]]
        return measure.Row(
            f"HTTP, {what}: {title}", unit, statistics.median(ours),
            statistics.median(bare),
            statistics.median(a / b for a, b in zip(ours, bare)))

    yield row("throughput", "/s", lambda one: one.calls_per_second)
    yield row("p99", "ms", lambda one: one.p99_ms)
    yield row("the server's CPU time a call", "us",
              lambda one: one.cpu_us_each)


def measure_hook(ours, port, bare_server, folder, effort):
    body_file = folder / "hook.json"
    answer = ask(port, HOOK_PATH, CODECS["json"], body_file.read_bytes())
    call = Call(HOOK_PATH, CODECS["json"], body_file, len(answer))
    what = "a hook with 500 resources"
    with bare(bare_server, folder, "hook", HOOK_PATH, answer) as peer:
        targets = {"ours": (ours, port), "bare": (peer, peer.port)}
        yield from rows_of(
            what, compare(targets, folder, call, effort, HOOK_CALLS_SHARE))
        # How long one user waits.
        alone = compare(targets, folder, dataclasses.replace(
            call, connections=1), effort, HOOK_CALLS_SHARE)
    yield measure.Row(
        f"HTTP, {what}: p99, one at a time", "ms",
        statistics.median(one.p99_ms for one in alone["ours"]), at_most=10)


def measure_http_calls(server, bare_server, folder, effort):
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(
            measure.running([server, f"--config={folder}/server_http.textproto"],
                            folder / "port"))
        port = int((folder / "http_port").read_text())
        for sample, codec, what in (
                ("complete_full", "json", "JSON, FULL"),
                ("complete_basic", "json", "JSON, BASIC"),
                ("complete_full", "bin", "bytes, FULL")):
            body_file = folder / f"{sample}.{codec}"
            answer = ask(port, PATH, CODECS[codec], body_file.read_bytes())
            call = Call(PATH, CODECS[codec], body_file, len(answer))
            with bare(bare_server, folder, f"{sample}.{codec}", PATH,
                      answer) as peer:
                loads = compare(
                    {"ours": (ours, port), "bare": (peer, peer.port)}, folder,
                    call, effort)
            yield from rows_of(what, loads)
        yield from measure_hook(ours, port, bare_server, folder, effort)
