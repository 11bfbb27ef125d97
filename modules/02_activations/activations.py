# %% [markdown]
r"""
# 2. Activations
"""

# %%
#| default_exp core.activations

# %%
#| export
from typing import Any

import numpy as np

from tinytorch.core.tensor import Tensor, apply, gradient_of

# %% nbgrader={"grade": false, "grade_id": "relu", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def relu(x: np.ndarray) -> np.ndarray:
    """max(x, 0), elementwise."""
    ### BEGIN SOLUTION
    return np.maximum(x, 0)
    ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "relu_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(relu)
def relu_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
    """grad where the output is above 0, else 0."""
    ### BEGIN SOLUTION
    return grad * (output > 0)
    ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "sigmoid", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), elementwise."""
    ### BEGIN SOLUTION
    small = np.exp(-np.abs(x))  # at most 1, so that nothing overflows
    return np.where(x < 0, small, 1) / (1 + small)
    ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "sigmoid_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(sigmoid)
def sigmoid_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
    """grad * output * (1 - output)."""
    ### BEGIN SOLUTION
    return (1 - output) * output * grad
    ### END SOLUTION

# %%
#| export
def tanh(x: np.ndarray) -> np.ndarray:
    """The hyperbolic tangent, elementwise."""
    return np.tanh(x)

# %% nbgrader={"grade": false, "grade_id": "tanh_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(tanh)
def tanh_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
    """grad * (1 - output**2)."""
    ### BEGIN SOLUTION
    return (1 - output * output) * grad
    ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """exp(x) / sum(exp(x)) along an axis."""
    ### BEGIN SOLUTION
    exps = np.exp(x - np.max(x, axis=axis, keepdims=True))
    exps /= exps.sum(axis=axis, keepdims=True)
    return exps
    ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "softmax_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(softmax)
def softmax_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: int = -1
) -> np.ndarray:
    """output * (grad - sum(grad * output))."""
    ### BEGIN SOLUTION
    product = grad * output
    product -= output * product.sum(axis=axis, keepdims=True)
    return product
    ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "log_softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def log_softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """x - log(sum(exp(x))) along an axis."""
    ### BEGIN SOLUTION
    shifted = x - np.max(x, axis=axis, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return shifted
    ### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "log_softmax_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(log_softmax)
def log_softmax_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: int = -1
) -> np.ndarray:
    """grad - exp(output) * sum(grad)."""
    ### BEGIN SOLUTION
    return grad - np.exp(output) * grad.sum(axis=axis, keepdims=True)
    ### END SOLUTION

# %%
#| export
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

# %% nbgrader={"grade": false, "grade_id": "re_lu", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class ReLU(Layer):
    """relu as a layer."""

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        return apply(relu, x)
        ### END SOLUTION

# %%
#| export
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
