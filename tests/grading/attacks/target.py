"""A small nbgrader course to be attacked, and the notebooks that are handed in to it."""

from __future__ import annotations

import json
import shutil
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import tinytorch
from tinytorch.grading.nb.converters import generate_release, register_assignment
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.gradebook import gradebook

ASSIGNMENT, NOTEBOOK = "02_target", "target"
# Words that nobody who is graded may get to see, by what holds them.
WORDS = {
    "answer key": "KEY-5c1d09b7e2",
    "solution": "SOLUTION-90ab1f6c3d",
    "hidden test": "HIDDEN-7b2e44d1a8",
    "neighbour": "NEIGHBOUR-c3f8a6",
    "gradebook": "BOOK-e81b7a5560",
}

CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "target"
c.Execute.timeout = 5
c.OverwriteCells.add_missing_cells = True
c.TinyTorch.count_mistakes_once = True
"""

IMPORTS = """import numpy as np

from tinytorch import testing as tt
from tinytorch.core.earlier import scale

tt.begin("target")"""

# What each exercise is, as it is solved.
EXERCISES = {
    "double": '''def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return scale(x, 2)
    ### END SOLUTION
''',
    "mean_square": '''def mean_square(x):
    """The mean of the squares of an array."""
    ### BEGIN SOLUTION
    solved = "SOLUTION"
    return (np.asarray(x) ** 2).mean(axis=-1)
    ### END SOLUTION
''',
    "shifted": '''def shifted(x, by):
    """A new array, each number of x moved by a number."""
    ### BEGIN SOLUTION
    return np.asarray(x) + by
    ### END SOLUTION
''',
    "tally": '''class Tally:
    """Counts what it is told, and knows the sum."""

    ### BEGIN SOLUTION
    def __init__(self):
        self.items = []

    def add(self, number):
        self.items.append(number)
        return self

    def total(self):
        return sum(self.items)

    def __len__(self):
        return len(self.items)

    ### END SOLUTION
''',
    "positive": '''def positive(x):
    """x itself, which must be above zero: else a ValueError."""
    ### BEGIN SOLUTION
    if not x > 0:
        raise ValueError("expected a number above zero")
    return x
    ### END SOLUTION
''',
    "largest": '''def largest(numbers, count):
    """The largest numbers of a list, the largest first."""
    ### BEGIN SOLUTION
    return sorted(numbers, reverse=True)[:count]
    ### END SOLUTION
''',
}

# Each test: the exercise that it follows, its points and its text.
TESTS = {
    "test_double": ("double", 2, "assert double(3) == 6\nassert double(-1.5) == -3.0"),
    "test_double_more": (
        "double",
        2,
        """assert double(0) == 0
### BEGIN HIDDEN TESTS
for number, want in [(7, 14), (0.125, 0.25), (-40, -80)]:
    found = double(number)
    assert found == want and type(found) is type(want)




witness = "HIDDEN"
### END HIDDEN TESTS""",
    ),
    "test_mean_square": (
        "mean_square",
        3,
        '''@tt.test
def test_mean_square():
    """It is the mean of the squares over the last axis."""
    rng = np.random.default_rng(3)
    cases = [tt.case(rng.random(shape)) for shape in [(3,), (2, 5), (4, 1)]]
    tt.check(mean_square, lambda x: (x * x).mean(-1), cases)
    ### BEGIN HIDDEN TESTS
    cases = [tt.case(rng.random(shape) - 0.5) for shape in [(7,), (3, 2, 2)]]
    tt.check(mean_square, lambda x: (x * x).mean(-1), cases)
    ### END HIDDEN TESTS


test_mean_square()''',
    ),
    "test_mean_square_of_one": (
        "mean_square",
        1,
        'tt.expect(float(mean_square([3.0, 4.0])), 12.5, "mean_square([3.0, 4.0])")',
    ),
    "test_shifted": (
        "shifted",
        2,
        """given = np.array([1.0, -2.0, 0.5])
np.testing.assert_allclose(shifted(given, 2), [3.0, 0.0, 2.5])
assert np.array_equal(given, [1.0, -2.0, 0.5]) and not np.shares_memory(given, shifted(given, 0))
### BEGIN HIDDEN TESTS
assert isinstance(shifted(given, 1), np.ndarray)
assert np.allclose(shifted([0.25, 8], -0.25), [0.0, 7.75])
### END HIDDEN TESTS""",
    ),
    "test_tally": (
        "tally",
        2,
        """tally = Tally()
assert len(tally) == 0 and tally.total() == 0
assert tally.add(2).add(5).total() == 7 and len(tally) == 2""",
    ),
    "test_tally_more": (
        "tally",
        2,
        """one, other = Tally(), Tally()
### BEGIN HIDDEN TESTS
for number in range(11):
    one.add(number * 3)
assert one.total() == 165 and len(one) == 11 and len(other) == 0
### END HIDDEN TESTS""",
    ),
    "test_positive_refuses": (
        "positive",
        1,
        """try:
    positive(-3)
except ValueError:
    pass
else:
    raise AssertionError("positive(-3) raised nothing, expected a ValueError")""",
    ),
    "test_positive_takes": ("positive", 1, "assert positive(4) == 4 and positive(0.5) == 0.5"),
    "test_largest_in_parts": (
        "largest",
        3,
        """def largest_parts():
    calls = [([3, 9, 4], 2, [9, 4]), ([5], 1, [5]), ([1, 1, 7, -2], 3, [7, 1, 1])]
    points = 0
    for numbers, count, want in calls:
        try:
            points += largest(numbers, count) == want
        except Exception as error:
            print(f"largest({numbers}, {count}) raised {error!r}")
    return points


largest_parts()""",
    ),
    "test_together": (
        "largest",
        2,
        """numbers = [double(positive(x)) for x in largest([2, 5, 3], 2)]
assert numbers == [10, 6]
tt.expect(Tally().add(mean_square(numbers)).total(), 68.0, "the tally of the mean square")""",
    ),
}
POINTS = float(sum(points for _, points, _ in TESTS.values()))
MODEL_POINTS = 3.0  # of the written answer
MODEL = "A test of values can't tell why they are right."


# --- Making the course ------------------------------------------------------------------------


def make_course(root: Path) -> Path:
    """Write the course into an empty folder, released, with a gradebook that knows it."""
    root = Path(root)
    cells = [_text("# A target"), _code(_secret(IMPORTS))]
    for exercise, solved in EXERCISES.items():
        cells.append(_code(_secret(solved), exercise, solution=True))
        for name, (owner, points, text) in TESTS.items():
            if owner == exercise:
                cells.append(_code(_secret(text), name, points=points, grade=True, locked=True))
    cells.append(_text(MODEL, "why", points=MODEL_POINTS, grade=True, solution=True))
    _write(root / "nbgrader_config.py", CONFIG)
    _write(root / "source" / ASSIGNMENT / f"{NOTEBOOK}.ipynb", _dump(_notebook(cells)))
    # The order of lessons is read from the folders of modules/ and source/.
    _write(root / "modules/01_earlier/earlier.py", "# The lesson before this one.\n")
    _write_package(root / "tinytorch")
    generate_release(root, root, [ASSIGNMENT])
    register_assignment(Course(root), ASSIGNMENT)
    with gradebook(Course(root)) as book:
        book.add_student("withdrawn", email=f"{WORDS['gradebook']}@example.org")
    return root


def _write_package(package: Path) -> None:
    """The course's own `tinytorch`: the earlier lesson, the answers, and the tests' library."""
    key = "\n\n".join(source.replace("### BEGIN SOLUTION", "") for source in EXERCISES.values())
    head = f"import numpy as np\n\nfrom tinytorch.core.earlier import scale\n\nMARK = '{_KEY}'\n\n"
    _write(package / "__init__.py", '"""The package of the course that is attacked."""\n')
    _write(package / "core/__init__.py", "")
    _write(package / "core/earlier.py", "def scale(x, factor):\n    return x * factor\n")
    _write(package / "core/target.py", head + key.replace("### END SOLUTION", ""))
    testing, ignore = Path(tinytorch.__file__).parent / "testing", ["lessons", "__pycache__"]
    shutil.copytree(testing, package / "testing", ignore=shutil.ignore_patterns(*ignore))


# --- What is handed in ------------------------------------------------------------------------


@dataclass(frozen=True)
class AttackCell:
    """A cell of an attack, and where it goes."""

    place: str  # "first", "last", "after=NAME", "exercise=NAME" or "edit"
    source: str


def untouched(root: Path) -> dict:
    """The released notebook, which earns nothing."""
    return json.loads(released(root).read_text(encoding="utf-8"))


def right(root: Path, word: str = "", seconds: float = 0.0) -> dict:
    """The notebook of someone who solved everything.

    Args:
        word: stands in the written answer, to be found again.
        seconds: how long its first cell takes.
    """
    notebook = untouched(root)
    for name, source in EXERCISES.items():
        lines = [line for line in source.splitlines() if "### " not in line]
        _find(notebook, name)["source"] = "\n".join(lines)
    _find(notebook, "why")["source"] = f"It compares results alone. {word}"
    if seconds:
        notebook["cells"].insert(0, _own_cell(f"import time\n\ntime.sleep({seconds})", 0))
    return notebook


def attack(root: Path, cells: list[AttackCell], prelude: str) -> tuple[dict, dict[str, bytes]]:
    """The notebook of an attacker, who solved nothing, and the files that lie beside it.

    Args:
        cells: of the attack. Those of the kind `edit` are not handed in: they are run here, and
            change `notebook` and `files`.
        prelude: what stands in the first cell.
    """
    notebook, files = untouched(root), {}
    first, last = [_own_cell(prelude, 0)], []
    for number, cell in enumerate(cells, 1):
        kind, _, name = cell.place.partition("=")
        own = _own_cell(cell.source, number)
        if kind == "exercise":
            _find(notebook, name)["source"] = cell.source
        elif kind == "after":
            at = notebook["cells"].index(_find(notebook, name)) + 1
            notebook["cells"].insert(at, own)
        elif kind != "edit":
            (first if kind == "first" else last).append(own)
    notebook["cells"] = [*first, *notebook["cells"], *last]
    for cell in cells:
        if cell.place == "edit":
            names = {"notebook": notebook, "files": files, "find": _find, "deepcopy": deepcopy}
            exec(cell.source, names)
    return notebook, files


def hand_in(
    root: Path, student: str, notebook: dict, files: dict[str, bytes] | None = None
) -> None:
    """Put a student's notebook, and the files beside it, into submitted/."""
    folder = Path(root, "submitted", student, ASSIGNMENT)
    for name, data in {**(files or {}), f"{NOTEBOOK}.ipynb": _dump(notebook)}.items():
        _write(folder / name, data)


def released(root: Path) -> Path:
    return Path(root, "release", ASSIGNMENT, f"{NOTEBOOK}.ipynb")


# --- Small helpers ----------------------------------------------------------------------------

_KEY = WORDS["answer key"]
_MARKS = {"schema_version": 3, "grade": False, "locked": False, "solution": False, "task": False}


def _secret(text: str) -> str:
    """The text with the words by which a leak is known."""
    text = text.replace('"SOLUTION"', f'"{WORDS["solution"]}"')
    return text.replace('"HIDDEN"', f'"{WORDS["hidden test"]}"')


def _code(source: str, grade_id: str = "", **marks) -> dict:
    return _cell("code", source, grade_id, marks) | {"outputs": [], "execution_count": None}


def _text(source: str, grade_id: str = "", **marks) -> dict:
    return _cell("markdown", source, grade_id, marks)


def _cell(kind: str, source: str, grade_id: str, marks: dict) -> dict:
    metadata = {"nbgrader": {**_MARKS, "grade_id": grade_id, **marks}} if grade_id else {}
    name = grade_id.replace("_", "-") or f"plain-{kind}"
    return {"cell_type": kind, "id": name, "metadata": metadata, "source": source}


def _own_cell(source: str, number: int) -> dict:
    """A code cell of a student's own, or where it begins with %%markdown, a text."""
    if source.startswith("%%markdown\n"):
        return _text(source.partition("\n")[2]) | {"id": f"own-{number}"}
    return _code(source) | {"id": f"own-{number}"}


def _notebook(cells: list[dict]) -> dict:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _find(notebook: dict, grade_id: str) -> dict:
    """The cell of a notebook that bears a grade_id."""
    ids = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in notebook["cells"]]
    return notebook["cells"][ids.index(grade_id)]


def _dump(notebook: dict) -> str:
    return json.dumps(notebook, indent=1, sort_keys=True)


def _write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
