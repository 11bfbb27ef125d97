"""Walls keep nothing from honest work, and cost a run nothing that was loaded beforehand."""

from __future__ import annotations

import json

import pytest
from conftest import RIGHT, Student, code

from tinytorch.errors import UsageError
from tinytorch.grading import grade
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.scores import scores
from tinytorch.grading.nb.steps import kernel_arguments
from tinytorch.grading.run import walls
from tinytorch.grading.run.process import WarmParent

MODES = [walls.FULL, walls.LANDLOCK, walls.NONE]
HONEST = {
    "magic": "%timeit -n 1 -r 1 sum([1])",
    "command": "!echo from a shell",
    "subprocess": "import subprocess, sys\n"
    "print(subprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True, text=True)"
    ".stdout)",
    "threads": "from concurrent.futures import ThreadPoolExecutor\n"
    "print(list(ThreadPoolExecutor(4).map(abs, [-1, 2])))",
    "processes": "import multiprocessing\n"
    "with multiprocessing.get_context('fork').Pool(2) as pool:\n    print(pool.map(abs, [-1, 2]))",
    "files": "import pathlib\npathlib.Path('notes.txt').write_text('mine')\n"
    "print(pathlib.Path('notes.txt').read_text())",
    "temporary": "import tempfile\nwith tempfile.NamedTemporaryFile('w+') as file:\n"
    "    print(file.write('x'))",
    "home": "import pathlib\n(pathlib.Path.home() / '.own').write_text('x')\nprint('kept')",
    "copies": "import shutil, pathlib\npathlib.Path('a').write_text('a')\n"
    "print(shutil.copy2('a', 'b'))",
    "plot": "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint('drawn')",
    "awaits": "import asyncio\nawait asyncio.sleep(0)\nprint('awaited')",
    "database": "import sqlite3\nwith sqlite3.connect('own.db') as db:\n"
    "    print(db.execute('select 1').fetchall())",
    "parallel": "from joblib import Parallel, delayed\n"
    "print(Parallel(n_jobs=2)(delayed(abs)(n) for n in (-1, 2)))",
    "widget": "import ipywidgets\nprint(ipywidgets.IntSlider(3).value)",
    "who": "import getpass, os\nprint(bool(getpass.getuser()), os.cpu_count() > 0)",
}


def wanted(mode: str) -> str:
    fault = "" if mode == walls.NONE else walls.fault_of(mode)
    if fault:
        pytest.skip(fault)
    return mode


@pytest.mark.parametrize("mode", MODES)
def test_honest_work_is_done_behind_walls_as_without(course, mode):
    for name, cell in HONEST.items():
        if name in ("parallel", "processes") and mode == walls.LANDLOCK:
            continue  # there is no shared memory there
        cells = code(cell, ""), code("print('went on')")
        Student(course, name).writes("add", RIGHT).appends(*cells).hands_in()
    options = grade.Options(sandbox=wanted(mode), timeout=60)
    run = grade.grade(course, ["01_add"], options=options)
    assert {outcome.reason for outcome in run.outcomes} == {""} and run.walls == mode
    for name, score in scores(Course(course), "01_add").students.items():
        path = course / "autograded" / name / "01_add/add.ipynb"
        outputs = json.loads(path.read_text())["cells"][-2]["outputs"]
        kinds = {output.get("name", output["output_type"]) for output in outputs}
        assert outputs and not {"error", "stderr"} & kinds, (name, outputs)
        assert score.score == 6, name


@pytest.mark.parametrize("mode", MODES)
def test_importing_behind_walls_says_no_more_than_without(mode):
    with walls.Enclosure(walls.Walls(wanted(mode))) as enclosure:
        warm = WarmParent(kernel_arguments(), enclosure)
        warm.load({"sklearn.metrics": [], "matplotlib.pyplot": []})
        assert warm.stands_in_the_way([]) == (False, set())
        warm.close()


def test_where_there_are_no_walls_grading_refuses(course, monkeypatch):
    Student(course, "ada").writes("add", RIGHT).hands_in()
    monkeypatch.setattr(walls, "fault_of", lambda mode: "not here")
    with pytest.raises(UsageError, match=r"tinytorch doctor.*--sandbox none"):
        grade.grade(course, ["01_add"], options=grade.Options(sandbox=walls.AUTO))
    done = grade.grade(course, ["01_add"], options=grade.Options(sandbox=walls.ANY))
    assert done.walls == walls.NONE and done.with_status("graded")
