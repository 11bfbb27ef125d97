"""Lesson 05, Accuracy: what its functions are held against, and what they are tried on.

Definitions take what the functions take, as arrays or lists: scores `(N, C)`, classes `(N,)`, or
a confusion matrix `(C, C)` whose rows are the true classes.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from tinytorch.testing.inputs import Case, case, numbers, strided

DTYPES = (np.float32, np.int8, np.float64, np.uint8, np.int64, np.bool_, np.float16, np.int32)
LIMITED = (np.int8, np.uint8, np.int32, np.int64, np.uint64)  # whole numbers that can run over
INF, NAN = np.inf, np.nan
Z_95 = 1.959963984540054  # as the lesson has it


def refilled(*values: Any, more: Sequence = (), **options: Any) -> Iterator[Case]:
    """Calls that all pass one and the same array, filled anew for each."""
    array = np.array(values[0])
    for array[...] in values:
        yield case(array, *more, **options)


def many_misses(times: Iterable[int]) -> list[tuple]:
    """Classes of as many samples as told, all of class 0 and all called 1."""
    return [(np.ones(n, np.uint8), np.zeros(n, np.uint8)) for n in times]  # large, in few bytes


def one_miss(times: Iterable[int]) -> list[tuple]:
    """Classes of as many samples as told that are called 0, and one that is not; all are 0."""
    return [(np.eye(1, n + 1, n, np.uint8)[0], np.zeros(n + 1, np.uint8)) for n in times]


# --- Scores -----------------------------------------------------------------------------------


def in_order(row: Sequence[float]) -> list[int]:
    """The columns of a row from its largest score on; of equal ones the first comes first."""
    return sorted(range(len(row)), key=row.__getitem__, reverse=True)


def largest_columns(scores: Any) -> np.ndarray:
    """The column of the largest score in each row `(N, C) -> (N,)`, the first of equal ones."""
    rows = np.asarray(scores).tolist()
    return np.array([row.index(max(row)) for row in rows], int)


def share_among_first(scores: Any, targets: Any, k: int) -> float:
    """The share of rows whose target is among the first k in the order of the scores."""
    rows = zip(np.asarray(scores).tolist(), targets, strict=True)
    return float(np.mean([target in in_order(row)[:k] for row, target in rows]))


@cache
def scores_of_all_dtypes(seed: int) -> list[np.ndarray]:
    """Scores (N, C) of each dtype, small ones, and of whole numbers the limits and neighbours."""
    shapes = ((4, 3), (3, 5), (6, 2), (2, 2), (1, 4), (5, 2), (2, 3), (3, 4))
    drawn, found = numbers((8, 6, 5), np.int64, seed, -40, 40), []
    for n, (dtype, (rows, columns)) in enumerate(zip(DTYPES, shapes, strict=True)):
        scores = drawn[n, :rows, :columns]
        if np.dtype(dtype).kind in "bu":
            scores = np.abs(scores)
        elif np.dtype(dtype).kind == "f":
            scores = scores / 8
        scores = (scores > 20 if dtype is np.bool_ else scores).astype(dtype)
        found.append(strided(scores) if n % 3 == 2 else scores)
    return [*found, *map(_at_the_limits, LIMITED)]


@cache
def _at_the_limits(dtype: Any) -> np.ndarray:
    lowest, highest = np.iinfo(dtype).min, np.iinfo(dtype).max
    rows = [[highest - 1, highest, 0], [lowest, lowest + 1, lowest], [0, lowest, highest]]
    return np.array([*rows, [highest // 2, highest // 2 + 1, lowest], [3, lowest, 5]], dtype)


@cache
def tied_scores(seed: int) -> list[np.ndarray]:
    """Scores (N, C) of few and of many classes, most rows with several largest ones."""
    few, many = numbers((12, 5), np.int64, seed, 0, 2), numbers((4, 33), np.float32, seed, 0, 0.25)
    more = [numbers((4, 60), np.float64, seed, 0, 0.375), numbers((3, 50), np.uint8, seed, 0, 2)]
    equal = [np.full((3, 4), seed / 4), np.zeros((3, 40)), np.full((2, 3), -INF)]
    return [few, few - 1.5, strided(many), *more, *equal, np.full((1, 2), INF)]


def close_scores(seed: int) -> list[np.ndarray]:
    """Scores (N, 3) that differ by little: by a rounding error, or not at all; zeros, infinities.

    They are as large as a float64 can be, or as small. The last ones are float32.
    """
    x, huge, tiny = float(seed), 1e300 / seed, 1e-300 * seed
    above = np.nextafter(x, INF)
    near = [[x, above, x], [above, x, above], [x, x, x + 1e-9], [0.3, 0.3 + 1e-12, 0.2]]
    infinite = [[-INF, x, -INF], [-INF, -INF, 0], [-INF] * 3, [x, INF, 1], [INF, 1, INF]]
    large = [[huge, huge, huge / 9], [-huge, -huge / 9, -INF], [-huge, -huge, 0], [huge, INF, -INF]]
    small = [[0, tiny, 2 * tiny], [tiny, 0, -tiny], [0, -0.0, 5e-324], [-0.0, 0, -1], [-1, 0, -0.0]]
    others = [[700 + x, 600, 800 + x], [-700 - x, -600, -800], [-x - 3, -x, -x - 1]]
    above = np.nextafter(np.float32(x), np.float32(INF))
    single = np.array([[x, above, x], [above, above, x], [x, x, above]], np.float32)
    return [np.array([*near, *infinite, *large, *small, *others]), single]


def at_places(scores: np.ndarray, start: int = 0) -> Case:
    """Scores, and targets that stand at the first, second and third place in turn."""
    places = enumerate(scores.tolist(), start)
    return case(scores, [in_order(row)[n % min(3, len(row))] for n, row in places])


def for_some_k(batches: Iterable[Case], most: int = 9, start: int = 1) -> list[Case]:
    """Batches of scores and targets, each for a k of its own from 1 to the number of classes.

    The first one has k = `start`, the next one more, and so on, round and round.
    """
    cases = []
    for n, each in enumerate(batches, start - 1):
        k = 1 + n % min(most, np.shape(each.inputs[0])[1])
        cases.append(Case(each.inputs, {"k": k}))
    return cases


def many_alike(times: Iterable[int], **options: Any) -> list[Case]:
    """Scores and targets of class 0 as many times as told, and of class 1 once: all are right."""
    scores, samples = np.eye(2, dtype=np.uint8), [(n, 1) for n in times]  # large, in few bytes
    return [case(np.repeat(scores, n, 0), np.repeat([0, 1], n), **options) for n in samples]


def scores_with_nan(seed: int) -> list[np.ndarray]:
    """Scores (3, 3) with NaN at one place, every place in turn, of each kind of float.

    Some have an infinity besides; the last ones hold a single row, or nothing but NaN.
    """
    broken, drawn = [], numbers((9, 3, 3), np.float64, seed)
    for n, place in enumerate(np.ndindex(3, 3)):
        scores = drawn[n].astype((np.float64, np.float32, np.float16)[(n + seed) % 3])
        scores[place] = NAN
        scores[place[0], place[1] - 1] = (1, INF, -INF)[n % 3]
        broken.append(scores)
    return [*broken, np.array([[seed, NAN]]), np.array([[NAN, NAN]])]


# --- Classes, in every form -------------------------------------------------------------------


@cache
def class_pairs(seed: int) -> list[tuple]:
    """Predicted and true classes, (N,) each: some, all or none are equal, lists or any dtype.

    There are 1 to 24 samples, and classes that are never there, never called, or neither.
    """
    rng = np.random.default_rng(seed)
    pairs = []
    for samples, names in ((7, [0, 1]), (24, range(5)), (9, [1, 3, 4]), (14, [2, 12, 16, 17])):
        actual, other = rng.choice(names, (2, samples))
        pairs.append((np.where(rng.random(samples) < 0.6, actual, other), actual))
    few, many = pairs[:2]
    pairs += [(many[0].astype(np.uint8), many[1].astype(np.float32)), (many[1], many[1])]
    pairs += [(few[0].astype(bool), few[1].tolist()), ((many[1] + 1) % 5, many[1])]
    called, there = [[0, 0, 3, 3, 5], [3, 0, 0, 3, 3]], [[4, 2, 2, 0, 4], [4, 4, 2, 2, 4]]
    pairs += [([0] * 8 + [1, 0], [0] * 8 + [1, 1]), called, there, ([0, 0, 0], [2, 2, 0])]
    return [*map(tuple, pairs), ([0], [1 + seed]), ([3], [3])]


def share_of_equal(predicted: Any, actual: Any) -> float:
    """The share of places at which the two hold equal classes."""
    equal = [p == a for p, a in zip(*_lists(predicted, actual), strict=True)]
    return sum(equal) / len(equal)


def mean_share_of_classes(predicted: Any, actual: Any) -> float:
    """The share of equal ones among the samples of each true class; the mean of the shares."""
    predicted, actual = _lists(predicted, actual)
    hits: dict[Any, list[bool]] = {a: [] for a in actual}
    for p, a in zip(predicted, actual, strict=True):
        hits[a].append(p == a)
    return sum(sum(each) / len(each) for each in hits.values()) / len(hits)


def counted_pairs(outputs: Any, targets: Any, classes: int | None = None) -> np.ndarray:
    """How often each pair of a true and a predicted class occurs `(classes, classes)`.

    The columns of scores or one-hot rows say how many classes there are, if nobody else does.
    """
    columns = [np.shape(x)[1] for x in (outputs, targets) if np.ndim(x) == 2]
    actual, predicted = _lists(
        *(largest_columns(x) if np.ndim(x) == 2 else x for x in (targets, outputs))
    )
    largest = columns[0] - 1 if columns else max(*actual, *predicted)
    classes = int(largest) + 1 if classes is None else classes
    matrix = np.zeros((classes, classes), int)
    for (a, p), n in Counter(zip(actual, predicted, strict=True)).items():
        matrix[int(a), int(p)] = n
    return matrix


def shape_and_places(matrix_of: Callable) -> Callable:
    """A function that gives the shape of a matrix, and the row and column of all but its zeros."""

    def shape_and_places(*inputs: Any) -> np.ndarray:
        matrix = np.asarray(matrix_of(*inputs))
        return np.array([*matrix.shape, *np.argwhere(matrix).ravel()])

    return shape_and_places


def _lists(*values: Any) -> list[list]:
    """Each as a list of Python's own numbers, which are quicker one at a time."""
    return [np.asarray(x).tolist() for x in values]


def in_every_form(
    scores: Any, targets: Any, *, classes: bool = True, turn: int = 0, **options: Any
) -> list[Case]:
    """A batch as scores or, if `classes` may be, classes; with indices or one-hot rows; as lists.

    `scores` are (N, C) and `targets` indices (N,). Each form of the one meets a form of the
    other, which ones says `turn`. Options are passed on.
    """
    scores = np.array(scores, float)
    outputs = [scores, scores.tolist(), scores.astype(np.float32)]
    outputs += [largest_columns(scores)] if classes else []
    rows = np.eye(scores.shape[1])[list(targets)]
    forms = [list(targets), np.array(targets, np.float32), rows, rows.astype(int).tolist()]
    pairs = [(outputs[n % len(outputs)], forms[(n + turn) % 4]) for n in range(4)]
    return [case(*pair, **options) for pair in pairs]


@cache
def _misfits_of_scores(columns: int) -> list[tuple]:
    scores = np.eye(columns)
    rest = [0] * (columns - 1)
    targets = [
        [0],
        rest,
        [0, 0, *rest],
        scores[1:],
        scores[:1],
        scores[:, 1:],
        [[0], *scores[1:, 1:2]],
    ]
    targets += [[label, *rest] for label in (columns, -1, 0.5, NAN)]
    for row in ([1, 1], [0, 0], [0.5, 0.5], [0, 2]):
        targets.append(np.array([row + rest[1:], *scores[1:].tolist()]))
    others = [(np.zeros((0, columns)), []), (np.ones((2, 1)), [0, 0]), (scores[:1], [])]
    return [*product([scores], targets), *others]


def misfits_of_scores(columns: int, **options: Any) -> list[Case]:
    """Scores, as many rows as columns, with targets that don't fit; and shapes that never do.

    Lengths differ, a label is none or lies beyond the columns, a row is no one-hot row.
    """
    return [case(*pair, **options) for pair in _misfits_of_scores(columns)]


def misfits(columns: int, **options: Any) -> list[Case]:
    """What every measure refuses: `misfits_of_scores`, and the like of predicted classes."""
    rows = np.eye(columns)
    pairs = [([0, 1, 1], [1]), ([1], [1, 1, 0]), ([0, 1, 1], [0, 1]), ([], []), ([], [1])]
    pairs += [([0, 1], [0, -1]), ([-1, 0], [1, 0]), ([0, 1], [0.5, 1]), ([1.5], [1])]
    pairs += [([1], [NAN]), ([0, columns], rows[:2]), ([[0], [1]], [0, 1]), ([0, 1], [[0], [1]])]
    pairs += [([0, 1], [[0, 0], [0, 1]]), ([1], [[1, 1]]), ([0], [[0.5, 0.5]])]
    return misfits_of_scores(columns, **options) + [case(*pair, **options) for pair in pairs]


def _named(target: Any) -> int:
    """The class that an index or a one-hot row names."""
    return int(target) if np.ndim(target) == 0 else list(target).index(1)


# --- Intervals --------------------------------------------------------------------------------


def deviations_of(interval: Callable) -> Callable:
    """A function of the same counts: how many deviations the share lies above the two ends."""

    def deviations(correct: int, total: int, z: float = Z_95) -> np.ndarray:
        ends = [float(end) for end in interval(correct, total, z)]
        spreads = [np.sqrt(abs(p * (1 - p)) / total + 1e-300) for p in ends]
        return np.array([(correct / total - p) / s for p, s in zip(ends, spreads, strict=True)])

    return deviations


def above_and_below(correct: int, total: int, z: float = Z_95) -> np.ndarray:
    """The share lies z deviations above the lower end, and z below the upper one."""
    return np.array([z, -z], float)


def ends_of(interval: Callable) -> Callable:
    """A function that gives the two ends as an array."""
    return lambda *counts: np.array(interval(*counts), float)


def ends_of_all_or_none(correct: int, total: int, z: float = Z_95) -> np.ndarray:
    """The ends where all are right or none, from p² <= z² p (1 - p) / N and its mirror."""
    inner = total / (total + z * z)
    return np.array([inner, 1.0] if correct else [0.0, 1 - inner])


def share_twice(correct: int, total: int, z: float) -> np.ndarray:
    """Both ends where no deviation is allowed for."""
    return np.array([correct, correct]) / total


# --- Part and whole ---------------------------------------------------------------------------


@cache
def confusion_matrices(seed: int) -> list[np.ndarray]:
    """Matrices (C, C) without zeros, of 1 to 12 classes, frequent and rare; not all contiguous."""
    drawn = [numbers((c, c), np.int64, seed + c, 1, 9) for c in (2, 3, 4)]
    drawn.append(numbers((12, 12), np.int64, seed, 1, 2))
    rare = np.array([[30, 1], [9, 2]]) + seed
    return [*drawn, rare, rare[::-1], np.array([[seed]]), strided(drawn[1]), drawn[2].T]


@cache
def sparse_matrices(seed: int) -> list[np.ndarray]:
    """Matrices (C, C) of which rows, columns or both, the diagonal, or all are zeros."""
    full = numbers((4, 4), np.int64, seed, 1, 9)
    found = [full, np.zeros((3, 3), int), np.zeros((1, 1), int), full[:1, :1]]
    for c in (0, 3):
        never_called, never_there, neither = full.copy(), full.copy(), full.copy()
        never_called[:, c], never_there[c], neither[c], neither[:, c] = 0, 0, 0, 0
        found += [never_called, never_there, neither, np.where(np.eye(4) > 0, 0, neither)]
    return [*found, np.array([[0, seed], [0, 0]]), np.array([[0, 0], [seed, 0]])]


def ratios_of(counts: Callable) -> Callable:
    """A function of a matrix: the ratio of each class `(C,)`, and behind it that of all samples.

    `times` stands for as many of each sample, which changes no ratio.
    """

    def ratios(matrix: np.ndarray, times: int = 1) -> np.ndarray:
        part, whole = counts(matrix if times == 1 else times * matrix)
        return np.append(part / whole, part.sum() / whole.sum())

    return ratios


def precisions(matrix: np.ndarray, times: int = 1) -> np.ndarray:
    """Of the samples called a class, the share that belongs to it; and of all samples."""
    called = [
        [true == c for true, n in enumerate(column) for _ in range(n)]
        for c, column in enumerate(matrix.T.tolist())
    ]
    called.append([hit for each in called for hit in each])
    return np.array([sum(each) / len(each) for each in called])


def harmonic_means(matrix: np.ndarray, times: int = 1) -> np.ndarray:
    """2 / (1 / precision + 1 / recall) of each class; and of all samples, where both are equal."""
    found, there = precisions(matrix), precisions(matrix.T)
    return 2 / (1 / found + 1 / there)


def signs_of(counts: Callable) -> Callable:
    """A function of a matrix: the signs of part and whole, `(2, C)`."""
    return lambda matrix: np.sign(np.array(counts(matrix), float))


def hit_and_called(matrix: np.ndarray) -> np.ndarray:
    """Which classes have a hit, and which were ever called: 1 or 0, `(2, C)`."""
    hit = [row[c] > 0 for c, row in enumerate(matrix.tolist())]
    return np.array([hit, [any(column) for column in matrix.T.tolist()]], float)


def hit_and_called_or_there(matrix: np.ndarray) -> np.ndarray:
    """Which classes have a hit, and which were ever called or there: 1 or 0, `(2, C)`."""
    hit, called = hit_and_called(matrix)
    rows = matrix.tolist()
    return np.array([hit, [c or any(row) for c, row in zip(called, rows, strict=True)]], float)


def count_tables(seed: int, averages: Sequence[str | None]) -> list[Case]:
    """Part, whole and support (C,) of 1 to 5 classes, empty ones among them; averages take turns.

    Some classes are perfect, some have no hit; some no target belongs to. Every second part and
    whole is of float64.
    """
    turns = len(averages)
    return [case(*table, averages[n % turns]) for n, table in enumerate(_tables(seed))]


@cache
def _tables(seed: int) -> list[list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    tables = [([1], [1], [1]), ([seed], [seed + 4], [9]), ([3, 4], [3, 4], [4, 3])]
    tables += [([1, 2], [400, 900], [200, seed]), ([0, 1], [0, 3], [1, 2])]
    for classes in (3, 4, 5):
        whole = rng.integers(1, 16, classes)
        whole[0] = whole[classes - 1] + 7  # so that classes differ in weight
        part, support = rng.integers(0, whole + 1), rng.integers(0, 9, classes)
        part[1], whole[1], support[2] = 0, 0, 0
        support[0] += 3
        tables += [(part, whole, support), (part[::-1], whole[::-1], support[::-1] + 1)]
    found = []
    for n, (part, whole, support) in enumerate(tables):
        counts = [np.array(counted, (np.int64, np.float64)[n % 2]) for counted in (part, whole)]
        found.append([*counts, np.array(support)])
    return found


def averaged(part: Any, whole: Any, support: Any, average: str | None) -> Any:
    """The ratios where 0 / 0 is 0; or the mean over classes, or over samples one at a time."""
    ratios = [0.0 if w == 0 else float(p) / float(w) for p, w in zip(part, whole, strict=True)]
    if average == "micro":
        return np.mean([True] * int(sum(part)) + [False] * int(sum(whole) - sum(part)))
    if average == "weighted":
        ratios = [r for r, n in zip(ratios, support, strict=True) for _ in range(n)]
    return np.array(ratios) if average is None else np.mean(ratios)


def of_many(function: Callable, times: int) -> Callable:
    """The function of counts that are many times as large; the last input stays as it is."""
    return lambda *inputs: function(*(times * x for x in inputs[:-1]), inputs[-1])


# --- Bins of the confidence -------------------------------------------------------------------


def probability_batches(seed: int) -> list[tuple]:
    """Rows (N, C) that add up to 1, and targets (N,): one to twenty samples, two to four classes.

    No confidence is so near to an edge that rounding could tell on which side it lies.
    """
    batches = []
    for n, c in ((20, 3), (12, 2), (9, 4), (1, 3)):
        weights = numbers((n, c), np.float64, seed, 1, 99)
        rows = weights / weights.sum(axis=1, keepdims=True)
        batches.append((rows, numbers((n,), np.int64, seed, 0, c - 1)))
    return batches


def means_of_bins(probabilities: Any, targets: Any, bins: int = 10) -> tuple:
    """Mean confidence, share right and number of the samples in each bin, (bins,) each.

    A sample belongs to the last bin whose lower edge its confidence reaches.
    """
    held: list[list] = [[] for _ in range(bins)]
    lower_edges = [b / bins for b in range(bins)]
    for row, target in zip(np.asarray(probabilities).tolist(), targets, strict=True):
        reached = bisect(lower_edges, max(row))  # how many of them
        held[reached - 1].append((max(row), row.index(max(row)) == _named(target)))
    means = [[sum(x) / len(each) for x in zip(*each, strict=True)] or [0, 0] for each in held]
    confidence, share_right = np.array(means, float).T
    return confidence, share_right, np.array([len(each) for each in held])


def certain_batches(times: Iterable[int], bins: int) -> list[tuple]:
    """As many pairs of samples as told, with a confidence of 1: the first of each is right."""
    columns = np.eye(2, dtype=np.float32)  # their own mirror image, and quick to add up
    return [(np.tile(columns, n).T, np.zeros(2 * n, np.uint8), bins) for n in times]


def tuple_of(function: Callable) -> Callable:
    """The function, whose results may come in a list too."""
    return lambda *inputs, **options: tuple(function(*inputs, **options))


def stacked(function: Callable) -> Callable:
    """The function, whose results become the rows of one array."""
    return lambda *inputs, **options: np.stack(function(*inputs, **options))
