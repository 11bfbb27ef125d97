"""Solutions to lesson 07 that its tests must tell apart: wrong ones students write, right ones."""

import math

import numpy as np

from tinytorch.course.variants import right, wrong

# --- descend ------------------------------------------------------------------------------


@wrong(
    "gives the name to a new array",
    "If you made a new array, by values = ... or return, the caller keeps the old: write into it.",
    loses=("test_descend_steps_downhill",),
)
def descend(values, grads, lr):
    values = values - lr * grads


@wrong(
    "returns the new weights",
    "If you made a new array, by values = ... or return, the caller keeps the old: write into it.",
)
def descend(values, grads, lr):
    return values - lr * grads


@wrong("climbs", "If you add the gradient, you climb.")
def descend(values, grads, lr):
    values += lr * grads


@wrong("leaves the learning rate out", "If lr is left out, every step is far too long.")
def descend(values, grads, lr):
    values -= grads


@wrong(
    "uses the sign alone",
    "If only the sign counts, steep and flat weights take the same step.",
)
def descend(values, grads, lr):
    values -= lr * np.sign(grads)


@wrong(
    "makes the gradient one long",
    "If you divide by the gradient's length, the step no longer shrinks near the bottom.",
)
def descend(values, grads, lr):
    length = np.sqrt((grads * grads).sum())
    if length > 0:
        values -= lr * grads / length


@wrong(
    "multiplies the weights",
    "If the gradient shrinks the weights, you multiplied where the rule subtracts.",
)
def descend(values, grads, lr):
    values *= 1 - lr * grads


@wrong(
    "takes lr = 0 for none",
    "If lr = 0 still moves something, Python took 0 for false: it is a rate like any other.",
)
def descend(values, grads, lr):
    values -= (lr or 0.01) * grads


@wrong(
    "averages over the weights",
    "If you divide by the number of weights, a larger network takes shorter steps.",
)
def descend(values, grads, lr):
    values -= lr * grads / max(values.size, 1)


@wrong(
    "writes into a copy of a view",
    "If only parts of larger arrays stay as they were, you wrote into a flat copy: "
    "reshape and ravel copy what is not contiguous.",
)
def descend(values, grads, lr):
    flat = values.reshape(-1)
    flat -= lr * grads.reshape(-1)


@wrong(
    "stops after the first axis",
    "If one row moves and the rest does not, go over all axes.",
)
def descend(values, grads, lr):
    if len(values):
        values[0] -= lr * grads[0]


@wrong(
    "gives every weight the mean gradient",
    "If all weights move alike, each has a gradient of its own.",
)
def descend(values, grads, lr):
    if grads.size:
        values -= lr * grads.mean()


@wrong("divides by the learning rate", "If a smaller lr moves further, multiply by it.")
def descend(values, grads, lr):
    if lr:
        values -= grads / lr


@right("in one line")
def descend(values, grads, lr):
    values -= lr * grads


@right("with a loop")
def descend(values, grads, lr):
    for index in np.ndindex(values.shape):
        values[index] -= lr * grads[index]


@right("writes the result into the array")
def descend(values, grads, lr):
    values[:] = values - grads * lr


@right("with out=")
def descend(values, grads, lr):
    np.subtract(values, np.multiply(grads, lr, out=grads), out=values)


@right("row by row, by calling itself")
def descend(values, grads, lr):
    if values.ndim > 1:
        for row, slope in zip(values, grads, strict=True):
            descend(row, slope, lr)
    else:
        values += -lr * grads
    return values


@wrong(
    "limits the gradient",
    "If huge gradients move weights too little, you set a limit that nobody asked for.",
)
def descend(values, grads, lr):
    values -= lr * np.clip(grads, -50.0, 50.0)


@wrong(
    "limits the gradient's length",
    "If huge gradients move weights too little, you set a limit that nobody asked for.",
)
def descend(values, grads, lr):
    length = math.sqrt(float((grads.astype(np.float64) ** 2).sum()))
    values -= (lr * min(1.0, 2000.0 / length) if length else 0.0) * grads


@wrong(
    "changes the rows in a loop",
    "If weights of one axis stay as they are, the loop changes numbers: write into the array.",
)
def descend(values, grads, lr):
    for value, grad in zip(values, grads, strict=True):
        value -= lr * grad


@wrong(
    "limits the weights",
    "If huge weights are cut off, you set a limit that nobody asked for.",
)
def descend(values, grads, lr):
    values -= lr * grads
    np.clip(values, -1e5, 1e5, out=values)


@wrong(
    "limits the learning rate",
    "If a large lr moves weights too little, it was limited, and nobody asked for that.",
)
def descend(values, grads, lr):
    values -= min(lr, 1.0) * grads


@wrong(
    "leaves tiny steps out",
    "If tiny gradients move nothing, they were taken for noise: every gradient counts.",
)
def descend(values, grads, lr):
    step = lr * grads
    values -= np.where(np.abs(step) < 1e-9, 0, step)


@wrong(
    "makes NaN zero",
    "If NaN disappears, a mistake is hidden: whoever trains must see it.",
)
def descend(values, grads, lr):
    values -= lr * np.nan_to_num(grads)


@wrong(
    "ravels in the order of memory",
    "If only arrays that lie column by column come out wrong, two flat arrays were paired whose "
    "orders differ.",
)
def descend(values, grads, lr):
    flat = values.ravel(order="K")
    flat -= lr * grads.ravel(order="K")
    if not np.shares_memory(flat, values):
        values[...] = flat.reshape(values.shape)


# --- momentum_step ------------------------------------------------------------------------


@wrong(
    "forgets the velocity",
    "If the velocity is forgotten between steps, write into the array you were given.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    velocity = momentum * velocity + grads
    values -= lr * (grads + momentum * velocity if nesterov else velocity)


@wrong(
    "averages the gradients",
    "If the new gradient is weighted by 1 - momentum, the velocity is an average: "
    "it must be a sum.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += (1 - momentum) * grads
    values -= lr * (grads + momentum * velocity if nesterov else velocity)


@wrong(
    "adds before it multiplies",
    "If momentum shrinks the new gradient too, add it after you multiply.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    velocity += grads
    velocity *= momentum
    values -= lr * (grads + momentum * velocity if nesterov else velocity)


@wrong(
    "puts the learning rate into the velocity",
    "If lr is inside the velocity, a new lr no longer scales the speed gathered before.",
    loses=(
        "test_momentum_step_gathers_speed",
        "test_momentum_step_looks_ahead",
        "test_momentum_step_with_zeros",
    ),
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += lr * grads
    values -= lr * grads + momentum * velocity if nesterov else velocity


@wrong(
    "ignores nesterov",
    "If nesterov changes nothing, you ignored it, or looked ahead with the old velocity.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += grads
    values -= lr * velocity


@wrong(
    "looks ahead with the old velocity",
    "If nesterov changes nothing, you ignored it, or looked ahead with the old velocity.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    ahead = grads + momentum * velocity
    velocity *= momentum
    velocity += grads
    values -= lr * (ahead if nesterov else velocity)


@wrong("always looks ahead", "If you look ahead unasked, every step is Nesterov's.")
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += grads
    values -= lr * (grads + momentum * velocity)


@wrong(
    "looks ahead unless told not to",
    "If you look ahead unasked, every step is Nesterov's.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=True):
    velocity *= momentum
    velocity += grads
    values -= lr * (grads + momentum * velocity if nesterov else velocity)


@wrong(
    "keeps what it looked ahead with",
    "If what you look ahead with is kept as the velocity, it is counted again next time.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += grads
    if nesterov:
        velocity *= momentum
        velocity += grads
    values -= lr * velocity


@wrong(
    "leaves the gradient out of Nesterov's step",
    "If the gradient's own part is missing, momentum times velocity is only half of the step.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += grads
    values -= lr * (momentum * velocity if nesterov else velocity)


@wrong(
    "looks too far ahead",
    "If the velocity is not multiplied by momentum, you look too far ahead.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += grads
    values -= lr * (grads + velocity if nesterov else velocity)


@wrong(
    "adds momentum times velocity on top of the velocity",
    "If the velocity counts in full and ahead as well, Nesterov's step is too long: it takes "
    "the gradient and what is kept of the velocity.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += grads
    values -= lr * (velocity + momentum * velocity if nesterov else velocity)


@wrong(
    "moves a copy of the weights",
    "If you made a new array, by values = ... or return, the caller keeps the old: write into it.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += grads
    values = values - lr * (grads + momentum * velocity if nesterov else velocity)


@wrong("climbs", "If you add the velocity, you climb.")
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += grads
    values += lr * (grads + momentum * velocity if nesterov else velocity)


@wrong(
    "takes momentum = 0 for none",
    "If momentum = 0 is not plain descent, Python took 0 for false: it is a share like any other.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    momentum = momentum or 0.9
    velocity *= momentum
    velocity += grads
    values -= lr * (grads + momentum * velocity if nesterov else velocity)


@wrong(
    "skips a step with lr = 0",
    "If a step with lr = 0 is skipped, its gradient is missing from the velocity.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    if not lr:
        return
    velocity *= momentum
    velocity += grads
    values -= lr * (grads + momentum * velocity if nesterov else velocity)


@wrong(
    "keeps one velocity for all parameters",
    "If two parameters disturb each other, keep the velocity in the array that each brings.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    kept = vars(momentum_step).setdefault("kept", {})
    mine = kept[values.shape] = momentum * kept.get(values.shape, 0.0) + grads
    values -= lr * (grads + momentum * mine if nesterov else mine)


@wrong(
    "lets the velocity only grow",
    "If the velocity never fades, multiply it by momentum at each step.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    velocity += grads
    values -= lr * (grads + momentum * velocity if nesterov else velocity)


@right("without out=")
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    velocity[...] = momentum * velocity + grads
    direction = grads + momentum * velocity if nesterov else velocity
    values[...] = values - lr * direction


@right("with a loop")
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    for index in np.ndindex(values.shape):
        velocity[index] = momentum * velocity[index] + grads[index]
        ahead = grads[index] + momentum * velocity[index]
        values[index] -= lr * (ahead if nesterov else velocity[index])


@right("Nesterov in two steps")
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += grads
    if nesterov:
        descend(values, grads, lr)
        lr = lr * momentum
    descend(values, velocity.copy(), lr)


@wrong(
    "keeps the velocity with the opposite sign",
    "If the velocity has the opposite sign, it must add the gradients up: the step subtracts.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity -= grads
    values += lr * (momentum * velocity - grads) if nesterov else lr * velocity


@wrong(
    "leaves the velocity alone without momentum",
    "If the velocity is old after a step without momentum, it is that day's gradient then.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    if not momentum:
        values -= lr * grads
        return
    velocity *= momentum
    velocity += grads
    values -= lr * (grads + momentum * velocity if nesterov else velocity)


@wrong(
    "updates a flat copy of the velocity",
    "If the velocity is kept in some arrays only, you wrote into a flat copy: reshape and ravel "
    "copy what does not lie side by side.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    flat = velocity.reshape(-1)
    flat *= momentum
    flat += grads.reshape(-1)
    speed = flat.reshape(values.shape)
    values -= lr * (grads + momentum * speed if nesterov else speed)


@wrong(
    "remembers by the array's id",
    "If the velocity that is given plays no part, you remember another: all that is remembered "
    "stands in that array.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    kept = vars(momentum_step).setdefault("kept", {})
    speed = kept[id(velocity)] = momentum * kept.get(id(velocity), np.zeros_like(grads)) + grads
    velocity[...] = speed
    values -= lr * (grads + momentum * speed if nesterov else speed)


@wrong(
    "stops where the gradient is zero",
    "If a gradient of zero stops a weight, its speed is still there: only the share is lost.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += grads
    velocity[grads == 0] = 0
    values -= lr * (grads + momentum * velocity if nesterov else velocity)


@wrong(
    "limits the speed",
    "If large velocities are cut off, you set a limit that nobody asked for.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += np.clip(grads, -1e4, 1e4)
    values -= lr * (grads + momentum * velocity if nesterov else velocity)


@wrong(
    "limits the momentum",
    "If a momentum near 1 counts as less, it was limited, and nobody asked for that.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    momentum = min(momentum, 0.99)
    velocity *= momentum
    velocity += grads
    values -= lr * (grads + momentum * velocity if nesterov else velocity)


@right("row by row, by calling itself")
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    if values.ndim > 1:
        for row in zip(values, grads, velocity, strict=True):
            momentum_step(*row, lr, momentum, nesterov)
        return
    velocity[:] = [momentum * v + g for v, g in zip(velocity.tolist(), grads.tolist(), strict=True)]
    ahead = grads + momentum * velocity if nesterov else velocity
    np.subtract(values, lr * ahead, out=values)


# --- rms_scale ----------------------------------------------------------------------------


@wrong(
    "gives zero where the square was too small",
    "If tiny gradients become 0, a usual size of 0 is no reason: eps is there to divide by.",
)
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads * grads
    size = np.sqrt(squares)
    grads[...] = np.where(size > 0, grads / (size + eps), 0)


@wrong(
    "does nothing where all gradients are zero",
    "If the mean does not fade while all gradients are zero, a zero is a gradient as well.",
)
def rms_scale(grads, squares, alpha, eps):
    if not np.any(grads):
        return
    squares *= alpha
    squares += (1 - alpha) * grads * grads
    grads /= np.sqrt(squares) + eps


@wrong(
    "gives the name to a new array",
    "If you made a new array, by grads = ... or return, the caller keeps the old: write into it.",
)
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    grads = grads / (np.sqrt(squares) + eps)


@wrong("puts eps under the root", "If eps is under the root, its own root is added.")
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    grads /= np.sqrt(squares + eps)


@wrong(
    "puts the square of eps under the root",
    "If eps is under the root in any form, it is not added to the usual size.",
)
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    grads /= np.sqrt(squares + eps**2)


@wrong(
    "keeps eps in the mean",
    "If eps goes into the mean, it is under the root, and counted again at each step.",
)
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2 + eps
    grads /= np.sqrt(squares)


@wrong(
    "takes the larger of root and eps",
    "If you take the larger of the two, eps is not added.",
)
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    size = np.sqrt(squares)
    np.divide(grads, np.maximum(size, eps), out=grads, where=size > 0)


@wrong(
    "writes an eps of its own",
    "If eps changes nothing, you wrote a number in its place.",
)
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    grads /= np.sqrt(squares) + 1e-8


@wrong(
    "forgets the root",
    "If you forget the root, the gradient's size turns into its inverse.",
)
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    grads /= squares + eps


@wrong(
    "divides by the mean from before",
    "If you divide by the old mean, take this gradient in first.",
)
def rms_scale(grads, squares, alpha, eps):
    new = alpha * squares + (1 - alpha) * grads**2
    grads /= np.sqrt(squares) + eps
    squares[...] = new


@wrong(
    "swaps alpha and 1 - alpha",
    "If alpha and 1 - alpha change places, the mean forgets almost at once.",
)
def rms_scale(grads, squares, alpha, eps):
    squares *= 1 - alpha
    squares += alpha * grads**2
    grads /= np.sqrt(squares) + eps


@wrong("adds squares up", "If squares are only added up, steps shrink for ever: it is a mean.")
def rms_scale(grads, squares, alpha, eps):
    squares += grads**2
    grads /= np.sqrt(squares) + eps


@wrong(
    "takes the new square in whole",
    "If the new square weighs 1, it is a sum that fades: in a mean it weighs 1 - alpha.",
)
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += grads**2
    grads /= np.sqrt(squares) + eps


@wrong("leaves eps out", "If eps is left out, a weight without gradients becomes NaN.")
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    grads /= np.sqrt(squares)


@wrong(
    "forgets the squares",
    "If the squares are forgotten between steps, write into the array you were given.",
)
def rms_scale(grads, squares, alpha, eps):
    squares = alpha * squares + (1 - alpha) * grads**2
    grads /= np.sqrt(squares) + eps


@wrong("averages sizes", "If you average sizes, not squares, large gradients count for too little.")
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * np.abs(grads)
    grads /= squares + eps


@wrong(
    "takes one size for all weights",
    "If all gradients are divided by one number, each weight must have its own.",
)
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    if grads.size:
        grads /= np.sqrt(squares.mean()) + eps


@wrong(
    "takes alpha = 0 for none",
    "If alpha = 0 remembers something, Python took 0 for false: it is a share like any other.",
)
def rms_scale(grads, squares, alpha, eps):
    alpha = alpha or 0.99
    squares *= alpha
    squares += (1 - alpha) * grads**2
    grads /= np.sqrt(squares) + eps


@wrong(
    "begins the mean with the first square",
    "If the first step ignores alpha, you began the mean with the first square, not with zero.",
)
def rms_scale(grads, squares, alpha, eps):
    fresh = not squares.any()
    squares *= alpha
    squares += (1 if fresh else 1 - alpha) * grads**2
    grads /= np.sqrt(squares) + eps


@wrong(
    "keeps one mean for all parameters",
    "If two parameters disturb each other, keep the mean in the array that each brings.",
)
def rms_scale(grads, squares, alpha, eps):
    kept = vars(rms_scale).setdefault("kept", {})
    mine = kept[grads.shape] = alpha * kept.get(grads.shape, 0.0) + (1 - alpha) * grads**2
    grads /= np.sqrt(mine) + eps


@wrong("loses the sign", "If all results are positive, the sign of the gradient is lost.")
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    grads[...] = np.abs(grads) / (np.sqrt(squares) + eps)


@right("in three lines")
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    grads /= np.sqrt(squares) + eps


@right("with a loop")
def rms_scale(grads, squares, alpha, eps):
    for index in np.ndindex(grads.shape):
        squares[index] = alpha * squares[index] + (1 - alpha) * grads[index] * grads[index]
        grads[index] = grads[index] / (squares[index] ** 0.5 + eps)


@wrong(
    "keeps the sum, not the mean",
    "If the gradients are right and squares is not, the mean itself must be in there.",
)
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += np.square(grads)
    grads /= np.sqrt((1 - alpha) * squares) + eps


@wrong(
    "keeps the root of the mean",
    "If the gradients are right and squares is not, the mean itself must be in there.",
)
def rms_scale(grads, squares, alpha, eps):
    squares[...] = np.hypot(np.sqrt(alpha) * squares, np.sqrt(1 - alpha) * grads)
    grads[...] = grads / (squares + eps)


@wrong(
    "updates a flat copy of the mean",
    "If the mean is kept in some arrays only, you wrote into a flat copy: reshape and ravel copy "
    "what does not lie side by side.",
)
def rms_scale(grads, squares, alpha, eps):
    flat = squares.reshape(-1)
    flat *= alpha
    flat += (1 - alpha) * grads.reshape(-1) ** 2
    grads /= np.sqrt(flat).reshape(grads.shape) + eps


@wrong(
    "divides a flat copy of the gradient",
    "If some gradients stay as they were, you divided a flat copy: reshape and ravel copy what "
    "does not lie side by side.",
)
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    flat = grads.ravel()
    flat /= np.sqrt(squares).ravel() + eps


@wrong(
    "limits the result",
    "If large results are cut off, you set a limit that nobody asked for.",
)
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    grads /= np.sqrt(squares) + eps
    np.clip(grads, -20.0, 20.0, out=grads)


@wrong(
    "adds a second eps of its own",
    "If tiny gradients come out too small, more than eps was added to their usual size.",
)
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    grads /= np.sqrt(squares) + max(eps, 1e-8)


@wrong(
    "leaves the mean alone where the gradient is zero",
    "If the mean does not fade where a gradient is zero, that zero is a gradient as well.",
)
def rms_scale(grads, squares, alpha, eps):
    some = grads != 0
    squares[some] = (alpha * squares + (1 - alpha) * grads**2)[some]
    grads /= np.sqrt(squares) + eps


@wrong(
    "makes NaN zero",
    "If NaN disappears, a mistake is hidden: whoever trains must see it.",
)
def rms_scale(grads, squares, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    grads /= np.sqrt(squares) + eps
    np.nan_to_num(grads, copy=False)


@right("moves the mean towards the new square")
def rms_scale(grads, squares, alpha, eps):
    squares += (1 - alpha) * (np.square(grads) - squares)
    np.divide(grads, eps + np.sqrt(squares), out=grads)


@right("row by row, by calling itself")
def rms_scale(grads, squares, alpha, eps):
    if grads.ndim > 1:
        for row, mean in zip(grads, squares, strict=True):
            rms_scale(row, mean, alpha, eps)
        return
    squares[:] = np.average([squares, grads * grads], axis=0, weights=[alpha, 1 - alpha])
    grads[:] = grads / (squares**0.5 + eps)


# --- unbiased -----------------------------------------------------------------------------


@wrong(
    "makes Python numbers of arrays without axes",
    "If an array without axes becomes a Python number, its dtype is lost.",
)
def unbiased(mean, beta, count):
    if np.ndim(mean) == 0:
        mean = float(mean)
    return mean / (1 - beta**count)


@wrong(
    "divides by the weight of the newest",
    "If you divide by 1 - beta, only the first mean comes out right.",
)
def unbiased(mean, beta, count):
    return mean / (1 - beta)


@wrong(
    "multiplies by what is missing",
    "If the mean gets smaller, divide by the share that was seen.",
)
def unbiased(mean, beta, count):
    return mean * (1 - beta**count)


@wrong(
    "counts one too many",
    "If the first mean comes out too small, the power is one too high: after one number "
    "the share beta of the zero is left.",
)
def unbiased(mean, beta, count):
    return mean / (1 - beta ** (count + 1))


@wrong(
    "counts from zero",
    "If the first mean is divided by zero, the power is one too low: after one number the "
    "share beta of the zero is left.",
)
def unbiased(mean, beta, count):
    return mean / (1 - beta ** (count - 1))


@wrong(
    "divides by what is left of the zero",
    "If you divide by beta**count, that is the share of the zero, not that of the numbers.",
)
def unbiased(mean, beta, count):
    return mean / beta**count


@wrong(
    "adds what is missing",
    "If you add the missing share, it is a share of the mean, not a number of its own.",
)
def unbiased(mean, beta, count):
    return mean + beta**count


@wrong(
    "adds the missing share of the mean",
    "If you add a share of the mean, too little is added: the mean itself is too small by then.",
)
def unbiased(mean, beta, count):
    return mean * (1 + beta**count)


@wrong("returns the mean as it is", "If nothing changes, the false zero still counts.")
def unbiased(mean, beta, count):
    return mean * 1.0


@wrong(
    "corrects the first mean only",
    "If only the first mean is right, the zero is gone after one step: it fades slowly.",
)
def unbiased(mean, beta, count):
    return mean / (1 - beta) if count == 1 else mean * 1.0


@wrong(
    "stops correcting after ten",
    "If the early means are right and the late ones are not, correct them all.",
)
def unbiased(mean, beta, count):
    return mean / (1 - beta**count) if count <= 10 else mean * 1.0


@wrong(
    "divides by the sum of powers",
    "If you divide by 1 + beta + beta^2 + ..., the weights 1 - beta were in the mean already.",
)
def unbiased(mean, beta, count):
    return mean / sum(beta**age for age in range(count))


@wrong(
    "takes count times the newest weight",
    "If every number weighs the same in your sum, older ones weigh less.",
)
def unbiased(mean, beta, count):
    return mean / ((1 - beta) * count)


@wrong(
    "corrects the mean in place",
    "If the running mean itself changes, the correction is counted again next time.",
)
def unbiased(mean, beta, count):
    mean /= 1 - beta**count
    return mean


@wrong(
    "widens to float64",
    "If float32 becomes float64, divide by a Python number, or give the dtype back.",
)
def unbiased(mean, beta, count):
    return np.asarray(mean, np.float64) / (1 - beta**count)


@wrong(
    "multiplies beta and count",
    "If beta times count stands where a power is meant, nothing fits after the first.",
)
def unbiased(mean, beta, count):
    return mean / (1 - beta * count)


@wrong("takes the root", "If a root is taken, the correction is that of another quantity.")
def unbiased(mean, beta, count):
    return mean / np.sqrt(1 - beta**count)


@right("adds the weights up")
def unbiased(mean, beta, count):
    return mean / sum((1 - beta) * beta**age for age in range(count))


@right("follows the zero")
def unbiased(mean, beta, count):
    zero = 1.0
    for _ in range(count):
        zero *= beta
    return mean * (1.0 / (1.0 - zero))


@right("with math.pow, into a new array")
def unbiased(mean, beta, count):
    seen = 1.0 - math.pow(beta, count)
    if not isinstance(mean, np.ndarray):
        return float(mean) / seen
    result = mean.copy()
    result /= seen
    return result


@wrong(
    "stops correcting after a thousand",
    "If the early means are right and the late ones are not, correct them all.",
)
def unbiased(mean, beta, count):
    return mean / (1 - beta ** min(count, 1000))


@wrong(
    "returns the running mean itself once the zero is gone",
    "If the running mean itself comes out, a change of the result changes it: make a new array.",
)
def unbiased(mean, beta, count):
    seen = 1 - beta**count
    return mean if seen == 1 else mean / seen


@wrong(
    "keeps the divisor from being small",
    "If a beta near 1 is corrected too little, the share that was seen was limited from below.",
)
def unbiased(mean, beta, count):
    return mean / max(1 - beta**count, 1e-3)


@wrong(
    "limits the correction",
    "If a beta near 1 is corrected too little, the share that was seen was limited from below.",
)
def unbiased(mean, beta, count):
    return mean * min(1 / (1 - beta**count), 100.0)


@wrong(
    "writes into an array that it keeps",
    "If a later call changes an earlier result, the array is used again: make a new one each time.",
)
def unbiased(mean, beta, count):
    if not isinstance(mean, np.ndarray):
        return mean / (1 - beta**count)
    kept = vars(unbiased).setdefault("kept", {})
    out = kept.setdefault((mean.shape, mean.dtype), np.empty_like(mean))
    return np.divide(mean, 1 - beta**count, out=out)


@wrong(
    "remembers the share by count",
    "If another beta gets the correction of the last one, it was remembered by count alone.",
)
def unbiased(mean, beta, count):
    kept = vars(unbiased).setdefault("shares", {})
    return mean / kept.setdefault(count, 1 - beta**count)


@wrong(
    "makes a number an array",
    "If a number becomes an array, plain arithmetic would have given a number back.",
)
def unbiased(mean, beta, count):
    return np.array(mean / (1 - beta**count))


# --- adam_step ----------------------------------------------------------------------------


@wrong(
    "corrects neither mean",
    "If neither mean is corrected, the first step is far from lr.",
    loses=(
        "test_adam_step_begins_with_lr",
        "test_adam_step_goes_on",
        "test_adam_step_adds_eps_to_the_corrected_root",
    ),
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    values -= lr * m / (np.sqrt(v) + eps)


@wrong(
    "keeps the powers of the betas from call to call",
    "If the first call of all is right and later ones are not, something is kept between calls: "
    "take the powers from count.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps, powers=[1.0, 1.0]):  # noqa: B006
    powers[0] *= betas[0]
    powers[1] *= betas[1]
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    values -= lr * (m / (1 - powers[0])) / (np.sqrt(v / (1 - powers[1])) + eps)


@wrong(
    "writes into flat copies of views",
    "If only some layouts in memory come out wrong, you wrote into flat copies: "
    "reshape and ravel copy what does not lie side by side.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    w, g, m, v = (array.reshape(-1) for array in (values, grads, m, v))
    m *= betas[0]
    m += (1 - betas[0]) * g
    v *= betas[1]
    v += (1 - betas[1]) * g * g
    w -= lr * (m / (1 - betas[0] ** count)) / (np.sqrt(v / (1 - betas[1] ** count)) + eps)


@wrong(
    "corrects the squares only",
    "If the mean of gradients is not corrected, the first step is 1 - beta1 times lr.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    values -= lr * m / (np.sqrt(v / (1 - betas[1] ** count)) + eps)


@wrong(
    "corrects the gradients only",
    "If the mean of squares is not corrected, the first steps are far too long.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    values -= lr * m / (1 - betas[0] ** count) / (np.sqrt(v) + eps)


@wrong("corrects after the root", "If you correct after the root, the correction needs a root too.")
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean = m / (1 - betas[0] ** count)
    values -= lr * mean / (np.sqrt(v) / (1 - betas[1] ** count) + eps)


@wrong(
    "squares the gradients too early",
    "If you square the gradients before you add them to the first mean, their sign is lost.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    grads *= grads
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads
    root = np.sqrt(v / (1 - betas[1] ** count))
    values -= lr * m / (1 - betas[0] ** count) / (root + eps)


@wrong("forgets the root", "If you forget the root, large gradients take small steps.")
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values -= lr * mean / (square + eps)


@wrong("swaps the betas", "If the two betas change places, betas[0] belongs to the gradients.")
def adam_step(values, grads, m, v, count, lr, betas, eps):
    beta2, beta1 = betas
    m[...] = beta1 * m + (1 - beta1) * grads
    v[...] = beta2 * v + (1 - beta2) * grads**2
    mean, square = m / (1 - beta1**count), v / (1 - beta2**count)
    values -= lr * mean / (np.sqrt(square) + eps)


@wrong(
    "swaps the corrections",
    "If the corrections change places, each mean needs that of its own beta.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean, square = m / (1 - betas[1] ** count), v / (1 - betas[0] ** count)
    values -= lr * mean / (np.sqrt(square) + eps)


@wrong(
    "forgets its means",
    "If the means are forgotten between steps, write into the arrays you were given.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m = betas[0] * m + (1 - betas[0]) * grads
    v = betas[1] * v + (1 - betas[1]) * grads**2
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values -= lr * mean / (np.sqrt(square) + eps)


@wrong(
    "keeps what it corrected",
    "If the corrected means are kept, they are corrected again next time: "
    "m and v go on as they are.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    m /= 1 - betas[0] ** count
    v /= 1 - betas[1] ** count
    values -= lr * m / (np.sqrt(v) + eps)


@wrong("puts eps under the root", "If eps is under the root, its own root is added.")
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values -= lr * mean / np.sqrt(square + eps)


@wrong(
    "adds eps to a root that is not corrected",
    "If eps meets a root that is not corrected yet, it weighs too much in the first steps.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    rate = lr * np.sqrt(1 - betas[1] ** count) / (1 - betas[0] ** count)
    with np.errstate(invalid="ignore"):
        values -= np.nan_to_num(rate * m / (np.sqrt(v) + eps))


@wrong(
    "adds eps to the root of a sum",
    "If eps meets the root of a sum, not of a mean, it weighs too little.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + grads
    v[...] = betas[1] * v + grads**2
    weights = [sum(beta**age for age in range(count)) for beta in betas]
    values -= lr * np.sqrt(weights[1]) / weights[0] * m / (np.sqrt(v) + eps)


@wrong("writes an eps of its own", "If eps changes nothing, you wrote a number in its place.")
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values -= lr * mean / (np.sqrt(square) + 1e-8)


@wrong(
    "leaves eps out",
    "If eps is left out, a weight without gradients becomes NaN.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values -= lr * mean / np.sqrt(square)


@wrong("takes the larger of root and eps", "If you take the larger of the two, eps is not added.")
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values -= lr * mean / np.maximum(np.sqrt(square), eps or 1e-300)


@wrong(
    "counts from zero",
    "If the first step is infinite or NaN, the first correction divides by zero: "
    "count begins at 1.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean = m / np.float64(1 - betas[0] ** (count - 1))
    square = v / np.float64(1 - betas[1] ** (count - 1))
    values -= lr * mean / (np.sqrt(square) + eps)


@wrong(
    "counts from two",
    "If the correction is one step late, count is the number of this step already.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean, square = m / (1 - betas[0] ** (count + 1)), v / (1 - betas[1] ** (count + 1))
    values -= lr * mean / (np.sqrt(square) + eps)


@wrong(
    "corrects the first step only",
    "If the first step is right only, correct every one.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    seen = [1 - beta if count == 1 else 1.0 for beta in betas]
    values -= lr * m / seen[0] / (np.sqrt(v / seen[1]) + eps)


@wrong(
    "moves a copy of the weights",
    "If you made a new array, by values = ... or return, the caller keeps the old: write into it.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values = values - lr * mean / (np.sqrt(square) + eps)


@wrong("climbs", "If you add the step, you climb.")
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values += lr * mean / (np.sqrt(square) + eps)


@wrong(
    "squares the mean",
    "If you square the mean, v has nothing to keep: it is the mean of the squares.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * m**2
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values -= lr * mean / (np.sqrt(square) + eps)


@wrong(
    "moves by the gradient, not by its mean",
    "If today's gradient moves the weights, m plays no part.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    values -= lr * grads / (np.sqrt(v / (1 - betas[1] ** count)) + eps)


@wrong(
    "adds gradients up in m",
    "If the new gradient weighs 1 in m, it is a sum: in a mean it weighs 1 - beta1.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values -= lr * mean / (np.sqrt(square) + eps)


@wrong(
    "puts the learning rate into m",
    "If lr is inside m, a new lr does not scale what was kept.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * lr * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values -= mean / (np.sqrt(square) + eps)


@wrong(
    "keeps the largest mean of squares",
    "If v never falls, you kept its largest value: that is another method, AMSGrad.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = np.maximum(v, betas[1] * v + (1 - betas[1]) * grads**2)
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values -= lr * mean / (np.sqrt(square) + eps)


@wrong(
    "keeps one pair of means for all parameters",
    "If two parameters disturb each other, keep the means in the arrays that each brings.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    kept = vars(adam_step)
    if count == 1 and kept.get("shape") != values.shape:
        kept.update(shape=values.shape, m=0.0, v=0.0)
    kept["m"] = betas[0] * kept["m"] + (1 - betas[0]) * grads
    kept["v"] = betas[1] * kept["v"] + (1 - betas[1]) * grads**2
    mean, square = kept["m"] / (1 - betas[0] ** count), kept["v"] / (1 - betas[1] ** count)
    values -= lr * mean / (np.sqrt(square) + eps)


@right("as the paper writes it")
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values -= lr * mean / (np.sqrt(square) + eps)


@right("with a loop")
def adam_step(values, grads, m, v, count, lr, betas, eps):
    for index in np.ndindex(values.shape):
        m[index] += (1 - betas[0]) * (grads[index] - m[index])
        v[index] += (1 - betas[1]) * (grads[index] ** 2 - v[index])
        mean = m[index] / (1 - betas[0] ** count)
        root = (v[index] / (1 - betas[1] ** count)) ** 0.5
        values[index] -= lr * mean / (root + eps)


@right("scales eps in the place of the root")
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    root = math.sqrt(1 - betas[1] ** count)
    values -= lr * root / (1 - betas[0] ** count) * m / (np.sqrt(v) + eps * root)


@wrong(
    "keeps sums and divides by their weights",
    "If the weights are right and m and v are not, the means themselves must be in there.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m *= betas[0]
    m += grads
    v *= betas[1]
    v += np.square(grads)
    shares = [sum(beta**age for age in range(count)) for beta in betas]
    values[...] = values - lr * (m / shares[0]) / (np.sqrt(v / shares[1]) + eps)


@wrong(
    "keeps the corrected means, and weighs them anew",
    "If the weights are right and m and v are not, the means themselves must be in there.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m += (grads - m) * ((1 - betas[0]) / (1 - betas[0] ** count))
    v += (grads**2 - v) * ((1 - betas[1]) / (1 - betas[1] ** count))
    values -= lr * m / (np.sqrt(v) + eps)


@wrong(
    "updates flat copies of the means",
    "If the means are kept in some arrays only, you wrote into flat copies: reshape and ravel copy "
    "what does not lie side by side.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    flat_m, flat_v, flat = m.reshape(-1), v.reshape(-1), grads.reshape(-1)
    flat_m += (1 - betas[0]) * (flat - flat_m)
    flat_v += (1 - betas[1]) * (flat**2 - flat_v)
    mean, square = flat_m / (1 - betas[0] ** count), flat_v / (1 - betas[1] ** count)
    values -= lr * (mean / (np.sqrt(square) + eps)).reshape(values.shape)


@wrong(
    "takes means of zeros for the first step",
    "If steps after gradients of zero are off, count says which step it is, "
    "not the look of m or v.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    if not m.any():
        count = 1
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values -= lr * mean / (np.sqrt(square) + eps)


@wrong(
    "stops correcting after some steps",
    "If the early steps are right and the late ones are not, correct every one.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    seen = [1 - beta**count if count < 20 else 1.0 for beta in betas]
    values -= lr * m / seen[0] / (np.sqrt(v / seen[1]) + eps)


@wrong(
    "limits the step to lr",
    "If no step is longer than lr, you limited it: "
    "after quiet times a sudden gradient moves further.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values -= np.clip(lr * mean / (np.sqrt(square) + eps), -lr, lr)


@wrong(
    "takes the betas in the arrays' dtype",
    "If 1 - beta loses digits, reckon with the settings before an array's dtype comes in.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    one, two = (values.dtype.type(beta) for beta in betas)
    m[...] = one * m + (1 - one) * grads
    v[...] = two * v + (1 - two) * grads**2
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values -= lr * mean / (np.sqrt(square) + eps)


@wrong(
    "leaves weights with a gradient of zero alone",
    "If a gradient of zero stops a weight, its mean gradient is not zero yet.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values -= np.where(grads == 0, 0, lr * mean / (np.sqrt(square) + eps))


@wrong(
    "makes NaN zero",
    "If NaN disappears, a mistake is hidden: whoever trains must see it.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    grads = np.nan_to_num(grads)
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values -= lr * mean / (np.sqrt(square) + eps)


@wrong(
    "counts its calls",
    "If another parameter changes the correction, use count, not the number of calls.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    count = vars(adam_step)["calls"] = 1 if count == 1 else vars(adam_step).get("calls", 0) + 1
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean, square = m / (1 - betas[0] ** count), v / (1 - betas[1] ** count)
    values -= lr * mean / (np.sqrt(square) + eps)


@right("moves both means towards the new numbers")
def adam_step(values, grads, m, v, count, lr, betas, eps):
    for mean, number, beta in zip((m, v), (grads, grads * grads), betas, strict=True):
        mean += (1 - beta) * (number - mean)
    size = np.sqrt(v / (1 - math.pow(betas[1], count)))
    np.subtract(values, lr / (1 - math.pow(betas[0], count)) * m / (size + eps), out=values)


# --- decay --------------------------------------------------------------------------------


@wrong(
    "gives the names to new arrays",
    "If you wrote values = ... or grads = ..., only the local name changed: write into the array.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values = values * (1 - lr * weight_decay)
    else:
        grads = grads + weight_decay * values


@wrong(
    "swaps the two kinds",
    "If the gradients change where the weights should, the two kinds change places.",
    loses=("test_decay_coupled", "test_decay_decoupled", "test_decay_with_zeros"),
)
def decay(values, grads, lr, weight_decay, decoupled):
    if not decoupled:
        values *= 1 - lr * weight_decay
    else:
        grads += weight_decay * values


@wrong("is always coupled", "If decoupled changes nothing, you did only the one kind.")
def decay(values, grads, lr, weight_decay, decoupled):
    grads += weight_decay * values


@wrong("is always decoupled", "If decoupled changes nothing, you did only the one kind.")
def decay(values, grads, lr, weight_decay, decoupled):
    values *= 1 - lr * weight_decay


@wrong(
    "does both at once",
    "If decoupled decay changes the gradients too, the weights are pulled twice.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    grads += weight_decay * values
    if decoupled:
        values *= 1 - lr * weight_decay


@wrong("subtracts from the gradients", "If you subtract, descent makes the weights grow.")
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values *= 1 - lr * weight_decay
    else:
        grads -= weight_decay * values


@wrong(
    "forgets the half in the penalty",
    "If the pull is 2 * weight_decay * values, mind the half in the penalty.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values *= 1 - lr * weight_decay
    else:
        grads += 2 * weight_decay * values


@wrong(
    "keeps the half of the penalty",
    "If the pull is half of it, the square's slope brings a 2.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values *= 1 - lr * weight_decay
    else:
        grads += weight_decay / 2 * values


@wrong(
    "adds the penalty itself",
    "If you add the penalty, add its gradient: the step never sees the loss.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values *= 1 - lr * weight_decay
    else:
        grads += weight_decay / 2 * values**2


@wrong(
    "pulls every weight alike",
    "If every weight is pulled alike, you took the sign: the square's slope grows with the weight.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values *= 1 - lr * weight_decay
    else:
        grads += weight_decay * np.sign(values)


@wrong(
    "multiplies the gradient",
    "If the gradient is multiplied, a weight without gradient never decays.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values *= 1 - lr * weight_decay
    else:
        grads *= 1 + weight_decay


@wrong(
    "puts lr into the gradient",
    "If lr is in the coupled pull, it counts twice: the step multiplies the gradient by it.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values *= 1 - lr * weight_decay
    else:
        grads += lr * weight_decay * values


@wrong(
    "changes the weights on the way",
    "If the weights change in coupled decay, use an array of your own on the way.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values *= 1 - lr * weight_decay
    else:
        values *= weight_decay
        grads += values


@wrong("leaves the learning rate out", "If lr is left out, decoupled decay ignores the schedule.")
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values *= 1 - weight_decay
    else:
        grads += weight_decay * values


@wrong("keeps the share", "If the share itself is kept, it is what each weight loses.")
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values *= lr * weight_decay
    else:
        grads += weight_decay * values


@wrong(
    "takes the same from all",
    "If every weight loses the same amount, take a share of each.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values -= lr * weight_decay
    else:
        grads += weight_decay * values


@wrong("lets weights grow", "If weights grow, mind the sign.")
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values *= 1 + lr * weight_decay
    else:
        grads += weight_decay * values


@wrong(
    "divides by one plus the share",
    "If you divide by 1 + the share, each weight loses a little less than that share.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values /= 1 + lr * weight_decay
    else:
        grads += weight_decay * values


@wrong(
    "takes the share of the gradient away as well",
    "If decoupled decay uses the gradient, leave the step to the rule.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values -= lr * (grads + weight_decay * values)
    else:
        grads += weight_decay * values


@wrong(
    "takes lr = 0 for none",
    "If lr = 0 still shrinks weights, Python took 0 for false: it is a rate like any other.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values *= 1 - (lr or 0.01) * weight_decay
    else:
        grads += weight_decay * values


@wrong(
    "takes weight_decay = 0 for none",
    "If a strength of 0 still pulls, Python took 0 for false: it is a strength like any other.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    weight_decay = weight_decay or 0.01
    if decoupled:
        values *= 1 - lr * weight_decay
    else:
        grads += weight_decay * values


@wrong(
    "skips coupled decay at lr = 0",
    "If coupled decay does nothing at lr = 0, lr plays no part in it.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if lr == 0:
        return
    if decoupled:
        values *= 1 - lr * weight_decay
    else:
        grads += weight_decay * values


@right("subtracts the share")
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values -= lr * weight_decay * values
        return
    np.add(grads, np.multiply(values, weight_decay), out=grads)


@right("with a loop")
def decay(values, grads, lr, weight_decay, decoupled):
    for index in np.ndindex(values.shape):
        if decoupled:
            values[index] = values[index] - lr * weight_decay * values[index]
        else:
            grads[index] += weight_decay * values[index]


@right("by one pull for both")
def decay(values, grads, lr, weight_decay, decoupled):
    pull = weight_decay * values
    if decoupled:
        descend(values, pull, lr)
    else:
        grads[:] = grads + pull


@wrong(
    "lets no weight pass zero",
    "If strong decay ends at zero, the share was limited to 1, and nobody asked for that.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values *= max(0.0, 1 - lr * weight_decay)
    else:
        grads += weight_decay * values


@wrong(
    "spares arrays of a single weight",
    "If only some shapes decay, every weight must: shapes play no part.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if values.size == 1:
        return
    if decoupled:
        values *= 1 - lr * weight_decay
    else:
        grads += weight_decay * values


@wrong(
    "decays by an exponential",
    "If small shares are nearly right and large ones are not, "
    "you took e to the power of the share.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values *= math.exp(-lr * weight_decay)
    else:
        grads += weight_decay * values


@wrong(
    "limits the pull",
    "If large weights are pulled too little, you set a limit that nobody asked for.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        values -= lr * np.clip(weight_decay * values, -100, 100)
    else:
        grads += np.clip(weight_decay * values, -100, 100)


@wrong(
    "leaves tiny shares out",
    "If a tiny share is not taken, it was taken for nothing: every share counts.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if lr * weight_decay < 1e-5 and decoupled or weight_decay < 1e-5:
        return
    if decoupled:
        values *= 1 - lr * weight_decay
    else:
        grads += weight_decay * values


@wrong(
    "writes into flat copies",
    "If only parts of larger arrays stay as they were, you wrote into a flat copy: "
    "reshape and ravel copy what does not lie side by side.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if decoupled:
        flat = values.reshape(-1)
        flat *= 1 - lr * weight_decay
    else:
        flat = grads.reshape(-1)
        flat += weight_decay * values.reshape(-1)


# --- step_decay ---------------------------------------------------------------------------


@wrong(
    "only ever walks down",
    "If a rate depends on what was asked before, the schedule has a memory: use the step alone.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    rate, reached = lr, 0

    def schedule(step):
        nonlocal rate, reached
        while step >= reached + every:
            rate, reached = rate * factor, reached + every
        return rate

    return schedule


@wrong(
    "divides with /",
    "If you divide with /, the rate sinks at every step: whole stairs count.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lambda step: lr * factor ** (step / every)


@wrong("counts steps from one", "If the rate falls one step early, steps are counted from 0.")
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lambda step: lr * factor ** ((step + 1) // every)


@wrong("falls a step late", "If the rate falls one step late, step `every` has a new one already.")
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lambda step: lr * factor ** (max(step - 1, 0) // every)


@wrong("falls once only", "If the factor works once only, it is a power of the stairs.")
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lambda step: lr if step < every else lr * factor


@wrong(
    "multiplies by the number of stairs",
    "If you multiply by the number of stairs, the first rate is 0.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lambda step: lr * factor * (step // every)


@wrong("takes the remainder", "If you take the remainder, the rate comes back on every stair.")
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lambda step: lr * factor ** (step % every)


@wrong("divides by the factor", "If the factor is divided by, the rate grows where it should fall.")
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lambda step: lr / factor ** (step // every)


@wrong("returns a rate", "If you return a rate, return a function that gives it.")
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lr * factor


@wrong(
    "falls only at the step that ends a stair",
    "If the rate falls at single steps and comes back, it must stay down.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lambda step: lr * factor if step and step % every == 0 else lr


@wrong(
    "remembers the last call",
    "If a call changes the next one, the schedule has a memory: work the rate out from the step.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    rate = [lr]

    def schedule(step):
        if step and step % every == 0:
            rate[0] *= factor
        return rate[0]

    return schedule


@wrong(
    "counts its calls",
    "If the rate follows the number of calls, use the step that is asked for.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    calls = [-1]

    def schedule(step):
        calls[0] += 1
        return lr * factor ** (calls[0] // every)

    return schedule


@wrong(
    "stops at a small rate",
    "If the rate stops falling, nobody set a lowest one here.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lambda step: max(lr * factor ** (step // every), 1e-3)


@wrong(
    "subtracts a factor",
    "If the stairs are all of one height, multiply: each rate is a share of the one before.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lambda step: lr - lr * (1 - factor) * (step // every)


@wrong("checks nothing", "If every = 0 passes, the division by zero comes far away from its cause.")
def step_decay(lr, every, factor):
    return lambda step: lr * factor ** (step // every)


@wrong(
    "checks when asked",
    "If the mistake is found only when the schedule is asked, check before you return it.",
)
def step_decay(lr, every, factor):
    def schedule(step):
        if every < 1:
            raise ValueError("every must be at least 1")
        return lr * factor ** (step // every)

    return schedule


@wrong("refuses one step", "If every = 1 is refused, the bound is one too high.")
def step_decay(lr, every, factor):
    if every <= 1:
        raise ValueError("every must be at least 1")
    return lambda step: lr * factor ** (step // every)


@wrong("refuses zero only", "If every = -1 passes, it is below 1 as well.")
def step_decay(lr, every, factor):
    if every == 0:
        raise ValueError("every must be at least 1")
    return lambda step: lr * factor ** (step // every)


@wrong("raises another type", "If the type is not ValueError, see what the docstring names.")
def step_decay(lr, every, factor):
    assert every >= 1
    return lambda step: lr * factor ** (step // every)


@right("with an inner function and a loop")
def step_decay(lr, every, factor):
    if every <= 0:
        raise ValueError(f"every is {every}")

    def schedule(step):
        rate = lr
        for _ in range(step // every):
            rate *= factor
        return rate

    return schedule


@right("with math.floor")
def step_decay(lr, every, factor):
    if not every >= 1:
        raise ValueError("give a positive number of steps")
    return lambda step: lr * math.pow(factor, math.floor(step / every))


@right("with divmod")
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be positive")

    def schedule(step):
        periods, _ = divmod(step, every)
        return np.float64(lr) * factor**periods

    return schedule


@right("by calling itself")
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be positive")

    def schedule(step):
        return lr if step < every else factor * schedule(step - every)

    return schedule


@wrong(
    "takes a logarithm of the factor",
    "If a factor of 0 is refused, it is legal: the rate is 0 from the second stair on.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    slope = math.log(factor)
    return lambda step: lr * math.exp(slope * (step // every))


@wrong(
    "takes factor = 0 for none",
    "If a factor of 0 changes nothing, Python took 0 for false: it is a factor like any other.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lambda step: lr * (factor or 1.0) ** (step // every)


@wrong(
    "never lets the rate grow",
    "If a factor above 1 changes nothing, it was limited, and nobody asked for that.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lambda step: lr * min(factor, 1.0) ** (step // every)


@wrong(
    "ends after ten stairs",
    "If the rate stops falling, nobody set a lowest one here.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lambda step: lr * factor ** min(step // every, 10)


@wrong(
    "shares one table among all schedules",
    "If another schedule changes this one, its rates belong to it alone.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    table = vars(step_decay).setdefault("table", {})

    def schedule(step):
        return table.setdefault((every, step // every), lr * factor ** (step // every))

    return schedule


@wrong(
    "gives an array without axes",
    "If an array comes out, a rate is a number: plain arithmetic gives one.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("a stair has at least one step")
    return lambda step: np.array(lr * float(factor) ** (step // every))


# --- cosine_with_warmup -------------------------------------------------------------------


@wrong(
    "begins the warm-up at zero",
    "If the first rate is 0, the first step is lost: so many steps, so many parts.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * step / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "leaves the warm-up out",
    "If there is no warm-up, the first steps are the longest.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        done = min(step / total, 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "warms up from the minimum",
    "If the warm-up starts at the minimum, it grows from zero in equal parts.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return minimum + (lr - minimum) * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "takes lr through all of the warm-up",
    "If the rate is whole from the start, nothing warms up.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "warms up by one part more",
    "If the warm-up ends short of lr, divide by the number of steps that warm up.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / (warmup + 1)
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "warms up one step longer",
    "If step `warmup` has more than lr, it belongs to the wave already.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step <= warmup and warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "warms up in squares",
    "If the parts are unequal, the warm-up is a straight line.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * ((step + 1) / warmup) ** 2
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "rises again",
    "If it rises again after the end, the share must stop at 1.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = (step - warmup) / (total - warmup)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "ends at nothing",
    "If the rate is 0 after the end, it stays at the minimum.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return (
            0.0 if step > total else minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2
        )

    return schedule


@wrong(
    "begins the cosine at step 0",
    "If the wave begins at step 0, the warm-up eats its beginning.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min(step / total, 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "ends late",
    "If the wave takes `total` steps after the warm-up, it ends late.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / total, 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "ends a step early",
    "If the minimum comes one step early, it is reached at step `total`.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / max(total - warmup - 1, 1), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "begins a step late",
    "If the wave begins one step ahead, step `warmup` has lr still.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup + 1) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "adds the minimum on top",
    "If the minimum is added on top, the highest rate is too high.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + lr * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "ignores the minimum",
    "If the minimum is ignored, the last steps have no length.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return lr * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "cuts off at the minimum",
    "If the wave is cut off at the minimum, it reaches it too early: squeeze it in between.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return max(lr * (1 + math.cos(math.pi * done)) / 2, minimum)

    return schedule


@wrong(
    "takes minimum = 0 for none",
    "If minimum = 0 is not reached, Python took 0 for false: it is a rate like any other.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return (minimum or lr / 100) + (lr - (minimum or lr / 100)) * (
            1 + math.cos(math.pi * done)
        ) / 2

    return schedule


@wrong(
    "takes a whole cosine",
    "If it comes down twice as fast and up again, it is a whole wave.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(2 * math.pi * done)) / 2

    return schedule


@wrong(
    "takes a quarter of a cosine",
    "If it falls fastest at the end, it is a quarter of a wave.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * math.cos(math.pi / 2 * done)

    return schedule


@wrong(
    "forgets to halve",
    "If the rate begins at twice lr, the wave is from -1 to 1: it needs half of its height.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done))

    return schedule


@wrong(
    "forgets to shift",
    "If the rate falls below the minimum, the wave must be shifted up before it is squeezed.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * math.cos(math.pi * done)

    return schedule


@wrong(
    "forgets pi",
    "If the end is far above the minimum, the wave needs pi.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(done)) / 2

    return schedule


@wrong(
    "takes a sine",
    "If the first rate is the middle one, the wave is a sine.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.sin(math.pi * done)) / 2

    return schedule


@wrong(
    "draws a straight line",
    "If it is a straight line, take the cosine.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return lr - (lr - minimum) * done

    return schedule


@wrong(
    "checks nothing",
    "If a warm-up that is too long passes, the division by zero comes far away from its cause.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "refuses no warm-up",
    "If warmup = 0 is refused, the bound is one too high.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 < warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "lets the warm-up take all",
    "If warmup = total passes, no step is left for the wave.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup <= total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / max(total - warmup, 1), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "lets a negative warm-up pass",
    "If a negative warm-up passes, the wave begins before the first step.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if warmup >= total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "checks when asked",
    "If the mistake is found only when the schedule is asked, check before you return it.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    def schedule(step):
        if not 0 <= warmup < total:
            raise ValueError("bad warmup")
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "counts its calls",
    "If the rate follows the number of calls, use the step that is asked for.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")
    calls = [-1]

    def schedule(step):
        calls[0] += 1
        if calls[0] < warmup:
            return lr * (calls[0] + 1) / warmup
        done = min((calls[0] - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@right("mixes the two ends")
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if warmup < 0 or warmup >= total:
        raise ValueError("the warm-up must end before the schedule")

    def schedule(step):
        if step < warmup:
            return (step + 1) / warmup * lr
        share = np.cos(np.pi / 2 * np.clip((step - warmup) / (total - warmup), 0, 1)) ** 2
        return share * lr + (1 - share) * minimum

    return schedule


@right("makes a table first")
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("the warm-up must end before the schedule")
    up = lr * np.arange(1, warmup + 1) / max(warmup, 1)
    waves = np.cos(np.linspace(0, np.pi, total - warmup + 1))
    table = np.concatenate([up, (lr + minimum) / 2 + (lr - minimum) / 2 * waves])
    return lambda step: table[min(step, total)]


@right("asks for the end first")
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if total <= warmup or warmup < 0:
        raise ValueError("the warm-up must end before the schedule")

    def schedule(step):
        if step >= total:
            return minimum
        if step >= warmup:
            angle = math.pi * (step - warmup) / (total - warmup)
            return minimum + 0.5 * (lr - minimum) * (math.cos(angle) + 1.0)
        return lr * (step + 1) / warmup

    return schedule


@wrong(
    "goes in whole percents",
    "If long runs are a little off, the share of the way was rounded.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        if total - warmup > 100:
            done = int(100 * done) / 100
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "stops at a small rate",
    "If small rates come out too large, nobody set a lowest one but `minimum`.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return max(1e-5, minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2)

    return schedule


@wrong(
    "limits the warm-up",
    "If a long warm-up is cut short, its length was limited, and nobody asked for that.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")
    warmup = min(warmup, 100)

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "refuses a minimum as high as lr",
    "If minimum = lr is refused, it is legal: the wave is flat then.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total or minimum >= lr > 0:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@wrong(
    "shares one table among all schedules",
    "If another schedule changes this one, its rates belong to it alone.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")
    table = vars(cosine_with_warmup).setdefault("table", {})

    def schedule(step):
        if step < warmup:
            return table.setdefault((step, warmup, total), lr * (step + 1) / warmup)
        done = min((step - warmup) / (total - warmup), 1.0)
        rate = minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2
        return table.setdefault((step, warmup, total), rate)

    return schedule


@wrong(
    "chooses the rate by np.where",
    "If an array comes out, a rate is a number: np.where makes arrays, `if` does not.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("the warm-up must end before the end")

    def schedule(step):
        done = min(max(step - warmup, 0) / (total - warmup), 1.0)
        wave = minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2
        return np.where(step < warmup, lr * (step + 1) / max(warmup, 1), wave)

    return schedule


# --- clip_by_norm -------------------------------------------------------------------------


@wrong(
    "multiplies first and divides then",
    "If huge gradients become infinite, you multiply before you divide: divide the limit first.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("max_norm must be at least 0")
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(np.sum(g.astype(np.float64) ** 2) for g in grads))
    if norm > max_norm:
        for grad in grads:
            grad *= max_norm
            grad /= norm
    return norm


@wrong(
    "makes the gradients Tensors",
    "If a shortened gradient is a Tensor, no optimizer can take it: `.grad` holds an array.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("max_norm must be at least 0")
    parameters = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(np.sum(p.grad.astype(np.float64) ** 2) for p in parameters))
    if norm > max_norm:
        for parameter in parameters:
            parameter.grad = Tensor(parameter.grad * (max_norm / norm))
    return norm


@wrong(
    "clips each parameter by itself",
    "If each parameter is clipped by its own norm, the direction changes.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    for p in owners:
        own = float(np.linalg.norm(p.grad.astype(np.float64)))
        if own > max_norm:
            p.grad = p.grad * (max_norm / own)
    return norm


@wrong(
    "shortens while the norm still grows",
    "If the last gradient is right and earlier ones are too long, the norm was not complete yet: "
    "first go over all of them.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    total = 0.0
    for p in parameters:
        if p.grad is not None:
            total += float(np.sum(p.grad.astype(np.float64) ** 2))
            if math.sqrt(total) > max_norm:
                p.grad = p.grad * (max_norm / math.sqrt(total))
    return math.sqrt(total)


@wrong(
    "compares the sum of squares with the limit",
    "If some gradients within the limit become longer, the limit is for the root of the sum.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    total = sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners)
    if total > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / math.sqrt(total))
    return math.sqrt(total)


@wrong(
    "returns the norm as an array",
    "If the norm is an array, turn it into a number: float does.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = np.array(math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners)))
    if norm > max_norm:
        for p in owners:
            p.grad = (p.grad * (max_norm / norm)).astype(p.grad.dtype)
    return norm


@wrong(
    "cuts each component off",
    "If each component is cut off, the direction changes.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    for p in owners:
        p.grad = np.clip(p.grad, -max_norm, max_norm)
    return norm


@wrong(
    "adds norms up",
    "If norms are added up, add their squares and take the root.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = sum(float(np.linalg.norm(p.grad.astype(np.float64))) for p in owners)
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm


@wrong(
    "takes the largest norm",
    "If the longest gradient decides alone, the others count as well.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = max((float(np.linalg.norm(p.grad.astype(np.float64))) for p in owners), default=0.0)
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm


@wrong(
    "takes the largest component",
    "If the largest component is the norm, take the root of the sum of all squares.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = max((float(np.abs(p.grad).max()) for p in owners), default=0.0)
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm


@wrong(
    "adds sizes up",
    "If sizes are added up, add squares and take the root.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = sum(float(np.abs(p.grad.astype(np.float64)).sum()) for p in owners)
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm


@wrong(
    "takes the norm of the weights",
    "If the weights' norm comes out, you took .data for .grad.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.data.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm


@wrong(
    "returns the norm after clipping",
    "If you return the norm after clipping, nobody sees the explosion.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return min(norm, max_norm)


@wrong(
    "returns nothing",
    "If nothing is returned, end with return.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)


@wrong(
    "returns the factor",
    "If the factor comes out, return the norm.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return max_norm / norm if norm > max_norm else 1.0


@wrong(
    "forgets the root",
    "If the root is missing, the norm is its own square.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners)
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm


@wrong(
    "stumbles over a missing gradient",
    "If a parameter has no gradient, leave it out.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = list(parameters)
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm


@wrong(
    "clips a missing gradient to zeros",
    "If a missing gradient becomes zeros, leave it missing.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    parameters = list(parameters)
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    for p in parameters:
        if p.grad is None:
            p.grad = np.zeros_like(p.data)
    return norm


@wrong(
    "stops at a missing gradient",
    "If what comes after a missing gradient is left out, go on to the next parameter.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = []
    for p in parameters:
        if p.grad is None:
            break
        owners.append(p)
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm


@right("goes through a generator twice, which is a list by then")
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    norm = math.sqrt(
        sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in parameters if p.grad is not None)
    )
    if norm > max_norm:
        for p in parameters:
            if p.grad is not None:
                p.grad = p.grad * (max_norm / norm)
    return norm


@wrong(
    "multiplies a copy",
    "If the gradients stay as long as they were, your factor never reached them.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            grad = p.grad
            grad = grad * (max_norm / norm)
    return norm


@wrong(
    "makes short gradients longer",
    "If short gradients are made longer, every step has the same length.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    for p in owners:
        if norm > 0:
            p.grad = p.grad * (max_norm / norm)
    return norm


@wrong(
    "clips the short ones",
    "If short gradients change and long ones do not, the comparison is the wrong way round.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm < max_norm and norm > 0:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm


@wrong(
    "divides by the norm alone",
    "If the clipped gradient has length 1, multiply by max_norm as well.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad / norm
    return norm


@wrong(
    "divides by the limit",
    "If the clipped gradient is too long still, the factor is max_norm / norm.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad / max_norm if max_norm else p.grad * 0
    return norm


@wrong(
    "adds a constant to the norm",
    "If tiny gradients come out too short, something was added to the norm.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / (norm + 1e-6))
    return norm


@wrong(
    "sets long gradients to zero",
    "If long gradients become zero, shorten them: their direction is worth keeping.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * 0
    return norm


@wrong(
    "widens to float64",
    "If float32 gradients come out as float64, shorten the gradient, not its wider copy.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad.astype(np.float64) * (max_norm / norm)
    return norm


@wrong(
    "takes max_norm = 0 for none",
    "If max_norm = 0 clips nothing, Python took 0 for false: it is a limit like any other.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if max_norm and norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm


@wrong(
    "divides zero by zero",
    "If gradients of zero become NaN, divide only where the norm is above the limit.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    for p in owners:
        p.grad = p.grad * np.minimum(1.0, np.float64(max_norm) / np.float64(norm))
    return norm


@wrong(
    "lets squares overflow",
    "If the norm is infinite, the squares did not fit into float32: take them in float64.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad**2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm


@wrong(
    "lets the longest square overflow a little later",
    "If the norm is infinite, the squares did not fit into float32: take them in float64.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad**2, dtype=np.float64)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm


@wrong(
    "accepts a negative limit",
    "If a negative limit passes, gradients turn round.",
)
def clip_by_norm(parameters, max_norm):
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm


@wrong(
    "accepts NaN",
    "If NaN passes, no comparison with it is ever true: ask for max_norm >= 0.",
)
def clip_by_norm(parameters, max_norm):
    if max_norm < 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm


@wrong(
    "refuses zero",
    "If max_norm = 0 is refused, the bound is too high.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm > 0:
        raise ValueError("the limit must be positive")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm


@right("in place, with a factor of at most 1")
def clip_by_norm(parameters, max_norm):
    if max_norm < 0 or math.isnan(max_norm):
        raise ValueError("the limit must not be negative")
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = float(np.linalg.norm([np.linalg.norm(grad.astype(np.float64)) for grad in grads]))
    factor = min(1.0, max_norm / norm) if norm else 1.0
    for grad in grads:
        grad *= factor
    return norm


@right("with a loop over components, and new gradients")
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    parameters = [p for p in parameters if p.grad is not None]
    total = 0.0
    for p in parameters:
        for component in p.grad.ravel().tolist():
            total += component * component
    norm = total**0.5
    for p in parameters:
        p.grad = p.grad if norm <= max_norm else p.grad * (max_norm / norm)
    return norm


@right("with one long array")
def clip_by_norm(parameters, max_norm):
    if not 0 <= max_norm:
        raise ValueError("the limit must not be negative")
    parameters = [p for p in parameters if p.grad is not None]
    flat = np.concatenate([np.zeros(0), *(p.grad.ravel() for p in parameters)]).astype(np.float64)
    norm = np.sqrt(np.dot(flat, flat))
    if norm > max_norm:
        for p in parameters:
            np.multiply(p.grad, float(max_norm / norm), out=p.grad)
    return norm


@right("with hypot, one component after the other")
def clip_by_norm(parameters, max_norm):
    if math.isnan(max_norm) or max_norm < 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in list(parameters) if p.grad is not None]
    norm = math.hypot(*(x for p in owners for x in p.grad.ravel().tolist()))
    if norm <= max_norm:
        return norm
    for p in owners:
        p.grad = (p.grad / norm * max_norm).astype(p.grad.dtype)
    return norm


@wrong(
    "shortens the weights as well",
    "If the weights change, leave .data alone: the step comes later.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
            p.data = p.data * (max_norm / norm)
    return norm


@wrong(
    "takes the spectral norm",
    "If only matrices come out wrong, ord=2 of np.linalg.norm is another norm: sum all squares.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.hypot(*(float(np.linalg.norm(p.grad.astype(np.float64), ord=2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm


@wrong(
    "takes the smooth step of another formula",
    "If the rates are nearly right, the curve is not a cosine.",
)
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return lr - (lr - minimum) * done * done * (3 - 2 * done)

    return schedule


@wrong(
    "decays matrices only",
    "If only some shapes decay, every weight must: shapes play no part.",
)
def decay(values, grads, lr, weight_decay, decoupled):
    if values.ndim < 2:
        return
    if decoupled:
        values *= 1 - lr * weight_decay
    else:
        grads += weight_decay * values


@wrong(
    "steps with the gradients of later, as NAdam does",
    "If today's gradient counts twice in the mean, that is another method, NAdam.",
)
def adam_step(values, grads, m, v, count, lr, betas, eps):
    m[...] = betas[0] * m + (1 - betas[0]) * grads
    v[...] = betas[1] * v + (1 - betas[1]) * grads**2
    mean = (betas[0] * m + (1 - betas[0]) * grads) / (1 - betas[0] ** count)
    values -= lr * mean / (np.sqrt(v / (1 - betas[1] ** count)) + eps)


@wrong(
    "moves with the velocity from before",
    "If the first step moves nothing, the velocity of before moved the weights: take the "
    "gradient in first.",
)
def momentum_step(values, grads, velocity, lr, momentum, nesterov=False):
    values -= lr * (grads + momentum * velocity if nesterov else velocity)
    velocity *= momentum
    velocity += grads


@wrong(
    "makes one dtype of a mixture",
    "If a float32 gradient beside a float64 one comes out as float64, each keeps its own dtype.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    flat = np.concatenate([np.zeros(0, np.float32), *(p.grad.ravel() for p in owners)])
    norm = float(np.linalg.norm(flat.astype(np.float64)))
    if norm > max_norm:
        ends = np.cumsum([p.grad.size for p in owners])[:-1]
        for p, part in zip(owners, np.split(flat * (max_norm / norm), ends), strict=True):
            p.grad = part.reshape(p.grad.shape)
    return norm


@wrong(
    "checks the limit only where there are gradients",
    "If a negative limit passes without gradients, check it before anything else.",
)
def clip_by_norm(parameters, max_norm):
    owners = [p for p in parameters if p.grad is not None]
    if not owners:
        return 0.0
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm


@wrong(
    "checks the limit when it has clipped",
    "If a limit that is refused changes gradients all the same, check it before anything else.",
)
def clip_by_norm(parameters, max_norm):
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if not norm <= max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    return norm


@wrong(
    "takes a norm that is not finite for 0",
    "If an infinite norm or NaN is not returned, nobody learns that no clipping can help.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.nansum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if not math.isfinite(norm):
        return 0.0
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm


@wrong(
    "shortens flat copies",
    "If only some gradients stay as long as they were, you shortened flat copies: reshape and "
    "ravel copy what does not lie side by side.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max_norm:
        for p in owners:
            flat = p.grad.reshape(-1)
            flat *= max_norm / norm
    return norm


@wrong(
    "leaves tiny gradients alone",
    "If tiny gradients are not shortened, the limit holds for them as well.",
)
def clip_by_norm(parameters, max_norm):
    if not max_norm >= 0:
        raise ValueError("the limit must not be negative")
    owners = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(np.sum(p.grad.astype(np.float64) ** 2)) for p in owners))
    if norm > max(max_norm, 1e-6):
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm
