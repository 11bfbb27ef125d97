"""Operations. Made from modules/09_operations/operations.py: edit that file, not this."""

import functools
import math
import operator
import string
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinytorch.core.activations import Layer, sigmoid, tanh
from tinytorch.core.layers import linear
from tinytorch.core.tensor import (
    GRADIENTS,
    Axis,
    Call,
    Origin,
    Tensor,
    apply,
    begin,
    gradient_of,
    mean,
    method,
    operation,
    recording,
    to_array,
)

__all__ = [
    "GRU", "Anchor", "Cut", "GRUCell", "Gated", "Piece", "along", "along_gradient", "argmax",
    "check_lengths", "clip", "clip_gradients", "concatenate", "contracted", "cumsum",
    "cumsum_gradient", "diagonals", "einsum", "einsum_gradient", "gru_state", "joined",
    "joined_gradient", "known_axis", "letters_of", "maximum", "minimum", "norm", "norm_gradient",
    "over_root", "pad", "pad_gradient", "padded", "piece", "pieces", "pieces_gradient", "ranking",
    "rows", "rows_gradient", "several", "several_tensors", "sort", "split", "stack", "stacked",
    "stacked_gradient", "std", "std_gradient", "summed_up", "take", "taken", "taken_gradient",
    "topk", "unbind", "var", "var_gradient", "where", "where_gradient",
]


def __dir__() -> list[str]:
    return __all__


@operation
def joined(*arrays: np.ndarray, axis: int = 0) -> np.ndarray:
    """Arrays one after the other along an axis."""
    return np.concatenate(arrays, axis)


@gradient_of(joined, None, reads=())
def joined_gradient(
    grad: np.ndarray, output: np.ndarray, *arrays: np.ndarray, axis: int = 0
) -> Sequence[np.ndarray]:
    """The gradients of sum(grad * joined(*arrays, axis=axis)) by each of the arrays.

    Args:
        grad: the incoming gradient, of the shape of the output.
        output: joined(*arrays, axis=axis).
        arrays: one or more, of one shape but for their lengths along axis, which may be 0. Their
            dtypes may differ.
        axis: along which they were joined; may be negative.

    Returns:
        A list or tuple with one array for each of `arrays`, in order, of its shape and of the
        dtype of grad. They may be views of grad, which is not written into.

    Example:
        >>> a, b = np.zeros(2), np.zeros(1)
        >>> joined_gradient(np.array([1.0, 10.0, 5.0]), joined(a, b), a, b)
        [array([ 1., 10.]), array([5.])]
    """
    ends = np.cumsum([array.shape[axis] for array in arrays])
    return np.split(grad, ends[:-1], axis)


# concatenate and stack
def concatenate(tensors: Sequence[Any], axis: int = 0) -> Any:
    """Tensors one after the other along an axis, as `np.concatenate` and `torch.cat`.

    Args:
        tensors: a list of Tensors or arrays, of one shape but for their lengths along axis.
        axis: may be negative.

    Raises:
        ValueError: there are none, or their shapes do not fit.

    Example:
        >>> concatenate([Tensor([[1.0, 2.0]]), Tensor([[3.0]])], axis=1)
        Tensor([[1., 2., 3.]])
    """
    tensors = several_tensors(tensors, "concatenate")
    try:
        return joined(*tensors, axis=axis)
    except ValueError as error:
        raise ValueError(
            f"can't join shapes {[x.shape for x in tensors]} along axis {axis}: expected equal "
            "lengths along all other axes; reshape, or name another axis"
        ) from error


def stack(tensors: Sequence[Any], axis: int = 0) -> Any:
    """Tensors of one shape along a new axis, as `np.stack` and `torch.stack`.

    Raises:
        ValueError: there are none, or their shapes differ.

    Example:
        >>> stack([Tensor([1.0, 2.0]), Tensor([3.0, 4.0])]).shape
        (2, 2)
    """
    tensors = several_tensors(tensors, "stack")
    try:
        return stacked(*tensors, axis=axis)
    except ValueError as error:
        raise ValueError(
            f"can't stack shapes {[x.shape for x in tensors]} along axis {axis}: expected one "
            "shape for all, and a new axis that it can have; reshape, or use concatenate"
        ) from error


def known_axis(axis: Any, shape: tuple) -> int:
    """An axis that an array of a shape has, or an error that says which ones there are."""
    if isinstance(axis, bool) or not hasattr(axis, "__index__"):
        raise TypeError(f"expected an axis, a whole number, got {axis!r}: write axis=0, say")
    if not -len(shape) <= axis < len(shape):
        last = f"they are 0 to {len(shape) - 1}" if shape else "a single number has none"
        raise ValueError(f"expected an axis of the shape {shape}, got {axis}: {last}")
    return operator.index(axis)


def several_tensors(tensors: Any, name: str) -> list:
    """The list that a function asks for, refused where it is one tensor alone, or empty."""
    if isinstance(tensors, Tensor | np.ndarray):
        raise TypeError(f"expected a list, got one tensor: write {name}([first, second])")
    found = [x if isinstance(x, Tensor) else to_array(x) for x in tensors]
    if not found:
        raise ValueError(f"expected at least one tensor to {name}, got an empty list")
    return found


@operation
def stacked(*arrays: np.ndarray, axis: int = 0) -> np.ndarray:
    """Arrays of one shape along a new axis."""
    return np.stack(arrays, axis)


@gradient_of(stacked, None, reads=())
def stacked_gradient(grad, output, *arrays, axis=0):
    return list(np.moveaxis(grad, axis, 0))


def pieces(array: np.ndarray, sizes: int | Sequence[int], axis: int = 0) -> Sequence[np.ndarray]:
    """Cut an array into pieces along an axis.

    Args:
        array: of any dtype. Its length along axis is at least 1.
        sizes: the length of each piece, an int; the last piece may be shorter, also if it is the
            only one. Or a list or tuple of all lengths, 0 among them perhaps, which add up to the
            length of the axis. It is not written into.
        axis: may be negative.

    Returns:
        A list or tuple of arrays, in order, each a view of the array.

    Raises:
        ValueError: an int below 1, a length below 0, or lengths with another sum.

    Example:
        >>> pieces(np.arange(5), 2)
        [array([0, 1]), array([2, 3]), array([4])]
        >>> pieces(np.arange(5), [1, 4])
        [array([0]), array([1, 2, 3, 4])]

    Hint: `np.split` takes the places where to cut.
    """
    length = array.shape[axis]
    if isinstance(sizes, int):
        if sizes < 1:
            raise ValueError(f"expected pieces of length 1 or more, got {sizes}")
        sizes = [min(sizes, length - start) for start in range(0, length, sizes)]
    if min(sizes) < 0 or sum(sizes) != length:
        raise ValueError(f"expected lengths that add up to {length}, got {list(sizes)}")
    return np.split(array, np.cumsum(sizes)[:-1], axis)


@gradient_of(pieces)
def pieces_gradient(grads, output, array, sizes, axis=0):
    return np.concatenate(grads, axis)


def rows(array: np.ndarray, axis: int = 0) -> list[np.ndarray]:
    """All parts of an array along an axis, which is gone from them."""
    moved = np.moveaxis(array, axis, 0)
    return [moved[n, ...] for n in range(len(moved))]  # the dots make numbers arrays


@gradient_of(rows)
def rows_gradient(grads, output, array, axis=0):
    return np.stack(grads, axis)


# Functions with several outputs, and split and unbind, which are made of them
class Cut(Call):
    """One call of a function that makes several arrays of one, as it stands in a record.

    Its result is a single 0, an `Anchor`, and each piece is recorded as a function of that 0, by a
    `Piece`. So a walk meets all pieces before the cut. They leave their gradients here, and the
    rule for the whole input is asked once: a loop over n pieces costs n small steps back and one
    large one, not n large ones. A piece that nobody used counts as zeros.
    """

    def __init__(self, function: Callable, options: dict):
        super().__init__(function)
        self.options = options
        self.pieces: list[np.ndarray] = []
        self.likes: list[tuple] = []  # the shape and dtype of each piece
        self.grads: list[tuple[int, np.ndarray]] = []  # of which piece, and what it left

    def __call__(self, array: np.ndarray) -> np.ndarray:
        self.pieces = list(self.operation(array, **self.options))
        self.likes = [(piece.shape, piece.dtype) for piece in self.pieces]
        return np.zeros(())

    def anchor(self, x: Tensor) -> Tensor:
        """Cut x; the 0 that stands for all pieces, recorded."""
        zero = Anchor(self(x.data))
        zero.requires_grad, zero.origin = True, Origin(self, (x,), {})
        return zero

    def rule(self, argnum: int) -> Callable:
        def whole(grad: np.ndarray, output: np.ndarray, array: np.ndarray) -> np.ndarray:
            # Each piece sent a 1: so many are of this walk. What lies below them was left by one
            # that broke off, or by one that a rule interrupts for this one.
            first = len(self.grads) - round(float(grad))
            left = dict(self.grads[first:])
            del self.grads[first:]
            grads = [left[n] if n in left else np.zeros(*like) for n, like in enumerate(self.likes)]
            return GRADIENTS[self.operation, 0](grads, None, array, **self.options)

        return whole


class Anchor(Tensor):
    """The 0 that all pieces hang on. It is not freed by a walk, as others may come through it:

    each row of a weight may have a loss of its own, from which somebody goes back at once.
    """

    __slots__ = ()
    origin = property(
        operator.attrgetter("_origin"),
        lambda self, origin: begin(self, origin) if self._origin is None else None,
    )


class Piece(Call):
    """One of the arrays that a `Cut` made."""

    def __init__(self, cut: Cut, number: int):
        super().__init__(piece)
        self.cut, self.number = cut, number
        self.__name__ = f"{cut.__name__}[{number}]"

    def __call__(self, zero: np.ndarray) -> np.ndarray:
        return self.cut.pieces[self.number]

    def rule(self, argnum: int) -> Callable:
        def leave(grad: np.ndarray, output: np.ndarray, zero: np.ndarray) -> np.ndarray:
            self.cut.grads.append((self.number, grad))
            return np.ones(())

        return leave


def piece(zero: np.ndarray) -> np.ndarray:
    """What stands in the register for all pieces: their way back reads no numbers."""
    return zero


gradient_of(piece)(lambda grad, output, zero: 0.0)


def several(function: Callable, x: Any, **options: Any) -> tuple:
    """Call a function that makes several arrays of one, with a Tensor or an array.

    Its rule is `rule(grads, None, array, **options)`: it gets all gradients at once, in a list.
    """
    if not isinstance(x, Tensor):
        return tuple(function(to_array(x), **options))
    if not (x.requires_grad and recording.enabled):
        return tuple(map(Tensor, function(x.data, **options)))
    cut = Cut(function, options)
    zero = cut.anchor(x)
    found = tuple(apply(Piece(cut, n), zero) for n in range(len(cut.pieces)))
    cut.pieces = []  # the record keeps none of them alive
    return found


def split(x: Any, sizes: Any, axis: int = 0) -> tuple:
    """Pieces of x along an axis, as `torch.split`: views, with one way back for all of them.

    Args:
        x: a Tensor or array.
        sizes: the length of each piece (the last may be shorter), or a list of all lengths.
        axis: may be negative.

    Raises:
        ValueError: the axis does not exist, or the lengths do not fit it.

    Example:
        >>> split(Tensor([1.0, 2.0, 3.0]), [1, 2])
        (Tensor([1.]), Tensor([2., 3.]))
    """
    shape = np.shape(x)
    axis = known_axis(axis, shape)
    try:
        sizes = operator.index(sizes) if np.ndim(sizes) == 0 else [*map(operator.index, sizes)]
    except TypeError:
        raise TypeError(f"expected whole numbers as lengths, got {sizes!r}: round them") from None
    if shape[axis] == 0 and isinstance(sizes, int):
        sizes = [0]  # nothing is one piece of nothing, as in PyTorch
    return several(pieces, x, sizes=sizes, axis=axis)


@method
def unbind(x: Any, axis: int = 0) -> tuple:
    """All parts of x along an axis, as `torch.unbind`: views, with one way back for all of them.

    `for row in tensor` goes through them.

    Example:
        >>> unbind(Tensor([[1.0, 2.0], [3.0, 4.0]]))
        (Tensor([1., 2.]), Tensor([3., 4.]))
    """
    return several(rows, x, axis=known_axis(axis, np.shape(x)))


@operation
def where(condition: Any, a: Any, b: Any) -> np.ndarray:
    """a where the condition is true, b elsewhere, as `np.where` and `torch.where`.

    Args:
        condition: truths, an array or a Tensor.
        a, b: Tensors, arrays or numbers. The three broadcast.

    Raises:
        TypeError: the condition holds something other than truths.

    Example:
        >>> where(np.array([True, False]), Tensor([1.0, 2.0]), 0.0)
        Tensor([1., 0.])
    """
    if np.asarray(condition).dtype != bool:
        raise TypeError("expected an array of truths to choose by: compare first, as in x > 0")
    return np.where(condition, a, b)


@gradient_of(where, None)
def where_gradient(
    grad: np.ndarray, output: np.ndarray, condition: np.ndarray, a: Any, b: Any
) -> Sequence[Any]:
    """The gradients of sum(grad * where(condition, a, b)) by a and by b.

    Args:
        grad: the incoming gradient, of the shape and dtype of the output.
        output: where(condition, a, b).
        condition: an array of truths.
        a, b: arrays or plain numbers. The three broadcast to the shape of the output.

    Returns:
        Three: None for the condition, then the gradients of a and b, of the shape and dtype of
        grad; the walk sums them up where a or b was broadcast (summed already will do as well).
        0 where the other one was chosen, whatever a, b and grad hold there: nan or infinity.

    Example:
        >>> condition, a = np.array([True, False]), np.array([1.0, np.inf])
        >>> where_gradient(np.array([5.0, 7.0]), where(condition, a, 0.0), condition, a, 0.0)
        (None, array([5., 0.]), array([0., 7.]))
    """
    return None, np.where(condition, grad, 0), np.where(condition, 0, grad)


# minimum, maximum and clip
def minimum(a: Any, b: Any) -> Any:
    """The smaller of two numbers, elementwise, of Tensors or arrays. Equals share the gradient."""
    return np.minimum(a, b)


def maximum(a: Any, b: Any) -> Any:
    """The larger of two numbers, elementwise, of Tensors or arrays. Equals share the gradient."""
    return np.maximum(a, b)


@method
@operation
def clip(x: Any, low: Any = None, high: Any = None) -> np.ndarray:
    """x, but at least low and at most high, as `np.clip` and `torch.clamp`.

    The slope by x is 1 inside and at the bounds, and 0 where x was cut: there the bound gets it.

    Args:
        x: a Tensor or array.
        low, high: numbers, arrays, Tensors, or None for no bound.

    Example:
        >>> clip(Tensor([-2.0, 0.5, 7.0]), 0, 1)
        Tensor([0. , 0.5, 1. ])
    """
    return np.clip(x, low, high)


@gradient_of(clip, None)
def clip_gradients(grad, output, x, low=None, high=None):
    """Of x, low and high: each gets grad where it was chosen; x also at a bound."""
    low = -np.inf if low is None else low
    high = np.inf if high is None else high
    inside = np.where((x >= low) & (x <= high), grad, 0)
    of_low = np.where((x < low) & np.less(low, high), grad, 0)
    return inside, of_low, np.where((x > high) | np.less(high, low), grad, 0)


@operation
def padded(x: np.ndarray, widths: Sequence[tuple[int, int]], value: float = 0) -> np.ndarray:
    """x in the middle of a constant; widths hold a pair for each axis."""
    return np.pad(x, widths, constant_values=value) if x.ndim else x.copy()


# pad: widths in any way of writing
def pad(x: Any, widths: Any, value: float = 0) -> Any:
    """A constant around x, as `np.pad` with mode="constant".

    Args:
        x: a Tensor or array.
        widths: how many before and after: an int for all ends, (before, after) for all axes, or
            a pair for each axis.
        value: a number.

    Raises:
        ValueError: widths below 0, or pairs for another number of axes.

    Example:
        >>> pad(Tensor([1.0, 2.0]), (1, 2), value=9)
        Tensor([9., 1., 2., 9., 9.])
    """
    x = x if isinstance(x, Tensor) else to_array(x)
    given = np.asarray(widths)
    fits = given.dtype.kind in "iu" and (given.ndim < 2 or len(given) in (1, x.ndim))
    if not fits or given.ndim > 2 or given.shape[-1:] not in ((), (1,), (2,)) or given.min() < 0:
        raise ValueError(
            f"expected widths of 0 or more for {x.ndim} axes, got {widths!r}: write an int, "
            "(before, after), or such a pair for each axis"
        )
    pairs = np.broadcast_to(given, (x.ndim, 2)).tolist()
    dtype = x.dtype
    if dtype.kind in "biu" and not (np.can_cast(dtype, np.array(value).astype(dtype).dtype) and
                                    np.array(value).astype(dtype) == value):
        message = f"expected a value that {dtype} holds, got {value!r}: use astype() before"
        raise ValueError(message)
    return padded(x, tuple(map(tuple, pairs)), value)


@gradient_of(padded)
def pad_gradient(
    grad: np.ndarray,
    output: np.ndarray,
    x: np.ndarray,
    widths: Sequence[tuple[int, int]],
    value: float = 0,
) -> np.ndarray:
    """The gradient of sum(grad * padded(x, widths, value)) by x.

    Args:
        grad: the incoming gradient, of the shape of the output.
        output: padded(x, widths, value).
        x: an array of any shape, with axes or without; it may be empty.
        widths: a pair (before, after) for each axis of x, each 0 or more.
        value: what was put around it.

    Returns:
        An array of the shape of x and the dtype of grad (without axes, a NumPy number will do as
        well). It may be a view of grad, which is not written into.

    Example:
        >>> x = np.zeros(2)
        >>> pad_gradient(np.array([1.0, 2.0, 3.0, 4.0]), padded(x, ((1, 1),)), x, ((1, 1),))
        array([2., 3.])

    Hint: a tuple of slices is an index.
    """
    pairs = zip(widths, x.shape, strict=True)
    return grad[tuple(slice(before, before + length) for (before, _), length in pairs)]


@operation
def taken(x: np.ndarray, indices: np.ndarray, axis: int = 0) -> np.ndarray:
    """The parts of x that stand at some indices along an axis."""
    return np.take(x, indices, axis)


# take: indices of any kind
def take(x: Any, indices: Any, axis: int = 0) -> Any:
    """The parts of x that stand at some indices along an axis, as `np.take`.

    Args:
        x: a Tensor or array.
        indices: whole numbers in any shape, which stands in the place of that axis in the
            result. Negative ones count from the end.
        axis: may be negative.

    Raises:
        TypeError: the indices are no whole numbers.
        IndexError: there is no such index along the axis.

    Example:
        >>> take(Tensor([[1.0, 2.0], [3.0, 4.0]]), [1, 1, 0])
        Tensor([[3., 4.],
                [3., 4.],
                [1., 2.]])
    """
    x = x if isinstance(x, Tensor) else to_array(x)
    places = indices.data if isinstance(indices, Tensor) else np.asarray(indices)
    if places.dtype.kind not in "iu" and places.size:
        mend = "index with a mask, as in x[mask]" if places.dtype == bool else "use .astype(int)"
        raise TypeError(f"expected whole numbers as indices, got {places.dtype}: {mend}")
    return taken(x, places.astype(np.intp, copy=False), known_axis(axis, x.shape))


@gradient_of(taken)
def taken_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, indices: np.ndarray, axis: int = 0
) -> np.ndarray:
    """The gradient of sum(grad * taken(x, indices, axis)) by x.

    Args:
        grad: the incoming gradient, of the shape of the output.
        output: taken(x, indices, axis).
        x: an array with at least one axis; it may be empty.
        indices: an array of whole numbers, int8 to int64, of any shape, () among them; negative
            ones count from the end, and the same place may be there many times.
        axis: along which they count; may be negative.

    Returns:
        A new array of the shape of x and, here, of its dtype: for each place the sum over all
        times it was taken, 0 for the others, whatever x holds.

    Example:
        >>> x, indices = np.zeros(3), np.array([2, 0, 2])
        >>> taken_gradient(np.array([1.0, 10.0, 100.0]), taken(x, indices), x, indices)
        array([ 10.,   0., 101.])

    Hint: `np.add.at` adds at places that repeat; it is several times faster on arrays of one axis.
    """
    places = np.arange(x.size).reshape(x.shape).take(indices, axis)
    slopes = np.zeros(x.size, x.dtype)
    np.add.at(slopes, places.ravel(), grad.ravel())
    return slopes.reshape(x.shape)


@operation
def summed_up(x: np.ndarray, axis: int) -> np.ndarray:
    """The sums of all numbers up to each one along an axis."""
    return np.cumsum(x, axis)


def cumsum(x: Any, axis: int) -> Any:
    """The sums of all numbers up to each one along an axis, as `torch.cumsum`.

    Example:
        >>> cumsum(Tensor([1.0, 2.0, 3.0]), 0)
        Tensor([1., 3., 6.])
    """
    x = x if isinstance(x, Tensor) else to_array(x)
    shape = x.shape or (1,)  # a single number is its own sum, along axis 0
    return summed_up(x, known_axis(axis, shape)) if x.ndim else x * 1


@gradient_of(summed_up)
def cumsum_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: int
) -> np.ndarray:
    """The gradient of sum(grad * summed_up(x, axis)) by x.

    Args:
        grad: the incoming gradient, of the shape of x, finite numbers. It is not written into.
        output: summed_up(x, axis).
        x: an array with at least one axis; it may be empty.
        axis: along which was summed; may be negative.

    Returns:
        An array of the shape of x and the dtype of grad. What takes no part in a sum costs it no
        digits, however large it is.

    Example:
        >>> x = np.zeros(3)
        >>> cumsum_gradient(np.array([1.0, 10.0, 100.0]), summed_up(x, 0), x, 0)
        array([111., 110., 100.])
    """
    return np.flip(np.cumsum(np.flip(grad, axis), axis), axis)


@method
@operation(floats=True)
def var(x: Any, axis: Axis = None, keepdims: bool = False, correction: float = 1) -> np.ndarray:
    """The variance, as `torch.var`: the squares are divided by the count less the correction.

    Args:
        x: a Tensor or array.
        axis: one axis, several, or None for all.
        keepdims: whether they stay, with length 1.
        correction: 1 as in PyTorch; NumPy's default is 0.

    Example:
        >>> var(Tensor([1.0, 2.0, 6.0]))
        Tensor(7.)
    """
    if isinstance(axis, bool):
        raise TypeError("expected an axis, got a bool: name what you mean, as var(correction=0)")
    return np.var(x, axis, keepdims=keepdims, ddof=correction)


@gradient_of(var)
def var_gradient(
    grad: np.ndarray,
    output: np.ndarray,
    x: np.ndarray,
    axis: Axis = None,
    keepdims: bool = False,
    correction: float = 1,
) -> np.ndarray:
    """The gradient of sum(grad * var(x, axis, keepdims, correction)) by x.

    It keeps its digits far from 0 as well: the numbers may be 1e8 and their spread 1.

    Args:
        grad: the incoming gradient, an array of the shape and dtype of the output. It is not
            written into.
        output: var(x, axis, keepdims, correction), an array.
        x: the input, with at least one element.
        axis: one axis, a tuple of them in any order, or None for all; may be negative.
        keepdims: whether the axes stayed, with length 1.
        correction: less than the number of elements that went into each variance; it may be close
            to it, or below 0.

    Returns:
        An array of the shape of x and the dtype of grad (without axes, a NumPy number will do as
        well).

    Example:
        >>> x = np.array([1.0, 2.0, 6.0])
        >>> var_gradient(np.array(10.0), var(x), x)
        array([-20., -10.,  30.])

    Hint: `np.expand_dims` takes what `axis` may be, None excepted.
    """
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    count = x.size // max(output.size, 1)
    distances = x - mean(x, axis, keepdims=True)
    return distances * np.divide(2 * grad, count - correction)


# std and norm
@method
@operation(floats=True)
def std(x: Any, axis: Axis = None, keepdims: bool = False, correction: float = 1) -> np.ndarray:
    """The standard deviation, the root of `var`, as `torch.std`. Its slope at 0 is 0."""
    if isinstance(axis, bool):
        raise TypeError("expected an axis, got a bool: name what you mean, as std(correction=0)")
    return np.std(x, axis, keepdims=keepdims, ddof=correction)


@gradient_of(std)
def std_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    return var_gradient(over_root(grad / 2, output), output, x, axis, keepdims, correction)


@method
@operation(floats=True)
def norm(x: Any, axis: Axis = None, keepdims: bool = False) -> np.ndarray:
    """The root of the sum of squares, as `torch.linalg.vector_norm`. Its slope at 0 is 0."""
    return np.sqrt(np.sum(np.square(x), axis, keepdims=keepdims))


@gradient_of(norm)
def norm_gradient(grad, output, x, axis=None, keepdims=False):
    share = over_root(grad, output)
    return x * (share if axis is None or keepdims else np.expand_dims(share, axis))


def over_root(grad: np.ndarray, root: np.ndarray) -> np.ndarray:
    """grad / root, and 0 where the root is 0."""
    return np.divide(grad, root, out=np.zeros_like(grad), where=root != 0)


def ranking(x: np.ndarray, axis: int = -1, descending: bool = False) -> np.ndarray:
    """The places of the numbers of x in their order along an axis.

    Args:
        x: an array of floats, whole numbers (unsigned ones too) or truths, with one axis or more,
            of any length. Numbers may be as large, and differ as little, as the dtype holds.
        axis: may be negative.
        descending: from the largest to the smallest.

    Returns:
        Whole numbers, an array of the shape of x: `np.take_along_axis(x, ranking(x), -1)` is
        sorted. Of equals the first comes first, in both directions. nan counts as larger than
        all other numbers.

    Example:
        >>> ranking(np.array([5.0, 9.0, 5.0]))
        array([0, 2, 1])
        >>> ranking(np.array([5.0, 9.0, 5.0]), descending=True)
        array([1, 0, 2])

    Hint: `np.argsort` takes `kind="stable"`. Number p of a line stands where, after the flip?
    """
    if not descending:
        return np.argsort(x, axis, kind="stable")
    turned = np.argsort(np.flip(x, axis), axis, kind="stable")
    return np.flip(x.shape[axis] - 1 - turned, axis)


# sort, topk and argmax
@operation
def along(x: np.ndarray, places: np.ndarray, axis: int = -1) -> np.ndarray:
    """The numbers at some places of each line along an axis: `np.take_along_axis`."""
    return np.take_along_axis(x, places, axis)


@gradient_of(along)
def along_gradient(grad, output, x, places, axis=-1):
    """Each gradient goes back to its place; ranks name no place of a line twice."""
    slopes = np.zeros(x.shape, x.dtype)
    np.put_along_axis(slopes, places, grad, axis)
    return slopes


def sort(x: Any, axis: int = -1, descending: bool = False) -> tuple:
    """The numbers in their order along an axis, and where they stood, as a stable `torch.sort`.

    Args:
        x: a Tensor or array, with one axis or more.
        axis: may be negative.
        descending: from the largest to the smallest.

    Returns:
        `(values, places)`, Tensors if x is one. Of equals the first comes first; nan counts as
        the largest.

    Example:
        >>> values, places = sort(Tensor([5.0, 9.0, 7.0]))
        >>> values, places.tolist()
        (Tensor([5., 7., 9.]), [0, 2, 1])
    """
    x = x if isinstance(x, Tensor) else to_array(x)
    axis = known_axis(axis, x.shape)
    places = ranking(x.data if isinstance(x, Tensor) else x, axis, descending)
    return along(x, places, axis), Tensor(places) if isinstance(x, Tensor) else places


def topk(x: Any, k: int, axis: int = -1) -> tuple:
    """The k largest numbers along an axis, the largest first, and where they stand.

    As `torch.topk`, but of equals the first comes first.

    Raises:
        ValueError: there are fewer than k.

    Example:
        >>> values, places = topk(Tensor([5.0, 9.0, 7.0]), 2)
        >>> values, places.tolist()
        (Tensor([9., 7.]), [1, 2])
    """
    x = x if isinstance(x, Tensor) else to_array(x)
    axis = known_axis(axis, x.shape)
    if not 0 <= operator.index(k) <= x.shape[axis]:
        raise ValueError(f"expected k from 0 to {x.shape[axis]}, got {k}: there are no more")
    places = ranking(x.data if isinstance(x, Tensor) else x, axis, descending=True)
    places = places[(slice(None),) * (axis % x.ndim) + (slice(k),)]
    return along(x, places, axis), Tensor(places) if isinstance(x, Tensor) else places


def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Where the largest number stands, the first of equals, as whole numbers."""
    found = np.asarray(np.argmax(x, axis, keepdims=keepdims))
    return Tensor(found) if isinstance(x, Tensor) else found


@operation
def contracted(*arrays: np.ndarray, subscripts: str) -> np.ndarray:
    """The sum that the letters say; each array has every letter once at most."""
    return np.einsum(subscripts, *arrays, optimize=len(arrays) > 1)  # so it comes to matmul


@gradient_of(contracted, None)
def einsum_gradient(
    grad: np.ndarray, output: np.ndarray, *arrays: np.ndarray, subscripts: str
) -> Sequence[np.ndarray]:
    """The gradients of sum(grad * contracted(*arrays, subscripts=subscripts)) by each array.

    Args:
        grad: the incoming gradient, of the shape and dtype of the output.
        output: contracted(*arrays, subscripts=subscripts).
        arrays: one or two; both may be the same one, and one may have no axes.
        subscripts: letters, small or capital, for each array and, behind an arrow, for the output,
            without blanks: "nd,dc->nc", "nd->n", ",i->i". No array, and no output, has a letter twice; all letters of the
            output are in one of the arrays at least.

    Returns:
        A list or tuple with an array for each, in order, of its shape and of the dtype of grad.
        It may be a view that can't be written into.

    Example:
        >>> a, b = np.ones((1, 2)), np.array([[2.0], [3.0]])
        >>> output, grad = a @ b, np.array([[10.0]])
        >>> einsum_gradient(grad, output, a, b, subscripts="nd,dc->nc")[0]
        array([[20., 30.]])

    Hint: `np.expand_dims` and `np.broadcast_to`, for a letter that neither the other array nor the
    output has. A loop over single numbers would keep 9.11 waiting.
    """
    left, result = subscripts.split("->")
    terms, found = left.split(","), []
    for n, (term, array) in enumerate(zip(terms, arrays, strict=True)):
        known = [result, *terms[:n], *terms[n + 1 :]]
        reached = "".join(letter for letter in term if letter in "".join(known))
        others = [*arrays[:n], *arrays[n + 1 :]]
        slopes = np.einsum(f"{','.join(known)}->{reached}", grad, *others, optimize=len(known) > 1)
        missing = [axis for axis, letter in enumerate(term) if letter not in reached]
        found.append(np.broadcast_to(np.expand_dims(slopes, missing), array.shape))
    return found


# einsum: letters in any way of writing
def einsum(subscripts: str, *operands: Any) -> Any:
    """A sum of products by letters, as `np.einsum` and `torch.einsum`.

    Args:
        subscripts: the letters of each operand's axes, and of the result's behind an arrow:
            "nd,dc->nc". Without an arrow the result has the letters that come once, in
            alphabetical order. Dots stand for any number of axes, the last of all operands being
            the same one. A letter that comes twice in one operand takes the diagonal.
        operands: Tensors or arrays. More than two are multiplied from left to right.

    Raises:
        ValueError: the letters do not fit the operands, or two axes of one letter have different
            lengths (1 is no exception).

    Example:
        >>> einsum("nd,dc->nc", Tensor([[1.0, 2.0]]), Tensor([[3.0], [4.0]]))
        Tensor([[11.]])
    """
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    operands = tuple(x if isinstance(x, Tensor) else to_array(x) for x in operands)
    terms, result = letters_of(subscripts, tuple(x.ndim for x in operands))
    check_lengths(terms, operands)
    pairs = [diagonals(term, x) for term, x in zip(terms, operands, strict=True)]
    while len(pairs) > 2:
        (one, a), (two, b), *rest = pairs
        needed = result + "".join(term for term, _ in rest)
        left = "".join(c for c in dict.fromkeys(one + two) if c in needed)
        pairs = [(left, contracted(a, b, subscripts=f"{one},{two}->{left}")), *rest]
    names = ",".join(term for term, _ in pairs)
    return contracted(*(x for _, x in pairs), subscripts=f"{names}->{result}")


@functools.lru_cache(1024)
def letters_of(subscripts: str, ndims: tuple[int, ...]) -> tuple[list[str], str]:
    """A letter for each axis of operands with so many axes, and those of the result."""
    left, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        count = f"{len(terms)} operands for {subscripts!r}"
        raise ValueError(f"expected {count}, got {len(ndims)}: a comma stands between two")
    if not arrow:
        once = [c for c in sorted(set(left) - set(".,")) if left.count(c) == 1]
        result = "..." * ("..." in left) + "".join(once)
    spare = "".join(c for c in reversed(string.ascii_letters) if c not in subscripts)
    widths = [n - len(term.replace("...", "")) for term, n in zip(terms, ndims, strict=True)]
    most = max((w for term, w in zip(terms, widths, strict=True) if "..." in term), default=0)
    for place, (term, width) in enumerate(zip(terms, widths, strict=True)):
        if width < 0 or (width and "..." not in term):
            wanted = f"letters for the {ndims[place]} axes of an operand"
            got = f"got {term!r} in {subscripts!r}"
            raise ValueError(f"expected {wanted}, {got}: add some, or dots")
        terms[place] = term.replace("...", spare[most - width : most], 1)
    result = result.replace("...", spare[:most], 1)
    if not ("".join(terms) + result + "a").isalpha():
        wanted = "letters, commas, three dots and an arrow"
        raise ValueError(f"expected {wanted}, got {subscripts!r}: name each axis by a letter")
    if len(set(result)) < len(result) or not set(result) <= set("".join(terms)):
        wanted = "each letter of the result once, and in an operand"
        raise ValueError(f"expected {wanted}, got {subscripts!r}: name others")
    return terms, result


def check_lengths(terms: Sequence[str], operands: Sequence[Any]) -> None:
    """Refuse a letter that stands for two lengths."""
    lengths: dict[str, int] = {}
    for term, x in zip(terms, operands, strict=True):
        for letter, length in zip(term, x.shape, strict=True):
            if lengths.setdefault(letter, length) != length:
                raise ValueError(
                    f"axis {letter!r} has the lengths {lengths[letter]} and {length} in operands "
                    f"of shapes {[x.shape for x in operands]}: expected one; transpose, or sum an "
                    "axis of length 1 away"
                )


def diagonals(term: str, x: Any) -> tuple[str, Any]:
    """An operand without the letters that it has twice: the diagonal of their axes."""
    once = "".join(dict.fromkeys(term))
    if once == term:
        return term, x
    lengths = dict(zip(term, x.shape, strict=True))
    places = dict(zip(once, np.ix_(*(np.arange(lengths[c]) for c in once)), strict=True))
    return once, x[tuple(places[c] for c in term)]


def gru_state(from_x: Sequence[Any], from_h: Sequence[Any], h: Any) -> Any:
    """The next state of a gated recurrent unit, by PyTorch's equations, for numbers of any size.

    Args:
        from_x: three Tensors of shape (N, H): the parts of the input's product for the reset
            gate, the update gate and the candidate, in this order.
        from_h: the same of the state's product.
        h: the state so far, a Tensor of shape (N, H).

    Returns:
        A Tensor of shape (N, H), recorded through all seven.

    Example:
        >>> zero, one = Tensor([[0.0]]), Tensor([[1.0]])
        >>> gru_state((zero, zero, zero), (zero, zero, zero), one)
        Tensor([[0.5]])

    Hint: `sigmoid` and `tanh` of lesson 2 take Tensors.
    """
    reset = sigmoid(from_x[0] + from_h[0])
    update = sigmoid(from_x[1] + from_h[1])
    candidate = tanh(from_x[2] + reset * from_h[2])
    return candidate + update * (h - candidate)


# Gated: the weights of a gated recurrent unit; and GRUCell, which takes one step
class Gated(Layer):
    """What a gated recurrent unit holds, and how it takes a step.

    Weights and biases start as PyTorch's, evenly between -1 / sqrt(H) and 1 / sqrt(H); but a weight
    has the shape (in, 3 H). The thirds are reset gate, update gate and candidate.

    Args:
        in_features, hidden: the lengths D of an input and H of a state.
        rng: draws weights and biases.

    Source: Cho et al., 2014.
    """

    def __init__(self, in_features: int, hidden: int, rng: "np.random.Generator"):
        self.in_features, self.hidden = in_features, hidden
        bound = 1 / math.sqrt(hidden)

        def drawn(*shape: int) -> Tensor:
            return Tensor(rng.uniform(-bound, bound, shape).astype(np.float32), requires_grad=True)

        self.input_weight, self.input_bias = drawn(in_features, 3 * hidden), drawn(3 * hidden)
        self.hidden_weight, self.hidden_bias = drawn(hidden, 3 * hidden), drawn(3 * hidden)

    def thirds(self, x: Tensor, weight: Tensor, bias: Tensor) -> tuple:
        """The three parts of a product, along the last axis."""
        return split(linear(x, weight, bias), self.hidden, axis=-1)

    def step(self, from_x: Sequence[Tensor], h: Tensor) -> Tensor:
        """The next state, from the three parts of an input's product."""
        return gru_state(from_x, self.thirds(h, self.hidden_weight, self.hidden_bias), h)

    def start(self, h: Tensor | None, count: int) -> Tensor:
        """The state to begin with."""
        if h is None:
            return Tensor(np.zeros((count, self.hidden), self.hidden_weight.dtype))
        if np.shape(h) != (count, self.hidden):
            raise ValueError(f"{self} expected a state ({count}, {self.hidden}), got {np.shape(h)}")
        return h if isinstance(h, Tensor) else Tensor(h)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.in_features}, {self.hidden})"


class GRUCell(Gated):
    """One step of a gated recurrent unit, as `torch.nn.GRUCell`."""

    def forward(self, x: Tensor, h: Tensor | None = None) -> Tensor:
        """The state (N, H) after an input x (N, D); h is the state before, zeros by default."""
        if x.ndim != 2 or x.shape[1] != self.in_features:
            raise ValueError(f"{self} expected an input (N, {self.in_features}), got {x.shape}")
        return self.step(self.thirds(x, self.input_weight, self.input_bias), self.start(h, len(x)))


class GRU(Gated):
    """A gated recurrent unit for whole sequences, as `torch.nn.GRU` with batch_first=True."""

    def forward(self, x: Tensor, h: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """All states (N, T, H) of a sequence x (N, T, D), and the last one (N, H)."""
        if x.ndim != 3 or x.shape[2] != self.in_features or not x.shape[1]:
            wanted = f"a sequence (N, T, {self.in_features}) of one step or more"
            raise ValueError(f"{self} expected {wanted}, got {x.shape}")
        h, states = self.start(h, len(x)), []
        thirds = self.thirds(x, self.input_weight, self.input_bias)
        for from_x in zip(*(unbind(third, axis=1) for third in thirds), strict=True):
            h = self.step(from_x, h)
            states.append(h)
        return stack(states, axis=1), h
