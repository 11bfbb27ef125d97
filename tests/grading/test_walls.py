"""Walls keep nothing from honest work, and cost a run nothing that was loaded beforehand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import RIGHT, Student, code, neighbours, write
from without import CANNOT

from tinytorch.errors import UsageError
from tinytorch.grading import grade
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.scores import scores
from tinytorch.grading.nb.steps import kernel_arguments
from tinytorch.grading.run import advice, walls
from tinytorch.grading.run.process import WarmParent

ROOT = Path(__file__).parents[2]
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


# --- On poorer machines -------------------------------------------------------------------


def on_a_machine_without(what: str, *words: str) -> subprocess.CompletedProcess:
    """Run our command where the kernel refuses something; skip the test where that can't be had."""
    if sys.platform != "linux" or (what == "ids" and os.geteuid() != 0):
        pytest.skip("only Linux can be told to refuse that, or only root can")
    without = Path(__file__).with_name("without.py")
    command = [sys.executable, without, what, sys.executable, "-m", "tinytorch", *words]
    # As a user has it: this project's own tests say otherwise.
    env = os.environ | {"TINYTORCH_SANDBOX": "", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode == CANNOT:
        pytest.skip(f"this machine can't be without {what}: {done.stderr}")
    return done


def test_where_namespaces_are_refused_landlock_grades_the_same(course, alone):
    wanted(walls.LANDLOCK)
    neighbours(course)
    done = on_a_machine_without("namespaces", "grade", "01_add", "--root", str(course))
    assert done.returncode == 0 and "walls around students' code: landlock" in done.stdout
    students = [scores(Course(root), "01_add").students for root in (course, alone)]
    first, second = ({name: score.score for name, score in found.items()} for found in students)
    assert first == second


def test_doctor_says_what_forbids_namespaces():
    wanted(walls.FULL)
    done = on_a_machine_without("namespaces", "doctor")
    assert done.stdout.startswith("full      no: bwrap: ")
    assert "For a container around students' code, " in done.stdout
    assert done.returncode == (1 if walls.fault_of(walls.LANDLOCK) else 0)


@pytest.mark.parametrize(
    ("what", "told"), [("landlock", "needs Landlock"), ("seccomp", "takes no seccomp filter")]
)
def test_where_nothing_keeps_code_in_grading_refuses_and_says_how_to_go_on(what, told, course):
    neighbours(course)
    done = on_a_machine_without(what, "grade", "01_add", "--root", str(course))
    assert done.returncode == 2 and done.stdout == ""
    assert told in done.stderr and "doctor" in done.stderr and "--sandbox none" in done.stderr
    assert not Course(course).journal.exists()
    done = on_a_machine_without(what, "doctor")
    assert done.returncode == 1
    assert done.stdout.count(told) == 2 and "--sandbox none" in done.stdout.replace("\n", " ")
    assert what != "landlock" or "All walls need Landlock" in done.stdout


@pytest.mark.parametrize("mode", [walls.FULL, walls.LANDLOCK])
def test_root_of_a_container_with_few_ids_has_walls_too(mode, course):
    wanted(mode)
    neighbours(course)
    words = ["grade", "01_add", "--root", str(course), "--sandbox", mode]
    done = on_a_machine_without("ids", *words)
    assert f"walls around students' code: {mode}" in done.stdout, done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("known", "among"),
    [
        ([range(2**32)], walls.UNUSED[0]),
        ([range(65_536)], walls.UNUSED[1]),
        ([range(1), range(1, 65_536)], walls.UNUSED[1]),
        ([range(1)], [None]),
        ([range(20_000), range(40_000, 65_536)], [None]),
    ],
)
def test_the_user_of_a_run_is_one_that_the_container_knows(known, among, monkeypatch):
    monkeypatch.setattr(walls, "_ids_known", lambda file: known)
    assert walls._unused_id() in among


def test_what_cannot_be_had_is_a_fault_and_leaves_no_folder(monkeypatch, tmp_path):
    def refuses(*words, **options):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(walls.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(walls, "_new_user", lambda mode: 12345)
    monkeypatch.setattr(walls.os, "chown", refuses)
    monkeypatch.setattr(walls, "landlock_version", lambda: 9)
    for mode in (walls.FULL, walls.LANDLOCK):
        assert walls.fault_of.__wrapped__(mode)
    assert not list(tmp_path.iterdir())


def test_root_who_stays_root_sees_no_process_of_the_grader(monkeypatch):
    """As where only root may read Python's folder."""
    wanted(walls.FULL)
    monkeypatch.setattr(walls, "_new_user", lambda mode: None)
    with walls.Enclosure(walls.Walls(walls.FULL)) as enclosure:
        command = enclosure.command("0")
        start = command.index("--") + 1
        guard = json.loads(command[start + 2])
        seen = f"""
import os, sys
sys.path.insert(0, {walls.WARM_INSIDE!r} + "/..")
from warm.guard import Guard
guard = Guard(**{guard!r})
pid = guard.fork()
if pid == 0:
    guard.confine({enclosure.inside(enclosure.new_run())!r}, {{}})
    print([int(name) for name in os.listdir("/proc") if name.isdigit()])
    sys.stdout.flush()
    os._exit(0)
os.waitpid(pid, 0)
"""
        command[start + 1 :] = ["-c", seen]
        env = enclosure.environment
        done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.stdout.split() == ["[1]"], done.stderr


def test_walls_that_nobody_knows_are_refused_by_name(monkeypatch):
    with pytest.raises(UsageError, match=r"'foo'.*TINYTORCH_SANDBOX know auto, full, landlock"):
        walls.find("foo")
    monkeypatch.setenv("TINYTORCH_SANDBOX", "")
    assert grade.Options().wanted_walls == walls.AUTO


# --- What doctor says of them --------------------------------------------------------------

SOUND = {walls.FULL: "", walls.LANDLOCK: ""}


def told_of(monkeypatch, wanted: str, faults: dict[str, str], of_libraries: str = "") -> str:
    monkeypatch.setattr(walls, "fault_of", faults.get)
    monkeypatch.setattr(walls, "root_stays_root", lambda mode: False)
    return "\n".join(advice.advice(wanted, faults, of_libraries))


def test_doctor_says_what_the_variable_makes_of_it(monkeypatch):
    assert told_of(monkeypatch, walls.AUTO, SOUND) == advice.DOES[walls.FULL]
    assert "without walls" in told_of(monkeypatch, walls.NONE, SOUND)
    assert "SANDBOX is set: none" in told_of(monkeypatch, walls.NONE, SOUND)
    assert "nbgrader's own driver" in told_of(monkeypatch, walls.ANY, SOUND, "of IPython")
    assert "refuses" in told_of(monkeypatch, walls.AUTO, SOUND, "of IPython")
    assert "'foo'" in told_of(monkeypatch, "foo", SOUND)


@pytest.mark.skipif(sys.platform != "linux", reason="the settings are Linux's")
def test_doctor_names_the_setting_that_forbids_namespaces(monkeypatch, tmp_path):
    monkeypatch.setattr(advice, "SYSCTL", tmp_path)
    monkeypatch.setattr(advice.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(advice.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(walls, "landlock_version", lambda: 9)
    faults = SOUND | {walls.FULL: "bwrap: no"}
    assert "No setting of the kernel" in told_of(monkeypatch, walls.AUTO, faults)
    for name, forbids, _, allows in advice.SETTINGS:
        write(tmp_path / name, f"{forbids}\n")
        assert f"allows namespaces: {allows}." in told_of(monkeypatch, walls.AUTO, faults)
        write(tmp_path / name, "1\n" if forbids == "0" else "0\n")


def test_doctor_says_where_root_stays_root(monkeypatch):
    monkeypatch.setattr(walls, "fault_of", SOUND.get)
    monkeypatch.setattr(walls, "root_stays_root", lambda mode: True)
    assert advice.AS_ROOT in advice.advice(walls.AUTO, SOUND, "")


@pytest.mark.parametrize("mode", [walls.FULL, walls.LANDLOCK])
def test_nobody_is_made_to_wait_for_a_file_or_told_of_it(course, mode):
    """A lease on a file of one's user, Python's own perhaps, holds up whoever opens it for the
    better part of a minute, and is granted without a right to write."""
    tries = (
        "import fcntl, os, signal\n"
        "signal.signal(signal.SIGIO, signal.SIG_IGN)\n"
        "file = os.open('own', os.O_RDONLY | os.O_CREAT)\n"
        "folder = os.open('.', os.O_RDONLY)\n"
        "for thing, ask, what in ((file, fcntl.F_SETLEASE, fcntl.F_WRLCK),\n"
        "                         (folder, fcntl.F_NOTIFY, fcntl.DN_CREATE)):\n"
        "    try:\n        fcntl.fcntl(thing, ask, what)\n"
        "    except PermissionError:\n        continue\n"
        "    raise SystemError('it was granted')\n"
    )
    Student(course, "ada").writes("add", tries + RIGHT).hands_in()
    grade.grade(course, ["01_add"], options=grade.Options(sandbox=wanted(mode)))
    assert scores(Course(course), "01_add").students["ada"].score == 6
