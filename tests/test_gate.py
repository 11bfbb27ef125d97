"""The two ends of the scale, kept for good: under stock nbgrader, called as an instructor calls
it, the reference earns all the points of every lesson and the untouched release none."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tinytorch.course.build import read_lessons
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.gradebook import mark

ROOT = Path(__file__).parents[1]
LESSONS = read_lessons(ROOT)


def nbgrader(course: Path, *words: str) -> str:
    # As in an activated environment: nbgrader calls a helper by its bare name.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    run = subprocess.run(
        ["nbgrader", *words],
        cwd=course,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, f"{' '.join(words)}\n{run.stdout}\n{run.stderr[-3000:]}"
    return run.stdout


@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.folder for lesson in LESSONS])
def test_reference_earns_everything_and_the_untouched_release_nothing(lesson, tmp_path):
    notebook = f"{lesson.name}.ipynb"
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    shutil.copytree(ROOT / "source" / lesson.folder, tmp_path / "source" / lesson.folder)
    nbgrader(tmp_path, "generate_assignment", lesson.folder)
    released = tmp_path / "release" / lesson.folder / notebook
    ours = ROOT / "release" / lesson.folder / notebook
    assert released.read_bytes() == ours.read_bytes()

    source = tmp_path / "source" / lesson.folder / notebook
    assert "Success!" in nbgrader(tmp_path, "validate", str(source.relative_to(tmp_path)))
    for student, file in (("reference", source), ("untouched", ours)):
        (tmp_path / "submitted" / student / lesson.folder).mkdir(parents=True)
        shutil.copy(file, tmp_path / "submitted" / student / lesson.folder)
    nbgrader(tmp_path, "autograde", lesson.folder)
    for cell in lesson.cells:  # a person gives the model answers their points
        if cell.is_question:
            mark(Course(tmp_path), lesson.folder, "reference", cell.grade_id, cell.points)
    nbgrader(tmp_path, "generate_feedback", lesson.folder)
    nbgrader(tmp_path, "export")

    with open(tmp_path / "grades.csv", newline="") as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores == {"reference": 100, "untouched": 0}
    for student in scores:
        page = tmp_path / "feedback" / student / lesson.folder / f"{lesson.name}.html"
        assert page.stat().st_size > 10_000
