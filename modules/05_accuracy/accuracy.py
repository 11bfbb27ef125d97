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

# %%
#| export
import math
from typing import Any

import numpy as np

from tinytorch.core.tensor import to_array

# %%
import timeit

from nnfs.datasets import spiral_data
from sklearn.datasets import load_digits

from tinytorch import figures
from tinytorch.core.activations import ReLU, Softmax, softmax
from tinytorch.core.layers import Linear, Sequential
from tinytorch.core.losses import CategoricalCrossEntropyLoss
from tinytorch.core.tensor import Tensor
from tinytorch.testing import assert_close, assert_raises, assert_unchanged

# %% [markdown]
r"""
## 5.1 Two numbers not to trust

"Accuracy" is one line of NumPy: `(predicted == actual).mean()`. Here it is used twice. The
first detector looks for an illness that one person in two hundred has, and never finds it. The
second classifier is perfect: its answers *are* the truth, only stored as a column. What do you
expect of each?
"""

# %%
rng = np.random.default_rng(5)
ill = (rng.random(2_000) < 0.005).astype(int)
always_no = np.zeros_like(ill)
print(f"always says no: {(always_no == ill).mean():.1%} right")

truth = rng.integers(0, 10, 2_000)
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
of the largest score, and it is the same for logits and for probabilities, because softmax keeps
their order.

Targets come in two forms: indices of shape `(N,)`, or one-hot rows of shape `(N, C)`. Files and
lists often hold indices as decimals, such as `2.0`. The helper below takes them where they are
whole, and refuses the rest.
"""

# %%
#| export
def whole_numbers(values: Any) -> np.ndarray:
    """Class indices as int64, out of whole numbers of any dtype: 2.0 counts as 2.

    Raises:
        ValueError: a value is negative, not finite or not whole.
    """
    array = to_array(values)
    whole = np.isfinite(array) & (array == np.rint(array)) if array.dtype.kind == "f" else True
    if not np.all(whole) or (array < 0).any():
        raise ValueError("expected class indices 0, 1, 2 ...: scores need shape (N, C)")
    return array.astype(np.int64)

# %% [markdown]
r"""
Two decisions hide in "the largest". If two scores tie, somebody must choose: we take the first.
And NaN is neither larger nor smaller than anything. NumPy's `argmax` returns its place all the
same, so a network that has broken down still gets an accuracy. Better to refuse.
"""

# %% nbgrader={"grade": false, "grade_id": "predicted_classes", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def predicted_classes(outputs: Any) -> np.ndarray:
    """The predicted class of each sample: the column of its largest score.

    Args:
        outputs: scores of shape (N, C), with C of at least 2, logits or probabilities; or class
            indices of shape (N,), which are returned as whole numbers.

    Returns:
        Integer array of shape (N,). The first of several equal largest scores wins.

    Raises:
        ValueError: any other shape, or a row that holds NaN.

    Example:
        >>> predicted_classes([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]])
        array([1, 0])

    Hint: `whole_numbers` takes care of indices.
    """
    ### BEGIN SOLUTION
    array = to_array(outputs)
    if array.ndim == 1:
        return whole_numbers(array)
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError(f"expected (N, C) scores with C >= 2 or (N,) classes, got {array.shape}")
    chosen = array.argmax(axis=1)
    if np.isnan(array[np.arange(len(array)), chosen]).any():  # argmax stops at the first NaN
        raise ValueError("scores hold NaN, expected numbers: look for it in the network's output")
    return chosen
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_predicted_classes", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_predicted_classes():
    """The largest score of each row, the first where they tie; indices stay what they are."""
    scores = np.array([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3], [-3.0, -1.0, -2.0], [0.4, 0.2, 0.4]])
    suspects = {
        "If you searched along axis 0, you found the best sample of each class.": scores.argmax(0),
        "If you return the largest scores, their places are asked for.": scores.max(1),
        "If you count classes from 1, every index is one too high.": np.array([2, 1, 2, 1]),
        "If the last of equal scores wins, the rule 'the first' is broken.": np.array([1, 0, 1, 2]),
        "If you compare sizes without their sign, -3 beats -1.": np.array([1, 0, 0, 0]),
    }
    got = assert_unchanged(predicted_classes, scores)
    assert_close(got, np.array([1, 0, 1, 0]), suspects=suspects)
    hint = "If you search indices for a largest one, they are classes already."
    assert_close(predicted_classes([2.0, 0.0, 1.0]), np.array([2, 0, 1]), hint)
    ### BEGIN HIDDEN TESTS
    assert_close(predicted_classes(Tensor([[5, 1], [2, 3], [4, 4]])), np.array([0, 1, 0]), hint)
    assert_close(predicted_classes(np.array([3, 1, 2], np.uint8)), np.array([3, 1, 2]), hint)
    ### END HIDDEN TESTS


test_predicted_classes()

# %% nbgrader={"grade": true, "grade_id": "test_predicted_classes_refuses", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_predicted_classes_refuses():
    """NaN, a single column, and more than two axes."""
    nan = np.array([[0.2, 0.8], [np.nan, np.nan]])
    hint = "If NaN passes, a broken network gets an accuracy."
    assert_raises(ValueError, predicted_classes, nan, hint=hint, name="a row of NaN")
    hint = "If a single column passes, argmax calls every sample class 0."
    assert_raises(ValueError, predicted_classes, [[1.0], [0.0], [2.0]], hint=hint, name="(3, 1)")
    ### BEGIN HIDDEN TESTS
    hint = "If more than two axes pass, the result no longer has one class a sample."
    assert_raises(ValueError, predicted_classes, np.zeros((2, 3, 4)), hint=hint)
    hint = "If scores of one sample pass as classes, say that they need a row: (1, C)."
    assert_raises(ValueError, predicted_classes, [0.2, 0.8], hint=hint, name="(2,) scores")
    ### END HIDDEN TESTS


test_predicted_classes_refuses()

# %% [markdown]
r"""
Targets look alike, but a mistake in them is worse, for they are the truth. A one-hot row holds a
single 1 and zeros. Everything else of two axes is refused: a column of indices, or soft targets,
which name no class.
"""

# %% nbgrader={"grade": false, "grade_id": "target_classes", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def target_classes(targets: Any) -> np.ndarray:
    """The true class of each sample, as an index.

    Args:
        targets: class indices of shape (N,), or one-hot rows of shape (N, C) with C of at
            least 2. Decimals count where they are whole.

    Returns:
        Integer array of shape (N,).

    Raises:
        ValueError: any other shape, or rows of two or more columns that are not one-hot.

    Example:
        >>> target_classes([[0, 1, 0], [0, 0, 1]])
        array([1, 2])

    Hint: `np.count_nonzero` takes an axis.
    """
    ### BEGIN SOLUTION
    array = to_array(targets)
    if array.ndim == 1:
        return whole_numbers(array)
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError(f"expected (N,) indices or (N, C) one-hot rows, got {array.shape}")
    classes = array.argmax(axis=1)
    ones = array[np.arange(len(array)), classes] == 1
    if not ones.all() or (np.count_nonzero(array, axis=1) > 1).any():
        raise ValueError("expected one-hot rows, one 1 and zeros: choose a class for each sample")
    return classes
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_target_classes", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_target_classes():
    """One-hot rows become indices, and indices become whole numbers."""
    one_hot = np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]])
    suspects = {
        "If you searched along axis 0, you found a sample for each class.": one_hot.argmax(0),
        "If you count classes from 1, every index is one too high.": np.array([2, 3, 1, 2]),
        "If you search for the smallest, you find the first zero.": one_hot.argmin(1),
        "If you search all rows at once, the places run on from row to row.": np.flatnonzero(one_hot),
    }
    got = assert_unchanged(target_classes, one_hot)
    hint = "If you return the rows as they are, they still have to name a class."
    assert_close(got, np.array([1, 2, 0, 1]), hint, suspects=suspects)
    hint = "If decimals stay decimals, they cannot be used as indices."
    assert_close(target_classes(np.array([2.0, 0.0, 1.0, 1.0])), np.array([2, 0, 1, 1]), hint)
    ### BEGIN HIDDEN TESTS
    assert_close(target_classes(one_hot.astype(bool)), np.array([1, 2, 0, 1]), name="out of booleans")
    assert_close(target_classes([[0, 1]]), np.array([1]), name="of a single sample of 2 classes")
    assert_close(target_classes(Tensor([3, 0])), np.array([3, 0]), hint, name="out of a Tensor")
    ### END HIDDEN TESTS


test_target_classes()

# %% nbgrader={"grade": true, "grade_id": "test_target_classes_refuses", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_target_classes_refuses():
    """A column, soft targets, and numbers that are no indices."""
    hint = "If a column of indices passes, argmax calls each of them class 0."
    assert_raises(ValueError, target_classes, [[2], [0], [1]], hint=hint, name="(3, 1)")
    hint = "If a soft row passes, its largest share is taken for the truth."
    assert_raises(ValueError, target_classes, [[0.9, 0.1], [0.2, 0.8]], hint=hint, name="soft rows")
    hint = "If fractions pass, rounding makes classes out of them."
    assert_raises(ValueError, target_classes, [0.5, 1.0], hint=hint, name="[0.5, 1.0]")
    ### BEGIN HIDDEN TESTS
    hint = "If you look at sums or at the largest number alone, these rows look one-hot."
    for row in ([1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [2.0, -1.0, 0.0], [0.0, -1.0, 0.0]):
        assert_raises(ValueError, target_classes, [row, [0, 1, 0]], hint=hint, name=f"the row {row}")
    assert_raises(ValueError, target_classes, [1, -1], hint="If -1 passes, it counts from the end.")
    hint = "If a single column passes, each of its samples is class 0."
    assert_raises(ValueError, target_classes, [[1], [1], [1]], hint=hint, name="a column of ones")
    hint = "If more than two axes pass, the result no longer has one class a sample."
    assert_raises(ValueError, target_classes, [[[1], [0]], [[1], [0]]], hint=hint, name="(2, 2, 1)")
    ### END HIDDEN TESTS


test_target_classes_refuses()

# %% [markdown]
r"""
## 5.3 One gate, and accuracy behind it

Every measure of this lesson compares two rows of classes. They must be of one length, there must
be at least one sample, and no class may lie beyond the columns that the network has. The gate
`paired_classes` checks this for all of them; read what it refuses, and call it.
"""

# %%
#| export
def class_count(outputs: Any, targets: Any) -> int:
    """How many classes: the columns of the scores or one-hot rows, else the largest index + 1."""
    columns = {np.shape(values)[1] for values in (outputs, targets) if np.ndim(values) == 2}
    if len(columns) > 1:
        raise ValueError(f"outputs and targets have {columns} columns: expected as many of each")
    return columns.pop() if columns else 1 + int(max(to_array(v).max() for v in (outputs, targets)))


def paired_classes(outputs: Any, targets: Any) -> tuple[np.ndarray, np.ndarray]:
    """Predicted and true classes of a batch that has been checked.

    Args:
        outputs: scores of shape (N, C) or class indices of shape (N,).
        targets: class indices of shape (N,) or one-hot rows of shape (N, C).

    Returns:
        Predicted classes and true classes, in this order, both of shape (N,).

    Raises:
        ValueError: the two differ in length, there is no sample, or one of them names a class
            beyond the `class_count` of the batch.
    """
    predicted, actual = predicted_classes(outputs), target_classes(targets)
    if predicted.shape != actual.shape or not actual.size:
        raise ValueError(
            f"{len(predicted)} predictions and {len(actual)} targets: expected as many of each, "
            "and at least one; check how the batch was cut"
        )
    if max(predicted.max(), actual.max()) >= (classes := class_count(outputs, targets)):
        raise ValueError(f"expected classes 0 to {classes - 1}, got a larger one: check the labels")
    return predicted, actual

# %% [markdown]
r"""
Behind the gate, accuracy is the share of samples whose two classes agree:

$$ \text{accuracy} = \frac{1}{N} \sum_{n=1}^{N} \big[\, \text{predicted}_n = \text{actual}_n \,\big] $$

A mean of booleans is a share, as `True` counts 1 and `False` 0.
"""

# %% nbgrader={"grade": false, "grade_id": "accuracy", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def accuracy(outputs: Any, targets: Any) -> float:
    """The share of samples whose predicted class is the true one.

    Args:
        outputs, targets: as `paired_classes` takes them, which also refuses what does not fit.

    Returns:
        A float from 0.0 to 1.0.

    Example:
        >>> accuracy([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.02, 0.9, 0.08]], [0, 1, 1])
        1.0
    """
    ### BEGIN SOLUTION
    predicted, actual = paired_classes(outputs, targets)
    return float(np.mean(predicted == actual))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_accuracy_of_published_outputs", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_accuracy_of_published_outputs():
    """Three of three are right, and two of three."""
    outputs = np.array([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.02, 0.9, 0.08]])
    spoiled = np.array([[0.7, 0.2, 0.1], [0.5, 0.1, 0.4], [0.02, 0.9, 0.08]])
    suspects = {
        "If you add up without dividing, you return a count.": [3, 2],
        "If you count what differs, you return the error rate.": [0, 1 / 3],
        "If you return per cent, everyone else expects a share.": [100, 200 / 3],
        "If you ask whether all are right, or divide with //, one mistake spoils everything.": [1, 0],
        "If you compare scores with targets, floats almost never equal a class.": [0, 0],
        "If you round, digits are lost that others compare by.": [1, 0.67],
        "If you compare one-hot rows element by element, right zeros count too.": [1, 7 / 9],
        "If a column meets a row, everyone is compared with everyone.": [5 / 9, 4 / 9],
    }
    suspects = {says: np.array(values, float) for says, values in suspects.items()}
    got = np.array([float(accuracy(o, [0, 1, 1])) for o in (outputs, spoiled)])
    expected = np.array([1.0, 0.6666666666666666])
    assert_close(got, expected, suspects=suspects, name="the pair of accuracies", rtol=1e-6)
    ### BEGIN HIDDEN TESTS
    assert_close(accuracy(Tensor(spoiled), np.eye(3)[[0, 1, 1]]), 2 / 3, name="with one-hot targets", rtol=1e-6)
    ### END HIDDEN TESTS


test_accuracy_of_published_outputs()

# %% nbgrader={"grade": true, "grade_id": "test_accuracy_in_every_form", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_accuracy_in_every_form():
    """Scores or classes, indices or one-hot: the same share, and the gate stands before it."""
    rng = np.random.default_rng(1)
    scores, targets = rng.standard_normal((50, 4)), rng.integers(0, 4, 50)
    right = sum(1 for row, t in zip(scores, targets, strict=True) if all(row[t] >= s for s in row))
    hint = "If one form gives another share, name classes first and compare then."
    assert_close(accuracy(scores, targets), right / 50, hint, name="scores, indices")
    assert_close(accuracy(scores.argmax(1), np.eye(4)[targets]), right / 50, hint, name="classes, one-hot")
    hint = "If a column is compared with a row, you get N times N answers."
    assert_raises(ValueError, accuracy, targets.reshape(-1, 1), targets, hint=hint, name="(50, 1)")
    hint = "If you compare without a look at the lengths, one target is held against every sample."
    assert_raises(ValueError, accuracy, scores, targets[:1], hint=hint, name="50 against 1")
    hint = "If an empty batch passes, its mean is 0 / 0."
    assert_raises(ValueError, accuracy, np.zeros((0, 4)), np.zeros(0), hint=hint, name="no sample")
    ### BEGIN HIDDEN TESTS
    assert_close(accuracy(Tensor(scores), Tensor(np.eye(4)[targets])), right / 50, name="of Tensors")
    assert_close(accuracy(Tensor([2, 0, 1]), Tensor([2, 1, 1])), 2 / 3, name="of Tensors of classes", rtol=1e-6)
    hint = "If the longer one is cut, samples vanish without a word."
    assert_raises(ValueError, accuracy, scores, targets[:49], hint=hint, name="50 against 49")
    hint = "If a target beyond the columns passes, it is a label that no output can match."
    assert_raises(ValueError, accuracy, scores, targets + 1, hint=hint, name="class 4 of 4")
    ### END HIDDEN TESTS


test_accuracy_in_every_form()

# %% [markdown]
r"""
A published example runs three spirals of 100 points through a network of 2, 3 and 3 numbers with
tiny random weights, and reports a loss of 1.0986104 and an accuracy of 0.34. With your parts it
should come out the same. The numbers hang on NumPy's old global generator with seed 0, which
draws the points first and the two weight matrices after them.
"""

# %% nbgrader={"grade": true, "grade_id": "test_forward_pass_on_the_spiral", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_forward_pass_on_the_spiral():
    """The published loss and accuracy of the untrained network."""
    np.random.seed(0)  # noqa: NPY002
    points, classes = spiral_data(samples=100, classes=3)
    rng = np.random.default_rng(0)  # its weights are replaced
    network = Sequential(Linear(2, 3, rng), ReLU(), Linear(3, 3, rng), Softmax())
    for layer in (network[0], network[2]):
        layer.weight.data[...] = 0.01 * np.random.randn(*layer.weight.shape)  # noqa: NPY002
        layer.bias.data[...] = 0.0
    outputs = network(Tensor(points.astype(np.float32)))
    hint = "If the loss is another, so are the weights: run the cell from its first line."
    found = CategoricalCrossEntropyLoss().calculate(outputs, classes)
    assert_close(found, 1.0986104011535645, hint, name="the loss", rtol=2e-7)
    hint = "If it is another share, eight rows tie: the first class wins there."
    assert_close(accuracy(outputs, classes), 0.34, hint, name="the accuracy")
    ### BEGIN HIDDEN TESTS
    assert_close(accuracy(outputs, np.eye(3)[classes]), 0.34, hint, name="with one-hot targets")
    ### END HIDDEN TESTS


test_forward_pass_on_the_spiral()

# %% [markdown]
r"""
## 5.4 Compared with what, and how surely?

99.5 % sounded good until we knew that always saying "no" earns it. The share of the most frequent
class is the *baseline*: what one gets without looking at a single input. It is written for you.
"""

# %%
#| export
def majority_baseline(targets: Any) -> float:
    """The accuracy of always answering with the most frequent class.

    Args:
        targets: class indices of shape (N,) or one-hot rows of shape (N, C).

    Returns:
        A float above 0.0, up to 1.0.

    Raises:
        ValueError: there is no target.

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
The other question is chance. Nine right out of ten, and 900 out of 1,000: both 90 %, but one
image more or less moves the first by ten points. If the true share is $p$, the measured one
$\hat p$ of $N$ samples scatters around it with standard deviation $\sqrt{p(1-p)/N}$. *Wilson's
interval* holds every $p$ from which $\hat p$ is at most $z$ deviations away,

$$ |\hat p - p| \le z \sqrt{p\,(1-p) / N} . $$

Squared, that is a quadratic inequality in $p$. Its two ends are

$$ \frac{\hat p + \frac{z^2}{2N} \pm z \sqrt{\frac{\hat p (1-\hat p)}{N} + \frac{z^2}{4N^2}}}
        {1 + \frac{z^2}{N}} . $$
"""

# %% [markdown]
r"""
With $z = 1.96$, about 95 % of such intervals hold the true share. Textbooks often put $\hat p$ for $p$
under the root, which is simpler, and claims certainty after three right out of three.
"""

# %%
#| export
Z_95 = 1.959963984540054  # 95 % of a normal distribution lie within so many deviations

# %% nbgrader={"grade": false, "grade_id": "confidence_interval", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def confidence_interval(correct: int, total: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson's score interval for a share, such as an accuracy, by the formula above.

    Args:
        correct: how many samples were right.
        total: how many samples there were.
        z: how many standard deviations to allow for; 1.96 for 95 %.

    Returns:
        The lower and the upper end, both from 0.0 to 1.0.

    Raises:
        ValueError: total is below 1, or correct does not lie between 0 and total.

    Example:
        >>> confidence_interval(0, 4, z=2.0)
        (0.0, 0.5)
    """
    ### BEGIN SOLUTION
    if total < 1 or not 0 <= correct <= total:
        raise ValueError(f"expected counts with 0 <= correct <= total, got {correct} of {total}")
    share, width = correct / total, z * z / total
    centre = (share + width / 2) / (1 + width)
    half = z * math.sqrt(share * (1 - share) / total + width / (4 * total)) / (1 + width)
    return max(0.0, centre - half), min(1.0, centre + half)  # rounding may step over the ends
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_confidence_interval", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
def test_confidence_interval():
    """By hand for z = 2, and by the definition: each end is z deviations away."""
    suspects = {
        "If you put the measured share under the root, 12 of 12 look certain.": np.array([1.0, 1.0]),
        "If you return the upper end first, everyone reads it the other way.": np.array([1.0, 0.75]),
        "If you forget to divide by 1 + z²/N, the ends lie too far out.": np.array([1.0, 4 / 3]),
        "If you return centre and half width, they are not the ends.": np.array([0.875, 0.125]),
        "If you ignore z, the width is always that of 95 %.": np.array([0.75750615, 1.0]),
        "If you leave out the root, a variance is taken for a deviation.": np.array([0.86458333, 0.88541667]),
    }
    got = np.array([float(end) for end in confidence_interval(12, 12, z=2.0)])
    assert_close(got, np.array([0.75, 1.0]), suspects=suspects, name="interval of 12 of 12, z = 2", rtol=1e-5)
    low, high = confidence_interval(80, 100)
    hint = "If an end is not 1.96 deviations away, look at the terms under the root."
    for end in (low, high):
        assert_close((0.8 - end) ** 2, 3.841458821 * end * (1 - end) / 100, hint, name=f"(0.8 - {end})²")
    wrong = "If counts that cannot be pass, so do their shares."
    assert_raises(ValueError, confidence_interval, 5, 4, 3.0, hint=wrong, name="5 of 4")
    assert_raises(ValueError, confidence_interval, 0, 0, hint=wrong, name="0 of 0")
    ### BEGIN HIDDEN TESTS
    assert_raises(ValueError, confidence_interval, -1, 4, 3.0, hint=wrong, name="-1 of 4")
    for correct, total, z in ((1, 7, 1.0), (333, 1000, 3.0), (5, 9, 1.5), (1, 1, 2.0), (0, 3, 1.0)):
        low, high = confidence_interval(correct, total, z)
        for end in (low, high):
            allowed = z * z * end * (1 - end) / total
            assert_close((correct / total - end) ** 2, allowed, hint, name=f"{correct} of {total}")
        assert_close(low < high, np.True_, "If both ends are one, they hold nothing.", name="low < high")
    ### END HIDDEN TESTS


test_confidence_interval()

# %%
totals = np.array([10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000])
ends = np.array([confidence_interval(0.9 * n, n) for n in totals])
figure, axis = figures.subplots()
axis.loglog(totals, 100 * (ends[:, 1] - ends[:, 0]), "o-")
axis.set(xlabel="samples", ylabel="width (percentage points)", ylim=(0.2, 60))
axis.set_yticks([1, 10], ["1", "10"])
axis.set_title("90 % right: a tenth of the width takes a hundred times the samples")
figures.show(figure, alt="The width falls from 38 points at 10 samples to 0.4 at 100,000, in a line.")
print("9 of 10:      {:.3f} to {:.3f}".format(*confidence_interval(9, 10)))
print("900 of 1,000: {:.3f} to {:.3f}".format(*confidence_interval(900, 1_000)))

# %% [markdown]
r"""
On 1,000 images the interval is still almost four points wide. Two networks that get 90.1 and
90.4 % of them right may well be equally good.
"""

# %% [markdown]
r"""
## 5.5 Top-k

With a thousand classes one often asks less: is the true class among the `k` best? Sorting is one
way. Counting is another: the target's place is the number of classes that stand before it.

Ties need a rule again, and here it matters. A dead network gives equal scores everywhere. If a tie
counts for the target, it is 100 % right; if against, 0 %. We keep the rule of 5.2: of equal
scores, the class with the lower index stands first. Then `k = 1` is the accuracy, ties included.
"""

# %% nbgrader={"grade": false, "grade_id": "top_k_accuracy", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def top_k_accuracy(outputs: Any, targets: Any, k: int) -> float:
    """The share of samples whose true class is among the k with the largest scores.

    Args:
        outputs: scores of shape (N, C).
        targets: class indices of shape (N,) or one-hot rows of shape (N, C).
        k: how many classes may be named, from 1 to C.

    Returns:
        A float from 0.0 to 1.0. Of equal scores the class with the lower index comes first.

    Raises:
        ValueError: k is outside 1 to C, or outputs are no scores.

    Example:
        >>> top_k_accuracy([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], [1, 2], k=2)
        0.5

    Hint: a comparison of `(N, C)` with `(N, 1)`.
    """
    ### BEGIN SOLUTION
    scores, (_, actual) = to_array(outputs), paired_classes(outputs, targets)
    if scores.ndim == 1 or not 1 <= k <= scores.shape[1]:
        raise ValueError(f"expected (N, C) scores and k from 1 to C, got {scores.shape} and k={k}")
    own = scores[np.arange(len(scores)), actual, np.newaxis]  # (N, 1)
    earlier = np.arange(scores.shape[1]) < actual[:, np.newaxis]  # (C,) < (N, 1) -> (N, C)
    before = (scores > own) | ((scores == own) & earlier)
    return float(np.mean(np.count_nonzero(before, axis=1) < k))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_top_k_accuracy", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_top_k_accuracy():
    """Targets in places 2, 4, 1, 3 and 2 of four; no place beyond those."""
    scores = np.array([
        [0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1], [0.2, 0.35, 0.15, 0.3],
        [0.3, 0.1, 0.4, 0.2], [-3.0, -1.0, -2.0, -4.0],
    ])  # fmt: skip
    targets = np.array([2, 3, 1, 3, 2])
    suspects = {
        "If you count one place too many, k + 1 classes are named.": 0.8,
        "If only the best class counts, k is ignored.": 0.2,
        "If you sort upwards, you name the k worst.": 0.4,
        "If you add up without dividing, you return a count.": 3.0,
        "If a hit must be in place k exactly, the better places are lost.": 0.4,
        "If you divide by k, you compute a precision of the named classes.": 0.3,
    }
    got = assert_unchanged(top_k_accuracy, scores, targets, k=2)
    assert_close(got, 0.6, suspects=suspects, name="top-2 accuracy")
    for k, share in ((1, 0.2), (3, 0.8), (4, 1.0)):
        assert_close(top_k_accuracy(scores, targets, k=k), share, name=f"top-{k} accuracy")
    for k in (0, 5):
        hint = "If k outside 1 to C passes, none or all are right whatever the scores."
        assert_raises(ValueError, top_k_accuracy, scores, targets, k, hint=hint, name=f"k = {k} of 4")
    ### BEGIN HIDDEN TESTS
    assert_raises(ValueError, top_k_accuracy, [0, 1, 1], [0, 1, 1], 1, hint="If there are no scores, refuse.")
    rng = np.random.default_rng(3)
    scores, targets = rng.standard_normal((40, 6)), rng.integers(0, 6, 40)
    for k in (1, 2, 5):
        places = [sorted(row, reverse=True).index(row[t]) for row, t in zip(scores, targets, strict=True)]
        share = sum(place < k for place in places) / 40
        assert_close(top_k_accuracy(Tensor(scores), np.eye(6)[targets], k), share, name=f"top-{k} accuracy")
    ### END HIDDEN TESTS


test_top_k_accuracy()

# %% nbgrader={"grade": true, "grade_id": "test_top_k_accuracy_of_ties", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_top_k_accuracy_of_ties():
    """Of equal scores the lower index comes first, so that top-1 is the accuracy."""
    dead, targets = np.full((4, 3), 0.5), np.array([0, 1, 2, 2])
    suspects = {
        "If a tie counts for the target, a dead network is always right.": 1.0,
        "If a tie counts against the target, a dead network is always wrong.": 0.0,
        "If the higher index comes first, top-1 is no longer the accuracy.": 0.5,
    }
    assert_close(top_k_accuracy(dead, targets, k=1), 0.25, suspects=suspects, name="top-1 of ties")
    assert_close(top_k_accuracy(dead, targets, k=2), 0.5, name="top-2 of ties")
    ### BEGIN HIDDEN TESTS
    rng = np.random.default_rng(4)
    rough, targets = rng.integers(0, 3, (60, 5)).astype(float), rng.integers(0, 5, 60)
    slow = np.mean([
        t in sorted(range(5), key=lambda c: (-row[c], c))[:3]
        for row, t in zip(rough, targets, strict=True)
    ])
    assert_close(top_k_accuracy(rough, targets, k=3), slow, suspects=suspects, name="top-3 with ties")
    ### END HIDDEN TESTS


test_top_k_accuracy_of_ties()

# %% [markdown]
r"""
How much is counting worth? The next cell ranks 200 rows of 1,000 scores in three ways and
prints time and the memory of what each one makes. Question 5.11 comes back to it.
"""

# %%
scores = np.random.default_rng(6).standard_normal((200, 1_000)).astype(np.float32)
own = scores[:, :1]
for name, rank in {
    "sort every row    ": lambda: np.argsort(scores, axis=1),
    "partition at k = 5": lambda: np.argpartition(scores, -5, axis=1),
    "compare and count ": lambda: scores > own,
}.items():
    seconds = min(timeit.repeat(rank, number=1, repeat=3))
    print(f"{name} {1e3 * seconds:7.1f} ms, makes {rank().nbytes / 1e6:5.1f} MB")

# %% [markdown]
r"""
## 5.6 Which classes are confused

One number hides *where* the errors are. The confusion matrix counts every combination: row = true
class, column = predicted class. What is right stands on the diagonal. Read along a row to see
where the samples of a class ended up.
"""

# %% nbgrader={"grade": false, "grade_id": "confusion_matrix", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def confusion_matrix(outputs: Any, targets: Any, classes: int | None = None) -> np.ndarray:
    """How often each true class (row) was predicted as each class (column).

    Args:
        outputs, targets: as `paired_classes` takes them, which also refuses what does not fit.
        classes: how many classes there are; None for the `class_count` of the batch. Give it
            where both are indices and a class may be missing from the batch.

    Returns:
        Integer array of shape (classes, classes) that adds up to N.

    Raises:
        ValueError: a class lies beyond `classes`.

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

# %% nbgrader={"grade": true, "grade_id": "test_confusion_matrix", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_confusion_matrix():
    """Ten samples of three classes, counted by hand."""
    actual = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 2])
    predicted = np.array([0, 0, 1, 1, 2, 2, 2, 0, 0, 1])
    expected = np.array([[2, 1, 0], [0, 1, 1], [2, 1, 2]])
    suspects = {
        "If rows are predictions, the matrix is transposed.": expected.T,
        "If you write with [actual, predicted] += 1, a repeated pair counts once.": np.minimum(expected, 1),
        "If you divide by N, you return shares and not counts.": expected / 10,
        "If you divide by the rows, you return shares and not counts.": expected / expected.sum(1)[:, None],
        "If you count only what is wrong, the diagonal stays empty.": expected - np.diag([2, 1, 2]),
        "If you count only what is right, the errors are gone.": np.diag([2, 1, 2]),
    }
    assert_close(confusion_matrix(predicted, actual), expected, suspects=suspects, name="the matrix")
    ### BEGIN HIDDEN TESTS
    rng = np.random.default_rng(7)
    predicted, actual = rng.integers(0, 20, (2, 300)).astype(np.uint8)
    expected = np.zeros((20, 20), int)
    for p, a in zip(predicted, actual, strict=True):
        expected[a, p] += 1
    suspects = {"If rows are predictions, the matrix is transposed.": expected.T}
    hint = "If you compute with 8-bit integers, numbers above 255 start again at 0."
    assert_close(confusion_matrix(predicted, actual), expected, hint, suspects=suspects)
    ### END HIDDEN TESTS


test_confusion_matrix()

# %% nbgrader={"grade": true, "grade_id": "test_confusion_matrix_has_every_class", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_confusion_matrix_has_every_class():
    """Classes that do not occur keep their row and column."""
    scores = np.array([[0.1, 0.8, 0.05, 0.05], [0.7, 0.1, 0.1, 0.1]])
    hint = "If you look only at what occurs, the size changes from batch to batch."
    expected = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    assert_close(confusion_matrix(scores, [1, 0]), expected, hint, name="the matrix of 4 columns")
    got = confusion_matrix([0, 1], [1, 1], classes=3)
    assert_close(got, np.array([[0, 0, 0], [1, 1, 0], [0, 0, 0]]), "If you ignore classes, it is 2 by 2.")
    hint = "If a class beyond `classes` passes, it is lost or lands in another row."
    assert_raises(ValueError, confusion_matrix, [2, 0], [0, 1], classes=2, hint=hint, name="2 of 2")
    ### BEGIN HIDDEN TESTS
    got = confusion_matrix([1, 1], np.eye(3)[[0, 1]])
    assert_close(got, np.array([[0, 1, 0], [0, 1, 0], [0, 0, 0]]), hint, name="the matrix of one-hot rows")
    assert_raises(ValueError, confusion_matrix, [0, 1], [0, 3], classes=3, hint=hint, name="3 of 3")
    ### END HIDDEN TESTS


test_confusion_matrix_has_every_class()

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
"""

# %% [markdown]
r"""
## 5.7 Precision, recall, F1

For one class the matrix answers two questions, and the diagonal entry stands in both:

- *precision*: of what was **called** fox, how much was one? Divide by the column's sum.
- *recall*: of what **is** a fox, how much was found? Divide by the row's sum.
- *F1*, their harmonic mean, is one fraction too: $\text{F1} = \dfrac{2\,\text{hits}}{\text{called} + \text{there}}$.

All three divide a count by a count, class by class, and average. So write that once. A class that
was never called, or never there, gives 0 / 0: we define it as 0.0, as scikit-learn does with
`zero_division=0`.
"""

# %% [markdown]
r"""
How to average `C` ratios is a decision about what counts:

| average | each ... weighs the same | formula |
|---|---|---|
| `None` | | one number a class, `(C,)` |
| `"macro"` | class | mean of the ratios |
| `"weighted"` | class, times how often it occurs | $\sum_c n_c r_c \,/\, \sum_c n_c$ |
| `"micro"` | sample | sum of parts / sum of wholes |

Macro counts an empty class as 0.0 and includes it.
"""

# %% nbgrader={"grade": false, "grade_id": "averaged_ratio", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def averaged_ratio(
    part: np.ndarray, whole: np.ndarray, support: np.ndarray, average: str | None
) -> float | np.ndarray:
    """part / whole for each class, with 0 / 0 = 0, averaged over the classes.

    Args:
        part, whole: counts of shape (C,), part at most whole.
        support: how often each class occurs among the targets, of shape (C,).
        average: None, "macro", "micro" or "weighted", as in the table above.

    Returns:
        A float; for None an array of shape (C,). NumPy warns of no division by zero.

    Raises:
        ValueError: average is something else.

    Example:
        >>> averaged_ratio(np.array([3, 0]), np.array([4, 0]), np.array([5, 3]), None)
        array([0.75, 0.  ])

    Hint: NumPy's `divide` has a `where`.
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
def test_averaged_ratio_of_each_class():
    """Without an average there is one ratio a class, and an empty class has 0."""
    part, whole = np.array([3, 0, 0, 4]), np.array([4, 0, 2, 16])
    support = np.array([5, 2, 0, 13])
    suspects = {
        "If 0 / 0 becomes NaN, every average after it does too.": np.array([0.75, np.nan, 0.0, 0.25]),
        "If 0 / 0 becomes 1, an empty class looks perfect.": np.array([0.75, 1.0, 0.0, 0.25]),
        "If you divide by the support, you compute recall for everyone.": np.array([0.6, 0, 0, 4 / 13]),
        "If you leave empty classes out, the others move up.": np.array([0.75, 0.0, 0.25]),
        "If a small number in the denominator avoids 0 / 0, it bends the rest.": part / (whole + 1e-3),
        "If you add 1 to the denominator, it bends every ratio.": part / (whole + 1),
    }
    got = averaged_ratio(part, whole, support, None)
    assert_close(got, np.array([0.75, 0.0, 0.0, 0.25]), suspects=suspects, name="ratios")
    ### BEGIN HIDDEN TESTS
    got = averaged_ratio(np.array([0, 1]), np.array([0, 3]), np.array([1, 2]), None)
    assert_close(got, np.array([0.0, 1 / 3]), suspects=suspects, name="ratios")
    ### END HIDDEN TESTS


test_averaged_ratio_of_each_class()

# %% nbgrader={"grade": true, "grade_id": "test_averaged_ratio_of_all_classes", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_averaged_ratio_of_all_classes():
    """Macro, weighted and micro differ; anything else is refused."""
    part, whole = np.array([3, 0, 0, 4]), np.array([4, 0, 2, 16])
    support = np.array([5, 2, 0, 13])
    macro = {
        "If you leave empty classes out of macro, the mean is over fewer.": 1 / 3,
        "If macro and micro are swapped, samples weigh and not classes.": 7 / 22,
    }
    micro = {"If micro averages ratios, it is macro: add the counts first.": 0.25}
    weighted = {
        "If you weigh by whole, the support goes unused.": 7 / 22,
        "If you divide the weighted sum by the number of classes, weights must add up to 1.": 7 / 4,
        "If you forget the weights, weighted is macro.": 0.25,
    }
    for average, expected, suspects in (
        ("macro", 0.25, macro), ("micro", 7 / 22, micro), ("weighted", 0.35, weighted)
    ):
        got = averaged_ratio(part, whole, support, average)
        assert_close(got, expected, suspects=suspects, name=f"average={average!r}", rtol=1e-6)
    hint = "If an unknown average passes, a typing error gives a number."
    assert_raises(ValueError, averaged_ratio, part, whole, support, "mean", hint=hint)
    ### BEGIN HIDDEN TESTS
    part, whole, support = np.array([1, 2, 2]), np.array([1, 8, 4]), np.array([6, 3, 1])
    for average, expected in (("macro", 1.75 / 3), ("micro", 5 / 13), ("weighted", 0.725)):
        assert_close(averaged_ratio(part, whole, support, average), expected, name=average, rtol=1e-6)
    nothing = np.zeros(3, int)
    assert_close(averaged_ratio(nothing, nothing, support, "micro"), 0.0, name="micro, nothing there")
    ### END HIDDEN TESTS


test_averaged_ratio_of_all_classes()

# %% [markdown]
r"""
Now each measure is the choice of two counts from the confusion matrix. Its diagonal, `np.diag`,
holds the hits. Precision and F1 are yours; recall, which stands between them, is written.
"""

# %% nbgrader={"grade": false, "grade_id": "precision", "locked": false, "schema_version": 3, "solution": true, "task": false}
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
    ### BEGIN SOLUTION
    matrix = confusion_matrix(outputs, targets, classes)
    return averaged_ratio(np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1), average)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_precision", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_precision():
    """Hits over what was called, by hand for three classes."""
    actual, predicted = [0, 0, 0, 0, 1, 1, 2, 2, 2, 2], [0, 0, 0, 1, 1, 2, 0, 0, 1, 2]
    suspects = {
        "If you divide by the rows, you compute recall.": np.array([0.75, 0.5, 0.25]),
        "If you divide by N, you compute shares of all samples.": np.array([0.3, 0.1, 0.1]),
        "If you add up both, you compute half of F1.": np.array([1 / 3, 1 / 5, 1 / 6]),
        "If you count what is not a hit, you compute false alarms.": np.array([0.4, 2 / 3, 0.5]),
    }
    got = precision(predicted, actual, average=None)
    assert_close(got, np.array([3 / 5, 1 / 3, 1 / 2]), suspects=suspects, name="precision")
    suspects = {
        "If the columns are taken for the support, weights come from predictions.": 0.5,
        "If you ignore average, every wish gives macro.": 43 / 90,
    }
    got = precision(predicted, actual, average="weighted")
    assert_close(got, 38 / 75, suspects=suspects, name="weighted precision", rtol=1e-6)
    ### BEGIN HIDDEN TESTS
    assert_close(precision([0, 1, 1, 1], [0, 0, 1, 1]), 5 / 6, name="precision, macro by default", rtol=1e-6)
    got = precision([0, 0], [0, 1], average=None, classes=3)
    assert_close(got, np.array([0.5, 0.0, 0.0]), "If you drop `classes`, empty ones have no place.", rtol=1e-6)
    ### END HIDDEN TESTS


test_precision()

# %%
#| export
def recall(
    outputs: Any, targets: Any, average: str | None = "macro", classes: int | None = None
) -> float | np.ndarray:
    """Of the samples that belong to a class, the share that was predicted as it.

    Args:
        outputs, targets, classes: as `confusion_matrix` takes them.
        average: None for one number a class, "macro", "micro" or "weighted".

    Returns:
        A float; for None an array of shape (C,). A class that never occurs has 0.0.

    Example:
        >>> recall([0, 1, 1, 1], [0, 0, 1, 1], average=None)
        array([0.5, 1. ])
    """
    counts = confusion_matrix(outputs, targets, classes)
    there = counts.sum(axis=1)
    return averaged_ratio(np.diag(counts), there, there, average)

# %% nbgrader={"grade": false, "grade_id": "f1_score", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def f1_score(
    outputs: Any, targets: Any, average: str | None = "macro", classes: int | None = None
) -> float | np.ndarray:
    """The harmonic mean of precision and recall of a class, 2 hits / (called + there).

    Args:
        outputs, targets, classes: as `confusion_matrix` takes them.
        average: None for one number a class, "macro", "micro" or "weighted".

    Returns:
        A float; for None an array of shape (C,). A class without a hit has 0.0.

    Example:
        >>> f1_score([0, 1, 1, 1], [0, 0, 1, 1], average=None).round(2)
        array([0.67, 0.8 ])
    """
    ### BEGIN SOLUTION
    matrix = confusion_matrix(outputs, targets, classes)
    called, there = matrix.sum(axis=0), matrix.sum(axis=1)
    return averaged_ratio(2 * np.diag(matrix), called + there, there, average)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_f1_score", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_f1_score():
    """Twice the hits over called and there, averaged over the classes last."""
    actual, predicted = [0, 0, 0, 0, 1, 1, 2, 2, 2, 2], [0, 0, 0, 1, 1, 2, 0, 0, 1, 2]
    p, r = np.array([3 / 5, 1 / 3, 1 / 2]), np.array([3 / 4, 1 / 2, 1 / 4])
    suspects = {
        "If you take the plain mean of the two, a high one hides a low one.": (p + r) / 2,
        "If you forget the factor 2, a perfect class has 0.5.": p * r / (p + r),
        "If you take the square root of the product, that is another mean.": np.sqrt(p * r),
        "If you take the smaller of the two, the other one does not count.": np.minimum(p, r),
    }
    got = f1_score(predicted, actual, average=None)
    assert_close(got, np.array([2 / 3, 2 / 5, 1 / 3]), suspects=suspects, name="F1")
    averaged_first = 2 * p.mean() * r.mean() / (p.mean() + r.mean())
    suspects = {"If you average precision and recall first, macro F1 comes out otherwise.": averaged_first}
    got = f1_score(predicted, actual)
    assert_close(got, 7 / 15, suspects=suspects, name="macro F1", rtol=1e-6)
    ### BEGIN HIDDEN TESTS
    got = f1_score(predicted, actual, average="weighted")
    suspects = {"If you ignore average, every wish gives macro.": 7 / 15}
    assert_close(got, 0.48, suspects=suspects, name="weighted F1", rtol=1e-6)
    hint = "If a class has no hit, 0 / 0 must not become NaN."
    assert_close(f1_score([0, 0], [0, 2], None, classes=4), np.array([2 / 3, 0.0, 0.0, 0.0]), hint)
    ### END HIDDEN TESTS


test_f1_score()

# %% [markdown]
r"""
Precision and recall pull against each other. A test for an illness gives a score, and somebody
chooses the threshold above which it says "ill". What happens to the two when the threshold moves?
"""

# %%
rng = np.random.default_rng(8)
ill = (rng.random(5_000) < 0.05).astype(int)
score = rng.standard_normal(5_000) + 2.2 * ill
thresholds = np.linspace(-1.5, 3.5, 60)
curves = np.array([
    [measure(score > t, ill, average=None, classes=2)[1] for measure in (precision, recall, f1_score)]
    for t in thresholds
])
figure, axis = figures.subplots()
for values, name, style in zip(curves.T, ("precision", "recall", "F1"), ("-", "--", ":"), strict=True):
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

# %% [markdown]
r"""
## 5.8 Balanced accuracy

One number that cannot be bought by ignoring a rare class: the mean of the recalls. Guessing gets
$1/C$, whatever the classes' shares. It differs from macro recall in one point. A class that does
not occur among the targets has no recall that could be measured, so here it is left out.
"""

# %% nbgrader={"grade": false, "grade_id": "balanced_accuracy", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def balanced_accuracy(outputs: Any, targets: Any) -> float:
    """The mean recall over the classes that occur among the targets.

    Args:
        outputs, targets: as `paired_classes` takes them, which also refuses what does not fit.

    Returns:
        A float from 0.0 to 1.0.

    Example:
        >>> balanced_accuracy([0, 0, 0, 0], [0, 0, 0, 1])
        0.5
    """
    ### BEGIN SOLUTION
    matrix = confusion_matrix(outputs, targets)
    support = matrix.sum(axis=1)
    occurs = support > 0
    return float(np.mean(np.diag(matrix)[occurs] / support[occurs]))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_balanced_accuracy", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_balanced_accuracy():
    """Recalls of 1 and 1/2, and classes that never occur."""
    actual, predicted = [0] * 8 + [1, 1], [0] * 8 + [1, 0]
    suspects = {
        "If every sample weighs the same, you compute the accuracy.": 0.9,
        "If you divide by the columns, you average precisions.": 17 / 18,
        "If you average F1, precision is in it.": f1_score(predicted, actual),
        "If you add up the recalls, divide by their number.": 1.5,
        "If you take the worst class, the others do not count.": 0.5,
        "If you subtract chance, guessing gets 0 and not 1/C.": 0.5,
    }
    assert_close(balanced_accuracy(predicted, actual), 0.75, suspects=suspects, name="balanced accuracy", rtol=1e-6)
    scores = np.eye(4)[[0, 0, 1, 3]]
    suspects = {
        "If a class that never occurs counts as 0, half of these recalls are made up.": 0.375,
        "If a class that is only predicted counts as 0, its recall is made up.": 0.5,
        "If a class that never occurs gives NaN, the mean is NaN.": np.nan,
    }
    got = balanced_accuracy(scores, [0, 0, 1, 1])
    assert_close(got, 0.75, suspects=suspects, name="balanced accuracy of 2 classes of 4")
    ### BEGIN HIDDEN TESTS
    got = balanced_accuracy(np.eye(5)[[1, 4, 2, 2, 2]], np.eye(5)[[1, 4, 4, 4, 4]])
    suspects["If a class that never occurs counts as 0, half of these recalls are made up."] = 0.25
    assert_close(got, 0.625, suspects=suspects, name="balanced accuracy of one-hot rows")
    ### END HIDDEN TESTS


test_balanced_accuracy()

# %%
print(f"always says no: accuracy {accuracy(0 * ill, ill):.3f}, baseline {majority_baseline(ill):.3f}, "
      f"balanced {balanced_accuracy(0 * ill, ill):.3f}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "a_rare_disease_prompt", "locked": true, "schema_version": 3, "solution": false, "task": false}
r"""
## 5.9 Question: a rare disease

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
## 5.10 Accuracy against loss

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
figure, axes = figures.subplots(1, 3, sharey=True, height=2.8)
for axis, (name, p), colour in zip(axes, answers.items(), figures.PALETTE, strict=False):
    outputs, right = np.array([[q, 1 - q] for q in p]), np.zeros(5, int)
    axis.bar(range(1, 6), -np.log(p), color=colour)
    scores = f"accuracy {accuracy(outputs, right):.1f}\nloss {loss.calculate(outputs, right):.2f}"
    axis.set(xlabel="question", xticks=range(1, 6), title=f"{name}\n{scores}")
axes[0].set_ylabel("loss of the answer")
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
labels = rng.integers(0, 2, 40)
x = rng.standard_normal(40) + 2 * labels
offsets = np.linspace(-6, 4, 201)
scores = [np.stack([np.zeros(40), 2 * x + b], axis=1) for b in offsets]
right = np.array([accuracy(s, labels) for s in scores])
losses = np.array([loss.calculate(softmax(s), labels) for s in scores])

figure, (top, bottom) = figures.subplots(2, 1, sharex=True, height=4)
top.plot(offsets, right)
top.set(ylabel="accuracy", title="Accuracy is a staircase, the loss a slope")
bottom.plot(offsets, losses, color=figures.ORANGE)
bottom.set(ylabel="loss", xlabel="offset b of the classifier")
figures.show(figure, alt="Accuracy jumps and is flat between jumps; the loss is a smooth valley.")
print(f"of 200 steps {np.count_nonzero(np.diff(right))} changed the accuracy, "
      f"{np.count_nonzero(np.diff(losses))} the loss")

# %% [markdown]
r"""
Between its jumps accuracy has slope 0, and at a jump none at all: a gradient would be zero almost
everywhere. The loss changes with every step. We train on the loss and report accuracy, and note
that the two need not be best at the same place.
"""

# %% [markdown] nbgrader={"grade": false, "grade_id": "cost_of_a_place_prompt", "locked": true, "schema_version": 3, "solution": false, "task": false}
r"""
## 5.11 Question: what does a place cost?

Scores have shape `(10000, 1000)` and dtype `float32`; we want the top-5 accuracy. Section 5.5
measured three ways. Count, use your own measurements, and explain:

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

    The confidence is the probability of the predicted class. A bin holds its lower edge and not
    its upper one, but the last bin holds 1.0.

    Args:
        probabilities: shape (N, C), rows that add up to 1.
        targets: class indices of shape (N,) or one-hot rows of shape (N, C).
        bins: how many bins there are between 0 and 1.

    Returns:
        Mean confidence, accuracy and number of samples of each bin, all of shape (bins,). Means
        of an empty bin are 0.0.

    Raises:
        ValueError: rows are not probabilities.

    Example:
        >>> reliability_bins([[0.75, 0.25], [1.0, 0.0], [0.25, 0.75]], [0, 1, 1], bins=2)[2]
        array([0, 3])

    Hint: `np.bincount` can add up weights.
    """
    ### BEGIN SOLUTION
    p, (predicted, actual) = to_array(probabilities), paired_classes(probabilities, targets)
    # Rows of float16 add up to 1 within about 1e-3.
    if p.ndim == 1 or p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("expected (N, C) rows that add up to 1: take the softmax of logits first")
    confidence = p.max(axis=1)
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    divisor = np.maximum(count, 1)  # of an empty bin 1, so that 0 / 1 = 0
    right = np.bincount(index, predicted == actual, minlength=bins)
    return np.bincount(index, confidence, minlength=bins) / divisor, right / divisor, count
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
def test_reliability_bins():
    """Seven answers in four bins, by hand; bins 0 and 1 are empty."""
    answers = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.45, 0.55], [0.6, 0.4], [1, 0], [0.95, 0.05]]
    p, targets = np.array(answers), np.array([0, 1, 1, 0, 1, 0, 0])
    confidence, share, count = assert_unchanged(reliability_bins, p, targets, bins=4)
    suspects = {
        "If 1.0 has no bin, one answer is lost.": np.array([0, 0, 3, 3]),
        "If you take the probability of the true class, you look up the answer first.": np.array([1, 2, 1, 3]),
        "If you take the probability of class 1, those who say 0 seem unsure.": np.array([4, 1, 2, 0]),
    }
    assert_close(count, np.array([0, 0, 3, 4]), suspects=suspects, name="counts")
    mean = np.array([0, 0, 1.85 / 3, 3.65 / 4])
    suspects = {
        "If an empty bin gives NaN, say 0: there is nothing to divide by.": mean * [np.nan, np.nan, 1, 1],
        "If you add up without dividing, you return sums.": np.array([0, 0, 1.85, 3.65]),
        "If you divide by all samples, a full bin looks more confident.": np.array([0, 0, 1.85, 3.65]) / 7,
        "If you return the middle of each bin, what was in it is not asked.": np.array([1, 3, 5, 7]) / 8,
    }
    assert_close(confidence, mean, suspects=suspects, name="confidence", rtol=1e-5)
    suspects = {
        "If an empty bin gives NaN, say 0: there is nothing to divide by.": np.array([np.nan, np.nan, 1 / 3, 0.75]),
        "If you count the errors, you return 1 - accuracy.": np.array([0, 0, 2 / 3, 1 / 4]),
        "If you add up without dividing, you return sums.": np.array([0, 0, 1.0, 3.0]),
        "If you divide by all samples, a full bin looks more accurate.": np.array([0, 0, 1 / 7, 3 / 7]),
    }
    assert_close(share, np.array([0, 0, 1 / 3, 3 / 4]), suspects=suspects, name="accuracy")
    error = expected_calibration_error(p, targets, bins=4)
    assert_close(error, (0.85 + 0.65) / 7, "If a gap is wrong, so is a bin.", name="calibration error")
    ### BEGIN HIDDEN TESTS
    rng = np.random.default_rng(10)
    p, targets = softmax(2 * rng.standard_normal((90, 3))), rng.integers(0, 3, 90)
    confidence, share, count = reliability_bins(Tensor(p), np.eye(3)[targets], bins=5)
    for b in range(5):
        held = [n for n in range(90) if b / 5 <= p[n].max() < (b + 1) / 5]
        assert_close(count[b], len(held), name=f"count of bin {b}")
        if held:
            right = [p[n].argmax() == targets[n] for n in held]
            assert_close(share[b], np.mean(right), name=f"accuracy of bin {b}", rtol=1e-5)
            assert_close(confidence[b], np.mean(p[held].max(1)), name=f"confidence of bin {b}", rtol=1e-5)
    ### END HIDDEN TESTS


test_reliability_bins()

# %% nbgrader={"grade": true, "grade_id": "test_reliability_bins_of_answers_that_are_not_probabilities", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_reliability_bins_of_answers_that_are_not_probabilities():
    """Logits and classes are refused, probabilities pass."""
    for got, expected in zip(reliability_bins([[0.5, 0.5]], [0], bins=4), (0.5, 1.0, 1), strict=True):
        hint = "If bins behind the last full one are missing, they are empty and still there."
        assert_close(got, expected * np.array([0, 0, 1, 0]), hint, name="the bins of one answer")
    hint = "If logits pass, their size is taken for a confidence."
    assert_raises(ValueError, reliability_bins, [[2.0, -1.0], [0.3, 0.7]], [0, 1], hint=hint)
    assert_raises(ValueError, reliability_bins, [[0.9, 0.6], [0.3, 0.7]], [0, 1], hint=hint)
    ### BEGIN HIDDEN TESTS
    assert_close(reliability_bins([[0.5, 0.5]], [0])[2], 1 * (np.arange(10) == 5), name="ten bins")
    assert_raises(ValueError, reliability_bins, [[1.5, -0.5]], [0], hint=hint, name="[1.5, -0.5]")
    assert_raises(ValueError, reliability_bins, [[0.2, 0.3], [0.3, 0.7]], [1, 1], hint=hint)
    assert_raises(ValueError, reliability_bins, [0, 1], [0, 1], hint="If classes pass, there was no confidence.")
    ### END HIDDEN TESTS


test_reliability_bins_of_answers_that_are_not_probabilities()

# %% [markdown]
r"""
Below, targets are drawn from the softmax of random logits. That softmax is therefore calibrated.
The second classifier multiplies the logits by 3: every answer stays the same, only louder. The
diagonal is perfect calibration.
"""

# %%
rng = np.random.default_rng(11)
logits = 1.2 * rng.standard_normal((4_000, 3))
targets = (softmax(logits).cumsum(axis=1) < rng.random((4_000, 1))).sum(axis=1)
figure, axes = figures.subplots(1, 2, sharey=True)
for axis, factor, name in zip(axes, (1, 3), ("calibrated", "too sure"), strict=True):
    p = softmax(factor * logits)
    confidence, share, count = reliability_bins(p, targets)
    axis.bar(confidence[count > 0], share[count > 0], width=0.06)
    axis.plot([0, 1], [0, 1], color=figures.BLACK, linestyle="--")
    error = expected_calibration_error(p, targets)
    axis.set(xlabel="mean confidence", title=f"{name}: calibration error {error:.2f}\n"
             f"at an accuracy of {accuracy(p, targets):.2f}")
axes[0].set_ylabel("share right")
figures.show(figure, alt="Left the bars reach the diagonal; right they stay below it at high confidence.")

# %% [markdown]
r"""
The accuracies are equal, as they must be. On the right, answers with confidence near 1 are right
in about three of four cases.
"""

# %% [markdown]
r"""
## 5.13 A network that has learned nothing

The untrained network of section 5.3 had an accuracy of 0.34 on 300 points, and a loss of 1.0986.
What would guessing have given?
"""

# %%
print("baseline", round(majority_baseline(np.repeat([0, 1, 2], 100)), 3),
      "| loss of equal guesses", round(math.log(3), 7))
print("interval of 102 right of 300: {:.3f} to {:.3f}".format(*confidence_interval(102, 300)))

# %% [markdown]
r"""
The loss is $\log 3$ to six digits and the baseline lies inside the interval: 0.34 is one third
plus chance. The network says nearly the same to every point, which is what one wants of it before
training.
"""

# %% [markdown]
r"""
## 5.14 The digits, reported in full

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
figure, axes = figures.subplots(1, 8, height=1.3)
pictures = [*(x[int(n)] for n in wrong), means[int(true)], means[int(called)]]
titles = [*["image"] * len(wrong), f"mean {true}", f"mean {called}"]
for axis in axes:
    axis.set_axis_off()
for axis, picture, title in zip(axes, pictures, titles, strict=False):
    axis.imshow(picture.reshape(8, 8).data, cmap="Greys")
    axis.set_title(title)
figures.show(figure, alt="Six ones with a hook on the left, beside the mean 1, a bar, and the mean 9.")

# %% [markdown]
r"""
88 % of 597 new images are right, and of all such images, with 95 % confidence, 85 to 91 %. The
baseline is 10 %. Of 14 ones that were missed 12 are called 9: they have a hook on the left, as a
nine has, while the mean of all ones is a straight bar. One mean cannot hold two ways of writing.
"""

# %% [markdown]
r"""
## 5.15 Summary

Accuracy is a share of agreeing classes, and it means something beside a baseline and an interval.
The confusion matrix shows where the errors are, and precision, recall, F1 and balanced accuracy
are ratios of its counts, averaged over what one chooses to weigh. A network is trained on the
loss, because accuracy is flat almost everywhere, and its confidence is to be believed only after
it was compared with the share that is right.
"""
