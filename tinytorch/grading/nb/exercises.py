"""The exercises of an instructor's notebook, each with its tests and its solution."""

from __future__ import annotations

from collections.abc import Iterator

from tinytorch.grading.cells import grade_id_of, is_exercise, is_test, marks_of, source_of
from tinytorch.grading.nb.records import Exercise


def read_exercises(source: dict) -> tuple[Exercise, ...]:
    """The exercises of an instructor's notebook, each with its tests and its solution.

    Markers stay in the solution: they are comments, and nobody will see it.
    """
    return tuple(
        Exercise(
            grade_id_of(section[0]),
            tuple(grade_id_of(cell) for cell in section if is_test(cell)),
            tuple(source_of(cell) for cell in section if not marks_of(cell).get("grade")),
        )
        for section in _sections(source)
    )


def _sections(notebook: dict) -> Iterator[list[dict]]:
    """The code cells from each exercise up to the next."""
    section: list[dict] = []
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        if is_exercise(cell):
            if section:
                yield section
            section = [cell]
        elif section:
            section.append(cell)
    if section:
        yield section
