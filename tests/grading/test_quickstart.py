"""The course that `nbgrader quickstart` makes, with its own example, gets stock's rows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import compare
import pytest
from conftest import nbgrader

from tinytorch.grading import grade

SQUARES = """def squares(n):
    if n < 1:
        raise ValueError(n)
    return [i**2 for i in range(1, n + 1)]"""
SUM = "def sum_of_squares(n):\n    return sum(squares(n))"


def fill_in(course: Path, student: str, solutions: dict[str, str]) -> None:
    """Hand in the released example with some of its exercises done."""
    folder = Path(shutil.copytree(course / "release/ps1", course / "submitted" / student / "ps1"))
    for path in folder.glob("*.ipynb"):
        notebook = json.loads(path.read_text())
        for cell in notebook["cells"]:
            grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
            cell["source"] = solutions.get(grade_id, cell["source"])
        path.write_text(json.dumps(notebook))


@pytest.mark.slow
def test_the_quickstart_course_gets_stocks_rows(tmp_path):
    nbgrader(tmp_path, "quickstart", "course101")
    course = tmp_path / "course101"
    nbgrader(course, "generate_assignment", "ps1")
    fill_in(course, "bitdiddle", {})
    fill_in(course, "hacker", {"squares": SQUARES, "sum_of_squares": SUM})
    fill_in(course, "reasoner", {"squares": SQUARES, "sum_of_squares_equation": "It is $n^2$."})
    theirs = Path(shutil.copytree(course, tmp_path / "stock"))
    config = theirs / "nbgrader_config.py"
    config.write_text(config.read_text().replace(str(course), str(theirs)))
    run = grade.grade(course, ["ps1"])
    assert [outcome.status for outcome in run.outcomes] == ["graded"] * 3, run.outcomes
    nbgrader(theirs, "autograde", "ps1")
    assert compare.differences(*map(compare.gradebook_rows, (course, theirs))) == []
    assert compare.differences(*map(compare.notebook_outputs, (course, theirs))) == []
