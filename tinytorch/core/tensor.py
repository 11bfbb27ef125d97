"""Tensor. Made from modules/01_tensor/tensor.py: edit that file, not this."""

import copy
import dis
import functools
import inspect
import operator
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

__all__ = [
    "CONVERTED", "ELSEWHERE", "FASTER", "GRADIENTS", "LATER", "LIGHT", "NAMES", "UNSLOPED",
    "WRITING", "Axis", "Call", "Changes", "Methods", "Operators", "Origin", "Recording", "Register",
    "Tensor", "again", "apply", "as_axis", "as_floats", "begin", "beside", "broadcast_shape",
    "by_position", "cast", "changes", "check_unchanged", "compare", "converted", "elementwise",
    "getitem", "gradient_of", "guard", "hollow", "in_place", "is_watched", "kept", "later",
    "matmul", "mean", "method", "note_change", "of_list", "on_arrays", "operation", "own",
    "owner_of", "pair", "place_of", "places_needed", "places_read", "plain", "plain_index",
    "raised", "recording", "reduce_max", "reduce_mean", "reduce_sum", "refuse_subclass",
    "registered", "remembered", "reshape", "select", "send", "square_gradient", "to_array",
    "transpose",
]


def __dir__() -> list[str]:
    return __all__


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


# What stands behind the signs, and what keeps a gradient from getting lost: this need not be read

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


# What a record keeps, and what it notices: this need not be read



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


# Origin and the switch: this need not be read


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
    wide: Any = np.float32 if x.dtype == np.float16 else None  # float16 ends at 65504
    total = np.add.reduce(x, axis, wide, None, keepdims)  # type: ignore[call-overload]
    average = total / (x.size // max(total.size, 1))
    return average if wide is None else average.astype(x.dtype)


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
    if isinstance(index, np.ndarray) and index.dtype.kind in "iu" and "take" in LATER and x.ndim:
        rows = index.copy() if x.requires_grad else index
        return LATER["take"](x, rows)  # the gradient of whole rows is found sooner
    return apply(select, x, index=plain_index(index, copied=x.requires_grad))


def select(array: np.ndarray, index: tuple) -> np.ndarray:
    """`array[index]`, as a function that can have a gradient; a single element is a view too."""
    chosen = array[index]
    return chosen if isinstance(chosen, np.ndarray) else array[(*index, ...)]


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
