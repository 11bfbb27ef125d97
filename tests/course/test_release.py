"""What students get holds nothing that they are to find, and lacks nothing that they need."""

import ast
import json
from pathlib import Path

import pytest

from tinytorch.course.build import read_lessons
from tinytorch.course.check import secret_lines

ROOT = Path(__file__).parents[2]
LESSONS = read_lessons(ROOT)


@pytest.fixture(params=LESSONS, ids=[lesson.folder for lesson in LESSONS])
def lesson(request):
    return request.param


def released(lesson) -> dict:
    path = ROOT / "release" / lesson.folder / f"{lesson.name}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))


def test_no_solution_hidden_test_or_rubric_is_released(lesson):
    secrets = secret_lines(lesson)
    assert len(secrets) > 50, "a lesson without secrets would make this test empty"
    lines = {
        line.strip()
        for cell in released(lesson)["cells"]
        for line in "".join(cell["source"]).split("\n")
    }
    assert lines.isdisjoint(secrets)
    text = json.dumps(released(lesson))
    for word in ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "Rubric"):
        assert word not in text


def test_nothing_lies_beside_the_released_notebook(lesson):
    for step in ("source", "release"):
        files = [path.name for path in (ROOT / step / lesson.folder).iterdir()]
        assert files == [f"{lesson.name}.ipynb"]


def test_exercises_keep_signature_docstring_and_that_they_are_exported(lesson):
    cells = {cell["id"]: cell for cell in released(lesson)["cells"]}
    for cell in lesson.cells:
        if cell.is_exercise:
            source = "".join(cells[cell.grade_id]["source"])
            definition = ast.parse(source).body[-1]
            assert ast.get_docstring(definition), f"{cell.grade_id} lost its docstring"
            assert f'"{definition.name} is yours to write' in source
            exported = cells[cell.grade_id]["metadata"].get("tinytorch", {}).get("export", False)
            assert exported == cell.is_exported


def test_no_machinery_is_seen_and_what_need_not_be_read_is_folded(lesson):
    notebook = released(lesson)
    assert notebook["metadata"]["tinytorch"] == {"lesson": lesson.folder, "module": lesson.module}
    exported = [c for c in notebook["cells"] if c["metadata"].get("tinytorch", {}).get("export")]
    assert len(exported) == sum(cell.is_exported for cell in lesson.cells)
    assert not [c for c in notebook["cells"] if "".join(c["source"]).startswith("#|")]
    for cell in notebook["cells"]:
        about = cell["metadata"].get("nbgrader", {})
        if about.get("grade") and not about["solution"]:
            assert cell["metadata"]["jupyter"] == {"source_hidden": True}


def test_tests_and_questions_are_worth_what_the_lesson_says(lesson):
    points = {
        cell["metadata"]["nbgrader"]["grade_id"]: cell["metadata"]["nbgrader"]["points"]
        for cell in released(lesson)["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade")
    }
    assert points == {cell.grade_id: cell.points for cell in lesson.cells if cell.is_graded}
    assert sum(points.values()) == 100
