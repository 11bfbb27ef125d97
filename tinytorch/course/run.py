"""Run the code of a lesson from top to bottom, in a process of its own.

`run_lesson` starts a fresh interpreter. `run_lessons` is for hundreds of variants of a lesson:
it keeps a few warm processes, with NumPy and Matplotlib loaded, that fork for each run. Both
score a lesson as nbgrader would: a failing cell stops no other, and a test earns its points if
it raises nothing and writes nothing to stderr.

The process that runs the cells writes what came of them, one JSON line a cell, to a temporary
file, so that neither prints nor a crash can garble it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import linecache
import multiprocessing
import os
import queue
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import types
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from tinytorch.course.lesson import Cell, Lesson

# -P: a folder named tinytorch where the command runs must not hide the package.
COMMAND = [sys.executable, "-P", "-m", "tinytorch.course.run"]
# More BLAS threads than one only make parallel runs wait for each other.
ENVIRONMENT = {
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
# What lessons import from outside, the slow ones: scikit-learn takes a second.
PRELOADED = ("numpy.random", "matplotlib.pyplot", "nnfs.datasets", "sklearn.datasets")
TIMEOUT, DIED, STDERR = "Timeout", "Died", "Stderr"
SETUP = -1  # stands for the setup where else a cell's index does


@dataclass(frozen=True)
class Failure:
    """Why a cell failed. `ename` is the exception's type, or Timeout, Died or Stderr."""

    ename: str
    message: str
    line: int | None  # of the lesson file, the deepest of the traceback
    traceback: str


@dataclass(frozen=True)
class RunResult:
    """What came of a run: failures by the index of their cells, and the points of the rest."""

    failures: dict[int, Failure]
    points: float
    seconds: float


def run_lesson(
    lesson: Lesson,
    *,
    timeout: float = 120,
    setup: str = "",
    only: Callable[[Cell], bool] | None = None,
) -> RunResult:
    """Run the code cells of a lesson in a fresh Python process.

    Args:
        timeout: seconds for the whole lesson.
        setup: code to run first, in the namespace of the cells.
        only: says which of the code cells to run; all, by default.

    Raises:
        RuntimeError: the setup failed.
    """
    return _run(lesson, _start_fresh, timeout, setup, only)


def run_lessons(
    lessons: Iterable[Lesson],
    *,
    workers: int | None = None,
    timeout: float = 120,
    setup: str = "",
    only: Callable[[Cell], bool] | None = None,
) -> list[RunResult]:
    """Run many lessons, or variants of one, side by side. Results are in the lessons' order."""
    lessons = list(lessons)
    if not lessons:
        return []
    if not hasattr(os, "fork"):
        return [run_lesson(lesson, timeout=timeout, setup=setup, only=only) for lesson in lessons]
    workers = min(workers or os.cpu_count() or 1, len(lessons))
    idle: queue.SimpleQueue[WarmProcess] = queue.SimpleQueue()

    def run(lesson: Lesson) -> RunResult:
        warm = idle.get()
        try:
            return _run(lesson, warm.start, timeout, setup, only)
        finally:
            idle.put(warm)

    with contextlib.ExitStack() as stack:
        for _ in range(workers):
            idle.put(stack.enter_context(WarmProcess()))
        return list(stack.enter_context(ThreadPoolExecutor(workers)).map(run, lessons))


# --- The side that asks for a run -----------------------------------------------------------


def _run(
    lesson: Lesson,
    start: Callable[[dict], int | None],
    timeout: float,
    setup: str,
    only: Callable[[Cell], bool] | None,
) -> RunResult:
    """Have `start` run a lesson; it returns an exit status, or None where time ran out."""
    cells = {
        index: cell
        for index, cell in enumerate(lesson.cells)
        if cell.kind == "code" and (only is None or only(cell))
    }
    with tempfile.TemporaryDirectory(prefix="tinytorch-run-") as folder:
        report = Path(folder, "report.jsonl")
        job = {
            "path": str(lesson.path),
            "setup": setup,
            "cells": [[i, cell.source, cell.line, cell.is_test] for i, cell in cells.items()],
            "timeout": timeout,
            "report": str(report),
        }
        began = time.perf_counter()
        status = start(job)
        seconds = time.perf_counter() - began
        records = _read_report(report)
    failures = {**_unfinished(cells, records, status, timeout), **_failures(records)}
    points = sum(c.points for i, c in cells.items() if c.is_test and i not in failures)
    return RunResult(dict(sorted(failures.items())), points, seconds)


def _read_report(report: Path) -> dict[int, dict | None]:
    """What became of each cell that came to an end: None, or its failure."""
    text = report.read_text(encoding="utf-8") if report.exists() else ""
    # A killed process may leave half a line behind.
    lines = [line for line in text.splitlines(keepends=True) if line.endswith("\n")]
    return dict(map(json.loads, lines))


def _failures(records: dict[int, dict | None]) -> dict[int, Failure]:
    failures = {index: Failure(**failure) for index, failure in records.items() if failure}
    if SETUP in failures:
        raise RuntimeError(f"the setup of the run failed:\n{failures[SETUP].traceback}")
    return failures


def _unfinished(
    cells: dict[int, Cell], records: dict, status: int | None, timeout: float
) -> dict[int, Failure]:
    """The failures of the cells that never came to an end; the first names its line."""
    ename, message = TIMEOUT, f"the lesson did not end within {timeout:g} s"
    if status is not None:
        ename, message = DIED, f"the process that ran it ended with status {status}"
    missing = [index for index in cells if index not in records]
    return {
        index: Failure(ename, message, cells[index].line if index == missing[0] else None, "")
        for index in missing
    }


def _start_fresh(job: dict) -> int | None:
    try:
        return subprocess.run(
            COMMAND,
            input=json.dumps(job).encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **ENVIRONMENT},
            timeout=job["timeout"],
        ).returncode
    except subprocess.TimeoutExpired:
        return None


class WarmProcess:
    """A process that has loaded NumPy and Matplotlib and forks for each job."""

    def __enter__(self) -> WarmProcess:
        self.process = subprocess.Popen(
            [*COMMAND, "--warm"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **ENVIRONMENT},
            encoding="utf-8",
        )
        return self

    def start(self, job: dict) -> int | None:
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        reply = self.process.stdout.readline()
        if not reply:
            raise RuntimeError("a warm process ended before its jobs did")
        return json.loads(reply)

    def __exit__(self, *_) -> None:
        # The end of its input ends the process.
        self.process.communicate()


# --- The side that runs the cells -----------------------------------------------------------


def _serve() -> None:
    """Be a warm process: a line of JSON in, the exit status of a fork out."""
    for module in PRELOADED:  # so that no fork has to load them
        with contextlib.suppress(ImportError):
            importlib.import_module(module)

    gc.freeze()  # else the first collection in a fork would copy every page
    for line in sys.stdin:
        print(json.dumps(_fork(json.loads(line))), flush=True)


def _fork(job: dict) -> int | None:
    child = multiprocessing.get_context("fork").Process(target=_run_alone, args=(job,))
    child.start()
    try:
        child.join(job["timeout"])
        return child.exitcode  # None while it runs
    finally:
        if child.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)  # with whatever it has started
            child.kill()
            child.join()


def _run_alone(job: dict) -> None:
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    _run_cells(job)
    os._exit(0)  # wait for no thread that a cell has left behind


def _run_cells(job: dict) -> None:
    """Run the cells of a job and write down what becomes of each as soon as it is known."""
    # Dataclasses and pickle look names up in the module that a class says it is from.
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    _quote_cells(job)
    with open(job["report"], "w", encoding="utf-8") as report:
        for index, source, line, is_test in [[SETUP, job["setup"], 1, False], *job["cells"]]:
            path = "<setup>" if index == SETUP else job["path"]
            failure = _run_cell(path, source, line, is_test, vars(module))
            report.write(json.dumps([index, failure and asdict(failure)]) + "\n")
            report.flush()
            if index == SETUP and failure:
                break


def _quote_cells(job: dict) -> None:
    """Let tracebacks quote the cells that run: those of a variant stand in no file."""
    lines: list[str] = []
    for _, source, line, _ in job["cells"]:
        del lines[line - 1 :]
        lines += ["\n"] * (line - 1 - len(lines))
        lines += [text + "\n" for text in source.split("\n")]
    linecache.cache[job["path"]] = (0, None, lines, job["path"])


def _run_cell(path: str, source: str, line: int, is_test: bool, namespace: dict) -> Failure | None:
    with contextlib.redirect_stderr(io.StringIO()) as stderr:
        try:
            # The blank lines make the numbers of the cell's lines those of the file.
            exec(compile("\n" * (line - 1) + source, path, "exec", dont_inherit=True), namespace)
        except BaseException as error:  # a cell may call exit()
            return _failure(error, path)
    # nbgrader gives a test that writes to stderr, by a warning say, no points.
    if is_test and stderr.getvalue():
        return Failure(STDERR, stderr.getvalue().strip(), line, "")
    return None


def _failure(error: BaseException, path: str) -> Failure:
    tb = error.__traceback__.tb_next  # the first frame is _run_cell's own
    lines = [line for frame, line in traceback.walk_tb(tb) if frame.f_code.co_filename == path]
    if isinstance(error, SyntaxError) and error.filename == path:
        lines = [error.lineno]
    text = "".join(traceback.format_exception(type(error), error, tb))
    return Failure(type(error).__name__, str(error), lines[-1] if lines else None, text)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        if sys.argv[1:] == ["--warm"]:
            _serve()
        else:
            _run_cells(json.load(sys.stdin))
