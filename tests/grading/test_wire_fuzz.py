"""Whatever the student's end of the wire sends, T ends, stays whole, and gives no point away.

Three kinds of peers: one that sends bytes, one that sends messages of any shape, mostly nearly
right ones, and one that takes part in a real exchange up to the point where it does not.
"""

from __future__ import annotations

import copy
import os
import struct
from functools import lru_cache

import hostile
import msgpack
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from tinytorch.grading.run.warm.apart import channel, known, student, wire

# How many examples of each kind: a thousand of each make about 45,000 messages.
EXAMPLES = int(os.environ.get("TINYTORCH_WIRE_EXAMPLES", "120"))
FIXED = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
NAMES = sorted(hostile.CELLS)


def faces(cells: list[str], messages: list, *, piece: int = 1 << 20, shows: bool = False) -> None:
    """T against these messages: it ends by itself, whole, and passes none of its cells."""
    end = hostile.face(cells, hostile.sends(messages, piece), shows=shows)
    assert not end.hung
    assert not end.broken, end.broken
    assert None not in end.said.values()
    assert end.grown < hostile.MOST_MEMORY


# --- Values, mostly nearly right ------------------------------------------------------------------

WORDS = (
    "f Thing value method __eq__ list dict set Generator MT19937 stderr call _tests __class__ "
    "numpy _number_there /tmp/ipykernel_1/9.py <string> os __dict__ /dev/zero"
)
TEXTS = st.sampled_from(["", "\ud800", "a\0b", "x" * 3000, *WORDS.split()])
# T's own numbers are even, and begin with small ones.
NUMBERS = st.sampled_from([0, 1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 18, 20, 1_000_002, 1_000_004])
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([-1, 5, 1 << 31, -(1 << 63), (1 << 64) - 1]),
    st.floats(),
    TEXTS,
    st.binary(max_size=9),
    st.just([]),
    st.just({}),
    st.just([[]] * 3),
    st.dictionaries(st.one_of(st.integers(0, 9), st.text(max_size=2)), st.none(), max_size=2),
    st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=4)),
    st.just(msgpack.Timestamp(1, 2)),
    st.just([wire.TUPLE, []]),
    st.integers(1, 90).map(lambda depth: _nested(depth)),
)
DTYPE_WORDS = (
    "<f4 <f8 <i8 |b1 <c16 |S3 <U2 <M8[D] <f16 >i4 |O O |V8 f4,f4 (2,3)f4 <U0 |S0 <U999999999 <m8 "
    "x (1,f4 S-1"
)
DTYPES = st.sampled_from(DTYPE_WORDS.split())
LENGTHS = st.sampled_from([0, 1, 2, 3, 6, 1 << 20, 1 << 39, 1 << 41, -1])
STEPS = st.sampled_from([0, 8, -8, 16, 24, 4, 1 << 40, -(1 << 62), 1])


def _nested(depth: int) -> list:
    value: list = [wire.TUPLE, []]
    for _ in range(depth):
        value = [wire.TUPLE, [value]]
    return value


def nearly(*parts: st.SearchStrategy) -> st.SearchStrategy:
    """A list of such parts, of which now and then one is something else, is missing or too many."""

    @st.composite
    def build(draw):
        items = [draw(part) for part in parts]
        if not draw(st.integers(0, 9)):
            place = draw(st.integers(0, len(items)))
            items[place : place + draw(st.integers(0, 1))] = draw(st.lists(ODD, max_size=1))
        return items

    return build()


def tagged(tag: int, *parts: st.SearchStrategy) -> st.SearchStrategy:
    return nearly(st.just(tag), *parts)


VALUES = st.deferred(
    lambda: st.one_of(
        st.one_of(PLAIN, ARRAYS, OBJECTS_THERE),
        st.one_of(CONTAINERS, GENERATORS, EXCEPTIONS, OTHERS),
    )
)
FEW = st.lists(VALUES, max_size=3)
PLAIN = st.one_of(ODD, st.integers(-9, 9), TEXTS)


@st.composite
def _block(draw) -> list:
    dtype, shape = draw(DTYPES), draw(st.lists(LENGTHS, max_size=3))
    size = draw(st.sampled_from([0, 1, 8, 24, 48, 4]))
    try:
        size = draw(st.sampled_from([int(np.prod(shape)) * np.dtype(dtype).itemsize, size]))
    except Exception:
        event("no dtype")
    size = size if 0 <= size < 9999 else 8
    content = draw(st.sampled_from([b"\0", b"\xff", b"\x7f"])) * size
    steps = draw(st.lists(STEPS, min_size=len(shape), max_size=len(shape)))
    return [dtype, shape, steps, content, draw(st.booleans())]


@st.composite
def _array(draw) -> list:
    new = draw(st.one_of(st.none(), _block()))
    dtype, shape, steps = new[:3] if new else ("<f8", [2], [8])
    if draw(st.booleans()):
        dtype, shape = draw(DTYPES), draw(st.lists(LENGTHS, max_size=3))
        steps = draw(st.lists(STEPS, min_size=len(shape), max_size=len(shape)))
    offset = draw(st.sampled_from([0, 0, 0, 8, -8, 1 << 40, -(1 << 62)]))
    return [wire.ARRAY, draw(NUMBERS), draw(NUMBERS), dtype, shape, steps, offset, True, new]


ARRAYS = st.one_of(
    _array(),
    tagged(wire.ARRAY, NUMBERS, NUMBERS, DTYPES, ODD, ODD, ODD, ODD, ODD),
    tagged(wire.NUMBER, DTYPES, st.binary(max_size=17)),
    tagged(wire.DTYPE, st.one_of(DTYPES, ODD)),
    tagged(wire.OBJECTS, st.lists(LENGTHS, max_size=2), FEW),
)
SPECIAL = st.sampled_from([*sorted(student.SPECIAL), "__class__", "__getattribute__", "__del__"])
KINDS = st.deferred(
    lambda: st.one_of(
        nearly(NUMBERS),
        nearly(
            NUMBERS,
            TEXTS,
            st.lists(KINDS, max_size=2),
            st.lists(st.sampled_from(sorted(known.BY_NAME)), max_size=2),
            st.lists(nearly(SPECIAL, st.one_of(st.none(), st.lists(ODD, max_size=1))), max_size=9),
            st.lists(TEXTS, max_size=3),
        ),
    )
)
OBJECTS_THERE = st.one_of(
    tagged(wire.MINE, nearly(NUMBERS, st.just(0), TEXTS, TEXTS, TEXTS, TEXTS)),
    tagged(wire.MINE, nearly(NUMBERS, KINDS)),
    tagged(wire.KIND, KINDS),
    tagged(wire.YOURS, st.one_of(NUMBERS, ODD)),
)
HASHES = st.one_of(st.sampled_from([0, 1, -1, 1 << 63, 1 << 62]), ODD)
KEYS = st.one_of(tagged(wire.KEY, OBJECTS_THERE, HASHES), OBJECTS_THERE)
KINDS_OF = st.sampled_from(["list", "dict", "set", None, "tuple"])
CONTAINERS = st.one_of(
    tagged(wire.CONTAINER, NUMBERS, KINDS_OF, FEW),
    tagged(wire.CONTAINER, NUMBERS, st.just("dict"), st.lists(nearly(VALUES, VALUES), max_size=2)),
    tagged(wire.TUPLE, FEW),
    tagged(wire.FROZENSET, FEW),
    tagged(wire.CONTAINER, NUMBERS, st.just("set"), st.lists(KEYS, max_size=3)),
    tagged(wire.CONTAINER, NUMBERS, st.just("dict"), st.lists(nearly(KEYS, VALUES), max_size=3)),
    tagged(wire.FROZENSET, st.lists(KEYS, max_size=3)),
)


SEEDS = [
    None,
    *(["3", *rest] for rest in ([[], 4, 0], [[-1], 4, 0], [[], 1 << 40, 0], [[], 4, 1 << 40])),
]
STRANGE_STATES = [-1, 623, 625, 10**9, -(10**9), ["<U99999", ["a"]]]


@st.composite
def _generator(draw) -> list:
    name = draw(st.sampled_from(["PCG64", "MT19937", "Philox", "SFC64", "PCG64DXSM"]))
    kind = getattr(np.random, name)
    state = _as_sent(kind(3).state)
    paths = [path for path in paths_of(state) if path]
    changed = draw(st.lists(st.sampled_from(paths), max_size=1))
    for path in changed:
        new = st.one_of(ODD, st.sampled_from(STRANGE_STATES))
        state = with_value(state, path, draw(new))
    seeds = draw(st.one_of(ODD, st.sampled_from(SEEDS)))
    return [wire.CONTAINER, draw(NUMBERS), "Generator", [name, state, seeds]]


def _as_sent(value):
    if isinstance(value, dict):
        return {key: _as_sent(each) for key, each in value.items()}
    if isinstance(value, np.ndarray):
        return [value.dtype.str, value.tolist()]
    return str(value) if isinstance(value, int) and value >= 1 << 63 else value


GENERATORS = _generator()
ERRORS = st.sampled_from(sorted(n for n in known.BY_NAME if n.endswith(("Error", "Exit", "upt"))))
PLACES = st.lists(
    nearly(TEXTS, st.sampled_from([-1, 0, 1, 9, 1 << 40]), TEXTS, st.booleans(), TEXTS), max_size=3
)
ERROR_KINDS = st.deferred(
    lambda: st.one_of(
        tagged(wire.KNOWN, ERRORS),
        tagged(wire.ERROR_KIND, NUMBERS, TEXTS, st.lists(ERROR_KINDS, max_size=2)),
        VALUES,
    )
)
EXCEPTIONS = tagged(
    wire.EXCEPTION, NUMBERS, ERROR_KINDS, TEXTS, FEW, st.one_of(st.none(), TEXTS), PLACES
)
OTHERS = st.one_of(
    tagged(wire.KNOWN, st.sampled_from(sorted(known.BY_NAME))),
    tagged(wire.KNOWN, TEXTS),
    tagged(wire.MODULE, TEXTS),
    tagged(wire.INT, st.sampled_from(["ff", "-0x1", "z", "f" * 200_000, ""])),
    tagged(wire.COMPLEX, ODD, ODD),
    tagged(wire.SLICE, VALUES, VALUES, VALUES),
    tagged(wire.RANGE, VALUES, VALUES),
    tagged(wire.PATH, TEXTS),
    tagged(wire.TEXT, ODD),
    st.lists(ODD, min_size=1, max_size=4),
    st.sampled_from([[wire.ELLIPSIS], [wire.NOT_IMPLEMENTED]]),
)

# --- Messages -------------------------------------------------------------------------------------

ARGUMENTS = tagged(wire.TUPLE, FEW)
OPTIONS = tagged(wire.TUPLE, st.lists(tagged(wire.TUPLE, st.tuples(TEXTS, VALUES).map(list))))
ASKED = st.one_of(
    nearly(st.just("call"), NUMBERS, ARGUMENTS, OPTIONS),
    nearly(st.just("method"), NUMBERS, st.one_of(SPECIAL, TEXTS), ARGUMENTS, OPTIONS),
    nearly(st.just("attribute"), NUMBERS, TEXTS),
    FEW,
)
NOTES = nearly(
    st.lists(nearly(TEXTS, TEXTS), max_size=2),
    st.lists(nearly(TEXTS, TEXTS, TEXTS, TEXTS, NUMBERS, TEXTS), max_size=2),
    st.one_of(st.none(), ODD, NUMBERS),
)
GONE = nearly(
    st.lists(NUMBERS, max_size=3),
    st.lists(NUMBERS, max_size=3),
    st.lists(nearly(NUMBERS, st.one_of(NUMBERS, ODD)), max_size=3),
)
NEWS = nearly(
    st.lists(nearly(NUMBERS, st.binary(max_size=48)), max_size=2),
    st.lists(nearly(NUMBERS, st.one_of(FEW, GENERATORS.map(lambda g: g[3]))), max_size=2),
    GONE,
    NOTES,
)
NO_NEWS = st.just([[], [], [[], [], []], [[], [], None]])
THREADS = st.one_of(st.just(0), st.just(0), st.just(0), NUMBERS, ODD)
FRAMES = st.one_of(
    nearly(THREADS, THREADS, st.just(wire.RESULT), VALUES, st.one_of(NO_NEWS, NEWS)),
    nearly(THREADS, THREADS, st.just(wire.RESULT), VALUES, NO_NEWS),
    nearly(THREADS, THREADS, st.just(wire.ERROR), st.one_of(EXCEPTIONS, VALUES), NO_NEWS),
    nearly(THREADS, THREADS, st.just(wire.REQUEST), ASKED, st.one_of(NO_NEWS, NEWS)),
    nearly(THREADS, THREADS, ODD, VALUES, NEWS),
)


@lru_cache
def recorded(name: str) -> tuple[bytes, ...]:
    """The student's frames of an exchange in which a cell runs to its end."""
    return tuple(map(msgpack.packb, hostile.record([hostile.CELLS[name]])))


def begun(name: str, length: int) -> list:
    """The first frames of an exchange."""
    return [msgpack.unpackb(each, strict_map_key=False) for each in recorded(name)[:length]]


def paths_of(value, path: tuple = ()) -> list[tuple]:
    """The places of all that is in a message."""
    found = [path]
    if isinstance(value, list | dict):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in items:
            found += paths_of(each, (*path, key))
    return found


def with_value(value, path: tuple, new):
    """A message that has something else in one of its places."""
    if not path:
        return new
    value = copy.copy(value)
    value[path[0]] = with_value(value[path[0]], path[1:], new)
    return value


def value_at(value, path: tuple):
    for key in path:
        value = value[key]
    return value


# --- The tests ------------------------------------------------------------------------------------

cells = st.sampled_from(NAMES)
NOISE = [
    b"\0\0\0\0",
    b"\0\0\0\1",
    b"\xff\xff\xff\xff",
    struct.pack("!I", 200_000_000),  # and no such frame
    struct.pack("!I", 3000) + b"\x91" * 3000,  # lists within lists
    struct.pack("!I", 5) + b"\xdd\xff\xff\xff\xff",  # of four milliards of elements
    struct.pack("!I", 300) + b"\x90" * 400,
    b"\0\0\0\5\x81\x01\x02\x01\x02",
]


@FIXED
@given(
    cells,
    st.integers(0, 9),
    st.lists(st.one_of(st.binary(max_size=30), st.sampled_from(NOISE)), max_size=9),
    st.sampled_from([1, 3, 1 << 20]),
)
def test_bytes(cell, length, noise, piece):
    faces([hostile.CELLS[cell]], [*begun(cell, length), *noise], piece=piece)


@FIXED
@given(cells, st.integers(0, 30), st.lists(FRAMES, min_size=1, max_size=12), st.integers(0, 19))
def test_messages_of_any_shape(cell, length, frames, shows):
    try:
        packed = [hostile.packed(frame) for frame in frames]
    except (ValueError, OverflowError, TypeError):
        assume(False)
    faces([hostile.CELLS[cell]], [*begun(cell, length), *packed], shows=not shows)


@FIXED
@given(st.data(), cells, st.integers(0, 19))
def test_an_exchange_with_one_message_changed(data, cell, shows):
    frames = begun(cell, 99)
    place = data.draw(st.integers(0, len(frames) - 1))
    what = data.draw(st.sampled_from(["drop", "twice", "swap", "cut", "byte", "value", "other"]))
    event(what)
    frame = frames[place]
    if what == "drop":
        del frames[place]
    elif what == "twice":
        frames[place:place] = [frame] * data.draw(st.integers(1, 3))
    elif what == "swap":
        other = data.draw(st.integers(0, len(frames) - 1))
        frames[place], frames[other] = frames[other], frame
    elif what in ("cut", "byte"):
        raw = bytearray(hostile.packed(frame))
        at = data.draw(st.integers(0, len(raw) - 1))
        if what == "cut":
            del raw[at:]
        else:
            raw[at] = data.draw(st.integers(0, 255))
        frames[place] = bytes(raw)
    else:
        path = data.draw(st.sampled_from(paths_of(frame)))
        if what == "value":
            new = data.draw(st.one_of(ODD, VALUES, NUMBERS))
        else:
            other = data.draw(st.sampled_from(frames))
            new = value_at(other, data.draw(st.sampled_from(paths_of(other))))
        frames[place] = with_value(frame, path, new)
    try:
        frames = [hostile.packed(frame) for frame in frames]
    except (ValueError, OverflowError, TypeError):
        assume(False)
    faces([hostile.CELLS[cell], hostile.CELLS["values"]], frames, shows=not shows)


# --- What was found -------------------------------------------------------------------------------

NOTHING_NEW = [[], [], [[], [], []], [[], [], None], None]


def result(value) -> list:
    return [0, 0, wire.RESULT, value, NOTHING_NEW]


def raises(kind: str, *arguments) -> list:
    error = [wire.EXCEPTION, 1, [wire.KNOWN, f"builtins:{kind}"], "", [*arguments], None, []]
    return [0, 0, wire.ERROR, error, NOTHING_NEW]


def framed(data: bytes) -> bytes:
    return struct.pack("!I", len(data)) + data


def _many(element: bytes, number: int = 1_000_000) -> bytes:
    return b"\xdd" + struct.pack("!I", number) + element * number


FOUND = {
    "names: exit": [raises("SystemExit")],
    "names: interrupted": [raises("KeyboardInterrupt")],
    "names: any": [raises("ValueError")],
    "over: exit": [result(None), raises("GeneratorExit")],
    # 30 MB that take 2 GB, and two minutes
    "empty lists": [framed(b"\x93" + (b"\xdd\x00\x98\x96\x80" + b"\x90" * 10_000_000) * 3)],
    "lists of empty lists": [framed(b"\xdc\x00\x20" + _many(b"\x90", 200_000) * 32)],
    "short texts": [framed(b"\xdc\x00\x20" + _many(b"\xa2ab", 200_000) * 32)],
    "for nobody": [[9, 0, wire.RESULT, "x" * 1_000_000, NOTHING_NEW]] * 400,
    "small ones for nobody": [[n, 0, wire.RESULT, None, NOTHING_NEW] for n in range(9, 9999)],
}


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found(name, monkeypatch):
    monkeypatch.setattr(channel, "MOST_BYTES", 32_000_000)  # so that it takes less time
    monkeypatch.setattr(channel, "MOST_ELEMENTS", 400_000)
    faces(["f(1)\nassert has_passed()", "assert has_passed()"], FOUND[name])


def array(dtype: str, shape: list, steps: list, content: bytes, *view) -> list:
    """An array on the wire; `view` is the layout of what is seen of it, if not all."""
    seen = list(view) or [dtype, shape, steps]
    return [wire.ARRAY, 1, 3, *seen, 0, True, [dtype, shape, steps, content, True]]


def generator(name: str, seeds: list | None = None, **places) -> list:
    """A Generator with something else in its state, or with other seeds."""
    state = _as_sent(getattr(np.random, name)(3).state)
    for key, value in places.items():
        state = with_value(state, ("state", key) if key in state["state"] else (key,), value)
    return [wire.CONTAINER, 1, "Generator", [name, state, seeds]]


NAMES_FOUND = [wire.CONTAINER, 5, "dict", [["f", [wire.MINE, [7, 0, "f", "f", "m", None]]]]]


def error(file: str, line: int = 1) -> list:
    return [wire.EXCEPTION, 1, [wire.KNOWN, "builtins:ValueError"], "", [], None,
            [[file, line, "f", False, "a line"]]]  # fmt: skip


VALUES_FOUND = {
    # NumPy reads what it is told to, outside the state as well
    "MT19937": generator("MT19937", pos=1 << 30),
    "MT19937 backwards": generator("MT19937", pos=-(1 << 20)),
    "MT19937 of decimals": generator("MT19937", pos=3.5),
    "Philox": generator("Philox", buffer_pos=-(1 << 20)),
    "seeds in plenty": generator("PCG64", ["3", [], 1 << 30, 0]),
    "a long seed": generator("PCG64", ["9" * 1_000_000, [], 4, 0]),
    "seeds that are none": generator("PCG64", [3, 4, 5, 6]),
    "texts as a state": generator("PCG64", state=["<U200000", ["a"] * 3000]),
    "an array of a tebibyte": array("<f8", [1], [8], b"\0" * 8, "<f8", [1 << 38], [0]),
    "a lot of nothing": array("|S0", [1 << 30], [0], b""),
    "a dtype of more": [wire.NUMBER, {"names": ["a"], "formats": ["f4"]}, b"abcd"],
    "a letter that is none": [wire.NUMBER, "<U1", b"\xff" * 4],
    "a line beyond all": [wire.TUPLE, [error("x", 1 << 40)]],
    "an extension": msgpack.ExtType(3, b""),
    "a timestamp": msgpack.Timestamp(1, 2),
}
DRAWS = """chance = f(1)
tried(lambda: [chance.random(1000), chance.integers(9, size=9)])
tried(lambda: [chance.sum()])
tried(lambda: [np.asarray(chance) + 1, chance.tolist()])
tried(lambda: judge(chance))
assert has_passed()"""


@pytest.mark.parametrize("name", VALUES_FOUND)
def test_values_that_make_no_sense(name):
    given = [result(NAMES_FOUND), result(VALUES_FOUND[name]), result(None)]
    end = hostile.face([DRAWS], hostile.sends(given))
    assert not end.hung
    assert not end.broken, end.broken
    assert "Nonsense" in end.said["0"]
    assert end.grown < 100 << 20


ASIDE = "def f(x): return x(x) if callable(x) else x"
# What costs the test in which it happens, and no other.
COSTS_ONE = {
    "without end": (ASIDE, "def back(x): return f(back)\nf(back)", "RecursionError"),
    "ten gigabytes": (
        "import numpy as np\nf = lambda x: x if x else np.broadcast_to(0.0, (40_000, 40_000))",
        "f(0)",
        "ValueError: an array of 12800000000 bytes",
    ),
    "a warning that is an error": (
        "import warnings\ndef f(x):\n    if not x: warnings.warn('old')\n    return x",
        "warnings.simplefilter('error')\nf(0)",
        "UserWarning: old",
    ),
    "an endless series": (
        "import os, threading\nclass Ones:\n    def __iter__(self): return self\n"
        "    def __next__(self): return 1\n"
        "def f(x):\n    if x: return x\n"
        "    threading.Timer(0.3, os.kill, (os.getpid(), 2)).start()\n    return Ones()",
        "list(f(0))",
        "KeyboardInterrupt",
    ),
    "an interruption": (
        "def f(x):\n    if not x: raise KeyboardInterrupt\n    return x(0) if callable(x) else x",
        "def back(x): return f(x)\nf(back)",
        "KeyboardInterrupt",
    ),
}


@pytest.mark.parametrize("name", COSTS_ONE)
def test_what_costs_one_test_alone(name):
    student, cell, raised = COSTS_ONE[name]
    end, _ = hostile.exchange(["f(1)", cell, "warnings.resetwarnings()\nassert f(2) == 2"], student)
    assert not end.broken, end.broken
    assert raised in end.said.pop("1")
    assert [*end.said.values()] == [None, None]


@pytest.mark.parametrize("how", ["raised", "warned"])
def test_no_file_is_opened_that_a_student_names(how, tmp_path):
    """It may be a pipe, and whoever opens one waits for who writes."""
    pipe = str(tmp_path / "pipe.py")
    os.mkfifo(pipe)
    wrong = [0, 0, wire.ERROR, error(pipe), NOTHING_NEW]
    if how == "warned":
        notes = [["builtins:UserWarning", "W", "old", pipe, 1, "a line"]]
        wrong = [0, 0, wire.RESULT, None, [*NOTHING_NEW[:3], [[], notes, None], None]]
    cell = "tried(lambda: f(1))\nassert has_passed()"
    faces([cell], [result(NAMES_FOUND), wrong, result(None)], shows=True)
