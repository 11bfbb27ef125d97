"""Layers. Made from modules/03_layers/layers.py: edit that file, not this."""

import math
from collections.abc import Callable

import numpy as np

from tinytorch.core.activations import Layer
from tinytorch.core.tensor import Tensor, apply, gradient_of, reshape

__all__ = [
    "INITIALISERS", "Dropout", "Flatten", "Linear", "Sequential", "count_parameters", "he_normal",
    "linear", "linear_bias_gradient", "linear_gradient", "linear_weight_gradient", "xavier_uniform",
]


def linear(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    """x @ weight + bias: each output is a weighted sum of the features, plus a bias.

    Args:
        x: samples of shape (..., D).
        weight: shape (D, C). PyTorch keeps the transposed (C, D); ours reads like the formula.
        bias: shape (C,), or None for no bias.

    Returns:
        A new array of shape (..., C).

    Example:
        >>> linear(np.array([[1.0, 2.0]]), np.eye(2), np.array([10.0, 20.0]))
        array([[11., 22.]])
    """
    output = x @ weight
    if bias is not None:
        output += bias  # the product is ours, so no second array is needed
    return output


@gradient_of(linear)
def linear_gradient(
    grad: np.ndarray,
    output: np.ndarray,
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
) -> np.ndarray:
    """The gradient of sum(grad * linear(x, weight, bias)) by x.

    Args:
        grad: the incoming gradient, of shape (..., C).
        output: linear(x, weight, bias).
        x, weight, bias: the inputs, of shapes (..., D), (D, C) and (C,).

    Returns:
        An array of the shape of x.

    Example:
        >>> x, weight = np.ones((1, 2)), np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]])
        >>> linear_gradient(np.array([[1.0, 1.0, 1.0]]), linear(x, weight), x, weight)
        array([[6., 1.]])
    """
    return grad @ weight.T


@gradient_of(linear, 1)
def linear_weight_gradient(
    grad: np.ndarray,
    output: np.ndarray,
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
) -> np.ndarray:
    """The gradient of sum(grad * linear(x, weight, bias)) by the weight.

    Args:
        grad: the incoming gradient, of shape (..., C).
        output: linear(x, weight, bias).
        x, weight, bias: the inputs, of shapes (..., D), (D, C) and (C,).

    Returns:
        An array of the shape of the weight, summed over all axes of x but the last.

    Example:
        >>> x, weight = np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 1))
        >>> linear_weight_gradient(np.array([[1.0], [10.0]]), linear(x, weight), x, weight)
        array([[31.],
               [42.]])

    Hint: axes in front can be merged into one by reshaping.
    """
    features, units = weight.shape
    return x.reshape(-1, features).T @ grad.reshape(-1, units)


@gradient_of(linear, 2)
def linear_bias_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, weight: np.ndarray, bias: np.ndarray
) -> np.ndarray:
    """The gradient of sum(grad * linear(x, weight, bias)) by the bias.

    Args:
        grad: the incoming gradient, of shape (..., C).
        output: linear(x, weight, bias).
        x, weight, bias: the inputs, of shapes (..., D), (D, C) and (C,).

    Returns:
        An array of the shape of the bias.
    """
    rows = grad.reshape(-1, bias.size)
    return (np.ones(len(rows), rows.dtype) @ rows).reshape(bias.shape)


def xavier_uniform(rng: "np.random.Generator", shape: tuple[int, int]) -> np.ndarray:
    """Weights drawn evenly from (-a, a) with a = sqrt(6 / (D + C)): their variance is 2 / (D + C).

    Args:
        rng: all randomness comes from this Generator, so that a seed repeats a run.
        shape: (D, C), features and units.

    Returns:
        A float32 array of that shape.

    Example:
        >>> xavier_uniform(np.random.default_rng(0), (2, 3)).dtype
        dtype('float32')

    Source: Glorot and Bengio, 2010.
    """
    bound = math.sqrt(6 / sum(shape))
    return rng.uniform(-bound, bound, shape).astype(np.float32)


def he_normal(rng: "np.random.Generator", shape: tuple[int, int]) -> np.ndarray:
    """Weights drawn from a normal distribution of mean 0 and variance 2 / D.

    Args:
        rng: all randomness comes from this Generator.
        shape: (D, C), features and units.

    Returns:
        A float32 array of that shape.

    Source: He, Zhang, Ren and Sun, 2015.

    Hint: a NumPy float64 number widens a float32 array, a Python number does not.
    """
    return rng.standard_normal(shape, np.float32) * math.sqrt(2 / shape[0])


INITIALISERS = {"xavier": xavier_uniform, "he": he_normal}


class Linear(Layer):
    """x @ weight + bias, with a weight and a bias to be learned.

    Unlike PyTorch's, the weight has shape (in, out), the start is Xavier's, the bias starts at 0.

    Args:
        in_features, out_features: the lengths of the last axis, before and after.
        rng: draws the weights.
        initialise: "xavier", "he", or a function of (rng, shape) that returns an array.
        bias: whether there is one.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        rng: "np.random.Generator",
        initialise: str | Callable = "xavier",
        bias: bool = True,
    ):
        if isinstance(initialise, str) and initialise not in INITIALISERS:
            names = ", ".join(map(repr, INITIALISERS))
            raise ValueError(f"expected {names} or a function to initialise, got {initialise!r}")
        draw = initialise if callable(initialise) else INITIALISERS[initialise]
        self.in_features, self.out_features = in_features, out_features
        self.weight = Tensor(draw(rng, (in_features, out_features)), requires_grad=True)
        self.bias = Tensor(np.zeros(out_features, np.float32), requires_grad=True) if bias else None

    def parameters(self) -> list[Tensor]:
        return [self.weight] if self.bias is None else [self.weight, self.bias]

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-1:] != (self.in_features,):
            raise ValueError(
                f"{self} expected {self.in_features} features on the last axis, got an input of "
                f"shape {x.shape}: flatten or transpose the input, or change in_features"
            )
        return apply(linear, x, *self.parameters())

    def __repr__(self) -> str:
        bias = "" if self.bias is not None else ", bias=False"
        return f"Linear({self.in_features}, {self.out_features}{bias})"


class Sequential(Layer):
    """Layers one after the other: each gets what the one before it returned.

    Args:
        layers: the layers, in order.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> network = Sequential(Linear(2, 3, rng), Linear(3, 1, rng, bias=False))
        >>> network(np.ones((5, 2), np.float32)).shape
        (5, 1)
        >>> [parameter.shape for parameter in network.parameters()]
        [(2, 3), (3,), (3, 1)]
    """

    def __init__(self, *layers: Layer):
        for layer in layers:
            if not isinstance(layer, Layer):
                kind = type(layer).__name__
                raise TypeError(f"expected layers, got a {kind}: write Sequential(first, second)")
        self.layers = layers

    def children(self) -> list[Layer]:
        """The layers, in order."""
        return list(self.layers)

    def forward(self, x: Tensor) -> Tensor:
        """The output of the last layer; x itself if there are none."""
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, index: int) -> Layer:
        return self.layers[index]

    def __len__(self) -> int:
        return len(self.layers)

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))})"


class Flatten(Layer):
    """All axes of a sample become one; axis 0, the samples, stays.

    Example:
        >>> Flatten()(np.zeros((5, 8, 8, 3))).shape
        (5, 192)
    """

    def forward(self, x: Tensor) -> Tensor:
        return reshape(x, x.shape[0], math.prod(x.shape[1:]))


class Dropout(Layer):
    """In training each number becomes 0 with probability p, and the others are divided by 1 - p.

    In evaluation x is passed on as it is.

    Args:
        p: the probability to drop, 0 <= p < 1. PyTorch allows 1 too, which leaves nothing.
        rng: draws what is dropped, independently for each number and in each call.
    """

    def __init__(self, p: float, rng: "np.random.Generator"):
        if not 0 <= p < 1:
            raise ValueError(f"expected a probability to drop of at least 0 and below 1, got {p}")
        self.p, self.rng = p, rng

    def forward(self, x: Tensor) -> Tensor:
        """x times a random mask of 0 and 1 / (1 - p), through the door; the dtype of x stays.

        Hint: `rng.random(shape) >= p` is True with probability 1 - p.
        """
        if not self.training:
            return x
        mask = (self.rng.random(x.shape, np.float32) >= self.p).astype(x.dtype)
        mask /= 1 - self.p
        return x * mask

    def __repr__(self) -> str:
        return f"Dropout({self.p})"


def count_parameters(layer: Layer) -> int:
    """The number of numbers that a layer, or a network, has to learn.

    Args:
        layer: any layer.

    Example:
        >>> count_parameters(Linear(2, 3, np.random.default_rng(0)))
        9
    """
    return sum(parameter.size for parameter in layer.parameters())
