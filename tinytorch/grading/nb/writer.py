"""What came of submissions, written into nbgrader's gradebook by one process alone.

nbgrader's own way writes a submission in a dozen sessions of some fifty queries. Here one
transaction leaves the same rows, so that a submission is in the gradebook whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam

from tinytorch.grading import NotGraded
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.gradebook import tables
from tinytorch.grading.nb.records import ScoreSheet
from tinytorch.grading.nb.scores import score_of

# Student id, score of the notebook and seconds late in, penalty out.
Penalty = Callable[[str, float, float], float | None]


@dataclass(frozen=True)
class _Notebook:
    """The ids of a notebook of the assignment and of its cells, by grade_id."""

    id: str
    grades: dict[str, str]  # of grade and task cells
    comments: dict[str, str]  # of solution and task cells


class Writer:
    """Writes submissions of one assignment."""

    def __init__(self, book, assignment: str, penalty: Penalty):
        self._engine, self._penalty = book.engine, penalty
        self._tables = tables()
        with self._engine.connect() as db:
            self._read_assignment(db, assignment)

    def write(
        self,
        student: str,
        handed_in: datetime | None,
        sheets: dict[str, ScoreSheet],
        create: bool = True,
    ) -> None:
        """Write what came of a submission, all of it or nothing.

        Args:
            handed_in: when, where that is known.
            sheets: by notebook; what is not among them was not handed in, and scores zero.
            create: whether a student whom the gradebook does not know is added to it.

        Raises:
            NotGraded: the gradebook does not know the student, or a cell.
        """
        with self._engine.begin() as db:
            self._ensure_student(db, student, create)
            submission, late = self._ensure_submission(db, student, handed_in)
            rows = self._notebook_rows(db, submission)
            for name, notebook in self._notebooks.items():
                row = rows.get(notebook.id) or self._add_notebook(db, submission, notebook)
                if name in sheets:
                    self._write_sheet(db, row, notebook, sheets[name])
                else:
                    self._write_zeros(db, row)
            for name in sheets:
                if sheets[name].late_penalty:
                    row = self._notebook_rows(db, submission)[self._notebooks[name].id]
                    self._write_penalty(db, row, student, late)

    # --- Reading ---

    def _read_assignment(self, db, assignment: str) -> None:
        t = self._tables
        found = db.execute(t.assignment.select().where(t.assignment.c.name == assignment)).one()
        self._assignment, self._duedate = found.id, found.duedate
        notebooks = t.notebook.select().where(t.notebook.c.assignment_id == found.id)
        self._notebooks = {
            row.name: self._read_notebook(db, row.id) for row in db.execute(notebooks)
        }

    def _read_notebook(self, db, notebook: str) -> _Notebook:
        t = self._tables

        def cells(kind) -> dict[str, str]:
            both = t.base_cell.join(kind, kind.c.id == t.base_cell.c.id)
            columns = both.select().with_only_columns(t.base_cell.c.name, t.base_cell.c.id)
            return dict(db.execute(columns.where(t.base_cell.c.notebook_id == notebook)).all())

        tasks = cells(t.task_cells)
        return _Notebook(notebook, tasks | cells(t.grade_cells), tasks | cells(t.solution_cells))

    def _notebook_rows(self, db, submission: str) -> dict[str, str]:
        """The ids of the submission's notebooks, by those of the assignment's."""
        table = self._tables.submitted_notebook
        query = table.select().where(table.c.assignment_id == submission)
        return {row.notebook_id: row.id for row in db.execute(query)}

    # --- Writing ---

    def _ensure_student(self, db, student: str, create: bool) -> None:
        table = self._tables.student
        if db.execute(table.select().where(table.c.id == student)).first():
            return
        if not create:
            raise NotGraded(f"No student with ID '{student}' exists in the database")
        db.execute(table.insert().values(id=student))

    def _ensure_submission(self, db, student: str, handed_in: datetime | None) -> tuple[str, float]:
        """The submission's id, and by how many seconds it is late."""
        table = self._tables.submitted_assignment
        mine = (table.c.assignment_id == self._assignment) & (table.c.student_id == student)
        row = db.execute(table.select().where(mine)).first()
        if row is None:
            new = {"id": _new_id(), "assignment_id": self._assignment, "student_id": student}
            db.execute(table.insert().values(**new, timestamp=handed_in))
            return new["id"], self._seconds_late(handed_in, None)
        if handed_in:
            db.execute(table.update().where(table.c.id == row.id).values(timestamp=handed_in))
        return row.id, self._seconds_late(handed_in or row.timestamp, row.extension)

    def _seconds_late(self, handed_in: datetime | None, extension) -> float:
        if handed_in is None or self._duedate is None:
            return 0.0
        due = self._duedate + extension if extension is not None else self._duedate
        return max(0.0, (handed_in - due).total_seconds())

    def _add_notebook(self, db, submission: str, notebook: _Notebook) -> str:
        t, id = self._tables, _new_id()
        new = {"id": id, "assignment_id": submission, "notebook_id": notebook.id, "flagged": False}
        db.execute(t.submitted_notebook.insert().values(**new))
        for table, cells, more in (
            (t.grade, notebook.grades, {"needs_manual_grade": True}),
            (t.comment, notebook.comments, {}),
        ):
            rows = [
                {"id": _new_id(), "cell_id": cell, "notebook_id": id, **more}
                for cell in cells.values()
            ]
            if rows:
                db.execute(table.insert(), rows)
        return id

    def _write_sheet(self, db, row: str, notebook: _Notebook, sheet: ScoreSheet) -> None:
        t = self._tables
        rows = db.execute(t.grade.select().where(t.grade.c.notebook_id == row)).all()
        by_cell, grades = {grade.cell_id: grade for grade in rows}, []
        for name, score in sheet.auto_scores.items():
            grade = by_cell.get(notebook.grades[name])
            if grade is None:
                raise NotGraded(f"the gradebook has no grade of '{name}' for this submission")
            # A mark by hand stays, but somebody has to look whether it still fits.
            by_hand = grade.manual_score is not None or score is None
            grades.append({"cell": grade.cell_id, "score": score, "by_hand": by_hand})
        comments = [
            {"cell": notebook.comments[name], "comment": comment}
            for name, comment in sheet.auto_comments.items()
        ]
        for table, values, cells in (
            (t.grade, {"auto_score": "score", "needs_manual_grade": "by_hand"}, grades),
            (t.comment, {"auto_comment": "comment"}, comments),
        ):
            mine = (table.c.notebook_id == row) & (table.c.cell_id == bindparam("cell"))
            new = {column: bindparam(value) for column, value in values.items()}
            if cells:
                db.execute(table.update().where(mine).values(**new), cells)

    def _write_zeros(self, db, row: str) -> None:
        """A notebook that was not handed in."""
        grade = self._tables.grade
        zero = {"auto_score": 0.0, "needs_manual_grade": False}
        db.execute(grade.update().where(grade.c.notebook_id == row).values(**zero))

    def _write_penalty(self, db, row: str, student: str, late: float) -> None:
        t, penalty = self._tables, None
        if late > 0:
            grades = db.execute(t.grade.select().where(t.grade.c.notebook_id == row)).all()
            penalty = self._penalty(student, sum(map(score_of, grades)), late)
        table = t.submitted_notebook
        db.execute(table.update().where(table.c.id == row).values(late_submission_penalty=penalty))


def penalty_of(course: Course) -> Penalty:
    """How the course takes off points from what is handed in late."""
    from nbgrader.preprocessors import AssignLatePenalties

    step = AssignLatePenalties(config=course.directory.config)
    step.init_plugin()

    def penalty(student: str, score: float, late: float) -> float | None:
        points = step.plugin_inst.late_submission_penalty(student, score, late)
        # As nbgrader's _check_late_penalty, which wants a row where this has a number.
        return None if points is None else min(max(points, 0), score)

    return penalty


def _new_id() -> str:
    from nbgrader.api import new_uuid

    return new_uuid()
