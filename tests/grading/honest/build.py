"""How an honest submission is made: a lesson's notebook, solved, and a few changes to it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from tinytorch.course.markers import strip_markers
from tinytorch.grading.nb.converters import register_assignment
from tinytorch.grading.nb.course import Course

ROOT = Path(__file__).parents[3]
Change = Callable[[dict], object]  # of a notebook, in place


class Submission(NamedTuple):
    """What somebody hands in.

    Attributes:
        name: what is odd about it.
        lesson: the assignment's name, such as `02_activations`.
        notebook: the notebook as JSON holds it.
        files: what lies beside it, by path.
        expected_points: what its tests give; None where that is open.
    """

    name: str
    lesson: str
    notebook: dict
    files: dict[str, bytes]
    expected_points: float | None


def case(
    name: str,
    number: int,
    *changes: Change | str,
    loses: tuple[str, ...] | None = (),
    files: dict[str, bytes] | None = None,
) -> Submission:
    """A solved notebook of lesson `number`, changed.

    Args:
        changes: made one after another. A text is a cell of the student's own before all others.
        loses: the tests that fail for it; None where that is open.
    """
    lesson = next(path.name for path in ROOT.glob(f"source/{number:02}_*"))
    notebook = deepcopy(solved(lesson))
    for change in changes:
        (first(change) if isinstance(change, str) else change)(notebook)
    expected = None
    if loses is not None:
        tests = _tests(lesson)
        expected = sum(tests.values()) - sum(tests[test] for test in loses)
    return Submission(name, lesson, notebook, files or {}, expected)


@lru_cache
def solved(lesson: str) -> dict:
    """The released notebook with the solutions of the course; its questions stay unanswered."""
    notebook = _read("release", lesson)
    solutions = {_grade_id(cell): cell["source"] for cell in _read("source", lesson)["cells"]}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = strip_markers("".join(solutions[_grade_id(cell)]))
    return notebook


# --- Changes ----------------------------------------------------------------------------------


def first(*sources: str) -> Change:
    """Own cells before all others, in this order."""
    return lambda notebook: notebook["cells"].__setitem__(slice(0, 0), map(own_cell, sources))


def last(*sources: str) -> Change:
    return lambda notebook: notebook["cells"].extend(map(own_cell, sources))


def after(grade_id: str, *sources: str) -> Change:
    """Own cells behind the cell of an exercise, a test or a question."""
    return lambda notebook: _beside(notebook, grade_id, 1, sources)


def before(grade_id: str, *sources: str) -> Change:
    return lambda notebook: _beside(notebook, grade_id, 0, sources)


def solves(grade_id: str, source: str) -> Change:
    """What stands in the cell of an exercise or of a question."""
    return lambda notebook: find(notebook, grade_id).update(source=source)


def rewrites(grade_id: str, *pairs: tuple[str, str]) -> Change:
    """Other text in the place of some in the solved cell of an exercise."""

    def change(notebook: dict) -> None:
        cell = find(notebook, grade_id)
        source = "".join(cell["source"])
        for old, new in pairs:
            assert old in source, f"{grade_id} does not hold {old!r}"
            source = source.replace(old, new)
        cell["source"] = source

    return change


def adds(grade_id: str, above: str = "", below: str = "") -> Change:
    """Lines above and below the solution of an exercise, in its cell."""

    def change(notebook: dict) -> None:
        cell = find(notebook, grade_id)
        cell["source"] = "\n\n".join(filter(None, [above, "".join(cell["source"]), below]))

    return change


def every_cell(change_cell: Change) -> Change:
    return lambda notebook: [change_cell(cell) for cell in notebook["cells"]]


def metadata(**entries) -> Change:
    return lambda notebook: notebook["metadata"].update(entries)


def own_cell(source: str) -> dict:
    """A code cell, or one of text where it begins with %%markdown."""
    kind, _, text = source.partition("\n")
    name = f"own-{sha256(source.encode()).hexdigest()[:12]}"
    if kind == "%%markdown":
        return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text}
    code = {"cell_type": "code", "id": name, "metadata": {}, "source": source}
    return code | {"outputs": [], "execution_count": None}


def find(notebook: dict, grade_id: str) -> dict:
    """The cell that bears a grade_id."""
    return next(cell for cell in notebook["cells"] if _grade_id(cell) == grade_id)


# --- A course to hand them in to --------------------------------------------------------------


def make_course(root: Path) -> Path:
    """A copy of this course, without a submission, that knows its assignments."""
    for name in ("source", "release", "modules", "tinytorch"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "nbgrader_config.py", root)
    for path in sorted(root.glob("source/*")):
        register_assignment(Course(root), path.name)
    return root


def hand_in(root: Path, submission: Submission) -> Path:
    """Write a submission into the course. Returns the path of its notebook."""
    folder = root / "submitted" / submission.name / submission.lesson
    for name, data in submission.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{submission.lesson.partition('_')[2]}.ipynb"
    path.write_text(json.dumps(submission.notebook, indent=1), encoding="utf-8")
    return path


def _beside(notebook: dict, grade_id: str, offset: int, sources: tuple[str, ...]) -> None:
    at = notebook["cells"].index(find(notebook, grade_id)) + offset
    notebook["cells"][at:at] = map(own_cell, sources)


def _grade_id(cell: dict) -> str | None:
    return cell["metadata"].get("nbgrader", {}).get("grade_id")


def _read(step: str, lesson: str) -> dict:
    path = ROOT / step / lesson / f"{lesson.partition('_')[2]}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))


@lru_cache
def _tests(lesson: str) -> dict[str, float]:
    """The points of each test, by its grade_id."""
    marks = [cell["metadata"].get("nbgrader", {}) for cell in _read("source", lesson)["cells"]]
    return {m["grade_id"]: m["points"] for m in marks if m.get("grade") and not m["solution"]}
