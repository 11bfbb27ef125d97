"""What can change and is held by both ends: arrays, lists, dicts, sets, Generators.

With each frame go the changes since the last one, and word of what one end holds no more. An
array is a view of a block of memory: two arrays that share memory here share it there. Nothing is
kept alive: of arrays there are weak references, and of the rest, which take none, references are
counted. So what a student's code reads off its reference counts stays as it is.
"""

from __future__ import annotations

import ctypes
import math
import operator
import sys
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .channel import Nonsense
from .known import BY_NAME

MOST_TRACKED = 200_000
MOST_SEEN = 1 << 30  # bytes that an array seems to have: of one that was stretched, many are one
KINDS = "biufcSUmM"
MOST_DIGITS, MOST_KEYS = 1000, 64  # of a seed
MOST_SPAWNED = 10_000  # between two frames
FORMATS = {*"?bBhHiIlLqQefd"}  # of the numbers in a memoryview
ATOMS = {int, float, bool, str, bytes, type(None)}
# What is sent by value, or kept alive by nobody: its id may soon be another's.
BY_VALUE = (np.ndarray, np.generic, np.dtype, tuple, list, dict, set, frozenset, slice, range,
            complex, np.random.Generator, BaseException)  # fmt: skip
CONTAINERS = {list: "list", dict: "dict", set: "set", np.random.Generator: "Generator"}
# Kinds of Generators; and of those that read where their state says, up to where they may.
GENERATORS = ("PCG64", "MT19937", "Philox", "SFC64", "PCG64DXSM")
PLACES = {"MT19937": ("pos", 624), "Philox": ("buffer_pos", 4)}
MOST_OF_STATE = 624  # numbers in an array of a state


def memory_of(array: np.ndarray) -> np.ndarray | None:
    """The bytes of an array that lie in one piece, as a view of them; else None."""
    if not array.nbytes:
        return np.empty(0, np.uint8)
    if not array.flags.c_contiguous:
        array = array.transpose(_by_stride(array.strides))
        if not array.flags.c_contiguous:
            return None
    return array.reshape(-1).view(np.uint8)


def _by_stride(strides: Sequence[int]) -> list[int]:
    """The axes, the one with the largest steps first."""
    return sorted(range(len(strides)), key=lambda axis: -strides[axis])


def owner_of(array: np.ndarray) -> np.ndarray:
    """The array whose memory this one views, or itself."""
    while type(array.base) is np.ndarray:
        array = array.base
    return array


def address_of(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


class Arrays:
    """The arrays that both ends hold.

    Args:
        keeps: as for `look_at`. Then an array that a frame brought lasts until the next one is
            sent, which tells of what was written into it, as by `x.data[0] = 1`.
    """

    def __init__(self, first_number: int, keeps: bool):
        self._next, self._keeps = first_number, keeps
        self._brought: list[np.ndarray] = []  # by the last frames
        self._blocks: dict[int, tuple[weakref.ref, bytes]] = {}  # by number; as last told
        self._numbers: dict[int, int] = {}  # of blocks, by the id of the owner
        self._views: dict[int, weakref.ref] = {}  # by number
        self._view_numbers: dict[int, tuple[weakref.ref, int]] = {}  # by id
        self._held: list[np.ndarray | None] = []
        self.gone: list[int] = []  # blocks that are held here no more
        self.fresh: list[int] = []  # blocks of which the frame at hand is the first to tell

    def _number(self) -> int:
        self._next += 2
        return self._next

    def _keep(self, number: int, owner: np.ndarray, content: bytes) -> None:
        if len(self._blocks) > MOST_TRACKED:
            raise Nonsense("too many arrays at once")
        address = id(owner)

        def forget(_, number=number, address=address) -> None:
            self._blocks.pop(number, None)
            if self._numbers.get(address) == number:
                del self._numbers[address]
            self.gone.append(number)

        self._blocks[number] = weakref.ref(owner, forget), content
        self._numbers[address] = number

    def drop(self, number: int) -> None:
        """The other end holds a block no more."""
        known = self._blocks.pop(number, None)
        owner = known and known[0]()
        if owner is not None and self._numbers.get(id(owner)) == number:
            del self._numbers[id(owner)]

    def _view_number(self, array: np.ndarray) -> int:
        known = self._view_numbers.get(id(array))
        if known and known[0]() is array:
            return known[1]
        number = self._number()
        self._note_view(number, array)
        return number

    def _note_view(self, number: int, array: np.ndarray) -> None:
        address = id(array)

        def forget(_, number=number, address=address) -> None:
            self._views.pop(number, None)
            known = self._view_numbers.get(address)
            if known and known[1] == number:
                del self._view_numbers[address]

        ref = weakref.ref(array, forget)
        self._views[number] = ref
        self._view_numbers[address] = ref, number

    def describe(self, array: np.ndarray) -> list:
        """An array of numbers as data: [view, block, dtype, shape, strides, offset, writable, new].

        The last is [dtype, shape, strides, content, writable] of a block that the other end does
        not hold yet, and else None.
        """
        owner = owner_of(array) if array.nbytes else array
        if array.nbytes > MOST_SEEN:
            raise ValueError(f"an array of {array.nbytes} bytes is too large to hand over")
        number = self._numbers.get(id(owner))
        new = None
        if number is None or self._blocks[number][0]() is not owner:
            memory = memory_of(owner)
            if memory is None:  # in pieces: what it views is not to be had
                owner = array = array.copy()
                memory = memory_of(owner)
            content = memory.tobytes()
            number = self._number()
            self._keep(number, owner, content)
            self.fresh.append(number)
            new = [owner.dtype.str, list(owner.shape), list(owner.strides), content]
            new.append(owner.flags.writeable)
        offset = address_of(array) - address_of(owner) if array is not owner else 0
        geometry = [array.dtype.str, list(array.shape), list(array.strides), offset]
        return [self._view_number(array), number, *geometry, array.flags.writeable, new]

    def made_of(self, description: list) -> np.ndarray:
        """The array that a description means."""
        view, number, dtype, shape, strides, offset, writable, new = description
        owner = self._keep_new(number, *new) if new is not None else self._owner(number)
        if self._keeps:
            self._brought.append(owner)
        dtype, shape, strides = dtype_of(dtype), _lengths(shape), _steps(strides, shape)
        if math.prod(shape) * dtype.itemsize > MOST_SEEN or not dtype.itemsize:
            raise Nonsense("a large array")
        ref = self._views.get(view)
        array = ref and ref()
        if array is not None and _lies(array, dtype, shape, strides):
            return array
        if _lies(owner, dtype, shape, strides) and not offset and not self._is_named(owner):
            array = owner
        else:
            try:
                array = np.ndarray(shape, dtype, memory_of(owner), offset, strides)
            except (TypeError, ValueError) as error:
                raise Nonsense(str(error)) from error
            if not writable:
                array.flags.writeable = False
        self._note_view(view, array)
        return array

    def _owner(self, number: int) -> np.ndarray:
        known = self._blocks.get(number)
        owner = known and known[0]()
        if owner is None:
            raise Nonsense("an array of memory that is not known")
        return owner

    def _is_named(self, array: np.ndarray) -> bool:
        known = self._view_numbers.get(id(array))
        return known is not None and known[0]() is array

    def _keep_new(self, number, dtype, shape, strides, content, writable) -> np.ndarray:
        """A new block, laid out as there: in C's order of axes, in Fortran's, or in none."""
        if number in self._blocks or not isinstance(content, bytes):
            raise Nonsense("a block that is there")
        dtype, shape = dtype_of(dtype), _lengths(shape)
        size, order = math.prod(shape), _by_stride(_steps(strides, shape))
        if size * dtype.itemsize != len(content) or not dtype.itemsize:
            raise Nonsense("a block of another size than it says")
        if order == [*range(len(shape))]:
            owner = np.empty(shape, dtype)
        elif order[::-1] == [*range(len(shape))]:
            owner = np.empty(shape, dtype, order="F")
        else:
            owner = np.empty(size, dtype)
        memory_of(owner)[...] = np.frombuffer(content, np.uint8)
        owner.flags.writeable = bool(writable)
        self._keep(number, owner, content)
        return owner

    def hold(self) -> None:
        """Let nothing be gone while the other end's next frame is on its way."""
        self._held = [ref() for ref, _ in list(self._blocks.values())]

    def release(self) -> None:
        self._held = []

    def changes(self) -> list:
        """[block, content] of all that was changed here since the other end was told."""
        found = []
        for number, (ref, old) in list(self._blocks.items()):
            owner = ref()
            if owner is None:
                continue
            content = memory_of(owner).tobytes()
            if content != old:
                self._blocks[number] = ref, content
                found.append([number, content])
        self._brought.clear()
        return found

    def take(self, changes: list) -> None:
        for number, content in changes:
            known = self._blocks.get(number)
            owner = known and known[0]()
            if owner is None:
                continue
            if not isinstance(content, bytes) or len(content) != owner.nbytes:
                raise Nonsense("a change of another size")
            if not owner.flags.writeable:  # it was told so: nobody can have written there
                raise Nonsense("a change of what can't be changed")
            memory_of(owner)[...] = np.frombuffer(content, np.uint8)
            self._blocks[number] = known[0], content


def dtype_of(text: Any) -> np.dtype:
    if not isinstance(text, str):
        raise Nonsense("a dtype")
    try:
        dtype = np.dtype(text)
    except (TypeError, ValueError, SyntaxError) as error:
        raise Nonsense(str(error)) from error
    if dtype.kind not in KINDS or dtype.itemsize > 1 << 20:
        raise Nonsense(f"dtype {text!r}")
    return dtype


def _steps(strides: Any, shape: Any) -> tuple[int, ...]:
    if len(strides) != len(shape) or any(type(n) is not int for n in strides):
        raise Nonsense("strides")
    return tuple(strides)


def _lies(array: np.ndarray, dtype: np.dtype, shape: tuple, strides: tuple) -> bool:
    """Whether an array has this layout; the step of an axis of length 1 doesn't matter."""
    if array.dtype != dtype or array.shape != shape:
        return False
    steps = zip(shape, strides, array.strides, strict=True)
    return not array.nbytes or all(n == 1 or a == b for n, a, b in steps)


def _lengths(shape: Any) -> tuple[int, ...]:
    if len(shape) > 64 or any(type(n) is not int or not 0 <= n < 1 << 40 for n in shape):
        raise Nonsense("a shape")
    return tuple(shape)


MAKING = object()  # told of what is not whole yet
UNKNOWN = object()  # told of what the other end holds otherwise


@dataclass
class Held:
    """A container that both ends hold, and what it held when the other end was last told."""

    thing: Any
    told: Any


class Containers:
    """Lists, dicts, sets and Generators that both ends hold.

    Args:
        keeps: as for `look_at`.
    """

    def __init__(self, first_number: int, keeps: bool):
        self._next, self._keeps = first_number, keeps
        self._held: dict[int, Held] = {}
        self._numbers: dict[int, int] = {}  # by id
        self.gone: list[int] = []
        self.fresh: list[int] = []

    def number_of(self, thing: Any) -> tuple[int, bool]:
        """The number of a container, and whether the other end has not heard of it yet."""
        number = self._numbers.get(id(thing))
        if number is not None:
            return number, False
        self._next += 2
        self.keep(self._next, thing)
        self.fresh.append(self._next)
        return self._next, True

    def keep(self, number: int, thing: Any) -> None:
        if len(self._held) > MOST_TRACKED or number in self._held:
            raise Nonsense("too many lists at once")
        self._held[number] = Held(thing, MAKING)
        self._numbers[id(thing)] = number

    def told(self, number: int) -> None:
        """The other end knows what it holds now."""
        held = self._held.get(number)
        if held is not None:
            held.told = look_at(held.thing, self._keeps)

    def untold(self, number: int) -> None:
        """The other end holds something else, and is to be told."""
        self._held[number].told = UNKNOWN

    def thing(self, number: int) -> Any:
        try:
            return self._held[number].thing
        except KeyError:
            raise Nonsense("a list that is not known") from None

    def drop(self, number: int) -> None:
        held = self._held.pop(number, None)
        if held is not None:
            del self._numbers[id(held.thing)]

    def forget(self, number: int) -> None:
        """Hold a container no more: the other end is to tell of it anew."""
        self.drop(number)
        self.gone.append(number)

    def let_go(self) -> None:
        """Forget what is held here no more, but for these references."""
        for number, held in list(self._held.items()):
            if sys.getrefcount(held.thing) <= 2:
                self.forget(number)

    def changed(self) -> list[tuple[int, Any]]:
        """The containers that are not as the other end knows them."""
        return [
            (number, held.thing)
            for number, held in list(self._held.items())
            if held.told is not MAKING
            and (held.told is UNKNOWN or not is_as(held.thing, held.told))
        ]


class Same(list):
    """The things themselves, to be compared by identity."""


class Ids(list):
    """The ids of things that are kept alive elsewhere for as long as the other end holds them."""


ITEMS = list.__basicsize__ - 16  # where in a list the address of its elements' addresses lies


def elements_of(items: list) -> bytes:
    """Where the elements of a list are, as CPython holds them.

    Lists are compared with each exchange, and some have ten thousand elements: with `id`, one by
    one, that took a third of a lesson's time.
    """
    place = ctypes.c_void_p.from_address(id(items) + ITEMS).value
    return ctypes.string_at(place, ctypes.sizeof(ctypes.c_void_p) * len(items)) if place else b""


def look_at(thing: Any, keeps: bool) -> Any:
    """What a container holds.

    Args:
        keeps: whether what it holds may be kept alive by this. In S nothing may: a student's code
            may count its references.
    """
    if isinstance(thing, np.random.Generator):
        return state_of(thing)
    if isinstance(thing, dict):
        return [(_mark(key), _mark(value)) for key, value in thing.items()]
    kinds = set(map(type, thing))
    if kinds <= ATOMS:
        return thing.copy()
    if keeps:
        return Same(thing)
    if not any(kind in ATOMS or issubclass(kind, BY_VALUE) for kind in kinds):
        return elements_of(thing) if isinstance(thing, list) else Ids(map(id, thing))
    return tuple(map(_mark, thing))


def is_as(thing: Any, told: Any) -> bool:
    if isinstance(thing, np.random.Generator):
        return state_of(thing) == told
    if type(told) is not bytes and len(thing) != len(told):
        return False
    if isinstance(thing, dict):
        pairs = zip(thing.items(), told, strict=True)
        return all(_is(k, old[0]) and _is(v, old[1]) for (k, v), old in pairs)
    if type(told) is bytes:
        return elements_of(thing) == told
    if type(told) is Same and type(thing) is list:
        return elements_of(thing) == elements_of(told)
    if type(told) is Ids:
        return [*map(id, thing)] == told
    if type(told) is Same:
        return all(map(operator.is_, thing, told))
    if type(told) is tuple:
        return all(map(_is, thing, told))
    # By `==`, which is quick: no array is among them, of which it means something else.
    return thing == told if ATOMS.issuperset(map(type, thing)) else False


def _mark(thing: Any) -> Any:
    try:
        return weakref.ref(thing)
    except TypeError:
        return thing


def _is(thing: Any, mark: Any) -> bool:
    return mark is thing or (type(mark) is weakref.ref and mark() is thing)


def state_of(generator: np.random.Generator) -> list:
    """A Generator's state as data, and of the seeds that it spawns others from."""
    bits = generator.bit_generator
    return [type(bits).__name__, _plain(bits.state), _seeds_of(bits.seed_seq)]


def _seeds_of(seeds: Any) -> list | None:
    """What a SeedSequence is made of, and how many it has spawned."""
    if type(seeds) is not np.random.SeedSequence or not isinstance(seeds.entropy, int):
        return None
    key = [*map(int, seeds.spawn_key)]
    return [str(seeds.entropy), key, seeds.pool_size, seeds.n_children_spawned]


def _seeded(made_of: Any) -> Any:
    """The SeedSequence that was made of that; a seed where it was another kind's."""
    if made_of is None:
        return 0
    entropy, key, size, spawned = made_of
    if len(entropy) > MOST_DIGITS or len(key) > MOST_KEYS or not 4 <= size <= MOST_KEYS:
        raise Nonsense("a Generator's seeds")
    return np.random.SeedSequence(
        int(entropy), spawn_key=tuple(key), pool_size=size, n_children_spawned=spawned
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray):
        return [value.dtype.str, value.tolist()]
    return str(value) if isinstance(value, int) and value >= 1 << 63 else value


def generator_of(state: list) -> np.random.Generator:
    name, _, seeds = state
    if name not in GENERATORS or f"numpy.random:{name}" not in BY_NAME:
        raise Nonsense("a Generator of another kind")
    try:
        bits = BY_NAME[f"numpy.random:{name}"](_seeded(seeds))
    except (TypeError, ValueError, OverflowError) as error:
        raise Nonsense(f"a Generator's seeds: {error}") from error
    generator = np.random.Generator(bits)
    set_state(generator, state)
    return generator


def set_state(generator: np.random.Generator, state: list) -> None:
    try:
        new = _unplain(state[1])
        _check_place(generator.bit_generator, new)
        _check_step(new)
        generator.bit_generator.state = new
        if state[2] is not None:
            _spawn_up_to(generator.bit_generator.seed_seq, state[2][3])
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise Nonsense(f"a Generator's state: {error}") from error


def _spawn_up_to(seeds: np.random.SeedSequence, spawned: int) -> None:
    """Have as many spawned as there: never fewer, since nobody can take one back."""
    new = spawned - seeds.n_children_spawned
    if new > MOST_SPAWNED:
        raise Nonsense("too many Generators are spawned")
    if new > 0:
        seeds.spawn(new)


def _check_place(bits: np.random.BitGenerator, state: dict) -> None:
    """NumPy takes a place in the state for what it says, and reads there."""
    name, most = PLACES.get(type(bits).__name__, ("", 0))
    if name:
        place = state[name] if name in state else state["state"][name]
        if type(place) is not int or not 0 <= place <= most:
            raise Nonsense("a place outside a Generator's state")


def _check_step(state: dict) -> None:
    """PCG64's step is odd; with an even one, all that a test draws could be made one number."""
    if state["bit_generator"].startswith("PCG64") and not int(state["state"]["inc"]) % 2:
        raise Nonsense("a step that no Generator has")


def _unplain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unplain(each) for key, each in value.items()}
    if isinstance(value, list):
        dtype, numbers = value
        if dtype_of(dtype).kind != "u" or len(numbers) > MOST_OF_STATE:
            raise Nonsense("a Generator's state")
        return np.array(numbers, dtype)
    return int(value) if isinstance(value, str) and value.isdigit() else value
