"""Tests in a process of their own: they say what they say in the student's process."""

from pathlib import Path

import pytest
from apart import apart, together

from tinytorch.course.lesson import Cell, read_lesson
from tinytorch.course.variants import variants_of, with_variant
from tinytorch.grading.submission.earlier import core_files
from tinytorch.grading.submission.folders import write_files

ROOT = Path(__file__).parents[2]
LESSONS = sorted(path.name for path in (ROOT / "modules").glob("[0-9]*"))
MOST = 1  # other solutions that are tried of each lesson


@pytest.mark.parametrize("name", LESSONS)
def test_the_same_tests_fail_with_the_same_words(name, tmp_path):
    lesson = read_lesson(ROOT / "modules" / name / f"{name.split('_', 1)[1]}.py")
    write_files(tmp_path, core_files(ROOT, name))
    given = [
        cell.source
        for cell in lesson.cells
        if cell.kind == "code" and not cell.is_solution and not cell.is_test
    ]
    others = variants_of(lesson)
    others = others[:: -(-len(others) // MOST)]
    for tried in [lesson, *(with_variant(lesson, other) for other in others)]:
        cells = [
            cell
            for cell in tried.cells
            if cell.kind == "code"
            and (cell.is_test or not any(word in cell.source for word in ("figures.", "fit(")))
        ]
        assert apart(cells, given, str(tmp_path)) == together(cells, str(tmp_path))


SOLUTION = """\
import warnings


def scale(x):
    warnings.warn("overflow")
    if x > 1:
        {do}
"""
TEST = """\
from tinytorch.testing.messages import own_line


def test_scale():
    scale(1)
    try:
        scale(2)
    except ValueError as error:
        raise AssertionError(own_line(error, "test_scale")) from None


test_scale()
"""


def small_lesson(do: str) -> list[Cell]:
    marks = {"grade": True, "solution": False, "grade_id": "test_scale", "locked": True}
    return [
        Cell("code", SOLUTION.format(do=do), 1),
        Cell("code", TEST, 9, {"nbgrader": marks}),
    ]


def test_a_line_is_quoted_of_which_a_warning_told_another_one_first(tmp_path):
    cells = small_lesson('raise ValueError("no")')
    said = together(cells, str(tmp_path))
    assert said == {
        "test_scale": 'AssertionError:   in `scale`, line 7 of its cell: raise ValueError("no")'
    }
    assert apart(cells, [], str(tmp_path)) == said
