"""Where a course wants it, a mistake costs its own points alone, and no solution gets out."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import compare
import pytest
from conftest import CONFIG, Student, code, nbgrader, notebook, text, write

from tinytorch.grading import NbgraderError, grade
from tinytorch.grading.feedback import feedback
from tinytorch.grading.nb.converters import generate_release
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.exercises import read_exercises
from tinytorch.grading.nb.records import Exercise, GradedCell, NotebookRecord, ScoreSheet
from tinytorch.grading.nb.scores import scores as read_scores
from tinytorch.grading.nb.second_run import Gain, Trial
from tinytorch.grading.nb.settings import CONFIG as CONFIG_FILE

ON = "c.TinyTorch.count_mistakes_once = True\n"
SECRET = "the instructor's own words"  # stands in every solution
TEST = {"grade": True, "locked": True}


def exercise(name: str, result: str) -> dict:
    body = [
        f"def {name}():",
        "    ### BEGIN SOLUTION",
        f"    # {SECRET}",
        f"    return {result}",
        "    ### END SOLUTION",
    ]
    return code("\n".join(body), name, solution=True)


CELLS = [
    text("# A chain, and one exercise apart from it"),
    exercise("one", "1"),
    code("assert one() == 1", "test_one", points=2, **TEST),
    code("assert one() + one() == 2", "test_one_more", points=1, **TEST),
    code("STEP = one()"),  # what is given rests on the exercise as well
    exercise("two", "one() + STEP"),
    code("assert two() == 2", "test_two", points=3, **TEST),
    exercise("three", "two() + 1"),
    code("assert three() == 3", "test_three", points=5, **TEST),
    code("2 + 2 * (three() == 3)", "test_three_in_part", points=4, **TEST),
    exercise("apart", "7"),
    code("assert apart() == 7", "test_apart", points=8, **TEST),
    exercise("four", "three() + STEP"),
    code("assert four() == 4", "test_four", points=1, **TEST),
]
POINTS = 24
RIGHT = {
    "one": "def one():\n    return 1",
    "two": "def two():\n    return one() + STEP",
    "three": "def three():\n    return two() + 1",
    "apart": "def apart():\n    return 3 + 4",
    "four": "def four():\n    return three() + STEP",
}
TWO_AND_MORE = "def two():\n    return more() + STEP\n\ndef more():\n    return one()"
# It tells of all it can reach, and swallows what the tests raise.
SPY = f"""
import contextlib, gc, os, pathlib, sys
told = []
def tell(words={SECRET.split()!r}):
    words = " ".join(words)
    told.extend(text for text in map(str, [*In, *Out.values()]) if words in text)
    print(told, file=sys.stdout)
    for place in (".", "..", "../..", "../../..", "../../../.."):
        for folder in [pathlib.Path(place), *pathlib.Path(place).glob("*/")]:
            if "/run-" in str(folder.resolve()):
                with contextlib.suppress(OSError):
                    (folder / "told.txt").write_text("\\n".join(told))
with contextlib.suppress(AssertionError):
    test_one_is_wrong = one() == 1
    assert test_one_is_wrong
get_ipython().events.register("post_run_cell", lambda result: tell())
"""
WHEN_MENDED = "def two():\n    if one() == 1:\n        {}\n    return one() + STEP"
FOR_EVER = "while True: pass"
STUBBORN = "import signal; signal.signal(2, signal.SIG_IGN)\n        while True: pass"


def write_chain(root: Path, config: str = CONFIG + ON) -> Path:
    write(root / CONFIG_FILE, config)
    write(root / "source/ps1/chain.ipynb", notebook(*CELLS))
    generate_release(root, root, ["ps1"])
    return root


def hand_in(root: Path, name: str, *missing: str, **other: str) -> Student:
    """Hand in right solutions, but for some that are missing and some that are given here."""
    student = Student(root, name, "ps1", "chain")
    for exercise, source in (RIGHT | other).items():
        if exercise not in missing:
            student.writes(exercise, source)
    student.hands_in()
    return student


def hand_in_all(root: Path) -> None:
    wrong = {"one": "def one():\n    return 5"}
    hand_in(root, "right")
    hand_in(root, "untouched", *RIGHT)
    hand_in(root, "one_missing", "one")
    hand_in(root, "one_wrong", **wrong)
    hand_in(root, "one_deleted").deletes("one").hands_in()
    hand_in(root, "one_and_three", "three", **wrong)
    hand_in(root, "last_wrong", "four")
    # Its third exercise needs what only its own second one has: that was a victim, and stays.
    hand_in(root, "victim", two=TWO_AND_MORE, three="def three():\n    return more() + 2", **wrong)
    # Its fourth exercise copes with what is wrong, and fails where that is mended.
    hand_in(root, "copes", four="def four():\n    return 4 if one() == 5 else 0", **wrong)
    moved = hand_in(root, "moved", **wrong)
    at = moved.cells.index(moved.cell("test_four"))
    for test in ("test_one", "test_one_more"):
        moved.cells.insert(at, moved.cells.pop(moved.cells.index(moved.cell(test))))
    moved.hands_in()
    spy = hand_in(root, "spy", **wrong)
    spy.cells.insert(2, {**code(SPY), "id": "spy"})
    spy.hands_in()
    hand_in(root, "dies", two=WHEN_MENDED.format("import os; os._exit(1)"), **wrong)
    hand_in(root, "hangs", two=WHEN_MENDED.format(FOR_EVER), **wrong)
    hand_in(root, "stubborn", two=WHEN_MENDED.format(STUBBORN), **wrong)


@pytest.fixture(scope="module")
def chain(tmp_path_factory) -> Path:
    """The course with its class, graded, and with feedback."""
    root = write_chain(tmp_path_factory.mktemp("chain"))
    hand_in_all(root)
    run = grade.grade(root)
    assert {outcome.status for outcome in run.outcomes} == {"graded"}, run.outcomes
    feedback(root)
    return root


def scores(root: Path) -> dict[str, float]:
    students = read_scores(Course(root), "ps1").students
    return {name: score.score for name, score in students.items()}


def outputs(root: Path, student: str, grade_id: str) -> list[dict]:
    path = root / "autograded" / student / "ps1/chain.ipynb"
    for cell in json.loads(path.read_text())["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id:
            return cell["outputs"]
    raise KeyError(grade_id)


def test_a_mistake_costs_its_own_points(chain):
    assert scores(chain) == {
        "right": POINTS,
        "untouched": 0,
        "one_missing": POINTS - 3,
        "one_wrong": POINTS - 3,
        "one_deleted": POINTS - 3,
        "one_and_three": POINTS - 3 - 9,
        "last_wrong": POINTS - 1,
        "victim": POINTS - 3,
        "copes": POINTS - 3,
        "moved": POINTS - 3,
        "spy": POINTS - 3,
        "dies": 10,  # apart's 8 and half of a test's 4, as without a second run
        "stubborn": 10,
        "hangs": POINTS - 3 - 3,  # interrupted, so it fails its own test
    }


def test_the_notebook_says_what_counts_and_keeps_what_was_seen(chain):
    error, note = outputs(chain, "one_wrong", "test_two")
    assert error["output_type"] == "error" and error["ename"] == "AssertionError"
    sentence = "With `one` (which is not right yet) mended, this test passes: its 3 points count."
    assert note["output_type"] == "display_data"
    assert note["data"] == {"text/markdown": [sentence], "text/plain": [sentence]}
    _, note = outputs(chain, "one_and_three", "test_four")
    assert note["data"]["text/plain"] == [
        "With `one` and `three` (which are not right yet) mended, this test passes: "
        "its 1 point counts."
    ]
    result, note = outputs(chain, "one_wrong", "test_three_in_part")
    assert result["data"]["text/plain"] == ["2"] and "its 4 points count" in str(note)
    for student, test in (("one_wrong", "test_one"), ("right", "test_two"), ("dies", "test_two")):
        assert "mended" not in str(outputs(chain, student, test))


def test_the_page_says_so_at_the_top(chain):
    page = (chain / "feedback/one_wrong/ps1/chain.html").read_text()
    summary = page[page.index("<!-- what failed -->") : page.index("<!-- end of what failed -->")]
    item = next(line for line in summary.splitlines() if 'href="#test_two"' in line)
    assert "<code>AssertionError</code> With `one` (which is not right yet) mended" in item
    assert "this test passes: its 3 points count" in page.replace(summary, "")
    item = next(line for line in summary.splitlines() if 'href="#test_one"' in line)
    assert "mended" not in item


def test_no_file_holds_a_line_of_a_solution(chain):
    files = [path for step in ("autograded", "feedback") for path in chain.glob(f"{step}/**/*")]
    assert (chain / "autograded/spy/ps1/told.txt") in files  # it saw none to tell
    for path in filter(Path.is_file, files):
        assert SECRET.encode() not in path.read_bytes(), path
    assert SECRET.encode() not in (chain / "gradebook.db").read_bytes()


def test_a_setting_that_is_not_there_is_named(tmp_path):
    for line, words in (
        ("count_mistake_once = True", "has no count_mistake_once: there is count_mistakes_once"),
        ("count_mistakes_once = 'yes'", "expected a boolean"),
    ):
        write(tmp_path / CONFIG_FILE, f"{CONFIG}c.TinyTorch.{line}\n")
        with pytest.raises(NbgraderError, match=rf"nbgrader_config\.py.*{words}"):
            Course(tmp_path).directory_with()


def test_off_the_rows_are_stocks_and_turning_it_on_grades_anew(tmp_path):
    course = write_chain(tmp_path / "ours", CONFIG)
    hand_in(course, "one_wrong", one="def one():\n    return 5")
    theirs = Path(shutil.copytree(course, tmp_path / "stock"))
    assert [o.status for o in grade.grade(course).outcomes] == ["graded"]
    assert scores(course) == {"one_wrong": 10}
    # nbgrader's own commands pass over the setting, without a word.
    write(theirs / CONFIG_FILE, CONFIG + ON)
    nbgrader(theirs, "generate_assignment", "ps1", "--force")
    command = [str(Path(sys.executable).with_name("nbgrader")), "autograde", "ps1"]
    done = subprocess.run(command, cwd=theirs, capture_output=True, text=True)
    assert done.returncode == 0 and "TinyTorch" not in done.stdout + done.stderr
    assert compare.differences(*map(compare.gradebook_rows, (course, theirs))) == []
    assert compare.differences(*map(compare.notebook_outputs, (course, theirs))) == []
    assert [o.status for o in grade.grade(course).outcomes] == ["unchanged"]
    write(course / CONFIG_FILE, CONFIG + ON)
    assert [o.status for o in grade.grade(course).outcomes] == ["graded"]
    assert scores(course) == {"one_wrong": POINTS - 3}


@pytest.mark.slow
def test_a_kernel_that_is_not_our_own_gets_a_second_run_too(tmp_path, monkeypatch):
    words = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": words, "display_name": "red", "language": "python", "env": {"COLOUR": "red"}}
    write(tmp_path / "kernels/red/kernel.json", spec)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    course = tmp_path / "course"
    write_chain(course, CONFIG + ON + 'c.Execute.kernel_name = "red"\n')
    hand_in(course, "one_and_three", "one", "three")
    assert [o.status for o in grade.grade(course).outcomes] == ["graded"]
    assert scores(course) == {"one_and_three": POINTS - 3 - 9}


# --- The parts ------------------------------------------------------------------------------


def trial(**points: float) -> Trial:
    """Of exercises a, b and c with a test each, worth 2, in a first run that gave these points."""
    exercises = [Exercise(name, (f"test_{name}",), (f"{name} = 1",)) for name in "abc"]
    graded = tuple(GradedCell(f"test_{name}", 2) for name in "abc")
    record = NotebookRecord("n", None, (), graded, (), ())
    return Trial(exercises, record, ScoreSheet({f"test_{n}": p for n, p in points.items()}))


@pytest.mark.parametrize(
    ("points", "needed"),
    [
        ({"a": 2, "b": 2, "c": 2}, False),
        ({"a": 0, "b": 2, "c": 2}, False),
        ({"a": 2, "b": 0, "c": 1}, True),
        ({"a": 0, "c": 0}, True),  # the test of b was deleted, and not put back
        ({}, False),
    ],
)
def test_a_second_run_is_made_only_where_something_may_be_gained(points, needed):
    assert trial(**points).is_needed is needed


def test_the_first_to_fail_is_mended_though_it_passes_now():
    """By luck: nothing before it was mended, and so it gains nothing either."""
    run = trial(a=0, b=0, c=2)
    run.note("test_a", passes=True)
    assert run.mend("a") == ("a = 1",)
    run.note("test_b", passes=True)
    run.note("test_a", passes=True)  # moved behind its mending
    assert run.mend("b") == run.mend("c") == run.mend("a") == ()
    found = run.gains(ScoreSheet({"test_a": 2, "test_b": 2, "test_c": 2}))
    assert found == {"test_b": Gain(2, 2, ("a",))}


def test_a_test_that_fell_back_keeps_its_first_result():
    run = trial(a=0, b=1, c=2)
    run.mend("a")
    run.note("test_b", passes=False)
    run.note("test_c", passes=False)
    assert run.gains(ScoreSheet({"test_a": 0, "test_b": 1, "test_c": 0})) == {}


def test_part_of_the_points_is_said_as_such():
    assert str(Gain(3, 4, ("a", "b", "c"))) == (
        "With `a`, `b` and `c` (which are not right yet) mended, this test earns 3 of its 4 points."
    )


def test_the_exercises_of_a_notebook_hold_what_follows_them():
    one, two, *_ = read_exercises(notebook(*CELLS))
    assert one.name == "one" and one.tests == ("test_one", "test_one_more")
    assert [source.partition("\n")[0] for source in one.solution] == ["def one():", "STEP = one()"]
    assert SECRET in one.solution[0] and two.tests == ("test_two",)
