"""Random graphs of our operations agree with PyTorch, in every value and every gradient.

Tests of one operation at a time miss what happens between them: an array that two steps share, a
gradient that arrives on three ways, a view that is written into. Here hypothesis draws thousands
of small graphs, each computed twice, step by step; a graph that fails is shrunk, and printed as a
program of a few lines.

A new operation is a new row of OPERATIONS: its name, how its arguments are drawn, our call,
PyTorch's call. Three things PyTorch does differently, and its side of each step is arranged so
that it does as NumPy does:

- In PyTorch a tensor without axes does not widen another's float32 to float64, and a product of
  two dtypes is refused. Its inputs are made one dtype first (`.to` has a gradient too).
- In PyTorch slices can't run backward, and an int beside a list is no list of one. There the
  positions that NumPy chooses are looked up (`choose`).
- PyTorch reads no axes, `()`, as all of them (`dims`).
"""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pytest

from tinytorch import core
from tinytorch.core import Tensor, apply, backward, gradients

try:
    from tinytorch.core import operations
except ImportError:
    operations = None

torch = pytest.importorskip("torch")
pytest.importorskip("hypothesis")
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

torch.set_num_threads(1)
F = torch.nn.functional

GRAPHS = 4_000
LEAST_GRAPHS = 3_000  # what is too steep to be compared is not counted
LEAST_USES = 25  # of each operation, over all graphs
LARGEST = 100.0  # a larger number does not become part of a graph: exp(exp(x)) says nothing
STEEPEST = 1e5  # gradients above that have lost too many digits to be compared
MOST_ELEMENTS = 400
NEAR = 1e-4  # so near to a kink, rounding may decide on which side a number is
TOLERANCE = 1e-11  # of the largest number
TOLERANCE_FLOAT32 = 1e-4  # in a graph with float32 in it
SHAPES = ((), (1,), (3,), (2, 3), (3, 2), (4, 1), (2, 3, 4), (1, 3, 2), (2, 1, 2, 3), (0,), (0, 3),
          (2, 0))  # fmt: skip
DTYPES = ([np.float64], [np.float32], [np.float64, np.float32])  # of the leaves of one graph


# --- A graph that grows, on both sides ------------------------------------------------------


class Node(NamedTuple):
    """One tensor of a graph: ours, PyTorch's, and its name in the program."""

    ours: Tensor
    theirs: Any
    name: str

    @property
    def shape(self) -> tuple[int, ...]:
        return self.ours.shape


class Operation(NamedTuple):
    """A row of the table.

    Args:
        name: what the summary calls it.
        draw: from a Graph to (nodes, options): what it is called with.
        ours, theirs: called with the nodes' tensors and the options; they return one tensor or
            several. A result without a gradient, such as indices, is compared and goes no further.
        kink: from the inputs' arrays and the options to an array of distances, one of which is
            0 wherever the slope jumps.
    """

    name: str
    draw: Callable
    ours: Callable
    theirs: Callable
    kink: Callable | None = None


@lru_cache
def between(low: int, high: int) -> st.SearchStrategy:
    return st.integers(low, high)


class Graph:
    """What was drawn so far, and the ways to draw more of it.

    Attributes:
        nodes: all tensors, leaves among them.
        lines: the program that made them, for whoever has to read a failure.
        uses: how often each node was an input.
    """

    def __init__(self, draw: Callable):
        self._draw = draw
        self.nodes: list[Node] = []
        self.leaves: list[Node] = []
        self.lines: list[str] = []
        self.uses: Counter = Counter()
        self.operations: Counter = Counter()
        self.dtypes = self.one_of(DTYPES)
        self.rng = np.random.default_rng(self.integer(0, 2**16))

    @property
    def tolerance(self) -> float:
        narrow = any(node.ours.dtype == np.float32 for node in self.nodes)
        return TOLERANCE_FLOAT32 if narrow else TOLERANCE

    def __repr__(self) -> str:
        return "\n  ".join(["Graph:", *self.lines])

    def integer(self, low: int, high: int) -> int:
        return self._draw(between(low, high))

    def one_of(self, choices: Iterable) -> Any:
        choices = list(choices)
        return choices[self.integer(0, len(choices) - 1)]

    def flag(self) -> bool:
        return self.one_of((False, True))

    def numbers(self, shape: tuple[int, ...], dtype: Any = np.float64) -> np.ndarray:
        return np.asarray(self.rng.uniform(-2, 2, shape)).astype(dtype)

    def leaf(self, shape: tuple[int, ...], dtype: Any = None) -> Node:
        """A new tensor; one in four is a constant (not the first), one in three full of ties."""
        data = self.numbers(shape, dtype or self.one_of(self.dtypes))
        if self.integer(0, 2) == 2:
            data = np.round(data)
        learns = not self.leaves or self.integer(0, 3) < 3
        theirs = torch.tensor(data, requires_grad=learns)
        node = Node(Tensor(data, requires_grad=learns), theirs, f"x{len(self.nodes)}")
        self.lines.append(f"{node.name} = {'' if learns else 'constant '}{data.dtype}{data.shape}")
        self.nodes.append(node)
        self.leaves.append(node)
        return node

    def tensor(self, fits: Callable = lambda shape: True, otherwise: Any = (2, 3)) -> Node:
        """A tensor of the graph with a fitting shape, or a new one where there is none."""
        found = [node for node in self.nodes if fits(node.shape)]
        return self.one_of(found) if found else self.leaf(otherwise)

    def partner(self, fits: Callable, shape: Callable, dtype: Any = None) -> Node:
        """A tensor of the graph with a fitting shape, or a new one of the shape it draws."""
        found = [n for n in self.nodes if fits(n.shape) and dtype in (None, n.ours.dtype)]
        place = self.integer(0, len(found))
        return found[place] if place < len(found) else self.leaf(shape(), dtype)

    def broadcasting(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape that broadcasts with a given one: axes in front missing, others of length 1."""
        kept = shape[self.integer(0, len(shape)) :]
        single = self.integer(0, len(kept))  # the last choice leaves all as they are
        return tuple(1 if axis == single else length for axis, length in enumerate(kept))

    def axis(self, x: Node) -> int:
        return self.integer(-len(x.shape), len(x.shape) - 1)

    def axes(self, x: Node) -> Any:
        """None, one axis, or a tuple of some, each from the front or from the back."""
        kind = self.integer(0, 2) if x.shape else 0
        if kind < 2:
            return self.axis(x) if kind else None
        chosen = [axis for axis in range(len(x.shape)) if self.flag()]
        return tuple(axis - len(x.shape) * self.flag() for axis in chosen)

    def step(self, operation: Operation) -> None:
        """Draw one operation, compute it on both sides, compare, and keep what is tame."""
        inputs, options = operation.draw(self)
        if operation.kink and undecided(operation.kink, inputs, options):
            return
        ours = operation.ours(*(node.ours for node in inputs), **options)
        theirs = operation.theirs(*one_dtype(node.theirs for node in inputs), **options)
        parts = [node.name for node in inputs] + [f"{k}={v!r}" for k, v in options.items()]
        if not isinstance(ours, list | tuple) and any(ours is node.ours for node in inputs):
            return  # a Tensor that is itself the result has one gradient, not two
        results = list(zip(several(ours), several(theirs), strict=True))
        for place, (mine, other) in enumerate(results):
            if any(other is node.theirs for node in inputs):
                other = other.view_as(other)
            name = f"x{len(self.nodes)}"
            part = f" [{place}]" if len(results) > 1 else ""
            self.lines.append(f"{name} = {operation.name}({', '.join(parts)}){part}")
            same(mine.data, other, self)
            if mine.dtype.kind == "f" and is_tame(mine.data):
                assert mine.requires_grad == other.requires_grad, self
                self.nodes.append(Node(mine, other, name))
                self.uses.update(node.name for node in inputs if mine.requires_grad)
        self.operations[operation.name] += 1


def several(result: Any) -> list:
    return list(result) if isinstance(result, list | tuple) else [result]


def one_dtype(tensors: Iterable) -> list:
    """PyTorch's inputs in the dtype that NumPy would give the result."""
    tensors = list(tensors)
    wide = any(x.dtype == torch.float64 for x in tensors)
    return [x.to(torch.float64) if wide else x for x in tensors]


def is_tame(data: np.ndarray) -> bool:
    return data.size <= MOST_ELEMENTS and bool(np.all(np.abs(data) < LARGEST))


def undecided(kink: Callable, inputs: list[Node], options: dict) -> bool:
    """Whether a number is so near to a kink that the two sides may see it on different sides."""
    mine = np.asarray(kink(*(node.ours.data for node in inputs), **options))
    other = np.asarray(kink(*(node.theirs.detach().numpy() for node in inputs), **options))
    return bool(np.any((np.abs(mine) < NEAR) & ((mine != 0) | (other != 0))))


def same(mine: np.ndarray, other: Any, g: Graph, what: str = "", scale: float = 1.0) -> None:
    """Shape, dtype and numbers agree, to the last digits of the largest number."""
    other, message = other.detach().numpy(), f"{what}\n{g}"
    assert mine.shape == other.shape, f"{mine.shape} and {other.shape}{message}"
    assert mine.dtype == other.dtype, f"{mine.dtype} and {other.dtype}{message}"
    if mine.dtype.kind != "f":
        np.testing.assert_array_equal(mine, other, message)
        return
    scale = max(scale, np.max(np.abs(other), initial=1.0, where=np.isfinite(other)))
    np.testing.assert_allclose(mine, other, 0, g.tolerance * scale, err_msg=message)


# --- How arguments are drawn ----------------------------------------------------------------


def one(g: Graph):
    return [g.tensor()], {}


def with_number(*numbers: float) -> Callable:
    return lambda g: ([g.tensor()], {"number": g.one_of(numbers)})


def can_broadcast(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    ends = zip(reversed(shape), reversed(other), strict=False)
    return all(m == n or 1 in (m, n) for m, n in ends)


def pair(g: Graph):
    """Two tensors that broadcast, perhaps twice the same."""
    a = g.tensor()
    b = g.partner(lambda s: can_broadcast(s, a.shape), lambda: g.broadcasting(a.shape))
    return ([a, b] if g.flag() else [b, a]), {}


def with_narrower(g: Graph):
    """A tensor, and one of its dtype that broadcasts to its shape: what += takes in PyTorch."""
    a = g.tensor()

    def fits(shape):
        return can_broadcast(shape, a.shape) and np.broadcast_shapes(shape, a.shape) == a.shape

    return [a, g.partner(fits, lambda: g.broadcasting(a.shape), a.ours.dtype)], {}


def with_array(g: Graph):
    x = g.tensor()
    return [x], {"array": g.numbers(g.broadcasting(x.shape), x.ours.dtype)}


def along_axis(g: Graph):
    """A tensor and an axis of it on which there is something."""
    x = g.tensor(lambda shape: len(shape) > 0 and 0 not in shape)
    return [x], {"axis": g.axis(x)}


def some_axes(g: Graph, fits: Callable = lambda shape: True):
    x = g.tensor(fits)
    return [x], {"axis": g.axes(x), "keepdims": g.flag()}


def filled_axes(g: Graph):
    """What needs at least one element."""
    return some_axes(g, lambda shape: 0 not in shape)


def filled_axis(g: Graph):
    """The same along one axis or all of them."""
    x = g.tensor(lambda shape: 0 not in shape)
    return [x], {"axis": g.axis(x) if x.shape and g.flag() else None, "keepdims": g.flag()}


def spread_axes(g: Graph):
    """What needs more elements than its correction."""
    [x], options = filled_axes(g)
    if options["axis"] == ():
        options["axis"] = None
    count = x.ours.size // max(np.sum(x.ours.data, options["axis"]).size, 1)
    return [x], {**options, "correction": g.integer(0, min(count - 1, 1))}


def several_along(g: Graph):
    """Tensors that can be joined: alike but for the length of one axis."""
    x = g.tensor(lambda shape: len(shape) > 0)
    axis = g.axis(x)
    place = axis % len(x.shape)

    def rest(shape):
        return shape[:place] + shape[place + 1 :] if len(shape) == len(x.shape) else None

    fits = lambda shape: rest(shape) == rest(x.shape)  # noqa: E731
    new = lambda: (*x.shape[:place], g.integer(0, 2), *x.shape[place + 1 :])  # noqa: E731
    return [x, *(g.partner(fits, new) for _ in range(g.integer(0, 2)))], {"axis": axis}


def several_alike(g: Graph):
    x = g.tensor()
    others = [g.partner(lambda s: s == x.shape, lambda: x.shape) for _ in range(g.integer(0, 2))]
    return [x, *others], {"axis": g.integer(-len(x.shape) - 1, len(x.shape))}


def with_widths(g: Graph):
    x = g.tensor(lambda shape: len(shape) > 0)
    widths = [(g.integer(0, 2), g.integer(0, 1)) for _ in x.shape]
    return [x], {"widths": widths, "value": g.one_of((0, 1.5))}


def places_along(g: Graph):
    """Places along an axis, repeated ones and none among them, in an array of any shape."""
    [x], options = along_axis(g)
    length = x.shape[options["axis"]]
    shape = g.one_of(((), (3,), (2, 2), (0,)))
    return [x], {"places": g.rng.integers(0, length, shape), **options}


def matrices(g: Graph):
    """Two matrices, and what einsum may make of them."""
    a = g.tensor(lambda shape: len(shape) == 2)
    i, j = a.shape
    spec, shape = g.one_of((
        ("ij,jk->ik", (j, 2)), ("ij,kj->ki", (2, j)), ("ij,ij->", (i, j)), ("ij,ij->j", (i, j)),
        ("ij,kl->iljk", (2, 1)), ("ij,ji->ij", (j, i)),
    ))  # fmt: skip
    return [a, g.partner(lambda s: s == shape, lambda: shape)], {"spec": spec}


def two_axes(g: Graph):
    x = g.tensor(lambda shape: len(shape) > 0)
    return [x], {"axes": (g.axis(x), g.axis(x))}


def with_bounds(g: Graph):
    return [g.tensor()], {"low": g.one_of((-1.5, -0.5)), "high": g.one_of((0.5, 1))}


def new_dtype(g: Graph):
    return [g.tensor()], {"dtype": g.one_of(g.dtypes)}


def new_shape(g: Graph):
    """The same number of elements: the axes merged up to one of them, ones added, perhaps a -1."""
    x = g.tensor()
    cut = g.integer(0, len(x.shape))
    shape = [math.prod(x.shape[:cut]), *x.shape[cut:]]
    shape.insert(g.integer(0, len(shape)), 1)
    if g.flag() and x.ours.size:
        shape[g.integer(0, len(shape) - 1)] = -1
    return [x], {"shape": tuple(shape)}


def new_order(g: Graph):
    x = g.tensor()
    axes, left = [], list(range(len(x.shape)))
    while left:
        axes.append(left.pop(g.integer(0, len(left) - 1)) - len(x.shape) * g.flag())
    return [x], {"axes": tuple(axes)}


def basic_index(g: Graph):
    """Ints, slices in both directions, new axes and an ellipsis."""
    x = g.tensor()
    index: list = []
    for length in x.shape[: g.integer(0, len(x.shape))]:
        kind = g.integer(0, 3)
        if kind == 0 and length:
            index.append(g.integer(-length, length - 1))
        elif kind == 3:
            index += [None, slice(None)]
        else:
            start, stop = (g.one_of((None, -3, -1, 0, 1, 2)) for _ in range(2))
            index.append(slice(start, stop, g.one_of((None, 1, 2, -1, -2))))
    if g.flag():
        index.append(...)
    return [x], {"index": tuple(index)}


def list_index(g: Graph):
    """Lists of places, repeated ones too, beside slices and ints."""
    x = g.tensor(lambda shape: len(shape) > 0 and 0 not in shape)
    count, index = g.integer(0, 3), []
    for length in x.shape:
        places = [g.integer(-length, length - 1) for _ in range(count)]
        index.append(g.one_of((places, np.array(places, int), slice(None), slice(1, None), 0)))
    if not any(isinstance(part, list | np.ndarray) for part in index):
        index[0] = [0] * count
    return [x], {"index": tuple(index)}


def mask_index(g: Graph):
    """A mask over some of the first axes: an array, or the Tensor that a comparison gives."""
    x = g.tensor(lambda shape: len(shape) > 0)
    mask = g.rng.random(x.shape[: g.integer(1, len(x.shape))]) < 0.6
    return [x], {"index": Tensor(mask) if g.flag() else mask}


def product(g: Graph):
    """Vectors, matrices and stacks that can be multiplied."""
    a = g.tensor(lambda shape: len(shape) > 0)
    inner = a.shape[-1]

    def fits(shape):
        return (
            len(shape) > 0
            and shape[max(-2, -len(shape))] == inner
            and can_broadcast(shape[:-2], a.shape[:-2])
        )

    def shape():
        if g.integer(0, 3) == 0:
            return (inner,)
        front = g.broadcasting(a.shape[:-2])
        return ((2,) if g.flag() and front == a.shape[:-2] else ()) + front + (inner, 2)

    return [a, g.partner(fits, shape)], {}


def affine(g: Graph):
    """Features, a weight and perhaps a bias, of one dtype: for mixtures linear promises none."""
    x = g.tensor(lambda shape: len(shape) > 0 and shape[-1] > 0)
    features, dtype = x.shape[-1], x.ours.dtype
    fits = lambda s: len(s) == 2 and s[0] == features and s[1] > 0  # noqa: E731
    weight = g.partner(fits, lambda: (features, 2), dtype)
    units = weight.shape[1]
    bias = [g.partner(lambda s: s == (units,), lambda: (units,), dtype)] if g.flag() else []
    return [x, weight, *bias], {}


def reduced(g: Graph) -> dict:
    return {"reduction": g.one_of(("mean", "sum", "none"))}


def against_numbers(g: Graph):
    x = g.tensor()
    return [x], {"targets": g.numbers(x.shape, x.ours.dtype), **reduced(g)}


def against_answers(g: Graph):
    """A tensor and as many targets from 0 to 1."""
    x = g.tensor()
    return [x], {"targets": np.asarray(g.rng.random(x.shape), x.ours.dtype), **reduced(g)}


def against_labels(g: Graph):
    """(N, C) scores and N class indices."""
    x = g.tensor(lambda shape: len(shape) == 2 and shape[1] > 0)
    return [x], {"targets": g.rng.integers(0, x.shape[1], x.shape[0]), **reduced(g)}


def against_classes(g: Graph):
    """The same with the options of a cross-entropy; or shares as targets."""
    [x], options = against_labels(g)
    (_, classes), dtype = x.shape, x.ours.dtype
    if g.flag():
        options["targets"] = g.rng.dirichlet(np.ones(classes), x.shape[0]).astype(dtype)
    elif g.flag():
        options["ignore_index"] = 0
    if g.flag():
        options["weight"] = g.rng.uniform(0.5, 2, classes).astype(dtype)
    return [x], {**options, "label_smoothing": g.one_of((0.0, 0.1))}


# --- What is called -------------------------------------------------------------------------


def itself(x):
    return x


def positive(x):
    return x * x + 0.5


def dims(axis: Any, x: Any) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(x.ndim))
    return axis if isinstance(axis, tuple) else (axis,)


def reduce_theirs(name: str) -> Callable:
    def call(x, axis, keepdims, **options):
        if name == "norm":
            return (
                torch.linalg.vector_norm(x, dim=axis, keepdim=keepdims) if axis != () else x.abs()
            )
        if axis == ():
            return x if name in ("sum", "mean", "amax", "amin") else x != 0
        axis = axis if "arg" in name else dims(axis, x)
        return getattr(torch, name)(x, dim=axis, keepdim=keepdims, **options)

    return call


def clamp(x, low, high):
    return x.clamp(low, high)


def pad_theirs(x, widths, value):
    """PyTorch lists the widths from the last axis on, in one row."""
    return F.pad(x, [n for pair in widths[::-1] for n in pair], value=value)


def take_theirs(x, places, axis):
    front = x.shape[: axis % x.ndim]
    chosen = x.index_select(axis, torch.tensor(places).reshape(-1))
    return chosen.reshape((*front, *places.shape, *x.shape[axis % x.ndim + 1 :]))


def neighbours(x, axis):
    """How far the sorted numbers are apart; of equal ones the sides may take different ones."""
    gaps = np.diff(np.sort(x, axis), axis=axis)
    return np.where(gaps == 0, NEAR / 2, gaps)


def to_bounds(x, low, high):
    return np.minimum(np.abs(x - low), np.abs(x - high))


def zero(x, axis, keepdims):
    return x


def np_std(x, axis, keepdims, correction):
    return np.std(x, axis)


def np_norm(x, axis, keepdims):
    return np.sqrt(np.sum(x * x, axis))


def gap_to_top(x, axis, keepdims=False):
    """How far each is below the maximum; nothing for the maximum itself, where it is alone."""
    gap = np.max(x, axis, keepdims=True) - x
    alone = np.sum(gap == 0, axis, keepdims=True) == 1
    return np.where((gap == 0) & alone, 1.0, gap)


def ties(x, axis, keepdims):
    """The same for the place of the maximum: of equal ones the sides may take different ones."""
    gap = gap_to_top(x, axis)
    return np.where(gap == 0, NEAR / 2, gap)


def choose(x, index):
    """x[index] as NumPy understands it, in PyTorch."""
    index = index.data if isinstance(index, Tensor) else index
    parts = index if isinstance(index, tuple) else (index,)
    is_backward = any(isinstance(part, slice) and (part.step or 1) < 0 for part in parts)
    is_listed = any(isinstance(part, list | np.ndarray) for part in parts)
    if is_backward or (is_listed and any(isinstance(part, int) for part in parts)):
        places = np.arange(x.numel()).reshape(x.shape)[index]
        return x.reshape(-1)[torch.tensor(places.copy())]
    as_theirs = {list: lambda part: torch.tensor(part, dtype=torch.long), np.ndarray: torch.tensor}
    return x[tuple(as_theirs.get(type(part), itself)(part) for part in parts)]


def loss(name: str, theirs: Callable, draw: Callable, before: Callable = itself) -> Operation:
    """A loss with its options, of what `before` makes of the numbers."""

    def call_ours(x, targets, reduction, **options):
        return getattr(core, name)(reduction, **options)(before(x), targets)

    def call_theirs(x, targets, **options):
        weights = {k: torch.tensor(options.pop(k)) for k in list(options) if k == "weight"}
        return theirs(before(x), torch.tensor(targets), **weights, **options)

    return Operation(name, draw, call_ours, call_theirs)


def both(name: str, draw: Callable, call: Callable, kink: Callable | None = None) -> Operation:
    """A row whose two sides are spelled alike."""
    return Operation(name, draw, call, call, kink)


def mask(name: str, function: Callable) -> Operation:
    """A comparison as a mask: what it lets through has a gradient."""
    return both(f"mask {name}", pair, lambda a, b: a * function(a, b) + b, operator.sub)


def method(name: str, kink: Callable | None = None, safe: Callable = itself) -> Operation:
    return both(f"x.{name}()", one, lambda x: getattr(safe(x), name)(), kink)


def reduction(name: str, theirs: str = "", draw: Callable = some_axes, **more) -> Operation:
    ours = lambda x, **options: getattr(x, name)(**options)  # noqa: E731
    return Operation(f"x.{name}(axis)", draw, ours, reduce_theirs(theirs or name), **more)


def activation(name: str, kink: Callable | None = None) -> Operation:
    return Operation(f"core.{name}", one, getattr(core, name), getattr(torch, name), kink)


def along(name: str) -> Operation:
    theirs = lambda x, axis: getattr(torch, name)(x, axis)  # noqa: E731
    return Operation(f"core.{name}", along_axis, getattr(core, name), theirs)


def later(name: str, *parts: Callable, **more) -> Operation:
    """A function of `tinytorch.core.operations`, left out until that has it."""
    return Operation(f"operations.{name}", *parts, **more)


def added_in_place(a, b):
    total = a * 1
    total += b
    return total


def added(a, b):
    return a * 1 + b


OPERATIONS = [
    # signs
    both("a + b", pair, operator.add),
    both("a - b", pair, operator.sub),
    both("a * b", pair, operator.mul),
    both("a / b", pair, lambda a, b: a / positive(b)),
    both("a ** b", pair, lambda a, b: positive(a) ** b),
    both("a b + a", pair, lambda a, b: a * b + a),
    both("a @ b", product, operator.matmul),
    both("-x", one, operator.neg),
    both("abs(x)", one, abs, itself),
    both("x + number", with_number(-1.5, 0, 2), lambda x, number: x + number),
    both("number + x", with_number(-1.5, 0, 2), lambda x, number: number + x),
    both("x - number", with_number(-1.5, 0, 2), lambda x, number: x - number),
    both("number - x", with_number(-1.5, 0, 2), lambda x, number: number - x),
    both("x * number", with_number(-1.5, 0, 2), lambda x, number: x * number),
    both("number * x", with_number(-1.5, 0, 2), lambda x, number: number * x),
    both("x / number", with_number(-2, 0.5, 3), lambda x, number: x / number),
    both("number / x", with_number(-2, 0, 0.5), lambda x, number: number / positive(x)),
    both("x ** whole", with_number(0, 1, 2, 3), lambda x, number: x**number),
    both("x ** decimal", with_number(-1, 0.5, -1.5), lambda x, number: positive(x) ** number),
    both("number ** x", with_number(1, 2, 0.5), lambda x, number: number**x),
    Operation("array - x", with_array, lambda x, array: array - x,
              lambda x, array: torch.tensor(array) - x),
    Operation("x * array", with_array, lambda x, array: x * array,
              lambda x, array: x * torch.tensor(array)),
    Operation("a += b", with_narrower, added_in_place, added),
    # comparisons
    mask(">", operator.gt), mask("<", operator.lt), mask("==", operator.eq),
    mask(">=", operator.ge), mask("<=", operator.le), mask("!=", operator.ne),
    mask("& ~", lambda a, b: (a > b) & ~(a == b)), mask("|", lambda a, b: (a > b) | (a == b)),
    mask("^", lambda a, b: (a > b) ^ (a == a)),
    # elementwise
    method("exp"), method("log", safe=positive), method("sqrt", safe=positive),
    method("abs", kink=itself), method("detach"),
    Operation("np.tanh", one, np.tanh, torch.tanh),
    Operation("np.square", one, np.square, torch.square),
    Operation("np.maximum", pair, np.maximum, torch.maximum, operator.sub),
    Operation("np.minimum", pair, np.minimum, torch.minimum, operator.sub),
    Operation("np.clip", with_bounds, lambda x, low, high: apply(np.clip, x, low, high),
              clamp, to_bounds),
    Operation("x.clip(low, high)", with_bounds, lambda x, low, high: x.clip(low, high),
              clamp, to_bounds),
    Operation("x.astype(dtype)", new_dtype, lambda x, dtype: x.astype(dtype),
              lambda x, dtype: x.to(torch.tensor(dtype(0)).dtype)),
    # reductions
    reduction("sum"), reduction("mean", draw=filled_axes),
    reduction("max", "amax", draw=filled_axes, kink=gap_to_top),
    reduction("min", "amin", draw=filled_axes, kink=lambda x, **axes: gap_to_top(-x, **axes)),
    reduction("any", kink=zero), reduction("all", kink=zero),
    reduction("argmax", draw=filled_axis, kink=ties),
    reduction("argmin", draw=filled_axis, kink=lambda x, **axes: ties(-x, **axes)),
    reduction("var", draw=spread_axes),
    reduction("std", draw=spread_axes, kink=np_std),
    reduction("norm", draw=filled_axes, kink=np_norm),
    # shapes and choosing
    both("x.reshape(shape)", new_shape, lambda x, shape: x.reshape(shape)),
    Operation("transpose", new_order, lambda x, axes: core.tensor.transpose(x, *axes),
              lambda x, axes: x.permute(axes)),
    Operation("x.T", one, lambda x: x.T, lambda x: x.permute(tuple(range(x.ndim))[::-1])),
    Operation("x.swapaxes", two_axes, lambda x, axes: x.swapaxes(*axes),
              lambda x, axes: x.transpose(*axes)),
    both("x.flatten()", one, lambda x: x.flatten()),
    Operation("x.squeeze()", one, lambda x: x.squeeze(), lambda x: x.squeeze()),
    Operation("x[ints, slices]", basic_index, Tensor.__getitem__, choose),
    Operation("x[lists]", list_index, Tensor.__getitem__, choose),
    Operation("x[mask]", mask_index, Tensor.__getitem__, choose),
    Operation("x[x > 0]", one, lambda x: x[x > 0], lambda x: x[x > 0].reshape(-1), itself),
    # joining, splitting, choosing
    later("concatenate", several_along, lambda *xs, axis: operations.concatenate(xs, axis),
          lambda *xs, axis: torch.cat(xs, axis)),
    later("stack", several_alike, lambda *xs, axis: operations.stack(xs, axis),
          lambda *xs, axis: torch.stack(xs, axis)),
    later("unbind", along_axis, lambda x, axis: operations.unbind(x, axis), torch.unbind),
    later("where", pair, lambda a, b: operations.where(a > b, a, b * 2),
          lambda a, b: torch.where(a > b, a, b * 2), kink=operator.sub),
    later("minimum", pair, lambda a, b: operations.minimum(a, b), torch.minimum, operator.sub),
    later("maximum", pair, lambda a, b: operations.maximum(a, b), torch.maximum, operator.sub),
    later("clip", with_bounds, lambda x, low, high: operations.clip(x, low, high), clamp,
          to_bounds),
    later("cumsum", along_axis, lambda x, axis: operations.cumsum(x, axis), torch.cumsum),
    later("pad", with_widths, lambda x, widths, value: operations.pad(x, widths, value),
          pad_theirs),
    later("take", places_along, lambda x, places, axis: operations.take(x, places, axis),
          take_theirs),
    later("einsum", matrices, lambda a, b, spec: operations.einsum(spec, a, b),
          lambda a, b, spec: torch.einsum(spec, a, b)),
    later("sort", along_axis, lambda x, axis: several(operations.sort(x, axis))[0],
          lambda x, axis: x.sort(axis)[0], neighbours),
    later("topk", along_axis, lambda x, axis: several(operations.topk(x, 1, axis))[0],
          lambda x, axis: x.topk(1, axis)[0], neighbours),
    # activations and layers
    activation("relu", itself), activation("sigmoid"), activation("tanh"),
    along("softmax"), along("log_softmax"), along("logsumexp"),
    Operation("Temperature", along_axis, lambda x, axis: core.Temperature(0.7, axis)(x),
              lambda x, axis: torch.softmax(x / 0.7, axis)),
    Operation("core.linear", affine, core.linear, lambda x, w, *b: F.linear(x, w.T, *b)),
    # losses
    loss("MeanSquaredError", F.mse_loss, against_numbers),
    loss("CrossEntropyLoss", F.cross_entropy, against_classes),
    loss("BinaryCrossEntropyLoss", F.binary_cross_entropy_with_logits, against_answers),
    loss("BinaryCrossEntropyOfProbabilities", F.binary_cross_entropy, against_answers,
         lambda x: 1 / (1 + (-x).exp())),
    loss("CategoricalCrossEntropyLoss", lambda p, *t, **o: F.nll_loss(p.log(), *t, **o),
         against_labels, lambda x: positive(x) / positive(x).sum(1).reshape(-1, 1)),
]  # fmt: skip


# --- The test -------------------------------------------------------------------------------


@st.composite
def graphs(draw) -> Graph:
    g = Graph(draw)
    for _ in range(g.integer(1, 3)):
        g.leaf(g.one_of(SHAPES))
    for _ in range(g.integer(1, 12)):
        g.step(g.one_of(OPERATIONS))
    return g


def total(g: Graph) -> tuple[Tensor, Any]:
    """One number that depends on every tensor that no step took as an input, unevenly."""
    ours, theirs = Tensor(np.zeros(())), torch.zeros((), dtype=torch.float64)
    for node in g.nodes:
        if node.ours.requires_grad and not g.uses[node.name]:
            weights = g.rng.uniform(-1, 1, node.shape).astype(node.ours.dtype)
            ours = ours + (node.ours * weights).sum()
            theirs = theirs + (node.theirs * torch.tensor(weights)).sum()
    return ours, theirs


def agree(g: Graph) -> bool:
    """The gradients by every tensor of the graph agree; whether they were flat enough to tell."""
    ours, theirs = total(g)
    same(ours.data, theirs, g)
    nodes = [node for node in g.nodes if node.ours.requires_grad]
    wanted = torch.autograd.grad(theirs, [node.theirs for node in nodes], materialize_grads=True)
    steepest = max(float(grad.abs().max()) if grad.numel() else 0.0 for grad in wanted)
    if not steepest < STEEPEST:
        return False
    found = gradients(ours, [node.ours for node in nodes], retain_graph=True)
    for node, mine, other in zip(nodes, found, wanted, strict=True):
        same(mine, other, g, f"the gradient by {node.name}", steepest)
    backward(ours)
    before = {node.name: mine for node, mine in zip(nodes, found, strict=True)}
    for leaf in g.leaves:  # `backward` and `gradients` are one walk; it gives 0 where nothing came
        if leaf.ours.grad is not None or np.any(before.get(leaf.name)):
            np.testing.assert_array_equal(leaf.ours.grad, before[leaf.name])
    return True


def test_random_graphs():
    """`pytest -s` shows what was drawn. Nothing is left to chance: every run draws the same."""
    used, counts = Counter(), Counter()

    @settings(max_examples=GRAPHS, derandomize=True, database=None, deadline=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(graphs())
    def run(g):
        if agree(g):
            counts["graphs"] += 1
            counts["with a tensor used twice"] += max(g.uses.values(), default=0) > 1
            counts["with several leaves"] += len(g.leaves) > 1
            counts["of two dtypes"] += len({leaf.ours.dtype for leaf in g.leaves}) > 1
            counts["with an empty tensor"] += any(node.ours.size == 0 for node in g.nodes)
            counts["tensors"] += len(g.nodes)
            used.update(g.operations)
        else:
            counts["too steep"] += 1

    with np.errstate(all="ignore"):  # for what is_tame leaves out
        run()
    print(f"\n{dict(counts)}\n{used.total()} operations: {dict(used.most_common())}")
    assert counts["graphs"] >= LEAST_GRAPHS
    rare = [operation.name for operation in OPERATIONS if used[operation.name] < LEAST_USES]
    assert not rare, rare
