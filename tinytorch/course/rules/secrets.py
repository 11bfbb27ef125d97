"""Secrets: the lines of solutions, hidden tests and rubrics, which students must not get."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tinytorch.course.lesson import Cell, Lesson, Problem
from tinytorch.course.markers import HIDDEN, SOLUTION
from tinytorch.course.rules.common import problem, sound_regions, visible_lines

LEAST_TELLING_LINE = 12
# Lines that many cells need and that give nothing away.
HARMLESS = re.compile(
    r"""
    [\W\d_]*                                                    # brackets, rules, numbers
    | (return|yield|raise|pass|else|try|except|finally)\b\s*\w*:?  # a keyword, at most with a name
    | self\.(?P<name>\w+)\ =\ (?P=name)                         # an argument kept as it came
    | \w+\ =\ np\.random\.default_rng\(\w*\)                    # a generator and its seed
    """,
    re.VERBOSE,
)


def secret_lines(lesson: Lesson) -> dict[str, int]:
    """Each line that students must not get, stripped, with its line in the lesson's file.

    Lines that give nothing away are left out, and so is what a test shows as well as hides:
    its set-up.
    """
    secrets: dict[str, int] = {}
    for cell in lesson.cells:
        shown = {line.strip() for _, line in visible_lines(cell)} if cell.is_test else set()
        for offset, line in _hidden_lines(cell):
            if _is_telling(line) and line not in shown:
                secrets.setdefault(line, cell.line + offset)
    return secrets


def _hidden_lines(cell: Cell) -> Iterator[tuple[int, str]]:
    lines = cell.source.split("\n")
    for pair in (SOLUTION, HIDDEN):
        for start, stop in sound_regions(cell, pair):
            for offset in range(start + 1, stop):
                yield offset, lines[offset].strip()


def _is_telling(line: str) -> bool:
    return len(line) >= LEAST_TELLING_LINE and not HARMLESS.fullmatch(line)


def kept_secrets(lesson: Lesson) -> Iterator[Problem]:
    """No line of a solution, a hidden test or a rubric stands in what students get."""
    secrets = secret_lines(lesson)
    for cell in lesson.cells:
        for offset, line in visible_lines(cell):
            if line.strip() in secrets:
                hidden = secrets[line.strip()]
                message = f"students see {line.strip()!r}, which line {hidden} hides from them"
                mend = "say it in other words, or try another case: hints name a concept"
                yield problem(lesson, cell, message, mend, offset)
