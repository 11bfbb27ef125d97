"""What is tried on a lesson: its solutions, and all that may stand in the place of one of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from functools import cached_property

from tinytorch.course.lesson import Cell, Lesson
from tinytorch.course.markers import HIDDEN, SOLUTION, STUB, without_regions
from tinytorch.course.mutants import Mutant, mutants_of
from tinytorch.course.package import ground
from tinytorch.course.run import VERSION
from tinytorch.course.stand_ins import StandIn, stand_ins_of
from tinytorch.course.trials import MUTANT, STAND_IN, Trial, cut, hash_of, without_figures
from tinytorch.course.variants import Variant, variants_of, with_variant

# Seconds for an exercise with its own tests, where a mutant may loop for ever, and for a lesson.
OWN_TIMEOUT, WHOLE_TIMEOUT = 20, 120


class ExerciseCase:
    """One exercise, and all that is tried in the place of its solution."""

    def __init__(self, lesson: Lesson, cell: Cell, context: str):
        self.lesson, self.cell, self.context = lesson, cell, context
        self.tests = lesson.tests_of(cell.grade_id)

    @cached_property
    def reference(self) -> Trial:
        """The solution, with no more cells than a mutant of it is tried with."""
        return self._own_trial(self.lesson)

    @cached_property
    def wrong(self) -> list[tuple[Variant, Trial]]:
        return [(v, self._wrong_trial(v)) for v in self._variants if not v.is_right]

    @cached_property
    def right(self) -> list[tuple[Variant, Trial]]:
        """The right solutions, each with the whole lesson: it may break nothing."""
        right = [variant for variant in self._variants if variant.is_right]
        return [(v, self._whole_trial(with_variant(self.lesson, v))) for v in right]

    @cached_property
    def mutants(self) -> list[tuple[Mutant, Trial]]:
        return [(m, self._changed_trial(m.source, MUTANT)) for m in mutants_of(self.cell)]

    @cached_property
    def stand_ins(self) -> list[tuple[StandIn, Trial]]:
        return [(s, self._changed_trial(s.source, STAND_IN)) for s in stand_ins_of(self.cell)]

    @cached_property
    def missing(self) -> Trial:
        """The lesson as somebody has it who did everything but this exercise."""
        return self._whole_trial(untouched(self.lesson, [self.cell.grade_id]))

    def in_sight(self, variant: Variant) -> Trial:
        """A wrong solution and the tests as students have them, without what is hidden."""
        cells = tuple(
            dataclasses.replace(cell, source=without_regions(cell.source, *HIDDEN))
            if cell in self.tests
            else cell
            for cell in with_variant(self.lesson, variant).cells
        )
        return self._own_trial(dataclasses.replace(self.lesson, cells=cells))

    @cached_property
    def _variants(self) -> list[Variant]:
        return [v for v in variants_of(self.lesson) if v.exercise == self.cell.grade_id]

    def _wrong_trial(self, variant: Variant) -> Trial:
        lesson = with_variant(self.lesson, variant)
        if not variant.loses:
            return self._own_trial(lesson)
        graded = cut(lesson, lambda c: c.is_test or c.is_exercise or c.is_exported, lesson.cells)
        return self._trial(graded, WHOLE_TIMEOUT)

    def _changed_trial(self, source: str, kind: str) -> Trial:
        """The reference's trial with another text of the exercise's cell."""
        cells = tuple(
            dataclasses.replace(cell, source=source) if cell == self.cell else cell
            for cell in self.reference.lesson.cells
        )
        lesson = dataclasses.replace(self.lesson, cells=cells)
        return Trial(lesson, self.cell.grade_id, self.context, OWN_TIMEOUT, kind)

    def _own_trial(self, lesson: Lesson) -> Trial:
        """The exercise and its tests, with the cells above or in between that they need."""
        own = {self.cell.grade_id, *(test.grade_id for test in self.tests)}
        last = max(n for n, cell in enumerate(lesson.cells) if cell.grade_id in own)
        above = lesson.cells[:last]
        needed = cut(lesson, lambda c: c.grade_id in own or (c.is_exported and c in above), above)
        return self._trial(needed, OWN_TIMEOUT)

    def _whole_trial(self, lesson: Lesson) -> Trial:
        return self._trial(without_figures(lesson), WHOLE_TIMEOUT)

    def _trial(self, lesson: Lesson, timeout: float) -> Trial:
        return Trial(lesson, self.cell.grade_id, self.context, timeout)


class LessonCase:
    """A lesson's exercises, and the two ends of its scale.

    Args:
        lessons: all of the course's.
        exercise: the grade_id of the only one to look at.
    """

    def __init__(self, lesson: Lesson, lessons: Iterable[Lesson], exercise: str | None = None):
        self.lesson = lesson
        self.context = hash_of(str(VERSION), *ground(lesson, lessons))
        cells = [cell for cell in lesson.cells if cell.is_exercise]
        self.ids = [cell.grade_id for cell in cells]
        self.exercises = [
            ExerciseCase(lesson, cell, self.context)
            for cell in cells
            if exercise in (None, cell.grade_id)
        ]

    @cached_property
    def reference(self) -> Trial:
        return Trial(without_figures(self.lesson), "", self.context, WHOLE_TIMEOUT)

    @cached_property
    def untouched(self) -> Trial:
        lesson = without_figures(untouched(self.lesson))
        return Trial(lesson, "", self.context, WHOLE_TIMEOUT)

    def wrong(self) -> Iterator[Trial]:
        for case in self.exercises:
            yield from (trial for _, trial in case.wrong)


def untouched(lesson: Lesson, exercises: Iterable[str] | None = None) -> Lesson:
    """The lesson as its release gives it to students, with the hidden tests back in place.

    Args:
        exercises: only these are as released, the others are solved.
    """
    cells = (
        dataclasses.replace(cell, source=without_regions(cell.source, *SOLUTION, STUB))
        if cell.is_solution and cell.kind == "code" and _is_one_of(cell, exercises)
        else cell
        for cell in lesson.cells
    )
    return dataclasses.replace(lesson, cells=tuple(cells))


def _is_one_of(cell: Cell, exercises: Iterable[str] | None) -> bool:
    return exercises is None or cell.grade_id in exercises
