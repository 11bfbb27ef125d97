# %% [markdown]
r"""
# 4. Losses

A loss is one number that says how wrong a model is. Training is nothing but making that number
smaller, so whatever the loss does not see, the model will not learn. In this lesson you build
the losses that most networks are trained with, and derive by hand how each one changes with
the model's output.

You need lesson 1: `Tensor`, the door `apply`, and the register `gradient_of`.
"""

# %%
#| default_exp core.losses

# %%
#| export
import math
from typing import Any

import numpy as np

from tinytorch.core.tensor import Tensor, apply, gradient_of, to_array

# %%
from tinytorch import figures
from tinytorch.testing import (
    assert_close,
    assert_equal,
    assert_raises,
    assert_unchanged,
    check_gradient,
)

# %% [markdown]
r"""
## 4.1 Right just as often, and far worse

Two models look at four pictures. For each picture, here is the probability that they give to
the class it really shows. Above 0.5 a model is right. Before you run the cell: which of the two
would you rather use, and which of the three numbers below will tell you so?
"""

# %%
careful = np.array([0.9, 0.8, 0.7, 0.4])
rash = np.array([0.9, 0.8, 0.7, 0.0001])
for name, p in (("careful", careful), ("rash", rash)):
    print(f"{name:<8} right {np.mean(p > 0.5):.0%} | squared error {np.mean((1 - p) ** 2):.3f} |",
          f"probability of all four truths {np.prod(p):.6f}")

# %% [markdown]
r"""
The accuracy sees no difference. The squared error barely doubles, and could never do much more:
a probability can't be further than 1 from the truth. The last number differs by a factor of
4,000, for that is how much less the rash model believed in what happened. A loss for
probabilities should care in the same way. But first, a task that squared error does fit.
"""

# %% [markdown]
r"""
## 4.2 Squared error

A house costs 310, the model said 300. When targets are quantities, the square of the difference
is a good price for a mistake: twice as far off costs four times as much. Its slope is the rule
that lesson 1 showed you, used on a difference:

$$ \ell = (y - t)^2, \qquad \frac{\partial \ell}{\partial y} = 2\,(y - t) $$

Shapes must be equal, or `(N, 1) - (N,)` broadcasts to `(N, N)`. The next cell has a guard for your
exercises to call.
"""

# %%
#| export
def same_shape(predictions: np.ndarray, targets: np.ndarray) -> None:
    """Refuse to compare arrays of different shapes, which NumPy might broadcast in silence.

    PyTorch broadcasts here, some of its losses with a warning. We raise a ValueError.
    """
    if np.shape(predictions) != np.shape(targets):
        raise ValueError(
            f"predictions {np.shape(predictions)} against targets {np.shape(targets)}: expected "
            f"equal shapes; reshape one of them, as in targets.reshape{np.shape(predictions)}"
        )

# %% nbgrader={"grade": false, "grade_id": "squared_error", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def squared_error(predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The square of each difference: (predictions - targets)^2.

    Args:
        predictions: floats of any shape.
        targets: numbers of the same shape.

    Returns:
        An array of that shape, one loss an element. Neither input is changed.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> squared_error(np.array([1.0, 5.0]), np.array([3.0, 4.0]))
        array([4., 1.])
    """
    ### BEGIN SOLUTION
    same_shape(predictions, targets)
    difference = predictions - targets
    difference *= difference
    return difference
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_squared_error_values", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_squared_error_values():
    """One square an element, of the difference and of nothing else."""
    y, t = np.array([[1.0, -2.0, 0.5], [3.0, 0.0, 4.0]]), np.array([[2.0, 1.0, 0.5], [1.0, -1.0, 8.0]])
    expected = np.array([[1.0, 9.0, 0.0], [4.0, 1.0, 16.0]])
    suspects = {
        "If you take the mean here, there is nothing left to reduce later.": expected.mean(),
        "If you average each row, the element that went wrong is lost.": expected.mean(axis=1),
        "If you forget to square, errors of opposite sign cancel.": y - t,
        "If you take absolute values, far mistakes cost too little.": np.abs(y - t),
        "If you halve the square for a tidy slope, all losses are half of what they are.": expected / 2,
    }
    assert_close(squared_error(y, t), expected, suspects=suspects)
    ### BEGIN HIDDEN TESTS
    got = squared_error(np.array([5.0, 2.0]), np.array([2.0, 3.0]))
    assert_close(got, np.array([9.0, 1.0]), "If it was right for two axes, one axis fails it.")
    ### END HIDDEN TESTS


test_squared_error_values()

# %% nbgrader={"grade": true, "grade_id": "test_squared_error_keeps_its_inputs", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def test_squared_error_keeps_its_inputs():
    """float32 stays float32, and the model's predictions are still there afterwards."""
    y, t = np.array([1.5, 2.0], np.float32), np.array([1.0, 4.0], np.float32)
    hint = "If you subtract in place, the predictions are overwritten."
    got = assert_unchanged(squared_error, y, t, hint=hint)
    assert_close(got, [0.25, 4.0], "If you convert, float32 is lost.", dtype=np.float32)
    ### BEGIN HIDDEN TESTS
    got = assert_unchanged(squared_error, y.reshape(1, 2, 1), t.reshape(1, 2, 1), hint=hint)
    assert_close(got, [[[0.25], [4.0]]], "If you convert, float32 is lost.", dtype=np.float32)
    ### END HIDDEN TESTS


test_squared_error_keeps_its_inputs()

# %% nbgrader={"grade": true, "grade_id": "test_squared_error_refuses_other_shapes", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def test_squared_error_refuses_other_shapes():
    """(N, 1) against (N,) is an error, not N times N losses."""
    hint = "If NumPy may broadcast, (4, 1) against (4,) becomes 16 differences."
    assert_raises(ValueError, squared_error, np.ones((4, 1)), np.ones(4), hint=hint)
    ### BEGIN HIDDEN TESTS
    assert_raises(ValueError, squared_error, np.ones(3), np.ones((2, 3)), hint=hint)
    assert_raises(ValueError, squared_error, np.ones((2, 3)), np.float64(1.0), hint=hint)
    ### END HIDDEN TESTS


test_squared_error_refuses_other_shapes()

# %% [markdown]
r"""
The rule for the gradient is written for you this time, as a pattern for those that you will
write: `grad` says how much each loss counts, and the rule multiplies it by the slope.
"""

# %%
#| export
@gradient_of(squared_error)
def squared_error_gradient(grad, output, predictions, targets):
    """d/dy (y - t)^2 = 2 (y - t)."""
    return 2 * grad * (predictions - targets)

# %%
check_gradient(squared_error, squared_error_gradient, np.array([1.0, 5.0]), np.array([3.0, 4.0]))
print("the rule agrees with the slope that central differences measure")

# %% [markdown]
r"""
## 4.3 From likelihood to a loss

Back to probabilities. If sample $n$ really belongs to class $y_n$, and the model gave that class
the probability $p_{n,y_n}$, then it gave all that happened the probability

$$ \text{likelihood} = \prod_n p_{n,y_n} $$

The best model is the one that makes it largest. As a number it is a nuisance: a product of a
thousand factors of 0.5 is about $10^{-301}$, less than `float32` can hold. Its logarithm is a sum, and
sums are harmless. Turn the sign, so that smaller is better, and divide by the number of samples:
this is the *negative log-likelihood*,

$$ L = -\frac{1}{N} \sum_n \log p_{n,y_n} $$
"""

# %%
factors = np.full(1000, 0.5, np.float32)
print("likelihood", np.prod(factors), "| negative log-likelihood", -np.log(factors).mean())

# %%
p = np.linspace(0.005, 1, 400)
figure, axes = figures.subplots()
axes.plot(p, -np.log(p))
for x in (0.9, 0.5, 0.1, 0.01):
    axes.plot(x, -math.log(x), "o", color=figures.RED)
    axes.annotate(f"p = {x:g}: {-math.log(x):.2f}", (x, -math.log(x)), (8, 4), textcoords="offset points")
axes.set(xlabel="probability given to the truth, p", ylabel="loss, -log p", xlim=(0, 1.12), ylim=(0, 5.4),
         title="Doubt is cheap, confident mistakes are dear")
figures.show(figure, alt="The curve of -log p falls from infinity at 0 through 0.69 at 0.5 to 0 at 1.")

# %% [markdown]
r"""
Being sure and right costs nothing, a coin toss costs $\log 2 = 0.69$, and each further factor of
ten in disbelief costs another 2.3, without end. The next figure sets the two prices side by
side for a mistake that becomes ever more confident.
"""

# %%
p = np.logspace(-6, 0, 300)
figure, axes = figures.subplots()
axes.plot(p, -np.log(p), label="-log p")
axes.plot(p, (1 - p) ** 2, "--", label="squared error, (1 - p)²")
axes.set(xscale="log", xlabel="probability given to the truth, p", ylabel="loss",
         title="Squared error stops caring at 1, -log p never does")
axes.invert_xaxis()
axes.legend()
figures.show(figure, alt="As p falls from 1 to a millionth, -log p climbs steadily to 14; squared error stays at 1.")

# %% [markdown]
r"""
What if the truth is itself a distribution, $t_{n,c}$, say because three of four people saw a cat?
Weigh each class by it. The result is the *cross-entropy* of $p$ relative to $t$:

$$ \ell_n = -\sum_c t_{n,c} \log p_{n,c} $$

If $t_n$ is 1 at one class and 0 elsewhere, all terms but one vanish, and what is left is
$-\log p_{n,y_n}$. So cross-entropy includes the negative log-likelihood.
"""

# %% [markdown]
r"""
## 4.4 Three ways to write a target

| form | shape | example for classes 0 to 2 |
|---|---|---|
| index | `(N,)` | `[2, 0]` |
| one-hot | `(N, C)` | `[[0, 0, 1], [1, 0, 0]]` |
| soft | `(N, C)` | `[[0.1, 0.1, 0.8], [1, 0, 0]]` |

Indices are the smallest, and the easiest to get wrong without noticing: in NumPy, `-1` is not an
error but the last element. And `Tensor([2, 0])` is `float32`, so an index may well arrive as `2.0`.
"""

# %% nbgrader={"grade": false, "grade_id": "class_indices", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def class_indices(targets: np.ndarray, classes: int) -> np.ndarray:
    """Class indices as whole numbers, once they are known to be sound.

    Args:
        targets: (N,) indices; floats will do if they hold whole numbers.
        classes: C, the number of classes.

    Returns:
        (N,) integers from 0 to C - 1.

    Raises:
        ValueError: there is more than one axis (or none), or an index is not a whole number,
            or is below 0 or above C - 1.

    Example:
        >>> class_indices(np.array([2.0, 0.0]), 3).tolist()
        [2, 0]
    """
    ### BEGIN SOLUTION
    if targets.ndim != 1:
        raise ValueError(f"class indices of shape {targets.shape}: expected (N,); reshape them")
    sound = (targets >= 0) & (targets < classes)
    if targets.dtype.kind == "f":
        sound &= targets == np.floor(targets)
    if np.count_nonzero(sound) < len(sound):
        first = targets[~sound][0]
        raise ValueError(f"class index {first}: expected a whole number from 0 to below {classes}")
    return np.asarray(targets, np.intp)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_class_indices_accepts_whole_numbers", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def test_class_indices_accepts_whole_numbers():
    """Integers, and floats that hold them, come back as integers that can index."""
    assert_close(class_indices(np.array([0, 2, 1, 2]), 3), np.array([0, 2, 1, 2]))
    hint = "If you return floats, NumPy can't index with them."
    try:
        got = class_indices(np.array([1.0, 0.0, 3.0], np.float32), 4)
    except (TypeError, ValueError) as error:
        hint = "If you refuse every float, Tensor([1, 0, 3]) is refused, for lists become float32."
        raise AssertionError(f"float32 indices raised {error!r}. {hint}") from None
    assert_close(got, np.array([1, 0, 3]), hint)
    ### BEGIN HIDDEN TESTS
    assert_close(class_indices(np.array([4.0, 0.0]), 5), np.array([4, 0]), hint)
    assert_close(class_indices(np.array([], np.float32), 5), np.array([], np.int64), hint)
    ### END HIDDEN TESTS


test_class_indices_accepts_whole_numbers()

# %% nbgrader={"grade": true, "grade_id": "test_class_indices_refuses_the_rest", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_class_indices_refuses_the_rest():
    """Negative, too large, fractional, or in a column: a ValueError."""
    cases = {
        "If -1 passes, NumPy takes the last class.": [0, -1],
        "If C passes, remember that the classes are 0 to C - 1.": [0, 3],
        "If you only convert, 1.5 becomes class 1 without a word.": [1.5, 0.0],
        "If a column of shape (N, 1) passes, it broadcasts later.": [[1], [0]],
    }
    for hint, targets in cases.items():
        name = f"class_indices({targets}, 3)"
        assert_raises(ValueError, class_indices, np.array(targets), 3, hint=hint, name=name)
    ### BEGIN HIDDEN TESTS
    for hint, targets in zip(cases, ([-4.0], [2, 7, 1], [np.nan, 1.0], [[0, 1, 2]]), strict=True):
        assert_raises(ValueError, class_indices, np.array(targets), 3, hint=hint)
    assert_raises(ValueError, class_indices, np.array(1), 3, hint="If a bare number passes, N is unknown.")
    ### END HIDDEN TESTS


test_class_indices_refuses_the_rest()

# %% [markdown]
r"""
With sound indices in hand, a one-hot row is easy: one comparison, or one assignment, or one row
of a matrix that you know.
"""

# %% nbgrader={"grade": false, "grade_id": "one_hot", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def one_hot(targets: np.ndarray, classes: int) -> np.ndarray:
    """Rows that hold 1 at the class of each sample and 0 elsewhere.

    Args:
        targets: (N,) class indices.
        classes: C, the number of classes.

    Returns:
        (N, C) float32.

    Raises:
        ValueError: the indices are not sound, as in `class_indices`.

    Example:
        >>> one_hot(np.array([2, 0]), 3)
        array([[0., 0., 1.],
               [1., 0., 0.]], dtype=float32)
    """
    ### BEGIN SOLUTION
    indices = class_indices(targets, classes)
    rows = np.zeros((len(indices), classes), np.float32)
    rows[np.arange(len(indices)), indices] = 1
    return rows
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_one_hot", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_one_hot():
    """A row a sample, a column a class, in float32; unsound indices are refused."""
    expected = np.array([[0.0, 1, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0]])
    suspects = {
        "If rows are the classes, turn the table round: samples come first.": expected.T,
        "If you count the classes in the data, a batch without the last ones gets too few columns.": expected[:, :2],
        "If you index all rows at once, each of them gets the ones of every sample.": np.tile([1.0, 1, 0, 0], (3, 1)),
    }
    hint = "If you stop at booleans or whole numbers, arithmetic in float32 has to convert them."
    assert_close(one_hot(np.array([1, 0, 1]), 4), expected, hint, suspects=suspects)
    hint = "If you keep NumPy's default, float64 widens what it meets."
    assert_close(one_hot(np.array([1.0, 0.0, 1.0]), 4), expected, hint, dtype=np.float32)
    hint = "If -1 passes, it stands for the last class."
    assert_raises(ValueError, one_hot, np.array([0, -1]), 3, hint=hint)
    ### BEGIN HIDDEN TESTS
    assert_close(one_hot(np.array([2]), 3), [[0.0, 0.0, 1.0]], name="one_hot([2], 3)", dtype=np.float32)
    assert_raises(ValueError, one_hot, np.array([3]), 3, hint="If 3 passes, there is no such class.")
    ### END HIDDEN TESTS


test_one_hot()

# %% [markdown]
r"""
A loss must tell an index from a row of probabilities, and the shapes tell it. This guard is
written for you: it answers the question, and refuses shapes that fit neither form.
"""

# %%
#| export
def is_soft(outputs: np.ndarray, targets: np.ndarray) -> bool:
    """Whether targets are rows of probabilities, (N, C), rather than indices, (N,).

    Raises:
        ValueError: outputs are not (N, C), or targets fit neither form. PyTorch also takes
            one sample (C,) and more axes (N, C, ...); here they are reshaped first.
    """
    if outputs.ndim == 2 and targets.shape in (outputs.shape, outputs.shape[:1]):
        return targets.ndim == 2
    raise ValueError(
        f"outputs {outputs.shape} against targets {targets.shape}: expected (N, C) against "
        "indices (N,) or probabilities (N, C); reshape them, as in targets.reshape(-1)"
    )

# %% [markdown]
r"""
## 4.5 Cross-entropy of probabilities

Now $\ell_n = -\sum_c t_{n,c} \log p_{n,c}$ for a model that ends in probabilities. The shapes:
`(N, C) * (N, C) -> (N, C)`, summed over the classes `-> (N,)`. One trap: a class with $t = 0$
counts nothing, whatever its $p$. But if $p$ is 0 too, a computer multiplies 0 by $\log 0 = -\infty$
and gets `nan`, "not a number", which then spreads to everything it is added to.
"""

# %% nbgrader={"grade": false, "grade_id": "categorical_cross_entropy", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def categorical_cross_entropy(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The cross-entropy of each sample: -sum over c of t[n, c] log p[n, c].

    A class with t = 0 counts nothing, even where p is 0. There is no clipping: a truth that was
    given probability 0 costs infinity.

    Args:
        probabilities: (N, C) floats.
        targets: (N,) class indices, or (N, C) one-hot or soft.

    Returns:
        (N,), one loss a sample, in natural logarithms.

    Raises:
        ValueError: the shapes fit neither form, or an index is not sound.

    Example:
        >>> categorical_cross_entropy(np.array([[0.5, 0.25, 0.25]]), np.array([0])).round(4)
        array([0.6931])

    Hint: many NumPy functions take a `where`.
    """
    ### BEGIN SOLUTION
    soft = is_soft(probabilities, targets)
    rows = targets if soft else one_hot(targets, probabilities.shape[1])
    logs = np.log(probabilities, where=rows > 0, out=np.zeros_like(probabilities))
    return -np.sum(rows * logs, axis=1)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_categorical_cross_entropy_of_indices", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_categorical_cross_entropy_of_indices():
    """-log of the probability at each sample's own index."""
    p = np.array([[0.7, 0.1, 0.2], [0.1, 0.5, 0.4], [0.02, 0.9, 0.08], [0.5, 0.3, 0.2]])
    right = np.array([0.7, 0.4, 0.9, 0.5])
    expected = np.array([-math.log(v) for v in right])
    again = np.exp(p) / np.exp(p).sum(axis=1, keepdims=True)
    suspects = {
        "If you forget the minus, better models have larger losses.": -expected,
        "If you average here, the samples can't be told apart any more.": expected.mean(),
        "If you take log2 or log10, the unit changes: take the natural logarithm.": expected / math.log(2),
        "If you look at the largest probability, the targets are ignored.": -np.log(p.max(axis=1)),
        "If you leave out the logarithm, a confident mistake stays cheap.": -right,
        "If you apply softmax again, probabilities are flattened: they are normalised already.":
            -np.log(again[np.arange(4), [0, 2, 1, 0]]),
        "If you add (1 - t) log(1 - p), that is the binary loss: only the true class counts here.":
            expected - np.log(1 - np.array([0.1, 0.1, 0.02, 0.3])) - np.log(1 - np.array([0.2, 0.5, 0.08, 0.2])),
    }
    got = categorical_cross_entropy(p, np.array([0, 2, 1, 0]))
    hint = "If you sum over axis 0, you sum over samples."
    assert_close(got, expected, hint, suspects=suspects, name="loss of indices", rtol=1e-6)
    ### BEGIN HIDDEN TESTS
    got = categorical_cross_entropy(p[:3], np.array([0.0, 1.0, 1.0], np.float32))
    assert_close(got.mean(), 0.38506088005216804, "If float indices fail, see class_indices.", rtol=1e-6)
    ### END HIDDEN TESTS


test_categorical_cross_entropy_of_indices()

# %% nbgrader={"grade": true, "grade_id": "test_categorical_cross_entropy_of_soft_targets", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_categorical_cross_entropy_of_soft_targets():
    """Every class counts with its share of the target."""
    p = np.array([[0.7, 0.1, 0.2], [0.1, 0.5, 0.4]])
    t = np.array([[0.25, 0.25, 0.5], [0.0, 0.9, 0.1]])
    slow = np.array([-sum(t[n, c] * math.log(p[n, c]) for c in range(3)) for n in range(2)])
    suspects = {
        "If you take the largest target of each row, the other shares are lost.": -np.log([0.2, 0.5]),
        "If you sum over axis 0, you sum over samples.": -(t * np.log(p)).sum(axis=0),
    }
    assert_close(categorical_cross_entropy(p, t), slow, suspects=suspects, rtol=1e-6)
    ### BEGIN HIDDEN TESTS
    hint = "If one-hot and index differ, one of the two forms is wrong."
    got = categorical_cross_entropy(p.astype(np.float32), np.array([[0, 1, 0], [0, 0, 1]], np.float32))
    assert_close(got, -np.log([0.1, 0.4]), hint, dtype=np.float32)
    ### END HIDDEN TESTS


test_categorical_cross_entropy_of_soft_targets()

# %% nbgrader={"grade": true, "grade_id": "test_categorical_cross_entropy_beside_zeros", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def test_categorical_cross_entropy_beside_zeros():
    """A probability of 0 where the target is 0 costs nothing."""
    p = np.array([[0.5, 0.45, 0.025, 0.025], [0.1, 0.2, 0.7, 0.0], [0.01, 0.96, 0.005, 0.025]])
    t = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0]])
    hint = "If you multiply 0 by log 0, the result is nan: leave out the classes with t = 0."
    with np.errstate(all="ignore"):
        got = assert_unchanged(categorical_cross_entropy, p, t)
    assert_close(got, -np.log([0.5, 0.7, 0.96]), hint)
    ### BEGIN HIDDEN TESTS
    with np.errstate(all="ignore"):
        got = categorical_cross_entropy(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0.0, 1.0], [0.0, 1.0]]))
    assert_close(got, [0.0, np.inf], hint)
    ### END HIDDEN TESTS


test_categorical_cross_entropy_beside_zeros()

# %% [markdown]
r"""
For the gradient, move one probability and leave the others alone. Only the term of that class
changes, and the slope of $\log p$ is $1/p$:

$$ \frac{\partial \ell_n}{\partial p_{n,c}} = -\frac{t_{n,c}}{p_{n,c}} $$

Remember this form: in section 4.11 you will set it beside another one.
"""

# %% nbgrader={"grade": false, "grade_id": "categorical_cross_entropy_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(categorical_cross_entropy)
def categorical_cross_entropy_gradient(
    grad: np.ndarray, output: np.ndarray, probabilities: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """The gradient of sum(grad * loss) with respect to the probabilities.

    Args:
        grad: (N,), how much each sample's loss counts.
        output: (N,), the losses; not needed here.
        probabilities, targets: as in `categorical_cross_entropy`.

    Returns:
        (N, C): -grad[n] t[n, c] / p[n, c], and 0 wherever t is 0.
    """
    ### BEGIN SOLUTION
    soft = is_soft(probabilities, targets)
    rows = targets if soft else one_hot(targets, probabilities.shape[1])
    slopes = np.zeros_like(probabilities)
    return np.divide(-grad[:, None] * rows, probabilities, where=rows > 0, out=slopes)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_categorical_cross_entropy_gradient", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_categorical_cross_entropy_gradient():
    """The rule agrees with central differences, for indices and soft targets."""
    p = np.array([[0.7, 0.1, 0.2], [0.1, 0.5, 0.4]])
    t = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    suspects = {
        "If you wrote p - t, that is the gradient by the logits, not by the probabilities.": lambda g, o, p, t: g[:, None] * (p - t),
        "If you left out grad, every loss counts alike.": lambda g, o, p, t: -t / p,
        "If you forget the minus, the loss would rise with a better p.": lambda g, o, p, t: g[:, None] * t / p,
        "If you divide by N here, the mean is taken twice.": lambda g, o, p, t: -g[:, None] * t / p / 2,
        "If you ignore the targets, classes that don't count get a slope.": lambda g, o, p, t: -g[:, None] / p,
    }
    check_gradient(categorical_cross_entropy, categorical_cross_entropy_gradient, p, t, suspects=suspects)
    check_gradient(categorical_cross_entropy, categorical_cross_entropy_gradient, p, np.array([1, 2]))
    ### BEGIN HIDDEN TESTS
    rng = np.random.default_rng(4)
    p, t = rng.dirichlet(np.ones(4), 5), rng.dirichlet(np.ones(4), 5)
    check_gradient(categorical_cross_entropy, categorical_cross_entropy_gradient, p + 0.1, t)
    ### END HIDDEN TESTS


test_categorical_cross_entropy_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_categorical_cross_entropy_gradient_beside_zeros", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def test_categorical_cross_entropy_gradient_beside_zeros():
    """Where t is 0 the slope is 0, even if p is 0; dtype and inputs are kept."""
    p, t = np.array([[0.5, 0.5, 0.0]], np.float32), np.array([[0.0, 1.0, 0.0]], np.float32)
    grad, loss = np.array([3.0], np.float32), np.array([0.6931472], np.float32)
    with np.errstate(all="ignore"):
        got = assert_unchanged(categorical_cross_entropy_gradient, grad, loss, p, t)
    hint = "If you divide 0 by 0, the result is nan: leave out the classes with t = 0."
    assert_close(got, [[0.0, -6.0, 0.0]], hint, dtype=np.float32)
    ### BEGIN HIDDEN TESTS
    with np.errstate(all="ignore"):
        got = categorical_cross_entropy_gradient(grad, loss, p, np.array([0]))
    assert_close(got, [[-6.0, 0.0, 0.0]], hint, dtype=np.float32)
    ### END HIDDEN TESTS


test_categorical_cross_entropy_gradient_beside_zeros()

# %% [markdown]
r"""
## 4.6 From many losses to one number

A loss a sample tells you *which* sample went wrong. Training needs one number. `reduction` says
how to get it: "mean", "sum", or "none" to keep them all. Use the tensor's own methods of lesson 1:
they go through the door, so that the result still knows what it was made from.

Sometimes a mean should not divide by the number of losses, because some samples count twice and
some not at all. For those cases the caller says what to divide by.
"""

# %% nbgrader={"grade": false, "grade_id": "reduce_loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def reduce_loss(losses: Tensor, reduction: str = "mean", divisor: float | None = None) -> Tensor:
    """Make one number of many losses, or none.

    Args:
        losses: a Tensor of any shape.
        reduction: "mean" over all elements, "sum", or "none" for the losses as they are.
        divisor: for "mean", what the sum is divided by; None for the number of losses.

    Returns:
        A Tensor of shape (), or of the losses' shape for "none".

    Raises:
        ValueError: another word.

    Example:
        >>> reduce_loss(Tensor([1, 2, 6]))
        Tensor(3.)
    """
    ### BEGIN SOLUTION
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean() if divisor is None else losses.sum() / divisor
    raise ValueError(f"reduction {reduction!r}: expected 'mean', 'sum' or 'none'")
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_reduce_loss_values", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_reduce_loss_values():
    """Mean and sum over all elements, and none."""
    losses = Tensor([[1.0, 2.0, 6.0], [3.0, 0.0, 6.0]], requires_grad=True)
    suspects = {
        "If mean and sum have changed places, look at the words.": 18.0,
        "If you average over axis 0 alone, one number a column is left.": [2.0, 1.0, 6.0],
    }
    mean = reduce_loss(losses, "mean")
    assert_close(mean, 3.0, suspects=suspects, name="mean")
    assert_close(reduce_loss(losses, "sum"), 18.0, name="sum")
    assert_close(reduce_loss(losses, "none"), losses, "If 'none' reduces, no sample can be told apart.")
    hint = "If you leave the Tensor for a plain number, nobody can ask later how it was made."
    assert_equal(getattr(mean, "requires_grad", False), True, hint, name="requires_grad of the mean")
    ### BEGIN HIDDEN TESTS
    assert_close(reduce_loss(Tensor([4.0, 6.0])), 5.0, name="mean, by default", dtype=np.float32)
    total = reduce_loss(losses, "sum")
    assert_equal(getattr(total, "requires_grad", False), True, hint, name="requires_grad of the sum")
    ### END HIDDEN TESTS


test_reduce_loss_values()

# %% nbgrader={"grade": true, "grade_id": "test_reduce_loss_divisor", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def test_reduce_loss_divisor():
    """A divisor changes the mean and nothing else."""
    losses = Tensor([1.0, 2.0, 6.0])
    suspects = {
        "If you ignore the divisor, samples that don't count are divided by all the same.": 3.0,
        "If you divide the mean by the divisor, you divide twice.": 0.75,
        "If you multiply by the divisor, look at the word: divide.": 36.0,
    }
    assert_close(reduce_loss(losses, "mean", 4.0), 2.25, suspects=suspects, name="9 / 4")
    assert_close(reduce_loss(losses, "sum", 4.0), 9.0, "If a sum is divided, it is no sum.")
    ### BEGIN HIDDEN TESTS
    assert_close(reduce_loss(losses, "mean", 0.5), 18.0, name="9 / 0.5", dtype=np.float32)
    ### END HIDDEN TESTS


test_reduce_loss_divisor()

# %% nbgrader={"grade": true, "grade_id": "test_reduce_loss_refuses_other_words", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def test_reduce_loss_refuses_other_words():
    """A slip of the pen is an error."""
    hint = "If any other word means 'mean', a slip goes unnoticed for weeks."
    assert_raises(ValueError, reduce_loss, Tensor([1.0, 2.0]), "average", hint=hint)
    ### BEGIN HIDDEN TESTS
    assert_raises(ValueError, reduce_loss, Tensor([1.0, 2.0]), "batchmean", hint=hint)
    ### END HIDDEN TESTS


test_reduce_loss_refuses_other_words()

# %% [markdown]
r"""
The choice decides how strongly a batch pulls on the weights. Take a model with one weight,
$y = w x$, at $w = 0$ while the truth is $w = 1$. All samples share the weight, so their slopes add
up. Look down each column as the batch grows.
"""

# %%
rng = np.random.default_rng(0)
print("     N   slope of the mean   slope of the sum")
for n in (1, 10, 100, 1000, 10000):
    x = rng.standard_normal(n)
    slopes = squared_error_gradient(np.ones(n), None, 0 * x, x)  # by each prediction
    print(f"{n:6}   {(slopes * x).mean():17.2f}   {(slopes * x).sum():16.1f}")

# %% [markdown]
r"""
The mean settles at a slope of -2, whatever the batch. The sum grows with it: whoever doubles the
batch doubles every step, and has to halve the step size to stay where they were. That is why
"mean" is the default everywhere. "none" is for looking: which images cost most?
"""

# %% [markdown]
r"""
## 4.7 What all losses share

A loss as an object remembers its settings. The base class below is given: a subclass says how to get
the single losses, and `forward` reduces them. `calculate` gives their mean as a plain number, the
*data loss*, for printing.
"""

# %%
#| export
def prepare(output: Any, targets: Any) -> tuple[Tensor, Tensor]:
    """Both as Tensors; targets of the output's shape take on its dtype, so as not to widen it."""
    output = output if isinstance(output, Tensor) else Tensor(output)
    targets = targets if isinstance(targets, Tensor) else Tensor(targets)
    if output.dtype.kind != "f":
        raise TypeError(f"expected decimal numbers, got {output.dtype}: use astype(np.float32)")
    if targets.shape == output.shape and targets.dtype != output.dtype:
        targets = Tensor(targets.data.astype(output.dtype))
    return output, targets


def check_probabilities(values: np.ndarray, name: str) -> None:
    """Refuse what can't be probabilities; nan can't either."""
    if values.size and not (values.min() >= 0 and values.max() <= 1):
        raise ValueError(
            f"{name} between {values.min()} and {values.max()}: expected 0 to 1; a model's raw "
            "outputs belong in a loss that takes logits, targets of -1 and 1 are written 0 and 1"
        )


class Loss:
    """How wrong a model's output is: `loss(output, targets)` is a Tensor.

    Args:
        reduction: "mean", "sum" or "none".
    """

    def __init__(self, reduction: str = "mean"):
        reduce_loss(Tensor(0.0), reduction)  # a wrong word is refused here, not after an hour
        self.reduction = reduction

    def losses(self, output: Any, targets: Any) -> tuple[Tensor, float | None]:
        """The single losses, and what a mean divides their sum by: None for their number."""
        raise NotImplementedError(f"{type(self).__name__} does not say what its losses are")

    def forward(self, output: Any, targets: Any) -> Tensor:
        """The loss, reduced."""
        losses, divisor = self.losses(output, targets)
        return reduce_loss(losses, self.reduction, divisor)

    def __call__(self, output: Any, targets: Any) -> Tensor:
        return self.forward(output, targets)

    def calculate(self, output: Any, targets: Any) -> float:
        """The data loss: the mean of the sample losses as a number, whatever the reduction."""
        losses, divisor = self.losses(output, targets)
        return float(reduce_loss(losses, "mean", divisor).item())

# %%
#| export
class MeanSquaredError(Loss):
    """(output - targets)^2, averaged over all elements. Other shapes are refused, not broadcast."""

    def losses(self, output: Any, targets: Any) -> tuple[Tensor, float | None]:
        return apply(squared_error, *prepare(output, targets)), None


@gradient_of(np.clip)
def clip_gradient(grad, output, x, low, high):
    """1 where x was left as it is, 0 where it was clipped."""
    return grad * ((x >= low) & (x <= high))


class CategoricalCrossEntropyLoss(Loss):
    """Cross-entropy for a model whose output is probabilities, (N, C).

    Args:
        reduction: "mean", "sum" or "none".
        epsilon: if above 0, probabilities are clipped to [epsilon, 1 - epsilon]. The default does
            not clip: a truth that was given probability 0 then costs infinity, which is so.
    """

    def __init__(self, reduction: str = "mean", epsilon: float = 0.0):
        super().__init__(reduction)
        self.epsilon = epsilon

    def losses(self, output: Any, targets: Any) -> tuple[Tensor, float | None]:
        output, targets = prepare(output, targets)
        check_probabilities(output.data, "probabilities")
        if is_soft(output.data, targets.data):
            check_probabilities(targets.data, "targets")
        if self.epsilon:
            output = apply(np.clip, output, self.epsilon, 1 - self.epsilon)
        return apply(categorical_cross_entropy, output, targets), None

# %%
p = np.array([[0.7, 0.1, 0.2], [0.1, 0.5, 0.4], [0.02, 0.9, 0.08]])
loss = CategoricalCrossEntropyLoss()
print("from indices", loss.calculate(p, [0, 1, 1]), "| one-hot", loss.calculate(p, one_hot(np.array([0, 1, 1]), 3)))
clipped = CategoricalCrossEntropyLoss(epsilon=1e-15)
p = np.array([[0.5, 0.45, 0.025, 0.025], [0.1, 0.2, 0.7, 0], [0.01, 0.96, 0.005, 0.025]])
print("clipped     ", clipped.calculate(p, [0, 2, 1]), "| not clipped", loss.calculate(p, [0, 2, 1]))
try:
    MeanSquaredError()(np.ones((3, 1)), np.ones(3))
except ValueError as error:
    print("ValueError:", error)

# %% [markdown]
r"""
The first line is 0.38506088005216804 both ways, a number that is published for this example. The
second is published as 0.3635480396729777, computed with clipping at $10^{-15}$. Leaving the zeros
out gives the same without.
"""

# %% [markdown]
r"""
## 4.8 Logits, and why probabilities come too late

A network's last layer gives any numbers at all, its *logits* $x$. Softmax makes probabilities of
them, $p_c = e^{x_c} / \sum_j e^{x_j}$, and then we take the logarithm. Watch the three rows below:
the logits grow, and the true class is the second one.
"""

# %%
for x in ([2.0, 0.0], [60.0, -60.0], [0.0, 1000.0]):
    with np.errstate(all="ignore"):
        powers = np.exp(np.array(x, np.float32))
        p = powers / powers.sum()
        print(f"logits {x!s:<14} p = {p!s:<24} -log p = {-np.log(p[1])}   clipped: {-np.log(max(p[1], 1e-15)):.1f}")

# %% [markdown]
r"""
The true losses are 2.1, 120 and 0. The second row got infinity: $p$ is smaller than `float32` can
hold, and became 0. In the third row, where the model is right, $e^{1000}$ is infinite, and infinity
by infinity is `nan`.

Clipping $p$ at $10^{-15}$ is the worse mend. `nan` passes through it, and the loss is stuck at 34.5 for
*every* mistake that is bad enough, so moving the logits changes nothing: the slope is 0 exactly
where the model is most wrong, and it will never learn from such a sample.
"""

# %% [markdown]
r"""
The better mend never makes $p$ at all. Take the logarithm on paper:

$$ -\log p_y = \log \sum_j e^{x_j} - x_y $$

What is left is the logarithm of a sum of powers, and there the largest power can be taken out: with
$m = \max_j x_j$,

$$ \log \sum_j e^{x_j} = m + \log \sum_j e^{x_j - m} $$

No power is above 1 any more, and one of them is 1, so nothing overflows and the sum is not 0.
"""

# %% nbgrader={"grade": false, "grade_id": "logsumexp", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def logsumexp(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """log of the sum of e^x along an axis, without overflow.

    Args:
        logits: floats of any shape; -inf is allowed, and counts as e^-inf = 0.
        axis: the axis that disappears.

    Returns:
        The input's shape without that axis. -inf where all entries are -inf.

    Example:
        >>> logsumexp(np.array([[1000.0, 1000.0], [0.0, -np.inf]])).round(4)
        array([1000.6931,    0.    ])

    Hint: `keepdims` lets a maximum broadcast against what it came from.
    """
    ### BEGIN SOLUTION
    top = logits.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)  # -inf - -inf would be nan
    powers = logits - top
    np.exp(powers, out=powers)
    with np.errstate(divide="ignore"):  # the logarithm of a row of nothing but -inf
        return np.log(powers.sum(axis=axis)) + top.squeeze(axis)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_logsumexp_values", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_logsumexp_values():
    """The definition, along any axis, for numbers of ordinary size."""
    x = np.random.default_rng(5).standard_normal((2, 3, 4))
    slow = np.zeros((2, 4))
    for i, k in np.ndindex(2, 4):
        slow[i, k] = math.log(sum(math.exp(x[i, j, k]) for j in range(3)))
    suspects = {
        "If you always reduce the last axis, axis is ignored.": np.log(np.exp(x).sum(axis=-1)),
        "If you don't add the maximum back, each result is too small by it.": slow - x.max(axis=1),
        "If you keep the axis, the result no longer fits one number a sample.": slow[:, None],
        "If you take the mean of the powers, the logarithm of their number is missing.": slow - math.log(3),
    }
    got = assert_unchanged(logsumexp, x, axis=1, hint="If you subtract in place, the logits are overwritten.")
    assert_close(got, slow, suspects=suspects, name="logsumexp(x, axis=1)")
    ### BEGIN HIDDEN TESTS
    assert_close(logsumexp(np.zeros((5, 7), np.float32)), np.full(5, math.log(7)), dtype=np.float32)
    assert_close(logsumexp(np.zeros((1, 3))), [math.log(3)], "If every axis of length 1 goes, a batch of one fails.")
    slow = np.array([math.log(sum(math.exp(v) for v in x[0, :, k])) for k in range(4)])
    assert_close(logsumexp(x[0], axis=0), slow, name="logsumexp(x, axis=0)")
    ### END HIDDEN TESTS


test_logsumexp_values()

# %% nbgrader={"grade": true, "grade_id": "test_logsumexp_extremes", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_logsumexp_extremes():
    """Finite at 1000 and -1000, also in one array, and right beside -inf."""
    x = np.array([[1000.0, 1000.0, 0.0], [-1000.0, -1000.0, -1001.0]])
    with np.errstate(all="ignore"):
        got, infinite = logsumexp(x), logsumexp(np.array([[0.0, -np.inf], [-np.inf, -np.inf]]))
    expected = [1000 + math.log(2), -1000 + math.log(2 + math.exp(-1))]
    hint = "If you take e^1000 as it stands, it is inf: take the maximum out first."
    assert_close(got[0], expected[0], hint, name="logsumexp([1000, 1000, 0])", rtol=1e-9)
    hint = "If you take one maximum for the whole array, small rows vanish: each row has its own."
    assert_close(got[1], expected[1], hint, name="logsumexp([-1000, -1000, -1001])", rtol=1e-9)
    hint = "If you subtract -inf from -inf, the result is nan: such a row sums to 0."
    assert_close(infinite, [0.0, -np.inf], hint, name="logsumexp of [0, -inf] and [-inf, -inf]")
    ### BEGIN HIDDEN TESTS
    with np.errstate(all="ignore"):
        got = logsumexp(np.array([[-1000.0, 1000.0], [-np.inf, 1000.0]], np.float32), axis=0)
        huge = logsumexp(np.array([1e300, -1e300]))
    assert_close(got, [-1000.0, 1000 + math.log(2)], hint, dtype=np.float32)
    assert_close(huge, 1e300, "If you take e^1000 as it stands, it is inf: take the maximum out first.")
    ### END HIDDEN TESTS


test_logsumexp_extremes()

# %% [markdown]
r"""
## 4.9 Cross-entropy of logits

Now all of it in one: from logits to losses, without a probability in between. With rows $t_n$ of
targets that sum to $T_n$ (1, for probabilities; the next section has a use for other sums),

$$ \ell_n = \sum_c t_{n,c} \Bigl( \log \sum_j e^{x_{n,j}} - x_{n,c} \Bigr)
          = T_n \log \sum_j e^{x_{n,j}} - \sum_c t_{n,c}\, x_{n,c} $$

Subtracting the maximum changes neither side: it cancels. If you subtract it from the logits once,
at the start, you need not add it back and take it off again, which in `float32` costs digits.

The powers are what costs time, so the next cell gives you a function for them that saves what it can:

- **It subtracts only where it must.** It tries without, and looks at the sums. If all of them lie between
  $e^{-16}$ and $e^{16}$, no power has overflowed and no row has vanished, and two passes are saved.
- **It sums by a product.** The sum of each row is a product with a column of ones, `(N, C) @ (C,) -> (N,)`.
  NumPy's `sum` starts anew for each row; a matrix product is the best-tuned code on your machine.
- **It keeps the powers.** The gradient will need them again. Whoever passes a list as `kept` finds them in it.
"""

# %%
#| export
TAME = 16.0  # float32 holds e^16, e^-16, and their quotient; float16 ends at e^11


def row_sums(x: np.ndarray) -> np.ndarray:
    """The sum of each row of x: (N, C) -> (N,)."""
    return x @ np.ones(x.shape[1], x.dtype)


@np.errstate(over="ignore", divide="ignore")  # for what is tried and then looked at
def row_powers(
    x: np.ndarray, kept: list | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Powers of e whose shares in their row are softmax(x), without overflow.

    Args:
        x: (N, C) logits.
        kept: a list in which to leave (powers, sums) for a gradient rule.

    Returns:
        e^z, (N, C); its sum over each row, (N,); and z, (N, C), which is x itself, or x less the
        largest logit of each row where that is needed.
    """
    z, powers = x, np.exp(x)
    sums = row_sums(powers)
    is_tame = x.size and x.itemsize > 2 and (sums + 1 / sums).max() < math.exp(TAME)
    if not is_tame:
        z = x - x.max(axis=1, keepdims=True)
        powers = np.exp(z)
        sums = row_sums(powers)
    if kept is not None:
        kept.append((powers, sums))
    return powers, sums, z

# %%
for x in ([[2.0, 1.0, 0.0]], [[1000.0, 999.0, 998.0]], [[-998.0, -999.0, -1000.0]]):
    powers, sums, z = row_powers(np.array(x))
    print(f"x {x!s:<28} z {z!s:<16} probabilities {(powers / sums[:, None]).round(3)}")

# %% [markdown]
r"""
Three rows of logits with the same differences have the same probabilities, and only the wild ones were
moved. Where they were not, mind the digits: $\log \sum_j e^{z_j}$ and $z_y$ may both be near 16, and
in `float32` a loss of 0.000001 is lost in their difference. The quotient $\sum_j e^{z_j} / e^{z_y}$ keeps
it, as long as $e^{z_y}$ has not vanished. Rows that were moved have sums of at least 1, and need no care.
"""

# %% nbgrader={"grade": false, "grade_id": "cross_entropy", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def cross_entropy(
    logits: np.ndarray, targets: np.ndarray, kept: list | None = None
) -> np.ndarray:
    """The cross-entropy of each sample: sum over c of t[n, c] (logsumexp(x[n]) - x[n, c]).

    Args:
        logits: (N, C) floats of any size.
        targets: (N,) class indices, or (N, C) rows of shares, which need not sum to 1. A class
            with a share of 0 counts nothing, even where its logit is -inf.
        kept: a list for `row_powers`, if you use it; leave it alone if you don't.

    Returns:
        (N,), one loss a sample.

    Raises:
        ValueError: the shapes fit neither form, or an index is not sound.

    Example:
        >>> cross_entropy(np.array([[1000.0, 0.0], [0.0, 0.0]]), np.array([1, 0])).round(4)
        array([1.000e+03, 6.931e-01])

    Hint: indices need no one-hot rows; NumPy can pick one element of each row.
    """
    ### BEGIN SOLUTION
    soft = is_soft(logits, targets)
    _, sums, z = row_powers(logits, kept)
    if soft:
        shares = np.multiply(targets, z, where=targets > 0, out=np.zeros_like(z))
        return row_sums(targets) * np.log(sums) - row_sums(shares)
    score = z[np.arange(len(targets)), class_indices(targets, z.shape[1])]
    near = np.maximum(score, -TAME)  # so that its power has not vanished
    return np.log(sums / np.exp(near)) + (near - score)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_cross_entropy_of_indices", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_cross_entropy_of_indices():
    """The definition, sample by sample."""
    x = np.array([[2.0, 0.5, -1.0], [0.1, 1.2, 3.0], [-0.4, 0.3, 0.0], [1.0, 1.0, 1.0]])
    y = np.array([0, 1, 2, 1])
    slow = np.array([math.log(sum(math.exp(v) for v in x[n])) - x[n, y[n]] for n in range(4)])
    p, every = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True), np.arange(4)
    suspects = {
        "If you forget the minus, better models have larger losses.": -slow,
        "If you average here, the samples can't be told apart any more.": slow.mean(),
        "If you take the powers' sum over axis 0, it runs over samples.": np.log(np.exp(x).sum(axis=0))[y] - x[every, y],
        "If you apply softmax first, it is applied twice.": np.log(np.exp(p).sum(axis=1)) - p[every, y],
        "If you index with a colon, every row is paired with every target.":
            np.log(np.exp(x).sum(axis=1))[:, None] - x[:, y],
        "If you stop at the probability, the logarithm is missing.": 1 - p[every, y],
    }
    assert_close(cross_entropy(x, y), slow, suspects=suspects, rtol=1e-6)
    ### BEGIN HIDDEN TESTS
    for classes in (2, 5, 10):
        same = cross_entropy(np.full((3, classes), 0.7, np.float32), np.array([0.0, 1.0, 1.0]))
        assert_close(same, np.full(3, math.log(classes)), "If equal logits don't cost log C, sum over classes.")
    ### END HIDDEN TESTS


test_cross_entropy_of_indices()

# %% nbgrader={"grade": true, "grade_id": "test_cross_entropy_of_soft_targets", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_cross_entropy_of_soft_targets():
    """Shares of every class; rows may sum to something else than 1."""
    x = np.array([[2.0, 0.5, -1.0], [0.1, 1.2, 3.0]])
    t = np.array([[0.2, 0.5, 0.3], [1.0, 2.0, 0.0]])
    lse = [math.log(sum(math.exp(v) for v in row)) for row in x]
    slow = np.array([sum(t[n, c] * (lse[n] - x[n, c]) for c in range(3)) for n in range(2)])
    suspects = {
        "If you take the largest target of each row, the other shares are lost.": np.array(lse) - [0.5, 1.2],
        "If you count the logarithm once a row, rows that don't sum to 1 come out wrong.": lse - (t * x).sum(axis=1),
    }
    got = assert_unchanged(cross_entropy, x, t, hint="If you write into the logits, work on a new array.")
    assert_close(got, slow, suspects=suspects, rtol=1e-6)
    ### BEGIN HIDDEN TESTS
    t = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]], np.float32)
    got = assert_unchanged(cross_entropy, np.zeros((3, 3), np.float32), t)
    assert_close(got, [math.log(3), math.log(3), 0.0], "A row of zeros costs nothing.", dtype=np.float32)
    ### END HIDDEN TESTS


test_cross_entropy_of_soft_targets()

# %% nbgrader={"grade": true, "grade_id": "test_cross_entropy_extremes", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_cross_entropy_extremes():
    """Right and finite for logits of 1000 and -1000, and beside -inf."""
    x = np.array([[1000.0, 0.0], [-1000.0, 1000.0], [0.0, -np.inf], [-2000.0, -2000.0]])
    hint = "If you make probabilities on the way, they overflow or vanish: stay with logarithms."
    suspects = {"If you clip probabilities, every bad mistake costs the same.": [-math.log(1e-15)] * 2 + [0.0, math.log(2)]}
    with np.errstate(all="ignore"):
        got = assert_unchanged(cross_entropy, x, np.array([1, 0, 0, 0]), hint="If you write into the logits, work on a new array.")
        assert_close(got, [1000.0, 2000.0, 0.0, math.log(2)], hint, suspects=suspects)
    ### BEGIN HIDDEN TESTS
        rows = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0], [0.5, 0.5]])
        got = cross_entropy(x.astype(np.float32), rows.astype(np.float32))
        assert_close(got, [1000.0, 2000.0, 0.0, math.log(2)], hint, dtype=np.float32, rtol=1e-4)
        got = cross_entropy(np.array([[100.0, -100.0]]), np.array([0]))
        assert_close(got, [0.0], hint, name="a confident and right sample")
    ### END HIDDEN TESTS


test_cross_entropy_extremes()

# %% nbgrader={"grade": true, "grade_id": "test_cross_entropy_refuses_unsound_targets", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def test_cross_entropy_refuses_unsound_targets():
    """Neither a column of indices nor an index that no class has."""
    x = np.zeros((4, 3))
    hint = "If a column of targets passes, it meets every row: refuse shapes that fit neither form."
    assert_raises(ValueError, cross_entropy, x, np.array([[0], [1], [2], [0]]), hint=hint, name="targets (4, 1)")
    hint = "If -1 passes, NumPy takes the last class."
    assert_raises(ValueError, cross_entropy, x, np.array([0, 1, 2, -1]), hint=hint, name="target -1")
    ### BEGIN HIDDEN TESTS
    assert_raises(ValueError, cross_entropy, x, np.array([0]), hint="If one target serves all, refuse it.")
    assert_raises(ValueError, cross_entropy, x, np.array([0, 1, 2, 3]), hint="If 3 passes, no class has it.")
    ### END HIDDEN TESTS


test_cross_entropy_refuses_unsound_targets()

# %% [markdown]
r"""
For the gradient, move one logit. The sum of powers changes by $e^{x_j}$, so its logarithm changes by
$e^{x_j} / \sum_k e^{x_k}$, which is softmax; the second term changes by $t_j$:

$$ \frac{\partial \ell_n}{\partial x_{n,j}} = T_n\, \mathrm{softmax}(x_n)_j - t_{n,j} $$

What the model believes, minus what is so: a difference between -1 and 1 that is 0 only where belief
and truth agree. A good rule needs no `exp` of its own where the powers were kept: it takes them out of
the list and works in place on them. Out of it, since a rule may be called twice for one loss, and would
find its own slopes there the second time. If the list is empty, or None, it computes them anew.
"""

# %% nbgrader={"grade": false, "grade_id": "cross_entropy_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(cross_entropy)
def cross_entropy_gradient(
    grad: np.ndarray,
    output: np.ndarray,
    logits: np.ndarray,
    targets: np.ndarray,
    kept: list | None = None,
) -> np.ndarray:
    """The gradient of sum(grad * loss) with respect to the logits.

    Args:
        grad: (N,), how much each sample's loss counts.
        output: (N,), the losses; not needed here.
        logits, targets: as in `cross_entropy`.
        kept: the list that `cross_entropy` got. It holds what `row_powers` left in it, or nothing.

    Returns:
        (N, C): grad[n] (T[n] softmax(x[n])[c] - t[n, c]), where T[n] is the sum of t[n].
    """
    ### BEGIN SOLUTION
    slopes, sums = kept.pop() if kept else row_powers(logits)[:2]
    if targets.ndim == 2:
        slopes *= (grad * row_sums(targets) / sums)[:, None]
        slopes -= grad[:, None] * targets
    else:
        slopes *= (grad / sums)[:, None]
        indices = np.asarray(targets, np.intp)
        np.subtract.at(slopes, (np.arange(len(slopes)), indices), grad)  # one call; -= makes three
    return slopes
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_cross_entropy_gradient_of_indices", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_cross_entropy_gradient_of_indices():
    """The rule agrees with central differences."""
    x, y = np.array([[2.0, 0.5, -1.0], [0.1, 1.2, 3.0]]), np.array([0, 2])
    t = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])

    def softmax(x, axis=1):
        return np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)

    suspects = {
        "If you forget to subtract the target, the slope never reaches 0.": lambda g, o, x, y: g[:, None] * softmax(x),
        "If the sign is turned, training climbs.": lambda g, o, x, y: g[:, None] * (t - softmax(x)),
        "If you divide by N here, the mean is taken twice.": lambda g, o, x, y: g[:, None] * (softmax(x) - t) / 2,
        "If you left out grad, every loss counts alike.": lambda g, o, x, y: softmax(x) - t,
        "If softmax runs over axis 0, it compares samples.": lambda g, o, x, y: g[:, None] * (softmax(x, 0) - t),
        "If you wrote -t / p, that is the gradient by the probabilities.": lambda g, o, x, y: -g[:, None] * t / softmax(x),
    }
    check_gradient(cross_entropy, cross_entropy_gradient, x, y, suspects=suspects)
    ### BEGIN HIDDEN TESTS
    x = np.random.default_rng(6).standard_normal((5, 4))
    check_gradient(cross_entropy, cross_entropy_gradient, x, np.array([3, 0, 1, 1, 2]))
    floats, ones = np.array([3, 0, 1, 1, 2], np.float32), np.ones(5)
    got = lambda: cross_entropy_gradient(ones, ones, x, floats)
    hint = "If float indices fail, NumPy can't index with them."
    assert_close(got, cross_entropy_gradient(ones, ones, x, floats.astype(int)), hint)
    ### END HIDDEN TESTS


test_cross_entropy_gradient_of_indices()

# %% nbgrader={"grade": true, "grade_id": "test_cross_entropy_gradient_of_soft_targets", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_cross_entropy_gradient_of_soft_targets():
    """Rows of shares, also where they don't sum to 1."""
    x, t = np.array([[2.0, 0.5, -1.0], [0.1, 1.2, 3.0]]), np.array([[0.2, 0.5, 0.3], [1.0, 2.0, 0.0]])
    hint = "If a row of shares does not sum to 1, softmax counts as often as the row does."
    check_gradient(cross_entropy, cross_entropy_gradient, x, t, hint=hint)
    ### BEGIN HIDDEN TESTS
    rng = np.random.default_rng(7)
    x, t = rng.standard_normal((3, 4)), rng.uniform(0, 1, (3, 4))
    check_gradient(cross_entropy, cross_entropy_gradient, x, t, hint=hint)
    ### END HIDDEN TESTS


test_cross_entropy_gradient_of_soft_targets()

# %% nbgrader={"grade": true, "grade_id": "test_cross_entropy_gradient_extremes", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def test_cross_entropy_gradient_extremes():
    """Finite at 1000, in the dtype of the logits, which are left as they are."""
    x, y = np.array([[1000.0, 0.0], [-1000.0, -1000.0]], np.float32), np.array([1, 0])
    grad, losses = np.array([1.0, 2.0], np.float32), np.array([1000.0, 0.6931472], np.float32)
    hint = "If you write into the logits, work on a new array."
    with np.errstate(all="ignore"):
        got = assert_unchanged(cross_entropy_gradient, grad, losses, x, y, hint=hint)
    hint = "If you take e^1000 as it stands, inf / inf is nan: subtract each row's maximum first."
    assert_close(got, [[1.0, -1.0], [-1.0, 1.0]], hint, dtype=np.float32, rtol=1e-4)
    ### BEGIN HIDDEN TESTS
    with np.errstate(all="ignore"):
        got = cross_entropy_gradient(grad, losses, -x, np.array([[0, 1], [1, 0]], np.float32))
    assert_close(got, [[0.0, 0.0], [-1.0, 1.0]], hint, dtype=np.float32, rtol=1e-4)
    ### END HIDDEN TESTS


test_cross_entropy_gradient_extremes()

# %% nbgrader={"grade": true, "grade_id": "test_cross_entropy_gradient_called_again", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def test_cross_entropy_gradient_called_again():
    """With a list of what was kept, the rule gives the same, the first time and the second."""
    x, y, grad, kept = np.array([[2.0, 0.5, -1.0], [0.1, 1.2, 3.0]]), np.array([0, 2]), np.array([1.0, 3.0]), []
    losses = cross_entropy(x, y, kept=kept)
    expected = cross_entropy_gradient(grad, losses, x, y)
    for name in ("the first call", "the second call"):
        got = np.array(cross_entropy_gradient(grad, losses, x, y, kept=kept))
        hint = "If you write into the powers, take them out of the list, or the next call finds slopes in it."
        assert_close(got, expected, hint, name=name)
    ### BEGIN HIDDEN TESTS
    x, t, kept = 1000 * x, np.array([[0.2, 0.5, 0.3], [1.0, 2.0, 0.0]]), []
    losses = cross_entropy(x, t, kept=kept)
    expected = cross_entropy_gradient(grad, losses, x, t)
    for _ in range(2):
        assert_close(np.array(cross_entropy_gradient(grad, losses, x, t, kept=kept)), expected, hint)
    ### END HIDDEN TESTS


test_cross_entropy_gradient_called_again()

# %% [markdown]
r"""
To see a cross-entropy at work, here it is taken apart, with every intermediate and its shape. Try
rows of your own.
"""

# %%
#| export
def trace_cross_entropy(logits: Any, targets: Any) -> float:
    """Print each intermediate of a cross-entropy with its shape, and return the mean loss.

    Args:
        logits: (N, C).
        targets: (N,) class indices, or (N, C).
    """
    x, t = to_array(logits), to_array(targets)
    rows = t if is_soft(x, t) else one_hot(t, x.shape[1])
    largest = x.max(axis=1, keepdims=True)
    powers = np.exp(x - largest)
    sums = powers.sum(axis=1, keepdims=True)
    losses = cross_entropy(x, t)
    steps = {
        "logits": x, "largest of each row": largest, "logits - largest": x - largest,
        "powers of e": powers, "their sums": sums, "probabilities": powers / sums,
        "log probabilities": x - largest - np.log(sums), "targets": rows,
        "losses": losses, "mean loss": losses.mean(),
    }  # fmt: skip
    for name, value in steps.items():
        text = np.array2string(np.asarray(value), precision=4, suppress_small=True)
        print(f"{name:<20}{np.shape(value)!s:<8}{text.replace(chr(10), chr(10) + ' ' * 28)}")
    return float(losses.mean())

# %%
trace_cross_entropy([[2.0, 1.0, 0.1], [1000.0, 0.0, 998.0]], [0, 2])

# %% [markdown] nbgrader={"grade": false, "grade_id": "nan_in_production_prompt", "locked": true, "schema_version": 3, "solution": false, "task": false}
r"""
### Question 4.9: `nan` in production

A service has been training every night for a year with `-log(p)`, where `p = exp(x) / sum(exp(x))` in
`float32`. One morning the loss is `nan`, and so is every weight. Answer in a sentence or two each:

1. From about which logit on does `exp` overflow in `float32`, and how does that become `nan`?
2. One of 1,000 samples in the batch had such a logit. Why are *all* weights lost?
3. A colleague clips `p` at $10^{-7}$ "to be safe". What is now the largest possible loss, and what
   does the model learn from a sample beyond it?
4. What would you change in the code instead, and why can it not overflow?
"""

# %% [markdown] nbgrader={"grade": true, "grade_id": "nan_in_production", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
r"""
### BEGIN SOLUTION
1. The largest `float32` is about 3.4e38, and log of it is 88.7: from there on `exp` gives inf, and
   inf / inf is `nan`.
2. The mean over the batch adds up all losses, so it is `nan` with one of them. Its gradient is `nan`
   too, and a step subtracts it from every weight that the gradient reaches.
3. -log(1e-7) = 16.1. Beyond it the loss is constant, the slope is 0, and nothing is learned from the
   very samples that are most wrong. (And `nan` may pass through the clip.)
4. Give the logits to a fused cross-entropy, log-sum-exp minus the logit. With the row's maximum taken
   out no exponent is above 0, so no power is above 1, and the sum is at least 1.

Rubric, one point each:
- about 88 (87 to 89), and inf / inf is nan
- the mean (or sum) is nan with any of its terms, and the gradient spreads it to every weight
- about 16.1, and beyond it the gradient is 0 or nothing is learned
- a fused loss on logits (log-sum-exp, subtract the maximum), where no power exceeds 1
### END SOLUTION
"""

# %% [markdown]
r"""
## 4.10 Weights, smoothing, ignored samples

Three options that practice asks for turn out to be one idea: they change the *target row* and
nothing else. For a sample of class $y$ among $C$:

- **class weights** $w$: multiply share $c$ by $w_c$, so that a rare class counts more;
- **label smoothing** $s$: replace the row $t$ by $(1 - s)\, t + s / C$, so that no finite logit is ever
  sure enough, and the model stays humble;
- **ignore_index**: a sample with that target gets a row of zeros, as padding in a text does.

Then the mean divides by the weights of the targets that count, as PyTorch defines it. Your
`cross_entropy` takes rows with any sum, so it handles all three already. Plain indices stay plain:
without options no row is ever made.
"""

# %%
#| export
def weighted_targets(
    targets: np.ndarray,
    classes: int,
    dtype: Any,
    weight: np.ndarray | None = None,
    label_smoothing: float = 0.0,
    ignore_index: int = -100,
) -> tuple[np.ndarray, float]:
    """Target rows with the options of a cross-entropy worked in, and what its mean divides by.

    Returns:
        (N, C) rows of the dtype. For indices, the sum of the weights of the targets that count;
        for soft targets N, as in PyTorch.
    """
    soft = targets.ndim == 2
    counts = np.full(len(targets), True) if soft else targets != ignore_index
    indices = None if soft else class_indices(np.where(counts, targets, 0), classes)
    rows = (targets if soft else one_hot(indices, classes)).astype(dtype)
    if label_smoothing:
        rows = (1 - label_smoothing) * rows + label_smoothing / classes
    if weight is not None:
        if np.shape(weight) != (classes,):
            raise ValueError(f"weight of shape {weight.shape}: expected ({classes},), one a class")
        rows = rows * weight.astype(dtype)
        if not soft:
            return rows * counts[:, None], float(weight[indices[counts]].sum())
    return rows * counts[:, None], int(counts.sum())


class CrossEntropyLoss(Loss):
    """Cross-entropy for a model whose output is logits, (N, C): softmax is inside.

    It equals PyTorch's, with these differences: shapes are (N, C) and nothing else; soft targets
    outside [0, 1] are refused; a soft target of 0 counts nothing even where the logit is -inf,
    where PyTorch gives nan; where all samples are ignored, the mean is nan as in PyTorch, and so
    is its gradient, which in PyTorch is 0.

    Args:
        reduction: "mean", "sum" or "none". A mean of indices divides by the sum of the weights of
            the targets that count.
        weight: (C,), how much each class counts.
        label_smoothing: the share of each target that is spread evenly over all classes, 0 to 1.
        ignore_index: samples with this index count nothing. Soft targets have no index.
    """

    def __init__(
        self,
        reduction: str = "mean",
        *,
        weight: Any = None,
        label_smoothing: float = 0.0,
        ignore_index: int = -100,
    ):
        super().__init__(reduction)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"label_smoothing {label_smoothing}: expected a share from 0 to 1")
        self.weight = None if weight is None else to_array(weight)
        self.label_smoothing = label_smoothing
        self.ignore_index = ignore_index

    def losses(self, output: Any, targets: Any) -> tuple[Tensor, float | None]:
        output, targets = prepare(output, targets)
        if is_soft(output.data, targets.data):
            check_probabilities(targets.data, "targets")
            is_plain = True
        else:
            is_plain = np.count_nonzero(targets.data == self.ignore_index) == 0
        if is_plain and self.weight is None and not self.label_smoothing:
            return apply(cross_entropy, output, targets, kept=[]), None
        options = self.weight, self.label_smoothing, self.ignore_index
        rows, divisor = weighted_targets(targets.data, output.shape[1], output.dtype, *options)
        return apply(cross_entropy, output, rows, kept=[]), divisor

# %%
logits, targets = Tensor([[2.0, 0.5, -1.0], [0.1, 1.2, 3.0], [0.3, 0.2, 0.1]]), [0, 1, -100]
for options in ({}, {"weight": [1, 5, 1]}, {"label_smoothing": 0.1}):
    loss = CrossEntropyLoss("none", **options)
    mean = CrossEntropyLoss(**options)(logits, targets).item()
    print(f"{options!s:<26} losses {np.round(loss(logits, targets).data, 4)}  mean {mean:.4f}")

# %% [markdown]
r"""
The third sample costs nothing, and the first mean is that of two losses. With a weight of 5 the second
sample's loss is five times as large, and the mean divides by 6.
"""

# %% [markdown] nbgrader={"grade": false, "grade_id": "unequal_costs_prompt", "locked": true, "schema_version": 3, "solution": false, "task": false}
r"""
### Question 4.10: costs that differ

A test looks for an illness that one person in a hundred has. To miss an ill person costs fifty times
as much as a false alarm. The model has two classes, healthy (0) and ill (1).

1. Which option of `CrossEntropyLoss` says so, and with what value?
2. Of patients that look alike, 2 % are ill. Which probability of "ill" minimises the weighted loss for
   them? Calculate, or measure with a few lines of code.
3. May a doctor read the output of the weighted model as "the probability of being ill"? Why?
4. Another way: train without weights, and send to the doctor whoever is above a threshold. Which
   threshold fits these costs?
"""

# %% [markdown] nbgrader={"grade": true, "grade_id": "unequal_costs", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
r"""
### BEGIN SOLUTION
1. `weight=[1, 50]`: the loss of an ill person counts fifty times.
2. The weighted loss is -(50 x 0.02 log q + 0.98 log(1 - q)), least at q = 1 / (1 + 0.98) = 0.505.
3. No: the weights have moved it from 0.02 to 0.505. It is a probability in a world where the ill are
   fifty times as frequent, and has to be corrected before it is read so.
4. Send whoever's expected cost of waiting exceeds that of an alarm: 50 p > 1 - p, so p > 1/51, about 0.02.

Rubric, one point each:
- `weight` with a ratio of 50 for class 1 against class 0
- about 0.5 (0.505), with the calculation or the measurement
- no, because the weights shift the output away from the true frequency
- about 0.02 (1/51)
### END SOLUTION
"""

# %% [markdown]
r"""
## 4.11 By the probabilities, or by the logits?

A drill that makes the rounds asks: given predictions after a softmax, return the classification loss
and its gradient *with respect to the predictions*. The answer that goes with it is
`(p - onehot) / N`. That is a right gradient of something else. You have derived both:

| with respect to | gradient of the mean |
|---|---|
| probabilities $p$ | $-t / (N p)$: large where $p$ is small, 0 off the target |
| logits $x$ | $(p - t) / N$: never beyond $\pm 1/N$, and every class has a share |

Write the drill, and let central differences decide. You have all the parts.
"""

# %% nbgrader={"grade": false, "grade_id": "loss_function", "locked": false, "schema_version": 3, "solution": true, "task": false}
def loss_function(preds: np.ndarray, target: np.ndarray, reduction: str = "mean") -> tuple[Any, np.ndarray]:
    """A cross-entropy and its gradient with respect to the predicted probabilities.

    Args:
        preds: (N, C) probabilities, after a softmax.
        target: (N,) class indices, or (N, C).
        reduction: "mean", "sum" or "none".

    Returns:
        The loss, a number, or (N,) for "none"; and the (N, C) gradient of the loss with respect to
        preds: for "none" that of the sum, so that each row belongs to its own sample's loss.

    Raises:
        ValueError: another reduction.

    Example:
        >>> loss_function(np.array([[0.5, 0.5]]), np.array([0]))[1]
        array([[-2.,  0.]])
    """
    ### BEGIN SOLUTION
    losses = categorical_cross_entropy(preds, target)
    loss = reduce_loss(Tensor(losses), reduction).data
    counts = np.full_like(losses, 1 / len(losses) if reduction == "mean" else 1)
    return loss, categorical_cross_entropy_gradient(counts, losses, preds, target)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_loss_function_losses", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def test_loss_function_losses():
    """The loss for each reduction, and an error for other words."""
    p, y = np.array([[0.7, 0.1, 0.2], [0.1, 0.5, 0.4]]), np.array([0, 2])
    singles = np.array([-math.log(0.7), -math.log(0.4)])
    suspects = {
        "If reduction is ignored, mean and sum come out alike.": singles.sum(),
        "If the targets are ignored, look up each sample's own class.": -np.log([0.7, 0.5]).mean(),
    }
    assert_close(loss_function(p, y, "mean")[0], singles.mean(), suspects=suspects, name="mean", rtol=1e-6)
    suspects = {"If reduction is ignored, mean and sum come out alike.": singles.mean()}
    assert_close(loss_function(p, y, "sum")[0], singles.sum(), suspects=suspects, name="sum", rtol=1e-6)
    hint = "If 'none' reduces, one loss a sample is lost."
    assert_close(loss_function(p, y, "none")[0], singles, hint, name="none", rtol=1e-6)
    ### BEGIN HIDDEN TESTS
    assert_close(loss_function(p, np.array([1, 1]))[0], -math.log(0.05) / 2, name="mean, by default", rtol=1e-6)
    hint = "If any other word means something, a slip goes unnoticed."
    assert_raises(ValueError, loss_function, p, y, "avg", hint=hint)
    ### END HIDDEN TESTS


test_loss_function_losses()

# %% nbgrader={"grade": true, "grade_id": "test_loss_function_gradient", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_loss_function_gradient():
    """The gradient by the probabilities, as central differences measure it."""
    p, t = np.array([[0.7, 0.1, 0.2], [0.1, 0.5, 0.4]]), np.array([[1.0, 0, 0], [0, 0, 1]])
    suspects = {
        "If you wrote (p - t) / N, that is the gradient by the logits behind a softmax.": (p - t) / 2,
        "If you don't divide by N, that is the gradient of the sum.": -t / p,
        "If the minus is missing, a better p would raise the loss.": t / p / 2,
        "If every class has a slope, the targets are left out.": -1 / p / 2,
    }
    got = loss_function(p, np.array([0, 2]), "mean")[1]
    assert_close(got, [[-1 / 1.4, 0, 0], [0, 0, -1 / 0.8]], suspects=suspects, name="gradient of the mean", rtol=1e-6)
    hint = "If you divide by N for a sum, its gradient is too small."
    assert_close(loss_function(p, t, "sum")[1], [[-1 / 0.7, 0, 0], [0, 0, -2.5]], hint, name="of the sum", rtol=1e-6)
    ### BEGIN HIDDEN TESTS
    rng = np.random.default_rng(8)
    p, t = rng.dirichlet(np.ones(4), 5) + 0.05, rng.dirichlet(np.ones(4), 5)
    for word in ("mean", "sum", "none"):
        check_gradient(
            lambda p, word=word: np.sum(np.asarray(loss_function(p, t, word)[0])),
            lambda grad, output, p, word=word: grad * loss_function(p, t, word)[1],
            p, name=f"gradient of the {word}",
        )  # fmt: skip
    ### END HIDDEN TESTS


test_loss_function_gradient()

# %% [markdown]
r"""
Now the two side by side, both set against differences. The last line carries the first gradient
through softmax by hand, where a change of one logit moves all probabilities:
$\partial p_c / \partial x_j = p_c\,(\delta_{cj} - p_j)$. What comes out?
"""

# %%
x, y = np.array([[2.0, 0.5, -1.0], [0.1, 1.2, 3.0]]), np.array([0, 1])
p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
check_gradient(categorical_cross_entropy, categorical_cross_entropy_gradient, p, y)
check_gradient(cross_entropy, cross_entropy_gradient, x, y)

half = np.full(2, 1 / 2)  # the mean of two losses
by_p = categorical_cross_entropy_gradient(half, None, p, y)
by_x = cross_entropy_gradient(half, None, x, y)
print("by the probabilities\n", by_p.round(4))
print("by the logits\n", by_x.round(4))
print("the first, through softmax\n", (p * (by_p - (p * by_p).sum(axis=1, keepdims=True))).round(4))

# %% [markdown]
r"""
It is the gradient by the logits, as it must be. The 1/p of the one and the p of softmax cancel, which
is why the fused form is not only safer but also shorter.
"""

# %% [markdown]
r"""
## 4.12 Yes or no, and a bug to find

When several labels may be true at once, each is a yes-or-no question of its own, with one probability
$p$ and a target $t$ of 1 or 0 (or between):

$$ \ell = -\bigl( t \log p + (1 - t) \log (1 - p) \bigr), \qquad
   \frac{\partial \ell}{\partial p} = -\frac{t}{p} + \frac{1 - t}{1 - p} = \frac{p - t}{p\,(1 - p)} $$

Somebody wrote the loss as a loop. Run it before you read it.
"""

# %%
scores = np.array([
    [-0.7151, -0.5270, -1.1826, 2.3416, -0.2517], [0.3528, -0.5343, 1.2426, -1.5218, -0.6690],
    [-0.0890, -0.1483, 2.0760, 0.8813, 0.0722], [-0.7792, -0.8716, -0.1874, 0.9095, -1.1980],
])  # fmt: skip
labels = np.array([[1, 1, 0, 1, 0], [0, 1, 0, 1, 0], [1, 0, 0, 1, 1], [1, 0, 1, 1, 0]])
beliefs = 1 / (1 + np.exp(-scores))  # sigmoid: any number becomes a probability

total = 0.0
for belief, label in zip(beliefs.ravel(), labels.ravel(), strict=True):
    total += -(belief if label == 1 else -np.log(1 - belief))
print(f"binary cross-entropy {total / labels.size:.4f}")

# %% [markdown]
r"""
A loss below zero: -0.6205. Since $-\log p \ge 0$ for every probability, no average of such terms can be
negative, so the code is wrong without our knowing where. Find the two faults, and write the loss
right, for whole arrays. For these labels it should come out at 0.8003.

There is one more thing. In `float32`, sigmoid of 17 is exactly 1, and then $(1 - t) \log (1 - p)$ is 0
times infinity. PyTorch holds each logarithm at -100 or above, and this function follows it.
"""

# %%
#| export
# As in PyTorch's BCELoss. They are patches: at p = 0 the loss stops at 100 while its slope claims
# 10^12. `binary_cross_entropy_with_logits` needs neither.
LEAST_LOG = -100.0  # so that 0 * log 0 is 0 and a hopeless p costs 100
LEAST_SPREAD = 1e-12  # so that the slope at p = 0 or 1 can be divided by p (1 - p)

# %% nbgrader={"grade": false, "grade_id": "binary_cross_entropy", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def binary_cross_entropy(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The loss of each yes-or-no question: -(t log p + (1 - t) log(1 - p)).

    Args:
        probabilities: floats from 0 to 1, of any shape.
        targets: the same shape, 0 or 1 or between.

    Returns:
        An array of that shape, one loss an element. No logarithm counts as less than LEAST_LOG.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> binary_cross_entropy(np.array([0.5, 0.0]), np.array([1.0, 1.0])).round(4)
        array([  0.6931, 100.    ])

    Hint: `np.errstate` silences NumPy where you know what you do.
    """
    ### BEGIN SOLUTION
    same_shape(probabilities, targets)
    with np.errstate(divide="ignore"):
        log_yes = np.maximum(np.log(probabilities), LEAST_LOG)
        log_no = np.maximum(np.log1p(-probabilities), LEAST_LOG)
    return -(targets * log_yes + (1 - targets) * log_no)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_binary_cross_entropy_values", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_binary_cross_entropy_values():
    """The right value for the data of the loop, element by element."""
    x = np.array([[-0.7151, -0.5270, -1.1826, 2.3416, -0.2517], [0.3528, -0.5343, 1.2426, -1.5218, -0.6690],
                  [-0.0890, -0.1483, 2.0760, 0.8813, 0.0722], [-0.7792, -0.8716, -0.1874, 0.9095, -1.1980]])
    t = np.array([[1.0, 1, 0, 1, 0], [0, 1, 0, 1, 0], [1, 0, 0, 1, 1], [1, 0, 1, 1, 0]])
    p = 1 / (1 + np.exp(-x))
    slow = np.array([[-math.log(p[i, j] if t[i, j] else 1 - p[i, j]) for j in range(5)] for i in range(4)])
    suspects = {
        "If a yes costs -p, its logarithm is missing; if a no costs less than 0, its sign is turned.":
            np.where(t == 1, -p, np.log(1 - p)),
        "If a yes costs -p, its logarithm is missing.": np.where(t == 1, -p, slow),
        "If only a yes costs something, the loss of a no is missing.": np.where(t == 1, slow, 0),
        "If a no has a loss below zero, the minus must stand before both terms.": np.where(t == 1, slow, -slow),
        "If p and 1 - p have changed places, being right is punished.": np.where(t == 1, -np.log(1 - p), -np.log(p)),
        "If you average here, the elements can't be told apart any more.": slow.mean(),
    }
    got = assert_unchanged(binary_cross_entropy, p, t)
    assert_close(got, slow, suspects=suspects)
    assert_close(got.mean(), 0.8003363604, name="the mean for the data of the loop", rtol=1e-8)
    ### BEGIN HIDDEN TESTS
    got = binary_cross_entropy(np.array([0.25, 0.5], np.float32), np.array([0.5, 0.1], np.float32))
    expected = [-0.5 * math.log(0.25) - 0.5 * math.log(0.75), math.log(2)]
    assert_close(got, expected, "If t is rounded, targets between 0 and 1 are lost.", dtype=np.float32)
    ### END HIDDEN TESTS


test_binary_cross_entropy_values()

# %% nbgrader={"grade": true, "grade_id": "test_binary_cross_entropy_at_the_ends", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def test_binary_cross_entropy_at_the_ends():
    """Finite at probabilities of exactly 0 and 1, and other shapes are refused."""
    p, t = np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0, 0.0])
    hint = "If you take log 0 as it stands, 0 times infinity is nan: hold logarithms at LEAST_LOG."
    suspects = {"If you clip p instead, a hopeless p costs less than 100.": [0.0, 0.0, 34.53877639491069, 34.53957599234088]}
    with np.errstate(all="ignore"):
        assert_close(binary_cross_entropy(p, t), [0.0, 0.0, 100.0, 100.0], hint, suspects=suspects, rtol=1e-6)
    hint = "If NumPy may broadcast, (4, 1) against (4,) becomes 16 losses."
    assert_raises(ValueError, binary_cross_entropy, np.full((4, 1), 0.5), t, hint=hint)
    ### BEGIN HIDDEN TESTS
    with np.errstate(all="ignore"):
        got = binary_cross_entropy(np.array([[1.0], [1e-30]]), np.array([[0.0], [1.0]]))
    assert_close(got, [[100.0], [30 * math.log(10)]], "If p is clipped early, small p cost too little.")
    assert_raises(ValueError, binary_cross_entropy, np.full(3, 0.5), np.ones((2, 3)), hint=hint)
    ### END HIDDEN TESTS


test_binary_cross_entropy_at_the_ends()

# %% [markdown]
r"""
With its rule, which is given. At the ends it divides by almost nothing: the value says 100, the
slope says $10^{12}$, and the two do not belong together. That is what a patch looks like from close by.
"""

# %%
#| export
@gradient_of(binary_cross_entropy)
def binary_cross_entropy_gradient(grad, output, probabilities, targets):
    """d/dp = (p - t) / (p (1 - p))."""
    spread = np.maximum(probabilities * (1 - probabilities), LEAST_SPREAD)
    return grad * (probabilities - targets) / spread

# %%
check_gradient(binary_cross_entropy, binary_cross_entropy_gradient, np.array([0.2, 0.9]), np.array([1.0, 0.3]))
print("mean of the loop's data", binary_cross_entropy(beliefs, labels).mean())

# %% [markdown]
r"""
Logits help here too. With $p = 1 / (1 + e^{-x})$ one finds $\log p = x - \log(1 + e^x)$ and
$\log(1 - p) = -\log(1 + e^x)$. Put together, almost everything cancels:

$$ \ell = \log(1 + e^x) - x\,t $$

The logarithm is one that you know: $1 = e^0$, so it is log-sum-exp of two numbers, 0 and $x$, and can
be kept from overflowing in the same way.
"""

# %% nbgrader={"grade": false, "grade_id": "binary_cross_entropy_with_logits", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def binary_cross_entropy_with_logits(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The loss of each yes-or-no question from its logit: log(1 + e^x) - x t.

    Args:
        logits: floats of any shape and size.
        targets: the same shape, 0 or 1 or between.

    Returns:
        An array of that shape, one loss an element, finite for finite logits.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> binary_cross_entropy_with_logits(np.array([0.0, 1000.0]), np.array([1.0, 0.0])).round(4)
        array([6.931e-01, 1.000e+03])

    Hint: take out the larger of the two powers; `np.log1p`, `np.abs` and `np.maximum` may help.
    """
    ### BEGIN SOLUTION
    same_shape(logits, targets)
    losses = np.log1p(np.exp(-np.abs(logits)))
    losses += np.maximum(logits, 0)
    losses -= logits * targets
    return losses
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_binary_cross_entropy_with_logits_values", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_binary_cross_entropy_with_logits_values():
    """The definition, for yes, no and between; other shapes are refused."""
    x, t = np.array([[2.0, -1.0, 0.5], [-3.0, 0.0, 1.5]]), np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 0.3]])
    q = 1 / (1 + np.exp(-x))
    slow = np.zeros((2, 3))
    for i, j in np.ndindex(2, 3):
        slow[i, j] = math.log(1 + math.exp(x[i, j])) - x[i, j] * t[i, j]
    suspects = {
        "If you add x t, a right yes is punished.": slow + 2 * x * t,
        "If targets are turned round, yes is taken for no.": slow + x * t - x * (1 - t),
        "If you average here, the elements can't be told apart any more.": slow.mean(),
        "If you leave out x t, the targets are ignored.": slow + x * t,
        "If you apply sigmoid first, it is applied twice.": np.log(1 + np.exp(q)) - q * t,
        "If you take e^-x where x is below 0, max(x, 0) is too small there: use |x|.":
            np.maximum(x, 0) - x * t + np.log1p(np.exp(-x)),
    }
    got = assert_unchanged(binary_cross_entropy_with_logits, x, t)
    assert_close(got, slow, suspects=suspects)
    hint = "If NumPy may broadcast, (2, 1) against (2,) becomes 4 losses."
    assert_raises(ValueError, binary_cross_entropy_with_logits, np.zeros((2, 1)), np.zeros(2), hint=hint)
    ### BEGIN HIDDEN TESTS
    got = binary_cross_entropy_with_logits(np.zeros(3, np.float32), np.array([0.0, 0.5, 1.0], np.float32))
    assert_close(got, np.full(3, math.log(2)), "A logit of 0 is a coin toss.", dtype=np.float32)
    assert_raises(ValueError, binary_cross_entropy_with_logits, np.zeros((2, 3)), np.zeros(3), hint=hint)
    ### END HIDDEN TESTS


test_binary_cross_entropy_with_logits_values()

# %% nbgrader={"grade": true, "grade_id": "test_binary_cross_entropy_with_logits_extremes", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_binary_cross_entropy_with_logits_extremes():
    """Right for logits of 1000 and -1000, of either truth."""
    x, t = np.array([1000.0, -1000.0, 1000.0, -1000.0]), np.array([1.0, 0.0, 0.0, 1.0])
    hint = "If you take e^1000 as it stands, it is inf: no exponent may be above 0."
    suspects = {"If you clip probabilities, every bad mistake costs the same.": [0.0, 0.0, 34.53957599, 34.53877639]}
    with np.errstate(all="ignore"):
        got = binary_cross_entropy_with_logits(x, t)
    assert_close(got, [0.0, 0.0, 1000.0, 1000.0], hint, suspects=suspects, rtol=1e-6)
    ### BEGIN HIDDEN TESTS
    with np.errstate(all="ignore"):
        got = binary_cross_entropy_with_logits(np.array([100.0, -100.0], np.float32), np.array([1.0, 0.0], np.float32))
        far = binary_cross_entropy_with_logits(np.array([-60.0]), np.array([0.0]))
    assert_close(got, [0.0, 0.0], hint, dtype=np.float32)
    assert_close(far * 1e26, [0.875651076269652], "If 1 + e^-60 is rounded to 1, log1p keeps what is lost.")
    ### END HIDDEN TESTS


test_binary_cross_entropy_with_logits_extremes()

# %% [markdown]
r"""
The slope of $\log(1 + e^x)$ is $e^x / (1 + e^x)$, which is the sigmoid $\sigma(x)$, so

$$ \frac{\partial \ell}{\partial x} = \sigma(x) - t $$

Belief minus truth again. Sigmoid needs a little care of its own: $e^{1000}$ is as infinite here as there.
"""

# %% nbgrader={"grade": false, "grade_id": "binary_cross_entropy_with_logits_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits_gradient(
    grad: np.ndarray, output: np.ndarray, logits: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """The gradient of sum(grad * loss) with respect to the logits: grad (sigmoid(x) - t).

    Args:
        grad: how much each loss counts, of the logits' shape.
        output: the losses; not needed here.
        logits, targets: as in `binary_cross_entropy_with_logits`.
    """
    ### BEGIN SOLUTION
    powers = np.exp(-np.abs(logits))
    sigmoid = np.where(logits >= 0, 1, powers) / (1 + powers)
    return grad * (sigmoid - targets)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_binary_cross_entropy_with_logits_gradient", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_binary_cross_entropy_with_logits_gradient():
    """The rule agrees with central differences, and is finite at 1000."""
    x, t = np.array([[2.0, -1.0, 0.5], [-3.0, 0.0, 1.5]]), np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 0.3]])

    def s(x):
        return 1 / (1 + np.exp(-x))

    suspects = {
        "If you forget to subtract the target, the slope never reaches 0.": lambda g, o, x, t: g * s(x),
        "If the sign is turned, training climbs.": lambda g, o, x, t: g * (t - s(x)),
        "If you left out grad, every loss counts alike.": lambda g, o, x, t: s(x) - t,
        "If you divide by the number of elements here, the mean is taken twice.": lambda g, o, x, t: g * (s(x) - t) / x.size,
        "If you multiply by p (1 - p), the slope of sigmoid is counted twice.": lambda g, o, x, t: g * (s(x) - t) * s(x) * (1 - s(x)),
        "If you divide by p (1 - p), that is the gradient by the probability.": lambda g, o, x, t: g * (s(x) - t) / (s(x) * (1 - s(x))),
    }
    rule = binary_cross_entropy_with_logits_gradient
    check_gradient(binary_cross_entropy_with_logits, rule, x, t, suspects=suspects)
    far, truth = np.array([1000.0, -1000.0], np.float32), np.array([0.0, 1.0], np.float32)
    with np.errstate(all="ignore"):
        got = assert_unchanged(rule, np.ones(2, np.float32), far, far, truth)
    hint = "If you take e^x / (1 + e^x) as it stands, inf / inf is nan."
    assert_close(got, [1.0, -1.0], hint, dtype=np.float32)
    ### BEGIN HIDDEN TESTS
    x = np.random.default_rng(9).standard_normal(7)
    check_gradient(binary_cross_entropy_with_logits, rule, x, np.array([0, 1, 1, 0, 0.5, 1, 0]))
    ### END HIDDEN TESTS


test_binary_cross_entropy_with_logits_gradient()

# %% [markdown]
r"""
The classes are given. `pos_weight` makes a yes count more, which is a matter of targets once more:
with weight $w$, the loss is $s = w t + 1 - t$ times the plain loss for the target $w t / s$.
"""

# %%
#| export
class BinaryCrossEntropyLoss(Loss):
    """Binary cross-entropy for logits of any shape: sigmoid is inside.

    It equals PyTorch's BCEWithLogitsLoss, but refuses other shapes and targets outside [0, 1].

    Args:
        reduction: "mean" over all elements, "sum" or "none".
        pos_weight: above 0, how much a yes counts: a number, or one a label, of shape (C,).
    """

    def __init__(self, reduction: str = "mean", *, pos_weight: Any = None):
        super().__init__(reduction)
        self.pos_weight = None if pos_weight is None else to_array(pos_weight)
        if pos_weight is not None and not (self.pos_weight > 0).all():
            raise ValueError(f"pos_weight {pos_weight}: expected numbers above 0")

    def losses(self, output: Any, targets: Any) -> tuple[Tensor, float | None]:
        output, targets = prepare(output, targets)
        check_probabilities(targets.data, "targets")
        if self.pos_weight is None:
            return apply(binary_cross_entropy_with_logits, output, targets), None
        yes = targets.data * np.broadcast_to(self.pos_weight, targets.shape).astype(output.dtype)
        total = yes + (1 - targets.data)
        return apply(binary_cross_entropy_with_logits, output, yes / total) * total, None


class BinaryCrossEntropyOfProbabilities(Loss):
    """Binary cross-entropy for a model that ends in sigmoid; PyTorch's BCELoss. Prefer logits."""

    def losses(self, output: Any, targets: Any) -> tuple[Tensor, float | None]:
        output, targets = prepare(output, targets)
        check_probabilities(output.data, "probabilities")
        check_probabilities(targets.data, "targets")
        return apply(binary_cross_entropy, output, targets), None

# %%
print("from logits       ", BinaryCrossEntropyLoss().calculate(scores, labels))
print("from probabilities", BinaryCrossEntropyOfProbabilities().calculate(beliefs, labels))
print("logits 100, -100  ", BinaryCrossEntropyLoss()([100.0, -100.0], [1, 0]))

# %% [markdown]
r"""
## 4.13 Which loss for which task?

| task | last layer gives | targets | loss |
|---|---|---|---|
| a quantity (price, age) | `(N, 1)` numbers | `(N, 1)` numbers | `MeanSquaredError` |
| one class of many | `(N, C)` logits | `(N,)` indices | `CrossEntropyLoss` |
| several labels at once | `(N, C)` logits | `(N, C)` of 0 and 1 | `BinaryCrossEntropyLoss` |
| ordered classes (stars, grades) | `(N, C - 1)` logits, "more than $k$?" | `(N, C - 1)` of 0 and 1 | `BinaryCrossEntropyLoss` |
| a model that ends in softmax | `(N, C)` probabilities | `(N,)` or `(N, C)` | `CategoricalCrossEntropyLoss` |

Why not squared error on probabilities? Look at the slopes. For a yes ($t = 1$), the figure draws how
hard each loss pulls on the logit. Left of 0 the model is wrong.
"""

# %%
x, ones = np.linspace(-12, 12, 480), np.ones(480)
p = 1 / (1 + np.exp(-x))
clipped = clip_gradient(binary_cross_entropy_gradient(ones, None, p, ones), None, p, 1e-3, 1 - 1e-3)
figure, axes = figures.subplots()
axes.plot(x, binary_cross_entropy_with_logits_gradient(ones, None, x, ones), label="cross-entropy of logits")
axes.plot(x, clipped * p * (1 - p), "--", label="the same, p clipped at 0.001")
axes.plot(x, squared_error_gradient(ones, None, p, ones) * p * (1 - p), ":", lw=2.5, label="squared error of p")
axes.set(xlabel="logit x, where the truth is yes", ylabel="gradient by x",
         title="Only cross-entropy of logits pulls hardest where it is most wrong")
axes.legend(loc="center right")
figures.show(figure, alt="At logit -12 the gradient is -1 for cross-entropy and 0 for clipping and squared error.")

# %% [markdown]
r"""
Squared error lets go of a confident mistake, since its slope has to pass through that of sigmoid, and
clipping lets go by decree. The same, seen from above: the mean loss of a model with two weights,
$p = \sigma(w x + b)$, on six points.
"""

# %%
points, truth = np.array([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0]), np.array([0.0, 0, 1, 0, 1, 1])
w, b = np.meshgrid(np.linspace(-8, 12, 81), np.linspace(-8, 8, 81))
outputs = w[..., None] * points + b[..., None]  # (81, 81, 1) * (6,) + (81, 81, 1) -> (81, 81, 6)
t = np.broadcast_to(truth, outputs.shape)
surfaces = {
    "Squared error: a flat shelf": squared_error(1 / (1 + np.exp(-outputs)), t).mean(axis=-1),
    "Cross-entropy: one bowl": binary_cross_entropy_with_logits(outputs, t).mean(axis=-1),
}
figure, axes = figures.subplots(1, 2, width=7.4, sharey=True)
for axis, (title, surface) in zip(axes, surfaces.items(), strict=True):
    shades = axis.contourf(w, b, surface, levels=16)
    low = np.unravel_index(surface.argmin(), surface.shape)
    axis.plot(w[low], b[low], "*", color="white", ms=11)
    axis.set(xlabel="w", title=title)
    figure.colorbar(shades, ax=axis, label="mean loss")
axes[0].set_ylabel("b")
figures.show(figure, alt="Two maps over w and b: squared error has a plateau on the left, cross-entropy slopes down everywhere.")

# %% [markdown]
r"""
The star marks the lowest point. From the left edge, cross-entropy leads downhill all the way, while
squared error leaves you on a shelf where no direction is much better than another.
"""

# %% [markdown] nbgrader={"grade": false, "grade_id": "star_ratings_prompt", "locked": true, "schema_version": 3, "solution": false, "task": false}
r"""
### Question 4.13: a loss for star ratings

A shop predicts the stars, 1 to 5, that a customer will give. Two candidates: one number with
`MeanSquaredError`, or five logits with `CrossEntropyLoss`.

1. The truth is 5 stars. One model gives 4 stars a probability of 0.96 and the others 0.01 each; another
   gives 1 star 0.96 and the others 0.01 each. What is the cross-entropy of each? What does it not see?
2. For the same product half of the customers give 1 star and half give 5. What does each candidate
   learn to predict for it, and which tells the shop more?
3. What does squared error assume about the step from 1 to 2 stars and the step from 4 to 5?
4. Name a loss of the table that knows the order and still gives probabilities. Which targets does it
   get for 4 stars?
"""

# %% [markdown] nbgrader={"grade": true, "grade_id": "star_ratings", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
r"""
### BEGIN SOLUTION
1. Both cost -log 0.01 = 4.6. Cross-entropy does not see that 4 is nearer to 5 than 1 is.
2. Squared error learns the mean, 3 stars, which nobody gave; cross-entropy learns one half each for 1 and
   5, which tells the shop that opinions are divided.
3. That all steps are equally large: 1 to 2 counts as much as 4 to 5.
4. Binary cross-entropy on the four questions "more than 1, 2, 3, 4 stars?"; for 4 stars the targets are
   1, 1, 1, 0.

Rubric, one point each:
- 4.6 for both: the order of the classes is not seen
- 3 stars against one half each, and the latter says more
- equal steps between neighbouring ratings
- "more than k" with binary cross-entropy, and targets 1, 1, 1, 0
### END SOLUTION
"""

# %% [markdown]
r"""
## 4.14 How sure is the nearest mean?

Lesson 1 gave each handwritten digit the class of the nearest mean image. A class that is nearer
should have a larger logit, so let the logits be the *negative* distances, divided by a number $T$
that is called a temperature. $T$ can't change which one is nearest. Which loss do you expect for
$T = 1$, and which for a huge $T$?
"""

# %%
from sklearn.datasets import load_digits

digits = load_digits()
images, classes = Tensor(digits.data), digits.target
means = Tensor(np.stack([digits.data[:1200][classes[:1200] == d].mean(axis=0) for d in range(10)]))
x, truth = images[1200:], classes[1200:]
# (597, 1) - (597, 64) @ (64, 10) + (10,) -> (597, 10)
distances = (x * x).sum(axis=1, keepdims=True) - 2 * (x @ means.T) + (means * means).sum(axis=1)

loss = CrossEntropyLoss()
for temperature in (1, 10, 30, 100, 300, 1000, 10**6):
    logits = -distances / temperature
    right = np.mean(logits.data.argmax(axis=1) == truth)
    print(f"T = {temperature:<8} right {right:.1%}   loss {loss.calculate(logits, truth):.3f}")

worst = CrossEntropyLoss("none")(-distances / 100, truth).data.argsort()[-6:]

# %%
figure, axes = figures.subplots(1, 6, height=1.5)
for axis, n in zip(axes, worst, strict=True):
    axis.imshow(images[1200 + n].reshape(8, 8).data, cmap="Greys")
    said = distances[n].data.argmin()
    axis.set_title(f"{truth[n]}, taken for {said}", fontsize=8)
    axis.set(xticks=[], yticks=[])
figures.show(figure, alt="The six digits with the largest losses, with their labels and what they were taken for.")

# %% [markdown]
r"""
The accuracy never moves, and the loss moves by more than a factor of ten. At $T = 1$ the classifier is
sure of everything, its mistakes included. With a huge $T$ it knows nothing, and its loss is
$\log 10 = 2.303$. In between lies a model that is right as often, and says honestly how sure it is. The
pictures are those that "none" picked out as the dearest mistakes.
"""

# %% [markdown]
r"""
## 4.15 Summary

Cross-entropy is the negative logarithm of the probability that a model gave to what happened, and it
never stops caring about a confident mistake, as squared error does. Computed from logits it needs no
clipping, and its gradient is belief minus truth. Targets carry the rest, be they indices, rows, weights
or smoothing, and `reduction` decides how strongly a batch pulls.
"""
