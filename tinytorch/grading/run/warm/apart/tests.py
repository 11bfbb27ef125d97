"""T, the tests' process: runs locked tests, and asks S for all that is the student's."""

from __future__ import annotations

import inspect
import operator
import signal
import sys
import types
import warnings
import weakref
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from . import errors, known
from .channel import Nonsense
from .keys import told_hash
from .names import TESTED, Given, names_of
from .remote import Remote, RemoteFunction, RemoteKind, remote_kind
from .student import SPECIAL
from .wire import MOST_KINDS, REQUEST, SMALL, End

OWN = ("__main__", "tinytorch.testing")  # modules whose objects may be handed over
MOST_PRINTED = 1_000_000  # characters at once
MOST_AHEAD = 1_000  # attributes that are taken ahead at once


class Tests(End):
    """The end that has the tests.

    Args:
        sock: leads to S.
        main: the names of the notebook's tests.
        given: the released cells.
    """

    def __init__(self, sock, main: dict, given: Given):
        super().__init__(sock, 2, main, keeps=True)
        self._told_files = None  # hidden tests stand in the cells
        self._given = given
        self._things: dict[int, weakref.ref] = {}  # stand-ins, by number
        self._received: dict[int, int] = {}  # how often each came
        self._own_names: set[str] = set()  # that tests have defined
        self._ahead: dict[tuple[int, str], Any] = {}  # attributes that nobody has asked for yet
        self._state: list = [None, None]
        self._limit, self._profile = sys.getrecursionlimit(), None
        self._warning: Warning | None = None  # that is to be raised, as a test wants
        self.measures: set[int] = set()  # what came of operators on the test's own numbers
        self.hashed: int | None = None  # the object whose hash was the last thing asked for
        self._knows_of_ends = False  # whether the test at hand names StopIteration
        # Tests ask these of the student's process, not of their own.
        sys.getrecursionlimit, sys.setrecursionlimit = lambda: self._limit, self._set_limit
        sys.getprofile, sys.setprofile = lambda: self._profile, self._set_profile
        sys.addaudithook = lambda hook: self.request("audit", hook)
        sys.meta_path.insert(0, _Finder(self))

    def _set_limit(self, limit: int) -> None:
        self._limit = operator.index(limit)

    def _set_profile(self, function: Callable | None) -> None:
        """Have a function told of each function of the notebook that is called, at the end."""
        before, self._profile = self._profile, function
        if before is not None:
            for name in self.request("watched"):
                code = types.SimpleNamespace(co_qualname=str(name))
                before(types.SimpleNamespace(f_globals=self.main, f_code=code), "call", None)
        if function is not None:
            self.request("watch")

    def request(self, *what: Any, to: int | None = None) -> Any:
        if what[0] != "get":
            self._ahead.clear()  # as what is done there may change it
        self.hashed = None
        try:
            return super().request(*what, to=to)
        except StopIteration as error:
            # Else a test's `map` over the student's function would end there, and with it the
            # test: as in a generator, only what is asked for a next element may say so.
            is_next = what[0] == "special" and what[2] == "__next__"
            if self._knows_of_ends or is_next:
                raise
            raise RuntimeError("the student's code raised StopIteration") from error
        finally:
            warning, self._warning = self._warning, None
            if warning is not None:
                raise warning

    # --- A test ----------------------------------------------------------------------------------

    def begin(self, source: str) -> None:
        """Get ready for a test: bind the names that it takes from the notebook."""
        signal.signal(signal.SIGINT, _interrupt)
        wanted, bound = names_of(source)
        self._knows_of_ends = "StopIteration" in source
        self.measures.clear()
        self._state = [None, None]
        missing = []
        for name in sorted(wanted - self._own_names):
            if self._given.run_for(name, self.main, self.bind):
                continue
            missing.append(name)
        self.bind(missing)
        self._own_names |= bound

    def bind(self, names: list[str]) -> None:
        """Bind names to what the student calls by them, or to nothing."""
        if not names:
            return
        found = self.request("names", tuple(names))
        if not isinstance(found, dict):
            raise Nonsense("names")
        for name in names:
            if name in found:
                self.main[name] = found[name]
            else:
                self.main.pop(name, None)

    def end(self) -> None:
        """The test is over: S goes back to the student's cells."""
        self.request("over")

    def derive(self, kind: type, name: str, bases: tuple, members: dict) -> None:
        """Have a class made there that a test has derived from one of the student's."""
        made = self.request("kind", name, bases, tuple(members.items()))
        if type(made) is not int:
            raise Nonsense("a class's number")
        type.__setattr__(kind, "_kind_number", made)
        self._kinds[made] = kind

    def is_interrupted(self, error: BaseException) -> bool:
        """The test's time is up: S is not to be told of it and asked to go on.

        An interruption that comes from S is S's to answer for, as any exception.
        """
        return isinstance(error, TimeUp)

    # --- What S may ask for ----------------------------------------------------------------------

    def do(self, request: list) -> Any:
        """Call what was handed over, and nothing else."""
        what, number, *rest = request
        thing = self.own(number)
        if isinstance(thing, type | types.ModuleType):  # told of with what was handed over
            raise Nonsense("a class or a module")
        if what == "call":
            arguments, options = rest
            return thing(*_tuple(arguments), **_options(options))
        if what == "method":
            name, arguments, options = rest
            if name not in _methods(type(thing)) and name not in _special(type(thing)):
                raise Nonsense(f"a method {name!r}")
            return getattr(thing, name)(*_tuple(arguments), **_options(options))
        if what == "attribute":
            (name,) = rest
            if not isinstance(name, str) or name.startswith("_"):
                raise Nonsense("an attribute")
            if name not in getattr(thing, "__dict__", {}):
                raise AttributeError(f"{type(thing).__name__!r} object has no attribute {name!r}")
            return thing.__dict__[name]
        raise Nonsense(f"a request to {what!r}")

    # --- Objects of the tests' -------------------------------------------------------------------

    def stand_in_number(self, thing: Any) -> int | None:
        if isinstance(thing, RemoteKind):
            return thing._kind_number
        if isinstance(thing, Remote) or type(thing) is RemoteFunction:
            return thing._number_there
        return None

    def describe(self, thing: Any) -> list:
        number = self.number_of(thing)
        if _is_plain_function(thing):
            return [number, 0, *self._about(thing)]
        return [number, self.describe_kind(type(thing))]

    def describe_kind(self, kind: type) -> list:
        number = self.number_of(kind, stays=True)
        abstract = [known.name_of(each) for each in kind.__mro__ if known.name_of(each)]
        abstract = [name for name in abstract if name.startswith("collections.abc:")]
        return [number, kind.__name__, _special(kind), _methods(kind), abstract]

    def _about(self, function: Any) -> list:
        name = getattr(function, "__name__", type(function).__name__)
        qualname = getattr(function, "__qualname__", name)
        try:
            parameters = inspect.signature(function).parameters.values()
            signature = [
                [p.name, int(p.kind), p.default is not p.empty, self._default(p.default)]
                for p in parameters
            ]
        except (TypeError, ValueError):
            signature = None
        return [name, qualname, "tests", None, signature]

    def _default(self, value: Any) -> Any:
        return value if isinstance(value, bool | int | float | str | None) else None

    # --- Objects of the student's ----------------------------------------------------------------

    def stand_in(self, description: list) -> Any:
        number, what, *about = description
        if type(number) is not int:
            raise Nonsense("an object's number")
        self._received[number] = self._received.get(number, 0) + 1
        ref = self._things.get(number)
        thing = ref and ref()
        if thing is not None:
            return thing
        if what == 0:
            name, qualname, module, doc = (x if isinstance(x, str) else None for x in about)
            names = {"__name__": name or "function", "__qualname__": qualname or "function"}
            thing = RemoteFunction(self, number, {**names, "__module__": module, "__doc__": doc})
        else:
            thing = object.__new__(self.stand_in_kind(what))
            object.__setattr__(thing, "_number_there", number)
            object.__setattr__(thing, "_hash_there", None)
        self._things[number] = weakref.ref(thing, partial(self._forget, number))
        return thing

    def _forget(self, number: int, _: Any) -> None:
        del self._things[number]
        self.gone.append([number, self._received.pop(number, 0)])

    def stand_in_kind(self, description: list) -> type:
        number, *new = description
        if number not in self._kinds:
            name, bases, ancestors, special, methods = new
            if not isinstance(name, str) or len(self._kinds) > MOST_KINDS:
                raise Nonsense("a class")
            special = [pair for pair in special if pair[0] in SPECIAL]
            kinds = tuple(dict.fromkeys(self.stand_in_kind(base) for base in bases))
            about = kinds, ancestors, special, methods
            self._kinds[number] = remote_kind(self, number, name, *about)
        return self._kinds[number]

    # --- Beside the values -----------------------------------------------------------------------

    def get(self, thing: Remote, name: str) -> Any:
        """An attribute of an object, once from what was sent ahead."""
        key = thing._number_there, name
        return self._ahead.pop(key) if key in self._ahead else self.request("get", thing, name)

    def hash_of(self, thing: Remote) -> Any:
        """A hash as the student's code has it, so that equal keys meet; at a frame as last told."""
        if self.keys.is_at_frame():
            return told_hash(thing)
        found = self.request("special", thing, "__hash__", ())
        if isinstance(found, int):
            fits = -SMALL <= found < SMALL
            object.__setattr__(thing, "_hash_there", found if fits else hash(found))
        self.hashed = thing._number_there
        return found

    def has_hashed(self, *things: Remote) -> bool:
        """Whether the hash of one of them was the last thing asked for: Python looks it up."""
        return self.hashed in [each._number_there for each in things]

    def _send(self, to: int, kind: int, *what: Any) -> None:
        if kind != REQUEST:
            self._ahead.clear()
        super()._send(to, kind, *what)

    def take_ahead(self, ahead: Any) -> None:
        if ahead is None:
            return
        has_only_looked, *attributes = ahead
        if not has_only_looked:
            self._ahead.clear()
        for number, name, value in attributes[:MOST_AHEAD]:
            if type(number) is not int or type(name) is not str:
                raise Nonsense("an attribute")
            self._ahead[number, name] = self.decode(value)

    def circumstances(self) -> list:
        """NumPy's error handling and the recursion limit, where they are new."""
        now = [np.geterr(), self._limit]
        new = [a if a != b else None for a, b in zip(now, self._state, strict=True)]
        self._state = now
        return new

    def meet(self, circumstances: list) -> None:
        printed, warned, limit = circumstances
        for stream, text in printed:
            (sys.stderr if stream == "stderr" else sys.stdout).write(text[:MOST_PRINTED])
        for name, own, text, file, line, source in warned:
            kind = known.BY_NAME.get(name)
            if not (isinstance(kind, type) and issubclass(kind, Warning)):
                kind = type(str(own), (UserWarning,), {})
            file, line = str(file), int(line)
            errors.remember_line(file, line, source)
            try:
                warnings.warn_explicit(str(text), kind, file, line, registry={})
            except Warning as warning:
                self._warning = warning  # once the exchange is whole again
        if limit is not None:
            self._limit = self._state[1] = int(limit)


class TimeUp(KeyboardInterrupt):
    """The interruption of this process, and none that a test raises."""


TimeUp.__name__ = TimeUp.__qualname__ = "KeyboardInterrupt"  # as it is called in a traceback


def _interrupt(*_: Any) -> None:
    raise TimeUp


def _tuple(value: Any) -> tuple:
    if type(value) is not tuple:
        raise Nonsense("arguments")
    return value


def _options(value: Any) -> dict:
    try:
        return {str(key): each for key, each in _tuple(value)}
    except (TypeError, ValueError) as error:
        raise Nonsense("options") from error


def _is_plain_function(thing: Any) -> bool:
    kinds = types.FunctionType, types.BuiltinFunctionType, types.MethodType, partial, type
    return isinstance(thing, kinds)


def _is_of_tests(kind: type) -> bool:
    return kind.__module__.startswith(OWN)


@cache
def _special(kind: type) -> list:
    """What Python looks up on the class, of that which S may call."""
    names = SPECIAL - {"__repr__"}
    return sorted(name for name in names if any(name in vars(k) for k in kind.__mro__[:-1]))


@cache
def _methods(kind: type) -> list:
    """Public methods, of the classes that tests define."""
    found = {
        name
        for each in kind.__mro__
        if _is_of_tests(each)
        for name, value in vars(each).items()
        if not name.startswith("_") and isinstance(value, types.FunctionType)
    }
    return sorted(found)


class _Finder:
    """Imports modules of the student's framework from S."""

    def __init__(self, tests: Tests):
        self._tests = tests

    def find_spec(self, name: str, path=None, target=None):
        if name == TESTED or name.startswith(f"{TESTED}."):
            from importlib.machinery import ModuleSpec

            return ModuleSpec(name, self, is_package=name == TESTED)
        return None

    def create_module(self, spec):
        return _RemoteModule(spec.name, self._tests)

    def exec_module(self, module) -> None:
        pass


class _RemoteModule(types.ModuleType):
    def __init__(self, name: str, tests: Tests):
        super().__init__(name)
        self._tests = tests

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._tests.request("get", self._tests.request("import", self.__name__), name)
