"""Run a saved notebook as grading does, and say what each exercise has earned.

The notebook is run from top to bottom in a kernel of its own, on the student's own modules, with
the locked tests as they were handed out. Nothing is written into it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tinytorch.modules import parsed_names
from tinytorch.testing.diagnosis import lesson_table
from tinytorch.workspace.notebooks import (
    Cell,
    Differences,
    Notebook,
    compare,
    graded_form,
    read_notebook,
    read_release,
)
from tinytorch.workspace.pace import SLOW
from tinytorch.workspace.place import WORKSPACE, Lesson, Workspace

PASSED, FAILED, UNWRITTEN, BLOCKED = "passed", "failed", "not written", "blocked"
TIMEOUT = 120  # seconds for one cell: then it is interrupted
GRACE = 15  # seconds more, for a cell that goes on in spite of that: then the process is ended
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
LEANS = "this leans on"  # how a test says that another exercise is to be mended first
PLACE = re.compile(r"\((?:ipykernel_\d+\W)?\d+\.py, (line \d+)\)")
STREAM = "wrote to the error stream, for which grading gives no points: "


@dataclass(frozen=True)
class Test:
    """What came of a test."""

    grade_id: str
    says: str
    points: float
    earned: float
    message: str = ""  # why it failed


@dataclass(frozen=True)
class Exercise:
    """What came of an exercise."""

    grade_id: str
    name: str
    section: str
    tests: tuple[Test, ...]
    is_written: bool
    raised: str = ""  # what its own cell raised
    blocked_by: tuple[str, ...] = ()  # names of exercises that are not right yet

    @property
    def points(self) -> float:
        return sum(test.points for test in self.tests)

    @property
    def earned(self) -> float:
        return sum(test.earned for test in self.tests)

    @property
    def state(self) -> str:
        if self.earned == self.points:
            return PASSED
        if not self.is_written:
            return UNWRITTEN
        leans = self.blocked_by and any(LEANS in test.message for test in self.tests)
        return BLOCKED if leans and not self.is_broken else FAILED

    @property
    def is_broken(self) -> bool:
        """Whether its own cell can't be run."""
        return bool(self.raised) and not self.raised.startswith("NotImplementedError")


@dataclass(frozen=True)
class Checked:
    """What came of a notebook."""

    lesson: Lesson
    exercises: tuple[Exercise, ...]
    questions: dict[str, float]  # points of what a person will read, by grade_id
    answered: tuple[str, ...]  # those of them that were written
    differences: Differences
    broken: tuple[tuple[str, str], ...]  # cells that are no tests, and what they raised
    again: tuple[str, ...]  # exercises whose name another cell, further down, defines again
    died: str  # the first line of the cell at which the process ended, if it did
    slow: tuple[str, ...]  # which own functions of earlier lessons took long
    notebook: Notebook  # as it was when it was read
    beside: tuple[str, ...]  # files in the notebook's folder, which are not handed in
    seconds: float

    @property
    def points(self) -> float:
        return sum(exercise.points for exercise in self.exercises)

    @property
    def earned(self) -> float:
        return sum(exercise.earned for exercise in self.exercises)

    @property
    def is_right(self) -> bool:
        return self.earned == self.points and not self.differences


def check(
    workspace: Workspace, lesson: Lesson, tell: Callable[[int, int], None] = lambda done, all_: None
) -> Checked:
    """Run the saved notebook of a lesson.

    Args:
        tell: is called with how many cells were run, and how many there are.

    Raises:
        NotebookError: it can't be read.
    """
    start = time.perf_counter()
    notebook = read_notebook(workspace.notebook(lesson))
    release = read_release(workspace.release(lesson))
    run, died = run_all(graded_form(notebook, release), notebook.path, tell)
    exercises = tuple(_exercises(run, release, lesson_table(lesson.name)))
    open_ = [x.grade_id for x in exercises if x.state != PASSED]
    return Checked(
        lesson,
        exercises,
        {cell.grade_id: cell.points for cell in release.cells if cell.is_question},
        tuple(_answered(notebook, release)),
        compare(notebook, release),
        tuple(_broken(run, open_)),
        tuple(_defined_again(notebook)),
        died,
        tuple(line for cell in run.cells for line in _printed(cell) if line.startswith(SLOW)),
        notebook,
        tuple(sorted(x.name for x in notebook.path.parent.iterdir() if _is_beside(x))),
        time.perf_counter() - start,
    )


def run_all(data: dict, path: Path, tell: Callable[[int, int], None]) -> tuple[Notebook, str]:
    """Run the code of a notebook in a kernel, in the notebook's folder.

    Returns:
        A copy with outputs, and the title of the cell at which the process ended, if it did.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.from_dict(_for_nbformat(data))
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    done, latest = 0, time.monotonic()

    def begun(**_) -> None:
        nonlocal latest
        latest = time.monotonic()

    def count(cell, cell_index, execute_reply) -> None:
        nonlocal done
        done += 1
        begun()
        content = execute_reply.get("content", {})
        shown = any(x.get("output_type") == "error" for x in cell.outputs)
        if content.get("status") == "error" and not shown:  # something hides what was raised
            names = {key: str(content.get(key, "")) for key in ("ename", "evalue")}
            cell.outputs.append(nbformat.v4.new_output("error", **names, traceback=[]))
        tell(done, len(codes))

    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        allow_errors=True,
        interrupt_on_timeout=True,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_start=begun,
        on_cell_executed=count,
    )
    over, died = threading.Event(), ""

    def run() -> None:
        nonlocal died
        try:
            # What the kernel itself says there is for whoever runs it, not for the student.
            client.execute(env=_environment(path), stderr=subprocess.DEVNULL)
        except Exception:  # the kernel died, or speaks no longer as one does: a cell saw to that
            died = Cell(codes[min(done, len(codes) - 1)]).title or "a cell"
            with contextlib.suppress(Exception):
                client._cleanup_kernel()
        finally:
            over.set()

    def end_kernel() -> None:
        process = getattr(getattr(client.km, "provisioner", None), "process", None)
        if process is not None:
            process.kill()

    # In a thread of its own: in the main one nbclient would answer Ctrl-C in our place.
    threading.Thread(target=run, daemon=True).start()
    try:
        while not over.wait(1):
            idle = time.monotonic() - latest
            if idle > TIMEOUT + GRACE:
                end_kernel()  # no interrupt stops it
            if idle > TIMEOUT + 2 * GRACE:  # nor does nbclient notice
                died = Cell(codes[min(done, len(codes) - 1)]).title or "a cell"
                break
    except KeyboardInterrupt:
        end_kernel()
        over.wait(GRACE)
        raise
    return Notebook(path, json.loads(nbformat.writes(notebook))), died


def _environment(path: Path) -> dict[str, str]:
    """As in grading: no figure is drawn. The lesson's first cell looks round the workspace."""
    return {**os.environ, "NBGRADER_EXECUTION": "autograde", WORKSPACE: str(path.parents[2])}


def _for_nbformat(data: dict) -> dict:
    """The notebook without what editors added that the format does not know."""
    cells = []
    for n, cell in enumerate(data["cells"]):
        kept = {"cell_type": cell.get("cell_type"), "metadata": Cell(cell).metadata}
        kept |= {"source": Cell(cell).source, "id": f"cell-{n}"}
        if kept["cell_type"] == "code":
            kept |= {"outputs": [], "execution_count": None}
        cells.append(kept)
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def error_of(cell: Cell) -> str:
    """What a cell raised, or nothing."""
    for output in cell.data.get("outputs", ()):
        if output.get("output_type") == "error":
            text = COLOUR.sub("", str(output.get("evalue", "")))
            kind = output.get("ename", "")
            if kind == "KeyboardInterrupt":
                return f"It ran for more than {TIMEOUT} s and was stopped: is a loop without end?"
            is_tests_own = kind == "TestFailed" and text
            return text if is_tests_own else f"{kind}: " + PLACE.sub(r"(\1)", text)
    return ""


def _written_to_stderr(cell: Cell) -> str:
    for output in cell.data.get("outputs", ()):
        if output.get("output_type") == "stream" and output.get("name") == "stderr":
            return STREAM + "".join(output.get("text", ""))[:100].strip()
    return ""


def _printed(cell: Cell) -> list[str]:
    """The lines that a cell printed."""
    outputs = cell.data.get("outputs", ())
    texts = [x.get("text", "") for x in outputs if x.get("output_type") == "stream"]
    return "".join("".join(text) for text in texts).splitlines()


def _was_run(cell: Cell) -> bool:
    return cell.data.get("execution_count") is not None or bool(cell.data.get("outputs"))


def _exercises(run: Notebook, release: Notebook, table: dict) -> Iterator[Exercise]:
    """What each exercise has earned, in the order of the release."""
    states: dict[str, bool] = {}  # whether an exercise has all its points
    for cell in release.cells:
        if not cell.is_exercise:
            continue
        own = run.by_id.get(cell.grade_id)
        about = table["exercises"].get(cell.grade_id, {})
        tests = tuple(
            _test(run.by_id[test.grade_id], table) for test in release.tests_of(cell.grade_id)
        )
        states[cell.grade_id] = all(test.earned == test.points for test in tests)
        blockers = [name for name in about.get("needs", ()) if not states.get(name, True)]
        yield Exercise(
            cell.grade_id,
            about.get("name", cell.grade_id),
            about.get("section", ""),
            tests,
            is_written=own is not None and own.source != cell.source,
            raised=_fault(own, about.get("name", "")) if own is not None else "",
            blocked_by=tuple(table["exercises"][name].get("name", name) for name in blockers),
        )


def _fault(cell: Cell, name: str) -> str:
    """Why an exercise's own cell can't be right, before any test."""
    if cell.kind != "code":
        return "it is a text cell now: select it, and press Y to make it code again"
    if re.search(r"^(<<<<<<<|>>>>>>>)", cell.source, re.M):
        return "git left its marks of a conflict in it"
    names = parsed_names(cell.source)
    if names and name and name not in names:
        return f"it defines `{'`, `'.join(names)}`, and not `{name}`"
    return error_of(cell)


def _test(cell: Cell, table: dict) -> Test:
    about = table["tests"].get(cell.grade_id, {})
    message = error_of(cell) or _written_to_stderr(cell)
    if not message and not _was_run(cell):
        message = "It was not run: the process ended before it"
    earned = 0 if message else cell.points
    return Test(cell.grade_id, about.get("says", ""), cell.points, earned, message)


def _answered(notebook: Notebook, release: Notebook) -> Iterator[str]:
    for cell in release.cells:
        own = notebook.by_id.get(cell.grade_id)
        if cell.is_question and own is not None and own.source.strip() != cell.source.strip():
            yield cell.grade_id


def _broken(run: Notebook, open_: list[str]) -> Iterator[tuple[str, str]]:
    """The cells that are no tests and raised something, by their title.

    Only those before the first exercise that is open, as what comes after may lean on it, unless
    they are no Python. Of cells that raised the same, the first.
    """
    seen: Counter[str] = Counter()
    is_open = False
    for cell in run.cells:
        is_open |= cell.grade_id in open_
        message = "" if cell.is_test or cell.is_exercise else error_of(cell)
        if message and (not is_open or message.startswith("SyntaxError")):
            line = message.splitlines()[0] + _place(cell)
            seen[line] += 1
            if seen[line] == 1:
                yield cell.title, line


def _place(cell: Cell) -> str:
    """Where in the student's exported modules a cell's exception was raised, if it was there."""
    for output in cell.data.get("outputs", ()):
        text = COLOUR.sub("", "\n".join(output.get("traceback", ())))
        if found := re.findall(r"[/\\]core[/\\](\w+\.py):(\d+), in (\w+)", text):
            file, line, function = found[-1]
            return f" (in `{function}` of your {file}, line {line})"
    return ""


def _is_beside(path: Path) -> bool:
    return path.is_file() and path.suffix != ".ipynb" and not path.name.startswith(".")


def _defined_again(notebook: Notebook) -> Iterator[str]:
    """Names of exercises that a cell of the student's own, further down, defines again."""
    exercises: set[str] = set()
    for cell in notebook.cells:
        names = set(parsed_names(cell.source)) if cell.kind == "code" else set()
        if cell.is_exercise:
            exercises |= names
        elif not cell.grade_id and not cell.is_exported:
            yield from sorted(names & exercises)
