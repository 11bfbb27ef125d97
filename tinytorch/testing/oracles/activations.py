"""Lesson 02, Activations: the plain formulas, and what functions and rules are tried on.

The exponentials are taken in decimal arithmetic, whose numbers go far beyond 10 to the power of
1000: there a formula is right as it stands on paper, and none of the care is needed that floats
ask for. A result is rounded to the dtype of the input at the very end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Context, Decimal
from functools import lru_cache
from itertools import cycle, product
from typing import Any

import numpy as np

from tinytorch.testing.inputs import Case, arrays, case, numbers, strided

DTYPES = (np.float32, np.float64, np.float16)
DECIMAL = Context(prec=20, Emax=10**8, Emin=-(10**8), traps=[])
Shape = tuple[int, ...]


# --- Definitions of functions -----------------------------------------------------------------


def relu(x: np.ndarray) -> np.ndarray:
    """Each number of x where it is above 0, else 0."""
    return _each(lambda v: v if v > 0 else 0.0, x)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-v)) for each number v of x, in decimal numbers."""
    return _each(lambda v: float(DECIMAL.divide(1, DECIMAL.add(1, _exp(-v)))), x)


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """The share of exp(v) in the sum of its row, in decimal numbers; rows lie along the axis."""
    return _each_row(_softmax_of_row, x, axis)


def log_softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """The logarithms of the shares that softmax gives, however small these are."""
    return _each_row(_log_softmax_of_row, x, axis)


def temperature(x: np.ndarray, temperature: float = 1.0, axis: int = -1) -> np.ndarray:
    """The softmax of x / temperature."""
    return softmax(x / temperature, axis)


def softmax_of_huge(x: np.ndarray) -> np.ndarray:
    """Of scores ages apart those that equal the largest share alike, and the others get nothing."""
    first = x == x.max(-1, keepdims=True)
    return (first / first.sum(-1, keepdims=True)).astype(x.dtype)


def log_softmax_of_huge(x: np.ndarray) -> np.ndarray:
    """The logarithms of these shares: the distance to the largest, and that of their number."""
    largest = x.max(-1, keepdims=True)
    many = (x == largest).sum(-1, keepdims=True)
    return (x.astype(np.float64) - largest - np.log(many)).astype(x.dtype)


def _each(formula: Callable[[float], float], x: np.ndarray) -> np.ndarray:
    """A formula for one number, for each number of x: of the same shape and dtype."""
    return np.reshape([formula(v) for v in x.ravel().tolist()], x.shape).astype(x.dtype)


def _each_row(formula: Callable[[tuple], list], x: np.ndarray, axis: int) -> np.ndarray:
    """A formula for the numbers of a row, for each row of x along an axis."""
    front = x.swapaxes(axis, -1)
    rows = [formula(tuple(row)) for row in front.reshape(-1, front.shape[-1]).tolist()]
    return np.array(rows, x.dtype).reshape(front.shape).swapaxes(axis, -1)


@lru_cache(maxsize=4096)
def _exp(v: float) -> Decimal:
    return DECIMAL.exp(Decimal(v))


@lru_cache(maxsize=1024)
def _shares(row: tuple[float, ...]) -> list[Decimal]:
    total = Decimal(0)
    for v in row:
        total = DECIMAL.add(total, _exp(v))
    return [DECIMAL.divide(_exp(v), total) for v in row]


@lru_cache(maxsize=1024)
def _softmax_of_row(row: tuple[float, ...]) -> list[float]:
    return [float(share) for share in _shares(row)]


@lru_cache(maxsize=1024)
def _log_softmax_of_row(row: tuple[float, ...]) -> list[float]:
    return [_log(share) for share in _shares(row)]


def _log(share: Decimal) -> float:
    """Where a float can't hold the share, decimal numbers take its logarithm, slowly."""
    return math.log(share) if share > Decimal("1e-300") else float(DECIMAL.ln(share))


# --- As the text has them, for numbers of modest size: there slopes are measured --------------


def plain_sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), as it stands."""
    return 1 / (1 + np.exp(-x))


def plain_softmax(x: np.ndarray) -> np.ndarray:
    """exp(x) / sum(exp(x)) along the last axis, as it stands."""
    powers = np.exp(x)
    return powers / powers.sum(-1, keepdims=True)


def plain_log_softmax(x: np.ndarray) -> np.ndarray:
    """The logarithm of that."""
    return np.log(plain_softmax(x))


# --- Definitions of rules ---------------------------------------------------------------------


def relu_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Each number of grad where that of x is above 0, else 0."""
    pairs = zip(grad.ravel().tolist(), x.ravel().tolist(), strict=True)
    return np.reshape([g if v > 0 else 0.0 for g, v in pairs], x.shape).astype(x.dtype)


def sigmoid_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The slope by the hyperbolic cosine: sigmoid is (1 + tanh(x / 2)) / 2."""
    return tanh_gradient(grad / 4, output, x / 2)


def tanh_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The slope by the hyperbolic cosine, 1 / cosh(x)**2; beyond 400 it is 0 for any float."""
    cosh = np.cosh(np.minimum(np.abs(x.astype(np.float64)), 400))
    return np.asarray(grad / cosh**2).astype(x.dtype)


def softmax_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: int = -1
) -> np.ndarray:
    """By the table of C by C slopes of each row, output_c ([c = j] - output_j)."""
    return _by_table(_slopes_of_softmax, grad, output, axis)


def log_softmax_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: int = -1
) -> np.ndarray:
    """By the table of C by C slopes of each row, [c = j] - exp(output_j)."""
    return _by_table(_slopes_of_log_softmax, grad, output, axis)


def _slopes_of_softmax(p: np.ndarray) -> np.ndarray:
    return p[..., None] * (np.eye(p.shape[-1]) - p[..., None, :])


def _slopes_of_log_softmax(logs: np.ndarray) -> np.ndarray:
    return np.eye(logs.shape[-1]) - np.exp(logs)[..., None, :]


def _by_table(slopes: Callable, grad: np.ndarray, output: np.ndarray, axis: int) -> np.ndarray:
    """grad (..., 1, C) times a table of slopes for each row (..., C, C) -> (..., 1, C)."""
    g, out = (a.swapaxes(axis, -1).astype(np.float64) for a in (grad, output))
    result = (g[..., None, :] @ slopes(out))[..., 0, :]
    return result.swapaxes(axis, -1).astype(grad.dtype)


# --- What functions are tried on --------------------------------------------------------------


def of_shapes(*shapes: Shape, seed: int = 0) -> list[Case]:
    """float64 arrays of these shapes, every third not contiguous, and one that is transposed."""
    turned = numbers((3, 2), np.float64, seed).T
    return [case(x) for x in (*arrays(shapes, (np.float64,), seed=seed), turned)]


def of_sizes(*sizes: float, seed: int = 0) -> list[Case]:
    """Small tables, each times one of these sizes."""
    return [case(size * numbers((3, 2), np.float64, seed)) for size in sizes]


def of_dtypes(*shapes: Shape, seed: int = 0, low: float = -4) -> list[Case]:
    """Arrays of these shapes, in float32, float64 and float16 by turns, of numbers from low."""
    return [case(x) for x in arrays(shapes, DTYPES, seed=seed, low=low)]


def used_before(function: Callable, cases: Sequence[Case]) -> list[Case]:
    """The cases, after the function has seen the first one's array with other numbers in it."""
    x = np.array(cases[0].inputs[0])
    function(x)
    x[...] = -2 * cases[0].inputs[0]
    return [case(x), *cases[1:]]


def single_and_empty(
    *values: float, dtype: Any = np.float64, empty: Shape = (2, 0, 3)
) -> list[Case]:
    """Arrays without axes that hold these numbers, and an array without elements."""
    return [case(x) for x in (*(np.array(v, dtype) for v in values), np.zeros(empty, dtype))]


def ends_of_dtypes(one: float, other: float) -> list[Case]:
    """Of each dtype two fractions of its largest number, of both signs, and the infinities."""
    ends = [one, -one, other, -other, np.inf, -np.inf]
    return [case(np.array(ends, t) * np.finfo(t).max) for t in DTYPES]


def far_out(values: Mapping[Any, Iterable[Any]]) -> list[Case]:
    """For each dtype, an array of each of these numbers or lists of numbers."""
    return [case(np.array(v, dtype)) for dtype, several in values.items() for v in several]


def beside_others(values: Mapping[Any, Sequence[float]]) -> list[Case]:
    """Numbers of each dtype, by turns beside themselves, beside one near 0, and below two."""
    beside = (lambda v: [v, v], lambda v: [v, 3.0], lambda v: [[0.5], [1000.0], [v]])
    pairs = [(dtype, v) for dtype, several in values.items() for v in several]
    return [case(np.array(make(v), t)) for (t, v), make in zip(pairs, cycle(beside))]


def of_scores(*scores: Any) -> list[Case]:
    """Rows of scores as they are, and where there are several, also as columns, with axis=0."""
    given = [np.array(x) for x in scores]
    return [*(case(x) for x in given), *(case(x.T, axis=0) for x in given if x.ndim > 1)]


def along(axes: Mapping[Shape, Iterable[int]], seed: int = 0) -> list[Case]:
    """float64 arrays of these shapes, each along each of its axes."""
    pairs = [(shape, axis) for shape, several in axes.items() for axis in several]
    return [case(numbers(shape, np.float64, seed), axis=axis) for shape, axis in pairs]


def alone_and_without_rows(*scores: float) -> list[Case]:
    """Rows of one score, along either axis, and batches without rows."""
    row = np.array([scores])
    alone = [case(row.T.astype(np.float32)), case(row, axis=0)]
    none = [case(np.zeros((0, 3), np.float32)), case(np.zeros((3, 2, 0)), axis=0)]
    return [*alone, *none]


# --- What rules are tried on ------------------------------------------------------------------


def halves(*shapes: Shape, seed: int = 0) -> list[Case]:
    """float64 arrays of these shapes, of small numbers, none of them 0."""
    return [case(numbers(shape, np.float64, seed) / 2 + 1 / 32) for shape in shapes]


def rule_case(function: Callable, grad: Any, x: Any, **options: Any) -> Case:
    """A rule's inputs: grad of the shape and dtype of x, the output of a function, and x."""
    x = np.asarray(x) if isinstance(x, np.ndarray) else np.array(x, np.float64)
    incoming = np.empty(x.shape, x.dtype)
    incoming[...] = grad
    return case(incoming, np.asarray(function(x, **options)), x, **options)


def rule_inputs(
    function: Callable, *shapes: Shape, seed: int, dtypes: Sequence[Any] = DTYPES
) -> list[Case]:
    """A rule's inputs, none of them 0, for grads of both signs, of many sizes, and 0.

    The dtypes take turns. The first x is transposed, the last one not contiguous.
    """
    given = [x / 2 + x.dtype.type(1 / 32) for x in arrays(shapes, dtypes, seed=seed)]
    given[0], given[-1] = given[0].T, strided(given[-1])
    sizes = {np.float32: -1e9, np.float64: 1e-9}  # float16 holds neither
    grads = [numbers(x.shape, x.dtype, seed + 7) * sizes.get(x.dtype.type, 1) for x in given]
    return [rule_case(function, grad, x) for grad, x in zip(grads, given, strict=True)]


def mirrored(function: Callable, grads: Mapping[float, float]) -> list[Case]:
    """For each x, and for -x beside it, a grad of its own and the same with the other sign."""
    return [rule_case(function, [g, -g], [x, -x]) for x, g in grads.items()]


def rule_over_axes(
    function: Callable, axes: Mapping[Shape, Iterable[int]], seed: int
) -> list[Case]:
    """A rule's inputs for arrays of these shapes, each along each of its axes."""
    calls = [(shape, axis) for shape, several in axes.items() for axis in several]
    incoming = [numbers(shape, np.float64, seed + 7) for shape, _ in calls]
    given = [numbers(shape, np.float64, seed, -2, 2) for shape, _ in calls]
    sets = zip(incoming, given, calls, strict=True)
    return [rule_case(function, grad, x, axis=axis) for grad, x, (_, axis) in sets]


# --- Temperature ------------------------------------------------------------------------------

# Functions that may stand in a record: those of the lesson that have rules come on top.
RECORDED = (
    *(np.add, np.subtract, np.multiply, np.divide, np.negative, np.power),
    *(np.exp, np.log, np.sum, np.max),
)


def with_rules(*functions: Callable) -> dict:
    """A register such as the framework's, of these functions and NumPy's."""
    return dict.fromkeys(((f, n) for f in (*functions, *RECORDED) for n in (0, 1)), True)


def made_again(y: Any) -> Any:
    """The numbers that the calls on record give when they are made once more."""
    if getattr(y, "origin", None) is None:
        return y.data if hasattr(y, "origin") else y
    return y.origin.function(*map(made_again, y.origin.inputs), **y.origin.options)


def leads_back(layer: Callable, x: Any) -> bool:
    """Whether the record of a call ends at the very Tensor x that went in."""
    waiting = [layer(x)]
    while waiting:
        tensor = waiting.pop()
        if tensor is x:
            return True
        waiting += getattr(getattr(tensor, "origin", None), "inputs", ())
    return False


def with_options(options: Iterable[dict], *given: np.ndarray) -> list[Case]:
    """Each of the options, with the arrays by turns."""
    return [case(x, **each) for each, x in zip(options, cycle(given))]


def of_two_dtypes(shape: Shape) -> list[np.ndarray]:
    """An array of float32 and one of float64."""
    return [numbers(shape, dtype) for dtype in DTYPES[:2]]


def of_temperatures(*temperatures: float, seed: int = 0) -> list[Case]:
    """Temperatures of all sizes, with scores as far apart as each of them."""
    scores = numbers((2, 3), np.float64, seed)
    return [case(T * scores, temperature=T) for T in temperatures]


def in_both_modes(layers: Iterable[str], seed: int = 0) -> list[Case]:
    """`(x, layer, mode)` for each layer in each mode, every layer once before any comes again."""
    cases = []
    for mode, name in product((False, True), layers):
        label = f"the {name} one, training={mode}"
        cases.append(case(numbers((2, 3), seed=seed + mode), name, mode, label=label))
    return cases


def call_and_change(layer: Any, **attributes: Any) -> None:
    """Call a layer, and only then change its attributes."""
    layer(np.ones((2, 2)))
    for name, value in attributes.items():
        setattr(layer, name, value)


def modes_after_calls(layer: Any) -> list[bool]:
    """The mode that a layer is in after a call in training mode, and after one out of it."""
    found = []
    for mode in (True, False):
        layer.train(mode)(np.ones((2, 3)))
        found.append(layer.training)
    return found
