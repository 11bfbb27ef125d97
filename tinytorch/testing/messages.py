"""What a failed test tells: the difference, a cause where it is proven, got and expected.

In a notebook a failure shows this text alone and no traceback; for nbgrader it stays an error.
"""

from __future__ import annotations

import json
import linecache
import os
import sys
import traceback
from types import FrameType
from typing import Any

import numpy as np

from tinytorch.testing.compare import SHOWN, Difference, short

MOST_LINES = 15
EVIDENCE = "TINYTORCH_EVIDENCE"  # set where wrong solutions are run to learn what they give


class TestFailed(AssertionError):
    """What is wrong, in at most fifteen lines.

    Attributes:
        evidence: what tells this failure from others, see `diagnosis`; None if nothing does.
        cause: the sentence of the known mistake that gives the same, if one does.
    """

    __test__ = False  # pytest would take the class for tests

    def __init__(self, message: str, evidence: dict | None = None, cause: str = ""):
        super().__init__(message)
        self.evidence, self.cause = evidence, cause

    def __str__(self) -> str:
        text = super().__str__()
        if self.evidence is not None and os.environ.get(EVIDENCE):
            text += "\nevidence: " + json.dumps(self.evidence)
        return text

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in the place of a traceback."""
        return str(self).splitlines()


def fit(lines: list[str]) -> str:
    """The lines as one text, the middle left out where they are too many."""
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 4], "  …", *lines[-3:]]
    return "\n".join(line if len(line) <= 200 else line[:199] + "…" for line in lines)


def got_and_expected(found: Difference) -> list[str]:
    """Two labelled values, where looking at them helps."""
    lines = []
    for label, value in (("got", found.got), ("expected", found.expected)):
        if not isinstance(value, np.ndarray) or value.size <= 1:
            continue
        text = np.array2string(
            value, threshold=SHOWN, edgeitems=2, prefix=" " * 11, max_line_width=88
        )
        rows = text.splitlines()
        rows = [*rows[:3], "           …"] if len(rows) > 4 else rows
        lines += [f"  {label:<8} {rows[0]}", *rows[1:]]
    return lines


def own_frames(error: BaseException) -> list[tuple[FrameType, int]]:
    """The frames of the student's own cells that an exception went through, with their lines."""
    main = vars(sys.modules["__main__"])
    frames = traceback.walk_tb(error.__traceback__)
    return [(frame, line) for frame, line in frames if frame.f_globals is main]


def own_line(error: BaseException, test: str) -> str:
    """Where in the student's own code an exception was raised: "in `mean`, line 3: return …"."""
    frames = own_frames(error)
    frames = [(f, n) for f, n in frames if f.f_code.co_qualname.split(".")[0] != test]
    if not frames:
        return ""
    frame, line = frames[-1]
    text = linecache.getline(frame.f_code.co_filename, line).strip()
    name = frame.f_code.co_qualname
    where = f"in `{name}`, " if name.isidentifier() or "." in name else ""
    return f"  {where}line {line} of its cell: {text}" if text else ""


def is_own_word(error: BaseException) -> bool:
    """Whether an exception was raised by a `raise` in the student's own code."""
    frames = own_frames(error)
    if not frames:
        return False
    frame, line = frames[-1]
    return linecache.getline(frame.f_code.co_filename, line).strip().startswith("raise")


def raised(error: BaseException) -> str:
    """`ValueError (operands could not be broadcast together)`."""
    said = short_text(str(error))
    return f"{type(error).__name__} ({said})" if said else type(error).__name__


def short_text(text: str, most: int = 140) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def named(value: Any) -> str:
    """The name of a function or class, which its `repr` shows beside an address."""
    name = getattr(value, "__name__", "") if callable(value) else ""
    return name.strip("<>") if isinstance(name, str) else ""


def described(value: Any) -> str:
    """An input in a message: a small one by its values, a large one by shape and dtype."""
    data = getattr(value, "data", None)
    array = data if isinstance(data, np.ndarray) else value
    if not isinstance(array, np.ndarray):
        return named(value) or short(value, 60)
    dtype = "" if array.dtype == np.float64 else f", {array.dtype}"
    if array.size <= 6 and array.ndim <= 2 and array.size:
        text = " ".join(np.array2string(array, separator=", ").split())
        if len(text) <= 40:
            return text + (f" ({array.dtype})" if dtype else "")
    return f"<shape {array.shape}{dtype}>"
