"""The seam to nbgrader does what nbgrader's own commands do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import nbgrader

from tinytorch.grading import NbgraderError, NotGraded
from tinytorch.grading.nb.converters import autograde, register_assignment
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.gradebook import mark
from tinytorch.grading.nb.scores import AssignmentScores, scores
from tinytorch.grading.nb.settings import CONFIG


def rows(root: Path) -> dict:
    return scores(Course(root), "01_add").students


def test_the_release_is_the_commands_own(course):
    ours = (course / "release/01_add/add.ipynb").read_bytes()
    assert not (course / "gradebook.db").exists()
    shutil.rmtree(course / "release")
    nbgrader(course, "generate_assignment", "01_add")
    assert (course / "release/01_add/add.ipynb").read_bytes() == ours
    assert b"HIDDEN" not in ours and b"SOLUTION" not in ours and b"checksum" in ours


def test_scores_are_the_commands_own(graded, course):
    shutil.copytree(graded / "submitted", course / "submitted")
    nbgrader(course, "generate_assignment", "01_add", "--force")
    nbgrader(course, "autograde", "01_add")
    assert rows(course) == rows(graded)


def test_a_mark_by_hand_counts_and_no_longer_waits(graded):
    assert rows(graded)["right"].needs_manual_grade
    mark(Course(graded), "01_add", "right", "count", 3, "Which one?")
    right = rows(graded)["right"]
    assert (right.score, right.waiting, right.comments["count"]) == (9, 0, "Which one?")


def test_a_mark_that_cannot_be_is_refused(graded):
    with pytest.raises(ValueError, match="0 to 4 points, got 5"):
        mark(Course(graded), "01_add", "right", "count", 5)
    with pytest.raises(KeyError, match="no cuont by right"):
        mark(Course(graded), "01_add", "right", "cuont", 1)
    with pytest.raises(KeyError, match="by nobody"):
        mark(Course(graded), "01_add", "nobody", "count", 1)


def test_a_course_without_a_gradebook_has_no_scores_and_gets_none(course):
    assert scores(Course(course), "01_add") == AssignmentScores()
    assert not (course / "gradebook.db").exists()


def test_a_faulty_config_is_named(course):
    (course / CONFIG).write_text("c = get_config(\n")
    with pytest.raises(NbgraderError, match=r"nbgrader_config\.py: SyntaxError"):
        register_assignment(Course(course), "01_add")


def test_a_student_whom_the_config_leaves_out_is_not_silently_ungraded(graded):
    config = graded / CONFIG
    config.write_text(config.read_text() + 'c.CourseDirectory.student_id_exclude = "wrong"\n')
    with pytest.raises(NotGraded, match="student_id_exclude"):
        autograde(Course(graded), "01_add", "wrong")


def test_nothing_is_printed(graded, capfd):
    autograde(Course(graded), "01_add", "right")
    assert capfd.readouterr() == ("", "")
