# %% [markdown]
r"""
# 3. Layers

A layer multiplies, adds and passes on. In this lesson you build the layer that holds nearly all
numbers of a network, give those numbers a sensible start, and stack layers into a network. At its
end your network reproduces a published result to the last digit.

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
import timeit

from tinytorch import figures
from tinytorch.core.activations import ReLU, relu, softmax, tanh
from tinytorch.testing import (
    assert_close,
    assert_equal,
    assert_unchanged,
    check_gradient,
)

# %% [markdown]
r"""
## 3.1 Where should the numbers start?

A network multiplies its input by a matrix, bends the result, and multiplies by another matrix.
Learning will change the matrices a little at a time, so they must start somewhere. Zero looks
neutral. The next cell starts at zero and tries each weight in turn: it moves it by 0.5 and looks
whether any output moves. How many of the 15 weights will matter?
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
None. Each matrix hides behind the zeros of the other, so no small change of a single weight helps,
and nothing is ever learned. The last line shows the other extreme: with large weights tanh is
saturated at -1 or 1 everywhere, its slope is 0, and nothing is learned either. The start must be
random and of the right size; section 3.3 works out which.

## 3.2 One linear layer

For a batch `x` of N samples with D features, a linear layer gives each of C units a weighted sum of
the features, and adds a number of its own, the *bias*:

$$ y_{nc} = \sum_d x_{nd} W_{dc} + b_c, \qquad (N, D) \;@\; (D, C) + (C,) \to (N, C) $$
"""

# %% nbgrader={"grade": false, "grade_id": "linear", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    output = x @ weight
    if bias is not None:
        output += bias  # the product is ours, so no second array is needed
    return output
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_linear", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_linear():
    """Two samples worked out by hand, then a loop over the definition."""
    x, weight = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 10.0], [100.0, 1000.0]])
    bias = np.array([0.5, 0.25])
    expected = np.array([[201.5, 2010.25], [403.5, 4030.25]])
    suspects = {
        "If you transposed the weight, features and units changed places: it has shape (D, C).":
            x @ weight.T + bias,
        "If you left the bias out, add it to every row.": x @ weight,
        "If you multiplied element by element, nothing was summed: take the matrix product.":
            x * weight + bias,
        "If you added the bias to x, it was multiplied as well: add it after the product.":
            (x + bias) @ weight,
        "If the bias runs down the columns, each row got its own; each unit has one.":
            x @ weight + bias[:, None],
        "If you subtracted the bias, its sign is turned round.": x @ weight - bias,
    }
    assert_close(linear(x, weight, bias), expected, suspects=suspects, name="linear(x, weight, bias)")
    ### BEGIN HIDDEN TESTS
    rng = np.random.default_rng(1)
    x, weight, bias = rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
    slow = np.array([[sum(x[n, d] * weight[d, c] for d in range(3)) + bias[c] for c in range(2)]
                     for n in range(4)])
    assert_close(linear(x, weight, bias), slow, name="linear of (4, 3), (3, 2) and (2,)")
    ### END HIDDEN TESTS


test_linear()

# %% nbgrader={"grade": true, "grade_id": "test_linear_of_any_leading_axes", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_linear_of_any_leading_axes():
    """One sample, a stack of batches, and no bias."""
    rng = np.random.default_rng(2)
    x, weight, bias = rng.normal(size=(2, 5, 3)), rng.normal(size=(3, 4)), rng.normal(size=4)
    slow = np.stack([[sample @ weight + bias for sample in batch] for batch in x])
    hint = "If you flattened the axes in front, give them back their shape."
    assert_close(linear(x, weight, bias), slow, hint, name="linear of (2, 5, 3)")
    assert_close(linear(x, weight), slow - bias, "If a bias appears from nowhere, None means no bias.")
    ### BEGIN HIDDEN TESTS
    assert_close(linear(x[0, 0], weight, bias), slow[0, 0], hint, name="linear of one sample, (3,)")
    assert_equal(linear(x[:, :0], weight, bias).shape, (2, 0, 4), hint, name="shape for empty batches")
    ### END HIDDEN TESTS


test_linear_of_any_leading_axes()

# %% nbgrader={"grade": true, "grade_id": "test_linear_keeps_dtype_and_inputs", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_linear_keeps_dtype_and_inputs():
    """float32 stays float32, and no input is written to."""
    x, weight, bias = np.float32([[1, 2]]), np.float32([[3, 0], [0, 5]]), np.float32([1, 1])
    hint = "If you wrote into x, weight or bias, the next call starts from other numbers."
    result = assert_unchanged(linear, x, weight, bias, hint=hint)
    hint = "If you collect the sums in np.zeros(...), it is float64: give it the dtype of x."
    assert_close(result, [[4.0, 11.0]], hint, dtype=np.float32, name="linear of float32")
    ### BEGIN HIDDEN TESTS
    result = assert_unchanged(linear, np.ones((3, 2)), np.ones((2, 2)), np.array([1e-9, 0.0]))
    assert_close(result, np.array([[2.000000001, 2.0]] * 3), "If you cast, digits go.", dtype=np.float64)
    ### END HIDDEN TESTS


test_linear_keeps_dtype_and_inputs()

# %% [markdown]
r"""
Three inputs, three rules. Let $g_{nc}$ be the incoming gradient, of the shape of y, and collect for each
input where it enters $\sum_{nc} g_{nc} \bigl(\sum_d x_{nd} W_{dc} + b_c\bigr)$.

$x_{nd}$ is multiplied by $W_{dc}$ for every unit c, so its gradient is $\sum_c g_{nc} W_{dc}$.

You need no memory for where to transpose: the shapes allow one way only. `(N, C)` and `(D, C)` have to
give `(N, D)`.
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
        x, weight, bias: the inputs, of shapes (..., D), (D, C) and (C,).

    Returns:
        An array of the shape of x.

    Example:
        >>> x, weight = np.ones((1, 2)), np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]])
        >>> linear_gradient(np.array([[1.0, 1.0, 1.0]]), linear(x, weight), x, weight)
        array([[6., 1.]])
    """
    ### BEGIN SOLUTION
    return grad @ weight.T
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_linear_gradient", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_linear_gradient():
    """The rule agrees with the slope that is measured, with bias and without."""
    rng = np.random.default_rng(3)
    x, weight, bias = rng.normal(size=(4, 3)), rng.normal(size=(3, 3)), rng.normal(size=3)
    suspects = {
        "If you multiplied by the weight as it is, units and features changed places: transpose it.":
            lambda grad, output, x, weight, bias: grad @ weight,
        "If you sum the weights alone, the incoming gradient is lost.":
            lambda grad, output, x, weight, bias: np.ones_like(grad) @ weight.T,
        "If you added the bias, it does not depend on x, so it has no part here.":
            lambda grad, output, x, weight, bias: grad @ weight.T + bias,
        "If you divided by the batch size, the mean belongs to whoever takes one, not here.":
            lambda grad, output, x, weight, bias: grad @ weight.T / len(x),
        "If you used the output, it is the incoming gradient that is passed on.":
            lambda grad, output, x, weight, bias: output @ weight.T,
    }
    hint = "If the shape is not that of x, ask which product of (N, C) and (D, C) gives (N, D)."
    check_gradient(linear, linear_gradient, x, weight, bias, suspects=suspects, hint=hint)
    check_gradient(linear, linear_gradient, x, weight[:, :2], hint=hint)
    ### BEGIN HIDDEN TESTS
    check_gradient(linear, linear_gradient, rng.normal(size=(2, 4, 3)), weight[:, :2], bias[:2])
    check_gradient(linear, linear_gradient, x[0], weight[:, :2], bias[:2])
    ones = np.ones((2, 2), np.float32)
    assert_close(linear_gradient(ones, ones * 2, ones, ones), ones * 2, dtype=np.float32)
    ### END HIDDEN TESTS


test_linear_gradient()

# %% [markdown]
r"""
A weight is used once for *each* sample, so its gradient adds up over the batch: $\sum_n x_{nd}\, g_{nc}$, a
matrix product again, `(N, D)` and `(N, C)` to `(D, C)`. With more axes in front, each of them is summed over.
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
    ### BEGIN SOLUTION
    features, units = weight.shape
    return x.reshape(-1, features).T @ grad.reshape(-1, units)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_linear_weight_gradient", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_linear_weight_gradient():
    """The rule agrees with the slope that is measured, for a batch."""
    rng = np.random.default_rng(4)
    x, weight, bias = rng.normal(size=(4, 3)), rng.normal(size=(3, 3)), rng.normal(size=3)
    suspects = {
        "If you put grad first, the result is transposed: the weight has shape (D, C).":
            lambda grad, output, x, weight, bias: grad.T @ x,
        "If you divided by the batch size, the mean belongs to whoever takes one, not here.":
            lambda grad, output, x, weight, bias: x.T @ grad / len(x),
        "If you sum the features alone, the incoming gradient is lost.":
            lambda grad, output, x, weight, bias: x.T @ np.ones_like(grad),
        "If you summed over the batch before the product, samples get mixed: sum the products.":
            lambda grad, output, x, weight, bias: np.outer(x.sum(axis=0), grad.sum(axis=0)),
        "If you used the output, it is the incoming gradient that is passed on.":
            lambda grad, output, x, weight, bias: x.T @ output,
    }
    hint = "If the shape is not that of the weight, sum over the samples."
    check_gradient(linear, linear_weight_gradient, x, weight, bias, argnum=1, suspects=suspects, hint=hint)
    check_gradient(linear, linear_weight_gradient, x, weight[:, :2], argnum=1, hint=hint)
    ### BEGIN HIDDEN TESTS
    few, wide = rng.normal(size=(2, 4)), rng.normal(size=(4, 3))
    check_gradient(linear, linear_weight_gradient, few, wide, argnum=1, hint=hint)
    ones = np.ones((2, 2), np.float32)
    assert_close(linear_weight_gradient(ones, ones * 2, ones, ones), ones * 2, dtype=np.float32)
    ### END HIDDEN TESTS


test_linear_weight_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_linear_weight_gradient_of_stacks", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_linear_weight_gradient_of_stacks():
    """All axes in front are summed over."""
    rng = np.random.default_rng(5)
    x, weight = rng.normal(size=(2, 5, 3)), rng.normal(size=(3, 4))
    hint = "If axes in front are left over, sum over all of them: there is one weight for all."
    check_gradient(linear, linear_weight_gradient, x, weight, argnum=1, hint=hint)
    ### BEGIN HIDDEN TESTS
    check_gradient(linear, linear_weight_gradient, x.reshape(2, 1, 5, 3), weight, argnum=1, hint=hint)
    ### END HIDDEN TESTS


test_linear_weight_gradient_of_stacks()

# %% [markdown]
r"""
The bias is added to every sample with the factor 1: its gradient is $\sum_n g_{nc}$. Where broadcasting
repeats a number on the way there, the gradient adds up on the way back.

A sum over rows is also a product with a row of ones, `(N,) @ (N, C) -> (C,)`. Matrix products are the
best-tuned code on your machine, so for most sizes this is the quicker way to write it.
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
        x, weight, bias: the inputs, of shapes (..., D), (D, C) and (C,).

    Returns:
        An array of the shape of the bias.
    """
    ### BEGIN SOLUTION
    rows = grad.reshape(-1, bias.size)
    return (np.ones(len(rows), rows.dtype) @ rows).reshape(bias.shape)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_linear_bias_gradient", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_linear_bias_gradient():
    """The rule agrees with the slope that is measured, whatever axes are in front."""
    rng = np.random.default_rng(6)
    x, weight, bias = rng.normal(size=(3, 2)), rng.normal(size=(2, 3)), rng.normal(size=3)
    suspects = {
        "If you return grad as it is, there is a row for each sample, and one bias for all: sum.":
            lambda grad, output, x, weight, bias: grad,
        "If you took the mean, the bias is added to each sample whole: sum.":
            lambda grad, output, x, weight, bias: grad.mean(axis=0),
        "If you summed over the units, it is the samples that share a bias.":
            lambda grad, output, x, weight, bias: grad.sum(axis=1),
        "If you summed over everything, each unit has a bias of its own.":
            lambda grad, output, x, weight, bias: grad.sum(),
        "If you kept the summed axis, the bias has none: leave keepdims out.":
            lambda grad, output, x, weight, bias: grad.sum(axis=0, keepdims=True),
        "If you counted the samples, the incoming gradient is lost.":
            lambda grad, output, x, weight, bias: np.full(bias.shape, float(len(x))),
    }
    check_gradient(linear, linear_bias_gradient, x, weight, bias, argnum=2, suspects=suspects)
    hint = "If axes in front are left over, sum over all of them."
    x = rng.normal(size=(2, 5, 2))
    check_gradient(linear, linear_bias_gradient, x, weight, bias, argnum=2, hint=hint)
    ### BEGIN HIDDEN TESTS
    check_gradient(linear, linear_bias_gradient, x[0, 0], weight, bias, argnum=2, hint="If x is one sample.")
    check_gradient(linear, linear_bias_gradient, x[:, :1], weight, bias, argnum=2, hint=hint)
    ones = np.ones((4, 2), np.float32)
    assert_close(linear_bias_gradient(ones, ones, ones, ones[:2], ones[0]), [4.0, 4.0], dtype=np.float32)
    ### END HIDDEN TESTS


test_linear_bias_gradient()

# %% [markdown]
r"""
## 3.3 A start of the right size

How large is an output of a layer whose D inputs have mean square $q$ and whose weights are drawn
independently with mean 0 and variance $v$? Variances of independent terms add up:

$$ \operatorname{Var}\Bigl(\sum_d x_d w_d\Bigr) = D\, q\, v $$

The size is kept if $v = 1/D$. On the way back the gradient is a sum over the C units, and by the same
argument its size is kept if $v = 1/C$. *Xavier* initialisation takes the mean of D and C:
$v = 2 / (D + C)$.

Numbers drawn evenly between $-a$ and $a$ have the variance $a^2/3$. So $a = \sqrt{6 / (D + C)}$.
"""

# %% nbgrader={"grade": false, "grade_id": "xavier_uniform", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    bound = math.sqrt(6 / sum(shape))
    return rng.uniform(-bound, bound, shape).astype(np.float32)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_xavier_uniform", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_xavier_uniform():
    """The spread of 60,000 weights, their largest, and how evenly they lie."""
    weights = np.array(xavier_uniform(np.random.default_rng(7), (300, 200)))
    assert_equal(weights.shape, (300, 200), "If features and units changed places, keep the shape given.")
    suspects = {
        "If you left out the units, D and C both count.": math.sqrt(2 / 300),
        "If you left out the root, that is a variance and not a bound.": 6 / 500 / math.sqrt(3),
        "If you took the standard deviation as the bound, a is sqrt(3) times as large.":
            math.sqrt(2 / 500 / 3),
        "If you draw from 0 upwards, half of the range is missing.": math.sqrt(6 / 500 / 12),
        "If you multiplied D by C, they are added.": math.sqrt(2 / 60000),
    }
    assert_close(weights.std(), math.sqrt(2 / 500), suspects=suspects, rtol=0.02, name="their spread")
    hint = "If some weights are far outside of (-a, a), you drew from a normal distribution."
    assert_close(np.abs(weights).max(), math.sqrt(6 / 500), hint, rtol=0.01, name="the largest weight")
    ### BEGIN HIDDEN TESTS
    inside = (np.abs(weights) < math.sqrt(6 / 500) / 2).mean()
    assert_close(inside, 0.5, "If the middle is crowded, the draw is not even.", rtol=0.03)
    wide = np.array(xavier_uniform(np.random.default_rng(8), (20, 3000)))
    assert_close(wide.std(), math.sqrt(2 / 3020), "If you used one of D and C alone, both count.", rtol=0.02)
    assert_close(wide.mean() / wide.std() + 1, 1.0, "If the mean is not 0, all outputs shift.", rtol=0.03)
    ### END HIDDEN TESTS


test_xavier_uniform()

# %% nbgrader={"grade": true, "grade_id": "test_xavier_uniform_draws_from_its_generator", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_xavier_uniform_draws_from_its_generator():
    """The same seed gives the same float32 weights, the next draw others."""
    rng, again = np.random.default_rng(9), np.random.default_rng(9)
    first, second = np.array(xavier_uniform(rng, (2, 3))), np.array(xavier_uniform(rng, (2, 3)))
    hint = "If you use np.random and not rng, no seed repeats your run."
    assert_close(np.array(xavier_uniform(again, (2, 3))), first, hint, name="weights of the same seed")
    hint = "If you make a Generator in the function, all layers start with the same weights."
    assert_equal(np.array_equal(first, second), False, hint, name="whether two draws are equal")
    hint = "If you leave the draw as it is, it is float64, and so is all that it touches."
    assert_close(first, first, hint, dtype=np.float32, name="the weights")
    ### BEGIN HIDDEN TESTS
    other = np.array(xavier_uniform(np.random.default_rng(10), (2, 3)))
    assert_equal(np.array_equal(first, other), False, "If another seed changes nothing, rng is not used.")
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
        rng: all randomness comes from this Generator.
        shape: (D, C), features and units.

    Returns:
        A float32 array of that shape.

    Source: He, Zhang, Ren and Sun, 2015.

    Hint: a NumPy float64 number widens a float32 array, a Python number does not.
    """
    ### BEGIN SOLUTION
    return rng.standard_normal(shape, np.float32) * math.sqrt(2 / shape[0])
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_he_normal", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_he_normal():
    """The spread of 60,000 weights, and how many lie within one standard deviation."""
    weights = np.array(he_normal(np.random.default_rng(11), (300, 200)))
    assert_equal(weights.shape, (300, 200), "If features and units changed places, keep the shape given.")
    suspects = {
        "If you divided by the units, it is the features that are summed over.": math.sqrt(2 / 200),
        "If you took 1 / D, the half that relu takes away is not made up for.": math.sqrt(1 / 300),
        "If you left out the root, that is a variance and not a standard deviation.": 2 / 300,
        "If you took the mean of D and C, that is Xavier's variance.": math.sqrt(2 / 500),
        "If all weights are positive, you lost half of them.": math.sqrt(2 / 300 * (1 - 2 / math.pi)),
    }
    spread = math.sqrt(2 / 300)
    assert_close(weights.std(), spread, suspects=suspects, rtol=0.02, name="their spread")
    hint = "If the weights lie evenly or in two heaps, they are not normally distributed."
    assert_close((np.abs(weights) < spread).mean(), 0.6827, hint, rtol=0.03, name="share within one deviation")
    ### BEGIN HIDDEN TESTS
    wide = np.array(he_normal(np.random.default_rng(12), (20, 3000)))
    assert_close(wide.std(), math.sqrt(2 / 20), "If you divided by the units, take D.", rtol=0.02)
    assert_close(wide.mean() / wide.std() + 1, 1.0, "If the mean is not 0, all outputs shift.", rtol=0.03)
    ### END HIDDEN TESTS


test_he_normal()

# %% nbgrader={"grade": true, "grade_id": "test_he_normal_draws_from_its_generator", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_he_normal_draws_from_its_generator():
    """The same seed gives the same float32 weights, the next draw others."""
    rng, again = np.random.default_rng(13), np.random.default_rng(13)
    first, second = np.array(he_normal(rng, (2, 3))), np.array(he_normal(rng, (2, 3)))
    hint = "If you use np.random and not rng, no seed repeats your run."
    assert_close(np.array(he_normal(again, (2, 3))), first, hint, name="weights of the same seed")
    hint = "If you make a Generator in the function, all layers start with the same weights."
    assert_equal(np.array_equal(first, second), False, hint, name="whether two draws are equal")
    hint = "If you multiply by np.sqrt(...), its float64 widens the weights: use math.sqrt."
    assert_close(first, first, hint, dtype=np.float32, name="the weights")
    ### BEGIN HIDDEN TESTS
    other = np.array(he_normal(np.random.default_rng(14), (2, 3)))
    assert_equal(np.array_equal(first, other), False, "If another seed changes nothing, rng is not used.")
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
$\sqrt{2}$ in each, as it knows nothing of relu; between tanh layers it is the better choice.

## 3.4 The layer

The class `Linear` is given: it puts your pieces together. Its weight and bias are Tensors that require a
gradient, and it refuses an input with another number of features, in words that say what to do. The tuple
`*self.parameters()` leaves the bias out where there is none.
"""

# %%
#| export
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

A network is a layer made of layers. `Sequential` passes what one returns to the next. As it names its
`children`, the base class finds their parameters and switches their mode, however deep they are nested.
"""

# %% nbgrader={"grade": false, "grade_id": "sequential", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
        ### BEGIN SOLUTION
        return list(self.layers)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """The output of the last layer; x itself if there are none."""
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
def test_sequential():
    """Every layer is called, each with what the one before it returned."""
    def times(factor):
        return lambda rng, shape: np.full(shape, factor, np.float32)

    first, second = Linear(1, 1, None, times(2.0)), Linear(1, 1, None, times(10.0))
    first.bias.data[:] = 1.0  # first: 2 x + 1; second: 10 x
    x, expected = Tensor([[3.0], [-4.0]]), [[70.0], [0.0]]
    suspects = {
        "If the last layer is called first, the order is turned round.": [[61.0], [1.0]],
        "If every layer gets the first input, only the last one counts.": [[30.0], [-40.0]],
        "If you return inside the loop, only the first layer is called.": [[7.0], [-7.0]],
        "If you return x as it came, no layer's result was kept.": [[3.0], [-4.0]],
        "If the last layer is left out, the loop ends too early.": [[7.0], [0.0]],
    }
    result = Sequential(first, ReLU(), second)(x)
    assert_close(result, expected, suspects=suspects, name="10 * relu(2 * x + 1)")
    hint = "If you unwrap the tensors on the way, the record of how they were made has a gap."
    assert_equal(result.requires_grad, True, hint, name="requires_grad of the result")
    asked = Tensor([[3.0]], requires_grad=True)
    assert_equal(Sequential(ReLU(), ReLU())(asked).requires_grad, True, hint, name="requires_grad")
    ### BEGIN HIDDEN TESTS
    nested = Sequential(Sequential(first, ReLU()), second)
    assert_close(nested(x), expected, suspects=suspects, name="the same, nested")
    assert_close(Sequential()(x), [[3.0], [-4.0]], "If there is no layer, x comes back.")
    ### END HIDDEN TESTS


test_sequential()

# %% nbgrader={"grade": true, "grade_id": "test_sequential_parameters", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_sequential_parameters():
    """The parameters of all children, in order, each once."""
    rng = np.random.default_rng(15)
    network = Sequential(Linear(2, 3, rng), ReLU(), Linear(3, 4, rng, bias=False))
    hint = "If children are missing, their parameters are never found, and never learned."
    assert_equal(len(network.children()), 3, hint, name="the number of children")
    shapes = [tuple(parameter.shape) for parameter in network.parameters()]
    hint = "If the order is turned round, the layers are listed from the end."
    assert_equal(shapes, [(2, 3), (3,), (3, 4)], hint, name="shapes of the parameters")
    ### BEGIN HIDDEN TESTS
    nested = Sequential(network, Sequential(Linear(4, 1, rng)))
    shapes = [tuple(parameter.shape) for parameter in nested.parameters()]
    assert_equal(shapes, [(2, 3), (3,), (3, 4), (4, 1), (1,)], hint, name="shapes, nested")
    shared = Linear(2, 2, rng)
    assert_equal(len(Sequential(shared, shared).parameters()), 2, "If a layer comes twice, it counts once.")
    ### END HIDDEN TESTS


test_sequential_parameters()

# %% nbgrader={"grade": true, "grade_id": "test_sequential_modes", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_sequential_modes():
    """Switching a network's mode switches its layers."""
    inner = ReLU()
    network = Sequential(Sequential(inner), ReLU())
    network.eval()
    hint = "If children are missing, they stay in training mode when the network is used."
    assert_equal((network.training, inner.training), (False, False), hint, name="training after eval()")
    ### BEGIN HIDDEN TESTS
    network.train()
    assert_equal((network[1].training, inner.training), (True, True), hint, name="training after train()")
    ### END HIDDEN TESTS


test_sequential_modes()

# %% [markdown]
r"""
A linear layer sums over the last axis alone, while an image has rows and columns. `Flatten` writes the rows
of each sample one behind the other: `(N, 8, 8) -> (N, 64)`. The samples stay apart.
"""

# %% nbgrader={"grade": false, "grade_id": "flatten", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Flatten(Layer):
    """All axes of a sample become one; axis 0, the samples, stays.

    Example:
        >>> Flatten()(np.zeros((5, 8, 8, 3))).shape
        (5, 192)
    """

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        return reshape(x, x.shape[0], math.prod(x.shape[1:]))
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_flatten", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_flatten():
    """(2, 3, 4) becomes (2, 12), with the elements in their order."""
    x = Tensor(np.arange(24.0).reshape(2, 3, 4), requires_grad=True)
    suspects = {
        "If all axes became one, the samples are no longer apart.": np.arange(24.0),
        "If you kept the last axis, it is the first that has to stay.": np.arange(24.0).reshape(6, 4),
        "If columns come first, you changed the order of the elements.":
            np.arange(24.0).reshape(2, 3, 4).transpose(0, 2, 1).reshape(2, 12),
        "If the samples ended up last, the first axis has to stay first.": np.arange(24.0).reshape(12, 2),
    }
    expected = np.array([np.arange(12.0), np.arange(12.0, 24.0)])
    result = Flatten()(x)
    assert_close(result, expected, suspects=suspects, name="Flatten of (2, 3, 4)")
    hint = "If you reshape x.data, you go round the door, and nothing is recorded."
    assert_equal(result.requires_grad, True, hint, name="requires_grad of the result")
    hint = "If you multiplied two lengths, think of any number of axes."
    assert_equal(Flatten()(np.zeros((5, 4, 3, 2))).shape, (5, 24), hint, name="shape for (5, 4, 3, 2)")
    hint = "If a batch of one loses its axis, the next layer takes its features for samples."
    assert_equal(Flatten()(np.zeros((1, 4, 2))).shape, (1, 8), hint, name="shape for (1, 4, 2)")
    ### BEGIN HIDDEN TESTS
    assert_close(Flatten()(np.float32([[1, 2, 3]])), [[1.0, 2.0, 3.0]], hint, dtype=np.float32)
    assert_equal(Flatten()(np.zeros((3, 1, 2, 1, 2))).shape, (3, 4), name="shape for (3, 1, 2, 1, 2)")
    ### END HIDDEN TESTS


test_flatten()

# %% [markdown]
r"""
## 3.6 Dropout

A network may come to rely on a single unit. *Dropout* sets each number to 0 with probability p while the
network is trained, anew in each call, so that none can be relied on. What remains is multiplied by
$1 / (1 - p)$, which keeps the mean: $(1 - p) \cdot \frac{x}{1 - p} + p \cdot 0 = x$.

When the network is used, nothing is dropped and nothing scaled. Which of the two holds, `self.training` says.
"""

# %% nbgrader={"grade": false, "grade_id": "dropout", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
        ### BEGIN SOLUTION
        if not self.training:
            return x
        mask = (self.rng.random(x.shape, np.float32) >= self.p).astype(x.dtype)
        mask /= 1 - self.p
        return x * mask
        ### END SOLUTION

    def __repr__(self) -> str:
        return f"Dropout({self.p})"

# %% nbgrader={"grade": true, "grade_id": "test_dropout_in_training", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_dropout_in_training():
    """A quarter becomes 0, the rest is divided by three quarters, each number on its own."""
    x = np.full((200, 50), 3.0, np.float32)
    result = assert_unchanged(lambda x: Dropout(0.25, np.random.default_rng(16))(x), x)
    got = np.array(result.data)
    suspects = {
        "If you left the numbers as they are, their mean shrinks: divide by 1 - p.": 3.0,
        "If you divided by p, it is the share that stays that counts.": 12.0,
        "If you multiplied by 1 - p, that makes up for nothing: divide.": 2.25,
    }
    assert_close(got.max(), 4.0, suspects=suspects, name="the largest number")
    hint = "If three quarters are gone, p is the probability to drop, not to keep."
    assert_close((got == 0).mean(), 0.25, hint, rtol=0.08, name="the share of zeros")
    hint = "If whole columns or rows are gone, draw a number for each element of x."
    assert_equal(bool((got == 0).all(axis=0).any() or (got == 0).all(axis=1).any()), False, hint)
    assert_close(got, np.where(got == 0, 0.0, 4.0), "If there is a third value, a mask has two.",
                 dtype=np.float32, name="the numbers, as float32")
    ### BEGIN HIDDEN TESTS
    half = Dropout(0.5, np.random.default_rng(17))(Tensor(-np.ones((100, 100)))).data
    assert_close((half == 0).mean(), 0.5, rtol=0.06, name="the share of zeros at p = 0.5")
    assert_close(half, np.where(half == 0, 0.0, -2.0), dtype=np.float64, name="numbers at p = 0.5")
    assert_close(Dropout(0.0, np.random.default_rng(18))(x), x, "If p is 0, everything stays.")
    ### END HIDDEN TESTS


test_dropout_in_training()

# %% nbgrader={"grade": true, "grade_id": "test_dropout_in_evaluation", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_dropout_in_evaluation():
    """Nothing is dropped, nothing is scaled."""
    x = Tensor([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])
    layer = Dropout(0.5, np.random.default_rng(19))
    layer.eval()
    suspects = {
        "If you scale here by 1 - p, that was made up for in training.": x.data / 2,
        "If you scale here by 1 / (1 - p), nothing was dropped that it would make up for.": x.data * 2,
    }
    hint = "If numbers are dropped here, ask self.training first."
    assert_close(layer(x), x, hint, suspects=suspects, name="the output in evaluation")
    ### BEGIN HIDDEN TESTS
    asked = Tensor([1.0], requires_grad=True)
    assert_equal(layer(asked).requires_grad, True, "If you make a new Tensor, it forgets how it was made.")
    layer.train()
    zeros = (layer(np.ones((50, 50), np.float32)).data == 0).mean()
    assert_close(zeros, 0.5, "If training never returns, do not switch in forward.", rtol=0.1)
    ### END HIDDEN TESTS


test_dropout_in_evaluation()

# %% nbgrader={"grade": true, "grade_id": "test_dropout_draws_from_its_generator", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_dropout_draws_from_its_generator():
    """The same seed drops the same, the next call others, and the door records it."""
    x = Tensor(np.ones((4, 25), np.float32), requires_grad=True)
    layer, again = Dropout(0.5, np.random.default_rng(20)), Dropout(0.5, np.random.default_rng(20))
    first, second = layer(x), layer(x)
    hint = "If you use np.random and not self.rng, no seed repeats your run."
    assert_close(again(x), first, hint, name="what the same seed drops")
    hint = "If every call drops the same, draw a new mask in each and use self.rng as it comes."
    assert_equal(np.array_equal(first.data, second.data), False, hint, name="whether two calls are equal")
    hint = "If you multiply x.data, you go round the door, and nothing is recorded."
    assert_equal(first.requires_grad, True, hint, name="requires_grad of the result")
    ### BEGIN HIDDEN TESTS
    assert_close(again(x), second, hint, name="the second call of the same seed")
    assert_equal(first.origin is None, False, hint, name="whether no origin was recorded")
    ### END HIDDEN TESTS


test_dropout_draws_from_its_generator()

# %% [markdown]
r"""
Look at three masks over the same image, and at the mean of a thousand.
"""

# %%
from sklearn.datasets import load_digits

image = Tensor(load_digits().images[:1].astype(np.float32))  # (1, 8, 8)
drop = Dropout(0.5, np.random.default_rng(0))
pictures = [image, drop(image), drop(image), drop(image)]
pictures.append(np.mean([drop(image).data for _ in range(1000)], axis=0))
figure, axes = figures.subplots(1, 5, height=1.8)
for axis, picture, title in zip(
    axes, pictures, ("the image", "one call", "another", "a third", "mean of 1000"), strict=True
):
    axis.imshow(np.array(picture)[0], cmap="Greys", vmin=0, vmax=32)
    axis.set(title=title, xticks=[], yticks=[])
figure.suptitle("Each call drops another half and doubles the rest; the mean stays", fontsize="medium")
figures.show(figure, alt="A digit, three times with half its pixels missing, and their mean, the digit again.")

# %% [markdown]
r"""
## 3.7 How many numbers?

The size of a network is told by how many numbers it has to learn.
"""

# %% nbgrader={"grade": false, "grade_id": "count_parameters", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def count_parameters(layer: Layer) -> int:
    """The number of numbers that a layer, or a network, has to learn.

    Args:
        layer: any layer.

    Example:
        >>> count_parameters(Linear(2, 3, np.random.default_rng(0)))
        9
    """
    ### BEGIN SOLUTION
    return sum(parameter.size for parameter in layer.parameters())
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_count_parameters", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
def test_count_parameters():
    """Weights and biases of a layer, of a network, and of one inside another."""
    rng = np.random.default_rng(21)
    network = Sequential(Linear(4, 5, rng), ReLU(), Linear(5, 3, rng, bias=False))
    hints = {
        2: "If you counted tensors, each holds many numbers.",
        3: "If you counted tensors, each holds many numbers.",
        20: "If you left the biases out, they are learned as well.",
        35: "If you left the biases out, they are learned as well.",
        100: "If you counted bytes, a float32 has four.",
        9: "If you took the first length of each, multiply all lengths.",
        14: "If you took the first length of each, multiply all lengths.",
        0: "If you looked at children only, a layer has parameters of its own.",
    }
    for layer, expected in ((network[0], 25), (network, 40)):
        got = count_parameters(layer)
        hint = hints.get(int(got), "If the number is something else, add up the sizes of parameters().")
        assert_equal(int(got), expected, hint, name=f"the count for {layer}")
    ### BEGIN HIDDEN TESTS
    hint = "If you looked one level deep, networks may hold networks."
    nested = Sequential(Sequential(Sequential(Linear(2, 1, rng))), Flatten())
    assert_equal(int(count_parameters(nested)), 3, hint, name="the count of a nested network")
    hint = "If a shared layer counts twice, its numbers are still learned once."
    assert_equal(int(count_parameters(Sequential(network, network))), 40, hint)
    assert_equal(int(count_parameters(ReLU())), 0, "If there is nothing to learn, the count is 0.")
    ### END HIDDEN TESTS


test_count_parameters()

# %% [markdown]
r"""
## 3.8 A published result

The book *Neural Networks from Scratch* (nnfs) sends 300 points on three spiral arms through a network of 2
inputs, 3 hidden units and 3 classes, and prints what comes out. Its numbers are drawn by NumPy's old global
generator from seed 0: first the points, then 0.01 times normal numbers for both weights, all in `float32`.
`Linear` takes any function as its start, so your network can be given the same.

A loss measures how bad the answers are: the mean of $-\log p$ of the right class. Before you run it, what
should it be for a network that gives each of three classes about one third?
"""

# %%
from nnfs.datasets import spiral_data


def as_in_the_book(rng, shape):
    return (0.01 * np.random.randn(*shape)).astype(np.float32)  # noqa: NPY002


np.random.seed(0)  # noqa: NPY002
points, classes = spiral_data(samples=100, classes=3)
points = points.astype(np.float32)
network = Sequential(Linear(2, 3, None, as_in_the_book), ReLU(), Linear(3, 3, None, as_in_the_book))
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

The next cell builds a network 784-128-10 for images of handwritten digits and times the first linear layer
alone, and the whole network, on a batch of 64. Count, measure, and explain:

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
## 3.10 Summary

A linear layer is one matrix product and a bias; its three gradients are products and sums in which the
shapes leave no choice. Weights start at random, with a variance that keeps the size of the numbers from layer
to layer, for zero teaches nothing and too much saturates. Layers in a `Sequential` make a network whose
parameters and mode are found through its children, and yours repeats a published forward pass to the last
digit.
"""
