"""Prose: what the style of the course rules out in any text that students read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tinytorch.course.lesson import Lesson, Problem
from tinytorch.course.rules.common import problem

# Emoji and dingbats, but neither arrows nor the mathematician's signs.
PICTOGRAPH = re.compile(
    "[\u231a\u231b\u23e9-\u23fa\u2600-\u27bf\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\ufe0f"
    "\U0001f000-\U0001faff]"
)


def plain_prose(lesson: Lesson) -> Iterator[Problem]:
    """No emoji and no other pictographs."""
    for cell in lesson.cells:
        for offset, line in enumerate(cell.source.split("\n")):
            found = PICTOGRAPH.search(line)
            if found:
                message = f"a pictograph, U+{ord(found[0]):04X}"
                yield problem(lesson, cell, message, "say it in words", offset)
