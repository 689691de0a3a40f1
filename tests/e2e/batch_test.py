"""`needlewise screen --batch`: order, partial failures, progress, recovery."""

import json
import subprocess
import tempfile

import e2e

BATCH = e2e.SAMPLES / "batch.ndjson"
# The lines of the sample that are there to fail.
BAD_LINES = (13, 17)


def answers(stdout):
    return [json.loads(line) for line in stdout.splitlines()]


def one_line(request, **changes):
    return json.dumps({**request, **changes}, separators=(",", ":")) + "\n"


class BatchTest(e2e.ServedTest):

    def write(self, text):
        file = tempfile.NamedTemporaryFile("w", suffix=".ndjson")
        self.addCleanup(file.close)
        file.write(text)
        file.flush()
        return file.name

    def test_answers_every_line_in_order(self):
        result = self.run_verb("screen", "--batch", BATCH, expect=5)
        lines = answers(result.stdout)
        self.assertEqual([int(line["index"]) for line in lines],
                         list(range(1, 21)))
        for line in lines:
            failed = int(line["index"]) in BAD_LINES
            self.assertEqual(line["status"].get("code", 0) != 0, failed)
            self.assertEqual("response" in line, not failed)

    def test_lists_partial_failures_at_the_end(self):
        stderr = self.run_verb("screen", "--batch", BATCH, expect=5).stderr
        tail = stderr[stderr.index("20 lines answered"):]
        self.assertIn("6 contraindicated", tail)
        self.assertIn("2 lines failed", tail)
        self.assertIn("line 13  column 123: the input ends inside the list",
                      tail)
        self.assertIn("line 17  patient.findings[7].concept", tail)
        self.assertIn("`botulinum_toxin`", tail)

    def test_a_line_gets_the_decision_it_gets_alone(self):
        batch = answers(self.run_verb("screen", "--batch", BATCH,
                                      "--view=full").stdout)
        line = BATCH.read_text().splitlines()[0]
        alone = self.run_json("screen", "-", stdin=line)
        self.assertEqual(batch[0]["response"]["decision"], alone["decision"])

    def test_view_is_basic_unless_asked_for_more(self):
        keloid = e2e.sample("keloid.json")
        text = one_line(keloid) + one_line(keloid, view="VIEW_FULL")
        for flags, expected in (([], [False, True]),
                                (["--view=basic"], [False, False]),
                                (["--view=full"], [True, True])):
            with self.subTest(flags):
                lines = answers(self.run_verb("screen", "--batch", "-", *flags,
                                              stdin=text, expect=0).stdout)
                self.assertEqual(
                    ["counterfactual" in line["response"]["decision"]
                     ["treatments"][0]["areas"][0] for line in lines],
                    expected)

    def test_flags_apply_to_every_line(self):
        clear = e2e.sample("clear.json")
        lines = answers(self.run_verb(
            "screen", "--batch", "-", "--area=inside_orbital_rim",
            stdin=one_line(clear) * 3, expect=0).stdout)
        for line in lines:
            self.assertEqual(
                line["response"]["decision"]["treatments"][0]["verdict"],
                "VERDICT_CONTRAINDICATED")

    def test_a_blocked_verdict_is_no_failure(self):
        self.run_verb("screen", "--batch", "-", expect=0,
                      stdin=one_line(e2e.sample("keloid.json")))

    def test_blank_lines_and_a_missing_last_line_break_are_fine(self):
        clear = one_line(e2e.sample("clear.json"))
        lines = answers(self.run_verb(
            "screen", "--batch", "-", expect=0,
            stdin="\n  \n" + clear + "\n" + clear.strip()).stdout)
        self.assertEqual([line["index"] for line in lines], ["3", "5"])

    def test_no_line_at_all_is_fine(self):
        result = self.run_verb("screen", "--batch", "-", stdin="", expect=0)
        self.assertEqual(result.stdout, "")
        self.assertIn("0 lines answered", result.stderr)

    def test_only_malformed_lines_still_come_in_order(self):
        result = self.run_verb("screen", "--batch", "-", expect=5,
                               stdin="{\n[]\nnull\n")
        lines = answers(result.stdout)
        self.assertEqual([line["index"] for line in lines], ["1", "2", "3"])
        self.assertEqual({line["status"]["code"] for line in lines}, {3})

    def test_malformed_and_good_lines_interleave_in_order(self):
        clear = one_line(e2e.sample("clear.json"))
        result = self.run_verb("screen", "--batch", "-", "--in-flight=3",
                               stdin=(clear + "{\n") * 200, expect=5)
        lines = answers(result.stdout)
        self.assertEqual([int(line["index"]) for line in lines],
                         list(range(1, 401)))
        self.assertEqual([("response" in line) for line in lines],
                         [True, False] * 200)
        self.assertIn("200 lines failed", result.stderr)
        self.assertIn("and 150 more", result.stderr)

    def test_many_lines_go_through_a_narrow_window(self):
        clear = one_line(e2e.sample("clear.json"))
        for in_flight in (1, 7, 10000):
            with self.subTest(in_flight):
                lines = answers(self.run_verb(
                    "screen", "--batch", "-", "--in-flight=%d" % in_flight,
                    stdin=clear * 500, expect=0).stdout)
                self.assertEqual([int(line["index"]) for line in lines],
                                 list(range(1, 501)))

    def test_progress_goes_in_lines_where_there_is_no_terminal(self):
        stderr = self.run_verb("screen", "--batch", BATCH).stderr
        self.assertRegex(stderr, r"(?m)^100 %  20 lines, 2 failed")
        self.assertNotIn("\r", stderr)
        stderr = self.run_verb("screen", "--batch", BATCH,
                               "--no-progress").stderr
        self.assertNotIn("%", stderr)

    def test_progress_is_a_bar_on_a_terminal(self):
        import os
        import pty
        main, terminal = pty.openpty()
        path = self.write(one_line(e2e.sample("clear.json")) * 300)
        process = subprocess.Popen(
            [e2e.CLI, "screen", "--batch", path,
             "--address", self.server.address],
            stdout=subprocess.DEVNULL, stderr=terminal,
            env=e2e.clean_environment(TERM="xterm"))
        os.close(terminal)
        output = b""
        try:
            while part := os.read(main, 65536):
                output += part
        except OSError:
            pass
        os.close(main)
        self.assertEqual(process.wait(e2e.PATIENCE_SECONDS), 0)
        self.assertIn(b"\r\x1b[K[", output)
        self.assertIn(b"300 lines answered", output)

    def test_each_answer_comes_before_the_next_request(self):
        clear = one_line(e2e.sample("clear.json")).encode()
        process = self.start_batch(self.server.address)
        for number in range(1, 6):
            process.stdin.write(clear)
            process.stdin.flush()
            line = json.loads(process.stdout.readline())
            self.assertEqual(int(line["index"]), number)
        process.stdin.close()
        self.assertEqual(process.wait(e2e.PATIENCE_SECONDS), 0)

    def start_batch(self, address, *flags):
        process = subprocess.Popen(
            [e2e.CLI, "screen", "--batch", "-", "--address", address, *flags],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=e2e.clean_environment())
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        return process

    def test_continues_after_the_server_came_back(self):
        clear = one_line(e2e.sample("clear.json")).encode()
        first = e2e.Server()
        process = self.start_batch(first.address)
        process.stdin.write(clear)
        process.stdin.flush()
        self.assertEqual(json.loads(process.stdout.readline())["index"], "1")
        first.kill()
        second = e2e.Server(port=first.port)
        self.addCleanup(first.close)
        self.addCleanup(second.close)
        process.stdin.write(clear * 3)
        process.stdin.close()
        lines = answers(process.stdout.read().decode())
        self.assertEqual([line["index"] for line in lines], ["2", "3", "4"])
        self.assertEqual(process.wait(e2e.PATIENCE_SECONDS), 0)

    def test_gives_up_when_the_server_stays_away(self):
        clear = one_line(e2e.sample("clear.json")).encode()
        server = e2e.Server()
        self.addCleanup(server.close)
        process = self.start_batch(server.address)
        process.stdin.write(clear)
        process.stdin.flush()
        self.assertEqual(json.loads(process.stdout.readline())["index"], "1")
        server.kill()
        process.stdin.write(clear * 3)
        process.stdin.close()
        stderr = process.stderr.read().decode()
        self.assertEqual(process.wait(e2e.PATIENCE_SECONDS), 3)
        self.assertIn("1 line answered", stderr)
        self.assertIn("the lines from 2 on have no answer", stderr)

    def test_wrong_flags_are_refused(self):
        for flags, words in (
            (["--output=table"], "writes JSON"),
            (["--format=textproto"], "reads JSON"),
            (["--in-flight=0"], "from 1 to 10000"),
        ):
            with self.subTest(flags):
                result = self.run_verb("screen", "--batch", BATCH, *flags,
                                       expect=2)
                self.assertIn(words, result.stderr)
        result = self.run_verb("screen", e2e.SAMPLES / "clear.json",
                               "--in-flight=5", expect=2)
        self.assertIn("--batch only", result.stderr)

    def test_a_file_that_is_not_there_is_refused(self):
        result = self.run_verb("screen", "--batch", "/nowhere", expect=2)
        self.assertIn("cannot read `/nowhere`", result.stderr)
        result = self.run_verb("screen", "--batch", "/tmp", expect=2)
        self.assertIn("a folder", result.stderr)


if __name__ == "__main__":
    e2e.main()
