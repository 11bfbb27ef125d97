"""Lesson 01, Tensor: what its functions are held against, and what they are tried on.

Where NumPy has the function itself, a test names NumPy's; the rest stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import combinations_with_replacement, product
from typing import Any

import numpy as np

from tinytorch.testing.inputs import (
    PRODUCTS,
    Case,
    case,
    numbers,
    over_axes,
    strange,
    strided,
)

DTYPES = (np.float64, np.float32, np.float16, np.int64, np.int32, np.uint8, np.bool_)
EMPTY = (((0, 2), (2, 3)), ((2, 0), (0, 3)))  # no rows, and nothing to sum over
MATRICES = (*(pair for pair in PRODUCTS if max(map(len, pair)) < 3), *EMPTY)  # and vectors
STACKS = tuple(pair for pair in PRODUCTS if max(map(len, pair)) > 2)
PAIRS = (  # that broadcast: rows, numbers, both ways, columns, equal, missing axes, nothing
    ((2, 3), (3,)),
    ((), (2, 3)),
    ((2, 1), (1, 3)),
    ((2, 3), ()),
    ((3,), (2, 3)),
    ((2, 3), (2, 1)),
    ((2, 3), (2, 3)),
    ((3, 1), (3,)),
    ((2, 3, 4), (3, 1)),
    ((3, 4), (2, 1, 4)),
    ((1,), (4,)),
    ((0, 3), (1, 3)),
)
MORE_PAIRS = (
    ((4, 1), (4,)),
    ((), (3, 2)),
    ((3, 1, 2), (4, 1)),
    ((2, 0), (1,)),
)


# --- Arrays, and the door ---------------------------------------------------------------------


def float32_array(data: Any) -> np.ndarray:
    """What numbers and lists become."""
    return np.array(data, np.float32)


def called(function: Callable, *inputs: Any, **options: Any) -> Any:
    """What a call through the door gives; a Python number that comes out counts as float32."""
    result = function(*inputs, **options)
    return np.float32(result) if type(result) is float else result


def calls_through_the_door(seed: int) -> list[Case]:
    """Calls of functions of one to three inputs: arrays, numbers on each side, and options."""
    x = numbers((2, 3), np.float32, seed, low=1)
    y = numbers((3,), np.float64, seed + 1, low=1)
    whole = numbers((3,), np.int64, seed + 2)
    calls = [(np.max, x), (np.sum, y), (sum_as_float, y), (np.add, whole, 1)]
    calls += [(np.subtract, x, y), (np.subtract, 10, x), (np.multiply, x, 0.5)]
    calls += [(weighted, x, 2.0, y), (weighted, 0, x, y)]
    return [*(case(*call) for call in calls), case(np.sum, y, axis=0, keepdims=True)]


def made_single(*functions: Callable) -> list[Case]:
    """Calls of functions that make one number of an array: of three elements, then of one."""
    return [case(function, numbers((3,) if n == 0 else ())) for n, function in enumerate(functions)]


def weighted(a: Any, b: Any, c: Any) -> Any:
    """Three inputs that can't change places."""
    return a + 10 * b + 100 * c


def first(x: np.ndarray, **options: Any) -> np.ndarray:
    """A function in which options play no part."""
    return x


def sum_as_float(x: np.ndarray) -> float:
    """A function that returns a number of Python's own."""
    return float(x.sum())


def arrive_as(*kinds: type, **options: type) -> Callable:
    """A function that gives 1 if its inputs and options are of these very types, and else 0."""

    def arrived(*inputs: Any, **given: Any) -> np.float32:
        found = tuple(map(type, inputs)), {name: type(value) for name, value in given.items()}
        return np.float32(found == (kinds, options))

    return arrived


def record_of(apply: Callable, wrap: Callable, asking: Sequence[bool]) -> tuple:
    """What is written down of a call whose inputs ask for a gradient as told.

    Returns:
        `(requires_grad, numbers, options)` of the result. After the call, each Tensor is given
        its number as `grad`: so it shows whether these very Tensors stand in the record, in order.
    """
    inputs = [wrap([1.0 + n, 2.0], requires_grad=asks) for n, asks in enumerate(asking)]
    result = apply(np.clip, *inputs, out=None, subok=False)
    for n, x in enumerate(inputs):
        x.grad = float(n)
    if result.origin is None:
        return result.requires_grad, None, None
    found = [getattr(x, "grad", "no Tensor") for x in result.origin.inputs]
    return result.requires_grad, found, dict(result.origin.options)


def left_by(call: Callable, recording: Any, enabled: bool) -> tuple[bool, bool, bool]:
    """What a call leaves while recording is on or off, which is put back to on.

    Returns:
        `(requires_grad, recorded, enabled)`: of the result, and of the switch after the call.
        Where the call raises an IndexError there is no result, and both of its are False.
    """
    recording.enabled = enabled
    try:
        result = call()
        return result.requires_grad, result.origin is not None, recording.enabled
    except IndexError:
        return False, False, recording.enabled
    finally:
        recording.enabled = True


# --- Shapes -----------------------------------------------------------------------------------


def fits(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Whether NumPy broadcasts two shapes."""
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        return False
    return True


def pairs_of_shapes(shapes: Iterable[tuple[int, ...]]) -> tuple[list[tuple], list[tuple]]:
    """Every shape with itself and every other, this or that first: pairs that fit, and the rest.

    Large lengths that are equal are two objects, as they are where they come from two arrays.
    """
    found: dict[bool, list[tuple]] = {True: [], False: []}
    for n, (a, b) in enumerate(combinations_with_replacement(shapes, 2)):
        one, other = (a, b) if n % 2 else (b, a)
        pair = one, tuple(int(str(length)) for length in other)
        found[fits(*pair)].append(pair)
    return found[True], found[False]


def laid_out(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """The strides of an array that NumPy makes."""
    return np.zeros(shape, f"V{itemsize}").strides


# --- Elements, and products -------------------------------------------------------------------


def in_turn(functions: Sequence[Callable], cases: Iterable[Case]) -> list[Case]:
    """The inputs of each case with one of the functions before them, which take turns."""
    return [
        Case((functions[n % len(functions)], *each.inputs), each.options)
        for n, each in enumerate(cases)
    ]


def operands(seed: int) -> list[Case]:
    """What may stand on the two sides of a sign: arrays, and numbers, 0 and 1 among them."""
    x = numbers((2, 3), np.float32, seed, low=1)
    y = numbers((3,), np.float32, seed + 1, low=1)
    return [case(*pair) for pair in ((x, y), (2, x), (x, 0.1), (0.1, x), (x, 0), (x, 1))]


def strange_operands() -> list[Case]:
    """Operands with nan and infinity on each side, and 0 to divide by."""
    pairs = (strange(), np.float32(2.5)), (1, strange(np.float32)), (strange(np.float32), 0)
    return [case(*pair) for pair in pairs]


def of_all_dtypes(dtypes: Sequence[Any], python: Sequence[float], seed: int) -> list[Case]:
    """Arrays of each dtype beside Python numbers, on either side, and beside one another."""
    given = [numbers((2, 3), dtype, seed, low=1) for dtype in dtypes]
    beside = [pair for x, n in product(given, python) for pair in ((x, n), (n, x))]
    return [case(*pair) for pair in (*beside, *combinations_with_replacement(given, 2))]


@cache
def reductions() -> list[Case]:
    """Every axis of a matrix and a row, and some of three and of none, for sums and means."""
    x = strided(numbers((2, 3, 4), np.float16, seed=2))
    axes = (None, 1, -1, (0, 2), (-1, -2), (-1, 0))
    of_three = [case(x, axis=axis, keepdims=n % 2 == 1) for n, axis in enumerate(axes)]
    return over_axes(((2, 3), (5,)), (np.float64, np.float32)) + of_three + [case(numbers(()))]


@cache
def more_reductions() -> list[Case]:
    """Some axes of an array of four, and of a short one."""
    x, short = numbers((2, 1, 3, 2), np.float32, seed=30), numbers((4,), np.float16, seed=31)
    axes = (None, 2, -3, (1,), (-1, 1), (0, 1, 2, 3))
    of_four = [case(x, axis=axis, keepdims=n % 3 == 1) for n, axis in enumerate(axes)]
    return [*of_four, case(short, axis=0), case(short, keepdims=True)]


def matmul_by_sums(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The matrix product of matrices and vectors: `(N, D) @ (D, C) -> (N, C)`, summed over D."""
    rows, columns = np.atleast_2d(a), b if b.ndim == 2 else b[:, None]
    sums = np.add.reduce(rows[:, :, None] * columns, axis=1)
    return sums.reshape(a.shape[:-1] + b.shape[1:])
