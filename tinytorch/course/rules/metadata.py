"""Metadata: what nbgrader has to be told of a cell, the names of cells, and the points."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tinytorch.course.lesson import Cell, Lesson, Problem
from tinytorch.course.markers import HIDDEN, MARKERS, SOLUTION, is_marker
from tinytorch.course.rules.common import definitions, parse, problem

SCHEMA_VERSION = 3
TYPES = {
    "grade": (bool,),
    "grade_id": (str,),
    "locked": (bool,),
    "points": (int, float),
    "schema_version": (int,),
    "solution": (bool,),
    "task": (bool,),
}
NAMES = {bool: "true or false", str: "a string", int: "a whole number", float: "a number"}
ALL_KEYS = f"give it {', '.join(TYPES)} (points only where grade is true), and no other key"
LESSON_POINTS = 100
MOST_TEST_POINTS = 10
SNAKE_CASE = re.compile(r"[a-z][a-z0-9_]*")


def faults(cell: Cell) -> Iterator[tuple[str, str]]:
    """What is wrong with the nbgrader metadata of one cell: messages and how to mend them."""
    data = cell.metadata.get("nbgrader")
    if data is None:
        return
    if not isinstance(data, dict):
        yield f"nbgrader metadata is {data!r}, not an object", ALL_KEYS
        return
    for key in sorted(
        TYPES.keys() - data.keys() - ({"points"} if not data.get("grade") else set())
    ):
        yield f"nbgrader metadata lacks {key!r}", ALL_KEYS
    for key, value in sorted(data.items()):
        yield from _entry_faults(key, value, data)


def _entry_faults(key: str, value: object, data: dict) -> Iterator[tuple[str, str]]:
    types = TYPES.get(key)
    if types is None:
        yield f"nbgrader metadata has an unknown key {key!r}", ALL_KEYS
    # Not isinstance: True is an int, and `points: true` is a slip.
    elif type(value) not in types:
        yield f"{key!r} is {value!r}, not {NAMES[types[-1]]}", f"make it {NAMES[types[-1]]}"
    elif key == "points" and not data.get("grade"):
        yield "'points' stand in a cell that is not graded", "remove them, or set grade to true"
    elif key == "schema_version" and value != SCHEMA_VERSION:
        yield f"'schema_version' is {value}, not {SCHEMA_VERSION}", f"set it to {SCHEMA_VERSION}"
    elif key == "task" and value:
        mend = "set task to false and ask it as a question, with grade and solution true"
        yield "the cell is a task, which this course does not use", mend


def known_cells(lesson: Lesson) -> list[Cell]:
    """The cells that nbgrader knows and whose metadata has no fault."""
    return [cell for cell in lesson.cells if cell.nbgrader and not any(faults(cell))]


def complete_metadata(lesson: Lesson) -> Iterator[Problem]:
    """nbgrader's metadata has every key, of the right type, and no other."""
    for cell in lesson.cells:
        for fault in faults(cell):
            yield problem(lesson, cell, *fault)


def markers_have_metadata(lesson: Lesson) -> Iterator[Problem]:
    """Solutions and hidden tests stand only in cells that nbgrader knows to release without."""
    for cell in lesson.cells:
        if "nbgrader" in cell.metadata:
            continue
        for offset, line in enumerate(cell.source.split("\n")):
            if any(is_marker(line, marker) for marker in MARKERS):
                message = "solution or test markers in a cell without nbgrader metadata"
                mend = "give the cell its nbgrader metadata, or remove the markers"
                yield problem(lesson, cell, message, mend, offset)
                break


def markers_fit_the_cell(lesson: Lesson) -> Iterator[Problem]:
    """Solution markers stand in solution cells, hidden tests in test cells."""
    for cell in known_cells(lesson):
        for pair, fits, kind in (
            (SOLUTION, cell.is_solution, "solution"),
            (HIDDEN, cell.is_test, "test"),
        ):
            lines = enumerate(cell.source.split("\n"))
            misplaced = [n for n, line in lines if any(is_marker(line, m) for m in pair)]
            if misplaced and not fits:
                message = f"'{pair[0]}' in a cell that is not a {kind}"
                mend = f"remove the markers, or make the cell a {kind} in its metadata"
                yield problem(lesson, cell, message, mend, misplaced[0])


def unique_grade_ids(lesson: Lesson) -> Iterator[Problem]:
    """No two cells share a grade_id: one such pair stops a whole batch of nbgrader's."""
    first: dict[str, int] = {}
    for cell in known_cells(lesson):
        if cell.grade_id in first:
            message = f"line {first[cell.grade_id]} has a cell with the same grade_id"
            yield problem(lesson, cell, message, "give each cell a grade_id of its own")
        first.setdefault(cell.grade_id, cell.line)


def telling_grade_ids(lesson: Lesson) -> Iterator[Problem]:
    """A grade_id is in snake_case, and that of an exercise or a test names what it defines."""
    for cell in known_cells(lesson):
        tree = parse(cell.source) if cell.kind == "code" else ast.Module([], [])
        fault = tree and _name_fault(cell, definitions(tree))
        if fault:
            yield problem(lesson, cell, *fault)


def _name_fault(cell: Cell, defined: dict[str, ast.stmt]) -> tuple[str, str] | None:
    name, names = cell.grade_id, ", ".join(defined) or "nothing"
    if cell.is_exercise and any(_is_name_of(name, node) for node in defined.values()):
        return None
    if not SNAKE_CASE.fullmatch(name):
        mend = "use lower-case letters, digits and underscores, or the name of the exercise's class"
        return f"the grade_id {name!r} is not in snake_case", mend
    if cell.is_exercise:
        mend = f"name the exercise after a function or class of the cell, which defines {names}"
        return f"the exercise defines no {name!r}, its grade_id", mend
    is_code_test = cell.is_test and cell.kind == "code"
    if is_code_test and not (name.startswith("test_") and name in defined):
        mend = f"name the cell after its function test_..., where the cell defines {names}"
        return f"the test cell defines no function {name!r} that begins with 'test_'", mend
    return None


def _is_name_of(grade_id: str, node: ast.stmt) -> bool:
    """Whether a grade_id names a definition: a class as it is, or in snake_case."""
    if isinstance(node, ast.ClassDef):
        snake_case = SNAKE_CASE.fullmatch(grade_id) is not None
        flat = grade_id.replace("_", "") == node.name.replace("_", "").lower()
        return grade_id == node.name or (snake_case and flat)
    return grade_id == node.name and SNAKE_CASE.fullmatch(grade_id) is not None


def test_points(lesson: Lesson) -> Iterator[Problem]:
    """A test is worth 1 to 10 points, whole ones; a question is worth something."""
    for cell in known_cells(lesson):
        fault = _points_fault(cell)
        if fault:
            yield problem(lesson, cell, *fault)


def _points_fault(cell: Cell) -> tuple[str, str] | None:
    if cell.is_graded and cell.points <= 0:
        kind = "test" if cell.is_test else "question"
        return f"the {kind} is worth nothing", "give it points, at least 1"
    if cell.is_test and cell.points != int(cell.points):
        return f"the test is worth {cell.points:g} points, not a whole number", "round them"
    if cell.is_test and cell.points > MOST_TEST_POINTS:
        mend = "split it, one behaviour a test: nbgrader gives a cell all of its points or none"
        return f"the test is worth {cell.points:g} points, over {MOST_TEST_POINTS}", mend
    return None


def total_points(lesson: Lesson) -> Iterator[Problem]:
    """A lesson is worth 100 points. Judged only where each cell's points are sound."""
    doubtful = (complete_metadata, markers_have_metadata, test_points)
    if any(any(rule(lesson)) for rule in doubtful):
        return
    if lesson.points != LESSON_POINTS:
        message = f"the lesson totals {lesson.points:g} points, not {LESSON_POINTS}"
        yield Problem(lesson.path, 1, message, "change the points of its tests and questions")
