"""The tests' end of the wire in a process of its own, against a peer that sends what it likes.

The peer has the student's end of the socket. The cells that T runs there use everything that a
test can do with a student's objects, and each asks for what T alone knows: none may ever pass.
"""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import io
import json
import os
import resource
import secrets
import select
import signal
import socket
import struct
import sys
import time
import traceback
import types
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context

import msgpack
import numpy as np
from IPython.core.ultratb import FormattedTB

from tinytorch.grading.run.warm.apart.channel import Gone, Nonsense
from tinytorch.grading.run.warm.apart.ends import TestsEnd
from tinytorch.grading.run.warm.apart.student import Student
from tinytorch.testing.compare import difference

WATCHDOG = 120.0  # seconds: no example takes one, and a slow machine is no reason to fail
MOST_MEMORY = 1 << 30  # bytes that T may come to use besides what it began with
GIVEN = ("import numpy as np", "import copy, sys, threading, warnings")

# What a student hands in, for an exchange to begin with.
STUDENT = '''
import numpy as np


def f(x=None, *more, y=None):
    """Whatever a test asks it for."""
    if callable(x):
        return x(more[0] if more else 3)
    if isinstance(x, list):
        x.append(y)
    if isinstance(x, np.ndarray) and x.size:
        x[...] = 7
    if isinstance(x, np.random.Generator):
        return x.random(2)
    if isinstance(x, str):
        raise ValueError(x)
    return x


class Thing:
    """One of each."""

    total = 3

    def __init__(self, value=0):
        self.value = value

    def method(self, x):
        print("called")
        return self.own(x)

    def own(self, x):
        return x

    def __add__(self, other):
        return Thing((self.value, other))

    __radd__ = __rmul__ = __add__

    def __eq__(self, other):
        return self is other

    __hash__ = object.__hash__

    def __getitem__(self, place):
        return [self.value, place]

    def __len__(self):
        return 2

    def __iter__(self):
        return iter([self.value, self])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return True

    def __float__(self):
        return 1.5

    def __array__(self, dtype=None, copy=None):
        return np.ones((2, 3), dtype)

    def __repr__(self):
        return "a thing"
'''

# What T does, each in a cell of its own with what stands in PREPARED before it.
PREPARED = '''
t = Thing(3)


class Own:
    """A test's own object."""

    def __init__(self):
        self.calls = []

    def method(self, x):
        self.calls.append(x)
        return f(x)

    def __len__(self):
        return 3

    def __call__(self, *x):
        return len(self.calls)


def back(x, *more, **options):
    return f(x)
'''
ASKED = {
    "values": """f(1), f(2.5), f(None), f((1, [2, {3: 4}])), f({"a": [1]}), f(frozenset({1}))
        f(y=np.float32(3)), f(1 << 70), f(b"x"), f(slice(1, 2)), f(range(3)), f(1j), f(...)
        f(np.dtype("f4")), f(np.sum), f(int), f(ValueError), f(list)""",
    "arrays": """f(np.arange(6.0).reshape(2, 3)), f(np.arange(6)[::2]), f(np.ones((2, 3)).T)
        f(np.array(["ab", "c"])), f(np.array([None, 1], object)), f(np.zeros((0, 2)))
        np.asarray(f(np.ones(3))).sum(), f(np.array("2020-01-01", "M8[D]"))""",
    "shared": """f(kept := [1, 2], y=3), kept
        f(table := {"a": kept}), table
        f(array := np.ones((2, 3))[:, 1:]), array
        f(chance := np.random.default_rng(3)), chance.random()
        f(np.random.Generator(np.random.MT19937(1))).random(3)""",
    "objects": """t.value, t.total, t.method(2), Thing.total, Thing.method(t, 2), Thing(), Thing
        setattr(t, "value", 5), t.value
        t.nothing
        delattr(t, "value")
        copy.copy(t), copy.deepcopy(t), isinstance(t, Thing), issubclass(Thing, Thing), type(t)""",
    "operators": """t + 1, 1 + t, np.ones(2) * t, t[0], t[1:2, ...], len(t), bool(t)
        float(t), hash(t), t == t, t != 3, t in [t, 3]
        sorted([t, t])
        {t: 1}[t], {t}""",
    "words": """str(t), repr(t), format(t), f"{t}", repr(f), f.__name__, f.__doc__""",
    "series": """next(iter(t)), list(zip(t, range(5)))
        [x for x, _ in zip(f(t), range(3))]
        max(t, default=0)
        dict(f({"a": 1}))""",
    "blocks": """exec("with t as x: judge(x)")
        exec("with t as x: raise ValueError(3)")
        exec("with np.errstate(all='raise'): judge(f(1))")""",
    "arrays_of": """np.asarray(t), np.array([t, t]), np.array_equal(t, np.ones((2, 3)))
        np.add(t, 1), np.ones(2) + t, np.allclose(f(np.ones(2)), t)""",
    "called": """f(back), f(back, 4), f(lambda x: [x, t])
        f(own := Own()), own.calls
        f(Own().method, 3), f(print), f(Own), f(Own().calls)""",
    "raised": """f("words")
        f(back, "words")
        f(ValueError(3))
        f(KeyError("a"), y=AssertionError())""",
    "derived": """type("Derived", (Thing,), {"own": lambda self, x: f(x)})(1).method(2)
        exec("class D(Thing):\\n    def own(self, x):\\n        return super().own(x)") or 1
        type("Later", (Thing,), {"more": back})(2).more(3)""",
    "imported": """__import__("tinytorch.core.none", fromlist=["x"]).x
        exec("from tinytorch.core import nothing")""",
    "around": """sys.setrecursionlimit(sys.getrecursionlimit() + 1), f(1)
        sys.setprofile(lambda *_: None), f(1), sys.setprofile(None)
        warnings.simplefilter("error"), f(1), t.method(1)""",
    "threads": """in_thread(lambda: f(1)), in_thread(lambda: t.method(2))
        in_thread(lambda: f(back))""",
}
PASS = "\nassert has_passed()"


def _cell(asked: str) -> str:
    lines = [f"tried(lambda: ({line.strip()},))" for line in asked.splitlines()]
    return "\n".join([PREPARED, *lines, PASS])


CELLS = {name: _cell(asked) for name, asked in ASKED.items()}


@dataclass(frozen=True)
class End:
    """What became of T."""

    said: dict[str, str | None]  # what each cell raised; None of one that passed
    broken: str  # what T raised outside a test, or how it ended, or what of it was changed
    hung: bool
    grown: int  # bytes


def record(cells: Sequence[str]) -> list:
    """The frames that the student's end sends while these cells are run."""
    _, frames = exchange(cells)
    return [msgpack.unpackb(frame, unicode_errors="surrogatepass") for frame in frames]


def exchange(cells: Sequence[str], student: str = STUDENT) -> tuple[End, list[bytes]]:
    """Run cells in T against a student's process, and note what this sends."""
    theirs, mine = socket.socketpair()
    process = get_context("fork").Process(target=_run_student, args=(student, len(cells), theirs))
    process.start()
    theirs.close()
    frames: list[bytes] = []
    try:
        return face(cells, lambda sock: _hand_on(sock, mine, frames)), frames
    finally:
        mine.close()
        process.join(WATCHDOG)
        process.kill()


def _run_student(source: str, times: int, sock: socket.socket) -> None:
    sys.stdout = sys.stderr = io.StringIO()
    names = vars(types.ModuleType("__main__"))
    exec(source, names)
    student = Student(sock, names)
    with contextlib.suppress(Gone, Nonsense):
        for _ in range(times):
            student.serve()


def _hand_on(tests: socket.socket, student: socket.socket, frames: list[bytes]) -> None:
    """Hand on what the two ends say to each other, and note the student's frames."""
    seen = bytearray()
    while True:
        for sock in select.select([tests, student], [], [], WATCHDOG)[0]:
            data = sock.recv(1 << 20)
            if not data:
                frames += _frames_of(bytes(seen))
                return
            if sock is student:
                seen += data
            (student if sock is tests else tests).sendall(data)


def _frames_of(data: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(data):
        (size,) = struct.unpack_from("!I", data, at)
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def packed(message: object) -> bytes:
    """A message as a frame's bytes; bytes are a frame already."""
    if isinstance(message, bytes):
        return message
    data = msgpack.packb(message, unicode_errors="surrogatepass")
    return struct.pack("!I", len(data)) + data


def sends(messages: Iterable[object], piece: int = 1 << 20) -> Callable[[socket.socket], None]:
    """A peer that sends these whatever T says, in pieces of so many bytes, and hangs up."""
    data = b"".join(map(packed, messages))

    def peer(sock: socket.socket) -> None:
        sock.setblocking(False)
        at = 0
        while at < len(data):
            reads, writes, _ = select.select([sock], [sock], [], WATCHDOG)
            with contextlib.suppress(BlockingIOError):
                if reads and not sock.recv(1 << 20):
                    return
            with contextlib.suppress(BlockingIOError):
                if writes:
                    at += sock.send(data[at : at + piece])
        sock.shutdown(socket.SHUT_WR)

    return peer


def face(
    cells: Sequence[str],
    peer: Callable[[socket.socket], None],
    *,
    given: Iterable[str] = GIVEN,
    shows: bool = False,
) -> End:
    """Run cells in T against a peer, which has ended when it returns.

    Args:
        given: the cells that no student writes.
        shows: whether exceptions of the student's are shown as IPython does, which takes a while.
    """
    ours, theirs = socket.socketpair()
    mine, its = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            ours.close()
            mine.close()
            _run_tests(cells, [*given], theirs, its, shows)
        os._exit(3)
    theirs.close()
    its.close()
    with contextlib.suppress(OSError):
        peer(ours)
    ours.setblocking(True)
    hung = not _drained(ours, mine)
    if hung:
        os.kill(pid, signal.SIGKILL)
    answer = b"".join(iter(lambda: mine.recv(1 << 20), b"")) if not hung else b""
    _, status = os.waitpid(pid, 0)
    ours.close()
    mine.close()
    if not answer:
        return End({}, f"it ended with {os.waitstatus_to_exitcode(status)}", hung, 0)
    told = json.loads(answer)
    return End(told["said"], told["broken"], hung, told["grown"])


def _drained(wire: socket.socket, result: socket.socket) -> bool:
    """Take what T still says until it tells its result."""
    end = time.monotonic() + WATCHDOG
    sources = [wire, result]
    while (left := end - time.monotonic()) > 0:
        ready = select.select(sources, [], [], left)[0]
        if result in ready:
            return True
        with contextlib.suppress(OSError):
            if wire in ready and wire.recv(1 << 20):
                continue
        if wire in ready:
            sources = [result]
    return False


# --- In T -----------------------------------------------------------------------------------------


class _Kernel:
    """Runs cells as a kernel does, the traceback's text included."""

    def __init__(self, names: dict):
        self._names, self.said, self.cell = names, [], ""

    async def execute_request(self, _, __, parent: dict) -> None:
        try:
            exec(compile(parent["content"]["code"], "/tmp/ipykernel_1/9.py", "exec"), self._names)
        except BaseException as error:
            self.said.append("".join(traceback.format_exception(error))[-300:])
        else:
            self.said.append(None)


def _run_tests(
    cells: Sequence[str], given: list[str], sock, result: socket.socket, shows: bool
) -> None:
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    names = vars(types.ModuleType("__main__"))
    _put_into_builtins(shows)
    before = _integrity(names)
    kernel = _Kernel(names)
    broken = ""
    try:
        end = TestsEnd(sock, names)
        asyncio.run(end.run(kernel, {}, {"given": given}))
        for cell in cells:
            asyncio.run(end.run(kernel, {"content": {"code": cell}}, {}))
    except BaseException as error:
        broken = "".join(traceback.format_exception(error))[-2000:]
    if not broken and len(kernel.said) != len(cells):
        broken = "a cell was not run"
    if not broken and _integrity(names) != before:
        broken = "something of the tests' own was changed"
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - begun) << 10
    said = dict(zip(map(str, range(len(cells))), kernel.said, strict=False))
    result.sendall(json.dumps({"said": said, "broken": broken, "grown": grown}).encode())
    os._exit(0)


_KEYS: list = []  # what T alone knows


def _put_into_builtins(shows: bool) -> None:
    """What the cells use: nobody asks S for a name of Python's."""
    word = secrets.token_hex(8)
    number = float(int(word[:8], 16)) + 0.5
    _KEYS[:] = [word, number, np.array([number, 1.0]), [word, number], {word: [number]}]
    state = {"passed": False, "shown": not shows}

    def judge(got: object) -> None:
        if any(difference(got, key) is None for key in _KEYS):
            state["passed"] = True

    def tried(ask: Callable[[], object]) -> None:
        try:
            for got in ask():
                with contextlib.suppress(Exception):
                    judge(got)
        except Exception as error:
            traceback.format_exception(error)
            if not state["shown"]:  # where showing it fails, nobody sees that the test has
                state["shown"] = True
                about = type(error), error, error.__traceback__
                FormattedTB("Context", theme_name="nocolor").structured_traceback(*about)

    def has_passed() -> bool:
        passed, state["passed"] = state["passed"], False
        return passed

    import threading

    def in_thread(ask: Callable[[], object]) -> object:
        got: list = []

        def work() -> None:
            with contextlib.suppress(BaseException):
                got.append(ask())

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join()
        return got[0] if got else None

    for each in (judge, tried, has_passed, in_thread):
        setattr(builtins, each.__name__, each)


def _integrity(names: dict) -> list:
    """What no peer may change."""
    own = [repr(_KEYS), sorted(vars(builtins)), sorted(vars(np)), len(vars(np.ndarray))]
    return [*own, resource.getrlimit(resource.RLIMIT_AS)]
