"""What an instructor reads: a table, notes, and a CSV file."""

from __future__ import annotations

import io
import os
import sys

import pytest
from conftest import RIGHT, Student, write
from rich.console import Console

from tinytorch.grading import grade, report


@pytest.fixture
def table(graded) -> report.Table:
    """A graded class to which three more came."""
    Student(graded, "deleter").writes("add", RIGHT).deletes("test_add").hands_in()
    write(graded / "submitted/broken/01_add/add.ipynb", "{")
    grade.grade(graded, ["01_add"])
    Student(graded, "late").hands_in()
    return report.grades(graded)


def rendered(table: report.Table, **options) -> str:
    out = io.StringIO()
    report.render(table, Console(file=out, **options))
    return out.getvalue()


def test_the_table_says_what_everyone_got_and_why_not(table):
    lines = [line.rstrip() for line in rendered(table).splitlines()]
    cells = {words[0]: words[1] for line in lines if len(words := line.split(maxsplit=2)) == 3}
    assert cells["right"] == "6+4?"
    assert cells["wrong"] == "3"
    assert cells["broken"] == "failed"
    assert "broken, 01_add: not graded: add.ipynb is not JSON: line 1, column 2" in "\n".join(lines)
    assert "deleter, 01_add: flagged: 'test_add' was deleted, put back" in lines
    assert "late, 01_add: not graded yet" in lines
    assert lines[-4].startswith("3 graded, 1 failed, 5 missing, 1 to be graded, 1 with answers")


def test_columns_are_aligned_and_fit_a_terminal(table):
    text = rendered(table, width=100, force_terminal=False)
    grid = [line for line in text.splitlines() if line.startswith((" right", " wrong", " late"))]
    assert "\x1b" not in text
    assert len({len(line) for line in grid}) == 1
    lessons = ["tensor", "activations", "layers", "losses", "accuracy", "autograd", "optimizers"]
    full = [
        report.Row("misconception_one", f"0{n}_{name}", 87.5, 100, 6, "graded", "")
        for n, name in enumerate([*lessons, "training"], 1)
    ]
    wide = rendered(report.Table(tuple(full)), width=100, force_terminal=True)
    assert wide.count("87.5+6?") == 8 and "…" not in wide


def test_a_submission_that_changed_since_is_said_to_be_old(graded):
    Student(graded, "right").hands_in()
    rows = {row.student: row for row in report.grades(graded, ["01_add"]).rows}
    assert (rows["right"].status, rows["right"].score) == ("outdated", 6)


def test_the_csv_has_a_line_for_everyone(table, tmp_path):
    path = tmp_path / "grades.csv"
    report.write_csv(table, path)
    lines = path.read_text().splitlines()
    assert lines[0] == "student,assignment,score,max_score,needs_manual_grade,status,reason"
    assert "right,01_add,6,10,yes,graded," in lines
    assert "wrong,02_twice,,,no,missing,nothing handed in" in lines
    assert len(lines) == 1 + 5 * 2
    assert [p.name for p in tmp_path.glob(".grades*")] == []


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of Unix")
def test_a_csv_goes_through_a_link_and_into_a_pipe(table, tmp_path):
    """Else root's `--csv /dev/stdout` would put a file in its place."""
    link, pipe, target = tmp_path / "link", tmp_path / "pipe", tmp_path / "target"
    target.write_text("old")
    link.symlink_to(target)
    report.write_csv(table, link)
    assert link.is_symlink() and target.read_text().startswith("student,")
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    report.write_csv(table, pipe)
    assert os.read(reader, 8) == b"student," and pipe.is_fifo()
    os.close(reader)
