"""Run the code of a lesson from top to bottom, as the cells of a class's notebooks are run.

There is one definition of passing: the cells go to a fork of one of the grader's warm processes,
which executes them as ipykernel does, nbclient gathers what comes back, and nbgrader's own
function scores a test cell by it. A failing cell stops no other. The tests may run isolated, in a
process of their own, as those of a class may.

Where processes can't fork (anywhere but on Linux) a kernel runs each lesson: the same outcome,
but two seconds more for each.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from tinytorch.course.lesson import Cell, Lesson
from tinytorch.slow_imports import without_rfc3987

VERSION = 1  # raise it whenever the same cells may come out otherwise than before
TIMEOUT, DIED, STDERR, PARTIAL = "Timeout", "Died", "Stderr", "Partial"
# Failures of `tinytorch.testing` then say in their last line what gave them away.
EVIDENCE, EVIDENCE_LINE = "TINYTORCH_EVIDENCE", re.compile(r"\n?^evidence: (\{.*\})\s*\Z", re.M)
# What a graded class runs with: figures are not drawn.
GRADED = {"NBGRADER_EXECUTION": "autograde"}
DRAWING = "matplotlib.pyplot"  # lessons load it when they draw, so nobody sees them import it
# Tracebacks take most of the time of a failing cell; nobody looks at the code that they quote.
PLAIN = "--InteractiveShell.xmode=Plain"
PLACE = re.compile(r"Cell In\[(\d+)\], line (\d+)")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")

Paths = Callable[[Lesson], tuple[str, ...]]


@dataclass(frozen=True)
class Failure:
    """Why a cell failed. `ename` is the exception's type, or Timeout, Died, Stderr or Partial."""

    ename: str
    message: str
    line: int | None = None  # of the lesson file, the deepest of the traceback
    traceback: str = ""
    own_line: int | None = None  # of the cell itself, from 1: where it was when it failed
    evidence: dict | None = None  # what the test saw, where it says so


@dataclass(frozen=True)
class RunResult:
    """What came of a run: failures by the index of their cells, and the points of the rest."""

    failures: dict[int, Failure]
    points: float
    seconds: float


def run_lesson(lesson: Lesson, **options) -> RunResult:
    """Run one lesson. Options as for `run_lessons`."""
    return run_lessons([lesson], **options)[0]


def run_lessons(
    lessons: Iterable[Lesson],
    *,
    workers: int | None = None,
    timeout: float = 120,
    path: Paths = lambda lesson: (),
    only: Callable[[Cell], bool] | None = None,
    isolated: bool = False,
) -> list[RunResult]:
    """Run many lessons, or variants of one, side by side. Results are in the lessons' order.

    Args:
        workers: processes side by side; by default as many as there are processors.
        timeout: seconds for a whole lesson.
        path: says of a lesson what is to stand in front of its `sys.path`.
        only: says which of the code cells to run; all, by default.
        isolated: run the tests in a process of their own.
    """
    lessons = list(lessons)
    if not lessons:
        return []
    workers = min(workers or _processors(), len(lessons))
    with Runner(lessons, workers=workers, path=path, isolated=isolated) as runner:
        return list(runner.map(lambda x: runner.run(x, timeout=timeout, only=only), lessons))


class Runner:
    """Warm processes that run lessons side by side, for as long as the `with` block lasts.

    Args:
        lessons: those that will be run, or whose variants will: what they import is loaded once.
        workers, path, isolated: as for `run_lessons`.
        environment: variables of the runs.
    """

    def __init__(
        self,
        lessons: Iterable[Lesson] = (),
        *,
        workers: int | None = None,
        path: Paths = lambda lesson: (),
        environment: dict[str, str] | None = None,
        isolated: bool = False,
    ):
        self.workers = (workers or _processors()) if can_fork() else 1
        self.path, self.isolated = path, isolated
        self.environment = {EVIDENCE: "1", **(environment or {})}
        self._sources = {c.source for x in lessons for c in x.cells if c.kind == "code"}
        self._idle: queue.SimpleQueue = queue.SimpleQueue()
        self._ours: list = []  # the warm processes, in the order of their birth
        self._changing = threading.Lock()

    def __enter__(self) -> Runner:
        if not can_fork():
            self._idle.put([])
            return self
        each = 2 if self.isolated else 1  # warm processes that a run takes
        try:
            first = self._warm()
            # One that others were forked from runs nothing itself: a run's end would end them.
            several = self.workers * each > 1
            for _ in range(self.workers):
                self._idle.put([self._warm(first) if several else first for _ in range(each)])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        for warm in reversed(self._ours):  # the first one ends when those forked from it have
            warm.close()

    def map(self, function: Callable, items: Iterable) -> Iterator:
        """`function` of each item, in their order, as many at once as there are workers."""
        pool = ThreadPoolExecutor(self.workers)
        try:
            yield from pool.map(function, items)
        finally:
            pool.shutdown(cancel_futures=True)

    def run(
        self,
        lesson: Lesson,
        *,
        timeout: float = 120,
        only: Callable[[Cell], bool] | None = None,
        until_failure: bool = False,
    ) -> RunResult:
        """Run the code cells of a lesson, in a process of its own, when one is free.

        Args:
            until_failure: run no more cells once one has failed.
        """
        sheet = _Sheet(lesson, only, until_failure, self.isolated)
        warm = self._idle.get()
        try:
            warm = [each if each.is_alive else self._warm() for each in warm]
            began = time.perf_counter()
            with tempfile.TemporaryDirectory(prefix="tinytorch-run-") as folder:
                sheet.ended = self._run(warm, sheet, Path(folder), timeout)
            seconds = time.perf_counter() - began
        finally:
            self._idle.put(warm)
        return RunResult(sheet.failures(), sheet.points(), seconds)

    def _run(self, warm, sheet: _Sheet, folder: Path, timeout: float) -> Failure | None:
        path = self.path(sheet.lesson)
        found = os.pathsep.join(filter(None, [*path, os.environ.get("PYTHONPATH")]))
        environment = self.environment | ({"PYTHONPATH": found} if found else {})
        run = _by_fork if warm else _by_kernel
        try:
            return run(warm, sheet, folder, path, environment, timeout)
        except TimeoutError:
            return Failure(TIMEOUT, f"the lesson did not end within {timeout:g} s")

    def _warm(self, like=None):
        """Another warm process, with all loaded that the lessons import from outside."""
        from tinytorch.grading.nb.steps import kernel_arguments
        from tinytorch.grading.run.process import WarmParent

        with self._changing:
            warm = WarmParent([*kernel_arguments(), PLAIN], like=like)
            self._ours.append(warm)
        if like is None:
            warm.load(self._modules())
        return warm

    def _modules(self) -> dict[str, set[str]]:
        from tinytorch.grading.run.preload import ALWAYS, imported_modules

        found = imported_modules(self._sources)
        modules = {m: names for m, names in found.items() if m.split(".")[0] != "tinytorch"}
        drawn = any("figures" in source for source in self._sources) and not (
            GRADED.items() <= self.environment.items()
        )
        return ALWAYS | modules | ({DRAWING: set()} if drawn else {})


def can_fork() -> bool:
    """Whether the grader's warm processes work on this system."""
    return hasattr(os, "fork") and hasattr(os, "pidfd_open")


def _processors() -> int:
    return os.cpu_count() or 1


# --- One run --------------------------------------------------------------------------------


class _Sheet:
    """The cells of a run as nodes of a notebook, and what becomes of them."""

    def __init__(
        self,
        lesson: Lesson,
        only: Callable[[Cell], bool] | None,
        until_failure: bool,
        isolated: bool,
    ):
        with without_rfc3987():
            from nbformat import from_dict

        self.lesson, self.until_failure = lesson, until_failure
        self.cells = {
            index: cell
            for index, cell in enumerate(lesson.cells)
            if cell.kind == "code" and cell.source.strip() and (only is None or only(cell))
        }
        self.order = list(self.cells)
        self.given = [c.source for c in self.cells.values() if not (c.is_test or c.is_solution)]
        self.isolated = isolated
        self.apart = self._for_tests() if isolated else set()  # cells that run with the tests
        self.nodes = [from_dict(_node(cell)) for cell in self.cells.values()]
        self.done = 0  # cells that came to an end
        self.ended: Failure | None = None  # what ended the run before its last cell

    def _for_tests(self) -> set[int]:
        from tinytorch.grading.run.warm.apart.names import Given

        is_of_tools = Given(self.given).is_of_tools
        return {n for n, cell in self.cells.items() if cell.is_test or is_of_tools(cell.source)}

    @property
    def is_enough(self) -> bool:
        last = self.order[self.done - 1]
        return self.until_failure and self._failure(last, self.nodes[self.done - 1]) is not None

    def failures(self) -> dict[int, Failure]:
        found = {}
        for index, node in zip(self.order[: self.done], self.nodes, strict=False):
            failure = self._failure(index, node)
            if failure is not None:
                found[index] = failure
        for n, index in enumerate(self.order[self.done :] if self.ended else ()):
            line = self.cells[index].line if n == 0 else None
            found[index] = Failure(self.ended.ename, self.ended.message, line)
        return found

    def points(self) -> float:
        pairs = zip(self.cells.values(), self.nodes[: self.done], strict=False)
        return sum(score_of(node) for cell, node in pairs if cell.is_test)

    def _failure(self, index: int, node) -> Failure | None:
        cell = self.cells[index]
        for output in node.outputs:
            if output.output_type == "error":
                return self._error(cell, index, output)
        score = score_of(node) if cell.is_test else 0
        if score >= cell.points or not cell.is_test:
            return None
        text = "".join(o.text for o in node.outputs if o.get("name") == "stderr").strip()
        if text:
            return Failure(STDERR, text, cell.line)
        message = f"the test gives {score:g} of its {cell.points:g} points"
        return Failure(PARTIAL, message, cell.line)

    def _error(self, cell: Cell, index: int, output) -> Failure:
        message, evidence = split_evidence(output.evalue)
        traceback = COLOUR.sub("", "\n".join(output.traceback))
        places = [(int(n) - 1, int(line)) for n, line in PLACE.findall(traceback)]
        # The nth cell of the process that ran this one is In[n + 1] of tracebacks.
        order = [each for each in self.order if (each in self.apart) == (index in self.apart)]
        places = [(order[n], line) for n, line in places if n < len(order)]
        own = next((line for n, line in reversed(places) if n == index), None)
        if evidence and evidence.get("line"):
            own = evidence["line"]
            places.append((index, own))
        line = self.cells[places[-1][0]].line + places[-1][1] - 1 if places else cell.line
        return Failure(output.ename, message, line, traceback, own, evidence)


def score_of(node) -> float:
    """What nbgrader gives for a test cell that was run."""
    with without_rfc3987():
        from nbgrader.utils import determine_grade

    return determine_grade(node)[0] or 0


def split_evidence(text: str) -> tuple[str, dict | None]:
    """A message without its last line, where that is evidence; and the evidence."""
    match = EVIDENCE_LINE.search(text)
    if match:
        with contextlib.suppress(ValueError):
            return text[: match.start()], json.loads(match[1])
    return text, None


def _node(cell: Cell) -> dict:
    nbgrader = {"nbgrader": cell.nbgrader | {"points": cell.points}} if cell.nbgrader else {}
    return {"cell_type": "code", "source": cell.source, "metadata": nbgrader, "outputs": []}


def _by_fork(
    warm, sheet: _Sheet, folder: Path, path: tuple[str, ...], environment: dict, timeout: float
) -> Failure | None:
    """Run the cells in a fork of a warm process. Gives what ended it early, if anything did."""
    from tinytorch.grading.nb.steps import Execute
    from tinytorch.grading.run.process import RunDied, RunSilent, RunSpec

    gatherer = Execute(record_timing=False)  # of outputs, out of messages
    gatherer.reset_execution_trackers()
    run = None
    try:
        with _start(warm, sheet, RunSpec(folder, path, environment)) as run:
            deadline = time.monotonic() + timeout
            for number, node in enumerate(sheet.nodes):
                place = {"is_test": True} if sheet.order[number] in sheet.apart else {}
                _execute(run, gatherer, node, number, deadline, **place)
                sheet.done += 1
                if sheet.is_enough:
                    break
    except RunSilent as error:
        raise TimeoutError from error
    except RunDied:
        return _died(run and run.status)
    return None


def _start(warm: list, sheet: _Sheet, spec):
    """A run; where the tests run isolated, two."""
    from tinytorch.grading.run.pair import start_pair

    if not sheet.isolated:
        return warm[0].start(spec)
    folder = spec.folder / "tests"
    folder.mkdir()
    return start_pair((warm[0], spec), (warm[1], replace(spec, folder=folder)), sheet.given)


def _execute(run, gatherer, node, number: int, deadline: float, **place: bool) -> None:
    """Have one cell executed, and take its outputs until it is done."""
    from nbclient.exceptions import CellExecutionComplete

    request = {"code": node.source, "silent": False, "store_history": True, "allow_stdin": False}
    run.send(str(number), request | {"user_expressions": {}, "stop_on_error": False}, **place)
    reply, gatherer.clear_before_next_output = None, False
    while True:
        left = deadline - time.monotonic()
        if left < 0:
            raise TimeoutError  # it prints for ever
        message = run.next_message(left)
        if message["parent"] != str(number):
            continue  # from a thread that an earlier cell has left behind
        if message["type"] == "execute_reply":
            reply = message
            continue
        message = {
            "msg_type": message["type"],
            "header": {"msg_type": message["type"]},
            "parent_header": {"msg_id": message["parent"]},
            "content": message["content"],
            "metadata": {},
        }
        try:
            gatherer.process_message(message, node, number)
        except CellExecutionComplete:
            break
    if reply is not None:
        gatherer.on_cell_executed(cell=node, cell_index=number, execute_reply=reply)


def _by_kernel(
    _, sheet: _Sheet, folder: Path, path: tuple[str, ...], environment: dict, timeout: float
) -> Failure | None:
    """Run the cells by nbgrader's own Execute, in a kernel."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from nbformat import from_dict

    from tinytorch.grading.nb.quiet import QuietExecute
    from tinytorch.grading.run.environment import ONE_THREAD
    from tinytorch.grading.run.environment import environment as set_environment

    deadline = None

    def left(_) -> float:
        nonlocal deadline  # from the first cell on: how long a kernel takes to start says nothing
        deadline = deadline or time.monotonic() + timeout
        return max(0.01, deadline - time.monotonic())

    execute = QuietExecute(timeout_func=left, interrupt_on_timeout=False)
    nb = from_dict({"cells": sheet.nodes, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    sheet.nodes = nb.cells
    ended, whole = None, False
    with set_environment(**ONE_THREAD, **environment):
        try:
            execute.preprocess(nb, {"metadata": {"path": str(folder)}})
            whole = True
        except CellTimeoutError as error:
            raise TimeoutError from error
        except DeadKernelError:
            ended = _died(None)
        finally:
            # The cell that was running when it ended is the last that was sent.
            sheet.done = max(0, execute.code_cells_executed - (not whole))
    return ended


def _died(status: int | None) -> Failure:
    how = "" if status is None else f" with status {status}"
    return Failure(DIED, f"the process that ran it ended{how}")
