"""Grade a class: whatever changed since the last run, and nobody left out in silence."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from tinytorch.errors import UsageError
from tinytorch.grading import NotGraded, intake, stock
from tinytorch.grading.answers import core_files
from tinytorch.grading.engine.coordinator import Desk, Pool
from tinytorch.grading.engine.pages import write_pages
from tinytorch.grading.engine.parcels import Failed, Graded, Page, Task
from tinytorch.grading.engine.pool import LocalPool
from tinytorch.grading.engine.run import Limits
from tinytorch.grading.journal import Entry, Journal, digest
from tinytorch.grading.places import Places
from tinytorch.grading.scores import Score


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
    """All the outcomes of a run, by assignment and student."""

    outcomes: list[Outcome] = field(default_factory=list)
    interrupted: bool = False  # by Ctrl-C; another run goes on from here

    def with_status(self, status: str) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.status == status]

    @property
    def flagged(self) -> list[Outcome]:
        """What could be graded only after something was repaired."""
        return [o for o in self.outcomes if o.repairs and o.status != "failed"]

    def as_json(self) -> dict:
        return {"outcomes": [asdict(o) for o in self.outcomes], "interrupted": self.interrupted}


@dataclass(frozen=True)
class Options:
    """Who grades, and within which limits."""

    workers: int | None = None  # as many as there are cores
    timeout: int | None = None  # seconds for one cell, else what the course says
    memory_mb: int = Limits.memory_mb  # address space of one submission
    backend: str = "local"
    scheduler: str = ""  # the address of Dask's, else a cluster on this machine

    def pool(self) -> Pool:
        if self.backend == "local":
            return LocalPool(self.workers)
        from tinytorch.grading.engine.cluster import ClusterPool

        return ClusterPool(self.scheduler, self.workers)


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
        return self.entry.status

    @property
    def missing(self) -> str:
        """What to say where nothing was handed in: perhaps it lies there by another name."""
        there = f", but there is {', '.join(self.strays)}" if self.strays else ""
        return f"nothing handed in{there}"


def grade(
    root: Path,
    assignments: list[str] | None = None,
    *,
    students: str = "*",
    force: bool = False,
    options: Options | None = None,
    progress: Progress | None = None,
) -> GradingRun:
    """Grade what changed since it was last graded.

    A submission that can't be graded never stops the others; its reason is kept until it or
    the course changes. Whenever the run is stopped, be it by Ctrl-C or by kill -9, what was
    done is kept, nothing is left half done, and another run goes on from there.

    Args:
        assignments: names of folders in source/; none means all of them.
        students: a pattern such as `ada` or `a*`.
        force: grade again what did not change.
        options: who does the work, and within which limits.

    Raises:
        UsageError: there is no such assignment.
    """
    options = options or Options()
    places = Places(root)
    assignments = check_assignments(root, assignments)
    standings = [standing for name in assignments for standing in survey(root, name, students)]
    run = _Run(places, len(standings), Journal(places.journal), options, progress)
    try:
        settled = all(_settled(standing, force) for standing in standings)
        with contextlib.nullcontext() if settled else options.pool() as pool:
            tasks = run.tasks(standings, force)
            for task, answer in pool.run(tasks) if pool else tasks:
                run.take(task, answer)
    except KeyboardInterrupt:
        run.result.interrupted = True
    finally:
        run.close()
    run.result.outcomes.sort(key=lambda outcome: (outcome.assignment, outcome.student))
    return run.result


class _Run:
    """A run over many submissions of one or more assignments."""

    def __init__(
        self,
        places: Places,
        total: int,
        journal: Journal,
        options: Options,
        progress: Progress | None,
    ):
        self._places, self._journal, self._options = places, journal, options
        self._progress, self._total = progress, total
        self._desks: dict[str, Desk] = {}
        self.result = GradingRun()

    def tasks(self, standings: list[Standing], force: bool) -> Iterator[Task]:
        """What has to be graded. The rest is settled on the way."""
        for standing in standings:
            outcome = _settled(standing, force)
            task = None if outcome else self._prepare(standing)
            if outcome:
                self._report(outcome)
            elif task:
                yield task

    def take(self, task: Task, answer: Graded | Failed) -> None:
        """Deal with what came back."""
        standing = task.about
        if isinstance(answer, Failed):
            self._refuse(standing, answer.reason, answer.seconds, lasting=answer.lasting)
            return
        try:
            self._desk(standing).take(standing.student, answer)
        except NotGraded as error:
            self._refuse(standing, str(error), answer.seconds)
        except Exception as error:  # of the disk or the gradebook: the others may do better
            self._report(_fault(standing, f"could not be stored: {stock.reason_of(error)}"))
        else:
            self._note(standing, "graded", repairs=answer.repairs, seconds=answer.seconds)

    def close(self) -> None:
        for desk in self._desks.values():
            desk.close()

    def _prepare(self, standing: Standing) -> Task | None:
        """The task for a submission, or None where it is settled without a worker."""
        desk = self._desk(standing)
        if desk.fault:
            # The course's fault, so not noted: mending it must lead to grading.
            self._report(_fault(standing, desk.fault))
            return None
        try:
            task = desk.task(standing.student, standing)
            if not desk.needs_nbgrader:
                return task
            self._note(standing, "graded", repairs=desk.grade_with_nbgrader(task))
        except NotGraded as error:
            self._refuse(standing, str(error))
        except Exception as error:  # a fault of ours, or of the disk, must not cost the others
            self._refuse(standing, stock.reason_of(error))
        return None

    def _desk(self, standing: Standing) -> Desk:
        name = standing.assignment
        if name not in self._desks:
            options = self._options
            self._desks[name] = Desk(
                self._places,
                name,
                standing.course,
                limits=Limits(options.memory_mb),
                timeout=options.timeout,
            )
        return self._desks[name]

    def _refuse(
        self, standing: Standing, reason: str, seconds: float = 0.0, *, lasting: bool = True
    ) -> None:
        if not lasting or reason == stock.NO_ROOM:
            # No fault of the submission's, so not noted: the next run tries again.
            self._report(_fault(standing, reason))
            return
        self._desk(standing).withdraw(standing.student)
        self._note(standing, "failed", reason=reason, seconds=seconds)

    def _note(self, standing: Standing, status: str, **details) -> None:
        """Write in the journal what became of a submission, and tell of it."""
        who = (standing.assignment, standing.student)
        entry = Entry("autograde", *who, standing.submission, standing.course, status, **details)
        try:
            self._journal.add(entry)
        except OSError as error:  # the next run finds no word of it, and grades it once more
            self._report(_fault(standing, stock.reason_of(error)))
        else:
            self._report(Outcome(*who, status, **details))

    def _report(self, outcome: Outcome) -> None:
        self.result.outcomes.append(outcome)
        if self._progress:
            self._progress(len(self.result.outcomes), self._total, outcome)


def feedback(
    root: Path,
    assignments: list[str] | None = None,
    *,
    students: str = "*",
    force: bool = False,
    workers: int | None = None,
    show_hidden_tests: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Write the feedback on what is graded. Returns the folders that were written.

    Feedback is written anew where the graded notebook, a score or a comment changed.

    Args:
        show_hidden_tests: whether students see the text of hidden tests, as nbgrader shows it.

    Raises:
        stock.NbgraderError: some feedback could not be written; the rest was.
    """
    places = Places(root)
    assignments = check_assignments(root, assignments)
    standings = [s for a in assignments for s in survey(root, a, students) if s.status == "graded"]
    journal = Journal(places.journal)
    wanted = [(s, _feedback_entry(places, s, show_hidden_tests)) for s in standings]
    wanted = [(s, e) for s, e in wanted if force or not _has_feedback(places, s, e, journal)]
    pages = [Page(s.assignment, s.student) for s, _ in wanted]
    written, problems = [], []
    done = write_pages(places.root, pages, workers, show_hidden_tests=show_hidden_tests)
    for count, (number, reason) in enumerate(done, 1):
        standing, entry = wanted[number]
        if not reason:
            written.append(places.feedback(standing.student, standing.assignment))
            try:
                journal.add(entry)
            except OSError as error:  # the next run writes it once more
                reason = stock.reason_of(error)
        if reason:
            problems.append(f"{standing.student}, {standing.assignment}: {reason}")
        if progress:
            progress(count, len(wanted))
    if problems:
        raise stock.NbgraderError("\n".join(sorted(problems)))
    return sorted(written)


def survey(root: Path, assignment: str, students: str = "*") -> list[Standing]:
    """Where every student stands with an assignment, those who handed in nothing included."""
    places = Places(root)
    book = stock.scores(root, assignment).students
    handed_in, known = places.handed_in(), set(places.assignments())
    course, journal = _course_digest(places, assignment), Journal(places.journal)
    found = []
    for student in sorted(handed_in.keys() | book.keys()):
        if not fnmatchcase(student, students):
            continue
        names = handed_in.get(student, [])
        folder = places.submitted(student, assignment) if assignment in names else None
        digested = _folder_digest(folder) if folder else ""
        # A row in the gradebook whose notebook in autograded/ is gone has to be made again.
        autograded = places.autograded(student, assignment).exists()
        score = book.get(student) if autograded or folder is None else None
        entry = journal.last("autograde", assignment, student)
        strays = tuple(name for name in names if name not in known)
        found.append(Standing(assignment, student, folder, digested, course, entry, score, strays))
    return found


def find_assignments(root: Path) -> list[str]:
    """The assignments of a course: the folders in source/ that hold a notebook."""
    return Places(root).assignments()


def check_assignments(root: Path, assignments: list[str] | None) -> list[str]:
    """The assignments that were asked for, or all of them.

    Raises:
        UsageError: there is no such assignment, or none at all.
    """
    known = find_assignments(root)
    if not known:
        source = Places(root).source("")
        raise UsageError(f"{source} holds no notebooks: build the course first")
    unknown = sorted(set(assignments or []) - set(known))
    if unknown:
        raise UsageError(f"no assignment {', '.join(unknown)}: there are {', '.join(known)}")
    return list(assignments or known)


def journal_path(root: Path) -> Path:
    """Where it is written down what was done."""
    return Places(root).journal


def _settled(standing: Standing, force: bool) -> Outcome | None:
    """The outcome where there is nothing to do, else None."""
    if standing.folder is None:
        return Outcome(standing.assignment, standing.student, "missing", standing.missing)
    if force or standing.status in ("waiting", "outdated"):
        return None
    status = "failed" if standing.status == "failed" else "unchanged"
    entry = standing.entry
    return Outcome(standing.assignment, standing.student, status, entry.reason, entry.repairs)


def _fault(standing: Standing, reason: str) -> Outcome:
    return Outcome(standing.assignment, standing.student, "failed", reason)


def _feedback_entry(places: Places, standing: Standing, show_hidden_tests: bool) -> Entry:
    """All that a page of feedback depends on, as what the journal is to say of it."""
    graded = _folder_digest(places.autograded(standing.student, standing.assignment))
    said = repr((standing.score, show_hidden_tests))
    return Entry("feedback", standing.assignment, standing.student, graded, said, "graded")


def _has_feedback(places: Places, standing: Standing, entry: Entry, journal: Journal) -> bool:
    """Whether the feedback is there and says what it would say again."""
    there = any(places.feedback(standing.student, standing.assignment).glob("*.html"))
    return there and journal.last(*entry.key) == entry


def _course_digest(places: Places, assignment: str) -> str:
    """A hash of all that decides about a score, besides the submission."""
    files = [*intake.files_of(places.source(assignment)), places.config]
    core = core_files(places.root, assignment) or {}
    return digest([(path.name, path) for path in files if path.exists()], core)


def _folder_digest(folder: Path) -> str:
    return digest((path.relative_to(folder).as_posix(), path) for path in intake.files_of(folder))
