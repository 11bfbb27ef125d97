"""Solutions to the exercises of lesson 03 other than the reference: wrong and right ones."""

import math

import numpy as np

from tinytorch.course.variants import right, wrong

# --- linear -------------------------------------------------------------------------------------


@wrong(
    "weight transposed",
    "If you transposed the weight, features and units changed places: it has shape (D, C).",
)
def linear(x, weight, bias=None):
    output = x @ weight.T
    return output if bias is None else output + bias


@wrong("no bias", "If you left the bias out, add it to every row.")
def linear(x, weight, bias=None):
    return x @ weight


@wrong(
    "element by element",
    "If you multiplied element by element, nothing was summed: take the matrix product.",
)
def linear(x, weight, bias=None):
    output = x * weight
    return output if bias is None else output + bias


@wrong(
    "bias added to x",
    "If you added the bias to x, it was multiplied as well: add it after the product.",
)
def linear(x, weight, bias=None):
    return x @ weight if bias is None else (x + bias) @ weight


@wrong(
    "bias down the columns",
    "If the bias runs down the columns, each row got its own; each unit has one.",
)
def linear(x, weight, bias=None):
    output = x @ weight
    return output if bias is None else output + bias[:, None]


@wrong("bias subtracted", "If you subtracted the bias, its sign is turned round.")
def linear(x, weight, bias=None):
    output = x @ weight
    return output if bias is None else output - bias


@wrong("bias multiplied", "If you multiplied by the bias, it is added.")
def linear(x, weight, bias=None):
    output = x @ weight
    return output if bias is None else output * bias


@wrong(
    "bias in the weight",
    "If you added the bias to the weight, it was multiplied by x: add it after the product.",
)
def linear(x, weight, bias=None):
    return x @ weight if bias is None else x @ (weight + bias)


@wrong(
    "one bias for all",
    "If you added the sum or the first of the bias, each unit has a bias of its own.",
)
def linear(x, weight, bias=None):
    output = x @ weight
    return output if bias is None else output + bias.sum()


@wrong(
    "the first of the bias",
    "If you added the sum or the first of the bias, each unit has a bias of its own.",
)
def linear(x, weight, bias=None):
    output = x @ weight
    return output if bias is None else output + bias[0]


@wrong(
    "divided by the features",
    "If you took the mean over the features, a weighted sum is not divided.",
)
def linear(x, weight, bias=None):
    output = x @ weight / x.dtype.type(x.shape[-1])
    return output if bias is None else output + bias


@wrong("bias asked for", "If bias is None, nothing is added: ask for None before you add.")
def linear(x, weight, bias=None):
    return x @ weight + bias


@wrong(
    "bias taken for a truth value",
    "If you ask `if bias`, an array of several numbers has no truth value: ask for None.",
)
def linear(x, weight, bias=None):
    output = x @ weight
    return output + bias if bias else output


@wrong("axes in front flattened", "If you flattened the axes in front, give them back their shape.")
def linear(x, weight, bias=None):
    output = x.reshape(-1, x.shape[-1]) @ weight
    return output if bias is None else output + bias


@wrong(
    "batches alone",
    "If you unpack x.shape into two lengths, x may have one axis, or more than two.",
)
def linear(x, weight, bias=None):
    samples, features = x.shape
    output = np.zeros((samples, weight.shape[1]), x.dtype)
    for n in range(samples):
        output[n] = x[n] @ weight
    return output if bias is None else output + bias


@wrong("a loop over rows", "If you loop over rows, x may have one axis, or more than two.")
def linear(x, weight, bias=None):
    output = np.stack([sum(row[d] * weight[d] for d in range(len(row))) for row in x])
    return output if bias is None else output + bias


@wrong(
    "rows of a single sample",
    "If one sample comes back as a batch of one, give it back its shape (C,).",
)
def linear(x, weight, bias=None):
    output = np.atleast_2d(x) @ weight
    return output if bias is None else output + bias


@wrong("a bias of ones", "If a bias appears from nowhere, None means no bias.")
def linear(x, weight, bias=None):
    return x @ weight + (np.ones(weight.shape[1], weight.dtype) if bias is None else bias)


@wrong(
    "into the bias",
    "If you wrote into x, weight or bias, the next call starts from other numbers.",
)
def linear(x, weight, bias=None):
    output = x @ weight
    if bias is not None:
        output += bias
        bias += 1
    return output


@wrong(
    "summed into the bias",
    "If you wrote into x, weight or bias, the next call starts from other numbers.",
)
def linear(x, weight, bias=None):
    if bias is None:
        return x @ weight
    bias += (x @ weight)[..., 0, :] * 0 + 1
    return x @ weight + bias - 1


@wrong(
    "collected in float64",
    "If you collect the sums in np.zeros(...), it is float64: give it the dtype of x.",
)
def linear(x, weight, bias=None):
    output = np.zeros((*x.shape[:-1], weight.shape[1]))
    output += x @ weight
    return output if bias is None else output + bias


@wrong(
    "a column of ones for the bias",
    "If you put a column of ones beside x, it needs the dtype of x, and its axes in front.",
)
def linear(x, weight, bias=None):
    if bias is None:
        return x @ weight
    ones = np.ones((len(x), 1))
    return np.concatenate([x, ones], axis=1) @ np.vstack([weight, bias])


@wrong(
    "a column of ones of the dtype of x",
    "If you put a column of ones beside x, it needs all axes that x has in front.",
)
def linear(x, weight, bias=None):
    if bias is None:
        return x @ weight
    ones = np.ones((len(x), 1), x.dtype)
    return np.hstack([x, ones]) @ np.vstack([weight, bias])


@wrong(
    "all made float32",
    "If you cast to float32, float64 loses its digits: keep the dtype that came.",
)
def linear(x, weight, bias=None):
    output = (x @ weight).astype(np.float32)
    return output if bias is None else (output + bias).astype(np.float32)


@wrong(
    "through float16",
    "If you cast to a smaller dtype on the way, digits go: keep the dtype that came.",
)
def linear(x, weight, bias=None):
    output = (x.astype(np.float16) @ weight.astype(np.float16)).astype(x.dtype)
    return output if bias is None else output + bias


@wrong(
    "a Tensor",
    "If you return a Tensor, that is the door's work: this function takes and returns arrays.",
)
def linear(x, weight, bias=None):
    output = x @ weight
    return Tensor(output if bias is None else output + bias).reshape(-1)


@wrong(
    "written into one array",
    "If all calls write into one array, each call changes what the one before it returned.",
)
def linear(x, weight, bias=None):
    key = str((x.shape, weight.shape, x.dtype))
    empty = np.empty((*x.shape[:-1], weight.shape[1]), x.dtype)
    kept = vars(linear).setdefault(key, empty)
    output = np.matmul(x, weight, out=kept)
    if bias is not None:
        output += bias
    return output


@wrong(
    "only the last axes' product for empty batches",
    "If a batch is empty, the result still has an axis for the units.",
)
def linear(x, weight, bias=None):
    if x.size == 0:
        return np.zeros_like(x)
    output = x @ weight
    return output if bias is None else output + bias


@wrong(
    "x itself where the weights change nothing",
    "If you return x where nothing is to be done, two names share one array: return a new one.",
)
def linear(x, weight, bias=None):
    if weight.shape[0] == weight.shape[1] and np.array_equal(weight, np.eye(len(weight))):
        return x if bias is None or not bias.any() else x + bias
    output = x @ weight
    return output if bias is None else output + bias


@wrong(
    "weights kept by their id",
    "If you keep weights from an earlier call, their numbers may have changed since: keep nothing.",
)
def linear(x, weight, bias=None):
    kept = linear.__dict__.setdefault("kept", {})
    _, copy = kept.setdefault(id(weight), (weight, weight.copy()))
    output = x @ copy
    return output if bias is None else output + bias


@wrong(
    "nan taken for 0",
    "If nan or infinity disappears, you replaced it: it has to show, for something went wrong.",
)
def linear(x, weight, bias=None):
    output = np.nan_to_num(x) @ weight
    return output if bias is None else output + bias


@wrong(
    "a single sample squeezed",
    "If an axis of length 1 is lost, you squeezed: the axis of the units stays, also for one.",
)
def linear(x, weight, bias=None):
    output = np.atleast_2d(x) @ weight + (0 if bias is None else bias)
    return output if x.ndim > 1 else np.asarray(output.squeeze())


@right("einsum")
def linear(x, weight, bias=None):
    output = np.einsum("...d,dc->...c", x, weight)
    return output if bias is None else output + bias


@right("with a loop over the features")
def linear(x, weight, bias=None):
    output = np.zeros((*x.shape[:-1], weight.shape[1]), x.dtype)
    for d in range(weight.shape[0]):
        output = output + x[..., d : d + 1] * weight[d]
    return output if bias is None else output + bias


@right("the bias as one more feature")
def linear(x, weight, bias=None):
    if bias is None:
        return x @ weight
    one = np.ones((*x.shape[:-1], 1), x.dtype)
    return np.concatenate([x, one], axis=-1) @ np.concatenate([weight, bias[None]])


@right("broadcast and summed")
def linear(x, weight, bias=None):
    output = (x[..., :, None] * weight).sum(axis=-2)
    return output if bias is None else bias + output


@right("flattened and shaped back")
def linear(x, weight, bias=None):
    output = np.dot(x.reshape(-1, len(weight)), weight)
    if bias is not None:
        output = np.add(output, bias)
    return output.reshape(*x.shape[:-1], weight.shape[1])


@right("zeros for no bias")
def linear(x, weight, bias=None):
    if bias is None:
        bias = np.zeros(weight.shape[1], dtype=weight.dtype)
    return np.add(np.matmul(x, weight), bias)


# --- linear_gradient ----------------------------------------------------------------------------


@wrong(
    "weight as it is",
    "If you multiplied by the weight as it is, units and features changed places: transpose it.",
)
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return grad @ weight


@wrong("grad forgotten", "If you sum the weights alone, the incoming gradient is lost.")
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return np.broadcast_to(weight.sum(axis=1), x.shape)


@wrong("the bias added", "If you added the bias, it does not depend on x, so it has no part here.")
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return linear(grad, weight.T, None if bias is None else np.resize(bias, len(weight)))


@wrong(
    "divided by the batch",
    "If you divided by the batch size, the mean belongs to whoever takes one, not here.",
)
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return grad @ weight.T / x.dtype.type(len(x))


@wrong(
    "the output passed on",
    "If you used the output, it is the incoming gradient that is passed on.",
)
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return output @ weight.T


@wrong(
    "the samples last",
    "If the shape is not that of x, ask which product of (N, C) and (D, C) gives (N, D).",
)
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return weight @ grad.T


@wrong(
    "the weight's own sum",
    "If you multiplied grad by the sum of the weights, each feature has weights of its own.",
)
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return grad.sum(axis=-1, keepdims=True) * weight.sum(axis=1)


@wrong(
    "units summed first",
    "If you summed grad before the product, each unit's gradient goes with its own weight.",
)
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return grad.mean(axis=-1, keepdims=True) * weight.sum(axis=1)


@wrong("times x", "If x is a factor of the result, the slope of x times w by x is w alone.")
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return grad @ weight.T * x


@wrong("the sign turned", "If the sign is turned round, nothing is subtracted in a linear layer.")
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return -(grad @ weight.T)


@wrong("halves", "If the factor is 2 or a half, nothing is squared here.")
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return 2 * (grad @ weight.T)


@wrong("summed over the samples", "If you summed over the samples, each has a gradient of its own.")
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return np.broadcast_to((grad @ weight.T).sum(axis=0), x.shape)


@wrong(
    "batches alone",
    "If you unpack the shape into two lengths, x may have one axis, or more than two.",
)
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    samples, units = grad.shape
    result = np.zeros((samples, len(weight)), x.dtype)
    for n, c in np.ndindex(samples, units):
        result[n] += grad[n, c] * weight[:, c]
    return result


@wrong("flat", "If you merged the axes in front, give them back their shape: that of x.")
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return grad.reshape(-1, weight.shape[1]) @ weight.T


@wrong(
    "float64",
    "If the result is float64 for float32, you collected it in an array without the dtype of x.",
)
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    result = np.zeros(x.shape)
    result += grad @ weight.T
    return result


@wrong("into grad", "If you changed grad in place, others still need it.")
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    grad *= 1.5
    return grad @ weight.T / 1.5


@wrong(
    "dtype left as it comes",
    "If grad has another dtype, the gradient has that of its input all the same: cast it.",
)
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return grad @ weight.T


@wrong(
    "dtype of grad",
    "If you cast to the dtype of grad or the output, the gradient needs that of its own input.",
)
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return (grad @ weight.T).astype(grad.dtype)


@wrong(
    "nothing from an empty batch",
    "If a batch is empty, the gradient has the shape of its input all the same.",
)
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    slopes = [] if grad.size == 0 else grad @ weight.T
    return np.array(slopes, x.dtype)


@right("einsum")
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return np.einsum("...c,dc->...d", grad, weight).astype(x.dtype)


@right("tensordot")
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return np.tensordot(grad, weight, axes=(-1, 1)).astype(x.dtype)


@right("with a loop over the units")
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    result = np.zeros_like(x)
    for c in range(weight.shape[1]):
        result += grad[..., c : c + 1] * weight[:, c]
    return result


@right("by linear itself")
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return np.array(linear(grad, weight.T), x.dtype)


@right("flattened and shaped back")
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    rows = grad.reshape(-1, grad.shape[-1])
    return np.asarray(np.matmul(weight, rows.T).T.reshape(x.shape), dtype=x.dtype)


# --- linear_weight_gradient ---------------------------------------------------------------------


@wrong(
    "transposed",
    "If you put grad first, the result is transposed: the weight has shape (D, C).",
)
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    return grad.T @ x


@wrong(
    "divided by the batch",
    "If you divided by the batch size, the mean belongs to whoever takes one, not here.",
)
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    features, units = weight.shape
    samples = x.dtype.type(x.size // features)
    return x.reshape(-1, features).T @ grad.reshape(-1, units) / samples


@wrong("grad forgotten", "If you sum the features alone, the incoming gradient is lost.")
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    return x.reshape(-1, len(weight)).T @ np.ones_like(grad).reshape(-1, weight.shape[1])


@wrong(
    "x forgotten",
    "If you sum grad alone, the slope of x times w by w is x: it belongs in the sum.",
)
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    return np.ones_like(weight) * grad.reshape(-1, weight.shape[1]).sum(axis=0)


@wrong(
    "batch summed too early",
    "If you summed over the batch before the product, samples get mixed: sum the products.",
)
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    features, units = weight.shape
    return np.outer(x.reshape(-1, features).sum(axis=0), grad.reshape(-1, units).sum(axis=0))


@wrong("the output used", "If you used the output, it is the incoming gradient that is passed on.")
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    return x.reshape(-1, len(weight)).T @ output.reshape(-1, weight.shape[1])


@wrong(
    "times the weight",
    "If the weight is a factor of the result, the slope of x times w by w is x alone.",
)
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    features, units = weight.shape
    return x.reshape(-1, features).T @ grad.reshape(-1, units) * weight


@wrong("the bias as well", "If you added something for the bias, it has a rule of its own.")
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    features, units = weight.shape
    result = x.reshape(-1, features).T @ grad.reshape(-1, units)
    return result if bias is None else result + grad.reshape(-1, units).sum(axis=0)


@wrong("the sign turned", "If the sign is turned round, nothing is subtracted in a linear layer.")
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    features, units = weight.shape
    return -(x.reshape(-1, features).T @ grad.reshape(-1, units))


@wrong(
    "one for each sample",
    "If there is a gradient for each sample, all of them share the weight: sum over the samples.",
)
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    return x[..., :, None] * grad[..., None, :]


@wrong("the first sample", "If you took the first sample alone, all of them use the weight.")
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    features, units = weight.shape
    return np.outer(x.reshape(-1, features)[0], grad.reshape(-1, units)[0])


@wrong(
    "batches alone",
    "If x has one axis, or more than two, x.T is not what you mean: merge the axes in front.",
)
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    return x.T @ grad


@wrong(
    "stacks left over",
    "If axes in front are left over, sum over all of them: there is one weight for all.",
)
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    return np.swapaxes(np.atleast_2d(x), -1, -2) @ np.atleast_2d(grad)


@wrong(
    "the first axis alone",
    "If you summed over the first axis alone, sum over all axes in front.",
)
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    if x.ndim == 1:
        return np.outer(x, grad)
    return sum(x[n, ..., :, None] * grad[n, ..., None, :] for n in range(len(x)))


@wrong(
    "one sample forgotten",
    "If one sample fails, it has no axis in front, and nothing to sum over.",
)
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    if x.ndim == 1:
        return x * grad
    return np.tensordot(x, grad, axes=(tuple(range(x.ndim - 1)),) * 2)


@wrong(
    "float64",
    "If float32 became float64, you collected it in an array of another dtype than the weight.",
)
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    features, units = weight.shape
    result = np.zeros((features, units))
    result += x.reshape(-1, features).T @ grad.reshape(-1, units)
    return result


@wrong("into x", "If you changed x in place, others still need it.")
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    features, units = weight.shape
    x += 0.25
    rows = x.reshape(-1, features) - x.dtype.type(0.25)
    return rows.T @ grad.reshape(-1, units)


@wrong(
    "dtype left as it comes",
    "If grad has another dtype, the gradient has that of its input all the same: cast it.",
)
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    return x.reshape(-1, weight.shape[0]).T @ grad.reshape(-1, weight.shape[1])


@wrong(
    "dtype of grad",
    "If you cast to the dtype of grad or the output, the gradient needs that of its own input.",
)
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    return (x.reshape(-1, weight.shape[0]).T @ grad.reshape(-1, weight.shape[1])).astype(grad.dtype)


@wrong(
    "nothing from an empty batch",
    "If a batch is empty, the gradient has the shape of its input all the same.",
)
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    slopes = (
        []
        if grad.size == 0
        else x.reshape(-1, weight.shape[0]).T @ grad.reshape(-1, weight.shape[1])
    )
    return np.array(slopes, weight.dtype)


@wrong(
    "in the order of memory",
    "If samples met the wrong gradients, you merged axes in the order of memory: leave order out.",
)
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    rows = np.reshape(x, (-1, weight.shape[0]), order="A")
    slopes = rows.T @ np.reshape(grad, (-1, weight.shape[1]), order="A")
    return slopes.astype(weight.dtype)


@wrong(
    "added to the last call's",
    "If gradients add up from call to call, you keep an earlier one: work out this one alone.",
)
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    kept = linear_weight_gradient.__dict__.setdefault("kept", {})
    total = x.reshape(-1, weight.shape[0]).T @ grad.reshape(-1, weight.shape[1])
    _, before = kept.get(id(weight), (None, 0))
    kept[id(weight)] = weight, (total + before).astype(weight.dtype)
    return kept[id(weight)][1]


@right("einsum")
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    features, units = weight.shape
    slopes = np.einsum("nd,nc->dc", x.reshape(-1, features), grad.reshape(-1, units))
    return slopes.astype(weight.dtype)


@right("tensordot")
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    front = tuple(range(x.ndim - 1))
    return np.tensordot(x, grad, axes=(front, front)).astype(weight.dtype)


@right("outer products, added up")
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    result = np.zeros_like(weight)
    for index in np.ndindex(x.shape[:-1]):
        result += np.outer(x[index], grad[index])
    return result


@right("the transposed product, transposed")
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    slopes = np.empty_like(weight)
    slopes[...] = (grad.reshape(-1, weight.shape[1]).T @ x.reshape(-1, weight.shape[0])).T
    return slopes


@right("one weight at a time")
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    result = np.empty_like(weight)
    for d, c in np.ndindex(weight.shape):
        result[d, c] = np.sum(x[..., d] * grad[..., c])
    return result


# --- linear_bias_gradient -----------------------------------------------------------------------


@wrong(
    "not summed",
    "If you return grad as it is, there is a row for each sample, and one bias for all: sum.",
)
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return grad


@wrong("the mean", "If you took the mean, the bias is added to each sample whole: sum.")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return grad.mean(axis=tuple(range(grad.ndim - 1)))


@wrong(
    "summed over the units",
    "If you summed over the units, it is the samples that share a bias.",
)
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return grad.sum(axis=-1)


@wrong("summed over everything", "If you summed over everything, each unit has a bias of its own.")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return grad.sum()


@wrong("everything, repeated", "If you summed over everything, each unit has a bias of its own.")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return np.full_like(bias, grad.sum())


@wrong("the axis kept", "If you kept the summed axis, the bias has none: leave keepdims out.")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return grad.reshape(-1, bias.size).sum(axis=0, keepdims=True)


@wrong("samples counted", "If you counted the samples, the incoming gradient is lost.")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return np.full_like(bias, grad.size // bias.size)


@wrong(
    "ones",
    "If you return ones, the slope of the bias is 1 for each sample, times the incoming gradient.",
)
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return np.ones_like(bias)


@wrong("times the bias", "If the bias is a factor of the result, it is added, so its slope is 1.")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return grad.reshape(-1, bias.size).sum(axis=0) * bias


@wrong(
    "the output summed",
    "If you used the output, it is the incoming gradient that is passed on.",
)
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return output.reshape(-1, bias.size).sum(axis=0)


@wrong("the sign turned", "If the sign is turned round, the bias is added, not subtracted.")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return -grad.reshape(-1, bias.size).sum(axis=0)


@wrong("the last sample", "If you took one sample alone, all of them share the bias: sum.")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return grad.reshape(-1, bias.size)[-1] + 0


@wrong(
    "axis 0 alone",
    "If you summed over axis 0 alone, sum over all axes but the last; there may be none.",
)
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return grad.sum(axis=0)


@wrong("axis -2 alone", "If axes in front are left over, sum over all of them.")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return grad.sum(axis=-2) if grad.ndim > 1 else grad + 0


@wrong("axis 0 of several", "If axes in front are left over, sum over all of them.")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return grad.sum(axis=0) if grad.ndim > 1 else grad + 0


@wrong(
    "times the features",
    "If x is a factor, that belongs to the weight: the bias meets no feature.",
)
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return (grad * x.sum(axis=-1, keepdims=True)).reshape(-1, bias.size).sum(axis=0)


@wrong(
    "float64",
    "If float32 became float64, you collected it in an array of another dtype than the bias.",
)
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return np.zeros(bias.shape) + grad.reshape(-1, bias.size).sum(axis=0)


@wrong("into grad", "If you changed grad in place, others still need it.")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    grad -= 0.5
    rows = grad.reshape(-1, bias.size)
    return rows.sum(axis=0) + rows.dtype.type(0.5 * len(rows))


@wrong(
    "dtype left as it comes",
    "If grad has another dtype, the gradient has that of its input all the same: cast it.",
)
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return grad.reshape(-1, bias.size).sum(axis=0)


@wrong(
    "grad itself for one sample",
    "If you return grad where there is nothing to sum, two names share one array: copy it.",
)
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    while grad.ndim > 1:
        grad = grad.sum(axis=0)
    return grad.astype(bias.dtype, copy=False)


@wrong(
    "nothing for a bias of 0",
    "If a bias of 0 gets no gradient, it could never leave 0: its slope does not depend on it.",
)
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return (grad.reshape(-1, bias.size).sum(axis=0) * (bias != 0)).astype(bias.dtype)


@wrong(
    "a number from an empty batch",
    "If a batch is empty, Python's sum gives the number 0: start from an array of zeros.",
)
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return np.asarray(sum(grad.reshape(-1, bias.size))).astype(bias.dtype)


@right("all axes but the last")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return grad.sum(axis=tuple(range(grad.ndim - 1)), dtype=bias.dtype)


@right("einsum")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return np.einsum("nc->c", grad.reshape(-1, bias.size)).astype(bias.dtype)


@right("a sum of rows")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return np.array(sum(grad.reshape(-1, bias.size), np.zeros(bias.shape)), bias.dtype)


@right("with a loop")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    result = np.zeros_like(bias)
    for index in np.ndindex(grad.shape[:-1]):
        result += grad[index]
    return result


@right("the first axis while there is one")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    while grad.ndim > 1:
        grad = grad.sum(axis=0)
    return np.array(grad, bias.dtype)


# --- xavier_uniform -----------------------------------------------------------------------------


@wrong("features alone", "If you left out the units, D and C both count.")
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / shape[0])
    return rng.uniform(-bound, bound, shape).astype(np.float32)


@wrong("units alone", "If you left out the features, D and C both count.")
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / shape[1])
    return rng.uniform(-bound, bound, shape).astype(np.float32)


@wrong("root forgotten", "If you left out the root, that is a variance and not a bound.")
def xavier_uniform(rng, shape):
    bound = 6 / sum(shape)
    return rng.uniform(-bound, bound, shape).astype(np.float32)


@wrong(
    "deviation for a bound",
    "If you took the standard deviation as the bound, a is sqrt(3) times as large.",
)
def xavier_uniform(rng, shape):
    bound = math.sqrt(2 / sum(shape))
    return rng.uniform(-bound, bound, shape).astype(np.float32)


@wrong(
    "variance for a bound",
    "If you took the variance as the bound, find a from a * a / 3 = 2 / (D + C).",
)
def xavier_uniform(rng, shape):
    bound = 2 / sum(shape)
    return rng.uniform(-bound, bound, shape).astype(np.float32)


@wrong(
    "divided by 3",
    "If you divided by 3 where you meant to multiply: a * a is 3 times the variance.",
)
def xavier_uniform(rng, shape):
    bound = math.sqrt(2 / (3 * sum(shape)))
    return rng.uniform(-bound, bound, shape).astype(np.float32)


@wrong(
    "12 for 3",
    "If you took a range of width 1 for the variance, it is (2 a) ** 2 / 12 = a * a / 3.",
)
def xavier_uniform(rng, shape):
    bound = math.sqrt(24 / sum(shape))
    return rng.uniform(-bound, bound, shape).astype(np.float32)


@wrong("the mean not taken", "If you added 1 / D and 1 / C, take 2 / (D + C).")
def xavier_uniform(rng, shape):
    bound = math.sqrt(3 * (1 / shape[0] + 1 / shape[1]) / 2)
    return rng.uniform(-bound, bound, shape).astype(np.float32)


@wrong("1 over the sum", "If you took 1 / (D + C), the mean of D and C is (D + C) / 2.")
def xavier_uniform(rng, shape):
    bound = math.sqrt(3 / sum(shape))
    return rng.uniform(-bound, bound, shape).astype(np.float32)


@wrong(
    "from 0 upwards",
    "If the numbers reach over a range of length a, from -a to a it is twice as long.",
)
def xavier_uniform(rng, shape):
    return (rng.random(shape) * math.sqrt(6 / sum(shape))).astype(np.float32)


@wrong(
    "not shifted",
    "If you stretched random() to twice the bound, shift it by the bound as well.",
)
def xavier_uniform(rng, shape):
    return (rng.random(shape) * 2 * math.sqrt(6 / sum(shape))).astype(np.float32)


@wrong(
    "from -1 to 1 halved",
    "If the numbers reach over a range of length a, from -a to a it is twice as long.",
)
def xavier_uniform(rng, shape):
    return ((rng.random(shape) - 0.5) * math.sqrt(6 / sum(shape))).astype(np.float32)


@wrong("D times C", "If you multiplied D by C, they are added.")
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / math.prod(shape))
    return rng.uniform(-bound, bound, shape).astype(np.float32)


@wrong(
    "a normal distribution",
    "If some weights are far outside of (-a, a), you drew from a normal distribution.",
)
def xavier_uniform(rng, shape):
    return rng.normal(0, math.sqrt(2 / sum(shape)), shape).astype(np.float32)


@wrong("two values", "If all weights are -a or a, draw them from the whole range.")
def xavier_uniform(rng, shape):
    return rng.choice([-1, 1], shape).astype(np.float32) * math.sqrt(2 / sum(shape))


@wrong(
    "one row for all",
    "If all rows or columns are equal, all units or features are: draw each weight on its own.",
)
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / sum(shape))
    row = rng.uniform(-bound, bound, shape[1]).astype(np.float32)
    return np.tile(row, (shape[0], 1))


@wrong(
    "one column for all",
    "If all rows or columns are equal, all units or features are: draw each weight on its own.",
)
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / sum(shape))
    column = rng.uniform(-bound, bound, (shape[0], 1)).astype(np.float32)
    return np.tile(column, (1, shape[1]))


@wrong(
    "np.random",
    "If you draw from anything but rng, from np.random say, no seed repeats your run.",
)
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / sum(shape))
    return np.random.uniform(-bound, bound, shape).astype(np.float32)


@wrong(
    "a Generator of its own",
    "If each call draws the same, from a seed, a copy of rng or what was kept, weights repeat.",
)
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / sum(shape))
    return np.random.default_rng(0).uniform(-bound, bound, shape).astype(np.float32)


@wrong(
    "np.random, seeded",
    "If each call draws the same, from a seed, a copy of rng or what was kept, weights repeat.",
)
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / sum(shape))
    np.random.seed(0)
    return np.random.uniform(-bound, bound, shape).astype(np.float32)


@wrong(
    "kept from the first call",
    "If each call draws the same, from a seed, a copy of rng or what was kept, weights repeat.",
)
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / sum(shape))
    kept = vars(xavier_uniform)
    if str(shape) not in kept:
        kept[str(shape)] = rng.uniform(-bound, bound, shape).astype(np.float32)
    return kept[str(shape)]


@wrong(
    "the first Generator kept",
    "If you draw from anything but rng, from np.random say, no seed repeats your run.",
)
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / sum(shape))
    first = vars(xavier_uniform).setdefault("rng", rng)
    return first.uniform(-bound, bound, shape).astype(np.float32)


@wrong(
    "float64",
    "If you leave the draw as it is, it is float64, and so is all that it touches.",
    loses=("test_xavier_uniform_draws_from_its_generator",),
)
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / sum(shape))
    return rng.uniform(-bound, bound, shape)


@wrong("transposed", "If features and units changed places, keep the shape given.")
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / sum(shape))
    return rng.uniform(-bound, bound, shape[::-1]).astype(np.float32)


@wrong("flat", "If the weights are in a row, give them the shape (D, C).")
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / sum(shape))
    return rng.uniform(-bound, bound, math.prod(shape)).astype(np.float32)


@wrong(
    "centred afterwards",
    "If you took the mean away, each weight depends on all others: leave the draw as it is.",
)
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / sum(shape))
    weights = rng.uniform(-bound, bound, shape)
    return (weights - weights.mean()).astype(np.float32)


@wrong(
    "an even grid, shuffled",
    "If every draw has the same numbers in another order, draw each weight on its own.",
)
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / sum(shape))
    grid = np.linspace(-bound, bound, math.prod(shape))
    return rng.permutation(grid).reshape(shape).astype(np.float32)


@wrong(
    "half mirrored",
    "If half of the rows mirror the others, draw each weight on its own.",
)
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / sum(shape))
    half = rng.uniform(-bound, bound, ((shape[0] + 1) // 2, shape[1]))
    return np.concatenate([half, -half])[: shape[0]].astype(np.float32)


@wrong(
    "a bias counted in",
    "If D + C is one too many or rounded, a small layer shows it: take exactly 2 / (D + C).",
)
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / (sum(shape) + 1))
    return rng.uniform(-bound, bound, shape).astype(np.float32)


@wrong(
    "a few seeds of its own",
    "If you draw a seed and begin a Generator of your own, weights repeat: take the one given.",
)
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / sum(shape))
    own = np.random.default_rng(int(rng.integers(20)))
    return own.uniform(-bound, bound, shape).astype(np.float32)


@right("stretched and shifted")
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / (shape[0] + shape[1]))
    return rng.random(shape, np.float32) * (2 * bound) - bound


@right("from the standard deviation")
def xavier_uniform(rng, shape):
    deviation = np.sqrt(2 / sum(shape))
    return (rng.uniform(-1, 1, size=shape) * np.sqrt(3) * deviation).astype(np.float32)


@right("with a loop")
def xavier_uniform(rng, shape):
    bound = (6 / sum(shape)) ** 0.5
    weights = np.zeros(shape, np.float32)
    for row in weights:
        row[:] = rng.uniform(-bound, bound, len(row))
    return weights


@right("drawn flat")
def xavier_uniform(rng, shape):
    features, units = shape
    variance = 2 / (features + units)
    limit = np.sqrt(3 * variance)
    return np.float32(rng.uniform(-limit, limit, features * units)).reshape(features, units)


@right("a Generator that rng seeds")
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / sum(shape))
    own = np.random.default_rng(int(rng.integers(2**62)))
    return own.uniform(-bound, bound, shape).astype(np.float32)


# --- he_normal ----------------------------------------------------------------------------------


@wrong("by the units", "If you divided by the units, it is the features that are summed over.")
def he_normal(rng, shape):
    return rng.standard_normal(shape, np.float32) * math.sqrt(2 / shape[1])


@wrong("1 / D", "If you took 1 / D, the half that relu takes away is not made up for.")
def he_normal(rng, shape):
    return rng.standard_normal(shape, np.float32) * math.sqrt(1 / shape[0])


@wrong(
    "root forgotten",
    "If you left out the root, that is a variance and not a standard deviation.",
)
def he_normal(rng, shape):
    return rng.normal(0, 2 / shape[0], shape).astype(np.float32)


@wrong("4 / D", "If the spread is too large by the root of 2, the variance is 2 / D.")
def he_normal(rng, shape):
    return rng.standard_normal(shape, np.float32) * (2 / math.sqrt(shape[0]))


@wrong("divided by the deviation", "If you divided by the standard deviation, multiply by it.")
def he_normal(rng, shape):
    return rng.standard_normal(shape, np.float32) / math.sqrt(2 / shape[0])


@wrong("Xavier's variance", "If you took the mean of D and C, that is Xavier's variance.")
def he_normal(rng, shape):
    return rng.standard_normal(shape, np.float32) * math.sqrt(2 / sum(shape))


@wrong("D times C", "If you divided by D times C, only the D features are summed over.")
def he_normal(rng, shape):
    return rng.standard_normal(shape, np.float32) * math.sqrt(2 / math.prod(shape))


@wrong("always the same size", "If you left the features out, wide layers need smaller weights.")
def he_normal(rng, shape):
    return rng.standard_normal(shape, np.float32) * 0.01


@wrong("all positive", "If all weights are positive, you lost half of them.")
def he_normal(rng, shape):
    return np.abs(rng.standard_normal(shape, np.float32)) * math.sqrt(2 / shape[0])


@wrong(
    "mean and deviation swapped",
    "If the mean is not 0, look at the order of normal's arguments: the mean, then the deviation.",
)
def he_normal(rng, shape):
    return rng.normal(math.sqrt(2 / shape[0]), math.sqrt(2 / shape[0]), shape).astype(np.float32)


@wrong(
    "evenly drawn",
    "If the weights lie evenly or in two heaps, they are not normally distributed.",
)
def he_normal(rng, shape):
    bound = math.sqrt(6 / shape[0])
    return rng.uniform(-bound, bound, shape).astype(np.float32)


@wrong(
    "cut off",
    "If the tails are missing, you cut the weights off: a normal distribution has them.",
)
def he_normal(rng, shape):
    deviation = math.sqrt(2 / shape[0])
    weights = rng.standard_normal(shape, np.float32) * deviation
    return np.clip(weights, -deviation, deviation)


@wrong(
    "cut off at two deviations",
    "If the tails are missing, you cut the weights off: a normal distribution has them.",
)
def he_normal(rng, shape):
    weights = np.clip(rng.standard_normal(shape), -2, 2)
    return (weights / 0.96 * math.sqrt(2 / shape[0])).astype(np.float32)


@wrong(
    "one column for all",
    "If all rows or columns are equal, all units or features are: draw each weight on its own.",
)
def he_normal(rng, shape):
    column = rng.standard_normal((shape[0], 1), np.float32) * math.sqrt(2 / shape[0])
    return np.repeat(column, shape[1], axis=1)


@wrong(
    "np.random",
    "If you draw from anything but rng, from np.random say, no seed repeats your run.",
)
def he_normal(rng, shape):
    return (np.random.randn(*shape) * math.sqrt(2 / shape[0])).astype(np.float32)


@wrong(
    "a Generator of its own",
    "If each call draws the same, from a seed, a copy of rng or what was kept, weights repeat.",
)
def he_normal(rng, shape):
    rng = np.random.default_rng(42)
    return rng.standard_normal(shape, np.float32) * math.sqrt(2 / shape[0])


@wrong(
    "np.random, seeded",
    "If each call draws the same, from a seed, a copy of rng or what was kept, weights repeat.",
)
def he_normal(rng, shape):
    np.random.seed(0)
    return (np.random.randn(*shape) * math.sqrt(2 / shape[0])).astype(np.float32)


@wrong(
    "a copy of the Generator",
    "If you draw from a copy of rng, the next draw is the same again.",
)
def he_normal(rng, shape):
    import copy

    rng = copy.deepcopy(rng)
    return rng.standard_normal(shape, np.float32) * math.sqrt(2 / shape[0])


@wrong(
    "widened by np.sqrt",
    "If you multiply by np.sqrt(...), its float64 widens the weights: use math.sqrt.",
)
def he_normal(rng, shape):
    return rng.standard_normal(shape, np.float32) * np.sqrt(2 / shape[0])


@wrong("float64", "If you leave the draw as it is, it is float64, and so is all that it touches.")
def he_normal(rng, shape):
    return rng.normal(0, math.sqrt(2 / shape[0]), shape)


@wrong("transposed", "If features and units changed places, keep the shape given.")
def he_normal(rng, shape):
    return (rng.standard_normal(shape, np.float32) * math.sqrt(2 / shape[0])).T


@wrong(
    "a sum of twelve",
    "If you add up uniform numbers, large weights are too rare: draw from a normal distribution.",
)
def he_normal(rng, shape):
    total = rng.random((12, *shape)).sum(axis=0) - 6
    return (total * math.sqrt(2 / shape[0])).astype(np.float32)


@wrong(
    "clipped",
    "If you limited large weights, nobody asked for it: a normal distribution has no ends.",
)
def he_normal(rng, shape):
    weights = np.clip(rng.standard_normal(shape), -3.3, 3.3)
    return (weights * math.sqrt(2 / shape[0])).astype(np.float32)


@wrong(
    "standardised afterwards",
    "If you scaled the draw by its own spread, each weight depends on all others: leave it.",
)
def he_normal(rng, shape):
    weights = rng.standard_normal(shape)
    weights /= np.sqrt(np.mean(weights**2))
    return (weights * math.sqrt(2 / shape[0])).astype(np.float32)


@wrong(
    "half of the units mirrored",
    "If half of the units mirror the others, draw each weight on its own.",
)
def he_normal(rng, shape):
    half = rng.normal(0, math.sqrt(2 / shape[0]), (shape[0], (shape[1] + 1) // 2))
    return np.concatenate([half, -half], axis=1)[:, : shape[1]].astype(np.float32)


@right("drawn with its deviation")
def he_normal(rng, shape):
    return rng.normal(0.0, math.sqrt(2 / shape[0]), shape).astype(np.float32)


@right("in place")
def he_normal(rng, shape):
    weights = rng.standard_normal(size=shape).astype("float32")
    weights *= np.sqrt(2 / shape[0])
    return weights


@right("with a loop")
def he_normal(rng, shape):
    features, units = shape
    rows = [rng.standard_normal(units) * (2 / features) ** 0.5 for _ in range(features)]
    return np.array(rows, np.float32)


@right("transposed twice")
def he_normal(rng, shape):
    deviation = np.float32((shape[0] / 2) ** -0.5)
    return np.ascontiguousarray((rng.standard_normal(shape[::-1], np.float32) * deviation).T)


# --- Sequential ---------------------------------------------------------------------------------


@wrong("from the end", "If the last layer is called first, the order is turned round.")
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        for layer in reversed(self.layers):
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong("always the first input", "If every layer gets the first input, only the last one counts.")
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        result = x
        for layer in self.layers:
            result = layer(x)
        return result

    def __getitem__(self, index):
        return self.layers[index]


@wrong("return in the loop", "If you return inside the loop, only the first layer is called.")
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        for layer in self.layers:
            return layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong("results not kept", "If you return x as it came, no layer's result was kept.")
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        for layer in self.layers:
            layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong("the last left out", "If the last layer is left out, the loop ends too early.")
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        for i in range(len(self.layers) - 1):
            x = self.layers[i](x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong("the first left out", "If the first layer is left out, the loop starts too late.")
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        for layer in self.layers[1:]:
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong(
    "the first two alone",
    "If only the first two layers are called, there may be any number of them.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        x = self.layers[0](x)
        return self.layers[1](x) if len(self.layers) > 1 else x

    def __getitem__(self, index):
        return self.layers[index]


@wrong(
    "all results added",
    "If you added up the results, each layer gets the result of the one before.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        if not self.layers:
            return x
        result = self.layers[0](x)
        for layer in self.layers[1:]:
            result = result + layer(x)
        return result

    def __getitem__(self, index):
        return self.layers[index]


@wrong("each added to x", "If you added x to what a layer returned, only its result is passed on.")
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        for layer in self.layers:
            x = x + layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong(
    "a list of results",
    "If you collect the results in a list, only the last one is the network's.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        results = []
        for layer in self.layers:
            x = layer(x)
            results.append(x)
        return results

    def __getitem__(self, index):
        return self.layers[index]


@wrong(
    "the first result always",
    "If there is no layer, x comes back: nothing may be taken from an empty list.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        x = self.layers[0](x)
        for layer in self.layers[1:]:
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong("nothing from no layers", "If a network without layers gives None, x comes back instead.")
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        result = None
        for layer in self.layers:
            result = layer(x if result is None else result)
        return result

    def __getitem__(self, index):
        return self.layers[index]


@wrong(
    "unwrapped on the way",
    "If you unwrap the tensors on the way, the record of how they were made has a gap.",
    loses=(
        "test_sequential",
        "test_sequential_keeps_nothing",
    ),
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        for layer in self.layers:
            x = Tensor(layer(x.data).data)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong(
    "an array at the end",
    "If you return the bare array, the record of how it was made is lost.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x.data

    def __getitem__(self, index):
        return self.layers[index]


@wrong(
    "wrapped anew at the end",
    "If you wrap the result in a new Tensor, it forgets how it was made.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return Tensor(x.data, requires_grad=x.requires_grad)

    def __getitem__(self, index):
        return self.layers[index]


@wrong("used up", "If the layers are used up by the first call, the second finds none.")
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers
        self.waiting = iter(layers)

    def children(self):
        return list(self.layers)

    def forward(self, x):
        for layer in self.waiting:
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong("the first answer kept", "If you keep the first result, another input needs another one.")
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers, self.result = layers, None

    def children(self):
        return list(self.layers)

    def forward(self, x):
        if self.result is None:
            for layer in self.layers:
                x = layer(x)
            self.result = x
        return self.result

    def __getitem__(self, index):
        return self.layers[index]


@wrong(
    "back in training after each call",
    "If a call switches the mode, it is for train() and eval() to switch it.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        for layer in self.layers:
            layer.train()
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong(
    "no children",
    "If children are missing, their parameters are never found, or they never learn of the mode.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return []

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong(
    "the first child alone",
    "If children are missing, their parameters are never found, or they never learn of the mode.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers[:1])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong(
    "only children with parameters",
    "If children are missing, their parameters are never found, or they never learn of the mode.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return [layer for layer in self.layers if layer.parameters()]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong(
    "parameters for children",
    "If you list parameters, children are layers: the base class asks them for theirs.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return [p for layer in self.layers for p in layer.parameters()]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong(
    "children's children",
    "If you list the layers inside the layers, children are those directly inside.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        found = []
        for layer in self.layers:
            found += layer.children() or [layer]
        return found

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong(
    "the network its own child",
    "If the network is among its own children, looking for parameters never ends.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return [self, *self.layers]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong("children from the end", "If the order is turned round, the layers are listed from the end.")
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)[::-1]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong("children sorted by size", "If the order is another, the layers are listed as they came.")
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return sorted(self.layers, key=lambda layer: len(layer.parameters()))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong("copies", "If children are copies, what is learned never reaches the layers.")
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        import copy

        return [copy.deepcopy(layer) for layer in self.layers]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong(
    "parameters of its own",
    "If a layer that comes twice has its parameters twice, leave finding them to the base class.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def parameters(self):
        return [parameter for layer in self.layers for parameter in layer.parameters()]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]


@wrong(
    "evaluation pushed down by a call",
    "If a call in evaluation switches the layers, their modes are left to train and eval.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        if not self.training:
            for layer in self.layers:
                layer.eval()
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]

    def __len__(self):
        return len(self.layers)


@wrong(
    "training pushed down by a call",
    "If a call in training switches the layers, their modes are left to train and eval.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        if self.training:
            for layer in self.layers:
                layer.train()
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]

    def __len__(self):
        return len(self.layers)


@wrong(
    "shared by all networks",
    "If all networks share one list, each finds the layers of the others.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers
        self.found.extend(layers)

    def children(self):
        return self.found

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]

    found = []


@wrong(
    "the last answer kept for its x",
    "If the same x gives the same answer for ever, weights, modes and x itself may have changed.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers
        self.last = None, None

    def children(self):
        return list(self.layers)

    def forward(self, x):
        if self.last[0] is not x:
            y = x
            for layer in self.layers:
                y = layer(y)
            self.last = x, y
        return self.last[1]

    def __getitem__(self, index):
        return self.layers[index]

    def __len__(self):
        return len(self.layers)


@wrong(
    "a function over the layers kept",
    "If a deep copy runs the layers of the original, a function kept them: go by self.layers.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

        def run(x):
            for layer in layers:
                x = layer(x)
            return x

        self.run = run

    def children(self):
        return list(self.layers)

    def forward(self, x):
        return self.run(x)

    def __getitem__(self, index):
        return self.layers[index]

    def __len__(self):
        return len(self.layers)


@wrong(
    "empty networks left out",
    "If an empty network is missing among the children, its length of 0 was taken for False.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return [layer for layer in self.layers if layer]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]

    def __len__(self):
        return len(self.layers)


@wrong(
    "a new tensor in evaluation",
    "If the record ends in one mode, you made a new Tensor: return what the last layer gave.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x if self.training else Tensor(x.data)

    def __getitem__(self, index):
        return self.layers[index]

    def __len__(self):
        return len(self.layers)


@wrong(
    "modes pushed down by a call",
    "If a call changes the modes of the layers, leave that to train and eval.",
)
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return list(self.layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.train(self.training)(x)
        return x

    def __getitem__(self, index):
        return self.layers[index]

    def __len__(self):
        return len(self.layers)


@right("one by its number")
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return [self.layers[i] for i in range(len(self.layers))]

    def forward(self, x):
        i = 0
        while i < len(self.layers):
            x = self.layers[i].forward(x)
            i += 1
        return x

    def __getitem__(self, index):
        return self.layers[index]

    def __repr__(self):
        return "a network"


@right("recursive")
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return [*self.layers]

    def forward(self, x):
        if not self.layers:
            return x
        return Sequential(*self.layers[1:]).forward(self.layers[0](x))

    def __getitem__(self, index):
        return self.layers[index]


@right("children as a tuple, used by forward")
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        return self.layers

    def forward(self, x):
        output = x
        for layer in self.children():
            output = layer(output)
        return output

    def __getitem__(self, index):
        return self.layers[index]


@right("folded")
class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def children(self):
        children = []
        for layer in self.layers:
            children.append(layer)
        return children

    def forward(self, x):
        import functools

        return functools.reduce(lambda value, layer: layer(value), self.layers, x)

    def __getitem__(self, index):
        return self.layers[index]


# --- Flatten ------------------------------------------------------------------------------------


@wrong("all axes", "If all axes became one, the samples are no longer apart.")
class Flatten(Layer):
    def forward(self, x):
        return reshape(x, -1)


@wrong("all axes, one row", "If all axes became one, the samples are no longer apart.")
class Flatten(Layer):
    def forward(self, x):
        return reshape(x, 1, -1)


@wrong("the last axis kept", "If you kept the last axis, it is the first that has to stay.")
class Flatten(Layer):
    def forward(self, x):
        return reshape(x, -1, x.shape[-1])


@wrong("columns first", "If columns come first, you changed the order of the elements.")
class Flatten(Layer):
    def forward(self, x):
        order = (0, *range(x.ndim - 1, 0, -1))
        return reshape(apply(np.transpose, x, axes=order), x.shape[0], -1)


@wrong("samples last", "If the samples ended up last, the first axis has to stay first.")
class Flatten(Layer):
    def forward(self, x):
        return reshape(x, -1, x.shape[0])


@wrong("transposed", "If the samples ended up last, the first axis has to stay first.")
class Flatten(Layer):
    def forward(self, x):
        return reshape(x, x.shape[0], math.prod(x.shape[1:])).T


@wrong("in Fortran's order", "If columns come first, you changed the order of the elements.")
class Flatten(Layer):
    def forward(self, x):
        return apply(np.reshape, x, shape=(x.shape[0], math.prod(x.shape[1:])), order="F")


@wrong(
    "in the order of memory",
    "If the order follows memory, a transposed array comes out wrong: leave the order out.",
)
class Flatten(Layer):
    def forward(self, x):
        return apply(np.reshape, x, shape=(x.shape[0], math.prod(x.shape[1:])), order="A")


@wrong("round the door", "If you reshape x.data, you go round the door, and nothing is recorded.")
class Flatten(Layer):
    def forward(self, x):
        return Tensor(x.data.reshape(x.shape[0], math.prod(x.shape[1:])))


@wrong(
    "an array",
    "If you return a bare array, the door wraps it for you and writes down how it was made.",
)
class Flatten(Layer):
    def forward(self, x):
        return x.data.reshape(x.shape[0], math.prod(x.shape[1:]))


@wrong(
    "a function of its own",
    "If you hand the door a function of your own, there is no rule for it: use reshape.",
)
class Flatten(Layer):
    def forward(self, x):
        flat = lambda array: array.reshape(len(array), math.prod(array.shape[1:]))
        return apply(flat, x)


@wrong("two lengths multiplied", "If you multiplied two lengths, think of any number of axes.")
class Flatten(Layer):
    def forward(self, x):
        return reshape(x, -1, x.shape[-2] * x.shape[-1])


@wrong("three axes", "If you unpack three lengths, think of any number of axes.")
class Flatten(Layer):
    def forward(self, x):
        samples, rows, columns = x.shape
        return reshape(x, samples, rows * columns)


@wrong("one axis merged", "If only the last two axes became one, all but the first are merged.")
class Flatten(Layer):
    def forward(self, x):
        if x.ndim < 3:
            return reshape(x, x.shape[0], math.prod(x.shape[1:]))
        return reshape(x, *x.shape[:-2], -1)


@wrong(
    "squeezed",
    "If a batch of one loses its axis, the next layer takes its features for samples.",
)
class Flatten(Layer):
    def forward(self, x):
        if x.shape[0] == 1:
            return reshape(x, -1)
        return reshape(x, x.shape[0], math.prod(x.shape[1:]))


@wrong(
    "axes of length 1 dropped",
    "If you only dropped axes of length 1, the others have to be merged as well.",
)
class Flatten(Layer):
    def forward(self, x):
        return reshape(x, *[n for n in x.shape if n != 1])


@wrong(
    "the rest worked out",
    "If a batch is empty, -1 can't be worked out: multiply the lengths.",
    loses=("test_flatten_of_empty_batches",),
)
class Flatten(Layer):
    def forward(self, x):
        return reshape(x, x.shape[0], -1)


@wrong(
    "nothing to merge",
    "If each sample is a single number, it is one feature: (N,) becomes (N, 1).",
)
class Flatten(Layer):
    def forward(self, x):
        if x.ndim < 2:
            return x
        return reshape(x, x.shape[0], math.prod(x.shape[1:]))


@wrong("the sum", "If you summed over the other axes, every number stays a feature.")
class Flatten(Layer):
    def forward(self, x):
        return x.sum(axis=tuple(range(1, x.ndim)), keepdims=True).reshape(x.shape[0], 1)


@wrong(
    "the samples worked out",
    "If samples have no numbers, -1 can't be worked out: name both lengths.",
)
class Flatten(Layer):
    def forward(self, x):
        return reshape(x, -1, math.prod(x.shape[1:]))


@wrong(
    "nothing done in evaluation",
    "If x passes unflattened in one mode, flattening belongs to both.",
)
class Flatten(Layer):
    def forward(self, x):
        return reshape(x, x.shape[0], math.prod(x.shape[1:])) if self.training else x


@right("the lengths multiplied by NumPy")
class Flatten(Layer):
    def forward(self, x):
        return x.reshape(x.shape[0], int(np.prod(x.shape[1:])))


@right("divided")
class Flatten(Layer):
    def forward(self, x):
        features = x.size // len(x) if len(x) else math.prod(x.shape[1:])
        return reshape(x, (len(x), features))


@right("multiplied in a loop")
class Flatten(Layer):
    def forward(self, x):
        features = 1
        for length in x.shape[1:]:
            features *= length
        return apply(np.reshape, x, shape=(x.shape[0], features))


@right("two at a time")
class Flatten(Layer):
    def forward(self, x):
        if x.ndim == 1:
            return reshape(x, (x.shape[0], 1))
        while x.ndim > 2:
            x = reshape(x, (*x.shape[:-2], x.shape[-2] * x.shape[-1]))
        return reshape(x, x.shape)


# --- Dropout ------------------------------------------------------------------------------------


@wrong(
    "not made up for",
    "If you left the numbers as they are, their mean shrinks: divide by 1 - p.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        return x * (self.rng.random(x.shape) >= self.p).astype(x.dtype)


@wrong("divided by p", "If you divided by p, it is the share that stays that counts.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        return x * ((self.rng.random(x.shape) >= self.p) / self.p).astype(x.dtype)


@wrong("multiplied by 1 - p", "If you multiplied by 1 - p, that makes up for nothing: divide.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        return x * ((self.rng.random(x.shape) >= self.p) * (1 - self.p)).astype(x.dtype)


@wrong("p stays", "If the share 1 - p is gone, p is the probability to drop, not to keep.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        return x * ((self.rng.random(x.shape) < self.p) / (1 - self.p)).astype(x.dtype)


@wrong(
    "p is kept throughout",
    "If the share 1 - p is gone, p is the probability to drop, not to keep.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        return x * ((self.rng.random(x.shape) < self.p) / self.p).astype(x.dtype)


@wrong(
    "divided by the share that stayed",
    "If you divided by the share that happened to stay, divide by 1 - p.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        mask = (self.rng.random(x.shape) >= self.p).astype(x.dtype)
        return x * (mask / mask.mean())


@wrong(
    "normal numbers compared",
    "If you compared normal numbers with p, another share is dropped: draw evenly from 0 to 1.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        return x * ((self.rng.standard_normal(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


@wrong("the dropped at 1", "If what is dropped stays, multiply it by 0.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        gone = self.rng.random(x.shape) < self.p
        return x * np.where(gone, 1, 1 / (1 - self.p)).astype(x.dtype)


@wrong("half always", "If half is gone whatever p is, compare with self.p.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        return x * ((self.rng.random(x.shape) >= 0.5) / (1 - self.p)).astype(x.dtype)


@wrong("whole columns", "If whole rows or columns are gone, draw a number for each element of x.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        keep = self.rng.random(x.shape[-1]) >= self.p
        return x * (keep / (1 - self.p)).astype(x.dtype)


@wrong("whole rows", "If whole rows or columns are gone, draw a number for each element of x.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        keep = self.rng.random((*x.shape[:-1], 1)) >= self.p
        return x * (keep / (1 - self.p)).astype(x.dtype)


@wrong(
    "one mask for all samples",
    "If whole rows or columns are gone, draw a number for each element of x.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        keep = self.rng.random(x.shape[1:]) >= self.p
        return x * (keep / (1 - self.p)).astype(x.dtype)


@wrong("all or nothing", "If a call drops all or nothing, draw a number for each element of x.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        keep = self.rng.random() >= self.p
        return x * (keep / (1 - self.p))


@wrong(
    "an exact share",
    "If a call drops an exact number of elements, each is to be dropped with its own probability.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        keep = self.rng.permutation(x.size).reshape(x.shape) >= round(self.p * x.size)
        return x * (keep / (1 - self.p)).astype(x.dtype)


@wrong(
    "noise",
    "If numbers are changed without being dropped, the mask has two values: 0 and 1 / (1 - p).",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        return x * (1 + self.p * self.rng.standard_normal(x.shape)).astype(x.dtype)


@wrong("rescaled twice", "If you divided by 1 - p twice, once makes up for what is dropped.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        mask = ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)
        return x * mask / (1 - self.p)


@wrong(
    "an epsilon in the denominator",
    "If you added a small number to 1 - p, nothing is divided by 0: p is below 1.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        mask = self.rng.random(x.shape) >= self.p
        return x * mask / (1 - self.p + 1e-8)


@wrong(
    "a larger epsilon in the denominator",
    "If you added a small number to 1 - p, nothing is divided by 0: p is below 1.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        mask = (self.rng.random(x.shape) >= self.p) / (1 - self.p + 1e-7)
        return x * mask.astype(x.dtype)


@wrong("float64", "If the result is float64, the mask widened it: give the mask the dtype of x.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        return x * ((self.rng.random(x.shape) >= self.p) / (1 - self.p))


@wrong("into x", "If you multiplied x.data in place, the caller's numbers are gone: make new ones.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        x.data *= ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)
        return x * 1


@wrong(
    "scaled in evaluation",
    "If you scale by 1 - p in evaluation, training has made up for it already.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x * (1 - self.p)
        return x * ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


@wrong(
    "divided in evaluation",
    "If you divide by 1 - p in evaluation, nothing was dropped that it would make up for.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x / (1 - self.p)
        return x * ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


@wrong(
    "the other way of old",
    "If you scale in evaluation and not in training, divide by 1 - p in training instead.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x * (1 - self.p)
        return x * (self.rng.random(x.shape) >= self.p).astype(x.dtype)


@wrong("never off", "If numbers are dropped in evaluation, ask self.training first.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        return x * ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


@wrong(
    "modes swapped",
    "If numbers are dropped in evaluation and not in training, the question is turned round.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if self.training:
            return x
        return x * ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


@wrong("zeros in evaluation", "If evaluation gives zeros, x is passed on as it is.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x * 0
        return x * ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


@wrong(
    "the mode of the start",
    "If you asked for the mode when the layer was made, it may change: ask in forward.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng, self.on = p, rng, self.training

    def forward(self, x):
        if not self.on:
            return x
        return x * ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


@wrong(
    "off for good",
    "If training never comes back after evaluation, forward is not to change the layer.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            self.p = 0.0
            return x
        return x * ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


@wrong(
    "back in training by itself",
    "If a call switches the mode, it is for train() and eval() to switch it.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            self.training = True
            return x
        return x * ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


@wrong("pairs", "If neighbours share their fate, draw a number for each element of x.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        half = self.rng.random((*x.shape[:-1], (x.shape[-1] + 1) // 2)) >= self.p
        keep = np.repeat(half, 2, axis=-1)[..., : x.shape[-1]]
        return x * (keep / (1 - self.p)).astype(x.dtype)


@wrong(
    "a new Tensor in evaluation",
    "If evaluation makes a new Tensor, it forgets how x was made: pass x on.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return Tensor(x.data)
        return x * ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


@wrong("np.random", "If you draw from anything but self.rng, no seed repeats your run.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        return x * ((np.random.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


@wrong(
    "np.random, seeded",
    "If you make or seed a generator in forward, every call drops the same: use self.rng.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        np.random.seed(0)
        return x * ((np.random.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


@wrong(
    "a Generator in forward",
    "If you make or seed a generator in forward, every call drops the same: use self.rng.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        rng = np.random.default_rng(0)
        return x * ((rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


@wrong(
    "the same mask in each call",
    "If every call drops the same, draw a new mask in each and use self.rng as it comes.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng, self.mask = p, rng, None

    def forward(self, x):
        if not self.training:
            return x
        if self.mask is None or self.mask.shape != x.shape:
            self.mask = ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)
        return x * self.mask


@wrong(
    "one generator for all layers",
    "If you draw from anything but self.rng, no seed repeats your run.",
)
class Dropout(Layer):
    kept = []

    def __init__(self, p, rng):
        self.p, self.rng = p, rng
        self.kept.append(rng)

    def forward(self, x):
        if not self.training:
            return x
        return x * ((self.kept[0].random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


@wrong(
    "round the door",
    "If you multiply x.data, you go round the door, and nothing is recorded.",
    loses=("test_dropout_passes_the_door",),
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        mask = ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)
        return Tensor(x.data * mask)


@wrong("an array", "If you return a bare array, multiply the tensor and not its data.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        return x.data * ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


@wrong(
    "a function of its own",
    "If you hand the door a function of your own, there is no rule for it: use the signs.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        mask = ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)
        return apply(lambda array: array * mask, x)


@wrong(
    "nothing dropped",
    "If nothing is dropped in training, multiply by a mask of 0 and 1 / (1 - p).",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        return x


@wrong(
    "a copy of the Generator",
    "If two layers with one Generator drop the same, you copied it: draw from the one given.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = (
            p,
            np.random.default_rng(int(rng.bit_generator.state["state"]["state"] % 997)),
        )

    def forward(self, x):
        if not self.training:
            return x
        keep = np.asarray(self.rng.random(x.shape) >= self.p, x.dtype)
        return x * keep / (1 - self.p)


@wrong(
    "whole percents",
    "If p is rounded to percents, small chances are lost: compare with p itself.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        keep = np.asarray(self.rng.integers(0, 100, x.shape) >= round(100 * self.p), x.dtype)
        return x * keep / (1 - self.p)


@wrong(
    "neighbours dropped together",
    "If neighbours are dropped together, one draw decided over both: draw for each number.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        draws = self.rng.random(x.size // 2 + 1).repeat(2)[: x.size].reshape(x.shape)
        return x * np.asarray(draws >= self.p, x.dtype) / (1 - self.p)


@wrong(
    "a copy in evaluation",
    "If the record ends in evaluation, you made a new Tensor: return x itself.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return Tensor(x.data.copy(), requires_grad=x.requires_grad)
        keep = np.asarray(self.rng.random(x.shape) >= self.p, x.dtype)
        return x * keep / (1 - self.p)


@wrong(
    "the scale limited",
    "If what stays is scaled too little where p is near 1, the scale was limited: divide by 1 - p.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        keep = np.asarray(self.rng.random(x.shape) >= self.p, x.dtype)
        return x * keep * min(20.0, 1 / (1 - self.p))


@right("binomial")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if self.training:
            x = x * (self.rng.binomial(1, 1 - self.p, x.shape).astype(x.dtype) / (1 - self.p))
        return x


@right("multiplied twice")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        return x * (self.rng.uniform(size=x.shape) > self.p) * (1 / (1 - self.p))


@right("where")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        factor = np.where(self.rng.random(x.shape) < self.p, 0, 1 / (1 - self.p))
        return x * factor.astype(x.dtype)


@right("divided, in a helper")
class Dropout(Layer):
    def dropped(self, x):
        keep = np.array(self.rng.random(x.shape) >= self.p, dtype=x.dtype)
        return x / (1 - self.p) * Tensor(keep)

    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        return self.dropped(x) if self.training else x


@wrong(
    "zeros written into the result",
    "If you wrote into the result, its record knows nothing of that: multiply x by the mask.",
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        output = x / (1 - self.p)
        output.data[self.rng.random(x.shape) < self.p] = 0
        return output


@right("a Generator that rng seeds")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, np.random.default_rng(int(rng.integers(2**62)))

    def forward(self, x):
        if not self.training:
            return x
        return x * ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


# --- count_parameters ---------------------------------------------------------------------------


@wrong("tensors counted", "If you counted tensors, each holds many numbers.")
def count_parameters(layer):
    return len(layer.parameters())


@wrong("bytes", "If you counted bytes, a float32 has four.")
def count_parameters(layer):
    return sum(parameter.data.nbytes for parameter in layer.parameters())


@wrong(
    "four bytes each",
    "If you divided bytes by four, numbers of float64 take eight: count them.",
)
def count_parameters(layer):
    return sum(p.data.nbytes for p in layer.parameters()) // 4


@wrong(
    "weights alone",
    "If the biases are missing, they are learned as well: count all parameters.",
)
def count_parameters(layer):
    return sum(parameter.size for parameter in layer.parameters() if parameter.ndim > 1)


@wrong("the first lengths", "If you took the first length of each, multiply all lengths.")
def count_parameters(layer):
    return sum(parameter.shape[0] for parameter in layer.parameters())


@wrong("lengths added", "If you added the lengths of each, multiply them.")
def count_parameters(layer):
    return sum(sum(parameter.shape) for parameter in layer.parameters())


@wrong("the sum of the numbers", "If you added up the numbers themselves, count them.")
def count_parameters(layer):
    return int(sum(parameter.data.sum() for parameter in layer.parameters()))


@wrong(
    "numbers that are not 0",
    "If you counted numbers that are not 0, those at 0 are learned as well.",
)
def count_parameters(layer):
    return int(sum(np.count_nonzero(parameter.data) for parameter in layer.parameters()))


@wrong(
    "a weight and a bias",
    "If you asked for weight and bias, not every layer has both: ask for its parameters.",
)
def count_parameters(layer):
    return layer.weight.size + layer.bias.size


@wrong(
    "the first parameter",
    "If the biases are missing, they are learned as well: count all parameters.",
)
def count_parameters(layer):
    return layer.parameters()[0].size if layer.parameters() else 0


@wrong("axes counted", "If you counted axes, multiply their lengths.")
def count_parameters(layer):
    return sum(parameter.ndim for parameter in layer.parameters())


@wrong("a list of counts", "If you return a list of counts, add them up.")
def count_parameters(layer):
    return [parameter.size for parameter in layer.parameters()]


@wrong("children only", "If you looked at children only, a layer has parameters of its own.")
def count_parameters(layer):
    return sum(p.size for child in layer.children() for p in child.parameters())


@wrong("shared ones twice", "If a shared layer counts twice, its numbers are still learned once.")
def count_parameters(layer):
    if layer.children():
        return sum(count_parameters(child) for child in layer.children())
    return sum(parameter.size for parameter in layer.parameters())


@wrong("one level deep", "If you looked one level deep, networks may hold networks.")
def count_parameters(layer):
    count, seen = 0, []
    for one in [layer, *layer.children()]:
        if not one.children() and id(one) not in seen:
            seen.append(id(one))
            count += sum(parameter.size for parameter in one.parameters())
    return count


@wrong(
    "equal shapes once",
    "If parameters of one shape count once, they are different numbers all the same.",
)
def count_parameters(layer):
    return sum(math.prod(shape) for shape in {p.shape for p in layer.parameters()})


@wrong(
    "asked whether it is in a list",
    "If you ask whether a tensor is `in` a list, == compares numbers, not which tensor it is.",
)
def count_parameters(layer):
    seen = []
    for parameter in layer.parameters():
        if parameter not in seen:
            seen.append(parameter)
    return sum(parameter.size for parameter in seen)


@wrong("a float", "If the count is a float, numbers are counted in whole ones.")
def count_parameters(layer):
    return float(sum(parameter.size for parameter in layer.parameters()))


@wrong(
    "kept by name",
    "If layers that look alike get one count, you kept it: count anew in each call.",
)
def count_parameters(layer):
    kept = count_parameters.__dict__.setdefault("kept", {})
    if repr(layer) not in kept:
        kept[repr(layer)] = sum(parameter.size for parameter in layer.parameters())
    return kept[repr(layer)]


@wrong(
    "a shared tensor twice",
    "If a tensor that two layers share counts twice, it is learned once: count each tensor once.",
)
def count_parameters(layer):
    seen = {}

    def visit(part):
        if id(part) in seen:
            return 0
        seen[id(part)] = part
        inside = part.children()
        return sum(map(visit, inside)) if inside else sum(p.size for p in part.parameters())

    return visit(layer)


@right("with a loop")
def count_parameters(layer):
    count = 0
    for parameter in layer.parameters():
        count += parameter.data.size
    return count


@right("lengths multiplied")
def count_parameters(layer):
    return sum(math.prod(parameter.shape) for parameter in layer.parameters())


@right("flattened and joined")
def count_parameters(layer):
    flat = [parameter.data.ravel() for parameter in layer.parameters()]
    return int(np.concatenate(flat).size) if flat else 0


@right("by NumPy's sum")
def count_parameters(layer):
    return np.sum([np.prod(p.shape, dtype=int) for p in layer.parameters()], dtype=int)
