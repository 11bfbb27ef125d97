"""Gradients of recorded results, for tests: those of `core.gradients`, by default of a sum."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch import core

__all__ = ["gradients"]


def gradients(output: core.Tensor, *inputs: core.Tensor, grad: Any = None) -> list[np.ndarray]:
    """The gradient of `sum(grad * output)` by each of the inputs; a grad of ones if None."""
    first = np.ones_like(output.data) if grad is None else np.asarray(grad, output.dtype)
    return core.gradients(output, inputs, first, retain_graph=True)
