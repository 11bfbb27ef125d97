"""Trials: a lesson with some change to it, cut down to the cells that matter, and what came of it.

They are run by the thousand, and none is run twice: see `evidence`.
"""

from __future__ import annotations

import dataclasses
import dis
import hashlib
import re
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from tinytorch.course.lesson import Cell, Lesson
from tinytorch.course.package import Packages
from tinytorch.course.run import GRADED, Failure, Runner, RunResult

DRAWING = {"figures", "plt"}
# What is kept of a trial: of one, why each cell failed; of a mutant, which cell failed first; of
# a stand-in, which cells failed.
TRIAL, MUTANT, STAND_IN = "trials", "mutants", "stand_ins"
HASHED_AS = {TRIAL: "False", MUTANT: "True"}  # since there were but two kinds
# What differs from one run to the next: places in memory, temporary folders, files of cells.
PASSING = re.compile(
    r"\b0x[0-9a-f]{6,}|\S*/tinytorch-(?:run|earlier)-\w+/|\S*/?ipykernel_\d+/\d+\.py| \(\d+\.py, "
)


@dataclass(frozen=True)
class Fault:
    """Why a cell failed, as far as it is kept."""

    message: str
    line: int | None = None  # of the cell itself, from 1
    evidence: dict | None = None  # what the test saw, where it says so


Outcome = dict[str, Fault]  # of each cell that failed, by the cell's name


@dataclass(frozen=True)
class Trial:
    """A lesson to run, with the cells that matter to one exercise or to all of them."""

    lesson: Lesson
    exercise: str  # whose trial it is; "" for one of the whole lesson
    context: str  # what the outcome depends on besides the cells
    timeout: float
    kind: str = TRIAL

    @cached_property
    def key(self) -> str:
        cells = [f"{cell.source}\0{cell.is_test}" for cell in self.lesson.cells]
        kind = HASHED_AS.get(self.kind, self.kind)
        return hash_of(self.context, self.exercise, kind, *cells)[:16]


def run_afresh(
    trials: Iterable[Trial], lessons: Iterable[Lesson], *, workers: int | None = None
) -> Iterable[tuple[Trial, RunResult]]:
    """Run trials, whatever is on record, the quick ones first."""
    trials = sorted(trials, key=lambda trial: trial.timeout)
    if not trials:
        return
    variants = [trial.lesson for trial in trials]
    with (
        Packages(lessons) as packages,
        Runner(variants, workers=workers, path=packages.path, environment=GRADED) as runner,
    ):

        def run(trial: Trial) -> RunResult:
            until_failure = trial.kind == MUTANT
            return runner.run(trial.lesson, timeout=trial.timeout, until_failure=until_failure)

        yield from zip(trials, runner.map(run, trials), strict=True)


def outcome_of(trial: Trial, result: RunResult) -> Outcome:
    """What of a result is kept."""
    cells = trial.lesson.cells
    return {
        cell_name(cells[i]): Fault(_message(failure), failure.own_line, failure.evidence)
        for i, failure in result.failures.items()
    }


def cell_name(cell: Cell) -> str:
    """How to name a cell to its author: by its grade_id, else by its first words."""
    if cell.grade_id:
        return cell.grade_id
    lines = [line for line in cell.source.splitlines() if line.strip() and line[0] != "#"]
    return f"the cell `{(lines or [cell.source])[0]}`"


def cut(lesson: Lesson, wanted: Callable[[Cell], bool], pool: Iterable[Cell] = ()) -> Lesson:
    """The lesson with the wanted code cells, and those of the pool that define what they use."""
    kept = [cell for cell in lesson.cells if cell.kind == "code" and wanted(cell)]
    rest = [cell for cell in pool if cell.kind == "code" and cell not in kept]
    found = list(kept)
    while found:
        used = frozenset().union(*(names(cell.source)[1] for cell in kept))
        found = [cell for cell in rest if names(cell.source)[0] & used]
        kept += found
        rest = [cell for cell in rest if cell not in found]
    cells = tuple(cell for cell in lesson.cells if cell in kept)
    return dataclasses.replace(lesson, cells=cells)


def without_figures(lesson: Lesson) -> Lesson:
    """The lesson without the cells that only draw, which take long and grade nothing."""
    return cut(lesson, lambda cell: not names(cell.source)[1] & DRAWING, lesson.cells)


@lru_cache(maxsize=4096)
def names(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """The global names that a cell defines, and those that it uses, in functions too."""
    defined, used = set(), set()
    todo = [compile(source, "<cell>", "exec", dont_inherit=True)]
    while todo:
        code = todo.pop()
        todo += [value for value in code.co_consts if isinstance(value, types.CodeType)]
        for step in dis.get_instructions(code):
            if step.opname == "STORE_GLOBAL" or (
                step.opname == "STORE_NAME" and code.co_name == "<module>"
            ):
                defined.add(step.argval)
            elif step.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
                used.add(step.argval)
    return frozenset(defined), frozenset(used)


def hash_of(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def _message(failure: Failure) -> str:
    """What failed, in the words that are the same in every run."""
    own_words = failure.ename == "AssertionError" or failure.evidence
    text = failure.message if own_words else f"{failure.ename}: {failure.message}"
    return PASSING.sub("…", text)
