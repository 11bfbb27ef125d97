"""What the rules share: problems that know their line, and readings of a cell."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from tinytorch.course.lesson import Cell, Lesson, Problem
from tinytorch.course.markers import HIDDEN, SOLUTION, MarkerError, lines_outside, regions

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def problem(lesson: Lesson, cell: Cell, message: str, mend: str, offset: int = 0) -> Problem:
    """A problem with a cell, `offset` lines below its first."""
    return Problem(lesson.path, cell.line + offset, message, mend, cell.grade_id)


@lru_cache(maxsize=4096)
def parse(source: str) -> ast.Module | None:
    """The tree of a code cell, or None where it is not Python."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return None


def parsed(lesson: Lesson) -> Iterator[tuple[Cell, ast.Module]]:
    """The code cells that parse, with their trees."""
    for cell in lesson.cells:
        tree = parse(cell.source) if cell.kind == "code" else None
        if tree is not None:
            yield cell, tree


def definitions(tree: ast.Module) -> dict[str, ast.stmt]:
    """The functions and classes that a cell defines at top level."""
    return {node.name: node for node in tree.body if isinstance(node, DEFINITIONS)}


def first_line(source: str, name: str) -> str:
    """The first line of the docstring of what a cell defines, or ''."""
    tree = parse(source)
    found = definitions(tree).get(name) if tree else None
    return ((ast.get_docstring(found) or "") if found else "").partition("\n")[0]


def sound_regions(cell: Cell, pair: tuple[str, str]) -> list[tuple[int, int]]:
    """The regions between a pair of markers, or none where they don't pair."""
    try:
        return regions(cell.source, *pair)
    except MarkerError:
        return []


def is_paired(cell: Cell) -> bool:
    """Whether all markers of a cell pair."""
    try:
        for pair in (SOLUTION, HIDDEN):
            regions(cell.source, *pair)
    except MarkerError:
        return False
    return True


def visible_lines(cell: Cell) -> list[tuple[int, str]]:
    """What students see of a cell, each line with its offset; nothing where markers don't pair."""
    if not is_paired(cell):
        return []
    outside = [dict(lines_outside(cell.source, *pair)) for pair in (SOLUTION, HIDDEN)]
    return [(offset, line) for offset, line in outside[0].items() if offset in outside[1]]


def within(node: ast.AST, region: tuple[int, int]) -> bool:
    """Whether a node begins inside a region."""
    return region[0] < node.lineno - 1 < region[1]
