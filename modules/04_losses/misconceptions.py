"""Wrong and right solutions to the exercises of lesson 04, which its tests must tell apart.

The wrong ones are what students really write: the last sample for all, softmax twice, the
gradient by the logits for that by the probabilities, a logarithm or a minus that got lost.
"""

import math

import numpy as np

from tinytorch.course.variants import right, wrong

# --- squared_error ----------------------------------------------------------------------------


@wrong("mean at once", "If you take the mean here, there is nothing left to reduce later.")
def squared_error(predictions, targets):
    same_shape(predictions, targets)
    return np.mean((predictions - targets) ** 2)


@wrong("mean of each row", "If you average each row, the element that went wrong is lost.")
def squared_error(predictions, targets):
    same_shape(predictions, targets)
    return np.mean((predictions - targets) ** 2, axis=-1)


@wrong("no square", "If you forget to square, errors of opposite sign cancel.")
def squared_error(predictions, targets):
    same_shape(predictions, targets)
    return predictions - targets


@wrong("absolute difference", "If you take absolute values, far mistakes cost too little.")
def squared_error(predictions, targets):
    same_shape(predictions, targets)
    return np.abs(predictions - targets)


@wrong("half of the square", "If you halve the square for a tidy slope, all losses are half of what they are.")
def squared_error(predictions, targets):
    same_shape(predictions, targets)
    return 0.5 * (predictions - targets) ** 2


@wrong(
    "broadcasts",
    "If NumPy may broadcast, (4, 1) against (4,) becomes 16 differences.",
    loses=("test_squared_error_refuses_other_shapes",),
)
def squared_error(predictions, targets):
    return (predictions - targets) ** 2


@wrong("in place", "If you subtract in place, the predictions are overwritten.")
def squared_error(predictions, targets):
    same_shape(predictions, targets)
    predictions -= targets
    return predictions**2


@right("as a power")
def squared_error(predictions, targets):
    if predictions.shape != np.shape(targets):
        raise ValueError("shapes differ")
    return (predictions - targets) ** 2


@right("with a loop")
def squared_error(predictions, targets):
    same_shape(predictions, targets)
    losses = np.zeros_like(predictions)
    for index in np.ndindex(predictions.shape):
        losses[index] = (targets[index] - predictions[index]) ** 2
    return losses


@right("absolute value times itself")
def squared_error(predictions, targets):
    same_shape(predictions, targets)
    distance = np.abs(np.subtract(predictions, targets))
    return distance * distance


# --- class_indices ----------------------------------------------------------------------------


@wrong("conversion alone", "If you only convert, 1.5 becomes class 1 without a word.")
def class_indices(targets, classes):
    indices = targets.astype(int)
    if indices.ndim != 1 or (indices < 0).any() or (indices >= classes).any():
        raise ValueError("unsound")
    return indices


@wrong("negative indices pass", "If -1 passes, NumPy takes the last class.")
def class_indices(targets, classes):
    if targets.ndim != 1 or (targets >= classes).any() or (targets != np.floor(targets)).any():
        raise ValueError("unsound")
    return targets.astype(int)


@wrong("off by one", "If C passes, remember that the classes are 0 to C - 1.")
def class_indices(targets, classes):
    if targets.ndim != 1 or ((targets < 0) | (targets > classes)).any():
        raise ValueError("unsound")
    if not (targets == np.floor(targets)).all():
        raise ValueError("unsound")
    return targets.astype(int)


@wrong("no floats", "If you refuse every float, Tensor([1, 0, 3]) is refused, for lists become float32.")
def class_indices(targets, classes):
    if targets.dtype.kind not in "iu" or targets.ndim != 1:
        raise ValueError("expected integers")
    if ((targets < 0) | (targets >= classes)).any():
        raise ValueError("unsound")
    return targets


@wrong("floats returned", "If you return floats, NumPy can't index with them.")
def class_indices(targets, classes):
    sound = (targets >= 0) & (targets < classes) & (targets == np.floor(targets))
    if targets.ndim != 1 or not sound.all():
        raise ValueError("unsound")
    return targets


@wrong("a column passes", "If a column of shape (N, 1) passes, it broadcasts later.")
def class_indices(targets, classes):
    sound = (targets >= 0) & (targets < classes) & (targets == np.floor(targets))
    if not sound.all():
        raise ValueError("unsound")
    return targets.astype(int).ravel()


@wrong("clipped into range", "If -1 passes, NumPy takes the last class.")
def class_indices(targets, classes):
    if targets.ndim != 1 or not (targets == np.floor(targets)).all():
        raise ValueError("unsound")
    return np.clip(targets, 0, classes - 1).astype(int)


@right("with a loop")
def class_indices(targets, classes):
    if targets.ndim != 1:
        raise ValueError("expected (N,)")
    indices = np.zeros(len(targets), int)
    for n, target in enumerate(targets):
        if target not in range(classes):
            raise ValueError(f"{target} is no class")
        indices[n] = int(target)
    return indices


@right("by remainder")
def class_indices(targets, classes):
    if targets.ndim != 1 or targets.size and (targets.min() < 0 or targets.max() > classes - 1):
        raise ValueError("unsound")
    if not np.all(np.mod(targets, 1) == 0):
        raise ValueError("not whole")
    return np.int64(targets)


@right("by membership")
def class_indices(targets, classes):
    if targets.ndim != 1 or not np.isin(targets, np.arange(classes)).all():
        raise ValueError("unsound")
    return targets.astype(np.int32)


# --- one_hot ----------------------------------------------------------------------------------


@wrong("classes in rows", "If rows are the classes, turn the table round: samples come first.")
def one_hot(targets, classes):
    indices = class_indices(targets, classes)
    rows = np.zeros((classes, len(indices)), np.float32)
    rows[indices, np.arange(len(indices))] = 1
    return rows


@wrong("whole columns", "If you index all rows at once, each of them gets the ones of every sample.")
def one_hot(targets, classes):
    indices = class_indices(targets, classes)
    rows = np.zeros((len(indices), classes), np.float32)
    rows[:, indices] = 1
    return rows


@wrong(
    "classes counted in the data",
    "If you count the classes in the data, a batch without the last ones gets too few columns.",
)
def one_hot(targets, classes):
    indices = class_indices(targets, classes)
    return np.eye(int(indices.max()) + 1, dtype=np.float32)[indices]


@wrong("whole numbers", "If you stop at booleans or whole numbers, arithmetic in float32 has to convert them.")
def one_hot(targets, classes):
    return np.eye(classes, dtype=int)[class_indices(targets, classes)]


@wrong("float64", "If you keep NumPy's default, float64 widens what it meets.")
def one_hot(targets, classes):
    return np.eye(classes)[class_indices(targets, classes)]


@wrong("not validated", "If -1 passes, it stands for the last class.")
def one_hot(targets, classes):
    return np.eye(classes, dtype=np.float32)[targets.astype(int)]


@wrong("compared and left so", "If you stop at booleans or whole numbers, arithmetic in float32 has to convert them.")
def one_hot(targets, classes):
    return class_indices(targets, classes)[:, None] == np.arange(classes)


@right("rows of the identity")
def one_hot(targets, classes):
    return np.eye(classes, dtype=np.float32)[class_indices(targets, classes)]


@right("by comparison")
def one_hot(targets, classes):
    return (class_indices(targets, classes)[:, None] == np.arange(classes)).astype(np.float32)


@right("with a loop")
def one_hot(targets, classes):
    rows = np.zeros((len(targets), classes), np.float32)
    for row, index in zip(rows, class_indices(targets, classes)):
        row[index] = 1.0
    return rows


# --- categorical_cross_entropy ----------------------------------------------------------------


@wrong("minus lost", "If you forget the minus, better models have larger losses.")
def categorical_cross_entropy(probabilities, targets):
    rows = targets if is_soft(probabilities, targets) else one_hot(targets, probabilities.shape[1])
    logs = np.log(probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return (rows * logs).sum(axis=1)


@wrong("mean at once", "If you average here, the samples can't be told apart any more.")
def categorical_cross_entropy(probabilities, targets):
    rows = targets if is_soft(probabilities, targets) else one_hot(targets, probabilities.shape[1])
    logs = np.log(probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return -(rows * logs).sum(axis=1).mean()


@wrong("logarithm to base 2", "If you take log2 or log10, the unit changes: take the natural logarithm.")
def categorical_cross_entropy(probabilities, targets):
    rows = targets if is_soft(probabilities, targets) else one_hot(targets, probabilities.shape[1])
    logs = np.log2(probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return -(rows * logs).sum(axis=1)


@wrong("targets ignored", "If you look at the largest probability, the targets are ignored.")
def categorical_cross_entropy(probabilities, targets):
    return -np.log(probabilities.max(axis=1))


@wrong("logarithm left out", "If you leave out the logarithm, a confident mistake stays cheap.")
def categorical_cross_entropy(probabilities, targets):
    rows = targets if is_soft(probabilities, targets) else one_hot(targets, probabilities.shape[1])
    return -(rows * probabilities).sum(axis=1)


@wrong(
    "softmax again",
    "If you apply softmax again, probabilities are flattened: they are normalised already.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = targets if is_soft(probabilities, targets) else one_hot(targets, probabilities.shape[1])
    powers = np.exp(probabilities)
    return -(rows * np.log(powers / powers.sum(axis=1, keepdims=True))).sum(axis=1)


@wrong(
    "the binary loss",
    "If you add (1 - t) log(1 - p), that is the binary loss: only the true class counts here.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = targets if is_soft(probabilities, targets) else one_hot(targets, probabilities.shape[1])
    return -(rows * np.log(probabilities) + (1 - rows) * np.log(1 - probabilities)).sum(axis=1)


@wrong("soft targets by argmax", "If you take the largest target of each row, the other shares are lost.")
def categorical_cross_entropy(probabilities, targets):
    indices = targets.argmax(axis=1) if is_soft(probabilities, targets) else targets.astype(int)
    return -np.log(probabilities[np.arange(len(indices)), indices])


@wrong("0 times log 0", "If you multiply 0 by log 0, the result is nan: leave out the classes with t = 0.")
def categorical_cross_entropy(probabilities, targets):
    rows = targets if is_soft(probabilities, targets) else one_hot(targets, probabilities.shape[1])
    return -(rows * np.log(probabilities)).sum(axis=1)


@wrong("sum over the samples", "If you sum over axis 0, you sum over samples.")
def categorical_cross_entropy(probabilities, targets):
    rows = targets if is_soft(probabilities, targets) else one_hot(targets, probabilities.shape[1])
    logs = np.log(probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return -(rows * logs).sum(axis=0)


@right("picked where the targets are indices")
def categorical_cross_entropy(probabilities, targets):
    if not is_soft(probabilities, targets):
        indices = class_indices(targets, probabilities.shape[1])
        return -np.log(probabilities[np.arange(len(indices)), indices])
    terms = np.where(targets > 0, targets * np.log(np.where(targets > 0, probabilities, 1)), 0)
    return -terms.sum(axis=1)


@right("with a loop")
def categorical_cross_entropy(probabilities, targets):
    rows = targets if is_soft(probabilities, targets) else one_hot(targets, probabilities.shape[1])
    losses = np.zeros(len(rows), probabilities.dtype)
    for n, c in np.ndindex(rows.shape):
        if rows[n, c] > 0:
            losses[n] -= rows[n, c] * np.log(probabilities[n, c])
    return losses


@right("zeros replaced by ones")
def categorical_cross_entropy(probabilities, targets):
    rows = targets if is_soft(probabilities, targets) else one_hot(targets, probabilities.shape[1])
    safe = np.where(rows == 0, np.ones_like(probabilities), probabilities)
    return np.einsum("nc,nc->n", rows, -np.log(safe))


# --- categorical_cross_entropy_gradient -------------------------------------------------------


@wrong(
    "by the logits",
    "If you wrote p - t, that is the gradient by the logits, not by the probabilities.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = targets if is_soft(probabilities, targets) else one_hot(targets, probabilities.shape[1])
    return grad[:, None] * (probabilities - rows)


@wrong("grad left out", "If you left out grad, every loss counts alike.")
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = targets if is_soft(probabilities, targets) else one_hot(targets, probabilities.shape[1])
    return -np.where(rows > 0, rows / np.where(rows > 0, probabilities, 1), 0)


@wrong("minus lost", "If you forget the minus, the loss would rise with a better p.")
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = targets if is_soft(probabilities, targets) else one_hot(targets, probabilities.shape[1])
    return grad[:, None] * np.where(rows > 0, rows / np.where(rows > 0, probabilities, 1), 0)


@wrong("divided by N", "If you divide by N here, the mean is taken twice.")
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = targets if is_soft(probabilities, targets) else one_hot(targets, probabilities.shape[1])
    return -grad[:, None] * rows / np.where(rows > 0, probabilities, 1) / len(rows)


@wrong("targets ignored", "If you ignore the targets, classes that don't count get a slope.")
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    return -grad[:, None] / probabilities


@wrong(
    "0 divided by 0",
    "If you divide 0 by 0, the result is nan: leave out the classes with t = 0.",
    loses=("test_categorical_cross_entropy_gradient_beside_zeros",),
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = targets if is_soft(probabilities, targets) else one_hot(targets, probabilities.shape[1])
    return -grad[:, None] * rows / probabilities


@right("with a loop")
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = targets if is_soft(probabilities, targets) else one_hot(targets, probabilities.shape[1])
    slopes = np.zeros_like(probabilities)
    for n, c in np.ndindex(rows.shape):
        if rows[n, c]:
            slopes[n, c] = -grad[n] * rows[n, c] / probabilities[n, c]
    return slopes


@right("one element a row for indices")
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    slopes = np.zeros_like(probabilities)
    if is_soft(probabilities, targets):
        shares = targets > 0
        slopes[shares] = -(grad[:, None] * targets)[shares] / probabilities[shares]
    else:
        at = np.arange(len(grad)), class_indices(targets, probabilities.shape[1])
        slopes[at] = -grad / probabilities[at]
    return slopes


@right("zeros replaced by ones")
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = targets if is_soft(probabilities, targets) else one_hot(targets, probabilities.shape[1])
    safe = np.where(rows == 0, 1, probabilities)
    return np.einsum("n,nc->nc", -grad, rows / safe)


# --- reduce_loss ------------------------------------------------------------------------------


@wrong("mean and sum swapped", "If mean and sum have changed places, look at the words.")
def reduce_loss(losses, reduction="mean", divisor=None):
    if reduction == "none":
        return losses
    if reduction == "mean":
        return losses.sum()
    if reduction == "sum":
        return losses.mean()
    raise ValueError(reduction)


@wrong("mean over axis 0", "If you average over axis 0 alone, one number a column is left.")
def reduce_loss(losses, reduction="mean", divisor=None):
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean(axis=0) if divisor is None else losses.sum() / divisor
    raise ValueError(reduction)


@wrong("none reduced", "If 'none' reduces, no sample can be told apart.")
def reduce_loss(losses, reduction="mean", divisor=None):
    if reduction == "sum":
        return losses.sum()
    if reduction in ("mean", "none"):
        return losses.mean() if divisor is None else losses.sum() / divisor
    raise ValueError(reduction)


@wrong(
    "a plain number",
    "If you leave the Tensor for a plain number, nobody can ask later how it was made.",
)
def reduce_loss(losses, reduction="mean", divisor=None):
    if reduction == "none":
        return losses
    if reduction == "sum":
        return Tensor(losses.data.sum())
    if reduction == "mean":
        return Tensor(losses.data.mean() if divisor is None else losses.data.sum() / divisor)
    raise ValueError(reduction)


@wrong(
    "divisor ignored",
    "If you ignore the divisor, samples that don't count are divided by all the same.",
)
def reduce_loss(losses, reduction="mean", divisor=None):
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(reduction)


@wrong("divided twice", "If you divide the mean by the divisor, you divide twice.")
def reduce_loss(losses, reduction="mean", divisor=None):
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean() / (divisor or 1)
    raise ValueError(reduction)


@wrong("a sum that is divided", "If a sum is divided, it is no sum.")
def reduce_loss(losses, reduction="mean", divisor=None):
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    total = losses.sum()
    if divisor is not None:
        return total / divisor
    return total / losses.size if reduction == "mean" else total


@wrong("any other word means mean", "If any other word means 'mean', a slip goes unnoticed for weeks.")
def reduce_loss(losses, reduction="mean", divisor=None):
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    return losses.mean() if divisor is None else losses.sum() / divisor


@right("a sum, divided")
def reduce_loss(losses, reduction="mean", divisor=None):
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"what is {reduction}?")
    if reduction == "none":
        return losses
    total = losses.sum()
    return total if reduction == "sum" else total / (losses.size if divisor is None else divisor)


@right("a table of functions")
def reduce_loss(losses, reduction="mean", divisor=None):
    ways = {
        "none": lambda: losses,
        "sum": lambda: losses.sum(),
        "mean": lambda: losses.mean() if divisor is None else losses.sum() * (1 / divisor),
    }
    if reduction not in ways:
        raise ValueError(reduction)
    return ways[reduction]()


@right("axis by axis")
def reduce_loss(losses, reduction="mean", divisor=None):
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    total = losses.reshape(-1).sum(axis=0)
    if reduction == "mean":
        total = total / (divisor if divisor is not None else losses.size)
    return total


# --- logsumexp --------------------------------------------------------------------------------


@wrong("the definition", "If you take e^1000 as it stands, it is inf: take the maximum out first.")
def logsumexp(logits, axis=-1):
    return np.log(np.exp(logits).sum(axis=axis))


@wrong("maximum not added back", "If you don't add the maximum back, each result is too small by it.")
def logsumexp(logits, axis=-1):
    top = logits.max(axis=axis, keepdims=True)
    return np.log(np.exp(logits - top).sum(axis=axis))


@wrong(
    "one maximum for all",
    "If you take one maximum for the whole array, small rows vanish: each row has its own.",
)
def logsumexp(logits, axis=-1):
    top = logits.max()
    return np.log(np.exp(logits - top).sum(axis=axis)) + top


@wrong("-inf minus -inf", "If you subtract -inf from -inf, the result is nan: such a row sums to 0.")
def logsumexp(logits, axis=-1):
    top = logits.max(axis=axis, keepdims=True)
    return np.log(np.exp(logits - top).sum(axis=axis)) + top.squeeze(axis)


@wrong("axis ignored", "If you always reduce the last axis, axis is ignored.")
def logsumexp(logits, axis=-1):
    top = logits.max(axis=-1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    return np.log(np.exp(logits - top).sum(axis=-1)) + top[..., 0]


@wrong("axis kept", "If you keep the axis, the result no longer fits one number a sample.")
def logsumexp(logits, axis=-1):
    top = logits.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    return np.log(np.exp(logits - top).sum(axis=axis, keepdims=True)) + top


@wrong("in place", "If you subtract in place, the logits are overwritten.")
def logsumexp(logits, axis=-1):
    top = logits.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    logits -= top
    return np.log(np.exp(logits).sum(axis=axis)) + top.squeeze(axis)


@wrong("mean of the powers", "If you take the mean of the powers, the logarithm of their number is missing.")
def logsumexp(logits, axis=-1):
    top = logits.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    return np.log(np.exp(logits - top).mean(axis=axis)) + top.squeeze(axis)


@right("np.logaddexp")
def logsumexp(logits, axis=-1):
    return np.logaddexp.reduce(logits, axis=axis)


@right("row by row")
def logsumexp(logits, axis=-1):
    def one(row):
        top = row.max()
        return top if np.isinf(top) else top + np.log(np.exp(row - top).sum())

    return np.apply_along_axis(one, axis, logits)


@right("a finite maximum")
def logsumexp(logits, axis=-1):
    top = np.maximum(logits.max(axis=axis, keepdims=True), np.finfo(logits.dtype).min)
    sums = np.sum(np.exp(logits - top), axis=axis, keepdims=True)
    with np.errstate(divide="ignore"):
        return np.squeeze(np.log(sums) + top, axis=axis)


# --- cross_entropy ----------------------------------------------------------------------------


@wrong(
    "softmax, then logarithm",
    "If you make probabilities on the way, they overflow or vanish: stay with logarithms.",
)
def cross_entropy(logits, targets, kept=None):
    powers = np.exp(logits)
    return categorical_cross_entropy(powers / powers.sum(axis=1, keepdims=True), targets)


@wrong("clipped", "If you clip probabilities, every bad mistake costs the same.")
def cross_entropy(logits, targets, kept=None):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = np.clip(powers / powers.sum(axis=1, keepdims=True), 1e-15, 1)
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    return -(rows * np.log(p)).sum(axis=1)


@wrong("minus lost", "If you forget the minus, better models have larger losses.")
def cross_entropy(logits, targets, kept=None):
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    logs = logits - logsumexp(logits)[:, None]
    return np.where(rows > 0, rows * logs, 0).sum(axis=1)


@wrong("mean at once", "If you average here, the samples can't be told apart any more.")
def cross_entropy(logits, targets, kept=None):
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    logs = logits - logsumexp(logits)[:, None]
    return -np.where(rows > 0, rows * logs, 0).sum(axis=1).mean()


@wrong("softmax twice", "If you apply softmax first, it is applied twice.")
def cross_entropy(logits, targets, kept=None):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    return (rows * (logsumexp(p)[:, None] - p)).sum(axis=1)


@wrong("every row with every target", "If you index with a colon, every row is paired with every target.")
def cross_entropy(logits, targets, kept=None):
    if is_soft(logits, targets):
        return (targets * (logsumexp(logits)[:, None] - logits)).sum(axis=1)
    return logsumexp(logits)[:, None] - logits[:, class_indices(targets, logits.shape[1])]


@wrong("soft targets by argmax", "If you take the largest target of each row, the other shares are lost.")
def cross_entropy(logits, targets, kept=None):
    indices = targets.argmax(axis=1) if is_soft(logits, targets) else targets
    indices = class_indices(indices, logits.shape[1])
    return logsumexp(logits) - logits[np.arange(len(logits)), indices]


@wrong(
    "rows taken to sum to 1",
    "If you count the logarithm once a row, rows that don't sum to 1 come out wrong.",
)
def cross_entropy(logits, targets, kept=None):
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    return logsumexp(logits) - np.where(rows > 0, rows * logits, 0).sum(axis=1)


@wrong("indices not validated", "If -1 passes, NumPy takes the last class.")
def cross_entropy(logits, targets, kept=None):
    if is_soft(logits, targets):
        gaps = logsumexp(logits)[:, None] - logits
        return np.where(targets > 0, targets * gaps, 0).sum(axis=1)
    return logsumexp(logits) - logits[np.arange(len(logits)), targets.astype(int)]


@wrong("in place for soft targets", "If you write into the logits, work on a new array.")
def cross_entropy(logits, targets, kept=None):
    if not is_soft(logits, targets):
        indices = class_indices(targets, logits.shape[1])
        return logsumexp(logits) - logits[np.arange(len(indices)), indices]
    logits -= logsumexp(logits)[:, None]
    return -np.where(targets > 0, targets * logits, 0).sum(axis=1)


@wrong("in place", "If you write into the logits, work on a new array.")
def cross_entropy(logits, targets, kept=None):
    logits -= logits.max(axis=1, keepdims=True)
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    gaps = logsumexp(logits)[:, None] - logits
    return np.where(rows > 0, rows * gaps, 0).sum(axis=1)


@right("with logsumexp")
def cross_entropy(logits, targets, kept=None):
    if not is_soft(logits, targets):
        indices = class_indices(targets, logits.shape[1])
        return logsumexp(logits) - logits[np.arange(len(indices)), indices]
    gaps = logsumexp(logits)[:, None] - logits
    return np.where(targets > 0, targets * gaps, 0).sum(axis=1)


@right("with a loop")
def cross_entropy(logits, targets, kept=None):
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    losses = np.zeros(len(rows), logits.dtype)
    for n, c in np.ndindex(rows.shape):
        if rows[n, c] > 0:
            losses[n] += rows[n, c] * (np.logaddexp.reduce(logits[n]) - logits[n, c])
    return losses


@right("log-softmax and one-hot rows")
def cross_entropy(logits, targets, kept=None):
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    return np.einsum("nc,nc->n", rows, -np.where(rows == 0, 0, logs))


@right("row_powers and a difference")
def cross_entropy(logits, targets, kept=None):
    _, sums, z = row_powers(logits, kept)
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    gaps = np.log(sums)[:, None] - z
    return np.where(rows > 0, rows * gaps, 0).sum(axis=1)


# --- cross_entropy_gradient -------------------------------------------------------------------


@wrong("target not subtracted", "If you forget to subtract the target, the slope never reaches 0.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets, kept=None):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return grad[:, None] * powers / powers.sum(axis=1, keepdims=True)


@wrong("sign turned", "If the sign is turned, training climbs.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets, kept=None):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    return grad[:, None] * (rows - p * rows.sum(axis=1, keepdims=True))


@wrong("divided by N", "If you divide by N here, the mean is taken twice.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets, kept=None):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    return grad[:, None] * (p * rows.sum(axis=1, keepdims=True) - rows) / len(rows)


@wrong("grad left out", "If you left out grad, every loss counts alike.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets, kept=None):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    return p * rows.sum(axis=1, keepdims=True) - rows


@wrong("softmax over the samples", "If softmax runs over axis 0, it compares samples.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets, kept=None):
    powers = np.exp(logits - logits.max(axis=0))
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    return grad[:, None] * (powers / powers.sum(axis=0) - rows)


@wrong("by the probabilities", "If you wrote -t / p, that is the gradient by the probabilities.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets, kept=None):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    return categorical_cross_entropy_gradient(grad, output, p, targets)


@wrong(
    "rows taken to sum to 1",
    "If a row of shares does not sum to 1, softmax counts as often as the row does.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets, kept=None):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    return grad[:, None] * (powers / powers.sum(axis=1, keepdims=True) - rows)


@wrong("overflow", "If you take e^1000 as it stands, inf / inf is nan: subtract each row's maximum first.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets, kept=None):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    return grad[:, None] * (p * rows.sum(axis=1, keepdims=True) - rows)


@wrong("in place", "If you write into the logits, work on a new array.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets, kept=None):
    logits -= logits.max(axis=1, keepdims=True)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    return grad[:, None] * (p * rows.sum(axis=1, keepdims=True) - rows)


@wrong(
    "slopes left in the list",
    "If you write into the powers, take them out of the list, or the next call finds slopes in it.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets, kept=None):
    slopes, sums = kept[0] if kept else row_powers(logits)[:2]
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    slopes *= (grad * rows.sum(axis=1) / sums)[:, None]
    slopes -= grad[:, None] * rows
    return slopes


@right("on a copy of what was kept")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets, kept=None):
    powers, sums = kept[-1] if kept else row_powers(logits)[:2]
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    return grad[:, None] * (rows.sum(axis=1, keepdims=True) * powers / sums[:, None] - rows)


@right("softmax, then the difference")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets, kept=None):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    return grad[:, None] * (rows.sum(axis=1, keepdims=True) * p - rows)


@right("e to the log-softmax, sample by sample")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets, kept=None):
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    slopes = np.zeros_like(logits)
    for n in range(len(logits)):
        p = np.exp(logits[n] - logsumexp(logits[n]))
        slopes[n] = grad[n] * (rows[n].sum() * p - rows[n])
    return slopes


@right("class by class")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets, kept=None):
    rows = targets if is_soft(logits, targets) else one_hot(targets, logits.shape[1])
    slopes = np.zeros_like(logits)
    for c in range(logits.shape[1]):
        p = np.exp(logits[:, c] - np.logaddexp.reduce(logits, axis=1))
        slopes[:, c] = grad * (p * np.einsum("nc->n", rows) - rows[:, c])
    return slopes


# --- binary_cross_entropy ---------------------------------------------------------------------


@wrong(
    "the loop's faults",
    "If a yes costs -p, its logarithm is missing; if a no costs less than 0, its sign is turned.",
)
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    return -np.where(targets == 1, probabilities, -np.log(1 - probabilities))


@wrong("one fault mended", "If a yes costs -p, its logarithm is missing.")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    return -np.where(targets == 1, probabilities, np.maximum(np.log(1 - probabilities), LEAST_LOG))


@wrong("the other mended", "If a no has a loss below zero, the minus must stand before both terms.")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    log_yes = np.maximum(np.log(probabilities), LEAST_LOG)
    log_no = np.maximum(np.log(1 - probabilities), LEAST_LOG)
    return -targets * log_yes + (1 - targets) * log_no


@wrong("only a yes costs", "If only a yes costs something, the loss of a no is missing.")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    return -targets * np.maximum(np.log(probabilities), LEAST_LOG)


@wrong("p and 1 - p swapped", "If p and 1 - p have changed places, being right is punished.")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    log_yes = np.maximum(np.log(probabilities), LEAST_LOG)
    log_no = np.maximum(np.log(1 - probabilities), LEAST_LOG)
    return -(targets * log_no + (1 - targets) * log_yes)


@wrong("mean at once", "If you average here, the elements can't be told apart any more.")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    log_yes = np.maximum(np.log(probabilities), LEAST_LOG)
    log_no = np.maximum(np.log(1 - probabilities), LEAST_LOG)
    return -(targets * log_yes + (1 - targets) * log_no).mean()


@wrong("log 0", "If you take log 0 as it stands, 0 times infinity is nan: hold logarithms at LEAST_LOG.")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    return -(targets * np.log(probabilities) + (1 - targets) * np.log(1 - probabilities))


@wrong("p clipped", "If you clip p instead, a hopeless p costs less than 100.")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    p = np.clip(probabilities, 1e-15, 1 - 1e-15)
    return -(targets * np.log(p) + (1 - targets) * np.log(1 - p))


@wrong("broadcasts", "If NumPy may broadcast, (4, 1) against (4,) becomes 16 losses.")
def binary_cross_entropy(probabilities, targets):
    log_yes = np.maximum(np.log(probabilities), LEAST_LOG)
    log_no = np.maximum(np.log(1 - probabilities), LEAST_LOG)
    return -(targets * log_yes + (1 - targets) * log_no)


@wrong("targets rounded", "If t is rounded, targets between 0 and 1 are lost.")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    truth = np.where(targets >= 0.5, probabilities, 1 - probabilities)
    return -np.maximum(np.log(truth), LEAST_LOG)


@right("logarithms clipped")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    log_yes = np.clip(np.log(probabilities), LEAST_LOG, None)
    log_no = np.clip(np.log(1 - probabilities), LEAST_LOG, None)
    return -targets * log_yes - (1 - targets) * log_no


@right("with a loop")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    losses = np.zeros_like(probabilities)
    for at in np.ndindex(losses.shape):
        p, t = float(probabilities[at]), float(targets[at])
        yes = max(math.log(p), -100.0) if p > 0 else -100.0
        no = max(math.log(1 - p), -100.0) if p < 1 else -100.0
        losses[at] = -t * yes - (1 - t) * no
    return losses


@right("two classes in one array")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    p, t = np.stack([probabilities, 1 - probabilities]), np.stack([targets, 1 - targets])
    return -(t * np.maximum(np.log(p), LEAST_LOG)).sum(axis=0)


# --- binary_cross_entropy_with_logits ---------------------------------------------------------


@wrong("overflow", "If you take e^1000 as it stands, it is inf: no exponent may be above 0.")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    return np.log1p(np.exp(logits)) - logits * targets


@wrong("clipped", "If you clip probabilities, every bad mistake costs the same.")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    p = np.clip(1 / (1 + np.exp(-logits)), 1e-15, 1 - 1e-15)
    return -(targets * np.log(p) + (1 - targets) * np.log(1 - p))


@wrong("x t added", "If you add x t, a right yes is punished.")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    return np.maximum(logits, 0) + logits * targets + np.log1p(np.exp(-np.abs(logits)))


@wrong("targets turned round", "If targets are turned round, yes is taken for no.")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    return np.logaddexp(0, logits) - logits * (1 - targets)


@wrong(
    "no absolute value",
    "If you take e^-x where x is below 0, max(x, 0) is too small there: use |x|.",
)
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    return np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-logits))


@wrong("sigmoid twice", "If you apply sigmoid first, it is applied twice.")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    p = 1 / (1 + np.exp(-logits))
    return np.log1p(np.exp(p)) - p * targets


@wrong("mean at once", "If you average here, the elements can't be told apart any more.")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    return (np.logaddexp(0, logits) - logits * targets).mean()


@wrong("targets ignored", "If you leave out x t, the targets are ignored.")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    return np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits)))


@wrong("broadcasts", "If NumPy may broadcast, (2, 1) against (2,) becomes 4 losses.")
def binary_cross_entropy_with_logits(logits, targets):
    return np.logaddexp(0, logits) - logits * targets


@wrong("log, not log1p", "If 1 + e^-60 is rounded to 1, log1p keeps what is lost.")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    return np.maximum(logits, 0) - logits * targets + np.log(1 + np.exp(-np.abs(logits)))


@right("np.logaddexp")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    return np.logaddexp(logits.dtype.type(0), logits) - logits * targets


@right("as log(1 + e^-x) for a yes and log(1 + e^x) for a no")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    rest = np.log1p(np.exp(-np.abs(logits)))
    return targets * (np.maximum(-logits, 0) + rest) + (1 - targets) * (np.maximum(logits, 0) + rest)


@right("with a loop")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    losses = np.zeros_like(logits)
    for at in np.ndindex(losses.shape):
        x, t = float(logits[at]), float(targets[at])
        losses[at] = (x + math.log1p(math.exp(-x)) if x > 0 else math.log1p(math.exp(x))) - x * t
    return losses


# --- binary_cross_entropy_with_logits_gradient ------------------------------------------------


@wrong("target not subtracted", "If you forget to subtract the target, the slope never reaches 0.")
@gradient_of(binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits_gradient(grad, output, logits, targets):
    return grad / (1 + np.exp(-logits))


@wrong("sign turned", "If the sign is turned, training climbs.")
@gradient_of(binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits_gradient(grad, output, logits, targets):
    return grad * (targets - 1 / (1 + np.exp(-logits)))


@wrong("grad left out", "If you left out grad, every loss counts alike.")
@gradient_of(binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits_gradient(grad, output, logits, targets):
    return 1 / (1 + np.exp(-logits)) - targets


@wrong(
    "divided by the size",
    "If you divide by the number of elements here, the mean is taken twice.",
)
@gradient_of(binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits_gradient(grad, output, logits, targets):
    return grad * (1 / (1 + np.exp(-logits)) - targets) / logits.size


@wrong("sigmoid's slope twice", "If you multiply by p (1 - p), the slope of sigmoid is counted twice.")
@gradient_of(binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits_gradient(grad, output, logits, targets):
    p = 1 / (1 + np.exp(-logits))
    return grad * (p - targets) * p * (1 - p)


@wrong("by the probability", "If you divide by p (1 - p), that is the gradient by the probability.")
@gradient_of(binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits_gradient(grad, output, logits, targets):
    p = 1 / (1 + np.exp(-logits))
    return binary_cross_entropy_gradient(grad, output, p, targets)


@wrong("overflow", "If you take e^x / (1 + e^x) as it stands, inf / inf is nan.")
@gradient_of(binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits_gradient(grad, output, logits, targets):
    return grad * (np.exp(logits) / (1 + np.exp(logits)) - targets)


@right("sigmoid as it is written")
@gradient_of(binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits_gradient(grad, output, logits, targets):
    return grad / (1 + np.exp(-logits)) - grad * targets


@right("by tanh")
@gradient_of(binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits_gradient(grad, output, logits, targets):
    return grad * (0.5 * (1 + np.tanh(logits / 2)) - targets)


@right("with a loop")
@gradient_of(binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits_gradient(grad, output, logits, targets):
    slopes = np.zeros_like(logits)
    for at in np.ndindex(slopes.shape):
        x = float(logits[at])
        p = 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
        slopes[at] = grad[at] * (p - targets[at])
    return slopes


# --- loss_function ----------------------------------------------------------------------------


@wrong(
    "the drill's own answer",
    "If you wrote (p - t) / N, that is the gradient by the logits behind a softmax.",
)
def loss_function(preds, target, reduction="mean"):
    losses = categorical_cross_entropy(preds, target)
    loss = reduce_loss(Tensor(losses), reduction).data
    rows = target if is_soft(preds, target) else one_hot(target, preds.shape[1])
    return loss, (preds - rows) / (len(preds) if reduction == "mean" else 1)


@wrong("the gradient of the sum", "If you don't divide by N, that is the gradient of the sum.")
def loss_function(preds, target, reduction="mean"):
    losses = categorical_cross_entropy(preds, target)
    loss = reduce_loss(Tensor(losses), reduction).data
    return loss, categorical_cross_entropy_gradient(np.ones_like(losses), losses, preds, target)


@wrong("always divided", "If you divide by N for a sum, its gradient is too small.")
def loss_function(preds, target, reduction="mean"):
    losses = categorical_cross_entropy(preds, target)
    loss = reduce_loss(Tensor(losses), reduction).data
    shares = np.full_like(losses, 1 / len(losses))
    return loss, categorical_cross_entropy_gradient(shares, losses, preds, target)


@wrong("reduction ignored", "If reduction is ignored, mean and sum come out alike.")
def loss_function(preds, target, reduction="mean"):
    losses = categorical_cross_entropy(preds, target)
    shares = np.full_like(losses, 1 / len(losses))
    return losses.mean(), categorical_cross_entropy_gradient(shares, losses, preds, target)


@wrong("minus lost", "If the minus is missing, a better p would raise the loss.")
def loss_function(preds, target, reduction="mean"):
    losses = categorical_cross_entropy(preds, target)
    loss = reduce_loss(Tensor(losses), reduction).data
    rows = target if is_soft(preds, target) else one_hot(target, preds.shape[1])
    return loss, rows / preds / (len(preds) if reduction == "mean" else 1)


@wrong("a slope for every class", "If every class has a slope, the targets are left out.")
def loss_function(preds, target, reduction="mean"):
    losses = categorical_cross_entropy(preds, target)
    loss = reduce_loss(Tensor(losses), reduction).data
    return loss, -1 / preds / (len(preds) if reduction == "mean" else 1)


@wrong("the largest probability", "If the targets are ignored, look up each sample's own class.")
def loss_function(preds, target, reduction="mean"):
    losses = -np.log(preds.max(axis=1))
    loss = reduce_loss(Tensor(losses), reduction).data
    share = 1 / len(losses) if reduction == "mean" else 1
    return loss, categorical_cross_entropy_gradient(np.full_like(losses, share), losses, preds, target)


@right("in NumPy alone")
def loss_function(preds, target, reduction="mean"):
    rows = target if is_soft(preds, target) else one_hot(target, preds.shape[1])
    losses, slopes = -(rows * np.log(preds)).sum(axis=1), -rows / preds
    if reduction == "mean":
        return losses.mean(), slopes / len(losses)
    if reduction not in ("sum", "none"):
        raise ValueError(reduction)
    return (losses.sum() if reduction == "sum" else losses), slopes


@right("a Tensor and a table of shares")
def loss_function(preds, target, reduction="mean"):
    losses = apply(categorical_cross_entropy, preds, target)
    loss = reduce_loss(losses, reduction)
    share = {"mean": 1 / len(preds), "sum": 1.0, "none": 1.0}[reduction]
    grad = np.full(len(preds), share, preds.dtype)
    return loss, categorical_cross_entropy_gradient(grad, losses.data, preds, target)


@right("with a loop")
def loss_function(preds, target, reduction="mean"):
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(reduction)
    rows = target if is_soft(preds, target) else one_hot(target, preds.shape[1])
    losses, slopes = np.zeros(len(preds)), np.zeros(preds.shape)
    for n, c in np.ndindex(preds.shape):
        if rows[n, c]:
            losses[n] -= rows[n, c] * math.log(preds[n, c])
            slopes[n, c] = -rows[n, c] / preds[n, c]
    if reduction == "mean":
        return sum(losses) / len(losses), slopes / len(losses)
    return (sum(losses), slopes) if reduction == "sum" else (losses, slopes)
