"""Wrong and right solutions to the exercises of lesson 04, which its tests must tell apart.

The wrong ones are what students really write: softmax twice, an epsilon or a clip, a mean taken
at once, the gradient by the logits for that by the probabilities, one form of targets forgotten.
"""

import math

import numpy as np

from tinytorch.course.variants import right, wrong

# --- squared_error --------------------------------------------------------------------------------


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


@wrong(
    "half of the square",
    "If you halve the square for a tidy slope, all losses are half of what they are.",
)
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


@wrong(
    "root of the mean",
    "If you reduce to the root of the mean here, one loss for each element is lost.",
)
def squared_error(predictions, targets):
    same_shape(predictions, targets)
    return np.sqrt(np.mean((predictions - targets) ** 2))


@wrong(
    "targets reshaped to fit",
    "If you reshape the targets yourself, you guess which one belongs to which: refuse.",
)
def squared_error(predictions, targets):
    return (predictions - np.reshape(targets, np.shape(predictions))) ** 2


@wrong(
    "only the number of elements compared",
    "If you compare sizes alone, (N, 1) against (N,) passes: compare shapes.",
)
def squared_error(predictions, targets):
    if np.size(predictions) != np.size(targets):
        raise ValueError("sizes differ")
    return (predictions - targets) ** 2


@wrong("float64", "If the result is float64, float32 is lost, and with it half of the speed.")
def squared_error(predictions, targets):
    same_shape(predictions, targets)
    return (np.asarray(predictions, np.float64) - targets) ** 2


@wrong("float32", "If you convert to float32, float64 loses half of its digits.")
def squared_error(predictions, targets):
    same_shape(predictions, targets)
    return (np.float32(predictions) - np.float32(targets)) ** 2


@wrong(
    "difference of the squares",
    "If you subtract the squares, that is y^2 - t^2: subtract first, then square.",
)
def squared_error(predictions, targets):
    same_shape(predictions, targets)
    return predictions**2 - targets**2


@wrong(
    "assertion",
    "If you use assert, an AssertionError is raised: the text asks for a ValueError.",
)
def squared_error(predictions, targets):
    assert predictions.shape == targets.shape
    return (predictions - targets) ** 2


@wrong("flat", "If you flatten, the shape of the predictions is lost.")
def squared_error(predictions, targets):
    same_shape(predictions, targets)
    return (np.ravel(predictions) - np.ravel(targets)) ** 2


@wrong(
    "multiplied out",
    "If you multiply the square out, large numbers that differ little cancel: subtract first, "
    "then square.",
)
def squared_error(predictions, targets):
    same_shape(predictions, targets)
    return predictions**2 - 2 * predictions * targets + targets**2


@wrong(
    "axes and last length compared",
    "If you compare some of the lengths, the others may still differ, and NumPy broadcasts: "
    "compare the whole shapes.",
)
def squared_error(predictions, targets):
    if predictions.ndim != targets.ndim or predictions.shape[-1:] != targets.shape[-1:]:
        raise ValueError("the shapes differ")
    return (predictions - targets) ** 2


@wrong(
    "axes, first and last length compared",
    "If you compare some of the lengths, the others may still differ, and NumPy broadcasts: "
    "compare the whole shapes.",
)
def squared_error(predictions, targets):
    ends = [(x.ndim, x.shape[:1], x.shape[-1:]) for x in (predictions, targets)]
    if ends[0] != ends[1]:
        raise ValueError("the shapes differ")
    return (predictions - targets) ** 2


@wrong(
    "one array kept for the results",
    "If you keep an array for the results, the next call overwrites them: make a new one each "
    "time.",
)
def squared_error(predictions, targets, kept={}):
    same_shape(predictions, targets)
    key = predictions.shape, predictions.dtype
    out = kept.setdefault(key, np.zeros_like(predictions))
    return np.square(np.subtract(predictions, targets, out=out), out=out)


@wrong(
    "remembered by the array",
    "If you remember a result by the array that it was for, other numbers in that array get "
    "the old one: compute it at each call.",
)
def squared_error(predictions, targets, kept={}):
    same_shape(predictions, targets)
    key = id(predictions), id(targets)
    if key not in kept:
        losses = np.square(predictions - targets)
        kept[key] = (predictions, targets, losses)  # the arrays too, so that no id comes twice
    return kept[key][2].copy()


@wrong(
    "nan made 0",
    "If you turn nan and infinity into numbers, a loss that went wrong looks right.",
)
def squared_error(predictions, targets):
    same_shape(predictions, targets)
    return np.nan_to_num(np.square(predictions - targets))


@wrong("losses limited", "If you limit the losses, mistakes beyond the limit all cost the same.")
def squared_error(predictions, targets):
    same_shape(predictions, targets)
    return np.minimum(np.square(predictions - targets), predictions.dtype.type(1e6))


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


# --- class_indices --------------------------------------------------------------------------------


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


@wrong(
    "turns C into the dtype of the targets",
    "If C takes the dtype of the targets, int8 can't hold 128, though it holds all classes below.",
)
def class_indices(targets, classes):
    if targets.ndim != 1:
        raise ValueError("expected one axis")
    limit = targets.dtype.type(classes)
    if ((targets < 0) | (targets >= limit) | (targets % 1 != 0)).any():
        raise ValueError("no such class")
    return targets.astype(np.intp)


@wrong(
    "no floats",
    "If you refuse every float, Tensor([1, 0, 3]) is refused, for lists become float32.",
)
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


@wrong(
    "IndexError",
    "If you raise an IndexError for an index out of range: the text asks for a ValueError.",
)
def class_indices(targets, classes):
    if targets.ndim != 1 or not (targets == np.floor(targets)).all():
        raise ValueError("unsound")
    if ((targets < 0) | (targets >= classes)).any():
        raise IndexError("no such class")
    return targets.astype(int)


@wrong("rounded", "If you round, 1.5 becomes class 2 without a word: refuse what is not whole.")
def class_indices(targets, classes):
    indices = np.round(targets).astype(int)
    if indices.ndim != 1 or (indices < 0).any() or (indices >= classes).any():
        raise ValueError("unsound")
    return indices


@wrong("only the first looked at", "If you look at one index alone, the others pass unseen.")
def class_indices(targets, classes):
    if targets.ndim != 1 or not 0 <= targets[0] < classes or targets[0] != np.floor(targets[0]):
        raise ValueError("unsound")
    return targets.astype(int)


@wrong("any for all", "If you refuse only where all indices are unsound, a single bad one passes.")
def class_indices(targets, classes):
    sound = (targets >= 0) & (targets < classes) & (targets == np.floor(targets))
    if targets.ndim != 1 or not sound.any():
        raise ValueError("unsound")
    return targets.astype(int)


@wrong(
    "wrapped round",
    "If you take the remainder, an index that no class has becomes one that a class has.",
)
def class_indices(targets, classes):
    if targets.ndim != 1 or not (targets == np.floor(targets)).all():
        raise ValueError("unsound")
    return np.mod(targets, classes).astype(int)


@wrong(
    "one-hot rows by argmax",
    "If you turn tables into indices here, a column of indices becomes all zeros: refuse them.",
)
def class_indices(targets, classes):
    if targets.ndim == 2:
        targets = targets.argmax(axis=1)
    sound = (targets >= 0) & (targets < classes) & (targets == np.floor(targets))
    if targets.ndim != 1 or not sound.all():
        raise ValueError("unsound")
    return targets.astype(int)


@wrong(
    "a single number passes",
    "If you take a bare number for one index, the number of samples is unknown: refuse it.",
)
def class_indices(targets, classes):
    sound = (targets >= 0) & (targets < classes) & (targets == np.floor(targets))
    if targets.ndim > 1 or not np.all(sound):
        raise ValueError("unsound")
    return np.atleast_1d(targets).astype(int)


@wrong(
    "type before value",
    "If you refuse floats as a TypeError, Tensor([1, 0, 3]) is refused, for lists become float32.",
)
def class_indices(targets, classes):
    if targets.dtype.kind == "f":
        raise TypeError("expected integers")
    if targets.ndim != 1 or ((targets < 0) | (targets >= classes)).any():
        raise ValueError("unsound")
    return targets


@wrong("zero taken for missing", "If you ask for indices above 0, class 0 is lost.")
def class_indices(targets, classes):
    sound = (targets > 0) & (targets < classes) & (targets == np.floor(targets))
    if targets.ndim != 1 or not sound.all():
        raise ValueError("unsound")
    return targets.astype(int)


@wrong(
    "whole by their sum",
    "If you look at the sum, 0.5 and 0.5 pass together: each index has to be whole by itself.",
)
def class_indices(targets, classes):
    if targets.ndim != 1 or not np.isfinite(targets).all() or targets.sum() % 1:
        raise ValueError("not whole")
    if (targets < 0).any() or (targets > classes - 1).any():
        raise ValueError("no such class")
    return targets.astype(int)


@wrong(
    "the sums compared",
    "If you compare sums, the fractions of several indices cancel: each has to be whole by itself.",
)
def class_indices(targets, classes):
    if targets.ndim != 1 or not np.isfinite(targets).all():
        raise ValueError("unsound")
    indices = targets.astype(np.int64)
    if targets.sum() != indices.sum() or (indices < 0).any() or (indices >= classes).any():
        raise ValueError("unsound")
    return indices


@wrong(
    "nearly whole",
    "If nearly whole will do, 1.000001 becomes class 1 without a word: compare exactly.",
)
def class_indices(targets, classes):
    whole = np.round(targets)
    if targets.ndim != 1 or not np.isfinite(targets).all() or not np.allclose(targets, whole):
        raise ValueError("not whole")
    if (whole < 0).any() or (whole >= classes).any():
        raise ValueError("no such class")
    return whole.astype(int)


@wrong(
    "only float64 looked at",
    "If you look at float64 alone, 0.5 in float32 or float16 becomes class 0 without a word.",
)
def class_indices(targets, classes):
    if targets.ndim != 1 or not ((targets >= 0) & (targets < classes)).all():
        raise ValueError("no such class")
    if targets.dtype == np.float64 and (targets % 1).any():
        raise ValueError("not whole")
    return targets.astype(int)


@wrong("eight bits", "If you convert to eight bits, class 256 becomes class 0.")
def class_indices(targets, classes):
    if targets.ndim != 1 or not ((targets >= 0) & (targets < classes) & (targets % 1 == 0)).all():
        raise ValueError("unsound")
    return targets.astype(np.uint8)


@wrong("sixteen bits", "If you convert to sixteen bits, large indices become others, or negative.")
def class_indices(targets, classes):
    if targets.ndim != 1 or not ((targets >= 0) & (targets < classes) & (targets % 1 == 0)).all():
        raise ValueError("unsound")
    return targets.astype(np.int16)


@wrong(
    "the smallest of nothing",
    "If you ask for the smallest index where there is none, NumPy raises an error: N may be 0.",
)
def class_indices(targets, classes):
    if targets.ndim != 1 or (targets % 1).any():
        raise ValueError("unsound")
    if not (targets.min() >= 0 and targets.max() < classes):
        raise ValueError("unsound")
    return targets.astype(int)


@wrong(
    "a list without a dtype",
    "If you make an array of an empty list, it holds float64: name the dtype.",
)
def class_indices(targets, classes):
    if targets.ndim != 1 or not all(t in range(classes) for t in targets.tolist()):
        raise ValueError("unsound")
    return np.array([int(t) for t in targets])


@wrong(
    "only the ends looked at",
    "If you look at the first and the last index alone, the others pass unseen.",
)
def class_indices(targets, classes):
    ends = [*targets.ravel()[:1].tolist(), *targets.ravel()[-1:].tolist()]
    if targets.ndim != 1 or not all(t in range(classes) for t in ends):
        raise ValueError("unsound")
    return targets.astype(int)


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


@right("through Python's numbers")
def class_indices(targets, classes):
    if np.ndim(targets) != 1:
        raise ValueError("expected one axis")
    found = [int(t) for t in targets.tolist() if math.isfinite(t)]
    if found != targets.tolist() or any(not 0 <= t <= classes - 1 for t in found):
        raise ValueError("expected whole numbers")
    return np.array(found, dtype=int)


# --- categorical_cross_entropy --------------------------------------------------------------------


@wrong("minus lost", "If you forget the minus, better models have larger losses.")
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    logs = np.log(probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return (rows * logs).sum(axis=1)


@wrong("mean at once", "If you average here, the samples can't be told apart any more.")
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    logs = np.log(probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return -(rows * logs).sum(axis=1).mean()


@wrong(
    "logarithm to base 2",
    "If you take log2 or log10, the unit changes: take the natural logarithm.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    logs = np.log2(probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return -(rows * logs).sum(axis=1)


@wrong("targets ignored", "If you look at the largest probability, the targets are ignored.")
def categorical_cross_entropy(probabilities, targets):
    return -np.log(probabilities.max(axis=1))


@wrong("logarithm left out", "If you leave out the logarithm, a confident mistake stays cheap.")
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    return -(rows * probabilities).sum(axis=1)


@wrong(
    "softmax again",
    "If you apply softmax again, probabilities are flattened: they are normalised already.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    powers = np.exp(probabilities)
    return -(rows * np.log(powers / powers.sum(axis=1, keepdims=True))).sum(axis=1)


@wrong(
    "the binary loss",
    "If you add (1 - t) log(1 - p), that is the binary loss: only the true class counts here.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    return -(rows * np.log(probabilities) + (1 - rows) * np.log(1 - probabilities)).sum(axis=1)


@wrong(
    "soft targets by argmax",
    "If you take the largest target of each row, the other shares are lost.",
)
def categorical_cross_entropy(probabilities, targets):
    indices = targets.argmax(axis=1) if is_soft(probabilities, targets) else targets.astype(int)
    return -np.log(probabilities[np.arange(len(indices)), indices])


@wrong(
    "0 times log 0",
    "If you multiply 0 by log 0, the result is nan: leave out the classes with t = 0.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    return -(rows * np.log(probabilities)).sum(axis=1)


@wrong("sum over the samples", "If you sum over axis 0, you sum over samples.")
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    logs = np.log(probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return -(rows * logs).sum(axis=0)


@wrong(
    "an epsilon added",
    "If you add an epsilon to p, a truth that was given 1e-20 costs too little: leave out the "
    "classes with t = 0 instead.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    return -(rows * np.log(probabilities + 1e-12)).sum(axis=1)


@wrong(
    "a large epsilon added",
    "If you add an epsilon to p, a truth that was given 1e-20 costs too little: leave out the "
    "classes with t = 0 instead.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    return -(rows * np.log(probabilities + 1e-7)).sum(axis=1)


@wrong(
    "clipped",
    "If you clip p, every truth below the clip costs the same: leave out the classes with t = "
    "0 instead.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    return -(rows * np.log(np.clip(probabilities, 1e-15, 1 - 1e-15))).sum(axis=1)


@wrong(
    "nan made 0",
    "If you turn nan and infinity into numbers afterwards, a truth that was given 0 costs a "
    "finite amount.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    return -np.nan_to_num(rows * np.log(probabilities)).sum(axis=1)


@wrong(
    "the p of 0 left out",
    "If you leave out the classes with p = 0, a truth that was given 0 costs nothing: leave "
    "out those with t = 0.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    logs = np.log(probabilities, where=probabilities > 0, out=np.zeros_like(probabilities))
    return -(rows * logs).sum(axis=1)


@wrong(
    "mean over the classes",
    "If you average over the classes, each loss is too small by their number: sum.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    logs = np.log(probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return -(rows * logs).mean(axis=1)


@wrong(
    "rows made to sum to 1",
    "If you divide each row by its sum, a sample that should count twice counts once.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    rows = rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-30)
    logs = np.log(probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return -(rows * logs).sum(axis=1)


@wrong(
    "logarithm of the sum",
    "If you take the logarithm after the sum, soft targets cost too little: average the "
    "logarithms.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    return -np.log((rows * probabilities).sum(axis=1))


@wrong("indices alone", "If you only pick by index, rows of shares can't be used.")
def categorical_cross_entropy(probabilities, targets):
    indices = class_indices(targets, probabilities.shape[1])
    return -np.log(probabilities[np.arange(len(indices)), indices])


@wrong(
    "rows alone",
    "If you only multiply by rows, class indices can't be used: `target_rows` makes rows of them.",
)
def categorical_cross_entropy(probabilities, targets):
    logs = np.log(probabilities, where=targets > 0, out=np.zeros_like(probabilities))
    return -(targets * logs).sum(axis=1)


@wrong("indices not validated", "If -1 passes, NumPy takes the last class.")
def categorical_cross_entropy(probabilities, targets):
    if targets.ndim == 1:
        return -np.log(probabilities[np.arange(len(targets)), targets.astype(int)])
    logs = np.log(probabilities, where=targets > 0, out=np.zeros_like(probabilities))
    return -(targets * logs).sum(axis=1)


@wrong("float64", "If the result is float64, float32 is lost, and with it half of the speed.")
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    logs = np.log(probabilities, where=rows > 0, out=np.zeros(probabilities.shape))
    return -(rows * logs).sum(axis=1)


@wrong(
    "every row with every target",
    "If you index with a colon, every row is paired with every target.",
)
def categorical_cross_entropy(probabilities, targets):
    if is_soft(probabilities, targets):
        logs = np.log(probabilities, where=targets > 0, out=np.zeros_like(probabilities))
        return -(targets * logs).sum(axis=1)
    return -np.log(probabilities[:, class_indices(targets, probabilities.shape[1])])


@wrong(
    "targets overwritten",
    "If you write into the rows, soft targets are the caller's own array: make a new one.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    rows *= np.log(probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return -rows.sum(axis=1)


@wrong(
    "the smallest number added",
    "If a tiny number stands for a p of 0, a truth that was given 0 costs a finite amount.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets).astype(probabilities.dtype)
    return -(rows * np.log(probabilities + np.finfo(probabilities.dtype).tiny)).sum(axis=1)


@wrong(
    "clipped above 0",
    "If you clip p, every truth below the clip costs the same: leave out the classes with t = "
    "0 instead.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets).astype(probabilities.dtype)
    p = np.where(probabilities == 0, 0, np.maximum(probabilities, 1e-30))
    p = p.astype(probabilities.dtype)
    return -(rows * np.log(p, where=rows > 0, out=np.zeros_like(p))).sum(axis=1)


@wrong(
    "rows of 0 and 1 by argmax",
    "If rows of only 0 and 1 count as one-hot, [1, 1, 0] and [0, 0, 0] are lost: take all "
    "rows as shares.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets).astype(probabilities.dtype)
    if np.isin(rows, (0, 1)).all():
        rows = np.eye(rows.shape[1], dtype=rows.dtype)[rows.argmax(axis=1)]
    logs = np.log(probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return -(rows * logs).sum(axis=1)


@wrong(
    "tiny shares left out",
    "If you leave out small shares, they cost nothing: only a share of exactly 0 does.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets).astype(probabilities.dtype)
    logs = np.log(probabilities, where=rows > 1e-5, out=np.zeros_like(probabilities))
    return -(rows * logs).sum(axis=1)


@wrong(
    "one infinite, all infinite",
    "If one truth with p = 0 makes every loss infinite, the other samples are lost.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets).astype(probabilities.dtype)
    if ((rows > 0) & (probabilities == 0)).any():
        return np.full(len(rows), np.inf, rows.dtype)
    return -(rows * np.log(np.where(rows > 0, probabilities, 1))).sum(axis=1)


@wrong(
    "dtype of the targets",
    "If your rows take the dtype of the indices, float64 indices make float64 losses: the "
    "dtype is that of the probabilities.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    rows = rows.astype(targets.dtype if targets.dtype.kind == "f" else probabilities.dtype)
    logs = np.log(probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return -(rows * logs).sum(axis=1)


@wrong(
    "one array kept for the results",
    "If you keep an array for the results, the next call overwrites them: make a new one each "
    "time.",
)
def categorical_cross_entropy(probabilities, targets, kept={}):
    rows = target_rows(probabilities, targets).astype(probabilities.dtype)
    out = kept.setdefault((len(rows), rows.dtype), np.zeros(len(rows), rows.dtype))
    logs = np.log(probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return np.negative(np.sum(rows * logs, axis=1, out=out), out=out)


@wrong(
    "logarithms of the dtype of the rows",
    "If you make an array like the rows, it is float32 for indices, as one-hot rows are: make it "
    "like the probabilities.",
)
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    logs = np.log(probabilities, where=rows > 0, out=np.zeros_like(rows))
    return -(rows * logs).sum(axis=1)


@wrong(
    "indices taken as they come",
    "If -1 passes, NumPy takes the last class; and 0.5 becomes class 0: ask `class_indices`.",
)
def categorical_cross_entropy(probabilities, targets):
    if is_soft(probabilities, targets):
        return -(targets * np.log(np.where(targets > 0, probabilities, 1))).sum(axis=1)
    return -np.log(probabilities[np.arange(len(targets)), targets.astype(int)])


@wrong(
    "rows remembered by the targets",
    "If you remember a result by the array that it was for, other numbers in that array get "
    "the old one: compute it at each call.",
)
def categorical_cross_entropy(probabilities, targets, kept={}):
    if id(targets) not in kept:
        kept[id(targets)] = targets, target_rows(probabilities, targets).copy()
    rows = kept[id(targets)][1]
    if not is_soft(probabilities, targets):
        class_indices(targets, probabilities.shape[1])
    logs = np.log(probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return -(rows * logs).sum(axis=1).astype(probabilities.dtype)


@right("picked where the targets are indices")
def categorical_cross_entropy(probabilities, targets):
    if not is_soft(probabilities, targets):
        indices = class_indices(targets, probabilities.shape[1])
        return -np.log(probabilities[np.arange(len(indices)), indices])
    terms = np.where(targets > 0, targets * np.log(np.where(targets > 0, probabilities, 1)), 0)
    return -terms.sum(axis=1)


@right("with a loop")
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    losses = np.zeros(len(rows), probabilities.dtype)
    for n, c in np.ndindex(rows.shape):
        if rows[n, c] > 0:
            losses[n] -= rows[n, c] * np.log(probabilities[n, c])
    return losses


@right("zeros replaced by ones")
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)
    safe = np.where(rows == 0, np.ones_like(probabilities), probabilities)
    return np.einsum("nc,nc->n", rows, -np.log(safe))


@right("recursion over the samples")
def categorical_cross_entropy(probabilities, targets):
    rows = target_rows(probabilities, targets)

    def one(p, t):
        return float(np.sum(t[t > 0] * -np.log(p[t > 0])))

    return np.asarray([one(p, t) for p, t in zip(probabilities, rows)], dtype=probabilities.dtype)


# --- categorical_cross_entropy_gradient -----------------------------------------------------------


@wrong(
    "by the logits",
    "If you wrote p - t, that is the gradient by the logits, not by the probabilities.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets)
    return grad[:, None] * (probabilities - rows)


@wrong("grad left out", "If you left out grad, every loss counts alike.")
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets)
    return -np.where(rows > 0, rows / np.where(rows > 0, probabilities, 1), 0)


@wrong("minus lost", "If you forget the minus, the loss would rise with a better p.")
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets)
    return grad[:, None] * np.where(rows > 0, rows / np.where(rows > 0, probabilities, 1), 0)


@wrong("divided by N", "If you divide by N here, the mean is taken twice.")
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets)
    return -grad[:, None] * rows / np.where(rows > 0, probabilities, 1) / len(rows)


@wrong("targets ignored", "If you ignore the targets, classes that don't count get a slope.")
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    return -grad[:, None] / probabilities


@wrong(
    "0 divided by 0",
    "If you divide 0 by 0, the result is nan: leave out the classes with t = 0.",
    loses=("test_categorical_cross_entropy_gradient_at_the_edges",),
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets)
    return -grad[:, None] * rows / probabilities


@wrong(
    "of the sum of all",
    "If you sum over the samples, one row is left: each sample has slopes of its own.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets)
    slopes = np.divide(rows, probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return -(grad[:, None] * slopes).sum(axis=0)


@wrong(
    "the square of p",
    "If you differentiate 1/p, the slope is one step too far: that of log p is 1/p.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets)
    return -grad[:, None] * rows / np.where(rows > 0, probabilities, 1) ** 2


@wrong(
    "an epsilon",
    "If you add an epsilon to p, the slope of a tiny p is too small: leave out the classes "
    "with t = 0 instead.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    return -grad[:, None] * target_rows(probabilities, targets) / (probabilities + 1e-12)


@wrong(
    "clipped",
    "If you clip p, the slope of a tiny p is too small: leave out the classes with t = 0 instead.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    return -grad[:, None] * target_rows(probabilities, targets) / np.clip(probabilities, 1e-15, 1)


@wrong("indices alone", "If you only fill by index, rows of shares can't be used.")
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    slopes, every = np.zeros_like(probabilities), np.arange(len(targets))
    indices = class_indices(targets, probabilities.shape[1])
    slopes[every, indices] = -grad / probabilities[every, indices]
    return slopes


@wrong(
    "rows alone",
    "If you only divide rows, class indices can't be used: `target_rows` makes rows of them.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    return -grad[:, None] * targets / np.where(targets > 0, probabilities, 1)


@wrong(
    "the largest share",
    "If you look at the largest share of each row alone, the other shares are lost.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets)
    slopes, at = np.zeros_like(probabilities), (np.arange(len(rows)), rows.argmax(axis=1))
    slopes[at] = -grad / probabilities[at]
    return slopes


@wrong(
    "grad along the classes",
    "If you multiply without a new axis, grad is laid along the classes: grad[:, None] has "
    "one a sample.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets)
    return -grad * rows / np.where(rows > 0, probabilities, 1)


@wrong("in place", "If you divide into the probabilities, they are overwritten.")
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets)
    probabilities[rows > 0] = rows[rows > 0] / probabilities[rows > 0]
    probabilities[rows <= 0] = 0
    return -grad[:, None] * probabilities


@wrong("float64", "If the result is float64, float32 is lost, and with it half of the speed.")
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets)
    slopes = np.zeros(probabilities.shape)
    return np.divide(-grad[:, None] * rows, probabilities, where=rows > 0, out=slopes)


@wrong(
    "of each sample's mean",
    "If you divide by the number of classes, the slopes are too small by it.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets)
    return -grad[:, None] * rows / np.where(rows > 0, probabilities, 1) / rows.shape[1]


@wrong(
    "through the losses",
    "If you multiply by the losses, that is the slope of their square: only grad counts here.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets)
    return -(grad * output)[:, None] * rows / np.where(rows > 0, probabilities, 1)


@wrong(
    "p held at 1e-30",
    "If you clip p, the slope of a tiny p is too small: leave out the classes with t = 0 instead.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets).astype(probabilities.dtype)
    return -grad[:, None] * rows / np.maximum(probabilities, 1e-30)


@wrong(
    "0 where p is 0",
    "If the slope is 0 where p is 0, the worst mistake pulls at nothing: only t = 0 makes it 0.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets).astype(probabilities.dtype)
    slopes = np.zeros_like(probabilities)
    both = (rows > 0) & (probabilities > 0)
    return np.divide(-grad[:, None] * rows, probabilities, where=both, out=slopes)


@wrong(
    "infinity made a number",
    "If you turn infinity into a number, the slope at p = 0 claims to be finite.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets).astype(probabilities.dtype)
    return np.nan_to_num(-grad[:, None] * rows / probabilities)


@wrong(
    "into the rows",
    "If you write into the rows, soft targets are the caller's own array: make a new one.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets).astype(probabilities.dtype, copy=False)
    np.divide(rows, probabilities, out=rows, where=rows > 0)
    return -grad[:, None] * rows


@wrong("into grad", "If you write into grad, others who need it get it changed.")
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets).astype(probabilities.dtype)
    grad *= -1
    return np.divide(grad[:, None] * rows, probabilities, where=rows > 0, out=np.zeros_like(rows))


@wrong(
    "slopes limited",
    "If you limit the slopes, a large grad or a tiny p no longer counts in full.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets).astype(probabilities.dtype)
    slopes = np.zeros_like(rows)
    np.divide(-grad[:, None] * rows, probabilities, where=rows > 0, out=slopes)
    return np.clip(slopes, -1e4, 1e4)


@wrong(
    "rows stacked",
    "If you stack rows, there must be one: N may be 0, and then zeros of shape (0, C) are meant.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets).astype(probabilities.dtype)
    slopes = lambda g, t, p: np.divide(-g * t, p, where=t > 0, out=np.zeros_like(p))
    return np.stack([slopes(*each) for each in zip(grad, rows, probabilities, strict=True)])


@wrong(
    "one array kept for the results",
    "If you keep an array for the results, the next call overwrites them: make a new one each "
    "time.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets, kept={}):
    rows = target_rows(probabilities, targets).astype(probabilities.dtype)
    out = kept.setdefault((rows.shape, rows.dtype), np.zeros_like(rows))
    out[...] = 0
    return np.divide(-grad[:, None] * rows, probabilities, where=rows > 0, out=out)


@wrong(
    "remembered by the probabilities",
    "If you remember a result by the array that it was for, other numbers in that array get "
    "the old one: compute it at each call.",
)
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets, kept={}):
    rows = target_rows(probabilities, targets).astype(probabilities.dtype)
    if id(probabilities) not in kept:
        kept[id(probabilities)] = probabilities, probabilities.copy()
    p = kept[id(probabilities)][1]
    return np.divide(-grad[:, None] * rows, p, where=rows > 0, out=np.zeros_like(rows))


@right("with a loop")
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(grad, output, probabilities, targets):
    rows = target_rows(probabilities, targets)
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
    rows = target_rows(probabilities, targets)
    safe = np.where(rows == 0, 1, probabilities)
    return np.einsum("n,nc->nc", -grad, rows / safe)


# --- reduce_loss ----------------------------------------------------------------------------------


@wrong("mean and sum swapped", "If mean and sum have changed places, look at the words.")
def reduce_loss(losses, reduction="mean"):
    if reduction == "none":
        return losses
    if reduction == "mean":
        return losses.sum()
    if reduction == "sum":
        return losses.mean()
    raise ValueError(reduction)


@wrong("mean over axis 0", "If you average over axis 0 alone, one number a column is left.")
def reduce_loss(losses, reduction="mean"):
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean(axis=0)
    raise ValueError(reduction)


@wrong("none reduced", "If 'none' reduces, no sample can be told apart.")
def reduce_loss(losses, reduction="mean"):
    if reduction == "sum":
        return losses.sum()
    if reduction in ("mean", "none"):
        return losses.mean()
    raise ValueError(reduction)


@wrong(
    "a plain number",
    "If you leave the Tensor for a plain number, nobody can ask later how it was made.",
)
def reduce_loss(losses, reduction="mean"):
    if reduction == "none":
        return losses
    if reduction == "sum":
        return Tensor(losses.data.sum())
    if reduction == "mean":
        return Tensor(losses.data.mean())
    raise ValueError(reduction)


@wrong(
    "any other word means mean",
    "If any other word means 'mean', a slip goes unnoticed for weeks.",
    loses=("test_reduce_loss_refuses_other_words",),
)
def reduce_loss(losses, reduction="mean"):
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    return losses.mean()


@wrong(
    "a Python number",
    "If you return a plain number, nobody can ask later how it was made: keep the Tensor.",
)
def reduce_loss(losses, reduction="mean"):
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    return float(losses.data.mean() if reduction == "mean" else losses.data.sum())


@wrong(
    "the default is sum",
    "If the default is the sum, a loss without a word about it is not averaged.",
)
def reduce_loss(losses, reduction="sum"):
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    return losses.mean() if reduction == "mean" else losses.sum()


@wrong(
    "divided by the rows",
    "If you divide by the length of the first axis, that is not the number of losses where "
    "there are more axes.",
)
def reduce_loss(losses, reduction="mean"):
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    total = losses.sum()
    return total / (losses.shape[0] if losses.ndim else 1) if reduction == "mean" else total


@wrong("axes kept", "If you keep the axes, the result has shape (1, 1): a loss is a single number.")
def reduce_loss(losses, reduction="mean"):
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    return losses.mean(keepdims=True) if reduction == "mean" else losses.sum(keepdims=True)


@wrong(
    "none copied",
    "If you make a new Tensor for \"none\", nobody can ask later how it was made: return the "
    "losses.",
)
def reduce_loss(losses, reduction="mean"):
    if reduction == "none":
        return Tensor(losses.data)
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    return losses.mean() if reduction == "mean" else losses.sum()


@wrong(
    "an array for none",
    "If you return the array, it is no Tensor any more: return the losses as they are.",
)
def reduce_loss(losses, reduction="mean"):
    if reduction == "none":
        return losses.data
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    return losses.mean() if reduction == "mean" else losses.sum()


@wrong(
    "KeyError",
    "If you look the word up in a dict, another word is a KeyError: the text asks for a "
    "ValueError.",
)
def reduce_loss(losses, reduction="mean"):
    return {"none": lambda: losses, "sum": losses.sum, "mean": losses.mean}[reduction]()


@wrong(
    "any case of letters",
    "If you change the case of the letters first, \"Mean\" passes: any other word is an error.",
)
def reduce_loss(losses, reduction="mean"):
    word = reduction.lower()
    if word == "none":
        return losses
    if word not in ("mean", "sum"):
        raise ValueError(reduction)
    return losses.mean() if word == "mean" else losses.sum()


@wrong(
    "only the first letters",
    "If you look at the beginning of the word alone, \"means\" passes: any other word is an error.",
)
def reduce_loss(losses, reduction="mean"):
    if reduction.startswith("none"):
        return losses
    if reduction.startswith("sum"):
        return losses.sum()
    if reduction.startswith("mean"):
        return losses.mean()
    raise ValueError(reduction)


@wrong(
    "nothing raised",
    "If you return None for another word, a slip is found far from where it was made: raise.",
)
def reduce_loss(losses, reduction="mean"):
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()


@wrong(
    "round the door",
    "If you call NumPy on the array, the record is lost: use the Tensor's own methods.",
)
def reduce_loss(losses, reduction="mean"):
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    total = np.sum(losses.data)
    return Tensor(total / losses.data.size if reduction == "mean" else total, losses.requires_grad)


@wrong(
    "an operation of its own",
    "If you send a function of your own through the door, nobody has a gradient rule for it: "
    "use the Tensor's own methods.",
)
def reduce_loss(losses, reduction="mean"):
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    return apply(lambda x: x.mean() if reduction == "mean" else x.sum(), losses)


@wrong(
    "divided by one less",
    "If you divide by one less than the number, that is how a variance is estimated, not a mean.",
)
def reduce_loss(losses, reduction="mean"):
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    return losses.sum() / max(losses.size - 1, 1) if reduction == "mean" else losses.sum()


@wrong(
    "none as a new leaf",
    "If you make a new Tensor for \"none\", nobody can ask later how it was made: return the "
    "losses.",
)
def reduce_loss(losses, reduction="mean"):
    if reduction == "none":
        return Tensor(losses.data, requires_grad=losses.requires_grad)
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    return getattr(losses, reduction)()


@wrong("blanks cut off", "If you cut off blanks, \" mean \" passes: any other word is an error.")
def reduce_loss(losses, reduction="mean"):
    word = reduction.strip()
    if word not in ("mean", "sum", "none"):
        raise ValueError(reduction)
    return losses if word == "none" else getattr(losses, word)()


@wrong(
    "found anywhere in the word",
    "If you look for a word inside the word, \"nonmean\" passes: any other word is an error.",
)
def reduce_loss(losses, reduction="mean"):
    for word in ("none", "mean", "sum"):
        if word in reduction:
            return losses if word == "none" else getattr(losses, word)()
    raise ValueError(reduction)


@wrong(
    "the very same string",
    "If you compare words with `is`, a word that is put together at run time fails: compare "
    "with ==.",
)
def reduce_loss(losses, reduction="mean"):
    mean, total, none = "mean", "sum", "none"
    if reduction is none:
        return losses
    if reduction is mean:
        return losses.mean()
    if reduction is total:
        return losses.sum()
    raise ValueError(reduction)


@wrong("nan left out", "If you leave nan out, a batch that went wrong looks right.")
def reduce_loss(losses, reduction="mean"):
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(reduction)
    if np.isnan(losses.data).any() and reduction != "none":
        losses = Tensor(losses.data[~np.isnan(losses.data)])
    return losses if reduction == "none" else getattr(losses, reduction)()


@wrong(
    "losses divided in place",
    "If you change the losses that were given, whoever made them finds other numbers.",
)
def reduce_loss(losses, reduction="mean"):
    if reduction == "mean":
        result = losses.mean()
        losses.data = losses.data / losses.data.dtype.type(losses.data.size)
        return result
    if reduction not in ("sum", "none"):
        raise ValueError(reduction)
    return losses if reduction == "none" else losses.sum()


@wrong(
    "no gradient asked any more",
    "If you change the losses that were given, whoever made them finds other numbers, or "
    "can't ask for a gradient.",
)
def reduce_loss(losses, reduction="mean"):
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(reduction)
    result = losses if reduction == "none" else getattr(losses, reduction)()
    if result is not losses:
        losses.requires_grad = False
    return result


@right("a sum, divided")
def reduce_loss(losses, reduction="mean"):
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"what is {reduction}?")
    if reduction == "none":
        return losses
    total = losses.sum()
    return total if reduction == "sum" else total / losses.size


@right("a table of functions")
def reduce_loss(losses, reduction="mean"):
    ways = {
        "none": lambda: losses,
        "sum": lambda: losses.sum(),
        "mean": lambda: losses.mean(),
    }
    if reduction not in ways:
        raise ValueError(reduction)
    return ways[reduction]()


@right("axis by axis")
def reduce_loss(losses, reduction="mean"):
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    total = losses.reshape(-1).sum(axis=0)
    if reduction == "mean":
        total = total / losses.size
    return total


# --- logsumexp ------------------------------------------------------------------------------------


@wrong("the definition", "If you take e^1000 as it stands, it is inf: take the maximum out first.")
def logsumexp(logits, axis=-1):
    return np.log(np.exp(logits).sum(axis=axis))


@wrong(
    "maximum not added back",
    "If you don't add the maximum back, each result is too small by it.",
)
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


@wrong(
    "-inf minus -inf",
    "If you subtract -inf from -inf, the result is nan: such a row sums to 0.",
)
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


@wrong(
    "mean of the powers",
    "If you take the mean of the powers, the logarithm of their number is missing.",
)
def logsumexp(logits, axis=-1):
    top = logits.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    return np.log(np.exp(logits - top).mean(axis=axis)) + top.squeeze(axis)


@wrong(
    "the smallest taken out",
    "If you take the smallest logit out, the powers grow instead of shrinking: take the largest.",
)
def logsumexp(logits, axis=-1):
    low = logits.min(axis=axis, keepdims=True)
    low = np.where(np.isfinite(low), low, 0)
    return np.log(np.exp(logits - low).sum(axis=axis)) + low.squeeze(axis)


@wrong(
    "the mean taken out",
    "If you take the mean out, a power can still overflow: take the largest.",
)
def logsumexp(logits, axis=-1):
    middle = logits.mean(axis=axis, keepdims=True)
    middle = np.where(np.isfinite(middle), middle, 0)
    return np.log(np.exp(logits - middle).sum(axis=axis)) + middle.squeeze(axis)


@wrong(
    "logits clipped",
    "If you clip the logits, all large ones count alike: take the largest out instead.",
)
def logsumexp(logits, axis=-1):
    return np.log(np.exp(np.clip(logits, -80, 80)).sum(axis=axis))


@wrong(
    "an epsilon",
    "If you add an epsilon to the sum, nothing but -inf gives a finite number: the sum may be "
    "0 there.",
)
def logsumexp(logits, axis=-1):
    top = logits.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    return np.log(np.exp(logits - top).sum(axis=axis) + 1e-12) + top.squeeze(axis)


@wrong(
    "maximum subtracted twice",
    "If you subtract the maximum at the end as well, add it: it was taken out and has to come "
    "back.",
)
def logsumexp(logits, axis=-1):
    top = logits.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    return np.log(np.exp(logits - top).sum(axis=axis)) - top.squeeze(axis)


@wrong("the maximum alone", "If you return the largest logit alone, the others count nothing.")
def logsumexp(logits, axis=-1):
    return logits.max(axis=axis)


@wrong(
    "sum of the logits",
    "If the logarithm comes before the sum, it only undoes the power: sum first.",
)
def logsumexp(logits, axis=-1):
    return np.log(np.exp(logits)).sum(axis=axis)


@wrong("all axes", "If you reduce all axes, one number is left: only the given axis disappears.")
def logsumexp(logits, axis=-1):
    top = logits.max()
    top = top if np.isfinite(top) else 0
    return np.log(np.exp(logits - top).sum()) + top


@wrong(
    "the default is axis 0",
    "If the default is axis 0, it runs over the samples: it is the last axis.",
)
def logsumexp(logits, axis=0):
    top = logits.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    return np.log(np.exp(logits - top).sum(axis=axis)) + top.squeeze(axis)


@wrong(
    "every axis of length 1 gone",
    "If you squeeze every axis of length 1, a batch of one loses its axis too.",
)
def logsumexp(logits, axis=-1):
    top = logits.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    return np.squeeze(np.log(np.exp(logits - top).sum(axis=axis, keepdims=True)) + top)


@wrong("base 2", "If you take log2, the unit changes: take the natural logarithm.")
def logsumexp(logits, axis=-1):
    top = logits.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    return np.log2(np.exp(logits - top).sum(axis=axis)) + top.squeeze(axis)


@wrong("float64", "If the result is float64, float32 is lost, and with it half of the speed.")
def logsumexp(logits, axis=-1):
    x = logits.astype(np.float64)
    top = x.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    return np.log(np.exp(x - top).sum(axis=axis)) + top.squeeze(axis)


@wrong(
    "-inf as a large number",
    "If you put a number in the place of -inf, it counts beside logits that are smaller still.",
)
def logsumexp(logits, axis=-1):
    x = np.where(np.isneginf(logits), -1e4, logits).astype(logits.dtype)
    top = x.max(axis=axis, keepdims=True)
    result = (np.log(np.exp(x - top).sum(axis=axis, keepdims=True)) + top).squeeze(axis)
    return np.where(np.isneginf(logits).all(axis=axis), -np.inf, result).astype(logits.dtype)


@wrong(
    "very small as -inf",
    "If you take very small logits for -inf, a row of them sums to 0: only -inf is -inf.",
)
def logsumexp(logits, axis=-1):
    top = logits.max(axis=axis, keepdims=True)
    top = np.where(top < -1e6, 0, top).astype(logits.dtype)
    with np.errstate(divide="ignore"):
        return (np.log(np.exp(logits - top).sum(axis=axis, keepdims=True)) + top).squeeze(axis)


@wrong(
    "the maximum in float32",
    "If you take the maximum in float32, it loses digits, and numbers beyond 3e38.",
)
def logsumexp(logits, axis=-1):
    top = logits.max(axis=axis, keepdims=True).astype(np.float32)
    top = np.where(np.isneginf(top), 0, top).astype(logits.dtype)
    with np.errstate(all="ignore"):
        return (np.log(np.exp(logits - top).sum(axis=axis, keepdims=True)) + top).squeeze(axis)


@wrong(
    "one row of -inf for all",
    "If you look whether all entries of the array are -inf, a single such row still gives nan.",
)
def logsumexp(logits, axis=-1):
    if np.isneginf(logits).all():
        return logits.max(axis=axis)
    top = logits.max(axis=axis, keepdims=True)
    with np.errstate(all="ignore"):
        return (np.log(np.exp(logits - top).sum(axis=axis, keepdims=True)) + top).squeeze(axis)


@wrong(
    "axis or the default",
    "If you write `axis or -1`, axis 0 becomes the last: 0 counts as False.",
)
def logsumexp(logits, axis=-1):
    return np.logaddexp.reduce(logits, axis=axis or -1)


@wrong(
    "one array kept for the results",
    "If you keep an array for the results, the next call overwrites them: make a new one each "
    "time.",
)
def logsumexp(logits, axis=-1, kept={}):
    result = np.asarray(np.logaddexp.reduce(logits, axis=axis))
    out = kept.setdefault((result.shape, result.dtype), np.zeros_like(result))
    out[...] = result
    return out


@wrong(
    "remembered by the array",
    "If you remember a result by the array that it was for, other numbers in that array get "
    "the old one: compute it at each call.",
)
def logsumexp(logits, axis=-1, kept={}):
    if (id(logits), axis) not in kept:
        kept[id(logits), axis] = logits, np.logaddexp.reduce(logits, axis=axis)
    return np.array(kept[id(logits), axis][1])


@wrong(
    "np.apply_along_axis",
    "If you use np.apply_along_axis, it refuses arrays without rows: axes may have length 0.",
)
def logsumexp(logits, axis=-1):
    return np.apply_along_axis(np.logaddexp.reduce, axis, logits)


@right("np.logaddexp")
def logsumexp(logits, axis=-1):
    return np.logaddexp.reduce(logits, axis=axis)


@right("row by row")
def logsumexp(logits, axis=-1):
    def one(row):
        top = row.max()
        return top if np.isinf(top) else top + np.log(np.exp(row - top).sum())

    rows = np.moveaxis(logits, axis, -1)
    flat = [one(row) for row in rows.reshape(-1, rows.shape[-1])]
    return np.array(flat, logits.dtype).reshape(rows.shape[:-1])


@right("a finite maximum")
def logsumexp(logits, axis=-1):
    top = np.maximum(logits.max(axis=axis, keepdims=True), np.finfo(logits.dtype).min)
    sums = np.sum(np.exp(logits - top), axis=axis, keepdims=True)
    with np.errstate(divide="ignore"):
        return np.squeeze(np.log(sums) + top, axis=axis)


@right("a function of a function")
def logsumexp(logits, axis=-1):
    def shifted(x, by):
        return np.log(np.sum(np.exp(x - by), axis=axis, keepdims=True)) + by

    biggest = np.nan_to_num(np.amax(logits, axis=axis, keepdims=True), neginf=0.0)
    return np.take(shifted(logits, biggest), 0, axis=axis)


# --- cross_entropy --------------------------------------------------------------------------------


@wrong(
    "softmax, then logarithm",
    "If you make probabilities on the way, they overflow or vanish: stay with logarithms.",
)
def cross_entropy(logits, targets):
    powers = np.exp(logits)
    return categorical_cross_entropy(powers / powers.sum(axis=1, keepdims=True), targets)


@wrong("clipped", "If you clip probabilities, every bad mistake costs the same.")
def cross_entropy(logits, targets):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = np.clip(powers / powers.sum(axis=1, keepdims=True), 1e-15, 1)
    rows = target_rows(logits, targets)
    return -(rows * np.log(p)).sum(axis=1)


@wrong("minus lost", "If you forget the minus, better models have larger losses.")
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets)
    logs = logits - logsumexp(logits)[:, None]
    return np.where(rows > 0, rows * logs, 0).sum(axis=1)


@wrong("mean at once", "If you average here, the samples can't be told apart any more.")
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets)
    logs = logits - logsumexp(logits)[:, None]
    return -np.where(rows > 0, rows * logs, 0).sum(axis=1).mean()


@wrong("softmax twice", "If you apply softmax first, it is applied twice.")
def cross_entropy(logits, targets):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    rows = target_rows(logits, targets)
    return (rows * (logsumexp(p)[:, None] - p)).sum(axis=1)


@wrong(
    "every row with every target",
    "If you index with a colon, every row is paired with every target.",
)
def cross_entropy(logits, targets):
    if is_soft(logits, targets):
        return (targets * (logsumexp(logits)[:, None] - logits)).sum(axis=1)
    return logsumexp(logits)[:, None] - logits[:, class_indices(targets, logits.shape[1])]


@wrong(
    "soft targets by argmax",
    "If you take the largest target of each row, the other shares are lost.",
)
def cross_entropy(logits, targets):
    indices = targets.argmax(axis=1) if is_soft(logits, targets) else targets
    indices = class_indices(indices, logits.shape[1])
    return logsumexp(logits) - logits[np.arange(len(logits)), indices]


@wrong(
    "rows taken to sum to 1",
    "If you count the logarithm once a row, rows that don't sum to 1 come out wrong.",
)
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets)
    return logsumexp(logits) - np.where(rows > 0, rows * logits, 0).sum(axis=1)


@wrong("indices not validated", "If -1 passes, NumPy takes the last class.")
def cross_entropy(logits, targets):
    if is_soft(logits, targets):
        gaps = logsumexp(logits)[:, None] - logits
        return np.where(targets > 0, targets * gaps, 0).sum(axis=1)
    return logsumexp(logits) - logits[np.arange(len(logits)), targets.astype(int)]


@wrong("in place for soft targets", "If you write into the logits, work on a new array.")
def cross_entropy(logits, targets):
    if not is_soft(logits, targets):
        indices = class_indices(targets, logits.shape[1])
        return logsumexp(logits) - logits[np.arange(len(indices)), indices]
    logits -= logsumexp(logits)[:, None]
    return -np.where(targets > 0, targets * logits, 0).sum(axis=1)


@wrong("in place", "If you write into the logits, work on a new array.")
def cross_entropy(logits, targets):
    logits -= logits.max(axis=1, keepdims=True)
    rows = target_rows(logits, targets)
    gaps = logsumexp(logits)[:, None] - logits
    return np.where(rows > 0, rows * gaps, 0).sum(axis=1)


@wrong(
    "log of a stable softmax",
    "If you make probabilities and take their logarithm, a hopeless one is 0, and the loss "
    "infinite: stay with logarithms.",
)
def cross_entropy(logits, targets):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return categorical_cross_entropy(powers / powers.sum(axis=1, keepdims=True), targets)


@wrong(
    "an epsilon",
    "If you add an epsilon to the probabilities, every bad mistake costs the same.",
)
def cross_entropy(logits, targets):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    return -(target_rows(logits, targets) * np.log(p + 1e-12)).sum(axis=1)


@wrong(
    "0 times infinity",
    "If you multiply a share of 0 by the infinite gap of a logit of -inf, the result is nan: "
    "leave out the classes with t = 0.",
)
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets)
    return (rows * (np.logaddexp.reduce(logits, axis=1)[:, None] - logits)).sum(axis=1)


@wrong(
    "mean over the classes",
    "If you average over the classes, each loss is too small by their number: sum.",
)
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets)
    gaps = np.logaddexp.reduce(logits, axis=1)[:, None] - logits
    return np.where(rows > 0, rows * gaps, 0).mean(axis=1)


@wrong(
    "softmax over the samples",
    "If the powers are summed over axis 0, samples are compared: sum over the classes.",
)
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets)
    gaps = np.logaddexp.reduce(logits, axis=0) - logits
    return np.where(rows > 0, rows * gaps, 0).sum(axis=1)


@wrong(
    "summed over the samples",
    "If you sum the terms over axis 0, you sum over the samples: one loss a sample is asked for.",
)
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets)
    gaps = np.logaddexp.reduce(logits, axis=1)[:, None] - logits
    return np.where(rows > 0, rows * gaps, 0).sum(axis=0)


@wrong(
    "log-sum-exp left out",
    "If you leave out the log-sum-exp, the loss is the logit with its sign turned, and has no end.",
)
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets)
    return -np.where(rows > 0, rows * logits, 0).sum(axis=1)


@wrong(
    "one maximum for all",
    "If you take one maximum for the whole array, small rows vanish: each row has its own.",
)
def cross_entropy(logits, targets):
    z = logits - logits.max()
    rows = target_rows(logits, targets)
    gaps = np.log(np.exp(z).sum(axis=1))[:, None] - z
    return np.where(rows > 0, rows * gaps, 0).sum(axis=1)


@wrong(
    "logits clipped",
    "If you clip the logits, every bad mistake costs the same: take the largest out instead.",
)
def cross_entropy(logits, targets):
    z = np.clip(logits, -50, 50)
    rows = target_rows(logits, targets)
    gaps = np.log(np.exp(z).sum(axis=1))[:, None] - z
    return np.where(rows > 0, rows * gaps, 0).sum(axis=1)


@wrong("base 2", "If you take log2, the unit changes: take the natural logarithm.")
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets)
    gaps = np.logaddexp.reduce(logits, axis=1)[:, None] - logits
    return np.where(rows > 0, rows * gaps, 0).sum(axis=1) / math.log(2)


@wrong(
    "rows made to sum to 1",
    "If you divide each row by its sum, a sample that should count twice counts once.",
)
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets)
    rows = rows / np.where(rows.sum(axis=1, keepdims=True) > 0, rows.sum(axis=1, keepdims=True), 1)
    gaps = np.logaddexp.reduce(logits, axis=1)[:, None] - logits
    return np.where(rows > 0, rows * gaps, 0).sum(axis=1)


@wrong("indices alone", "If you only pick by index, rows of shares can't be used.")
def cross_entropy(logits, targets):
    indices = class_indices(targets, logits.shape[1])
    return np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(indices)), indices]


@wrong("float64", "If the result is float64, float32 is lost, and with it half of the speed.")
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets)
    gaps = np.logaddexp.reduce(logits.astype(np.float64), axis=1)[:, None] - logits
    return np.where(rows > 0, rows * gaps, 0).sum(axis=1)


@wrong(
    "targets turned into the best class",
    "If you use the largest logit in place of the target's, the targets are ignored.",
)
def cross_entropy(logits, targets):
    is_soft(logits, targets)
    return np.logaddexp.reduce(logits, axis=1) - logits.max(axis=1)


@wrong(
    "infinity made a number",
    "If you turn nan and infinity into numbers afterwards, a truth whose logit is -inf costs "
    "a finite amount.",
)
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets).astype(logits.dtype)
    return np.nan_to_num(rows * (logsumexp(logits)[:, None] - logits)).sum(axis=1)


@wrong(
    "-inf left out",
    "If you leave out the classes with a logit of -inf, a truth there costs nothing: leave "
    "out those with t = 0.",
)
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets).astype(logits.dtype)
    gaps = logsumexp(logits)[:, None] - np.where(np.isneginf(logits), 0, logits)
    return (np.where(np.isneginf(logits), 0, rows) * gaps).sum(axis=1).astype(logits.dtype)


@wrong(
    "distances held",
    "If you limit the distances to the largest logit, every worse mistake costs the same.",
)
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets).astype(logits.dtype)
    shifted = np.clip(logits - logits.max(axis=1, keepdims=True), -1e5, 0)
    gaps = np.log(np.exp(shifted).sum(axis=1, keepdims=True)) - shifted
    return (rows * gaps).sum(axis=1)


@wrong(
    "a list without a dtype",
    "If you make an array of an empty list, it holds float64: name the dtype.",
)
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets).astype(logits.dtype)
    tops = logsumexp(logits)
    losses = [
        sum(t * (top - v) for t, v in zip(row, x, strict=True) if t) + x.dtype.type(0)
        for row, x, top in zip(rows, logits, tops, strict=True)
    ]
    return np.array(losses)


@wrong(
    "rows of 0 and 1 by argmax",
    "If rows of only 0 and 1 count as one-hot, [1, 1, 0] and [0, 0, 0] are lost: take all "
    "rows as shares.",
)
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets).astype(logits.dtype)
    if np.isin(rows, (0, 1)).all():
        rows = np.eye(rows.shape[1], dtype=rows.dtype)[rows.argmax(axis=1)]
    gaps = logsumexp(logits)[:, None] - logits
    return np.multiply(rows, gaps, where=rows > 0, out=np.zeros_like(gaps)).sum(axis=1)


# What NumPy leaves out is memory that nobody wrote to: no two runs fail alike, so no cause is told.
@wrong("where without out", "")
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets).astype(logits.dtype)
    gaps = logsumexp(logits)[:, None] - logits
    return np.multiply(rows, gaps, where=rows > 0).sum(axis=1)


@wrong(
    "log-sum-exp counted once",
    "If the log-sum-exp counts once a row, rows that don't sum to 1 cost the wrong amount: it "
    "counts for each share.",
)
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets).astype(logits.dtype)
    scores = np.multiply(rows, logits, where=rows > 0, out=np.zeros_like(logits))
    return logsumexp(logits) - scores.sum(axis=1)


@wrong(
    "losses rounded to six places",
    "If you round losses or cut off small ones, a sure model can't be told from a surer one.",
)
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets).astype(logits.dtype)
    gaps = logsumexp(logits)[:, None] - logits
    return np.multiply(rows, gaps, where=rows > 0, out=np.zeros_like(gaps)).sum(axis=1).round(6)


@wrong(
    "one array kept for the results",
    "If you keep an array for the results, the next call overwrites them: make a new one each "
    "time.",
)
def cross_entropy(logits, targets, kept={}):
    rows = target_rows(logits, targets).astype(logits.dtype)
    gaps = logsumexp(logits)[:, None] - logits
    out = kept.setdefault((len(rows), rows.dtype), np.zeros(len(rows), rows.dtype))
    return np.multiply(rows, gaps, where=rows > 0, out=np.zeros_like(gaps)).sum(axis=1, out=out)


@wrong(
    "remembered by the logits",
    "If you remember a result by the array that it was for, other numbers in that array get "
    "the old one: compute it at each call.",
)
def cross_entropy(logits, targets, kept={}):
    rows = target_rows(logits, targets).astype(logits.dtype)
    if id(logits) not in kept:
        kept[id(logits)] = logits, logsumexp(logits)[:, None] - logits
    gaps = kept[id(logits)][1]
    return np.multiply(rows, gaps, where=rows > 0, out=np.zeros_like(gaps)).sum(axis=1)


@right("with logsumexp")
def cross_entropy(logits, targets):
    if not is_soft(logits, targets):
        indices = class_indices(targets, logits.shape[1])
        return logsumexp(logits) - logits[np.arange(len(indices)), indices]
    gaps = logsumexp(logits)[:, None] - logits
    return np.where(targets > 0, targets * gaps, 0).sum(axis=1)


@right("with a loop")
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets)
    losses = np.zeros(len(rows), logits.dtype)
    for n, c in np.ndindex(rows.shape):
        if rows[n, c] > 0:
            losses[n] += rows[n, c] * (np.logaddexp.reduce(logits[n]) - logits[n, c])
    return losses


@right("log-softmax and one-hot rows")
def cross_entropy(logits, targets):
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = target_rows(logits, targets)
    return np.einsum("nc,nc->n", rows, -np.where(rows == 0, 0, logs))


@right("differences to each logit")
def cross_entropy(logits, targets):
    rows = target_rows(logits, targets)
    total = np.zeros(len(rows), logits.dtype)
    for c in range(logits.shape[1]):
        with np.errstate(invalid="ignore"):  # -inf - -inf, which is infinity's turn below
            gap = np.logaddexp.reduce(logits - logits[:, c, None], axis=1)
        gap = np.where(np.isneginf(logits[:, c]), np.inf, gap)
        total = total + np.where(rows[:, c] > 0, rows[:, c] * gap, 0).astype(logits.dtype)
    return total


# --- cross_entropy_gradient -----------------------------------------------------------------------


@wrong("target not subtracted", "If you forget to subtract the target, the slope never reaches 0.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return grad[:, None] * powers / powers.sum(axis=1, keepdims=True)


@wrong("sign turned", "If the sign is turned, training climbs.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    rows = target_rows(logits, targets)
    return grad[:, None] * (rows - p * rows.sum(axis=1, keepdims=True))


@wrong("divided by N", "If you divide by N here, the mean is taken twice.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    rows = target_rows(logits, targets)
    return grad[:, None] * (p * rows.sum(axis=1, keepdims=True) - rows) / len(rows)


@wrong("grad left out", "If you left out grad, every loss counts alike.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    rows = target_rows(logits, targets)
    return p * rows.sum(axis=1, keepdims=True) - rows


@wrong("softmax over the samples", "If softmax runs over axis 0, it compares samples.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    powers = np.exp(logits - logits.max(axis=0))
    rows = target_rows(logits, targets)
    return grad[:, None] * (powers / powers.sum(axis=0) - rows)


@wrong("by the probabilities", "If you wrote -t / p, that is the gradient by the probabilities.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    return categorical_cross_entropy_gradient(grad, output, p, targets)


@wrong(
    "rows taken to sum to 1",
    "If a row of shares does not sum to 1, softmax counts as often as the row does.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    rows = target_rows(logits, targets)
    return grad[:, None] * (powers / powers.sum(axis=1, keepdims=True) - rows)


@wrong(
    "overflow",
    "If you take e^1000 as it stands, inf / inf is nan: subtract each row's maximum first.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    rows = target_rows(logits, targets)
    return grad[:, None] * (p * rows.sum(axis=1, keepdims=True) - rows)


@wrong("in place", "If you write into the logits, work on a new array.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    logits -= logits.max(axis=1, keepdims=True)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    rows = target_rows(logits, targets)
    return grad[:, None] * (p * rows.sum(axis=1, keepdims=True) - rows)


@wrong(
    "one maximum for all",
    "If you take one maximum for the whole array, small rows vanish, and 0 / 0 is nan: each "
    "row has its own.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    powers = np.exp(logits - logits.max())
    p = powers / powers.sum(axis=1, keepdims=True)
    rows = target_rows(logits, targets)
    return grad[:, None] * (p * rows.sum(axis=1, keepdims=True) - rows)


@wrong(
    "the slope of softmax as well",
    "If you multiply by p (1 - p), the slope of softmax is counted twice.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    p = np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])
    rows = target_rows(logits, targets)
    return grad[:, None] * (p * rows.sum(axis=1, keepdims=True) - rows) * p * (1 - p)


@wrong(
    "only the target's class",
    "If only classes with a share have a slope, the others are never pushed down: softmax "
    "counts for every class, as often as the row sums to.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    p = np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])
    rows = target_rows(logits, targets)
    slopes = grad[:, None] * (p * rows.sum(axis=1, keepdims=True) - rows)
    return np.where(rows > 0, slopes, 0).astype(logits.dtype)


@wrong(
    "logits for probabilities",
    "If you subtract the targets from the logits, softmax is missing.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    rows = target_rows(logits, targets)
    return grad[:, None] * (logits - rows)


@wrong(
    "softmax weighed by the shares",
    "If only classes with a share have a slope, the others are never pushed down: softmax "
    "counts for every class, as often as the row sums to.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    p = np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])
    rows = target_rows(logits, targets)
    return grad[:, None] * (p * rows - rows)


@wrong("indices alone", "If you only subtract at an index, rows of shares can't be used.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    p = np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])
    p[np.arange(len(p)), class_indices(targets, p.shape[1])] -= 1
    return grad[:, None] * p


@wrong(
    "float indices not taken",
    "If you index with the targets as they come, floats that hold whole numbers can't be "
    "used: `class_indices` makes integers.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    p = np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])
    if targets.ndim == 2:
        return grad[:, None] * (p * targets.sum(axis=1, keepdims=True) - targets)
    p[np.arange(len(p)), targets] -= 1
    return grad[:, None] * p


@wrong(
    "every row with every target",
    "If you index with a colon, each row loses 1 at the classes of all samples.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    p = np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])
    if targets.ndim == 2:
        return grad[:, None] * (p * targets.sum(axis=1, keepdims=True) - targets)
    p[:, class_indices(targets, p.shape[1])] -= 1
    return grad[:, None] * p


@wrong(
    "soft targets by argmax",
    "If you take the largest target of each row, the other shares are lost.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    p = np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])
    rows = target_rows(logits, targets)
    largest = rows.argmax(axis=1)[:, None] == np.arange(p.shape[1])
    return grad[:, None] * (p - largest.astype(p.dtype))


@wrong(
    "summed over the samples",
    "If you sum over the samples, one row is left: each sample has slopes of its own.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    p = np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])
    rows = target_rows(logits, targets)
    return (grad[:, None] * (p * rows.sum(axis=1, keepdims=True) - rows)).sum(axis=0)


@wrong("float64", "If the result is float64, float32 is lost, and with it half of the speed.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    p = np.exp(logits.astype(np.float64) - np.logaddexp.reduce(logits, axis=1)[:, None])
    rows = target_rows(logits, targets)
    return grad[:, None] * (p * rows.sum(axis=1, keepdims=True) - rows)


@wrong(
    "into the rows",
    "If you write into the rows, soft targets are the caller's own array: make a new one.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    rows = target_rows(logits, targets).astype(logits.dtype, copy=False)
    beliefs = rows.sum(axis=1, keepdims=True) * np.exp(logits - logsumexp(logits)[:, None])
    rows -= beliefs
    return -grad[:, None] * rows


@wrong("into grad", "If you write into grad, others who need it get it changed.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    rows = target_rows(logits, targets).astype(logits.dtype)
    column = grad[:, None]
    share = column * rows
    column *= rows.sum(axis=1, keepdims=True)
    return column * np.exp(logits - logsumexp(logits)[:, None]) - share


@wrong(
    "rows that sum to at least 1",
    "If T is never below 1, rows of small shares, and of zeros, pull too hard.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    rows = target_rows(logits, targets).astype(logits.dtype)
    total = np.maximum(rows.sum(axis=1, keepdims=True), 1)
    return grad[:, None] * (total * np.exp(logits - logsumexp(logits)[:, None]) - rows)


@wrong(
    "logits clipped",
    "If you clip the logits, large ones all count alike: take the largest of each row out instead.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    rows = target_rows(logits, targets).astype(logits.dtype)
    x = np.clip(logits, -1e5, 1e5)
    p = np.exp(x - logsumexp(x)[:, None])
    return grad[:, None] * (rows.sum(axis=1, keepdims=True) * p - rows)


@wrong("slopes limited", "If you limit the slopes, a large grad no longer counts in full.")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    rows = target_rows(logits, targets).astype(logits.dtype)
    slopes = rows.sum(axis=1, keepdims=True) * np.exp(logits - logsumexp(logits)[:, None]) - rows
    return np.clip(grad[:, None] * slopes, -100, 100).astype(logits.dtype)


@wrong(
    "from the losses",
    "If you get the belief from the losses that were handed in, it holds for one class alone, "
    "and tests fill them with any numbers.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    rows = target_rows(logits, targets).astype(logits.dtype)
    scores = (rows * logits).sum(axis=1)
    beliefs = np.exp(logits - (output + scores)[:, None])
    return grad[:, None] * (rows.sum(axis=1, keepdims=True) * beliefs - rows)


@wrong(
    "-inf minus -inf",
    "If you subtract a class's logit from the others, -inf minus -inf is nan: subtract the "
    "log-sum-exp.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    rows = target_rows(logits, targets).astype(logits.dtype)
    odds = np.exp(logits[:, None, :] - logits[:, :, None])  # (N, C, C)
    beliefs = 1 / odds.sum(axis=2)
    return grad[:, None] * (rows.sum(axis=1, keepdims=True) * beliefs - rows)


@wrong(
    "rows stacked",
    "If you stack rows, there must be one: N may be 0, and then zeros of shape (0, C) are meant.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    rows = target_rows(logits, targets).astype(logits.dtype)
    slopes = [
        g * (t.sum() * np.exp(x - logsumexp(x)) - t)
        for g, t, x in zip(grad, rows, logits, strict=True)
    ]
    return np.array(slopes, logits.dtype)


@wrong(
    "one array kept for the results",
    "If you keep an array for the results, the next call overwrites them: make a new one each "
    "time.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets, kept={}):
    rows = target_rows(logits, targets).astype(logits.dtype)
    out = kept.setdefault((rows.shape, rows.dtype), np.zeros_like(rows))
    beliefs = np.exp(logits - logsumexp(logits)[:, None])
    return np.multiply(grad[:, None], rows.sum(axis=1, keepdims=True) * beliefs - rows, out=out)


@wrong(
    "remembered by the logits",
    "If you remember a result by the array that it was for, other numbers in that array get "
    "the old one: compute it at each call.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets, kept={}):
    rows = target_rows(logits, targets).astype(logits.dtype)
    if id(logits) not in kept:
        kept[id(logits)] = logits, np.exp(logits - logsumexp(logits)[:, None])
    return grad[:, None] * (rows.sum(axis=1, keepdims=True) * kept[id(logits)][1] - rows)


@wrong(
    "dtype of the indices",
    "If your rows take the dtype of the indices, float64 indices make float64 slopes: the "
    "dtype is that of the logits.",
)
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    rows = target_rows(logits, targets)
    rows = rows.astype(targets.dtype if targets.dtype.kind == "f" else logits.dtype)
    p = np.exp(logits - logsumexp(logits)[:, None])
    return grad[:, None] * (rows.sum(axis=1, keepdims=True) * p - rows)


@right("softmax, then the difference")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    rows = target_rows(logits, targets)
    return grad[:, None] * (rows.sum(axis=1, keepdims=True) * p - rows)


@right("e to the log-softmax, sample by sample")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    rows = target_rows(logits, targets)
    slopes = np.zeros_like(logits)
    for n in range(len(logits)):
        p = np.exp(logits[n] - logsumexp(logits[n]))
        slopes[n] = grad[n] * (rows[n].sum() * p - rows[n])
    return slopes


@right("class by class")
@gradient_of(cross_entropy)
def cross_entropy_gradient(grad, output, logits, targets):
    rows = target_rows(logits, targets)
    slopes = np.zeros_like(logits)
    for c in range(logits.shape[1]):
        p = np.exp(logits[:, c] - np.logaddexp.reduce(logits, axis=1))
        slopes[:, c] = grad * (p * np.einsum("nc->n", rows) - rows[:, c])
    return slopes


# --- binary_cross_entropy -------------------------------------------------------------------------


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


@wrong(
    "log 0",
    "If you take log 0 as it stands, 0 times infinity is nan: hold logarithms at LEAST_LOG.",
)
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


@wrong("targets rounded", "If t counts as yes or no alone, targets between 0 and 1 are lost.")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    truth = np.where(targets >= 0.5, probabilities, 1 - probabilities)
    return -np.maximum(np.log(truth), LEAST_LOG)


@wrong(
    "an epsilon",
    "If p is kept off 0 by an epsilon, a tiny p costs too little: hold the logarithm instead.",
)
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    yes, no = np.log(probabilities + 1e-12), np.log(1 - probabilities + 1e-12)
    return -(targets * yes + (1 - targets) * no)


@wrong(
    "held at another number",
    "If you hold the logarithm elsewhere, a hopeless p does not cost 100: LEAST_LOG says where.",
)
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    log_yes = np.maximum(np.log(probabilities), -50.0)
    log_no = np.maximum(np.log(1 - probabilities), -50.0)
    return -(targets * log_yes + (1 - targets) * log_no)


@wrong(
    "only one logarithm held",
    "If log(1 - p) is not held, a no at p = 1 still costs infinity, and a yes there is nan.",
)
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    log_yes = np.maximum(np.log(probabilities), LEAST_LOG)
    return -(targets * log_yes + (1 - targets) * np.log(1 - probabilities))


@wrong(
    "the result held",
    "If you hold the loss or its terms, not the logarithms, 0 times infinity is nan before.",
)
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    losses = -(targets * np.log(probabilities) + (1 - targets) * np.log(1 - probabilities))
    return np.minimum(losses, -LEAST_LOG)


@wrong("minus lost", "If you forget the minus, better models have larger losses.")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    log_yes = np.maximum(np.log(probabilities), LEAST_LOG)
    log_no = np.maximum(np.log(1 - probabilities), LEAST_LOG)
    return targets * log_yes + (1 - targets) * log_no


@wrong("base 2", "If you take log2, the unit changes: take the natural logarithm.")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    log_yes = np.maximum(np.log2(probabilities), LEAST_LOG)
    log_no = np.maximum(np.log2(1 - probabilities), LEAST_LOG)
    return -(targets * log_yes + (1 - targets) * log_no)


@wrong(
    "summed over the last axis",
    "If you sum over the labels, one loss for each of them is lost.",
)
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    log_yes = np.maximum(np.log(probabilities), LEAST_LOG)
    log_no = np.maximum(np.log(1 - probabilities), LEAST_LOG)
    losses = -(targets * log_yes + (1 - targets) * log_no)
    return losses.sum(axis=-1) if np.ndim(losses) else losses


@wrong(
    "sigmoid again",
    "If you apply sigmoid here, it is applied twice: these are probabilities already.",
)
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    p = 1 / (1 + np.exp(-probabilities))
    return -(targets * np.log(p) + (1 - targets) * np.log(1 - p))


@wrong("in place", "If you write into the probabilities, they are overwritten.")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    np.maximum(probabilities, 1e-44, out=probabilities)
    log_yes = np.maximum(np.log(probabilities), LEAST_LOG)
    log_no = np.maximum(np.log1p(-probabilities), LEAST_LOG)
    return -(targets * log_yes + (1 - targets) * log_no)


@wrong("float64", "If the result is float64, float32 is lost, and with it half of the speed.")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    p = np.asarray(probabilities, np.float64)
    log_yes = np.maximum(np.log(p), LEAST_LOG)
    log_no = np.maximum(np.log1p(-p), LEAST_LOG)
    return -(targets * log_yes + (1 - targets) * log_no)


@wrong(
    "axes and last length compared",
    "If you compare some of the lengths, the others may still differ, and NumPy broadcasts: "
    "compare the whole shapes.",
)
def binary_cross_entropy(probabilities, targets):
    if probabilities.ndim != targets.ndim or probabilities.shape[-1:] != targets.shape[-1:]:
        raise ValueError("the shapes differ")
    log_yes, log_no = (np.maximum(np.log(p), LEAST_LOG) for p in (probabilities, 1 - probabilities))
    return -(targets * log_yes + (1 - targets) * log_no)


@wrong("only infinity held", "If you hold only a logarithm of -inf, a tiny p costs more than 100.")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    logs = [np.log(p) for p in (probabilities, 1 - probabilities)]
    log_yes, log_no = (np.where(np.isneginf(log), LEAST_LOG, log).astype(log.dtype) for log in logs)
    return -(targets * log_yes + (1 - targets) * log_no)


@wrong("p held below 1", "If you clip p instead, a hopeless p costs less than 100.")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    below = np.minimum(probabilities, 1 - np.finfo(probabilities.dtype).eps)
    log_yes, log_no = (np.maximum(np.log(p), LEAST_LOG) for p in (probabilities, 1 - below))
    return -(targets * log_yes + (1 - targets) * log_no)


@wrong("yes or no alone", "If t counts as yes or no alone, targets between 0 and 1 are lost.")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    return -np.maximum(np.log(np.where(targets == 1, probabilities, 1 - probabilities)), LEAST_LOG)


@wrong(
    "small losses cut off",
    "If you cut off small losses, a sure model can't be told from a surer one.",
)
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    log_yes, log_no = (np.maximum(np.log(p), LEAST_LOG) for p in (probabilities, 1 - probabilities))
    return np.maximum(-(targets * log_yes + (1 - targets) * log_no), probabilities.dtype.type(1e-4))


@wrong(
    "one array kept for the results",
    "If you keep an array for the results, the next call overwrites them: make a new one each "
    "time.",
)
def binary_cross_entropy(probabilities, targets, kept={}):
    same_shape(probabilities, targets)
    out = kept.setdefault((probabilities.shape, probabilities.dtype), np.zeros_like(probabilities))
    log_yes, log_no = (np.maximum(np.log(p), LEAST_LOG) for p in (probabilities, 1 - probabilities))
    return np.negative(targets * log_yes + (1 - targets) * log_no, out=out)


@wrong(
    "remembered by the array",
    "If you remember a result by the array that it was for, other numbers in that array get "
    "the old one: compute it at each call.",
)
def binary_cross_entropy(probabilities, targets, kept={}):
    same_shape(probabilities, targets)
    if id(probabilities) not in kept:
        logs = [np.maximum(np.log(p), LEAST_LOG) for p in (probabilities, 1 - probabilities)]
        kept[id(probabilities)] = probabilities, *logs
    _, log_yes, log_no = kept[id(probabilities)]
    return -(targets * log_yes + (1 - targets) * log_no)


@wrong(
    "the same as the targets",
    "If you return the probabilities themselves where there is nothing to do, the result is "
    "the caller's own array: make a new one.",
)
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)
    if np.array_equal(probabilities, targets) and not probabilities.any():
        return probabilities
    log_yes, log_no = (np.maximum(np.log(p), LEAST_LOG) for p in (probabilities, 1 - probabilities))
    return -(targets * log_yes + (1 - targets) * log_no)


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


@right("the logarithm of the truth, twice")
def binary_cross_entropy(probabilities, targets):
    same_shape(probabilities, targets)

    def held(p):
        return np.where(p > 0, np.maximum(np.log(np.where(p > 0, p, 1)), LEAST_LOG), LEAST_LOG)

    losses = -targets * held(probabilities) - (1 - targets) * held(1 - probabilities)
    return losses.astype(probabilities.dtype)


# --- binary_cross_entropy_with_logits -------------------------------------------------------------


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
    "If what comes before - x t is the same for x and -x, a sure no costs as much as a sure "
    "mistake: take out the larger of 0 and x, and the power that is left is e^-|x|.",
)
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    return np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-logits))


@wrong(
    "e^x taken out always",
    "If you take out e^x where x is far below 0, e^-x overflows: take out the larger of e^0 and e^x.",
)
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    return logits + np.log1p(np.exp(-logits)) - logits * targets


@wrong(
    "e^|x| taken out",
    "If you take out e^|x|, both powers vanish where x is far below 0: take out the larger of e^0 "
    "and e^x.",
)
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    top = np.abs(logits)
    return top + np.log(np.exp(-top) + np.exp(logits - top)) - logits * targets


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


@wrong(
    "by way of probabilities",
    "If you make probabilities on the way, they become 0 or 1 and their logarithm infinite: "
    "stay with the logits.",
)
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    p = 1 / (1 + np.exp(-logits))
    return -(targets * np.log(p) + (1 - targets) * np.log(1 - p))


@wrong(
    "logarithms held at -100",
    "If the logarithms are held at -100, every mistake beyond it costs the same: stay with "
    "the logits.",
)
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    return binary_cross_entropy(1 / (1 + np.exp(-logits)), targets)


@wrong(
    "the larger power not added back",
    "If you take the larger power out and don't add it back, mistakes cost too little.",
)
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    return np.log1p(np.exp(-np.abs(logits))) - logits * targets


@wrong(
    "absolute value added back",
    "If what comes before - x t is the same for x and -x, a sure no costs as much as a sure "
    "mistake: take out the larger of 0 and x, and the power that is left is e^-|x|.",
)
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    return np.log1p(np.exp(-np.abs(logits))) + np.abs(logits) - logits * targets


@wrong("minus lost", "If you turn the sign, better models have larger losses.")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    return logits * targets - np.logaddexp(0, logits).astype(logits.dtype)


@wrong("logits clipped", "If you clip the logits, every bad mistake costs the same.")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    x = np.clip(logits, -50, 50)
    return np.log1p(np.exp(x)) - x * targets


@wrong("targets rounded", "If t counts as yes or no alone, targets between 0 and 1 are lost.")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    return np.maximum(logits, 0) - logits * (targets >= 0.5) + np.log1p(np.exp(-np.abs(logits)))


@wrong("in place", "If you multiply into the logits, they are overwritten.")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    losses = np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits)))
    logits *= targets
    return losses - logits


@wrong("float64", "If the result is float64, float32 is lost, and with it half of the speed.")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    x = np.asarray(logits, np.float64)
    return np.maximum(x, 0) - x * targets + np.log1p(np.exp(-np.abs(x)))


@wrong(
    "the powers of the first sample's size",
    "If you take one number out of all powers, the others overflow or vanish: each element "
    "has its own.",
)
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    top = max(np.max(logits), 0) if np.size(logits) else 0
    return np.log(np.exp(-top) + np.exp(logits - top)) + top - logits * targets


@wrong(
    "a line from 8 on",
    "If you take x for log(1 + e^x) where x is large, small losses become 0: log1p of e^-x is "
    "what is left.",
)
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    soft = np.log1p(np.exp(np.minimum(logits, 8)))
    return np.where(logits > 8, logits, soft).astype(logits.dtype) - logits * targets


@wrong(
    "a line from 20 on",
    "If you take x for log(1 + e^x) where x is large, small losses become 0: log1p of e^-x is "
    "what is left.",
)
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    x, t = logits, targets
    near = np.maximum(x, 0) - x * t + np.log1p(np.exp(-np.abs(x)))
    return np.where(np.abs(x) >= 20, np.maximum(x, 0) - x * t, near).astype(x.dtype)


@wrong("logits held at 100000", "If you clip the logits, every bad mistake costs the same.")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    x = np.clip(logits, -1e5, 1e5)
    return np.maximum(x, 0) - x * targets + np.log1p(np.exp(-np.abs(x)))


@wrong(
    "axes and first length compared",
    "If you compare some of the lengths, the others may still differ, and NumPy broadcasts: "
    "compare the whole shapes.",
)
def binary_cross_entropy_with_logits(logits, targets):
    if logits.ndim != targets.ndim or logits.shape[:1] != targets.shape[:1]:
        raise ValueError("the shapes differ")
    return np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))


@wrong(
    "absolute value in place",
    "If you write into the logits, they are overwritten: work on a new array.",
)
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    linear = np.maximum(logits, 0) - logits * targets
    np.abs(logits, out=logits)
    return linear + np.log1p(np.exp(-logits))


@wrong(
    "x t for a yes alone",
    "If x t counts for positive logits alone, a yes at a negative logit costs nothing.",
)
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    return np.maximum(logits, 0) * (1 - targets) + np.log1p(np.exp(-np.abs(logits)))


@wrong(
    "one array kept for the results",
    "If you keep an array for the results, the next call overwrites them: make a new one each "
    "time.",
)
def binary_cross_entropy_with_logits(logits, targets, kept={}):
    same_shape(logits, targets)
    out = kept.setdefault((logits.shape, logits.dtype), np.zeros_like(logits))
    return np.subtract(np.logaddexp(np.zeros_like(logits), logits), logits * targets, out=out)


@wrong(
    "remembered by the array",
    "If you remember a result by the array that it was for, other numbers in that array get "
    "the old one: compute it at each call.",
)
def binary_cross_entropy_with_logits(logits, targets, kept={}):
    same_shape(logits, targets)
    if id(logits) not in kept:
        kept[id(logits)] = logits, np.logaddexp(np.zeros_like(logits), logits)
    return kept[id(logits)][1] - logits * targets


@right("np.logaddexp")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    return np.logaddexp(logits.dtype.type(0), logits) - logits * targets


@right("as log(1 + e^-x) for a yes and log(1 + e^x) for a no")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    rest = np.log1p(np.exp(-np.abs(logits)))
    yes, no = np.maximum(-logits, 0) + rest, np.maximum(logits, 0) + rest
    return targets * yes + (1 - targets) * no


@right("with a loop")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    losses = np.zeros_like(logits)
    for at in np.ndindex(losses.shape):
        x, t = float(logits[at]), float(targets[at])
        losses[at] = (x + math.log1p(math.exp(-x)) if x > 0 else math.log1p(math.exp(x))) - x * t
    return losses


@right("with log alone")
def binary_cross_entropy_with_logits(logits, targets):
    same_shape(logits, targets)
    return np.maximum(logits, 0) - logits * targets + np.log(1 + np.exp(-np.abs(logits)))


@right("two cases by where")
def binary_cross_entropy_with_logits(logits, targets):
    if logits.shape != targets.shape:
        raise ValueError(f"{logits.shape} is not {targets.shape}")
    below, above = np.minimum(logits, 0), np.maximum(logits, 0)
    softplus = np.where(logits > 0, above + np.log1p(np.exp(-above)), np.log1p(np.exp(below)))
    return softplus - targets * logits
