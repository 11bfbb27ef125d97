# %% [markdown]
r"""
# 6. Autograd

Training asks one question of every number in a network: which way, and how strongly, would the
loss change if you moved it a little? In this lesson you build the machine that answers for all
of them at once. It reads the record that lesson 1's door wrote down, from the loss back to the
inputs, and calls one gradient rule after the other.

You need lesson 1 (the door `apply`, the register `gradient_of`, broadcasting) and, for the network
at the end, lessons 2 to 5. From school: the derivative of a product and of a quotient.
"""

# %%
#| default_exp core.autograd

# %%
#| export
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinytorch.core.tensor import (
    GRADIENTS,
    Tensor,
    gradient_of,
    mean,
    recording,
    select,
    to_array,
)

# %%
import sys
import timeit
from contextlib import ExitStack, nullcontext

from sklearn.datasets import load_digits

from tinytorch import figures
from tinytorch import testing as tt
from tinytorch.core.accuracy import accuracy
from tinytorch.core.activations import ReLU
from tinytorch.core.layers import Linear, Sequential, count_parameters
from tinytorch.core.losses import CrossEntropyLoss
from tinytorch.core.tensor import apply
from tinytorch.testing import graphs

tt.begin("autograd")

# %% [markdown]
r"""
## 6.1 A slope by hand, and what measuring costs

Take a model with a single weight: $y = (w x + b)^2$ with $w = 2$, $x = 3$, $b = -1$, hence
$y = 25$. By the rules of school, with $u = wx + b = 5$:

$$ \frac{\partial y}{\partial w} = 2u \cdot x = 30, \qquad \frac{\partial y}{\partial b} = 2u = 10 $$

Moving a number a little and looking gives the same, and needs no rules. Why not measure, then?
Look at what the last line of the next cell prints.
"""

# %%
def y_of(w, b, x=3.0):
    return (w * x + b) ** 2


step = 1e-6
print("dy/dw", round((y_of(2 + step, -1) - y_of(2 - step, -1)) / (2 * step), 4))
print("dy/db", round((y_of(2, -1 + step) - y_of(2, -1 - step)) / (2 * step), 4))

rng = np.random.default_rng(0)
net = Sequential(Linear(784, 128, rng), ReLU(), Linear(128, 10, rng))
image = np.zeros((1, 784), np.float32)
once = timeit.timeit(lambda: net(image), number=20) / 20
passes = 2 * count_parameters(net)
print(f"{passes:,} passes through a small network measure one gradient: {passes * once:.0f} seconds")

# %% [markdown]
r"""
Two passes a parameter, for one step of training. What you build below takes a few passes in all,
however many parameters there are. Section 6.8 measures it.
"""

# %% [markdown]
r"""
## 6.2 The chain rule along a graph

The door has written down how each result was made: an `Origin` holds a function and its inputs,
each input has an origin of its own, and so on to the *leaves*, which nobody computed. That is a
graph. Its edges carry values forward.

Gradients travel the same edges backward. Let $\bar v$ stand for $\partial y / \partial v$. If
$v$ was made from $a$ and $b$, the chain rule sends each of them its share:

$$ \bar a = \bar v \cdot \frac{\partial v}{\partial a}, \qquad
   \bar b = \bar v \cdot \frac{\partial v}{\partial b} $$
"""

# %%
hand = """digraph {
  w [label="w\n2\ngradient 30", shape=box]
  x [label="x\n3", shape=box]
  m [label="multiply\n6\ngradient 10", shape=ellipse]
  b [label="b\n-1\ngradient 10", shape=box]
  u [label="add\n5\ngradient 10", shape=ellipse]
  y [label="square\n25\ngradient 1", shape=ellipse]
  w -> m  x -> m  m -> u  b -> u  u -> y
}"""
figure = figures.draw_graph(hand)
figure.suptitle("Values flow to the right, gradients from right to left")
figures.show(figure, alt="w times x is 6, plus b is 5, squared is 25; gradients 1, 10, 10, 30 and 10.")

# %% [markdown]
r"""
Read it from the right. It starts with $\partial y / \partial y = 1$. The square multiplies by
$2u = 10$. The sum hands the 10 to both its inputs. The product multiplies by the *other* factor:
$10 \cdot 3 = 30$ for $w$. The numbers of section 6.1 are there, and no box had to know the
whole formula.

The rule of a function is what one box does. It gets $\bar v$ as `grad`, the result as `output`, and
the inputs as plain arrays. Many rules are one line, and most of them are given:
"""

# %%
#| export
gradient_of(np.add, 0)(lambda grad, output, a, b: grad)
gradient_of(np.add, 1)(lambda grad, output, a, b: grad)
gradient_of(np.subtract, 0)(lambda grad, output, a, b: grad)
gradient_of(np.subtract, 1)(lambda grad, output, a, b: -grad)
gradient_of(np.multiply, 0)(lambda grad, output, a, b: grad * b)
gradient_of(np.multiply, 1)(lambda grad, output, a, b: grad * a)
gradient_of(np.divide, 0)(lambda grad, output, a, b: grad / b)
gradient_of(np.negative)(lambda grad, output, x: -grad)
gradient_of(np.exp)(lambda grad, output, x: grad * output)
gradient_of(np.log)(lambda grad, output, x: grad / x)
gradient_of(np.sqrt)(lambda grad, output, x: grad / (2 * output))
gradient_of(np.abs)(lambda grad, output, x: grad * np.sign(x))
gradient_of(np.tanh)(lambda grad, output, x: grad * (1 - output * output))

# %% [markdown]
r"""
One is missing, the quotient by what it is divided by. School wrote $(a/b)' = (a'b - ab')/b^2$. With
$a$ held still, what is left?
"""

# %% nbgrader={"grade": false, "grade_id": "divide_right_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(np.divide, 1)
def divide_right_gradient(grad: np.ndarray, output: np.ndarray, a: Any, b: Any) -> np.ndarray:
    """The gradient of sum(grad * a / b) by b, elementwise.

    It is exact for small b too: nothing is added to b to keep it away from 0.

    Args:
        grad: the incoming gradient, an array of the output's shape and dtype.
        output: a / b, an array.
        a, b: arrays, of one dtype or of two, or plain numbers. Where they were broadcast, the
            result keeps the output's shape.

    Returns:
        A new array of the output's shape and dtype (without axes, a NumPy number will do as
        well). Nothing that came in is written into.

    Example:
        >>> a, b = np.array([8.0, 6.0]), np.array([2.0, -1.0])
        >>> divide_right_gradient(np.array([1.0, 10.0]), a / b, a, b)
        array([ -2., -60.])
    """
    ### BEGIN SOLUTION
    return grad * output / -b
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_divide_right_gradient", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_divide_right_gradient():
    """The rule gives the slope that moving b shows, whatever the signs, shapes and grad."""
    a = [tt.numbers(shape, seed=n) for n, (shape, _) in enumerate(tt.PAIRS[:8])]
    b = [tt.numbers(shape, seed=n, low=1) * (-1.0) ** n for n, (_, shape) in enumerate(tt.PAIRS[:8])]
    cases = [*zip(a, b, strict=True), (3.0, b[1]), (0.0, b[3]), (np.float32(a[1]), np.float32(b[1])), (a[3], np.ones((2, 1)))]
    tt.check_gradient(np.divide, divide_right_gradient, cases, argnum=1, memory="fresh")
    ### BEGIN HIDDEN TESTS
    cases = tt.pairs([((3, 2), (3, 2)), ((4,), (4,)), ((2, 1, 3), (4, 1))], seed=5, low=1)
    cases += tt.pairs([((2, 4), (2, 4)), ((5,), ()), ((1,), (3,))], seed=6, low=-4, high=-1)
    cases += [(-2.0, tt.numbers((3,), low=1)), (1, tt.numbers((2, 2), np.float32, low=1)), (a[1], -np.ones(3)), (np.zeros(3), np.ones(3))]
    tt.check_gradient(np.divide, divide_right_gradient, cases, argnum=1, memory="fresh")
    ### END HIDDEN TESTS


test_divide_right_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_divide_right_gradient_keeps_shape_and_dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_divide_right_gradient_keeps_shape_and_dtype():
    """It has the output's shape and dtype, also if a or b is smaller, a number, or of another dtype."""
    ab = [each.inputs for each in tt.pairs([*tt.PAIRS[:9], ((1,), (4,)), ((2, 3), (2, 3))], low=1)]
    cases = [(np.asarray(a, ("f8", "f4")[n % 2]), np.asarray(-b, ("f4", "f8")[n % 2])) for n, (a, b) in enumerate(ab)]
    cases += [(np.float32(a), number) for a, _ in ab[:2] for number in (-2.0, 3, 0.125)] + [(number, ab[1][1]) for number in (-2.0, 3)]
    cases += [(6.0, -4.0), (3, 2), (ab[0][0], np.array([1, -2, 4])), (np.float32(ab[0][0]), 0.1)]
    tt.check(divide_right_gradient, graphs.quotient_slope, graphs.for_rule(np.divide, cases), rtol=1e-5, dtype="same")
    ### BEGIN HIDDEN TESTS
    a, b = tt.numbers((3, 1), np.float32, 7, low=-3, high=-1), tt.numbers((3, 4), np.float64, 8, low=1)
    cases = [(a, b), (b, a), (b, np.float32(b)), (a, 5), (b, -0.3), (np.float32(2.0) * a, 0.7), (-1.5, a), (7, b), (1, -8.0), (a, np.array([[2, -1, 1]]))]
    tt.check(divide_right_gradient, graphs.quotient_slope, graphs.for_rule(np.divide, cases, seed=3), rtol=1e-5, dtype="same")
    ### END HIDDEN TESTS


test_divide_right_gradient_keeps_shape_and_dtype()

# %% nbgrader={"grade": true, "grade_id": "test_divide_right_gradient_of_small_and_large_numbers", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_divide_right_gradient_of_small_and_large_numbers():
    """It stays exact from 1e-100 to 1e100: nothing is added to b, and nothing is cut off."""
    sizes = [(1e-20, 1e-20), (1e-3, -1e-6), (1.0, 1e-6), (-1e6, 1e3), (1e20, 1e10), (1e-9, 1e-9), (0.0, 1e-12), (1e-100, -1e-100), (1e100, 1e100)]
    grads = [2.0, -1e-9, 1e6, -0.5, 1e-30] * 2
    cases = [tuple(np.array([x]) for x in (grad, a / b, a, b)) for (a, b), grad in zip(sizes, grads, strict=False)]
    tt.check(divide_right_gradient, graphs.quotient_slope, cases, rtol=1e-6)
    ### BEGIN HIDDEN TESTS
    sizes = [(1e-15, 1e-18), (-1e-3, 1e-8), (5.0, -1e-4), (1e12, 1e3), (3.0, 1e9), (2e-13, 1e-13), (1e-90, 1e-80), (-1e90, 1e80)]
    cases = [tuple(np.array([x]) for x in (grad, a / b, a, b)) for (a, b), grad in zip(sizes, grads[::-1], strict=False)]
    tt.check(divide_right_gradient, graphs.quotient_slope, cases, rtol=1e-6)
    ### END HIDDEN TESTS


test_divide_right_gradient_of_small_and_large_numbers()

# %% [markdown]
r"""
## 6.3 One step back

When a bias of shape `(3,)` is added to a batch of `(2, 3)`, each of its numbers is used twice. The
gradients of all its uses are added up, so from `(2, 3)` back to `(3,)` the rows are *summed*. A
column `(2, 1)` was repeated along the other axis, and is summed along it:

`(2, 3) -> (3,)` sum axis 0, which was missing · `(2, 3) -> (2, 1)` sum axis 1, and keep it
"""

# %% nbgrader={"grade": false, "grade_id": "unbroadcast", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def unbroadcast(grad: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sum a gradient over every axis that broadcasting repeated.

    Args:
        grad: an array of a shape that `shape` broadcasts to. It is not written into.
        shape: the shape of the input.

    Returns:
        An array of that shape and of grad's dtype, or a NumPy number for the shape (): for each
        element of the input the sum over all its uses; 0 for an element that was used no times.
        Where there is nothing to sum it may be grad itself, or a view.

    Raises:
        ValueError: `shape` does not broadcast to that of grad, so that a rule must be wrong. An
            empty gradient is no exception: a length of 0 fits 0 and 1 only.

    Example:
        >>> unbroadcast(np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]), (2, 1))
        array([[ 6.],
               [60.]])

    Hint: missing axes are on the left, and disappear; axes of length 1 stay.
    """
    ### BEGIN SOLUTION
    missing = tuple(range(grad.ndim - len(shape)))
    total = np.add.reduce(grad, axis=missing) if missing else grad
    lengths = zip(total.shape, shape, strict=False)
    if repeated := tuple(axis for axis, (n, m) in enumerate(lengths) if n != m == 1):
        total = np.add.reduce(total, axis=repeated, keepdims=True)
    if total.shape != shape:
        raise ValueError(f"a gradient of shape {grad.shape} for an input of shape {shape}")
    return total
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_unbroadcast", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_unbroadcast():
    """Missing axes are summed away, axes of length 1 are summed and stay, the others are left."""
    shapes = [(np.broadcast_shapes(a, b), each) for a, b in tt.PAIRS if 0 not in a for each in (a, b)]
    shapes += [((3, 3), (3,)), ((3, 3), (1, 3)), ((3, 3), (3, 1)), ((2, 2, 2), (2, 1, 2)), ((2, 3, 4), (1, 1, 1))]
    shapes += [((2, 3, 4), shape) for shape in ((4,), (1,), (), (1, 3, 1), (2, 1, 1))] + [((1, 3), (1, 1)), ((1, 1, 3), (3,))]
    grads = [tt.numbers(big, (np.float64, np.float32)[n % 2], n) * (1, 1e6, 1e-6)[n % 3] for n, (big, _) in enumerate(shapes)]
    cases = [(tt.strided(grad) if n % 4 == 3 else grad, small) for n, (grad, (_, small)) in enumerate(zip(grads, shapes, strict=True))]
    cases += [(tt.strange(), shape) for shape in ((2, 4), (4,), (1, 4), (2, 1))]
    tt.check(unbroadcast, graphs.all_uses, [(np.asarray(grad), shape) for grad, shape in cases])
    ### BEGIN HIDDEN TESTS
    shapes = [((4, 2), (2,)), ((4, 4), (4,)), ((4, 4), (4, 1)), ((3, 1, 2), (1, 2)), ((2, 3, 1, 2), (3, 1, 1)), ((2, 2, 3, 3), (1, 2, 1, 3))]
    shapes += [((5,), ()), ((5,), (1,)), ((2, 1, 4), (2, 1, 4)), ((2, 1, 4), (1, 1, 4)), ((2, 2), (1, 1)), ((3, 2, 2), (2, 2)), ((1, 4), (4,))]
    cases = [(tt.numbers(big, (np.float32, np.float64)[n % 2], n + 50), small) for n, (big, small) in enumerate(shapes)]
    cases += [(1e7 * tt.numbers((3, 2)), (2,)), (1e-9 * tt.numbers((3, 2)), (3, 1)), (tt.strange(np.float32), (1, 1)), (tt.strange().T, (4, 1))]
    tt.check(unbroadcast, graphs.all_uses, cases)
    ### END HIDDEN TESTS


test_unbroadcast()

# %% nbgrader={"grade": true, "grade_id": "test_unbroadcast_refuses_what_does_not_fit", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_unbroadcast_refuses_what_does_not_fit():
    """A gradient of a shape that the input does not broadcast to is a ValueError, also an empty one."""
    refused = [((2, 3), (2,)), ((3,), (2, 3)), ((2, 3), (3, 2)), ((2, 3), (2, 2)), ((1, 3), (2, 3)), ((), (2,)), ((2, 3), (1, 2, 3)), ((1,), (1, 1)), ((4, 6), (2, 3))]
    refused += [((1, 3), (3, 1)), ((3,), (1, 3)), ((3, 1), (3,)), ((2, 1, 3), (2, 3)), ((6,), (2, 3)), ((), (1,)), ((1,), (3,)), ((2, 3), (4, 1))]
    refused += [((0, 3), (2, 3)), ((2, 3), (0, 3)), ((0,), (2,)), ((0, 3), (1, 0, 3)), ((1, 3), (0, 3)), ((2, 3), (0,)), ((3, 0), (0, 3)), ((), (0,))]
    sound = [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 3), (1, 1)), ((2, 3), ()), ((1, 3), (1, 3)), ((0, 3), (1, 3)), ((0, 3), (0, 1))]
    with_ones = lambda pairs: [(np.ones(big), small) for big, small in pairs]
    tt.check_raises(ValueError, unbroadcast, with_ones(refused), but=with_ones(sound))
    ### BEGIN HIDDEN TESTS
    refused = [((4, 2, 3), (4, 3)), ((4, 2, 3), (2, 1, 3)), ((1,), (3,)), ((2, 1), (2, 3)), ((3,), (1, 3)), ((5, 2), (5,)), ((3, 3), (2,)), ((), (1,)), ((2, 6), (3,))]
    refused += [((4, 1), (4,)), ((1, 4), (4, 1)), ((4,), (4, 1)), ((5, 0), (5, 2)), ((0, 2), (3, 2)), ((3, 2), (3, 0)), ((1, 1), (0, 1)), ((0,), (1, 0)), ((4, 0), (4,))]
    tt.check_raises(ValueError, unbroadcast, with_ones(refused), but=with_ones([((4, 2, 3), (2, 1)), ((5, 2), (5, 1)), ((4, 0), (4, 1))]))
    ### END HIDDEN TESTS


test_unbroadcast_refuses_what_does_not_fit()

# %% nbgrader={"grade": true, "grade_id": "test_unbroadcast_of_nothing", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_unbroadcast_of_nothing():
    """What was used no times gets 0: from (0, 3) to (1, 3)."""
    shapes = [((0, 3), (1, 3)), ((0, 3), (3,)), ((0, 3), (0, 3)), ((2, 0), (2, 1)), ((0,), ())]
    tt.check(unbroadcast, graphs.all_uses, [(np.zeros(big), small) for big, small in shapes])
    ### BEGIN HIDDEN TESTS
    shapes = [((0, 2), (1, 2)), ((3, 0), (1, 1)), ((4, 0), (1, 0)), ((0, 2, 3), (2, 1))]
    tt.check(unbroadcast, graphs.all_uses, [(np.zeros(big, np.float32), small) for big, small in shapes])
    ### END HIDDEN TESTS


test_unbroadcast_of_nothing()

# %% [markdown]
r"""
So a rule for two numbers may forget that they were broadcast: somebody sums behind it.

A tensor that knows its gradient can now find those of its inputs. Two helpers are given, in a folded
cell that need not be read. `find_rule(function, argnum)` looks the rule for input number `argnum`
up in the register, and raises a LookupError if there is none. `fit_gradient(part, x)` takes what a
rule returned for the array `x`, and brings it to the shape and dtype of `x`, by your `unbroadcast`.
"""

# %% jupyter={"source_hidden": true}
#| export
def find_rule(function: Callable, argnum: int) -> Callable:
    """The gradient rule of a function by its input number `argnum`.

    Raises:
        LookupError: nobody registered one.
    """
    rule = GRADIENTS.get((function, argnum))
    if rule is None:
        name = getattr(function, "__name__", repr(function))
        raise LookupError(
            f"no gradient rule for input {argnum} of {name}: expected one in the register; write "
            f"it under @gradient_of({name}, {argnum}), then compute the result again"
        )
    return rule


def fit_gradient(part: Any, x: np.ndarray) -> np.ndarray:
    """What a rule returned for an input x, as an array of the shape and dtype of x."""
    if type(part) is not np.ndarray:
        part = np.asarray(part)
    if part.shape != x.shape:
        part = unbroadcast(part, x.shape)
    return part if part.dtype is x.dtype else part.astype(x.dtype, copy=False)

# %% [markdown]
r"""
Think of `10 - x` before you write: `x` is its input number 1, and the 10 needs nothing.
"""

# %% nbgrader={"grade": false, "grade_id": "input_gradients", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def input_gradients(tensor: Tensor, grad: np.ndarray) -> list[tuple[Tensor, np.ndarray]]:
    """One step back: the gradients of the inputs that a recorded tensor was made from.

    Args:
        tensor: a Tensor with an origin. Its inputs may be Tensors, plain arrays and numbers.
        grad: its gradient, an array of its shape. It is not written into.

    Returns:
        A list of pairs (input, gradient), one for each input that is a Tensor and requires a
        gradient, in the order of the inputs. An input that was used twice comes twice. Each
        gradient is an array of the shape and dtype of its input, also where that was broadcast;
        it may be grad itself. `.grad` of no Tensor is touched, and nothing is remembered.

    Raises:
        LookupError: there is no rule for an input that requires a gradient.

    Example:
        >>> x = Tensor([1, 2], requires_grad=True)
        >>> [(_, part)] = input_gradients(10 - x, np.array([1.0, 5.0], np.float32))
        >>> part
        array([-1., -5.], dtype=float32)

    Hint: a rule takes plain arrays, `rule(grad, output, *inputs, **options)`.
    """
    ### BEGIN SOLUTION
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
            pairs.append((x, fit_gradient(part, x.data)))
    return pairs
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_input_gradients", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_input_gradients():
    """Each input that asks is paired with its gradient, by the rule for its place; the rest is left out."""
    a, b, grad = (tt.numbers((3,), seed=n, low=1) for n in range(3))
    calls = [(np.subtract, a, b), (np.multiply, a, b), (np.subtract, b, a)]
    cases = [tt.case(f, grad, *ab, asking=asking) for f, *ab in calls for asking in ((0, 1), (0,), (1,))]
    cases += [tt.case(np.subtract, grad, 10.0, a, asking=(1,)), tt.case(np.multiply, grad, a, 0.1, asking=(0,))]
    cases += [tt.case(f, grad, a, a, asking=(0, 1)) for f in (np.multiply, np.subtract)]
    cases += [tt.case(f, grad, b, asking=(0,)) for f in (np.exp, np.sqrt)]
    cases += [tt.case(np.multiply, grad, np.float32(a), b, asking=asking) for asking in ((0,), (0, 1))]
    cases += [tt.case(np.multiply, 0 * grad, a, np.array([1, 2, 3]), asking=(0,)), tt.case(np.multiply, 1e6 * grad, b, a, asking=(0, 1))]
    tt.check(graphs.step(Tensor, apply, input_gradients), graphs.step_by_hand, cases, name="input_gradients")
    ### BEGIN HIDDEN TESTS
    a, b, grad = (tt.numbers((2, 4), np.float32, seed=n, low=1) for n in range(7, 10))
    calls = [(np.multiply, b, a), (np.subtract, a, b)]
    cases = [tt.case(f, grad, *ab, asking=asking) for f, *ab in calls for asking in ((0, 1), (0,), (1,))]
    cases += [tt.case(np.multiply, grad, 2, b, asking=(1,)), tt.case(np.subtract, grad, b, 0.0, asking=(0,))]
    cases += [tt.case(np.multiply, grad, b, b, asking=(0, 1)), tt.case(np.sqrt, grad, a, asking=(0,))]
    cases += [tt.case(np.subtract, np.float64(grad), np.float64(a), b, asking=asking) for asking in ((0, 1), (1,))]
    cases += [tt.case(np.multiply, grad, np.arange(4), a, asking=(1,)), tt.case(np.multiply, np.float64(grad), 0.3, np.float64(a), asking=(1,))]
    tt.check(graphs.step(Tensor, apply, input_gradients), graphs.step_by_hand, cases, name="input_gradients")
    ### END HIDDEN TESTS


test_input_gradients()

# %% nbgrader={"grade": true, "grade_id": "test_input_gradients_of_what_was_broadcast", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_input_gradients_of_what_was_broadcast():
    """An input that was broadcast gets a gradient of its own shape and dtype."""
    ab = [each.inputs for each in tt.pairs([*tt.PAIRS[1:8], ((3, 4), (2, 1, 4)), ((0, 3), (1, 3))], low=1)]
    cases = [tt.case(np.multiply, np.asarray(a * b), a, b, asking=(0, 1)) for a, b in ab]
    cases += [tt.case(np.subtract, np.asarray(a - b), a, b, asking=(n % 2,)) for n, (a, b) in enumerate(ab[:6])]
    cases += [tt.case(np.subtract, np.ones((2, 3)), np.float32([2, 1, 3]), np.ones((2, 3)), asking=(0, 1))]
    tt.check(graphs.step(Tensor, apply, input_gradients), graphs.step_by_hand, cases, name="input_gradients")
    ### BEGIN HIDDEN TESTS
    a, b, c, d = (tt.numbers(shape, seed=n, low=1) for n, shape in enumerate(((4, 2), (4, 1), (2,), ())))
    drawn = [(b, a), (a, c), (d, a), (c, d), (b, c), (np.float32(b), c), (a, np.float32(c))]
    cases = [tt.case(f, np.asarray(x * y - 1), x, y, asking=asking) for x, y in drawn for f, asking in ((np.multiply, (0, 1)), (np.subtract, (1,)))]
    tt.check(graphs.step(Tensor, apply, input_gradients), graphs.step_by_hand, cases, name="input_gradients")
    ### END HIDDEN TESTS


test_input_gradients_of_what_was_broadcast()

# %% nbgrader={"grade": true, "grade_id": "test_input_gradients_tells_the_rule_all", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_input_gradients_tells_the_rule_all():
    """A rule gets grad, the output, every input and the options, all as plain arrays."""
    def told(n):
        def rule(grad, output, a, b, c, power=1):
            if any(isinstance(x, Tensor) for x in (grad, output, a, b, c)):
                raise TypeError("a rule takes plain arrays, and got a Tensor")
            return grad + 2 * output + 4 * a + 8 * b + 16 * c + 32 * power + 64 * n
        return rule

    def add_three(a, b, c, power=1):
        return a + b + c

    rules = [gradient_of(add_three, n)(told(n)) for n in range(3)]
    by_hand = lambda function, grad, *inputs, asking, **options: [
        (inputs[n], rules[n](grad, sum(inputs), *inputs, **options)) for n in asking
    ]
    a, b, c, grad = (tt.numbers((2,), seed=n) for n in range(4))
    places = [((a, b, c), (0,)), ((a, b, c), (1,)), ((a, b, c), (0, 1, 2)), ((5.0, b, c), (1, 2)), ((a, b, 7.0), (1,)), ((np.array([3, 1]), b, c), (2,))]
    cases = [tt.case(add_three, grad, *inputs, asking=asking) for inputs, asking in places]
    cases += [tt.case(add_three, grad, a, b, c, asking=(0, 2), power=power) for power in (3, 0)]
    try:
        tt.check(graphs.step(Tensor, apply, input_gradients), by_hand, cases, name="input_gradients")
        ### BEGIN HIDDEN TESTS
        a, b, c, grad = (tt.numbers((3, 1), seed=n) for n in range(14, 18))
        places = [((c, a, b), (2,)), ((1.0, 2.0, c), (2,)), ((a, a, b), (0, 1)), ((a, 0.0, c), (0, 2)), ((b, a, c), (0, 1)), ((a, np.array([[1], [2], [4]]), c), (0, 2))]
        cases = [tt.case(add_three, grad, *inputs, asking=asking) for inputs, asking in places]
        cases += [tt.case(add_three, grad, c, b, a, asking=(1, 2), power=power) for power in (-1, 2, 0)]
        tt.check(graphs.step(Tensor, apply, input_gradients), by_hand, cases, name="input_gradients")
        ### END HIDDEN TESTS
    finally:
        for n in range(3):
            del GRADIENTS[add_three, n]


test_input_gradients_tells_the_rule_all()

# %% nbgrader={"grade": true, "grade_id": "test_input_gradients_without_a_rule", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_input_gradients_without_a_rule():
    """Without a rule for an input that asks there is a LookupError; one that doesn't ask needs none."""
    total = lambda a, b: a + b
    gradient_of(total, 0)(lambda grad, output, a, b: grad)
    a, b, grad = np.ones(2), np.zeros(2), np.ones(2)
    refused = [tt.case(total, grad, a, b, asking=asking) for asking in ((1,), (0, 1))]
    refused += [tt.case(np.floor, grad, a, asking=(0,))]
    step = graphs.step(Tensor, apply, input_gradients)
    try:
        tt.check_raises(LookupError, step, refused, but=[tt.case(total, grad, a, b, asking=(0,))], name="input_gradients")
        ### BEGIN HIDDEN TESTS
        refused = [tt.case(total, grad, 2.0, b, asking=(1,)), tt.case(np.cbrt, grad, b, asking=(0,))]
        tt.check_raises(LookupError, step, refused, but=[tt.case(total, grad, b, 2.0, asking=(0,))], name="input_gradients")
        ### END HIDDEN TESTS
    finally:
        del GRADIENTS[total, 0]


test_input_gradients_without_a_rule()

# %% [markdown]
r"""
## 6.4 Order matters

Why not let each tensor call its inputs, and these theirs? Because a tensor may be used twice. Each
doubling $y = y + y$ uses the one before it in two places. Guess how often 18 of them reach `x`.
"""

# %%
def reach(tensor):
    """How often a walk that follows every edge arrives at a leaf."""
    if tensor.origin is None:
        return 1
    return sum(reach(parent) for parent in tensor.origin.inputs)


y = Tensor(1.0, requires_grad=True)
for doublings in range(1, 19):
    y = y + y
    if doublings in (1, 2, 3, 10, 18):
        print(f"{doublings:>2} doublings: a leaf reached {reach(y):>7,} times, {doublings} tensors computed")

# %% [markdown]
r"""
$2^{18} = 262{,}144$ arrivals for 18 tensors, and every further one doubles them. The cure: wait
until *all* the gradients for a tensor have come, add them up, and pass the sum on once. That works
if every tensor is handled before those that it was made from.

An order in which each tensor stands *after* all that it was made from is called topological. Walk
it from its end, and everyone is handled in time. There are often several such orders; any will do.

Networks get deep. What does Python say if `reach` has to follow a chain of 10,000 steps?
"""

# %%
links = [Tensor([1.0], requires_grad=True)]  # each is made from the one before it
for _ in range(10_000):
    links.append(apply(np.negative, links[-1]))

try:
    print(reach(links[10_000]))
except RecursionError as error:
    print("RecursionError:", error)

# %% [markdown]
r"""
A function that calls itself for each step ends there. Yours is to manage 10,000, and to leave
Python's recursion limit as it finds it.

One more thing may lie on the way. A record that nobody needs any more will be replaced by `FREED`
(section 6.5). Whoever reads its inputs gets a RuntimeError; let that pass. The next cell, which
need not be read, defines it.
"""

# %% jupyter={"source_hidden": true}
#| export
class Freed:
    """Stands where an origin was, once a walk has used it."""

    @property
    def inputs(self) -> tuple:
        raise RuntimeError(
            "this result was differentiated before, and its record is freed: compute it again, or "
            "pass retain_graph=True the first time"
        )

    def __iter__(self) -> Iterator:
        return iter(self.inputs)

    def __getitem__(self, place: Any) -> Any:
        return self.inputs[place]


FREED = Freed()

# %% nbgrader={"grade": false, "grade_id": "topological_order", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def topological_order(output: Tensor) -> list[Tensor]:
    """The recorded tensors that lead to a result, each after all that it was made from.

    Args:
        output: a recorded result, that is, a Tensor with an origin.

    Returns:
        A list of every Tensor with an origin on the way to `output`, through all the inputs
        that each was made from, once. Two Tensors may hold the same array, and are two. Leaves
        and constants, which have no origin, are left out; the last one is `output`. A chain of
        10,000 steps is no problem, and Python's recursion limit is afterwards as it was.

    Raises:
        RuntimeError: a Tensor on the way, or output itself, has FREED for an origin.

    Example:
        >>> x = Tensor(2.0, requires_grad=True)
        >>> y = x * x
        >>> [tensor.item() for tensor in topological_order(y + y)]
        [4.0, 8.0]

    Hint: a list can be a stack, and a set knows what was met before. When may a tensor enter
    the order: when you first see it, or when you come back to it?
    """
    ### BEGIN SOLUTION
    order, seen, stack = [], set(), [output]
    while stack:
        tensor = stack.pop()
        if tensor is None:  # a mark: all that the next one was made from is in the order
            order.append(stack.pop())
        elif tensor not in seen:
            seen.add(tensor)
            stack += (tensor, None)
            for x in tensor.origin.inputs:
                if isinstance(x, Tensor) and x.requires_grad and x.origin is not None:
                    stack.append(x)
    return order
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_topological_order", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_topological_order():
    """Each recorded tensor comes once, after all that it was made from, the result last."""
    def first_fault(graph, grad):
        output = graph.tensors(Tensor, apply)[graph.output]
        faults = [graph.fault(graph.names_of(topological_order(output))) for _ in range(2)]
        return faults[0] if faults[0] != "none" or faults[1] == "none" else f"at the second call: {faults[1]}"

    drawn = [
        "a = x * 2; b = a + 1; c = a * b; d = c - b", "a = -x; b = tanh(a); c = a + b", "a = -x; b = tanh(a); c = b + a", "a = same(x); b = same(a); c = a * b; d = same(c)",
        "a = x + x; b = a + a; c = b * b", "a = k * 2; b = a + x; c = b * k", "a = x * y; b = a * y; c = a + y; d = b + c; e = d + a",
        "a = -x; b = -y; c = join(x, k, a, 2.0, b); d = c * c", "a = -x; b = -a; c = -b; d = join(a, b, c)", "a = -x; b = -a; c = -b; d = join(c, b, a)",
    ]
    tt.check(first_fault, lambda graph, grad: "none", graphs.cases([*drawn, *graphs.some(5)], "For {}: the first fault"))
    ### BEGIN HIDDEN TESTS
    drawn = ["a = x + 1; b = -a; c = a + a; d = c * b; e = b + d", "a = x * x; b = a - x; c = b + a; d = a * c; e = d - b; f = c + e", "a = square(x)"]
    drawn += ["a = same(x); b = -a; c = same(a); d = same(c); e = join(b, d, c, a)", "a = x * y; b = join(k, 1.0, x, a); c = join(y, a, x, k, b); d = join(x, y, c)"]
    tt.check(first_fault, lambda graph, grad: "none", graphs.cases([*drawn, *graphs.some(4, seed=3)], "For {}: the first fault"))
    ### END HIDDEN TESTS


test_topological_order()

# %% nbgrader={"grade": true, "grade_id": "test_topological_order_of_long_chains", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_topological_order_of_long_chains():
    """Depth is no limit: a chain of 10,000 steps has 10,000 tensors, at the limit that Python has."""
    length = lambda steps: [len(topological_order(links[steps])), sys.getrecursionlimit()]
    expected, name = lambda steps: [steps, limit], "the length of topological_order, and the recursion limit after it, for links"
    before, limit = sys.getrecursionlimit(), 2000
    sys.setrecursionlimit(limit)
    try:
        tt.check(length, expected, [(1,), (2,), (40,), (10_000,)], name=name)
        ### BEGIN HIDDEN TESTS
        tt.check(length, expected, [(3,), (77,), (1234,)], name=name)
        ### END HIDDEN TESTS
    finally:
        sys.setrecursionlimit(before)


test_topological_order_of_long_chains()

# %% nbgrader={"grade": true, "grade_id": "test_topological_order_lets_freed_records_speak", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_topological_order_lets_freed_records_speak():
    """A freed record on the way is a RuntimeError, which goes on; elsewhere it is none of its business."""
    def outcome(graph, grad, freed):
        tensors = graph.tensors(Tensor, apply)
        tensors[freed].origin = FREED
        try:
            return graph.fault(graph.names_of(topological_order(tensors[graph.output])))
        except NotImplementedError:
            raise
        except RuntimeError:
            return "RuntimeError"

    expected = lambda graph, grad, freed: "RuntimeError" if graph.reaches([freed]) else "none"
    drawn = ["a = x * 2; b = a + 1; c = a * b; d = -b; e = c * b"]
    cases = [case for name in "abcde" for case in graphs.cases(drawn, f"With {name} freed in {{}}: the outcome", freed=name)]
    tt.check(outcome, expected, cases)
    ### BEGIN HIDDEN TESTS
    drawn = ["a = x + y; b = -a; c = square(a); d = join(y, k, b)"]
    cases = [case for name in "abcd" for case in graphs.cases(drawn, f"With {name} freed in {{}}: the outcome", freed=name)]
    tt.check(outcome, expected, cases)
    ### END HIDDEN TESTS


test_topological_order_lets_freed_records_speak()

# %%
x = Tensor(2.0, requires_grad=True)
a = x * 3
y = a * (a + 1)
print([tensor.item() for tensor in topological_order(y)])

# %% [markdown]
r"""
`a`, which is 6, is used twice, so two gradients will come in. From the end of the list, both come
before its turn.
"""

# %% [markdown]
r"""
## 6.5 The walk

Everything is there: an order, and a step. The walk keeps a dict of the gradients known so far. At
first that is the output's; in the end only the leaves' are left. Somebody may want the gradient of
a tensor halfway, too: then it stays in the dict.

An origin holds on to every array that its rule will need. Once a step back is done nobody needs
that record any more, so the walk puts `FREED` in its place, and whoever walks there again gets a
RuntimeError. Only with `retain_graph=True` the record stays, for a second walk.

What checks a caller's `grad`, and copies gradients that share memory, stands in a folded cell that
need not be read.
"""

# %% jupyter={"source_hidden": true}
#| export
def first_gradient(output: Tensor, grad: Any = None) -> np.ndarray:
    """What a walk starts with: 1 for a single number, else a copy of the caller's grad."""
    if not output.requires_grad:
        raise ValueError(
            "expected a result that requires a gradient, got one that does not: make one of its "
            "inputs with requires_grad=True, and compute it outside of no_grad()"
        )
    if grad is None and output.size != 1:
        raise ValueError(
            f"expected a single number to differentiate, got an output of shape {output.shape}: "
            "take its sum() or mean(), or pass a grad of that shape"
        )
    if grad is None:
        return np.array(1, output.dtype).reshape(output.shape)
    grad = np.array(to_array(grad), output.dtype)
    if grad.shape != output.shape:
        raise ValueError(
            f"expected a grad of the output's shape {output.shape}, got {grad.shape}: reshape it"
        )
    return grad


def owned(known: Mapping[Tensor, np.ndarray]) -> dict[Tensor, np.ndarray]:
    """The same gradients, as arrays none of which shares memory with another.

    Optimizers write into `.grad`, and rules may hand one array to two inputs.
    """
    result, taken = {}, set()
    for tensor, grad in known.items():
        if type(grad) is not np.ndarray or grad.base is not None or id(grad) in taken:
            grad = np.array(grad)
        taken.add(id(grad))
        result[tensor] = grad
    return result

# %% nbgrader={"grade": false, "grade_id": "walk_back", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def walk_back(
    output: Tensor,
    grad: np.ndarray,
    keep: Collection[Tensor] = frozenset(),
    retain_graph: bool = False,
) -> dict[Tensor, np.ndarray]:
    """Send a gradient from a result back to the leaves, through every recorded tensor once.

    Args:
        output: a Tensor that requires a gradient; if it has no origin, it is a leaf itself.
        grad: its gradient, an array of its shape. It is not written into.
        keep: a set of tensors whose gradients are to be returned as well. Those that are not on
            the way to output have none, and are left out.
        retain_graph: whether the origins stay. If not, each becomes FREED as soon as its step
            back is done, before the next one, so that memory goes while the walk goes.

    Returns:
        The gradients, by Tensor: those of the leaves that require one, be they 0 or not, those
        of what is in `keep`, and no others. Gradients that come to a tensor on several ways are
        added up. `.grad` of every Tensor stays as it is.

    Hint: one array may serve as the gradient of two tensors, and a rule may return a view of
    grad, or an array that can't be written into.
    """
    ### BEGIN SOLUTION
    known = {output: grad}
    order = topological_order(output) if output.origin is not None else []
    while order:
        tensor = order.pop()  # popping it lets go of its arrays as soon as they were used
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            # Not +=, as part may be shared. Without axes, a sum is a number until asarray.
            known[x] = np.asarray(known[x] + part) if x in known else part
        if not retain_graph:
            tensor.origin = FREED
    return known
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_walk_back_adds_up", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_walk_back_adds_up():
    """What comes to a tensor on several ways is summed, as moving a leaf shows."""
    def walked(graph, grad):
        with graphs.rules(GRADIENTS):
            known = walk_back(graph.tensors(Tensor, apply)[graph.output], grad)
        return graph.by_name(known, graph.asking)

    drawn = [
        "a = x * y", "a = square(x); b = square(a)", "a = square(x); b = a + x; c = b + a", "a = x + y; b = square(x); c = a - b", "a = join(x, x)",
        "a = x + y; b = square(x); c = -b; d = c + a", "a = x + x; b = a + a; c = b * k", "a = tanh(x); b = a * y; c = a - b; d = c * a",
        "a = same(x); b = spread(a); c = join(a, b, x, k, y); d = join(c, x)", "a = spread(x); b = a * x", "a = x * 0.0; b = a + y",
    ]
    tt.check(walked, graphs.Graph.slopes, graphs.cases([*drawn, *graphs.some(3)], "Walked back through {}, it"), rtol=1e-6)
    ### BEGIN HIDDEN TESTS
    drawn = ["a = -x; b = a * x; c = b - a; d = c + x", "a = y + x; b = a + y; c = b + a; d = -y; e = d + c", "a = spread(x); b = join(x, y, a); c = same(b); d = join(c, c, a)", "a = x - x; b = a * y"]
    tt.check(walked, graphs.Graph.slopes, graphs.cases([*drawn, *graphs.some(2, seed=5)], "Walked back through {}, it"), rtol=1e-6)
    others = [*graphs.some(2, seed=6, shape=(2, 1, 3)), *graphs.some(2, seed=7, shape=())]
    tt.check(walked, graphs.Graph.slopes, graphs.cases(others, "Walked back through {}, it"), rtol=1e-6)
    ### END HIDDEN TESTS


test_walk_back_adds_up()

# %% nbgrader={"grade": true, "grade_id": "test_walk_back_takes_each_step_once", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_walk_back_takes_each_step_once():
    """However many ways lead to a tensor, its rule is called once: the sum goes on, not its parts."""
    calls = []
    through = lambda x: x
    gradient_of(through)(lambda grad, output, x: [calls.append(1), grad][1])

    def calls_for(doublings, keep=False):
        x, before = Tensor([1.0, 2.0], requires_grad=True), len(calls)
        y = x
        for _ in range(doublings):
            y = apply(through, y + y)
        known = walk_back(y, np.ones(2, np.float32), frozenset([y]) if keep else frozenset())
        return [len(calls) - before, known.get(x)]

    expected = lambda doublings, keep=False: [doublings, np.full(2, 2.0**doublings, np.float32)]
    try:
        tt.check(calls_for, expected, [(1,), (2,), (3,), (9,)], name="[calls of a rule, gradient] for doublings:")
        ### BEGIN HIDDEN TESTS
        kept = [tt.case(n, keep=True) for n in (1, 4, 10)]
        tt.check(calls_for, expected, kept, name="[calls of a rule, gradient] for doublings:")
        ### END HIDDEN TESTS
    finally:
        del GRADIENTS[through, 0]


test_walk_back_takes_each_step_once()

# %% nbgrader={"grade": true, "grade_id": "test_walk_back_keeps_what_was_asked_for", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_walk_back_keeps_what_was_asked_for():
    """The gradients of the leaves and of what is in `keep` come back, whole, and no others."""
    def walked(graph, grad, keep):
        tensors = graph.tensors(Tensor, apply)
        with graphs.rules(GRADIENTS):
            known = walk_back(tensors[graph.output], grad, frozenset(tensors[name] for name in keep))
        return graph.by_name(known)

    slopes = lambda graph, grad, keep: graph.slopes(grad, {*graph.asking, *graph.reaches(keep)})
    drawn = ["a = x * y; b = tanh(a); c = a - b; d = c + a", "a = square(x); b = a + x; c = b + a; d = c * a", "z = w * 2; a = x * y; b = same(a); c = same(a); d = b + c"]
    wanted = {0: [("a",), ("d",), ("a", "b", "c", "d")], 1: [(), ("b", "c"), ("x", "b")], 2: [("z", "b"), ("b", "c"), ("w", "x", "d")]}
    cases = [case for n in wanted for keep in wanted[n] for case in graphs.cases([drawn[n]], f"With keep={keep} through {{}}, it", keep=keep)]
    tt.check(walked, slopes, cases, rtol=1e-6)
    ### BEGIN HIDDEN TESTS
    drawn = ["z = v * 2; a = x + y; b = a * y; c = b - a; d = b * c", "z = -v; a = spread(x); b = join(a, a); c = same(b); d = c + x"]
    wanted = {0: [("b",), ("d", "x"), ("a", "b", "c"), ("z",)], 1: [(), ("a", "c"), ("c", "v"), ("z", "d", "b")]}
    cases = [case for n in wanted for keep in wanted[n] for case in graphs.cases([drawn[n]], f"With keep={keep} through {{}}, it", keep=keep)]
    tt.check(walked, slopes, cases, rtol=1e-6)
    ### END HIDDEN TESTS


test_walk_back_keeps_what_was_asked_for()

# %% nbgrader={"grade": true, "grade_id": "test_walk_back_frees_the_record", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_walk_back_frees_the_record():
    """A record that was used is freed, unless it is to stay: then a second walk finds the same."""
    def walks(graph, grad, plan, keep=()):
        tensors, outcomes = graph.tensors(Tensor, apply), []
        for name, retain in plan:
            try:
                known = walk_back(tensors[name], grad, frozenset(tensors[n] for n in keep), retain_graph=retain)
                outcomes.append(graph.by_name(known, graph.asking))
            except RuntimeError:
                outcomes.append({"RuntimeError": 1})
        return outcomes

    again = "{}: of walks from (step, retain_graph) = %s the list of outcomes"
    plans = [
        [("c", False), ("c", False)], [("c", False), ("b", False), ("a", False)], [("c", True), ("c", True), ("b", True)],
        [("c", True), ("c", False), ("c", True)], [("b", False), ("c", False)], [("b", True), ("a", False), ("b", False)],
    ]
    text = ["a = x * y; b = tanh(a); c = a - b"]
    cases = [case for plan in plans for case in graphs.cases(text, again % plan, plan=plan)]
    cases += [case for plan in plans[:3] for case in graphs.cases(text, again % plan, plan=plan, keep=("a", "b", "c"))]
    tt.check(walks, graphs.Graph.outcomes, cases, rtol=1e-6)
    ### BEGIN HIDDEN TESTS
    plans = [[("d", False), ("d", True)], [("d", True), ("c", False), ("d", False)], [("d", True), ("d", True), ("d", False), ("a", True)], [("a", False), ("d", True)]]
    text = ["a = -x; b = a * y; c = b + a; d = c * b"]
    cases = [case for plan in plans for case in graphs.cases(text, again % plan, plan=plan)]
    cases += [case for plan in plans[:2] for case in graphs.cases(text, again % plan, plan=plan, keep=("a", "b", "c", "d"))]
    tt.check(walks, graphs.Graph.outcomes, cases, rtol=1e-6)
    ### END HIDDEN TESTS


test_walk_back_frees_the_record()

# %% nbgrader={"grade": true, "grade_id": "test_walk_back_frees_as_it_goes", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_walk_back_frees_as_it_goes():
    """A record is freed as soon as its step is done: also if the next step finds no rule."""
    without_a_rule = lambda x: x + 1.0

    def walks(steps, retain):
        outcomes, y = [], apply(without_a_rule, Tensor([1.0, 2.0], requires_grad=True))
        for _ in range(steps):
            y = y * 2
        for _ in range(2):
            try:
                outcomes.append(walk_back(y, np.ones(2, np.float32), retain_graph=retain))
            except NotImplementedError:
                raise
            except LookupError:
                outcomes.append("LookupError")
            except RuntimeError:
                outcomes.append("RuntimeError")
        return outcomes

    expected = lambda steps, retain: ["LookupError", "LookupError" if retain else "RuntimeError"]
    name = "two walks that end at a function without a rule, by [steps before it, retain_graph]:"
    tt.check(walks, expected, [(steps, retain) for steps in (1, 3) for retain in (False, True)], name=name)
    ### BEGIN HIDDEN TESTS
    tt.check(walks, expected, [(2, False), (5, False), (2, True)], name=name)
    ### END HIDDEN TESTS


test_walk_back_frees_as_it_goes()

# %% nbgrader={"grade": true, "grade_id": "test_walk_back_leaves_grad_alone", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_walk_back_leaves_grad_alone():
    """`.grad` of no Tensor is set, or added to; and grad is not written into."""
    def left(graph, grad, before, keep=()):
        tensors, given = graph.tensors(Tensor, apply, marked=False), grad.copy()
        for tensor in tensors.values():
            tensor.grad = None if before is None else np.full(grad.shape, before)
        walk_back(tensors[graph.output], given, frozenset(tensors[name] for name in keep))
        return {**{name: tensor.grad for name, tensor in tensors.items()}, "what was given": given}

    def untouched(graph, grad, before, keep=()):
        names = graph.values()
        return {**{name: None if before is None else np.full(grad.shape, before) for name in names}, "what was given": grad}

    drawn = ["a = x * y; b = a + x", "a = x + y; b = a + x; c = -b"]
    cases = [case for before in (None, 5.0) for case in graphs.cases(drawn, f"With .grad {before} before {{}}, what is left", before=before)]
    tt.check(left, untouched, cases)
    ### BEGIN HIDDEN TESTS
    cases = [case for before in (None, 0.0) for case in graphs.cases(["a = x - y; b = a + a"], f"With .grad {before} before {{}}, what is left", before=before, keep=("a",))]
    tt.check(left, untouched, cases)
    ### END HIDDEN TESTS


test_walk_back_leaves_grad_alone()

# %% nbgrader={"grade": true, "grade_id": "test_walk_back_from_a_leaf", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_walk_back_from_a_leaf():
    """If the output is a leaf, its gradient is grad."""
    def walked(data, grad):
        leaf = Tensor(data, requires_grad=True)
        return [(x.data, part) for x, part in walk_back(leaf, grad).items()]

    tt.check(walked, lambda data, grad: [(data, grad)], [(np.ones(2), np.array([5.0, 6.0])), (np.zeros((1, 2)), np.ones((1, 2)))])
    ### BEGIN HIDDEN TESTS
    tt.check(walked, lambda data, grad: [(data, grad)], [(np.array(3.0), np.array(-2.0)), (np.zeros(3), np.arange(3.0))])
    ### END HIDDEN TESTS


test_walk_back_from_a_leaf()

# %% [markdown]
r"""
What surrounds the walk is given. `backward` adds the results to `.grad` of the leaves. They are
added, not set, so that the gradients of several batches can be summed; a training loop clears them
before each step.
"""

# %%
#| export
def backward(output: Tensor, grad: Any = None, *, retain_graph: bool = False) -> None:
    """Add the gradient of a result to `.grad` of every leaf that requires one.

    Args:
        output: a Tensor made from such leaves: a single number, unless grad is given.
        grad: an array of the output's shape; the gradient is then that of sum(grad * output).
        retain_graph: keep the record for another walk; it is freed otherwise.

    Raises:
        ValueError: output requires no gradient or is not a single number, or grad does not fit.
        RuntimeError: the record was freed by an earlier walk.
        LookupError: a function on the way has no gradient rule.

    Example:
        >>> x = Tensor([1, 2, 3], requires_grad=True)
        >>> backward(x * x, [1, 1, 10])
        >>> x.grad
        array([ 2.,  4., 60.], dtype=float32)
    """
    known = walk_back(output, first_gradient(output, grad), retain_graph=retain_graph)
    for leaf, new in owned(known).items():
        if leaf.grad is None:
            leaf.grad = new
        else:
            leaf.grad += new

# %% [markdown]
r"""
`gradients` returns them instead, also for tensors halfway, and leaves `.grad` alone.
"""

# %%
#| export
def gradients(
    output: Tensor, inputs: Sequence[Tensor], grad: Any = None, *, retain_graph: bool = False
) -> list[np.ndarray]:
    """The gradients of a result by some of the tensors on the way; `.grad` stays as it is.

    Args:
        output, grad, retain_graph: as for `backward`.
        inputs: leaves or intermediate results that require a gradient.

    Returns:
        An array for each, of its shape and dtype; zeros where the output does not depend on it.

    Example:
        >>> x = Tensor(3.0, requires_grad=True)
        >>> y = x * x
        >>> [float(slope) for slope in gradients(y * y, [y, x])]
        [18.0, 108.0]
    """
    if not all(x.requires_grad for x in inputs):
        raise ValueError("expected inputs that require a gradient: pass requires_grad=True")
    known = walk_back(output, first_gradient(output, grad), frozenset(inputs), retain_graph)
    known = owned(known)
    return [known[x] if x in known else np.zeros(x.shape, x.dtype) for x in inputs]

# %% [markdown]
r"""
The machine runs. Here is the model of section 6.1 again, recorded by the door. Compare the
gradients that your walk finds with those in the picture of section 6.2, from right to left.
"""

# %%
w, x, b = Tensor(2.0, requires_grad=True), Tensor(3.0), Tensor(-1.0, requires_grad=True)
product = w * x
u = product + b
y = apply(np.square, u)
slopes = gradients(y, [y, u, product, b, w])
for name, slope in zip(["y", "u", "product", "b", "w"], slopes, strict=True):
    print(f"gradient of {name:<8}{slope:g}")

# %% [markdown]
r"""
## 6.6 Rules that change shapes

A sum hands its gradient to every element that went into it. First the shape
has to come back: a reduced axis returns with length 1, so that `(2,)` becomes `(2, 1)` and
broadcasts to `(2, 3)`.
"""

# %% nbgrader={"grade": false, "grade_id": "sum_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(np.sum)
def sum_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: Any = None, keepdims: bool = False
) -> np.ndarray:
    """The gradient of a sum over some axes by x: grad, repeated along them.

    Args:
        grad: the incoming gradient, an array of the shape of the output. It is not written into.
        output: np.sum(x, axis, keepdims=keepdims); not needed here.
        x: the input, whatever it holds, infinities too: a sum has the same slopes everywhere.
        axis: None for all axes, or one, or a tuple of them, in any order; may be negative, and
            the tuple may be empty.
        keepdims: whether the axes stayed, with length 1.

    Returns:
        An array of the shape of x and the dtype of grad, also if x has another, that of whole
        numbers for one. It may be a view of grad.

    Example:
        >>> sum_gradient(np.array([1.0, 10.0]), None, np.zeros((2, 3)), axis=1)
        array([[ 1.,  1.,  1.],
               [10., 10., 10.]])

    Hint: `np.expand_dims` takes what `axis` may be, None excepted.
    """
    ### BEGIN SOLUTION
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    return np.full(x.shape, grad)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_sum_gradient", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_sum_gradient():
    """Each element gets the gradient of the sum it went into, for every form of axis and keepdims."""
    cases = tt.over_axes(((2, 3, 4), (4,), (), (0, 2)))
    cases += [tt.case(tt.numbers(shape), axis=axis) for shape in ((3, 3), (2, 2, 2)) for axis in (0, 1, -1)]
    cube, axes = tt.numbers((2, 3, 4)), ((0, -1), (-2, 0), (-1, -3), (1, -3), (-3, 2), (2, 0), (0, 1, -1))
    cases += [tt.case(cube, axis=axis, keepdims=keepdims) for axis in axes for keepdims in (False, True)[: 1 + (axis == (0, -1))]]
    tt.check(sum_gradient, graphs.repeated, graphs.for_rule(np.sum, cases))
    ### BEGIN HIDDEN TESTS
    cases = tt.over_axes(((3, 2), (1,), (2, 0)), (np.float32, np.float64), seed=20)
    cases += [tt.case(tt.numbers((2, 2), seed=3), axis=axis) for axis in (-1, 1)] + [tt.case(tt.numbers((3, 3, 3)), axis=axis) for axis in (1, (0, 2), (1, 2))]
    cases += [tt.case(tt.numbers((2, 1, 1, 3), np.float32), axis=axis) for axis in (1, -1, (0, 2), (-1, 1), (-2, 0, -1), (3, -4))]
    tt.check(sum_gradient, graphs.repeated, graphs.for_rule(np.sum, cases, seed=9))
    ### END HIDDEN TESTS


test_sum_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_sum_gradient_has_the_dtype_of_grad", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_sum_gradient_has_the_dtype_of_grad():
    """Shape from x, dtype from grad, and of what x holds nothing: it may be infinite, or whole numbers."""
    some = [tt.strange(), tt.strange(np.float32), tt.numbers((2, 4), np.int64), tt.numbers((2, 4), bool)]
    for dtypes in ((np.float64, np.float32), (np.float32, np.float64)):
        cases = [tt.case(x, axis=axis, keepdims=x.dtype == bool) for x in some for axis in (None, 0, (0, 1))]
        tt.check(sum_gradient, graphs.repeated, graphs.for_rule(np.sum, cases, dtypes=dtypes), dtype="same")
    ### BEGIN HIDDEN TESTS
    some = [tt.strange(np.float32).T, -np.float64(tt.strange()), tt.numbers((3, 2), np.int32), tt.numbers((3, 1), np.uint8)]
    cases = [tt.case(x, axis=axis) for x in some for axis in ((), 1, None)]
    tt.check(sum_gradient, graphs.repeated, graphs.for_rule(np.sum, cases, dtypes=(np.float32, np.float64)), dtype="same")
    ### END HIDDEN TESTS


test_sum_gradient_has_the_dtype_of_grad()

# %% [markdown]
r"""
The largest element is a sum over the winners alone: only they pass anything on. Where several
elements are equally large, which one would you reward? Rewarding each in full would count the
gradient twice. We let them share equally, as PyTorch's `amax` does.
"""

# %% nbgrader={"grade": false, "grade_id": "max_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(np.max)
def max_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: Any = None, keepdims: bool = False
) -> np.ndarray:
    """The gradient of the maximum over some axes by x; equal maxima share it equally.

    Args:
        grad, x, axis, keepdims: as in `sum_gradient`. Nothing is written into.
            x may hold infinities, and no nan.
        output: np.max(x, axis, keepdims=keepdims), an array.

    Returns:
        A new array of the shape of x, 0 wherever x is not the maximum. What is only nearly as
        large gets nothing, be it by the last digit; any number of maxima can be equal. The dtype
        is that of grad, also if x has another (a count of whole numbers is int64, and divides
        float32 to float64).

    Example:
        >>> x = np.array([[1.0, 3.0, 3.0], [5.0, 4.0, 0.0]])
        >>> max_gradient(np.array([1.0, 10.0]), x.max(axis=1), x, axis=1)
        array([[ 0. ,  0.5,  0.5],
               [10. ,  0. ,  0. ]])

    Hint: `sum_gradient` brings anything of the output's shape to the shape of x.
    """
    ### BEGIN SOLUTION
    hits = x == sum_gradient(output, output, x, axis, keepdims)
    count = np.add.reduce(hits, axis, grad.dtype, keepdims=keepdims)
    return hits * sum_gradient(grad / count, output, x, axis, keepdims)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_max_gradient", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_max_gradient():
    """The winners of each result share its gradient, along every axis, with keepdims and without."""
    cases = tt.over_axes(((2, 3, 2), ()), low=-1, high=1) + [tt.case(tt.numbers((3, 3), high=0), axis=axis) for axis in (0, 1, -1, None)]
    cases += [tt.case(np.array(x), axis=axis) for x in ([[2.0, 2, 1], [3, 3, 3]], [[-1.0, -5], [-5, -1]], [[0.0, 0], [-1, 0]]) for axis in (None, 0, 1)]
    cases += [tt.case(tt.numbers((2, 3, 4), seed=6), axis=axis) for axis in ((0, -1), (-1, -3), (2, 0))] + [tt.case(np.zeros((0, 3)), axis=1)]
    tt.check(max_gradient, graphs.shared_by_the_largest, graphs.for_rule(np.max, cases), dtype="any", memory="fresh")
    ### BEGIN HIDDEN TESTS
    cases = tt.over_axes(((2, 1, 3), (1,)), seed=30, low=-0.5, high=0.25)
    cases += [*tt.over_axes(((4, 3),), seed=40, low=-3, high=-2), tt.case(np.zeros((3, 0)), axis=-2), tt.case(np.ones((3, 2, 4)), axis=(-1, 1))]
    tt.check(max_gradient, graphs.shared_by_the_largest, graphs.for_rule(np.max, cases, seed=9), dtype="any", memory="fresh")
    ### END HIDDEN TESTS


test_max_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_max_gradient_keeps_float32", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_max_gradient_keeps_float32():
    """A gradient of float32 stays float32, and one of float64 float64, whatever x is."""
    some = [np.array([[2, 4, 1], [0, 4, 5]], dtype) for dtype in (np.float32, np.float64, np.int64)]
    for dtypes in ([np.float32], [np.float64]):
        cases = [tt.case(x, axis=axis) for x in some for axis in (None, 0, 1)]
        tt.check(max_gradient, graphs.shared_by_the_largest, graphs.for_rule(np.max, cases, dtypes=dtypes), dtype="same")
    ### BEGIN HIDDEN TESTS
    cases = [tt.case(np.array([[-1, 0], [-2, 0]], dtype), axis=axis, keepdims=True) for axis in (None, 0, -1) for dtype in (np.float32, np.int32)]
    tt.check(max_gradient, graphs.shared_by_the_largest, graphs.for_rule(np.max, cases, dtypes=(np.float64, np.float32, np.float32)), dtype="same")
    ### END HIDDEN TESTS


test_max_gradient_keeps_float32()

# %% nbgrader={"grade": true, "grade_id": "test_max_gradient_compares_exactly", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_max_gradient_compares_exactly():
    """Nearly as large is not as large, and infinities are numbers like any other."""
    inf, near = np.inf, np.nextafter(1.0, 0)
    rows = [[1.0, 1.0 + 1e-9, 0.5], [1e-12, 0.0, 2e-12], [inf, 0.0, -inf], [-inf, 2.0, 1.0], [1.0, near, 1.0], [0.0, 5e-324, -0.0], [-inf, -inf, -inf], [1e308, inf, inf]]
    cases = [tt.case(np.array(row)) for row in rows] + [tt.case(np.array(rows), axis=axis) for axis in (0, 1)]
    cases += [tt.case(np.float32([3.0, np.nextafter(np.float32(3), np.float32(4)), 2.0])), tt.case(np.float32(rows[:1] + rows[2:4]), axis=1)]
    tt.check(max_gradient, graphs.shared_by_the_largest, graphs.for_rule(np.max, cases))
    ### BEGIN HIDDEN TESTS
    rows = [[5.0, 5.0 - 1e-10, 4.0], [-1e-20, 0.0, -1.0], [-1.0, inf, -inf], [-inf, -1e30, -inf], [-7.0, np.nextafter(-7.0, 0), -7.0], [1e-300, 0.0, 2e-300], [inf, inf, 1.0]]
    cases = [tt.case(np.array(row)) for row in rows] + [tt.case(np.array(rows), axis=axis) for axis in (0, -1)]
    cases += [tt.case(np.float32([[0.5, np.nextafter(np.float32(0.5), np.float32(0))], [1e-45, 0]]), axis=1)]
    tt.check(max_gradient, graphs.shared_by_the_largest, graphs.for_rule(np.max, cases, seed=9))
    ### END HIDDEN TESTS


test_max_gradient_compares_exactly()

# %% nbgrader={"grade": true, "grade_id": "test_max_gradient_of_many_winners", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_max_gradient_of_many_winners():
    """However many are equal, they share: 2, 256, 1,000 or 65,536."""
    evenly = lambda grad, output, x, axis=None: np.full(x.shape, grad / x.shape[-1], grad.dtype)
    cases = [tt.case(np.full(count, 0.5, dtype)) for count, dtype in ((2, np.float64), (256, np.float64), (256, np.float32), (1000, np.float32), (65_536, np.float32))]
    tt.check(max_gradient, evenly, graphs.for_rule(np.max, [*cases, tt.case(np.full((1, 256), -1.0), axis=1)]))
    ### BEGIN HIDDEN TESTS
    cases = [tt.case(np.full(count, -2.0, dtype)) for count, dtype in ((128, np.float32), (512, np.float64), (300, np.float32), (65_792, np.float32))]
    tt.check(max_gradient, evenly, graphs.for_rule(np.max, cases, seed=9))
    ### END HIDDEN TESTS


test_max_gradient_of_many_winners()

# %% [markdown]
r"""
For the matrix product the shapes nearly write the rule. With `a` of `(N, D)` and `b` of `(D, C)`,
`grad` is `(N, C)`, and the gradient of `a` has to be `(N, D)`:

$$ (N, C) \;@\; (C, D) \to (N, D), \qquad
   \bar a_{nd} = \sum_c \overline{out}_{nc}\, b_{dc} $$

A vector counts as a matrix with one row, if it stands on the left, or one column, on the right; in
`output` and `grad` that axis is absent.
"""

# %% nbgrader={"grade": false, "grade_id": "matmul_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(np.matmul)
def matmul_gradient(
    grad: np.ndarray, output: np.ndarray, a: np.ndarray, b: np.ndarray
) -> np.ndarray:
    """The gradient of sum(grad * (a @ b)) by a.

    Args:
        grad: the incoming gradient, an array of the output's shape and dtype.
        output: a @ b, of shape (..., N, C), without the axis of a vector.
        a: (..., N, D), or a vector (D,). The dots stand for any number of axes, here and below.
        b: (..., D, C), or a vector (D,). Its dtype need not be that of a.

    Returns:
        A new array of the shape of a and the dtype of grad; where a was broadcast, it may have
        the shape that it was broadcast to (`fit_gradient` sums over the further axes). Nothing is
        written into.

    Example:
        >>> matmul_gradient(np.array([[1.0, 10.0]]), None, np.zeros((1, 1)), np.array([[2.0, 3.0]]))
        array([[32.]])

    Hint: `swapaxes(-1, -2)` transposes each matrix of a stack.
    """
    ### BEGIN SOLUTION
    if b.ndim == 1:
        return np.multiply.outer(grad, b)
    if a.ndim == 1:
        return (b @ grad[..., None])[..., 0]
    return grad @ b.swapaxes(-1, -2)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_matmul_gradient_of_matrices", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_matmul_gradient_of_matrices():
    """Rows of the gradient meet rows of b; the result has the shape of a, and is new."""
    matrices = [shapes for shapes in tt.PRODUCTS if set(map(len, shapes)) == {2}]
    cases = tt.pairs([*matrices, ((3, 2), (2, 3)), ((3, 3), (3, 3)), ((0, 2), (2, 3)), ((2, 3), (3, 0)), ((2, 0), (0, 3))])
    cases += [(tt.numbers((2, 3)), np.eye(3)), (tt.numbers((2, 1)), np.ones((1, 1))), (tt.numbers((2, 3)), np.zeros((3, 2)))]
    tt.check(graphs.summed(matmul_gradient), graphs.product_slope, graphs.for_rule(np.matmul, cases), rtol=1e-5, name="matmul_gradient", memory="fresh", dtype="same")
    ### BEGIN HIDDEN TESTS
    shapes = [((4, 2), (2, 3)), ((2, 4), (4, 2)), ((2, 2), (2, 2)), ((1, 2), (2, 4)), ((3, 1), (1, 1)), ((0, 2), (2, 3)), ((2, 3), (3, 0)), ((1, 0), (0, 2))]
    cases = [*tt.pairs(shapes, seed=70), (tt.numbers((3, 2)), np.eye(2)), (np.ones((1, 1)), np.ones((1, 1)))]
    tt.check(graphs.summed(matmul_gradient), graphs.product_slope, graphs.for_rule(np.matmul, cases), rtol=1e-5, name="matmul_gradient", memory="fresh", dtype="same")
    ### END HIDDEN TESTS


test_matmul_gradient_of_matrices()

# %% nbgrader={"grade": true, "grade_id": "test_matmul_gradient_has_the_dtype_of_grad", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_matmul_gradient_has_the_dtype_of_grad():
    """float32 meets float64, on either side, or whole numbers: the dtype is that of grad."""
    shapes = [((2, 3), (3, 4)), ((2, 3), (3,)), ((3,), (3, 4)), ((5, 2, 3), (3, 4)), ((3,), (3,))]
    kinds = [(np.float32, np.float64), (np.float64, np.float32), (np.int64, np.float64)]
    cases = [(tt.numbers(one, kind, 1), tt.numbers(two, other, 2)) for one, two in shapes for kind, other in kinds]
    tt.check(graphs.summed(matmul_gradient), graphs.product_slope, graphs.for_rule(np.matmul, cases), rtol=1e-5, name="matmul_gradient", memory="fresh", dtype="same")
    ### BEGIN HIDDEN TESTS
    shapes = [((4, 1), (1, 2)), ((2, 2, 3), (2, 3, 1)), ((2,), (3, 2, 2)), ((2, 2), (2,))]
    cases = [(tt.numbers(one, kind, 5), tt.numbers(two, other, 6)) for one, two in shapes for kind, other in [*kinds[:2], (np.float32, np.int64)]]
    tt.check(graphs.summed(matmul_gradient), graphs.product_slope, graphs.for_rule(np.matmul, cases), rtol=1e-5, name="matmul_gradient", memory="fresh", dtype="same")
    ### END HIDDEN TESTS


test_matmul_gradient_has_the_dtype_of_grad()

# %% nbgrader={"grade": true, "grade_id": "test_matmul_gradient_of_stacks", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_matmul_gradient_of_stacks():
    """Each matrix of a stack has its own product, on either side, and with a stack that is broadcast."""
    stacks = [shapes for shapes in tt.PRODUCTS if max(map(len, shapes)) > 2 and min(map(len, shapes)) > 1]
    stacks += [((2, 2, 2), (2, 2, 2)), ((5, 2, 3), (1, 3, 4)), ((1, 2, 3), (5, 3, 4)), ((2, 3), (2, 1, 3, 4)), ((4, 2, 3), (2, 1, 3, 2)), ((2, 4, 2, 3), (2, 4, 3, 1))]
    tt.check(graphs.summed(matmul_gradient), graphs.product_slope, graphs.for_rule(np.matmul, tt.pairs(stacks)), rtol=1e-5, name="matmul_gradient", memory="fresh", dtype="same")
    ### BEGIN HIDDEN TESTS
    shapes = [((2, 3, 1), (2, 1, 2)), ((3, 2), (4, 2, 2)), ((2, 1, 2, 3), (3, 3, 2)), ((3, 3, 3), (3, 3)), ((1, 2, 2), (3, 2, 1))]
    shapes += [((3, 1, 2), (1, 2, 2)), ((1, 2), (3, 2, 2, 1)), ((3, 1, 4), (2, 1, 4, 2)), ((2, 2, 2, 2), (2, 2, 2, 2)), ((2, 1, 1, 2, 3), (2, 3, 2))]
    tt.check(graphs.summed(matmul_gradient), graphs.product_slope, graphs.for_rule(np.matmul, tt.pairs(shapes, seed=80)), rtol=1e-5, name="matmul_gradient", memory="fresh", dtype="same")
    ### END HIDDEN TESTS


test_matmul_gradient_of_stacks()

# %% nbgrader={"grade": true, "grade_id": "test_matmul_gradient_of_vectors", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_matmul_gradient_of_vectors():
    """A vector is one row on the left, and one column on the right; it meets vectors, matrices and stacks."""
    vectors = [shapes for shapes in tt.PRODUCTS if min(map(len, shapes)) == 1]
    vectors += [((2, 2), (2,)), ((2,), (2, 2)), ((3, 3, 3), (3,)), ((3,), (3, 3, 3)), ((3,), (2, 4, 3, 2)), ((2, 4, 2, 3), (3,)), ((1,), (1,)), ((2, 3, 1), (1,))]
    tt.check(graphs.summed(matmul_gradient), graphs.product_slope, graphs.for_rule(np.matmul, tt.pairs(vectors)), rtol=1e-5, name="matmul_gradient", memory="fresh", dtype="same")
    ### BEGIN HIDDEN TESTS
    shapes = [((4,), (4,)), ((4, 2), (2,)), ((2,), (2, 3)), ((2,), (3, 2, 2)), ((3, 2, 2), (2,)), ((3,), (3, 3)), ((3, 3), (3,)), ((1,), (1, 2))]
    shapes += [((2,), (2, 2, 2)), ((2, 2, 2), (2,)), ((2,), (3, 2, 2, 3)), ((3, 1, 4, 2), (2,)), ((1,), (1, 1)), ((1, 1), (1,))]
    tt.check(graphs.summed(matmul_gradient), graphs.product_slope, graphs.for_rule(np.matmul, tt.pairs(shapes, seed=90)), rtol=1e-5, name="matmul_gradient", memory="fresh", dtype="same")
    ### END HIDDEN TESTS


test_matmul_gradient_of_vectors()

# %% [markdown]
r"""
The rule for `b` is its mirror image, and given. A weight matrix that met a whole stack gets its
sum from one large product there, rather than from a stack of small ones.
"""

# %%
#| export
@gradient_of(np.matmul, 1)
def matmul_right_gradient(grad, output, a, b):
    if a.ndim < 2:
        return a[:, None] * grad[..., None, :] if b.ndim > 1 else grad * a
    if b.ndim <= 2:
        return a.reshape(-1, a.shape[-1]).T @ grad.reshape(-1, *b.shape[1:])
    return a.swapaxes(-1, -2) @ grad

# %% [markdown]
r"""
Indexing chooses elements, and the gradient goes back to where they were chosen; the others get
nothing. One trap is in it, which this cell shows. Element 0 is chosen twice.
"""

# %%
slopes = np.zeros(3)
slopes[[0, 0, 2]] += [1.0, 1.0, 1.0]
print(slopes)

# %% [markdown]
r"""
NumPy reads `slopes[[0, 0, 2]]`, adds 1 to each, and writes them back, so that the second write to
element 0 covers the first.
"""

# %% nbgrader={"grade": false, "grade_id": "select_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(select)
def select_gradient(
    grad: np.ndarray, output: np.ndarray, array: np.ndarray, index: tuple
) -> np.ndarray:
    """The gradient of array[index] by the array: grad where it was chosen, 0 elsewhere.

    Args:
        grad: the incoming gradient, an array of the shape of the output. It is not written into.
        output: array[index].
        array: what was chosen from, floats, which may be infinite. It is not written into.
        index: a tuple of ints, slices, None, Ellipsis, lists and arrays of ints or booleans, as
            NumPy takes them. A list may be empty, and may stand beside a mask.

    Returns:
        A new array of the shape and dtype of `array`, also if grad has another. For an element
        that was chosen several times, the sum.

    Example:
        >>> select_gradient(np.array([1.0, 10.0, 5.0]), None, np.zeros(3), ([0, 0, 2],))
        array([11.,  0.,  5.])

    Hint: ufuncs such as `np.add` have a method `at`.
    """
    ### BEGIN SOLUTION
    slopes = np.zeros(array.shape, array.dtype)
    if all(isinstance(part, int | slice | type(...) | None) for part in index):
        slopes[index] = grad  # these choose nothing twice, and np.add.at is slow
    else:
        np.add.at(slopes, index, grad)
    return slopes
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_select_gradient", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_select_gradient():
    """Ints, slices, masks, lists: what was chosen gets its gradient, in its place, and the rest gets 0."""
    every, x, mask = slice(None), tt.numbers((3, 4), low=1), np.array([True, False, True])
    chosen = [(1,), (-1,), (1, 2), (every, 1), (slice(1, None),), (every, slice(None, None, 2)), (slice(None, None, -1), slice(1, 3)), (slice(2, 9),), (slice(2, 1),)]
    chosen += [(..., 0), (None, 2), (every, None), (x > 2,), (mask,), (), ([2, 0],), ([0, 1], [3, 3]), (np.int64(1), ...), (np.array([[2, 0]]), 1)]
    chosen += [([True, False, True],), ([False, True, True], 2), (every, [True, False, False, True]), ([True, False, True], [1, 0]), ([False] * 3,), (x > 99,)]
    chosen += [([],), (every, []), ([], []), ([], 1), (np.array([], int),), (None, []), (every,), (...,)]
    cases = [tt.case(x, index=index) for index in chosen] + [tt.case(np.array(2.5), index=()), tt.case(x[0], index=(0,)), tt.case(np.zeros((0, 2)), index=([], 1))]
    cases += [tt.case(tt.strange(), index=index) for index in ((0,), ([1, 0], [1, 3]), (every, [True, False, False, True]))]
    tt.check(select_gradient, graphs.put_back, graphs.for_rule(select, cases), memory="fresh")
    ### BEGIN HIDDEN TESTS
    cube = tt.numbers((2, 3, 2), seed=4)
    chosen = [(0,), (..., -1), (1, slice(0, 2)), (every, 2, 0), (cube > 0,), (cube > 99,), (every, np.array([False, True, True])), (0, None, 1), ([1, 0], every, 1)]
    chosen += [([True, False],), (1, [False, True, True]), (..., [False, True]), ([True, True], [2, 0], 1), (every, []), ([], every, 0), ([], [], []), (np.int32(-1), slice(5, None)), (slice(0, 2),)]
    cases = [tt.case(cube, index=index) for index in chosen] + [tt.case(np.float32(tt.strange().T), index=index) for index in (([True, False, True, True], 1), ([3, 0],), ([],))]
    tt.check(select_gradient, graphs.put_back, graphs.for_rule(select, cases, seed=9), memory="fresh")
    ### END HIDDEN TESTS


test_select_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_select_gradient_adds_up", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_select_gradient_adds_up():
    """An element that was chosen several times gets the sum."""
    x, every, mask = tt.numbers((3, 4)), slice(None), np.array([True, False, False])
    chosen = [([0, 0, 2],), ([1, 1, 1],), ([0, -3],), ([0, 1, 0], [2, 3, 2]), (every, [1, 1]), (np.array([[0, 1], [1, 1]]),), (2, [0, 0]), ([[0], [0]], [1, 2])]
    chosen += [(mask, [1, 1, 1]), ([True, False, True], [2, 2]), ([0, 0], [True, False, False, False]), (None, [2, 2]), (np.array([1, 1]), np.array([3, -1])), ([0] * 300,)]
    tt.check(select_gradient, graphs.put_back, graphs.for_rule(select, [tt.case(x, index=index) for index in chosen]))
    ### BEGIN HIDDEN TESTS
    cube = tt.numbers((2, 4, 3))
    chosen = [([1, 1],), (np.array([[0, 1], [1, 1]]), every, np.array([2, 0])), (0, [3, -1, 3], every), (..., [2, 2, 0]), ([0, -2], 1), (every, np.array([0, 0]), None)]
    chosen += [([True, False], [3, 3, 0]), (np.array([False, True]), np.array([1, 1])), ([1, 1], [False, False, True, False]), (every, [0, 0], [True, False, False])]
    tt.check(select_gradient, graphs.put_back, graphs.for_rule(select, [tt.case(cube, index=index) for index in chosen], seed=9))
    ### END HIDDEN TESTS


test_select_gradient_adds_up()

# %% nbgrader={"grade": true, "grade_id": "test_select_gradient_keeps_the_dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_select_gradient_keeps_the_dtype():
    """The result has the dtype of the array, float32 or float64, whatever that of grad."""
    x = tt.numbers((3, 4), np.float32)
    cases = [tt.case(array, index=index) for array in (x, np.float64(x)) for index in ((1,), (x > 0,), ([0, 2],), (slice(0, 2), [1, 3]), ())]
    for dtype in (np.float32, np.float64):
        tt.check(select_gradient, graphs.put_back, graphs.for_rule(select, cases, dtypes=[dtype]))
    ### BEGIN HIDDEN TESTS
    cases = [tt.case(array.T, index=index) for array in (x, np.float64(x)) for index in ((..., 2), ([1, -4, 3],), (None, 0), ([],))]
    for dtype in (np.float64, np.float32):
        tt.check(select_gradient, graphs.put_back, graphs.for_rule(select, cases, seed=9, dtypes=[dtype]))
    ### END HIDDEN TESTS


test_select_gradient_keeps_the_dtype()

# %% [markdown]
r"""
What else a network needs is given. A mean is a sum with a smaller gradient, and what reshaping and
transposing did is undone.
"""

# %%
#| export
gradient_of(np.reshape)(lambda grad, output, x, shape: grad.reshape(x.shape))


@gradient_of(mean)
@gradient_of(np.mean)
def mean_gradient(grad, output, x, axis=None, keepdims=False):
    return sum_gradient(grad / (x.size // max(output.size, 1)), output, x, axis, keepdims)


@gradient_of(np.transpose)
def transpose_gradient(grad, output, x, axes=None):
    if axes is None:
        return grad.T
    return grad.transpose(sorted(range(x.ndim), key=lambda axis: axes[axis] % x.ndim))

# %% [markdown]
r"""
## 6.7 Nothing to remember

A network that is used, not trained, needs no record, and an optimizer that changes weights must
not be recorded. The door asks `recording.enabled` before it writes; a *context manager* switches
that off for a block: what stands before `yield` runs when the block begins, what stands after it
when the block ends. A block may end by an error too, and blocks may stand inside one another.
"""

# %% nbgrader={"grade": false, "grade_id": "no_grad", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@contextmanager
def no_grad() -> Iterator[None]:
    """A block in which the door records nothing: `with no_grad(): ...`.

    Afterwards recording is as it was before, on or off, whatever was done to the switch inside,
    and also if the block ended with an exception of any kind, a KeyboardInterrupt among them,
    which goes on its way as it is. Used as a decorator, `@no_grad()`, it covers each call of a
    function. Other threads don't notice, whatever blocks of theirs begin or end meanwhile: each
    has a `recording.enabled` of its own.

    Example:
        >>> x = Tensor(3.0, requires_grad=True)
        >>> with no_grad():
        ...     y = x * x
        >>> y.requires_grad
        False

    Hint: `try: ... finally: ...` runs its second part in any case.
    """
    ### BEGIN SOLUTION
    before = recording.enabled
    recording.enabled = False
    try:
        yield
    finally:
        recording.enabled = before
    ### END SOLUTION

# %%
def is_recording():
    """Whether the door records at this moment."""
    return (Tensor(1.0, requires_grad=True) * 2).requires_grad


# %% nbgrader={"grade": true, "grade_id": "test_no_grad_in_blocks", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_no_grad_in_blocks():
    """Nothing is recorded in a block, nor in blocks inside it; after it recording is as before."""
    def looks(depth, start=True, inside=None):
        recording.enabled = start
        seen = [is_recording()]
        if depth:
            with no_grad():
                seen.append(is_recording())
                seen += looks(depth - 1, False, inside)
                if inside is not None:
                    recording.enabled = inside
        return [*seen, is_recording()]

    expected = lambda depth, start=True, inside=None: [start, *[False] * (3 * depth), start]
    name = "is recording, before, in and after blocks, with depth ="
    cases = [(1,), (2,), (3,), (1,), (1, False), (2, False), (0, False), (1, False, True), (2, True, True), (1, True, False)]
    try:
        tt.check(looks, expected, cases, name=name)
        ### BEGIN HIDDEN TESTS
        tt.check(looks, expected, [(2,), (1,), (4,), (3, False), (3, False, True), (4, True, True)], name=name)
        with no_grad():
            product = Tensor([2.0, 3.0], requires_grad=True) * 2
        tt.expect(lambda: product, np.float32([4.0, 6.0]), "x * 2 in a block")
        ### END HIDDEN TESTS
    finally:
        recording.enabled = True


test_no_grad_in_blocks()

# %% nbgrader={"grade": true, "grade_id": "test_no_grad_and_exceptions", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_no_grad_and_exceptions():
    """A block that ends with an exception of any kind restores what was, and lets the exception go on."""
    def after(error, outer=False, decorated=False):
        def fail():
            raise error("from inside the block")

        recording.enabled = not outer
        try:
            if decorated:
                no_grad()(fail)()
            with no_grad():
                fail()
        except NotImplementedError:
            raise
        except BaseException as caught:
            return [type(caught).__name__, is_recording()]
        return ["the exception was swallowed", is_recording()]

    expected = lambda error, outer=False, decorated=False: [error.__name__, not outer]
    cases = [tt.case(KeyError), tt.case(ValueError), tt.case(ZeroDivisionError), tt.case(KeyError, outer=True), tt.case(ValueError, decorated=True)]
    cases += [tt.case(kind, outer=outer) for kind in (KeyboardInterrupt, SystemExit, GeneratorExit, RuntimeError) for outer in (False, True)]
    try:
        tt.check(after, expected, cases, name="[exception, is recording] after")
        ### BEGIN HIDDEN TESTS
        cases = [tt.case(IndexError, outer=True), tt.case(OverflowError), tt.case(BaseException), tt.case(KeyboardInterrupt, decorated=True), tt.case(OSError, outer=True, decorated=True)]
        tt.check(after, expected, cases, name="[exception, is recording] after")
        ### END HIDDEN TESTS
    finally:
        recording.enabled = True


test_no_grad_and_exceptions()

# %% nbgrader={"grade": true, "grade_id": "test_no_grad_as_a_decorator", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_no_grad_as_a_decorator():
    """A decorated function records nothing in any of its calls, and returns what it returns."""
    @no_grad()
    def scaled(x, factor=1):
        return [is_recording(), factor * x]

    by_hand = lambda x, factor=1: [False, factor * x]
    try:
        tt.check(scaled, by_hand, [(2,), (3, 4), tt.case(5, factor=0)], name="the decorated function")
        tt.expect(is_recording, True, "recording after the calls")
        with no_grad():
            inside = [scaled(2), is_recording()]
        tt.expect(inside, [[False, 2], False], "in a block, [the function's result, recording after it]")
        ### BEGIN HIDDEN TESTS
        tt.check(scaled, by_hand, [(7, 2), (0,)], name="the decorated function")
        ### END HIDDEN TESTS
    finally:
        recording.enabled = True


test_no_grad_as_a_decorator()

# %% nbgrader={"grade": true, "grade_id": "test_no_grad_and_threads", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_no_grad_and_threads():
    """Blocks in two threads don't notice each other, whichever begins and ends first."""
    def looks(order, outer=False):
        here, blocks = [], {"here": ExitStack(), "there": ExitStack()}
        with no_grad() if outer else nullcontext():
            for number, who in enumerate(order):
                if who in order[:number]:
                    blocks[who].close()
                elif who == "here":
                    blocks[who].enter_context(no_grad())
                else:
                    there = blocks[who].enter_context(graphs.meanwhile(no_grad, is_recording))
                here.append(is_recording())
        return [here, is_recording(), there]

    expected = lambda order, outer=False: [[not outer and order[: n + 1].count("here") != 1 for n in range(4)], True, [False, True]]
    orders = [("there", "here", "here", "there"), ("here", "there", "there", "here"), ("there", "here", "there", "here"), ("here", "there", "here", "there")]
    cases, name = [tt.case(order) for order in orders], "blocks begin and end: is recording [here, after all, there]"
    try:
        tt.check(looks, expected, [*cases, tt.case(orders[3], outer=True)], name=name)
        ### BEGIN HIDDEN TESTS
        tt.check(looks, expected, [tt.case(order, outer=True) for order in (orders[2], orders[0])], name=name)
        ### END HIDDEN TESTS
    finally:
        recording.enabled = True


test_no_grad_and_threads()

# %% [markdown]
r"""
## 6.8 A network learns

All the pieces of six lessons meet. The network gets 64 pixels of a digit and gives 10 logits. Each
turn of the loop computes the loss, walks back, and moves each parameter a little against its
gradient. Look for two things in the picture: does the loss fall at once, and does the loss on
images that the network has never seen fall with it?
"""

# %%
digits = load_digits()
pixels = (digits.data / 16).astype(np.float32)
train, test = slice(0, 1200), slice(1200, None)
rng = np.random.default_rng(0)
net = Sequential(Linear(64, 32, rng), ReLU(), Linear(32, 10, rng))
loss_of, history = CrossEntropyLoss(), []

for _ in range(300):
    loss = loss_of(net(pixels[train]), digits.target[train])
    backward(loss)
    with no_grad():
        unseen = loss_of(net(pixels[test]), digits.target[test])
        for parameter in net.parameters():
            parameter.data -= 0.3 * parameter.grad
            parameter.grad = None
    history.append((loss.item(), unseen.item()))
print(f"right on new images: {accuracy(net(pixels[test]), digits.target[test]):.1%}")

# %%
figure, axis = figures.subplots()
axis.plot([seen for seen, _ in history], label="1,200 images that it learns from")
axis.plot([unseen for _, unseen in history], "--", label="597 images that it never sees")
axis.axhline(np.log(10), color="gray", lw=1, label="log 10: every digit equally likely")
axis.set(xlabel="step", ylabel="cross-entropy", ylim=(0, None), title="The loss falls from log 10, on new images too")
axis.legend()
figures.show(figure, alt="Two curves fall from about 2.3 to below 0.4, that of new images a little higher.")

# %% [markdown]
r"""
Lesson 1's nearest mean was right on nearly nine in ten of the same new images; this network is
right more often, and nobody told it which pixels matter. It starts near $\log 10$, as an
uninformed guess must, and the gap between the curves is what it knows of its own images only.

Nothing that ran here came from a library for learning: it is what lessons 1 to 6 build, on NumPy
alone. A wrong rule among it would raise no error, and bend these curves. And what did the way back
cost?
"""

# %%
x, targets = pixels[train], digits.target[train]
with no_grad():
    forward = min(timeit.repeat(lambda: loss_of(net(x), targets), number=5, repeat=20))
both = min(timeit.repeat(lambda: backward(loss_of(net(x), targets)), number=5, repeat=20))
print(f"the loss alone, for 1,200 images: {forward * 200:.2f} ms")
print(f"the loss and all {count_parameters(net):,} gradients: {both / forward:.1f} times as long")

# %% [markdown]
r"""
A few passes in all, and not two for each parameter. A machine that is busy otherwise prints more.
What does counting say?
"""

# %% [markdown] nbgrader={"grade": false, "grade_id": "cost_of_the_way_back_prompt", "locked": true, "schema_version": 3, "solution": false, "task": false}
r"""
## 6.9 Question: what does the way back cost?

A layer multiplies a batch `x` of shape `(N, D)` by a weight of shape `(D, C)`, all `float32`. Take
N = 32, D = 64, C = 10 where numbers are asked for. Count, and explain:

1. How many multiplications does the product take forward, and how many do the gradients of `x`
   and of the weight take together?
2. The network of section 6.8 has 2,410 parameters. How many passes forward would central
   differences need for one gradient? About how many passes forward does the walk amount to?
3. Which arrays must stay in memory between the product and its step back, and why can the output
   of the product itself go?
4. Somebody keeps every loss of an epoch in a list, as Tensors, and calls `backward` on none of
   them. What fills the memory, and what is the mend?
"""

# %% [markdown] nbgrader={"grade": true, "grade_id": "cost_of_the_way_back", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
r"""
### BEGIN SOLUTION
1. Forward N D C = 32 x 64 x 10 = 20,480. Each of the two gradients is a product over the same
   three lengths, so together 2 N D C = 40,960: twice as many.
2. Two a parameter: 4,820. The walk does about twice the arithmetic of a pass forward, so that
   pass and walk together cost about three passes, however many parameters there are.
3. `x` and the weight: the gradient of the weight is `x.T @ grad`, that of `x` is
   `grad @ weight.T`. Neither rule reads the product's output.
4. Each loss holds its origin, and through it every array of its pass forward. Keep
   `loss.item()`, a plain number, or compute under `no_grad()`.

Rubric, one point each:
- 20,480 forward
- 40,960 backward, or twice the former
- 4,820 passes, and about two (or three with the pass itself) for the walk
- x and the weight stay
- the output can go because no rule of the product reads it
- the origins hold all arrays of each pass; keep numbers, or use no_grad
### END SOLUTION
"""

# %% [markdown]
r"""
## 6.10 For those who want more

Three more functions have rules. The larger, or smaller, of two numbers passes the gradient on, and
equals share it. A power has two.
"""

# %%
#| export
@gradient_of(np.maximum)
@gradient_of(np.minimum)
def chosen_gradient(grad, output, a, b):
    return np.where(a == b, grad / 2, grad * (a == output))


gradient_of(np.maximum, 1)(lambda grad, output, a, b: chosen_gradient(grad, output, b, a))
gradient_of(np.minimum, 1)(lambda grad, output, a, b: chosen_gradient(grad, output, b, a))


@gradient_of(np.power)
def power_gradient(grad, output, a, b):
    """b a^(b-1). Where b is 0 the slope is 0, at a = 0 too: the power may stay as it is there."""
    return grad * (b * a ** (b - (b != 0)))


@gradient_of(np.power, 1)
def power_right_gradient(grad, output, a, b):
    """a^b log a, and 0 where a and a^b are 0."""
    return grad * output * np.log(np.where((a == 0) & (b >= 0), 1, a))

# %% [markdown]
r"""
A wrong rule raises no error. Training just goes badly. So here the whole register is compared with
central differences, your rules and those of earlier lessons. A function without sample inputs in
the table would be named.
"""

# %%
rng = np.random.default_rng(5)
x, y = rng.uniform(0.2, 0.8, (3, 4)), rng.uniform(0.2, 0.8, (3, 4))
labels, weight, bias = np.array([2, 0, 3]), rng.standard_normal((4, 2)), np.array([0.5, -0.5])
samples = {
    "categorical_cross_entropy": tt.case(x, labels),
    "cross_entropy": tt.case(x, labels),
    "fused_cross_entropy": tt.case(x, labels),
    "clip": tt.case(x, 0.3, 0.6),
    "linear": tt.case(x, weight, bias),
    "matmul": tt.case(x, weight),
    "reshape": tt.case(x, shape=(2, 6)),
    "select": tt.case(x, index=(slice(None), [0, 1, 1])),
    "transpose": tt.case(x, axes=(1, 0)),
}
of_two = "add subtract multiply divide power maximum minimum squared_error binary_cross_entropy"
samples |= {name: tt.case(x, y) for name in [*of_two.split(), "binary_cross_entropy_with_logits"]}
of_one = "exp log sqrt absolute tanh negative square sum mean max relu sigmoid softmax log_softmax"
samples |= {name: tt.case(x) for name in of_one.split()}

# %%
checked = {key: rule for key, rule in GRADIENTS.items() if key[0].__name__ in samples}
for (function, argnum), rule in checked.items():
    tt.check_gradient(function, rule, [samples[function.__name__]], argnum=argnum)
print(f"{len(checked)} rules agree with the measured slopes")
print("without a sample:", {function.__name__ for function, _ in GRADIENTS} - samples.keys() or "none")

# %% [markdown]
r"""
`to_dot` writes any graph in the language of the program graphviz, straight from the record.
"""

# %%
#| export
def to_dot(
    output: Tensor,
    names: Mapping[str, Tensor] | None = None,
    grads: Mapping[Tensor, np.ndarray] | None = None,
) -> str:
    """The graph of a recorded result as text in graphviz's dot language.

    Args:
        output: a Tensor with an origin.
        names: what some of its tensors are called.
        grads: gradients to be shown in the boxes.

    Example:
        >>> x = Tensor(3.0, requires_grad=True)
        >>> print(to_dot(-x, {"x": x}))
        digraph {
          n0 [label="x\\n3", shape=box]
          n1 [label="negative\\n-3", shape=ellipse]
          n0 -> n1
        }
    """
    called = {id(x): name for name, x in (names or {}).items()}
    grads, places, lines = grads or {}, {}, []

    def brief(value: Any) -> str:
        return f"{to_array(value).item():.4g}" if np.size(value) == 1 else str(np.shape(value))

    def place(x: Any) -> str:
        """The name of x in the text, where its box is written at the first call."""
        if id(x) not in places:
            places[id(x)] = f"n{len(places)}"
            origin = x.origin if isinstance(x, Tensor) else None
            label = [called[id(x)]] if id(x) in called else []
            label += [origin.function.__name__] if origin else []
            label += [brief(x)] + ([f"gradient {brief(grads[x])}"] if x in grads else [])
            form, text = ("ellipse" if origin else "box"), r"\n".join(label)
            lines.append(f'  {places[id(x)]} [label="{text}", shape={form}]')
        return places[id(x)]

    for tensor in topological_order(output):
        for parent in tensor.origin.inputs:
            lines.append(f"  {place(parent)} -> {place(tensor)}")
    return "\n".join(["digraph {", *lines, "}"])

# %%
x = Tensor(2.0, requires_grad=True)
a = x * 3
b = a + 1
y = a * b
slopes = dict(zip([x, a, b, y], gradients(y, [x, a, b, y], retain_graph=True), strict=True))
figure = figures.draw_graph(to_dot(y, {"x": x, "a": a, "b": b}, slopes))
figure.suptitle("Two gradients meet at a: 7 from the product, 6 from the sum")
figures.show(figure, alt="x times 3 is a, a plus 1 is b, a times b is 42. The gradients: x 39, a 13, b 6.")

# %% [markdown]
r"""
The walk frees each record as soon as it was used, and forgets each gradient as soon as it was
passed on. Here is a chain of 50 exponentials, with a multiplication before each. Guess how many
arrays are held before the walk, at its worst, and after it.
"""

# %%
import tracemalloc


def arrays_held(retain_graph, length=50, size=20_000):
    """How many arrays are held before, at most during, and after a walk."""
    tracemalloc.start()
    y = Tensor(np.zeros(size, np.float32), requires_grad=True)
    for _ in range(length):
        y = apply(np.exp, y * 0.1)
    grad = np.ones(size, np.float32)
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    known = walk_back(y, grad, retain_graph=retain_graph)
    after, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del known
    return [f"{held / (4 * size):.0f}" for held in (before, most, after)]


for retain_graph in (False, True):
    before, most, after = arrays_held(retain_graph)
    print(f"retain_graph={retain_graph!s:<5}  before {before}, at most {most}, after {after} arrays")

# %% [markdown]
r"""
The walk needs only a few arrays beyond the record, whatever its length. Without the record's arrays
almost nothing is left; with `retain_graph=True` they all stay.
"""

# %% [markdown]
r"""
## 6.11 Summary

The record of a result is a graph, and a gradient walks it backward: each step multiplies by one
local slope, and gradients that meet are added. In topological order every tensor is handled once,
so all gradients together cost about twice the arithmetic of the pass forward, in time and memory
linear in the size of the graph. The record is freed as the walk goes, and under `no_grad` it is
never written.
"""

# %%
tt.summary()
