"""Small graphs out of given operations, for tests of what reads the record of the door.

A graph is written as text: `Graph("a = x * y; b = tanh(a); c = b - a")`. It can be computed by
plain NumPy, which gives slopes by central differences, and by the framework's door. A name that
no step defines is a leaf; `k` is the one that asks for no gradient. The last step is the result.

Besides NumPy's there are functions of this module: `same`, `spread` and `join`. Their rules are
known to the framework inside of `with rules(GRADIENTS)`.
"""

from __future__ import annotations

import functools
import math
import random
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinytorch.testing.checks import summed_to
from tinytorch.testing.inputs import Case, numbers, strided


def same(x: Any) -> Any:
    """x itself: the very same array."""
    return x


def spread(x: Any) -> Any:
    """A copy, whose rule returns what can't be written into."""
    return x * 1.0


def join(*inputs: Any) -> Any:
    """Once the first, twice the second, and so on: any number of inputs."""
    return sum((n + 1) * x for n, x in enumerate(inputs))


MOST_JOINED = 5
RULES = {  # what they return may be a view of grad, and may be read-only, as rules please
    (same, 0): lambda grad, output, x: grad[...],
    (spread, 0): lambda grad, output, x: np.broadcast_to(grad, np.shape(grad)),
    (join, 0): lambda grad, output, *inputs: grad[...],
} | {
    (join, n): lambda grad, output, *inputs, n=n: np.asarray((n + 1) * grad)
    for n in range(1, MOST_JOINED)
}
SIGNS = {"+": np.add, "-": np.subtract, "*": np.multiply}
FUNCTIONS = {
    "tanh": np.tanh,
    "square": np.square,
    "-": np.negative,
    "same": same,
    "spread": spread,
    "join": join,
}
STEP = re.compile(
    r"(\w+) = (?:([\w.]+) ([-+*]) ([\w.]+)"
    r"|(tanh|square|same|spread|join|-)\(?([\w.]+(?:, [\w.]+)*)\)?)"
)
ALONE = "k"
FORMS = ("{} + {}", "{} + {}", "{} - {}", "{} - {}", "{} * {}", "tanh({})", "-{}")
WIDTH = 1e-5  # of the steps of differences


class Graph:
    """Values for the leaves of a graph, and the steps that lead from them to its result."""

    def __init__(self, text: str, *, seed: int = 0, shape: tuple = (2,), dtype: Any = np.float64):
        self.text = text
        self.steps: dict[str, tuple[Callable, tuple]] = {}
        for step in text.split("; "):
            name, left, sign, right, function, only = STEP.fullmatch(step).groups()
            operands = tuple(map(_operand, (left, right) if sign else only.split(", ")))
            self.steps[name] = SIGNS[sign] if sign else FUNCTIONS[function], operands
        self.output = name
        used = [x for _, operands in self.steps.values() for x in operands if isinstance(x, str)]
        names = [x for x in dict.fromkeys(used) if x not in self.steps]
        values = _drawn((len(names), *shape), seed, 0.25, 1.5).astype(dtype)
        self.leaves = {
            name: np.array(x * (-1) ** n)
            for n, (name, x) in enumerate(zip(names, values, strict=True))
        }
        self._ways: dict[str, frozenset[str]] = {name: frozenset([name]) for name in names}
        for name, (_, operands) in self.steps.items():
            behind = [self._ways[x] for x in operands if isinstance(x, str)]
            self._ways[name] = frozenset([name]).union(*behind)

    def __repr__(self) -> str:
        return self.text

    @property
    def asking(self) -> list[str]:
        """The leaves on the way to the result that ask for a gradient."""
        return self._asking(self.output)

    @property
    def recorded(self) -> list[str]:
        """The steps on the way to the result that the door writes down, in the order taken."""
        behind = self._behind(self.output)
        return [name for name in self.steps if name in behind and self._asking(name)]

    def reaches(self, names: Iterable[str]) -> set[str]:
        """Those of the names that are on the way to the result."""
        return set(names) & self._behind(self.output)

    def values(self, moved: Mapping[str, np.ndarray] | None = None) -> dict[str, np.ndarray]:
        """All the values by plain NumPy; those in `moved` are what it says."""
        moved = moved or {}
        known = {name: moved.get(name, x) for name, x in self.leaves.items()}
        for name, (function, operands) in self.steps.items():
            inputs = [known.get(x, x) if isinstance(x, str) else x for x in operands]
            known[name] = moved[name] if name in moved else function(*inputs)
        return known

    def slopes(
        self, grad: np.ndarray, names: Iterable[str] | None = None, output: str = ""
    ) -> dict[str, np.ndarray]:
        """The gradient of `sum(grad * result)`, or of another step, by leaves or other names.

        The operations are elementwise, so that all elements can be moved at once.
        """
        output, here, found = output or self.output, self.values(), {}
        for name in self._asking(output) if names is None else names:
            more, less = (
                self.values({name: here[name] + step})[output] for step in (WIDTH, -WIDTH)
            )
            found[name] = grad * (more - less) / (2 * WIDTH)
        return found

    def outcomes(
        self, grad: np.ndarray, plan: Iterable[tuple[str, bool]], keep: tuple = ()
    ) -> list:
        """What walks from the steps of a plan give, one after the other: slopes, or an error.

        The plan says of each walk where it starts, and whether the record is to stay. Which
        gradients are kept besides changes nothing.
        """
        freed, found = set(), []
        for name, retain in plan:
            way = self._behind(name) - self.leaves.keys()
            found.append({"RuntimeError": 1} if way & freed else self.slopes(grad, output=name))
            freed |= way if not (retain or way & freed) else set()
        return found

    def tensors(self, make: Callable, apply: Callable, *, marked: bool = True) -> dict[str, Any]:
        """The same by the framework: a Tensor for each name.

        Where they are marked, the attribute `grad` of each is set to its place in this dict, so
        that `names_of` knows it again wherever it lives.
        """
        known = {name: make(x, name != ALONE) for name, x in self.leaves.items()}
        for name, (function, operands) in self.steps.items():
            known[name] = apply(function, *(known.get(x, x) for x in operands))
        for place, tensor in enumerate(known.values() if marked else ()):
            tensor.grad = place
        return known

    def names_of(self, tensors: Iterable) -> list[str]:
        """What some of the tensors that `tensors` made are called."""
        names = [*self.leaves, *self.steps]
        return [_known(tensor, names) for tensor in tensors]

    def by_name(self, gradients: Mapping, names: Iterable[str] | None = None) -> dict[str, Any]:
        """The gradients of a dict by Tensor, by name: all, or those of some names."""
        found = dict(zip(self.names_of(gradients), gradients.values(), strict=True))
        return {name: x for name, x in found.items() if names is None or name in names}

    def fault(self, order: list[str]) -> str:
        """What is wrong with an order, given by names: the first fault, or "none"."""
        recorded = self.recorded
        for place, name in enumerate(order):
            if name in self.leaves:
                return f"{name} is in it, which nobody computed"
            if name not in recorded:
                return f"{name} is in it"
            if name in order[:place]:
                return f"{name} is in it {order.count(name)} times"
        for name in recorded:
            if name not in order:
                return f"{name} is missing"
        for name in order:
            for parent in self.steps[name][1]:
                if parent in order and order.index(parent) > order.index(name):
                    return f"{name} comes before {parent}, which it is made from"
        return "none"

    def _asking(self, name: str) -> list[str]:
        behind = self._behind(name)
        return [leaf for leaf in self.leaves if leaf in behind and leaf != ALONE]

    def _behind(self, name: str) -> frozenset[str]:
        """A name and all that it is made from."""
        return self._ways[name]


def some(count: int, *, seed: int = 0, **options: Any) -> Iterator[Graph]:
    """Random graphs of three to seven steps, with diamonds, reuse, dead ends and constants."""
    for n in range(count):
        rng = random.Random(1000 * seed + n)
        recorded, all_, steps = ["x", "y"], ["x", "y", "x", "k", "2.0"], []
        for name in "abcdefg"[: 3 + n % 5]:
            one, other, form = recorded[-rng.choice((1, 1, 2))], rng.choice(all_), rng.choice(FORMS)
            if form.count("{}") == 2 and rng.random() < 0.5:
                one, other = other, one
            steps.append(f"{name} = {form.format(one, other)}")
            recorded.append(name)
            all_.append(name)
        yield Graph("; ".join(steps), seed=seed + n, **options)


@contextmanager
def rules(register: MutableMapping) -> Iterator[None]:
    """While the block runs, the framework knows the rules of this module's functions."""
    for (function, argnum), rule in RULES.items():
        register[function, argnum] = rule
    try:
        yield
    finally:
        for key in RULES:
            del register[key]


@contextmanager
def meanwhile(block: Callable, look: Callable) -> Iterator[list]:
    """A block in another thread, which is open as long as this one.

    What is given is a list, where `look()` goes as it is at the end of the block, and after it.
    """
    inside, may_end, seen = threading.Event(), threading.Event(), []

    def other() -> None:
        try:
            with block():
                inside.set()
                may_end.wait(10)
                seen.append(look())
            seen.append(look())
        finally:
            inside.set()

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait(10)
    try:
        yield seen
    finally:
        may_end.set()
        thread.join()


def step(make: Callable, apply: Callable, input_gradients: Callable) -> Callable:
    """One step back from `function(*inputs, **options)`, for the inputs that ask, by their places.

    What is returned gives, for each pair of `input_gradients`, the input and the gradient as
    arrays. An array of floats becomes a Tensor; if it stands among the inputs twice, one that is
    used twice; and every second input is itself the result of something. The step is taken three
    times, with another grad before and after, of which nothing may be left.
    """

    def back(function: Callable, grad: Any, *inputs: Any, asking: tuple, **options: Any) -> list:
        tensors: dict[int, Any] = {}
        places: dict[int, int] = {}
        for n, x in enumerate(inputs):
            if not isinstance(x, np.ndarray) or x.dtype.kind != "f" or id(x) in tensors:
                continue
            tensor = make(-x if n % 2 else x, n in asking)
            tensors[id(x)] = apply(np.negative, tensor) if n % 2 else tensor
            places[id(x)] = n
        output = apply(function, *(tensors.get(id(x), x) for x in inputs), **options)
        other = np.full_like(grad, 7)
        input_gradients(output, other)
        if any(tensor.grad is not None for tensor in (output, *tensors.values())):
            return ["a Tensor whose .grad was written into"]
        for key, tensor in tensors.items():
            tensor.grad = places[key]  # to know it again, wherever it lives
        pairs = input_gradients(output, grad)
        input_gradients(output, other)
        return [(_known(x, inputs), part) for x, part in pairs]

    return back


SLOPES = {
    np.subtract: lambda a, b: (1.0, -1.0),
    np.multiply: lambda a, b: (b, a),
    np.exp: lambda x: (np.exp(x),),
    np.sqrt: lambda x: (0.5 / np.sqrt(x),),
}


def step_by_hand(function: Callable, grad: np.ndarray, *inputs: Any, asking: tuple) -> list:
    """What `step` is to give for a function of `SLOPES`."""
    pairs = []
    for n in asking:
        part = grad * SLOPES[function](*inputs)[n]
        part = all_uses(np.asarray(part), inputs[n].shape)
        pairs.append((inputs[n], part.astype(inputs[n].dtype)))
    return pairs


def all_uses(grad: np.ndarray, shape: tuple) -> np.ndarray:
    """How much `sum(grad * x)` grows with each element of an x of that shape, broadcast."""
    total = np.zeros(math.prod(shape), grad.dtype)
    places = np.broadcast_to(np.arange(total.size).reshape(shape), grad.shape)
    np.add.at(total, places.ravel(), grad.ravel())
    return total.reshape(shape)


def quotient_slope(grad: np.ndarray, output: np.ndarray, a: Any, b: Any) -> np.ndarray:
    """The gradient of sum(grad * a / b) by b, as moving b by a millionth of itself shows it."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    more, less = b * 1.000001, b * 0.999999
    return np.asarray(grad * (a / more - a / less) / (more - less)).astype(output.dtype)


def put_back(grad: np.ndarray, output: np.ndarray, array: np.ndarray, index: tuple) -> np.ndarray:
    """The gradient of `array[index]`: each element of grad is added where it was chosen."""
    places = np.asarray(np.arange(array.size).reshape(array.shape)[index])
    slopes = np.zeros(array.size, array.dtype)
    np.add.at(slopes, places.ravel(), grad.ravel())
    return slopes.reshape(array.shape)


def repeated(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: Any = None, keepdims: bool = False
) -> np.ndarray:
    """The gradient of a sum: every element gets the grad of the result that it went into."""
    result_of = _results(x, axis)
    return grad.ravel()[result_of]


def product_slope(grad: np.ndarray, output: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The gradient of sum(grad * (a @ b)) by a, one letter for each axis that is summed over."""
    letters = ("" if a.ndim == 1 else "n") + ("" if b.ndim == 1 else "c")
    factor = "d" if b.ndim == 1 else "dc"
    wanted = ("" if a.ndim == 1 else "n") + "d"
    wide = np.einsum(f"...{letters},...{factor}->...{wanted}", grad, b)
    return summed_to(wide, a.shape).astype(grad.dtype)


def shared_by_the_largest(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: Any = None, keepdims: bool = False
) -> np.ndarray:
    """The gradient of a maximum: whoever is as large as its result gets an equal share of it."""
    result_of = _results(x, axis)
    wins = x == output.ravel()[result_of]
    winners = np.bincount(result_of[wins], minlength=grad.size)
    share = grad.ravel() / np.maximum(winners, 1)
    return np.where(wins, share[result_of], 0).astype(grad.dtype)


def summed(rule: Callable, argnum: int = 0) -> Callable:
    """A gradient rule, and after it the sum over the axes that broadcasting added to its input."""

    def fitted(grad: np.ndarray, output: np.ndarray, *inputs: Any, **options: Any) -> np.ndarray:
        found, shape = rule(grad, output, *inputs, **options), np.shape(inputs[argnum])
        if found is None or np.shape(found) == shape:
            return found
        return summed_to(np.asarray(found), shape)

    return fitted


def for_rule(
    function: Callable, cases: Iterable[Case | tuple], seed: int = 0, dtypes: Sequence = ()
) -> list[Case]:
    """Cases of a function as its gradient rule is called: with a grad and the output in front.

    The grads are of both signs and of several sizes; every third is not contiguous. They have
    the output's dtype, or, if `dtypes` are given, those in turn.
    """
    found, rng = [], random.Random(seed)
    for n, each in enumerate(cases):
        inputs, options = (each.inputs, each.options) if isinstance(each, Case) else (each, {})
        inputs = tuple(np.asarray(x) if isinstance(x, np.generic) else x for x in inputs)
        output = np.asarray(function(*inputs, **options))
        dtype = dtypes[n % len(dtypes)] if dtypes else output.dtype
        # Eighths and a bit, of either sign: none is 0, and no two results are like each other.
        grad = np.array([rng.randrange(-24, 24) + 0.5 for _ in range(output.size)], dtype)
        grad = (grad * (1, 1e6, 1, 1e-9)[n % 4] / 8).astype(dtype).reshape(output.shape)
        found.append(Case((strided(grad) if n % 3 == 2 else grad, output, *inputs), options))
    return found


def cases(graphs: Iterable[Graph | str], label: str = "{}", **options: Any) -> list[Case]:
    """A case for each graph, or text of one: its inputs are the graph, and a grad of its result."""
    found = []
    for n, graph in enumerate(graphs):
        graph = Graph(graph, seed=n) if isinstance(graph, str) else graph
        result = graph.values()[graph.output]
        grad = _drawn(result.shape, n + 1, 1, 3).astype(result.dtype)
        found.append(Case((graph, grad), options, label.format(graph)))
    return found


@functools.cache
def _drawn(shape: tuple, seed: int, low: float, high: float) -> np.ndarray:
    return numbers(shape, np.float64, seed, low, high)


def _results(x: np.ndarray, axis: Any) -> np.ndarray:
    """For each element of x, the number of the result that it goes into, in a reduction."""
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = {each % x.ndim for each in axes}
    lengths = [1 if n in gone else length for n, length in enumerate(x.shape)]
    return np.broadcast_to(np.arange(math.prod(lengths)).reshape(lengths), x.shape)


def _operand(text: str) -> str | float:
    return float(text) if text[0].isdigit() else text


def _known(tensor: Any, things: Sequence) -> Any:
    """The thing whose place is what a tensor was marked with."""
    mark = tensor.grad
    if mark is None:
        return "a Tensor that is not of this graph"
    return things[mark] if isinstance(mark, int) else "a Tensor whose .grad was written into"
