"""One assignment while it is being graded: what goes out to a pool, and what comes back."""

from __future__ import annotations

import glob
import json
import tempfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from tinytorch.grading import NbgraderError, NotGraded
from tinytorch.grading.nb import converters
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.gradebook import open_gradebook, read_records
from tinytorch.grading.nb.records import Exercise
from tinytorch.grading.nb.settings import CONFIG
from tinytorch.grading.nb.writer import Writer, penalty_of
from tinytorch.grading.reasons import reason_of
from tinytorch.grading.run.process import Limits
from tinytorch.grading.run.walls import NO_WALLS, Walls
from tinytorch.grading.submission import intake
from tinytorch.grading.submission.earlier import core_files, earlier_core
from tinytorch.grading.submission.folders import Replacement, files_of, write_files
from tinytorch.grading.work.messages import Assignment, Graded, Submission, Task


class AssignmentRun:
    """One assignment while it is being graded.

    Args:
        course_digest: a hash of all that decides about a score, besides the submission.
        timeout: seconds for one cell, where not the course's count.
    """

    def __init__(
        self,
        course: Course,
        assignment: str,
        course_digest: str,
        *,
        limits: Limits | None = None,
        walls: Walls = NO_WALLS,
        timeout: int | None = None,
    ):
        self.course, self.assignment, self.course_digest = course, assignment, course_digest
        self._limits, self._timeout = limits or Limits(), timeout
        self._walls = walls

    @cached_property
    def fault(self) -> str:
        """Why nothing of this assignment can be graded, if so: found once, not once a student."""
        try:
            self._message  # noqa: B018 - is made here
            return ""
        except NbgraderError as error:
            return f"{self.assignment}: {error}"
        except Exception as error:  # of the disk or the database
            return f"{self.assignment}: {reason_of(error)}"

    def task(self, student: str, about: object) -> Task:
        """A submission, ready to go out.

        Raises:
            NotGraded: there is nothing that could be graded.
        """
        if glob.escape(student) != student:
            raise NotGraded(
                "nbgrader takes [ * ? in a student's id for a pattern: rename the folder"
            )
        if student in self.course.excluded:
            raise NotGraded(f"nbgrader passes it over: see student_id_exclude in {CONFIG}")
        folder = self.course.submitted(student, self.assignment)
        files = intake.pack(folder, self._message.notebooks, self.course.ignored)
        place = str(self.course.autograded(student, self.assignment))
        return Task(self._message, Submission(student, files, place), about)

    def take(self, student: str, graded: Graded) -> None:
        """Commit what came of a submission, then put its notebooks in place.

        In this order: a run that is killed in between leaves a submission that is graded once
        more, and never a notebook in autograded/ with no scores, or with another run's.

        Raises:
            NotGraded: the gradebook lacks what the submission needs.
        """
        handed_in = self.course.timestamp(student, self.assignment)
        place = Replacement(self.course.autograded(student, self.assignment))
        place.write(graded.files, int(str(self._converter.permissions), 8))
        try:
            create = self._converter.create_student
            self._writer.write(student, handed_in, graded.sheets, create)
        except BaseException:
            place.discard()
            raise
        place.publish()

    def withdraw(self, student: str) -> None:
        """Remove what an earlier submission left in autograded/: this one can't be graded."""
        Replacement(self.course.autograded(student, self.assignment)).remove()

    @property
    def needs_nbgrader(self) -> bool:
        """Whether the course has steps or hooks of its own, which only nbgrader's driver runs."""
        return bool(self._own_steps)

    @cached_property
    def why_no_walls(self) -> str:
        """Why no walls can stand around this assignment's cells; nothing where they can."""
        if self._own_steps:
            return f"only nbgrader's driver runs the course's own {', '.join(self._own_steps)}"
        reasons = (converters.why_kernel(self._converter, nb) for nb in self._run_notebooks())
        return next(filter(None, reasons), "")

    @cached_property
    def _own_steps(self) -> list[str]:
        return converters.steps_of_its_own(self._converter)

    def _run_notebooks(self) -> Iterator[dict]:
        """The notebooks with the metadata that they are run with."""
        for name, released in self._message.released.items():
            kernel = json.loads(self._message.notebooks[name].kernelspec or "null")
            yield {"metadata": released["metadata"] | ({"kernelspec": kernel} if kernel else {})}

    def grade_with_nbgrader(self, task: Task) -> tuple[str, ...]:
        """Grade a submission by nbgrader's own driver: slower, for courses that have changed it.

        Raises:
            NotGraded: with the reason.
        """
        put_back = converters.adds_missing_cells(self._converter)
        files, released = task.item.files, self._message.released
        notebooks, repairs = intake.unpack(files, released, put_back=put_back)
        repaired = {f"{name}.ipynb": intake.dump(nb) for name, nb in notebooks.items()}
        settings = {} if self._timeout is None else {"timeout": self._timeout}
        with tempfile.TemporaryDirectory(prefix="tinytorch-submitted-") as folder:
            student = task.item.student
            beside = {name: data for name, data in files.items() if not name.endswith(".ipynb")}
            write_files(Path(folder, student, self.assignment), beside | repaired)
            with earlier_core(self.course.root, self.assignment):
                converters.autograde(
                    *(self.course, self.assignment, student),
                    submitted=Path(folder),
                    execute=settings,
                )
        return tuple(repairs)

    def close(self) -> None:
        if "_book" in self.__dict__:
            self._book.close()

    @cached_property
    def _message(self) -> Assignment:
        """What workers are told of the assignment."""
        root, name = self.course.root, self.assignment
        released = converters.register_assignment(self.course, name)
        return Assignment(
            key=f"{name} {self.course_digest} {self._limits} {self._walls} {self._timeout}",
            name=name,
            root=str(root),
            config=self.course.config_text,
            notebooks=read_records(self._book, name),
            released=released,
            support=self._support(),
            core=core_files(root, name),
            limits=self._limits,
            walls=self._walls,
            isolated=self.course.settings.isolated_tests and bool(core_files(root, name)),
            timeout=self._timeout,
            exercises=self._exercises(list(released)),
        )

    def _exercises(self, notebooks: list[str]) -> dict[str, tuple[Exercise, ...]]:
        """The instructor's solutions, which leave this process only where they are needed."""
        if not self.course.settings.count_mistakes_once:
            return {}
        from tinytorch.grading.nb.exercises import read_exercises

        source, found = self.course.source(self.assignment), {}
        for name in notebooks:
            path = source / f"{name}.ipynb"
            found[name] = read_exercises(intake.read_notebook(path.name, path.read_bytes()))
        return found

    def _support(self) -> dict[str, bytes]:
        """The files beside the notebooks in source/, which overwrite what a student has."""
        source = self.course.source(self.assignment)
        kept = set(self._converter.exclude_overwriting.get(self.assignment, []))
        files = {
            path.relative_to(source).as_posix(): path
            for path in files_of(source, [*self.course.ignored, "*.ipynb"])
        }
        return {name: path.read_bytes() for name, path in files.items() if name not in kept}

    @cached_property
    def _converter(self):
        return converters.autograde_converter(self.course)

    @cached_property
    def _book(self):
        return open_gradebook(self.course)

    @cached_property
    def _writer(self) -> Writer:
        return Writer(self._book, self.assignment, penalty_of(self.course))
