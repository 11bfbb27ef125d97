"""The engine's rows and outputs are stock nbgrader's, on courses that use what nbgrader offers."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import compare
import pytest
from conftest import Student, code, files_beside, nbgrader, notebook, text, write

from tinytorch.grading import grade

pytestmark = pytest.mark.slow

CONFIG = """
from late import PointAnHour

c = get_config()
c.CourseDirectory.course_id = "foreign"
c.CourseDirectory.submitted_directory = "handed_in"
c.CourseDirectory.autograded_directory = "marked"
c.Execute.timeout = 15
c.AssignLatePenalties.plugin_class = PointAnHour
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = "harmless"
c.LimitOutput.max_lines = 50
c.Autograde.exclude_overwriting = {"ps1": ["own.py"]}
"""
LATE = """
from nbgrader.plugins import BasePlugin


class PointAnHour(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return total_seconds_late / 3600
"""
TEST = {"grade": True, "locked": True}
FIRST = notebook(
    text("# Problem set"),
    code("import helper\nimport numpy as np\nimport matplotlib.pyplot as plt"),
    code("### BEGIN SOLUTION\ndef f(x):\n    return 2 * x\n### END SOLUTION", "f", solution=True),
    code("assert f(2) == 4", "test_f", points=2, **TEST),
    code(
        "### BEGIN HIDDEN TESTS\nassert f(-1) == -2\n### END HIDDEN TESTS", "hid", points=1, **TEST
    ),
    code("sum(f(i) == 2 * i for i in range(4))", "partial", points=4, **TEST),
    code("helper.check(f)", "test_helper", points=1, **TEST),
    text(
        "### BEGIN SOLUTION\nBecause.\n### END SOLUTION", "why", points=3, grade=True, solution=True
    ),
    text(
        "Draw it.\n=== BEGIN MARK SCHEME ===\nx\n=== END MARK SCHEME ===",
        "draw",
        points=2,
        task=True,
        locked=True,
    ),
)
SECOND = notebook(
    code("### BEGIN SOLUTION\ng = 3\n### END SOLUTION", "g", points=2, solution=True, grade=True),
    code("import own\nassert own.value == g", "test_own", points=5, **TEST),
)
# Whatever a cell may do; each is run by both graders, and what it leaves must be the same. Some
# sleep: ipykernel hears a little late of what another process, or a descriptor, writes.
CELLS = """
1 + 1
print("a"); import sys; print("b", file=sys.stderr); print("c")
1 / 0
helper.check(lambda x: 1 / 0)
import os; os.system("echo low"); import time; time.sleep(0.5); print("high")
!echo bang
import subprocess; subprocess.run(["sh", "-c", "echo out; echo more; sleep 0.5"]);
import asyncio; await asyncio.sleep(0.01); "awaited"
async def one(): return 1\\n(await one()) + 1
plt.plot([1, 2, 3]); plt.title("A figure")
fig, ax = plt.subplots(figsize=(2, 2)); ax.bar([1, 2], [3, 4]); plt.show(); print("after")
from IPython.display import *; display(HTML("<b>x</b>"), Markdown("*y*"), Latex("$z$"))
handle = display("first", display_id="d"); print("between"); handle.update("second")
print("gone"); clear_output(); print("left")
print("kept for now"); clear_output(wait=True); print("instead")
input("name? ")
import getpass; getpass.getpass()
import sys; sys.exit(3)
raise SystemExit("bye")
def deep(n): return deep(n + 1)\\ndeep(0)
try:\\n    {}["k"]\\nexcept KeyError as error:\\n    raise ValueError("chained") from error
def unfinished(:
  indented = 1
import warnings; warnings.warn("careful")
import sys; print("harmless noise", file=sys.stderr)
for i in range(200): print("line", i)
print("x" * 100_000)
np.arange(6).reshape(2, 3)
f
class Point:\\n    def _repr_html_(self): return "<i>p</i>"\\nPoint()
class Bad:\\n    def __repr__(self): raise TypeError("no repr")\\nBad()
In[-1], Out.get(1), _, __name__
%%time\\nNone
%whos
f?
assert False, "a message"
assert f(1) == [1, 2, 3]
import logging; logging.warning("logged")
x = 5;
x;
import threading; t = threading.Thread(target=lambda: print("thread")); t.start(); t.join()
import os, sys; print(sys.path[0:1] == [""], "" in sys.path, os.path.basename(os.getcwd()))
print(os.environ["NBGRADER_EXECUTION"], os.environ["MPLBACKEND"])
open("made.txt", "w").write("by a cell")
from multiprocessing import get_context as c; c("fork").Process(target=print).start(); time.sleep(1)
np.array([1.0]) / 0
raise ExceptionGroup("both", [ValueError(1), TypeError(2)])
print("\\x1b[31mred\\x1b[0m", end=""); print("\\rback")
while True: pass
import time; print("slept"); time.sleep(60)
"after the interrupts"
"""


def odd_cells() -> list[dict]:
    lines = [line for line in CELLS.splitlines() if line]
    # Timings are no outputs to compare, and object listings are in the order of memory.
    lines = [line for line in lines if not line.startswith(("%%time", "%whos"))]
    return [code(line.replace("\\n", "\n")) for line in lines]


def write_foreign_course(root: Path) -> Path:
    write(root / "nbgrader_config.py", CONFIG)
    write(root / "late.py", LATE)
    write(root / "source/ps1/first.ipynb", FIRST)
    write(root / "source/ps1/second.ipynb", SECOND)
    write(root / "source/ps1/helper.py", "def check(f):\n    assert f(3) == 6, 'not six'\n")
    write(root / "source/ps1/own.py", "value = 0\n")
    write(root / "source/ps1/data/numbers.txt", "1 2 3\n")
    nbgrader(root, "db", "assignment", "add", "ps1", "--duedate=2026-01-01 12:00:00 UTC")
    nbgrader(root, "generate_assignment", "ps1")
    right = "def f(x):\n    return 2 * x"

    def student(name: str, f: str = right, notebooks: tuple[str, ...] = ("first", "second")):
        made = [Student(root, name, "ps1", stem, folder="handed_in") for stem in notebooks]
        made[0].writes("f", f)
        return made

    def hand_in(made: list[Student], when: str = "") -> None:
        for one in made:
            path = one.hands_in()
        write(path.with_name("own.py"), "value = 7\n")
        write(path.with_name("helper.py"), "def check(f):\n    pass\n")
        if when:
            write(path.with_name("timestamp.txt"), when)

    hand_in(student("right"), "2026-01-01 11:00:00 UTC")
    wrong = student("wrong", "def f(x):\n    return 2 * abs(x)")
    wrong[0].writes("why", "I think so.")
    wrong[1].writes("g", "g = 7")
    hand_in(wrong, "2026-01-01 13:30:00 UTC")
    hand_in(student("very_late", right), "2026-02-01 13:30:00 UTC")
    hand_in(student("untouched", "raise NotImplementedError()"))
    hand_in(student("one_only", right, ("first",)))
    edited = student("edited")
    edited[0].writes("test_f", "pass")
    edited[0].cells.remove(edited[0].cell("hid"))
    hand_in(edited)
    odd = student("odd")
    odd[0].appends(*odd_cells())
    hand_in(odd)
    return root


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> tuple[Path, Path]:
    """The same course graded by us, and by stock nbgrader."""
    ours = write_foreign_course(tmp_path_factory.mktemp("foreign") / "course")
    theirs = Path(shutil.copytree(ours, ours.parent.parent / "stock" / "course"))
    run = grade.grade(ours, ["ps1"])
    assert not run.with_status("failed"), run.outcomes
    nbgrader(theirs, "autograde", "ps1")
    return ours, theirs


def test_the_rows_of_a_foreign_course_are_stocks(both):
    assert compare.differences(*map(compare.gradebook_rows, both)) == []
    rows = compare.gradebook_rows(both[0])
    assert len(rows["submitted_assignment"]) == 7
    penalties = {row[0]: row[4] for row in rows["submitted_notebook"] if row[2] == "first"}
    assert penalties["wrong"] == 1.5 and penalties["right"] is None


def test_the_outputs_of_a_foreign_course_are_stocks(both):
    assert compare.differences(*map(compare.notebook_outputs, both)) == []


def test_the_files_beside_the_notebooks_are_stocks(both):
    ours, theirs = (files_beside(root / "marked") for root in both)
    assert ours == theirs
    assert ours["right/ps1/own.py"] == b"value = 7\n"
    assert ours["odd/ps1/made.txt"] == b"by a cell"


def test_nbgraders_export_of_our_gradebook_is_that_of_its_own(both):
    tables = []
    for root in both:
        nbgrader(root, "export", "--to=grades.csv")
        # Its order is that in which the rows were made: with two workers, any.
        tables.append(sorted((root / "grades.csv").read_text().splitlines()))
    assert tables[0] == tables[1]
    with (both[0] / "grades.csv").open(newline="") as file:
        scores = {row["student_id"]: float(row["raw_score"]) for row in csv.DictReader(file)}
    assert len(scores) == 7 and scores["untouched"] == 0 < scores["right"]


def test_nbgraders_feedback_on_our_notebooks_is_that_on_its_own(both):
    found = []
    for root in both:
        nbgrader(root, "generate_feedback", "ps1", "--student=[rwe]*")
        paths = sorted(root.glob("feedback/*/ps1/*.html"))
        pages = {path.relative_to(root).as_posix(): steady(path, root) for path in paths}
        found.append(pages)
    assert list(found[0]) == [
        f"feedback/{student}/ps1/{stem}.html"
        for student in ("edited", "right", "wrong")
        for stem in ("first", "second")
    ]
    assert found[0] == found[1]


def steady(path: Path, root: Path) -> str:
    """A page without what differs from run to run, and without cells' ids: nobody sees these."""
    text = re.sub(r'id="cell-id=[^"]*"', "", path.read_text())
    return compare.ADDRESS.sub("0xADDRESS", text).replace(str(root), "ROOT")
