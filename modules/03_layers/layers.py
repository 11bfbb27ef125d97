# %% [markdown]
r"""
# 3. Layers

A layer multiplies, adds and passes on. In this lesson you build the layer that holds nearly all
numbers of a network, give those numbers a sensible start, and stack layers into a network. You
will see dropout pay on images of handwritten digits, and at the end your network reproduces a
published result to the last digit.

You need lesson 1 (tensors, matrix products, the door) and lesson 2 (activations, the base class
`Layer`). A variance is the mean squared distance from the mean, and its root is the standard
deviation; more statistics is not needed.
"""

# %%
#| default_exp core.layers

# %%
#| export
import math
from collections.abc import Callable

import numpy as np

from tinytorch.core.activations import Layer
from tinytorch.core.tensor import Tensor, apply, gradient_of, reshape

# %%
import functools
import itertools
import timeit

from tinytorch import figures
from tinytorch import testing as tt
from tinytorch.core.activations import ReLU, Softmax, Tanh, relu, softmax, tanh
from tinytorch.core.tensor import GRADIENTS

tt.begin("layers")

# %% [markdown]
r"""
## 3.1 Where should the numbers start?

A network multiplies its input by a matrix, bends the result, and multiplies by another matrix.
Learning will change the matrices a little at a time, so they must start somewhere. Zero looks
neutral. The next cell starts at zero and tries each weight in turn: it moves it by 0.5 and looks
whether any output moves. How many of the 15 weights will matter? The last line tries the other
extreme, weights of size 10 before a tanh.
"""

# %%
x = np.array([[1.0, -2.0], [0.5, 3.0]])


def outputs(first, second):
    return relu(x @ first) @ second  # (2, 2) @ (2, 3) -> (2, 3), bent, @ (3, 3) -> (2, 3)


start, matter = [np.zeros((2, 3)), np.zeros((3, 3))], 0
before = outputs(*start)
for which, weights in enumerate(start):
    for index in np.ndindex(weights.shape):
        moved = [w.copy() for w in start]
        moved[which][index] += 0.5
        matter += not np.array_equal(outputs(*moved), before)
print(f"{matter} of 15 weights matter")

rng = np.random.default_rng(0)
print("weights of size 10:", tanh(rng.normal(0, 10, (1, 50)) @ rng.normal(0, 10, (50, 6))).round(3))

# %% [markdown]
r"""
None. Each matrix hides behind the zeros of the other, so no change of a single weight helps, and
nothing is ever learned. With weights of size 10 tanh is saturated: every output is -1 or 1 to three
digits, where its slope is all but 0, and nothing is learned either. The start must be random and of
the right size; section 3.3 works out which.
"""

# %% [markdown]
r"""
## 3.2 One linear layer

For a batch `x` of N samples with D features, a linear layer gives each of C units a weighted sum of
the features, and adds a number of its own, the *bias*:

$$ y_{nc} = \sum_d x_{nd} W_{dc} + b_c, \qquad (N, D) \;@\; (D, C) + (C,) \to (N, C) $$
"""

# %% nbgrader={"grade": false, "grade_id": "linear", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def linear(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    """Each output is a weighted sum of all features, plus the bias of its unit.

    Args:
        x: floats of shape (..., D): one sample (D,), a batch (N, D), or any number of axes in
            front. A batch may be empty; D and C are at least 1.
        weight: shape (D, C). PyTorch keeps the transposed (C, D); ours reads like the formula.
        bias: shape (C,), or None for no bias. All three are float32, or all are float64.

    Returns:
        A new array of shape (..., C) and of the dtype of the inputs, which stay as they are.

    Example:
        >>> linear(np.array([[1.0, 2.0]]), np.eye(2), np.array([10.0, 20.0]))
        array([[11., 22.]])
    """
    ### BEGIN SOLUTION
    output = x @ weight
    if bias is not None:
        output += bias  # the product is ours, so no second array is needed
    return output
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_linear", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear():
    """Each output is the sum of all features times its unit's weights, plus the unit's bias."""
    def by_loops(x, weight, bias):
        y = np.zeros((len(x), len(bias)), x.dtype)
        for n, c in np.ndindex(y.shape):
            y[n, c] = sum(x[n, d] * weight[d, c] for d in range(len(weight))) + bias[c]
        return y

    def batch(n, d, c, dtype):
        x, weight, bias = tt.numbers((n, d), dtype, c), tt.numbers((d, c), dtype), tt.numbers((c,), dtype, low=1)
        return tt.case(tt.strided(x / 3), weight, bias)

    sizes = ((4, 3, 2), (2, 4, 5), (3, 3, 3), (3, 2, 1), (5, 1, 2), (1, 2, 4), (2, 3, 2))  # N, D, C
    calls = [batch(*size, (np.float64, np.float32)[n % 2]) for n, size in enumerate(sizes)]
    tt.check(linear, by_loops, calls, memory="fresh")
    ### BEGIN HIDDEN TESTS
    sizes = ((3, 5, 4), (2, 2, 2), (6, 2, 3), (1, 1, 1), (4, 4, 4), (2, 6, 1))
    calls = [batch(*size, (np.float32, np.float64)[n % 2]) for n, size in enumerate(sizes)]
    tt.check(linear, by_loops, calls, memory="fresh")
    ### END HIDDEN TESTS


test_linear()

# %% nbgrader={"grade": true, "grade_id": "test_linear_of_any_leading_axes", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_of_any_leading_axes():
    """One sample or a stack of batches, with a bias or without: it works on the last axis."""
    def slowly(x, weight, bias=None):
        columns = [sum(x[..., d] * weight[d, c] for d in range(len(weight))) for c in range(weight.shape[1])]
        return np.stack(columns, axis=-1) + (0 if bias is None else bias)

    def calls(*shapes, units, seed):
        for n, x in enumerate(tt.arrays(shapes, (np.float64, np.float32), seed=seed)):
            weight, bias = tt.numbers((x.shape[-1], units), x.dtype, seed), tt.numbers((units,), x.dtype, seed, 1)
            yield from ((x, weight, bias), (x, weight, None) if n % 2 else (x, weight))

    tt.check(linear, slowly, calls((3,), (2, 5, 3), (4, 3), (2, 1, 3, 3), (1, 2, 2, 1, 3), units=3, seed=1))
    tt.check(linear, slowly, calls((2,), (3, 4, 2), units=4, seed=2))
    tt.check(linear, slowly, calls((3,), (1,), units=1, seed=5))
    ### BEGIN HIDDEN TESTS
    tt.check(linear, slowly, calls((4,), (3, 2, 4), units=2, seed=3))
    tt.check(linear, slowly, calls((1, 3, 3), (2, 1, 1, 2, 1, 3), units=3, seed=4))
    tt.check(linear, slowly, calls((4,), (1, 1), units=1, seed=6))
    ### END HIDDEN TESTS


test_linear_of_any_leading_axes()

# %% nbgrader={"grade": true, "grade_id": "test_linear_of_empty_batches", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_of_empty_batches():
    """A batch without samples gives none, and the axes are right all the same."""
    empty = lambda x, weight, bias=None: np.zeros((*x.shape[:-1], weight.shape[1]), x.dtype)
    weight, bias = tt.numbers((3, 4)), tt.numbers((4,))
    tt.check(linear, empty, [(np.zeros((0, 3)), weight, bias), (np.zeros((2, 0, 3)), weight, 0 * bias), (np.zeros((0, 3)), weight), (np.zeros((0, 3)), np.eye(3))])
    ### BEGIN HIDDEN TESTS
    weight, bias = tt.numbers((5, 2), np.float32), tt.numbers((2,), np.float32)
    tt.check(linear, empty, [(np.zeros((0, 5), np.float32), weight, bias), (np.zeros((0, 2, 5), np.float32), weight)])
    ### END HIDDEN TESTS


test_linear_of_empty_batches()

# %% nbgrader={"grade": true, "grade_id": "test_linear_of_any_numbers", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_of_any_numbers():
    """A new array with each call: also for weights that change nothing, for zeros, nan, tiny and huge numbers."""
    def by_units(x, weight, bias=0.0):
        return np.stack([(x * weight[:, c]).sum(axis=-1) for c in range(weight.shape[1])], axis=-1) + bias

    def calls(d, dtype, seed):
        x, weight, bias = tt.numbers((2, 4, d), dtype, seed), tt.numbers((d, d), dtype, seed, 1), tt.numbers((d,), dtype, seed)
        for same in (x, x[0], x[0, 0]):
            yield from ((same, np.eye(d, dtype=dtype)), (same, np.eye(d, dtype=dtype), 0 * bias))
        yield from ((x, weight, 0 * bias), (0 * x, weight, bias), (x, 0 * weight, bias), (np.asfortranarray(x), weight.T, bias[::-1]))
        yield from (tuple(size * a for a in (x, weight, size * bias)) for size in (1e-6, 1e-12, 1e6, 1e12))
        yield from ((tt.strange(dtype), np.ones((4, 3), dtype)), (np.ones((3, 2), dtype), tt.strange(dtype)))
        for n in range(2):  # other numbers in the same arrays
            for a in (x, weight, bias):
                a[...] = tt.numbers(a.shape, dtype, seed + 1 + n)
            yield tt.case(x, weight, bias, label=f"linear of arrays whose numbers were replaced for the time {n}")

    tt.check(linear, by_units, calls(3, np.float64, 1), memory="fresh")
    ### BEGIN HIDDEN TESTS
    tt.check(linear, by_units, calls(4, np.float32, 5), memory="fresh")
    ### END HIDDEN TESTS


test_linear_of_any_numbers()

# %% [markdown]
r"""
Three inputs, three rules. Let $g_{nc}$ be the incoming gradient, of the shape of y, and collect for each
input where it enters

$$ \sum_{nc} g_{nc} \Bigl(\sum_d x_{nd} W_{dc} + b_c\Bigr) $$

$x_{nd}$ meets $W_{dc}$ for every unit c, so its gradient is $\sum_c g_{nc} W_{dc}$. You need no memory
for where to transpose: the shapes allow one way only. `(N, C)` and `(D, C)` have to give `(N, D)`.

A gradient has the shape and the dtype of the input that it belongs to, for it will be subtracted from it.
"""

# %% nbgrader={"grade": false, "grade_id": "linear_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
        x, weight, bias: the inputs, of shapes (..., D), (D, C) and (C,), or None for the bias.
            As in `linear`, there may be any number of axes in front, or none, and a batch may
            be empty.

    Returns:
        A new array of the shape and dtype of x, also where grad or the weight has another
        dtype. Nothing that came in is written to.

    Example:
        >>> x, weight = np.ones((1, 2)), np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]])
        >>> linear_gradient(np.array([[1.0, 1.0, 1.0]]), linear(x, weight), x, weight)
        array([[6., 1.]])
    """
    ### BEGIN SOLUTION
    return (grad @ weight.T).astype(x.dtype, copy=False)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_linear_gradient", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_gradient():
    """The rule agrees with the slope that is measured, whatever the lengths, with a bias and without."""
    given = lambda x, weight, bias=0.0: sum(x[..., d, None] * weight[d] for d in range(len(weight))) + bias

    def batches(*sizes, seed):
        for n, (samples, d, c) in enumerate(sizes):
            x, weight = tt.numbers((samples, d), (np.float64, np.float32)[n % 2], seed), tt.numbers((d, c), seed=seed)
            yield (x, weight) if n % 3 else (x, weight, tt.numbers((c,), seed=seed, low=1))

    tt.check_gradient(given, linear_gradient, batches((3, 2, 4), (4, 2, 2), (2, 3, 1), (1, 2, 3), seed=1))
    ### BEGIN HIDDEN TESTS
    tt.check_gradient(given, linear_gradient, batches((2, 3, 2), (3, 1, 2), seed=2))
    ### END HIDDEN TESTS


test_linear_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_linear_gradient_of_any_leading_axes", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_gradient_of_any_leading_axes():
    """One sample and stacks of batches: the gradient has the shape of x."""
    given = lambda x, weight, bias=0.0: sum(x[..., d, None] * weight[d] for d in range(len(weight))) + bias
    of = lambda *shape: tt.numbers(shape, low=1)
    cases = [(of(3), of(3, 2)), (of(2, 3), of(3, 1)), (of(2, 1, 2, 2), of(2, 1)), (of(2), of(2, 2), of(2)), (of(2, 2, 2), of(2, 2))]
    tt.check_gradient(given, linear_gradient, cases)
    ### BEGIN HIDDEN TESTS
    tt.check_gradient(given, linear_gradient, [(of(4), of(4, 3), of(3)), (of(2, 2, 1), of(1, 4))])
    ### END HIDDEN TESTS


test_linear_gradient_of_any_leading_axes()

# %% nbgrader={"grade": true, "grade_id": "test_linear_gradient_is_a_new_array_like_x", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_gradient_is_a_new_array_like_x():
    """Whatever the dtypes and the order in memory, of empty batches, zeros, nan, tiny and huge numbers."""
    def by_loops(grad, output, x, weight, bias=None):
        slopes = np.zeros(x.shape, x.dtype)
        for c, d in np.ndindex(weight.T.shape):
            slopes[..., d] += grad[..., c] * weight[d, c]
        return slopes

    def calls(*shapes, seed):
        orders, kinds, rng = itertools.cycle((np.asarray, np.asfortranarray, tt.strided)), (np.float64, np.float32), np.random.default_rng(seed)
        for n, (*front, d, c) in enumerate(shapes):
            kind, other, size = kinds[n % 2], kinds[n // 2 % 2], (1.0, 1e-9, 1e9, 0.0, 1.0)[n % 5]
            of = lambda dtype, *shape: next(orders)((size * rng.integers(-9, 10, shape) / 4).astype(dtype))
            inputs = of(other, *front, c), of(other, *front, c), of(kind, *front, d), of((kind, other)[n % 3 == 0], d, c)
            yield (*inputs, of(kind, c)) if n % 2 else inputs
        square = [tt.numbers((2, 3), seed=seed + n, low=1) for n in range(3)]
        yield from ((*square, np.eye(3)), (0 * square[0], *square[1:], np.ones((3, 3))))
        yield tt.strange().T, np.ones((4, 2)), 0 * tt.numbers((4, 3)), tt.numbers((3, 2), seed=seed, low=1)
        for n in range(2):
            for a in inputs:
                a[...] = rng.integers(-9, 10, a.shape) / 4
            yield tt.case(*inputs, label=f"a case with other numbers in the same arrays, {n}")

    shapes = (4, 3, 2), (3, 2, 2), (2, 2, 2, 3), (0, 3, 2), (2, 2), (2, 0, 3, 1), (3, 1), (2, 1, 2, 1, 3, 2), (0, 2, 2), (1, 3, 3), (5, 2, 3), (2, 2, 3, 3)
    tt.check(linear_gradient, by_loops, calls(*shapes, seed=1), memory="fresh", rtol=1e-5)
    ### BEGIN HIDDEN TESTS
    shapes = (2, 4, 3), (4, 2, 2), (3, 2, 4, 1), (0, 1, 4), (3, 3), (0, 2, 2, 2), (1, 2), (1, 2, 1, 2, 2, 2, 3)
    tt.check(linear_gradient, by_loops, calls(*shapes, seed=5), memory="fresh", rtol=1e-5)
    ### END HIDDEN TESTS


test_linear_gradient_is_a_new_array_like_x()

# %% [markdown]
r"""
Ask the same of one weight $W_{dc}$. All samples share it: where it is used several times on the way there,
its gradient adds up on the way back. Again the shapes say the rest, `(N, D)` and `(N, C)` to `(D, C)`. With
more axes in front the weight is shared along each of them.
"""

# %% nbgrader={"grade": false, "grade_id": "linear_weight_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
        x, weight, bias: the inputs, of shapes (..., D), (D, C) and (C,), or None for the bias.
            There may be any number of axes in front, or none, and a batch may be empty.

    Returns:
        A new array of the shape and dtype of the weight, also where grad or x has another
        dtype. Nothing that came in is written to.

    Example:
        >>> x, weight = np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 1))
        >>> linear_weight_gradient(np.array([[1.0], [10.0]]), linear(x, weight), x, weight)
        array([[31.],
               [42.]])

    Hint: axes in front can be merged into one by reshaping.
    """
    ### BEGIN SOLUTION
    features, units = weight.shape
    slopes = x.reshape(-1, features).T @ grad.reshape(-1, units)
    return slopes.astype(weight.dtype, copy=False)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_linear_weight_gradient", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_weight_gradient():
    """The rule agrees with the slope that is measured, whatever the lengths, with a bias and without."""
    given = lambda x, weight, bias=0.0: sum(x[..., d, None] * weight[d] for d in range(len(weight))) + bias

    def batches(*sizes, seed):
        for n, (samples, d, c) in enumerate(sizes):
            x, weight = tt.numbers((samples, d), seed=seed), tt.numbers((d, c), (np.float64, np.float32)[n % 2], seed)
            yield (x, weight) if n % 3 else (x, weight, tt.numbers((c,), seed=seed, low=1))

    cases = list(batches((3, 2, 4), (4, 2, 2), (2, 3, 1), (1, 2, 3), seed=1))
    tt.check_gradient(given, linear_weight_gradient, cases, argnum=1)
    ### BEGIN HIDDEN TESTS
    cases = list(batches((2, 3, 2), (3, 1, 2), seed=2))
    tt.check_gradient(given, linear_weight_gradient, cases, argnum=1)
    ### END HIDDEN TESTS


test_linear_weight_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_linear_weight_gradient_of_any_leading_axes", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_weight_gradient_of_any_leading_axes():
    """All axes in front are summed over, and one sample has none: the shape is that of the weight."""
    given = lambda x, weight, bias=0.0: sum(x[..., d, None] * weight[d] for d in range(len(weight))) + bias
    of = lambda *shape: tt.numbers(shape, low=1)
    cases = [(of(2, 5, 3), of(3, 2)), (of(3), of(3, 2)), (of(2, 1, 2, 2), of(2, 1), of(1)), (of(2, 2), of(2, 1)), (of(2, 2, 2), of(2, 2)), (of(2), of(2, 2))]
    tt.check_gradient(given, linear_weight_gradient, cases, argnum=1)
    ### BEGIN HIDDEN TESTS
    cases = [(of(3, 2, 2), of(2, 3), of(3)), (of(2), of(2, 3))]
    tt.check_gradient(given, linear_weight_gradient, cases, argnum=1)
    ### END HIDDEN TESTS


test_linear_weight_gradient_of_any_leading_axes()

# %% nbgrader={"grade": true, "grade_id": "test_linear_weight_gradient_is_a_new_array_like_the_weight", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_weight_gradient_is_a_new_array_like_the_weight():
    """Whatever the dtypes and the order in memory, of empty batches, zeros, nan, tiny and huge numbers."""
    def by_loops(grad, output, x, weight, bias=None):
        slopes = np.zeros(weight.shape, weight.dtype)
        for d, c in np.ndindex(weight.shape):
            slopes[d, c] = (x[..., d] * grad[..., c]).sum()
        return slopes

    def calls(*shapes, seed):
        orders, kinds, rng = itertools.cycle((np.asarray, np.asfortranarray, tt.strided)), (np.float64, np.float32), np.random.default_rng(seed)
        for n, (*front, d, c) in enumerate(shapes):
            kind, other, size = kinds[n % 2], kinds[n // 2 % 2], (1.0, 1e-9, 1e9, 0.0, 1.0)[n % 5]
            of = lambda dtype, *shape: next(orders)((size * rng.integers(-9, 10, shape) / 4).astype(dtype))
            inputs = of(other, *front, c), of(other, *front, c), of((kind, other)[n % 3 == 0], *front, d), of(kind, d, c)
            yield (*inputs, of(kind, c)) if n % 2 else inputs
        yield tt.strange(), np.ones((2, 4)), tt.numbers((2, 3), seed=seed, low=1), 0 * tt.numbers((3, 4))
        yield tt.numbers((2, 3), seed=seed, low=1), np.ones((2, 3)), tt.strange(), tt.numbers((4, 3))
        for n in range(2):
            for a in inputs:
                a[...] = rng.integers(-9, 10, a.shape) / 4
            yield tt.case(*inputs, label=f"a case with other numbers in the same arrays, {n}")

    shapes = (4, 3, 2), (3, 2, 2), (2, 2, 2, 3), (0, 3, 2), (2, 2), (2, 0, 3, 1), (3, 1), (2, 1, 2, 1, 3, 2), (0, 2, 2), (1, 3, 3), (5, 2, 3), (2, 2, 3, 3)
    tt.check(linear_weight_gradient, by_loops, calls(*shapes, seed=1), memory="fresh", rtol=1e-5)
    ### BEGIN HIDDEN TESTS
    shapes = (2, 4, 3), (4, 2, 2), (3, 2, 4, 1), (0, 1, 4), (3, 3), (0, 2, 2, 2), (1, 2), (1, 2, 1, 2, 2, 2, 3)
    tt.check(linear_weight_gradient, by_loops, calls(*shapes, seed=5), memory="fresh", rtol=1e-5)
    ### END HIDDEN TESTS


test_linear_weight_gradient_is_a_new_array_like_the_weight()

# %% [markdown]
r"""
And the bias? Broadcasting repeats it for every sample, `(C,) -> (N, C)`, so the same holds.
"""

# %% nbgrader={"grade": false, "grade_id": "linear_bias_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(linear, 2)
def linear_bias_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, weight: np.ndarray, bias: np.ndarray
) -> np.ndarray:
    """The gradient of sum(grad * linear(x, weight, bias)) by the bias.

    Args:
        grad: the incoming gradient, of shape (..., C).
        output: linear(x, weight, bias).
        x, weight, bias: the inputs, of shapes (..., D), (D, C) and (C,). There may be any
            number of axes in front, or none, and a batch may be empty.

    Returns:
        A new array of the shape and dtype of the bias, also where grad has another dtype, and
        for one sample too. Nothing that came in is written to.
    """
    ### BEGIN SOLUTION
    rows = grad.reshape(-1, bias.size)
    slopes = np.ones(len(rows), rows.dtype) @ rows
    return slopes.astype(bias.dtype, copy=False).reshape(bias.shape)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_linear_bias_gradient", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_bias_gradient():
    """The rule agrees with the slope that is measured, for batches of any lengths, at the start 0 as elsewhere."""
    given = lambda x, weight, bias: sum(x[..., d, None] * weight[d] for d in range(len(weight))) + bias

    def batches(*sizes, seed):
        for n, (samples, d, c) in enumerate(sizes):
            x, weight = tt.numbers((samples, d), seed=seed), tt.numbers((d, c), seed=seed)
            yield x, weight, (n % 3) * tt.numbers((c,), (np.float64, np.float32)[n % 2], seed, low=1)

    cases = list(batches((3, 2, 4), (4, 2, 2), (2, 3, 1), (1, 2, 3), seed=1))
    tt.check_gradient(given, linear_bias_gradient, cases, argnum=2)
    ### BEGIN HIDDEN TESTS
    cases = list(batches((2, 3, 2), (3, 1, 2), seed=2))
    tt.check_gradient(given, linear_bias_gradient, cases, argnum=2)
    ### END HIDDEN TESTS


test_linear_bias_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_linear_bias_gradient_has_the_shape_of_the_bias", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_bias_gradient_has_the_shape_of_the_bias():
    """One slope a unit, whatever the axes in front: they are summed over, for all samples share the bias."""
    def one_by_one(grad, output, x, weight, bias):
        slopes = np.zeros(bias.shape, bias.dtype)
        for index in np.ndindex(grad.shape):
            slopes[index[-1]] += grad[index]
        return slopes

    def call(*front, d, c, dtype=np.float64):
        of = lambda *shape: tt.numbers(shape, dtype, c) / 3
        return tt.case(of(*front, c), of(*front, c) + 1, of(*front, d), of(d, c), of(c))

    calls = [call(4, d=3, c=2), call(2, 5, d=3, c=4), call(d=3, c=2), call(3, 3, d=3, c=3), call(1, d=2, c=1), call(2, 1, 3, d=2, c=5)]
    tt.check(linear_bias_gradient, one_by_one, [*calls, call(3, d=2, c=3, dtype=np.float32)])
    ### BEGIN HIDDEN TESTS
    calls = [call(2, d=2, c=2), call(d=2, c=4), call(2, 2, 2, d=2, c=2)]
    tt.check(linear_bias_gradient, one_by_one, [*calls, call(2, 2, d=2, c=1, dtype=np.float32)])
    ### END HIDDEN TESTS


test_linear_bias_gradient_has_the_shape_of_the_bias()

# %% nbgrader={"grade": true, "grade_id": "test_linear_bias_gradient_is_a_new_array_like_the_bias", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_bias_gradient_is_a_new_array_like_the_bias():
    """Whatever the dtypes and the order in memory, of empty batches, zeros, nan, tiny and huge numbers."""
    def one_by_one(grad, output, x, weight, bias):
        slopes = np.zeros(bias.shape, bias.dtype)
        for index in np.ndindex(grad.shape):
            slopes[index[-1]] += grad[index]
        return slopes

    def calls(*shapes, seed):
        orders, kinds, rng = itertools.cycle((np.asarray, np.asfortranarray, tt.strided)), (np.float64, np.float32), np.random.default_rng(seed)
        for n, (*front, d, c) in enumerate(shapes):
            kind, other, size = kinds[n % 2], kinds[n // 2 % 2], (1.0, 1e-9, 1e9, 0.0, 1.0)[n % 5]
            of = lambda dtype, *shape: next(orders)((size * rng.integers(-9, 10, shape) / 4).astype(dtype))
            inputs = of(other, *front, c), of(other, *front, c), of(other, *front, d), of((kind, other)[n % 3 == 0], d, c), of(kind, c)
            yield inputs
        yield tt.strange(), np.ones((2, 4)), tt.numbers((2, 3)), tt.numbers((3, 4)), tt.numbers((4,), seed=seed)
        yield tt.numbers((2, 4), seed=seed), np.ones((2, 4)), tt.numbers((2, 3)), tt.numbers((3, 4)), tt.strange()[1]
        for n in range(2):
            for a in inputs:
                a[...] = rng.integers(-9, 10, a.shape) / 4
            yield tt.case(*inputs, label=f"a case with other numbers in the same arrays, {n}")

    shapes = (4, 3, 2), (3, 2, 2), (2, 2, 2, 3), (0, 3, 2), (2, 2), (2, 0, 3, 1), (3, 1), (2, 1, 2, 1, 3, 2), (0, 2, 2), (1, 3, 3), (5, 2, 3), (2, 2, 3, 3)
    tt.check(linear_bias_gradient, one_by_one, calls(*shapes, seed=1), memory="fresh", rtol=1e-5)
    ### BEGIN HIDDEN TESTS
    shapes = (2, 4, 3), (4, 2, 2), (3, 2, 4, 1), (0, 1, 4), (3, 3), (0, 2, 2, 2), (1, 2), (1, 2, 1, 2, 2, 2, 3)
    tt.check(linear_bias_gradient, one_by_one, calls(*shapes, seed=5), memory="fresh", rtol=1e-5)
    ### END HIDDEN TESTS


test_linear_bias_gradient_is_a_new_array_like_the_bias()

# %% [markdown]
r"""
## 3.3 A start of the right size

How large is an output of a layer whose D inputs have mean square $q$ and whose weights are drawn
independently with mean 0 and variance $v$? Variances of independent terms add up:

$$ \operatorname{Var}\Bigl(\sum_d x_d w_d\Bigr) = D\, q\, v $$

The size is kept if $v = 1/D$. On the way back the gradient is a sum over the C units, and by the same
argument its size is kept if $v = 1/C$. *Xavier* initialisation takes the mean of D and C:
$v = 2 / (D + C)$. Its numbers are drawn evenly between $-a$ and $a$; such numbers have the variance
$a^2/3$.
"""

# %% nbgrader={"grade": false, "grade_id": "xavier_uniform", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def xavier_uniform(rng: "np.random.Generator", shape: tuple[int, int]) -> np.ndarray:
    """Weights drawn evenly from (-a, a), with the a that gives them the variance 2 / (D + C).

    Args:
        rng: all randomness comes from this Generator, so that a seed repeats a run; a second
            draw from it gives other weights. `np.random` and its seed are left alone.
        shape: (D, C), features and units, each at least 1.

    Returns:
        A new float32 array of that shape, each of its weights drawn on its own: none says
        anything of another, and nothing is clipped, centred or scaled afterwards.

    Example:
        >>> xavier_uniform(np.random.default_rng(0), (2, 3)).dtype
        dtype('float32')

    Source: Glorot and Bengio, 2010.
    """
    ### BEGIN SOLUTION
    bound = math.sqrt(6 / sum(shape))
    return rng.uniform(-bound, bound, shape).astype(np.float32)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_xavier_uniform", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_xavier_uniform():
    """Weights lie evenly around 0 with the variance 2 / (D + C), and none says anything of another."""
    @functools.cache
    def measured(features, units, draws):  # in standard deviations; within six standard errors, as it should be
        rng, near = np.random.default_rng(7), lambda value, goal, error: goal if abs(value - goal) < 6 * error else value
        w = np.array([xavier_uniform(rng, (features, units)) for _ in range(draws)], np.float64).reshape(draws, features, units)
        w /= math.sqrt(2 / (features + units))
        n, squares, few = w.size, w * w, w.ravel()[:1000]
        found = {
            "mean": near(w.mean(), 0.0, 1 / math.sqrt(n)), "mean square": near(squares.mean(), 1.0, 0.9 / math.sqrt(n)),
            "mean fourth power": near((squares * squares).mean(), 1.8, 2.4 / math.sqrt(n)), "largest": near(w.max(), math.sqrt(3), 12 / n),
            "smallest": near(w.min(), -math.sqrt(3), 12 / n), "share of different ones": near(len(np.unique(few)) / few.size, 1.0, 0.001),
        }
        for name, axes in {"rows": 2, "columns": 1, "whole draws": (1, 2), "one place in all draws": 0}.items():
            for what, values, variance in ("weights", w, 1.0), ("squares", squares - 1, 0.8):
                sums = values.sum(axes)  # of independent ones the variances add up
                spread = (sums * sums).sum() / n / variance if sums.size >= 150 else 1.0
                found[f"spread of the sums of {what} over {name}"] = near(spread, 1.0, 1.7 / math.sqrt(sums.size))
        return found

    def meant(*_):
        goals = {"mean": 0.0, "mean square": 1.0, "mean fourth power": 1.8, "largest": math.sqrt(3), "smallest": -math.sqrt(3), "share of different ones": 1.0}
        return goals | {f"spread of the sums of {what} over {name}": 1.0 for name in ("rows", "columns", "whole draws", "one place in all draws") for what in ("weights", "squares")}

    calls = lambda *sizes: [tt.case(*size, label=f"{size[2]} draws of shape {size[:2]}, in standard deviations,") for size in sizes]
    tt.check(measured, meant, calls((25, 26, 150), (1, 2, 300), (70, 30, 8), (1, 6000, 1), (30_000, 1, 1)))
    ### BEGIN HIDDEN TESTS
    tt.check(measured, meant, calls((3, 2, 150), (61, 30, 8), (2, 1501, 1), (3000, 3, 1)))
    ### END HIDDEN TESTS


test_xavier_uniform()

# %% nbgrader={"grade": true, "grade_id": "test_xavier_uniform_draws_from_its_generator", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_xavier_uniform_draws_from_its_generator():
    """A new float32 array with each draw; all randomness comes from the Generator, so that a seed repeats it."""
    def different(_, *runs):  # each run has a new Generator for each of its seeds
        rngs = [{seed: np.random.default_rng(seed) for seed in run} for run in runs]
        return len({np.array(xavier_uniform(rng[n], (2, 3))).tobytes() for rng, run in zip(rngs, runs, strict=True) for n in run})

    def calls(runs):
        return [tt.case(*run, label=f"The number of different draws of {what}") for what, run in runs.items()]

    def zeros(*shape):
        weights = xavier_uniform(np.random.default_rng(0), shape)
        weights *= 0.0
        return weights

    runs = {
        "one seed, from its start again": (1, (1,), (1,)), "one Generator, twice": (2, (1, 1)), "two seeds": (2, (1,), (2,)),
        "two Generators in turn, and again in another order": (3, (1, 2, 1), (2, 1, 1)), "one seed, three and two": (3, (3, 3, 3), (3, 3)),
    }
    state = lambda module=np.random: module.get_state()[1:3]
    before = state()
    tt.check(different, lambda count, *_: count, calls(runs))
    tt.check(zeros, lambda *shape: np.zeros(shape, np.float32), [(2, 3), (5, 1), (1, 4), (1, 1)], name="0 times xavier_uniform", returns="array")
    tt.expect(lambda: [bool(np.all(a == b)) for a, b in zip(before, state(), strict=True)], [True, True], "whether np.random has been left alone")
    ### BEGIN HIDDEN TESTS
    runs = {
        "one seed, three times": (1, (4,), (4,), (4,)), "three in a row": (3, (5, 5, 5)), "two, in either order": (2, (4, 6), (6, 4)),
        "two, four times": (4, (4, 5, 5, 4), (5, 4, 4, 5)), "three seeds": (3, (7,), (8,), (9,)),
    }
    tt.check(different, lambda count, *_: count, calls(runs))
    tt.check(zeros, lambda *shape: np.zeros(shape, np.float32), [(3, 2), (7, 4), (1, 2)], name="0 times xavier_uniform", returns="array")
    ### END HIDDEN TESTS


test_xavier_uniform_draws_from_its_generator()

# %% [markdown]
r"""
After a relu half of the numbers are 0, so that the mean square of what enters the next layer is half of
what it was: $D \cdot \tfrac{q}{2} \cdot v = q$ asks for $v = 2/D$. That is *He* initialisation, here with
normally distributed numbers. It looks at the way forward alone.
"""

# %% nbgrader={"grade": false, "grade_id": "he_normal", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def he_normal(rng: "np.random.Generator", shape: tuple[int, int]) -> np.ndarray:
    """Weights drawn from a normal distribution of mean 0 and variance 2 / D.

    Args:
        rng: all randomness comes from this Generator, so that a seed repeats a run; a second
            draw from it gives other weights. `np.random` and its seed are left alone.
        shape: (D, C), features and units, each at least 1.

    Returns:
        A new float32 array of that shape, each of its weights drawn on its own: none says
        anything of another, and nothing is clipped, centred or scaled afterwards.

    Example:
        >>> he_normal(np.random.default_rng(0), (2, 3)).shape
        (2, 3)

    Source: He, Zhang, Ren and Sun, 2015.

    Hint: a NumPy float64 number widens a float32 array, a Python number does not.
    """
    ### BEGIN SOLUTION
    return rng.standard_normal(shape, np.float32) * math.sqrt(2 / shape[0])
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_he_normal", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_he_normal():
    """Weights are normally distributed around 0 with the variance 2 / D, and none says anything of another."""
    @functools.cache
    def measured(features, units, draws):  # in standard deviations; within six standard errors, as it should be
        rng, near = np.random.default_rng(11), lambda value, goal, error: goal if abs(value - goal) < 6 * error else value
        w = np.array([he_normal(rng, (features, units)) for _ in range(draws)], np.float64).reshape(draws, features, units)
        w /= math.sqrt(2 / features)
        n, squares, few = w.size, w * w, w.ravel()[:1000]
        many, tails = n > 100_000, squares * (squares - 6) + 3  # the mean of the tails is 0, and their variance 24
        found = {
            "mean": near(w.mean(), 0.0, 1 / math.sqrt(n)), "mean square": near(squares.mean(), 1.0, 1.42 / math.sqrt(n)),
            "share within one": near((squares < 1).mean(), 0.6827, 0.47 / math.sqrt(n)), "some beyond 3.85": bool((squares > 3.85**2).any()) or not many,
            "mean of the tails": near(tails.mean(), 0.0, 0.92 * math.sqrt(24 / n)) if many else 0.0, "share of different ones": near(len(np.unique(few)) / few.size, 1.0, 0.001),
        }
        for name, axes in {"rows": 2, "columns": 1, "whole draws": (1, 2), "one place in all draws": 0}.items():
            for what, values, variance in ("weights", w, 1.0), ("squares", squares - 1, 2.0):
                sums = values.sum(axes)  # of independent ones the variances add up
                spread = (sums * sums).sum() / n / variance if sums.size >= 150 and (many or what == "weights") else 1.0
                found[f"spread of the sums of {what} over {name}"] = near(spread, 1.0, 1.7 / math.sqrt(sums.size))
        return found

    def meant(*_):
        goals = {"mean": 0.0, "mean square": 1.0, "share within one": 0.6827, "some beyond 3.85": True, "mean of the tails": 0.0, "share of different ones": 1.0}
        return goals | {f"spread of the sums of {what} over {name}": 1.0 for name in ("rows", "columns", "whole draws", "one place in all draws") for what in ("weights", "squares")}

    calls = lambda *sizes: [tt.case(*size, label=f"{size[2]} draws of shape {size[:2]}, in standard deviations,") for size in sizes]
    tt.check(measured, meant, calls((33, 30, 150), (1, 2, 300), (70, 30, 8), (1, 6000, 1), (30_000, 1, 1)))
    ### BEGIN HIDDEN TESTS
    tt.check(measured, meant, calls((3, 2, 150), (61, 30, 8), (2, 1501, 1), (3000, 3, 1)))
    ### END HIDDEN TESTS


test_he_normal()

# %% nbgrader={"grade": true, "grade_id": "test_he_normal_draws_from_its_generator", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_he_normal_draws_from_its_generator():
    """A new float32 array with each draw; all randomness comes from the Generator, so that a seed repeats it."""
    def different(_, *runs):  # each run has a new Generator for each of its seeds
        rngs = [{seed: np.random.default_rng(seed) for seed in run} for run in runs]
        return len({np.array(he_normal(rng[n], (2, 3))).tobytes() for rng, run in zip(rngs, runs, strict=True) for n in run})

    def calls(runs):
        return [tt.case(*run, label=f"The number of different draws of {what}") for what, run in runs.items()]

    def zeros(*shape):
        weights = he_normal(np.random.default_rng(0), shape)
        weights *= 0.0
        return weights

    runs = {
        "one seed, from its start again": (1, (1,), (1,)), "one Generator, twice": (2, (1, 1)), "two seeds": (2, (1,), (2,)),
        "two Generators in turn, and again in another order": (3, (1, 2, 1), (2, 1, 1)), "one seed, three and two": (3, (3, 3, 3), (3, 3)),
    }
    state = lambda module=np.random: module.get_state()[1:3]
    before = state()
    tt.check(different, lambda count, *_: count, calls(runs))
    tt.check(zeros, lambda *shape: np.zeros(shape, np.float32), [(2, 3), (5, 1), (1, 4), (1, 1)], name="0 times he_normal", returns="array")
    tt.expect(lambda: [bool(np.all(a == b)) for a, b in zip(before, state(), strict=True)], [True, True], "whether np.random has been left alone")
    ### BEGIN HIDDEN TESTS
    runs = {
        "one seed, three times": (1, (4,), (4,), (4,)), "three in a row": (3, (5, 5, 5)), "two, in either order": (2, (4, 6), (6, 4)),
        "two, four times": (4, (4, 5, 5, 4), (5, 4, 4, 5)), "three seeds": (3, (7,), (8,), (9,)),
    }
    tt.check(different, lambda count, *_: count, calls(runs))
    tt.check(zeros, lambda *shape: np.zeros(shape, np.float32), [(3, 2), (7, 4), (1, 2)], name="0 times he_normal", returns="array")
    ### END HIDDEN TESTS


test_he_normal_draws_from_its_generator()

# %% [markdown]
r"""
Send numbers of size 1 through ten layers of 256 units with a relu after each, and look at how large they are
on the way. Which of the four lines stays level?
"""

# %%
starts = {
    "normal, 0.2": lambda rng, shape: rng.normal(0, 0.2, shape),
    "He": he_normal,
    "Xavier": xavier_uniform,
    "normal, 0.01": lambda rng, shape: rng.normal(0, 0.01, shape),
}
figure, axis = figures.subplots(height=3.0)
for (name, initialise), marker in zip(starts.items(), "^os*", strict=True):
    rng = np.random.default_rng(0)
    values, sizes = rng.normal(size=(100, 256)), [1.0]
    for _ in range(10):
        values = relu(linear(values, initialise(rng, (256, 256))))
        sizes.append(np.sqrt(np.mean(values**2)))
    axis.semilogy(sizes, marker=marker, label=name)
    print(f"{name:13} after ten layers {sizes[-1]:.1e}")
axis.set(xlabel="layer", ylabel="size (root mean square)", xticks=range(11))
axis.set_title("Through ten relu layers only He keeps the size of the numbers")
axis.legend()
figures.show(figure, alt="Size against layer: 0.2 explodes, He stays level, Xavier sinks, 0.01 vanishes.")

# %% [markdown]
r"""
A factor that is wrong by a little is wrong by its tenth power after ten layers. Xavier loses a factor
$\sqrt{2}$ in each, as it knows nothing of relu: $\sqrt{2}^{\,10} = 32$. It was made for layers such as tanh.

## 3.4 The layer

The class `Linear` is given: it puts your pieces together. Its weight and bias are Tensors that require a
gradient. A start is a name, or a function of your own:
"""

# %%
#| export
INITIALISERS = {"xavier": xavier_uniform, "he": he_normal}


def initialiser(start: str | Callable) -> Callable:
    """The function of (rng, shape) that a name stands for; a function stands for itself."""
    if callable(start):
        return start
    if start not in INITIALISERS:
        names = ", ".join(map(repr, INITIALISERS))
        raise ValueError(f"expected {names} or a function to initialise, got {start!r}")
    return INITIALISERS[start]

# %% [markdown]
r"""
In `forward`, the tuple `*self.parameters()` leaves the bias out where there is none.
"""

# %%
#| export
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
        start = initialiser(initialise)(rng, (in_features, out_features))
        self.in_features, self.out_features = in_features, out_features
        self.weight = Tensor(start, requires_grad=True)
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

# %% [markdown]
r"""
An input with another number of features is refused, in words that say what to do:
"""

# %%
layer = Linear(3, 2, np.random.default_rng(0), initialise="he")
print(layer, "weight", layer.weight.shape, "bias", layer.bias)
print("a batch of 4 gives", layer(np.ones((4, 3), np.float32)).shape)
try:
    layer(np.ones((3, 4), np.float32))
except ValueError as error:
    print("ValueError:", error)

# %% [markdown]
r"""
## 3.5 Networks: layers one after the other

A network is a layer made of layers. `Sequential` passes what one returns to the next. From its `children`
the base class `Layer` of lesson 2 finds all parameters, and switches the mode of all layers, however deep
they are nested. So two methods are left to write.
"""

# %% nbgrader={"grade": false, "grade_id": "sequential", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Sequential(Layer):
    """Layers one after the other: each gets what the one before it returned.

    A call goes by the layers as they are at that moment and by their own modes, which it leaves
    as they are; nothing of it is kept for the next. A deep copy has layers of its own.

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
        """The layers directly inside, as a list or tuple, in order.

        Those without parameters and empty networks are among them, and a layer that comes twice
        is there twice.
        """
        ### BEGIN SOLUTION
        return list(self.layers)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """The output of the last layer, in both modes; without layers, x itself.

        Args:
            x: of any shape that the layers take; a batch may be empty.

        Returns:
            A Tensor that is recorded through all layers.
        """
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

# %% nbgrader={"grade": true, "grade_id": "test_sequential", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_sequential():
    """Each layer gets what the one before it returned, and the record leads back through all of them."""
    relus, alike = Sequential(Tanh(), ReLU()), Tanh()
    networks = [
        ("relu of tanh", relus, lambda x: np.maximum(np.tanh(x), 0)),
        ("tanh of relu, in evaluation,", Sequential(ReLU(), Tanh()).eval(), lambda x: np.tanh(np.maximum(x, 0))),
        ("tanh of tanh, one layer twice,", Sequential(alike, alike), lambda x: np.tanh(np.tanh(x))),
        ("softmax of relu", Sequential(ReLU(), Softmax()), lambda x: softmax(np.maximum(x, 0))),
        ("tanh of softmax of tanh", Sequential(Tanh(), Softmax(), Tanh()), lambda x: np.tanh(softmax(np.tanh(x)))),
        ("softmax alone", Sequential(Softmax()), softmax),
        ("tanh of softmax, nested", Sequential(ReLU(), Sequential(Softmax(), Tanh())), lambda x: np.tanh(softmax(np.maximum(x, 0)))),
    ]
    run, meant = (lambda x, network, formula: network(x)), (lambda x, network, formula: formula(x))
    inputs = tt.numbers((2, 3)), tt.numbers((3, 1, 2), np.float32), np.zeros((0, 3))
    calls = [tt.case(x, net, formula, label=f"{name} of shape {x.shape}") for name, net, formula in networks for x in inputs]
    calls += [tt.case(np.array(x), net, formula, label=f"{name} of {x}") for name, net, formula in networks[:3] for x in (0.5, -2.0, 0.0)]
    tt.check(run, meant, calls, wrap=Tensor)
    tt.check(run, meant, calls[::2], wrap=Tensor, door=GRADIENTS)
    ### BEGIN HIDDEN TESTS
    inner = Sequential(Softmax(), ReLU())
    networks = [
        ("tanh of softmax", Sequential(Softmax(), Tanh()), lambda x: np.tanh(softmax(x))),
        ("relu, relu, softmax", Sequential(ReLU(), ReLU(), Softmax()), lambda x: softmax(np.maximum(x, 0))),
        ("softmax of it, twice", Sequential(inner, inner), lambda x: softmax(softmax(x))),
        ("four, in evaluation,", Sequential(Tanh(), ReLU(), Softmax(), Tanh()).eval(), lambda x: np.tanh(softmax(np.maximum(np.tanh(x), 0)))),
    ]
    inputs = tt.numbers((3, 4), np.float32, 5), tt.numbers((2, 2), seed=6), np.zeros((2, 0, 2))
    calls = [tt.case(x, net, formula, label=f"{name} of shape {x.shape}") for name, net, formula in networks for x in inputs]
    tt.check(run, meant, calls, wrap=Tensor)
    tt.check(run, meant, calls[::2], wrap=Tensor, door=GRADIENTS)
    ### END HIDDEN TESTS


test_sequential()

# %% nbgrader={"grade": true, "grade_id": "test_sequential_without_layers", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_sequential_without_layers():
    """A network without layers returns x itself, in each mode, and has nothing to learn."""
    def marked(network, data):  # what is written on the result is found on x
        x = Tensor(data, requires_grad=True)
        y = network(x)
        y.grad = 3.0
        return {"requires_grad": y.requires_grad, "grad": x.grad, "data": np.array(y.data)}

    meant = lambda network, data: {"requires_grad": True, "grad": 3.0, "data": data}
    networks = {"Sequential()": Sequential(), "Sequential() in evaluation": Sequential().eval(), "one in another": Sequential(Sequential())}
    inputs = tt.numbers((2, 3)), tt.numbers((4,), np.float32), np.array(2.0), np.zeros((0, 3))
    tt.check(marked, meant, [tt.case(network, x, label=f"{name} of shape {x.shape}") for name, network in networks.items() for x in inputs])
    between = Sequential(Sequential(), Tanh(), Sequential())
    tt.check(lambda x: between(x), np.tanh, [(inputs[0],), (inputs[3],)], wrap=Tensor, door=GRADIENTS, name="Sequential(Sequential(), Tanh(), Sequential())")
    tt.expect(lambda: [len(network.children()) for network in (Sequential(), Sequential(Sequential()), between)], [0, 1, 3], "the numbers of children")
    tt.expect(lambda: len(Sequential().parameters()), 0, "the number of parameters of Sequential()")
    ### BEGIN HIDDEN TESTS
    deep = Sequential(Sequential(), Sequential(Sequential())).eval()
    tt.check(marked, meant, [tt.case(deep, x, label=f"three in one of shape {x.shape}") for x in (tt.numbers((3, 1)), inputs[1][:0])])
    tt.expect(lambda: [len(network.children()) for network in (deep, deep[0], deep[1])], [2, 0, 1], "the numbers of children")
    ### END HIDDEN TESTS


test_sequential_without_layers()

# %% nbgrader={"grade": true, "grade_id": "test_sequential_parameters", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_sequential_parameters():
    """The children are the layers in order; so the parameters are found, in order and each once."""
    make = lambda d, c, bias=True: Linear(d, c, None, lambda rng, shape: np.ones(shape, np.float32), bias)
    first, second = make(2, 3), make(4, 5, bias=False)
    network = Sequential(first, ReLU(), second, Tanh())
    shapes = [(2, 3), (3,), (4, 5)]
    calls = [
        tt.case(network, 4, shapes, label="a network of four"),
        tt.case(Sequential(ReLU(), network, make(6, 7)), 3, [*shapes, (6, 7), (7,)], label="a network in a network"),
        tt.case(Sequential(second, first), 2, [(4, 5), (2, 3), (3,)], label="the other way round"),
        tt.case(Sequential(first, second, first), 3, shapes, label="a layer that comes twice"),
        tt.case(Sequential(Tanh()), 1, [], label="a network with nothing to learn"),
    ]
    found = lambda layer, *_: {"children": len(layer.children()), "shapes": [tuple(p.shape) for p in layer.parameters()]}
    tt.check(found, lambda layer, number, shapes: {"children": number, "shapes": shapes}, calls)
    network.parameters()[2].grad = 3.0
    tt.expect(lambda: second.weight.grad, 3.0, "grad of the layer's weight, set by way of parameters()[2],")
    second.weight = Tensor(np.ones((7, 8)), requires_grad=True)
    tt.expect(lambda: [tuple(p.shape) for p in network.parameters()], [(2, 3), (3,), (7, 8)], "the shapes after a layer got another weight")
    tt.expect(lambda: [str(child) for child in network.children()][1::2], ["ReLU()", "Tanh()"], "the second and the last child")
    ### BEGIN HIDDEN TESTS
    second.weight = Tensor(np.ones((4, 5)), requires_grad=True)
    deep = Sequential(Sequential(make(1, 2), Sequential(make(3, 1), ReLU())), make(2, 4, bias=False))
    calls = [
        tt.case(deep, 2, [(1, 2), (2,), (3, 1), (1,), (2, 4)], label="three deep"),
        tt.case(Sequential(second, network, second), 3, [(4, 5), (2, 3), (3,)], label="a shared layer"),
        tt.case(Sequential(ReLU(), Tanh(), Softmax()), 3, [], label="three with nothing to learn"),
    ]
    tt.check(found, lambda layer, number, shapes: {"children": number, "shapes": shapes}, calls)
    ### END HIDDEN TESTS


test_sequential_parameters()

# %% nbgrader={"grade": true, "grade_id": "test_sequential_modes", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_sequential_modes():
    """Switching a network's mode switches all layers in it, and back, and neither others nor a deep copy's."""
    import copy

    def modes(*switches):
        inner, outer, other = Tanh(), ReLU(), ReLU()
        network, _ = Sequential(Sequential(inner, outer), ReLU()), Sequential(other)
        twin = copy.deepcopy(network)
        for mode in switches:
            network.train(mode)
            network(np.ones(2))
        layers = {"network": network, "inner": inner, "outer": outer, "nested": network[0], "last": network[1], "another's": other, "a copy's": twin[1]}
        return {name: layer.training for name, layer in layers.items()}

    def meant(*switches):
        mode = [True, *switches][-1]
        return {"network": mode, "inner": mode, "outer": mode, "nested": mode, "last": mode, "another's": True, "a copy's": True}

    tt.check(modes, meant, [(), (False,), (False, True), (True, False), (False, True, False)])
    network, last = Sequential(Tanh(), Sequential(ReLU())), Sequential(Tanh()).eval()
    tt.expect(lambda: [str(network[0].eval()(1.0)), str(network(1.0)), str(last(1.0))][1:], ["Tensor(0.7615942)"] * 2, "what tanh gives, in all modes,")
    tt.expect(lambda: [network[0].training, network[1][0].training, last[0].training], [False, True, False], "training after calls, with one layer in evaluation")
    ### BEGIN HIDDEN TESTS
    tt.check(modes, meant, [(True,), (False, False), (False, False, True)])
    network = Sequential(Sequential(ReLU()))
    tt.expect(lambda: (network.eval()[0][0].training, network.train()[0][0].training), (False, True), "training after eval() and after train()")
    ### END HIDDEN TESTS


test_sequential_modes()

# %% nbgrader={"grade": true, "grade_id": "test_sequential_keeps_nothing", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_sequential_keeps_nothing():
    """A call goes by the layers, numbers and modes of its moment, and a deep copy has layers of its own."""
    import copy

    class Times(Layer):
        """x times a factor to be learned; in evaluation without the factor."""

        def __init__(self, factor):
            self.factor = Tensor(factor, requires_grad=True)

        def forward(self, x):
            return x * self.factor if self.training else x

    def run(x, change, *_):
        network, x = Sequential(Times(2.0), Sequential(Softmax(), Times([[[3.0]], [[4.0]]]))), Tensor(np.array(x.data))
        network(x)
        return (change(network, x) or network)(x)

    def calls(x):
        plain = lambda x, first=2.0, axis=-1: softmax(first * x, axis=axis) * np.array([[[3.0]], [[4.0]]], np.float32)
        yield tt.case(x, lambda net, x: None, plain, label="the second call")
        yield tt.case(x, lambda net, x: setattr(net[0], "factor", Tensor(5.0)), lambda x: plain(x, 5.0), label="a call after a factor has changed")
        yield tt.case(x, lambda net, x: setattr(net[1][0], "axis", 0), lambda x: plain(x, axis=0), label="a call after an axis has changed")
        yield tt.case(x, lambda net, x: x.data.__imul__(2) is None, lambda x: plain(2 * x), label="a call after x has changed")
        yield tt.case(x, lambda net, x: net.eval(), softmax, label="a call in evaluation")
        yield tt.case(x, lambda net, x: net[0].eval() and None, lambda x: plain(x, 1.0), label="a call with one layer in evaluation")
        yield tt.case(x, lambda net, x: setattr(copy.deepcopy(net)[0], "factor", Tensor(5.0)), plain, label="a call after a copy has changed")
        yield tt.case(x, changed_copy, lambda x: plain(x, 5.0), label="a copy that has changed")

    def changed_copy(network, x):
        twin = copy.deepcopy(network)
        twin[0].factor = Tensor(5.0)
        return twin

    tt.check(run, lambda x, change, formula: formula(x), calls(tt.numbers((2, 3))), wrap=Tensor)
    tt.check(run, lambda x, change, formula: formula(x), list(calls(np.zeros((0, 3))))[::7], wrap=Tensor)
    tt.expect(lambda: [Sequential(Times(2.0), Tanh())(1.0).requires_grad, Sequential(Times(2.0)).eval()(1.0).requires_grad], [True, False], "requires_grad where a layer has something to learn")
    ### BEGIN HIDDEN TESTS
    tt.check(run, lambda x, change, formula: formula(x), list(calls(tt.numbers((3, 2), seed=5)))[::2], wrap=Tensor)
    ### END HIDDEN TESTS


test_sequential_keeps_nothing()

# %% [markdown]
r"""
A linear layer sums over the last axis alone, while an image has rows and columns. `Flatten` writes the rows
of each sample one behind the other: `(N, 8, 8) -> (N, 64)`. The samples stay apart.
"""

# %% nbgrader={"grade": false, "grade_id": "flatten", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Flatten(Layer):
    """All axes of a sample become one; axis 0, the samples, stays: in both modes.

    Example:
        >>> Flatten()(np.zeros((5, 8, 8, 3))).shape
        (5, 192)
    """

    def forward(self, x: Tensor) -> Tensor:
        """x as (N, features), always recorded as a call of `np.reshape`.

        The elements of a sample keep the order in which its indices count, the last one fastest.

        Args:
            x: shape (N, ...), with at least the axis of samples, of any dtype. Each length may
                be 0: (0, 3, 4) -> (0, 12) and (3, 0, 2) -> (3, 0). Where there is no other axis,
                each sample has one feature: (N,) -> (N, 1).
        """
        ### BEGIN SOLUTION
        return reshape(x, x.shape[0], math.prod(x.shape[1:]))
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_flatten", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_flatten():
    """Axis 0 stays, and the rest of each sample becomes one axis, in the order of its elements, in each mode."""
    in_rows = lambda x: np.array([list(sample.flat) for sample in x], x.dtype)
    inputs = [(x,) for x in tt.arrays(((2, 3, 4), (3, 2, 2), (5, 4), (1, 4, 2), (2, 1, 3, 2), (3, 1, 1), (2, 3, 1, 2, 2), (4, 1), (1, 1)))]
    inputs += [(np.asfortranarray(tt.numbers((3, 2, 4))),), (tt.numbers((4, 3, 2)).T,), (tt.numbers((2, 3, 2)).swapaxes(0, 1),)]
    for step, mode, layer in ((1, "", Flatten()), (2, " in evaluation", Flatten().eval()), (4, " in training again", Flatten().eval().train())):
        tt.check(layer, in_rows, inputs[::step], wrap=Tensor, door={np.reshape}, name=f"Flatten(){mode}")
    ### BEGIN HIDDEN TESTS
    inputs = [(x,) for x in tt.arrays(((4, 2, 3), (1, 1, 1), (2, 2, 2), (1, 2, 3, 4), (3, 7), (2, 1, 2, 1, 2, 1, 2)), seed=20)]
    for step, mode, layer in ((1, "", Flatten()), (3, " in evaluation", Flatten().eval())):
        tt.check(layer, in_rows, [*inputs, (tt.numbers((2, 5, 3)).T,)][::step], wrap=Tensor, door={np.reshape}, name=f"Flatten(){mode}")
    ### END HIDDEN TESTS


test_flatten()

# %% nbgrader={"grade": true, "grade_id": "test_flatten_of_empty_batches", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_flatten_of_empty_batches():
    """No samples keep their number of features, and samples may have none; a single number a sample is one feature."""
    empty = lambda x, n, features: np.zeros((n, features), x.dtype)
    run = lambda x, n, features: Flatten()(x)
    calls = [(np.zeros((0, 3, 4)), 0, 12), (np.zeros((0, 12)), 0, 12), (np.zeros((0,)), 0, 1), (np.zeros((3, 0, 2)), 3, 0), (np.zeros((3, 0)), 3, 0), (np.zeros((0, 0, 4)), 0, 0)]
    tt.check(run, empty, calls, wrap=Tensor, door={np.reshape}, name="flattened")
    tt.check(Flatten(), lambda x: np.array([[y] for y in x]), [(tt.numbers((5,)),), (tt.numbers((1,)),)], wrap=Tensor, door={np.reshape}, name="Flatten()")
    ### BEGIN HIDDEN TESTS
    calls = [(np.zeros((0, 2, 4, 2)), 0, 16), (np.zeros((0, 1)), 0, 1), (np.zeros((1, 2, 0), np.float32), 1, 0), (np.zeros((0, 0)), 0, 0), (np.zeros((4, 1, 0, 3)), 4, 0)]
    tt.check(run, empty, calls, wrap=Tensor, door={np.reshape}, name="flattened")
    tt.check(Flatten(), lambda x: np.array([[y] for y in x]), [(tt.numbers((3,)),)], wrap=Tensor, door={np.reshape}, name="Flatten()")
    ### END HIDDEN TESTS


test_flatten_of_empty_batches()

# %% [markdown]
r"""
## 3.6 Dropout

A network may come to rely on a few units that happened to fit the images it was trained on. *Dropout* sets
each number to 0 with probability p while the network is trained, anew in each call, so that none can be
relied on. What remains is divided by $1 - p$, which keeps the mean: $(1 - p) \cdot \frac{x}{1 - p} + p \cdot 0 = x$.

When the network is used, nothing is dropped and nothing scaled. Which of the two holds, `self.training` says.
"""

# %% nbgrader={"grade": false, "grade_id": "dropout", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Dropout(Layer):
    """In training each number becomes 0 with probability p, and the others are divided by 1 - p.

    In evaluation x itself is passed on.

    Args:
        p: the probability to drop, a Python number, 0 <= p < 1. PyTorch allows 1 too, which
            leaves nothing.
        rng: draws what is dropped, independently for each number and in each call. All
            randomness comes from it, so that a seed repeats a run; layers may share one.
            `np.random` and its seed are left alone.
    """

    def __init__(self, p: float, rng: "np.random.Generator"):
        if not 0 <= p < 1:
            raise ValueError(f"expected a probability to drop of at least 0 and below 1, got {p}")
        self.p, self.rng = p, rng

    def forward(self, x: Tensor) -> Tensor:
        """In training x times a random mask of 0 and 1 / (1 - p), in evaluation x itself.

        Args:
            x: floats of any shape, () and empty ones too; it stays as it is. In training they
                are finite: infinity times 0 would be nan.

        Returns:
            A Tensor of the shape and dtype of x, made of x by the signs `*`, `/`, `+` and `-`
            alone, so that the door records it. Where p is 0, it may also be x itself.

        Hint: `rng.random(shape) >= p` is True with probability 1 - p.
        """
        ### BEGIN SOLUTION
        if not self.training:
            return x
        mask = (self.rng.random(x.shape, np.float32) >= self.p).astype(x.dtype)
        mask /= 1 - self.p
        return x * mask
        ### END SOLUTION

    def __repr__(self) -> str:
        return f"Dropout({self.p})"

# %% nbgrader={"grade": true, "grade_id": "test_dropout_rescales_what_stays", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_dropout_rescales_what_stays():
    """Each number becomes 0 or is divided by 1 - p; the shape and dtype of x stay, and so does x itself."""
    def put_back(p, x):  # with what was dropped put back in
        y = np.array(Dropout(p, np.random.default_rng(16))(x).data)
        return np.where(y == 0, (x / (1 - p)).astype(y.dtype), y)

    inputs = [tt.numbers((6, 5), low=1), tt.numbers((40,), np.float32, low=-8, high=-1), tt.strided(tt.numbers((2, 3, 4), np.float32)), np.zeros((0, 3))]
    inputs += [np.array(2.0), tt.numbers((3, 1), np.float32), tt.numbers((4, 3)).T * 1e-6, tt.numbers((2, 1, 2, 3)) * 1e6, np.full((8,), 1e-30, np.float32)]
    tt.check(put_back, lambda p, x: x / (1 - p), [(p, x) for n, p in enumerate((0.25, 0.5, 0.0, 0.9, 0, 1e-6, 0.997)) for x in inputs[n % 2 :: 2]], name="what dropout keeps")
    tt.check(put_back, lambda p, x: x / (1 - p), [(p, tt.numbers((size,))) for p, size in ((0.98, 400), (0.9995, 20_000))], name="what dropout keeps")
    ### BEGIN HIDDEN TESTS
    inputs = tt.numbers((9, 7), np.float32, 1, low=1), tt.numbers((3, 2, 8), low=-8, high=-1), np.array(-3.0, np.float32), np.zeros((2, 0), np.float32), tt.numbers((30,)) * 1e12
    tt.check(put_back, lambda p, x: x / (1 - p), [(p, x) for n, p in enumerate((0.2, 0.75, 0.99, 0.0, 1e-4)) for x in inputs[n % 2 :: 2]] + [(0.999, tt.numbers((9000,), np.float32))], name="what dropout keeps")
    ### END HIDDEN TESTS


test_dropout_rescales_what_stays()

# %% nbgrader={"grade": true, "grade_id": "test_dropout_drops_the_share_p", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_dropout_drops_the_share_p():
    """Of many numbers the share p becomes 0, however small or large p is, and whatever the shape of x."""
    @functools.cache
    def share(p, calls, *shape):  # within six standard errors, as it should be
        layer, x = Dropout(p, np.random.default_rng(17)), np.ones(shape)
        found = np.mean([np.mean(np.array(layer(x).data) == 0) for _ in range(calls)])
        return float(p) if abs(found - p) <= 6 * math.sqrt(p * (1 - p) / x.size / calls) else found

    calls = [(0.25, 1, 100, 80), (0.5, 1, 60, 10, 10), (0.1, 1, 20000), (0.0, 1, 40, 30), (0.00045, 1, 100_000), (0.997, 1, 30_000), (0.5, 60), (0.333, 1, 20_000, 1)]
    tt.check(share, lambda p, *_: float(p), calls, name="share dropped")
    ### BEGIN HIDDEN TESTS
    calls = [(0.4, 1, 90, 90), (0.9, 1, 70, 10, 10), (0, 1, 30, 30), (0.015, 1, 8000, 5), (0.6, 1, 2, 4000), (0.9956, 1, 30_000), (0.5, 60, 1, 1)]
    tt.check(share, lambda p, *_: float(p), calls, name="share dropped")
    ### END HIDDEN TESTS


test_dropout_drops_the_share_p()

# %% nbgrader={"grade": true, "grade_id": "test_dropout_drops_each_number_on_its_own", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_dropout_drops_each_number_on_its_own():
    """No number's fate says anything of another's: sums over rows, columns and calls spread as those of independent ones do."""
    @functools.cache
    def spread(p, calls, *shape):  # as a multiple of what it should be
        layer, x = Dropout(p, np.random.default_rng(18)), np.ones(shape)
        gone = (np.array([layer(x).data for _ in range(calls)]).reshape(calls, shape[0], -1) == 0) - p
        sums = {"rows": gone.sum(2), "columns": gone.sum(1), "whole calls": gone.sum((1, 2)), "one place in all calls": gone.sum(0)}
        found = {name: (s * s).sum() / gone.size / p / (1 - p) for name, s in sums.items()}
        return {name: found[name] if abs(found[name] - 1) > 10 / math.sqrt(s.size) and s.size >= 150 else 1.0 for name, s in sums.items()}

    even = lambda *_: {"rows": 1.0, "columns": 1.0, "whole calls": 1.0, "one place in all calls": 1.0}
    label = "the mean square of sums of what is dropped, in {} calls of shape {} with p = {},"
    calls = lambda *all_: [tt.case(*each, label=label.format(each[1], each[2:], each[0])) for each in all_]
    tt.check(spread, even, calls((0.5, 150, 20, 16), (0.25, 1, 300, 310), (0.75, 12, 40, 5, 10)))
    ### BEGIN HIDDEN TESTS
    tt.check(spread, even, calls((0.4, 150, 3, 2), (0.6, 1, 160, 40, 6)))
    ### END HIDDEN TESTS


test_dropout_drops_each_number_on_its_own()

# %% nbgrader={"grade": true, "grade_id": "test_dropout_in_evaluation", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_dropout_in_evaluation():
    """In evaluation x itself is passed on; back in training, numbers are dropped again."""
    def run(x, p, modes):
        layer = Dropout(p, np.random.default_rng(19))
        for mode in modes:
            layer.train(mode)
            layer(x)
            y = layer(x)
        return y

    def marked(data, p, modes):  # what is written on the result is found on x
        x = Tensor(data, requires_grad=True)
        y = run(x, p, modes)
        y.grad = 3.0
        return {"requires_grad": y.requires_grad, "grad": x.grad, "data": np.array(y.data)}

    x, y = tt.numbers((2, 3)), tt.numbers((4,), np.float32)
    calls = [(x, 0.5, [False]), (y, 0.25, [True, False]), (x, 0.9, [False, True, False]), (y, 0.0, [False]), (np.array(2.0), 0.5, [False]), (tt.strange(), 0.5, [False]), (x[:0], 0.5, [False])]
    tt.check(run, lambda x, p, modes: x, calls, wrap=Tensor, name="after train, dropout")
    tt.check(marked, lambda data, p, modes: {"requires_grad": True, "grad": 3.0, "data": data}, calls, name="after train, x and dropout of x")
    share = lambda *modes: np.mean(np.array(run(np.ones((30, 40)), 0.5, modes).data) == 0)
    tt.check(share, lambda *modes: 0.5 * modes[-1], [(True,), (False, True), (True, False), (True, True), (False, False, True)], rtol=0.2, name="share dropped after train")
    ### BEGIN HIDDEN TESTS
    calls = [(x[1], 0.3, [False, False]), (y, 0.99, [True, True, False]), (tt.numbers((2, 1, 2)), 0, [False])]
    tt.check(run, lambda x, p, modes: x, calls, wrap=Tensor, name="after train, dropout")
    tt.check(marked, lambda data, p, modes: {"requires_grad": True, "grad": 3.0, "data": data}, calls, name="after train, x and dropout of x")
    first, second = Dropout(0.5, np.random.default_rng(1)).eval(), Dropout(0.5, np.random.default_rng(2))
    found = [float(np.mean(np.array(layer(np.ones((50, 60))).data) == 0)) for layer in (first, second)]
    tt.expect(found, [0.0, 0.5], "the shares of zeros, one of two layers in evaluation", rtol=0.2)
    ### END HIDDEN TESTS


test_dropout_in_evaluation()

# %% nbgrader={"grade": true, "grade_id": "test_dropout_passes_the_door", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_dropout_passes_the_door():
    """The result is recorded as made of x by signs: where next to nothing is dropped, next to everything, and nothing."""
    signs = {np.multiply, np.divide, np.add, np.subtract}
    run = lambda x, p: Dropout(p, np.random.default_rng(20))(x)
    after_tanh = lambda x, p, mode: Dropout(p, np.random.default_rng(20)).train(mode)(Tanh()(x))
    inputs = tt.numbers((2, 3)), tt.numbers((2, 1, 2), np.float32), np.array(0.5)
    tt.check(run, lambda x, p: x * round(1 - p), [(x, p) for p in (1e-9, 1 - 1e-9) for x in inputs], wrap=Tensor, door=signs, name="dropout")
    calls = [(x, p, mode) for p, mode in ((0.0, True), (0.5, False), (0.0, False)) for x in inputs]
    tt.check(after_tanh, lambda x, p, mode: np.tanh(x), calls, wrap=Tensor, door={tanh, *signs}, name="dropout after tanh")
    ### BEGIN HIDDEN TESTS
    inputs = tt.numbers((3, 2), np.float32, 5), tt.numbers((1, 3), seed=6), np.zeros((0, 2))
    tt.check(run, lambda x, p: x * round(1 - p), [(x, p) for p in (1e-10, 1 - 1e-10) for x in inputs], wrap=Tensor, door=signs, name="dropout")
    calls = [(x, p, mode) for p, mode in ((0, True), (0.9, False)) for x in inputs]
    tt.check(after_tanh, lambda x, p, mode: np.tanh(x), calls, wrap=Tensor, door={tanh, *signs}, name="dropout after tanh")
    ### END HIDDEN TESTS


test_dropout_passes_the_door()

# %% nbgrader={"grade": true, "grade_id": "test_dropout_draws_from_its_generator", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_dropout_draws_from_its_generator():
    """Each call drops others; all randomness comes from the layer's Generator, so that a seed repeats it."""
    def different(_, *runs):  # each run has a new layer for each of its seeds
        layers = [{seed: Dropout(0.5, np.random.default_rng(seed)) for seed in run} for run in runs]
        return len({np.array(of[n](np.ones((5, 8))).data).tobytes() for of, run in zip(layers, runs, strict=True) for n in run})

    def shared(_, calls, again=0):  # two layers that draw from one Generator, and the numbers that it draws afterwards
        rng = np.random.default_rng(30)
        pair = Dropout(0.5, rng), Dropout(0.5, rng)
        return len({np.array(layer(np.ones((5, 8))).data).tobytes() for _ in range(calls) for layer in pair}) + (rng.random() != np.random.default_rng(30).random())

    def calls(runs):
        return [tt.case(*run, label=f"The number of different results of {what}") for what, run in runs.items()]

    runs = {
        "one seed, from its start again": (1, (1,), (1,)), "one layer, twice": (2, (1, 1)), "two seeds": (2, (1,), (2,)),
        "two layers in turn, and again in another order": (3, (1, 2, 1), (2, 1, 1)), "one seed, three and two": (3, (3, 3, 3), (3, 3)),
    }
    state = lambda module=np.random: module.get_state()[1:3]
    before = state()
    tt.check(different, lambda count, *_: count, calls(runs))
    tt.check(shared, lambda count, *_: count, calls({"two layers and then one Generator": (3, 1), "two layers and one Generator, twice": (5, 2)}))
    tt.expect(lambda: [bool(np.all(a == b)) for a, b in zip(before, state(), strict=True)], [True, True], "whether np.random has been left alone")
    ### BEGIN HIDDEN TESTS
    runs = {
        "one seed, three times": (1, (4,), (4,), (4,)), "three in a row": (3, (5, 5, 5)), "two, in either order": (2, (4, 6), (6, 4)),
        "two, four times": (4, (4, 5, 5, 4), (5, 4, 4, 5)), "three seeds": (3, (7,), (8,), (9,)),
    }
    tt.check(different, lambda count, *_: count, calls(runs))
    tt.check(shared, lambda count, *_: count, calls({"two layers and one Generator, three times": (7, 3)}))
    ### END HIDDEN TESTS


test_dropout_draws_from_its_generator()

# %% [markdown]
r"""
Look at three masks over the same image, and at the mean of a thousand.
"""

# %%
from sklearn.datasets import load_digits

digits = load_digits()
image = Tensor(digits.images[:1].astype(np.float32))  # (1, 8, 8)
drop = Dropout(0.5, np.random.default_rng(0))
pictures = [image, drop(image), drop(image), drop(image)]
pictures.append(np.mean([drop(image).data for _ in range(1000)], axis=0))
titles = "the image", "one call", "another", "a third", "mean of 1000"
figure, axes = figures.subplots(1, 5, height=1.8)
for axis, picture, title in zip(axes, pictures, titles, strict=True):
    axis.imshow(np.array(picture)[0], cmap="Greys", vmin=0, vmax=32)
    axis.set(title=title, xticks=[], yticks=[])
figure.suptitle("Each call drops another half and doubles the rest; the mean stays", fontsize="medium")
figures.show(figure, alt="A digit, three times with half its pixels missing, and their mean, the digit again.")

# %% [markdown]
r"""
Does it pay? A network 64-300-10 learns from 400 images of digits, and a fifth of their labels are drawn at
random, as if somebody had been in a hurry. Only its last layer learns: those weights can be worked out at a
stroke, whose answers have the least squared distance from the labels (1 for the digit it was told, 0 for the
others). With dropout the images pass ten times in training mode, each time with other units missing. Then
the network is switched to evaluation.

What do you expect as p grows: how many labels will it repeat, and how many of 1,397 new images will it get
right?
"""

# %%
rng = np.random.default_rng(0)
order = rng.permutation(1797)
images, labels = digits.data[order].astype(np.float32) / 16, digits.target[order]
told = np.where(rng.random(400) < 0.2, rng.integers(0, 10, 400), labels[:400])
first = Linear(64, 300, rng, "he")


def learn(p, times):
    """The share of labels that are repeated, and of new images that are answered right."""
    network = Sequential(first, ReLU(), Dropout(p, np.random.default_rng(1)))
    rows = np.concatenate([network(images[:400]).data for _ in range(times)]).astype(np.float64)
    wanted = np.tile(np.eye(10)[told], (times, 1))  # (400 times, 10)
    weight = np.linalg.lstsq(rows.T @ rows, rows.T @ wanted, rcond=1e-10)[0]  # (300, 10)
    network.eval()
    answers = linear(network(images).data, weight).argmax(axis=1)
    return np.mean(answers[:400] == told), np.mean(answers[400:] == labels[400:])


chances = [0.0, 0.1, 0.3, 0.5, 0.7, 0.9]
shares = 100 * np.array([learn(p, 10 if p else 1) for p in chances])  # (6, 2)
for p, (repeated, right) in zip(chances, shares, strict=True):
    print(f"p = {p}  labels repeated {repeated:.1f} %  new images right {right:.1f} %")

# %%
figure, axis = figures.subplots(height=2.8)
axis.plot(chances, shares[:, 0], "o-", label="labels it was told, repeated")
axis.plot(chances, shares[:, 1], "s-", label="new images, answered right")
axis.axhline(100 * np.mean(told == labels[:400]), color="0.5", ls=":", label="labels that are right")
axis.set(xlabel="p, the probability to drop", ylabel="share (%)", ylim=(50, 103))
axis.set_title("With dropout it learns digits, and not the wrong labels")
axis.legend(loc="lower right")
figures.show(figure, alt="Against p: labels repeated fall to the share that is right; new images right rise steeply, then stay.")

# %% [markdown]
r"""
Without dropout the network repeats nearly all the labels it was told, the wrong ones among them: for each
image it finds a mixture of units that happens to single it out. New images pay for that: it gets fewer than
six in ten of them. With p = 0.5 it repeats about as many labels as are right, the dotted line, and gets
nine in ten of the new images. A mixture that works with any half of its units missing has to be about digits.
With p = 0.9 too little is left to learn even that.
"""

# %% [markdown]
r"""
## 3.7 How many numbers?

The size of a network is told by how many numbers it has to learn.
"""

# %% nbgrader={"grade": false, "grade_id": "count_parameters", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def count_parameters(layer: Layer) -> int:
    """The number of numbers that a layer, or a network, has to learn, as it is at that moment.

    Args:
        layer: any layer, of your own kind too, whose parameters may have any shape, () among
            them.

    Returns:
        A whole number, not a float. A tensor that several layers share counts once.

    Example:
        >>> count_parameters(Linear(2, 3, np.random.default_rng(0)))
        9
    """
    ### BEGIN SOLUTION
    return sum(parameter.size for parameter in layer.parameters())
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_count_parameters", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_count_parameters():
    """Every number of every parameter counts, as a whole number, and a layer without any counts 0."""
    class Own(Layer):
        """A layer with parameters of any shape, one inside another if asked, and a Tensor that isn't learned."""

        def __init__(self, *shapes, inside=()):
            self.numbers = [Tensor(np.zeros(shape), requires_grad=True) for shape in shapes]
            self.inside, self.weight = inside, Tensor(np.zeros(50))

        def children(self):
            return list(self.inside)

        def parameters(self):
            return self.numbers + super().parameters()

    def make(d, c, bias=True, dtype=np.float32):
        return Linear(d, c, None, lambda rng, shape: np.full(shape, 0.5, dtype), bias)

    calls = [(make(4, 5), 25), (make(4, 5, False), 20), (make(1, 3), 6), (make(3, 1), 4), (ReLU(), 0), (make(3, 4, dtype=np.float64), 16), (make(40, 50, False), 2000)]
    calls += [(Own((2, 3, 4)), 24), (Own(()), 1), (Own((), (5,), (0, 3), (2, 1)), 8), (Own(), 0), (Own((3,), inside=(Own((2, 2)), ReLU())), 7)]
    tt.check(lambda layer, _: count_parameters(layer), lambda _, count: count, [tt.case(*call, label=f"the count for {call[0]} with {call[1]}") for call in calls])
    ### BEGIN HIDDEN TESTS
    calls = [(make(2, 2), 6), (make(7, 1, False), 7), (Tanh(), 0), (make(10, 100), 1100), (Own((2, 1, 2, 3)), 12), (Own((), ()), 2), (Own((0,)), 0), (Own((4, 2), inside=(Own(()),)), 9)]
    tt.check(lambda layer, _: count_parameters(layer), lambda _, count: count, [tt.case(*call, label=f"the count for {call[0]} with {call[1]}") for call in calls])
    ### END HIDDEN TESTS


test_count_parameters()

# %% nbgrader={"grade": true, "grade_id": "test_count_parameters_of_networks", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_count_parameters_of_networks():
    """The count of a network is that of all its layers, however deep, and what is shared counts once."""
    make = lambda d, c: Linear(d, c, None, lambda rng, shape: np.full(shape, 0.5, np.float32))
    shared, tied, other = make(2, 3), make(3, 2), make(3, 2)
    other.weight = tied.weight
    calls = [
        tt.case(Sequential(make(4, 5), ReLU(), make(5, 3)), 43, label="the count for 4-5-3"),
        tt.case(Sequential(Sequential(Sequential(make(2, 1))), make(1, 1)), 5, label="the count for a nested network"),
        tt.case(Sequential(shared, Sequential(shared, ReLU())), 9, label="the count for a layer that comes twice"),
        tt.case(Sequential(make(2, 3), Sequential(make(2, 3), ReLU())), 18, label="the count for two layers that look alike"),
        tt.case(Sequential(tied, Sequential(other)), 10, label="the count for two layers that share their weight"),
        tt.case(Sequential(ReLU(), Tanh()), 0, label="the count for a network with nothing to learn"),
    ]
    tt.check(lambda layer, _: count_parameters(layer), lambda _, count: count, [*calls, calls[2], calls[4], calls[0]])
    other.weight = Tensor(np.zeros((5, 2)), requires_grad=True)
    tt.expect(lambda: [count_parameters(calls[4].inputs[0]), count_parameters(other)], [20, 12], "the counts after one got a weight of its own")
    ### BEGIN HIDDEN TESTS
    tied.bias = shared.bias
    calls = [
        tt.case(Sequential(Sequential(make(3, 3), make(3, 2)), Tanh(), make(2, 6)), 38, label="the count for 3-3-2-6"),
        tt.case(Sequential(Sequential(shared), Sequential(shared), shared), 9, label="the count for a layer that comes three times"),
        tt.case(Sequential(Sequential(shared), tied), 15, label="the count for two layers that share their bias"),
    ]
    tt.check(lambda layer, _: count_parameters(layer), lambda _, count: count, [*calls, calls[1]])
    ### END HIDDEN TESTS


test_count_parameters_of_networks()

# %% [markdown]
r"""
## 3.8 A published result

The book *Neural Networks from Scratch* (nnfs) sends 300 points on three spiral arms through a network of 2
inputs, 3 hidden units and 3 classes, and prints what comes out. Its numbers are drawn by NumPy's older
generator from seed 0: first the points, then 0.01 times normal numbers for both weights, all in `float32`.
`Linear` takes any function as its start, so your network can have the same.

A loss measures how bad the answers are: the mean of $-\log p$ of the right class. Before you run it, what
should it be for a network that gives each of three classes about one third?
"""

# %%
old = np.random.RandomState(0)  # the book's generator
radius, arms = np.linspace(0, 1, 100), []
for c in range(3):
    angle = 2.5 * (np.linspace(4 * c, 4 * c + 4, 100) + 0.2 * old.randn(100))
    arms.append(np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1))
points, classes = np.concatenate(arms).astype(np.float32), np.repeat(np.arange(3), 100)


def as_in_the_book(rng, shape):
    return (0.01 * rng.randn(*shape)).astype(np.float32)


network = Sequential(Linear(2, 3, old, as_in_the_book), ReLU(), Linear(3, 3, old, as_in_the_book))
probabilities = softmax(network(points).data)  # (300, 2) -> (300, 3)
loss = np.mean(-np.log(probabilities[np.arange(300), classes]))
print(network, "with", count_parameters(network), "parameters")
print("loss    ", float(loss), "  log 3 =", math.log(3))
print("accuracy", float(np.mean(probabilities.argmax(axis=1) == classes)))

# %% [markdown]
r"""
The book prints a loss of 1.0986104 and an accuracy of 0.34, and so do you: all digits of
1.0986104011535645 agree. It is nearly log 3, the loss of knowing nothing.

What does a network say of every point of the plane before it has learned anything? On the left yours, on the
right one of 2-64-64-3 with He's start.
"""

# %%
rng = np.random.default_rng(1)
wide = Sequential(Linear(2, 64, rng, "he"), ReLU(), Linear(64, 64, rng, "he"), ReLU(),
                  Linear(64, 3, rng, "he"))
side = np.linspace(-1, 1, 201, dtype=np.float32)
plane = np.stack(np.meshgrid(side, side), axis=-1)  # (201, 201, 2)
colours = (figures.BLUE, figures.ORANGE, figures.GREEN)
figure, axes = figures.subplots(1, 2, height=3.3, sharey=True)
for axis, net, name in zip(axes, (network, wide), ("2-3-3", "2-64-64-3"), strict=True):
    answers = softmax(net(plane).data)  # (201, 201, 3): a layer takes any axes in front
    axis.contourf(side, side, answers.argmax(axis=-1), levels=[-0.5, 0.5, 1.5, 2.5], colors=colours, alpha=0.3)
    for c, marker in enumerate("os^"):
        axis.scatter(*points[classes == c].T, s=7, color=colours[c], marker=marker)
    axis.set(title=f"{name}: at most {answers.max():.1%} sure", xlabel="first feature", aspect="equal")
axes[0].set(ylabel="second feature")
figure.suptitle("Untrained: wedges that meet at the origin and ignore the spirals", fontsize="medium")
figures.show(figure, alt="Three spiral arms over coloured wedges, the class that each network would answer.")

# %% [markdown]
r"""
Both cut the plane into wedges from the origin: without biases, and these are 0, relu and linear layers know
directions but no distances. The small network calls every point a third of each, while the wide one is
sure of itself without having seen a single spiral. What is missing is a way to learn.
"""

# %% [markdown] nbgrader={"grade": false, "grade_id": "cost_of_a_network_prompt", "locked": true, "schema_version": 3, "solution": false, "task": false}
r"""
## 3.9 Question: where does a network spend its time?

The next cell builds a network 784-128-10 and times its first linear layer alone, and the whole network, on a
batch of 64. Count, measure, and explain:

1. How many parameters has each of the two linear layers, and how many has the network?
2. How many bytes do they take in `float32`?
3. How many multiplications, each with its addition, does a forward pass of the batch need? Leave the biases
   out.
4. Which share of them belongs to the first layer?
5. Which share of the *time* does the first layer take, as measured on your machine?
6. Why is the one share not the other?
"""

# %%
rng = np.random.default_rng(0)
network = Sequential(Linear(784, 128, rng, "he"), ReLU(), Linear(128, 10, rng))
batch = Tensor(rng.random((64, 784), np.float32))
for name, part in (("first layer", network[0]), ("network", network)):
    seconds = min(timeit.repeat(lambda part=part: part(batch), number=10, repeat=5)) / 10
    print(f"{name:12} {1e6 * seconds:6.1f} microseconds")

# %% [markdown] nbgrader={"grade": true, "grade_id": "cost_of_a_network", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
r"""
### BEGIN SOLUTION
1. 784 x 128 + 128 = 100,480 and 128 x 10 + 10 = 1,290, together 101,770.
2. 4 x 101,770 = 407,080 bytes, about 407 kB.
3. 64 x (784 x 128 + 128 x 10) = 64 x 101,632 = 6,504,448, about 6.5 million.
4. 100,352 / 101,632 = 98.7 %.
5. For example 94 of 108 microseconds, which is 87 %.
6. The relu, the calls and their checks, and the allocation of results cost time that does not shrink with
   the number of multiplications; and small matrices use the processor less well than large ones.

Rubric, one point each:
- 100,480 and 1,290, together 101,770 parameters
- about 407 kB
- about 6.5 million multiplications with additions
- 98.7 % of them in the first layer
- a measured share, with both times stated
- a cause that does not scale with the multiplications: fixed costs of a call, relu, or small matrices
### END SOLUTION
"""

# %% [markdown]
r"""
## 3.10 For those who want more

Sums over rows, as in the gradient of the bias, can be written as a product with a row of ones,
`(N,) @ (N, C) -> (C,)`. Matrix products are the best-tuned code on your machine. Which is quicker here?
"""

# %%
for samples, units in ((64, 128), (1024, 1000)):
    grad, row = np.ones((samples, units), np.float32), np.ones(samples, np.float32)
    for name, total in (("sum", lambda g, row: g.sum(axis=0)), ("product", lambda g, row: row @ g)):
        seconds = min(timeit.repeat(lambda f=total, g=grad, r=row: f(g, r), number=20, repeat=5)) / 20
        print(f"({samples}, {units})  {name:8} {1e6 * seconds:7.1f} microseconds")

# %% [markdown]
r"""
## 3.11 Summary

A linear layer is one matrix product and a bias; its three gradients are products and sums in which the
shapes leave no choice. Weights start at random, with a variance that keeps the size of the numbers from layer
to layer, for zero teaches nothing and too much saturates. Layers in a `Sequential` make a network whose
parameters and mode are found through its children, and yours repeats a published forward pass to the last
digit.
"""

# %%
tt.summary()
