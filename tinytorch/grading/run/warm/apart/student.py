"""S, the student's process: does what the tests ask for, with the student's own objects."""

from __future__ import annotations

import contextlib
import copy
import importlib
import inspect
import io
import linecache
import signal
import sys
import threading
import types
import warnings
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

import numpy as np

from . import keys, known
from .channel import MAIN
from .wire import REQUEST, End

# Looked up on the type by Python or NumPy, where a class has them.
SPECIAL_NAMES = """
    abs add and array array_function array_priority array_ufunc bool call ceil complex contains
    delitem divmod enter eq exit float floor floordiv format fspath ge getitem gt hash iadd iand
    ifloordiv ilshift imatmul imod imul index int invert ior ipow irshift isub iter itruediv ixor
    le len length_hint lshift lt matmul missing mod mul ne neg next or pos pow radd rand rdivmod
    repr reversed rfloordiv rlshift rmatmul rmod rmul ror round rpow rrshift rshift rsub rtruediv
    rxor setitem str sub truediv trunc xor
"""
SPECIAL = {f"__{name}__" for name in SPECIAL_NAMES.split()}
FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, np.ufunc)
MOST_NOTES = 50
AUDITED = ("open", "os.rename", "os.remove")  # events that tests may follow
MOST_AHEAD = 16  # objects of which something is sent ahead with one answer
SMALL_ARRAY = 4096  # bytes
SMALL_LIST = 8  # elements, characters


class Student(End):
    """The end that has the student's objects."""

    kind_of_keys = keys.StudentsKeys

    def __init__(self, sock, main: dict):
        super().__init__(sock, 1, main, keeps=False)
        self._guests: dict[int, Any] = {}  # what stands for things of the tests, by number
        self._numbers_there: dict[int, int] = {}  # by id of the stand-in
        self._told_kinds: set[int] = set()
        self._printed: list[list[str]] = []
        self._warned: list[list] = []
        self._threads = {MAIN}
        self._state: list = [None, None]
        self._called: set[str] = set()
        self._asked: dict[type, dict[str, None]] = {}  # attributes that this test has asked for
        self._described: list = []  # objects of the answer at hand
        self._has_looked = False  # and done nothing else for it
        self._is_over = False
        self._is_theirs = False  # whether the main thread runs the student's code
        self._is_interrupted = False  # and it is to hear of it when it does
        self.channel.reader_of = self._reader_of

    # --- Serving ---------------------------------------------------------------------------------

    def serve(self) -> None:
        """Answer one test's requests, until it is over."""
        self._is_over = self._is_interrupted = False
        self._asked.clear()
        interrupt = signal.signal(signal.SIGINT, self._interrupt)
        stdout, stderr = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Forward(self, "stdout"), _Forward(self, "stderr")
        shown, warnings.showwarning = warnings.showwarning, self._note_warning
        filters = warnings.filters[:]
        warnings.simplefilter("default")
        self._state = [np.geterr(), sys.getrecursionlimit()]
        state = self._state[:]
        try:
            self._serve(MAIN)
        finally:
            sys.stdout, sys.stderr, warnings.showwarning = stdout, stderr, shown
            warnings.filters[:] = filters
            signal.signal(signal.SIGINT, interrupt or signal.default_int_handler)
            np.seterr(**state[0])
            sys.setrecursionlimit(state[1])

    def _serve(self, number: int) -> None:
        while not self._is_over:
            frame = self.channel.wait(number)
            with self.channel.writing:
                request, fault = self._receive(frame)
            if frame[2] == REQUEST:
                self.answer(frame[1], request, fault if request != ["over"] else None)

    def _reader_of(self, frame: list) -> int:
        """The thread for a frame: one of the tests' own threads gets one here."""
        number = frame[0]
        if number not in self._threads and frame[2] == REQUEST:
            self._threads.add(number)
            threading.Thread(target=self._serve_thread, args=(number,), daemon=True).start()
        return number

    def _serve_thread(self, number: int) -> None:
        self.channel.become(number)
        with contextlib.suppress(BaseException):
            self._serve(number)

    def do(self, request: list) -> Any:
        what, *rest = request
        try:
            value = self._do(what, rest)
        finally:
            self._described.clear()
            self._has_looked = False
        self._has_looked = what == "get" and _is_stored(*rest)
        if what == "get":
            self._described.append(rest[0])
        if self._has_looked:
            self._asked.setdefault(type(rest[0]), {})[rest[1]] = None
        return value

    def _do(self, what: str, rest: list) -> Any:
        method = getattr(self, f"do_{what}")
        if what == "over" or self.channel.number() != MAIN:
            return method(*rest)
        self._is_theirs = True
        try:
            self._hear()
            return method(*rest)
        finally:
            self._is_theirs = False

    def _interrupt(self, *_: Any) -> None:
        """The time is up: it ends the student's code, and never a message that is under way."""
        if self._is_theirs:
            raise KeyboardInterrupt
        self._is_interrupted = True

    def _hear(self) -> None:
        if self._is_interrupted:
            self._is_interrupted = False
            raise KeyboardInterrupt

    def do_over(self) -> None:
        self._is_over = True

    def do_names(self, names: list) -> dict:
        """What the notebook calls by these names, of those that it has."""
        return {name: self.main[name] for name in names if name in self.main}

    def do_call(self, function: Any, arguments: tuple, options: tuple) -> Any:
        return function(*arguments, **dict(options))

    def do_get(self, thing: Any, name: str) -> Any:
        return getattr(thing, name)

    def do_set(self, thing: Any, name: str, value: Any) -> None:
        setattr(thing, name, value)

    def do_delete(self, thing: Any, name: str) -> None:
        delattr(thing, name)

    def do_special(self, thing: Any, name: str, arguments: tuple, *options: tuple) -> Any:
        """What Python does for an operator."""
        return getattr(type(thing), name)(thing, *arguments, **dict(options))

    def do_method(self, thing: Any, kind: type, name: str, arguments: tuple, options: tuple) -> Any:
        """Call a method: that of `kind` where a subclass has another one, as `super()` asks for."""
        first = next((each for each in type(thing).__mro__ if name in vars(each)), kind)
        method = getattr(thing, name) if first is kind else vars(kind)[name].__get__(thing)
        return method(*arguments, **dict(options))

    def do_copy(self, thing: Any, deep: bool) -> Any:
        return copy.deepcopy(thing) if deep else copy.copy(thing)

    def do_import(self, module: str) -> Any:
        return importlib.import_module(module)

    def do_kind(self, name: str, bases: tuple, members: tuple) -> int:
        """Make a class that a test has derived from the student's: its number."""
        kind = type(name, bases, {"__module__": "tests", **dict(members)})
        number = self.number_of(kind, stays=True)
        self._told_kinds.add(number)
        return number

    def do_watch(self) -> None:
        """Note from now on which functions of the notebook are called."""
        main, found = self.main, self._called

        def notice(frame, event, _) -> None:
            if event == "call" and frame.f_globals is main:
                found.add(frame.f_code.co_qualname)

        found.clear()
        sys.setprofile(notice)

    def do_audit(self, hook: Any) -> None:
        """Tell a function of the tests' of each file that the student's code works on."""
        is_telling = False

        def tell(event: str, arguments: tuple) -> None:
            nonlocal is_telling
            if event not in AUDITED or is_telling or not self._is_theirs:
                return
            if threading.current_thread() is threading.main_thread():
                is_telling = True
                try:
                    hook(event, tuple(x if isinstance(x, int) else str(x) for x in arguments))
                finally:
                    is_telling = False

        sys.addaudithook(tell)

    def do_watched(self) -> list:
        sys.setprofile(None)
        return sorted(self._called)

    # --- Objects of the student's ----------------------------------------------------------------

    def stand_in_number(self, thing: Any) -> int | None:
        number = self._numbers_there.get(id(thing))
        if number is not None and self._guests.get(number) is thing:
            return number
        return None

    def describe(self, thing: Any) -> list:
        number = self.number_of(thing)
        if isinstance(thing, FUNCTIONS):
            return [number, 0, *self._about(thing)]
        if type(thing) in self._asked:
            self._described.append(thing)
        return [number, self.describe_kind(type(thing))]

    def ahead(self) -> list | None:
        """[whether nothing but looking was done, [number, name, value], ...].

        Of each object in the answer and in what is sent ahead, the attributes that this test has
        asked of such objects before: nearly half of all requests are spared. No code of the
        student's runs for it but a key's `__hash__`, and the other end forgets it as soon as some
        may have run.
        """
        found: list = [self._has_looked]
        if threading.active_count() == 1:  # else they may change at any time
            for thing in islice(_growing(self._described), MOST_AHEAD):
                found += self._attributes(thing)
        self._described.clear()
        return found

    def _attributes(self, thing: Any) -> list[list]:
        """[number, name, value] of what was asked of such objects, where that costs little."""
        names = [name for name in self._asked.get(type(thing), ()) if _is_stored(thing, name)]
        values = [(name, getattr(thing, name)) for name in names]
        small = [(name, value) for name, value in values if _is_small(value)]
        number = self._own_numbers.get(id(thing))
        if number is None:
            return []
        try:
            data = self.whole([value for _, value in small])
        except Exception:
            return []
        return [[number, *pair] for pair in zip(*[[n for n, _ in small], data], strict=True)]

    def describe_kind(self, kind: type) -> list:
        """A class: [number, name, bases, known ancestors, special methods, plain methods].

        All but the number goes only once.
        """
        number = self._own_numbers.get(id(kind))
        if number is None or number not in self._told_kinds:
            number = self.number_of(kind, stays=True)
            self._told_kinds.add(number)
            bases = [b for b in kind.__bases__ if known.name_of(b) is None]
            abstract = [known.name_of(b) for b in kind.__mro__ if known.name_of(b)]
            return [
                number,
                kind.__name__,
                [self.describe_kind(base) for base in bases if base is not object],
                [name for name in abstract if name != "builtins:object"],
                _special(kind),
                [name for name, value in vars(kind).items() if _is_method(name, value)],
            ]
        return [number]

    def _about(self, function: Any) -> list:
        """What a message or a wrapper asks of a function: its names and documentation."""
        names = ("__name__", "__qualname__", "__module__", "__doc__")
        values = [getattr(function, name, None) for name in names]
        return [value if isinstance(value, str) else None for value in values]

    # --- Objects of the tests' -------------------------------------------------------------------

    def stand_in(self, description: list) -> Any:
        number, what, *about = description
        if number in self._guests:
            return self._guests[number]
        guest = self._guest_function(number, *about) if what == 0 else self._guest(number, what)
        self._guests[number], self._numbers_there[id(guest)] = guest, number
        return guest

    def _ask(self, *what: Any) -> Any:
        number = self.channel.number()
        to = number if number in self._threads else MAIN
        if number != MAIN:
            return self.request(*what, to=to)
        self._is_theirs = False
        try:
            return self.request(*what, to=to)
        finally:
            self._is_theirs = True
            self._hear()

    def _guest_function(self, number: int, name: str, qualname: str, module: str, doc, signature):
        def guest(*arguments, **options):
            return self._ask("call", number, arguments, tuple(options.items()))

        guest.__name__, guest.__qualname__, guest.__doc__ = name, qualname, doc
        guest.__module__ = module
        if signature is not None:
            kinds = list(inspect._ParameterKind)
            parameters = [
                inspect.Parameter(name, kinds[kind], **({"default": default} if has else {}))
                for name, kind, has, default in signature
            ]
            guest.__signature__ = inspect.Signature(parameters)
        return guest

    def _guest(self, number: int, description: list) -> Any:
        guest = object.__new__(self.stand_in_kind(description))
        object.__setattr__(guest, "_number_there", number)
        object.__setattr__(guest, "_hash_there", None)
        return guest

    def stand_in_kind(self, description: list) -> type:
        number, *new = description
        if number not in self._kinds:
            name, special, methods, abstract = new
            kind = _guest_kind(self, name, tuple(special), tuple(methods))
            for each in abstract:
                register = getattr(known.BY_NAME.get(each), "register", None)
                if register is not None:
                    register(kind)
            self._kinds[number] = kind
            self._guests[number], self._numbers_there[id(kind)] = kind, number
        return self._kinds[number]

    # --- Beside the values -----------------------------------------------------------------------

    def circumstances(self) -> list:
        printed, self._printed = self._printed, []
        warned, self._warned = self._warned, []
        limit = sys.getrecursionlimit()
        new = limit if limit != self._state[1] else None
        self._state[1] = limit
        return [printed, warned, new]

    def meet(self, circumstances: list) -> None:
        """Take over the tests' error handling of NumPy, and their recursion limit."""
        errstate, limit = circumstances
        if errstate is not None:
            np.seterr(**errstate)
        if limit is not None:
            with contextlib.suppress(RecursionError):
                sys.setrecursionlimit(limit)
            self._state[1] = sys.getrecursionlimit()

    def note_printed(self, stream: str, text: str) -> None:
        if self.keys.is_at_frame():  # by a key that nobody but the wire has hashed
            return
        if self._printed and self._printed[-1][0] == stream:
            self._printed[-1][1] += text
        else:
            self._printed.append([stream, text])

    def _note_warning(self, message, category, filename, lineno, file=None, line=None) -> None:
        if len(self._warned) < MOST_NOTES and not self.keys.is_at_frame():
            name = known.name_of(category)
            source = linecache.getline(filename, lineno).strip()
            own = category.__name__
            self._warned.append([name, own, str(message), filename, lineno, source])


class _Forward(io.TextIOBase):
    """Takes what is printed while a test runs: it is the test's output."""

    encoding = "UTF-8"

    def __init__(self, student: Student, name: str):
        self._student, self.name = student, name

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        self._student.note_printed(self.name, text)
        return len(text)

    def writable(self) -> bool:
        return True


def _growing(things: list) -> Iterator[Any]:
    """The elements of a list, with those that come to it meanwhile."""
    position = 0
    while position < len(things):
        yield things[position]
        position += 1


def _is_stored(thing: Any, name: str) -> bool:
    """Whether an attribute lies in the object: to look at it runs no code of the student's."""
    kind = type(thing)
    if kind.__getattribute__ is not object.__getattribute__ or isinstance(thing, type):
        return False
    of_class = next((vars(each)[name] for each in kind.__mro__ if name in vars(each)), None)
    if isinstance(of_class, types.MemberDescriptorType):
        return hasattr(thing, name)
    if hasattr(type(of_class), "__set__"):
        return False
    return name in getattr(thing, "__dict__", ())


def _is_small(value: Any) -> bool:
    """Whether a value costs little where nobody asks for it."""
    if isinstance(value, np.ndarray):
        return value.nbytes <= SMALL_ARRAY
    sized = isinstance(value, str | bytes | tuple | list | dict | set | frozenset)
    return not sized or len(value) <= SMALL_LIST


def _is_method(name: str, value: Any) -> bool:
    plain = not (name.startswith("__") and name.endswith("__")) or name == "__init__"
    return plain and isinstance(value, types.FunctionType)


def _special(kind: type) -> list:
    """[name, value]: None as the value of a method, and else what stands in its place."""
    found = []
    for name in sorted(SPECIAL):
        for each in kind.__mro__:
            if each is not object and name in vars(each):
                value = vars(each)[name]
                if value is object.__hash__:  # by identity, which stand-ins have too
                    break
                plain = value is None or isinstance(value, bool | int | float)
                found.append([name, [value] if plain else None])
                break
    return found


@cache
def _guest_kind(student: Student, name: str, special: tuple, methods: tuple) -> type:
    """A class for what stands for a test's objects: it has their methods, and asks for the rest."""

    def forward(method: str):
        def call(self, *arguments, **options):
            options = tuple(options.items())
            return student._ask("method", self._number_there, method, arguments, options)

        call.__name__ = method
        return call

    def attribute(self, wanted: str):
        if wanted.startswith("_"):
            raise AttributeError(f"{name!r} object has no attribute {wanted!r}")
        return student._ask("attribute", self._number_there, wanted)

    def own_hash(self):
        return keys.told_hash(self) if student.keys.is_at_frame() else ask["__hash__"](self)

    def equal(self, other):
        return NotImplemented if student.keys.is_at_frame() else ask["__eq__"](self, other)

    ask = {method: forward(method) for method in (*special, *methods)}
    members: dict[str, Any] = dict(ask)
    for method, known_here in (("__hash__", own_hash), ("__eq__", equal)):
        if method in ask:
            members[method] = known_here
    members["__getattr__"] = attribute
    members["__deepcopy__"] = lambda self, memo: self
    members["__copy__"] = lambda self: self
    if "__eq__" in members and "__hash__" not in members:
        members["__hash__"] = None
    return type(name, (), members)
