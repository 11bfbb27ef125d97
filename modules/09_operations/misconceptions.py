"""Solutions to the exercises of lesson 09 other than the reference: wrong and right ones."""

import math

import numpy as np

from tinytorch.course.variants import right, wrong

# --- joined_gradient --------------------------------------------------------------------------


@wrong(
    "equal parts",
    "If you cut grad into equal parts, arrays of other lengths get numbers of their neighbours.",
)
@gradient_of(joined, None)
def joined_gradient(grad, output, *arrays, axis=0):
    return np.array_split(grad, len(arrays), axis)


@wrong(
    "grad for everyone",
    "If each array gets all of grad, it gets what belongs to the others as well.",
)
@gradient_of(joined, None)
def joined_gradient(grad, output, *arrays, axis=0):
    return [grad for _ in arrays]


@wrong("always axis 0", "If you cut along axis 0 always, arrays joined along another are mixed.")
@gradient_of(joined, None)
def joined_gradient(grad, output, *arrays, axis=0):
    ends = np.cumsum([len(array) for array in arrays])
    return np.split(grad, ends[:-1])


@wrong(
    "always the last axis",
    "If you cut along the last axis always, arrays joined along another are mixed.",
)
@gradient_of(joined, None)
def joined_gradient(grad, output, *arrays, axis=0):
    ends = np.cumsum([array.shape[-1] for array in arrays])
    return np.split(grad, ends[:-1], -1)


@wrong(
    "lengths for places",
    "If you cut at the lengths, add them up first: each piece begins where the one before ended.",
)
@gradient_of(joined, None)
def joined_gradient(grad, output, *arrays, axis=0):
    return np.split(grad, [array.shape[axis] for array in arrays][:-1], axis)


@wrong(
    "one piece too many",
    "If you cut at the end as well, an empty piece is left that belongs to no array.",
)
@gradient_of(joined, None)
def joined_gradient(grad, output, *arrays, axis=0):
    return np.split(grad, np.cumsum([array.shape[axis] for array in arrays]), axis)


@wrong(
    "the numbers of the arrays",
    "If you return the inputs, or cut the output, which gives them back: it is grad that is cut.",
)
@gradient_of(joined, None)
def joined_gradient(grad, output, *arrays, axis=0):
    return list(arrays)


@wrong(
    "pieces of the output",
    "If you return the inputs, or cut the output, which gives them back: it is grad that is cut.",
)
@gradient_of(joined, None)
def joined_gradient(grad, output, *arrays, axis=0):
    ends = np.cumsum([array.shape[axis] for array in arrays])
    return np.split(output, ends[:-1], axis)


@wrong("the last one first", "If the pieces come in the wrong order, go along as joining went.")
@gradient_of(joined, None)
def joined_gradient(grad, output, *arrays, axis=0):
    ends = np.cumsum([array.shape[axis] for array in arrays])
    return np.split(grad, ends[:-1], axis)[::-1]


@wrong(
    "two arrays only",
    "If you cut once, that is right for two arrays: there may be one, or ten.",
)
@gradient_of(joined, None)
def joined_gradient(grad, output, *arrays, axis=0):
    first = arrays[0].shape[axis]
    return np.split(grad, [first], axis)


@wrong(
    "lengths along axis 0",
    "If you took lengths along axis 0 but cut along another, they do not belong together.",
)
@gradient_of(joined, None)
def joined_gradient(grad, output, *arrays, axis=0):
    ends = np.cumsum([len(array) for array in arrays])
    return np.split(grad, ends[:-1], axis)


@wrong(
    "one array",
    "If you joined the pieces again, the walk can't tell them apart: return one for each array.",
)
@gradient_of(joined, None)
def joined_gradient(grad, output, *arrays, axis=0):
    ends = np.cumsum([array.shape[axis] for array in arrays])
    return np.concatenate(np.split(grad, ends[:-1], axis), axis)


@wrong(
    "the dtypes of the arrays",
    "If each part is cast to the dtype of its array, digits are lost: the dtype is that of grad.",
)
@gradient_of(joined, None)
def joined_gradient(grad, output, *arrays, axis=0):
    parts = np.split(grad, np.cumsum([array.shape[axis] for array in arrays])[:-1], axis)
    return [part.astype(array.dtype) for part, array in zip(parts, arrays)]


@wrong(
    "by identity",
    "If you know arrays by id, one that is joined twice has two places and needs a part for each.",
)
@gradient_of(joined, None)
def joined_gradient(grad, output, *arrays, axis=0):
    ends = np.cumsum([array.shape[axis] for array in arrays])
    parts = dict(zip(map(id, arrays), np.split(grad, ends[:-1], axis), strict=False))
    return [parts[id(array)] for array in arrays]


@right("with slices")
@gradient_of(joined, None)
def joined_gradient(grad, output, *arrays, axis=0):
    parts, start = [], 0
    for array in arrays:
        stop = start + array.shape[axis]
        index = [slice(None)] * grad.ndim
        index[axis] = slice(start, stop)
        parts.append(grad[tuple(index)])
        start = stop
    return tuple(parts)


@right("what is left gets shorter")
@gradient_of(joined, None)
def joined_gradient(grad, output, *arrays, axis=0):
    def parts():
        rest = np.moveaxis(grad, axis, 0)
        for array in arrays:
            length = array.shape[axis]
            yield np.moveaxis(rest[:length], 0, axis)
            rest = rest[length:]

    return tuple(parts())


@right("rows by their numbers")
@gradient_of(joined, None)
def joined_gradient(grad, output, *arrays, axis=0):
    owners = np.repeat(np.arange(len(arrays)), [array.shape[axis] for array in arrays])
    return [np.compress(owners == n, grad, axis) for n in range(len(arrays))]


# --- pieces -----------------------------------------------------------------------------------


@wrong(
    "an int is the number of pieces",
    "If an int says how many pieces there are, that is NumPy's meaning: here it is their length.",
)
def pieces(array, sizes, axis=0):
    length = array.shape[axis]
    if isinstance(sizes, int):
        if sizes < 1:
            raise ValueError("expected at least one piece")
        return np.array_split(array, sizes, axis)
    if min(sizes) < 0 or sum(sizes) != length:
        raise ValueError("the lengths do not fit")
    return np.split(array, np.cumsum(sizes)[:-1], axis)


@wrong(
    "a list of places",
    "If a list says where to cut, that is NumPy's meaning: here it holds lengths.",
)
def pieces(array, sizes, axis=0):
    length = array.shape[axis]
    if isinstance(sizes, int):
        if sizes < 1:
            raise ValueError("expected pieces of length 1 or more")
        return np.split(array, range(sizes, length, sizes), axis)
    if min(sizes) < 0 or sum(sizes) != length:
        raise ValueError("the lengths do not fit")
    return np.split(array, sizes, axis)


@wrong("no shorter last piece", "If what is left over is dropped, the last piece is missing.")
def pieces(array, sizes, axis=0):
    length = array.shape[axis]
    if isinstance(sizes, int):
        if sizes < 1:
            raise ValueError("expected pieces of length 1 or more")
        sizes = [sizes] * (length // sizes)
    elif min(sizes) < 0 or sum(sizes) != length:
        raise ValueError("the lengths do not fit")
    ends = list(np.cumsum(sizes))
    return np.split(array, ends, axis)[: len(sizes)]


@wrong(
    "refuses a shorter last piece",
    "If a length that does not divide the axis is refused, let the last piece be shorter.",
)
def pieces(array, sizes, axis=0):
    length = array.shape[axis]
    if isinstance(sizes, int):
        if sizes < 1 or length % sizes:
            raise ValueError("the length does not fit")
        sizes = [sizes] * (length // sizes)
    if min(sizes) < 0 or sum(sizes) != length:
        raise ValueError("the lengths do not fit")
    return np.split(array, np.cumsum(sizes)[:-1], axis)


@wrong(
    "an empty piece at the end",
    "If there is an empty piece at the end, you cut where the array ends as well.",
)
def pieces(array, sizes, axis=0):
    length = array.shape[axis]
    if isinstance(sizes, int):
        if sizes < 1:
            raise ValueError("expected pieces of length 1 or more")
        sizes = [min(sizes, length - start) for start in range(0, length, sizes)]
    if min(sizes) < 0 or sum(sizes) != length:
        raise ValueError("the lengths do not fit")
    return np.split(array, np.cumsum(sizes), axis)


@wrong("always axis 0", "If you go by axis 0 always, the other axes can't be cut.")
def pieces(array, sizes, axis=0):
    length = array.shape[0]
    if isinstance(sizes, int):
        if sizes < 1:
            raise ValueError("expected pieces of length 1 or more")
        sizes = [min(sizes, length - start) for start in range(0, length, sizes)]
    if min(sizes) < 0 or sum(sizes) != length:
        raise ValueError("the lengths do not fit")
    return np.split(array, np.cumsum(sizes)[:-1])


@wrong(
    "accepts any sum",
    "If lengths with another sum are taken, numbers get lost in silence: refuse them.",
    loses=("test_pieces_refuses_lengths_that_do_not_fit",),
)
def pieces(array, sizes, axis=0):
    length = array.shape[axis]
    if isinstance(sizes, int):
        if sizes < 1:
            raise ValueError("expected pieces of length 1 or more")
        sizes = [min(sizes, length - start) for start in range(0, length, sizes)]
    if min(sizes) < 0:
        raise ValueError("the lengths do not fit")
    return np.split(array, np.cumsum(sizes)[:-1], axis)


@wrong(
    "refuses too long ones only",
    "If only a sum that is too large is refused, what is left over gets lost in silence.",
)
def pieces(array, sizes, axis=0):
    length = array.shape[axis]
    if isinstance(sizes, int):
        if sizes < 1:
            raise ValueError("expected pieces of length 1 or more")
        sizes = [min(sizes, length - start) for start in range(0, length, sizes)]
    if min(sizes) < 0 or sum(sizes) > length:
        raise ValueError("the lengths do not fit")
    ends = list(np.cumsum(sizes))
    return np.split(array, ends, axis)[: len(sizes)]


@wrong(
    "accepts lengths below 0",
    "If lengths below 0 are taken, their sum may fit by chance: look at each of them.",
)
def pieces(array, sizes, axis=0):
    length = array.shape[axis]
    if isinstance(sizes, int):
        if sizes < 1:
            raise ValueError("expected pieces of length 1 or more")
        sizes = [min(sizes, length - start) for start in range(0, length, sizes)]
    if sum(sizes) != length:
        raise ValueError("the lengths do not fit")
    return np.split(array, np.cumsum(sizes)[:-1], axis)


@wrong(
    "refuses a length of 0",
    "If a length of 0 in a list is refused, let it be: an empty piece is a piece.",
)
def pieces(array, sizes, axis=0):
    length = array.shape[axis]
    if isinstance(sizes, int):
        if sizes < 1:
            raise ValueError("expected pieces of length 1 or more")
        sizes = [min(sizes, length - start) for start in range(0, length, sizes)]
    if min(sizes) < 1 or sum(sizes) != length:
        raise ValueError("the lengths do not fit")
    return np.split(array, np.cumsum(sizes)[:-1], axis)


@wrong("copies", "If each piece is a copy, memory is spent twice: slices are views.")
def pieces(array, sizes, axis=0):
    length = array.shape[axis]
    if isinstance(sizes, int):
        if sizes < 1:
            raise ValueError("expected pieces of length 1 or more")
        sizes = [min(sizes, length - start) for start in range(0, length, sizes)]
    if min(sizes) < 0 or sum(sizes) != length:
        raise ValueError("the lengths do not fit")
    ends = np.cumsum(sizes)
    return [np.take(array, range(end - n, end), axis) for n, end in zip(sizes, ends)]


@wrong(
    "an int below 1 is taken",
    "If an int below 1 gives no error of yours, ask for it before you count with it.",
)
def pieces(array, sizes, axis=0):
    length = array.shape[axis]
    if isinstance(sizes, int):
        step = max(sizes, 1)
        sizes = [min(step, length - start) for start in range(0, length, step)]
    if min(sizes) < 0 or sum(sizes) != length:
        raise ValueError("the lengths do not fit")
    return np.split(array, np.cumsum(sizes)[:-1], axis)


@wrong(
    "the axis is gone",
    "If pieces of length 1 lost their axis, slice them: an index takes the axis away.",
)
def pieces(array, sizes, axis=0):
    length = array.shape[axis]
    if isinstance(sizes, int):
        if sizes < 1:
            raise ValueError("expected pieces of length 1 or more")
        sizes = [min(sizes, length - start) for start in range(0, length, sizes)]
    if min(sizes) < 0 or sum(sizes) != length:
        raise ValueError("the lengths do not fit")
    found = np.split(array, np.cumsum(sizes)[:-1], axis)
    return [p.squeeze(axis) if p.shape[axis] == 1 else p for p in found]


@wrong(
    "an empty list breaks it",
    "If an empty list fails at its last sum, that is an IndexError: it adds up to 0, so refuse it.",
)
def pieces(array, sizes, axis=0):
    length = array.shape[axis]
    if isinstance(sizes, int):
        if sizes < 1:
            raise ValueError("expected pieces of length 1 or more")
        return np.split(array, list(range(sizes, length, sizes)), axis)
    ends = np.cumsum(sizes, dtype=int)
    if ends[-1] != length or any(size < 0 for size in sizes):
        raise ValueError("the lengths do not fit")
    return np.split(array, ends[:-1], axis)


@wrong(
    "adds up in the list",
    "If you add up in the list that came, the caller's lengths are gone: make a list of your own.",
)
def pieces(array, sizes, axis=0):
    length = array.shape[axis]
    if isinstance(sizes, int):
        if sizes < 1:
            raise ValueError("expected pieces of length 1 or more")
        sizes = [min(sizes, length - start) for start in range(0, length, sizes)]
    if sum(sizes) != length or any(size < 0 for size in sizes):
        raise ValueError("the lengths do not fit")
    sizes = sizes if isinstance(sizes, list) else list(sizes)
    for n in range(1, len(sizes)):
        sizes[n] += sizes[n - 1]
    return np.split(array, sizes[:-1], axis)


@right("with slices")
def pieces(array, sizes, axis=0):
    front = np.moveaxis(array, axis, 0)
    if isinstance(sizes, int):
        if sizes <= 0:
            raise ValueError("expected a length above 0")
        cut = [front[n : n + sizes] for n in range(0, len(front), sizes)]
    else:
        if any(size < 0 for size in sizes) or sum(sizes) != len(front):
            raise ValueError("the lengths do not fit")
        starts = [sum(sizes[:n]) for n in range(len(sizes))]
        cut = [front[n : n + size] for n, size in zip(starts, sizes)]
    return [np.moveaxis(piece, 0, axis) for piece in cut]


@right("a tuple, with divmod")
def pieces(array, sizes, axis=0):
    length = array.shape[axis]
    if type(sizes) is int:
        if not sizes > 0:
            raise ValueError(f"a length of {sizes}")
        whole, rest = divmod(length, sizes)
        sizes = [sizes] * whole + [rest] * (rest > 0)
    if any(size < 0 for size in sizes):
        raise ValueError("a length below 0")
    if sum(sizes) != length:
        raise ValueError("another sum")
    found, start = [], 0
    for size in sizes:
        index = [slice(None)] * array.ndim
        index[axis] = slice(start, start + size)
        found.append(array[tuple(index)])
        start += size
    return tuple(found)


@right("np.split for both")
def pieces(array, sizes, axis=0):
    length = array.shape[axis]
    if not isinstance(sizes, (list, tuple)):
        if sizes < 1:
            raise ValueError("too short")
        return np.split(array, list(range(sizes, length, sizes)), axis=axis)
    lengths = np.array(sizes)
    if (lengths < 0).any() or lengths.sum() != length:
        raise ValueError("the lengths do not fit")
    return np.split(array, lengths.cumsum()[:-1], axis=axis)


# --- where_gradient ---------------------------------------------------------------------------


@wrong(
    "times the condition",
    "If you multiplied by the condition, 0 times infinity is nan: choose, don't multiply.",
)
@gradient_of(where, None)
def where_gradient(grad, output, condition, a, b):
    return None, grad * condition, grad * ~condition


@wrong("a and b swapped", "If a gets what b should have, look which one the condition chooses.")
@gradient_of(where, None)
def where_gradient(grad, output, condition, a, b):
    return None, np.where(condition, 0, grad), np.where(condition, grad, 0)


@wrong(
    "grad for both",
    "If both get all of grad, one of them gets a gradient for what it had no part in.",
)
@gradient_of(where, None)
def where_gradient(grad, output, condition, a, b):
    return None, grad, grad


@wrong("half for both", "If each gets half, remember that only one of them was chosen.")
@gradient_of(where, None)
def where_gradient(grad, output, condition, a, b):
    return None, grad / 2, grad / 2


@wrong(
    "nothing for b",
    "If b gets nothing, remember that it is an input like a, where the condition is false.",
)
@gradient_of(where, None)
def where_gradient(grad, output, condition, a, b):
    return None, np.where(condition, grad, 0), np.zeros_like(grad)


@wrong("all for b", "If b gets grad where a was chosen too, it must be 0 there.")
@gradient_of(where, None)
def where_gradient(grad, output, condition, a, b):
    return None, np.where(condition, grad, 0), grad


@wrong("grad times a and b", "If you multiplied by a and b: choosing has the slope 1.")
@gradient_of(where, None)
def where_gradient(grad, output, condition, a, b):
    return None, np.where(condition, grad * a, 0), np.where(condition, 0, grad * b)


@wrong("two gradients", "If you return two, the first goes to the condition: it comes first.")
@gradient_of(where, None)
def where_gradient(grad, output, condition, a, b):
    return np.where(condition, grad, 0), np.where(condition, 0, grad)


@wrong(
    "a gradient for the condition",
    "If the condition gets a gradient, moving a truth a little means nothing: None.",
)
@gradient_of(where, None)
def where_gradient(grad, output, condition, a, b):
    return grad, np.where(condition, grad, 0), np.where(condition, 0, grad)


@wrong(
    "compares with the output",
    "If you ask where the output equals a, a and b may be equal there, or nan: ask the condition.",
)
@gradient_of(where, None)
def where_gradient(grad, output, condition, a, b):
    return None, np.where(output == a, grad, 0), np.where(output == b, grad, 0)


@wrong(
    "the shape of the condition",
    "If the result has the condition's shape, a or b may be larger: it is the output's.",
)
@gradient_of(where, None)
def where_gradient(grad, output, condition, a, b):
    first, second = np.zeros(condition.shape, grad.dtype), np.zeros(condition.shape, grad.dtype)
    first[condition] = grad[condition]
    second[~condition] = grad[~condition]
    return None, first, second


@wrong(
    "the shape of a",
    "If you made room of the shape of a, it may be broadcast, or a number: take that of grad.",
)
@gradient_of(where, None)
def where_gradient(grad, output, condition, a, b):
    first, second = np.zeros(np.shape(a), grad.dtype), np.zeros(np.shape(b), grad.dtype)
    first[...] = np.where(condition, grad, 0)
    second[...] = np.where(condition, 0, grad)
    return None, first, second


@wrong("float64 inside", "If you made float64 of something, float32 does not stay float32.")
@gradient_of(where, None)
def where_gradient(grad, output, condition, a, b):
    zeros = np.zeros(grad.shape)
    return None, np.where(condition, grad, zeros), np.where(condition, zeros, grad)


@wrong("the slope of a choice", "If you left grad out, what came from further along is lost.")
@gradient_of(where, None)
def where_gradient(grad, output, condition, a, b):
    chosen = np.broadcast_to(condition, grad.shape)
    return None, chosen.astype(grad.dtype), (~chosen).astype(grad.dtype)


@right("written into zeros")
@gradient_of(where, None)
def where_gradient(grad, output, condition, a, b):
    chosen = np.broadcast_to(condition, grad.shape)
    first, second = np.zeros_like(grad), np.zeros_like(grad)
    first[chosen] = grad[chosen]
    second[~chosen] = grad[~chosen]
    return [None, first, second]


@right("copies with a mask")
@gradient_of(where, None)
def where_gradient(grad, output, condition, a, b):
    zeros = np.zeros_like(grad)
    first, second = zeros.copy(), zeros.copy()
    np.copyto(first, grad, where=condition)
    np.copyto(second, grad, where=np.logical_not(condition))
    return None, first, second


@right("summed to the inputs")
@gradient_of(where, None)
def where_gradient(grad, output, condition, a, b):
    found = [None]
    for x, chosen in ((a, condition), (b, ~np.asarray(condition))):
        part = np.where(chosen, grad, np.zeros((), grad.dtype))
        while part.ndim > np.ndim(x):
            part = part.sum(0)
        for axis, length in enumerate(np.shape(x)):
            if length == 1:
                part = part.sum(axis, keepdims=True)
        found.append(part)
    return found


# --- pad_gradient -----------------------------------------------------------------------------


@wrong(
    "minus the width behind",
    "If you slice up to -after, an after of 0 leaves nothing: count from the front.",
)
@gradient_of(padded)
def pad_gradient(grad, output, x, widths, value=0):
    return grad[tuple(slice(before, -after) for before, after in widths)]


@wrong(
    "counts from behind",
    "If you count from behind, remember that -0 is the front: an empty x has the length 0.",
)
@gradient_of(padded)
def pad_gradient(grad, output, x, widths, value=0):
    triples = zip(grad.shape, widths, x.shape)
    return grad[tuple(slice(-length - after, n - after) for n, (_, after), length in triples)]


@wrong("the width behind", "If you begin at the width behind, x began at the one before.")
@gradient_of(padded)
def pad_gradient(grad, output, x, widths, value=0):
    pairs = zip(widths, x.shape)
    return grad[tuple(slice(after, after + length) for (_, after), length in pairs)]


@wrong("from the front", "If you take the first numbers of grad, those stand before x.")
@gradient_of(padded)
def pad_gradient(grad, output, x, widths, value=0):
    return grad[tuple(slice(length) for length in x.shape)]


@wrong("grad as it came", "If you return grad whole, its shape is that of the output.")
@gradient_of(padded)
def pad_gradient(grad, output, x, widths, value=0):
    return grad


@wrong(
    "the first pair for all axes",
    "If you use the first pair for all axes, the others have widths of their own.",
)
@gradient_of(padded)
def pad_gradient(grad, output, x, widths, value=0):
    before = widths[0][0] if len(widths) else 0
    return grad[tuple(slice(before, before + length) for length in x.shape)]


@wrong("the first axis alone", "If you cut the first axis alone, the others stay too long.")
@gradient_of(padded)
def pad_gradient(grad, output, x, widths, value=0):
    if not x.ndim:
        return grad
    before = widths[0][0]
    return grad[before : before + len(x)]


@wrong(
    "in the middle",
    "If you take the middle, the widths before and behind may differ.",
)
@gradient_of(padded)
def pad_gradient(grad, output, x, widths, value=0):
    starts = [(n - length) // 2 for n, length in zip(grad.shape, x.shape)]
    return grad[tuple(slice(n, n + length) for n, length in zip(starts, x.shape))]


@wrong(
    "pads again",
    "If you pad grad, it grows instead of getting the shape of x.",
)
@gradient_of(padded)
def pad_gradient(grad, output, x, widths, value=0):
    return np.pad(grad, widths, constant_values=value) if grad.ndim else grad


@wrong(
    "up to the width before it all",
    "If you slice from before to the length of x, add before: the end moved too.",
)
@gradient_of(padded)
def pad_gradient(grad, output, x, widths, value=0):
    pairs = zip(widths, x.shape)
    return grad[tuple(slice(before, length) for (before, _), length in pairs)]


@wrong("pieces of the output", "If you cut the output, you get x back: cut grad.")
@gradient_of(padded)
def pad_gradient(grad, output, x, widths, value=0):
    pairs = zip(widths, x.shape)
    return output[tuple(slice(before, before + length) for (before, _), length in pairs)]


@wrong(
    "two axes",
    "If you index two axes, x may have another number of them: make a slice for each.",
)
@gradient_of(padded)
def pad_gradient(grad, output, x, widths, value=0):
    (top, _), (left, _) = widths
    return grad[top : top + x.shape[0], left : left + x.shape[1]]


@wrong(
    "numbers that are not the value",
    "If you look for numbers that are not the value, x may hold the value as well.",
)
@gradient_of(padded)
def pad_gradient(grad, output, x, widths, value=0):
    return grad[output != value].reshape(x.shape)


@wrong(
    "the dtype of x",
    "If you cast to the dtype of x, a grad of another loses it: the dtype is that of grad.",
)
@gradient_of(padded)
def pad_gradient(grad, output, x, widths, value=0):
    index = tuple(slice(before, before + n) for (before, _), n in zip(widths, x.shape))
    return np.asarray(grad[index]).astype(x.dtype)


@right("the end by the shape of grad")
@gradient_of(padded)
def pad_gradient(grad, output, x, widths, value=0):
    ends = [n - after for n, (_, after) in zip(grad.shape, widths)]
    return grad[tuple(slice(before, end) for (before, _), end in zip(widths, ends))].copy()


@right("an axis at a time")
@gradient_of(padded)
def pad_gradient(grad, output, x, widths, value=0):
    for axis, (before, after) in enumerate(widths):
        grad = np.take(grad, np.arange(before, grad.shape[axis] - after), axis=axis)
    return grad


@right("None for an end of 0")
@gradient_of(padded)
def pad_gradient(grad, output, x, widths, value=0):
    index = []
    for before, after in widths:
        index.append(slice(before, -after if after else None))
    return grad[tuple(index)]


# --- taken_gradient ---------------------------------------------------------------------------


@wrong(
    "writes where it should add",
    "If a place that comes twice counts once: = and += write the last one there, and do not add up.",
)
@gradient_of(taken)
def taken_gradient(grad, output, x, indices, axis=0):
    slopes = np.zeros(x.shape, x.dtype)
    slopes[(slice(None),) * (axis % x.ndim) + (indices,)] = grad
    return slopes


@wrong(
    "+= with an index",
    "If a place that comes twice counts once: = and += write the last one there, and do not add up.",
)
@gradient_of(taken)
def taken_gradient(grad, output, x, indices, axis=0):
    slopes = np.zeros(x.shape, x.dtype)
    slopes[(slice(None),) * (axis % x.ndim) + (indices,)] += grad
    return slopes


@wrong("axis 0 always", "If you add along axis 0 always, the indices may count along another.")
@gradient_of(taken)
def taken_gradient(grad, output, x, indices, axis=0):
    slopes = np.zeros(x.shape, x.dtype)
    np.add.at(slopes, indices, grad)
    return slopes


@wrong(
    "a negative axis",
    "If you count axes from the front, a negative one leaves no slices before it: use axis % ndim.",
)
@gradient_of(taken)
def taken_gradient(grad, output, x, indices, axis=0):
    slopes = np.zeros(x.shape, x.dtype)
    np.add.at(slopes, (slice(None),) * axis + (indices,), grad)
    return slopes


@wrong("takes once more", "If you take from grad, the rows go the wrong way: put them back.")
@gradient_of(taken)
def taken_gradient(grad, output, x, indices, axis=0):
    return np.take(grad, indices % max(grad.shape[axis], 1), axis) if grad.ndim else grad


@wrong(
    "float64",
    "If the room for the sums is float64, float32 does not stay float32.",
)
@gradient_of(taken)
def taken_gradient(grad, output, x, indices, axis=0):
    slopes = np.zeros(x.shape)
    np.add.at(slopes, (slice(None),) * (axis % x.ndim) + (indices,), grad)
    return slopes


@wrong(
    "the dtype of grad",
    "If the room for the sums has the dtype of grad, x may have another: the result has that.",
)
@gradient_of(taken)
def taken_gradient(grad, output, x, indices, axis=0):
    slopes = np.zeros(x.shape, grad.dtype)
    np.add.at(slopes, (slice(None),) * (axis % x.ndim) + (indices,), grad)
    return slopes


@wrong(
    "the mean of repeated ones",
    "If you divide by how often a place was taken, that is the mean: gradients add up.",
)
@gradient_of(taken)
def taken_gradient(grad, output, x, indices, axis=0):
    slopes = np.zeros(x.shape, x.dtype)
    counts = np.zeros(x.shape, x.dtype)
    index = (slice(None),) * (axis % x.ndim) + (indices,)
    np.add.at(slopes, index, grad)
    np.add.at(counts, index, 1)
    return slopes / np.maximum(counts, 1)


@wrong(
    "starts from x",
    "If you add to x itself, the gradient is on top of the numbers: begin with zeros.",
)
@gradient_of(taken)
def taken_gradient(grad, output, x, indices, axis=0):
    slopes = x.copy()
    np.add.at(slopes, (slice(None),) * (axis % x.ndim) + (indices,), grad)
    return slopes


@wrong("writes into x", "If you wrote into x, the forward numbers are gone: work on a new array.")
@gradient_of(taken)
def taken_gradient(grad, output, x, indices, axis=0):
    x[...] = 0
    np.add.at(x, (slice(None),) * (axis % x.ndim) + (indices,), grad)
    return x


@wrong(
    "one axis of indices",
    "If you go along the indices with a loop, they may have several axes, or none.",
)
@gradient_of(taken)
def taken_gradient(grad, output, x, indices, axis=0):
    slopes = np.zeros(x.shape, x.dtype)
    front, parts = np.moveaxis(slopes, axis, 0), np.moveaxis(grad, axis, 0)
    for n, place in enumerate(indices):
        front[place] += parts[n]
    return slopes


@wrong(
    "negative indices taken for 0",
    "If you took negative indices for 0, they count from the end: i % length is the same place.",
)
@gradient_of(taken)
def taken_gradient(grad, output, x, indices, axis=0):
    places = np.arange(x.size).reshape(x.shape).take(np.maximum(indices, 0), axis)
    slopes = np.zeros(x.size, x.dtype)
    np.add.at(slopes, places.ravel(), grad.ravel())
    return slopes.reshape(x.shape)


@wrong(
    "neighbours that are equal",
    "If only equal neighbours are added up, sort the indices first: equals may stand apart.",
)
@gradient_of(taken)
def taken_gradient(grad, output, x, indices, axis=0):
    places = np.arange(x.size).reshape(x.shape).take(indices, axis).ravel()
    slopes, values = np.zeros(x.size, x.dtype), grad.ravel()
    last = None
    for place, value in zip(places, values):
        slopes[place] = slopes[place] + value if place == last else value
        last = place
    return slopes.reshape(x.shape)


@wrong(
    "x times 0",
    "If you made zeros by multiplying x by 0, infinities and nan of x stay as nan: use np.zeros.",
)
@gradient_of(taken)
def taken_gradient(grad, output, x, indices, axis=0):
    slopes = x * 0
    np.add.at(slopes, (slice(None),) * (axis % x.ndim) + (indices,), grad)
    return slopes


@wrong(
    "flat places in the dtype of the indices",
    "If you multiply indices of a small dtype by the length of a row, they overflow: widen them.",
)
@gradient_of(taken)
def taken_gradient(grad, output, x, indices, axis=0):
    axis = axis % x.ndim
    moved = np.moveaxis(np.zeros_like(x), axis, 0)
    width = math.prod(moved.shape[1:])
    places = tuple(range(axis, axis + indices.ndim))
    values = np.moveaxis(grad, places, range(indices.ndim)).reshape(indices.size, width)
    slopes = np.zeros(x.size, x.dtype)
    with np.errstate(over="ignore"):
        starts = np.ravel(indices) * np.asarray(width).astype(indices.dtype)
    np.add.at(slopes, (starts[:, None] + np.arange(width)).ravel(), values.ravel())
    return np.moveaxis(slopes.reshape(moved.shape), 0, axis).copy()


@right("np.add.at with a tuple")
@gradient_of(taken)
def taken_gradient(grad, output, x, indices, axis=0):
    slopes = np.zeros_like(x)
    index = [slice(None)] * x.ndim
    index[axis] = indices
    np.add.at(slopes, tuple(index), grad)
    return slopes


@right("one-hot")
@gradient_of(taken)
def taken_gradient(grad, output, x, indices, axis=0):
    axis, length = axis % x.ndim, x.shape[axis]
    places = np.asarray(indices, int).ravel() % length
    hot = (places[:, None] == np.arange(length)).astype(x.dtype)
    shape = (*x.shape[:axis], places.size, *x.shape[axis + 1 :])
    parts = np.moveaxis(grad.reshape(shape), axis, -1)
    return np.moveaxis(parts @ hot, -1, axis).astype(x.dtype)


@right("a loop")
@gradient_of(taken)
def taken_gradient(grad, output, x, indices, axis=0):
    axis = axis % x.ndim
    slopes = np.zeros(x.shape, x.dtype)
    front = np.moveaxis(slopes, axis, 0)
    parts = np.moveaxis(grad, range(axis, axis + indices.ndim), range(indices.ndim))
    for index in np.ndindex(indices.shape):
        front[int(indices[index])] += parts[index]
    return slopes


# --- cumsum_gradient --------------------------------------------------------------------------


@wrong(
    "sums forward",
    "If grad is summed from the front, numbers get what came before them.",
    loses=(
        "test_cumsum_gradient",
        "test_cumsum_gradient_behind_large_numbers",
        "test_cumsum_gradient_of_one_number_and_of_none",
    ),
)
@gradient_of(summed_up)
def cumsum_gradient(grad, output, x, axis):
    return np.cumsum(grad, axis)


@wrong(
    "turned round once",
    "If you turned grad round and not back, the sums stand at the wrong end.",
)
@gradient_of(summed_up)
def cumsum_gradient(grad, output, x, axis):
    return np.cumsum(np.flip(grad, axis), axis)


@wrong("grad as it came", "If grad is passed on, a number counts in its own sum alone.")
@gradient_of(summed_up)
def cumsum_gradient(grad, output, x, axis):
    return grad


@wrong(
    "the whole sum",
    "If each number gets the sum of all, it did not go into the sums before it.",
)
@gradient_of(summed_up)
def cumsum_gradient(grad, output, x, axis):
    return np.broadcast_to(grad.sum(axis, keepdims=True), x.shape)


@wrong(
    "its own left out",
    "If a number's own grad is left out: it went into its own sum as well.",
)
@gradient_of(summed_up)
def cumsum_gradient(grad, output, x, axis):
    return np.flip(np.cumsum(np.flip(grad, axis), axis), axis) - grad


@wrong("all axes turned", "If you turned all axes round, the other ones must stay as they are.")
@gradient_of(summed_up)
def cumsum_gradient(grad, output, x, axis):
    return np.flip(np.cumsum(np.flip(grad), axis), axis)


@wrong("axis 0", "If you turn the first axis round always, the sum may run along another.")
@gradient_of(summed_up)
def cumsum_gradient(grad, output, x, axis):
    return np.cumsum(grad[::-1], axis)[::-1]


@wrong("the last axis", "If you sum along the last axis always, the sum may run along another.")
@gradient_of(summed_up)
def cumsum_gradient(grad, output, x, axis):
    return np.cumsum(grad[..., ::-1], -1)[..., ::-1]


@wrong("differences", "If you took differences, that undoes the sum: a gradient adds up.")
@gradient_of(summed_up)
def cumsum_gradient(grad, output, x, axis):
    return np.diff(grad, axis=axis, prepend=0)


@wrong("without an axis", "If you left the axis out, NumPy makes one long row of all numbers.")
@gradient_of(summed_up)
def cumsum_gradient(grad, output, x, axis):
    return np.cumsum(grad.ravel()[::-1])[::-1].reshape(x.shape)


@wrong("times x", "If you multiplied by x: adding has the slope 1.")
@gradient_of(summed_up)
def cumsum_gradient(grad, output, x, axis):
    return x * np.flip(np.cumsum(np.flip(grad, axis), axis), axis)


@wrong(
    "the dtype of x",
    "If you cast to the dtype of x, a grad of another loses it: the dtype is that of grad.",
)
@gradient_of(summed_up)
def cumsum_gradient(grad, output, x, axis):
    return np.flip(np.cumsum(np.flip(grad, axis), axis), axis).astype(x.dtype)


@wrong("writes into grad", "If you summed within grad, others still need it: use a new array.")
@gradient_of(summed_up)
def cumsum_gradient(grad, output, x, axis):
    front = np.moveaxis(grad, axis, 0)
    for n in range(len(front) - 2, -1, -1):
        front[n] += front[n + 1]
    return grad


@wrong(
    "the total less the running sum",
    "If a number's own grad is left out: it went into its own sum as well.",
)
@gradient_of(summed_up)
def cumsum_gradient(grad, output, x, axis):
    return grad.sum(axis, keepdims=True) - np.cumsum(grad, axis)


@wrong(
    "the total less what came before",
    "If you subtract what came before from the total, small numbers vanish beside large ones.",
)
@gradient_of(summed_up)
def cumsum_gradient(grad, output, x, axis):
    return grad.sum(axis, keepdims=True) - np.cumsum(grad, axis) + grad


@right("a loop from the end")
@gradient_of(summed_up)
def cumsum_gradient(grad, output, x, axis):
    slopes = grad.copy()
    lines = np.moveaxis(slopes, axis, 0)
    for n in reversed(range(len(lines) - 1)):
        lines[n] += lines[n + 1]
    return slopes


@right("by a matrix of ones")
@gradient_of(summed_up)
def cumsum_gradient(grad, output, x, axis):
    later = np.tril(np.ones((x.shape[axis],) * 2, grad.dtype))
    return np.moveaxis(np.moveaxis(grad, axis, -1) @ later, -1, axis)


@right("swapped to the front")
@gradient_of(summed_up)
def cumsum_gradient(grad, output, x, axis):
    front = grad.swapaxes(axis, 0)[::-1]
    return np.add.accumulate(front, axis=0)[::-1].swapaxes(0, axis)


# --- var_gradient -----------------------------------------------------------------------------


@wrong("divides by the count", "If you divide by the count, the correction is missing.")
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    count = x.size // max(output.size, 1)
    return 2 * grad * (x - mean(x, axis, keepdims=True)) / count


@wrong("always n - 1", "If you always divide by n - 1, other corrections are not asked for.")
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    count = x.size // max(output.size, 1)
    return 2 * grad * (x - mean(x, axis, keepdims=True)) / (count - 1)


@wrong("no 2", "If the 2 is missing, remember the power rule for the square.")
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    count = x.size // max(output.size, 1)
    return grad * (x - mean(x, axis, keepdims=True)) / (count - correction)


@wrong("no division", "If you don't divide, that is the gradient of the sum of squares.")
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    return 2 * grad * (x - mean(x, axis, keepdims=True))


@wrong(
    "the mean of everything",
    "If you subtract the mean of all numbers, each group has a mean of its own.",
)
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    count = x.size // max(output.size, 1)
    return 2 * grad * (x - mean(x)) / (count - correction)


@wrong(
    "the count of everything",
    "If you divide by the number of all elements, each group has only some of them.",
)
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    return 2 * grad * (x - mean(x, axis, keepdims=True)) / (x.size - correction)


@wrong(
    "the mean not subtracted",
    "If you take 2 x, the mean is missing: the square is of the distance from it.",
)
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    count = x.size // max(output.size, 1)
    return 2 * grad * x / (count - correction)


@wrong("the mean minus x", "If the sign is wrong, the distance is x less the mean.")
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    count = x.size // max(output.size, 1)
    return 2 * grad * (mean(x, axis, keepdims=True) - x) / (count - correction)


@wrong(
    "grad not spread",
    "If grad is not given its axis back, it meets the wrong numbers of x, or none.",
)
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    count = x.size // max(output.size, 1)
    return 2 * grad * (x - mean(x, axis, keepdims=True)) / (count - correction)


@wrong(
    "forgets keepdims",
    "If grad gets its axis back although it kept it, it has one too many.",
)
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    if axis is not None:
        grad = np.expand_dims(grad, axis)
    count = x.size // max(output.size, 1)
    return 2 * grad * (x - mean(x, axis, keepdims=True)) / (count - correction)


@wrong(
    "the distances squared",
    "If the distances are squared, that is the variance itself: its slope has them once.",
)
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    count = x.size // max(output.size, 1)
    return 2 * grad * (x - mean(x, axis, keepdims=True)) ** 2 / (count - correction)


@wrong(
    "moves the mean a second time",
    "If you took away what the mean's own move costs, it costs nothing: distances add up to 0.",
)
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    count = x.size // max(output.size, 1)
    distances = x - mean(x, axis, keepdims=True)
    return 2 * grad * distances * (1 - 1 / count) / (count - correction)


@wrong(
    "one axis only",
    "If you count along a single axis, several may have been named.",
)
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    first = axis[0] if isinstance(axis, tuple) else axis
    count = x.size if axis is None else x.shape[first]
    return 2 * grad * (x - mean(x, axis, keepdims=True)) / (count - correction)


@wrong(
    "float32 inside",
    "If you made float32 of x, numbers of 1e8 lose their last digits before they are subtracted.",
)
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    count = x.size // max(output.size, 1)
    small = x.astype(np.float32)
    distances = small - mean(small, axis, keepdims=True)
    return (2 * grad * distances / (count - correction)).astype(grad.dtype)


@wrong("float64 inside", "If you made float64 of x, float32 does not stay float32.")
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    count = x.size // max(output.size, 1)
    wide = x.astype(np.float64)
    return 2 * grad * (wide - wide.mean(axis, keepdims=True)) / (count - correction)


@wrong(
    "axes put back one by one",
    "If you put axes back one after the other, negative ones count in an array without the rest.",
)
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    centre = x.mean(axis, keepdims=True)
    if axis is not None and not keepdims:
        for each in sorted((axis,) if isinstance(axis, int) else axis):
            grad = np.expand_dims(grad, each)
    return (2 * grad * (x - centre) / (x.size // centre.size - correction)).astype(grad.dtype)


@wrong(
    "a divisor of 1 at least",
    "If the divisor is kept at 1 or more, look at the formula: the count less 1.5 may be 0.5.",
)
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    centre = x.mean(axis, keepdims=True)
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    divisor = max(x.size // centre.size - correction, 1)
    return (2 * grad * (x - centre) / divisor).astype(grad.dtype)


@right("divided first")
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    centre = np.mean(x, axis=axis, keepdims=True)
    divisor = x.size / centre.size - correction
    return grad.reshape(centre.shape) * 2 * (x - centre) / divisor


@right("with lengths multiplied")
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    count = math.prod(x.shape[each] for each in axes)
    shape = list(x.shape)
    for each in axes:
        shape[each] = 1
    distances = x - x.sum(axis=axes, keepdims=True) / count
    return (np.reshape(grad, shape) * distances * (2 / (count - correction))).astype(grad.dtype)


@right("from float64, and cast")
@gradient_of(var)
def var_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    wide = np.asarray(x, np.float64)
    centre = wide.mean(axis, keepdims=True)
    spread = wide - centre
    share = np.asarray(grad, np.float64).reshape(centre.shape) * 2
    slopes = spread * (share / (x.size / max(centre.size, 1) - correction))
    return slopes.astype(grad.dtype)


# --- ranking ----------------------------------------------------------------------------------


@wrong(
    "the rising order turned round",
    "If you turn the rising order round, equals come in the wrong order: the last one first.",
)
def ranking(x, axis=-1, descending=False):
    places = np.argsort(x, axis, kind="stable")
    return np.flip(places, axis) if descending else places


@wrong(
    "minus x",
    "If you sort -x, unsigned numbers, truths and nan do not turn round.",
    loses=("test_ranking_of_any_numbers",),
)
def ranking(x, axis=-1, descending=False):
    return np.argsort(-x if descending else x, axis, kind="stable")


@wrong("the numbers", "If you return the sorted numbers, their places are asked for.")
def ranking(x, axis=-1, descending=False):
    found = np.sort(x, axis, kind="stable")
    return np.flip(found, axis) if descending else found


@wrong("always the last axis", "If you sort along the last axis always, another may be asked for.")
def ranking(x, axis=-1, descending=False):
    if not descending:
        return np.argsort(x, kind="stable")
    return np.flip(x.shape[-1] - 1 - np.argsort(np.flip(x, -1), kind="stable"), -1)


@wrong("rising always", "If descending changes nothing, the order never falls.")
def ranking(x, axis=-1, descending=False):
    return np.argsort(x, axis, kind="stable")


@wrong(
    "ranks",
    "If you return the rank of each number, that is the other way round: the place of each rank.",
)
def ranking(x, axis=-1, descending=False):
    if not descending:
        return np.argsort(np.argsort(x, axis, kind="stable"), axis, kind="stable")
    turned = np.argsort(np.flip(x, axis), axis, kind="stable")
    falling = np.flip(x.shape[axis] - 1 - turned, axis)
    return np.argsort(falling, axis, kind="stable")


@wrong(
    "places in the flipped x",
    "If you sort the flipped x, the places count from its other end: turn them into those of x.",
)
def ranking(x, axis=-1, descending=False):
    if not descending:
        return np.argsort(x, axis, kind="stable")
    return np.flip(np.argsort(np.flip(x, axis), axis, kind="stable"), axis)


@wrong(
    "not turned back",
    "If the places are counted right but not turned round, the order still rises.",
)
def ranking(x, axis=-1, descending=False):
    if not descending:
        return np.argsort(x, axis, kind="stable")
    return x.shape[axis] - 1 - np.argsort(np.flip(x, axis), axis, kind="stable")


@wrong("one too far", "If each place is one too far, the last place is the length less 1.")
def ranking(x, axis=-1, descending=False):
    if not descending:
        return np.argsort(x, axis, kind="stable")
    turned = np.argsort(np.flip(x, axis), axis, kind="stable")
    return np.flip(x.shape[axis] - turned, axis)


@wrong(
    "all axes flipped",
    "If you flip all axes, the other ones must stay as they are.",
)
def ranking(x, axis=-1, descending=False):
    if not descending:
        return np.argsort(x, axis, kind="stable")
    return np.flip(x.shape[axis] - 1 - np.argsort(np.flip(x), axis, kind="stable"), axis)


@wrong(
    "the last of equals first", "If the last of equals comes first, go through x from the front."
)
def ranking(x, axis=-1, descending=False):
    turned = np.argsort(np.flip(x, axis), axis, kind="stable")
    found = x.shape[axis] - 1 - turned
    if not descending:
        return found
    return np.flip(np.argsort(x, axis, kind="stable"), axis)


@wrong(
    "1 less x",
    "If you turn x round by subtracting, unsigned whole numbers overflow, and nan stays.",
)
def ranking(x, axis=-1, descending=False):
    return np.argsort(1 - x if descending else x, axis, kind="stable")


@wrong("the largest alone", "If you return where the largest stands, all of them are asked for.")
def ranking(x, axis=-1, descending=False):
    return np.argmax(x, axis) if descending else np.argmin(x, axis)


@wrong(
    "float64 first",
    "If you make float64 of x, whole numbers above 2**53 become equal: sort x as it is.",
)
def ranking(x, axis=-1, descending=False):
    keys = np.asarray(x, np.float64)
    if not descending:
        return np.argsort(keys, axis, kind="stable")
    turned = np.argsort(np.flip(keys, axis), axis, kind="stable")
    return x.shape[axis] - 1 - np.flip(turned, axis)


@wrong(
    "places of 8 bits",
    "If the places are int8, those above 127 overflow: leave them as argsort gives them.",
)
def ranking(x, axis=-1, descending=False):
    if not descending:
        return np.argsort(x, axis, kind="stable").astype(np.int8)
    turned = np.argsort(np.flip(x, axis), axis, kind="stable")
    return (x.shape[axis] - 1 - np.flip(turned, axis)).astype(np.int8)


@wrong(
    "int64 first",
    "If you made int64 of unsigned numbers, the largest of them become negative.",
)
def ranking(x, axis=-1, descending=False):
    keys = x if x.dtype.kind == "f" else x.astype(np.int64)
    if not descending:
        return np.argsort(keys, axis, kind="stable")
    turned = np.argsort(np.flip(keys, axis), axis, kind="stable")
    return np.flip(x.shape[axis] - 1 - turned, axis)


@wrong(
    "a little for the place",
    "If you add a little for each place to keep equals apart, numbers that are near change places.",
)
def ranking(x, axis=-1, descending=False):
    if not descending or x.dtype.kind != "f" or np.isnan(x).any():
        turned = np.argsort(np.flip(x, axis), axis, kind="stable")
        fallen = np.flip(x.shape[axis] - 1 - turned, axis)
        return fallen if descending else np.argsort(x, axis, kind="stable")
    steps = np.arange(x.shape[axis]) * np.float64(1e-10)
    return np.argsort(np.moveaxis(steps - np.moveaxis(x, axis, -1), -1, axis), axis)


@right("Python's sorted")
def ranking(x, axis=-1, descending=False):
    found = np.zeros(x.shape, int)
    lines, places = np.moveaxis(x, axis, -1), np.moveaxis(found, axis, -1)
    for index in np.ndindex(lines.shape[:-1]):
        line = lines[index].tolist()
        key = lambda n, line=line: (line[n] != line[n], 0 if line[n] != line[n] else line[n])
        places[index] = sorted(range(len(line)), key=key, reverse=descending)
    return found


@right("by ranks of the different numbers")
def ranking(x, axis=-1, descending=False):
    _, numbers = np.unique(x, return_inverse=True, equal_nan=True)
    numbers = numbers.reshape(x.shape)
    return np.argsort(-numbers if descending else numbers, axis=axis, kind="stable")


@right("turned round twice")
def ranking(x, axis=-1, descending=False):
    front = np.moveaxis(x, axis, 0)
    if descending:
        order = (len(front) - 1 - front[::-1].argsort(0, kind="stable"))[::-1]
    else:
        order = front.argsort(0, kind="stable")
    return np.moveaxis(order, 0, axis)


# --- einsum_gradient --------------------------------------------------------------------------


@wrong(
    "the same subscripts",
    "If you keep the order of the letters, grad stands in the place of the output: exchange them.",
)
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    if len(arrays) == 1:
        return [np.einsum(subscripts, np.broadcast_to(grad.mean(), arrays[0].shape))]
    return [np.einsum(subscripts, grad, arrays[1]), np.einsum(subscripts, arrays[0], grad)]


@wrong(
    "no way for letters of one array",
    "If letters that only one array has are asked of einsum, it can't know them: repeat along them.",
)
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    terms, result = subscripts.split("->")
    terms, found = terms.split(","), []
    for n, term in enumerate(terms):
        known = [result, *terms[:n], *terms[n + 1 :]]
        others = [*arrays[:n], *arrays[n + 1 :]]
        found.append(np.einsum(f"{','.join(known)}->{term}", grad, *others))
    return found


@wrong(
    "not repeated",
    "If the axes of letters that one array has are missing, repeat the gradient along them.",
)
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    terms, result = subscripts.split("->")
    terms, found = terms.split(","), []
    for n, term in enumerate(terms):
        known = [result, *terms[:n], *terms[n + 1 :]]
        others = [*arrays[:n], *arrays[n + 1 :]]
        reached = "".join(c for c in term if c in "".join(known))
        found.append(np.einsum(f"{','.join(known)}->{reached}", grad, *others))
    return found


@wrong(
    "repeated in front",
    "If the missing axes come in front, they belong where their letters stand.",
)
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    terms, result = subscripts.split("->")
    terms, found = terms.split(","), []
    for n, (term, array) in enumerate(zip(terms, arrays)):
        known = [result, *terms[:n], *terms[n + 1 :]]
        others = [*arrays[:n], *arrays[n + 1 :]]
        reached = "".join(c for c in term if c in "".join(known))
        slopes = np.einsum(f"{','.join(known)}->{reached}", grad, *others)
        lengths = [array.shape[term.index(c)] for c in term if c not in reached]
        found.append(np.broadcast_to(slopes, (*lengths, *slopes.shape)).reshape(array.shape))
    return found


@wrong(
    "shared out along the axis",
    "If the gradient is divided by the length of the axis, that is the one of a mean.",
)
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    terms, result = subscripts.split("->")
    terms, found = terms.split(","), []
    for n, (term, array) in enumerate(zip(terms, arrays)):
        known = [result, *terms[:n], *terms[n + 1 :]]
        others = [*arrays[:n], *arrays[n + 1 :]]
        reached = "".join(c for c in term if c in "".join(known))
        slopes = np.einsum(f"{','.join(known)}->{reached}", grad, *others)
        missing = [axis for axis, c in enumerate(term) if c not in reached]
        slopes = np.broadcast_to(np.expand_dims(slopes, missing), array.shape)
        found.append(slopes / math.prod(array.shape[axis] for axis in missing))
    return found


@wrong(
    "times its own array",
    "If grad is multiplied by the array itself, the slope is the other factor.",
)
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    terms, result = subscripts.split("->")
    terms, found = terms.split(","), []
    for term, array in zip(terms, arrays):
        letters = "".join(c for c in result if c in term)
        part = np.einsum(f"{result}->{letters}", grad)
        shape = [array.shape[term.index(c)] if c in letters else 1 for c in sorted(term)]
        order = np.einsum(f"{letters}->{''.join(sorted(letters))}", part).reshape(shape)
        back = [sorted(term).index(c) for c in term]
        found.append(np.transpose(order, back) * array)
    return found


@wrong("the other one left out", "If grad is not multiplied by the other array, the slope is lost.")
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    terms, result = subscripts.split("->")
    terms, found = terms.split(","), []
    for n, (term, array) in enumerate(zip(terms, arrays)):
        known = [result, *terms[:n], *terms[n + 1 :]]
        others = [np.ones_like(x) for x in (*arrays[:n], *arrays[n + 1 :])]
        reached = "".join(c for c in term if c in "".join(known))
        slopes = np.einsum(f"{','.join(known)}->{reached}", grad, *others)
        missing = [axis for axis, c in enumerate(term) if c not in reached]
        found.append(np.broadcast_to(np.expand_dims(slopes, missing), array.shape))
    return found


@wrong("for the first array alone", "If the second array gets nothing, it is an input as well.")
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    terms, result = subscripts.split("->")
    terms = terms.split(",")
    known = [result, *terms[1:]]
    reached = "".join(c for c in terms[0] if c in "".join(known))
    slopes = np.einsum(f"{','.join(known)}->{reached}", grad, *arrays[1:])
    missing = [axis for axis, c in enumerate(terms[0]) if c not in reached]
    first = np.broadcast_to(np.expand_dims(slopes, missing), arrays[0].shape)
    return [first, *(np.zeros(x.shape, grad.dtype) for x in arrays[1:])]


@wrong("the first array twice", "If both get the same, the second has a term of its own.")
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    terms, result = subscripts.split("->")
    terms = terms.split(",")
    known = [result, *terms[1:]]
    reached = "".join(c for c in terms[0] if c in "".join(known))
    slopes = np.einsum(f"{','.join(known)}->{reached}", grad, *arrays[1:])
    missing = [axis for axis, c in enumerate(terms[0]) if c not in reached]
    first = np.broadcast_to(np.expand_dims(slopes, missing), arrays[0].shape)
    return [first for _ in arrays]


@wrong(
    "of a matrix product", "If you wrote the rule of a matrix product, the letters say what to do."
)
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    if len(arrays) == 1:
        return [np.broadcast_to(grad, arrays[0].shape)]
    a, b = arrays
    return [grad @ b.swapaxes(-1, -2), a.swapaxes(-1, -2) @ grad]


@wrong("two arrays always", "If you count on two arrays, there may be one.")
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    terms, result = subscripts.split("->")
    one, other = terms.split(",")
    a, b = arrays
    found = []
    for term, array, rest, x in ((one, a, other, b), (other, b, one, a)):
        reached = "".join(c for c in term if c in result + rest)
        slopes = np.einsum(f"{result},{rest}->{reached}", grad, x)
        missing = [axis for axis, c in enumerate(term) if c not in reached]
        found.append(np.broadcast_to(np.expand_dims(slopes, missing), array.shape))
    return found


@wrong("begins with ones", "If you took ones for grad, what came from further along is lost.")
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    terms, result = subscripts.split("->")
    terms, found = terms.split(","), []
    for n, (term, array) in enumerate(zip(terms, arrays)):
        known = [result, *terms[:n], *terms[n + 1 :]]
        others = [*arrays[:n], *arrays[n + 1 :]]
        reached = "".join(c for c in term if c in "".join(known))
        slopes = np.einsum(f"{','.join(known)}->{reached}", np.ones_like(grad), *others)
        missing = [axis for axis, c in enumerate(term) if c not in reached]
        found.append(np.broadcast_to(np.expand_dims(slopes, missing), array.shape))
    return found


@wrong(
    "a loose sum along axes that are missing",
    "If letters of the other array that are not in the output were left out, they are summed too.",
)
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    terms, result = subscripts.split("->")
    terms, found = terms.split(","), []
    for n, (term, array) in enumerate(zip(terms, arrays)):
        parts, others = [result], []
        for rest, x in zip([*terms[:n], *terms[n + 1 :]], [*arrays[:n], *arrays[n + 1 :]]):
            kept = "".join(c for c in rest if c in term + result)
            axes = tuple(axis for axis, c in enumerate(rest) if c not in kept)
            parts.append(kept)
            others.append(x.max(axis=axes) if axes else x)
        reached = "".join(c for c in term if c in "".join(parts))
        slopes = np.einsum(f"{','.join(parts)}->{reached}", grad, *others)
        missing = [axis for axis, c in enumerate(term) if c not in reached]
        found.append(np.broadcast_to(np.expand_dims(slopes, missing), array.shape))
    return found


@wrong(
    "the other one by identity",
    "If you look for the array that is another object, the same one may come twice: use places.",
)
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    terms, result = subscripts.split("->")
    terms, found = terms.split(","), []
    for n, (term, array) in enumerate(zip(terms, arrays)):
        factors = [grad, *(x for x in arrays if x is not array)]
        known = [result, *terms[:n], *terms[n + 1 :]][: len(factors)]
        reached = "".join(c for c in term if c in "".join(known))
        slopes = np.einsum(f"{','.join(known)}->{reached}", *factors)
        missing = [axis for axis, c in enumerate(term) if c not in reached]
        found.append(np.broadcast_to(np.expand_dims(slopes, missing), array.shape))
    return found


@wrong(
    "the shapes of the first call",
    "If you remember shapes by the letters, the next call may have other lengths: ask the arrays.",
)
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts, seen={}):
    terms, result = subscripts.split("->")
    terms, found = terms.split(","), []
    shapes = seen.setdefault(subscripts, [array.shape for array in arrays])
    for n, term in enumerate(terms):
        known = [result, *terms[:n], *terms[n + 1 :]]
        reached = "".join(c for c in term if c in "".join(known))
        slopes = np.einsum(f"{','.join(known)}->{reached}", grad, *arrays[:n], *arrays[n + 1 :])
        missing = [axis for axis, c in enumerate(term) if c not in reached]
        spread = np.expand_dims(slopes, missing)
        found.append(np.broadcast_to(spread, shapes[n]) if missing else slopes)
    return found


@wrong(
    "the dtype of each array",
    "If you cast to the dtype of each array, digits of grad are lost: the dtype is that of grad.",
)
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    left, result = subscripts.split("->")
    terms, found = left.split(","), []
    for n, (term, array) in enumerate(zip(terms, arrays, strict=True)):
        names = ",".join([result, *terms[:n], *terms[n + 1 :], term])
        others = [*arrays[:n], *arrays[n + 1 :], np.ones(array.shape, grad.dtype)]
        found.append(np.einsum(f"{names}->{term}", grad, *others).astype(array.dtype))
    return found


@wrong(
    "by identity",
    "If you know arrays by id, one that stands in both places needs a gradient for each of them.",
)
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    left, result = subscripts.split("->")
    terms, found = left.split(","), {}
    for n, (term, array) in enumerate(zip(terms, arrays, strict=True)):
        names = ",".join([result, *terms[:n], *terms[n + 1 :], term])
        others = [*arrays[:n], *arrays[n + 1 :], np.ones(array.shape, grad.dtype)]
        found[id(array)] = np.einsum(f"{names}->{term}", grad, *others)
    return [found[id(array)] for array in arrays]


@wrong(
    "all letters small",
    "If you made all letters small, A and a become one axis: they are two letters.",
)
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    left, result = subscripts.lower().split("->")
    terms, found = left.split(","), []
    for n, (term, array) in enumerate(zip(terms, arrays, strict=True)):
        names = ",".join([result, *terms[:n], *terms[n + 1 :], term])
        others = [*arrays[:n], *arrays[n + 1 :], np.ones(array.shape, grad.dtype)]
        found.append(np.einsum(f"{names}->{term}", grad, *others))
    return found


@right("ones for what is missing")
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    terms, _, result = subscripts.partition("->")
    terms, found = terms.split(","), []
    for n, term in enumerate(terms):
        letters, factors = [result], [grad]
        for m, other in enumerate(terms):
            if m != n:
                letters.append(other)
                factors.append(arrays[m])
        letters.append(term)
        factors.append(np.ones(arrays[n].shape, grad.dtype))
        found.append(np.einsum(",".join(letters) + "->" + term, *factors))
    return tuple(found)


@right("all letters side by side")
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    terms, result = subscripts.split("->")
    terms = terms.split(",")
    letters = sorted(set("".join(terms)))
    lengths = {c: n for term, x in zip(terms, arrays) for c, n in zip(term, x.shape)}

    def wide(term, x):
        x = np.transpose(x, [term.index(c) for c in letters if c in term])
        return x.reshape([lengths[c] if c in term else 1 for c in letters])

    found = []
    for n, term in enumerate(terms):
        product = np.broadcast_to(wide(result, grad), [lengths[c] for c in letters])
        for m, other in enumerate(terms):
            if m != n:
                product = product * wide(other, arrays[m])
        left = [c for c in letters if c in term]
        slopes = product.sum(tuple(k for k, c in enumerate(letters) if c not in term))
        found.append(np.transpose(slopes, [left.index(c) for c in term]).astype(grad.dtype))
    return found


@right("reshaped, and tiled")
@gradient_of(contracted, None)
def einsum_gradient(grad, output, *arrays, subscripts):
    left, result = subscripts.split("->")
    terms = left.split(",")

    def slopes_of(n):
        others = [(terms[m], arrays[m]) for m in range(len(arrays)) if m != n]
        names = ",".join([result] + [name for name, _ in others])
        shared = [c for c in terms[n] if c in names]
        part = np.einsum(names + "->" + "".join(shared), grad, *[x for _, x in others])
        pairs = list(zip(terms[n], arrays[n].shape))
        part = part.reshape([length if c in shared else 1 for c, length in pairs])
        return np.tile(part, [1 if c in shared else length for c, length in pairs])

    return [slopes_of(n) for n in range(len(arrays))]


# --- gru_state --------------------------------------------------------------------------------


@wrong(
    "the gate turned round",
    "If the update gate keeps what it should replace: z keeps the state, 1 - z takes the candidate.",
)
def gru_state(from_x, from_h, h):
    reset = sigmoid(from_x[0] + from_h[0])
    update = sigmoid(from_x[1] + from_h[1])
    candidate = tanh(from_x[2] + reset * from_h[2])
    return update * candidate + (1 - update) * h


@wrong(
    "the reset gate on the whole sum",
    "If the reset gate multiplies the input's part as well, it belongs to the state's part alone.",
)
def gru_state(from_x, from_h, h):
    reset = sigmoid(from_x[0] + from_h[0])
    update = sigmoid(from_x[1] + from_h[1])
    candidate = tanh(reset * (from_x[2] + from_h[2]))
    return (1 - update) * candidate + update * h


@wrong(
    "the reset gate on the state",
    "If the reset gate multiplies the state, that is another GRU: here it multiplies its product.",
)
def gru_state(from_x, from_h, h):
    reset = sigmoid(from_x[0] + from_h[0])
    update = sigmoid(from_x[1] + from_h[1])
    candidate = tanh(from_x[2] + reset * h)
    return (1 - update) * candidate + update * h


@wrong(
    "no reset gate", "If the reset gate does not multiply h_c, the candidate always sees all of it."
)
def gru_state(from_x, from_h, h):
    update = sigmoid(from_x[1] + from_h[1])
    candidate = tanh(from_x[2] + from_h[2])
    return (1 - update) * candidate + update * h


@wrong(
    "reset and update exchanged",
    "If reset and update changed places: the first part is the reset gate's.",
)
def gru_state(from_x, from_h, h):
    update = sigmoid(from_x[0] + from_h[0])
    reset = sigmoid(from_x[1] + from_h[1])
    candidate = tanh(from_x[2] + reset * from_h[2])
    return (1 - update) * candidate + update * h


@wrong("tanh for the gates", "If a gate can be negative, it is no share: a sigmoid is from 0 to 1.")
def gru_state(from_x, from_h, h):
    reset = tanh(from_x[0] + from_h[0])
    update = tanh(from_x[1] + from_h[1])
    candidate = tanh(from_x[2] + reset * from_h[2])
    return (1 - update) * candidate + update * h


@wrong("a sigmoid for the candidate", "If the candidate can't be negative, it needs a tanh.")
def gru_state(from_x, from_h, h):
    reset = sigmoid(from_x[0] + from_h[0])
    update = sigmoid(from_x[1] + from_h[1])
    candidate = sigmoid(from_x[2] + reset * from_h[2])
    return (1 - update) * candidate + update * h


@wrong("the candidate without a bend", "If the candidate is not bent, the tanh is missing.")
def gru_state(from_x, from_h, h):
    reset = sigmoid(from_x[0] + from_h[0])
    update = sigmoid(from_x[1] + from_h[1])
    candidate = from_x[2] + reset * from_h[2]
    return (1 - update) * candidate + update * h


@wrong("the state not kept", "If the old state does not count, nothing is remembered.")
def gru_state(from_x, from_h, h):
    reset = sigmoid(from_x[0] + from_h[0])
    update = sigmoid(from_x[1] + from_h[1])
    candidate = tanh(from_x[2] + reset * from_h[2])
    return (1 - update) * candidate


@wrong("added to the state", "If all of the state stays, z is to keep a share of it.")
def gru_state(from_x, from_h, h):
    reset = sigmoid(from_x[0] + from_h[0])
    update = sigmoid(from_x[1] + from_h[1])
    candidate = tanh(from_x[2] + reset * from_h[2])
    return (1 - update) * candidate + h


@wrong(
    "bare arrays",
    "If you work on bare arrays, nothing is recorded, and the network can't learn.",
)
def gru_state(from_x, from_h, h):
    x, y = [part.data for part in from_x], [part.data for part in from_h]
    reset, update = sigmoid(x[0] + y[0]), sigmoid(x[1] + y[1])
    candidate = tanh(x[2] + reset * y[2])
    return Tensor((1 - update) * candidate + update * h.data)


@wrong(
    "the state outside of the record",
    "If the state is taken out of the record, no gradient reaches the steps before: leave it in.",
)
def gru_state(from_x, from_h, h):
    reset = sigmoid(from_x[0] + from_h[0])
    update = sigmoid(from_x[1] + from_h[1])
    candidate = tanh(from_x[2] + reset * from_h[2])
    return (1 - update) * candidate + update * h.detach()


@wrong(
    "gates outside of the record",
    "If the gates are taken out of the record, they never learn when to open: leave them in.",
)
def gru_state(from_x, from_h, h):
    reset = sigmoid(from_x[0] + from_h[0]).detach()
    update = sigmoid(from_x[1] + from_h[1]).detach()
    candidate = tanh(from_x[2] + reset * from_h[2])
    return (1 - update) * candidate + update * h


@wrong(
    "tanh as a quotient",
    "If you write tanh as a quotient of exponentials, both get infinite: that of lesson 2 is safe.",
)
def gru_state(from_x, from_h, h):
    r, z = sigmoid(from_x[0] + from_h[0]), sigmoid(from_x[1] + from_h[1])
    e = (2 * (from_x[2] + r * from_h[2])).exp()
    return (1 - z) * ((e - 1) / (e + 1)) + z * h


@right("as PyTorch writes it")
def gru_state(from_x, from_h, h):
    x_r, x_z, x_c = from_x
    h_r, h_z, h_c = from_h
    r = sigmoid(x_r + h_r)
    z = sigmoid(x_z + h_z)
    c = tanh(x_c + r * h_c)
    return (1 - z) * c + z * h


@right("both gates at once")
def gru_state(from_x, from_h, h):
    reset, update = (sigmoid(a + b) for a, b in zip(from_x[:2], from_h[:2]))
    candidate = tanh(reset * from_h[2] + from_x[2])
    return candidate - update * candidate + update * h


@right("by the logistic formula")
def gru_state(from_x, from_h, h):
    def gate(x):
        return 1 / (1 + (-x).exp())

    r, z = gate(from_x[0] + from_h[0]), gate(from_x[1] + from_h[1])
    doubled = 2 * (from_x[2] + r * from_h[2])
    c = 2 * gate(doubled) - 1
    return z * h + c * (1 - z)
