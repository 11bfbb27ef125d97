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
from tinytorch import testing as tt

tt.begin("tensor")

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
        TypeError: the data are not numbers, but text, dates, None or other objects, say.
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
@tt.test
def test_to_array_makes_float32_of_python_numbers():
    """Python numbers and lists become float32 arrays, integers and booleans too."""
    data = [[[1, 2, 3], [4, 5, 6]], [0.5, 2.5], 7, 0, -1.25, (1, 2), [True, False], [[1, 0.5], (2, 3)], [], [np.float64(1.5)], [np.int32(7)]]
    as_float32 = lambda data: np.array(data, np.float32)
    tt.check(to_array, as_float32, [tt.case(each) for each in data])
    ### BEGIN HIDDEN TESTS
    data = [[[3, 1]], 0.0, False, 2, [np.float64(1.5), 2], [[[4]], [[5]]], [[], []], (0.5, (1)), [-3]]
    tt.check(to_array, as_float32, [tt.case(each) for each in data])
    ### END HIDDEN TESTS


test_to_array_makes_float32_of_python_numbers()

# %% nbgrader={"grade": true, "grade_id": "test_to_array_keeps_an_array_as_it_is", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_to_array_keeps_an_array_as_it_is():
    """An array keeps its dtype and its memory; so does the array inside a Tensor."""
    dtypes = (np.float64, np.float32, np.float16, np.int64, np.int32, np.uint8, np.bool_)
    given = [tt.case(x) for x in tt.arrays(tt.SHAPES, dtypes)]
    tt.check(to_array, lambda x: x, given, dtype="same", memory="shared")
    tt.check(to_array, lambda x: x, given, dtype="same", memory="shared", wrap=Tensor, name="to_array of a Tensor")
    scalars = [tt.case(dtype(2)) for dtype in dtypes]
    tt.check(to_array, np.asarray, scalars, dtype="same", name="to_array of a NumPy number")
    ### BEGIN HIDDEN TESTS
    given = [tt.case(x) for x in tt.arrays(((3, 2), (4,), (), (1, 2, 2), (2, 0)), (np.int16, np.float64, np.bool_), seed=9)]
    tt.check(to_array, lambda x: x, given, dtype="same", memory="shared")
    tt.check(to_array, lambda x: x, given, dtype="same", memory="shared", wrap=Tensor, name="to_array of a Tensor")
    tt.check(to_array, np.asarray, [tt.case(np.float64(0)), tt.case(np.int8(-3)), tt.case(np.float32(0.5))], dtype="same")
    ### END HIDDEN TESTS


test_to_array_keeps_an_array_as_it_is()

# %% nbgrader={"grade": true, "grade_id": "test_to_array_refuses_what_is_not_numbers", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_to_array_refuses_what_is_not_numbers():
    """Text, None and other objects are a TypeError; rows of different lengths a ValueError."""
    others = ["one", ["one", "two"], None, [1, None], np.array(["1"]), {"a": 1}, [[1, 2], ["3", 4]], print, np.datetime64("2026-01-01")]
    sound = [tt.case(np.ones(2)), tt.case([1, 2]), tt.case(0), tt.case(np.zeros((0, 2)))]
    tt.check_raises(TypeError, to_array, [tt.case(each) for each in others], but=sound)
    tt.check_raises(ValueError, to_array, [tt.case([[1, 2], [3]]), tt.case([1, [2]]), tt.case([[1], [2, 3], [4]])], but=sound)
    ### BEGIN HIDDEN TESTS
    others = ["7", ["1.5"], [None], np.array([None, 1]), {1, 2}, b"12", [{}], np.array(["2026-01-01"], "datetime64[D]")]
    tt.check_raises(TypeError, to_array, [tt.case(each) for each in others], but=sound)
    tt.check_raises(ValueError, to_array, [tt.case([[[1]], [2]]), tt.case([[], [1]])], but=sound)
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
        A new Tensor around the result itself, which is not copied.

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
@tt.test
def test_apply_calls_the_function_on_arrays():
    """Tensors are unwrapped, the rest and the options are passed on, the result is a new Tensor."""
    x, y, n = tt.numbers((2, 3), np.float32, low=1), tt.numbers((3,), np.float64, seed=1, low=1), tt.numbers((3,), np.int64)
    total = lambda a, b, c: a + 10 * b + 100 * c
    calls = [
        tt.case(np.sqrt, x), tt.case(np.subtract, x, y), tt.case(np.subtract, 10, x), tt.case(np.multiply, x, 0.5), tt.case(np.max, x),
        tt.case(np.sum, y, axis=0, keepdims=True), tt.case(total, x, 2.0, y), tt.case(total, 0, x, y), tt.case(np.sum, y), tt.case(np.add, n, 1),
    ]
    called = lambda function, *inputs, **options: function(*inputs, **options)
    tt.check(apply, called, calls, wrap=Tensor, returns="tensor", dtype="same", door={each.inputs[0] for each in calls})
    tt.check(apply, called, calls, returns="tensor", dtype="same", name="with arrays, apply")
    tt.check(lambda x: apply(np.transpose, x), np.transpose, [(x,)], wrap=Tensor, memory="shared", name="apply(np.transpose, x), not copied,")
    kind = lambda a, b, option: np.float32(type(a) is np.ndarray and type(b) is float and type(option) is Tensor)
    arrived = lambda: apply(kind, Tensor(x), 2.0, option=Tensor(1.0)).item()
    tt.expect(arrived, 1.0, "1 if an array, a float and an option as it was arrive:")
    tt.expect(lambda: apply(lambda a: float(a.sum()), Tensor(y)), np.float32(y.sum()), "a Python number from the function")
    same = Tensor(x)
    apply(lambda a: a, same).grad = y
    tt.expect(same.grad, None, "x.grad after a gradient was given to apply(lambda a: a, x), which is a new Tensor,")
    ### BEGIN HIDDEN TESTS
    a = tt.numbers((2, 2), np.float64, seed=7, low=1)
    calls = [
        tt.case(np.subtract, 1, a), tt.case(np.power, a, 2), tt.case(np.mean, a, axis=1), tt.case(np.add, a, np.ones(2)),
        tt.case(total, a, a, 0), tt.case(np.clip, a, -1, 1), tt.case(np.negative, a), tt.case(np.divide, np.ones(2), a),
    ]
    tt.check(apply, called, calls, wrap=Tensor, returns="tensor")
    tt.check(apply, called, calls, returns="tensor", name="with arrays, apply")
    tt.expect(lambda: apply(np.subtract, np.ones(2), Tensor([3.0, 5.0])).data, np.array([-2.0, -4.0]), "array - tensor")
    ### END HIDDEN TESTS


test_apply_calls_the_function_on_arrays()

# %% nbgrader={"grade": true, "grade_id": "test_apply_records_the_origin_when_asked", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_apply_records_the_origin_when_asked():
    """If any one input asks for a gradient, so does the output, and it knows its origin in full."""
    def record(*asking):
        inputs = [Tensor([1.0 + n, 2.0], requires_grad=asks) for n, asks in enumerate(asking)]
        y = apply(np.clip, *inputs, casting="same_kind")
        for n, x in enumerate(inputs):
            x.grad = float(n)  # the record must lead to this very Tensor, not to a copy
        grads = [getattr(x, "grad", "no Tensor") for x in y.origin.inputs] if y.origin else None
        return y.requires_grad, grads, dict(y.origin.options) if y.origin else None

    expected = lambda *asking: (True, [0.0, 1.0, 2.0], {"casting": "same_kind"})
    asking = [(True, False, False), (False, True, False), (False, False, True), (True, True, True)]
    tt.check(record, expected, asking, name="requires_grad, inputs and options recorded where inputs ask ")
    square = lambda x: apply(np.multiply, x, x).origin
    tt.expect(lambda: (len(square(Tensor([3.0], requires_grad=True)).inputs), dict(square(Tensor(3.0, requires_grad=True)).options)), (2, {}), "number of inputs and options recorded of apply(np.multiply, x, x)")
    ten_minus = lambda x: apply(np.subtract, 10, Tensor(x, requires_grad=True)).origin
    tt.expect(lambda: ten_minus([3.0]).inputs[0], 10, "origin.inputs[0] of 10 - x")
    tt.expect(lambda: ten_minus([3.0]).function(7, 2), 5, "origin.function of 10 - x, called with 7 and 2,")
    ### BEGIN HIDDEN TESTS
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    z = lambda: apply(np.sum, apply(np.multiply, np.float32(3), x), axis=0)
    tt.expect(lambda: z().requires_grad, True, "requires_grad after two steps")
    tt.expect(lambda: dict(z().origin.options), {"axis": 0}, "origin.options of a sum over axis 0")
    tt.expect(lambda: z().origin.inputs[0].origin.inputs[1].data, np.array([[1.0, 2.0]], np.float32), "two steps back")
    ### END HIDDEN TESTS


test_apply_records_the_origin_when_asked()

# %% nbgrader={"grade": true, "grade_id": "test_apply_remembers_nothing_unasked", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_apply_remembers_nothing_unasked():
    """Nothing is recorded if no input asks, or while recording is off; the switch stays as it is."""
    def record(asks, enabled, function=np.negative):
        recording.enabled = enabled
        try:
            y = apply(function, Tensor([1.0, 2.0], requires_grad=asks))
            return y.requires_grad, y.origin is not None, recording.enabled
        except IndexError:
            return recording.enabled
        finally:
            recording.enabled = True

    cases = [tt.case(asks, enabled) for asks in (True, False) for enabled in (True, False)]
    both = lambda asks, enabled: (asks and enabled, asks and enabled, enabled)
    tt.check(record, both, cases, name="(requires_grad, has an origin, is on) where (the input asks, recording is on) is ")
    broken = lambda enabled: record(True, enabled, lambda a: a[7])
    tt.check(broken, lambda enabled: enabled, [(True,), (False,)], name="the switch after a function that raises, recording on ")
    ### BEGIN HIDDEN TESTS
    whole = lambda: apply(np.multiply, np.ones(2), Tensor(np.array([1, 2])))
    tt.expect(lambda: (whole().requires_grad, whole().origin is None), (False, True), "(requires_grad, no origin) of whole numbers")
    again = lambda: apply(np.exp, Tensor([1.0], requires_grad=True)).requires_grad
    tt.expect(again, True, "requires_grad once recording is on again")
    ### END HIDDEN TESTS


test_apply_remembers_nothing_unasked()

# %% [markdown]
r"""
The record says *which* function made a number. What its gradient is, the function can't say.
So we open a register: for a function and one of its inputs it holds the rule that gives the
gradient. A rule is called as `rule(grad, output, *inputs, **options)`, with plain arrays, and
returns the gradient of `sum(grad * output)` with respect to that input.

You will add to the register in later lessons. Here is one entry, for the square: its slope
at $x$ is $2x$. `tt.check_gradient` compares the rule with the slope that one measures by moving
$x$ a little to either side. Try a wrong factor and run the cell again.

The register looks a rule up by the function itself. A function that you make on the spot, a
`lambda` say, is a stranger to it: the number would be right, and later nobody could say how it
was made. So each exercise below names the function to send through the door: `np.sum` for a sum.
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
tt.check_gradient(np.square, square_gradient, np.array([-1.0, 0.5, 3.0]))
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
figure, axes = figures.subplots(1, 3, height=2.6, width_ratios=[1, 4, 4])
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
figure.suptitle("A column and a row meet in every pair")
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
        ValueError: the shapes do not fit.

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

# %%
def fits(a, b):
    """Whether NumPy can broadcast two shapes."""
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        return False
    return True

# %% nbgrader={"grade": true, "grade_id": "test_broadcast_shape_of_fitting_shapes", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_broadcast_shape_of_fitting_shapes():
    """Equal lengths, ones and missing lengths fit, aligned on the right; the result is a tuple."""
    shapes = [(), (1,), (3,), (2, 3), (2, 1), (1, 3), (0, 3), (4, 2, 3), (4, 1, 1), (1, 2, 1), (2, 1, 1, 1, 3), (int("1000"), 3), (1, int("1000"), 1)]
    fitting = [(a, b) for a in shapes for b in shapes if fits(a, b)]
    tt.check(broadcast_shape, np.broadcast_shapes, fitting)
    ### BEGIN HIDDEN TESTS
    shapes = [(5, 1, 4, 1), (3, 1, 2), (1,), (2, 1), (5, 1, 1, 2), (1, 0), (7,), (1, 1), (3, 1, 7), (), (int("3000"), 1), (3, int("3000"), 7)]
    fitting = [(a, b) for a in shapes for b in shapes if fits(a, b)]
    tt.check(broadcast_shape, np.broadcast_shapes, fitting)
    ### END HIDDEN TESTS


test_broadcast_shape_of_fitting_shapes()

# %% nbgrader={"grade": true, "grade_id": "test_broadcast_shape_refuses_the_rest", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_broadcast_shape_refuses_the_rest():
    """Different lengths fit only where one of them is 1: the rest is a ValueError."""
    shapes = [(2,), (3,), (2, 3), (4, 3), (3, 2), (2, 0), (4, 2, 3), (4, 3, 1)]
    pairs_of = [(a, b) for a in shapes for b in shapes]
    refused, sound = [p for p in pairs_of if not fits(*p)], [p for p in pairs_of if fits(*p)]
    tt.check_raises(ValueError, broadcast_shape, refused, but=sound)
    ### BEGIN HIDDEN TESTS
    refused = [((0,), (2,)), ((5, 2), (5,)), ((2, 3, 4), (3, 3, 4)), ((6, 2, 1), (3, 1)), ((3, 0), (3, 4))]
    tt.check_raises(ValueError, broadcast_shape, refused, but=[((0,), (1,)), ((5, 1), (5,))])
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
        a, b: Tensors, arrays or numbers. A Python number adds no dtype of its own: float32 stays
            float32, and whole numbers become decimals only where they must.

    Returns:
        A Tensor of the shape that the two broadcast to, recorded as a call of `function`.

    Raises:
        ValueError: the shapes do not fit, or the function refuses the values.

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
@tt.test
def test_elementwise_broadcasts():
    """Every pair of elements meets once, rows, columns and numbers being repeated as needed."""
    for function in (np.subtract, np.multiply):
        by = lambda a, b: elementwise(function, a, b)
        tt.check(by, function, tt.pairs(), wrap=Tensor, door={function}, name=function.__name__)
    x, y = tt.numbers((2, 3), np.float32, low=1), tt.numbers((3,), np.float32, seed=1, low=1)
    calls = [(x, y), (x, 2), (2, x), (x, 0.1), (0.1, x), (x, 0), (tt.strange(), y[0])]
    tt.check(lambda a, b: a - b, np.subtract, calls, wrap=Tensor, name="minus", memory="fresh")
    tt.check(lambda a, b: a / b, np.divide, [(x, 0), (1, tt.strange()), (x, y)], wrap=Tensor, name="divide")
    tt.check(lambda a, b: elementwise(np.subtract, a, b), np.subtract, [(x, y), (2, y)], returns="tensor", name="of arrays, minus")
    tt.check(lambda a, b: a - Tensor(b), np.subtract, [(x, y), (y, x)], name="array minus tensor")
    tt.check(lambda a, b: Tensor(a) / b, np.divide, [(x, y), (y, x)], name="tensor over array")
    ### BEGIN HIDDEN TESTS
    for function in (np.add, np.divide, np.maximum):
        by = lambda a, b: elementwise(function, a, b)
        tt.check(by, function, tt.pairs(seed=50, low=1, high=5), wrap=Tensor, door={function}, name=function.__name__)
    a = tt.numbers((2, 3), np.float64, seed=4, low=1)
    tt.check(lambda b: a[0] / Tensor(b), lambda b: a[0] / b, [(a,), (a[1],), (a * 0,)], name="array over tensor")
    tt.check(lambda a, b: a * b, np.multiply, [(x, 1), (x, 0), (1, tt.strange(np.float32))], wrap=Tensor, name="times", memory="fresh")
    tt.check(lambda b: 2 / Tensor(b), lambda b: 2 / b, [(a,), (x,)], name="2 over tensor")
    tt.check(lambda t: Tensor(t) ** 2, lambda t: t**2, [(a,), (x,)], name="squares")
    ### END HIDDEN TESTS


test_elementwise_broadcasts()

# %% nbgrader={"grade": true, "grade_id": "test_elementwise_keeps_dtypes", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_elementwise_keeps_dtypes():
    """A Python number adds no dtype, on either side; two arrays give what NumPy promotes them to."""
    given = [tt.numbers((2, 3), dtype, low=1) for dtype in (np.float32, np.float64, np.int64)]
    beside = [tt.case(x, n) for x in given for n in (2, 0.5)] + [tt.case(n, x) for x in given for n in (2, 0.5)]
    by = lambda a, b: elementwise(np.subtract, a, b)
    tt.check(by, np.subtract, beside, wrap=Tensor, dtype="same", name="minus")
    tt.check(by, np.subtract, [(a, b) for a in given for b in given], wrap=Tensor, dtype="same", name="minus")
    ### BEGIN HIDDEN TESTS
    given = [tt.numbers((3,), dtype, seed=5, low=1) for dtype in (np.float16, np.float32, np.int32)]
    by = lambda a, b: elementwise(np.divide, a, b)
    tt.check(by, np.divide, [(x, n) for x in given for n in (3, 0.25)], wrap=Tensor, dtype="same", name="divide")
    tt.check(by, np.divide, [(a, b) for a in given for b in given], wrap=Tensor, dtype="same", name="divide")
    ### END HIDDEN TESTS


test_elementwise_keeps_dtypes()

# %% nbgrader={"grade": true, "grade_id": "test_elementwise_refuses_shapes_that_do_not_fit", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_elementwise_refuses_shapes_that_do_not_fit():
    """A ValueError: for shapes that do not fit, and for values that the function refuses."""
    x = Tensor(np.ones((2, 3)))
    refused = [tt.case(np.add, x, other) for other in (Tensor([1.0, 2.0]), np.ones((3, 2)), np.ones((1, 4)))]
    whole = Tensor(np.array([2, 3]))
    tt.check_raises(ValueError, elementwise, [*refused, tt.case(np.power, whole, -1)], but=[tt.case(np.power, whole, 2)])
    ### BEGIN HIDDEN TESTS
    refused = [tt.case(np.multiply, np.ones(2), x), tt.case(np.add, x, Tensor(np.ones((2, 2)))), tt.case(np.power, whole, Tensor(np.array([1, -2])))]
    tt.check_raises(ValueError, elementwise, refused, but=[tt.case(np.add, x, 1), tt.case(np.add, x, np.ones(3))])
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
dtype, and `float32` with `int64` gives `float64`, since `float32` already rounds whole numbers
above $2^{24}$. One stray array of integers doubles the memory of everything after it.

## 1.6 Reductions

A reduction takes an axis away by adding it up, or by taking its mean or its largest element.
`axis` says which one *disappears*: for `(N, D)`, `axis=0` leaves `(D,)`, one number a column.
With `keepdims=True` the axis stays with length 1, so that the result broadcasts against what
it came from: `(N, D) - (N, 1) -> (N, D)`.
"""

# %%
def table(axis, values, title):
    """Draw a small table of numbers, one square each."""
    axis.imshow(values, cmap="Blues", vmin=0, vmax=24)
    for (i, j), value in np.ndenumerate(values):
        axis.text(j, i, f"{value:g}", ha="center", va="center")
    axis.set(title=title, xticks=[], yticks=[], anchor="C")
    axis.grid(False)


x = np.array([[1, 2, 3], [4, 5, 6]])
figure, axes = figures.subplots(1, 3, height=1.9)
table(axes[0], x, "x: (2, 3)")
table(axes[1], x.sum(axis=0, keepdims=True), "x.sum(axis=0): (3,)")
table(axes[2], x.sum(axis=1, keepdims=True), "x.sum(axis=1): (2,)")
axes[0].annotate("axis 0", (-0.9, 1.4), (-0.9, -0.4), ha="center", arrowprops={"arrowstyle": "->"}, annotation_clip=False)
axes[0].annotate("axis 1", (2.4, 1.85), (-0.4, 1.85), va="center", arrowprops={"arrowstyle": "->"}, annotation_clip=False)
figure.suptitle("The axis that is named is the one that disappears")
figures.show(figure, alt="A table of 1 to 6. Summed along axis 0, down the columns: 5, 7, 9. Along axis 1: 6 and 15.")

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

    Returns:
        A Tensor, recorded as a call of `np.sum`: for that one lesson 6 brings the gradient.

    Example:
        >>> reduce_sum(Tensor([[1, 2, 3], [4, 5, 6]]), axis=0)
        Tensor([5., 7., 9.])

    Hint: the door takes options.
    """
    ### BEGIN SOLUTION
    return apply(np.sum, x, axis=axis, keepdims=keepdims)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_reduce_sum", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_reduce_sum():
    """Every axis, several at once, and all, with keepdims and without; recorded as `np.sum`."""
    tt.check(reduce_sum, np.sum, tt.over_axes(), wrap=Tensor, door={np.sum})
    tt.check(reduce_sum, np.sum, [tt.case(tt.strange(), axis=axis) for axis in (0, 1, None)], wrap=Tensor)
    tt.check(Tensor.sum, np.sum, tt.over_axes(((0, 3), (2, 1)), (np.int64, np.float32)), wrap=Tensor, name="x.sum")
    ### BEGIN HIDDEN TESTS
    tt.check(reduce_sum, np.sum, tt.over_axes(((3, 2), (2, 1, 3, 2), (4,)), seed=30), wrap=Tensor, door={np.sum})
    tt.check(reduce_sum, np.sum, tt.over_axes(((3, 0), (2, 2)), (np.bool_, np.int64), seed=31), wrap=Tensor)
    ### END HIDDEN TESTS


test_reduce_sum()

# %% [markdown]
r"""
The largest element is the same with another function, and is written for you. The mean is yours,
behind the door this time, where arrays are plain: divide the sum by the number of elements that
went into each result. Which number that is, the axes tell.
"""

# %%
#| export
def reduce_max(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The largest element over one axis, several, or all of them."""
    return apply(np.max, x, axis=axis, keepdims=keepdims)


def reduce_mean(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The mean over one axis, several, or all of them."""
    return apply(mean, x, axis=axis, keepdims=keepdims)

# %% nbgrader={"grade": false, "grade_id": "mean", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def mean(x: np.ndarray, axis: Axis = None, keepdims: bool = False) -> np.ndarray:
    """The mean over one axis, several, or all of them: the sum divided by their lengths.

    Args:
        x: an array of floats, of any shape.
        axis: the axis or axes that disappear; None for all. May be negative.
        keepdims: whether they stay, with length 1.

    Returns:
        An array, or a NumPy number where no axis is left; of the dtype of x. nan where no
        element went into a result.

    Example:
        >>> mean(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), axis=1)
        array([2., 5.])

    Hint: what is left is a known number of times smaller than what was there.
    """
    ### BEGIN SOLUTION
    total = np.add.reduce(x, axis, keepdims=keepdims)  # what np.sum calls in the end
    return total / (x.size // max(total.size, 1))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_mean", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_mean():
    """Each result is the sum divided by the number of elements that went into it."""
    tt.check(mean, np.mean, tt.over_axes(dtypes=(np.float64, np.float32, np.float16)), dtype="same")
    tt.check(mean, np.mean, [tt.case(tt.strange(), axis=axis) for axis in (0, 1, None)])
    tt.check(Tensor.mean, np.mean, tt.over_axes(((2, 3, 4),), (np.float32,)), wrap=Tensor, name="x.mean")
    ### BEGIN HIDDEN TESTS
    tt.check(mean, np.mean, tt.over_axes(((3, 2), (2, 1, 3, 2), (7,)), (np.float32, np.float16), seed=40), dtype="same")
    ### END HIDDEN TESTS


test_mean()

# %% nbgrader={"grade": true, "grade_id": "test_mean_of_nothing", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_mean_of_nothing():
    """No result where no row is left: (0, 3) over axis 1 gives (0,). And nan where nothing went in."""
    empty = np.zeros((0, 3), np.float32)
    tt.expect(lambda: mean(empty, axis=1), np.zeros(0, np.float32), "mean(zeros (0, 3), axis=1)")
    with np.errstate(all="ignore"):
        tt.expect(lambda: mean(empty, axis=0), np.full(3, np.nan, np.float32), "mean(zeros (0, 3), axis=0)")
    ### BEGIN HIDDEN TESTS
    empty = np.zeros((2, 0, 5))
    tt.expect(lambda: mean(empty, axis=(0, 2), keepdims=True), np.zeros((1, 0, 1)), "mean(zeros (2, 0, 5), axis=(0, 2))")
    ### END HIDDEN TESTS


test_mean_of_nothing()

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
@tt.test
def test_row_major_strides():
    """One stride an axis, as NumPy lays arrays out: bytes to the next element along it."""
    shapes = [(2, 3), (7,), (), (2, 3, 4), (4, 1), (1, 4), (5, 1, 2, 3)]
    laid_out = lambda shape, itemsize: np.zeros(shape, f"V{itemsize}").strides
    tt.check(row_major_strides, laid_out, [(shape, size) for shape in shapes for size in (4, 8, 1)])
    ### BEGIN HIDDEN TESTS
    shapes = [(3, 2), (1,), (6, 2, 1), (2, 2, 2, 2), (3, 4, 5)]
    tt.check(row_major_strides, laid_out, [(shape, size) for shape in shapes for size in (2, 4, 16)])
    ### END HIDDEN TESTS


test_row_major_strides()

# %%
memory = np.arange(1, 7)
figure, axes = figures.subplots(2, 1, height=2.6)
for axis, shape, strides, title in (
    (axes[0], (2, 3), (12, 4), "x, shape (2, 3), strides (12, 4)"),
    (axes[1], (3, 2), (4, 12), "x.T, shape (3, 2), strides (4, 12)"),
):
    for n, value in enumerate(memory):
        axis.text(n, 0, str(value), ha="center", va="center", bbox={"boxstyle": "square,pad=0.5", "fc": "white"})
    for row in range(shape[0]):
        places = [(row * strides[0] + column * strides[1]) // 4 for column in range(shape[1])]
        color = figures.PALETTE[row]
        axis.plot(places, [-0.5 - 0.25 * row] * shape[1], "o-", color=color, label=f"row {row}")
    axis.set(title=title, xlim=(-0.6, 7.2), ylim=(-1.4, 0.5), yticks=[], xticks=range(6))
    axis.set_xticklabels([str(4 * n) for n in range(6)])
    axis.grid(False)
    axis.legend(loc="center right")
axes[1].set_xlabel("bytes from the start of the memory")
figure.suptitle("The same six numbers in memory: only the strides differ")
figures.show(figure, alt="Six numbers in a line. Rows of x are neighbours, 4 bytes apart; rows of x.T take every third.")

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
        A Tensor; a view of the same memory wherever strides allow it. Recorded as a call of
        `np.reshape`.

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


# %% nbgrader={"grade": true, "grade_id": "test_reshape", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_reshape():
    """Elements keep their order, -1 is worked out, both ways of writing a shape are taken."""
    x, y, z = tt.numbers((3, 4)), tt.numbers((2, 3, 1), np.float32, seed=1), tt.numbers((), seed=2)
    calls = [
        (x, 2, 6), (x, (4, 3)), (x, (12,)), (x, -1), (x, 2, -1, 3), (x, (-1, 1)), (y, 6), (y, (3, 2)), (y, 1, 6),
        (z, 1), (z, (1, 1)), (tt.numbers((1, 1)), ()), (tt.numbers((0, 3)), 3, 0), (x.T, 2, 6),
    ]
    tt.check(reshape, lambda x, *shape: x.reshape(*shape), calls, wrap=Tensor, door={np.reshape})
    ### BEGIN HIDDEN TESTS
    a, b = tt.numbers((2, 5), np.float32, seed=8), tt.numbers((2, 2, 3), np.int64, seed=9)
    calls = [(a, 5, 2), (a, (1, 10)), (a, -1), (a.T, -1), (b, 3, 4), (b, (4, -1)), (b, (2, 1, 6)), (a, (2, 5))]
    tt.check(reshape, lambda x, *shape: x.reshape(*shape), calls, wrap=Tensor, door={np.reshape})
    tt.check(Tensor.reshape, lambda x, *shape: x.reshape(*shape), calls, wrap=Tensor, name="x.reshape")
    ### END HIDDEN TESTS


test_reshape()

# %% nbgrader={"grade": true, "grade_id": "test_reshape_views", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_reshape_views():
    """No data are moved where strides allow it: the result shares the memory of x."""
    x = tt.numbers((3, 4))
    tt.check(reshape, lambda x, *shape: x.reshape(*shape), [(x, 2, 6), (x, -1), (x, (4, 3)), (x.T, 4, 3, 1), (x[:, ::2], 3, 1, -1)], wrap=Tensor, memory="shared")
    ### BEGIN HIDDEN TESTS
    y = tt.numbers((2, 3, 2), np.float32)
    tt.check(reshape, lambda x, *shape: x.reshape(*shape), [(y, 6, 2), (y[1], 3, -1, 1), (y[::-1], 2, 6), (y.T, 2, 3, 1, 2)], wrap=Tensor, memory="shared")
    ### END HIDDEN TESTS


test_reshape_views()

# %% nbgrader={"grade": true, "grade_id": "test_reshape_refuses_another_size", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_reshape_refuses_another_size():
    """The number of elements stays: anything else is a ValueError."""
    x = Tensor([1, 2, 3, 4])
    refused = [(x, 3), (x, 3, -1), (x, (2, 3)), (x, 5), (x, -1, -1), (x, (1, 2)), (x, ()), (Tensor([5.0]), -1, -1)]
    tt.check_raises(ValueError, reshape, refused, but=[(x, 2, 2), (x, (4, 1)), (x, -1)])
    ### BEGIN HIDDEN TESTS
    y = Tensor(np.ones((2, 3)))
    tt.check_raises(ValueError, reshape, [(y, 4), (y, (7, -1)), (y, 2, 2), (y, 12), (y, -1, 4)], but=[(y, 6), (y, (3, -1))])
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
        A Tensor that views the same memory, recorded as a call of `np.transpose`.

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
@tt.test
def test_transpose():
    """Without axes all are reversed; with axes, axis i of the result is axis axes[i] of x; no copy."""
    x, y = tt.numbers((2, 3, 4)), tt.numbers((2, 3), np.float32)
    calls = [
        (x,), (x, 2, 0, 1), (x, 1, 2, 0), (x, 0, 2, 1), (x, 0, -1, 1), (x, -1, -3, -2), (x, 0, 1, 2),
        (y,), (y, 1, 0), (y, 0, 1), (tt.numbers((3,)),), (tt.numbers(()),), (tt.numbers((5, 1, 2, 3)), 3, 1, 0, 2),
    ]
    order = lambda x, *axes: np.transpose(x, axes or None)
    tt.check(transpose, order, calls, wrap=Tensor, door={np.transpose}, memory="shared")
    ### BEGIN HIDDEN TESTS
    a = tt.numbers((4, 2, 3), np.float32, seed=3)
    calls = [(a,), (a, 1, 2, 0), (a, 2, 0, 1), (a, -2, 0, -1), (a, 2, 1, 0), (tt.strided(a), 1, 0, 2), (tt.numbers((3, 2, 4, 1)),)]
    tt.check(transpose, order, calls, wrap=Tensor, door={np.transpose}, memory="shared")
    tt.expect(lambda: Tensor(a).T.shape, (3, 2, 4), "x.T.shape")
    ### END HIDDEN TESTS


test_transpose()

# %% nbgrader={"grade": true, "grade_id": "test_transpose_refuses_wrong_axes", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_transpose_refuses_wrong_axes():
    """Every axis exactly once: anything else is a ValueError."""
    x = Tensor(np.zeros((2, 3, 4)))
    refused = [(x, 0, 1), (x, 0), (x, 0, 0, 1), (x, 0, 0, 0), (x, 0, 1, 3), (x, 0, 1, 5), (x, 0, -2, -4), (x, 0, 1, 2, 3), (x, 2, -1, 0)]
    tt.check_raises(ValueError, transpose, refused, but=[(x, 2, 1, 0), (x, 0, -1, 1), (x,)])
    ### BEGIN HIDDEN TESTS
    y = Tensor(np.zeros((2, 3)))
    tt.check_raises(ValueError, transpose, [(y, 1), (y, 1, 1), (y, 0, 0), (y, 0, 2), (y, -1, 1), (y, 0, 1, 0), (y, 2, 3), (y, -3, 1), (y, 0, 3)], but=[(y, 1, 0)])
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
        A Tensor of shape (..., N, C), without the axis of a vector, recorded as a call of
        `np.matmul`.

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
@tt.test
def test_matmul_of_matrices():
    """Rows times columns, summed over the inner length; vectors lose their axis."""
    def by_loops(a, b):
        rows, columns = np.atleast_2d(a), b.reshape(len(b), -1)
        sums = np.zeros((len(rows), columns.shape[1]), a.dtype)
        for i, j, k in np.ndindex(len(rows), len(b), columns.shape[1]):
            sums[i, k] += rows[i, j] * columns[j, k]
        return sums.reshape(a.shape[:-1] + b.shape[1:])

    flat = [p for p in tt.PRODUCTS if max(map(len, p)) < 3]
    tt.check(matmul, by_loops, tt.pairs(flat), wrap=Tensor, door={np.matmul})
    tt.check(matmul, by_loops, tt.pairs(flat[:3]), returns="tensor", name="of arrays, matmul")
    tt.check(lambda a, b: matmul(Tensor(a), b), by_loops, tt.pairs(flat[:3]), name="tensor @ array")
    tt.check(lambda a, b: a @ Tensor(b), by_loops, tt.pairs(flat[:3]), name="array @ tensor")
    ### BEGIN HIDDEN TESTS
    tt.check(matmul, np.matmul, tt.pairs([((4, 2), (2, 3)), ((2,), (2, 4)), ((3, 1), (1, 2)), ((3, 3), (3, 3)), ((0, 2), (2, 3))], seed=60), wrap=Tensor)
    a, b = tt.numbers((2, 3), np.float32), tt.numbers((3, 2), np.float32, seed=1)
    tt.check(lambda a, b: Tensor(a) @ b, np.matmul, [(a, b), (b, a)], name="tensor @ array")
    ### END HIDDEN TESTS


test_matmul_of_matrices()

# %% nbgrader={"grade": true, "grade_id": "test_matmul_of_stacks", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_matmul_of_stacks():
    """The axes in front broadcast, and each matrix of the stack is multiplied on its own."""
    stacks = [p for p in tt.PRODUCTS if max(map(len, p)) > 2]
    tt.check(matmul, np.matmul, tt.pairs(stacks), wrap=Tensor, door={np.matmul})
    ### BEGIN HIDDEN TESTS
    stacks = [((4, 3, 2), (2, 5)), ((3, 2), (4, 2, 5)), ((2, 1, 3, 2), (5, 2, 3)), ((2, 3, 3), (2, 3, 3)), ((1, 2, 3), (4, 3, 2))]
    tt.check(matmul, np.matmul, tt.pairs(stacks, seed=70), wrap=Tensor, door={np.matmul})
    ### END HIDDEN TESTS


test_matmul_of_stacks()

# %% nbgrader={"grade": true, "grade_id": "test_matmul_refuses_other_lengths", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_matmul_refuses_other_lengths():
    """Inner lengths that differ are a ValueError, and so is a single number."""
    of = lambda *shape: Tensor(np.ones(shape))
    refused = [(of(2, 3), of(2, 3)), (of(2, 3), of(1, 4)), (of(3), of(2)), (of(2, 3), of(2)), (of(2, 2), 3.0), (of(), of(2, 2))]
    tt.check_raises(ValueError, matmul, refused, but=[(of(2, 3), of(3, 2)), (of(3), of(3))])
    ### BEGIN HIDDEN TESTS
    refused = [(of(5, 2, 3), of(4, 3, 2)), (of(3, 2), of(3)), (2, of(2, 2)), (of(2), of()), (of(4, 1), of(2, 4)), (of(5, 2, 3), of(2, 3))]
    tt.check_raises(ValueError, matmul, refused, but=[(of(5, 2, 3), of(1, 3, 2)), (of(2), of(2, 2))])
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
figure, axes = figures.subplots(1, 10, height=1.5)
for digit, axis in enumerate(axes):
    axis.imshow(means[digit].reshape(8, 8).data, cmap="Greys")
    axis.set(title=str(digit), xticks=[], yticks=[])
figure.suptitle("Ten means: blurred, and each still its own digit")
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

# %%
tt.summary()
