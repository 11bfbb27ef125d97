"""Gradients of recorded results, for tests: a walk along `Tensor.origin`, in small.

A lesson's own rules come first. Sums, products and the like, for which the lessons so far
register none, have a rule here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinytorch.core.tensor import GRADIENTS, Tensor, select

__all__ = ["LOCAL", "gradients"]


def _restore(grad: np.ndarray, x: np.ndarray, axis: Any, keepdims: bool) -> np.ndarray:
    """A reduced gradient with the lost axes back, repeated to the shape of x."""
    if not keepdims and axis is not None:
        grad = np.expand_dims(grad, axis)
    return np.broadcast_to(grad, np.shape(x)).copy()


def _of_sum(grad, output, x, axis=None, keepdims=False):
    return _restore(grad, x, axis, keepdims)


def _of_max(grad, output, x, axis=None, keepdims=False):
    hit = x == _restore(output, x, axis, keepdims)
    return _restore(grad, x, axis, keepdims) * hit / hit.sum(axis=axis, keepdims=True)


def _of_mean(grad, output, x, axis=None, keepdims=False):
    return _restore(grad, x, axis, keepdims) * (np.size(output) / np.size(x))


def _of_select(grad, output, array, index):
    slopes = np.zeros_like(array)
    np.add.at(slopes, index, grad)
    return slopes


def _of_transpose(grad, output, x, axes=None):
    return grad.T if axes is None else grad.transpose(np.argsort(np.mod(axes, np.ndim(x))))


LOCAL: dict[tuple[Callable, int], Callable] = {
    (np.add, 0): lambda grad, output, a, b: grad,
    (np.add, 1): lambda grad, output, a, b: grad,
    (np.subtract, 0): lambda grad, output, a, b: grad,
    (np.subtract, 1): lambda grad, output, a, b: -grad,
    (np.multiply, 0): lambda grad, output, a, b: grad * b,
    (np.multiply, 1): lambda grad, output, a, b: grad * a,
    (np.divide, 0): lambda grad, output, a, b: grad / b,
    (np.divide, 1): lambda grad, output, a, b: -grad * output / b,
    (np.power, 0): lambda grad, output, a, b: grad * b * a ** (b - 1),
    (np.negative, 0): lambda grad, output, x: -grad,
    (np.exp, 0): lambda grad, output, x: grad * output,
    (np.log, 0): lambda grad, output, x: grad / x,
    (np.matmul, 0): lambda grad, output, a, b: grad @ np.swapaxes(b, -1, -2),
    (np.matmul, 1): lambda grad, output, a, b: np.swapaxes(a, -1, -2) @ grad,
    (np.reshape, 0): lambda grad, output, x, shape: grad.reshape(np.shape(x)),
    (np.transpose, 0): _of_transpose,
    (np.sum, 0): _of_sum,
    (np.mean, 0): _of_mean,
    (np.max, 0): _of_max,
    (select, 0): _of_select,
}


def gradients(output: Tensor, *inputs: Tensor, grad: Any = None) -> list[np.ndarray]:
    """The gradient of `sum(grad * output)` by each of the inputs.

    Args:
        output: a recorded result.
        inputs: the tensors, with `requires_grad=True`, that it was made from.
        grad: of the output's shape; ones if None.

    Returns:
        One array an input, of the input's shape; zeros where the output does not depend on it.
    """
    first = np.ones_like(output.data) if grad is None else np.asarray(grad, output.dtype)
    known = {id(output): first}
    for tensor in reversed(_in_order(output)):
        if tensor.origin is None or id(tensor) not in known:
            continue
        function, parents, options = tensor.origin
        arrays = [p.data if isinstance(p, Tensor) else p for p in parents]
        for argnum, parent in enumerate(parents):
            if isinstance(parent, Tensor) and parent.requires_grad:
                rule = GRADIENTS.get((function, argnum)) or LOCAL[function, argnum]
                part = rule(known[id(tensor)], tensor.data, *arrays, **options)
                part = _fit(np.asarray(part), parent.shape)
                known[id(parent)] = known[id(parent)] + part if id(parent) in known else part
    return [known.get(id(x), np.zeros_like(x.data)) for x in inputs]


def _in_order(output: Tensor) -> list[Tensor]:
    """Every recorded tensor behind the output, each after all that it was made from."""
    order, seen, stack = [], set(), [(output, False)]
    while stack:
        tensor, is_done = stack.pop()
        if is_done:
            order.append(tensor)
        elif id(tensor) not in seen:
            seen.add(id(tensor))
            stack.append((tensor, True))
            parents = tensor.origin.inputs if tensor.origin else ()
            stack += [(p, False) for p in parents if isinstance(p, Tensor)]
    return order


def _fit(grad: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A gradient summed over the axes that broadcasting repeated."""
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    repeated = tuple(n for n, length in enumerate(shape) if length == 1 and grad.shape[n] != 1)
    return grad.sum(axis=repeated, keepdims=True)
