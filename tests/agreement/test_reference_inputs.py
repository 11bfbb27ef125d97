"""Our operations agree with PyTorch on PyTorch's own reference inputs, in value and in gradient.

`op_db` lists PyTorch's operations, each with the inputs that its own tests use: no axes, no
elements, strides of every kind, numbers at the edge of a dtype, mixtures of dtypes, and every
option. CALLS maps its names to functions that take what PyTorch's take, and answer with ours; an
option that such a function does not name is one that we do not offer.

Each sample ends as one of four: it agrees; it is skipped, since it asks for what we do not offer;
it is refused, by an error that names the mistake; or it is a mismatch, and fails the test. What we
refuse although PyTorch computes it stands in REFUSED, with the reason.

NumPy widens differently: float32 beside int64, or beside a float64 without axes, gives float64,
where PyTorch's result stays float32. Numbers are compared in the narrower of the two dtypes.
"""

from __future__ import annotations

import functools
import inspect
import math
import operator
import random
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tinytorch import core
from tinytorch.core import Tensor, gradients

try:
    from tinytorch.core import operations
except ImportError:
    operations = None

torch = pytest.importorskip("torch")
pytest.importorskip("expecttest", reason="torch's own tests need it")
from torch.testing._internal.common_methods_invocations import op_db  # noqa: E402

torch.set_num_threads(1)

pytestmark = [
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # infinities and nan are among the inputs
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

DTYPES = (torch.float32, torch.float64)
# Of a number, and of the largest number beside it: what cancels has the rounding of what it was.
TOLERANCE = {
    torch.float16: (1e-2, 1e-2), torch.float32: (1e-5, 5e-6), torch.float64: (1e-10, 1e-12),
}  # fmt: skip
MOST_ELEMENTS = 50_000  # larger samples ask for speed, and repeat what the small ones ask


class Skip(Exception):
    """A sample asks for what we do not offer."""


# --- Ours, called as PyTorch's --------------------------------------------------------------


def plain(x: Any) -> Any:
    """The array of a Tensor, the rest as it is."""
    return x.data if isinstance(x, Tensor) else x


def axes(dim: Any) -> Any:
    """PyTorch's axes as NumPy's: none at all, (), are all of them."""
    return None if dim is None or dim in ((), []) else dim


def along(dim: int, part: Any) -> tuple:
    """The index that chooses a part of one axis."""
    return (..., part) + (slice(None),) * (-1 - dim) if dim < 0 else (slice(None),) * dim + (part,)


def two(function: Callable) -> Callable:
    """An operation of two tensors under the names that PyTorch gives them."""
    return lambda input, other: function(input, other)


def turned(function: Callable) -> Callable:
    """The same with its sides exchanged: `__rsub__` and the like."""
    return lambda input, other: function(other, input)


def one(function: Callable) -> Callable:
    return lambda input: function(input)


def method(name: str) -> Callable:
    return lambda input: getattr(input, name)()


def reduce(name: str) -> Callable:
    return lambda input, dim=None, keepdim=False: getattr(input, name)(axes(dim), keepdim)


def spread(name: str) -> Callable:
    """var and std: the correction goes by three names."""

    def call(input, dim=None, unbiased=True, *, correction=None, keepdim=False):
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        correction = int(unbiased) if correction is None else correction
        return getattr(input, name)(axes(dim), keepdims=keepdim, correction=correction)

    return call


def probabilities(name: str, sign: int = 1) -> Callable:
    def call(input, dim, dtype=None):
        x = input if dtype is None else input.astype(str(dtype)[len("torch.") :])
        return getattr(core, name)(x * sign, axis=dim)

    return call


def length(input, ord=2, dim=None, keepdim=False):
    if ord != 2:
        raise Skip("norms but that of 2")
    return input.norm(axis=axes(dim), keepdims=keepdim)


def log_sum(input, dim, keepdim=False):
    dims = dim if isinstance(dim, tuple) else (dim,)
    if len(dims) != 1:
        raise Skip("logsumexp over several axes")
    result = core.logsumexp(input, axis=dims[0])
    return unsqueeze(result, dims[0]) if keepdim and input.ndim else result


def add(input, other, alpha=1):
    return input + (other if alpha == 1 else other * alpha)


def subtract(input, other, alpha=1):
    return input - (other if alpha == 1 else other * alpha)


def divide(input, other, rounding_mode=None):
    if rounding_mode is not None:
        raise Skip("rounding_mode=")
    return input / other


def extreme(name: str) -> Callable:
    """torch.max is three: of all, along an axis with the places, and of two tensors."""

    def call(input, dim=None, keepdim=False):
        if isinstance(dim, Tensor):
            return getattr(np, f"{name}imum")(input, dim)
        values = getattr(input, name)(dim, keepdim)
        return values if dim is None else [values, getattr(input, f"arg{name}")(dim, keepdim)]

    return call


def clamp(input, min=None, max=None):
    return input.clip(min, max)


def pad(input, pad, mode="constant", value=0):
    """PyTorch lists the widths from the last axis on, in one row."""
    if mode != "constant":
        raise Skip(f"mode={mode!r}")
    if min(pad) < 0:
        raise Skip("widths below 0")
    widths = [(before, after) for before, after in zip(pad[::2], pad[1::2], strict=True)]
    widths += [(0, 0)] * (input.ndim - len(widths))
    return operations.pad(input, widths[::-1], value)


def sort(input, dim=-1, descending=False, *, stable=False):
    """The numbers; where they stood is left to each side where two are equal."""
    return several(operations.sort(input, dim, descending))[0]


def topk(input, k, dim=-1, largest=True, sorted=True):
    if not (largest and sorted):
        raise Skip("the smallest k, or the largest in any order")
    return several(operations.topk(input, k, dim))[0]


def narrow(input, dim, start, length):
    start = int(plain(start))
    start += input.shape[dim] if start < 0 else 0
    return input[along(dim, slice(start, start + length))]


def flip(input, dims):
    for dim in dims:
        input = input[along(dim, slice(None, None, -1))]
    return input


def masked_select(input, mask):
    shape = np.broadcast_shapes(input.shape, mask.shape)
    return (input * np.ones(shape, input.dtype))[np.broadcast_to(mask.data, shape)]


def flatten(input, start_dim=0, end_dim=-1):
    places = range(max(input.ndim, 1))
    start, stop = places[start_dim], places[end_dim] + 1
    merged = math.prod(input.shape[start:stop])
    return input.reshape(*input.shape[:start], merged, *input.shape[stop:])


def squeeze(input, dim=None):
    """PyTorch leaves an axis that is longer than 1; ours refuses to lose one."""
    if dim is None:
        return input.squeeze()
    dims = [d % max(input.ndim, 1) for d in (dim if isinstance(dim, tuple) else (dim,))]
    return input.squeeze(tuple(d for d in dims if input.ndim and input.shape[d] == 1))


def unsqueeze(input, dim):
    return input[along(dim % (input.ndim + 1), None)]


def last_two_swapped(input):
    """The last two axes exchanged; a vector stays."""
    return input if input.ndim < 2 else input.swapaxes(-1, -2)


def linear(input, weight, bias=None):
    """PyTorch keeps the weight as (out, in)."""
    return core.linear(input, weight.T, *([] if bias is None else [bias]))


def linear_sum(input, first, second, beta=1, alpha=1):
    """addmm and its relatives: beta input + alpha first @ second."""
    return input * beta + (first @ second) * alpha


def scaled_sum(function: Callable) -> Callable:
    return lambda input, first, second, value=1: input + function(first, second) * value


def loss(name: str) -> Callable:
    """A loss, with the options that it has."""
    offered = inspect.signature(getattr(core, name)).parameters

    def call(input, target, reduction="mean", **options):
        for option in options:
            if option not in offered:
                raise Skip(f"{option}=")
        options = {option: plain(value) for option, value in options.items()}
        return getattr(core, name)(reduction, **options)(input, target)

    return call


def negative_log_likelihood(input, target, reduction="mean", **options):
    """PyTorch's takes log probabilities, ours probabilities."""
    for option in options:
        raise Skip(f"{option}=")
    return core.losses.reduce_loss(core.categorical_cross_entropy(input.exp(), target), reduction)


CALLS: dict[str, Callable] = {
    # signs
    "add": add, "__radd__": turned(operator.add),
    "sub": subtract, "__rsub__": turned(operator.sub),
    "rsub": lambda input, other, alpha=1: subtract(other, input, alpha),
    "mul": two(operator.mul), "__rmul__": turned(operator.mul),
    "div": divide, "true_divide": divide, "__rdiv__": turned(operator.truediv),
    "pow": lambda input, exponent: input**exponent, "__rpow__": turned(operator.pow),
    "neg": one(operator.neg), "abs": one(abs),
    "reciprocal": lambda input: 1 / input, "rsqrt": lambda input: 1 / input.sqrt(),
    "exp2": lambda input: 2**input,
    "matmul": two(operator.matmul), "__rmatmul__": turned(operator.matmul),
    "mm": lambda input, mat2: input @ mat2, "bmm": lambda input, mat2: input @ mat2,
    "mv": lambda input, vec: input @ vec, "dot": lambda input, tensor: input @ tensor,
    "outer": lambda input, vec2: input[:, None] * vec2,
    "linalg.multi_dot": lambda tensors: functools.reduce(operator.matmul, tensors),
    "addmm": linear_sum, "addmv": linear_sum, "baddbmm": linear_sum,
    "addcmul": scaled_sum(operator.mul), "addcdiv": scaled_sum(operator.truediv),
    "lerp": lambda input, end, weight: input + weight * (end - input),
    # comparisons, which have no gradient
    "eq": two(operator.eq), "ne": two(operator.ne), "lt": two(operator.lt),
    "le": two(operator.le), "gt": two(operator.gt), "ge": two(operator.ge),
    # elementwise
    "exp": method("exp"), "log": method("log"), "sqrt": method("sqrt"), "square": one(np.square),
    "tanh": one(core.tanh), "sigmoid": one(core.sigmoid), "nn.functional.relu": one(core.relu),
    "nn.functional.silu": lambda input: input * core.sigmoid(input),
    "nn.functional.softsign": lambda input: input / (1 + abs(input)),
    "nn.functional.tanhshrink": lambda input: input - np.tanh(input),
    "maximum": two(np.maximum), "minimum": two(np.minimum),
    "clamp": clamp, "clamp_min": clamp, "clamp_max": lambda input, max: clamp(input, None, max),
    "double": lambda input: input.astype(np.float64),
    "float": lambda input: input.astype(np.float32),
    # reductions
    "sum": reduce("sum"), "mean": reduce("mean"), "amax": reduce("max"), "amin": reduce("min"),
    "max": extreme("max"), "min": extreme("min"), "any": reduce("any"), "all": reduce("all"),
    "argmax": reduce("argmax"), "argmin": reduce("argmin"), "var": spread("var"),
    "std": spread("std"), "linalg.vector_norm": length, "logsumexp": log_sum,
    "softmax": probabilities("softmax"), "log_softmax": probabilities("log_softmax"),
    "nn.functional.softmin": probabilities("softmax", -1),
    # shapes and choosing
    "reshape": lambda input, shape: input.reshape(shape),
    "view": lambda input, shape: input.reshape(shape),
    "flatten": flatten, "ravel": method("flatten"),
    "unflatten": lambda input, dim, sizes: input.reshape(
        *input.shape[:dim], *sizes, *input.shape[dim % input.ndim + 1 :]
    ),
    "permute": lambda input, dims: core.tensor.transpose(input, *dims),
    "transpose": lambda input, dim0, dim1: input.swapaxes(dim0, dim1),
    "T": lambda input: input.T, "t": last_two_swapped, "mT": last_two_swapped,
    "squeeze": squeeze, "unsqueeze": unsqueeze, "flip": flip, "narrow": narrow,
    "__getitem__": lambda input, key: input[key],
    "select": lambda input, dim, index: input[along(dim, index)],
    "slice": lambda input, dim=0, start=None, end=None, step=1: input[
        along(dim, slice(start, end, step))
    ],
    "index_select": lambda input, dim, index: input[along(dim, index)],
    "take": lambda input, index: input.reshape(-1)[index],
    "masked_select": masked_select,
    # joining, splitting, choosing
    "cat": lambda tensors, dim=0: operations.concatenate(tensors, dim),
    "stack": lambda tensors, dim=0: operations.stack(tensors, dim),
    "unbind": lambda input, dim=0: operations.unbind(input, dim),
    "where": lambda input, condition, other: operations.where(condition, input, other),
    "masked_fill": lambda input, mask, value: operations.where(mask, value, input),
    "nn.functional.pad": pad,
    "cumsum": lambda input, dim: operations.cumsum(input, dim),
    "einsum": lambda tensors, equation: operations.einsum(equation, *tensors),
    "sort": sort, "topk": topk,
    # layers and losses
    "nn.functional.linear": linear,
    "nn.functional.mse_loss": loss("MeanSquaredError"),
    "nn.functional.cross_entropy": loss("CrossEntropyLoss"),
    "nn.functional.binary_cross_entropy": loss("BinaryCrossEntropyOfProbabilities"),
    "nn.functional.binary_cross_entropy_with_logits": loss("BinaryCrossEntropyLoss"),
    "nn.functional.nll_loss": negative_log_likelihood,
}  # fmt: skip

# Differentiated by their first input alone. Targets are data: ours refuse those that ask for a
# gradient. So are bounds: there PyTorch's own gradient fails where shapes differ.
OF_ONE = {
    "nn.functional.cross_entropy", "nn.functional.binary_cross_entropy",
    "nn.functional.binary_cross_entropy_with_logits", "nn.functional.nll_loss",
    "clamp", "clamp_min", "clamp_max",
}  # fmt: skip

# Their gradients are compared but for the places where an input is nan.
DIFFERS_AT_NAN = {
    "abs": "ours is nan, PyTorch's 0",
    "nn.functional.relu": "ours is 0, PyTorch's lets the gradient pass",
    **dict.fromkeys(("maximum", "minimum", "max", "min"),
                    "ours gives 0 to both sides, PyTorch's all to both"),
}  # fmt: skip

# What PyTorch computes and we refuse.
REFUSED = {
    "nn.functional.cross_entropy": "shapes but (N, C); weights of classes below 0",
    "nn.functional.nll_loss": "shapes but (N, C)",
    **dict.fromkeys(("sort", "topk"), "a single number, which has no axis to sort along"),
    "cat": "a vector without elements beside tensors of more axes",
    "einsum": "other than two operands; axes without a letter",
    **dict.fromkeys(("index_select", "transpose"), "an axis of a tensor that has none"),
}
OPS = [op for op in op_db if op.name in CALLS]


# --- One sample -----------------------------------------------------------------------------


def samples(op: Any, dtype: Any) -> list:
    """PyTorch's reference inputs: those of `sample_inputs` and more, the same in every run."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  (PyTorch's generators draw from it)
    torch.manual_seed(0)
    try:
        return list(op.reference_inputs("cpu", dtype, requires_grad=True))
    except ValueError:  # where and clamp ask whole numbers for a gradient too
        plain_samples = list(op.reference_inputs("cpu", dtype, requires_grad=False))
    for x in tensors_in([[sample.input, sample.args, sample.kwargs] for sample in plain_samples]):
        x.requires_grad_(x.is_floating_point())
    return plain_samples


def tensors_in(value: Any) -> list:
    """The PyTorch tensors in nested arguments, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [x for part in value for x in tensors_in(part)]
    return []


def translated(value: Any, known: dict[int, Tensor]) -> Any:
    """Nested arguments with Tensors of ours, which are entered into `known`."""
    if isinstance(value, torch.Tensor):
        return known.setdefault(id(value), ours_of(value))
    if isinstance(value, dict):
        return {key: translated(part, known) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(translated(part, known) for part in value)
    return value


def ours_of(x: Any) -> Tensor:
    if x.layout != torch.strided:
        raise Skip("sparse layouts")
    if x.is_complex():
        raise Skip("complex numbers")
    if x.dtype == torch.bfloat16:
        raise Skip("bfloat16")
    return Tensor(x.detach().numpy(), requires_grad=x.requires_grad)


def as_leaves(sample: Any, of_one: bool) -> Any:
    """The sample with tensors of its own: a view, changed while it was made, is no leaf."""

    def leaf(x: Any) -> Any:
        learns = x.requires_grad and (x is sample.input or not of_one)
        return x.detach().requires_grad_(learns)

    tensors = tensors_in([sample.input, sample.args, sample.kwargs])
    if not tensors:
        raise Skip("no tensor at all")
    if sum(x.numel() for x in tensors) > MOST_ELEMENTS:
        raise Skip(f"more than {MOST_ELEMENTS:,} elements")
    return sample.transform(lambda x: leaf(x) if isinstance(x, torch.Tensor) else x)


def call_ours(op: Any, sample: Any, known: dict[int, Tensor]) -> list[Tensor]:
    """Our results for a sample, or Skip."""
    parts = (sample.input, *sample.args), sample.kwargs
    if any(type(x) is complex for x in parts[0]):
        raise Skip("complex numbers")
    args, kwargs = (translated(part, known) for part in parts)
    function = CALLS[op.name]
    try:
        inspect.signature(function).bind(*args, **kwargs)
    except TypeError as error:
        raise Skip(re.sub(".*argument '(.*)'", r"\1=", str(error))) from None
    return several(function(*args, **kwargs))


def several(result: Any) -> list:
    return list(result) if isinstance(result, list | tuple) else [result]


def compare(mine: np.ndarray, other: Any, what: str) -> bool:
    """The numbers agree, or AssertionError; whether the dtypes do."""
    assert mine.shape == tuple(other.shape), f"{what}: {mine.shape} and {tuple(other.shape)}"
    mine, other = torch.tensor(mine.copy()), other.detach()
    floats = [x.dtype for x in (mine, other) if x.dtype.is_floating_point]
    rtol, atol = TOLERANCE[min(floats, key=lambda d: d.itemsize)] if floats else (0, 0)
    largest = other.double().nan_to_num(0, 0, 0).abs().max().item() if other.numel() else 0
    torch.testing.assert_close(
        mine, other, check_dtype=False, equal_nan=True, rtol=rtol, atol=atol * max(1.0, largest),
        msg=lambda text: f"{what}: {text}",
    )  # fmt: skip
    return mine.dtype == other.dtype


def gradients_of_theirs(output: Any, leaves: list, grad: Any) -> Any:
    try:
        return torch.autograd.grad(
            output, leaves, grad, retain_graph=True, allow_unused=True, materialize_grads=True
        )
    except RuntimeError:  # of clamp with bounds of more axes, in PyTorch 2.13
        raise Skip("PyTorch's own gradient fails") from None


def agree(op: Any, sample: Any) -> str:
    """What became of a sample that is neither skipped nor refused: AssertionError, or a word."""
    sample = as_leaves(sample, op.name in OF_ONE)
    tensors = tensors_in([sample.input, sample.args, sample.kwargs])
    known: dict[int, Tensor] = {}
    found = call_ours(op, sample, known)
    expected = op(sample.input, *sample.args, **sample.kwargs)
    if expected is NotImplemented:
        raise Skip("PyTorch answers NotImplemented")
    pairs = list(zip(found, several(expected)[: len(found)], strict=True))
    same = [compare(mine.data, other, "value") for mine, other in pairs]
    leaves = [x for x in tensors if x.requires_grad]
    for mine, other in pairs:
        if other.requires_grad:
            grad = torch.testing.make_tensor(other.shape, dtype=other.dtype, device="cpu")
            wanted = gradients_of_theirs(other, leaves, grad)
            ours = [known[id(x)] for x in leaves]
            slopes = gradients(mine, ours, grad.numpy(), retain_graph=True)
            for place, (a, b) in enumerate(zip(slopes, wanted, strict=True)):
                if op.name in DIFFERS_AT_NAN:
                    for nan in (x.isnan() for x in tensors if x.shape == b.shape):
                        a, b = np.where(nan, 0, a), b.where(~nan, 0)
                compare(a, b, f"gradient {place}")
    return "agreed" if all(same) else "agreed, in a dtype of NumPy's"


def described(value: Any) -> str:
    """A sample in brief, for the one that has to find out what is wrong with it."""
    if isinstance(value, torch.Tensor):
        numbers = f" {value.tolist()}" if value.numel() <= 6 else ""
        return f"{str(value.dtype)[6:]}{tuple(value.shape)}{numbers}"
    if isinstance(value, dict):
        return ", ".join(f"{key}={described(part)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return f"({', '.join(map(described, value))})"
    return repr(value)


# --- All of them ----------------------------------------------------------------------------

LEDGER: dict[str, Counter] = {}  # what became of the samples, by operation
LEAST_AGREED = 7_000  # of all samples; PyTorch 2.13 brings some 9,700


@pytest.fixture(scope="module", autouse=True)
def summary():
    """`pytest -s` shows how many samples ended in which way."""
    yield
    total = sum(LEDGER.values(), Counter())
    print(f"\n{len(LEDGER)} operations, {total.total()} samples")
    for kind, count in sorted(total.items()):
        print(f"{count:>6} {kind}")


@pytest.mark.parametrize("op", OPS, ids=lambda op: f"{op.name} {op.variant_test_name}".strip())
def test_reference_inputs(op):
    ledger, mismatches = Counter(), []
    for dtype in DTYPES:
        for sample in samples(op, dtype):
            try:
                ledger[agree(op, sample)] += 1
            except Skip as reason:
                ledger[f"skipped: {reason}"] += 1
            except AssertionError as error:
                call = described([sample.input, *sample.args, sample.kwargs])
                mismatches.append(f"{op.name}{call}\n{error}")
            except (ValueError, TypeError, LookupError) as error:
                kind = re.sub(r"[(\[][-0-9.e, ]*[)\]]", "(...)", str(error))[:100]
                ledger[f"refused: {op.name}: {kind}"] += 1
    LEDGER.setdefault(op.name, Counter()).update(ledger)
    assert not mismatches, f"{len(mismatches)} mismatches\n" + "\n\n".join(mismatches[:5])
    assert op.name in REFUSED or not any(kind.startswith("refused") for kind in ledger), ledger


def test_enough_was_compared():
    """A change in PyTorch's lists, or in how they are read, must not leave the tests empty."""
    if len(LEDGER) < len({op.name for op in OPS}):
        pytest.skip("the operations were shared out to several processes")
    assert sum(LEDGER.values(), Counter())["agreed"] >= LEAST_AGREED
    for name, ledger in LEDGER.items():
        assert ledger["agreed"], (name, ledger)
