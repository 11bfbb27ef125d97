"""Tensor. Made from modules/01_tensor/tensor.py: edit that file, not this."""

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = [
    "GRADIENTS", "Axis", "Operators", "Origin", "Recording", "Tensor", "apply", "broadcast_shape",
    "elementwise", "getitem", "gradient_of", "matmul", "mean", "recording", "reduce_max",
    "reduce_mean", "reduce_sum", "reshape", "select", "square_gradient", "to_array", "transpose",
]


# The signs: what +, -, *, /, **, @, ==, < and > mean, a line for each side of a sign
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
    if isinstance(data, Tensor):
        return data.data
    array = np.asarray(data)  # lists of different lengths end here, in NumPy's ValueError
    if array.dtype.kind not in "biuf":
        raise TypeError(f"expected numbers, got {array.dtype}: turn them into numbers first")
    chosen = isinstance(data, (np.ndarray, np.generic))
    return array if chosen else array.astype(np.float32)


class Origin(NamedTuple):
    """How a tensor was made: `function(*inputs, **options)`."""
    function: Callable
    inputs: tuple
    options: dict


class Recording(threading.local):
    """Whether the door writes origins down. Each thread has a switch of its own."""
    enabled = True


recording = Recording()


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
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    output = Tensor(function(*arrays, **options))
    if recording.enabled:
        for x in inputs:
            if isinstance(x, Tensor) and x.requires_grad:
                output.requires_grad = True
                output.origin = Origin(function, inputs, options)
                break
    return output


GRADIENTS: dict[tuple[Callable, int], Callable] = {}


def gradient_of(function: Callable, argnum: int = 0) -> Callable:
    """Register `rule(grad, output, *inputs, **options)`: the gradient by input `argnum`."""
    def register(rule: Callable) -> Callable:
        GRADIENTS[function, argnum] = rule
        return rule

    return register


@gradient_of(np.square)
def square_gradient(grad, output, x):
    return grad * 2 * x


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
    try:
        return apply(function, a, b)
    except ValueError:
        broadcast_shape(np.shape(a), np.shape(b))  # raises the error that names both shapes
        raise


Axis = int | tuple[int, ...] | None  # one axis, several, or all of them


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
    return apply(np.sum, x, axis=axis, keepdims=keepdims)


# reduce_max and reduce_mean: `np.max` and your `mean`, sent through the door
def reduce_max(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The largest element over one axis, several, or all of them."""
    return apply(np.max, x, axis=axis, keepdims=keepdims)


def reduce_mean(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The mean over one axis, several, or all of them."""
    return apply(mean, x, axis=axis, keepdims=keepdims)


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
    total = np.add.reduce(x, axis, keepdims=keepdims)  # what np.sum calls in the end
    return total / (x.size // max(total.size, 1))


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
    if len(shape) == 1 and isinstance(shape[0], tuple | list):
        shape = tuple(shape[0])
    try:
        return apply(np.reshape, x, shape=shape)
    except ValueError:
        message = f"can't reshape {x.size} elements of shape {x.shape} to {shape}: choose lengths"
        raise ValueError(f"{message} whose product is {x.size}") from None


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
    axes = axes or tuple(reversed(range(x.ndim)))
    try:
        return apply(np.transpose, x, axes=axes)
    except ValueError:
        message = f"axes {axes} of a tensor with {x.ndim}: name each axis once"
        raise ValueError(message) from None


# getitem: x[index], sent through the door
def getitem(x: Tensor, index: Any) -> Tensor:
    """The elements that NumPy's indexing chooses; an index may hold Tensors too."""
    parts = index if isinstance(index, tuple) else (index,)
    plain = tuple(part.data if isinstance(part, Tensor) else part for part in parts)
    return apply(select, x, index=plain)


def select(array: np.ndarray, index: tuple) -> np.ndarray:
    """`array[index]`, as a function that can have a gradient."""
    return array[index]


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
    try:
        return apply(np.matmul, a, b)
    except ValueError:
        message = f"can't multiply {np.shape(a)} by {np.shape(b)}: expected (..., N, D) and"
        raise ValueError(f"{message} (..., D, C) with the same D; transpose one of them?") from None
