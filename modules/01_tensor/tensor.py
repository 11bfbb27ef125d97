# %% [markdown]
r"""
# 1. Tensor

A tensor is a block of numbers with a shape. Everything else in this course, from a
layer to a trained network, is arithmetic on tensors. In this lesson you build the class
`Tensor` on top of one NumPy array, and the one door through which every operation goes.

You need Python and a little NumPy: making an array, indexing it, adding two of them.
"""

# %%
#| default_exp core.tensor

# %%
#| export
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

# %%
import timeit

from tinytorch import figures
from tinytorch.testing import (
    assert_close,
    assert_equal,
    assert_raises,
    assert_unchanged,
    check_gradient,
)

# %% [markdown]
r"""
## 1.1 Why a list is not enough

Python has lists of numbers already. Before you run the next cell, say what you expect of
`prices * 2` and of `prices + prices`. Watch the time in the last line as well.
"""

# %%
prices = [1.0, 2.0, 3.0]
print("prices * 2      ", prices * 2)
print("prices + prices ", prices + prices)

numbers, array = list(range(20_000)), np.arange(20_000)
loop = timeit.timeit(lambda: [2 * n for n in numbers], number=5)
whole = timeit.timeit(lambda: 2 * array, number=5)
print(f"a loop takes {loop / whole:.0f} times as long as NumPy")

# %% [markdown]
r"""
A list repeats where we want to double, and joins where we want to add: it holds *things*,
not numbers. It is slow for the same reason. Each element is an object somewhere in memory,
and the loop asks each one what it is before it can multiply.

An array holds bare numbers of one kind, side by side. Our `Tensor` wraps one array and
adds what a framework needs: one default dtype, clear errors, and a record of how a result
was made.
"""

# %% [markdown]
r"""
## 1.2 The class

The class is written for you. Read it as a table of contents: it says what a tensor can do
and hands the work to functions that *you* write below. Python looks those functions up when
they are called, so the class may come first.

Start with the signs. `a - b` calls `a.__sub__(b)`; if `a` is a plain number and knows nothing
of tensors, Python turns round and asks `b.__rsub__(a)`, with the operands swapped.
"""

# %%
#| export
class Operators:
    """What the arithmetic signs mean between a tensor and another tensor, array or number."""

    __slots__ = ()
    __array_ufunc__ = None  # so that `array + tensor` asks the tensor

    def __add__(self, other): return elementwise(np.add, self, other)
    def __radd__(self, other): return elementwise(np.add, other, self)
    def __sub__(self, other): return elementwise(np.subtract, self, other)
    def __rsub__(self, other): return elementwise(np.subtract, other, self)
    def __mul__(self, other): return elementwise(np.multiply, self, other)
    def __rmul__(self, other): return elementwise(np.multiply, other, self)
    def __truediv__(self, other): return elementwise(np.divide, self, other)
    def __rtruediv__(self, other): return elementwise(np.divide, other, self)
    def __pow__(self, other): return elementwise(np.power, self, other)
    def __matmul__(self, other): return matmul(self, other)
    def __rmatmul__(self, other): return matmul(other, self)
    def __neg__(self): return apply(np.negative, self)
    # Comparisons give booleans, which have no gradient: they need not go through the door.
    def __eq__(self, other): return Tensor(self.data == to_array(other))
    def __lt__(self, other): return Tensor(self.data < to_array(other))
    def __gt__(self, other): return Tensor(self.data > to_array(other))

    __hash__ = object.__hash__  # == gives a tensor, yet a tensor may be the key of a dict

# %% [markdown]
r"""
Now the class itself. `requires_grad`, `grad` and `origin` are the record of how a result was
made; section 1.4 fills them, and for now they may stay empty.
"""

# %%
#| export
class Tensor(Operators):
    """A block of numbers with a shape: one NumPy array, and a record of where it came from.

    Args:
        data: numbers, nested lists, an array or a Tensor. Lists become float32.
        requires_grad: whether results made from this tensor record how they were made.

    Attributes:
        data: the array.
        grad: a gradient of the same shape once one is known, else None.
        origin: for a recorded result its `Origin`, else None.
    """

    __slots__ = ("__weakref__", "data", "grad", "origin", "requires_grad")

    def __init__(self, data: Any, requires_grad: bool = False):
        self.data = to_array(data)
        if requires_grad and self.data.dtype.kind != "f":
            raise TypeError(f"only floats can have a gradient, got {self.data.dtype}")
        self.requires_grad = requires_grad
        self.grad = None
        self.origin = None

    shape = property(lambda self: self.data.shape, doc="The length of each axis.")
    ndim = property(lambda self: self.data.ndim, doc="The number of axes.")
    size = property(lambda self: self.data.size, doc="The number of elements.")
    dtype = property(lambda self: self.data.dtype, doc="The kind of number.")
    T = property(lambda self: transpose(self), doc="All axes in reverse order.")

    def sum(self, axis=None, keepdims=False): return reduce_sum(self, axis, keepdims)
    def mean(self, axis=None, keepdims=False): return reduce_mean(self, axis, keepdims)
    def max(self, axis=None, keepdims=False): return reduce_max(self, axis, keepdims)
    def reshape(self, *shape): return reshape(self, *shape)
    def transpose(self, *axes): return transpose(self, *axes)
    def __getitem__(self, index): return getitem(self, index)
    def __len__(self): return len(self.data)
    def __array__(self, dtype=None, copy=None): return np.array(self.data, dtype, copy=copy)
    def item(self) -> float: return self.data.item()

    def __repr__(self):
        text = np.array2string(self.data, separator=", ", prefix="Tensor(", threshold=100)
        dtype = "" if self.dtype == np.float32 else f", dtype={self.dtype}"
        return f"Tensor({text}{dtype}{', requires_grad=True' if self.requires_grad else ''})"

# %% [markdown]
r"""
## 1.3 From Python data to an array

A dtype is the kind of number that an array holds. `float32` takes 4 bytes and keeps about 7
decimal digits, `float64` takes 8 and keeps 16. Networks are trained in `float32`: it halves
the memory that must be moved, and the digits it drops are noise anyway.

So Python numbers and lists become `float32`. Whoever brings an array has chosen its dtype
already; we keep it, and we do not copy it either.
"""

# %% nbgrader={"grade": false, "grade_id": "to_array", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def to_array(data: Any) -> np.ndarray:
    """Turn numbers, lists, arrays or a Tensor into one array.

    Args:
        data: a number, a (nested) list of numbers, a NumPy array or scalar, or a Tensor.

    Returns:
        An array. Python numbers and lists give float32, also where they are integers.
        Arrays keep their dtype and are not copied; a Tensor gives the array inside it.

    Raises:
        TypeError: the data are not numbers.
        ValueError: the rows of a list have different lengths.

    Example:
        >>> to_array([[1, 2], [3, 4]]).dtype
        dtype('float32')

    Hint: `np.asarray` copies only when it must.
    """
    ### BEGIN SOLUTION
    if isinstance(data, Tensor):
        return data.data
    array = np.asarray(data)  # lists of different lengths end here, in NumPy's ValueError
    if array.dtype.kind not in "biuf":
        raise TypeError(f"expected numbers, got {array.dtype}: turn them into numbers first")
    chosen = isinstance(data, (np.ndarray, np.generic))
    return array if chosen else array.astype(np.float32)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_to_array_makes_float32_of_python_numbers", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_to_array_makes_float32_of_python_numbers():
    """Lists and numbers become float32, integers among them too."""
    hint = "If you let NumPy choose, integers stay integers and decimals become float64."
    assert_close(to_array([[1, 2, 3], [4, 5, 6]]), np.array([[1.0, 2, 3], [4, 5, 6]]), hint)
    assert_close(to_array([0.5, 2.5]), np.array([0.5, 2.5]), hint, dtype=np.float32)
    ### BEGIN HIDDEN TESTS
    assert_close(to_array(7), np.float32(7.0), hint, dtype=np.float32)
    assert_close(to_array((1, 2)), np.array([1.0, 2.0]), hint, dtype=np.float32)
    assert_close(to_array([]), np.zeros(0), hint, dtype=np.float32)
    ### END HIDDEN TESTS


test_to_array_makes_float32_of_python_numbers()

# %% nbgrader={"grade": true, "grade_id": "test_to_array_keeps_an_array_as_it_is", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_to_array_keeps_an_array_as_it_is():
    """An array keeps its dtype and its memory; a Tensor gives the array inside it."""
    for dtype in (np.float64, np.float32, np.int64, np.bool_):
        array = np.array([[1, 0, 1]], dtype)
        hint = "If you convert every input, whoever chose a dtype loses it."
        assert_close(to_array(array), array, hint, dtype=dtype)
    array = np.zeros((2, 3))
    to_array(array)[1, 2] = 5.0
    hint = "If you copied the array, a change made here never reaches its owner."
    assert_close(array[1, 2], 5.0, hint, name="the array whose memory is shared")
    ### BEGIN HIDDEN TESTS
    assert_close(to_array(np.float64(2.5)), np.float64(2.5), dtype=np.float64)
    inner = Tensor(np.array([1.0, 2.0]))
    hint = "If a Tensor is refused, take the array inside it."
    assert_close(lambda: to_array(inner), np.array([1.0, 2.0]), hint, dtype=np.float64)
    ### END HIDDEN TESTS


test_to_array_keeps_an_array_as_it_is()

# %% nbgrader={"grade": true, "grade_id": "test_to_array_refuses_what_is_not_numbers", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_to_array_refuses_what_is_not_numbers():
    """Text is a TypeError, and rows of different lengths are a ValueError."""
    hint = "If you only call np.asarray, text becomes an array of text."
    assert_raises((TypeError, ValueError), to_array, ["one", "two"], hint=hint)
    assert_raises((TypeError, ValueError), to_array, [[1, 2], [3]], hint=hint)
    ### BEGIN HIDDEN TESTS
    assert_raises((TypeError, ValueError), to_array, None, hint="If None passes, it surfaces later.")
    assert_raises((TypeError, ValueError), to_array, np.array(["1"]), hint=hint)
    ### END HIDDEN TESTS


test_to_array_refuses_what_is_not_numbers()

# %%
batch = Tensor([[1, 2, 3], [4, 5, 6]])
print(batch)
print("shape", batch.shape, "| axes", batch.ndim, "| elements", batch.size, "| dtype", batch.dtype)

# %% [markdown]
r"""
`shape`, `ndim`, `size` and `dtype` work already, since they only look at the array. The signs
do not: they wait for the next two sections.

## 1.4 The door

Adding, exponentiating and reshaping are different work, but from where a framework stands
they look the same: take the arrays out of some tensors, call a function, wrap what it
returns. We write that once and call it `apply`.

A single door is worth having because a gradient needs to know how each number was made.
With one door there is one place to write it down. It does so only if one of the inputs asks
for it with `requires_grad=True`; otherwise it remembers nothing, and costs next to nothing.
"""

# %%
#| export
class Origin(NamedTuple):
    """How a tensor was made: `function(*inputs, **options)`."""

    function: Callable
    inputs: tuple
    options: dict


class Recording(threading.local):
    """Whether the door writes origins down. Each thread has a switch of its own."""

    enabled = True


recording = Recording()

# %% nbgrader={"grade": false, "grade_id": "apply", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def apply(function: Callable, *inputs: Any, **options: Any) -> Tensor:
    """Call a function of plain arrays on tensors: the door that every operation goes through.

    The output gets `requires_grad=True` and an `Origin(function, inputs, options)` if recording
    is enabled and at least one input is a Tensor that requires a gradient.

    Args:
        function: takes arrays (and options) and returns an array or a number.
        inputs: Tensors, whose arrays are taken out, or arrays and numbers, passed on as they are.
        options: passed on unchanged.

    Returns:
        A new Tensor with the result.

    Example:
        >>> apply(np.add, Tensor([1, 2]), 10)
        Tensor([11., 12.])

    Hint: `isinstance` tells a Tensor from the rest.
    """
    ### BEGIN SOLUTION
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    output = Tensor(function(*arrays, **options))
    if recording.enabled:
        for x in inputs:
            if isinstance(x, Tensor) and x.requires_grad:
                output.requires_grad = True
                output.origin = Origin(function, inputs, options)
                break
    return output
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_apply_calls_the_function_on_arrays", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_apply_calls_the_function_on_arrays():
    """Inputs are unwrapped, options arrive, the result is a Tensor of the right dtype."""
    x = Tensor([[1.0, 4.0, 9.0], [16.0, 25.0, 36.0]])
    roots = apply(np.sqrt, x)
    assert_equal(isinstance(roots, Tensor), True, "If you return the bare result, wrap it.")
    assert_close(roots, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], name="apply(np.sqrt, x)")
    hint = "If you unwrap only the first input, a Tensor slips through."
    suspects = {"If inputs change places, minus shows.": [-9.0, -6.0, -1.0]}
    ten_minus = lambda: apply(np.subtract, 10, x).data[0]
    assert_close(ten_minus, [9.0, 6.0, 1.0], hint, suspects=suspects, name="10 - the first row of x")
    hint = "If you turn numbers into arrays first, 0.5 becomes a float64 array and widens the result."
    assert_close(apply(np.multiply, x, 0.5).data[1], [8.0, 12.5, 18.0], hint, dtype=np.float32)
    ### BEGIN HIDDEN TESTS
    hint = "If you drop the options, axis never reaches the function."
    assert_close(apply(np.sum, x, axis=0), [17.0, 29.0, 45.0], hint, name="apply(np.sum, x, axis=0)")
    hint = "If you unwrap only some inputs, a Tensor slips through."
    total = lambda: apply(lambda a, b, c: a + b * c, x, np.float32(2.0), Tensor(3.0)).data[0]
    assert_close(total, [7.0, 10.0, 15.0], hint, name="2 * 3 added to the first row of x")
    ### END HIDDEN TESTS


test_apply_calls_the_function_on_arrays()

# %% nbgrader={"grade": true, "grade_id": "test_apply_records_the_origin_when_asked", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_apply_records_the_origin_when_asked():
    """An output knows its origin if any of its inputs requires a gradient."""
    x, w = Tensor([1.0, 2.0]), Tensor([3.0, 4.0], requires_grad=True)
    y = apply(np.multiply, x, w)
    hint = "If you look at the first input alone, the second one's wish is lost."
    assert_equal(y.requires_grad, True, hint, name="requires_grad of x * w, where w requires it")
    assert_equal(y.origin is None, False, "If you set no origin, nobody knows how y was made.")
    assert_equal(len(y.origin.inputs), 2, "If you record some inputs, record them all.")
    assert_close(y.origin.inputs[1], [3.0, 4.0], "If you reorder the inputs, the record is of another call.")
    hint = "If you record arrays, the way back from them to their own origin is lost."
    assert_equal(isinstance(y.origin.inputs[1], Tensor), True, hint, name="recorded input is a Tensor")
    ### BEGIN HIDDEN TESTS
    z = apply(np.sum, y, axis=0)
    assert_equal(z.requires_grad, True, "If a result forgets, a chain of two steps has a gap.")
    assert_equal(z.origin.options["axis"], 0, "If you leave the options out, the record is wrong.")
    assert_close(z.origin.function(np.array([1.0, 2.0])), 3.0, "Record the function that was called.")
    ### END HIDDEN TESTS


test_apply_records_the_origin_when_asked()

# %% nbgrader={"grade": true, "grade_id": "test_apply_remembers_nothing_unasked", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_apply_remembers_nothing_unasked():
    """Without a wish for gradients, or with recording switched off, nothing is kept."""
    hint = "If you record every call, all arrays ever made stay in memory."
    plain = apply(np.add, Tensor([1.0, 2.0]), 1.0)
    assert_equal((plain.requires_grad, plain.origin is None), (False, True), hint)
    ### BEGIN HIDDEN TESTS
    recording.enabled = False
    try:
        silent = apply(np.exp, Tensor([1.0], requires_grad=True))
    finally:
        recording.enabled = True
    hint = "If you forget to ask recording.enabled, the switch does nothing."
    assert_equal((silent.requires_grad, silent.origin is None), (False, True), hint)
    ### END HIDDEN TESTS


test_apply_remembers_nothing_unasked()

# %% [markdown]
r"""
The record says *which* function made a number. What its gradient is, the function can't say.
So we open a register: for a function and one of its inputs it holds the rule that gives the
gradient. A rule is called as `rule(grad, output, *inputs, **options)`, with plain arrays, and
returns the gradient of `sum(grad * output)` with respect to that input.

You will add to the register in later lessons. Here is one entry, for the square: its slope
at $x$ is $2x$. `check_gradient` compares the rule with the slope that one measures by moving
$x$ a little to either side. Try a wrong factor and run the cell again.
"""

# %%
#| export
GRADIENTS: dict[tuple[Callable, int], Callable] = {}


def gradient_of(function: Callable, argnum: int = 0) -> Callable:
    """Register the decorated rule as the gradient of `function` by its input number `argnum`.

    The rule is called as `rule(grad, output, *inputs, **options)` with plain arrays. It returns
    the gradient of `sum(grad * output)` with respect to `inputs[argnum]`.
    """

    def register(rule: Callable) -> Callable:
        GRADIENTS[function, argnum] = rule
        return rule

    return register


@gradient_of(np.square)
def square_gradient(grad, output, x):
    return grad * 2 * x

# %%
check_gradient(np.square, square_gradient, np.array([-1.0, 0.5, 3.0]))
print(f"{len(GRADIENTS)} rule, in agreement with the measured slope")

# %% [markdown]
r"""
## 1.5 Broadcasting

What is a matrix of shape `(2, 3)` plus a vector of shape `(3,)`? NumPy *broadcasts*: it
behaves as if the vector were repeated for each row, without copying it. Two shapes fit when,
written one below the other and aligned **on the right**, each pair of lengths is equal or one
of the two is 1. A missing length counts as 1.

| a | b | result |
|---|---|---|
| `(2, 3)` | `(3,)` | `(2, 3)`: one row, added to both |
| `(2, 3)` | `(2, 1)` | `(2, 3)`: one column, added to all three |
| `(2, 1)` | `(3,)` | `(2, 3)`: every pair |
| `(2, 3)` | `(2,)` | refused: 3 meets 2 |

The third line is convenient and treacherous. `(N, 1)` meets `(N,)` and gives `(N, N)`, without
a word. More training runs have been spoiled by that than by any formula.
"""

# %%
column, row = np.array([[0], [10], [20]]), np.array([[1, 2, 3, 4]])
figure, axes = figures.subplots(1, 3, height=2.2, width_ratios=[1, 4, 4])
for axis, values, title in zip(
    axes, (column, row, column + row), ("(3, 1)", "(1, 4)", "(3, 1) + (1, 4) = (3, 4)"), strict=True
):
    axis.imshow(np.broadcast_to(values, (3, values.shape[1])), vmin=0, vmax=40, cmap="Blues")
    for (i, j), value in np.ndenumerate(values):
        axis.text(j, i, str(value), ha="center", va="center")
    axis.set_xlim(-0.5, values.shape[1] - 0.5)
    axis.set_ylim(values.shape[0] - 0.5, -0.5)
    axis.set(title=title, xticks=[], yticks=[])
    axis.grid(False)
figures.show(figure, alt="A column of 0, 10, 20 and a row of 1 to 4 give a table of all 12 sums.")

# %% nbgrader={"grade": false, "grade_id": "broadcast_shape", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def broadcast_shape(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that two shapes broadcast to.

    Args:
        a, b: two shapes.

    Returns:
        The common shape, as a tuple of ints.

    Raises:
        ValueError: the shapes do not fit. The message names both.

    Example:
        >>> broadcast_shape((2, 1), (3,))
        (2, 3)

    Hint: `itertools.zip_longest` pairs sequences of different lengths, from the left.
    """
    ### BEGIN SOLUTION
    longest = max(len(a), len(b))
    shape = []
    for m, n in zip((1,) * (longest - len(a)) + a, (1,) * (longest - len(b)) + b, strict=True):
        if m != n and 1 not in (m, n):
            raise ValueError(
                f"shapes {a} and {b} do not broadcast: {m} meets {n}, expected equal lengths or a "
                "1; reshape one of them"
            )
        shape.append(n if m == 1 else m)
    return tuple(shape)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_broadcast_shape_of_fitting_shapes", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_broadcast_shape_of_fitting_shapes():
    """Equal lengths, ones and missing lengths, aligned on the right."""
    hint = "If you align the shapes on the left, a missing axis is put at the wrong end."
    assert_equal(lambda: broadcast_shape((2, 3), (3,)), (2, 3), hint, name="(2, 3) with (3,)")
    assert_equal(lambda: broadcast_shape((3,), (4, 2, 3)), (4, 2, 3), hint, name="(3,) with (4, 2, 3)")
    assert_equal(lambda: broadcast_shape((), (2, 3)), (2, 3), hint, name="() with (2, 3)")
    hint = "If 1 counts as a mismatch, pairs are lost."
    assert_equal(lambda: broadcast_shape((2, 1), (1, 3)), (2, 3), hint, name="(2, 1) with (1, 3)")
    ### BEGIN HIDDEN TESTS
    assert_equal(lambda: broadcast_shape((5, 1, 4, 1), (3, 1, 2)), (5, 3, 4, 2), hint)
    hint = "If you take the larger length, 1 against 0 gives 1: an empty axis stays empty."
    assert_equal(lambda: broadcast_shape((1, 3), (0, 3)), (0, 3), hint, name="(1, 3) with (0, 3)")
    ### END HIDDEN TESTS


test_broadcast_shape_of_fitting_shapes()

# %% nbgrader={"grade": true, "grade_id": "test_broadcast_shape_refuses_the_rest", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_broadcast_shape_refuses_the_rest():
    """Different lengths fit only where one of them is 1."""
    hint = "If you take the larger length without a look at the smaller, nothing is ever refused."
    assert_raises(ValueError, broadcast_shape, (2, 3), (2,), hint=hint, name="(2, 3) with (2,)")
    assert_raises(ValueError, broadcast_shape, (4, 3), (2, 3), hint=hint, name="(4, 3) with (2, 3)")
    ### BEGIN HIDDEN TESTS
    assert_raises(ValueError, broadcast_shape, (2, 0), (2, 3), hint=hint, name="(2, 0) with (2, 3)")
    ### END HIDDEN TESTS


test_broadcast_shape_refuses_the_rest()

# %% [markdown]
r"""
With the door and the rule you can write what stands behind every sign. NumPy does broadcast
by itself, and it also complains by itself; what it can't do is say which *tensors* you gave
it. A good error says what was expected, what came, and how to mend it.
"""

# %% nbgrader={"grade": false, "grade_id": "elementwise", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def elementwise(function: Callable, a: Any, b: Any) -> Tensor:
    """Apply a function of two numbers to all pairs of elements, with broadcasting.

    Args:
        function: a NumPy function of two arrays, such as `np.add`.
        a, b: Tensors, arrays or numbers. A number does not change the other's dtype.

    Returns:
        A Tensor of the shape that the two broadcast to.

    Raises:
        ValueError: the shapes do not fit; the message names both, as in `broadcast_shape`. Or
            the function refuses the values.

    Example:
        >>> elementwise(np.subtract, 1, Tensor([1, 2, 3]))
        Tensor([ 0., -1., -2.])

    Hint: `np.shape` knows the shape of a number too.
    """
    ### BEGIN SOLUTION
    try:
        return apply(function, a, b)
    except ValueError:
        broadcast_shape(np.shape(a), np.shape(b))  # raises the error that names both shapes
        raise
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_elementwise_broadcasts", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_elementwise_broadcasts():
    """Rows, columns and numbers are repeated as needed, on either side of the sign."""
    x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    row, column = Tensor([10.0, 20.0, 30.0]), Tensor([[100.0], [200.0]])
    hint = "If only equal shapes may meet, broadcasting never happens."
    assert_close(lambda: x + row, [[11.0, 22.0, 33.0], [14.0, 25.0, 36.0]], hint, name="x + row")
    hint = "If the operands change places, minus shows."
    difference = [[-99.0, -98.0, -97.0], [-196.0, -195.0, -194.0]]
    assert_close(lambda: x - column, difference, hint, name="x - column")
    assert_close(lambda: 1 - row, [-9.0, -19.0, -29.0], hint, name="1 - row")
    assert_close(lambda: 2 / Tensor([4.0, 8.0]), [0.5, 0.25], hint, name="2 / [4, 8]")
    ### BEGIN HIDDEN TESTS
    hint = "If only equal shapes may meet, broadcasting never happens."
    assert_close(lambda: row * column, [[1e3, 2e3, 3e3], [2e3, 4e3, 6e3]], hint, name="row * column")
    assert_close(np.array([1.0, 2.0]) - Tensor([0.5, 0.5]), [0.5, 1.5], name="array - tensor")
    assert_close(x**2, [[1.0, 4.0, 9.0], [16.0, 25.0, 36.0]], name="x ** 2")
    ### END HIDDEN TESTS


test_elementwise_broadcasts()

# %% nbgrader={"grade": true, "grade_id": "test_elementwise_keeps_dtype_and_inputs", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_elementwise_keeps_dtype_and_inputs():
    """A number widens nothing, float64 stays float64, and no input is written to."""
    hint = "If you make an array of the number first, it brings a dtype of its own."
    assert_close(Tensor([1.0, 2.0]) * 0.1, [0.1, 0.2], hint, dtype=np.float32)
    double = Tensor(np.array([1.0, 2.0]))
    assert_close(double + 0.1, np.array([1.1, 2.1]), "If you cast, digits go.", dtype=np.float64)
    assert_unchanged(lambda a, b: elementwise(np.add, a, b), double, Tensor([1.0, 1.0]))
    ### BEGIN HIDDEN TESTS
    whole = Tensor(np.array([7, 2]))
    assert_close(whole / 2, np.array([3.5, 1.0]), "If / rounds down, fractions are lost.")
    assert_close(whole + 1, np.array([8, 3]), hint)
    ### END HIDDEN TESTS


test_elementwise_keeps_dtype_and_inputs()

# %% nbgrader={"grade": true, "grade_id": "test_elementwise_refuses_shapes_that_do_not_fit", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_elementwise_refuses_shapes_that_do_not_fit():
    """A ValueError, whatever its wording."""
    x = Tensor(np.ones((2, 3)))
    hint = "If you catch the error and go on, a wrong result takes its place."
    assert_raises(ValueError, elementwise, np.add, x, Tensor([1.0, 2.0]), hint=hint)
    ### BEGIN HIDDEN TESTS
    assert_raises(ValueError, elementwise, np.add, x, np.ones((3, 2)), hint=hint)
    hint = "If you swallow what the function itself refuses, None takes the result's place."
    assert_raises(ValueError, elementwise, np.power, Tensor(np.array([2, 3])), -1, hint=hint)
    ### END HIDDEN TESTS


test_elementwise_refuses_shapes_that_do_not_fit()

# %%
# The trap, once with your own eyes: four predictions, four targets, sixteen differences.
predictions, targets = Tensor([[1], [2], [3], [4]]), Tensor([1, 2, 3, 4])
print("(4, 1) - (4,) gives", (predictions - targets).shape)
try:
    Tensor(np.ones((2, 3))) + Tensor([1, 2])
except ValueError as error:
    print("ValueError:", error)

# %% [markdown]
r"""
Shapes broadcast, and dtypes are *promoted*: the result takes a kind that can hold both. Guess
each dtype before you run the cell. Two of the four usually surprise.
"""

# %%
x = Tensor([1, 2, 3])
print("float32 tensor + 0.5           ", (x + 0.5).dtype)
print("float32 tensor + float64 array ", (x + np.array([0.5, 0.5, 0.5])).dtype)
print("float32 tensor + int64 array   ", (x + np.array([1, 1, 1])).dtype)
print("int64 tensor / 2               ", (Tensor(np.array([1, 2, 3])) / 2).dtype)

# %% [markdown]
r"""
A Python number adapts to the tensor that it meets. An array does not: it brings its own
dtype, and `float32` with `int64` gives `float64`, the only float that holds the integers of
both. One stray array of integers doubles the memory of everything after it.

## 1.6 Reductions

A reduction takes an axis away by adding it up, or by taking its mean or its largest element.
`axis` says which one *disappears*: for `(N, D)`, `axis=0` leaves `(D,)`, one number a column.
With `keepdims=True` the axis stays with length 1, so that the result broadcasts against what
it came from: `(N, D) - (N, 1) -> (N, D)`.
"""

# %%
#| export
Axis = int | tuple[int, ...] | None  # one axis, several, or all of them

# %% nbgrader={"grade": false, "grade_id": "reduce_sum", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def reduce_sum(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The sum over one axis, several, or all of them.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes that disappear; None for all.
        keepdims: whether they stay, with length 1.

    Example:
        >>> reduce_sum(Tensor([[1, 2, 3], [4, 5, 6]]), axis=0)
        Tensor([5., 7., 9.])

    Hint: the door takes options.
    """
    ### BEGIN SOLUTION
    return apply(np.sum, x, axis=axis, keepdims=keepdims)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_reduce_sum", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_reduce_sum():
    """Every axis, several at once, and all; with and without keepdims."""
    x = Tensor(np.arange(24.0).reshape(2, 3, 4))
    slow = np.zeros((2, 4))
    for i, j, k in np.ndindex(2, 3, 4):
        slow[i, k] += x.data[i, j, k]
    hint = "If you ignore axis, everything is added up; if you count axes from 1, another goes."
    suspects = {"If you divide, you have the mean.": slow / 3}
    assert_close(x.sum(axis=1), slow, hint, name="x.sum(axis=1)", suspects=suspects)
    assert_close(x.sum(), 276.0, "If axis is None, all axes go.", name="x.sum()")
    hint = "If you ignore keepdims, the result no longer broadcasts against x."
    assert_close(x.sum(axis=1, keepdims=True), slow.reshape(2, 1, 4), hint)
    ### BEGIN HIDDEN TESTS
    assert_close(x.sum(axis=(0, 2)), [60.0, 92.0, 124.0], name="x.sum(axis=(0, 2))")
    assert_close(x.sum(axis=-1).data[1], [54.0, 70.0, 86.0], name="x.sum(axis=-1)[1]")
    traced = Tensor([1.0, 2.0], requires_grad=True).sum()
    assert_equal(traced.requires_grad, True, "If you bypass the door, nothing is recorded.")
    ### END HIDDEN TESTS


test_reduce_sum()

# %% [markdown]
r"""
The largest element is the same with another function, and is written for you. The mean is yours,
behind the door this time, where arrays are plain: divide the sum by the number of elements that
went into each result. Which number that is, the axes tell.
"""

# %% nbgrader={"grade": false, "grade_id": "mean", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def mean(x: np.ndarray, axis: Axis = None, keepdims: bool = False) -> np.ndarray:
    """The mean over one axis, several, or all of them: the sum divided by their lengths.

    Args:
        x: an array of floats, of any shape.
        axis: the axis or axes that disappear; None for all. May be negative.
        keepdims: whether they stay, with length 1.

    Returns:
        An array, or a NumPy number where no axis is left; of the dtype of x.

    Example:
        >>> mean(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), axis=1)
        array([2., 5.])

    Hint: what is left is a known number of times smaller than what was there.
    """
    ### BEGIN SOLUTION
    total = np.add.reduce(x, axis, keepdims=keepdims)  # what np.sum calls in the end
    return total / (x.size // max(total.size, 1))
    ### END SOLUTION


# %%
#| export
def reduce_max(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The largest element over one axis, several, or all of them."""
    return apply(np.max, x, axis=axis, keepdims=keepdims)


def reduce_mean(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The mean over one axis, several, or all of them."""
    return apply(mean, x, axis=axis, keepdims=keepdims)

# %% nbgrader={"grade": true, "grade_id": "test_mean", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_mean():
    """Each result is divided by the number of elements that went into it."""
    x = Tensor(np.array([[1.0, 2.0, 3.0], [5.0, 7.0, 12.0]]))
    suspects = {
        "If you divided by the whole size, only axis=None comes out right.": x.data.sum(0) / 6,
        "If you divided by the length of the other axis, look at which one goes.": x.data.sum(0) / 3,
    }
    assert_close(x.mean(axis=0), np.array([3.0, 4.5, 7.5]), suspects=suspects, name="x.mean(axis=0)")
    assert_close(x.mean(), 5.0, "If you take a mean of rows, say so with axis.", name="x.mean()")
    hint = "If keepdims gets lost on the way, the axis does too."
    assert_close(x.mean(axis=-1, keepdims=True), np.array([[2.0], [8.0]]), hint)
    ### BEGIN HIDDEN TESTS
    y = Tensor(np.arange(24.0).reshape(2, 3, 4))
    assert_close(y.mean(axis=(0, 2)), np.array([7.5, 11.5, 15.5]), "If axis is a tuple, lengths multiply.")
    assert_close(Tensor([1.0, 2.0]).mean(), 1.5, "If the count is an array, it widens.", dtype=np.float32)
    hint = "If no row is left, there is nothing to divide, and no count to divide by."
    assert_equal(lambda: Tensor(np.zeros((0, 3))).mean(axis=1).shape, (0,), hint)
    ### END HIDDEN TESTS


test_mean()

# %% [markdown]
r"""
## 1.7 Shapes, strides and views

Memory is one long row of bytes, and an array is a way of reading it. Besides the data it
keeps, for each axis, its *stride*: how many bytes lie between one element and the next along
that axis. Rows are stored one after the other, so in a `(2, 3)` array of 4-byte numbers the
next column is 4 bytes away and the next row 12.

Whoever changes strides changes what the same bytes mean, without moving one. That is why
reshaping and transposing are almost free.
"""

# %% nbgrader={"grade": false, "grade_id": "row_major_strides", "locked": false, "schema_version": 3, "solution": true, "task": false}
def row_major_strides(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """The strides, in bytes, of an array whose rows are stored one after the other.

    Args:
        shape: the length of each axis.
        itemsize: bytes of one element.

    Example:
        >>> row_major_strides((2, 3), 4)
        (12, 4)
    """
    ### BEGIN SOLUTION
    strides = []
    for length in reversed(shape):
        strides.append(itemsize)
        itemsize *= length
    return tuple(reversed(strides))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_row_major_strides", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_row_major_strides():
    """The last axis is the closest, each one before it skips all that come after."""
    hint = "If you multiply the lengths before an axis, take those after it."
    suspects = {
        "If the first axis has the smallest stride, you store columns one after the other.": (4, 8),
        "If you went from the last axis to the first, turn the strides round in the end.": (4, 12),
        "If strides count elements, multiply by bytes.": (3, 1),
        "If an axis counts its own length, it is one axis too far.": (24, 12),
    }
    strides = row_major_strides((2, 3), 4)
    assert_equal(strides, (12, 4), hint, name="strides of (2, 3) float32", suspects=suspects)
    assert_equal(row_major_strides((7,), 8), (8,), hint, name="strides of (7,) float64")
    ### BEGIN HIDDEN TESTS
    for shape in ((2, 3, 4), (5, 1, 2, 3), ()):
        strides = np.zeros(shape, np.float64).strides
        assert_equal(row_major_strides(shape, 8), strides, hint, name=f"strides of {shape} float64")
    ### END HIDDEN TESTS


test_row_major_strides()

# %%
x = np.zeros((2, 3), np.float32)
print("x        ", x.shape, "strides", x.strides)
print("x.T      ", x.T.shape, "strides", x.T.strides, "shares memory:", np.shares_memory(x, x.T))
print("x[:, ::2]", x[:, ::2].shape, "strides", x[:, ::2].strides, "shares memory:",
      np.shares_memory(x, x[:, ::2]))
print("x[[0, 1]]", x[[0, 1]].shape, "strides", x[[0, 1]].strides, "shares memory:",
      np.shares_memory(x, x[[0, 1]]))

# %% [markdown]
r"""
A *view* shares memory: write into it and the original changes. Slices and transposes are
views. Indexing with a list is a *copy*, since no stride can describe an arbitrary choice.
"""

# %% nbgrader={"grade": false, "grade_id": "reshape", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def reshape(x: Tensor, *shape: int | tuple[int, ...]) -> Tensor:
    """The same elements, in the same order, under another shape.

    Args:
        x: a tensor.
        shape: lengths, as `reshape(x, 2, 3)` or `reshape(x, (2, 3))`. One of them may be -1:
            it is worked out from the others.

    Returns:
        A Tensor; a view of the same memory wherever strides allow it.

    Raises:
        ValueError: the shape holds another number of elements.

    Example:
        >>> reshape(Tensor([1, 2, 3, 4, 5, 6]), 2, -1).shape
        (2, 3)
    """
    ### BEGIN SOLUTION
    if len(shape) == 1 and isinstance(shape[0], tuple | list):
        shape = tuple(shape[0])
    try:
        return apply(np.reshape, x, shape=shape)
    except ValueError:
        message = f"can't reshape {x.size} elements of shape {x.shape} to {shape}: choose lengths"
        raise ValueError(f"{message} whose product is {x.size}") from None
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_reshape", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_reshape():
    """Elements keep their order, -1 is worked out, both ways of writing a shape are taken."""
    x = Tensor(np.arange(12.0).reshape(3, 4))
    hint = "If you read columns first, the elements change their order."
    assert_close(x.reshape(2, 6), np.array([np.arange(6.0), np.arange(6.0, 12.0)]), hint)
    assert_equal(lambda: x.reshape((4, 3)).shape, (4, 3), "If a tuple is refused, unpack it.")
    assert_equal(lambda: x.reshape(-1).shape, (12,), "If -1 is taken literally, work it out.")
    ### BEGIN HIDDEN TESTS
    assert_equal(x.reshape(2, -1, 3).shape, (2, 2, 3))
    x.reshape(-1).data[5] = 50.0
    assert_close(x.data[1, 1], 50.0, "If reshape copies, it costs time and memory.", name="x, shared")
    hint = "If you bypass the door, nothing is recorded."
    assert_equal(Tensor([1.0], requires_grad=True).reshape(1, 1).requires_grad, True, hint)
    ### END HIDDEN TESTS


test_reshape()

# %% nbgrader={"grade": true, "grade_id": "test_reshape_refuses_another_size", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def test_reshape_refuses_another_size():
    """The number of elements stays."""
    hint = "If elements are dropped or repeated, data are lost without a word."
    assert_raises(ValueError, reshape, Tensor([1, 2, 3, 4]), 3, hint=hint)
    ### BEGIN HIDDEN TESTS
    assert_raises(ValueError, reshape, Tensor([1, 2, 3, 4]), 3, -1, hint=hint)
    assert_raises(ValueError, reshape, Tensor([1, 2, 3, 4]), (2, 3), hint=hint)
    ### END HIDDEN TESTS


test_reshape_refuses_another_size()

# %% nbgrader={"grade": false, "grade_id": "transpose", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def transpose(x: Tensor, *axes: int) -> Tensor:
    """The axes in another order: axis `i` of the result is axis `axes[i]` of x.

    Args:
        x: a tensor.
        axes: all its axes in the new order; none at all for the reverse order. May be negative.

    Returns:
        A Tensor that views the same memory.

    Raises:
        ValueError: the axes are not each axis of x once.

    Example:
        >>> transpose(Tensor(np.zeros((2, 3, 4))), 0, 2, 1).shape
        (2, 4, 3)
    """
    ### BEGIN SOLUTION
    axes = axes or tuple(reversed(range(x.ndim)))
    try:
        return apply(np.transpose, x, axes=axes)
    except ValueError:
        message = f"axes {axes} of a tensor with {x.ndim}: name each axis once"
        raise ValueError(message) from None
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_transpose", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_transpose():
    """Without axes all are reversed; with axes, each goes where it is told."""
    x = Tensor(np.arange(24.0).reshape(2, 3, 4))
    hint = "If only two axes change places, name which."
    assert_equal(lambda: x.T.shape, (4, 3, 2), hint, name="x.T.shape")
    suspects = {
        "If you ignore the arguments, all axes are reversed.": x.data.T,
        "If you reshape, elements keep their order and land in wrong places.": x.data.reshape(4, 2, 3),
        "If you put axis i at place axes[i], you made the inverse.": x.data.transpose(1, 2, 0),
    }
    assert_close(x.transpose(2, 0, 1), x.data.transpose(2, 0, 1), suspects=suspects)
    ### BEGIN HIDDEN TESTS
    hint = "If -1 fails, count from the end."
    assert_close(lambda: x.transpose(0, -1, 1), x.data.transpose(0, 2, 1), hint)
    hint = "If you bypass the door, nothing is recorded."
    assert_equal(Tensor([1.0], requires_grad=True).T.requires_grad, True, hint)
    assert_equal(Tensor(3.0).T.shape, (), name="shape of a transposed number")
    ### END HIDDEN TESTS


test_transpose()

# %% nbgrader={"grade": true, "grade_id": "test_transpose_refuses_wrong_axes", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def test_transpose_refuses_wrong_axes():
    """Every axis exactly once."""
    x = Tensor(np.zeros((2, 3, 4)))
    assert_raises(ValueError, transpose, x, 0, 1, hint="If an axis is left out, its place is unknown.")
    assert_raises(ValueError, transpose, x, 0, 0, 1, hint="If an axis comes twice, one is missing.")
    ### BEGIN HIDDEN TESTS
    assert_raises(ValueError, transpose, x, 0, 1, 3, hint="If an axis is too large, it does not exist.")
    ### END HIDDEN TESTS


test_transpose_refuses_wrong_axes()

# %% [markdown]
r"""
Indexing goes through the door like everything else: the index is an option, so the record
says which elements were chosen.
"""

# %%
#| export
def getitem(x: Tensor, index: Any) -> Tensor:
    """The elements that NumPy's indexing chooses; an index may hold Tensors too."""
    parts = index if isinstance(index, tuple) else (index,)
    plain = tuple(part.data if isinstance(part, Tensor) else part for part in parts)
    return apply(select, x, index=plain)


def select(array: np.ndarray, index: tuple) -> np.ndarray:
    """`array[index]`, as a function that can have a gradient."""
    return array[index]

# %%
scores = Tensor([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]])
print("one row           ", scores[0])
print("one column        ", scores[:, 1])
print("one of each row   ", scores[np.arange(2), np.array([1, 0])])
print("where above 0.25  ", scores[scores > 0.25])

# %% [markdown]
r"""
The third line picks a different column in each row. Keep it in mind: it is how a loss will
find the score of the right class.

## 1.8 Matrix products

A matrix product combines every row of one matrix with every column of another:

$$ (AB)_{ik} = \sum_j A_{ij} B_{jk}, \qquad (N, D) \;@\; (D, C) \to (N, C) $$

The inner lengths must agree, for they are summed over. With more axes the product is taken
over the last two, and the axes before them broadcast: `(8, 2, 3) @ (3, 4) -> (8, 2, 4)`.
"""

# %% nbgrader={"grade": false, "grade_id": "matmul", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def matmul(a: Any, b: Any) -> Tensor:
    """The matrix product over the last two axes; the axes before them broadcast.

    Args:
        a: Tensor or array of shape (..., N, D), or (D,).
        b: Tensor or array of shape (..., D, C), or (D,).

    Returns:
        A Tensor of shape (..., N, C), without the axis of a vector.

    Raises:
        ValueError: the inner lengths differ, or one of the two is a single number.

    Example:
        >>> matmul(Tensor([[1, 2], [3, 4]]), Tensor([1, 1]))
        Tensor([3., 7.])
    """
    ### BEGIN SOLUTION
    try:
        return apply(np.matmul, a, b)
    except ValueError:
        message = f"can't multiply {np.shape(a)} by {np.shape(b)}: expected (..., N, D) and"
        raise ValueError(f"{message} (..., D, C) with the same D; transpose one of them?") from None
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_matmul_of_matrices", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_matmul_of_matrices():
    """Rows times columns, with three different lengths, against the definition as a loop."""
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 3)), rng.standard_normal((3, 4))
    slow = np.zeros((2, 4))
    for i, j, k in np.ndindex(2, 3, 4):
        slow[i, k] += a[i, j] * b[j, k]
    hint = "If you multiply elementwise, nothing is summed."
    assert_close(lambda: matmul(Tensor(a), Tensor(b)), slow, hint, name="(2, 3) @ (3, 4)")
    hint = "If you swap the factors, the shapes of square matrices hide it, their values do not."
    square = Tensor([[1.0, 2.0], [3.0, 4.0]])
    swap = Tensor([[0.0, 1.0], [1.0, 0.0]])
    assert_close(square @ swap, [[2.0, 1.0], [4.0, 3.0]], hint, name="square @ swap")
    ### BEGIN HIDDEN TESTS
    assert_close(square @ Tensor([1.0, 10.0]), [21.0, 43.0], name="matrix @ vector")
    assert_close(Tensor([1.0, 10.0]) @ square, [31.0, 42.0], name="vector @ matrix")
    hint = "If you bypass the door, nothing is recorded."
    assert_equal((square @ Tensor(np.eye(2), requires_grad=True)).requires_grad, True, hint)
    ### END HIDDEN TESTS


test_matmul_of_matrices()

# %% nbgrader={"grade": true, "grade_id": "test_matmul_of_stacks", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_matmul_of_stacks():
    """The axes in front broadcast; each matrix of the stack is multiplied on its own."""
    rng = np.random.default_rng(2)
    a, b = rng.standard_normal((5, 2, 3)), rng.standard_normal((3, 4))
    slow = np.stack([a[i] @ b for i in range(5)])
    hint = "If a stack fails, only two axes were thought of."
    assert_close(lambda: matmul(Tensor(a), Tensor(b)), slow, hint, name="(5, 2, 3) @ (3, 4)")
    ### BEGIN HIDDEN TESTS
    c = rng.standard_normal((5, 3, 4))
    slow = np.stack([a[i] @ c[i] for i in range(5)])
    hint = "If you used np.dot, it combines every matrix of a with every one of c."
    assert_close(lambda: matmul(Tensor(a), Tensor(c)), slow, hint, name="(5, 2, 3) @ (5, 3, 4)")
    ### END HIDDEN TESTS


test_matmul_of_stacks()

# %% nbgrader={"grade": true, "grade_id": "test_matmul_refuses_other_lengths", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_matmul_refuses_other_lengths():
    """Inner lengths that differ are an error, and a number is no matrix."""
    hint = "If you transpose until it fits, you compute something nobody asked for."
    assert_raises(ValueError, matmul, Tensor(np.ones((2, 3))), Tensor(np.ones((2, 3))), hint=hint)
    ### BEGIN HIDDEN TESTS
    assert_raises(ValueError, matmul, Tensor(np.ones((2, 3))), Tensor(np.ones((1, 4))), hint=hint)
    assert_raises(ValueError, matmul, Tensor(np.ones((2, 2))), 3.0, hint="If it is a number, use *.")
    ### END HIDDEN TESTS


test_matmul_refuses_other_lengths()

# %% [markdown]
r"""
## 1.9 A classifier out of nothing else

You now have enough to recognise handwriting. scikit-learn brings 1,797 images of digits, 8 by
8 pixels each. Take the mean image of every digit, and give a new image the digit whose mean is
nearest. With $\lVert x - m \rVert^2 = \lVert x \rVert^2 - 2\,x \cdot m + \lVert m \rVert^2$, all
distances come from one matrix product, traced by shape:

`(N, 1) - (N, 64) @ (64, 10) + (10,) -> (N, 10)`

The next cell uses your tensor and no loop over images. Before you run it: how many of the
images it has never seen would you expect it to get right?
"""

# %%
from sklearn.datasets import load_digits

digits = load_digits()
train, test = slice(0, 1200), slice(1200, None)
images, labels = Tensor(digits.data.astype(np.float32)), digits.target

means = Tensor(np.stack([images[train][labels[train] == d].mean(axis=0).data for d in range(10)]))
x = images[test]
squares = (x * x).sum(axis=1, keepdims=True) - 2 * (x @ means.T) + (means * means).sum(axis=1)
nearest = squares.data.argmin(axis=1)
print("distances", squares.shape, "| right on new images:", f"{(nearest == labels[test]).mean():.1%}")

# %%
figure, axes = figures.subplots(1, 10, height=1.1)
for digit, axis in enumerate(axes):
    axis.imshow(means[digit].reshape(8, 8).data, cmap="Greys")
    axis.set(title=str(digit), xticks=[], yticks=[])
figures.show(figure, alt="Ten blurred digits, each the mean of about 120 handwritten ones.")

# %% [markdown]
r"""
The means are blurred, and still nearly nine in ten new images find their digit. What a network
will add is that it learns which pixels matter, instead of weighing all alike.
"""

# %% [markdown] nbgrader={"grade": false, "grade_id": "memory_of_a_batch_prompt", "locked": true, "schema_version": 3, "solution": false, "task": false}
r"""
## 1.10 Question: what does a batch cost?

A batch holds 60,000 images of 28 by 28 pixels as a tensor `x` of shape `(60000, 784)`.
A megabyte is $10^6$ bytes. Count, measure where you like, and explain:

1. How many megabytes does `x` take in `float32`, and how many in `float64`?
2. How many bytes does `x.T` move or allocate, and why?
3. How many megabytes does `x - x.mean(axis=0)` allocate for its result and for the mean?
4. Somebody has predictions of shape `(60000, 1)` and targets of shape `(60000,)`, both
   `float32`, and subtracts them. What is the result's shape, and how many gigabytes is it?
"""

# %% [markdown] nbgrader={"grade": true, "grade_id": "memory_of_a_batch", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
r"""
### BEGIN SOLUTION
1. There are 60,000 x 784 = 47.04 million elements: 188 MB at 4 bytes, 376 MB at 8 bytes.
2. None of the data: a transpose swaps lengths and strides, and views the same memory.
3. The result is as large as `x`, 188 MB in float32. The mean has 784 elements, 3,136 bytes.
4. `(60000, 1)` and `(60000,)` broadcast to `(60000, 60000)`: 3.6 billion elements, 14.4 GB.

Rubric, one point each:
- about 188 MB in float32
- about 376 MB in float64, or twice the former
- no data are moved or copied by the transpose
- because only strides (and lengths) change: it is a view
- 188 MB (or 376) for the result, and about 3 kB (or 6) for the mean
- shape (60000, 60000) and about 14.4 GB
### END SOLUTION
"""

# %% [markdown]
r"""
## 1.11 Summary

A tensor is one array with a dtype, a shape and strides; most shape changes move no data.
Every operation goes through `apply`, which unwraps, calls, wraps, and writes down an origin
only when asked. Broadcasting aligns shapes on the right and repeats lengths of 1, which is
handy, and a trap for `(N, 1)` against `(N,)`.
"""
