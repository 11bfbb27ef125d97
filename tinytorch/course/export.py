"""Export lessons: the cells marked `#| export` become a module of `tinytorch.core`."""

from __future__ import annotations

from collections.abc import Iterable

from tinytorch.course.lesson import DIRECTIVE, Cell, Lesson
from tinytorch.course.markers import strip_markers
from tinytorch.modules import WIDTH, all_names, defined_names, kind_and_name, module_text


def export(lesson: Lesson) -> str:
    """The text of the module that a lesson exports, as a person would have written it.

    The markers are gone and the solutions stay; imports of all cells are gathered at the top.
    """
    return module_text(_headline(lesson), map(_code, _exported(lesson)))


def export_init(lessons: Iterable[Lesson]) -> str:
    """The text of `tinytorch/core/__init__.py`: the names that lessons say are public."""
    found = {x.module: _public(x) for x in lessons if x.module and _public(x)}
    names = {name for some in found.values() for name in some}
    lines = [
        '"""The framework, module by module as the lessons build it."""',
        "",
        *(_import(f"tinytorch.{module}", found[module]) for module in sorted(found)),
        "",
        all_names(sorted(names, key=kind_and_name)),
    ]
    return "\n".join(lines) + "\n"


def _public(lesson: Lesson) -> list[str]:
    names = public_names(lesson) if lesson.public is None else lesson.public
    return sorted(names, key=kind_and_name)


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"from {module} import (", *(f"    {name}," for name in names), ")"])


def public_names(lesson: Lesson) -> list[str]:
    """The names without a leading underscore that the exported cells define."""
    return defined_names(map(_code, _exported(lesson)))


def _exported(lesson: Lesson) -> list[Cell]:
    return [cell for cell in lesson.cells if cell.is_exported]


def _headline(lesson: Lesson) -> str:
    title = lesson.title.split(". ", 1)[-1]
    return (
        f"{title}. Made from modules/{lesson.folder}/{lesson.path.name}: edit that file, not this."
    )


def _code(cell: Cell) -> str:
    """An exported cell without its directives and markers."""
    lines = [line for line in cell.source.splitlines() if not DIRECTIVE.match(line)]
    return strip_markers("\n".join(lines)).strip("\n")
