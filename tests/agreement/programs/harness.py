"""What the programs share: data, starting weights, a training loop, and what is compared."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from tinytorch import core

__all__ = ["PROGRAMS", "binary", "classes", "normal", "numbers", "program", "start", "train",
           "uniform", "weight"]  # fmt: skip

PROGRAMS: dict[str, type] = {}

Draw = Callable[["np.random.Generator"], Any]


# --- Data -----------------------------------------------------------------------------------


def normal(*shape: int) -> Draw:
    return lambda rng: rng.standard_normal(shape)


def uniform(*shape: int, low: float = 0.0, high: float = 1.0) -> Draw:
    return lambda rng: rng.uniform(low, high, shape)


def binary(*shape: int) -> Draw:
    return lambda rng: rng.integers(0, 2, shape).astype(np.float64)


def classes(count: int, *shape: int) -> Draw:
    return lambda rng: rng.integers(0, count, shape)


def weight(*shape: int) -> Draw:
    """A tensor that requires a gradient."""
    return lambda rng: [rng.normal(0, 0.5, shape)]


def program(**data: Draw) -> Callable[[type], type]:
    """Register a class with two functions of the same data, as Tensors of either side.

    `ours` and `theirs` return what is to be compared: numbers, arrays, tensors and models, alone
    or in lists, tuples and dicts. A model stands for its parameters and their gradients.
    """

    def register(pair: type) -> type:
        assert pair.__name__ not in PROGRAMS, f"two programs are called {pair.__name__}"
        PROGRAMS[pair.__name__] = pair
        pair.data = data
        return pair

    return register


def drawn(pair: type, make: Callable) -> dict[str, Any]:
    """The data of a program, the same at every call; `make` is either side's Tensor."""
    rng = np.random.default_rng(zlib.crc32(pair.__name__.encode()))
    made = {}
    for name, draw in pair.data.items():
        array = draw(rng)
        is_weight = isinstance(array, list)
        made[name] = make(array[0] if is_weight else array, requires_grad=is_weight)
    return made


# --- Models ---------------------------------------------------------------------------------


def turned(model: torch.nn.Module) -> set[int]:
    """The weights that are stored the other way round: (out, in)."""
    kinds = (torch.nn.Linear,)
    return {id(module.weight) for module in model.modules() if isinstance(module, kinds)}


def start(model: Any, seed: int = 0) -> Any:
    """The model in float64, with the same weights on both sides."""
    rng = np.random.default_rng(seed)
    if isinstance(model, core.Layer):
        for parameter in model.parameters():
            parameter.data = rng.normal(0, 0.5, parameter.shape)
        return model
    transposed = turned(model)
    for parameter in model.double().parameters():
        other = id(parameter) in transposed
        array = rng.normal(0, 0.5, tuple(parameter.shape)[:: -1 if other else 1])
        parameter.data = torch.tensor(array.T if other else array)
    return model


def train(loss_of: Callable, optimizer: Any, steps: int = 5) -> list[float]:
    """The usual loop, which reads the same on both sides: the losses of all steps."""
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


# --- Results --------------------------------------------------------------------------------


def numbers(result: Any, name: str = "result") -> Iterator[tuple[str, Any]]:
    """All arrays in a result, each with a name that tells where it stood."""
    if isinstance(result, dict):
        for key, part in result.items():
            yield from numbers(part, f"{name}[{key!r}]")
    elif isinstance(result, list | tuple):
        for place, part in enumerate(result):
            yield from numbers(part, f"{name}[{place}]")
    elif isinstance(result, core.Layer | torch.nn.Module):
        transposed = turned(result) if isinstance(result, torch.nn.Module) else set()
        for place, parameter in enumerate(result.parameters()):
            for array, kind in ((parameter.data, ""), (parameter.grad, ", gradient")):
                other = id(parameter) in transposed and array is not None
                yield f"{name}, parameter {place}{kind}", plain(array.T if other else array)
    else:
        yield name, plain(result)
        if is_leaf(result):
            yield f"{name}, gradient", plain(result.grad)


def is_leaf(value: Any) -> bool:
    if isinstance(value, core.Tensor):
        return value.requires_grad and value.origin is None
    return isinstance(value, torch.Tensor) and value.requires_grad and value.is_leaf


def plain(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().numpy()
    if isinstance(value, core.Tensor):
        return value.data
    return value if value is None else np.asarray(value)
