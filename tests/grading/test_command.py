"""`tinytorch grade` as somebody at a terminal has it, and as a script has it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import RIGHT, WRONG, Student, code, write
from test_robust import assert_whole, graded_so_far, wait_for

from tinytorch.cli import main
from tinytorch.grading.nb.settings import CONFIG

GRADE = [str(Path(sys.executable).with_name("tinytorch")), "grade", "01_add", "--workers", "1"]


def run(capsys, course: Path, *words: str) -> tuple[int, str, str]:
    try:
        status = main(["grade", "--root", str(course), *words])
    except SystemExit as stop:  # argparse's
        status = stop.code
    said = capsys.readouterr()
    return status, said.out, said.err


def test_options_choose_who_is_graded_and_how(capsys, course):
    for name in ("carl", "cora", "dora"):
        Student(course, name).writes("add", RIGHT).hands_in()
    cells = code("while True:\n    pass"), code("x = bytearray(3_000_000_000)")
    Student(course, "cara").writes("add", RIGHT).appends(*cells).hands_in()
    words = ["01_add", "--student", "c*", "--json"]
    began = time.monotonic()
    limits = ["--timeout", "1", "--memory", "1500", "--workers", "2"]
    status, out, err = run(capsys, course, *words, *limits)
    assert (status, err) == (0, "")
    said = json.loads(out)
    assert not said["interrupted"]
    assert [(o["student"], o["status"]) for o in said["outcomes"]] == [
        (name, "graded") for name in ("cara", "carl", "cora")
    ]
    outputs = (course / "autograded/cara/01_add/add.ipynb").read_text()
    assert "KeyboardInterrupt" in outputs and "MemoryError" in outputs
    took = {o["student"]: o["seconds"] for o in said["outcomes"]}
    assert 1 < took["cara"] < time.monotonic() - began

    assert run(capsys, course, "1", "--student", "c*")[1] == "3 unchanged\n"
    assert run(capsys, course, "add", "--student", "cor?", "--force")[1].endswith("\n1 graded\n")
    status, out, err = run(capsys, course, "--student", "nobody")
    assert (status, out) == (2, "") and "no student nobody: there are" in err


def test_the_exit_status_says_whether_all_are_graded(capsys, course):
    Student(course, "ada").writes("add", RIGHT).hands_in()
    status, out, _ = run(capsys, course, "01_add")
    walls, what = out.splitlines()
    assert status == 0 and "walls" in walls and what == "1 graded"
    write(course / "submitted/ben/01_add/add.ipynb", "{")
    for _ in range(2):  # also where the reason is known from last time
        status, out, _ = run(capsys, course, "01_add")
        assert status == 1
        assert out.startswith("not graded: ben, 01_add: add.ipynb is not JSON: line 1, column 2")
        assert out.endswith("1 unchanged, 1 not graded\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["09_nothing"], "no lesson 09_nothing: there are 01_add, 02_twice"),
        (["--workers", "0"], "0 is not a number above zero"),
        (["--timeout", "soon"], "argument --timeout"),
        (["--memory", "-1"], "-1 is not a number above zero"),
        (["--backend", "cloud"], "invalid choice: 'cloud'"),
        (["--scheduler", "tcp://127.0.0.1:1"], "add --backend dask"),
    ],
)
def test_wrong_usage_exits_2_and_says_what_is_wrong(capsys, course, words, said):
    Student(course, "ada").hands_in()
    status, out, err = run(capsys, course, *words)
    assert (status, out) == (2, "")
    assert said in err
    assert not (course / "gradebook.db").exists()


def test_a_faulty_config_is_named_without_a_traceback(capsys, course):
    (course / CONFIG).write_text("c = get_config(\n")
    status, _, err = run(capsys, course)
    assert status in (1, 2) and "nbgrader_config.py: SyntaxError" in err


def test_at_a_terminal_there_is_progress_with_rate_and_time_left(course):
    pexpect = pytest.importorskip("pexpect", reason="pexpect is not installed")
    for n in range(4):
        sleep = code("import time\ntime.sleep(0.5)")
        Student(course, f"student_{n}").writes("add", WRONG).appends(sleep).hands_in()
    terminal = pexpect.spawn(
        GRADE[0], GRADE[1:], cwd=course, dimensions=(24, 120), timeout=60, encoding="utf-8"
    )
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.before)
    bars = [line for line in re.split(r"[\r\n]+", shown) if line.startswith("grading")]
    wanted = re.compile(r"3/4 +\d+\.\d/s +\d:\d\d:\d\d student_2 01_add")
    assert any(map(wanted.search, bars)), bars
    assert shown.rstrip().endswith("4 graded")


def hand_in_two_quick_ones_and_a_slow_one(course: Path) -> None:
    """The slow one takes far longer than it takes to notice that the others are done."""
    for name in "ab":
        Student(course, name).writes("add", RIGHT).hands_in()
    Student(course, "c").appends(*[code("import time\ntime.sleep(1.9)")] * 30).hands_in()


def assert_the_quick_ones_are_done(course: Path) -> None:
    assert sorted(p.parts[-3] for p in course.glob("autograded/*/*/*.ipynb")) == ["a", "b"]
    assert graded_so_far(course) == 2
    assert_whole(course)


def test_ctrl_c_at_a_terminal_is_answered_calmly(capsys, course):
    pexpect = pytest.importorskip("pexpect", reason="pexpect is not installed")
    hand_in_two_quick_ones_and_a_slow_one(course)
    terminal = pexpect.spawn(GRADE[0], GRADE[1:], cwd=course, timeout=60, encoding="utf-8")
    terminal.expect("2/3")
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130
    assert "Traceback" not in terminal.before
    assert "2 graded\r\n" in terminal.before
    assert "stopped: what was done is kept; the same command goes on from here" in terminal.before
    assert_the_quick_ones_are_done(course)
    Student(course, "c").writes("add", RIGHT).hands_in()
    status, out, _ = run(capsys, course, "01_add")
    assert status == 0 and out.endswith("1 graded, 2 unchanged\n")


def test_a_script_that_is_interrupted_gets_its_json_and_no_bar(course):
    hand_in_two_quick_ones_and_a_slow_one(course)
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    script = subprocess.Popen([*GRADE, "--json"], cwd=course, **pipe)
    wait_for(lambda: graded_so_far(course) == 2)
    script.send_signal(signal.SIGINT)
    out, err = script.communicate(timeout=60)
    assert script.returncode == 130
    said = json.loads(out)
    # The second is in the journal just before it is among the outcomes.
    assert said["interrupted"] and [o["student"] for o in said["outcomes"]][:1] == ["a"]
    assert err == "stopped: what was done is kept; the same command goes on from here\n"
    assert_the_quick_ones_are_done(course)
