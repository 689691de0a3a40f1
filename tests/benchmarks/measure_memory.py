"""Whether the server's memory stays flat over many calls that it records.

Usage: measure_memory.py BUILD_DIR [CALLS]    CALLS: 1,000,000 unless told

Sends them to the real server, with the decision log in SQLite and each call a
record of its own, and prints how much of its memory is resident as it goes on,
and by how much that grows, as the line with the least squares says.
"""

import pathlib
import sys
import tempfile

import measure

SAMPLES = 20


def slope(points):
    """Of the line through points with the least squares."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum(
        (x - mean_x) ** 2 for x, _ in points)


def main():
    build_dir = pathlib.Path(sys.argv[1])
    calls = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    server = measure.find_program(build_dir, "needlewise-server")
    make_request = measure.find_program(build_dir, "make_request")
    with tempfile.TemporaryDirectory(prefix="needlewise-memory-") as name:
        folder = pathlib.Path(name)
        measure.run_tool(make_request, str(folder))
        # The answers to expect, from a server that does not hold the samples'
        # request id against them.
        with measure.running([server, f"--config={folder}/server.textproto"],
                             folder / "port") as target:
            measure.run_tool(make_request, str(folder),
                             f"127.0.0.1:{target.port}")
        config = folder / "log.textproto"
        config.write_text(
            (folder / "server.textproto").read_text()
            + f'decision_log {{ sqlite_file: "{folder}/log.db" }}')
        with measure.running([server, f"--config={config}"],
                             folder / "port") as target:
            sample = measure.write_unnamed(folder)
            points = []
            print("     calls  resident   anonymous     calls/s")
            for number in range(SAMPLES):
                done = measure.load(target, folder, sample, calls // SAMPLES)
                resident = measure.memory_mib(target.process, "VmRSS")
                anonymous = measure.memory_mib(target.process, "RssAnon")
                points.append(((number + 1) * (calls // SAMPLES), anonymous))
                print(f"{points[-1][0]:>10,} {resident:>6.1f} MiB"
                      f" {anonymous:>7.1f} MiB {done.calls_per_second:>11,.0f}",
                      flush=True)
    late = points[SAMPLES // 4:]
    print(f"growth after the first quarter:"
          f" {slope(late) * 1_000_000:.2f} MiB a million calls,"
          f" from {late[0][1]:.1f} to {late[-1][1]:.1f} MiB")


if __name__ == "__main__":
    try:
        main()
    except measure.Failure as failure:
        raise SystemExit(f"measure_memory: {failure}")
