"""Solutions to the exercises of lesson 02 other than the reference: wrong and right ones."""

import numpy as np

from tinytorch.course.variants import right, wrong

# --- relu -----------------------------------------------------------------------------------


@wrong("absolute value", "If you took the absolute value, negative numbers come back positive.")
def relu(x):
    return np.abs(x)


@wrong("largest of all", "If you took the largest of all elements, compare each one with 0 instead.")
def relu(x):
    return np.max(x)


@wrong("the negative part", "If you kept the smaller of x and 0, it is the negative part that passes.")
def relu(x):
    return np.minimum(x, 0)


@wrong(
    "leaky",
    "If negative numbers keep a small slope, that is another function, the leaky relu.",
)
def relu(x):
    return np.where(x > 0, x, 0.01 * x)


@wrong("cut off above", "If you cut off above as well, large numbers are lost.")
def relu(x):
    return np.clip(x, 0, 1)


@wrong("into the input", "If you wrote the zeros into x, whoever owns x loses their numbers.")
def relu(x):
    return np.maximum(x, 0, out=x) if x.ndim else np.maximum(x, 0)


@wrong(
    "an array of zeros",
    "If you compare with an array of zeros, its float64 widens the result: use the number 0.",
)
def relu(x):
    return np.maximum(x, np.zeros(x.shape))


@right("the larger of x and a number")
def relu(x):
    return np.maximum(x, 0)


@right("where")
def relu(x):
    return np.where(x > 0, x, 0)


@right("half of x and its absolute value")
def relu(x):
    return (x + np.abs(x)) / 2


@right("a mask as a factor")
def relu(x):
    return x * (x > 0)


@right("with a loop")
def relu(x):
    result = np.array(x)
    for index in np.ndindex(x.shape):
        if x[index] < 0:
            result[index] = 0
    return result


# --- relu_gradient --------------------------------------------------------------------------


@wrong(
    "grad forgotten",
    "If you return the slope alone, the incoming gradient is lost: multiply by grad.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return (x > 0).astype(x.dtype)


@wrong("relu again", "If you multiply by the output, that is relu again and not its slope.")
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad * output


@wrong("output >= 0", "If everything passes, you asked for output >= 0, which always holds.")
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad * (output >= 0)


@wrong("the sign", "If negative inputs give -grad, the slope there is 0, not -1.")
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return grad * np.sign(x)


@wrong(
    "relu of grad",
    "If you choose by the sign of grad, a negative gradient is stopped; choose by x.",
)
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return np.maximum(grad, 0) * (x > 0)


@wrong("into grad", "If you wrote the zeros into grad, the next rule that needs it gets a wrong one.")
@gradient_of(relu)
def relu_gradient(grad, output, x):
    grad[x <= 0] = 0
    return grad


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


@right("where")
@gradient_of(relu)
def relu_gradient(grad, output, x):
    return np.where(x > 0, grad, 0)


@right("zeros into a copy")
@gradient_of(relu)
def relu_gradient(grad, output, x):
    result = grad.copy()
    result[x <= 0] = 0
    return result


@right("with a loop")
@gradient_of(relu)
def relu_gradient(grad, output, x):
    result = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        if x[index] > 0:
            result[index] = grad[index]
    return result


# --- sigmoid --------------------------------------------------------------------------------


@wrong(
    "as in the formula",
    "If you take exp(-x) of a negative x, it overflows: exp(-|x|) never does.",
)
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@wrong(
    "the other formula",
    "If you divide e^x by 1 + e^x, both are infinite for a large x: use exp(-|x|).",
    loses=("test_sigmoid_of_extremes",),
)
def sigmoid(x):
    return np.exp(x) / (1 + np.exp(x))


@wrong("sign forgotten", "If the curve falls, the sign in the exponent is missing.")
def sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.where(x > 0, small, 1) / (1 + small)


@wrong("tanh of half of x", "If the values go from -1 to 1, that is tanh of half of x.")
def sigmoid(x):
    return np.tanh(x / 2)


@wrong(
    "the size alone",
    "If both signs give the same, |x| also stands where x has to.",
)
def sigmoid(x):
    return 1 / (1 + np.exp(-np.abs(x)))


@wrong(
    "clipped",
    "If you clip x, all numbers beyond the clip become equal: no clip is needed.",
)
def sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -10, 10)))


@wrong(
    "through tanh",
    "If you add 1 and tanh of half of x, they cancel, and the small result is lost.",
)
def sigmoid(x):
    return (1 + np.tanh(x / 2)) / 2


@wrong(
    "input negated in place",
    "If you negate or clip x in place, whoever owns x loses their numbers.",
)
def sigmoid(x):
    positive = x >= 0
    if x.ndim:
        np.abs(x, out=x)
    small = np.exp(-np.abs(x))
    return np.maximum(small, positive) / (1 + small)


@wrong(
    "collected in float64",
    "If you collect the result in np.zeros(x.shape), it is float64: take the dtype of x.",
)
def sigmoid(x):
    result = np.zeros(x.shape)
    small = np.exp(-np.abs(x))
    result[...] = np.where(x < 0, small, 1) / (1 + small)
    return result


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


# --- sigmoid_gradient -----------------------------------------------------------------------


@wrong(
    "grad forgotten",
    "If you return the slope alone, the incoming gradient is lost: multiply by grad.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return output * (1 - output)


@wrong("one factor", "If you stop after one factor, (1 - output) is missing.")
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * output


@wrong("x in the formula", "If you put x into the formula, it asks for the output there.")
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * x * (1 - x)


@wrong(
    "squeezed twice",
    "If you take the sigmoid of output, it is squeezed twice: output is sigmoid(x) already.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * sigmoid(output) * (1 - sigmoid(output))


@wrong(
    "turned round",
    "If the slope is negative, the two terms of the difference changed places.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * output * (output - 1)


@wrong("the slope of tanh", "If you use 1 - output**2, that is the slope of tanh.")
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * (1 - output**2)


@wrong(
    "the exponential again",
    "If you compute with exp(-x) once more, it overflows once more; the output is enough.",
)
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * np.exp(-x) / (1 + np.exp(-x)) ** 2


@right("from x")
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * sigmoid(x) * sigmoid(-x)


@right("multiplied out")
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    return grad * (output - output**2)


@right("with a loop")
@gradient_of(sigmoid)
def sigmoid_gradient(grad, output, x):
    result = np.zeros_like(output)
    for index in np.ndindex(output.shape):
        result[index] = grad[index] * output[index] * (1 - output[index])
    return result


# --- tanh_gradient --------------------------------------------------------------------------


@wrong(
    "grad forgotten",
    "If you return the slope alone, the incoming gradient is lost: multiply by grad.",
)
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return 1 - output**2


@wrong("square forgotten", "If you forget the square, (1 + output) is missing.")
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return grad * (1 - output)


@wrong("x squared", "If you square x, the formula asks for the output there.")
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return grad * (1 - x**2)


@wrong("the slope of sigmoid", "If you use the slope of sigmoid, stretch it: tanh goes from -1 to 1.")
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


@wrong("brackets forgotten", "If only the square is multiplied by grad, brackets are missing.")
@gradient_of(tanh)
def tanh_gradient(grad, output, x):
    return 1 - output**2 * grad


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


# --- softmax --------------------------------------------------------------------------------


@wrong(
    "as in the formula",
    "If you exponentiate the scores as they are, e^1000 is infinite: subtract the maximum first.",
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
    "If the columns add up to 1, you normalised over axis 0, and the classes are on axis 1.",
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
    "one maximum for all",
    "If you subtract one maximum from all rows, a row far below it becomes 0/0: each has its own.",
    loses=("test_softmax_of_extremes",),
)
def softmax(x, axis=-1):
    exps = np.exp(x - x.max())
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "the mean subtracted",
    "If you subtract the mean, the largest score may still overflow: subtract the maximum.",
)
def softmax(x, axis=-1):
    finite = np.where(np.isfinite(x), x, 0)
    exps = np.exp(x - finite.mean(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong(
    "into the input",
    "If you subtract the maximum in place, you change the caller's scores: make a new array.",
)
def softmax(x, axis=-1):
    x -= x.max(axis=axis, keepdims=True)
    exps = np.exp(x)
    return exps / exps.sum(axis=axis, keepdims=True)


@wrong("no exponential", "If you divide the scores by their sum, the exponential is missing.")
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
    "in float64",
    "If you compute in float64, turn the result back, or better stay in the dtype of x.",
)
def softmax(x, axis=-1):
    exps = np.exp(x.astype(np.float64) - x.max(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)


@right("logaddexp")
def softmax(x, axis=-1):
    return np.exp(x - np.logaddexp.reduce(x, axis=axis, keepdims=True))


@right("row by row")
def softmax(x, axis=-1):
    def share(row):
        exps = np.exp(row - row.max())
        return exps / exps.sum()

    return np.apply_along_axis(share, axis, x)


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


# --- softmax_gradient -----------------------------------------------------------------------


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


@wrong("grad unweighed", "If you sum grad alone, weigh it with the output first.")
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return output * (grad - grad.sum(axis=axis, keepdims=True))


@wrong("sign of the second term", "If the second term is added, its sign is wrong.")
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return output * (grad + (grad * output).sum(axis=axis, keepdims=True))


@wrong(
    "grad forgotten",
    "If you return output * (1 - output), the incoming gradient is lost.",
)
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return output * (1 - output)


@wrong("axis ignored", "If you always sum over the last axis, the argument `axis` has no effect.")
@gradient_of(softmax)
def softmax_gradient(grad, output, x, axis=-1):
    return output * (grad - (grad * output).sum(axis=-1, keepdims=True))


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


# --- log_softmax ----------------------------------------------------------------------------


@wrong(
    "log of softmax",
    "If you take the log of softmax, tiny probabilities are 0 by then: take it on paper first.",
)
def log_softmax(x, axis=-1):
    return np.log(softmax(x, axis))


@wrong(
    "an epsilon added",
    "If you add a small number or clip before the log, you choose how small a probability may look.",
)
def log_softmax(x, axis=-1):
    return np.log(softmax(x, axis) + 1e-12)


@wrong(
    "the sum without a shift",
    "If you exponentiate the scores as they are, e^1000 is infinite: subtract the maximum first.",
)
def log_softmax(x, axis=-1):
    return x - np.log(np.exp(x).sum(axis=axis, keepdims=True))


@wrong("the maximum alone", "If you subtract only the maximum, the logarithm of the sum is missing.")
def log_softmax(x, axis=-1):
    return x - x.max(axis=axis, keepdims=True)


@wrong("the sign turned", "If the results are positive, the sign is turned round.")
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


@wrong("base ten", "If you used log10, it is the natural logarithm that undoes exp.")
def log_softmax(x, axis=-1):
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log10(np.exp(shifted).sum(axis=axis, keepdims=True))


@wrong("the probabilities", "If you return the shares, their logarithm is missing.")
def log_softmax(x, axis=-1):
    return softmax(x, axis)


@wrong("axis ignored", "If you always use the last axis, the argument `axis` has no effect.")
def log_softmax(x, axis=-1):
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


@wrong(
    "into the input",
    "If you wrote with +=, out= or [...] = into an input, work on a new array.",
)
def log_softmax(x, axis=-1):
    x -= x.max(axis=axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=axis, keepdims=True))


@right("logaddexp")
def log_softmax(x, axis=-1):
    return x - np.logaddexp.reduce(x, axis=axis, keepdims=True)


@right("the maximum added back")
def log_softmax(x, axis=-1):
    top = x.max(axis=axis, keepdims=True)
    return x - (top + np.log(np.exp(x - top).sum(axis=axis, keepdims=True)))


@right("row by row")
def log_softmax(x, axis=-1):
    def one(row):
        shifted = row - max(row)
        return shifted - np.log(sum(np.exp(shifted)))

    return np.apply_along_axis(one, axis, x)


# --- log_softmax_gradient -------------------------------------------------------------------


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
    "summed over all",
    "If you sum over the whole array, rows get mixed: sum along axis, with keepdims.",
)
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    return grad - np.exp(output) * grad.sum()


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


@wrong("axis ignored", "If you always sum over the last axis, the argument `axis` has no effect.")
@gradient_of(log_softmax)
def log_softmax_gradient(grad, output, x, axis=-1):
    return grad - np.exp(output) * grad.sum(axis=-1, keepdims=True)


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


# --- ReLU -----------------------------------------------------------------------------------


@wrong("a bare array", "If you return the bare array, the door wraps it for you.")
class ReLU(Layer):
    def forward(self, x):
        return relu(x.data)


@wrong(
    "round the door",
    "If you call relu on x.data, you go round the door, and nothing is recorded.",
)
class ReLU(Layer):
    def forward(self, x):
        return Tensor(relu(x.data))


@wrong(
    "wrapped and marked by hand",
    "If you call relu on x.data, you go round the door, and nothing is recorded.",
)
class ReLU(Layer):
    def forward(self, x):
        return Tensor(relu(x.data), requires_grad=x.requires_grad)


@wrong(
    "another function through the door",
    "If another function goes through the door, your rule for relu is never found.",
)
class ReLU(Layer):
    def forward(self, x):
        return apply(np.maximum, x, 0)


@wrong(
    "a product through the door",
    "If another function goes through the door, your rule for relu is never found.",
)
class ReLU(Layer):
    def forward(self, x):
        return x * (x > 0)


@wrong(
    "the wrong function",
    "If the result is not relu(x), look at which function you hand to the door.",
)
class ReLU(Layer):
    def forward(self, x):
        return apply(tanh, x)


@right("with names on the way")
class ReLU(Layer):
    def forward(self, x):
        result = apply(relu, x)
        return result


@right("the function as an attribute")
class ReLU(Layer):
    function = staticmethod(relu)

    def forward(self, x):
        return apply(self.function, x)


@right("a Tensor made if there is none")
class ReLU(Layer):
    def forward(self, x):
        if not isinstance(x, Tensor):
            x = Tensor(x)
        return apply(relu, *[x])
