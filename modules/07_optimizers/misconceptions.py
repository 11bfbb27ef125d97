"""Solutions to lesson 07 that its tests must tell apart: wrong ones students write, right ones."""

import math

import numpy as np

from tinytorch.course.variants import right, wrong

# --- descend ------------------------------------------------------------------------------


@wrong(
    "gives the name to a new array",
    "If you wrote values = ..., only the local name changed: write into the array.",
)
def descend(values, grads, lr):
    values = values - lr * grads


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
    values -= lr * grads / np.sqrt((grads * grads).sum())


@wrong(
    "multiplies the weights",
    "If the gradient shrinks the weights, you multiplied where the rule subtracts.",
)
def descend(values, grads, lr):
    values *= 1 - lr * grads


@right("in one line")
def descend(values, grads, lr):
    values -= lr * grads


@right("with a loop")
def descend(values, grads, lr):
    for index in np.ndindex(values.shape):
        values[index] -= lr * grads[index]


@right("writes the result into the array")
def descend(values, grads, lr):
    values[...] = values - grads * lr


@right("with out=")
def descend(values, grads, lr):
    np.subtract(values, np.multiply(grads, lr, out=grads), out=values)


# --- momentum_step ------------------------------------------------------------------------


@wrong(
    "forgets the velocity",
    "If the velocity is forgotten between steps, write into the array you were given.",
)
def momentum_step(values, grads, velocity, buffer, lr, momentum, nesterov=False):
    velocity = momentum * velocity + grads
    values -= lr * (grads + momentum * velocity if nesterov else velocity)


@wrong(
    "averages the gradients",
    "If the new gradient is weighted by 1 - momentum, the velocity is an average.",
)
def momentum_step(values, grads, velocity, buffer, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += (1 - momentum) * grads
    values -= lr * (grads + momentum * velocity if nesterov else velocity)


@wrong(
    "adds before it multiplies",
    "If momentum shrinks the new gradient too, add it after you multiply.",
)
def momentum_step(values, grads, velocity, buffer, lr, momentum, nesterov=False):
    velocity += grads
    velocity *= momentum
    values -= lr * (grads + momentum * velocity if nesterov else velocity)


@wrong(
    "puts the learning rate into the velocity",
    "If lr is inside the velocity, a new lr no longer scales the speed gathered before.",
    loses=("test_momentum_step_gathers_speed", "test_momentum_step_looks_ahead"),
)
def momentum_step(values, grads, velocity, buffer, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += lr * grads
    values -= lr * grads + momentum * velocity if nesterov else velocity


@wrong(
    "ignores nesterov",
    "If nesterov changes nothing, you ignored it, or looked ahead with the old velocity.",
)
def momentum_step(values, grads, velocity, buffer, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += grads
    values -= lr * velocity


@wrong(
    "looks ahead with the old velocity",
    "If nesterov changes nothing, you ignored it, or looked ahead with the old velocity.",
)
def momentum_step(values, grads, velocity, buffer, lr, momentum, nesterov=False):
    ahead = grads + momentum * velocity
    velocity *= momentum
    velocity += grads
    values -= lr * (ahead if nesterov else velocity)


@wrong("always looks ahead", "If you look ahead unasked, every step is Nesterov's.")
def momentum_step(values, grads, velocity, buffer, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += grads
    values -= lr * (grads + momentum * velocity)


@wrong(
    "keeps what it looked ahead with",
    "If what you look ahead with is kept as the velocity, it is counted again next time.",
)
def momentum_step(values, grads, velocity, buffer, lr, momentum, nesterov=False):
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
def momentum_step(values, grads, velocity, buffer, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += grads
    values -= lr * (momentum * velocity if nesterov else velocity)


@wrong(
    "looks too far ahead",
    "If the velocity is not multiplied by momentum, you look too far ahead.",
)
def momentum_step(values, grads, velocity, buffer, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += grads
    values -= lr * (grads + velocity if nesterov else velocity)


@wrong(
    "moves a copy of the weights",
    "If you wrote values = ..., only the local name changed: write into the array.",
)
def momentum_step(values, grads, velocity, buffer, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += grads
    values = values - lr * (grads + momentum * velocity if nesterov else velocity)


@right("without out=")
def momentum_step(values, grads, velocity, buffer, lr, momentum, nesterov=False):
    velocity[...] = momentum * velocity + grads
    direction = grads + momentum * velocity if nesterov else velocity
    values[...] = values - lr * direction


@right("with a loop")
def momentum_step(values, grads, velocity, buffer, lr, momentum, nesterov=False):
    for index in np.ndindex(values.shape):
        velocity[index] = momentum * velocity[index] + grads[index]
        ahead = grads[index] + momentum * velocity[index]
        values[index] -= lr * (ahead if nesterov else velocity[index])


@right("Nesterov in two steps")
def momentum_step(values, grads, velocity, buffer, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity += grads
    if nesterov:
        descend(values, grads, lr)
        lr = lr * momentum
    descend(values, velocity.copy(), lr)


@right("keeps the velocity with the opposite sign")
def momentum_step(values, grads, velocity, buffer, lr, momentum, nesterov=False):
    velocity *= momentum
    velocity -= grads
    values += lr * (momentum * velocity - grads) if nesterov else lr * velocity


# --- rms_scale ----------------------------------------------------------------------------


@wrong(
    "gives the name to a new array",
    "If you wrote grads = ..., only the local name changed: write into the array.",
)
def rms_scale(grads, squares, buffer, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    grads = grads / (np.sqrt(squares) + eps)


@wrong(
    "puts eps under the root",
    "If eps is under the root, its own root is added.",
)
def rms_scale(grads, squares, buffer, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    grads /= np.sqrt(squares + eps)


@wrong(
    "forgets the root",
    "If you forget the root, the gradient's size turns into its inverse.",
)
def rms_scale(grads, squares, buffer, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    grads /= squares + eps


@wrong(
    "divides by the mean from before",
    "If you divide by the old mean, take this gradient in first.",
)
def rms_scale(grads, squares, buffer, alpha, eps):
    new = alpha * squares + (1 - alpha) * grads**2
    grads /= np.sqrt(squares) + eps
    squares[...] = new


@wrong(
    "swaps alpha and 1 - alpha",
    "If alpha and 1 - alpha change places, the mean forgets almost at once.",
)
def rms_scale(grads, squares, buffer, alpha, eps):
    squares *= 1 - alpha
    squares += alpha * grads**2
    grads /= np.sqrt(squares) + eps


@wrong(
    "adds squares up",
    "If squares are only added up, steps shrink for ever: it is a mean.",
)
def rms_scale(grads, squares, buffer, alpha, eps):
    squares += grads**2
    grads /= np.sqrt(squares) + eps


@wrong(
    "leaves eps out",
    "If eps is left out, a weight without gradients becomes NaN.",
)
def rms_scale(grads, squares, buffer, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    grads /= np.sqrt(squares)


@wrong(
    "forgets the squares",
    "If the squares are forgotten between steps, write into the array you were given.",
)
def rms_scale(grads, squares, buffer, alpha, eps):
    squares = alpha * squares + (1 - alpha) * grads**2
    grads /= np.sqrt(squares) + eps


@wrong(
    "averages sizes",
    "If you average sizes, no squares, large gradients count for too little.",
)
def rms_scale(grads, squares, buffer, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * np.abs(grads)
    grads /= squares + eps


@right("without a buffer")
def rms_scale(grads, squares, buffer, alpha, eps):
    squares *= alpha
    squares += (1 - alpha) * grads**2
    grads /= np.sqrt(squares) + eps


@right("with a loop")
def rms_scale(grads, squares, buffer, alpha, eps):
    for index in np.ndindex(grads.shape):
        squares[index] = alpha * squares[index] + (1 - alpha) * grads[index] * grads[index]
        grads[index] = grads[index] / (squares[index] ** 0.5 + eps)


@right("keeps the sum, not the mean")
def rms_scale(grads, squares, buffer, alpha, eps):
    squares *= alpha
    squares += np.square(grads)
    grads /= np.sqrt((1 - alpha) * squares) + eps


@right("keeps the root of the mean")
def rms_scale(grads, squares, buffer, alpha, eps):
    squares[...] = np.hypot(np.sqrt(alpha) * squares, np.sqrt(1 - alpha) * grads)
    grads[...] = grads / (squares + eps)


# --- sum_of_weights -----------------------------------------------------------------------


@wrong("forgets to divide", "If you return 1 - beta^count, divide it by 1 - beta.")
def sum_of_weights(beta, count):
    return 1 - beta**count


@wrong("adds up for ever", "If you return 1 / (1 - beta), you add up for ever.")
def sum_of_weights(beta, count):
    return 1 / (1 - beta)


@wrong("adds one too many", "If the power is one too high, count from 0.")
def sum_of_weights(beta, count):
    return (1 - beta ** (count + 1)) / (1 - beta)


@wrong("adds one too few", "If the power is one too low, the oldest number is lost.")
def sum_of_weights(beta, count):
    return sum(beta**age for age in range(count - 1))


@wrong(
    "begins with beta",
    "If the newest number weighs beta, every weight is one power too high.",
)
def sum_of_weights(beta, count):
    return sum(beta**age for age in range(1, count + 1))


@wrong(
    "gives the oldest number's weight",
    "If you return the weight of one number, add them all.",
)
def sum_of_weights(beta, count):
    return beta ** (count - 1)


@right("with a loop")
def sum_of_weights(beta, count):
    total = 0.0
    for _ in range(count):
        total = total * beta + 1
    return total


@right("with NumPy")
def sum_of_weights(beta, count):
    return np.sum(beta ** np.arange(count))


@right("with sum")
def sum_of_weights(beta, count):
    return sum(beta**age for age in range(count))


# --- adam_step ----------------------------------------------------------------------------


@wrong(
    "corrects neither mean",
    "If neither mean is corrected, the first step is 3.16 times lr.",
    loses=("test_adam_step_begins_with_lr", "test_adam_step_goes_on", "test_adam_step_with_eps"),
)
def adam_step(values, grads, first, second, count, lr, betas, eps):
    first[...] = betas[0] * first + (1 - betas[0]) * grads
    second[...] = betas[1] * second + (1 - betas[1]) * grads**2
    values -= lr * first / (np.sqrt(second) + eps)


@wrong(
    "corrects the squares only",
    "If the mean of gradients is not corrected, the first step is a tenth of lr.",
)
def adam_step(values, grads, first, second, count, lr, betas, eps):
    first[...] = betas[0] * first + (1 - betas[0]) * grads
    second[...] = betas[1] * second + (1 - betas[1]) * grads**2
    values -= lr * first / (np.sqrt(second / (1 - betas[1] ** count)) + eps)


@wrong(
    "corrects the gradients only",
    "If the mean of squares is not corrected, the first step is 31.6 times lr.",
)
def adam_step(values, grads, first, second, count, lr, betas, eps):
    first[...] = betas[0] * first + (1 - betas[0]) * grads
    second[...] = betas[1] * second + (1 - betas[1]) * grads**2
    values -= lr * first / (1 - betas[0] ** count) / (np.sqrt(second) + eps)


@wrong(
    "corrects after the root",
    "If you correct after the root, the correction needs a root too.",
)
def adam_step(values, grads, first, second, count, lr, betas, eps):
    first[...] = betas[0] * first + (1 - betas[0]) * grads
    second[...] = betas[1] * second + (1 - betas[1]) * grads**2
    mean = first / (1 - betas[0] ** count)
    values -= lr * mean / (np.sqrt(second) / (1 - betas[1] ** count) + eps)


@wrong(
    "squares the gradients too early",
    "If you square the gradients before you add them to the first mean, their sign is lost.",
)
def adam_step(values, grads, first, second, count, lr, betas, eps):
    grads *= grads
    first[...] = betas[0] * first + (1 - betas[0]) * grads
    second[...] = betas[1] * second + (1 - betas[1]) * grads
    root = np.sqrt(second / (1 - betas[1] ** count))
    values -= lr * first / (1 - betas[0] ** count) / (root + eps)


@wrong("forgets the root", "If you forget the root, large gradients take small steps.")
def adam_step(values, grads, first, second, count, lr, betas, eps):
    first[...] = betas[0] * first + (1 - betas[0]) * grads
    second[...] = betas[1] * second + (1 - betas[1]) * grads**2
    mean, square = first / (1 - betas[0] ** count), second / (1 - betas[1] ** count)
    values -= lr * mean / (square + eps)


@wrong(
    "swaps the betas",
    "If the two betas change places, betas[0] belongs to the gradients.",
)
def adam_step(values, grads, first, second, count, lr, betas, eps):
    beta2, beta1 = betas
    first[...] = beta1 * first + (1 - beta1) * grads
    second[...] = beta2 * second + (1 - beta2) * grads**2
    mean, square = first / (1 - beta1**count), second / (1 - beta2**count)
    values -= lr * mean / (np.sqrt(square) + eps)


@wrong(
    "forgets its means",
    "If sums are forgotten between steps, write into the arrays you were given.",
)
def adam_step(values, grads, first, second, count, lr, betas, eps):
    first = betas[0] * first + (1 - betas[0]) * grads
    second = betas[1] * second + (1 - betas[1]) * grads**2
    mean, square = first / (1 - betas[0] ** count), second / (1 - betas[1] ** count)
    values -= lr * mean / (np.sqrt(square) + eps)


@wrong(
    "puts eps under the root",
    "If eps is under the root, its own root is added.",
)
def adam_step(values, grads, first, second, count, lr, betas, eps):
    first[...] = betas[0] * first + (1 - betas[0]) * grads
    second[...] = betas[1] * second + (1 - betas[1]) * grads**2
    mean, square = first / (1 - betas[0] ** count), second / (1 - betas[1] ** count)
    values -= lr * mean / np.sqrt(square + eps)


@wrong(
    "adds eps to a root that is not corrected",
    "If eps meets a root that is not corrected yet, scale it like the root.",
)
def adam_step(values, grads, first, second, count, lr, betas, eps):
    first[...] = betas[0] * first + (1 - betas[0]) * grads
    second[...] = betas[1] * second + (1 - betas[1]) * grads**2
    rate = lr * np.sqrt(1 - betas[1] ** count) / (1 - betas[0] ** count)
    values -= rate * first / (np.sqrt(second) + eps)


@wrong(
    "adds eps to the root of a sum",
    "If eps meets the root of a sum, it weighs too little: scale it like the root.",
)
def adam_step(values, grads, first, second, count, lr, betas, eps):
    first[...] = betas[0] * first + grads
    second[...] = betas[1] * second + grads**2
    root = np.sqrt(sum_of_weights(betas[1], count))
    values -= lr * root / sum_of_weights(betas[0], count) * first / (np.sqrt(second) + eps)


@wrong(
    "counts from zero",
    "If the count starts at 0, the first weight is zero.",
)
def adam_step(values, grads, first, second, count, lr, betas, eps):
    first[...] = betas[0] * first + (1 - betas[0]) * grads
    second[...] = betas[1] * second + (1 - betas[1]) * grads**2
    mean = first / (1 - betas[0] ** (count - 1))
    square = second / (1 - betas[1] ** (count - 1))
    values -= lr * mean / (np.sqrt(square) + eps)


@wrong(
    "moves a copy of the weights",
    "If you wrote values = ..., only the local name changed: write into the array.",
)
def adam_step(values, grads, first, second, count, lr, betas, eps):
    first[...] = betas[0] * first + (1 - betas[0]) * grads
    second[...] = betas[1] * second + (1 - betas[1]) * grads**2
    mean, square = first / (1 - betas[0] ** count), second / (1 - betas[1] ** count)
    values = values - lr * mean / (np.sqrt(square) + eps)


@right("as the books write it")
def adam_step(values, grads, first, second, count, lr, betas, eps):
    first[...] = betas[0] * first + (1 - betas[0]) * grads
    second[...] = betas[1] * second + (1 - betas[1]) * grads**2
    mean, square = first / (1 - betas[0] ** count), second / (1 - betas[1] ** count)
    values -= lr * mean / (np.sqrt(square) + eps)


@right("with sums and their weights")
def adam_step(values, grads, first, second, count, lr, betas, eps):
    first *= betas[0]
    first += grads
    second *= betas[1]
    second += np.square(grads)
    mean = first / sum_of_weights(betas[0], count)
    values[...] = values - lr * mean / (np.sqrt(second / sum_of_weights(betas[1], count)) + eps)


@right("with a loop")
def adam_step(values, grads, first, second, count, lr, betas, eps):
    for index in np.ndindex(values.shape):
        first[index] += (1 - betas[0]) * (grads[index] - first[index])
        second[index] += (1 - betas[1]) * (grads[index] ** 2 - second[index])
        mean = first[index] / (1 - betas[0] ** count)
        root = (second[index] / (1 - betas[1] ** count)) ** 0.5
        values[index] -= lr * mean / (root + eps)


@right("keeps the corrected means")
def adam_step(values, grads, first, second, count, lr, betas, eps):
    weights = [sum_of_weights(beta, count) for beta in betas]
    first += (grads - first) / weights[0]
    second += (grads**2 - second) / weights[1]
    values -= lr * first / (np.sqrt(second) + eps)


# --- add_decay ----------------------------------------------------------------------------


@wrong(
    "gives the name to a new array",
    "If you wrote grads = ..., only the local name changed: write into the array.",
)
def add_decay(grads, values, buffer, weight_decay):
    grads = grads + weight_decay * values


@wrong("subtracts", "If you subtract, descent makes the weights grow.")
def add_decay(grads, values, buffer, weight_decay):
    grads -= weight_decay * values


@wrong("leaves the strength out", "If weight_decay is left out, the pull has no strength.")
def add_decay(grads, values, buffer, weight_decay):
    grads += values


@wrong(
    "pulls every weight alike",
    "If every weight is pulled alike, you took the sign: the square's slope is its weight.",
)
def add_decay(grads, values, buffer, weight_decay):
    grads += weight_decay * np.sign(values)


@wrong(
    "multiplies the gradient",
    "If the gradient is multiplied, a weight without gradient never decays.",
)
def add_decay(grads, values, buffer, weight_decay):
    grads *= 1 + weight_decay


@wrong(
    "forgets the half in the penalty",
    "If the pull is 2 * weight_decay * values, mind the half in the penalty.",
)
def add_decay(grads, values, buffer, weight_decay):
    grads += 2 * weight_decay * values


@wrong(
    "changes the weights on the way",
    "If the weights change here, they decay twice: only the gradients do.",
)
def add_decay(grads, values, buffer, weight_decay):
    values *= weight_decay
    grads += values


@right("in one line")
def add_decay(grads, values, buffer, weight_decay):
    grads += weight_decay * values


@right("with a loop")
def add_decay(grads, values, buffer, weight_decay):
    for index in np.ndindex(grads.shape):
        grads[index] += weight_decay * values[index]


@right("writes the sum into the array")
def add_decay(grads, values, buffer, weight_decay):
    buffer[...] = values
    buffer *= weight_decay
    np.add(grads, buffer, out=grads)


# --- shrink -------------------------------------------------------------------------------


@wrong(
    "gives the name to a new array",
    "If you wrote values = ..., only the local name changed: write into the array.",
)
def shrink(values, lr, weight_decay):
    values = values * (1 - lr * weight_decay)


@wrong("leaves the learning rate out", "If lr is left out, the decay ignores the schedule.")
def shrink(values, lr, weight_decay):
    values *= 1 - weight_decay


@wrong("keeps the share", "If the share itself is kept, subtract it from 1.")
def shrink(values, lr, weight_decay):
    values *= lr * weight_decay


@wrong(
    "takes the same from all",
    "If every weight loses the same amount, take a share of each.",
)
def shrink(values, lr, weight_decay):
    values -= lr * weight_decay


@wrong("lets weights grow", "If weights grow, mind the sign.")
def shrink(values, lr, weight_decay):
    values += lr * weight_decay * values


@wrong(
    "divides by one plus the share",
    "If you divide by 1 + the share, it is nearly the same, yet not the same.",
)
def shrink(values, lr, weight_decay):
    values /= 1 + lr * weight_decay


@right("subtracts the share")
def shrink(values, lr, weight_decay):
    values -= lr * weight_decay * values


@right("with a loop")
def shrink(values, lr, weight_decay):
    for index in np.ndindex(values.shape):
        values[index] = values[index] - lr * weight_decay * values[index]


@right("with out=")
def shrink(values, lr, weight_decay):
    np.multiply(values, 1 - weight_decay * lr, out=values)


# --- step_decay ---------------------------------------------------------------------------


@wrong(
    "divides with /",
    "If you divide with /, the rate sinks at every step: whole periods count.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lambda step: lr * factor ** (step / every)


@wrong(
    "counts steps from one",
    "If the rate falls one step early, steps are counted from 0.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lambda step: lr * factor ** ((step + 1) // every)


@wrong(
    "falls once only",
    "If the factor works once only, it is a power of the periods.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lambda step: lr if step < every else lr * factor


@wrong(
    "multiplies by the number of periods",
    "If you multiply by the number of periods, the first rate is 0.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lambda step: lr * factor * (step // every)


@wrong(
    "takes the remainder",
    "If you take the remainder, the rate comes back every period.",
)
def step_decay(lr, every, factor):
    if every < 1:
        raise ValueError("every must be at least 1")
    return lambda step: lr * factor ** (step % every)


@wrong("divides by the factor", "If the factor is divided by, the rate grows.")
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
    "checks nothing",
    "If nothing is checked, a period of no steps surfaces as a division by zero, far away.",
)
def step_decay(lr, every, factor):
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


# --- cosine_with_warmup -------------------------------------------------------------------


@wrong(
    "begins the warm-up at zero",
    "If the first rate is 0, the first step is lost: four steps, four parts.",
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
    "begins the cosine at step 0",
    "If the cosine begins at step 0, the warm-up eats its beginning.",
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
    "If the cosine takes `total` steps after the warm-up, it ends late.",
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


@wrong("ignores the minimum", "If the minimum is ignored, the last steps have no length.")
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
    "takes a whole cosine",
    "If it comes down twice as fast and up again, it is a whole cosine.",
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


@wrong("draws a straight line", "If it is a straight line, take the cosine.")
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    if not 0 <= warmup < total:
        raise ValueError("bad warmup")

    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return lr - (lr - minimum) * done

    return schedule


@wrong("checks nothing", "If nothing is checked, a division by zero surfaces far away.")
def cosine_with_warmup(lr, warmup, total, minimum=0.0):
    def schedule(step):
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
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


# --- clip_by_norm -------------------------------------------------------------------------


@wrong(
    "clips each parameter by itself",
    "If each parameter is clipped by its own norm, the direction changes.",
)
def clip_by_norm(parameters, max_norm):
    max_norm, total = in_range("max_norm", max_norm), 0.0
    for p in parameters:
        if p.grad is not None:
            norm = math.sqrt(squared_norm(p.grad))
            total += norm**2
            if norm > max_norm:
                p.grad *= max_norm / norm
    return math.sqrt(total)


@wrong("cuts each component off", "If each component is cut off, the direction changes.")
def clip_by_norm(parameters, max_norm):
    max_norm = in_range("max_norm", max_norm)
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(map(squared_norm, grads)))
    for grad in grads:
        np.clip(grad, -max_norm, max_norm, out=grad)
    return norm


@wrong("adds norms up", "If norms are added up, squares must be.")
def clip_by_norm(parameters, max_norm):
    max_norm = in_range("max_norm", max_norm)
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = sum(float(np.linalg.norm(grad)) for grad in grads)
    if norm > max_norm:
        for grad in grads:
            grad *= max_norm / norm
    return norm


@wrong(
    "returns the norm after clipping",
    "If you return the norm after clipping, nobody sees the explosion.",
)
def clip_by_norm(parameters, max_norm):
    max_norm = in_range("max_norm", max_norm)
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(map(squared_norm, grads)))
    if norm > max_norm:
        for grad in grads:
            grad *= max_norm / norm
    return min(norm, max_norm)


@wrong("forgets the root", "If the root is missing, the norm is its own square.")
def clip_by_norm(parameters, max_norm):
    max_norm = in_range("max_norm", max_norm)
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = sum(map(squared_norm, grads))
    if norm > max_norm:
        for grad in grads:
            grad *= max_norm / norm
    return norm


@wrong(
    "stumbles over a missing gradient",
    "If a parameter has no gradient, leave it out.",
)
def clip_by_norm(parameters, max_norm):
    max_norm, parameters = in_range("max_norm", max_norm), list(parameters)
    norm = math.sqrt(sum(squared_norm(p.grad) for p in parameters))
    if norm > max_norm:
        for p in parameters:
            p.grad *= max_norm / norm
    return norm


@wrong(
    "multiplies a copy",
    "If the gradients stay as long as they were, your factor never reached them.",
)
def clip_by_norm(parameters, max_norm):
    max_norm = in_range("max_norm", max_norm)
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(map(squared_norm, grads)))
    if norm > max_norm:
        for grad in grads:
            grad = grad * max_norm / norm
    return norm


@wrong(
    "makes short gradients longer",
    "If short gradients are made longer, every step has the same length.",
)
def clip_by_norm(parameters, max_norm):
    max_norm = in_range("max_norm", max_norm)
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(map(squared_norm, grads)))
    for grad in grads:
        grad *= max_norm / max(norm, 1e-12)
    return norm


@wrong("accepts a negative limit", "If a negative limit passes, gradients turn round.")
def clip_by_norm(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(map(squared_norm, grads)))
    if norm > max_norm:
        for grad in grads:
            grad *= max_norm / norm
    return norm


@right("as PyTorch does it")
def clip_by_norm(parameters, max_norm):
    if max_norm < 0:
        raise ValueError("the limit must not be negative")
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = float(np.linalg.norm([np.linalg.norm(grad) for grad in grads]))
    factor = min(1.0, max_norm / (norm + 1e-6))
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
    max_norm = in_range("max_norm", max_norm)
    parameters = [p for p in parameters if p.grad is not None]
    flat = np.concatenate([p.grad.ravel() for p in parameters])
    norm = np.sqrt(np.dot(flat, flat))
    if norm > max_norm:
        for p in parameters:
            np.multiply(p.grad, float(max_norm / norm), out=p.grad)
    return norm
