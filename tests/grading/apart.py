"""A lesson's cells run in one process, and with its tests in a process of their own."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import linecache
import os
import socket
import sys
import types
from collections.abc import Callable, Sequence
from multiprocessing import get_context

from tinytorch.course.lesson import Cell
from tinytorch.grading.run.warm.apart.names import Given
from tinytorch.grading.run.warm.apart.student import Student
from tinytorch.grading.run.warm.apart.tests import Tests

Outcome = dict[str, str | None]  # what each test raised, by grade_id

_forks = get_context("fork")


def together(cells: Sequence[Cell], folder: str) -> Outcome:
    """What the tests say where they run in the student's process."""
    return _in_fork(lambda: _run_together(cells, folder))


def apart(cells: Sequence[Cell], given: Sequence[str], folder: str) -> Outcome:
    """What they say in a process of their own.

    Args:
        given: the cells that no student writes.
        folder: stands in front of `sys.path`.
    """
    theirs, ours = socket.socketpair()
    turn, other_turn = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    student = _forks.Process(target=_run_student, args=(cells, folder, theirs, turn))
    student.start()
    theirs.close()
    turn.close()
    try:
        return _in_fork(lambda: _run_tests(cells, given, folder, ours, other_turn))
    finally:
        ours.close()
        other_turn.close()
        student.join(20)
        student.kill()


def _in_fork(job: Callable[[], Outcome]) -> Outcome:
    mine, its = _forks.Pipe(duplex=False)

    def run() -> None:
        its.send_bytes(json.dumps(job()).encode())

    process = _forks.Process(target=run)
    process.start()
    its.close()
    try:
        return json.loads(mine.recv_bytes())
    finally:
        process.join(20)
        process.kill()


def _run_together(cells: Sequence[Cell], folder: str) -> Outcome:
    names = _notebook(folder)
    said = {}
    for cell in cells:
        raised = _execute(cell.source, names)
        if cell.is_test:
            said[cell.grade_id] = raised
    return said


def _run_student(cells: Sequence[Cell], folder: str, sock, turn) -> None:
    names = _notebook(folder)
    student = Student(sock, names)
    for number, cell in enumerate(cells):
        if not cell.is_test:
            _execute(cell.source, names)
            continue
        turn.send(str(number).encode())
        student.serve()
        if not turn.recv(1):
            return


def _run_tests(cells, given: Sequence[str], folder: str, sock, turn) -> Outcome:
    names = _notebook(folder)
    lesson = Given(given)
    tests = Tests(sock, names, lesson)
    lesson.open(names)
    said = {}
    while number := turn.recv(100):
        cell = cells[int(number)]
        tests.begin(cell.source)
        said[cell.grade_id] = _execute(cell.source, names)
        tests.end()
        turn.send(b"1")
    return said


def _notebook(folder: str) -> dict:
    """The names of a new notebook, of which nothing is to be seen on the terminal."""
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    for name in [name for name in sys.modules if name.split(".")[0] == "tinytorch"]:
        if not name.startswith("tinytorch.grading"):
            del sys.modules[name]
    sys.path.insert(0, folder)
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    os.environ["NBGRADER_EXECUTION"] = "autograde"
    return vars(module)


def _execute(source: str, names: dict) -> str | None:
    """Run a cell: what it raised, or None."""
    file = f"/tmp/ipykernel_1/{hashlib.sha256(source.encode()).hexdigest()[:10]}.py"
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    with contextlib.suppress(SystemExit):
        try:
            exec(compile(source, file, "exec"), names)
        except BaseException as error:
            return f"{type(error).__name__}: {error}"
    return None
