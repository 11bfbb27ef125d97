"""The losses agree with PyTorch 2.13 on the CPU, in value and in gradient.

Where they differ on purpose is tested at the end: shapes that PyTorch broadcasts, numbers that
are no probabilities, and soft targets of 0 beside a logit of -inf.
"""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
import pytest
from gradients import gradients

from tinytorch.core.losses import (
    FASTER,
    BinaryCrossEntropyLoss,
    BinaryCrossEntropyOfProbabilities,
    CategoricalCrossEntropyLoss,
    CrossEntropyLoss,
    MeanSquaredError,
    cross_entropy,
    logsumexp,
)
from tinytorch.core.tensor import Tensor

torch = pytest.importorskip("torch")
torch.set_num_threads(1)
F = torch.nn.functional

pytestmark = pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")

DTYPES = (np.float32, np.float64)
REDUCTIONS = ("mean", "sum", "none")
TOLERANCE = {np.float32: {"rtol": 2e-5, "atol": 2e-6}, np.float64: {"rtol": 1e-11, "atol": 1e-12}}

every = pytest.mark.parametrize
every_dtype = every("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
every_reduction = every("reduction", REDUCTIONS)


def agree(loss, reference, output, targets, **tolerance):
    """Value, dtype and gradient by the output equal PyTorch's.

    Args:
        loss: ours, called as `loss(output, targets)`.
        reference: PyTorch's, called with tensors of the same numbers.
        output, targets: arrays.
    """
    dtype = output.dtype.type
    tolerance = {**TOLERANCE[dtype], **tolerance}
    ours = Tensor(output.copy(), requires_grad=True)
    theirs = torch.tensor(output, requires_grad=True)
    value, expected = loss(ours, targets), reference(theirs, torch.tensor(targets))
    assert value.dtype == dtype
    assert value.shape == tuple(expected.shape)
    np.testing.assert_allclose(value.data, expected.detach().numpy(), **tolerance)

    grad = np.linspace(0.5, 1.5, value.size, dtype=dtype).reshape(value.shape)
    expected.backward(torch.tensor(grad))
    (slopes,) = gradients(value, ours, grad=grad)
    assert slopes.dtype == dtype
    np.testing.assert_allclose(slopes, theirs.grad.numpy(), **tolerance)


def normal(shape, dtype, seed=0, scale=1.0):
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(dtype)


def shares(shape, dtype, seed=1):
    """Rows of probabilities."""
    return np.random.default_rng(seed).dirichlet(np.ones(shape[1]), shape[0]).astype(dtype)


def indices(shape, seed=2):
    return np.random.default_rng(seed).integers(0, shape[1], shape[0])


# --- Squared error --------------------------------------------------------------------------


@every_dtype
@every_reduction
@every("shape", [(1,), (7,), (4, 1), (3, 5), (2, 3, 4), (0,), (0, 3), ()])
@every("scale", [1.0, 1e3])
def test_mean_squared_error(shape, reduction, scale, dtype):
    output, targets = normal(shape, dtype, 0, scale), normal(shape, dtype, 1, scale)
    agree(
        MeanSquaredError(reduction),
        lambda y, t: F.mse_loss(y, t, reduction=reduction),
        np.asarray(output),
        np.asarray(targets),
        atol=1e-6 * scale**2 if dtype is np.float32 else 1e-12,
    )


# --- Cross-entropy of logits ----------------------------------------------------------------


@every_dtype
@every_reduction
@every("shape", [(1, 1), (1, 2), (5, 3), (4, 10), (64, 7), (3, 1000), (0, 3)])
@every("weighted", [False, True], ids=["", "weighted"])
@every("smoothing", [0.0, 0.1, 1.0])
@every("ignored", ["none", "some", "class 0"])
def test_cross_entropy_of_indices(shape, reduction, weighted, smoothing, ignored, dtype):
    logits, targets = normal(shape, dtype, scale=3), indices(shape)
    ignore_index = 0 if ignored == "class 0" else -100
    if ignored == "some":
        targets[1::2] = -100
    if reduction == "mean" and len(targets) and (targets == ignore_index).all():
        targets[0], ignore_index = 0, -1  # a test of its own below
    weight = np.linspace(0.5, 2, shape[1]).astype(dtype) if weighted else None
    options = {"label_smoothing": smoothing, "ignore_index": ignore_index}
    agree(
        CrossEntropyLoss(reduction, weight=weight, **options),
        lambda x, t: F.cross_entropy(
            x, t, None if weight is None else torch.tensor(weight), reduction=reduction, **options
        ),
        logits,
        targets,
    )


@every_dtype
@every_reduction
@every("shape", [(1, 2), (5, 3), (64, 7), (0, 3)])
@every("weighted", [False, True], ids=["", "weighted"])
@every("smoothing", [0.0, 0.3])
@every("kind", ["soft", "one-hot"])
def test_cross_entropy_of_soft_targets(shape, reduction, weighted, smoothing, kind, dtype):
    logits, targets = normal(shape, dtype, scale=3), shares(shape, dtype)
    if kind == "one-hot":
        targets = np.eye(shape[1], dtype=dtype)[indices(shape)]
    weight = np.linspace(0.5, 2, shape[1]).astype(dtype) if weighted else None
    agree(
        CrossEntropyLoss(reduction, weight=weight, label_smoothing=smoothing),
        lambda x, t: F.cross_entropy(
            x,
            t,
            None if weight is None else torch.tensor(weight),
            reduction=reduction,
            label_smoothing=smoothing,
        ),
        logits,
        targets,
    )


@every_dtype
@every_reduction
@every("kind", ["indices", "soft", "weighted"])
def test_cross_entropy_without_its_faster_form(kind, reduction, dtype, monkeypatch):
    """What a student writes agrees as well, where no faster form is registered."""
    monkeypatch.delitem(FASTER, cross_entropy)
    weight = np.linspace(0.5, 2, 7).astype(dtype) if kind == "weighted" else None
    agree(
        CrossEntropyLoss(reduction, weight=weight),
        lambda x, t: F.cross_entropy(
            x, t, None if weight is None else torch.tensor(weight), reduction=reduction
        ),
        normal((64, 7), dtype, scale=3),
        shares((64, 7), dtype) if kind == "soft" else indices((64, 7)),
    )


EXTREMES = {
    "right at 1000": ([[1000.0, 0.0, -1000.0]], [0]),
    "wrong at 1000": ([[1000.0, 0.0, -1000.0]], [2]),
    "two alike at 1000": ([[1000.0, 1000.0, 0.0]], [1]),
    "near at 1000": ([[1000.0, 1000.5, 999.0]], [0]),
    "all at -1000": ([[-1000.0, -1000.0, -1000.0]], [1]),
    "beside -inf": ([[0.0, -np.inf, 1.0]], [0]),
    "at -inf": ([[0.0, -np.inf, 1.0]], [1]),
    "at 1e30": ([[1e30, -1e30, 0.0]], [0]),
    "tiny": ([[1e-30, -1e-30, 0.0]], [2]),
    "mixed": ([[1000.0, 0.0, 0.0], [0.0, 0.0, 0.0], [-1000.0, 0.0, 50.0]], [0, 1, 2]),
    "nan stays with its sample": ([[np.nan, 0.0, 0.0], [1.0, 2.0, 3.0]], [0, 1]),
}


@every_dtype
@every_reduction
@every("name", EXTREMES)
def test_cross_entropy_extremes(name, reduction, dtype):
    logits, targets = (np.array(values) for values in EXTREMES[name])
    agree(
        CrossEntropyLoss(reduction),
        lambda x, t: F.cross_entropy(x, t, reduction=reduction),
        logits.astype(dtype),
        targets,
    )


@every_dtype
@every_reduction
@every("name", [name for name in EXTREMES if "inf" not in name])
def test_soft_cross_entropy_extremes(name, reduction, dtype):
    logits, targets = (np.array(values) for values in EXTREMES[name])
    agree(
        CrossEntropyLoss(reduction),
        lambda x, t: F.cross_entropy(x, t, reduction=reduction),
        logits.astype(dtype),
        np.eye(3, dtype=dtype)[targets] * dtype(0.75) + dtype(0.25 / 3),
        rtol=5e-5 if dtype is np.float32 else 1e-11,
    )


@every("name", [name for name in EXTREMES if "inf" not in name])
def test_extremes_without_the_faster_form(name, monkeypatch):
    monkeypatch.delitem(FASTER, cross_entropy)
    logits, targets = (np.array(values) for values in EXTREMES[name])
    agree(CrossEntropyLoss("none"), partial(F.cross_entropy, reduction="none"), logits, targets)


@every("reduction", ["sum", "none"])
@every("weighted", [False, True])
def test_cross_entropy_where_every_sample_is_ignored(weighted, reduction):
    weight = np.array([1, 2, 3], np.float32) if weighted else None
    agree(
        CrossEntropyLoss(reduction, weight=weight),
        lambda x, t: F.cross_entropy(
            x, t, None if weight is None else torch.tensor(weight), reduction=reduction
        ),
        normal((2, 3), np.float32),
        np.array([-100, -100]),
    )


@every_dtype
@every("axis", [0, 1, -1])
def test_logsumexp(axis, dtype):
    x = np.array([[1000.0, 0.0, -np.inf], [-1000.0, -1000.0, -np.inf], [1e-3, 2.0, -np.inf]], dtype)
    expected = torch.logsumexp(torch.tensor(x), axis).numpy()
    np.testing.assert_allclose(logsumexp(x, axis), expected, **TOLERANCE[dtype])


# --- Cross-entropy of probabilities ---------------------------------------------------------


@every_dtype
@every_reduction
@every("shape", [(1, 2), (5, 3), (64, 7), (0, 3)])
@every("kind", ["indices", "one-hot", "soft"])
def test_categorical_cross_entropy(shape, kind, reduction, dtype):
    """PyTorch has no such loss: NLLLoss of the logarithms, or the definition, stands in."""
    targets = {
        "indices": indices(shape),
        "one-hot": np.eye(shape[1], dtype=dtype)[indices(shape)],
        "soft": shares(shape, dtype),
    }[kind]

    def reference(p, t):
        if kind == "indices":
            return F.nll_loss(torch.log(p), t, reduction=reduction)
        losses = -(t * torch.log(p)).sum(1)
        return {"mean": losses.mean(), "sum": losses.sum(), "none": losses}[reduction]

    probabilities = shares(shape, dtype, seed=5)
    agree(CategoricalCrossEntropyLoss(reduction), reference, probabilities, targets)


@every_dtype
@every_reduction
@every("epsilon", [1e-7, 1e-3, 0.2])
def test_categorical_cross_entropy_clipped(epsilon, reduction, dtype):
    probabilities = np.array([[0.7, 0.3, 0.0], [0.1, 0.0, 0.9], [1.0, 0.0, 0.0]], dtype)
    agree(
        CategoricalCrossEntropyLoss(reduction, epsilon=epsilon),
        lambda p, t: F.nll_loss(p.clamp(epsilon, 1 - epsilon).log(), t, reduction=reduction),
        probabilities,
        np.array([0, 1, 2]),
    )


# --- Binary cross-entropy -------------------------------------------------------------------


@every_dtype
@every_reduction
@every("shape", [(1,), (6,), (5, 1), (4, 3), (2, 3, 4), (0,)])
@every("kind", ["hard", "soft"])
@every("pos_weight", [None, 3.0, 0.25])
def test_binary_cross_entropy_of_logits(shape, kind, pos_weight, reduction, dtype):
    rng = np.random.default_rng(3)
    targets = rng.integers(0, 2, shape) if kind == "hard" else rng.uniform(0, 1, shape)
    weight = None if pos_weight is None else torch.tensor(pos_weight)
    agree(
        BinaryCrossEntropyLoss(reduction, pos_weight=pos_weight),
        lambda x, t: F.binary_cross_entropy_with_logits(
            x, t, reduction=reduction, pos_weight=weight
        ),
        normal(shape, dtype, scale=4),
        targets.astype(dtype),
    )


@every_dtype
@every_reduction
def test_binary_cross_entropy_with_a_weight_for_each_label(reduction, dtype):
    weight = np.array([0.5, 1.0, 4.0], dtype)
    agree(
        BinaryCrossEntropyLoss(reduction, pos_weight=weight),
        lambda x, t: F.binary_cross_entropy_with_logits(
            x, t, reduction=reduction, pos_weight=torch.tensor(weight)
        ),
        normal((5, 3), dtype, scale=4),
        np.random.default_rng(4).uniform(0, 1, (5, 3)).astype(dtype),
    )


@every_dtype
@every_reduction
@every("size", [0.0, 1e-30, 17.0, 88.0, 100.0, 1000.0, 1e30])
@every("target", [0.0, 0.3, 1.0])
def test_binary_cross_entropy_of_logits_extremes(size, target, reduction, dtype):
    """Finite logits. From infinite ones PyTorch gets nan for some truths, and we for all."""
    agree(
        BinaryCrossEntropyLoss(reduction),
        lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction=reduction),
        np.array([size, -size], dtype),
        np.array([target, 1 - target], dtype),
    )


@every_dtype
@every_reduction
@every("shape", [(1,), (6,), (5, 1), (4, 3), (2, 3, 4), (0,)])
@every("kind", ["hard", "soft"])
def test_binary_cross_entropy_of_probabilities(shape, kind, reduction, dtype):
    rng = np.random.default_rng(3)
    targets = rng.integers(0, 2, shape) if kind == "hard" else rng.uniform(0, 1, shape)
    agree(
        BinaryCrossEntropyOfProbabilities(reduction),
        lambda p, t: F.binary_cross_entropy(p, t, reduction=reduction),
        rng.uniform(0.01, 0.99, shape).astype(dtype),
        targets.astype(dtype),
        rtol=1e-4 if dtype is np.float32 else 1e-10,
    )


@every_dtype
@every_reduction
@every("target", [0.0, 0.3, 1.0])
def test_binary_cross_entropy_at_the_ends(target, reduction, dtype):
    """Held at 100, with PyTorch's slope, however little the two belong together."""
    agree(
        BinaryCrossEntropyOfProbabilities(reduction),
        lambda p, t: F.binary_cross_entropy(p, t, reduction=reduction),
        np.array([0.0, 1.0, 1e-40, 1e-30], dtype),
        np.full(4, target, dtype),
        rtol=1e-4 if dtype is np.float32 else 1e-8,  # PyTorch's 1e-12 is a float32 throughout
    )


# --- Where we differ on purpose -------------------------------------------------------------


@every("loss", [MeanSquaredError(), BinaryCrossEntropyLoss()])
@every("shapes", [((4, 1), (4,)), ((4,), (4, 1)), ((2, 3), (3,)), ((3,), (1,))])
def test_shapes_that_could_broadcast_are_refused(loss, shapes):
    output, targets = (np.ones(shape, np.float32) for shape in shapes)
    with pytest.raises(ValueError, match="expected"):
        loss(output, targets)
    if isinstance(loss, MeanSquaredError):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            F.mse_loss(torch.tensor(output), torch.tensor(targets))


@every("shapes", [((3,), ()), ((2, 3), (2, 1)), ((2, 3, 4), (2, 4)), ((2, 3), (3,))])
def test_cross_entropy_takes_two_axes_only(shapes):
    output, targets = (np.zeros(shape, np.float32) for shape in shapes)
    with pytest.raises(ValueError, match="expected"):
        CrossEntropyLoss()(output, targets)


@every("target", [-1, 3, 1.5, np.nan])
@every("loss", [CrossEntropyLoss(), CategoricalCrossEntropyLoss()])
def test_indices_that_are_no_class_are_refused(loss, target):
    """PyTorch raises IndexError or RuntimeError, and knows no indices in floats."""
    with pytest.raises(ValueError, match="expected"):
        loss(np.full((2, 3), 1 / 3), np.array([0, target]))


def test_float_indices_count_as_indices():
    x = normal((2, 3), np.float32)
    assert CrossEntropyLoss()(x, [0, 2]).item() == CrossEntropyLoss()(x, np.array([0, 2])).item()


@every("loss", [CrossEntropyLoss(), BinaryCrossEntropyLoss(), CategoricalCrossEntropyLoss()])
@every("value", [-1.0, 1.5, np.nan])
def test_targets_outside_0_and_1_are_refused(loss, value):
    """PyTorch takes labels of -1 and 1 in silence, and the loss falls below zero."""
    with pytest.raises(ValueError, match="0 to 1"):
        loss(np.full((1, 2), 0.5), np.array([[value, 0.5]]))


def test_a_soft_target_of_0_beside_minus_infinity_costs_nothing():
    logits, targets = np.array([[0.0, -np.inf]]), np.array([[1.0, 0.0]])
    assert CrossEntropyLoss()(logits, targets).item() == 0.0
    assert F.cross_entropy(torch.tensor(logits), torch.tensor(targets)).isnan()


def test_a_mean_over_ignored_samples_alone_has_no_gradient_worth_keeping():
    """0 / 0 is nan in both. Its gradient is nan too, where PyTorch's is 0."""
    logits, ignored = Tensor(normal((2, 3), np.float32), requires_grad=True), np.array([-100, -100])
    loss = CrossEntropyLoss()(logits, ignored)
    assert np.isnan(loss.item())
    assert F.cross_entropy(torch.tensor(logits.data), torch.tensor(ignored)).isnan()
    assert np.isnan(gradients(loss, logits)[0]).all()
