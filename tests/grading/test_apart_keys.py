"""Keys of dicts and elements of sets that are a student's own objects, in tests apart."""

import pytest
from apart import apart, together

from tinytorch.course.lesson import Cell

STUDENT = """\
import enum
from dataclasses import dataclass


@dataclass(frozen=True)
class Op:
    name: str
    n: int = 0


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Loud:
    def __init__(self, name):
        self.name = name

    def __hash__(self):
        print("hash of", self.name)
        return hash(self.name)

    def __eq__(self, other):
        print("eq of", self.name)
        return self.name == other.name


class Fragile:
    fails = None

    def __init__(self, name):
        self.name = name

    def __hash__(self):
        if Fragile.fails is not None:
            raise Fragile.fails
        return 7


class Crude(Op):
    def __hash__(self):
        return 1


class Elementwise:
    def __init__(self, *values):
        self.values = values

    def __hash__(self):
        return id(self)

    def __eq__(self, other):
        return [a == b for a, b in zip(self.values, other.values)]


class Asks:
    asks = None

    def __hash__(self):
        return 3 if Asks.asks is None else Asks.asks(3)


class Holder:
    def __init__(self, kind, *names):
        self.keys = [kind(name) for name in names]
        self.table = {key: i for i, key in enumerate(self.keys)}
        self.seen = set(self.keys)

    def add(self, kind, name):
        key = kind(name)
        self.keys.append(key)
        self.table[key] = len(self.table)
        self.seen.add(key)

    def where(self, key):
        return self.table[key]


def table(kind, *names):
    return {kind(name): i for i, name in enumerate(names)}


def handed(value):
    return value


def get(mapping, key):
    return mapping[key]


def holds(items, key):
    return key in items


def counts(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return sorted(found.values())


def fail(error):
    Fragile.fails = error


def ask(function):
    Asks.asks = function
"""
# Of each: what a test asks, and says in both.
SAME = {
    "frozen": "d = table(Op, 'a', 'b')\nsay([(k.name, d[k], k in d) for k in d], len(d))",
    "by attribute": "d = table(Op, 'b', 'a')\n"
    "say([k.name for k in sorted(d, key=lambda k: k.name)])",
    "enum": "d = {k: k.value for k in [Color.RED, Color.BLUE]}\nd = handed(d)\n"
    "say(d[Color.RED], Color.BLUE in d, [k.name for k in d], len(table(Color, 1, 2)))",
    "enum of the student's": "d = table(Color, 2, 1)\n"
    "say(d[Color.RED], d.get(Color.BLUE), sorted(k.name for k in d))",
    "attribute": "h = Holder(Op, 'a', 'b')\n"
    "say([h.table[k] for k in h.keys], [k in h.seen for k in h.keys], len(h.seen))",
    "changed there": "h = Holder(Op, 'a')\nd, s = h.table, h.seen\nfirst = h.keys[0]\n"
    "h.add(Op, 'b')\nsay(len(d), len(s), d[first], first in s, d[h.keys[1]], d is h.table)",
    "changed here": "h = Holder(Op, 'a', 'b')\nd = h.table\nd[h.keys[0]] = 9\n"
    "say(h.where(h.keys[0]))\ndel d[h.keys[1]]\nd[Op('c')] = 4\nh.seen.discard(h.keys[0])\n"
    "say(h.where(Op('c')), len(h.seen), sorted(h.table.values()), holds(h.seen, Op('b')))",
    "frozenset": "s = handed(frozenset([Op('a'), Op('b')]))\n"
    "say(len(s), sorted(k.name for k in s))\n"
    "d = handed({s: 1})\nsay(d[s], [len(k) for k in d])",
    "set": "k = Op('a')\ns = handed({k, Op('b')})\nsay(k in s, len(s | {k}), len(s - {k}))",
    "tuples": "a, b = Op('a'), Op('b')\nd = handed({(a, 1): 2, (b, (a, b)): 3})\n"
    "say(d[a, 1], d[b, (a, b)], (a, 2) in d, get(d, (Op('a'), 1)))",
    "nested": "a = Op('a')\nd = handed({a: {a: [{a: 5}]}})\nsay(d[a][a][0][a])\n"
    "d[a][a].append({a})\nsay(len(handed(d)[a][a]), get(handed(d[a][a][0]), Op('a')))",
    "crude": "h = Holder(Crude, 'a', 'b', 'c')\nsay([h.table[k] for k in h.keys])\n"
    "say(len(h.seen), len(set(h.keys)), Crude('d') in h.seen, h.where(h.keys[2]))\n"
    "h.table[h.keys[1]] = 5\nsay(h.where(Crude('b')), h.where(Crude('c')))",
    "of equal hashes": "h = Holder(Op, -1, -2)\nsay([h.table[k] for k in h.keys])\n"
    "k = Op(0, -1)\nsay(k in h.seen, len({Op(0, -1), Op(0, -2)}))",
    "elementwise": "h = Holder(Elementwise, 1, 1)\nsay([h.table[k] for k in h.keys], len(h.seen))\n"
    "h.table[h.keys[0]] = 4\nsay(h.where(h.keys[0]), h.where(h.keys[1]))",
    "hashes": "say(hash(Op('a')) == hash(Op('a')), hash(Op('a')) == hash(Op('b')))",
    "own": "say(counts([Own(1), Own(2), Own(1)]), counts(handed([*{Own(3): 1}])))\n"
    "d = handed({Own(1): 2, (Own(2), 1): 3})\n"
    "say(d[Own(1)], d[Own(2), 1], get(d, Own(1)), get(d, (Own(2), 1)), holds(d, Own(2)))\n"
    "say(Own(1) in handed({Own(1)}), holds(frozenset([Own(1)]), Own(1)))",
    "own of one hash": "d = handed({Own(-1): 1, Own(-2): 2})\nsay(get(d, Own(-2)), d[Own(-1)])",
    "derived": "class Mine(Op):\n    def __hash__(self):\n        return len(self.name)\n"
    "h = Holder(Mine, 'a')\nsay(raised(lambda: len(h.table)) in (1, ASKED), len(handed([1])))",
    "raises": "h = Holder(Fragile, 'a')\nfail(OSError('no'))\nd = h.table\n"
    "say(len(d), [k.name for k in d], raised(lambda: d[h.keys[0]]))\n"
    "say(raised(lambda: h.add(Fragile, 1)))\nfail(None)\nsay(len(h.keys))",
    "exits": "h = Holder(Fragile, 'a')\nfail(KeyboardInterrupt('no'))\nd = h.table\n"
    "say(len(d), raised(lambda: d[h.keys[0]]))\nfail(None)\nsay(len(h.keys))",
    "asks": "h = Holder(lambda _: Asks(), 1)\nd, k = h.table, h.keys[0]\nask(lambda n: n)\n"
    "say(d[k], len(d), get(d, k), h.where(k), k in h.seen)",
}
HELPERS = """\
from dataclasses import dataclass

SAID = []
ASKED = "AtFrame: no key can ask the other process to get while it is hashed"


def say(*values):
    SAID.append(values)


def raised(function):
    try:
        return function()
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


@dataclass(frozen=True)
class Own:
    n: int


"""


def said(test: str, folder, run=apart) -> str | None:
    marks = {"grade": True, "solution": False, "grade_id": "test", "locked": True}
    text = f"{HELPERS}{test}\nraise AssertionError(SAID)\n"
    cells = [Cell("code", STUDENT, 1), Cell("code", text, 9, {"nbgrader": marks})]
    given = ([],) if run is apart else ()
    return run(cells, *given, str(folder))["test"]


@pytest.mark.parametrize("what", SAME)
def test_the_same_is_found(what, tmp_path):
    expected = said(SAME[what], tmp_path, together)
    assert expected.startswith("AssertionError: [(")
    assert said(SAME[what], tmp_path) == expected


# What would have to ask a student's `==` whether two are the same ends the test.
EQUAL = {
    "in": "Op('a') in table(Op, 'a')",
    "of a set": "Op('a') in handed({Op('a')})",
    "value": "table(Op, 'a')[Op('a')]",
    "no twins": "len({*map(Op, 'aa')})",
    "crude": "table(Crude, 'b', 'a')[Crude('a')]",
    "number of that hash": "{1: 2, Crude('a'): 3}",
}


@pytest.mark.parametrize("what", EQUAL)
def test_no_object_of_the_students_says_which_key_it_is(what, tmp_path):
    assert "whose own == no test asks" in said(f"say({EQUAL[what]})", tmp_path)


def test_what_a_hash_prints_is_printed_where_a_test_asks_for_it(tmp_path):
    test = "import sys\nd = table(Loud, 'a', 'b')\nh = handed(d)\nbefore = sys.stdout.getvalue()\n"
    test += "k = [*h][1]\nh[k]\nsay(before, sys.stdout.getvalue())"
    found = said(test, tmp_path)
    assert found == said(test, tmp_path, together)
    assert found.count("hash of b") == 3


# The keys that the student's process gets back are hashed there, between two frames.
HASHED_THERE = {
    "raises": ("Fragile", "fail(OSError('no'))", "OSError: no"),
    "exits": ("Fragile", "fail(SystemExit('no'))", "SystemExit: no"),
    "interrupts": ("Fragile", "fail(KeyboardInterrupt('no'))", "KeyboardInterrupt: no"),
    "asks": ("lambda _: Asks()", "ask(lambda n: n)", "AtFrame: "),
}


@pytest.mark.parametrize("what", HASHED_THERE)
@pytest.mark.parametrize("made", ["{k: 1}", "{k}", "frozenset([k])", "[{(k, 1): [k]}]"])
def test_a_hash_that_fails_there_is_an_error_of_that_request(what, made, tmp_path):
    kind, spoil, error = HASHED_THERE[what]
    test = f"k = ({kind})(1)\nd = {made}\n{spoil}\nsay(raised(lambda: handed(d)))\n"
    test += "fail(None)\nask(None)\nsay(len(handed(d)), holds({k: 1}, k), len(handed([1, 2])))"
    found = said(test, tmp_path)
    assert error in found
    assert found.endswith("(1, True, 2)]")


def test_a_hash_that_fails_in_what_a_test_answers_is_the_callers_error(tmp_path):
    test = "k = Fragile(1)\nd = {k: 1}\ndef back(_):\n    fail(OSError('no'))\n"
    test += "    return d\nask(back)\nsay(raised(lambda: hash(Asks())))\nfail(None)\n"
    test += "say(len(handed(d)), get(d, k))"
    assert said(test, tmp_path).endswith("[('OSError: no',), (1, 1)]")


UNDONE = """\
h = Holder(Fragile, 'a')
d, s, k = h.table, h.seen, Fragile('b')
fresh, inner, outer = {k: [s]}, {k: 1}, [{k: 1}]
fail(OSError('no'))
d.clear()
say(raised(lambda: handed(fresh)), len(d))
s.clear()
say(raised(lambda: handed([inner, {'a': outer}])), len(s))
fail(None)
say(get(handed(outer)[0], k), get(inner, k), h.where(h.keys[0]), holds(s, h.keys[0]))
say(handed(d) is d, d is h.table, get(fresh, k)[0] is s)
"""
NEXT = """\
h, k = Holder(Fragile, 'a'), Fragile('b')
d = h.table
d[k] = 2
fail(OSError('no'))
"""


def test_what_a_failed_key_kept_away_is_there_afterwards(tmp_path):
    assert said(UNDONE, tmp_path).endswith(
        "[('OSError: no', 1), ('OSError: no', 1), (1, 1, 0, True), (True, True, True)]"
    )


def test_a_key_that_fails_at_the_end_of_a_test_costs_no_other(tmp_path):
    marks = {"grade": True, "solution": False, "locked": True}
    cells = [Cell("code", STUDENT, 1)]
    for name, test in (("first", NEXT), ("next", "fail(None)\nassert handed({k: 3})[k] == 3")):
        cells.append(Cell("code", test, 9, {"nbgrader": {**marks, "grade_id": name}}))
    assert apart(cells, [], str(tmp_path)) == {"first": None, "next": None}
