"""Other solutions to the exercises of lesson 5: what its tests must reject, and accept.

Sorts are stable here: what an unstable one makes of ties differs between processors.
"""

import math

import numpy as np

from tinytorch.course.variants import right, wrong

# --- predicted_classes ----------------------------------------------------------------------


@wrong(
    "searches along the samples",
    "If you searched along axis 0, you found the best sample of each class.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return scores.argmax(axis=0)


@wrong("returns the scores", "If you return the largest scores, their places are asked for.")
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return scores.max(axis=1)


@wrong("counts from one", "If you count classes from 1, every index is one too high.")
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return scores.argmax(axis=1) + 1


@wrong(
    "the smallest score",
    "If you searched for the smallest score, you found the least likely class.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return scores.argmin(axis=1)


@wrong("sizes without their sign", "If you compared sizes without their sign, -3 beats -1.")
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return np.abs(scores).argmax(axis=1)


@wrong(
    "one place for all",
    "If you searched without an axis, you found one place among all the scores.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return scores.argmax()


@wrong(
    "keeps the axis",
    "If you kept the axis that you searched, the result is a column: (N,) is asked for.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return scores.argmax(axis=1, keepdims=True)


@wrong("one-hot rows", "If you marked the largest scores, the rows still have to name a class.")
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return (scores == scores.max(axis=1, keepdims=True)).astype(int)


@wrong(
    "compares with one half",
    "If you asked which score exceeds one half, only probabilities of two classes fit.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return (scores[:, 1] > 0.5).astype(int)


@wrong(
    "decimals",
    "If your classes are decimals, they cannot be used as indices: return whole numbers.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    classes = np.zeros(len(scores))
    for n, row in enumerate(scores):
        classes[n] = row.argmax()
    return classes


@wrong(
    "the last of equal scores",
    "If the last of equal scores wins, the rule 'the first' is broken.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return np.argsort(scores, axis=1, kind="stable")[:, -1]


@wrong(
    "the last by a comparison with >=",
    "If the last of equal scores wins, the rule 'the first' is broken.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    classes = []
    for row in scores:
        best = 0
        for c in range(len(row)):
            if row[c] >= row[best]:
                best = c
        classes.append(best)
    return np.array(classes)


@wrong(
    "sorts negated scores",
    "If you negated scores of an unsigned dtype, 1 becomes 255 and the order breaks.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    if scores.dtype == bool:
        scores = scores.astype(int)
    return np.argsort(-scores, axis=1, kind="stable")[:, 0]


@wrong(
    "into float32",
    "If you turned the scores into another dtype, those that are close become equal.",
)
def predicted_classes(outputs):
    with np.errstate(all="ignore"):
        scores = to_array(outputs).astype(np.float32)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return scores.argmax(axis=1)


@wrong(
    "exponentials first",
    "If you took exponentials first, very large or close scores become equal.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    with np.errstate(all="ignore"):
        return np.exp(scores.astype(np.float64)).argmax(axis=1)


@wrong(
    "a best score that begins at 0",
    "If the best score so far begins at 0, rows of negative scores have none.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    classes = []
    for row in scores:
        best, largest = 0, 0
        for c, score in enumerate(row):
            if score > largest:
                best, largest = c, score
        classes.append(best)
    return np.array(classes)


@wrong(
    "lets NaN pass",
    "If NaN passes, a broken network gets an accuracy: refuse it wherever it stands.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2:
        raise ValueError("expected (N, C) scores")
    return scores.argmax(axis=1)


@wrong(
    "looks for NaN with ==",
    "If NaN passes, a broken network gets an accuracy: refuse it wherever it stands.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or (scores == np.nan).any():
        raise ValueError("expected (N, C) scores")
    classes = []
    for row in scores:
        best = 0
        for c in range(len(row)):
            if row[c] > row[best]:
                best = c
        classes.append(best)
    return np.array(classes)


@wrong("only rows full of NaN", "If you refuse only rows full of NaN, a single one passes.")
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).all(axis=1).any():
        raise ValueError("expected (N, C) scores")
    return scores.argmax(axis=1)


@wrong("leaves NaN out", "If you refuse only rows full of NaN, a single one passes.")
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2:
        raise ValueError("expected (N, C) scores")
    return np.nanargmax(np.where(np.isneginf(scores), -np.finfo(float).max, scores.astype(float)), axis=1)


@wrong(
    "looks for NaN in the first row",
    "If you look for NaN in some rows or columns only, it passes in the others.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores[0]).any():
        raise ValueError("expected (N, C) scores")
    return scores.argmax(axis=1)


@wrong(
    "looks for NaN in the first column",
    "If you look for NaN in some rows or columns only, it passes in the others.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores[:, 0]).any():
        raise ValueError("expected (N, C) scores")
    return scores.argmax(axis=1)


@wrong(
    "refuses infinities",
    "If you refuse what is not finite, infinities are refused too: only NaN is no number.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or not np.isfinite(scores).all():
        raise ValueError("expected (N, C) scores")
    return scores.argmax(axis=1)


@wrong(
    "puts zeros for NaN",
    "If NaN passes, a broken network gets an accuracy: refuse it wherever it stands.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2:
        raise ValueError("expected (N, C) scores")
    scores[np.isnan(scores)] = 0
    return scores.argmax(axis=1)


@wrong(
    "subtracts in place",
    "If you subtract in place, the caller's scores change: work on an array of your own.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    if scores.dtype.kind == "f" and np.isfinite(scores).all():
        scores -= scores.max(axis=1, keepdims=True)
    return scores.argmax(axis=1)


@wrong("lets a column pass", "If a single column passes, every sample is of class 0.")
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return scores.argmax(axis=1)


@wrong(
    "lets classes pass",
    "If one axis passes, nobody knows whether it holds classes or the scores of a sample.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim == 1:
        return scores.astype(int)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return scores.argmax(axis=1)


@wrong(
    "lets more axes pass",
    "If more than two axes pass, the result no longer has one class a sample.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim < 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return scores.argmax(axis=-1)


@wrong(
    "an IndexError",
    "If a check looks at shape[1] before it counts the axes, IndexError takes the place of "
    "ValueError.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.shape[1] < 2 or scores.ndim != 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return scores.argmax(axis=1)


@wrong(
    "a TypeError for shapes",
    "If you raise TypeError, mind that the docstring names ValueError: it is the values that are "
    "wrong.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2:
        raise TypeError("expected (N, C) scores")
    if np.isnan(scores).any():
        raise ValueError("NaN")
    return scores.argmax(axis=1)


@wrong(
    "counts classes in a byte",
    "If results are kept in few bits, large numbers start again at 0 or below.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return scores.argmax(axis=1).astype(np.uint8)


@wrong(
    "into float64",
    "If you turned the scores into another dtype, those that are close become equal.",
)
def predicted_classes(outputs):
    scores = np.asarray(to_array(outputs), dtype=np.float64)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return scores.argmax(axis=1)


@wrong(
    "looks for NaN in float32 and float64",
    "If you look for NaN in some dtypes only, it passes in the others.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2:
        raise ValueError("expected (N, C) scores")
    if scores.dtype in (np.float32, np.float64) and np.isnan(scores).any():
        raise ValueError("NaN")
    return scores.argmax(axis=1)


@wrong(
    "drops axes of length 1",
    "If axes of length 1 are dropped first, shapes pass that are to be refused.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    scores = scores[..., 0] if scores.ndim == 3 and scores.shape[2] == 1 else scores
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return scores.argmax(axis=1)


@wrong(
    "decimals of no rows",
    "If no rows give an empty list, its array holds decimals: name the dtype.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return np.array([int(row.argmax()) for row in scores])


@wrong(
    "refuses no rows",
    "If no rows are refused, an empty batch has no classes at all: N may be 0.",
)
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2 or not scores.size or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    return scores.argmax(axis=1)


@wrong(
    "remembers an array by its place",
    "If results are remembered by `id`, an array that was filled anew gets the old one.",
)
def predicted_classes(outputs):
    scores, known = to_array(outputs), predicted_classes.__dict__.setdefault("known", {})
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError("expected (N, C) scores")
    if id(outputs) not in known:
        known[id(outputs)] = outputs, scores.argmax(axis=1)
    return known[id(outputs)][1].copy()


@right("by places where the largest stands")
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] <= 1 or np.isnan(scores.min(axis=1)).any():
        raise ValueError("expected (N, C) scores")
    return np.argmax(scores == np.max(scores, axis=1)[:, None], axis=-1)


@right("sorts in place of searching")
def predicted_classes(outputs):
    scores = to_array(outputs)
    if len(scores.shape) != 2 or scores.shape[1] < 2 or not (scores == scores).all():
        raise ValueError("expected (N, C) scores")
    backwards = np.argsort(scores[:, ::-1], axis=1, kind="stable")[:, -1]
    return scores.shape[1] - 1 - backwards


@right("with a loop")
def predicted_classes(outputs):
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2:
        raise ValueError("expected (N, C) scores")
    classes = []
    for row in scores.tolist():
        if any(math.isnan(score) for score in row):
            raise ValueError("NaN")
        classes.append(row.index(max(row)))
    return np.array(classes, dtype=np.int32)


# --- accuracy -------------------------------------------------------------------------------


@wrong("returns a count", "If you add up without dividing, you return a count.")
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(np.sum(predicted == actual))


@wrong(
    "returns the error rate",
    "If you count what differs, you return the error rate.",
    loses=("test_accuracy_is_the_share_that_agrees", "test_accuracy_in_every_form_that_fits"),
)
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(np.mean(predicted != actual))


@wrong("returns per cent", "If you return per cent, everyone else expects a share.")
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return 100 * float(np.mean(predicted == actual))


@wrong(
    "all or nothing",
    "If you ask whether all are right, or divide with //, one mistake spoils everything.",
)
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float((predicted == actual).all())


@wrong(
    "divides whole numbers",
    "If you ask whether all are right, or divide with //, one mistake spoils everything.",
)
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float((predicted == actual).sum() // len(actual))


@wrong("rounds", "If you round, digits are lost that others compare by.")
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return round(float(np.mean(predicted == actual)), 2)


@wrong("a column against a row", "If a column meets a row, everyone is compared with everyone.")
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(np.mean(predicted.reshape(-1, 1) == actual))


@wrong(
    "compares one-hot rows",
    "If you compare one-hot rows element by element, right zeros count too.",
)
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    identity = np.eye(class_count(outputs, targets))
    return float(np.mean(identity[predicted] == identity[actual]))


@wrong(
    "divides by the classes",
    "If you divide by the number of classes, the share is not one of the samples.",
)
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(np.sum(predicted == actual) / class_count(outputs, targets))


@wrong(
    "divides by one less",
    "If you divide by N - 1, all right gives more than 1, and one sample nothing at all.",
)
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(np.sum(predicted == actual) / (len(actual) - 1 or 1e-9))


@wrong(
    "sorts both",
    "If you sort both, or count how often each class occurs, who got which answer is lost.",
)
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(np.mean(np.sort(predicted) == np.sort(actual)))


@wrong("leaves class 0 out", "If a product tells what is right, a right 0 counts as wrong.")
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(np.mean(predicted * (predicted == actual) > 0))


@wrong("knows two classes only", "If only 'zero or not' is compared, all other classes are one.")
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(np.mean((predicted > 0) == (actual > 0)))


@wrong(
    "one minus the mean distance",
    "If you subtract classes, a distance between their numbers is taken for an error.",
)
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(1 - np.abs(predicted - actual).mean())


@wrong("each sample alone", "If you return what each sample gives, its mean is still to be taken.")
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return (predicted == actual).astype(float)


@wrong("prints", "If the result is printed, it is still to be returned.")
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    print(float(np.mean(predicted == actual)))


@wrong(
    "a small number below",
    "If you add a small number to the count, all right is no longer 1.0: nothing can be 0 here.",
)
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(np.sum(predicted == actual) / (len(actual) + 1e-3))


@wrong("compares scores", "If you compare scores with targets, floats almost never equal a class.")
def accuracy(outputs, targets):
    _, actual = paired_classes(outputs, targets)
    array = to_array(outputs)
    return float(np.mean((array if array.ndim == 1 else array.max(axis=-1)) == actual))


@wrong("scores alone", "If you take scores alone, outputs that are classes already are refused.")
def accuracy(outputs, targets):
    return float(np.mean(predicted_classes(outputs) == target_classes(targets)))


@wrong(
    "classes alone",
    "If you compare what was passed as it is, scores are compared with classes.",
)
def accuracy(outputs, targets):
    predicted, actual = to_array(outputs), to_array(targets)
    if predicted.shape != actual.shape or predicted.ndim != 1 or not actual.size:
        raise ValueError("expected as many")
    if (actual != np.rint(actual)).any() or actual.min() < 0:
        raise ValueError("expected classes")
    return float(np.mean(predicted == actual))


@wrong("indices alone", "If one-hot targets are refused, half of the promised forms are missing.")
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    if np.ndim(targets) != 1:
        raise ValueError("expected indices")
    return float(np.mean(predicted == actual))


@wrong(
    "does not look at the lengths",
    "If you compare without a look at the lengths, one target is held against every sample.",
)
def accuracy(outputs, targets):
    predicted = whole_numbers(outputs) if np.ndim(outputs) == 1 else predicted_classes(outputs)
    return float(np.mean(predicted == target_classes(targets)))


@wrong("cuts the longer one", "If the longer one is cut, samples vanish without a word.")
def accuracy(outputs, targets):
    predicted = whole_numbers(outputs) if np.ndim(outputs) == 1 else predicted_classes(outputs)
    pairs = list(zip(predicted, target_classes(targets)))
    if not pairs or max(max(pair) for pair in pairs) >= class_count(outputs, targets):
        raise ValueError("expected samples")
    return sum(p == a for p, a in pairs) / len(pairs)


@wrong("0 for nothing", "If an empty batch gives 0.0, nobody notices that nothing was measured.")
def accuracy(outputs, targets):
    if len(targets) == 0:
        return 0.0
    predicted, actual = paired_classes(outputs, targets)
    return float(np.mean(predicted == actual))


@wrong(
    "counts hits in 16 bits",
    "If counts are kept in few bits, large batches start again at 0 or below.",
)
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float((predicted == actual).sum(dtype=np.int16)) / len(actual)


@wrong(
    "counts hits in a byte",
    "If counts are kept in few bits, large batches start again at 0 or below.",
)
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float((predicted == actual).sum(dtype=np.uint8)) / len(actual)


@wrong(
    "asks whether it is the same object",
    "If `is` compares numbers, equal ones above 256 are two objects: use ==.",
)
def accuracy(outputs, targets):
    predicted, actual = (each.tolist() for each in paired_classes(outputs, targets))
    return sum(p is a for p, a in zip(predicted, actual)) / len(actual)


@wrong(
    "remembers an array by its place",
    "If results are remembered by `id`, an array that was filled anew gets the old one.",
)
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    known = accuracy.__dict__.setdefault("known", {})
    if (id(outputs), id(targets)) not in known:
        known[id(outputs), id(targets)] = outputs, targets, float(np.mean(predicted == actual))
    return known[id(outputs), id(targets)][2]


@wrong(
    "a very small number below",
    "If you add a small number to the count, all right is no longer 1.0: nothing can be 0 here.",
)
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(np.sum(predicted == actual) / (len(actual) + 1e-10))


@wrong(
    "takes soft targets",
    "If rows such as 0.6 and 0.4 pass as targets, a class is made up: a target must name one.",
)
def accuracy(outputs, targets):
    if np.ndim(targets) == 2 and np.shape(targets)[1] >= 2:
        targets = np.eye(np.shape(targets)[1])[predicted_classes(targets)]
    predicted, actual = paired_classes(outputs, targets)
    return float(np.mean(predicted == actual))


@right("with a loop")
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    hits = 0
    for p, a in zip(predicted, actual):
        hits += int(p == a)
    return hits / len(actual)


@right("from the number of errors")
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return 1 - np.count_nonzero(predicted - actual) / actual.size


@wrong(
    "in float32",
    "If you compute in float32, digits beyond the seventh are lost: float64 is asked for.",
)
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return np.equal(predicted, actual).astype(np.float32).mean()


@right("as an array without axes")
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return np.array(sum(map(int, predicted == actual)) / float(len(predicted)))


# --- balanced_accuracy ----------------------------------------------------------------------


@wrong("accuracy", "If every sample weighs the same, you compute the accuracy.")
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(np.mean(predicted == actual))


@wrong(
    "the classes weighed by their samples",
    "If every sample weighs the same, you compute the accuracy.",
)
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    names, counts = np.unique(actual, return_counts=True)
    shares = [np.mean(predicted[actual == c] == c) for c in names]
    return float(np.average(shares, weights=counts))


@wrong(
    "what was called",
    "If you divide by how often a class was predicted, you ask whom to believe and not who was "
    "found.",
)
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(np.mean([np.mean(actual[predicted == c] == c) for c in np.unique(predicted)]))


@wrong(
    "what was called, over the true classes",
    "If you divide by how often a class was predicted, you ask whom to believe and not who was "
    "found.",
)
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    shares = []
    for c in np.unique(actual):
        called = predicted == c
        shares.append(np.mean(actual[called] == c) if called.any() else 0.0)
    return float(np.mean(shares))


@wrong("adds up", "If you add up the shares, divide by their number.")
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(sum(np.mean(predicted[actual == c] == c) for c in np.unique(actual)))


@wrong(
    "classes that never occur",
    "If a class that never occurs counts as 0, its share is made up.",
)
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    shares = []
    for c in range(class_count(outputs, targets)):
        own = actual == c
        shares.append(np.mean(predicted[own] == c) if own.any() else 0.0)
    return float(np.mean(shares))


@wrong(
    "classes up to the largest target",
    "If you count classes up to the largest target, those in between that never occur count as 0.",
)
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    there = np.bincount(actual)
    hits = np.bincount(actual[predicted == actual], minlength=len(there))
    return float(np.mean(hits / np.maximum(there, 1)))


@wrong(
    "counts what is only predicted",
    "If a class that is only predicted counts as 0, its share is made up.",
)
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    shares = []
    for c in np.union1d(predicted, actual):
        own = actual == c
        shares.append(np.mean(predicted[own] == c) if own.any() else 0.0)
    return float(np.mean(shares))


@wrong(
    "a class that never occurs is perfect",
    "If a class that never occurs counts as 1, its share is made up.",
)
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    shares = []
    for c in range(class_count(outputs, targets)):
        own = actual == c
        shares.append(np.mean(predicted[own] == c) if own.any() else 1.0)
    return float(np.mean(shares))


@wrong("NaN of what never occurs", "If a class that never occurs gives NaN, the mean is NaN.")
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets)
    there = np.bincount(actual, minlength=classes)
    hits = np.bincount(actual[predicted == actual], minlength=classes)
    with np.errstate(all="ignore"):
        return float(np.mean(hits / there))


@wrong(
    "leaves out classes without a hit",
    "If a class that was never found is left out, ignoring it pays again.",
)
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    shares = [np.mean(predicted[actual == c] == c) for c in np.unique(actual)]
    found = [share for share in shares if share]
    return float(np.mean(found)) if found else 0.0


@wrong("the worst class", "If you take the worst class, the others do not count.")
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(min(np.mean(predicted[actual == c] == c) for c in np.unique(actual)))


@wrong(
    "the median",
    "If you take the median, classes far from the middle do not count: the mean is asked for.",
)
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(np.median([np.mean(predicted[actual == c] == c) for c in np.unique(actual)]))


@wrong(
    "what is no class counts too",
    "If you count what is rightly not called a class, rare classes look easy.",
)
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(np.mean([np.mean((predicted == c) == (actual == c)) for c in np.unique(actual)]))


@wrong("less chance", "If you subtract chance, who always gives one answer gets 0 and not 1/C.")
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    shares = [np.mean(predicted[actual == c] == c) for c in np.unique(actual)]
    chance = 1 / len(shares)
    return float((np.mean(shares) - chance) / max(1 - chance, 1e-9))


@wrong("two classes", "If you take classes 0 and 1 alone, the others do not count.")
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    shares = [np.mean(predicted[actual == c] == c) for c in (0, 1) if (actual == c).any()]
    return float(np.mean(shares)) if shares else 0.0


@wrong("classes alone", "If you take outputs as classes only, scores are refused.")
def balanced_accuracy(outputs, targets):
    predicted, actual = whole_numbers(outputs), target_classes(targets)
    if predicted.shape != actual.shape or not actual.size:
        raise ValueError("expected as many")
    return float(np.mean([np.mean(predicted[actual == c] == c) for c in np.unique(actual)]))


@wrong(
    "does not look at the lengths",
    "If you do not look at the lengths, samples are lost or compared with another's target.",
)
def balanced_accuracy(outputs, targets):
    predicted = whole_numbers(outputs) if np.ndim(outputs) == 1 else predicted_classes(outputs)
    actual = target_classes(targets)
    found = {}
    for p, a in zip(predicted, actual):
        found.setdefault(int(a), []).append(p == a)
    return float(np.mean([np.mean(hits) for hits in found.values()])) if found else 0.0


@wrong("ten classes at most", "If only the first ten classes are asked, those behind are lost.")
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    shares = [np.mean(predicted[actual == c] == c) for c in range(10) if (actual == c).any()]
    return float(np.mean(shares)) if shares else 0.0


@wrong(
    "counts in 16 bits",
    "If counts are kept in few bits, large batches start again at 0 or below.",
)
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    there = np.bincount(actual).astype(np.int16)
    hits = np.bincount(actual, predicted == actual)
    return float((hits[there != 0] / there[there != 0]).mean())


@wrong(
    "in float32",
    "If you compute in float32, digits beyond the seventh are lost: float64 is asked for.",
)
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    shares = [np.mean(predicted[actual == c] == c) for c in np.unique(actual)]
    return float(np.mean(shares, dtype=np.float32))


@wrong(
    "remembers an array by its place",
    "If results are remembered by `id`, an array that was filled anew gets the old one.",
)
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    known = balanced_accuracy.__dict__.setdefault("known", {})
    if (id(outputs), id(targets)) not in known:
        shares = [np.mean(predicted[actual == c] == c) for c in np.unique(actual)]
        known[id(outputs), id(targets)] = outputs, targets, float(np.mean(shares))
    return known[id(outputs), id(targets)][2]


@right("with a dictionary")
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    there, hits = {}, {}
    for p, a in zip(predicted.tolist(), actual.tolist()):
        there[a] = there.get(a, 0) + 1
        hits[a] = hits.get(a, 0) + (p == a)
    return sum(hits[a] / there[a] for a in there) / len(there)


@right("as weighted samples")
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    weights = 1 / np.bincount(actual)[actual]
    return np.average(predicted == actual, weights=weights)


@right("by counting")
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    there = np.bincount(actual)
    hits = np.bincount(actual, predicted == actual)
    return (hits[there > 0] / there[there > 0]).mean()


@right("without what would be NaN")
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    classes = np.arange(class_count(outputs, targets))[:, None]
    own = actual == classes
    with np.errstate(invalid="ignore"):
        return float(np.nanmean((own & (predicted == classes)).sum(axis=1) / own.sum(axis=1)))


# --- confidence_interval --------------------------------------------------------------------


@wrong(
    "the textbook's interval",
    "If you put the measured share under the root, 12 of 12 look certain.",
    loses=(
        "test_confidence_interval_ends_z_deviations_away",
        "test_confidence_interval_of_all_or_none",
    ),
)
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    share = correct / total
    half = z * math.sqrt(share * (1 - share) / total)
    return max(0.0, share - half), min(1.0, share + half)


@wrong(
    "the textbook's interval, beyond 0 and 1",
    "If you put the measured share under the root, 12 of 12 look certain.",
)
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    share = correct / total
    half = z * math.sqrt(share * (1 - share) / total)
    return share - half, share + half


@wrong("the upper end first", "If you return the upper end first, everyone reads it the other way.")
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    p, n = correct / total, total
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (p + z * z / (2 * n) + half) / (1 + z * z / n), (p + z * z / (2 * n) - half) / (1 + z * z / n)


@wrong("without the denominator", "If you forget to divide by 1 + z²/N, the ends lie too far out.")
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    p, n = correct / total, total
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return p + z * z / (2 * n) - half, p + z * z / (2 * n) + half


@wrong(
    "around the share",
    "If the interval lies around the measured share, its centre is missing: it is drawn towards "
    "one half.",
)
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    p, n = correct / total, total
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return p - half, p + half


@wrong(
    "the discriminant as it stands",
    "If rounding puts b² - 4ac just below 0, where both roots are equal, it has no root: "
    "take at least 0, or a form without the difference.",
)
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("no counts")
    a, b, c = total + z**2, -(2 * correct + z**2), correct**2 / total
    root = math.sqrt(b**2 - 4 * a * c)
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


@right("with a discriminant of at least 0")
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("no counts")
    a, b, c = total + z**2, -(2 * correct + z**2), correct**2 / total
    root = math.sqrt(max(0.0, b**2 - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


@right("with the discriminant of shares, which is 0 where z is")
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("no counts")
    share, w = correct / total, z * z / total
    a, b, c = 1 + w, -(2 * share + w), share**2
    ends = (-b + np.array([-1, 1]) * np.sqrt(b * b - 4 * a * c)) / (2 * a)
    return float(ends[0]), float(ends[1])


@wrong("centre and half width", "If you return centre and half width, they are not the ends.")
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    p, n = correct / total, total
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (p + z * z / (2 * n)) / (1 + z * z / n), half / (1 + z * z / n)


@wrong("ignores z", "If you ignore z, the width is always that of 95 %.")
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    z, p, n = 1.959963984540054, correct / total, total
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (p + z * z / (2 * n) - half) / (1 + z * z / n), (p + z * z / (2 * n) + half) / (1 + z * z / n)


@wrong("takes z = 0 for none", "If `z or ...` chooses the default, z = 0 is taken for no z at all.")
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    z, p, n = z or Z_95, correct / total, total
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (p + z * z / (2 * n) - half) / (1 + z * z / n), (p + z * z / (2 * n) + half) / (1 + z * z / n)


@wrong("no root", "If you leave out the root, a variance is taken for a deviation.")
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    p, n = correct / total, total
    half = z * (p * (1 - p) / n + z * z / (4 * n * n))
    return (p + z * z / (2 * n) - half) / (1 + z * z / n), (p + z * z / (2 * n) + half) / (1 + z * z / n)


@wrong(
    "z in the place of its square",
    "If z stands where its square belongs, square both sides of the inequality.",
)
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    share, w = correct / total, z / total
    root = math.sqrt(w * (4 * share * (1 - share) + w))
    return tuple((2 * share + w + sign * root) / (2 + 2 * w) for sign in (-1, 1))


@wrong(
    "a plus for a minus",
    "If the root of b² - 4ac became one of b² + 4ac, look at the sign of the last term.",
)
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    a, b, c = total + z * z, -(2 * correct + z * z), correct * correct / total
    root = math.sqrt(b * b + 4 * a * c)
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


@wrong(
    "the wrong sign of b",
    "If both ends are negative, look at the sign of b: p is minus b, plus or minus the root.",
)
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    a, b, c = total + z * z, 2 * correct + z * z, correct * correct / total
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


@wrong("divides by a alone", "If you divide by a, mind that the roots are divided by 2a.")
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    a, b, c = total + z * z, 2 * correct + z * z, correct * correct / total
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return (b - root) / a, (b + root) / a


@wrong(
    "the interval of the errors",
    "If you put in what was wrong, the interval is that of the error rate.",
)
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    share, w = 1 - correct / total, z * z / total
    root = math.sqrt(w * (4 * share * (1 - share) + w))
    return tuple((2 * share + w + sign * root) / (2 + 2 * w) for sign in (-1, 1))


@wrong(
    "another interval of the kind",
    "If you add z²/2 successes and go on as in the textbook, that is another interval.",
)
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    n = total + z * z
    p = (correct + z * z / 2) / n
    half = z * math.sqrt(p * (1 - p) / n)
    return max(0.0, p - half), min(1.0, p + half)


@wrong(
    "counts of right samples",
    "If the ends are numbers of samples, divide by their total: shares are asked for.",
)
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    share, w = correct / total, z * z / total
    root = math.sqrt(w * (4 * share * (1 - share) + w))
    return tuple(total * (2 * share + w + sign * root) / (2 + 2 * w) for sign in (-1, 1))


@wrong(
    "one deviation under the root",
    "If you forgot to divide z² by N, the interval does not shrink with more samples.",
)
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    share, w = correct / total, z * z
    root = math.sqrt(w * (4 * share * (1 - share) + w))
    return tuple((2 * share + w + sign * root) / (2 + 2 * w) for sign in (-1, 1))


@wrong(
    "keeps away from 0 and 1",
    "If you keep the ends away from 0 and 1, none or all right gets an end that is not its own.",
)
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    share, w = correct / total, z * z / total
    root = math.sqrt(w * (4 * share * (1 - share) + w))
    low, high = ((2 * share + w + sign * root) / (2 + 2 * w) for sign in (-1, 1))
    return max(1e-3, low), min(1 - 1e-3, high)


@wrong("takes any counts", "If counts that cannot be pass, so do their shares.")
def confidence_interval(correct, total, z=Z_95):
    if total == 0:
        return 0.0, 1.0
    p, n = correct / total, total
    half = z * math.sqrt(abs(p * (1 - p) / n + z * z / (4 * n * n)))
    return (p + z * z / (2 * n) - half) / (1 + z * z / n), (p + z * z / (2 * n) + half) / (1 + z * z / n)


@wrong(
    "a ZeroDivisionError",
    "If nothing is checked, 0 of 0 ends in ZeroDivisionError and other counts in a number.",
)
def confidence_interval(correct, total, z=Z_95):
    share, w = correct / total, z * z / total
    root = abs(w * (4 * share * (1 - share) + w)) ** 0.5
    return tuple((2 * share + w + sign * root) / (2 + 2 * w) for sign in (-1, 1))


@wrong(
    "refuses none and all",
    "If none right or all right is refused, a good network gets no interval.",
)
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 < correct < total:
        raise ValueError("expected counts")
    share, w = correct / total, z * z / total
    root = math.sqrt(w * (4 * share * (1 - share) + w))
    return tuple((2 * share + w + sign * root) / (2 + 2 * w) for sign in (-1, 1))


@wrong("does not ask for too many", "If more right than there are passes, so does a share above 1.")
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or correct < 0:
        raise ValueError("expected counts")
    share, w = correct / total, z * z / total
    root = abs(w * (4 * share * (1 - share) + w)) ** 0.5
    return tuple((2 * share + w + sign * root) / (2 + 2 * w) for sign in (-1, 1))


@wrong(
    "the textbook's interval for many samples",
    "If large counts go another way than small ones, that way must give the same.",
)
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    share, w = correct / total, z * z / total
    if total >= 100_000:
        half = z * math.sqrt(share * (1 - share) / total)
        return max(0.0, share - half), min(1.0, share + half)
    root = math.sqrt(w * (4 * share * (1 - share) + w))
    return (2 * share + w - root) / (2 + 2 * w), (2 * share + w + root) / (2 + 2 * w)


@wrong("limits z", "If z is limited, a larger one gets an interval that is too narrow.")
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    z = min(z, 10)
    share, w = correct / total, z * z / total
    root = math.sqrt(w * (4 * share * (1 - share) + w))
    return (2 * share + w - root) / (2 + 2 * w), (2 * share + w + root) / (2 + 2 * w)


@wrong(
    "rounds the ends",
    "If the ends are rounded, large samples and rare errors lose what sets them apart.",
)
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    share, w = correct / total, z * z / total
    root = math.sqrt(w * (4 * share * (1 - share) + w))
    return tuple(round((2 * share + w + sign * root) / (2 + 2 * w), 6) for sign in (-1, 1))


@right("by the roots of the quadratic")
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or correct < 0 or correct > total:
        raise ValueError("expected counts")
    # (N + z²) p² - (2 N s + z²) p + N s² = 0
    a, b, c = total + z * z, 2 * correct + z * z, correct * correct / total
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return (b - root) / (2 * a), (b + root) / (2 * a)


@right("in NumPy's numbers, as an array")
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    p, n = np.float64(correct) / total, total
    half = z * np.sqrt(p * (1 - p) / n + (z / (2 * n)) ** 2)
    return (p + z**2 / (2 * n) + np.array([-1, 1]) * half) / (1 + z**2 / n)


@right("by halving the distance to each end")
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    share, ends = correct / total, []
    for outside in (0.0, 1.0):
        inside = share
        if (share - outside) ** 2 <= z * z * outside * (1 - outside) / total:
            inside = outside
        for _ in range(80):
            middle = (inside + outside) / 2
            if (share - middle) ** 2 <= z * z * middle * (1 - middle) / total:
                inside = middle
            else:
                outside = middle
        ends.append(inside)
    return tuple(ends)


@right("with NumPy's roots")
def confidence_interval(correct, total, z=Z_95):
    if total <= 0 or correct < 0 or total - correct < 0:
        raise ValueError("expected counts")
    share = correct / total
    ends = np.roots([1 + z * z / total, -(2 * share + z * z / total), share * share])
    ends = sorted(np.clip(ends.real, 0, 1).tolist()) if z and 0 < share < 1 else None
    if ends is None:
        inner = total / (total + z * z)
        ends = [inner, 1.0] if share == 1 else [0.0, 1 - inner] if share == 0 else [share, share]
    return ends[0], ends[1]


# --- top_k_accuracy -------------------------------------------------------------------------


@wrong("one place too many", "If you count one place too many, k + 1 classes are named.")
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    named = np.argsort(-scores.astype(float), axis=1, kind="stable")[:, : k + 1]
    return float(np.mean((named == actual[:, None]).any(axis=1)))


@wrong("one place too few", "If you count one place too few, k - 1 classes are named.")
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    named = np.argsort(-scores.astype(float), axis=1, kind="stable")[:, : k - 1]
    return float(np.mean((named == actual[:, None]).any(axis=1)))


@wrong("ignores k", "If only the best class counts, k is ignored.")
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    return float(np.mean(scores.argmax(axis=1) == actual))


@wrong("place k exactly", "If a hit must be in place k exactly, the better places are lost.")
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    named = np.argsort(-scores.astype(float), axis=1, kind="stable")[:, k - 1]
    return float(np.mean(named == actual))


@wrong("the worst k", "If you sort upwards, you name the k worst.")
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    named = np.argsort(scores, axis=1, kind="stable")[:, :k]
    return float(np.mean((named == actual[:, None]).any(axis=1)))


@wrong(
    "an order taken for places",
    "If you look up the target in what argsort returns, you read who stands in a place, not the "
    "place.",
)
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    order = np.argsort(-scores.astype(float), axis=1, kind="stable")
    return float(np.mean(order[np.arange(len(order)), actual] < k))


@wrong("sorts the samples", "If you sort along axis 0, samples are ranked and not classes.")
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    named = np.argsort(-scores.astype(float), axis=0, kind="stable")[:, :k]
    return float(np.mean((named == actual[:, None]).any(axis=1)))


@wrong("returns a count", "If you add up without dividing, you return a count.")
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    named = np.argsort(-scores.astype(float), axis=1, kind="stable")[:, :k]
    return float((named == actual[:, None]).any(axis=1).sum())


@wrong("divides by k", "If you divide by k, you compute a precision of the named classes.")
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    named = np.argsort(-scores.astype(float), axis=1, kind="stable")[:, :k]
    return float((named == actual[:, None]).mean())


@wrong("what misses", "If you count what misses the first k, you return the error rate.")
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    named = np.argsort(-scores.astype(float), axis=1, kind="stable")[:, :k]
    return float(np.mean(~(named == actual[:, None]).any(axis=1)))


@wrong(
    "negates unsigned scores",
    "If you negated scores of an unsigned dtype, 1 becomes 255 and the order breaks.",
)
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    named = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float(np.mean((named == actual[:, None]).any(axis=1)))


@wrong(
    "changes the scores",
    "If you strike out scores in the array that was passed, the caller's scores change.",
)
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    hit, rows = np.zeros(len(actual), bool), np.arange(len(actual))
    for _ in range(k):
        best = scores.argmax(axis=1)
        hit |= best == actual
        scores[rows, best] = -np.inf if scores.dtype.kind == "f" else scores.min()
    return float(hit.mean())


@wrong(
    "ties count for the target",
    "If a tie counts for the target, a dead network is always right.",
)
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    own = scores[np.arange(len(scores)), actual, np.newaxis]
    return float(np.mean((scores > own).sum(axis=1) < k))


@wrong(
    "ties count against the target",
    "If a tie counts against the target, a dead network is always wrong.",
)
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    own = scores[np.arange(len(scores)), actual, np.newaxis]
    return float(np.mean((scores >= own).sum(axis=1) <= k))


@wrong(
    "the higher index first",
    "If the higher index of equal scores may come first, top-1 is no longer the accuracy.",
)
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    named = np.argsort(scores, axis=1, kind="stable")[:, ::-1][:, :k]
    return float(np.mean((named == actual[:, None]).any(axis=1)))


@wrong(
    "the k largest different scores",
    "If you take the k largest different scores, equal ones share a place and more than k "
    "classes are named.",
)
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    return float(np.mean([row[t] in np.unique(row)[-k:] for row, t in zip(scores, actual)]))


@wrong(
    "almost equal is equal",
    "If scores that are close count as equal, after rounding or in float32, the better one loses "
    "its place.",
)
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    own = scores[np.arange(len(scores)), actual, np.newaxis]
    equal = np.isclose(scores, own)
    before = ((scores > own) & ~equal) | (equal & (np.arange(scores.shape[1]) < actual[:, None]))
    return float(np.mean(before.sum(axis=1) < k))


@wrong(
    "into float32",
    "If scores that are close count as equal, after rounding or in float32, the better one loses "
    "its place.",
)
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    named = np.argsort(-scores.astype(np.float32), axis=1, kind="stable")[:, :k]
    return float(np.mean((named == actual[:, None]).any(axis=1)))


@wrong("takes any k", "If k outside 1 to C passes, none or all are right whatever the scores.")
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    named = np.argsort(-scores.astype(float), axis=1, kind="stable")[:, :k]
    return float(np.mean((named == actual[:, None]).any(axis=1)))


@wrong("refuses k = C", "If k = C is refused, so is the one k that is always right.")
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k < scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    named = np.argsort(-scores.astype(float), axis=1, kind="stable")[:, :k]
    return float(np.mean((named == actual[:, None]).any(axis=1)))


@wrong("takes k = 0", "If k = 0 passes, nothing is named and nothing can be right.")
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 0 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    named = np.argsort(-scores.astype(float), axis=1, kind="stable")[:, :k]
    return float(np.mean((named == actual[:, None]).any(axis=1)))


@wrong(
    "asks the samples for k",
    "If k is compared with the number of samples, it may not exceed that of the classes.",
)
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[0]:
        raise ValueError("expected k from 1 to C")
    named = np.argsort(-scores.astype(float), axis=1, kind="stable")[:, :k]
    return float(np.mean((named == actual[:, None]).any(axis=1)))


@wrong(
    "lets NaN pass",
    "If NaN passes, no score stands before it and the target is always among the best.",
)
def top_k_accuracy(outputs, targets, k):
    scores, actual = to_array(outputs), fitting_targets(outputs, targets)
    if scores.ndim != 2 or not 1 <= k <= scores.shape[1]:
        raise ValueError("expected scores and k from 1 to C")
    own = scores[np.arange(len(scores)), actual, np.newaxis]
    before = (scores > own) | ((scores == own) & (np.arange(scores.shape[1]) < actual[:, None]))
    return float(np.mean(before.sum(axis=1) < k))


@wrong(
    "arrays alone",
    "If you use the outputs as they come, a list or a Tensor does not do: take what "
    "`scored_batch` returns.",
)
def top_k_accuracy(outputs, targets, k):
    scored_batch(outputs, targets)
    if not 1 <= k <= outputs.shape[1]:
        raise ValueError("expected k from 1 to C")
    best = [sorted(range(len(row)), key=lambda c: row[c], reverse=True)[:k] for row in outputs]
    return sum(int(t) in named for t, named in zip(targets, best)) / len(targets)


@wrong(
    "does not look at the batch",
    "If nobody asks whether scores and targets fit, samples are lost or counted for another.",
)
def top_k_accuracy(outputs, targets, k):
    scores, actual = to_array(outputs), target_classes(targets)
    if scores.ndim != 2 or not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    best = [sorted(range(len(row)), key=lambda c: row[c], reverse=True)[:k] for row in scores]
    return sum(t in named for t, named in zip(actual, best)) / max(len(actual), 1)


@wrong(
    "1.0 for all classes without a look",
    "If k = C returns before the batch is checked, one that does not fit passes.",
)
def top_k_accuracy(outputs, targets, k):
    if np.ndim(outputs) == 2 and k == np.shape(outputs)[1] >= 2 and len(outputs) == len(targets):
        return 1.0
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    own = np.take_along_axis(scores, actual[:, None], axis=1)
    before = (scores > own) | ((scores == own) & (np.arange(scores.shape[1]) < actual[:, None]))
    return float(np.mean(before.sum(axis=1) < k))


@wrong(
    "sorts negated signed scores",
    "If you negate or subtract scores in their own dtype, the smallest whole numbers run over.",
)
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    scores = scores.astype(np.int64) if scores.dtype.kind in "ub" else scores
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float((best == actual[:, None]).any(axis=1).mean())


@wrong(
    "the sign of differences",
    "If you negate or subtract scores in their own dtype, the smallest whole numbers run over.",
)
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    scores = scores.astype(np.int64) if scores.dtype.kind in "ub" else scores
    own = np.take_along_axis(scores, actual[:, None], axis=1)
    with np.errstate(all="ignore"):
        larger = scores - own > 0
    before = larger | ((scores == own) & (np.arange(scores.shape[1]) < actual[:, None]))
    return float(np.mean(before.sum(axis=1) < k))


@wrong(
    "equal to twelve digits is equal",
    "If scores that are close count as equal, after rounding or in float32, the better one loses "
    "its place.",
)
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    own = np.take_along_axis(scores, actual[:, None], axis=1)
    tie = np.isclose(scores, own, rtol=1e-12, atol=0)
    before = ((scores > own) & ~tie) | (tie & (np.arange(scores.shape[1]) < actual[:, None]))
    return float(np.mean(before.sum(axis=1) < k))


@wrong(
    "places in a byte",
    "If places or counts are kept in few bits, large numbers start again at 0 or below.",
)
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    own = np.take_along_axis(scores, actual[:, None], axis=1)
    before = (scores > own) | ((scores == own) & (np.arange(scores.shape[1]) < actual[:, None]))
    return float(np.mean(before.sum(axis=1, dtype=np.uint8) < k))


@wrong(
    "hits in 16 bits",
    "If places or counts are kept in few bits, large numbers start again at 0 or below.",
)
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    own = np.take_along_axis(scores, actual[:, None], axis=1)
    before = (scores > own) | ((scores == own) & (np.arange(scores.shape[1]) < actual[:, None]))
    return float((before.sum(axis=1) < k).sum(dtype=np.int16) / len(actual))


@wrong(
    "infinities are never equal",
    "If a difference of 0 tells what is equal, two infinities differ by NaN.",
)
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    scores = scores if scores.dtype.kind == "i" else scores.astype(np.float64)
    own = np.take_along_axis(scores, actual[:, None], axis=1)
    with np.errstate(all="ignore"):
        equal = scores - own == 0
    before = (scores > own) | (equal & (np.arange(scores.shape[1]) < actual[:, None]))
    return float(np.mean(before.sum(axis=1) < k))


@right("with a stable sort")
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    flipped = np.argsort(scores[:, ::-1], axis=1, kind="stable")[:, ::-1][:, :k]
    named = scores.shape[1] - 1 - flipped
    return float(np.mean(np.any(named == actual[:, np.newaxis], axis=1)))


@right("by naming the best k times")
def top_k_accuracy(outputs, targets, k):
    scores, actual = scored_batch(outputs, targets)
    if k < 1 or k > scores.shape[1]:
        raise ValueError("expected k from 1 to C")
    hits = 0
    for row, target in zip(scores.tolist(), actual.tolist()):
        left = list(range(len(row)))
        for _ in range(k):
            best = max(left, key=lambda c: row[c])
            left.remove(best)
        hits += target not in left
    return hits / len(actual)


@right("with a loop")
def top_k_accuracy(outputs, targets, k):
    predicted_scores, actual = scored_batch(outputs, targets)
    if k not in range(1, predicted_scores.shape[1] + 1):
        raise ValueError("expected k from 1 to C")
    hits = 0
    for row, target in zip(predicted_scores, actual):
        best = sorted(range(len(row)), key=lambda c: row[c], reverse=True)[:k]
        hits += target in best
    return np.float64(hits) / len(actual)


@right("by places, with checks of its own")
def top_k_accuracy(outputs, targets, k):
    scores = to_array(outputs)
    if scores.ndim != 2 or (scores != scores).any() or not 0 < k <= scores.shape[-1]:
        raise ValueError("expected scores and k from 1 to C")
    _, actual = paired_classes(outputs, targets)
    own = np.take_along_axis(scores, actual[:, None], axis=1)
    ahead = (scores > own).sum(axis=1)
    ahead += [int((row[:t] == row[t]).sum()) for row, t in zip(scores, actual)]
    return (ahead < k).mean()


# --- confusion_matrix -----------------------------------------------------------------------


@wrong(
    "rows are predictions",
    "If rows are predictions, the matrix is transposed.",
    loses=("test_confusion_matrix_counts_every_pair", "test_confusion_matrix_has_every_class"),
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    matrix = np.zeros((classes, classes), int)
    np.add.at(matrix, (predicted, actual), 1)
    return matrix


@wrong(
    "adds a repeated pair once",
    "If you write with [actual, predicted] += 1, a repeated pair counts once.",
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    matrix = np.zeros((classes, classes), int)
    matrix[actual, predicted] += 1
    return matrix


@wrong("divides by N", "If you divide by N, or by the rows, you return shares and not counts.")
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    matrix = np.zeros((classes, classes))
    np.add.at(matrix, (actual, predicted), 1)
    return matrix / len(actual)


@wrong(
    "divides by the rows",
    "If you divide by N, or by the rows, you return shares and not counts.",
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    matrix = np.zeros((classes, classes))
    np.add.at(matrix, (actual, predicted), 1)
    return matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)


@wrong(
    "counts as decimals",
    "If np.zeros got no dtype, the counts are decimals: whole numbers are asked for.",
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    matrix = np.zeros((classes, classes))
    for p, a in zip(predicted, actual):
        matrix[a, p] += 1
    return matrix


@wrong("only the errors", "If you count only what is wrong, the diagonal stays empty.")
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    matrix = np.zeros((classes, classes), int)
    np.add.at(matrix, (actual, predicted), predicted != actual)
    return matrix


@wrong("only the hits", "If you count only what is right, the errors are gone.")
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    return np.diag(np.bincount(actual[actual == predicted], minlength=classes))


@wrong(
    "both ways",
    "If you count a pair both ways, what was true and what was predicted can't be told apart.",
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    matrix = np.zeros((classes, classes), int)
    for p, a in zip(predicted, actual):
        matrix[a, p] += 1
        if a != p:
            matrix[p, a] += 1
    return matrix


@wrong(
    "rows from the bottom",
    "If the rows run from the last class to the first, turn them round: row 0 is class 0.",
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    matrix = np.zeros((classes, classes), int)
    np.add.at(matrix, (actual, predicted), 1)
    return matrix[::-1].copy()


@wrong(
    "not reshaped",
    "If you return the counts of the pairs, they still need the shape (classes, classes).",
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    return np.bincount(actual * classes + predicted, minlength=classes * classes)


@wrong(
    "no minlength",
    "If bincount is not told how many pairs there are, it stops at the largest that occurs.",
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    return np.bincount(actual * classes + predicted).reshape(classes, classes)


@wrong("only what occurs", "If you look only at what occurs, the size changes from batch to batch.")
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    if classes is not None and max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    names = np.union1d(predicted, actual)
    return np.array([[((actual == i) & (predicted == j)).sum() for j in names] for i in names])


@wrong(
    "as many as the largest target says",
    "If the size follows from the targets alone, a class that is only predicted has no column.",
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    size = int(actual.max()) + 1 if classes is None else classes
    if classes is not None and max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    matrix = np.zeros((size, size), int)
    for p, a in zip(predicted, actual):
        if p < size:
            matrix[a, p] += 1
    return matrix


@wrong(
    "as many as the largest class says",
    "If the size follows from the largest class that occurs, the columns of scores or one-hot "
    "rows are forgotten.",
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    size = int(max(predicted.max(), actual.max())) + 1 if classes is None else classes
    if max(predicted.max(), actual.max()) >= size:
        raise ValueError("a class beyond")
    matrix = np.zeros((size, size), int)
    np.add.at(matrix, (actual, predicted), 1)
    return matrix


@wrong("ignores classes", "If you ignore `classes`, the size follows from the batch alone.")
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets)
    matrix = np.zeros((classes, classes), int)
    np.add.at(matrix, (actual, predicted), 1)
    return matrix


@wrong(
    "takes 0 classes for none said",
    "If `classes or ...` chooses, 0 is taken for None: 0 classes hold no sample.",
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = classes or class_count(outputs, targets)
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    matrix = np.zeros((classes, classes), int)
    np.add.at(matrix, (actual, predicted), 1)
    return matrix


@wrong(
    "grows where it must",
    "If the matrix grows with the batch, a class beyond `classes` passes.",
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = max(classes or 0, class_count(outputs, targets))
    matrix = np.zeros((classes, classes), int)
    np.add.at(matrix, (actual, predicted), 1)
    return matrix


@wrong(
    "loses what lies beyond",
    "If a class beyond `classes` passes, it is lost or lands in another row.",
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    matrix = np.zeros((classes, classes), int)
    for p, a in zip(predicted, actual):
        if p < classes and a < classes:
            matrix[a, p] += 1
    return matrix


@wrong(
    "lands in another row",
    "If only the targets are compared with `classes`, a predicted class beyond lands in another "
    "row.",
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if actual.max() >= classes:
        raise ValueError("a class beyond")
    counts = np.bincount(actual * classes + predicted, minlength=classes * classes + classes)
    return counts[: classes * classes].reshape(classes, classes)


@wrong(
    "an IndexError",
    "If an index beyond the matrix raises, that is an IndexError: a ValueError is asked for.",
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    matrix = np.zeros((classes, classes), int)
    for p, a in zip(predicted, actual):
        matrix[a, p] += 1
    return matrix


@wrong(
    "8-bit numbers of pairs",
    "If you compute with 8-bit integers, numbers above 255 start again at 0.",
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    pairs = actual.astype(np.uint8) * np.uint8(classes) + predicted.astype(np.uint8)
    return np.bincount(pairs, minlength=classes * classes)[: classes * classes].reshape(classes, classes)


@wrong("classes alone", "If you take outputs as classes only, scores are refused.")
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = whole_numbers(outputs), fitting_targets(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    matrix = np.zeros((classes, classes), int)
    np.add.at(matrix, (actual, predicted), 1)
    return matrix


@wrong(
    "counts of 16 bits",
    "If counts are kept in few bits, large batches start again at 0 or below.",
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    matrix = np.zeros((classes, classes), np.uint16)
    np.add.at(matrix, (actual, predicted), 1)
    return matrix


@wrong(
    "refuses fewer classes than columns",
    "If fewer classes than columns are refused, batches without the last ones are too.",
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    columns = class_count(outputs, targets)
    classes = columns if classes is None else classes
    if columns > classes:
        raise ValueError("too few classes")
    matrix = np.zeros((classes, classes), int)
    np.add.at(matrix, (actual, predicted), 1)
    return matrix


@wrong(
    "looks at `classes` before the batch",
    "If `classes` takes the place of the checks, a label beyond the columns passes.",
)
def confusion_matrix(outputs, targets, classes=None):
    if classes is None:
        predicted, actual = paired_classes(outputs, targets)
        classes = class_count(outputs, targets)
    else:
        predicted = predicted_classes(outputs) if np.ndim(outputs) == 2 else whole_numbers(outputs)
        actual = target_classes(targets)
        if len(predicted) != len(actual) or not len(actual):
            raise ValueError("lengths differ")
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    matrix = np.zeros((classes, classes), int)
    np.add.at(matrix, (actual, predicted), 1)
    return matrix


@wrong(
    "remembers an array by its place",
    "If results are remembered by `id`, an array that was filled anew gets the old one.",
)
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    known = confusion_matrix.__dict__.setdefault("known", {})
    key = id(outputs), id(targets), classes
    if key not in known:
        matrix = np.zeros((classes, classes), int)
        np.add.at(matrix, (actual, predicted), 1)
        known[key] = outputs, targets, matrix
    return known[key][2].copy()


@right("with a loop")
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    if classes is None:
        classes = class_count(outputs, targets)
    if np.any(predicted >= classes) or np.any(actual >= classes):
        raise ValueError("a class beyond")
    matrix = np.zeros((classes, classes), dtype=int)
    for p, a in zip(predicted, actual):
        matrix[a, p] += 1
    return matrix


@right("as a product of one-hot rows")
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    names = np.arange(class_count(outputs, targets) if classes is None else classes)
    if max(predicted.max(), actual.max()) not in names:
        raise ValueError("a class beyond")
    return (actual[:, None] == names).astype(int).T @ (predicted[:, None] == names).astype(int)


@right("with add.at")
def confusion_matrix(outputs, targets, classes=None):
    pair = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if np.max(pair) >= classes:
        raise ValueError("a class beyond")
    matrix = np.zeros((classes, classes), np.int32)
    np.add.at(matrix, pair[::-1], 1)
    return matrix


@right("with a histogram of pairs")
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    size = class_count(outputs, targets) if classes is None else classes
    if size <= actual.max() or size <= predicted.max():
        raise ValueError("a class beyond")
    counts, _, _ = np.histogram2d(actual, predicted, bins=size, range=[[0, size], [0, size]])
    return counts.astype(np.int64)


# --- precision_counts -----------------------------------------------------------------------


@wrong("recall", "If you divide by the rows, you compute recall.")
def precision_counts(matrix):
    return np.diag(matrix), matrix.sum(axis=1)


@wrong("divides by N", "If you divide by N, you compute shares of all samples.")
def precision_counts(matrix):
    return np.diag(matrix), np.full(len(matrix), matrix.sum())


@wrong("adds rows and columns", "If the whole is row and column together, you compute half of F1.")
def precision_counts(matrix):
    return np.diag(matrix), matrix.sum(axis=0) + matrix.sum(axis=1)


@wrong("false alarms", "If the part is what is not a hit, you compute the share of false alarms.")
def precision_counts(matrix):
    called = matrix.sum(axis=0)
    return called - np.diag(matrix), called


@wrong(
    "hits over false alarms",
    "If the whole leaves out the hits, the ratio is one to the false alarms.",
)
def precision_counts(matrix):
    return np.diag(matrix), matrix.sum(axis=0) - np.diag(matrix)


@wrong("whole and part swapped", "If the whole comes first, the ratio is upside down.")
def precision_counts(matrix):
    return matrix.sum(axis=0), np.diag(matrix)


@wrong(
    "called over there",
    "If the part is all that was called, right or wrong, hits are not asked for.",
)
def precision_counts(matrix):
    return matrix.sum(axis=0), matrix.sum(axis=1)


@wrong(
    "the largest of a column",
    "If the part is the largest of a column, it may be an error: hits stand on the diagonal.",
)
def precision_counts(matrix):
    return matrix.max(axis=0), matrix.sum(axis=0)


@wrong(
    "shares of the rows first",
    "If rows are turned into shares first, rare classes weigh as much as frequent ones: use the "
    "counts.",
)
def precision_counts(matrix):
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    return np.diag(shares), shares.sum(axis=0)


@wrong(
    "ratios in the place of counts",
    "If the part is a ratio already and the whole 1, samples of all classes can't be added up.",
)
def precision_counts(matrix):
    called = matrix.sum(axis=0)
    return np.diag(matrix) / np.maximum(called, 1), (called > 0).astype(int)


@wrong("class 1 alone", "If you look at class 1 alone, the others get no precision.")
def precision_counts(matrix):
    return matrix[1:2, 1], matrix[:, 1].sum()[None]


@wrong(
    "all classes at once",
    "If hits and calls are added up over all classes, each class loses its own number.",
)
def precision_counts(matrix):
    return np.trace(matrix), matrix.sum()


@wrong(
    "at least 1 below",
    "If the whole of a class that was never called is above 0, samples are made up: leave it 0.",
)
def precision_counts(matrix):
    return np.diag(matrix), np.maximum(matrix.sum(axis=0), 1)


@wrong(
    "a small number below",
    "If the whole of a class that was never called is above 0, samples are made up: leave it 0.",
)
def precision_counts(matrix):
    return np.diag(matrix), matrix.sum(axis=0) + 1e-12


@wrong("empties the diagonal", "If you write into the matrix, the caller's counts are gone.")
def precision_counts(matrix):
    hits = np.diag(matrix).copy()
    np.fill_diagonal(matrix, 0)
    return hits, hits + matrix.sum(axis=0)


@wrong(
    "the other diagonal",
    "If you turn the matrix first, the diagonal is another one: hits stand from top left to "
    "bottom right.",
)
def precision_counts(matrix):
    return np.diag(np.fliplr(matrix)), matrix.sum(axis=0)


@wrong("counts of 16 bits", "If counts are kept in few bits, large ones start again at 0 or below.")
def precision_counts(matrix):
    return np.diag(matrix).astype(np.int16), matrix.sum(axis=0).astype(np.int16)


@wrong("counts of 32 bits", "If counts are kept in few bits, large ones start again at 0 or below.")
def precision_counts(matrix):
    return np.diag(matrix).astype(np.int32), matrix.sum(axis=0, dtype=np.int32)


@wrong(
    "in lowest terms",
    "If the fractions are reduced, they are no counts: samples of all classes can't be added up.",
)
def precision_counts(matrix):
    part, whole = np.diag(matrix), matrix.sum(axis=0)
    divisor = np.maximum(np.gcd(part, whole), 1)
    return part // divisor, whole // divisor


@wrong(
    "classes that are never there have no calls",
    "If the calls of a class that is never there are left out, false alarms vanish.",
)
def precision_counts(matrix):
    return np.diag(matrix), np.where(matrix.any(axis=1), matrix.sum(axis=0), 0)


@wrong("ten classes at most", "If only the first ten classes are asked, those behind are lost.")
def precision_counts(matrix):
    return np.diag(matrix)[:10], matrix.sum(axis=0)[:10]


@right("from the transposed matrix")
def precision_counts(matrix):
    turned = matrix.T
    return turned.diagonal(), turned.sum(axis=1)


@right("hits and false alarms with loops")
def precision_counts(matrix):
    classes = range(len(matrix))
    hits = [matrix[c, c] for c in classes]
    alarms = [sum(matrix[other, c] for other in classes if other != c) for c in classes]
    return np.array(hits), np.array(hits) + np.array(alarms)


@right("with einsum, as decimals")
def precision_counts(matrix):
    counts = matrix.astype(np.float64)
    return np.einsum("ii->i", counts), np.einsum("ij->j", counts)


@right("from plain lists")
def precision_counts(matrix):
    rows = matrix.tolist()
    hits = [row[c] for c, row in enumerate(rows)]
    return np.array(hits), np.array([sum(column) for column in zip(*rows)])


@wrong("lists", "If part and whole are lists, they can't be divided: return arrays.")
def precision_counts(matrix):
    rows = matrix.tolist()
    return [row[c] for c, row in enumerate(rows)], [sum(column) for column in zip(*rows)]


# --- f1_counts ------------------------------------------------------------------------------


@wrong(
    "precision",
    "If the whole is the column or the row alone, it is not that of F1: both count.",
)
def f1_counts(matrix):
    return np.diag(matrix), matrix.sum(axis=0)


@wrong("recall", "If the whole is the column or the row alone, it is not that of F1: both count.")
def f1_counts(matrix):
    return np.diag(matrix), matrix.sum(axis=1)


@wrong(
    "F1 times the support",
    "If the whole is the column or the row alone, it is not that of F1: both count.",
)
def f1_counts(matrix):
    there = matrix.sum(axis=1)
    both = np.maximum(there + matrix.sum(axis=0), 1)
    return 2 * np.diag(matrix) / both * there, there


@wrong("the plain mean", "If you take the plain mean of the two, a high one hides a low one.")
def f1_counts(matrix):
    called, there = np.maximum(matrix.sum(axis=0), 1), np.maximum(matrix.sum(axis=1), 1)
    return np.diag(matrix) / called + np.diag(matrix) / there, np.full(len(matrix), 2)


@wrong(
    "without the factor 2",
    "If the factor 2 is missing, or stands in the whole as well, a perfect class has 0.5.",
)
def f1_counts(matrix):
    return np.diag(matrix), matrix.sum(axis=0) + matrix.sum(axis=1)


@wrong("the geometric mean", "If you take the square root of the product, that is another mean.")
def f1_counts(matrix):
    return np.diag(matrix), np.sqrt(matrix.sum(axis=0) * matrix.sum(axis=1))


@wrong("the smaller one", "If you take the smaller of the two, the other one does not count.")
def f1_counts(matrix):
    return np.diag(matrix), np.maximum(matrix.sum(axis=0), matrix.sum(axis=1))


@wrong(
    "the product",
    "If you multiply the two, the mean is missing: the product is smaller than either.",
)
def f1_counts(matrix):
    return np.diag(matrix) ** 2, matrix.sum(axis=0) * matrix.sum(axis=1)


@wrong(
    "called or there",
    "If hits are counted once below and once above, you compute the overlap of called and there.",
)
def f1_counts(matrix):
    hits = np.diag(matrix)
    return hits, matrix.sum(axis=0) + matrix.sum(axis=1) - hits


@wrong(
    "the hits are missing below",
    "If the whole holds misses and false alarms alone, the hits are missing.",
)
def f1_counts(matrix):
    hits = np.diag(matrix)
    return 2 * hits, matrix.sum(axis=0) + matrix.sum(axis=1) - 2 * hits


@wrong(
    "ratios in the place of counts",
    "If part and whole are ratios, they are right for a class and can't be added up over all "
    "samples.",
)
def f1_counts(matrix):
    p = np.diag(matrix) / np.maximum(matrix.sum(axis=0), 1)
    r = np.diag(matrix) / np.maximum(matrix.sum(axis=1), 1)
    return 2 * p * r, p + r


@wrong(
    "F1 itself and 1",
    "If the part is a ratio already and the whole 1, samples of all classes can't be added up.",
)
def f1_counts(matrix):
    both = matrix.sum(axis=0) + matrix.sum(axis=1)
    return 2 * np.diag(matrix) / np.maximum(both, 1), (both > 0).astype(int)


@wrong(
    "the factor on both sides",
    "If the factor 2 is missing, or stands in the whole as well, a perfect class has 0.5.",
)
def f1_counts(matrix):
    return 2 * np.diag(matrix), 2 * (matrix.sum(axis=0) + matrix.sum(axis=1))


@wrong("upside down", "If the whole comes first, the ratio is upside down.")
def f1_counts(matrix):
    return matrix.sum(axis=0) + matrix.sum(axis=1), 2 * np.diag(matrix)


@wrong(
    "recall counts more",
    "If one of the two weighs more, that is another F: in F1 they weigh the same.",
)
def f1_counts(matrix):
    hits = np.diag(matrix)
    return 5 * hits, matrix.sum(axis=0) + 4 * matrix.sum(axis=1)


@wrong(
    "all classes at once",
    "If counts are added up over all classes, each class loses its own number.",
)
def f1_counts(matrix):
    return 2 * np.trace(matrix), 2 * matrix.sum()


@wrong(
    "at least 1 below",
    "If the whole of a class that is neither called nor there is 1, one sample is made up.",
)
def f1_counts(matrix):
    return 2 * np.diag(matrix), np.maximum(matrix.sum(axis=0) + matrix.sum(axis=1), 1)


@wrong(
    "doubles the diagonal in place",
    "If you write into the matrix, the caller's counts are gone.",
)
def f1_counts(matrix):
    both = matrix.sum(axis=0) + matrix.sum(axis=1)
    matrix[np.arange(len(matrix)), np.arange(len(matrix))] *= 2
    return np.diag(matrix).copy(), both


@wrong("counts of 16 bits", "If counts are kept in few bits, large ones start again at 0 or below.")
def f1_counts(matrix):
    small = matrix.astype(np.int16)
    return 2 * np.diag(small), small.sum(axis=0, dtype=np.int16) + small.sum(axis=1, dtype=np.int16)


@wrong("counts of 32 bits", "If counts are kept in few bits, large ones start again at 0 or below.")
def f1_counts(matrix):
    small = matrix.astype(np.int32)
    return 2 * np.diag(small), small.sum(axis=0, dtype=np.int32) + small.sum(axis=1, dtype=np.int32)


@wrong(
    "nothing where there is no hit",
    "If a class without a hit has a whole of 0, its misses and false alarms vanish.",
)
def f1_counts(matrix):
    hits = np.diag(matrix)
    return 2 * hits, np.where(hits > 0, matrix.sum(axis=0) + matrix.sum(axis=1), 0)


@wrong("half of the whole, rounded down", "If the whole is halved with //, odd ones lose a half.")
def f1_counts(matrix):
    return np.diag(matrix), (matrix.sum(axis=0) + matrix.sum(axis=1)) // 2


@right("from hits, misses and false alarms")
def f1_counts(matrix):
    hits = matrix.diagonal()
    missed, alarms = matrix.sum(axis=1) - hits, matrix.sum(axis=0) - hits
    return hits, hits + (missed + alarms) / 2


@right("with loops over the classes")
def f1_counts(matrix):
    part, whole = [], []
    for c in range(len(matrix)):
        part.append(2 * int(matrix[c][c]))
        whole.append(int(sum(matrix[c]) + sum(matrix[:, c])))
    return np.array(part), np.array(whole)


@wrong("lists", "If part and whole are lists, they can't be divided: return arrays.")
def f1_counts(matrix):
    classes = range(len(matrix))
    return [2 * matrix[c, c] for c in classes], [sum(matrix[c]) + sum(matrix[:, c]) for c in classes]


@right("from a matrix and its mirror")
def f1_counts(matrix):
    both = matrix + matrix.T
    return both.diagonal(), both.sum(axis=0)


# --- averaged_ratio -------------------------------------------------------------------------


@wrong("0 / 0 is NaN", "If 0 / 0 becomes NaN, every average after it does too.")
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    with np.errstate(all="ignore"):
        if average == "micro":
            return float(part.sum() / whole.sum())
        ratio = part / whole
    if average is None:
        return ratio
    return float(np.average(ratio, weights=support if average == "weighted" else None))


@wrong("0 / 0 is 1", "If 0 / 0 becomes 1, an empty class looks perfect.")
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        part, whole = part.sum(keepdims=True), whole.sum(keepdims=True)
    ratio = np.divide(part, whole, out=np.ones(len(whole)), where=whole > 0)
    if average is None:
        return ratio
    return float(np.average(ratio, weights=support if average == "weighted" else None))


@wrong(
    "micro of nothing is NaN",
    "If micro divides without a look, 0 / 0 becomes NaN where nothing is there at all.",
)
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        with np.errstate(all="ignore"):
            return float(part.sum() / whole.sum())
    ratio = part / np.maximum(whole, 1)
    if average is None:
        return ratio
    return float(np.average(ratio, weights=support if average == "weighted" else None))


@wrong("divides by the support", "If you divide by the support, you compute recall for everyone.")
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / support.sum())
    ratio = part / np.maximum(support, 1)
    if average is None:
        return ratio
    return float(np.average(ratio, weights=support if average == "weighted" else None))


@wrong("leaves empty classes out", "If you leave empty classes out, the others move up.")
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / max(whole.sum(), 1))
    kept = whole > 0
    ratio = part[kept] / whole[kept]
    if average is None:
        return ratio
    if not kept.any():
        return 0.0
    weights = support[kept] if average == "weighted" and support[kept].any() else None
    return float(np.average(ratio, weights=weights))


@wrong(
    "a small number below",
    "If a small number in the denominator avoids 0 / 0, it bends the rest.",
)
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / (whole.sum() + 1e-7))
    ratio = part / (whole + 1e-7)
    if average is None:
        return ratio
    return float(np.average(ratio, weights=support if average == "weighted" else None))


@wrong("adds one below", "If you add 1 to the denominator, it bends every ratio.")
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / (whole.sum() + 1))
    ratio = part / (whole + 1)
    if average is None:
        return ratio
    return float(np.average(ratio, weights=support if average == "weighted" else None))


@wrong(
    "macro without the empty",
    "If you leave empty classes out of macro, the mean is over fewer.",
)
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / max(whole.sum(), 1))
    ratio = part / np.maximum(whole, 1)
    if average is None:
        return ratio
    if average == "macro":
        return float(ratio[whole > 0].mean()) if whole.any() else 0.0
    return float((ratio * support).sum() / support.sum())


@wrong(
    "macro over the classes that occur",
    "If macro leaves out classes that no target belongs to, the mean is over fewer.",
)
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / max(whole.sum(), 1))
    ratio = part / np.maximum(whole, 1)
    if average is None:
        return ratio
    if average == "macro":
        return float(ratio[support > 0].mean())
    return float((ratio * support).sum() / support.sum())


@wrong("macro and micro swapped", "If macro and micro are swapped, samples weigh and not classes.")
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "macro":
        return float(part.sum() / max(whole.sum(), 1))
    ratio = part / np.maximum(whole, 1)
    if average is None:
        return ratio
    return float(np.average(ratio, weights=support if average == "weighted" else None))


@wrong("micro averages ratios", "If micro averages ratios, it is macro: add the counts first.")
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    ratio = part / np.maximum(whole, 1)
    if average is None:
        return ratio
    return float(np.average(ratio, weights=support if average == "weighted" else None))


@wrong("micro divides by the samples", "If micro divides by the support, the wholes go unused.")
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / support.sum())
    ratio = part / np.maximum(whole, 1)
    if average is None:
        return ratio
    return float(np.average(ratio, weights=support if average == "weighted" else None))


@wrong("weighs by whole", "If you weigh by whole, the support goes unused.")
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro" or (average == "weighted" and whole.any()):
        return float(part.sum() / max(whole.sum(), 1))
    ratio = part / np.maximum(whole, 1)
    return ratio if average is None else float(ratio.mean())


@wrong("weighted is macro", "If you forget the weights, weighted is macro.")
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / max(whole.sum(), 1))
    ratio = part / np.maximum(whole, 1)
    return ratio if average is None else float(ratio.mean())


@wrong(
    "weights that are not divided",
    "If you do not divide by the sum of the weights, frequent classes give numbers above 1.",
)
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / max(whole.sum(), 1))
    ratio = part / np.maximum(whole, 1)
    if average is None:
        return ratio
    return float((ratio * support).sum()) if average == "weighted" else float(ratio.mean())


@wrong(
    "weights divided by the classes",
    "If you divide the weighted sum by the number of classes, weights must add up to 1.",
)
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / max(whole.sum(), 1))
    ratio = part / np.maximum(whole, 1)
    if average is None:
        return ratio
    return float((ratio * support).mean()) if average == "weighted" else float(ratio.mean())


@wrong("whole numbers", "If you divide with //, every ratio below 1 is 0.")
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() // max(whole.sum(), 1))
    ratio = (part // np.maximum(whole, 1)).astype(float)
    if average is None:
        return ratio
    return float(np.average(ratio, weights=support if average == "weighted" else None))


@wrong("rounds", "If you round, digits are lost that others compare by.")
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return round(float(part.sum() / max(whole.sum(), 1)), 2)
    ratio = np.round(part / np.maximum(whole, 1), 2)
    if average is None:
        return ratio
    return float(np.average(ratio, weights=support if average == "weighted" else None))


@wrong(
    "writes into whole",
    "If you replace zeros in `whole`, the caller's counts change: work on an array of your own.",
)
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / max(whole.sum(), 1))
    whole[whole == 0] = 1
    ratio = part / whole
    if average is None:
        return ratio
    return float(np.average(ratio, weights=support if average == "weighted" else None))


@wrong(
    "divides part of float64 in place",
    "If you divide into `part`, the caller's counts turn into ratios: `copy=False` copies no float64.",
)
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / max(whole.sum(), 1))
    ratio = part.astype(np.float64, copy=False)
    np.divide(ratio, whole, out=ratio, where=whole != 0)
    if average is None:
        return ratio
    return float(np.average(ratio, weights=support if average == "weighted" else None))


@wrong("None is macro", "If None gives one number, who asks for each class gets an average.")
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / max(whole.sum(), 1))
    ratio = part / np.maximum(whole, 1)
    return float(np.average(ratio, weights=support if average == "weighted" else None))


@wrong(
    "an unknown average is macro",
    "If an unknown average passes, a typing error gives a number.",
)
def averaged_ratio(part, whole, support, average):
    ratio = part / np.maximum(whole, 1)
    if average is None:
        return ratio
    if average == "micro":
        return float(part.sum() / max(whole.sum(), 1))
    if average == "weighted":
        return float((ratio * support).sum() / support.sum())
    return float(ratio.mean())


@wrong(
    "an empty name is none",
    "If `if not average` stands for None, an empty text or 0 passes as well.",
)
def averaged_ratio(part, whole, support, average):
    if average and average not in ("macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / max(whole.sum(), 1))
    ratio = part / np.maximum(whole, 1)
    if not average:
        return ratio
    return float(np.average(ratio, weights=support if average == "weighted" else None))


@wrong("a KeyError", "If an unknown average ends in KeyError, a ValueError is asked for.")
def averaged_ratio(part, whole, support, average):
    ratio = part / np.maximum(whole, 1)
    return {
        None: ratio,
        "macro": float(ratio.mean()),
        "micro": float(part.sum() / max(whole.sum(), 1)),
        "weighted": float((ratio * support).sum() / support.sum()),
    }[average]


@wrong(
    "forgives blanks and capitals",
    "If blanks or capitals are forgiven, names pass that are to be refused.",
)
def averaged_ratio(part, whole, support, average):
    average = average.strip().lower() if isinstance(average, str) else average
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / max(whole.sum(), 1))
    ratio = np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
    return ratio if average is None else float(np.average(ratio, weights=support if average == "weighted" else None))


@wrong(
    "takes the beginning of a name",
    "If the first letters are enough, names pass that are to be refused.",
)
def averaged_ratio(part, whole, support, average):
    if average is not None and not (isinstance(average, str) and average.startswith(("macro", "micro", "weight"))):
        raise ValueError("unknown average")
    ratio = np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
    if average is None:
        return ratio
    if average.startswith("micro"):
        return float(part.sum() / max(whole.sum(), 1))
    return float(np.average(ratio, weights=support if average.startswith("w") else None))


@wrong(
    "a very small number below",
    "If a small number in the denominator avoids 0 / 0, it bends the rest.",
)
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / (whole.sum() + 1e-12))
    ratio = part / (whole + 1e-12)
    return ratio if average is None else float(np.average(ratio, weights=support if average == "weighted" else None))


@wrong(
    "nothing to do, nothing checked",
    "If empty classes return before the average is looked at, a typing error gives a number.",
)
def averaged_ratio(part, whole, support, average):
    if not whole.any():
        return np.zeros(len(whole)) if average is None else 0.0
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / whole.sum())
    ratio = np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
    return ratio if average is None else float(np.average(ratio, weights=support if average == "weighted" else None))


@right("with a loop")
def averaged_ratio(part, whole, support, average):
    ratios = [p / w if w else 0.0 for p, w in zip(part, whole)]
    if average is None:
        return np.array(ratios)
    if average == "macro":
        return sum(ratios) / len(ratios)
    if average == "weighted":
        return sum(r * s for r, s in zip(ratios, support)) / sum(support)
    if average == "micro":
        return sum(part) / sum(whole) if sum(whole) else 0.0
    raise ValueError("unknown average")


@right("with weights for every average")
def averaged_ratio(part, whole, support, average):
    ratio = part / np.where(whole == 0, 1, whole)
    if average is None:
        return ratio
    weights = {"macro": np.ones(len(whole)), "weighted": support, "micro": whole}
    if average not in weights:
        raise ValueError("unknown average")
    w = weights[average] / max(weights[average].sum(), 1)
    return float(ratio @ w)


@wrong(
    "in float32",
    "If you compute in float32, digits beyond the seventh are lost: float64 is asked for.",
)
def averaged_ratio(part, whole, support, average):
    if average == "micro":
        part, whole, support = part.sum()[None], whole.sum()[None], np.ones(1)
    elif average == "macro":
        support = np.ones(len(part))
    elif average not in (None, "weighted"):
        raise ValueError("unknown average")
    ratio = np.where(whole > 0, part / np.maximum(whole, 1), 0.0).astype(np.float32)
    return ratio if average is None else np.sum(ratio * support / np.sum(support))


@right("NaN replaced by 0")
def averaged_ratio(part, whole, support, average):
    with np.errstate(invalid="ignore"):
        each = np.nan_to_num(part / whole)
        total = np.nan_to_num(part.sum() / whole.sum())
    match average:
        case None:
            return each
        case "macro":
            return each.mean()
        case "micro":
            return total
        case "weighted":
            return np.dot(each, support) / support.sum()
    raise ValueError("unknown average")


# --- reliability_bins -----------------------------------------------------------------------


@wrong(
    "means in the dtype of the probabilities",
    "If the means keep the dtype of the probabilities, those of float32 are float32: "
    "float64 is asked for.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("rows that do not add up to 1")
    confidence, right = p.max(axis=1), p.argmax(axis=1) == actual
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    means = np.zeros((2, bins), p.dtype)
    for b in np.unique(index):
        means[:, b] = confidence[index == b].mean(), right[index == b].mean()
    return means[0], means[1], np.bincount(index, minlength=bins)


@wrong(
    "a mean confidence in the dtype of the probabilities",
    "If the means keep the dtype of the probabilities, those of float32 are float32: "
    "float64 is asked for.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("rows that do not add up to 1")
    confidence, right = p.max(axis=1), p.argmax(axis=1) == actual
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    held = [index == b for b in range(bins)]
    means = [confidence[each].mean() if each.any() else 0.0 for each in held]
    shares = [right[each].mean() if each.any() else 0.0 for each in held]
    return np.array(means, p.dtype), np.array(shares), np.bincount(index, minlength=bins)


@wrong("1.0 has no bin", "If 1.0 has no bin, the surest answers are lost.")
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = (p.max(axis=1) * bins).astype(int)
    held = [index == b for b in range(bins)]
    count = np.array([h.sum() for h in held])
    share = np.array([np.mean((p.argmax(axis=1) == actual)[h]) if h.any() else 0.0 for h in held])
    return np.array([p.max(axis=1)[h].mean() if h.any() else 0.0 for h in held]), share, count


@wrong(
    "upper edges belong to the bin",
    "If a bin holds its upper edge, an answer on an edge lands one bin too low.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = np.clip(np.ceil(p.max(axis=1) * bins).astype(int) - 1, 0, bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=bins) / np.maximum(count, 1)
    return np.bincount(index, p.max(axis=1), minlength=bins) / np.maximum(count, 1), right, count


@wrong(
    "rounds to a bin",
    "If you round to the nearest bin, answers land half a bin away from their own.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = np.minimum(np.rint(p.max(axis=1) * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=bins) / np.maximum(count, 1)
    return np.bincount(index, p.max(axis=1), minlength=bins) / np.maximum(count, 1), right, count


@wrong(
    "bins between what occurs",
    "If the bins span only the confidences that occur, their edges move with the batch.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    sure = p.max(axis=1)
    low, width = sure.min(), max(float(np.ptp(sure)), 1e-9)
    index = np.minimum(((sure - low) / width * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=bins) / np.maximum(count, 1)
    return np.bincount(index, sure, minlength=bins) / np.maximum(count, 1), right, count


@wrong("always ten bins", "If there are always ten bins, `bins` is ignored.")
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = np.minimum((p.max(axis=1) * 10).astype(int), 9)
    count = np.bincount(index, minlength=10)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=10) / np.maximum(count, 1)
    return np.bincount(index, p.max(axis=1), minlength=10) / np.maximum(count, 1), right, count


@wrong(
    "no empty bins at the end",
    "If bins behind the last full one are missing, they are empty and still there.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1)
    count = np.bincount(index)
    right = np.bincount(index, p.argmax(axis=1) == actual) / np.maximum(count, 1)
    return np.bincount(index, p.max(axis=1)) / np.maximum(count, 1), right, count


@wrong("NaN of an empty bin", "If an empty bin gives NaN, say 0: there is nothing to divide by.")
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    with np.errstate(all="ignore"):
        confidence = np.bincount(index, p.max(axis=1), minlength=bins) / count
        return confidence, np.bincount(index, p.argmax(axis=1) == actual, minlength=bins) / count, count


@wrong("sums in place of means", "If you add up without dividing, you return sums.")
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=bins)
    return np.bincount(index, p.max(axis=1), minlength=bins), right, np.bincount(index, minlength=bins)


@wrong("divides by all samples", "If you divide by all samples, a full bin looks more confident.")
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index, n = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1), len(p)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=bins)
    return np.bincount(index, p.max(axis=1), minlength=bins) / n, right / n, np.bincount(index, minlength=bins)


@wrong(
    "the middle of each bin",
    "If you return the middle of each bin, what was in it is not asked.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=bins)
    return (np.arange(bins) + 0.5) / bins, right / np.maximum(count, 1), count


@wrong("counts errors", "If you count the errors, you return 1 - accuracy.")
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    wrong = np.bincount(index, p.argmax(axis=1) != actual, minlength=bins) / np.maximum(count, 1)
    return np.bincount(index, p.max(axis=1), minlength=bins) / np.maximum(count, 1), wrong, count


@wrong("accuracy first", "If accuracy comes before confidence, everyone reads them the other way.")
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=bins) / np.maximum(count, 1)
    return right, np.bincount(index, p.max(axis=1), minlength=bins) / np.maximum(count, 1), count


@wrong(
    "shares of the samples",
    "If you divide the counts by all samples, you return shares and not numbers of samples.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=bins) / np.maximum(count, 1)
    return np.bincount(index, p.max(axis=1), minlength=bins) / np.maximum(count, 1), right, count / len(p)


@wrong(
    "the probability of the target",
    "If you take the probability of the true class, you look up the answer first.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    confidence = p[np.arange(len(p)), actual]
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=bins) / np.maximum(count, 1)
    return np.bincount(index, confidence, minlength=bins) / np.maximum(count, 1), right, count


@wrong(
    "the probability of class 1",
    "If you take the probability of class 1, those who say another class seem unsure.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = np.minimum((p[:, 1] * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=bins) / np.maximum(count, 1)
    return np.bincount(index, p[:, 1], minlength=bins) / np.maximum(count, 1), right, count


@wrong(
    "a tie counts for the target",
    "If the target need only be among the largest, a tie is right either way.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    confidence = p.max(axis=1)
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    hits = p[np.arange(len(p)), actual] == confidence
    right = np.bincount(index, hits, minlength=bins) / np.maximum(count, 1)
    return np.bincount(index, confidence, minlength=bins) / np.maximum(count, 1), right, count


@wrong(
    "a small number below",
    "If a small number in the denominator avoids 0 / 0, it bends the rest.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=bins) / (count + 1e-8)
    return np.bincount(index, p.max(axis=1), minlength=bins) / (count + 1e-8), right, count


@wrong("takes logits", "If logits pass, a softmax that was forgotten goes unseen: refuse them.")
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    index = np.clip((p.max(axis=1) * bins).astype(int), 0, bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=bins) / np.maximum(count, 1)
    return np.bincount(index, p.max(axis=1), minlength=bins) / np.maximum(count, 1), right, count


@wrong(
    "asks between 0 and 1 alone",
    "If you ask only whether numbers lie between 0 and 1, rows need not add up to 1.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or p.max() > 1.001:
        raise ValueError("expected probabilities")
    index = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=bins) / np.maximum(count, 1)
    return np.bincount(index, p.max(axis=1), minlength=bins) / np.maximum(count, 1), right, count


@wrong("asks for the sums alone", "If you ask for the sums alone, rows with numbers below 0 pass.")
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=bins) / np.maximum(count, 1)
    return np.bincount(index, p.max(axis=1), minlength=bins) / np.maximum(count, 1), right, count


@wrong(
    "sums that are too large alone",
    "If you ask only whether sums exceed 1, smaller ones pass: take the distance from 1.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or (p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=bins) / np.maximum(count, 1)
    return np.bincount(index, p.max(axis=1), minlength=bins) / np.maximum(count, 1), right, count


@wrong(
    "the sum of all",
    "If you ask whether all numbers add up to N, one row may make up for another.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or abs(p.sum() / len(p) - 1) > 1e-3:
        raise ValueError("expected probabilities")
    index = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=bins) / np.maximum(count, 1)
    return np.bincount(index, p.max(axis=1), minlength=bins) / np.maximum(count, 1), right, count


@wrong("sums of exactly 1", "If sums must be exactly 1, rounding alone has rows refused.")
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or (p.sum(axis=1) != 1).any():
        raise ValueError("expected probabilities")
    index = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=bins) / np.maximum(count, 1)
    return np.bincount(index, p.max(axis=1), minlength=bins) / np.maximum(count, 1), right, count


@wrong("mends the rows itself", "If rows are divided by their sums, logits pass without a word.")
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0:
        raise ValueError("expected probabilities")
    p = p / np.maximum(p.sum(axis=1, keepdims=True), 1e-9) if np.abs(p.sum(axis=1) - 1).max() > 1e-3 else p
    index = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, p.argmax(axis=1) == actual, minlength=bins) / np.maximum(count, 1)
    return np.bincount(index, p.max(axis=1), minlength=bins) / np.maximum(count, 1), right, count


@wrong(
    "sums to five digits",
    "If sums must be closer to 1 than 0.001, rows are refused that are good enough.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or not np.allclose(p.sum(axis=1), 1, atol=1e-5):
        raise ValueError("expected probabilities")
    confidence, right = p.max(axis=1), p.argmax(axis=1) == actual
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    sums = [np.bincount(index, each, minlength=bins) for each in (confidence, right)]
    return sums[0] / np.maximum(count, 1), sums[1] / np.maximum(count, 1), count


@wrong(
    "sums to half a per cent",
    "If sums may be further from 1 than 0.001, rows pass that are no probabilities.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 5e-3:
        raise ValueError("expected probabilities")
    confidence, right = p.max(axis=1), p.argmax(axis=1) == actual
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    sums = [np.bincount(index, each, minlength=bins) for each in (confidence, right)]
    return sums[0] / np.maximum(count, 1), sums[1] / np.maximum(count, 1), count


@wrong(
    "forgives what is a little below 0",
    "If numbers a little below 0 pass, they are still no probabilities.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < -1e-6 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    confidence, right = p.max(axis=1), p.argmax(axis=1) == actual
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    sums = [np.bincount(index, each, minlength=bins) for each in (confidence, right)]
    return sums[0] / np.maximum(count, 1), sums[1] / np.maximum(count, 1), count


@wrong(
    "moves exactly 1.0 alone",
    "If exactly 1.0 alone is moved to the last bin, 1.0005 opens one more.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    confidence, right = p.max(axis=1), p.argmax(axis=1) == actual
    index = np.where(confidence == 1, bins - 1, (confidence * bins).astype(int))
    count = np.bincount(index, minlength=bins)
    sums = [np.bincount(index, each, minlength=bins) for each in (confidence, right)]
    return sums[0] / np.maximum(count, 1), sums[1] / np.maximum(count, 1), count


@wrong(
    "limits the confidence",
    "If a confidence of 1.0005 is cut to 1, the mean of its bin is too low.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    confidence, right = np.minimum(p.max(axis=1), 1.0), p.argmax(axis=1) == actual
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    sums = [np.bincount(index, each, minlength=bins) for each in (confidence, right)]
    return sums[0] / np.maximum(count, 1), sums[1] / np.maximum(count, 1), count


@wrong(
    "the last of equal probabilities",
    "If the last of equal probabilities is taken, the rule 'the first' is broken.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    confidence, right = p.max(axis=1), p.shape[1] - 1 - p[:, ::-1].argmax(axis=1) == actual
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    sums = [np.bincount(index, each, minlength=bins) for each in (confidence, right)]
    return sums[0] / np.maximum(count, 1), sums[1] / np.maximum(count, 1), count


@wrong("counts of 16 bits", "If counts are kept in few bits, large bins start again at 0 or below.")
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    confidence, right = p.max(axis=1), p.argmax(axis=1) == actual
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins).astype(np.int16)
    sums = [np.bincount(index, each, minlength=bins) for each in (confidence, right)]
    return sums[0] / np.maximum(count, 1), sums[1] / np.maximum(count, 1), count


@wrong(
    "decimal counts",
    "If the numbers of samples are decimals, they can't be used as counts: return whole numbers.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    confidence, right = p.max(axis=1), p.argmax(axis=1) == actual
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    count, *sums = (np.bincount(index, each, minlength=bins) for each in (np.ones(len(p)), confidence, right))
    return sums[0] / np.maximum(count, 1), sums[1] / np.maximum(count, 1), count


@right("with a loop over the bins")
def reliability_bins(probabilities, targets, bins=10):
    p, (predicted, actual) = to_array(probabilities), paired_classes(probabilities, targets)
    if p.ndim != 2 or (p < 0).any() or not np.allclose(p.sum(axis=1), 1, rtol=0, atol=1e-3):
        raise ValueError("expected probabilities")
    sure, means, shares, counts = p.max(axis=1), [], [], []
    for b in range(bins):
        upper = sure <= 1.1 if b == bins - 1 else sure < (b + 1) / bins
        held = (sure >= b / bins) & upper
        counts.append(int(held.sum()))
        means.append(sure[held].mean() if held.any() else 0.0)
        shares.append((predicted == actual)[held].mean() if held.any() else 0.0)
    return np.array(means), np.array(shares), np.array(counts)


@right("with NumPy's histogram")
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or p.max() > 1.001 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    sure = p.max(axis=1)
    place = np.minimum(sure, 1.0)
    count, _ = np.histogram(place, bins, (0, 1))
    sums, _ = np.histogram(place, bins, (0, 1), weights=sure)
    hits, _ = np.histogram(place, bins, (0, 1), weights=(p.argmax(axis=1) == actual).astype(float))
    divisor = np.where(count == 0, 1, count)
    return sums / divisor, hits / divisor, count


@right("sample by sample")
def reliability_bins(probabilities, targets, bins=10):
    p, (predicted, actual) = to_array(probabilities), paired_classes(probabilities, targets)
    if p.ndim != 2 or any(abs(sum(row) - 1) > 1e-3 or min(row) < 0 for row in p):
        raise ValueError("expected probabilities")
    sums, hits, count = np.zeros(bins), np.zeros(bins), np.zeros(bins, int)
    for row, guess, truth in zip(p, predicted, actual):
        b = min(int(row[guess] * bins), bins - 1)
        sums[b] += row[guess]
        hits[b] += guess == truth
        count[b] += 1
    held = count > 0
    sums[held] /= count[held]
    hits[held] /= count[held]
    return sums, hits, count


@right("with digitize, as a list")
def reliability_bins(probabilities, targets, bins=10):
    p, actual = scored_batch(probabilities, targets)
    if (p < 0).any() or not (abs(p.sum(axis=1) - 1) <= 1e-3).all():
        raise ValueError("expected probabilities")
    sure, right = p.max(axis=1), p.argmax(axis=1) == actual
    place = np.clip(np.digitize(sure, np.linspace(0, 1, bins + 1)) - 1, 0, bins - 1)
    member = place == np.arange(bins)[:, None]
    count = member.sum(axis=1)
    sums = [member.astype(float) @ each.astype(float) / np.maximum(count, 1) for each in (sure, right)]
    return [*sums, count]
