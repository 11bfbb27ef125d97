"""Inputs that an examiner would try, from a seed: the same on every machine.

Values are multiples of 1/8, which float32 holds exactly, with zeros, negatives and ties among
them. Lengths differ on each axis, so that one axis can't be taken for another.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np

# No axis to four, lengths of 0 and 1 among them.
SHAPES = ((), (5,), (1,), (0,), (2, 3), (3, 1), (0, 3), (2, 3, 4), (2, 1, 3, 4))
FLOATS = (np.float64, np.float32)


@dataclass(frozen=True)
class Case:
    """One call: `function(*inputs, **options)`, and how a message is to name it."""

    inputs: tuple
    options: dict = field(default_factory=dict)
    label: str = ""


def case(*inputs: Any, label: str = "", **options: Any) -> Case:
    """One call to try: its inputs and options as the function takes them."""
    return Case(inputs, options, label)


def numbers(
    shape: Sequence[int], dtype: Any = np.float64, seed: int = 0, low: float = -4, high: float = 4
) -> np.ndarray:
    """Multiples of 1/8 from `low` to `high`, as an array of the shape and dtype.

    For whole numbers, whole numbers from `low` to `high`; for booleans, both.
    """
    kind, drawn = np.dtype(dtype).kind, _drawn(shape, seed)
    if kind == "b":
        found = drawn < 0.5
    elif kind in "iu":
        lowest = int(max(low, 0) if kind == "u" else low)
        found = np.floor(lowest + drawn * (int(high) + 1 - lowest))
    else:
        lowest, highest = round(low * 8), round(high * 8)
        found = np.floor(lowest + drawn * (highest + 1 - lowest)) / 8
    return np.asarray(found).astype(dtype)


def _drawn(shape: Sequence[int], seed: int) -> np.ndarray:
    """Numbers from 0 to 1, of which seed and shape say where in a store they begin."""
    store, size = _store(), math.prod(shape)
    start = 97 * seed
    for length in shape:
        start = 31 * start + length + 1
    begin = start % len(store)
    return np.take(store, range(begin, begin + size), mode="wrap").reshape(shape)


@cache
def _store() -> np.ndarray:
    """Drawn once: a generator for each array takes longer than many a case."""
    return np.random.default_rng(0).random(8191)


def strange(dtype: Any = np.float64) -> np.ndarray:
    """(2, 4) numbers among which are nan, both infinities, and both zeros."""
    return np.array([[1, np.inf, 0, -2], [-np.inf, -0.0, 3, np.nan]], dtype)


def strided(array: np.ndarray) -> np.ndarray:
    """The same values in memory that is not contiguous."""
    if array.ndim == 0:
        return array
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def arrays(
    shapes: Iterable[Sequence[int]] = SHAPES,
    dtypes: Sequence[Any] = (*FLOATS, np.int64),
    *,
    seed: int = 0,
    low: float = -4,
    high: float = 4,
) -> Iterator[np.ndarray]:
    """An array of each shape; the dtypes take turns, and every third is not contiguous."""
    for n, shape in enumerate(shapes):
        array = numbers(shape, dtypes[n % len(dtypes)], seed + n, low, high)
        yield strided(array) if n % 3 == 2 else array


def axes_of(ndim: int, *, tuples: bool = True, none: bool = True) -> list:
    """Every axis from both ends, pairs of axes, all of them, no axis at all, and None."""
    found: list = [None] if none else []
    found += [*range(ndim), *range(-ndim, 0)]
    if tuples:
        found += [(), *combinations(range(ndim), 2), *([(-1, 0), (-1, -2)] if ndim > 2 else [])]
        found += [tuple(range(ndim))] if ndim > 2 else []
    return found


def over_axes(
    shapes: Iterable[Sequence[int]] = ((2, 3), (2, 3, 4), (5,), (3, 1), ()),
    dtypes: Sequence[Any] = FLOATS,
    *,
    keepdims: bool = True,
    tuples: bool = True,
    none: bool = True,
    seed: int = 0,
    low: float = -4,
    high: float = 4,
) -> list[Case]:
    """`function(x, axis=…, keepdims=…)` for every axis of arrays of several shapes."""
    cases = []
    for n, x in enumerate(arrays(shapes, dtypes, seed=seed, low=low, high=high)):
        for m, axis in enumerate(axes_of(x.ndim, tuples=tuples, none=none)):
            options = {"axis": axis} if axis is not None or m % 2 else {}
            if keepdims and (n + m) % 2:
                options["keepdims"] = True
            cases.append(Case((x,), options))
    return cases


# Pairs of shapes that broadcast: equal, rows, columns, both ways, numbers, missing axes, nothing.
PAIRS = (
    ((2, 3), (2, 3)),
    ((2, 3), (3,)),
    ((3,), (2, 3)),
    ((2, 3), (2, 1)),
    ((2, 1), (1, 3)),
    ((2, 1), (3,)),
    ((3, 1), (3,)),
    ((), (2, 3)),
    ((2, 3), ()),
    ((), ()),
    ((2, 3, 4), (3, 1)),
    ((3, 4), (2, 1, 4)),
    ((2, 1, 4), (1, 3, 1)),
    ((1,), (4,)),
    ((0, 3), (1, 3)),
)
# Pairs of shapes for a matrix product, with different lengths wherever they may differ.
PRODUCTS = (
    ((2, 3), (3, 4)),
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 4)),
    ((2, 2), (2, 2)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((5, 1, 2, 3), (4, 3, 2)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 4)),
    ((1, 3), (3, 1)),
)


def pairs(
    shapes: Iterable[tuple[Sequence[int], Sequence[int]]] = PAIRS,
    dtypes: Sequence[Any] = FLOATS,
    *,
    seed: int = 0,
    low: float = -4,
    high: float = 4,
) -> list[Case]:
    """`function(a, b)` for two arrays of one dtype, for each pair of shapes."""
    cases = []
    for n, (one, other) in enumerate(shapes):
        dtype = dtypes[n % len(dtypes)]
        a = numbers(one, dtype, seed + n, low, high)
        b = numbers(other, dtype, seed + n + 100, low, high)
        cases.append(Case((a, strided(b) if n % 3 == 2 else b)))
    return cases
