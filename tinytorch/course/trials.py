"""Run variants of lessons by the thousand, and run none of them twice.

A trial is a lesson with some change to it, cut down to the cells that matter. What came of it is
kept in `.cache/validity.json` under a hash of all that can change the outcome, so that a second
round runs only what changed.
"""

from __future__ import annotations

import dataclasses
import dis
import hashlib
import json
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from tinytorch.course.lesson import Cell, Lesson
from tinytorch.course.run import TIMEOUT, Failure, RunResult, run_lessons
from tinytorch.files import write_atomically

RECORD = Path(".cache/validity.json")
BATCH = 200  # runs between two steps of the progress bar
DRAWING = {"figures", "plt"}

Outcome = dict[str, str]  # the message of each cell that failed, by the cell's name


@dataclass(frozen=True)
class Trial:
    """A lesson to run, with the cells that matter to one exercise or to all of them."""

    lesson: Lesson
    exercise: str  # whose trial it is; "" for one of the whole lesson
    context: str  # what the outcome depends on besides the cells
    timeout: float
    is_mutant: bool = False  # of a mutant one needs to know whether it fails, not how

    @cached_property
    def key(self) -> str:
        cells = [f"{cell.source}\0{cell.is_test}" for cell in self.lesson.cells]
        return hash_of(self.context, str(self.is_mutant), *cells)[:24]

    @property
    def place(self) -> str:
        """Where its outcome stands in the record."""
        return f"{self.lesson.folder}/{self.exercise}"


def run_trials(
    root: Path,
    trials: Iterable[Trial],
    *,
    setup: str,
    workers: int | None = None,
    afresh: bool = False,
    prune: bool = False,
    progress: Callable[..., None] = lambda done, total, what="": None,
) -> dict[str, Outcome]:
    """What came of each trial, by its key.

    Args:
        root: the course's folder, which holds the record of earlier runs.
        setup: code to run before each lesson.
        afresh: forget what is on record.
        prune: drop from the record what these trials no longer ask for, place by place.
        progress: called as `progress(done, total, what)`.
    """
    trials = list({trial.key: trial for trial in trials}.values())
    record = _Record(root, forget=afresh)
    new = [trial for trial in trials if record.get(trial) is None]
    done = len(trials) - len(new)
    for batch in _batches(new):
        progress(done, len(trials), batch[0].lesson.folder)
        lessons = [trial.lesson for trial in batch]
        results = run_lessons(lessons, workers=workers, setup=setup, timeout=batch[0].timeout)
        for trial, result in zip(batch, results, strict=True):
            record.put(trial, _outcome(trial, result))
        record.save()
        done += len(batch)
    if prune:
        record.prune(trials)
    return {trial.key: record.get(trial) for trial in trials}


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


def _batches(trials: list[Trial]) -> Iterable[list[Trial]]:
    """Trials of one timeout each, quick ones first, few enough that the progress shows."""
    for timeout in sorted({trial.timeout for trial in trials}):
        alike = [trial for trial in trials if trial.timeout == timeout]
        for start in range(0, len(alike), BATCH):
            yield alike[start : start + BATCH]


def _outcome(trial: Trial, result: RunResult) -> Outcome:
    cells = trial.lesson.cells
    outcome = {cell_name(cells[i]): _message(f) for i, f in result.failures.items()}
    return dict(list(outcome.items())[:1]) if trial.is_mutant else outcome


def _message(failure: Failure) -> str:
    if failure.ename == "AssertionError":
        return failure.message
    return f"{failure.ename}: {failure.message}"


class _Record:
    """The outcomes of earlier rounds, in a file; place by place, so that it can be pruned."""

    def __init__(self, root: Path, *, forget: bool):
        self.path = Path(root) / RECORD
        self.known = {} if forget else self._read()
        self.new: dict[str, dict[str, Outcome]] = {}
        self.slow: dict[str, Outcome] = {}

    def get(self, trial: Trial) -> Outcome | None:
        for known in (self.new, self.known):
            if trial.key in known.get(trial.place, {}):
                return known[trial.place][trial.key]
        return self.slow.get(trial.key)

    def put(self, trial: Trial, outcome: Outcome) -> None:
        # A lesson may have been slow because the machine was busy: that is no fact to keep.
        slow = any(message.startswith(f"{TIMEOUT}: ") for message in outcome.values())
        if slow and not trial.is_mutant:
            self.slow[trial.key] = outcome
        else:
            self.new.setdefault(trial.place, {})[trial.key] = outcome

    def save(self) -> None:
        """Add what is new to what the file holds by now: other rounds may run beside this one."""
        held = self._read()
        self._write(held | {place: held.get(place, {}) | self.new[place] for place in self.new})

    def prune(self, trials: list[Trial]) -> None:
        wanted: dict[str, set[str]] = {}
        for trial in trials:
            wanted.setdefault(trial.place, set()).add(trial.key)
        held = self._read()
        for place, keys in wanted.items():
            held[place] = {key: held[place][key] for key in held.get(place, {}) if key in keys}
        self._write(held)

    def _read(self) -> dict[str, dict[str, Outcome]]:
        try:
            return json.loads(self.path.read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return {}

    def _write(self, held: dict[str, dict[str, Outcome]]) -> None:
        write_atomically(self.path, json.dumps(held, indent=0, sort_keys=True) + "\n")
