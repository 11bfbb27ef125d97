"""Losses. Made from modules/04_losses/losses.py: edit that file, not this."""

import math
from typing import Any

import numpy as np

from tinytorch.core.activations import softmax, softmax_gradient
from tinytorch.core.tensor import (
    FASTER,
    Tensor,
    apply,
    gradient_of,
    guard,
    mean,
    operation,
    recording,
    to_array,
)

__all__ = [
    "LEAST_LOG", "LEAST_SPREAD", "TAME", "BinaryCrossEntropyLoss",
    "BinaryCrossEntropyOfProbabilities", "CategoricalCrossEntropyLoss", "CrossEntropyLoss", "Loss",
    "MeanSquaredError", "binary_cross_entropy", "binary_cross_entropy_gradient",
    "binary_cross_entropy_with_logits", "binary_cross_entropy_with_logits_gradient",
    "categorical_cross_entropy", "categorical_cross_entropy_gradient", "check_probabilities",
    "class_indices", "clip_gradient", "cross_entropy", "cross_entropy_gradient", "fixed",
    "fused_cross_entropy", "fused_cross_entropy_gradient", "fused_softmax", "is_soft", "logsumexp",
    "logsumexp_gradient", "mean_cross_entropy", "mean_cross_entropy_gradient", "one_hot", "prepare",
    "reduce_loss", "row_powers", "row_sums", "same_shape", "squared_error",
    "squared_error_gradient", "squared_error_target_gradient", "target_rows", "trace_cross_entropy",
    "weighted_targets",
]


def __dir__() -> list[str]:
    return __all__


def same_shape(predictions: np.ndarray, targets: np.ndarray) -> None:
    """Refuse to compare arrays of different shapes, which NumPy might broadcast in silence.

    PyTorch broadcasts here, some of its losses with a warning. We raise a ValueError.
    """
    if np.shape(predictions) != np.shape(targets):
        raise ValueError(
            f"predictions {np.shape(predictions)} against targets {np.shape(targets)}: expected "
            f"equal shapes; reshape one of them, as in targets.reshape{np.shape(predictions)}"
        )


@operation
def squared_error(predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The square of each difference: (predictions - targets)^2.

    It is right for large numbers that differ little, and nan and infinities are not left out.

    Args:
        predictions: float32 or float64, of any shape.
        targets: of the same shape and dtype.

    Returns:
        A new array of that shape and dtype (or a NumPy number, for the shape ()), one loss an
        element. The inputs stay as they are.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> squared_error(np.array([1.0, 5.0]), np.array([3.0, 4.0]))
        array([4., 1.])
    """
    same_shape(predictions, targets)
    return np.square(predictions - targets)


@gradient_of(squared_error)
def squared_error_gradient(grad, output, predictions, targets):
    """d/dy (y - t)^2 = 2 (y - t)."""
    return 2 * grad * (predictions - targets)


@gradient_of(squared_error, 1)
def squared_error_target_gradient(grad, output, predictions, targets):
    """d/dt (y - t)^2 = 2 (t - y), where a target was computed as well."""
    return 2 * grad * (targets - predictions)


def class_indices(targets: np.ndarray, classes: int) -> np.ndarray:
    """Class indices as whole numbers, once they are known to be sound.

    Args:
        targets: an array of N indices, integers or floats of any width that can hold C - 1.
            Floats must be whole numbers exactly. N may be 0.
        classes: C, the number of classes, 1 or many thousands.

    Returns:
        An array of shape (N,) and an integer dtype, from 0 to C - 1; it may be targets itself.
        The targets stay as they are.

    Raises:
        ValueError: targets have no axis or more than one; or an index is not a whole number
            (nan and infinities are none), or is below 0 or above C - 1.

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
    """(N,) class indices as (N, C) rows in float32: 1 at the class of each sample, 0 elsewhere."""
    return np.eye(classes, dtype=np.float32)[class_indices(to_array(targets), classes)]


def is_soft(outputs: np.ndarray, targets: np.ndarray) -> bool:
    """Whether targets are rows of shares, (N, C), rather than indices, (N,).

    Raises:
        ValueError: outputs are not (N, C), or targets fit neither form. PyTorch also takes
            one sample (C,) and more axes (N, C, ...); here they are reshaped first.
    """
    if outputs.ndim == 2 and targets.shape in (outputs.shape, outputs.shape[:1]):
        return targets.ndim == 2
    raise ValueError(
        f"outputs {outputs.shape} against targets {targets.shape}: expected (N, C) against "
        "indices (N,) or shares (N, C); reshape them, as in targets.reshape(-1)"
    )


def target_rows(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Targets of any form as rows of shares, (N, C); ValueError where they are not sound."""
    return targets if is_soft(outputs, targets) else one_hot(targets, outputs.shape[1])


@operation
def categorical_cross_entropy(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The cross-entropy of each sample: -sum over c of t[n, c] log p[n, c].

    A class with t = 0 counts nothing, even where p is 0. Nothing is clipped and nothing is added
    to p: a truth that was given 1e-20 costs 46, and one that was given 0 costs infinity.

    Args:
        probabilities: (N, C), float32 or float64, from 0 to 1, in rows of any sum. N may be 0.
        targets: (N,) class indices, as in `class_indices`; or (N, C) rows of shares in the dtype
            of the probabilities, one-hot or soft. Shares are 0 or more and need not sum to 1.

    Returns:
        A new array of shape (N,), one loss a sample, in natural logarithms and the dtype of the
        probabilities. The inputs stay as they are.

    Raises:
        ValueError: the shapes fit neither form, or an index is not sound.

    Example:
        >>> categorical_cross_entropy(np.array([[0.5, 0.25, 0.25]]), np.array([0])).round(4)
        array([0.6931])

    Hint: many NumPy functions take a `where`, and then need an `out`.
    """
    rows = target_rows(probabilities, targets)
    with np.errstate(divide="ignore"):  # a truth that was given 0 costs infinity, and may
        logs = np.log(probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return -np.sum(rows * logs, axis=1)


@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(
    grad: np.ndarray, output: np.ndarray, probabilities: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """The gradient of sum(grad * loss) with respect to the probabilities.

    Args:
        grad: (N,), how much each sample's loss counts, of any sign and size, in the dtype of the
            probabilities.
        output: (N,). Make no use of it: tests fill it with any numbers.
        probabilities, targets: as in `categorical_cross_entropy`, in all forms, and sound.

    Returns:
        A new array of shape (N, C) in the dtype of the probabilities: how fast the sum rises with
        each of them. 0 wherever t is 0, even where p is 0; where t is not 0, grad times -t/p with
        nothing clipped, which is infinite at p = 0 (a grad of 0 aside: what it gives there is
        left open). The inputs stay as they are.
    """
    rows = target_rows(probabilities, targets)
    slopes = np.zeros_like(probabilities)
    with np.errstate(divide="ignore"):
        np.divide(-grad[:, None] * rows, probabilities, where=rows > 0, out=slopes)
    return slopes


def reduce_loss(losses: Tensor, reduction: str = "mean") -> Tensor:
    """Make one number of many losses, or keep them all.

    Args:
        losses: a Tensor of float32 or float64, of any shape. Only "none" has to work where there
            are no elements. It stays as it is.
        reduction: "mean" over all elements (a nan is not left out), "sum" of all elements, or
            "none" for the losses as they are.

    Returns:
        A Tensor of the same dtype, of shape () or, for "none", of the losses' shape: the losses
        themselves, say. If the losses require a gradient, it does too, and its record leads back
        to them and to what they were made from, for "none" as well. What it records are lesson
        1's operations, those of `Tensor`, or `np.mean`.

    Raises:
        ValueError: any other word, such as "Mean" or " mean ".

    Example:
        >>> reduce_loss(Tensor([1, 2, 6]))
        Tensor(3.)
    """
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"reduction {reduction!r}: expected 'mean', 'sum' or 'none'")


@operation(floats=True)
def logsumexp(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """log of the sum of e^x along one axis, right for logits of any size.

    Args:
        logits: float32 or float64, of any shape with at least one axis: finite numbers, or
            -inf, which counts as e^-inf = 0.
        axis: the axis that disappears, of length 1 or more; may be negative. The other axes may
            have length 0.

    Returns:
        A new array or number of the same dtype, without that axis. -inf where all entries are
        -inf. The logits stay as they are.

    Example:
        >>> logsumexp(np.array([[1000.0, 1000.0], [0.0, -np.inf]])).round(4)
        array([1000.6931,    0.    ])

    Hint: `keepdims` lets what was reduced broadcast against what it came from.
    """
    top = logits.max(axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)  # -inf - -inf would be nan
    sums = np.exp(logits - top).sum(axis=axis)
    with np.errstate(divide="ignore"):  # the logarithm of a row of nothing but -inf
        return np.log(sums) + top.squeeze(axis)


@operation
def cross_entropy(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The cross-entropy of each sample: sum over c of t[n, c] (logsumexp(x[n]) - x[n, c]).

    A class with t = 0 counts nothing, even where its logit is -inf; with t above 0 it costs
    infinity there. For finite logits the loss is finite, nothing is clipped, and it is right but
    for rounding errors of numbers as large as the row's logits.

    Args:
        logits: (N, C), float32 or float64: numbers of any size, or -inf beside at least one
            number in the row. N may be 0.
        targets: (N,) class indices, as in `class_indices`; or (N, C) rows of shares in the dtype
            of the logits, one-hot or soft. Shares are 0 or more and need not sum to 1.

    Returns:
        A new array of shape (N,), one loss a sample, in the dtype of the logits. The inputs stay
        as they are.

    Raises:
        ValueError: the shapes fit neither form, or an index is not sound.

    Example:
        >>> cross_entropy(np.array([[1000.0, 0.0], [0.0, 0.0]]), np.array([1, 0])).round(4)
        array([1.000e+03, 6.931e-01])
    """
    rows = target_rows(logits, targets)
    gaps = logsumexp(logits)[:, None] - logits  # (N, 1) - (N, C) -> (N, C)
    terms = np.multiply(rows, gaps, where=rows > 0, out=np.zeros_like(gaps))
    return terms.sum(axis=1)


@gradient_of(cross_entropy)
def cross_entropy_gradient(
    grad: np.ndarray, output: np.ndarray, logits: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """The gradient of sum(grad * loss) with respect to the logits.

    Args:
        grad: (N,), how much each sample's loss counts, of any sign and size, in the dtype of the
            logits.
        output: (N,). Make no use of it: tests fill it with any numbers.
        logits, targets: as in `cross_entropy`: logits of any size or -inf, targets in all forms,
            and sound.

    Returns:
        A new array of shape (N, C) in the dtype of the logits: how fast the sum rises with each
        of them, right but for rounding errors, in the exponents, of numbers as large as the row's
        logits. The inputs stay as they are.
    """
    rows = target_rows(logits, targets)
    beliefs = np.exp(logits - logsumexp(logits)[:, None])
    return grad[:, None] * (rows.sum(axis=1, keepdims=True) * beliefs - rows)


# As in PyTorch's BCELoss. They are patches: at p = 0 the loss stops at 100 while its slope claims
# 10^12. `binary_cross_entropy_with_logits` needs neither.
LEAST_LOG = -100.0  # so that 0 * log 0 is 0 and a hopeless p costs 100
LEAST_SPREAD = 1e-12  # so that the slope at p = 0 or 1 can be divided by p (1 - p)


@operation
def binary_cross_entropy(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The loss of each yes-or-no question: -(t log p + (1 - t) log(1 - p)).

    Each logarithm below LEAST_LOG counts as LEAST_LOG; probabilities are not clipped.

    Args:
        probabilities: float32 or float64 from 0 to 1, of any shape.
        targets: the same shape and dtype, 0 or 1 or between.

    Returns:
        A new array of that shape and dtype (or a NumPy number, for the shape ()), one loss an
        element. The inputs stay as they are.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> binary_cross_entropy(np.array([0.5, 0.0]), np.array([1.0, 1.0])).round(4)
        array([  0.6931, 100.    ])
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


@operation
def binary_cross_entropy_with_logits(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The loss of each yes-or-no question from its logit: log(1 + e^x) - x t.

    Args:
        logits: float32 or float64, of any shape: finite numbers of any size.
        targets: the same shape and dtype, 0 or 1 or between.

    Returns:
        A new array of that shape and dtype (or a NumPy number, for the shape ()), one loss an
        element: finite, and right but for rounding errors of numbers as large as 1 and x. In
        float64 a yes at a logit of 25 costs 1.39e-11. The inputs stay as they are.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> binary_cross_entropy_with_logits(np.array([0.0, 1000.0]), np.array([1.0, 0.0])).round(4)
        array([6.931e-01, 1.000e+03])

    Hint: of the two powers e^0 and e^x, take out the larger one.
    """
    same_shape(logits, targets)
    losses = np.log1p(np.exp(-np.abs(logits)))
    losses += np.maximum(logits, 0)
    losses -= logits * targets
    return losses


@gradient_of(binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits_gradient(grad, output, logits, targets):
    """d/dx = sigmoid(x) - t, where no power is above 1."""
    powers = np.exp(-np.abs(logits))
    sigmoid = np.where(logits >= 0, 1, powers) / (1 + powers)
    return grad * (sigmoid - targets)


class Loss:
    """How wrong a model's output is: `loss(output, targets)` is a Tensor.

    Args:
        reduction: "mean", "sum" or "none".
    """

    def __init__(self, reduction: str = "mean"):
        reduce_loss(Tensor(0.0), reduction)  # a wrong word is refused here, not after an hour
        self.reduction = reduction

    def losses(self, output: Any, targets: Any) -> Tensor:
        """The single losses."""
        raise NotImplementedError(f"{type(self).__name__} does not say what its losses are")

    def reduced(self, output: Any, targets: Any, reduction: str) -> Tensor:
        """The losses, reduced in the given way."""
        losses = self.losses(output, targets)
        if losses is None:
            raise TypeError(f"expected a Tensor of losses, got None: let {self}.losses return it")
        return reduce_loss(losses, reduction)

    def forward(self, output: Any, targets: Any) -> Tensor:
        """The loss, reduced as it was told."""
        return self.reduced(output, targets, self.reduction)

    def __call__(self, output: Any, targets: Any) -> Tensor:
        return self.forward(output, targets)

    def calculate(self, output: Any, targets: Any) -> float:
        """The data loss: the mean of the losses as a number, whatever the reduction."""
        return float(self.reduced(output, targets, "mean").item())


class MeanSquaredError(Loss):
    """(output - targets)^2, averaged over all elements. Other shapes are refused, not broadcast."""

    def losses(self, output: Any, targets: Any) -> Tensor:
        return apply(squared_error, *prepare(output, targets, sloped=True))


def prepare(output: Any, targets: Any, sloped: bool = False) -> tuple[Tensor, Tensor]:
    """Both as Tensors; targets of the output's shape take on its dtype, so as not to widen it.

    Args:
        output, targets: of a loss.
        sloped: whether the loss has a gradient by its targets, too. If not, targets that require
            one are refused.
    """
    output = output if isinstance(output, Tensor) else Tensor(output)
    if not isinstance(targets, Tensor):
        targets = Tensor(to_array(targets).copy())  # nobody would notice if the array changed
    if output.dtype.kind != "f":
        raise TypeError(f"expected decimal numbers, got {output.dtype}: use astype(np.float32)")
    if targets.requires_grad and recording.enabled and not sloped:
        raise ValueError("targets that require a gradient: expected fixed ones; use detach()")
    if targets.shape == output.shape and targets.dtype != output.dtype:
        targets = targets.astype(output.dtype)
    return output, targets


def fixed(weight: Any) -> np.ndarray | None:
    """Weights as an array; a loss has no gradient by them."""
    guard(weight)
    return None if weight is None else to_array(weight)


def check_probabilities(values: np.ndarray, name: str) -> None:
    """Refuse what can't be probabilities; nan can't either."""
    if values.size and not (values.min() >= 0 and values.max() <= 1):
        raise ValueError(
            f"{name} between {values.min()} and {values.max()}: expected 0 to 1; a model's raw "
            "outputs belong in a loss that takes logits, targets of -1 and 1 are written 0 and 1"
        )


@gradient_of(logsumexp)
def logsumexp_gradient(grad, output, logits, axis=-1):
    """The softmax of the logits; 0 in a row of nothing but -inf."""
    largest = np.max(logits, axis, keepdims=True, initial=-np.inf)
    shares = np.exp(logits - np.where(np.isfinite(largest), largest, 0))
    sums = shares.sum(axis=axis, keepdims=True)
    return np.expand_dims(grad, axis) * shares / np.where(sums > 0, sums, 1)


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

    def losses(self, output: Any, targets: Any) -> Tensor:
        output, targets = prepare(output, targets)
        check_probabilities(output.data, "probabilities")
        if is_soft(output.data, targets.data):
            check_probabilities(targets.data, "targets")
        if self.epsilon:
            output = apply(np.clip, output, self.epsilon, 1 - self.epsilon)
        return apply(categorical_cross_entropy, output, targets)


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
        self.weight = fixed(weight)
        if self.weight is not None and not np.all(self.weight >= 0):
            raise ValueError(f"weight {weight}: expected numbers of at least 0, one a class")
        self.label_smoothing = label_smoothing
        self.ignore_index = ignore_index

    def losses(self, output: Any, targets: Any) -> Tensor:
        return cross_entropy(*self.weighed(output, targets)[:2])

    def reduced(self, output: Any, targets: Any, reduction: str) -> Tensor:
        output, targets, divisor = self.weighed(output, targets)
        if reduction != "mean":
            return reduce_loss(cross_entropy(output, targets), reduction)
        if divisor is None and cross_entropy in FASTER:
            return FASTER[CrossEntropyLoss](output, targets)
        losses = cross_entropy(output, targets)
        return reduce_loss(losses) if divisor is None else reduce_loss(losses, "sum") / divisor

    def weighed(self, output: Any, targets: Any) -> tuple[Tensor, Tensor, float | None]:
        """Logits, targets, and what a mean divides the sum of the losses by: None for N."""
        output, targets = prepare(output, targets)
        if is_soft(output.data, targets.data):
            check_probabilities(targets.data, "targets")
            is_plain = True
        else:
            is_plain = np.count_nonzero(targets.data == self.ignore_index) == 0
        divisor = None
        if not is_plain or self.weight is not None or self.label_smoothing:
            options = self.weight, self.label_smoothing, self.ignore_index
            rows, divisor = weighted_targets(targets.data, output.shape[1], output.dtype, *options)
            targets = Tensor(rows)
        return output, targets, divisor


class BinaryCrossEntropyLoss(Loss):
    """Binary cross-entropy for logits of any shape: sigmoid is inside.

    It equals PyTorch's BCEWithLogitsLoss, but refuses other shapes and targets outside [0, 1].

    Args:
        reduction: "mean" over all elements, "sum" or "none".
        pos_weight: above 0, how much a yes counts: a number, or one a label, of shape (C,).
    """

    def __init__(self, reduction: str = "mean", *, pos_weight: Any = None):
        super().__init__(reduction)
        self.pos_weight = fixed(pos_weight)
        if self.pos_weight is not None and not np.all(self.pos_weight > 0):
            raise ValueError(f"pos_weight {pos_weight}: expected numbers above 0")

    def losses(self, output: Any, targets: Any) -> Tensor:
        output, targets = prepare(output, targets)
        check_probabilities(targets.data, "targets")
        if self.pos_weight is None:
            return apply(binary_cross_entropy_with_logits, output, targets)
        # A weight w is a matter of targets: w t + 1 - t times the loss for w t / (w t + 1 - t).
        if np.ndim(self.pos_weight) and self.pos_weight.shape != targets.shape[-1:]:
            message = f"expected a pos_weight for each of {targets.shape[-1:]} labels, got shape"
            raise ValueError(f"{message} {self.pos_weight.shape}: one a column, or one number")
        yes = targets.data * np.broadcast_to(self.pos_weight, targets.shape).astype(output.dtype)
        total = yes + (1 - targets.data)
        return apply(binary_cross_entropy_with_logits, output, yes / total) * total


class BinaryCrossEntropyOfProbabilities(Loss):
    """Binary cross-entropy for a model that ends in sigmoid; PyTorch's BCELoss. Prefer logits."""

    def losses(self, output: Any, targets: Any) -> Tensor:
        output, targets = prepare(output, targets)
        check_probabilities(output.data, "probabilities")
        check_probabilities(targets.data, "targets")
        return apply(binary_cross_entropy, output, targets)


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
    indices = targets if soft else class_indices(np.where(counts, targets, 0), classes)
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


def trace_cross_entropy(logits: Any, targets: Any) -> float:
    """Print each intermediate of a cross-entropy with its shape, and return the mean loss.

    Args:
        logits: (N, C).
        targets: (N,) class indices, or (N, C).
    """
    x, t = to_array(logits), to_array(targets)
    largest = x.max(axis=1, keepdims=True)
    powers = np.exp(x - largest)
    sums = powers.sum(axis=1, keepdims=True)
    losses = cross_entropy(x, t)
    steps = {
        "logits": x, "largest of each row": largest, "logits - largest": x - largest,
        "powers of e": powers, "their sums": sums, "probabilities": powers / sums,
        "log probabilities": x - largest - np.log(sums), "targets": target_rows(x, t),
        "losses": losses, "mean loss": losses.mean(),
    }
    for name, value in steps.items():
        text = np.array2string(np.asarray(value), precision=4, suppress_small=True)
        print(f"{name:<20}{np.shape(value)!s:<8}{text.replace(chr(10), chr(10) + ' ' * 28)}")
    return float(losses.mean())


TAME = 16.0  # float32 holds e^16, e^-16, and their quotient; float16 ends at e^11


def row_sums(x: np.ndarray) -> np.ndarray:
    """The sum of each row of x: (N, C) -> (N,)."""
    return x @ np.ones(x.shape[1], x.dtype)


@np.errstate(over="ignore", divide="ignore")  # for what is tried and then looked at
def row_powers(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Powers of e whose shares in their row are softmax(x), without overflow.

    Args:
        x: (N, C) logits.

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
    return powers, sums, z


@operation(hands_over=True)
def fused_cross_entropy(logits: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, tuple]:
    """`cross_entropy`, faster; hands powers, their sums and the places of the targets over."""
    soft = is_soft(logits, targets)
    powers, sums, z = row_powers(logits)
    if soft:
        shares = np.multiply(targets, z, where=targets > 0, out=np.zeros_like(z))
        return row_sums(targets) * np.log(sums) - row_sums(shares), (powers, sums, None)
    places = np.arange(len(targets)), class_indices(targets, z.shape[1])
    score = z[places]
    near = np.maximum(score, -TAME)  # so that its power has not vanished
    return np.log(sums / np.exp(near)) + (near - score), (powers, sums, places)


@gradient_of(fused_cross_entropy)
def fused_cross_entropy_gradient(grad, output, logits, targets, kept):
    """grad (T softmax(x) - t), from the powers that `fused_cross_entropy` handed over."""
    powers, sums, places = kept
    if places is None:
        slopes = powers * (grad * row_sums(targets) / sums)[:, None]
        slopes -= grad[:, None] * targets
    else:
        slopes = powers * (grad / sums)[:, None]
        np.subtract.at(slopes, places, grad)  # one call; -= makes three
    return slopes


FASTER[cross_entropy] = fused_cross_entropy


@operation(hands_over=True)
def mean_cross_entropy(logits: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, tuple]:
    """The mean of `cross_entropy` over the rows, in one step."""
    losses, kept = fused_cross_entropy.__wrapped__(logits, targets)  # type: ignore[attr-defined]
    return mean(losses), kept


@gradient_of(mean_cross_entropy)
def mean_cross_entropy_gradient(grad, output, logits, targets, kept):
    """That of the single losses, of which each has the same share in the mean."""
    shares = np.full(len(logits), grad * (1 / max(len(logits), 1)), grad.dtype)
    return fused_cross_entropy_gradient(shares, output, logits, targets, kept)


FASTER[CrossEntropyLoss] = mean_cross_entropy  # its mean


@operation(floats=True)
def fused_softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """`softmax`, faster along the last axis."""
    if axis not in (-1, x.ndim - 1) or not x.ndim or not x.size:
        return softmax(x, axis)
    powers, sums, _ = row_powers(x.reshape(-1, x.shape[-1]))
    powers /= sums[:, None]
    return powers.reshape(x.shape)


gradient_of(fused_softmax)(softmax_gradient)
FASTER[softmax] = fused_softmax
