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

# %%
#| export
from typing import Any

import numpy as np

from tinytorch.core.tensor import Tensor, apply, gradient_of

# %%
import timeit

from tinytorch import figures
from tinytorch.testing import assert_close, assert_equal, assert_unchanged, check_gradient

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

A single bend ends that. Look at what $\max(\cdot, 0)$ does with the difference of the two inputs.
"""

# %%
difference = corners[:, 0] - corners[:, 1]
bent = np.maximum(difference, 0) + np.maximum(-difference, 0)
print("two bends, added    ", bent)

# %% [markdown]
r"""
Two bends answer exactly what five hundred linear units could not.

## 2.2 The bend: relu

The function $\max(x, 0)$ has a name, *rectified linear unit*, `relu` for short. It passes what is
positive and stops what is negative. Functions such as this one stand behind the door: they take
plain arrays and return plain arrays.
"""

# %% nbgrader={"grade": false, "grade_id": "relu", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    zeros = np.zeros(x.shape[-1:], x.dtype)  # NumPy compares with a row sooner than with a number
    return np.maximum(x, zeros)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_relu", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_relu():
    """Positive numbers pass, all others become 0."""
    x = np.array([[-2.0, -0.5, 0.0], [0.25, 3.0, 100.0]])
    suspects = {
        "If you took the absolute value, negative numbers come back positive.": np.abs(x),
        "If you took the largest of all elements, compare each one with 0 instead.": np.float64(100.0),
        "If you kept the smaller of x and 0, it is the negative part that passes.": np.minimum(x, 0),
        "If negative numbers keep a small slope, that is another function, the leaky relu.":
            np.where(x > 0, x, 0.01 * x),
        "If you cut off above as well, large numbers are lost.": np.clip(x, 0, 1),
    }
    expected = np.array([[0.0, 0.0, 0.0], [0.25, 3.0, 100.0]])
    assert_close(relu(x), expected, suspects=suspects, name="relu(x)")
    ### BEGIN HIDDEN TESTS
    x = np.array([[[-1000.0, 7.0]], [[2.0, -1e-3]], [[1000.0, -7.0]]])
    assert_close(relu(x), np.array([[[0.0, 7.0]], [[2.0, 0.0]], [[1000.0, 0.0]]]), name="relu(x)")
    assert_close(relu(np.array(-3.0)), np.array(0.0), "If x has no axes, it is still one number.")
    ### END HIDDEN TESTS


test_relu()

# %% nbgrader={"grade": true, "grade_id": "test_relu_keeps_dtype_and_input", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_relu_keeps_dtype_and_input():
    """float32 stays float32, and x is not written to."""
    x = np.array([-1.0, 2.0, -3.0], np.float32)
    hint = "If you wrote the zeros into x, whoever owns x loses their numbers."
    result = assert_unchanged(relu, x, hint=hint)
    hint = "If you compare with an array of zeros, its float64 widens the result: use the number 0."
    assert_close(result, [0.0, 2.0, 0.0], hint, dtype=np.float32, name="relu of float32")
    ### BEGIN HIDDEN TESTS
    double = np.array([[1e-12, -5.0]])
    result = assert_unchanged(relu, double)
    assert_close(result, np.array([[1e-12, 0.0]]), "If you cast, digits go.", dtype=np.float64)
    ### END HIDDEN TESTS


test_relu_keeps_dtype_and_input()

# %% [markdown]
r"""
Now its slope: 1 where x is positive and 0 where it is negative. At 0 the curve has a corner and
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
    ### BEGIN SOLUTION
    return grad * (output > 0)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_relu_gradient", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_relu_gradient():
    """The rule agrees with the slope that is measured, and leaves its inputs alone."""
    x = np.array([[-2.0, -0.5, 1.5], [0.25, 3.0, -4.0]])
    suspects = {
        "If you return the slope alone, the incoming gradient is lost: multiply by grad.":
            lambda grad, output, x: 1.0 * (x > 0),
        "If you multiply by the output, that is relu again and not its slope.":
            lambda grad, output, x: grad * output,
        "If everything passes, you asked for output >= 0, which always holds.":
            lambda grad, output, x: grad,
        "If negative inputs give -grad, the slope there is 0, not -1.":
            lambda grad, output, x: grad * np.sign(x),
    }
    check_gradient(relu, relu_gradient, x, suspects=suspects)
    hint = "If you wrote the zeros into grad, the next rule that needs it gets a wrong one."
    result = assert_unchanged(relu_gradient, np.float32([-1.0, 3.0]), np.float32([2.0, 0.0]),
                              np.float32([2.0, -1.0]), hint=hint)
    hint = "If you choose by the sign of grad, a negative gradient is stopped; choose by x."
    assert_close(result, [-1.0, 0.0], hint, dtype=np.float32, name="for grad = [-1, 3], x = [2, -1]")
    ### BEGIN HIDDEN TESTS
    x = np.random.default_rng(3).standard_normal((2, 3, 4))
    check_gradient(relu, relu_gradient, x, suspects=suspects)
    ### END HIDDEN TESTS


test_relu_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_relu_gradient_at_zero", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_relu_gradient_at_zero():
    """At the corner the slope is taken to be 0."""
    x = np.array([0.0, 1.0])
    hint = "If the corner lets the gradient pass, in whole or in half, choose 0 there, as PyTorch does."
    assert_close(relu_gradient(np.array([5.0, 5.0]), relu(x), x), np.array([0.0, 5.0]), hint)
    ### BEGIN HIDDEN TESTS
    x = np.array([[0.0, -0.0], [2.0, 0.0]])
    grad = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert_close(relu_gradient(grad, relu(x), x), np.array([[0.0, 0.0], [3.0, 0.0]]), hint)
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
divides infinity by infinity and gets `nan`, not a number. Each form is good on one side. What never
overflows is $e^{-|x|}$, for it is at most 1. Divide numerator and denominator by the larger of 1
and $e^x$, and only that power is left.

An overflow also makes NumPy print a warning. nbgrader takes *any* text on the error stream as a
failed test, so stable code is worth points twice.
"""

# %% nbgrader={"grade": false, "grade_id": "sigmoid", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    small = np.exp(-np.abs(x))  # at most 1, so that nothing overflows
    return np.maximum(small, x >= 0) / (1 + small)  # above: 1 where x >= 0, else small
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_sigmoid", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_sigmoid():
    """Values worked out by hand: odds of 1, 3 and 9 to one, either way."""
    x = np.log(np.array([[1.0, 3.0, 9.0], [1.0, 1 / 3, 1 / 9]]))
    expected = np.array([[0.5, 0.75, 0.9], [0.5, 0.25, 0.1]])
    suspects = {
        "If the curve falls, the sign in the exponent is missing.": 1 - expected,
        "If the values go from -1 to 1, that is tanh of half of x.": 2 * expected - 1,
        "If both signs give the same, |x| also stands where x has to.": np.maximum(expected, 1 - expected),
    }
    assert_close(sigmoid(x), expected, suspects=suspects, name="sigmoid(log(odds))")
    ### BEGIN HIDDEN TESTS
    x = np.random.default_rng(4).normal(0, 3, (2, 3, 4))
    slow = np.array([1 / (1 + np.exp(-v)) for v in x.ravel()]).reshape(x.shape)
    assert_close(sigmoid(x), slow, "If a stack fails, think of any number of axes.")
    assert_close(sigmoid(np.array(0.0)), np.array(0.5), "If x has no axes, it is still one number.")
    ### END HIDDEN TESTS


test_sigmoid()

# %% nbgrader={"grade": true, "grade_id": "test_sigmoid_of_extremes", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_sigmoid_of_extremes():
    """Large numbers of either sign give what they should, in every precision."""
    with np.errstate(all="ignore"):  # the values decide
        large = sigmoid(np.array([[1000.0, -1000.0, 0.0]], np.float32))
        small = sigmoid(np.array([-20.0], np.float32))
        half = sigmoid(np.array([-12.0, -11.5], np.float16))
    suspects = {
        "If you clip x, all numbers beyond the clip become equal: no clip is needed.":
            1 / (1 + np.exp(np.array([10.0], np.float32))),
        "If you add 1 and tanh of half of x, they cancel, and the small result is lost.":
            np.array([0.0], np.float32),
    }
    assert_close(small, np.array([2.0611537e-09], np.float32), suspects=suspects, name="sigmoid(-20)")
    hint = "If you divide e^x by 1 + e^x, both are infinite for a large x: use exp(-|x|)."
    assert_close(large, [[1.0, 0.0, 0.5]], hint, name="sigmoid([1000, -1000, 0])")
    hint = "If you take exp(-x) of a negative x, it overflows: exp(-|x|) never does."
    assert_close(half, np.float16([6.14e-06, 1.013e-05]), hint, name="sigmoid([-12, -11.5]) in float16")
    ### BEGIN HIDDEN TESTS
    x = np.array([-700.0])
    assert_close(sigmoid(x), np.exp(x), "If exp(700) enters anywhere, it leaves as inf.", name="sigmoid(-700)")
    with np.errstate(over="ignore", invalid="ignore"):
        assert_close(sigmoid(np.float32([-1e30, 1e30])), [0.0, 1.0], hint, name="sigmoid(±1e30)")
    ### END HIDDEN TESTS


test_sigmoid_of_extremes()

# %% nbgrader={"grade": true, "grade_id": "test_sigmoid_keeps_dtype_and_input", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_sigmoid_keeps_dtype_and_input():
    """float32 stays float32, and x is not written to."""
    x = np.array([[-3.0, 0.0], [2.0, -600.0]], np.float32)
    hint = "If you negate or clip x in place, whoever owns x loses their numbers."
    with np.errstate(all="ignore"):
        result = assert_unchanged(sigmoid, x, hint=hint)
    hint = "If you collect the result in np.zeros(x.shape), it is float64: take the dtype of x."
    expected = np.array([[0.04742587, 0.5], [0.880797, 0.0]])
    assert_close(result, expected, hint, dtype=np.float32, name="sigmoid of float32")
    ### BEGIN HIDDEN TESTS
    assert_close(sigmoid(np.array([1e-10])), np.array([0.500000000025]), dtype=np.float64)
    ### END HIDDEN TESTS


test_sigmoid_keeps_dtype_and_input()

# %% [markdown]
r"""
For the slope write $\sigma = (1 + e^{-x})^{-1}$ and apply the chain rule:

$$ \sigma'(x) = \frac{e^{-x}}{(1 + e^{-x})^2} = \sigma(x) \cdot \frac{e^{-x}}{1 + e^{-x}}
   = \sigma(x)\,\bigl(1 - \sigma(x)\bigr) $$

The output says everything: no further exponential is needed, and x itself need not be kept.
"""

# %% nbgrader={"grade": false, "grade_id": "sigmoid_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    return (1 - output) * output * grad
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_sigmoid_gradient", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_sigmoid_gradient():
    """The rule agrees with the slope that is measured, and is 0 far out on either side."""
    x = np.array([[-2.0, -0.5, 1.5], [0.25, 3.0, -4.0]])
    suspects = {
        "If you return the slope alone, the incoming gradient is lost: multiply by grad.":
            lambda grad, output, x: output * (1 - output),
        "If you stop after one factor, (1 - output) is missing.": lambda grad, output, x: grad * output,
        "If you put x into the formula, it asks for the output there.":
            lambda grad, output, x: grad * x * (1 - x),
        "If you take the sigmoid of output, it is squeezed twice: output is sigmoid(x) already.":
            lambda grad, output, x: grad * sigmoid(output) * (1 - sigmoid(output)),
        "If the slope is negative, the two terms of the difference changed places.":
            lambda grad, output, x: grad * output * (output - 1),
        "If you use 1 - output**2, that is the slope of tanh.":
            lambda grad, output, x: grad * (1 - output**2),
    }
    check_gradient(sigmoid, sigmoid_gradient, x, suspects=suspects)
    far = np.array([-1000.0, 1000.0])
    with np.errstate(all="ignore"):
        got = sigmoid_gradient(np.array([1.0, 1.0]), np.array([0.0, 1.0]), far)
    hint = "If you compute with exp(-x) once more, it overflows once more; the output is enough."
    assert_close(got, np.array([0.0, 0.0]), hint, name="the gradient at ±1000")
    ### BEGIN HIDDEN TESTS
    check_gradient(sigmoid, sigmoid_gradient, np.random.default_rng(5).normal(0, 2, (2, 3, 4)))
    ones = np.ones(2, np.float32)
    assert_close(sigmoid_gradient(ones, ones / 2, ones * 0), ones / 4, dtype=np.float32)
    ### END HIDDEN TESTS


test_sigmoid_gradient()

# %% [markdown]
r"""
The *hyperbolic tangent* is a sigmoid stretched to the range from -1 to 1:
$\tanh(x) = 2\sigma(2x) - 1$. NumPy has it, stable on both sides, so it is written for you.

Its slope is yours. From the stretched form: $\tanh'(x) = 4\,\sigma(2x)\,(1 - \sigma(2x))$, and with
$\sigma(2x) = (1 + \tanh x) / 2$ the rest is one line of algebra. Aim for a formula in the output
alone.
"""

# %%
#| export
def tanh(x: np.ndarray) -> np.ndarray:
    """The hyperbolic tangent, (exp(x) - exp(-x)) / (exp(x) + exp(-x)), elementwise."""
    return np.tanh(x)

# %% nbgrader={"grade": false, "grade_id": "tanh_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    return (1 - output * output) * grad
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_tanh_gradient", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_tanh_gradient():
    """The rule agrees with the slope that is measured."""
    x = np.array([[-2.0, -0.5, 1.5], [0.25, 3.0, -1.0]])
    suspects = {
        "If you return the slope alone, the incoming gradient is lost: multiply by grad.":
            lambda grad, output, x: 1 - output**2,
        "If you forget the square, (1 + output) is missing.": lambda grad, output, x: grad * (1 - output),
        "If you square x, the formula asks for the output there.": lambda grad, output, x: grad * (1 - x**2),
        "If you use the slope of sigmoid, stretch it: tanh goes from -1 to 1.":
            lambda grad, output, x: grad * output * (1 - output),
        "If you take tanh of output, it is squeezed twice: output is tanh(x) already.":
            lambda grad, output, x: grad * (1 - np.tanh(output) ** 2),
        "If only the square is multiplied by grad, brackets are missing.":
            lambda grad, output, x: 1 - output**2 * grad,
    }
    check_gradient(tanh, tanh_gradient, x, suspects=suspects)
    ### BEGIN HIDDEN TESTS
    check_gradient(tanh, tanh_gradient, np.random.default_rng(6).normal(0, 1, (2, 3, 4)), suspects=suspects)
    far, ones = np.float32([-1000.0, 1000.0]), np.ones(2, np.float32)
    assert_close(tanh_gradient(ones, tanh(far), far), ones * 0, dtype=np.float32, name="at ±1000")
    hint = "If you square output in place, whoever needs it next finds another number."
    assert_unchanged(tanh_gradient, np.array([2.0, 3.0]), np.array([0.5, -0.5]), x[0, :2], hint=hint)
    ### END HIDDEN TESTS


test_tanh_gradient()

# %% [markdown]
r"""
Look at the three curves and, below each, at its slope. For which x would a small step change the
output at all?
"""

# %%
x = np.linspace(-6, 6, 601)
ones = np.ones_like(x)
pairs = ((relu, relu_gradient), (sigmoid, sigmoid_gradient), (tanh, tanh_gradient))
figure, axes = figures.subplots(2, 3, height=3.8, sharex=True)
for column, (function, rule) in enumerate(pairs):
    axes[0, column].plot(x, function(x), color=figures.BLUE)
    axes[0, column].set(title=function.__name__)
    axes[1, column].plot(x, rule(ones, function(x), x), color=figures.RED, linestyle="--")
    axes[1, column].set(xlabel="x", ylim=(-0.05, 1.1))
axes[0, 0].set(ylabel="output")
axes[1, 0].set(ylabel="slope")
figure.suptitle("sigmoid and tanh go flat on both sides, relu on one", fontsize="medium")
figures.show(figure, alt="relu, sigmoid and tanh above their slopes: 0 or 1, at most 1/4, at most 1.")

# %% [markdown]
r"""
Where a curve is flat it is *saturated*: its slope is nearly 0, and no gradient comes through. The
steepest point of sigmoid has a slope of only 1/4, so several in a row are worse. The next figure
multiplies the slopes along a chain: $\sigma(\sigma(\sigma(\dots)))$, each at its own input, starting
at x = 1.
"""

# %%
figure, axis = figures.subplots(height=2.8)
steps = range(1, 11)
for (function, rule), marker in zip(pairs, "os^", strict=True):
    value, slope, slopes = np.array(1.0), np.array(1.0), []
    for _ in steps:
        output = function(value)
        slope, value = rule(slope, output, value), output
        slopes.append(slope)
    print(f"{function.__name__:8} after ten: {slope:.1e}")
    axis.semilogy(steps, slopes, marker=marker, label=function.__name__)
axis.set(xlabel="activations in a row", ylabel="slope of the whole chain", xticks=steps)
axis.set_title("Ten sigmoids leave less than a millionth of a gradient")
axis.legend()
figures.show(figure, alt="On a logarithmic scale relu stays at 1, tanh falls slowly, sigmoid steeply.")

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
    exps = np.exp(logits)
    print(exps / exps.sum(axis=1, keepdims=True))

# %% [markdown]
r"""
$e^{1000}$ is infinite in `float64`, and infinity divided by infinity is `nan`. Yet the true answer
of the second row is that of the first, for softmax does not notice a shift by the same number m:

$$ \frac{e^{x_c - m}}{\sum_k e^{x_k - m}} = \frac{e^{-m}\, e^{x_c}}{e^{-m} \sum_k e^{x_k}}
   = \frac{e^{x_c}}{\sum_k e^{x_k}} $$

So we may choose m. With the largest score of *each row*, the largest power is $e^0 = 1$, nothing
overflows, and the sum is at least 1: there is never a division by zero, and no epsilon is needed.
"""

# %% nbgrader={"grade": false, "grade_id": "softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    exps = np.exp(x - np.max(x, axis=axis, keepdims=True))
    exps /= exps.sum(axis=axis, keepdims=True)
    return exps
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_softmax", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_softmax():
    """Rows of weights 1, 2, 5 and 4, 4, 2 give those shares."""
    x = np.log(np.array([[1.0, 2.0, 5.0], [4.0, 4.0, 2.0]]))
    weights = np.exp(x)
    expected = np.array([[0.125, 0.25, 0.625], [0.4, 0.4, 0.2]])
    suspects = {
        "If all numbers add up to 1, you summed over every axis; each row has a sum of its own.":
            weights / weights.sum(),
        "If the columns add up to 1, you normalised over axis 0, and the classes are on axis 1.":
            weights / weights.sum(axis=0),
        "If you divide the scores by their sum, the exponential is missing.":
            x / x.sum(axis=1, keepdims=True),
        "If the largest score gets the smallest share, the exponent has the wrong sign.":
            (1 / weights) / (1 / weights).sum(axis=1, keepdims=True),
    }
    assert_close(softmax(x), expected, suspects=suspects, name="softmax(log([[1, 2, 5], [4, 4, 2]]))")
    ### BEGIN HIDDEN TESTS
    x = np.random.default_rng(7).normal(0, 2, (4, 3))
    slow = np.array([[np.exp(x[i, c]) / sum(np.exp(x[i])) for c in range(3)] for i in range(4)])
    assert_close(softmax(x), slow, suspects={next(iter(suspects)): np.exp(x) / np.exp(x).sum()})
    assert_close(softmax(np.zeros(5)), np.full(5, 0.2), "If one axis is too few, count from the end.")
    ### END HIDDEN TESTS


test_softmax()

# %% nbgrader={"grade": true, "grade_id": "test_softmax_along_any_axis", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_softmax_along_any_axis():
    """The results add up to 1 along the axis that is named."""
    x = np.random.default_rng(8).normal(0, 2, (2, 3, 4))
    slow = np.zeros(x.shape)
    for i, j, k in np.ndindex(x.shape):
        slow[i, j, k] = np.exp(x[i, j, k]) / sum(np.exp(x[i, :, k]))
    last = np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)
    suspects = {"If you always use the last axis, the argument `axis` has no effect.": last}
    assert_close(softmax(x, axis=1), slow, suspects=suspects, name="softmax(x, axis=1)")
    ### BEGIN HIDDEN TESTS
    assert_close(softmax(x, axis=-2), slow, suspects=suspects, name="softmax(x, axis=-2)")
    first = np.exp(x) / (np.exp(x[0]) + np.exp(x[1]))
    assert_close(softmax(x, axis=0), first, suspects=suspects, name="softmax(x, axis=0)")
    ### END HIDDEN TESTS


test_softmax_along_any_axis()

# %% nbgrader={"grade": true, "grade_id": "test_softmax_of_extremes", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_softmax_of_extremes():
    """Scores of a thousand, rows far apart, and -inf."""
    x = np.array([[1000.0, 1000.0, -1000.0], [-1000.0, -1000.0, -1000.0]])
    third = 1 / 3
    expected = np.array([[0.5, 0.5, 0.0], [third, third, third]])
    with np.errstate(all="ignore"):
        got, apart, masked = (softmax(v) for v in (x, np.array([[0.0, 3000.0]]), np.array([0.0, -np.inf, 0.0])))
        alone = softmax(x[:1])
    hint = "If you exponentiate the scores as they are, e^1000 is infinite: subtract the maximum first."
    assert_close(alone, expected[:1], hint, name="softmax([[1000, 1000, -1000]])")
    hint = "If you subtract one maximum from all rows, a row far below it becomes 0/0: each has its own."
    assert_close(got, expected, hint, name="softmax of a row at 1000 and a row at -1000")
    hint = "If you subtract the mean, the largest score may still overflow: subtract the maximum."
    assert_close(apart, np.array([[0.0, 1.0]]), hint, name="softmax([[0, 3000]])")
    assert_close(masked, np.array([0.5, 0.0, 0.5]), "If you subtract the minimum, -inf gives nan.")
    ### BEGIN HIDDEN TESTS
    column = np.array([[1e4, -1e4], [1e4, 0.0], [1e4, -np.inf]])
    expected = np.array([[third, 0.0], [third, 1.0], [third, 0.0]])
    assert_close(softmax(column, axis=0), expected, hint, name="softmax along axis 0")
    ### END HIDDEN TESTS


test_softmax_of_extremes()

# %% nbgrader={"grade": true, "grade_id": "test_softmax_keeps_dtype_and_input", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_softmax_keeps_dtype_and_input():
    """float32 stays float32, and x is not written to."""
    x = np.log(np.array([[1.0, 3.0]], np.float32))
    hint = "If you subtract the maximum in place, you change the caller's scores: make a new array."
    result = assert_unchanged(softmax, x, hint=hint)
    hint = "If you compute in float64, turn the result back, or better stay in the dtype of x."
    assert_close(result, [[0.25, 0.75]], hint, dtype=np.float32, name="softmax of float32")
    ### BEGIN HIDDEN TESTS
    double = np.array([[0.0, 1e-9]])
    assert_close(softmax(double), np.array([[0.49999999975, 0.50000000025]]), dtype=np.float64)
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
figures.show(figure, alt="Four bars, nearly equal at T = 10; at T = 0.1 the first has probability 1.")

# %% [markdown]
r"""
A high temperature gives everyone the same, a low one gives the winner everything: a soft version of
"the maximum is 1, the rest 0". Hence the name.

## 2.5 The slope of softmax

Each output depends on *every* score of its row, since all share one sum. Differentiate
$p_c = e^{x_c} / S$ by $x_j$, with $\partial S / \partial x_j = e^{x_j}$:

$$ \frac{\partial p_c}{\partial x_j} = \frac{[c = j]\, e^{x_c}}{S} - \frac{e^{x_c} e^{x_j}}{S^2}
   = p_c \,\bigl([c = j] - p_j\bigr) $$

where $[c = j]$ is 1 if the two are the same and else 0. Now collect what the incoming gradient g makes
of it:

$$ \sum_c g_c\, p_c \bigl([c = j] - p_j\bigr) = p_j \Bigl(g_j - \sum_c g_c\, p_c\Bigr) $$

So a C by C table is never needed: `(N, C) * ((N, C) - (N, 1)) -> (N, C)`.
"""

# %% nbgrader={"grade": false, "grade_id": "softmax_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    product = grad * output
    product -= output * product.sum(axis=axis, keepdims=True)
    return product
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_softmax_gradient", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_softmax_gradient():
    """The rule agrees with the slope that is measured, and leaves its inputs alone."""
    x = np.array([[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]])
    suspects = {
        "If you use the slope of sigmoid, you forget that each score moves all outputs of its row.":
            lambda grad, output, x: grad * output * (1 - output),
        "If you sum over the whole array, rows get mixed: sum along axis, with keepdims.":
            lambda grad, output, x: output * (grad - (grad * output).sum()),
        "If the factor in front is missing, multiply the difference by the output.":
            lambda grad, output, x: grad - (grad * output).sum(axis=-1, keepdims=True),
        "If you sum grad alone, weigh it with the output first.":
            lambda grad, output, x: output * (grad - grad.sum(axis=-1, keepdims=True)),
        "If the second term is added, its sign is wrong.":
            lambda grad, output, x: output * (grad + (grad * output).sum(axis=-1, keepdims=True)),
        "If you return output * (1 - output), the incoming gradient is lost.":
            lambda grad, output, x: output * (1 - output),
    }
    check_gradient(softmax, softmax_gradient, x, suspects=suspects)
    grad = np.float32([[1.0, 2.0]])
    result = assert_unchanged(softmax_gradient, grad, np.float32([[0.5, 0.5]]), np.float32([[0.0, 0.0]]))
    assert_close(result, [[-0.25, 0.25]], "If you widen, keep the dtype.", dtype=np.float32)
    ### BEGIN HIDDEN TESTS
    check_gradient(softmax, softmax_gradient, np.random.default_rng(9).normal(0, 1, (4, 3)), suspects=suspects)
    check_gradient(softmax, softmax_gradient, np.array([1.0, -2.0, 0.5, 0.0]))
    ### END HIDDEN TESTS


test_softmax_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_softmax_gradient_along_any_axis", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_softmax_gradient_along_any_axis():
    """The sum goes along the axis of the softmax."""
    x = np.random.default_rng(10).normal(0, 1, (2, 3, 4))
    hint = "If you always sum over the last axis, the argument `axis` has no effect."
    check_gradient(softmax, softmax_gradient, x, hint=hint, axis=1)
    ### BEGIN HIDDEN TESTS
    check_gradient(softmax, softmax_gradient, x, hint=hint, axis=0)
    check_gradient(softmax, softmax_gradient, x, hint=hint, axis=-2)
    ### END HIDDEN TESTS


test_softmax_gradient_along_any_axis()

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
knew about that score is gone. The mend is to take the logarithm on paper first:

$$ \log p_c = \log \frac{e^{x_c - m}}{\sum_k e^{x_k - m}} = (x_c - m) - \log \sum_k e^{x_k - m} $$

No logarithm of a single tiny number is left. The sum holds an $e^0$, so it is at least 1, and its
logarithm at least 0.
"""

# %% nbgrader={"grade": false, "grade_id": "log_softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    shifted = x - np.max(x, axis=axis, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return shifted
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_log_softmax", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_log_softmax():
    """Weights 1, 2, 5 and 4, 4, 2 give the logarithms of their shares, and x stays as it is."""
    x = np.log(np.array([[1.0, 2.0, 5.0], [4.0, 4.0, 2.0]]))
    shares = np.array([[0.125, 0.25, 0.625], [0.4, 0.4, 0.2]])
    expected = np.log(shares)
    top = x.max(axis=1, keepdims=True)
    suspects = {
        "If you subtract only the maximum, the logarithm of the sum is missing.": x - top,
        "If the results are positive, the sign is turned round.": -expected,
        "If you subtract the maximum a second time, it was in the sum already.": expected - top,
        "If you used log10, it is the natural logarithm that undoes exp.": (x - top) - np.log10(
            np.exp(x - top).sum(axis=1, keepdims=True)),
        "If you return the shares, their logarithm is missing.": shares,
    }
    result = assert_unchanged(log_softmax, x)
    assert_close(result, expected, suspects=suspects, name="log_softmax(log([[1, 2, 5], [4, 4, 2]]))")
    ### BEGIN HIDDEN TESTS
    x = np.random.default_rng(11).normal(0, 2, (4, 3))
    slow = np.array([[x[i, c] - np.log(sum(np.exp(x[i]))) for c in range(3)] for i in range(4)])
    assert_close(log_softmax(x), slow, "If one axis fails, count from the end.")
    assert_close(log_softmax(np.float32([0.0, 0.0])), [-0.6931472, -0.6931472], dtype=np.float32)
    ### END HIDDEN TESTS


test_log_softmax()

# %% nbgrader={"grade": true, "grade_id": "test_log_softmax_of_extremes", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_log_softmax_of_extremes():
    """Large scores keep their distances; -inf stays -inf."""
    x = np.array([[0.0, 1000.0], [-1000.0, -1003.0], [2000.0, 2000.0]])
    distances = np.array([[-1000.0, 0.0], [-0.048587352, -3.048587352], [-0.693147181, -0.693147181]])
    with np.errstate(all="ignore"):
        got, mask = log_softmax(x), log_softmax(np.array([0.0, -np.inf]))
        after = np.log(softmax(x))
        epsilon = {e: np.log(softmax(x) + e) for e in (1e-12, 1e-10, 1e-9, 1e-8, 1e-7)}
        clipped = np.log(np.clip(softmax(x), 1e-12, 1))
    hint = "If you exponentiate the scores as they are, e^1000 is infinite: subtract the maximum first."
    added = "If you add a small number or clip before the log, you choose how small a probability may look."
    suspects = {
        "If you take the log of softmax, tiny probabilities are 0 by then: take it on paper first.": after,
        **{added + " " * n: value for n, value in enumerate([*epsilon.values(), clipped])},
    }
    assert_close(got, distances, hint, suspects=suspects, rtol=1e-6, name="log_softmax of large scores")
    assert_close(mask, np.array([0.0, -np.inf]), "If -inf becomes nan, a difference of two -inf was taken.")
    ### BEGIN HIDDEN TESTS
    x = np.float32([[1e4], [0.0], [-1e4]])
    assert_close(log_softmax(x, axis=0), [[0.0], [-1e4], [-2e4]], hint, suspects=suspects)
    ### END HIDDEN TESTS


test_log_softmax_of_extremes()

# %% nbgrader={"grade": true, "grade_id": "test_log_softmax_along_any_axis", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_log_softmax_along_any_axis():
    """exp of the result adds up to 1 along the axis that is named."""
    x = np.random.default_rng(12).normal(0, 2, (2, 3, 4))
    slow = np.zeros(x.shape)
    for i, j, k in np.ndindex(x.shape):
        slow[i, j, k] = x[i, j, k] - np.log(sum(np.exp(x[i, :, k])))
    hint = "If you always use the last axis, the argument `axis` has no effect."
    assert_close(log_softmax(x, axis=1), slow, hint, name="log_softmax(x, axis=1)")
    ### BEGIN HIDDEN TESTS
    assert_close(log_softmax(x, axis=-2), slow, hint, name="log_softmax(x, axis=-2)")
    first = x - np.log(np.exp(x[0]) + np.exp(x[1]))
    assert_close(log_softmax(x, axis=0), first, hint, name="log_softmax(x, axis=0)")
    ### END HIDDEN TESTS


test_log_softmax_along_any_axis()

# %% [markdown]
r"""
The slope is simpler than that of softmax. In $\log p_c = x_c - \log \sum_k e^{x_k}$ the first term gives
$[c = j]$ and the second $-e^{x_j} / \sum_k e^{x_k} = -p_j$. Collected over the incoming gradient:

$$ \sum_c g_c \bigl([c = j] - p_j\bigr) = g_j - p_j \sum_c g_c $$

And $p_j$ is the exponential of the output, which we have.
"""

# %% nbgrader={"grade": false, "grade_id": "log_softmax_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    return grad - np.exp(output) * grad.sum(axis=axis, keepdims=True)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_log_softmax_gradient", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_log_softmax_gradient():
    """The rule agrees with the slope that is measured, along any axis."""
    x = np.array([[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]])
    suspects = {
        "If you subtract the probabilities alone, weigh them with the sum of grad.":
            lambda grad, output, x: grad - np.exp(output),
        "If you use the output as a probability, it is the logarithm of one: take exp.":
            lambda grad, output, x: grad - output * grad.sum(axis=-1, keepdims=True),
        "If you use the rule of softmax, its output and this one differ by a logarithm.":
            lambda grad, output, x: output * (grad - (grad * output).sum(axis=-1, keepdims=True)),
        "If you sum over the whole array, rows get mixed: sum along axis, with keepdims.":
            lambda grad, output, x: grad - np.exp(output) * grad.sum(),
        "If you divide by the probability, that is the slope of log alone; softmax is inside.":
            lambda grad, output, x: grad / np.exp(output),
        "If you keep only a score's own output, you forget that it moves all of its row.":
            lambda grad, output, x: grad * (1 - np.exp(output)),
    }
    check_gradient(log_softmax, log_softmax_gradient, x, suspects=suspects)
    hint = "If you always sum over the last axis, the argument `axis` has no effect."
    check_gradient(log_softmax, log_softmax_gradient, x, hint=hint, axis=0)
    ### BEGIN HIDDEN TESTS
    x = np.random.default_rng(13).normal(0, 1, (2, 3, 4))
    for axis in (0, 1, -1):
        check_gradient(log_softmax, log_softmax_gradient, x, hint=hint, axis=axis)
    result = assert_unchanged(log_softmax_gradient, np.float32([1.0, 0.0]), np.log(np.float32([0.5, 0.5])), np.zeros(2, np.float32))
    assert_close(result, [0.5, -0.5], "If you widen, keep the dtype.", dtype=np.float32)
    ### END HIDDEN TESTS


test_log_softmax_gradient()

# %% [markdown]
r"""
## 2.7 Layers

Networks are built from *layers*: objects that are called with a tensor and return one. What every
layer can do is written once, in a base class, which is given. Some layers will hold numbers that are
learned (`parameters`), some hold other layers (`children`), and some behave differently while a network
is trained, so they know whether it is (`training`). Activations do none of this: they only define
`forward`.
"""

# %%
#| export
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

# %% nbgrader={"grade": false, "grade_id": "re_lu", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class ReLU(Layer):
    """relu as a layer.

    Its `forward` passes `relu` and x through the door, so that the origin of the result names
    your function, with x as its only input, and your rule can be found.

    Example:
        >>> ReLU()(Tensor([-1, 2]))
        Tensor([0., 2.])
    """

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        return apply(relu, x)
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_re_lu", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_re_lu():
    """A Tensor comes out, and it knows how it was made."""
    x = Tensor([[-1.0, 2.0, -3.0]], requires_grad=True)
    y = ReLU()(x)
    assert_equal(isinstance(y, Tensor), True, "If you return the bare array, the door wraps it for you.")
    hint = "If the result is not relu(x), look at which function you hand to the door."
    assert_close(y, [[0.0, 2.0, 0.0]], hint, name="ReLU()(x)")
    hint = "If you call relu on x.data, you go round the door, and nothing is recorded."
    assert_equal((y.requires_grad, y.origin is None), (True, False), hint, name="(requires_grad, no origin)")
    hint = "If another function goes through the door, your rule for relu is never found."
    assert_equal(len(y.origin.inputs), 1, hint, name="the number of recorded inputs")
    ### BEGIN HIDDEN TESTS
    assert_close(y.origin.inputs[0], x, hint, name="the recorded input")
    assert_close(y.origin.function(np.array([-5.0, 5.0])), np.array([0.0, 5.0]), hint)
    assert_equal(ReLU()(Tensor([1.0])).requires_grad, False, "If every result asks for gradients, none should.")
    ### END HIDDEN TESTS


test_re_lu()

# %% [markdown]
r"""
The other four look the same and are given. The two along an axis keep it as an attribute.
"""

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

# %% [markdown]
r"""
## 2.8 How sure is the digit classifier?

In lesson 1 you gave an image the digit whose mean image is nearest. Suppose that the pixels of a digit
scatter around its mean, all with the same variance $s^2$. Then the logarithm of how well digit c
explains an image is, up to a constant, $-\lVert x - m_c \rVert^2 / 2s^2$: these are the logits, and
softmax turns them into probabilities. The variance plays the part of the temperature.

Before you run the cell: about 90 % of the new images are named rightly. How sure should it be, then?
"""

# %%
from sklearn.datasets import load_digits

digits = load_digits()
train, test = slice(0, 1200), slice(1200, None)
images, labels = Tensor(digits.data.astype(np.float32)), digits.target
means = Tensor(np.stack([images[train][labels[train] == d].mean(axis=0).data for d in range(10)]))
spread = images[train] - means[labels[train]]  # (1200, 64): each image minus its digit's mean
variance = (spread * spread).mean().item()

x = images[test]
squares = (x * x).sum(axis=1, keepdims=True) - 2 * (x @ means.T) + (means * means).sum(axis=1)
probabilities = Softmax(axis=1)(squares / (-2 * variance)).data  # (597, 10)
surest = probabilities.max(axis=1)
right = probabilities.argmax(axis=1) == labels[test]
print(f"right {right.mean():.1%}, while its mean probability is {surest.mean():.1%}")
print(f"above 99 % sure: {(surest > 0.99).mean():.0%} of the images,",
      f"and {(~right[surest > 0.99]).sum()} of those are wrong")

# %% [markdown]
r"""
It is surer than it has a right to be. It takes the 64 pixels for 64 independent witnesses, while
neighbours see nearly the same. Now the images it is least sure of: what would you have said?
"""

# %%
unsure = surest.argsort()[:8]
figure, axes = figures.subplots(1, 8, height=1.9)
for index, axis in zip(unsure, axes, strict=True):
    axis.imshow(x[index].reshape(8, 8).data, cmap="Greys")
    first, second = probabilities[index].argsort()[::-1][:2]
    shares = f"{first}: {probabilities[index, first]:.0%}\n{second}: {probabilities[index, second]:.0%}"
    axis.set(title=shares, xlabel=f"a {labels[test][index]}", xticks=[], yticks=[])
figure.suptitle("The least sure: two digits with about one half each", fontsize="medium")
figures.show(figure, alt="Eight digit images, with the two likeliest digits above and the label below.")

# %% [markdown]
r"""
Probabilities say more than the nearest digit did: these are the images that one would hand to a person.

## 2.9 Question: what does an activation cost?

The next cell measures, on your machine, what a few operations on `x` of shape `(1024, 4096)` take.
"""

# %%
x = np.random.default_rng(0).standard_normal((1024, 4096), np.float32)
for name, work in (("copy", x.copy), ("relu", lambda: relu(x)), ("sigmoid", lambda: sigmoid(x)),
                   ("softmax", lambda: softmax(x))):
    seconds = min(timeit.repeat(work, number=1, repeat=3))
    print(f"{name:8}{1000 * seconds:7.1f} ms")

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
1. 1024 x 4096 = 4.19 million elements of 4 bytes: 16.8 MB.
2. The maximum reads once; subtracting reads and writes; the exponential reads and writes; the sum
   reads; dividing reads and writes. That is 5 passes reading and 3 writing, 8 in all.
3. 8 x 16.8 MB = 134 MB, at 10 GB/s 13.4 ms.
4. A copy makes 2 passes, so memory alone would make softmax about 4 times as slow. One machine measured
   13 times (6.5 ms against 0.5 ms): the exponential and the division take arithmetic, each row's maximum
   and sum is a small loop of its own, and fresh memory must be handed out page by page.
5. For sigmoid its output (or x, from which the output can be made again), all 16.8 MB. For relu a yes or
   no for each element would do: 4.2 MB as booleans, 0.5 MB as bits.

Rubric, one point each:
- about 16.8 MB
- 5 reading and 3 writing passes, 8 in all (accept 9 or 10 if temporary arrays are argued for)
- the number of passes times the size over 10 GB/s, here 13.4 ms
- both measured times are stated and set in relation to 2 and 8 passes, with a cause of the difference
- sigmoid needs its output (or its input), 16.8 MB
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
