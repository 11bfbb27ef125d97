"""Optimizers. Made from modules/07_optimizers/optimizers.py: edit that file, not this."""

import math
from collections.abc import Callable, Iterable, Mapping
from numbers import Real

import numpy as np

from tinytorch.core.tensor import Tensor

__all__ = [
    "SGD", "Adam", "AdamW", "Block", "Optimizer", "RMSProp", "Resumable", "adam_step", "add_decay",
    "checked_parameters", "clip_by_norm", "cosine_with_warmup", "descend", "in_range",
    "momentum_step", "rms_scale", "shrink", "squared_norm", "step_decay", "sum_of_weights",
]


def descend(values: np.ndarray, grads: np.ndarray, lr: float) -> None:
    """Take a step of gradient descent in place: values - lr * grads.

    Args:
        values: the weights, of any shape; hold the new ones afterwards.
        grads: their gradient, of the same shape; may be overwritten.
        lr: the learning rate.

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
    buffer: np.ndarray,
    lr: float,
    momentum: float,
    nesterov: bool = False,
) -> None:
    """Take a step of descent with momentum, in place.

    velocity <- momentum * velocity + grads; then values <- values - lr * velocity, or with
    Nesterov values - lr * (grads + momentum * velocity), where velocity is the new one.

    Args:
        values: the weights; hold the new ones afterwards.
        grads: their gradient; may be overwritten.
        velocity: zeros before the first step; keep there what the next step needs.
        buffer: an array of the same shape to work in; what it holds has no meaning.
        lr, momentum: numbers.
        nesterov: whether to look ahead.

    Example:
        >>> values, velocity = np.array([1.0]), np.array([2.0])
        >>> momentum_step(values, np.array([4.0]), velocity, np.zeros(1), lr=0.1, momentum=0.5)
        >>> values, velocity
        (array([0.5]), array([5.]))

    Hint: `np.multiply(a, b, out=c)` writes the product into an array that exists.
    """
    velocity *= momentum
    velocity += grads
    if nesterov:
        np.multiply(velocity, momentum, out=buffer)
        grads += buffer
        grads *= lr
    else:
        np.multiply(velocity, lr, out=grads)
    values -= grads


class Block:
    """Parameters of one dtype, side by side in one array, so that one call works on them all.

    Each parameter's `.data` becomes a view of its part of `values`. The gradients are copied
    side by side into `grads`, which is the update's to overwrite; `buffer` is scratch.
    """

    def __init__(self, parameters: Mapping[int, Tensor], memory: Iterable[str]):
        first = next(iter(parameters.values()))
        stops = np.cumsum([p.size for p in parameters.values()]).tolist()
        self.slices = list(map(slice, [0, *stops], stops))
        self.parameters = parameters
        self.values, self.grads, self.buffer = (np.empty(stops[-1], first.dtype) for _ in range(3))
        self.memory = {name: np.zeros(stops[-1], first.dtype) for name in memory}
        self.arrays = (self.values, self.grads, self.buffer, *self.memory.values())
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
        parameter.data = value

    def gather(self) -> None:
        """Take the gradients in, and any parameter whose `.data` was set to another array."""
        for parameter, value, place in self.places:
            if parameter.data is not value:
                self.adopt(parameter, value)
            grad = parameter.grad
            if grad is None:
                continue
            if grad.shape != value.shape:
                raise ValueError(
                    f"expected a gradient of the parameter's shape {value.shape}, got "
                    f"{grad.shape}: set .grad to None, and compute it again"
                )
            place[...] = grad
        self.missing = [p.grad is None for p in self.parameters.values()]


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


class Resumable:
    """The part of an optimizer that stores its memory and takes it back."""

    def state(self) -> dict[str, np.ndarray | float | int]:
        """Copies of all that a later run needs to go on as this one would.

        The keys are `steps`, `lr`, `skipped`, and for each array that is kept `NAME.NUMBER`, with
        the parameter's number. The parameters and the constructor's options are not in it.
        """
        kept = {name: array.copy() for name, array in self._kept().items()}
        return {"steps": self.steps, "lr": self.lr, "skipped": self.skipped.copy(), **kept}

    def load_state(self, state: Mapping[str, np.ndarray | float | int]) -> None:
        """Take over what `state` returned, of an optimizer of the same kind and parameters."""
        kept = self._kept()
        expected = {"steps", "lr", "skipped", *kept}
        if set(state) != expected:
            raise ValueError(
                f"expected a state with {sorted(expected)}, got {sorted(state)}: load it into an "
                "optimizer of the same kind, options and parameters"
            )
        for name, array in {**kept, "skipped": self.skipped}.items():
            got = np.asarray(state[name])
            if got.shape != array.shape or got.dtype != array.dtype:
                raise ValueError(
                    f"expected {name} of shape {array.shape} and {array.dtype}, got {got.shape} "
                    f"and {got.dtype}: the parameters must be those that the state was made with"
                )
        for name, array in kept.items():
            array[...] = state[name]
        self.skipped[...] = state["skipped"]
        self.steps, self.lr = int(state["steps"]), float(state["lr"])

    def _kept(self) -> dict[str, np.ndarray]:
        """A view of every array in memory, by name and parameter number."""
        return {
            f"{name}.{index}": view
            for block in self.blocks
            for name, array in block.memory.items()
            for index, view in zip(block.parameters, block.split(array), strict=True)
        }


class Optimizer(Resumable):
    """What every optimizer is: it owns the walk over the parameters, and `update` owns the rule.

    The parameters' arrays are moved side by side into one (see `Block`) and changed in place: an
    array taken from `.data` before goes stale, one taken after changes with every step, and two
    parameters that shared memory no longer do. A parameter whose `.grad` is None is left out of
    a step, and does not grow older by it.

    Args:
        parameters: Tensors of floats, each once.
        lr: learning rate, at least 0. A plain attribute: set it at any time.
        weight_decay: strength of the pull towards zero, at least 0.
        memory: names of the arrays that `update` keeps from step to step, zeros at first.

    Attributes:
        steps: how many steps were taken.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float,
        weight_decay: float = 0.0,
        memory: Iterable[str] = (),
    ):
        self.lr = in_range("lr", lr)
        self.weight_decay = in_range("weight_decay", weight_decay)
        self.parameters = checked_parameters(parameters)
        self.steps = 0
        self.skipped = np.zeros(len(self.parameters), np.int64)  # steps without a gradient
        kinds: dict[np.dtype, dict[int, Tensor]] = {}
        for index, parameter in enumerate(self.parameters):
            kinds.setdefault(parameter.dtype, {})[index] = parameter
        self.blocks = [Block(group, memory) for group in kinds.values()]

    def update(self, count, values, grads, buffer, *memory) -> None:
        """Change `values` in place, on the step that is their number `count`, from 1."""
        raise NotImplementedError(f"{type(self).__name__} has no update: write one")

    def step(self) -> None:
        """Change every parameter that has a gradient."""
        for block in self.blocks:
            block.gather()  # all of them first: a mistake is found before anything is changed
        self.steps += 1
        for block in self.blocks:
            if not (True in block.missing or self.skipped.any()):
                self.update(self.steps, *block.arrays)
                continue
            for index, part, missing in zip(
                block.parameters, block.slices, block.missing, strict=True
            ):
                self.skipped[index] += missing
                if not missing:
                    count = self.steps - int(self.skipped[index])
                    self.update(count, *(array[part] for array in block.arrays))

    def zero_grad(self) -> None:
        """Forget the gradients, so that the next ones are not added to them."""
        for parameter in self.parameters:
            parameter.grad = None

    def __reduce__(self):
        # In a copy the parameters would no longer be views: its steps would move nothing.
        raise TypeError(
            "expected an optimizer to stay where it is, got a call to copy or pickle it: make a "
            "new one over the copied parameters, and give it load_state(optimizer.state())"
        )


class SGD(Optimizer):
    """Gradient descent, with momentum if asked for.

    Args:
        parameters, lr: see `Optimizer`.
        momentum: how much of the velocity is kept, 0 <= momentum < 1.
        nesterov: whether to look ahead; needs a momentum.
        weight_decay: added to the gradients, times the values.
    """

    def __init__(self, parameters, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
        self.momentum, self.nesterov = in_range("momentum", momentum, below=1), nesterov
        if nesterov and not momentum:
            raise ValueError("expected momentum > 0 with nesterov=True, got 0: try momentum=0.9")
        super().__init__(parameters, lr, weight_decay, ["velocity"] if momentum else [])

    def update(self, count, values, grads, buffer, velocity=None):
        if self.weight_decay:
            add_decay(grads, values, buffer, self.weight_decay)
        lr = float(self.lr)
        if velocity is None:
            descend(values, grads, lr)
        else:
            momentum_step(values, grads, velocity, buffer, lr, self.momentum, self.nesterov)


def rms_scale(
    grads: np.ndarray, squares: np.ndarray, buffer: np.ndarray, alpha: float, eps: float
) -> None:
    """Divide gradients in place by the root of the running mean of their squares, plus eps.

    squares <- alpha * squares + (1 - alpha) * grads^2; grads <- grads / (sqrt(squares) + eps)

    Args:
        grads: the gradient; holds the divided one afterwards.
        squares: zeros before the first step; keep there what the next step needs.
        buffer: an array of the same shape to work in; what it holds has no meaning.
        alpha: the share of the mean that is kept.
        eps: keeps a weight without gradients from dividing zero by zero.

    Example:
        >>> grads, squares = np.array([3.0, -30.0]), np.zeros(2)
        >>> rms_scale(grads, squares, np.zeros(2), alpha=0.75, eps=0.0)
        >>> grads
        array([ 2., -2.])
    """
    np.multiply(grads, grads, out=buffer)
    buffer -= squares
    buffer *= 1 - alpha
    squares += buffer  # squares + (1 - alpha) * (grads^2 - squares): the mean moves a little
    np.sqrt(squares, out=buffer)
    buffer += eps
    grads /= buffer


class RMSProp(Optimizer):
    """Each weight's gradient divided by the root of the mean of its squares so far.

    Args:
        parameters, lr: see `Optimizer`.
        alpha: how much of the mean is kept at each step, 0 <= alpha < 1.
        eps: added to the root, so that a gradient of zero is not divided by zero.
        weight_decay: added to the gradients, times the values.
        momentum: how much of the velocity is kept, 0 <= momentum < 1.
    """

    def __init__(self, parameters, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0):
        self.alpha, self.eps = in_range("alpha", alpha, below=1), in_range("eps", eps)
        self.momentum = in_range("momentum", momentum, below=1)
        memory = ["squares", "velocity"] if momentum else ["squares"]
        super().__init__(parameters, lr, weight_decay, memory)

    def update(self, count, values, grads, buffer, squares, velocity=None):
        if self.weight_decay:
            add_decay(grads, values, buffer, self.weight_decay)
        rms_scale(grads, squares, buffer, self.alpha, self.eps)
        if velocity is None:
            descend(values, grads, float(self.lr))
        else:
            momentum_step(values, grads, velocity, buffer, float(self.lr), self.momentum)


def sum_of_weights(beta: float, count: int) -> float:
    """The sum of the weights 1, beta, beta^2, ... of `count` numbers.

    Args:
        beta: how much less each older number weighs, 0 <= beta < 1.
        count: how many numbers, at least 1.

    Example:
        >>> sum_of_weights(0.5, 3)
        1.75
    """
    return (1 - beta**count) / (1 - beta)


def adam_step(
    values: np.ndarray,
    grads: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    count: int,
    lr: float,
    betas: tuple[float, float],
    eps: float,
) -> None:
    """Take Adam's step in place: lr * mean / (sqrt(mean of squares) + eps).

    In both means a gradient weighs beta times as much as the one after it, betas[0] in the mean
    of gradients and betas[1] in that of squares, and the weights of all `count` add up to 1.

    Args:
        values: the weights; hold the new ones afterwards.
        grads: their gradient; may be overwritten.
        first: zeros before the first step; keep there what the next mean of gradients needs.
        second: the same for the mean of squares.
        count: the number of this step, from 1.
        lr, betas, eps: numbers.

    Example:
        >>> values = np.array([1.0, 1.0])
        >>> state = np.zeros(2), np.zeros(2)
        >>> adam_step(values, np.array([300.0, -0.03]), *state, 1, 0.25, (0.9, 0.999), 0.0)
        >>> values
        array([0.75, 1.25])

    Hint: a running sum and `sum_of_weights` make a mean.
    """
    first *= betas[0]
    first += grads
    grads *= grads
    second *= betas[1]
    second += grads
    root = math.sqrt(sum_of_weights(betas[1], count))
    np.sqrt(second, out=grads)  # the root of a sum: `root` times too large, and so is eps here
    grads += eps * root
    np.divide(first, grads, out=grads)
    grads *= lr * root / sum_of_weights(betas[0], count)
    values -= grads


class Adam(Optimizer):
    """The mean gradient over the root of the mean square, both without a bias towards zero.

    Args:
        parameters, lr: see `Optimizer`.
        betas: how much of the two means is kept at each step, each 0 <= beta < 1.
        eps: added to the root, so that a gradient of zero is not divided by zero.
        weight_decay: added to the gradients, times the values (but see `AdamW`).
    """

    def __init__(self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        first, second = betas
        self.betas = in_range("betas[0]", first, below=1), in_range("betas[1]", second, below=1)
        self.eps = in_range("eps", eps)
        super().__init__(parameters, lr, weight_decay, ["first", "second"])

    def update(self, count, values, grads, buffer, first, second):
        if self.weight_decay:
            self.decay(values, grads, buffer)
        adam_step(values, grads, first, second, count, float(self.lr), self.betas, self.eps)

    def decay(self, values, grads, buffer):
        add_decay(grads, values, buffer, self.weight_decay)


def add_decay(
    grads: np.ndarray, values: np.ndarray, buffer: np.ndarray, weight_decay: float
) -> None:
    """Add the gradient of weight_decay / 2 * values^2 to the gradients, in place.

    Args:
        grads: the gradient; holds the sum afterwards.
        values: the weights; stay as they are.
        buffer: an array of the same shape to work in; what it holds has no meaning.
        weight_decay: strength of the pull towards zero.

    Example:
        >>> grads = np.array([1.0, 1.0])
        >>> add_decay(grads, np.array([10.0, -20.0]), np.zeros(2), weight_decay=0.5)
        >>> grads
        array([ 6., -9.])
    """
    np.multiply(values, weight_decay, out=buffer)
    grads += buffer


def shrink(values: np.ndarray, lr: float, weight_decay: float) -> None:
    """Shrink weights in place by the share lr * weight_decay.

    Args:
        values: the weights; hold the smaller ones afterwards.
        lr: the learning rate, so that the decay follows a schedule as the step does.
        weight_decay: strength of the pull towards zero.

    Example:
        >>> values = np.array([10.0, -20.0])
        >>> shrink(values, lr=0.1, weight_decay=0.5)
        >>> values
        array([  9.5, -19. ])
    """
    values *= 1 - lr * weight_decay


class AdamW(Adam):
    """Adam with decoupled weight decay: the weights shrink by themselves, in proportion to lr.

    Args: as for `Adam`.
    """

    def __init__(self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def decay(self, values, grads, buffer):
        shrink(values, float(self.lr), self.weight_decay)


def step_decay(lr: float, every: int, factor: float) -> Callable[[int], float]:
    """A schedule that multiplies the learning rate by a factor every so many steps.

    Args:
        lr: the rate of the first `every` steps.
        every: how many steps share one rate, at least 1.
        factor: what the rate is then multiplied by.

    Returns:
        A function of the number of steps taken so far, from 0, that gives the next step's rate.

    Raises:
        ValueError: `every` is below 1.

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
        lr: the highest rate.
        warmup: how many steps warm up, at least 0. The first has lr / warmup, the last has lr.
        total: the step at which the minimum is reached; it stays from there on.
        minimum: the lowest rate of the cosine.

    Returns:
        A function of the number of steps taken so far, from 0, that gives the next step's rate.

    Raises:
        ValueError: not 0 <= warmup < total.

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


def squared_norm(array: np.ndarray) -> float:
    """The sum of squares; in float64 where it would overflow otherwise."""
    flat = array.ravel()
    with np.errstate(over="ignore"):
        total = float(flat @ flat)
    return total if total < math.inf else float(np.einsum("i,i", flat, flat, dtype=np.float64))


def clip_by_norm(parameters: Iterable[Tensor], max_norm: float) -> float:
    """Shorten the gradients of all parameters together, in place, to a norm of at most max_norm.

    The norm is the root of the sum of all squares. PyTorch divides by norm + 1e-6; we do not.

    Args:
        parameters: Tensors; those whose `.grad` is None are left out.
        max_norm: the longest that the gradients may be, at least 0.

    Returns:
        The norm before. Watch it: if it is infinite or NaN, no clipping can help.

    Raises:
        ValueError: max_norm is negative or NaN.

    Example:
        >>> w = Tensor([1.0, 2.0])
        >>> w.grad = np.array([3.0, 4.0])
        >>> clip_by_norm([w], max_norm=1.0)
        5.0
        >>> w.grad
        array([0.6, 0.8])

    Hint: `squared_norm` and `in_range` are there.
    """
    max_norm = in_range("max_norm", max_norm)
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(map(squared_norm, grads)))
    if norm > max_norm:
        for grad in grads:
            grad *= max_norm / norm
    return norm
