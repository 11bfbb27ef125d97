"""The activations agree with PyTorch 2.13 on the CPU, in value and in gradient.

Where they differ is tested at the end: an axis of length 0, the gradient of relu at nan, and
whole numbers.
"""

from __future__ import annotations

import numpy as np
import pytest

from tinytorch.core import activations
from tinytorch.core.activations import LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from tinytorch.core.tensor import FASTER, GRADIENTS, Tensor

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

pytestmark = pytest.mark.filterwarnings("error")  # a warning would cost a student the test

# The absolute tolerances let a subnormal result be flushed to 0.
TOLERANCE = {np.float32: {"rtol": 2e-5, "atol": 1e-7}, np.float64: {"rtol": 1e-11, "atol": 1e-14}}
ELEMENTWISE = ("relu", "sigmoid", "tanh")
ALONG_AN_AXIS = ("softmax", "log_softmax")
SHAPES = ((), (1,), (7,), (4, 3), (1, 5), (5, 1), (2, 3, 4), (0,), (0, 3), (2, 0, 3))
AXES = [(shape, axis) for shape in SHAPES[:7] for axis in range(-len(shape), len(shape))]
AXES += [((), -1), ((0, 3), -1), ((0, 3), 1), ((2, 0, 3), 2), ((2, 0, 3), 0)]
LAYERS = {
    "relu": (ReLU, torch.nn.ReLU, {}, {}),
    "sigmoid": (Sigmoid, torch.nn.Sigmoid, {}, {}),
    "tanh": (Tanh, torch.nn.Tanh, {}, {}),
    "softmax": (Softmax, torch.nn.Softmax, {"axis": 1}, {"dim": 1}),
    "log_softmax": (LogSoftmax, torch.nn.LogSoftmax, {"axis": 1}, {"dim": 1}),
}

every = pytest.mark.parametrize
every_dtype = every("dtype", (np.float32, np.float64), ids=lambda dtype: dtype.__name__)
every_scale = every("scale", (0.01, 1.0, 10.0, 1000.0))


def agree(name: str, x: np.ndarray, **options) -> None:
    """Value, dtype and gradient for a random incoming gradient equal PyTorch's."""
    function = getattr(activations, name)
    dtype, before = x.dtype.type, x.copy()
    theirs = torch.tensor(x, requires_grad=True)
    dims = {"dim": options["axis"]} if "axis" in options else {}
    expected = getattr(torch, name)(theirs, **dims)
    output = np.asarray(function(x, **options))
    assert output.dtype == dtype
    assert output.shape == tuple(expected.shape)
    np.testing.assert_allclose(output, expected.detach().numpy(), **TOLERANCE[dtype])

    grad = np.random.default_rng(1).standard_normal(x.shape).astype(dtype)
    (wanted,) = torch.autograd.grad(expected, theirs, torch.tensor(grad))
    kept = grad.copy(), output.copy()
    slopes = np.asarray(GRADIENTS[function, 0](grad, output, x, **options))
    assert slopes.dtype == dtype
    assert slopes.shape == x.shape
    np.testing.assert_allclose(slopes, wanted.numpy(), **{**TOLERANCE[dtype], "atol": 2e-6})
    for array, old in ((x, before), (grad, kept[0]), (output, kept[1])):
        np.testing.assert_array_equal(array, old)


def numbers(shape: tuple[int, ...], dtype: type, scale: float = 3.0) -> np.ndarray:
    return np.asarray(np.random.default_rng(0).normal(0, scale, shape), dtype)


@every_dtype
@every_scale
@every("shape", SHAPES, ids=str)
@every("name", ELEMENTWISE)
def test_elementwise(name, shape, scale, dtype):
    agree(name, numbers(shape, dtype, scale))


@every_dtype
@every_scale
@every(("shape", "axis"), AXES, ids=str)
@every("name", ALONG_AN_AXIS)
def test_along_an_axis(name, shape, axis, scale, dtype):
    agree(name, numbers(shape, dtype, scale), axis=axis)


@every_dtype
@every("name", ELEMENTWISE)
def test_elementwise_of_extremes(name, dtype):
    values = [-np.inf, -1e30, -1000.0, -100.0, -88.0, -20.0, -1e-30, -0.0]
    agree(name, np.array([values, [-v for v in values]], dtype))


@every_dtype
@every("axis", (0, 1))
@every(
    "rows",
    (
        [[1000.0, 1000.0, -1000.0], [-1000.0, -1001.0, -1002.0]],
        [[0.0, 1000.0, 2000.0], [-2000.0, 0.0, 0.0]],
        [[-np.inf, 0.0, 1.0], [2.0, -np.inf, -np.inf]],
        [[-np.inf, 1000.0, 1.0], [1e30, -np.inf, -1e30]],
        [[1e30, 1e30, 1e30], [-1e30, -1e30, -1e30]],
    ),
    ids=("thousands", "far apart", "masked", "masked and large", "huge"),
)
@every("name", ALONG_AN_AXIS)
def test_along_an_axis_of_extremes(name, rows, axis, dtype):
    agree(name, np.array(rows, dtype), axis=axis)


@every_dtype
@every("name", ELEMENTWISE + ALONG_AN_AXIS)
def test_nan_is_passed_on(name, dtype):
    """A nan stays visible, and does not leak into other rows."""
    x = np.array([[np.nan, 1.0, 2.0], [0.0, 1.0, -2.0]], dtype)
    output = getattr(activations, name)(x)
    np.testing.assert_allclose(
        output,
        getattr(torch, name)(
            torch.tensor(x), **({"dim": -1} if name in ALONG_AN_AXIS else {})
        ).numpy(),
        rtol=2e-5,
    )


@every_dtype
@every("name", ELEMENTWISE + ALONG_AN_AXIS)
def test_strided_inputs(name, dtype):
    """Transposes and slices are read in the right order."""
    x = numbers((6, 5, 4), dtype).T[:, ::2]
    agree(name, x, **({"axis": 1} if name in ALONG_AN_AXIS else {}))


@every_dtype
@every("name", LAYERS)
def test_layers(name, dtype):
    """A layer gives what its function gives, as a Tensor that knows its origin."""
    ours, theirs, options, dims = LAYERS[name]
    x = numbers((4, 3, 2), dtype)
    output = ours(**options)(Tensor(x, requires_grad=True))
    expected = theirs(**dims)(torch.tensor(x)).numpy()
    np.testing.assert_allclose(output.data, expected, **TOLERANCE[dtype])
    function = getattr(activations, name)
    assert (output.origin.function, output.requires_grad) == (FASTER.get(function, function), True)
    assert output.origin.options == options


@every("name", LAYERS)
def test_layers_have_nothing_to_learn_and_two_modes(name):
    layer = LAYERS[name][0]()
    assert (layer.parameters(), layer.children(), layer.training) == ([], [], True)
    assert layer.eval() is layer
    assert layer.training is False
    assert layer.train().training is True
    assert repr(layer).startswith(type(layer).__name__ + "(")


def test_a_layer_takes_lists_and_arrays():
    np.testing.assert_array_equal(ReLU()([[-1, 2]]).data, np.float32([[0, 2]]))
    assert Softmax()(np.zeros((2, 4))).dtype == np.float64


@every("name", ELEMENTWISE + ALONG_AN_AXIS)
def test_half_precision(name):
    """float16 stays float16 and is as good as its 11 bits allow."""
    x = np.array([[-12.0, -11.5, 3.0, 700.0, -700.0]], np.float16)
    output = getattr(activations, name)(x)
    exact = getattr(activations, name)(x.astype(np.float64))
    assert output.dtype == np.float16
    np.testing.assert_allclose(output, exact, rtol=2e-3, atol=1e-7)


# --- Where we differ from PyTorch -----------------------------------------------------------


@every("name", ALONG_AN_AXIS)
def test_an_axis_of_length_0_stays_empty(name):
    assert getattr(torch, name)(torch.zeros(3, 0), dim=-1).shape == (3, 0)
    with np.errstate(divide="ignore"):
        assert getattr(activations, name)(np.zeros((3, 0))).shape == (3, 0)


def test_differs_relu_stops_the_gradient_at_nan():
    """Our rule asks whether the output is above 0, and nan is not; PyTorch's lets it pass."""
    x = np.array([np.nan])
    assert GRADIENTS[activations.relu, 0](np.array([5.0]), activations.relu(x), x) == [0.0]
    theirs = torch.tensor(x, requires_grad=True)
    assert torch.autograd.grad(torch.relu(theirs).sum(), theirs)[0].item() == 1.0


def test_differs_softmax_of_whole_numbers_is_float32():
    """PyTorch refuses whole numbers."""
    with pytest.raises(NotImplementedError):
        torch.softmax(torch.tensor([1, 2]), dim=0)
    assert activations.softmax(np.array([1, 2])).dtype == np.float32
