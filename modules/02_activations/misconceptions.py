"""Solutions to lesson 02 that its tests must tell apart: wrong ones students write, right ones."""

import numpy as np

from tinytorch.course.variants import right, wrong

# --- relu --------------------------------------------------------------------------------------


@wrong(
    "takes the root of the square for the size",
    "If you square x, large numbers overflow and tiny ones vanish before the root is taken.",
)
def relu(x):
    return (x + np.sqrt(x * x)) / 2


@wrong(
    "absolute value",
    "If you took the absolute value, negative numbers come back positive: they are to become 0.",
)
def relu(x):
    return np.abs(x)


@wrong(
    "largest of all",
    "If you took the largest of all elements, compare each one with 0 instead.",
)
def relu(x):
    return np.max(x)


@wrong(
    "the negative part",
    "If you kept the smaller of x and 0, it is the negative part that passes.",
)
def relu(x):
    return np.minimum(x, 0)


@wrong(
    "leaky",
    "If negative numbers keep a small slope, that is another function, the leaky relu.",
)
def relu(x):
    return np.where(x > 0, x, 0.01 * x)


@wrong(
    "cut off at 1",
    "If you cut off above as well, large numbers are lost: only what is below 0 changes.",
)
def relu(x):
    return np.clip(x, 0, 1)


@wrong(
    "cut off at 6",
    "If you cut off above as well, large numbers are lost: only what is below 0 changes.",
)
def relu(x):
    return np.clip(x, 0, 6)


@wrong(
    "the sign turned",
    "If you turned the sign, it is the negative numbers that come through.",
)
def relu(x):
    return np.maximum(-x, 0)


@wrong(
    "a step",
    "If you return 1 where x is above 0, that is its slope: relu passes x itself.",
)
def relu(x):
    return (x > 0).astype(x.dtype)


@wrong(
    "softplus",
    "If you took log(1 + exp(x)), that is a smooth relative of relu, without its corner.",
)
def relu(x):
    return np.log1p(np.exp(x)).astype(x.dtype)


@wrong(
    "exponential below",
    "If negative numbers go on as exp(x) - 1, that is another function, the elu.",
)
def relu(x):
    return np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1)


@wrong(
    "tiny ones stopped",
    "If you compare with a small number, what lies between 0 and it is lost: compare with 0.",
)
def relu(x):
    return np.where(x > 1e-8, x, 0)


@wrong(
    "one for all",
    "If you look at the sum or at any element, all share one fate: each element has its own.",
)
def relu(x):
    return x * (x.sum() > 0)


@wrong(
    "row by row",
    "If you take the largest of each row, compare each element with 0 instead.",
)
def relu(x):
    return np.max(x, axis=-1, keepdims=True) if x.ndim else np.maximum(x, 0)


@wrong(
    "positive ones alone",
    "If you keep only the elements above 0, the shape is lost: put a 0 for the others.",
)
def relu(x):
    return x[x > 0]


@wrong(
    "into the input",
    "If you wrote the zeros into x, whoever owns x loses their numbers: make a new array.",
)
def relu(x):
    if x.ndim:
        x[x < 0] = 0
        return x
    return np.maximum(x, 0)


@wrong(
    "an array of zeros",
    "If you compare with np.zeros or collect in it, its float64 widens the result.",
)
def relu(x):
    return np.maximum(x, np.zeros(x.shape))


@wrong(
    "in float32",
    "If you turn the result into float32, whoever chose another dtype loses it.",
)
def relu(x):
    return np.maximum(x, 0).astype(np.float32)


@wrong(
    "a float32 zero",
    "If your 0 has a dtype of its own, it widens float16: a Python number does not.",
)
def relu(x):
    return np.maximum(x, np.float32(0))


@wrong(
    "the same array if it may",
    "If you return x itself where nothing changes, it is not a new array.",
)
def relu(x):
    return x if (x >= 0).all() and x.size else np.maximum(x, 0)


@wrong(
    "a loop over one axis",
    "If you loop over the first axis alone, each step is a row and not a number.",
)
def relu(x):
    return np.array([v if np.all(v > 0) else 0 * v for v in x], x.dtype)


@wrong(
    "no array without axes",
    "If you loop with enumerate or for, an array without axes can't be walked through.",
)
def relu(x):
    result = np.zeros_like(x)
    for index, row in enumerate(x):
        result[index] = np.maximum(row, 0)
    return result


@wrong(
    "whole numbers",
    "If you turn elements into whole numbers, what stands behind the point is lost.",
)
def relu(x):
    return np.maximum(x.astype(int), 0).astype(x.dtype)


@wrong(
    "one answer learned",
    "If you hand back the numbers of one example, other inputs get them as well.",
)
def relu(x):
    return np.array([0.0, 0.0, 0.5])


@wrong(
    "half of x and its absolute value",
    "If you add x and its absolute value, the largest numbers overflow before they are halved.",
)
def relu(x):
    return (x + np.abs(x)) / 2


@wrong(
    "a mask as a factor",
    "If you multiply by a mask, -inf times 0 is nan: choose one of two, and don't multiply.",
)
def relu(x):
    return x * (x > 0)


@wrong(
    "x itself if all is above 0",
    "If you return x itself where nothing changes, it is not a new array.",
)
def relu(x):
    return x if x.size and np.min(x) > 0 else np.maximum(x, 0)


@wrong(
    "written into a flat copy",
    "If you write into x.copy().ravel(), that may be a copy again, and nothing arrives: "
    "np.flat or a mask does.",
)
def relu(x):
    result = np.copy(x)
    flat = result.ravel()
    flat[flat < 0] = 0
    return result


@wrong(
    "remembered for the array",
    "If you remember results by id or by shape, other numbers get them as well.",
)
def relu(x):
    known = relu.__dict__.setdefault("known", {})
    if id(x) not in known:
        known[id(x)] = (x, np.maximum(x, 0))
    return known[id(x)][1].copy()


@wrong(
    "cut off at a million",
    "If you cut off above as well, large numbers are lost: only what is below 0 changes.",
)
def relu(x):
    return np.clip(x, 0, 1e6).astype(x.dtype)


@right("the larger of x and a number")
def relu(x):
    return np.maximum(x, 0)


@right("where")
def relu(x):
    return np.where(x > 0, x, 0)


@right("clip with one end")
def relu(x):
    return x.clip(0, None)


@right("zeros into a copy")
def relu(x):
    result = np.array(x)
    result[result < 0] = 0
    return result


@right("np.vectorize")
def relu(x):
    return np.vectorize(lambda v: v if v > 0 else 0, otypes=[x.dtype])(x)


@right("with a loop")
def relu(x):
    result = np.array(x)
    for index in np.ndindex(x.shape):
        if x[index] < 0:
            result[index] = 0
    return result


# --- relu_gradient -----------------------------------------------------------------------------


@wrong(
    "grad forgotten",
    "If you return the slope alone, the incoming gradient is lost: multiply by grad.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return (x > 0).astype(x.dtype)


@wrong(
    "relu again",
    "If you multiply by the output, that is relu again and not its slope.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad * output


@wrong(
    "everything passes",
    "If everything passes, you asked for output >= 0, which always holds, or for nothing.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad * (output >= 0)


@wrong(
    "grad itself",
    "If you return grad itself, nothing is stopped, and it is not a new array.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad


@wrong(
    "the sign",
    "If negative inputs give -grad, the slope there is 0, not -1.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad * np.sign(x)


@wrong(
    "relu of grad",
    "If you choose by the sign of grad, a negative gradient is stopped: choose by x.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return np.maximum(grad, 0) * (x > 0)


@wrong(
    "chosen by grad alone",
    "If you choose by the sign of grad, a negative gradient is stopped: choose by x.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return np.where(grad > 0, grad, 0)


@wrong(
    "chosen by grad",
    "If you choose by the sign of grad, it is x that decides what passes.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return np.where(grad * output > 0, grad, 0)


@wrong(
    "turned round",
    "If you pass grad where x is below 0, the two sides have changed places.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad * (x < 0)


@wrong(
    "a leak",
    "If negative inputs keep a small slope, that is another function, the leaky relu.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return np.where(x > 0, grad, 0.01 * grad)


@wrong(
    "into grad",
    "If you wrote the zeros into grad, the next rule that needs it gets a wrong one.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    grad[x <= 0] = 0
    return grad


@wrong(
    "into output",
    "If you wrote into output or x, others still need them: make a new array.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    output[output > 0] = 1
    return grad * output


@wrong(
    "slope 1 at the corner",
    "If the corner lets the gradient pass, in whole or in half, choose 0 there, as PyTorch does.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad * (x >= 0)


@wrong(
    "slope one half at the corner",
    "If the corner lets the gradient pass, in whole or in half, choose 0 there, as PyTorch does.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad * np.heaviside(x, 0.5).astype(x.dtype)


@wrong(
    "output by x",
    "If you divide output by x, 0 by 0 is nan at the corner: ask for the sign instead.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad * output / x


@wrong(
    "the output cut at 1",
    "If you cut the output off at 1, it is no slope yet below 1: there the slope is 1 as well.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad * np.minimum(output, 1)


@wrong(
    "tiny ones stopped",
    "If you compare with a small number, what lies between 0 and it is stopped: compare with 0.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad * (x > 1e-8)


@wrong(
    "in zeros of float64",
    "If zeros or a mask of another dtype come in, the result is float64: stay in the dtype of x.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    result = np.zeros(x.shape)
    result[x > 0] = grad[x > 0]
    return result


@wrong(
    "the mask",
    "If you return where x is above 0, those are booleans: multiply grad by them.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return x > 0


@wrong(
    "the sizes of grad",
    "If you take the absolute value of grad, its sign is lost, and with it the direction.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return np.abs(grad) * (x > 0)


@wrong(
    "x where grad passes",
    "If you multiply by x, that is relu again and not its slope.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad * x * (x > 0)


@wrong(
    "relu instead of its slope",
    "If you return relu(x), that is the output; the slope of it is 1 or 0.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return np.where(x > 0, x, 0)


@wrong(
    "the chosen ones alone",
    "If you return only the elements that pass, the shape is lost: put a 0 for the others.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad[x > 0]


@wrong(
    "grad itself where all passes",
    "If you return grad or output itself in a special case, it is not a new array there.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad if np.all(x > 0) else grad * (x > 0)


@wrong(
    "output where nothing passes",
    "If you return grad or output itself in a special case, it is not a new array there.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad * (x > 0) if np.any(output) else output


@wrong(
    "gradients limited",
    "If you limit gradients, small and large ones come back changed: they only get multiplied.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return np.clip(grad, -1e4, 1e4).astype(grad.dtype) * (x > 0)


@wrong(
    "written into a flat copy",
    "If you write into the ravel() of a copy, that may be a copy again, and nothing arrives.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    result = np.zeros_like(x)
    flat, passes = result.ravel(), x.ravel() > 0
    flat[passes] = grad.ravel()[passes]
    return result


@right("where")
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return np.where(x > 0, grad, 0)


@right("the mask of x")
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad * (x > 0)


@right("zeros into a copy")
@gradient_of(relu)
def relu_gradient(grad, output, x):
    result = np.array(grad)
    result[x <= 0] = 0
    return result


@right("the sign of output")
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad * np.sign(output)


@right("with a loop")
@gradient_of(relu)
def relu_gradient(grad, output, x):
    result = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        if x[index] > 0:
            result[index] = grad[index]
    return result


# --- sigmoid -----------------------------------------------------------------------------------


@wrong(
    "as in the formula",
    "If you take exp(-x) of a negative x, it overflows and the small result is lost: "
    "exp(-abs(x)) never does.",
)
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@wrong(
    "as in the formula, in float64, and back",
    "If you take exp(-x) of a negative x, it overflows and the small result is lost: "
    "exp(-abs(x)) never does.",
)
def sigmoid(x):
    return (1 / (1 + np.exp(-x.astype(np.float64)))).astype(x.dtype)


@wrong(
    "0 where the power overflows",
    "If you take exp(-x) of a negative x, it overflows and the small result is lost: "
    "exp(-abs(x)) never does.",
)
def sigmoid(x):
    import math

    def one(value):
        try:
            return 1 / (1 + math.exp(-value))
        except OverflowError:
            return 0.0

    return np.array([one(value) for value in x.ravel().tolist()], x.dtype).reshape(x.shape)


@wrong(
    "the other formula",
    "If you divide exp(x) by 1 + exp(x), both are infinite for a large x, and their "
    "quotient is nan.",
    loses=("test_sigmoid_of_large_numbers", "test_sigmoid_keeps_small_results"),
)
def sigmoid(x):
    return np.exp(x) / (1 + np.exp(x))


@wrong(
    "sign forgotten",
    "If the curve falls, the sign in the exponent is the other way round.",
)
def sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.where(x > 0, small, 1) / (1 + small)


@wrong(
    "tanh of half of x",
    "If the values go from -1 to 1, that is tanh of half of x.",
    loses=(
        "test_sigmoid",
        "test_sigmoid_of_large_numbers",
        "test_sigmoid_keeps_small_results",
        "test_sigmoid_keeps_dtype_and_input",
    ),
)
def sigmoid(x):
    return np.tanh(x / 2)


@wrong(
    "tanh of x",
    "If the slope at 0 is 1/2 and not 1/4, x is not halved: tanh(x) belongs to 2x.",
)
def sigmoid(x):
    return (1 + np.tanh(x)) / 2


@wrong(
    "the size alone",
    "If both signs give the same, abs(x) also stands where x has to.",
)
def sigmoid(x):
    return 1 / (1 + np.exp(-np.abs(x)))


@wrong(
    "always the small one",
    "If results never exceed one half, exp(-abs(x)) stands above the line for positive x too.",
)
def sigmoid(x):
    small = np.exp(-np.abs(x))
    return small / (1 + small)


@wrong(
    "0 forgotten",
    "If 0 falls between x > 0 and x < 0, it gets no value: one of the two has to include it.",
)
def sigmoid(x):
    result = np.zeros_like(x)
    result[x > 0] = 1 / (1 + np.exp(-x[x > 0]))
    result[x < 0] = 1 - 1 / (1 + np.exp(x[x < 0]))
    return result


@wrong(
    "clipped at 10",
    "If you clip x, all numbers beyond the clip become equal: no clip is needed.",
)
def sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -10, 10)))


@wrong(
    "clipped at 30",
    "If you clip x, all numbers beyond the clip become equal: no clip is needed.",
)
def sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


@wrong(
    "clipped at 500",
    "If you clip x, all numbers beyond the clip become equal: no clip is needed.",
)
def sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -500, 500)))


@wrong(
    "through tanh",
    "If 1 and nearly 1 (or -1) cancel on the way, the digits of a small result are lost with them.",
)
def sigmoid(x):
    return (1 + np.tanh(x / 2)) / 2


@wrong(
    "one minus the other side",
    "If 1 and nearly 1 (or -1) cancel on the way, the digits of a small result are lost with them.",
)
def sigmoid(x):
    large = 1 / (1 + np.exp(-np.abs(x)))
    return np.where(x >= 0, large, 1 - large)


@wrong(
    "an epsilon below",
    "If you add a small number, small results become that number: nothing need be added.",
)
def sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.maximum(small, x >= 0) / (1 + small) + x.dtype.type(1e-6)


@wrong(
    "results kept off 0 and 1",
    "If you clip the result, small ones become equal: nothing need be clipped.",
)
def sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.clip(np.maximum(small, x >= 0) / (1 + small), 1e-7, 1 - 1e-7)


@wrong(
    "nan turned into 0",
    "If you replace nan by 0, a large x gets 0 where 1 was meant: avoid the overflow instead.",
)
def sigmoid(x):
    with np.errstate(all="ignore"):
        return np.nan_to_num(np.exp(x) / (1 + np.exp(x)))


@wrong(
    "straight in the middle",
    "If you draw it as a straight line with two ends, that is the hard sigmoid.",
)
def sigmoid(x):
    return np.clip(x / 4 + 0.5, 0, 1).astype(x.dtype)


@wrong(
    "x over 1 plus its size",
    "If you divide x by 1 + abs(x), that is softsign: here it is exp that bends.",
)
def sigmoid(x):
    return (1 + x / (1 + np.abs(x))) / 2


@wrong(
    "powers of two",
    "If you used another base than e, the curve is stretched.",
)
def sigmoid(x):
    return np.exp2(np.minimum(x, 0)) / (1 + np.exp2(-np.abs(x)))


@wrong(
    "brackets forgotten",
    "If you divide before you add, brackets are missing around 1 + exp(-x).",
)
def sigmoid(x):
    return 1 / 1 + np.exp(-np.abs(x))


@wrong(
    "input made absolute in place",
    "If you negate, clip or square x in place, whoever owns x loses their numbers.",
)
def sigmoid(x):
    positive = x >= 0
    if x.ndim:
        np.abs(x, out=x)
    small = np.exp(-np.abs(x))
    return np.maximum(small, positive) / (1 + small)


@wrong(
    "collected in float64",
    "If you collect the result in np.zeros(x.shape) or in float64, it stays so: take the "
    "dtype of x.",
)
def sigmoid(x):
    result = np.zeros(x.shape)
    small = np.exp(-np.abs(x))
    result[...] = np.where(x < 0, small, 1) / (1 + small)
    return result


@wrong(
    "computed in float64",
    "If you collect the result in np.zeros(x.shape) or in float64, it stays so: take the "
    "dtype of x.",
)
def sigmoid(x):
    wide = x.astype(np.float64)
    return np.exp(-np.logaddexp(0, -wide))


@wrong(
    "math for one number",
    "If you use the module math or `if x >= 0`, that works for one number and not for an array.",
)
def sigmoid(x):
    if x >= 0:
        return 1 / (1 + np.exp(-x))
    return np.exp(x) / (1 + np.exp(x))


@wrong(
    "by the first element",
    "If you choose the formula once for all, each element has a sign of its own.",
)
def sigmoid(x):
    if x.size and x.ravel()[0] < 0:
        return np.exp(x) / (1 + np.exp(x))
    return 1 / (1 + np.exp(-x))


@wrong(
    "one formula unless all are below 0",
    "If you choose the formula once for all, each element has a sign of its own.",
)
def sigmoid(x):
    if np.all(x < 0):
        power = np.exp(x)
        return power / (1 + power)
    return 1 / (1 + np.exp(-x))


@wrong(
    "kept off 1",
    "If you clip the result, small ones become equal: nothing need be clipped.",
)
def sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.minimum(np.where(x >= 0, 1, small) / (1 + small), 1 - np.finfo(x.dtype).eps)


@wrong(
    "x itself made the result",
    "If you negate, clip or square x in place, whoever owns x loses their numbers.",
)
def sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.divide(np.where(x >= 0, 1, small), 1 + small, out=x)


@wrong(
    "remembered for the shape",
    "If you remember results by id or by shape, other numbers get them as well.",
)
def sigmoid(x):
    known = sigmoid.__dict__.setdefault("known", {})
    small = np.exp(-np.abs(x))
    key = (x.shape, x.dtype.str)
    return known.setdefault(key, np.where(x >= 0, 1, small) / (1 + small)).copy()


@wrong(
    "in float32 on the way",
    "If you compute in float32 on the way, float64 loses half its digits: stay in the dtype of x.",
)
def sigmoid(x):
    small = np.exp(-np.abs(x.astype(np.float32)))
    return (np.maximum(small, x >= 0) / (1 + small)).astype(x.dtype)


@right("two formulas, chosen by the sign")
def sigmoid(x):
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(x >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x)))


@right("two masks")
def sigmoid(x):
    result = np.empty_like(x)
    positive = x >= 0
    result[positive] = 1 / (1 + np.exp(-x[positive]))
    below = np.exp(x[~positive])
    result[~positive] = below / (1 + below)
    return result


@right("logaddexp")
def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


@right("numerator and denominator apart")
def sigmoid(x):
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


@right("in float64, and back")
def sigmoid(x):
    wide = np.asarray(x, np.float64)
    power = np.exp(-np.abs(wide))
    return np.asarray(np.where(wide >= 0, 1 / (1 + power), power / (1 + power))).astype(x.dtype)


@right("with a loop")
def sigmoid(x):
    result = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        v = x[index]
        result[index] = 1 / (1 + np.exp(-v)) if v >= 0 else np.exp(v) / (1 + np.exp(v))
    return result


# --- sigmoid_gradient --------------------------------------------------------------------------


@wrong(
    "grad forgotten",
    "If you return the slope alone, the incoming gradient is lost: multiply by grad.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return output * (1 - output)


@wrong(
    "one factor",
    "If you stop after one factor, the other one, 1 less the output, is missing.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * output


@wrong(
    "the other factor",
    "If you kept only 1 less the output, the output itself is missing as a factor.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * (1 - output)


@wrong(
    "x in the formula",
    "If you put x into the formula, it is the output that belongs there.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * x * (1 - x)


@wrong(
    "squeezed twice",
    "If you take the sigmoid of output, it is squeezed twice: output is sigmoid(x) already.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    twice = 1 / (1 + np.exp(-output))
    return grad * twice * (1 - twice)


@wrong(
    "turned round",
    "If the slope is negative, the two terms of the difference changed places.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * output * (output - 1)


@wrong(
    "the slope of tanh",
    "If you square the output, that is the slope of tanh.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * (1 - output**2)


@wrong(
    "brackets forgotten",
    "If only the first term is multiplied, brackets are missing.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * output * 1 - output


@wrong(
    "a factor squared",
    "If the output stands squared before 1 less the output, one factor is too many.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * output**2 * (1 - output)


@wrong(
    "a plus",
    "If you add the output to 1, its sign is wrong: the slope is largest at one half.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * output * (1 + output)


@wrong(
    "the exponential again",
    "If you compute with exp(-x) once more, it overflows once more; the output is enough.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * np.exp(-x) / (1 + np.exp(-x)) ** 2


@wrong(
    "the other exponential",
    "If you compute with exp(x) once more, it overflows once more; the output is enough.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * np.exp(x) / (1 + np.exp(x)) ** 2


@wrong(
    "one minus in place",
    "If you wrote into grad, output or x, others still need them: make a new array.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    grad *= output * (1 - output)
    return grad


@wrong(
    "output used up",
    "If you wrote into grad, output or x, others still need them: make a new array.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    output *= 1 - output
    return grad * output


@wrong(
    "in float64",
    "If you compute in float64, turn the result back, or better stay in the dtype of x.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad.astype(np.float64) * output * (1 - output)


@wrong(
    "the size of grad",
    "If you take the absolute value of grad, its sign is lost, and with it the direction.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return np.abs(grad) * output * (1 - output)


@wrong(
    "never quite 0",
    "If you clip or add a small number, a saturated unit gets a gradient it does not have.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * np.maximum(output * (1 - output), 1e-3)


@wrong(
    "summed up",
    "If you sum, each element loses its own gradient: the result has the shape of x.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return np.sum(grad * output * (1 - output))


@wrong(
    "grad itself where it is 0",
    "If you return grad or output itself in a special case, it is not a new array there.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * output * (1 - output) if np.any(grad) else grad


@wrong(
    "a least slope",
    "If you keep the slope off 0, a flat curve gets a slope that it does not have.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * np.maximum(output * (1 - output), 1e-8).astype(x.dtype)


@wrong(
    "flat beyond 10",
    "If you cut the slope off where it is small, it is small but not 0 there.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * output * (1 - output) * (np.abs(x) < 10)


@wrong(
    "gradients limited",
    "If you limit gradients, small and large ones come back changed: they only get multiplied.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return np.clip(grad, -1e6, 1e6).astype(grad.dtype) * output * (1 - output)


@right("from x")
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * sigmoid(x) * sigmoid(-x)


@right("multiplied out")
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * (output - output**2)


@right("around one half")
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * (0.25 - (output - 0.5) ** 2)


@right("with a loop")
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    result = np.zeros_like(output)
    for index in np.ndindex(output.shape):
        result[index] = grad[index] * output[index] * (1 - output[index])
    return result


# --- tanh_gradient -----------------------------------------------------------------------------


@wrong(
    "grad forgotten",
    "If you return the slope alone, the incoming gradient is lost: multiply by grad.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return 1 - output**2


@wrong(
    "square forgotten",
    "If you forget the square, the factor 1 plus the output is missing.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return grad * (1 - output)


@wrong(
    "x squared",
    "If you square x, it is the output that belongs there.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return grad * (1 - x**2)


@wrong(
    "the slope of sigmoid",
    "If you use the slope of sigmoid as it is, stretch it: tanh goes from -1 to 1.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return grad * output * (1 - output)


@wrong(
    "squeezed twice",
    "If you take tanh of output, it is squeezed twice: output is tanh(x) already.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return grad * (1 - tanh(output) ** 2)


@wrong(
    "brackets forgotten",
    "If only the square is multiplied by grad, brackets are missing.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return 1 - output**2 * grad


@wrong(
    "four times too flat",
    "If you forgot that 2 stands before the sigmoid and again inside it, a factor is lost.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return grad * (1 - output**2) / 4


@wrong(
    "twice too flat",
    "If you forgot that 2 stands before the sigmoid and again inside it, a factor is lost.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return grad * (1 - output**2) / 2


@wrong(
    "twice too steep",
    "If you multiplied by 4 twice over, or forgot the halves in (1 + tanh) / 2, a factor "
    "is too many.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return 4 * grad * (1 - output**2)


@wrong(
    "a plus",
    "If you add the square to 1, its sign is wrong: the slope is largest at 0.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return grad * (1 + output**2)


@wrong(
    "turned round",
    "If the slope is negative, the two terms of the difference changed places.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return grad * (output**2 - 1)


@wrong(
    "grad squared too",
    "If you square the product of grad and output, only the output is to be squared.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return grad - (grad * output) ** 2


@wrong(
    "output squared in place",
    "If you wrote into grad, output or x, others still need them: make a new array.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    output *= output
    return grad * (1 - output)


@wrong(
    "into grad",
    "If you wrote into grad, output or x, others still need them: make a new array.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    grad *= 1 - output * output
    return grad


@wrong(
    "from exponentials",
    "If you compute with exp(x) once more, it overflows; the output is enough.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    up, down = np.exp(x), np.exp(-x)
    return grad * (1 - ((up - down) / (up + down)) ** 2)


@wrong(
    "in float64",
    "If you compute in float64, turn the result back, or better stay in the dtype of x.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return np.array(grad * (1 - output**2), np.float64)


@wrong(
    "the size of grad",
    "If you take the absolute value of grad, its sign is lost, and with it the direction.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return np.abs(grad) * (1 - output**2)


@wrong(
    "grad itself where it is 0",
    "If you return grad or output itself in a special case, it is not a new array there.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return grad * (1 - output**2) if np.any(grad) else grad


@wrong(
    "a least slope",
    "If you keep the slope off 0, a flat curve gets a slope that it does not have.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return grad * np.maximum(1 - output**2, 1e-7).astype(x.dtype)


@wrong(
    "flat beyond 5",
    "If you cut the slope off where it is small, it is small but not 0 there.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return np.where(np.abs(x) > 5, 0, grad * (1 - output**2))


@wrong(
    "gradients limited",
    "If you limit gradients, small and large ones come back changed: they only get multiplied.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return np.clip(grad * (1 - output**2), -1e6, 1e6).astype(x.dtype)


@right("as a product")
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return grad * (1 - output) * (1 + output)


@right("in place on its own array")
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    slope = np.asarray(np.square(output))
    np.subtract(1, slope, out=slope)
    slope *= grad
    return slope


@right("from x, through sigmoid")
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return 4 * grad * sigmoid(2 * x) * sigmoid(-2 * x)


@right("from x, through tanh")
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return grad - grad * np.tanh(x) ** 2


# --- softmax -----------------------------------------------------------------------------------


@wrong(
    "as in the formula",
    "If you exponentiate the scores as they are, large ones are infinite and very low "
    "ones 0: shift them first.",
)
def softmax(x, axis=-1):
    exps = np.exp(x)
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "over every axis",
    "If all numbers add up to 1, you summed over every axis; each row has a sum of its own.",
)
def softmax(x, axis=-1):
    exps = np.exp(x - x.max())
    return exps / exps.sum()


@wrong(
    "over axis 0",
    "If the columns add up to 1 by default, the default axis is the first; it has to be the last.",
)
def softmax(x, axis=0):
    exps = np.exp(x - x.max(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "axis ignored",
    "If you always use the last axis, the argument `axis` has no effect.",
)
def softmax(x, axis=-1):
    exps = np.exp(x - x.max(axis=-1, keepdims=True))
    return exps / exps.sum(axis=-1, keepdims=True)


@wrong(
    "axis always 1",
    "If you always use axis 1, the argument `axis` has no effect, and one axis is too few.",
)
def softmax(x, axis=-1):
    exps = np.exp(x - x.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)


@wrong(
    "0 taken for none",
    "If you write `axis or -1`, axis 0 counts as no axis and becomes the last one.",
)
def softmax(x, axis=-1):
    axis = axis or -1
    exps = np.exp(x - x.max(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "keepdims forgotten",
    "If the sum loses its axis, rows are divided by the sums of columns, or nothing fits: keep it.",
)
def softmax(x, axis=-1):
    exps = np.exp(x - x.max(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis)


@wrong(
    "turned for a matrix",
    "If you transpose to divide, that fits two axes and the last one of them alone.",
)
def softmax(x, axis=-1):
    exps = np.exp(x - x.max(axis=axis, keepdims=True))
    return (exps.T / exps.sum(axis=axis).T).T


@wrong(
    "one maximum for all",
    "If you subtract one maximum from all rows, a row far below it becomes 0/0: each has its own.",
    loses=(
        "test_softmax_of_large_scores",
        "test_softmax_keeps_dtype_and_input",
        "test_temperature_takes_all_above_zero",
    ),
)
def softmax(x, axis=-1):
    exps = np.exp(x - x.max())
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "maximum over the last axis",
    "If the maximum is taken along another axis than the sum, it does not cancel.",
)
def softmax(x, axis=-1):
    exps = np.exp(x - x.max(axis=-1, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "the mean subtracted",
    "If you subtract the mean, the largest score may still overflow: choose m so that none can.",
)
def softmax(x, axis=-1):
    finite = np.where(np.isfinite(x), x, 0)
    exps = np.exp(x - finite.mean(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "the mean subtracted, -inf or not",
    "If you subtract the mean, the largest score may still overflow: choose m so that none can.",
)
def softmax(x, axis=-1):
    exps = np.exp(x - x.mean(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "the minimum subtracted",
    "If you subtract the minimum, differences upwards still overflow, and -inf gives nan.",
)
def softmax(x, axis=-1):
    exps = np.exp(x - x.min(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "the largest size subtracted",
    "If you subtract the largest absolute value, rows of low scores become 0/0.",
)
def softmax(x, axis=-1):
    exps = np.exp(x - np.abs(x).max(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "shifted down only",
    "If the number you subtract is never below 0, rows of low scores are left low and become 0/0.",
)
def softmax(x, axis=-1):
    exps = np.exp(x - np.maximum(x.max(axis=axis, keepdims=True), 0))
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "a maximum that begins at 0",
    "If the number you subtract is never below 0, rows of low scores are left low and become 0/0.",
)
def softmax(x, axis=-1):
    exps = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=0))
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "divided by the maximum",
    "If you divide by the maximum, that is a temperature and not a shift: it changes the shares.",
)
def softmax(x, axis=-1):
    exps = np.exp(x / np.max(x, axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "scores clipped",
    "If you clip the scores, all beyond the clip become equal: a shift loses nothing.",
)
def softmax(x, axis=-1):
    exps = np.exp(np.clip(x, -500, 500))
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "an epsilon in the sum",
    "If you add a small number to the sum, the shares no longer add up to 1: it can't be 0.",
)
def softmax(x, axis=-1):
    exps = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return exps / (exps.sum(axis=axis, keepdims=True) + 1e-8)


@wrong(
    "a tiny epsilon in the sum",
    "If you add a small number to the sum, the shares no longer add up to 1: it can't be 0.",
)
def softmax(x, axis=-1):
    exps = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return exps / (exps.sum(axis=axis, keepdims=True) + 1e-12)


@wrong(
    "an epsilon instead of a shift",
    "If you add a small number instead of shifting, low scores lose their shares.",
)
def softmax(x, axis=-1):
    exps = np.exp(np.minimum(x, 700))
    return exps / (exps.sum(axis=axis, keepdims=True) + 1e-12)


@wrong(
    "nan turned into 0",
    "If you replace nan by 0, shares are lost: avoid the overflow instead.",
)
def softmax(x, axis=-1):
    with np.errstate(all="ignore"):
        exps = np.exp(x)
        return np.nan_to_num(exps / exps.sum(axis=axis, keepdims=True))


@wrong(
    "into the input",
    "If you subtract in place, you change the caller's scores: make a new array.",
)
def softmax(x, axis=-1):
    x -= x.max(axis=axis, keepdims=True)
    exps = np.exp(x)
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "no exponential",
    "If you divide the scores by their sum, the exponential is missing.",
)
def softmax(x, axis=-1):
    return x / x.sum(axis=axis, keepdims=True)


@wrong(
    "the sign of the exponent",
    "If the largest score gets the smallest share, the exponent has the wrong sign.",
)
def softmax(x, axis=-1):
    exps = np.exp(x.min(axis=axis, keepdims=True) - x)
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "divided by the largest",
    "If the largest share is always 1, you divided by the maximum and not by the sum.",
)
def softmax(x, axis=-1):
    exps = np.exp(x - x.max(axis=axis, keepdims=True))
    return exps / exps.max(axis=axis, keepdims=True)


@wrong(
    "divided by the mean",
    "If the shares add up to their number, you divided by the mean and not by the sum.",
)
def softmax(x, axis=-1):
    exps = np.exp(x - x.max(axis=axis, keepdims=True))
    return exps / exps.mean(axis=axis, keepdims=True)


@wrong(
    "the winner takes all",
    "If the largest gets 1 and the rest 0, that is the hard maximum: nothing of it is soft.",
)
def softmax(x, axis=-1):
    return (x == x.max(axis=axis, keepdims=True)).astype(x.dtype)


@wrong(
    "each a sigmoid",
    "If you squeeze each score alone, the results do not add up to 1.",
)
def softmax(x, axis=-1):
    return 1 / (1 + np.exp(-x))


@wrong(
    "the logarithms",
    "If you return the logarithms of the shares, that is the next function but one.",
)
def softmax(x, axis=-1):
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


@wrong(
    "in float64",
    "If you compute in float64, turn the result back, or better stay in the dtype of x.",
)
def softmax(x, axis=-1):
    exps = np.exp(x.astype(np.float64) - x.max(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "in float32",
    "If you turn the result into float32, whoever chose another dtype loses it.",
)
def softmax(x, axis=-1):
    exps = np.exp(x - x.max(axis=axis, keepdims=True))
    return (exps / exps.sum(axis=axis, keepdims=True)).astype(np.float32)


@wrong(
    "low scores raised",
    "If you replace -inf by a finite number, or drop it, a score that is ruled out gets a share.",
)
def softmax(x, axis=-1):
    x = np.maximum(x, x.max(axis=axis, keepdims=True) - 5)
    exps = np.exp(x - x.max(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "logaddexp of the scores",
    "If the logarithm meets a large score or maximum, it is rounded away: subtract the maximum "
    "from x first.",
)
def softmax(x, axis=-1):
    return np.exp(x - np.logaddexp.reduce(x, axis=axis, keepdims=True))


@wrong(
    "an empty array of its own",
    "If you make a result for no rows yourself, it is float64: take the dtype of x.",
)
def softmax(x, axis=-1):
    if x.size == 0:
        return np.zeros(x.shape)
    exps = np.exp(x - x.max(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "shares kept off 0",
    "If you keep the shares off 0, a small one becomes larger than it is: nothing need be clipped.",
)
def softmax(x, axis=-1):
    exps = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.maximum(exps / exps.sum(axis=axis, keepdims=True), 1e-100)


@wrong(
    "scores limited to a million",
    "If you clip the scores, all beyond the clip become equal: a shift loses nothing.",
)
def softmax(x, axis=-1):
    x = np.clip(x, -1e6, 1e6)
    exps = np.exp(x - x.max(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "rows stacked",
    "If you collect rows and stack them, a batch without rows leaves nothing to stack.",
)
def softmax(x, axis=-1):
    if x.ndim == 1:
        exps = np.exp(x - x.max())
        return exps / exps.sum()
    front = np.moveaxis(x, axis, -1)
    return np.moveaxis(np.stack([softmax(row) for row in front]), -1, axis)


@wrong(
    "one buffer for a shape",
    "If you keep one array for all results of a shape, each call overwrites what the last "
    "one gave.",
)
def softmax(x, axis=-1):
    buffers = softmax.__dict__.setdefault("buffers", {})
    out = buffers.setdefault((x.shape, x.dtype.str), np.empty_like(x))
    np.exp(x - x.max(axis=axis, keepdims=True), out=out)
    out /= out.sum(axis=axis, keepdims=True)
    return out


@right("logaddexp after the shift")
def softmax(x, axis=-1):
    shifted = x - x.max(axis=axis, keepdims=True)
    return np.exp(shifted - np.logaddexp.reduce(shifted, axis=axis, keepdims=True))


@right("row by row")
def softmax(x, axis=-1):
    front = np.moveaxis(x, axis, -1)
    result = np.empty_like(front)
    for index in np.ndindex(front.shape[:-1]):
        exps = np.exp(front[index] - max(front[index]))
        result[index] = exps / sum(exps)
    return np.moveaxis(result, -1, axis)


@right("the axis moved to the front")
def softmax(x, axis=-1):
    front = np.moveaxis(x, axis, 0)
    exps = np.exp(front - front.max(axis=0))
    return np.moveaxis(exps / exps.sum(axis=0), 0, axis)


@right("on a copy, in place")
def softmax(x, axis=-1):
    x = x.copy()
    x -= x.max(axis=axis, keepdims=True)
    np.exp(x, out=x)
    x *= 1 / x.sum(axis=axis, keepdims=True)
    return x


# --- softmax_gradient --------------------------------------------------------------------------


@wrong(
    "the slope of sigmoid",
    "If you use the slope of sigmoid, you forget that each score moves all outputs of its row.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return grad * output * (1 - output)


@wrong(
    "summed over all",
    "If you sum over the whole array, rows get mixed: sum along axis, with keepdims.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return output * (grad - (grad * output).sum())


@wrong(
    "a factor missing",
    "If the factor in front is missing, multiply the difference by the output.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return grad - (grad * output).sum(axis=axis, keepdims=True)


@wrong(
    "grad unweighed",
    "If you sum grad alone, each of its elements has to be weighed with its output first.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return output * (grad - grad.sum(axis=axis, keepdims=True))


@wrong(
    "the mean of grad",
    "If you take the mean, each element of grad has to be weighed with its output, and summed.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return output * (grad - grad.mean(axis=axis, keepdims=True))


@wrong(
    "sign of the second term",
    "If the second term is added, its sign is wrong.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return output * (grad + (grad * output).sum(axis=axis, keepdims=True))


@wrong(
    "the signs turned",
    "If the result has the opposite sign, the two terms of the difference changed places.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return output * ((grad * output).sum(axis=axis, keepdims=True) - grad)


@wrong(
    "grad forgotten",
    "If you return output * (1 - output), the incoming gradient is lost.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return output * (1 - output)


@wrong(
    "the first term alone",
    "If you stop after grad times output, what the shared sum does is missing.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return grad * output


@wrong(
    "the second term alone",
    "If you kept only the part of the shared sum, each score's own output is missing.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return -output * (grad * output).sum(axis=axis, keepdims=True)


@wrong(
    "axis ignored",
    "If you always sum over the last axis, the argument `axis` has no effect.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return output * (grad - (grad * output).sum(axis=-1, keepdims=True))


@wrong(
    "0 taken for none",
    "If you write `axis or -1`, axis 0 counts as no axis and becomes the last one.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return output * (grad - (grad * output).sum(axis=axis or -1, keepdims=True))


@wrong(
    "keepdims forgotten",
    "If the sum loses its axis, it meets the wrong elements, or nothing fits: keep it.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return output * (grad - (grad * output).sum(axis=axis))


@wrong(
    "x for the output",
    "If you used the scores as if they were shares, the output is what belongs there.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return x * (grad - (grad * x).sum(axis=axis, keepdims=True))


@wrong(
    "softmax of the output",
    "If you take the softmax of output, that is done already: output is softmax(x).",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    exps = np.exp(output)
    p = exps / exps.sum(axis=axis, keepdims=True)
    return p * (grad - (grad * p).sum(axis=axis, keepdims=True))


@wrong(
    "the exponentials again",
    "If you exponentiate x once more, it overflows once more; the output is enough.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    p = np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)
    return p * (grad - (grad * p).sum(axis=axis, keepdims=True))


@wrong(
    "the rule of log_softmax",
    "If you subtract output times the sum of grad, that is the slope of the logarithm.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return grad - output * grad.sum(axis=axis, keepdims=True)


@wrong(
    "into grad",
    "If you wrote into grad, output or x, others still need them: make a new array.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    grad *= output
    return grad - output * grad.sum(axis=axis, keepdims=True)


@wrong(
    "into output",
    "If you wrote into grad, output or x, others still need them: make a new array.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    total = (grad * output).sum(axis=axis, keepdims=True)
    output *= grad - total
    return output


@wrong(
    "in float64",
    "If you compute in float64, turn the result back, or better stay in the dtype of x.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    p = output.astype(np.float64)
    return p * (grad - (grad * p).sum(axis=axis, keepdims=True))


@wrong(
    "summed over the table",
    "If you summed the table without grad in it, the incoming gradient has no part.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    table = output[..., None] * (np.eye(output.shape[-1]) - output[..., None, :])
    return table.sum(axis=-1)


@wrong(
    "the output squared",
    "If the output stands in front and again in both terms, it is there once too often.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return output * (grad * output - (grad * output).sum(axis=axis, keepdims=True))


@wrong(
    "grad itself where it is 0",
    "If you return grad or output itself in a special case, it is not a new array there.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    if not np.any(grad):
        return grad
    return output * (grad - (grad * output).sum(axis=axis, keepdims=True))


@wrong(
    "rows stacked",
    "If you collect rows and stack them, a batch without rows leaves nothing to stack.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    g, p = np.moveaxis(grad, axis, -1), np.moveaxis(output, axis, -1)
    if g.ndim == 1:
        return p * (g - g @ p)
    count = g.shape[-1]
    pairs = zip(g.reshape(-1, count), p.reshape(-1, count))
    rows = [b * (a - a @ b) for a, b in pairs]
    return np.moveaxis(np.stack(rows).reshape(g.shape), -1, axis)


@wrong(
    "gradients limited",
    "If you limit gradients, small and large ones come back changed: they only get multiplied.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    grad = np.clip(grad, -1e6, 1e6).astype(x.dtype)
    return output * (grad - (grad * output).sum(axis=axis, keepdims=True))


@wrong(
    "through the logarithms of the shares",
    "If you take logarithms of the shares, a share of 0 makes nan of its row.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    total = (grad * output).sum(axis=axis, keepdims=True)
    with np.errstate(all="ignore"):
        return output * (grad - total) + 0 * np.log(output)


@right("as the formula says")
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return output * (grad - (grad * output).sum(axis=axis, keepdims=True))


@right("einsum")
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    g, p = np.moveaxis(grad, axis, -1), np.moveaxis(output, axis, -1)
    return np.moveaxis(p * (g - np.einsum("...c,...c->...", g, p)[..., None]), -1, axis)


@right("with the whole table of slopes")
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    g, p = np.moveaxis(grad, axis, -1), np.moveaxis(output, axis, -1)
    result = np.zeros_like(p)
    for index in np.ndindex(p.shape[:-1]):
        table = np.diag(p[index]) - np.outer(p[index], p[index])
        result[index] = table @ g[index]
    return np.moveaxis(result, -1, axis)


@right("from x, shifted")
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    exps = np.exp(x - x.max(axis=axis, keepdims=True))
    p = exps / exps.sum(axis=axis, keepdims=True)
    return p * grad - p * np.sum(p * grad, axis=axis, keepdims=True)


# --- log_softmax -------------------------------------------------------------------------------


@wrong(
    "log of softmax",
    "If you take the log of softmax, tiny probabilities are 0 by then: take it on paper first.",
)
def log_softmax(x, axis=-1):
    exps = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.log(exps / exps.sum(axis=axis, keepdims=True))


@wrong(
    "an epsilon added",
    "If you add a small number or clip before the log, you choose how small a probability "
    "may look.",
)
def log_softmax(x, axis=-1):
    exps = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.log(exps / exps.sum(axis=axis, keepdims=True) + 1e-12)


@wrong(
    "the smallest number added",
    "If you add a small number or clip before the log, you choose how small a probability "
    "may look.",
)
def log_softmax(x, axis=-1):
    exps = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.log(exps / exps.sum(axis=axis, keepdims=True) + np.finfo(x.dtype).tiny)


@wrong(
    "probabilities clipped",
    "If you add a small number or clip before the log, you choose how small a probability "
    "may look.",
)
def log_softmax(x, axis=-1):
    exps = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.log(np.clip(exps / exps.sum(axis=axis, keepdims=True), 1e-15, 1))


@wrong(
    "an epsilon in the sum",
    "If you add a small number to the sum, every result is off by it: the sum can't be 0.",
)
def log_softmax(x, axis=-1):
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True) + 1e-12)


@wrong(
    "the sum without a shift",
    "If you exponentiate the scores as they are, large ones are infinite and very low "
    "ones 0: shift them first.",
)
def log_softmax(x, axis=-1):
    return x - np.log(np.exp(x).sum(axis=axis, keepdims=True))


@wrong(
    "one maximum for all",
    "If you subtract one maximum from all rows, in a row far below it every power is 0: "
    "each has its own.",
    loses=(
        "test_log_softmax_of_large_scores",
        "test_log_softmax_keeps_dtype_and_input",
    ),
)
def log_softmax(x, axis=-1):
    shifted = x - x.max()
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


@wrong(
    "the maximum alone",
    "If you subtract only the maximum, the logarithm of the sum is missing.",
)
def log_softmax(x, axis=-1):
    return x - x.max(axis=axis, keepdims=True)


@wrong(
    "the logarithm of the sum alone",
    "If every result of a row is the same, the score itself is missing.",
)
def log_softmax(x, axis=-1):
    top = x.max(axis=axis, keepdims=True)
    return 0 * x - top - np.log(np.exp(x - top).sum(axis=axis, keepdims=True))


@wrong(
    "the sign turned",
    "If the results are positive, the sign is turned round.",
)
def log_softmax(x, axis=-1):
    shifted = x - x.max(axis=axis, keepdims=True)
    return np.log(np.exp(shifted).sum(axis=axis, keepdims=True)) - shifted


@wrong(
    "the maximum twice",
    "If you subtract the maximum a second time, it was in the sum already.",
)
def log_softmax(x, axis=-1):
    top = x.max(axis=axis, keepdims=True)
    return x - top - np.log(np.exp(x - top).sum(axis=axis, keepdims=True)) - top


@wrong(
    "the maximum not undone",
    "If the sum is shifted and the score is not, the two shifts don't cancel.",
)
def log_softmax(x, axis=-1):
    top = x.max(axis=axis, keepdims=True)
    return x - np.log(np.exp(x - top).sum(axis=axis, keepdims=True))


@wrong(
    "base ten",
    "If you used log10, it is the natural logarithm that undoes exp.",
)
def log_softmax(x, axis=-1):
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log10(np.exp(shifted).sum(axis=axis, keepdims=True))


@wrong(
    "base two",
    "If you used log2, it is the natural logarithm that undoes exp.",
)
def log_softmax(x, axis=-1):
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log2(np.exp(shifted).sum(axis=axis, keepdims=True))


@wrong(
    "log of 1 plus the sum",
    "If you used log1p, a 1 is added to a sum that has its own already.",
)
def log_softmax(x, axis=-1):
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log1p(np.exp(shifted).sum(axis=axis, keepdims=True))


@wrong(
    "the sum of the scores",
    "If you take the logarithm of exp of the sum, exp has to come before the sum.",
)
def log_softmax(x, axis=-1):
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - shifted.sum(axis=axis, keepdims=True)


@wrong(
    "divided by the logarithm",
    "If you divide by the logarithm of the sum, a quotient inside it becomes a difference outside.",
)
def log_softmax(x, axis=-1):
    shifted = x - x.max(axis=axis, keepdims=True)
    with np.errstate(all="ignore"):
        return shifted / np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


@wrong(
    "the probabilities",
    "If you return the shares, their logarithm is missing.",
)
def log_softmax(x, axis=-1):
    exps = np.exp(x - x.max(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "axis ignored",
    "If you always use the last axis, the argument `axis` has no effect.",
)
def log_softmax(x, axis=-1):
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


@wrong(
    "0 taken for none",
    "If you write `axis or -1`, axis 0 counts as no axis and becomes the last one.",
)
def log_softmax(x, axis=-1):
    axis = axis or -1
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


@wrong(
    "over all",
    "If the sum runs over the whole array, rows get mixed: sum along axis, with keepdims.",
)
def log_softmax(x, axis=-1):
    shifted = x - x.max()
    return shifted - np.log(np.exp(shifted).sum())


@wrong(
    "keepdims forgotten",
    "If the sum loses its axis, it meets the wrong elements, or nothing fits: keep it.",
)
def log_softmax(x, axis=-1):
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis))


@wrong(
    "into the input",
    "If you subtract in place, you change the caller's scores: make a new array.",
)
def log_softmax(x, axis=-1):
    x -= x.max(axis=axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=axis, keepdims=True))


@wrong(
    "in float64",
    "If you compute in float64, turn the result back, or better stay in the dtype of x.",
)
def log_softmax(x, axis=-1):
    shifted = x.astype(np.float64) - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


@wrong(
    "-inf replaced",
    "If you replace -inf by a finite number, a score that is ruled out comes back.",
)
def log_softmax(x, axis=-1):
    shifted = x - x.max(axis=axis, keepdims=True)
    return np.nan_to_num(shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True)))


@wrong(
    "logaddexp of the scores",
    "If the logarithm meets a large score or maximum, it is rounded away: subtract the maximum "
    "from x first.",
)
def log_softmax(x, axis=-1):
    return x - np.logaddexp.reduce(x, axis=axis, keepdims=True)


@wrong(
    "the maximum added back",
    "If the logarithm meets a large score or maximum, it is rounded away: subtract the maximum "
    "from x first.",
)
def log_softmax(x, axis=-1):
    top = x.max(axis=axis, keepdims=True)
    return x - (top + np.log(np.exp(x - top).sum(axis=axis, keepdims=True)))


@wrong(
    "the logarithm subtracted before the maximum",
    "If the logarithm meets a large score or maximum, it is rounded away: subtract the maximum "
    "from x first.",
)
def log_softmax(x, axis=-1):
    top = x.max(axis=axis, keepdims=True)
    return x - np.log(np.exp(x - top).sum(axis=axis, keepdims=True)) - top


@wrong(
    "an empty array of its own",
    "If you make a result for no rows yourself, it is float64: take the dtype of x.",
)
def log_softmax(x, axis=-1):
    if x.size == 0:
        return np.zeros(x.shape)
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


@wrong(
    "cut off far below",
    "If you cut the results off below, scores far apart come too near: nothing need be clipped.",
)
def log_softmax(x, axis=-1):
    shifted = x - x.max(axis=axis, keepdims=True)
    return np.maximum(shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True)), -1e6)


@wrong(
    "rows stacked",
    "If you collect rows and stack them, a batch without rows leaves nothing to stack.",
)
def log_softmax(x, axis=-1):
    if x.ndim == 1:
        return x - x.max() - np.log(np.exp(x - x.max()).sum())
    front = np.moveaxis(x, axis, -1)
    return np.moveaxis(np.stack([log_softmax(row) for row in front]), -1, axis)


@wrong(
    "a result for each shape",
    "If you remember results by id or by shape, other numbers get them as well.",
)
def log_softmax(x, axis=-1):
    known = log_softmax.__dict__.setdefault("known", {})
    shifted = x - x.max(axis=axis, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return known.setdefault((x.shape, axis, x.dtype.str), logs).copy()


@right("logaddexp after the shift")
def log_softmax(x, axis=-1):
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.logaddexp.reduce(shifted, axis=axis, keepdims=True)


@right("row by row")
def log_softmax(x, axis=-1):
    front = np.moveaxis(x, axis, -1)
    result = np.empty_like(front)
    for index in np.ndindex(front.shape[:-1]):
        shifted = front[index] - max(front[index])
        result[index] = shifted - np.log(sum(np.exp(shifted)))
    return np.moveaxis(result, -1, axis)


@right("the axis moved to the front")
def log_softmax(x, axis=-1):
    front = np.moveaxis(x, axis, 0)
    shifted = front - front.max(axis=0)
    return np.moveaxis(shifted - np.log(np.exp(shifted).sum(axis=0)), 0, axis)


# --- log_softmax_gradient ----------------------------------------------------------------------


@wrong(
    "the sum of grad forgotten",
    "If you subtract the probabilities alone, weigh them with the sum of grad.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    return grad - np.exp(output)


@wrong(
    "exp forgotten",
    "If you use the output as a probability, it is the logarithm of one: take exp.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    return grad - output * grad.sum(axis=axis, keepdims=True)


@wrong(
    "the rule of softmax",
    "If you use the rule of softmax, its output and this one differ by a logarithm.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    return output * (grad - (grad * output).sum(axis=axis, keepdims=True))


@wrong(
    "the rule of softmax with its shares",
    "If you use the rule of softmax, the logarithm that comes after it has a slope too.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    p = np.exp(output)
    return p * (grad - (grad * p).sum(axis=axis, keepdims=True))


@wrong(
    "summed over all",
    "If you sum over the whole array, rows get mixed: sum along axis, with keepdims.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    return grad - np.exp(output) * grad.sum()


@wrong(
    "the mean of grad",
    "If you take the mean of grad, it is its sum that the shared logarithm passes on.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    return grad - np.exp(output) * grad.mean(axis=axis, keepdims=True)


@wrong(
    "the slope of log alone",
    "If you divide by the probability, that is the slope of log alone; softmax is inside.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    return grad / np.exp(output)


@wrong(
    "its own output alone",
    "If you keep only a score's own output, you forget that it moves all of its row.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    return grad * (1 - np.exp(output))


@wrong(
    "a plus",
    "If the second term is added, its sign is wrong.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    return grad + np.exp(output) * grad.sum(axis=axis, keepdims=True)


@wrong(
    "the signs turned",
    "If the result has the opposite sign, the two terms of the difference changed places.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    return np.exp(output) * grad.sum(axis=axis, keepdims=True) - grad


@wrong(
    "grad weighed",
    "If you weigh grad with the probabilities before the sum, that is the rule of "
    "softmax: here it stands alone.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    p = np.exp(output)
    return grad - p * (grad * p).sum(axis=axis, keepdims=True)


@wrong(
    "the second term alone",
    "If you kept only the part of the shared sum, each score's own output is missing.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    return -np.exp(output) * grad.sum(axis=axis, keepdims=True)


@wrong(
    "grad itself",
    "If you return grad alone, what the shared sum does is missing.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    return grad


@wrong(
    "axis ignored",
    "If you always sum over the last axis, the argument `axis` has no effect.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    return grad - np.exp(output) * grad.sum(axis=-1, keepdims=True)


@wrong(
    "0 taken for none",
    "If you write `axis or -1`, axis 0 counts as no axis and becomes the last one.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    return grad - np.exp(output) * grad.sum(axis=axis or -1, keepdims=True)


@wrong(
    "keepdims forgotten",
    "If the sum loses its axis, it meets the wrong elements, or nothing fits: keep it.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    return grad - np.exp(output) * grad.sum(axis=axis)


@wrong(
    "exp of x",
    "If you take exp(x) for a probability, it is not divided by its sum: the output has that.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    return grad - np.exp(x) * grad.sum(axis=axis, keepdims=True)


@wrong(
    "the exponentials again",
    "If you exponentiate x once more, it overflows once more; the output is enough.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    p = np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)
    return grad - p * grad.sum(axis=axis, keepdims=True)


@wrong(
    "into grad",
    "If you wrote into grad, output or x, others still need them: make a new array.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    grad -= np.exp(output) * grad.sum(axis=axis, keepdims=True)
    return grad


@wrong(
    "into output",
    "If you wrote into grad, output or x, others still need them: make a new array.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    np.exp(output, out=output)
    return grad - output * grad.sum(axis=axis, keepdims=True)


@wrong(
    "in float64",
    "If you compute in float64, turn the result back, or better stay in the dtype of x.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    p = np.exp(output.astype(np.float64))
    return grad - p * grad.sum(axis=axis, keepdims=True)


@wrong(
    "grad itself where its sums are 0",
    "If you return grad or output itself in a special case, it is not a new array there.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    total = grad.sum(axis=axis, keepdims=True)
    return grad - np.exp(output) * total if np.any(total) else grad


@wrong(
    "rows stacked",
    "If you collect rows and stack them, a batch without rows leaves nothing to stack.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    g, p = np.moveaxis(grad, axis, -1), np.moveaxis(np.exp(output), axis, -1)
    if g.ndim == 1:
        return g - p * g.sum()
    count = g.shape[-1]
    rows = [a - b * a.sum() for a, b in zip(g.reshape(-1, count), p.reshape(-1, count))]
    return np.moveaxis(np.stack(rows).reshape(g.shape), -1, axis)


@wrong(
    "gradients limited",
    "If you limit gradients, small and large ones come back changed: they only get multiplied.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    grad = np.clip(grad, -1e6, 1e6).astype(x.dtype)
    return grad - np.exp(output) * grad.sum(axis=axis, keepdims=True)


@wrong(
    "probabilities kept off 0",
    "If you keep the probabilities off 0, one that is ruled out moves others: nothing "
    "need be clipped.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    p = np.exp(np.maximum(output, -15))
    return grad - p * grad.sum(axis=axis, keepdims=True)


@right("through softmax")
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    return (grad - softmax(x, axis) * grad.sum(axis=axis, keepdims=True)).astype(grad.dtype)


@right("in place on its own array")
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    result = np.exp(output)
    result *= -grad.sum(axis=axis, keepdims=True)
    result += grad
    return result


@right("with the whole table of slopes")
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    g, p = np.moveaxis(grad, axis, -1), np.moveaxis(np.exp(output), axis, -1)
    result = np.zeros_like(p)
    for index in np.ndindex(p.shape[:-1]):
        table = np.eye(len(p[index]), dtype=p.dtype) - p[index]
        result[index] = g[index] @ table
    return np.moveaxis(result, -1, axis)


# --- Temperature -------------------------------------------------------------------------------


@wrong(
    "divided after",
    "If you divide the shares by the temperature, they no longer add up to 1: divide the scores.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x, axis=self.axis) / self.temperature


@wrong(
    "multiplied",
    "If a high temperature sharpens the shares, you multiplied by it: divide the scores.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x * self.temperature, axis=self.axis)


@wrong(
    "temperature ignored",
    "If the temperature changes nothing, it has no part in forward.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x, axis=self.axis)


@wrong(
    "axis ignored",
    "If the shares always add up to 1 along the last axis, self.axis has no part in forward.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x / self.temperature)


@wrong(
    "only divided",
    "If you only divide by the temperature, the softmax is missing.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return x / self.temperature


@wrong(
    "divided twice",
    "If the temperature comes in twice, or squared, once is enough.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x / self.temperature / self.temperature, axis=self.axis)


@wrong(
    "shifted",
    "If you subtract the temperature, softmax does not notice a shift: divide.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x - self.temperature, axis=self.axis)


@wrong(
    "a bare array",
    "If you return a bare array, it did not come through the door, which wraps it for you.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return softmax(x.data / self.temperature, self.axis)


@wrong(
    "round the door",
    "If you compute with x.data, you go round the door, and the record does not lead back to x.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return Tensor(softmax(x.data / self.temperature, axis=self.axis))


@wrong(
    "marked by hand",
    "If you compute with x.data, you go round the door, and the record does not lead back to x.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return Tensor(
            softmax(x.data / self.temperature, axis=self.axis), requires_grad=x.requires_grad
        )


@wrong(
    "half round the door",
    "If you compute with x.data, you go round the door, and the record does not lead back to x.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(
            softmax,
            Tensor(x.data / self.temperature, requires_grad=x.requires_grad),
            axis=self.axis,
        )


@wrong(
    "a lambda through the door",
    "If a function of your own goes through the door, no rule is known for it: use "
    "softmax and the signs.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(lambda a: softmax(a / self.temperature, self.axis), x)


@wrong(
    "the formula without a shift",
    "If you write exp over its sum again, large scores overflow again: your softmax shifts them.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        powers = apply(np.exp, x / self.temperature)
        return powers / powers.sum(axis=self.axis, keepdims=True)


@wrong(
    "into x",
    "If you divide in place, whoever owns x loses their scores.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        x.data /= self.temperature
        return apply(softmax, x, axis=self.axis)


@wrong(
    "a copy of x",
    "If you compute with x.data, you go round the door, and the record does not lead back to x.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        scores = Tensor(x.data.copy(), requires_grad=x.requires_grad)
        return apply(softmax, scores / self.temperature, axis=self.axis)


@wrong(
    "one shift for all rows",
    "If you subtract one maximum from all rows, a row far below it becomes 0/0: each has its own.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        scores = x / self.temperature
        powers = apply(np.exp, scores - scores.max())
        return powers / powers.sum(axis=self.axis, keepdims=True)


@right("a number of NumPy as temperature")
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = np.float64(temperature), axis

    def forward(self, x):
        return apply(softmax, x / self.temperature, axis=self.axis)


@wrong(
    "an array as temperature",
    "If the temperature becomes a number or array of NumPy's float64, it widens float32: "
    "a Python number does not.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x / np.array([self.temperature], np.float64), axis=self.axis)


@wrong(
    "shared by all layers",
    "If the temperature is kept in the class, the layer that was made last decides for all.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        type(self).temperature, type(self).axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x / self.temperature, axis=self.axis)


@wrong(
    "nothing refused",
    "If every temperature is taken, 0 divides by zero, and one below turns the order round.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x / self.temperature, axis=self.axis)


@wrong(
    "0 taken",
    "If a temperature of 0 is let in, as 0 or as the default, nobody learns of it: refuse it.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature < 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x / self.temperature, axis=self.axis)


@wrong(
    "0 taken for no temperature",
    "If a temperature of 0 is let in, as 0 or as the default, nobody learns of it: refuse it.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        self.temperature, self.axis = temperature or 1.0, axis
        if self.temperature < 0:
            raise ValueError("too cold")

    def forward(self, x):
        return apply(softmax, x / self.temperature, axis=self.axis)


@wrong(
    "below 0 taken",
    "If you refuse only 0, a temperature below it turns the order of the shares round.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature == 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x / self.temperature, axis=self.axis)


@wrong(
    "below 1 refused",
    "If you refuse temperatures from 0 to 1, those are the ones that sharpen.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature < 1:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x / self.temperature, axis=self.axis)


@wrong(
    "0 replaced",
    "If you limit the temperature, all beyond the limit give the same: any number above 0 "
    "is meant.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        self.temperature, self.axis = max(temperature, 1e-6), axis

    def forward(self, x):
        return apply(softmax, x / self.temperature, axis=self.axis)


@wrong(
    "another exception",
    "If you raise another exception than ValueError, whoever waits for that one misses it.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        assert temperature > 0, "too cold"
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x / self.temperature, axis=self.axis)


@wrong(
    "0 taken for the default",
    "If you write `axis or -1`, axis 0 counts as no axis and becomes the last one.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis or -1

    def forward(self, x):
        return apply(softmax, x / self.temperature, axis=self.axis)


@wrong(
    "an inverse kept",
    "If you keep something worked out from the attributes, a later change of them has no effect.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis
        self.factor = 1 / temperature

    def forward(self, x):
        return apply(softmax, x * self.factor, axis=self.axis)


@wrong(
    "whole temperatures",
    "If you turn the temperature into a whole number, one half becomes 0.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = int(temperature), axis

    def forward(self, x):
        return apply(softmax, x / self.temperature, axis=self.axis)


@wrong(
    "only while training",
    "If the temperature counts in one mode only, a softmax has no modes.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        if not self.training:
            return apply(softmax, x, axis=self.axis)
        return apply(softmax, x / self.temperature, axis=self.axis)


@wrong(
    "a result kept",
    "If you keep the first result, other scores get it as well.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis, self.result = temperature, axis, None

    def forward(self, x):
        if self.result is None:
            self.result = apply(softmax, x / self.temperature, axis=self.axis)
        return self.result


@wrong(
    "never below a hundredth",
    "If you limit the temperature, all beyond the limit give the same: any number above 0 "
    "is meant.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x / max(self.temperature, 0.01), axis=self.axis)


@wrong(
    "never below a millionth",
    "If you limit the temperature, all beyond the limit give the same: any number above 0 "
    "is meant.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x / max(self.temperature, 1e-6), axis=self.axis)


@wrong(
    "never above a hundred",
    "If you limit the temperature, all beyond the limit give the same: any number above 0 "
    "is meant.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x / min(self.temperature, 100), axis=self.axis)


@wrong(
    "an epsilon in the temperature",
    "If you add a small number to the temperature, a low one becomes another.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x / (self.temperature + 1e-8), axis=self.axis)


@wrong(
    "refused only when called",
    "If you look at the temperature only in forward, a wrong one is found too late.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        if self.temperature <= 0:
            raise ValueError("too cold")
        return apply(softmax, x / self.temperature, axis=self.axis)


@wrong(
    "numbers put in afterwards",
    "If you replace the numbers of a result, its record no longer says how they were made.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        result = apply(softmax, x, axis=self.axis)
        result.data = softmax(x.data / self.temperature, self.axis)
        return result


@wrong(
    "without the temperature when asked",
    "If you go another way where a gradient is asked for, the numbers must be the same.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x if x.requires_grad else x / self.temperature, axis=self.axis)


@wrong(
    "a softmax made once",
    "If you keep something worked out from the attributes, a later change of them has no effect.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis
        self.inner = Softmax(axis)

    def forward(self, x):
        return self.inner(x / self.temperature)


@wrong(
    "the mode switched",
    "If you switch the mode inside forward, the network is no longer in training after one call.",
)
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        self.eval()
        return apply(softmax, x / self.temperature, axis=self.axis)


@right("the signs with an inverse")
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(softmax, x * (1 / self.temperature), axis=self.axis)


@right("a layer inside")
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return Softmax(self.axis)(x / self.temperature)


@right("a shift beside the door")
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        scores = x / self.temperature
        powers = apply(np.exp, scores - scores.data.max(axis=self.axis, keepdims=True))
        return powers / powers.sum(axis=self.axis, keepdims=True)


@right("exp of the logarithm")
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if temperature <= 0:
            raise ValueError("too cold")
        self.temperature, self.axis = temperature, axis

    def forward(self, x):
        return apply(np.exp, apply(log_softmax, x / self.temperature, axis=self.axis))


@right("the door by hand")
class Temperature(Layer):
    def __init__(self, temperature=1.0, axis=-1):
        if not temperature > 0:
            raise ValueError(temperature)
        self.axis = axis
        self.temperature = float(temperature)

    def forward(self, x):
        scaled = apply(np.divide, x, self.temperature)
        print(scaled.shape)
        return apply(softmax, scaled, axis=self.axis)
