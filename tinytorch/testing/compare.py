"""Compare what came with what was meant, and say how they differ: type, shape, dtype, values.

Values are compared as plain arrays that NumPy made, and as Python's own types: the comparison
operators of what a student wrote are never asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

# Relative tolerances, some fifty rounding errors wide: a right answer may add in any order.
TOLERANCE = {2: 1e-2, 4: 1e-5, 8: 1e-9}
KINDS = {"b": "booleans", "i": "whole numbers", "u": "whole numbers", "f": "decimal numbers"}
SHOWN = 20  # elements of an array in a message
NUMBERS_KEPT = 4  # elements of a wrong result that tell one mistake from another


@dataclass(frozen=True)
class Difference:
    """How a result differs from what was expected."""

    kind: str  # "type", "shape", "dtype", "values", "raised", "returned", "changed", ...
    says: str  # goes on after the name of what came: "has shape (3,), expected (1, 3)"
    detail: Any = None  # what tells this mistake from others, as JSON can hold it
    got: Any = None
    expected: Any = None


def difference(
    got: Any, expected: Any, *, dtype: Any = None, rtol: float | None = None
) -> Difference | None:
    """What is wrong with `got`, looked for in the order that helps most; None if nothing is.

    Args:
        got: a Tensor, an array, a number, or Python's own values and containers of these.
        expected: the same, as it should be. Arrays and floats are compared within a tolerance
            that fits the coarser dtype, all else exactly.
        dtype: the dtype that `got` must have, "same" for that of `expected`, or "any" where only
            its kind matters. By default "same" for floats and "any" for the rest.
        rtol: relative tolerance in the place of the default.
    """
    if isinstance(expected, np.ndarray):
        return _numbers(got, expected, dtype, rtol)
    if isinstance(expected, Mapping):
        return _mapping(got, expected, rtol)
    if isinstance(expected, tuple | list):
        return _sequence(got, expected, rtol)
    if expected is None or isinstance(expected, bool | str | bytes | np.bool_):
        return _exactly(got, expected)
    if isinstance(expected, int) and not isinstance(got, float):
        return _exactly(got, expected)
    return _numbers(got, np.asarray(expected), dtype, rtol)


def plain(value: Any) -> np.ndarray | None:
    """A copy of a Tensor, array, number or list as a plain array of numbers; else None."""
    data = getattr(value, "data", None)
    inner = data if isinstance(data, np.ndarray) else value
    try:
        array = np.array(inner, copy=True, subok=False)
    except Exception:  # whatever a student's object does when it is asked for numbers
        return None
    return array if array.dtype.kind in KINDS else None


def _numbers(got: Any, expected: np.ndarray, dtype: Any, rtol: float | None) -> Difference | None:
    value = plain(got)
    if value is None or (expected.ndim and isinstance(got, list | tuple)):
        wanted = "an array" if expected.ndim else "a number"
        return _type(got, wanted, expected)
    if value.shape != expected.shape:
        says = f"has shape {value.shape}, expected {expected.shape}"
        return Difference("shape", says, list(value.shape), value, expected)
    if wrong := _dtype(got, value, expected, dtype):
        return wrong
    if value.dtype == expected.dtype and value.tobytes() == expected.tobytes():
        return None
    tolerance = _tolerance(got, value, expected) if rtol is None else rtol
    far = _far(value, expected, tolerance)
    if not np.logical_or.reduce(far, axis=None):
        return None
    return Difference("values", _first_wrong(value, expected, far), sample(value), value, expected)


def _dtype(got: Any, value: np.ndarray, expected: np.ndarray, dtype: Any) -> Difference | None:
    if KINDS[value.dtype.kind] != KINDS[expected.dtype.kind]:
        kinds = KINDS[value.dtype.kind], KINDS[expected.dtype.kind]
        says = f"holds {kinds[0]} ({value.dtype}), expected {kinds[1]}"
        return Difference("dtype", says, str(value.dtype), value, expected)
    if dtype is None:
        # A Python number has no dtype to be wrong, and whole numbers differ between systems.
        bare = isinstance(got, float | int) and not isinstance(got, np.generic)
        dtype = "any" if bare or expected.dtype.kind != "f" else "same"
    if isinstance(dtype, str) and dtype == "any":
        return None
    if isinstance(dtype, str) and dtype == "same":
        dtype = expected.dtype
        if isinstance(got, float) and not isinstance(got, np.generic):
            says = f"is a Python number, which has no dtype, expected {dtype}"
            return Difference("dtype", says, "float")
    if value.dtype == np.dtype(dtype):
        return None
    says = f"has dtype {value.dtype}, expected {np.dtype(dtype)}"
    return Difference("dtype", says, str(value.dtype), value, expected)


def _far(value: np.ndarray, expected: np.ndarray, tolerance: float) -> np.ndarray:
    """Where a value is further from what was expected than rounding explains."""
    value, expected = value.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(expected)
    if np.logical_and.reduce(finite, axis=None):
        return _far_from_finite(value, expected, tolerance)
    far = np.zeros(value.shape, bool)
    far[finite] = _far_from_finite(value[finite], expected[finite], tolerance)
    rest, wanted = value[~finite], expected[~finite]
    far[~finite] = ~((rest == wanted) | (np.isnan(rest) & np.isnan(wanted)))
    return far


def _far_from_finite(value: np.ndarray, expected: np.ndarray, tolerance: float) -> np.ndarray:
    size = np.abs(expected)
    scale = np.maximum.reduce(size, axis=None, initial=0.0)
    # Turned round, so that nan is far from everything.
    return ~(np.abs(value - expected) <= tolerance * (size + (0.1 * scale or 0.1)))


def _first_wrong(value: np.ndarray, expected: np.ndarray, far: np.ndarray) -> str:
    at = tuple(map(int, np.argwhere(far)[0]))
    got, wanted = apart(value[at], expected[at])
    if not at:
        return f"is {got}, expected {wanted}"
    count = f"{far.sum()} of {far.size} values" if far.sum() > 1 else "one value"
    return f"is wrong in {count}: at {list(at)} {got}, expected {wanted}"


def apart(a: Any, b: Any) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to see that they differ."""
    for digits in (6, 9, 12, 17):
        texts = f"{a:.{digits}g}", f"{b:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def _tolerance(got: Any, value: np.ndarray, expected: np.ndarray) -> float:
    """That of the coarser dtype. A Python float may come from a float32, so it counts as one."""
    if isinstance(got, float) and not isinstance(got, np.generic):
        return TOLERANCE[4]
    sizes = [a.dtype.itemsize for a in (value, expected) if a.dtype.kind == "f"]
    return TOLERANCE.get(min(sizes, default=8), TOLERANCE[8])


def sample(value: np.ndarray) -> list[float | str]:
    """A few of the numbers, evenly taken, that say which mistake this was."""
    flat = value.ravel()
    step = max(1, -(-flat.size // NUMBERS_KEPT))
    return [_json_number(x) for x in flat[::step]]


def _json_number(x: Any) -> float | str:
    x = float(x)
    return float(f"{x:.5g}") if np.isfinite(x) else str(x)


def _exactly(got: Any, expected: Any) -> Difference | None:
    value = got.item() if isinstance(got, np.generic) else got
    wanted = expected.item() if isinstance(expected, np.generic) else expected
    if type(value) is np.ndarray and value.ndim == 0:
        value = value.item()
    if type(value) is not type(wanted):
        if value is None or isinstance(value, bool | int | float | str | tuple | list | dict):
            says = f"is {short(value)}, expected {short(wanted)}"
            return Difference("equal", says, _brief(value))
        return _type(got, "None" if wanted is None else f"{short(wanted)}", None)
    if value == wanted:
        return None
    return Difference("equal", f"is {short(value)}, expected {short(wanted)}", _brief(value))


def _brief(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float) else short(value)


def _sequence(got: Any, expected: tuple | list, rtol: float | None) -> Difference | None:
    kind = tuple if isinstance(expected, tuple) else list
    if not isinstance(got, tuple | list) or (kind is tuple) != isinstance(got, tuple):
        return _type(got, f"a {kind.__name__}, {short(expected)}", None)
    if len(got) != len(expected):
        says = f"has {len(got)} elements, expected {len(expected)}"
        return Difference("shape", says, len(got), got, expected)
    for n, (one, wanted) in enumerate(zip(got, expected, strict=True)):
        found = difference(one, wanted, rtol=rtol)
        if found is None:
            continue
        if all(isinstance(x, int | str | None) for x in expected):  # a shape, say: all of it
            says = f"is {short(got)}, expected {short(expected)}"
            return Difference("equal", says, short(got))
        says = f"at position {n} {found.says}"
        return Difference(found.kind, says, [n, found.detail], found.got, found.expected)
    return None


def _mapping(got: Any, expected: Mapping, rtol: float | None) -> Difference | None:
    if not isinstance(got, Mapping):
        return _type(got, f"a dict, {short(dict(expected))}", None)
    if set(got) != set(expected):
        says = f"has the keys {short(sorted(map(str, got)))}, expected {sorted(map(str, expected))}"
        return Difference("shape", says, sorted(map(str, got)))
    for key, wanted in expected.items():
        found = difference(got[key], wanted, rtol=rtol)
        if found is not None:
            says = f"under {key!r} {found.says}"
            return Difference(found.kind, says, [str(key), found.detail], found.got, found.expected)
    return None


def _type(got: Any, wanted: str, expected: Any) -> Difference:
    if got is None:
        return Difference("type", f"is None, expected {wanted}", "None")
    what = type(got).__name__
    return Difference("type", f"is {article(what)}, expected {wanted}", what, None, expected)


def article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def short(value: Any, most: int = 120) -> str:
    """`repr` in one line without addresses, cut where it is long, whatever the object does."""
    try:
        text = " ".join(re.sub(r" at 0x\w+", "", repr(value)).split())
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) <= most else text[: most - 1] + "…"
