"""One small lesson with nothing wrong, for tests that make it wrong by one change."""

from __future__ import annotations

import json
from pathlib import Path

from tinytorch.course.lesson import Lesson, read_lesson


def header(name: str, *, kind: str = "", **changes) -> str:
    """A cell's header with nbgrader's metadata: an exercise, unless changed."""
    data = {"grade": False, "grade_id": name, "locked": False, "schema_version": 3}
    data |= {"solution": True, "task": False} | changes
    return f"# %% {kind}nbgrader={json.dumps(data)}"


def test_cell(n: int, points: int = 10) -> str:
    name = f"test_scale_by_{n}"
    return f"""{header(name, grade=True, solution=False, locked=True, points=points)}
def {name}():
    assert_close(scale(np.array([1.0, {n}.5]), {n}.0), [{n}.0, {n * n + n / 2}])
    ### BEGIN HIDDEN TESTS
    assert_close(scale(np.array([{n}.25]), 2.0), [{2 * n + 0.5}])
    ### END HIDDEN TESTS


{name}()

"""


test_cell.__test__ = False  # pytest: it makes tests, it is none

# Stands in for a check of the tools': it is no code of the lesson's own, so it is executed apart.
CHECK = """
def assert_close(got, expected, hint=""):
    got, expected = np.asarray(got), np.asarray(expected)
    if got.dtype.kind != expected.dtype.kind:
        raise AssertionError(f"the result holds {got.dtype}, expected {expected.dtype}. {hint}")
    if not np.allclose(got, expected):
        raise AssertionError(f"the result is wrong: {got}, expected {expected}. {hint}")
"""

TOP = f"""# %% [markdown]
# # Scaling
# Multiply every number by `factor`.

# %%
#| default_exp core.scaling

# %%
#| export
import numpy as np

# %%
from tinytorch.testing import TestFailed

space = {{"np": np}}
exec({CHECK!r}, space)
assert_close = space["assert_close"]

{header("scale")}
#| export
def scale(x, factor):
    \"\"\"Multiply.\"\"\"
    ### BEGIN SOLUTION
    product = np.multiply(x, factor)
    return product
    ### END SOLUTION

"""

QUESTION = f"""# %% [markdown]
# Count the multiplications for N numbers.

{header("count_products", kind="[markdown] ", grade=True, points=4)}
# ### BEGIN SOLUTION
# One for each number, so N of them.
#
# Rubric, one point each:
# - says that there are N
# - says why there is one each
# - names the memory
# - gives the unit
# ### END SOLUTION
"""

GOOD = TOP + "".join(map(test_cell, range(1, 10))) + test_cell(10, points=6) + QUESTION


def change(text: str, old: str, new: str) -> str:
    """The text with the one place where `old` stands changed to `new`."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the lesson"
    return text.replace(old, new)


def write_lesson(root: Path, text: str, folder: str = "02_scaling") -> Lesson:
    path = root / "modules" / folder / f"{folder[3:]}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return read_lesson(path)


def line_of(lesson: Lesson, text: str, nth: int = 0) -> int:
    """The number of the nth line of the lesson's file that holds the text."""
    lines = enumerate(lesson.path.read_text(encoding="utf-8").splitlines(), 1)
    return [n for n, line in lines if text in line][nth]
