"""Lesson 7: what rules, schedules and clipping must give, and inputs to try them with.

A rule writes into the arrays that it is given. So each is run by a function that ends in `_run`
here: it takes these arrays, then a gradient for each step, and returns what they hold afterwards.
The definition beside it takes the same and says what must be in them: sums over all gradients
so far, each with the weight that is left of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from numbers import Real
from typing import Any

import numpy as np

from tinytorch.testing.compare import article
from tinytorch.testing.inputs import FLOATS, Case, case, numbers, strange, strided

SHAPES = ((0,), (2, 3), (3,), (2, 1, 2, 2))
LAYOUTS = (np.array, np.asfortranarray, strided)  # ways in which numbers lie in memory
SIZES = (1e-12, 1e-5, 1e3, 1e12)

# --- Arrays for a rule ------------------------------------------------------------------------


def group(
    count: int, shape: Sequence[int], seed: int, turn: int = 0, size: float = 1.0
) -> list[np.ndarray]:
    """`count` arrays of one shape and dtype, each with another layout than the one before.

    Args:
        turn: with which dtype and which layout to begin.
        size: a factor for all their values.
    """
    dtype = FLOATS[turn % 2]
    values = (numbers((count, *shape), seed=seed) * size).astype(dtype)
    return [LAYOUTS[(turn + n) % 3](np.asarray(x)) for n, x in enumerate(values)]


def rule_inputs(
    count: int, seed: int, settings: Sequence[Any], shapes: Sequence[Sequence[int]] = SHAPES
) -> Iterator[tuple[list[np.ndarray], Any, float]]:
    """What any rule must cope with, as (arrays, setting, size): `count` arrays of a kind.

    The settings take turns over the shapes. Tiny, huge and nan values come with the first of
    them, in which nothing may be zero: what zero times nan is, is left open.

    Args:
        seed: from 1; it also chooses the sizes, dtypes and layouts.
    """
    for turn in range(max(len(shapes), len(settings))):
        shape, setting = shapes[turn % len(shapes)], settings[turn % len(settings)]
        yield group(count, shape, seed, turn + seed), setting, 1.0
    for turn, size in enumerate(size * seed for size in SIZES[seed % 2 :: 2]):
        shape = SHAPES[1 + turn % 2]
        yield group(count, shape, seed + 7, turn + seed, size), settings[0], size
    arrays = group(count, (2, 3), seed + 9, seed)
    for array in arrays:
        array[array > 2] = np.nan
    yield arrays, settings[0], 1.0


def called(what: str, arrays: Sequence[np.ndarray], **settings: Any) -> str:
    """How a message names a run: what came out of it, the settings, and the kind of arrays."""
    words = [f"{name}={_short(value)}" for name, value in settings.items()]
    return f"{what}, {', '.join(words)}, {arrays[0].shape} {arrays[0].dtype},"


def _short(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_short, value))})"
    return f"{value:g}" if isinstance(value, float) else str(value)


def uneven(seed: int, size: float = 1.0) -> np.ndarray:
    """(2, 3) gradients of both signs from a millionth to a million times a size."""
    rng = np.random.default_rng(seed)
    exponents = rng.permutation([-6, -4, -2, 0, 3, 6])
    return (rng.choice([-1, 1], 6) * rng.uniform(1, 9, 6) * 10.0**exponents).reshape(2, 3) * size


# --- Means ------------------------------------------------------------------------------------


def weighed(values: Sequence[Any] | np.ndarray, beta: float) -> Any:
    """The mean in which the last of some values weighs most, and each one before beta as much."""
    weights = _left(beta, len(values))
    return _together(weights, values) / weights.sum()


def running(start: np.ndarray | float, values: Sequence[np.ndarray], beta: float) -> np.ndarray:
    """A running mean that began with `start`: the sum of all it saw, by what is left of each."""
    left = _left(beta, len(values) + 1)
    return _together((1 - beta) * left[1:], values) + left[0] * start


@lru_cache
def _left(beta: float, count: int) -> np.ndarray:
    """What is left of each of `count` numbers, the oldest first."""
    return beta ** np.arange(count, dtype=float)[::-1]


def _together(weights: Any, values: Sequence[Any] | np.ndarray) -> Any:
    """The sum of values, each with its weight."""
    stacked = np.asarray(values, float)
    return (weights @ stacked.reshape(len(stacked), -1)).reshape(stacked.shape[1:])


@lru_cache
def share_seen(beta: float, count: int) -> float:
    """How much of a running mean belongs to the numbers that it has seen, and not to its zero."""
    ages = np.arange(min(count, 2500))  # older ones weigh nothing, with the betas that are tried
    return float(np.sum((1 - beta) * beta**ages))


def unbiased(mean: np.ndarray, beta: float, count: int) -> np.ndarray:
    """What a running mean is without its zero."""
    return mean * np.asarray(1 / share_seen(beta, count), mean.dtype)


def unbiased_run(function: Callable) -> Callable:
    """Of some numbers, what `unbiased` makes of their running mean."""

    def run(values: np.ndarray, beta: float) -> float:
        return function(float(running(0.0, values, beta)), beta, len(values))

    return run


def number_inputs(seed: int, lengths: Iterable[tuple[int, float]]) -> list[Case]:
    """(numbers, beta) for each (length, beta), and tiny and huge numbers."""
    cases = []
    for count, beta in lengths:
        label = f"unbiased, after {count} of the numbers, with beta {beta},"
        cases.append(case(numbers((count,), seed=seed + count % 31), beta, label=label))
    for size in (size * seed for size in (*SIZES[seed % 2 :: 2], 1e-9)):
        label = f"unbiased, after 3, -1 and 2 times {size},"
        cases.append(case(np.array([3.0, -1.0, 2.0]) * size, 0.9, label=label))
    return cases


def mean_inputs(seed: int, settings: Sequence, long: Iterable) -> list[tuple]:
    """(mean, beta, count) of every kind, with the settings in turn, and then long runs."""
    tried = rule_inputs(1, seed, settings, (*SHAPES, (), ()))
    long = [(numbers((3,), seed=seed), *setting) for setting in long]
    return [(mean, *setting) for (mean,), setting, _ in tried] + [
        *long,
        (strange(FLOATS[seed % 2]), 0.9, 2),
    ]


# --- Descent and momentum ---------------------------------------------------------------------


def written(rule: Callable, *places: int) -> Callable:
    """A rule as a function that returns the arrays it was given at some places."""

    def run(*inputs: Any, **options: Any) -> Any:
        rule(*inputs, **options)
        return inputs[places[0]] if len(places) == 1 else tuple(inputs[n] for n in places)

    return run


def by_numbers(function: Callable, *arrays: np.ndarray) -> np.ndarray:
    """What a function gives for each place of some arrays, number by number."""
    each = [function(*some) for some in zip(*(x.ravel().tolist() for x in arrays), strict=True)]
    return np.array(each, arrays[0].dtype).reshape(arrays[0].shape)


def descend(values: np.ndarray, grads: np.ndarray, lr: float) -> np.ndarray:
    """Where each weight is after a step."""
    return by_numbers(lambda w, slope: w + slope * -lr, values, grads)


def descend_inputs(seed: int, rates: Sequence[float]) -> list[tuple]:
    """(values, grads, lr) of every kind, with the rates in turn, and then tiny and huge ones."""
    cases = [(*arrays, lr) for arrays, lr, _ in rule_inputs(2, seed, rates)]
    for turn, lr in enumerate(size * seed for size in SIZES[::3]):
        values, grads = group(2, (3, 2), seed, turn)
        cases.append((values * lr, grads, lr))
    ones, odd = np.ones((2, 4), FLOATS[seed % 2]), strange(FLOATS[seed % 2])
    return [*cases, (ones, odd, rates[0]), (odd.T, ones.T, rates[0])]


def momentum_run(step: Callable) -> Callable:
    """The weights after each step, and the velocity, by steps each with its own lr and share."""

    def run(values, velocity, *gradients, rates, shares, **options):
        places = []
        for grads, lr, share in zip(gradients, rates, shares, strict=True):
            step(values, grads, velocity, lr, share, **options)
            places.append(values.copy())
        return [np.array(places), velocity]

    return run


def momentum(values, velocity, *gradients, rates, shares, nesterov=False) -> list[np.ndarray]:
    """What `momentum_run` must give: every push counts on, a share less at each later step."""
    pushes = np.array([velocity, *gradients], np.float64)

    def speed(day: int) -> np.ndarray:
        return _together([math.prod(shares[k:day]) for k in range(day + 1)], pushes[: day + 1])

    steps = [speed(day) for day in range(1, len(pushes))]
    if nesterov:
        ahead = zip(gradients, shares, steps, strict=True)
        steps = [grads + share * known for grads, share, known in ahead]
    way = np.cumsum([lr * step for lr, step in zip(rates, steps, strict=True)], axis=0)
    return [x.astype(values.dtype) for x in (values - way, speed(len(gradients)))]


def momentum_inputs(seed: int, rates: tuple, shares: tuple, **options: Any) -> list[Case]:
    """Runs of every kind with the shares in turn, one with all of them, and of tiny and huge lr."""

    days = len(rates)
    tried = rule_inputs(2 + days, seed, shares)
    cases = [_days(arrays, rates, (share,) * days, **options) for arrays, share, _ in tried]
    cases.append(_days(group(2 + days, (2, 3), seed + 3), rates, shares[:days], **options))
    for size in (1e-6 * seed, 1e6 * seed):
        values, *others = group(2 + days, (3, 2), seed)
        arrays = [values * size, *others]
        cases.append(_days(arrays, tuple(lr * size for lr in rates), shares[:days], **options))
    return cases


def _days(arrays: Sequence[np.ndarray], rates: tuple, shares: tuple, **options: Any) -> Case:
    what = "[weights by step, velocity] of momentum_step"
    label = called(what, arrays, lr=rates, momentum=shares, **options)
    return case(*arrays, rates=rates, shares=shares, label=label, **options)


def momentum_days(seed: int, settings: Iterable[tuple[tuple, tuple]]) -> list[Case]:
    """The same arrays with each (rates, shares), by plain and Nesterov's momentum in turn."""
    settings = list(settings)
    arrays = group(2 + len(settings[0][0]), (2, 3), seed, seed)
    return [
        _days(arrays, rates, shares, nesterov=n % 2 == 1)
        for n, (rates, shares) in enumerate(settings)
    ]


# --- A step size for each weight --------------------------------------------------------------


def rms_run(rule: Callable) -> Callable:
    """The mean of squares after a step for each gradient, and what became of the gradients."""

    def run(squares, *gradients, alpha, eps):
        for grads in gradients:
            rule(grads, squares, alpha, eps)
        return [squares, *gradients]

    return run


def rms(squares, *gradients, alpha, eps) -> list[np.ndarray]:
    """What `rms_run` must give, by the squares of all gradients up to each one."""
    start, dtype = squares.astype(np.float64), squares.dtype
    new = np.array(gradients, np.float64) ** 2
    means = [running(start, new[:day], alpha) for day in range(1, len(new) + 1)]
    scaled = [g / (np.sqrt(mean) + eps) for g, mean in zip(gradients, means, strict=True)]
    return [x.astype(dtype) for x in (means[-1], *scaled)]


def rms_inputs(seed: int, steps: int, settings: Sequence, *, fresh: bool = False) -> list[Case]:
    """Runs of every kind with each (alpha, eps) in turn, eps as large as the gradients are.

    Args:
        fresh: whether the mean of squares begins at zero; else it begins with some squares.
    """

    tried = rule_inputs(1 + steps, seed, settings)
    tried = [(arrays, alpha, eps * size) for arrays, (alpha, eps), size in tried]
    some = group(1 + steps, (3, 2), seed + 5, seed)
    for alpha, eps in ((0.5, 0.5), (0.9, 0.25)):
        tried.append(([np.round(x / 4) for x in some], alpha, eps))  # zero on some days
    tried.append(([*some[:-1], 0 * some[-1]], 0.75, 2.0))  # all are zero at the end
    tried.append(([x.copy() for x in some], 0.9, 1e6))
    for (squares, *_), *_ in tried:
        squares[...] = 0 if fresh else squares**2
    return [_scaled(*each) for each in tried]


def _scaled(arrays: Sequence[np.ndarray], alpha: float, eps: float) -> Case:
    label = called("[squares, gradients] after rms_scale", arrays, alpha=alpha, eps=eps)
    return case(*arrays, alpha=alpha, eps=eps, label=label)


def rms_without_eps(seed: int, shares: Iterable[float]) -> list[Case]:
    """First steps with eps = 0, and gradients of very different size."""
    grads = uneven(seed)
    return [_scaled([np.zeros_like(grads), grads], alpha, 0.0) for alpha in shares]


def rms_near_eps(seed: int, sizes: Iterable[float]) -> list[Case]:
    """First steps with gradients of zero, and as small as eps, for each eps; and with squares
    that are too small for their dtype."""
    grads = np.array([0.0, 1.0, 0.1, -3.0, 0.0]) * seed
    cases = [_scaled([np.zeros(5), grads * eps], 0.75, eps) for eps in sizes]
    for dtype, size, eps in ((np.float32, 1e-25, 1e-8), (np.float64, 1e-180, 1e-6)):
        tiny = (grads * size).astype(dtype)
        cases.append(_scaled([np.zeros_like(tiny), tiny], 0.75, eps))
    return cases


def adam_first_run(step: Callable) -> Callable:
    """The weights after Adam's first step without eps."""

    def run(values, grads, lr, betas):
        m, v = np.zeros_like(grads), np.zeros_like(grads)
        step(values, grads, m, v, 1, lr, betas, 0.0)
        return values

    return run


def adam_first(values, grads, lr, betas) -> np.ndarray:
    """Each weight is lr lower where its gradient is above zero, and else lr higher."""
    return by_numbers(lambda w, slope: w - math.copysign(lr, slope), values, grads)


def adam_first_inputs(seed: int, settings: Sequence[tuple]) -> list[tuple]:
    """(values, grads, lr, betas): gradients of very different size, in every layout."""
    cases = []
    for turn, (lr, betas) in enumerate(settings):
        grads = uneven(seed + turn, (1, 1, 1e-9, 1e9)[turn % 4]).astype(FLOATS[turn // 2 % 2])
        lay, other = LAYOUTS[turn % 3], LAYOUTS[(turn + 1) % 3]
        values = lay(np.ones_like(grads) * (lr or 1))
        cases.append((values, other(grads), lr, betas))
    return cases


def adam_run(step: Callable) -> Callable:
    """The weights after each step, and both means, by steps each with its own lr."""

    def run(values, m, v, *gradients, rates, betas, eps):
        places = []
        for count, (grads, lr) in enumerate(zip(gradients, rates, strict=True), 1):
            step(values, grads, m, v, count, lr, betas, eps)
            places.append(values.copy())
        return [np.array(places), m, v]

    return run


def adam(values, m, v, *gradients, rates, betas, eps) -> list[np.ndarray]:
    """What `adam_run` must give from means of zero: on each day, the means of all days so far."""
    slopes = np.array(gradients, np.float64)
    squares, steps = slopes**2, []
    for day, lr in enumerate(rates, 1):
        up, square = weighed(slopes[:day], betas[0]), weighed(squares[:day], betas[1])
        steps.append(lr * up / (np.sqrt(square) + eps))
    means = running(0.0, slopes, betas[0]), running(0.0, squares, betas[1])
    return [x.astype(values.dtype) for x in (values - np.cumsum(steps, axis=0), *means)]


def adam_inputs(seed: int, rates: tuple, settings: Sequence[tuple]) -> list[Case]:
    """Runs of every kind with each (betas, eps) in turn, and one that begins with zeros."""

    def run(arrays: list, rates: tuple, betas: tuple, eps: float) -> Case:
        for mean in arrays[1:3]:
            mean[...] = 0
        what = "[weights by step, m, v] of adam_step"
        label = called(what, arrays, lr=rates[:5], betas=betas, eps=eps)
        return case(*arrays, rates=rates, betas=betas, eps=eps, label=label)

    cases = []
    for arrays, (betas, eps), size in rule_inputs(3 + len(rates), seed, settings):
        cases.append(run(arrays, tuple(lr * size for lr in rates), betas, eps * size))
    some = group(3 + len(rates), (2, 3), seed + 4, seed)
    cases.append(run(some, (0.1, 0.0, *rates[2:]), (0.8, 0.9), 0.5))
    late = group(3 + 14, (3,), seed + 5)
    for grads in late[3:11]:
        grads[...] = 0
    late[3][0] = np.nan
    return [*cases, run(late, (0.01,) * 14, (0.5, 0.999), 1e-8)]


def adam_late_run(step: Callable) -> Callable:
    """A weight at 0 after one more step, where all gradients before it were the same."""

    def run(old, grads, count, betas, eps):
        m, v = (share_seen(beta, count - 1) * old**n for n, beta in enumerate(betas, 1))
        values = np.zeros_like(old)
        step(values, grads, m, v, count, 0.25, betas, eps)
        return values

    return run


def adam_late(old, grads, count, betas, eps) -> np.ndarray:
    """What `adam_late_run` must give: in each mean the new gradient has its own weight."""
    up, square = (
        old**n + (grads**n - old**n) * (1 - beta) / share_seen(beta, count)
        for n, beta in enumerate(betas, 1)
    )
    return -0.25 * up / (np.sqrt(square) + eps)


def adam_late_inputs(seed: int, betas: tuple, counts: Iterable[tuple[int, float]]) -> list[tuple]:
    """(old, grads, count, betas, eps) for each (count, eps); of usual size, and tiny."""
    old, new = (x + 0.0625 for x in (numbers((2, 3), seed=seed + n) for n in (0, 1)))  # no zero
    new, tiny = np.asfortranarray(new), 1e-8 * seed
    pairs = ((old, old, 1.0), (old, new, 1.0), (0 * old, new, 1.0), (new, 0 * old, tiny))
    pairs, found = (*pairs, (old, new, tiny)), []
    for turn, (count, eps) in enumerate(counts):
        some = pairs[:2] if count == 1 else [pairs[(2 * turn + n) % 5] for n in range(2)]
        found += [(one * by, other * by, count, betas, eps * by) for one, other, by in some]
    return found


# --- Weight decay -----------------------------------------------------------------------------


def decay(values, grads, lr, weight_decay, decoupled) -> tuple[np.ndarray, np.ndarray]:
    """(weights, gradients) after weight decay, by the penalty's slope or by what is lost."""

    def penalty(w: float) -> float:
        return weight_decay / 2 * w**2

    def pulled(slope: float, w: float) -> float:
        return slope + (penalty(2 * w) - penalty(0.0)) / (2 * w) if w else slope

    if decoupled:
        return by_numbers(lambda w: w - lr * (weight_decay * w), values), grads.copy()
    return values.copy(), by_numbers(pulled, grads, values)


def decay_inputs(seed: int, settings: Sequence, decoupled: bool) -> list[Case]:
    """Arrays of every kind with each (lr, weight_decay) in turn, and tiny and huge strengths."""
    tried = rule_inputs(2, seed, settings, (*SHAPES, (1,)))
    cases = [case(*arrays, *setting, decoupled=decoupled) for arrays, setting, _ in tried]
    values, grads = group(2, (3, 2), seed)
    cases += [case(values, grads, *setting, decoupled=decoupled) for setting in settings[:3]]
    for strength in (1e-6 * seed, 1e-3 * seed, 1e4 * seed):  # with weights that make up for it
        arrays = values / strength, grads
        cases.append(case(*arrays, 0.1, strength, decoupled=decoupled))
    return cases


def decay_settings(seed: int, settings: Iterable) -> list[tuple]:
    """The same arrays with each (lr, weight_decay, decoupled)."""
    values, grads = numbers((2, 2, 3), seed=seed).astype(FLOATS[seed % 2])
    return [(values, grads, *setting) for setting in settings]


# --- Schedules --------------------------------------------------------------------------------


def asked(make: Callable, beside: tuple) -> Callable:
    """The rates of a schedule at some steps, while one with other settings is asked as well."""

    def rates(*setting: Any, steps: Sequence[int]) -> np.ndarray:
        schedule, another = make(*setting), make(*beside)
        return np.array([(schedule(step), another(step % 50))[0] for step in steps])

    return rates


def stairs(lr: float, every: int, factor: float, *, steps: Sequence[int]) -> np.ndarray:
    """The rates of `step_decay`, from a table with a rate for each stair."""
    table = [float(lr)]
    while len(table) <= max(steps) / every:
        table.append(factor * table[-1])
    return np.array([table[int(step / every)] for step in steps])


def wave(parts: int) -> np.ndarray:
    """Half a wave from 1 to 0 at parts + 1 places: what is left of the area under an arch."""
    arch = np.sin(np.pi * (np.arange(parts) + 0.5) / parts)
    return 1 - np.concatenate([[0.0], np.cumsum(arch)]) / arch.sum()


def cosine(
    lr: float, warmup: int, total: int, minimum: float = 0.0, *, steps: Sequence[int]
) -> np.ndarray:
    """The rates of `cosine_with_warmup`, from a table with a rate for each step."""
    up, down = np.linspace(0, lr, warmup + 1)[1:], wave(total - warmup)
    table = np.concatenate([up, lr * down + minimum * (1 - down)])
    table[total:] = minimum
    return table[np.minimum(steps, total)]


def some_steps(
    settings: Iterable[tuple], where: Callable[[int, int], tuple[int, int]]
) -> list[Case]:
    """The settings of a cosine, each with the steps to ask, the last one first.

    Args:
        where: of warmup and total, the first and the last of these; some twelve are asked.
    """
    cases = []
    for setting in settings:
        steps = np.unique(np.linspace(*where(*setting[1:3]), 13).astype(int))[::-1]
        cases.append(case(*setting, steps=tuple(steps.tolist())))
    return cases


# --- Clipping ---------------------------------------------------------------------------------


def clip_run(clip: Callable, tensor: Callable, give: Callable = list) -> Callable:
    """[norm, weights, *gradients] after clipping, the last gradient first.

    Args:
        tensor: makes a parameter of an array.
        give: what becomes of the list of parameters before it is passed.
    """

    def run(grads: list, max_norm: float) -> list:
        parameters = [tensor(np.full(np.shape(grad), 7.0)) for grad in grads]
        for parameter, grad in zip(parameters, grads, strict=True):
            parameter.grad = None if grad is None else np.array(grad)
        norm = clip(give(parameters), max_norm)
        norm = float(norm) if type(norm) is int else norm  # 0, where there is nothing to add up
        weights = [parameter.data.ravel() for parameter in parameters]
        left = [_array_or_name(parameter.grad) for parameter in reversed(parameters)]
        return [norm, np.concatenate([*weights, []]), *left]

    return run


def _array_or_name(grad: Any) -> Any:
    """The gradient, or what it is where it is no array: a Tensor is none."""
    is_sound = grad is None or isinstance(grad, np.ndarray | np.generic)
    return grad if is_sound else article(type(grad).__name__)


def length(grads: Iterable) -> float:
    """The norm over all gradients together; None counts for nothing."""
    return math.hypot(*(x for grad in grads if grad is not None for x in grad.ravel().tolist()))


def clip(grads: list, max_norm: float) -> list:
    """What `clip_run` must give."""
    norm = length(grads)
    factor = min(1.0, max_norm / norm) if norm else 1.0
    left = [None if grad is None else (grad * factor).astype(grad.dtype) for grad in grads[::-1]]
    return [norm, np.full(sum(map(np.size, grads)), 7.0), *left]


def clip_inputs(seed: int, shares: Sequence[float]) -> list[tuple]:
    """(gradients, max_norm) with limits that are the shares, in turn, of the gradients' norm.

    Of one gradient and of several, of other shapes, sizes, dtypes and layouts, or missing.
    """
    a, b, c = (numbers(shape, seed=seed) + 0.0625 for shape in ((3, 2), (4,), (1, 2, 2)))
    a, c = np.asfortranarray(a), c.T
    small = [np.zeros((0, 2)), None, np.array(-3.0 * seed), np.array([[4.0 * seed]], np.float32)]
    some = [[a, b, c], [a, None, b, None], [b], [None, a.astype(np.float32), b], small]
    some += [
        [x.astype(kind) for x, kind in zip((a, b, c), kinds, strict=True)]
        for kinds in (("fff", "dfd"), ("ffd", "fdd"))[seed % 2]
    ]
    sizes = (size * seed for size in ((1e-20, 1e-5, 1e8), (1e-20, 1e-12, 1e3))[seed % 2])
    some += [[x * size for x in (a, b, c)] for size in sizes]
    return [(grads, shares[n % len(shares)] * length(grads)) for n, grads in enumerate(some)]


def parameter_lists(tensor: Callable) -> list[list]:
    """Parameters with a gradient of 1 and without, alone, together and none at all."""
    lists = []
    for grads in ([np.ones(1)], [None], [], [None, np.ones(1)]):
        parameters = [tensor(np.ones(1)) for _ in grads]
        for parameter, grad in zip(parameters, grads, strict=True):
            parameter.grad = grad
        lists.append(parameters)
    return lists


def steep_inputs(sizes: Iterable[tuple[int, float]]) -> list[tuple]:
    """([gradient], max_norm) for each (n, max_norm): in float32, of norm 5 times ten to the n."""
    return [([np.array([3, -4], np.float32) * np.float32(10.0**n)], limit) for n, limit in sizes]


def norm_of(clip: Callable, tensor: Callable) -> Callable:
    """The norm that clipping returns where one component of a gradient is x."""
    run = clip_run(clip, tensor)
    return lambda x: run([np.array([1.0, x]), np.array([[2.0]], np.float32)], math.inf)[0]


# --- What comes out ---------------------------------------------------------------------------


def kind_of(function: Callable) -> Callable:
    """What kind of thing a function returns: "a number", "an array", or the name of its type."""

    def kind(*inputs: Any, **options: Any) -> str:
        got = function(*inputs, **options)
        if isinstance(got, np.ndarray):
            return "an array"
        return "a number" if isinstance(got, Real) else article(type(got).__name__)

    return kind


def a_number(*inputs: Any, **options: Any) -> str:
    """What `kind_of` must give for a function that returns a number, whatever its inputs."""
    return "a number"
