"""What a course may set in nbgrader: whatever it is, the rows are stock's."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime
from pathlib import Path

import compare
import pytest
from conftest import RIGHT, Student, code, files_beside, nbgrader, notebook, text, write

from tinytorch.grading import grade
from tinytorch.grading.nb.converters import generate_release, register_assignment
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.gradebook import gradebook
from tinytorch.grading.nb.scores import scores
from tinytorch.grading.nb.settings import CONFIG
from tinytorch.grading.run.walls import ANY, FULL, LANDLOCK, NONE, fault_of
from tinytorch.grading.standings import survey

pytestmark = pytest.mark.slow
TEST = {"grade": True, "locked": True}


def add_settings(course: Path, *lines: str) -> None:
    config = course / CONFIG
    config.write_text("\n".join([config.read_text(), *lines, ""]))


def copy_for_stock(course: Path, assignment: str) -> tuple[Path, Path]:
    """The course, and a copy for stock nbgrader, whose gradebook must know the assignment."""
    theirs = Path(shutil.copytree(course, course.parent / "stock"))
    register_assignment(Course(theirs), assignment)
    return course, theirs


def grade_both(ours: Path, theirs: Path, assignment: str) -> grade.GradingRun:
    """Have stock nbgrader grade one copy of a course, and the engine the other."""
    run = grade.grade(ours, [assignment])
    nbgrader(theirs, "autograde", assignment, "--force")
    return run


def assert_the_same(ours: Path, theirs: Path) -> None:
    assert compare.differences(*map(compare.gradebook_rows, (ours, theirs))) == []


def assert_same_outputs(ours: Path, theirs: Path, student: str = "") -> None:
    """The same outputs of everyone, or of one student alone."""
    found = [compare.notebook_outputs(root) for root in (ours, theirs)]
    both = [{name: it for name, it in each.items() if name.startswith(student)} for each in found]
    assert all(both)
    assert compare.differences(*both) == []


# --- Penalties, marks by hand, what is left out -------------------------------------------


def mark_by_hand(course: Path) -> None:
    """Points, extra points and comments, as a person gives them in the formgrader."""
    with gradebook(Course(course)) as book:
        for student, cell, points, extra in (
            ("late", "count", 3, 1.5),
            ("late", "test_add", 1, None),
            ("gaps", "count", None, 2),
        ):
            mark = book.find_grade(cell, "add", "01_add", student)
            mark.manual_score, mark.extra_credit, mark.needs_manual_grade = points, extra, False
        comment = book.find_comment("count", "add", "01_add", "late")
        comment.manual_comment = "Which one?"
        book.db.commit()


def test_penalties_marks_by_hand_limits_and_ignored_files_are_stocks(course, tmp_path):
    add_settings(
        course,
        'c.LateSubmissionPlugin.penalty_method = "zero"',
        "c.LimitOutput.max_lines = 5",
        "c.LimitOutput.max_traceback = 3",
        'c.CourseDirectory.ignore = ["*.log", "scratch"]',
    )
    for name in ("draft.log", "data.txt", "scratch/plan.txt"):
        write(course / "source/01_add" / name, "the course's")
    with gradebook(Course(course)) as book:
        book.add_assignment("01_add", duedate=datetime(2026, 1, 1, 12))
    late = Student(course, "late").writes("add", RIGHT).writes("count", "One.")
    late.appends(code("for i in range(20): print(i)"), code("def f(): 1 / 0\ndef g(): f()\ng()"))
    path = late.hands_in()
    write(path.with_name("timestamp.txt"), "2026-01-02 11:00:00 UTC")
    for name in ("my.log", "data.txt", "scratch/mine.txt", "kept/mine.txt"):
        write(path.parent / name, "the student's")
    gaps = Student(course, "gaps").writes("add", RIGHT).deletes("test_add", "test_add_more")
    write(gaps.hands_in().with_name("timestamp.txt"), "2025-12-31 11:00:00 UTC")
    both = copy_for_stock(course, "01_add")
    run = grade_both(*both, "01_add")
    assert [outcome.status for outcome in run.outcomes] == ["graded"] * 2, run.outcomes
    assert_the_same(*both)
    ours, theirs = (files_beside(root / "autograded") for root in both)
    assert ours == theirs
    assert sorted(ours) == [
        "gaps/01_add/data.txt",
        "gaps/01_add/timestamp.txt",
        "late/01_add/data.txt",
        "late/01_add/kept/mine.txt",
        "late/01_add/timestamp.txt",
    ]
    students = scores(Course(course), "01_add").students
    assert (students["late"].score, students["gaps"].score) == (0, 6)
    assert_same_outputs(*both, "late")  # nbgrader says in a cell that it was put back

    for root in both:
        mark_by_hand(root)
    grade.grade(course, ["01_add"], force=True)
    nbgrader(both[1], "autograde", "01_add", "--force")
    assert_the_same(*both)
    (penalty,) = [
        row[4] for row in compare.gradebook_rows(course)["submitted_notebook"] if row[0] == "late"
    ]
    assert penalty == 1 + 3 + 3 + 1.5  # all that was earned, extra points too

    for root in both:
        add_settings(root, 'c.LateSubmissionPlugin.penalty_method = "none"')
    assert [outcome.status for outcome in grade_both(*both, "01_add").outcomes] == ["graded"] * 2
    assert_the_same(*both)
    assert scores(Course(course), "01_add").students["late"].score == 8.5


# --- Other kernels -------------------------------------------------------------------------

KERNELS = """
c = get_config()
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError()", "bash": "false"}
"""
SHELL = notebook(
    code("### BEGIN SOLUTION\nd() { echo $(($1 * 2)); }\n### END SOLUTION", "d", solution=True),
    code("[ $(d 4) = 8 ]", "test_double", points=2, **TEST),
    code("[ $(d 0) = 0 ] && echo right", "test_zero", points=1, **TEST),
    code("d 3; echo $HELLO"),
    text("### BEGIN SOLUTION\nb\n### END SOLUTION", "why", points=3, grade=True, solution=True),
)
NAMED = notebook(
    code("### BEGIN SOLUTION\nx = 3\n### END SOLUTION", "x", solution=True),
    code("import os\nassert os.environ['COLOUR'] == 'green'", "test_kernel", points=1, **TEST),
    code("assert x == 3", "test_x", points=2, **TEST),
    code("x == 3 and 1", "part", points=4, **TEST),
)


def write_kernel(folder: Path, name: str, *module: str, **env: str) -> dict:
    """Describe a kernel to Jupyter; returns what a notebook says that is for it."""
    words = [sys.executable, "-m", *module, "-f", "{connection_file}"]
    language = "bash" if "bash" in name else "python"
    spec = {"argv": words, "display_name": name, "language": language, "env": env}
    write(folder / "kernels" / name / "kernel.json", spec)
    return {"kernelspec": {"name": name, "display_name": name, "language": language}}


def test_kernels_that_are_not_our_own_are_run_as_stock_runs_them(tmp_path, monkeypatch):
    pytest.importorskip("bash_kernel", reason="bash_kernel is not installed")
    bash = write_kernel(tmp_path, "small-bash", "bash_kernel", PS1="$", HELLO="you")
    green = write_kernel(tmp_path, "green-python", "ipykernel_launcher", COLOUR="green")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    course = tmp_path / "course"
    write(course / CONFIG, KERNELS)
    write(course / "source/ps1/shell.ipynb", {**SHELL, "metadata": bash})
    write(course / "source/ps1/named.ipynb", {**NAMED, "metadata": green})
    generate_release(course, course, ["ps1"])
    Student(course, "right", "ps1", "shell").writes("d", "d() { echo $(($1 + $1)); }").hands_in()
    wrong = Student(course, "wrong", "ps1", "shell").writes("d", "d() { echo 8; }")
    wrong.notebook["metadata"]["kernelspec"]["name"] = "python3"  # the course's counts
    wrong.appends(code("nosuchcommand")).hands_in()
    Student(course, "right", "ps1", "named").writes("x", "x = 3").hands_in()
    both = copy_for_stock(course, "ps1")
    run = grade_both(*both, "ps1")
    assert [outcome.status for outcome in run.outcomes] == ["graded"] * 2, run.outcomes
    assert_the_same(*both)
    assert_same_outputs(*both)
    students = scores(Course(course), "ps1").students
    assert {name: score.score for name, score in students.items()} == {"right": 7, "wrong": 2}


def test_a_kernel_that_is_not_there_is_named(course):
    add_settings(course, 'c.Execute.kernel_name = "fortran-4"')
    Student(course, "ada").writes("add", RIGHT).hands_in()
    (outcome,) = grade.grade(course, ["01_add"]).outcomes
    assert outcome.status == "failed" and "fortran-4" in outcome.reason


# --- nbgrader's own driver -----------------------------------------------------------------

OWN_STEPS = """
import own
from nbgrader.converters import Autograde

steps = Autograde().autograde_preprocessors
c.Autograde.autograde_preprocessors = [own.Stamp, *steps]
c.Autograde.post_convert_hook = own.note
c.OverwriteCells.add_missing_cells = False
"""
OWN = """
import os
from pathlib import Path
from nbgrader.preprocessors import NbGraderPreprocessor


class Stamp(NbGraderPreprocessor):
    def preprocess(self, nb, resources):
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                cell.source += " Stamped."
        return nb, resources


def note(assignment, student, notebooks):
    Path("hooked.txt").open("a").write(f"{student} {assignment}\\n")
"""


def test_a_course_with_steps_of_its_own_is_graded_by_nbgraders_driver(course, tmp_path):
    add_settings(course, OWN_STEPS)
    write(course / "own.py", OWN)
    Student(course, "right").writes("add", RIGHT).hands_in()
    Student(course, "gaps").writes("add", RIGHT).deletes("test_add").hands_in()
    both = copy_for_stock(course, "01_add")
    grade_both(*both, "01_add")
    assert_the_same(*both)
    assert_same_outputs(*both)
    # The step changed an answer that nobody gave, so it waits for a person.
    assert scores(Course(course), "01_add").students["right"].waiting == 4


@pytest.mark.parametrize(
    ("settings", "cause"),
    [(OWN_STEPS, "own.Stamp"), ('c.Execute.kernel_name = "green-python"', "green-python")],
)
def test_what_no_walls_can_stand_around_is_refused_or_said_to_have_none(
    settings, cause, course, tmp_path, monkeypatch
):
    """Else the report would name the walls that there are, of cells that ran without any."""
    write_kernel(tmp_path, "green-python", "ipykernel_launcher", COLOUR="green")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    add_settings(course, settings)
    write(course / "own.py", OWN)
    Student(course, "right").writes("add", RIGHT).hands_in()
    for mode in [mode for mode in (FULL, LANDLOCK) if not fault_of(mode)]:
        run = grade.grade(course, ["01_add"], options=grade.Options(sandbox=mode))
        [outcome] = run.outcomes
        assert outcome.status == "failed" and cause in outcome.reason
        assert "--sandbox none" in outcome.reason
        [standing] = survey(Course(course), "01_add")
        assert standing.status == "waiting"  # nothing is noted of a student
    for mode in (ANY, NONE):
        run = grade.grade(course, ["01_add"], force=True, options=grade.Options(sandbox=mode))
        assert (run.with_status("graded"), run.walls) == (run.outcomes, NONE)


def test_nbgraders_driver_is_kept_from_what_would_stop_it(course):
    add_settings(course, OWN_STEPS)
    write(course / "own.py", OWN)
    Student(course, "right").writes("add", RIGHT).hands_in()
    twice = Student(course, "twice").writes("add", RIGHT)
    twice.appends(twice.cell("test_add")).hands_in()
    Student(course, "dead").appends(code("import os\nos._exit(1)")).hands_in()
    write(course / "submitted/cut/01_add/add.ipynb", '{"cells": [')
    Student(course, "endless").writes("add", RIGHT).appends(code("while True: pass")).hands_in()
    run = grade.grade(course, ["01_add"], options=grade.Options(timeout=1))
    found = {outcome.student: outcome for outcome in run.outcomes}
    assert {name: outcome.status for name, outcome in found.items()} == {
        "cut": "failed",
        "dead": "failed",
        "endless": "graded",
        "right": "graded",
        "twice": "graded",
    }
    assert "not JSON" in found["cut"].reason and "kernel died" in found["dead"].reason
    assert found["twice"].repairs == ("2 cells bear the grade_id 'test_add', one counts",)
    students = scores(Course(course), "01_add").students
    assert {name: score and score.score for name, score in students.items()} == {
        "dead": None,
        "endless": 6,
        "right": 6,
        "twice": 6,
    }
    again = grade.grade(course, ["01_add"])
    assert {outcome.status for outcome in again.outcomes} == {"unchanged", "failed"}
