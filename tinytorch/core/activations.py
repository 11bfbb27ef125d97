"""Activations. Made from modules/02_activations/activations.py: edit that file, not this."""

from typing import Any

import numpy as np

from tinytorch.core.tensor import Tensor, apply, gradient_of

__all__ = [
    "Layer", "LogSoftmax", "ReLU", "Sigmoid", "Softmax", "Tanh", "log_softmax",
    "log_softmax_gradient", "relu", "relu_gradient", "sigmoid", "sigmoid_gradient", "softmax",
    "softmax_gradient", "tanh", "tanh_gradient",
]


def relu(x: np.ndarray) -> np.ndarray:
    """The larger of x and 0, elementwise.

    Args:
        x: an array of floats of any shape.

    Returns:
        A new array of the same shape and dtype; x stays as it is.

    Example:
        >>> relu(np.array([-2.0, 0.0, 0.5]))
        array([0. , 0. , 0.5])

    Hint: one NumPy function reduces an array to its largest element, another compares two.
    """
    zeros = np.zeros(x.shape[-1:], x.dtype)  # NumPy compares with a row sooner than with a number
    return np.maximum(x, zeros)


@gradient_of(relu)
def relu_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The gradient of sum(grad * relu(x)) by x: grad where x > 0, and 0 elsewhere, also at 0.

    Args:
        grad: the incoming gradient, of the shape of x.
        output: relu(x).
        x: the input.

    Returns:
        A new array of the shape and dtype of x.

    Example:
        >>> x = np.array([-2.0, 0.0, 0.5])
        >>> relu_gradient(np.array([10.0, 10.0, 10.0]), relu(x), x)
        array([ 0.,  0., 10.])
    """
    return grad * (output > 0)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), elementwise, without overflow on the way.

    Args:
        x: an array of floats of any shape.

    Returns:
        A new array of the same shape and dtype. Small results keep their digits:
        sigmoid(-20) is 2.06e-9 and not 0.

    Example:
        >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
        array([0. , 0.5, 1. ])

    Hint: exp(-abs(x)) is safe for either sign. What stands above it depends on the sign.
    """
    small = np.exp(-np.abs(x))  # at most 1, so that nothing overflows
    return np.maximum(small, x >= 0) / (1 + small)  # above: 1 where x >= 0, else small


@gradient_of(sigmoid)
def sigmoid_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The gradient of sum(grad * sigmoid(x)) by x: grad * output * (1 - output).

    Args:
        grad: the incoming gradient, of the shape of x.
        output: sigmoid(x).
        x: the input.

    Returns:
        A new array of the shape and dtype of x.

    Example:
        >>> x = np.array([0.0, 1000.0])
        >>> sigmoid_gradient(np.array([8.0, 8.0]), sigmoid(x), x)
        array([2., 0.])
    """
    return (1 - output) * output * grad


def tanh(x: np.ndarray) -> np.ndarray:
    """The hyperbolic tangent, (exp(x) - exp(-x)) / (exp(x) + exp(-x)), elementwise."""
    return np.tanh(x)


@gradient_of(tanh)
def tanh_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The gradient of sum(grad * tanh(x)) by x.

    Args:
        grad: the incoming gradient, of the shape of x.
        output: tanh(x).
        x: the input.

    Returns:
        A new array of the shape and dtype of x.

    Example:
        >>> x = np.array([0.0, 1000.0])
        >>> tanh_gradient(np.array([8.0, 8.0]), tanh(x), x)
        array([8., 0.])
    """
    return (1 - output * output) * grad


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """exp(x) / sum(exp(x)) along one axis, for scores of any size.

    Args:
        x: scores, an array of floats of any shape. A score of -inf has probability 0, as long
            as another score beside it is finite.
        axis: the axis along which the results add up to 1.

    Returns:
        A new array of the same shape and dtype.

    Example:
        >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]]))
        array([[0.5, 0.5],
               [1. , 0. ]])
    """
    exps = np.exp(x - np.max(x, axis=axis, keepdims=True))
    exps /= exps.sum(axis=axis, keepdims=True)
    return exps


@gradient_of(softmax)
def softmax_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: int = -1
) -> np.ndarray:
    """The gradient of sum(grad * softmax(x)) by x: output * (grad - sum(grad * output)).

    Args:
        grad: the incoming gradient, of the shape of x.
        output: softmax(x, axis).
        x: the scores.
        axis: the axis along which the outputs add up to 1, and along which the sum is taken.

    Returns:
        A new array of the shape and dtype of x.

    Example:
        >>> x = np.array([0.0, 0.0])
        >>> softmax_gradient(np.array([1.0, 0.0]), softmax(x), x)
        array([ 0.25, -0.25])
    """
    product = grad * output
    product -= output * product.sum(axis=axis, keepdims=True)
    return product


def log_softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """The logarithm of softmax, x - log(sum(exp(x))), for scores of any size.

    Args:
        x: scores, an array of floats of any shape. A score of -inf gives -inf, as long as
            another score beside it is finite.
        axis: the axis along which exp(result) adds up to 1.

    Returns:
        A new array of the same shape and dtype.

    Example:
        >>> log_softmax(np.array([0.0, 1000.0]))
        array([-1000.,     0.])
    """
    shifted = x - np.max(x, axis=axis, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return shifted


@gradient_of(log_softmax)
def log_softmax_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: int = -1
) -> np.ndarray:
    """The gradient of sum(grad * log_softmax(x)) by x: grad - exp(output) * sum(grad).

    Args:
        grad: the incoming gradient, of the shape of x.
        output: log_softmax(x, axis).
        x: the scores.
        axis: the axis of the softmax, along which the sum is taken.

    Returns:
        A new array of the shape and dtype of x.

    Example:
        >>> x = np.array([0.0, 0.0])
        >>> log_softmax_gradient(np.array([1.0, 0.0]), log_softmax(x), x)
        array([ 0.5, -0.5])
    """
    return grad - np.exp(output) * grad.sum(axis=axis, keepdims=True)


class Layer:
    """What every layer is: something that is called with a tensor and gives one.

    A layer of your own defines `forward`, and `parameters` or `children` if it has any.
    """

    training = True  # a layer begins in training mode

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no forward(self, x): write one")

    def __call__(self, x: Any) -> Tensor:
        return self.forward(x if isinstance(x, Tensor) else Tensor(x))

    def children(self) -> list["Layer"]:
        """The layers directly inside this one."""
        return []

    def parameters(self) -> list[Tensor]:
        """The tensors to be learned, each once, even where layers share one."""
        found = {id(p): p for child in self.children() for p in child.parameters()}
        return list(found.values())

    def train(self, mode: bool = True) -> "Layer":
        """Switch this layer and all inside it to training mode, or out of it."""
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self) -> "Layer":
        """Switch to evaluation mode: the network is used, not trained."""
        return self.train(False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ReLU(Layer):
    """relu as a layer.

    Its `forward` passes `relu` and x through the door, so that the origin of the result names
    your function, with x as its only input, and your rule can be found.

    Example:
        >>> ReLU()(Tensor([-1, 2]))
        Tensor([0., 2.])
    """

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
    """softmax along one axis as a layer."""

    def __init__(self, axis: int = -1):
        self.axis = axis

    def forward(self, x: Tensor) -> Tensor:
        return apply(softmax, x, axis=self.axis)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(axis={self.axis})"


class LogSoftmax(Softmax):
    """log_softmax along one axis as a layer."""

    def forward(self, x: Tensor) -> Tensor:
        return apply(log_softmax, x, axis=self.axis)
