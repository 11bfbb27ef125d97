"""Grade a class: whatever changed since the last run, and nobody left out in silence."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tinytorch.errors import UsageError
from tinytorch.grading import NotGraded
from tinytorch.grading.nb.course import Course
from tinytorch.grading.reasons import NO_ROOM, brief, is_tools, printable, reason_of
from tinytorch.grading.run.process import Limits
from tinytorch.grading.run.walls import ANY, AUTO, NO_WALLS, NONE, Walls, find
from tinytorch.grading.standings import Standing, alone, survey_all
from tinytorch.grading.submission.earlier import answer_keys
from tinytorch.grading.submission.journal import Entry, Journal
from tinytorch.grading.work.assignment import AssignmentRun
from tinytorch.grading.work.messages import Failed, Graded, Task
from tinytorch.grading.work.pool import LocalPool, NoProcess, Pool

NO_WALLS_THERE = (
    "students' code would run in a kernel without walls. Add --sandbox none where you trust every "
    "submission"
)
MOST_REPAIRS = 100  # of one submission are noted


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
    walls: str = ""  # the mode of those around the runs; nothing where none were needed

    def with_status(self, status: str) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.status == status]

    @property
    def flagged(self) -> list[Outcome]:
        """What could be graded only after something was repaired."""
        return [o for o in self.outcomes if o.repairs and o.status != "failed"]

    def as_json(self) -> dict:
        outcomes = [asdict(outcome) for outcome in self.outcomes]
        return {"outcomes": outcomes, "interrupted": self.interrupted, "walls": self.walls}


@dataclass(frozen=True)
class Options:
    """Who grades, and within which limits."""

    workers: int | None = None  # as many as there are cores
    timeout: int | None = None  # seconds for one cell, else what the course says
    memory_mb: int = Limits.memory_mb  # address space of one submission
    sandbox: str = ""  # a mode of walls.py, AUTO or ANY; else what TINYTORCH_SANDBOX says, or AUTO
    backend: str = "local"
    scheduler: str = ""  # the address of Dask's, else a cluster on this machine

    @property
    def wanted_walls(self) -> str:
        return self.sandbox or os.environ.get("TINYTORCH_SANDBOX") or AUTO

    def pool(self, walls: Walls) -> Pool:
        if self.backend == "local":
            return LocalPool(self.workers, walls)
        from tinytorch.grading.work.cluster import ClusterPool

        return ClusterPool(self.scheduler, self.workers, walls)


# Called after each submission with how many are done, how many there are, and the outcome.
Progress = Callable[[int, int, Outcome], None]


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

    Where our own way does not work with the libraries that are here, that is said on stderr, and
    nbgrader's own driver grades: without walls, so only if these aren't insisted on.

    A submission that can't be graded never stops the others; its reason is kept until it or
    the course changes. Whenever the run is stopped, be it by Ctrl-C or by kill -9, what was
    done is kept, nothing is left half done, and another run goes on from there.

    Args:
        assignments: names of folders in source/; none means all of them.
        students: a pattern such as `ada` or `a*`.
        force: grade again what did not change. Where such a run is stopped, another one without
            it grades the rest.
        options: who does the work, and within which limits.

    Raises:
        UsageError: there is no such assignment or student, or no walls are to be had here, or
            none for it.
    """
    options, course = options or Options(), Course(root)
    wanted = course.find_assignments(assignments)
    standings = survey_all(course, wanted, students)
    standings.sort(key=lambda standing: standing.tries)  # what may end this run too comes last
    settled = all(_settled(standing, force) for standing in standings)
    walls = NO_WALLS if settled else find(options.wanted_walls, _walls_of(course))
    run = _Run(course, len(standings), options, walls, progress)
    run.result.walls = "" if settled else walls.mode
    try:
        with contextlib.ExitStack() as during:
            if not settled:
                during.enter_context(alone(course))
            pool = None if settled else during.enter_context(options.pool(walls))
            tasks = run.tasks(standings, force, pool)
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
        course: Course,
        total: int,
        options: Options,
        walls: Walls,
        progress: Progress | None,
    ):
        self._course, self._options, self._walls = course, options, walls
        self._journal = Journal(course.journal)
        self._progress, self._total = progress, total
        self._assignments: dict[str, AssignmentRun] = {}
        self._started: list[Standing] = []
        self._forced = False  # whether what did not change is graded too
        self._fault: str | None = None  # of our own way, once the self-check has said of it
        self.result = GradingRun()

    def tasks(self, standings: list[Standing], force: bool, pool: Pool | None) -> Iterator[Task]:
        """What has to be graded. The rest is settled on the way.

        Args:
            pool: who will do it; None where all is settled.

        Raises:
            UsageError: it could only be graded without walls, and these are insisted on.
        """
        if force:
            self._forget(standings)
        for standing in standings:
            outcome = _settled(standing, force)
            task = None if outcome else self._prepare(standing, pool)
            if outcome:
                self._report(outcome)
            elif task:
                self._start(standing)
                yield task

    def take(self, task: Task, answer: Graded | Failed) -> None:
        """Deal with what came back."""
        standing = task.about
        self._started.remove(standing)
        if isinstance(answer, Failed):
            self._refuse(standing, answer.reason, answer.seconds, lasting=answer.lasting)
            return
        try:
            self._assignment(standing).take(standing.student, answer)
        except NotGraded as error:
            self._refuse(standing, str(error), answer.seconds)
        except Exception as error:  # of the disk or the gradebook: the others may do better
            self._leave(standing, f"could not be stored: {reason_of(error)}")
        else:
            self._note(standing, "graded", repairs=answer.repairs, seconds=answer.seconds)

    def close(self) -> None:
        for standing in self._started:  # by Ctrl-C, which is no fault of theirs
            self._stop(standing)
        for assignment in self._assignments.values():
            assignment.close()

    def _prepare(self, standing: Standing, pool: Pool) -> Task | None:
        """The task for a submission, or None where it is settled without a worker."""
        assignment = self._assignment(standing)
        if assignment.fault:
            # The course's fault, so not noted: mending it must lead to grading.
            self._leave(standing, assignment.fault)
            return None
        try:
            task = assignment.task(standing.student, standing)
            fault = self._check(pool)
            if assignment.why_no_walls and self._insists_on_walls:
                self._leave(standing, f"{assignment.why_no_walls}: {NO_WALLS_THERE}")
                return None
            if assignment.why_no_walls or fault:
                self.result.walls = NONE
            if not (fault or assignment.needs_nbgrader):
                return task
            self._note(standing, "graded", repairs=assignment.grade_with_nbgrader(task))
        except (UsageError, NoProcess):
            raise
        except NotGraded as error:
            self._refuse(standing, str(error), lasting=not is_tools(error))
        except Exception as error:  # a fault of ours, or of the disk, must not cost the others
            self._refuse(standing, reason_of(error), lasting=not is_tools(error))
        return None

    def _check(self, pool: Pool) -> str:
        """What is wrong with our own way, told once; nothing where all is well.

        Not before the first task is there: until then a pool has its workers to start.

        Raises:
            UsageError: nothing can be graded behind walls, and these are insisted on.
        """
        if self._fault is None:
            verdict = pool.verdict
            if verdict.untested:
                _say(f"not tested with {', '.join(verdict.untested)}")
            if verdict.fault:
                if self._insists_on_walls:
                    raise UsageError(f"{verdict.fault}: {NO_WALLS_THERE}")
                _say(f"{verdict.fault}: nbgrader's own driver grades, which takes longer")
            self._fault = verdict.fault
        return self._fault

    @property
    def _insists_on_walls(self) -> bool:
        return self._options.wanted_walls not in (ANY, NONE)

    def _assignment(self, standing: Standing) -> AssignmentRun:
        name = standing.assignment
        if name not in self._assignments:
            options = self._options
            self._assignments[name] = AssignmentRun(
                self._course,
                name,
                standing.course,
                limits=Limits(options.memory_mb),
                walls=self._walls,
                timeout=options.timeout,
            )
        return self._assignments[name]

    def _refuse(
        self, standing: Standing, reason: str, seconds: float = 0.0, *, lasting: bool = True
    ) -> None:
        if not lasting or reason == NO_ROOM:
            self._leave(standing, reason)
            return
        self._assignment(standing).withdraw(standing.student)
        self._note(standing, "failed", reason=reason, seconds=seconds)

    def _note(self, standing: Standing, status: str, **details) -> None:
        """Write in the journal what became of a submission, and tell of it."""
        details["reason"] = brief(details.get("reason", ""))
        details["repairs"] = _few(details.get("repairs", ()))
        try:
            self._journal.add(_entry(standing, status, **details))
        except OSError as error:  # the next run finds no word of it, and grades it once more
            self._report(_fault(standing, reason_of(error)))
        else:
            self._report(Outcome(standing.assignment, standing.student, status, **details))

    def _start(self, standing: Standing) -> None:
        """Note that a submission goes out: should it end this run, the next one will know."""
        self._started.append(standing)
        with contextlib.suppress(OSError):
            self._journal.add(_entry(standing, "started", tries=standing.tries + 1), safe=False)

    def _forget(self, standings: list[Standing]) -> None:
        """Note that all are to be graded: should this run be stopped, another goes on."""
        self._forced = True
        with contextlib.suppress(OSError):
            for standing in standings:
                if standing.folder is not None:
                    self._journal.add(_entry(standing, "stopped"), safe=False)

    def _stop(self, standing: Standing) -> None:
        """Note that nothing came of it: what an earlier run noted of it holds as before."""
        before = standing.entry
        if self._forced or before is None or before.status == "started":
            before = _entry(standing, "stopped")
        with contextlib.suppress(OSError):
            self._journal.add(before, safe=False)

    def _leave(self, standing: Standing, reason: str) -> None:
        """Tell what failed by no fault of the submission's: the next run tries again."""
        last = self._journal.last("autograde", standing.assignment, standing.student)
        if last and last.status == "started":
            self._stop(standing)
        self._report(_fault(standing, reason))

    def _report(self, outcome: Outcome) -> None:
        self.result.outcomes.append(outcome)
        if self._progress:
            self._progress(len(self.result.outcomes), self._total, outcome)


def _say(words: str) -> None:
    """Tell at once what concerns all, whatever becomes of the report."""
    print(f"tinytorch: {printable(words)}", file=sys.stderr)


def _walls_of(course: Course) -> Walls:
    """What the walls around runs of a course's submissions are to hide and to show."""
    settings = course.settings
    return Walls(
        hidden=(str(course.root), *answer_keys(course.root, course.assignments())),
        readable=tuple(str(course.root / path) for path in settings.readable),
        environment=tuple(settings.environment),
    )


def _settled(standing: Standing, force: bool) -> Outcome | None:
    """The outcome where there is nothing to do, else None."""
    if standing.folder is None:
        return Outcome(standing.assignment, standing.student, "missing", standing.missing)
    if force or standing.status in ("waiting", "outdated"):
        return None
    status = "failed" if standing.status == "failed" else "unchanged"
    reason, repairs = standing.reason, standing.entry.repairs
    return Outcome(standing.assignment, standing.student, status, reason, repairs)


def _entry(standing: Standing, status: str, **details) -> Entry:
    who = (standing.assignment, standing.student)
    return Entry("autograde", *who, standing.submission, standing.course, status, **details)


def _fault(standing: Standing, reason: str) -> Outcome:
    return Outcome(standing.assignment, standing.student, "failed", brief(reason))


def _few(repairs: tuple[str, ...]) -> tuple[str, ...]:
    """What was repaired, in words that can be shown: a student may have written some of them."""
    more = [f"and {len(repairs) - MOST_REPAIRS} more"] if len(repairs) > MOST_REPAIRS else []
    return (*map(brief, repairs[:MOST_REPAIRS]), *more)
