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
#| public backward gradients no_grad to_dot

# %%
from tinytorch import testing as tt

tt.begin("autograd")

# %%
#| export
import functools
import inspect
import math
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import ContextDecorator, contextmanager
from typing import Any

import numpy as np

from tinytorch.core.tensor import (
    GRADIENTS,
    Tensor,
    cast,
    gradient_of,
    hollow,
    mean,
    method,
    place_of,
    recording,
    select,
    to_array,
)

# %%
import timeit

from tinytorch.data import load_digits

from tinytorch import figures
from tinytorch.core.accuracy import accuracy
from tinytorch.core.activations import ReLU
from tinytorch.core.layers import Linear, Sequential, count_parameters
from tinytorch.core.losses import CrossEntropyLoss
from tinytorch.core.tensor import apply
from tinytorch.testing.oracles import autograd as oracles

door = oracles.Door(Tensor, apply, GRADIENTS, recording)

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
gradient_of(cast)(lambda grad, output, x, dtype: grad)

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

    It is exact for small b too, wherever the dtype can hold b squared: nothing is added to b to
    keep it away from 0.

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
    cases = oracles.quotients(seed=0)
    tt.check(divide_right_gradient, oracles.quotient_slope, cases, rtol=1e-5, memory="fresh")
    ### BEGIN HIDDEN TESTS
    cases = oracles.quotients(seed=5)[::3]
    tt.check(divide_right_gradient, oracles.quotient_slope, cases, rtol=1e-5, memory="fresh")
    ### END HIDDEN TESTS


test_divide_right_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_divide_right_gradient_keeps_shape_and_dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_divide_right_gradient_keeps_shape_and_dtype():
    """It has the output's shape and dtype, also if a or b is small, a number, of another dtype."""
    cases = oracles.mixed_quotients(seed=0)
    tt.check(divide_right_gradient, oracles.quotient_slope, cases, rtol=1e-5, dtype="same")
    ### BEGIN HIDDEN TESTS
    cases = oracles.mixed_quotients(seed=3)[::3]
    tt.check(divide_right_gradient, oracles.quotient_slope, cases, rtol=1e-5, dtype="same")
    ### END HIDDEN TESTS


test_divide_right_gradient_keeps_shape_and_dtype()

# %% nbgrader={"grade": true, "grade_id": "test_divide_right_gradient_of_small_and_large_numbers", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_divide_right_gradient_of_small_and_large_numbers():
    """It stays exact from 1e-100 to 1e100: nothing is added to b, and nothing is cut off."""
    sizes = [(1e-20, 1e-20), (1e-3, -1e-6), (1.0, 1e-6), (-1e6, 1e3), (1e20, 1e10)]
    sizes += [(1e-9, 1e-9), (0.0, 1e-12), (1e-100, -1e-100), (1e100, 1e100)]
    cases = oracles.quotients_of(sizes)
    tt.check(divide_right_gradient, oracles.quotient_slope, cases, rtol=1e-6)
    ### BEGIN HIDDEN TESTS
    sizes = [(1e-15, 1e-18), (-1e-3, 1e-8), (5.0, -1e-4), (1e12, 1e3), (3.0, 1e9)]
    cases = oracles.quotients_of([*sizes, (2e-13, 1e-13), (1e-90, 1e-80), (-1e90, 1e80)])
    tt.check(divide_right_gradient, oracles.quotient_slope, cases, rtol=1e-6)
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
    cases = oracles.ways_back(oracles.WAYS, seed=0)
    cases += [(tt.strange(), shape) for shape in ((2, 4), (4,), (2, 1))]
    tt.check(unbroadcast, oracles.all_uses, cases, dtype="same")
    ### BEGIN HIDDEN TESTS
    ways = [((4, 4), (4, 1)), ((2, 3, 1, 2), (3, 1, 1)), ((2, 2, 3, 3), (1, 2, 1, 3)), ((5,), (1,))]
    ways += [((2, 1, 4), (1, 1, 4)), ((3, 2, 2), (2, 2)), ((4, 4), (4,)), ((5,), ())]
    cases = oracles.ways_back(ways, seed=50)
    cases += [(tt.strange(np.float32), (1, 1)), (tt.strange().T, (4, 1))]
    tt.check(unbroadcast, oracles.all_uses, cases, dtype="same")
    ### END HIDDEN TESTS


test_unbroadcast()

# %% nbgrader={"grade": true, "grade_id": "test_unbroadcast_refuses_what_does_not_fit", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_unbroadcast_refuses_what_does_not_fit():
    """A gradient of a shape that the input does not broadcast to is a ValueError, also empty."""
    fit, refused = oracles.fitting(oracles.REFUSED)
    tt.check_raises(ValueError, unbroadcast, refused, but=fit)
    ### BEGIN HIDDEN TESTS
    fit, refused = oracles.fitting(oracles.REFUSED_TOO)
    tt.check_raises(ValueError, unbroadcast, refused, but=fit)
    ### END HIDDEN TESTS


test_unbroadcast_refuses_what_does_not_fit()

# %% nbgrader={"grade": true, "grade_id": "test_unbroadcast_of_nothing", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_unbroadcast_of_nothing():
    """What was used no times gets 0: from (0, 3) to (1, 3)."""
    shapes = [((0, 3), (1, 3)), ((0, 3), (3,)), ((0, 3), (0, 3)), ((2, 0), (2, 1)), ((0,), ())]
    cases = [(np.zeros(big), small) for big, small in shapes] + [(np.ones((2, 3)), (1, 3))]
    tt.check(unbroadcast, oracles.all_uses, cases, dtype="same")
    ### BEGIN HIDDEN TESTS
    shapes = [((0, 2), (1, 2)), ((3, 0), (1, 1)), ((4, 0), (1, 0)), ((0, 2, 3), (2, 1))]
    cases = [(np.zeros(big, np.float32), small) for big, small in shapes]
    tt.check(unbroadcast, oracles.all_uses, cases, dtype="same")
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
    try:
        return GRADIENTS[function, argnum]
    except KeyError:
        name = getattr(function, "__name__", repr(function))
        if (function, None) in GRADIENTS:
            message = f"expected {name}(...), got apply({name}, ...): call it by its name"
            raise LookupError(message) from None
        raise LookupError(
            f"no gradient rule for input {argnum} of {name}: expected one in the register; write "
            f"it under @gradient_of({name}, {argnum}), then compute the result again"
        ) from None


def fit_gradient(part: Any, x: np.ndarray) -> np.ndarray:
    """What a rule returned for an input x, as an array of the shape and dtype of x."""
    if type(part) is not np.ndarray:
        if part is None or isinstance(part, tuple | list):
            raise TypeError(
                f"expected an array from a rule, got {type(part).__name__}: return the gradient of "
                "one input, or register the rule for all of them with gradient_of(function, None)"
            )
        part = np.asarray(part)
    if part.shape != x.shape:
        part = np.asarray(unbroadcast(part, x.shape))
    if x.dtype.kind != "f":
        raise TypeError(f"only floats can have a gradient, got {x.dtype}: use astype(np.float32)")
    return part if part.dtype is x.dtype else part.astype(x.dtype, copy=False)

# %% [markdown]
r"""
Think of `10 - x` before you write: `x` is its input number 1, and the 10 needs nothing.

One trap waits here and in the next two exercises. `x in some_list` and `inputs.index(x)` compare by
`==`, and between Tensors that compares numbers: they find whatever comes first. A set and a dict
look for the very Tensor.
"""

# %% nbgrader={"grade": false, "grade_id": "input_gradients", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def input_gradients(tensor: Tensor, grad: np.ndarray) -> list[tuple[Tensor, np.ndarray]]:
    """One step back: the gradients of the inputs that a recorded tensor was made from.

    Args:
        tensor: a Tensor with an origin. Its inputs may be Tensors, plain arrays and numbers.
        grad: its gradient, an array of its shape (without axes, perhaps a NumPy number). It is
            not written into.

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
    """Each input that asks is paired with its gradient, by the rule for its place, and no other."""
    cases = oracles.steps(seed=0, shape=(3,), dtype=np.float64)
    tt.check(door.step(input_gradients), oracles.step_by_hand, cases, once=True)
    ### BEGIN HIDDEN TESTS
    cases = oracles.steps(seed=7, shape=(2, 4), dtype=np.float32)[1::3]
    tt.check(door.step(input_gradients), oracles.step_by_hand, cases, once=True)
    ### END HIDDEN TESTS


test_input_gradients()

# %% nbgrader={"grade": true, "grade_id": "test_input_gradients_of_what_was_broadcast", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_input_gradients_of_what_was_broadcast():
    """An input that was broadcast gets a gradient of its own shape and dtype."""
    shapes = [*tt.PAIRS[1:9], ((3, 4), (2, 1, 4)), ((0, 3), (1, 3)), ((2, 3), (3,))]
    cases = oracles.broadcast_steps(shapes, seed=0)
    tt.check(door.step(input_gradients), oracles.step_by_hand, cases, once=True)
    ### BEGIN HIDDEN TESTS
    shapes = [((4, 1), (4, 2)), ((4, 2), (2,)), ((), (4, 2)), ((4, 1), (2,))]
    cases = oracles.broadcast_steps(shapes, seed=8)
    tt.check(door.step(input_gradients), oracles.step_by_hand, cases, once=True)
    ### END HIDDEN TESTS


test_input_gradients_of_what_was_broadcast()

# %% nbgrader={"grade": true, "grade_id": "test_input_gradients_tells_the_rule_all", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_input_gradients_tells_the_rule_all():
    """A rule gets grad, the output, every input and the options, all as plain arrays."""
    cases = oracles.calls_of_three(seed=0, shape=(2,))
    tt.check(door.step(input_gradients), oracles.told_by_hand, cases, once=True)
    ### BEGIN HIDDEN TESTS
    cases = oracles.calls_of_three(seed=14, shape=(3, 1))[1::3]
    tt.check(door.step(input_gradients), oracles.told_by_hand, cases, once=True)
    ### END HIDDEN TESTS


test_input_gradients_tells_the_rule_all()

# %% nbgrader={"grade": true, "grade_id": "test_input_gradients_without_a_rule", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_input_gradients_without_a_rule():
    """With no rule for an input that asks it is a LookupError; one that doesn't ask needs none."""
    ones, call, step = np.ones(2), oracles.with_one_rule, door.step(input_gradients)
    refused = [tt.case(call, ones, ones, 2 * ones, asking=asking) for asking in ((1,), (0, 1))]
    refused += [tt.case(np.deg2rad, ones, ones, asking=(0,))]
    sound = [tt.case(call, ones, ones, 2 * ones, asking=(0,))]
    tt.check_raises(LookupError, step, refused, but=sound)
    ### BEGIN HIDDEN TESTS
    refused = [tt.case(call, ones, 2.0, ones, asking=(1,))]
    refused += [tt.case(np.cbrt, ones, ones, asking=(0,))]
    tt.check_raises(LookupError, step, refused, but=[tt.case(call, ones, ones, 2.0, asking=(0,))])
    ### END HIDDEN TESTS


test_input_gradients_without_a_rule()

# %% [markdown]
r"""
## 6.4 Order matters

Why not let each tensor call its inputs, and these theirs? Because a tensor may be used twice. Each
doubling $y = y + y$ uses the one before it in two places. Guess how often 16 of them reach `x`.
"""

# %%
def reach(tensor):
    """How often a walk that follows every edge arrives at a leaf."""
    if tensor.origin is None:
        return 1
    return sum(reach(parent) for parent in tensor.origin.inputs)


y = Tensor(1.0, requires_grad=True)
for doublings in range(1, 17):
    y = y + y
    if doublings in (1, 2, 3, 10, 16):
        print(f"{doublings:>2} doublings: a leaf reached {reach(y):>7,} times, {doublings} tensors computed")

# %% [markdown]
r"""
$2^{16} = 65{,}536$ arrivals for 16 tensors, and every further one doubles them. The cure: wait
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
    order: list[Any] = []
    stack: list[Any] = [output]
    seen = set()
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
    graphs = [*oracles.ORDERS, *oracles.some(3)]
    cases = oracles.cases(graphs, "For {}: the first fault")
    tt.check(door.first_fault(topological_order), oracles.no_fault, cases, once=True)
    ### BEGIN HIDDEN TESTS
    graphs = ["a = x + 1; b = -a; c = a + a; d = c * b; e = b + d", "a = square(x)"]
    graphs += ["a = x * x; b = a - x; c = b + a; d = a * c; e = d - b; f = c + e"]
    graphs += ["a = same(x); b = -a; c = same(a); d = same(c); e = join(b, d, c, a)"]
    graphs += ["a = x * y; b = join(k, 1.0, x, a); c = join(y, a, x, k, b); d = join(x, y, c)"]
    cases = oracles.cases([*graphs, *oracles.some(2, seed=3)], "For {}: the first fault")
    tt.check(door.first_fault(topological_order), oracles.no_fault, cases, once=True)
    ### END HIDDEN TESTS


test_topological_order()

# %% nbgrader={"grade": true, "grade_id": "test_topological_order_of_long_chains", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_topological_order_of_long_chains():
    """Depth is no limit: a chain of 10,000 steps has 10,000 tensors, at the limit Python has."""
    def measured(n):
        return [len(topological_order(links[n])), sys.getrecursionlimit()]

    name = "[the length of topological_order, the recursion limit after it] of links"
    with oracles.recursion_limit(2000):
        cases = [(1,), (2,), (40,), (10_000,)]
        tt.check(measured, lambda n: [n, 2000], cases, name=name, once=True)
        ### BEGIN HIDDEN TESTS
        tt.check(measured, lambda n: [n, 2000], [(3,), (77,), (300,)], name=name, once=True)
        ### END HIDDEN TESTS


test_topological_order_of_long_chains()

# %% nbgrader={"grade": true, "grade_id": "test_topological_order_lets_freed_records_speak", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_topological_order_lets_freed_records_speak():
    """A freed record on the way is a RuntimeError, which goes on; elsewhere it means nothing."""
    text, label = "a = x * 2; b = a + 1; c = a * b; d = -b; e = c * b", "With {} freed in {}: it"
    cases = oracles.with_each([text], "freed", ["abcde"], label)
    tt.check(door.outcome_with(topological_order, FREED), oracles.outcome_with, cases, once=True)
    ### BEGIN HIDDEN TESTS
    text = "a = x + y; b = -a; c = square(a); d = join(y, k, b)"
    cases = oracles.with_each([text], "freed", ["abcd"], label)
    tt.check(door.outcome_with(topological_order, FREED), oracles.outcome_with, cases, once=True)
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
    if not isinstance(output, Tensor):
        kind = type(output).__name__
        raise TypeError(f"expected a Tensor to differentiate, got a {kind}: pass a loss, say")
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
    for tensor in known:  # not items(), which would hold each array as well
        grad = known[tensor]
        held = sys.getrefcount(grad) > 3  # by the dict, by the name, by the call: else by a rule
        if type(grad) is not np.ndarray or grad.base is not None or id(grad) in taken or held:
            grad = np.array(grad)
        taken.add(id(grad))
        result[tensor] = grad
    return result

# %% nbgrader={"grade": false, "grade_id": "walk_back", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def walk_back(
    output: Tensor,
    grad: np.ndarray,
    keep: Set[Tensor] = frozenset(),
    retain_graph: bool = False,
) -> dict[Tensor, np.ndarray]:
    """Send a gradient from a result back to the leaves, through every recorded tensor once.

    Args:
        output: a Tensor that requires a gradient; if it has no origin, it is a leaf itself.
        grad: its gradient, an array of its shape. It is not written into.
        keep: a set or frozenset of tensors whose gradients are to be returned as well. Those that
            are not on the way to output have none, and are left out.
        retain_graph: whether the origins stay. If not, each becomes FREED as soon as its step
            back is done, before the next one.

    Returns:
        The gradients, by Tensor: those of the leaves that require one, be they 0 or not, those
        of what is in `keep`, and no others. Gradients that come to a tensor on several ways are
        added up (without axes, a sum may be a NumPy number). `.grad` of every Tensor stays as it
        is.

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
    graphs, label = [*oracles.WALKS, *oracles.some(1)], "Walked back through {}, it"
    cases = oracles.cases(graphs, label)
    tt.check(door.walked(walk_back), oracles.Graph.slopes, cases, rtol=1e-6, once=True)
    ### BEGIN HIDDEN TESTS
    graphs = ["a = -x; b = a * x; c = b - a; d = c + x", "a = -x; b = 0.0 * a; c = y - b"]
    graphs += ["a = y + x; b = a + y; c = b + a; d = -y; e = d + c"]
    graphs += ["a = spread(x); b = join(x, y, a); c = same(b); d = join(c, c, a)"]
    graphs += [*oracles.some(1, seed=5), *oracles.some(1, seed=6, shape=(2, 1, 3))]
    cases = oracles.cases([*graphs, *oracles.some(1, seed=7, shape=())], label)
    tt.check(door.walked(walk_back), oracles.Graph.slopes, cases, rtol=1e-6, once=True)
    ### END HIDDEN TESTS


test_walk_back_adds_up()

# %% nbgrader={"grade": true, "grade_id": "test_walk_back_takes_each_step_once", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_walk_back_takes_each_step_once():
    """However many ways lead to a tensor, its rule is called once: the sum goes on, not parts."""
    def expected(doublings, keep=False):
        return [doublings, np.full(2, 2.0**doublings, np.float32)]

    counted, name = door.doublings(walk_back), "[calls of a rule, gradient] for doublings:"
    tt.check(counted, expected, [(1,), (2,), (3,), (9,)], name=name, once=True)
    ### BEGIN HIDDEN TESTS
    tt.check(counted, expected, [tt.case(n, keep=True) for n in (1, 8)], name=name, once=True)
    ### END HIDDEN TESTS


test_walk_back_takes_each_step_once()

# %% nbgrader={"grade": true, "grade_id": "test_walk_back_keeps_what_was_asked_for", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_walk_back_keeps_what_was_asked_for():
    """The gradients of the leaves and of what is in `keep` come back, whole, and no others."""
    label = "With keep={} through {}, it"
    cases = oracles.with_each(oracles.KEPT, "keep", oracles.KEPT.values(), label)
    tt.check(door.walked(walk_back), oracles.Graph.kept, cases, rtol=1e-6, once=True)
    ### BEGIN HIDDEN TESTS
    graphs = ["z = v * 2; a = x + y; b = a * y; c = b - a; d = b * c"]
    graphs += ["z = -v; a = spread(x); b = join(a, a); c = same(b); d = c + x"]
    cases = oracles.with_each(graphs, "keep", [["b", "dz"], ["", "acv"]], label)
    tt.check(door.walked(walk_back), oracles.Graph.kept, cases, rtol=1e-6, once=True)
    ### END HIDDEN TESTS


test_walk_back_keeps_what_was_asked_for()

# %% nbgrader={"grade": true, "grade_id": "test_walk_back_frees_the_record", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_walk_back_frees_the_record():
    """A record that was used is freed, unless it is to stay: then a second walk finds the same."""
    plans = [[("c", False), ("c", False)], [("c", False), ("b", False), ("a", False)]]
    plans += [[("c", True), ("c", True), ("b", True)], [("c", True), ("c", False), ("c", True)]]
    plans += [[("b", False), ("c", False)], [("b", True), ("a", False), ("b", False)]]
    text, label = "a = x * y; b = tanh(a); c = a - b", "Walks from (step, retain_graph) = {}, {}:"
    cases = oracles.with_each([text], "plan", [plans], label)
    cases += oracles.with_each([text], "plan", [plans[:2]], label, keep=("a", "b", "c"))
    tt.check(door.walks(walk_back), oracles.Graph.outcomes, cases, rtol=1e-6, once=True)
    ### BEGIN HIDDEN TESTS
    plans = [[("d", False), ("d", True)], [("d", True), ("c", False), ("d", False)]]
    plans += [[("d", True), ("d", False), ("a", True)], [("a", False), ("d", True)]]
    text = "a = -x; b = a * y; c = b + a; d = c * b"
    cases = oracles.with_each([text], "plan", [plans], label)
    cases += oracles.with_each([text], "plan", [plans[:1]], label, keep=("a", "b", "c", "d"))
    tt.check(door.walks(walk_back), oracles.Graph.outcomes, cases, rtol=1e-6, once=True)
    ### END HIDDEN TESTS


test_walk_back_frees_the_record()

# %% nbgrader={"grade": true, "grade_id": "test_walk_back_frees_as_it_goes", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_walk_back_frees_as_it_goes():
    """A record is freed as soon as its step is done, not before: also if the next has no rule."""
    def expected(steps, retain_graph):
        return ["LookupError", "RuntimeError" if steps and not retain_graph else "LookupError"]

    walks, name = door.walks_without_a_rule(walk_back), "of two walks (steps, retain_graph) ="
    tt.check(walks, expected, [(1, False), (1, True), (3, False), (0, False)], name=name, once=True)
    ### BEGIN HIDDEN TESTS
    tt.check(walks, expected, [(2, False), (5, True), (0, False)], name=name, once=True)
    ### END HIDDEN TESTS


test_walk_back_frees_as_it_goes()

# %% nbgrader={"grade": true, "grade_id": "test_walk_back_leaves_grad_alone", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_walk_back_leaves_grad_alone():
    """`.grad` of no Tensor is set, or added to; and grad is not written into."""
    graphs = ["a = x * y; b = a + x", "a = x + y; b = a + x; c = -b"]
    label = "With .grad {} before {}, what is left"
    cases = oracles.with_each(graphs, "before", [(None, 5.0)] * 2, label)
    tt.check(door.left(walk_back), oracles.Graph.untouched, cases, once=True)
    ### BEGIN HIDDEN TESTS
    graphs, options = ["a = x - y; b = a + a"], {"keep": ("a",)}
    cases = oracles.with_each(graphs, "before", [(None, 0.0)], label, **options)
    tt.check(door.left(walk_back), oracles.Graph.untouched, cases, once=True)
    ### END HIDDEN TESTS


test_walk_back_leaves_grad_alone()

# %% nbgrader={"grade": true, "grade_id": "test_walk_back_from_a_leaf", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_walk_back_from_a_leaf():
    """If the output is a leaf, its gradient is grad."""
    cases = [(np.ones(2), np.array([5.0, 6.0])), (np.zeros((1, 2)), np.ones((1, 2)))]
    tt.check(door.from_a_leaf(walk_back), lambda data, grad: [(data, grad)], cases)
    ### BEGIN HIDDEN TESTS
    cases = [(np.array(3.0), np.array(-2.0)), (np.zeros(3), np.arange(3.0))]
    tt.check(door.from_a_leaf(walk_back), lambda data, grad: [(data, grad)], cases)
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
@method
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
    first = first_gradient(output, grad)
    known = walk_back(place_of(output), first, retain_graph=retain_graph)
    for leaf, new in owned(known).items():
        if leaf.grad is None:
            leaf.grad = new
        elif np.shape(leaf.grad) != new.shape:
            message = f"expected a .grad of shape {new.shape}, got {np.shape(leaf.grad)}: set it to"
            raise ValueError(f"{message} None before you go back")
        elif type(leaf.grad) is np.ndarray and leaf.grad.dtype == new.dtype:
            leaf.grad += new
        else:  # somebody set it
            leaf.grad = (to_array(leaf.grad) + new).astype(new.dtype)

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
        inputs: leaves or intermediate results that require a gradient, or a single one.

    Returns:
        An array for each, of its shape and dtype; zeros where the output does not depend on it.

    Example:
        >>> x = Tensor(3.0, requires_grad=True)
        >>> y = x * x
        >>> [float(slope) for slope in gradients(y * y, [y, x])]
        [18.0, 108.0]
    """
    if isinstance(inputs, Tensor) or not isinstance(inputs, Iterable):
        inputs = [inputs]
    inputs = list(inputs)
    if not all(isinstance(x, Tensor) for x in inputs):
        raise TypeError(f"expected Tensors to differentiate by, got {inputs!r}: list them")
    if not all(x.requires_grad for x in inputs):
        raise ValueError("expected inputs that require a gradient: pass requires_grad=True")
    places = [place_of(x) for x in inputs]
    first = first_gradient(output, grad)
    known = owned(walk_back(place_of(output), first, frozenset(places), retain_graph))
    return [known[x] if x in known else np.zeros(x.shape, x.dtype) for x in places]

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
    """Each element gets the gradient of the sum it went into, for every axis and keepdims."""
    cases = oracles.sums(((2, 3, 4), (3,), ()), seed=0)
    tt.check(sum_gradient, oracles.repeated, cases)
    ### BEGIN HIDDEN TESTS
    cases = oracles.sums(((3, 2), (4, 2, 3), (2, 1, 1, 3), (1,)), seed=20)[::3]
    tt.check(sum_gradient, oracles.repeated, cases)
    ### END HIDDEN TESTS


test_sum_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_sum_gradient_has_the_dtype_of_grad", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_sum_gradient_has_the_dtype_of_grad():
    """Shape from x, dtype from grad, of what x holds nothing: infinities, or whole numbers."""
    some = [tt.strange(), tt.strange(np.float32)]
    some += [tt.numbers((2, 4), np.int64), tt.numbers((2, 4), bool)]
    cases = oracles.sums_of(some, dtypes=(np.float64, np.float32))
    tt.check(sum_gradient, oracles.repeated, cases, dtype="same")
    ### BEGIN HIDDEN TESTS
    some = [tt.strange(np.float32).T, -np.float64(tt.strange())]
    some += [tt.numbers((3, 2), np.int32), tt.numbers((3, 1), np.uint8)]
    cases = oracles.sums_of(some, dtypes=(np.float32, np.float64))[::3]
    tt.check(sum_gradient, oracles.repeated, cases, dtype="same")
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
    count = np.count_nonzero(hits, axis, keepdims=keepdims)
    return hits * sum_gradient((grad / count).astype(grad.dtype), output, x, axis, keepdims)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_max_gradient", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_max_gradient():
    """The winners of each result share its gradient, along every axis, keepdims or not."""
    cases = oracles.maxima(((2, 3, 2), ()), seed=0, low=-1, high=1)
    tt.check(max_gradient, oracles.shared_by_the_largest, cases, dtype="any", memory="fresh")
    ### BEGIN HIDDEN TESTS
    cases = oracles.maxima(((4, 3), (2, 1, 3)), seed=30, low=-0.5, high=0.25)[::2]
    tt.check(max_gradient, oracles.shared_by_the_largest, cases, dtype="any", memory="fresh")
    ### END HIDDEN TESTS


test_max_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_max_gradient_keeps_float32", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_max_gradient_keeps_float32():
    """A gradient of float32 stays float32, and one of float64 float64, whatever x is."""
    kinds, rows = (np.float32, np.float64, np.int64), [[2, 4, 1], [0, 4, 5]]
    some = [np.array(rows, kind) for kind in kinds]
    cases = oracles.maxima_of(some, [np.float32, np.float64])
    tt.check(max_gradient, oracles.shared_by_the_largest, cases, dtype="same")
    ### BEGIN HIDDEN TESTS
    some, dtypes = [np.array([[-1, 0], [-2, 0]], kind) for kind in kinds], (np.float64, np.float32)
    cases = oracles.maxima_of(some, dtypes, keepdims=True)[1::2]
    tt.check(max_gradient, oracles.shared_by_the_largest, cases, dtype="same")
    ### END HIDDEN TESTS


test_max_gradient_keeps_float32()

# %% nbgrader={"grade": true, "grade_id": "test_max_gradient_compares_exactly", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_max_gradient_compares_exactly():
    """Nearly as large is not as large, also to a float32 grad; infinities are numbers like any."""
    some = [*oracles.NEARLY, oracles.NEARLY[:-1]]
    cases = oracles.maxima_of(some, [np.float32, np.float64])
    cases += oracles.maxima_of(oracles.NEARLY[:5], [np.float64, np.float32])
    tt.check(max_gradient, oracles.shared_by_the_largest, cases)
    ### BEGIN HIDDEN TESTS
    some = [[5.0, 5.0 - 1e-10, 4.0], [-1e-20, 0.0, -1.0], [-1.0, np.inf, -np.inf], [np.inf] * 2]
    some += [[-np.inf, -1e30, -np.inf], [-7.0, np.nextafter(-7.0, 0), -7.0], [1e-300, 0, 2e-300]]
    some += [np.float32([[0.5, np.nextafter(np.float32(0.5), np.float32(0))], [1e-45, 0]])]
    cases = oracles.maxima_of(some, dtypes=[np.float32, np.float64])
    tt.check(max_gradient, oracles.shared_by_the_largest, cases)
    ### END HIDDEN TESTS


test_max_gradient_compares_exactly()

# %% nbgrader={"grade": true, "grade_id": "test_max_gradient_of_many_winners", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_max_gradient_of_many_winners():
    """However many are equal, they share: 2, 256, 1,000 or 65,536."""
    some = [np.full(2, 0.5), np.full(256, 0.5), np.full(256, 0.5, np.float32)]
    some += [np.full(1000, 0.5), np.full(65_536, 0.5, np.float32)]
    cases = oracles.maxima_of([*some, np.full((1, 256), -1.0)])
    tt.check(max_gradient, oracles.shared_by_the_largest, cases)
    ### BEGIN HIDDEN TESTS
    some = [np.full(512, -2, np.float32), np.full(32_768, -2, np.float32)]
    cases = oracles.maxima_of([*some, np.full(300, -2.0)])
    tt.check(max_gradient, oracles.shared_by_the_largest, cases)
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
        A new array of the shape of a and the dtype of grad. Where a was broadcast, and so was a
        vector that met a stack, it may have the shape that it was broadcast to, (..., N, D) or
        (..., D): `fit_gradient` sums over the further axes. Nothing is written into.

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
    rule, asked = oracles.summed(matmul_gradient), {"memory": "fresh", "dtype": "same"}
    cases = oracles.products(oracles.MATRICES, seed=0)
    tt.check(rule, oracles.product_slope, cases, rtol=1e-5, **asked)
    ### BEGIN HIDDEN TESTS
    shapes = [((4, 2), (2, 3)), ((2, 2), (2, 2)), ((1, 2), (2, 4)), ((0, 2), (2, 3))]
    shapes += [((1, 0), (0, 2)), ((3, 2), (2, 0))]
    cases = oracles.products(shapes, seed=70)
    tt.check(rule, oracles.product_slope, cases, rtol=1e-5, **asked)
    ### END HIDDEN TESTS


test_matmul_gradient_of_matrices()

# %% nbgrader={"grade": true, "grade_id": "test_matmul_gradient_has_the_dtype_of_grad", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_matmul_gradient_has_the_dtype_of_grad():
    """float32 meets float64, on either side, or whole numbers: the dtype is that of grad."""
    rule, asked = oracles.summed(matmul_gradient), {"memory": "fresh", "dtype": "same"}
    shapes = [((2, 3), (3, 4)), ((2, 3), (3,)), ((3,), (3, 4)), ((5, 2, 3), (3, 4)), ((3,), (3,))]
    cases = oracles.mixed_products(shapes, seed=1)
    tt.check(rule, oracles.product_slope, cases, rtol=1e-5, **asked)
    ### BEGIN HIDDEN TESTS
    shapes = [((4, 1), (1, 2)), ((2, 2, 3), (2, 3, 1)), ((2,), (3, 2, 2)), ((2, 2), (2,))]
    cases = oracles.mixed_products(shapes, seed=5)[1:-1]
    tt.check(rule, oracles.product_slope, cases, rtol=1e-5, **asked)
    ### END HIDDEN TESTS


test_matmul_gradient_has_the_dtype_of_grad()

# %% nbgrader={"grade": true, "grade_id": "test_matmul_gradient_of_stacks", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_matmul_gradient_of_stacks():
    """Each matrix of a stack has its own product, on either side; a stack may be broadcast."""
    rule, asked = oracles.summed(matmul_gradient), {"memory": "fresh", "dtype": "same"}
    cases = oracles.products(oracles.STACKS, seed=0)
    tt.check(rule, oracles.product_slope, cases, rtol=1e-5, **asked)
    ### BEGIN HIDDEN TESTS
    shapes = [((2, 3, 1), (2, 1, 2)), ((3, 2), (4, 2, 2)), ((2, 1, 2, 3), (3, 3, 2))]
    shapes += [((3, 3, 3), (3, 3)), ((3, 1, 4), (2, 1, 4, 2))]
    cases = oracles.products([*shapes, ((2, 2, 2, 2), (2, 2, 2, 2))], seed=80)
    tt.check(rule, oracles.product_slope, cases, rtol=1e-5, **asked)
    ### END HIDDEN TESTS


test_matmul_gradient_of_stacks()

# %% nbgrader={"grade": true, "grade_id": "test_matmul_gradient_of_vectors", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_matmul_gradient_of_vectors():
    """A vector is one row on the left, one column on the right; it meets all, stacks too."""
    rule, asked = oracles.summed(matmul_gradient), {"memory": "fresh", "dtype": "same"}
    cases = oracles.products(oracles.VECTORS, seed=0)
    tt.check(rule, oracles.product_slope, cases, rtol=1e-5, **asked)
    ### BEGIN HIDDEN TESTS
    shapes = [((4,), (4,)), ((4, 2), (2,)), ((2,), (2, 3)), ((2,), (3, 2, 2)), ((3, 2, 2), (2,))]
    shapes += [((2,), (3, 2, 2, 3)), ((3, 3), (3,))]
    cases = oracles.products(shapes, seed=90)
    tt.check(rule, oracles.product_slope, cases, rtol=1e-5, **asked)
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
        rows = math.prod(a.shape[:-1])
        return a.reshape(rows, a.shape[-1]).T @ grad.reshape(rows, *b.shape[1:])
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
    """Ints, slices, masks, lists: what was chosen gets its gradient in its place, the rest 0."""
    cases = oracles.selections(select, tt.numbers((3, 4)), oracles.CHOSEN)
    cases += oracles.small_selections(select)
    tt.check(select_gradient, oracles.put_back, cases, memory="fresh")
    ### BEGIN HIDDEN TESTS
    every, mask = slice(None), np.array([False, True, True])
    chosen = [(0,), (..., -1), (1, slice(0, 2)), (every, 2, 0), (every, mask)]
    chosen += [(0, None, 1), ([1, 0], every, 1), ([True, False],), (1, [False, True, True])]
    chosen += [(..., [False, True]), ([True, True], [2, 0], 1), (every, []), ([], every, 0)]
    chosen += [([], [], []), (slice(0, 2),), (tt.numbers((2, 3, 2), bool),)]
    cases = oracles.selections(select, tt.numbers((2, 3, 2), seed=4), chosen, seed=9)
    tt.check(select_gradient, oracles.put_back, cases, memory="fresh")
    ### END HIDDEN TESTS


test_select_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_select_gradient_adds_up", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_select_gradient_adds_up():
    """An element that was chosen several times gets the sum."""
    cases = oracles.selections(select, tt.numbers((3, 4)), oracles.CHOSEN_TWICE)
    tt.check(select_gradient, oracles.put_back, cases)
    ### BEGIN HIDDEN TESTS
    every, grid = slice(None), np.array([[0, 1], [1, 1]])
    chosen = [([1, 1],), (grid, every, np.array([2, 0])), (0, [3, -1, 3], every), (..., [2, 2, 0])]
    chosen += [([0, -2], 1), (every, np.array([0, 0]), None), ([True, False], [3, 3, 0])]
    chosen += [(np.array([False, True]), np.array([1, 1])), ([1, 1], [False, False, True, False])]
    chosen += [(every, [0, 0], [True, False, False])]
    cases = oracles.selections(select, tt.numbers((2, 4, 3)), chosen, seed=9)
    tt.check(select_gradient, oracles.put_back, cases)
    ### END HIDDEN TESTS


test_select_gradient_adds_up()

# %% nbgrader={"grade": true, "grade_id": "test_select_gradient_keeps_the_dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_select_gradient_keeps_the_dtype():
    """The result has the dtype of the array, float32 or float64, whatever that of grad."""
    chosen, floats = [(1,), ([0, 2],), (slice(0, 2), [1, 3]), ()], [np.float32, np.float64]
    cases = []
    for one, other in [floats, floats[::-1], floats[:1] * 2]:
        cases += oracles.selections(select, tt.numbers((3, 4), one), chosen, dtypes=[other])
    tt.check(select_gradient, oracles.put_back, cases)
    ### BEGIN HIDDEN TESTS
    chosen, cases = [(..., 2), ([1, -4, 3],), (None, 0), ([],)], []
    for one in floats:
        some = chosen[one == np.float64 :: 2]
        cases += oracles.selections(select, tt.numbers((3, 4), one).T, some, 9, dtypes=floats[::-1])
    tt.check(select_gradient, oracles.put_back, cases)
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
    count = x.size // max(output.size, 1)
    share = grad / count if grad.itemsize > 2 else grad * (1 / count)  # float16 ends at 65504
    return sum_gradient(share, share, hollow(x.shape, x.dtype), axis, keepdims)


@gradient_of(np.transpose)
def transpose_gradient(grad, output, x, axes=None):
    if axes is None:
        return grad.T
    ndim = x.ndim
    return grad.transpose(sorted(range(ndim), key=lambda axis: axes[axis] % ndim))

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

# %% nbgrader={"grade": true, "grade_id": "test_no_grad_in_blocks", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_no_grad_in_blocks():
    """Nothing is recorded in a block, nor in blocks inside it; after it recording is as before."""
    cases = oracles.block_cases(depths=(1, 2))
    tt.check(door.blocks(no_grad), oracles.states_of_blocks, cases, once=True)
    ### BEGIN HIDDEN TESTS
    cases = oracles.block_cases(depths=(3,))
    tt.check(door.blocks(no_grad), oracles.states_of_blocks, cases, once=True)
    ### END HIDDEN TESTS


test_no_grad_in_blocks()

# %% nbgrader={"grade": true, "grade_id": "test_no_grad_and_exceptions", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_no_grad_and_exceptions():
    """A block that ends with an exception of any kind restores what was, and lets it go on."""
    errors = [None, KeyError, KeyboardInterrupt, ValueError, RuntimeError, SystemExit]
    cases = oracles.ends_of_blocks([*errors, GeneratorExit])
    tt.check(door.after(no_grad), oracles.after_the_block, cases, once=True)
    ### BEGIN HIDDEN TESTS
    errors = [BaseException, IndexError, None, KeyboardInterrupt]
    cases = oracles.ends_of_blocks(errors)
    tt.check(door.after(no_grad), oracles.after_the_block, cases, once=True)
    ### END HIDDEN TESTS


test_no_grad_and_exceptions()

# %% nbgrader={"grade": true, "grade_id": "test_no_grad_as_a_decorator", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_no_grad_as_a_decorator():
    """A decorated function records nothing in any of its calls, and returns what it returns."""
    cases = oracles.decorated_cases(numbers=[2], factors=[4])
    tt.check(door.decorated(no_grad), oracles.states_of_calls, cases, once=True)
    ### BEGIN HIDDEN TESTS
    cases = oracles.decorated_cases(numbers=[7, 5], factors=[2, 0])[1::2]
    tt.check(door.decorated(no_grad), oracles.states_of_calls, cases, once=True)
    ### END HIDDEN TESTS


test_no_grad_as_a_decorator()

# %% nbgrader={"grade": true, "grade_id": "test_no_grad_and_threads", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_no_grad_and_threads():
    """Blocks in two threads don't notice each other, whichever begins and ends first."""
    cases = oracles.orders_of_threads(["on", "on", "in a block", "on", "off"])
    tt.check(door.threads(no_grad), oracles.states_of_threads, cases, once=True)
    ### BEGIN HIDDEN TESTS
    cases = oracles.orders_of_threads(["in a block", "on"])
    tt.check(door.threads(no_grad), oracles.states_of_threads, cases, once=True)
    ### END HIDDEN TESTS


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

for _ in range(200):
    loss = loss_of(net(pixels[train]), digits.target[train])
    backward(loss)
    with no_grad():
        unseen = loss_of(net(pixels[test]), digits.target[test])
        for parameter in net.parameters():
            parameter.data -= 0.4 * parameter.grad
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

Nothing that ran here came from a library for learning. It is the code that you exported from
lessons 1 to 5, as this notebook's first cell said, and what you wrote above, on NumPy alone. A
wrong rule among it would raise no error, and bend these curves. And what did the way back cost?
"""

# %%
x, targets = pixels[train], digits.target[train]
with no_grad():
    forward = min(timeit.repeat(lambda: loss_of(net(x), targets), number=5, repeat=8))
both = min(timeit.repeat(lambda: backward(loss_of(net(x), targets)), number=5, repeat=8))
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

Your `no_grad` stands for a block or a decorator; the next cell lets it be used again, and without
its brackets.
"""

# %% jupyter={"source_hidden": true}
#| export
# no_grad in every way of writing
class Block(ContextDecorator):
    """Blocks of a context manager, one after the other or inside each other, or a decorator."""

    def __init__(self, manager: Callable):
        self.manager, self.open = manager, threading.local()

    def __enter__(self) -> Any:
        block = self.manager()
        entered = block.__enter__()
        vars(self.open).setdefault("blocks", []).append(block)
        return entered

    def __exit__(self, *exception: Any) -> Any:
        return self.open.blocks.pop().__exit__(*exception)

    def __call__(self, function: Any) -> Any:
        if not inspect.isgeneratorfunction(function):
            return super().__call__(function)

        @functools.wraps(function)
        def steps(*inputs: Any, **options: Any) -> Iterator:
            """Each step of the generator in a block of its own, and none while it waits."""
            running = function(*inputs, **options)
            while True:
                with self:
                    try:
                        value = next(running)
                    except StopIteration as end:
                        return end.value
                yield value

        return steps


def repeatable(manager: Callable) -> Any:
    """A context manager that can be entered again, and decorates functions: `@manager()`."""

    @functools.wraps(manager)
    def call(function: Callable | None = None) -> Any:
        return Block(manager) if function is None else Block(manager)(function)

    return call


no_grad = repeatable(no_grad)  # type: ignore[misc]

# %% [markdown]
r"""
Three more functions have rules. The larger, or smaller, of two numbers passes the gradient on, and
equals share it. A power has two.
"""

# %%
#| export
@gradient_of(np.maximum)
@gradient_of(np.minimum)
def chosen_gradient(grad, output, a, b):
    return np.where(a == b, grad / 2, grad * (a == output))




@gradient_of(np.min)
def min_gradient(grad, output, x, axis=None, keepdims=False):
    """The smallest is the largest of the opposites."""
    return max_gradient(grad, -output, -x, axis, keepdims)


gradient_of(np.remainder)(lambda grad, output, a, b: grad)
gradient_of(np.remainder, 1)(lambda grad, output, a, b: -grad * np.floor_divide(a, b))
gradient_of(np.logaddexp)(lambda grad, output, a, b: grad * np.exp(a - output))
gradient_of(np.logaddexp, 1)(lambda grad, output, a, b: grad * np.exp(b - output))
gradient_of(np.sin)(lambda grad, output, x: grad * np.cos(x))
gradient_of(np.cos)(lambda grad, output, x: -grad * np.sin(x))
gradient_of(np.tan)(lambda grad, output, x: grad * (1 + output * output))
gradient_of(np.sinh)(lambda grad, output, x: grad * np.cosh(x))
gradient_of(np.cosh)(lambda grad, output, x: grad * np.sinh(x))
gradient_of(np.arctan)(lambda grad, output, x: grad / (1 + x * x))
gradient_of(np.expm1)(lambda grad, output, x: grad * (output + 1))
gradient_of(np.exp2)(lambda grad, output, x: grad * output * math.log(2))
gradient_of(np.log1p)(lambda grad, output, x: grad / (1 + x))
gradient_of(np.log2)(lambda grad, output, x: grad / (x * math.log(2)))
gradient_of(np.log10)(lambda grad, output, x: grad / (x * math.log(10)))
gradient_of(np.reciprocal)(lambda grad, output, x: -grad * output * output)
for steps in (np.sign, np.floor, np.ceil, np.rint, np.trunc):  # flat wherever they have a slope
    gradient_of(steps)(lambda grad, output, x: np.zeros_like(grad))
gradient_of(np.floor_divide)(lambda grad, output, a, b: np.zeros_like(grad))
gradient_of(np.floor_divide, 1)(lambda grad, output, a, b: np.zeros_like(grad))
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
of_two = "add subtract multiply divide power maximum minimum remainder floor_divide logaddexp"
of_two += " squared_error binary_cross_entropy"
samples |= {name: tt.case(x, y) for name in [*of_two.split(), "binary_cross_entropy_with_logits"]}
samples["cast"] = tt.case(x, dtype=np.float64)
of_one = "exp log sqrt absolute tanh negative square sum mean max min relu sigmoid softmax log_softmax logsumexp"
of_one += " sin cos tan sinh cosh arctan expm1 exp2 log1p log2 log10 reciprocal"
of_one += " sign floor ceil rint trunc"
samples |= {name: tt.case(x) for name in of_one.split()}

# %%
def in_full(function, rule):
    """A rule that also gets what its function hands over."""
    if not getattr(function, "hands_over", False):
        return rule
    return lambda *inputs: rule(*inputs, kept=function.__wrapped__(*inputs[2:])[1])


checked = {
    (function, argnum): rule for (function, argnum), rule in GRADIENTS.items()
    if function.__name__ in samples and argnum is not None
}
for (function, argnum), rule in checked.items():
    rule = in_full(function, rule)
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
    if not isinstance(output, Tensor) or output.origin is None:
        raise ValueError("expected a recorded result, got none: use requires_grad=True on the way")
    called = {id(x): name for name, x in (names or {}).items()}
    places: dict[int, str] = {}
    grads, lines = grads or {}, []

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

# %%
# Save first (Ctrl+S): this checks the saved notebook as grading does, and exports your own module.
tt.export()
