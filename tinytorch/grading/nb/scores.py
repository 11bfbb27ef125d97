"""What students have earned, as plain values from nbgrader's tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from sqlalchemy import select

from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.gradebook import gradebook, has_gradebook, tables


@dataclass(frozen=True)
class CellScore:
    """What one graded cell of one submission earned."""

    score: float
    max_score: float
    needs_manual_grade: bool


@dataclass(frozen=True)
class Score:
    """What one submission earned, a late penalty taken off."""

    score: float
    max_score: float
    cells: dict[str, CellScore]  # by grade_id
    comments: dict[str, str]  # by grade_id, where there is one

    @property
    def waiting(self) -> float:
        """The points that wait for a person."""
        return sum(cell.max_score for cell in self.cells.values() if cell.needs_manual_grade)

    @property
    def needs_manual_grade(self) -> bool:
        return any(cell.needs_manual_grade for cell in self.cells.values())


@dataclass(frozen=True)
class AssignmentScores:
    """What the gradebook knows of an assignment: None for a student who handed in nothing."""

    max_score: float = 0.0
    students: dict[str, Score | None] = field(default_factory=dict)


def score_of(grade) -> float:
    """The score of a row of nbgrader's table of grades: a mark by hand goes before."""
    score = grade.manual_score if grade.manual_score is not None else grade.auto_score
    return 0.0 if score is None else score + (grade.extra_credit or 0.0)


def scores(course: Course, assignment: str) -> AssignmentScores:
    """What the gradebook holds of an assignment, in the order of the students' ids."""
    if not has_gradebook(course):
        return AssignmentScores()
    with gradebook(course) as book:
        return read_scores(book.db, assignment)


def read_scores(db, assignment: str) -> AssignmentScores:
    """Everyone's scores in five queries, where nbgrader's objects take a dozen for each student.

    Args:
        db: a session or connection of SQLAlchemy.
        assignment: its name; one that is not there has no scores.
    """
    most = _max_scores(db, assignment)
    grades, comments, penalties = defaultdict(dict), defaultdict(dict), {}
    for row in db.execute(_cells("grade", assignment)):
        score = CellScore(score_of(row), most[row.cell_id], bool(row.needs_manual_grade))
        grades[row.student_id][row.name] = score
    for row in db.execute(_cells("comment", assignment)):
        text = row.manual_comment if row.manual_comment is not None else row.auto_comment
        if text:
            comments[row.student_id][row.name] = text
    for row in db.execute(_notebooks(assignment)):
        penalty = penalties.get(row.student_id, 0.0)
        penalties[row.student_id] = penalty + (row.late_submission_penalty or 0.0)
    maximum = sum(most.values())

    def score(student: str) -> Score:
        cells = dict(sorted(grades[student].items()))
        earned = sum(cell.score for cell in cells.values()) - penalties[student]
        return Score(max(0.0, earned), maximum, cells, dict(sorted(comments[student].items())))

    everyone = sorted(db.execute(tables().student.select().order_by("id")).scalars())
    students = {id: score(id) if id in penalties else None for id in everyone}
    return AssignmentScores(maximum, students if _is_known(db, assignment) else {})


@dataclass(frozen=True)
class NotebookMarks:
    """All marks of one submitted notebook."""

    score: float  # before the penalty
    max_score: float
    late_penalty: float
    cells: dict[str, CellScore]
    comments: dict[str, str | None]


def read_marks(db, assignment: str, student: str) -> dict[str, NotebookMarks]:
    """The marks of a student's notebooks, by the notebook's name."""
    most = _max_scores(db, assignment)
    notebook = tables().notebook
    names = dict(db.execute(select(notebook.c.id, notebook.c.name)).all())
    cells, comments, marks = defaultdict(dict), defaultdict(dict), {}
    for row in db.execute(_cells("grade", assignment, student)):
        score = CellScore(score_of(row), most[row.cell_id], bool(row.needs_manual_grade))
        cells[row.notebook_id][row.name] = score
    for row in db.execute(_cells("comment", assignment, student)):
        text = row.manual_comment if row.manual_comment is not None else row.auto_comment
        comments[row.notebook_id][row.name] = text
    for row in db.execute(_notebooks(assignment, student)):
        mine = cells[row.id]
        score = sum(cell.score for cell in mine.values())
        maximum = sum(cell.max_score for cell in mine.values())
        penalty = row.late_submission_penalty or 0
        name = names[row.notebook_id]
        marks[name] = NotebookMarks(score, maximum, penalty, mine, comments[row.id])
    return marks


def _is_known(db, assignment: str) -> bool:
    table = tables().assignment
    return db.execute(table.select().where(table.c.name == assignment)).first() is not None


def _max_scores(db, assignment: str) -> dict[str, float]:
    """The points of each cell of the assignment, by the cell's id."""
    t = tables()
    a, notebook, cell = t.assignment, t.notebook, t.base_cell
    scores = {}
    for kind in (t.grade_cells, t.task_cells):
        query = (
            select(kind.c.id, kind.c.max_score)
            .join(cell, cell.c.id == kind.c.id)
            .join(notebook, notebook.c.id == cell.c.notebook_id)
            .join(a, a.c.id == notebook.c.assignment_id)
            .where(a.c.name == assignment)
        )
        scores |= {row.id: row.max_score or 0.0 for row in db.execute(query)}
    return scores


def _notebooks(assignment: str, student: str | None = None):
    """A query of the submitted notebooks of an assignment, by everyone or by one student."""
    a, submission = tables().assignment, tables().submitted_assignment
    notebook = tables().submitted_notebook
    query = (
        select(submission.c.student_id, notebook)
        .join(submission, submission.c.id == notebook.c.assignment_id)
        .join(a, a.c.id == submission.c.assignment_id)
        .where(a.c.name == assignment)
    )
    return query if student is None else query.where(submission.c.student_id == student)


def _cells(kind: str, assignment: str, student: str | None = None):
    """A query of grades, or comments, of an assignment, with student and grade_id."""
    rows, cell = getattr(tables(), kind), tables().base_cell
    notebooks = _notebooks(assignment, student).subquery()
    return (
        select(notebooks.c.student_id, cell.c.name, rows)
        .join(cell, cell.c.id == rows.c.cell_id)
        .join(notebooks, notebooks.c.id == rows.c.notebook_id)
    )
