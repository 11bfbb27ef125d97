"""The same grades on Dask: a scheduler and workers as processes on loopback, one of them killed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import compare
import pytest
from conftest import RIGHT, WRONG, Student, code

from tinytorch.cli import main
from tinytorch.errors import UsageError
from tinytorch.grading import grade

pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")


@pytest.fixture
def cluster(tmp_path):
    """The address of a scheduler, and the processes of its two workers."""
    where = tmp_path / "scheduler.json"
    started = []

    def start(kind: str, *words: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--no-dashboard"]
        command += ["--host", "127.0.0.1", "--scheduler-file", str(where), *words]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, cwd=tmp_path, **quiet)
        started.append(process)
        return process

    start("scheduler", "--port", "0")
    workers = [start("worker", "--nthreads", "1", "--no-nanny") for _ in range(2)]
    from distributed import Client

    for _ in range(600):
        if where.exists() and where.stat().st_size:
            break
        subprocess.run(["sleep", "0.1"], check=True)
    with Client(scheduler_file=str(where), timeout=60) as client:
        client.wait_for_workers(2, timeout=120)
        address = client.scheduler.address
    yield address, workers
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_a_killed_worker_costs_only_what_it_held(course, cluster, tmp_path, capsys):
    for n in range(12):
        student = Student(course, f"student_{n:02}").writes("add", RIGHT if n % 2 else WRONG)
        student.appends(code(f"print({n})")).hands_in()
    local = Path(shutil.copytree(course, tmp_path / "local"))
    grade.grade(local, ["01_add"])
    address, workers = cluster

    def kill_one(done: int, total: int, outcome: grade.Outcome) -> None:
        if done == 3:
            workers[0].kill()

    options = grade.Options(backend="dask", scheduler=address)
    run = grade.grade(course, ["01_add"], options=options, progress=kill_one)
    assert {outcome.status for outcome in run.outcomes} == {"graded"}
    assert len(run.outcomes) == 12
    assert compare.differences(*map(compare.gradebook_rows, (course, local))) == []
    assert compare.differences(*map(compare.notebook_outputs, (course, local))) == []

    # The same from the command line, with the worker that is left.
    words = ["grade", "01_add", "--root", str(course), "--student", "*_0[0-2]", "--force"]
    assert main([*words, "--backend", "dask", "--scheduler", address]) == 0
    assert capsys.readouterr().out.endswith("3 graded\n")
    assert compare.differences(*map(compare.gradebook_rows, (course, local))) == []


def test_without_a_scheduler_a_cluster_of_this_machine_grades(graded, alone, capsys):
    words = ["grade", "01_add", "--root", str(graded), "--force"]
    assert main([*words, "--backend", "dask", "--workers", "1"]) == 0
    assert capsys.readouterr().out.endswith("2 graded\n")
    assert compare.differences(*map(compare.gradebook_rows, (graded, alone))) == []


def test_a_scheduler_that_is_not_there_is_named(course):
    Student(course, "ada").hands_in()
    options = grade.Options(backend="dask", scheduler="tcp://127.0.0.1:1")
    with pytest.raises(UsageError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1"):
        grade.grade(course, ["01_add"], options=options)
