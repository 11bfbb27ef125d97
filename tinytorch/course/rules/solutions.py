"""Solutions: what stands between the markers, and the stub that is left without it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tinytorch.course.lesson import Cell, Lesson, Problem
from tinytorch.course.markers import (
    BEGIN_SOLUTION,
    HIDDEN,
    MARKERS,
    SOLUTION,
    STUB,
    MarkerError,
    is_marker,
    lines_outside,
    regions,
)
from tinytorch.course.rules.common import DEFINITIONS, parse, problem, sound_regions, within
from tinytorch.course.rules.metadata import known_cells

MOST_SOLUTION_LINES = 15
IMPORTS = (ast.Import, ast.ImportFrom)


def parses(lesson: Lesson) -> Iterator[Problem]:
    """Every code cell is Python."""
    for cell in lesson.cells:
        if cell.kind != "code":
            continue
        try:
            ast.parse(cell.source)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            message = f"not Python: {getattr(error, 'msg', error)}"
            yield problem(lesson, cell, message, "correct the syntax", line - 1)


def paired_markers(lesson: Lesson) -> Iterator[Problem]:
    """Every BEGIN has its END, in this order, each on a line of its own."""
    for cell in known_cells(lesson):
        for pair in (SOLUTION, HIDDEN):
            try:
                regions(cell.source, *pair)
            except MarkerError as error:
                yield problem(lesson, cell, error.message, error.mend, error.offset)


def marked_solutions(lesson: Lesson) -> Iterator[Problem]:
    """A solution has markers: without them nbgrader releases a bare stub for the whole cell."""
    for cell in known_cells(lesson):
        if cell.is_solution and not any(is_marker(cell.source, marker) for marker in MARKERS):
            message = "a solution without markers: all of the cell would become a bare stub"
            mend = "put '### BEGIN SOLUTION' and '### END SOLUTION' around what students write"
            yield problem(lesson, cell, message, mend)


def releasable_stubs(lesson: Lesson) -> Iterator[Problem]:
    """What an exercise needs is outside its markers, and the stub that is left is Python."""
    for cell in known_cells(lesson):
        tree = parse(cell.source)
        marked = sound_regions(cell, SOLUTION)
        if cell.is_exercise and marked and tree:
            found = [fault for region in marked for fault in _region_faults(cell, tree, region)]
            for message, mend, offset in found or _stub_faults(cell):
                yield problem(lesson, cell, message, mend, offset)


def _region_faults(
    cell: Cell, tree: ast.Module, region: tuple[int, int]
) -> Iterator[tuple[str, str, int]]:
    """What must not be between the markers, with its offset in the cell."""
    for node in ast.walk(tree):
        if isinstance(node, IMPORTS) and within(node, region):
            mend = "import at the top of the cell, outside the markers"
            yield "an import inside the solution markers", mend, node.lineno - 1
    for node in _outside_functions(tree.body, region):
        if not isinstance(node, IMPORTS):
            yield *_lost_fault(node), node.lineno - 1
    lines = cell.source.split("\n")
    for offset in range(*region):
        if lines[offset].lstrip().startswith("#|"):
            yield "a directive inside the solution markers", "put it at the top of the cell", offset


def _outside_functions(body: list[ast.stmt], region: tuple[int, int]) -> Iterator[ast.stmt]:
    """The statements between the markers that belong to the cell or to a class, not a function."""
    for node in body:
        if within(node, region):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from _outside_functions(node.body, region)


def _lost_fault(node: ast.stmt) -> tuple[str, str]:
    if isinstance(node, DEFINITIONS):
        message = f"the definition of {node.name!r} inside the solution markers: students lose it"
        return message, "keep its first line outside the markers, or define it in another cell"
    message = "code outside of functions inside the solution markers: students lose what it defines"
    return message, "put the markers inside a function or method, around its body"


def _stub_faults(cell: Cell) -> Iterator[tuple[str, str, int]]:
    """Whether the cell still works as Python once the stub stands for each region."""
    lines = lines_outside(cell.source, *SOLUTION, STUB)
    mend = f"indent '{BEGIN_SOLUTION}' as the code that it encloses, and leave whole blocks outside"
    try:
        released = ast.parse("\n".join(line for _, line in lines))
    except SyntaxError as error:
        offset = lines[min(error.lineno or 1, len(lines)) - 1][0]
        yield f"the released stub is not Python: {error.msg}", mend, offset
        return
    bodies = [
        node.body for node in ast.walk(released) if isinstance(node, ast.Module | ast.ClassDef)
    ]
    for node in (node for body in bodies for node in body if isinstance(node, ast.Raise)):
        offset = lines[node.lineno - 1][0]
        yield "the released stub would raise outside of a function", mend, offset


def short_solutions(lesson: Lesson) -> Iterator[Problem]:
    """A solution is something a student can write in one go."""
    for cell in known_cells(lesson):
        tree = parse(cell.source)
        for region in sound_regions(cell, SOLUTION) if cell.is_exercise and tree else ():
            count = _code_lines(cell, tree, region)
            if count > MOST_SOLUTION_LINES:
                message = f"the solution has {count} lines of code, over {MOST_SOLUTION_LINES}"
                yield problem(lesson, cell, message, "split the exercise", region[0])


def _code_lines(cell: Cell, tree: ast.Module, region: tuple[int, int]) -> int:
    """The lines of a region, not counting blank ones, comments and docstrings."""
    docstrings = {
        offset
        for node in ast.walk(tree)
        if isinstance(node, DEFINITIONS) and ast.get_docstring(node) is not None
        for offset in range(node.body[0].lineno - 1, node.body[0].end_lineno)
    }
    lines = enumerate(cell.source.split("\n"))
    inside = (
        line.strip() for n, line in lines if region[0] < n < region[1] and n not in docstrings
    )
    return sum(1 for line in inside if line and not line.startswith("#"))
