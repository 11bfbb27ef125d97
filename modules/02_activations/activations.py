# %% [markdown]
r"""
# 2. Activations

A network is layers of arithmetic with a bend between them. The bends are called activations.
In this lesson you build the five that nearly every network uses, together with the slope of
each, in a form that survives numbers as large as 1000.

You need lesson 1: tensors, axes with `keepdims`, and the door `apply` with its register of
gradient rules. From school you need the derivative of $e^x$ and the chain rule.
"""

# %%
#| default_exp core.activations
#| public Layer LogSoftmax ReLU Sigmoid Softmax Tanh Temperature log_softmax relu sigmoid softmax tanh

# %%
from tinytorch import testing as tt

tt.begin("activations")

# %%
#| export
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

import numpy as np

from tinytorch.core.tensor import (
    Tensor,
    apply,
    gradient_of,
    note_change,
    operation,
    recording,
)

# %%
import timeit

from tinytorch import figures
from tinytorch.testing.oracles import activations as oracles

# %% [markdown]
r"""
## 2.1 Why straight lines are not enough

Four points, four answers: 1 where exactly one of the two inputs is 1, else 0. The next cell
asks least squares for the best linear function, `x @ w + b`. Then it puts five random layers of
100 units in front and asks again. How much better do you expect the deep one to be?
"""

# %%
corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
answers = np.array([0.0, 1.0, 1.0, 0.0])


def best_linear(features):
    """What the best `features @ w + b` predicts for the four corners."""
    table = np.column_stack([features, np.ones(4)])
    return table @ np.linalg.lstsq(table, answers, rcond=None)[0]


deep, rng = corners, np.random.default_rng(0)
for width_in, width_out in ((2, 100), (100, 100), (100, 100), (100, 100), (100, 100)):
    deep = deep @ rng.normal(0, width_in**-0.5, (width_in, width_out)) + rng.normal(size=width_out)
print("wanted              ", answers)
print("one linear layer    ", best_linear(corners).round(6))
print("five more in front  ", best_linear(deep).round(6))

# %% [markdown]
r"""
Not better at all: every corner gets one half, the same as guessing. Two linear layers in a row
are

$$ (x W_1 + b_1) W_2 + b_2 = x\,(W_1 W_2) + (b_1 W_2 + b_2), $$

which is one linear layer again. By the same step a hundred collapse into one: `(N, D) @ (D, C)`.

A single bend ends that. The absolute value folds the line of numbers at 0. Look at what it
makes of the difference of the two inputs.
"""

# %%
print("one fold            ", np.abs(corners[:, 0] - corners[:, 1]))

# %% [markdown]
r"""
One fold answers exactly what five hundred linear units could not.

## 2.2 The bend: relu

Networks prefer a bend that treats the two sides differently. The cheapest is the *rectified
linear unit*, `relu`: what is above 0 passes as it is, and all the rest becomes 0. It stands
behind the door, as functions of lesson 1 do: it takes a plain array and returns one. (An array
without axes comes in as an array; for it any function or rule of this lesson may return a bare
number. What they make of nan, not a number, is left open.)
"""

# %% nbgrader={"grade": false, "grade_id": "relu", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@operation
def relu(x: np.ndarray) -> np.ndarray:
    """x where it is above 0, else 0, elementwise.

    Args:
        x: an array of floats of any shape, also one without axes or without elements. It may
            hold infinities, and numbers as large as its dtype can.

    Returns:
        A new array of the same shape and dtype, also where nothing changes; x stays as it is.

    Example:
        >>> relu(np.array([-2.0, 0.0, 0.5]))
        array([0. , 0. , 0.5])

    Hint: one NumPy function reduces an array to its largest element, another compares two.
    """
    ### BEGIN SOLUTION
    zeros = np.zeros(x.shape[-1:], x.dtype)  # NumPy compares with a row sooner than with a number
    return np.maximum(x, zeros)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_relu", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_relu():
    """What is above 0 passes as it is, and all the rest becomes 0, in every size and shape."""
    given = oracles.of_shapes((5,), (2, 3, 4))
    given += oracles.of_sizes(1e-20, 1e200)
    tt.check(relu, oracles.relu, given, writes=True)
    ### BEGIN HIDDEN TESTS
    given = [tt.case(tt.numbers((2, 1, 2), seed=20)), *oracles.of_sizes(1e-12, 1e7, seed=20)]
    tt.check(relu, oracles.relu, given, writes=True)
    ### END HIDDEN TESTS


test_relu()

# %% nbgrader={"grade": true, "grade_id": "test_relu_keeps_dtype_and_input", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_relu_keeps_dtype_and_input():
    """A new array of the dtype of x, even of infinities, of one number or none, and x stays."""
    given = oracles.used_before(relu, oracles.of_dtypes((2, 3), (4,), (3, 1, 2)))
    given += oracles.of_dtypes((2, 2), low=1)
    given += oracles.ends_of_dtypes(0.6, 0.95)
    given += oracles.single_and_empty(-2.5, 3.0)
    tt.check(relu, oracles.relu, given, memory="fresh", returns="array")
    ### BEGIN HIDDEN TESTS
    given = oracles.of_dtypes((3, 2), (4,), seed=20)
    given += oracles.ends_of_dtypes(0.8, -1.0)
    given += oracles.single_and_empty(-0.25, dtype=np.float32, empty=(0,))
    tt.check(relu, oracles.relu, given, memory="fresh", returns="array", once=True)
    ### END HIDDEN TESTS


test_relu_keeps_dtype_and_input()

# %% [markdown]
r"""
Now its slope: 1 where x is above 0 and 0 where it is below. At 0 the curve has a corner and
no slope; any number from 0 to 1 would do, and frameworks agree on 0.

A rule gets `grad`, the slope of some final number with respect to each element of the output, and
returns the slope of that number with respect to each element of x. By the chain rule that is
`grad` times the slope of relu at the element. The rule gets `output` as well, in case that is
handier than x.
"""

# %% nbgrader={"grade": false, "grade_id": "relu_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(relu)
def relu_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The gradient of sum(grad * relu(x)) by x; where x is 0, it is 0.

    Args:
        grad: the incoming gradient, finite, of any sign and size, of the shape and dtype of x.
        output: relu(x).
        x: the input, an array as relu takes it.

    Returns:
        A new array of the shape and dtype of x, also where all passes or nothing; grad, output
        and x stay as they are.

    Example:
        >>> x = np.array([-2.0, 0.0, 0.5])
        >>> relu_gradient(np.array([10.0, 10.0, 10.0]), relu(x), x)
        array([ 0.,  0., 10.])
    """
    ### BEGIN SOLUTION
    return grad * (output > 0)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_relu_gradient", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_relu_gradient():
    """The rule agrees with the slope that is measured by moving x a little to either side."""
    given = oracles.halves((2, 2))
    tt.check_gradient(oracles.relu, relu_gradient, given, memory="fresh")
    ### BEGIN HIDDEN TESTS
    given = oracles.halves((3,), seed=20)
    tt.check_gradient(oracles.relu, relu_gradient, given, memory="fresh")
    ### END HIDDEN TESTS


test_relu_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_relu_gradient_passes_any_grad", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_relu_gradient_passes_any_grad():
    """Gradients of any sign and size pass, in a new array of the dtype; nothing is written into."""
    given = oracles.rule_inputs(oracles.relu, (2, 3), (4,), (3, 1), seed=0)
    tt.check(relu_gradient, oracles.relu_gradient, given, memory="fresh")
    ### BEGIN HIDDEN TESTS
    given = oracles.rule_inputs(oracles.relu, (3, 2), (5,), seed=20)
    tt.check(relu_gradient, oracles.relu_gradient, given, memory="fresh", once=True)
    ### END HIDDEN TESTS


test_relu_gradient_passes_any_grad()

# %% nbgrader={"grade": true, "grade_id": "test_relu_gradient_at_zero", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_relu_gradient_at_zero():
    """Where x is 0 the slope is taken to be 0; just above it, and up to infinity, it is 1."""
    x = np.array([[0.0, 0.5, -0.0, 1e-20], [2.0, 0.0, -1e-20, 0.0]])
    given = [x, [0.0, 0.0], 3.0, np.zeros((0, 2)), [1e-300, -1e-300, np.inf, -np.inf, 1e300]]
    cases = [oracles.rule_case(oracles.relu, 5.0, x) for x in given]
    tt.check(relu_gradient, oracles.relu_gradient, cases, memory="fresh", once=True)
    ### BEGIN HIDDEN TESTS
    given = [x.T, 0.0, [0.5, 2.0], [1e-100, -np.inf, np.inf, 0.0]]
    cases = [oracles.rule_case(oracles.relu, -2.0, x) for x in given]
    tt.check(relu_gradient, oracles.relu_gradient, cases, memory="fresh", once=True)
    ### END HIDDEN TESTS


test_relu_gradient_at_zero()

# %% [markdown]
r"""
## 2.3 Smooth bends that saturate: sigmoid and tanh

The *sigmoid* squeezes every number into the range from 0 to 1, so that it may be read as a
probability:

$$ \sigma(x) = \frac{1}{1 + e^{-x}} = \frac{e^x}{1 + e^x} $$

The two forms are equal on paper. The next cell computes both in `float16`, where numbers end at
65,504, and in `float32`, where they end near $10^{38}$. The true value at -12 is 0.0000061, and at
1000 it is 1. Look for the wrong ones.
"""

# %%
with np.errstate(all="ignore"):  # NumPy would warn of the overflow; we look at the values
    for x in (np.float16(-12), np.float32(1000)):
        print(f"{x.dtype} {x:6}:  1/(1+e^-x) = {1 / (1 + np.exp(-x)):.7f}",
              f"  e^x/(1+e^x) = {np.exp(x) / (1 + np.exp(x)):.7f}")

# %% [markdown]
r"""
The first form loses the small result, because $e^{12}$ does not fit into `float16`; the second
divides infinity by infinity and gets `nan`. (A warning on the way to a right value does no harm.)
Each form is good on one side. What never overflows is $e^{-|x|}$, for it is at most 1. Which of
the two forms holds that power, and what stands above it, depends on the sign of x.
"""

# %% nbgrader={"grade": false, "grade_id": "sigmoid", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@operation(floats=True)
def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), elementwise, for numbers of any size.

    Args:
        x: an array of floats of any shape, also one without axes or without elements. It may
            hold infinities, and numbers as large as its dtype can.

    Returns:
        A new array of the same shape and dtype; x stays as it is. Small results keep their
        digits, as many as the dtype has for a number so small: sigmoid(-20) is 2.06e-9 and not
        0, sigmoid(-12) is 6.1e-6 also in float16, whatever stands beside it. This holds down to
        the smallest number of the dtype: sigmoid(-720) is 2e-313 in float64.

    Example:
        >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
        array([0. , 0.5, 1. ])
    """
    ### BEGIN SOLUTION
    small = np.exp(-np.abs(x))  # at most 1, so that nothing overflows
    return np.maximum(small, x >= 0) / (1 + small)  # above: 1 where x >= 0, else small
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_sigmoid", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_sigmoid():
    """Each element gives 1 / (1 + exp(-x)), whatever the shape."""
    given = [*oracles.of_shapes((5,), (2, 3, 4)), *oracles.of_sizes(1e-9)]
    given += [tt.case(np.array([[0.0, -0.0], [1.0, 0.0]]))]
    tt.check(sigmoid, oracles.sigmoid, given, writes=True)
    ### BEGIN HIDDEN TESTS
    given = [tt.case(tt.numbers((2, 1, 2), seed=20)), tt.case(np.array([[0.0], [-9.0], [9.0]]))]
    tt.check(sigmoid, oracles.sigmoid, given, writes=True)
    ### END HIDDEN TESTS


test_sigmoid()

# %% nbgrader={"grade": true, "grade_id": "test_sigmoid_of_large_numbers", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_sigmoid_of_large_numbers():
    """Far out on either side it is 0 or 1, up to infinity, and never nan."""
    ends = {np.float32: [[[-800.0], [90.0]], [-3e38, 3e38]], np.float16: [[-6e4, 6e4]]}
    far = {np.float64: [[-np.inf, 750.0, np.inf], [1e308, -1e308, 1000.0], -1000.0], **ends}
    given = oracles.far_out(far)
    tt.check(sigmoid, oracles.sigmoid, given, dtype="any", rtol=1e-15, writes=True, once=True)
    ### BEGIN HIDDEN TESTS
    ends = {np.float32: [[[5000.0, -5000.0]]], np.float16: [[np.inf, -5e4]]}
    given = oracles.far_out({np.float64: [[720.0, -900.0, np.inf], 2000.0], **ends})
    tt.check(sigmoid, oracles.sigmoid, given, dtype="any", rtol=1e-15, writes=True, once=True)
    ### END HIDDEN TESTS


test_sigmoid_of_large_numbers()

# %% nbgrader={"grade": true, "grade_id": "test_sigmoid_keeps_small_results", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_sigmoid_keeps_small_results():
    """Far below 0 it is exp(x) but for rounding, however small, and whatever stands beside it."""
    small = {np.float64: (-40.0, -720.0), np.float32: (-20.0, -95.0), np.float16: (-12.0, -11.5)}
    smallest, power = lambda x: np.min(sigmoid(x)), lambda x: np.exp(np.float64(np.min(x)))
    how = {"name": "the smallest of sigmoid", "dtype": "any", "rtol": 0.02, "once": True}
    tt.check(smallest, power, oracles.beside_others(small), **how)
    ### BEGIN HIDDEN TESTS
    small = {np.float64: (-730.0, -36.0), np.float32: (-97.0,), np.float16: (-12.25,)}
    tt.check(smallest, power, oracles.beside_others(small), **how)
    ### END HIDDEN TESTS


test_sigmoid_keeps_small_results()

# %% nbgrader={"grade": true, "grade_id": "test_sigmoid_keeps_dtype_and_input", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_sigmoid_keeps_dtype_and_input():
    """A new array of the dtype of x, even of one number or none, and x stays as it is."""
    given = oracles.used_before(sigmoid, oracles.of_dtypes((2, 3), (4,), (3, 1, 2)))
    given += oracles.single_and_empty(-2.0, 3.0)
    tt.check(sigmoid, oracles.sigmoid, given, memory="fresh", returns="array")
    ### BEGIN HIDDEN TESTS
    given = oracles.of_dtypes((3, 2), (5,), seed=20)
    given += oracles.single_and_empty(1.5, dtype=np.float32, empty=(0,))
    tt.check(sigmoid, oracles.sigmoid, given, memory="fresh", returns="array", once=True)
    ### END HIDDEN TESTS


test_sigmoid_keeps_dtype_and_input()

# %% [markdown]
r"""
For the slope write $\sigma = (1 + e^{-x})^{-1}$ and apply the chain rule:

$$ \sigma'(x) = \frac{e^{-x}}{(1 + e^{-x})^2} $$

Typed like that, it overflows again. But one of its two factors is $\sigma$ itself, and the other
is so nearly $\sigma$ that no exponential is needed for it either. Find it on paper first.
"""

# %% nbgrader={"grade": false, "grade_id": "sigmoid_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(sigmoid)
def sigmoid_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The gradient of sum(grad * sigmoid(x)) by x, for numbers of any size.

    Args:
        grad: the incoming gradient, finite, of any sign and size, of the shape and dtype of x.
        output: sigmoid(x).
        x: the input, an array of floats of any shape, infinities among them.

    Returns:
        A new array of the shape and dtype of x; grad, output and x stay as they are. A slope
        that is smaller than the rounding of 1 in the dtype may come out as 0.

    Example:
        >>> x = np.array([0.0, 1000.0])
        >>> sigmoid_gradient(np.array([8.0, 8.0]), sigmoid(x), x)
        array([2., 0.])
    """
    ### BEGIN SOLUTION
    return (1 - output) * output * grad
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_sigmoid_gradient", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_sigmoid_gradient():
    """The rule agrees with the slope that is measured by moving x a little to either side."""
    given = oracles.halves((2, 2))
    tt.check_gradient(oracles.plain_sigmoid, sigmoid_gradient, given, memory="fresh")
    ### BEGIN HIDDEN TESTS
    given = oracles.halves((3,), seed=20)
    tt.check_gradient(oracles.plain_sigmoid, sigmoid_gradient, given, memory="fresh")
    ### END HIDDEN TESTS


test_sigmoid_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_sigmoid_gradient_of_any_size", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_sigmoid_gradient_of_any_size():
    """Far out it shrinks to 0, never nan; any grad gives a new array, and the inputs stay."""
    far = [[1000.0, -1000.0, 0.0], [-np.inf, np.inf, 1.0], 0.0, []]
    cases = [oracles.rule_case(oracles.sigmoid, 3.0, x) for x in far]
    cases += oracles.rule_inputs(oracles.sigmoid, (2, 3), (4,), (3, 1), seed=0)
    tt.check(sigmoid_gradient, oracles.sigmoid_gradient, cases, memory="fresh")
    cases = oracles.mirrored(oracles.sigmoid, {2.0: 1e12, 8.0: -1e-9, 20.0: 1e-6})  # grads by x
    tt.check(sigmoid_gradient, oracles.sigmoid_gradient, cases, rtol=1e-3, once=True)
    ### BEGIN HIDDEN TESTS
    cases = [oracles.rule_case(oracles.sigmoid, -2.0, [[-750.0, 900.0, np.inf, -np.inf]])]
    cases += oracles.rule_inputs(oracles.sigmoid, (3, 2), seed=20)
    tt.check(sigmoid_gradient, oracles.sigmoid_gradient, cases, memory="fresh", once=True)
    cases = oracles.mirrored(oracles.sigmoid, {12.0: 3e9, 18.0: 3e-8})
    tt.check(sigmoid_gradient, oracles.sigmoid_gradient, cases, rtol=1e-3, once=True)
    ### END HIDDEN TESTS


test_sigmoid_gradient_of_any_size()

# %% [markdown]
r"""
The *hyperbolic tangent* is a sigmoid stretched to the range from -1 to 1:
$\tanh(x) = 2\sigma(2x) - 1$. NumPy has it, stable on both sides, so it is written for you.

Its slope is yours. Start from the stretched form, use the slope of the sigmoid, and aim for a
formula in the output alone.
"""

# %%
#| export
@operation(floats=True)
def tanh(x: np.ndarray) -> np.ndarray:
    """The hyperbolic tangent, (exp(x) - exp(-x)) / (exp(x) + exp(-x)), elementwise."""
    return np.tanh(x)

# %% nbgrader={"grade": false, "grade_id": "tanh_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(tanh)
def tanh_gradient(grad: np.ndarray, output: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The gradient of sum(grad * tanh(x)) by x, for numbers of any size.

    Args:
        grad: the incoming gradient, finite, of any sign and size, of the shape and dtype of x.
        output: tanh(x).
        x: the input, an array of floats of any shape, infinities among them.

    Returns:
        A new array of the shape and dtype of x; grad, output and x stay as they are. A slope
        that is smaller than the rounding of 1 in the dtype may come out as 0.

    Example:
        >>> x = np.array([0.0, 1000.0])
        >>> tanh_gradient(np.array([8.0, 8.0]), tanh(x), x)
        array([8., 0.])
    """
    ### BEGIN SOLUTION
    return (1 - output * output) * grad
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_tanh_gradient", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_tanh_gradient():
    """The rule agrees with the slope that is measured by moving x a little to either side."""
    given = oracles.halves((2, 2))
    tt.check_gradient(np.tanh, tanh_gradient, given, memory="fresh")
    ### BEGIN HIDDEN TESTS
    given = oracles.halves((3,), seed=20)
    tt.check_gradient(np.tanh, tanh_gradient, given, memory="fresh")
    ### END HIDDEN TESTS


test_tanh_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_tanh_gradient_of_any_size", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_tanh_gradient_of_any_size():
    """Far out it shrinks to 0, never nan; any grad gives a new array, and the inputs stay."""
    far = [[1000.0, -1000.0, 0.0], [-np.inf, np.inf, 1.0], 0.0, []]
    cases = [oracles.rule_case(np.tanh, 3.0, x) for x in far]
    cases += oracles.rule_inputs(np.tanh, (2, 3), (4,), (3, 1), seed=0)
    tt.check(tanh_gradient, oracles.tanh_gradient, cases, memory="fresh")
    cases = oracles.mirrored(np.tanh, {1.0: 1e12, 4.0: -1e-9, 10.0: 1e-6})  # grads by x
    tt.check(tanh_gradient, oracles.tanh_gradient, cases, rtol=1e-3, once=True)
    ### BEGIN HIDDEN TESTS
    cases = [oracles.rule_case(np.tanh, -2.0, [[-750.0, 900.0, np.inf, -np.inf]])]
    cases += oracles.rule_inputs(np.tanh, (3, 2), seed=20)
    tt.check(tanh_gradient, oracles.tanh_gradient, cases, memory="fresh", once=True)
    cases = oracles.mirrored(np.tanh, {6.0: 3e9, 9.0: 3e-8})
    tt.check(tanh_gradient, oracles.tanh_gradient, cases, rtol=1e-3, once=True)
    ### END HIDDEN TESTS


test_tanh_gradient_of_any_size()

# %% [markdown]
r"""
Look at the three curves and, below each, at its slope. For which x would a small step change the
output at all?
"""

# %%
x = np.linspace(-5, 5, 501)
ones = np.ones_like(x)
pairs = ((relu, relu_gradient), (sigmoid, sigmoid_gradient), (tanh, tanh_gradient))
figure, axes = figures.subplots(2, 3, height=3.8, sharex=True, sharey="row")
for column, (function, rule) in enumerate(pairs):
    axes[0, column].plot(x, function(x), color=figures.BLUE)
    axes[0, column].set(title=function.__name__, ylim=(-1.2, 2.2))
    axes[1, column].plot(x, rule(ones, function(x), x), color=figures.RED, linestyle="--")
    axes[1, column].set(xlabel="x", ylim=(-0.05, 1.1))
axes[0, 0].set(ylabel="output")
axes[1, 0].set(ylabel="slope")
figure.suptitle("sigmoid and tanh go flat on both sides, relu on one", fontsize="medium")
figures.show(figure, alt="Three curves above their slopes: 0 or 1, at most 1/4, at most 1.")

# %% [markdown]
r"""
Where a curve is flat it is *saturated*: its slope is nearly 0, and no gradient comes through. The
steepest point of sigmoid has a slope of only 1/4, so several in a row are worse. The next figure
multiplies the slopes along a chain: $\sigma(\sigma(\sigma(\dots)))$, each at its own input, starting
at x = 1.
"""

# %% jupyter={"source_hidden": true}
# The slopes along a chain of one to ten activations, drawn and printed
figure, axis = figures.subplots(height=2.8)
steps = range(1, 11)
for (function, rule), marker in zip(pairs, "os^", strict=True):
    value, slope, slopes = np.array([1.0]), np.array([1.0]), []
    for _ in steps:
        output = function(value)
        slope, value = rule(slope, output, value), output
        slopes.append(slope.item())
    print(f"{function.__name__:8} after ten: {slopes[-1]:.1e}")
    axis.semilogy(steps, slopes, marker=marker, label=function.__name__)
axis.set(xlabel="activations in a row", ylabel="slope of the whole chain", xticks=steps)
axis.set_title("Ten sigmoids leave less than a millionth of a gradient")
axis.legend()
figures.show(figure, alt="On a logarithmic scale relu stays at 1, sigmoid falls most steeply.")

# %% [markdown]
r"""
That is why relu stands inside most networks, and sigmoid mostly at their end, where a probability is
wanted.

## 2.4 Scores into probabilities: softmax

A classifier gives C scores for each sample, the `logits`. *Softmax* makes them positive with the
exponential and divides by their sum:

$$ p_c = \frac{e^{x_c}}{\sum_k e^{x_k}} $$

By shape: `exp (N, C) / sum over C (N, 1) -> (N, C)`. Here it is, typed from the formula. Both rows
hold scores that differ by 1 and 2. What do you expect of the second one?
"""

# %%
logits = np.array([[1.0, 2.0, 3.0], [1000.0, 1001.0, 1002.0]])
with np.errstate(all="ignore"):
    weights = np.exp(logits)
    print(weights / weights.sum(axis=1, keepdims=True))

# %% [markdown]
r"""
$e^{1000}$ is infinite in `float64`, and infinity divided by infinity is `nan`. Yet the true answer
of the second row is that of the first, for softmax does not notice a shift by the same number m:

$$ \frac{e^{x_c - m}}{\sum_k e^{x_k - m}} = \frac{e^{-m}\, e^{x_c}}{e^{-m} \sum_k e^{x_k}}
   = \frac{e^{x_c}}{\sum_k e^{x_k}} $$

So you may choose m, for each row anew. Choose it so that nothing can overflow, and so that the
sum can't become 0: then no small number need be added to it either.
"""

# %% nbgrader={"grade": false, "grade_id": "softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@operation(floats=True)
def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """exp(x) / sum(exp(x)) along one axis, for scores of any size.

    Args:
        x: scores, an array of floats with one axis or more; a batch may hold no rows, but there
            is a score at least along axis. A score of -inf has probability 0, as long as another
            score beside it is finite (+inf is left open). A score of 1e17 is nothing special.
        axis: the axis along which the results add up to 1, without anything added to the sum
            or cut off on the way. It may be negative.

    Returns:
        A new array of the same shape and dtype; x stays as it is.

    Example:
        >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]]))
        array([[0.5, 0.5],
               [1. , 0. ]])
    """
    ### BEGIN SOLUTION
    exps = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=-np.inf))
    exps /= exps.sum(axis=axis, keepdims=True)
    return exps
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_softmax", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_softmax():
    """Along the last axis, each result is the share of exp(x) in the sum of its row."""
    given = [*oracles.of_shapes((2, 3), (2, 2, 3)), tt.case(np.log([[1.0, 2.0, 5.0]]))]
    tt.check(softmax, oracles.softmax, given, writes=True)
    ### BEGIN HIDDEN TESTS
    given = [tt.case(tt.numbers((4,), seed=20)), tt.case(np.zeros((2, 5)))]
    tt.check(softmax, oracles.softmax, given, writes=True)
    ### END HIDDEN TESTS


test_softmax()

# %% nbgrader={"grade": true, "grade_id": "test_softmax_along_any_axis", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_softmax_along_any_axis():
    """The shares add up to 1 along the axis that is named, 0 and negative ones too."""
    axes = {(2, 3): (0, -2), (2, 3, 4): (1, -3)}
    tt.check(softmax, oracles.softmax, oracles.along(axes), writes=True, once=True)
    ### BEGIN HIDDEN TESTS
    axes = {(2, 1, 3, 2): (2,), (4, 2, 3): (-2,), (3,): (0,)}
    tt.check(softmax, oracles.softmax, oracles.along(axes, seed=20), writes=True, once=True)
    ### END HIDDEN TESTS


test_softmax_along_any_axis()

# %% nbgrader={"grade": true, "grade_id": "test_softmax_of_large_scores", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_softmax_of_large_scores():
    """Scores of thousands, rows far apart, and -inf give what their differences say."""
    rows = [[1000.0, 997.0], [-1000.0, -1000.0, -1000.0], [0.0, 3000.0, -np.inf]]
    rows += [[[5000.0, 5003.0], [-5000.0, -5003.0]], [[-np.inf, -2000.0], [4.0, 7.0]]]
    tt.check(softmax, oracles.softmax, oracles.of_scores(*rows), writes=True, once=True)
    ### BEGIN HIDDEN TESTS
    rows = [[-400.0, -403.0], [[1e4, -1e4], [-1e4, -1e4 - 3]], [-np.inf, 800.0, 803.0]]
    tt.check(softmax, oracles.softmax, oracles.of_scores(*rows), writes=True, once=True)
    ### END HIDDEN TESTS


test_softmax_of_large_scores()

# %% nbgrader={"grade": true, "grade_id": "test_softmax_is_exact", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_softmax_is_exact():
    """Shares are right to the last digits, even at 1e-300, even of scores that fill a dtype."""
    rows = [[0.0, -3.0], [[1.0, 0.0], [0.0, 4.0]], [-40.0, -43.0]]
    given = oracles.far_out({np.float64: rows})
    tt.check(softmax, oracles.softmax, given, rtol=1e-14, writes=True, once=True)
    logarithm, how = lambda x: np.log(softmax(x)), {"name": "the log of softmax", "once": True}
    far = {np.float64: [[0.0, -30.0, -300.0, -690.0]], np.float32: [[[-80.0, 0.0], [5.0, -20.0]]]}
    tt.check(logarithm, oracles.log_softmax, oracles.far_out(far), **how)
    huge = {np.float64: [(1e17, 1e17), (-8e307, 8e307)], np.float16: [(3e4, 3e4, -3e4)]}
    cases = oracles.far_out({**huge, np.float32: [(2e38, 1e38), (-np.inf, -1e30)]})
    tt.check(softmax, oracles.softmax_of_huge, cases, once=True)
    ### BEGIN HIDDEN TESTS
    given = oracles.far_out({np.float64: [[[2.0, 0.0, 1.0]], [-30.0, -31.0]]})
    tt.check(softmax, oracles.softmax, given, rtol=1e-14, writes=True, once=True)
    far = {np.float64: [[[-650.0, -40.0, 10.0]]], np.float32: [[-20.0, 3.0, -60.0]]}
    tt.check(logarithm, oracles.log_softmax, oracles.far_out(far), **how)
    huge = {np.float64: [(-1e18, -1e18), (3e12, 1e12, 3e12)], np.float32: [(-3e37, -np.inf)]}
    tt.check(softmax, oracles.softmax_of_huge, oracles.far_out(huge), once=True)
    ### END HIDDEN TESTS


test_softmax_is_exact()

# %% nbgrader={"grade": true, "grade_id": "test_softmax_keeps_dtype_and_input", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_softmax_keeps_dtype_and_input():
    """A new array of the dtype of x, even of one score or no rows, and x stays as it is."""
    given = oracles.used_before(softmax, oracles.of_dtypes((2, 3), (4,), (3, 1, 2)))
    given += oracles.alone_and_without_rows(-5.0, 1000.0)
    tt.check(softmax, oracles.softmax, given, memory="fresh", returns="array")
    ### BEGIN HIDDEN TESTS
    given = [*oracles.of_dtypes((3, 2), seed=20), *oracles.alone_and_without_rows(-900.0, 7.0)]
    tt.check(softmax, oracles.softmax, given, memory="fresh", returns="array", once=True)
    ### END HIDDEN TESTS


test_softmax_keeps_dtype_and_input()

# %% [markdown]
r"""
Only differences of scores count, so the *scale* matters where the shift does not. Divide the scores
by a temperature T before the softmax and let T fall: what happens to the largest share?
"""

# %%
scores = np.array([2.0, 1.0, 0.5, -1.0])
figure, axes = figures.subplots(1, 4, height=2.2, sharey=True)
for axis, temperature in zip(axes, (10.0, 1.0, 0.5, 0.1), strict=True):
    axis.bar(["2", "1", "0.5", "-1"], softmax(scores / temperature), color=figures.BLUE)
    axis.set(title=f"T = {temperature:g}", xlabel="score")
axes[0].set(ylabel="probability")
figure.suptitle("As the temperature falls, the largest score takes all", fontsize="medium")
figures.show(figure, alt="Four bars, nearly equal at T = 10; at T = 0.1 the first takes all.")

# %% [markdown]
r"""
A high temperature gives everyone the same, a low one gives the winner everything: a soft version of
"the maximum is 1, the rest 0". Hence the name.
"""

# %% [markdown]
r"""
## 2.5 The slope of softmax

Each output depends on *every* score of its row, since all share one sum. Differentiate
$p_c = e^{x_c} / S$ by $x_j$, with $\partial S / \partial x_j = e^{x_j}$:

$$ \frac{\partial p_c}{\partial x_j} = \frac{[c = j]\, e^{x_c}}{S} - \frac{e^{x_c} e^{x_j}}{S^2}
   = p_c \,\bigl([c = j] - p_j\bigr) $$

where $[c = j]$ is 1 if the two are the same and else 0. That is a table of C by C slopes for each
row. The rule needs only what the incoming gradient g makes of it,

$$ \sum_c g_c \, \frac{\partial p_c}{\partial x_j} \quad \text{for each } j. $$

Put the one into the other and simplify before you program: a sum over c is all that is left, and the
table is never built. By shape it will be `(N, C) * ((N, C) - (N, 1)) -> (N, C)`.
"""

# %% nbgrader={"grade": false, "grade_id": "softmax_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(softmax)
def softmax_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: int = -1
) -> np.ndarray:
    """The gradient of sum(grad * softmax(x, axis)) by x, for scores of any size.

    Args:
        grad: the incoming gradient, of the shape and dtype of x and of any sign, with numbers of
            any size whose squares the dtype can hold.
        output: softmax(x, axis).
        x: the scores, as softmax takes them: -inf and a batch without rows, too.
        axis: the axis along which the outputs add up to 1. It may be negative.

    Returns:
        A new array of the shape and dtype of x; grad, output and x stay as they are.

    Example:
        >>> x = np.array([0.0, 0.0])
        >>> softmax_gradient(np.array([1.0, 0.0]), softmax(x), x)
        array([ 0.25, -0.25])
    """
    ### BEGIN SOLUTION
    product = grad * output
    product -= output * product.sum(axis=axis, keepdims=True)
    return product
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_softmax_gradient", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_softmax_gradient():
    """The rule agrees with the slope that is measured by moving each score a little."""
    given = oracles.halves((2, 2))
    tt.check_gradient(oracles.plain_softmax, softmax_gradient, given, memory="fresh")
    ### BEGIN HIDDEN TESTS
    given = oracles.halves((3,), seed=20)
    tt.check_gradient(oracles.plain_softmax, softmax_gradient, given, memory="fresh")
    ### END HIDDEN TESTS


test_softmax_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_softmax_gradient_along_any_axis", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_softmax_gradient_along_any_axis():
    """The rule holds for every axis, 0 and negative ones too, and for no rows or one score."""
    axes = {(3, 2, 4): (0, -2), (0, 3): (1,), (3, 1): (-1,)}
    given = oracles.rule_over_axes(oracles.softmax, axes, seed=0)
    tt.check(softmax_gradient, oracles.softmax_gradient, given, memory="fresh", once=True)
    ### BEGIN HIDDEN TESTS
    given = oracles.rule_over_axes(oracles.softmax, {(2, 4, 3): (1,), (1,): (0,)}, seed=20)
    tt.check(softmax_gradient, oracles.softmax_gradient, given, memory="fresh", once=True)
    ### END HIDDEN TESTS


test_softmax_gradient_along_any_axis()

# %% nbgrader={"grade": true, "grade_id": "test_softmax_gradient_keeps_dtype_and_inputs", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_softmax_gradient_keeps_dtype_and_inputs():
    """Any grad and scores of any size: a new array of the same dtype; nothing is written into."""
    kind, grad = oracles.softmax, tt.numbers((2, 3), seed=7)
    given = oracles.rule_inputs(kind, (2, 3), (4,), seed=0, dtypes=(np.float32, np.float64))
    given += [oracles.rule_case(kind, grad, [[900.0, 901.0, -900.0], [1.0, -np.inf, 0.0]])]
    tt.check(softmax_gradient, oracles.softmax_gradient, given, memory="fresh")
    halves = [oracles.rule_case(kind, grad, tt.numbers((2, 3), np.float16))]
    tt.check(softmax_gradient, oracles.softmax_gradient, halves, rtol=0.1, once=True)
    ### BEGIN HIDDEN TESTS
    given = oracles.rule_inputs(kind, (3, 2), seed=20, dtypes=(np.float64,))
    far, grad = np.float32([[-2000.0, -2001.0], [-np.inf, 3.0]]), tt.numbers((2, 2), seed=9)
    given += [oracles.rule_case(kind, grad, far)]
    tt.check(softmax_gradient, oracles.softmax_gradient, given, memory="fresh")
    ### END HIDDEN TESTS


test_softmax_gradient_keeps_dtype_and_inputs()

# %% [markdown]
r"""
## 2.6 The logarithm of a probability

Learning will be about the *logarithm* of a probability. What is the logarithm of the softmax of the
scores 0 and 1000? With $S = e^0 + e^{1000}$, which is nearly $e^{1000}$, it should be about -1000 and 0.
"""

# %%
with np.errstate(divide="ignore"):
    print(np.log(softmax(np.array([0.0, 1000.0]))))

# %% [markdown]
r"""
The probability $e^{-1000}$ is too small for any float and became 0, and $\log 0 = -\infty$: all that we
knew about that score is gone. A small number added before the logarithm would not bring it back. The
mend is to take the logarithm on paper first: a quotient becomes a difference, and the logarithm of a
single power is its exponent. One logarithm stays, that of the sum, and you know already how to keep a
sum of exponentials from overflowing. Mind the order of your steps: beside 1e17 a small logarithm is
rounded away.
"""

# %% nbgrader={"grade": false, "grade_id": "log_softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@operation(floats=True)
def log_softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """The natural logarithm of softmax along one axis, for scores of any size.

    Args:
        x: scores, as softmax takes them. A score of -inf gives -inf, as long as another score
            beside it is finite. Two scores of 1e17 give -0.693 each, as any two equal ones do.
        axis: the axis along which exp(result) adds up to 1, without anything added to a sum or
            a logarithm on the way. It may be negative.

    Returns:
        A new array of the same shape and dtype; x stays as it is.

    Example:
        >>> log_softmax(np.array([0.0, 1000.0]))
        array([-1000.,     0.])
        >>> log_softmax(np.array([1000.0, 1000.0]))
        array([-0.69314718, -0.69314718])
    """
    ### BEGIN SOLUTION
    shifted = x - np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    shifted -= np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return shifted
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_log_softmax", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_log_softmax():
    """Along the last axis, each result is the logarithm of the share of exp(x) in its row."""
    given = [*oracles.of_shapes((2, 3), (2, 2, 3)), tt.case(np.log([[1.0, 2.0, 5.0]]))]
    tt.check(log_softmax, oracles.log_softmax, given, writes=True)
    ### BEGIN HIDDEN TESTS
    given = [tt.case(tt.numbers((4,), seed=20)), tt.case(np.zeros((2, 5)))]
    tt.check(log_softmax, oracles.log_softmax, given, writes=True)
    ### END HIDDEN TESTS


test_log_softmax()

# %% nbgrader={"grade": true, "grade_id": "test_log_softmax_along_any_axis", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_log_softmax_along_any_axis():
    """exp of the result adds up to 1 along the axis that is named, 0 and negative ones too."""
    axes = {(2, 3): (0, -2), (2, 3, 4): (1, -3)}
    tt.check(log_softmax, oracles.log_softmax, oracles.along(axes), writes=True, once=True)
    ### BEGIN HIDDEN TESTS
    axes = {(2, 1, 3, 2): (2,), (4, 2, 3): (-2,), (3,): (0,)}
    tt.check(log_softmax, oracles.log_softmax, oracles.along(axes, seed=20), writes=True, once=True)
    ### END HIDDEN TESTS


test_log_softmax_along_any_axis()

# %% nbgrader={"grade": true, "grade_id": "test_log_softmax_of_large_scores", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_log_softmax_of_large_scores():
    """However far apart scores are, their distances stay; a score of -inf gives -inf."""
    rows = [[0.0, 1000.0], [-1000.0, -1000.0, -2000.0], [0.0, -np.inf], [0.0, 1e7]]
    rows += [[[0.0, -40.0], [-5000.0, -5003.0]], [[5000.0, 5000.0], [-np.inf, -3000.0]]]
    tt.check(log_softmax, oracles.log_softmax, oracles.of_scores(*rows), writes=True, once=True)
    ### BEGIN HIDDEN TESTS
    rows = [[[1e4, -1e4], [-1e4, -1e4]], [800.0, -np.inf, 800.0, 0.0], [4e6, -4e6]]
    tt.check(log_softmax, oracles.log_softmax, oracles.of_scores(*rows), writes=True, once=True)
    ### END HIDDEN TESTS


test_log_softmax_of_large_scores()

# %% nbgrader={"grade": true, "grade_id": "test_log_softmax_is_exact", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_log_softmax_is_exact():
    """Logarithms are right to the last digits, even of scores that fill all digits of a dtype."""
    given = oracles.far_out({np.float64: [[0.0, -1.0], [[1.0, 0.0], [0.0, 2.0]], [-20.0, -21.0]]})
    tt.check(log_softmax, oracles.log_softmax, given, rtol=1e-14, writes=True, once=True)
    huge = {np.float64: [(1e17, 1e17), (-1e30, -np.inf, -1e30), ((8e307, -8e307),)]}
    huge |= {np.float32: [(1e38, -2e38), (1e9, 0.0, 1e9)], np.float16: [(3e4, 3e4, -3e4)]}
    near_and_far = lambda p: [np.where(p > -1, p, 0), p]  # the small ones also by themselves
    got = lambda x: near_and_far(log_softmax(x))
    wanted = lambda x: near_and_far(oracles.log_softmax_of_huge(x))
    tt.check(got, wanted, oracles.far_out(huge), name="log_softmax", once=True)
    ### BEGIN HIDDEN TESTS
    given = oracles.far_out({np.float64: [[[2.0, 0.0, 1.0]], [-40.0, -41.5]]})
    tt.check(log_softmax, oracles.log_softmax, given, rtol=1e-14, writes=True, once=True)
    huge = {np.float64: [(-1e18, -1e18)], np.float32: [(-np.inf, -1e37), (5e9, 5e9)]}
    tt.check(got, wanted, oracles.far_out(huge), name="log_softmax", once=True)
    ### END HIDDEN TESTS


test_log_softmax_is_exact()

# %% nbgrader={"grade": true, "grade_id": "test_log_softmax_keeps_dtype_and_input", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_log_softmax_keeps_dtype_and_input():
    """A new array of the dtype of x, even of one score or no rows, and x stays as it is."""
    given = oracles.used_before(log_softmax, oracles.of_dtypes((2, 3), (4,), (3, 1, 2)))
    given += oracles.alone_and_without_rows(-5.0, 1000.0)
    tt.check(log_softmax, oracles.log_softmax, given, memory="fresh", returns="array")
    ### BEGIN HIDDEN TESTS
    given = [*oracles.of_dtypes((3, 2), seed=20), *oracles.alone_and_without_rows(-900.0, 7.0)]
    tt.check(log_softmax, oracles.log_softmax, given, memory="fresh", returns="array", once=True)
    ### END HIDDEN TESTS


test_log_softmax_keeps_dtype_and_input()

# %% [markdown]
r"""
Its slope takes the same two steps as that of softmax, and both are shorter. Differentiate your formula
for $\log p_c$ by $x_j$. Then collect over c with the incoming gradient: this time its sum stands alone,
unweighted. A probability remains, and the output tells you which, without a new overflow.
"""

# %% nbgrader={"grade": false, "grade_id": "log_softmax_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(log_softmax)
def log_softmax_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: int = -1
) -> np.ndarray:
    """The gradient of sum(grad * log_softmax(x, axis)) by x, for scores of any size.

    Args:
        grad: the incoming gradient, of the shape and dtype of x and of any sign, with numbers of
            any size whose squares the dtype can hold.
        output: log_softmax(x, axis).
        x: the scores, as log_softmax takes them: -inf and a batch without rows, too.
        axis: the axis of the softmax. It may be negative.

    Returns:
        A new array of the shape and dtype of x, also where nothing is subtracted; grad, output
        and x stay as they are.

    Example:
        >>> x = np.array([0.0, 0.0])
        >>> log_softmax_gradient(np.array([3.0, 1.0]), log_softmax(x), x)
        array([ 1., -1.])
    """
    ### BEGIN SOLUTION
    return grad - np.exp(output) * grad.sum(axis=axis, keepdims=True)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_log_softmax_gradient", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_log_softmax_gradient():
    """The rule agrees with the slope that is measured by moving each score a little."""
    given = oracles.halves((2, 2))
    tt.check_gradient(oracles.plain_log_softmax, log_softmax_gradient, given, memory="fresh")
    ### BEGIN HIDDEN TESTS
    given = oracles.halves((3,), seed=20)
    tt.check_gradient(oracles.plain_log_softmax, log_softmax_gradient, given, memory="fresh")
    ### END HIDDEN TESTS


test_log_softmax_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_log_softmax_gradient_of_any_axis_and_dtype", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_log_softmax_gradient_of_any_axis_and_dtype():
    """For every axis, any grad and scores of any size: a new array of the dtype; inputs stay."""
    kind, grad = oracles.log_softmax, tt.numbers((2, 3), seed=7)
    axes = {(3, 2, 4): (0, -2), (0, 3): (1,), (3, 1): (-1,)}
    given = oracles.rule_over_axes(kind, axes, seed=0)
    given += oracles.rule_inputs(kind, (2, 3), (4,), seed=0, dtypes=(np.float32, np.float64))
    far = [[900.0, 901.0, -900.0], [1.0, -np.inf, 0.0]]
    given += [oracles.rule_case(kind, g, far) for g in (grad, [[1.0, -1.0, 0.0]])]
    tt.check(log_softmax_gradient, oracles.log_softmax_gradient, given, memory="fresh")
    halves = [oracles.rule_case(kind, grad, tt.numbers((2, 3), np.float16))]
    tt.check(log_softmax_gradient, oracles.log_softmax_gradient, halves, rtol=0.1, once=True)
    ### BEGIN HIDDEN TESTS
    given = oracles.rule_over_axes(kind, {(2, 4, 3): (1,), (1,): (0,)}, seed=20)
    given += oracles.rule_inputs(kind, (3, 2), seed=20, dtypes=(np.float64,))
    far = np.float32([[-2000.0, -2001.0], [-np.inf, 3.0]])
    given += [oracles.rule_case(kind, g, far) for g in ([[2.0, 0.5]], [[3.0, -3.0]])]
    tt.check(log_softmax_gradient, oracles.log_softmax_gradient, given, memory="fresh", once=True)
    ### END HIDDEN TESTS


test_log_softmax_gradient_of_any_axis_and_dtype()

# %% [markdown]
r"""
## 2.7 Layers

Networks are built from *layers*: objects that are called with a tensor and return one. What every
layer can do is written once, in a base class, which is given. Some layers will hold numbers that are
learned (`parameters`), some hold other layers (`children`), and some behave differently while a network
is trained, so they know whether it is (`training`). Activations do none of this: they only define
`forward`.
"""

# %% jupyter={"source_hidden": true}
#| export
# How a layer finds what it holds, and takes it over from elsewhere: this need not be read
def as_input(x: Any, alone: bool) -> Any:
    """An input of a layer: arrays and lists as a Tensor, and a single number or tuple as well.

    An array is copied where something is recorded: nobody would notice if it changed later.
    """
    if isinstance(x, np.ndarray):
        return Tensor(x.copy() if recording.enabled and x.dtype.kind == "f" else x)
    if not isinstance(x, int | float | np.generic | list | tuple):
        return x
    has_tensors = isinstance(x, list | tuple) and any(
        not isinstance(part, int | float | list | tuple | np.generic) for part in x
    )
    return x if has_tensors or not (alone or isinstance(x, list)) else Tensor(x)


def held(layer: "Layer") -> Iterator[tuple[str, Any]]:
    """The parameters, layers and buffers that are attributes of a layer, with their names."""
    buffers = buffers_named(layer)
    for name in buffers:
        thing = getattr(layer, name)
        if isinstance(thing, np.number | np.bool_):  # as NumPy gives for an array without axes
            thing = np.array(thing)
            setattr(layer, name, thing)
        if not isinstance(thing, np.ndarray | Tensor):
            kind = type(thing).__name__
            raise TypeError(f"expected an array as buffer {name!r}, got a {kind}: use np.array()")
        yield name, thing.data if isinstance(thing, Tensor) else thing
    for name, thing in layer._parts():
        if name not in buffers:
            yield from found_in(name, thing)


def buffers_named(layer: "Layer") -> list[str]:
    """The names of a layer's buffers, those of the classes that it derives from among them."""
    found: dict[str, None] = {}
    for names in (*(vars(kind).get("buffers", ()) for kind in type(layer).__mro__), layer.buffers):
        if isinstance(names, str):
            raise TypeError(f"expected buffers to be a tuple, got {names!r}: write a comma")
        found |= dict.fromkeys(names)
    return list(found)


def found_in(name: str, thing: Any) -> Iterator[tuple[str, Any]]:
    """The parameters and layers in an attribute: itself, or those in a list, tuple or dict."""
    if isinstance(thing, Layer):
        yield name, thing
    elif isinstance(thing, Tensor):
        if thing.is_parameter or (thing.requires_grad and thing.origin is None):
            thing.is_parameter = True  # from now on, also while it is frozen
            yield name, thing
    elif isinstance(thing, Mapping | Sequence) and not isinstance(thing, str | bytes):
        parts = thing.items() if isinstance(thing, Mapping) else enumerate(thing)
        for key, part in parts:
            yield from found_in(f"{name}.{key}", part)
    elif isinstance(thing, Set) and any(True for part in thing for _ in found_in("", part)):
        message = f"expected layers and parameters in a list or dict, got a set as {name}: a set"
        raise TypeError(f"{message} has no order, so that nothing in it has a name")


def named(layer: "Layer", start: str = "", seen: set | None = None) -> Iterator[tuple[str, Any]]:
    """Every parameter and buffer of a layer and of all inside it, once, with its name."""
    seen = {id(layer)} if seen is None else seen
    things = list(held(layer))
    known = {id(thing) for _, thing in things}
    things += [(str(n), c) for n, c in enumerate(layer.children()) if id(c) not in known]
    for name, thing in things:
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, Layer):
            yield from named(thing, f"{start}{name}.", seen)
        else:
            yield start + name, thing


def inside(layer: "Layer") -> "list[Layer]":
    """The layers directly inside a layer, whichever way they are found."""
    return [*layer.children(), *(x for _, x in held(layer) if isinstance(x, Layer))]


def layers_of(layer: "Layer", found: "dict[int, Layer] | None" = None) -> "list[Layer]":
    """A layer and all inside it, each once, and those outside before those inside."""
    found = {} if found is None else found
    if id(layer) not in found:
        found[id(layer)] = layer
        for child in inside(layer):
            layers_of(child, found)
    return list(found.values())


def numbers_of(thing: Any) -> np.ndarray:
    """The array of a parameter or buffer."""
    return thing.data if isinstance(thing, Tensor) else np.asarray(thing)


def set_mode(layer: "Layer", mode: bool, seen: set[int]) -> None:
    """Switch a layer and all inside it; one that has a `train` of its own goes its own way."""
    layer.training = mode
    for child in inside(layer):
        if id(child) not in seen:
            seen.add(id(child))
            if type(child).train is Layer.train:
                set_mode(child, mode, seen)
            else:
                child.train(mode)


def refuse_own_states(layers: "Iterable[Layer]") -> None:
    """Refuse layers with a `state_dict` of their own where nobody would ask it."""
    for layer in layers:
        if type(layer).state_dict is not Named.state_dict:
            kind = type(layer).__name__
            message = f"expected parameters and buffers as the state of {kind}, got a state_dict of"
            raise TypeError(f"{message} its own, which is not asked here: name arrays in `buffers`")


def load_numbers(layer: "Layer", state: Mapping[str, Any], strict: bool) -> tuple[list, list]:
    """Write the numbers of a state into the parameters and buffers of a layer, all or none.

    Args:
        layer: has the names and shapes of the one whose `state_dict` it was. Dtypes may differ.
        state: arrays by name.
        strict: whether names that are missing, or too many, are an error. That none fits, is
            one in any case.

    Returns:
        The names that were missing, and those that were too many.

    Raises:
        ValueError: names or shapes do not fit. Nothing was changed then.
    """
    own = dict(named(layer))
    missing, extra = sorted(own.keys() - state.keys()), sorted(state.keys() - own.keys())
    if (strict and (missing or extra)) or (state and own and len(missing) == len(own)):
        raise ValueError(
            f"expected the names of this model: missing are {missing or 'none'}, too many are "
            f"{extra or 'none'}; build the same model, or pass strict=False to load what fits"
        )
    arrays = {name: numbers_of(state[name]) for name in own if name in state}
    for name, array in arrays.items():
        numbers = numbers_of(own[name])
        if array.shape != numbers.shape or not np.can_cast(array.dtype, numbers.dtype, "same_kind"):
            raise ValueError(
                f"expected {name} of shape {numbers.shape} and {numbers.dtype}, got {array.shape} "
                f"and {array.dtype}: build the same model"
            )
    for name, array in arrays.items():
        numbers = numbers_of(own[name])
        numbers[...] = array
        note_change(numbers)
    return missing, extra


class Named:
    """What a layer can do with its parameters by their names, and with all of them at once."""

    def _parts(self: Any) -> Iterable[tuple[str, Any]]:
        """Where to look for parameters and layers: all attributes, by name."""
        slots = [name for kind in type(self).__mro__ for name in getattr(kind, "__slots__", ())]
        inside = {name: getattr(self, name) for name in slots if hasattr(self, name)}
        return (inside | vars(self)).items()

    def freeze(self: Any, frozen: bool = True) -> "Any":
        """Let the parameters ask for no gradient any more, or again with frozen=False."""
        for parameter in self.parameters():
            parameter.requires_grad = not frozen
        return self

    def named_parameters(self: Any) -> list[tuple[str, Tensor]]:
        """The parameters with their names: the way to each by attributes, as `encoder.0.weight`."""
        return [(name, thing) for name, thing in named(self) if isinstance(thing, Tensor)]

    def zero_grad(self: Any) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def state_dict(self: Any) -> dict[str, np.ndarray]:
        """Copies of all parameters and buffers, by name."""
        found: dict[str, np.ndarray] = {}
        refuse_own_states(layers_of(self)[1:])
        for name, thing in named(self):
            if name in found:
                raise ValueError(f"expected names that differ, got {name!r} twice: rename one")
            found[name] = numbers_of(thing).copy()
        return found

    def load_state_dict(
        self: Any, state: Mapping[str, Any], strict: bool = True
    ) -> tuple[list[str], list[str]]:
        """Take over what `state_dict` returned; see `load_numbers`."""
        refuse_own_states(layers_of(self)[1:])
        return load_numbers(self, state, strict)

    def __setattr__(self: Any, name: str, value: Any) -> None:
        before = vars(self).get(name) if hasattr(self, "__dict__") else None
        if isinstance(before, Tensor) and before.is_parameter and value is not None and not (
            isinstance(value, Tensor) and (value.is_parameter or value.requires_grad)
        ):
            kind = "Tensor that asks for no gradient" if isinstance(value, Tensor) else (
                type(value).__name__
            )
            raise TypeError(
                f"expected a parameter as {name!r}, got a {kind}, which would not be learned: "
                f"write layer.{name}[...] = value within no_grad()"
            )
        if callable(getattr(Layer, name, None)) and not callable(value):
            message = f"{name!r} is a method of every layer, got a {type(value).__name__} for it"
            raise TypeError(f"{message}: choose another name")
        super().__setattr__(name, value)

# %%
#| export
class Layer(Named):
    """What every layer is: something that is called with tensors and gives one.

    A layer of your own needs `__init__` and `forward`. What it holds is found: an attribute that
    is a Tensor made with requires_grad=True is a parameter, one that is a Layer is a child, also
    in a list, tuple or dict. Arrays that change while it is used and are to be saved with it are
    named in `buffers`, beside those of the class that it derives from.
    """

    training = True  # a layer begins in training mode
    buffers: tuple[str, ...] = ()

    def forward(self, *inputs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no forward(self, x): write one")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        for name in options:
            if isinstance(options[name], np.ndarray):
                options[name] = as_input(options[name], False)
        output = self.forward(*(as_input(x, len(inputs) == 1) for x in inputs), **options)
        if output is None:
            raise TypeError(f"expected a Tensor, got None: let {self}.forward return its result")
        return output

    def children(self) -> "Sequence[Layer]":
        """The layers directly inside this one."""
        return [thing for _, thing in held(self) if isinstance(thing, Layer)]

    def parameters(self) -> list[Tensor]:
        """The tensors to be learned, each once, even where layers share one; frozen ones too."""
        found: dict[int, Tensor] = {}
        for layer in layers_of(self):
            has_own_way = layer is not self and type(layer).parameters is not Layer.parameters
            own = layer.parameters() if has_own_way else [x for _, x in held(layer)]
            found |= {id(x): x for x in own if isinstance(x, Tensor)}
        return list(found.values())

    def train(self, mode: bool = True) -> "Layer":
        """Switch this layer and all inside it to training mode, or out of it."""
        set_mode(self, mode, {id(self)})
        return self

    def eval(self) -> "Layer":
        """Switch to evaluation mode: the network is used, not trained."""
        return self.train(False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

# %% [markdown]
r"""
Here are the layers of your functions, two to read and three folded. `@operation`, which stands above each
of your functions, lets it take a tensor as well: then it goes through the door, so that the origin of a
result names your function, and your rule can be found. Who calls `relu(x.data)` instead goes round the
door: the numbers are right, and no gradient will ever come back.
"""

# %%
#| export
class ReLU(Layer):
    """relu as a layer."""

    def forward(self, x: Tensor) -> Tensor:
        return relu(x)


class Softmax(Layer):
    """softmax along one axis as a layer."""

    def __init__(self, axis: int = -1):
        if not isinstance(axis, int | np.integer):
            raise TypeError(f"expected an axis, got {axis!r}: call the layer, as in Softmax()(x)")
        self.axis = axis

    def forward(self, x: Tensor) -> Tensor:
        return softmax(x, axis=self.axis)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(axis={self.axis})"

# %% jupyter={"source_hidden": true}
#| export
# Sigmoid, Tanh and LogSoftmax, the same for the other three functions
class Sigmoid(Layer):
    """sigmoid as a layer."""

    def forward(self, x: Tensor) -> Tensor:
        return sigmoid(x)


class Tanh(Layer):
    """tanh as a layer."""

    def forward(self, x: Tensor) -> Tensor:
        return tanh(x)


class LogSoftmax(Softmax):
    """log_softmax along one axis as a layer."""

    def forward(self, x: Tensor) -> Tensor:
        return log_softmax(x, axis=self.axis)

# %%
y = ReLU()(Tensor([-1.0, 2.0], requires_grad=True))
print(y, "made by", y.origin.function.__name__)

# %% [markdown]
r"""
One is still missing: a softmax with a temperature, as in 2.4. What has to go through the door, and in
which order?
"""

# %% nbgrader={"grade": false, "grade_id": "temperature", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Temperature(Layer):
    """softmax of x / temperature along one axis, as a layer.

    Args:
        temperature: a Python number above 0, from 1e-100 to 1e100. (What comes out where the
            dtype of x can't hold it, or can't hold x / temperature, is left open, and so is what
            a NumPy number does to the dtype.)
        axis: the axis along which the shares add up to 1.

    Attributes:
        temperature, axis: as they were given. If they are changed later, the next call goes by
            the new ones. (What a later change to 0 or below gives is left open.)

    Raises:
        ValueError: at once, if the temperature that was given is 0 or below.

    `forward` gives a new Tensor of the shape and dtype of x, and leaves x as it is, for scores of
    any size. It does the same in both modes, and stays in the mode it is in. All its steps go
    through the door, each as a call of a function with a rule: `softmax` and `log_softmax` have
    yours; the signs of Tensor, its sum and max, `np.exp` and `np.log` get theirs in lesson 6.
    (A shift that changes no share may be worked out beside it.)

    Example:
        >>> Temperature(0.001)(Tensor([1, 2, 3]))
        Tensor([0., 0., 1.])
    """

    def __init__(self, temperature: float = 1.0, axis: int = -1):
        ### BEGIN SOLUTION
        if not temperature > 0:  # nan ends here too
            raise ValueError(f"expected a temperature above 0, got {temperature}: 1 is neutral")
        self.temperature, self.axis = temperature, axis
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        return apply(softmax, x / self.temperature, axis=self.axis)
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_temperature", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_temperature():
    """The layer gives the softmax of x / temperature along its axis, of Tensors and of arrays."""
    how = [{}, {"axis": -2}, {"temperature": 0.5, "axis": 0}, {"temperature": 4, "axis": 1}]
    cases = oracles.with_options(how, tt.numbers((2, 3)), tt.numbers((2, 3, 4), np.float32))
    called = lambda x, **how: Temperature(**how)(x)
    rest = {"name": "Temperature", "once": True}
    tt.check(called, oracles.temperature, cases[2:3], **rest)
    asking = lambda x: Tensor(x, requires_grad=True)
    tt.check(called, oracles.temperature, cases, wrap=asking, memory="fresh", **rest)
    ### BEGIN HIDDEN TESTS
    how = [{"temperature": 0.75, "axis": 0}, {"axis": 1}]
    given = [tt.numbers((3, 2, 2), seed=110), tt.numbers((4, 3), np.float32, seed=111)]
    cases = oracles.with_options(how, *given)
    tt.check(called, oracles.temperature, cases, wrap=Tensor, memory="fresh", **rest)
    ### END HIDDEN TESTS


test_temperature()

# %% nbgrader={"grade": true, "grade_id": "test_temperature_takes_all_above_zero", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_temperature_takes_all_above_zero():
    """Any temperature above 0 does, for scores of any size; 0 or below is a ValueError at once."""
    cases = oracles.of_temperatures(1e-9, 1e-3, 1e9)
    cases += [tt.case(np.array([[[0.0, 1.0]], [[-3000.0, -3003.0]]]), temperature=2.0)]
    cases += oracles.with_options([{"temperature": 0.5}], np.float32([[200, 197], [203, 203]]))
    cases += [tt.case(np.float32([[3e38, -3e38, 2e38]]), temperature=1e38)]
    called = lambda x, **how: Temperature(**how)(x)
    tt.check(called, oracles.temperature, cases, name="Temperature", wrap=Tensor, once=True)
    taken = [*map(tt.case, (0.5, 3, 1e-6, 1e-100, 1e100)), tt.case(), tt.case(2.0, axis=0)]
    refused = [*map(tt.case, (0.0, 0, -2, -1e-12, -1e9)), tt.case(axis=0, temperature=-1.0)]
    tt.check_raises(ValueError, Temperature, refused, but=taken)
    ### BEGIN HIDDEN TESTS
    cases = oracles.of_temperatures(1e-12, 400, seed=112)
    cases += oracles.with_options([{"temperature": 0.5}], np.float32([[-300, -302], [-301, -300]]))
    cases += [tt.case(np.array([1.5e308, -1.5e308, 1e308]), temperature=1e308)]
    tt.check(called, oracles.temperature, cases, name="Temperature", wrap=Tensor, once=True)
    taken = [*map(tt.case, (2, 1e-9, 0.99, 10**6)), tt.case(axis=1, temperature=0.1)]
    refused = [*map(tt.case, (-0.0, -3, -1e-9, -1e300)), tt.case(-2.0, axis=-2)]
    tt.check_raises(ValueError, Temperature, refused, but=taken)
    ### END HIDDEN TESTS


test_temperature_takes_all_above_zero()

# %% nbgrader={"grade": true, "grade_id": "test_temperature_goes_through_the_door", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_temperature_goes_through_the_door():
    """The record leads back to x by functions that have rules, and holds the same numbers."""
    calls = {T: Temperature(T, axis=0) for T in (0.5, 3.0)}
    called, data = lambda x, T: calls[T](x), lambda x, T: calls[T](x).data
    cases = oracles.with_options([{"T": T} for T in calls], *oracles.of_two_dtypes((2, 3)))
    rules = oracles.with_rules(softmax, log_softmax)
    tt.check(called, data, cases, name="Temperature", wrap=Tensor, door=rules, once=True)
    again = lambda x, T: oracles.made_again(calls[T](Tensor(x, requires_grad=True)))
    tt.check(again, data, cases, name="the record of Temperature", once=True)
    leads = lambda: oracles.leads_back(calls[3.0], Tensor([1.0, 2.0], requires_grad=True))
    tt.expect(leads, True, "that the record ends at the Tensor that went in, not at a copy,")
    ### BEGIN HIDDEN TESTS
    calls = {T: Temperature(T, axis=-1) for T in (1.0, 2)}
    cases = oracles.with_options([{"T": T} for T in calls], *oracles.of_two_dtypes((3, 2)))
    tt.check(called, data, cases, name="Temperature", wrap=Tensor, door=rules, once=True)
    tt.check(again, data, cases, name="the record of Temperature", once=True)
    ### END HIDDEN TESTS


test_temperature_goes_through_the_door()

# %% nbgrader={"grade": true, "grade_id": "test_temperature_is_each_layers_own", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_temperature_is_each_layers_own():
    """Each layer keeps its own attributes, a change of them counts, and both modes are alike."""
    layers = {"soft": Temperature(4.0), "hard": Temperature(0.25, axis=0), "third": Temperature()}
    oracles.call_and_change(layers["third"], temperature=0.5, axis=0)
    set_to = {"soft": (4.0, -1), "hard": (0.25, 0), "third": (0.5, 0)}  # temperature and axis
    called = lambda x, name, mode: layers[name].train(mode)(x)
    wanted = lambda x, name, mode: oracles.temperature(x, *set_to[name])
    tt.check(called, wanted, oracles.in_both_modes(layers), name="Temperature", once=True)
    given = lambda: {key: (each.temperature, each.axis) for key, each in layers.items()}
    tt.expect(given, set_to, "the attributes of the layers")
    modes = lambda: oracles.modes_after_calls(layers["soft"])
    tt.expect(modes, [True, False], "the mode after a call in either mode")
    ### BEGIN HIDDEN TESTS
    layers["soft"].temperature, layers["hard"].axis, layers["third"].axis = 2.0, 1, -1
    set_to = {"soft": (2.0, -1), "hard": (0.25, 1), "third": (0.5, -1)}
    tt.check(called, wanted, oracles.in_both_modes(layers, seed=3)[1::2], name="Temperature", once=True)
    ### END HIDDEN TESTS


test_temperature_is_each_layers_own()

# %% [markdown]
r"""
## 2.8 How sure is the digit classifier?

In lesson 1 you gave an image the digit whose mean image is nearest. Suppose that the pixels of a digit
scatter around its mean, all with the same variance $s^2$. Then the logarithm of how well digit c
explains an image is, up to a constant, $-\lVert x - m_c \rVert^2 / 2s^2$: these are the logits, and
softmax turns them into probabilities.

The logits are made in a folded cell. Before you run the one below it: nearly nine in ten of the new
images are named rightly. How sure should it be, then?
"""

# %% jupyter={"source_hidden": true}
# The logits of all images: distances from the means of 900, over twice the variance
from tinytorch.data import load_digits

digits = load_digits()
train, check, test = slice(0, 900), slice(900, 1200), slice(1200, None)
x, labels = Tensor(digits.data.astype(np.float32)), digits.target
means = Tensor(np.stack([x[train][labels[train] == d].mean(axis=0).data for d in range(10)]))
spread = x[train] - means[labels[train]]  # (900, 64): each image minus its digit's mean
variance = (spread * spread).mean().item()
squares = (x * x).sum(axis=1, keepdims=True) - 2 * (x @ means.T) + (means * means).sum(axis=1)
logits = squares / (-2 * variance)  # (1797, 10)

# %%
def how_sure(which, temperature):
    """Which of these images are named rightly, and the probability of each one's winner."""
    shares = Temperature(temperature, axis=1)(logits[which]).data
    return shares.argmax(axis=1) == labels[which], shares.max(axis=1)


right, surest = how_sure(test, 1.0)
print(f"right {right.mean():.1%}, while its mean probability is {surest.mean():.1%}")
print(f"above 99 % sure: {(surest > 0.99).mean():.0%} of the images,",
      f"and {(~right[surest > 0.99]).sum()} of those are wrong")

# %% [markdown]
r"""
It is surer than it has a right to be. It takes the 64 pixels for 64 independent witnesses, while
neighbours see nearly the same. A temperature above 1 makes it more modest, and changes no winner. Which
one? The 300 images set aside as `check` can tell: they made none of the means.
"""

# %% jupyter={"source_hidden": true}
# Finds the temperature at which it is as sure as right on the 300 set aside, and tries it on `test`
temperatures = np.linspace(1, 10, 19)
sure = np.array([how_sure(check, T)[1].mean() for T in temperatures])
share = how_sure(check, 1.0)[0].mean()
best = temperatures[np.abs(sure - share).argmin()]
figure, axis = figures.subplots(height=2.8)
axis.plot(temperatures, sure, color=figures.BLUE, label="mean probability of the winner")
axis.axhline(share, color=figures.RED, linestyle="--", label="share that is right")
axis.set(xlabel="temperature", ylabel="on 300 images set aside")
axis.set_title(f"At a temperature of {best:g} it is as sure as it is right")
axis.legend()
figures.show(figure, alt="With the temperature the mean probability falls, to the share of right.")

right, surest = how_sure(test, best)
print(f"new images at T = {best:g}: right {right.mean():.1%}, mean probability {surest.mean():.1%}")
print(f"above 99 % sure: {(surest > 0.99).mean():.0%} of the images,",
      f"and {(~right[surest > 0.99]).sum()} of those are wrong")

# %% [markdown]
r"""
On images that neither the means nor the temperature have seen it is still a little too sure, but what it
claims and what is true now lie far closer. Last, the new images it is least sure of: what would you
have said?
"""

# %%
shares = Temperature(best, axis=1)(logits[test]).data
unsure = (np.sort(shares)[:, -1] - np.sort(shares)[:, -2]).argsort()[:8]
figure, axes = figures.subplots(1, 8, height=1.9)
for index, axis in zip(unsure, axes, strict=True):
    axis.imshow(x[test][index].reshape(8, 8).data, cmap="Greys")
    first, second = shares[index].argsort()[::-1][:2]
    title = f"{first}: {shares[index, first]:.0%}\n{second}: {shares[index, second]:.0%}"
    axis.set(title=title, xlabel=f"a {labels[test][index]}", xticks=[], yticks=[])
figure.suptitle("The least sure: two digits with nearly the same probability", fontsize="medium")
figures.show(figure, alt="Eight images, with the two likeliest digits above, the label below.")

# %% [markdown]
r"""
Probabilities say more than the nearest digit did: these are the images that one would hand to a person.

## 2.9 Question: what does an activation cost?

The next cell measures, on your machine, what a few operations on `x` of shape `(1024, 1024)` take.
"""

# %%
x = np.random.default_rng(0).random((1024, 1024), np.float32)
for name, work in (("copy", x.copy), ("relu", lambda: relu(x)), ("sigmoid", lambda: sigmoid(x)),
                   ("softmax", lambda: softmax(x))):
    seconds = min(timeit.repeat(work, number=1, repeat=2))
    print(f"{name:8}{1000 * seconds:8.2f} ms")

# %% [markdown] nbgrader={"grade": false, "grade_id": "passes_over_memory_prompt", "locked": true, "schema_version": 3, "solution": false, "task": false}
r"""
Count, measure, and explain. A megabyte is $10^6$ bytes, and a *pass* reads or writes the whole array
once; the small arrays of one number a row don't count.

1. How many megabytes is `x`?
2. How many passes does a softmax make that takes the maximum, subtracts it, exponentiates, sums and
   divides as five NumPy calls? Say which read and which write.
3. How long do these passes take at least on a machine that moves 10 gigabytes a second?
4. Compare your measured softmax with the measured copy. What besides moving memory costs time?
5. Rules need what `apply` records. Which array must be kept for the gradient of sigmoid, and how much of
   it would do for the gradient of relu?
"""

# %% [markdown] nbgrader={"grade": true, "grade_id": "passes_over_memory", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
r"""
### BEGIN SOLUTION
1. 1024 x 1024 = 1.05 million elements of 4 bytes: 4.2 MB.
2. The maximum reads once; subtracting reads and writes; the exponential reads and writes; the sum
   reads; dividing reads and writes. That is 5 passes reading and 3 writing, 8 in all.
3. 8 x 4.2 MB = 34 MB, at 10 GB/s 3.4 ms.
4. A copy makes 2 passes, so memory alone would make softmax about 4 times as slow. One machine measured
   23 times (4.2 ms against 0.18 ms): the exponential and the division take arithmetic, each row's maximum
   and sum is a small loop of its own, and fresh memory must be handed out page by page.
5. For sigmoid its output (or x, from which the output can be made again), all 4.2 MB. For relu a yes or
   no for each element would do: 1 MB as booleans, 0.13 MB as bits.

Rubric, one point each:
- about 4.2 MB
- 5 reading and 3 writing passes, 8 in all (accept 9 or 10 if temporary arrays are argued for)
- the number of passes times the size over 10 GB/s, here 3.4 ms
- both measured times are stated and set in relation to 2 and 8 passes, with a cause of the difference
- sigmoid needs its output (or its input), 4.2 MB
- relu needs only whether each element is positive: a byte or a bit for each
### END SOLUTION
"""

# %% [markdown]
r"""
## 2.10 Summary

Without a bend between them linear layers collapse into one; relu bends and lets the gradient through,
sigmoid and tanh squeeze and saturate. Softmax turns scores into probabilities and does not notice a shift
of all scores, which is why subtracting the maximum mends its overflow, and log-softmax takes the logarithm
on paper before any number gets too small. Each function came with a rule for its slope, written with its
output alone, and as a layer each goes through the door.
"""

# %%
tt.summary()

# %%
# Save first (Ctrl+S): this checks the saved notebook as grading does, and exports your own module.
tt.export()
