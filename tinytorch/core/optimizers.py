"""Optimizers. Made from modules/07_optimizers/optimizers.py: edit that file, not this."""

import functools
import itertools
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import Any

import numpy as np

from tinytorch.core.tensor import Tensor, changes, note_change, to_array

__all__ = [
    "SGD", "Adam", "AdamW", "Block", "Optimizer", "RMSProp", "Walk", "adam_step", "check_option",
    "checked_parameters", "clip_by_norm", "cosine_with_warmup", "decay", "descend", "grouped",
    "has_velocity", "in_range", "is_shared", "momentum_step", "own_rate", "rms_scale", "step_decay",
    "takes_one", "unbiased", "with_options",
]


def __dir__() -> list[str]:
    return __all__


def descend(values: np.ndarray, grads: np.ndarray, lr: float) -> None:
    """Take a step of gradient descent: each weight moves against its gradient, by lr times it.

    Each array may be a view, whose numbers need not lie side by side.

    Args:
        values: the weights; hold the new ones afterwards.
        grads: their gradient, of the same shape; may be overwritten.
        lr: the learning rate, at least 0.

    Example:
        >>> values = np.array([1.0, 2.0])
        >>> descend(values, np.array([10.0, -10.0]), lr=0.1)
        >>> values
        array([0., 3.])

    Hint: `x -= y` writes into x, `x = x - y` gives the name to a new array.
    """
    grads *= lr
    values -= grads


def momentum_step(
    values: np.ndarray,
    grads: np.ndarray,
    velocity: np.ndarray,
    lr: float,
    momentum: float,
    nesterov: bool = False,
) -> None:
    """Take a step of descent with momentum.

    The new velocity is the share `momentum` of the old one, and all of the gradient. The
    weights move against it, by lr times it: a new lr acts at once on all the speed gathered.
    With `nesterov` they move instead against the sum of the gradient and the share `momentum`
    of the new velocity, by lr times that; the velocity is the same as without. Each array may
    be a view, whose numbers need not lie side by side.

    Args:
        values: the weights; hold the new ones afterwards.
        grads: their gradient; may be overwritten.
        velocity: the old one, zeros before the first step; holds the new one afterwards.
        lr: the learning rate, at least 0.
        momentum: the share that is kept, 0 <= momentum < 1; each step may have another.
        nesterov: whether to look ahead.

    Example:
        >>> values, velocity = np.array([1.0]), np.zeros(1)
        >>> momentum_step(values, np.array([4.0]), velocity, lr=0.1, momentum=0.5)
        >>> momentum_step(values, np.array([0.0]), velocity, lr=0.1, momentum=0.5)
        >>> values
        array([0.4])
    """
    velocity *= momentum
    velocity += grads
    if nesterov:
        grads += momentum * velocity
    else:
        grads[...] = velocity
    grads *= lr
    values -= grads


def in_range(name: str, value: float, below: float = math.inf) -> float:
    """`value` as a float, if it is a number that is at least 0 and below a bound."""
    if not isinstance(value, Real):
        raise TypeError(f"expected {name} to be a number, got {value!r}: pass one, as {name}=0.01")
    if not 0 <= value < below:  # NaN ends here too
        raise ValueError(f"expected 0 <= {name} < {below}, got {value!r}: choose one in between")
    return float(value)


def checked_parameters(parameters: Iterable[Tensor]) -> list[Tensor]:
    """The parameters as a list, if they are what an optimizer can change."""
    if isinstance(parameters, Tensor) or not isinstance(parameters, Iterable):
        kind = type(parameters).__name__
        raise TypeError(f"expected a list of Tensors, got a {kind}: pass layer.parameters()")
    parameters = list(parameters)
    for parameter in parameters:
        if not isinstance(parameter, Tensor) or parameter.dtype.kind != "f":
            kind = getattr(parameter, "dtype", type(parameter).__name__)
            raise TypeError(f"expected Tensors of floats, got {kind}: pass layer.parameters()")
        if parameter.origin is not None:
            raise ValueError(
                f"expected parameters, got the result of an operation, of shape {parameter.shape}: "
                "pass the tensors that it was made from"
            )
    if not parameters or len({id(parameter) for parameter in parameters}) < len(parameters):
        raise ValueError(
            f"expected at least one parameter and each once, got {len(parameters)}: leave out "
            "repetitions"
        )
    return parameters


def grouped(optimizer: Any, parameters: Any) -> list[tuple[list, dict[str, Any]]]:
    """The parameters as groups: pairs of a list of Tensors, and of the options of its own."""
    if isinstance(parameters, Tensor) or not isinstance(parameters, Iterable):
        return [(checked_parameters(parameters), {})]
    parts = list(parameters)
    if not parts or not all(isinstance(part, Mapping) for part in parts):
        return [(parts, {})]
    groups = []
    for part in parts:
        options = dict(part)
        group = options.pop("parameters", options.pop("params", None))
        unknown = sorted(name for name in options if name not in vars(optimizer))
        if group is None or unknown:
            raise ValueError(
                "expected groups such as {'parameters': [...], 'lr': 0.1} with options of "
                f"{type(optimizer).__name__}, got {sorted(part)}: leave out {unknown or 'none'}"
            )
        if "lr" in options:
            own = in_range("lr", options.pop("lr"))
            options["rate"] = own, optimizer.lr
        for name, value in options.items():
            check_option(optimizer, name, value)
        if not isinstance(group, Iterable | Tensor):
            kind = type(group).__name__
            raise TypeError(f"expected Tensors in a group, got a {kind}: pass its parameters()")
        groups.append(([group] if isinstance(group, Tensor) else list(group), options))
    return groups


def check_option(optimizer: Any, name: str, value: Any) -> None:
    """Refuse a value of a group's option that the optimizer itself would refuse."""
    if name == "nesterov" and value and not optimizer.momentum:
        raise ValueError("expected momentum > 0 with nesterov=True, got 0: try momentum=0.9")
    if isinstance(value, bool):
        return
    for number in value if isinstance(value, tuple | list) else (value,):
        in_range(name, number, below=1 if name in ("momentum", "alpha", "betas") else math.inf)
    if name == "momentum" and value and not optimizer.momentum:
        raise ValueError("expected a momentum for the optimizer too, got 0: pass momentum=0.9")


def has_velocity(velocity: np.ndarray | None, momentum: float) -> bool:
    """Whether a step goes by a velocity, which is kept if there was a momentum from the start."""
    if velocity is None and momentum:
        raise ValueError(
            f"expected a momentum from the start, got 0 then and {momentum} now: make a new "
            f"optimizer with momentum={momentum}"
        )
    return velocity is not None


def own_rate(lr: float, own: float | None = None, first: float = 0.0) -> float:
    """The rate of a group: as many times the optimizer's as at first, or its own beside 0."""
    return lr if own is None else own * lr / first if first else own


def is_shared(parameter: Tensor) -> bool:
    """Whether somebody else seems to look at the same memory, who is not to be left behind."""
    return parameter.data.base is not None or sys.getrefcount(parameter.data) > 2


def with_options(optimizer: Any, options: Mapping[str, Any]) -> Any:
    """The optimizer as the parameters of a group see it: with that group's options."""
    if options.keys() <= {"rate"}:
        return optimizer
    group = object.__new__(type(optimizer))
    vars(group).update(vars(optimizer) | dict(options))
    return group


def takes_one(function: Callable) -> Callable:
    """Let a function of several parameters and a number take a single parameter too."""

    @functools.wraps(function)
    def call(parameters: Any, *rest: Any, **options: Any) -> Any:
        parts = [parameters] if isinstance(parameters, Tensor) else parameters
        parts = list(parts) if isinstance(parts, Iterable) else [parts]
        for part in parts:
            if not isinstance(part, Tensor):
                kind = type(part).__name__
                raise TypeError(f"expected Tensors, got a {kind}: pass model.parameters()")
            if part.grad is not None and type(part.grad) is not np.ndarray:
                part.grad = to_array(part.grad)
        for number in (*rest, *options.values()):
            if not isinstance(number, Real):
                raise TypeError(f"expected max_norm to be a number, got {number!r}: try 1.0")
        return function(parts, *rest, **options)

    return call


class Block:
    """Parameters of one dtype, side by side in one array, so that one call works on them all.

    Each parameter's `.data` becomes a view of its part of `values`. The gradients are copied
    side by side into `grads`, which is the update's to overwrite. `options` are those of the
    group that they belong to.
    """

    def __init__(
        self, parameters: Mapping[int, Tensor], memory: Iterable[str], options: Mapping[str, float]
    ):
        self.options = options
        dtype = next(iter(parameters.values())).dtype
        stops = np.cumsum([p.size for p in parameters.values()]).tolist()
        self.parameters, self.slices = parameters, list(map(slice, [0, *stops], stops))
        self.values, self.grads = np.empty(stops[-1], dtype), np.empty(stops[-1], dtype)
        first = next(iter(parameters.values()))
        if len(parameters) == 1 and first.data.flags.c_contiguous and first.data.flags.writeable:
            self.values = first.data.reshape(-1)  # alone, it may stay where it is
        self.memory = {name: np.zeros(stops[-1], dtype) for name in memory}
        self.arrays = (self.values, self.grads, *self.memory.values())
        self.missing: list[bool] = []  # which parameters have no gradient now
        # What a step walks through: a parameter, and its place among the values and gradients.
        places = zip(self.split(self.values), self.split(self.grads), strict=True)
        self.places = [(p, *place) for p, place in zip(parameters.values(), places, strict=True)]
        for parameter, value, _ in self.places:
            self.adopt(parameter, value)

    def split(self, array: np.ndarray) -> list[np.ndarray]:
        """A view for each parameter, of the parameter's shape."""
        shapes = [p.shape for p in self.parameters.values()]
        return [array[part].reshape(s) for part, s in zip(self.slices, shapes, strict=True)]

    def adopt(self, parameter: Tensor, value: np.ndarray) -> None:
        """Copy a parameter's array to its place, and make the parameter look there."""
        if parameter.shape != value.shape or parameter.dtype != value.dtype:
            raise ValueError(
                f"expected a parameter of shape {value.shape} and {value.dtype}, got "
                f"{parameter.shape} and {parameter.dtype}: make a new optimizer for new parameters"
            )
        value[...] = parameter.data
        if moment := changes.moment(parameter.data):
            note_change(value, moment)  # it moves, and is no younger for that
        parameter.data = value

    def gather(self) -> None:
        """Take the gradients in, and any parameter whose `.data` was set to another array."""
        for parameter, value, place in self.places:
            if parameter.data is not value:
                self.adopt(parameter, value)
            grad = parameter.grad
            if grad is None:
                continue
            if np.shape(grad) != value.shape:
                raise ValueError(
                    f"expected a gradient of the parameter's shape {value.shape}, got "
                    f"{np.shape(grad)}: set .grad to None, and compute it again"
                )
            place[...] = grad
        self.missing = [p.grad is None for p in self.parameters.values()]


class Walk:
    """What an optimizer rests on: parameters in blocks, and a memory that can be stored.

    The parameters' arrays are moved side by side into one and changed in place. Where somebody
    else looks at the memory of one, through a view or another name, it stays where it is.

    Attributes:
        steps: how many steps were taken.
        joined: whether an update may get several parameters side by side. A class whose rule asks
            for the length of a parameter, say, sets it to False.
    """

    joined = True

    def __init__(self, parameters: Iterable[Any], memory: Iterable[str]):
        groups = grouped(self, parameters)
        self.parameters = checked_parameters(p for group, _ in groups for p in group)
        self.steps = 0
        self.skipped = np.zeros(len(self.parameters), np.int64)  # steps without a gradient
        self.blocks = []
        numbered = iter(enumerate(self.parameters))
        for group, options in groups:
            kinds: dict[Any, dict[int, Tensor]] = {}
            for index, parameter in itertools.islice(numbered, len(group)):
                is_alone = is_shared(parameter) or not self.joined
                kind = index if is_alone else parameter.dtype
                kinds.setdefault(kind, {})[index] = parameter
            self.blocks += [Block(kind, memory, options) for kind in kinds.values()]

    def due(self) -> list[tuple]:
        """Begin a step: whatever has a gradient, as (options, count, values, grads, *memory).

        All that lies side by side comes as one, or where gradients are missing part by part.
        The count is that of the part's own steps: what was left out does not grow older.
        """
        for block in self.blocks:
            block.gather()  # all of them first: a mistake is found before anything is changed
        self.steps += 1
        found = []
        for block in self.blocks:
            if not (True in block.missing or self.skipped.any()):
                found.append((block.options, self.steps, *block.arrays))
                continue
            for index, part, missing in zip(
                block.parameters, block.slices, block.missing, strict=True
            ):
                self.skipped[index] += missing
                if not missing:
                    count = self.steps - int(self.skipped[index])
                    arrays = (array[part] for array in block.arrays)
                    found.append((block.options, count, *arrays))
        return found

    def state_dict(self) -> dict[str, np.ndarray | float | int]:
        """Copies of all that a later run needs to go on as this one would.

        The keys are `steps`, `lr`, `skipped`, and for each array that is kept `NAME.NUMBER`, with
        the parameter's number. The parameters and the constructor's options are not in it.
        """
        kept = {name: array.copy() for name, array in self._kept().items()}
        return {"steps": self.steps, "lr": self.lr, "skipped": self.skipped.copy(), **kept}

    def load_state_dict(self, state: Mapping[str, np.ndarray | float | int]) -> None:
        """Take over what `state_dict` returned, of an optimizer of the same kind and parameters."""
        kept = self._kept()
        expected = {"steps", "lr", "skipped", *kept}
        if set(state) != expected:
            raise ValueError(
                f"expected a state with {sorted(expected)}, got {sorted(state)}: load it into an "
                "optimizer of the same kind, options and parameters"
            )
        arrays = {**kept, "skipped": self.skipped}
        for name, array in arrays.items():
            got = np.asarray(state[name])
            if got.shape != array.shape or got.dtype != array.dtype:
                raise ValueError(
                    f"expected {name} of shape {array.shape} and {array.dtype}, got {got.shape} "
                    f"and {got.dtype}: the parameters must be those that the state was made with"
                )
        lr = in_range("lr", np.asarray(state["lr"]).item())
        steps = int(in_range("steps", np.asarray(state["steps"]).item()))
        for name, array in arrays.items():
            array[...] = state[name]
        self.steps, self.lr = steps, lr

    def _kept(self) -> dict[str, np.ndarray]:
        """A view of every array in memory, by name and parameter number."""
        return {
            f"{name}.{index}": view
            for block in self.blocks
            for name, array in block.memory.items()
            for index, view in zip(block.parameters, block.split(array), strict=True)
        }

    def __reduce__(self):
        # In a copy the parameters would no longer be views: its steps would move nothing.
        raise TypeError(
            "expected an optimizer to stay where it is, got a call to copy or pickle it: make a "
            "new one over the copied parameters, and call its load_state_dict with the old one's "
            "state_dict()"
        )


class Optimizer(Walk):
    """What every optimizer is: it owns the walk over the parameters, `update` owns the rule.

    Args:
        parameters: Tensors of floats, each once; or groups of them with options of their own, as
            `[{"parameters": head, "lr": 0.1}, {"parameters": body}]`. Their arrays are moved
            side by side, see `Block`.
        lr: learning rate, at least 0. A plain attribute: set it at any time. The own rate of a
            group keeps its ratio to it.
        weight_decay: strength of the pull towards zero, at least 0.
        memory: names of the arrays that `update` keeps from step to step, zeros at first.
    """

    decoupled = False  # whether weight decay goes past the rule

    def __init__(
        self, parameters: Iterable[Any], lr: float, weight_decay: float = 0.0,
        memory: Iterable[str] = (),
    ):
        self.lr = in_range("lr", lr)
        self.weight_decay = in_range("weight_decay", weight_decay)
        super().__init__(parameters, memory)

    def update(self, values: Any, grads: Any, count: int, lr: float, *memory: Any) -> None:
        """Change `values` in place, on the step that is their number `count`, from 1.

        They are those of one parameter or of several side by side, see `joined`, as one axis.
        """
        raise NotImplementedError(f"{type(self).__name__} has no update: write one")

    def step(self) -> None:
        """Change every parameter that has a gradient."""
        for options, count, values, grads, *memory in self.due():
            group = with_options(self, options)
            lr = own_rate(float(self.lr), *options.get("rate", ()))
            if group.weight_decay:
                decay(values, grads, lr, group.weight_decay, group.decoupled)
            group.update(values, grads, count, lr, *memory)
            note_change(values)

    def zero_grad(self) -> None:
        """Forget the gradients, so that the next ones are not added to them."""
        for parameter in self.parameters:
            parameter.grad = None


class SGD(Optimizer):
    """Gradient descent, with momentum if asked for.

    Args:
        parameters, lr, weight_decay: see `Optimizer`; the decay is coupled.
        momentum: how much of the velocity is kept, 0 <= momentum < 1.
        nesterov: whether to look ahead; needs a momentum.
    """

    def __init__(
        self, parameters: Iterable[Any], lr: float, momentum: float = 0.0,
        nesterov: bool = False, weight_decay: float = 0.0,
    ):
        self.momentum, self.nesterov = in_range("momentum", momentum, below=1), nesterov
        if nesterov and not momentum:
            raise ValueError("expected momentum > 0 with nesterov=True, got 0: try momentum=0.9")
        super().__init__(parameters, lr, weight_decay, ["velocity"] if momentum else [])

    def update(self, values, grads, count, lr, velocity=None):
        if has_velocity(velocity, self.momentum):
            momentum_step(values, grads, velocity, lr, self.momentum, self.nesterov)
        else:
            descend(values, grads, lr)


def rms_scale(grads: np.ndarray, squares: np.ndarray, alpha: float, eps: float) -> None:
    """Divide each gradient in place by the sum of its usual size and eps.

    The usual size is the root of the running mean of squares, this gradient's included. At each
    step the mean keeps the share alpha of itself, and the new square weighs the rest. Each array
    may be a view, whose numbers need not lie side by side.

    Args:
        grads: the gradient; holds the divided one afterwards.
        squares: the old mean, zeros before the first step; holds the new one afterwards.
        alpha: the share of the mean that is kept, 0 <= alpha < 1.
        eps: added to the usual size, at least 0. With eps = 0, what becomes of 0/0 is left open.

    Example:
        >>> grads, squares = np.array([3.0, -30.0]), np.zeros(2)
        >>> rms_scale(grads, squares, alpha=0.75, eps=0.0)
        >>> grads
        array([ 2., -2.])
    """
    squares *= alpha
    squares += (1 - alpha) * grads * grads
    size = np.sqrt(squares)
    size += eps
    grads /= size


class RMSProp(Optimizer):
    """Each weight's gradient divided by the root of the mean of its squares so far.

    Args:
        parameters, lr, weight_decay: see `Optimizer`; the decay is coupled.
        alpha: how much of the mean is kept at each step, 0 <= alpha < 1.
        eps: added to the root, so that a gradient of zero is not divided by zero.
        momentum: how much of the velocity is kept, 0 <= momentum < 1.
    """

    def __init__(
        self, parameters: Iterable[Any], lr: float = 0.01, alpha: float = 0.99,
        eps: float = 1e-8, weight_decay: float = 0.0, momentum: float = 0.0,
    ):
        self.alpha, self.eps = in_range("alpha", alpha, below=1), in_range("eps", eps)
        self.momentum = in_range("momentum", momentum, below=1)
        memory = ["squares", "velocity"] if momentum else ["squares"]
        super().__init__(parameters, lr, weight_decay, memory)

    def update(self, values, grads, count, lr, squares, velocity=None):
        rms_scale(grads, squares, self.alpha, self.eps)
        if has_velocity(velocity, self.momentum):
            momentum_step(values, grads, velocity, lr, self.momentum)
        else:
            descend(values, grads, lr)


def unbiased(mean: np.ndarray | float, beta: float, count: int) -> np.ndarray | float:
    """A running mean without the zero that it began with.

    The running mean keeps the share beta of itself at each step, and the new number weighs the
    rest. It began at zero, so the weights of the numbers that it saw do not add up to 1 yet.
    Enlarge all these weights by one factor, so that they do: the mean with them is returned.

    Args:
        mean: the running mean, an array of floats of any shape or a number; stays as it is.
        beta: the share that is kept at each step, 0 <= beta < 1.
        count: how many numbers it has seen, at least 1; a long run has a million.

    Returns:
        The corrected mean: a new array of the same shape and dtype, or for a number a number and
        no array. For an array without axes a NumPy number of its dtype is as good.

    Example:
        >>> mean = 0.0
        >>> for number in (8.0, 8.0, 8.0):
        ...     mean = 0.5 * mean + 0.5 * number
        >>> mean, unbiased(mean, beta=0.5, count=3)
        (7.0, 8.0)

    Hint: what is left of the zero after one step, after two, after `count`?
    """
    return mean / (1 - beta**count)


def adam_step(
    values: np.ndarray,
    grads: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    count: int,
    lr: float,
    betas: tuple[float, float],
    eps: float,
) -> None:
    """Take Adam's step: lr times the mean gradient over the root of the mean square, plus eps.

    Both running means are taken without the zero that they began with, and eps is added to the
    root after that. Each array may be a view, whose numbers need not lie side by side.
    Source: Kingma and Ba, Adam, 2015, algorithm 1.

    Args:
        values: the weights; hold the new ones afterwards.
        grads: their gradient; may be overwritten.
        m: the old mean of gradients, zeros at first; holds the new one, not corrected.
        v: the same for the mean of squares.
        count: the number of this step, from 1: how many gradients the new means have seen.
        lr: the learning rate, at least 0.
        betas: the shares that the means of gradients and of squares keep, 0 <= beta < 1.
        eps: at least 0. With eps = 0, what becomes of 0/0 is left open.

    Example:
        >>> values, m, v = np.array([2.0]), np.zeros(1), np.zeros(1)
        >>> adam_step(values, np.array([3.0]), m, v, 1, 0.5, (0.9, 0.999), eps=1.0)
        >>> values
        array([1.625])

    Hint: every step needs two means and two corrections, whether you call `unbiased` or not.
    """
    beta1, beta2 = betas
    m *= beta1
    m += (1 - beta1) * grads
    grads *= grads
    grads *= 1 - beta2
    v *= beta2
    v += grads
    np.sqrt(unbiased(v, beta2, count), out=grads)
    grads += eps
    np.divide(m, grads, out=grads)
    grads *= unbiased(lr, beta1, count)  # the correction of m is a factor: lr may bear it
    values -= grads


class Adam(Optimizer):
    """The mean gradient over the root of the mean square, both without a bias towards zero.

    Args:
        parameters, lr, weight_decay: see `Optimizer`; the decay is coupled (but see `AdamW`).
        betas: how much of the two means is kept at each step, each 0 <= beta < 1.
        eps: added to the root, so that a gradient of zero is not divided by zero.
    """

    def __init__(
        self, parameters: Iterable[Any], lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0.0,
    ):
        if np.shape(betas) != (2,):
            raise ValueError(f"expected two betas, got {betas!r}: pass betas=(0.9, 0.999)")
        first, second = betas
        self.betas = in_range("betas[0]", first, below=1), in_range("betas[1]", second, below=1)
        self.eps = in_range("eps", eps)
        super().__init__(parameters, lr, weight_decay, ["m", "v"])

    def update(self, values, grads, count, lr, m, v):
        adam_step(values, grads, m, v, count, lr, self.betas, self.eps)


def decay(
    values: np.ndarray, grads: np.ndarray, lr: float, weight_decay: float, decoupled: bool
) -> None:
    """Pull weights towards zero, before an optimizer's step is taken.

    Coupled: the gradients become those of the loss with the penalty weight_decay / 2 * w^2 for
    each weight w added. The weights stay as they are, and lr plays no part.
    Decoupled: each weight loses the share lr * weight_decay of itself, and more than all of it
    where that is above 1. The gradients stay as they are.
    With weight_decay = 0 nothing changes. Each array may be a view, whose numbers need not lie
    side by side.

    Args:
        values: the weights; changed in place where decoupled.
        grads: their gradient; changed in place where coupled.
        lr: the learning rate, at least 0.
        weight_decay: strength of the pull, at least 0.
        decoupled: which of the two.

    Example:
        >>> values, grads = np.array([10.0, -20.0]), np.array([1.0, 1.0])
        >>> decay(values, grads, lr=0.1, weight_decay=0.5, decoupled=False)
        >>> values, grads
        (array([ 10., -20.]), array([ 6., -9.]))
    """
    if decoupled:
        values *= 1 - lr * weight_decay
    else:
        grads += weight_decay * values


class AdamW(Adam):
    """Adam with decoupled weight decay: the weights shrink by themselves, in proportion to lr."""

    decoupled = True

    def __init__(
        self, parameters: Iterable[Any], lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 1e-2,
    ):
        super().__init__(parameters, lr, betas, eps, weight_decay)


def step_decay(lr: float, every: int, factor: float) -> Callable[[int], float]:
    """A schedule that multiplies the learning rate by a factor every so many steps.

    Args:
        lr: the rate of the first `every` steps, at least 0.
        every: how many steps share one rate, a whole number, at least 1.
        factor: what the rate is then multiplied by, each time once more; 0, or anything above.
            What becomes of a rate is left open where it, or factor multiplied so often with
            itself, is too large for a float.

    Returns:
        A function of the number of steps taken so far, from 0, that gives the next step's rate,
        a number. It may be asked in any order.

    Raises:
        ValueError: `every` is below 1. Raised at once, not when the schedule is asked.

    Example:
        >>> schedule = step_decay(0.5, every=10, factor=0.5)
        >>> schedule(0), schedule(9), schedule(10), schedule(25)
        (0.5, 0.5, 0.25, 0.125)
    """
    if every < 1:
        raise ValueError(f"expected every >= 1, got {every}: say how many steps share one rate")
    return lambda step: lr * factor ** (step // every)


def cosine_with_warmup(
    lr: float, warmup: int, total: int, minimum: float = 0.0
) -> Callable[[int], float]:
    """A schedule that grows to lr in `warmup` equal parts, then sinks along half a cosine.

    Args:
        lr: the highest rate, at least 0.
        warmup: how many steps warm up, at least 0. The first of them has lr / warmup, the last
            of them lr, whatever the minimum is.
        total: the step at which the minimum is reached; it stays from there on. The wave begins
            with lr at step `warmup`.
        minimum: the lowest rate of the wave, from 0 to lr; of others nothing is asked.

    Returns:
        A function of the number of steps taken so far, from 0, that gives the next step's rate,
        a number. It may be asked in any order.

    Raises:
        ValueError: not 0 <= warmup < total. Raised at once, not when the schedule is asked.

    Example:
        >>> schedule = cosine_with_warmup(1.0, warmup=2, total=6)
        >>> [round(schedule(step), 3) for step in range(8)]
        [0.5, 1.0, 1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """
    if not 0 <= warmup < total:
        raise ValueError(f"expected 0 <= warmup < total, got {warmup} and {total}: warm up less")

    def schedule(step: int) -> float:
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule


@takes_one
def clip_by_norm(parameters: Iterable[Tensor], max_norm: float) -> float:
    """Shorten the gradients of all parameters together to a norm of at most max_norm.

    Each gradient keeps its dtype, and within the limit its values; `.data` is left alone. A
    shortened `.grad` may be the same array or a new one, or without axes a NumPy number. No
    constant is added to the norm (PyTorch divides by norm + 1e-6).

    Args:
        parameters: Tensors, each once, from a list or a generator; those without a `.grad` are
            left out. Each `.grad` is an array of its own, as `backward` makes it, of any shape,
            () too, and in any order in memory; `float32` and `float64` may stand side by side.
        max_norm: the longest that the gradients may be, at least 0.

    Returns:
        The norm before, as a number and no array; 0 without gradients. float32 gradients of up
        to 1e30 don't make it overflow; of float64 ones whose squares don't fit into float64
        nothing is asked. Watch it: if it is infinite or NaN, no clipping can help, and what the
        gradients are then is left open.

    Raises:
        ValueError: max_norm is negative or NaN, whatever the gradients are; they stay as they are.

    Example:
        >>> w = Tensor([1.0, 2.0])
        >>> w.grad = np.array([3.0, 4.0])
        >>> clip_by_norm([w], max_norm=1.0)
        5.0
        >>> w.grad
        array([0.6, 0.8])
    """
    if not max_norm >= 0:  # NaN ends here too
        raise ValueError(f"expected max_norm >= 0, got {max_norm}: say how long gradients may be")
    owners = [p for p in parameters if p.grad is not None]
    exact = [p.grad.astype(np.float64).ravel() for p in owners]
    norm = math.sqrt(sum(grad @ grad for grad in exact))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm
