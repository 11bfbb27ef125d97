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

# %%
#| export
import math
from collections.abc import Callable, Iterable, Mapping
from numbers import Real

import numpy as np

from tinytorch.core.tensor import Tensor

# %%
from tinytorch import figures
from tinytorch.core.autograd import backward, no_grad
from tinytorch.core.activations import ReLU
from tinytorch.core.layers import Linear, Sequential
from tinytorch.core.losses import CrossEntropyLoss
from tinytorch.testing import assert_close, assert_raises

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

First write that plain step:

$$ w \leftarrow w - \text{lr} \cdot g $$

Weights fill most of the memory that training needs, so we change them **in place**: the caller's
array holds the new values afterwards, and no new one is made. Every rule of this lesson works
so. It gets a working copy of the gradients, which it may overwrite.
"""

# %% nbgrader={"grade": false, "grade_id": "descend", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    grads *= lr
    values -= grads
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_descend_steps_downhill", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_descend_steps_downhill():
    """Each weight moves against its gradient, by lr times its size."""
    values = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    old, grads = values.copy(), np.array([[10.0, -20.0, 0.0], [1.0, 2.0, -3.0]])
    descend(values, grads.copy(), 0.1)
    suspects = {
        "If you wrote values = ..., only the local name changed: write into the array.": old,
        "If you add the gradient, you climb.": old + 0.1 * grads,
        "If lr is left out, every step is far too long.": old - grads,
        "If only the sign counts, steep and flat weights take the same step.": old - 0.1 * np.sign(grads),
        "If you divide by the gradient's length, the step no longer shrinks near the bottom.": old
        - 0.1 * grads / np.sqrt(np.sum(grads**2)),
        "If the gradient shrinks the weights, you multiplied where the rule subtracts.": old * (1 - 0.1 * grads),
    }
    expected = np.array([[0.0, 4.0, 3.0], [3.9, 4.8, 6.3]])
    assert_close(values, expected, suspects=suspects, name="the weights after a step")
    ### BEGIN HIDDEN TESTS
    rng = np.random.default_rng(1)
    old, grads = rng.standard_normal((2, 4, 3)), rng.standard_normal((2, 4, 3))
    values = old.copy()
    descend(values, grads.copy(), 0.3)
    slow = np.zeros((2, 4, 3))
    for index in np.ndindex(2, 4, 3):
        slow[index] = old[index] - 0.3 * grads[index]
    assert_close(values, slow, "If shapes matter to your rule, go element by element.")
    ### END HIDDEN TESTS


test_descend_steps_downhill()

# %% nbgrader={"grade": true, "grade_id": "test_descend_follows_a_slope", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_descend_follows_a_slope():
    """Three steps on the square: 8, 6, 4.5, 3.375. In float32 as well."""
    for dtype in (np.float64, np.float32):
        x = np.full((1,), 8.0, dtype)
        for _ in range(3):
            descend(x, 2 * x, 0.125)
        hint = "If one step is right and three are not, the new values do not reach the caller."
        suspects = {
            "If you wrote values = ..., only the local name changed: write into the array.": np.array([8.0]),
            "If you add the gradient, you climb.": np.array([15.625]),
        }
        assert_close(x, np.array([3.375], dtype), hint, dtype=dtype, suspects=suspects)
    ### BEGIN HIDDEN TESTS
    x = np.array([5.0, -7.0])
    descend(x, np.array([3.0, 4.0]), 0.0)
    assert_close(x, np.array([5.0, -7.0]), "If lr is 0, nothing moves.", name="weights after lr = 0")
    ### END HIDDEN TESTS


test_descend_follows_a_slope()

# %% [markdown]
r"""
## 7.2 Velocity

Across the valley the gradients point left, right, left, right; along it they all agree. So
remember them. A *velocity* keeps a share of itself and adds each new gradient:

$$ v \leftarrow \mu v + g, \qquad w \leftarrow w - \text{lr} \cdot v $$

With $\mu = 0.9$, gradients that agree add up to $1 + 0.9 + 0.81 + \dots = 10$ times one of them,
and those that alternate nearly cancel. Picture a heavy ball: the walls no longer turn it round.

A ball also overshoots. *Nesterov's* momentum looks ahead: by the next step the velocity will
carry $w$ on by another $\mu v$, so that part is counted in at once, with the newest $v$:

$$ w \leftarrow w - \text{lr} \cdot (g + \mu v) $$
"""

# %% nbgrader={"grade": false, "grade_id": "momentum_step", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    velocity *= momentum
    velocity += grads
    if nesterov:
        np.multiply(velocity, momentum, out=buffer)
        grads += buffer
        grads *= lr
    else:
        np.multiply(velocity, lr, out=grads)
    values -= grads
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_momentum_step_gathers_speed", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_momentum_step_gathers_speed():
    """Three steps with momentum 0.8: the third has a gradient of zero and another lr."""
    values, velocity, buffer = np.array([1.0, 2.0, 3.0]), np.zeros(3), np.zeros(3)
    steps = (([1.0, -2.0, 4.0], 0.1), ([2.0, 0.0, -4.0], 0.1), ([0.0, 0.0, 0.0], 0.2))
    for grads, lr in steps:
        momentum_step(values, np.array(grads), velocity, buffer, lr, 0.8)
    start, path = np.array([1.0, 2.0, 3.0]), np.array([0.828, -0.616, 0.192])
    suspects = {
        "If the velocity is forgotten between steps, write into the array you were given.": np.array([0.7, 2.2, 3.0]),
        "If you wrote values = ..., only the local name changed: write into the array.": start,
        "If the new gradient is weighted by 1 - momentum, the velocity is an average.": start - 0.2 * path,
        "If momentum shrinks the new gradient too, add it after you multiply.": start - 0.8 * path,
        "If lr is inside the velocity, a new lr no longer scales the speed gathered before.": np.array([0.396, 2.488, 2.744]),
        "If you add the velocity, you climb.": start + path,
        "If you look ahead unasked, every step is Nesterov's.": np.array([0.0376, 2.6928, 2.8464]),
    }
    assert_close(values, start - path, suspects=suspects, name="the weights after three steps")
    ### BEGIN HIDDEN TESTS
    rng = np.random.default_rng(2)
    values, velocity, buffer = rng.standard_normal((2, 3)), np.zeros((2, 3)), np.ones((2, 3))
    slow, speed = values.copy(), np.zeros((2, 3))
    for k in range(5):
        grads = rng.standard_normal((2, 3))
        momentum_step(values, grads.copy(), velocity, buffer, 0.1 + k, 0.9)
        for index in np.ndindex(2, 3):
            speed[index] = 0.9 * speed[index] + grads[index]
            slow[index] -= (0.1 + k) * speed[index]
    assert_close(values, slow, "If the velocity is forgotten between steps, write into the array you were given.")
    ### END HIDDEN TESTS


test_momentum_step_gathers_speed()

# %% nbgrader={"grade": true, "grade_id": "test_momentum_step_looks_ahead", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_momentum_step_looks_ahead():
    """Nesterov's step is that of the gradient and of the new velocity, times momentum."""
    values, velocity, buffer = np.array([1.0, 2.0, 3.0]), np.zeros(3), np.zeros(3)
    for grads, lr in (([1.0, -2.0, 4.0], 0.1), ([2.0, 0.0, -4.0], 0.1), ([0.0, 0.0, 0.0], 0.2)):
        momentum_step(values, np.array(grads), velocity, buffer, lr, 0.8, nesterov=True)
    start, path = np.array([1.0, 2.0, 3.0]), np.array([0.9624, -0.6928, 0.1536])
    plain = np.array([0.828, -0.616, 0.192])
    suspects = {
        "If nesterov changes nothing, you ignored it, or looked ahead with the old velocity.": start - plain,
        "If the gradient's own part is missing, momentum times velocity is only half of the step.": start - 0.8 * plain,
        "If the velocity is not multiplied by momentum, you look too far ahead.": start - np.array([1.128, -0.816, 0.192]),
        "If what you look ahead with is kept as the velocity, it is counted again next time.": np.array([-0.263456, 2.885312, 2.870976]),
        "If the velocity is forgotten between steps, write into the array you were given.": np.array([0.46, 2.36, 3.0]),
        "If you wrote values = ..., only the local name changed: write into the array.": start,
        "If you add the velocity, you climb.": start + path,
    }
    assert_close(values, start - path, suspects=suspects, name="the weights after three steps")
    ### BEGIN HIDDEN TESTS
    rng = np.random.default_rng(3)
    values, velocity, buffer = rng.standard_normal((4, 2)), np.zeros((4, 2)), np.ones((4, 2))
    slow, speed = values.copy(), np.zeros((4, 2))
    for _ in range(4):
        grads = rng.standard_normal((4, 2))
        momentum_step(values, grads.copy(), velocity, buffer, 0.05, 0.5, nesterov=True)
        for index in np.ndindex(4, 2):
            speed[index] = 0.5 * speed[index] + grads[index]
            slow[index] -= 0.05 * (grads[index] + 0.5 * speed[index])
    assert_close(values, slow, "If the first step is right only, mind which velocity is kept.")
    ### END HIDDEN TESTS


test_momentum_step_looks_ahead()

# %%
def steps_needed(move, start=(10.0, 1.0), target=1e-6):
    """How many steps `move(point, gradient)` takes down the ravine until the loss is tiny."""
    point, count = np.array(start), 0
    while ravine(point) >= target and count < 2000:  # a rule that never arrives ends as well
        move(point, ravine_gradient(point))
        count += 1
    return count


velocity, ahead, buffer = np.zeros(2), np.zeros(2), np.zeros(2)
print("plain   ", steps_needed(lambda w, g: descend(w, g, 0.075)))
print("momentum", steps_needed(lambda w, g: momentum_step(w, g, velocity, buffer, 0.095, 0.5)))
print("Nesterov", steps_needed(lambda w, g: momentum_step(w, g, ahead, buffer, 0.02, 0.8, True)))

# %% [markdown]
r"""
Each had the learning rate that suits it. Both kinds of momentum need less than a quarter of
the steps, and they pay for it with one more array.

## 7.3 From a rule to an optimizer

A rule knows plain arrays. A network has a list of parameters, each a `Tensor` with `.data` and
`.grad`. Somebody must walk over that list, and the walk is where the time goes: for a small
network the arithmetic is nothing, and each call into NumPy costs about half a microsecond,
whether it adds 3 numbers or 300.

So the optimizer first moves all parameters of one dtype side by side into one long array, and
makes every `.data` a *view* of its part. Now a step is one call of the rule, however many
layers there are.

It has a price. An array that you took from `.data` before you made the optimizer goes stale,
and one taken after changes with every step: copy what you want to keep. If somebody sets
`.data` to another array, the next step notices and takes the new values in.
"""

# %%
#| export
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

# %% [markdown]
r"""
The arguments are checked once, when an optimizer is made: a negative learning rate climbs
without complaint, and a parameter listed twice would be changed twice.
"""

# %%
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

# %% [markdown]
r"""
An optimizer has a memory, such as the velocity. Whoever stops a run and goes on tomorrow must
store it as well: `state` gives copies under flat names, ready for an `.npz` file, and
`load_state` takes them back.
"""

# %%
#| export
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

# %% [markdown]
r"""
Now the walk. `step` gathers all gradients, then calls `update` once for all, or part by part
where some have no gradient. `zero_grad` forgets the gradients, because the next ones would be
added to them.
"""

# %%
#| export
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

# %% [markdown]
r"""
An optimizer of our own is now a constructor and an `update`. This one uses your two rules;
`add_decay` you write in section 7.6, and it is not called unless asked for.
"""

# %%
#| export
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

# %%
w = Tensor([10.0, 1.0])
optimizer = SGD([w], lr=0.075, momentum=0.7)
for _ in range(3):
    w.grad = ravine_gradient(w.data)
    optimizer.step()
    print(f"after step {optimizer.steps}: {w.data}, velocity {optimizer.state()['velocity.0']}")

# %% [markdown]
r"""
## 7.4 A step size for each weight

Momentum still has one step size for all. *RMSProp* gives each weight its own: it divides the
gradient by its usual size. The usual size is the root of an average of squares, in which older
ones count less and less:

$$ s \leftarrow \alpha s + (1 - \alpha)\, g^2, \qquad g \leftarrow \frac{g}{\sqrt{s} + \varepsilon} $$

A weight whose gradients are always about 1000 and one whose gradients are always about 0.001
then take steps of the same length. $\varepsilon$ stands **outside** the root and is tiny: it is
there for weights whose gradient was always zero, where 0/0 would give NaN.
"""

# %% nbgrader={"grade": false, "grade_id": "rms_scale", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    np.multiply(grads, grads, out=buffer)
    buffer -= squares
    buffer *= 1 - alpha
    squares += buffer  # squares + (1 - alpha) * (grads^2 - squares): the mean moves a little
    np.sqrt(squares, out=buffer)
    buffer += eps
    grads /= buffer
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_rms_scale_divides_by_the_root", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_rms_scale_divides_by_the_root():
    """The first step, with an eps so large that one sees where it stands."""
    grads, squares = np.array([4.0, -2.0, 0.0]), np.zeros(3)
    rms_scale(grads, squares, np.ones(3), 0.75, 0.5)
    old = np.array([4.0, -2.0, 0.0])
    suspects = {
        "If you wrote grads = ..., only the local name changed: write into the array.": old,
        "If eps is under the root, its own root is added.": old / np.sqrt([4.5, 1.5, 0.5]),
        "If you forget the root, the gradient's size turns into its inverse.": old / np.array([4.5, 1.5, 0.5]),
        "If you divide by the old mean, take this gradient in first.": old / 0.5,
        "If alpha and 1 - alpha change places, the mean forgets almost at once.": old
        / (np.sqrt([12.0, 3.0, 0.0]) + 0.5),
        "If squares are only added up, steps shrink for ever: it is a mean.": old / (np.abs(old) + 0.5),
        "If eps is left out, a weight without gradients becomes NaN.": np.array([2.0, -2.0, np.nan]),
        "If you average sizes, no squares, large gradients count for too little.": old / (0.25 * np.abs(old) + 0.5),
    }
    expected = np.array([1.6, -2 / 1.5, 0.0])
    assert_close(grads, expected, suspects=suspects, name="the divided gradient")
    ### BEGIN HIDDEN TESTS
    for dtype in (np.float32, np.float64):
        grads = np.array([[1000.0, 0.001], [-5.0, 0.0], [2.0, -1e-6]], dtype)
        rms_scale(grads, np.zeros((3, 2), dtype), np.ones((3, 2), dtype), 0.99, 1e-12)
        hint = "If you divide by the size of the whole gradient, each weight has its own."
        assert_close(grads, np.array([[10.0, 10.0], [-10.0, 0.0], [10.0, -10.0]], dtype), hint, dtype=dtype, rtol=1e-4)
    ### END HIDDEN TESTS


test_rms_scale_divides_by_the_root()

# %% nbgrader={"grade": true, "grade_id": "test_rms_scale_remembers", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_rms_scale_remembers():
    """The second step divides by a mean of both gradients' squares."""
    squares = np.zeros(3)
    rms_scale(np.array([4.0, -2.0, 0.0]), squares, np.zeros(3), 0.75, 0.5)
    grads = np.array([-2.0, 2.0, 1.0])
    rms_scale(grads, squares, np.ones(3), 0.75, 0.5)
    old = np.array([-2.0, 2.0, 1.0])
    suspects = {
        "If the squares are forgotten between steps, write into the array you were given.": old
        / (np.sqrt([1.0, 1.0, 0.25]) + 0.5),
        "If squares are only added up, steps shrink for ever: it is a mean.": old / (np.sqrt([20.0, 8.0, 1.0]) + 0.5),
        "If you divide by the old mean, take this gradient in first.": old / (np.sqrt([4.0, 1.0, 0.0]) + 0.5),
        "If alpha and 1 - alpha change places, the mean forgets almost at once.": old
        / (np.sqrt([6.0, 3.75, 0.75]) + 0.5),
    }
    expected = np.array([-0.8, 2 / (np.sqrt(1.75) + 0.5), 1.0])
    assert_close(grads, expected, suspects=suspects, name="the second divided gradient")
    ### BEGIN HIDDEN TESTS
    rng = np.random.default_rng(4)
    squares, slow = np.zeros((2, 3)), np.zeros((2, 3))
    for _ in range(5):
        old = rng.standard_normal((2, 3))
        grads, expected = old.copy(), np.zeros((2, 3))
        rms_scale(grads, squares, np.ones((2, 3)), 0.9, 0.01)
        for index in np.ndindex(2, 3):
            slow[index] = 0.9 * slow[index] + 0.1 * old[index] ** 2
            expected[index] = old[index] / (slow[index] ** 0.5 + 0.01)
        assert_close(grads, expected, "If the squares are forgotten between steps, write into the array you were given.")
    ### END HIDDEN TESTS


test_rms_scale_remembers()

# %%
#| export
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

# %% [markdown]
r"""
Two weights, gradients of 1000 and 0.001, and lr = 0.01. Both should move by about 0.01. Look at
the first steps.
"""

# %%
w = Tensor(np.array([0.0, 0.0]))
optimizer, before = RMSProp([w], lr=0.01), np.zeros(2)
for step in range(1, 301):
    w.grad = np.array([1000.0, 0.001])
    optimizer.step()
    if step in (1, 2, 10, 100, 300):
        print(f"step {step:3}: moved by {before - w.data}")
    before = w.data.copy()

# %% [markdown]
r"""
Both move alike, but the first step is ten times too long: 0.1, where the learning rate says
0.01. The mean began at zero, and one step in it holds only one hundredth of the first square.
It takes hundreds of steps until nothing of that false zero is left.

## 7.5 Adam

Nobody measured those zeros, so they should not count. A mean is a sum, divided by the weights
of what was summed. If each step multiplies the sum by $\beta$ and adds the newest gradient, then
the newest weighs 1, the one before $\beta$, the one before that $\beta^2$. After $t$ steps the
weights add up to

$$ 1 + \beta + \dots + \beta^{t-1} = \frac{1 - \beta^t}{1 - \beta} $$

Dividing by that gives a mean of what was seen and of nothing else, from the first step on.
"""

# %% nbgrader={"grade": false, "grade_id": "sum_of_weights", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def sum_of_weights(beta: float, count: int) -> float:
    """The sum of the weights 1, beta, beta^2, ... of `count` numbers.

    Args:
        beta: how much less each older number weighs, 0 <= beta < 1.
        count: how many numbers, at least 1.

    Example:
        >>> sum_of_weights(0.5, 3)
        1.75
    """
    ### BEGIN SOLUTION
    return (1 - beta**count) / (1 - beta)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_sum_of_weights", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_sum_of_weights():
    """1 + 0.2 + 0.04 for three numbers; one number weighs 1."""
    suspects = {
        "If you return 1 - beta^count, divide it by 1 - beta.": 0.992,
        "If you return 1 / (1 - beta), you add up for ever.": 1.25,
        "If the power is one too high, count from 0.": 1.248,
        "If the power is one too low, the oldest number is lost.": 1.2,
        "If the newest number weighs beta, every weight is one power too high.": 0.248,
        "If you return the weight of one number, add them all.": 0.04,
    }
    assert_close(lambda: sum_of_weights(0.2, 3), 1.24, suspects=suspects, name="sum_of_weights(0.2, 3)")
    hint = "If one number does not weigh 1, the first step is biased."
    assert_close(lambda: sum_of_weights(0.9, 1), 1.0, hint, name="sum_of_weights(0.9, 1)")
    ### BEGIN HIDDEN TESTS
    for beta, count in ((0.9, 2), (0.999, 7), (0.5, 30), (0.99, 1000)):
        slow = 0.0
        for age in range(count):
            slow += beta**age
        assert_close(sum_of_weights(beta, count), slow, name=f"sum_of_weights({beta}, {count})")
    assert_close(lambda: sum_of_weights(0.0, 4), 1.0, "If beta is 0, only the newest number counts.")
    ### END HIDDEN TESTS


test_sum_of_weights()

# %% [markdown]
r"""
*Adam* puts both ideas together: a mean $\hat m$ of the gradients in place of momentum, and a mean
$\hat s$ of their squares as in RMSProp, both without the false zeros:

$$ w \leftarrow w - \text{lr} \cdot \frac{\hat m}{\sqrt{\hat s} + \varepsilon} $$

Books write the same with $m \leftarrow \beta_1 m + (1 - \beta_1) g$ and then
$\hat m = m / (1 - \beta_1^t)$. Multiply both by $1/(1 - \beta_1)$, and you have our sum and its weights.

What is the first step? $\hat m = g$ and $\hat s = g^2$, so it is $g / |g|$ times lr: the learning
rate itself, up or down, whatever the gradient's size.
"""

# %% nbgrader={"grade": false, "grade_id": "adam_step", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
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
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_adam_step_begins_with_lr", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_adam_step_begins_with_lr():
    """The first step is lr against the sign of the gradient, however large or small that is."""
    values, start = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0])
    adam_step(values, np.array([1000.0, -0.001, 2.0]), np.zeros(3), np.zeros(3), 1, 0.1, (0.9, 0.999), 0.0)
    way = np.array([0.1, -0.1, 0.1])
    suspects = {
        "If you wrote values = ..., only the local name changed: write into the array.": start,
        "If neither mean is corrected, the first step is 3.16 times lr.": start - way * 0.1 / np.sqrt(0.001),
        "If the mean of gradients is not corrected, the first step is a tenth of lr.": start - way * 0.1,
        "If the mean of squares is not corrected, the first step is 31.6 times lr.": start - way / np.sqrt(0.001),
        "If you correct after the root, the correction needs a root too.": start - way * np.sqrt(0.001),
        "If you square the gradients before you add them to the first mean, their sign is lost.": start
        - 0.1 * np.array([1000.0, 0.001, 2.0]),
        "If you forget the root, large gradients take small steps.": start - 0.1 / np.array([1000.0, -0.001, 2.0]),
        "If you add the step, you climb.": start + way,
        "If the count starts at 0, the first weight is zero.": np.full(3, np.nan),
    }
    assert_close(values, start - way, suspects=suspects, name="the weights after one step")
    ### BEGIN HIDDEN TESTS
    values = np.zeros((2, 2), np.float32)
    zeros = np.zeros((2, 2), np.float32), np.zeros((2, 2), np.float32)
    adam_step(values, np.array([[7e-4, -3e3], [0.5, -2.0]], np.float32), *zeros, 1, 0.01, (0.5, 0.9), 1e-10)
    assert_close(values, np.float32([[-0.01, 0.01], [-0.01, 0.01]]), "If sizes show, divide by the root of squares.")
    ### END HIDDEN TESTS


test_adam_step_begins_with_lr()

# %% nbgrader={"grade": true, "grade_id": "test_adam_step_goes_on", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_adam_step_goes_on():
    """Four steps against the definition: means by weights that add up to 1."""
    history = np.array([[3.0, -1.0], [-2.0, 0.5], [4.0, -3.0], [1.0, 2.0]])

    def path(beta1, beta2, corrected=True, late=0, forgets=False):
        position = np.array([1.0, -1.0])
        for t in range(1, 5):
            weights = np.array([[beta1], [beta2]]) ** np.arange(t)[::-1]
            if forgets:
                weights[:, :-1] = 0.0
            betas = np.array([beta1, beta2])
            weights *= ((1 - betas) / ((1 - betas ** (t + late)) if corrected else 1.0))[:, None]
            position -= 0.1 * weights[0] @ history[:t] / np.sqrt(weights[1] @ history[:t] ** 2)
        return position

    def moved():
        values, first, second = np.array([1.0, -1.0]), np.zeros(2), np.zeros(2)
        for t in range(4):
            adam_step(values, history[t].copy(), first, second, t + 1, 0.1, (0.6, 0.8), 0.0)
        return values

    suspects = {
        "If the two betas change places, betas[0] belongs to the gradients.": path(0.8, 0.6),
        "If neither mean is corrected, the zeros from before count.": path(0.6, 0.8, corrected=False),
        "If the count starts at 2, the correction is one step late.": path(0.6, 0.8, late=1),
        "If sums are forgotten between steps, write into the arrays you were given.": path(0.6, 0.8, forgets=True),
    }
    hint = "If the first step is right only, look at what is kept and at the weights of the older."
    assert_close(moved, path(0.6, 0.8), hint, suspects=suspects, name="the weights after four steps")
    ### BEGIN HIDDEN TESTS
    rng = np.random.default_rng(5)
    values, first, second = rng.standard_normal((2, 3)), np.zeros((2, 3)), np.zeros((2, 3))
    slow, m, s = values.copy(), np.zeros((2, 3)), np.zeros((2, 3))
    for t in range(1, 7):
        grads = rng.standard_normal((2, 3))
        adam_step(values, grads.copy(), first, second, t, 0.01 * t, (0.9, 0.99), 1e-8)
        for index in np.ndindex(2, 3):
            m[index] = 0.9 * m[index] + 0.1 * grads[index]
            s[index] = 0.99 * s[index] + 0.01 * grads[index] ** 2
            mean, square = m[index] / (1 - 0.9**t), s[index] / (1 - 0.99**t)
            slow[index] -= 0.01 * t * mean / (square**0.5 + 1e-8)
        assert_close(values, slow, hint, name=f"the weights after {t} steps")
    ### END HIDDEN TESTS


test_adam_step_goes_on()

# %% nbgrader={"grade": true, "grade_id": "test_adam_step_with_eps", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_adam_step_with_eps():
    """eps is added to the corrected root: a weight without gradients stays, and nothing is NaN."""
    values, first, second = np.array([1.0, 2.0, 3.0]), np.zeros(3), np.zeros(3)
    adam_step(values, np.array([3.0, -1.0, 0.0]), first, second, 1, 0.1, (0.5, 0.75), 1.0)
    start, grads = np.array([1.0, 2.0, 3.0]), np.array([3.0, -1.0, 0.0])
    suspects = {
        "If eps is under the root, its own root is added.": start - 0.1 * grads / np.sqrt(grads**2 + 1),
        "If eps meets a root that is not corrected yet, scale it like the root.": start
        - 0.1 * grads / (np.abs(grads) + 2.0),
        "If eps meets the root of a sum, it weighs too little: scale it like the root.": start
        - 0.1 * grads / (np.abs(grads) + 1.0),
        "If eps is left out, a weight without gradients becomes NaN.": np.array([0.9, 2.1, np.nan]),
    }
    expected = np.array([1 - 0.3 / 4, 2 + 0.1 / 2, 3.0])
    assert_close(values, expected, suspects=suspects, name="the weights after one step with eps = 1")
    adam_step(values, np.array([3.0, -1.0, 0.0]), first, second, 2, 0.1, (0.5, 0.75), 1.0)
    expected = np.array([1 - 0.6 / 4, 2 + 0.2 / 2, 3.0])
    suspects = {
        "If eps meets the root of a sum, it weighs too little: scale it like the root.": np.array(
            [0.925 - 0.3 / (3 + 1 / np.sqrt(1.75)), 2.05 + 0.1 / (1 + 1 / np.sqrt(1.75)), 3.0]),
    }
    assert_close(values, expected, suspects=suspects, name="the weights after two equal steps")
    ### BEGIN HIDDEN TESTS
    values, first, second = np.zeros(2), np.zeros(2), np.zeros(2)
    adam_step(values, np.array([0.0, 1e-8]), first, second, 1, 0.5, (0.9, 0.999), 1e-8)
    assert_close(values, np.array([0.0, -0.25]), "If eps is scaled, an eps as large as the gradient must halve the step.")
    ### END HIDDEN TESTS


test_adam_step_with_eps()

# %%
#| export
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

# %%
w = Tensor(np.array([0.0, 0.0]))
optimizer, before = Adam([w], lr=0.01), np.zeros(2)
for step in range(1, 301):
    w.grad = np.array([1000.0, 0.001])
    optimizer.step()
    if step in (1, 2, 10, 100, 300):
        print(f"step {step:3}: moved by {before - w.data}")
    before = w.data.copy()

# %% [markdown]
r"""
The same run as above, and every step is 0.01 from the start. A learning rate of Adam has a
plain meaning: about how far a weight may move in one step.

## 7.6 Weights that shrink

Large weights make a network too sure of itself. *Weight decay* pulls each of them towards zero.
The older way adds a penalty $\tfrac{\lambda}{2} w^2$ to the loss, whose gradient is $\lambda w$. So
the gradient becomes $g + \lambda w$, and everything else stays. This is called *coupled*.
"""

# %% nbgrader={"grade": false, "grade_id": "add_decay", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    np.multiply(values, weight_decay, out=buffer)
    grads += buffer
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_add_decay", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
def test_add_decay():
    """Each gradient grows by weight_decay times its weight; the weights stay."""
    grads, values = np.array([[1.0, -2.0, 0.5]]), np.array([[4.0, 6.0, -8.0]])
    add_decay(grads, values, np.ones((1, 3)), 0.25)
    old = np.array([[1.0, -2.0, 0.5]])
    suspects = {
        "If you wrote grads = ..., only the local name changed: write into the array.": old,
        "If you subtract, descent makes the weights grow.": np.array([[0.0, -3.5, 2.5]]),
        "If weight_decay is left out, the pull has no strength.": np.array([[5.0, 4.0, -7.5]]),
        "If every weight is pulled alike, you took the sign: the square's slope is its weight.": old
        + 0.25 * np.array([[1.0, 1.0, -1.0]]),
        "If the gradient is multiplied, a weight without gradient never decays.": 1.25 * old,
        "If the pull is 2 * weight_decay * values, mind the half in the penalty.": np.array([[3.0, 1.0, -3.5]]),
    }
    expected = np.array([[2.0, -0.5, -1.5]])
    assert_close(grads, expected, suspects=suspects, name="the gradient with decay")
    hint = "If the weights change here, they decay twice: only the gradients do."
    assert_close(values, np.array([[4.0, 6.0, -8.0]]), hint, name="the weights")
    ### BEGIN HIDDEN TESTS
    rng = np.random.default_rng(6)
    grads, values = rng.standard_normal((3, 2)), rng.standard_normal((3, 2))
    slow = np.zeros((3, 2))
    for index in np.ndindex(3, 2):
        slow[index] = grads[index] + 0.1 * values[index]
    add_decay(grads, values, np.ones((3, 2)), 0.1)
    assert_close(grads, slow, "If the buffer's old content shows, overwrite it.")
    ### END HIDDEN TESTS


test_add_decay()

# %% [markdown]
r"""
With Adam the coupled way backfires. Whatever is in the gradient is divided by the gradient's
usual size, the pull too: a weight with large gradients hardly decays, and one with none decays
by the full learning rate. *Decoupled* decay, the W in AdamW, leaves the gradient alone and
shrinks the weights themselves, all by the same share:

$$ w \leftarrow w \cdot (1 - \text{lr} \cdot \lambda) $$
"""

# %% nbgrader={"grade": false, "grade_id": "shrink", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    values *= 1 - lr * weight_decay
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_shrink", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_shrink():
    """Every weight loses the same share."""
    values = np.array([[8.0], [-4.0], [0.0]])
    shrink(values, 0.5, 0.25)
    old = np.array([[8.0], [-4.0], [0.0]])
    suspects = {
        "If you wrote values = ..., only the local name changed: write into the array.": old,
        "If lr is left out, the decay ignores the schedule.": 0.75 * old,
        "If the share itself is kept, subtract it from 1.": 0.125 * old,
        "If every weight loses the same amount, take a share of each.": old - 0.125,
        "If weights grow, mind the sign.": 1.125 * old,
        "If you divide by 1 + the share, it is nearly the same, yet not the same.": old / 1.125,
    }
    assert_close(values, np.array([[7.0], [-3.5], [0.0]]), suspects=suspects, name="the shrunk weights")
    ### BEGIN HIDDEN TESTS
    values = np.array([1.0, -2.0, 30.0], np.float32)
    shrink(values, 0.1, 0.1)
    assert_close(values, np.float32([0.99, -1.98, 29.7]), dtype=np.float32)
    shrink(values, 0.1, 0.0)
    assert_close(values, np.float32([0.99, -1.98, 29.7]), "If weight_decay is 0, nothing shrinks.")
    ### END HIDDEN TESTS


test_shrink()

# %%
#| export
class AdamW(Adam):
    """Adam with decoupled weight decay: the weights shrink by themselves, in proportion to lr.

    Args: as for `Adam`.
    """

    def __init__(self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def decay(self, values, grads, buffer):
        shrink(values, float(self.lr), self.weight_decay)

# %% [markdown]
r"""
Three weights begin at 1. Their gradients are noise of size 100, noise of size 0.01, and zero. No
direction is better than another, so whatever happens to their size is the work of the decay.
"""

# %%
rng = np.random.default_rng(0)
noise = rng.standard_normal((2000, 3)) * [100.0, 0.01, 0.0]
for kind in (Adam, AdamW):
    w = Tensor(np.ones(3))
    optimizer = kind([w], lr=0.001, weight_decay=0.1)
    for grad in noise:
        w.grad = grad
        optimizer.step()
    calm = kind([still := Tensor(np.ones(3))], lr=0.001, weight_decay=0.0)
    for grad in noise:
        still.grad = grad
        calm.step()
    print(f"{kind.__name__:5} decay took {still.data - w.data}")

# %% [markdown]
r"""
Coupled decay did next to nothing to the weight with large gradients, and emptied the other two.
Decoupled decay took about the same from all three: $(1 - 0.0001)^{2000} = 0.82$ is what is left.

## 7.7 Four paths down

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
figure, axes = figures.subplots(2, 4, width=9.6, height=5.0, sharex=True, sharey=True)
x, y = np.meshgrid(np.linspace(-4, 9.5, 150), np.linspace(-5, 9, 150))
for row, turn in zip(axes, (np.eye(2), np.array([[1, 1], [-1, 1]]) / np.sqrt(2)), strict=True):
    heights = ravine(np.tensordot(turn, np.stack([x, y]), 1))
    for axis, (name, make), color in zip(row, makers.items(), figures.PALETTE, strict=False):
        points = path_down(make, turn)
        axis.contour(x, y, heights, levels=[1, 5, 20, 60, 150, 400], colors="0.6", linewidths=0.7)
        axis.plot(*points.T, "o-", color=color, markersize=2.5, linewidth=1.2)
        axis.plot(0, 0, "k+", markersize=12)
        axis.set(title=f"{name}: loss {ravine(turn @ points[-1]):.1g}")
for axis in axes[:, 0]:
    axis.set_ylabel("second weight")
for axis in axes[-1]:
    axis.set_xlabel("first weight")
figure.suptitle("Only RMSProp and Adam notice which way the valley runs")
figures.show(figure, alt="Two rows of four paths over an elongated valley. SGD jumps between the walls, momentum swings, RMSProp and Adam turn towards the bottom; in the turned valley RMSProp stops short.")

# %% [markdown]
r"""
SGD and momentum take the same path in both valleys, only turned: the loss in the title is the
same. RMSProp and Adam do not. They have a step size for each *weight*, so they can stretch the
valley only along the axes. Where it runs askew, all weights are steep at once, and what is left
is a step of fixed length. That is the price of their convenience: they forgive a gradient's
scale, not its direction.

## 7.8 How fast, and when

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
axis.set(yscale="log", xlabel="step", ylabel="loss", title="Between too slow and too far there is little room")
axis.legend()
figures.show(figure, alt="Loss over 80 steps: lr 0.003 falls slowly, 0.06 falls fast, 0.081 falls and then grows.")

# %% [markdown]
r"""
The best rate is not the same all the way, either. Early on long steps pay off; near the bottom
they jump across it, and gradients of small batches are noisy besides. A *schedule* says which
rate each step has. Ours is a function from the number of steps taken so far to a rate, used as

`optimizer.lr = schedule(optimizer.steps)`

before each step. The simplest one multiplies the rate by a factor every so many steps.
"""

# %% nbgrader={"grade": false, "grade_id": "step_decay", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    if every < 1:
        raise ValueError(f"expected every >= 1, got {every}: say how many steps share one rate")
    return lambda step: lr * factor ** (step // every)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_step_decay", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_step_decay():
    """Three steps at 8, three at 2, three at 0.5."""
    rates = lambda: [step_decay(8.0, every=3, factor=0.25)(step) for step in range(9)]
    suspects = {
        "If you divide with /, the rate sinks at every step: whole periods count.": 8 * 0.25 ** (np.arange(9) / 3),
        "If the rate falls one step early, steps are counted from 0.": 8 * 0.25 ** ((np.arange(9) + 1) // 3),
        "If the factor works once only, it is a power of the periods.": np.array([8.0] * 3 + [2.0] * 6),
        "If you multiply by the number of periods, the first rate is 0.": 2.0 * (np.arange(9) // 3),
        "If you take the remainder, the rate comes back every period.": 8 * 0.25 ** (np.arange(9) % 3),
        "If the factor is divided by, the rate grows.": 8 * 4.0 ** (np.arange(9) // 3),
        "If you return a rate, return a function that gives it.": TypeError,
    }
    expected = np.array([8.0, 8, 8, 2, 2, 2, 0.5, 0.5, 0.5])
    assert_close(rates, expected, suspects=suspects, name="the rates of nine steps")
    ### BEGIN HIDDEN TESTS
    rate = 0.3
    schedule = step_decay(0.3, 4, 0.9)
    for step in range(40):
        if step and step % 4 == 0:
            rate *= 0.9
        assert_close(schedule(step), rate, "If it fails later only, count the periods.", name=f"rate of step {step}")
    assert_close(schedule(2), 0.3, "If a call changes the next one, the schedule has a memory.")
    ### END HIDDEN TESTS


test_step_decay()

# %% nbgrader={"grade": true, "grade_id": "test_step_decay_refuses_no_steps", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_step_decay_refuses_no_steps():
    """A period has at least one step."""
    hint = "If nothing is checked, a period of no steps surfaces as a division by zero, far away."
    assert_raises(ValueError, step_decay, 0.1, 0, 0.5, hint=hint, name="step_decay with every=0")
    assert_close(step_decay(0.5, 1, 0.5)(3), 0.0625, "If 1 is refused, the bound is one too high.")
    ### BEGIN HIDDEN TESTS
    assert_raises(ValueError, step_decay, 0.1, -3, 0.5, hint=hint, name="step_decay with every=-3")
    ### END HIDDEN TESTS


test_step_decay_refuses_no_steps()

# %% [markdown]
r"""
Today most networks are trained with another one. It *warms up*: the first gradients are those of
random weights, and means of squares that saw two batches are unreliable, so the rate grows in
even parts until it is whole. Then it follows half a cosine down to its minimum: slowly, faster,
slowly again. With $d$ the share of the way from the warm-up's end to the last step:

$$ \text{lr}_d = \text{lr}_{\min} + (\text{lr} - \text{lr}_{\min}) \, \frac{1 + \cos \pi d}{2} $$
"""

# %% nbgrader={"grade": false, "grade_id": "cosine_with_warmup", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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

# %% nbgrader={"grade": true, "grade_id": "test_cosine_with_warmup_grows", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_cosine_with_warmup_grows():
    """Four equal parts up to lr, of which the first is not zero."""
    rates = lambda: [cosine_with_warmup(2.0, 4, 10, 0.4)(step) for step in range(4)]
    suspects = {
        "If the first rate is 0, the first step is lost: four steps, four parts.": np.array([0.0, 0.5, 1.0, 1.5]),
        "If there is no warm-up, the first steps are the longest.": 0.4 + 0.8 * (1 + np.cos(np.pi * np.arange(4) / 10)),
        "If the warm-up starts at the minimum, it grows from zero in equal parts.": 0.4 + 1.6 * np.arange(1, 5) / 4,
        "If you return a rate, return a function that gives it.": TypeError,
    }
    expected = np.array([0.5, 1.0, 1.5, 2.0])
    hint = "If the parts are unequal, divide by the number of steps that warm up."
    assert_close(rates, expected, hint, suspects=suspects, name="the rates of the warm-up")
    ### BEGIN HIDDEN TESTS
    rates = lambda: [cosine_with_warmup(0.3, 3, 20)(step) for step in range(3)]
    assert_close(rates, np.array([0.1, 0.2, 0.3]), hint, name="a warm-up of three steps")
    hint = "If no warm-up fails, nothing may be divided by it."
    assert_close(lambda: cosine_with_warmup(0.3, 0, 20)(0), 0.3, hint, name="the first rate without warm-up")
    ### END HIDDEN TESTS


test_cosine_with_warmup_grows()

# %% nbgrader={"grade": true, "grade_id": "test_cosine_with_warmup_sinks", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_cosine_with_warmup_sinks():
    """From lr to the minimum, half-way at half the time, and no further."""
    rates = lambda: [cosine_with_warmup(2.0, 2, 8, 0.5)(step) for step in range(2, 13)]
    done = np.arange(11) / 6
    half = lambda share: (1 + np.cos(np.pi * share)) / 2
    clipped = np.minimum(done, 1.0)
    suspects = {
        "If it rises again after the end, the share must stop at 1.": 0.5 + 1.5 * half(done),
        "If the cosine begins at step 0, the warm-up eats its beginning.": 0.5
        + 1.5 * half(np.minimum(np.arange(2, 13) / 8, 1)),
        "If the cosine takes `total` steps after the warm-up, it ends late.": 0.5
        + 1.5 * half(np.minimum(np.arange(11) / 8, 1)),
        "If the minimum is added on top, the highest rate is too high.": 0.5 + 2.0 * half(clipped),
        "If the minimum is ignored, the last steps have no length.": 2.0 * half(clipped),
        "If it is a straight line, take the cosine.": 2.0 - 1.5 * clipped,
        "If it comes down twice as fast and up again, it is a whole cosine.": 0.5 + 1.5 * half(2 * clipped),
    }
    expected = 0.5 + 1.5 * half(clipped)
    assert_close(rates, expected, suspects=suspects, name="the rates after the warm-up")
    ### BEGIN HIDDEN TESTS
    schedule = cosine_with_warmup(1.0, 0, 4)
    assert_close(schedule(2), 0.5, "If half the time is not half the rate, look at the cosine.")
    assert_close(schedule(4), 0.0, name="the rate at the end", hint="If the end is missed, count from 0.")
    assert_close(schedule(100), 0.0, name="the rate long after", hint="If it rises again after the end, the share must stop at 1.")
    ### END HIDDEN TESTS


test_cosine_with_warmup_sinks()

# %% nbgrader={"grade": true, "grade_id": "test_cosine_with_warmup_refuses_nonsense", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_cosine_with_warmup_refuses_nonsense():
    """The warm-up ends before the schedule does."""
    hint = "If nothing is checked, a division by zero surfaces far away."
    assert_raises(ValueError, cosine_with_warmup, 0.1, 10, 10, hint=hint, name="warmup=10, total=10")
    ### BEGIN HIDDEN TESTS
    assert_raises(ValueError, cosine_with_warmup, 0.1, 11, 10, hint=hint, name="warmup=11, total=10")
    assert_raises(ValueError, cosine_with_warmup, 0.1, -1, 10, hint=hint, name="warmup=-1, total=10")
    ### END HIDDEN TESTS


test_cosine_with_warmup_refuses_nonsense()

# %%
figure, axis = figures.subplots()
steps = np.arange(100)
for name, schedule, style in (
    ("constant", lambda step: 0.1, ":"),
    ("step decay", step_decay(0.1, every=30, factor=0.4), "--"),
    ("cosine with warm-up", cosine_with_warmup(0.1, warmup=10, total=100), "-"),
):
    axis.plot(steps, [schedule(int(step)) for step in steps], style, label=name, linewidth=2)
axis.set(xlabel="step", ylabel="learning rate", title="Long steps early, short ones at the end")
axis.legend(loc="lower left")
figures.show(figure, alt="Three schedules over 100 steps: constant, falling in stairs, and up in 10 steps then down along a cosine.")

# %% [markdown]
r"""
## 7.9 Gradients that explode

Multiply a number by the same weight twenty times, as a deep network does with its layers. For
$f(w) = (w^{20} - 1)^2$ the slope is gentle at 0.9, and at 1.3 it is a cliff.
"""

# %%
cliff = lambda w: 2 * (w**20 - 1) * 20 * w**19
for w in (0.9, 1.1, 1.3):
    print(f"at {w}: slope {cliff(w):12.2f}, a step of lr = 0.01 lands at {w - 0.01 * cliff(w):10.2f}")

# %% [markdown]
r"""
One unlucky batch, one step, and all that was learned is gone. *Clipping* limits the length of
the whole gradient: the norm over all parameters together. If it is too long, every component is
multiplied by the same factor, so that the direction stays.

The sum of squares of a large gradient may overflow in float32, and just then clipping is
needed. So this helper takes its sum again in float64 if it must.
"""

# %%
#| export
def squared_norm(array: np.ndarray) -> float:
    """The sum of squares; in float64 where it would overflow otherwise."""
    flat = array.ravel()
    with np.errstate(over="ignore"):
        total = float(flat @ flat)
    return total if total < math.inf else float(np.einsum("i,i", flat, flat, dtype=np.float64))

# %% nbgrader={"grade": false, "grade_id": "clip_by_norm", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    max_norm = in_range("max_norm", max_norm)
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(map(squared_norm, grads)))
    if norm > max_norm:
        for grad in grads:
            grad *= max_norm / norm
    return norm
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_clip_by_norm_shortens_all_alike", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_clip_by_norm_shortens_all_alike():
    """Norms 3 and 4 and 12 make 13; a limit of 6.5 halves everything."""
    weights = Tensor(np.zeros((2, 2))), Tensor(np.zeros(3)), Tensor(np.zeros(1)), Tensor(np.zeros(2))
    weights[0].grad = np.array([[1.0, 2.0], [-2.0, 0.0]])
    weights[1].grad = np.array([0.0, -4.0, 0.0])
    weights[3].grad = np.array([7.2, 9.6])

    def clipped():
        norm = clip_by_norm(iter(weights), 6.5)
        return np.array([norm, *weights[0].grad.ravel(), *weights[1].grad, *weights[3].grad])

    whole = np.array([1.0, 2.0, -2.0, 0.0, 0.0, -4.0, 0.0, 7.2, 9.6])
    suspects = {
        "If each parameter is clipped by its own norm, the direction changes.": np.array([13, *whole[:7], 3.9, 5.2]),
        "If each component is cut off, the direction changes.": np.array([13, *np.clip(whole, -6.5, 6.5)]),
        "If norms are added up, squares must be.": np.array([19, *(whole * 6.5 / 19)]),
        "If you return the norm after clipping, nobody sees the explosion.": np.array([6.5, *(whole / 2)]),
        "If the root is missing, the norm is its own square.": np.array([169.0, *(whole * 6.5 / 169)]),
        "If a parameter has no gradient, leave it out.": TypeError,
        "If the gradients stay as long as they were, your factor never reached them.": np.array([13, *whole]),
    }
    hint = "If a parameter has no gradient, leave it out."
    expected = np.array([13.0, *(whole / 2)])
    assert_close(clipped, expected, hint, suspects=suspects, name="the norm, then the gradients", rtol=1e-5)
    ### BEGIN HIDDEN TESTS
    rng = np.random.default_rng(7)
    weights = [Tensor(np.zeros((3, 2), np.float32)), Tensor(np.zeros(4, np.float32))]
    olds = [rng.standard_normal(w.shape).astype(np.float32) for w in weights]
    total = 0.0
    for w, old in zip(weights, olds, strict=True):
        w.grad = old.copy()
        for component in old.ravel().tolist():
            total += component**2
    assert_close(lambda: clip_by_norm(weights, 0.5), total**0.5, rtol=1e-5, name="the norm")
    for w, old in zip(weights, olds, strict=True):
        assert_close(w.grad, old * np.float32(0.5 / total**0.5), hint, dtype=np.float32, rtol=1e-5)
    ### END HIDDEN TESTS


test_clip_by_norm_shortens_all_alike()

# %% nbgrader={"grade": true, "grade_id": "test_clip_by_norm_leaves_short_ones", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_clip_by_norm_leaves_short_ones():
    """Gradients within the limit stay, and a negative limit is refused."""
    w = Tensor([0.0, 0.0])
    w.grad = np.array([0.3, -0.4], np.float32)

    def kept():
        norm = clip_by_norm([w], 2.0)
        return np.array([norm, *w.grad])

    suspects = {"If short gradients are made longer, every step has the same length.": np.array([0.5, 1.2, -1.6])}
    assert_close(kept, np.array([0.5, 0.3, -0.4]), suspects=suspects, name="the norm, then the gradient", rtol=1e-5)
    assert_raises(ValueError, clip_by_norm, [w], -1.0, hint="If a negative limit passes, gradients turn round.")
    ### BEGIN HIDDEN TESTS
    w.grad = np.zeros(2, np.float32)
    hint = "If the norm is 0, nothing may be divided by it."
    assert_close(kept, np.zeros(3), hint, name="the norm, then a gradient of zero")
    assert_close(lambda: clip_by_norm([w], 0.0), 0.0, hint, name="the norm of zeros, with a limit of 0")
    ### END HIDDEN TESTS


test_clip_by_norm_leaves_short_ones()

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

## 7.10 A real network

Digits of 8 by 8 pixels, a network 64-32-10, batches of 30, five times through 1,200 images. Each
optimizer begins with the same weights and sees the same batches. Each has a learning rate that
suits it; cosine with warm-up sets the pace for the last one.
"""

# %%
from sklearn.datasets import load_digits

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
axis.set(yscale="log", xlabel="step", ylabel="loss, mean of ten batches", title="Plain descent is left behind, the others are close")
axis.legend(title="accuracy on new images", loc="upper left", bbox_to_anchor=(1, 1))
figures.show(figure, alt="Loss over 200 steps on a log scale: SGD falls slowly to 0.35, the four others fall to between 0.1 and 0.2.")

# %% [markdown]
r"""
Plain SGD needs several times the steps of the others. Among those the loss differs, yet on 597 new
images an accuracy is uncertain by more than a percent either way, so this run ranks none of them. That
is the usual picture: leaving plain descent matters, the learning rate matters, and the choice
among good optimizers matters less.
"""

# %% [markdown] nbgrader={"grade": false, "grade_id": "memory_of_an_optimizer_prompt", "locked": true, "schema_version": 3, "solution": false, "task": false}
r"""
## 7.11 Question: what does an optimizer cost?

A language model has $7 \cdot 10^9$ parameters in `float32`. A gigabyte is $10^9$ bytes. Leave
activations aside. Count, and explain:

1. How many gigabytes do the parameters take, and how many more their gradients?
2. How many gigabytes does Adam's own memory take, and how many that of plain SGD?
3. This lesson's `Block` copies the gradients side by side before a step. When is that worth its
   cost, and when would you rather do without?
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
## 7.12 Summary

Descent follows the gradient; momentum adds up what gradients agree on, and RMSProp and Adam
give each weight a step of its own, by the usual size of its gradient. Weight decay, a schedule
and clipping act around the rule: on the weights, on the rate, and on the gradient. All of it
happens in place, over parameters that lie side by side, so that a step is a dozen calls however
many layers there are.
"""
