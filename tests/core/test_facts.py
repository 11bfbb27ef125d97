"""Published results that the lessons reproduce, from the exported framework."""

import math

import nnfs.datasets
import numpy as np
import pytest

from tinytorch.core import (
    BinaryCrossEntropyLoss,
    BinaryCrossEntropyOfProbabilities,
    CategoricalCrossEntropyLoss,
    CrossEntropyLoss,
    Linear,
    ReLU,
    Sequential,
    Softmax,
    sigmoid,
    softmax,
)
from tinytorch.core.accuracy import accuracy
from tinytorch.core.losses import categorical_cross_entropy_gradient, cross_entropy_gradient
from tinytorch.testing import check_gradient

BOOK = np.array([[0.7, 0.1, 0.2], [0.1, 0.5, 0.4], [0.02, 0.9, 0.08]])
CLIPPED = np.array([[0.5, 0.45, 0.025, 0.025], [0.1, 0.2, 0.7, 0.0], [0.01, 0.96, 0.005, 0.025]])
LOGITS = np.array(
    [
        [-0.7151, -0.5270, -1.1826, 2.3416, -0.2517],
        [0.3528, -0.5343, 1.2426, -1.5218, -0.6690],
        [-0.0890, -0.1483, 2.0760, 0.8813, 0.0722],
        [-0.7792, -0.8716, -0.1874, 0.9095, -1.1980],
    ]
)
LABELS = np.array([[1, 1, 0, 1, 0], [0, 1, 0, 1, 0], [1, 0, 0, 1, 1], [1, 0, 1, 1, 0]], float)


@pytest.mark.parametrize("targets", [np.array([0, 1, 1]), np.eye(3)[[0, 1, 1]]])
def test_categorical_cross_entropy_of_the_book(targets):
    loss = CategoricalCrossEntropyLoss()
    assert loss.calculate(BOOK, targets) == pytest.approx(0.38506088005216804, rel=1e-12)
    assert float(loss(BOOK, targets).data) == pytest.approx(0.38506088005216804, rel=1e-12)


def test_categorical_cross_entropy_with_clipping():
    targets = np.eye(4)[[0, 2, 1]]
    loss = CategoricalCrossEntropyLoss(epsilon=1e-15)
    assert loss.calculate(CLIPPED, targets) == pytest.approx(0.3635480396729777, rel=1e-12)
    single = CategoricalCrossEntropyLoss("none", epsilon=1e-15)(CLIPPED, targets).data
    assert single == pytest.approx([0.69314718, 0.35667494, 0.04082199], abs=5e-9)
    narrow = loss.calculate(CLIPPED.astype(np.float32), targets)
    assert narrow == pytest.approx(0.36354804, rel=1e-6)


def test_accuracy_of_the_book():
    outputs = np.array([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.02, 0.9, 0.08]])
    assert accuracy(outputs, [0, 1, 1]) == 1.0
    outputs[1] = [0.5, 0.1, 0.4]
    assert accuracy(outputs, [0, 1, 1]) == 0.6666666666666666


def test_forward_pass_of_the_spiral():
    """The book's random numbers without its patched NumPy: seed 0, float32, the same draws."""
    np.random.seed(0)  # noqa: NPY002 - nnfs draws from NumPy's global state
    x, y = nnfs.datasets.spiral_data(100, 3)
    rng = np.random.default_rng(0)
    first, second = Linear(2, 3, rng), Linear(3, 3, rng)
    for layer in (first, second):
        draw = 0.01 * np.random.randn(*layer.weight.shape).astype(np.float32)  # noqa: NPY002
        layer.weight.data[...] = draw
        layer.bias.data[...] = 0
    model = Sequential(first, ReLU(), second, Softmax())
    output = model(x.astype(np.float32))
    loss = CategoricalCrossEntropyLoss().calculate(output, y)
    assert np.float32(loss) == pytest.approx(1.0986104011535645, abs=1.3e-7)  # one ulp
    assert accuracy(output, y) == 0.34


def test_binary_cross_entropy_both_ways():
    from_logits = BinaryCrossEntropyLoss().calculate(LOGITS, LABELS)
    from_probabilities = BinaryCrossEntropyOfProbabilities().calculate(sigmoid(LOGITS), LABELS)
    assert from_logits == pytest.approx(from_probabilities, rel=1e-12)
    assert round(from_logits, 8) == 0.80033636


def test_the_faulty_loop_comes_out_below_zero():
    losses = [
        -(p if y == 1 else -math.log(1 - p))
        for p, y in zip(sigmoid(LOGITS).ravel(), LABELS.ravel(), strict=True)
    ]
    assert np.mean(losses) == pytest.approx(-0.6205, abs=5e-5)


@pytest.mark.parametrize("classes", [2, 3, 10, 1000])
def test_equal_logits_cost_the_logarithm_of_the_number_of_classes(classes):
    loss = CrossEntropyLoss().calculate(np.full((4, classes), 7.5), np.arange(4) % classes)
    assert loss == pytest.approx(math.log(classes), rel=1e-12)


def test_confident_and_right_costs_nothing_and_stays_finite():
    loss = BinaryCrossEntropyLoss().calculate(np.array([100.0, -100.0]), np.array([1.0, 0.0]))
    assert 0 <= loss < 1e-40


def test_the_gradient_of_the_drill_is_that_of_the_logits():
    """(p - onehot) / N belongs to the logits; that of the probabilities is -1 / (N p)."""
    rng = np.random.default_rng(3)
    logits, targets, n = rng.standard_normal((4, 3)), np.array([0, 2, 1, 1]), 4
    p, onehot, share = softmax(logits), np.eye(3)[targets], np.full(n, 1 / n)
    by_logits = cross_entropy_gradient(share, None, logits, targets)
    assert by_logits == pytest.approx((p - onehot) / n, rel=1e-12, abs=1e-15)
    by_probabilities = categorical_cross_entropy_gradient(share, None, p, targets)
    assert by_probabilities == pytest.approx(-onehot / (n * p), rel=1e-12)

    def mean_loss(probabilities):
        return -np.log(probabilities[np.arange(n), targets]).mean()

    check_gradient(mean_loss, lambda grad, output, p: grad * -onehot / (n * p), p)
