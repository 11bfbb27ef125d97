"""Layers: what `linear` and its rules are by definition, and how random numbers are measured.

Shapes: N samples or any axes in front (...), D features, C units.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from functools import cache
from itertools import accumulate, cycle, islice
from typing import Any

import numpy as np

from tinytorch.testing.inputs import FLOATS, Case, arrays, case, numbers, strange, strided

# --- A linear layer and its gradients ---------------------------------------------------------

# (..., D, C): batches, one sample, stacks of batches, square weights, nothing at all.
SHAPES = (
    *((4, 3, 2), (2, 2, 2, 3), (2, 1, 3, 2, 5), (0, 3, 2), (2, 2), (2, 0, 3, 1), (3, 1)),
    (1, 3, 3),
)
OTHER_SHAPES = ((2, 4, 3), (3, 2, 4, 1), (0, 1, 4), (3, 3), (2, 2, 2, 2, 2))


def linear(x: np.ndarray, weight: np.ndarray, bias: Any = 0.0) -> np.ndarray:
    """Unit by unit the sum of all features times their weights, and the bias: (..., C)."""
    return (x[..., :, None] * weight).sum(axis=-2) + (0.0 if bias is None else bias)


def linear_gradient(grad, output, x, weight, bias=None) -> np.ndarray:
    """By x: what one feature does in all units, one axis for each: (..., D)."""
    return (grad[..., None, :] * weight).sum(axis=-1).astype(x.dtype)


def linear_weight_gradient(grad, output, x, weight, bias=None) -> np.ndarray:
    """By the weight: what one number of it does, in all samples: (D, C)."""
    slopes = x[..., :, None] * grad[..., None, :]
    return slopes.sum(axis=tuple(range(x.ndim - 1))).astype(weight.dtype)


def linear_bias_gradient(grad, output, x, weight, bias) -> np.ndarray:
    """By the bias: the grads of all samples: (C,)."""
    return grad.sum(axis=tuple(range(grad.ndim - 1))).astype(bias.dtype)


def inputs(*shapes: tuple, seed: int = 0, optional: bool = False, start: int = 0) -> Iterator[Case]:
    """x, weight and bias for each shape (..., D, C): float64 and float32 in turn, x strided.

    Args:
        shapes: of the axes in front, and D and C.
        seed: of the numbers. The bias of every third shape is 0.
        optional: whether every second shape has no bias, as None or left out; the dtypes then
            take turns two by two.
        start: which dtype comes first.
    """
    for n, shape in enumerate(shapes):
        dtype = FLOATS[(start + (n // 2 if optional else n)) % 2]
        x, weight, bias = _parts(shape, seed + n, (dtype,) * 3)
        if optional and n % 2:
            yield case(strided(x), weight, None) if n % 4 == 1 else case(strided(x), weight)
        else:
            yield case(strided(x), weight, bias * dtype(n % 3 != 2))


def extremes(d: int, dtype: Any, seed: int, step: int = 1) -> Iterator[Case | tuple]:
    """Calls of `linear` that nothing changes or that come to 0, tiny, huge and strange numbers.

    At last come arrays whose numbers were replaced since the call before.

    Args:
        d: features and units.
        dtype: of all arrays.
        seed: of the numbers.
        step: 2 takes every second of all but the last.
    """
    x, weight, bias = _parts((2, 4, d, d), seed, (dtype,) * 3)
    same = np.eye(d, dtype=dtype)
    calls = [(x, same), (x, same, 0 * bias), (x[0], same, 0 * bias), (x[0, 0], same)]
    calls += [(x, weight, 0 * bias), (0 * x, weight, bias), (x, 0 * weight, bias)]
    calls += [(np.asfortranarray(x), weight.T, bias[::-1])]
    for size in (1e-6, 1e-12, 1e6, 1e12):
        calls.append((size * x, size * weight, size * (size * bias)))
    calls += [(strange(dtype), np.ones((4, 3), dtype)), (np.ones((3, 2), dtype), strange(dtype))]
    yield from calls[::step]
    yield from _replaced("linear", (x, weight, bias), seed)


def rule_inputs(*shapes: tuple, seed: int = 0) -> Iterator[Case]:
    """grad, output, x, weight and bias for each shape (..., D, C), of one dtype."""
    for n, shape in enumerate(shapes):
        yield case(*_parts(shape, seed + n, (FLOATS[n % 2],) * 5))


def rule_mixtures(
    *shapes: tuple, seed: int, of: int, optional: bool = True, step: int = 1
) -> Iterator[Case | tuple]:
    """The same with dtypes mixed, in any order in memory, of any size; and strange ones.

    Args:
        shapes: as for `inputs`.
        seed: of the numbers.
        of: the position among x, weight, bias whose gradient is asked for.
        optional: whether every other call leaves the bias out.
        step: 3 takes every third of the strange ones.
    """
    orders = cycle((np.asarray, np.asfortranarray, strided))
    for n, shape in enumerate(shapes):
        own, other = FLOATS[n % 2], FLOATS[n // 2 % 2]
        dtypes = [other, other, *[(own, other)[n % 3 == 0]] * 3]
        dtypes[2 + of] = own
        size = (1.0, 1e-9, 1e9, 0.0, 1.0)[n % 5]
        parts = [next(orders)(size * a) for a in _parts(shape, seed + n, dtypes)]
        yield tuple(parts[:4] if optional and n % 2 == 0 else parts)
    yield from islice(_strange_rules(seed), 0, None, step)
    yield from _replaced("the rule", parts, seed)


def _strange_rules(seed: int) -> Iterator[tuple]:
    """Calls of a rule with nan and infinities, zeros, and weights that change nothing."""
    grad, output, x, weight, bias = _parts((2, 3, 4), seed, (np.float64,) * 5, low=1)
    yield strange(), output, x, weight, bias
    yield strange(), output, 0 * x, weight, bias
    yield grad, output, x, 0 * weight, strange()[1]
    yield 0 * grad, output, x, np.ones_like(weight), bias
    yield grad[:, :3], output[:, :3], strange(), weight.T, bias[:3]
    yield x, x, x, np.eye(3), bias[:3]


def _parts(shape: tuple, seed: int, dtypes: Any, low: int = -4) -> list[np.ndarray]:
    """grad, output, x, weight and bias for (..., D, C): thirds, which have no end in binary.

    Where three dtypes are given, x, weight and bias alone. No number of the bias is 0.
    """
    drawn = _drawn(shape, seed, len(dtypes), low)
    return [x.astype(dtype) for x, dtype in zip(drawn, dtypes, strict=True)]


@cache  # for three rules get the same numbers; nobody else sees these arrays
def _drawn(shape: tuple, seed: int, many: int, low: int) -> list[np.ndarray]:
    *front, d, c = shape
    shapes = ((*front, c), (*front, c), (*front, d), (d, c), (c,))[-many:]
    sizes = [math.prod(each) for each in shapes]
    drawn = numbers((sum(sizes),), np.float64, seed + sum(shape), low) / 3
    drawn[-c:] = 1 / 3 + abs(drawn[-c:])
    ends = accumulate(sizes)
    return [
        drawn[end - size : end].reshape(each)
        for each, end, size in zip(shapes, ends, sizes, strict=True)
    ]


def _replaced(name: str, arrays: Any, seed: int) -> Iterator[Case]:
    """The same arrays, whose numbers are replaced before each call."""
    for n in range(2):
        for a in arrays:
            a[...] = numbers(a.shape, a.dtype, seed + 1 + n)
        yield case(*arrays, label=f"{name} of arrays whose numbers were replaced for the time {n}")


# --- Random numbers ---------------------------------------------------------------------------

GLOBAL = np.random  # NumPy's own generator, which solutions are to leave alone
AXES = {"rows": 2, "columns": 1, "whole draws": (1, 2), "one place in all draws": 0}
SPREADS = {f"spread of the sums of {a} over {b}": 1.0 for b in AXES for a in ("weights", "squares")}
COMMON = {"mean": 0.0, "mean square": 1.0, "share of different ones": 1.0}
UNIFORM = COMMON | {"fourth power": 1.8, "largest": 3**0.5, "smallest": -(3**0.5)} | SPREADS
NORMAL = COMMON | {"share within one": 0.6827} | SPREADS
TAILS = {"some beyond 3.85": True, "tails": 0.0}


def drawn(start: Callable, features: int, units: int, draws: int, seed: int = 7) -> np.ndarray:
    """Many draws of an initialiser from one Generator: (draws, D, C) in float64."""
    rng, shape = np.random.default_rng(seed), (features, units)
    weights = [start(rng, shape) for _ in range(draws)]
    return np.array(weights, np.float64).reshape(draws, features, units)


def uniform(weights: np.ndarray, variance: float) -> dict[str, float]:
    """Measures draws (draws, D, C), in standard deviations: to be compared with `UNIFORM`.

    What lies within six standard errors of what it should be is given as what it should be.
    """
    w = weights / math.sqrt(variance)
    n, squares = w.size, w * w
    return _common(w, squares, 0.9, 0.8, squares_too=True) | {
        "fourth power": near((squares * squares).mean(), 1.8, 2.4 / math.sqrt(n)),
        "largest": near(w.max(), 3**0.5, 12 / n),
        "smallest": near(w.min(), -(3**0.5), 12 / n),
    }


def normal(weights: np.ndarray, variance: float) -> dict[str, float]:
    """The same for normally distributed numbers: to be compared with `NORMAL`.

    What is said of sums of squares holds for sums of ten and more.
    """
    w = weights / math.sqrt(variance)
    squares = w * w
    return _common(w, squares, 1.42, 2.0, squares_too=min(w.shape) >= 10) | {
        "share within one": near((squares < 1).mean(), 0.6827, 0.47 / math.sqrt(w.size)),
    }


def tails(start: Callable, features: int, units: int, draws: int, seed: int = 13) -> dict:
    """Measures the tails of numbers of the variance 2 / D: to be compared with `TAILS`.

    They show in some 150,000 numbers only, which are taken draw by draw.
    """
    n, rng, largest, total = features * units * draws, np.random.default_rng(seed), 0.0, 0.0
    for _ in range(draws):
        weights = np.asarray(start(rng, (features, units)), np.float64)
        squares = (weights * weights).ravel() * (features / 2)
        largest = max(largest, squares.max())
        total += squares @ squares - 6 * squares.sum()  # z^4 - 6 z^2 has mean -3, variance 24
    tails = near(total / n + 3, 0.0, 0.92 * math.sqrt(24 / n))
    return {"some beyond 3.85": bool(largest > 3.85**2), "tails": tails}


def near(value: float, goal: float, error: float) -> float:
    """The goal itself for what lies within six standard errors of it."""
    return goal if abs(value - goal) < 6 * error else float(value)


def _common(
    w: np.ndarray, squares: np.ndarray, error: float, variance: float, squares_too: bool
) -> dict[str, float]:
    """What holds of any numbers of mean 0 and variance 1, whose squares have this variance."""
    few = w.ravel()[:1000]
    found = {
        "mean": near(w.mean(), 0.0, 1 / math.sqrt(w.size)),
        "mean square": near(squares.mean(), 1.0, error / math.sqrt(w.size)),
        "share of different ones": near(len(set(few.tolist())) / few.size, 1.0, 0.001),
    }
    for what, axes in AXES.items():
        name = "spread of the sums of {} over " + what
        found[name.format("weights")] = _spread(w, axes)
        found[name.format("squares")] = 1.0
        if squares_too:
            found[name.format("squares")] = _spread(squares, axes, variance, 1.0)
    return found


def _spread(w: np.ndarray, axes: Any, variance: float = 1.0, mean: float = 0.0) -> float:
    """The mean square of sums over axes; of independent numbers the variances add up."""
    of = math.prod(w.shape[axis] for axis in np.atleast_1d(axes))  # numbers in a sum
    if of <= 1 or w.size // of < 150:
        return 1.0
    sums = w.sum(axes).ravel() - of * mean
    return near(float(sums @ sums) / w.size / variance, 1.0, 1.7 / math.sqrt(sums.size))


def sized(*sizes: tuple[int, int, int]) -> list[Case]:
    """Cases for (D, C, draws), named by what is measured."""
    label = "{} draws of shape {}, in standard deviations,"
    return [case(*size, label=label.format(size[2], size[:2])) for size in sizes]


def different(make: Callable, *runs: tuple) -> int:
    """How many different draws there are in some runs.

    Args:
        make: takes a Generator and returns a function that draws from it, as an array.
        runs: each the seeds to draw by, one after the other. In each run, a seed has one
            Generator, new from its start.
    """
    found = set()
    for run in runs:
        draw = {seed: make(np.random.default_rng(seed)) for seed in run}
        found |= {np.array(draw[seed]()).tobytes() for seed in run}
    return len(found)


def runs(a: int, b: int) -> list[Case]:
    """How many different draws there must be, and the runs of two seeds that give as many."""
    kinds = {
        "one seed, from its start again": (1, (a,), (a,), (a,)),
        "one Generator, twice": (2, (a, a)),
        "two seeds": (2, (a,), (b,)),
        "two Generators, in either order": (2, (a, b), (b, a)),
        "two Generators in turn, and again in another order": (3, (a, b, a), (b, a, a)),
        "one seed, three and two": (3, (a, a, a), (a, a)),
        "two Generators, four times": (4, (a, b, b, a), (b, a, a, b)),
    }
    label = "The number of different draws of {}"
    return [case(*run, label=label.format(what)) for what, run in kinds.items()]


def zeroed(array: np.ndarray) -> np.ndarray:
    """An array that was set to 0 in place: it must allow that, and keeps its dtype."""
    array *= 0.0
    return array


def leaves_global_alone(run: Callable) -> bool:
    """Whether NumPy's global generator is after a run as it was before."""
    kept = GLOBAL.get_state()
    GLOBAL.random()  # so that a seed set anew is seen, though it was set before
    before = _bytes_of_state()
    try:
        run()
        return _bytes_of_state() == before
    finally:
        GLOBAL.set_state(kept)


def _bytes_of_state() -> tuple[bytes, int]:
    state = GLOBAL.get_state()
    return state[1].tobytes(), state[2]


# --- Layers -----------------------------------------------------------------------------------


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    powers = np.exp(x - x.max(axis=axis, keepdims=True, initial=-np.inf))
    return powers / powers.sum(axis=axis, keepdims=True)


def networks(sequential: type, tanh: type, relu_: type, softmax_: type) -> dict[str, tuple]:
    """Networks of given layers by name, each with its formula."""
    twice = tanh()
    return {
        "relu of tanh": (sequential(tanh(), relu_()), lambda x: relu(np.tanh(x))),
        "tanh of relu, in evaluation,": (
            sequential(relu_(), tanh()).eval(),
            lambda x: np.tanh(relu(x)),
        ),
        "tanh of tanh, one layer twice,": (
            sequential(twice, twice),
            lambda x: np.tanh(np.tanh(x)),
        ),
        "softmax of relu": (sequential(relu_(), softmax_()), lambda x: softmax(relu(x))),
        "tanh of softmax of tanh": (
            sequential(tanh(), softmax_(), tanh()),
            lambda x: np.tanh(softmax(np.tanh(x))),
        ),
        "softmax alone": (sequential(softmax_()), softmax),
        "tanh of softmax, nested": (
            sequential(relu_(), sequential(softmax_(), tanh())),
            lambda x: np.tanh(softmax(relu(x))),
        ),
    }


def network_calls(networks: dict[str, tuple], *inputs: np.ndarray) -> list[Case]:
    """(x, network, formula) for all networks and inputs; only the first three take numbers.

    Softmax needs an axis, and all but the first three networks have one.
    """
    cases = []
    for n, (name, (network, formula)) in enumerate(networks.items()):
        for x in inputs:
            if x.ndim or n < 3:
                what = f"{name} of {'shape ' + str(x.shape) if x.ndim else x}"
                cases.append(case(x, network, formula, label=what))
    return cases


def called(x: Any, layer: Callable, *_: Any) -> Any:
    return layer(x)


def by_formula(x: np.ndarray, layer: Any, formula: Callable) -> np.ndarray:
    return formula(x)


def marked(x: Any, layer: Callable) -> dict[str, Any]:
    """What a Tensor x is after its result was written on: shows whether it is x itself."""
    x.requires_grad = True
    y = layer(x)
    y.grad = 3.0
    return {"requires_grad": y.requires_grad, "grad": x.grad, "data": np.array(y.data)}


def itself(x: np.ndarray, layer: Any) -> dict[str, Any]:
    """What `marked` finds where a layer returns x itself."""
    return {"requires_grad": True, "grad": 3.0, "data": x}


def linear_maker(linear_layer: type) -> Callable:
    """Makes a given Linear(d, c) whose weight is 0.5 everywhere; it has a bias by default."""

    def make(d: int, c: int, bias: bool = True, dtype: Any = np.float32) -> Any:
        return linear_layer(d, c, None, lambda rng, shape: np.full(shape, 0.5, dtype), bias)

    return make


def nested(sequential: type, network: Any, other: Any) -> dict[str, tuple]:
    """Networks around a given one of four layers, the first and third of which are linear.

    Each with its children, as the class of each is called, and the shapes of its parameters.
    """
    first, _, second, _ = network
    shapes = [tuple(p.shape) for layer in (first, second) for p in layer.parameters()]
    turned = [tuple(p.shape) for layer in (second, first) for p in layer.parameters()]
    names, two = [name_of(layer) for layer in network], ["Linear", "Linear"]
    return {
        "a network of four": (network, names, shapes),
        "a network in a network": (
            sequential(other, network, first, other),
            [name_of(other), "a network", "Linear", name_of(other)],
            shapes,
        ),
        "the other way round": (sequential(second, first), two, turned),
        "a layer that comes twice": (sequential(first, second, first), [*two, "Linear"], shapes),
        "three deep": (
            sequential(sequential(second, sequential(first, other)), second),
            ["a network", "Linear"],
            turned,
        ),
        "a layer behind a network": (
            sequential(sequential(first, other), second),
            ["a network", "Linear"],
            shapes,
        ),
        "a shared layer": (
            sequential(second, network, second),
            ["Linear", "a network", "Linear"],
            turned,
        ),
        "a network with nothing to learn": (sequential(other), [name_of(other)], []),
    }


def name_of(layer: Any) -> str:
    """What a layer is: its text is free where it has layers inside."""
    inside = getattr(layer, "children", list)()
    return "a network" if inside else str(layer).split("(")[0]


def found_in(layer: Any, *_: Any) -> dict[str, Any]:
    """What children a layer has, and the shapes of its parameters."""
    shapes = [tuple(p.shape) for p in layer.parameters()]
    return {"children": list(map(name_of, layer.children())), "shapes": shapes}


def stated(layer: Any, children: list, shapes: list) -> dict[str, Any]:
    """What `found_in` must find."""
    return {"children": children, "shapes": shapes}


def modes(sequential: type, tanh: type, relu_: type, *switches: bool) -> dict[str, bool]:
    """The modes of all layers of a new network, after the switches and a call behind each."""
    inner, outer, other = tanh(), relu_(), relu_()
    network, another = sequential(sequential(inner, outer), relu_()), sequential(other)
    twin = copy.deepcopy(network)
    for mode in switches:
        network.train(mode)
        network(np.ones(2))
    layers = {"network": network, "inner": inner, "outer": outer, "nested": network[0]}
    layers |= {"last": network[1], "another": another, "another's": other, "a copy's": twin[1]}
    return {name: layer.training for name, layer in layers.items()}


def meant_modes(*switches: bool) -> dict[str, bool]:
    """What `modes` must find: the last switch counts, for this network alone."""
    mode = [True, *switches][-1]
    own = dict.fromkeys(("network", "inner", "outer", "nested", "last"), mode)
    return own | dict.fromkeys(("another", "another's", "a copy's"), True)


def after_changes(network: Any, tensor: type) -> tuple[Callable, dict[str, Any]]:
    """What is found after changes of the third of four layers, the first of shape (2, 3).

    Returns:
        A function that makes the changes and finds it, and what it must find.
    """
    grad, shapes = "a grad set by way of parameters()[2]", "shapes once a weight is another"

    def found() -> dict[str, Any]:
        network.parameters()[2].grad = 3.0
        before = network[2].weight.grad
        network[2].weight = tensor(np.ones((7, 8)), requires_grad=True)
        return {grad: before, shapes: [tuple(p.shape) for p in network.parameters()]}

    return found, {grad: 3.0, shapes: [(2, 3), (3,), (7, 8)]}


def learning(sequential: type, softmax_: type, layer: type, tensor: type) -> Callable:
    """Makes a network of x times 2, and inside it one of a softmax and times [[[3]], [[4]]].

    The factors are to be learned; in evaluation nothing is multiplied.
    """

    class Times(layer):
        def __init__(self, factor: Any):
            self.factor = tensor(factor, requires_grad=True)

        def forward(self, x: Any) -> Any:
            return x * self.factor if self.training else x

    last = [[[3.0]], [[4.0]]]
    return lambda: sequential(Times(2.0), sequential(softmax_(), Times(last)))


def changes(tensor: type) -> dict[str, tuple[Callable, Callable]]:
    """What happens between two calls of a network, and the formula of the second call.

    The network is one of `learning`. A change that returns a network means that one.
    """
    last = np.array([[[3.0]], [[4.0]]], np.float32)

    def plain(x: np.ndarray, first: float = 2.0, axis: int = -1) -> np.ndarray:
        return softmax(first * x, axis) * last

    def factor(net: Any, _: Any = None) -> None:
        net[0].factor = tensor(5.0, requires_grad=True)

    def copied(net: Any) -> Any:
        twin = copy.deepcopy(net)
        factor(twin)
        return twin

    def double(x: Any) -> None:
        x.data *= 2

    def axis(net: Any) -> None:
        net[1][0].axis = 0

    def alone(net: Any, mode: bool) -> None:
        net.train(not mode)
        net[0].train(mode)
        net(np.ones((2, 2)))

    return {
        "the second call": (lambda net, x: None, plain),
        "a call after a factor has changed": (factor, lambda x: plain(x, 5.0)),
        "a call after an axis has changed": (lambda net, x: axis(net), lambda x: plain(x, axis=0)),
        "a call after x has changed": (lambda net, x: double(x), lambda x: plain(2 * x)),
        "a call in evaluation": (lambda net, x: net.eval() and None, softmax),
        "a call with one layer in evaluation": (
            lambda net, x: alone(net, False),
            lambda x: plain(x, 1.0),
        ),
        "a call in evaluation with one layer in training": (
            lambda net, x: alone(net, True),
            lambda x: softmax(2 * x),
        ),
        "a call after a copy has changed": (lambda net, x: copied(net) and None, plain),
        "a copy that has changed": (lambda net, x: copied(net), lambda x: plain(x, 5.0)),
    }


def second_call(make: Callable, tensor: type) -> Callable:
    """A function of (x, change, formula): calls a new network, changes something, calls again."""

    def run(x: Any, change: Callable, *_: Any) -> Any:
        network, x = make(), tensor(np.array(x.data))  # a copy, for some changes write into it
        network(x)
        return (change(network, x) or network)(x)

    return run


def change_calls(changes: dict[str, tuple], x: np.ndarray) -> list[Case]:
    """(x, change, formula) for each of the changes."""
    return [case(x, *pair, label=what) for what, pair in changes.items()]


def in_rows(x: np.ndarray) -> np.ndarray:
    """Each sample's elements, one after the other: (N, features)."""
    return np.array([list(sample.flat) for sample in x], x.dtype)


def images(*shapes: tuple, seed: int = 0) -> list[tuple]:
    """Batches of samples of these shapes, and some whose axes are in another order in memory."""
    *_, last = shapes
    turned = numbers(last, seed=seed).T, numbers((2, 3, 2), seed=seed).swapaxes(0, 1)
    return [(x,) for x in (*arrays(shapes, seed=seed), np.asfortranarray(turned[0].T), *turned)]


def in_modes(layer: type, modes: tuple, x: Any) -> Any:
    """What a new layer gives for x after it was switched to each of the modes."""
    new = layer()
    for mode in modes:
        new.train(mode)
    return new(x)


def own_layer(layer: type, tensor: type) -> type:
    """A kind of layer: parameters of given shapes, layers inside, a Tensor that isn't learned."""

    class Own(layer):
        def __init__(self, *shapes: tuple, inside: tuple = ()):
            self.numbers = [tensor(np.zeros(shape), requires_grad=True) for shape in shapes]
            self.inside, self.weight = inside, tensor(np.zeros(50))

        def children(self) -> list:
            return list(self.inside)

    return Own


def named(calls: dict[str, tuple], before: str = "") -> list[Case]:
    """Calls that are named by what they are, behind some words that all of them share."""
    return [case(*call, label=before + what) for what, call in calls.items()]


def counted(*calls: tuple) -> list[Case]:
    """(layer, count), named by the layer."""
    return [case(*call, label=f"the count for {call[0]} with {call[1]}") for call in calls]


def networks_to_count(sequential: type, make: Callable, other: Any) -> tuple[list[Case], Any, Any]:
    """(network, count) for networks of linear layers, some of them more than once.

    Returns:
        The calls; and a layer (3, 2) that shares its weight, with the network where it does.
    """
    shared, tied, alike = make(2, 3), make(3, 2), make(3, 2)
    alike.weight = tied.weight
    shares = sequential(tied, sequential(alike))
    calls = {
        "4-5-3": (sequential(make(4, 5), other, make(5, 3)), 43),
        "a nested network": (sequential(sequential(sequential(make(2, 1))), make(1, 1)), 5),
        "a layer that comes twice": (sequential(shared, sequential(shared, other)), 9),
        "two that look alike": (sequential(make(2, 3), sequential(make(2, 3), other)), 18),
        "two that share their weight": (shares, 10),
        "a network with nothing to learn": (sequential(other, sequential()), 0),
        "4-6-3, once more": (sequential(make(4, 6), other, make(6, 3)), 51),
    }
    return named(calls, "the count for "), alike, shares


# --- Dropout ----------------------------------------------------------------------------------


def kept(dropout: type, seed: int) -> Callable:
    """A function of (p, x): a layer's result, with what it dropped put back in, if it may drop."""

    def put_back(p: float, x: np.ndarray) -> np.ndarray:
        y = np.array(dropout(p, np.random.default_rng(seed))(x).data)
        return np.where((y == 0) & (p > 0), (x / (1 - p)).astype(y.dtype), y)

    return put_back


def droppable(seed: int) -> list[np.ndarray]:
    """Arrays without zeros, of any shape, dtype, order and size; empty ones too."""
    return [
        numbers((6, 5), seed=seed, low=1),
        numbers((40,), np.float32, seed, low=-8, high=-1),
        strided(numbers((2, 3, 4), np.float32, seed)),
        np.zeros((0, 3)),
        np.array(2.0),
        numbers((3, 1), np.float32, seed),
        numbers((4, 3), seed=seed).T * 1e-6,
        numbers((2, 1, 2, 3), seed=seed) * 1e6,
        np.full((8,), 1e-30, np.float32),
        np.array(-3.0, np.float32),
        numbers((30,), seed=seed) * 1e12,
    ]


def crossed(chances: tuple, inputs: list) -> list[tuple]:
    """(p, x): each input with one p, which take turns."""
    return [(chances[n % len(chances)], x) for n, x in enumerate(inputs)]


def to_remake(chances: tuple, seed: int) -> list[Case]:
    """(x, p) for four arrays, named by what is counted."""
    label = "The number of elements of dropout({}) for p = {} that its record gives otherwise"
    calls = crossed(chances, droppable(seed)[:4])
    return [case(x, p, label=label.format(f"shape {x.shape}", p)) for p, x in calls]


def remade(dropout: type, x: Any, p: float) -> int:
    """How many elements of a result come out otherwise where its record is followed."""
    x.requires_grad = True
    y = dropout(p, np.random.default_rng(21))(x)
    return int(np.sum(np.asarray(_followed(y)) != y.data))


def _followed(x: Any) -> Any:
    """What a Tensor's record gives when all its calls are made once more."""
    if getattr(x, "origin", None) is None:
        return x.data if hasattr(x, "origin") else x
    return x.origin.function(*map(_followed, x.origin.inputs), **x.origin.options)


def dropped(dropout: type, seed: int, p: float, calls: int, shape: tuple) -> np.ndarray:
    """What is dropped of ones in several calls of one layer: booleans (calls, *shape)."""
    layer, x = dropout(p, np.random.default_rng(seed)), np.ones(shape)
    return np.array([np.array(layer(x).data) == 0 for _ in range(calls)])


def share(gone: np.ndarray, p: float) -> float:
    """The share that is dropped: p where it lies within six standard errors of it."""
    found, error = np.count_nonzero(gone) / gone.size, math.sqrt(p * (1 - p) / gone.size)
    return float(p) if found == p else near(found, float(p), error)


def spread(gone: np.ndarray, p: float) -> dict[str, float]:
    """The mean squares of sums of what is dropped, as multiples of what they should be."""
    apart = gone.reshape(len(gone), gone.shape[1], -1) - p
    variance = p * (1 - p)
    return {name: _spread(apart, axes, variance) for name, axes in AXES.items()}


def switched(dropout: type, p: float, modes: tuple, seed: int = 19) -> Callable:
    """A function of x: a new layer is switched to each of the modes, and called twice in each."""

    def run(x: Any) -> Any:
        layer = dropout(p, np.random.default_rng(seed))
        for mode in modes:
            layer.train(mode)
            layer(x)
            y = layer(x)
        return y

    return run


def evaluations(x: np.ndarray, y: np.ndarray) -> list[tuple]:
    """(x, p, *modes) where evaluation is the last mode; for numbers, nan and nothing too."""
    last = [(x, 0.5), (x, 0.9, False, True), (np.array(2.0), 0.5), (strange(), 0.5), (x[:0], 0.5)]
    last += [(y, 0.25, True), (y, 0.0), (x[0], 0.3, False), (y, 0.99, True, True), (x, 0)]
    return [(*call, False) for call in last]


def few(seed: int) -> list[np.ndarray]:
    """Four small arrays: of both dtypes, a number, and one without elements."""
    shapes = (2, 3), (2, 1, 2), (), (0, 2)
    return [np.asarray(numbers(s, FLOATS[n % 2], seed) / 2) for n, s in enumerate(shapes)]


def shared(dropout: type, calls: int) -> int:
    """How many different results two layers give that draw in turn from one Generator.

    One more is counted if the Generator has gone on.
    """
    rng, x = np.random.default_rng(30), np.ones((5, 8))
    pair = dropout(0.5, rng), dropout(0.5, rng)
    found = {np.array(layer(x).data).tobytes() for _ in range(calls) for layer in pair}
    return len(found) + (rng.random() != np.random.default_rng(30).random())
