"""Accuracy. Made from modules/05_accuracy/accuracy.py: edit that file, not this."""

import math
from typing import Any

import numpy as np

from tinytorch.core.tensor import to_array

__all__ = [
    "Z_95", "accuracy", "averaged_ratio", "balanced_accuracy", "class_count", "confidence_interval",
    "confusion_matrix", "expected_calibration_error", "f1_counts", "f1_score", "fitting_targets",
    "majority_baseline", "paired_classes", "precision", "precision_counts", "predicted_classes",
    "recall", "recall_counts", "reliability_bins", "scored_batch", "target_classes",
    "top_k_accuracy", "whole_numbers",
]


def __dir__() -> list[str]:
    return __all__


def predicted_classes(outputs: Any) -> np.ndarray:
    """The predicted class of each sample: the column of its largest score.

    Args:
        outputs: scores of shape (N, C) with C of at least 2, as a list, an array of any dtype or
            a Tensor: logits, probabilities or votes. They are not changed, and compared as they
            are, in their own dtype; numbers in a list in float32 or float64, as you like. N may
            be 0.

    Returns:
        Array of whole numbers of shape (N,), also where N is 0. The first of several equal
        largest scores wins.

    Raises:
        ValueError: any other shape, a column (N, 1) included, or a NaN anywhere.

    Example:
        >>> predicted_classes([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]])
        array([1, 0])

    Hint: `to_array` of lesson 1 takes all three kinds.
    """
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2:
        raise ValueError(f"expected scores of shape (N, C) with C >= 2, got {scores.shape}")
    if np.isnan(scores).any():
        raise ValueError("scores hold NaN, expected numbers: look for it in the network's output")
    return scores.argmax(axis=1)  # of equal ones the first


def whole_numbers(values: Any) -> np.ndarray:
    """Class indices as int64, out of whole numbers of any dtype: 2.0 counts as 2."""
    array = to_array(values)
    is_whole = array.dtype.kind != "f" or (np.isfinite(array) & (array == np.rint(array))).all()
    if not is_whole or (array < 0).any():
        raise ValueError("expected class indices 0, 1, 2 ...: scores need shape (N, C)")
    return array.astype(np.int64)


def target_classes(targets: Any) -> np.ndarray:
    """The true class of each sample, out of indices (N,) or one-hot rows (N, C)."""
    array = to_array(targets)
    if array.ndim == 1:
        return whole_numbers(array)
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError(f"expected (N,) indices or (N, C) one-hot rows, got {array.shape}")
    ones = array == 1
    if not (ones | (array == 0)).all() or (ones.sum(axis=1) != 1).any():
        raise ValueError("expected one-hot rows, one 1 and zeros: choose a class for each sample")
    return ones.argmax(axis=1)


def class_count(outputs: Any, targets: Any) -> int:
    """How many classes: the columns of the scores or one-hot rows, else the largest index + 1."""
    columns = {np.shape(values)[1] for values in (outputs, targets) if np.ndim(values) == 2}
    if len(columns) > 1:
        raise ValueError(f"outputs and targets have {columns} columns: expected as many of each")
    return columns.pop() if columns else 1 + int(max(to_array(v).max() for v in (outputs, targets)))


def fitting_targets(outputs: Any, targets: Any) -> np.ndarray:
    """The true classes of a batch, once outputs and targets are known to fit together."""
    actual, shape = target_classes(targets), np.shape(outputs)
    if len(shape) not in (1, 2) or shape[1:] in ((0,), (1,)):
        raise ValueError(f"expected (N, C) scores with C >= 2 or (N,) classes, got {shape}")
    if shape[:1] != actual.shape or not actual.size:
        raise ValueError(
            f"{shape[0]} outputs and {len(actual)} targets: expected as many of each, and at "
            "least one; check how the batch was cut"
        )
    if len(shape) == 2 or np.ndim(targets) == 2:  # columns say how many classes there are
        largest = max(actual.max(), whole_numbers(outputs).max() if len(shape) == 1 else 0)
        if largest >= (classes := class_count(outputs, targets)):
            raise ValueError(f"expected classes 0 to {classes - 1}, got {largest}: check labels")
    return actual


def paired_classes(outputs: Any, targets: Any) -> tuple[np.ndarray, np.ndarray]:
    """Predicted and true classes, both (N,), of a batch that has been checked."""
    array = to_array(outputs)
    predicted = whole_numbers(array) if array.ndim == 1 else None
    actual = fitting_targets(array, targets)
    return predicted_classes(array) if predicted is None else predicted, actual


def scored_batch(outputs: Any, targets: Any) -> tuple[np.ndarray, np.ndarray]:
    """Scores (N, C) without NaN, and true classes (N,), of a batch that has been checked."""
    array = to_array(outputs)
    if array.ndim != 2 or np.isnan(array).any():
        raise ValueError(f"expected (N, C) scores without NaN, got shape {array.shape}")
    return array, fitting_targets(array, targets)


def accuracy(outputs: Any, targets: Any) -> float:
    """The share of samples whose predicted class is the true one.

    Args:
        outputs, targets: as `paired_classes` takes them.

    Returns:
        A float (float64, Python's or NumPy's) from 0.0 to 1.0.

    Raises:
        ValueError: outputs and targets do not fit together, as `paired_classes` says.

    Example:
        >>> accuracy([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.02, 0.9, 0.08]], [0, 1, 1])
        1.0
    """
    predicted, actual = paired_classes(outputs, targets)
    return float(np.mean(predicted == actual))


def majority_baseline(targets: Any) -> float:
    """The accuracy of always answering with the most frequent class, of at least one target.

    Example:
        >>> majority_baseline([0, 0, 1, 0])
        0.75
    """
    classes = target_classes(targets)
    if not classes.size:
        raise ValueError("expected at least one target, got none: a share of nothing is undefined")
    return float(np.bincount(classes).max() / classes.size)


def balanced_accuracy(outputs: Any, targets: Any) -> float:
    """The mean over the classes of the share of their samples that was predicted right.

    Args:
        outputs, targets: as `paired_classes` takes them.

    Returns:
        A float (float64) from 0.0 to 1.0. Only classes that occur among the targets count, each
        the same.

    Raises:
        ValueError: outputs and targets do not fit together, as `paired_classes` says.

    Example:
        >>> balanced_accuracy([0, 0, 0, 0], [0, 0, 0, 1])
        0.5
    """
    predicted, actual = paired_classes(outputs, targets)
    shares = [np.mean(predicted[actual == c] == c) for c in np.unique(actual)]
    return float(np.mean(shares))


Z_95 = 1.959963984540054  # 95 % of a normal distribution lie within so many deviations


def confidence_interval(correct: int, total: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson's interval for a share, such as an accuracy: every p within z deviations of it.

    Args:
        correct: how many samples were right.
        total: how many samples there were.
        z: how many standard deviations to allow for, 0 or more. With 0 both ends are the share;
            mind that rounding may put b² - 4ac, which is then 0, a little below it.

    Returns:
        The lower and the upper end, as floats that are not rounded. Both lie from 0.0 to 1.0; a
        rounding error of the formula, 1e-9 say, may lead beyond.

    Raises:
        ValueError: total is below 1, or correct does not lie between 0 and total.

    Example:
        >>> confidence_interval(0, 4, z=2.0)
        (0.0, 0.5)

    Hint: sort the squared inequality by powers of p, a p² + b p + c <= 0.
    """
    if total < 1 or not 0 <= correct <= total:
        raise ValueError(f"expected counts with 0 <= correct <= total, got {correct} of {total}")
    share, w = correct / total, z * z / total  # (1 + w) p² - (2 share + w) p + share² <= 0
    root = math.sqrt(w * (4 * share * (1 - share) + w))
    low, high = ((2 * share + w + sign * root) / (2 + 2 * w) for sign in (-1, 1))
    return max(0.0, low), min(1.0, high)  # rounding may step over the ends


def top_k_accuracy(outputs: Any, targets: Any, k: int) -> float:
    """The share of samples whose true class is among the k with the largest scores.

    Args:
        outputs, targets: as `scored_batch` takes them: scores of shape (N, C), which are compared
            in the dtype in which it returns them.
        k: how many classes may be named, from 1 to C.

    Returns:
        A float (float64) from 0.0 to 1.0. Of equal scores, equal infinities included, the class
        with the lower index comes first.

    Raises:
        ValueError: k is outside 1 to C; or, for every k, outputs are classes (N,), scores hold
            NaN, or they do not fit the targets, as `scored_batch` says.

    Example:
        >>> top_k_accuracy([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], [1, 2], k=2)
        0.5

    Hint: a comparison of `(N, C)` with `(N, 1)`.
    """
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError(f"expected k from 1 to {scores.shape[1]}, the number of classes, got {k}")
    own = scores[np.arange(len(scores)), actual, np.newaxis]  # (N, 1)
    earlier = np.arange(scores.shape[1]) < actual[:, np.newaxis]  # (C,) < (N, 1) -> (N, C)
    before = (scores > own) | ((scores == own) & earlier)
    return float(np.mean(np.count_nonzero(before, axis=1) < k))


def confusion_matrix(outputs: Any, targets: Any, classes: int | None = None) -> np.ndarray:
    """How often each true class (row) was predicted as each class (column).

    Args:
        outputs, targets: as `paired_classes` takes them.
        classes: how many classes there are. None stands for `class_count(outputs, targets)`,
            which is written: the columns of scores or one-hot rows, else the largest index + 1.
            It may be more than the columns, or fewer if no class of the batch lies beyond.

    Returns:
        New array of whole numbers of shape (classes, classes) that adds up to N.

    Raises:
        ValueError: a class of the batch is `classes` or more (with 0 that is any), or outputs
            and targets do not fit together, as `paired_classes` says.

    Example:
        >>> confusion_matrix([0, 1, 1], [0, 0, 1])
        array([[1, 1],
               [0, 1]])

    Hint: `np.bincount` counts, once each pair has a number of its own.
    """
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError(f"expected classes 0 to {classes - 1}, got a larger one: raise `classes`")
    counts = np.bincount(actual * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes)


def recall_counts(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Part and whole of the recall of each class: how many were found, and how many there are."""
    return np.diag(matrix), matrix.sum(axis=1)


def precision_counts(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Part and whole of the precision of each class.

    Args:
        matrix: confusion matrix of shape (C, C) and dtype int64, rows the true classes. It is
            not changed.

    Returns:
        Two arrays of counts of shape (C,), whole numbers or float64, however many samples there
        are: part / whole is the precision of each class, and sum(part) / sum(whole) that of all
        samples together. A class that was never called has a whole of 0.

    Example:
        >>> part, whole = precision_counts(np.array([[3, 1], [1, 5]]))
        >>> part / whole
        array([0.75      , 0.83333333])
    """
    return np.diag(matrix), matrix.sum(axis=0)


def f1_counts(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Part and whole of F1 of each class, the harmonic mean of its precision and recall.

    Args:
        matrix: confusion matrix of shape (C, C) and dtype int64, rows the true classes. It is
            not changed.

    Returns:
        Two arrays of counts of shape (C,), whole numbers or float64, however many samples there
        are: part / whole is F1 of each class, and sum(part) / sum(whole) that of all samples
        together. A class without a hit has a part of 0, and its whole is 0 only if it was never
        called and never there. Half of both, as float64 with its halves, will do as well.

    Example:
        >>> part, whole = f1_counts(np.array([[3, 1], [3, 5]]))
        >>> part / whole
        array([0.6       , 0.71428571])
    """
    return 2 * np.diag(matrix), matrix.sum(axis=0) + matrix.sum(axis=1)


def averaged_ratio(
    part: np.ndarray, whole: np.ndarray, support: np.ndarray, average: str | None
) -> float | np.ndarray:
    """part / whole for each class, with 0 / 0 = 0, averaged over the classes.

    Args:
        part, whole: counts of shape (C,), whole numbers or float64, part at most whole. They are
            not changed.
        support: how often each class occurs among the targets, whole numbers of shape (C,); at
            least one does.
        average: None, "macro", "micro" or "weighted", as in the table above.

    Returns:
        A float; for None a new array of shape (C,); both in float64. Where a whole is 0 its ratio
        is 0.0, and where all are 0 so is the micro average.

    Raises:
        ValueError: average is any other text or number, "", 0 and "macro " included.

    Example:
        >>> averaged_ratio(np.array([3, 0]), np.array([4, 0]), np.array([5, 3]), None)
        array([0.75, 0.  ])

    Hint: where `where` of `np.divide` is False, the result is what `out` held before.
    """
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError(f"expected None, 'macro', 'micro' or 'weighted', got {average!r}")
    if average == "micro":
        part, whole = part.sum(keepdims=True), whole.sum(keepdims=True)
    ratio = np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
    if average is None:
        return ratio
    return float(np.average(ratio, weights=support if average == "weighted" else None))


def precision(
    outputs: Any, targets: Any, average: str | None = "macro", classes: int | None = None
) -> float | np.ndarray:
    """Of the samples that were predicted as a class, the share that belongs to it.

    Args:
        outputs, targets, classes: as `confusion_matrix` takes them.
        average: None for one number a class, "macro", "micro" or "weighted".

    Returns:
        A float; for None an array of shape (C,). A class never predicted has 0.0.

    Example:
        >>> precision([0, 1, 1, 1], [0, 0, 1, 1], average=None).round(2)
        array([1.  , 0.67])
    """
    matrix = confusion_matrix(outputs, targets, classes)
    return averaged_ratio(*precision_counts(matrix), matrix.sum(axis=1), average)


def recall(
    outputs: Any, targets: Any, average: str | None = "macro", classes: int | None = None
) -> float | np.ndarray:
    """Of the samples of a class, the share that was predicted as it: see `precision`."""
    matrix = confusion_matrix(outputs, targets, classes)
    return averaged_ratio(*recall_counts(matrix), matrix.sum(axis=1), average)


def f1_score(
    outputs: Any, targets: Any, average: str | None = "macro", classes: int | None = None
) -> float | np.ndarray:
    """The harmonic mean of precision and recall of a class, averaged last: see `precision`."""
    matrix = confusion_matrix(outputs, targets, classes)
    return averaged_ratio(*f1_counts(matrix), matrix.sum(axis=1), average)


def reliability_bins(
    probabilities: Any, targets: Any, bins: int = 10
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Confidence and accuracy, in bins of equal width of the confidence.

    The confidence is the probability of the predicted class, the first of the largest. A bin
    holds its lower edge and not its upper one, but the last one holds all from its lower edge on:
    1.0, and 1.0005 where a row adds up to that. Edges such as 0.5 and 0.75 of 4 bins are exact.
    Where rounding decides on which side of an edge a confidence lies, either bin will do: 0.29 of
    100 bins may lie in bin 28 or 29.

    Args:
        probabilities, targets: as `scored_batch` takes them, in float32 or float64; each row adds
            up to 1.
        bins: how many bins there are between 0 and 1, at least one.

    Returns:
        Mean confidence, accuracy (both float64, whatever went in) and number of samples (whole
        numbers) of each bin, all of shape (bins,). Means of an empty bin are 0.0.

    Raises:
        ValueError: rows hold a number below 0, however small, or are more than 0.001 away from a
            sum of 1, such as logits; or what `scored_batch` refuses.

    Example:
        >>> reliability_bins([[0.75, 0.25], [1.0, 0.0], [0.25, 0.75]], [0, 1, 1], bins=2)[2]
        array([0, 3])

    Hint: `np.bincount` can add up weights.
    """
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected (N, C) rows that add up to 1: take the softmax of logits first")
    confidence, right = p.max(axis=1), p.argmax(axis=1) == actual
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    divisor = np.maximum(count, 1)  # of an empty bin 1, so that 0 / 1 = 0
    sums = [np.bincount(index, weights, minlength=bins) for weights in (confidence, right)]
    return sums[0] / divisor, sums[1] / divisor, count


def expected_calibration_error(probabilities: Any, targets: Any, bins: int = 10) -> float:
    """The mean gap between confidence and accuracy over the bins, weighted by their counts."""
    confidence, share_right, count = reliability_bins(probabilities, targets, bins)
    return float(np.average(np.abs(confidence - share_right), weights=count))
