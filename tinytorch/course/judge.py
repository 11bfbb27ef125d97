"""Judge the tests of a lesson by what came of its trials: numbers, findings, and notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tinytorch.course.cases import ExerciseCase, LessonCase
from tinytorch.course.lesson import Lesson, Problem
from tinytorch.course.markers import HIDDEN, regions
from tinytorch.course.mistakes import known_mistakes, told, without_line
from tinytorch.course.mutants import Mutant, equivalents_of, equivalents_path
from tinytorch.course.trials import Outcome, Trial, cell_name
from tinytorch.course.variants import Variant, variants_of
from tinytorch.course.worth import Outcomes, problems_of, trials_of

LEAST_WRONG, LEAST_RIGHT = 5, 3
MOST_UNTOLD = 0.65  # of an exercise's wrong solutions; none said costs a minute, a false one hours
MOST_SURPRISES = 0.05  # of a lesson's wrong solutions: the others fail before students' eyes


@dataclass
class Row:
    """What was tried on one exercise, and what came of it."""

    lesson: str
    exercise: str
    wrong: int = 0
    rejected: int = 0
    diagnosed: int = 0  # told their own sentence
    untold: int = 0  # told none: other mistakes give the same, or too little shows
    false: int = 0  # told the sentence of another
    surprises: int = 0  # rejected by hidden tests alone
    right: int = 0
    accepted: int = 0
    mutants: int = 0
    killed: int = 0
    equivalent: int = 0
    surviving: int = 0
    collateral: float = 0  # points that other exercises lose where the solution is missing


@dataclass(frozen=True)
class Scale:
    """The two ends of a lesson's scale: the points of its tests, and who earns how many."""

    lesson: str
    points: float
    reference: float
    untouched: float
    seconds: float | None = None  # that the lesson took, where it was run in this round


@dataclass
class Validity:
    """What was found: numbers for each exercise, and a finding for all that falls short.

    Notes are what an author should know and need not mend.
    """

    rows: list[Row] = field(default_factory=list)
    scales: list[Scale] = field(default_factory=list)
    findings: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    stale: list[Path] = field(default_factory=list)  # files of evidence, where that was asked

    def total(self, name: str) -> float:
        return sum(getattr(row, name) for row in self.rows)


def says_so(message: str, sentence: str) -> bool:
    """Whether a message says a sentence, whatever the line breaks and the final full stop."""
    return " ".join(sentence.split()).rstrip(".!?") in " ".join(message.split())


def told_of(outcome: Outcome, names: Iterable[str]) -> str:
    """A line for each of the cells that failed: its name, and what its message begins with."""
    lines = [f"{name}: {(outcome[name].message.splitlines() or [''])[0]}" for name in sorted(names)]
    return "".join(f"\n    {line}" for line in lines)


# --- A lesson ---------------------------------------------------------------------------------


class LessonJudge:
    """What to run of a lesson, and how to judge what came of it.

    Args:
        is_whole: also judge what concerns the lesson and not one exercise.
        mutants: also try mutants.
    """

    def __init__(self, case: LessonCase, *, is_whole: bool, mutants: bool):
        self.case, self.lesson, self.is_whole = case, case.lesson, is_whole
        self.exercises = [ExerciseJudge(each, mutants) for each in case.exercises]

    def trials(self) -> Iterator[Trial]:
        yield self.case.reference
        if self.is_whole:
            yield self.case.untouched
        for judge in self.exercises:
            yield from judge.trials()
        yield from trials_of(self.case)

    def in_sight(self, outcomes: Outcomes) -> Iterator[Trial]:
        """What is still to be run to know whether students see a wrong solution fail."""
        for judge in self.exercises:
            yield from judge.in_sight(outcomes).values()

    def judge(self, outcomes: Outcomes, seconds: Mapping[str, float], found: Validity) -> None:
        """Add what is to be said of the lesson to `found`.

        Args:
            seconds: that trials took, by their keys, as far as it is known.
        """
        reference = outcomes[self.case.reference.key]
        found.findings += self._failing(reference)
        if self.is_whole:
            found.findings += self._strays()
            untouched = outcomes[self.case.untouched.key]
            time = seconds.get(self.case.reference.key)
            found.scales.append(self._scale(reference, untouched, time))
            found.findings += self._gifts(untouched)
        wrong = sum(judge.judge(outcomes, reference, found).wrong for judge in self.exercises)
        found.findings += problems_of(self.case, outcomes)
        if self.is_whole:
            self._judge_surprises(wrong, found)

    def _judge_surprises(self, wrong: int, found: Validity) -> None:
        surprised = [name for judge in self.exercises for name in judge.surprised]
        if not surprised:
            return
        count = f"{len(surprised)} of {wrong} wrong solutions"
        message = f"{count} fail in hidden tests alone: {', '.join(surprised)}"
        mend = "let a check in sight try the same requirement on other values"
        problem = Problem(_beside(self.lesson), 1, message, mend)
        too_many = len(surprised) > MOST_SURPRISES * wrong
        (found.findings if too_many else found.notes).append(problem)

    def _scale(self, reference: Outcome, untouched: Outcome, seconds: float | None) -> Scale:
        tests = [cell for cell in self.lesson.cells if cell.is_test]
        points = sum(cell.points for cell in tests)
        earned, given = (
            sum(cell.points for cell in tests if cell.grade_id not in outcome)
            for outcome in (reference, untouched)
        )
        return Scale(self.lesson.folder, points, earned, given, seconds)

    def _gifts(self, untouched: Outcome) -> Iterator[Problem]:
        for cell in self.lesson.cells:
            if cell.is_test and cell.grade_id not in untouched:
                message = f"the untouched release earns the {cell.points:g} points of this test"
                mend = "assert what fails for as long as the exercise is not written"
                yield Problem(self.lesson.path, cell.line, message, mend, cell.grade_id)

    def _failing(self, reference: Outcome) -> Iterator[Problem]:
        for cell in self.lesson.cells:
            if (name := cell_name(cell)) in reference:
                message = "fails although every solution is in place" + told_of(reference, [name])
                mend = "correct the solution or the test"
                yield Problem(self.lesson.path, cell.line, message, mend, cell.grade_id)

    def _strays(self) -> Iterator[Problem]:
        ids = self.case.ids
        mend = f"the exercises are {', '.join(ids)}"
        for variant in variants_of(self.lesson):
            if variant.exercise not in ids:
                message = f"{variant.name!r} is a solution to no exercise"
                yield Problem(_beside(self.lesson), variant.line, message, mend, variant.exercise)
        for entry in equivalents_of(self.lesson):
            if entry.exercise not in ids:
                message = "mutants are listed of what is no exercise"
                path = equivalents_path(self.lesson)
                yield Problem(path, 1, message, mend, entry.exercise)


# --- An exercise ------------------------------------------------------------------------------


class ExerciseJudge:
    """What to run of an exercise, and how to judge what came of it."""

    def __init__(self, case: ExerciseCase, mutants: bool):
        self.case, self.lesson, self.cell, self.mutants = case, case.lesson, case.cell, mutants
        self.tests = {test.grade_id: test for test in case.tests}
        self.surprised: list[str] = []  # wrong solutions whose authors see no test fail

    def trials(self) -> Iterator[Trial]:
        yield self.case.reference
        yield self.case.missing
        for _, trial in (*self.case.wrong, *self.case.right):
            yield trial
        for _, trial in self.case.mutants if self.mutants else ():
            yield trial

    def in_sight(self, outcomes: Outcomes) -> dict[str, Trial]:
        """By the name of the wrong solution: its trial without hidden tests, where one is needed.

        It is not where a failure is in sight, nor where each is known to be hidden.
        """
        found = {}
        for variant, trial in self.case.wrong if self._hides() else ():
            outcome = outcomes[trial.key]
            hidden = [self._is_hidden(name, outcome) for name in self._own(outcome)]
            if None in hidden and False not in hidden:
                found[variant.name] = self.case.in_sight(variant)
        return found

    def judge(self, outcomes: Outcomes, reference: Outcome, found: Validity) -> Row:
        row = Row(self.lesson.folder, self.cell.grade_id)
        found.rows.append(row)
        found.findings += self._too_few()
        unsound = list(self._judge_reference(outcomes[self.case.reference.key], reference))
        found.findings += unsound
        if unsound:
            return row  # every mutant would fail, and prove nothing
        row.collateral = self._collateral(outcomes[self.case.missing.key], reference)
        self._judge_wrong(outcomes, row, found)
        for variant, trial in self.case.right:
            found.findings += self._judge_right(variant, outcomes[trial.key], reference, row)
        if self.mutants:
            found.findings += self._judge_mutants(outcomes, row)
        return row

    def _judge_reference(self, own: Outcome, whole: Outcome) -> Iterator[Problem]:
        """The solution with what it needs must pass, if failing is to say anything of a mutant."""
        new = [name for name in own if name not in whole]
        if new:
            message = "fails without the cells in between that only show something"
            mend = "let tests use names, or exported cells, that stand above them"
            yield self._problem(message + told_of(own, new), mend)

    def _too_few(self) -> Iterator[Problem]:
        for kind, pairs, least in (
            ("wrong", self.case.wrong, LEAST_WRONG),
            ("right", self.case.right, LEAST_RIGHT),
        ):
            if len(pairs) < least:
                message = f"{len(pairs)} {kind} solutions are too few"
                mend = f"write {least} or more into {_beside(self.lesson).name}"
                yield self._problem(message, mend)

    def _collateral(self, missing: Outcome, reference: Outcome) -> float:
        """The points that other exercises lose where this one is not written."""
        lost = missing.keys() - reference.keys() - self.tests.keys()
        return sum(c.points for c in self.lesson.cells if c.is_test and c.grade_id in lost)

    # Wrong solutions

    def _judge_wrong(self, outcomes: Outcomes, row: Row, found: Validity) -> None:
        causes = _Causes(self.case, outcomes)
        in_sight, untold = self.in_sight(outcomes), []
        for variant, trial in self.case.wrong:
            outcome = outcomes[trial.key]
            row.wrong += 1
            row.rejected += bool(self._own(outcome))
            found.findings += self._judge_losses(variant, outcome)
            if not self._own(outcome):
                found.findings.append(self._passes(variant))
                continue
            shown = in_sight.get(variant.name)
            if self._is_surprise(outcome, outcomes[shown.key] if shown else None):
                row.surprises += 1
                self.surprised.append(f"{variant.name!r} ({self.cell.grade_id})")
            verdict = causes.verdict(variant, outcome)
            if verdict == "told":
                row.diagnosed += 1
            elif verdict == "untold":
                untold.append(variant)
            else:
                row.false += verdict == "false"
                found.findings.append(self._undiagnosed(variant, verdict, outcome))
        row.untold = len(untold)
        if untold:
            too_many = len(untold) > MOST_UNTOLD * row.wrong
            (found.findings if too_many else found.notes).append(self._silent(untold))

    def _passes(self, variant: Variant) -> Problem:
        message = f"the wrong solution {variant.name!r} passes all tests of the exercise"
        mend = f"add a test that it fails, and that says: {variant.says}"
        return self._problem(message, mend, variant)

    def _undiagnosed(self, variant: Variant, verdict: str, outcome: Outcome) -> Problem:
        message = f"no message tells the author of {variant.name!r}: {variant.says!r}"
        mend = "let a test that fails see more of what is wrong, or say what that says"
        if verdict == "false":
            message = f"the author of {variant.name!r} is told the cause of another mistake"
            mend = f"let a test tell them apart; this one is: {variant.says!r}"
        return self._problem(message + told_of(outcome, self._own(outcome)), mend, variant)

    def _silent(self, untold: list[Variant]) -> Problem:
        names = ", ".join(repr(variant.name) for variant in untold)
        message = f"no cause is said for {names}: another mistake gives the same, or little shows"
        mend = "let a check try what tells them apart, or give those alike one sentence"
        return self._problem(message, mend, untold[0])

    def _judge_losses(self, variant: Variant, outcome: Outcome) -> Iterator[Problem]:
        lost = {cell.grade_id for cell in self.lesson.cells if cell.is_test} & outcome.keys()
        if variant.loses and lost != set(variant.loses):
            message = f"{variant.name!r} loses other tests than it says" + told_of(outcome, lost)
            mend = f"correct loses, which says {', '.join(variant.loses)}"
            yield self._problem(message, mend, variant)

    def _is_surprise(self, outcome: Outcome, in_sight: Outcome | None) -> bool:
        """Whether every test that fails does so in what students don't see."""
        for name in self._own(outcome):
            hidden = self._is_hidden(name, outcome)
            if hidden is None:
                hidden = in_sight is not None and name not in in_sight
            if not hidden:
                return False
        return True

    def _is_hidden(self, name: str, outcome: Outcome) -> bool | None:
        """Whether a test failed in a line that students don't get; None where that is unknown."""
        line = outcome[name].line
        if line is None:
            return None
        hidden = regions(self.tests[name].source, *HIDDEN)
        return any(start < line - 1 < stop for start, stop in hidden)

    def _own(self, outcome: Outcome) -> list[str]:
        """The tests of the exercise that fail."""
        return [name for name in self.tests if name in outcome]

    def _hides(self) -> bool:
        return any(regions(test.source, *HIDDEN) for test in self.tests.values())

    # Right solutions and mutants

    def _judge_right(
        self, variant: Variant, outcome: Outcome, reference: Outcome, row: Row
    ) -> Iterator[Problem]:
        broken = [name for name in outcome if name not in reference]
        row.right += 1
        row.accepted += not broken
        if broken:
            message = f"the right solution {variant.name!r} fails" + told_of(outcome, broken)
            mend = "let the tests ask for no more than the exercise does, or correct the solution"
            yield self._problem(message, mend, variant)

    def _judge_mutants(self, outcomes: Outcomes, row: Row) -> Iterator[Problem]:
        mutants = [mutant for mutant, _ in self.case.mutants]
        survivors = [mutant for mutant, trial in self.case.mutants if not outcomes[trial.key]]
        listed = [
            name
            for entry in equivalents_of(self.lesson)
            if entry.exercise == self.cell.grade_id
            for name in entry.mutants
        ]
        excused = {mutant.change for mutant in survivors if mutant.change in listed}
        row.mutants += len(mutants)
        row.killed += len(mutants) - len(survivors)
        row.equivalent += sum(mutant.change in excused for mutant in survivors)
        row.surviving += sum(mutant.change not in excused for mutant in survivors)
        for mutant in survivors:
            if mutant.change not in excused:
                message = f"a mutant passes all tests of the exercise: {mutant.change}"
                mend = f"add a test that it fails, or list it in {_list_name(self.lesson)}"
                yield Problem(self.lesson.path, mutant.line, message, mend, self.cell.grade_id)
        yield from self._stale([name for name in listed if name not in excused], mutants)

    def _stale(self, names: Iterable[str], mutants: list[Mutant]) -> Iterator[Problem]:
        made = {mutant.change for mutant in mutants}
        for name in names:
            what = "fails a test after all" if name in made else "is no mutant any more"
            message, mend = f"a mutant listed as equivalent {what}: {name}", "remove it there"
            path = equivalents_path(self.lesson)
            yield Problem(path, 1, message, mend, self.cell.grade_id)

    def _problem(self, message: str, mend: str, variant: Variant | None = None) -> Problem:
        path, line = self.lesson.path, self.cell.line
        if variant is not None:
            path, line = _beside(self.lesson), variant.line
        return Problem(path, line, message, mend, self.cell.grade_id)


class _Causes:
    """What the authors of an exercise's wrong solutions are told."""

    def __init__(self, case: ExerciseCase, outcomes: Outcomes):
        self._tests = [test.grade_id for test in case.tests]
        self._known = known_mistakes(case, outcomes)
        self._sentences = {variant.says for variant, _ in case.wrong if variant.says}

    def verdict(self, variant: Variant, outcome: Outcome) -> str:
        """`told`, `false`, `untold`, or `missed` by tests that know of no evidence."""
        faults = {name: outcome[name] for name in self._tests if name in outcome}
        said = {s for s in self._sentences for f in faults.values() if says_so(f.message, s)}
        for name, fault in faults.items():
            if fault.evidence:
                known = self._known.get(name, [])
                sentences = told(without_line(fault.evidence), known)
                said |= set(sentences) if len(sentences) == 1 else set()
        if any(says_so(sentence, variant.says) for sentence in said if variant.says):
            return "told"
        if said:
            return "false"
        return "untold" if any(fault.evidence for fault in faults.values()) else "missed"


def _beside(lesson: Lesson) -> Path:
    return lesson.path.with_name("misconceptions.py")


def _list_name(lesson: Lesson) -> str:
    return equivalents_path(lesson).name
