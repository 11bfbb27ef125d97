"""A lesson as the instructor's notebook, the same to the byte whenever the lesson is the same."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections import Counter

from tinytorch.course.lesson import Cell, Lesson
from tinytorch.course.markers import HIDDEN, SOLUTION, regions, without_regions
from tinytorch.course.rules.common import first_line, parse

OPTIONAL = re.compile(r"## \d+\.\d+ For those who want more\b")
GOES_ON = "raises-exception"  # the tag by which a failing cell does not stop a run of all cells
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
INSTALL = "Colab? Upload the kit's zip, then: !unzip -qo '*.zip' && python */course.py setup --here"
WORDS_A_MINUTE = 180
CODE_LINES_A_MINUTE = 10
MINUTES_AN_EXERCISE = 4
MINUTES_A_SOLUTION_LINE = 1.5


def notebook(lesson: Lesson) -> str:
    """The text of `source/NN_name/name.ipynb`: no outputs, sorted keys, stable cell ids.

    Whoever reads it sees nothing of the machinery: what `#|` lines say stands in the metadata,
    and what need not be read is folded away, how a figure is drawn for one. Of a folded test
    JupyterLab shows the first line, which says what must hold; and where a test fails, the cells
    after it are run all the same.
    """
    seen: Counter[str] = Counter()
    optional = optional_cells(lesson)
    cells = [
        _cell(cell, _cell_id(cell, seen), n in optional)
        for n, cell in enumerate(lesson.cells)
        if not cell.directives or _shown(cell)
    ]
    first = next((c for c in cells if c["cell_type"] == "markdown"), None)
    if first is not None:
        first["source"] = _lines(_with_effort("".join(first["source"]), lesson))
    content = {
        "cells": cells,
        "metadata": {
            "kernelspec": KERNEL,
            "language_info": {"name": "python"},
            "tinytorch": {"lesson": lesson.folder}
            | ({"module": lesson.module} if lesson.module else {}),
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def effort(lesson: Lesson) -> str:
    """Reading time, coding time and points, worked out from the lesson.

    What only those read who want more takes no time.
    """
    words = lines = solution_lines = 0
    optional = optional_cells(lesson)
    for n, cell in enumerate(lesson.cells):
        given = without_regions(without_regions(_shown(cell), *HIDDEN), *SOLUTION)
        if n in optional:
            pass
        elif cell.kind == "markdown":
            words += len(given.split())
        elif not cell.is_test:
            lines += len(given.splitlines())
        if cell.is_exercise:
            solution_lines += sum(
                stop - start - 1 for start, stop in regions(cell.source, *SOLUTION)
            )
    exercises = sum(cell.is_exercise for cell in lesson.cells)
    reading = words / WORDS_A_MINUTE + lines / CODE_LINES_A_MINUTE
    coding = exercises * MINUTES_AN_EXERCISE + solution_lines * MINUTES_A_SOLUTION_LINE
    by_hand = sum(cell.points for cell in lesson.cells if cell.is_question)
    points = f"{lesson.points:g} points"
    if by_hand:
        points += f", {by_hand:g} of them for answers that a person reads"
    times = f"Reading: about {_round(reading)} minutes. Coding: about {_round(coding)} minutes."
    return f"{times} {points}."


def optional_cells(lesson: Lesson) -> set[int]:
    """The indices of the cells that are folded: sections for those who want more, and plumbing."""
    found, inside = set(), False
    for n, cell in enumerate(lesson.cells):
        if cell.kind == "markdown" and (headings := re.findall(r"^## .*", cell.source, re.M)):
            inside = OPTIONAL.match(headings[-1]) is not None
        if inside or cell.is_folded:
            found.add(n)
    return found


def _shown(cell: Cell) -> str:
    """A cell's source without its `#|` lines."""
    lines = cell.source.split("\n")
    return "\n".join(lines[len(cell.directives) :]).strip("\n") if cell.directives else cell.source


def _round(minutes: float) -> int:
    return max(5, 5 * round(minutes / 5))


def _with_effort(source: str, lesson: Lesson) -> str:
    return re.sub(
        r"^(# .+)$", lambda m: f"{m[1]}\n\n*{effort(lesson)}*", source, count=1, flags=re.M
    )


def _cell(cell: Cell, cell_id: str, is_optional: bool) -> dict:
    content = {
        "cell_type": cell.kind,
        "id": cell_id,
        "metadata": _metadata(cell, is_optional),
        "source": _lines(_label(cell) + _shown(cell)),
    }
    if cell.kind == "code":
        content |= {"execution_count": None, "outputs": []}
    return content


def _label(cell: Cell) -> str:
    """The line that a cell gets: a folded one is seen by it, a test's says what must hold."""
    if _draws(cell):
        return "# How the figure is drawn\n"
    if "\ntt.begin(" in cell.source:
        return f"# {INSTALL}\n"
    if not cell.is_test:
        return ""
    points = f"{cell.points:g} point{'' if cell.points == 1 else 's'}"
    says = first_line(cell.source, cell.grade_id)
    return f"# {points}: {says}\n" if says else ""


def _metadata(cell: Cell, is_optional: bool) -> dict:
    """The cell's metadata, with what JupyterLab folds away and what an export asks for."""
    metadata = dict(cell.metadata)
    if cell.is_exported:
        metadata["tinytorch"] = {"export": True}
    if cell.is_test:
        metadata["tags"] = [*metadata.get("tags", []), GOES_ON]
    is_folded = cell.is_test or _draws(cell) or (is_optional and not cell.is_exercise)
    if cell.kind == "code" and is_folded:
        metadata["jupyter"] = {**metadata.get("jupyter", {}), "source_hidden": True}
    if cell.kind == "markdown" and is_optional and cell.source.startswith("## "):
        metadata["jp-MarkdownHeadingCollapsed"] = True
    return metadata


def _draws(cell: Cell) -> bool:
    """Whether all that a cell shows is a figure, at its end."""
    tree = parse(cell.source) if cell.kind == "code" and not cell.is_exported else None
    if tree is None or not tree.body:
        return False
    last = ast.unparse(tree.body[-1])
    return last.startswith("figures.show(") and "print(" not in cell.source


def _cell_id(cell: Cell, seen: Counter[str]) -> str:
    """The grade_id where there is one, else a hash of the content; at most 64 characters."""
    cell_id = cell.grade_id
    if not cell_id or len(cell_id) > 64:
        cell_id = hashlib.sha256(f"{cell.kind}\n{cell.source}".encode()).hexdigest()[:16]
    seen[cell_id] += 1
    return cell_id if seen[cell_id] == 1 else f"{cell_id}-{seen[cell_id]}"


def _lines(source: str) -> list[str]:
    return source.splitlines(keepends=True)
