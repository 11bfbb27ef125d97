"""What each locked test of an exercise must show when it is run, before its lesson is built.

A rule says what it needs to have run, and then what is wrong. The rules are listed below; the
trials are kept on record as all others are, so that nothing runs twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from tinytorch.course.cases import ExerciseCase, LessonCase
from tinytorch.course.lesson import Cell, Lesson, Problem
from tinytorch.course.mutants import equivalents_path
from tinytorch.course.rules.common import definitions, parse
from tinytorch.course.stand_ins import LAZINESSES, UNWRITTEN, StandIn, excuses_of
from tinytorch.course.trials import Outcome, Trial

Outcomes = Mapping[str, Outcome]  # by the keys of the trials


@dataclass(frozen=True)
class Rule:
    """Something that is asked of each locked test of an exercise."""

    trials: Callable[[ExerciseCase], Iterable[Trial]]
    problems: Callable[[ExerciseCase, Outcomes], Iterable[Problem]]


def trials_of(case: LessonCase) -> Iterator[Trial]:
    """What is to be run of a lesson before its tests can be judged."""
    for rule in RULES:
        for exercise in case.exercises:
            yield from rule.trials(exercise)


def problems_of(case: LessonCase, outcomes: Outcomes) -> list[Problem]:
    """What is wrong with the tests of a lesson, in the order of its lines."""
    found = [p for rule in RULES for each in case.exercises for p in rule.problems(each, outcomes)]
    return sorted([*found, *_strays(case.lesson)], key=lambda problem: problem.line)


# --- No lazy stand-in passes ------------------------------------------------------------------


def _lazy_trials(case: ExerciseCase) -> Iterator[Trial]:
    yield from (trial for _, trial in case.stand_ins)


def _lazy_problems(case: ExerciseCase, outcomes: Outcomes) -> Iterator[Problem]:
    """Tests that a lazy stand-in passes, and excuses for what no stand-in passes."""
    if broken := [s for s, trial in case.stand_ins if case.cell.grade_id in outcomes[trial.key]]:
        yield _unfit(case, broken[0])
        return
    for test in case.tests:
        passed = list(_passed(case, test, outcomes))
        excused = _excused(case.lesson, test)
        for stand_in in passed:
            if stand_in.laziness.does not in excused:
                yield _weak(case.lesson, test, stand_in)
        for does in sorted(excused - {stand_in.laziness.does for stand_in in passed}):
            message = f"is excused for a stand-in that it does not pass: {does}"
            yield _listed(case.lesson, message, "remove it there", test.grade_id)


def _passed(case: ExerciseCase, test: Cell, outcomes: Outcomes) -> Iterator[StandIn]:
    """The stand-ins that pass a test, of those whose parts it has a use for."""
    used = set()
    for stand_in, trial in case.stand_ins:  # the unwritten ones come first
        fails = test.grade_id in outcomes[trial.key]
        if stand_in.laziness == UNWRITTEN:
            used |= set(stand_in.parts) if fails else set()
        elif not fails and used & set(stand_in.parts):
            yield stand_in


def _excused(lesson: Lesson, test: Cell) -> set[str]:
    return {
        does
        for excuse in excuses_of(lesson)
        if test.grade_id in excuse.tests
        for does in excuse.stand_ins
    }


def _weak(lesson: Lesson, test: Cell, stand_in: StandIn) -> Problem:
    function = definitions(parse(test.source)).get(test.grade_id)
    line = test.line + (function.lineno - 1 if function else 0)
    message = f"the test passes where {_told(stand_in)}"
    return Problem(lesson.path, line, message, stand_in.laziness.mend, test.grade_id)


def _unfit(case: ExerciseCase, stand_in: StandIn) -> Problem:
    message = f"its cell fails where {_told(stand_in)}, so that no test says anything of it"
    mend = "let the cell define what the exercise asks for, and call it in another"
    return Problem(case.lesson.path, case.cell.line, message, mend, case.cell.grade_id)


def _told(stand_in: StandIn) -> str:
    names = " and ".join(f"`{part}`" for part in stand_in.parts)
    return f"{'each of ' if len(stand_in.parts) > 1 else ''}{names} {stand_in.laziness.does}"


def _strays(lesson: Lesson) -> Iterator[Problem]:
    """Excuses of what is no test, or no stand-in."""
    tests = {cell.grade_id for cell in lesson.cells if cell.is_test}
    known = [laziness.does for laziness in LAZINESSES]
    for excuse in excuses_of(lesson):
        for name in sorted(set(excuse.tests) - tests):
            yield _listed(lesson, "excuses what is no test", "correct or remove it", name)
        for does in sorted(set(excuse.stand_ins) - set(known)):
            message, mend = f"excuses what is no stand-in: {does}", f"they are: {', '.join(known)}"
            yield _listed(lesson, message, mend, ", ".join(excuse.tests))


def _listed(lesson: Lesson, message: str, mend: str, test: str) -> Problem:
    return Problem(equivalents_path(lesson), 1, message, mend, test)


RULES: tuple[Rule, ...] = (Rule(_lazy_trials, _lazy_problems),)
