"""What stands in T for a student's objects: it asks S, and T's own code sees plain values."""

from __future__ import annotations

import abc
import collections.abc
import types
from typing import Any

import numpy as np

from . import known
from .channel import Nonsense

# Attributes of functions and classes that are asked for although they look like Python's own.
ASKED = {"__annotations__", "__closure__", "__defaults__", "__dict__", "__func__", "__kwdefaults__",
         "__mro__", "__self__", "__signature__", "__slots__", "__wrapped__"}  # fmt: skip
IN_PLACE_OF = {
    "builtins:dict": collections.abc.MutableMapping,
    "builtins:list": collections.abc.MutableSequence,
    "builtins:set": collections.abc.MutableSet,
    "builtins:tuple": collections.abc.Sequence,
}
OF_CLASSES = ("_abc_impl", "__abstractmethods__")
OURS = ("_tests", "_kind_number", "_number_there", "_hash_there")  # what a stand-in is known by
MOST_ANCESTORS = 200
# A student's object is not asked whether it is right: it would say yes.
JUDGING = {"__eq__": "==", "__ne__": "!=", "__lt__": "<", "__le__": "<=", "__gt__": ">",
           "__ge__": ">=", "__contains__": "in"}  # fmt: skip
# Nor how far it is from what is right: what it says of a test's own number is an object of its own.
OPERATORS = ("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "divmod", "pow", "and",
             "or", "xor", "lshift", "rshift")  # fmt: skip
MEASURING = {f"__{way}{name}__" for name in OPERATORS for way in ("", "r", "i")}
OF_A_MEASURE = {"__abs__", "__round__"}  # of what came of these
NOT_ASKED = {"__array_function__"}  # NumPy then takes the object's values, by __array__


def is_asked(name: str) -> bool:
    """Whether an attribute is one of S's to give: what Python itself looks for is known here."""
    return not (name.startswith("__") and name.endswith("__")) or name in ASKED


class RemoteKind(type):
    """A class of the student's. Called, it makes an object there; derived from, a class there."""

    def __new__(mcs, name: str, bases: tuple, members: dict, **own: Any):
        kind = super().__new__(mcs, name, bases, members)
        if own:
            for key, value in own.items():
                type.__setattr__(kind, key, value)
        else:
            there = tuple(base for base in bases if isinstance(base, RemoteKind))
            given = {key: value for key, value in members.items() if _is_given(key, value)}
            kind._tests.derive(kind, name, there, given)
        return kind

    def __init__(cls, name: str, bases: tuple, members: dict, **own: Any):
        super().__init__(name, bases, members)

    def __call__(cls, *arguments: Any, **options: Any) -> Any:
        return cls._tests.request("call", cls, arguments, tuple(options.items()))

    def __getattr__(cls, name: str) -> Any:
        if not is_asked(name):
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
        return cls._tests.request("get", cls, name)

    def __setattr__(cls, name: str, value: Any) -> None:
        if name in OF_CLASSES:
            type.__setattr__(cls, name, value)
        else:
            cls._tests.request("set", cls, name, value)


def _is_given(name: str, value: Any) -> bool:
    """Whether S must know of a member of a derived class."""
    is_function = isinstance(value, types.FunctionType)
    return is_function or (is_asked(name) and not isinstance(value, classmethod | staticmethod))


class Remote(metaclass=RemoteKind, _tests=None):
    """An object of the student's."""

    __slots__ = ("__weakref__", "_hash_there", "_number_there")

    def __getattr__(self, name: str) -> Any:
        if not is_asked(name):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return type(self)._tests.get(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        type(self)._tests.request("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        type(self)._tests.request("delete", self, name)

    def __copy__(self) -> Any:
        return type(self)._tests.request("copy", self, False)

    def __deepcopy__(self, memo: dict) -> Any:
        return type(self)._tests.request("copy", self, True)

    def __reduce_ex__(self, protocol: int) -> Any:
        raise TypeError("what stands for a student's object can't be pickled")


class RemoteFunction:
    """A function of the student's."""

    __class__ = property(lambda self: types.FunctionType)  # whoever asks takes it for one
    __dict__ = property(lambda self: {})  # what wrappers copy

    def __init__(self, tests: Any, number: int, about: dict[str, str | None]):
        for name, value in {"_tests": tests, "_number_there": number, **about}.items():
            object.__setattr__(self, name, value)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._tests.request("call", self, arguments, tuple(options.items()))

    def __getattr__(self, name: str) -> Any:
        if not is_asked(name):
            raise AttributeError(f"'function' object has no attribute {name!r}")
        return self._tests.request("get", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._tests.request("set", self, name, value)

    def __get__(self, thing: Any, kind: type | None = None) -> Any:
        return self if thing is None else types.MethodType(self, thing)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict) -> Any:
        return self

    def __repr__(self) -> str:
        return f"<function {self.__qualname__}>"


def remote_kind(
    tests: Any, number: int, name: str, bases: tuple, ancestors: list, special: list, methods: list
) -> type:
    """A class that stands for one of the student's.

    Args:
        tests: the end that asks.
        number: of the class, there.
        bases: what stands for the classes that it is derived from.
        ancestors: the names of known classes that it is derived from.
        special: [name, None] for each method that Python looks up on the class, or
            [name, [value]] for what stands in the place of one.
        methods: names of plain methods.
    """
    members: dict[str, Any] = {"__slots__": (), "__module__": "student"}
    for method, value in special:
        if method not in NOT_ASKED:
            members[method] = value[0] if value else _special(method)
    members.setdefault("__hash__", object.__hash__)
    kind = RemoteKind(name, bases or (Remote,), members, _tests=tests, _kind_number=number)
    if len(kind.__mro__) > MOST_ANCESTORS:  # each of them has a list of those above it
        raise Nonsense("a class of too many ancestors")
    for method in methods:
        if method == "__init__" or (is_asked(method) and method not in OURS):
            type.__setattr__(kind, method, _method(method, kind))
    for ancestor in ancestors:
        abstract = IN_PLACE_OF.get(ancestor) or known.BY_NAME.get(ancestor)
        if isinstance(abstract, abc.ABCMeta):
            abstract.register(kind)
    return kind


def _special(name: str) -> Any:
    if name == "__call__":

        def special(self, *arguments, **options):
            return type(self)._tests.request("call", self, arguments, tuple(options.items()))

    elif name == "__hash__":

        def special(self):
            return type(self)._tests.hash_of(self)

    elif name == "__eq__":

        def special(self, other):
            tests = type(self)._tests
            if tests.keys.is_at_frame():
                return NotImplemented
            if not isinstance(other, Remote) or not tests.has_hashed(self, other):
                raise _not_plain(self, "==")
            return _other_key(tests, self, other)

    elif name in JUDGING:

        def special(self, other):
            raise _not_plain(self, JUDGING[name])

    elif name == "__array_ufunc__":

        def special(self, ufunc, *arguments, **options):
            if _judges(ufunc):
                raise _not_plain(self, f"np.{ufunc.__name__}")
            options, tests = tuple(options.items()), type(self)._tests
            found = tests.request("special", self, name, (ufunc, *arguments), *options)
            return _own_measure(tests, arguments[1:], found, f"np.{ufunc.__name__}")

    elif name == "__exit__":

        def special(self, kind=None, error=None, trace=None):
            swallows = type(self)._tests.request("special", self, name, (kind, error, None))
            return swallows and not _is_verdict(error)

    elif name in MEASURING or name in OF_A_MEASURE:

        def special(self, *arguments, **options):
            options, tests = tuple(options.items()), type(self)._tests
            found = tests.request("special", self, name, arguments, *options)
            operands = (self, *arguments) if name in MEASURING else (self,)
            return _own_measure(tests, operands, found, name)

    else:

        def special(self, *arguments, **options):
            options = tuple(options.items())
            return type(self)._tests.request("special", self, name, arguments, *options)

    special.__name__ = name
    return special


def _other_key(tests: Any, key: Remote, other: Remote) -> Any:
    """What Python asks of two keys of one hash, one of which it has just hashed.

    That they differ they may say, as they could by their hashes. That they are the same they may
    not: it would be found whatever a test looks for.
    """
    hashed = tests.hashed
    found = tests.request("special", key, "__eq__", (other,))
    tests.hashed = hashed
    if found is NotImplemented or (isinstance(found, bool | np.bool_) and not found):
        return found
    raise _not_plain(key, "==")


def _judges(ufunc: np.ufunc) -> bool:
    """Whether a function of NumPy says of numbers what is true: np.equal, np.isnan."""
    return any(types in ufunc.types for types in ("d->?", "dd->?"))


def _own_measure(tests: Any, operands: tuple, found: Any, sign: str) -> Any:
    """What a student's object makes of operands, a test's number or such a result among them.

    Raises:
        AssertionError: it is a plain value. `abs(got - 5) < 1e-9` would hold of whatever says 0.
    """
    theirs = [each for each in operands if isinstance(each, Remote)]
    is_measure = any(each._number_there in tests.measures for each in theirs)
    if found is NotImplemented or not (is_measure or len(theirs) < len(operands)):
        return found
    if not isinstance(found, Remote):
        raise AssertionError(
            f"expected plain values to compute with, got an object whose {sign} answered a number "
            f"of the test's with a {type(found).__name__}"
        )
    tests.measures.add(found._number_there)
    return found


def _not_plain(thing: Any, sign: str) -> AssertionError:
    """An error that no test takes for the one that it waits for."""
    return AssertionError(
        f"expected plain values to compare by {sign}, got an object of the class "
        f"{type(thing).__name__}, whose own {sign} no test asks"
    )


def _is_verdict(error: BaseException | None) -> bool:
    """Whether an exception is an assertion of a test's own: no block of the student's ends it."""
    return isinstance(error, AssertionError) and not hasattr(error, "_there")


def _method(name: str, kind: type) -> Any:
    def method(self, *arguments, **options):
        options = tuple(options.items())
        return kind._tests.request("method", self, kind, name, arguments, options)

    method.__name__ = name
    method.__qualname__ = f"{kind.__name__}.{name}"
    return method
