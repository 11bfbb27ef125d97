"""Gradients of every registered operation, and the walk that puts them together.

Each case is held against central differences and, where torch is installed, against
torch.autograd, through the door and the walk rather than rule by rule.
"""

import subprocess
import sys
import textwrap
import threading
import tracemalloc
import weakref
from functools import partial

import numpy as np
import pytest

from tinytorch import core
from tinytorch.core import (
    CrossEntropyLoss,
    Linear,
    ReLU,
    Sequential,
    Tensor,
    apply,
    backward,
    gradient_of,
    gradients,
    no_grad,
    to_dot,
)
from tinytorch.core.autograd import topological_order, unbroadcast, walk_back
from tinytorch.core.tensor import GRADIENTS, select


def uniform(*shape, low=0.3, high=0.9, seed=0):
    return np.random.default_rng([seed, *shape]).uniform(low, high, shape)


def signed(*shape, seed=1):
    return uniform(*shape, low=-2.0, high=2.0, seed=seed)


ROWS, LABELS = signed(5, 3, seed=7), np.array([2, 0, 1, 1, 2])
TIES = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
BROADCASTS = [
    ((2, 3), (2, 3)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 3), (2, 1)), ((1, 3), (2, 1)),
    ((), (2, 3)), ((4, 1, 3), (2, 1)), ((1,), (2, 3)), ((1, 1), (4, 2, 3)), ((), ()),
    ((0, 3), (3,)), ((1, 3), (0, 3)),
]  # fmt: skip
PRODUCTS = [
    ((2, 3), (3, 4)), ((3,), (3, 4)), ((2, 3), (3,)), ((3,), (3,)), ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)), ((6, 1, 2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)),
    ((3,), (5, 3, 4)),
    ((5, 2, 3), (3,)), ((5, 2, 3), (1, 3, 4)), ((1, 3), (3, 1)), ((0, 3), (3, 4)),
]  # fmt: skip
AXES = [None, 0, 1, -1, (0, 2), (-1, 0), (0, 1, 2), ()]
INDICES = {
    "int": (1,), "negative": (-1,), "two ints": (1, 2), "slice": (slice(1, None),),
    "step": (slice(None), slice(None, None, 2)), "backward": (slice(None, None, -1),),
    "ellipsis": (..., 0), "new axis": (None, 1), "mask": (signed(3, 4) > 0,),
    "all False": (np.zeros((3, 4), bool),),
    "rows": (np.array([0, 2, 0, 0]),), "list": ([0, 0, 2],),
    "pairs": (np.array([0, 1, 1]), np.array([3, 2, 2])),
    "grid": (np.array([[0], [1]]), np.array([[2, 2]])), "mixed": (slice(None), np.array([1, 1, 3])),
    "numpy int": (np.int64(2), slice(1, 3)), "mask of rows": (np.array([True, False, True]),),
}  # fmt: skip
TORCH_OF_ONE = {
    "negative": "neg", "exp": "exp", "log": "log", "sqrt": "sqrt", "absolute": "abs",
    "tanh": "tanh", "square": "square", "relu": "relu", "sigmoid": "sigmoid",
    "softmax": "softmax", "log_softmax": "log_softmax", "logsumexp": "logsumexp",
    "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh", "cosh": "cosh", "arctan": "arctan",
    "exp2": "exp2", "expm1": "expm1", "log1p": "log1p", "log2": "log2", "log10": "log10",
    "reciprocal": "reciprocal", "sign": "sign", "floor": "floor", "ceil": "ceil",
    "rint": "round", "trunc": "trunc",
}  # fmt: skip
NUMPY_OF_TWO = (
    "add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "remainder",
    "logaddexp",
)  # fmt: skip


def case(function, torch_call, *inputs, label="", **options):
    """A test case: which inputs are differentiated by is told by their dtype, float64."""
    name = " ".join([function.__name__, *(str(np.shape(x)) for x in inputs), label])
    return pytest.param(function, torch_call, inputs, options, id=name.strip())


def cases():
    """Every registered function in every form. `torch_call` is given torch and tensors."""
    for name, other in TORCH_OF_ONE.items():
        function = getattr(np, name, None) or getattr(core, name)
        options = {"dim": -1} if "softmax" in name or name == "logsumexp" else {}
        of_positive = (name.startswith("log") and "soft" not in name) or name == "sqrt"
        x = uniform(3, 4) if of_positive else signed(3, 4)

        def call(torch, x, other=other, options=options):
            return getattr(torch, other)(x, **options)

        yield case(function, call, x)
        yield case(function, call, x[0, :1] if options else x[0, 0, ...])
    yield case(core.tanh, lambda torch, x: torch.tanh(x), signed(2, 3), label="of lesson 02")
    for function in (core.softmax, core.log_softmax):

        def along_0(torch, x, name=function.__name__):
            return getattr(torch, name)(x, dim=0)

        yield case(function, along_0, signed(3, 4), label="axis 0", axis=0)
    for name in NUMPY_OF_TWO:
        for left, right in BROADCASTS:

            def call(torch, a, b, name=name):
                return getattr(torch, name.replace("power", "pow"))(a, b)

            yield case(getattr(np, name), call, uniform(*left), uniform(*right, seed=2))
    yield case(np.floor_divide, None, uniform(3), uniform(3, seed=2))
    for exponent in (0, 1, 2, 3, -1, 0.5, 0.0):
        call = lambda torch, x, p=exponent: torch.pow(x, p)  # noqa: E731
        yield case(np.power, call, uniform(2, 3), exponent, label=f"to the {exponent}")
    yield case(
        np.power, lambda torch, p, x: torch.pow(2.0, x), 2.0, signed(2, 3), label="2 to the x"
    )
    yield case(np.multiply, lambda torch, c, x: c * x, 3.0, signed(2, 3), label="number first")
    yield case(np.maximum, lambda torch, x, c: x.clamp(min=0.1), signed(2, 3), 0.1, label="number")
    for left, right in PRODUCTS:
        call = lambda torch, a, b: torch.matmul(a, b)  # noqa: E731
        yield case(np.matmul, call, signed(*left), signed(*right, seed=3))
    reductions = ((np.sum, "sum"), (np.mean, "mean"), (core.tensor.mean, "mean"), (np.max, "amax"))
    for function, name in reductions:
        for axis in AXES:
            for keepdims in (False, True):

                def call(torch, x, name=name, axis=axis, keepdims=keepdims):
                    if axis == ():  # torch reads () as all axes
                        return x
                    dims = tuple(range(x.ndim)) if axis is None else axis
                    return getattr(torch, name)(x, dim=dims, keepdim=keepdims)

                options = {"axis": axis, "keepdims": keepdims}
                yield case(function, call, signed(2, 3, 4), label=str(options), **options)
    for shape in ((4, 3), (12,), (2, -1, 3), (1, 12)):
        call = lambda torch, x, shape=shape: x.reshape(shape)  # noqa: E731
        yield case(np.reshape, call, signed(3, 4), label=str(shape), shape=shape)
    for axes in (None, (2, 0, 1), (1, 0, 2), (0, -1, 1)):
        call = lambda torch, x, axes=axes: x.permute(axes or (2, 1, 0))  # noqa: E731
        yield case(np.transpose, call, signed(2, 3, 4), label=str(axes), axes=axes)
    for name, index in INDICES.items():

        def call(torch, x, index=index):
            if any(isinstance(p, slice) and (p.step or 1) < 0 for p in index):
                return x.flip(0)
            return x[tuple(torch.tensor(p) if isinstance(p, np.ndarray) else p for p in index)]

        yield case(select, call, signed(3, 4), label=name, index=index)
    yield case(np.clip, lambda torch, x, a, b: x.clamp(a, b), signed(3, 4), -0.5, 0.5)
    linear = lambda torch, x, w, *b: torch.nn.functional.linear(x, w.T, *b)  # noqa: E731
    yield case(core.linear, linear, signed(5, 3), signed(3, 2), signed(2))
    yield case(core.linear, linear, signed(4, 5, 3), signed(3, 2), signed(2))
    yield case(core.linear, linear, signed(5, 3), signed(3, 2))

    def loss(name):
        return lambda torch, x, t: getattr(torch.nn.functional, name)(x, t, reduction="none")

    def log_loss(torch, p, t):
        t = torch.nn.functional.one_hot(t, 3) if t.ndim == 1 else t
        return -(t * p.log()).sum(1)

    shares = core.softmax(signed(5, 3, seed=9)).astype(np.float32)
    yield case(core.squared_error, loss("mse_loss"), signed(5, 3), uniform(5, 3).astype(np.float32))
    for axis in (-1, 0):
        call = lambda torch, x, axis=axis: torch.softmax(x, axis)  # noqa: E731
        yield case(core.losses.fused_softmax, call, signed(5, 3), axis=axis)
    two = uniform(5, 3)
    yield case(core.squared_error, loss("mse_loss"), signed(5, 3), two)
    yield case(np.min, lambda torch, x: x.amin(1), signed(5, 3), axis=1)
    yield case(core.tensor.cast, lambda torch, x: x.double(), signed(3), dtype=np.float64)
    mean_loss = lambda torch, x, t: torch.nn.functional.cross_entropy(x, t)  # noqa: E731
    for function in (core.cross_entropy, core.losses.fused_cross_entropy):
        yield case(function, loss("cross_entropy"), ROWS, LABELS)
        yield case(function, None, ROWS, shares, label="soft")
    yield case(core.losses.mean_cross_entropy, mean_loss, ROWS, LABELS)
    yield case(core.losses.mean_cross_entropy, None, ROWS, shares, label="soft")
    yield case(core.categorical_cross_entropy, log_loss, core.softmax(ROWS), LABELS)
    yield case(core.categorical_cross_entropy, log_loss, core.softmax(ROWS), shares, label="soft")
    half = np.array([0.0, 1.0, 0.5])
    plain = lambda torch, x, t: torch.nn.functional.binary_cross_entropy(  # noqa: E731
        x, t.double(), reduction="none"
    )
    logits = lambda torch, x, t: torch.nn.functional.binary_cross_entropy_with_logits(  # noqa: E731
        x, t.double(), reduction="none"
    )
    yield case(core.binary_cross_entropy, plain, uniform(3), half.astype(np.float32))
    yield case(core.binary_cross_entropy_with_logits, logits, signed(3), half.astype(np.float32))


CASES = list(cases())


def is_variable(x):
    return isinstance(x, np.ndarray) and x.dtype == np.float64


def by_the_walk(function, inputs, options):
    """The output, an uneven grad of its shape, and the gradient of each float64 input."""
    tensors = [Tensor(x, requires_grad=True) if is_variable(x) else x for x in inputs]
    call = function if hasattr(function, "hands_over") else partial(apply, function)
    output = call(*tensors, **options)
    grad = uniform(*output.shape, seed=4)
    variables = [x for x in tensors if isinstance(x, Tensor)]
    return grad, gradients(output, variables, grad)


def test_every_registered_rule_has_a_case():
    covered = {(p.values[0], n) for p in CASES for n, x in enumerate(p.values[2]) if is_variable(x)}
    elsewhere = vars(core.operations).values()  # covered in tests/agreement
    ours = lambda f: getattr(f, "__module__", "numpy").startswith(("numpy", "tinytorch"))  # noqa: E731
    names = {key for key in GRADIENTS if ours(key[0]) and key[0] not in elsewhere}
    assert names - covered == set()


@pytest.mark.parametrize(("function", "torch_call", "inputs", "options"), CASES)
def test_gradients_equal_central_differences(function, torch_call, inputs, options):
    grad, found = by_the_walk(function, inputs, options)
    places = [n for n, x in enumerate(inputs) if is_variable(x)]
    for place, got in zip(places, found, strict=True):
        expected = np.zeros(np.shape(inputs[place]))
        for index in np.ndindex(expected.shape):
            sides = []
            for step in (1e-6, -1e-6):
                moved = list(inputs)
                moved[place] = np.array(inputs[place])
                moved[place][index] += step
                sides.append(np.sum(grad * function(*moved, **options)))
            expected[index] = (sides[0] - sides[1]) / 2e-6
        np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-7)
        assert got.shape == expected.shape
        assert got.dtype == np.float64


@pytest.mark.parametrize(("function", "torch_call", "inputs", "options"), CASES)
def test_gradients_equal_those_of_torch(function, torch_call, inputs, options):
    torch = pytest.importorskip("torch")
    if torch_call is None:
        pytest.skip("torch asks for targets of the dtype of the logits")
    grad, found = by_the_walk(function, inputs, options)
    tensors = [
        torch.tensor(x, requires_grad=is_variable(x)) if isinstance(x, np.ndarray) else x
        for x in inputs
    ]
    output = torch_call(torch, *tensors)
    variables = [x for x in tensors if getattr(x, "requires_grad", False)]
    for got, other in zip(
        found, torch.autograd.grad(output, variables, torch.tensor(grad)), strict=True
    ):
        np.testing.assert_allclose(got, other.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("function", [np.max, np.maximum, np.minimum, np.abs])
def test_ties_and_corners_are_shared_as_in_torch(function):
    torch = pytest.importorskip("torch")
    if function is np.max:
        x, options = TIES, {"axis": 1}
        other = lambda x: x.amax(1)  # noqa: E731
    elif function is np.abs:
        x, options, other = np.array([-1.0, 0.0, 2.0]), {}, torch.abs
    else:
        x, options = TIES, {}
        other = lambda x: getattr(torch, function.__name__)(x, torch.full((2, 3), 2.0))  # noqa: E731
    tensor, twin = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    inputs = (tensor,) if options or function is np.abs else (tensor, np.full((2, 3), 2.0))
    got = gradients(apply(function, *inputs, **options).sum(), [tensor])[0]
    other(twin).sum().backward()
    np.testing.assert_allclose(got, twin.grad.numpy())


@pytest.mark.parametrize(("base", "exponent"), [(0.0, 0.0), (0.0, 2.0), (0.0, 1.0), (2.0, 0.0)])
def test_powers_at_zero_have_torchs_slopes(base, exponent):
    torch = pytest.importorskip("torch")
    a, b = Tensor(np.array(base), True), Tensor(np.array(exponent), True)
    twins = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (base, exponent)]
    torch.pow(*twins).backward()
    with np.errstate(all="raise"):
        got = gradients(a**b, [a, b])
    np.testing.assert_allclose(got, [twin.grad.numpy() for twin in twins])


def test_float32_stays_float32_even_behind_float64():
    x = Tensor([1.0, 2.0], requires_grad=True)
    backward((x * np.array([0.5, 0.5])).sum())
    assert x.grad.dtype == np.float32
    for function, inputs in ((np.max, TIES), (np.maximum, TIES), (np.power, TIES)):
        x = Tensor(inputs.astype(np.float32), requires_grad=True)
        others = () if function is np.max else (2.0,)
        output = apply(function, x, *others)
        arrays = [x.data, *others]
        rule = GRADIENTS[function, 0]
        assert rule(np.ones_like(output.data), output.data, *arrays).dtype == np.float32


# --- the walk ---------------------------------------------------------------------------------


def chain(length, x):
    for _ in range(length):
        x = x + 1
    return x


def test_a_chain_of_5000_operations_walks_and_dies_without_recursion():
    x = Tensor(0.0, requires_grad=True)
    backward(chain(5000, x))
    assert x.grad == 1.0


def test_a_long_chain_that_nobody_walked_can_be_dropped():
    code = """
        from tinytorch.core import Tensor
        x = Tensor(0.0, requires_grad=True)
        for _ in range(200_000):
            x = x + 1
        del x
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)


def counted():
    """A function whose gradient rule counts its calls."""
    calls = []

    def double(x):
        return x + x

    @gradient_of(double)
    def rule(grad, output, x):
        calls.append(1)
        return 2 * grad

    return double, calls


def test_what_is_used_twice_is_walked_once():
    double, calls = counted()
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(18):
        y = apply(double, y)
        y = y + y
    backward(y)
    del GRADIENTS[double, 0]
    assert len(calls) == 18
    assert x.grad == 4.0**18


def test_the_order_holds_each_tensor_once_after_its_inputs():
    x = Tensor(1.0, requires_grad=True)
    made = [x * 2]
    rng = np.random.default_rng(0)
    for _ in range(200):
        a, b = rng.integers(len(made), size=2)
        made.append(made[a] * 0.5 + made[b] * 0.5)
    total = made[0]
    for tensor in made[1:]:
        total = total + tensor
    order = topological_order(total)
    place = {id(tensor): n for n, tensor in enumerate(order)}
    assert len(place) == len(order)
    for tensor in order:
        for parent in tensor.origin.inputs:
            if isinstance(parent, Tensor) and parent.origin:
                assert place[id(parent)] < place[id(tensor)]
    assert order[-1] is total


def test_gradients_add_up_over_calls_and_in_place():
    x = Tensor([1.0, 2.0], requires_grad=True)
    backward((x * x).sum())
    first = x.grad
    backward(x.sum())
    assert x.grad is first
    assert x.grad.tolist() == [3.0, 5.0]


def test_no_gradient_shares_memory_with_another_or_with_data():
    a, b, c = (Tensor(np.ones((3, 3)), requires_grad=True) for _ in range(3))
    grad = np.ones((3, 3))
    backward(a + b + c.T.reshape(3, 3), grad)
    d = Tensor(np.ones((3, 3)), requires_grad=True)
    backward((a + d).sum())
    backward(b.T, grad)
    arrays = [t.grad for t in (a, b, c, d)] + [t.data for t in (a, b, c, d)] + [grad]
    for n, array in enumerate(arrays):
        assert not any(np.shares_memory(array, other) for other in arrays[n + 1 :])
        array += 1  # also: none is read-only
    x, y = Tensor(np.ones(3), requires_grad=True), Tensor(np.ones(3), requires_grad=True)
    z = x + y
    got = gradients(z.sum(), [x, y, z])
    assert not any(np.shares_memory(g, h) for g in got for h in got if g is not h)


def test_a_gradient_is_an_array_of_the_shape_and_dtype_of_its_tensor():
    for shape in ((), (1,), (1, 1)):
        x = Tensor(np.full(shape, 2.0, np.float32), requires_grad=True)
        backward(x * x)
        assert type(x.grad) is np.ndarray
        assert (x.grad.shape, x.grad.dtype) == (shape, np.float32)


def test_a_leaf_may_be_the_output():
    x = Tensor([1.0, 2.0], requires_grad=True)
    grad = np.array([5.0, 6.0])
    backward(x, grad)
    assert x.grad.tolist() == [5.0, 6.0]
    assert x.grad.dtype == np.float32


def test_only_what_requires_a_gradient_gets_one():
    x, w = Tensor([1.0, 2.0]), Tensor([3.0, 4.0], requires_grad=True)
    y = x * w
    backward(y.sum())
    assert x.grad is None
    assert y.grad is None
    assert w.grad.tolist() == [1.0, 2.0]
    halfway = w * 2
    halfway.requires_grad = False  # a way to cut the graph
    backward((halfway * w).sum())
    assert w.grad.tolist() == [1.0 + 6.0, 2.0 + 8.0]


def test_gradients_leave_grad_alone_and_give_zeros_where_nothing_depends():
    x, other = Tensor([1.0, 2.0], requires_grad=True), Tensor([[1.0]], requires_grad=True)
    y = x * x
    by_y, by_x, by_other = gradients((y * y).sum(), [y, x, other])
    assert by_y.tolist() == [2.0, 8.0]
    assert by_x.tolist() == [4.0, 32.0]
    assert by_other.tolist() == [[0.0]]
    assert x.grad is None


# --- errors -----------------------------------------------------------------------------------


def test_a_second_walk_names_retain_graph_and_changes_nothing():
    x, w = Tensor([1.0], requires_grad=True), Tensor([2.0], requires_grad=True)
    trunk = x * x
    backward(trunk)
    before = x.grad.copy()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        backward(trunk * w)
    assert w.grad is None
    assert x.grad == before
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        to_dot(trunk)


def test_a_retained_graph_can_be_walked_again():
    x = Tensor([3.0], requires_grad=True)
    y = x * x
    backward(y, retain_graph=True)
    backward(y)
    assert x.grad == 12.0


def test_errors_say_expected_got_and_mend():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ValueError, match=r"shape \(2,\).*sum\(\) or mean\(\)"):
        backward(x * 2)
    with pytest.raises(ValueError, match=r"\(2,\), got \(3,\)"):
        backward(x * 2, [1, 1, 1])
    with pytest.raises(ValueError, match="requires_grad=True"):
        backward(Tensor([1.0]) * 2)
    with no_grad():
        y = x.sum()
    with pytest.raises(ValueError, match="no_grad"):
        backward(y)
    with pytest.raises(ValueError, match="requires_grad=True"):
        gradients(x.sum(), [Tensor([1.0])])


def test_a_missing_rule_is_named_with_its_input():
    def blend(a, b):
        return a + b

    gradient_of(blend)(lambda grad, output, a, b: grad)
    x = Tensor([1.0], requires_grad=True)
    try:
        with pytest.raises(LookupError, match=r"input 1 of blend.*@gradient_of\(blend, 1\)"):
            backward(apply(blend, x, x))
        backward(apply(blend, x, 1.0))
    finally:
        del GRADIENTS[blend, 0]


def test_a_rule_that_returns_a_wrong_shape_is_refused():
    def halve(x):
        return x / 2

    gradient_of(halve)(lambda grad, output, x: grad[:1])
    try:
        with pytest.raises(ValueError, match=r"\(1,\).*\(2,\)"):
            backward(apply(halve, Tensor([1.0, 2.0], requires_grad=True)), [1, 1])
    finally:
        del GRADIENTS[halve, 0]


@pytest.mark.parametrize("shape", [(2,), (3, 2), (4, 2, 3), (1, 1, 2), (2, 2)])
def test_unbroadcast_refuses_shapes_that_do_not_broadcast(shape):
    with pytest.raises(ValueError, match="gradient of shape"):
        unbroadcast(np.ones((2, 3)), shape)
    with pytest.raises(ValueError, match="gradient of shape"):
        unbroadcast(np.array(1.0), shape)


# --- memory, time, threads --------------------------------------------------------------------


def test_the_graph_is_gone_after_the_walk():
    x = Tensor(np.ones(1000), requires_grad=True)
    y = x * 2
    z = (y * y).sum()
    watched = weakref.ref(y)
    del y
    backward(z)
    assert watched() is None


def test_memory_goes_while_the_walk_goes():
    size, length = 100_000, 50

    def peak(retain_graph):
        x = Tensor(np.ones(size), requires_grad=True)
        y = x
        for _ in range(length):
            y = apply(np.exp, y * 0.1)  # exp's rule needs the output, so each must be kept
        y = y.sum()
        tracemalloc.reset_peak()
        start = tracemalloc.get_traced_memory()[0]
        backward(y, retain_graph=retain_graph)
        now, most = tracemalloc.get_traced_memory()
        return now - start, most - start

    tracemalloc.start()
    try:
        after, most = peak(retain_graph=False)
        kept, _ = peak(retain_graph=True)
    finally:
        tracemalloc.stop()
    megabyte = size * 8
    assert most < 6 * megabyte  # a few gradients, not one a step
    assert after < -(length - 2) * megabyte  # all intermediate results are gone
    assert kept > 0


def test_time_grows_with_the_size_of_the_graph_and_no_faster():
    double, calls = counted()
    for length in (10, 100, 1000):
        calls.clear()
        y = Tensor(1.0, requires_grad=True)
        for _ in range(length):
            y = apply(double, y) * 0.25
            y = y + y
        backward(y)
        assert len(calls) == length
    del GRADIENTS[double, 0]


def test_no_grad_ends_with_its_block_also_by_an_exception_and_as_a_decorator():
    x = Tensor(1.0, requires_grad=True)

    @no_grad()
    def quiet():
        return x * x

    assert not quiet().requires_grad
    assert not quiet().requires_grad  # a decorator serves more than one call
    assert (x * x).requires_grad
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert (x * x).requires_grad
    with no_grad():
        with no_grad():
            pass
        assert not (x * x).requires_grad


def test_each_thread_has_a_no_grad_of_its_own():
    x, seen = Tensor(1.0, requires_grad=True), {}
    inside, done = threading.Event(), threading.Event()

    def other():
        with no_grad():
            inside.set()
            done.wait(10)
            seen["other"] = (x * x).requires_grad

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait(10)
    seen["here"] = (x * x).requires_grad
    done.set()
    thread.join()
    assert seen == {"other": False, "here": True}


# --- the powers that a cross-entropy keeps for its rule ----------------------------------------

SOFT = core.softmax(signed(5, 3, seed=9))


@pytest.mark.parametrize("targets", [LABELS, SOFT.astype(np.float32)], ids=["indices", "soft"])
def test_a_graph_with_kept_powers_can_be_walked_again(targets):
    x = Tensor(ROWS, requires_grad=True)
    loss = CrossEntropyLoss()(x, targets)
    first = gradients(loss, [x], retain_graph=True)[0].copy()
    for _ in range(2):
        np.testing.assert_allclose(gradients(loss, [x], retain_graph=True)[0], first, rtol=1e-12)
    np.testing.assert_array_equal(x.data, ROWS)


def test_without_a_gradient_no_powers_are_kept():
    x = np.zeros((500, 1000), np.float32)
    tracemalloc.start()
    loss = CrossEntropyLoss()(x, np.zeros(500, int))
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert loss.origin is None
    assert held < x.nbytes / 10


# --- nothing is bypassed ----------------------------------------------------------------------


def small_network():
    rng = np.random.default_rng(0)
    net = Sequential(Linear(4, 5, rng), ReLU(), Linear(5, 3, rng))
    x, targets = signed(6, 4).astype(np.float32), np.array([0, 1, 2, 2, 1, 0])
    return net, lambda: CrossEntropyLoss()(net(x), targets)


def test_what_the_student_wrote_is_what_runs(monkeypatch):
    net, loss = small_network()
    backward(loss())
    right = net.parameters()[0].grad.copy()

    total = CrossEntropyLoss("sum")
    for module, name, broken, wanted in (
        (core.losses, "mean", np.max, lambda: loss().item()),
        (core.tensor, "reduce_sum", lambda x, *_: x.max(), lambda: total(ROWS, LABELS).item()),
        (core.losses, "class_indices", lambda t, classes: t * 0, lambda: loss().item()),
        (core.losses, "row_sums", lambda x: x.max(axis=1), lambda: loss().item()),
    ):
        expected = wanted()
        monkeypatch.setattr(module, name, broken)
        assert not np.isclose(wanted(), expected), name
        monkeypatch.undo()

    def matters(function):
        """Whether the gradients of the network change with the rule of a function."""
        rule = GRADIENTS[function, 0]
        with monkeypatch.context() as patch:
            patch.setitem(GRADIENTS, (function, 0), lambda *a, **k: 3 * rule(*a, **k))
            net.parameters()[0].grad = None
            backward(loss())
        return not np.allclose(net.parameters()[0].grad, right)

    layers = (core.relu, core.linear)
    # As the register stands, the form that is registered runs, and the plain one does not.
    assert all(matters(function) for function in (*layers, core.losses.mean_cross_entropy))
    assert not matters(core.cross_entropy)
    # Without it, what the student wrote runs, and gives the same.
    with monkeypatch.context() as patch:
        for function in list(core.tensor.FASTER):
            patch.delitem(core.tensor.FASTER, function)
        plain = (*layers, core.cross_entropy, core.tensor.mean)
        assert all(matters(function) for function in plain)
        assert not matters(core.losses.mean_cross_entropy)
        net.parameters()[0].grad = None
        backward(loss())
        np.testing.assert_allclose(net.parameters()[0].grad, right, rtol=1e-4, atol=1e-7)
    assert core.cross_entropy in core.tensor.FASTER


def test_importing_autograd_changes_no_class():
    code = """
        import tinytorch.core.tensor as tensor
        before = {k: dict(vars(k)) for k in (tensor.Tensor, tensor.Operators, tensor.Origin)}
        import tinytorch.core.autograd
        assert all(dict(vars(k)) == v for k, v in before.items())
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)


def test_a_network_has_torchs_gradients():
    torch = pytest.importorskip("torch")
    net, loss = small_network()
    backward(loss())
    x = torch.tensor(signed(6, 4).astype(np.float32))
    twins = [torch.tensor(p.data, requires_grad=True) for p in net.parameters()]
    hidden = (x @ twins[0] + twins[1]).relu() @ twins[2] + twins[3]
    torch.nn.functional.cross_entropy(hidden, torch.tensor([0, 1, 2, 2, 1, 0])).backward()
    for parameter, twin in zip(net.parameters(), twins, strict=True):
        np.testing.assert_allclose(parameter.grad, twin.grad.numpy(), rtol=1e-5, atol=1e-7)


# --- the picture ------------------------------------------------------------------------------


def test_the_graph_is_written_for_graphviz_and_drawn_without_it(monkeypatch):
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = (x * 3).sum()
    text = to_dot(y, {"x": x}, {x: np.ones(2)})
    assert text.count("->") == 3
    for part in (r'"x\n(2,)\ngradient (2,)"', r'"multiply\n(2,)"', '"3"', r'"sum\n9"'):
        assert part in text
    pytest.importorskip("matplotlib").use("Agg")
    import matplotlib.pyplot as plt

    from tinytorch import figures

    monkeypatch.setattr(figures.shutil, "which", lambda program: None)
    figure = figures.draw_graph(text)
    assert {t.get_text() for t in figure.axes[0].texts} >= {"3", "sum\n9"}
    plt.close(figure)


def test_the_walk_returns_leaves_and_what_is_kept():
    x = Tensor([1.0], requires_grad=True)
    y = x * 2
    known = walk_back(y * 3, np.ones(1, np.float32), keep={y})
    assert {id(tensor) for tensor in known} == {id(x), id(y)}
