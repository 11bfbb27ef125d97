"""Optimizers, schedules and clipping step by step against PyTorch; state; memory of a step."""

from __future__ import annotations

import copy
import itertools
import pickle
import tracemalloc

import numpy as np
import pytest

from tinytorch.core import optimizers
from tinytorch.core.tensor import Tensor

SHAPES = [(3, 5), (5,), (5, 2), ()]
# Relative to the largest weight.
TOLERANCE = {np.float64: 1e-12, np.float32: 1e-6}


def grid(**options):
    """Every combination of the options, as dicts."""
    return [
        dict(zip(options, values, strict=True)) for values in itertools.product(*options.values())
    ]


DECAYS = [0.0, 0.1]
CASES = [
    *(("SGD", o) for o in grid(lr=[0.05], momentum=[0.0, 0.9], weight_decay=DECAYS)),
    *(
        ("SGD", o)
        for o in grid(lr=[0.05], momentum=[0.5, 0.9], nesterov=[True], weight_decay=DECAYS)
    ),
    *(
        ("RMSProp", {"lr": 0.01} | o)
        for o in grid(alpha=[0.9, 0.99], eps=[1e-8, 1e-3], weight_decay=DECAYS, momentum=[0.0, 0.9])
    ),
    *(
        (name, o)
        for name in ("Adam", "AdamW")
        for o in grid(
            lr=[1e-3, 0.05],
            betas=[(0.9, 0.999), (0.5, 0.9), (0.0, 0.99)],
            eps=[1e-8, 1e-2],
            weight_decay=DECAYS,
        )
    ),
    ("RMSProp", {}),
    ("Adam", {}),
    ("AdamW", {}),
]


def start(dtype, shapes=SHAPES, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def gradients(values, step):
    """A bowl's gradient with noise, of very different size per parameter; sometimes exactly 0."""
    rng = np.random.default_rng(step + 1)
    noise = [rng.standard_normal(np.shape(v)) for v in values]
    return [
        np.asarray(10.0 ** (-2 * k) * (v + n) * (rng.random(np.shape(v)) > 0.1)).astype(v.dtype)
        for k, (v, n) in enumerate(zip(values, noise, strict=True))
    ]


def pair(torch, name, dtype, options, values=None):
    """Our optimizer and PyTorch's over equal parameters."""
    values = start(dtype) if values is None else values
    ours = [Tensor(v.copy(), requires_grad=True) for v in values]
    theirs = [torch.nn.Parameter(torch.tensor(v)) for v in values]
    torch_name = {"RMSProp": "RMSprop"}.get(name, name)
    return (
        ours, getattr(optimizers, name)(ours, **options),
        theirs, getattr(torch.optim, torch_name)(theirs, **options),
    )  # fmt: skip


def close(ours, theirs, dtype, message="", exact=None):
    """Equal up to rounding; next to `exact` weights, PyTorch's own rounding is allowed as well."""
    for number, (p, q) in enumerate(zip(ours, theirs, strict=True)):
        q = q.detach().numpy()
        bound = TOLERANCE[dtype] * max(np.abs(q).max(), 1.0)
        if exact is not None:
            bound += np.abs(q - exact[number].data).max()
        assert p.data.dtype == dtype
        assert np.abs(p.data - q).max() <= bound, f"parameter {number} {message}"


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_a_hundred_steps(name, options, dtype):
    torch = pytest.importorskip("torch")
    ours, optimizer, theirs, reference = pair(torch, name, dtype, options)
    exact = [Tensor(p.data.astype(np.float64)) for p in ours]
    exact_optimizer = getattr(optimizers, name)(exact, **options)
    for step in range(100):
        grads = gradients([q.detach().numpy() for q in theirs], step)
        for p, q, e, grad in zip(ours, theirs, exact, grads, strict=True):
            p.grad, q.grad, e.grad = grad, torch.tensor(grad), grad
        optimizer.step()
        reference.step()
        exact_optimizer.step()
        rounded = exact if dtype == np.float32 else None
        close(ours, theirs, dtype, f"after step {step + 1}", rounded)
    assert optimizer.steps == 100


@pytest.mark.parametrize("name", ["SGD", "RMSProp", "Adam", "AdamW"])
def test_parameters_without_a_gradient_are_left_out_and_do_not_age(name):
    torch = pytest.importorskip("torch")
    options = {"lr": 0.05, "weight_decay": 0.1} | ({"momentum": 0.9} if name == "SGD" else {})
    ours, optimizer, theirs, reference = pair(torch, name, np.float64, options)
    for step in range(30):
        grads = gradients([q.detach().numpy() for q in theirs], step)
        for number, (p, q, grad) in enumerate(zip(ours, theirs, grads, strict=True)):
            absent = number == 1 or (step + number) % 4 == 0
            p.grad = None if absent else grad
            q.grad = None if absent else torch.tensor(grad)
        optimizer.step()
        reference.step()
        close(ours, theirs, np.float64, f"after step {step + 1}")


@pytest.mark.parametrize("name", ["SGD", "RMSProp", "Adam", "AdamW"])
def test_two_dtypes_and_a_learning_rate_that_changes(name):
    torch = pytest.importorskip("torch")
    values = [v.astype(t) for v, t in zip(start(np.float64), "fdfd", strict=True)]
    ours, optimizer, theirs, reference = pair(torch, name, np.float32, {"lr": 0.1}, values)
    for step in range(30):
        optimizer.lr = np.float64(0.1 / (step + 1))  # a NumPy number must not widen anything
        reference.param_groups[0]["lr"] = 0.1 / (step + 1)
        grads = gradients([q.detach().numpy() for q in theirs], step)
        for p, q, grad in zip(ours, theirs, grads, strict=True):
            p.grad, q.grad = grad, torch.tensor(grad)
        optimizer.step()
        reference.step()
    close(ours[0::2], theirs[0::2], np.float32)
    close(ours[1::2], theirs[1::2], np.float64)


@pytest.mark.parametrize("max_norm", [0.1, 1.0, 7.0, 1e6])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_clipping(max_norm, dtype):
    torch = pytest.importorskip("torch")
    ours = [Tensor(v) for v in start(dtype)]
    theirs = [torch.nn.Parameter(torch.tensor(v)) for v in start(dtype)]
    for p, q, grad in zip(ours, theirs, start(dtype, seed=5), strict=True):
        p.grad, q.grad = grad, torch.tensor(grad)
    ours[1].grad, theirs[1].grad = None, None
    norm = optimizers.clip_by_norm(ours, max_norm)
    assert norm == pytest.approx(torch.nn.utils.clip_grad_norm_(theirs, max_norm).item(), rel=1e-6)
    for p, q in zip(ours, theirs, strict=True):
        if p.grad is not None:  # PyTorch divides by norm + 1e-6
            np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=2e-6)


def test_clipping_a_gradient_whose_square_overflows():
    p = Tensor([1.0, 2.0])
    p.grad = np.array([3e30, -4e30], np.float32)
    assert optimizers.clip_by_norm([p], 5.0) == pytest.approx(5e30)
    np.testing.assert_allclose(p.grad, [3, -4], rtol=1e-6)


def learning_rates(torch, make, steps):
    """What PyTorch's scheduler sets before each step."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    scheduler, found = make(optimizer), []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def test_step_decay_is_step_lr():
    torch = pytest.importorskip("torch")
    schedule = optimizers.step_decay(0.3, 7, 0.2)
    expected = learning_rates(torch, lambda o: torch.optim.lr_scheduler.StepLR(o, 7, 0.2), 40)
    np.testing.assert_allclose([schedule(step) for step in range(40)], expected, rtol=1e-12)


@pytest.mark.parametrize(("warmup", "total"), [(0, 30), (5, 30), (1, 12), (8, 9)])
def test_cosine_with_warmup_is_linear_then_cosine_annealing(warmup, total):
    torch = pytest.importorskip("torch")
    rates = torch.optim.lr_scheduler

    def make(optimizer):
        cosine = rates.CosineAnnealingLR(optimizer, total - warmup, eta_min=0.01)
        if warmup == 0:
            return cosine
        linear = rates.LinearLR(optimizer, 1 / warmup, 1.0, total_iters=max(warmup - 1, 1))
        return rates.SequentialLR(optimizer, [linear, cosine], [warmup])

    schedule = optimizers.cosine_with_warmup(0.3, warmup, total, 0.01)
    expected = learning_rates(torch, make, total + 1)
    np.testing.assert_allclose([schedule(s) for s in range(total + 1)], expected, rtol=1e-9)
    assert schedule(total + 100) == pytest.approx(0.01)


# --- without PyTorch ----------------------------------------------------------------------

KINDS = [
    ("SGD", {"lr": 0.1}), ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("RMSProp", {}), ("RMSProp", {"momentum": 0.5, "weight_decay": 0.1}),
    ("Adam", {"weight_decay": 0.1}), ("AdamW", {}),
]  # fmt: skip


def run(parameters, optimizer, steps):
    schedule = optimizers.cosine_with_warmup(0.1, 5, 40)
    for step in steps:
        for number, (p, grad) in enumerate(
            zip(parameters, gradients([p.data for p in parameters], step), strict=True)
        ):
            p.grad = None if (step, number) in {(3, 0), (4, 0), (25, 2)} else grad
        optimizer.lr = schedule(optimizer.steps)
        optimizer.step()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "options"), KINDS)
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(name, options, dtype, tmp_path):
    whole = [Tensor(v) for v in start(dtype)]
    run(whole, getattr(optimizers, name)(whole, **options), range(40))

    halves = [Tensor(v) for v in start(dtype)]
    optimizer = getattr(optimizers, name)(halves, **options)
    run(halves, optimizer, range(20))
    arrays = {f"p{k}": p.data for k, p in enumerate(halves)}
    np.savez(tmp_path / "half.npz", **arrays, **optimizer.state_dict())
    run(halves, optimizer, range(20, 25))  # what happens after the copy must not reach it

    stored = dict(np.load(tmp_path / "half.npz"))
    halves = [Tensor(np.zeros_like(v)) for v in start(dtype)]
    optimizer = getattr(optimizers, name)(halves, **options)
    for k, p in enumerate(halves):
        p.data = stored.pop(f"p{k}")  # another array, as a checkpoint sets it
    optimizer.load_state_dict(stored)
    run(halves, optimizer, range(20, 40))
    for p, q in zip(whole, halves, strict=True):
        assert p.data.tobytes() == q.data.tobytes()
    assert optimizer.steps == 40


def test_state_is_a_copy_and_its_keys_are_flat():
    p = Tensor([[1.0, 2.0]])
    optimizer = optimizers.Adam([p])
    p.grad = np.ones((1, 2), np.float32)
    optimizer.step()
    state = optimizer.state_dict()
    assert set(state) == {"steps", "lr", "skipped", "m.0", "v.0"}
    before = state["m.0"].copy()
    optimizer.step()
    assert np.array_equal(state["m.0"], before)
    optimizer.load_state_dict(state)
    state["m.0"][...] = 7
    assert np.array_equal(optimizer.state_dict()["m.0"], before)


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.pop("m.0"),
        lambda state: state.update(velocity=np.zeros(2)),
        lambda state: state.update({"m.1": np.zeros((2, 5), np.float32)}),
        lambda state: state.update({"m.1": np.zeros(5, np.float64)}),
        lambda state: state.update(skipped=np.zeros(3, np.int64)),
    ],
)
def test_a_state_of_something_else_is_refused_and_changes_nothing(change):
    optimizer = optimizers.Adam([Tensor(v) for v in start(np.float32)])
    run(optimizer.parameters, optimizer, range(3))
    other, before = optimizer.state_dict(), optimizer.state_dict()
    other["v.0"] += 1
    change(other)
    with pytest.raises(ValueError, match="expected"):
        optimizer.load_state_dict(other)
    for name, value in optimizer.state_dict().items():
        assert np.array_equal(value, before[name]), name


@pytest.mark.parametrize(("name", "options"), KINDS)
def test_a_step_needs_at_most_one_array_on_the_way(name, options):
    parameters = [Tensor(np.ones((500, 1000), np.float32)), Tensor(np.ones(1000, np.float32))]
    optimizer = getattr(optimizers, name)(parameters, **options)
    for p in parameters:
        p.grad = np.ones(p.shape, np.float32)
    optimizer.step()
    for absent in (False, True):
        if absent:
            parameters[1].grad = None
        tracemalloc.start()
        optimizer.step()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2_020_000  # the parameters take 2,004,000 bytes, their gradients as much


def test_parameters_are_views_of_one_array_and_a_new_array_is_taken_in():
    p, q = Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([5.0])
    optimizer = optimizers.SGD([p, q], lr=1.0)
    np.testing.assert_array_equal(p.data, [[1, 2], [3, 4]])
    assert p.data.base is q.data.base is not None
    new = np.array([[10.0, 20.0], [30.0, 40.0]], np.float32)
    p.data = new
    p.grad, q.grad = np.ones((2, 2), np.float32), np.ones(1, np.float32)
    optimizer.step()
    np.testing.assert_array_equal(p.data, [[9, 19], [29, 39]])
    np.testing.assert_array_equal(new, [[10, 20], [30, 40]])
    np.testing.assert_array_equal(p.grad, np.ones((2, 2)))  # gradients are only read
    optimizer.zero_grad()
    assert p.grad is None and q.grad is None
    p.data = np.zeros(4, np.float32)
    with pytest.raises(ValueError, match=r"expected a parameter of shape \(2, 2\)"):
        optimizer.step()


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_an_optimizer_is_not_copied_but_made_anew(duplicate):
    p = Tensor([1.0])
    with pytest.raises(TypeError, match="load_state"):
        duplicate(optimizers.Adam([p]))
    other = copy.deepcopy(p)  # parameters may be copied: the copy has an array of its own
    other.data += 1
    np.testing.assert_array_equal(p.data, [1])


def test_two_optimizers_over_one_parameter():
    p = Tensor([1.0])
    first, second = optimizers.SGD([p], 1.0), optimizers.SGD([p], 10.0)
    p.grad = np.ones(1, np.float32)
    for optimizer in (first, second, first):
        optimizer.step()
    np.testing.assert_array_equal(p.data, [-11.0])


def test_a_gradient_of_another_shape_is_refused_before_anything_changes():
    p, q = Tensor([1.0, 2.0]), Tensor([[1.0, 2.0, 3.0]])
    optimizer = optimizers.Adam([p, q])
    p.grad, q.grad = np.ones(2, np.float32), np.ones((3, 1), np.float32)
    with pytest.raises(ValueError, match=r"expected a gradient of the parameter's shape \(1, 3\)"):
        optimizer.step()
    assert optimizer.steps == 0
    np.testing.assert_array_equal(p.data, [1, 2])


P = Tensor([1.0])


@pytest.mark.parametrize(
    ("error", "make"),
    [
        (TypeError, lambda: optimizers.SGD(P, 0.1)),
        (TypeError, lambda: optimizers.SGD(None, 0.1)),
        (TypeError, lambda: optimizers.SGD([np.zeros(3)], 0.1)),
        (TypeError, lambda: optimizers.SGD([Tensor(np.arange(3))], 0.1)),
        (TypeError, lambda: optimizers.SGD([P], "fast")),
        (ValueError, lambda: optimizers.SGD([Tensor([1.0], requires_grad=True) * 2], 0.1)),
        (ValueError, lambda: optimizers.SGD([], 0.1)),
        (ValueError, lambda: optimizers.SGD([P, P], 0.1)),
        (ValueError, lambda: optimizers.SGD([P], -0.1)),
        (ValueError, lambda: optimizers.SGD([P], float("nan"))),
        (ValueError, lambda: optimizers.SGD([P], float("inf"))),
        (ValueError, lambda: optimizers.SGD([P], 0.1, momentum=1.0)),
        (ValueError, lambda: optimizers.SGD([P], 0.1, nesterov=True)),
        (ValueError, lambda: optimizers.SGD([P], 0.1, weight_decay=-1)),
        (ValueError, lambda: optimizers.RMSProp([P], alpha=1.0)),
        (ValueError, lambda: optimizers.RMSProp([P], eps=-1e-8)),
        (ValueError, lambda: optimizers.Adam([P], betas=(0.9, 1.0))),
        (ValueError, lambda: optimizers.Adam([P], betas=(-0.1, 0.9))),
        (ValueError, lambda: optimizers.clip_by_norm([P], -1.0)),
        (ValueError, lambda: optimizers.step_decay(0.1, 0, 0.5)),
        (ValueError, lambda: optimizers.cosine_with_warmup(0.1, 10, 10)),
        (ValueError, lambda: optimizers.cosine_with_warmup(0.1, -1, 10)),
    ],
)
def test_wrong_arguments_are_refused_with_the_mend(error, make):
    with pytest.raises(error, match=r"expected .*, got .*: .*"):
        make()
