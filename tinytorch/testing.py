"""What the locked tests of the lessons use: checks that read well and fail well.

A failure says the symptom, then the likely cause, then what came and what was expected.
Everything is compared as a plain array that NumPy made: the comparison operators of the
object under test are never asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

import numpy as np

__all__ = ["assert_close", "assert_equal", "assert_raises", "assert_unchanged", "check_gradient"]

# Relative tolerances, some fifty rounding errors wide: a right answer may add in any order.
TOLERANCE = {2: 1e-2, 4: 1e-5, 8: 1e-9}
KINDS = {"b": "booleans", "i": "whole numbers", "u": "whole numbers", "f": "decimal numbers"}


def assert_close(
    got: Any,
    expected: Any,
    hint: str = "",
    *,
    name: str = "the result",
    suspects: Mapping[str, Any] | None = None,
    dtype: Any = None,
    rtol: float | None = None,
) -> None:
    """Fail unless `got` has the shape, the kind of dtype and the values of `expected`.

    Args:
        got: a Tensor, an array or a number, as the student's code returned it; or a function
            without arguments that returns it, so that an exception is explained as well.
        expected: the same, as it should be.
        hint: the likely cause, as "If you ..., ...".
        name: what `got` is called in the message.
        suspects: what known mistakes lead to, a value or a type of exception, each under the
            sentence that helps whoever made it. The one that matches takes the place of `hint`.
        dtype: if given, the exact dtype that `got` must have.
        rtol: relative tolerance; by default one that fits the coarser of the two dtypes.

    Raises:
        AssertionError: with the symptom first, then the hint, then got and expected.
    """
    got = _result(got, name, hint, suspects)
    value, wanted = _plain(got, name), _plain(expected, "expected")
    tolerance = _tolerance(got, value, wanted) if rtol is None else rtol
    symptom = _difference(value, wanted, tolerance)
    if symptom is None and dtype is not None and value.dtype != np.dtype(dtype):
        symptom = f"has dtype {value.dtype}, expected {np.dtype(dtype)}"
    if symptom is None:
        return
    for sentence, mistake in (suspects or {}).items():
        if isinstance(mistake, type):
            continue
        if _difference(value, _plain(mistake, "suspect"), tolerance) is None:
            hint = sentence
            break
    _fail(f"{name} {symptom}", hint, value, wanted)


def assert_equal(
    got: Any,
    expected: Any,
    hint: str = "",
    *,
    name: str = "the result",
    suspects: Mapping[str, Any] | None = None,
) -> None:
    """Fail unless `got` is exactly `expected`: shapes, names, counts, None, and tuples of them.

    Args: as for `assert_close`.

    Raises:
        AssertionError: with the symptom first, then the hint, then got and expected.
    """
    got = _builtin(_result(got, name, hint, suspects))
    expected = _builtin(expected)
    for sentence, mistake in (suspects or {}).items():
        if type(mistake) is type(got) and mistake == got:
            hint = sentence
            break
    if type(got) is not type(expected):
        symptom = f"is a {type(got).__name__}, expected a {type(expected).__name__}"
        _fail(f"{name} {symptom}", hint, got, expected)
    if got != expected:
        _fail(f"{name} is {got!r}, expected {expected!r}", hint)


def assert_raises(
    exceptions: type[Exception] | tuple[type[Exception], ...],
    function: Callable,
    *inputs: Any,
    hint: str = "",
    name: str = "",
    **options: Any,
) -> None:
    """Fail unless `function(*inputs, **options)` raises one of the exceptions, in any wording.

    Raises:
        AssertionError: it returned, or raised something else.
        NotImplementedError: the exercise is not written yet.
    """
    allowed = exceptions if isinstance(exceptions, tuple) else (exceptions,)
    if any(issubclass(NotImplementedError, kind) for kind in allowed):
        raise TypeError(f"{allowed} is too wide: an exercise nobody wrote would pass")
    wanted = " or ".join(kind.__name__ for kind in allowed)
    name = name or f"{getattr(function, '__name__', 'the call')}({_shapes(inputs)})"
    try:
        got = function(*inputs, **options)
    except allowed:
        return
    except NotImplementedError:
        raise
    except Exception as error:
        symptom = f"{name} raised {type(error).__name__} ({error}), expected {wanted}"
        raise AssertionError(_message(symptom, hint)) from error
    _fail(f"{name} returned a {type(got).__name__}, expected it to raise {wanted}", hint)


def assert_unchanged(
    function: Callable, *inputs: Any, hint: str = "", name: str = "", **options: Any
) -> Any:
    """Call `function(*inputs, **options)`, fail if that changed an input, and return the result.

    Raises:
        AssertionError: an input holds other values, or has another shape, than before.
    """
    before = [_plain(value, "an input") for value in inputs]
    result = function(*inputs, **options)
    name = name or getattr(function, "__name__", "the function")
    for position, (value, old) in enumerate(zip(inputs, before, strict=True)):
        new = _plain(value, "an input")
        if new.shape != old.shape or new.tobytes() != old.tobytes():
            hint = (
                hint or "If you wrote with +=, out= or [...] = into an input, work on a new array."
            )
            _fail(f"{name} changed its input number {position}", hint, new, old)
    return result


def check_gradient(
    function: Callable,
    gradient: Callable,
    *inputs: Any,
    argnum: int = 0,
    hint: str = "",
    name: str = "",
    suspects: Mapping[str, Callable] | None = None,
    rtol: float = 1e-5,
    step: float = 1e-5,
    **options: Any,
) -> None:
    """Fail unless a gradient rule agrees with central differences in float64.

    The rule is called as the framework calls it, `gradient(grad, output, *inputs, **options)`,
    and returns the gradient of `sum(grad * output)` with respect to `inputs[argnum]`. The
    incoming `grad` is random, so that a rule that ignores it can't pass.

    Args:
        function: takes and returns plain arrays; called as `function(*inputs, **options)`.
        gradient: the rule.
        inputs: arrays or numbers; float arrays are taken in float64.
        argnum: the position of the input to differentiate by.
        hint: the likely cause, as "If you ..., ...".
        name: what the rule is called in the message.
        suspects: wrong rules, each under the sentence that helps whoever wrote it.
        rtol: tolerance, relative to the largest component of the gradient.
        step: of the differences, relative to 1.

    Raises:
        AssertionError: names the input, the index, got and expected.
    """
    arrays = [_double(value) for value in inputs]
    name = name or getattr(gradient, "__name__", "the gradient")
    output = np.asarray(function(*arrays, **options))
    grad = np.random.default_rng(0).uniform(0.5, 1.5, output.shape)
    expected = _central_differences(function, grad, arrays, argnum, step, options)

    def difference(rule: Callable) -> tuple[str | None, np.ndarray]:
        copies = [np.array(value) for value in arrays]
        got = _plain(rule(grad.copy(), output.copy(), *copies, **options), name)
        if got.shape != expected.shape:
            return f"has shape {got.shape}, expected that of the input, {expected.shape}", got
        if not np.isfinite(got).all():
            return f"is {got[~np.isfinite(got)][0]} in places, expected finite numbers", got
        error = np.abs(got - expected)
        worst = np.unravel_index(int(error.argmax()), error.shape) if error.size else ()
        if not error.size or error[worst] <= rtol * max(np.abs(expected).max(), 1e-3):
            return None, got
        at = list(map(int, worst))
        return f"at {at} is {got[worst]:.6g}, expected {expected[worst]:.6g}", got

    symptom, got = difference(gradient)
    if symptom is None:
        return
    for sentence, rule in (suspects or {}).items():
        if np.shape(wrong := rule(grad, output, *arrays, **options)) == got.shape and np.allclose(
            wrong, got, rtol=1e-6, atol=1e-9
        ):
            hint = sentence
            break
    _fail(f"{name}: the gradient of input {argnum} {symptom}", hint, got, expected)


def _result(got: Any, name: str, hint: str, suspects: Mapping[str, Any] | None) -> Any:
    """`got`, or what it returns if it is a function; an exception comes with its explanation."""
    if not isinstance(got, FunctionType):
        return got
    try:
        return got()
    except (NotImplementedError, AssertionError):
        raise  # an exercise that is not written yet, or a check that has said what is wrong
    except Exception as error:
        for sentence, mistake in (suspects or {}).items():
            if isinstance(mistake, type) and isinstance(error, mistake):
                hint = sentence
                break
        symptom = f"{name} raised {type(error).__name__} ({error})"
        raise AssertionError(_message(symptom, hint)) from error


def _central_differences(function, grad, arrays, argnum, step, options) -> np.ndarray:
    """The gradient of sum(grad * function(...)), one component at a time."""
    slopes = np.zeros(arrays[argnum].shape)
    for index in np.ndindex(slopes.shape):
        sides = []
        for sign in (+1, -1):
            moved = [np.array(value) for value in arrays]
            moved[argnum][index] += sign * step
            sides.append(np.sum(grad * np.asarray(function(*moved, **options))))
        slopes[index] = (sides[0] - sides[1]) / (2 * step)
    return slopes


def _difference(value: np.ndarray, wanted: np.ndarray, tolerance: float) -> str | None:
    """What is wrong with `value`, looked for in the order that helps most, or None."""
    if value.shape != wanted.shape:
        return f"has shape {value.shape}, expected {wanted.shape}"
    if KINDS[value.dtype.kind] != KINDS[wanted.dtype.kind]:
        kinds = KINDS[value.dtype.kind], KINDS[wanted.dtype.kind]
        return f"holds {kinds[0]} ({value.dtype}), expected {kinds[1]}"
    value, wanted = value.astype(np.float64), wanted.astype(np.float64)
    strange = ~np.isfinite(value) & ~((value == wanted) | (np.isnan(value) & np.isnan(wanted)))
    if strange.any():
        return f"holds {value[strange][0]}, expected {wanted[strange][0]:.6g}"
    finite = np.isfinite(wanted)
    scale = np.abs(wanted[finite]).max(initial=0.0)
    far = np.zeros(value.shape, bool)
    error = np.abs(value[finite] - wanted[finite])
    far[finite] = error > tolerance * (np.abs(wanted[finite]) + (0.1 * scale or 0.1))
    far[~finite] = np.isfinite(value[~finite])
    if not far.any():
        return None
    at = tuple(map(int, np.argwhere(far)[0]))
    if not at:
        return f"is {value[at]:.9g}, expected {wanted[at]:.9g}"
    count = f"{far.sum()} of {far.size} values" if far.sum() > 1 else "one value"
    return f"is wrong in {count}: at {list(at)} {value[at]:.6g}, expected {wanted[at]:.6g}"


def _tolerance(got: Any, value: np.ndarray, wanted: np.ndarray) -> float:
    """That of the coarser dtype. A Python float may come from a float32, so it counts as one."""
    if isinstance(got, float) and not isinstance(got, np.generic):
        return TOLERANCE[4]
    sizes = [a.dtype.itemsize for a in (value, wanted) if a.dtype.kind == "f"]
    return TOLERANCE.get(min(sizes, default=8), TOLERANCE[8])


def _plain(value: Any, name: str) -> np.ndarray:
    """A copy of a Tensor, array, number or list as a plain array of numbers."""
    if value is None:
        raise AssertionError(f"{name} is None. If your function ends without return, add one.")
    data = getattr(value, "data", None)
    inner = data if isinstance(data, np.ndarray) else value
    try:
        array = np.array(inner, copy=True, subok=False)
    except Exception:
        array = None
    if array is None or array.dtype.kind not in KINDS:
        raise AssertionError(
            f"{name} is a {type(value).__name__}, expected a Tensor, an array or a number."
        )
    return array


def _double(value: Any) -> np.ndarray:
    array = _plain(value, "an input")
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _builtin(value: Any) -> Any:
    """`value` rebuilt out of Python's own types, whose == can be trusted."""
    if isinstance(value, tuple | list):
        return type(value)(map(_builtin, value)) if type(value) in (tuple, list) else value
    if isinstance(value, np.generic):
        return value.item()
    if value is None or type(value) in (bool, int, float, str, bytes):
        return value
    raise AssertionError(
        f"a {type(value).__name__} came where a plain number, string or tuple was expected."
    )


def _shapes(inputs: tuple) -> str:
    return ", ".join(f"{type(v).__name__}{tuple(v.shape)}" for v in inputs if hasattr(v, "shape"))


def _fail(symptom: str, hint: str, *got_and_expected: Any) -> None:
    raise AssertionError(_message(symptom, hint, *got_and_expected))


def _message(symptom: str, hint: str, *got_and_expected: Any) -> str:
    lines = [f"{symptom}. {hint}".rstrip()]
    for label, value in zip(("got", "expected"), got_and_expected, strict=False):
        text = (
            np.array2string(value, threshold=20, edgeitems=2, prefix=" " * 11)
            if isinstance(value, np.ndarray)
            else repr(value)
        )
        lines.append(f"  {label:<8} {text}")
    return "\n".join(lines)
