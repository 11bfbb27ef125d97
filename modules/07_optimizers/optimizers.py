# %% [markdown]
r"""
# 7. Optimizers

A gradient says which way is down. It does not say how far to go, and in a narrow valley it
hardly says where the bottom lies. In this lesson you build what turns gradients into better
weights: descent, momentum, RMSProp, Adam and AdamW, schedules for the learning rate, and a
limit for gradients that explode.

You need the tensors of lesson 1; the last section trains a network with lessons 3, 4 and 6.
"""

# %%
#| default_exp core.optimizers
#| public SGD Adam AdamW Optimizer RMSProp clip_by_norm cosine_with_warmup step_decay

# %%
from tinytorch import testing as tt

tt.begin("optimizers")

# %%
#| export
import functools
import itertools
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import Any

import numpy as np

from tinytorch.core.tensor import Tensor, changes, note_change, to_array

# %%
import timeit

from tinytorch import figures
from tinytorch.core.activations import ReLU
from tinytorch.core.autograd import backward, no_grad
from tinytorch.core.layers import Linear, Sequential
from tinytorch.core.losses import CrossEntropyLoss
from tinytorch.testing.oracles import optimizers as oracles

# %% [markdown]
r"""
## 7.1 A valley that is steep on two sides

Take the plainest loss that can cause trouble, $f(x, y) = \tfrac12 (x^2 + 25 y^2)$: a valley, 25
times as steep across as along. Its gradient is $(x, 25y)$, its lowest point $(0, 0)$. We start
at $(10, 1)$ and take a step of 0.075 times the gradient, downhill, again and again. Before you
run the cell, say what $x$ and $y$ will do.
"""

# %%
def ravine(point):
    return 0.5 * (point[0] ** 2 + 25 * point[1] ** 2)


def ravine_gradient(point):
    return np.array([1.0, 25.0]) * point


point = np.array([10.0, 1.0])
for step in range(6):
    print(f"step {step}: x {point[0]:6.3f}   y {point[1]:+.3f}   loss {ravine(point):.2f}")
    point = point - 0.075 * ravine_gradient(point)

# %% [markdown]
r"""
$y$ jumps from one wall to the other and $x$ creeps. A larger step would speed $x$ up, but each
step multiplies $y$ by $1 - 25 \cdot \text{lr}$: above lr = 0.08 that is below -1, and $y$ flies
out of the valley. The steepest direction limits the step, the flattest has to live with it.
Losses of networks are full of such valleys.
"""

# %% [markdown]
r"""
First write that plain step. Weights fill most of the memory that training needs, so we change
them **in place**: the caller's array holds the new values afterwards.
"""

# %% [markdown]
r"""
All rules of this lesson work so. The arrays of one call have the same shape, of one axis or more,
and the same dtype, `float32` or `float64`. Each may be a *view*, a part of a larger array, whose
numbers need not lie side by side. The gradient is a working copy: a rule may overwrite it. Settings
such as lr are Python numbers: what is reckoned of them alone keeps all its digits as one. What a
rule has to remember, it keeps in arrays that it is given, and nowhere else: each parameter has its
own. And no rule limits or replaces what looks too small, too large or strange: NaN stays NaN. Only
what a setting of 0, as lr = 0, makes of NaN or infinity is left open.
"""

# %% nbgrader={"grade": false, "grade_id": "descend", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    grads *= lr
    values -= grads
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_descend_steps_downhill", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_descend_steps_downhill():
    """Each weight moves against its gradient by lr times it, at any scale, in the array given."""
    cases = oracles.descend_inputs(seed=1, rates=(0.1, 0.5, 0.0, 2, 0.03))
    name = "the weights after descend"
    tt.check(oracles.written(descend, 0), oracles.descend, cases, writes=True, name=name)
    ### BEGIN HIDDEN TESTS
    cases = oracles.descend_inputs(seed=4, rates=(0.3, 1, 0.25, 0, 0.7))
    tt.check(oracles.written(descend, 0), oracles.descend, cases, writes=True, name=name)
    ### END HIDDEN TESTS


test_descend_steps_downhill()

# %% [markdown]
r"""
## 7.2 Velocity

Across the valley the gradients point left, right, left, right; along it they all agree. So
remember them. A *velocity* keeps a share $\mu$ of itself at each step and adds the new gradient,
and the weights move by the learning rate times the velocity.

With $\mu = 0.9$, gradients that agree add up to $1 + 0.9 + 0.81 + \dots = 10$ times one of them,
and those that alternate nearly cancel. Picture a heavy ball: the walls no longer turn it round.
"""

# %% [markdown]
r"""
A ball also overshoots. *Nesterov's* momentum looks ahead. Today's gradient makes a new velocity, as
before. Tomorrow's will hold the share $\mu$ of it, whatever tomorrow's gradient says: that part of
tomorrow's step is known today. So the weights move today by today's gradient and that known part
together, in place of the velocity. Only the step changes, not the velocity that is kept.
"""

# %% nbgrader={"grade": false, "grade_id": "momentum_step", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    velocity *= momentum
    velocity += grads
    if nesterov:
        grads += momentum * velocity
    else:
        grads[...] = velocity
    grads *= lr
    values -= grads
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_momentum_step_gathers_speed", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_momentum_step_gathers_speed():
    """Each gradient moves the weights for many steps, a share less each time, by the day's lr."""
    run = oracles.momentum_run(momentum_step)
    shares = (0.5, 0.9, 0.999, 0.001)
    cases = oracles.momentum_inputs(seed=1, rates=(0.1, 0.5, 0.2), shares=shares)
    tt.check(run, oracles.momentum, cases, writes=True)
    ### BEGIN HIDDEN TESTS
    shares = (0.9, 0.6, 0.998, 0.25)
    cases = oracles.momentum_inputs(seed=4, rates=(0.3, 1, 0.05), shares=shares)
    tt.check(run, oracles.momentum, cases, writes=True)
    ### END HIDDEN TESTS


test_momentum_step_gathers_speed()

# %% nbgrader={"grade": true, "grade_id": "test_momentum_step_looks_ahead", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_momentum_step_looks_ahead():
    """Nesterov's step takes the known part of the next one today, and keeps the same velocity."""
    run = oracles.momentum_run(momentum_step)
    shares = (0.5, 0.9, 0.999, 0.001)
    cases = oracles.momentum_inputs(1, (0.1, 0.5, 0.2), shares, nesterov=True)
    tt.check(run, oracles.momentum, cases, writes=True)
    ### BEGIN HIDDEN TESTS
    shares = (0.9, 0.6, 0.998, 0.25)
    cases = oracles.momentum_inputs(4, (0.3, 1, 0.05), shares, nesterov=True)
    tt.check(run, oracles.momentum, cases, writes=True)
    ### END HIDDEN TESTS


test_momentum_step_looks_ahead()

# %% nbgrader={"grade": true, "grade_id": "test_momentum_step_with_zeros", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_momentum_step_with_zeros():
    """Without momentum it is plain descent, for a day too; with lr = 0 it still gathers speed."""
    run = oracles.momentum_run(momentum_step)
    days = [((0.5, 0.25), shares) for shares in ((0.0, 0.0), (0.0, 0.5), (0.5, 0.0))]
    days += [((0.0, lr), (0.25, 0.75)) for lr in (0.0, 0.5)]
    cases = oracles.momentum_days(1, [*days, *days])  # five: each by both kinds of momentum
    tt.check(run, oracles.momentum, cases, writes=True)
    ### BEGIN HIDDEN TESTS
    days = [((0.1, 0.3), (0, 0)), ((1, 0.5), (0, 0.8)), ((1, 0.2), (0.5, 0)), ((0, 1), (0.5, 0.5))]
    cases = oracles.momentum_days(4, [*days, ((0, 0), (0.5, 0.25))])
    tt.check(run, oracles.momentum, cases, writes=True)
    ### END HIDDEN TESTS


test_momentum_step_with_zeros()

# %%
def steps_needed(move):
    """How many steps `move(point, gradient)` takes down the ravine until the loss is tiny."""
    point, count = np.array([10.0, 1.0]), 0
    while ravine(point) >= 1e-6 and count < 2000:  # a rule that never arrives ends as well
        move(point, ravine_gradient(point))
        count += 1
    return count


velocity, ahead = np.zeros(2), np.zeros(2)
print("plain   ", steps_needed(lambda w, g: descend(w, g, 0.075)))
print("momentum", steps_needed(lambda w, g: momentum_step(w, g, velocity, 0.095, 0.5)))
print("Nesterov", steps_needed(lambda w, g: momentum_step(w, g, ahead, 0.02, 0.8, True)))

# %% [markdown]
r"""
Each had a learning rate that suits it. Both kinds of momentum need less than a quarter of
the steps, and they pay for it with one more array.
"""

# %% [markdown]
r"""
## 7.3 From a rule to an optimizer

A rule knows plain arrays. A network has a list of parameters, each a `Tensor` with `.data` and
`.grad`. An *optimizer* walks over them, gives each to the rule together with its own memory, and
counts the steps. A parameter whose `.grad` is None is left out of a step.

The next cell, some 180 lines, is engineering. It is folded away and need not be read: it checks arguments, lays the parameters side by
side so that one call serves them all, and stores an optimizer's memory (section 7.14).
"""

# %% jupyter={"source_hidden": true}
#| export
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

# %% [markdown]
r"""
On top of that an optimizer is short. `due` begins a step and gives what has a gradient; `update`
is the rule. `decay` you write in section 7.7, and it is not called unless asked for.
"""

# %%
#| export
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

# %% [markdown]
r"""
An optimizer of our own is now a constructor and an `update`. This one uses your two rules.
"""

# %%
#| export
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

# %%
w = Tensor([10.0, 1.0])
optimizer = SGD([w], lr=0.075, momentum=0.7)
for _ in range(3):
    w.grad = ravine_gradient(w.data)
    optimizer.step()
    print(f"after step {optimizer.steps}: {w.data}")

# %% [markdown]
r"""
## 7.4 A step size for each weight

Momentum still has one step size for all. *RMSProp* gives each weight its own: it divides the
gradient by its usual size. The usual size is the root of a running mean of squares, in which older
ones count less and less: at each step the mean keeps the share $\alpha$ of itself, and the new
square makes up the rest.

A weight whose gradients are always about 1000 and one whose gradients are always about 0.001
then take steps of the same length. Where every gradient was zero, 0/0 would be NaN. So a tiny
$\varepsilon$ is added to the usual size itself, that is, after the root.
"""

# %% nbgrader={"grade": false, "grade_id": "rms_scale", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    squares *= alpha
    squares += (1 - alpha) * grads * grads
    size = np.sqrt(squares)
    size += eps
    grads /= size
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_rms_scale_divides_by_the_usual_size", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_rms_scale_divides_by_the_usual_size():
    """At the first step only this gradient's square is known; eps is added after the root."""
    run = oracles.rms_run(rms_scale)
    settings = ((0.75, 0.5), (0.9, 1e-3), (0.0, 2), (0.999, 0.3))
    cases = oracles.rms_inputs(seed=1, steps=1, settings=settings, fresh=True)
    cases += oracles.rms_without_eps(seed=1, shares=(0.99999, 0.75))
    tt.check(run, oracles.rms, cases, writes=True)
    ### BEGIN HIDDEN TESTS
    settings = ((0.96, 0.5), (0.75, 1), (0.9, 0.01), (0.9995, 0.01))
    cases = oracles.rms_inputs(seed=4, steps=1, settings=settings, fresh=True)
    cases += oracles.rms_without_eps(seed=4, shares=(0.9999, 0.5))
    tt.check(run, oracles.rms, cases, writes=True)
    ### END HIDDEN TESTS


test_rms_scale_divides_by_the_usual_size()

# %% nbgrader={"grade": true, "grade_id": "test_rms_scale_remembers", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_rms_scale_remembers():
    """The mean holds all squares so far, each with the share that is left of it."""
    run = oracles.rms_run(rms_scale)
    settings = ((0.75, 0.5), (0.9, 0.01), (0.0, 1), (0.9999, 0.1))
    cases = oracles.rms_inputs(seed=1, steps=3, settings=settings)
    tt.check(run, oracles.rms, cases, writes=True)
    ### BEGIN HIDDEN TESTS
    settings = ((0.8, 1), (0.96, 0.5), (0.001, 0.02), (0.9995, 0.5))
    cases = oracles.rms_inputs(seed=4, steps=3, settings=settings)
    tt.check(run, oracles.rms, cases, writes=True)
    ### END HIDDEN TESTS


test_rms_scale_remembers()

# %% nbgrader={"grade": true, "grade_id": "test_rms_scale_without_gradients", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_rms_scale_without_gradients():
    """Where every gradient was zero, the result is; where they are as small as eps, it counts."""
    run = oracles.rms_run(rms_scale)
    cases = oracles.rms_near_eps(seed=1, sizes=(1e-8, 1e-12, 1e-3))
    tt.check(run, oracles.rms, cases, writes=True)
    ### BEGIN HIDDEN TESTS
    cases = oracles.rms_near_eps(seed=4, sizes=(1e-10, 1e-5, 1e-7))
    tt.check(run, oracles.rms, cases, writes=True)
    ### END HIDDEN TESTS


test_rms_scale_without_gradients()

# %%
#| export
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

# %% [markdown]
r"""
Two weights, gradients of 1000 and 0.001, and lr = 0.01. Both should move by about 0.01. Look at
the first steps.
"""

# %%
def show_steps(make, steps=300):
    """Print how far two weights move, one with huge and one with tiny gradients."""
    w = Tensor(np.array([0.0, 0.0]))
    optimizer, before = make([w]), np.zeros(2)
    for step in range(1, steps + 1):
        w.grad = np.array([1000.0, 0.001])
        optimizer.step()
        if step in (1, 2, 10, 100, 300):
            print(f"step {step:3}: moved by {before - w.data}")
        before = w.data.copy()


show_steps(lambda parameters: RMSProp(parameters, lr=0.01))

# %% [markdown]
r"""
Both move alike, but the first step is ten times too long: 0.1, where the learning rate says
0.01. The mean began at zero, and one step in it holds only one hundredth of the first square.
It takes hundreds of steps until nothing of that false zero is left.

## 7.5 A mean that began at zero

Nobody measured that zero, so it should not count. Look at the running mean of numbers that are
all 1. It should be 1 from the first on.
"""

# %%
beta, mean = 0.9, 0.0
for count in range(1, 51):
    mean = beta * mean + (1 - beta) * 1.0
    if count in (1, 2, 3, 10, 50):
        print(f"after {count:2} numbers: {mean:.6f}, short of 1 by {1 - mean:.6f}")

# %% [markdown]
r"""
What is missing is the share of the mean that still belongs to the zero. How large is it after
`count` numbers? And if a share of the mean is empty, what makes the rest whole?
"""

# %% nbgrader={"grade": false, "grade_id": "unbiased", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    return mean / (1 - beta**count)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_unbiased_counts_only_what_was_seen", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_unbiased_counts_only_what_was_seen():
    """It is the mean of the numbers with weights that add up to 1, a number from the first on."""
    lengths = ((1, 0.9), (2, 0.9), (3, 0.5), (4, 0.0), (5, 0.999), (10, 0.75), (1100, 0.9995))
    cases = oracles.number_inputs(seed=1, lengths=lengths)
    tt.check(oracles.unbiased_run(unbiased), oracles.weighed, cases)
    kind, numbers = oracles.kind_of(unbiased), [(7.0, 0.5, 3), (-2.0, 0.0, 1), (0.0, 0.9, 2)]
    tt.check(kind, oracles.a_number, numbers, name="what comes out of unbiased")
    ### BEGIN HIDDEN TESTS
    lengths = ((1, 0.99), (2, 0.3), (3, 0.999), (6, 0), (20, 0.95), (100, 0.99), (1500, 0.9999))
    cases = oracles.number_inputs(seed=4, lengths=lengths)
    tt.check(oracles.unbiased_run(unbiased), oracles.weighed, cases)
    numbers = [(1.5, 0.25, 1000), (3.0, 0.0, 5)]
    tt.check(kind, oracles.a_number, numbers, name="what comes out of unbiased")
    ### END HIDDEN TESTS


test_unbiased_counts_only_what_was_seen()

# %% nbgrader={"grade": true, "grade_id": "test_unbiased_makes_a_new_array", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_unbiased_makes_a_new_array():
    """An array keeps its shape and dtype at any count, and the running mean stays as it is."""
    settings = ((0.9, 1), (0.5, 3), (0.999, 2), (0.0, 1), (0.25, 1))
    long = ((0.9999, 1), (0.999, 999), (0.999, 1000), (0.9995, 2500), (0.9, 100_000))
    cases = oracles.mean_inputs(1, settings, long)
    tt.check(unbiased, oracles.unbiased, cases, memory="fresh", dtype="same")
    ### BEGIN HIDDEN TESTS
    settings = ((0.99, 3), (0.8, 1), (0.6, 20), (0.0, 3), (0.999, 1))
    long = ((0.99999, 2), (0.9998, 1001), (0.999, 2200), (0.99, 20_000), (0.0, 1_000_000))
    cases = oracles.mean_inputs(4, settings, long)
    tt.check(unbiased, oracles.unbiased, cases, memory="fresh", dtype="same")
    ### END HIDDEN TESTS


test_unbiased_makes_a_new_array()

# %% [markdown]
r"""
## 7.6 Adam

*Adam* puts both ideas together. It keeps two running means, as the paper names them: $m$ of the
gradients, in place of a velocity, and $v$ of their squares, as RMSProp does. The share kept is
$\beta_1$ for $m$ and $\beta_2$ for $v$. Both began at zero, so each step uses their corrected
forms $\hat m$ and $\hat v$, while $m$ and $v$ themselves go on as they are. The weights move against

$$ \text{lr} \cdot \frac{\hat m}{\sqrt{\hat v} + \varepsilon} $$

How long is the first step? After one gradient $g$ both corrected means know only that one. Work
it out before you write anything: the first test asks for it.
"""

# %% nbgrader={"grade": false, "grade_id": "adam_step", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
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
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_adam_step_begins_with_lr", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_adam_step_begins_with_lr():
    """The first step is lr, up or down, however large or small the gradient is."""
    run, name = oracles.adam_first_run(adam_step), "the weights after the first adam_step"
    settings = [(0.1, (0.9, 0.999)), (0.5, (0.5, 0.9)), (1e3, (0.9, 0.99999)), (2, (0.8, 0.0))]
    settings += [(0.0, (0.9, 0.999)), (1e-6, (0.0, 0.99))]
    cases = oracles.adam_first_inputs(1, settings)
    tt.check(run, oracles.adam_first, cases, writes=True, name=name)
    ### BEGIN HIDDEN TESTS
    settings = [(0.3, (0.9, 0.99)), (1e-5, (0.7, 0.999)), (1, (0.95, 0.5)), (40.0, (0.0, 0.9))]
    cases = oracles.adam_first_inputs(30, [*settings, (2e-8, (0.99, 0.9999))])
    tt.check(run, oracles.adam_first, cases, writes=True, name=name)
    ### END HIDDEN TESTS


test_adam_step_begins_with_lr()

# %% nbgrader={"grade": true, "grade_id": "test_adam_step_goes_on", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_adam_step_goes_on():
    """Each step uses the corrected means of all gradients so far; m and v go on without that."""
    run = oracles.adam_run(adam_step)
    settings = [((0.6, 0.8), 0.5), ((0.9, 0.999), 1e-8), ((0.0, 0.5), 1), ((0.9, 0.9), 1e-3)]
    cases = oracles.adam_inputs(seed=1, rates=(0.1, 1e-2, 2), settings=settings)
    tt.check(run, oracles.adam, cases, writes=True)
    ### BEGIN HIDDEN TESTS
    settings = [((0.7, 0.9), 0.25), ((0.99, 0.9999), 1e-8), ((0.8, 0.0), 0.5), ((0.6, 0.95), 0.3)]
    cases = oracles.adam_inputs(seed=4, rates=(0.3, 0.01, 1, 3), settings=settings)
    tt.check(run, oracles.adam, cases, writes=True)
    ### END HIDDEN TESTS


test_adam_step_goes_on()

# %% nbgrader={"grade": true, "grade_id": "test_adam_step_adds_eps_to_the_corrected_root", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_adam_step_adds_eps_to_the_corrected_root():
    """A new gradient has its weight at any count, and eps is added to the corrected root."""
    run, name = oracles.adam_late_run(adam_step), "the weights, from 0, after an adam_step"
    counts = ((1, 1), (2, 0.25), (2, 1e-4), (2, 100), (40, 1), (1000, 2), (1500, 0.5))
    cases = oracles.adam_late_inputs(1, (0.9, 0.999), counts)
    tt.check(run, oracles.adam_late, cases, writes=True, rtol=1e-7, name=name)
    ### BEGIN HIDDEN TESTS
    cases = oracles.adam_late_inputs(4, (0.8, 0.9995), ((1, 3), (7, 0.1), (3, 100), (1200, 0)))
    cases += oracles.adam_late_inputs(5, (0.0, 0.99995), ((4, 1e-3), (1300, 0.2)))
    tt.check(run, oracles.adam_late, cases, writes=True, rtol=1e-7, name=name)
    ### END HIDDEN TESTS


test_adam_step_adds_eps_to_the_corrected_root()

# %%
#| export
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

# %%
show_steps(lambda parameters: Adam(parameters, lr=0.01))

# %% [markdown]
r"""
The same run as above, and every step is 0.01 from the start. A learning rate of Adam has a
plain meaning: about how far a weight may move in one step.
"""

# %% [markdown]
r"""
## 7.7 Weights that shrink

Large weights make a network too sure of itself. *Weight decay* pulls each of them towards zero, by
a strength $\lambda$, before the step is taken.

The older way adds a penalty to the loss, $\tfrac{\lambda}{2} w^2$ for each weight. We need not add it
up: all that a step ever sees of it is its gradient. This is called *coupled*.

With Adam that backfires. Whatever is in the gradient is divided by the gradient's usual size, the
pull too. *Decoupled* decay, the W in AdamW, leaves the gradient alone and takes from each weight the
share lr $\cdot\, \lambda$ of it.
"""

# %% nbgrader={"grade": false, "grade_id": "decay", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    if decoupled:
        values *= 1 - lr * weight_decay
    else:
        grads += weight_decay * values
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_decay_coupled", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_decay_coupled():
    """The gradient of the penalty is added to the gradients; the weights stay, whatever lr is."""
    settings = ((0.1, 0.25), (0.5, 0.1), (2, 1.5), (0.0, 4), (10, 0.2))
    cases = oracles.decay_inputs(seed=1, settings=settings, decoupled=False)
    run, name = oracles.written(decay, 0, 1), "(weights, gradients) after decay"
    tt.check(run, oracles.decay, cases, writes=True, name=name)
    ### BEGIN HIDDEN TESTS
    settings = ((0.3, 0.7), (0.01, 0.05), (5, 3.5), (0, 0.75))
    cases = oracles.decay_inputs(seed=4, settings=settings, decoupled=False)
    tt.check(run, oracles.decay, cases, writes=True, name=name)
    ### END HIDDEN TESTS


test_decay_coupled()

# %% nbgrader={"grade": true, "grade_id": "test_decay_decoupled", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_decay_decoupled():
    """Every weight loses the same share of itself, even more than all of it; the gradients stay."""
    settings = [(0.1, 0.25), (0.5, 0.1), (2, 0.3), (0.5, 2), (1.5, 1), (100, 0.5), (1e-6, 1)]
    settings += [(1, 1e-7)]
    cases = oracles.decay_inputs(seed=1, settings=settings, decoupled=True)
    run, name = oracles.written(decay, 0, 1), "(weights, gradients) after decay"
    tt.check(run, oracles.decay, cases, writes=True, name=name)
    ### BEGIN HIDDEN TESTS
    settings = [(0.3, 0.7), (0.01, 0.05), (0.25, 4), (0.01, 150), (5, 40)]
    cases = oracles.decay_inputs(4, [*settings, (2e-6, 0.5), (10, 1e-8)], decoupled=True)
    tt.check(run, oracles.decay, cases, writes=True, name=name)
    ### END HIDDEN TESTS


test_decay_decoupled()

# %% nbgrader={"grade": true, "grade_id": "test_decay_with_zeros", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_decay_with_zeros():
    """Without strength nothing changes; with lr = 0 only coupled decay does what it always does."""
    zeros = ((0.1, 0.0), (0.0, 0.5), (0, 0), (0, 2.0))
    settings = [(*each, decoupled) for each in zeros for decoupled in (False, True)]
    cases = oracles.decay_settings(1, settings)
    run, name = oracles.written(decay, 0, 1), "(weights, gradients) after decay"
    tt.check(run, oracles.decay, cases, writes=True, name=name)
    ### BEGIN HIDDEN TESTS
    settings = [(1, 0, False), (1, 0, True), (0, 0.25, True), (0, 0.25, False)]
    cases = oracles.decay_settings(4, settings)
    tt.check(run, oracles.decay, cases, writes=True, name=name)
    ### END HIDDEN TESTS


test_decay_with_zeros()

# %%
#| export
class AdamW(Adam):
    """Adam with decoupled weight decay: the weights shrink by themselves, in proportion to lr."""

    decoupled = True

    def __init__(
        self, parameters: Iterable[Any], lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 1e-2,
    ):
        super().__init__(parameters, lr, betas, eps, weight_decay)

# %% [markdown]
r"""
Three weights begin at 1. Their gradients are noise of size 100, noise of size 0.01, and zero. Each
runs twice, with decay and without: the difference is the work of the decay. From which of the three
will coupled decay take most?
"""

# %%
noise = np.random.default_rng(0).standard_normal((1000, 3)) * [100.0, 0.01, 0.0]


def after_noise(kind, weight_decay):  # where the weights are after 1,000 steps
    w = Tensor(np.ones(3))
    optimizer = kind([w], lr=0.002, weight_decay=weight_decay)
    for grad in noise:
        w.grad = grad
        optimizer.step()
    return w.data


for kind in (Adam, AdamW):
    print(f"{kind.__name__:5} decay took {after_noise(kind, 0.0) - after_noise(kind, 0.1)}")

# %% [markdown]
r"""
Coupled decay did next to nothing to the weight with large gradients, and emptied the other two.
Decoupled decay took about the same from all three: $(1 - 0.0002)^{1000} = 0.82$ is what is left.

## 7.8 Four paths down

Now let them run side by side, from one start, on the valley of section 7.1, and then on the same
valley turned by 45 degrees. Which of the four will notice the turn?
"""

# %%
def path_down(make, turn, steps=40):
    """Where an optimizer passes by; `turn` rotates the valley and the start."""
    w, points = Tensor(turn.T @ np.array([8.0, 3.0])), []
    optimizer = make([w])
    for _ in range(steps):
        points.append(w.data.copy())
        w.grad = turn.T @ ravine_gradient(turn @ w.data)
        optimizer.step()
    return np.array(points)


makers = {
    "SGD": lambda w: SGD(w, lr=0.07),
    "momentum": lambda w: SGD(w, lr=0.04, momentum=0.6),
    "RMSProp": lambda w: RMSProp(w, lr=0.3, alpha=0.9),
    "Adam": lambda w: Adam(w, lr=0.8, betas=(0.8, 0.9)),
}

# %%
figure, axes = figures.subplots(2, 4, width=9.6, height=5.2, sharex=True, sharey=True)
x, y = np.meshgrid(np.linspace(-4, 9.5, 150), np.linspace(-5, 9, 150))
for row, turn in zip(axes, (np.eye(2), np.array([[1, 1], [-1, 1]]) / np.sqrt(2)), strict=True):
    heights = ravine(np.tensordot(turn, np.stack([x, y]), 1))
    for axis, (name, make), color in zip(row, makers.items(), figures.PALETTE, strict=False):
        points = path_down(make, turn)
        axis.contour(x, y, heights, levels=[1, 5, 20, 60, 150, 400], colors="0.6", linewidths=0.7)
        axis.plot(*points.T, "o-", color=color, markersize=2.5, linewidth=1.2)
        axis.plot(0, 0, "k+", markersize=12)
        axis.set(title=f"{name}: loss {ravine(turn @ points[-1]):.1g}", aspect="equal")
for axis in axes[:, 0]:
    axis.set_ylabel("second weight")
for axis in axes[-1]:
    axis.set_xlabel("first weight")
figure.suptitle("Only RMSProp and Adam notice which way the valley runs")
figures.show(
    figure,
    alt="Two rows of four paths over an elongated valley. SGD jumps between the walls, momentum "
    "swings, RMSProp and Adam turn towards the bottom; in the turned valley RMSProp stops short.",
)

# %% [markdown]
r"""
SGD and momentum take the same path in both valleys, only turned: the loss in the title is the
same. RMSProp and Adam do not. They have a step size for each *weight*, so they can stretch the
valley only along the axes. Where it runs askew, all weights are steep at once, and what is left
is a step of fixed length. They forgive a gradient's scale, not its direction.

## 7.9 How fast, and when

No rule saves a badly chosen learning rate. Plain descent on the same valley, three times:
"""

# %%
figure, axis = figures.subplots()
for lr, name, style in ((0.003, "too small", "--"), (0.06, "good", "-"), (0.081, "too large", ":")):
    w, losses = np.array([10.0, 1.0]), []
    for _ in range(80):
        losses.append(ravine(w))
        descend(w, ravine_gradient(w), lr)
    axis.plot(losses, style, label=f"lr = {lr}: {name}", linewidth=2)
title = "Between too slow and too far there is little room"
axis.set(yscale="log", xlabel="step", ylabel="loss", title=title)
axis.legend()
figures.show(
    figure,
    alt="Loss over 80 steps: lr 0.003 falls slowly, 0.06 fast, 0.081 falls and then grows.",
)

# %% [markdown]
r"""
The best rate is not the same all the way, either. Early on long steps pay off; near the bottom
they jump across it, and gradients of small batches are noisy besides. A *schedule* says which
rate each step has. Ours is a function from the number of steps taken so far to a rate, used as
`optimizer.lr = schedule(optimizer.steps)` before each step. The simplest one multiplies the rate
by a factor every so many steps.
"""

# %% nbgrader={"grade": false, "grade_id": "step_decay", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    if every < 1:
        raise ValueError(f"expected every >= 1, got {every}: say how many steps share one rate")
    return lambda step: lr * factor ** (step // every)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_step_decay_falls_in_stairs", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_step_decay_falls_in_stairs():
    """All steps of a stair share one rate, the next has factor times that, in whatever order."""
    rates, name = oracles.asked(step_decay, beside=(3.5, 4, 0.35)), "the rates of step_decay"
    settings = [(8.0, 3, 0.25), (0.5, 2, 0.5), (1, 10, 0.1), (0.3, 4, 2.0), (0.3, 5, 1.0)]
    settings += [(0.5, 3, 0.0), (2.0, 4, 0), (0.0, 2, 0.5), (1e-6, 1, 0.9), (0.5, 49, 0.5)]
    steps = (0, 1, 2, 3, 4, 5, 6, 9, 10, 30, 49, 48, 98, 97, 3, 0)
    cases = [tt.case(*each, steps=steps) for each in settings]
    long = (20_000, 99, 100, 1999, 0, 1001)
    cases += [tt.case(lr, 100, factor, steps=long) for lr, factor in ((0.1, 0.9), (1e3, 0.5))]
    tt.check(rates, oracles.stairs, cases, name=name)
    ### BEGIN HIDDEN TESTS
    settings = [(0.3, 7, 0.9), (2.0, 2, 0.8), (5, 4, 0.95), (0.1, 100, 0.3), (2.0, 98, 0.7)]
    settings += [(7.0, 6, 0.0), (3.0, 13, 0), (0.0, 3, 2), (3e-8, 2, 0.7), (1.5, 1, 3)]
    steps = (41, 0, 7, 6, 13, 14, 1, 2, 3, 100, 98, 97, 196, 195, 7)
    cases = [tt.case(*each, steps=steps) for each in settings]
    cases += [tt.case(2e-7, 500, 1.01, steps=(499, 150_000, 500, 74_999, 1))]
    tt.check(rates, oracles.stairs, cases, name=name)
    ### END HIDDEN TESTS


test_step_decay_falls_in_stairs()

# %% nbgrader={"grade": true, "grade_id": "test_step_decay_refuses_stairs_of_no_length", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_step_decay_refuses_stairs_of_no_length():
    """A stair has at least one step; this is found when the schedule is made."""
    bad = [(lr, every, lr) for every in (0, -1, -10, -1000) for lr in (0.1, 0.0)]
    good = [(0.1, every, factor) for every in (1, 2, 100, 100_000) for factor in (0.5, 0.0, 2.0)]
    tt.check_raises(ValueError, step_decay, bad, but=good)
    kind = oracles.kind_of(step_decay(0.5, 2, 0.5))
    tt.check(kind, oracles.a_number, [(0,), (1,), (9,)], name="what comes out of the schedule")
    ### BEGIN HIDDEN TESTS
    tt.check_raises(ValueError, step_decay, [(1.0, -3, 0.1), (1.0, 0, 2.0), (5, -100, 1)], but=good)
    ### END HIDDEN TESTS


test_step_decay_refuses_stairs_of_no_length()

# %% [markdown]
r"""
## 7.10 Warm up, then follow a cosine

Most networks today are trained with another schedule. It *warms up*: the first gradients are those
of random weights, and a mean of squares that saw two batches is unreliable, so the rate grows in
even parts until it is whole.

Then it goes down along half a wave of a cosine: slowly at first, fastest half-way, slowly at the end.
Let $d$ be the share of the way that is done since the warm-up, from 0 to 1. As $d$ grows, $\cos \pi d$
falls from 1 to -1. The rate must fall in the same way from lr to a minimum: stretch and shift the
wave until it does.
"""

# %% nbgrader={"grade": false, "grade_id": "cosine_with_warmup", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    if not 0 <= warmup < total:
        raise ValueError(f"expected 0 <= warmup < total, got {warmup} and {total}: warm up less")

    def schedule(step: int) -> float:
        if step < warmup:
            return lr * (step + 1) / warmup
        done = min((step - warmup) / (total - warmup), 1.0)
        return minimum + (lr - minimum) * (1 + math.cos(math.pi * done)) / 2

    return schedule
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_cosine_with_warmup_grows", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_cosine_with_warmup_grows():
    """Equal parts up to lr; the first is not zero, the last is lr, and the minimum has no part."""
    settings = [(2.0, 4, 10, 0.4), (0.3, 3, 20), (1.0, 1, 2), (0.5, 10, 100, 0.1), (0.5, 5, 9, 0.5)]
    settings += [(1e-6, 6, 12, 1e-7), (50, 1000, 2345), (0.0, 2, 5)]
    cases = oracles.some_steps(settings, lambda warmup, total: (0, warmup - 1))
    rates = oracles.asked(cosine_with_warmup, beside=(3.0, 5, 9))
    tt.check(rates, oracles.cosine, cases, name="rates of the warm-up of cosine_with_warmup")
    ### BEGIN HIDDEN TESTS
    settings = [(3.0, 5, 6, 1.0), (0.01, 2, 30), (0.25, 1, 40, 0.2), (0.2, 9, 11, 0.2)]
    settings += [(700.0, 2500, 2600, 3)]
    cases = oracles.some_steps(settings, lambda warmup, total: (0, warmup - 1))
    tt.check(rates, oracles.cosine, cases, name="rates of the warm-up of cosine_with_warmup")
    ### END HIDDEN TESTS


test_cosine_with_warmup_grows()

# %% nbgrader={"grade": true, "grade_id": "test_cosine_with_warmup_sinks", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_cosine_with_warmup_sinks():
    """From lr at the end of the warm-up to the minimum at the end, half-way at half the time."""
    settings = [(2.0, 2, 8, 0.5), (0.3, 1, 7), (1, 3, 15), (0.5, 10, 100, 0.1), (0.5, 4, 10, 0.0)]
    settings += [(0.3, 0, 60), (0.2, 2, 62, 0.2), (1e-6, 100, 3100), (0.0, 1, 61)]
    settings += [(1e-3, 0, 300, 1e-7)]
    cases = oracles.some_steps(settings, lambda warmup, total: (warmup, total))
    rates = oracles.asked(cosine_with_warmup, beside=(3.0, 5, 9))
    tt.check(rates, oracles.cosine, cases, name="rates along the wave of cosine_with_warmup")
    ### BEGIN HIDDEN TESTS
    settings = [(3.0, 5, 12, 1.0), (0.01, 3, 10), (0.25, 1, 2, 0.2), (5, 8, 27, 0.0), (0.3, 2, 3)]
    settings += [(0.7, 0, 9, 0.7), (3e-6, 9, 140, 1e-7), (0.4, 30, 2430, 0.003)]
    settings += [(6e-4, 3, 423, 2e-6)]
    cases = oracles.some_steps(settings, lambda warmup, total: (warmup, total))
    tt.check(rates, oracles.cosine, cases, name="rates along the wave of cosine_with_warmup")
    ### END HIDDEN TESTS


test_cosine_with_warmup_sinks()

# %% nbgrader={"grade": true, "grade_id": "test_cosine_with_warmup_ends", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_cosine_with_warmup_ends():
    """From the end on the rate is the minimum; a warm-up may have no steps, but ends before it."""
    rate = oracles.asked(cosine_with_warmup, beside=(3.0, 5, 9))
    settings = [(1e-3, 2, 8, 1e-4), (1e-3, 7, 8), (1e-3, 0, 8, 1e-3), (1e-3, 0, 7, 1e-9)]
    cases = [tt.case(*each, steps=(8, 9, 11, 14, 60, 1_000_000)) for each in settings]
    tt.check(rate, oracles.cosine, cases, rtol=1e-7, name="the rates after the end")
    bad = [(0.1, *each) for each in ((10, 10), (11, 10), (-1, 10), (0, 0), (0, -5), (1, 1, 0.1))]
    good = [(0.1, *each) for each in ((0, 10), (9, 10), (0, 1), (999, 1000), (0, 1, 0.1))]
    tt.check_raises(ValueError, cosine_with_warmup, bad, but=good)
    kind = oracles.kind_of(cosine_with_warmup(0.5, 2, 4))
    tt.check(kind, oracles.a_number, [(0,), (3,), (9,)], name="what comes out of the schedule")
    ### BEGIN HIDDEN TESTS
    cases = [(20.0, 5, 9, 0.25), (20.0, 0, 9, 20.0), (20.0, 8, 9, 2e-8)]
    cases = [tt.case(*each, steps=(300_000, 9, 11, 13, 1000)) for each in cases]
    tt.check(rate, oracles.cosine, cases, rtol=1e-7, name="the rates after the end")
    bad = [(0.1, *each) for each in ((3, 2), (-2, 1), (7, 7), (-500, 3, 0.1), (20_000, 300))]
    tt.check_raises(ValueError, cosine_with_warmup, bad, but=[(0.1, 1, 2), (0.1, 1999, 2000)])
    ### END HIDDEN TESTS


test_cosine_with_warmup_ends()

# %%
figure, axis = figures.subplots()
steps = np.arange(100)
for name, schedule, style in (
    ("constant", lambda step: 0.1, ":"),
    ("step decay", step_decay(0.1, every=30, factor=0.4), "--"),
    ("cosine with warm-up", cosine_with_warmup(0.1, warmup=10, total=100), "-"),
):
    rates = [schedule(int(step)) for step in steps]
    axis.plot(steps, rates, style, drawstyle="steps-post", label=name, linewidth=2)
axis.set(xlabel="step", ylabel="learning rate", title="Long steps early, short ones at the end")
axis.legend(loc="upper right", bbox_to_anchor=(1, 0.92))
figures.show(
    figure,
    alt="Three schedules over 100 steps: constant, falling in stairs, and up in 10 steps then "
    "down along a cosine.",
)

# %% [markdown]
r"""
## 7.11 Gradients that explode

Multiply a number by the same weight twenty times, as a deep network does with its layers. For
$f(w) = (w^{20} - 1)^2$ the slope is gentle at 0.9, and at 1.3 it is a cliff.
"""

# %%
cliff = lambda w: 2 * (w**20 - 1) * 20 * w**19
for w in (0.9, 1.1, 1.3):
    after = w - 0.01 * cliff(w)
    print(f"at {w}: slope {cliff(w):12.2f}, a step of lr = 0.01 lands at {after:10.2f}")

# %% [markdown]
r"""
One unlucky batch, one step, and all that was learned is gone. *Clipping* limits the length of
the whole gradient, that is, the norm over all parameters together: the root of the sum of the squares
of all their components. A longer gradient is made as short as the limit, and keeps its direction.

Exploding gradients need clipping most, and just then their squares no longer fit into `float32`,
whose largest number is about $3.4 \cdot 10^{38}$. They do fit into `float64`.
"""

# %% nbgrader={"grade": false, "grade_id": "clip_by_norm", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    if not max_norm >= 0:  # NaN ends here too
        raise ValueError(f"expected max_norm >= 0, got {max_norm}: say how long gradients may be")
    owners = [p for p in parameters if p.grad is not None]
    exact = [p.grad.astype(np.float64).ravel() for p in owners]
    norm = math.sqrt(sum(grad @ grad for grad in exact))
    if norm > max_norm:
        for p in owners:
            p.grad = p.grad * (max_norm / norm)
    return norm
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_clip_by_norm_shortens_all_alike", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_clip_by_norm_shortens_all_alike():
    """One norm over all gradients, one factor for all; the norm before comes out, weights stay."""
    run, name = oracles.clip_run(clip_by_norm, Tensor), "[norm, weights, *gradients, last first]"
    cases = oracles.clip_inputs(seed=1, shares=(0.5, 0.2, 0.7, 1e-6))
    tt.check(run, oracles.clip, cases, name=name)
    ### BEGIN HIDDEN TESTS
    cases = oracles.clip_inputs(seed=4, shares=(0.6, 0.25, 1e-7, 0.9))
    tt.check(run, oracles.clip, cases, name=name)
    ### END HIDDEN TESTS


test_clip_by_norm_shortens_all_alike()

# %% nbgrader={"grade": true, "grade_id": "test_clip_by_norm_leaves_short_ones", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_clip_by_norm_leaves_short_ones():
    """Gradients within the limit stay as they are, and the norm is returned all the same."""
    run, name = oracles.clip_run(clip_by_norm, Tensor), "[norm, weights, *gradients, last first]"
    cases = oracles.clip_inputs(seed=1, shares=(1.01, 2, 1e9))
    cases += [([np.zeros(2), np.zeros((2, 1))], limit) for limit in (1.0, 0)]
    cases += [([None], 1.0), ([], 1.0), ([np.zeros((0, 3)), np.array(2.0)], 3)]
    cases += [([np.array([3.0, 4.0])], 5.0)]
    tt.check(run, oracles.clip, cases, name=name)
    kind = oracles.kind_of(clip_by_norm)
    norms = [(some, 2.0) for some in oracles.parameter_lists(Tensor)]
    tt.check(kind, oracles.a_number, norms, name="what comes out of clip_by_norm")
    ### BEGIN HIDDEN TESTS
    cases = oracles.clip_inputs(seed=4, shares=(1.02, math.inf, 7))
    cases += [([np.array([[6.0], [-8.0]])], 10.0), ([np.zeros((2, 2), np.float32)], 0.0)]
    tt.check(run, oracles.clip, [*cases, ([None, None], 0)], name=name)
    ### END HIDDEN TESTS


test_clip_by_norm_leaves_short_ones()

# %% nbgrader={"grade": true, "grade_id": "test_clip_by_norm_at_the_edges", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
@tt.test
def test_clip_by_norm_at_the_edges():
    """Squares may overflow, the limit may be 0, but not less or NaN; a generator is fine."""
    run = oracles.clip_run(clip_by_norm, Tensor, give=iter)
    cases = oracles.steep_inputs(((0, 0), (20, 5.0), (25, 2.5), (29, 2), (29, 1e20)))
    tt.check(run, oracles.clip, cases, rtol=1e-6, name="[norm, weights, gradient] where")
    norm, strange = oracles.norm_of(clip_by_norm, Tensor), [(math.inf,), (-math.inf,), (math.nan,)]
    tt.check(norm, abs, strange, name="the norm where one component is")
    lists = oracles.parameter_lists(Tensor)
    bad = [(some, limit) for limit in (-1.0, -1e-9, math.nan, -math.inf) for some in lists]
    tt.check_raises(ValueError, clip_by_norm, bad, but=[(some, 2.0) for some in lists])
    tt.expect(lists[0][0].grad, np.ones(1), "a gradient after limits that are refused")
    ### BEGIN HIDDEN TESTS
    cases = oracles.steep_inputs(((1, 0.0), (19, 5), (24, 3.0), (28, 1), (28, 1e15)))
    tt.check(run, oracles.clip, cases, rtol=1e-6, name="[norm, weights, gradient] where")
    bad = [(some, limit) for limit in (-7, -0.5, -math.nan, -1e-300) for some in lists]
    tt.check_raises(ValueError, clip_by_norm, bad, but=[(lists[0], math.inf), (lists[1], 0)])
    ### END HIDDEN TESTS


test_clip_by_norm_at_the_edges()

# %%
w = Tensor(np.array([1.3]))
optimizer = SGD([w], lr=0.01)
for _ in range(3):
    w.grad = cliff(w.data)
    norm = clip_by_norm([w], max_norm=5.0)
    optimizer.step()
    print(f"norm {norm:9.2f}, and w is {w.item():.4f}")

# %% [markdown]
r"""
The same cliff, and the steps stay short: the norm tells that something was wrong, and the run
survives it.

## 7.12 A real network

Digits of 8 by 8 pixels, a network 64-32-10, batches of 30, five times through 1,200 images. Each
optimizer begins with the same weights and sees the same batches. Each has a learning rate that
suits it; cosine with warm-up sets the pace for the last one.
"""

# %%
from tinytorch.data import load_digits

digits = load_digits()
images, labels = (digits.data / 16).astype(np.float32), digits.target
loss_of = CrossEntropyLoss()


def train(make, schedule=None, epochs=5):
    """Train a new network; return its losses and its accuracy on the 597 images kept back."""
    rng = np.random.default_rng(0)
    model = Sequential(Linear(64, 32, rng, "he"), ReLU(), Linear(32, 10, rng))
    optimizer, losses = make(model.parameters()), []
    for _ in range(epochs):
        for batch in rng.permutation(1200).reshape(-1, 30):
            loss = loss_of(model(images[batch]), labels[batch])
            losses.append(loss.item())
            optimizer.zero_grad()
            backward(loss)
            if schedule:
                optimizer.lr = schedule(optimizer.steps)
            optimizer.step()
    with no_grad():
        return losses, (model(images[1200:]).data.argmax(axis=1) == labels[1200:]).mean()

# %%
runs = {
    "SGD": (lambda p: SGD(p, lr=0.1), None),
    "SGD, momentum 0.9": (lambda p: SGD(p, lr=0.1, momentum=0.9), None),
    "RMSProp": (lambda p: RMSProp(p, lr=0.003), None),
    "Adam": (lambda p: Adam(p, lr=0.01), None),
    "AdamW, cosine": (lambda p: AdamW(p, lr=0.01), cosine_with_warmup(0.01, 20, 200)),
}
figure, axis = figures.subplots(width=8.4, height=3.8)
for (name, run), style in zip(runs.items(), ("-", "--", "-.", ":", "-"), strict=True):
    losses, accuracy = train(*run)
    smooth = np.convolve(losses, np.ones(10) / 10, "valid")
    axis.plot(smooth, style, label=f"{name}: {accuracy:.1%}", linewidth=1.8)
    print(f"{name:18} loss of the last ten batches {smooth[-1]:.3f}, accuracy {accuracy:.1%}")
title = "Plain descent is left behind, the others are close"
axis.set(yscale="log", xlabel="step", ylabel="loss, mean of ten batches", title=title)
axis.legend(title="accuracy on new images", loc="upper left", bbox_to_anchor=(1, 1))
figures.show(
    figure,
    alt="Loss over 200 steps on a log scale: SGD falls slowly to 0.35, the four others fall to "
    "between 0.09 and 0.16.",
)

# %% [markdown]
r"""
Plain SGD needs several times the steps of the others. Among those the loss differs, yet on 597 new
images an accuracy is uncertain by more than a percent either way, so this run ranks none of them.
Leaving plain descent matters, the learning rate matters, the choice among good optimizers less.
"""

# %% [markdown] nbgrader={"grade": false, "grade_id": "memory_of_an_optimizer_prompt", "locked": true, "schema_version": 3, "solution": false, "task": false}
r"""
## 7.13 Question: what does an optimizer cost?

A language model has $7 \cdot 10^9$ parameters in `float32`. A gigabyte is $10^9$ bytes. Leave
activations aside. Count, and explain:

1. How many gigabytes do the parameters take, and how many more their gradients?
2. How many gigabytes does Adam's own memory take, and how many that of plain SGD?
3. Our optimizers lay all parameters side by side and, before each step, copy the gradients side by
   side too, so that one call serves all. When is that worth its cost, and when not?
4. A run is stopped after 1,000 steps and goes on from the stored parameters, with a new Adam.
   Name what goes wrong in the first steps.
"""

# %% [markdown] nbgrader={"grade": true, "grade_id": "memory_of_an_optimizer", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
r"""
### BEGIN SOLUTION
1. 28 GB for the parameters at 4 bytes each, and 28 GB more for the gradients.
2. Adam keeps two numbers for each parameter: 56 GB. Plain SGD keeps none, so 0 GB.
3. With many small parameters each call into NumPy costs more than its arithmetic, and one call for
   all saves most of the time. With large ones arithmetic and memory take the time, and the copy
   costs another 28 GB here and a pass over it.
4. Both means begin at zero again and the count at 1: the first step has the full learning rate
   for every weight, whatever its gradient, with neither momentum nor a known size to scale it.

Rubric, one point each:
- 28 GB for the parameters and 28 GB for the gradients
- 56 GB for Adam: two numbers for each parameter
- nothing for plain SGD
- many small parameters: the cost of calls dominates, one call for all saves it
- large parameters: the copy costs memory (28 GB) or another pass over it
- the means and the count are lost, so the first steps have about full length for every weight
### END SOLUTION
"""

# %% [markdown]
r"""
## 7.14 For those who want more

**Side by side.** For a small network the arithmetic is nothing, and each call into NumPy costs about
half a microsecond, whether it works on 3 numbers or on 300. So `Block` moves all parameters of one
dtype into one long array and makes every `.data` a *view* of its part: a step is one call of the rule,
however many layers there are. The next cell measures what that saves.
"""

# %%
parameters = [Tensor(np.ones(shape, np.float32)) for shape in ((32, 32), (32,)) * 20]
for parameter in parameters:
    parameter.grad = np.ones(parameter.shape, np.float32)
alone = [Adam([parameter]) for parameter in parameters]
one_by_one = min(timeit.repeat(lambda: [each.step() for each in alone], number=4))
together = min(timeit.repeat(Adam(parameters).step, number=4))
print(f"40 parameters one by one take {one_by_one / together:.0f} times as long as side by side")

# %% [markdown]
r"""
It has a price. An array that you took from `.data` before you made the optimizer goes stale,
and one taken after changes with every step: copy what you want to keep. If somebody sets
`.data` to another array, the next step notices and takes the new values in.

**Own steps.** A parameter without a gradient is left out of a step and does not grow older by it: Adam
counts the steps of each parameter that it really took.

**A memory that can be stored.** Whoever stops a run and goes on tomorrow must store the optimizer's
memory as well. `state_dict` gives copies under flat names, ready for an `.npz` file, and `load_state_dict`
takes them back.

**PyTorch** has the same under `torch.optim`: `SGD`, `RMSprop`, `Adam`, `AdamW`, and in
`lr_scheduler` `StepLR` and `CosineAnnealingLR`. Ours take the same steps, up to rounding.

## 7.15 Summary

Descent follows the gradient; momentum adds up what gradients agree on, and RMSProp and Adam
give each weight a step of its own, by the usual size of its gradient. Weight decay, a schedule
and clipping act around the rule: on the weights, on the rate, and on the gradient. All of it
happens in place, in arrays that outlive the step.
"""

# %%
tt.summary()

# %%
# Save first (Ctrl+S): this checks the saved notebook as grading does, and exports your own module.
tt.export()
