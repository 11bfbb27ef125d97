"""Lesson 06, Autograd: what its functions are held against, and what they are tried on.

A `Graph` is written as text: `Graph("a = x * y; b = tanh(a); c = b - a")`. It can be computed by
plain NumPy, which gives slopes by central differences, and by the framework's door. A name that
no step defines is a leaf; `k` is the one that asks for no gradient. The last step is the result.

The lesson hands the framework over as a `Door`, which calls what students wrote the way a test
wants it called. Gradient rules are held against definitions with their own signature,
`definition(grad, output, *inputs, **options)`, and tried on cases that `for_rule` makes.
"""

from __future__ import annotations

import functools
import itertools
import math
import random
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinytorch.testing.checks import summed_to
from tinytorch.testing.inputs import (
    Case,
    case,
    numbers,
    strange,
    strided,
)

# --- Functions with rules of their own --------------------------------------------------------


def same(x: Any) -> Any:
    """x itself: the very same array."""
    return x


def spread(x: Any) -> Any:
    """A copy, whose rule returns what can't be written into."""
    return x * 1.0


def join(*inputs: Any) -> Any:
    """Once the first, twice the second, and so on: any number of inputs."""
    return sum((n + 1) * x for n, x in enumerate(inputs))


def of_three(a: Any, b: Any, c: Any, power: int = 1) -> Any:
    """A sum, whose rules return what they were told: see `_told`."""
    return a + b + c


def without_a_rule(x: Any) -> Any:
    """A function that nobody knows a rule for."""
    return x + 1.0


def with_one_rule(a: Any, b: Any) -> Any:
    """A function that has a rule for its first input alone."""
    return a + b


def _told(n: int) -> Callable:
    """A rule that is no gradient, but shows in numbers all that it was told."""

    def rule(grad: Any, output: Any, a: Any, b: Any, c: Any, power: int = 1) -> np.ndarray:
        if any(hasattr(x, "requires_grad") for x in (grad, output, a, b, c)):
            raise TypeError("a rule takes plain arrays, and got a Tensor")
        return grad + 2 * output + 4 * a + 8 * b + 16 * c + 32 * power + 64 * n

    return rule


MOST_JOINED = 5
RULES = {  # what they return may be a view of grad, and may be read-only, as rules please
    (same, 0): lambda grad, output, x: grad[...],
    (spread, 0): lambda grad, output, x: np.broadcast_to(grad, np.shape(grad)),
    (join, 0): lambda grad, output, *inputs: grad[...],
} | {
    (join, n): lambda grad, output, *inputs, n=n: np.asarray((n + 1) * grad)
    for n in range(1, MOST_JOINED)
}
RULES |= {(of_three, n): _told(n) for n in range(3)}
RULES[with_one_rule, 0] = lambda grad, output, a, b: grad


@contextmanager
def rules(register: MutableMapping) -> Iterator[None]:
    """While the block runs, the framework knows the rules of this module's functions."""
    register.update(RULES)
    try:
        yield
    finally:
        for key in RULES:
            del register[key]


# --- Graphs -----------------------------------------------------------------------------------

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
        self.steps, names, self._ways = _read(text)
        self.output = next(reversed(self.steps))
        self.leaves = {
            name: numbers(shape, dtype, seed + 5 * n, 0.25, 1.5) * np.array((-1) ** n, dtype)
            for n, name in enumerate(names)
        }

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
        """All the values by plain NumPy; to those in `moved` what it says is added."""
        known, moved = dict(self.leaves), moved or {}
        for name in known.keys() & moved.keys():
            known[name] = known[name] + moved[name]
        for name, (function, operands) in self.steps.items():
            found = function(*[known.get(x, x) for x in operands])
            known[name] = found + moved[name] if name in moved else found
        return known

    def slopes(
        self, grad: np.ndarray, names: Iterable[str] | None = None, output: str = ""
    ) -> dict[str, np.ndarray]:
        """The gradient of `sum(grad * result)`, or of another step, by leaves or other names.

        The operations are elementwise, so that all elements can be moved at once.
        """
        names = list(self._asking(output or self.output) if names is None else names)
        moved = np.zeros((len(names), 2, len(names), *[1] * grad.ndim))
        for n in range(len(names)):
            moved[n, :, n] = np.reshape((WIDTH, -WIDTH), (2, *[1] * grad.ndim))
        ends = self.values(dict(zip(names, moved, strict=True)))[output or self.output]
        more, less = np.broadcast_to(ends, (2, len(names), *grad.shape))
        return dict(zip(names, grad * (more - less) / (2 * WIDTH), strict=True))

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

    def kept(self, grad: np.ndarray, keep: Iterable[str]) -> dict[str, np.ndarray]:
        """The slopes by the leaves that ask, and by those names that are on the way."""
        return self.slopes(grad, sorted({*self.asking, *self.reaches(keep)}))

    def untouched(self, grad: np.ndarray, before: float | None, keep: tuple = ()) -> dict:
        """What `Door.left` is to give: `.grad` as it was before, and grad as it was given."""
        left = dict.fromkeys(self.values(), None if before is None else np.full(grad.shape, before))
        found = [name for name in left if name in {*self.asking, *self.reaches(keep)}]
        return {**left, "what was given": grad, "whose gradients came back": found}

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
        recorded, places = self.recorded, {name: n for n, name in enumerate(order)}
        for name in order:
            if name in self.leaves:
                return f"{name} is in it, which nobody computed"
            if name not in recorded:
                return f"{name} is in it"
        if len(places) < len(order):
            name = next(name for n, name in enumerate(order) if name in order[:n])
            return f"{name} is in it {order.count(name)} times"
        for name in recorded:
            if name not in places:
                return f"{name} is missing"
        for name, place in places.items():
            for parent in self.steps[name][1]:
                if places.get(parent, -1) > place:
                    return f"{name} comes before {parent}, which it is made from"
        return "none"

    def _asking(self, name: str) -> list[str]:
        behind = self._behind(name)
        return [leaf for leaf in self.leaves if leaf in behind and leaf != ALONE]

    def _behind(self, name: str) -> frozenset[str]:
        """A name and all that it is made from."""
        return self._ways[name]


@functools.cache
def _read(text: str) -> tuple[dict[str, tuple[Callable, tuple]], list[str], dict[str, frozenset]]:
    """The steps of a graph that is written as text, its leaves, and what each is made from."""
    steps: dict[str, tuple[Callable, tuple]] = {}
    for step in text.split("; "):
        name, left, sign, right, function, only = STEP.fullmatch(step).groups()
        operands = tuple(map(_operand, (left, right) if sign else only.split(", ")))
        steps[name] = SIGNS[sign] if sign else FUNCTIONS[function], operands
    used = [x for _, operands in steps.values() for x in operands if isinstance(x, str)]
    names = [x for x in dict.fromkeys(used) if x not in steps]
    ways = {name: frozenset([name]) for name in names}
    for name, (_, operands) in steps.items():
        behind = [ways[x] for x in operands if isinstance(x, str)]
        ways[name] = frozenset([name]).union(*behind)
    return steps, names, ways


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


def cases(graphs: Iterable[Graph | str], label: str = "{}", **options: Any) -> list[Case]:
    """A case for each graph, or text of one: its inputs are the graph, and a grad of its result."""
    found = []
    for n, graph in enumerate(graphs):
        graph = Graph(graph, seed=n) if isinstance(graph, str) else graph
        x = next(iter(graph.leaves.values()))
        grad = numbers(x.shape, x.dtype, n + 1, 1, 3)
        found.append(Case((graph, grad), options, label.format(graph)))
    return found


def with_each(
    texts: Iterable[str], option: str, values: Iterable[Iterable], label: str, **options: Any
) -> list[Case]:
    """A case for each text and each of its own values of an option, which the label names."""
    return [
        each
        for text, own in zip(texts, values, strict=True)
        for value in own
        for each in cases([text], label.format(value, "{}"), **{option: value}, **options)
    ]


def no_fault(graph: Graph, grad: np.ndarray) -> str:
    """What `Door.first_fault` gives of an order that is right."""
    return "none"


def outcome_with(graph: Graph, grad: np.ndarray, freed: str) -> str:
    """What `Door.outcome_with` is to give, where one record of a graph is freed."""
    return "RuntimeError" if graph.reaches([freed]) else "none"


ORDERS = (  # detours and short ways, either first; reuse, dead ends, constants and many inputs
    "a = x * 2; b = a + 1; c = a * b; d = c - b",
    "a = -x; b = tanh(a); c = a + b",
    "a = -x; b = tanh(a); c = b + a",
    "a = same(x); b = same(a); c = a * b; d = same(c)",
    "a = x + x; b = a + a; c = b * b",
    "a = k * 2; b = a + x; c = b * k",
    "a = x * y; b = a * y; c = a + y; d = b + c; e = d + a",
    "a = -x; b = -y; c = join(x, k, a, 2.0, b); d = c * c",
    "a = -x; b = -a; c = -b; d = join(a, b, c)",
    "a = -x; b = -a; c = -b; d = join(c, b, a)",
)
WALKS = (  # gradients that meet in leaves and half way, are views or 0, and can't be written to
    "a = x * y",
    "a = square(x); b = square(a)",
    "a = square(x); b = a + x; c = b + a",
    "a = x + y; b = square(x); c = a - b",
    "a = join(x, x)",
    "a = x + y; b = square(x); c = -b; d = c + a",
    "a = x + x; b = a + a; c = b * k",
    "a = tanh(x); b = a * y; c = a - b; d = c * a",
    "a = same(x); b = spread(a); c = join(a, b, x, k, y); d = join(c, x)",
    "a = spread(x); b = a * x",
    "a = x * 0.0; b = a + y",
    "a = square(x); b = a * 0.0; c = b + y",
)
KEPT = {  # by text, what is kept of it: results, leaves, and what is not on the way
    "a = x * y; b = tanh(a); c = a - b; d = c + a": (("a",), ("d",), ("a", "b", "c", "d")),
    "a = square(x); b = a + x; c = b + a; d = c * a": ((), ("b", "c"), ("x", "b")),
    "z = w * 2; a = x * y; b = same(a); c = same(a); d = b + c": (
        ("z", "b"),
        ("b", "c"),
        ("w", "x", "d"),
    ),
}


# --- The framework, and what is called through it ---------------------------------------------


@dataclass(frozen=True)
class Door:
    """The framework as the lesson has it: each method makes of a student's function one to try.

    Args:
        tensor: the class of Tensors, called as `tensor(data, requires_grad)`.
        apply: calls a function, and records it.
        rules: the register, by function and number of the input.
        recording: its `enabled` switches the record.
    """

    tensor: Callable
    apply: Callable
    rules: MutableMapping
    recording: Any

    def step(self, input_gradients: Callable) -> Callable:
        """One step back from `function(*inputs, **options)`, for the inputs at `asking`.

        What is returned gives, for each pair of `input_gradients`, the input and the gradient as
        arrays. An array of floats becomes a Tensor; if it stands among the inputs twice, one that
        is used twice; and every second input is itself the result of something. The step is taken
        three times, with another grad before and after, of which nothing may be left.
        """

        @functools.wraps(input_gradients)
        def back(function: Callable, grad: Any, *inputs: Any, asking: tuple, **options: Any) -> Any:
            tensors, places = self._made(inputs, asking)
            output = self.apply(function, *(tensors.get(id(x), x) for x in inputs), **options)
            other = np.full_like(grad, 7)
            with rules(self.rules):
                input_gradients(output, other)
                if any(tensor.grad is not None for tensor in (output, *tensors.values())):
                    return ["a Tensor whose .grad was written into"]
                for key, tensor in tensors.items():
                    tensor.grad = places[key]  # to know it again, wherever it lives
                pairs = input_gradients(output, grad)
                input_gradients(output, other)
            return [(_known(x, inputs), part) for x, part in pairs]

        return back

    def _made(self, inputs: Sequence, asking: tuple) -> tuple[dict, dict]:
        """Tensors, by the id of the array that each was made of, and the places of these."""
        tensors: dict[int, Any] = {}
        places: dict[int, int] = {}
        for n, x in enumerate(inputs):
            if not isinstance(x, np.ndarray) or x.dtype.kind != "f" or id(x) in tensors:
                continue
            tensor = self.tensor(-x if n % 2 else x, n in asking)
            tensors[id(x)] = self.apply(np.negative, tensor) if n % 2 else tensor
            places[id(x)] = n
        return tensors, places

    def tensors(self, graph: Graph, **options: Any) -> dict[str, Any]:
        """The Tensors of a graph, by name."""
        return graph.tensors(self.tensor, self.apply, **options)

    def first_fault(self, topological_order: Callable) -> Callable:
        """The first fault of an order, which is asked for twice, or "none"."""

        def found(graph: Graph, grad: np.ndarray) -> str:
            output = self.tensors(graph)[graph.output]
            first, second = (
                graph.fault(graph.names_of(topological_order(output))) for _ in range(2)
            )
            return f"at the second call: {second}" if first == "none" != second else first

        return found

    def outcome_with(self, topological_order: Callable, freed_record: Any) -> Callable:
        """The same, where the record of the step `freed` is gone; or "RuntimeError".

        Or that Python's recursion limit is not what it was.
        """

        def outcome(graph: Graph, grad: np.ndarray, freed: str) -> str:
            tensors = self.tensors(graph)
            tensors[freed].origin = freed_record
            limit = sys.getrecursionlimit()
            try:
                found = graph.fault(graph.names_of(topological_order(tensors[graph.output])))
            except NotImplementedError:
                raise
            except RuntimeError:
                found = "RuntimeError"
            if sys.getrecursionlimit() == limit:
                return found
            sys.setrecursionlimit(limit)
            return f"{found}, and another recursion limit"

        return outcome

    def walked(self, walk_back: Callable) -> Callable:
        """The gradients of a walk, by name: without `keep`, those of the leaves that ask."""

        def walk(graph: Graph, grad: np.ndarray, keep: Sequence[str] | None = None) -> dict:
            tensors = self.tensors(graph)
            with rules(self.rules):
                if keep is None:
                    return graph.by_name(walk_back(tensors[graph.output], grad), graph.asking)
                kept = frozenset(tensors[name] for name in keep)
                return graph.by_name(walk_back(tensors[graph.output], grad, kept))

        return walk

    def walks(self, walk_back: Callable) -> Callable:
        """What walks of a plan give, as `Graph.outcomes` says."""

        def walk(graph: Graph, grad: np.ndarray, plan: Sequence, keep: Sequence = ()) -> list:
            tensors, outcomes = self.tensors(graph), []
            kept = frozenset(tensors[name] for name in keep)
            for name, retain in plan:
                try:
                    known = walk_back(tensors[name], grad, kept, retain_graph=retain)
                    outcomes.append(graph.by_name(known, graph.asking))
                except NotImplementedError:
                    raise
                except RuntimeError:
                    outcomes.append({"RuntimeError": 1})
            return outcomes

        return walk

    def doublings(self, walk_back: Callable) -> Callable:
        """How often a rule is called, and the gradient, where each step uses the last one twice."""

        def counted(doublings: int, keep: bool = False) -> list:
            calls: list[int] = []

            def through(x: Any) -> Any:
                return x

            self.rules[through, 0] = lambda grad, output, x: [calls.append(1), grad][1]
            try:
                x = y = self.tensor([1.0, 2.0], True)
                for _ in range(doublings):
                    y = self.apply(through, y + y)
                kept = frozenset([y]) if keep else frozenset()
                known = walk_back(y, np.ones(2, np.float32), kept)
            finally:
                del self.rules[through, 0]
            return [len(calls), known.get(x)]

        return counted

    def walks_without_a_rule(self, walk_back: Callable) -> Callable:
        """The exceptions of two walks that come, after some steps, to a function with no rule."""

        def walks(steps: int, retain_graph: bool) -> list[str]:
            outcomes, y = [], self.apply(without_a_rule, self.tensor([1.0, 2.0], True))
            for _ in range(steps):
                y = y * 2
            for _ in range(2):
                try:
                    walk_back(y, np.ones(2, np.float32), retain_graph=retain_graph)
                    outcomes.append("no exception")
                except NotImplementedError:
                    raise
                except (LookupError, RuntimeError) as error:
                    is_lookup = isinstance(error, LookupError)
                    outcomes.append("LookupError" if is_lookup else "RuntimeError")
            return outcomes

        return walks

    def left(self, walk_back: Callable) -> Callable:
        """`.grad` of all Tensors after a walk, where it was `before`; what was given and found."""

        def left(graph: Graph, grad: np.ndarray, before: float | None, keep: tuple = ()) -> dict:
            tensors, given = self.tensors(graph, marked=False), grad.copy()
            for tensor in tensors.values():
                tensor.grad = None if before is None else np.full(grad.shape, before)
            kept = frozenset(tensors[name] for name in keep)
            parts = walk_back(tensors[graph.output], given, kept)
            found = [name for name, x in tensors.items() if x in parts]
            left = {name: x.grad for name, x in tensors.items()}
            return {**left, "what was given": given, "whose gradients came back": found}

        return left

    def from_a_leaf(self, walk_back: Callable) -> Callable:
        """What a walk gives that begins at a leaf: pairs of data and gradient."""

        @functools.wraps(walk_back)
        def walked(data: np.ndarray, grad: np.ndarray) -> list:
            leaf = self.tensor(data, True)
            return [(x.data, part) for x, part in walk_back(leaf, grad).items()]

        return walked

    def state(self) -> str:
        """Whether the door records at this moment."""
        return "on" if (self.tensor(1.0, True) * 2).requires_grad else "off"

    @contextmanager
    def switched(self, on: bool) -> Iterator[None]:
        """Recording is on, as it is where nobody ever set the switch, or off."""
        self._switch(on)
        try:
            yield
        finally:
            self._switch(True)

    def _switch(self, on: bool) -> None:
        if on:  # a value of the thread's own would cover what others do
            with suppress(AttributeError):
                del self.recording.enabled
        else:
            self.recording.enabled = False

    def blocks(self, no_grad: Callable) -> Callable:
        """The state before, at the begin and end of, and after each of `depth` nested blocks."""

        def nested(depth: int, switch: bool | None) -> list[str]:
            if not depth:
                return []
            with no_grad():
                seen = [self.state(), *nested(depth - 1, switch), self.state()]
                if switch is not None:
                    self.recording.enabled = switch
            return [*seen, self.state()]

        def seen(depth: int, start: bool, switch: bool | None) -> str:
            with self.switched(start):
                return " ".join([self.state(), *nested(depth, switch)])

        return seen

    def after(self, no_grad: Callable) -> Callable:
        """The state in and after a sound block, what one that fails lets go on, the state then."""

        def after(error: type | None, start: bool, decorated: bool) -> str:
            def fail() -> None:
                if error:
                    raise error("from inside the block")

            with self.switched(start):
                with no_grad():
                    inside = self.state()
                sound = f"{inside}, {self.state()}"
                self._switch(start)
                try:
                    if decorated:
                        no_grad()(fail)()
                    else:
                        with no_grad():
                            fail()
                    caught = "no exception"
                except NotImplementedError:
                    raise
                except BaseException as exception:
                    caught = type(exception).__name__
                return f"{sound}, {caught}, {self.state()}"

        return after

    def decorated(self, no_grad: Callable) -> Callable:
        """Two calls of a decorated function: the state inside, what it returned, and after it."""

        def scaled(x: Any, factor: int = 1) -> list | None:
            return None if x is None else [self.state(), factor * x]

        def calls(x: Any, made: bool, start: bool, within: bool, **options: Any) -> str:
            with self.switched(made):
                covered = no_grad()(scaled)
            with self.switched(start):
                with no_grad() if within else nullcontext():
                    seen = [y for _ in range(2) for y in (covered(x, **options), self.state())]
                return f"{seen}, {self.state()}"

        return calls

    def threads(self, no_grad: Callable) -> Callable:
        """Blocks of two threads begin and end in some order: the states here, and there."""

        def seen(order: Sequence[str], state: str) -> str:
            here, there = [], []
            blocks = {"here": ExitStack(), "there": ExitStack()}
            with self.switched(state != "off"):
                with no_grad() if state == "in a block" else nullcontext():
                    for number, who in enumerate(order):
                        if who in order[:number]:
                            blocks[who].close()
                        elif who == "here":
                            blocks[who].enter_context(no_grad())
                        else:
                            there = blocks[who].enter_context(meanwhile(no_grad, self.state))
                        here.append(self.state())
                return f"here {' '.join([*here, self.state()])}, there {' '.join(there)}"

        return seen


@contextmanager
def recursion_limit(limit: int) -> Iterator[None]:
    """While the block runs, Python's recursion limit is this one."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(limit)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


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


# --- Blocks that record nothing ---------------------------------------------------------------


def block_cases(depths: Iterable[int]) -> list[Case]:
    """Nested blocks, with recording on and off before; some touch the switch before they end."""
    ways = [(depth, start, None) for depth in depths for start in (True, False)]
    ways += [(depth, True, switch) for depth in depths for switch in (False, True)]
    ways += [(depth, False, True) for depth in depths]
    label = "Recording before, in and after {} block{}{}"
    touched = {None: "", True: ", switched on in each", False: ", switched off in each"}
    return [
        Case(way, label=label.format(way[0], "s" * (way[0] > 1), touched[way[2]])) for way in ways
    ]


def states_of_blocks(depth: int, start: bool, switch: bool | None) -> str:
    """What `Door.blocks` is to give."""
    before = "on" if start else "off"
    return " ".join([before, *["off"] * (3 * depth - 1), before])


def ends_of_blocks(errors: Iterable[type | None]) -> list[Case]:
    """A block and a decorated function for each exception, recording on or off before."""
    label = "Recording in and after a sound block, what goes on from {}{}, and recording then"
    return [
        Case(
            (error, start, decorated),
            label=label.format(
                f"a {error.__name__}" if error else "another",
                " in a decorated function" if decorated else "",
            ),
        )
        for n, error in enumerate(errors)
        for start, decorated in ((True, n % 2 == 0), (False, n % 2 == 1))
    ]


def after_the_block(error: type | None, start: bool, decorated: bool) -> str:
    """What `Door.after` is to give."""
    before = "on" if start else "off"
    return f"off, {before}, {error.__name__ if error else 'no exception'}, {before}"


def decorated_cases(numbers: Iterable[int], factors: Iterable[int]) -> list[Case]:
    """Calls of decorated functions, by themselves and in a block; one function returns None."""
    calls = [(x, {"factor": factor}) for x, factor in zip(numbers, factors, strict=True)]
    label = (
        "Of two calls of a decorated function [[state inside, {} x {}], state after it], at last"
    )
    cases = []
    ways = list(itertools.product((True, False), repeat=3))
    for n, (x, options) in enumerate([*calls, (None, {})]):
        shown = label.format(options.get("factor", 1), x)
        for way in ways[:: 3 if n else 1]:
            told = (
                "made off, " * (not way[0]) + "called off, " * (not way[1]) + "in a block" * way[2]
            )
            cases.append(Case((x, *way), options, f"{shown} ({told or 'on'})"))
    return cases


def states_of_calls(x: Any, made: bool, start: bool, within: bool, factor: int = 1) -> str:
    """What `Door.decorated` is to give, wherever the function was made."""
    before = "on" if start else "off"
    returned = None if x is None else ["off", factor * x]
    seen = [returned, "off" if within else before] * 2
    return f"{seen}, {before}"


def orders_of_threads(states: Sequence[str]) -> list[Case]:
    """The orders in which blocks of two threads can begin and end, in turn.

    The states tell what recording is before: "on", or "off", or off "in a block".
    """
    orders = [
        ("there", "here", "there", "here"),
        ("there", "here", "here", "there"),
        ("here", "there", "here", "there"),
        ("here", "there", "there", "here"),
    ]
    label = "Recording, {} before, while blocks begin and end {},"
    return [
        Case((order, state), label=label.format(state, ", ".join(order)))
        for state, order in zip(states, itertools.cycle(orders), strict=False)
    ]


def states_of_threads(order: Sequence[str], state: str) -> str:
    """What `Door.threads` is to give."""
    open_here = [order[: n + 1].count("here") == 1 for n in range(len(order))]
    here = ["off" if state != "on" or is_open else "on" for is_open in open_here]
    return f"here {' '.join(here)} {'off' if state == 'off' else 'on'}, there off on"


# --- One step back ----------------------------------------------------------------------------

SLOPES = {
    np.subtract: lambda a, b: (1.0, -1.0),
    np.multiply: lambda a, b: (b, a),
    np.exp: lambda x: (np.exp(x),),
    np.sqrt: lambda x: (0.5 / np.sqrt(x),),
}


def step_by_hand(function: Callable, grad: np.ndarray, *inputs: Any, asking: tuple) -> list:
    """What `Door.step` is to give for a function of `SLOPES`."""
    pairs = []
    for n in asking:
        part = grad * SLOPES[function](*inputs)[n]
        part = all_uses(np.asarray(part), inputs[n].shape)
        pairs.append((inputs[n], part.astype(inputs[n].dtype)))
    return pairs


def told_by_hand(
    function: Callable, grad: np.ndarray, *inputs: Any, asking: tuple, **options: Any
) -> list:
    """What `Door.step` is to give for `of_three`."""
    output = function(*inputs)
    return [(inputs[n], RULES[function, n](grad, output, *inputs, **options)) for n in asking]


BOTH = ((0, 1), (0,), (1,))  # which of two inputs ask


def steps(seed: int, shape: tuple, dtype: Any) -> list[Case]:
    """Steps of functions of one and two inputs, of which one or both ask, or one is used twice."""
    a, b, grad = (numbers(shape, dtype, seed + n, low=1) for n in range(3))
    other = np.float32 if dtype == np.float64 else np.float64
    whole, wide = np.arange(shape[-1]) + 1, np.float64(grad)
    subtract, multiply = np.subtract, np.multiply
    found = [case(multiply, grad, a, b, asking=asking) for asking in BOTH]
    found += [case(subtract, grad, b, a, asking=asking) for asking in BOTH]
    found += [case(f, grad, 10.0, a, asking=(1,)) for f in (subtract, multiply)]
    found += [case(multiply, grad, x, 0.1, asking=(0,)) for x in (a, a + b)]
    found += [case(f, grad, b, b, asking=(0, 1)) for f in (multiply, subtract)]
    found += [case(f, grad, b, asking=(0,)) for f in (np.exp, np.sqrt)]
    found += [case(multiply, wide, a.astype(other), b, asking=asking) for asking in BOTH[:2]]
    found += [case(multiply, 0 * grad, x, whole, asking=(0,)) for x in (a, -a)]
    return [*found, case(multiply, 1e6 * grad, whole, a, asking=(1,))]


def broadcast_steps(shapes: Iterable[tuple], seed: int) -> list[Case]:
    """Steps of a product and a difference, for pairs of shapes, of one dtype and of two."""
    found = []
    kinds = (("f8", "f8"), ("f4", "f8"), ("f8", "f4"))
    for n, (one, other) in enumerate(shapes):
        a, b = _two(one, other, kinds[n % 3], seed + n, low=1)
        if n % 2:
            found.append(case(np.subtract, np.asarray(a - b - 9), a, b, asking=BOTH[n % 3]))
        else:
            found.append(case(np.multiply, np.asarray(a * b), a, b, asking=(0, 1)))
    return found


def calls_of_three(seed: int, shape: tuple) -> list[Case]:
    """Steps of `of_three` for each of its inputs, numbers and options among them."""
    a, b, c, grad = (numbers(shape, seed=seed + n) for n in range(4))
    whole = np.arange(a.size).reshape(shape) + 1
    calls = [((a, b, c), (0,)), ((a, b, c), (1,)), ((c, a, b), (2,)), ((a, b, c), (0, 1, 2))]
    calls += [((5.0, b, c), (1, 2)), ((a, 0.0, c), (0, 2)), ((1.0, 2.0, c), (2,))]
    calls += [((a, whole, c), (0, 2)), ((a, a, b), (0, 1)), ((b, c, c), (1, 2))]
    found = [case(of_three, grad, *inputs, asking=asking) for inputs, asking in calls]
    return found + [case(of_three, grad, c, b, a, asking=(0, 2), power=n) for n in (3, 0)]


# --- The gradients of what was broadcast ------------------------------------------------------


WAYS = (  # the shape of a result, and that of an input which was broadcast to it
    *(((2, 3), shape) for shape in ((2, 3), (3,), (2, 1), (1, 3), ())),
    *(((3, 3), shape) for shape in ((3,), (1, 3), (3, 1))),
    *(((2, 3, 4), shape) for shape in ((4,), (1,), (3, 1), (1, 3, 1), (2, 1, 1), (1, 1, 1))),
    *[((2, 2, 2), (2, 1, 2)), ((1, 3), (1, 1)), ((1, 1, 3), (3,)), ((4,), (1,)), ((), ())],
)


def ways_back(shapes: Iterable[tuple], seed: int) -> list[tuple]:
    """A gradient of the first of two shapes, and the second, that of an input.

    The dtypes and the sizes of the numbers take turns, and some gradients are not contiguous.
    """
    found = []
    for n, (big, small) in enumerate(shapes):
        grad = numbers(big, (np.float64, np.float32)[n % 2], seed + n) * (1, 1e6, 1e-6)[n % 3]
        found.append((np.asarray(strided(grad) if n % 4 == 3 else grad), small))
    return found


def fitting(shapes: Mapping[tuple, Iterable[tuple]]) -> tuple[list[Case], list[Case]]:
    """Gradients of each shape for inputs of some: those that fit, and those that don't."""
    found: dict[bool, list[Case]] = {True: [], False: []}
    for big, several in shapes.items():
        grad = np.ones(big)
        for small in several:
            try:
                fits = np.broadcast_shapes(big, small) == big
            except ValueError:
                fits = False
            found[fits].append(case(grad, small))
    return found[True], found[False]


REFUSED = {  # by the shape of a gradient, those of inputs that it is for, or can't be for
    (2, 3): [(2, 3), (3,), (1, 3), (2,), (3, 2), (6,), (1, 2, 3), (2, 1, 3), (4, 6), (0, 3)],
    (3,): [(3,), (), (1, 3), (3, 1), (2,), (2, 3), (0,), (1, 1), (1, 0, 3)],
    (3, 1): [(3, 1), (1,), (3,), (1, 3), (3, 2), (), (3, 0)],
    (): [(), (1,), (1, 1), (3,), (0,)],
    (1,): [(1,), (), (1, 1), (3,), (0,)],
    (1, 3): [(3,), (1, 1), (3, 1), (2, 3), (1, 2, 3), (0, 3)],
    (2, 1, 3): [(1, 3), (2, 3), (2, 1, 3), (3, 2), (1, 2, 3), (1, 0, 3)],
    (4, 6): [(6,), (2, 3), (4, 3), (1, 6), (2, 6), (24,)],
    (0, 3): [(1, 3), (3,), (0, 3), (2, 3), (3, 0), (0,), (0, 1), (1, 0, 3), (5, 3)],
    (0,): [(), (0,), (3,), (0, 3), (1, 0), (3, 0)],
}
REFUSED_TOO = {
    (4, 2, 3): [(2, 3), (4, 1, 1), (4, 3), (4, 2), (2, 1), (3, 2), (4, 2, 3, 1)],
    (4, 3): [(3,), (4, 1), (3, 4), (4,), (12,), (1, 4, 3), (2, 3), (0, 3)],
    (5,): [(), (5, 1), (1, 5), (10,), (4,), (0,), (5, 0)],
    (2, 6): [(1, 6), (2, 3), (4, 3), (12,), (6, 2), (2, 0)],
    (1, 4): [(4,), (4, 1), (2, 4), (1, 1, 4), ()],
    (5, 0): [(5, 1), (0,), (5, 0), (5, 2), (5,), (0, 2), (2, 0), (1, 5, 0)],
    (): [(), (1, 1), (2,), (1, 0)],
}


# --- Definitions of gradient rules ------------------------------------------------------------


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
    if grad.size == 1:
        wins = x == output.ravel()[0]
        return (wins * (grad.ravel()[0] / np.count_nonzero(wins))).astype(grad.dtype)
    result_of = _results(x, axis)
    wins = x == output.ravel()[result_of]
    winners = np.bincount(result_of[wins], minlength=grad.size)
    share = grad.ravel() / np.maximum(winners, 1)
    return (wins * share[result_of]).astype(grad.dtype)


def summed(rule: Callable) -> Callable:
    """A gradient rule of a product by a, and the sum over the axes of the stack that a met."""

    @functools.wraps(rule)
    def fitted(grad: np.ndarray, output: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        found = rule(grad, output, a, b)
        stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        if found is None or np.shape(found) != (*stack, *a.shape[-2:]):
            return found
        return summed_to(np.asarray(found), a.shape) if stack else found

    return fitted


# --- What gradient rules are tried on ---------------------------------------------------------


def for_rule(
    function: Callable, cases: Iterable[Case | tuple], seed: int = 0, dtypes: Sequence = ()
) -> list[Case]:
    """Cases of a function as its gradient rule is called: with a grad and the output in front.

    The grads are of both signs and of several sizes; every third is not contiguous. They have
    the output's dtype, or, if `dtypes` are given, those in turn.
    """
    found = []
    for n, each in enumerate(cases):
        inputs, options = (each.inputs, each.options) if isinstance(each, Case) else (each, {})
        inputs = tuple(np.asarray(x) if isinstance(x, np.generic) else x for x in inputs)
        output = np.asarray(function(*inputs, **options))
        dtype = dtypes[n % len(dtypes)] if dtypes else output.dtype
        # Eighths and a bit, of either sign: none is 0, and no two results are like each other.
        eighths = numbers((output.size,), seed=seed + n, low=-24, high=23) + 0.5
        grad = (eighths * ((1, 1e6, 1, 1e-9)[n % 4] / 8)).astype(dtype).reshape(output.shape)
        found.append(Case((strided(grad) if n % 3 == 2 else grad, output, *inputs), options))
    return found


TWO = (  # shapes of two numbers: equal, rows, columns, both ways, without axes; each kind twice
    *[((2, 2), (2, 2)), ((2, 3), (2, 1)), ((2, 2), (2,)), ((2,), (2, 2)), ((2, 1), (1, 2))],
    *[((), (2, 2)), ((2, 2), ()), ((1,), (3,)), ((3, 1), (2,)), ((), ())],
)


def quotients(seed: int) -> list[Case]:
    """a and b of either sign, broadcast both ways, 0 among the a, and plain numbers."""
    ab = [_two(*shapes, [("f8", "f4")[n % 2]] * 2, seed + n, low=1) for n, shapes in enumerate(TWO)]
    found = [(a - 2, b * (-1.0) ** n) for n, (a, b) in enumerate(ab)]
    (a, b), (_, column) = found[2], found[1]
    found += [(3.0, b), (0.0, column), (1, -b), (np.zeros(2), b), (np.float32(a), np.float32(b))]
    found += [(a, np.ones(2)), (a, -np.ones((2, 1)))]
    return for_rule(np.divide, [tuple(map(np.asarray, each)) for each in found], seed)


def mixed_quotients(seed: int) -> list[Case]:
    """a and b of two dtypes, broadcast both ways; numbers and whole numbers on either side."""
    kinds = (("f8", "f4"), ("f4", "f8"))
    ab = [_two(*shapes, kinds[n % 2], seed + n, low=1) for n, shapes in enumerate(TWO)]
    ab += [_two((2, 3), (2, 3), each, seed, low=1) for each in kinds]
    found = [(a, -b) for a, b in ab]
    a, b = _two((2, 3), (3,), ("f8", "f8"), seed, low=1)
    single, small = np.float32(a), np.float32(a[:, :2])
    found += [(single, -2.0), (small, 0.1), (single, 3), (small, 0.125)]
    found += [(-2.0, b), (0.7, np.float32(b)), (3, b), (1, np.float32(b)), (6.0, -4.0), (3, 2)]
    found += [(single, np.array([2, -1, 1])), (a, np.array([1, -2, 4]))]
    return for_rule(np.divide, found, seed)


def quotients_of(sizes: Iterable[tuple[float, float]]) -> list[tuple]:
    """Single numbers a and b, each with a grad of another size."""
    grads = itertools.cycle([2.0, -1e-9, 1e6, -0.5, 1e-30])
    return [
        tuple(np.array([x]) for x in (grad, a / b, a, b))
        for (a, b), grad in zip(sizes, grads, strict=False)
    ]


ALONG = {  # axes by the number of axes there are: from both ends, pairs in any order, all, none
    0: (None, ()),
    1: (None, 0, (), -1),
    2: (0, -1, (0, 1), None, 1, (), (-1, 0), -2),
    3: ((0, -1), 0, (-2, 0), -1, (-1, -3), 1, (1, -3), None, (2, 0), (0, 1, -1), ()),
    4: (1, (0, -1), (-2, 1), None),
}


def _reductions(shapes: Iterable[tuple], seed: int, **limits: float) -> list[Case]:
    """Arrays of some shapes over every axis, of both dtypes, with keepdims or without."""
    found = []
    for n, shape in enumerate(shapes):
        x = numbers(shape, (np.float64, np.float32)[n % 2], seed + n, **limits)
        x = strided(x) if n % 3 == 2 else x
        for m, axis in enumerate(ALONG[len(shape)]):
            options: dict = {} if axis is None and m % 2 else {"axis": axis}
            if (n + m) % 3 == 1:
                options["keepdims"] = True
            found.append(Case((x,), options))
    return found


def sums(shapes: Iterable[tuple], seed: int) -> list[Case]:
    """Sums over every axis of several shapes, also of those whose axes are equally long."""
    found = _reductions(shapes, seed)
    square, cube = numbers((3, 3), seed=seed), numbers((2, 2, 2), seed=seed)
    found += [case(square, axis=axis) for axis in (0, 1, -1)]
    found += [case(cube, axis=axis) for axis in (0, 1, (0, -1))]
    found += [case(np.zeros((0, 2)), axis=axis) for axis in (1, 0)]
    return for_rule(np.sum, found, seed)


def sums_of(some: Iterable[np.ndarray], dtypes: Sequence) -> list[Case]:
    """Sums of some arrays over several axes, with grads of these dtypes in turn."""
    axes = (None, 0, 1)
    found = [case(x, axis=axis, keepdims=x.dtype == bool) for x in some for axis in axes]
    return for_rule(np.sum, found, dtypes=dtypes)


TIES = ([[2.0, 2, 1], [3, 3, 3]], [[-1.0, -5], [-5, -1]], [[0.0, 0], [-1, 0]])


def maxima(shapes: Iterable[tuple], seed: int, low: float, high: float) -> list[Case]:
    """Maxima along every axis; ties among them, in places that differ; nothing to choose from."""
    found = _reductions(shapes, seed, low=low, high=high)
    negative = numbers((3, 3), seed=seed, high=0)
    found += [case(np.array(rows), axis=axis) for rows in TIES for axis in (1, 0)]
    found += [case(np.array(TIES[0]), axis=None), case(np.array(TIES[1]), keepdims=True)]
    found += [case(negative, axis=axis) for axis in (0, -1)]
    found += [case(np.zeros((0, 3)), axis=1), case(np.zeros((3, 0)), axis=-2)]
    return for_rule(np.max, [*found, case(np.ones((3, 2, 4)), axis=(-1, 1))], seed)


def maxima_of(some: Iterable, dtypes: Sequence = (), **options: Any) -> list[Case]:
    """The maximum of some arrays as a whole, and along each axis of those that have two."""
    found = []
    for x in map(np.asarray, some):
        found += [case(x, axis=axis, **options) for axis in (None, 0, 1)[: max(1, 2 * x.ndim - 1)]]
    return for_rule(np.max, found, dtypes=dtypes)


NEARLY = (  # next to each other, or infinite, or too small for a tolerance
    [1.0, 1.0 + 1e-9, 0.5],
    [1e-12, 0.0, 2e-12],
    [np.inf, 0.0, -np.inf],
    [-np.inf, 2.0, 1.0],
    [1.0, np.nextafter(1.0, 0), 1.0],
    [0.0, 5e-324, -0.0],
    [-np.inf, -np.inf, -np.inf],
    [1e308, np.inf, np.inf],
    np.float32([3.0, np.nextafter(np.float32(3), np.float32(4)), 2.0]),
)


MATRICES = (
    *[((2, 3), (3, 4)), ((2, 2), (2, 2)), ((1, 3), (3, 1)), ((3, 2), (2, 3)), ((3, 3), (3, 3))],
    *[((0, 2), (2, 3)), ((2, 3), (3, 0)), ((2, 0), (0, 3))],
)
STACKS = (
    *[((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)), ((2, 2, 2), (2, 2, 2))],
    *[((5, 1, 2, 3), (4, 3, 2)), ((5, 2, 3), (1, 3, 4)), ((1, 2, 3), (5, 3, 4))],
    *[((2, 3), (2, 1, 3, 4)), ((4, 2, 3), (2, 1, 3, 2)), ((2, 4, 2, 3), (2, 4, 3, 1))],
)
VECTORS = (
    *[((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 4))],
    *[((2, 2), (2,)), ((2,), (2, 2)), ((3, 3, 3), (3,)), ((3,), (3, 3, 3))],
    *[((3,), (2, 4, 3, 2)), ((2, 4, 2, 3), (3,)), ((1,), (1,)), ((2, 3, 1), (1,))],
)


def products(shapes: Iterable[tuple], seed: int) -> list[Case]:
    """Products of a and b of each pair of shapes; those of matrices also with 1 and 0 for b."""
    kinds = (("f8", "f8"), ("f4", "f4"))
    found = [_two(*each, kinds[n % 2], seed + n) for n, each in enumerate(shapes)]
    if all(len(b) == 2 == len(a) for a, b in shapes):
        a = numbers((2, 3), seed=seed)
        found += [(a, np.eye(3)), (a[:, :1], np.ones((1, 1))), (a, np.zeros((3, 2)))]
    return for_rule(np.matmul, found, seed)


def mixed_products(shapes: Iterable[tuple], seed: int) -> list[Case]:
    """Products where a and b have two dtypes, whole numbers among them: two for each shape."""
    kinds = (("f4", "f8"), ("i8", "f8"), ("f8", "f4"), ("f4", "i8"))
    found = [
        _two(*each, kinds[(n + m) % 4], seed + n) for n, each in enumerate(shapes) for m in range(2)
    ]
    return for_rule(np.matmul, found, seed)


EVERY = slice(None)
MASK = [True, False, True]
GRID = np.arange(12).reshape(3, 4) % 5 > 1
CHOSEN = (  # of (3, 4): ints and slices, masks and lists, also empty, and lists beside masks
    *[(1,), (-1,), (1, 2), (EVERY, 1), (slice(1, None),), (EVERY, slice(None, None, 2))],
    *[(slice(None, None, -1), slice(1, 3)), (slice(2, 1),), (..., 0), (EVERY, None)],
    *[(np.array(MASK),), (), ([2, 0],), ([0, 1], [3, 3]), (np.int64(1), ...)],
    *[(np.array([[2, 0]]), 1), (MASK,), ([False, True, True], 2), (MASK, [1, 0]), ([False] * 3,)],
    *[([],), (EVERY, []), ([], []), ([], 1), (np.array([], int),), (GRID,), (GRID & False,)],
)
CHOSEN_TWICE = (  # of (3, 4): the same again, also from the other end, or through a mask
    *[([0, 0, 2],), ([1, 1, 1],), ([0, -3],), ([0, 1, 0], [2, 3, 2]), (EVERY, [1, 1])],
    *[(np.array([[0, 1], [1, 1]]),), (2, [0, 0]), ([[0], [0]], [1, 2]), (MASK, [2, 2])],
    *[([True, False, False], [1, 1, 1]), ([0, 0], [True, False, False, False])],
    *[(np.array([False, False, True]), [1, 1, 3]), ([0, 0, 0], np.array([False] * 3 + [True]))],
    *[(None, [2, 2]), (np.array([1, 1]), np.array([3, -1])), ([0] * 300,)],
)


def selections(
    select: Callable, array: np.ndarray, chosen: Iterable[tuple], seed: int = 0, **options: Any
) -> list[Case]:
    """`array[index]` for each index."""
    return for_rule(select, [case(array, index=index) for index in chosen], seed, **options)


def small_selections(select: Callable) -> list[Case]:
    """The one element there is, the first, none of none; and from among nan and infinity."""
    found = [case(np.array(2.5), index=()), case(numbers((4,)), index=(0,))]
    found += [case(np.zeros((0, 2)), index=([], 1))]
    indices = ((0,), ([1, 0], [1, 3]), (EVERY, [True, False, False, True]), ([],))
    kinds = (np.float64, np.float32, np.float64, np.float32)
    found += [case(strange(x), index=each) for each, x in zip(indices, kinds, strict=True)]
    return for_rule(select, found)


# --- Small helpers ----------------------------------------------------------------------------


def _two(
    one: tuple, other: tuple, dtypes: Sequence, seed: int, **limits: float
) -> tuple[np.ndarray, np.ndarray]:
    """a and b of two shapes and dtypes; every third b is not contiguous."""
    a, b = numbers(one, dtypes[0], seed, **limits), numbers(other, dtypes[1], seed + 100, **limits)
    return a, strided(b) if seed % 3 == 2 else b


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
