# %% [markdown]
r"""
# 6. Autograd

Training asks one question of every number in a network: which way, and how strongly, would the
loss change if you moved it a little? In this lesson you build the machine that answers for all
of them at once. It reads the record that lesson 1's door wrote down, from the loss back to the
inputs, and calls one gradient rule after the other.

You need lesson 1 (the door `apply`, the register `gradient_of`, broadcasting) and, for the network
at the end, lessons 2 to 5. From school: the derivative of a product and of a quotient.
"""

# %%
#| default_exp core.autograd

# %%
#| export
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import EllipsisType
from typing import Any

import numpy as np

from tinytorch.core.tensor import (
    GRADIENTS,
    Tensor,
    gradient_of,
    mean,
    recording,
    select,
    to_array,
)

# %%
import timeit

from sklearn.datasets import load_digits

from tinytorch import figures
from tinytorch.core.accuracy import accuracy
from tinytorch.core.activations import ReLU
from tinytorch.core.layers import Linear, Sequential, count_parameters
from tinytorch.core.losses import CrossEntropyLoss
from tinytorch.core.tensor import apply
from tinytorch.testing import (
    assert_close,
    assert_equal,
    assert_raises,
    assert_unchanged,
    check_gradient,
)

# %% [markdown]
r"""
## 6.1 A slope by hand, and what measuring costs

Take a model with a single weight: $y = (w x + b)^2$ with $w = 2$, $x = 3$, $b = -1$, hence
$y = 25$. By the rules of school, with $u = wx + b = 5$:

$$ \frac{\partial y}{\partial w} = 2u \cdot x = 30, \qquad \frac{\partial y}{\partial b} = 2u = 10 $$

Moving a number a little and looking gives the same, and needs no rules. Why not measure, then?
Look at what the last line of the next cell prints.
"""

# %%
def y_of(w, b, x=3.0):
    return (w * x + b) ** 2


step = 1e-6
print("dy/dw", round((y_of(2 + step, -1) - y_of(2 - step, -1)) / (2 * step), 4))
print("dy/db", round((y_of(2, -1 + step) - y_of(2, -1 - step)) / (2 * step), 4))

rng = np.random.default_rng(0)
net = Sequential(Linear(784, 128, rng), ReLU(), Linear(128, 10, rng))
image = np.zeros((1, 784), np.float32)
once = timeit.timeit(lambda: net(image), number=20) / 20
passes = 2 * count_parameters(net)
print(f"{passes:,} passes through a small network measure one gradient: {passes * once:.0f} seconds")

# %% [markdown]
r"""
Two passes a parameter, for one step of training. What you build below needs about two passes in
all, however many parameters there are.

## 6.2 The chain rule along a graph

The door has written down how each result was made: an `Origin` holds a function and its inputs,
each input has an origin of its own, and so on to the *leaves*, which nobody computed. That is a
graph. Its edges carry values forward.

Gradients travel the same edges backward. Let $\bar v$ stand for $\partial y / \partial v$. If
$v$ was made from $a$ and $b$, the chain rule sends each of them its share:

$$ \bar a = \bar v \cdot \frac{\partial v}{\partial a}, \qquad
   \bar b = \bar v \cdot \frac{\partial v}{\partial b} $$

The rule for one function does exactly this: it gets $\bar v$ as `grad`. Many rules are one line.
These are given:
"""

# %%
#| export
gradient_of(np.add, 0)(lambda grad, output, a, b: grad)
gradient_of(np.add, 1)(lambda grad, output, a, b: grad)
gradient_of(np.subtract, 0)(lambda grad, output, a, b: grad)
gradient_of(np.subtract, 1)(lambda grad, output, a, b: -grad)
gradient_of(np.negative)(lambda grad, output, x: -grad)
gradient_of(np.exp)(lambda grad, output, x: grad * output)
gradient_of(np.log)(lambda grad, output, x: grad / x)
gradient_of(np.sqrt)(lambda grad, output, x: grad / (2 * output))
gradient_of(np.abs)(lambda grad, output, x: grad * np.sign(x))
gradient_of(np.tanh)(lambda grad, output, x: grad * (1 - output * output))

# %% [markdown]
r"""
A product $v = ab$ is yours. How fast does it grow when $a$ grows?
"""

# %% nbgrader={"grade": false, "grade_id": "multiply_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(np.multiply)
def multiply_gradient(grad: np.ndarray, output: np.ndarray, a: Any, b: Any) -> np.ndarray:
    """The gradient of sum(grad * a * b) by a, elementwise.

    Args:
        grad: the incoming gradient, of the shape of the output.
        output: a * b.
        a, b: arrays or numbers. Where they were broadcast, the result keeps the output's shape.

    Returns:
        A new array; grad stays as it is.

    Example:
        >>> a, b = np.array([2.0, 3.0]), np.array([5.0, 7.0])
        >>> multiply_gradient(np.array([1.0, 10.0]), a * b, a, b)
        array([ 5., 70.])
    """
    ### BEGIN SOLUTION
    return grad * b
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_multiply_gradient", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_multiply_gradient():
    """By a, times what came from further along; nothing is written into."""
    rng = np.random.default_rng(0)
    a, b = rng.uniform(1, 3, (2, 3)), rng.uniform(1, 3, (2, 3))
    hint = "If it is not b times grad, write the difference quotient of a * b down."
    suspects = {
        "If you multiplied by a, you took the slope in b: in a, the product grows by b.": lambda g, o, a, b: g * a,
        "If you left grad out, what came from further along the chain is lost.": lambda g, o, a, b: b,
        "If you added, remember that slopes along a chain multiply.": lambda g, o, a, b: g + b,
        "If you multiplied by the output, you wrote the rule of exp.": lambda g, o, a, b: g * o,
        "If you divided, you wrote the rule of a quotient.": lambda g, o, a, b: g / b,
    }
    check_gradient(np.multiply, multiply_gradient, a, b, hint=hint, suspects=suspects)
    hint = "If you wrote into grad, another input that is to get it finds a wrong number."
    assert_unchanged(multiply_gradient, np.ones((2, 3)), a * b, a, b, hint=hint)
    ### BEGIN HIDDEN TESTS
    check_gradient(np.multiply, multiply_gradient, a, 3.0 * b, suspects=suspects)
    got = lambda: multiply_gradient(np.array([1.0, 2.0]), np.array([3.0, 6.0]), np.array([1.0, 2.0]), 3.0)
    assert_close(got, np.array([3.0, 6.0]), "If b is a number, no array method will do.")
    ### END HIDDEN TESTS


test_multiply_gradient()

# %% [markdown]
r"""
A product does not care which factor comes first, so the rule for its second input is yours with
the roles swapped.
"""

# %%
#| export
@gradient_of(np.multiply, 1)
def multiply_right_gradient(grad, output, a, b):
    return multiply_gradient(grad, output, b, a)

# %% [markdown]
r"""
To see a graph one needs a picture. `to_dot` writes it in the language of the program graphviz. It
leans on a function of yours from section 6.4, so we first draw by hand what it will say later:
values in the second line of each box, and $\bar v$ in the third.
"""

# %%
hand = """digraph {
  w [label="w\n2\ngradient 30", shape=box]
  x [label="x\n3", shape=box]
  m [label="multiply\n6\ngradient 10", shape=ellipse]
  b [label="b\n-1\ngradient 10", shape=box]
  u [label="add\n5\ngradient 10", shape=ellipse]
  y [label="square\n25\ngradient 1", shape=ellipse]
  w -> m  x -> m  m -> u  b -> u  u -> y
}"""
figure = figures.draw_graph(hand)
figure.suptitle("Values flow to the right, gradients from right to left")
figures.show(figure, alt="w times x is 6, plus b is 5, squared is 25; gradients 1, 10, 10, 30 and 10.")

# %% [markdown]
r"""
Read it from the right. It starts with $\partial y / \partial y = 1$. The square multiplies by
$2u = 10$. The sum hands the 10 to both its inputs. The product multiplies by the other factor:
$10 \cdot 3 = 30$ for $w$. The numbers of section 6.1 are there, and no box had to know the
whole formula.

## 6.3 One step back

One such step is your next exercise. What it needs is given: `find_rule` looks into the register,
`fit_gradient` brings what a rule returned to the shape and dtype of the input (with a function
that you write in section 6.6).
"""

# %%
#| export
def find_rule(function: Callable, argnum: int) -> Callable:
    """The gradient rule of a function by its input number `argnum`.

    Raises:
        LookupError: nobody registered one.
    """
    rule = GRADIENTS.get((function, argnum))
    if rule is None:
        name = getattr(function, "__name__", repr(function))
        raise LookupError(
            f"no gradient rule for input {argnum} of {name}: expected one in the register; write "
            f"it under @gradient_of({name}, {argnum}), then compute the result again"
        )
    return rule


def fit_gradient(part: Any, x: np.ndarray) -> np.ndarray:
    """What a rule returned for an input x, as an array of the shape and dtype of x."""
    if type(part) is not np.ndarray:
        part = np.asarray(part)
    if part.shape != x.shape:
        part = unbroadcast(part, x.shape)
    return part if part.dtype is x.dtype else part.astype(x.dtype, copy=False)

# %% nbgrader={"grade": false, "grade_id": "input_gradients", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def input_gradients(tensor: Tensor, grad: np.ndarray) -> list[tuple[Tensor, np.ndarray]]:
    """One step back: the gradients of the inputs that a recorded tensor was made from.

    Args:
        tensor: a Tensor with an origin.
        grad: its gradient, of its shape.

    Returns:
        A pair (input, gradient) for each input that is a Tensor and requires a gradient, in
        the order of the inputs. An input that was used twice comes twice.

    Example:
        >>> x = Tensor([1, 2], requires_grad=True)
        >>> [(_, part)] = input_gradients(10 - x, np.array([1.0, 5.0], np.float32))
        >>> part
        array([-1., -5.], dtype=float32)

    Hint: a rule takes plain arrays, `rule(grad, output, *inputs, **options)`.
    """
    ### BEGIN SOLUTION
    function, inputs, options = tensor.origin
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    pairs = []
    for argnum, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad:
            part = find_rule(function, argnum)(grad, tensor.data, *arrays, **options)
            pairs.append((x, fit_gradient(part, x.data)))
    return pairs
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_input_gradients_of_each_input", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_input_gradients_of_each_input():
    """Every input that requires a gradient gets one, by the rule for its place."""
    a, b = Tensor([1.0, 2.0], requires_grad=True), Tensor([5.0, 7.0], requires_grad=True)
    grad = np.array([1.0, 10.0], np.float32)
    parts = lambda result: [part for _, part in input_gradients(result, grad)]
    hint = "If you asked one input alone, the other gets nothing."
    assert_equal(lambda: len(parts(a - b)), 2, hint, name="the number of gradients for a - b")
    assert_close(input_gradients(a - b, grad)[1][0], [5.0, 7.0], "If you pair them, keep the order.")
    suspects = {"If you always ask for the rule of input 0, subtraction shows it.": grad}
    assert_close(lambda: parts(a - b)[1], -grad, suspects=suspects, name="gradient of b in a - b")
    hint = "If an input requires no gradient, leave it out: a number can't have one."
    assert_equal(lambda: len(parts(a - 3.0)), 1, hint, name="the number of gradients for a - 3")
    ### BEGIN HIDDEN TESTS
    assert_equal(lambda: len(parts(Tensor([1.0, 1.0]) - b)), 1, hint)
    suspects = {"If you count Tensors alone, a number in front shifts the places.": grad}
    assert_close(lambda: parts(10 - a)[0], -grad, suspects=suspects, name="gradient of a in 10 - a")
    hint = "If you collect in a dict, one of the two shares of a * a gets lost."
    assert_equal(lambda: len(parts(a * a)), 2, hint, name="the number of gradients for a * a")
    ### END HIDDEN TESTS


test_input_gradients_of_each_input()

# %% nbgrader={"grade": true, "grade_id": "test_input_gradients_calls_the_rule_in_full", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_input_gradients_calls_the_rule_in_full():
    """The rule gets grad, the output's array, the inputs' arrays and the options."""
    def stretch(x, factor):
        return x * factor

    @gradient_of(stretch)
    def rule(grad, output, x, factor):
        is_plain = all(type(value) is np.ndarray for value in (grad, output, x))
        return grad * factor + 100 * output if is_plain else np.full(np.shape(x), -1.0)

    x = Tensor([1.0, 2.0], requires_grad=True)
    got = lambda: input_gradients(apply(stretch, x, factor=3.0), np.array([1.0, 5.0], np.float32))[0][1]
    suspects = {
        "If the rule gets Tensors, give it the plain arrays inside.": [-1.0, -1.0],
        "If you drop the options, the rule does not know how it was called.": TypeError,
        "If grad and output change places, each rule reads the wrong one.": [109.0, 518.0],
    }
    try:
        assert_close(got, [303.0, 615.0], "If a rule gets less, it can't work.", suspects=suspects)
    finally:
        del GRADIENTS[stretch, 0]
    ### BEGIN HIDDEN TESTS
    root = apply(np.sqrt, Tensor([4.0, 16.0], requires_grad=True))
    got = lambda: input_gradients(root, np.array([4.0, 16.0], np.float32))[0][1]
    suspects = {"If grad and output change places, each rule reads the wrong one.": [0.25, 0.125]}
    assert_close(got, [1.0, 2.0], suspects=suspects, name="gradient through sqrt")
    ### END HIDDEN TESTS


test_input_gradients_calls_the_rule_in_full()

# %% [markdown]
r"""
## 6.4 Order matters

Why not let each tensor call its inputs, and these theirs? Because a tensor may be used twice. Each
doubling $y = y + y$ uses the one before it in two places. Guess how often 18 of them reach `x`.
"""

# %%
def reach(tensor):
    """How often a walk that follows every edge arrives at a leaf."""
    if tensor.origin is None:
        return 1
    return sum(reach(parent) for parent in tensor.origin.inputs)


y = Tensor(1.0, requires_grad=True)
for doublings in range(1, 19):
    y = y + y
    if doublings in (1, 2, 3, 10, 18):
        print(f"{doublings:>2} doublings: a leaf reached {reach(y):>7,} times, {doublings} tensors computed")

# %% [markdown]
r"""
$2^{18} = 262{,}144$ arrivals for 18 tensors, and every further one doubles them. The cure: wait
until *all* the gradients for a tensor have come, add them up, and pass the sum on once. That works
if every tensor is handled before those that it was made from.

An order in which each tensor stands *after* all that it was made from is called topological. Walk
it from its end, and everyone is handled in time. There are often several such orders; any will do.

Networks get deep, and Python allows about 1,000 calls inside one another, so the function must not
call itself.
"""

# %% nbgrader={"grade": false, "grade_id": "topological_order", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def topological_order(output: Tensor) -> list[Tensor]:
    """The recorded tensors that lead to a result, each after all that it was made from.

    Args:
        output: a recorded result, that is, a Tensor with an origin.

    Returns:
        Every Tensor with an origin on the way to `output`, once. Leaves and constants, which
        have none, are left out; the last one is `output`.

    Example:
        >>> x = Tensor(2.0, requires_grad=True)
        >>> y = x * x
        >>> [tensor.item() for tensor in topological_order(y + y)]
        [4.0, 8.0]

    Hint: a list can be a stack, and a set knows what was met before. When may a tensor enter
    the order: when you first see it, or when you come back to it?
    """
    ### BEGIN SOLUTION
    order, seen, stack = [], set(), [output]
    while stack:
        tensor = stack.pop()
        if tensor is None:  # a mark: all that the next one was made from is in the order
            order.append(stack.pop())
        elif tensor not in seen:
            seen.add(tensor)
            stack += (tensor, None)
            for x in tensor.origin.inputs:
                if isinstance(x, Tensor) and x.requires_grad and x.origin is not None:
                    stack.append(x)
    return order
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_topological_order", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
def test_topological_order():
    """Each recorded tensor once, after all that it was made from, the output last."""
    x = Tensor([2.0], requires_grad=True)
    a = x * 3
    b = a + 1
    c = a * b
    d = c - b
    order = lambda: [tensor.item() for tensor in topological_order(d)]
    suspects = {
        "If leaves are in the order, leave them out: they have no origin to go back to.": 5,
        "If you ask `in` of a list, == compares numbers: a set looks for the tensor itself.": 1,
    }
    hint = "If you do not remember what was met, a tensor comes once for each way to it."
    assert_equal(lambda: len(order()), 4, hint, name="the number of recorded tensors", suspects=suspects)
    hint = "If the output comes first, turn the order round."
    assert_equal(order()[-1], 35.0, hint, name="the value of the last tensor")
    hint = "If you take tensors as you meet them, one may come before something that it was made from."
    for later, earlier in ((7.0, 6.0), (42.0, 6.0), (42.0, 7.0), (35.0, 42.0), (35.0, 7.0)):
        in_time = order().index(earlier) < order().index(later)
        assert_equal(in_time, True, hint, name=f"{earlier:g} comes before {later:g}, which is made from it")
    ### BEGIN HIDDEN TESTS
    for result in (a * (b * (c * 2)), ((c * 2) * b) * a, (c + a) * (c + b), c * 2 + (c * 2 + b)):
        order = topological_order(result)
        places = {float(tensor.item()): place for place, tensor in enumerate(order)}
        in_time = places[6.0] < places[7.0] < places[42.0] < len(order) - 1
        assert_equal(in_time, True, hint, name="6, 7, 42 and the output come in this order")
    ### END HIDDEN TESTS


test_topological_order()

# %% nbgrader={"grade": true, "grade_id": "test_topological_order_of_long_chains", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_topological_order_of_long_chains():
    """A chain of thousands is no deeper than any other, and 14 doublings are 14 tensors."""
    y = Tensor(0.0, requires_grad=True)
    for _ in range(3000):
        y = y + 1
    hint = "If the function calls itself, Python stops it at a depth of about 1,000: keep a stack."
    assert_equal(lambda: len(topological_order(y)), 3000, hint, name="length of a chain of 3,000")
    ### BEGIN HIDDEN TESTS
    z = Tensor(1.0, requires_grad=True)
    for _ in range(14):
        z = z + z
    hint = "If you do not remember what was met, each doubling doubles the length."
    assert_equal(lambda: len(topological_order(z)), 14, hint, name="tensors in 14 doublings")
    ### END HIDDEN TESTS


test_topological_order_of_long_chains()

# %% [markdown]
r"""
Now graphs can be drawn from the record.
"""

# %%
#| export
def to_dot(
    output: Tensor,
    names: Mapping[str, Tensor] | None = None,
    grads: Mapping[Tensor, np.ndarray] | None = None,
) -> str:
    """The graph of a recorded result as text in graphviz's dot language.

    Args:
        output: a Tensor with an origin.
        names: what some of its tensors are called.
        grads: gradients to be shown in the boxes.

    Example:
        >>> x = Tensor(3.0, requires_grad=True)
        >>> print(to_dot(-x, {"x": x}))
        digraph {
          n0 [label="x\\n3", shape=box]
          n1 [label="negative\\n-3", shape=ellipse]
          n0 -> n1
        }
    """
    called = {id(x): name for name, x in (names or {}).items()}
    grads, places, lines = grads or {}, {}, []

    def brief(value: Any) -> str:
        return f"{to_array(value).item():.4g}" if np.size(value) == 1 else str(np.shape(value))

    def place(x: Any) -> str:
        """The name of x in the text, where its box is written at the first call."""
        if id(x) not in places:
            places[id(x)] = f"n{len(places)}"
            origin = x.origin if isinstance(x, Tensor) else None
            label = [called[id(x)]] if id(x) in called else []
            label += [origin.function.__name__] if origin else []
            label += [brief(x)] + ([f"gradient {brief(grads[x])}"] if x in grads else [])
            form, text = ("ellipse" if origin else "box"), r"\n".join(label)
            lines.append(f'  {places[id(x)]} [label="{text}", shape={form}]')
        return places[id(x)]

    for tensor in topological_order(output):
        for parent in tensor.origin.inputs:
            lines.append(f"  {place(parent)} -> {place(tensor)}")
    return "\n".join(["digraph {", *lines, "}"])

# %%
x = Tensor(2.0, requires_grad=True)
a = x * 3
y = a * (a + 1)
print(to_dot(y, {"x": x, "a": a}))

# %% [markdown]
r"""
`a` has two arrows out, so two gradients will come in.

## 6.5 The walk

Everything is there: an order, and a step. The walk keeps a dict of the gradients known so far. At
first that is the output's; in the end only the leaves' are left.

What surrounds the walk is given below: `backward` checks what it gets and adds the results to
`.grad` of the leaves. They are added, not set, so that the gradients of several batches can be
summed; a training loop clears them before each step. `gradients` returns them instead, also for
tensors halfway. `owned` copies a gradient that shares its memory with another, because optimizers
write into `.grad`.

An origin holds on to every array that its rule will need. Once a step back is done, nobody needs
that one any more, so the walk puts `FREED` in its place. Python frees the arrays while the walk
goes on, and whoever walks there again is told so.
"""

# %%
#| export
class Freed:
    """Stands where an origin was, once a walk has used it."""

    @property
    def inputs(self) -> tuple:
        raise RuntimeError(
            "this result was differentiated before, and its record is freed: compute it again, or "
            "pass retain_graph=True the first time"
        )

    def __iter__(self) -> Iterator:
        return iter(self.inputs)


FREED = Freed()


def owned(known: Mapping[Tensor, np.ndarray]) -> dict[Tensor, np.ndarray]:
    """The same gradients, as arrays none of which shares memory with another."""
    result, taken = {}, set()
    for tensor, grad in known.items():
        if type(grad) is not np.ndarray or grad.base is not None or id(grad) in taken:
            grad = np.array(grad)
        taken.add(id(grad))
        result[tensor] = grad
    return result


def first_gradient(output: Tensor, grad: Any = None) -> np.ndarray:
    """What a walk starts with: 1 for a single number, else a copy of the caller's grad."""
    if not output.requires_grad:
        raise ValueError(
            "expected a result that requires a gradient, got one that does not: make one of its "
            "inputs with requires_grad=True, and compute it outside of no_grad()"
        )
    if grad is None and output.size != 1:
        raise ValueError(
            f"expected a single number to differentiate, got an output of shape {output.shape}: "
            "take its sum() or mean(), or pass a grad of that shape"
        )
    if grad is None:
        return np.array(1, output.dtype).reshape(output.shape)
    grad = np.array(to_array(grad), output.dtype)
    if grad.shape != output.shape:
        raise ValueError(
            f"expected a grad of the output's shape {output.shape}, got {grad.shape}: reshape it"
        )
    return grad

# %%
#| export
def backward(output: Tensor, grad: Any = None, *, retain_graph: bool = False) -> None:
    """Add the gradient of a result to `.grad` of every leaf that requires one.

    Args:
        output: a Tensor made from such leaves: a single number, unless grad is given.
        grad: an array of the output's shape; the gradient is then that of sum(grad * output).
        retain_graph: keep the record for another walk; it is freed otherwise.

    Raises:
        ValueError: output requires no gradient or is not a single number, or grad does not fit.
        RuntimeError: the record was freed by an earlier walk.
        LookupError: a function on the way has no gradient rule.

    Example:
        >>> x = Tensor([1, 2, 3], requires_grad=True)
        >>> backward(x * x, [1, 1, 10])
        >>> x.grad
        array([ 2.,  4., 60.], dtype=float32)
    """
    known = walk_back(output, first_gradient(output, grad), retain_graph=retain_graph)
    for leaf, new in owned(known).items():
        if leaf.grad is None:
            leaf.grad = new
        else:
            leaf.grad += new


def gradients(
    output: Tensor, inputs: Sequence[Tensor], grad: Any = None, *, retain_graph: bool = False
) -> list[np.ndarray]:
    """The gradients of a result by some of the tensors on the way; `.grad` stays as it is.

    Args:
        output, grad, retain_graph: as for `backward`.
        inputs: leaves or intermediate results that require a gradient.

    Returns:
        An array for each, of its shape and dtype; zeros where the output does not depend on it.

    Example:
        >>> x = Tensor(3.0, requires_grad=True)
        >>> y = x * x
        >>> [float(slope) for slope in gradients(y * y, [y, x])]
        [18.0, 108.0]
    """
    if not all(x.requires_grad for x in inputs):
        raise ValueError("expected inputs that require a gradient: pass requires_grad=True")
    known = walk_back(output, first_gradient(output, grad), frozenset(inputs), retain_graph)
    known = owned(known)
    return [known[x] if x in known else np.zeros(x.shape, x.dtype) for x in inputs]

# %% nbgrader={"grade": false, "grade_id": "walk_back", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def walk_back(
    output: Tensor,
    grad: np.ndarray,
    keep: Collection[Tensor] = frozenset(),
    retain_graph: bool = False,
) -> dict[Tensor, np.ndarray]:
    """Send a gradient from a result back to the leaves, through every recorded tensor once.

    Args:
        output: a Tensor; if it has no origin, it is a leaf itself.
        grad: its gradient, of its shape. It is not written into.
        keep: intermediate tensors whose gradients are to be returned as well.
        retain_graph: whether the origins stay; if not, each becomes FREED once it was used.

    Returns:
        The gradients of the leaves, and of what is in `keep`. Gradients that come to a tensor
        on several ways are added up. The others are forgotten as soon as they were passed on.

    Hint: one array may serve as the gradient of two tensors.
    """
    ### BEGIN SOLUTION
    known = {output: grad}
    order = topological_order(output) if output.origin is not None else []
    while order:
        tensor = order.pop()  # popping it lets go of its arrays as soon as they were used
        grad = known[tensor] if tensor in keep else known.pop(tensor)
        for x, part in input_gradients(tensor, grad):
            known[x] = known[x] + part if x in known else part  # not +=: part may be shared
        if not retain_graph:
            tensor.origin = FREED
    return known
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_walk_back_adds_up", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
def test_walk_back_adds_up():
    """What comes to a tensor on several ways is summed before it goes on."""
    x = Tensor([2.0, 3.0], requires_grad=True)
    a = apply(np.square, x)
    hint = "If the steps are taken in another order, a tensor is asked before its gradient is known."
    got = lambda: gradients(apply(np.square, a), [x], [1.0, 1.0])[0]
    assert_close(got, [32.0, 108.0], hint, name="gradient of x^4 at 2 and 3")
    a = apply(np.square, x)
    shared = "If you add with +=, you write into an array that is another tensor's gradient as well."
    suspects = {"If a later gradient replaces an earlier one, add them up.": [4.0, 6.0], shared: [10.0, 14.0]}
    got = lambda: gradients(a + x + a, [x], [1.0, 1.0])[0]
    assert_close(got, [9.0, 13.0], suspects=suspects, name="gradient of x^2 + x + x^2")
    a, b = Tensor([2.0], requires_grad=True), Tensor([3.0], requires_grad=True)
    for result in ((a + b) - apply(np.square, a), -apply(np.square, a) + (a + b)):
        got = lambda result=result: gradients(result, [a, b])[1]
        assert_close(got, [1.0], shared, name="gradient of b in a + b - a^2")
    ### BEGIN HIDDEN TESTS
    a = apply(np.exp, x)
    y = (a + a) + (a - x)
    suspects = {"If a later gradient replaces an earlier one, add them up.": [-1.0, -1.0]}
    expected = 3 * np.exp(np.float32([2.0, 3.0])) - 1
    assert_close(lambda: gradients(y, [x], [1.0, 1.0])[0], expected, suspects=suspects)
    assert_close(lambda: gradients(x, [x], [5.0, 6.0])[0], [5.0, 6.0], "If the output is a leaf, its gradient is grad.")
    ### END HIDDEN TESTS


test_walk_back_adds_up()

# %% nbgrader={"grade": true, "grade_id": "test_walk_back_keeps_and_frees", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_walk_back_keeps_and_frees():
    """Kept gradients are returned; the record goes after use, unless it is to stay."""
    x = Tensor([2.0], requires_grad=True)
    a = apply(np.square, x)
    y = apply(np.square, a)
    hint = "If kept gradients are forgotten on the way, gradients() can't return them."
    assert_close(lambda: gradients(y, [a], retain_graph=True)[0], [8.0], hint, name="gradient of a in a^2")
    hint = "If the record goes although it is to stay, a second walk is impossible."
    assert_close(lambda: gradients(y, [x])[0], [32.0], hint, name="gradient in a second walk")
    hint = "If the record stays after use, memory fills up with arrays that nobody needs."
    is_freed = isinstance(y.origin, Freed), isinstance(a.origin, Freed)
    assert_equal(is_freed, (True, True), hint, name="whether the origins of y and a are FREED")
    hint = "If gradients halfway are not forgotten, they fill the memory and are taken for leaves'."
    known = walk_back(apply(np.square, apply(np.exp, x)), np.float32([1.0]))
    assert_equal(len(known), 1, hint, name="how many gradients come back for one leaf")
    ### BEGIN HIDDEN TESTS
    y = apply(np.exp, apply(np.square, x))
    backward(y, [1.0], retain_graph=True)
    backward(y, [1.0])
    expected = 8 * np.exp(np.float32([4.0]))
    assert_close(x.grad, expected, "If the record stays, both walks count.", name="x.grad after two walks")
    assert_equal(isinstance(y.origin, Freed), True, hint, name="whether the origin of y is FREED")
    ### END HIDDEN TESTS


test_walk_back_keeps_and_frees()

# %% [markdown]
r"""
The machine runs. Here is the graph of section 6.1 again, this time from the record, with the
gradients that your walk found. Compare it with what we drew by hand.
"""

# %%
w, x, b = Tensor(2.0, requires_grad=True), Tensor(3.0), Tensor(-1.0, requires_grad=True)
product = w * x
u = product + b
y = apply(np.square, u)
tensors = [w, b, product, u, y]
grads = dict(zip(tensors, gradients(y, tensors, retain_graph=True), strict=True))
figure = figures.draw_graph(to_dot(y, {"w": w, "x": x, "b": b}, grads))
figure.suptitle("The walk finds what the hand found")
figures.show(figure, alt="The graph drawn by hand, now from the record, with the same gradients.")

# %% [markdown]
r"""
## 6.6 Rules that change shapes

When a bias of shape `(3,)` is added to a batch of `(2, 3)`, each of its numbers is used twice. The
gradients of all its uses are added up, so from `(2, 3)` back to `(3,)` the rows are *summed*. A
column `(2, 1)` was repeated along the other axis, and is summed along it:

`(2, 3) -> (3,)` sum axis 0, which was missing · `(2, 3) -> (2, 1)` sum axis 1, and keep it
"""

# %% nbgrader={"grade": false, "grade_id": "unbroadcast", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def unbroadcast(grad: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sum a gradient over every axis that broadcasting repeated.

    Args:
        grad: an array of a shape that `shape` broadcasts to.
        shape: the shape of the input.

    Returns:
        An array of that shape: for each element of the input the sum over all its uses.

    Raises:
        ValueError: `shape` does not broadcast to that of grad, so that a rule must be wrong.

    Example:
        >>> unbroadcast(np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]), (2, 1))
        array([[ 6.],
               [60.]])

    Hint: missing axes are on the left, and disappear; axes of length 1 stay.
    """
    ### BEGIN SOLUTION
    missing = tuple(range(grad.ndim - len(shape)))
    total = np.add.reduce(grad, axis=missing) if missing else grad
    lengths = zip(total.shape, shape, strict=False)
    if repeated := tuple(axis for axis, (n, m) in enumerate(lengths) if n != m == 1):
        total = np.add.reduce(total, axis=repeated, keepdims=True)
    if total.shape != shape:
        raise ValueError(f"a gradient of shape {grad.shape} for an input of shape {shape}")
    return total
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_unbroadcast", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
def test_unbroadcast():
    """Missing axes are summed away, axes of length 1 are summed and stay."""
    square = np.arange(9.0).reshape(3, 3)
    hint = "If only axes of length 1 are summed, those that were missing stay."
    suspects = {
        "If you align shapes on the left, the wrong axis is summed.": square.sum(1),
        "If you averaged, remember that all uses of an element count in full.": square.mean(0),
        "If you took one of the repeats, the others are lost.": square[0],
    }
    assert_close(lambda: unbroadcast(square, (3,)), square.sum(0), hint, suspects=suspects, name="(3, 3) to (3,)")
    grad = np.arange(24.0).reshape(2, 3, 4)
    assert_close(lambda: unbroadcast(grad, (4,)), grad.sum((0, 1)), hint, name="(2, 3, 4) to (4,)")
    hint = "If only missing axes are summed, those of length 1 stay repeated."
    suspects = {"If a summed axis of length 1 disappears, the shape is not the input's.": grad.sum(1)}
    expected = grad.sum(1, keepdims=True)
    assert_close(lambda: unbroadcast(grad, (2, 1, 4)), expected, hint, name="(2, 3, 4) to (2, 1, 4)", suspects=suspects)
    ### BEGIN HIDDEN TESTS
    hint = "If only missing axes are summed, those of length 1 stay repeated."
    assert_close(lambda: unbroadcast(grad, (3, 1)), grad.sum((0, 2)).reshape(3, 1), hint, name="to (3, 1)")
    assert_close(lambda: unbroadcast(grad, ()), 276.0, name="(2, 3, 4) to ()")
    assert_close(lambda: unbroadcast(grad, (2, 3, 4)), grad, "If nothing was repeated, nothing is summed.")
    assert_close(lambda: unbroadcast(grad[:, :1], (1, 1, 4)), grad[:, :1].sum(0, keepdims=True))
    hint = "If an axis of length 1 was repeated no times, the sum over nothing is 0."
    assert_close(lambda: unbroadcast(np.zeros((0, 3)), (1, 3)), np.zeros((1, 3)), hint, name="(0, 3) to (1, 3)")
    ### END HIDDEN TESTS


test_unbroadcast()

# %% nbgrader={"grade": true, "grade_id": "test_unbroadcast_refuses_what_does_not_fit", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_unbroadcast_refuses_what_does_not_fit():
    """A gradient of a shape that the input can't broadcast to comes from a wrong rule."""
    hint = "If a wrong shape passes, the mistake shows up far from the rule that made it."
    assert_raises(ValueError, unbroadcast, np.ones((2, 3)), (2,), hint=hint, name="(2, 3) to (2,)")
    assert_raises(ValueError, unbroadcast, np.ones((3,)), (2, 3), hint=hint, name="(3,) to (2, 3)")
    ### BEGIN HIDDEN TESTS
    assert_raises(ValueError, unbroadcast, np.ones((2, 3)), (3, 2), hint=hint, name="(2, 3) to (3, 2)")
    ### END HIDDEN TESTS


test_unbroadcast_refuses_what_does_not_fit()

# %% [markdown]
r"""
With that, `w * x + b` works for a batch: each rule for two numbers may forget that they were
broadcast. Next comes the quotient. School wrote $(a/b)' = (a'b - ab')/b^2$; with $a$ held still,
what is left?
"""

# %% nbgrader={"grade": false, "grade_id": "divide_right_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(np.divide, 1)
def divide_right_gradient(grad: np.ndarray, output: np.ndarray, a: Any, b: Any) -> np.ndarray:
    """The gradient of sum(grad * a / b) by b, elementwise.

    Args:
        grad: the incoming gradient, of the shape of the output.
        output: a / b.
        a, b: arrays or numbers. Where they were broadcast, the result keeps the output's shape.

    Example:
        >>> a, b = np.array([8.0, 6.0]), np.array([2.0, -1.0])
        >>> divide_right_gradient(np.array([1.0, 10.0]), a / b, a, b)
        array([ -2., -60.])

    Hint: a / b is at hand already.
    """
    ### BEGIN SOLUTION
    return grad * output / -b
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_divide_right_gradient", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_divide_right_gradient():
    """-a / b^2, times grad."""
    rng = np.random.default_rng(1)
    a, b = rng.uniform(1, 3, (2, 3)), rng.uniform(1, 3, (2, 3))
    suspects = {
        "If it has no minus, remember that a quotient shrinks as b grows.": lambda g, o, a, b: g * a / b**2,
        "If it is grad / b, you took the slope in a.": lambda g, o, a, b: g / b,
        "If b is not squared, the power rule for 1 / b was cut short.": lambda g, o, a, b: -g * a / b,
        "If a is missing, you took the slope of 1 / b.": lambda g, o, a, b: -g / b**2,
        "If a and b change places, it is the slope of another quotient.": lambda g, o, a, b: -g * b / a**2,
        "If you left grad out, what came from further along the chain is lost.": lambda g, o, a, b: -a / b**2,
    }
    check_gradient(np.divide, divide_right_gradient, a, b, argnum=1, suspects=suspects)
    hint = "If you wrote into grad, another input that is to get it finds a wrong number."
    assert_unchanged(divide_right_gradient, np.ones((2, 3)), a / b, a, b, hint=hint)
    ### BEGIN HIDDEN TESTS
    check_gradient(np.divide, divide_right_gradient, -a, b, argnum=1, suspects=suspects)
    got = lambda: divide_right_gradient(np.array([1.0]), np.array([0.5]), 1.0, np.array([2.0]))
    assert_close(got, np.array([-0.25]), "If a is a number, no array method will do.")
    ### END HIDDEN TESTS


test_divide_right_gradient()

# %% [markdown]
r"""
A sum hands its gradient to every element that went into it. First the shape has to come back: a
reduced axis returns with length 1, so that `(2,)` becomes `(2, 1)` and broadcasts to `(2, 3)`.
`spread` does the broadcasting, as `np.broadcast_to` does, and sooner for small arrays.
"""

# %%
#| export
SMALL = 4096  # elements; up to about here a copy is made sooner than a view


def spread(grad: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """`grad` repeated to a shape that it broadcasts to. Not to be written into."""
    if math.prod(shape) > SMALL:
        return np.broadcast_to(grad, shape)
    full = np.empty(shape, grad.dtype)
    full[...] = grad
    return full

# %% nbgrader={"grade": false, "grade_id": "sum_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(np.sum)
def sum_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: Any = None, keepdims: bool = False
) -> np.ndarray:
    """The gradient of a sum over some axes by x: grad, repeated along them.

    Args:
        grad: the incoming gradient, of the shape of the output.
        output: np.sum(x, axis, keepdims=keepdims); not needed here.
        x: the input.
        axis: None for all axes, or one, or a tuple of them; may be negative.
        keepdims: whether the axes stayed, with length 1.

    Returns:
        An array of the shape of x.

    Example:
        >>> sum_gradient(np.array([1.0, 10.0]), None, np.zeros((2, 3)), axis=1)
        array([[ 1.,  1.,  1.],
               [10., 10., 10.]])

    Hint: `np.expand_dims` takes what `axis` may be, None excepted.
    """
    ### BEGIN SOLUTION
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    return spread(grad, x.shape)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_sum_gradient", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
def test_sum_gradient():
    """Every form of axis and keepdims; the incoming gradient is repeated, not divided."""
    x, grad = np.ones((2, 3)), np.array([1.0, 10.0])
    got = lambda: sum_gradient(grad, x.sum(1), x, axis=1)
    rows = np.array([[1.0, 1.0, 1.0], [10.0, 10.0, 10.0]])
    suspects = {
        "If the lost axis does not come back, (2,) can't broadcast to (2, 3).": ValueError,
        "If you divided by the count, you wrote the rule of the mean.": rows / 3,
        "If you returned ones, what came from further along the chain is lost.": np.ones((2, 3)),
        "If the gradient is not repeated, its shape is not that of x.": grad[:, None],
    }
    hint = "If the gradient lies along the wrong axis, put the lost one back where it was."
    assert_close(got, rows, hint, suspects=suspects, name="gradient of a sum over axis 1")
    hint = "If keepdims is ignored, an axis that never went away comes back a second time."
    kept = lambda: sum_gradient(grad[:, None], x.sum(1, keepdims=True), x, axis=1, keepdims=True)
    assert_close(kept, rows, hint, name="the same with keepdims")
    ### BEGIN HIDDEN TESTS
    table = np.arange(9.0).reshape(3, 3)
    suspects = {
        "If the lost axis does not come back, it is repeated along the wrong one.": lambda g, o, x, axis: x * 0 + g,
        "If you multiplied by x, you wrote the rule of half a square.": lambda g, o, x, axis: x * g[:, None],
    }
    check_gradient(np.sum, sum_gradient, table, axis=1, hint=hint, suspects=suspects)
    cube = np.arange(24.0).reshape(2, 3, 4)
    for axis in (None, 0, -1, (0, 2), (-1, 0)):
        for keepdims in (False, True):
            form = {"axis": axis, "keepdims": keepdims}
            got = lambda form=form: sum_gradient(2 * np.ones_like(cube.sum(**form)), None, cube, **form)
            hint = "If a tuple or a negative axis fails, np.expand_dims takes both."
            assert_close(got, np.full(cube.shape, 2.0), hint, name=f"the gradient with {form}")
    ### END HIDDEN TESTS


test_sum_gradient()

# %% [markdown]
r"""
The largest element is a sum over the winners alone: only they pass anything on. Where several
elements are equally large, which one would you reward? Rewarding each in full would count the
gradient twice. We let them share equally, as PyTorch's `amax` does.
"""

# %% nbgrader={"grade": false, "grade_id": "max_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(np.max)
def max_gradient(
    grad: np.ndarray, output: np.ndarray, x: np.ndarray, axis: Any = None, keepdims: bool = False
) -> np.ndarray:
    """The gradient of the maximum over some axes by x; equal maxima share it equally.

    Args:
        grad, x, axis, keepdims: as in `sum_gradient`.
        output: np.max(x, axis, keepdims=keepdims).

    Returns:
        An array of the shape of x, 0 wherever x is not the maximum.

    Example:
        >>> x = np.array([[1.0, 3.0, 3.0], [5.0, 4.0, 0.0]])
        >>> max_gradient(np.array([1.0, 10.0]), x.max(axis=1), x, axis=1)
        array([[ 0. ,  0.5,  0.5],
               [10. ,  0. ,  0. ]])

    Hint: `sum_gradient` brings anything of the output's shape to the shape of x.
    """
    ### BEGIN SOLUTION
    hits = x == sum_gradient(output, output, x, axis, keepdims)
    count = np.add.reduce(hits, axis, grad.dtype, keepdims=keepdims)
    return hits * sum_gradient(grad / count, output, x, axis, keepdims)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_max_gradient", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
def test_max_gradient():
    """The winner takes it, ties share it, each along its own axis."""
    x, grad = np.array([[1.0, 3.0, 3.0], [5.0, 4.0, 0.0]]), np.array([1.0, 10.0])
    expected = np.array([[0.0, 0.5, 0.5], [10.0, 0.0, 0.0]])
    suspects = {
        "If each of several winners gets all, the gradient is counted twice.": np.array([[0, 1.0, 1], [10, 0, 0]]),
        "If argmax picks a winner, the others of the same size go without.": np.array([[0, 1.0, 0], [10, 0, 0]]),
        "If you look for the largest of all, most rows have no winner.": np.array([[0, 0.0, 0], [10, 0, 0]]),
        "If you left grad out, what came from further along the chain is lost.": np.array([[0, 0.5, 0.5], [1, 0, 0]]),
        "If you count the winners of the whole array, rows pay for each other.": expected * [[2 / 3], [1 / 3]],
    }
    got = lambda: max_gradient(grad, x.max(1), x, axis=1)
    hint = "If the lost axis does not come back, (2,) can't meet (2, 3)."
    assert_close(got, expected, hint, suspects=suspects, name="gradient of the maximum of each row")
    kept = lambda: max_gradient(grad[:, None], x.max(1, keepdims=True), x, axis=1, keepdims=True)
    hint = "If keepdims is ignored, an axis that never went away comes back a second time."
    assert_close(kept, expected, hint, name="the same with keepdims")
    ### BEGIN HIDDEN TESTS
    cube = np.random.default_rng(2).permutation(24).astype(float).reshape(2, 3, 4)
    for axis in (None, 0, -1, (0, 2)):
        for keepdims in (False, True):
            check_gradient(np.max, max_gradient, cube, axis=axis, keepdims=keepdims)
    all_equal = lambda: max_gradient(np.array(6.0), np.array(2.0), np.full((2, 3), 2.0))
    assert_close(all_equal, np.ones((2, 3)), "If all are equal, all share.", name="six equal elements")
    ### END HIDDEN TESTS


test_max_gradient()

# %% [markdown]
r"""
For the matrix product the shapes nearly write the rule. With `a` of `(N, D)` and `b` of `(D, C)`,
`grad` is `(N, C)`, and the gradient of `a` has to be `(N, D)`:

$$ (N, C) \;@\; (C, D) \to (N, D), \qquad
   \bar a_{nd} = \sum_c \overline{out}_{nc}\, b_{dc} $$

A vector counts as a matrix with one row, if it stands on the left, or one column, on the right; in
`output` and `grad` that axis is absent.
"""

# %% nbgrader={"grade": false, "grade_id": "matmul_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(np.matmul)
def matmul_gradient(
    grad: np.ndarray, output: np.ndarray, a: np.ndarray, b: np.ndarray
) -> np.ndarray:
    """The gradient of sum(grad * (a @ b)) by a.

    Args:
        grad: the incoming gradient, of the shape of the output.
        output: a @ b, of shape (..., N, C), without the axis of a vector.
        a: (..., N, D), or a vector (D,).
        b: (..., D, C), or a vector (D,).

    Returns:
        An array of the shape of a; where a was broadcast, with the further axes in front.

    Example:
        >>> matmul_gradient(np.array([[1.0, 10.0]]), None, np.zeros((1, 1)), np.array([[2.0, 3.0]]))
        array([[32.]])

    Hint: `swapaxes(-1, -2)` transposes each matrix of a stack.
    """
    ### BEGIN SOLUTION
    if b.ndim == 1:
        return np.multiply.outer(grad, b)
    if a.ndim == 1:
        return (b @ grad[..., None])[..., 0]
    return grad @ b.swapaxes(-1, -2)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_matmul_gradient_of_matrices", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_matmul_gradient_of_matrices():
    """Matrices and stacks of them."""
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((3, 3)), rng.standard_normal((3, 3))
    suspects = {
        "If b is not transposed, rows of it stand where its columns should.": lambda g, o, a, b: g @ b,
        "If grad comes second, the factors changed places.": lambda g, o, a, b: b.T @ g,
        "If it is a that is transposed, you took the gradient of b.": lambda g, o, a, b: a.T @ g,
        "If you multiply elementwise, nothing is summed.": lambda g, o, a, b: g * b,
        "If you left grad out, what came from further along the chain is lost.": lambda g, o, a, b: np.ones((3, 3)) @ b.T,
    }
    check_gradient(np.matmul, matmul_gradient, a, b, suspects=suspects)
    check_gradient(np.matmul, matmul_gradient, rng.standard_normal((2, 3)), rng.standard_normal((3, 4)))
    a, b, grad = rng.standard_normal((5, 2, 3)), rng.standard_normal((5, 3, 4)), np.ones((5, 2, 4))
    slow = np.stack([grad[i] @ b[i].T for i in range(5)])
    hint = "If you write .T, all axes of a stack are reversed: swap the last two."
    assert_close(lambda: matmul_gradient(grad, a @ b, a, b), slow, hint, name="gradient for a stack")
    ### BEGIN HIDDEN TESTS
    check_gradient(np.matmul, matmul_gradient, a, b[0])
    ### END HIDDEN TESTS


test_matmul_gradient_of_matrices()

# %% nbgrader={"grade": true, "grade_id": "test_matmul_gradient_of_vectors", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_matmul_gradient_of_vectors():
    """A vector on either side, and on both."""
    rng = np.random.default_rng(4)
    a, b, vector = rng.standard_normal((2, 3)), rng.standard_normal((3, 4)), rng.standard_normal(3)
    hint = "If a vector has no second axis to swap, treat it as a matrix with one column or row."
    grad = np.array([1.0, 10.0])
    slow = [[g * v for v in vector] for g in grad]
    assert_close(lambda: matmul_gradient(grad, a @ vector, a, vector), np.array(slow), hint, name="a of (2, 3) @ (3,)")
    grad = np.array([1.0, 10.0, 2.0, 5.0])
    slow = [sum(g * v for g, v in zip(grad, row, strict=True)) for row in b]
    assert_close(lambda: matmul_gradient(grad, vector @ b, vector, b), np.array(slow), hint, name="a of (3,) @ (3, 4)")
    got = lambda: matmul_gradient(np.array(2.0), vector @ vector, vector, 3 * vector)
    assert_close(got, 6 * vector, hint, name="a of (3,) @ (3,)")
    ### BEGIN HIDDEN TESTS
    stack, grad = rng.standard_normal((5, 3, 4)), np.ones((5, 4))
    got = lambda: matmul_gradient(grad, vector @ stack, vector, stack).reshape(5, 3)
    assert_close(got, stack.sum(-1), hint, name="gradient of (3,) @ (5, 3, 4) by the left")
    ### END HIDDEN TESTS


test_matmul_gradient_of_vectors()

# %% [markdown]
r"""
The rule for `b` is its mirror image. It is given, since it does one thing more: a weight matrix
that met a whole stack gets its sum from one large product, rather than from a stack of small ones.
"""

# %%
#| export
@gradient_of(np.matmul, 1)
def matmul_right_gradient(grad, output, a, b):
    if a.ndim < 2:
        return a[:, None] * grad[..., None, :] if b.ndim > 1 else grad * a
    if b.ndim <= 2:
        return a.reshape(-1, a.shape[-1]).T @ grad.reshape(-1, *b.shape[1:])
    return a.swapaxes(-1, -2) @ grad

# %% [markdown]
r"""
Indexing chooses elements, and the gradient goes back to where they were chosen; the others get
nothing. One trap is in it, which this cell shows. Element 0 is chosen twice.
"""

# %%
slopes = np.zeros(3)
slopes[[0, 0, 2]] += [1.0, 1.0, 1.0]
print(slopes)

# %% [markdown]
r"""
NumPy reads `slopes[[0, 0, 2]]`, adds 1 to each, and writes them back, so that the second write to
element 0 covers the first. With slices and masks that can't happen:
"""

# %%
#| export
def chooses_once(index: tuple) -> bool:
    """Whether an index is of a kind that chooses no element twice: ints, slices and masks."""
    once = int | slice | EllipsisType | None
    return all(isinstance(part, once) or np.asarray(part).dtype == bool for part in index)

# %% nbgrader={"grade": false, "grade_id": "select_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@gradient_of(select)
def select_gradient(
    grad: np.ndarray, output: np.ndarray, array: np.ndarray, index: tuple
) -> np.ndarray:
    """The gradient of array[index] by the array: grad where it was chosen, 0 elsewhere.

    Args:
        grad: the incoming gradient, of the shape of the output.
        output: array[index].
        array: what was chosen from; it is not written into.
        index: a tuple of ints, slices, None, Ellipsis and arrays of ints or booleans.

    Returns:
        A new array of the shape and dtype of `array`. For an element that was chosen several times,
        the sum.

    Example:
        >>> select_gradient(np.array([1.0, 10.0, 5.0]), None, np.zeros(3), ([0, 0, 2],))
        array([11.,  0.,  5.])

    Hint: ufuncs have a method `at`; it is slow, and `chooses_once` tells where it isn't needed.
    """
    ### BEGIN SOLUTION
    slopes = np.zeros(array.shape, array.dtype)
    if chooses_once(index):
        slopes[index] = grad
    else:
        np.add.at(slopes, index, grad)
    return slopes
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_select_gradient", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_select_gradient():
    """Slices, ints and masks: what was chosen gets its gradient, the rest gets 0."""
    x = np.arange(12.0).reshape(3, 4) + 1
    suspects = {
        "If the result has the shape of what was chosen, put it back to its place in x.": np.array([5.0, 6, 7]),
        "If you begin with a copy of x, what was not chosen keeps its value.": np.where(np.arange(4) == 1, [[5.0], [6], [7]], x),
        "If you set ones, what came from further along the chain is lost.": np.tile([0.0, 1, 0, 0], (3, 1)),
        "If you add the element itself, grad was forgotten.": np.where(np.arange(4) == 1, x, 0),
    }
    expected = np.zeros((3, 4))
    expected[:, 1] = [5.0, 6.0, 7.0]
    column = (slice(None), 1)
    got = lambda: select_gradient(np.array([5.0, 6.0, 7.0]), x[column], x, column)
    assert_close(got, expected, suspects=suspects, name="gradient of x[:, 1]")
    hint = "If you wrote into x, the forward pass is no longer what it was."
    call = lambda array: select_gradient(np.ones(4), array[0], array, (0,))
    assert_unchanged(call, x, hint=hint, name="select_gradient")
    ### BEGIN HIDDEN TESTS
    for index in ((x > 6,), (..., 2), (slice(None, None, 2), slice(1, 3)), (1, 2), (None, 2), (-1,)):
        check_gradient(select, select_gradient, x, index=index, suspects={})
    ### END HIDDEN TESTS


test_select_gradient()

# %% nbgrader={"grade": true, "grade_id": "test_select_gradient_adds_up", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_select_gradient_adds_up():
    """An element that was chosen several times gets the sum."""
    grad = np.array([1.0, 10.0, 5.0])
    hint = "If you assign, or add with +=, an element that was chosen twice keeps one gradient only."
    got = lambda: select_gradient(grad, np.zeros(3), np.zeros(3), ([0, 0, 2],))
    assert_close(got, np.array([11.0, 0.0, 5.0]), hint, name="gradient of x[[0, 0, 2]]")
    ### BEGIN HIDDEN TESTS
    index = (np.array([[0, 1], [1, 1]]), slice(None), np.array([2, 0]))
    x = np.arange(24.0).reshape(2, 4, 3)
    check_gradient(select, select_gradient, x, index=index, hint=hint)
    ### END HIDDEN TESTS


test_select_gradient_adds_up()

# %% [markdown]
r"""
The remaining rules are given. A mean is a sum with a smaller gradient; what reshaping and
transposing did is undone; the larger of two numbers passes the gradient on, and equals share it.
"""

# %%
#| export
gradient_of(np.divide)(lambda grad, output, a, b: grad / b)
gradient_of(np.reshape)(lambda grad, output, x, shape: grad.reshape(x.shape))


@gradient_of(mean)
@gradient_of(np.mean)
def mean_gradient(grad, output, x, axis=None, keepdims=False):
    return sum_gradient(grad / (x.size // max(output.size, 1)), output, x, axis, keepdims)


@gradient_of(np.transpose)
def transpose_gradient(grad, output, x, axes=None):
    if axes is None:
        return grad.T
    return grad.transpose(sorted(range(x.ndim), key=lambda axis: axes[axis] % x.ndim))


@gradient_of(np.maximum)
@gradient_of(np.minimum)
def chosen_gradient(grad, output, a, b):
    return np.where(a == b, grad / 2, grad * (a == output))


@gradient_of(np.maximum, 1)
@gradient_of(np.minimum, 1)
def chosen_right_gradient(grad, output, a, b):
    return chosen_gradient(grad, output, b, a)


@gradient_of(np.power)
def power_gradient(grad, output, a, b):
    """b a^(b-1). Where b is 0 the slope is 0, at a = 0 too: the power may stay as it is there."""
    return grad * (b * a ** (b - (b != 0)))


@gradient_of(np.power, 1)
def power_right_gradient(grad, output, a, b):
    """a^b log a, and 0 where a and a^b are 0."""
    return grad * output * np.log(np.where((a == 0) & (b >= 0), 1, a))

# %% [markdown]
r"""
## 6.7 Every rule, against measurement

A wrong rule raises no error. Training just goes badly. So the register is compared, entry by
entry, with central differences, yours and those of earlier lessons. The table below has sample
inputs for each function; if a function in the register had none, the cell would say so.
"""

# %%
rng = np.random.default_rng(5)
x, y = rng.uniform(0.2, 0.8, (3, 4)), rng.uniform(0.2, 0.8, (3, 4))
labels, weight, bias = np.array([2, 0, 3]), rng.standard_normal((4, 2)), np.array([0.5, -0.5])
of_one = ["exp", "log", "sqrt", "absolute", "tanh", "negative", "square", "sum", "mean", "max"]
of_one += ["relu", "sigmoid", "softmax", "log_softmax"]
of_two = ["add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "squared_error"]
of_two += ["binary_cross_entropy", "binary_cross_entropy_with_logits"]
samples = {name: [(x,), {}] for name in of_one} | {name: [(x, y), {}] for name in of_two} | {
    "categorical_cross_entropy": [(x, labels), {}],
    "cross_entropy": [(x, labels), {}],
    "clip": [(x, 0.3, 0.6), {}],
    "linear": [(x, weight, bias), {}],
    "matmul": [(x, weight), {}],
    "reshape": [(x,), {"shape": (2, 6)}],
    "select": [(x,), {"index": (slice(None), [0, 1, 1])}],
    "transpose": [(x,), {"axes": (1, 0)}],
}
print("without a sample:", {function.__name__ for function, _ in GRADIENTS} - samples.keys() or "none")
for (function, argnum), rule in GRADIENTS.items():
    inputs, options = samples.get(function.__name__, ((), {}))
    if inputs:
        check_gradient(function, rule, *inputs, argnum=argnum, **options)
print(f"{len(GRADIENTS)} rules agree with the measured slopes")

# %% [markdown]
r"""
## 6.8 Nothing to remember

A network that is used, not trained, needs no record, and an optimizer that changes weights must
not be recorded. The door asks `recording.enabled` before it writes; a *context manager* switches
that off for a block: what stands before `yield` runs when the block begins, what stands after it
when the block ends. A block may end by an error too, and blocks may stand inside one another.
"""

# %% nbgrader={"grade": false, "grade_id": "no_grad", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@contextmanager
def no_grad() -> Iterator[None]:
    """A block in which the door records nothing: `with no_grad(): ...`.

    Afterwards recording is as it was before, also if the block ended with an exception. Used as
    a decorator, `@no_grad()`, it covers each call of a function. Other threads don't notice.

    Example:
        >>> x = Tensor(3.0, requires_grad=True)
        >>> with no_grad():
        ...     y = x * x
        >>> y.requires_grad
        False

    Hint: `try: ... finally: ...` runs its second part in any case.
    """
    ### BEGIN SOLUTION
    before = recording.enabled
    recording.enabled = False
    try:
        yield
    finally:
        recording.enabled = before
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_no_grad_switches_off_and_on", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_no_grad_switches_off_and_on():
    """Nothing is recorded in the block, everything after it."""
    x = Tensor(3.0, requires_grad=True)
    try:
        with no_grad():
            inside = (x * x).requires_grad
        after = (x * x).requires_grad
    finally:
        recording.enabled = True  # so that a fault here stays here
    hint = "If recording.enabled is not set to False, the door goes on writing."
    assert_equal(inside, False, hint, name="requires_grad of x * x in the block")
    hint = "If the switch stays off, no gradient is found any more."
    assert_equal(after, True, hint, name="requires_grad of x * x after the block")
    ### BEGIN HIDDEN TESTS
    with no_grad():
        total = (x * 2 + 1).item()
    assert_close(total, 7.0, "If values change, it is not only the record.")
    ### END HIDDEN TESTS


test_no_grad_switches_off_and_on()

# %% nbgrader={"grade": true, "grade_id": "test_no_grad_restores_what_was", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
def test_no_grad_restores_what_was():
    """After a block inside a block, and after an exception."""
    x = Tensor(3.0, requires_grad=True)
    try:
        with no_grad():
            with no_grad():
                inner = (x * x).requires_grad
            outer = (x * x).requires_grad
        try:
            with no_grad():
                raise KeyError("from inside the block")
        except KeyError:
            after = (x * x).requires_grad
    finally:
        recording.enabled = True  # so that a fault here stays here
    hint = "If it turns the switch to its other side, a block inside a block records again."
    assert_equal(inner, False, hint, name="requires_grad of x * x in an inner block")
    hint = "If it always switches on at the end, an inner block ends the outer one."
    assert_equal(outer, False, hint, name="requires_grad of x * x after an inner block")
    hint = "If the switch is set back after yield alone, an exception jumps over it."
    assert_equal(after, True, hint, name="requires_grad of x * x after an exception")
    ### BEGIN HIDDEN TESTS
    try:
        with no_grad(), no_grad(), no_grad():
            pass
        after = (x * x).requires_grad
    finally:
        recording.enabled = True
    assert_equal(after, True, hint="If three blocks end, recording is as before the first.")
    ### END HIDDEN TESTS


test_no_grad_restores_what_was()

# %% [markdown]
r"""
## 6.9 A network learns

All the pieces of six lessons meet. The network gets 64 pixels of a digit and gives 10 logits. Each
turn of the loop computes the loss, walks back, and moves each parameter a little against its
gradient. Look for two things in the picture: does the loss fall at once, and does the loss on
images that the network has never seen fall with it?
"""

# %%
digits = load_digits()
pixels = (digits.data / 16).astype(np.float32)
train, test = slice(0, 1200), slice(1200, None)
rng = np.random.default_rng(0)
net = Sequential(Linear(64, 32, rng), ReLU(), Linear(32, 10, rng))
loss_of, history = CrossEntropyLoss(), []

for _ in range(300):
    loss = loss_of(net(pixels[train]), digits.target[train])
    backward(loss)
    with no_grad():
        unseen = loss_of(net(pixels[test]), digits.target[test])
        for parameter in net.parameters():
            parameter.data -= 0.3 * parameter.grad
            parameter.grad = None
    history.append((loss.item(), unseen.item()))
print(f"right on new images: {accuracy(net(pixels[test]), digits.target[test]):.1%}")

# %%
figure, axis = figures.subplots()
axis.plot([seen for seen, _ in history], label="1,200 images that it learns from")
axis.plot([unseen for _, unseen in history], "--", label="597 images that it never sees")
axis.axhline(math.log(10), color="gray", lw=1, label="log 10: every digit equally likely")
axis.set(xlabel="step", ylabel="cross-entropy", ylim=(0, None), title="The loss falls from log 10, on new images too")
axis.legend()
figures.show(figure, alt="Two curves fall from about 2.3 to below 0.4, that of new images a little higher.")

# %% [markdown]
r"""
Lesson 1's nearest mean was right on nearly nine in ten of the same new images; this network is
right more often, and nobody told it which pixels matter. It starts near $\log 10$, as an
uninformed guess must, and the gap between the curves is what it knows of its own images only.

What you wrote in lessons 1 to 5 is what ran here. Change your `reduce_sum` or the rule of relu,
export, and this curve is the first to show it.
"""

# %% [markdown] nbgrader={"grade": false, "grade_id": "cost_of_the_way_back_prompt", "locked": true, "schema_version": 3, "solution": false, "task": false}
r"""
## 6.10 Question: what does the way back cost?

A layer multiplies a batch `x` of shape `(N, D)` by a weight of shape `(D, C)`, all `float32`. Take
N = 32, D = 64, C = 10 where numbers are asked for. Count, and explain:

1. How many multiplications does the product take forward, and how many do the gradients of `x`
   and of the weight take together?
2. The network of section 6.9 has 2,410 parameters. How many passes forward would central
   differences need for one gradient? About how many passes forward does the walk amount to?
3. Which arrays must stay in memory between the product and its step back, and why can the output
   of the product itself go?
4. Somebody keeps every loss of an epoch in a list, as Tensors, and calls `backward` on none of
   them. What fills the memory, and what is the mend?
"""

# %% [markdown] nbgrader={"grade": true, "grade_id": "cost_of_the_way_back", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
r"""
### BEGIN SOLUTION
1. Forward N D C = 32 x 64 x 10 = 20,480. Each of the two gradients is a product over the same
   three lengths, so together 2 N D C = 40,960: twice as many.
2. Two a parameter: 4,820. The walk does about twice the arithmetic of a pass forward, so that
   pass and walk together cost about three passes, however many parameters there are.
3. `x` and the weight: the gradient of the weight is `x.T @ grad`, that of `x` is
   `grad @ weight.T`. Neither rule reads the product's output.
4. Each loss holds its origin, and through it every array of its pass forward. Keep
   `loss.item()`, a plain number, or compute under `no_grad()`.

Rubric, one point each:
- 20,480 forward
- 40,960 backward, or twice the former
- 4,820 passes, and about two (or three with the pass itself) for the walk
- x and the weight stay
- the output can go because no rule of the product reads it
- the origins hold all arrays of each pass; keep numbers, or use no_grad
### END SOLUTION
"""

# %% [markdown]
r"""
## 6.11 Summary

The record of a result is a graph, and a gradient walks it backward: each step multiplies by one
local slope, and gradients that meet are added. In topological order every tensor is handled once,
so that all gradients together cost about two passes, in time and memory linear in the size of the
graph. The record is freed as the walk goes, and under `no_grad` it is never written.
"""
