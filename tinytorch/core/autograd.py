"""Autograd. Made from modules/06_autograd/autograd.py: edit that file, not this."""

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

__all__ = [
    "FREED", "Block", "Freed", "backward", "chosen_gradient", "divide_right_gradient", "find_rule",
    "first_gradient", "fit_gradient", "gradients", "input_gradients", "matmul_gradient",
    "matmul_right_gradient", "max_gradient", "mean_gradient", "min_gradient", "no_grad", "owned",
    "power_gradient", "power_right_gradient", "repeatable", "select_gradient", "sum_gradient",
    "to_dot", "topological_order", "transpose_gradient", "unbroadcast", "walk_back",
]


def __dir__() -> list[str]:
    return __all__


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
    return grad * output / -b


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
    missing = tuple(range(grad.ndim - len(shape)))
    total = np.add.reduce(grad, axis=missing) if missing else grad
    lengths = zip(total.shape, shape, strict=False)
    if repeated := tuple(axis for axis, (n, m) in enumerate(lengths) if n != m == 1):
        total = np.add.reduce(total, axis=repeated, keepdims=True)
    if total.shape != shape:
        raise ValueError(f"a gradient of shape {grad.shape} for an input of shape {shape}")
    return total


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
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
            pairs.append((x, fit_gradient(part, x.data)))
    return pairs


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
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    return np.full(x.shape, grad)


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
    hits = x == sum_gradient(output, output, x, axis, keepdims)
    count = np.count_nonzero(hits, axis, keepdims=keepdims)
    return hits * sum_gradient((grad / count).astype(grad.dtype), output, x, axis, keepdims)


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
    if b.ndim == 1:
        return np.multiply.outer(grad, b)
    if a.ndim == 1:
        return (b @ grad[..., None])[..., 0]
    return grad @ b.swapaxes(-1, -2)


@gradient_of(np.matmul, 1)
def matmul_right_gradient(grad, output, a, b):
    if a.ndim < 2:
        return a[:, None] * grad[..., None, :] if b.ndim > 1 else grad * a
    if b.ndim <= 2:
        rows = math.prod(a.shape[:-1])
        return a.reshape(rows, a.shape[-1]).T @ grad.reshape(rows, *b.shape[1:])
    return a.swapaxes(-1, -2) @ grad


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
    slopes = np.zeros(array.shape, array.dtype)
    if all(isinstance(part, int | slice | type(...) | None) for part in index):
        slopes[index] = grad  # these choose nothing twice, and np.add.at is slow
    else:
        np.add.at(slopes, index, grad)
    return slopes


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
    before = recording.enabled
    recording.enabled = False
    try:
        yield
    finally:
        recording.enabled = before


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
