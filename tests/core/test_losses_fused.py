"""The fused cross-entropy: as exact as the plain one, and exact where that one is not."""

from __future__ import annotations

import numpy as np
import pytest

from tinytorch.core.losses import (
    CrossEntropyLoss,
    cross_entropy,
    cross_entropy_gradient,
    fused_cross_entropy,
    fused_cross_entropy_gradient,
)
from tinytorch.core.tensor import FASTER, Tensor

RNG = np.random.default_rng(4)
ROWS, LABELS, SOFT = RNG.standard_normal((5, 3)), np.array([0, 2, 1, 1, 0]), RNG.random((5, 3))
SCALES = {"tame": (1, 0), "wide": (40, 0), "wild": (1000, 0), "high": (1, 500), "low": (1, -500)}


@pytest.mark.parametrize("targets", [LABELS, SOFT], ids=["indices", "soft"])
@pytest.mark.parametrize(("factor", "offset"), SCALES.values(), ids=SCALES.keys())
def test_it_is_the_same_whether_logits_are_tame_or_wild(factor, offset, targets):
    x = ROWS * factor + offset
    rows = targets if targets.ndim == 2 else np.eye(3)[targets]
    z = x - x.max(axis=1, keepdims=True)
    logs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    for dtype, tolerance in ((np.float64, 1e-12), (np.float32, 1e-4)):
        grad = np.array([1, 2, 0.5, 3, 1], dtype)
        inputs = x.astype(dtype), targets.astype(dtype) if targets.ndim == 2 else targets
        losses, kept = fused_cross_entropy.__wrapped__(*inputs)
        np.testing.assert_allclose(losses, -(rows * logs).sum(1), tolerance, tolerance)
        expected = grad[:, None] * (rows.sum(1, keepdims=True) * np.exp(logs) - rows)
        for _ in range(2):  # what was kept is not written into
            slopes = fused_cross_entropy_gradient(grad, losses, *inputs, kept=kept)
            np.testing.assert_allclose(slopes, expected, tolerance, tolerance)
        assert losses.dtype == slopes.dtype == dtype
        np.testing.assert_allclose(losses, cross_entropy(*inputs), tolerance, tolerance)
        plain = cross_entropy_gradient(grad, losses, *inputs)
        np.testing.assert_allclose(slopes, plain, tolerance, tolerance)


@pytest.mark.parametrize("offset", [-60, -20, 0, 20, 60])
def test_a_small_loss_keeps_its_digits(offset):
    x = np.array([[12.0, 0.0, -1.0]], np.float32) + np.float32(offset)
    z = (x - x.max()).astype(np.float64)
    expected = np.log(np.exp(z).sum())  # 0.0000084, which is less than a step of float32 at 12
    np.testing.assert_allclose(fused_cross_entropy(x, np.array([0])), [expected], atol=1e-7)
    assert fused_cross_entropy(x * 0 + [[99, 0, 0]], np.array([0])).item() >= 0


@pytest.mark.parametrize("function", [cross_entropy, fused_cross_entropy])
def test_an_infinite_row_leaves_the_others_alone(function):
    nan, inf = np.nan, np.inf
    x = np.array([[0, -inf, 1], [nan, 0, 1], [inf, 0, 1], [-200, -201, -300], [0, -900, 3]])
    with np.errstate(invalid="ignore"):
        losses = function(x, np.array([1, 0, 0, 1, 1]))
    alone = [inf, nan, nan, np.log(1 + np.e), 903 + np.log1p(np.exp(-3))]
    np.testing.assert_allclose(losses, alone)
    assert function(np.zeros((0, 3)), np.zeros(0, int)).shape == (0,)


def test_the_register_decides_which_form_runs(monkeypatch):
    x = Tensor(ROWS, requires_grad=True)
    loss = CrossEntropyLoss("none")
    assert loss(x, LABELS).origin.function.operation is fused_cross_entropy
    monkeypatch.delitem(FASTER, cross_entropy)
    assert loss(x, LABELS).origin.function is cross_entropy
