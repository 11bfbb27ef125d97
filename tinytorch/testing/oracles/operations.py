"""Lesson 09, Operations: what its functions are held against, and what they are tried on.

A gradient rule is held against a definition with its own signature, which looks where each number
of the input went: `definition(grad, output, *inputs, **options)`. Cases for rules are made by
`for_rule`, which puts a grad and the output in front. What returns several arrays is called
through `listed` or `summed`, so that a list or a tuple will do.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from tinytorch.testing.checks import summed_to
from tinytorch.testing.inputs import Case, case, numbers, strange, strided

FLOATS = (np.float64, np.float32)


def for_rule(
    function: Callable, cases: Iterable[Case], seed: int = 0, dtypes: Sequence = ()
) -> list[Case]:
    """Cases of a function as its gradient rule is called: with a grad and the output in front.

    The grads are of both signs and of several sizes, never 0; every third is not contiguous.
    They have the output's dtype, or, if `dtypes` are given, those in turn.
    """
    found = []
    for n, each in enumerate(cases):
        output = np.asarray(function(*each.inputs, **each.options))
        dtype = dtypes[n % len(dtypes)] if dtypes else output.dtype
        eighths = numbers((output.size,), seed=seed + n, low=-24, high=23) + 0.5
        grad = (eighths * ((1, 1e6, 1e-9)[n % 3] / 8)).astype(dtype).reshape(output.shape)
        grad = strided(grad) if n % 3 == 1 else grad
        found.append(Case((grad, output, *each.inputs), each.options))
    return found


def listed(function: Callable) -> Callable:
    """A function that returns several arrays, as one that returns a list of them."""

    @functools.wraps(function)
    def called(*inputs: Any, **options: Any) -> list | None:
        found = function(*inputs, **options)
        return [np.asarray(part) for part in found] if isinstance(found, list | tuple) else found

    return called


def part(rule: Callable, argnum: int) -> Callable:
    """A rule for all inputs, as the rule for one of them."""

    @functools.wraps(rule)
    def one(*inputs: Any, **options: Any) -> Any:
        found = rule(*inputs, **options)
        return found if found is None else list(found)[argnum]

    return one


# --- Joining and cutting ----------------------------------------------------------------------


def joined(*arrays: np.ndarray, axis: int = 0) -> np.ndarray:
    """Arrays one after the other."""
    return np.concatenate(arrays, axis)


def cut_back(
    grad: np.ndarray, output: np.ndarray, *arrays: np.ndarray, axis: int = 0
) -> list[np.ndarray]:
    """The gradient of each array that was joined: the rows of grad that stand in its place."""
    found, start = [], 0
    for array in arrays:
        stop = start + array.shape[axis]
        found.append(np.take(grad, range(start, stop), axis))
        start = stop
    return found


def joins(
    kinds: Iterable[tuple[Sequence[Sequence[int]], int | None]], seed: int, mixed: bool = False
) -> list[Case]:
    """Arrays of some shapes, joined along an axis (None: not named), as the rule is called.

    They are of one dtype, or, if `mixed`, of two in turn.
    """
    found = []
    for n, (shapes, axis) in enumerate(kinds):
        arrays = [
            numbers(shape, FLOATS[(n + m * mixed) % 2], seed + m) for m, shape in enumerate(shapes)
        ]
        found.append(Case(tuple(arrays), {} if axis is None else {"axis": axis}))
    return for_rule(joined, found, seed)


def joined_twice(shape: Sequence[int], axis: int, seed: int) -> list[Case]:
    """An array joined with itself, and with another one in between."""
    one, other = numbers(shape, seed=seed), numbers(shape, seed=seed + 1)
    return for_rule(joined, [case(one, one, axis=axis), case(one, other, one, axis=axis)], seed)


def cut(array: np.ndarray, sizes: Any, axis: int = 0) -> list[np.ndarray]:
    """Pieces of an array, of the lengths that were asked for."""
    length, found, start = array.shape[axis], [], 0
    for size in itertools.repeat(sizes) if isinstance(sizes, int) else sizes:
        stop = min(start + size, length)
        found.append(np.take(array, range(start, stop), axis))
        start = stop
        if isinstance(sizes, int) and start >= length:
            break
    return found


def cuts(kinds: Iterable[tuple], seed: int) -> list[Case]:
    """`pieces(array, sizes, axis)` for each (shape, sizes, axis); without the axis for None."""
    found = []
    for n, (shape, sizes, axis) in enumerate(kinds):
        array = numbers(shape, (np.float64, np.float32, np.int64)[n % 3], seed + n)
        array = strided(array) if n % 4 == 3 else array
        sizes = list(sizes) if isinstance(sizes, list) else sizes
        found.append(case(array, sizes, **({} if axis is None else {"axis": axis})))
    return found


def lengths_after(function: Callable) -> Callable:
    """The lengths that a function was asked to cut to, as they are after the call."""

    @functools.wraps(function)
    def asked(array: np.ndarray, sizes: Any, axis: int = 0) -> Any:
        function(array, sizes, axis)
        return list(sizes)

    return asked


def lengths_before(array: np.ndarray, sizes: Any, axis: int = 0) -> list:
    """The same lengths."""
    return list(sizes)


def views(function: Callable) -> Callable:
    """Whether each of the pieces that a function cuts views the memory of the array."""

    @functools.wraps(function)
    def asked(array: np.ndarray, *rest: Any, **options: Any) -> list[bool] | None:
        found = function(array, *rest, **options)
        if found is None:
            return None
        return [bool(np.shares_memory(array, piece)) for piece in found if np.size(piece)]

    return asked


def all_views(array: np.ndarray, sizes: Any, axis: int = 0) -> list[bool]:
    """All of them do."""
    return [True for piece in cut(array, sizes, axis) if piece.size]


# --- Choosing ---------------------------------------------------------------------------------


def chosen_back(
    grad: np.ndarray, output: np.ndarray, condition: np.ndarray, a: Any, b: Any
) -> list[np.ndarray]:
    """How much of grad each number of a and of b gets: the sum over where it was chosen."""
    found = []
    for x, chosen in ((a, condition), (b, ~condition)):
        slopes = np.zeros(np.size(x), grad.dtype)
        places = np.broadcast_to(np.arange(np.size(x)).reshape(np.shape(x)), grad.shape)
        there = np.broadcast_to(chosen, grad.shape)
        for place, share in zip(places[there], grad[there], strict=True):
            slopes[place] += share
        found.append(slopes.reshape(np.shape(x)))
    return found


def summed(rule: Callable) -> Callable:
    """The gradients of a and b that a rule of `where` gives, as the walk sums them up."""

    @functools.wraps(rule)
    def fitted(
        grad: np.ndarray, output: np.ndarray, condition: np.ndarray, a: Any, b: Any
    ) -> list | None:
        found = rule(grad, output, condition, a, b)
        if found is None:
            return None
        first, *parts = found
        if first is not None:
            raise ValueError("a gradient for the condition, which has none: expected None")
        pairs = zip(map(np.asarray, parts), (a, b), strict=True)
        return [summed_to(p, np.shape(x)) if p.shape == grad.shape else p for p, x in pairs]

    return fitted


CHOICES = (  # shapes of the condition, of a and of b; None is a plain number
    ((2, 3), (2, 3), (2, 3)),
    ((4,), (4,), (4,)),
    ((), (), ()),
    ((0, 2), (0, 2), (0, 2)),
    ((2, 1, 3), (2, 1, 3), (2, 1, 3)),
)
WIDE_CHOICES = (
    ((2, 3), (3,), (2, 1)),
    ((3,), (2, 3), None),
    ((2, 1), None, (3,)),
    ((), (2,), (3, 2)),
    ((2, 2), (), (2, 2)),
    ((3, 1, 2), (4, 1), (2,)),
)


def choices(shapes: Iterable[tuple], seed: int) -> list[Case]:
    """Conditions, true and false, with an a and a b of these shapes."""
    found = []
    for n, (shape, *others) in enumerate(shapes):
        condition = numbers(shape, bool, seed + n)
        if condition.size > 1:
            condition.flat[0], condition.flat[-1] = True, False
        dtype = FLOATS[n % 2]
        a, b = (
            1.5 if each is None else numbers(each, dtype, seed + n + m)
            for m, each in enumerate(others)
        )
        found.append(case(condition, a, b))
    return for_rule(np.where, found, seed)


def wild_choices(conditions: Iterable, seed: int) -> list[Case]:
    """Branches that hold nan and infinities, and grads that do."""
    found = []
    for n, rows in enumerate(conditions):
        condition, wild = np.array(rows), strange(FLOATS[n % 2])
        calm = numbers(wild.shape, wild.dtype, seed + n)
        for grad, a, b in ((calm, wild, calm), (calm, calm, wild), (wild, calm, calm)):
            found.append(case(grad, np.where(condition, a, b), condition, a, b))
    return found


# --- Padding ----------------------------------------------------------------------------------


def padded(x: np.ndarray, widths: Sequence, value: float = 0) -> np.ndarray:
    """x in the middle of a constant."""
    return np.pad(x, widths, constant_values=value) if x.ndim else x.copy()


def middle(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, widths: Sequence, value: float = 0
) -> np.ndarray:
    """The gradient of x: for each number, what stands where it went."""
    slopes = np.zeros(x.shape, grad.dtype)
    for index in np.ndindex(x.shape):
        pairs = zip(index, widths, strict=True)
        slopes[index] = grad[tuple(n + before for n, (before, _) in pairs)]
    return slopes


def pads(kinds: Iterable[tuple], seed: int, dtypes: Sequence = ()) -> list[Case]:
    """x of a shape, with widths and perhaps a value, as the rule is called."""
    found = [
        case(numbers(shape, FLOATS[n % 2], seed + n, -0.25, 0.25), widths, *value)
        for n, (shape, widths, *value) in enumerate(kinds)
    ]
    return for_rule(padded, found, seed, dtypes)


# --- Taking -----------------------------------------------------------------------------------


def taken(x: np.ndarray, indices: np.ndarray, axis: int = 0) -> np.ndarray:
    """The parts of x that stand at some indices along an axis."""
    return np.take(x, indices, axis)


def put_back(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, indices: np.ndarray, axis: int = 0
) -> np.ndarray:
    """The gradient of x: each part of grad is added where it was taken from."""
    axis = axis % x.ndim
    slopes = np.zeros(x.shape, x.dtype)
    front = np.moveaxis(slopes, axis, 0)
    for place in np.ndindex(indices.shape):
        front[indices[place]] += grad[(slice(None),) * axis + place]
    return slopes


def takes(
    kinds: Iterable[tuple], seed: int, dtypes: Sequence = (), places: Any = np.int64
) -> list[Case]:
    """Parts of an x of a shape at some indices along an axis (None: not named)."""
    found = []
    for n, (shape, indices, axis) in enumerate(kinds):
        x = numbers(shape, FLOATS[n % 2], seed + n)
        options = {} if axis is None else {"axis": axis}
        found.append(case(x, np.array(indices, places), **options))
    return for_rule(taken, found, seed, dtypes)


def wild_takes(some: Iterable, seed: int) -> list[Case]:
    """Rows, and then columns, of an x that holds nan and infinities."""
    found = []
    for n, indices in enumerate(some):
        found.append(case(strange(FLOATS[n % 2]), np.array(indices, np.int64), axis=n % 2))
    return for_rule(taken, found, seed)


def many_takes(count: int, rows: int, seed: int) -> list[Case]:
    """A table of a few rows, each taken very often, from a sequence and along another axis."""
    x, indices = numbers((rows, 3), np.float32, seed), numbers((count,), int, seed, 0, rows - 1)
    return for_rule(taken, [case(x, indices), case(x.T, indices, axis=1)], seed)


# --- Running sums and spread ------------------------------------------------------------------


def sums_from_here(grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: int) -> np.ndarray:
    """The gradient of running sums: each number went into its own sum and all that follow."""
    slopes = np.zeros(x.shape, grad.dtype)
    front, lines = np.moveaxis(slopes, axis, 0), np.moveaxis(grad, axis, 0)
    for n in range(len(lines)):
        for later in lines[n:]:
            front[n] += later
    return slopes


def running(
    kinds: Iterable[tuple], seed: int, dtypes: Sequence = (), of: Sequence = FLOATS
) -> list[Case]:
    """Running sums of an x of a shape along an axis, as the rule is called."""
    found = [
        case(numbers(shape, of[n % len(of)], seed + n), axis=axis)
        for n, (shape, axis) in enumerate(kinds)
    ]
    return for_rule(lambda x, axis: np.cumsum(x, axis), found, seed, dtypes)


def large_first(kinds: Iterable[tuple], seed: int) -> list[Case]:
    """The same, with a grad that is very large at the first place along the axis."""
    found = running(kinds, seed)
    for each in found:
        grad = each.inputs[0]
        np.moveaxis(grad, each.options["axis"], 0)[0] = 1e20
    return found


def behind_the_first(function: Callable) -> Callable:
    """What a function gives at all places along the axis but the first."""

    @functools.wraps(function)
    def rest(grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: int) -> Any:
        found = function(grad, output, x, axis)
        there = isinstance(found, np.ndarray) and found.shape == x.shape
        return np.moveaxis(found, axis, 0)[1:].copy() if there else found

    return rest


def variance(
    x: np.ndarray, axis: Any = None, keepdims: bool = False, correction: float = 1
) -> np.ndarray:
    """The variance, by NumPy."""
    return np.var(x, axis, keepdims=keepdims, ddof=correction)


def spread_back(
    grad: np.ndarray,
    output: np.ndarray,
    x: np.ndarray,
    axis: Any = None,
    keepdims: bool = False,
    correction: float = 1,
) -> np.ndarray:
    """The gradient of the variance: twice the distance from the mean, over the divisor."""
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = {each % x.ndim for each in axes}
    lengths = [1 if n in gone else length for n, length in enumerate(x.shape)]
    group = np.broadcast_to(np.arange(grad.size).reshape(lengths), x.shape)
    slopes = np.zeros(x.shape, grad.dtype)
    for n, share in enumerate(grad.ravel()):
        values = x[group == n].astype(np.float64)
        centre = math.fsum(values) / len(values)
        slopes[group == n] = 2 * float(share) * (values - centre) / (len(values) - correction)
    return slopes


SPREADS = (  # shape, axis ("all": not named), keepdims
    ((5,), "all", False),
    ((2, 3), 0, False),
    ((2, 3), 1, True),
    ((3, 3), -1, False),
    ((3, 3), 0, True),
    ((2, 3, 2), (0, 2), False),
    ((2, 3, 2), 1, False),
    ((2, 2, 2), (0, -1), True),
    ((2, 2), None, True),
    ((3, 2, 2), (1, 0), False),
    ((3, 2, 2), (-2, -1), False),
)


def spreads(
    kinds: Iterable[tuple], seed: int, centre: float = 0, corrections: Sequence = ()
) -> list[Case]:
    """The variance of an x of a shape along axes, around a number."""
    found = []
    for n, (shape, axis, keepdims) in enumerate(kinds):
        options = {} if axis == "all" else {"axis": axis}
        options |= {"keepdims": True} if keepdims else {}
        options |= {"correction": corrections[n % len(corrections)]} if corrections else {}
        dtype = np.float64 if centre else FLOATS[n % 2]
        found.append(Case((numbers(shape, dtype, seed + n) + dtype(centre),), options))
    return found


def for_spread(cases: Iterable[Case], seed: int, dtypes: Sequence = ()) -> list[Case]:
    """Cases of the variance as its rule is called."""
    return for_rule(variance, cases, seed, dtypes)


# --- Order ------------------------------------------------------------------------------------


def ranked(x: np.ndarray, axis: int = -1, descending: bool = False) -> np.ndarray:
    """The places of the numbers in their order, the first of equals first, nan the largest."""
    sign = -1 if descending else 1

    def size(value: Any) -> tuple:
        return (sign, 0) if math.isnan(value) else (0, sign * value)

    found = np.zeros(x.shape, np.int64)
    lines, places = np.moveaxis(x, axis, -1), np.moveaxis(found, axis, -1)
    for index in np.ndindex(lines.shape[:-1]):
        values = lines[index].tolist()
        places[index] = sorted(range(len(values)), key=lambda n, values=values: size(values[n]))
    return found


def orders(
    kinds: Iterable[tuple], seed: int, dtypes: Sequence = FLOATS, ties: bool = False, **options: Any
) -> list[Case]:
    """Numbers of these shapes along an axis (None: not named), with many equals or with none."""
    found = []
    for n, (shape, axis) in enumerate(kinds):
        dtype = dtypes[n % len(dtypes)]
        if ties:
            x = numbers(shape, int, seed + n, -1, 1).astype(dtype)
        else:
            order = np.argsort(numbers((math.prod(shape),), seed=seed + n), kind="stable")
            x = (order.reshape(shape) - 2).astype(dtype)
        x = strided(x) if n % 3 == 2 else x
        found.append(case(x, **({} if axis is None else {"axis": axis}), **options))
    return found


def orders_of(some: Iterable, dtype: Any = np.float64) -> list[Case]:
    """These numbers, in both orders."""
    arrays = [np.array(each, dtype) for each in some]
    return [case(x, descending=falling) for x in arrays for falling in (False, True)]


# --- Sums by letters --------------------------------------------------------------------------


def by_letters(*arrays: np.ndarray, subscripts: str) -> np.ndarray:
    """The sum that the letters say, by NumPy."""
    return np.einsum(subscripts, *arrays)


def letters_back(
    grad: np.ndarray, output: np.ndarray, *arrays: np.ndarray, subscripts: str
) -> list[np.ndarray]:
    """The gradient of each array, one product of the sum at a time."""
    left, result = subscripts.split("->")
    terms = left.split(",")
    lengths: dict = {}
    for term, array in zip(terms, arrays, strict=True):
        lengths |= dict(zip(term, array.shape, strict=True))
    found = [np.zeros(array.shape) for array in arrays]
    for each in itertools.product(*map(range, lengths.values())):
        at = dict(zip(lengths, each, strict=True))
        places = [tuple(at[c] for c in term) for term in terms]
        values = [float(x[place]) for x, place in zip(arrays, places, strict=True)]
        share = float(grad[tuple(at[c] for c in result)])
        for n, slopes in enumerate(found):
            slopes[places[n]] += share * math.prod(values[:n] + values[n + 1 :])
    return [slopes.astype(grad.dtype) for slopes in found]


def letter_cases(subscripts: Iterable[str], seed: int, mixed: bool = False) -> list[Case]:
    """Arrays for each of some subscripts, in which letters have lengths of 2 to 4.

    They are of one dtype, or, if `mixed`, of two.
    """
    found = []
    for n, each in enumerate(subscripts):
        terms = each.split("->")[0].split(",")
        letters = sorted(set("".join(terms)))
        lengths = {c: 2 + (m + n) % 3 for m, c in enumerate(letters)}
        arrays = [
            numbers([lengths[c] for c in term], FLOATS[(n + m * mixed) % 2], seed + n + m)
            for m, term in enumerate(terms)
        ]
        found.append(Case(tuple(arrays), {"subscripts": each}))
    return found


def letter_rules(subscripts: Iterable[str], seed: int, mixed: bool = False) -> list[Case]:
    """The same as the rule is called."""
    return for_rule(by_letters, letter_cases(subscripts, seed, mixed), seed)


def same_twice(subscripts: Iterable[str], seed: int) -> list[Case]:
    """A sum by letters of an array and the same array."""
    cases = letter_cases(subscripts, seed)
    return for_rule(by_letters, [Case(each.inputs[:1] * 2, each.options) for each in cases], seed)


# --- A step of a recurrent network ------------------------------------------------------------


def of_parts(function: Callable) -> Callable:
    """A step that takes two tuples of three parts, as a function of seven arrays."""

    @functools.wraps(function)
    def called(*arrays: Any) -> Any:
        return function(tuple(arrays[:3]), tuple(arrays[3:6]), arrays[6])

    return called


def step(*arrays: np.ndarray) -> np.ndarray:
    """PyTorch's equations, one number at a time."""
    output = np.zeros(arrays[6].shape)
    for index in np.ndindex(output.shape):
        xr, xz, xn, hr, hz, hn, h = (float(each[index]) for each in arrays)
        reset = (1 + math.tanh((xr + hr) / 2)) / 2  # the sigmoid, of numbers of any size
        update = (1 + math.tanh((xz + hz) / 2)) / 2
        output[index] = (1 - update) * math.tanh(xn + reset * hn) + update * h
    return output.astype(arrays[6].dtype)


def steps(shapes: Iterable[Sequence[int]], seed: int, size: float = 2) -> list[Case]:
    """Seven arrays of each shape."""
    found = []
    for n, shape in enumerate(shapes):
        arrays = [numbers(shape, FLOATS[n % 2], seed + 7 * n + m, -size, size) for m in range(7)]
        found.append(Case(tuple(arrays)))
    return found
