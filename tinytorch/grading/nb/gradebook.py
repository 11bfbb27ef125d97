"""nbgrader's gradebook: made, opened, and asked in nbgrader's own ways."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

from tinytorch.grading import NbgraderError
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.records import GradedCell, NotebookRecord, SourceCell
from tinytorch.grading.reasons import reason_of
from tinytorch.slow_imports import without_rfc3987

SQLITE = "sqlite:///"
PATIENCE = 60  # seconds for which a gradebook that somebody else writes in is waited for


def has_gradebook(course: Course) -> bool:
    """Whether there is a gradebook to read: nbgrader makes an empty one where it finds none."""
    path = _path(course)
    return path is None or path.exists()


def create_gradebook(course: Course) -> None:
    """Make the gradebook where there is none, all at once.

    nbgrader makes the tables first and their version last, and never looks after a gradebook
    whose making was interrupted.
    """
    if has_gradebook(course):
        return
    path = _path(course)
    with tempfile.TemporaryDirectory(prefix=".gradebook-", dir=path.parent) as folder:
        new = Path(folder, "gradebook.db")
        with gradebook(course, f"{SQLITE}{new}"):
            pass
        new.replace(path)


@contextlib.contextmanager
def gradebook(course: Course, url: str = "") -> Iterator:
    """nbgrader's Gradebook, open for a while."""
    book = open_gradebook(course, url)
    try:
        yield book
    finally:
        book.close()


def open_gradebook(course: Course, url: str = ""):
    """nbgrader's Gradebook, to be closed by the caller.

    Raises:
        NbgraderError: it can't be read: a server is away, or somebody writes in it all the time.
    """
    from sqlalchemy.exc import OperationalError

    api = _api()
    try:
        # For a new gradebook nbgrader runs the command `alembic`, which takes a second.
        with patch.object(api, "get_alembic_version", _newest_schema), patience():
            return api.Gradebook(url or course.directory.db_url, course.directory.course_id)
    except OperationalError as error:
        raise NbgraderError(f"the gradebook can't be opened: {reason_of(error)}") from error


@contextlib.contextmanager
def patience() -> Iterator[None]:
    """Whoever opens the gradebook in here waits for others longer than SQLite's five seconds."""
    api = _api()
    make = api.create_engine

    def create_engine(url: str, **options):
        waits = {"connect_args": {"timeout": PATIENCE}} if url.startswith("sqlite:") else {}
        return make(url, **waits, **options)

    with patch.object(api, "create_engine", create_engine):
        yield


def tables() -> SimpleNamespace:
    """nbgrader's tables under the names that they have in the database, as SQLAlchemy has them."""
    return SimpleNamespace(**_api().Base.metadata.tables)


def read_records(book, assignment: str) -> dict[str, NotebookRecord]:
    """What the gradebook knows of an assignment's notebooks, by name."""
    notebooks = book.find_assignment(assignment).notebooks
    records = {notebook.name: _record(notebook) for notebook in notebooks}
    book.db.rollback()  # an open session would keep others from writing
    return records


def has_submission(course: Course, assignment: str, student: str) -> bool:
    if not has_gradebook(course):
        return False
    with gradebook(course) as book, contextlib.suppress(_api().MissingEntry):
        book.find_submission(assignment, student)
        return True
    return False


def forget_submission(course: Course, assignment: str, student: str) -> None:
    """Remove all rows of a submission."""
    with gradebook(course) as book, contextlib.suppress(_api().MissingEntry):
        book.remove_submission(assignment, student)


def mark(
    course: Course, assignment: str, student: str, grade_id: str, points: float, comment: str = ""
) -> None:
    """Give points and a comment by hand, as a person does in nbgrader's formgrader.

    Raises:
        KeyError: the gradebook holds no such answer.
        ValueError: the points are below zero or above the answer's maximum.
    """
    with gradebook(course) as book:
        notebook = _notebook_with(book, assignment, student, grade_id)
        grade = book.find_grade(grade_id, notebook, assignment, student)
        if not 0 <= points <= grade.max_score:
            raise ValueError(f"{grade_id} is worth 0 to {grade.max_score:g} points, got {points:g}")
        grade.manual_score = points
        grade.needs_manual_grade = False
        if comment:
            answer = book.find_comment(grade_id, notebook, assignment, student)
            answer.manual_comment = comment
        book.db.commit()


def _notebook_with(book, assignment: str, student: str, grade_id: str) -> str:
    """The name of the student's notebook that holds a graded cell."""
    with contextlib.suppress(_api().MissingEntry):
        for notebook in book.find_submission(assignment, student).notebooks:
            if any(grade.name == grade_id for grade in notebook.grades):
                return notebook.name
    raise KeyError(f"the gradebook holds no {grade_id} by {student} in {assignment}")


def _record(notebook) -> NotebookRecord:
    def graded(cells) -> tuple[GradedCell, ...]:
        return tuple(GradedCell(cell.name, getattr(cell, "max_score", 0.0)) for cell in cells)

    return NotebookRecord(
        notebook.name,
        notebook.kernelspec,
        tuple(
            SourceCell(cell.name, cell.cell_type, cell.source or "", cell.checksum, cell.locked)
            for cell in notebook.source_cells
        ),
        graded(notebook.grade_cells),
        graded(notebook.solution_cells),
        graded(notebook.task_cells),
    )


def _path(course: Course) -> Path | None:
    """The gradebook's file; None where it is on a server."""
    url = course.directory.db_url
    return Path(url.removeprefix(SQLITE)) if url.startswith(SQLITE) else None


def _newest_schema() -> str:
    """The revision of nbgrader's tables that a new gradebook has."""
    from alembic.script import ScriptDirectory
    from nbgrader.dbutil import ALEMBIC_DIR

    return ScriptDirectory(ALEMBIC_DIR).get_current_head()


def _api():
    with without_rfc3987():
        import nbgrader.api
    return nbgrader.api
