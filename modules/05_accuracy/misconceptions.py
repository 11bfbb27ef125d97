"""Other solutions to the exercises of lesson 5: what its tests must reject, and accept."""

import math

import numpy as np

from tinytorch.course.variants import right, wrong

# --- predicted_classes ----------------------------------------------------------------------


@wrong("searches along the samples", "If you searched along axis 0, you found the best sample of each class.")
def predicted_classes(outputs):
    array = to_array(outputs)
    return whole_numbers(array) if array.ndim == 1 else array.argmax(axis=0)


@wrong("returns the scores", "If you return the largest scores, their places are asked for.")
def predicted_classes(outputs):
    array = to_array(outputs)
    return whole_numbers(array) if array.ndim == 1 else array.max(axis=1)


@wrong("counts from one", "If you count classes from 1, every index is one too high.")
def predicted_classes(outputs):
    array = to_array(outputs)
    return whole_numbers(array) if array.ndim == 1 else array.argmax(axis=1) + 1


@wrong("the last of equal scores", "If the last of equal scores wins, the rule 'the first' is broken.")
def predicted_classes(outputs):
    array = to_array(outputs)
    if array.ndim == 1:
        return whole_numbers(array)
    return np.argsort(array, axis=1, kind="stable")[:, -1]


@wrong("searches classes again", "If you search indices for a largest one, they are classes already.")
def predicted_classes(outputs):
    return np.argmax(to_array(outputs), axis=-1)


@wrong("lets NaN pass", "If NaN passes, a broken network gets an accuracy.")
def predicted_classes(outputs):
    array = to_array(outputs)
    if array.ndim == 1:
        return whole_numbers(array)
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError("expected (N, C) scores or (N,) classes")
    return array.argmax(axis=1)


@wrong("lets a column pass", "If a single column passes, argmax calls every sample class 0.")
def predicted_classes(outputs):
    array = to_array(outputs)
    if array.ndim == 1:
        return whole_numbers(array)
    if array.ndim != 2 or np.isnan(array).any():
        raise ValueError("expected (N, C) scores or (N,) classes")
    return array.argmax(axis=1)


@wrong("flattens what has more axes", "If more than two axes pass, the result no longer has one class a sample.")
def predicted_classes(outputs):
    array = to_array(outputs)
    if array.ndim == 1:
        return whole_numbers(array)
    if array.shape[1] < 2 or np.isnan(array).any():
        raise ValueError("expected (N, C) scores or (N,) classes")
    return array.argmax(axis=-1)


@right("looks for NaN first")
def predicted_classes(outputs):
    array = to_array(outputs)
    if array.ndim == 1:
        return whole_numbers(array)
    if array.ndim != 2 or array.shape[1] == 1 or np.isnan(array).any():
        raise ValueError("expected (N, C) scores or (N,) classes")
    return np.argmax(array, axis=-1)


@right("sorts in place of searching")
def predicted_classes(outputs):
    array = to_array(outputs)
    if array.ndim == 1:
        return whole_numbers(array)
    if array.ndim != 2 or array.shape[1] < 2 or not (array == array).all():
        raise ValueError("expected (N, C) scores or (N,) classes")
    return np.argsort(-array.astype(np.float64), axis=1, kind="stable")[:, 0]


@right("with a loop")
def predicted_classes(outputs):
    array = to_array(outputs)
    if array.ndim == 1:
        return whole_numbers(array)
    if array.ndim != 2 or array.shape[1] < 2 or np.isnan(array).any():
        raise ValueError("expected (N, C) scores or (N,) classes")
    return np.array([list(row).index(max(row)) for row in array], dtype=np.int64)


# --- target_classes -------------------------------------------------------------------------


@wrong("searches along the samples", "If you searched along axis 0, you found a sample for each class.")
def target_classes(targets):
    array = to_array(targets)
    return whole_numbers(array) if array.ndim == 1 else array.argmax(axis=0)


@wrong("leaves one-hot rows", "If you return the rows as they are, they still have to name a class.")
def target_classes(targets):
    return to_array(targets).astype(np.int64)


@wrong("searches all rows at once", "If you search all rows at once, the places run on from row to row.")
def target_classes(targets):
    array = to_array(targets)
    return whole_numbers(array) if array.ndim == 1 else np.flatnonzero(array)


@wrong("leaves decimals", "If decimals stay decimals, they cannot be used as indices.")
def target_classes(targets):
    array = to_array(targets)
    return array if array.ndim == 1 else array.argmax(axis=1)


@wrong("lets a column pass", "If a column of indices passes, argmax calls each of them class 0.")
def target_classes(targets):
    array = to_array(targets)
    return whole_numbers(array) if array.ndim == 1 else array.argmax(axis=1)


@wrong("takes soft targets", "If a soft row passes, its largest share is taken for the truth.")
def target_classes(targets):
    array = to_array(targets)
    if array.ndim == 1:
        return whole_numbers(array)
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError("expected indices or one-hot rows")
    return array.argmax(axis=1)


@wrong("rounds fractions", "If fractions pass, rounding makes classes out of them.")
def target_classes(targets):
    array = to_array(targets)
    if array.ndim == 1:
        return array.astype(int)
    if array.ndim != 2 or array.shape[1] < 2 or (np.sort(array, axis=1)[:, :-1] != 0).any():
        raise ValueError("expected indices or one-hot rows")
    if (array.max(axis=1) != 1).any():
        raise ValueError("expected one-hot rows")
    return array.argmax(axis=1)


@wrong(
    "looks at the sums alone",
    "If you look at sums or at the largest number alone, these rows look one-hot.",
)
def target_classes(targets):
    array = to_array(targets)
    if array.ndim == 1:
        return whole_numbers(array)
    if array.shape[1] < 2 or (array != np.rint(array)).any() or (array.sum(axis=1) != 1).any():
        raise ValueError("expected one-hot rows")
    return array.argmax(axis=1)


@right("multiplies by the indices")
def target_classes(targets):
    array = to_array(targets)
    if array.ndim == 1:
        return whole_numbers(array)
    if array.ndim != 2 or array.shape[1] < 2 or not np.isin(array, (0, 1)).all():
        raise ValueError("expected indices or one-hot rows")
    if (array.sum(axis=1) != 1).any():
        raise ValueError("expected one 1 in each row")
    return (array @ np.arange(array.shape[1])).astype(np.int64)


@right("with a loop")
def target_classes(targets):
    array = to_array(targets)
    if array.ndim == 1:
        return whole_numbers(array)
    if array.ndim > 2 or array.shape[1] == 1:
        raise ValueError("expected indices or one-hot rows")
    classes = []
    for row in array.tolist():
        if sorted(row) != [0.0] * (len(row) - 1) + [1.0]:
            raise ValueError("expected one-hot rows")
        classes.append(row.index(1))
    return np.array(classes, dtype=int)


@right("with nonzero")
def target_classes(targets):
    array = to_array(targets)
    if array.ndim < 2:
        return whole_numbers(array)
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError("expected indices or one-hot rows")
    rows, columns = np.nonzero(array)
    if len(rows) != len(array) or (rows != np.arange(len(array))).any() or (array[rows, columns] != 1).any():
        raise ValueError("expected one-hot rows")
    return columns


# --- accuracy -------------------------------------------------------------------------------


@wrong("returns a count", "If you add up without dividing, you return a count.")
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(np.sum(predicted == actual))


@wrong(
    "returns the error rate",
    "If you count what differs, you return the error rate.",
    loses=(
        "test_accuracy_of_published_outputs",
        "test_accuracy_in_every_form",
        "test_forward_pass_on_the_spiral",
    ),
)
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float(np.mean(predicted != actual))


@wrong("returns per cent", "If you return per cent, everyone else expects a share.")
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return 100 * float(np.mean(predicted == actual))


@wrong("all or nothing", "If you ask whether all are right, or divide with //, one mistake spoils everything.")
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return float((predicted == actual).all())


@wrong("divides whole numbers", "If you ask whether all are right, or divide with //, one mistake spoils everything.")
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


@wrong("compares one-hot rows", "If you compare one-hot rows element by element, right zeros count too.")
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    identity = np.eye(class_count(outputs, targets))
    return float(np.mean(identity[predicted] == identity[actual]))


@wrong("compares scores", "If you compare scores with targets, floats almost never equal a class.")
def accuracy(outputs, targets):
    _, actual = paired_classes(outputs, targets)
    return float(np.mean(to_array(outputs).max(axis=-1) == actual))


@wrong(
    "does not look at the lengths",
    "If you compare without a look at the lengths, one target is held against every sample.",
)
def accuracy(outputs, targets):
    return float(np.mean(predicted_classes(outputs) == target_classes(targets)))


@wrong("cuts the longer one", "If the longer one is cut, samples vanish without a word.")
def accuracy(outputs, targets):
    predicted, actual = predicted_classes(outputs), target_classes(targets)
    if len(actual) < 2 or actual.max() >= class_count(outputs, targets):
        raise ValueError("expected samples")
    pairs = list(zip(predicted, actual))
    return sum(p == a for p, a in pairs) / len(pairs)


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


@right("by the score of the target, in float32")
def accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    return np.equal(predicted, actual).astype(np.float32).mean()


# --- confidence_interval --------------------------------------------------------------------


@wrong(
    "the textbook's interval",
    "If you put the measured share under the root, 12 of 12 look certain.",
    loses=("test_confidence_interval",),
)
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    share = correct / total
    half = z * math.sqrt(share * (1 - share) / total)
    return max(0.0, share - half), min(1.0, share + half)


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


@wrong("no root", "If you leave out the root, a variance is taken for a deviation.")
def confidence_interval(correct, total, z=Z_95):
    if total < 1 or not 0 <= correct <= total:
        raise ValueError("expected counts")
    p, n = correct / total, total
    half = z * (p * (1 - p) / n + z * z / (4 * n * n))
    return (p + z * z / (2 * n) - half) / (1 + z * z / n), (p + z * z / (2 * n) + half) / (1 + z * z / n)


@wrong("takes any counts", "If counts that cannot be pass, so do their shares.")
def confidence_interval(correct, total, z=Z_95):
    if total == 0:
        return 0.0, 1.0
    p, n = correct / total, total
    half = z * math.sqrt(abs(p * (1 - p) / n + z * z / (4 * n * n)))
    return (p + z * z / (2 * n) - half) / (1 + z * z / n), (p + z * z / (2 * n) + half) / (1 + z * z / n)


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
        for _ in range(80):
            middle = (inside + outside) / 2
            if (share - middle) ** 2 <= z * z * middle * (1 - middle) / total:
                inside = middle
            else:
                outside = middle
        ends.append(inside)
    return tuple(ends)


# --- top_k_accuracy -------------------------------------------------------------------------


@wrong("one place too many", "If you count one place too many, k + 1 classes are named.")
def top_k_accuracy(outputs, targets, k):
    scores, (_, actual) = to_array(outputs), paired_classes(outputs, targets)
    own = scores[np.arange(len(scores)), actual, np.newaxis]
    return float(np.mean((scores > own).sum(axis=1) <= k))


@wrong("ignores k", "If only the best class counts, k is ignored.")
def top_k_accuracy(outputs, targets, k):
    return accuracy(outputs, targets)


@wrong("the worst k", "If you sort upwards, you name the k worst.")
def top_k_accuracy(outputs, targets, k):
    scores, (_, actual) = to_array(outputs), paired_classes(outputs, targets)
    named = np.argsort(scores, axis=1)[:, :k]
    return float(np.mean((named == actual[:, None]).any(axis=1)))


@wrong("returns a count", "If you add up without dividing, you return a count.")
def top_k_accuracy(outputs, targets, k):
    scores, (_, actual) = to_array(outputs), paired_classes(outputs, targets)
    named = np.argsort(-scores, axis=1)[:, :k]
    return float((named == actual[:, None]).any(axis=1).sum())


@wrong("divides by k", "If you divide by k, you compute a precision of the named classes.")
def top_k_accuracy(outputs, targets, k):
    scores, (_, actual) = to_array(outputs), paired_classes(outputs, targets)
    named = np.argsort(-scores, axis=1)[:, :k]
    return float((named == actual[:, None]).mean())


@wrong("takes any k", "If k outside 1 to C passes, none or all are right whatever the scores.")
def top_k_accuracy(outputs, targets, k):
    scores, (_, actual) = to_array(outputs), paired_classes(outputs, targets)
    named = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float(np.mean((named == actual[:, None]).any(axis=1)))


@wrong("ties count for the target", "If a tie counts for the target, a dead network is always right.")
def top_k_accuracy(outputs, targets, k):
    scores, (_, actual) = to_array(outputs), paired_classes(outputs, targets)
    if scores.ndim != 2 or not 1 <= k <= scores.shape[1]:
        raise ValueError("expected scores and k from 1 to C")
    own = scores[np.arange(len(scores)), actual, np.newaxis]
    return float(np.mean((scores > own).sum(axis=1) < k))


@wrong("ties count against the target", "If a tie counts against the target, a dead network is always wrong.")
def top_k_accuracy(outputs, targets, k):
    scores, (_, actual) = to_array(outputs), paired_classes(outputs, targets)
    if scores.ndim != 2 or not 1 <= k <= scores.shape[1]:
        raise ValueError("expected scores and k from 1 to C")
    own = scores[np.arange(len(scores)), actual, np.newaxis]
    return float(np.mean((scores >= own).sum(axis=1) <= k))


@wrong("the higher index first", "If the higher index comes first, top-1 is no longer the accuracy.")
def top_k_accuracy(outputs, targets, k):
    scores, (_, actual) = to_array(outputs), paired_classes(outputs, targets)
    if scores.ndim != 2 or not 1 <= k <= scores.shape[1]:
        raise ValueError("expected scores and k from 1 to C")
    named = np.argsort(scores, axis=1, kind="stable")[:, ::-1][:, :k]
    return float(np.mean((named == actual[:, None]).any(axis=1)))


@right("with a stable sort")
def top_k_accuracy(outputs, targets, k):
    scores, (_, actual) = to_array(outputs), paired_classes(outputs, targets)
    if scores.ndim != 2 or not 1 <= k <= scores.shape[1]:
        raise ValueError("expected scores and k from 1 to C")
    named = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float(np.mean(np.any(named == actual[:, np.newaxis], axis=1)))


@right("by naming the best k times")
def top_k_accuracy(outputs, targets, k):
    predicted, actual = paired_classes(outputs, targets)
    scores = np.array(to_array(outputs), dtype=np.float64)
    if scores.ndim != 2 or k < 1 or k > scores.shape[1]:
        raise ValueError("expected scores and k from 1 to C")
    hit = np.zeros(len(actual), bool)
    for _ in range(k):
        best = scores.argmax(axis=1)
        hit |= best == actual
        scores[np.arange(len(scores)), best] = -np.inf
    return hit.mean()


@right("with a loop")
def top_k_accuracy(outputs, targets, k):
    scores, (_, actual) = to_array(outputs), paired_classes(outputs, targets)
    if scores.ndim != 2 or k not in range(1, scores.shape[1] + 1):
        raise ValueError("expected scores and k from 1 to C")
    hits = 0
    for row, target in zip(scores, actual):
        best = sorted(range(len(row)), key=lambda c: row[c], reverse=True)[:k]
        hits += target in best
    return hits / len(actual)


# --- confusion_matrix -----------------------------------------------------------------------


@wrong("rows are predictions", "If rows are predictions, the matrix is transposed.")
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    matrix = np.zeros((classes, classes), int)
    np.add.at(matrix, (predicted, actual), 1)
    return matrix


@wrong("adds a repeated pair once", "If you write with [actual, predicted] += 1, a repeated pair counts once.")
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    matrix = np.zeros((classes, classes), int)
    matrix[actual, predicted] += 1
    return matrix


@wrong("divides by N", "If you divide by N, you return shares and not counts.")
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    matrix = np.zeros((classes, classes))
    np.add.at(matrix, (actual, predicted), 1)
    return matrix / len(actual)


@wrong("divides by the rows", "If you divide by the rows, you return shares and not counts.")
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    matrix = np.zeros((classes, classes))
    np.add.at(matrix, (actual, predicted), 1)
    return matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)


@wrong("only the errors", "If you count only what is wrong, the diagonal stays empty.")
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    matrix = np.zeros((classes, classes), int)
    np.add.at(matrix, (actual, predicted), predicted != actual)
    return matrix


@wrong("only what occurs", "If you look only at what occurs, the size changes from batch to batch.")
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    names = np.union1d(predicted, actual)
    return np.array([[((actual == i) & (predicted == j)).sum() for j in names] for i in names])


@wrong("ignores classes", "If you ignore classes, it is 2 by 2.")
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets)
    matrix = np.zeros((classes, classes), int)
    np.add.at(matrix, (actual, predicted), 1)
    return matrix


@wrong("loses what lies beyond", "If a class beyond `classes` passes, it is lost or lands in another row.")
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    matrix = np.zeros((classes, classes), int)
    for p, a in zip(predicted, actual):
        if p < classes and a < classes:
            matrix[a, p] += 1
    return matrix


@wrong("8-bit numbers of pairs", "If you compute with 8-bit integers, numbers above 255 start again at 0.")
def confusion_matrix(outputs, targets, classes=None):
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError("a class beyond")
    pairs = actual.astype(np.uint8) * np.uint8(classes) + predicted.astype(np.uint8)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


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
    names = np.arange(classes or class_count(outputs, targets))
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
    return float(np.average(ratio, weights=support[kept] if average == "weighted" else None))


@wrong("a small number below", "If a small number in the denominator avoids 0 / 0, it bends the rest.")
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / (whole.sum() + 1e-3))
    ratio = part / (whole + 1e-3)
    if average is None:
        return ratio
    return float(np.average(ratio, weights=support if average == "weighted" else None))


@wrong("macro without the empty", "If you leave empty classes out of macro, the mean is over fewer.")
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / max(whole.sum(), 1))
    ratio = part / np.maximum(whole, 1)
    if average is None:
        return ratio
    if average == "macro":
        return float(ratio[whole > 0].mean())
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


@wrong("weighs by whole", "If you weigh by whole, the support goes unused.")
def averaged_ratio(part, whole, support, average):
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError("unknown average")
    if average == "micro":
        return float(part.sum() / max(whole.sum(), 1))
    ratio = part / np.maximum(whole, 1)
    if average is None:
        return ratio
    return float(np.average(ratio, weights=whole if average == "weighted" else None))


@wrong("an unknown average is macro", "If an unknown average passes, a typing error gives a number.")
def averaged_ratio(part, whole, support, average):
    ratio = part / np.maximum(whole, 1)
    if average is None:
        return ratio
    if average == "micro":
        return float(part.sum() / max(whole.sum(), 1))
    if average == "weighted":
        return float((ratio * support).sum() / support.sum())
    return float(ratio.mean())


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


@right("in float32")
def averaged_ratio(part, whole, support, average):
    if average == "micro":
        part, whole, support = part.sum()[None], whole.sum()[None], np.ones(1)
    elif average == "macro":
        support = np.ones(len(part))
    elif average not in (None, "weighted"):
        raise ValueError("unknown average")
    ratio = np.where(whole > 0, part / np.maximum(whole, 1), 0.0).astype(np.float32)
    return ratio if average is None else np.sum(ratio * support / np.sum(support))


# --- precision ------------------------------------------------------------------------------


@wrong("recall", "If you divide by the rows, you compute recall.")
def precision(outputs, targets, average="macro", classes=None):
    matrix = confusion_matrix(outputs, targets, classes)
    return averaged_ratio(np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=1), average)


@wrong("divides by N", "If you divide by N, you compute shares of all samples.")
def precision(outputs, targets, average="macro", classes=None):
    matrix = confusion_matrix(outputs, targets, classes)
    total = np.full(len(matrix), matrix.sum())
    return averaged_ratio(np.diag(matrix), total, matrix.sum(axis=1), average)


@wrong("adds rows and columns", "If you add up both, you compute half of F1.")
def precision(outputs, targets, average="macro", classes=None):
    matrix = confusion_matrix(outputs, targets, classes)
    both = matrix.sum(axis=0) + matrix.sum(axis=1)
    return averaged_ratio(np.diag(matrix), both, matrix.sum(axis=1), average)


@wrong("false alarms", "If you count what is not a hit, you compute false alarms.")
def precision(outputs, targets, average="macro", classes=None):
    matrix = confusion_matrix(outputs, targets, classes)
    called = matrix.sum(axis=0)
    return averaged_ratio(called - np.diag(matrix), called, matrix.sum(axis=1), average)


@wrong("ignores average", "If you ignore average, every wish gives macro.")
def precision(outputs, targets, average="macro", classes=None):
    matrix = confusion_matrix(outputs, targets, classes)
    wish = None if average is None else "macro"
    return averaged_ratio(np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1), wish)


@wrong(
    "weighs by predictions",
    "If the columns are taken for the support, weights come from predictions.",
)
def precision(outputs, targets, average="macro", classes=None):
    matrix = confusion_matrix(outputs, targets, classes)
    return averaged_ratio(np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=0), average)


@wrong("drops classes", "If you drop `classes`, empty ones have no place.")
def precision(outputs, targets, average="macro", classes=None):
    matrix = confusion_matrix(outputs, targets)
    return averaged_ratio(np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1), average)


@right("from the transposed matrix")
def precision(outputs, targets, average="macro", classes=None):
    matrix = confusion_matrix(outputs, targets, classes).T
    return averaged_ratio(matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0), average)


@right("hits and false alarms with loops")
def precision(outputs, targets, average="macro", classes=None):
    predicted, actual = paired_classes(outputs, targets)
    names = range(classes or class_count(outputs, targets))
    hits = np.array([sum((predicted == c) & (actual == c)) for c in names])
    alarms = np.array([sum((predicted == c) & (actual != c)) for c in names])
    support = np.array([sum(actual == c) for c in names])
    return averaged_ratio(hits, hits + alarms, support, average)


@right("with einsum")
def precision(outputs, targets, average="macro", classes=None):
    matrix = confusion_matrix(outputs, targets, classes)
    called, there = np.einsum("ij->j", matrix), np.einsum("ij->i", matrix)
    return averaged_ratio(np.einsum("ii->i", matrix), called, there, average)


# --- f1_score -------------------------------------------------------------------------------


@wrong("the plain mean", "If you take the plain mean of the two, a high one hides a low one.")
def f1_score(outputs, targets, average="macro", classes=None):
    p = precision(outputs, targets, average, classes)
    return (p + recall(outputs, targets, average, classes)) / 2


@wrong("without the factor 2", "If you forget the factor 2, a perfect class has 0.5.")
def f1_score(outputs, targets, average="macro", classes=None):
    matrix = confusion_matrix(outputs, targets, classes)
    called, there = matrix.sum(axis=0), matrix.sum(axis=1)
    return averaged_ratio(np.diag(matrix), called + there, there, average)


@wrong("the geometric mean", "If you take the square root of the product, that is another mean.")
def f1_score(outputs, targets, average="macro", classes=None):
    p = precision(outputs, targets, average, classes)
    return np.sqrt(p * recall(outputs, targets, average, classes))


@wrong("the smaller one", "If you take the smaller of the two, the other one does not count.")
def f1_score(outputs, targets, average="macro", classes=None):
    p = precision(outputs, targets, average, classes)
    return np.minimum(p, recall(outputs, targets, average, classes))


@wrong("averages first", "If you average precision and recall first, macro F1 comes out otherwise.")
def f1_score(outputs, targets, average="macro", classes=None):
    p = precision(outputs, targets, average, classes)
    r = recall(outputs, targets, average, classes)
    return 2 * p * r / np.maximum(p + r, 1e-12)


@wrong("ignores average", "If you ignore average, every wish gives macro.")
def f1_score(outputs, targets, average="macro", classes=None):
    matrix = confusion_matrix(outputs, targets, classes)
    called, there = matrix.sum(axis=0), matrix.sum(axis=1)
    wish = None if average is None else "macro"
    return averaged_ratio(2 * np.diag(matrix), called + there, there, wish)


@wrong("NaN without a hit", "If a class has no hit, 0 / 0 must not become NaN.")
def f1_score(outputs, targets, average="macro", classes=None):
    p = precision(outputs, targets, None, classes)
    r = recall(outputs, targets, None, classes)
    support = confusion_matrix(outputs, targets, classes).sum(axis=1)
    with np.errstate(all="ignore"):
        f = 2 * p * r / (p + r)
    if average is None:
        return f
    if average == "micro":
        return accuracy(outputs, targets)
    return float(np.average(f, weights=support if average == "weighted" else None))


@right("from precision and recall")
def f1_score(outputs, targets, average="macro", classes=None):
    p = precision(outputs, targets, None, classes)
    r = recall(outputs, targets, None, classes)
    support = confusion_matrix(outputs, targets, classes).sum(axis=1)
    f = 2 * p * r / np.where(p + r > 0, p + r, 1)
    if average is None:
        return f
    if average == "micro":
        return accuracy(outputs, targets)
    return float(np.average(f, weights=support if average == "weighted" else None))


@right("from hits, misses and false alarms")
def f1_score(outputs, targets, average="macro", classes=None):
    matrix = confusion_matrix(outputs, targets, classes)
    hits = matrix.diagonal()
    missed, alarms = matrix.sum(axis=1) - hits, matrix.sum(axis=0) - hits
    return averaged_ratio(hits, hits + (missed + alarms) / 2, hits + missed, average)


@right("with loops over the classes")
def f1_score(outputs, targets, average="macro", classes=None):
    predicted, actual = paired_classes(outputs, targets)
    names = range(classes or class_count(outputs, targets))
    hits = np.array([np.sum((predicted == c) & (actual == c)) for c in names])
    there = np.array([np.sum(actual == c) for c in names])
    both = np.array([np.sum(predicted == c) + np.sum(actual == c) for c in names])
    return averaged_ratio(2 * hits, both, there, average)


# --- balanced_accuracy ----------------------------------------------------------------------


@wrong("accuracy", "If every sample weighs the same, you compute the accuracy.")
def balanced_accuracy(outputs, targets):
    return accuracy(outputs, targets)


@wrong("mean of precisions", "If you divide by the columns, you average precisions.")
def balanced_accuracy(outputs, targets):
    return precision(outputs, targets)


@wrong("mean of F1", "If you average F1, precision is in it.")
def balanced_accuracy(outputs, targets):
    return f1_score(outputs, targets)


@wrong("adds up", "If you add up the recalls, divide by their number.")
def balanced_accuracy(outputs, targets):
    return float(np.sum(recall(outputs, targets, average=None)))


@wrong("macro recall", "If a class that never occurs counts as 0, half of these recalls are made up.")
def balanced_accuracy(outputs, targets):
    return recall(outputs, targets, average="macro")


@wrong("counts what is only predicted", "If a class that is only predicted counts as 0, its recall is made up.")
def balanced_accuracy(outputs, targets):
    matrix = confusion_matrix(outputs, targets)
    seen = matrix.sum(axis=0) + matrix.sum(axis=1) > 0
    return float(recall(outputs, targets, average=None)[seen].mean())


@wrong("NaN of what never occurs", "If a class that never occurs gives NaN, the mean is NaN.")
def balanced_accuracy(outputs, targets):
    matrix = confusion_matrix(outputs, targets)
    with np.errstate(all="ignore"):
        return float(np.mean(np.diag(matrix) / matrix.sum(axis=1)))


@right("with a loop")
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    recalls = [np.mean(predicted[actual == c] == c) for c in set(actual.tolist())]
    return sum(recalls) / len(recalls)


@right("as weighted samples")
def balanced_accuracy(outputs, targets):
    predicted, actual = paired_classes(outputs, targets)
    weights = 1 / np.bincount(actual)[actual]
    return np.average(predicted == actual, weights=weights)


@right("from the recalls")
def balanced_accuracy(outputs, targets):
    recalls = recall(outputs, targets, average=None)
    return np.float32(recalls[np.unique(target_classes(targets))].mean())


# --- reliability_bins -----------------------------------------------------------------------


@wrong("1.0 has no bin", "If 1.0 has no bin, one answer is lost.")
def reliability_bins(probabilities, targets, bins=10):
    p, (predicted, actual) = to_array(probabilities), paired_classes(probabilities, targets)
    if p.ndim != 2 or p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = (p.max(axis=1) * bins).astype(int)
    held = [index == b for b in range(bins)]
    count = np.array([h.sum() for h in held])
    share = np.array([np.mean((predicted == actual)[h]) if h.any() else 0.0 for h in held])
    return np.array([p.max(axis=1)[h].mean() if h.any() else 0.0 for h in held]), share, count


@wrong("NaN of an empty bin", "If an empty bin gives NaN, say 0: there is nothing to divide by.")
def reliability_bins(probabilities, targets, bins=10):
    p, (predicted, actual) = to_array(probabilities), paired_classes(probabilities, targets)
    if p.ndim != 2 or p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    with np.errstate(all="ignore"):
        confidence = np.bincount(index, p.max(axis=1), minlength=bins) / count
        return confidence, np.bincount(index, predicted == actual, minlength=bins) / count, count


@wrong("sums in place of means", "If you add up without dividing, you return sums.")
def reliability_bins(probabilities, targets, bins=10):
    p, (predicted, actual) = to_array(probabilities), paired_classes(probabilities, targets)
    if p.ndim != 2 or p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1)
    right = np.bincount(index, predicted == actual, minlength=bins)
    return np.bincount(index, p.max(axis=1), minlength=bins), right, np.bincount(index, minlength=bins)


@wrong("divides by all samples", "If you divide by all samples, a full bin looks more confident.")
def reliability_bins(probabilities, targets, bins=10):
    p, (predicted, actual) = to_array(probabilities), paired_classes(probabilities, targets)
    if p.ndim != 2 or p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index, n = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1), len(p)
    right = np.bincount(index, predicted == actual, minlength=bins)
    return np.bincount(index, p.max(axis=1), minlength=bins) / n, right / n, np.bincount(index, minlength=bins)


@wrong("the middle of each bin", "If you return the middle of each bin, what was in it is not asked.")
def reliability_bins(probabilities, targets, bins=10):
    p, (predicted, actual) = to_array(probabilities), paired_classes(probabilities, targets)
    if p.ndim != 2 or p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, predicted == actual, minlength=bins)
    return (np.arange(bins) + 0.5) / bins, right / np.maximum(count, 1), count


@wrong("counts errors", "If you count the errors, you return 1 - accuracy.")
def reliability_bins(probabilities, targets, bins=10):
    p, (predicted, actual) = to_array(probabilities), paired_classes(probabilities, targets)
    if p.ndim != 2 or p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    index = np.minimum((p.max(axis=1) * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    wrong = np.bincount(index, predicted != actual, minlength=bins) / np.maximum(count, 1)
    return np.bincount(index, p.max(axis=1), minlength=bins) / np.maximum(count, 1), wrong, count


@wrong(
    "the probability of the target",
    "If you take the probability of the true class, you look up the answer first.",
)
def reliability_bins(probabilities, targets, bins=10):
    p, (predicted, actual) = to_array(probabilities), paired_classes(probabilities, targets)
    if p.ndim != 2 or p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected probabilities")
    confidence = p[np.arange(len(p)), actual]
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, predicted == actual, minlength=bins) / np.maximum(count, 1)
    return np.bincount(index, confidence, minlength=bins) / np.maximum(count, 1), right, count


@wrong("takes logits", "If logits pass, their size is taken for a confidence.")
def reliability_bins(probabilities, targets, bins=10):
    p, (predicted, actual) = to_array(probabilities), paired_classes(probabilities, targets)
    index = np.clip((p.max(axis=1) * bins).astype(int), 0, bins - 1)
    count = np.bincount(index, minlength=bins)
    right = np.bincount(index, predicted == actual, minlength=bins) / np.maximum(count, 1)
    return np.bincount(index, p.max(axis=1), minlength=bins) / np.maximum(count, 1), right, count


@right("with a loop over the bins")
def reliability_bins(probabilities, targets, bins=10):
    p, (predicted, actual) = to_array(probabilities), paired_classes(probabilities, targets)
    if p.ndim != 2 or (p < 0).any() or not np.allclose(p.sum(axis=1), 1, atol=1e-3):
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
    p, (predicted, actual) = to_array(probabilities), paired_classes(probabilities, targets)
    if p.ndim != 2 or p.min() < 0 or p.max() > 1.001 or np.abs(p.sum(axis=1) - 1).max() > 1e-2:
        raise ValueError("expected probabilities")
    sure = p.max(axis=1)
    count, _ = np.histogram(sure, bins, (0, 1))
    sums, _ = np.histogram(sure, bins, (0, 1), weights=sure)
    hits, _ = np.histogram(sure, bins, (0, 1), weights=(predicted == actual).astype(float))
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
