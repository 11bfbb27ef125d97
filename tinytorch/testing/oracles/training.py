"""Lesson 8: what a training loop must do, tried on models so small that one can reckon by hand.

Each function that is given a solution runs it and returns plain values that a check can compare:
names, numbers, arrays, yes or no. Beside it stands what must come out, by definition.
"""

from __future__ import annotations

import io
import operator
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from tinytorch.core.activations import Layer, ReLU
from tinytorch.core.layers import Dropout, Linear, Sequential
from tinytorch.core.losses import CrossEntropyLoss
from tinytorch.core.optimizers import SGD
from tinytorch.core.tensor import Tensor
from tinytorch.testing.checks import check
from tinytorch.testing.inputs import Case, numbers
from tinytorch.testing.messages import TestFailed

# --- Cases and claims -------------------------------------------------------------------------


def labelled(label: str, calls: Iterable[tuple], **options: Any) -> list[Case]:
    """The calls, each named by the label, in which {} stand for its inputs and {all} for all."""
    return [
        Case(tuple(call), options, label.format(*call, all=", ".join(map(str, call))))
        for call in calls
    ]


def table(label: str, known: Mapping[Any, Any]) -> tuple[Callable, list[Case]]:
    """A function that looks up what is known of each call, and the calls, labelled.

    Args:
        known: by a call's inputs, as a tuple, or by its only input.
    """
    calls = {call if isinstance(call, tuple) else (call,): want for call, want in known.items()}
    return lambda *call: calls[call], labelled(label, calls)


def holds(facts: Mapping[str, Any]) -> None:
    """Fail unless all the facts hold, each a boolean, or a function that returns one.

    Args:
        facts: by what they say. Which of them fail tells one mistake from another.
    """
    cases = [Case((says,), label=f'The claim "{says}"') for says in facts]

    def seen(says: str) -> bool:
        fact = facts[says]
        return bool(fact() if callable(fact) else fact)

    check(seen, lambda says: True, cases, once=True, name="a claim")


# --- Data sets and groups ---------------------------------------------------------------------


def rows(array: np.ndarray, index: Any) -> np.ndarray:
    """The rows that an index chooses, by their numbers."""
    return np.take(array, np.arange(len(array))[index], axis=0)


def parts(indices: Iterable[Any], count: int, some: int) -> list[Case]:
    """Each index with `some` of `count` parts, which take turns."""
    found = [(index, (m + n) % count) for m, index in enumerate(indices) for n in range(some)]
    return [Case((i, n), label=f"part {n} of data[{i!r}]") for i, n in found]


def kind_and_length(parts: Any) -> list:
    """What the parts come in, and how many there are."""
    return [type(parts).__name__, len(parts)]


def groups(split_rows: Callable, count: int, fraction: float) -> list:
    """The sizes of two groups, and the numbers of both, sorted."""
    first, second = split_rows(count, fraction, np.random.default_rng(count))
    return [len(first), len(second), np.sort(np.concatenate([first, second]))]


def all_shared_out(count: int, size: int) -> list:
    """What `groups` finds where each number is in one of them, `size` in the first."""
    return [size, count - size, np.arange(count)]


def facts_of_groups(
    split_rows: Callable, count: int, fraction: float, seeds: Sequence[int]
) -> dict[str, Any]:
    """What holds of groups that are drawn from a Generator and from nothing else.

    Args:
        count, fraction: of some thirty samples about the half.
        seeds: three.
    """

    pair = split_rows(count, fraction, np.random.default_rng(seeds[0] + 7))

    def both(rng: Any) -> list[list[int]]:
        return [np.sort(group).tolist() for group in split_rows(count, fraction, rng)]

    def put_back() -> bool:
        place = rng.bit_generator.state
        before, rng.bit_generator.state = both(rng), place
        return before == both(rng)

    def few(samples: int, share: float, draws: int = 30) -> set:
        drawn = (split_rows(samples, share, rng)[0] for _ in range(draws))
        return {tuple(np.sort(first).tolist()) for first in drawn}

    rng = np.random.default_rng(seeds[0] + 6)
    draws = [both(rng) for _ in range(30)]
    seen = [both(np.random.default_rng(seed)) for seed in (*seeds, *seeds)]
    firsts = [first for first, _ in draws]
    every = [group for pair in draws + seen for group in pair]
    return {
        "each group is an array": all(isinstance(group, np.ndarray) for group in pair),
        "the same seed gives the same groups": seen[:3] == seen[3:],
        "other seeds give other groups": seen[0] != seen[1] != seen[2],
        "a Generator's next draw gives other groups": all(map(list.__ne__, firsts, firsts[1:])),
        "a Generator that is put back gives its groups again": put_back,
        "no group is a stretch of the numbers": all(g[-1] - g[0] >= len(g) for g in every),
        "a group holds each number at most once": all(len(set(g)) == len(g) for g in every),
        "each sample is in the first group now and then": set().union(*firsts) == {*range(count)},
        "no sample is in it each time": not set(firsts[0]).intersection(*firsts),
        "one of two samples is drawn too": lambda: len(few(2, 0.5)) == 2,
        "one of three samples is drawn too": lambda: len(few(3, 0.4)) == 3,
        "each two of four samples are drawn now and then": lambda: len(few(4, 0.5, 70)) == 6,
    }


# --- Loaders ----------------------------------------------------------------------------------


class Samples:
    """A data set: arrays whose entries belong together.

    Args:
        arrays: of equal length along axis 0.
    """

    def __init__(self, *arrays: np.ndarray):
        self.arrays = arrays

    def __len__(self) -> int:
        first, *_ = self.arrays
        return len(first)

    def __getitem__(self, index: Any) -> tuple[np.ndarray, ...]:
        return tuple(map(operator.itemgetter(index), self.arrays))


class Counted:
    """A data set without arrays to be reached: it takes slices and arrays, and counts them."""

    def __init__(self, count: int):
        self.numbers, self.asked = range(count), 0

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, index: slice | np.ndarray) -> tuple[np.ndarray]:
        self.asked += 1
        if not isinstance(index, slice | np.ndarray):
            kind = type(index).__name__
            raise TypeError(f"this data set takes a slice or an array of indices, not a {kind}")
        return (np.array(self.numbers)[index],)


def numbered(count: int) -> Samples:
    """Samples 0 to count - 1: inputs (count, 2) that name their sample, and its number."""
    rows = np.arange(count)
    return Samples(np.stack([10.0 * rows, 10.0 * rows + 1], axis=1), rows)


def numbers_of(batch: Sequence) -> list[int]:
    """The numbers of the samples in a batch of `numbered`; -1 for one that lost its inputs."""
    x, rows = (np.array(part).tolist() for part in batch)
    if not isinstance(rows, list) or not isinstance(x, list):
        return [-1]
    paired = [[10.0 * n, 10.0 * n + 1] for n in rows]
    return [n if got == own else -1 for n, got, own in zip(rows, x, paired, strict=False)]


def batches_of(loader: Any, most: int = 1000) -> list:
    """The batches of one epoch."""
    batches = list(islice(loader, most))
    if len(batches) == most:
        raise TestFailed(f"an epoch of the loader does not end: it gave {most} batches.")
    return batches


def epoch(loader: Any) -> list[list[int]]:
    """The numbers of the samples in the batches of one epoch, looked at when it has ended."""
    return [numbers_of(batch) for batch in batches_of(loader)]


def two_epochs(loader: Any) -> list[list[list[int]]]:
    """One epoch after the other."""
    return [epoch(loader), epoch(loader)]


def two_at_once(loader: Any) -> list[list[list[int]]]:
    """Two loops over one loader that take turns: pairs of batches."""
    pairs = batches_of(zip(loader, loader, strict=False))
    return [[numbers_of(one), numbers_of(other)] for one, other in pairs]


def in_order(count: int, size: int, drop_last: bool = False) -> list[list[int]]:
    """The batches of the numbers 0 to count - 1 in their order, filled one by one."""
    batches: list[list[int]] = []
    for n in range(count):
        batches += [[]] if n % size == 0 else []
        batches[-1].append(n)
    return [batch for batch in batches if not drop_last or len(batch) == size]


def lengths(loader: Any) -> list[int]:
    """What len says, and then the lengths of the batches."""
    return [len(loader), *map(len, epoch(loader))]


def lengths_in_order(count: int, size: int, drop_last: bool) -> list[int]:
    """What `lengths` must find."""
    batches = in_order(count, size, drop_last)
    return [len(batches), *map(len, batches)]


def requests_too_many(
    loader: Callable, count: int, size: int, seed: int | None = None, drop_last: bool = False
) -> int:
    """How many requests an epoch makes of its data set beyond one for each batch; -1 for none."""
    data = Counted(count)
    rng = None if seed is None else np.random.default_rng(seed)
    batches = batches_of(loader(data, size, rng, drop_last))
    return max(data.asked - len(batches), 0) if data.asked else -1


def facts_of_shuffling(loader: Callable, seed: int, count: int, size: int) -> dict[str, Any]:
    """What holds of the orders in which many epochs come, and of what is left over in them."""

    def epochs(seed: int, count: int, size: int, drop_last: bool = False) -> list:
        data = numbered(count)
        given = loader(data, size, np.random.default_rng(seed), drop_last)
        found = [epoch(given) for _ in range(6)]
        unchanged.append(np.array_equal(data.arrays[1], np.arange(count)))
        return found

    unchanged: list[bool] = []
    shuffled, dropped = epochs(seed, count, size), epochs(seed + 1, count, size, drop_last=True)
    single = epochs(seed + 2, 12, 30)
    full, left = [size] * (count // size), [count % size]
    return _facts_of_orders(shuffled, count) | {
        "the data set stays as it is": all(unchanged),
        "what is left over comes as a smaller last batch": _sizes(shuffled) == [full + left] * 6,
        "drop_last leaves it out": _sizes(dropped) == [full] * 6,
        "drop_last leaves out other samples each time": len({*_flat(_flat(dropped))}) == count,
        "one batch of all samples is shuffled too": all(
            sorted(e[0]) == list(range(12)) != e[0] for e in single
        ),
    }


def _facts_of_orders(epochs: list[list[list[int]]], count: int) -> dict[str, bool]:
    orders = [_flat(batches) for batches in epochs]
    half = count // 2
    early, late = {*_flat(o[:half] for o in orders)}, {*_flat(o[half:] for o in orders)}
    batches = [batch for batch in _flat(epochs) if len(batch) > 3]
    return {
        "each sample keeps its inputs": all(-1 not in order for order in orders),
        "each sample comes once an epoch": all(sorted(o) == list(range(count)) for o in orders),
        "no epoch is in the order of the data": all(o != sorted(o) for o in orders),
        "no two epochs are alike": len({tuple(order) for order in orders}) == len(orders),
        "no batch is a stretch of the data": all(max(b) - min(b) >= len(b) for b in batches),
        "samples come early in one epoch and late in another": len(early & late) > 0.8 * count,
    }


def _flat(lists: Iterable[list]) -> list:
    return [x for each in lists for x in each]


def _sizes(epochs: list[list[list[int]]]) -> list[list[int]]:
    return [[len(batch) for batch in batches] for batches in epochs]


def facts_of_place(loader: Callable, seed: int, other_seed: int, begun: int = 1) -> dict[str, Any]:
    """What holds of epochs that hang on the place of a Generator alone."""

    def make(rng: Any) -> Any:
        return loader(numbered(20), 6, rng)

    def epochs(seed: int, between: Callable = lambda loader: None) -> list:
        given, found = make(np.random.default_rng(seed)), []
        for _ in range(3):
            between(given)
            found.append(epoch(given))
        return found

    def put_back() -> bool:
        rng = np.random.default_rng(seed + 2)
        given, place = make(rng), rng.bit_generator.state
        before, rng.bit_generator.state = epoch(given), place
        return before == epoch(given)

    def two_loops() -> bool:
        pairs = two_at_once(make(np.random.default_rng(seed + 3)))
        return all(sorted(_flat(pair[n] for pair in pairs)) == list(range(20)) for n in (0, 1))

    def new_loader() -> list:
        rng = np.random.default_rng(seed)
        for _ in range(begun):  # with another loader: what stays is the place of rng
            epoch(make(rng))
        return two_epochs(make(rng))[: 3 - begun]

    def with_draws_between() -> list:
        rng, found = np.random.default_rng(seed), []
        for batch in islice(make(rng), 9):
            found.append(numbers_of(batch))
            rng.random(3)  # as dropout may, from the same Generator
        return found

    first, other = epochs(seed), make(np.random.default_rng(99))
    return {
        "a Generator that is put back gives its order again": put_back,
        "in two loops at once every sample comes once in each": two_loops,
        "the same seed gives the same epochs": lambda: epochs(seed) == first,
        "another seed gives others": lambda: all(map(list.__ne__, first, epochs(other_seed))),
        "asking for len changes nothing": lambda: epochs(seed, len) == first,
        "a loader with another Generator changes nothing": lambda: (
            epochs(seed, lambda _: epoch(other)) == first
        ),
        "a new loader goes on from the place of rng": lambda: new_loader() == first[begun:],
        "what is drawn in the middle of an epoch changes nothing in it": lambda: (
            with_draws_between() == first[0]
        ),
    }


# --- Steps ------------------------------------------------------------------------------------


def linear(weights: Any, bias: bool = True) -> Linear:
    """One output for some features, (D,) weights as given, and a bias of 0."""
    column = np.array(weights, np.float32)[:, None]
    return Linear(len(column), 1, None, lambda rng, shape: column.copy(), bias)


def weights_of(model: Layer) -> np.ndarray:
    """All parameters in one row."""
    return np.concatenate([np.array(p.data).ravel() for p in model.parameters()])


def mean_output(output: Any, targets: Any) -> Any:
    """A loss that needs no targets: its slope by each weight is the mean of the inputs there."""
    return output.mean()


def batches_for_steps(seed: int, sizes: Iterable[tuple[int, float]]) -> list[Case]:
    """Inputs (N, 2), targets (N, 1) and a learning rate, for each N and rate."""
    drawn = [(numbers((n, 3), np.float32, seed + m), lr) for m, (n, lr) in enumerate(sizes)]
    return [Case((each[:, :2].copy(), each[:, 2:].copy(), lr)) for each, lr in drawn]


def after_one_step(
    train_step: Callable, optimizer: Callable, x: np.ndarray, targets: np.ndarray, lr: float
) -> np.ndarray:
    """From weights 1 and -2 and a bias 0, down the mean of error^2 + output."""
    model = linear([1, -2])

    def loss(output: Tensor, targets: np.ndarray) -> Tensor:
        return ((output - targets) * (output - targets) + output).mean()

    train_step(model, loss, optimizer(model.parameters(), lr), x, targets)
    return weights_of(model)


def against_the_slope(
    x: np.ndarray, targets: np.ndarray, lr: float, of_slope: Callable = np.positive
) -> np.ndarray:
    """The same by hand; `of_slope` says what the optimizer's first step makes of a slope."""
    slopes = 2 * (x @ [1, -2] - targets[:, 0]) + 1  # of each sample's loss, by its output
    means = np.array([(x[:, 0] * slopes).mean(), (x[:, 1] * slopes).mean(), slopes.mean()])
    return np.array([1, -2, 0]) - lr * of_slope(means)


def after_steps(
    train_step: Callable, slopes: Sequence[float], lr: float, left: float | None = None
) -> np.ndarray:
    """A weight that was 2, after each step along a slope, with a gradient left behind before."""
    model = linear([2], bias=False)
    model.weight.grad = None if left is None else np.array([[left]], np.float32)
    optimizer, found = SGD(model.parameters(), lr), []
    for slope in slopes:
        inputs = np.array([[slope]], np.float32)
        train_step(model, mean_output, optimizer, inputs, np.zeros(1))
        found.append(weights_of(model).item())
    return np.array(found)


def downhill(slopes: Sequence[float], lr: float, left: float | None = None) -> np.ndarray:
    """The same by hand."""
    return np.array([2 - lr * sum(slopes[: n + 1]) for n in range(len(slopes))], float)


def step_of_squares(train_step: Callable, x: np.ndarray, start: float, lr: float) -> Any:
    """What a step returns whose loss is mean(output^2) - 1, from two weights of `start`."""
    model = linear([start, start])

    def loss(output: Tensor, targets: np.ndarray) -> Tensor:
        return (output * output - targets).mean()

    ones = np.ones((len(x), 1), np.float32)
    return train_step(model, loss, SGD(model.parameters(), lr), x, ones)


def mean_square(x: np.ndarray, start: float, lr: float) -> float:
    """The same by hand, before the move."""
    return np.mean([(start * sum(row)) ** 2 for row in x]) - 1


def passes_of(train_step: Callable, seed: int, count: int) -> np.ndarray:
    """Of a step with dropout: passes, the result less the last loss, targets as given (1 or 0)."""
    rng, seen, cross = np.random.default_rng(seed), [], CrossEntropyLoss()
    model = Sequential(Linear(6, 4, rng), Dropout(0.5, rng))

    def loss(output: Tensor, targets: Any) -> Tensor:
        value = cross(output, targets)
        seen.append((value.item(), isinstance(targets, np.ndarray) and targets.dtype.kind == "i"))
        return value

    x, targets = numbers((count, 6), np.float32, seed), np.arange(count) % 4
    got = train_step(model, loss, SGD(model.parameters(), 0.1), x, targets)
    return np.array([len(seen), got - seen[-1][0], all(given for _, given in seen)], float)


def move_clipped(train_step: Callable, slopes: Sequence[float], clip: float | None) -> np.ndarray:
    """How far the weights and the bias go down in a step with lr 1, from slopes as given."""
    model = linear(np.zeros(len(slopes)))
    inputs, optimizer = np.array([slopes], np.float32), SGD(model.parameters(), 1.0)
    train_step(model, mean_output, optimizer, inputs, np.zeros(1), clip)
    return -weights_of(model)


def at_most(slopes: Sequence[float], clip: float | None) -> np.ndarray:
    """The slopes, and 1 for that of the bias, together no longer than clip."""
    all_ = np.array([*slopes, 1.0])
    length = np.hypot.reduce(all_)
    return all_ if clip is None or length <= clip else all_ * (clip / length)


# --- Epochs -----------------------------------------------------------------------------------


def mean_of_epoch(train_epoch: Callable, *losses: Sequence[float]) -> Any:
    """What an epoch returns over batches whose samples have these losses."""
    model = linear([1])
    pairs = ((np.array([batch], np.float32).T, np.zeros(len(batch))) for batch in losses)
    return train_epoch(model, mean_output, SGD(model.parameters(), lr=0.0), pairs)


def mean_of_samples(*losses: Sequence[float]) -> float:
    """The mean of all losses, whichever batch they are in."""
    every = _flat(map(list, losses))
    return sum(every) / len(every)


def after_epochs(
    train_epoch: Callable, sizes: Sequence[int], rates: Any, clip: float | None = None
) -> np.ndarray:
    """A weight that was 0 and has the slope 1, after each of two epochs.

    Args:
        sizes: of the batches.
        rates: those of a schedule, from step 0; or the learning rate, where there is none.
    """
    model = linear([0], bias=False)
    batches = [(np.ones((n, 1), np.float32), np.zeros(n)) for n in sizes]
    schedule = (lambda step: rates[step]) if isinstance(rates, list) else None
    optimizer, found = SGD(model.parameters(), lr=50.0 if schedule else rates), []
    for _ in range(2):
        if train_epoch(model, mean_output, optimizer, batches, schedule, clip) is not None:
            found.append(weights_of(model).item())
    return np.array(found)


def down_the_schedule(sizes: Sequence[int], rates: Any, clip: float | None = None) -> np.ndarray:
    """The same by hand."""
    slope = 1 if clip is None else min(clip, 1)
    moves = rates if isinstance(rates, list) else [rates] * 9
    return np.array([-slope * sum(moves[: n * len(sizes)]) for n in (1, 2)], float)


def modes_in_epochs(train_epoch: Callable, before: Sequence[Any], steps: int) -> list[list[bool]]:
    """The training modes of a model, of a layer, and of one in a layer, at each step of epochs.

    Args:
        before: the mode before each epoch; "but one" for training with a layer in evaluation.
    """
    rng, seen = np.random.default_rng(0), []
    model = Sequential(Linear(2, 2, rng), Sequential(Dropout(0.5, rng)))

    def loss(output: Tensor, targets: Any) -> Tensor:
        seen.append([bool(each.training) for each in (model, model[0], model[1][0])])
        return output.mean()

    for mode in before:
        model.train(bool(mode))
        model[1].train(mode is True)
        batches = [(np.ones((2, 2), np.float32), np.zeros(2))] * steps
        train_epoch(model, loss, SGD(model.parameters(), 0.1), batches)
    return seen


def always_training(before: Sequence[Any], steps: int) -> list[list[bool]]:
    """Three times True for each step."""
    return [[True] * 3] * steps * len(before)


# --- Measuring --------------------------------------------------------------------------------


def mean_target(output: Any, targets: Any) -> float:
    """A metric that is of the targets alone."""
    return np.mean(targets)


def first_score(output: Any, targets: Any) -> float:
    """A metric that is of the model's output, sample by sample: what it gives the first class."""
    if not isinstance(output, Tensor):
        kind = type(output).__name__
        raise TypeError(f"this metric takes the output as the model gave it, a Tensor, no {kind}")
    return np.array(output)[:, 0].mean()


@lru_cache
def _samples(sizes: Sequence[int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    count = sum(sizes)
    return numbers((count, 3), np.float32, seed), np.arange(count) * 7 % 3


def measured(evaluate: Callable, sizes: Sequence[int], seed: int, **metric: Any) -> np.ndarray:
    """What `evaluate` finds; the model gives its inputs back, the loss is their largest's mean."""
    x, targets = _samples(sizes, seed)
    model = Linear(3, 3, None, lambda rng, shape: np.eye(3, dtype=np.float32))
    cuts = np.cumsum(sizes)[:-1]
    batches = zip(np.split(x, cuts), np.split(targets, cuts), strict=True)  # to be used once
    found = evaluate(model, lambda output, _: output.max(axis=1).mean(), batches, **metric)
    return np.array([float(each) for each in found])


def by_sample(sizes: Sequence[int], seed: int, metric: Callable | None = None) -> np.ndarray:
    """The same over all samples, with the share of right answers where no metric is given."""
    x, targets = _samples(sizes, seed)
    score = metric(Tensor(x), targets) if metric else np.mean(x.argmax(axis=1) == targets)
    return np.array([np.mean([max(row) for row in x]), score], float)


def with_metrics(seed: int, sizes: Sequence[Sequence[int]]) -> list[Case]:
    """Batches of sizes; accuracy, for which no metric is given, and two others take turns."""
    metrics = {}, {"metric": mean_target}, {"metric": first_score}
    return [Case((each, seed + n), metrics[n % 3]) for n, each in enumerate(sizes)]


def facts_of_measuring(evaluate: Callable, training: bool, count: int) -> dict[str, Any]:
    """What holds of a measurement in `count` batches of a model in training mode, or not."""
    rng, twin, seen = np.random.default_rng(0), np.random.default_rng(0), []
    model, other = (Sequential(Linear(2, 2, r), Sequential(Dropout(0.5, r))) for r in (rng, twin))
    x, old = np.ones((3, 2), np.float32), np.full((2, 2), 7, np.float32)
    weight, bias = model.parameters()
    weight.grad, bias.requires_grad = old, False

    def loss(output: Tensor, _: Any) -> Tensor:
        seen.append((np.array(output.data), bool(output.requires_grad)))
        return output.mean()

    evaluate(model.train(training), loss, [(x, np.zeros(3, int))] * count)
    whole, asks = (
        np.array(other.eval()(x).data),
        [bool(weight.requires_grad), bool(bias.requires_grad)],
    )
    layers = (model, model[0], model[1], model[1][0])
    modes = [bool(layer.training) for layer in layers]
    facts = {
        "nothing is dropped meanwhile": all(np.allclose(output, whole) for output, _ in seen),
        "nothing is recorded meanwhile": not any(recorded for _, recorded in seen),
        "the mode comes back": modes == [training] * 4,
        "gradients are as before": bias.grad is None and np.array_equal(weight.grad, old),
        "parameters are as before": np.array_equal(weight.data, other[0].weight.data),
        "a parameter that asks for no gradient goes on so, others too": asks == [True, False],
        "dropout draws nothing": np.array_equal(
            *(np.array(m.train()(x).data) for m in (model, other))
        ),
        "recording goes on": bool(model(x).requires_grad),
    }
    mode = "training" if training else "evaluation"
    return {f"{says}, with the model in {mode} mode": fact for says, fact in facts.items()}


class Look(Layer):
    """A layer that notes whether it is in training mode, or what it is given is recorded.

    Args:
        note: is called with each answer, by copies of the layer too.
    """

    def __init__(self, note: Callable):
        self.note = note

    def forward(self, x: Any) -> Any:
        self.note(bool(x.requires_grad or self.training))
        return x


def facts_of_layers(evaluate: Callable, count: int) -> dict[str, Any]:
    """What a layer inside sees, from each mode of the model and of its layers."""

    def unnoticed(top: bool, inner: bool) -> bool:
        seen: list[bool] = []
        layers = Linear(2, 2, np.random.default_rng(0)), Look(seen.append)
        model = Sequential(*layers).train(top)
        for layer in model.children():
            layer.train(inner)
        evaluate(model, mean_output, [(np.ones((3, 2), np.float32), np.zeros(3, int))] * count)
        return bool(seen) and not any(seen)

    says = "no layer records or trains, from training modes {} of the model and {} inside"
    modes = [(top, inner) for top in (True, False) for inner in (True, False)]
    return {says.format(*both): unnoticed(*both) for both in modes}


class Failing:
    """Batches that can be gone through again and again, one of which fails."""

    def __init__(self, batch: tuple, attempt: Callable):
        self.batch, self.attempt = batch, attempt

    def __iter__(self) -> Iterator[tuple]:
        for n in range(3):
            self.attempt("loader", n == 1)
            yield self.batch


def facts_of_failing(
    evaluate: Callable, failures: Iterable[tuple[str, bool, type[BaseException]]]
) -> dict[str, Any]:
    """What holds after measurements within which something has failed.

    Args:
        failures: for each, what fails, "loss", "metric" or "loader"; the training mode before;
            and the exception.
    """
    facts: dict[str, Any] = {}
    for failure in failures:
        facts |= _facts_of_a_failure(evaluate, *failure)
    return facts


def _facts_of_a_failure(
    evaluate: Callable, fails: str, training: bool, error: type[BaseException]
) -> dict[str, Any]:
    model = Sequential(Linear(2, 2, np.random.default_rng(0)), Sequential(ReLU()))
    model.train(training)
    x, raised = np.ones((3, 2), np.float32), False

    def attempt(what: str, now: bool = True) -> None:
        if what == fails and now:
            raise error("a failure on purpose")

    def loss(output: Tensor, _: Any) -> Tensor:
        attempt("loss")
        return output.mean()

    def metric(output: Any, targets: Any) -> float:
        attempt("metric")
        return 0.5

    try:
        evaluate(model, loss, Failing((x, np.zeros(3, int)), attempt), metric)
    except error:
        raised = True
    modes = [bool(layer.training) for layer in (model, model[0], model[1], model[1][0])]
    where = f"a failing {fails} ({error.__name__}), from training mode {training}"
    return {
        f"raised is what comes of {where}": raised,
        f"the mode comes back after {where}": modes == [training] * 4,
        f"recording goes on after {where}": bool(model(x).requires_grad),
    }


# --- When to stop -----------------------------------------------------------------------------


def stops_after(should_stop: Callable, losses: Sequence[float], patience: int) -> Any:
    """After how many of the losses a run ends that asks after each epoch, and before the first."""
    for n in range(len(losses) + 1):
        given = list(losses[:n])
        stops = should_stop(given, patience)
        if str(given) != str(list(losses[:n])):
            return "the list has changed"
        if stops:
            return n
    return "never"


def runs(*known: tuple[Sequence[float], int, Any]) -> tuple[Callable, list[Case]]:
    """For `stops_after`: losses, patience, and after how many of them the run ends."""
    label = "after how many of the losses {} should_stop says so, with patience {},"
    ends = {str(run[:2]): run[2] for run in known}
    return lambda *run: ends[str(run)], labelled(label, [run[:2] for run in known])


# --- Snapshots --------------------------------------------------------------------------------


class Scale(Layer):
    """A layer with one parameter, which has no axes."""

    def __init__(self, value: float):
        self.scale = Tensor(np.float32(value), requires_grad=True)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale

    def parameters(self) -> list[Tensor]:
        return [self.scale]


def small_model() -> Sequential:
    """Five parameters, two of one shape and one without axes."""
    one, other = (
        Linear(2, 2, None, lambda rng, shape, n=n: np.array([[n, 0.5], [-2, 1]], np.float32))
        for n in (1, 3)
    )
    return Sequential(one, Scale(1.5), other)


def move(model: Layer, how: str) -> None:
    """Change every number: -1 by an optimizer's "step", +3 by "add", +5 by "set", an array anew."""
    for p in model.parameters():
        if how == "step":
            p.grad = np.ones(p.shape, np.float32)
        elif how == "add":
            p.data += np.float32(3)
        elif how == "set":
            p.data = np.asarray(p.data + np.float32(5))
    if how == "step":
        SGD(model.parameters(), lr=1.0).step()


def distances(arrays: Sequence[Any], start: Sequence[np.ndarray]) -> np.ndarray:
    """How far arrays are from others on average; nan for one whose shape or dtype differs."""
    pairs = list(zip(map(np.asarray, arrays), start, strict=True))
    alike = [got.shape == old.shape and got.dtype == old.dtype for got, old in pairs]
    both = zip(pairs, alike, strict=True)
    return np.array([(got - old).mean() if same else np.nan for (got, old), same in both], float)


def kept(snapshot: Callable, acts: str, which: int) -> np.ndarray:
    """How far the arrays of a snapshot are from the start of the model, at the end of some acts.

    Args:
        acts: "take" for a snapshot, and those of `move`.
        which: of the snapshots.
    """
    model, snapshots = small_model(), []
    start = [np.array(p.data) for p in model.parameters()]
    for act in acts.split():
        snapshots += [snapshot(model)] if act == "take" else []
        move(model, act)
    arrays = snapshots[which].arrays
    return distances(arrays if isinstance(arrays, list | tuple) else [], start)


def come_back(snapshot: Callable, acts: str) -> np.ndarray:
    """How far the parameters are from their start after some acts; a number restores one taken."""
    model, snapshots = small_model(), []
    start = [np.array(p.data) for p in model.parameters()]
    for act in acts.split():
        snapshots += [snapshot(model)] if act == "take" else []
        if act.isdigit():
            snapshots[int(act)].restore()
        move(model, act)
    return distances([p.data for p in model.parameters()], start)


def offsets(label: str, known: Mapping[Any, float]) -> tuple[Callable, list[Case]]:
    """The same offset for each of the five parameters, by what was done."""
    return table(label, {call: np.full(5, float(offset)) for call, offset in known.items()})


def _values(dtype: Any, scale: float) -> list[np.ndarray]:
    shapes = [p.shape for p in small_model().parameters()]
    arrays = [
        np.arange(1, 1 + np.prod(s, dtype=int)).reshape(s) * 10**n for n, s in enumerate(shapes)
    ]
    return [np.asarray(array * scale, dtype) for array in arrays]


def spoilt_and_restored(
    snapshot: Callable, dtype: Any, scale: float, spoilt: float, exchanged: bool = False
) -> np.ndarray:
    """All parameters, one of them frozen, in a row after they were spoilt and restored.

    Args:
        dtype, scale: of their values.
        spoilt: what each number is in the meantime.
        exchanged: whether `arrays` of the snapshot is set to others before: to negatives.
    """
    model = small_model()
    for n, (p, values) in enumerate(zip(model.parameters(), _values(dtype, scale), strict=True)):
        p.data, p.requires_grad = values, n != 1
    taken = snapshot(model)
    for p in model.parameters():
        p.data[...] = spoilt
    if exchanged:
        taken.arrays = [-array for array in _values(dtype, scale)]
    taken.restore()
    return np.concatenate([np.array(p.data).ravel() for p in model.parameters()])


def as_they_were(dtype: Any, scale: float, spoilt: float, exchanged: bool = False) -> np.ndarray:
    """What `spoilt_and_restored` must find."""
    row = np.concatenate([array.ravel() for array in _values(dtype, scale)])
    return -row if exchanged else row


# --- Files ------------------------------------------------------------------------------------

OTHER = {"no sound .npz file": 0}
ABSENT = {"no file at all": 0}


def save_and_look(
    save: Callable[[Any, dict], Any],
    arrays: Mapping[str, Any],
    name: str = "run.npz",
    *,
    before: Mapping[str, Any] | None = None,
    times: int = 1,
    as_text: bool = False,
) -> dict[str, Any]:
    """What there is after `save(path, arrays)` in a folder of its own.

    Args:
        save: is given a path, a `Path` or text, and the arrays by name.
        arrays: what to save.
        name: the file's name.
        before: arrays that the file holds at the start; None if there is no such file.
        times: how often to save.
        as_text: whether the path is text.

    Returns:
        "raised", the name of the exception's type, or ""; "files", the names in the folder as one
        text; and "arrays", those in the file, or None.
    """
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        path, raised = Path(folder, name), ""
        if before is not None:
            path.write_bytes(_bytes_of(before))
        try:
            for _ in range(times):
                save(str(path) if as_text else path, dict(arrays))
        except NotImplementedError:
            raise
        except (Exception, KeyboardInterrupt) as error:
            raised = type(error).__name__
        files = ", ".join(sorted(os.listdir(folder)))
        return {"raised": raised, "files": files, "arrays": _arrays_in(path)}


def saved_whole(arrays: Mapping[str, Any], name: str = "run.npz", **how: Any) -> dict[str, Any]:
    """What `save_and_look` must find."""
    return {"raised": "", "files": name, "arrays": dict(arrays)}


def save_that_fails(
    save: Callable, error: BaseException | None, before: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The same where the second of three arrays cannot be written."""
    middle = np.zeros(2) if error is None else Broken(error)
    arrays = {"weight": np.zeros(300), "bias": middle, "last": np.ones(2)}
    return save_and_look(save, arrays, before=before)


def facts_of_a_taken_name(save: Callable, name: str) -> dict[str, Any]:
    """What holds where only the exchange fails, since a folder has the file's name."""
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        path, raised = Path(folder, name), False
        path.mkdir()
        try:
            save(path, {"weight": np.zeros(2)})
        except OSError:
            raised = True
        files = os.listdir(folder)
    return {
        "a folder of that name is an OSError": raised,
        "no other file stays beside a folder of that name": files == [name],
    }


def left_as_it_was(error: BaseException | None, before: Mapping[str, Any] | None) -> dict[str, Any]:
    """What `save_that_fails` must find; without an error the new arrays are there."""
    if error is None:
        return saved_whole({"weight": np.zeros(300), "bias": np.zeros(2), "last": np.ones(2)})
    files = "" if before is None else "run.npz"
    return {"raised": type(error).__name__, "files": files, "arrays": before}


def seen_meanwhile(
    save: Callable, arrays: Mapping[str, Any], before: Mapping[str, Any], name: str = "run.npz"
) -> dict[str, Any]:
    """What others see of a file while arrays are saved in the place of older ones.

    Returns:
        "who reads on" and "who opens it meanwhile", the arrays that are read by one who had the
        old file open, and by one who opens it while the new one is being written; "in it
        afterwards", the names of those that it then holds; and "always there", whether its name
        stood for a file whenever a file was opened, renamed or removed.
    """
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        path = Path(folder, name)
        path.write_bytes(_bytes_of(before))
        reader, watcher = _reader(path), Watcher(path)
        try:
            with _watched(path) as missed:
                save(path, {**arrays, "last": watcher})
        finally:
            read = _read(reader)
        afterwards = sorted(_arrays_in(path) or ())
    return {
        "who reads on": before if read == _bytes_of(before) else _arrays(read),
        "who opens it meanwhile": watcher.saw,
        "in it afterwards": afterwards,
        "always there": not missed,
    }


def only_the_old(
    arrays: Mapping[str, Any], before: Mapping[str, Any], name: str = "run.npz"
) -> dict[str, Any]:
    """What `seen_meanwhile` must find."""
    return {
        "who reads on": before,
        "who opens it meanwhile": before,
        "in it afterwards": sorted([*arrays, "last"]),
        "always there": True,
    }


class Broken:
    """Stands among arrays, and cannot be written: a disk that is full half way."""

    def __init__(self, error: BaseException):
        self.error = error

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise self.error


class Watcher:
    """Stands among arrays, and notes what a file holds at the moment when it is written itself."""

    def __init__(self, path: Path):
        self.path, self.saw = path, {"nothing, since nothing was saved": 0}

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        self.saw = _arrays_in(self.path) or ABSENT
        return np.array(0.0)


class _watched:
    """Within it, note the events at which a path stands for no file."""

    running: dict[str, list[str]] = {}  # noqa: RUF012 - one for all: a hook can't be taken back
    hooked = False

    def __init__(self, path: Path):
        self.path, self.missed = os.fspath(path), []

    def __enter__(self) -> list[str]:
        if not _watched.hooked:
            sys.addaudithook(_look)
            _watched.hooked = True
        _watched.running[self.path] = self.missed
        return self.missed

    def __exit__(self, *exception: Any) -> None:
        _watched.running.clear()


def _look(event: str, arguments: tuple) -> None:
    if _watched.running and event in ("os.rename", "os.remove", "open"):
        for path, missed in _watched.running.items():
            if not os.path.lexists(path):
                missed.append(event)


@lru_cache
def _memory() -> str | None:
    """A folder that lies in memory, where there is one: to wait for a disk takes long."""
    try:  # what a sandbox forbids, the rights of the folder don't tell
        with tempfile.TemporaryDirectory(dir="/dev/shm"):
            return "/dev/shm"
    except OSError:
        return None


def _bytes_of(arrays: Mapping[str, Any]) -> bytes:
    """The file that holds these arrays."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _reader(path: Path) -> Any:
    """Somebody who holds on to the file of today, whatever becomes of its name."""
    if os.name != "nt":
        return open(path, "rb")
    beside = path.parent.with_name(f"{path.parent.name}.reader")
    os.link(path, beside)  # an open file can't be replaced there
    return beside


def _read(reader: Any) -> bytes:
    """What that somebody reads, who then goes."""
    if isinstance(reader, Path):
        content = reader.read_bytes()
        reader.unlink()
        return content
    with reader:
        return reader.read()


def _arrays_in(path: Path) -> dict[str, Any] | None:
    return _arrays(path.read_bytes()) if path.is_file() else None


@lru_cache(16)
def _arrays(content: bytes) -> dict[str, Any]:
    """The arrays in the bytes of a file."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as saved:
            return {name: saved[name] for name in sorted(saved.files)}
    except Exception:  # cut off, or no archive at all
        return OTHER


# --- Generators -------------------------------------------------------------------------------


def generator(kind: type, seed: int) -> np.random.Generator:
    """A Generator of a kind."""
    return np.random.Generator(kind(seed))


def drawn(rng: np.random.Generator) -> np.ndarray:
    """Fourteen numbers, drawn in several ways."""
    return np.concatenate([rng.random(3, np.float32), rng.normal(size=2), rng.permutation(9)])


def drawn_after(kind: type, before: int, seed: int) -> np.ndarray:
    """What is drawn after some float32: an odd count leaves half of a 64-bit number waiting."""
    rng = generator(kind, seed)
    rng.random(before, np.float32)
    return drawn(rng)


def drawn_after_restoring(
    restore: Callable, text_of: Callable, kind: type, before: int, seed: int
) -> np.ndarray:
    """The same, by another Generator that was put where the first is."""
    rng, other = generator(kind, seed), generator(kind, 99)
    rng.random(before, np.float32)
    other.random(3, np.float32)
    restore(other, text_of(rng))
    return drawn(other)


def bring(restore: Callable, text_of: Callable, kind: type, other: type) -> None:
    """Restore a Generator of a kind from the text of one of another."""
    restore(generator(kind, 1), text_of(generator(other, 2)))
