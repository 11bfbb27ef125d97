"""Solutions to the exercises of lesson 03 other than the reference: wrong and right ones."""

import math

import numpy as np

from tinytorch.course.variants import right, wrong

# --- linear ---------------------------------------------------------------------------------


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


@wrong("axes in front flattened", "If you flattened the axes in front, give them back their shape.")
def linear(x, weight, bias=None):
    output = x.reshape(-1, x.shape[-1]) @ weight
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
    "collected in float64",
    "If you collect the sums in np.zeros(...), it is float64: give it the dtype of x.",
)
def linear(x, weight, bias=None):
    output = np.zeros((*x.shape[:-1], weight.shape[1]))
    output += x @ weight
    return output if bias is None else output + bias


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


# --- linear_gradient ------------------------------------------------------------------------


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


@wrong(
    "the bias added",
    "If you added the bias, it does not depend on x, so it has no part here.",
)
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return linear(grad, weight.T, bias)


@wrong(
    "divided by the batch",
    "If you divided by the batch size, the mean belongs to whoever takes one, not here.",
)
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return grad @ weight.T / len(x)


@wrong("the output passed on", "If you used the output, it is the incoming gradient that is passed on.")
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return output @ weight.T


@wrong(
    "the samples summed",
    "If the shape is not that of x, ask which product of (N, C) and (D, C) gives (N, D).",
)
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return weight @ grad.T


@right("einsum")
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return np.einsum("...c,dc->...d", grad, weight)


@right("tensordot")
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    return np.tensordot(grad, weight, axes=(-1, 1))


@right("with a loop over the units")
@gradient_of(linear)
def linear_gradient(grad, output, x, weight, bias=None):
    result = np.zeros_like(x)
    for c in range(weight.shape[1]):
        result += grad[..., c : c + 1] * weight[:, c]
    return result


# --- linear_weight_gradient -----------------------------------------------------------------


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
    return x.reshape(-1, features).T @ grad.reshape(-1, units) / len(x)


@wrong("grad forgotten", "If you sum the features alone, the incoming gradient is lost.")
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    return x.reshape(-1, len(weight)).T @ np.ones_like(grad).reshape(-1, weight.shape[1])


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


@wrong("one for each sample", "If the shape is not that of the weight, sum over the samples.")
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    return x[..., :, None] * grad[..., None, :]


@wrong(
    "stacks left over",
    "If axes in front are left over, sum over all of them: there is one weight for all.",
)
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    return np.swapaxes(x, -1, -2) @ grad


@right("einsum")
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    features, units = weight.shape
    return np.einsum("nd,nc->dc", x.reshape(-1, features), grad.reshape(-1, units))


@right("tensordot")
@gradient_of(linear, 1)
def linear_weight_gradient(grad, output, x, weight, bias=None):
    front = tuple(range(x.ndim - 1))
    return np.tensordot(x, grad, axes=(front, front))


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
    return (grad.reshape(-1, weight.shape[1]).T @ x.reshape(-1, weight.shape[0])).T


# --- linear_bias_gradient -------------------------------------------------------------------


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


@wrong("summed over the units", "If you summed over the units, it is the samples that share a bias.")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return grad.sum(axis=-1)


@wrong("summed over everything", "If you summed over everything, each unit has a bias of its own.")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return grad.sum()


@wrong("the axis kept", "If you kept the summed axis, the bias has none: leave keepdims out.")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return grad.reshape(-1, bias.size).sum(axis=0, keepdims=True)


@wrong("samples counted", "If you counted the samples, the incoming gradient is lost.")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return np.full_like(bias, grad.size // bias.size)


@wrong("axis 0 alone", "If axes in front are left over, sum over all of them.")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return grad.sum(axis=0)


@right("all axes but the last")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return grad.sum(axis=tuple(range(grad.ndim - 1)))


@right("einsum")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return np.einsum("nc->c", grad.reshape(-1, bias.size))


@right("a sum of rows")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    return grad.reshape(-1, bias.size).sum(axis=0).reshape(bias.shape)


@right("with a loop")
@gradient_of(linear, 2)
def linear_bias_gradient(grad, output, x, weight, bias):
    result = np.zeros_like(bias)
    for index in np.ndindex(grad.shape[:-1]):
        result += grad[index]
    return result


# --- xavier_uniform -------------------------------------------------------------------------


@wrong("features alone", "If you left out the units, D and C both count.")
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / shape[0])
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


@wrong("from 0 upwards", "If you draw from 0 upwards, half of the range is missing.")
def xavier_uniform(rng, shape):
    return (rng.random(shape) * math.sqrt(6 / sum(shape))).astype(np.float32)


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


@wrong("np.random", "If you use np.random and not rng, no seed repeats your run.")
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / sum(shape))
    return np.random.uniform(-bound, bound, shape).astype(np.float32)


@wrong(
    "a Generator of its own",
    "If you make a Generator in the function, all layers start with the same weights.",
)
def xavier_uniform(rng, shape):
    bound = math.sqrt(6 / sum(shape))
    return np.random.default_rng(0).uniform(-bound, bound, shape).astype(np.float32)


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


# --- he_normal ------------------------------------------------------------------------------


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


@wrong("Xavier's variance", "If you took the mean of D and C, that is Xavier's variance.")
def he_normal(rng, shape):
    return rng.standard_normal(shape, np.float32) * math.sqrt(2 / sum(shape))


@wrong("all positive", "If all weights are positive, you lost half of them.")
def he_normal(rng, shape):
    return np.abs(rng.standard_normal(shape, np.float32)) * math.sqrt(2 / shape[0])


@wrong(
    "evenly drawn",
    "If the weights lie evenly or in two heaps, they are not normally distributed.",
)
def he_normal(rng, shape):
    bound = math.sqrt(6 / shape[0])
    return rng.uniform(-bound, bound, shape).astype(np.float32)


@wrong("np.random", "If you use np.random and not rng, no seed repeats your run.")
def he_normal(rng, shape):
    return (np.random.randn(*shape) * math.sqrt(2 / shape[0])).astype(np.float32)


@wrong(
    "a Generator of its own",
    "If you make a Generator in the function, all layers start with the same weights.",
)
def he_normal(rng, shape):
    rng = np.random.default_rng(42)
    return rng.standard_normal(shape, np.float32) * math.sqrt(2 / shape[0])


@wrong(
    "widened by np.sqrt",
    "If you multiply by np.sqrt(...), its float64 widens the weights: use math.sqrt.",
)
def he_normal(rng, shape):
    return rng.standard_normal(shape, np.float32) * np.sqrt(2 / shape[0])


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


# --- Sequential -----------------------------------------------------------------------------


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


@wrong(
    "always the first input",
    "If every layer gets the first input, only the last one counts.",
)
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


@wrong(
    "unwrapped on the way",
    "If you unwrap the tensors on the way, the record of how they were made has a gap.",
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
    "no children",
    "If children are missing, their parameters are never found, and never learned.",
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
    "only children with parameters",
    "If children are missing, they stay in training mode when the network is used.",
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
    "children from the end",
    "If the order is turned round, the layers are listed from the end.",
)
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


# --- Flatten --------------------------------------------------------------------------------


@wrong("all axes", "If all axes became one, the samples are no longer apart.")
class Flatten(Layer):
    def forward(self, x):
        return reshape(x, -1)


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


@wrong("round the door", "If you reshape x.data, you go round the door, and nothing is recorded.")
class Flatten(Layer):
    def forward(self, x):
        return Tensor(x.data.reshape(x.shape[0], -1))


@wrong(
    "two lengths multiplied",
    "If you multiplied two lengths, think of any number of axes.",
)
class Flatten(Layer):
    def forward(self, x):
        return reshape(x, -1, x.shape[-2] * x.shape[-1])


@wrong(
    "squeezed",
    "If a batch of one loses its axis, the next layer takes its features for samples.",
)
class Flatten(Layer):
    def forward(self, x):
        if x.shape[0] == 1:
            return reshape(x, -1)
        return reshape(x, x.shape[0], -1)


@right("the rest worked out by NumPy")
class Flatten(Layer):
    def forward(self, x):
        return x.reshape(x.shape[0], -1)


@right("divided")
class Flatten(Layer):
    def forward(self, x):
        return reshape(x, (len(x), x.size // len(x)))


@right("multiplied in a loop")
class Flatten(Layer):
    def forward(self, x):
        features = 1
        for length in x.shape[1:]:
            features *= length
        return apply(np.reshape, x, shape=(x.shape[0], features))


# --- Dropout --------------------------------------------------------------------------------


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


@wrong("p stays", "If three quarters are gone, p is the probability to drop, not to keep.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        return x * ((self.rng.random(x.shape) < self.p) / (1 - self.p)).astype(x.dtype)


@wrong("whole columns", "If whole columns or rows are gone, draw a number for each element of x.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        keep = self.rng.permutation(x.shape[-1]) >= int(self.p * x.shape[-1])
        return x * (keep / (1 - self.p)).astype(x.dtype)


@wrong("scaled in evaluation", "If you scale here by 1 - p, that was made up for in training.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x * (1 - self.p)
        return x * ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


@wrong("never off", "If numbers are dropped here, ask self.training first.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        return x * ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


@wrong("np.random", "If you use np.random and not self.rng, no seed repeats your run.")
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        return x * ((np.random.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)


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
    "round the door",
    "If you multiply x.data, you go round the door, and nothing is recorded.",
    loses=("test_dropout_draws_from_its_generator",),
)
class Dropout(Layer):
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        mask = ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)
        return Tensor(x.data * mask)


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


# --- count_parameters -----------------------------------------------------------------------


@wrong("tensors counted", "If you counted tensors, each holds many numbers.")
def count_parameters(layer):
    return len(layer.parameters())


@wrong("bytes", "If you counted bytes, a float32 has four.")
def count_parameters(layer):
    return sum(parameter.data.nbytes for parameter in layer.parameters())


@wrong("weights alone", "If you left the biases out, they are learned as well.")
def count_parameters(layer):
    return sum(parameter.size for parameter in layer.parameters() if parameter.ndim > 1)


@wrong(
    "the first lengths",
    "If you took the first length of each, multiply all lengths.",
)
def count_parameters(layer):
    return sum(parameter.shape[0] for parameter in layer.parameters())


@wrong(
    "children only",
    "If you looked at children only, a layer has parameters of its own.",
)
def count_parameters(layer):
    return sum(p.size for child in layer.children() for p in child.parameters())


@wrong(
    "shared ones twice",
    "If a shared layer counts twice, its numbers are still learned once.",
)
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
