"""Where every student stands with every assignment."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from tinytorch.errors import UsageError
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.scores import Score, scores
from tinytorch.grading.reasons import brief
from tinytorch.grading.submission.earlier import core_files
from tinytorch.grading.submission.folders import files_of
from tinytorch.grading.submission.journal import Entry, Journal, digest

LOCK = ".lock"  # a file beside the journal
MOST_TRIES = 3  # how many runs may end with a submission before it is put aside


@dataclass(frozen=True)
class Standing:
    """Where one student's assignment stands, from the files, the journal and the gradebook."""

    assignment: str
    student: str
    folder: Path | None  # what was handed in
    submission: str  # its hash
    course: str  # the hash of what it is to be graded with
    entry: Entry | None  # what the last run that touched it did
    score: Score | None
    strays: tuple[str, ...] = ()  # what lies in the student's folder and is no assignment

    @cached_property
    def status(self) -> str:
        """One of missing, waiting (to be graded), outdated (changed since), graded and failed."""
        if self.folder is None:
            return "missing" if self.score is None else "graded"
        if self.entry is None:
            return "waiting"
        if (self.entry.submission, self.entry.course) != (self.submission, self.course):
            return "outdated"
        if self.entry.status == "graded" and self.score is None:
            return "waiting"  # someone removed the gradebook
        if self.entry.status in ("started", "stopped"):
            if self.tries >= MOST_TRIES:
                return "failed"
            return "waiting" if self.score is None else "outdated"
        return self.entry.status

    @property
    def tries(self) -> int:
        """How many runs have ended, and not by themselves, while they graded just this."""
        now = self.entry and (self.entry.submission, self.entry.course)
        same = now == (self.submission, self.course) and self.entry.status == "started"
        return self.entry.tries if same else 0

    @property
    def reason(self) -> str:
        """Why it failed."""
        if self.tries >= MOST_TRIES:
            return f"{self.tries} runs ended while they graded it: look at it, then add --force"
        return self.entry.reason

    @property
    def missing(self) -> str:
        """What to say where nothing was handed in: perhaps it lies there by another name."""
        there = f", but there is {', '.join(self.strays)}" if self.strays else ""
        return f"nothing handed in{there}"


@contextmanager
def alone(course: Course) -> Iterator[None]:
    """Have nobody else grade, or write feedback, in this course meanwhile.

    The lock is the system's: it goes with the process, however that ends.

    Raises:
        UsageError: somebody does.
    """
    from filelock import FileLock, Timeout

    path = course.journal.with_name(LOCK)
    lock = FileLock(path)
    # A file system may know no locks, or have no room: of that the submissions will tell.
    with contextlib.suppress(NotImplementedError, OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise UsageError(
                "another `tinytorch grade` or `tinytorch feedback` works on this course: let it "
                "end first"
            ) from None
    try:
        yield
    finally:
        lock.release()


def survey_all(course: Course, assignments: list[str], students: str) -> list[Standing]:
    """Where every student stands with the assignments.

    Raises:
        UsageError: there is no such student.
    """
    found = [standing for name in assignments for standing in survey(course, name, students)]
    if not found and students != "*":
        known = sorted(course.handed_in())
        there = f"there are {', '.join(known)}" if known else "nobody handed in anything"
        raise UsageError(brief(f"no student {students}: {there}"))
    return found


def survey(course: Course, assignment: str, students: str = "*") -> list[Standing]:
    """Where every student stands with an assignment, those who handed in nothing included."""
    book = scores(course, assignment).students
    handed_in, known = course.handed_in(), set(course.assignments())
    graded_with, journal = course_digest(course, assignment), Journal(course.journal)
    found = []
    for student in sorted(handed_in.keys() | book.keys()):
        if not fnmatchcase(student, students):
            continue
        names = handed_in.get(student, [])
        folder = course.submitted(student, assignment) if assignment in names else None
        digested = folder_digest(folder) if folder else ""
        # A row in the gradebook whose notebook in autograded/ is gone has to be made again.
        autograded = course.autograded(student, assignment).exists()
        score = book.get(student) if autograded or folder is None else None
        entry = journal.last("autograde", assignment, student)
        strays = tuple(name for name in names if name not in known)
        about = (folder, digested, graded_with, entry, score, strays)
        found.append(Standing(assignment, student, *about))
    return found


def course_digest(course: Course, assignment: str) -> str:
    """A hash of all that decides about a score, besides the submission."""
    files = [*files_of(course.source(assignment)), course.config]
    core = core_files(course.root, assignment) or {}
    return digest([(path.name, path) for path in files if path.exists()], core)


def folder_digest(folder: Path) -> str:
    return digest((path.relative_to(folder).as_posix(), path) for path in files_of(folder))
