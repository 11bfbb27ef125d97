"""A lesson as the instructor's notebook, the same to the byte whenever the lesson is the same."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter

from tinytorch.course.lesson import Cell, Lesson
from tinytorch.course.markers import HIDDEN, SOLUTION, regions, without_regions

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
WORDS_A_MINUTE = 180
CODE_LINES_A_MINUTE = 10
MINUTES_AN_EXERCISE = 4
MINUTES_A_SOLUTION_LINE = 1.5


def notebook(lesson: Lesson) -> str:
    """The text of `source/NN_name/name.ipynb`: no outputs, sorted keys, stable cell ids."""
    seen: Counter[str] = Counter()
    cells = [_cell(cell, _cell_id(cell, seen)) for cell in lesson.cells]
    first = next((c for c in cells if c["cell_type"] == "markdown"), None)
    if first is not None:
        first["source"] = _lines(_with_effort("".join(first["source"]), lesson))
    content = {
        "cells": cells,
        "metadata": {"kernelspec": KERNEL, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def effort(lesson: Lesson) -> str:
    """Reading time, coding time and points, worked out from the lesson."""
    words = lines = solution_lines = 0
    for cell in lesson.cells:
        given = without_regions(without_regions(cell.source, *HIDDEN), *SOLUTION)
        if cell.kind == "markdown":
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


def _round(minutes: float) -> int:
    return max(5, 5 * round(minutes / 5))


def _with_effort(source: str, lesson: Lesson) -> str:
    return re.sub(
        r"^(# .+)$", lambda m: f"{m[1]}\n\n*{effort(lesson)}*", source, count=1, flags=re.M
    )


def _cell(cell: Cell, cell_id: str) -> dict:
    content = {
        "cell_type": cell.kind,
        "id": cell_id,
        "metadata": cell.metadata,
        "source": _lines(cell.source),
    }
    if cell.kind == "code":
        content |= {"execution_count": None, "outputs": []}
    return content


def _cell_id(cell: Cell, seen: Counter[str]) -> str:
    """The grade_id where there is one, else a hash of the content; at most 64 characters."""
    cell_id = cell.grade_id
    if not cell_id or len(cell_id) > 64:
        cell_id = hashlib.sha256(f"{cell.kind}\n{cell.source}".encode()).hexdigest()[:16]
    seen[cell_id] += 1
    return cell_id if seen[cell_id] == 1 else f"{cell_id}-{seen[cell_id]}"


def _lines(source: str) -> list[str]:
    return source.splitlines(keepends=True)
