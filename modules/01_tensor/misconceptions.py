"""Solutions to lesson 01 that its tests must tell apart: wrong ones students write, right ones."""

import numpy as np

from tinytorch.course.variants import right, wrong

# --- to_array -----------------------------------------------------------------------------


@wrong(
    "lets NumPy choose the dtype",
    "If you let NumPy choose, integers stay integers and decimals become float64.",
)
def to_array(data):
    if isinstance(data, Tensor):
        return data.data
    array = np.asarray(data)
    if array.dtype.kind not in "biuf":
        raise TypeError("not numbers")
    return array


@wrong(
    "makes float32 of everything",
    "If you convert every input, whoever chose a dtype loses it.",
    loses=(
        "test_to_array_keeps_an_array_as_it_is",
        "test_elementwise_keeps_dtype_and_inputs",
        "test_elementwise_refuses_shapes_that_do_not_fit",
        "test_reshape",
    ),
)
def to_array(data):
    if isinstance(data, Tensor):
        return data.data
    array = np.asarray(data)
    if array.dtype.kind not in "biuf":
        raise TypeError("not numbers")
    return array.astype(np.float32)


@wrong(
    "copies arrays",
    "If you copied the array, a change made here never reaches its owner.",
)
def to_array(data):
    if isinstance(data, Tensor):
        return data.data
    array = np.array(data)
    if array.dtype.kind not in "biuf":
        raise TypeError("not numbers")
    return array if isinstance(data, np.ndarray | np.generic) else array.astype(np.float32)


@wrong(
    "lets text pass",
    "If you only call np.asarray, text becomes an array of text.",
)
def to_array(data):
    if isinstance(data, Tensor):
        return data.data
    if isinstance(data, np.ndarray | np.generic):
        return np.asarray(data)
    array = np.asarray(data)
    return array.astype(np.float32) if array.dtype.kind in "biuf" else array


@wrong(
    "float32 only for what is float already",
    "If you let NumPy choose, integers stay integers and decimals become float64.",
)
def to_array(data):
    if isinstance(data, Tensor):
        return data.data
    array = np.asarray(data)
    if array.dtype.kind not in "biuf":
        raise TypeError("not numbers")
    if isinstance(data, list) and array.dtype == np.float64:
        return array.astype(np.float32)
    return array


@wrong(
    "refuses Tensors",
    "If a Tensor is refused, take the array inside it.",
)
def to_array(data):
    if isinstance(data, np.ndarray | np.generic):
        array = np.asarray(data)
    elif isinstance(data, int | float | list | tuple):
        array = np.asarray(data, dtype=np.float32)
    else:
        raise TypeError("expected numbers or an array")
    if array.dtype.kind not in "biuf":
        raise TypeError("expected numbers")
    return array


@right("asks for the array first")
def to_array(data):
    if isinstance(data, np.ndarray | np.generic):
        array = np.asarray(data)
    elif isinstance(data, Tensor):
        array = data.data
    else:
        array = np.asarray(data, dtype=np.float32) if data is not None else np.array("")
    if array.dtype.kind not in "biuf":
        raise ValueError("expected numbers")
    return array


@right("converts by way of np.array with a dtype")
def to_array(data):
    if isinstance(data, Tensor):
        return data.data
    chosen = isinstance(data, np.ndarray | np.generic)
    array = np.asarray(data) if chosen else np.array(data)
    if not (np.issubdtype(array.dtype, np.number) or array.dtype == bool):
        raise TypeError(f"can't use {array.dtype}")
    return array if chosen else np.array(array, dtype=np.float32)


@right("looks at each element")
def to_array(data):
    if isinstance(data, Tensor):
        return data.data
    array = np.asarray(data)
    if not all(isinstance(number, int | float) for number in array.ravel().tolist()):
        raise TypeError("expected numbers")
    return array if isinstance(data, np.ndarray | np.generic) else array.astype("float32")


# --- apply --------------------------------------------------------------------------------


@wrong(
    "returns the bare array",
    "If you return the bare result, wrap it.",
)
def apply(function, *inputs, **options):
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    return function(*arrays, **options)


@wrong(
    "unwraps only the first input",
    "If you unwrap only the first input, a Tensor slips through.",
)
def apply(function, *inputs, **options):
    output = Tensor(function(to_array(inputs[0]), *inputs[1:], **options))
    if recording.enabled and any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
        output.requires_grad, output.origin = True, Origin(function, inputs, options)
    return output


@wrong(
    "drops the options",
    "If you drop the options, axis never reaches the function.",
)
def apply(function, *inputs, **options):
    output = Tensor(function(*[x.data if isinstance(x, Tensor) else x for x in inputs]))
    if recording.enabled and any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
        output.requires_grad, output.origin = True, Origin(function, inputs, options)
    return output


@wrong(
    "makes float64 arrays of numbers",
    "If you turn numbers into arrays first, 0.5 becomes a float64 array and widens the result.",
)
def apply(function, *inputs, **options):
    arrays = [x.data if isinstance(x, Tensor) else np.array([x], float) for x in inputs]
    output = Tensor(function(*arrays, **options))
    if recording.enabled and any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
        output.requires_grad, output.origin = True, Origin(function, inputs, options)
    return output


@wrong(
    "records always",
    "If you record every call, all arrays ever made stay in memory.",
)
def apply(function, *inputs, **options):
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    output = Tensor(function(*arrays, **options))
    output.requires_grad = any(isinstance(x, Tensor) and x.requires_grad for x in inputs)
    output.origin = Origin(function, inputs, options)
    return output


@wrong(
    "asks only the first input",
    "If you look at the first input alone, the second one's wish is lost.",
    loses=("test_apply_records_the_origin_when_asked", "test_matmul_of_matrices"),
)
def apply(function, *inputs, **options):
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    output = Tensor(function(*arrays, **options))
    if recording.enabled and isinstance(inputs[0], Tensor) and inputs[0].requires_grad:
        output.requires_grad, output.origin = True, Origin(function, inputs, options)
    return output


@wrong(
    "forgets the switch",
    "If you forget to ask recording.enabled, the switch does nothing.",
)
def apply(function, *inputs, **options):
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    output = Tensor(function(*arrays, **options))
    if any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
        output.requires_grad, output.origin = True, Origin(function, inputs, options)
    return output


@wrong(
    "records arrays",
    "If you record arrays, the way back from them to their own origin is lost.",
)
def apply(function, *inputs, **options):
    arrays = tuple(x.data if isinstance(x, Tensor) else x for x in inputs)
    output = Tensor(function(*arrays, **options))
    if recording.enabled and any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
        output.requires_grad, output.origin = True, Origin(function, arrays, options)
    return output


@wrong(
    "forgets that the result requires a gradient",
    "If you look at the first input alone, the second one's wish is lost.",
)
def apply(function, *inputs, **options):
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    output = Tensor(function(*arrays, **options))
    if recording.enabled and any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
        output.origin = Origin(function, inputs, options)
    return output


@right("with loops")
def apply(function, *inputs, **options):
    arrays, wanted = [], False
    for x in inputs:
        if isinstance(x, Tensor):
            wanted = wanted or x.requires_grad
            x = x.data
        arrays.append(x)
    output = Tensor(function(*arrays, **options))
    if wanted and recording.enabled:
        output.requires_grad = True
        output.origin = Origin(function, inputs, options)
    return output


@right("by way of the constructor")
def apply(function, *inputs, **options):
    wanted = any(t.requires_grad for t in inputs if isinstance(t, Tensor)) and recording.enabled
    arrays = (x.data if isinstance(x, Tensor) else x for x in inputs)
    output = Tensor(function(*arrays, **options), requires_grad=wanted)
    if wanted:
        output.origin = Origin(function=function, inputs=inputs, options=options)
    return output


@right("sum of wishes")
def apply(function, *inputs, **options):
    def unwrap(x):
        return x.data if isinstance(x, Tensor) else x

    output = Tensor(function(*map(unwrap, inputs), **options))
    wishes = sum(x.requires_grad for x in inputs if isinstance(x, Tensor))
    if wishes > 0 and recording.enabled:
        output.requires_grad = True
        output.origin = Origin(function, tuple(inputs), dict(options))
    return output


# --- broadcast_shape ----------------------------------------------------------------------


@wrong(
    "aligns on the left",
    "If you align the shapes on the left, a missing axis is put at the wrong end.",
)
def broadcast_shape(a, b):
    longest = max(len(a), len(b))
    a, b = a + (1,) * (longest - len(a)), b + (1,) * (longest - len(b))
    if any(m != n and 1 not in (m, n) for m, n in zip(a, b, strict=True)):
        raise ValueError(f"{a} and {b} do not fit")
    return tuple(n if m == 1 else m for m, n in zip(a, b, strict=True))


@wrong(
    "takes the larger length and checks nothing",
    "If you take the larger length without a look at the smaller, nothing is ever refused.",
)
def broadcast_shape(a, b):
    longest = max(len(a), len(b))
    a, b = (1,) * (longest - len(a)) + a, (1,) * (longest - len(b)) + b
    return tuple(max(m, n) for m, n in zip(a, b, strict=True))


@wrong(
    "takes the larger length after the check",
    "If you take the larger length, 1 against 0 gives 1: an empty axis stays empty.",
)
def broadcast_shape(a, b):
    longest = max(len(a), len(b))
    a, b = (1,) * (longest - len(a)) + a, (1,) * (longest - len(b)) + b
    for m, n in zip(a, b, strict=True):
        if m != n and m != 1 and n != 1:
            raise ValueError(f"{a} and {b} do not fit")
    return tuple(max(m, n) for m, n in zip(a, b, strict=True))


@wrong(
    "wants equal lengths",
    "If 1 counts as a mismatch, pairs are lost.",
)
def broadcast_shape(a, b):
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    if shorter and longer[-len(shorter) :] != shorter:
        raise ValueError(f"{a} and {b} do not fit")
    return longer


@wrong(
    "stops at the shorter shape",
    "If you align the shapes on the left, a missing axis is put at the wrong end.",
)
def broadcast_shape(a, b):
    shape = []
    for m, n in zip(reversed(a), reversed(b), strict=False):
        if m != n and 1 not in (m, n):
            raise ValueError(f"{a} and {b} do not fit")
        shape.append(n if m == 1 else m)
    return tuple(reversed(shape))


@wrong(
    "forgets to turn the axes round again",
    "If you align the shapes on the left, a missing axis is put at the wrong end.",
)
def broadcast_shape(a, b):
    longest = max(len(a), len(b))
    shape = []
    for i in range(1, longest + 1):
        m = a[-i] if i <= len(a) else 1
        n = b[-i] if i <= len(b) else 1
        if m != n and 1 not in (m, n):
            raise ValueError(f"{a} and {b} do not fit")
        shape.append(n if m == 1 else m)
    return tuple(shape)


@right("asks NumPy")
def broadcast_shape(a, b):
    return np.broadcast_shapes(a, b)


@right("from the right, with indices")
def broadcast_shape(a, b):
    shape = ()
    for i in range(1, max(len(a), len(b)) + 1):
        m = a[-i] if i <= len(a) else 1
        n = b[-i] if i <= len(b) else 1
        if m == n or n == 1:
            shape = (m, *shape)
        elif m == 1:
            shape = (n, *shape)
        else:
            raise ValueError(f"axis {-i}: {m} against {n}")
    return shape


@right("with empty arrays that hold nothing")
def broadcast_shape(a, b):
    return np.broadcast(np.empty(a, dtype=bool), np.empty(b, dtype=bool)).shape


# --- elementwise --------------------------------------------------------------------------


@wrong(
    "refuses unequal shapes",
    "If only equal shapes may meet, broadcasting never happens.",
)
def elementwise(function, a, b):
    if np.ndim(a) and np.ndim(b) and np.shape(a) != np.shape(b):
        raise ValueError(f"{np.shape(a)} is not {np.shape(b)}")
    return apply(function, a, b)


@wrong(
    "swaps the operands",
    "If the operands change places, minus shows.",
)
def elementwise(function, a, b):
    broadcast_shape(np.shape(a), np.shape(b))
    return apply(function, b, a)


@wrong(
    "makes tensors of numbers, in float64",
    "If you make an array of the number first, it brings a dtype of its own.",
)
def elementwise(function, a, b):
    a = a if isinstance(a, Tensor) else Tensor(np.asarray(a, dtype=np.float64))
    b = b if isinstance(b, Tensor) else Tensor(np.asarray(b, dtype=np.float64))
    broadcast_shape(a.shape, b.shape)
    # a one-element array, since NumPy lets arrays of no axes pass for numbers
    a, b = (Tensor(t.data.reshape(1)) if t.ndim == 0 else t for t in (a, b))
    return apply(function, a, b)


@wrong(
    "casts the result to float32",
    "If you cast, digits go.",
)
def elementwise(function, a, b):
    broadcast_shape(np.shape(a), np.shape(b))
    return Tensor(apply(function, a, b).data.astype(np.float32))


@wrong(
    "catches the error and shortens",
    "If you catch the error and go on, a wrong result takes its place.",
)
def elementwise(function, a, b):
    try:
        return apply(function, a, b)
    except ValueError:
        return a


@wrong(
    "writes into the first operand",
    "If you wrote with +=, out= or [...] = into an input, work on a new array.",
)
def elementwise(function, a, b):
    broadcast_shape(np.shape(a), np.shape(b))
    result = apply(function, a, b)
    if isinstance(a, Tensor) and a.shape == result.shape and a.dtype == result.dtype:
        a.data[...] = result.data
    return result


@right("looks before it leaps")
def elementwise(function, a, b):
    shape = broadcast_shape(np.shape(a), np.shape(b))
    result = apply(function, a, b)
    assert result.shape == shape
    return result


@right("leaves the error to NumPy")
def elementwise(function, a, b):
    return apply(function, a, b)


@right("turns whatever NumPy raises into a ValueError")
def elementwise(function, a, b):
    try:
        result = apply(function, a, b)
    except Exception as error:
        raise ValueError(f"{a} and {b} do not fit: reshape one") from error
    return result


# --- reduce_sum ---------------------------------------------------------------------------


@wrong(
    "ignores the axis",
    "If you ignore axis, everything is added up; if you count axes from 1, another goes.",
    loses=("test_reduce_sum",),
)
def reduce_sum(x, axis=None, keepdims=False):
    return apply(np.sum, x)


@wrong(
    "ignores keepdims",
    "If you ignore keepdims, the result no longer broadcasts against x.",
)
def reduce_sum(x, axis=None, keepdims=False):
    return apply(np.sum, x, axis=axis)


@wrong(
    "takes the axis that stays",
    "If you ignore axis, everything is added up; if you count axes from 1, another goes.",
)
def reduce_sum(x, axis=None, keepdims=False):
    if isinstance(axis, int):
        axis = tuple(i for i in range(x.ndim) if i != axis % x.ndim)
    return apply(np.sum, x, axis=axis, keepdims=keepdims)


@wrong(
    "bypasses the door",
    "If you bypass the door, nothing is recorded.",
)
def reduce_sum(x, axis=None, keepdims=False):
    return Tensor(x.data.sum(axis=axis, keepdims=keepdims))


@wrong(
    "sums rows unless told otherwise",
    "If axis is None, all axes go.",
)
def reduce_sum(x, axis=None, keepdims=False):
    return apply(np.sum, x, axis=0 if axis is None else axis, keepdims=keepdims)


@wrong(
    "takes the mean",
    "If you divide, you have the mean.",
)
def reduce_sum(x, axis=None, keepdims=False):
    return apply(np.mean, x, axis=axis, keepdims=keepdims)


@right("through the ufunc")
def reduce_sum(x, axis=None, keepdims=False):
    return apply(np.add.reduce, x, axis=axis, keepdims=keepdims)


@right("with a function of its own")
def reduce_sum(x, axis=None, keepdims=False):
    def total(array, axes, keep):
        return array.sum(axis=axes, keepdims=keep)

    return apply(total, x, axes=axis, keep=keepdims)


@right("axis after axis")
def reduce_sum(x, axis=None, keepdims=False):
    def total(array):
        axes = range(array.ndim) if axis is None else np.atleast_1d(axis)
        for one in sorted({int(a) % array.ndim for a in axes}, reverse=True):
            array = np.sum(array, axis=one, keepdims=keepdims)
        return array

    return apply(total, x)


# --- mean ---------------------------------------------------------------------------------


@wrong(
    "divides by the whole size",
    "If you divided by the whole size, only axis=None comes out right.",
)
def mean(x, axis=None, keepdims=False):
    return np.sum(x, axis=axis, keepdims=keepdims) / x.size


@wrong(
    "divides by the number of results",
    "If you divided by the length of the other axis, look at which one goes.",
)
def mean(x, axis=None, keepdims=False):
    total = np.sum(x, axis=axis, keepdims=keepdims)
    return total / total.size


@wrong(
    "divides by the length of the first axis",
    "If you take a mean of rows, say so with axis.",
)
def mean(x, axis=None, keepdims=False):
    return np.sum(x, axis=axis, keepdims=keepdims) / x.shape[0]


@wrong(
    "forgets keepdims",
    "If keepdims gets lost on the way, the axis does too.",
)
def mean(x, axis=None, keepdims=False):
    total = np.sum(x, axis=axis)
    return total / (x.size / total.size)


@wrong(
    "knows only single axes",
    "If axis is a tuple, lengths multiply.",
)
def mean(x, axis=None, keepdims=False):
    if isinstance(axis, tuple):
        return np.sum(x, axis=axis, keepdims=keepdims) / x.shape[axis[0]]
    count = x.size if axis is None else x.shape[axis]
    return np.sum(x, axis=axis, keepdims=keepdims) / count


@wrong(
    "widens by an array for the count",
    "If the count is an array, it widens.",
)
def mean(x, axis=None, keepdims=False):
    total = np.sum(x, axis=axis, keepdims=keepdims)
    return total / np.float64(x.size / total.size)


@right("lets NumPy count")
def mean(x, axis=None, keepdims=False):
    return np.mean(x, axis=axis, keepdims=keepdims)


@right("multiplies the lengths of the axes that go")
def mean(x, axis=None, keepdims=False):
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    count = 1
    for one in axes:
        count *= x.shape[one]
    return np.sum(x, axis=axis, keepdims=keepdims) / count


@right("sums what was divided before")
def mean(x, axis=None, keepdims=False):
    count = np.ones(x.shape).sum(axis=axis, keepdims=True)
    return np.sum(x / count.astype(x.dtype), axis=axis, keepdims=keepdims)


# --- row_major_strides --------------------------------------------------------------------


@wrong(
    "columns first",
    "If the first axis has the smallest stride, you store columns one after the other.",
)
def row_major_strides(shape, itemsize):
    strides = []
    for length in shape:
        strides.append(itemsize)
        itemsize *= length
    return tuple(strides)


@wrong(
    "counts elements",
    "If strides count elements, multiply by bytes.",
)
def row_major_strides(shape, itemsize):
    return tuple(int(np.prod(shape[i + 1 :])) for i in range(len(shape)))


@wrong(
    "multiplies the axis itself in",
    "If an axis counts its own length, it is one axis too far.",
)
def row_major_strides(shape, itemsize):
    return tuple(itemsize * int(np.prod(shape[i:])) for i in range(len(shape)))


@wrong(
    "multiplies the lengths before the axis",
    "If you multiply the lengths before an axis, take those after it.",
)
def row_major_strides(shape, itemsize):
    return tuple(itemsize * int(np.prod(shape[:i])) for i in reversed(range(len(shape))))


@wrong(
    "forgets to turn the strides round",
    "If you went from the last axis to the first, turn the strides round in the end.",
)
def row_major_strides(shape, itemsize):
    strides = []
    for length in reversed(shape):
        strides.append(itemsize)
        itemsize *= length
    return tuple(strides)


@wrong(
    "looks only at the next axis",
    "If you multiply the lengths before an axis, take those after it.",
)
def row_major_strides(shape, itemsize):
    return tuple(itemsize * n for n in (*shape[1:], 1)) if shape else ()


@right("products of what follows")
def row_major_strides(shape, itemsize):
    return tuple(itemsize * int(np.prod(shape[i + 1 :])) for i in range(len(shape)))


@right("asks NumPy")
def row_major_strides(shape, itemsize):
    return np.empty(shape, dtype=f"V{itemsize}").strides


@right("from the last axis, in place")
def row_major_strides(shape, itemsize):
    strides = [itemsize] * len(shape)
    for i in range(len(shape) - 2, -1, -1):
        strides[i] = strides[i + 1] * shape[i + 1]
    return tuple(strides)


# --- reshape ------------------------------------------------------------------------------


@wrong(
    "reads columns first",
    "If you read columns first, the elements change their order.",
)
def reshape(x, *shape):
    shape = shape[0] if isinstance(shape[0], tuple | list) else shape
    return apply(np.reshape, x, shape=tuple(shape), order="F")


@wrong(
    "takes no tuple",
    "If a tuple is refused, unpack it.",
)
def reshape(x, *shape):
    if any(not isinstance(length, int) for length in shape):
        raise ValueError("lengths, please")
    return apply(np.reshape, x, shape=shape)


@wrong(
    "takes -1 literally",
    "If -1 is taken literally, work it out.",
)
def reshape(x, *shape):
    shape = shape[0] if isinstance(shape[0], tuple | list) else shape
    if np.prod(shape) != x.size:
        raise ValueError(f"{x.size} elements do not fit {shape}")
    return apply(np.reshape, x, shape=tuple(shape))


@wrong(
    "resizes",
    "If elements are dropped or repeated, data are lost without a word.",
)
def reshape(x, *shape):
    shape = shape[0] if isinstance(shape[0], tuple | list) else shape
    if -1 in shape:
        return apply(np.reshape, x, shape=tuple(shape))
    return (
        apply(np.reshape, x, shape=tuple(shape))
        if np.prod(shape) == x.size
        else apply(np.resize, x, new_shape=tuple(shape))
    )


@wrong(
    "copies",
    "If reshape copies, it costs time and memory.",
)
def reshape(x, *shape):
    shape = shape[0] if isinstance(shape[0], tuple | list) else shape
    return apply(lambda array: array.copy().reshape(shape), x)


@wrong(
    "transposes on the way",
    "If you read columns first, the elements change their order.",
)
def reshape(x, *shape):
    shape = shape[0] if isinstance(shape[0], tuple | list) else shape
    return apply(lambda array: array.T.reshape(shape), x)


@right("a method of the array")
def reshape(x, *shape):
    return apply(lambda array: array.reshape(*shape), x)


@right("works -1 out itself")
def reshape(x, *shape):
    lengths = list(shape[0]) if isinstance(shape[0], tuple | list) else list(shape)
    if -1 in lengths:
        rest = int(np.prod([n for n in lengths if n != -1]))
        lengths[lengths.index(-1)] = x.size // rest
    if int(np.prod(lengths)) != x.size:
        raise ValueError(f"{x.size} elements can't take the shape {lengths}")
    return apply(np.reshape, x, shape=tuple(lengths))


@right("flat first")
def reshape(x, *shape):
    new = shape[0] if isinstance(shape[0], tuple | list) else shape
    return apply(lambda array: array.ravel().reshape(new), x)


# --- transpose ----------------------------------------------------------------------------


@wrong(
    "ignores its arguments",
    "If you ignore the arguments, all axes are reversed.",
)
def transpose(x, *axes):
    if axes and sorted(axis % x.ndim for axis in axes) != list(range(x.ndim)):
        raise ValueError("name each axis once")
    return apply(np.transpose, x)


@wrong(
    "reshapes",
    "If you reshape, elements keep their order and land in wrong places.",
)
def transpose(x, *axes):
    axes = axes or tuple(reversed(range(x.ndim)))
    if sorted(axis % x.ndim for axis in axes) != list(range(x.ndim)):
        raise ValueError("name each axis once")
    return apply(np.reshape, x, shape=tuple(x.shape[axis] for axis in axes))


@wrong(
    "makes the inverse",
    "If you put axis i at place axes[i], you made the inverse.",
)
def transpose(x, *axes):
    axes = axes or tuple(reversed(range(x.ndim)))
    axes = tuple(axis % x.ndim for axis in axes)
    if sorted(axes) != list(range(x.ndim)):
        raise ValueError("name each axis once")
    return apply(np.transpose, x, axes=tuple(int(i) for i in np.argsort(axes)))


@wrong(
    "swaps the last two axes",
    "If only two axes change places, name which.",
)
def transpose(x, *axes):
    if axes:
        return apply(np.transpose, x, axes=axes)
    return apply(np.swapaxes, x, axis1=-1, axis2=-2) if x.ndim > 1 else apply(np.transpose, x)


@wrong(
    "lets axes be left out",
    "If an axis is left out, its place is unknown.",
)
def transpose(x, *axes):
    axes = axes or tuple(reversed(range(x.ndim)))
    axes = tuple(axis % max(x.ndim, 1) for axis in axes)
    rest = tuple(axis for axis in range(x.ndim) if axis not in axes)
    return apply(np.transpose, x, axes=tuple(dict.fromkeys(axes)) + rest)


@wrong(
    "knows no negative axes",
    "If -1 fails, count from the end.",
)
def transpose(x, *axes):
    axes = axes or tuple(reversed(range(x.ndim)))
    if sorted(axes) != list(range(x.ndim)):
        raise ValueError("name each axis once")
    return apply(np.transpose, x, axes=axes)


@right("leaves the check to NumPy")
def transpose(x, *axes):
    return apply(np.transpose, x, axes=axes or None)


@right("a method of the array")
def transpose(x, *axes):
    return apply(lambda array: array.transpose(*axes), x)


@right("with moveaxis")
def transpose(x, *axes):
    order = [axis % max(x.ndim, 1) for axis in axes] or list(range(x.ndim))[::-1]
    if len(set(order)) != x.ndim or any(not -x.ndim <= axis < x.ndim for axis in axes):
        raise ValueError(f"{axes} does not name each of {x.ndim} axes once")
    return apply(np.moveaxis, x, source=order, destination=range(x.ndim))


# --- matmul -------------------------------------------------------------------------------


@wrong(
    "multiplies elementwise",
    "If you multiply elementwise, nothing is summed.",
)
def matmul(a, b):
    return elementwise(np.multiply, a, b)


@wrong(
    "swaps the factors",
    "If you swap the factors, the shapes of square matrices hide it, their values do not.",
)
def matmul(a, b):
    if np.shape(a)[-1:] != np.shape(b)[:1] and np.ndim(b) < 3:
        raise ValueError("inner lengths differ")
    return apply(
        lambda p, q: np.matmul(q.T, p.T).T if p.shape != q.shape else np.matmul(q, p), a, b
    )


@wrong(
    "uses np.dot",
    "If you used np.dot, it combines every matrix of a with every one of c.",
)
def matmul(a, b):
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        raise ValueError("a number is no matrix")
    return apply(np.dot, a, b)


@wrong(
    "transposes until it fits",
    "If you transpose until it fits, you compute something nobody asked for.",
)
def matmul(a, b):
    a, b = (x if isinstance(x, Tensor) else Tensor(x) for x in (a, b))
    if a.ndim == b.ndim == 2 and a.shape[-1] != b.shape[0]:
        b = transpose(b)
    return apply(np.matmul, a, b)


@wrong(
    "takes a number for a matrix",
    "If it is a number, use *.",
)
def matmul(a, b):
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return elementwise(np.multiply, a, b)
    return apply(np.matmul, a, b)


@wrong(
    "only two axes",
    "If a stack fails, only two axes were thought of.",
)
def matmul(a, b):
    if np.ndim(a) > 2 or np.ndim(b) > 2:
        raise ValueError("matrices, please")
    return apply(np.matmul, a, b)


@right("with einsum")
def matmul(a, b):
    p, q = to_array(a), to_array(b)
    if not p.ndim or not q.ndim or p.shape[-1] != q.shape[-2:][0]:
        raise ValueError("inner lengths differ")
    left, out_left = ("j", "") if p.ndim == 1 else ("...ij", "i")
    right, out_right = ("j", "") if q.ndim == 1 else ("...jk", "k")
    out = ("..." if max(p.ndim, q.ndim) > 1 else "") + out_left + out_right
    return apply(lambda p, q: np.einsum(f"{left},{right}->{out}", p, q), a, b)


@right("by broadcasting and a sum")
def matmul(a, b):
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        raise ValueError("a number is no matrix")

    def product(p, q):
        if q.ndim == 1:
            return (p * q).sum(-1) if p.shape[-1] == q.shape[0] else np.matmul(p, q)
        if p.shape[-1] != q.shape[-2]:
            raise ValueError(f"{p.shape[-1]} is not {q.shape[-2]}")
        return (p[..., :, None] * q[..., None, :, :] if p.ndim > 1 else p[:, None] * q).sum(-2)

    return apply(product, a, b)


@right("looks at the inner lengths first")
def matmul(a, b):
    a, b = (x if isinstance(x, Tensor) else Tensor(x) for x in (a, b))
    if not a.ndim or not b.ndim or a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
        raise ValueError(f"{a.shape} @ {b.shape}: inner lengths differ")
    return apply(np.matmul, a, b)
