"""Show that the tests of a lesson tell right from wrong, and say what was misunderstood.

Four kinds of evidence, each gathered by running variants of the lesson:

- every wrong solution in `misconceptions.py` fails a test of its exercise, and a message says
  the sentence that the file gives for it;
- every right solution there gets full marks and breaks nothing else in the lesson;
- every mutant of the reference solution fails a test of its exercise, or is listed in
  `mutants.toml` with the reason why it is as good as the solution;
- the lesson as it is earns all its test points, the untouched release none.
"""

from __future__ import annotations

import dataclasses
import platform
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import tinytorch
from tinytorch.course.build import choose, core_setup, read_lessons
from tinytorch.course.export import export
from tinytorch.course.lesson import Cell, Lesson, Problem
from tinytorch.course.markers import SOLUTION, STUB, without_regions
from tinytorch.course.mutants import (
    Mutant,
    equivalents_of,
    equivalents_path,
    mutants_of,
)
from tinytorch.course.trials import (
    Outcome,
    Trial,
    cell_name,
    cut,
    hash_of,
    run_trials,
    without_figures,
)
from tinytorch.course.variants import Variant, variants_of, with_variant
from tinytorch.errors import UsageError
from tinytorch.files import read_text

LEAST_WRONG, LEAST_RIGHT = 5, 3
# Seconds for an exercise with its own tests, where a mutant may loop for ever, and for a lesson.
OWN_TIMEOUT, WHOLE_TIMEOUT = 20, 120
TOOLS = Path(tinytorch.__file__).parent


@dataclass
class Row:
    """What was tried on one exercise, and what came of it."""

    lesson: str
    exercise: str
    wrong: int = 0
    rejected: int = 0
    diagnosed: int = 0
    right: int = 0
    accepted: int = 0
    mutants: int = 0
    killed: int = 0
    equivalent: int = 0
    surviving: int = 0


@dataclass(frozen=True)
class Scale:
    """The two ends of a lesson's scale: the points of its tests, and who earns how many."""

    lesson: str
    points: float
    reference: float
    untouched: float


@dataclass
class Validity:
    """The evidence for some lessons, and where it falls short."""

    rows: list[Row] = field(default_factory=list)
    scales: list[Scale] = field(default_factory=list)
    findings: list[Problem] = field(default_factory=list)

    def total(self, name: str) -> int:
        return sum(getattr(row, name) for row in self.rows)


def validity(
    root: Path,
    names: Iterable[str] = (),
    *,
    exercise: str | None = None,
    mutants: bool = True,
    workers: int | None = None,
    afresh: bool = False,
    progress: Callable[..., None] = lambda done, total, what="": None,
) -> Validity:
    """Try wrong solutions, right ones and mutants on the tests of lessons.

    Args:
        root: the folder that holds `modules/`.
        names: the lessons, as `losses`, `04_losses` or `4`; all by default.
        exercise: the grade_id of the one exercise to look at; without it, all of them and the
            two ends of the scale.
        mutants: also try mutants, which takes longest.
        workers: processes side by side; by default as many as there are processors.
        afresh: forget what came of earlier runs.
        progress: called as `progress(done, total, what)`.

    Raises:
        LessonError: a lesson can't be read.
        UsageError: there is no such lesson or exercise.
    """
    lessons = read_lessons(root)
    cases = [
        _LessonCase(lesson, _context(lesson, lessons), exercise, mutants)
        for lesson in choose(lessons, names)
    ]
    if exercise is not None and not any(case.exercises for case in cases):
        raise UsageError(f"no exercise {exercise!r} in {', '.join(c.lesson.folder for c in cases)}")
    with tempfile.TemporaryDirectory(prefix="tinytorch-core-") as folder:
        outcomes = run_trials(
            root,
            [trial for case in cases for trial in case.trials()],
            setup=core_setup(Path(folder), lessons),
            workers=workers,
            afresh=afresh,
            prune=mutants and exercise is None,
            progress=progress,
        )
    found = Validity()
    for case in cases:
        case.judge(outcomes, found)
    return found


def says_so(message: str, sentence: str) -> bool:
    """Whether a message says a sentence, whatever the line breaks and the final full stop."""
    return " ".join(sentence.split()).rstrip(".!?") in " ".join(message.split())


def untouched(lesson: Lesson) -> Lesson:
    """The lesson as its release gives it to students, with the hidden tests back in place."""
    cells = (
        dataclasses.replace(cell, source=without_regions(cell.source, *SOLUTION, STUB))
        if cell.is_solution and cell.kind == "code"
        else cell
        for cell in lesson.cells
    )
    return dataclasses.replace(lesson, cells=tuple(cells))


def _context(lesson: Lesson, lessons: list[Lesson]) -> str:
    """A hash of what an outcome depends on besides the cells that run."""
    tools = [TOOLS / "testing.py", TOOLS / "figures.py", TOOLS / "course/run.py"]
    earlier = [export(other) for other in lessons if other.number < lesson.number]
    versions = f"python {platform.python_version()} numpy {np.__version__}"
    return hash_of(versions, *(read_text(path) or "" for path in tools), *earlier)


# --- A lesson ---------------------------------------------------------------------------------


class _LessonCase:
    """A lesson's exercises and the two ends of its scale: what to run, and how to judge it."""

    def __init__(self, lesson: Lesson, context: str, only: str | None, mutants: bool):
        self.lesson, self.is_whole = lesson, only is None
        self.reference = Trial(without_figures(lesson), "", context, WHOLE_TIMEOUT)
        released = without_figures(untouched(lesson))
        self.untouched = Trial(released, "", context, WHOLE_TIMEOUT)
        exercises = [cell for cell in lesson.cells if cell.is_exercise]
        self.exercises = [
            _ExerciseCase(lesson, cell, context, mutants)
            for cell in exercises
            if only in (None, cell.grade_id)
        ]
        self.ids = [cell.grade_id for cell in exercises]

    def trials(self) -> Iterator[Trial]:
        yield self.reference
        if self.is_whole:
            yield self.untouched
        for case in self.exercises:
            yield from case.trials()

    def judge(self, outcomes: dict[str, Outcome], found: Validity) -> None:
        reference = outcomes[self.reference.key]
        found.findings += self._failing(reference)
        if self.is_whole:
            found.findings += self._strays()
            self._judge_scale(reference, outcomes[self.untouched.key], found)
        for case in self.exercises:
            case.judge(outcomes, reference, found)

    def _judge_scale(self, reference: Outcome, untouched: Outcome, found: Validity) -> None:
        tests = [cell for cell in self.lesson.cells if cell.is_test]
        gifts = [cell for cell in tests if cell.grade_id not in untouched]
        points = sum(cell.points for cell in tests)
        earned = sum(cell.points for cell in tests if cell.grade_id not in reference)
        given = sum(cell.points for cell in gifts)
        found.scales.append(Scale(self.lesson.folder, points, earned, given))
        for cell in gifts:
            message = f"the untouched release earns the {cell.points:g} points of this test"
            mend = "assert what fails for as long as the exercise is not written"
            problem = Problem(self.lesson.path, cell.line, message, mend, cell.grade_id)
            found.findings.append(problem)

    def _failing(self, reference: Outcome) -> Iterator[Problem]:
        for cell in self.lesson.cells:
            if (name := cell_name(cell)) in reference:
                message = "fails although every solution is in place" + _told(reference, [name])
                mend = "correct the solution or the test"
                yield Problem(self.lesson.path, cell.line, message, mend, cell.grade_id)

    def _strays(self) -> Iterator[Problem]:
        mend = f"the exercises are {', '.join(self.ids)}"
        for variant in variants_of(self.lesson):
            if variant.exercise not in self.ids:
                message = f"{variant.name!r} is a solution to no exercise"
                yield Problem(_beside(self.lesson), variant.line, message, mend, variant.exercise)
        for entry in equivalents_of(self.lesson):
            if entry.exercise not in self.ids:
                message = "mutants are listed of what is no exercise"
                path = equivalents_path(self.lesson)
                yield Problem(path, 1, message, mend, entry.exercise)


# --- An exercise ------------------------------------------------------------------------------


class _ExerciseCase:
    """One exercise, and all that is tried in the place of its solution."""

    def __init__(self, lesson: Lesson, cell: Cell, context: str, mutants: bool):
        self.lesson, self.cell, self.context, self.mutants = lesson, cell, context, mutants
        self.tests = [test.grade_id for test in lesson.tests_of(cell.grade_id)]
        self.reference = self._own_trial(lesson)
        self.wrong: list[tuple[Variant, Trial]] = []
        self.right: list[tuple[Variant, Trial]] = []
        for variant in variants_of(lesson):
            if variant.exercise == cell.grade_id:
                pairs = self.right if variant.is_right else self.wrong
                pairs.append((variant, self._variant_trial(variant)))
        self.mutated = [(m, self._mutant_trial(m)) for m in mutants_of(cell)] if mutants else []

    def trials(self) -> Iterator[Trial]:
        yield self.reference
        for _, trial in [*self.wrong, *self.right, *self.mutated]:
            yield trial

    def judge(self, outcomes: dict[str, Outcome], reference: Outcome, found: Validity) -> None:
        row = Row(self.lesson.folder, self.cell.grade_id)
        found.rows.append(row)
        found.findings += self._too_few()
        unsound = list(self._judge_reference(outcomes[self.reference.key], reference))
        found.findings += unsound
        if unsound:
            return  # every mutant would fail, and prove nothing
        for variant, trial in self.wrong:
            found.findings += self._judge_wrong(variant, outcomes[trial.key], row)
        for variant, trial in self.right:
            found.findings += self._judge_right(variant, outcomes[trial.key], reference, row)
        survivors = [mutant for mutant, trial in self.mutated if not outcomes[trial.key]]
        found.findings += self._judge_mutants(survivors, row)

    def _judge_reference(self, own: Outcome, whole: Outcome) -> Iterator[Problem]:
        """The solution with what it needs must pass, if failing is to say anything of a mutant."""
        new = [name for name in own if name not in whole]
        if new:
            message = "fails without the cells in between that only show something"
            mend = "let tests use names, or exported cells, that stand above them"
            yield self._problem(message + _told(own, new), mend)

    def _too_few(self) -> Iterator[Problem]:
        for kind, pairs, least in (
            ("wrong", self.wrong, LEAST_WRONG),
            ("right", self.right, LEAST_RIGHT),
        ):
            if len(pairs) < least:
                message = f"{len(pairs)} {kind} solutions are too few"
                mend = f"write {least} or more into {_beside(self.lesson).name}"
                yield self._problem(message, mend)

    def _judge_wrong(self, variant: Variant, outcome: Outcome, row: Row) -> Iterator[Problem]:
        own = [name for name in self.tests if name in outcome]
        row.wrong += 1
        row.rejected += bool(own)
        if not own:
            message = f"the wrong solution {variant.name!r} passes all tests of the exercise"
            mend = f"add a test that it fails, and that says: {variant.says}"
            yield self._problem(message, mend, variant)
        elif variant.says and any(says_so(outcome[name], variant.says) for name in own):
            row.diagnosed += 1
        else:
            message = f"no message tells the author of {variant.name!r}: {variant.says!r}"
            mend = "make it the hint or a suspect of a test that fails, or say what that says"
            yield self._problem(message + _told(outcome, own), mend, variant)
        lost = {cell.grade_id for cell in self.lesson.cells if cell.is_test} & set(outcome)
        if variant.loses and lost != set(variant.loses):
            message = f"{variant.name!r} loses other tests than it says" + _told(outcome, lost)
            mend = f"correct loses, which says {', '.join(variant.loses)}"
            yield self._problem(message, mend, variant)

    def _judge_right(
        self, variant: Variant, outcome: Outcome, reference: Outcome, row: Row
    ) -> Iterator[Problem]:
        broken = [name for name in outcome if name not in reference]
        row.right += 1
        row.accepted += not broken
        if broken:
            message = f"the right solution {variant.name!r} fails" + _told(outcome, broken)
            mend = "let the tests ask for no more than the exercise does, or correct the solution"
            yield self._problem(message, mend, variant)

    def _judge_mutants(self, survivors: list[Mutant], row: Row) -> Iterator[Problem]:
        listed = {
            name: entry.reason
            for entry in (equivalents_of(self.lesson) if self.mutants else ())
            if entry.exercise == self.cell.grade_id
            for name in entry.mutants
        }
        excused = [mutant for mutant in survivors if mutant.change in listed]
        row.mutants += len(self.mutated)
        row.killed += len(self.mutated) - len(survivors)
        row.equivalent += len(excused)
        row.surviving += len(survivors) - len(excused)
        for mutant in survivors:
            if mutant.change not in listed:
                message = f"a mutant passes all tests of the exercise: {mutant.change}"
                mend = f"add a test that it fails, or list it in {_list_name(self.lesson)}"
                yield Problem(self.lesson.path, mutant.line, message, mend, self.cell.grade_id)
        yield from self._stale(listed, {mutant.change for mutant in excused})

    def _stale(self, listed: Iterable[str], excused: set[str]) -> Iterator[Problem]:
        made = {mutant.change for mutant, _ in self.mutated}
        for name in listed:
            if name not in excused:
                what = "fails a test after all" if name in made else "is no mutant any more"
                message, mend = f"a mutant listed as equivalent {what}: {name}", "remove it there"
                path = equivalents_path(self.lesson)
                yield Problem(path, 1, message, mend, self.cell.grade_id)

    def _problem(self, message: str, mend: str, variant: Variant | None = None) -> Problem:
        path, line = self.lesson.path, self.cell.line
        if variant is not None:
            path, line = _beside(self.lesson), variant.line
        return Problem(path, line, message, mend, self.cell.grade_id)

    # What to run

    def _variant_trial(self, variant: Variant) -> Trial:
        lesson = with_variant(self.lesson, variant)
        if variant.is_right:
            return self._trial(without_figures(lesson), WHOLE_TIMEOUT)
        if not variant.loses:
            return self._own_trial(lesson)
        graded = cut(lesson, lambda c: c.is_test or c.is_exercise or c.is_exported, lesson.cells)
        return self._trial(graded, WHOLE_TIMEOUT)

    def _mutant_trial(self, mutant: Mutant) -> Trial:
        cells = tuple(
            dataclasses.replace(cell, source=mutant.source) if cell == self.cell else cell
            for cell in self.reference.lesson.cells
        )
        lesson = dataclasses.replace(self.lesson, cells=cells)
        return Trial(lesson, self.cell.grade_id, self.context, OWN_TIMEOUT, is_mutant=True)

    def _own_trial(self, lesson: Lesson) -> Trial:
        """The exercise and its tests, with the cells above or in between that they need."""
        own = {self.cell.grade_id, *self.tests}
        last = max(n for n, cell in enumerate(lesson.cells) if cell.grade_id in own)
        above = lesson.cells[:last]
        needed = cut(lesson, lambda c: c.grade_id in own or (c.is_exported and c in above), above)
        return self._trial(needed, OWN_TIMEOUT)

    def _trial(self, lesson: Lesson, timeout: float) -> Trial:
        return Trial(lesson, self.cell.grade_id, self.context, timeout)


def _told(outcome: Outcome, names: Iterable[str]) -> str:
    """A line for each of the cells that failed: its name, and what its message begins with."""
    lines = [f"{name}: {(outcome[name].splitlines() or [''])[0]}" for name in sorted(names)]
    return "".join(f"\n    {line}" for line in lines)


def _beside(lesson: Lesson) -> Path:
    return lesson.path.with_name("misconceptions.py")


def _list_name(lesson: Lesson) -> str:
    return equivalents_path(lesson).name
