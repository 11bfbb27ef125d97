"""A student's whole way, from a kit alone in an empty folder, and what the instructor gives for it.

The set-up is the real one; each lesson runs on the code that was exported before it.
"""

import csv
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from student import ROOT, Student, solutions, with_line

from tinytorch.course.kit import write_kit

pytestmark = pytest.mark.slow
LESSONS = [f"{n:02}" for n in range(1, 10)]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> Student:
    """The kit as it is downloaded, unpacked, and set up in one command."""
    folder = tmp_path_factory.mktemp("downloads") / "Über uns, mein 'Kurs'"
    write_kit(ROOT, folder / "kit.zip")
    with zipfile.ZipFile(folder / "kit.zip") as archive:
        archive.extractall(folder)
    student = Student(folder / "kit")
    said = student.types("setup")
    assert "Ready. Next: python course.py open" in said.replace("python3 ", "python ")
    return student


def test_the_whole_way(unpacked, tmp_path):
    student = unpacked
    assert "0 of 9 lessons done." in student.types("status")
    assert "needs lessons 01, 02" in student.types("run", "mnist", status=2)
    points = {}
    for number in LESSONS:
        lesson = student.lesson(number)
        if number == "03":  # once, as it really goes: wrong at first
            student.solve(number)
            student.write(number, linear=with_line(solutions(lesson)["linear"], "x = -x"))
            said = student.types("check", number, status=1)
            assert "linear (3.2): " in said
            assert "Next: linear (3.2)" in said
            assert "Not exported" in student.types("export", number, status=1)
        student.solve(number)
        said = student.types("check", number)
        points[lesson.folder] = float(re.search(r"^(\d+) of \1 points", said, re.M)[1])
        student.types("export", number)
        student.types("submit", number)
        receipt = student.root / "submit" / lesson.folder / "receipt.json"
        assert json.loads(receipt.read_text())["points of the tests in it"] == points[lesson.folder]
    said = student.types("run", "mnist")
    share = float(re.search(r"([\d.]+)% of the held-out samples are right", said)[1])
    assert share >= 93
    assert "That was trained by your own framework." in said
    said = student.types("status")
    assert "9 of 9 lessons done." in said
    assert "mnist reached" in said
    assert graded(student, tmp_path / "course") == points


def test_what_is_broken_in_an_earlier_lesson_is_told_where_it_breaks(unpacked):
    """Lesson 1 with a `reduce_sum` that sums over the wrong axis, exported all the same."""
    student = unpacked
    for number in LESSONS[:5]:  # as the whole way leaves them, if it was gone in this process
        if not student.workspace.module(student.lesson(number)).is_file():
            student.solve(number)
            student.types("export", number)
    own = solutions(student.lesson(1))["reduce_sum"]
    student.write(1, reduce_sum=with_line(own, "axis = axis if keepdims or axis is None else 0"))
    student.types("export", "1", "--force")
    said = " ".join(student.types("check", "2", status=None).split())
    assert "in `broadcast_shape` of your tensor.py, line" in said
    assert "your own lesson 01 (reduce_sum not right when exported): what fails here may" in said
    said = student.python(
        "import tinytorch.testing as tt; tt.begin('autograd')", cwd=student.path(6).parent
    )
    assert "tensor (your own, exported while reduce_sum was not right)" in said
    student.solve(1)
    student.types("export", "1")
    assert "raised" not in student.types("check", "2")


def graded(student: Student, course: Path) -> dict[str, float]:
    """The points that the instructor's commands give for what was handed in, by lesson."""
    for name in ("source", "release", "tinytorch", "modules"):
        shutil.copytree(ROOT / name, course / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "nbgrader_config.py", course)
    shutil.copytree(student.root / "submit", course / "submitted" / "ada")
    for words in (["grade"], ["grades", "--csv", str(course / "grades.csv")]):
        command = [sys.executable, "-m", "tinytorch", *words, "--root", str(course)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    with (course / "grades.csv").open(newline="") as file:
        return {row["assignment"]: float(row["score"]) for row in csv.DictReader(file)}
