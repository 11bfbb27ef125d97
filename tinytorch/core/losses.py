"""Losses. Made from modules/04_losses/losses.py: edit that file, not this."""

import math
from typing import Any

import numpy as np

from tinytorch.core.tensor import Tensor, apply, gradient_of, to_array

__all__ = [
    "LEAST_LOG", "LEAST_SPREAD", "TAME", "BinaryCrossEntropyLoss",
    "BinaryCrossEntropyOfProbabilities", "CategoricalCrossEntropyLoss", "CrossEntropyLoss", "Loss",
    "MeanSquaredError", "binary_cross_entropy", "binary_cross_entropy_gradient",
    "binary_cross_entropy_with_logits", "binary_cross_entropy_with_logits_gradient",
    "categorical_cross_entropy", "categorical_cross_entropy_gradient", "check_probabilities",
    "class_indices", "clip_gradient", "cross_entropy", "cross_entropy_gradient", "is_soft",
    "logsumexp", "one_hot", "prepare", "reduce_loss", "row_powers", "row_sums", "same_shape",
    "squared_error", "squared_error_gradient", "trace_cross_entropy", "weighted_targets",
]


def same_shape(predictions: np.ndarray, targets: np.ndarray) -> None:
    """Refuse to compare arrays of different shapes, which NumPy might broadcast in silence.

    PyTorch broadcasts here, some of its losses with a warning. We raise a ValueError.
    """
    if np.shape(predictions) != np.shape(targets):
        raise ValueError(
            f"predictions {np.shape(predictions)} against targets {np.shape(targets)}: expected "
            f"equal shapes; reshape one of them, as in targets.reshape{np.shape(predictions)}"
        )


def squared_error(predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The square of each difference: (predictions - targets)^2.

    Args:
        predictions: floats of any shape.
        targets: numbers of the same shape.

    Returns:
        An array of that shape, one loss an element. Neither input is changed.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> squared_error(np.array([1.0, 5.0]), np.array([3.0, 4.0]))
        array([4., 1.])
    """
    same_shape(predictions, targets)
    difference = predictions - targets
    difference *= difference
    return difference


@gradient_of(squared_error)
def squared_error_gradient(grad, output, predictions, targets):
    """d/dy (y - t)^2 = 2 (y - t)."""
    return 2 * grad * (predictions - targets)


def class_indices(targets: np.ndarray, classes: int) -> np.ndarray:
    """Class indices as whole numbers, once they are known to be sound.

    Args:
        targets: (N,) indices; floats will do if they hold whole numbers.
        classes: C, the number of classes.

    Returns:
        (N,) integers from 0 to C - 1.

    Raises:
        ValueError: there is more than one axis (or none), or an index is not a whole number,
            or is below 0 or above C - 1.

    Example:
        >>> class_indices(np.array([2.0, 0.0]), 3).tolist()
        [2, 0]
    """
    if targets.ndim != 1:
        raise ValueError(f"class indices of shape {targets.shape}: expected (N,); reshape them")
    sound = (targets >= 0) & (targets < classes)
    if targets.dtype.kind == "f":
        sound &= targets == np.floor(targets)
    if np.count_nonzero(sound) < len(sound):
        first = targets[~sound][0]
        raise ValueError(f"class index {first}: expected a whole number from 0 to below {classes}")
    return np.asarray(targets, np.intp)


def one_hot(targets: np.ndarray, classes: int) -> np.ndarray:
    """Rows that hold 1 at the class of each sample and 0 elsewhere.

    Args:
        targets: (N,) class indices.
        classes: C, the number of classes.

    Returns:
        (N, C) float32.

    Raises:
        ValueError: the indices are not sound, as in `class_indices`.

    Example:
        >>> one_hot(np.array([2, 0]), 3)
        array([[0., 0., 1.],
               [1., 0., 0.]], dtype=float32)
    """
    indices = class_indices(targets, classes)
    rows = np.zeros((len(indices), classes), np.float32)
    rows[np.arange(len(indices)), indices] = 1
    return rows


def is_soft(outputs: np.ndarray, targets: np.ndarray) -> bool:
    """Whether targets are rows of probabilities, (N, C), rather than indices, (N,).

    Raises:
        ValueError: outputs are not (N, C), or targets fit neither form. PyTorch also takes
            one sample (C,) and more axes (N, C, ...); here they are reshaped first.
    """
    if outputs.ndim == 2 and targets.shape in (outputs.shape, outputs.shape[:1]):
        return targets.ndim == 2
    raise ValueError(
        f"outputs {outputs.shape} against targets {targets.shape}: expected (N, C) against "
        "indices (N,) or probabilities (N, C); reshape them, as in targets.reshape(-1)"
    )


def categorical_cross_entropy(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The cross-entropy of each sample: -sum over c of t[n, c] log p[n, c].

    A class with t = 0 counts nothing, even where p is 0. There is no clipping: a truth that was
    given probability 0 costs infinity.

    Args:
        probabilities: (N, C) floats.
        targets: (N,) class indices, or (N, C) one-hot or soft.

    Returns:
        (N,), one loss a sample, in natural logarithms.

    Raises:
        ValueError: the shapes fit neither form, or an index is not sound.

    Example:
        >>> categorical_cross_entropy(np.array([[0.5, 0.25, 0.25]]), np.array([0])).round(4)
        array([0.6931])

    Hint: many NumPy functions take a `where`.
    """
    soft = is_soft(probabilities, targets)
    rows = targets if soft else one_hot(targets, probabilities.shape[1])
    logs = np.log(probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return -np.sum(rows * logs, axis=1)


@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(
    grad: np.ndarray, output: np.ndarray, probabilities: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """The gradient of sum(grad * loss) with respect to the probabilities.

    Args:
        grad: (N,), how much each sample's loss counts.
        output: (N,), the losses; not needed here.
        probabilities, targets: as in `categorical_cross_entropy`.

    Returns:
        (N, C): -grad[n] t[n, c] / p[n, c], and 0 wherever t is 0.
    """
    soft = is_soft(probabilities, targets)
    rows = targets if soft else one_hot(targets, probabilities.shape[1])
    slopes = np.zeros_like(probabilities)
    return np.divide(-grad[:, None] * rows, probabilities, where=rows > 0, out=slopes)


def reduce_loss(losses: Tensor, reduction: str = "mean", divisor: float | None = None) -> Tensor:
    """Make one number of many losses, or none.

    Args:
        losses: a Tensor of any shape.
        reduction: "mean" over all elements, "sum", or "none" for the losses as they are.
        divisor: for "mean", what the sum is divided by; None for the number of losses.

    Returns:
        A Tensor of shape (), or of the losses' shape for "none".

    Raises:
        ValueError: another word.

    Example:
        >>> reduce_loss(Tensor([1, 2, 6]))
        Tensor(3.)
    """
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean() if divisor is None else losses.sum() / divisor
    raise ValueError(f"reduction {reduction!r}: expected 'mean', 'sum' or 'none'")


def prepare(output: Any, targets: Any) -> tuple[Tensor, Tensor]:
    """Both as Tensors; targets of the output's shape take on its dtype, so as not to widen it."""
    output = output if isinstance(output, Tensor) else Tensor(output)
    targets = targets if isinstance(targets, Tensor) else Tensor(targets)
    if output.dtype.kind != "f":
        raise TypeError(f"expected decimal numbers, got {output.dtype}: use astype(np.float32)")
    if targets.shape == output.shape and targets.dtype != output.dtype:
        targets = Tensor(targets.data.astype(output.dtype))
    return output, targets


def check_probabilities(values: np.ndarray, name: str) -> None:
    """Refuse what can't be probabilities; nan can't either."""
    if values.size and not (values.min() >= 0 and values.max() <= 1):
        raise ValueError(
            f"{name} between {values.min()} and {values.max()}: expected 0 to 1; a model's raw "
            "outputs belong in a loss that takes logits, targets of -1 and 1 are written 0 and 1"
        )


class Loss:
    """How wrong a model's output is: `loss(output, targets)` is a Tensor.

    Args:
        reduction: "mean", "sum" or "none".
    """

    def __init__(self, reduction: str = "mean"):
        reduce_loss(Tensor(0.0), reduction)  # a wrong word is refused here, not after an hour
        self.reduction = reduction

    def losses(self, output: Any, targets: Any) -> tuple[Tensor, float | None]:
        """The single losses, and what a mean divides their sum by: None for their number."""
        raise NotImplementedError(f"{type(self).__name__} does not say what its losses are")

    def forward(self, output: Any, targets: Any) -> Tensor:
        """The loss, reduced."""
        losses, divisor = self.losses(output, targets)
        return reduce_loss(losses, self.reduction, divisor)

    def __call__(self, output: Any, targets: Any) -> Tensor:
        return self.forward(output, targets)

    def calculate(self, output: Any, targets: Any) -> float:
        """The data loss: the mean of the sample losses as a number, whatever the reduction."""
        losses, divisor = self.losses(output, targets)
        return float(reduce_loss(losses, "mean", divisor).item())


class MeanSquaredError(Loss):
    """(output - targets)^2, averaged over all elements. Other shapes are refused, not broadcast."""

    def losses(self, output: Any, targets: Any) -> tuple[Tensor, float | None]:
        return apply(squared_error, *prepare(output, targets)), None


@gradient_of(np.clip)
def clip_gradient(grad, output, x, low, high):
    """1 where x was left as it is, 0 where it was clipped."""
    return grad * ((x >= low) & (x <= high))


class CategoricalCrossEntropyLoss(Loss):
    """Cross-entropy for a model whose output is probabilities, (N, C).

    Args:
        reduction: "mean", "sum" or "none".
        epsilon: if above 0, probabilities are clipped to [epsilon, 1 - epsilon]. The default does
            not clip: a truth that was given probability 0 then costs infinity, which is so.
    """

    def __init__(self, reduction: str = "mean", epsilon: float = 0.0):
        super().__init__(reduction)
        self.epsilon = epsilon

    def losses(self, output: Any, targets: Any) -> tuple[Tensor, float | None]:
        output, targets = prepare(output, targets)
        check_probabilities(output.data, "probabilities")
        if is_soft(output.data, targets.data):
            check_probabilities(targets.data, "targets")
        if self.epsilon:
            output = apply(np.clip, output, self.epsilon, 1 - self.epsilon)
        return apply(categorical_cross_entropy, output, targets), None


def logsumexp(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """log of the sum of e^x along an axis, without overflow.

    Args:
        logits: floats of any shape; -inf is allowed, and counts as e^-inf = 0.
        axis: the axis that disappears.

    Returns:
        The input's shape without that axis. -inf where all entries are -inf.

    Example:
        >>> logsumexp(np.array([[1000.0, 1000.0], [0.0, -np.inf]])).round(4)
        array([1000.6931,    0.    ])

    Hint: `keepdims` lets a maximum broadcast against what it came from.
    """
    top = logits.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)  # -inf - -inf would be nan
    powers = logits - top
    np.exp(powers, out=powers)
    with np.errstate(divide="ignore"):  # the logarithm of a row of nothing but -inf
        return np.log(powers.sum(axis=axis)) + top.squeeze(axis)


TAME = 16.0  # float32 holds e^16, e^-16, and their quotient; float16 ends at e^11


def row_sums(x: np.ndarray) -> np.ndarray:
    """The sum of each row of x: (N, C) -> (N,)."""
    return x @ np.ones(x.shape[1], x.dtype)


@np.errstate(over="ignore", divide="ignore")  # for what is tried and then looked at
def row_powers(
    x: np.ndarray, kept: list | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Powers of e whose shares in their row are softmax(x), without overflow.

    Args:
        x: (N, C) logits.
        kept: a list in which to leave (powers, sums) for a gradient rule.

    Returns:
        e^z, (N, C); its sum over each row, (N,); and z, (N, C), which is x itself, or x less the
        largest logit of each row where that is needed.
    """
    z, powers = x, np.exp(x)
    sums = row_sums(powers)
    is_tame = x.size and x.itemsize > 2 and (sums + 1 / sums).max() < math.exp(TAME)
    if not is_tame:
        z = x - x.max(axis=1, keepdims=True)
        powers = np.exp(z)
        sums = row_sums(powers)
    if kept is not None:
        kept.append((powers, sums))
    return powers, sums, z


def cross_entropy(
    logits: np.ndarray, targets: np.ndarray, kept: list | None = None
) -> np.ndarray:
    """The cross-entropy of each sample: sum over c of t[n, c] (logsumexp(x[n]) - x[n, c]).

    Args:
        logits: (N, C) floats of any size.
        targets: (N,) class indices, or (N, C) rows of shares, which need not sum to 1. A class
            with a share of 0 counts nothing, even where its logit is -inf.
        kept: a list for `row_powers`, if you use it; leave it alone if you don't.

    Returns:
        (N,), one loss a sample.

    Raises:
        ValueError: the shapes fit neither form, or an index is not sound.

    Example:
        >>> cross_entropy(np.array([[1000.0, 0.0], [0.0, 0.0]]), np.array([1, 0])).round(4)
        array([1.000e+03, 6.931e-01])

    Hint: indices need no one-hot rows; NumPy can pick one element of each row.
    """
    soft = is_soft(logits, targets)
    _, sums, z = row_powers(logits, kept)
    if soft:
        shares = np.multiply(targets, z, where=targets > 0, out=np.zeros_like(z))
        return row_sums(targets) * np.log(sums) - row_sums(shares)
    score = z[np.arange(len(targets)), class_indices(targets, z.shape[1])]
    near = np.maximum(score, -TAME)  # so that its power has not vanished
    return np.log(sums / np.exp(near)) + (near - score)


@gradient_of(cross_entropy)
def cross_entropy_gradient(
    grad: np.ndarray,
    output: np.ndarray,
    logits: np.ndarray,
    targets: np.ndarray,
    kept: list | None = None,
) -> np.ndarray:
    """The gradient of sum(grad * loss) with respect to the logits.

    Args:
        grad: (N,), how much each sample's loss counts.
        output: (N,), the losses; not needed here.
        logits, targets: as in `cross_entropy`.
        kept: the list that `cross_entropy` got. It holds what `row_powers` left in it, or nothing.

    Returns:
        (N, C): grad[n] (T[n] softmax(x[n])[c] - t[n, c]), where T[n] is the sum of t[n].
    """
    slopes, sums = kept.pop() if kept else row_powers(logits)[:2]
    if targets.ndim == 2:
        slopes *= (grad * row_sums(targets) / sums)[:, None]
        slopes -= grad[:, None] * targets
    else:
        slopes *= (grad / sums)[:, None]
        indices = np.asarray(targets, np.intp)
        np.subtract.at(slopes, (np.arange(len(slopes)), indices), grad)  # one call; -= makes three
    return slopes


def trace_cross_entropy(logits: Any, targets: Any) -> float:
    """Print each intermediate of a cross-entropy with its shape, and return the mean loss.

    Args:
        logits: (N, C).
        targets: (N,) class indices, or (N, C).
    """
    x, t = to_array(logits), to_array(targets)
    rows = t if is_soft(x, t) else one_hot(t, x.shape[1])
    largest = x.max(axis=1, keepdims=True)
    powers = np.exp(x - largest)
    sums = powers.sum(axis=1, keepdims=True)
    losses = cross_entropy(x, t)
    steps = {
        "logits": x, "largest of each row": largest, "logits - largest": x - largest,
        "powers of e": powers, "their sums": sums, "probabilities": powers / sums,
        "log probabilities": x - largest - np.log(sums), "targets": rows,
        "losses": losses, "mean loss": losses.mean(),
    }  # fmt: skip
    for name, value in steps.items():
        text = np.array2string(np.asarray(value), precision=4, suppress_small=True)
        print(f"{name:<20}{np.shape(value)!s:<8}{text.replace(chr(10), chr(10) + ' ' * 28)}")
    return float(losses.mean())


def weighted_targets(
    targets: np.ndarray,
    classes: int,
    dtype: Any,
    weight: np.ndarray | None = None,
    label_smoothing: float = 0.0,
    ignore_index: int = -100,
) -> tuple[np.ndarray, float]:
    """Target rows with the options of a cross-entropy worked in, and what its mean divides by.

    Returns:
        (N, C) rows of the dtype. For indices, the sum of the weights of the targets that count;
        for soft targets N, as in PyTorch.
    """
    soft = targets.ndim == 2
    counts = np.full(len(targets), True) if soft else targets != ignore_index
    indices = None if soft else class_indices(np.where(counts, targets, 0), classes)
    rows = (targets if soft else one_hot(indices, classes)).astype(dtype)
    if label_smoothing:
        rows = (1 - label_smoothing) * rows + label_smoothing / classes
    if weight is not None:
        if np.shape(weight) != (classes,):
            raise ValueError(f"weight of shape {weight.shape}: expected ({classes},), one a class")
        rows = rows * weight.astype(dtype)
        if not soft:
            return rows * counts[:, None], float(weight[indices[counts]].sum())
    return rows * counts[:, None], int(counts.sum())


class CrossEntropyLoss(Loss):
    """Cross-entropy for a model whose output is logits, (N, C): softmax is inside.

    It equals PyTorch's, with these differences: shapes are (N, C) and nothing else; soft targets
    outside [0, 1] are refused; a soft target of 0 counts nothing even where the logit is -inf,
    where PyTorch gives nan; where all samples are ignored, the mean is nan as in PyTorch, and so
    is its gradient, which in PyTorch is 0.

    Args:
        reduction: "mean", "sum" or "none". A mean of indices divides by the sum of the weights of
            the targets that count.
        weight: (C,), how much each class counts.
        label_smoothing: the share of each target that is spread evenly over all classes, 0 to 1.
        ignore_index: samples with this index count nothing. Soft targets have no index.
    """

    def __init__(
        self,
        reduction: str = "mean",
        *,
        weight: Any = None,
        label_smoothing: float = 0.0,
        ignore_index: int = -100,
    ):
        super().__init__(reduction)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"label_smoothing {label_smoothing}: expected a share from 0 to 1")
        self.weight = None if weight is None else to_array(weight)
        self.label_smoothing = label_smoothing
        self.ignore_index = ignore_index

    def losses(self, output: Any, targets: Any) -> tuple[Tensor, float | None]:
        output, targets = prepare(output, targets)
        if is_soft(output.data, targets.data):
            check_probabilities(targets.data, "targets")
            is_plain = True
        else:
            is_plain = np.count_nonzero(targets.data == self.ignore_index) == 0
        if is_plain and self.weight is None and not self.label_smoothing:
            return apply(cross_entropy, output, targets, kept=[]), None
        options = self.weight, self.label_smoothing, self.ignore_index
        rows, divisor = weighted_targets(targets.data, output.shape[1], output.dtype, *options)
        return apply(cross_entropy, output, rows, kept=[]), divisor


# As in PyTorch's BCELoss. They are patches: at p = 0 the loss stops at 100 while its slope claims
# 10^12. `binary_cross_entropy_with_logits` needs neither.
LEAST_LOG = -100.0  # so that 0 * log 0 is 0 and a hopeless p costs 100
LEAST_SPREAD = 1e-12  # so that the slope at p = 0 or 1 can be divided by p (1 - p)


def binary_cross_entropy(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The loss of each yes-or-no question: -(t log p + (1 - t) log(1 - p)).

    Args:
        probabilities: floats from 0 to 1, of any shape.
        targets: the same shape, 0 or 1 or between.

    Returns:
        An array of that shape, one loss an element. No logarithm counts as less than LEAST_LOG.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> binary_cross_entropy(np.array([0.5, 0.0]), np.array([1.0, 1.0])).round(4)
        array([  0.6931, 100.    ])

    Hint: `np.errstate` silences NumPy where you know what you do.
    """
    same_shape(probabilities, targets)
    with np.errstate(divide="ignore"):
        log_yes = np.maximum(np.log(probabilities), LEAST_LOG)
        log_no = np.maximum(np.log1p(-probabilities), LEAST_LOG)
    return -(targets * log_yes + (1 - targets) * log_no)


@gradient_of(binary_cross_entropy)
def binary_cross_entropy_gradient(grad, output, probabilities, targets):
    """d/dp = (p - t) / (p (1 - p))."""
    spread = np.maximum(probabilities * (1 - probabilities), LEAST_SPREAD)
    return grad * (probabilities - targets) / spread


def binary_cross_entropy_with_logits(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The loss of each yes-or-no question from its logit: log(1 + e^x) - x t.

    Args:
        logits: floats of any shape and size.
        targets: the same shape, 0 or 1 or between.

    Returns:
        An array of that shape, one loss an element, finite for finite logits.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> binary_cross_entropy_with_logits(np.array([0.0, 1000.0]), np.array([1.0, 0.0])).round(4)
        array([6.931e-01, 1.000e+03])

    Hint: take out the larger of the two powers; `np.log1p`, `np.abs` and `np.maximum` may help.
    """
    same_shape(logits, targets)
    losses = np.log1p(np.exp(-np.abs(logits)))
    losses += np.maximum(logits, 0)
    losses -= logits * targets
    return losses


@gradient_of(binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits_gradient(
    grad: np.ndarray, output: np.ndarray, logits: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """The gradient of sum(grad * loss) with respect to the logits: grad (sigmoid(x) - t).

    Args:
        grad: how much each loss counts, of the logits' shape.
        output: the losses; not needed here.
        logits, targets: as in `binary_cross_entropy_with_logits`.
    """
    powers = np.exp(-np.abs(logits))
    sigmoid = np.where(logits >= 0, 1, powers) / (1 + powers)
    return grad * (sigmoid - targets)


class BinaryCrossEntropyLoss(Loss):
    """Binary cross-entropy for logits of any shape: sigmoid is inside.

    It equals PyTorch's BCEWithLogitsLoss, but refuses other shapes and targets outside [0, 1].

    Args:
        reduction: "mean" over all elements, "sum" or "none".
        pos_weight: above 0, how much a yes counts: a number, or one a label, of shape (C,).
    """

    def __init__(self, reduction: str = "mean", *, pos_weight: Any = None):
        super().__init__(reduction)
        self.pos_weight = None if pos_weight is None else to_array(pos_weight)
        if pos_weight is not None and not (self.pos_weight > 0).all():
            raise ValueError(f"pos_weight {pos_weight}: expected numbers above 0")

    def losses(self, output: Any, targets: Any) -> tuple[Tensor, float | None]:
        output, targets = prepare(output, targets)
        check_probabilities(targets.data, "targets")
        if self.pos_weight is None:
            return apply(binary_cross_entropy_with_logits, output, targets), None
        yes = targets.data * np.broadcast_to(self.pos_weight, targets.shape).astype(output.dtype)
        total = yes + (1 - targets.data)
        return apply(binary_cross_entropy_with_logits, output, yes / total) * total, None


class BinaryCrossEntropyOfProbabilities(Loss):
    """Binary cross-entropy for a model that ends in sigmoid; PyTorch's BCELoss. Prefer logits."""

    def losses(self, output: Any, targets: Any) -> tuple[Tensor, float | None]:
        output, targets = prepare(output, targets)
        check_probabilities(output.data, "probabilities")
        check_probabilities(targets.data, "targets")
        return apply(binary_cross_entropy, output, targets), None
