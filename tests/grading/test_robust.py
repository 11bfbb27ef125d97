"""However a run is ended, the next one goes on from there, and nothing is half done."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from multiprocessing import Pipe
from pathlib import Path

import compare
import pytest
from conftest import RIGHT, WRONG, Student, code

from tinytorch.cli import main
from tinytorch.grading import grade
from tinytorch.grading.nb import gradebook
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.scores import scores as read_scores
from tinytorch.grading.run.process import Limits
from tinytorch.grading.run.walls import FULL, find
from tinytorch.grading.standings import MOST_TRIES, alone
from tinytorch.grading.work import pool

# The starter, its worker, a warm process for each, and the run; in a container three more: two are
# bubblewrap's, and one waits for the first process of a namespace.
FAMILY = 8 if find(grade.Options().wanted_walls).mode == FULL else 5
COMMAND = [str(Path(sys.executable).with_name("tinytorch")), "grade", "01_add", "--workers", "2"]


def hand_in(course: Path, number: int, seconds: float) -> None:
    """Hand in different work, each piece of which takes its time to run on any machine."""
    for n in range(number):
        student = Student(course, f"student_{n:02}").writes("add", RIGHT if n % 3 else WRONG)
        student.writes("count", f"{n}") if n % 2 else None
        student.appends(code(f"import time\ntime.sleep({seconds})\nprint({n})"))
        student.hands_in()


def graded_so_far(course: Path) -> int:
    journal = Course(course).journal
    return journal.read_bytes().count(b'"status": "graded"') if journal.exists() else 0


def wait_for(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.005)


def children_of(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    with contextlib.suppress(OSError):
        return [int(child) for child in path.read_text().split()]
    return []


def descendants_of(pid: int) -> list[int]:
    children = children_of(pid)
    return [*children, *(below for child in children for below in descendants_of(child))]


def workers_of(coordinator: int) -> list[int]:
    """Its workers, which are forked from its only child."""
    found = [pid for starter in children_of(coordinator) for pid in children_of(starter)]
    return [pid for pid in found if b"work.starter" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def assert_whole(course: Path) -> None:
    with sqlite3.connect(course / "gradebook.db") as book:
        assert book.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    left = list(course.glob("autograded/*/.*"))
    assert left == [], "what a killed run left is swept away"


@pytest.mark.slow
def test_a_coordinator_killed_five_times_grades_all_the_same(course, tmp_path):
    hand_in(course, 60, seconds=0.3)
    undisturbed = Path(shutil.copytree(course, tmp_path / "undisturbed"))
    grade.grade(undisturbed, ["01_add"])
    chance = random.Random(7)
    for _ in range(5):
        run = subprocess.Popen(COMMAND, cwd=course, stdout=subprocess.DEVNULL)
        enough = graded_so_far(course) + chance.randint(1, 6)
        wait_for(lambda enough=enough: graded_so_far(course) >= enough)
        time.sleep(chance.uniform(0, 0.2))
        run.send_signal(signal.SIGKILL)
        run.wait()
    assert graded_so_far(course) < 60
    before = graded_so_far(course)
    run = subprocess.Popen(COMMAND, cwd=course, stdout=subprocess.DEVNULL)
    wait_for(lambda: graded_so_far(course) > before)
    os.kill(workers_of(run.pid)[0], signal.SIGKILL)
    assert run.wait() == 0
    # Of each killed run at most what its two workers held is done again.
    assert graded_so_far(course) == 60
    assert_whole(course)
    assert compare.differences(*map(compare.gradebook_rows, (course, undisturbed))) == []
    assert compare.differences(*map(compare.notebook_outputs, (course, undisturbed))) == []


def test_workers_who_all_die_at_once_are_replaced(course):
    hand_in(course, 12, seconds=0.3)
    run = subprocess.Popen(COMMAND, cwd=course, stdout=subprocess.DEVNULL)
    wait_for(lambda: graded_so_far(course) > 2)
    [starter] = children_of(run.pid)
    os.kill(starter, signal.SIGKILL)
    assert run.wait() == 0
    assert graded_so_far(course) == 12
    assert_whole(course)


def test_a_run_ends_with_its_worker(course):
    Student(course, "busy").appends(code("import time\ntime.sleep(1.9)")).hands_in()
    run = subprocess.Popen(COMMAND, cwd=course, stdout=subprocess.DEVNULL)
    wait_for(lambda: len(descendants_of(run.pid)) >= FAMILY)
    family = set(descendants_of(run.pid))
    os.kill(workers_of(run.pid)[0], signal.SIGKILL)
    # The worker, its warm process and the run end; a second worker has a family of its own.
    wait_for(lambda: sum(map(is_running, family)) <= len(family) - 3, 1.5)
    assert run.wait() == 0


def test_no_process_outlives_a_killed_coordinator(course):
    Student(course, "busy").appends(code("import time\ntime.sleep(1.9)")).hands_in()
    run = subprocess.Popen(COMMAND, cwd=course, stdout=subprocess.DEVNULL)
    wait_for(lambda: len(descendants_of(run.pid)) >= FAMILY)
    family = descendants_of(run.pid)
    run.send_signal(signal.SIGKILL)
    run.wait()
    wait_for(lambda: not any(is_running(pid) for pid in family), 10)


def is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_what_a_cell_leaves_running_is_ended(course):
    sleeper = "import subprocess\nsubprocess.Popen(['sleep', '987'], start_new_session=True)"
    Student(course, "leaves").writes("add", RIGHT).appends(code(sleeper)).hands_in()
    assert grade.grade(course, ["01_add"]).outcomes[0].status == "graded"
    found = subprocess.run(["pgrep", "-f", "sleep 987"], capture_output=True, text=True)
    assert found.stdout == ""


def test_writing_into_every_descriptor_takes_nothing_away(course):
    noise = """import os
for fd in range(3, 256):
    try:
        os.write(fd, b'noise' * 100)
    except OSError:
        pass"""
    Student(course, "noisy").writes("add", RIGHT).appends(code(noise)).hands_in()
    grade.grade(course, ["01_add"])
    assert scores(course) == {"noisy": 6}


def test_memory_beyond_the_limit_fails_its_cell_alone(course):
    greedy = "x = bytearray(3_000_000_000)"
    Student(course, "greedy").writes("add", RIGHT).appends(code(greedy)).hands_in()
    grade.grade(course, ["01_add"], options=grade.Options(memory_mb=1500))
    assert scores(course) == {"greedy": 6}
    text = (course / "autograded/greedy/01_add/add.ipynb").read_text()
    assert "MemoryError" in text
    assert Limits(1500).as_rlimits()["RLIMIT_AS"] == 1500 << 20


def test_a_cell_that_awaits_for_ever_is_interrupted(course):
    cells = [code("import asyncio\nawait asyncio.sleep(99)"), code("'after'")]
    Student(course, "awaits").writes("add", RIGHT).appends(*cells).hands_in()
    grade.grade(course, ["01_add"], options=grade.Options(timeout=1))
    assert scores(course) == {"awaits": 6}
    assert "'after'" in (course / "autograded/awaits/01_add/add.ipynb").read_text()


def scores(course: Path) -> dict[str, float]:
    students = read_scores(Course(course), "01_add").students
    return {name: score.score for name, score in students.items()}


def test_what_ends_three_runs_is_named_and_put_aside(course):
    hand_in(course, 2, seconds=60)
    Student(course, "a_quick_one").writes("add", RIGHT).hands_in()
    for number in range(MOST_TRIES):
        enough = 2 * (number + 1)
        run = subprocess.Popen(COMMAND, cwd=course, stdout=subprocess.DEVNULL)
        # After the first round it is at work on both at once, for they come last.
        wait_for(lambda enough=enough: graded_so_far(course) == 1 and started(course) >= enough)
        run.send_signal(signal.SIGKILL)
        run.wait()
    found = {o.student: o for o in grade.grade(course, ["01_add"]).outcomes}
    assert found.pop("a_quick_one").status == "unchanged"
    assert {outcome.status for outcome in found.values()} == {"failed"}
    assert all("3 runs ended" in outcome.reason for outcome in found.values())


def started(course: Path) -> int:
    slow = [line for line in Course(course).journal.read_text().splitlines() if "quick" not in line]
    return sum('"status": "started"' in line for line in slow)


def test_a_stopped_worker_is_replaced(course):
    hand_in(course, 6, seconds=1)
    run = subprocess.Popen(COMMAND, cwd=course, stdout=subprocess.DEVNULL)
    wait_for(lambda: graded_so_far(course) > 0)
    os.kill(workers_of(run.pid)[0], signal.SIGSTOP)
    assert run.wait(60) == 0
    assert graded_so_far(course) == 6


@pytest.mark.parametrize(("stops", "is_done"), [("", True), ("kill -STOP $$; ", False)])
def test_what_runs_have_left_is_removed_however_long_it_takes(
    stops, is_done, monkeypatch, tmp_path
):
    monkeypatch.setattr(pool, "LOOK", 0.1)
    starter = object.__new__(pool._Starter)
    starter._control, _ = Pipe()
    words = f"{stops}sleep 0.5; touch {tmp_path}/removed"
    starter._process = subprocess.Popen(["sh", "-c", words])
    starter.close()
    assert (tmp_path / "removed").exists() == is_done


def test_two_do_not_grade_one_course_at_once(course):
    """The second is told so, with no traceback; once the first has ended, it may."""
    for name in ("ada", "ben"):
        Student(course, name).writes("add", RIGHT).hands_in()
    words = [*COMMAND[:2], "--root", str(course)]
    assert subprocess.run([*words, "--student", "ada"]).returncode == 0
    with alone(Course(course)):
        for command in ("grade", "feedback"):
            second = subprocess.run([words[0], command, *words[2:]], capture_output=True, text=True)
            assert second.returncode == 2 and second.stderr.count("\n") == 1
            assert "works on this course: let it end first" in second.stderr
    assert not (course / "autograded/ben").exists() and not (course / "feedback").exists()
    assert subprocess.run(words).returncode == 0
    assert read_scores(Course(course), "01_add").students["ben"].score == 6


def test_a_gradebook_that_is_written_in_is_waited_for(course):
    """Longer than the five seconds after which SQLite gives up by itself."""
    Student(course, "ada").writes("add", RIGHT).hands_in()
    grade.grade(course, ["01_add"])
    Student(course, "ben").writes("add", RIGHT).hands_in()
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        grading = subprocess.Popen(COMMAND, cwd=course, stdout=subprocess.PIPE, text=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            grading.wait(9)
        other.rollback()
    assert "1 graded, 1 unchanged" in grading.communicate()[0] and grading.returncode == 0


def test_a_gradebook_that_nobody_leaves_is_told_of_in_a_line(course, monkeypatch, capsys):
    Student(course, "ada").writes("add", RIGHT).hands_in()
    grade.grade(course, ["01_add"])
    monkeypatch.setattr(gradebook, "PATIENCE", 0)
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert main(["grade", "--root", str(course)]) == 1
        other.rollback()
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "gradebook can't be opened" in said and "locked" in said


def test_a_forced_run_that_is_stopped_is_gone_on_with_by_a_plain_one(course):
    for name in ("ada", "ben", "eve"):
        Student(course, name).writes("add", RIGHT).hands_in()
    grade.grade(course, ["01_add"])

    def stop(*_) -> None:
        raise KeyboardInterrupt

    one = grade.Options(workers=1)
    assert grade.grade(course, ["01_add"], force=True, options=one, progress=stop).interrupted
    rest = grade.grade(course, ["01_add"])
    assert sorted(outcome.status for outcome in rest.outcomes) == ["graded", "graded", "unchanged"]
