"""The grades of a class, for people and for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tinytorch.files import write_atomically
from tinytorch.grading.grade import GradingRun
from tinytorch.grading.nb.course import Course
from tinytorch.grading.reasons import printable
from tinytorch.grading.run.walls import NONE
from tinytorch.grading.standings import Standing, survey

FIELDS = (
    "student",
    "assignment",
    "score",
    "max_score",
    "needs_manual_grade",
    "status",
    "reason",
)
FORMULA = ("=", "+", "-", "@")
PIPED_WIDTH = 1000  # a pipe has no width: nothing is wrapped


@dataclass(frozen=True)
class Row:
    """One student's grade in one assignment."""

    student: str
    assignment: str
    score: float | None  # None where there is none yet
    max_score: float | None
    waiting: float  # the points that wait for a person
    status: str  # "graded", "failed", "missing", "waiting" or "outdated"
    reason: str  # why there is no score, or what was repaired

    @property
    def needs_manual_grade(self) -> bool:
        return self.waiting > 0

    @property
    def cell(self) -> str:
        """What a table shows: `87.5`, `87.5+6?`, `failed`, `to grade` or `–`."""
        if self.status == "missing":
            return "–"
        if self.score is None:
            return "failed" if self.status == "failed" else "to grade"
        return f"{self.score:g}" + (f"+{self.waiting:g}?" if self.waiting else "")

    @property
    def note(self) -> str:
        """What there is to say below the table, if anything."""
        return f"not graded: {self.reason}" if self.status == "failed" else self.reason


@dataclass(frozen=True)
class Table:
    """Students and assignments in order, and a row for each pair of them."""

    rows: tuple[Row, ...]

    @property
    def students(self) -> list[str]:
        return sorted({row.student for row in self.rows})

    @property
    def assignments(self) -> list[str]:
        return sorted({row.assignment for row in self.rows})


def grades(root: Path, assignments: list[str] | None = None) -> Table:
    """The grades of everyone who handed something in or whom the gradebook knows.

    Raises:
        UsageError: there is no such assignment.
    """
    course = Course(root)
    wanted = course.find_assignments(assignments)
    rows = [_row(standing) for name in wanted for standing in survey(course, name)]
    return Table(tuple(sorted(rows, key=lambda row: (row.student, row.assignment))))


def summary(table: Table) -> list[str]:
    """How many are graded and how many not, and what to do about the latter."""
    count = Counter(row.status for row in table.rows)
    waiting = sum(row.needs_manual_grade for row in table.rows)
    to_grade = count["waiting"] + count["outdated"]
    lines = [
        f"{count['graded']} graded, {count['failed']} failed, {count['missing']} missing, "
        f"{to_grade} to be graded, {waiting} with answers for a person to read."
    ]
    if to_grade:
        lines.append("Run `tinytorch grade` for those that are new or changed.")
    if count["failed"]:
        lines.append("Mend what failed, or ask for it again; then run `tinytorch grade`.")
    if waiting:
        lines.append(
            "`+6?` waits for 6 points by hand: in `jupyter lab` open Nbgrader, Formgrader."
        )
    return lines


def render(table: Table, console=None) -> None:
    """Print the table, its notes and the summary.

    Args:
        console: a `rich.console.Console`; by default one on standard output.
    """
    from rich.console import Console

    console = console or Console()
    if not console.is_terminal:
        console.width = max(console.width, PIPED_WIDTH)
    console.print(_grid(table))
    for note in _notes(table):
        console.print(note, markup=False, highlight=False)
    for line in summary(table):
        console.print(line, markup=False, highlight=False)


def told(run: GradingRun) -> list[str]:
    """What there is to say after grading: who is not graded and why, what was flagged, the sum."""
    failed = run.with_status("failed")
    lines = [f"not graded: {o.student}, {o.assignment}: {o.reason}" for o in failed]
    fresh = [o for o in run.flagged if o.status == "graded"]
    lines += [f"flagged: {o.student}, {o.assignment}: {'; '.join(o.repairs)}" for o in fresh]
    counts = {status: len(run.with_status(status)) for status in ("graded", "unchanged", "missing")}
    counts |= {"not graded": len(failed), "flagged": len(run.flagged)}
    parts = [f"{count} {status}" for status, count in counts.items() if count]
    if run.walls == NONE:
        lines.append("no walls: students' code could do whatever you may; see `tinytorch doctor`")
    elif run.walls:
        lines.append(f"walls around students' code: {run.walls}")
    return [*map(printable, lines), ", ".join(parts) or "no submissions"]


def write_csv(table: Table, path: Path) -> None:
    """Write one line for each student and assignment, all at once or not at all.

    What is no plain file, such as /dev/stdout or a link, is written through: it stays what it is.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows([_plain(getattr(row, name)) for name in FIELDS] for row in table.rows)
    data = text.getvalue().encode("utf-8", "replace")
    if path.is_symlink() or (path.exists() and not path.is_file()):
        path.write_bytes(data)
    else:
        write_atomically(path, data)


def as_json(table: Table) -> list[dict]:
    """The rows as plain values, for machines."""
    return [{name: getattr(row, name) for name in (*FIELDS, "waiting")} for row in table.rows]


def _row(standing: Standing) -> Row:
    score = standing.score if standing.status in ("graded", "outdated") else None
    earned = (score.score, score.max_score, score.waiting) if score else (None, None, 0)
    about = standing.status, printable(_explain(standing))
    return Row(standing.student, standing.assignment, *earned, *about)


def _explain(standing: Standing) -> str:
    """What a person should know about a grade, or about there being none."""
    if standing.status == "failed":
        return standing.reason
    if standing.status == "graded":
        repairs = standing.entry.repairs if standing.entry else ()
        return "flagged: " + "; ".join(repairs) if repairs else ""
    told = {
        "missing": standing.missing,
        "waiting": "not graded yet",
        "outdated": "to be graded again: it or the course changed, or a run was stopped",
    }
    return told[standing.status]


def _grid(table: Table):
    """The table of students and assignments, in columns that are as narrow as they can be."""
    from rich import box
    from rich.table import Table as Grid

    cells = {(row.student, row.assignment): row for row in table.rows}
    grid = Grid(box=box.SIMPLE_HEAD, padding=0, pad_edge=False)
    grid.add_column("student", no_wrap=True, vertical="bottom")
    for assignment in table.assignments:
        grid.add_column(_heading(table, assignment), justify="right", no_wrap=True)
    for student in table.students:
        row = [cells.get((student, assignment)) for assignment in table.assignments]
        grid.add_row(student, *(cell.cell if cell else "" for cell in row))
    return grid


def _heading(table: Table, assignment: str) -> str:
    """The number, the name and the maximum of an assignment, below each other."""
    known = [r.max_score for r in table.rows if r.assignment == assignment and r.max_score]
    return "\n".join([*assignment.split("_", 1), f"/ {known[0]:g}" if known else ""])


def _notes(table: Table) -> list[str]:
    """A line for each grade with something to say that the table does not show already."""
    told = [row for row in table.rows if row.note not in ("", "nothing handed in")]
    return [f"{row.student}, {row.assignment}: {row.note}" for row in told]


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"  # else a spreadsheet would work it out
    return "" if value is None else f"{value:g}" if isinstance(value, float | int) else value
