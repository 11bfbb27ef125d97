"""Feedback is nbgrader's, without the text of hidden tests and with what failed at the top."""

from __future__ import annotations

import re
from pathlib import Path

from conftest import Student, stock_feedback

from tinytorch.cli import main
from tinytorch.grading.feedback import feedback

SUMMARY = re.compile(r"<!-- what failed -->.*?<!-- end of what failed -->\n", re.DOTALL)


def pages(course: Path) -> dict[str, str]:
    return {path.parts[-3]: path.read_text() for path in course.glob("feedback/*/01_add/*.html")}


def test_with_hidden_tests_it_is_nbgraders_to_the_byte_but_for_the_summary(graded):
    feedback(graded, ["01_add"], show_hidden_tests=True)
    ours = {student: SUMMARY.sub("", page) for student, page in pages(graded).items()}
    for student in ours:
        stock_feedback(graded, "01_add", student)
    assert sorted(ours) == ["right", "wrong"]
    assert ours == pages(graded)


def test_hidden_tests_are_left_out_with_the_lines_that_quote_them(graded):
    feedback(graded, ["01_add"])
    for page in pages(graded).values():
        text = re.sub(r"<[^>]+>", "", page)
        assert "HIDDEN" not in text and "add(-1, 1)" not in text
        assert "add(0, 0) == 0" in text  # the part of the test that was released


def test_what_failed_stands_at_the_top(graded):
    feedback(graded, ["01_add"])
    found = pages(graded)
    assert SUMMARY.search(found["right"]) is None
    (summary,) = SUMMARY.findall(found["wrong"])
    assert '<a href="#test_add_more">test_add_more</a>: <code>AssertionError</code>' in summary


def test_where_nothing_is_graded_feedback_says_so(course, capsys):
    assert main(["feedback", "--root", str(course)]) == 2
    assert "nothing of this is graded yet" in capsys.readouterr().err
    Student(course, "ada").hands_in()
    assert main(["feedback", "--root", str(course), "--student", "bob"]) == 2
    assert "no student bob: there are ada" in capsys.readouterr().err
