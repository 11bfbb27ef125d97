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
#| public Dropout Flatten Linear Sequential count_parameters he_normal linear xavier_uniform

# %%
from tinytorch import testing as tt

tt.begin("layers")

# %%
#| export
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinytorch.core.activations import Layer
from tinytorch.core.tensor import Tensor, apply, gradient_of, operation, reshape

# %% jupyter={"source_hidden": true}
# What this lesson measures, draws and tests with
import functools
import itertools
import timeit

from tinytorch import figures
from tinytorch.core.activations import ReLU, Softmax, Tanh, relu, softmax, tanh
from tinytorch.core.tensor import GRADIENTS
from tinytorch.testing.oracles import layers as oracles

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
    sizes = (4, 3, 2), (2, 4, 5), (3, 3, 3), (5, 1, 2), (3, 2, 1), (1, 2, 4)  # N, D, C
    tt.check(linear, oracles.linear, oracles.inputs(*sizes, seed=1), memory="fresh")
    ### BEGIN HIDDEN TESTS
    sizes = (3, 5, 4), (2, 2, 2), (1, 1, 1), (2, 6, 1)
    tt.check(linear, oracles.linear, oracles.inputs(*sizes, seed=5, start=1), memory="fresh")
    ### END HIDDEN TESTS


test_linear()

# %% nbgrader={"grade": true, "grade_id": "test_linear_of_any_leading_axes", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_of_any_leading_axes():
    """One sample or a stack of batches, with a bias or without: it works on the last axis."""
    shapes = (3, 3), (2, 5, 3, 3), (2, 1, 3, 3, 3), (3, 1), (2, 4), (4, 3, 3), (3, 4, 2, 4)
    tt.check(linear, oracles.linear, oracles.inputs(*shapes, seed=1, optional=True))  # (..., D, C)
    ### BEGIN HIDDEN TESTS
    shapes = (4, 2), (3, 2, 4, 2), (1, 3, 3, 3), (2, 1, 1, 2, 1, 3, 3), (1, 1, 1)
    tt.check(linear, oracles.linear, oracles.inputs(*shapes, seed=6, optional=True))
    ### END HIDDEN TESTS


test_linear_of_any_leading_axes()

# %% nbgrader={"grade": true, "grade_id": "test_linear_of_any_numbers", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_of_any_numbers():
    """A new array each time: for empty batches, weights that change nothing, 0, nan, any size."""
    empty = oracles.inputs((0, 3, 4), (2, 0, 3, 4), (0, 3, 3), (0, 2, 1), optional=True)
    calls = itertools.chain(empty, oracles.extremes(3, np.float64, seed=1))
    tt.check(linear, oracles.linear, calls, memory="fresh")
    ### BEGIN HIDDEN TESTS
    empty = oracles.inputs((0, 5, 2), (0, 2, 5, 2), start=1, optional=True)
    calls = itertools.chain(empty, oracles.extremes(4, np.float32, 5, step=3))
    tt.check(linear, oracles.linear, calls, memory="fresh")
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
    ### BEGIN SOLUTION
    return (grad @ weight.T).astype(x.dtype, copy=False)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_linear_gradient", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_gradient():
    """The rule agrees with the slope that is measured, for any lengths, with a bias and without."""
    batches = oracles.inputs((3, 2, 3), (3, 2, 2), (2, 2, 2), (1, 2, 3), seed=1, optional=True)
    tt.check_gradient(oracles.linear, linear_gradient, batches)
    ### BEGIN HIDDEN TESTS
    tt.check_gradient(oracles.linear, linear_gradient, oracles.inputs((2, 3, 2), seed=2))
    ### END HIDDEN TESTS


test_linear_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_linear_gradient_is_a_new_array_like_x", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_gradient_is_a_new_array_like_x():
    """For one sample, stacks, empty batches, any dtypes and order in memory, 0, nan, any size."""
    calls = oracles.rule_mixtures(*oracles.SHAPES, seed=1, of=0)
    tt.check(linear_gradient, oracles.linear_gradient, calls, memory="fresh", rtol=1e-5)
    ### BEGIN HIDDEN TESTS
    calls = oracles.rule_mixtures(*oracles.OTHER_SHAPES, seed=5, of=0, step=3)
    tt.check(linear_gradient, oracles.linear_gradient, calls, memory="fresh", rtol=1e-5)
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
    ### BEGIN SOLUTION
    features, units = weight.shape
    slopes = x.reshape(-1, features).T @ grad.reshape(-1, units)
    return slopes.astype(weight.dtype, copy=False)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_linear_weight_gradient", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_weight_gradient():
    """The rule agrees with the slope that is measured, for any lengths, with a bias and without."""
    batches = oracles.inputs((3, 2, 3), (3, 2, 2), (2, 2, 2), (1, 2, 3), seed=1, optional=True)
    tt.check_gradient(oracles.linear, linear_weight_gradient, batches, argnum=1)
    ### BEGIN HIDDEN TESTS
    batches = oracles.inputs((2, 3, 2), seed=2)
    tt.check_gradient(oracles.linear, linear_weight_gradient, batches, argnum=1)
    ### END HIDDEN TESTS


test_linear_weight_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_linear_weight_gradient_of_any_leading_axes", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_weight_gradient_of_any_leading_axes():
    """All axes in front are summed over, and one sample has none: the weight gives the shape."""
    rule, meant = linear_weight_gradient, oracles.linear_weight_gradient
    shapes = (2, 3, 3, 2), (3, 2), (2, 1, 2, 2, 1), (2, 2), (2, 2, 2, 2)  # (..., D, C)
    tt.check(rule, meant, oracles.rule_inputs(*shapes, seed=1))
    ### BEGIN HIDDEN TESTS
    tt.check(rule, meant, oracles.rule_inputs((3, 2, 2, 3), (2, 3), (2, 1, 2, 2, 2, 3), seed=3))
    ### END HIDDEN TESTS


test_linear_weight_gradient_of_any_leading_axes()

# %% nbgrader={"grade": true, "grade_id": "test_linear_weight_gradient_is_a_new_array_like_the_weight", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_weight_gradient_is_a_new_array_like_the_weight():
    """Whatever the dtypes and the order in memory, for empty batches, 0, nan, tiny and huge."""
    rule, meant = linear_weight_gradient, oracles.linear_weight_gradient
    calls = oracles.rule_mixtures(*oracles.SHAPES, seed=1, of=1)
    tt.check(rule, meant, calls, memory="fresh", rtol=1e-5)
    ### BEGIN HIDDEN TESTS
    calls = oracles.rule_mixtures(*oracles.OTHER_SHAPES, seed=5, of=1, step=3)
    tt.check(rule, meant, calls, memory="fresh", rtol=1e-5)
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
    ### BEGIN SOLUTION
    rows = grad.reshape(-1, bias.size)
    slopes = np.ones(len(rows), rows.dtype) @ rows
    return slopes.astype(bias.dtype, copy=False).reshape(bias.shape)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_linear_bias_gradient", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_bias_gradient():
    """The rule agrees with the slope that is measured, for any lengths, at 0 as elsewhere."""
    batches = oracles.inputs((3, 2, 4), (4, 2, 2), (2, 3, 1), (1, 2, 3), seed=1)
    tt.check_gradient(oracles.linear, linear_bias_gradient, batches, argnum=2)
    shape = lambda *of: np.shape(linear_bias_gradient(*of))
    of = [tt.numbers(each) for each in ((3, 4), (3, 4), (3, 2), (2, 4), (4,))]
    tt.check(shape, lambda *of: (4,), [of], name="the shape of linear_bias_gradient", once=True)
    ### BEGIN HIDDEN TESTS
    batches = oracles.inputs((2, 3, 2), (3, 1, 3), seed=2)
    tt.check_gradient(oracles.linear, linear_bias_gradient, batches, argnum=2)
    ### END HIDDEN TESTS


test_linear_bias_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_linear_bias_gradient_is_a_new_array_like_the_bias", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_linear_bias_gradient_is_a_new_array_like_the_bias():
    """For one sample, stacks, empty batches, any dtypes and order in memory, 0, nan, any size."""
    rule, meant = linear_bias_gradient, oracles.linear_bias_gradient
    calls = oracles.rule_mixtures(*oracles.SHAPES, seed=1, of=2, optional=False)
    tt.check(rule, meant, calls, memory="fresh", rtol=1e-5)
    ### BEGIN HIDDEN TESTS
    calls = oracles.rule_mixtures(*oracles.OTHER_SHAPES, seed=5, of=2, step=3, optional=False)
    tt.check(rule, meant, calls, memory="fresh", rtol=1e-5)
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
    ### BEGIN SOLUTION
    bound = math.sqrt(6 / sum(shape))
    return rng.uniform(-bound, bound, shape).astype(np.float32)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_xavier_uniform", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_xavier_uniform():
    """Weights lie evenly around 0 with variance 2 / (D + C); none says anything of another."""
    def found(d, c, draws):
        return oracles.uniform(oracles.drawn(xavier_uniform, d, c, draws), variance=2 / (d + c))

    sizes = (13, 12, 150), (1, 2, 150), (40, 30, 6), (1, 3000, 1), (3000, 1, 1)  # D, C, draws
    tt.check(found, lambda *_: oracles.UNIFORM, oracles.sized(*sizes), once=True)
    ### BEGIN HIDDEN TESTS
    calls = oracles.sized((3, 2, 150))
    tt.check(found, lambda *_: oracles.UNIFORM, calls, once=True)
    ### END HIDDEN TESTS


test_xavier_uniform()

# %% nbgrader={"grade": true, "grade_id": "test_xavier_uniform_draws_from_its_generator", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_xavier_uniform_draws_from_its_generator():
    """A new float32 array each time; all randomness comes from the Generator: a seed repeats it."""
    rng, start = np.random.default_rng(0), xavier_uniform
    different = lambda _, *runs: oracles.different(lambda rng: lambda: start(rng, (2, 3)), *runs)
    zeroed = lambda *shape: oracles.zeroed(start(rng, shape))
    zeros = lambda *shape: np.zeros(shape, np.float32)
    tt.check(different, lambda count, *_: count, oracles.runs(1, 2), once=True)
    tt.check(zeroed, zeros, [(2, 3), (5, 1), (1, 4), (1, 1)], name="0 times it", returns="array")
    alone = lambda: oracles.leaves_global_alone(lambda: start(rng, (2, 3)))
    tt.expect(alone, True, "whether np.random has been left alone")
    ### BEGIN HIDDEN TESTS
    tt.check(different, lambda count, *_: count, oracles.runs(4, 5)[::2], once=True)
    tt.check(zeroed, zeros, [(3, 2), (1, 2)], name="0 times it", returns="array")
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
    ### BEGIN SOLUTION
    return rng.standard_normal(shape, np.float32) * math.sqrt(2 / shape[0])
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_he_normal", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_he_normal():
    """Weights are normal around 0 with the variance 2 / D; none says anything of another."""
    def found(d, c, draws):
        return oracles.normal(oracles.drawn(he_normal, d, c, draws, seed=11), variance=2 / d)

    sizes = (13, 12, 150), (1, 2, 150), (40, 30, 6), (1, 3000, 1), (3000, 1, 1)  # D, C, draws
    tt.check(found, lambda *_: oracles.NORMAL, oracles.sized(*sizes), once=True)
    tails = lambda *size: oracles.tails(he_normal, *size)
    tt.check(tails, lambda *_: oracles.TAILS, oracles.sized((100, 150, 10)), once=True)
    ### BEGIN HIDDEN TESTS
    calls = oracles.sized((3, 2, 150))
    tt.check(found, lambda *_: oracles.NORMAL, calls, once=True)
    ### END HIDDEN TESTS


test_he_normal()

# %% nbgrader={"grade": true, "grade_id": "test_he_normal_draws_from_its_generator", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_he_normal_draws_from_its_generator():
    """A new float32 array each time; all randomness comes from the Generator: a seed repeats it."""
    rng, start = np.random.default_rng(0), he_normal
    different = lambda _, *runs: oracles.different(lambda rng: lambda: start(rng, (2, 3)), *runs)
    zeroed = lambda *shape: oracles.zeroed(start(rng, shape))
    zeros = lambda *shape: np.zeros(shape, np.float32)
    tt.check(different, lambda count, *_: count, oracles.runs(1, 2), once=True)
    tt.check(zeroed, zeros, [(2, 3), (5, 1), (1, 4), (1, 1)], name="0 times it", returns="array")
    alone = lambda: oracles.leaves_global_alone(lambda: start(rng, (2, 3)))
    tt.expect(alone, True, "whether np.random has been left alone")
    ### BEGIN HIDDEN TESTS
    tt.check(different, lambda count, *_: count, oracles.runs(4, 5)[::2], once=True)
    tt.check(zeroed, zeros, [(3, 2), (1, 2)], name="0 times it", returns="array")
    ### END HIDDEN TESTS


test_he_normal_draws_from_its_generator()

# %% [markdown]
r"""
Send numbers of size 1 through ten layers of 100 units with a relu after each, and look at how large they are
on the way. Which of the four lines stays level?
"""

# %% jupyter={"source_hidden": true}
# Ten relu layers for each of four starts, and the figure
starts = {
    "normal, 0.2": lambda rng, shape: rng.normal(0, 0.2, shape),
    "He": he_normal,
    "Xavier": xavier_uniform,
    "normal, 0.01": lambda rng, shape: rng.normal(0, 0.01, shape),
}
figure, axis = figures.subplots(height=3.0)
for (name, initialise), marker in zip(starts.items(), "^os*", strict=True):
    rng = np.random.default_rng(0)
    values, sizes = rng.normal(size=(50, 100)), [1.0]
    for _ in range(10):
        values = relu(linear(values, initialise(rng, (100, 100))))
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
gradient. A start is a name, or a function of your own.
"""

# %% jupyter={"source_hidden": true}
#| export
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

# %% nbgrader={"grade": true, "grade_id": "test_sequential", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_sequential():
    """Each layer gets what the one before it returned, and the record leads back through all."""
    networks = oracles.networks(Sequential, Tanh, ReLU, Softmax)
    x, y, number = tt.numbers((2, 3)), tt.numbers((3, 1, 2), np.float32), np.array(-0.5)
    calls = oracles.network_calls(networks, x, y, np.zeros((0, 3)), number)
    tt.check(oracles.called, oracles.by_formula, calls[1::2], wrap=Tensor)
    tt.check(oracles.called, oracles.by_formula, calls[::2], wrap=Tensor, door=GRADIENTS)
    ### BEGIN HIDDEN TESTS
    it, bent = Sequential(Softmax(), ReLU()), Sequential(Tanh(), ReLU(), Softmax(), Tanh()).eval()
    networks = {
        "four in evaluation": (bent, lambda x: np.tanh(oracles.softmax(oracles.relu(np.tanh(x))))),
        "tanh of softmax": (Sequential(Softmax(), Tanh()), lambda x: np.tanh(oracles.softmax(x))),
        "softmax, twice": (Sequential(it, it), lambda x: oracles.softmax(oracles.softmax(x))),
    }
    inputs = tt.numbers((3, 4), np.float32, 5), np.zeros((2, 0, 2))
    calls = oracles.network_calls(networks, *inputs)
    tt.check(oracles.called, oracles.by_formula, calls[::2], wrap=Tensor, door=GRADIENTS)
    ### END HIDDEN TESTS


test_sequential()

# %% nbgrader={"grade": true, "grade_id": "test_sequential_children", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_sequential_children():
    """The children are the layers in order: so parameters are found, each once, and modes set."""
    make = oracles.linear_maker(Linear)
    network = Sequential(make(2, 3), ReLU(), make(4, 5, bias=False), Tanh())
    calls = oracles.named(oracles.nested(Sequential, network, ReLU()))
    tt.check(oracles.found_in, oracles.stated, calls)
    found, meant = oracles.after_changes(network, Tensor)
    tt.expect(found, meant, "a network of four whose third layer has changed")
    modes = functools.partial(oracles.modes, Sequential, Tanh, ReLU)
    switches = (), (False,), (False, True), (True, False)
    tt.check(modes, oracles.meant_modes, switches, once=True, name="modes after train")
    ### BEGIN HIDDEN TESTS
    network = Sequential(make(1, 2, bias=False), Softmax(), make(3, 1), ReLU())
    calls = oracles.named(oracles.nested(Sequential, network, Softmax()))[::2]
    tt.check(oracles.found_in, oracles.stated, calls)
    switches = (True,), (False, True, False)
    tt.check(modes, oracles.meant_modes, switches, once=True, name="modes after train")
    ### END HIDDEN TESTS


test_sequential_children()

# %% nbgrader={"grade": true, "grade_id": "test_sequential_keeps_nothing", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_sequential_keeps_nothing():
    """A call goes by layers, numbers and modes of its moment; without layers it gives x itself."""
    learns = oracles.learning(Sequential, Softmax, Layer, Tensor)
    run, changes = oracles.second_call(learns, Tensor), oracles.changes(Tensor)
    calls = oracles.change_calls(changes, tt.numbers((2, 3)))
    tt.check(run, oracles.by_formula, calls, wrap=Tensor, once=True)
    empty = Sequential(), Sequential().eval(), Sequential(Sequential())
    calls = itertools.product((tt.numbers((2, 3)), np.array(2.0), np.zeros((0, 3))), empty)
    tt.check(oracles.marked, oracles.itself, calls, wrap=Tensor, name="x and the output of x")
    found = lambda: [learns()(np.ones(1)).requires_grad, *(len(one.children()) for one in empty)]
    tt.expect(found, [True, 0, 0, 1], "whether one that learns is recorded, and how many children")
    ### BEGIN HIDDEN TESTS
    calls = oracles.change_calls(changes, tt.numbers((3, 2), seed=5))[1:5]
    tt.check(run, oracles.by_formula, calls, wrap=Tensor, once=True)
    deep = Sequential(Sequential(), Sequential(Sequential())).eval()
    calls = (tt.numbers((3, 1), np.float32), deep), (np.zeros((0,)), deep)
    tt.check(oracles.marked, oracles.itself, calls, wrap=Tensor, name="x and the output of x")
    between = Sequential(Sequential(), Tanh(), Sequential())
    tt.check(between, np.tanh, [(tt.numbers((2, 3)),)], wrap=Tensor, name="tanh between empty ones")
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

        Whether the shape is an input of that call or an option is open.

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
    """Axis 0 stays; the rest becomes one axis in the order of its elements, in each mode."""
    shapes = (2, 3, 4), (5, 4), (1, 4, 2), (3, 1, 1), (2, 3, 1, 2, 2), (3, 2, 4)
    inputs = oracles.images(*shapes)
    tt.check(Flatten(), oracles.in_rows, inputs, wrap=Tensor, door={np.reshape})
    for modes in ((False,), (False, True)):
        run = functools.partial(oracles.in_modes, Flatten, modes)
        name = f"Flatten() after train{modes}"
        tt.check(run, oracles.in_rows, inputs[::4], wrap=Tensor, door={np.reshape}, name=name)
    ### BEGIN HIDDEN TESTS
    shapes = (4, 2, 3), (1, 1), (2, 1, 2, 1, 2, 1, 2), (2, 5, 3)
    inputs = oracles.images(*shapes, seed=20)
    tt.check(Flatten(), oracles.in_rows, inputs, wrap=Tensor, door={np.reshape})
    tt.check(Flatten().eval(), oracles.in_rows, inputs[::3], wrap=Tensor, door={np.reshape})
    ### END HIDDEN TESTS


test_flatten()

# %% nbgrader={"grade": true, "grade_id": "test_flatten_of_empty_batches", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_flatten_of_empty_batches():
    """Without samples the number of features stays; it may be 0; a number is one feature."""
    empty = lambda x, n, features: np.zeros((n, features), x.dtype)
    run = lambda x, n, features: Flatten()(x)
    shapes = {(0, 3, 4): (0, 12), (0, 12): (0, 12), (0,): (0, 1), (3, 0, 2): (3, 0), (3, 0): (3, 0)}
    calls = [(np.zeros(shape), *flat) for shape, flat in (shapes | {(0, 0, 4): (0, 0)}).items()]
    tt.check(run, empty, calls, wrap=Tensor, door={np.reshape}, name="flattened")
    calls = (tt.numbers((5,)),), (tt.numbers((1,)),)
    tt.check(Flatten(), oracles.in_rows, calls, wrap=Tensor, door={np.reshape})
    ### BEGIN HIDDEN TESTS
    shapes = {(0, 2, 4, 2): (0, 16), (0, 1): (0, 1), (1, 2, 0): (1, 0), (4, 1, 0, 3): (4, 0)}
    shapes |= {(0, 0): (0, 0)}
    calls = [(np.zeros(shape, np.float32), *flat) for shape, flat in shapes.items()]
    tt.check(run, empty, calls, wrap=Tensor, door={np.reshape}, name="flattened")
    calls = [(tt.numbers((3,)),)]
    tt.check(Flatten(), oracles.in_rows, calls, wrap=Tensor, door={np.reshape})
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
        ### BEGIN SOLUTION
        if not self.training:
            return x
        mask = (self.rng.random(x.shape, np.float32) >= self.p).astype(x.dtype)
        mask /= 1 - self.p
        return x * Tensor(mask)
        ### END SOLUTION

    def __repr__(self) -> str:
        return f"Dropout({self.p})"

# %% nbgrader={"grade": true, "grade_id": "test_dropout_rescales_what_stays", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_dropout_rescales_what_stays():
    """Each number becomes 0 or is divided by 1 - p; shape and dtype stay, and so does x itself."""
    kept, meant = oracles.kept(Dropout, seed=16), lambda p, x: x / (1 - p)
    calls = oracles.crossed((0.25, 0.5, 0.0, 0.9, 0, 1e-6, 0.3), oracles.droppable(seed=0))
    calls += [(0.98, tt.numbers((400,))), (0.9995, np.full(20_000, -1.5, np.float32))]
    calls += [(0.5, tt.numbers((2, 3), np.float16))]
    tt.check(kept, meant, calls, name="what dropout keeps")
    ### BEGIN HIDDEN TESTS
    calls = oracles.crossed((0.2, 0.75, 0.99, 0.0, 1e-4), oracles.droppable(seed=1)[::3])
    calls += [(0.999, np.full(9000, 2.5, np.float32))]
    tt.check(kept, meant, calls, name="what dropout keeps")
    ### END HIDDEN TESTS


test_dropout_rescales_what_stays()

# %% nbgrader={"grade": true, "grade_id": "test_dropout_drops_each_number_with_probability_p", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_dropout_drops_each_number_with_probability_p():
    """The share p becomes 0, and no number's fate says anything of another's, in any call."""
    gone = functools.partial(oracles.dropped, Dropout)
    share = lambda p, calls, *shape: oracles.share(gone(17, p, calls, shape), p)  # p if near it
    spread = lambda p, calls, *shape: oracles.spread(gone(18, p, calls, shape), p)  # of sums
    calls = [(0.25, 1, 60, 50), (0.1, 1, 4000), (0.0, 1, 40, 30), (0.333, 1, 5000, 1)]
    calls += [(0.0009, 5, 10_000), (0.997, 2, 10_000), (0.5, 40)]
    tt.check(share, lambda p, *_: float(p), calls, once=True, name="share dropped")
    even = lambda *_: dict.fromkeys(oracles.AXES, 1.0)  # as of numbers dropped on their own
    calls = (0.5, 150, 16, 10), (0.25, 2, 80, 155), (0.75, 12, 15, 5, 10)  # p, calls, shape
    tt.check(spread, even, calls, once=True, name="spread of sums of what is dropped")
    ### BEGIN HIDDEN TESTS
    calls = [(0.9, 1, 30, 10, 10), (0, 1, 30, 30), (0.005, 1, 3000, 5), (0.9956, 1, 15_000)]
    calls += [(0.5, 40, 1)]
    tt.check(share, lambda p, *_: float(p), calls, once=True, name="share dropped")
    calls = (0.4, 12, 15, 10), (0.6, 2, 80, 40, 4)
    tt.check(spread, even, calls, once=True, name="spread of sums of what is dropped")
    ### END HIDDEN TESTS


test_dropout_drops_each_number_with_probability_p()

# %% nbgrader={"grade": true, "grade_id": "test_dropout_in_evaluation", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_dropout_in_evaluation():
    """In evaluation x itself is passed on; back in training, numbers are dropped again."""
    switched = functools.partial(oracles.switched, Dropout)
    marked = lambda x, p, *modes: oracles.marked(x, switched(p, modes))
    run = lambda x, p, *modes: switched(p, modes)(x)
    share = lambda *modes: np.mean(np.array(run(np.ones((30, 40)), 0.5, *modes).data) == 0)
    calls = oracles.evaluations(tt.numbers((2, 3)), tt.numbers((4,), np.float32))
    tt.check(run, lambda x, *_: x, calls, wrap=Tensor, name="after train, dropout")
    tt.check(marked, lambda x, *_: oracles.itself(x, None), calls[1::2], wrap=Tensor, name="x")
    calls = (True,), (False, True), (True, False), (False, False, True)
    tt.check(share, lambda *m: 0.5 * m[-1], calls, rtol=0.2, once=True, name="share after train")
    ### BEGIN HIDDEN TESTS
    calls = oracles.evaluations(tt.numbers((2, 1, 2)), tt.numbers((3,), np.float32, 5))
    tt.check(run, lambda x, *_: x, calls[::3], wrap=Tensor, name="after train, dropout")
    tt.check(marked, lambda x, *_: oracles.itself(x, None), calls[1::4], wrap=Tensor, name="x")
    second = Dropout(0.5, np.random.default_rng(2))
    first = Dropout(0.5, np.random.default_rng(1)).eval()
    found = [float(np.mean(np.array(one(np.ones((50, 60))).data) == 0)) for one in (first, second)]
    tt.expect(found, [0.0, 0.5], "the shares of zeros, one of two layers in evaluation", rtol=0.2)
    ### END HIDDEN TESTS


test_dropout_in_evaluation()

# %% nbgrader={"grade": true, "grade_id": "test_dropout_passes_the_door", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_dropout_passes_the_door():
    """The result is recorded as made of x by signs, where next to nothing is dropped, or all."""
    signs, inputs = {np.multiply, np.divide, np.add, np.subtract}, oracles.few(seed=0)
    def run(x, p, *modes):  # behind a tanh, in a mode of its own
        layer = Dropout(p, np.random.default_rng(20))
        return layer.train(modes[0])(Tanh()(x)) if modes else layer(x)

    chances = itertools.product(inputs, (1e-9, 1 - 1e-9))
    tt.check(run, lambda x, p: x * round(1 - p), chances, wrap=Tensor, door=signs, name="dropout")
    remade = functools.partial(oracles.remade, Dropout)
    tt.check(remade, lambda *_: 0, oracles.to_remake((0.5, 0.2), 2), wrap=Tensor, once=True)
    calls = [(x, *m) for m in ((0.0, True), (0.5, False), (0.0, False)) for x in inputs][::2]
    tt.check(run, lambda x, *_: np.tanh(x), calls, wrap=Tensor, door={tanh, *signs})
    ### BEGIN HIDDEN TESTS
    inputs = oracles.few(seed=5)
    chances = zip(inputs[:2], (1 - 1e-10, 1e-10), strict=True)
    tt.check(run, lambda x, p: x * round(1 - p), chances, wrap=Tensor, door=signs, name="dropout")
    tt.check(remade, lambda *_: 0, oracles.to_remake((0.6, 0.3), 3), wrap=Tensor, once=True)
    calls = zip(inputs[:2], (0, 0.9), (True, False), strict=True)
    tt.check(run, lambda x, *_: np.tanh(x), calls, wrap=Tensor, door={tanh, *signs})
    ### END HIDDEN TESTS


test_dropout_passes_the_door()

# %% nbgrader={"grade": true, "grade_id": "test_dropout_draws_from_its_generator", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_dropout_draws_from_its_generator():
    """Each call drops others; all randomness comes from its Generator: a seed repeats it."""
    x, rng = np.ones((5, 8)), np.random.default_rng(0)
    draw = lambda rng: functools.partial(lambda layer: layer(x).data, Dropout(0.5, rng))
    different = lambda _, *runs: oracles.different(draw, *runs)
    shared = lambda count, calls: oracles.shared(Dropout, calls)
    tt.check(different, lambda count, *_: count, oracles.runs(1, 2), once=True)
    calls = {"two layers and then one Generator": (3, 1), "two layers and one, twice": (5, 2)}
    calls = oracles.named(calls, "The number of different draws of ")
    tt.check(shared, lambda count, *_: count, calls)
    alone = lambda: oracles.leaves_global_alone(draw(rng))
    tt.expect(alone, True, "whether np.random has been left alone")
    ### BEGIN HIDDEN TESTS
    tt.check(different, lambda count, *_: count, oracles.runs(4, 5)[::2], once=True)
    tt.check(shared, lambda count, *_: count, [(7, 3)], name="different draws")
    ### END HIDDEN TESTS


test_dropout_draws_from_its_generator()

# %% [markdown]
r"""
Look at three masks over the same image, and at the mean of a thousand.
"""

# %%
from tinytorch.data import load_digits

digits = load_digits()
image = Tensor(digits.images[:1].astype(np.float32))  # (1, 8, 8)
drop = Dropout(0.5, np.random.default_rng(0))
pictures = [image, drop(image), drop(image), drop(image)]
thousand = drop(np.repeat(image.data, 1000, axis=0)).data  # (1000, 8, 8)
pictures.append(thousand.mean(axis=0, keepdims=True))
titles = "the image", "one call", "another", "a third", "mean of 1000"
figure, axes = figures.subplots(1, 5, height=1.8)
for axis, picture, title in zip(axes, pictures, titles, strict=True):
    axis.imshow(np.array(picture)[0], cmap="Greys", vmin=0, vmax=32)
    axis.set(title=title, xticks=[], yticks=[])
figure.suptitle("Each call drops another half and doubles the rest; the mean stays", fontsize="medium")
figures.show(figure, alt="A digit, three times with half its pixels missing, and their mean, the digit again.")

# %% [markdown]
r"""
Does it pay? A network 64-200-10 learns from 280 images of digits, and a fifth of their labels are drawn at
random, as if somebody had been in a hurry. Only its last layer learns: those weights can be worked out at a
stroke, whose answers have the least squared distance from the labels (1 for the digit it was told, 0 for the
others). With dropout the images pass five times in training mode, each time with other units missing. Then
dropout is switched to evaluation.

What do you expect as p grows: how many labels will it repeat, and how many of 1,517 new images will it get
right?
"""

# %% jupyter={"source_hidden": true}
# How the last layer learns with dropout, and a table for four values of p
rng = np.random.default_rng(0)
order = rng.permutation(1797)
images, labels = digits.data[order].astype(np.float32) / 16, digits.target[order]
told = np.where(rng.random(280) < 0.2, rng.integers(0, 10, 280), labels[:280])
units = Sequential(Linear(64, 200, rng, "he"), ReLU())(images).data  # (1797, 200)


def learn(p, times):
    """The share of labels that are repeated, and of new images that are answered right."""
    drop = Dropout(p, np.random.default_rng(1))
    rows = np.concatenate([drop(units[:280]).data for _ in range(times)]).astype(np.float64)
    wanted = np.tile(np.eye(10)[told], (times, 1))  # (280 times, 10)
    speck = 1e-6 * np.eye(200)  # for units that are 0 for all images, whose weights are free
    weight = np.linalg.solve(rows.T @ rows + speck, rows.T @ wanted)  # (200, 10)
    answers = linear(drop.eval()(units).data, weight).argmax(axis=1)
    return np.mean(answers[:280] == told), np.mean(answers[280:] == labels[280:])


chances = [0.0, 0.2, 0.5, 0.9]
shares = 100 * np.array([learn(p, 5 if p else 1) for p in chances])  # (4, 2)
for p, (repeated, right) in zip(chances, shares, strict=True):
    print(f"p = {p}  labels repeated {repeated:.1f} %  new images right {right:.1f} %")

# %%
figure, axis = figures.subplots(height=2.8)
axis.plot(chances, shares[:, 0], "o-", label="labels it was told, repeated")
axis.plot(chances, shares[:, 1], "s-", label="new images, answered right")
axis.axhline(100 * np.mean(told == labels[:280]), color="0.5", ls=":", label="labels that are right")
axis.set(xlabel="p, the probability to drop", ylabel="share (%)", ylim=(50, 103))
axis.set_title("With dropout it learns digits, and not the wrong labels")
axis.legend(loc="lower right")
figures.show(figure, alt="Against p: labels repeated fall to the share that is right; new images right rise steeply, then stay.")

# %% [markdown]
r"""
Without dropout the network repeats nearly all the labels it was told, the wrong ones among them: for each
image it finds a mixture of units that happens to single it out. New images pay for that: it gets about six
in ten of them. With p = 0.5 it repeats about as many labels as are right, the dotted line, and gets nearly
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
        layer: any layer, of your own kind too. Its `parameters()` list each tensor once, also
            where several layers share it; they may have any shape, () among them.

    Returns:
        A whole number, Python's or NumPy's, and not a float. A tensor that is shared counts once.

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
    """Every number of every parameter counts, as a whole number; without any it is 0."""
    Own, make = oracles.own_layer(Layer, Tensor), oracles.linear_maker(Linear)
    meant, count = lambda _, count: count, lambda layer, _: count_parameters(layer)
    calls = [(make(4, 5), 25), (make(4, 5, False), 20), (make(1, 3), 6), (make(3, 1), 4)]
    calls += [(ReLU(), 0), (make(3, 4, dtype=np.float64), 16), (make(40, 50, False), 2000)]
    calls += [(Own((2, 3, 4)), 24), (Own(()), 1), (Own((), (5,), (0, 3), (2, 1)), 8), (Own(), 0)]
    calls += [(Own((3,), inside=(Own((2, 2)), ReLU())), 7)]
    tt.check(count, meant, oracles.counted(*calls))
    ### BEGIN HIDDEN TESTS
    calls = [(make(2, 2), 6), (make(7, 1, False), 7), (Tanh(), 0), (make(10, 100), 1100)]
    calls += [(Own((2, 1, 2, 3)), 12), (Own((), ()), 2), (Own((0,)), 0)]
    calls += [(Own((4, 2), inside=(Own(()),)), 9)]
    tt.check(count, meant, oracles.counted(*calls))
    ### END HIDDEN TESTS


test_count_parameters()

# %% nbgrader={"grade": true, "grade_id": "test_count_parameters_of_networks", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_count_parameters_of_networks():
    """A network's count is that of all its layers, however deep; what is shared counts once."""
    make, count = oracles.linear_maker(Linear), lambda layer, _: count_parameters(layer)
    calls, other, tied = oracles.networks_to_count(Sequential, make, ReLU())
    tt.check(count, lambda _, count: count, calls)
    other.weight = Tensor(np.zeros((5, 2)), requires_grad=True)
    found = lambda: [count_parameters(tied), count_parameters(other)]
    tt.expect(found, [20, 12], "the counts after a layer got a weight of its own")
    ### BEGIN HIDDEN TESTS
    shared, tied = make(2, 3), make(4, 3)
    tied.bias = shared.bias
    calls = [
        (Sequential(Sequential(make(3, 3), make(3, 2)), Tanh(), make(2, 6)), 38),
        (Sequential(Sequential(shared), Sequential(shared), shared), 9),
        (Sequential(Sequential(shared), tied), 21),
    ]
    tt.check(count, lambda _, count: count, oracles.counted(*calls, calls[1]))
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

# %% jupyter={"source_hidden": true}
# The points of the book's spirals, from its generator `old`
old = np.random.RandomState(0)
radius, arms = np.linspace(0, 1, 100), []
for c in range(3):
    angle = 2.5 * (np.linspace(4 * c, 4 * c + 4, 100) + 0.2 * old.randn(100))
    arms.append(np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1))
points, classes = np.concatenate(arms).astype(np.float32), np.repeat(np.arange(3), 100)

# %%
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
side = np.linspace(-1, 1, 71, dtype=np.float32)
plane = np.stack(np.meshgrid(side, side), axis=-1)  # (71, 71, 2)
colours = (figures.BLUE, figures.ORANGE, figures.GREEN)
figure, axes = figures.subplots(1, 2, height=3.3, sharey=True)
for axis, net, name in zip(axes, (network, wide), ("2-3-3", "2-64-64-3"), strict=True):
    answers = softmax(net(plane).data)  # (71, 71, 3): a layer takes any axes in front
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
    seconds = min(timeit.repeat(lambda part=part: part(batch), number=5, repeat=3)) / 5
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
        seconds = min(timeit.repeat(lambda f=total, g=grad, r=row: f(g, r), number=5, repeat=3)) / 5
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

# %%
# Save first (Ctrl+S): this checks the saved notebook as grading does, and exports your own module.
tt.export()
