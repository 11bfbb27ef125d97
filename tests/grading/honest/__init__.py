"""Submissions of this course that are odd and honest: whatever runs them must give their points.

`submissions()` gives them all, each with the points that its tests are worth. They are solved
notebooks of the lessons with something added or changed, by the functions of `build`: in
`machine.py` what asks the system for something, in `python.py` what does unusual things with the
language or the notebook, in `solutions.py` exercises solved in unusual ways, in `styles.py` those
solved in other languages and styles, in `files.py` odd notebook files, and files beside them.
"""

from __future__ import annotations

from .build import Submission, hand_in, make_course

__all__ = ["Submission", "hand_in", "make_course", "submissions"]


def submissions() -> list[Submission]:
    """All of them, sorted by name. A name is that of a student."""
    from . import files, machine, python, solutions, styles

    found = [case for part in (machine, python, solutions, styles, files) for case in part.CASES]
    names = [case.name for case in found]
    assert len(set(names)) == len(names), "two have the same name"
    return sorted(found)
