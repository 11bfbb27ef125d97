"""A mistake costs its own points: where exercises failed, a second run judges the later ones.

A test of a later exercise may fail for no fault of that exercise. So where a course wants it
(`c.TinyTorch.count_mistakes_once`), and more than one exercise failed, the notebook is run once
more, from the same sanitised cells, in a process and a folder of its own. Section by section, a
section being an exercise and what follows it up to the next one:

    the student's cells run as they stand, the tests among them;
    then, if the exercise failed in the first run, and fails now that all before it is in order,
    the instructor's cells of the section run, those without points: it is mended.

So every exercise is judged with right ones before it, and one run is enough, however many are
wrong. One that passes now was only a victim, and stays as the student wrote it. A test keeps the
better of its two results if, when it ran, something had been mended and its own exercise had not:
an exercise can't earn its points with the instructor's code, however the cells are moved about.

Of the second run nothing is taken but scores. It begins when all files of the first have been
read, so that no output, and no file that goes back, can hold a line of a solution; what a cell
writes elsewhere on the machine is a matter of the walls around a run. What it may use is what the
first may; if it dies or can't be interrupted, the first results stand. Other kernels than ours
take part. Courses with steps of their own do not: nbgrader's driver grades these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinytorch.grading.cells import grade_id_of
from tinytorch.grading.nb.records import Exercise, NotebookRecord, ScoreSheet
from tinytorch.grading.nb.steps import RunCells, Work
from tinytorch.slow_imports import without_rfc3987

with without_rfc3987():
    from nbformat.v4 import new_code_cell
    from nbgrader.utils import determine_grade


@dataclass(frozen=True)
class Gain:
    """What a test earns once what is wrong before it is mended."""

    score: float
    most: float
    mended: tuple[str, ...]

    def __str__(self) -> str:
        names = [f"`{name}`" for name in self.mended]
        listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
        wrong = f"With {listed} (which {'is' if len(names) == 1 else 'are'} not right yet) mended"
        if self.score < self.most:
            return f"{wrong}, this test earns {self.score:g} of its {self.most:g} points."
        points = "point counts" if self.most == 1 else "points count"
        return f"{wrong}, this test passes: its {self.most:g} {points}."


class Trial:
    """What the second run of a notebook is to find out, and what it has found out."""

    def __init__(self, exercises: Sequence[Exercise], record: NotebookRecord, first: ScoreSheet):
        self._first, self._most = first, {c.name: c.max_score for c in record.grade_cells}
        scores, most = first.auto_scores, self._most
        self.exercises = {exercise.name: exercise for exercise in exercises}
        self.tests = {e.name: {t for t in e.tests if t in scores} for e in exercises}
        self.owners = {test: name for name, tests in self.tests.items() for test in tests}
        self.lost = {test for test in self.owners if scores[test] < most[test]}
        self.failing = {self.owners[test] for test in self.lost}
        self.mended: list[str] = []
        self.passed: set[str] = set()
        self._mended_before: dict[str, tuple[str, ...]] = {}  # of each test whose result may count

    @property
    def is_needed(self) -> bool:
        """Whether there is an exercise that may have failed because of an earlier one."""
        return len(self.failing) > 1

    def note(self, test: str, *, passes: bool) -> None:
        """Take down that a test has run."""
        if passes:
            self.passed.add(test)
        if self.mended and self.owners[test] not in self.mended:
            self._mended_before[test] = tuple(self.mended)

    def mend(self, name: str) -> tuple[str, ...]:
        """What is to run now that the section of an exercise is over: nothing, if it is right."""
        if name not in self.failing or name in self.mended:
            return ()
        # Before anything is mended, nothing has changed: the first result is all there is to know.
        if self.mended and self.tests[name] <= self.passed:
            return ()
        self.mended.append(name)
        return self.exercises[name].solution

    def gains(self, second: ScoreSheet) -> dict[str, Gain]:
        """The tests that earn more than in the first run."""
        found = {}
        for test, mended in self._mended_before.items():
            score = second.auto_scores[test]
            if score > self._first.auto_scores[test]:
                found[test] = Gain(score, self._most[test], mended)
        return found


class RunMended(RunCells):
    """RunCells, that mends an exercise where its section ends.

    The list of cells grows while they are run, be it in a fork or in a kernel: both take them one
    by one.
    """

    def __init__(self, trial: Trial, work: Work, **settings):
        super().__init__(work, **settings)
        self._trial, self._exercise = trial, ""  # the one whose section this is

    def preprocess(self, nb, resources=None, km=None):
        wanted = [i for i, cell in enumerate(nb.cells) if grade_id_of(cell) in self._trial.lost]
        del nb.cells[wanted[-1] + 1 :]  # nothing is to be learned from the rest
        return super().preprocess(nb, resources, km)

    def preprocess_cell(self, cell, resources, index):
        result = super().preprocess_cell(cell, resources, index)
        self._go_on(cell, index + 1)
        return result

    def _run_cell(self, run, cell, index: int) -> None:
        super()._run_cell(run, cell, index)
        self._go_on(cell, index + 1)

    def _go_on(self, cell, following: int) -> None:
        name, trial = grade_id_of(cell), self._trial
        if name in trial.exercises:
            self._exercise = name
        elif name in trial.owners:
            score, most = determine_grade(cell)
            trial.note(name, passes=score == most)
        if any(grade_id_of(it) in trial.exercises for it in self.nb.cells[following:][:1]):
            cells = map(new_code_cell, trial.mend(self._exercise))
            self.nb.cells[following:following] = cells
