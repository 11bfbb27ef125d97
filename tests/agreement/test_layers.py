"""The layers agree with PyTorch 2.13 on the CPU, in value and in gradient.

Where they differ on purpose is tested at the end: a weight has shape (in, out) and not
(out, in), layers start from a Generator and with Xavier's bound, biases start at 0, dropout
can't drop everything, and what is flattened has at least a sample's axis.
"""

from __future__ import annotations

import numpy as np
import pytest
from gradients import gradients

from tinytorch.core.activations import LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from tinytorch.core.layers import (
    Dropout,
    Flatten,
    Linear,
    Sequential,
    count_parameters,
    he_normal,
    linear,
    xavier_uniform,
)
from tinytorch.core.tensor import GRADIENTS, Tensor

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

pytestmark = pytest.mark.filterwarnings("error")

TOLERANCE = {np.float32: {"rtol": 2e-5, "atol": 2e-5}, np.float64: {"rtol": 1e-11, "atol": 1e-12}}
FRONT = ((), (1,), (4,), (2, 5), (2, 1, 3), (0,), (2, 0))

every = pytest.mark.parametrize
every_dtype = every("dtype", (np.float32, np.float64), ids=lambda dtype: dtype.__name__)


def numbers(seed: int, *shape: int, dtype: type = np.float64) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def torch_linear(x, weight, bias):
    return torch.nn.functional.linear(x, weight.T, bias)


# --- linear ---------------------------------------------------------------------------------


@every_dtype
@every("scale", (1e-3, 1.0, 1e3))
@every("has_bias", (True, False), ids=("bias", "no bias"))
@every("features, units", ((3, 2), (1, 1), (1, 4), (5, 1), (64, 10)))
@every("front", FRONT, ids=str)
def test_linear(front, features, units, has_bias, scale, dtype):
    """Value and all gradients, with any axes in front; inputs stay as they are."""
    arrays = [
        scale * numbers(0, *front, features, dtype=dtype),
        numbers(1, features, units, dtype=dtype),
        scale * numbers(2, units, dtype=dtype) if has_bias else None,
    ]
    kept = [None if array is None else array.copy() for array in arrays]
    output = linear(*arrays)
    theirs = [None if a is None else torch.tensor(a, requires_grad=True) for a in arrays]
    expected = torch_linear(*theirs)
    tolerance = {**TOLERANCE[dtype], "atol": scale * TOLERANCE[dtype]["atol"]}
    assert output.dtype == dtype
    assert output.shape == tuple(expected.shape)
    np.testing.assert_allclose(output, expected.detach().numpy(), **tolerance)

    grad = numbers(3, *front, units, dtype=dtype)
    inputs = [t for t in theirs if t is not None]
    wanted = torch.autograd.grad(expected, inputs, torch.tensor(grad))
    given = [array for array in arrays if array is not None]
    for argnum, slope in enumerate(wanted):
        got = GRADIENTS[linear, argnum](grad, output, *given)
        assert got.dtype == dtype
        assert got.shape == arrays[argnum].shape
        wide = {**TOLERANCE[dtype], "atol": max(1, scale) * TOLERANCE[dtype]["atol"]}
        np.testing.assert_allclose(got, slope.numpy(), **wide)
    for array, old in zip(arrays, kept, strict=True):
        if array is not None:
            np.testing.assert_array_equal(array, old)


@every("shape", ((4,), (1, 4), (1, 1, 4)), ids=str)
def test_the_gradient_of_a_bias_has_its_shape(shape):
    x, weight, bias = numbers(0, 2, 5, 3), numbers(1, 3, 4), numbers(2, *shape)
    grad = numbers(3, 2, 5, 4)
    got = GRADIENTS[linear, 2](grad, linear(x, weight, bias.reshape(-1)), x, weight, bias)
    np.testing.assert_allclose(got, grad.sum(axis=(0, 1)).reshape(shape))


def test_linear_of_transposed_and_sliced_arrays():
    x, weight = numbers(0, 6, 4).T[:, ::2], numbers(1, 5, 3).T
    output = linear(x, weight)
    np.testing.assert_allclose(output, np.array(x.tolist()) @ np.array(weight.tolist()))
    grad = numbers(2, 4, 5)
    np.testing.assert_allclose(GRADIENTS[linear, 0](grad, output, x, weight), grad @ weight.T)
    np.testing.assert_allclose(GRADIENTS[linear, 1](grad, output, x, weight), x.T @ grad)


@every_dtype
@every("has_bias", (True, False), ids=("bias", "no bias"))
def test_the_layer_linear(has_bias, dtype):
    ours = Linear(3, 4, None, lambda rng, shape: numbers(1, *shape, dtype=dtype), has_bias)
    theirs = torch.nn.Linear(3, 4, bias=has_bias, dtype=torch.tensor(np.zeros(1, dtype)).dtype)
    with torch.no_grad():
        theirs.weight.copy_(torch.tensor(ours.weight.data.T))
        if has_bias:
            ours.bias.data = numbers(2, 4, dtype=dtype)
            theirs.bias.copy_(torch.tensor(ours.bias.data))
    x = numbers(3, 2, 5, 3, dtype=dtype)
    output = ours(x)
    np.testing.assert_allclose(output.data, theirs(torch.tensor(x)).detach(), **TOLERANCE[dtype])
    assert [p.requires_grad for p in ours.parameters()] == [True] * (1 + has_bias)
    assert count_parameters(ours) == sum(p.numel() for p in theirs.parameters())


@every("shape", ((), (4,), (3, 4), (3, 1), (2, 3, 2)), ids=str)
def test_the_layer_linear_refuses_other_features(shape):
    layer = Linear(3, 2, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"expected 3 features .* got .*: flatten"):
        layer(np.zeros(shape, np.float32))


def test_the_layer_linear_refuses_an_unknown_start():
    with pytest.raises(ValueError, match="'xavier', 'he' or a function"):
        Linear(3, 2, np.random.default_rng(0), "kaiming")


# --- Where the numbers start ----------------------------------------------------------------


@every("shape", ((400, 300), (50, 2000), (2000, 50)), ids=str)
def test_xavier_uniform_has_the_spread_of_pytorch(shape):
    ours = xavier_uniform(np.random.default_rng(0), shape)
    theirs = torch.nn.init.xavier_uniform_(torch.empty(*shape[::-1])).numpy()
    assert (ours.shape, ours.dtype) == (shape, np.float32)
    assert ours.std() == pytest.approx(theirs.std(), rel=0.02)
    assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=0.01)


@every("shape", ((400, 300), (50, 2000), (2000, 50)), ids=str)
def test_he_normal_has_the_spread_of_pytorch(shape):
    ours = he_normal(np.random.default_rng(0), shape)
    weight = torch.empty(*shape[::-1])
    theirs = torch.nn.init.kaiming_normal_(weight, nonlinearity="relu").numpy()
    assert (ours.shape, ours.dtype) == (shape, np.float32)
    assert ours.std() == pytest.approx(theirs.std(), rel=0.02)
    within = [np.mean(np.abs(w) < w.std()) for w in (ours, theirs)]
    assert within[0] == pytest.approx(within[1], rel=0.02)


# --- Networks -------------------------------------------------------------------------------

KINDS = {
    "ReLU": (ReLU(), torch.nn.ReLU()),
    "Sigmoid": (Sigmoid(), torch.nn.Sigmoid()),
    "Tanh": (Tanh(), torch.nn.Tanh()),
    "Softmax": (Softmax(), torch.nn.Softmax(-1)),
    "LogSoftmax": (LogSoftmax(), torch.nn.LogSoftmax(-1)),
}


@every_dtype
@every("batch", (0, 1, 5))
@every("kind", KINDS)
def test_a_network_and_all_its_gradients(kind, batch, dtype):
    """Flatten, three linear layers and two activations, with nesting."""
    rng = np.random.default_rng(0)
    draw = lambda rng, shape: rng.standard_normal(shape).astype(dtype)  # noqa: E731
    bend, their_bend = KINDS[kind]
    ours = Sequential(
        Flatten(),
        Sequential(Linear(6, 4, rng, draw), bend),
        Linear(4, 5, rng, draw, bias=False),
        bend,
        Linear(5, 3, rng, draw),
    )
    for bias in ours.parameters()[1::3]:
        bias.data = rng.standard_normal(bias.shape).astype(dtype)
    sizes, precision = ((6, 4), (4, 5), (5, 3)), torch.tensor(np.zeros(1, dtype)).dtype
    first, second, third = (
        torch.nn.Linear(*size, bias=size != (4, 5), dtype=precision) for size in sizes
    )
    theirs = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Sequential(first, their_bend), second, their_bend, third
    )
    with torch.no_grad():
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            mine.data = mine.data.astype(dtype)
            other.copy_(torch.tensor(mine.data.T))

    x = numbers(4, batch, 3, 2, dtype=dtype)
    mine, other = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    output, expected = ours(mine), theirs(other)
    np.testing.assert_allclose(output.data, expected.detach().numpy(), **TOLERANCE[dtype])
    grad = numbers(5, batch, 3, dtype=dtype)
    got = gradients(output, mine, *ours.parameters(), grad=grad)
    wanted = torch.autograd.grad(expected, [other, *theirs.parameters()], torch.tensor(grad))
    for slope, reference in zip(got, wanted, strict=True):
        expected = reference.numpy() if reference is wanted[0] else reference.numpy().T
        np.testing.assert_allclose(slope, expected, **TOLERANCE[dtype])


def test_a_network_is_a_sequence_with_modes():
    rng = np.random.default_rng(0)
    network = Sequential(Linear(2, 3, rng), Sequential(ReLU(), Dropout(0.5, rng)))
    assert len(network) == 2
    assert network[1][1] is network[-1][-1]
    assert repr(network) == "Sequential(Linear(2, 3), Sequential(ReLU(), Dropout(0.5)))"
    assert network.eval() is network
    assert [layer.training for layer in (network, network[0], network[1][1])] == [False] * 3
    assert network.train()[1][1].training


@every("wrong", ([ReLU()], np.tanh, None), ids=("a list", "a function", "None"))
def test_a_network_refuses_what_is_no_layer(wrong):
    with pytest.raises(TypeError, match="expected layers"):
        Sequential(wrong)


@every_dtype
@every("shape", ((4, 3), (4, 3, 2), (1, 2, 3, 4), (4, 1, 1), (0, 3, 2), (4, 0, 3)), ids=str)
def test_flatten(shape, dtype):
    x = numbers(0, *shape, dtype=dtype)
    theirs = torch.nn.Flatten()(torch.tensor(x)).numpy()
    ours = Flatten()(x)
    assert ours.dtype == dtype
    assert ours.shape == theirs.shape
    np.testing.assert_array_equal(ours.data, theirs)


# --- Dropout --------------------------------------------------------------------------------


@every_dtype
@every("p", (0.0, 0.1, 0.5, 0.9))
def test_dropout_in_training(p, dtype):
    """The share that is dropped and the factor of the rest; the gradient bears the same mask."""
    x = 1 + np.random.default_rng(0).random((300, 200)).astype(dtype)
    tensor = Tensor(x, requires_grad=True)
    ours = Dropout(p, np.random.default_rng(1))(tensor)
    theirs = torch.nn.Dropout(p)(torch.tensor(x)).numpy()
    assert ours.dtype == dtype
    assert np.mean(ours.data == 0) == pytest.approx(np.mean(theirs == 0), abs=0.01)
    for output in (ours.data, theirs):
        stays = output != 0
        np.testing.assert_allclose(output[stays], x[stays] / (1 - p), rtol=1e-6)
    (slopes,) = gradients(ours, tensor)
    np.testing.assert_allclose(slopes, (ours.data != 0) / (1 - p), rtol=1e-6)


@every_dtype
@every("p", (0.0, 0.5, 0.9))
def test_dropout_in_evaluation(p, dtype):
    x = Tensor(numbers(0, 4, 3, dtype=dtype), requires_grad=True)
    assert Dropout(p, np.random.default_rng(0)).eval()(x) is x


@every("shape", ((), (0, 3), (2, 3, 4)), ids=str)
def test_dropout_of_any_shape(shape):
    assert Dropout(0.5, np.random.default_rng(0))(np.ones(shape, np.float32)).shape == shape


# --- A published result ---------------------------------------------------------------------


def test_the_forward_pass_of_the_nnfs_book():
    datasets = pytest.importorskip("nnfs.datasets")
    np.random.seed(0)  # noqa: NPY002
    points, classes = datasets.spiral_data(100, 3)

    def start(rng, shape):
        return (0.01 * np.random.randn(*shape)).astype(np.float32)  # noqa: NPY002

    network = Sequential(Linear(2, 3, None, start), ReLU(), Linear(3, 3, None, start), Softmax())
    probabilities = network(points.astype(np.float32)).data
    loss = np.mean(-np.log(probabilities[np.arange(300), classes]))
    assert loss.dtype == np.float32
    assert float(loss) == pytest.approx(1.0986104011535645, abs=2e-7)
    assert np.mean(probabilities.argmax(axis=1) == classes) == 0.34


# --- Where we differ from PyTorch -----------------------------------------------------------


def test_differs_a_weight_has_shape_in_out():
    """So the code reads like the formula, x @ weight + bias. PyTorch's has shape (out, in)."""
    assert Linear(3, 2, np.random.default_rng(0)).weight.shape == (3, 2)
    assert torch.nn.Linear(3, 2).weight.shape == (2, 3)


def test_differs_layers_start_with_xavier_and_no_bias():
    """PyTorch draws weight and bias evenly from -1/sqrt(in) to 1/sqrt(in)."""
    ours = Linear(400, 300, np.random.default_rng(0))
    assert not ours.bias.data.any()
    assert np.abs(ours.weight.data).max() == pytest.approx((6 / 700) ** 0.5, rel=0.01)
    theirs = torch.nn.Linear(400, 300).weight.detach().numpy()
    assert np.abs(theirs).max() == pytest.approx(400**-0.5, rel=0.01)


@every("p", (-0.1, 1.0, 1.5, float("nan")))
def test_differs_dropout_can_not_drop_everything(p):
    """PyTorch allows p = 1, which leaves zeros; we refuse it, for 1 / (1 - p) is infinite."""
    with pytest.raises(ValueError, match="at least 0 and below 1"):
        Dropout(p, np.random.default_rng(0))


def test_differs_a_batch_of_numbers_becomes_a_column():
    """Flatten makes (N, 1) of (N,), one feature a sample; PyTorch refuses a missing axis 1."""
    assert Flatten()(np.zeros(4)).shape == (4, 1)
    with pytest.raises(IndexError):
        torch.nn.Flatten()(torch.zeros(4))


def test_differs_nothing_is_drawn_from_a_global_seed():
    """Two networks of one seed are equal, whatever else was drawn in between."""
    first = Linear(3, 2, np.random.default_rng(7)).weight.data
    np.random.seed(1)  # noqa: NPY002
    np.testing.assert_array_equal(first, Linear(3, 2, np.random.default_rng(7)).weight.data)
