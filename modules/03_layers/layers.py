# %% [markdown]
r"""
# 3. Layers
"""

# %%
#| default_exp core.layers

# %%
#| export
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinytorch.core.activations import Layer
from tinytorch.core.tensor import Tensor, apply, gradient_of, reshape

# %% nbgrader={"grade": false, "grade_id": "linear", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def linear(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    """x @ weight + bias."""
    ### BEGIN SOLUTION
    output = x @ weight
    if bias is not None:
        output += bias
    return output
    ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "linear_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None) -> np.ndarray:
    """grad @ weight.T"""
    ### BEGIN SOLUTION
    return grad @ weight.T
    ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "linear_weight_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None) -> np.ndarray:
    """x.T @ grad"""
    ### BEGIN SOLUTION
    features, classes = weight.shape
    return x.reshape(-1, features).T @ grad.reshape(-1, classes)
    ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "linear_bias_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias) -> np.ndarray:
    """sum of grad"""
    ### BEGIN SOLUTION
    return grad.reshape(-1, bias.size).sum(axis=0).reshape(bias.shape)
    ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "xavier_uniform", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def xavier_uniform(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Xavier"""
    ### BEGIN SOLUTION
    bound = math.sqrt(6 / sum(shape))
    return rng.uniform(-bound, bound, shape).astype(np.float32)
    ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "he_normal", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def he_normal(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """He"""
    ### BEGIN SOLUTION
    return rng.standard_normal(shape, np.float32) * math.sqrt(2 / shape[0])
    ### END SOLUTION

# %%
#| export
INITIALISERS = {"xavier": xavier_uniform, "he": he_normal}


class Linear(Layer):
    """A layer of weights and biases."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        rng: np.random.Generator,
        initialise: str | Callable = "xavier",
        bias: bool = True,
    ):
        if isinstance(initialise, str):
            if initialise not in INITIALISERS:
                names = " or ".join(map(repr, INITIALISERS))
                raise ValueError(f"expected initialise to be {names}, got {initialise!r}")
            initialise = INITIALISERS[initialise]
        self.in_features, self.out_features = in_features, out_features
        self.weight = Tensor(initialise(rng, (in_features, out_features)), requires_grad=True)
        self.bias = Tensor(np.zeros(out_features, np.float32), requires_grad=True) if bias else None

    def parameters(self) -> list[Tensor]:
        return [self.weight] if self.bias is None else [self.weight, self.bias]

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-1:] != (self.in_features,):
            raise ValueError(
                f"{self} got an input of shape {x.shape}: expected {self.in_features} features on "
                "the last axis; flatten the input, or change in_features"
            )
        return apply(linear, x, *self.parameters())

    def __repr__(self) -> str:
        bias = "" if self.bias is not None else ", bias=False"
        return f"Linear({self.in_features}, {self.out_features}{bias})"

# %% nbgrader={"grade": false, "grade_id": "sequential", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Sequential(Layer):
    """Layers one after the other."""

    def __init__(self, *layers: Layer):
        for layer in layers:
            if not isinstance(layer, Layer):
                raise TypeError(f"expected layers, got {type(layer).__name__}: Sequential(a, b, c)")
        self.layers = layers

    def children(self) -> list[Layer]:
        ### BEGIN SOLUTION
        return list(self.layers)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        for layer in self.layers:
            x = layer(x)
        return x
        ### END SOLUTION

    def __getitem__(self, index: int) -> Layer:
        return self.layers[index]

    def __len__(self) -> int:
        return len(self.layers)

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))})"

# %% nbgrader={"grade": false, "grade_id": "flatten", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Flatten(Layer):
    """All axes but the first become one."""

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        return reshape(x, x.shape[0], math.prod(x.shape[1:]))
        ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "dropout", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Dropout(Layer):
    """Dropout"""

    def __init__(self, p: float, rng: np.random.Generator):
        if not 0 <= p < 1:
            raise ValueError(f"expected a probability 0 <= p < 1, got {p}")
        self.p, self.rng = p, rng

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        if not self.training:
            return x
        mask = (self.rng.random(x.shape, np.float32) >= self.p).astype(x.dtype)
        mask /= 1 - self.p
        return x * mask
        ### END SOLUTION

    def __repr__(self) -> str:
        return f"Dropout({self.p})"

# %% nbgrader={"grade": false, "grade_id": "count_parameters", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def count_parameters(layer: Any) -> int:
    """How many"""
    ### BEGIN SOLUTION
    return sum(parameter.size for parameter in layer.parameters())
    ### END SOLUTION
