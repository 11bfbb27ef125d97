"""Layers. Made from modules/03_layers/layers.py: edit that file, not this."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinytorch.core.activations import Layer
from tinytorch.core.tensor import Tensor, apply, gradient_of, operation, reshape

__all__ = [
    "INITIALISERS", "Dropout", "Flatten", "Linear", "Sequential", "count_parameters", "he_normal",
    "initialiser", "linear", "linear_bias_gradient", "linear_gradient", "linear_weight_gradient",
    "xavier_uniform",
]


def __dir__() -> list[str]:
    return __all__


@operation
def linear(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    """Each output is a weighted sum of all features, plus the bias of its unit.

    Args:
        x: floats of shape (..., D): one sample (D,), a batch (N, D), or any number of axes in
            front. A batch may be empty; D and C are at least 1.
        weight: shape (D, C). PyTorch keeps the transposed (C, D); ours reads like the formula.
        bias: shape (C,), or None for no bias.

    Returns:
        A new array of shape (..., C): float32 if all inputs are, float64 if all are; for a
        mixture either will do. The inputs stay as they are.

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
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, weight: np.ndarray,
    bias: np.ndarray | None = None,
) -> np.ndarray:
    """The gradient of sum(grad * linear(x, weight, bias)) by x.

    Args:
        grad: the incoming gradient, of shape (..., C).
        output: linear(x, weight, bias).
        x, weight, bias: its inputs, of shapes (..., D), (D, C) and (C,), or None for the bias;
            with any number of axes in front, or none, and a batch may be empty.

    Returns:
        A new array of the shape and dtype of x, also where grad or the weight has another
        dtype. Nothing that came in is written to.

    Example:
        >>> x, weight = np.ones((1, 2)), np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]])
        >>> linear_gradient(np.array([[1.0, 1.0, 1.0]]), linear(x, weight), x, weight)
        array([[6., 1.]])
    """
    return (grad @ weight.T).astype(x.dtype, copy=False)


@gradient_of(linear, 1)
def linear_weight_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, weight: np.ndarray,
    bias: np.ndarray | None = None,
) -> np.ndarray:
    """The gradient of sum(grad * linear(x, weight, bias)) by the weight.

    Args:
        grad, output, x, weight, bias: as in `linear_gradient`.

    Returns:
        A new array of the shape and dtype of the weight, whatever the dtypes of the others,
        which stay as they are.

    Example:
        >>> x, weight = np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 1))
        >>> linear_weight_gradient(np.array([[1.0], [10.0]]), linear(x, weight), x, weight)
        array([[31.],
               [42.]])

    Hint: axes in front can be merged into one by reshaping.
    """
    features, units = weight.shape
    slopes = x.reshape(-1, features).T @ grad.reshape(-1, units)
    return slopes.astype(weight.dtype, copy=False)


@gradient_of(linear, 2)
def linear_bias_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, weight: np.ndarray, bias: np.ndarray
) -> np.ndarray:
    """The gradient of sum(grad * linear(x, weight, bias)) by the bias.

    Args:
        grad, output, x, weight, bias: as in `linear_gradient`; here there is a bias.

    Returns:
        A new array of the shape and dtype of the bias, for one sample too, whatever the dtypes
        of the others, which stay as they are.

    Example:
        >>> x, weight, bias = np.ones((2, 1)), np.ones((1, 2)), np.zeros(2)
        >>> grad = np.array([[1.0, 2.0], [10.0, 20.0]])
        >>> linear_bias_gradient(grad, linear(x, weight, bias), x, weight, bias)
        array([11., 22.])
    """
    rows = grad.reshape(-1, bias.size)
    slopes = np.ones(len(rows), rows.dtype) @ rows
    return slopes.astype(bias.dtype, copy=False).reshape(bias.shape)


def xavier_uniform(rng: "np.random.Generator", shape: tuple[int, int]) -> np.ndarray:
    """Weights drawn evenly from (-a, a), with the a that gives them the variance 2 / (D + C).

    Args:
        rng: all randomness comes from this Generator, directly or by way of another that a
            number drawn from it seeds, so that a seed repeats a run; a second call gives other
            weights. `np.random` and its seed are left alone.
        shape: (D, C), features and units, each at least 1.

    Returns:
        A new float32 array of that shape, each of its weights drawn on its own: none says
        anything of another, and nothing is clipped, centred or scaled afterwards.

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
        rng, shape: as in `xavier_uniform`; all randomness comes from rng here too.

    Returns:
        A new float32 array of that shape, each of its weights drawn on its own: as there,
        nothing is clipped, centred or scaled afterwards.

    Example:
        >>> he_normal(np.random.default_rng(0), (2, 3)).shape
        (2, 3)

    Source: He, Zhang, Ren and Sun, 2015.

    Hint: a NumPy float64 number widens a float32 array, a Python number does not.
    """
    return rng.standard_normal(shape, np.float32) * math.sqrt(2 / shape[0])


# The names of the starts, and `initialiser`, which looks one up
INITIALISERS = {"xavier": xavier_uniform, "he": he_normal}


def initialiser(start: str | Callable) -> Callable:
    """The function of (rng, shape) that a name stands for; a function stands for itself."""
    if callable(start):
        return start
    if start not in INITIALISERS:
        names = ", ".join(map(repr, INITIALISERS))
        raise ValueError(f"expected {names} or a function to initialise, got {start!r}")
    return INITIALISERS[start]


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
        self, in_features: int, out_features: int, rng: "np.random.Generator",
        initialise: str | Callable = "xavier", bias: bool = True,
    ):
        for name, count in (("in_features", in_features), ("out_features", out_features)):
            if not isinstance(count, int | np.integer) or count < 1:
                raise ValueError(f"expected {name} to be a whole number from 1, got {count!r}")
        if isinstance(initialise, str) and not isinstance(rng, np.random.Generator):
            kind = type(rng).__name__
            raise TypeError(f"expected a Generator, got a {kind}: pass np.random.default_rng(seed)")
        start = initialiser(initialise)(rng, (in_features, out_features))
        if np.shape(start) != (in_features, out_features):
            shape = in_features, out_features
            raise ValueError(f"expected a start of shape {shape}, got {np.shape(start)}")
        self.in_features, self.out_features = in_features, out_features
        self.weight = Tensor(start, requires_grad=True)
        self.bias = Tensor(np.zeros(out_features, np.float32), requires_grad=True) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        if not isinstance(x, Tensor):
            message = f"{self} expected a Tensor, got a {type(x).__name__}: take one of its parts"
            raise TypeError(message)
        if x.shape[-1:] != (self.in_features,):
            raise ValueError(
                f"{self} expected {self.in_features} features on the last axis, got an input of "
                f"shape {x.shape}: flatten or transpose the input, or change in_features"
            )
        return apply(linear, x, self.weight, self.bias)

    def __repr__(self) -> str:
        bias = "" if self.bias is not None else ", bias=False"
        return f"Linear({self.in_features}, {self.out_features}{bias})"


class Sequential(Layer):
    """Layers one after the other: each gets what the one before it returned.

    A call goes by the layers as they are at that moment and by their own modes, which it leaves
    as they are; its output does not depend on earlier calls. A deep copy has layers of its own.
    For a Tensor x, `layer(x)` and `layer.forward(x)` are the same.

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
                is_class = isinstance(layer, type)
                mend = "write Sequential(first, second)"
                mend = f"write {layer.__name__}()" if is_class else mend
                kind = "class" if is_class else type(layer).__name__
                raise TypeError(f"expected layers, got a {kind}: {mend}")
        self.layers = layers

    def children(self) -> list[Layer] | tuple[Layer, ...]:
        """The layers directly inside, as a list or tuple, in order.

        Those without parameters and empty networks are among them, and a layer that comes twice
        is there twice.
        """
        return list(self.layers)

    def forward(self, x: Tensor) -> Tensor:
        """The output of the last layer, in both modes; without layers, x itself.

        Args:
            x: of any shape that the layers take; a batch may be empty.

        Returns:
            A Tensor that is recorded through all layers.
        """
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, index: int | slice) -> Layer:
        return Sequential(*self.layers[index]) if isinstance(index, slice) else self.layers[index]

    def _parts(self) -> Iterator[tuple[str, Any]]:
        """The layers by their numbers, so that a weight is called `0.weight`."""
        yield from ((str(number), layer) for number, layer in enumerate(self.layers))
        yield from ((name, thing) for name, thing in super()._parts() if name != "layers")

    def __setitem__(self, index: int, layer: Layer) -> None:
        layers = list(self.layers)
        layers[index] = layer
        self.layers = Sequential(*layers).layers

    def __len__(self) -> int:
        return len(self.layers)

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))})"


class Flatten(Layer):
    """All axes of a sample become one; axis 0, the samples, stays: in both modes.

    Example:
        >>> Flatten()(np.zeros((5, 8, 8, 3))).shape
        (5, 192)
    """

    def forward(self, x: Tensor) -> Tensor:
        """x as (N, features), always recorded as a call of `np.reshape`.

        Whether the shape is an input of that call or an option is open.

        The elements of a sample keep the order in which its indices count, the last one fastest.

        Args:
            x: shape (N, ...), with at least the axis of samples, of any dtype. Each length may
                be 0: (0, 3, 4) -> (0, 12) and (3, 0, 2) -> (3, 0). Where there is no other axis,
                each sample has one feature: (N,) -> (N, 1).
        """
        return reshape(x, x.shape[0], math.prod(x.shape[1:]))


class Dropout(Layer):
    """In training each number becomes 0 with probability p, and the others are divided by 1 - p.

    In evaluation x itself is passed on.

    Args:
        p: the probability to drop, a Python number, 0 <= p < 1. PyTorch allows 1 too, which
            leaves nothing. It is not changed later.
        rng: draws what is dropped, independently for each number and in each call. All
            randomness comes from it, directly or by way of another Generator that a number
            drawn from it seeds, so that a seed repeats a run; layers may share one.
            `np.random` and its seed are left alone. Whether evaluation draws too is open.
    """

    def __init__(self, p: float, rng: "np.random.Generator"):
        if not 0 <= p < 1:
            raise ValueError(f"expected a probability to drop of at least 0 and below 1, got {p}")
        if not hasattr(rng, "random"):
            raise TypeError(f"expected a Generator, got {rng!r}: pass np.random.default_rng(seed)")
        self.p, self.rng = p, rng

    def forward(self, x: Tensor) -> Tensor:
        """In training x times a random mask of 0 and 1 / (1 - p), in evaluation x itself.

        Args:
            x: floats of any shape, () and empty ones too; it stays as it is. In training they
                are finite: infinity times 0 would be nan.

        Returns:
            A Tensor of the shape and dtype of x, made of x by the signs `*`, `/`, `+` and `-`
            alone, so that the door records it: nothing is written into it afterwards. Where p
            is 0, it may also be x itself.

        Hint: `rng.random(shape) >= p` is True with probability 1 - p.
        """
        if not self.training:
            return x
        mask = (self.rng.random(x.shape, np.float32) >= self.p).astype(x.dtype)
        mask /= 1 - self.p
        return x * Tensor(mask)

    def __repr__(self) -> str:
        return f"Dropout({self.p})"


def count_parameters(layer: Layer) -> int:
    """The number of numbers that a layer, or a network, has to learn, as it is at that moment.

    Args:
        layer: any layer, of your own kind too. Its `parameters()` list each tensor once, also
            where several layers share it; they may have any shape, () among them.

    Returns:
        A whole number, Python's or NumPy's, and not a float. A tensor that is shared counts once.

    Example:
        >>> count_parameters(Linear(2, 3, np.random.default_rng(0)))
        9
    """
    return sum(parameter.size for parameter in layer.parameters())
