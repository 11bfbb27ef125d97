"""What people do wrong with the framework, and odd things that they do right.

Each must come out right, or as an error whose message names the mend; none may be silently
wrong. The cases stand in `misuses.py`, by kind. "Right" is what PyTorch means by the same name,
or what the docstring says; the values were worked out by hand or with NumPy.
"""

import ast
import copy
import math
import pickle
import pkgutil
import threading
import warnings
from importlib import import_module
from textwrap import dedent

import numpy as np
import pytest
from misuses import KINDS, Either, Refused

import tinytorch.core
from tinytorch.core import Tensor, backward

# An error of one of these may be a clear one. AttributeError is none, but where a case names it.
REFUSALS = (ValueError, TypeError, LookupError, RuntimeError, ArithmeticError)
CASES = [
    pytest.param(code, want, id=f"{kind}: {name}")
    for kind, cases in KINDS.items()
    for name, code, want in cases
]


class Lost(Exception):
    """A result through which no gradient flows, although a gradient was wanted."""


def leaf(data, dtype=np.float32) -> Tensor:
    return Tensor(np.array(data, dtype), requires_grad=True)


def slopes(output, *inputs):
    """The gradients of the sum of a result by its inputs: one array, or a tuple of them."""
    if not isinstance(output, Tensor) or not output.requires_grad:
        raise Lost(f"got {output!r}")
    for x in inputs:
        x.grad = None
    backward(output.sum())
    grads = tuple(x.grad for x in inputs)
    return grads if len(grads) > 1 else grads[0]


def namespace(folder) -> dict:
    """The names that a case may use: the framework, some modules, and tensors of its own."""
    names = {}
    for module in pkgutil.iter_modules(tinytorch.core.__path__, "tinytorch.core."):
        names |= {
            n: getattr(import_module(module.name), n) for n in dir(import_module(module.name))
        }
    return names | {
        "np": np, "copy": copy, "math": math, "pickle": pickle, "threading": threading,
        "leaf": leaf, "slopes": slopes, "folder": folder, "rng": np.random.default_rng(0),
        "a": np.array([1, 2, 3], np.float32),
        "p": Tensor(np.array([1, 2, 3], np.float32)),
        "t": leaf([1, 2, 3]),
        "m": leaf([[1, 2], [3, 4]]),
    }  # fmt: skip


def run(code: str, names: dict):
    """Execute the code; the value of its last line, if that is an expression."""
    body = ast.parse(dedent(code)).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "<case>", "exec"), names)
    return last and eval(compile(ast.Expression(last.value), "<case>", "eval"), names)


def plain(value):
    return value.data if isinstance(value, Tensor) else value


def agrees(got, want) -> bool:
    """Whether a value is the expected one; an expected array has a say in the dtype, too."""
    if isinstance(want, tuple):
        fits = isinstance(got, tuple | list) and len(got) == len(want)
        return fits and all(map(agrees, got, want))
    got = plain(got)
    if want is None or isinstance(want, str | type | dict):
        return type(got) is type(want) and got == want
    if isinstance(got, tuple | list):
        got = [plain(part) for part in got]
    try:
        array = np.asarray(got)
    except ValueError:  # parts of different lengths
        return False
    if array.dtype.kind not in "biuf" or array.shape != np.shape(want):
        return False
    kinds = np.asarray(want).dtype.kind, array.dtype.kind
    if isinstance(want, np.ndarray | np.generic) and array.dtype != want.dtype:
        return False
    if "b" in kinds:
        return kinds == ("b", "b") and bool(np.all(array == want))
    rtol = 2e-3 if array.dtype == np.float16 else 2e-5
    wide = array.astype(np.float64), np.asarray(want, np.float64)
    return bool(np.allclose(*wide, rtol=rtol, atol=1e-6, equal_nan=True))


def is_refusal(error: Exception, want: Refused) -> bool:
    kinds = want.kinds or REFUSALS
    text = str(error).lower()
    return isinstance(error, kinds) and any(word.lower() in text for word in want.words)


@pytest.fixture(autouse=True)
def rules_of_a_case_are_forgotten():
    before = dict(tinytorch.core.tensor.GRADIENTS)
    yield
    tinytorch.core.tensor.GRADIENTS.clear()
    tinytorch.core.tensor.GRADIENTS.update(before)


@pytest.mark.parametrize(("code", "want"), CASES)
def test_it_comes_out_right_or_as_a_clear_error(code, want, tmp_path):
    wants = want.wants if isinstance(want, Either) else (want,)
    error = got = None
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            got = run(code, namespace(tmp_path))
        except Exception as raised:
            error = raised
    if error is not None:
        is_right = any(is_refusal(error, w) for w in wants if isinstance(w, Refused))
        what = f"{type(error).__name__}: {error}"
    else:
        is_right = any(agrees(got, w) for w in wants if not isinstance(w, Refused))
        what = repr(got)
    if not is_right:
        pytest.fail(f"got {what}\nexpected {want}", pytrace=False)


def test_the_switch_is_on_after_all_cases():
    assert tinytorch.core.tensor.recording.enabled


def test_no_case_comes_twice():
    codes = [dedent(code).strip() for cases in KINDS.values() for _, code, _ in cases]
    names = [(kind, name) for kind, cases in KINDS.items() for name, _, _ in cases]
    assert len(set(codes)) == len(codes) >= 330
    assert len(set(names)) == len(names)
