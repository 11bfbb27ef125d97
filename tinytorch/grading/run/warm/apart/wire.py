"""One end of the wire: values as data and back, and the exchange of requests and answers."""

from __future__ import annotations

import contextlib
import math
import pathlib
import sys
import types
from collections import OrderedDict, deque
from collections.abc import Collection
from typing import Any

import numpy as np

from . import errors, keys, known, mirror
from .channel import MOST_LONG as LONGEST
from .channel import Channel, Gone, Nonsense

REQUEST, RESULT, ERROR = 0, 1, 2
DEEPEST = 60  # lists within lists
MOST_TEXT = 10_000_000  # characters
EXACT = {type(None), bool, float, bytes}
AS_IT_IS = EXACT | {int}  # on the wire
MOST_KINDS = 10_000  # classes of the other end
MOST_NESTED = 40  # requests that one end makes to answer the other's
SMALL = 1 << 63
# The words that a value begins with on the wire; one for each kind of value.
INT, COMPLEX, TUPLE, FROZENSET, SLICE, RANGE, ELLIPSIS, NOT_IMPLEMENTED, PATH = range(9)
DTYPE, NUMBER, OBJECTS, KNOWN, MODULE, ARRAY, CONTAINER = range(9, 16)
MINE, YOURS, KIND, ERROR_KIND, EXCEPTION, TEXT, MEMORY, KEY = range(16, 24)


class End:
    """One end of the wire.

    Args:
        sock: the other end's is at the other side of it.
        first_number: 1 or 2: whose numbers are odd, and whose even.
        main: the names of the notebook that runs here.
        keeps: whether things may be kept alive here for the sake of the wire.
    """

    kind_of_keys = keys.Keys

    def __init__(self, sock, first_number: int, main: dict, *, keeps: bool):
        self.channel = Channel(sock, 1_000_000 + first_number)
        self.main = main
        self._arrays = mirror.Arrays(first_number, keeps)
        self._containers = mirror.Containers(first_number, keeps)
        self.keys = self.kind_of_keys(self._containers)
        self._next = first_number
        self._own: dict[int, list] = {}  # number: [object, how often it was sent]
        self._own_numbers: dict[int, int] = {}  # by id
        self._kinds: dict[int, type] = {}  # what stands for classes of the other end, by number
        self._error_kinds: dict[int, type] = {}
        # Exceptions of the exchange at hand, each with its traceback when it was sent.
        self._errors: dict[int, tuple[BaseException, types.TracebackType | None]] = {}
        self._broken_off: set[int] = set()  # threads that have got no answer
        self._depth = 0
        self._exchange = 0  # from the first request to its answer
        self._told_files: set[str] | None = set()
        self.gone: list[list[int]] = []  # [number, how often it came] of what stands in for nothing

    # --- Objects ---------------------------------------------------------------------------------

    def number_of(self, thing: Any, *, stays: bool = False) -> int:
        """The number of an object of this end, which is about to be sent.

        Args:
            stays: whether it keeps its number for good, as classes do.
        """
        number = self._own_numbers.get(id(thing))
        if number is None:
            self._next += 2
            number = self._next
            self._own[number], self._own_numbers[id(thing)] = [thing, 0], number
        entry = self._own[number]
        entry[1] += math.inf if stays else 1
        return number

    def own(self, number: Any) -> Any:
        """The object of this end with a number."""
        try:
            return self._own[number][0]
        except (KeyError, TypeError):
            raise Nonsense("an object that was never handed over") from None

    def _take_back(self, number: int, times: int) -> None:
        """The other end holds an object no more, if it has got it no more often than it says."""
        entry = self._own.get(number)
        if entry is not None:
            entry[1] -= times
            if entry[1] <= 0:
                del self._own[number]
                del self._own_numbers[id(entry[0])]

    # --- What the two ends do differently --------------------------------------------------------

    def stand_in_number(self, thing: Any) -> int | None:
        """The number at the other end of what a thing here stands for."""
        raise NotImplementedError

    def describe(self, thing: Any) -> list:
        """An object of this end as data."""
        raise NotImplementedError

    def stand_in(self, description: list) -> Any:
        """What stands for an object of the other end."""
        raise NotImplementedError

    def describe_kind(self, kind: type) -> list:
        raise NotImplementedError

    def stand_in_kind(self, description: list) -> Any:
        raise NotImplementedError

    def do(self, request: list) -> Any:
        """Do what the other end asks for."""
        raise NotImplementedError

    def is_interrupted(self, error: BaseException) -> bool:
        """Whether an exception is to end what runs here, and not only what was asked for."""
        return False

    def circumstances(self) -> Any:
        """What the other end must be told of besides the values."""
        raise NotImplementedError

    def meet(self, circumstances: Any) -> None:
        raise NotImplementedError

    def ahead(self) -> list | None:
        """What the other end is likely to ask for next, as data."""
        return None

    def take_ahead(self, ahead: Any) -> None:
        """Keep what the other end sent ahead."""

    # --- Values ----------------------------------------------------------------------------------

    def encode(self, value: Any, depth: int = 0) -> Any:
        kind = type(value)
        if kind in EXACT:
            return value
        if kind is str:
            is_made = value.isidentifier() and sys.intern(value) is not value
            return [TEXT, value] if is_made else value
        if kind is int:
            return value if -SMALL <= value < SMALL else [INT, hex(value)]
        if depth > DEEPEST:
            raise RecursionError("too deep a list within lists to hand over")
        if kind is np.ndarray:
            return self._encode_array(value, depth)
        if kind is tuple:
            _check_length(value)
            return [TUPLE, [self.encode(each, depth + 1) for each in value]]
        if kind in mirror.CONTAINERS:
            return self._encode_container(value, depth)
        number = self.stand_in_number(value)
        if number is not None:
            return [YOURS, number]
        name = known.name_of(value)
        if name is not None:
            return [KNOWN, name]
        encode = ENCODERS.get(kind)
        if encode is not None:
            return encode(self, value, depth)
        return self._encode_other(value, depth)

    def whole(self, values: list) -> list:
        """The values as data; where one can't be handed over, nothing was."""
        self._arrays.fresh, self._containers.fresh = [], []
        try:
            return [self.encode(value) for value in values]
        except BaseException:
            for each in (self._arrays, self._containers):
                for number in each.fresh:
                    each.drop(number)
            raise

    def _encode_other(self, value: Any, depth: int) -> Any:
        if isinstance(value, np.generic) and value.dtype.kind in mirror.KINDS:
            return [NUMBER, value.dtype.str, value.tobytes()]
        if isinstance(value, np.ndarray):
            return self._encode_array(np.asarray(value), depth)
        if isinstance(value, memoryview) and value.c_contiguous and value.format in mirror.FORMATS:
            return [MEMORY, self._encode_array(np.asarray(value), depth)]
        if isinstance(value, np.dtype):
            return [DTYPE, value.str] if value.kind in mirror.KINDS else self.describe(value)
        if isinstance(value, BaseException):
            return self._encode_error(value, depth)
        if isinstance(value, type):
            if issubclass(value, BaseException):
                return self._encode_error_kind(value)
            return [KIND, self.describe_kind(value)]
        if isinstance(value, types.ModuleType) and known.module_named(value.__name__) is value:
            return [MODULE, value.__name__]
        if isinstance(value, pathlib.PurePath):
            return [PATH, str(value)]
        for plain in (bool, int, float, complex, str, bytes, tuple):  # a named tuple, an enum's int
            if isinstance(value, plain):
                return self.encode(plain(value), depth + 1)
        data = [MINE, self.describe(value)]
        if not self.keys.is_one or type(value).__hash__ is object.__hash__:
            return data
        return [KEY, data, self.keys.hash_of(value, self.is_interrupted)]

    def _encode_array(self, array: np.ndarray, depth: int) -> list:
        if array.dtype.kind not in mirror.KINDS or array.dtype.hasobject:
            items = [self.encode(each, depth + 1) for each in array.ravel().tolist()]
            return [OBJECTS, list(array.shape), items]
        return [ARRAY, *self._arrays.describe(array)]

    def _encode_container(self, value: Any, depth: int) -> list:
        number, is_new = self._containers.number_of(value)
        if not is_new:
            return [CONTAINER, number, None, None]
        content = self._content(value, depth)
        self._containers.told(number)
        return [CONTAINER, number, mirror.CONTAINERS[type(value)], content]

    def _content(self, value: Any, depth: int) -> list:
        if isinstance(value, np.random.Generator):
            return mirror.state_of(value)
        _check_length(value)
        if isinstance(value, dict):
            pairs = [*value.items()]  # a key's `__hash__` may change it
            return [[self._encode_key(k, depth + 1), self.encode(v, depth + 1)] for k, v in pairs]
        if isinstance(value, set):
            return [self._encode_key(each, depth + 1) for each in [*value]]
        return [self.encode(each, depth + 1) for each in value]

    def _encode_key(self, key: Any, depth: int) -> Any:
        """What the other end is to hash while it takes the frame, when it can ask nobody."""
        if type(key) in mirror.ATOMS:
            return self.encode(key, depth)
        with self.keys.encoded():
            return self.encode(key, depth)

    def _encode_error_kind(self, kind: type) -> list:
        return [
            ERROR_KIND,
            self.number_of(kind),
            kind.__name__,
            [self.encode(base) for base in kind.__bases__],
        ]

    def _encode_error(self, error: BaseException, depth: int) -> list:
        exchange, number = getattr(error, "_there", (None, None))
        if exchange == self._exchange:  # it comes home, by way of this end's frames
            found = errors.places_of(error, self.main, self._told_files, error._come_from)
            return [YOURS, number, found]
        self._next += 2
        self._errors[self._next] = error, error.__traceback__
        try:
            text = str(error)[:MOST_TEXT]
        except Exception:
            text = ""
        try:
            arguments = [self.encode(each, depth + 1) for each in error.args]
        except (Exception, Nonsense):
            arguments = [text]
        name = getattr(error, "name", None)
        name = name if isinstance(name, str) else None
        places = errors.places_of(error, self.main, self._told_files)
        kind = self.encode(type(error))
        return [EXCEPTION, self._next, kind, text, arguments, name, places]

    def decode(self, data: Any, depth: int = 0) -> Any:
        if type(data) is str:  # as Python does with constants: some compare words by `is`
            return sys.intern(data) if data.isidentifier() else data
        if type(data) is not list:
            if type(data) not in AS_IT_IS:
                raise Nonsense(f"a value: {type(data).__name__}")
            return data
        if depth > 2 * DEEPEST + 10 or not data or type(data[0]) is not int:
            raise Nonsense("a value")
        try:
            return DECODERS[data[0]](self, data, depth)
        except Exception as error:
            raise Nonsense(f"a value: {error!r}") from error

    def decode_all(self, data: Any, depth: int = 0) -> list:
        if type(data) is not list or len(data) > LONGEST:
            raise Nonsense("a list")
        return [self.decode(each, depth + 1) for each in data]

    def _decode_container(self, data: list, depth: int) -> Any:
        _, number, kind, content = data
        if kind is None:
            return self._containers.thing(number)
        if type(number) is not int:
            raise Nonsense("a list's number")
        if kind == "Generator":
            thing = mirror.generator_of(content)
        else:
            thing = {"list": list, "dict": dict, "set": set}[kind]()
        self._containers.keep(number, thing)
        self.keys.arrived(number)
        if kind != "Generator":
            self._fill(thing, content, depth)
        self._containers.told(number)
        return thing

    def _fill(self, thing: Any, content: Any, depth: int = 0) -> None:
        if isinstance(thing, np.random.Generator):
            mirror.set_state(thing, content)
        elif isinstance(thing, dict):
            pairs = [self.decode_all(pair, depth) for pair in content]
            thing.clear()
            self.keys.put(thing.update, pairs)
        elif isinstance(thing, set):
            items = self.decode_all(content, depth)
            thing.clear()
            self.keys.put(thing.update, items)
        else:
            thing[:] = self.decode_all(content, depth)

    def _decode_error_kind(self, data: list, depth: int) -> type:
        _, number, name, bases = data
        found = self._error_kinds.get(number)
        if found is None:
            if len(self._error_kinds) > MOST_KINDS:
                raise Nonsense("too many kinds of exceptions")
            bases = tuple(self.decode(base, depth + 1) for base in bases)
            bases = tuple(b for b in bases if isinstance(b, type) and issubclass(b, BaseException))
            found = self._error_kinds[number] = type(
                name, bases or (Exception,), {"__str__": _says}
            )
        return found

    def _decode_error(self, data: list, depth: int) -> BaseException:
        _, number, kind, text, arguments, name, places = data
        kind = self.decode(kind, depth + 1)
        if not (isinstance(kind, type) and issubclass(kind, BaseException) and type(text) is str):
            raise Nonsense("an exception")
        arguments = self.decode_all(arguments, depth)
        try:
            # What an object of the student's looks like is not to be asked now.
            right = all(type(each) in (str, int, float, type(None)) for each in arguments)
            error = kind(*arguments) if right else None
            right = right and (kind.__str__ is _says or str(error) == text)
        except Exception:
            right = False
        if not right:
            error = kind.__new__(kind)
            error.args = (_Said(text),)
        error._there, error._text = (self._exchange, number), text
        if name is not None:
            with contextlib.suppress(AttributeError, TypeError):
                error.name = name
        errors.with_places(error, places, self.main)
        error._come_from = error.__traceback__
        return error

    def _yours(self, number: Any, places: Any = None) -> Any:
        """What the other end sends back; of an exception, where it went through there."""
        if number in self._errors:
            error, trace = self._errors[number]
            return errors.with_places(error.with_traceback(trace), places or [], self.main)
        return self.own(number)

    # --- The exchange ----------------------------------------------------------------------------

    def request(self, *what: Any, to: int | None = None) -> Any:
        """Have the other end do something, and take its answer; meanwhile it may ask for more."""
        if self.keys.is_at_frame():
            raise keys.AtFrame(f"no key can ask the other process to {what[0]} while it is hashed")
        me = self.channel.number()
        to = me if to is None else to
        if me in self._broken_off:
            raise Gone("an exchange was broken off")
        with self.channel.writing:
            self._depth += 1
        try:
            with self.channel.writing:
                values = self.whole([*what])
                self._broken_off.add(me)  # until the answer is here: what comes between ends all
                self._send(to, REQUEST, values)
            return self._await_answer(me)
        finally:
            self._has_exchanged()

    def _has_exchanged(self) -> None:
        """Exceptions are known by their numbers until the first request has its answer."""
        with self.channel.writing:
            self._depth -= 1
            if not self._depth:
                self._errors.clear()
                self._exchange += 1

    def _await_answer(self, me: int) -> Any:
        while True:
            frame = self.channel.wait(me)
            with self.channel.writing:
                value, fault = self._receive(frame)
            if frame[2] == REQUEST:
                self._broken_off.discard(me)
                try:
                    self.answer(frame[1], value, fault)
                finally:
                    self._broken_off.add(me)
            elif frame[2] == RESULT:
                self._broken_off.discard(me)
                if fault is not None:
                    raise fault
                return value
            elif isinstance(value, BaseException):
                self._broken_off.discard(me)
                raise value
            else:
                raise Nonsense("an error that is none")

    def answer(self, to: int, request: Any, fault: BaseException | None = None) -> None:
        """Do what was asked for, and send what came of it.

        Args:
            fault: why a key of the request could not be had: then nothing is done.
        """
        if type(request) is not list or not request:
            raise Nonsense("a request")
        with self.channel.writing:
            self._depth += 1
        try:
            try:
                if self._depth > 2 * MOST_NESTED:
                    raise RecursionError("the tests and the student's code call each other")
                if fault is not None:
                    raise fault
                kind, value = RESULT, self.do(request)
            except (Gone, Nonsense):
                raise
            except BaseException as error:
                if self.is_interrupted(error):
                    raise
                kind, value = ERROR, error
            with self.channel.writing:
                try:
                    data = self.whole([value])[0]
                except Exception as error:  # it can't be handed over
                    kind, data = ERROR, self.encode(error)
                ahead = self.ahead()
                changed = self._changed()
                request.clear()  # so that what nobody holds any more is told to be gone
                value = None
                self._send(to, kind, data, changed, ahead)
        finally:
            self._has_exchanged()

    def _send(self, to: int, kind: int, data: Any, changed: Any = None, ahead: Any = None) -> None:
        arrays, lists = changed or self._changed()
        self._containers.let_go()
        gone = []
        for each in (self._arrays, self._containers, self):
            # In one step: a garbage collection may add to it at any time.
            told, each.gone = each.gone, []
            gone.append(told)
        self._arrays.hold()
        news = [arrays, lists, gone, self.circumstances(), ahead]
        self.channel.send([to, self.channel.number(), kind, data, news])

    def _changed(self) -> tuple[list, list]:
        """What has changed here since the other end was told."""
        lists = []
        for number, thing in self._containers.changed():
            lists.append([number, self._content(thing, 0)])
            self._containers.told(number)
        return self._arrays.changes(), lists

    def _receive(self, frame: list) -> tuple[Any, BaseException | None]:
        """The value that a frame brings, and what a key of this end raised."""
        self.keys.begin()
        with self.keys.at_frame():
            return self._take(frame), self.keys.fault()

    def _take(self, frame: list) -> Any:
        """The value that a frame brings, once all that it tells of has been done."""
        try:
            arrays, lists, gone, circumstances, ahead = frame[4]
            blocks, containers, objects = gone
            self._arrays.take(arrays)
            if frame[2] == REQUEST:
                if type(frame[3]) is not list:
                    raise Nonsense("a request")
                value = self.decode_all(frame[3])
            else:
                value = self.decode(frame[3])
            self.take_ahead(ahead)
            self.keys.change(lists, self._fill)
            # Last: what came into being with this frame may be gone at its end.
            for number in blocks:
                self._arrays.drop(number)
            for number in containers:
                self._containers.drop(number)
            for number, times in objects:
                self._take_back(number, times)
            self._arrays.release()
            self.meet(circumstances)
        except Exception as error:
            raise Nonsense(repr(error)) from error
        return value


def _check_length(value: Collection) -> None:
    """Refuse what the other end would: here it costs the one value, there the exchange."""
    if len(value) > LONGEST:
        raise ValueError(f"a {type(value).__name__} of {len(value)} is too long to hand over")


class _Said(str):
    """The words of an exception, which are all that is left of what it was made of."""

    __repr__ = str.__str__


def _says(error: BaseException) -> str:
    return getattr(error, "_text", "")


ENCODERS = {
    OrderedDict: lambda end, x, depth: end.encode(dict(x), depth + 1),
    deque: lambda end, x, depth: end.encode(list(x), depth + 1),
    complex: lambda end, x, depth: [COMPLEX, x.real, x.imag],
    frozenset: lambda end, x, depth: [
        FROZENSET, [end._encode_key(each, depth + 1) for each in x]
    ],
    slice: lambda end, x, depth: [
        SLICE, *(end.encode(each, depth + 1) for each in (x.start, x.stop, x.step))
    ],
    range: lambda end, x, depth: [RANGE, x.start, x.stop, x.step],
    type(Ellipsis): lambda end, x, depth: [ELLIPSIS],
    type(NotImplemented): lambda end, x, depth: [NOT_IMPLEMENTED],
}  # fmt: skip


def _number(end: End, data: list, depth: int) -> np.generic:
    _, dtype, content = data
    return np.frombuffer(content, mirror.dtype_of(dtype), 1)[0]


def _objects(end: End, data: list, depth: int) -> np.ndarray:
    _, shape, items = data
    items = end.decode_all(items, depth)
    array = np.empty(len(items), object)
    for place, item in enumerate(items):  # not `array[:] = items`: NumPy would look into them
        array[place] = item
    return array.reshape(shape)


def _frozenset(end: End, data: list, depth: int) -> frozenset:
    items: set = set()
    end.keys.put(items.update, end.decode_all(data[1], depth))
    return frozenset(items)


def _key(end: End, data: list, depth: int) -> Any:
    _, described, told = data
    if described[0] != MINE or not (told is None or (type(told) is int and abs(told) <= SMALL)):
        raise Nonsense("a key")
    thing = end.decode(described, depth + 1)
    if told is not None:
        object.__setattr__(thing, "_hash_there", told)
    return thing


def _integer(end: End, data: list, depth: int) -> int:
    if len(data[1]) > 100_000:
        raise Nonsense("an integer")
    return int(data[1], 16)


def _known(end: End, data: list, depth: int) -> Any:
    if data[1] not in known.BY_NAME:
        raise Nonsense(f"the name {data[1]!r}")
    return known.BY_NAME[data[1]]


def _module(end: End, data: list, depth: int) -> Any:
    module = known.module_named(data[1])
    if module is None:
        raise Nonsense(f"the module {data[1]!r}")
    return module


DECODERS = {
    INT: _integer,
    COMPLEX: lambda end, data, depth: complex(data[1], data[2]),
    TEXT: lambda end, data, depth: str(data[1]),  # put together at run time
    TUPLE: lambda end, data, depth: tuple(end.decode_all(data[1], depth)),
    FROZENSET: _frozenset,
    SLICE: lambda end, data, depth: slice(*end.decode_all(data[1:], depth)),
    RANGE: lambda end, data, depth: range(*end.decode_all(data[1:], depth)),
    ELLIPSIS: lambda end, data, depth: Ellipsis,
    NOT_IMPLEMENTED: lambda end, data, depth: NotImplemented,
    PATH: lambda end, data, depth: pathlib.Path(data[1]),
    DTYPE: lambda end, data, depth: mirror.dtype_of(data[1]),
    NUMBER: _number,
    OBJECTS: _objects,
    KNOWN: _known,
    MODULE: _module,
    ARRAY: lambda end, data, depth: end._arrays.made_of(data[1:]),
    MEMORY: lambda end, data, depth: memoryview(end.decode(data[1], depth + 1)),
    CONTAINER: End._decode_container,
    MINE: lambda end, data, depth: end.stand_in(data[1]),
    YOURS: lambda end, data, depth: end._yours(*data[1:]),
    KIND: lambda end, data, depth: end.stand_in_kind(data[1]),
    ERROR_KIND: End._decode_error_kind,
    EXCEPTION: End._decode_error,
    KEY: _key,
}
