"""Lesson 04: the losses by their definitions, one term at a time, and inputs to try them on.

Powers of e are taken relative to the largest of a row, in plain floats: for all sizes that the
tests use, these agree to 13 digits with `Decimal`, in which e^1000 is a number like any other, and
cost a tenth. A case of inputs is a tuple: what an exercise takes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np

from tinytorch.testing.checks import check
from tinytorch.testing.inputs import FLOATS, Case, case, strided

LEAST_LOG = -100.0  # where `binary_cross_entropy` holds a logarithm
SIZES = ((4, 3), (1, 4), (2, 1), (1, 300))
SMALL = ((1, 3), (2, 2))  # few enough numbers for central differences
SHARES = (  # rows of targets: soft, one-hot, of any sum, of one class, tiny and large
    ((0.25, 0.25, 0.5), (0, 0.9, 0.1)),
    ((0, 1), (1, 0), (0, 1)),
    ((2e-6, 0),),
    ((0.5, 2, 0), (1, 1, 0), (0, 0, 0)),
    ((20, 150),),
    ((1, 1, 0), (0, 0, 0)),
    ((1,), (0.5,), (1000,)),
    ((0.3, 0.1, 0.2, 0.4), (0, 0, 3, 0.5)),
    ((0, 1e-6, 3e-6),),
)
IN_SIGHT, HIDDEN = SHARES[:6], SHARES[6:]
# What rules are given as grad: multiples of 1/8, of both signs in turn.
GRADS = np.array([3.625, -2.875, 2.5, -4, 1.125, -1.875, 3, -3.5, 2.125, -1, 2.75, -3.375, 1.5, -2])

# --- Definitions ----------------------------------------------------------------------------


def squared_error(predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """(y - t)^2 for each pair of elements, of any one shape."""
    pairs = zip(predictions.ravel().tolist(), targets.ravel().tolist(), strict=True)
    losses = [(y - t) ** 2 for y, t in pairs]
    return np.array(losses, predictions.dtype).reshape(predictions.shape)


def class_indices(targets: np.ndarray, classes: int) -> np.ndarray:
    """Sound indices as Python's whole numbers: (N,) -> (N,)."""
    return np.array([int(t) for t in targets], int)


def categorical_cross_entropy(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The sum of t log(1/p) over what t does not leave out: (N, C) -> (N,)."""
    losses = []
    rows = shares_of(targets, probabilities).tolist()
    for ps, ts in zip(probabilities.tolist(), rows, strict=True):
        losses.append(sum(t * surprise(p) for p, t in zip(ps, ts, strict=True) if t))
    return np.array(losses, probabilities.dtype)


def categorical_cross_entropy_gradient(
    grad: np.ndarray, output: np.ndarray, probabilities: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """-grad t / p for each class that t does not leave out, 0 for the others: (N, C)."""
    slopes = np.zeros_like(probabilities)
    rows = shares_of(targets, probabilities)
    for n, c in zip(*np.nonzero(rows), strict=True):
        p = float(probabilities[n, c])
        slopes[n, c] = -float(grad[n]) * rows[n, c] * (1 / p if p else math.inf)
    return slopes


def reduce_loss(losses: np.ndarray, reduction: str = "mean") -> np.ndarray:
    """The mean or the sum of all elements, of which each is added exactly; or the losses."""
    if reduction not in ("mean", "sum"):
        return losses
    total = math.fsum(losses.ravel())
    return np.array(total / losses.size if reduction == "mean" else total, losses.dtype)


def logsumexp(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """log of the sum of e^x along an axis, which disappears."""
    rows = np.moveaxis(logits, axis, -1)
    logs = [log_of_sum(row) for row in rows.reshape(-1, rows.shape[-1]).tolist()]
    return np.array(logs, logits.dtype).reshape(rows.shape[:-1])


def cross_entropy(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The sum of t log(1/softmax(x)) over what t does not leave out: (N, C) -> (N,)."""
    losses = []
    for xs, ts in zip(logits.tolist(), shares_of(targets, logits).tolist(), strict=True):
        losses.append(sum(t * s for s, t in zip(surprises(xs), ts, strict=True) if t))
    return np.array(losses, logits.dtype)


def cross_entropy_gradient(
    grad: np.ndarray, output: np.ndarray, logits: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """grad (sum(t) softmax(x) - t) for each class: (N, C)."""
    slopes = np.zeros_like(logits)
    rows = shares_of(targets, logits)
    for n, xs in enumerate(logits.tolist()):
        total = math.fsum(rows[n])
        for c, belief in enumerate(softmax(xs)):
            slopes[n, c] = float(grad[n]) * (total * belief - rows[n, c])
    return slopes


def binary_cross_entropy(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """-(t log p + (1 - t) log(1 - p)) for each element, no logarithm below LEAST_LOG."""
    losses = []
    for p, t in zip(probabilities.ravel().tolist(), targets.ravel().tolist(), strict=True):
        yes, no = min(surprise(p), -LEAST_LOG), min(surprise(1 - p), -LEAST_LOG)
        losses.append(t * yes + (1 - t) * no)
    return np.array(losses, probabilities.dtype).reshape(probabilities.shape)


def binary_cross_entropy_with_logits(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """log(1 + e^x) - x t for each element, where log(1 + e^x) = x + log(1 + e^-x)."""
    losses = []
    for x, t in zip(logits.ravel().tolist(), targets.ravel().tolist(), strict=True):
        wrong = (1 - t) * x if x > 0 else t * -x  # the distance from the right side of 0
        losses.append(wrong + math.log1p(math.exp(-abs(x))))
    return np.array(losses, logits.dtype).reshape(logits.shape)


# --- Their parts ----------------------------------------------------------------------------


def surprise(p: float) -> float:
    """log(1/p), infinite for 0."""
    return -math.log(p) if p else math.inf


def surprises(row: Sequence[float]) -> list[float]:
    """log(1/p) for each p of a softmax: how far x is below the largest, and log of the sum."""
    top, found = powers(row)
    rest = math.log(sum(found))
    return [(top - x) + rest for x in row]


def shares_of(targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Targets of either form as float64 shares of the shape of the outputs, (N, C)."""
    if targets.ndim == 2:
        return targets.astype(np.float64)
    return np.equal.outer(targets, np.arange(outputs.shape[1])).astype(np.float64)


def powers(row: Sequence[float]) -> tuple[float, list[float]]:
    """The largest number m, and e^(x - m) for each x: e^m is taken out, so that none overflows."""
    top = max(row)
    return top, [math.exp(x - top) for x in row]


def log_of_sum(row: Sequence[float]) -> float:
    """log of the sum of e^x, -inf for nothing but -inf."""
    if max(row) == -math.inf:
        return -math.inf
    top, found = powers(row)
    return top + math.log(sum(found))


def softmax(row: Sequence[float]) -> list[float]:
    """The share of each e^x in their sum."""
    _, found = powers(row)
    total = sum(found)
    return [x / total for x in found]


def spoiling(definition: Callable) -> Callable:
    """The definition, which leaves memory behind that holds nan where nobody writes into it."""

    def result(*inputs: Any) -> np.ndarray:
        found = definition(*inputs)
        for shape, dtype in {(x.shape, x.dtype) for x in inputs if x.dtype.kind == "f"}:
            tuple(np.full(shape, np.nan, dtype) for _ in range(4))
        return found

    return result


def reused(function: Callable) -> Callable:
    """The function, called twice with the same arrays: other numbers in them each time.

    All arrays of floats but the last are halved, and the last one is turned round.
    """

    def calls(*inputs: Any) -> list:
        *first, last = [np.array(x) for x in inputs if isinstance(x, np.ndarray)]
        rest = [x for x in inputs if not isinstance(x, np.ndarray)]
        results = []
        for _ in range(2):
            results.append(np.array(function(*first, last, *rest)))
            for x in first:
                x /= 2
            last[...] = last[::-1].copy()
        return results

    calls.__name__ = f"two_calls_of_{function.__name__}"
    return calls


def check_reuse(function: Callable, definition: Callable, cases: Iterable[Case | tuple]) -> None:
    """Fail unless a function looks at the numbers in its arrays each time it is called."""
    check(reused(function), reused(definition), cases, once=True)


@cache
def operations(tensor: Callable) -> set[Callable]:
    """The functions that lesson 1's operations record, given `Tensor`, and NumPy's mean."""
    x = tensor([[2.0]], requires_grad=True)
    made = (x.sum(), x.mean(), x + x, x - x, x * x, x / x, x @ x, x[0], x.reshape(1), x.T)
    return {np.mean, *(each.origin.function for each in made)}


# --- Inputs: pairs of shapes ----------------------------------------------------------------


@cache
def equal_shapes(n: int, c: int) -> list[tuple]:
    """Pairs of arrays of equal shapes, (n, c) and others like it."""
    shapes = ((n,), (n, 1), (n, c), (n, 1, 4), (0, c), ())
    return [(np.full(shape, 0.5), np.full(shape, 0.5)) for shape in shapes]


@cache
def unequal_shapes(n: int, c: int) -> list[tuple]:
    """Pairs of arrays of unequal shapes, n other than c. Most of them NumPy would broadcast."""
    square, cube = (n, c), (n, c, 4)
    shapes = [((n, 1), (n,)), (square, (c,)), (square, (n, 1)), ((1, c), square)]
    shapes += [((n, 1), (1, n)), (square, (c, n)), ((n * c,), square), (cube, (n, 1, 4))]
    shapes += [((1, c, 4), cube), (cube, (n, c, 1)), ((1, n, c), square), ((c,), (n,))]
    shapes += [((1,), (c,)), ((c,), ()), ((), (1,)), ((0, c), (c,)), ((0,), (1,)), ((1, 1), (1,))]
    if n > c:  # the other way round
        shapes = [(other, one) for one, other in shapes]
    return [tuple(np.full(shape, 0.5) for shape in pair) for pair in shapes]


# --- Inputs: class indices and rows of shares -----------------------------------------------


@cache
def sound_indices(seed: int) -> list[tuple]:
    """(N,) indices and C, from 1 to 100,000: whole numbers and floats, wide and narrow."""
    cases = [(np.array([-0.0, 1]), 2), (strided(np.array([2, 1, 0])), 3)]
    reached = {1: (np.int64,), 4: (np.float32, np.uint8), 1000: (np.float16, np.int64)}
    reached |= {128: (np.int8,), 40_000: (np.int32, np.float32), 100_000: (np.float64,)}
    for classes, dtypes in reached.items():
        for dtype in dtypes:
            others = [classes * n // 11 for n in range(seed, seed + 1 + len(cases) % 3)]
            cases.append((np.array([classes - 1, *others], dtype), classes))
    return cases


def unsound_indices(classes: int, is_hidden: bool = False) -> list[tuple]:
    """Indices of which one is no class, alone or among up to three others, in any place.

    Every third is hidden, the others are not.
    """
    top = float(classes - 1)
    bad = [-1, -classes, -(2**35), classes, classes + 4, 2**40]  # of each kind three or so
    bad += [-1.0, -1e200, np.int8(-1), top + 1, 1e300, np.uint8(classes)]
    bad += [np.nan, np.float32(np.nan), np.float16(np.nan), np.inf, -np.inf, np.float32(np.inf)]
    bad += [0.5, 0.25, 0.001, 1.5, top - 0.5, top + 0.5, -0.5, -1e-12, -1e-300]
    bad += [1.000001, 1 - 1e-9, top - 1e-12, top + 1e-12, np.nextafter(1, 2)]
    bad += [np.float32(1 + 2**-23), np.float32(0.5), np.float16(0.25), np.float16(1.5)]
    cases = []
    for n, index in enumerate(bad):
        if (n % 3 == 0) == is_hidden:
            targets = np.arange(n % 4 + 1, dtype=np.asarray(index).dtype) % classes
            targets[n // 4 % len(targets)] = index
            cases.append((targets, classes))
    whole_in_sum = [(0.5, 0.5), (1.5, 0.5), (-0.5, 0.5, 1), (1 - 1e-13, 1 + 1e-13)]
    cases += [(np.array(indices), classes) for indices in whole_in_sum[is_hidden:]]
    many = [*range(classes)] * 20
    return [*cases, (np.array([*many, classes, *many]), classes)]


def probabilities(n: int, c: int, rng: np.random.Generator) -> np.ndarray:
    """(n, c) of which each row sums to 1."""
    return rng.dirichlet(np.ones(c), n)


def likely(n: int, c: int, rng: np.random.Generator) -> np.ndarray:
    """(n, c) probabilities from 0.1 to 1, where slopes can be measured. Their sum is any."""
    return rng.uniform(0.1, 1, (n, c))


def scores(n: int, c: int, rng: np.random.Generator) -> np.ndarray:
    """(n, c) logits from -4 to 4."""
    return eighths(rng, (n, c), -4, 4)


def eighths(rng: np.random.Generator, shape: Sequence[int], low: int, high: int) -> np.ndarray:
    """Multiples of 1/8 from `low` to `high`, which float32 holds exactly."""
    return np.asarray(rng.integers(8 * low, 8 * high + 1, shape) / 8)


def laid_out(array: np.ndarray, n: int) -> np.ndarray:
    """The array by rows, by columns or with gaps, as n says."""
    return (np.ascontiguousarray, np.asfortranarray, strided)[n % 3](array)


def with_indices(values: Callable, seed: int, sizes: Iterable = SIZES) -> list[tuple]:
    """(N, C) values, as `scores` makes them, with (N,) indices: of every dtype, in any layout."""
    rng = np.random.default_rng(seed)
    cases = []
    for k, (n, c) in enumerate(sizes):
        targets = (c - 1 - np.arange(n)) % c
        dtype = (np.int64, np.float64, np.int32, np.float32)[k % 4]
        x = values(n, c, rng).astype(FLOATS[k % 2])
        cases.append((laid_out(x, k), targets.astype(dtype)))
    return cases


@cache
def with_rows(values: Callable, seed: int, shares: tuple = IN_SIGHT) -> list[tuple]:
    """(N, C) values, as `scores` makes them, with rows of shares in another order."""
    rng = np.random.default_rng(seed)
    cases = []
    for k, rows in enumerate(shares):
        turned = [row[n % 2 :] + row[: n % 2] for n, row in enumerate(rows, seed)]
        targets = np.array(turned, FLOATS[k % 3 == 2])
        x = values(*targets.shape, rng).astype(targets.dtype)
        cases.append((laid_out(x, k), laid_out(targets, k // 2)))
    return cases


def unlikely(probabilities: Iterable[float], dtype: Any = np.float64) -> tuple:
    """Rows (p, 1) of which each has class 0: what happened was given p."""
    p = np.array([[p, 1] for p in probabilities], dtype)
    return p, np.zeros(len(p), int)


@cache
def beside(nothing: float, values: Callable, seed: int) -> list[tuple]:
    """(3, 4) values where some mean impossible; targets that ask for these, and that do not.

    Args:
        nothing: the value that means it: a probability of 0, a logit of -inf.
        values: as `scores` makes them.
    """
    rng = np.random.default_rng(seed)
    x = values(3, 4, rng)
    order = np.roll([[2, 0, 3, 1], [1, 3, 0, 2], [3, 2, 1, 0]], seed, axis=1)
    empty = order < np.array([[1], [2], [3]])  # one impossible class, two, and three
    x[empty] = nothing
    one = np.where([False, True, False], order.argmin(axis=1), order.argmax(axis=1))
    shares = np.where(empty, 0, order / 4)
    rows = (np.eye(4)[one], shares, np.where(empty, 1e-9, 1), np.zeros((3, 4)))
    cases = [(x, t) for t in (one, *rows)]
    return [*cases, (x.astype(np.float32), shares.astype(np.float32))]


def no_samples(*classes: int) -> list[tuple]:
    """(0, C) values with targets of every form, for two C: in float64, and in float32."""
    x, y = (np.ones((0, c), dtype) for c, dtype in zip(classes, FLOATS, strict=True))
    return [(y, np.array([], int)), (x, np.array([])), (y, y.copy())]


@cache
def sound_targets(n: int, c: int) -> list[tuple]:
    """(n, c) values with targets of every form."""
    x, indices = np.full((n, c), 1 / c), np.arange(n) % c
    return [(x, indices), (x, indices.astype(float)), (x, x.copy())]


@cache
def unsound_targets(n: int, c: int) -> list[tuple]:
    """(n, c) values with indices that no class has, and shapes that fit neither form; n not c."""
    x, indices = np.full((n, c), 1 / c), np.arange(n) % c
    bad = (-1, c, 1.000001, np.nan, np.inf)
    targets = [np.append(indices[1:], each) for each in bad]
    targets += [np.append(indices[2:], (0.5, 0.5))]
    targets += [indices[:, None], indices[None], indices[:1], indices[1:], np.append(indices, 0)]
    targets += [np.array(1)]
    shapes = [(c, n), (n, c - 1), (n, c + 1), (n - 1, c), (1, c), (n, 1), (c,), (n * c,), ()]
    shapes += [(1, n, c), (n, c, 1), (0,), (0, c)]
    cases = [(x, t) for t in (*targets, *(np.full(shape, 0.5) for shape in shapes))]
    alike = [np.full(shape, 0.5) for shape in ((c,), (2, n, c))]
    cases += [(each, each.copy()) for each in alike]
    return [*cases, (x[0], np.array(1)), (x[..., None], indices), (alike[1], np.array([0, 1]))]


def graded(cases: Sequence[tuple], seed: int, scale: float = 1) -> list[tuple]:
    """The cases as a gradient rule takes them: behind a grad of both signs, and any output."""
    found = []
    for k, (x, t) in enumerate(cases, seed):
        here = slice(k % 10, k % 10 + len(x))  # 4 samples at most
        grad, output = scale * GRADS[here], GRADS[::-1][here]
        found.append((grad.astype(x.dtype), output.astype(x.dtype), x, t))
    return found


# --- Inputs: logits of any size -------------------------------------------------------------


def extreme_rows(size: float, dtype: Any = np.float64) -> np.ndarray:
    """(4, 3) logits from -size to size, with rows of very different size in one array."""
    ten, few = size / 10, size / 25
    rows = [[size, 0, -size], [-size, -size, -size - 1], [ten, -ten, ten - 1], [few, 0, -few]]
    return np.array(rows, dtype)


def huge_rows(*sizes: float, dtype: Any = np.float64) -> list[np.ndarray]:
    """(1, 3) logits of which the largest is as good as all there is."""
    rows = [row for s in sizes for row in ([s, 0, -s], [-s, -3 * s, -2 * s])]
    return [np.array([row], dtype) for row in rows]


def sure(*sizes: float) -> list[tuple]:
    """Of each size, one sample of which the model is right and all but certain, with its class."""
    return [(np.array([[size, -size, -size - 4.0]]), np.array([0])) for size in sizes]


def for_each_class(arrays: Iterable[np.ndarray]) -> list[tuple]:
    """(N, C) arrays with two classes in turn as the true one, as indices and as one-hot rows."""
    cases = []
    for n, x in enumerate(arrays):
        for k in (n, n + 1):
            indices = (np.arange(len(x)) + k) % x.shape[1]
            is_one_hot = (n + k + n // 2) % 2
            cases.append((x, np.eye(x.shape[1], dtype=x.dtype)[indices] if is_one_hot else indices))
    return cases


# --- Inputs: yes or no, and reductions ------------------------------------------------------


def yes_or_no(values: Callable, seed: int) -> list[tuple]:
    """Values of many shapes with targets from 0 to 1; of every other pair 0 and 1 alone.

    Args:
        values: makes an array of a shape with a generator, as `beliefs` does.
    """
    shapes = ((2, 3), (5,), (), (0,), (2, 1, 3, 2))
    rng = np.random.default_rng(seed)
    cases = []
    for k, shape in enumerate(shapes):
        dtype = FLOATS[k % 3 == 1]
        x, t = values(shape, rng).astype(dtype), eighths(rng, shape, 0, 1).astype(dtype)
        t = np.asarray(np.round(t)) if k % 2 else t
        cases.append((strided(x), strided(t)) if k % 4 == 0 else (x, t))
    return cases


def beliefs(shape: Sequence[int], rng: np.random.Generator) -> np.ndarray:
    """Probabilities from 0.02 to 0.98."""
    return np.asarray(rng.uniform(0.02, 0.98, shape))


def any_logits(shape: Sequence[int], rng: np.random.Generator) -> np.ndarray:
    """Logits from -4 to 4."""
    return eighths(rng, shape, -4, 4)


def against(values: Sequence[float], *shares: float, dtype: Any = np.float64) -> list[tuple]:
    """The values, (N,), with each share as the target of all of them."""
    x = np.array(values, dtype)
    return [(x, np.full_like(x, share)) for share in shares]


def one_by_one(*pairs: tuple[float, float], dtype: Any = np.float64) -> list[tuple]:
    """Each pair as a case of two arrays of one element, (1,), where nothing larger hides it."""
    return [(np.array([x], dtype), np.array([t], dtype)) for x, t in pairs]


def nearly_certain(logits: Iterable[float], dtype: Any = np.float64) -> list[tuple]:
    """Each logit alone, (1,), and right: yes above 0, no below. The losses are tiny."""
    return [(np.array([x], dtype), np.array([x > 0], dtype)) for x in logits]


def each_reduction(losses: Iterable[np.ndarray]) -> list[Case]:
    """`reduce_loss` for mean and sum, the first also by default."""
    calls = []
    for n, x in enumerate(losses):
        x = np.asarray(x)
        calls += [case(x) if n % 2 else case(x, reduction="mean"), case(x, "sum")]
    return calls
