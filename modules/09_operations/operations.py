# %% [markdown]
r"""
# 9. Operations

Networks are drawn as boxes and arrows. So far each box of yours had one arrow in and one out. Here
arrows meet and part: tensors are joined, cut, chosen from, looked up, sorted. Each operation is a
line of NumPy; what you write is mostly its way back. At the end a recurrent network reads
handwritten digits, and three models run that could not be written before.

You need lesson 1 (the door `apply`, `operation`, `gradient_of`), lesson 6 (gradient rules), and
lessons 7 and 8 for training.
"""

# %%
#| default_exp core.operations
#| public GRU GRUCell argmax clip concatenate cumsum einsum maximum minimum norm pad sort split stack std take topk unbind var where

# %%
from tinytorch import testing as tt

tt.begin("operations")

# %%
#| export
import functools
import math
import operator
import string
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinytorch.core.activations import Layer, sigmoid, tanh
from tinytorch.core.layers import linear
from tinytorch.core.tensor import (
    GRADIENTS,
    Axis,
    Call,
    Origin,
    Tensor,
    apply,
    begin,
    gradient_of,
    mean,
    method,
    operation,
    recording,
    to_array,
)

# %% jupyter={"source_hidden": true}
# What this lesson measures, draws, trains and tests with
import time

from pydoc_data.topics import topics

from tinytorch.data import load_digits

from tinytorch import figures
from tinytorch.core.accuracy import accuracy
from tinytorch.core.activations import softmax
from tinytorch.core.autograd import backward, no_grad
from tinytorch.core.layers import Linear, count_parameters
from tinytorch.core.losses import CrossEntropyLoss, MeanSquaredError
from tinytorch.core.optimizers import Adam
from tinytorch.core.training import DataLoader, TensorDataset, fit
from tinytorch.testing.oracles import operations as oracles

# %% [markdown]
r"""
## 9.1 A loop that gets slower and slower

A recurrent network goes through a sequence in a loop and looks at one step at a time. Here the
loop does next to nothing: it adds the steps up. The sequence has the shape `(steps, 64, 32)`.
Twice as many steps should take twice as long. Do they?
"""

# %%
def by_index(x):
    total = 0.0
    for step in range(len(x)):
        total = total + x[step]  # (64, 32)
    return total.sum()


def milliseconds(loop, steps):
    """How long a loop over a sequence takes, there and back."""
    x = Tensor(np.ones((steps, 64, 32), np.float32), requires_grad=True)
    start = time.perf_counter()
    backward(loop(x))
    return 1000 * (time.perf_counter() - start)


for steps in (100, 200, 400):
    print(f"{steps} steps: {min(milliseconds(by_index, steps) for _ in range(2)):6.1f} ms")

a, b = Tensor([[1.0, 2.0]], requires_grad=True), Tensor([[3.0]])
try:
    np.concatenate([a, b], axis=1)
except TypeError as error:
    print("\nTypeError:", error)

# %% [markdown]
r"""
More than twice as long, and towards four times the longer it gets. The way back through `x[step]`
makes an array as large as *all* of `x`, full of zeros but for one step, and it does so in every
step. No rule can know that the other steps will come as well, unless all pieces are cut at once.
You will do that in section 9.3.

The second surprise is that two tensors can't be joined at all: NumPy's own function refuses them,
since the gradient would get lost. So we begin there.
"""

# %% [markdown]
r"""
## 9.2 Joining

Joining arrays along an axis keeps their order: with a length of 2 and of 3, `(N, 2)` and `(N, 3)`
become `(N, 5)`. Every number is copied to one place. So its gradient is the one that comes back to
this place: joining forward is cutting backward.
"""

# %%
#| export
@operation
def joined(*arrays: np.ndarray, axis: int = 0) -> np.ndarray:
    """Arrays one after the other along an axis."""
    return np.concatenate(arrays, axis)

# %% [markdown]
r"""
This operation takes any number of inputs. It has one rule for all of them, registered without a
number: `gradient_of(joined, None)`. It returns a gradient for each input, in order.
"""

# %% nbgrader={"grade": false, "grade_id": "joined_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(joined, None, reads=())
def joined_gradient(
    grad: np.ndarray, output: np.ndarray, *arrays: np.ndarray, axis: int = 0
) -> Sequence[np.ndarray]:
    """The gradients of sum(grad * joined(*arrays, axis=axis)) by each of the arrays.

    Args:
        grad: the incoming gradient, of the shape of the output.
        output: joined(*arrays, axis=axis).
        arrays: one or more, of one shape but for their lengths along axis, which may be 0. Their
            dtypes may differ.
        axis: along which they were joined; may be negative.

    Returns:
        A list or tuple with one array for each of `arrays`, in order, of its shape and of the
        dtype of grad. They may be views of grad, which is not written into.

    Example:
        >>> a, b = np.zeros(2), np.zeros(1)
        >>> joined_gradient(np.array([1.0, 10.0, 5.0]), joined(a, b), a, b)
        [array([ 1., 10.]), array([5.])]
    """
    ### BEGIN SOLUTION
    ends = np.cumsum([array.shape[axis] for array in arrays])
    return np.split(grad, ends[:-1], axis)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_joined_gradient", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_joined_gradient():
    """Each array gets the part of grad that stands where it went, along any axis."""
    kinds = [([(2,), (3,)], None), ([(2, 3), (1, 3)], 0), ([(2, 1), (2, 3)], 1)]
    kinds += [([(2, 2), (2, 2), (2, 1)], -1), ([(3, 1, 2), (3, 2, 2), (3, 1, 2)], 1)]
    kinds += [([(2, 2, 1), (2, 2, 3)], -1), ([(1, 3, 2), (2, 3, 2)], -3), ([(2, 2), (2, 2)], 0)]
    rule = oracles.listed(joined_gradient)
    tt.check(rule, oracles.cut_back, oracles.joins(kinds, seed=0))
    ### BEGIN HIDDEN TESTS
    kinds = [([(3,), (1,)], 0), ([(3, 1), (3, 4)], -1), ([(2, 4, 1), (2, 1, 1)], -2)]
    kinds += [([(4, 2), (2, 2), (1, 2)], None), ([(3, 3), (3, 3)], 1)]
    tt.check(rule, oracles.cut_back, oracles.joins(kinds, seed=40))
    ### END HIDDEN TESTS


test_joined_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_joined_gradient_of_one_many_and_empty_arrays", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_joined_gradient_of_one_many_and_empty_arrays():
    """One array, ten, empty ones, one twice, two dtypes: each gets its part, as grad has it."""
    kinds = [([(2, 3)], 1), ([(n % 3 + 1, 2) for n in range(10)], 0), ([(0, 2), (3, 2)], 0)]
    kinds += [([(2, 1), (2, 0), (2, 2)], 1), ([(2, 0), (2, 0)], -1), ([(3,)], None)]
    cases = oracles.joins(kinds, seed=1, mixed=True) + oracles.joined_twice((2, 2), 0, seed=2)
    rule = oracles.listed(joined_gradient)
    tt.check(rule, oracles.cut_back, cases)
    ### BEGIN HIDDEN TESTS
    kinds = [([(3, 1)], 0), ([(2, n % 2 + 1) for n in range(7)], -1), ([(1, 2), (0, 2)], 0)]
    kinds += [([(0,), (0,), (2,)], None), ([(2, 0)], 1)]
    cases = oracles.joins(kinds, seed=50, mixed=True) + oracles.joined_twice((1, 3), -1, seed=51)
    tt.check(rule, oracles.cut_back, cases)
    ### END HIDDEN TESTS


test_joined_gradient_of_one_many_and_empty_arrays()

# %% nbgrader={"grade": true, "grade_id": "test_joined_gradient_agrees_with_slopes", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_joined_gradient_agrees_with_slopes():
    """It is the slope that moving a number of any of the arrays shows."""
    arrays = tt.numbers((2, 1), seed=1), tt.numbers((2, 3), seed=2), tt.numbers((2, 2), seed=3)
    for n in range(3):
        rule = oracles.part(joined_gradient, n)
        tt.check_gradient(oracles.joined, rule, [tt.case(*arrays, axis=1)], argnum=n)
    ### BEGIN HIDDEN TESTS
    pair = tt.numbers((1, 2), seed=4), tt.numbers((3, 2), seed=5)
    for n in range(2):
        rule = oracles.part(joined_gradient, n)
        tt.check_gradient(oracles.joined, rule, [tt.case(*pair, axis=-2)], argnum=n)
    ### END HIDDEN TESTS


test_joined_gradient_agrees_with_slopes()

# %% [markdown]
r"""
What users call is `concatenate`, which takes a list. `stack` joins along a *new* axis: two of
shape `(N, D)` become `(2, N, D)`. Both are given in a folded cell. Here is what the pair was made
for:
"""

# %% jupyter={"source_hidden": true}
#| export
# concatenate and stack
def concatenate(tensors: Sequence[Any], axis: int = 0) -> Any:
    """Tensors one after the other along an axis, as `np.concatenate` and `torch.cat`.

    Args:
        tensors: a list of Tensors or arrays, of one shape but for their lengths along axis.
        axis: may be negative.

    Raises:
        ValueError: there are none, or their shapes do not fit.

    Example:
        >>> concatenate([Tensor([[1.0, 2.0]]), Tensor([[3.0]])], axis=1)
        Tensor([[1., 2., 3.]])
    """
    tensors = several_tensors(tensors, "concatenate")
    try:
        return joined(*tensors, axis=axis)
    except ValueError as error:
        raise ValueError(
            f"can't join shapes {[x.shape for x in tensors]} along axis {axis}: expected equal "
            "lengths along all other axes; reshape, or name another axis"
        ) from error


def stack(tensors: Sequence[Any], axis: int = 0) -> Any:
    """Tensors of one shape along a new axis, as `np.stack` and `torch.stack`.

    Raises:
        ValueError: there are none, or their shapes differ.

    Example:
        >>> stack([Tensor([1.0, 2.0]), Tensor([3.0, 4.0])]).shape
        (2, 2)
    """
    tensors = several_tensors(tensors, "stack")
    try:
        return stacked(*tensors, axis=axis)
    except ValueError as error:
        raise ValueError(
            f"can't stack shapes {[x.shape for x in tensors]} along axis {axis}: expected one "
            "shape for all, and a new axis that it can have; reshape, or use concatenate"
        ) from error


def known_axis(axis: Any, shape: tuple) -> int:
    """An axis that an array of a shape has, or an error that says which ones there are."""
    if isinstance(axis, bool) or not hasattr(axis, "__index__"):
        raise TypeError(f"expected an axis, a whole number, got {axis!r}: write axis=0, say")
    if not -len(shape) <= axis < len(shape):
        last = f"they are 0 to {len(shape) - 1}" if shape else "a single number has none"
        raise ValueError(f"expected an axis of the shape {shape}, got {axis}: {last}")
    return operator.index(axis)


def several_tensors(tensors: Any, name: str) -> list:
    """The list that a function asks for, refused where it is one tensor alone, or empty."""
    if isinstance(tensors, Tensor | np.ndarray):
        raise TypeError(f"expected a list, got one tensor: write {name}([first, second])")
    found = [x if isinstance(x, Tensor) else to_array(x) for x in tensors]
    if not found:
        raise ValueError(f"expected at least one tensor to {name}, got an empty list")
    return found


@operation
def stacked(*arrays: np.ndarray, axis: int = 0) -> np.ndarray:
    """Arrays of one shape along a new axis."""
    return np.stack(arrays, axis)


@gradient_of(stacked, None, reads=())
def stacked_gradient(grad, output, *arrays, axis=0):
    return list(np.moveaxis(grad, axis, 0))

# %%
backward((concatenate([a, b], axis=1) * np.array([1.0, 10.0, 100.0], np.float32)).sum())
print("the gradient of a:", a.grad)

# %% [markdown]
r"""
## 9.3 Cutting

Cutting is the other direction: one array in, several out. As nothing is computed, nothing need be
copied either: each piece is a *view* of the memory of the whole. PyTorch's `split` takes the
length of each piece, or a list of lengths.
"""

# %% nbgrader={"grade": false, "grade_id": "pieces", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def pieces(array: np.ndarray, sizes: int | Sequence[int], axis: int = 0) -> Sequence[np.ndarray]:
    """Cut an array into pieces along an axis.

    Args:
        array: of any dtype. Its length along axis is at least 1.
        sizes: the length of each piece, an int; the last piece may be shorter, also if it is the
            only one. Or a list or tuple of all lengths, 0 among them perhaps, which add up to the
            length of the axis. It is not written into.
        axis: may be negative.

    Returns:
        A list or tuple of arrays, in order, each a view of the array.

    Raises:
        ValueError: an int below 1, a length below 0, or lengths with another sum.

    Example:
        >>> pieces(np.arange(5), 2)
        [array([0, 1]), array([2, 3]), array([4])]
        >>> pieces(np.arange(5), [1, 4])
        [array([0]), array([1, 2, 3, 4])]

    Hint: `np.split` takes the places where to cut.
    """
    ### BEGIN SOLUTION
    length = array.shape[axis]
    if isinstance(sizes, int):
        if sizes < 1:
            raise ValueError(f"expected pieces of length 1 or more, got {sizes}")
        sizes = [min(sizes, length - start) for start in range(0, length, sizes)]
    if min(sizes) < 0 or sum(sizes) != length:
        raise ValueError(f"expected lengths that add up to {length}, got {list(sizes)}")
    return np.split(array, np.cumsum(sizes)[:-1], axis)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_pieces_of_one_length", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_pieces_of_one_length():
    """An int is the length of each piece; the last one may be shorter."""
    kinds = [((6,), 2, None), ((5,), 2, None), ((2, 7), 3, 1), ((4, 3), 1, 0), ((3, 4), 4, -1)]
    kinds += [((2, 5, 3), 2, -2), ((3, 2), 5, 0), ((1, 2), 1, 0), ((9, 2), 4, 0)]
    tt.check(oracles.listed(pieces), oracles.cut, oracles.cuts(kinds, seed=0))
    ### BEGIN HIDDEN TESTS
    kinds = [((8,), 4, None), ((7,), 4, 0), ((3, 5), 2, -1), ((2, 3), 9, 1), ((7, 1, 2), 3, -3)]
    tt.check(oracles.listed(pieces), oracles.cut, oracles.cuts(kinds, seed=30))
    ### END HIDDEN TESTS


test_pieces_of_one_length()

# %% nbgrader={"grade": true, "grade_id": "test_pieces_of_several_lengths", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_pieces_of_several_lengths():
    """A list gives the length of each piece, in order, and stays as it is; a length may be 0."""
    kinds = [((6,), [1, 5], None), ((5,), [2, 1, 2], 0), ((2, 7), [3, 3, 1], 1), ((4, 3), [4], 0)]
    kinds += [((3, 4), [0, 3, 1], -1), ((2, 5, 3), [1, 4, 0], -2), ((6, 2), (2, 2, 2), 0)]
    tt.check(oracles.listed(pieces), oracles.cut, oracles.cuts(kinds, seed=1))
    lists, after = oracles.cuts(kinds[:5], seed=1), oracles.lengths_after(pieces)
    tt.check(after, oracles.lengths_before, lists, name="the list of lengths after pieces")
    ### BEGIN HIDDEN TESTS
    kinds = [((4,), [3, 1], None), ((3, 6), [1, 2, 3], -1), ((2, 3), (0, 2), 0), ((5, 1), [5], -2)]
    tt.check(oracles.listed(pieces), oracles.cut, oracles.cuts(kinds, seed=31))
    lists = oracles.cuts(kinds[:2], seed=31)
    tt.check(after, oracles.lengths_before, lists, name="the list of lengths after pieces")
    ### END HIDDEN TESTS


test_pieces_of_several_lengths()

# %% nbgrader={"grade": true, "grade_id": "test_pieces_refuses_lengths_that_do_not_fit", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_pieces_refuses_lengths_that_do_not_fit():
    """Lengths with another sum, or none, or below 0, an int below 1: each is a ValueError."""
    x, wide = tt.numbers((5, 2)), tt.numbers((2, 6))
    refused = [(x, [2, 2]), (x, [3, 3]), (x, [6, -1]), (x, 0), (x, -2), (wide, [5, -1, 2], 1)]
    refused += [(wide, [1, 1], -1), (wide, [6]), (x, [])]
    tt.check_raises(ValueError, pieces, refused, but=[(x, [2, 3]), (wide, 4, 1), (wide, [2], 0)])
    ### BEGIN HIDDEN TESTS
    refused = [(x, [5, 1]), (x, [4]), (x, [-1, 6]), (x, -1), (wide, [7, -1], -1), (wide, 0, 1)]
    refused += [(wide, [], 1)]
    tt.check_raises(ValueError, pieces, refused, but=[(x, 7), (wide, [0, 6], 1)])
    ### END HIDDEN TESTS


test_pieces_refuses_lengths_that_do_not_fit()

# %% nbgrader={"grade": true, "grade_id": "test_pieces_are_views", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_pieces_are_views():
    """Nothing is copied: each piece views the memory of the array."""
    kinds = [((6,), 2, None), ((2, 7), 3, 1), ((4, 3), [1, 3], 0), ((3, 5), [2, 3], -1)]
    tt.check(oracles.views(pieces), oracles.all_views, oracles.cuts(kinds, seed=2))
    ### BEGIN HIDDEN TESTS
    kinds = [((5,), 3, 0), ((3, 4), [1, 1, 2], 1), ((2, 2, 4), 2, -1)]
    tt.check(oracles.views(pieces), oracles.all_views, oracles.cuts(kinds, seed=32))
    ### END HIDDEN TESTS


test_pieces_are_views()

# %% [markdown]
r"""
The way back waits until the gradients of *all* pieces are there, and joins them, once. Their rule
gets a list of gradients in the place of one:
"""

# %%
#| export
@gradient_of(pieces)
def pieces_gradient(grads, output, array, sizes, axis=0):
    return np.concatenate(grads, axis)


def rows(array: np.ndarray, axis: int = 0) -> list[np.ndarray]:
    """All parts of an array along an axis, which is gone from them."""
    moved = np.moveaxis(array, axis, 0)
    return [moved[n, ...] for n in range(len(moved))]  # the dots make numbers arrays


@gradient_of(rows)
def rows_gradient(grads, output, array, axis=0):
    return np.stack(grads, axis)

# %% [markdown]
r"""
The door knows functions of one output only. The next cell need not be read: its `several` takes a
function of many outputs through the door in two kinds of steps, one *cut*, then a *piece* for each
output. On the way back each piece leaves its gradient with the cut, which comes last and asks the
rule.
"""

# %% jupyter={"source_hidden": true}
#| export
# Functions with several outputs, and split and unbind, which are made of them
class Cut(Call):
    """One call of a function that makes several arrays of one, as it stands in a record.

    Its result is a single 0, an `Anchor`, and each piece is recorded as a function of that 0, by a
    `Piece`. So a walk meets all pieces before the cut. They leave their gradients here, and the
    rule for the whole input is asked once: a loop over n pieces costs n small steps back and one
    large one, not n large ones. A piece that nobody used counts as zeros.
    """

    def __init__(self, function: Callable, options: dict):
        super().__init__(function)
        self.options = options
        self.pieces: list[np.ndarray] = []
        self.likes: list[tuple] = []  # the shape and dtype of each piece
        self.grads: list[tuple[int, np.ndarray]] = []  # of which piece, and what it left

    def __call__(self, array: np.ndarray) -> np.ndarray:
        self.pieces = list(self.operation(array, **self.options))
        self.likes = [(piece.shape, piece.dtype) for piece in self.pieces]
        return np.zeros(())

    def anchor(self, x: Tensor) -> Tensor:
        """Cut x; the 0 that stands for all pieces, recorded."""
        zero = Anchor(self(x.data))
        zero.requires_grad, zero.origin = True, Origin(self, (x,), {})
        return zero

    def rule(self, argnum: int) -> Callable:
        def whole(grad: np.ndarray, output: np.ndarray, array: np.ndarray) -> np.ndarray:
            # Each piece sent a 1: so many are of this walk. What lies below them was left by one
            # that broke off, or by one that a rule interrupts for this one.
            first = len(self.grads) - round(float(grad))
            left = dict(self.grads[first:])
            del self.grads[first:]
            grads = [left[n] if n in left else np.zeros(*like) for n, like in enumerate(self.likes)]
            return GRADIENTS[self.operation, 0](grads, None, array, **self.options)

        return whole


class Anchor(Tensor):
    """The 0 that all pieces hang on. It is not freed by a walk, as others may come through it:

    each row of a weight may have a loss of its own, from which somebody goes back at once.
    """

    __slots__ = ()
    origin = property(
        operator.attrgetter("_origin"),
        lambda self, origin: begin(self, origin) if self._origin is None else None,
    )


class Piece(Call):
    """One of the arrays that a `Cut` made."""

    def __init__(self, cut: Cut, number: int):
        super().__init__(piece)
        self.cut, self.number = cut, number
        self.__name__ = f"{cut.__name__}[{number}]"

    def __call__(self, zero: np.ndarray) -> np.ndarray:
        return self.cut.pieces[self.number]

    def rule(self, argnum: int) -> Callable:
        def leave(grad: np.ndarray, output: np.ndarray, zero: np.ndarray) -> np.ndarray:
            self.cut.grads.append((self.number, grad))
            return np.ones(())

        return leave


def piece(zero: np.ndarray) -> np.ndarray:
    """What stands in the register for all pieces: their way back reads no numbers."""
    return zero


gradient_of(piece)(lambda grad, output, zero: 0.0)


def several(function: Callable, x: Any, **options: Any) -> tuple:
    """Call a function that makes several arrays of one, with a Tensor or an array.

    Its rule is `rule(grads, None, array, **options)`: it gets all gradients at once, in a list.
    """
    if not isinstance(x, Tensor):
        return tuple(function(to_array(x), **options))
    if not (x.requires_grad and recording.enabled):
        return tuple(map(Tensor, function(x.data, **options)))
    cut = Cut(function, options)
    zero = cut.anchor(x)
    found = tuple(apply(Piece(cut, n), zero) for n in range(len(cut.pieces)))
    cut.pieces = []  # the record keeps none of them alive
    return found


def split(x: Any, sizes: Any, axis: int = 0) -> tuple:
    """Pieces of x along an axis, as `torch.split`: views, with one way back for all of them.

    Args:
        x: a Tensor or array.
        sizes: the length of each piece (the last may be shorter), or a list of all lengths.
        axis: may be negative.

    Raises:
        ValueError: the axis does not exist, or the lengths do not fit it.

    Example:
        >>> split(Tensor([1.0, 2.0, 3.0]), [1, 2])
        (Tensor([1.]), Tensor([2., 3.]))
    """
    shape = np.shape(x)
    axis = known_axis(axis, shape)
    try:
        sizes = operator.index(sizes) if np.ndim(sizes) == 0 else [*map(operator.index, sizes)]
    except TypeError:
        raise TypeError(f"expected whole numbers as lengths, got {sizes!r}: round them") from None
    if shape[axis] == 0 and isinstance(sizes, int):
        sizes = [0]  # nothing is one piece of nothing, as in PyTorch
    return several(pieces, x, sizes=sizes, axis=axis)


@method
def unbind(x: Any, axis: int = 0) -> tuple:
    """All parts of x along an axis, as `torch.unbind`: views, with one way back for all of them.

    `for row in tensor` goes through them.

    Example:
        >>> unbind(Tensor([[1.0, 2.0], [3.0, 4.0]]))
        (Tensor([1., 2.]), Tensor([3., 4.]))
    """
    return several(rows, x, axis=known_axis(axis, np.shape(x)))

# %% [markdown]
r"""
Is the loop of section 9.1 cured? Look at the slopes of the two lines: both scales are logarithmic.
"""

# %%
def cut_once(x):
    total = 0.0
    for step in unbind(x):
        total = total + step
    return total.sum()


lengths = [75, 150, 300, 600]
figure, axis = figures.subplots(height=3.0)
for loop, style, label in ((by_index, "o-", "x[step]"), (cut_once, "s--", "unbind(x)")):
    times = [min(milliseconds(loop, steps) for _ in range(2)) for steps in lengths]
    axis.loglog(lengths, times, style, label=label)
axis.set(xlabel="steps", ylabel="milliseconds, there and back", xticks=lengths, xticklabels=lengths)
axis.set_title("By index a loop costs the square of its steps")
axis.minorticks_off()
axis.legend()
figures.show(figure, alt="By index the time rises twice as steeply with the steps as by unbind.")

# %% [markdown]
r"""
The lower line rises as the number of steps does, the upper one ever more steeply, until it rises
twice as fast.
"""

# %% [markdown]
r"""
## 9.4 Choosing

In a text that a model continues word by word, no word may look at what comes after it; a short
sentence in a batch ends in padding that nobody may see. Such *masks* are a choice, number by
number: `where(condition, a, b)` takes `a` where the condition is true and `b` elsewhere, after
broadcasting the three.
"""

# %%
#| export
@operation
def where(condition: Any, a: Any, b: Any) -> np.ndarray:
    """a where the condition is true, b elsewhere, as `np.where` and `torch.where`.

    Args:
        condition: truths, an array or a Tensor.
        a, b: Tensors, arrays or numbers. The three broadcast.

    Raises:
        TypeError: the condition holds something other than truths.

    Example:
        >>> where(np.array([True, False]), Tensor([1.0, 2.0]), 0.0)
        Tensor([1., 0.])
    """
    if np.asarray(condition).dtype != bool:
        raise TypeError("expected an array of truths to choose by: compare first, as in x > 0")
    return np.where(condition, a, b)

# %% [markdown]
r"""
What was not chosen had no influence on the output. So its gradient is 0, whatever stands there. A
mask is put over values *because* they may be infinite or nan; watch what 0 times infinity gives.
"""

# %% nbgrader={"grade": false, "grade_id": "where_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(where, None)
def where_gradient(
    grad: np.ndarray, output: np.ndarray, condition: np.ndarray, a: Any, b: Any
) -> Sequence[Any]:
    """The gradients of sum(grad * where(condition, a, b)) by a and by b.

    Args:
        grad: the incoming gradient, of the shape and dtype of the output.
        output: where(condition, a, b).
        condition: an array of truths.
        a, b: arrays or plain numbers. The three broadcast to the shape of the output.

    Returns:
        Three: None for the condition, then the gradients of a and b, of the shape and dtype of
        grad; the walk sums them up where a or b was broadcast (summed already will do as well).
        0 where the other one was chosen, whatever a, b and grad hold there: nan or infinity.

    Example:
        >>> condition, a = np.array([True, False]), np.array([1.0, np.inf])
        >>> where_gradient(np.array([5.0, 7.0]), where(condition, a, 0.0), condition, a, 0.0)
        (None, array([5., 0.]), array([0., 7.]))
    """
    ### BEGIN SOLUTION
    return None, np.where(condition, grad, 0), np.where(condition, 0, grad)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_where_gradient", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_where_gradient():
    """a gets grad where it was chosen, b where it was; the others get 0."""
    cases = oracles.choices(oracles.CHOICES, seed=0)
    tt.check(oracles.summed(where_gradient), oracles.chosen_back, cases)
    ### BEGIN HIDDEN TESTS
    shapes = [((3, 2), (3, 2), (3, 2)), ((5,), (5,), (5,)), ((), (), ()), ((2, 0), (2, 0), (2, 0))]
    cases = oracles.choices(shapes, seed=20)
    tt.check(oracles.summed(where_gradient), oracles.chosen_back, cases)
    ### END HIDDEN TESTS


test_where_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_where_gradient_with_broadcasting", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_where_gradient_with_broadcasting():
    """Any of the three may be smaller than the output, and a or b a plain number."""
    cases = oracles.choices(oracles.WIDE_CHOICES, seed=1)
    tt.check(oracles.summed(where_gradient), oracles.chosen_back, cases)
    ### BEGIN HIDDEN TESTS
    shapes = [((3, 2), (2,), (3, 1)), ((2,), None, (3, 2)), ((3, 1), (2,), None), ((), (3,), ())]
    cases = oracles.choices(shapes, seed=21)
    tt.check(oracles.summed(where_gradient), oracles.chosen_back, cases)
    ### END HIDDEN TESTS


test_where_gradient_with_broadcasting()

# %% nbgrader={"grade": true, "grade_id": "test_where_gradient_beside_infinity", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_where_gradient_beside_infinity():
    """Where one branch, or grad, holds nan or infinity, the other branch gets 0 all the same."""
    conditions = [[[True, False, True, False]], [[False], [True]], [[True] * 4, [False] * 4]]
    cases = oracles.wild_choices(conditions, seed=0)
    tt.check(oracles.summed(where_gradient), oracles.chosen_back, cases)
    ### BEGIN HIDDEN TESTS
    conditions = [[[False, True, False, False]], [[True], [False]]]
    cases = oracles.wild_choices(conditions, seed=9)
    tt.check(oracles.summed(where_gradient), oracles.chosen_back, cases)
    ### END HIDDEN TESTS


test_where_gradient_beside_infinity()

# %% [markdown]
r"""
One trap is left, and PyTorch has it as well. The gradient of `where(x > 0, log(x), 0)` at 0 is
nan: your rule sends 0 to the logarithm, whose own rule divides it by x. Choose *before* the
logarithm too:
"""

# %%
for safe in (False, True):
    x = Tensor([0.0, 2.0], requires_grad=True)
    inside = where(x > 0, x, 1.0) if safe else x
    with np.errstate(divide="ignore", invalid="ignore"):
        backward(where(x > 0, inside.log(), 0.0).sum())
    print("chosen before as well:" if safe else "chosen after it alone:", x.grad)

# %% [markdown]
r"""
`minimum`, `maximum` and `clip` choose by comparing. They are given in a folded cell. Two equals
share the gradient in halves, and at a bound of `clip` the slope is still 1, both as in PyTorch.
"""

# %% jupyter={"source_hidden": true}
#| export
# minimum, maximum and clip
def minimum(a: Any, b: Any) -> Any:
    """The smaller of two numbers, elementwise, of Tensors or arrays. Equals share the gradient."""
    return np.minimum(a, b)


def maximum(a: Any, b: Any) -> Any:
    """The larger of two numbers, elementwise, of Tensors or arrays. Equals share the gradient."""
    return np.maximum(a, b)


@method
@operation
def clip(x: Any, low: Any = None, high: Any = None) -> np.ndarray:
    """x, but at least low and at most high, as `np.clip` and `torch.clamp`.

    The slope by x is 1 inside and at the bounds, and 0 where x was cut: there the bound gets it.

    Args:
        x: a Tensor or array.
        low, high: numbers, arrays, Tensors, or None for no bound.

    Example:
        >>> clip(Tensor([-2.0, 0.5, 7.0]), 0, 1)
        Tensor([0. , 0.5, 1. ])
    """
    return np.clip(x, low, high)


@gradient_of(clip, None)
def clip_gradients(grad, output, x, low=None, high=None):
    """Of x, low and high: each gets grad where it was chosen; x also at a bound."""
    low = -np.inf if low is None else low
    high = np.inf if high is None else high
    inside = np.where((x >= low) & (x <= high), grad, 0)
    of_low = np.where((x < low) & np.less(low, high), grad, 0)
    return inside, of_low, np.where((x > high) | np.less(high, low), grad, 0)

# %% [markdown]
r"""
## 9.5 Padding

Padding puts a constant around an array. In NumPy's way of writing, each axis has a pair `(before,
after)`: with `((0, 0), (1, 2))`, `(N, 3)` becomes `(N, 6)`. `padded` takes such pairs; `pad`, in a
folded cell, makes them of whatever you write.
"""

# %%
#| export
@operation
def padded(x: np.ndarray, widths: Sequence[tuple[int, int]], value: float = 0) -> np.ndarray:
    """x in the middle of a constant; widths hold a pair for each axis."""
    return np.pad(x, widths, constant_values=value) if x.ndim else x.copy()

# %% jupyter={"source_hidden": true}
#| export
# pad: widths in any way of writing
def pad(x: Any, widths: Any, value: float = 0) -> Any:
    """A constant around x, as `np.pad` with mode="constant".

    Args:
        x: a Tensor or array.
        widths: how many before and after: an int for all ends, (before, after) for all axes, or
            a pair for each axis.
        value: a number.

    Raises:
        ValueError: widths below 0, or pairs for another number of axes.

    Example:
        >>> pad(Tensor([1.0, 2.0]), (1, 2), value=9)
        Tensor([9., 1., 2., 9., 9.])
    """
    x = x if isinstance(x, Tensor) else to_array(x)
    given = np.asarray(widths)
    fits = given.dtype.kind in "iu" and (given.ndim < 2 or len(given) in (1, x.ndim))
    if not fits or given.ndim > 2 or given.shape[-1:] not in ((), (1,), (2,)) or given.min() < 0:
        raise ValueError(
            f"expected widths of 0 or more for {x.ndim} axes, got {widths!r}: write an int, "
            "(before, after), or such a pair for each axis"
        )
    pairs = np.broadcast_to(given, (x.ndim, 2)).tolist()
    dtype = x.dtype
    if dtype.kind in "biu" and not (np.can_cast(dtype, np.array(value).astype(dtype).dtype) and
                                    np.array(value).astype(dtype) == value):
        message = f"expected a value that {dtype} holds, got {value!r}: use astype() before"
        raise ValueError(message)
    return padded(x, tuple(map(tuple, pairs)), value)

# %% nbgrader={"grade": false, "grade_id": "pad_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(padded)
def pad_gradient(
    grad: np.ndarray,
    output: np.ndarray,
    x: np.ndarray,
    widths: Sequence[tuple[int, int]],
    value: float = 0,
) -> np.ndarray:
    """The gradient of sum(grad * padded(x, widths, value)) by x.

    Args:
        grad: the incoming gradient, of the shape of the output.
        output: padded(x, widths, value).
        x: an array of any shape, with axes or without; it may be empty.
        widths: a pair (before, after) for each axis of x, each 0 or more.
        value: what was put around it.

    Returns:
        An array of the shape of x and the dtype of grad (without axes, a NumPy number will do as
        well). It may be a view of grad, which is not written into.

    Example:
        >>> x = np.zeros(2)
        >>> pad_gradient(np.array([1.0, 2.0, 3.0, 4.0]), padded(x, ((1, 1),)), x, ((1, 1),))
        array([2., 3.])

    Hint: a tuple of slices is an index.
    """
    ### BEGIN SOLUTION
    pairs = zip(widths, x.shape, strict=True)
    return grad[tuple(slice(before, before + length) for (before, _), length in pairs)]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_pad_gradient", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_pad_gradient():
    """Each number of x gets what stands where it went; what was put around it gets nothing."""
    kinds = [((3,), [(1, 2)]), ((2, 3), [(1, 1), (2, 1)], 5.0), ((2, 2), [(3, 1), (1, 2)])]
    kinds += [((2, 1, 3), [(1, 2), (2, 1), (1, 1)]), ((4, 2), ((1, 3), (2, 2)), -1.0)]
    tt.check(pad_gradient, oracles.middle, oracles.pads(kinds, seed=0))
    ### BEGIN HIDDEN TESTS
    kinds = [((2,), [(3, 1)], 2.0), ((3, 2), [(2, 1), (1, 4)]), ((1, 2), [(1, 1), (2, 3)])]
    tt.check(pad_gradient, oracles.middle, oracles.pads(kinds, seed=20))
    ### END HIDDEN TESTS


test_pad_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_pad_gradient_of_widths_of_0", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_pad_gradient_of_widths_of_0():
    """A width may be 0, before or after, along some axes or all of them."""
    kinds = [((3,), [(1, 0)]), ((3,), [(0, 2)]), ((2, 3), [(0, 0), (1, 2)]), ((2, 3), [(2, 0)] * 2)]
    kinds += [((2, 2), [(0, 0)] * 2), ((2, 1, 2), [(0, 1), (0, 0), (3, 0)]), ((1,), [(0, 0)])]
    tt.check(pad_gradient, oracles.middle, oracles.pads(kinds, seed=1))
    ### BEGIN HIDDEN TESTS
    kinds = [((2,), [(2, 0)]), ((4,), [(0, 1)]), ((3, 2), [(1, 0), (0, 0)]), ((2, 2), [(0, 3)] * 2)]
    tt.check(pad_gradient, oracles.middle, oracles.pads(kinds, seed=21))
    ### END HIDDEN TESTS


test_pad_gradient_of_widths_of_0()

# %% nbgrader={"grade": true, "grade_id": "test_pad_gradient_without_axes_or_elements", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_pad_gradient_without_axes_or_elements():
    """x may have no axis, or hold nothing; the dtype is that of grad, also if x has another."""
    kinds = [((), ()), ((), []), ((0,), [(1, 2)]), ((0, 3), [(0, 2)] * 2)]
    cases = oracles.pads([*kinds, ((2, 0), [(1, 1), (2, 0)])], seed=2)
    cases += oracles.pads([*kinds, ((2,), [(1, 0)])], seed=3, dtypes=(np.float32, np.float64))
    tt.check(pad_gradient, oracles.middle, cases, dtype="same")
    ### BEGIN HIDDEN TESTS
    kinds = [((), ()), ((0,), [(3, 0)]), ((0, 2), [(1, 0), (0, 0)]), ((1,), [(1, 1)])]
    cases = oracles.pads(kinds, seed=22, dtypes=(np.float32, np.float64))
    tt.check(pad_gradient, oracles.middle, cases, dtype="same")
    ### END HIDDEN TESTS


test_pad_gradient_without_axes_or_elements()

# %% [markdown]
r"""
## 9.6 Looking up

A model of text keeps a table with a row of numbers for each word, and takes the rows of the words
that it reads: from `(V, D)`, with indices `(N,)`, to `(N, D)`. That is called an *embedding*. A
word that comes twice has its row taken twice, so that two gradients come back to one row. What
users call is `take`, in a folded cell.
"""

# %%
#| export
@operation
def taken(x: np.ndarray, indices: np.ndarray, axis: int = 0) -> np.ndarray:
    """The parts of x that stand at some indices along an axis."""
    return np.take(x, indices, axis)

# %% jupyter={"source_hidden": true}
#| export
# take: indices of any kind
def take(x: Any, indices: Any, axis: int = 0) -> Any:
    """The parts of x that stand at some indices along an axis, as `np.take`.

    Args:
        x: a Tensor or array.
        indices: whole numbers in any shape, which stands in the place of that axis in the
            result. Negative ones count from the end.
        axis: may be negative.

    Raises:
        TypeError: the indices are no whole numbers.
        IndexError: there is no such index along the axis.

    Example:
        >>> take(Tensor([[1.0, 2.0], [3.0, 4.0]]), [1, 1, 0])
        Tensor([[3., 4.],
                [3., 4.],
                [1., 2.]])
    """
    x = x if isinstance(x, Tensor) else to_array(x)
    places = indices.data if isinstance(indices, Tensor) else np.asarray(indices)
    if places.dtype.kind not in "iu" and places.size:
        mend = "index with a mask, as in x[mask]" if places.dtype == bool else "use .astype(int)"
        raise TypeError(f"expected whole numbers as indices, got {places.dtype}: {mend}")
    return taken(x, places.astype(np.intp, copy=False), known_axis(axis, x.shape))

# %% nbgrader={"grade": false, "grade_id": "taken_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(taken)
def taken_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, indices: np.ndarray, axis: int = 0
) -> np.ndarray:
    """The gradient of sum(grad * taken(x, indices, axis)) by x.

    Args:
        grad: the incoming gradient, of the shape of the output.
        output: taken(x, indices, axis).
        x: an array with at least one axis; it may be empty.
        indices: an array of whole numbers, int8 to int64, of any shape, () among them; negative
            ones count from the end, and the same place may be there many times.
        axis: along which they count; may be negative.

    Returns:
        A new array of the shape of x and, here, of its dtype: for each place the sum over all
        times it was taken, 0 for the others, whatever x holds.

    Example:
        >>> x, indices = np.zeros(3), np.array([2, 0, 2])
        >>> taken_gradient(np.array([1.0, 10.0, 100.0]), taken(x, indices), x, indices)
        array([ 10.,   0., 101.])

    Hint: `np.add.at` adds at places that repeat; it is several times faster on arrays of one axis.
    """
    ### BEGIN SOLUTION
    places = np.arange(x.size).reshape(x.shape).take(indices, axis)
    slopes = np.zeros(x.size, x.dtype)
    np.add.at(slopes, places.ravel(), grad.ravel())
    return slopes.reshape(x.shape)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_taken_gradient", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_taken_gradient():
    """Each row gets what comes back to it; rows that were not taken get 0, whatever they hold."""
    kinds = [((4, 2), [2, 0], None), ((3,), [1], None), ((5, 3), [4, 1, 2], 0)]
    kinds += [((3, 2, 2), [0, 2], 0), ((2, 3), [], None), ((4,), [3, 1, 0, 2], 0)]
    cases = oracles.takes(kinds, seed=0) + oracles.wild_takes([[0], [1, 2]], seed=0)
    tt.check(taken_gradient, oracles.put_back, cases, memory="fresh")
    ### BEGIN HIDDEN TESTS
    kinds = [((5, 2), [3, 1], None), ((2,), [0], None), ((3, 1, 2), [2, 0], 0), ((2, 2), [1, 0], 0)]
    cases = oracles.takes(kinds, seed=20) + oracles.wild_takes([[1], [3, 0], []], seed=20)
    tt.check(taken_gradient, oracles.put_back, cases, memory="fresh")
    ### END HIDDEN TESTS


test_taken_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_taken_gradient_adds_up", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_taken_gradient_adds_up():
    """What was taken several times gets the sum, also if it was counted from the other end."""
    kinds = [((3, 2), [1, 1], None), ((4,), [0, 2, 0, 2, 2], None), ((2, 3), [0, -2, 1], 0)]
    kinds += [((3, 2), [-1, 2, 2, -3], None), ((2, 2), [1, -1, 1], 0)]
    cases = oracles.takes(kinds, seed=1) + oracles.many_takes(1000, rows=4, seed=1)
    tt.check(taken_gradient, oracles.put_back, cases)
    ### BEGIN HIDDEN TESTS
    kinds = [((4, 1), [3, 3, 0], None), ((3,), [-1, -1, 2], None), ((2, 2), [0, 0, 0, -2], 0)]
    cases = oracles.takes(kinds, seed=21) + oracles.many_takes(600, rows=3, seed=5)
    tt.check(taken_gradient, oracles.put_back, cases)
    ### END HIDDEN TESTS


test_taken_gradient_adds_up()

# %% nbgrader={"grade": true, "grade_id": "test_taken_gradient_along_any_axis", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_taken_gradient_along_any_axis():
    """Indices may count along any axis, and have any shape, or none at all, and a small dtype."""
    kinds = [((2, 4), [1, 3, 1], 1), ((2, 3, 2), [2, 0], -2), ((3, 3), [0, 0], -1)]
    kinds += [((4, 2), 3, 0), ((3, 2), [[0, 1], [2, 0]], 0), ((2, 3), [[1], [1]], -1)]
    kinds += [((2, 3), 0, 1), ((5,), 4, -1), ((2, 3, 4), [[3, 1, 3]], 2), ((2, 3, 4), 1, 1)]
    cases = oracles.takes([*kinds, ((3, 0), [0, 2], 0)], seed=2)
    small = [((3, 90), [2, -1, 0], 0), ((90, 3), [1, 2], 1), ((200, 1), [127, -128], 0)]
    cases += oracles.takes(small, seed=2, places=np.int8)
    tt.check(taken_gradient, oracles.put_back, cases)
    ### BEGIN HIDDEN TESTS
    kinds = [((3, 2), [1, 1, 0], -1), ((2, 2, 3), [1, 0, 1], 1), ((3, 2), [[2], [2]], -2)]
    kinds += [((2, 4), -1, 1), ((2, 3, 2), [[0, 1]], -1), ((3, 2, 4), -1, -2), ((2, 0), [1], 0)]
    cases = oracles.takes(kinds, seed=22)
    small = [((4, 70), [3, 1], 0), ((2, 2, 80), [[1, 0]], 1), ((1, 300), [5, -3, 5], 1)]
    cases += oracles.takes(small, seed=22, places=np.int8)
    tt.check(taken_gradient, oracles.put_back, cases)
    ### END HIDDEN TESTS


test_taken_gradient_along_any_axis()

# %% nbgrader={"grade": true, "grade_id": "test_taken_gradient_has_the_dtype_of_x", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_taken_gradient_has_the_dtype_of_x():
    """The dtype is that of x, also if grad has another."""
    kinds = [((3, 2), [1, 1], None), ((2, 3), [2, 0], 1), ((4,), [0], None), ((2, 2), [[1]], 0)]
    cases = oracles.takes(kinds, seed=3, dtypes=(np.float32, np.float64))
    tt.check(taken_gradient, oracles.put_back, cases, dtype="same", rtol=1e-5)
    ### BEGIN HIDDEN TESTS
    cases = oracles.takes(kinds[1:], seed=23, dtypes=(np.float32, np.float64))
    tt.check(taken_gradient, oracles.put_back, cases, dtype="same", rtol=1e-5)
    ### END HIDDEN TESTS


test_taken_gradient_has_the_dtype_of_x()

# %% [markdown]
r"""
Multiplying by a one-hot matrix gives the same rows and the same gradient. What does it cost? Here
2,048 words are looked up in a table of 2,000 words, there and back.
"""

# %%
table = Tensor(np.zeros((2000, 64), np.float32), requires_grad=True)
words = np.random.default_rng(0).integers(0, 2000, 2048)
one_hot = np.eye(2000, dtype=np.float32)[words]
for label, look_up in (("take", lambda: take(table, words)), ("one-hot", lambda: one_hot @ table)):
    start = time.perf_counter()
    backward(look_up().sum())
    print(f"{label:8} {1000 * (time.perf_counter() - start):6.1f} ms")
print(f"one-hot takes {one_hot.nbytes / 2**20:.0f} MB, the indices {words.nbytes / 2**10:.0f} kB")

# %% [markdown]
r"""
The product multiplies mostly by 0, and needs a thousand times the memory for it.
"""

# %% [markdown]
r"""
## 9.7 Running sums, and spread

A running sum adds up all that came so far: `y[2] = x[0] + x[1] + x[2]`. Ask of `x[1]` where it
went: into its own sum and into all that follow, and into none before it.
"""

# %%
#| export
@operation
def summed_up(x: np.ndarray, axis: int) -> np.ndarray:
    """The sums of all numbers up to each one along an axis."""
    return np.cumsum(x, axis)


def cumsum(x: Any, axis: int) -> Any:
    """The sums of all numbers up to each one along an axis, as `torch.cumsum`.

    Example:
        >>> cumsum(Tensor([1.0, 2.0, 3.0]), 0)
        Tensor([1., 3., 6.])
    """
    x = x if isinstance(x, Tensor) else to_array(x)
    shape = x.shape or (1,)  # a single number is its own sum, along axis 0
    return summed_up(x, known_axis(axis, shape)) if x.ndim else x * 1

# %% nbgrader={"grade": false, "grade_id": "cumsum_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(summed_up)
def cumsum_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: int
) -> np.ndarray:
    """The gradient of sum(grad * summed_up(x, axis)) by x.

    Args:
        grad: the incoming gradient, of the shape of x, finite numbers. It is not written into.
        output: summed_up(x, axis).
        x: an array with at least one axis; it may be empty.
        axis: along which was summed; may be negative.

    Returns:
        An array of the shape of x and the dtype of grad. What takes no part in a sum costs it no
        digits, however large it is.

    Example:
        >>> x = np.zeros(3)
        >>> cumsum_gradient(np.array([1.0, 10.0, 100.0]), summed_up(x, 0), x, 0)
        array([111., 110., 100.])
    """
    ### BEGIN SOLUTION
    return np.flip(np.cumsum(np.flip(grad, axis), axis), axis)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_cumsum_gradient", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_cumsum_gradient():
    """Each number gets the sum of grad from its own place on, along any axis."""
    kinds = [((4,), 0), ((2, 3), 1), ((3, 2), 0), ((3, 3), -1), ((2, 3, 2), 1), ((2, 2, 4), -3)]
    kinds += [((2, 3, 3), 2), ((5,), -1), ((4, 4), -2)]
    tt.check(cumsum_gradient, oracles.sums_from_here, oracles.running(kinds, seed=0), rtol=1e-5)
    ### BEGIN HIDDEN TESTS
    kinds = [((3,), -1), ((4, 2), -2), ((2, 5), 1), ((2, 2, 3), 1), ((3, 2, 2), 0), ((2, 1, 4), -1)]
    tt.check(cumsum_gradient, oracles.sums_from_here, oracles.running(kinds, seed=20), rtol=1e-5)
    ### END HIDDEN TESTS


test_cumsum_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_cumsum_gradient_of_one_number_and_of_none", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_cumsum_gradient_of_one_number_and_of_none():
    """One number, none at all, and grads of another dtype than x: the dtype is that of grad."""
    kinds = [((1,), 0), ((0,), 0), ((2, 0), 1), ((0, 3), 0), ((3, 1), -1), ((0, 2), -1), ((3,), 0)]
    asked = {"dtypes": (np.float32, np.float64), "of": (np.float64, np.float32)}
    cases = oracles.running([*kinds, ((2, 3), 0)], seed=1, **asked)
    tt.check(cumsum_gradient, oracles.sums_from_here, cases, dtype="same", rtol=1e-5)
    ### BEGIN HIDDEN TESTS
    kinds = [((1, 1), 1), ((0, 1), 0), ((3, 0), -1), ((4,), -1), ((2, 2), 1), ((1, 3), 0)]
    cases = oracles.running(kinds, seed=21, **asked)
    tt.check(cumsum_gradient, oracles.sums_from_here, cases, dtype="same", rtol=1e-5)
    ### END HIDDEN TESTS


test_cumsum_gradient_of_one_number_and_of_none()

# %% nbgrader={"grade": true, "grade_id": "test_cumsum_gradient_behind_large_numbers", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_cumsum_gradient_behind_large_numbers():
    """Behind a very large number, which is not in their sums, the small ones keep their digits."""
    cases = oracles.large_first([((4,), 0), ((3, 2), 0), ((2, 3), -1), ((2, 3), 1)], seed=2)
    rule, expected = map(oracles.behind_the_first, (cumsum_gradient, oracles.sums_from_here))
    tt.check(rule, expected, cases, rtol=1e-5)
    ### BEGIN HIDDEN TESTS
    cases = oracles.large_first([((3,), -1), ((2, 4), 1), ((3, 2, 2), 0)], seed=22)
    tt.check(rule, expected, cases, rtol=1e-5)
    ### END HIDDEN TESTS


test_cumsum_gradient_behind_large_numbers()

# %% [markdown]
r"""
The variance is the mean squared distance from the mean. Divided by $n - 1$ instead of $n$ it is
right on average for a sample; PyTorch does so by default and calls the 1 the `correction`:

$$ v = \frac{1}{n - c} \sum_i (x_i - m)^2, \qquad m = \frac{1}{n} \sum_i x_i $$

Moving $x_i$ moves the mean as well, and with it all distances. But the distances add up to 0, so what they contribute does too. What is left of $\partial v / \partial x_i$?
"""

# %%
#| export
@method
@operation(floats=True)
def var(x: Any, axis: Axis = None, keepdims: bool = False, correction: float = 1) -> np.ndarray:
    """The variance, as `torch.var`: the squares are divided by the count less the correction.

    Args:
        x: a Tensor or array.
        axis: one axis, several, or None for all.
        keepdims: whether they stay, with length 1.
        correction: 1 as in PyTorch; NumPy's default is 0.

    Example:
        >>> var(Tensor([1.0, 2.0, 6.0]))
        Tensor(7.)
    """
    if isinstance(axis, bool):
        raise TypeError("expected an axis, got a bool: name what you mean, as var(correction=0)")
    return np.var(x, axis, keepdims=keepdims, ddof=correction)

# %% nbgrader={"grade": false, "grade_id": "var_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(var)
def var_gradient(
    grad: np.ndarray,
    output: np.ndarray,
    x: np.ndarray,
    axis: Axis = None,
    keepdims: bool = False,
    correction: float = 1,
) -> np.ndarray:
    """The gradient of sum(grad * var(x, axis, keepdims, correction)) by x.

    It keeps its digits far from 0 as well: the numbers may be 1e8 and their spread 1.

    Args:
        grad: the incoming gradient, an array of the shape and dtype of the output. It is not
            written into.
        output: var(x, axis, keepdims, correction), an array.
        x: the input, with at least one element.
        axis: one axis, a tuple of them in any order, or None for all; may be negative.
        keepdims: whether the axes stayed, with length 1.
        correction: less than the number of elements that went into each variance; it may be close
            to it, or below 0.

    Returns:
        An array of the shape of x and the dtype of grad (without axes, a NumPy number will do as
        well).

    Example:
        >>> x = np.array([1.0, 2.0, 6.0])
        >>> var_gradient(np.array(10.0), var(x), x)
        array([-20., -10.,  30.])

    Hint: `np.expand_dims` takes what `axis` may be, None excepted.
    """
    ### BEGIN SOLUTION
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    count = x.size // max(output.size, 1)
    distances = x - mean(x, axis, keepdims=True)
    return distances * np.divide(2 * grad, count - correction)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_var_gradient", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_var_gradient():
    """It agrees with the slope that is measured, over one axis, several or all of them."""
    cases = oracles.spreads(oracles.SPREADS, seed=0)
    tt.check_gradient(oracles.variance, var_gradient, cases)
    ### BEGIN HIDDEN TESTS
    kinds = [((4,), 0, True), ((3, 2), -2, False), ((3, 2), 1, False), ((2, 2, 3), (-1, 0), False)]
    kinds += [((2, 3, 2), (-1, -2), False)]
    cases = oracles.spreads([*kinds, ((2, 2, 2), 1, True), ((2, 3), "all", True)], seed=20)
    tt.check_gradient(oracles.variance, var_gradient, cases)
    ### END HIDDEN TESTS


test_var_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_var_gradient_with_other_corrections", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_var_gradient_with_other_corrections():
    """The divisor is the count less the correction, 0, 2 or 0.5 too, near the count or below 0."""
    cases = oracles.spreads(oracles.SPREADS[:6], seed=1, corrections=(0, 1, 0.5))
    cases += oracles.spreads(oracles.SPREADS[-4:], seed=2, corrections=(2, 0))
    cases += oracles.spreads([((2, 3), 0, False), ((4,), 0, False)], 3, corrections=(1.5, -1))
    tt.check_gradient(oracles.variance, var_gradient, cases)
    ### BEGIN HIDDEN TESTS
    kinds = [((5,), 0, False), ((2, 4), 1, False), ((3, 2, 2), None, False), ((4, 3), (0, 1), True)]
    cases = oracles.spreads(kinds, seed=21, corrections=(2, 0, 1.5, 0))
    cases += oracles.spreads([((3, 2), 1, False), ((2, 2), 0, True)], 22, corrections=(1.25, -2))
    tt.check_gradient(oracles.variance, var_gradient, cases)
    ### END HIDDEN TESTS


test_var_gradient_with_other_corrections()

# %% nbgrader={"grade": true, "grade_id": "test_var_gradient_far_from_0", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_var_gradient_far_from_0():
    """Numbers around 1e8 with a spread of 1 have the gradient of those around 0."""
    cases = oracles.for_spread(oracles.spreads(oracles.SPREADS[:4], seed=3, centre=1e8), seed=3)
    tt.check(var_gradient, oracles.spread_back, cases, rtol=1e-5)
    ### BEGIN HIDDEN TESTS
    cases = oracles.for_spread(oracles.spreads(oracles.SPREADS[4:7], seed=23, centre=-3e7), seed=9)
    tt.check(var_gradient, oracles.spread_back, cases, rtol=1e-5)
    ### END HIDDEN TESTS


test_var_gradient_far_from_0()

# %% nbgrader={"grade": true, "grade_id": "test_var_gradient_keeps_float32", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_var_gradient_keeps_float32():
    """The dtype is that of grad, float32 or float64; one axis or none may be left."""
    spread = oracles.spreads(oracles.SPREADS[:6], seed=4, corrections=(1, 0, 0.5))
    tt.check(var_gradient, oracles.spread_back, oracles.for_spread(spread, seed=4), dtype="same")
    ### BEGIN HIDDEN TESTS
    spread = oracles.spreads(oracles.SPREADS[5:], seed=24, corrections=(0, 1))
    tt.check(var_gradient, oracles.spread_back, oracles.for_spread(spread, seed=5), dtype="same")
    ### END HIDDEN TESTS


test_var_gradient_keeps_float32()

# %% [markdown]
r"""
Two relatives are given in a folded cell: `std`, the root of the variance, and `norm`, the root of
the sum of squares. A root has an infinite slope at 0. Both pass 0 back there, as PyTorch does.
"""

# %% jupyter={"source_hidden": true}
#| export
# std and norm
@method
@operation(floats=True)
def std(x: Any, axis: Axis = None, keepdims: bool = False, correction: float = 1) -> np.ndarray:
    """The standard deviation, the root of `var`, as `torch.std`. Its slope at 0 is 0."""
    if isinstance(axis, bool):
        raise TypeError("expected an axis, got a bool: name what you mean, as std(correction=0)")
    return np.std(x, axis, keepdims=keepdims, ddof=correction)


@gradient_of(std)
def std_gradient(grad, output, x, axis=None, keepdims=False, correction=1):
    return var_gradient(over_root(grad / 2, output), output, x, axis, keepdims, correction)


@method
@operation(floats=True)
def norm(x: Any, axis: Axis = None, keepdims: bool = False) -> np.ndarray:
    """The root of the sum of squares, as `torch.linalg.vector_norm`. Its slope at 0 is 0."""
    return np.sqrt(np.sum(np.square(x), axis, keepdims=keepdims))


@gradient_of(norm)
def norm_gradient(grad, output, x, axis=None, keepdims=False):
    share = over_root(grad, output)
    return x * (share if axis is None or keepdims else np.expand_dims(share, axis))


def over_root(grad: np.ndarray, root: np.ndarray) -> np.ndarray:
    """grad / root, and 0 where the root is 0."""
    return np.divide(grad, root, out=np.zeros_like(grad), where=root != 0)

# %% [markdown]
r"""
## 9.8 Order

Sorting moves numbers, and a gradient moves back with its number. So we need the *places* in sorted
order; taking them is a lookup along the axis. To fall, from the largest to the smallest, it isn't
enough to turn the rising order round: equals would come in the wrong order. Order is *stable* if
the first of equals stays the first.
"""

# %% nbgrader={"grade": false, "grade_id": "ranking", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def ranking(x: np.ndarray, axis: int = -1, descending: bool = False) -> np.ndarray:
    """The places of the numbers of x in their order along an axis.

    Args:
        x: an array of floats, whole numbers (unsigned ones too) or truths, with one axis or more,
            of any length. Numbers may be as large, and differ as little, as the dtype holds.
        axis: may be negative.
        descending: from the largest to the smallest.

    Returns:
        Whole numbers, an array of the shape of x: `np.take_along_axis(x, ranking(x), -1)` is
        sorted. Of equals the first comes first, in both directions. nan counts as larger than
        all other numbers.

    Example:
        >>> ranking(np.array([5.0, 9.0, 5.0]))
        array([0, 2, 1])
        >>> ranking(np.array([5.0, 9.0, 5.0]), descending=True)
        array([1, 0, 2])

    Hint: `np.argsort` takes `kind="stable"`. Number p of a line stands where, after the flip?
    """
    ### BEGIN SOLUTION
    if not descending:
        return np.argsort(x, axis, kind="stable")
    turned = np.argsort(np.flip(x, axis), axis, kind="stable")
    return np.flip(x.shape[axis] - 1 - turned, axis)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_ranking", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_ranking():
    """The places in rising order, along any axis."""
    kinds = [((5,), None), ((2, 4), None), ((4, 2), 0), ((3, 3), 1), ((2, 3, 4), 1)]
    kinds += [((4, 2, 2), -3), ((1,), -1), ((0,), None), ((2, 0), -2), ((3, 3), -2)]
    tt.check(ranking, oracles.ranked, oracles.orders(kinds, seed=0))
    ### BEGIN HIDDEN TESTS
    kinds = [((4,), None), ((3, 2), -2), ((2, 5), -1), ((2, 2, 3), 1), ((0, 2), 1)]
    tt.check(ranking, oracles.ranked, oracles.orders(kinds, seed=20))
    ### END HIDDEN TESTS


test_ranking()

# %% nbgrader={"grade": true, "grade_id": "test_ranking_that_falls", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_ranking_that_falls():
    """With descending=True from the largest to the smallest, along any axis."""
    kinds = [((5,), None), ((2, 4), None), ((4, 2), 0), ((3, 3), 1), ((2, 3, 4), 1)]
    kinds += [((4, 2, 2), -3), ((1,), 0), ((0,), None), ((2, 0), 0), ((3, 3), 0)]
    tt.check(ranking, oracles.ranked, oracles.orders(kinds, seed=1, descending=True))
    ### BEGIN HIDDEN TESTS
    kinds = [((4,), None), ((3, 2), -2), ((2, 5), -1), ((2, 2, 3), 1), ((0, 2), 1)]
    tt.check(ranking, oracles.ranked, oracles.orders(kinds, seed=21, descending=True))
    ### END HIDDEN TESTS


test_ranking_that_falls()

# %% nbgrader={"grade": true, "grade_id": "test_ranking_of_equals", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_ranking_of_equals():
    """Of equals the first comes first, rising or falling, in short rows and in long ones."""
    kinds = [((5,), None), ((2, 6), -1), ((6, 2), 0), ((300,), None), ((2, 30), 1), ((3, 4, 2), 1)]
    cases = oracles.orders(kinds, seed=2, ties=True)
    cases += oracles.orders(kinds, seed=3, ties=True, descending=True)
    tt.check(ranking, oracles.ranked, cases)
    ### BEGIN HIDDEN TESTS
    kinds = [((7,), None), ((270, 2), 0), ((3, 5), -1)]
    cases = oracles.orders(kinds, seed=22, ties=True)
    cases += oracles.orders(kinds, seed=23, ties=True, descending=True)
    tt.check(ranking, oracles.ranked, cases)
    ### END HIDDEN TESTS


test_ranking_of_equals()

# %% nbgrader={"grade": true, "grade_id": "test_ranking_of_any_numbers", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_ranking_of_any_numbers():
    """Infinities, nan (larger than all others), unsigned and large numbers, near ones, truths."""
    nan, inf = np.nan, np.inf
    cases = oracles.orders_of([[1.0, nan, -inf, inf, 0.0], [[nan, 2.0, nan]], [-0.0, 0.0, -1.0]])
    cases += oracles.orders_of([[3, 0, 255, 1]], np.uint8) + oracles.orders_of([[-5, 3, 0]], int)
    cases += oracles.orders_of([[True, False, True], [False, True, True]], bool)
    cases += oracles.orders_of([[2**53, 2**53 + 1, 7], [-(2**63), 0, 2**63 - 1]], np.int64)
    cases += oracles.orders_of([[0, 2**63 + 1, 2**63]], np.uint64)
    cases += oracles.orders_of([[1 + 1e-12, 1.0, 1 - 1e-12], [0.0, 1e-20, 2e-20]])
    tt.check(ranking, oracles.ranked, cases)
    ### BEGIN HIDDEN TESTS
    cases = oracles.orders_of([[nan, inf, 3.0, nan], [-inf, nan, -inf]], np.float32)
    cases += oracles.orders_of([[0, 7, 0, 200]], np.uint8)
    cases += oracles.orders_of([[False, True]], bool)
    cases += oracles.orders_of([[3 + 1e-13, 3.0], [3.0, 3 + 1e-13], [1e-15, 0.0, 2e-15]])
    cases += oracles.orders_of([[-(2**60), -(2**60) - 1], [2**61 + 2, 2**61 + 3]], np.int64)
    cases += oracles.orders_of([[3, -128, 127], [-127, -128]], np.int8)
    cases += oracles.orders_of([[2**64 - 1, 5, 2**64 - 2]], np.uint64)
    tt.check(ranking, oracles.ranked, cases)
    ### END HIDDEN TESTS


test_ranking_of_any_numbers()

# %% [markdown]
r"""
`sort` and `topk` are given in a folded cell: they rank, then look up along the axis. Both return
the values and their places. `argmax` gives places alone, and has no gradient.
"""

# %% jupyter={"source_hidden": true}
#| export
# sort, topk and argmax
@operation
def along(x: np.ndarray, places: np.ndarray, axis: int = -1) -> np.ndarray:
    """The numbers at some places of each line along an axis: `np.take_along_axis`."""
    return np.take_along_axis(x, places, axis)


@gradient_of(along)
def along_gradient(grad, output, x, places, axis=-1):
    """Each gradient goes back to its place; ranks name no place of a line twice."""
    slopes = np.zeros(x.shape, x.dtype)
    np.put_along_axis(slopes, places, grad, axis)
    return slopes


def sort(x: Any, axis: int = -1, descending: bool = False) -> tuple:
    """The numbers in their order along an axis, and where they stood, as a stable `torch.sort`.

    Args:
        x: a Tensor or array, with one axis or more.
        axis: may be negative.
        descending: from the largest to the smallest.

    Returns:
        `(values, places)`, Tensors if x is one. Of equals the first comes first; nan counts as
        the largest.

    Example:
        >>> values, places = sort(Tensor([5.0, 9.0, 7.0]))
        >>> values, places.tolist()
        (Tensor([5., 7., 9.]), [0, 2, 1])
    """
    x = x if isinstance(x, Tensor) else to_array(x)
    axis = known_axis(axis, x.shape)
    places = ranking(x.data if isinstance(x, Tensor) else x, axis, descending)
    return along(x, places, axis), Tensor(places) if isinstance(x, Tensor) else places


def topk(x: Any, k: int, axis: int = -1) -> tuple:
    """The k largest numbers along an axis, the largest first, and where they stand.

    As `torch.topk`, but of equals the first comes first.

    Raises:
        ValueError: there are fewer than k.

    Example:
        >>> values, places = topk(Tensor([5.0, 9.0, 7.0]), 2)
        >>> values, places.tolist()
        (Tensor([9., 7.]), [1, 2])
    """
    x = x if isinstance(x, Tensor) else to_array(x)
    axis = known_axis(axis, x.shape)
    if not 0 <= operator.index(k) <= x.shape[axis]:
        raise ValueError(f"expected k from 0 to {x.shape[axis]}, got {k}: there are no more")
    places = ranking(x.data if isinstance(x, Tensor) else x, axis, descending=True)
    places = places[(slice(None),) * (axis % x.ndim) + (slice(k),)]
    return along(x, places, axis), Tensor(places) if isinstance(x, Tensor) else places


def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Where the largest number stands, the first of equals, as whole numbers."""
    found = np.asarray(np.argmax(x, axis, keepdims=keepdims))
    return Tensor(found) if isinstance(x, Tensor) else found

# %% [markdown]
r"""
## 9.9 Sums by letters

`einsum` gives each axis a letter and says which are left: `"nd,dc->nc"` multiplies what meets, and
sums over `d`, the letter that is gone. *Attention* lets each place of a sequence ask all others
how much they matter to it; a batch of its scores is `"ntd,nsd->nts"`.

In such a sum a number of `a` is multiplied by numbers of `b`. So its gradient is `grad` times
those: another sum by letters, with the roles exchanged. For `"nd,dc->nc"` it is `"nc,dc->nd"`. One
kind of letter needs care: a letter that neither the other array nor the output has, as `d` in
`"nd->n"`. All along it the gradient is the same.
"""

# %%
#| export
@operation
def contracted(*arrays: np.ndarray, subscripts: str) -> np.ndarray:
    """The sum that the letters say; each array has every letter once at most."""
    return np.einsum(subscripts, *arrays, optimize=len(arrays) > 1)  # so it comes to matmul

# %% nbgrader={"grade": false, "grade_id": "einsum_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(contracted, None)
def einsum_gradient(
    grad: np.ndarray, output: np.ndarray, *arrays: np.ndarray, subscripts: str
) -> Sequence[np.ndarray]:
    """The gradients of sum(grad * contracted(*arrays, subscripts=subscripts)) by each array.

    Args:
        grad: the incoming gradient, of the shape and dtype of the output.
        output: contracted(*arrays, subscripts=subscripts).
        arrays: one or two; both may be the same one, and one may have no axes.
        subscripts: letters, small or capital, for each array and, behind an arrow, for the output,
            without blanks: "nd,dc->nc", "nd->n", ",i->i". No array, and no output, has a letter twice; all letters of the
            output are in one of the arrays at least.

    Returns:
        A list or tuple with an array for each, in order, of its shape and of the dtype of grad.
        It may be a view that can't be written into.

    Example:
        >>> a, b = np.ones((1, 2)), np.array([[2.0], [3.0]])
        >>> output, grad = a @ b, np.array([[10.0]])
        >>> einsum_gradient(grad, output, a, b, subscripts="nd,dc->nc")[0]
        array([[20., 30.]])

    Hint: `np.expand_dims` and `np.broadcast_to`, for a letter that neither the other array nor the
    output has. A loop over single numbers would keep 9.11 waiting.
    """
    ### BEGIN SOLUTION
    left, result = subscripts.split("->")
    terms, found = left.split(","), []
    for n, (term, array) in enumerate(zip(terms, arrays, strict=True)):
        known = [result, *terms[:n], *terms[n + 1 :]]
        reached = "".join(letter for letter in term if letter in "".join(known))
        others = [*arrays[:n], *arrays[n + 1 :]]
        slopes = np.einsum(f"{','.join(known)}->{reached}", grad, *others, optimize=len(known) > 1)
        missing = [axis for axis, letter in enumerate(term) if letter not in reached]
        found.append(np.broadcast_to(np.expand_dims(slopes, missing), array.shape))
    return found
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_einsum_gradient_of_products", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_einsum_gradient_of_products():
    """Of two arrays, each gets grad times the other one, summed over what it doesn't have."""
    same = ["i,i->", "ij,ij->i", "ij,kj->ik"]
    kinds = ["nd,dc->nc", "nd,cd->nc", "bij,bjk->bik", "i,i->", "i,j->ij", "i,i->i", "nts,nsd->ntd"]
    kinds += ["ij,j->i", "ab,ab->ba", "hij,jk->kih", "aA,Ab->ab", ",i->i"]
    cases = oracles.letter_rules(kinds, seed=0) + oracles.same_twice(same, seed=0)
    cases += oracles.letter_rules(["nd,dc->nc", "i,ij->"], seed=3, mixed=True)
    tt.check(oracles.listed(einsum_gradient), oracles.letters_back, cases, rtol=1e-4)
    ### BEGIN HIDDEN TESTS
    kinds = ["ab,bc->ca", "j,ij->i", "nij,njk->nki", "ij,ij->", "x,y->yx", "zab,cb->zca"]
    cases = oracles.letter_rules([*kinds, "xY,Yz->zx", "ij,->ji"], seed=20)
    cases += oracles.same_twice(["ab,ab->b", "x,x->x", "ab,cb->ca"], seed=20)
    cases += oracles.letter_rules(["ab,cb->ac", "a,b->ab", "bB,B->b"], seed=23, mixed=True)
    tt.check(oracles.listed(einsum_gradient), oracles.letters_back, cases, rtol=1e-4)
    ### END HIDDEN TESTS


test_einsum_gradient_of_products()

# %% nbgrader={"grade": true, "grade_id": "test_einsum_gradient_of_one_array", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_einsum_gradient_of_one_array():
    """Axes of one array change places, or disappear in a sum."""
    kinds = ["ij->ji", "ij->i", "ij->j", "i->", "abc->b", "abc->ca", "ij->", "abc->cab", "i->i"]
    cases = oracles.letter_rules(kinds, seed=1)
    tt.check(oracles.listed(einsum_gradient), oracles.letters_back, cases, rtol=1e-4)
    ### BEGIN HIDDEN TESTS
    kinds = ["xy->y", "abc->", "abc->ac", "abcd->db", "abc->bca", "ba->ab"]
    cases = oracles.letter_rules(kinds, seed=21)
    tt.check(oracles.listed(einsum_gradient), oracles.letters_back, cases, rtol=1e-4)
    ### END HIDDEN TESTS


test_einsum_gradient_of_one_array()

# %% nbgrader={"grade": true, "grade_id": "test_einsum_gradient_of_axes_that_one_array_has", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_einsum_gradient_of_axes_that_one_array_has():
    """Along a letter of one array alone, of any length, and not of the output, it is the same."""
    kinds = ["ij,k->k", "ij,jk->k", "ni,nj->n", "a,b->", "abc,b->a", "i,jk->ij", "ij,jk->i"]
    cases = oracles.letter_rules([*kinds, "ai,ib->", "xij,x->xj", "ni,nj->n"], seed=2)
    tt.check(oracles.listed(einsum_gradient), oracles.letters_back, cases, rtol=1e-4)
    ### BEGIN HIDDEN TESTS
    kinds = ["ij,k->", "ab,bc->c", "ni,nj->j", "abc,d->bd", "ba,b->b", "i,ij->i", "ab,bc->c"]
    cases = oracles.letter_rules(kinds, seed=22)
    tt.check(oracles.listed(einsum_gradient), oracles.letters_back, cases, rtol=1e-4)
    ### END HIDDEN TESTS


test_einsum_gradient_of_axes_that_one_array_has()

# %% [markdown]
r"""
`einsum` itself is given. It brings what users write to this form: letters without an arrow, dots,
diagonals, more arrays than two.
"""

# %% jupyter={"source_hidden": true}
#| export
# einsum: letters in any way of writing
def einsum(subscripts: str, *operands: Any) -> Any:
    """A sum of products by letters, as `np.einsum` and `torch.einsum`.

    Args:
        subscripts: the letters of each operand's axes, and of the result's behind an arrow:
            "nd,dc->nc". Without an arrow the result has the letters that come once, in
            alphabetical order. Dots stand for any number of axes, the last of all operands being
            the same one. A letter that comes twice in one operand takes the diagonal.
        operands: Tensors or arrays. More than two are multiplied from left to right.

    Raises:
        ValueError: the letters do not fit the operands, or two axes of one letter have different
            lengths (1 is no exception).

    Example:
        >>> einsum("nd,dc->nc", Tensor([[1.0, 2.0]]), Tensor([[3.0], [4.0]]))
        Tensor([[11.]])
    """
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    operands = tuple(x if isinstance(x, Tensor) else to_array(x) for x in operands)
    terms, result = letters_of(subscripts, tuple(x.ndim for x in operands))
    check_lengths(terms, operands)
    pairs = [diagonals(term, x) for term, x in zip(terms, operands, strict=True)]
    while len(pairs) > 2:
        (one, a), (two, b), *rest = pairs
        needed = result + "".join(term for term, _ in rest)
        left = "".join(c for c in dict.fromkeys(one + two) if c in needed)
        pairs = [(left, contracted(a, b, subscripts=f"{one},{two}->{left}")), *rest]
    names = ",".join(term for term, _ in pairs)
    return contracted(*(x for _, x in pairs), subscripts=f"{names}->{result}")


@functools.lru_cache(1024)
def letters_of(subscripts: str, ndims: tuple[int, ...]) -> tuple[list[str], str]:
    """A letter for each axis of operands with so many axes, and those of the result."""
    left, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        count = f"{len(terms)} operands for {subscripts!r}"
        raise ValueError(f"expected {count}, got {len(ndims)}: a comma stands between two")
    if not arrow:
        once = [c for c in sorted(set(left) - set(".,")) if left.count(c) == 1]
        result = "..." * ("..." in left) + "".join(once)
    spare = "".join(c for c in reversed(string.ascii_letters) if c not in subscripts)
    widths = [n - len(term.replace("...", "")) for term, n in zip(terms, ndims, strict=True)]
    most = max((w for term, w in zip(terms, widths, strict=True) if "..." in term), default=0)
    for place, (term, width) in enumerate(zip(terms, widths, strict=True)):
        if width < 0 or (width and "..." not in term):
            wanted = f"letters for the {ndims[place]} axes of an operand"
            got = f"got {term!r} in {subscripts!r}"
            raise ValueError(f"expected {wanted}, {got}: add some, or dots")
        terms[place] = term.replace("...", spare[most - width : most], 1)
    result = result.replace("...", spare[:most], 1)
    if not ("".join(terms) + result + "a").isalpha():
        wanted = "letters, commas, three dots and an arrow"
        raise ValueError(f"expected {wanted}, got {subscripts!r}: name each axis by a letter")
    if len(set(result)) < len(result) or not set(result) <= set("".join(terms)):
        wanted = "each letter of the result once, and in an operand"
        raise ValueError(f"expected {wanted}, got {subscripts!r}: name others")
    return terms, result


def check_lengths(terms: Sequence[str], operands: Sequence[Any]) -> None:
    """Refuse a letter that stands for two lengths."""
    lengths: dict[str, int] = {}
    for term, x in zip(terms, operands, strict=True):
        for letter, length in zip(term, x.shape, strict=True):
            if lengths.setdefault(letter, length) != length:
                raise ValueError(
                    f"axis {letter!r} has the lengths {lengths[letter]} and {length} in operands "
                    f"of shapes {[x.shape for x in operands]}: expected one; transpose, or sum an "
                    "axis of length 1 away"
                )


def diagonals(term: str, x: Any) -> tuple[str, Any]:
    """An operand without the letters that it has twice: the diagonal of their axes."""
    once = "".join(dict.fromkeys(term))
    if once == term:
        return term, x
    lengths = dict(zip(term, x.shape, strict=True))
    places = dict(zip(once, np.ix_(*(np.arange(lengths[c]) for c in once)), strict=True))
    return once, x[tuple(places[c] for c in term)]

# %% [markdown]
r"""
## 9.10 A network that reads

A *gated recurrent unit* reads a sequence step by step. Its memory is a *state* `h` of shape `(N,
H)`. From the input and the state it works out two gates, numbers between 0 and 1, and a candidate
for a new state: $z$ says how much of the old state is kept, $r$ how much of it the candidate gets
to see. These are PyTorch's equations; $\sigma$ is the sigmoid, $\odot$ multiplies
elementwise:

$$ r = \sigma(x_r + h_r), \quad z = \sigma(x_z + h_z), \quad
   c = \tanh(x_c + r \odot h_c), \quad h' = (1 - z) \odot c + z \odot h $$

$x_r, x_z, x_c$ are three thirds of *one* product, `(N, D) @ (D, 3H) -> (N, 3H)`, and so are $h_r,
h_z, h_c$. `split` cuts them.
"""

# %% nbgrader={"grade": false, "grade_id": "gru_state", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def gru_state(from_x: Sequence[Any], from_h: Sequence[Any], h: Any) -> Any:
    """The next state of a gated recurrent unit, by PyTorch's equations, for numbers of any size.

    Args:
        from_x: three Tensors of shape (N, H): the parts of the input's product for the reset
            gate, the update gate and the candidate, in this order.
        from_h: the same of the state's product.
        h: the state so far, a Tensor of shape (N, H).

    Returns:
        A Tensor of shape (N, H), recorded through all seven.

    Example:
        >>> zero, one = Tensor([[0.0]]), Tensor([[1.0]])
        >>> gru_state((zero, zero, zero), (zero, zero, zero), one)
        Tensor([[0.5]])

    Hint: `sigmoid` and `tanh` of lesson 2 take Tensors.
    """
    ### BEGIN SOLUTION
    reset = sigmoid(from_x[0] + from_h[0])
    update = sigmoid(from_x[1] + from_h[1])
    candidate = tanh(from_x[2] + reset * from_h[2])
    return candidate + update * (h - candidate)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_gru_state", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_gru_state():
    """Each number of the new state is what the equations say."""
    cases = oracles.steps([(2, 3), (1, 1), (3, 2), (4, 1), (2, 2), (0, 3)], seed=0)
    tt.check(oracles.of_parts(gru_state), oracles.step, cases, wrap=Tensor, returns="tensor")
    ### BEGIN HIDDEN TESTS
    cases = oracles.steps([(3, 3), (1, 4), (2, 1)], seed=90)
    tt.check(oracles.of_parts(gru_state), oracles.step, cases, wrap=Tensor, returns="tensor")
    ### END HIDDEN TESTS


test_gru_state()

# %% nbgrader={"grade": true, "grade_id": "test_gru_state_of_large_numbers", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_gru_state_of_large_numbers():
    """Large inputs put the gates at 0 or 1 and the candidate at -1 or 1, and make no nan."""
    cases = oracles.steps([(2, 3), (3, 2), (1, 4)], seed=2, size=1000)
    tt.check(oracles.of_parts(gru_state), oracles.step, cases, wrap=Tensor)
    ### BEGIN HIDDEN TESTS
    cases = oracles.steps([(3, 3), (2, 2)], seed=92, size=900)
    tt.check(oracles.of_parts(gru_state), oracles.step, cases, wrap=Tensor)
    ### END HIDDEN TESTS


test_gru_state_of_large_numbers()

# %% nbgrader={"grade": true, "grade_id": "test_gru_state_is_recorded", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_gru_state_is_recorded():
    """The record leads back to each of the seven, through functions that have a rule."""
    step, cases = oracles.of_parts(gru_state), oracles.steps([(1, 2), (2, 1)], seed=1)
    tt.check(step, oracles.step, cases, wrap=Tensor, door=GRADIENTS)
    ### BEGIN HIDDEN TESTS
    cases = oracles.steps([(2, 2)], seed=91)
    tt.check(step, oracles.step, cases, wrap=Tensor, door=GRADIENTS)
    ### END HIDDEN TESTS


test_gru_state_is_recorded()

# %% [markdown]
r"""
The base class `Gated`, in a folded cell, holds the weights, and `GRUCell` beside it takes one
step. `GRU` takes a whole sequence `(N, T, D)`. It multiplies all inputs at once, unbinds the
steps, and stacks the states to `(N, T, H)`.
"""

# %% jupyter={"source_hidden": true}
#| export
# Gated: the weights of a gated recurrent unit; and GRUCell, which takes one step
class Gated(Layer):
    """What a gated recurrent unit holds, and how it takes a step.

    Weights and biases start as PyTorch's, evenly between -1 / sqrt(H) and 1 / sqrt(H); but a weight
    has the shape (in, 3 H). The thirds are reset gate, update gate and candidate.

    Args:
        in_features, hidden: the lengths D of an input and H of a state.
        rng: draws weights and biases.

    Source: Cho et al., 2014.
    """

    def __init__(self, in_features: int, hidden: int, rng: "np.random.Generator"):
        self.in_features, self.hidden = in_features, hidden
        bound = 1 / math.sqrt(hidden)

        def drawn(*shape: int) -> Tensor:
            return Tensor(rng.uniform(-bound, bound, shape).astype(np.float32), requires_grad=True)

        self.input_weight, self.input_bias = drawn(in_features, 3 * hidden), drawn(3 * hidden)
        self.hidden_weight, self.hidden_bias = drawn(hidden, 3 * hidden), drawn(3 * hidden)

    def thirds(self, x: Tensor, weight: Tensor, bias: Tensor) -> tuple:
        """The three parts of a product, along the last axis."""
        return split(linear(x, weight, bias), self.hidden, axis=-1)

    def step(self, from_x: Sequence[Tensor], h: Tensor) -> Tensor:
        """The next state, from the three parts of an input's product."""
        return gru_state(from_x, self.thirds(h, self.hidden_weight, self.hidden_bias), h)

    def start(self, h: Tensor | None, count: int) -> Tensor:
        """The state to begin with."""
        if h is None:
            return Tensor(np.zeros((count, self.hidden), self.hidden_weight.dtype))
        if np.shape(h) != (count, self.hidden):
            raise ValueError(f"{self} expected a state ({count}, {self.hidden}), got {np.shape(h)}")
        return h if isinstance(h, Tensor) else Tensor(h)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.in_features}, {self.hidden})"


class GRUCell(Gated):
    """One step of a gated recurrent unit, as `torch.nn.GRUCell`."""

    def forward(self, x: Tensor, h: Tensor | None = None) -> Tensor:
        """The state (N, H) after an input x (N, D); h is the state before, zeros by default."""
        if x.ndim != 2 or x.shape[1] != self.in_features:
            raise ValueError(f"{self} expected an input (N, {self.in_features}), got {x.shape}")
        return self.step(self.thirds(x, self.input_weight, self.input_bias), self.start(h, len(x)))

# %%
#| export
class GRU(Gated):
    """A gated recurrent unit for whole sequences, as `torch.nn.GRU` with batch_first=True."""

    def forward(self, x: Tensor, h: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """All states (N, T, H) of a sequence x (N, T, D), and the last one (N, H)."""
        if x.ndim != 3 or x.shape[2] != self.in_features or not x.shape[1]:
            wanted = f"a sequence (N, T, {self.in_features}) of one step or more"
            raise ValueError(f"{self} expected {wanted}, got {x.shape}")
        h, states = self.start(h, len(x)), []
        thirds = self.thirds(x, self.input_weight, self.input_bias)
        for from_x in zip(*(unbind(third, axis=1) for third in thirds), strict=True):
            h = self.step(from_x, h)
            states.append(h)
        return stack(states, axis=1), h

# %% [markdown]
r"""
A digit is a sequence, if you read it row after row, 8 rows of 8 pixels. The network sees one row
at a time, and names the digit from its last state. Reading 1,200 digits some dozen times takes a
few seconds. The mark to reach is 90 % of the 597 digits that it never saw.
"""

# %%
class Reader(Layer):
    """Reads a sequence, and answers from the last state."""

    def __init__(self, in_features, hidden, classes, rng):
        self.reads = GRU(in_features, hidden, rng)
        self.answers = Linear(hidden, classes, rng)

    def forward(self, x):
        _, last = self.reads(x)  # the state after the last row
        return self.answers(last)


digits = load_digits()
images = (digits.images / 16).astype(np.float32)  # (1797, 8, 8)
training = TensorDataset(images[:1200], digits.target[:1200])
reader = Reader(8, 64, 10, np.random.default_rng(0))
start = time.perf_counter()
loader = DataLoader(training, 50, np.random.default_rng(1))
history = fit(reader, CrossEntropyLoss(), Adam(reader.parameters(), 0.005), loader, 20)
share = accuracy(reader(images[1200:]), digits.target[1200:])
print(f"{count_parameters(reader):,} parameters, {time.perf_counter() - start:.0f} s")
print(f"digits read row by row: {share:.1%} of the new ones are right, mark 90 %")

# %% [markdown]
r"""
How much of a digit has to be read before it can be named? The states in between are there. For
each of them a last layer of its own is trained on the 1,200 digits, and the reader stays as it is.
"""

# %%
with no_grad():
    states = unbind(reader.reads(Tensor(images))[0], axis=1)  # eight of (1797, 64)
shares = []
for h in states:
    last = Linear(64, 10, np.random.default_rng(0))
    known = TensorDataset(h.data[:1200], digits.target[:1200])
    adam = Adam(last.parameters(), 0.02)
    fit(last, CrossEntropyLoss(), adam, DataLoader(known, 100, np.random.default_rng(1)), 20)
    shares.append(accuracy(last(h.data[1200:]), digits.target[1200:]))

figure, axis = figures.subplots(height=2.8)
axis.plot(range(1, 9), shares, "o-")
axis.axhline(0.1, color="gray", lw=1, label="guessing")
axis.set(xlabel="rows read", ylabel="right", ylim=(0, 1))
axis.set_title(f"Half of a digit is enough for {shares[3]:.0%} of them")
axis.legend()
figures.show(figure, alt="With each row more are right, from four in ten to nearly all.")

# %% [markdown]
r"""
The state holds more with every row. Nobody told the network what to keep: the gates learned it, by
gradients that came back through all eight steps.
"""

# %% [markdown]
r"""
## 9.11 Three models that were impossible

Each of the folded cells trains a model of a few lines in a few seconds. The first is a small
**U-Net** of linear layers: it narrows a noisy digit from 64 numbers to 8 and widens it again. `concatenate` hands
early layers over to late ones. Do these shortcuts pay?
"""

# %% jupyter={"source_hidden": true}
# A U-Net that removes noise, with its shortcuts and without
class UNet(Layer):
    def __init__(self, skips, rng):
        self.skips = skips
        self.down = [Linear(64, 32, rng, "he"), Linear(32, 8, rng, "he")]
        self.up = Linear(8 + 32 * skips, 32, rng, "he")
        self.last = Linear(32 + 64 * skips, 64, rng)

    def forward(self, x):
        wide = maximum(self.down[0](x), 0)  # (N, 64) -> (N, 32)
        narrow = maximum(self.down[1](wide), 0)  # -> (N, 8)
        up = maximum(self.up(concatenate([narrow, wide], 1) if self.skips else narrow), 0)
        return self.last(concatenate([up, x], 1) if self.skips else up)


pixels = images.reshape(-1, 64)
noisy = pixels + np.random.default_rng(2).normal(0, 0.3, pixels.shape).astype(np.float32)
print(f"mean squared error of the noisy digits {np.mean((noisy - pixels)[1200:] ** 2):.4f}")
for skips in (False, True):
    net = UNet(skips, np.random.default_rng(0))
    data = DataLoader(TensorDataset(noisy[:1200], pixels[:1200]), 50, np.random.default_rng(1))
    fit(net, MeanSquaredError(), Adam(net.parameters(), 0.005), data, 20)
    with no_grad():
        error = np.mean((net(noisy[1200:]).data - pixels[1200:]) ** 2)
    print(f"{'with' if skips else 'without'} shortcuts {error:.4f}")

# %% [markdown]
r"""
The shortcuts pay: less than two thirds of the error is left. What does not fit through the 8
numbers goes round them.

The second is **attention**: each row of a digit looks at the rows up to itself, weighs them, and
predicts the next row. A mask by `where` hides what comes after. It is trained with the mask and
without; then both have to predict from rows after which nothing is known yet. What does the one
without have learned?
"""

# %% jupyter={"source_hidden": true}
# Attention over the rows of a digit, with a mask and without
class Attention(Layer):
    def __init__(self, masked, rng, width=32):
        self.masked, self.width = masked, width
        self.reads, self.last = Linear(8, 3 * width, rng), Linear(width, 8, rng)
        start = rng.normal(0, 0.1, (7, 3 * width)).astype(np.float32)
        self.places = Tensor(start, requires_grad=True)

    def forward(self, x):
        asks, offers, holds = split(self.reads(x) + self.places, self.width, axis=-1)
        scores = einsum("ntd,nsd->nts", asks, offers) / self.width**0.5
        if self.masked:
            later = np.triu(np.ones((7, 7), bool), 1)  # row t may not look at row s > t
            scores = where(later, -np.inf, scores)
        return self.last(einsum("nts,nsd->ntd", softmax(scores), holds))


seen, following = images[:, :-1], images[:, 1:]  # rows 0 to 6, and the row after each
for masked in (False, True):
    net = Attention(masked, np.random.default_rng(0))
    data = DataLoader(TensorDataset(seen[:1200], following[:1200]), 50, np.random.default_rng(1))
    history = fit(net, MeanSquaredError(), Adam(net.parameters(), 0.005), data, 20)
    with no_grad():
        honest = []
        for t in range(7):
            hidden = seen[1200:] * (np.arange(7) <= t)[:, None]  # what comes after t is unknown
            honest.append((net(hidden).data[:, t] - following[1200:, t]) ** 2)
    print(
        f"{'with' if masked else 'without'} the mask: error {history['loss'][-1]:.4f} in training, "
        f"{np.mean(honest):.4f} where the rest is unknown"
    )

# %% [markdown]
r"""
Without a mask the model copies the answer from the future, and is lost where there is none. The
third is an **embedding**: a table `(27, 27)` that holds, for each letter, logits of the letter
that follows; `take` looks them up. Counting pairs of letters in the same text gives the best
result that any such model can have. How close does learning get?
"""

# %% jupyter={"source_hidden": true}
# A model of pairs of letters in the text of Python's manual
text = "".join(c if c.isalpha() and c.isascii() else " " for c in "".join(topics.values()).lower())
text = " ".join(text.split())[:100_000]
letters = np.array([0 if c == " " else ord(c) - ord("a") + 1 for c in text])
pairs = np.zeros((27, 27))
np.add.at(pairs, (letters[:-1], letters[1:]), 1)
likely = pairs / pairs.sum(1, keepdims=True)
best = -(pairs * np.log(np.where(pairs > 0, likely, 1))).sum() / pairs.sum()

logits = Tensor(np.zeros((27, 27), np.float32), requires_grad=True)
adam, loss_of, rng = Adam([logits], 0.1), CrossEntropyLoss(), np.random.default_rng(0)
for _ in range(300):
    some = rng.integers(0, len(letters) - 1, 2000)
    loss = loss_of(take(logits, letters[some]), letters[some + 1])
    logits.grad = None
    backward(loss)
    adam.step()
with no_grad():
    loss = loss_of(take(logits, letters[:-1]), letters[1:]).item()
print(f"loss a letter: guessing {np.log(27):.3f}, learned {loss:.3f}, by counting {best:.3f}")

# %% [markdown]
r"""
It comes close to the best, by slopes alone. A step's gradient reaches only the rows that were
looked up.
"""

# %% [markdown] nbgrader={"grade": false, "grade_id": "cost_of_copies_prompt", "locked": true, "schema_version": 3, "solution": false, "task": false}
r"""
## 9.12 Question: what is copied, and how often?

A sequence `x` of shape (400, 64, 32) holds `float32`. Count, and explain:

1. How many bytes does `x` take? How many do the 400 pieces of `unbind(x)` add?
2. A loop uses `x[t]` for each step. How many bytes of gradients does the way back write for these
   400 indices together, if each makes an array as large as `x`? What does a sequence twice as
   long cost?
3. Why can `split` return views, while `concatenate` must copy?
4. 8,192 words are looked up in a table of shape (8192, 64), once by `take` and once by a product
   with a one-hot matrix. How many multiplications does each take?
"""

# %% [markdown] nbgrader={"grade": true, "grade_id": "cost_of_copies", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
r"""
### BEGIN SOLUTION
1. 400 x 64 x 32 x 4 = 3,276,800 bytes. The pieces take none: they are views of the same memory.
2. 400 x 3,276,800 = 1,310,720,000 bytes, 1.3 GB, nearly all of it zeros. Twice as many steps
   write twice as many arrays, each twice as large: four times as much.
3. A piece is a part of one block of memory, which an offset, a shape and strides describe. Arrays
   that are to be joined lie anywhere in memory; one array needs one block with regular steps.
4. `take` multiplies nothing, it copies rows. The product takes 8192 x 8192 x 64 = 4.3 thousand
   million multiplications, all but one in 8,192 by 0.

Rubric, one point each:
- 3,276,800 bytes for x
- no bytes for the pieces, since they are views
- 1.3 GB for the loop by index
- four times as much for twice the length
- joined arrays lie in different places of memory, pieces in one block
- no multiplications for take, 4.3 thousand million for the product
### END SOLUTION
"""

# %% [markdown]
r"""
## 9.13 For those who want more

A wrong rule raises no error. Here the operations of this lesson are compared with central
differences, as users call them.
"""

# %%
rng = np.random.default_rng(5)
x, y = (rng.permutation(np.arange(12.0)).reshape(3, 4) / 8 + shift for shift in (0, 0.01))
samples = {
    "concatenate": (lambda x, y: concatenate([x, y, x], axis=1), x, y),
    "stack": (lambda x, y: stack([x, y], axis=-1), x, y),
    "split": (lambda x: concatenate(split(x, [1, 0, 3], axis=1)[::2], 1) * x, x),
    "unbind": (lambda x: stack(unbind(x, axis=1)[2:]) * 3, x),
    "where": (lambda x, y: where(y > 0.5, x, y * y), x, y),
    "clip": (lambda x: clip(x, 0.3, 1.2), x),
    "clip, bounds": (lambda x, y: clip(x, y, y + 0.3) + clip(x, None, y), x, y),
    "minimum, maximum": (lambda x, y: minimum(x, y) * maximum(x, y), x, y),
    "pad": (lambda x: pad(x, ((1, 0), (0, 2)), 7.0) * 2, x),
    "take": (lambda x: take(x, [[1, -1], [1, 0]], axis=1), x),
    "cumsum": (lambda x: cumsum(x, 1), x),
    "var, std": (lambda x: var(x, 0) + x.std(correction=0), x),
    "norm": (lambda x: x.norm(axis=1), x),
    "sort": (lambda x: sort(x, 0, descending=True)[0] * y, x),
    "topk": (lambda x: topk(x, 2)[0], x),
    "einsum": (lambda x, y: einsum("nd,cd->c", x, y), x, y),
}
for name, (function, *inputs) in samples.items():
    tensors = [Tensor(each, requires_grad=True) for each in inputs]
    output = function(*tensors)
    grad = rng.normal(size=output.shape)
    backward(output, grad)
    plain_function = lambda *arrays, call=function: call(*map(Tensor, arrays)).data
    for n, tensor in enumerate(tensors):
        slopes = tt.central_differences(plain_function, grad, inputs, n)
        assert np.allclose(tensor.grad, slopes, atol=1e-7), name
print(f"{len(samples)} operations agree with the measured slopes")

# %% [markdown]
r"""
How fast is a lookup's way back? NumPy adds at the flat places of an array of one axis several
times faster than at whole rows. PyTorch takes a similar time.
"""

# %%
indices = np.random.default_rng(0).integers(0, 8192, 8192)
table, grad = np.zeros((8192, 64), np.float32), np.ones((8192, 64), np.float32)


def add_rows(grad, output, x, indices):
    slopes = np.zeros_like(x)
    np.add.at(slopes, indices, grad)
    return slopes


for label, rule in (("at rows", add_rows), ("yours", taken_gradient)):
    times = []
    for _ in range(5):
        start = time.perf_counter()
        rule(grad, None, table, indices)
        times.append(1000 * (time.perf_counter() - start))
    print(f"{label:8} {min(times):5.1f} ms")

# %% [markdown]
r"""
## 9.14 Summary

Whatever moves numbers, by joining, cutting, choosing, padding, looking up or sorting, has a way
back that moves gradients to where the numbers came from; what was used several times adds up, and
what was not used gets 0. Sums by letters and spreads have rules of the same short kind. With
several outputs from one cut a loop over a sequence is linear, and networks may have arrows that
part and meet.
"""

# %%
tt.summary()

# %%
# Save first (Ctrl+S): this checks the saved notebook as grading does, and exports your own module.
tt.export()
