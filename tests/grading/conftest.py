"""A small course of two lessons, a class that hands it in, and one graded run of the class."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tinytorch.grading import grade
from tinytorch.grading.nb.converters import generate_release

MARKS = {"schema_version": 3, "grade": False, "locked": False, "solution": False, "task": False}

CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "small"
c.Execute.timeout = 2
c.OverwriteCells.add_missing_cells = True
"""

ADD = '''#| export
def add(a, b):
    """The sum."""
    ### BEGIN SOLUTION
    return a + b
    ### END SOLUTION
'''
TEST_ADD = "def test_add():\n    assert add(2, 3) == 5\n\n\ntest_add()"
TEST_ADD_MORE = """def test_add_more():
    assert add(0, 0) == 0
    ### BEGIN HIDDEN TESTS
    assert add(-1, 1) == 0 and add(2, 2) == 4 and add(1, 0) == 1
    ### END HIDDEN TESTS


test_add_more()"""
ANSWER = "### BEGIN SOLUTION\nOne addition.\n### END SOLUTION"
TWICE = """from tinytorch.core.add import add

def twice(a):
    ### BEGIN SOLUTION
    return add(a, a)
    ### END SOLUTION
"""
TEST_TWICE = "assert twice(4) == 8"


def nbgrader(root: Path, *words: str) -> None:
    """Run stock nbgrader's own command."""
    command = [Path(sys.executable).with_name("nbgrader"), *words]
    env = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    if "JUPYTER_PATH" in os.environ:  # where a test has put kernels
        env["JUPYTER_PATH"] = os.environ["JUPYTER_PATH"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr


def stock_feedback(root: Path, assignment: str, student: str) -> None:
    """Have stock nbgrader write the feedback on one submission."""
    nbgrader(root, "generate_feedback", assignment, "--student", student, "--force")


def code(source: str, grade_id: str = "", **marks) -> dict:
    return _cell("code", source, grade_id, marks) | {"outputs": [], "execution_count": None}


def text(source: str, grade_id: str = "", **marks) -> dict:
    return _cell("markdown", source, grade_id, marks)


def _cell(kind: str, source: str, grade_id: str, marks: dict) -> dict:
    metadata = {"nbgrader": {**MARKS, "grade_id": grade_id, **marks}} if grade_id else {}
    return {"cell_type": kind, "id": grade_id or "plain", "metadata": metadata, "source": source}


def notebook(*cells: dict) -> dict:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel}
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def write(path: Path, content: dict | str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, dict):
        content = json.dumps(content, indent=1, sort_keys=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def write_course(root: Path) -> Path:
    """The course's folder with source/, release/, its config and its answers."""
    test = {"grade": True, "locked": True}
    add = notebook(
        text("# Adding"),
        code(ADD, "add", solution=True),
        code(TEST_ADD, "test_add", points=3, **test),
        code(TEST_ADD_MORE, "test_add_more", points=3, **test),
        text("How many additions?", "prompt", locked=True),
        text(ANSWER, "count", grade=True, solution=True, points=4),
    )
    twice = notebook(
        code(TWICE, "twice", solution=True), code(TEST_TWICE, "test_twice", points=5, **test)
    )
    write(root / "nbgrader_config.py", CONFIG)
    write(root / "source/01_add/add.ipynb", add)
    write(root / "source/02_twice/twice.ipynb", twice)
    write(root / "tinytorch/__init__.py", '"""The small course."""\n')
    write(root / "tinytorch/core/add.py", "def add(a, b):\n    return a + b\n")
    write(root / "tinytorch/core/twice.py", "def twice(a):\n    return a + a\n")
    generate_release(root, root, ["01_add", "02_twice"])
    return root


def files_beside(folder: Path) -> dict[str, bytes]:
    """What lies beside the notebooks in autograded/, by its place there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.glob("*/*/**/*"))
        if path.is_file() and path.suffix not in (".ipynb", ".pyc")
    }


class Student:
    """Someone who fills in a released notebook."""

    def __init__(
        self,
        course: Path,
        name: str,
        assignment: str = "01_add",
        stem: str = "",
        folder: str = "submitted",
    ):
        stem = stem or assignment.partition("_")[2]
        self.path = course / folder / name / assignment / f"{stem}.ipynb"
        released = course / "release" / assignment / f"{stem}.ipynb"
        self.notebook = json.loads(released.read_text())

    @property
    def cells(self) -> list[dict]:
        return self.notebook["cells"]

    def cell(self, grade_id: str) -> dict:
        ids = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in self.cells]
        return self.cells[ids.index(grade_id)]

    def writes(self, grade_id: str, source: str) -> Student:
        self.cell(grade_id)["source"] = source
        return self

    def deletes(self, *grade_ids: str) -> Student:
        for grade_id in grade_ids:
            self.cells.remove(self.cell(grade_id))
        return self

    def appends(self, *cells: dict) -> Student:
        self.cells.extend({**cell, "id": f"new-{n}"} for n, cell in enumerate(cells))
        return self

    def hands_in(self) -> Path:
        return write(self.path, self.notebook)


RIGHT = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return abs(a) + b\n"


def neighbours(course: Path) -> None:
    """Two students whose submissions are sound: 6 of 6 points for tests, and 3."""
    Student(course, "right").writes("add", RIGHT).writes("count", "One.").hands_in()
    Student(course, "wrong").writes("add", WRONG).hands_in()


@pytest.fixture(scope="session")
def released(tmp_path_factory) -> Path:
    """The course before anyone handed anything in. Not to be changed: copy it."""
    return write_course(tmp_path_factory.mktemp("released"))


@pytest.fixture
def course(released, tmp_path) -> Path:
    """A course of the test's own."""
    return Path(shutil.copytree(released, tmp_path / "course"))


@pytest.fixture(scope="session")
def alone(released, tmp_path_factory) -> Path:
    """A course in which only the two neighbours handed in, graded. Not to be changed: copy it."""
    root = Path(shutil.copytree(released, tmp_path_factory.mktemp("alone") / "course"))
    neighbours(root)
    grade.grade(root, ["01_add"])
    return root


@pytest.fixture
def graded(alone, tmp_path) -> Path:
    """A graded course of the test's own."""
    return Path(shutil.copytree(alone, tmp_path / "graded"))
