"""Whatever someone hands in is graded or reported with its reason; neighbours keep their scores."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from conftest import RIGHT, Student, code, neighbours, text, write

from tinytorch.grading import grade
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.scores import scores

# Student -> words of the reason why they are not graded.
REFUSED = {
    "binary": "not UTF-8",
    "damaged_cell": "cell 2 of the notebook is damaged",
    "dead_kernel": "the kernel died",
    "empty_file": "add.ipynb is empty",
    "empty_folder": "expected add.ipynb, found nothing",
    "folder_as_notebook": "is not a file",
    "link": "is a link",
    "newer_format": "nbformat 5",
    "no_cells": "no list of cells",
    "not_a_notebook": "JSON but not a notebook",
    "not_json": "not JSON: line 1, column 12",
    "plain_file": "where a folder with a notebook is expected",
    "segfault": "the kernel died",
    "of_another_lesson": "expected add.ipynb, found twice.ipynb: rename it",
    "two_wrong_names": "expected add.ipynb, found Add (1).ipynb, Add (2).ipynb: rename it",
}
# Student -> score without the question's points, and words of each repair.
GRADED = {
    "all_marks_gone": (6, ["'add' was deleted", "'test_add' was deleted", "'count' was deleted"]),
    "changed_types": (6, ["'test_add' was turned into a markdown cell", "'count' was turned"]),
    "deleted_tests": (6, ["'test_add' was deleted", "'test_add_more' was deleted"]),
    "deleted_solution": (0, ["'add' was deleted"]),
    "duplicate_ids": (6, ["2 cells bear the grade_id 'add'", "2 cells bear the grade_id 'test_"]),
    "edited_tests": (0, []),
    "half_a_character_in_code": (6, []),
    "half_a_character_in_text": (6, []),
    "half_a_character_said": (6, []),
    "half_a_character_in_errors": (6, []),
    "endless_loop": (6, []),
    "marks_changed": (6, ["the metadata of 'test_add' was changed"]),
    "odd_metadata": (6, []),
    "old_format": (6, ["saved as nbformat 3"]),
    "old_schema": (6, ["nbgrader's schema 1"] * 5),
    "other_kernel": (6, []),
    "one_long_line": (6, []),
    "prints_a_lot": (6, []),
    "recursion": (6, []),
    "skips_tests": (0, []),
    "unknown_ids": (6, ["no cell 'mine'"]),
    "wrong_name": (6, ["Add (1).ipynb was taken for add.ipynb"]),
}


def hand_in_what_is_refused(course: Path) -> None:
    def file(student: str, content: dict | str | bytes, name: str = "add.ipynb") -> Path:
        return write(course / "submitted" / student / "01_add" / name, content)

    file("binary", b"\x89PNG\xff\xfe")
    damaged = Student(course, "damaged_cell")
    damaged.cells[1] = {"cell_type": "code", "source": 7}
    damaged.hands_in()
    Student(course, "dead_kernel").appends(code("import os\nos._exit(1)")).hands_in()
    file("empty_file", " \n")
    (course / "submitted/empty_folder/01_add").mkdir(parents=True)
    (course / "submitted/folder_as_notebook/01_add/add.ipynb").mkdir(parents=True)
    (course / "submitted/link/01_add").mkdir(parents=True)
    (course / "submitted/link/01_add/add.ipynb").symlink_to(course / "source/01_add/add.ipynb")
    file("newer_format", {"nbformat": 5, "nbformat_minor": 0, "cells": []})
    file("no_cells", {"nbformat": 4, "nbformat_minor": 5})
    file("not_a_notebook", {"name": "add"})
    file("not_json", '{"cells": [}')
    Student(course, "segfault").appends(code("import ctypes\nctypes.string_at(0)")).hands_in()
    write(course / "submitted/plain_file/01_add", "add")
    other = Student(course, "of_another_lesson", "02_twice")
    file("of_another_lesson", other.notebook, name="twice.ipynb")
    for number in (1, 2):
        right = Student(course, "two_wrong_names").writes("add", RIGHT)
        file("two_wrong_names", right.notebook, name=f"Add ({number}).ipynb")


def hand_in_what_is_graded(course: Path) -> None:
    def student(name: str) -> Student:
        return Student(course, name).writes("add", RIGHT)

    gone = student("all_marks_gone")
    for cell in gone.cells:
        cell["metadata"] = {}
    gone.hands_in()
    changed = student("changed_types")
    changed.cell("test_add")["cell_type"] = "markdown"
    changed.cell("count")["cell_type"] = "raw"
    changed.hands_in()
    student("deleted_tests").deletes("test_add", "test_add_more").hands_in()
    student("deleted_solution").deletes("add").hands_in()
    copied = student("duplicate_ids")
    copied.appends(copied.cell("add"), copied.cell("test_add")).hands_in()
    edited = Student(course, "edited_tests")
    edited.writes("test_add", "assert True").writes("test_add_more", "assert True").hands_in()
    student("endless_loop").appends(code("while True:\n    pass")).hands_in()
    half = chr(0xD83D)  # an emoji that was cut in two
    student("half_a_character_in_code").appends(code(f"x = '{half}'  # {half}\nx")).hands_in()
    student("half_a_character_in_text").writes("count", f"One {half}.").appends(
        text(half) | {"attachments": {half: {"text/plain": half}}}
    ).hands_in()
    student("half_a_character_said").appends(
        code("half = chr(0xD83D)\nprint(half, chr(0xDC80))\nhalf"),
        code("import sys\nsys.stderr.write(half)"),
        code("from IPython.display import HTML\ndisplay({half: half}, raw=True)\nHTML(half)"),
    ).hands_in()
    student("half_a_character_in_errors").appends(
        code("raise ValueError(chr(0xD83D))"),
        code("raise type(chr(0xD83D), (Exception,), {})"),
        code("import warnings\nwarnings.warn(chr(0xDC80))"),
        code("exec(chr(0xD83D))"),
        code("open(chr(0xD83D))"),
    ).hands_in()
    renamed = student("wrong_name")
    renamed.path = renamed.path.with_name("Add (1).ipynb")
    renamed.hands_in()
    marks = student("marks_changed")
    marks.cell("test_add")["metadata"]["nbgrader"] |= {"grade": False, "solution": True}
    marks.hands_in()
    odd = student("odd_metadata")
    odd.notebook["metadata"] = {"kernelspec": "python", "authors": 3}
    odd.cells[0] |= {"metadata": ["not", "a", "dict"], "outputs": [{"no": "output"}]}
    odd.hands_in()
    old = student("old_schema")
    for cell in old.cells:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["schema_version"] = 1
            del cell["metadata"]["nbgrader"]["task"]
    old.hands_in()
    hand_in_nbformat_3(student("old_format"))
    kernel = student("other_kernel")
    kernel.notebook["metadata"]["kernelspec"] = {"name": "julia-1.0", "display_name": "Julia"}
    kernel.hands_in()
    # 50 MB, in lines and in one.
    lines = code("for i in range(500_000):\n    print('x' * 99)")
    student("prints_a_lot").appends(lines).hands_in()
    student("one_long_line").appends(code("print('x' * 50_000_000)")).hands_in()
    student("recursion").appends(code("def f(n):\n    return f(n + 1)\n\n\nf(0)")).hands_in()
    skips = Student(course, "skips_tests")
    for name in ("test_add", "test_add_more"):
        skips.cell(name)["metadata"]["tags"] = ["skip-execution"]
    skips.hands_in()
    student("unknown_ids").appends(
        code("1 + 1", "mine", grade=True, points=50), text("plain")
    ).hands_in()


def hand_in_nbformat_3(student: Student) -> None:
    import nbformat

    old = nbformat.convert(nbformat.reads(json.dumps(student.notebook), as_version=4), 3)
    write(student.path, nbformat.writes(old, version=nbformat.NO_CONVERT))


@pytest.fixture(scope="module")
def everyone(released, tmp_path_factory) -> tuple[Path, grade.GradingRun]:
    """A course in which the neighbours and everyone malformed handed in, graded."""
    root = Path(shutil.copytree(released, tmp_path_factory.mktemp("everyone") / "course"))
    neighbours(root)
    hand_in_what_is_refused(root)
    hand_in_what_is_graded(root)
    before = snapshot(root / "submitted")
    run = grade.grade(root, ["01_add"])
    assert snapshot(root / "submitted") == before, "what was handed in is never changed"
    return root, run


def snapshot(folder: Path) -> dict[Path, bytes]:
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def outcome(run: grade.GradingRun, student: str) -> grade.Outcome:
    return next(outcome for outcome in run.outcomes if outcome.student == student)


@pytest.mark.parametrize("student", REFUSED)
def test_a_submission_that_cannot_be_graded_has_its_reason(everyone, student):
    root, run = everyone
    assert outcome(run, student).status == "failed"
    assert REFUSED[student] in outcome(run, student).reason
    assert "\n" not in outcome(run, student).reason
    # Nothing half done, and no row of zeros that looks like a grade.
    assert not (root / "autograded" / student).exists() or not any(
        (root / "autograded" / student).rglob("*.ipynb")
    )
    assert scores(Course(root), "01_add").students.get(student) is None


@pytest.mark.parametrize("student", GRADED)
def test_a_submission_that_can_be_repaired_is_graded(everyone, student):
    root, run = everyone
    points, words = GRADED[student]
    assert outcome(run, student).reason == ""
    repairs = outcome(run, student).repairs
    missing = [w for w in words if not any(w in repair for repair in repairs)]
    assert not missing, repairs
    assert bool(repairs) == bool(words)
    score = scores(Course(root), "01_add").students[student]
    assert sum(score.cells[name].score for name in ("test_add", "test_add_more")) == points
    assert sorted(score.cells) == ["count", "test_add", "test_add_more"]
    assert score.max_score == 10


def test_neighbours_get_what_they_get_without_the_malformed(everyone, alone):
    among = scores(Course(everyone[0]), "01_add").students
    by_themselves = scores(Course(alone), "01_add").students
    assert {name: among[name] for name in by_themselves} == by_themselves
    assert (by_themselves["right"].score, by_themselves["right"].waiting) == (6, 4)
    assert (by_themselves["wrong"].score, by_themselves["wrong"].waiting) == (3, 0)


def test_everyone_is_accounted_for_and_a_second_run_does_nothing(everyone):
    root, run = everyone
    names = sorted(["right", "wrong", *REFUSED, *GRADED])
    assert [outcome.student for outcome in run.outcomes] == names
    again = grade.grade(root, ["01_add"])
    assert {o.status for o in again.outcomes} == {"unchanged", "failed"}
    assert [(o.reason, o.repairs) for o in again.outcomes] == [
        (o.reason, o.repairs) for o in run.outcomes
    ]
    assert all(o.seconds == 0 for o in again.outcomes)


def test_large_files_are_graded_up_to_what_nbgrader_collects(course):
    def student(name: str, **sizes: int) -> None:
        path = Student(course, name).writes("add", RIGHT).hands_in()
        for stem, size in sizes.items():
            with next(path.parent.glob(f"{stem}.*"), path.with_name(f"{stem}.bin")).open("ab") as f:
                f.truncate(size)

    student("large", data=90_000_000)
    student("huge", data=100_000_001)
    student("many", data=60_000_000, more=60_000_000)
    student("notebook", add=100_000_001)
    run = grade.grade(course, ["01_add"])
    assert {o.student: o.reason for o in run.outcomes} == {
        "huge": "data.bin is larger than 100 MB: hand in without it",
        "large": "",
        "many": "all files together are larger than 100 MB",
        "notebook": "add.ipynb is larger than 100 MB: clear its outputs",
    }
    assert (course / "autograded/large/01_add/data.bin").stat().st_size == 90_000_000


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_an_unreadable_file_has_its_reason(course):
    path = Student(course, "locked").hands_in()
    path.chmod(0)
    assert "can't be read" in grade.grade(course, ["01_add"]).outcomes[0].reason
