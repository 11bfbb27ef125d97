"""Whatever a student's process does in the middle of a test, it costs that test and what follows.

What passed before stays, classmates are graded, the batch ends, and nothing is left running.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from textwrap import indent

import pytest
from conftest import Student, code, notebook, write

from tinytorch.grading import grade
from tinytorch.grading.nb.converters import generate_release
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.scores import scores
from tinytorch.grading.run import walls

CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "ends"
c.TinyTorch.isolated_tests = True
"""
SOLVED = "def f(x, call=None):\n    ### BEGIN SOLUTION\n    return [x]\n    ### END SOLUTION\n"
ASKS = "def back(x):\n    return f(2, back)\n\n\nassert list(f(2, back)) == [2]"
TESTS = {"before": "assert f(1) == [1]", "during": ASKS, "after": "assert f(3) == [3]"}
POINTS = {"before": 1, "during": 2, "after": 4}
RIGHT = "def f(x, call=None):\n    return [x]\n"
LEFT = "left-by-a-test-that-forks"
# What f does when the second test asks it. After these the process is well.
GOES_ON = {
    "raises_exit": "raise SystemExit(0)",
    "raises_interrupt": "raise KeyboardInterrupt",
    "calls_without_end": "return call(x)",
    "huge_array": "import numpy as np\nreturn np.broadcast_to(0.0, (40_000, 40_000))",
    "huge_list": "return [0] * 2_000_000_000",
    "long_list": "return [0] * 1_500_000",
}
WRITES = """
for fd in range(3, 60):
    try:
        os.set_inheritable(fd, True)
        os.write(fd, b'noise')
    except OSError:
        pass
"""
ENDS = {
    "exits": "import os\nos._exit(3)",
    "kills_itself": "import os\nos.kill(os.getpid(), 9)",
    "hangs_up": "import os\nos.closerange(3, 300)",
    "writes_beside": f"""
import os, threading, time
def write():
    while True:{indent(WRITES, "    " * 2)}
threading.Thread(target=write, daemon=True).start()
time.sleep(0.2)""",
    "forks": f"""
import os, sys, time
if not os.fork():{indent(WRITES, "    ")}
    wait = "import time; time.sleep(600)"
    os.execv(sys.executable, [sys.executable, "-c", wait, "{LEFT}"])
time.sleep(0.2)""",
}
TAKES_ITS_TIME = {
    "stops_itself": "import os\nos.kill(os.getpid(), 19)",
    "loops": "while True:\n    pass",
    "is_deaf": "import signal\nsignal.signal(2, signal.SIG_IGN)\nwhile True:\n    pass",
    "endless_series": "import itertools\nreturn itertools.count()",
    "calls_for_ever": """
while True:
    try:
        call(x)
    except BaseException:
        pass""",
}


def attacking(body: str) -> str:
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    return f"def f(x, call=None):\n    if x == 2:\n{lines}\n        return -1\n    return [x]\n"


def course_at(root: Path) -> Path:
    marks = {"grade": True, "locked": True}
    cells = [code(text, name, points=POINTS[name], **marks) for name, text in TESTS.items()]
    last = code("f(4)", "last")  # a cell of the student's own, after all
    write(root / "nbgrader_config.py", CONFIG)
    write(root / "source/01_f/f.ipynb", notebook(code(SOLVED, "f", solution=True), *cells, last))
    write(root / "tinytorch/__init__.py", '"""A course."""\n')
    write(root / "tinytorch/core/f.py", "def f(x, call=None):\n    return [x]\n")
    generate_release(root, root, ["01_f"])
    return root


MODES = [walls.NONE, walls.LANDLOCK, walls.FULL]


def graded(course: Path, mode: str, timeout: int, attacks: dict[str, str]) -> dict[str, float]:
    """What each attacker earned, between two right classmates who earned all."""
    if mode != walls.NONE and walls.fault_of(mode):
        pytest.skip(walls.fault_of(mode))
    course_at(course)
    for name in ("a_right", "z_right"):
        Student(course, name, "01_f").writes("f", RIGHT).hands_in()
    for name, body in attacks.items():
        Student(course, name, "01_f").writes("f", attacking(body)).hands_in()
    report = grade.grade(course, options=grade.Options(sandbox=mode, timeout=timeout))
    assert {o.student: o.status for o in report.outcomes if o.status != "graded"} == {}
    found = {n: s.score for n, s in scores(Course(course), "01_f").students.items()}
    assert [found.pop(name) for name in ("a_right", "z_right")] == [7, 7]
    assert subprocess.run(["pgrep", "-f", LEFT], capture_output=True).stdout == b""
    return found


@pytest.mark.parametrize("mode", MODES)
def test_what_passed_before_stays(mode, tmp_path):
    found = graded(tmp_path / "course", mode, 120, GOES_ON | ENDS)
    assert {name: found[name] for name in GOES_ON} == dict.fromkeys(GOES_ON, 5)
    # 5 where nothing came of it: the first process of a namespace hears no signal of its own.
    assert {name for name in ENDS if found[name] not in (1, 5)} == set()


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_what_takes_its_time_is_ended(mode, tmp_path):
    found = graded(tmp_path / "course", mode, 3, TAKES_ITS_TIME)
    assert {name for name in TAKES_ITS_TIME if found[name] not in (1, 5)} == set()
