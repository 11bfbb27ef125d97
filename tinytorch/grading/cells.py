"""nbgrader's marks on the cells of a notebook, as plain values."""

from __future__ import annotations

ROLES = ("grade", "solution", "locked", "task")


def marks_of(cell: dict) -> dict:
    """nbgrader's metadata of a cell; nothing where it has none."""
    return cell["metadata"].get("nbgrader", {})


def grade_id_of(cell: dict) -> str:
    """The grade_id of a cell, or nothing."""
    return str(marks_of(cell).get("grade_id", ""))


def has_role(cell: dict) -> bool:
    """Whether a cell means something to nbgrader."""
    return any(marks_of(cell).get(role) for role in ROLES)


def is_exercise(cell: dict) -> bool:
    """Whether a student is to write the cell, and others earn its points."""
    return bool(marks_of(cell).get("solution")) and not marks_of(cell).get("grade")


def is_test(cell: dict) -> bool:
    """Whether a cell earns points by being run."""
    return bool(marks_of(cell).get("grade")) and not marks_of(cell).get("solution")


def source_of(cell: dict) -> str:
    """The text of a cell, which a file may hold as a list of lines."""
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)
