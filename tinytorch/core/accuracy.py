"""Accuracy. Made from modules/05_accuracy/accuracy.py: edit that file, not this."""

import math
from typing import Any

import numpy as np

from tinytorch.core.tensor import to_array

__all__ = [
    "Z_95", "accuracy", "averaged_ratio", "balanced_accuracy", "class_count", "confidence_interval",
    "confusion_matrix", "expected_calibration_error", "f1_score", "majority_baseline",
    "paired_classes", "precision", "predicted_classes", "recall", "reliability_bins",
    "target_classes", "top_k_accuracy", "whole_numbers",
]


def whole_numbers(values: Any) -> np.ndarray:
    """Class indices as int64, out of whole numbers of any dtype: 2.0 counts as 2.

    Raises:
        ValueError: a value is negative, not finite or not whole.
    """
    array = to_array(values)
    whole = np.isfinite(array) & (array == np.rint(array)) if array.dtype.kind == "f" else True
    if not np.all(whole) or (array < 0).any():
        raise ValueError("expected class indices 0, 1, 2 ...: scores need shape (N, C)")
    return array.astype(np.int64)


def predicted_classes(outputs: Any) -> np.ndarray:
    """The predicted class of each sample: the column of its largest score.

    Args:
        outputs: scores of shape (N, C), with C of at least 2, logits or probabilities; or class
            indices of shape (N,), which are returned as whole numbers.

    Returns:
        Integer array of shape (N,). The first of several equal largest scores wins.

    Raises:
        ValueError: any other shape, or a row that holds NaN.

    Example:
        >>> predicted_classes([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]])
        array([1, 0])

    Hint: `whole_numbers` takes care of indices.
    """
    array = to_array(outputs)
    if array.ndim == 1:
        return whole_numbers(array)
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError(f"expected (N, C) scores with C >= 2 or (N,) classes, got {array.shape}")
    chosen = array.argmax(axis=1)
    if np.isnan(array[np.arange(len(array)), chosen]).any():  # argmax stops at the first NaN
        raise ValueError("scores hold NaN, expected numbers: look for it in the network's output")
    return chosen


def target_classes(targets: Any) -> np.ndarray:
    """The true class of each sample, as an index.

    Args:
        targets: class indices of shape (N,), or one-hot rows of shape (N, C) with C of at
            least 2. Decimals count where they are whole.

    Returns:
        Integer array of shape (N,).

    Raises:
        ValueError: any other shape, or rows of two or more columns that are not one-hot.

    Example:
        >>> target_classes([[0, 1, 0], [0, 0, 1]])
        array([1, 2])

    Hint: `np.count_nonzero` takes an axis.
    """
    array = to_array(targets)
    if array.ndim == 1:
        return whole_numbers(array)
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError(f"expected (N,) indices or (N, C) one-hot rows, got {array.shape}")
    classes = array.argmax(axis=1)
    ones = array[np.arange(len(array)), classes] == 1
    if not ones.all() or (np.count_nonzero(array, axis=1) > 1).any():
        raise ValueError("expected one-hot rows, one 1 and zeros: choose a class for each sample")
    return classes


def class_count(outputs: Any, targets: Any) -> int:
    """How many classes: the columns of the scores or one-hot rows, else the largest index + 1."""
    columns = {np.shape(values)[1] for values in (outputs, targets) if np.ndim(values) == 2}
    if len(columns) > 1:
        raise ValueError(f"outputs and targets have {columns} columns: expected as many of each")
    return columns.pop() if columns else 1 + int(max(to_array(v).max() for v in (outputs, targets)))


def paired_classes(outputs: Any, targets: Any) -> tuple[np.ndarray, np.ndarray]:
    """Predicted and true classes of a batch that has been checked.

    Args:
        outputs: scores of shape (N, C) or class indices of shape (N,).
        targets: class indices of shape (N,) or one-hot rows of shape (N, C).

    Returns:
        Predicted classes and true classes, in this order, both of shape (N,).

    Raises:
        ValueError: the two differ in length, there is no sample, or one of them names a class
            beyond the `class_count` of the batch.
    """
    predicted, actual = predicted_classes(outputs), target_classes(targets)
    if predicted.shape != actual.shape or not actual.size:
        raise ValueError(
            f"{len(predicted)} predictions and {len(actual)} targets: expected as many of each, "
            "and at least one; check how the batch was cut"
        )
    if max(predicted.max(), actual.max()) >= (classes := class_count(outputs, targets)):
        raise ValueError(f"expected classes 0 to {classes - 1}, got a larger one: check the labels")
    return predicted, actual


def accuracy(outputs: Any, targets: Any) -> float:
    """The share of samples whose predicted class is the true one.

    Args:
        outputs, targets: as `paired_classes` takes them, which also refuses what does not fit.

    Returns:
        A float from 0.0 to 1.0.

    Example:
        >>> accuracy([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.02, 0.9, 0.08]], [0, 1, 1])
        1.0
    """
    predicted, actual = paired_classes(outputs, targets)
    return float(np.mean(predicted == actual))


def majority_baseline(targets: Any) -> float:
    """The accuracy of always answering with the most frequent class.

    Args:
        targets: class indices of shape (N,) or one-hot rows of shape (N, C).

    Returns:
        A float above 0.0, up to 1.0.

    Raises:
        ValueError: there is no target.

    Example:
        >>> majority_baseline([0, 0, 1, 0])
        0.75
    """
    classes = target_classes(targets)
    if not classes.size:
        raise ValueError("expected at least one target, got none: a share of nothing is undefined")
    return float(np.bincount(classes).max() / classes.size)


Z_95 = 1.959963984540054  # 95 % of a normal distribution lie within so many deviations


def confidence_interval(correct: int, total: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson's score interval for a share, such as an accuracy, by the formula above.

    Args:
        correct: how many samples were right.
        total: how many samples there were.
        z: how many standard deviations to allow for; 1.96 for 95 %.

    Returns:
        The lower and the upper end, both from 0.0 to 1.0.

    Raises:
        ValueError: total is below 1, or correct does not lie between 0 and total.

    Example:
        >>> confidence_interval(0, 4, z=2.0)
        (0.0, 0.5)
    """
    if total < 1 or not 0 <= correct <= total:
        raise ValueError(f"expected counts with 0 <= correct <= total, got {correct} of {total}")
    share, width = correct / total, z * z / total
    centre = (share + width / 2) / (1 + width)
    half = z * math.sqrt(share * (1 - share) / total + width / (4 * total)) / (1 + width)
    return max(0.0, centre - half), min(1.0, centre + half)  # rounding may step over the ends


def top_k_accuracy(outputs: Any, targets: Any, k: int) -> float:
    """The share of samples whose true class is among the k with the largest scores.

    Args:
        outputs: scores of shape (N, C).
        targets: class indices of shape (N,) or one-hot rows of shape (N, C).
        k: how many classes may be named, from 1 to C.

    Returns:
        A float from 0.0 to 1.0. Of equal scores the class with the lower index comes first.

    Raises:
        ValueError: k is outside 1 to C, or outputs are no scores.

    Example:
        >>> top_k_accuracy([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], [1, 2], k=2)
        0.5

    Hint: a comparison of `(N, C)` with `(N, 1)`.
    """
    scores, (_, actual) = to_array(outputs), paired_classes(outputs, targets)
    if scores.ndim == 1 or not 1 <= k <= scores.shape[1]:
        raise ValueError(f"expected (N, C) scores and k from 1 to C, got {scores.shape} and k={k}")
    own = scores[np.arange(len(scores)), actual, np.newaxis]  # (N, 1)
    earlier = np.arange(scores.shape[1]) < actual[:, np.newaxis]  # (C,) < (N, 1) -> (N, C)
    before = (scores > own) | ((scores == own) & earlier)
    return float(np.mean(np.count_nonzero(before, axis=1) < k))


def confusion_matrix(outputs: Any, targets: Any, classes: int | None = None) -> np.ndarray:
    """How often each true class (row) was predicted as each class (column).

    Args:
        outputs, targets: as `paired_classes` takes them, which also refuses what does not fit.
        classes: how many classes there are; None for the `class_count` of the batch. Give it
            where both are indices and a class may be missing from the batch.

    Returns:
        Integer array of shape (classes, classes) that adds up to N.

    Raises:
        ValueError: a class lies beyond `classes`.

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


def averaged_ratio(
    part: np.ndarray, whole: np.ndarray, support: np.ndarray, average: str | None
) -> float | np.ndarray:
    """part / whole for each class, with 0 / 0 = 0, averaged over the classes.

    Args:
        part, whole: counts of shape (C,), part at most whole.
        support: how often each class occurs among the targets, of shape (C,).
        average: None, "macro", "micro" or "weighted", as in the table above.

    Returns:
        A float; for None an array of shape (C,). NumPy warns of no division by zero.

    Raises:
        ValueError: average is something else.

    Example:
        >>> averaged_ratio(np.array([3, 0]), np.array([4, 0]), np.array([5, 3]), None)
        array([0.75, 0.  ])

    Hint: NumPy's `divide` has a `where`.
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
    return averaged_ratio(np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1), average)


def recall(
    outputs: Any, targets: Any, average: str | None = "macro", classes: int | None = None
) -> float | np.ndarray:
    """Of the samples that belong to a class, the share that was predicted as it.

    Args:
        outputs, targets, classes: as `confusion_matrix` takes them.
        average: None for one number a class, "macro", "micro" or "weighted".

    Returns:
        A float; for None an array of shape (C,). A class that never occurs has 0.0.

    Example:
        >>> recall([0, 1, 1, 1], [0, 0, 1, 1], average=None)
        array([0.5, 1. ])
    """
    counts = confusion_matrix(outputs, targets, classes)
    there = counts.sum(axis=1)
    return averaged_ratio(np.diag(counts), there, there, average)


def f1_score(
    outputs: Any, targets: Any, average: str | None = "macro", classes: int | None = None
) -> float | np.ndarray:
    """The harmonic mean of precision and recall of a class, 2 hits / (called + there).

    Args:
        outputs, targets, classes: as `confusion_matrix` takes them.
        average: None for one number a class, "macro", "micro" or "weighted".

    Returns:
        A float; for None an array of shape (C,). A class without a hit has 0.0.

    Example:
        >>> f1_score([0, 1, 1, 1], [0, 0, 1, 1], average=None).round(2)
        array([0.67, 0.8 ])
    """
    matrix = confusion_matrix(outputs, targets, classes)
    called, there = matrix.sum(axis=0), matrix.sum(axis=1)
    return averaged_ratio(2 * np.diag(matrix), called + there, there, average)


def balanced_accuracy(outputs: Any, targets: Any) -> float:
    """The mean recall over the classes that occur among the targets.

    Args:
        outputs, targets: as `paired_classes` takes them, which also refuses what does not fit.

    Returns:
        A float from 0.0 to 1.0.

    Example:
        >>> balanced_accuracy([0, 0, 0, 0], [0, 0, 0, 1])
        0.5
    """
    matrix = confusion_matrix(outputs, targets)
    support = matrix.sum(axis=1)
    occurs = support > 0
    return float(np.mean(np.diag(matrix)[occurs] / support[occurs]))


def reliability_bins(
    probabilities: Any, targets: Any, bins: int = 10
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Confidence and accuracy, in bins of equal width of the confidence.

    The confidence is the probability of the predicted class. A bin holds its lower edge and not
    its upper one, but the last bin holds 1.0.

    Args:
        probabilities: shape (N, C), rows that add up to 1.
        targets: class indices of shape (N,) or one-hot rows of shape (N, C).
        bins: how many bins there are between 0 and 1.

    Returns:
        Mean confidence, accuracy and number of samples of each bin, all of shape (bins,). Means
        of an empty bin are 0.0.

    Raises:
        ValueError: rows are not probabilities.

    Example:
        >>> reliability_bins([[0.75, 0.25], [1.0, 0.0], [0.25, 0.75]], [0, 1, 1], bins=2)[2]
        array([0, 3])

    Hint: `np.bincount` can add up weights.
    """
    p, (predicted, actual) = to_array(probabilities), paired_classes(probabilities, targets)
    # Rows of float16 add up to 1 within about 1e-3.
    if p.ndim == 1 or p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected (N, C) rows that add up to 1: take the softmax of logits first")
    confidence = p.max(axis=1)
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    divisor = np.maximum(count, 1)  # of an empty bin 1, so that 0 / 1 = 0
    right = np.bincount(index, predicted == actual, minlength=bins)
    return np.bincount(index, confidence, minlength=bins) / divisor, right / divisor, count


def expected_calibration_error(probabilities: Any, targets: Any, bins: int = 10) -> float:
    """The mean gap between confidence and accuracy over the bins, weighted by their counts."""
    confidence, share_right, count = reliability_bins(probabilities, targets, bins)
    return float(np.average(np.abs(confidence - share_right), weights=count))
