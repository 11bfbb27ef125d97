"""Activations. Made from modules/02_activations/activations.py: edit that file, not this."""

from typing import Any

import numpy as np

from tinytorch.core.tensor import Tensor, apply, gradient_of

__all__ = [
    "Layer",
    "LogSoftmax",
    "ReLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "log_softmax",
    "log_softmax_gradient",
    "relu",
    "relu_gradient",
    "sigmoid",
    "sigmoid_gradient",
    "softmax",
    "softmax_gradient",
    "tanh",
    "tanh_gradient",
]


def relu(x: np.ndarray) -> np.ndarray:
    """max(x, 0), elementwise."""
    return np.maximum(x, 0)


@gradient_of(relu)
def relu_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
    """grad where the output is above 0, else 0."""
    return grad * (output > 0)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), elementwise."""
    small = np.exp(-np.abs(x))  # at most 1, so that nothing overflows
    return np.where(x < 0, small, 1) / (1 + small)


@gradient_of(sigmoid)
def sigmoid_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
    """grad * output * (1 - output)."""
    return (1 - output) * output * grad


def tanh(x: np.ndarray) -> np.ndarray:
    """The hyperbolic tangent, elementwise."""
    return np.tanh(x)


@gradient_of(tanh)
def tanh_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
    """grad * (1 - output**2)."""
    return (1 - output * output) * grad


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """exp(x) / sum(exp(x)) along an axis."""
    exps = np.exp(x - np.max(x, axis=axis, keepdims=True))
    exps /= exps.sum(axis=axis, keepdims=True)
    return exps


@gradient_of(softmax)
def softmax_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: int = -1
) -> np.ndarray:
    """output * (grad - sum(grad * output))."""
    product = grad * output
    product -= output * product.sum(axis=axis, keepdims=True)
    return product


def log_softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """x - log(sum(exp(x))) along an axis."""
    shifted = x - np.max(x, axis=axis, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return shifted


@gradient_of(log_softmax)
def log_softmax_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: int = -1
) -> np.ndarray:
    """grad - exp(output) * sum(grad)."""
    return grad - np.exp(output) * grad.sum(axis=axis, keepdims=True)


class Layer:
    """What every layer is."""

    training = True

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no forward: write one")

    def __call__(self, x: Any) -> Tensor:
        return self.forward(x if isinstance(x, Tensor) else Tensor(x))

    def children(self) -> list["Layer"]:
        return []

    def parameters(self) -> list[Tensor]:
        found = {id(p): p for child in self.children() for p in child.parameters()}
        return list(found.values())

    def train(self, mode: bool = True) -> "Layer":
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self) -> "Layer":
        return self.train(False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ReLU(Layer):
    """relu as a layer."""

    def forward(self, x: Tensor) -> Tensor:
        return apply(relu, x)


class Sigmoid(Layer):
    """sigmoid as a layer."""

    def forward(self, x: Tensor) -> Tensor:
        return apply(sigmoid, x)


class Tanh(Layer):
    """tanh as a layer."""

    def forward(self, x: Tensor) -> Tensor:
        return apply(tanh, x)


class Softmax(Layer):
    """softmax along one axis, as a layer."""

    def __init__(self, axis: int = -1):
        self.axis = axis

    def forward(self, x: Tensor) -> Tensor:
        return apply(softmax, x, axis=self.axis)

    def __repr__(self) -> str:
        return f"Softmax(axis={self.axis})"


class LogSoftmax(Layer):
    """log_softmax along one axis, as a layer."""

    def __init__(self, axis: int = -1):
        self.axis = axis

    def forward(self, x: Tensor) -> Tensor:
        return apply(log_softmax, x, axis=self.axis)

    def __repr__(self) -> str:
        return f"LogSoftmax(axis={self.axis})"
