"""How fast the framework is: beside PyTorch's eager mode and teaching frameworks, in one run.

    python benchmarks/framework.py                      # all of it, some minutes
    python benchmarks/framework.py --only cross-entropy --only import
    python benchmarks/framework.py --quick              # tiny sizes, once each: does it run?

Each framework has one thread and float32. README.md beside this file says how to read the result.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib.metadata
import importlib.util
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from types import SimpleNamespace
from typing import Any

# The libraries read these when they are imported.
os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import numpy as np

import tinytorch
from tinytorch import core
from tinytorch.extras import install_command

FIGURE = Path(__file__).parent / "growth.png"
ROUNDS, LEAST_ROUNDS = 201, 11
BUDGET = 5.0  # seconds for a case; a slow one gets fewer rounds
TURN = 0.01  # seconds that one side works before it is the other's turn
STATUS = Path("/proc/self/status")  # where Linux tells a process of its memory
IMPORT = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"


@dataclass(frozen=True)
class Side:
    """One framework's part of a case."""

    run: Callable[[], object]  # what is timed
    numbers: Callable[[], list]  # does the work once and tells what came out, for the comparison


@dataclass(frozen=True)
class Case:
    """A piece of work: `make(framework, *size)` gives a Side."""

    name: str
    make: Callable[..., Side]
    size: tuple
    quick: tuple
    target: float | None = None  # the highest ratio of our time to the peer's
    peers: tuple[str, ...] = ("PyTorch",)  # the fastest of them counts
    memory: float | None = None  # the highest ratio of our peak memory to the peer's


@dataclass(frozen=True)
class Growth:
    """Work whose size grows: `make(framework, size)` gives a Side."""

    title: str
    unit: str
    make: Callable[..., Side]
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Curve:
    """What was measured of it: a number for each size and side."""

    title: str
    unit: str
    sizes: tuple[int, ...]
    values: dict[str, list[float]]
    measure: str = "milliseconds of the processor"

    def exponent(self, side: str) -> float:
        """The slope on logarithmic axes over the upper half of the sizes: 1 is linear growth."""
        half = min(len(self.sizes) // 2, len(self.sizes) - 2)
        return np.polyfit(np.log(self.sizes[half:]), np.log(self.values[side][half:]), 1)[0]


@dataclass(frozen=True)
class Row:
    """What was measured of a case."""

    name: str
    seconds: dict[str, float]  # medians
    ratio: float  # of our median to that of the fastest peer
    quartiles: tuple[float, float]  # of the rounds' ratios
    target: float | None = None
    megabytes: dict[str, float] = field(default_factory=dict)
    memory: float | None = None

    @property
    def peer(self) -> str:
        return min((name for name in self.seconds if name != "ours"), key=self.seconds.get)

    @property
    def met(self) -> bool | None:
        return None if self.target is None else self.ratio <= self.target

    @property
    def fits(self) -> bool | None:
        """Whether the memory's target is met."""
        if self.memory is None or not self.megabytes:
            return None
        return self.megabytes["ours"] <= self.memory * self.megabytes[self.peer]


# The frameworks, all under the same names, so that each case below is written once. They are
# imported late: the process that measures one's memory must not hold another.


def clear(tensor) -> None:
    tensor.grad = None


@core.operation(hands_over=True)
def standardized(x, eps=1e-5):
    """Each row less its mean, over its spread: an operation as a user of ours writes one."""
    distances = x - x.mean(-1, keepdims=True)
    factor = 1 / np.sqrt(np.vecdot(distances, distances)[..., None] / x.shape[-1] + eps)
    distances *= factor
    return distances, factor


@core.gradient_of(standardized)
def standardized_gradient(grad, output, x, eps=1e-5, *, kept):
    slopes = output * (np.vecdot(grad, output)[..., None] / -x.shape[-1])
    slopes += grad
    slopes -= grad.mean(-1, keepdims=True)
    slopes *= kept
    return slopes


def ours() -> SimpleNamespace:
    def network(dims):
        layers, rng = [], np.random.default_rng(0)
        for weight, bias in weights(dims):
            layers += [core.Linear(*weight.shape, rng), core.ReLU()]
            layers[-2].weight.data[...], layers[-2].bias.data[...] = weight, bias
        return core.Sequential(*layers[:-1])

    def epoch(model, optimizer, x, y, shuffle):
        data = core.TensorDataset(x, y)
        loader = core.DataLoader(data, 32, np.random.default_rng(0) if shuffle else None)
        return partial(core.train_epoch, model, core.CrossEntropyLoss(), optimizer, loader)

    return SimpleNamespace(
        tensor=core.Tensor,
        leaf=partial(core.Tensor, requires_grad=True),
        clear=clear,
        backward=core.backward,
        softmax=core.Softmax(),
        layer_norm=lambda x, scale, shift: standardized(x) * scale + shift,
        take=core.take,
        cross_entropy=core.CrossEntropyLoss(),
        squared_error=core.MeanSquaredError(),
        network=network,
        parameters=lambda model: [p.data.copy() for p in model.parameters()],
        adam=core.Adam,
        sgd=core.SGD,
        epoch=epoch,
    )


def pytorch(loader: bool = False, **adam) -> SimpleNamespace:
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.set_num_threads(1)

    def network(dims):
        layers = []
        for weight, bias in weights(dims):
            layers += [nn.Linear(*weight.shape), nn.ReLU()]
            layers[-2].weight.data = torch.from_numpy(weight.T.copy())
            layers[-2].bias.data = torch.from_numpy(bias)
        return nn.Sequential(*layers[:-1])

    def permuted(x, y, shuffle):  # what a loader does, without its work for each sample
        order = torch.randperm(len(x)) if shuffle else torch.arange(len(x))
        return ((x[rows], y[rows]) for rows in order.split(32))

    def epoch(model, optimizer, x, y, shuffle):
        x, y = torch.from_numpy(x), torch.from_numpy(y)
        loaded = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=shuffle)

        def run():
            total = 0.0
            for inputs, targets in loaded if loader else permuted(x, y, shuffle):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(inputs), targets)
                loss.backward()
                optimizer.step()
                total += len(targets) * loss.item()
            return total / len(x)

        return run

    return SimpleNamespace(
        tensor=torch.from_numpy,
        leaf=lambda array: torch.from_numpy(array).requires_grad_(),
        clear=clear,
        backward=torch.Tensor.backward,
        softmax=nn.Softmax(-1),
        layer_norm=lambda x, scale, shift: nn.functional.layer_norm(x, scale.shape, scale, shift),
        take=lambda table, rows: nn.functional.embedding(rows, table),
        cross_entropy=nn.functional.cross_entropy,
        network=network,
        parameters=lambda model: [p.detach().numpy().T.copy() for p in model.parameters()],
        adam=partial(torch.optim.Adam, **adam),
        epoch=epoch,
    )


class PlainSGD:
    """Descent for the teaching frameworks, which bring none."""

    def __init__(self, parameters, lr, zero):
        self.parameters, self.lr, self.zero = parameters, lr, zero

    def zero_grad(self):
        for p in self.parameters:
            p.grad = self.zero

    def step(self):
        for p in self.parameters:
            p.data -= self.lr * p.grad


def mygrad() -> SimpleNamespace:
    import mygrad as mg
    from mygrad.nnet.activations import relu
    from mygrad.nnet.losses import softmax_crossentropy

    def network(dims):
        layers = [tuple(map(mg.tensor, pair)) for pair in weights(dims)]

        def model(x):
            for number, (weight, bias) in enumerate(layers):
                x = mg.matmul(relu(x) if number else x, weight) + bias
            return x

        model.parameters = lambda: [p for layer in layers for p in layer]
        return model

    def sgd(parameters, lr):
        optimizer = PlainSGD(parameters, lr, None)
        optimizer.zero_grad = lambda: [p.null_grad() for p in parameters]
        return optimizer

    return SimpleNamespace(
        tensor=np.asarray,
        leaf=mg.tensor,
        clear=mg.Tensor.null_grad,
        backward=mg.Tensor.backward,
        cross_entropy=softmax_crossentropy,
        network=network,
        parameters=lambda model: [np.array(p.data) for p in model.parameters()],
        sgd=sgd,
    )


def micrograd() -> SimpleNamespace:
    from micrograd.engine import Value
    from micrograd.nn import MLP

    def network(dims):
        model = MLP(dims[0], list(dims[1:]))
        for layer, (weight, bias) in zip(model.layers, weights(dims), strict=True):
            for neuron, column, b in zip(layer.neurons, weight.T.tolist(), bias, strict=True):
                neuron.b.data = float(b)
                for value, number in zip(neuron.w, column, strict=True):
                    value.data = number

        def run(x):
            return [model(row) for row in x]

        run.parameters, run.layers = model.parameters, model.layers
        return run

    def parameters(model):
        for layer in model.layers:
            yield np.array([[w.data for w in neuron.w] for neuron in layer.neurons]).T
            yield np.array([neuron.b.data for neuron in layer.neurons])

    def squared_error(scores, targets):
        errors = [(score - t) ** 2 for score, [t] in zip(scores, targets, strict=True)]
        return sum(errors) * (1 / len(errors))

    return SimpleNamespace(
        tensor=np.ndarray.tolist,
        backward=Value.backward,
        squared_error=squared_error,
        network=network,
        parameters=lambda model: list(parameters(model)),
        sgd=partial(PlainSGD, zero=0),
    )


FRAMEWORKS = {
    "ours": ours,
    "PyTorch": pytorch,
    "PyTorch, fused Adam": partial(pytorch, fused=True),
    "PyTorch, its DataLoader": partial(pytorch, loader=True),
    "mygrad": mygrad,
    "micrograd": micrograd,
}


# The cases


def weights(dims: tuple[int, ...]) -> list[tuple[np.ndarray, np.ndarray]]:
    """The first weights (D, C) and biases (C,) of a network, for every framework the same."""
    rng = np.random.default_rng(1)
    return [
        (rng.normal(0, (2 / d) ** 0.5, (d, c)).astype(np.float32), np.full(c, 0.01, np.float32))
        for d, c in pairwise(dims)
    ]


def samples(count: int, features: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    return rng.standard_normal((count, features), np.float32), rng.integers(0, classes, count)


def chain(framework, count: int) -> Side:
    x, y = map(framework.tensor, np.random.default_rng(0).random((2, count), np.float32))

    def run():
        return ((x * y + x) / 2 - y).sum()

    return Side(run, lambda: [np.asarray(run())])


def chain_backward(framework, count: int) -> Side:
    x, y = map(framework.leaf, np.random.default_rng(0).random((2, count), np.float32))

    def run():
        framework.clear(x)
        framework.clear(y)
        framework.backward(((x * y + x) / 2 - y).sum())

    return Side(run, lambda: [run(), x.grad, y.grad][1:])


def softmax(framework, *shape: int) -> Side:
    x = framework.tensor(samples(*shape, 1)[0])
    return Side(lambda: framework.softmax(x), lambda: [np.asarray(framework.softmax(x))])


def layer_norm(framework, *shape: int) -> Side:
    x, grad = (framework.tensor(samples(*shape, 1)[0] * factor) for factor in (1, 2))
    x = framework.leaf(np.asarray(x))
    scale, shift = (framework.leaf(np.full(shape[-1], n, np.float32)) for n in (1, 0))

    def run():
        for leaf in (x, scale, shift):
            framework.clear(leaf)
        framework.backward((framework.layer_norm(x, scale, shift) * grad).sum())

    return Side(run, lambda: [run(), x.grad, scale.grad, shift.grad][1:])


def embedding(framework, count: int, rows: int, width: int) -> Side:
    table, places = framework.leaf(samples(rows, width, 1)[0]), samples(count, 1, rows)[1]
    places, grad = framework.tensor(places), framework.tensor(samples(count, width, 1)[0])

    def run():
        framework.clear(table)
        framework.backward((framework.take(table, places) * grad).sum())

    return Side(run, lambda: [run(), table.grad][1:])


def products(framework, count: int, n: int, d: int, c: int) -> Side:
    a = framework.leaf(samples(count * n, d, 1)[0].reshape(count, n, d))
    b = framework.leaf(samples(count * d, c, 1)[0].reshape(count, d, c))

    def run():
        framework.clear(a)
        framework.clear(b)
        framework.backward((a @ b).sum())

    return Side(run, lambda: [run(), a.grad, b.grad][1:])


def cross_entropy(framework, *shape: int) -> Side:
    x, targets = samples(*shape, shape[1])
    x, targets = framework.leaf(x), framework.tensor(targets)

    def run():
        framework.clear(x)
        framework.backward(framework.cross_entropy(x, targets))

    return Side(run, lambda: [run(), x.grad][1:])


def adam_step(framework, batch: int, *dims: int) -> Side:
    x, y = samples(batch, dims[0], dims[-1])
    return step(framework, dims, x, y, framework.adam, framework.cross_entropy)


def gradient(framework, batch: int, *dims: int) -> Side:
    x, y = map(framework.tensor, samples(batch, dims[0], dims[-1]))
    model = framework.network(dims)
    parameters = list(model.parameters())

    def run():
        for parameter in parameters:
            framework.clear(parameter)
        framework.backward(framework.cross_entropy(model(x), y))

    return Side(run, lambda: [run(), *(bias.grad for bias in parameters[1::2])][1:])


def sgd_step(framework, batch: int, *dims: int) -> Side:
    x, y = samples(batch, dims[0], dims[-1])
    return step(framework, dims, x, y, partial(framework.sgd, lr=0.01), framework.cross_entropy)


def regression_step(framework, batch: int, *dims: int) -> Side:
    x = samples(batch, dims[0], 1)[0]
    y = x.sum(axis=1, keepdims=True)
    return step(framework, dims, x, y, partial(framework.sgd, lr=0.01), framework.squared_error)


def step(framework, dims, x, y, optimize: Callable, loss: Callable) -> Side:
    model = framework.network(dims)
    optimizer = optimize(model.parameters())
    x, y = framework.tensor(x), framework.tensor(y)

    def run():
        optimizer.zero_grad()
        framework.backward(loss(model(x), y))
        optimizer.step()

    return Side(run, lambda: [run(), run(), run(), *framework.parameters(model)][3:])


def digits_epoch(framework, count: int, *dims: int) -> Side:
    from tinytorch.data import load_digits

    digits = load_digits()
    x, y = (digits.data[:count] / 16).astype(np.float32), digits.target[:count]

    def prepare(shuffle):
        model = framework.network(dims)
        return model, framework.epoch(model, framework.adam(model.parameters()), x, y, shuffle)

    def numbers():  # in the order of the data, since each framework shuffles in its own way
        model, epoch = prepare(shuffle=False)
        return [np.array(epoch()), *framework.parameters(model)]

    return Side(prepare(shuffle=True)[1], numbers)


def additions(framework, count: int) -> Side:
    x = framework.leaf(np.ones(10, np.float32))

    def run():
        framework.clear(x)
        y = x
        for _ in range(count):
            y = y + x
        framework.backward(y.sum())

    return Side(run, lambda: [run(), x.grad][1:])


SMALL, LARGE, DIGITS = (300, 2, 64, 3), (64, 784, 128, 10), (1797, 64, 32, 10)
DEEP = (2048, *[512] * 9)
FUSED = ("PyTorch, fused Adam",)
LOADED = ("PyTorch", "PyTorch, its DataLoader")
CASES = [
    Case("elementwise chain, 1,000", chain, (1_000,), (10,)),
    Case("elementwise chain, 1,000,000", chain, (1_000_000,), (100,)),
    Case("chain and its gradient, 1,000", chain_backward, (1_000,), (10,)),
    Case("chain and its gradient, 1,000,000", chain_backward, (1_000_000,), (100,)),
    Case("softmax (1024, 1000)", softmax, (1024, 1000), (4, 5), 1.4),
    Case("layer norm (1024, 512), f. + b.", layer_norm, (1024, 512), (4, 5), 3.5),
    Case("8,192 of 1,000 rows of 64, f. + b.", embedding, (8192, 1000, 64), (9, 3, 2), 2.5),
    Case("64 products of (64, 64), f. + b.", products, (64, 64, 64, 64), (2, 3, 4, 2), 1.0),
    Case("cross-entropy, forward + backward (64, 10)", cross_entropy, (64, 10), (4, 3), 1.0),
    Case("cross-entropy, f. + b. (1024, 1000)", cross_entropy, (1024, 1000), (8, 5), 0.8),
    Case("cross-entropy, f. + b. (8192, 100)", cross_entropy, (8192, 100), (16, 2)),
    Case("Adam step 2-64-3, batch 300", adam_step, SMALL, (5, 2, 4, 3), 0.5),
    Case("Adam step 784-128-10, batch 64", adam_step, LARGE, (3, 9, 4, 3), 1.0),
    Case("8 layers of 512, batch 2,048, f. + b.", gradient, DEEP, (3, 9, 4, 3), memory=1.25),
    Case("epoch over digits, 64-32-10", digits_epoch, DIGITS, (40, 64, 4, 10), 0.7, LOADED),
    Case("2-64-3 beside fused Adam", adam_step, SMALL, (5, 2, 4, 3), None, FUSED),
    Case("784-128-10 beside fused Adam", adam_step, LARGE, (3, 9, 4, 3), None, FUSED),
    Case("epoch beside fused Adam", digits_epoch, DIGITS, (40, 64, 4, 10), None, FUSED),
]
SCALAR, POINTS = (20, 2, 16, 16, 1), (3, 2, 4, 1)
TEACHING = [
    Case("SGD step of 2-16-16-1, batch 20", regression_step, SCALAR, POINTS, None, ("micrograd",)),
    Case("SGD step of 2-64-3, batch 300", sgd_step, SMALL, (5, 2, 4, 3), None, ("mygrad",)),
    Case("cross-entropy (1024, 1000)", cross_entropy, (1024, 1000), (8, 5), None, ("mygrad",)),
]


def batch_step(framework, batch: int) -> Side:
    return adam_step(framework, batch, 64, 64, 10)


def deep_step(framework, layers: int) -> Side:
    return adam_step(framework, 32, *[64] * (layers + 1))


POWERS, UP_TO_100 = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536), (1, 2, 3, 5, 10, 20, 30, 50, 100)
THOUSANDS = (1, 3, 10, 30, 100, 300, 1000, 3000, 10000)
GROWTH = [
    Growth("Adam step of 64-64-10", "samples in a batch", batch_step, POWERS),
    Growth("Adam step of layers of 64, batch 32", "layers", deep_step, UP_TO_100),
    Growth("Additions one after the other, and back", "additions", additions, THOUSANDS),
]
GRAPH = "Memory of a graph, layers of 256, batch 1,024"
DEPTHS = (1, 3, 10, 30, 100)


# Measuring


def present(peers: tuple[str, ...]) -> list[str]:
    """The peers that are installed."""
    return [p for p in peers if importlib.util.find_spec(p.partition(",")[0].replace("PyT", "t"))]


def sides_of(case: Case, size: tuple) -> dict[str, Side]:
    """Our side and the peers', once they were seen to compute the same numbers."""
    names = ["ours", *present(case.peers)]
    sides = {name: case.make(FRAMEWORKS[name](), *size) for name in names}
    expected = sides["ours"].numbers()
    for name in names[1:]:
        for mine, other in zip(expected, sides[name].numbers(), strict=True):
            # Sums in another order differ in float32, and over an epoch's steps such bits grow.
            message = f"{case.name}: ours and {name} differ"
            np.testing.assert_allclose(mine, other, rtol=1e-3, atol=1e-4, err_msg=message)
    return sides


def take_turns(clocks: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """What each clock tells, A B A B, so that a slow moment of the machine meets all."""
    times = {name: [] for name in clocks}
    for _ in range(rounds):
        for name, clock in clocks.items():
            times[name].append(clock())
    return times


def keep_freed_memory() -> None:
    """Have glibc keep what is freed, for all alike.

    Else whether a block of megabytes goes back to the system and is asked for again at each use,
    which doubles the time of some cases, hangs on where it happens to lie.
    """
    with suppress(OSError, AttributeError, TypeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD
        mallopt(-3, 32 * 2**20)  # M_MMAP_THRESHOLD


def clock_of(run: Callable[[], object], number: int) -> float:
    """Seconds of one run, the mean of `number` in a row.

    They are seconds of the processor, which others who use it meanwhile do not lengthen.
    """
    start = time.process_time()
    for _ in range(number):
        run()
    return (time.process_time() - start) / number


def time_sides(runs: dict[str, Callable], quick: bool, budget: float = BUDGET) -> dict:
    """The times of each side, in rounds."""
    gc.collect()
    first = {name: clock_of(run, 1 if quick else 3) for name, run in runs.items()}
    if quick:
        return {name: [seconds] for name, seconds in first.items()}
    numbers = {name: max(1, round(TURN / seconds)) for name, seconds in first.items()}
    one_round = sum(first[name] * numbers[name] for name in runs)
    rounds = max(LEAST_ROUNDS, min(ROUNDS, int(budget / one_round)))
    return take_turns({n: partial(clock_of, runs[n], numbers[n]) for n in runs}, rounds)


def row_of(name: str, times: dict[str, list[float]], target=None, megabytes=None) -> Row:
    seconds = {side: median(values) for side, values in times.items()}
    peer = min((side for side in times if side != "ours"), key=seconds.get)
    ratios = [a / b for a, b in zip(times["ours"], times[peer], strict=True)]
    low, _, high = quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    ratio = seconds["ours"] / seconds[peer]
    return Row(name, seconds, ratio, (low, high), target, megabytes or {})


def measure(case: Case, quick: bool) -> Row:
    sides = sides_of(case, case.quick if quick else case.size)
    row = row_of(case.name, time_sides({n: s.run for n, s in sides.items()}, quick), case.target)
    if not quick and STATUS.exists():
        row.megabytes.update({n: child("--peak", case.name, n) for n in ("ours", row.peer)})
    return replace(row, memory=case.memory)


def measure_import(quick: bool) -> Row:
    """Seconds of an import, in processes of their own; that of NumPy is part of both."""

    def imported(module: str) -> float:
        command = [sys.executable, "-c", IMPORT.format(module)]
        return float(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)

    clocks = {"ours": partial(imported, "tinytorch.core"), "PyTorch": partial(imported, "torch")}
    return row_of("import", take_turns(clocks, 1 if quick else 11), 0.1)


def child(*arguments: str) -> Any:
    """What this file answers in a process of its own, whose memory holds one framework alone."""
    command = [sys.executable, __file__, *map(str, arguments)]
    # Larger blocks go back to the system at once: what the process holds is what is in use.
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"}
    run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(run.stdout)


def resident(what: str = "VmRSS") -> float:
    """Megabytes that this process holds now, or held at most: "VmHWM".

    Not ru_maxrss, which a process takes over from the one that started it.
    """
    return int(STATUS.read_text().partition(f"{what}:")[2].split()[0]) / 1024


def peak_memory(name: str, framework: str) -> float:
    """Megabytes that a case takes at its peak, above what the process held before."""
    case = next(case for case in CASES + TEACHING if case.name == name)
    make = partial(case.make, FRAMEWORKS[framework]())
    for _ in range(2):
        make(*case.quick).run()  # what is loaded or set up at first use is not the case's
    gc.collect()
    STATUS.with_name("clear_refs").write_text("5")  # the peak begins anew
    before = resident("VmHWM")
    side = make(*case.size)
    for _ in range(3):
        side.run()
    return resident("VmHWM") - before


def graph_memory(framework: str, *depths: str) -> list[tuple[float, float]]:
    """For each depth the megabytes of a recorded graph, and what is left of it after backward."""
    tools, found = FRAMEWORKS[framework](), []
    for depth in map(int, depths):
        model = tools.network([256] * (depth + 1))
        x, y = map(tools.tensor, samples(1024, 256, 256))
        optimizer = tools.adam(model.parameters())
        tools.backward(tools.cross_entropy(model(x), y))  # sets up what is set up once
        optimizer.zero_grad()
        before = resident()
        loss = tools.cross_entropy(model(x), y)
        held = resident() - before
        tools.backward(loss)
        optimizer.zero_grad()
        found.append((held, resident() - before))  # the loss is still there, its graph is not
        del loss
    return found


def measure_growth(quick: bool) -> list[Curve]:
    """Times and memory as the work grows."""
    curves = []
    for growth in GROWTH:
        sizes = growth.sizes[:2] if quick else growth.sizes
        values = {"ours": [], "PyTorch": []}
        for size in sizes:
            sides = sides_of(Case(growth.title, growth.make, (size,), (size,)), (size,))
            times = time_sides({n: side.run for n, side in sides.items()}, quick, budget=2.0)
            for name in values:
                values[name].append(median(times[name]) * 1e3)
        curves.append(Curve(growth.title, growth.unit, sizes, values))
    return curves + ([graph_curve(DEPTHS[:2] if quick else DEPTHS)] if STATUS.exists() else [])


def graph_curve(depths: tuple[int, ...]) -> Curve:
    values = {}
    for name in ("ours", "PyTorch"):
        pairs = child("--graph", name, *depths)
        values[name], values[f"{name}, after backward"] = map(list, zip(*pairs, strict=True))
    return Curve(GRAPH, "layers", depths, values, "megabytes")


# Telling


def draw(curves: list[Curve], path: Path) -> None:
    """The growth curves, on logarithmic axes."""
    import matplotlib

    matplotlib.use("Agg")
    from tinytorch import figures

    figure, axes = figures.subplots(2, 2, width=9.6, height=7.0)
    colors = {"ours": figures.BLUE, "PyTorch": figures.RED}
    for axis, curve in zip(axes.flat, curves, strict=False):
        for name, values in curve.values.items():
            side, _, after = name.partition(",")
            style = ("o" if side == "ours" else "s") + (":" if after else "-")
            filled = "white" if after else colors[side]
            label = name.replace("ours", "TinyTorch")
            values = np.maximum(values, 0.01)  # nothing left has no place on a logarithmic axis
            size = 10 if name == "ours, after backward" else 6  # or the other would hide it
            axis.plot(
                curve.sizes, values, style, color=colors[side], mfc=filled, ms=size, label=label
            )
        axis.set(xscale="log", yscale="log", title=curve.title)
        axis.set(xlabel=curve.unit, ylabel=curve.measure)
        axis.legend()
    figure.savefig(path, dpi=130)


def human(seconds: float) -> str:
    scale, unit = next(u for u in ((1, "s"), (1e3, "ms"), (1e6, "µs")) if seconds * u[0] >= 1)
    return f"{seconds * scale:.{2 if seconds * scale < 9.95 else 1}f} {unit}"


def heading() -> str:
    names = ["numpy", "torch", "mygrad", "micrograd"]
    found = {n: importlib.metadata.version(n) for n in names if importlib.util.find_spec(n)}
    found["tinytorch"] = tinytorch.__version__
    versions = ", ".join(f"{name} {version}" for name, version in found.items())
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    cpu = f"{models[0] if models else platform.processor()}, {os.cpu_count()} cores"
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{date.today()}; {cpu}, one thread used; {system}; {versions}; float32"


def table(heads: str, lines: Iterable[Iterable[str]]) -> str:
    """A Markdown table; the heads are written `one | two`."""
    bars = "|".join(["---"] * (heads.count("|") + 1))
    return "\n".join([f"| {heads} |", f"|{bars}|", *(f"| {' | '.join(line)} |" for line in lines)])


def timing_line(row: Row, quick: bool) -> list[str]:
    mine, other = human(row.seconds["ours"]), human(row.seconds[row.peer])
    other += row.peer.removeprefix("PyTorch")
    ratio = f"{row.ratio:.2f} ({row.quartiles[0]:.2f}–{row.quartiles[1]:.2f})"
    target = "" if row.target is None else f"{row.target}"
    met = "" if row.target is None or quick else ("yes" if row.met else "**no**")
    return [row.name, mine, other, ratio, target, met]


def memory_line(row: Row) -> list[str]:
    sizes = [f"{name} {megabytes:.1f} MB" for name, megabytes in row.megabytes.items()]
    met = "" if row.fits is None else ("yes" if row.fits else "**no**")
    return [row.name, *sizes, "" if row.memory is None else f"{row.memory}", met]


def growth_line(curve: Curve) -> list[str]:
    ends = [f"{name} {values[-1]:.3g}" for name, values in curve.values.items()]
    slopes = [f"{name} {curve.exponent(name):.2f}" for name in ("ours", "PyTorch")]
    sizes = f"{curve.sizes[0]} to {curve.sizes[-1]:,} {curve.unit}"
    return [curve.title, sizes, f"{', '.join(ends)} {curve.measure}", ", ".join(slopes)]


def markdown(rows: list[Row], teaching: list[Row], curves: list[Curve], quick: bool) -> str:
    parts = [heading()]
    if rows:
        lines = [timing_line(row, quick) for row in rows]
        parts += [table("work | ours | PyTorch | ratio (quartiles) | at most | met", lines)]
    if measured := [row for row in rows + teaching if row.megabytes]:
        parts += [
            table("peak memory | ours | the other | at most | met", map(memory_line, measured))
        ]
    if teaching:
        lines = [
            (r.name, human(r.seconds["ours"]), f"{r.peer} {human(r.seconds[r.peer])}",
             f"{1 / r.ratio:.3g}") for r in teaching
        ]  # fmt: skip
        parts += [table("beside a teaching framework | ours | theirs | times as fast", lines)]
    if curves:
        heads = "growth | sizes | at the largest | exponent (1 is linear)"
        parts += [table(heads, map(growth_line, curves))]
    return "\n\n".join(parts)


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="each case once, on tiny sizes")
    parser.add_argument("--only", action="append", metavar="NAME",
                        help="cases whose name holds this; repeatable; also: growth")  # fmt: skip
    parser.add_argument("--output", type=Path, help="write the result to this file")
    parser.add_argument("--json", action="store_true", help="JSON in place of Markdown")
    parser.add_argument("--figure", type=Path, help=f"for the growth curves (default: {FIGURE})")
    parser.add_argument("--peak", nargs=2, help=argparse.SUPPRESS)  # what `child` calls
    parser.add_argument("--graph", nargs="+", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main() -> int:
    chosen = options()
    if chosen.peak or chosen.graph:
        answer = peak_memory(*chosen.peak) if chosen.peak else graph_memory(*chosen.graph)
        print(json.dumps(answer))
        return 0
    return report(chosen)


def report(chosen: argparse.Namespace) -> int:
    """Measure what was chosen and tell it. Returns 1 where a target is missed, 2 for wrong use."""
    if importlib.util.find_spec("torch") is None:
        print(f"no PyTorch: {install_command('agreement')}", file=sys.stderr)
        return 2
    keep_freed_memory()
    rows, teaching, curves = measure_chosen(chosen.only, chosen.quick)
    if not (rows or teaching or curves):
        print(f"no case is called {chosen.only}: see CASES in {__file__}", file=sys.stderr)
        return 2
    figure = chosen.figure or (None if chosen.quick else FIGURE)
    if curves and figure:
        draw(curves, figure)
    if chosen.json:
        parts = {"rows": rows, "teaching": teaching, "growth": curves}
        plain = {key: [asdict(part) for part in value] for key, value in parts.items()}
        text = json.dumps({"heading": heading(), **plain}, indent=1)
    else:
        text = markdown(rows, teaching, curves, chosen.quick)
    if chosen.output:
        chosen.output.write_text(text + "\n", encoding="utf-8")
    else:
        print(text)
    return int(not chosen.quick and any(False in (row.met, row.fits) for row in rows))


def measure_chosen(only: list[str] | None, quick: bool) -> tuple[list, list, list]:
    """The rows beside PyTorch, those beside teaching frameworks, and the growth curves."""

    def wanted(name: str) -> bool:
        return not only or any(word.lower() in name.lower() for word in only)

    rows = [measure_import(quick)] if wanted("import") else []
    rows += [measure(case, quick) for case in CASES if wanted(case.name)]
    teaching = []
    for case in filter(lambda case: wanted(case.name), TEACHING):
        if present(case.peers):
            teaching.append(measure(case, quick))
        else:
            mend = install_command("benchmarks")
            print(f"left out, no {case.peers[0]}: {case.name} ({mend})", file=sys.stderr)
    return rows, teaching, measure_growth(quick) if wanted("growth") else []


if __name__ == "__main__":
    sys.exit(main())
