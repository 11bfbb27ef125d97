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
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tinytorch.testing.diagnosis import lesson_table
from tinytorch.workspace.notebooks import (
    Cell,
    Differences,
    Notebook,
    compare,
    fingerprint,
    graded_form,
    read_notebook,
)
from tinytorch.workspace.place import Lesson, Workspace

PASSED, FAILED, UNWRITTEN, BLOCKED = "passed", "failed", "not written", "blocked"
TIMEOUT = 120  # seconds for one cell
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


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
        return BLOCKED if self.blocked_by else FAILED


@dataclass(frozen=True)
class Checked:
    """What came of a notebook."""

    lesson: Lesson
    exercises: tuple[Exercise, ...]
    questions: dict[str, float]  # points of what a person will read, by grade_id
    answered: tuple[str, ...]  # those of them that were written
    differences: Differences
    broken: tuple[tuple[str, int], ...]  # what cells raised that are no tests, and how many did
    fingerprint: str  # of the notebook as it was when it was read
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
    release = read_notebook(workspace.release(lesson))
    run = Notebook(notebook.path, run_all(graded_form(notebook, release), notebook.path, tell))
    exercises = tuple(_exercises(run, release, lesson_table(lesson.name)))
    return Checked(
        lesson,
        exercises,
        {cell.grade_id: cell.points for cell in release.cells if cell.is_question},
        tuple(_answered(notebook, release)),
        compare(notebook, release),
        tuple(_broken(run, [x.grade_id for x in exercises if x.state != PASSED])),
        fingerprint(notebook),
        time.perf_counter() - start,
    )


def run_all(data: dict, path: Path, tell: Callable[[int, int], None]) -> dict:
    """Run the code of a notebook in a kernel, in the notebook's folder; a copy with outputs."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError

    notebook = nbformat.from_dict(_for_nbformat(data))
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    done = 0

    def count(**_) -> None:
        nonlocal done
        done += 1
        tell(done, len(codes))

    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        allow_errors=True,
        interrupt_on_timeout=True,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_executed=count,
    )
    with contextlib.suppress(DeadKernelError):  # what was run until then is known
        # What the kernel itself says there is for whoever runs it, not for the student.
        client.execute(env=_environment(), stderr=subprocess.DEVNULL)
    return json.loads(nbformat.writes(notebook))


def _environment() -> dict[str, str]:
    return {**os.environ, "NBGRADER_EXECUTION": "autograde"}  # as in grading: no figure is drawn


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
            return text if kind == "TestFailed" else f"{kind}: {text}"
    return ""


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
            raised=error_of(own) if own is not None else "",
            blocked_by=tuple(table["exercises"][name].get("name", name) for name in blockers),
        )


def _test(cell: Cell, table: dict) -> Test:
    about = table["tests"].get(cell.grade_id, {})
    message = error_of(cell)
    if not message and not _was_run(cell):
        message = "It was not run: the process ended before it"
    earned = 0 if message else cell.points
    return Test(cell.grade_id, about.get("says", ""), cell.points, earned, message)


def _answered(notebook: Notebook, release: Notebook) -> Iterator[str]:
    for cell in release.cells:
        own = notebook.by_id.get(cell.grade_id)
        if cell.is_question and own is not None and own.source.strip() != cell.source.strip():
            yield cell.grade_id


def _broken(run: Notebook, open_: list[str]) -> list[tuple[str, int]]:
    """What cells raised that are no tests, the first line of each, and how many raised it.

    Only of those before the first exercise that is open: what comes after may lean on it.
    """
    found: Counter[str] = Counter()
    for cell in run.cells:
        if cell.grade_id in open_:
            break
        if cell.kind == "code" and not cell.is_test and (message := error_of(cell)):
            found[message.splitlines()[0]] += 1
    return list(found.items())
