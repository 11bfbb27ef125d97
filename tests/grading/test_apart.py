"""Tests in a process of their own: they say what they say in the student's process."""

import socket
import threading
import time
from pathlib import Path

import pytest
from apart import apart, together

from tinytorch.course.lesson import Cell, read_lesson
from tinytorch.course.variants import variants_of, with_variant
from tinytorch.grading.run.warm.apart.channel import Channel
from tinytorch.grading.submission.earlier import core_files
from tinytorch.grading.submission.folders import write_files

ROOT = Path(__file__).parents[2]
LESSONS = sorted(path.name for path in (ROOT / "modules").glob("[0-9]*"))
MOST = 1  # other solutions that are tried of each lesson


@pytest.mark.parametrize("name", LESSONS)
def test_the_same_tests_fail_with_the_same_words(name, tmp_path):
    lesson = read_lesson(ROOT / "modules" / name / f"{name.split('_', 1)[1]}.py")
    write_files(tmp_path, core_files(ROOT, name))
    given = [
        cell.source
        for cell in lesson.cells
        if cell.kind == "code" and not cell.is_solution and not cell.is_test
    ]
    others = variants_of(lesson)
    others = others[:: -(-len(others) // MOST)]
    for tried in [lesson, *(with_variant(lesson, other) for other in others)]:
        cells = [
            cell
            for cell in tried.cells
            if cell.kind == "code"
            and (cell.is_test or not any(word in cell.source for word in ("figures.", "fit(")))
        ]
        assert apart(cells, given, str(tmp_path)) == together(cells, str(tmp_path))


WARNS = """\
import warnings


def scale(x):
    warnings.warn("overflow")
    if x > 1:
        raise ValueError("no")
"""
CALLS = """\
def scale(x):
    if x != 1:
        return x(1)
"""
TEST = """\
from tinytorch.testing.messages import own_line


def test_scale():
    scale(1)
    try:
        scale({x})
    except Exception as error:
        raise AssertionError(own_line(error, "test_scale")) from None


test_scale()
"""


@pytest.mark.parametrize(
    ("solution", "x", "line"),
    [
        pytest.param(WARNS, "2", 'line 7 of its cell: raise ValueError("no")', id="warned"),
        pytest.param(CALLS, "lambda: 2", "line 3 of its cell: return x(1)", id="called"),
    ],
)
def test_the_line_is_quoted_that_raised(solution, x, line, tmp_path):
    """Where a warning told of another line first, and where what the test gave raised."""
    marks = {"grade": True, "solution": False, "grade_id": "test_scale", "locked": True}
    test = Cell("code", TEST.format(x=x), 9, {"nbgrader": marks})
    cells = [Cell("code", solution, 1), test]
    said = together(cells, str(tmp_path))
    assert said == {"test_scale": f"AssertionError:   in `scale`, {line}"}
    assert apart(cells, [], str(tmp_path)) == said


KEPT = """\
class Kept:
    def __init__(self, n):
        self.data = np.zeros(n)
"""
SAME = {
    "a memoryview": (
        "def f(x):\n    return x.data\n",
        "np.asarray(f(np.ones(2))).dtype, type(f(np.ones(2)))",
    ),
    "written in passing": (KEPT, "[k.data.fill(3) for k in [Kept(2)]], [*map(spoilt, [Kept(2)])]"),
    "spawned": (
        "def f(rng):\n    return rng.spawn(1)[0].integers(100)\n",
        "[f(rng) for rng in [np.random.default_rng(5)] * 2]",
    ),
    "spawned here": (
        "def f(rng):\n    return rng.spawn(1)[0].integers(100)\n",
        "[(f(rng), rng.spawn(1)[0].integers(100), f(rng)) for rng in [np.random.default_rng(5)]]",
    ),
    "audited": (
        "import os\ndef f(path):\n    open(path, 'w').close()\n    os.remove(path)\n",
        "audited(lambda: f(os.path.join(tempfile.mkdtemp(), 'a')))",
    ),
}
HELPERS = """\
import os, sys, tempfile
import numpy as np

def spoilt(kept):
    kept.data[...] = np.nan
    return kept.data.tolist()

def audited(run):
    seen = []
    sys.addaudithook(lambda event, _: seen.append(event) if event in EVENTS else None)
    EVENTS.update(("open", "os.remove"))
    run()
    EVENTS.clear()
    return seen

EVENTS = set()
"""


@pytest.mark.parametrize("what", SAME)
def test_the_same_comes_of_it(what, tmp_path):
    solution, asked = SAME[what]
    marks = {"grade": True, "solution": False, "grade_id": "test", "locked": True}
    test = f"{HELPERS}\nraise AssertionError({asked})\n"
    cells = [Cell("code", f"import numpy as np\n\n{solution}", 1)]
    cells.append(Cell("code", test, 9, {"nbgrader": marks}))
    said = together(cells, str(tmp_path))
    assert said["test"].startswith("AssertionError: ")
    assert apart(cells, [], str(tmp_path)) == said


class Slow(list):
    """A frame that takes a while to be looked at."""

    def __getitem__(self, index):
        time.sleep(0.2)
        return super().__getitem__(index)


def test_a_frame_for_another_thread_is_there_before_that_one_reads():
    ours, theirs = socket.socketpair()
    mine, other = Channel(ours, 1), Channel(theirs, 2)
    read = mine._read
    mine._read = lambda: (Slow((found := read())[0]), found[1])
    got = []
    threads = [threading.Thread(target=lambda n=n: got.append(mine.wait(n)[0])) for n in (7, 8)]
    for thread in threads:
        thread.daemon = True
        thread.start()
        time.sleep(0.1)  # the first one reads, the second one waits
    other.send([8, 0, 0, None, None])
    threads[1].join(2)
    assert got == [8]
    other.send([7, 0, 0, None, None])
    threads[0].join(2)
    assert got == [8, 7]
