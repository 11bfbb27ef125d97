"""Check lessons before anything is made of them.

Whatever is wrong is found here, all of it at once, and named by file, line and grade_id. The
rules are listed below; each is a generator of the problems that it finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from tinytorch.course.lesson import Lesson, Problem
from tinytorch.course.package import Packages
from tinytorch.course.rules import graded, metadata, modules, prose, secrets, solutions
from tinytorch.course.rules.common import problem
from tinytorch.course.rules.secrets import secret_lines
from tinytorch.course.run import DIED, TIMEOUT, RunResult, can_fork, run_lessons

__all__ = ["COURSE_RULES", "LESSON_RULES", "check_lessons", "check_runs", "secret_lines"]

LESSON_RULES: tuple[Callable[[Lesson], Iterator[Problem]], ...] = (
    metadata.complete_metadata,
    metadata.markers_have_metadata,
    metadata.markers_fit_the_cell,
    metadata.unique_grade_ids,
    metadata.telling_grade_ids,
    metadata.test_points,
    metadata.total_points,
    solutions.parses,
    solutions.paired_markers,
    solutions.marked_solutions,
    solutions.releasable_stubs,
    solutions.short_solutions,
    graded.locked_tests,
    graded.visible_tests,
    graded.called_tests,
    graded.own_tests,
    graded.decorated_tests,
    graded.short_tests,
    graded.answered_refusals,
    graded.rubrics,
    modules.known_directives,
    modules.one_module,
    modules.unexported_tests,
    secrets.kept_secrets,
    prose.plain_prose,
)

# What can only be judged with the other lessons at hand.
COURSE_RULES: tuple[Callable[[Sequence[Lesson]], Iterator[Problem]], ...] = (
    modules.module_of_its_own,
    modules.sound_public_names,
    modules.imports_of_earlier_lessons,
    modules.names_of_earlier_lessons,
)


def check_lessons(
    lessons: Sequence[Lesson], *, run: bool = True, timeout: float = 120
) -> list[Problem]:
    """Everything that is wrong with the lessons, in the order of their files and lines.

    Args:
        run: also run each lesson, see `check_runs`.
    """
    found = [p for rule in LESSON_RULES for lesson in lessons for p in rule(lesson)]
    found += [p for rule in COURSE_RULES for p in rule(lessons)]
    if run:
        known = {(p.path, p.line) for p in found}
        failed = check_runs(lessons, timeout=timeout)
        # A refused import that also fails is one problem.
        found += [p for p in failed if (p.path, p.line) not in known]
    return _in_order(found)


def check_runs(
    lessons: Sequence[Lesson], among: Sequence[Lesson] | None = None, *, timeout: float = 120
) -> list[Problem]:
    """What fails where lessons run from top to bottom, with their solutions in place.

    They run once as a notebook does, and once with the tests in a process of their own, as a
    class's may be graded: a test that can't run there is named with its mend.

    Args:
        among: all lessons of the course: each run finds those before its own as they stand in
            their files. By default the ones given.
        timeout: seconds that one lesson may take.
    """
    sound = [lesson for lesson in lessons if not any(solutions.parses(lesson))]
    readable = [x for x in among or lessons if not any(solutions.parses(x))]
    with Packages(readable) as packages:
        results = run_lessons(sound, path=packages.path, timeout=timeout)
        found = {x.path: [*_failures(x, r)] for x, r in zip(sound, results, strict=True)}
        sound = [lesson for lesson in sound if not found[lesson.path] and can_fork()]
        results = run_lessons(sound, path=packages.path, timeout=timeout, isolated=True)
        found |= {x.path: [*_isolated_failures(x, r)] for x, r in zip(sound, results, strict=True)}
    return _in_order(problem for problems in found.values() for problem in problems)


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda p: (str(p.path), p.line))


def _failures(lesson: Lesson, result: RunResult) -> Iterator[Problem]:
    for n, (index, failure) in enumerate(result.failures.items()):
        never_ran = failure.ename in (TIMEOUT, DIED) and failure.line is None
        if never_ran or (n and failure.ename == "NameError"):
            continue  # it follows from the failure of a cell above
        cell = lesson.cells[index]
        line = cell.line if failure.line is None else failure.line
        message = f"the cell fails: {failure.ename}: {failure.message}"
        mend = "correct the code, and run the lesson from the top in a fresh process"
        yield problem(lesson, cell, message, mend, line - cell.line)


def _isolated_failures(lesson: Lesson, result: RunResult) -> Iterator[Problem]:
    """Tests that need to be in one process with what they test. Elsewhere they don't fail."""
    for index, failure in result.failures.items():
        cell = lesson.cells[index]
        line = cell.line if failure.line is None else failure.line
        message = (
            f"the test fails isolated from the code it tests: {failure.ename}: {failure.message}"
        )
        mend = (
            "let it call that code and look at what it gives; its text, its frames and its "
            "global variables are in another process"
        )
        yield problem(lesson, cell, message, mend, line - cell.line)
