"""Grading does what changed, keeps what it did, and hands no answers out."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from pathlib import Path

import pytest
from conftest import RIGHT, WRONG, Student, code

from tinytorch.errors import UsageError
from tinytorch.grading import grade
from tinytorch.grading.feedback import feedback
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.gradebook import mark
from tinytorch.grading.nb.scores import scores


def statuses(course: Path, **options) -> dict[str, str]:
    run = grade.grade(course, ["01_add"], **options)
    return {outcome.student: outcome.status for outcome in run.outcomes}


def test_only_what_changed_is_graded_again(graded):
    assert statuses(graded) == {"right": "unchanged", "wrong": "unchanged"}
    Student(graded, "wrong").writes("add", RIGHT).hands_in()
    assert statuses(graded) == {"right": "unchanged", "wrong": "graded"}
    assert scores(Course(graded), "01_add").students["wrong"].score == 6
    assert statuses(graded, students="r*", force=True) == {"right": "graded"}


def test_a_changed_course_grades_everyone_again(graded):
    source = graded / "source/01_add/add.ipynb"
    source.write_text(source.read_text().replace("assert add(0, 0) == 0", "assert False"))
    assert statuses(graded) == {"right": "graded", "wrong": "graded"}
    assert scores(Course(graded), "01_add").students["right"].score == 3


@pytest.mark.parametrize("lost", ["gradebook.db", "autograded"])
def test_what_someone_removed_is_graded_again(graded, lost):
    path = graded / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert statuses(graded) == {"right": "graded", "wrong": "graded"}
    assert scores(Course(graded), "01_add").students["right"].score == 6


def test_a_journal_that_was_cut_short_loses_one_line_alone(graded):
    journal = Course(graded).journal
    journal.write_bytes(journal.read_bytes()[:-20])
    # Whose line is the last one depends on which worker was done first.
    assert sorted(statuses(graded).values()) == ["graded", "unchanged"]
    assert statuses(graded) == {"right": "unchanged", "wrong": "unchanged"}


def test_a_resubmission_that_fails_keeps_its_reason_until_it_changes(graded):
    path = graded / "submitted/wrong/01_add/add.ipynb"
    path.write_text("{")
    assert statuses(graded)["wrong"] == "failed"
    assert statuses(graded)["wrong"] == "failed"
    Student(graded, "wrong").writes("add", RIGHT).hands_in()
    assert statuses(graded)["wrong"] == "graded"


def test_students_who_handed_in_nothing_are_missing(graded):
    run = grade.grade(graded, ["02_twice"])
    assert [(o.student, o.status) for o in run.outcomes] == [
        ("right", "missing"),
        ("wrong", "missing"),
    ]


def test_a_folder_with_a_wrong_name_is_told_of(graded):
    (graded / "submitted/right/01_add").rename(graded / "submitted/right/1_add")
    run = grade.grade(graded, ["02_twice"], students="right")
    assert run.outcomes[0].reason == "nothing handed in, but there is 1_add"


def test_ctrl_c_keeps_what_was_done_and_leaves_nothing_half_done(course):
    Student(course, "a").writes("add", RIGHT).hands_in()
    Student(course, "b").appends(*[code("import time\ntime.sleep(1.9)")] * 9).hands_in()

    def interrupt_b(done: int, total: int, outcome: grade.Outcome) -> None:
        threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT)).start()

    run = grade.grade(course, ["01_add"], progress=interrupt_b)
    assert run.interrupted
    assert [(o.student, o.status) for o in run.outcomes] == [("a", "graded")]
    assert not (course / "autograded/b/01_add").exists()
    assert scores(Course(course), "01_add").students.get("b") is None
    Student(course, "b").writes("add", RIGHT).hands_in()
    assert statuses(course) == {"a": "unchanged", "b": "graded"}


def test_a_submission_finds_the_lessons_before_its_own_and_no_answer(course):
    peek = "try:\n    from tinytorch.core.twice import twice\nexcept ImportError:\n    pass"
    cheat = Student(course, "cheat", "02_twice").writes("twice", peek)
    cheat.hands_in()
    good = "from tinytorch.core.add import add\n\ndef twice(a):\n    return add(a, a)"
    Student(course, "good", "02_twice").writes("twice", good).hands_in()
    own = Student(course, "own_core", "02_twice").writes("twice", peek).hands_in()
    shutil.copytree(course / "tinytorch", own.parent / "tinytorch")
    grade.grade(course, ["02_twice"])
    students = scores(Course(course), "02_twice").students
    assert {name: score.score for name, score in students.items()} == {
        "cheat": 0,
        "good": 5,
        "own_core": 0,
    }


def test_a_changed_earlier_lesson_grades_the_later_ones_again(course):
    good = "from tinytorch.core.add import add\n\ndef twice(a):\n    return add(a, a)"
    Student(course, "good", "02_twice").writes("twice", good).hands_in()
    grade.grade(course, ["02_twice"])
    (course / "tinytorch/core/add.py").write_text("def add(a, b):\n    return 0\n")
    assert grade.grade(course, ["02_twice"]).outcomes[0].status == "graded"
    assert scores(Course(course), "02_twice").students["good"].score == 0


def test_a_lesson_that_lost_a_cell_is_the_courses_fault(graded):
    source = graded / "source/01_add/add.ipynb"
    before = source.read_text()
    source.write_text(before.replace('"test_add_more"', '"test_other"'))
    outcomes = grade.grade(graded, ["01_add"]).outcomes
    assert all("with other cells" in outcome.reason for outcome in outcomes)
    source.write_text(before)
    assert statuses(graded) == {"right": "unchanged", "wrong": "unchanged"}


def test_feedback_is_written_once_and_again_when_a_mark_changes(graded):
    assert len(feedback(graded, ["01_add"])) == 2
    assert feedback(graded, ["01_add"]) == []
    mark(Course(graded), "01_add", "right", "count", 3, "Which one?")
    (folder,) = feedback(graded, [])
    assert folder == graded / "feedback/right/01_add"
    assert "Which one?" in (folder / "add.html").read_text()


def test_an_unknown_assignment_names_those_there_are(course):
    with pytest.raises(UsageError, match="no assignment 03_sub: there are 01_add, 02_twice"):
        grade.grade(course, ["03_sub"])


def test_an_odd_student_id_is_graded_unless_nbgrader_cannot(course):
    Student(course, "ada +o'x.ü").writes("add", WRONG).hands_in()
    Student(course, "ada [2]").writes("add", WRONG).hands_in()
    assert statuses(course) == {"ada +o'x.ü": "graded", "ada [2]": "failed"}
