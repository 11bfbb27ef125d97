"""Grade a class: whatever changed since the last run, and nobody left out in silence."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from tinytorch.errors import UsageError
from tinytorch.grading import NotGraded, intake, stock
from tinytorch.grading.answers import earlier_modules
from tinytorch.grading.journal import Entry, Journal, digest


@dataclass(frozen=True)
class Outcome:
    """What a run did with one student's assignment."""

    assignment: str
    student: str
    status: str  # "graded", "unchanged", "failed" or "missing"
    reason: str = ""  # why it failed or is missing
    repairs: tuple[str, ...] = ()  # what had to be mended on the graded copy
    seconds: float = 0.0


@dataclass
class GradingRun:
    """All the outcomes of a run, in the order in which they came."""

    outcomes: list[Outcome] = field(default_factory=list)
    interrupted: bool = False  # by Ctrl-C; another run goes on from here

    def with_status(self, status: str) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.status == status]


# Called after each submission with how many are done, how many there are, and the outcome.
Progress = Callable[[int, int, Outcome], None]


@dataclass(frozen=True)
class Standing:
    """Where one student's assignment stands, from the files, the journal and the gradebook."""

    assignment: str
    student: str
    folder: Path | None  # what was handed in
    submission: str  # its hash
    course: str  # the hash of what it is to be graded with
    entry: Entry | None  # what the last run that touched it did
    score: stock.Score | None
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
        return self.entry.status

    @property
    def missing(self) -> str:
        """What to say where nothing was handed in: perhaps it lies there by another name."""
        there = f", but there is {', '.join(self.strays)}" if self.strays else ""
        return f"nothing handed in{there}"


def grade(
    root: Path,
    assignments: list[str],
    *,
    students: str = "*",
    force: bool = False,
    progress: Progress | None = None,
) -> GradingRun:
    """Grade what changed since it was last graded.

    A submission that can't be graded never stops the others; its reason is kept until it or
    the course changes. After Ctrl-C, what was done is kept and nothing is left half done.

    Args:
        assignments: names of folders in source/; none means all of them.
        students: a pattern such as `ada` or `a*`.
        force: grade again what did not change.

    Raises:
        UsageError: there is no such assignment.
    """
    assignments = check_assignments(root, assignments)
    plan = [(name, survey(root, name, students)) for name in assignments]
    total = sum(len(standings) for _, standings in plan)
    run, journal = GradingRun(), Journal(journal_path(root))
    try:
        for assignment, standings in plan:
            course = _Course(root, assignment)
            for standing in standings:
                outcome = _settled(standing, force) or _grade_one(course, standing, journal)
                run.outcomes.append(outcome)
                if progress:
                    progress(len(run.outcomes), total, outcome)
    except KeyboardInterrupt:
        run.interrupted = True
    return run


def feedback(
    root: Path,
    assignments: list[str],
    *,
    students: str = "*",
    force: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Write the feedback on what is graded. Returns the folders that were written.

    Feedback is written anew where the graded notebook, a score or a comment changed.

    Raises:
        stock.NbgraderError: some feedback could not be written; the rest was.
    """
    assignments = check_assignments(root, assignments)
    standings = [s for a in assignments for s in survey(root, a, students) if s.status == "graded"]
    journal = Journal(journal_path(root))
    written, problems = [], []
    for done, standing in enumerate(standings, 1):
        try:
            folder = _write_feedback(root, standing, journal, force)
        except stock.NbgraderError as error:
            problems.append(f"{standing.student}, {standing.assignment}: {error}")
        else:
            written += [folder] if folder else []
        if progress:
            progress(done, len(standings))
    if problems:
        raise stock.NbgraderError("\n".join(problems))
    return written


def survey(root: Path, assignment: str, students: str = "*") -> list[Standing]:
    """Where every student stands with an assignment, those who handed in nothing included."""
    root = Path(root)
    book = stock.scores(root, assignment).students
    folders = [path for path in (root / "submitted").glob("*") if path.is_dir()]
    there = {path.name for path in folders if not path.name.startswith(".")}
    course, journal = _course_digest(root, assignment), Journal(journal_path(root))
    known = set(find_assignments(root))
    found = []
    for student in sorted(there | set(book)):
        if not fnmatchcase(student, students):
            continue
        path = root / "submitted" / student / assignment
        folder = path if path.exists() else None
        handed_in = _folder_digest(folder) if folder else ""
        # A row in the gradebook whose notebook in autograded/ is gone has to be made again.
        autograded = (root / "autograded" / student / assignment).exists()
        score = book.get(student) if autograded or folder is None else None
        entry = journal.last("autograde", assignment, student)
        strays = tuple(sorted(p.name for p in path.parent.glob("[!.]*") if p.name not in known))
        found.append(Standing(assignment, student, folder, handed_in, course, entry, score, strays))
    return found


def find_assignments(root: Path) -> list[str]:
    """The assignments of a course: the folders in source/ that hold a notebook."""
    return sorted({path.parent.name for path in Path(root, "source").glob("*/*.ipynb")})


def check_assignments(root: Path, assignments: list[str] | None) -> list[str]:
    """The assignments that were asked for, or all of them.

    Raises:
        UsageError: there is no such assignment, or none at all.
    """
    known = find_assignments(root)
    if not known:
        raise UsageError(f"{Path(root, 'source')} holds no notebooks: build the course first")
    unknown = sorted(set(assignments or []) - set(known))
    if unknown:
        raise UsageError(f"no assignment {', '.join(unknown)}: there are {', '.join(known)}")
    return list(assignments or known)


def journal_path(root: Path) -> Path:
    """The journal lies with what it is about: whoever removes autograded/ starts afresh."""
    return Path(root, "autograded", "journal.jsonl")


class _Course:
    """An assignment that is registered in the gradebook when the first submission needs it."""

    def __init__(self, root: Path, assignment: str):
        self.root, self.assignment = Path(root), assignment

    @cached_property
    def released(self) -> dict[str, dict] | stock.NbgraderError:
        """The released notebooks, or why there are none: tried once, not once a student."""
        try:
            return stock.register_assignment(self.root, self.assignment)
        except stock.NbgraderError as error:
            return error


def _settled(standing: Standing, force: bool) -> Outcome | None:
    """The outcome where there is nothing to do, else None."""
    if standing.folder is None:
        return Outcome(standing.assignment, standing.student, "missing", standing.missing)
    if force or standing.status in ("waiting", "outdated"):
        return None
    status = "failed" if standing.status == "failed" else "unchanged"
    entry = standing.entry
    return Outcome(standing.assignment, standing.student, status, entry.reason, entry.repairs)


def _grade_one(course: _Course, standing: Standing, journal: Journal) -> Outcome:
    """Grade one submission and note it in the journal, whatever is wrong with it."""
    assignment, student = standing.assignment, standing.student
    if isinstance(course.released, stock.NbgraderError):
        # The course's fault, so not noted: mending it must lead to grading.
        return Outcome(assignment, student, "failed", f"{assignment}: {course.released}")
    start = time.monotonic()
    status, reason, repairs = "graded", "", ()
    try:
        repairs = tuple(_autograde_copy(course, standing))
    except NotGraded as error:
        status, reason = "failed", str(error)
    except Exception as error:  # a fault of ours, or of the disk, must not cost the others
        status, reason = "failed", f"unexpected {type(error).__name__}: {error}"
    seconds = round(time.monotonic() - start, 3)
    journal.add(
        Entry(
            "autograde",
            assignment,
            student,
            standing.submission,
            standing.course,
            status,
            reason,
            repairs,
            seconds,
        )
    )
    return Outcome(assignment, student, status, reason, repairs, seconds)


def _autograde_copy(course: _Course, standing: Standing) -> list[str]:
    """Grade a repaired copy: what lies in submitted/ is never changed."""
    assignment, student = standing.assignment, standing.student
    with tempfile.TemporaryDirectory(prefix="tinytorch-submitted-") as submitted:
        target = Path(submitted, student, assignment)
        repairs = intake.stage(standing.folder, course.released, target)
        stock.autograde(course.root, assignment, student, submitted=Path(submitted))
    return repairs


def _write_feedback(root: Path, standing: Standing, journal: Journal, force: bool) -> Path | None:
    """Write one student's feedback, unless it is there and says what it would say again."""
    assignment, student = standing.assignment, standing.student
    graded = _folder_digest(Path(root, "autograded", student, assignment))
    key = ("feedback", assignment, student, graded, repr(standing.score))
    last = journal.last(*key[:3])
    there = any(Path(root, "feedback", student, assignment).glob("*.html"))
    if there and not force and last and (last.submission, last.course) == key[3:]:
        return None
    folder = stock.generate_feedback(root, assignment, student)
    journal.add(Entry(*key, "graded"))
    return folder


def _course_digest(root: Path, assignment: str) -> str:
    """A hash of all that decides about a score, besides the submission."""
    source = root / "source" / assignment
    files = [*intake.files_of(source), root / stock.CONFIG, *earlier_modules(root, assignment)]
    return digest((path.name, path) for path in files if path.exists())


def _folder_digest(folder: Path) -> str:
    return digest((path.relative_to(folder).as_posix(), path) for path in intake.files_of(folder))
