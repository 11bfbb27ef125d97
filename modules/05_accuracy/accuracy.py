# %% [markdown]
r"""
# 5. Accuracy

A loss tells the network how wrong it is. People ask another question: how often is it right,
and may I trust that number? In this lesson you build what answers them: accuracy and top-k,
the confusion matrix with precision, recall and F1, an interval around a measured share, and a
check of whether a stated confidence is earned.

You need lessons 1 to 4, and a little probability: a share, and the spread of a repeated coin toss.
"""

# %%
#| default_exp core.accuracy
#| public balanced_accuracy confidence_interval confusion_matrix expected_calibration_error f1_score majority_baseline precision recall top_k_accuracy

# %%
from tinytorch import testing as tt

tt.begin("accuracy")

# %%
#| export
import math
from typing import Any

import numpy as np

from tinytorch.core.tensor import to_array

# %%
import timeit

from sklearn import metrics
from tinytorch.data import load_digits

from tinytorch import figures
from tinytorch.core.activations import softmax
from tinytorch.core.losses import CategoricalCrossEntropyLoss
from tinytorch.core.tensor import Tensor
from tinytorch.testing.oracles import accuracy as oracles

# %% [markdown]
r"""
## 5.1 Two numbers not to trust

The first detector below looks for an illness that one person in two hundred has, and never finds
it. The second classifier is perfect: its answers *are* the truth, only stored as a column. What
share of right answers do you expect of each?
"""

# %%
rng = np.random.default_rng(5)
ill = (rng.random(2_000) < 0.005).astype(int)
always_no = np.zeros_like(ill)
print(f"always says no: {(always_no == ill).mean():.1%} right")

truth = rng.integers(0, 10, 500)
perfect = truth.reshape(-1, 1)
print(f"always right:   {(perfect == truth).mean():.1%} right")

# %% [markdown]
r"""
The useless detector is right 99.5 % of the time, the perfect one 10 %. The first number is true
and says nothing, since almost nobody is ill. The second is false: `(N, 1) == (N,)` broadcasts to
`(N, N)` and compares everyone with everyone.

So this lesson has two halves: numbers that are computed right, and numbers that answer the
question.
"""

# %% [markdown]
r"""
## 5.2 From scores to classes

A network gives scores of shape `(N, C)`, one column a class. The predicted class is the column
of the largest score, `(N, C) -> (N,)`. Logits and probabilities give the same, because softmax
keeps their order.

Two decisions hide in "the largest". If scores tie, somebody must choose: we take the first. And
NaN is neither larger nor smaller than anything, yet NumPy's searches return some place all the
same, so a network that has broken down would still get an accuracy. Better to refuse. Infinities
are scores like others: a class that is ruled out has minus infinity.
"""

# %% nbgrader={"grade": false, "grade_id": "predicted_classes", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def predicted_classes(outputs: Any) -> np.ndarray:
    """The predicted class of each sample: the column of its largest score.

    Args:
        outputs: scores of shape (N, C) with C of at least 2, as a list, an array of any dtype or
            a Tensor: logits, probabilities or votes. They are not changed, and compared as they
            are, in their own dtype; numbers in a list in float32 or float64, as you like. N may
            be 0.

    Returns:
        Array of whole numbers of shape (N,), also where N is 0. The first of several equal
        largest scores wins.

    Raises:
        ValueError: any other shape, a column (N, 1) included, or a NaN anywhere.

    Example:
        >>> predicted_classes([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]])
        array([1, 0])

    Hint: `to_array` of lesson 1 takes all three kinds.
    """
    ### BEGIN SOLUTION
    scores = to_array(outputs)
    if scores.ndim != 2 or scores.shape[1] < 2:
        raise ValueError(f"expected scores of shape (N, C) with C >= 2, got {scores.shape}")
    if np.isnan(scores).any():
        raise ValueError("scores hold NaN, expected numbers: look for it in the network's output")
    return scores.argmax(axis=1)  # of equal ones the first
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_predicted_classes_are_the_largest_scores", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_predicted_classes_are_the_largest_scores():
    """Each row gives the column of its largest score, of any dtype, in a list, array or Tensor."""
    scores = [tt.case(x) for x in oracles.scores_of_all_dtypes(seed=1)]
    lists = [tt.case(rows) for rows in ([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]], [[1, 2], [4, 3]])]
    tt.check(predicted_classes, oracles.largest_columns, scores + lists)
    name = "predicted_classes of a Tensor"
    tt.check(predicted_classes, oracles.largest_columns, scores[::4], wrap=Tensor, name=name)
    again = oracles.refilled([[1, 2, 0], [5, 4, 3]], [[2, 1, 0], [3, 4, 5]])
    name = "predicted_classes of an array filled anew"
    tt.check(predicted_classes, oracles.largest_columns, again, name=name, once=True)
    ### BEGIN HIDDEN TESTS
    scores = [*oracles.scores_of_all_dtypes(seed=31)[::3], [[-0.5, -2.5, 1.5], [3, 1, 2]]]
    tt.check(predicted_classes, oracles.largest_columns, [tt.case(x) for x in scores], once=True)
    ### END HIDDEN TESTS


test_predicted_classes_are_the_largest_scores()

# %% nbgrader={"grade": true, "grade_id": "test_predicted_classes_where_scores_tie_or_are_extreme", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_predicted_classes_where_scores_tie_or_are_extreme():
    """Of equal scores the first wins; infinite, huge, tiny, close ones count as such; no rows."""
    rows = [[1, 2, 2], [2, 1, 2], [2, 2, 1], [0, 0, 0], [3, 1, 2], [-1, -1, -2]]
    close, single = oracles.close_scores(seed=1)
    scores = [rows, *oracles.tied_scores(seed=1), *np.array_split(close, 5), single]
    scores += [np.zeros((0, 3)), np.zeros((0, 2), np.int64)]
    tt.check(predicted_classes, oracles.largest_columns, map(tt.case, scores), once=True)
    ones = [np.eye(3, 400, 255, np.int8), np.eye(2)[[0, 1, 1] * 100]]
    tt.check(predicted_classes, lambda scores: np.nonzero(scores)[1], map(tt.case, ones), once=True)
    ### BEGIN HIDDEN TESTS
    close = oracles.close_scores(seed=5)[0]
    scores = [[[5, 5], [4, 4], [0, 1], [7, 6]], *oracles.tied_scores(seed=3)[::4]]
    scores += [close[::2], close[1::2], np.zeros((0, 4), np.float32)]
    cases = [tt.case(each) for each in scores]
    tt.check(predicted_classes, oracles.largest_columns, cases, once=True)
    ### END HIDDEN TESTS


test_predicted_classes_where_scores_tie_or_are_extreme()

# %% nbgrader={"grade": true, "grade_id": "test_predicted_classes_refuses_nan_and_other_shapes", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_predicted_classes_refuses_nan_and_other_shapes():
    """A NaN anywhere and any shape but (N, C) are a ValueError; infinities and no rows are not."""
    broken = [*oracles.scores_with_nan(seed=0), [[np.nan, 1], [0, 1]], [[np.inf, np.nan], [0, 1]]]
    others = [2.0, [0.2, 0.8], [[1.0], [0.0], [2.0]], np.array([1, 0, 2]), [], Tensor([1.0, 2.0])]
    shapes = [(2, 3, 4), (2, 3, 1), (1, 2, 3), (2, 1, 3), (0, 1), (1, 1), (3, 0)]
    refused = [*broken, Tensor(broken[4]), *others, *map(np.zeros, shapes)]
    sound = [[[0, 0.0], [np.inf, -np.inf]], np.full((1, 2), -np.inf), np.full((2, 2), 1e308)]
    sound += [np.array([[3, 4]]), Tensor([[-np.inf, np.inf]]), [[0.2, 0.8]], np.ones((0, 2))]
    tt.check_raises(ValueError, predicted_classes, map(tt.case, refused), but=map(tt.case, sound))
    ### BEGIN HIDDEN TESTS
    broken = [*oracles.scores_with_nan(seed=1)[::2], [[2, np.nan]]]
    others = [np.array(1), [3], np.zeros((4, 1), np.int64), Tensor([[1.0], [2.0]]), True]
    shapes = [(1, 2, 2), (2, 2, 1, 3), (4, 2, 1), (3, 1, 2), (1, 1, 1), (0,), (0, 0)]
    refused = [*broken, Tensor(broken[1]), *others, *map(np.zeros, shapes)]
    sound = [np.array([[np.inf, -np.inf, 0]]), np.array([[True, False]]), np.full((2, 3), -1e308)]
    tt.check_raises(ValueError, predicted_classes, map(tt.case, refused), but=map(tt.case, sound))
    ### END HIDDEN TESTS


test_predicted_classes_refuses_nan_and_other_shapes()

# %% [markdown]
r"""
## 5.3 What fits together, and accuracy

The second trap of 5.1 is closed in one place. Every measure below starts from one of two functions,
written in the folded cell, which need not be read:

- `paired_classes(outputs, targets)` returns predicted and true classes, both `(N,)`. Outputs are
  scores `(N, C)`, for which it calls your function, or classes `(N,)`.
- `scored_batch(outputs, targets)` returns scores `(N, C)` and true classes `(N,)`.

Targets are indices `(N,)` or one-hot rows `(N, C)`. All may be lists, arrays or Tensors, and 2.0 or
True count as 2 or 1. Both raise a ValueError where lengths differ, nothing is there, a class lies
beyond the columns, an output or target names no class, or a score is NaN. Shares are computed in
float64.
"""

# %% jupyter={"source_hidden": true}
#| export
def whole_numbers(values: Any) -> np.ndarray:
    """Class indices as int64, out of whole numbers of any dtype: 2.0 counts as 2."""
    array = to_array(values)
    is_whole = array.dtype.kind != "f" or (np.isfinite(array) & (array == np.rint(array))).all()
    if not is_whole or (array < 0).any():
        raise ValueError("expected class indices 0, 1, 2 ...: scores need shape (N, C)")
    return array.astype(np.int64)


def target_classes(targets: Any) -> np.ndarray:
    """The true class of each sample, out of indices (N,) or one-hot rows (N, C)."""
    array = to_array(targets)
    if array.ndim == 1:
        return whole_numbers(array)
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError(f"expected (N,) indices or (N, C) one-hot rows, got {array.shape}")
    ones = array == 1
    if not (ones | (array == 0)).all() or (ones.sum(axis=1) != 1).any():
        raise ValueError("expected one-hot rows, one 1 and zeros: choose a class for each sample")
    return ones.argmax(axis=1)


def class_count(outputs: Any, targets: Any) -> int:
    """How many classes: the columns of the scores or one-hot rows, else the largest index + 1."""
    columns = {np.shape(values)[1] for values in (outputs, targets) if np.ndim(values) == 2}
    if len(columns) > 1:
        raise ValueError(f"outputs and targets have {columns} columns: expected as many of each")
    return columns.pop() if columns else 1 + int(max(to_array(v).max() for v in (outputs, targets)))


def fitting_targets(outputs: Any, targets: Any) -> np.ndarray:
    """The true classes of a batch, once outputs and targets are known to fit together."""
    actual, shape = target_classes(targets), np.shape(outputs)
    if len(shape) not in (1, 2) or shape[1:] in ((0,), (1,)):
        raise ValueError(f"expected (N, C) scores with C >= 2 or (N,) classes, got {shape}")
    if shape[:1] != actual.shape or not actual.size:
        raise ValueError(
            f"{shape[0]} outputs and {len(actual)} targets: expected as many of each, and at "
            "least one; check how the batch was cut"
        )
    if len(shape) == 2 or np.ndim(targets) == 2:  # columns say how many classes there are
        largest = max(actual.max(), whole_numbers(outputs).max() if len(shape) == 1 else 0)
        if largest >= (classes := class_count(outputs, targets)):
            raise ValueError(f"expected classes 0 to {classes - 1}, got {largest}: check labels")
    return actual


def paired_classes(outputs: Any, targets: Any) -> tuple[np.ndarray, np.ndarray]:
    """Predicted and true classes, both (N,), of a batch that has been checked."""
    array = to_array(outputs)
    predicted = whole_numbers(array) if array.ndim == 1 else None
    actual = fitting_targets(array, targets)
    return predicted_classes(array) if predicted is None else predicted, actual


def scored_batch(outputs: Any, targets: Any) -> tuple[np.ndarray, np.ndarray]:
    """Scores (N, C) without NaN, and true classes (N,), of a batch that has been checked."""
    array = to_array(outputs)
    if array.ndim != 2 or np.isnan(array).any():
        raise ValueError(f"expected (N, C) scores without NaN, got shape {array.shape}")
    return array, fitting_targets(array, targets)

# %% [markdown]
r"""
Accuracy is then the share of samples whose two classes agree. It is short, and yours:

$$ \text{accuracy} = \frac{1}{N} \sum_{n=1}^{N} \big[\, \text{predicted}_n = \text{actual}_n \,\big] $$
"""

# %% nbgrader={"grade": false, "grade_id": "accuracy", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def accuracy(outputs: Any, targets: Any) -> float:
    """The share of samples whose predicted class is the true one.

    Args:
        outputs, targets: as `paired_classes` takes them.

    Returns:
        A float (float64, Python's or NumPy's) from 0.0 to 1.0.

    Raises:
        ValueError: outputs and targets do not fit together, as `paired_classes` says.

    Example:
        >>> accuracy([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.02, 0.9, 0.08]], [0, 1, 1])
        1.0
    """
    ### BEGIN SOLUTION
    predicted, actual = paired_classes(outputs, targets)
    return float(np.mean(predicted == actual))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_accuracy_is_the_share_that_agrees", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_accuracy_is_the_share_that_agrees():
    """Some, all or none of the samples agree; there may be one or very many, of any dtype."""
    pairs, kept = oracles.class_pairs(seed=1), {"dtype": "any", "rtol": 1e-13, "once": True}
    pairs = [*pairs, ([300, 999, 5], [300, 999, 261])]
    tt.check(accuracy, oracles.share_of_equal, pairs, **kept)
    many = oracles.one_miss(times=[33_000])
    tt.check(accuracy, lambda p, a: 1 - 1 / len(a), many, **kept)
    again = oracles.refilled([0, 1, 1], [0, 0, 1], [0, 0, 0], more=[[0, 1, 1]])
    name = "accuracy of an array filled anew"
    tt.check(accuracy, oracles.share_of_equal, again, name=name, **kept)
    ### BEGIN HIDDEN TESTS
    pairs = [*oracles.class_pairs(seed=2)[::4], ([500, 0, 1], [500, 256, 1])]
    tt.check(accuracy, oracles.share_of_equal, pairs, **kept)
    ### END HIDDEN TESTS


test_accuracy_is_the_share_that_agrees()

# %% nbgrader={"grade": true, "grade_id": "test_accuracy_in_every_form_that_fits", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_accuracy_in_every_form_that_fits():
    """Scores or classes, indices or one-hot rows, lists or Tensors; a misfit is a ValueError."""
    scores = [[0.7, 0.2, 0.1], [0.5, 0.1, 0.4], [0.02, 0.9, 0.08]]
    two_thirds, kept = lambda p, a: 2 / 3, {"dtype": "any", "rtol": 1e-13, "once": True}
    tt.check(accuracy, two_thirds, oracles.in_every_form(scores, [0, 1, 1]), **kept)
    forms, name = oracles.in_every_form(scores, [0, 1, 1], turn=2), "accuracy of Tensors"
    tt.check(accuracy, two_thirds, forms, wrap=Tensor, name=name, **kept)
    sound = [tt.case([0, 1, 1], [1, 1, 1]), tt.case([2], np.eye(3)[:1])]
    tt.check_raises(ValueError, accuracy, oracles.misfits(3), but=sound)
    ### BEGIN HIDDEN TESTS
    forms = oracles.in_every_form([[-3, 1], [2, 1], [0, 4], [6, 5.0]], [1, 1, 1, 1], turn=1)[2:]
    forms += [tt.case([1, 0, 1, 0], np.ones(4, bool))]
    tt.check(accuracy, lambda p, a: 0.5, forms, wrap=Tensor, **kept)
    sound = [tt.case([3, 1], [0, 2]), tt.case([0, 3, 0, 0], np.eye(4))]
    tt.check_raises(ValueError, accuracy, oracles.misfits(4)[::6], but=sound)
    ### END HIDDEN TESTS


test_accuracy_in_every_form_that_fits()

# %% [markdown]
r"""
## 5.4 Compared with what?

99.5 % sounded good until we knew that always saying "no" earns it. The share of the most frequent
class is the *baseline*: what one gets without looking at a single input. It is written for you.
"""

# %%
#| export
def majority_baseline(targets: Any) -> float:
    """The accuracy of always answering with the most frequent class, of at least one target.

    Example:
        >>> majority_baseline([0, 0, 1, 0])
        0.75
    """
    classes = target_classes(targets)
    if not classes.size:
        raise ValueError("expected at least one target, got none: a share of nothing is undefined")
    return float(np.bincount(classes).max() / classes.size)

# %% [markdown]
r"""
Or count so that a rare class cannot be ignored. *Balanced accuracy* takes each class by itself:
of the samples that belong to it, which share was found? Then it averages over the classes, each
weighing the same. Whoever always gives one answer gets $1/C$, whatever the shares of the classes.

A class that no target belongs to has no share that could be measured, so it is left out.
"""

# %% nbgrader={"grade": false, "grade_id": "balanced_accuracy", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def balanced_accuracy(outputs: Any, targets: Any) -> float:
    """The mean over the classes of the share of their samples that was predicted right.

    Args:
        outputs, targets: as `paired_classes` takes them.

    Returns:
        A float (float64) from 0.0 to 1.0. Only classes that occur among the targets count, each
        the same.

    Raises:
        ValueError: outputs and targets do not fit together, as `paired_classes` says.

    Example:
        >>> balanced_accuracy([0, 0, 0, 0], [0, 0, 0, 1])
        0.5
    """
    ### BEGIN SOLUTION
    predicted, actual = paired_classes(outputs, targets)
    shares = [np.mean(predicted[actual == c] == c) for c in np.unique(actual)]
    return float(np.mean(shares))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_balanced_accuracy_weighs_classes_alike", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_balanced_accuracy_weighs_classes_alike():
    """The classes among the targets weigh the same; what is only predicted is none of them."""
    kept, by_class = {"dtype": "any", "rtol": 1e-13, "once": True}, oracles.mean_share_of_classes
    pairs = [*oracles.class_pairs(seed=1), ([30, 12, 300, 44], [30, 12, 44, 300])]
    tt.check(balanced_accuracy, by_class, pairs, **kept)
    many = oracles.one_miss(times=[33_000])
    tt.check(balanced_accuracy, lambda p, a: 1 - 1 / len(a), many, **kept)
    again = oracles.refilled([0, 1, 1], [0, 0, 1], [0, 0, 0], more=[[0, 1, 1]])
    name = "balanced_accuracy of an array filled anew"
    tt.check(balanced_accuracy, by_class, again, **kept, name=name)
    ### BEGIN HIDDEN TESTS
    pairs = [([11, 270, 14], [11, 14, 270]), *oracles.class_pairs(seed=2)[1::5]]
    tt.check(balanced_accuracy, by_class, pairs, **kept)
    ### END HIDDEN TESTS


test_balanced_accuracy_weighs_classes_alike()

# %% nbgrader={"grade": true, "grade_id": "test_balanced_accuracy_of_one_class_and_in_every_form", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_balanced_accuracy_of_one_class_and_in_every_form():
    """One sample or class, all or none right; it takes and refuses what `accuracy` does."""
    pairs = [([0], [0]), ([1], [0]), ([2, 2, 1, 0], [2] * 4), ([0, 1], [0, 1]), ([1, 0], [0, 1])]
    kept = {"dtype": "any", "rtol": 1e-13, "once": True}
    tt.check(balanced_accuracy, oracles.mean_share_of_classes, pairs, **kept)
    forms = oracles.in_every_form(np.eye(4)[[0, 0, 1, 3]], [0, 0, 1, 1])
    tt.check(balanced_accuracy, lambda p, a: 0.75, forms, **kept)
    tt.check(balanced_accuracy, lambda p, a: 0.75, forms[::2], **kept, wrap=Tensor)
    sound = [tt.case([0, 1, 1], [1, 1, 1])]
    tt.check_raises(ValueError, balanced_accuracy, oracles.misfits(4)[::3], but=sound)
    ### BEGIN HIDDEN TESTS
    pairs = [([0], [7]), ([1, 1, 0, 1], [1] * 4), ([0, 0], [1, 1])]
    tt.check(balanced_accuracy, oracles.mean_share_of_classes, pairs, **kept)
    forms = oracles.in_every_form(np.eye(5)[[1, 4, 2, 2, 2]], [1, 4, 4, 4, 4], turn=3)[1::2]
    tt.check(balanced_accuracy, lambda p, a: 0.625, forms, **kept, wrap=Tensor)
    sound = [tt.case([3, 1], [0, 2])]
    tt.check_raises(ValueError, balanced_accuracy, oracles.misfits(3)[::6], but=sound)
    ### END HIDDEN TESTS


test_balanced_accuracy_of_one_class_and_in_every_form()

# %%
print(f"always says no: accuracy {accuracy(always_no, ill):.3f}, "
      f"baseline {majority_baseline(ill):.3f}, balanced {balanced_accuracy(always_no, ill):.3f}")

# %% [markdown]
r"""
## 5.5 And how surely?

Nine right out of ten, and 900 out of 1,000: both 90 %, but one image moves the first by ten points.
If the true share is $p$, the measured one $\hat p$ of $N$ samples scatters around it
with standard deviation $\sqrt{p(1-p)/N}$. *Wilson's interval* holds every $p$ from which $\hat p$
is at most $z$ deviations away,

$$ |\hat p - p| \le z \sqrt{p\,(1-p) / N} . $$

Squared, that is a quadratic inequality in $p$, and its two roots are the ends. Textbooks often put
$\hat p$ for $p$ under the root, which is simpler, and claims certainty after three right of three.
With $z = 1.96$ about 95 % of such intervals hold the true share.
"""

# %%
#| export
Z_95 = 1.959963984540054  # 95 % of a normal distribution lie within so many deviations

# %% nbgrader={"grade": false, "grade_id": "confidence_interval", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def confidence_interval(correct: int, total: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson's interval for a share, such as an accuracy: every p within z deviations of it.

    Args:
        correct: how many samples were right.
        total: how many samples there were.
        z: how many standard deviations to allow for, 0 or more. With 0 both ends are the share;
            mind that rounding may put b² - 4ac, which is then 0, a little below it.

    Returns:
        The lower and the upper end, as floats that are not rounded. Both lie from 0.0 to 1.0; a
        rounding error of the formula, 1e-9 say, may lead beyond.

    Raises:
        ValueError: total is below 1, or correct does not lie between 0 and total.

    Example:
        >>> confidence_interval(0, 4, z=2.0)
        (0.0, 0.5)

    Hint: sort the squared inequality by powers of p, a p² + b p + c <= 0.
    """
    ### BEGIN SOLUTION
    if total < 1 or not 0 <= correct <= total:
        raise ValueError(f"expected counts with 0 <= correct <= total, got {correct} of {total}")
    share, w = correct / total, z * z / total  # (1 + w) p² - (2 share + w) p + share² <= 0
    root = math.sqrt(w * (4 * share * (1 - share) + w))
    low, high = ((2 * share + w + sign * root) / (2 + 2 * w) for sign in (-1, 1))
    return max(0.0, low), min(1.0, high)  # rounding may step over the ends
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_confidence_interval_ends_z_deviations_away", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_confidence_interval_ends_z_deviations_away():
    """Seen from the lower end the share lies z deviations above, from the upper one z below."""
    deviations, kept = oracles.deviations_of(confidence_interval), {"rtol": 1e-8, "once": True}
    counts = [(80, 100), (1, 7, 1.0), (3, 4, 2.0), (333, 1000, 3.0), (50_000, 90_000, 1)]
    counts += [(5, 9, 1.5), (2, 5, 20.0), (4, 5, 200), (1, 7, 0.1), (np.int64(9), np.int64(10))]
    name = "the number of deviations, from confidence_interval,"
    tt.check(deviations, oracles.above_and_below, counts, name=name, **kept)
    large = [(10, 10**6), (999_000, 10**6), (3, 10**7, 2.0), (30, 10**5, 5), (7 * 10**7, 10**8)]
    tt.check(deviations, oracles.above_and_below, large, name=name, rtol=1e-6, once=True)
    ends, counts = oracles.ends_of(confidence_interval), [(0, 1), (1, 1), (2, 5), (4, 5), (5, 9)]
    counts = [(*each, 0) for each in (*counts, (5, 11), (10, 11), (7, 12), (11, 13), (12, 13))]
    tt.check(ends, oracles.share_twice, counts, name="confidence_interval", rtol=1e-6, once=True)
    ### BEGIN HIDDEN TESTS
    counts = [(2, 3, 1.0), (12, 40, 0.5), (11, 13), (3, 8, 500.0), (2, 9, 0.02)]
    tt.check(deviations, oracles.above_and_below, counts, name=name, **kept)
    large = [(20, 3 * 10**6, 1.0), (498_000, 500_000), (40, 200_000, 7)]
    tt.check(deviations, oracles.above_and_below, large, name=name, rtol=1e-6, once=True)
    counts = [(*each, 0) for each in ((3, 3), (0, 2), (9, 14), (3, 15), (11, 20), (15, 22))]
    tt.check(ends, oracles.share_twice, counts, name="confidence_interval", rtol=1e-6, once=True)
    ### END HIDDEN TESTS


test_confidence_interval_ends_z_deviations_away()

# %% nbgrader={"grade": true, "grade_id": "test_confidence_interval_of_all_or_none", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_confidence_interval_of_all_or_none():
    """Where none or all are right, one end is 0 or 1, and the other as far as z and N allow."""
    counts = [(12, 12, 2.0), (0, 4, 2.0), (3, 3), (0, 1, 1.0), (1, 1, 3), (0, 500), (700, 700, 0.5)]
    counts += [(0, 10**6), (200_000, 200_000), (0, 3, 100.0), (4, 4, 30), (0, 9, 0.01)]
    ends, expected = oracles.ends_of(confidence_interval), oracles.ends_of_all_or_none
    tt.check(ends, expected, counts, name="confidence_interval", rtol=1e-8, once=True)
    ### BEGIN HIDDEN TESTS
    counts = [(9, 9, 1.0), (1, 1), (0, 2), (0, 90, 1.5), (10**6, 10**6), (3, 3, 80.0)]
    counts += [(0, 400_000), (0, 5, 0.02)]
    tt.check(ends, expected, counts, name="confidence_interval", rtol=1e-8, once=True)
    ### END HIDDEN TESTS


test_confidence_interval_of_all_or_none()

# %% nbgrader={"grade": true, "grade_id": "test_confidence_interval_refuses_what_is_no_count", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_confidence_interval_refuses_what_is_no_count():
    """No samples, fewer than none right, and more right than there are, are a ValueError."""
    counts = [(0, 0), (1, 0), (5, 4), (-1, 4, 3.0), (0, -3), (-1, -3), (-3, -3), (101, 100, 1.0)]
    counts += [(5, 4, 0), (-1, 4, 0), (0, 0, 0), (10**6 + 1, 10**6)]
    sound = [(0, 1), (1, 1), (4, 4, 0.0), (0, 9, 3.0), (10**7, 10**7)]
    tt.check_raises(ValueError, confidence_interval, counts, but=sound)
    ### BEGIN HIDDEN TESTS
    counts = [(2, 1), (-5, 10), (-2, -1), (0, 0, 1.0), (8, 7, 3.0), (-4, -5), (8, 7, 0), (0, -1, 0)]
    sound = [(1, 2), (0, 2), (2, 2), (0, 10**7)]
    tt.check_raises(ValueError, confidence_interval, [*counts, (-1, 10**6)], but=sound)
    ### END HIDDEN TESTS


test_confidence_interval_refuses_what_is_no_count()

# %%
totals = np.array([10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000])
ends = np.array([confidence_interval(9 * n // 10, n) for n in totals])
figure, axis = figures.subplots()
axis.loglog(totals, 100 * (ends[:, 1] - ends[:, 0]), "o-")
axis.set(xlabel="samples", ylabel="width (percentage points)", ylim=(0.2, 60))
axis.set_yticks([1, 10], ["1", "10"])
axis.set_title("90 % right: a tenth of the width takes a hundred times the samples")
figures.show(figure, alt="The width falls from 39 points at 10 samples to 0.4 at 100,000, in a line.")
print("9 of 10:      {:.3f} to {:.3f}".format(*confidence_interval(9, 10)))
print("900 of 1,000: {:.3f} to {:.3f}".format(*confidence_interval(900, 1_000)))

# %% [markdown]
r"""
On 1,000 images the interval is still almost four points wide. Two networks that get 90.1 and
90.4 % of them right may well be equally good.
"""

# %% [markdown]
r"""
## 5.6 Top-k

With a thousand classes one often asks less: is the true class among the `k` best? Sorting is one
way. Counting is another: the target's place is the number of classes that stand before it.

Ties need a rule again, and here it matters. A dead network gives equal scores everywhere. If a tie
counts for the target, it is 100 % right; if against, 0 %. We keep the rule of 5.2: of equal
scores, the class with the lower index stands first. Then `k = 1` is the accuracy, ties included.
(A sort keeps that order only if it is told so, `kind="stable"`: else equal scores come out in an
order that differs between processors.)
"""

# %% nbgrader={"grade": false, "grade_id": "top_k_accuracy", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def top_k_accuracy(outputs: Any, targets: Any, k: int) -> float:
    """The share of samples whose true class is among the k with the largest scores.

    Args:
        outputs, targets: as `scored_batch` takes them: scores of shape (N, C), which are compared
            in the dtype in which it returns them.
        k: how many classes may be named, from 1 to C.

    Returns:
        A float (float64) from 0.0 to 1.0. Of equal scores, equal infinities included, the class
        with the lower index comes first.

    Raises:
        ValueError: k is outside 1 to C; or, for every k, outputs are classes (N,), scores hold
            NaN, or they do not fit the targets, as `scored_batch` says.

    Example:
        >>> top_k_accuracy([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], [1, 2], k=2)
        0.5

    Hint: a comparison of `(N, C)` with `(N, 1)`.
    """
    ### BEGIN SOLUTION
    scores, actual = scored_batch(outputs, targets)
    if not 1 <= k <= scores.shape[1]:
        raise ValueError(f"expected k from 1 to {scores.shape[1]}, the number of classes, got {k}")
    own = scores[np.arange(len(scores)), actual, np.newaxis]  # (N, 1)
    earlier = np.arange(scores.shape[1]) < actual[:, np.newaxis]  # (C,) < (N, 1) -> (N, C)
    before = (scores > own) | ((scores == own) & earlier)
    return float(np.mean(np.count_nonzero(before, axis=1) < k))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_top_k_accuracy_names_the_k_best", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_top_k_accuracy_names_the_k_best():
    """The target is among the first k in the order of the scores, for every k from 1 to C."""
    share, kept = oracles.share_among_first, {"dtype": "any", "rtol": 1e-13, "once": True}
    batches = [oracles.at_places(x) for x in oracles.scores_of_all_dtypes(seed=1)]
    cases = oracles.for_some_k(batches) + oracles.for_some_k(batches[-2:], start=2)
    wide = np.stack([np.arange(300), -np.arange(300)])
    cases += [tt.case(wide, [43, 1], k=k) for k in (2, 257)]
    tt.check(top_k_accuracy, share, cases, **kept)
    many = oracles.many_alike(times=[33_000], k=1)
    tt.check(top_k_accuracy, lambda *batch, k: 1.0, many, **kept)
    again = oracles.refilled([[1, 2, 0], [5, 4, 3]], [[1, 2, 3], [3, 4, 5]], more=[[0, 1]], k=2)
    tt.check(top_k_accuracy, share, again, name="top_k_accuracy of an array filled anew", **kept)
    ### BEGIN HIDDEN TESTS
    batches = [oracles.at_places(x, start=1) for x in oracles.scores_of_all_dtypes(seed=31)[::3]]
    tt.check(top_k_accuracy, share, oracles.for_some_k(batches, start=3), **kept)
    ### END HIDDEN TESTS


test_top_k_accuracy_names_the_k_best()

# %% nbgrader={"grade": true, "grade_id": "test_top_k_accuracy_where_scores_tie", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_top_k_accuracy_where_scores_tie():
    """Of equal scores the lower index comes first; scores that are almost equal are not equal."""
    scores = [*oracles.tied_scores(seed=1), *oracles.close_scores(seed=1)]
    batches = [oracles.at_places(x) for x in scores]
    cases = oracles.for_some_k(batches, most=3) + oracles.for_some_k(batches[-2:], most=3)
    tt.check(top_k_accuracy, oracles.share_among_first, cases, dtype="any", rtol=1e-13, once=True)
    ### BEGIN HIDDEN TESTS
    scores = [*oracles.tied_scores(seed=3)[1::3], *oracles.close_scores(seed=5)[:1]]
    cases = oracles.for_some_k([oracles.at_places(x, start=2) for x in scores], most=3)
    tt.check(top_k_accuracy, oracles.share_among_first, cases, dtype="any", rtol=1e-13, once=True)
    ### END HIDDEN TESTS


test_top_k_accuracy_where_scores_tie()

# %% nbgrader={"grade": true, "grade_id": "test_top_k_accuracy_takes_what_fits", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_top_k_accuracy_takes_what_fits():
    """Lists, Tensors, one-hot rows; k outside 1 to C, NaN, classes and misfits: a ValueError."""
    scores = [[1.0, 3.0, 2.0], [6.0, 5.0, 4.0], [7.0, 8.0, 9.0], [1.5, 0.5, 1.0]]
    forms = oracles.in_every_form(scores, [2, 2, 1, 1], classes=False, k=2)
    tt.check(top_k_accuracy, lambda *batch, k: 0.5, forms, once=True)
    tt.check(top_k_accuracy, lambda *batch, k: 0.5, forms[::2], wrap=Tensor, once=True)
    eye, broken = np.eye(3), np.array([[0.1, 0.2, 0.3], [np.nan, 2.0, 1.0], [0.0, 1.0, 2.0]])
    refused = [*((eye, [0, 1, 1], k) for k in (0, 4, -1)), *(([0, 1], [0, 1], k) for k in (1, 2))]
    refused += [(broken, [n] * 3, k) for n in (0, 2) for k in (1, 2, 3)]
    refused += oracles.misfits_of_scores(3, k=1)[::3] + oracles.misfits_of_scores(3, k=3)[1::3]
    sound = [*((eye, [0, 1, 1], k) for k in (1, 2, 3)), (np.array([[-np.inf, np.inf]]), [1], 2)]
    tt.check_raises(ValueError, top_k_accuracy, refused, but=sound)
    ### BEGIN HIDDEN TESTS
    forms = oracles.in_every_form([row[:2] for row in scores], [1] * 4, classes=False, turn=1, k=1)
    tt.check(top_k_accuracy, lambda *batch, k: 0.5, forms[1::2], wrap=Tensor, once=True)
    refused = [*((np.eye(2), [0, 1], k) for k in (3, 0, -2)), ([1, 0], [1, 0], 2)]
    refused += [(broken[1:2], [2], k) for k in (1, 2, 3)]
    refused += oracles.misfits_of_scores(2, k=1)[::6] + oracles.misfits_of_scores(2, k=2)[4::6]
    tt.check_raises(ValueError, top_k_accuracy, refused, but=[(np.eye(2), [0, 1], 2)])
    ### END HIDDEN TESTS


test_top_k_accuracy_takes_what_fits()

# %% [markdown]
r"""
How much is counting worth? The next cell ranks 20 rows of 1,000 scores in three ways and
prints the time and the memory of what each one makes.
"""

# %%
scores = np.random.default_rng(6).standard_normal((20, 1_000), np.float32)
own = scores[:, :1]
for name, rank in {
    "sort every row    ": lambda: np.argsort(scores, axis=1),
    "partition at k = 5": lambda: np.argpartition(scores, -5, axis=1),
    "compare and count ": lambda: scores > own,
}.items():
    made = rank()  # once before the clock runs
    seconds = min(timeit.repeat(rank, number=1, repeat=2))
    print(f"{name} {1e3 * seconds:7.3f} ms, makes {made.nbytes / 1e3:5.0f} kB")

# %% [markdown] nbgrader={"grade": false, "grade_id": "cost_of_a_place_prompt", "locked": true, "schema_version": 3, "solution": false, "task": false}
r"""
## 5.7 Question: what does a place cost?

Scores have shape `(10000, 1000)` and dtype `float32`; we want the top-5 accuracy. The cell above
measured three ways on fewer rows. Count, use your own measurements, and explain:

1. About how many comparisons does a full sort of one row take, and how many does counting?
2. How many megabytes does `np.argsort` of all the scores make, and how many `scores > own`?
3. Partition also works in a few passes over a row. Why is counting still faster here?
4. When would you need partition all the same?
"""

# %% [markdown] nbgrader={"grade": true, "grade_id": "cost_of_a_place", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
r"""
### BEGIN SOLUTION
1. A sort takes about C log2 C = 1,000 x 10 = 10,000 comparisons a row; counting takes C = 1,000.
2. argsort makes one int64 index a score: 10^7 x 8 bytes = 80 MB. The comparison makes one byte a
   score, 10 MB.
3. Partition moves elements about and makes an int64 index for each, 80 MB too. Counting reads the
   row once, in order, without branches, and many scores fit into one vector instruction.
4. When one wants to know *which* classes are the best k, for example to show them. Counting only
   finds the place of a class that is known.

Rubric, one point each:
- about 10,000 (C log C) against 1,000 (C) comparisons, or a factor of about 10
- 80 MB against 10 MB
- counting moves nothing or makes no indices, and is one sequential (vectorised) pass
- partition is needed to name the k best classes themselves
### END SOLUTION
"""

# %% [markdown]
r"""
## 5.8 Which classes are confused

One number hides *where* the errors are. The confusion matrix counts every combination: row = true
class, column = predicted class. What is right stands on the diagonal. Read along a row to see
where the samples of a class ended up. A class that does not occur keeps its row and its column:
else the matrices of two batches could not be added.
"""

# %% nbgrader={"grade": false, "grade_id": "confusion_matrix", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def confusion_matrix(outputs: Any, targets: Any, classes: int | None = None) -> np.ndarray:
    """How often each true class (row) was predicted as each class (column).

    Args:
        outputs, targets: as `paired_classes` takes them.
        classes: how many classes there are. None stands for `class_count(outputs, targets)`,
            which is written: the columns of scores or one-hot rows, else the largest index + 1.
            It may be more than the columns, or fewer if no class of the batch lies beyond.

    Returns:
        New array of whole numbers of shape (classes, classes) that adds up to N.

    Raises:
        ValueError: a class of the batch is `classes` or more (with 0 that is any), or outputs
            and targets do not fit together, as `paired_classes` says.

    Example:
        >>> confusion_matrix([0, 1, 1], [0, 0, 1])
        array([[1, 1],
               [0, 1]])

    Hint: `np.bincount` counts, once each pair has a number of its own.
    """
    ### BEGIN SOLUTION
    predicted, actual = paired_classes(outputs, targets)
    classes = class_count(outputs, targets) if classes is None else classes
    if max(predicted.max(), actual.max()) >= classes:
        raise ValueError(f"expected classes 0 to {classes - 1}, got a larger one: raise `classes`")
    counts = np.bincount(actual * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_confusion_matrix_counts_every_pair", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_confusion_matrix_counts_every_pair():
    """Row: the true class. Column: the predicted one. Each sample counts once, however many."""
    pairs = oracles.class_pairs(seed=1)
    tt.check(confusion_matrix, oracles.counted_pairs, pairs, memory="fresh")
    again = oracles.refilled([0, 1, 1], [0, 0, 1], [0, 0, 0], more=[[0, 1, 1]])
    name = "confusion_matrix of an array filled anew"
    tt.check(confusion_matrix, oracles.counted_pairs, again, name=name, once=True)
    many = oracles.many_misses(times=(300, 66_000))
    tt.check(confusion_matrix, lambda p, a: np.array([[0, len(p)], [0, 0]]), many, once=True)
    ### BEGIN HIDDEN TESTS
    pairs = oracles.class_pairs(seed=2)[2::5]
    tt.check(confusion_matrix, oracles.counted_pairs, pairs, memory="fresh", once=True)
    ### END HIDDEN TESTS


test_confusion_matrix_counts_every_pair()

# %% nbgrader={"grade": true, "grade_id": "test_confusion_matrix_has_every_class", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_confusion_matrix_has_every_class():
    """Every column is a class, also an empty one; `classes` may be more, or fewer that suffice."""
    cases = [([0, 1], [1, 1], 3), ([2, 2, 0], [0, 2, 2], 5), ([0, 0], [0, 0], 1)]
    cases += [([3, 3, 0], np.eye(5)[[0, 1, 0]], c) for c in (None, 4, 6)]
    scores, targets = np.eye(5)[[0, 0, 3, 0]], [0, 1, 1, 1]
    cases += [(scores, targets, c) for c in (4, 6)] + [([3, 1, 3], [3, 3, 1], 4)]
    forms = oracles.in_every_form(scores, targets, classes=False)
    tt.check(confusion_matrix, oracles.counted_pairs, cases + forms, memory="fresh", once=True)
    forms = [*forms[::2], (scores, np.array(targets), 4), (scores, np.eye(5)[targets], 6)]
    tt.check(confusion_matrix, oracles.counted_pairs, forms, wrap=Tensor, once=True)
    places, expected = oracles.shape_and_places(confusion_matrix), [260, 260, 0, 259, 259, 1]
    tt.check(places, lambda *classes: np.array(expected), [([259, 1], [0, 259])], once=True)
    ### BEGIN HIDDEN TESTS
    cases = [([1, 1], [0, 1], 4), ([0, 0, 0], [0, 0, 0], 2), ([4, 1], np.eye(6)[[1, 0]], 5)]
    cases += oracles.in_every_form(scores[::-1], targets[::-1], classes=False, turn=1)[1::2]
    tt.check(confusion_matrix, oracles.counted_pairs, cases, wrap=Tensor, once=True)
    ### END HIDDEN TESTS


test_confusion_matrix_has_every_class()

# %% nbgrader={"grade": true, "grade_id": "test_confusion_matrix_refuses", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_confusion_matrix_refuses():
    """A class beyond `classes`, true or predicted, and what does not fit are a ValueError."""
    beyond = [([2, 0], [0, 1], 2), ([0, 1], [2, 1], 2), ([0, 1], [0, 3], 3), ([1], [0], 1)]
    beyond += [([0], [0], 0), ([0], [0], -1), ([0, 1, 0], [1, 0, 1], 1), (np.eye(3), [0, 1, 0], 2)]
    refused = beyond + oracles.misfits(3)[::4] + oracles.misfits(3, classes=6)[1::3]
    sound = [tt.case([0, 1], [1, 1], classes=c) for c in (None, 2, 3)]
    tt.check_raises(ValueError, confusion_matrix, refused, but=sound)
    ### BEGIN HIDDEN TESTS
    beyond = [([5, 0], [0, 1], 3), ([0, 0], [0, 1], 1), ([1, 1], [4, 0], 4), ([1, 0], [1, 1], 0)]
    beyond += [([1], [1], -2), ([0, 0], np.eye(4)[[0, 3]], 3)]
    refused = beyond + oracles.misfits(4)[::8] + oracles.misfits(4, classes=9)[7::9]
    tt.check_raises(ValueError, confusion_matrix, refused, but=[([3, 0], [1, 3], 9)])
    ### END HIDDEN TESTS


test_confusion_matrix_refuses()

# %%
def draw_confusion(axis, matrix, names):
    """The matrix as a picture: shades are shares of a row, numbers are counts."""
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for i, j in np.argwhere(matrix):
        ink = "white" if shares[i, j] > 0.5 else "black"
        axis.text(j, i, matrix[i, j], ha="center", va="center", color=ink)
    ticks = range(len(names))
    axis.set(xlabel="predicted class", ylabel="true class")
    axis.set_xticks(ticks, names)
    axis.set_yticks(ticks, names)
    axis.grid(False)


animals = np.repeat([0, 1, 2], [60, 30, 10])
calls = np.r_[[0] * 52, [1] * 8, [0] * 9, [1] * 20, [2], [0] * 6, [1], [2] * 3].astype(int)
figure, axis = figures.subplots(width=3.8)
draw_confusion(axis, confusion_matrix(calls, animals), ["cat", "dog", "fox"])
axis.set_title("Most foxes are taken for cats")
figures.show(figure, alt="Of 10 foxes 6 are called cats and 3 foxes; of 60 cats 52 are called cats.")
print(f"accuracy {accuracy(calls, animals):.0%}")

# %% [markdown]
r"""
75 % are right, and a fox hardly stands a chance: the row at the bottom tells what the one number
hid.

The matrix is also the first thing to look at when a number seems wrong. Below, one good classifier
of four classes meets three bugs. Which pattern would you expect of each?
"""

# %%
rng = np.random.default_rng(12)
truth = rng.integers(0, 4, 200)
good = np.where(rng.random(200) < 0.9, truth, rng.integers(0, 4, 200))
bugs = {
    "other numbering:\nthe diagonal is displaced": ((good + 1) % 4, truth),
    "dead network:\none column": (np.full(200, 2), truth),
    "targets in another order:\nall rows alike": (good, rng.permutation(truth)),
}
figure, axes = figures.subplots(1, 3, height=2.9)
for axis, (title, (answers, targets)) in zip(axes, bugs.items(), strict=True):
    draw_confusion(axis, confusion_matrix(answers, targets, classes=4), range(4))
    axis.set_title(f"{title}\naccuracy {accuracy(answers, targets):.2f}", fontsize=9)
figures.show(figure, alt="A displaced diagonal, a single column, and counts that are even all over.")

# %% [markdown]
r"""
An accuracy below chance, as on the left, is good news: the network has learned, and the classes of
outputs and targets are numbered differently. One column asks for a look at the loss and its
gradients. Even rows say that inputs and targets were shuffled apart; look at the code that loads
them, not at the network. And a matrix that is *too* good asks whether test images were in training.
"""

# %% [markdown]
r"""
## 5.9 Precision, recall, F1

For one class the matrix answers two questions, and the hits on the diagonal stand in both:

- *precision*: of what was **called** fox, how much was one?
- *recall*: of what **is** a fox, how much was found?
- *F1* is their harmonic mean, $2 \,/\, (1/\text{precision} + 1/\text{recall})$. It lies near the
  smaller one, so that neither can be bought with the other.

Each is a count divided by a count. Recall is written below: the hits, and the sum of the row.
Precision and F1 are yours. For F1, put the two fractions into the formula until one fraction of
counts is left: unlike the formula, it stands where a class was never called.
"""

# %%
#| export
def recall_counts(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Part and whole of the recall of each class: how many were found, and how many there are."""
    return np.diag(matrix), matrix.sum(axis=1)

# %% nbgrader={"grade": false, "grade_id": "precision_counts", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def precision_counts(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Part and whole of the precision of each class.

    Args:
        matrix: confusion matrix of shape (C, C) and dtype int64, rows the true classes. It is
            not changed.

    Returns:
        Two arrays of counts of shape (C,), whole numbers or float64, however many samples there
        are: part / whole is the precision of each class, and sum(part) / sum(whole) that of all
        samples together. A class that was never called has a whole of 0.

    Example:
        >>> part, whole = precision_counts(np.array([[3, 1], [1, 5]]))
        >>> part / whole
        array([0.75      , 0.83333333])
    """
    ### BEGIN SOLUTION
    return np.diag(matrix), matrix.sum(axis=0)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_precision_counts", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_precision_counts():
    """Of the samples called a class, those that belong to it; at the end that of all samples."""
    ratios, matrices = oracles.ratios_of(precision_counts), oracles.confusion_matrices(seed=1)
    cases = [tt.case(matrix) for matrix in matrices]
    cases += [tt.case(matrices[n], times=times) for n, times in ((1, 20_000), (4, 10**12))]
    name = "part / whole of precision_counts"
    tt.check(ratios, oracles.precisions, cases, rtol=1e-12, name=name, once=True)
    again = oracles.refilled([[1, 2], [3, 4]], [[4, 1], [1, 2]])
    tt.check(ratios, oracles.precisions, again, name="the same, filled anew: ", once=True)
    ### BEGIN HIDDEN TESTS
    matrices = oracles.confusion_matrices(seed=20)
    cases = [tt.case(matrices[1]), tt.case(matrices[7]), tt.case(matrices[0], times=50_000)]
    tt.check(ratios, oracles.precisions, cases, rtol=1e-12, name=name, once=True)
    ### END HIDDEN TESTS


test_precision_counts()

# %% nbgrader={"grade": true, "grade_id": "test_precision_counts_of_a_class_never_called", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_precision_counts_of_a_class_never_called():
    """The whole is 0 for a class that was never called, the part for one without a hit."""
    signs, cases = oracles.signs_of(precision_counts), map(tt.case, oracles.sparse_matrices(seed=1))
    tt.check(signs, oracles.hit_and_called, cases, name="the signs of precision_counts", once=True)
    ### BEGIN HIDDEN TESTS
    cases = map(tt.case, oracles.sparse_matrices(seed=3)[::3])
    tt.check(signs, oracles.hit_and_called, cases, name="the signs of precision_counts", once=True)
    ### END HIDDEN TESTS


test_precision_counts_of_a_class_never_called()

# %% nbgrader={"grade": false, "grade_id": "f1_counts", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def f1_counts(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Part and whole of F1 of each class, the harmonic mean of its precision and recall.

    Args:
        matrix: confusion matrix of shape (C, C) and dtype int64, rows the true classes. It is
            not changed.

    Returns:
        Two arrays of counts of shape (C,), whole numbers or float64, however many samples there
        are: part / whole is F1 of each class, and sum(part) / sum(whole) that of all samples
        together. A class without a hit has a part of 0, and its whole is 0 only if it was never
        called and never there. Half of both, as float64 with its halves, will do as well.

    Example:
        >>> part, whole = f1_counts(np.array([[3, 1], [3, 5]]))
        >>> part / whole
        array([0.6       , 0.71428571])
    """
    ### BEGIN SOLUTION
    return 2 * np.diag(matrix), matrix.sum(axis=0) + matrix.sum(axis=1)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_f1_counts", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_f1_counts():
    """The harmonic mean of precision and recall of each class; at the end that of all samples."""
    ratios, matrices = oracles.ratios_of(f1_counts), oracles.confusion_matrices(seed=1)
    cases = [tt.case(matrix) for matrix in matrices]
    cases += [tt.case(matrices[n], times=times) for n, times in ((1, 20_000), (4, 10**12))]
    name = "part / whole of f1_counts"
    tt.check(ratios, oracles.harmonic_means, cases, rtol=1e-12, name=name, once=True)
    again = oracles.refilled([[1, 2], [3, 4]], [[4, 1], [1, 2]])
    tt.check(ratios, oracles.harmonic_means, again, name="the same, filled anew: ", once=True)
    ### BEGIN HIDDEN TESTS
    matrices = oracles.confusion_matrices(seed=20)
    cases = [tt.case(matrices[1]), tt.case(matrices[7]), tt.case(matrices[0], times=50_000)]
    tt.check(ratios, oracles.harmonic_means, cases, rtol=1e-12, name=name, once=True)
    ### END HIDDEN TESTS


test_f1_counts()

# %% nbgrader={"grade": true, "grade_id": "test_f1_counts_of_empty_classes", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_f1_counts_of_empty_classes():
    """Without a hit the part is 0; the whole is 0 only of a class never called and never there."""
    signs, cases = oracles.signs_of(f1_counts), map(tt.case, oracles.sparse_matrices(seed=1))
    tt.check(signs, oracles.hit_and_called_or_there, cases, once=True, name="signs of f1_counts")
    ### BEGIN HIDDEN TESTS
    cases = map(tt.case, oracles.sparse_matrices(seed=3)[::3])
    tt.check(signs, oracles.hit_and_called_or_there, cases, once=True, name="signs of f1_counts")
    ### END HIDDEN TESTS


test_f1_counts_of_empty_classes()

# %% [markdown]
r"""
A class that was never called, or never there, gives 0 / 0. We define it as 0.0, as scikit-learn
does with `zero_division=0`. And how to average `C` ratios is a decision about what counts:

| average | each ... weighs the same | formula |
|---|---|---|
| `None` | | one number a class, `(C,)` |
| `"macro"` | class | mean of the ratios |
| `"weighted"` | class, times how often it occurs | $\sum_c n_c r_c \,/\, \sum_c n_c$ |
| `"micro"` | sample | sum of parts / sum of wholes |

Macro counts an empty class as 0.0 and includes it. Balanced accuracy of 5.4 leaves it out, because
it only asks about classes that occur; here a class that is never called is often one the network
ignores, and leaving it out would reward that.
"""

# %% nbgrader={"grade": false, "grade_id": "averaged_ratio", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def averaged_ratio(
    part: np.ndarray, whole: np.ndarray, support: np.ndarray, average: str | None
) -> float | np.ndarray:
    """part / whole for each class, with 0 / 0 = 0, averaged over the classes.

    Args:
        part, whole: counts of shape (C,), whole numbers or float64, part at most whole. They are
            not changed.
        support: how often each class occurs among the targets, whole numbers of shape (C,); at
            least one does.
        average: None, "macro", "micro" or "weighted", as in the table above.

    Returns:
        A float; for None a new array of shape (C,); both in float64. Where a whole is 0 its ratio
        is 0.0, and where all are 0 so is the micro average.

    Raises:
        ValueError: average is any other text or number, "", 0 and "macro " included.

    Example:
        >>> averaged_ratio(np.array([3, 0]), np.array([4, 0]), np.array([5, 3]), None)
        array([0.75, 0.  ])

    Hint: where `where` of `np.divide` is False, the result is what `out` held before.
    """
    ### BEGIN SOLUTION
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError(f"expected None, 'macro', 'micro' or 'weighted', got {average!r}")
    if average == "micro":
        part, whole = part.sum(keepdims=True), whole.sum(keepdims=True)
    ratio = np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
    if average is None:
        return ratio
    return float(np.average(ratio, weights=support if average == "weighted" else None))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_averaged_ratio_of_each_class", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_averaged_ratio_of_each_class():
    """Without an average there is one ratio a class, and an empty class has 0."""
    kept = {"dtype": "any", "rtol": 1e-13}
    tables = oracles.count_tables(seed=1, averages=[None])
    large = [([1, 10**9], [10**6, 3 * 10**12], [8, 1]), ([40, 0], [10**3, 0], [3, 3])]
    tables += [tt.case(*map(np.array, table), None) for table in (*large, ([0], [0], [1]))]
    tt.check(averaged_ratio, oracles.averaged, tables, memory="fresh", **kept)
    more = [np.array([4, 4, 0]), np.array([1, 1, 1]), None]
    again = oracles.refilled([1, 2, 0], [3, 4, 0], more=more)
    name = "averaged_ratio of an array filled anew"
    tt.check(averaged_ratio, oracles.averaged, again, name=name, **kept, once=True)
    ### BEGIN HIDDEN TESTS
    tables = oracles.count_tables(seed=5, averages=[None])[5::2]
    tables.append(tt.case(np.array([3, 10**10]), np.array([10**7, 10**11]), np.array([1, 9]), None))
    tt.check(averaged_ratio, oracles.averaged, tables, memory="fresh", **kept, once=True)
    ### END HIDDEN TESTS


test_averaged_ratio_of_each_class()

# %% nbgrader={"grade": true, "grade_id": "test_averaged_ratio_over_the_classes", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_averaged_ratio_over_the_classes():
    """Macro, weighted, micro: each class weighs, each sample with its class, each count."""
    kept = {"dtype": "any", "rtol": 1e-13, "once": True}
    averages = ("macro", "weighted", "micro")
    tables = oracles.count_tables(seed=1, averages=averages)
    tt.check(averaged_ratio, oracles.averaged, tables, **kept)
    large, name = oracles.of_many(averaged_ratio, 10**10), "averaged_ratio of 10**10 times as many"
    tt.check(large, oracles.averaged, tables[-9:], name=name, **kept)
    ### BEGIN HIDDEN TESTS
    tables = oracles.count_tables(seed=5, averages=averages)
    tt.check(averaged_ratio, oracles.averaged, tables[-3:], **kept)
    ### END HIDDEN TESTS


test_averaged_ratio_over_the_classes()

# %% nbgrader={"grade": true, "grade_id": "test_averaged_ratio_of_nothing_and_of_no_average", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_averaged_ratio_of_nothing_and_of_no_average():
    """Where every whole is 0, so is every average; any other text or number is a ValueError."""
    none = [(np.zeros(c, int), np.zeros(c, int), np.arange(c) + 1) for c in (1, 3)]
    cases = [(*counts, average) for counts in none for average in ("micro", "macro", "weighted")]
    tt.check(averaged_ratio, lambda *counts_and_average: 0.0, cases, dtype="any", once=True)
    counts = [np.array(n) for n in ([1, 2], [2, 2], [3, 1])]
    known = [(*counts, average) for average in (None, "macro", "micro", "weighted")]
    others = ("mean", "", "Macro", "none", 0, False, " macro", "micro ", "macros", "weight")
    refused = [(*each, average) for each in (counts, none[1]) for average in others]
    tt.check_raises(ValueError, averaged_ratio, [*refused, (*counts, "micro-macro")], but=known)
    ### BEGIN HIDDEN TESTS
    tt.check(averaged_ratio, lambda *counts_and_average: 0.0, cases[:3], dtype="any", once=True)
    others = ("samples", "MICRO", "weighted ", 1, True, 0.0, "None", "m", "macro\n", "binary", "")
    refused = [(*each, average) for each in (counts, none[1]) for average in others]
    tt.check_raises(ValueError, averaged_ratio, refused, but=known)
    ### END HIDDEN TESTS


test_averaged_ratio_of_nothing_and_of_no_average()

# %% [markdown]
r"""
Now the three measures are a line each. All take what `confusion_matrix` takes.
"""

# %%
#| export
def precision(
    outputs: Any, targets: Any, average: str | None = "macro", classes: int | None = None
) -> float | np.ndarray:
    """Of the samples that were predicted as a class, the share that belongs to it.

    Args:
        outputs, targets, classes: as `confusion_matrix` takes them.
        average: None for one number a class, "macro", "micro" or "weighted".

    Returns:
        A float; for None an array of shape (C,). A class never predicted has 0.0.

    Example:
        >>> precision([0, 1, 1, 1], [0, 0, 1, 1], average=None).round(2)
        array([1.  , 0.67])
    """
    matrix = confusion_matrix(outputs, targets, classes)
    return averaged_ratio(*precision_counts(matrix), matrix.sum(axis=1), average)


def recall(
    outputs: Any, targets: Any, average: str | None = "macro", classes: int | None = None
) -> float | np.ndarray:
    """Of the samples of a class, the share that was predicted as it: see `precision`."""
    matrix = confusion_matrix(outputs, targets, classes)
    return averaged_ratio(*recall_counts(matrix), matrix.sum(axis=1), average)


def f1_score(
    outputs: Any, targets: Any, average: str | None = "macro", classes: int | None = None
) -> float | np.ndarray:
    """The harmonic mean of precision and recall of a class, averaged last: see `precision`."""
    matrix = confusion_matrix(outputs, targets, classes)
    return averaged_ratio(*f1_counts(matrix), matrix.sum(axis=1), average)

# %% [markdown]
r"""
scikit-learn has the same measures. Beside them stand yours, for the animals of 5.8. Mind the order:
it takes the truth *first*. Swapped, precision and recall change places without a word.
"""

# %%
beside = {
    "accuracy": (accuracy(calls, animals), metrics.accuracy_score(animals, calls)),
    "balanced accuracy": (
        balanced_accuracy(calls, animals), metrics.balanced_accuracy_score(animals, calls)),
    "macro precision": (
        precision(calls, animals), metrics.precision_score(animals, calls, average="macro")),
    "weighted F1": (
        f1_score(calls, animals, "weighted"), metrics.f1_score(animals, calls, average="weighted")),
}
for name, (ours, theirs) in beside.items():
    print(f"{name:<18} ours {ours:.6f}   scikit-learn {theirs:.6f}")

# %% [markdown]
r"""
Precision and recall pull against each other. A test for an illness gives a score, and somebody
chooses the threshold above which it says "ill". What happens to the two when the threshold moves?
"""

# %%
rng = np.random.default_rng(8)
ill = (rng.random(5_000) < 0.05).astype(int)
score = rng.standard_normal(5_000) + 2.2 * ill
thresholds = np.linspace(-1.5, 3.5, 16)
curves = np.array([
    [each(score > t, ill, average=None, classes=2)[1] for each in (precision, recall, f1_score)]
    for t in thresholds
])
figure, axis = figures.subplots()
names, styles = ("precision", "recall", "F1"), ("-", "--", ":")
for values, name, style in zip(curves.T, names, styles, strict=True):
    axis.plot(thresholds, values, style, label=name)
axis.set(xlabel="threshold on the score", ylabel="measure of the class 'ill'")
axis.set_title("A higher threshold buys precision and pays with recall")
axis.legend()
figures.show(figure, alt="Precision rises from 0.05 to 0.9 as the threshold rises, recall falls from 1 to 0.1.")

# %% [markdown]
r"""
No point of the two curves is right by itself. Which one to choose depends on what a missed patient
costs, and what a false alarm.
"""

# %% [markdown] nbgrader={"grade": false, "grade_id": "a_rare_disease_prompt", "locked": true, "schema_version": 3, "solution": false, "task": false}
r"""
## 5.10 Question: a rare disease

Of 10,000 people 50 are ill. Detector A always says "healthy". Detector B finds 40 of the ill and
raises 199 false alarms. Whoever is called ill gets a harmless second examination.

1. What are the accuracies of A and B?
2. What are B's precision and recall for "ill", and its balanced accuracy?
3. Which detector would you use, and which number or numbers would you report? Explain.
"""

# %% [markdown] nbgrader={"grade": true, "grade_id": "a_rare_disease", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
r"""
### BEGIN SOLUTION
1. A: 9,950 of 10,000 = 99.5 %. B: 40 + 9,751 = 9,791 of 10,000 = 97.9 %, less than A.
2. Precision 40 / 239 = 16.7 %, recall 40 / 50 = 80 %. Recall of the healthy is 9,751 / 9,950 = 98 %,
   so the balanced accuracy is 89 % (A's is 50 %).
3. B: it finds four in five, where A finds nobody, and a false alarm costs little. Report recall
   together with precision (or the counts, 10 missed and 199 false alarms), since accuracy is
   ruled by the healthy and ranks the useless detector first.

Rubric, one point each:
- accuracies of 99.5 % and 97.9 %
- precision about 16.7 % and recall 80 %
- balanced accuracy about 89 %
- detector B, because a missed patient costs more than a second examination
- recall with precision (or the counts) is reported, because the healthy rule the accuracy
### END SOLUTION
"""

# %% [markdown]
r"""
## 5.11 Accuracy against loss

Accuracy only asks who comes first. The loss also asks by how much. Three classifiers answer the
same five questions below. Each is right four times, and the bars are the losses of the five answers.
"""

# %%
answers = {  # the probability of the right one of two classes
    "hesitant": [0.55, 0.60, 0.58, 0.62, 0.45],
    "sure when right": [0.98, 0.95, 0.97, 0.99, 0.40],
    "always sure": [0.98, 0.95, 0.97, 0.99, 0.001],
}
loss = CategoricalCrossEntropyLoss()
figure, axes = figures.subplots(1, 3, sharey=True, height=3.1)
for axis, (name, p), colour in zip(axes, answers.items(), figures.PALETTE, strict=False):
    outputs, right = np.array([[q, 1 - q] for q in p]), np.zeros(5, int)
    axis.bar(range(1, 6), -np.log(p), color=colour)
    scores = f"accuracy {accuracy(outputs, right):.1f}\nloss {loss.calculate(outputs, right):.2f}"
    axis.set(xlabel="question", xticks=range(1, 6), title=f"{name}\n{scores}")
axes[0].set_ylabel("loss of the answer")
figure.suptitle("Right four times of five, each of them: the loss alone tells them apart")
figures.show(figure, alt="Losses of 0.59, 0.21 and 1.40 at the same accuracy of 0.8.")

# %% [markdown]
r"""
The same accuracy at losses of 0.59, 0.21 and 1.40: most of the last one comes from a single
answer that was sure and wrong.

Why then train on the loss, if accuracy is what we want? Move one weight in small steps and watch
both. Which of the two tells you in which direction to go?
"""

# %%
rng = np.random.default_rng(9)
labels = rng.integers(0, 2, 30)
x = rng.standard_normal(30) + 2 * labels
offsets = np.linspace(-6, 4, 51)
scores = [np.stack([np.zeros(30), 2 * x + b], axis=1) for b in offsets]
right = np.array([accuracy(s, labels) for s in scores])
losses = np.array([loss.calculate(softmax(s), labels) for s in scores])

figure, (top, bottom) = figures.subplots(2, 1, sharex=True, height=4)
top.step(offsets, right, where="post")
top.set(ylabel="accuracy", title="Accuracy is a staircase, the loss a slope")
bottom.plot(offsets, losses, color=figures.ORANGE)
bottom.set(ylabel="loss", xlabel="offset b of the classifier")
figures.show(figure, alt="Accuracy jumps and is flat between jumps; the loss is a smooth valley.")
print(f"of 50 steps {np.count_nonzero(np.diff(right))} changed the accuracy, "
      f"{np.count_nonzero(np.diff(losses))} the loss")

# %% [markdown]
r"""
Between its jumps accuracy has slope 0, and at a jump none at all: a gradient would be zero almost
everywhere. The loss changes with every step. We train on the loss and report accuracy, and note
that the two need not be best at the same place.
"""

# %% [markdown]
r"""
## 5.12 Is 90 % sure right in 90 % of cases?

A network gives its answer with a probability, its *confidence*. If answers of confidence 0.9 are
right in nine of ten cases, it is *calibrated*. To find out, sort the answers into bins by their
confidence, and compare in each bin the mean confidence with the share that is right.
"""

# %% nbgrader={"grade": false, "grade_id": "reliability_bins", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def reliability_bins(
    probabilities: Any, targets: Any, bins: int = 10
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Confidence and accuracy, in bins of equal width of the confidence.

    The confidence is the probability of the predicted class, the first of the largest. A bin
    holds its lower edge and not its upper one, but the last one holds all from its lower edge on:
    1.0, and 1.0005 where a row adds up to that. Edges such as 0.5 and 0.75 of 4 bins are exact.
    Where rounding decides on which side of an edge a confidence lies, either bin will do: 0.29 of
    100 bins may lie in bin 28 or 29.

    Args:
        probabilities, targets: as `scored_batch` takes them, in float32 or float64; each row adds
            up to 1.
        bins: how many bins there are between 0 and 1, at least one.

    Returns:
        Mean confidence, accuracy (both float64, whatever went in) and number of samples (whole
        numbers) of each bin, all of shape (bins,). Means of an empty bin are 0.0.

    Raises:
        ValueError: rows hold a number below 0, however small, or are more than 0.001 away from a
            sum of 1, such as logits; or what `scored_batch` refuses.

    Example:
        >>> reliability_bins([[0.75, 0.25], [1.0, 0.0], [0.25, 0.75]], [0, 1, 1], bins=2)[2]
        array([0, 3])

    Hint: `np.bincount` can add up weights.
    """
    ### BEGIN SOLUTION
    p, actual = scored_batch(probabilities, targets)
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected (N, C) rows that add up to 1: take the softmax of logits first")
    confidence, right = p.max(axis=1), p.argmax(axis=1) == actual
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    divisor = np.maximum(count, 1)  # of an empty bin 1, so that 0 / 1 = 0
    sums = [np.bincount(index, weights, minlength=bins) for weights in (confidence, right)]
    return sums[0] / divisor, sums[1] / divisor, count
    ### END SOLUTION

# %% [markdown]
r"""
The gaps of all bins in one number are the *expected calibration error*: their mean, weighted by
how many samples each bin holds.
"""

# %%
#| export
def expected_calibration_error(probabilities: Any, targets: Any, bins: int = 10) -> float:
    """The mean gap between confidence and accuracy over the bins, weighted by their counts."""
    confidence, share_right, count = reliability_bins(probabilities, targets, bins)
    return float(np.average(np.abs(confidence - share_right), weights=count))

# %% nbgrader={"grade": true, "grade_id": "test_reliability_bins", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_reliability_bins():
    """Mean confidence, share right and number of answers in each bin; an empty one has zeros."""
    found, name = oracles.tuple_of(reliability_bins), "reliability_bins"
    batches = oracles.probability_batches(seed=4)
    cases = [tt.case(*each, bins=n) for each, n in zip(batches, (7, 1, 260, 4), strict=True)]
    cases.append(batches[0])
    tt.check(found, oracles.means_of_bins, cases, rtol=1e-13, name=name, once=True)
    coarse = [(p.astype(np.float32), targets) for p, targets in batches]
    cases = [tt.case(*coarse[0], bins=3), tt.case(*coarse[1], bins=10)]
    tt.check(found, oracles.means_of_bins, cases, rtol=1e-5, name=name)
    ### BEGIN HIDDEN TESTS
    batches = oracles.probability_batches(seed=8)
    cases = [tt.case(*each, bins=n) for each, n in zip(batches[:3], (11, 3, 10), strict=True)]
    tt.check(found, oracles.means_of_bins, cases, rtol=1e-13, name=name, once=True)
    ### END HIDDEN TESTS


test_reliability_bins()

# %% nbgrader={"grade": true, "grade_id": "test_reliability_bins_at_the_edges", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_reliability_bins_at_the_edges():
    """A lower edge belongs to its bin, 1 and just above to the last; of ties the first counts."""
    found, by_samples = map(oracles.stacked, (reliability_bins, oracles.means_of_bins))
    kept = {"dtype": "any", "rtol": 1e-5, "name": "reliability_bins", "once": True}
    rows = [[0.5, 0.5], [0.75, 0.25], [1, 0], [0, 1], [0.5, 0.5], [0.125, 0.875], [1.0005, 0]]
    forms = oracles.in_every_form(rows, [0, 1, 0, 0, 1, 1, 0], classes=False, bins=4)
    tt.check(found, by_samples, forms, **kept)
    forms = oracles.in_every_form(rows, [0, 1, 0, 0, 1, 1, 0], classes=False, turn=2, bins=2)
    tt.check(found, by_samples, forms[::2], wrap=Tensor, **kept)
    in_last = lambda p, t, bins: np.array([[0, 0, 1], [0, 0, 0.5], [0, 0, len(t)]])
    tt.check(found, in_last, oracles.certain_batches(times=(1, 16_400), bins=3), **kept)
    tt.check(found, by_samples, oracles.refilled([[0.5, 0.5]], [[1, 0]], more=[[0]]), **kept)
    ### BEGIN HIDDEN TESTS
    rows = [[0.25] * 4, [0.5, 0, 0.5, 0], [0, 1, 0, 0], [0.25, 0.25, 0.5, 0], [0, 0, 0, 1.0005]]
    forms = oracles.in_every_form(rows, [1, 0, 1, 2, 3], classes=False, turn=1, bins=4)
    tt.check(found, by_samples, forms[1::2], wrap=Tensor, **kept)
    ### END HIDDEN TESTS


test_reliability_bins_at_the_edges()

# %% nbgrader={"grade": true, "grade_id": "test_reliability_bins_refuses", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_reliability_bins_refuses():
    """Logits, sums away from 1, numbers below 0, classes, NaN and misfits are a ValueError."""
    off = [[2.0, -1.0], [0.9, 0.6], [0.2, 0.3], [0.5, 0.5015], [0.5, 0.4985], [0.5, 0.51]]
    off += [[1.5, -0.5], [1.0005, -0.0005], [1.0, -1e-12], [np.nan, 1.0], [0.0, 0.0]]
    pairs = [([row, [1, 0]], [[0.5, 0.5], row])[n % 2] for n, row in enumerate(off)]
    refused = [tt.case(rows, [0, 1]) for rows in (*pairs, [off[0], [1, 0]], [off[-2], [1, 0]])]
    refused += [tt.case([[1.6, 0.4], [0.0, 0.0]], [0, 1]), tt.case([0, 1], [0, 1])]
    refused += oracles.misfits_of_scores(2)[::2]
    close = softmax(tt.numbers((2, 5), np.float32, 2))
    sound = [close, close * (1 + 1e-6), [[0.5, 0.5006], [0.5, 0.4994]], [[-0.0, 1.0], [0.9995, 0]]]
    sound = [tt.case(rows, [0, 1]) for rows in (*sound, [[1, 0], [0, 1]])]
    tt.check_raises(ValueError, reliability_bins, refused, but=sound)
    ### BEGIN HIDDEN TESTS
    off = [[3.0, 1.0], [0.6, 0.3], [0.998, 0.0], [1.0015, 0.0], [-0.0004, 1.0], [1.0, -1e-15]]
    pairs = [([[1.0, 0.0], row], [row, [0, 1]])[n % 2] for n, row in enumerate(off)]
    refused = [*pairs, [[1.0015, 0.0], [0.9985, 0.0]], [[1, 0], [0.5, np.nan]]]
    refused = [*(tt.case(rows, [0, 1]) for rows in refused), *oracles.misfits_of_scores(3)[::6]]
    sound = [close * (1 - 1e-6), [[0.3, 0.7007], [0.3, 0.6993]], [[1.0, -0.0], [1.0007, 0.0]]]
    sound = [tt.case(rows, [0, 1]) for rows in sound]
    tt.check_raises(ValueError, reliability_bins, refused, but=sound)
    ### END HIDDEN TESTS


test_reliability_bins_refuses()

# %% [markdown]
r"""
Below, targets are drawn from the softmax of random logits. That softmax is therefore calibrated.
The second classifier multiplies the logits by 3: every answer stays the same, only louder. The
diagonal is perfect calibration.
"""

# %%
rng = np.random.default_rng(11)
logits = 1.2 * rng.standard_normal((2_500, 3))
targets = (softmax(logits).cumsum(axis=1) < rng.random((2_500, 1))).sum(axis=1)
figure, axes = figures.subplots(1, 2, sharey=True, width=5.6, height=3.6)
for axis, factor, name in zip(axes, (1, 3), ("as they are", "times 3"), strict=True):
    p = softmax(factor * logits)
    confidence, share, count = reliability_bins(p, targets)
    axis.bar(confidence[count > 0], share[count > 0], width=0.06)
    axis.plot([0, 1], [0, 1], color=figures.BLACK, linestyle="--")
    error = expected_calibration_error(p, targets)
    axis.set(xlabel="mean confidence", aspect="equal", title=f"logits {name}\n"
             f"accuracy {accuracy(p, targets):.2f}, error {error:.2f}")
axes[0].set_ylabel("share right")
figure.suptitle("The same answers, louder: as often right, no longer calibrated")
figures.show(figure, alt="Left the bars reach the diagonal; right they stay below it at high confidence.")

# %% [markdown]
r"""
The accuracies are equal, as they must be. On the right, answers with confidence near 1 are right
in about three of four cases.
"""

# %% [markdown]
r"""
## 5.13 The digits, reported in full

In lesson 1 the nearest mean image recognised "nearly nine in ten" digits it had never seen. Now we
can say what that is worth. The score of a class is minus its squared distance.
"""

# %%
digits = load_digits()
images, labels = Tensor(digits.data.astype(np.float32)), digits.target
means = Tensor(np.stack([images[:1200][labels[:1200] == d].mean(axis=0).data for d in range(10)]))
x, labels = images[1200:], labels[1200:]
scores = 2 * (x @ means.T) - (means * means).sum(axis=1)  # |x|² is the same for every class

share = accuracy(scores, labels)
low, high = confidence_interval(round(share * len(labels)), len(labels))
print(f"accuracy  {share:.3f}, 95 % interval {low:.3f} to {high:.3f}, {len(labels)} images")
print(f"baseline  {majority_baseline(labels):.3f}")
print(f"balanced  {balanced_accuracy(scores, labels):.3f}, macro F1 {f1_score(scores, labels):.3f}")
print(f"top-2     {top_k_accuracy(scores, labels, k=2):.3f}")

# %%
matrix = confusion_matrix(scores, labels)
errors = matrix - np.diag(np.diag(matrix))
true, called = np.unravel_index(errors.argmax(), errors.shape)
figure, axis = figures.subplots(width=4.8, height=4.6)
draw_confusion(axis, matrix, range(10))
axis.set_title(f"The worst pair: {errors.max()} times a {true} is called {called}")
figures.show(figure, alt="A strong diagonal; off it the largest count is 12, for ones called 9.")

# %%
wrong = np.flatnonzero((labels == true) & (predicted_classes(scores) == called))[:6]
figure, axes = figures.subplots(1, 8, height=1.6)
pictures = [*(x[int(n)] for n in wrong), means[int(true)], means[int(called)]]
titles = [*["image"] * len(wrong), f"mean {true}", f"mean {called}"]
for axis in axes:
    axis.set_axis_off()
for axis, picture, title in zip(axes, pictures, titles, strict=False):
    axis.imshow(picture.reshape(8, 8).data, cmap="Greys")
    axis.set_title(title)
figure.suptitle(
    f"Ones with a hook are nearer to the mean {called} than to the bar that is the mean {true}")
figures.show(figure, alt="Six ones with a hook on the left, beside the mean 1, a bar, and the mean 9.")

# %% [markdown]
r"""
88.1 % of 597 new images are right, and of all such images, with 95 % confidence, between 85.3 and
90.5 %. The baseline is 10.4 %. Of 14 ones that were missed 12 are called 9: they have a hook on the left, as a
nine has, while the mean of all ones is a straight bar. One mean cannot hold two ways of writing.
"""

# %% [markdown]
r"""
## 5.14 For those who want more

A published example runs three spirals of 100 points through a network of 2, 3 and 3 numbers with
tiny random weights, and reports a loss of 1.0986104 and an accuracy of 0.34. NumPy's old generator
with seed 0 draws the noise of the points first, and then the two weight matrices.
"""

# %%
from tinytorch.core.activations import ReLU, Softmax
from tinytorch.core.layers import Linear, Sequential

old = np.random.RandomState(0)
radius, arms = np.linspace(0, 1, 100), []
for c in range(3):
    angle = 2.5 * (np.linspace(4 * c, 4 * c + 4, 100) + 0.2 * old.randn(100))
    arms.append(np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1))
points, arm = np.concatenate(arms).astype(np.float32), np.repeat([0, 1, 2], 100)

rng = np.random.default_rng(0)  # its weights are replaced
network = Sequential(Linear(2, 3, rng), ReLU(), Linear(3, 3, rng), Softmax())
for layer in (network[0], network[2]):
    layer.weight.data[...] = 0.01 * old.randn(*layer.weight.shape)
    layer.bias.data[...] = 0.0
outputs = network(Tensor(points))
print(f"loss {CategoricalCrossEntropyLoss().calculate(outputs, arm):.7f}, log 3 {math.log(3):.7f}")
print(f"accuracy {accuracy(outputs, arm)}, baseline {majority_baseline(arm):.3f}")
print("interval of 102 right of 300: {:.3f} to {:.3f}".format(*confidence_interval(102, 300)))

# %% [markdown]
r"""
The loss is $\log 3$ to six digits, which is what equal guesses cost, and the baseline lies inside
the interval: 0.34 is one third plus chance. The network says nearly the same to every point, as
one wants of it before training.

PyTorch has no function for these measures. One writes
`(logits.argmax(dim=1) == targets).float().mean()`, and `logits.topk(k)` names the best classes,
ties in no promised order; the package torchmetrics has the rest.
"""

# %% [markdown]
r"""
## 5.15 Summary

Accuracy is a share of agreeing classes, and it means something beside a baseline and an interval.
The confusion matrix shows where the errors are, and precision, recall, F1 and balanced accuracy
are ratios of its counts, averaged over what one chooses to weigh. A network is trained on the
loss, because accuracy is flat almost everywhere, and its confidence is to be believed only after
it was compared with the share that is right.

In the package this code is `tinytorch.core.accuracy`; lessons 6 and 8 import `accuracy` and
`predicted_classes` from there.
"""

# %%
tt.summary()

# %%
# Save first (Ctrl+S): this checks the saved notebook as grading does, and exports your own module.
tt.export()
