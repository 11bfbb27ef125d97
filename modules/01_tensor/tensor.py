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
#| public Tensor apply gradient_of operation

# %%
from tinytorch import testing as tt

tt.begin("tensor")

# %%
#| export
from collections.abc import Callable
from typing import Any

import numpy as np

# %% jupyter={"source_hidden": true}
# What this notebook itself uses: a clock, figures and the tests
import timeit

from tinytorch import figures
from tinytorch.testing.oracles import tensor as oracles

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

numbers, array = list(range(5_000)), np.arange(5_000)
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

The class is written for you. What a tensor can do stands in folded cells, and hands its work to
functions that *you* write below. Python looks those functions up when they are called, so the
class may come first.

Each sign has a line or two there, like these of minus (`plain` turns a number of NumPy's into one of
Python's):

```python
def __sub__(self, other): return elementwise(np.subtract, self, plain(other))
def __rsub__(self, other): return elementwise(np.subtract, plain(other), self)
```

`a - b` calls `a.__sub__(b)`; if `a` is a plain number and knows nothing of tensors, Python turns
round and asks `b.__rsub__(a)`, with the operands swapped. A method does the same: `x.sum()` calls your
`reduce_sum(x)`.

In the class itself, `requires_grad`, `grad` and `origin` are the record of how a result was made;
section 1.4 fills them, and for now they may stay empty.
"""

# %% jupyter={"source_hidden": true}
#| export
# The signs: what +, -, *, /, **, @, ==, <, & and += mean, a line for each side of a sign
class Operators:
    """What the signs mean between a tensor and another tensor, array or number."""

    __slots__ = ()

    def __add__(self, other): return elementwise(np.add, self, plain(other))
    def __radd__(self, other): return elementwise(np.add, plain(other), self)
    def __sub__(self, other): return elementwise(np.subtract, self, plain(other))
    def __rsub__(self, other): return elementwise(np.subtract, plain(other), self)
    def __mul__(self, other): return elementwise(np.multiply, self, plain(other))
    def __rmul__(self, other): return elementwise(np.multiply, plain(other), self)
    def __truediv__(self, other): return elementwise(np.divide, self, plain(other))
    def __rtruediv__(self, other): return elementwise(np.divide, plain(other), self)
    def __pow__(self, other): return raised(self, plain(other))
    def __rpow__(self, other): return elementwise(np.power, plain(other), self)
    def __floordiv__(self, other): return elementwise(np.floor_divide, self, plain(other))
    def __rfloordiv__(self, other): return elementwise(np.floor_divide, plain(other), self)
    def __mod__(self, other): return elementwise(np.remainder, self, plain(other))
    def __rmod__(self, other): return elementwise(np.remainder, plain(other), self)
    def __divmod__(self, other): return self // other, self % other
    def __rdivmod__(self, other): return other // self, other % self
    def __matmul__(self, other): return matmul(self, other)
    def __rmatmul__(self, other): return matmul(other, self)
    def __neg__(self): return apply(np.negative, self)
    def __pos__(self): return self
    def __abs__(self): return apply(np.abs, self)

    # Booleans have no gradient: they need not go through the door.
    def __eq__(self, other): return compare(np.equal, self, other)
    def __ne__(self, other): return compare(np.not_equal, self, other)
    def __lt__(self, other): return compare(np.less, self, other)
    def __le__(self, other): return compare(np.less_equal, self, other)
    def __gt__(self, other): return compare(np.greater, self, other)
    def __ge__(self, other): return compare(np.greater_equal, self, other)
    def __and__(self, other): return compare(np.bitwise_and, self, other)
    def __or__(self, other): return compare(np.bitwise_or, self, other)
    def __xor__(self, other): return compare(np.bitwise_xor, self, other)
    def __rand__(self, other): return compare(np.bitwise_and, other, self)
    def __ror__(self, other): return compare(np.bitwise_or, other, self)
    def __rxor__(self, other): return compare(np.bitwise_xor, other, self)
    def __invert__(self): return compare(np.invert, self)

    __hash__ = object.__hash__  # == gives a tensor, yet a tensor may be the key of a dict

    def __iadd__(self, other): return in_place(np.add, self, other)
    def __isub__(self, other): return in_place(np.subtract, self, other)
    def __imul__(self, other): return in_place(np.multiply, self, other)
    def __itruediv__(self, other): return in_place(np.divide, self, other)
    def __ipow__(self, other): return in_place(np.power, self, other)
    def __ifloordiv__(self, other): return in_place(np.floor_divide, self, other)
    def __imod__(self, other): return in_place(np.remainder, self, other)
    def __iand__(self, other): return in_place(np.bitwise_and, self, other)
    def __ior__(self, other): return in_place(np.bitwise_or, self, other)
    def __ixor__(self, other): return in_place(np.bitwise_xor, self, other)

# %% jupyter={"source_hidden": true}
#| export
# What stands behind the signs, and what keeps a gradient from getting lost: this need not be read
import copy
import sys

LATER: dict[str, Callable] = {}  # methods of Tensor whose work a later lesson writes


def method(function: Callable) -> Callable:
    """Let a function do the work of Tensor's method of its name."""
    LATER[function.__name__] = function
    return function


def later(name: str) -> Callable:
    """The function that does the work of a method, once its lesson has been imported."""
    if name not in LATER:
        raise NotImplementedError(f"Tensor.{name} needs a later lesson: import tinytorch.core")
    return LATER[name]


def plain(x: Any) -> Any:
    """What stands beside a sign: a NumPy number as Python's, a list as float32, no text.

    A Python number adds no dtype of its own, so float32 stays float32.
    """
    kind = type(x)
    if kind is Tensor or kind is float or kind is int or kind is np.ndarray:
        return x
    refuse_subclass(x)
    x = beside(x)
    return x if isinstance(x, Tensor | int | float | np.ndarray) else to_array(x)


def refuse_subclass(x: Any) -> None:
    """Refuse arrays that mean something else by a product, or that hide some of their elements."""
    if isinstance(x, np.matrix | np.ma.MaskedArray):
        kind = type(x).__name__
        raise TypeError(f"expected a plain array, got a {kind}: use np.asarray, or fill the mask")


def as_axis(axis: Any) -> Any:
    """Axes as NumPy takes them: a tuple, be it given as a list."""
    if isinstance(axis, bool):
        raise TypeError(f"expected an axis, a tuple of them or None, got {axis}: write axis=0")
    return tuple(axis) if isinstance(axis, list) else axis


def raised(x: "Tensor", exponent: Any) -> "Tensor":
    """x to a power; the square and the cube as products, which NumPy computes many times sooner."""
    if type(exponent) is int and exponent in (2, 3) and x.dtype.kind == "f":
        square = apply(np.square, x)
        return square if exponent == 2 else square * x
    return elementwise(np.power, x, exponent)


def plain_index(index: Any, copied: bool = False) -> tuple:
    """An index as a tuple, with the arrays of its Tensors; copied, it stays as it is now."""
    parts = index if isinstance(index, tuple) else (index,)
    parts = tuple(part.data if isinstance(part, Tensor) else part for part in parts)
    for part in parts:
        if isinstance(part, np.ndarray) and part.dtype.kind == "f":
            message = f"expected whole numbers or truths as an index, got {part.dtype}: a list in a"
            raise TypeError(f"{message} Tensor becomes float32; use np.array, or .astype(int)")
    return copy.deepcopy(parts) if copied else parts


def again(
    kind: "type[Tensor]", data: np.ndarray, requires_grad: bool, is_parameter: bool
) -> "Tensor":
    """A leaf as it was when it was copied or pickled, without its gradient, as in PyTorch."""
    x = kind.__new__(kind)
    Tensor.__init__(x, data)
    x.requires_grad, x.is_parameter = requires_grad, is_parameter
    return x


ELSEWHERE = {  # how to write what PyTorch's tensors have under these names
    "view": "reshape(...)", "permute": "transpose(...)", "clone": "Tensor(t.data.copy()), or t * 1",
    "unsqueeze": "t[:, None]", "expand": "np.broadcast_to's rules hold in t * np.ones(shape)",
    "repeat": "concatenate([t] * count)", "to": "astype(dtype)", "float": "astype(np.float32)",
    "double": "astype(np.float64)", "long": "astype(np.int64)", "numel": "size", "dim": "ndim",
    "masked_fill": "where(mask, value, t)", "gather": "t[index], or take(t, indices)",
    "requires_grad_": "t.requires_grad = True", "zero_": "t[...] = 0 within no_grad()",
    "fill_": "t[...] = value within no_grad()", "copy_": "t[...] = other within no_grad()",
    "add_": "t += other", "mul_": "t *= other", "pow": "t**2", "cpu": "t itself: there is no other",
    "is_leaf": "t.origin is None", "matmul": "a @ b", "softmax": "softmax(t)", "cat": "concatenate",
}


def compare(function: Callable, *inputs: Any) -> Any:
    """Compare elements, or join truths. Text is refused; no tensor is equal to None."""
    if function in (np.equal, np.not_equal) and inputs[1] is None:
        return NotImplemented
    arrays = [x.data if isinstance(x, Tensor) else plain(x) for x in inputs]
    arrays = [x if isinstance(x, int | float) else to_array(x) for x in arrays]
    try:
        return Tensor(function(*arrays))
    except ValueError:
        broadcast_shape(*map(np.shape, arrays))
        raise
    except TypeError:
        kinds = " and ".join(str(np.asarray(x).dtype) for x in arrays)
        message = f"expected truths or whole numbers, got {kinds}: compare first, as in (x > 0)"
        raise TypeError(f"{message} & (x < 1)") from None


def send(function: Callable, *inputs: Any) -> "Tensor":
    """A NumPy function of one or two arrays, called with tensors, by the way of the signs."""
    if function is np.matmul:
        return matmul(*inputs)
    output = elementwise(function, *inputs) if len(inputs) == 2 else apply(function, *inputs)
    return output if output.dtype.kind == "f" else Tensor(output.data)  # others have no gradient


def in_place(function: Callable, x: "Tensor", other: Any) -> "Tensor":
    """x += other and the like: writes into x, or makes a new tensor where a record is kept.

    A result of an operation, and whatever meets a tensor that requires a gradient, is not
    overwritten, as the record may need it: the name then stands for a new tensor. (In PyTorch
    other names of the same tensor change too.) Where others look at a tensor without a record,
    who would be left behind, that is refused.
    """
    if recording.enabled and (x.requires_grad or getattr(other, "requires_grad", False)):
        if not x.requires_grad and is_watched(x):
            raise RuntimeError(
                "expected a tensor that has this name alone, got a view, a part of a list or of a "
                "layer, or one with other names, which would not get the new numbers: write "
                "x = x + other, or change it within no_grad()"
            )
        if x.requires_grad and x.origin is None:
            raise RuntimeError(
                "expected a result, got a tensor that requires a gradient itself: change it "
                "within no_grad(), or write x = x + other"
            )
        result = send(function, x, plain(other))
        if result.shape != x.shape:
            message = f"expected a shape that stays {x.shape}, got {result.shape}: name the result"
            raise ValueError(f"{message} anew, as in y = x + other")
        return result if result.dtype == x.dtype else result.astype(x.dtype)
    other = plain(other)
    function(x.data, other.data if isinstance(other, Tensor) else other, out=x.data)
    note_change(x.data)
    return x


NAMES = 6  # references to a tensor with one name, as `is_watched` counts them from `x += y`


def is_watched(x: "Tensor") -> bool:
    """Whether x has another name than that before the sign, or views memory that others view."""
    base = x.data.base is not None and sys.getrefcount(x.data.base) > 2
    return base or sys.getrefcount(x) > NAMES


def guard(x: Any, name: str = "") -> None:
    """Refuse to make a plain array of a tensor whose gradient would get lost on that way.

    Args:
        x: anything.
        name: of the function that asked for the array.
    """
    if getattr(x, "requires_grad", False) and recording.enabled:
        mend = f"write x.{name}(...)" if name in vars(Methods) else (
            "use the functions of tinytorch.core (stack and concatenate join tensors, where "
            "chooses) or apply()"
        )
        raise TypeError(
            "expected arrays, got a Tensor that requires a gradient, which would get lost: "
            f"{mend}; for the bare numbers take x.detach() or x.data"
        )


# NumPy's functions whose results have no gradient in any case
UNSLOPED = {
    np.shape, np.ndim, np.size, np.argmax, np.argmin, np.argsort, np.count_nonzero, np.nonzero,
    np.array_equal, np.allclose, np.isclose, np.any, np.all, np.result_type, np.zeros_like,
    np.ones_like, np.full_like, np.empty_like, np.shares_memory, np.may_share_memory,
}


WRITING = {"at", "copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"}


def on_arrays(function: Callable, inputs: Any, options: dict) -> Any:
    """Call a NumPy function with the arrays of tensors, where no gradient gets lost by it."""

    def bare(x: Any) -> Any:
        if isinstance(x, Tensor):
            if function not in UNSLOPED:
                guard(x, getattr(function, "__name__", ""))
            return x.data
        if isinstance(x, dict):
            return {name: bare(value) for name, value in x.items()}
        return type(x)(map(bare, x)) if type(x) in (list, tuple) else x

    result = function(*bare(tuple(inputs)), **bare(options))
    written = options.get("out")
    written = written if isinstance(written, tuple) else (written,)
    if getattr(function, "__name__", "") in WRITING:
        written += tuple(inputs[:1])
    for x in written:
        if isinstance(x, Tensor):
            note_change(x.data)
    return result


def cast(array: np.ndarray, dtype: Any) -> np.ndarray:
    """`array.astype(dtype)`, as a function that can have a gradient."""
    return array.astype(dtype)

# %% jupyter={"source_hidden": true}
#| export
# The methods: each hands its work to a function, as the signs do
class Methods(Operators):
    """What a tensor can do besides the signs. `self` is a Tensor."""

    __slots__ = ()

    def sum(self: Any, axis: "Axis" = None, keepdims: bool = False) -> "Tensor":
        """The sum over one axis, several, or all: see `reduce_sum`."""
        return reduce_sum(self, as_axis(axis), keepdims)

    def mean(self: Any, axis: "Axis" = None, keepdims: bool = False) -> "Tensor":
        """The mean over one axis, several, or all."""
        return reduce_mean(self, as_axis(axis), keepdims)

    def max(self: Any, axis: "Axis" = None, keepdims: bool = False) -> "Tensor":
        """The largest element over one axis, several, or all. Equal ones share the gradient."""
        return reduce_max(self, as_axis(axis), keepdims)

    def min(self: Any, axis: "Axis" = None, keepdims: bool = False) -> "Tensor":
        """The smallest element over one axis, several, or all. Equal ones share the gradient."""
        return apply(np.min, self, axis=as_axis(axis), keepdims=keepdims)

    def var(
        self: Any, axis: "Axis" = None, *, keepdims: bool = False, correction: float = 1
    ) -> "Tensor":
        """The variance, divided by the count less the correction: by n - 1, as in PyTorch."""
        return later("var")(self, as_axis(axis), keepdims, correction)

    def std(
        self: Any, axis: "Axis" = None, *, keepdims: bool = False, correction: float = 1
    ) -> "Tensor":
        """The standard deviation, the root of `var`."""
        return later("std")(self, as_axis(axis), keepdims, correction)

    def norm(self: Any, *, axis: "Axis" = None, keepdims: bool = False) -> "Tensor":
        """The length of all elements together, or along axes: the root of the sum of squares."""
        return later("norm")(self, as_axis(axis), keepdims)

    def argmax(self: Any, axis: int | None = None, keepdims: bool = False) -> "Tensor":
        """Where the largest element stands, the first of equals, as whole numbers."""
        return Tensor(np.asarray(np.argmax(self.data, axis, keepdims=keepdims)))

    def argmin(self: Any, axis: int | None = None, keepdims: bool = False) -> "Tensor":
        """Where the smallest element stands, the first of equals, as whole numbers."""
        return Tensor(np.asarray(np.argmin(self.data, axis, keepdims=keepdims)))

    def any(self: Any, axis: "Axis" = None, keepdims: bool = False) -> "Tensor":
        """Whether any element is not 0."""
        return Tensor(np.asarray(np.any(self.data, axis, keepdims=keepdims)))

    def all(self: Any, axis: "Axis" = None, keepdims: bool = False) -> "Tensor":
        """Whether no element is 0."""
        return Tensor(np.asarray(np.all(self.data, axis, keepdims=keepdims)))

    def exp(self: Any) -> "Tensor":
        """e to the power of each element."""
        return apply(np.exp, self)

    def log(self: Any) -> "Tensor":
        """The natural logarithm of each element."""
        return apply(np.log, self)

    def sqrt(self: Any) -> "Tensor":
        """The square root of each element."""
        return apply(np.sqrt, self)

    def abs(self: Any) -> "Tensor":
        """Each element without its sign."""
        return apply(np.abs, self)

    def clip(self: Any, low: Any = None, high: Any = None) -> "Tensor":
        """Each element, but at least low and at most high. The gradient is 0 where it was cut."""
        return later("clip")(self, low, high)

    def reshape(self: Any, *shape: int | tuple[int, ...]) -> "Tensor":
        """The same elements under another shape: see the function `reshape`."""
        lengths: Any = shape[0] if shape and isinstance(shape[0], tuple | list) else shape
        if any(length < -1 for length in lengths):
            message = f"can't reshape to {lengths}: expected lengths of 0 or more, or one -1"
            raise ValueError(message)
        return reshape(self, *shape)

    def flatten(self: Any, start_axis: int = 0) -> "Tensor":
        """All axes from start_axis on as one."""
        if self.ndim and not -self.ndim <= start_axis < self.ndim:
            message = f"can't flatten {self.ndim} axes from {start_axis} on: count from 0, or from"
            raise ValueError(f"{message} the end with -1")
        start = range(self.ndim)[start_axis] if self.ndim else 0
        return reshape(self, *self.shape[:start], int(np.prod(self.shape[start:])))

    def squeeze(self: Any, axis: "Axis" = None) -> "Tensor":
        """Without the axes of length 1, or without those named. Longer ones are refused."""
        return reshape(self, *np.squeeze(self.data, axis).shape)

    def transpose(self: Any, *axes: int) -> "Tensor":
        """The axes in another order, all of them named: see the function `transpose`.

        Raises:
            ValueError: two axes where NumPy, which names them all, and PyTorch, which swaps the
                two, would disagree; `swapaxes` swaps.
        """
        if len(axes) == 1 and isinstance(axes[0], tuple | list):
            axes = tuple(axes[0])
        if len(axes) == 2 and (self.ndim != 2 or axes[0] % 2 == 0):
            message = f"transpose{axes} of {self.ndim} axes: expected all of them in their new"
            raise ValueError(f"{message} order; to swap two, write swapaxes{axes}")
        return transpose(self, *axes)

    def swapaxes(self: Any, first: int, second: int) -> "Tensor":
        """Two axes exchanged."""
        order = list(range(self.ndim))
        if self.ndim and not all(-self.ndim <= axis < self.ndim for axis in (first, second)):
            message = f"can't swap axes {first} and {second} of {self.ndim}: count from 0, or from"
            raise ValueError(f"{message} the end with -1")
        order[first], order[second] = order[second], order[first]
        return transpose(self, *order) if order else self

    def detach(self: Any) -> "Tensor":
        """A tensor around the same array that knows nothing of gradients."""
        return Tensor(self.data)

    def numpy(self: Any) -> np.ndarray:
        """The array itself, not a copy; refused where a gradient would get lost."""
        guard(self)
        return self.data

    def astype(self: Any, dtype: Any) -> "Tensor":
        """The numbers in another dtype. Between floats the gradient finds its way back."""
        is_float = np.dtype(dtype).kind == "f"
        return apply(cast, self, dtype=dtype) if is_float else Tensor(self.data.astype(dtype))

    def backward(self: Any, grad: Any = None, *, retain_graph: bool = False) -> None:
        """Add the gradient of this result to `.grad` of every leaf: see `backward` of lesson 6."""
        later("backward")(self, grad, retain_graph=retain_graph)

    def item(self: Any) -> Any:
        """The only element, as a Python number."""
        if self.size != 1:
            message = f"expected one element, got shape {self.shape}: index, or use tolist()"
            raise ValueError(message)
        return self.data.item()

    def tolist(self: Any) -> Any:
        """The elements as Python numbers, in nested lists."""
        return self.data.tolist()

    def __float__(self: Any): return float(self.item())
    def __int__(self: Any): return int(self.item())
    def __index__(self: Any): return operator.index(self.data)

    def __bool__(self: Any):
        if self.size != 1:
            message = f"expected one element to be true or false, got shape {self.shape}: say"
            raise ValueError(f"{message} which is meant with .any() or .all()")
        return bool(self.data.item())

    def __format__(self: Any, spec): return format(self.item() if spec else str(self), spec)

    def __len__(self: Any):
        if self.ndim == 0:
            raise TypeError("expected an axis to count along, got a single number: take .item()")
        return len(self.data)

    def __iter__(self: Any):
        if self.ndim == 0:
            raise TypeError("expected an axis to go along, got a single number: take .item()")
        unbind = LATER.get("unbind", lambda x: map(x.__getitem__, range(len(x))))
        return iter(unbind(self))

    def __contains__(self: Any, value):
        if np.size(value) != 1:
            message = f"expected one number to look for, got {value!r}: compare, then .any()"
            raise ValueError(message)
        return bool(compare(np.equal, self, plain(value)).data.any())

    def __getitem__(self: Any, index): return getitem(self, index)

    def __getattr__(self: Any, name):  # of what there is not
        mend = f": write {ELSEWHERE[name]}" if name in ELSEWHERE else ""
        raise AttributeError(f"a Tensor has no {name!r}{mend}", name=name, obj=self)

    def __reduce__(self: Any):
        if self.origin is not None:
            raise RuntimeError(
                "expected a leaf to copy or pickle, got the result of an operation, whose gradient "
                "would go to copies: use detach()"
            )
        state = self.data, self.requires_grad, self.is_parameter
        return again, (type(self), *state), getattr(self, "__dict__", None)  # of a subclass

    def __setitem__(self: Any, index, value):
        if recording.enabled and (self.requires_grad or getattr(value, "requires_grad", False)):
            raise RuntimeError(
                "expected tensors without gradients, got one that requires one: what is written "
                "into a tensor has no record; use where(), or write within no_grad()"
            )
        value = plain(value)
        self.data[plain_index(index)] = value.data if isinstance(value, Tensor) else value
        note_change(self.data)

    def __repr__(self: Any):
        text = np.array2string(self.data, separator=", ", prefix="Tensor(", threshold=100)
        dtype = "" if self.dtype == np.float32 else f", dtype={self.dtype}"
        return f"Tensor({text}{dtype}{', requires_grad=True' if self.requires_grad else ''})"

    # NumPy's functions and signs, called with a tensor, end here.
    def __array__(self: Any, dtype=None, copy=None):
        guard(self)
        return np.array(self.data, dtype, copy=copy)

    def __array_ufunc__(self: Any, ufunc, method, *inputs, **options):
        if method == "__call__" and not options and ufunc.nout == 1 and ufunc.nin <= 2:
            return send(ufunc, *map(plain, inputs))
        return on_arrays(getattr(ufunc, method), inputs, options)

    def __array_function__(self: Any, function, types, inputs, options):
        return on_arrays(function, inputs, options)

# %% jupyter={"source_hidden": true}
#| export
# What a record keeps, and what it notices: this need not be read
import dis
import functools
import inspect
import operator
import weakref

from numpy.lib.array_utils import byte_bounds


class Changes:
    """Which memory was written to after it was made, and at which moment.

    Attributes:
        count: how many changes there were: the moment.
        last: by the id of the array that owns the memory, a weak reference to it, and the moment
            of the last change of each range of bytes.
    """

    def __init__(self) -> None:
        self.count = 0
        self.last: dict[int, tuple[weakref.ref, dict[tuple[int, int], int]]] = {}

    def moment(self, array: np.ndarray) -> int:
        """When the numbers of an array were last changed; 0 for never."""
        _, ranges = self.last.get(id(owner_of(array)), (None, {}))
        low, high = byte_bounds(array) if ranges else (0, 0)
        found = (moment for (a, b), moment in ranges.items() if a < high and low < b)
        return max(found, default=0)


changes = Changes()


def owner_of(array: np.ndarray) -> np.ndarray:
    """The array that owns the memory which another one views."""
    base = array.base
    while base is not None:  # as_strided and the like put an object with a base in between
        if isinstance(base, np.ndarray):
            array = base
        base = getattr(base, "base", None)
    return array


def note_change(array: np.ndarray, moment: int = 0) -> None:
    """Say that numbers were written into an array: records that will need the old ones refuse.

    Args:
        array: was written into.
        moment: when; now by default.
    """
    owner = owner_of(array)
    key = id(owner)
    changes.count += not moment
    if key not in changes.last:
        changes.last[key] = weakref.ref(owner, lambda _: changes.last.pop(key, None)), {}
    changes.last[key][1][byte_bounds(array)] = moment or changes.count


LIGHT = 4096  # bytes: what is no larger is always kept


def hollow(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """An array that takes no memory, where a shape and dtype is all that will be asked for.

    It is read-only, and holds nan, so that a rule that reads it all the same is found out.
    """
    return np.ndarray(shape, dtype, b"\xff" * 16, 0, (0,) * len(shape))


@functools.cache
def places_read(rule: Callable) -> frozenset[int] | None:
    """Which of its parameters a rule reads: 1 is the output, 2 the first input. None for all.

    It is seen in the code: a parameter that isn't mentioned, or only for its shape or dtype, is
    not read. What can't be looked into counts as reading everything.
    """
    code = getattr(rule, "__code__", None) if inspect.isfunction(rule) else None
    if code is None or code.co_flags & inspect.CO_VARARGS or {"locals", "vars", "eval"} & {*code.co_names}:
        return getattr(rule, "reads", None)
    names, steps = set(code.co_cellvars), list(dis.get_instructions(code))
    for step, after in zip(steps, [*steps[1:], steps[-1]], strict=True):
        looks = after.opname == "LOAD_ATTR" and after.argval in ("shape", "ndim", "size", "dtype")
        if not (looks and isinstance(step.argval, str)):
            names.update(step.argval if isinstance(step.argval, tuple) else [step.argval])
    parameters = code.co_varnames[: code.co_argcount]
    found = frozenset(place for place, name in enumerate(parameters) if name in names)
    return (found & {1}) | rule.reads if hasattr(rule, "reads") else found


def places_needed(function: Callable, inputs: tuple) -> frozenset[int] | None:
    """What the rules that a walk will ask read, as in `places_read`."""
    places: frozenset[int] = frozenset()
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and (x.requires_grad or x.is_parameter):  # a frozen one may thaw
            rule = registered(function, argnum)
            read = None if rule is None else places_read(rule)
            if read is None:
                return None
            places |= read
    return places


def remembered(function: Callable, inputs: tuple) -> tuple:
    """The inputs as a record keeps them: large ones that no rule reads without their numbers.

    Arrays that are no Tensors, whose changes nobody would notice, are copied.
    """
    is_light, has_arrays = True, False
    for each in inputs:
        array = each.data if isinstance(each, Tensor) else each
        if isinstance(array, np.ndarray):
            has_arrays |= array is each
            is_light &= array.nbytes <= LIGHT
    if is_light:
        return tuple(map(own, inputs)) if has_arrays else inputs
    needed = places_needed(function, inputs)
    reads = (needed is None or place in needed for place in range(2, 2 + len(inputs)))
    return tuple(map(kept, inputs, reads))


def own(x: Any) -> Any:
    """A copy of an array that is no Tensor; anything else as it is."""
    return x.copy() if isinstance(x, np.ndarray) else x


def kept(x: Any, whole: bool) -> Any:
    """An input as a record keeps it: whole, or without its numbers."""
    array = x.data if isinstance(x, Tensor) else x
    if not isinstance(array, np.ndarray) or array.nbytes <= LIGHT:
        return own(x)
    if not isinstance(x, Tensor):
        return own(x) if whole else hollow(x.shape, x.dtype)
    if x.origin is None or not x.requires_grad:
        return x if whole or x.requires_grad else Tensor(hollow(x.shape, x.dtype))
    place = place_of(x)
    if whole:
        place.data = array
    return place


def place_of(x: "Tensor") -> "Tensor":
    """The tensor that stands for x in the records: for a large result one without its numbers.

    So the numbers go as soon as neither you nor a rule needs them. A rule that does gets them
    back from `kept`, or, where they are the output that it reads, from here.
    """
    place = x._place
    if place is None:
        if not isinstance(x.origin, Origin) or x.data.nbytes <= LIGHT:
            return x
        output = x.origin.output
        place = Tensor(hollow(x.shape, x.dtype) if output is None else output)
        place.requires_grad, place._origin = True, x.origin
        x._place = place
    return place


def begin(x: "Tensor", origin: Any) -> None:
    """Give a tensor its origin, or let go of the one that it had."""
    before, x._origin = x._origin, origin
    if isinstance(origin, Origin):
        origin.output = x.data
        if x.data.nbytes > LIGHT:
            reads = places_needed(origin.function, origin._inputs or ())
            origin.output = x.data if reads is None or 1 in reads else None
    elif isinstance(before, Origin):
        before.successor, before._inputs, before.output = origin, None, None


def check_unchanged(origin: "Origin") -> None:
    """Raise if a rule would read numbers that were changed after they were recorded."""
    inputs = origin._inputs or ()
    needed = places_needed(origin.function, inputs)
    handed = getattr(origin.function, "handed", {}).get("kept", ())
    handed = handed if isinstance(handed, tuple | list) else (handed,)
    read = [(place, x) for place, x in enumerate((origin.output, *inputs), start=1)
            if needed is None or place in needed]
    for place, x in [*read, *((2 + len(inputs), x) for x in handed)]:
        array = x.data if isinstance(x, Tensor) else x
        if isinstance(array, np.ndarray) and changes.moment(array) > origin.moment:
            name = getattr(origin.function, "__name__", origin.function)
            what = "its output" if place == 1 else f"input {place - 2}"
            what = "what it handed over" if place == 2 + len(inputs) else what
            raise RuntimeError(
                f"the way back through {name} needs {what}, {array.dtype} of shape {array.shape}, "
                "as it was, but it was changed in the meantime (by an optimizer's step, a loaded "
                "state or a sign such as +=): go back first, or compute the result again"
            )

# %%
#| export
class Tensor(Methods):
    """A block of numbers with a shape: one NumPy array, and a record of where it came from.

    `a += b` writes into a where nothing is recorded. Where something is, the name a gets a new
    tensor, as with Python's numbers, and other names keep the old one.

    Args:
        data: numbers, nested lists, an array or a Tensor. Lists become float32. An array is not
            copied.
        requires_grad: whether results made from this tensor record how they were made.

    Attributes:
        data: the array. Who writes into it does so behind the back of every record.
        grad: a gradient of the same shape once one is known, else None.
        origin: for a recorded result its `Origin`, else None.
        is_parameter: whether it was made with requires_grad=True. It stays one while frozen.
    """

    __slots__ = (
        "__weakref__", "_origin", "_place", "data", "grad", "is_parameter", "requires_grad",
    )

    def __init__(self, data: Any, requires_grad: bool = False):
        if type(data) is not np.ndarray and isinstance(data, (Tensor, np.ndarray)):
            guard(data)
            refuse_subclass(data)
        self.data: np.ndarray = to_array(data)
        if requires_grad and self.data.dtype.kind != "f":
            raise TypeError(f"only floats can have a gradient, got {self.data.dtype}")
        if requires_grad is not True and requires_grad is not False:
            raise TypeError(f"expected requires_grad to be True or False, got {requires_grad!r}")
        self.requires_grad = self.is_parameter = requires_grad
        self.grad: Any = None
        self._origin: Any = None
        self._place: Tensor | None = None  # see `place_of`

    shape = property(lambda self: self.data.shape, doc="The length of each axis.")
    ndim = property(lambda self: self.data.ndim, doc="The number of axes.")
    size = property(lambda self: self.data.size, doc="The number of elements.")
    dtype = property(lambda self: self.data.dtype, doc="The kind of number.")
    T = property(lambda self: transpose(self), doc="All axes in reverse order.")
    origin = property(operator.attrgetter("_origin"), begin)

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
        An `np.ndarray`, without axes for a single number. Python numbers and lists give float32,
        be they integers, booleans, or NumPy's numbers in a list. Arrays keep their dtype and are
        not copied, NumPy scalars keep theirs too; a Tensor gives the array inside it.

    Raises:
        TypeError: the data are text, dates, None, complex numbers or other objects. Integers
            beyond 64 bits, and numbers in an array of dtype object, may be refused too.
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
    lists = [[[1, 2, 3], [4, 5, 6]], [0.5, 2.5], (1, 2), [True, False], [[1, 0.5], (2, 3)], []]
    of_numpy_numbers = [[np.float64(1.5)], [np.int32(7)]]
    data = map(tt.case, [*lists, *of_numpy_numbers, 7, 0, -1.25, True])
    tt.check(to_array, oracles.float32_array, data, returns="array")
    is_array = lambda x: isinstance(to_array(x), np.ndarray)
    tt.check(is_array, lambda x: True, [(7,), (0.5,)], name="whether this gives an array: ")
    ### BEGIN HIDDEN TESTS
    data = map(tt.case, ([[[4]], [[5]]], [[], []], [np.float64(1.5), 2], 0.0, False))
    tt.check(to_array, oracles.float32_array, data, returns="array", once=True)
    ### END HIDDEN TESTS


test_to_array_makes_float32_of_python_numbers()

# %% nbgrader={"grade": true, "grade_id": "test_to_array_keeps_an_array_as_it_is", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_to_array_keeps_an_array_as_it_is():
    """An array keeps its dtype and its memory; so does the array inside a Tensor."""
    kept = {"dtype": "same", "memory": "shared", "returns": "array"}
    shapes = (), (5,), (2, 3), (0,), (3, 1), (2, 3, 2), (4,)
    given = [tt.case(x) for x in tt.arrays(shapes, oracles.DTYPES)]
    tt.check(to_array, np.asarray, given, **kept)
    tt.check(to_array, np.asarray, given[:3], **kept, wrap=Tensor, name="to_array of a Tensor")
    single = [tt.case(dtype(2)) for dtype in oracles.DTYPES]
    tt.check(to_array, np.asarray, single, dtype="same", name="to_array of a NumPy number")
    is_array = lambda x: isinstance(to_array(x), np.ndarray)
    tt.check(is_array, lambda x: True, single[:2], name="whether it is an array, made of NumPy's ")
    ### BEGIN HIDDEN TESTS
    given = [tt.case(x) for x in tt.arrays(((2, 0), (), (3, 2)), (np.int16, np.bool_), seed=9)]
    tt.check(to_array, np.asarray, given, **kept)
    tt.check(to_array, np.asarray, given[1:], **kept, wrap=Tensor, name="to_array of a Tensor")
    single = [tt.case(np.float64(0)), tt.case(np.int8(-3))]
    tt.check(to_array, np.asarray, single, dtype="same", name="to_array of a NumPy number")
    ### END HIDDEN TESTS


test_to_array_keeps_an_array_as_it_is()

# %% nbgrader={"grade": true, "grade_id": "test_to_array_refuses_what_is_not_numbers", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_to_array_refuses_what_is_not_numbers():
    """Text, None and other objects are a TypeError; rows of different lengths a ValueError."""
    text = ["one", b"12", ["one", "two"], [[1, 2], ["3", 4]], np.array(["1"])]
    others = [None, [1, None], {"a": 1}, [{}], print, np.datetime64("2026-01-01")]
    others += [2j, [1, 2j], np.array(2j)]
    uneven = [tt.case([[1, 2], [3]]), tt.case([1, [2]]), tt.case([[1], [2, 3], [4]])]
    sound = [tt.case(each) for each in (np.ones(2), [1, 2], 0, np.zeros((0, 2)))]
    tt.check_raises(TypeError, to_array, map(tt.case, text + others), but=sound)
    tt.check_raises(ValueError, to_array, uneven, but=sound[:1])
    ### BEGIN HIDDEN TESTS
    objects = [[None], {1, 2}, np.array([None, 1]), np.array([1j])]
    others = ["7", ["1.5"], b"7", np.array(["2026-01-01"], "datetime64[D]"), *objects]
    tt.check_raises(TypeError, to_array, map(tt.case, others), but=sound[:1])
    uneven = tt.case([[[1]], [2]]), tt.case([[], [1]])
    tt.check_raises(ValueError, to_array, uneven, but=sound[1:2])
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

What is written down is an `Origin(function, inputs, options)`, and `recording.enabled` says whether
anything is to be written at all. Both are given, in a folded cell.
"""

# %% jupyter={"source_hidden": true}
#| export
# Origin and the switch: this need not be read
import threading


class Origin:
    """How a tensor was made: `function(*inputs, **options)`.

    Large arrays that no rule will read are remembered by shape and dtype alone; and where
    numbers that a rule will read were changed in the meantime, asking for the inputs raises.
    """

    __slots__ = ("_inputs", "function", "moment", "options", "output", "successor")
    output: np.ndarray | None  # where a rule reads it
    successor: Any  # what took its place

    def __init__(self, function: Callable, inputs: tuple, options: dict):
        self.function, self.options = function, options
        self._inputs: tuple | None = remembered(function, inputs)
        self.moment = changes.count

    @property
    def inputs(self) -> tuple:
        """What the function was called with: Tensors, arrays and numbers."""
        if self._inputs is None:
            return self.successor.inputs
        if self.moment != changes.count:
            check_unchanged(self)
        return self._inputs

    def __iter__(self): return iter((self.function, self.inputs, self.options))
    def __getitem__(self, place): return (self.function, self.inputs, self.options)[place]


class Recording(threading.local):
    """Whether the door writes origins down. Each thread has a switch of its own."""
    enabled = True


recording = Recording()

# %% nbgrader={"grade": false, "grade_id": "apply", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def apply(function: Callable, *inputs: Any, **options: Any) -> Tensor:
    """Call a function of plain arrays on tensors: the door that every operation goes through.

    The output gets `requires_grad=True` and an `Origin(function, inputs, options)` if recording
    is enabled and at least one input is a Tensor that requires a gradient. Only floats can have
    one: what holds none, as from `np.argmax`, comes out all the same, and need not be recorded.

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
    """Tensors are unwrapped, the rest and the options passed on, the result is a new Tensor."""
    calls, kept = oracles.calls_through_the_door(seed=0), {"returns": "tensor", "dtype": "same"}
    tt.check(apply, oracles.called, calls, wrap=Tensor, **kept)
    tt.check(apply, oracles.called, calls[1::3], name="with arrays, apply", **kept)
    views = [(np.transpose, tt.numbers((2, 3))), (np.asarray, tt.numbers((3,)))]
    tt.check(apply, oracles.called, views, wrap=Tensor, memory="shared", **kept)
    seen, x = oracles.arrive_as(np.ndarray, float, option=Tensor), Tensor([1.0, 2.0])
    tt.expect(lambda: apply(seen, x, 2.0, option=x).item(), 1.0, "1 if all arrive as they should:")
    apply(np.asarray, x).grad = np.ones(2)
    tt.expect(x.grad, None, "x.grad once apply(np.asarray, x), a new Tensor, was given one,")
    ### BEGIN HIDDEN TESTS
    a, calls = tt.numbers((2, 2), seed=7, low=1), oracles.calls_through_the_door(seed=7)
    calls = [*calls[::3], tt.case(np.power, a, 2), tt.case(np.mean, a, axis=1)]
    tt.check(apply, oracles.called, calls, wrap=Tensor, **kept, once=True)
    mixed = lambda: apply(np.subtract, np.ones(2), Tensor([3.0, 5.0])).data
    tt.expect(mixed, np.array([-2.0, -4.0]), "array - tensor")
    ### END HIDDEN TESTS


test_apply_calls_the_function_on_arrays()

# %% nbgrader={"grade": true, "grade_id": "test_apply_records_the_origin_when_asked", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_apply_records_the_origin_when_asked():
    """If any one input asks for a gradient, so does the output, and it knows its origin in full."""
    recorded = lambda *asking: oracles.record_of(apply, Tensor, asking)
    whole = lambda *asking: (True, [0.0, 1.0, 2.0], {"out": None, "subok": False})
    asking = [(True, False, False), (False, True, False), (False, False, True), (True, True, True)]
    tt.check(recorded, whole, asking, name="(requires_grad, inputs, options) where inputs ask ")
    x, single = Tensor([1.0, 3.0], requires_grad=True), oracles.made_single(np.sum, float)
    tt.check(apply, oracles.called, single, wrap=Tensor, door={np.sum, float}, dtype="any")
    square, rest = lambda: apply(np.multiply, x, x).origin, lambda: apply(np.subtract, 10, x).origin
    tt.expect(lambda: len(square().inputs), 2, "the number of inputs recorded of x * x")
    tt.expect(lambda: [rest().inputs[0], dict(rest().options)], [10, {}], "what 10 - x records")
    tt.expect(lambda: rest().function(7, 2), 5, "the function recorded of 10 - x, of 7 and 2,")
    ### BEGIN HIDDEN TESTS
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    total = lambda: apply(np.sum, apply(np.multiply, np.float32(3), x), axis=0)
    before = lambda: total().origin.inputs[0].origin.inputs[1].data
    tt.expect(lambda: total().requires_grad, True, "requires_grad after two steps")
    tt.expect(lambda: dict(total().origin.options), {"axis": 0}, "options recorded of a sum")
    tt.expect(before, np.array([[1.0, 2.0]], np.float32), "two steps back")
    ### END HIDDEN TESTS


test_apply_records_the_origin_when_asked()

# %% nbgrader={"grade": true, "grade_id": "test_apply_of_what_holds_no_floats", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_apply_of_what_holds_no_floats():
    """What holds none comes out all the same, also where an input asks for a gradient."""
    x, numbers = Tensor([1.0, 3.0], requires_grad=True), [(np.argmax,), (np.count_nonzero,)]
    tt.check(lambda f: int(apply(f, x).data), lambda f: f([1, 3]), numbers, name="the number from ")
    ### BEGIN HIDDEN TESTS
    finite = lambda: apply(np.isfinite, x).data.astype(bool)
    tt.expect(finite, np.array([True, True]), "np.isfinite of x, which asks for a gradient,")
    ### END HIDDEN TESTS


test_apply_of_what_holds_no_floats()

# %% nbgrader={"grade": true, "grade_id": "test_apply_remembers_nothing_unasked", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_apply_remembers_nothing_unasked():
    """Nothing is recorded if no input asks, or while recording is off; the switch stays put."""
    def left(asks, enabled, function=np.negative):
        x = Tensor([1.0, 2.0], requires_grad=asks)
        return oracles.left_by(lambda: apply(function, x), recording, enabled)

    both = lambda asks, enabled: (asks and enabled, asks and enabled, enabled)
    cases = [(True, True), (True, False), (False, True), (False, False)]
    tt.check(left, both, cases, name="(asks, is recorded, on) where (input asks, on) is ")
    broken = lambda enabled: left(True, enabled, lambda a: a[7])[2]
    tt.check(broken, bool, [(True,), (False,)], name="the switch once a function raised, on ")
    x, asks = Tensor([1.0]), Tensor([2.0], requires_grad=True)
    tt.expect(lambda: apply(oracles.first, x, by=asks).origin, None, "the origin if an option asks")
    ### BEGIN HIDDEN TESTS
    whole = lambda: apply(np.square, Tensor(np.array([1, 2])))
    tt.expect(lambda: whole().requires_grad, False, "requires_grad of whole numbers")
    tt.expect(lambda: whole().origin, None, "the origin of whole numbers")
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
What else that function is told, an axis or a shape, may go along as an option or as one more
input, as NumPy takes it: the rules will understand both.
"""

# %% jupyter={"source_hidden": true}
#| export
# What kind of dict the register is: this need not be read
class Register(dict):
    """Gradient rules by function and input number; for a `Call`, by what it is a call of."""

    def __missing__(self, key):
        function, argnum = key
        rule = function.rule(argnum) if isinstance(function, Call) else None
        if rule is None:
            raise KeyError(key)
        return rule

    def get(self, key, default=None):
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key): return self.get(key) is not None

# %%
#| export
GRADIENTS = Register()  # a dict: from (function, number of the input) to the rule


def gradient_of(function: Callable, argnum: int | None = 0, *, reads: Any = None) -> Callable:
    """Register `rule(grad, output, *inputs, **options)`: the gradient by input `argnum`.

    Args:
        function: takes plain arrays.
        argnum: the number of the input; with None, one rule gives the gradients of all inputs, a
            sequence with None where there is none. A rule that is registered later takes the
            place of the earlier one.
        reads: the numbers of the inputs of which the rule reads more than shape and dtype, where
            that is not to be seen in its code.
    """
    def register(rule: Callable) -> Callable:
        GRADIENTS[function, argnum] = rule
        if argnum is None:
            vars(function)["is_called_whole"] = True
            for key in [(f, n) for f, n in GRADIENTS if f is function and n is not None]:
                del GRADIENTS[key]  # the new rule takes the place of those for single inputs
        if reads is not None:
            vars(rule)["reads"] = frozenset(place + 2 for place in reads)
        return rule

    return register


@gradient_of(np.square)
def square_gradient(grad, output, x):
    return grad * 2 * x

# %% jupyter={"source_hidden": true}
#| export
# `@operation`: functions of arrays that take tensors too. This need not be read
FASTER: dict[Any, Any] = {}  # operations that take the place of others, for tensors
CONVERTED = Tensor, list, np.number, np.bool_  # what a function of arrays doesn't get as it is


def operation(
    function: Callable | None = None, *, floats: bool = False, hands_over: bool = False
) -> Callable:
    """Let a function of arrays take tensors as well: with them, it goes through the door.

    Lists and numbers at the first place become arrays, lists elsewhere too. Neither the function
    nor its rule may write into what they get.

    Args:
        function: of arrays, and of options by name.
        floats: whether whole numbers and truths are to become float32 first.
        hands_over: whether it returns a pair, its output and what its rule will want to know
            again. The rule gets that as the option `kept`, and must not write into it.

    Example:
        >>> @operation
        ... def double(x):
        ...     return 2 * x
        >>> double(np.array([1.0])), double(Tensor([1.0]))
        (array([2.]), Tensor([2.]))
    """
    if function is None:
        return functools.partial(operation, floats=floats, hands_over=hands_over)

    @functools.wraps(function)
    def call(*inputs: Any, **options: Any) -> Any:
        for each in inputs:
            if type(each) is not np.ndarray and isinstance(each, CONVERTED):
                return converted(call, inputs, options)
        for name in options:
            if isinstance(options[name], Tensor):
                return converted(call, by_position(function, inputs, options), {})
        if floats or (inputs and type(inputs[0]) is not np.ndarray):
            inputs = (as_floats(inputs[0], floats), *inputs[1:])
        output = function(*inputs, **options)
        if hands_over:
            return pair(function, output)[0]
        if isinstance(output, tuple):
            message = f"expected one array of {function.__name__}, got a tuple: return one of them"
            raise TypeError(f"{message}, or use hands_over=True for what only the rule needs")
        return output

    # Whether it hands over, and whether a record holds a `Call` of it
    vars(call).update(hands_over=hands_over, is_called_whole=hands_over, floats=floats)
    return call


def pair(function: Callable, output: Any) -> tuple:
    """What a function that hands over returned, if that is a pair."""
    if not isinstance(output, tuple) or len(output) != 2:
        message = f"expected a pair of {function.__name__}, its output and what its rule will want"
        kind = type(output).__name__
        raise TypeError(f"{message}, got a {kind}: leave out hands_over=True, or return a tuple")
    return output


def by_position(function: Callable, inputs: tuple, options: dict) -> tuple:
    """The inputs of a call, those that were given by name among them."""
    bound = inspect.signature(function).bind(*inputs, **options)
    bound.apply_defaults()
    if any(isinstance(x, Tensor) for x in bound.kwargs.values()):
        name = getattr(function, "__name__", "the function")
        raise TypeError(f"expected Tensors that {name} takes by position: let it take them so")
    if bound.kwargs:
        raise TypeError(f"expected Tensors by position beside {sorted(bound.kwargs)}: pass them so")
    return bound.args


def converted(call: Any, inputs: tuple, options: dict) -> Any:
    """Call an operation with Tensors, through the door, or with lists and NumPy's numbers."""
    if any(isinstance(x, Tensor) for x in options.values()):
        inputs, options = by_position(call, inputs, options), {}
    if options and recording.enabled:
        options = {name: own(x) for name, x in options.items()}
    kinds = {*map(type, inputs)}
    if not kinds <= {Tensor, np.ndarray}:
        inputs = tuple(of_list(x) if type(x) is list else beside(x) for x in inputs)
    if Tensor not in kinds and not any(isinstance(x, Tensor) for x in inputs):
        return call(as_floats(inputs[0], False), *inputs[1:], **options)
    chosen = FASTER.get(call, call)
    if not chosen.is_called_whole:
        return apply(chosen, *inputs, **options)
    if chosen.hands_over and recording.enabled:
        inputs = tuple(map(own, inputs))  # it may hand over a view of what it got
    return apply(Call(chosen), *inputs, **options)


def beside(x: Any) -> Any:
    """What stands beside a tensor: a NumPy number as Python's, anything else as it is."""
    return x.item() if isinstance(x, np.number | np.bool_) else x


def as_floats(x: Any, floats: bool) -> np.ndarray:
    """The first input of an operation as an array; of floats, if it asks for those."""
    array = x if type(x) is np.ndarray else to_array(x)
    return array.astype(np.float32) if floats and array.dtype.kind != "f" else array


def of_list(x: list) -> np.ndarray:
    """A list as an array: truths stay truths, numbers become float32."""
    array = to_array(x)
    truths = np.asarray(x)
    return truths if truths.dtype == bool else array


class Call:
    """One call of an operation that hands over to its rule, or has one rule for all inputs."""

    __slots__ = ("__name__", "handed", "operation", "parts")

    def __init__(self, operation: Any):
        self.operation, self.__name__ = operation, operation.__name__
        self.handed: dict[str, Any] = {}  # what the rule gets besides
        self.parts: tuple = (None, ())  # of the last walk: its gradient, and the inputs'

    def __call__(self, *arrays: Any, **options: Any) -> Any:
        if self.operation.floats:
            arrays = (as_floats(arrays[0], True), *arrays[1:])
        output = self.operation.__wrapped__(*arrays, **options)
        if self.operation.hands_over:
            output, kept = pair(self.operation, output)
            self.handed = {"kept": kept}
        return output

    def rule(self, argnum: int) -> Callable | None:
        """The rule for one input: a share of the rule for all of them, if there is such a one."""
        rule = GRADIENTS.get((self.operation, argnum))
        if rule is not None:
            return functools.partial(rule, **self.handed)
        has_whole = (self.operation, None) in GRADIENTS
        return functools.partial(self.share, argnum) if has_whole else None

    def share(self, argnum: int, grad: np.ndarray, *rest: Any, **options: Any) -> Any:
        """The gradient of one input, from a rule that gives all of them and is asked once."""
        known, parts = self.parts
        if known is not grad or parts[argnum] is None:
            rule = GRADIENTS[self.operation, None]
            parts = rule(grad, *rest, **options, **self.handed)
            if isinstance(parts, tuple | list) and len(parts) > len(rest) - 1:
                parts = parts[: len(rest) - 1] if self.could_have(len(parts)) else parts
            if not isinstance(parts, tuple | list) or len(parts) != len(rest) - 1:
                message = f"expected a gradient for each of {len(rest) - 1} inputs of the rule for"
                raise TypeError(f"{message} {self.__name__}, got {type(parts).__name__}: list them")
            parts = list(parts)
            self.parts = grad, parts
        part, parts[argnum] = parts[argnum], None
        return np.zeros(np.shape(rest[argnum + 1])) if part is None else part


    def could_have(self, count: int) -> bool:
        """Whether the operation takes so many inputs, of which some may be left out."""
        places = inspect.signature(self.operation).parameters.values()
        kinds = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
        return count == sum(place.kind in kinds for place in places)


def registered(function: Callable, argnum: int) -> Callable | None:
    """The rule as it was registered for an input, or for all inputs of a function."""
    function = function.operation if isinstance(function, Call) else function
    return GRADIENTS.get((function, argnum)) or GRADIENTS.get((function, None))

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

# %% nbgrader={"grade": true, "grade_id": "test_broadcast_shape_of_fitting_shapes", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_broadcast_shape_of_fitting_shapes():
    """Equal lengths, ones and missing lengths fit, aligned on the right; the result is a tuple."""
    shapes = [(), (3,), (2, 3), (2, 1), (0, 3), (4, 2, 3), (2, 1, 1, 1, 3), (1000, 3)]
    fitting, _ = oracles.pairs_of_shapes(shapes)
    tt.check(broadcast_shape, np.broadcast_shapes, fitting)
    ### BEGIN HIDDEN TESTS
    fitting, _ = oracles.pairs_of_shapes([(5, 1, 4, 1), (3, 1, 2), (1,), (1, 0), (3, 3000, 2)])
    tt.check(broadcast_shape, np.broadcast_shapes, fitting, once=True)
    ### END HIDDEN TESTS


test_broadcast_shape_of_fitting_shapes()

# %% nbgrader={"grade": true, "grade_id": "test_broadcast_shape_refuses_the_rest", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_broadcast_shape_refuses_the_rest():
    """Different lengths fit only where one of them is 1: the rest is a ValueError."""
    shapes = [(2,), (3,), (1, 3), (2, 3), (4, 3), (2, 0), (4, 3, 1)]
    _, refused = oracles.pairs_of_shapes(shapes)
    tt.check_raises(ValueError, broadcast_shape, refused, but=[((2, 3), (2, 3))])
    ### BEGIN HIDDEN TESTS
    shapes = [(0,), (2,), (5, 2), (5, 1), (3, 3, 4), (6, 2, 1)]
    _, refused = oracles.pairs_of_shapes(shapes)
    tt.check_raises(ValueError, broadcast_shape, refused, but=[((5, 1), (1, 2))])
    ### END HIDDEN TESTS


test_broadcast_shape_refuses_the_rest()

# %% [markdown]
r"""
With the door and the rule you can write what stands behind every sign. NumPy does broadcast
by itself, and it also complains by itself; what it can't do is say which *tensors* you gave
it. A good error says what was expected, what came, and how to mend it. The tests look at its
type alone: whether to add words of your own is up to you.
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
        A Tensor of the shape that the two broadcast to, in memory of its own, recorded as a call
        of `function`.

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
    sent, given = (np.subtract, np.multiply), tt.pairs(oracles.PAIRS)
    calls, sides = oracles.in_turn(sent, given), oracles.operands(seed=0)
    tt.check(elementwise, oracles.called, calls[:4], wrap=Tensor, door=sent)
    tt.check(elementwise, oracles.called, calls[4:], wrap=Tensor)
    tt.check(elementwise, oracles.called, calls[:1], returns="tensor", name="elementwise of arrays")
    fresh, row = {"wrap": Tensor, "memory": "fresh"}, tt.numbers((3,), low=1)
    tt.check(lambda a, b: a - b, np.subtract, sides, **fresh, door=sent, name="minus")
    tt.check(lambda a, b: a / b, np.divide, oracles.strange_operands(), **fresh, name="divide")
    beside, others = lambda x: (row - x) * row, [(row[::-1],), (row[:, None],)]
    tt.check(beside, beside, others, **fresh, door=sent, name="(array - x) * array, with x = ")
    ### BEGIN HIDDEN TESTS
    sent, sides = (np.add, np.divide, np.maximum), oracles.operands(seed=4)
    calls = oracles.in_turn(sent, tt.pairs(oracles.MORE_PAIRS, seed=50, low=1, high=5))
    fresh["once"] = True
    tt.check(elementwise, oracles.called, calls, wrap=Tensor, once=True)
    tt.check(lambda a, b: a / b, np.divide, sides[:4], **fresh, name="divide")
    tt.check(lambda a, b: a * b, np.multiply, oracles.strange_operands(), **fresh, name="times")
    beside = lambda x: row + x / row
    tt.check(beside, beside, others[1:], **fresh, door=sent, name="array + x / array, with x = ")
    ### END HIDDEN TESTS


test_elementwise_broadcasts()

# %% nbgrader={"grade": true, "grade_id": "test_elementwise_keeps_dtypes", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_elementwise_keeps_dtypes():
    """A Python number adds no dtype, on either side; two arrays give what NumPy makes of them."""
    dtypes = np.float32, np.float64, np.float16, np.int64
    sides = oracles.of_all_dtypes(dtypes, (2, 0.5), seed=0)
    calls = oracles.in_turn([np.subtract, np.divide], sides)
    tt.check(elementwise, oracles.called, calls, wrap=Tensor, dtype="same")
    ### BEGIN HIDDEN TESTS
    sides = oracles.of_all_dtypes((np.float16, np.int32), (0.25,), seed=5)
    calls = oracles.in_turn([np.divide, np.subtract], sides)
    tt.check(elementwise, oracles.called, calls, wrap=Tensor, dtype="same", once=True)
    ### END HIDDEN TESTS


test_elementwise_keeps_dtypes()

# %% nbgrader={"grade": true, "grade_id": "test_elementwise_refuses_shapes_that_do_not_fit", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_elementwise_refuses_shapes_that_do_not_fit():
    """A ValueError: for shapes that do not fit, and for values that the function refuses."""
    x, whole = Tensor(np.ones((2, 3))), Tensor(np.array([2, 3]))
    others = [Tensor([1.0, 2.0]), np.ones((3, 2)), np.ones((1, 4))]
    refused = [*((np.add, x, other) for other in others), (np.power, whole, -1)]
    tt.check_raises(ValueError, elementwise, refused, but=[(np.power, whole, 2)])
    ### BEGIN HIDDEN TESTS
    refused = [(np.multiply, np.ones(2), x), (np.add, x, Tensor(np.ones((2, 2))))]
    refused += [(np.power, whole, Tensor(np.array([1, -2])))]
    tt.check_raises(ValueError, elementwise, refused, but=[(np.add, x, 1)])
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
arrow = {"arrowprops": {"arrowstyle": "->"}, "annotation_clip": False}
axes[0].annotate("axis 0", (-0.9, 1.4), (-0.9, -0.4), ha="center", **arrow)
axes[0].annotate("axis 1", (2.4, 1.85), (-0.4, 1.85), va="center", **arrow)
figure.suptitle("The axis that is named is the one that disappears")
figures.show(
    figure,
    alt="A table of 1 to 6. Summed along axis 0, down the columns: 5, 7, 9. Along axis 1: 6, 15.",
)

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
    cases = [*oracles.reductions(), tt.case(tt.strange(), axis=0)]
    tt.check(reduce_sum, np.sum, cases[:8], wrap=Tensor, door={np.sum})
    tt.check(reduce_sum, np.sum, cases[8:], wrap=Tensor)
    whole, nothing = tt.numbers((2, 1), np.int64), np.zeros((0, 3))
    more = [tt.case(whole, axis=0), *(tt.case(nothing, axis=axis) for axis in (None, 0, 1))]
    tt.check(Tensor.sum, np.sum, more, wrap=Tensor, name="x.sum")
    ### BEGIN HIDDEN TESTS
    whole = tt.over_axes(((2, 2), (3, 0)), (np.bool_, np.int64), tuples=False, seed=31)[::3]
    tt.check(reduce_sum, np.sum, [*oracles.more_reductions(), *whole], wrap=Tensor, once=True)
    ### END HIDDEN TESTS


test_reduce_sum()

# %% [markdown]
r"""
The largest element is the same with another function, and is written for you. The mean is yours,
behind the door this time, where arrays are plain: divide the sum by the number of elements that
went into each result. Which number that is, the axes tell.
"""

# %% jupyter={"source_hidden": true}
#| export
# reduce_max and reduce_mean: `np.max` and your `mean`, sent through the door
def reduce_max(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The largest element over one axis, several, or all of them."""
    return apply(np.max, x, axis=axis, keepdims=keepdims)


def reduce_mean(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The mean over one axis, several, or all of them."""
    return apply(mean, x, axis=axis, keepdims=keepdims)

# %% nbgrader={"grade": false, "grade_id": "mean", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@operation
def mean(x: np.ndarray, axis: Axis = None, keepdims: bool = False) -> np.ndarray:
    """The mean over one axis, several, or all: the sum divided by the number of elements in it.

    Args:
        x: an array of floats, of any shape.
        axis: the axis or axes that disappear; None for all. May be negative.
        keepdims: whether they stay, with length 1.

    Returns:
        A plain array, or a NumPy number where no axis is left; of the dtype of x. nan where no
        element went into a result.

    Example:
        >>> mean(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), axis=1)
        array([2., 5.])

    Hint: what is left is a known number of times smaller than what was there.
    """
    ### BEGIN SOLUTION
    wide: Any = np.float32 if x.dtype == np.float16 else None  # float16 ends at 65504
    total = np.add.reduce(x, axis, wide, None, keepdims)  # type: ignore[call-overload]
    average = total / (x.size // max(total.size, 1))
    return average if wide is None else average.astype(x.dtype)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_mean", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_mean():
    """Each result is the sum divided by the number of elements that went into it."""
    cases = [*oracles.reductions(), tt.case(tt.strange(), axis=0)]
    tt.check(mean, np.mean, cases, dtype="same", returns="array")
    more = [tt.case(tt.numbers((3, 2), np.float32), axis=axis) for axis in (None, 0)]
    tt.check(Tensor.mean, np.mean, more, wrap=Tensor, name="x.mean")
    ### BEGIN HIDDEN TESTS
    cases = oracles.more_reductions()
    tt.check(mean, np.mean, cases, dtype="same", returns="array", once=True)
    ### END HIDDEN TESTS


test_mean()

# %% nbgrader={"grade": true, "grade_id": "test_mean_of_nothing", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_mean_of_nothing():
    """No result where no row is left: (0, 3) over axis 1 gives (0,). nan where nothing went in."""
    empty = np.zeros((0, 3), np.float32)
    nothing, unknown = np.zeros(0, np.float32), np.full(3, np.nan, np.float32)
    tt.expect(lambda: mean(empty, axis=1), nothing, "mean(zeros (0, 3), axis=1)")
    with np.errstate(all="ignore"):
        tt.expect(lambda: mean(empty, axis=0), unknown, "mean(zeros (0, 3), axis=0)")
    ### BEGIN HIDDEN TESTS
    of_columns = lambda: mean(np.zeros((4, 0), np.float32), axis=0)
    tt.expect(of_columns, nothing, "mean(zeros (4, 0), axis=0)")
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
        shape: the length of each axis, 1 or more.
        itemsize: bytes of one element.

    Returns:
        A tuple of ints, one for each axis.

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
    cases = [(shape, 4 + 2 * (n % 2)) for n, shape in enumerate(shapes)]
    tt.check(row_major_strides, oracles.laid_out, [*cases, ((2, 3), 8), ((3, 2, 2), 1)])
    ### BEGIN HIDDEN TESTS
    cases = [((3, 2), 2), ((1,), 16), ((), 2), ((6, 2, 1), 16), ((2, 2, 2, 2), 2)]
    tt.check(row_major_strides, oracles.laid_out, cases)
    ### END HIDDEN TESTS


test_row_major_strides()

# %%
memory = np.arange(1, 7)
figure, axes = figures.subplots(2, 1, height=2.6)
for axis, shape, strides, title in (
    (axes[0], (2, 3), (12, 4), "x, shape (2, 3), strides (12, 4)"),
    (axes[1], (3, 2), (4, 12), "x.T, shape (3, 2), strides (4, 12)"),
):
    box = {"boxstyle": "square,pad=0.5", "fc": "white"}
    for n, value in enumerate(memory):
        axis.text(n, 0, str(value), ha="center", va="center", bbox=box)
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
figures.show(
    figure,
    alt="Six numbers in a line. Rows of x are neighbours, 4 bytes apart; rows of x.T take every "
    "third.",
)

# %% jupyter={"source_hidden": true}
# A table of what shares the memory of x
x = np.zeros((2, 3), np.float32)
made = {"x": x, "x.T": x.T, "x[:, ::2]": x[:, ::2], "x[[0, 1]]": x[[0, 1]]}
for name, array in made.items():
    shares = np.shares_memory(x, array)
    print(f"{name:9} {array.shape} strides {array.strides!s:7} shares memory: {shares}")

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
        shape: lengths, as `reshape(x, 2, 3)`, or one tuple of them, as `reshape(x, (2, 3))`.
            One of them may be -1: it is worked out from the others. The others are 0 or more.

    Returns:
        A Tensor; a view of the same memory wherever strides allow it. Recorded as a call of
        `np.reshape`.

    Raises:
        ValueError: the shape holds another number of elements, or more than one -1.

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
@tt.test
def test_reshape():
    """Elements keep their order, -1 is worked out, lengths or a tuple; a view if strides allow."""
    x, y, z = tt.numbers((3, 4)), tt.numbers((2, 3, 1), np.float32), tt.numbers(())
    lengths = [(x, 2, 6), (x, -1), (x, 2, -1, 3), (y, 6), (z, 1), (x.T, 4, 3, 1), (x[:, ::2], 6, 1)]
    tuples = [(x, (4, 3)), (x, (3, 4)), (y, (6,)), (x, (-1, 1)), (z, (1, 1)), (y[:1, :1], ())]
    sent, view = {"wrap": Tensor, "door": {np.reshape}}, {"wrap": Tensor, "memory": "shared"}
    tt.check(reshape, np.ndarray.reshape, lengths + tuples, **view)
    calls = [(x.T, 2, 6), (x, -1), (x, (4, 3)), (tt.numbers((0, 3)), 3, 0)]
    tt.check(reshape, np.ndarray.reshape, calls, **sent)
    ### BEGIN HIDDEN TESTS
    a, b = tt.numbers((2, 5), np.float32, seed=8), tt.numbers((2, 2, 3), np.int64, seed=9)
    calls = [(a, 5, 2), (a, (1, 10)), (b, (4, -1)), (b[1], 3, -1, 1), (b[::-1], 2, 3, 2)]
    tt.check(reshape, np.ndarray.reshape, calls, **view)
    calls = [(a.T, -1), (a, (2, 5))]
    tt.check(Tensor.reshape, np.ndarray.reshape, calls, **sent, once=True, name="x.reshape")
    ### END HIDDEN TESTS


test_reshape()

# %% nbgrader={"grade": true, "grade_id": "test_reshape_refuses_another_size", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_reshape_refuses_another_size():
    """The number of elements stays: anything else is a ValueError."""
    x, one = Tensor([1, 2, 3, 4]), Tensor([5.0])
    refused = [(x, 3), (x, 3, -1), (x, (2, 3)), (x, 5), (x, -1, -1), (x, (1, 2)), (x, ())]
    sound = [(x, 2, 2), (x, (4, 1)), (x, -1)]
    tt.check_raises(ValueError, reshape, [*refused, (one, -1, -1)], but=sound)
    ### BEGIN HIDDEN TESTS
    y = Tensor(np.ones((2, 3)))
    refused = [(y, 4), (y, (7, -1)), (y, 2, 2), (y, 12), (y, -1, 4)]
    tt.check_raises(ValueError, reshape, refused, but=[(y, 6), (y, (3, -1))])
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
    """Without axes all are reversed; else axis i of the result is axis axes[i] of x; no copy."""
    x, y, z = tt.numbers((2, 3, 4)), tt.numbers((2, 3), np.float32), tt.numbers((5, 1, 2, 3))
    calls = [(x,), (x, 2, 0, 1), (x, 0, -1, 1), (x, 1, 2, 0), (x, 0, 2, 1), (x, -1, -3, -2)]
    calls += [(y,), (y, 1, 0), (y, 0, 1), (tt.numbers((3,)),), (tt.numbers(()),)]
    view = {"wrap": Tensor, "memory": "shared"}
    calls = [*calls, (z,), (z, 3, 1, 0, 2)]
    tt.check(transpose, np.ndarray.transpose, calls, **view, door={np.transpose})
    ### BEGIN HIDDEN TESTS
    a = tt.numbers((4, 2, 3), np.float32, seed=3)
    calls = [(a,), (a, 1, 2, 0), (a, -2, 0, -1), (a, 2, 1, 0), (tt.strided(a), 1, 0, 2)]
    tt.check(transpose, np.ndarray.transpose, calls, **view)
    tt.expect(lambda: Tensor(a).T.shape, (3, 2, 4), "x.T.shape")
    ### END HIDDEN TESTS


test_transpose()

# %% nbgrader={"grade": true, "grade_id": "test_transpose_refuses_wrong_axes", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_transpose_refuses_wrong_axes():
    """Every axis exactly once: anything else is a ValueError."""
    x = Tensor(np.zeros((2, 3, 4)))
    other_numbers = [(x, 0, 1), (x, 0), (x, 0, 0, 1), (x, 0, 1, 2, 3)]
    wrong_axes = [(x, 0, 0, 0), (x, 0, 1, 3), (x, 0, 1, 5), (x, 0, -2, -4), (x, 2, -1, 0)]
    sound = [(x, 2, 1, 0), (x, 0, -1, 1), (x,)]
    tt.check_raises(ValueError, transpose, other_numbers + wrong_axes, but=sound)
    ### BEGIN HIDDEN TESTS
    y = Tensor(np.zeros((2, 3)))
    axes = [(1,), (1, 1), (0, 0), (0, 2), (-1, 1), (0, 1, 0), (2, 3), (-3, 1), (0, 3)]
    tt.check_raises(ValueError, transpose, [(y, *each) for each in axes], but=[(y, 1, 0)])
    ### END HIDDEN TESTS


test_transpose_refuses_wrong_axes()

# %% [markdown]
r"""
Indexing goes through the door like everything else, and is written for you: the index is an
option, so the record says which elements were chosen.
"""

# %% jupyter={"source_hidden": true}
#| export
# getitem: x[index], sent through the door
def getitem(x: Tensor, index: Any) -> Tensor:
    """The elements that NumPy's indexing chooses; an index may hold Tensors too."""
    if isinstance(index, np.ndarray) and index.dtype.kind in "iu" and "take" in LATER and x.ndim:
        rows = index.copy() if x.requires_grad else index
        return LATER["take"](x, rows)  # the gradient of whole rows is found sooner
    return apply(select, x, index=plain_index(index, copied=x.requires_grad))


def select(array: np.ndarray, index: tuple) -> np.ndarray:
    """`array[index]`, as a function that can have a gradient; a single element is a view too."""
    chosen = array[index]
    return chosen if isinstance(chosen, np.ndarray) else array[(*index, ...)]

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
        ValueError: the inner lengths differ, the axes in front do not broadcast, or one of the
            two is a single number.

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
    by_sums, given = oracles.matmul_by_sums, tt.pairs(oracles.MATRICES)
    tt.check(matmul, by_sums, given[:2], wrap=Tensor, door={np.matmul})
    tt.check(matmul, by_sums, given[2:], wrap=Tensor)
    tt.check(matmul, by_sums, given[:2], returns="tensor", name="matmul of arrays")
    a, others = tt.numbers((3, 3)), [(tt.numbers((3,)),), (tt.numbers((3, 3), seed=1),)]
    beside = lambda x: a @ x @ a[:, :2]
    tt.check(beside, beside, others, wrap=Tensor, door={np.matmul}, name="array @ x @ array, x = ")
    ### BEGIN HIDDEN TESTS
    shapes = [((4, 2), (2, 3)), ((2,), (2, 4)), ((3, 3), (3, 3)), ((0, 2), (2, 3))]
    tt.check(matmul, by_sums, tt.pairs(shapes, seed=60), wrap=Tensor, once=True)
    ### END HIDDEN TESTS


test_matmul_of_matrices()

# %% nbgrader={"grade": true, "grade_id": "test_matmul_of_stacks", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_matmul_of_stacks():
    """The axes in front broadcast, and each matrix of the stack is multiplied on its own."""
    given = tt.pairs(oracles.STACKS)
    tt.check(matmul, np.matmul, given[:1], wrap=Tensor, door={np.matmul})
    tt.check(matmul, np.matmul, given[1:], wrap=Tensor)
    ### BEGIN HIDDEN TESTS
    stacks = [((3, 2), (4, 2, 5)), ((2, 3, 3), (2, 3, 3)), ((2, 1, 3, 2), (5, 2, 3))]
    tt.check(matmul, np.matmul, tt.pairs(stacks, seed=70), wrap=Tensor, once=True)
    ### END HIDDEN TESTS


test_matmul_of_stacks()

# %% nbgrader={"grade": true, "grade_id": "test_matmul_refuses_other_lengths", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_matmul_refuses_other_lengths():
    """Lengths that do not fit are a ValueError, inner ones and in front, and so is a number."""
    of = lambda *shape: Tensor(np.ones(shape))
    inner = [(of(2, 3), of(2, 3)), (of(2, 3), of(1, 4)), (of(3), of(2)), (of(2, 3), of(2))]
    front = [(of(5, 2, 3), of(4, 3, 2)), (of(5, 2, 3), of(5, 2, 3))]
    number = [(of(2, 2), 3.0), (of(), of(2, 2))]
    sound = [(of(2, 3), of(3, 2)), (of(3), of(3)), (of(5, 2, 3), of(5, 3, 2)), (of(3), of(5, 3, 2))]
    tt.check_raises(ValueError, matmul, inner + front + number, but=sound)
    ### BEGIN HIDDEN TESTS
    inner = [(of(3, 2), of(3)), (of(4, 1), of(2, 4)), (of(5, 2, 3), of(2, 3))]
    others = [(of(2, 2, 1), of(3, 1, 2)), (2, of(2, 2)), (of(2), of())]
    tt.check_raises(ValueError, matmul, inner + others, but=[(of(2), of(2, 2))])
    ### END HIDDEN TESTS


test_matmul_refuses_other_lengths()

# %% [markdown]
r"""
## 1.9 A classifier out of nothing else

You now have enough to recognise handwriting. `tinytorch.data` brings 1,797 images of digits, 8 by
8 pixels each. Take the mean image of every digit, and give a new image the digit whose mean is
nearest. With $\lVert x - m \rVert^2 = \lVert x \rVert^2 - 2\,x \cdot m + \lVert m \rVert^2$, all
distances come from one matrix product, traced by shape:

`(N, 1) - (N, 64) @ (64, 10) + (10,) -> (N, 10)`

The next cell uses your tensor and no loop over images. Before you run it: how many of the
images it has never seen would you expect it to get right?
"""

# %%
from tinytorch.data import load_digits

digits = load_digits()
train, test = slice(0, 1200), slice(1200, None)
images, labels = Tensor(digits.data.astype(np.float32)), digits.target

means = Tensor(np.stack([images[train][labels[train] == d].mean(axis=0).data for d in range(10)]))
x = images[test]
squares = (x * x).sum(axis=1, keepdims=True) - 2 * (x @ means.T) + (means * means).sum(axis=1)
nearest = squares.data.argmin(axis=1)
right = (nearest == labels[test]).mean()
print("distances", squares.shape, "| right on new images:", f"{right:.1%}")

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

# %%
# Save first (Ctrl+S): this checks the saved notebook as grading does, and exports your own module.
tt.export()
