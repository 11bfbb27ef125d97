"""Export lessons: the cells marked `#| export` become a module of `tinytorch.core`."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable
from itertools import pairwise

from tinytorch.course.lesson import DIRECTIVE, Cell, Lesson
from tinytorch.course.markers import strip_markers

WIDTH = 100
SHOWN = """\
def __dir__() -> list[str]:
    return __all__"""


def export(lesson: Lesson) -> str:
    """The text of the module that a lesson exports, as a person would have written it.

    The markers are gone and the solutions stay; imports of all cells are gathered at the top.
    """
    imports: list[str] = []
    blocks: list[str] = []
    for cell in lesson.cells:
        if cell.is_exported:
            found, block = _split_imports(_code(cell))
            imports += [line for line in found if line not in imports]
            blocks += [block] if block else []
    names = f"{_all(public_names(lesson))}\n\n\n{SHOWN}"
    head = [f'"""{_headline(lesson)}"""', _arrange(imports), names]
    return "\n\n".join(part for part in head if part) + "\n\n\n" + _join(blocks) + "\n"


def export_init(lessons: Iterable[Lesson]) -> str:
    """The text of `tinytorch/core/__init__.py`: the names that lessons say are public."""
    found = {x.module: _public(x) for x in lessons if x.module and _public(x)}
    names = {name for some in found.values() for name in some}
    lines = [
        '"""The framework, module by module as the lessons build it."""',
        "",
        *(_import(f"tinytorch.{module}", found[module]) for module in sorted(found)),
        "",
        _all(sorted(names, key=_kind_and_name)),
    ]
    return "\n".join(lines) + "\n"


def _public(lesson: Lesson) -> list[str]:
    names = public_names(lesson) if lesson.public is None else lesson.public
    return sorted(names, key=_kind_and_name)


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"from {module} import (", *(f"    {name}," for name in names), ")"])


def public_names(lesson: Lesson) -> list[str]:
    """The names without a leading underscore that the exported cells define.

    Sorted as ruff sorts `__all__`: constants, then classes, then the rest.
    """
    names = set()
    for cell in lesson.cells:
        for node in ast.parse(_code(cell)).body if cell.is_exported else ():
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names.update(t.id for t in targets if isinstance(t, ast.Name))
    return sorted((name for name in names if not name.startswith("_")), key=_kind_and_name)


def _kind_and_name(name: str) -> tuple[int, str]:
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def _headline(lesson: Lesson) -> str:
    title = lesson.title.split(". ", 1)[-1]
    return (
        f"{title}. Made from modules/{lesson.folder}/{lesson.path.name}: edit that file, not this."
    )


def _code(cell: Cell) -> str:
    """An exported cell without its directives and markers."""
    lines = [line for line in cell.source.splitlines() if not DIRECTIVE.match(line)]
    return strip_markers("\n".join(lines)).strip("\n")


def _split_imports(code: str) -> tuple[list[str], str]:
    """The import statements at the top level of a cell, and the rest."""
    lines, imports = code.splitlines(), []
    for node in reversed(ast.parse(code).body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.insert(0, "\n".join(lines[node.lineno - 1 : node.end_lineno]))
            del lines[node.lineno - 1 : node.end_lineno]
    return imports, "\n".join(lines).strip("\n")


def _arrange(imports: list[str]) -> str:
    """Imports in the usual three groups: the standard library, NumPy, earlier lessons."""

    def group(statement: str) -> int:
        module = statement.split()[1].split(".")[0]
        return {"numpy": 1, "tinytorch": 2}.get(module, 0)

    groups = [[s for s in imports if group(s) == number] for number in range(3)]
    plain_first = [
        sorted(statements, key=lambda s: (s.startswith("from"), s.lower())) for statements in groups
    ]
    return "\n\n".join("\n".join(statements) for statements in plain_first if statements)


def _all(names: list[str]) -> str:
    """`__all__` in lines as full as they may be: nobody reads it for its own sake."""
    items = ", ".join(f'"{name}"' for name in names)
    line = f"__all__ = [{items}]"
    if len(line) <= WIDTH:
        return line
    indent = "    "
    wrapped = textwrap.fill(f"{items},", WIDTH, initial_indent=indent, subsequent_indent=indent)
    return f"__all__ = [\n{wrapped}\n]"


def _join(blocks: list[str]) -> str:
    """Cells below one another, two blank lines apart where a definition begins or ends."""
    text = blocks[0] if blocks else ""
    for before, block in pairwise(blocks):
        both_plain = not (_is_definition(before, -1) or _is_definition(block, 0))
        text += ("\n\n" if both_plain else "\n\n\n") + block
    return text


def _is_definition(block: str, position: int) -> bool:
    body = ast.parse(block).body
    return bool(body) and isinstance(body[position], ast.FunctionDef | ast.ClassDef)
