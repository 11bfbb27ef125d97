"""Lessons run in processes of their own; what came of each cell is known by cell and line."""

from __future__ import annotations

import dataclasses
import os
import sys
import time

import pytest
from sample import GOOD, change, line_of, test_cell, write_lesson

from tinytorch.course.lesson import Cell, Lesson
from tinytorch.course.run import GRADED, Runner, run_lesson, run_lessons, split_evidence

TEST = {"grade": True, "locked": True, "points": 10, "solution": False}


def make(tmp_path, *sources: str, tests: int = 0) -> Lesson:
    """A lesson of code cells, ten lines apart, the last few of them tests."""
    cells = [Cell("code", source, 10 * n) for n, source in enumerate(sources, 1)]
    for n in range(len(cells) - tests, len(cells)):
        cells[n] = dataclasses.replace(cells[n], metadata={"nbgrader": TEST})
    return Lesson(tmp_path / "02_scaling" / "scaling.py", tuple(cells))


@pytest.fixture(params=["fork", "kernel"])
def run(request, monkeypatch):
    """Run a lesson on Linux, and as on other systems."""
    if request.param == "kernel":
        monkeypatch.delattr(os, "fork")
    return run_lesson


def enames(result) -> dict[int, str]:
    return {index: failure.ename for index, failure in result.failures.items()}


def test_a_good_lesson_earns_the_points_of_its_tests(tmp_path, run):
    result = run(write_lesson(tmp_path, GOOD))
    assert result.failures == {}
    assert result.points == 96  # the question's four are a person's to give
    assert result.seconds > 0


def test_a_failing_test_loses_its_points_alone_and_names_its_line(tmp_path, run):
    wrong = test_cell(3).replace("3.0, 10.5]", "3.0, 11.5]")
    lesson = write_lesson(tmp_path, change(GOOD, test_cell(3), wrong))
    result = run(lesson)
    assert result.points == 86
    ((index, failure),) = result.failures.items()
    assert lesson.cells[index].grade_id == "test_scale_by_3"
    assert failure.ename == "AssertionError"
    assert failure.line == line_of(lesson, "11.5")
    source = lesson.cells[index].source.splitlines()
    assert "11.5])" in source[failure.own_line - 1]


def test_a_failing_exercise_stops_no_other_cell(tmp_path, run):
    lesson = write_lesson(tmp_path, change(GOOD, "    return product\n", "    return prodct\n"))
    result = run(lesson)
    assert result.points == 0
    assert set(enames(result).values()) == {"NameError"}
    lines = {failure.line for failure in result.failures.values()}
    assert lines == {line_of(lesson, "return prodct")}
    calls = {failure.own_line for failure in result.failures.values()}
    assert calls == {2}, "in the tests' own cells it is the first check that fails"


def test_cells_share_a_namespace_and_nothing_else(tmp_path, run):
    source = (
        "import sys\nseen = [name for name in sys.modules if name.startswith('tinytorch.core')]"
    )
    again = "assert not seen\nassert __name__ == '__main__'\nassert 'Lesson' not in globals()"
    assert run(make(tmp_path, source, again)).failures == {}


def test_dataclasses_and_pickles_find_the_namespace(tmp_path, run):
    define = "import dataclasses, pickle\n@dataclasses.dataclass\nclass Point:\n    x: 'int'"
    assert run(make(tmp_path, define, "pickle.loads(pickle.dumps(Point(2))).x")).failures == {}


def test_figures_are_drawn_without_a_screen_and_numbers_on_one_thread(tmp_path, run):
    draw = (
        "from tinytorch import figures\nfigure, axes = figures.subplots()\n"
        "axes.plot([1, 2])\nassert type(figure).__name__ == 'Figure'\nfigures.show(figure, alt='')"
    )
    lesson = make(tmp_path, draw, "import os\nassert os.environ['OMP_NUM_THREADS'] == '1'")
    assert run(lesson).failures == {}


def test_a_run_may_be_that_of_a_class_in_which_nothing_is_drawn(tmp_path):
    draw = "from tinytorch import figures\nassert 'Undrawn' in str(figures.subplots())"
    with Runner(workers=1, environment=GRADED) as runner:
        assert runner.run(make(tmp_path, draw)).failures == {}


def test_what_stands_in_front_of_the_path_is_found_first(tmp_path, run):
    (tmp_path / "beside_it.py").write_text("mine = True")
    lesson = make(tmp_path, "import beside_it\nassert beside_it.mine")
    assert run(lesson, path=lambda lesson: (str(tmp_path),)).failures == {}


def test_each_run_has_a_folder_of_its_own(tmp_path):
    write = "import pathlib\npath = pathlib.Path('note')\nassert not path.exists()\npath.touch()"
    results = run_lessons([make(tmp_path, write)] * 2, workers=1)
    assert [result.failures for result in results] == [{}, {}]


def test_nothing_that_cells_print_is_seen_or_garbles_the_result(tmp_path, run, capfd):
    noise = "import os\nprint('{}')\nos.write(1, b'{}')\nos.write(2, b'!')\n'a value'"
    assert run(make(tmp_path, noise, "1 / 0")).failures[1].ename == "ZeroDivisionError"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("source", "ename", "line"),
    [
        ("x = 1\nraise ValueError('no\\nmore')", "ValueError", 11),
        ("x = 1\n\nx = (", "SyntaxError", 12),
        ("import sys\nsys.exit(3)", "SystemExit", 10),  # which IPython tells without a traceback
        ("def deep():\n    return deep()\ndeep()", "RecursionError", 11),
        ("import json\njson.loads('{')", "JSONDecodeError", 11),
    ],
)
def test_every_exception_has_its_type_and_the_lessons_line(tmp_path, run, source, ename, line):
    failure = run(make(tmp_path, source, "assert True")).failures.pop(0)
    assert (failure.ename, failure.line) == (ename, line)
    assert ename in failure.traceback


def test_the_message_is_that_of_the_exception(tmp_path, run):
    result = run(make(tmp_path, "raise ValueError('rows sum to 0.7\\nexpected 1')"))
    assert result.failures[0].message == "rows sum to 0.7\nexpected 1"


def test_a_test_that_writes_to_stderr_earns_nothing_as_in_nbgrader(tmp_path, run):
    warn = "def overflow():\n    import warnings\n    warnings.warn('overflow', RuntimeWarning)"
    result = run(make(tmp_path, warn, "overflow()", "overflow()", "assert True", tests=3))
    # A kernel shows a warning anew in each cell, where a plain process shows it once.
    assert enames(result) == {1: "Stderr", 2: "Stderr"}
    assert "overflow" in result.failures[1].message
    assert result.points == 10


def test_a_number_is_partial_credit_as_in_nbgrader(tmp_path, run):
    result = run(make(tmp_path, "4", "'four'", "10", tests=3))
    assert enames(result) == {0: "Partial"}
    assert result.failures[0].message == "the test gives 4 of its 10 points"
    assert result.points == 24


# What a failing test of `tinytorch.testing` does: its message ends in what the test saw, and
# IPython is given a text to show in the place of a traceback.
SEEN = {"check": 1, "line": 2, "tried": 3, "failing": 1, "cases": [["(2,)", "values", [0.5]]]}
TELLS = f"""import json, os
class TestFailed(AssertionError):
    def _render_traceback_(self):
        return str(self).splitlines()
def test():
    assert os.environ["TINYTORCH_EVIDENCE"] == "1"
    raise TestFailed("is 0.5.\\n  got 0.5\\nevidence: " + json.dumps({SEEN!r}))"""


def test_what_a_test_saw_is_split_off_its_message(tmp_path, run):
    result = run(make(tmp_path, TELLS, "x = 1\ntest()", tests=1))
    failure = result.failures[1]
    assert failure.message == "is 0.5.\n  got 0.5"
    assert failure.evidence == SEEN
    assert (failure.own_line, failure.line) == (2, 21)


@pytest.mark.parametrize("text", ["evidence: none", "evidence: {1}", "no evidence: {}", ""])
def test_a_message_without_evidence_stays_whole(text):
    assert split_evidence(text) == (text, None)


def test_a_run_may_end_with_the_first_failure(tmp_path):
    lesson = make(tmp_path, "x = 1", "1 / 0", "while True: pass", tests=1)
    with Runner([lesson], workers=1) as runner:
        result = runner.run(lesson, timeout=60, until_failure=True)
    assert enames(result) == {1: "ZeroDivisionError"}


def test_a_lesson_that_hangs_is_stopped(tmp_path, run):
    lesson = make(tmp_path, "assert True", "while True: pass", "assert True", tests=1)
    result = run(lesson, timeout=3)
    assert enames(result) == {1: "Timeout", 2: "Timeout"}
    assert (result.failures[1].line, result.failures[2].line) == (20, None)
    assert result.failures[1].message == "the lesson did not end within 3 s"
    assert result.points == 0


def test_a_process_that_dies_fails_the_cells_that_are_left(tmp_path, run):
    lesson = make(tmp_path, "assert True", "import os\nos._exit(7)", "assert True", tests=1)
    result = run(lesson)
    assert enames(result) == {1: "Died", 2: "Died"}
    assert (result.failures[1].line, result.failures[2].line) == (20, None)
    assert result.failures[1].message.startswith("the process that ran it ended")
    if hasattr(os, "fork"):
        assert result.failures[1].message.endswith(" with status 7")


def test_only_some_cells_run(tmp_path, run):
    lesson = make(tmp_path, "raise ValueError", "assert True", "assert True", tests=2)
    result = run(lesson, only=lambda cell: cell.line in (20,))
    assert (result.failures, result.points) == ({}, 10)


# --- Many lessons ---------------------------------------------------------------------------


def test_no_lessons_give_no_results():
    assert run_lessons([]) == []


def test_results_are_in_the_order_of_the_lessons(tmp_path):
    pause = "import time\ntime.sleep({})\nraise ValueError({})"
    lessons = [make(tmp_path, pause.format(0.2 * (n == 0), n)) for n in range(6)]
    results = run_lessons(lessons, workers=3)
    assert [result.failures[0].message for result in results] == list("012345")


def test_runs_in_one_warm_process_do_not_see_each_other(tmp_path):
    spoil = "import numpy as np\nassert not hasattr(np, 'spoilt')\nnp.spoilt = np.random.seed(0)"
    results = run_lessons([make(tmp_path, spoil)] * 4, workers=1)
    assert [result.failures for result in results] == [{}] * 4


def test_a_run_that_hangs_or_dies_spoils_no_other(tmp_path):
    sources = [
        "while True: pass",
        "assert True",
        "import os\nos.kill(os.getpid(), 9)",
        "assert True",
    ]
    results = run_lessons([make(tmp_path, s) for s in sources], workers=1, timeout=0.5)
    assert list(map(enames, results)) == [{0: "Timeout"}, {}, {0: "Died"}, {}]


def test_what_a_hanging_run_has_started_is_stopped_too(tmp_path):
    note = tmp_path / "note"
    child = f"import time; time.sleep(1.5); open({str(note)!r}, 'w')"
    source = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])"
    run_lessons([make(tmp_path, source)], timeout=0.5)
    time.sleep(1.5)
    assert not note.exists()


def test_a_warm_process_that_ended_is_replaced(tmp_path):
    kill = "import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(9)"
    results = run_lessons([make(tmp_path, s) for s in (kill, "assert True")], workers=1)
    assert list(map(enames, results)) == [{0: "Died"}, {}]


def test_where_there_is_no_fork_lessons_run_one_by_one(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "fork")
    results = run_lessons([make(tmp_path, "assert True"), make(tmp_path, "1 / 0")])
    assert list(map(enames, results)) == [{}, {0: "ZeroDivisionError"}]


def test_a_lesson_runs_under_this_python(tmp_path, run):
    lesson = make(tmp_path, f"import sys\nassert sys.executable == {sys.executable!r}")
    assert run(lesson).failures == {}
