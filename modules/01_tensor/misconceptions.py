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
        "test_apply_calls_the_function_on_arrays",
        "test_elementwise_broadcasts",
        "test_elementwise_keeps_dtypes",
        "test_elementwise_refuses_shapes_that_do_not_fit",
        "test_matmul_of_matrices",
        "test_matmul_of_stacks",
        "test_reduce_sum",
        "test_reshape",
        "test_to_array_keeps_an_array_as_it_is",
        "test_transpose",
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
    "If you convert decimals alone, lists of integers stay integers.",
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
    if isinstance(data, Tensor):
        raise TypeError("expected numbers or an array")
    array = np.asarray(data)
    if array.dtype.kind not in "biuf":
        raise TypeError("expected numbers")
    return array if isinstance(data, np.ndarray | np.generic) else array.astype(np.float32)


@wrong(
    "gives NumPy's single numbers back",
    "If a NumPy number comes back as it is, it is no array: Tensors need one.",
)
def to_array(data):
    if isinstance(data, Tensor):
        return data.data
    array = np.asarray(data)
    if array.dtype.kind not in "biuf":
        raise TypeError("expected numbers")
    return data if isinstance(data, np.ndarray | np.generic) else array.astype(np.float32)


@wrong(
    "takes complex numbers",
    "If complex numbers pass, half of each gets lost on the way to float32.",
)
def to_array(data):
    if isinstance(data, Tensor):
        return data.data
    array = np.asarray(data)
    if not np.issubdtype(array.dtype, np.number) and array.dtype != bool:
        raise TypeError("expected numbers")
    return array if isinstance(data, np.ndarray | np.generic) else array.astype(np.float32)


@wrong(
    "makes a NumPy number of a Python number",
    "If np.float32 converts, a list becomes an array, and a single number a NumPy number.",
)
def to_array(data):
    if isinstance(data, Tensor):
        return data.data
    array = np.asarray(data)
    if array.dtype.kind not in "biuf":
        raise TypeError("expected numbers")
    return array if isinstance(data, np.ndarray | np.generic) else np.float32(data)


@right("asks for the array first")
def to_array(data):
    if isinstance(data, np.ndarray | np.generic):
        array = np.asarray(data)
    elif isinstance(data, Tensor):
        array = data.data
    else:
        array = np.asarray(data)
        array = array.astype(np.float32) if array.dtype.kind in "biuf" else array
    if array.dtype.kind not in "biuf":
        raise TypeError("expected numbers")
    return array


@right("converts by way of np.array with a dtype")
def to_array(data):
    if isinstance(data, Tensor):
        return data.data
    chosen = isinstance(data, np.ndarray | np.generic)
    array = np.asarray(data) if chosen else np.array(data)
    is_a = lambda kind: np.issubdtype(array.dtype, kind)
    if not (is_a(np.floating) or is_a(np.integer) or array.dtype == bool):
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


@wrong(
    "treats 0 as nothing",
    "If you ask `if not data`, the number 0 counts as nothing.",
)
def to_array(data):
    if isinstance(data, Tensor):
        return data.data
    if not isinstance(data, np.ndarray | np.generic) and not data:
        return np.zeros(0, np.float32)
    array = np.asarray(data)
    if array.dtype.kind not in "biuf":
        raise TypeError("not numbers")
    return array if isinstance(data, np.ndarray | np.generic) else array.astype(np.float32)


@wrong(
    "forgets NumPy's single numbers",
    "If only np.ndarray counts as an array, NumPy's own single numbers lose their dtype.",
)
def to_array(data):
    if isinstance(data, Tensor):
        return data.data
    array = np.asarray(data)
    if array.dtype.kind not in "biuf":
        raise TypeError("not numbers")
    return array if isinstance(data, np.ndarray) else array.astype(np.float32)


@wrong(
    "makes memory contiguous",
    "If you make the memory contiguous, an array with strides of its own is copied.",
)
def to_array(data):
    if isinstance(data, Tensor):
        return data.data
    array = np.ascontiguousarray(data) if np.ndim(data) else np.asarray(data)
    if array.dtype.kind not in "biuf":
        raise TypeError("not numbers")
    return array if isinstance(data, np.ndarray | np.generic) else array.astype(np.float32)


@wrong(
    "converts text to numbers",
    "If you hand the data to NumPy with a dtype, text is read as numbers, or refused by another "
    "error.",
)
def to_array(data):
    if isinstance(data, Tensor):
        return data.data
    if isinstance(data, np.ndarray | np.generic):
        if data.dtype.kind not in "biuf":
            raise TypeError("not numbers")
        return np.asarray(data)
    return np.asarray(data, dtype=np.float32)


@wrong(
    "looks for text outside of lists only",
    "If you hand the data to NumPy with a dtype, text is read as numbers, or refused by another "
    "error.",
)
def to_array(data):
    if isinstance(data, Tensor):
        return data.data
    if isinstance(data, np.ndarray | np.generic):
        if data.dtype.kind not in "biuf":
            raise TypeError("not numbers")
        return np.asarray(data)
    if not isinstance(data, int | float | list | tuple):
        raise TypeError("not numbers")
    return np.asarray(data, dtype=np.float32)


@wrong(
    "one error for everything",
    "If you catch every error, rows of different lengths are no longer a ValueError.",
)
def to_array(data):
    if isinstance(data, Tensor):
        return data.data
    try:
        array = np.asarray(data)
    except ValueError:
        raise TypeError("not numbers") from None
    if array.dtype.kind not in "biuf":
        raise TypeError("not numbers")
    return array if isinstance(data, np.ndarray | np.generic) else array.astype(np.float32)


@wrong(
    "keeps booleans",
    "If booleans of a list stay booleans, they are no float32.",
)
def to_array(data):
    if isinstance(data, Tensor):
        return data.data
    array = np.asarray(data)
    if array.dtype.kind not in "biuf":
        raise TypeError("not numbers")
    if isinstance(data, np.ndarray | np.generic) or array.dtype == bool:
        return array
    return array.astype(np.float32)


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
    loses=(
        "test_apply_records_the_origin_when_asked",
        "test_elementwise_broadcasts",
        "test_matmul_of_matrices",
        "test_matmul_of_stacks",
    ),
)
def apply(function, *inputs, **options):
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    output = Tensor(function(*arrays, **options))
    if recording.enabled and isinstance(inputs[0], Tensor) and inputs[0].requires_grad:
        output.requires_grad, output.origin = True, Origin(function, inputs, options)
    return output


@wrong(
    "forgets the switch",
    "If recording.enabled is not asked at every call, the switch does nothing.",
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
    "If the output itself does not ask for a gradient, the chain has a gap behind it.",
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
    data = to_array(function(*arrays, **options))
    if not wanted or data.dtype.kind != "f":
        return Tensor(data)
    output = Tensor(data, requires_grad=True)
    output.origin = Origin(function=function, inputs=inputs, options=options)
    return output


@wrong(
    "lets the constructor refuse whole numbers",
    "If the constructor is asked for a gradient of whole numbers, it refuses: they need none.",
)
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


@wrong(
    "wants all inputs to ask",
    "If every input must ask for a gradient, one that asks alone is not heard.",
)
def apply(function, *inputs, **options):
    output = Tensor(function(*[x.data if isinstance(x, Tensor) else x for x in inputs], **options))
    asked = [x.requires_grad for x in inputs if isinstance(x, Tensor)]
    if recording.enabled and asked and all(asked):
        output.requires_grad, output.origin = True, Origin(function, inputs, options)
    return output


@wrong(
    "lets the last input decide",
    "If each input overwrites what you know of the wish, only the last one is heard.",
)
def apply(function, *inputs, **options):
    arrays, wanted = [], False
    for x in inputs:
        if isinstance(x, Tensor):
            wanted, x = x.requires_grad, x.data
        arrays.append(x)
    output = Tensor(function(*arrays, **options))
    if wanted and recording.enabled:
        output.requires_grad, output.origin = True, Origin(function, inputs, options)
    return output


@wrong(
    "records the Tensors alone",
    "If you record the Tensors alone, the record is of another call: 10 - x needs its 10.",
)
def apply(function, *inputs, **options):
    tensors = tuple(x for x in inputs if isinstance(x, Tensor))
    output = Tensor(function(*[x.data if isinstance(x, Tensor) else x for x in inputs], **options))
    if recording.enabled and any(x.requires_grad for x in tensors):
        output.requires_grad, output.origin = True, Origin(function, tensors, options)
    return output


@wrong(
    "records no options",
    "If the options are not in the record, nobody knows over which axis it was.",
)
def apply(function, *inputs, **options):
    output = Tensor(function(*[x.data if isinstance(x, Tensor) else x for x in inputs], **options))
    if recording.enabled and any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
        output.requires_grad, output.origin = True, Origin(function, inputs, {})
    return output


@wrong(
    "takes .data of whatever has one",
    "If you take .data of whatever has one, a NumPy array gives its raw memory.",
)
def apply(function, *inputs, **options):
    arrays = [x.data if hasattr(x, "data") else x for x in inputs]
    output = Tensor(function(*arrays, **options))
    if recording.enabled and any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
        output.requires_grad, output.origin = True, Origin(function, inputs, options)
    return output


@wrong(
    "keeps the origin and forgets the wish",
    "If the output asks for a gradient but has no origin, nobody knows how it was made.",
)
def apply(function, *inputs, **options):
    output = Tensor(function(*[x.data if isinstance(x, Tensor) else x for x in inputs], **options))
    output.requires_grad = recording.enabled and any(
        isinstance(x, Tensor) and x.requires_grad for x in inputs
    )
    return output


@wrong(
    "records copies",
    "If you record new Tensors, a gradient never arrives at those that went in.",
)
def apply(function, *inputs, **options):
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    output = Tensor(function(*arrays, **options))
    if recording.enabled and any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
        copied = lambda x: Tensor(x.data, x.requires_grad) if isinstance(x, Tensor) else x
        copies = tuple(map(copied, inputs))
        output.requires_grad, output.origin = True, Origin(function, copies, options)
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
    "If only equal lengths may meet, a length of 1 never stretches.",
)
def broadcast_shape(a, b):
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    if shorter and longer[-len(shorter) :] != shorter:
        raise ValueError(f"{a} and {b} do not fit")
    return longer


@wrong(
    "stops at the shorter shape",
    "If you pair the axes and stop with the shorter shape, the longer one's other axes get lost.",
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
    "If you walk from the last axis to the first, turn the result round in the end.",
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


@wrong(
    "gives a list",
    "If you return a list, it is no shape: shapes are tuples.",
)
def broadcast_shape(a, b):
    return list(np.broadcast_shapes(a, b))


@wrong(
    "counts the lengths",
    "If you compare how many axes there are, and not how long they are, wrong pairs pass.",
)
def broadcast_shape(a, b):
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    front = len(longer) - len(shorter)
    return longer[:front] + tuple(max(m, n) for m, n in zip(longer[front:], shorter, strict=True))


@wrong(
    "marks a missing length with 0",
    "If 0 stands for a missing length, a length that really is 0 is taken for a missing one.",
)
def broadcast_shape(a, b):
    longest = max(len(a), len(b))
    a, b = (0,) * (longest - len(a)) + a, (0,) * (longest - len(b)) + b
    if any(m != n and m > 1 and n > 1 for m, n in zip(a, b, strict=True)):
        raise ValueError(f"{a} and {b} do not fit")
    return tuple(max(m, n) for m, n in zip(a, b, strict=True))


@wrong(
    "refuses empty axes",
    "If a length of 0 is refused, remember that it meets 0 and 1 like any other.",
)
def broadcast_shape(a, b):
    if 0 in a or 0 in b:
        raise ValueError("empty")
    return np.broadcast_shapes(a, b)


@wrong(
    "lets one length stretch into another",
    "If a length that divides the other may be repeated, 2 stretches to 4: only 1 does.",
)
def broadcast_shape(a, b):
    longest = max(len(a), len(b))
    a, b = (1,) * (longest - len(a)) + a, (1,) * (longest - len(b)) + b
    shape = []
    for m, n in zip(a, b, strict=True):
        low, high = min(m, n), max(m, n)
        if low and high % low or (not low and high > 1):
            raise ValueError(f"{m} meets {n}")
        shape.append(0 if not low else high)
    return tuple(shape)


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
    "If the result is float32 whatever went in, digits of a float64 are lost.",
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
    "If you wrote the result into an operand, its owner loses the numbers.",
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


@wrong(
    "repeats the operands first",
    "If you repeat an operand before the door, the record leads to the repeated one only.",
)
def elementwise(function, a, b):
    shape = np.broadcast_shapes(np.shape(a), np.shape(b))
    a, b = (Tensor(np.broadcast_to(to_array(x), shape)) for x in (a, b))
    return apply(function, a, b)


@wrong(
    "goes past the door",
    "If you compute with the arrays yourself, nothing is recorded: go through apply.",
)
def elementwise(function, a, b):
    broadcast_shape(np.shape(a), np.shape(b))
    return Tensor(
        function(
            a.data if isinstance(a, Tensor) else a,
            b.data if isinstance(b, Tensor) else b,
        )
    )


@wrong(
    "wraps both operands",
    "If you make a Tensor of a plain number, it becomes a float32 array and changes the dtype.",
)
def elementwise(function, a, b):
    a, b = (x if isinstance(x, Tensor) else Tensor(x) for x in (a, b))
    broadcast_shape(a.shape, b.shape)
    return apply(function, a, b)


@wrong(
    "opens the door to two Tensors only",
    "If only two Tensors go through the door, a Tensor beside an array or number goes unrecorded.",
)
def elementwise(function, a, b):
    broadcast_shape(np.shape(a), np.shape(b))
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return apply(function, a, b)
    return Tensor(function(*(x.data if isinstance(x, Tensor) else x for x in (a, b))))


@wrong(
    "asks for equal numbers of axes",
    "If both must have as many axes, a row never meets a matrix.",
)
def elementwise(function, a, b):
    if np.ndim(a) and np.ndim(b) and np.ndim(a) != np.ndim(b):
        raise ValueError("other numbers of axes")
    broadcast_shape(np.shape(a), np.shape(b))
    return apply(function, a, b)


# --- reduce_sum ---------------------------------------------------------------------------


@wrong(
    "ignores the axis",
    "If you ignore axis, everything is added up.",
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
    "If you count axes from 1, or name the one that stays, another one disappears.",
)
def reduce_sum(x, axis=None, keepdims=False):
    if isinstance(axis, int):
        axis = tuple(i for i in range(x.ndim) if i != axis % x.ndim)
    return apply(np.sum, x, axis=axis, keepdims=keepdims)


@wrong(
    "bypasses the door",
    "If you sum the array yourself, nothing is recorded: send np.sum through apply.",
)
def reduce_sum(x, axis=None, keepdims=False):
    return Tensor(x.data.sum(axis=axis, keepdims=keepdims))


@wrong(
    "sums rows unless told otherwise",
    "If axis is None, all axes go, not the first.",
)
def reduce_sum(x, axis=None, keepdims=False):
    return apply(np.sum, x, axis=0 if axis is None else axis, keepdims=keepdims)


@wrong(
    "takes the mean",
    "If you divide, you have the mean.",
)
def reduce_sum(x, axis=None, keepdims=False):
    return apply(np.mean, x, axis=axis, keepdims=keepdims)


@wrong(
    "through the ufunc",
    "If you send a function of your own through the door, lesson 6 has no rule for it: "
    "send np.sum.",
)
def reduce_sum(x, axis=None, keepdims=False):
    return apply(np.add.reduce, x, axis=axis, keepdims=keepdims)


@wrong(
    "with a function of its own",
    "If you send a function of your own through the door, lesson 6 has no rule for it: "
    "send np.sum.",
)
def reduce_sum(x, axis=None, keepdims=False):
    def total(array, axes, keep):
        return array.sum(axis=axes, keepdims=keep)

    return apply(total, x, axes=axis, keep=keepdims)


@wrong(
    "axis after axis",
    "If you send a function of your own through the door, lesson 6 has no rule for it: "
    "send np.sum.",
)
def reduce_sum(x, axis=None, keepdims=False):
    def total(array):
        axes = range(array.ndim) if axis is None else np.atleast_1d(axis)
        for one in sorted({int(a) % array.ndim for a in axes}, reverse=True):
            array = np.sum(array, axis=one, keepdims=keepdims)
        return array

    return apply(total, x)


@wrong(
    "takes axis 0 for no axis",
    "If you ask `if axis`, axis 0 counts as none.",
)
def reduce_sum(x, axis=None, keepdims=False):
    return apply(np.sum, x, axis=axis or None, keepdims=keepdims)


@wrong(
    "always keeps the axes",
    "If the axes always stay, keepdims decides nothing.",
)
def reduce_sum(x, axis=None, keepdims=False):
    return apply(np.sum, x, axis=axis, keepdims=True)


@wrong(
    "takes the first of several axes",
    "If you take the first of several axes, the others stay.",
)
def reduce_sum(x, axis=None, keepdims=False):
    axis = axis[0] if isinstance(axis, tuple) else axis
    return apply(np.sum, x, axis=axis, keepdims=keepdims)


@right("options only where they are given")
def reduce_sum(x, axis=None, keepdims=False):
    options = {"keepdims": keepdims} if keepdims else {}
    if axis is not None:
        options["axis"] = axis
    return apply(np.sum, x, **options)


@right("by position")
def reduce_sum(x, axis=None, keepdims=False):
    return apply(np.sum, x, axis, keepdims=keepdims)


@right("axes made positive first")
def reduce_sum(x, axis=None, keepdims=False):
    if axis is None:
        axes = tuple(range(x.ndim))
    else:
        axes = tuple(int(a) % x.ndim for a in (axis if isinstance(axis, tuple) else (axis,)))
    return apply(np.sum, x, axis=axes, keepdims=keepdims)


# --- mean ---------------------------------------------------------------------------------


@wrong(
    "divides by the whole size",
    "If you divided by the whole size, only axis=None comes out right.",
)
def mean(x, axis=None, keepdims=False):
    return np.sum(x, axis=axis, keepdims=keepdims) / x.size


@wrong(
    "divides by the number of results",
    "If you divided by the number of results, it is the number that went into each that counts.",
)
def mean(x, axis=None, keepdims=False):
    total = np.sum(x, axis=axis, keepdims=keepdims)
    return total / total.size


@wrong(
    "divides by the length of the first axis",
    "If you divided by the length of the first axis, the others come out wrong.",
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
    "If axis is a tuple, the lengths of its axes multiply.",
)
def mean(x, axis=None, keepdims=False):
    if isinstance(axis, tuple):
        return np.sum(x, axis=axis, keepdims=keepdims) / x.shape[axis[0]]
    count = x.size if axis is None else x.shape[axis]
    return np.sum(x, axis=axis, keepdims=keepdims) / count


@wrong(
    "widens by an array for the count",
    "If the count is an array of its own dtype, it widens float32 to float64.",
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
    total = np.sum(x, axis=axis, keepdims=True) / count.astype(x.dtype)
    return total if keepdims else total.reshape(np.sum(x, axis=axis).shape)[()]


@wrong(
    "takes axis 0 for no axis",
    "If you ask `if axis`, axis 0 counts as none.",
)
def mean(x, axis=None, keepdims=False):
    return np.mean(x, axis=axis or None, keepdims=keepdims)


@wrong(
    "computes in float64",
    "If you convert to float64 on the way, float32 is not given back.",
)
def mean(x, axis=None, keepdims=False):
    return np.mean(x.astype(np.float64), axis=axis, keepdims=keepdims)


@wrong(
    "divides in place",
    "If you divide the input in place, its owner finds other numbers there.",
)
def mean(x, axis=None, keepdims=False):
    count = x.size / max(np.sum(x, axis=axis).size, 1)
    x /= max(count, 1)
    return np.sum(x, axis=axis, keepdims=keepdims)


@wrong(
    "counts what is not zero",
    "If you count the elements that are not 0, zeros are left out of the mean.",
)
def mean(x, axis=None, keepdims=False):
    count = np.count_nonzero(x, axis=axis, keepdims=keepdims)
    return np.sum(x, axis=axis, keepdims=keepdims) / np.maximum(count, 1).astype(x.dtype)


@wrong(
    "returns a Tensor",
    "If you return a Tensor, remember that arrays are plain behind the door.",
)
def mean(x, axis=None, keepdims=False):
    total = np.sum(x, axis=axis, keepdims=keepdims)
    return Tensor(total / (x.size // max(total.size, 1)))


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
    "If you took the next axis alone, all those behind it count too.",
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


@wrong(
    "knows two axes",
    "If you wrote the strides of a matrix down, other numbers of axes go wrong.",
)
def row_major_strides(shape, itemsize):
    return (shape[-1] * itemsize, itemsize) if len(shape) == 2 else (itemsize,) * len(shape)


@wrong(
    "assumes four bytes",
    "If you assume 4 bytes, other sizes of elements go wrong.",
)
def row_major_strides(shape, itemsize):
    return np.empty(shape, dtype=np.float32).strides


@wrong(
    "gives one stride too many",
    "If you also note the size of the whole, there is one stride too many.",
)
def row_major_strides(shape, itemsize):
    strides = [itemsize]
    for length in reversed(shape):
        strides.append(strides[-1] * length)
    return tuple(reversed(strides))


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
    "If you transposed on the way, the elements change their order.",
)
def reshape(x, *shape):
    shape = shape[0] if isinstance(shape[0], tuple | list) else shape
    return apply(lambda array: array.T.reshape(shape), x)


@wrong(
    "a method of the array",
    "If you send a function of your own through the door, lesson 6 has no rule for it: "
    "send np.reshape.",
)
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


@wrong(
    "flat first",
    "If you flatten or copy x first, no view is left where strides would do: send x itself to "
    "np.reshape.",
)
def reshape(x, *shape):
    new = shape[0] if isinstance(shape[0], tuple | list) else shape
    return apply(np.reshape, apply(np.ravel, x), shape=new)


@wrong(
    "contiguous first",
    "If you flatten or copy x first, no view is left where strides would do: send x itself to "
    "np.reshape.",
)
def reshape(x, *shape):
    new = shape[0] if isinstance(shape[0], tuple | list) else shape
    if not x.data.flags.c_contiguous:
        x = apply(np.ascontiguousarray, x)
    return apply(np.reshape, x, shape=new)


@wrong(
    "goes past the door",
    "If you reshape the array yourself, nothing is recorded: send np.reshape through apply.",
)
def reshape(x, *shape):
    shape = shape[0] if isinstance(shape[0], tuple | list) else shape
    return Tensor(x.data.reshape(shape))


@wrong(
    "only two lengths",
    "If you take two lengths, shapes with one or three axes are refused.",
)
def reshape(x, *shape):
    shape = shape[0] if isinstance(shape[0], tuple | list) else shape
    rows, columns = shape
    return apply(np.reshape, x, shape=(rows, columns))


@right("by position")
def reshape(x, *shape):
    return apply(np.reshape, x, shape[0] if isinstance(shape[0], tuple) else shape)


@right("asks for the length of the tuple")
def reshape(x, *shape):
    try:
        (new,) = shape
        new = tuple(new)
    except (TypeError, ValueError):
        new = shape
    return apply(np.reshape, x, shape=new)


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
    "If you always swap the last two axes, the others never move.",
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
    "If you refuse negative axes, -1 for the last one is lost.",
)
def transpose(x, *axes):
    axes = axes or tuple(reversed(range(x.ndim)))
    if sorted(axes) != list(range(x.ndim)):
        raise ValueError("name each axis once")
    return apply(np.transpose, x, axes=axes)


@right("leaves the check to NumPy")
def transpose(x, *axes):
    return apply(np.transpose, x, axes=axes or None)


@wrong(
    "a method of the array",
    "If you send a function of your own through the door, lesson 6 has no rule for it: "
    "send np.transpose.",
)
def transpose(x, *axes):
    return apply(lambda array: array.transpose(*axes), x)


@wrong(
    "with moveaxis",
    "If you send a function of your own through the door, lesson 6 has no rule for it: "
    "send np.transpose.",
)
def transpose(x, *axes):
    order = [axis % max(x.ndim, 1) for axis in axes] or list(range(x.ndim))[::-1]
    if len(set(order)) != x.ndim or any(not -x.ndim <= axis < x.ndim for axis in axes):
        raise ValueError(f"{axes} does not name each of {x.ndim} axes once")
    return apply(np.moveaxis, x, source=order, destination=range(x.ndim))


@wrong(
    "goes past the door",
    "If you transpose the array yourself, nothing is recorded: send np.transpose through apply.",
)
def transpose(x, *axes):
    return Tensor(np.transpose(x.data, axes or None))


@wrong(
    "copies",
    "If you copied, memory was moved for what strides can do.",
)
def transpose(x, *axes):
    result = apply(np.transpose, x, axes=axes or None)
    result.data = result.data.copy()
    return result


@right("by position")
def transpose(x, *axes):
    return apply(np.transpose, x, axes or tuple(range(x.ndim))[::-1])


@right("checks first")
def transpose(x, *axes):
    if not axes:
        return apply(np.transpose, x)
    places = [axis + x.ndim if axis < 0 else axis for axis in axes]
    if sorted(places) != list(range(x.ndim)):
        raise ValueError(f"{axes} does not name each of {x.ndim} axes once")
    return apply(np.transpose, x, axes=tuple(places))


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
    "If you used np.dot or np.tensordot, every matrix of a meets every one of b.",
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
    "If you transposed or indexed for two axes, a stack of matrices does not fit.",
)
def matmul(a, b):
    if np.ndim(a) > 2 or np.ndim(b) > 2:
        raise ValueError("matrices, please")
    return apply(np.matmul, a, b)


@wrong(
    "wants equal axes in front",
    "If the axes in front must be equal, they no longer broadcast.",
)
def matmul(a, b):
    if np.ndim(a) > 1 and np.ndim(b) > 1 and np.shape(a)[:-2] != np.shape(b)[:-2]:
        raise ValueError("other axes in front")
    return apply(np.matmul, a, b)


@wrong(
    "with einsum",
    "If you send a function of your own through the door, lesson 6 has no rule for it: "
    "send np.matmul.",
)
def matmul(a, b):
    p, q = to_array(a), to_array(b)
    if not p.ndim or not q.ndim or p.shape[-1] != q.shape[-2:][0]:
        raise ValueError("inner lengths differ")
    left, out_left = ("j", "") if p.ndim == 1 else ("...ij", "i")
    right, out_right = ("j", "") if q.ndim == 1 else ("...jk", "k")
    out = ("..." if max(p.ndim, q.ndim) > 1 else "") + out_left + out_right
    return apply(lambda p, q: np.einsum(f"{left},{right}->{out}", p, q), a, b)


@wrong(
    "by broadcasting and a sum",
    "If you send a function of your own through the door, lesson 6 has no rule for it: "
    "send np.matmul.",
)
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


@wrong(
    "goes past the door",
    "If you multiply the arrays yourself, nothing is recorded: send np.matmul through apply.",
)
def matmul(a, b):
    return Tensor(np.matmul(to_array(a), to_array(b)))


@wrong(
    "opens the door to two Tensors only",
    "If only two Tensors go through the door, a Tensor beside an array goes unrecorded.",
)
def matmul(a, b):
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return apply(np.matmul, a, b)
    return Tensor(np.matmul(to_array(a), to_array(b)))


@wrong(
    "refuses vectors",
    "If both must be matrices, vectors are refused.",
)
def matmul(a, b):
    if np.ndim(a) < 2 or np.ndim(b) < 2:
        raise ValueError("no matrix")
    return apply(np.matmul, a, b)


@wrong(
    "transposes the second factor",
    "If you transpose the second factor, rows meet rows.",
)
def matmul(a, b):
    return apply(np.matmul, a, np.swapaxes(to_array(b), -1, -2) if np.ndim(b) > 1 else b)


@right("leaves the error to NumPy")
def matmul(a, b):
    return apply(np.matmul, a, b)


@right("by the sign")
def matmul(a, b):
    if 0 in (np.ndim(a), np.ndim(b)):
        raise ValueError("a number is no matrix: use *")
    return apply(np.matmul, a if isinstance(a, Tensor) else Tensor(a), b)
