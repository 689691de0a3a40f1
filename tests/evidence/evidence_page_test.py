#!/usr/bin/env python3
"""That rules/evidence.md and rules/catalog keep up with each other.

Usage: evidence_page_test.py SOURCE_DIR [--list]

Every row of the page leads to something in the catalogue or says "not a rule,
because", and every row id that the catalogue names is a row of the page that
names it back. Each fault is one line with its place and what to do. With
--list, prints each row and what it leads to. Needs nothing but Python.
"""

import collections
import difflib
import pathlib
import re
import sys

PAGE = "rules/evidence.md"
CATALOG = "rules/catalog"

# Field of the catalogue -> (field of its id, what to call it).
KINDS = {
    "rules": ("rule_id", "rule"),
    "plan_items": ("item_id", "plan item"),
    "courses": ("course_id", "course"),
    "devices": ("device_id", "device"),
    "parameters": ("parameter_id", "parameter"),
    "treatments": ("treatment_id", "treatment"),
    "concepts": ("concept_id", "concept"),
    "non_rules": ("non_rule_id", "non-rule"),
}
EFFECTS = ("contraindication", "deferral", "review", "precaution", "note")
NOT_A_RULE = "not a rule, because"
INHERITED = "inherited"
# Rows of rules proper: a rule named in one of them names the row back.
RULE_ROW = re.compile(r"[EPF]\d\d[a-z]?")
# Rows that may say "not a rule" without a non-rule: what an engine does of
# itself, and gaps.
NO_NON_RULE = re.compile(r"X\d+|10\.\d+")
NOT_ADOPTED = "## Deliberately not adopted"
# Rows that have to be there: nothing may be lost.
REQUIRED_ROWS = (
    "X1 X2 X3 X4 X5 X6 X7 X8 X9 X10 X11 "
    "E01a E01b E02 E02b E03 E04 E04b E05 E05b E06 E07 E07b E08 E08b E09 E10 "
    "E11 E11b E12 E13 E14 E15 E16 E17 E18 E19 E20 E20b E21 E22 E23 E24 E25 "
    "E25b E26 E27 E27b E28 E28b E29 E29b E29c E29d E30 E30b E31 E32 E32b E33 "
    "E33b E34 E34b E35 E36 E37 E38 E39 E39b E40 E41 E41b E42 E43 E44 E45 E46 "
    "E47 E48 E49 E50 "
    "2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 2.9 3.1 3.2 3.3 3.4 3.5 3.6 3.7 3.8 "
    "4.1a 4.1b 4.1c 4.1d 4.1e 4.1f "
    "P01 P02 P03 P03b P04 P05 P06 P07 P08 P09 P10 P11 P11b P12 P13 P14 P15 "
    "P16 P17 P18 P19 P20 P21 P22 "
    "5.1 5.1a 5.1b 5.1c 5.1d "
    "F01 F02 F03 F04 F05 F06 F07 F08 F09 F10 F11 F12 F13 F14 F15 F16 F17 F18 "
    "F19 F20 F21 F22 F23 F24 F25 5.3 5.3a 5.3b 5.3c 5.3d "
    "6.1a 6.1b 6.1c 6.1d 6.1e 6.1f 6.1g 6.1h 6.1i "
    "6.2a 6.2b 6.2c 6.2d 6.2e 6.2f 6.2g 6.2h 6.2i 6.2j 6.2k 6.2l "
    "6.3a 6.3b 6.3c 6.3d 6.3e 6.3f 6.3g 6.3h 6.3i 6.3j 6.3k "
    "10.1 10.2 10.3 10.4 10.5 10.6 10.7 10.8").split()


class Malformed(Exception):
    """A file does not read."""


# The part of protobuf's text format that the catalogue is written in.

TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
      | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
      | (?P<word>[\w.+-]+)
      | (?P<mark>[{}\[\]<>:,;])""", re.VERBOSE)


def tokens_of(text, name):
    """Yields (kind, text, line) of each token."""
    at = 0
    line = 1
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise Malformed(f"{name}:{line}: cannot read `{text[at]}`")
        if match.lastgroup != "space":
            yield match.lastgroup, match.group(), line
        line += match.group().count("\n")
        at = match.end()
    yield "end", "", line


class TextReader:
    """Reads a message into {field: [values]}, with its line under "line"."""

    def __init__(self, text, name):
        self._name = name
        self._tokens = list(tokens_of(text, name))
        self._at = 0

    def message(self, closing="", line=1):
        fields = collections.defaultdict(list)
        fields["line"] = line
        while True:
            kind, text, line = self._next()
            if text == closing or kind == "end":
                if text != closing:
                    raise Malformed(
                        f"{self._name}:{line}: `{closing}` is missing")
                return fields
            if kind != "word":
                raise Malformed(
                    f"{self._name}:{line}: expected a field, "
                    f"found `{text}`")
            if self._peek() == ":":
                self._next()
            fields[text].extend(self._values())
            if self._peek() in (",", ";"):
                self._next()

    def _values(self):
        if self._peek() != "[":
            return [self._value()]
        self._next()
        values = []
        while self._peek() != "]":
            values.append(self._value())
            if self._peek() == ",":
                self._next()
        self._next()
        return values

    def _value(self):
        kind, text, line = self._next()
        if text in ("{", "<"):
            return self.message("}" if text == "{" else ">", line)
        if kind == "string":
            parts = [text[1:-1]]
            while self._tokens[self._at][0] == "string":
                parts.append(self._next()[1][1:-1])
            return "".join(parts)
        if kind == "word":
            return text
        raise Malformed(
            f"{self._name}:{line}: expected a value, found `{text}`")

    def _peek(self):
        return self._tokens[self._at][1]

    def _next(self):
        token = self._tokens[self._at]
        self._at += 1
        return token


Entry = collections.namedtuple("Entry", "kind place effect rows")


class Catalog:
    """What the catalogue holds: ids, effects, and the rows each names."""

    def __init__(self, files):
        self.entries = {}  # id -> [Entry]; kinds may share an id
        self.sources = set()
        for name, text in files:
            self._add(name, TextReader(text, name).message())

    def _add(self, name, message):
        for citation in message["citations"]:
            self.sources.update(citation["citation_id"])
        for field, (id_field, kind) in KINDS.items():
            for made in message[field]:
                place = f"{name}:{made['line']}"
                effect = next((e for e in EFFECTS if made[e]), "")
                rows = list(made["evidence_rows"])
                for indication in made["indications"]:
                    rows += indication["evidence_rows"]
                for entry_id in made[id_field]:
                    self.entries.setdefault(entry_id, []).append(
                        Entry(kind, place, effect, rows))

    def of_kind(self, kind):
        for entry_id, entries in sorted(self.entries.items()):
            for entry in entries:
                if entry.kind == kind:
                    yield entry_id, entry

    def rule(self, entry_id):
        return next((e for e in self.entries.get(entry_id, ())
                     if e.kind == "rule"), None)


Row = collections.namedtuple("Row", "row_id line effect sources encoded ids")


def cells_of(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def rows_of(page):
    """The rows of every table whose first column is "Row"."""
    rows = []
    columns = None
    for number, line in enumerate(page.splitlines(), 1):
        if not line.startswith("|"):
            columns = None
            continue
        cells = cells_of(line)
        if cells[0] == "Row":
            columns = {title: i for i, title in enumerate(cells)}
            for title in ("Effect", "Sources", "Encoded as"):
                if title not in columns:
                    raise Malformed(
                        f"{PAGE}:{number}: the table has no column `{title}`")
        elif columns is not None and set(line) - set("|-: "):
            if len(cells) != len(columns):
                raise Malformed(
                    f"{PAGE}:{number}: row `{cells[0]}` has {len(cells)} "
                    f"cells, its table {len(columns)}; write `|` inside a "
                    f"cell as a word")
            encoded = cells[columns["Encoded as"]]
            rows.append(Row(cells[0], number, cells[columns["Effect"]],
                            cells[columns["Sources"]], encoded,
                            re.findall(r"`([^`]+)`", encoded)))
    return rows


def nearest(entry_id, catalog):
    close = difflib.get_close_matches(entry_id, catalog.entries, 1)
    return f"; did you mean `{close[0]}`?" if close else ""


def check_rows(rows, catalog):
    """Each row by itself, and what it names."""
    seen = {}
    for row in rows:
        where = f"{PAGE}:{row.line}: row {row.row_id}"
        if row.row_id in seen:
            yield f"{where} is there twice (line {seen[row.row_id]}); keep one"
        seen[row.row_id] = row.line
        known = [i for i in row.ids if i in catalog.entries]
        for entry_id in row.ids:
            if entry_id not in catalog.entries:
                yield (f"{where} names `{entry_id}`, which the catalogue does "
                       f"not hold{nearest(entry_id, catalog)}")
        if not known and NOT_A_RULE not in row.encoded:
            yield (f"{where} leads nowhere; name what encodes it, or write "
                   f"\"{NOT_A_RULE} ...\"")
        if re.search(NOT_A_RULE + r"\W*$", row.encoded):
            yield f"{where} says \"{NOT_A_RULE}\" and no reason; give one"
        for entry_id in known:
            rule = catalog.rule(entry_id)
            if rule is None:
                continue
            if NOT_A_RULE in row.encoded:
                yield (f"{where} says \"{NOT_A_RULE}\" and names the rule "
                       f"`{entry_id}`; leave one out")
            if rule.effect not in row.effect:
                yield (f"{where} does not say that `{entry_id}` is a "
                       f"{rule.effect}; its effect reads \"{row.effect}\"")
            if (RULE_ROW.fullmatch(row.row_id) and row.row_id not in rule.rows
                    and INHERITED not in row.encoded):
                yield (f"{where} names `{entry_id}`, which does not name the "
                       f"row; add evidence_rows: \"{row.row_id}\" at "
                       f"{rule.place}, or write that it is {INHERITED}")
        for source in filter(None, re.split(r",\s*", row.sources)):
            if source not in catalog.sources:
                yield (f"{where} cites `{source}`, which is no citation of the "
                       f"catalogue")


def check_catalog(rows, catalog):
    """What the catalogue names is on the page, and named back."""
    by_id = {row.row_id: row for row in rows}
    for entry_id, entries in sorted(catalog.entries.items()):
        for entry in entries:
            if entry.kind == "rule" and not entry.rows:
                yield (f"{entry.place}: rule `{entry_id}` names no row of the "
                       f"evidence; add evidence_rows")
            for row_id in entry.rows:
                row = by_id.get(row_id)
                if row is None:
                    yield (f"{entry.place}: {entry.kind} `{entry_id}` names "
                           f"row `{row_id}`, which {PAGE} does not hold")
                elif entry_id not in row.ids:
                    yield (f"{PAGE}:{row.line}: row {row_id} does not name the "
                           f"{entry.kind} `{entry_id}`, which names the row "
                           f"({entry.place})")


def check_non_rules(page, rows, catalog):
    """What is not adopted is a record, and every such record is on the page."""
    table = page.partition(NOT_ADOPTED)[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    known = dict(catalog.of_kind("non-rule"))
    for entry_id in listed:
        if entry_id not in known:
            yield (f"{PAGE}: `{entry_id}` is listed as not adopted and is no "
                   f"non-rule{nearest(entry_id, catalog)}")
    for entry_id, entry in known.items():
        if entry_id not in listed:
            yield (f"{entry.place}: the table \"{NOT_ADOPTED[3:]}\" of {PAGE} "
                   f"does not list the non-rule `{entry_id}`")
    for row in rows:
        if (NOT_A_RULE in row.encoded and not NO_NON_RULE.fullmatch(row.row_id)
                and not any(i in known for i in row.ids)):
            yield (f"{PAGE}:{row.line}: row {row.row_id} is not a rule and "
                   f"names no non-rule; add a record, and its id to the row")


def check_complete(rows, catalog):
    """Nothing is lost."""
    there = {row.row_id for row in rows}
    for row_id in REQUIRED_ROWS:
        if row_id not in there:
            yield (f"{PAGE}: row {row_id} is gone; bring it back, and where "
                   f"nothing encodes it write \"{NOT_A_RULE} ...\"")
    named = {i for row in rows for i in row.ids}
    for kind in ("rule", "device", "course", "plan item", "parameter"):
        for entry_id, entry in catalog.of_kind(kind):
            if entry_id not in named:
                yield (f"{entry.place}: no row of {PAGE} names the {kind} "
                       f"`{entry_id}`; add it to the row that it rests on")


def faults_of(page, files, complete=True):
    try:
        rows = rows_of(page)
        catalog = Catalog(files)
    except Malformed as fault:
        return [str(fault)]
    faults = list(check_rows(rows, catalog))
    faults += check_catalog(rows, catalog)
    faults += check_non_rules(page, rows, catalog)
    if complete:
        faults += check_complete(rows, catalog)
    return faults


# That the checks find what they are for.

HEAD = ("| Row | Condition | Effect | Sources | Encoded as |\n"
        "| --- | --- | --- | --- | --- |\n")
RULES = """
citations { citation_id: "M2" }
rules {
  rule_id: "keloid-ever"  # a comment
  title: "Keloid, "
         "ever."
  contraindication {}
  evidence_rows: ["E08", "E09"]
}
plan_items { item_id: "pre-sun" }
non_rules { non_rule_id: "copper-coil" evidence_rows: "F25" }
"""
GOOD = ("| E08 | keloid | contraindication | M2 | `keloid-ever` |\n"
        "| E09 | raised | contraindication | M2 | `keloid-ever`, `pre-sun` |\n"
        "| F25 | coil | none | M2 | not a rule, because one sheet names it; "
        "not adopted: `copper-coil` |\n"
        "\n## Deliberately not adopted\n\n"
        "| Id | What | Why |\n| --- | --- | --- |\n"
        "| `copper-coil` | A coil | one sheet |\n")

# What is changed in the good page or catalogue, and what must be said of it.
FAULTS = [
    ("page", "`keloid-ever` |\n| E09", "`keloid-evr` |\n| E09",
     "names `keloid-evr`, which the catalogue does not hold; did you mean "
     "`keloid-ever`?"),
    ("page", "not a rule, because one sheet names it; not adopted: "
     "`copper-coil`", "later", "leads nowhere"),
    ("page", "because one sheet names it; not adopted: `copper-coil`",
     "because", "no reason"),
    ("page", "; not adopted: `copper-coil`", "", "names no non-rule"),
    ("page", "| `copper-coil` | A coil", "| `copper-coal` | A coil",
     "is listed as not adopted and is no non-rule"),
    ("page", "| `copper-coil` | A coil | one sheet |\n", "",
     "does not list the non-rule `copper-coil`"),
    ("page", "| F25 |", "| E08 |", "is there twice"),
    ("page", "| contraindication | M2 | `keloid-ever` |",
     "| review | M2 | `keloid-ever` |", "is a contraindication"),
    ("page", "| M2 | `keloid-ever` |", "| M99 | `keloid-ever` |",
     "which is no citation"),
    ("page", "| E09 | raised |", "| E10 | raised |",
     "names row `E09`, which rules/evidence.md does not hold"),
    ("page", "`keloid-ever`, `pre-sun`", "`pre-sun`",
     "does not name the rule `keloid-ever`"),
    ("page", "| none | M2 |", "| M2 |", "has 4 cells"),
    ("page", "not a rule, because one sheet names it",
     "not a rule, because of this: `keloid-ever`", "leave one out"),
    ("rules", '["E08", "E09"]', '"E08"', "or write that it is inherited"),
    ("rules", 'evidence_rows: ["E08", "E09"]', "", "names no row"),
    ("rules", "rules {", "rules { {", "expected a field"),
    ("rules", 'item_id: "pre-sun" }', 'item_id: "pre-sun"', "is missing"),
]


def check_the_checks():
    files = [("rules.textproto", RULES)]
    faults = faults_of(HEAD + GOOD, files, complete=False)
    if faults:
        return [f"a good page has faults: {faults}"]
    missed = []
    for what, old, new, expected in FAULTS:
        page, rules = HEAD + GOOD, RULES
        if what == "page":
            assert old in page, old
            page = page.replace(old, new, 1)
        else:
            assert old in rules, old
            rules = rules.replace(old, new, 1)
        found = faults_of(page, [("rules.textproto", rules)], complete=False)
        if not any(expected in fault for fault in found):
            missed.append(
                f"expected a fault with \"{expected}\", found {found}")
    return missed


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    root = pathlib.Path(arguments[0])
    page = (root / PAGE).read_text(encoding="utf-8")
    files = [(str(path.relative_to(root)), path.read_text(encoding="utf-8"))
             for path in sorted((root / CATALOG).glob("*.textproto"))]
    if not files:
        print(f"{root / CATALOG} holds no catalogue", file=sys.stderr)
        return 2
    if "--list" in arguments[1:]:
        for row in rows_of(page):
            print(f"{row.row_id}\t{', '.join(row.ids) or NOT_A_RULE}")
        return 0
    faults = check_the_checks() + faults_of(page, files)
    for fault in faults:
        print(fault, file=sys.stderr)
    rows = rows_of(page) if not faults else []
    print(f"{len(faults)} faults" if faults else f"{len(rows)} rows, no fault")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
