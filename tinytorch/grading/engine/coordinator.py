"""What is to be graded goes out to a pool; what comes back is committed and put in place."""

from __future__ import annotations

import glob
import tempfile
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Protocol

from tinytorch.grading import NotGraded, intake, stock
from tinytorch.grading.answers import core_files
from tinytorch.grading.engine.gradebook import Writer, penalty_of, read_records
from tinytorch.grading.engine.parcels import (
    Assignment,
    Exercise,
    Failed,
    Graded,
    Submission,
    Task,
)
from tinytorch.grading.engine.run import Limits
from tinytorch.grading.engine.second import read_exercises
from tinytorch.grading.places import Places, Replacement


class Pool(Protocol):
    """Whatever grades: see pool.py and cluster.py."""

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Graded | Failed]]: ...


class Desk:
    """One assignment while it is being graded: its tasks go out here, and answers come in."""

    def __init__(
        self,
        places: Places,
        assignment: str,
        course_digest: str,
        *,
        limits: Limits | None = None,
        timeout: int | None = None,
    ):
        self.places, self.assignment, self.course_digest = places, assignment, course_digest
        self._limits, self._timeout = limits or Limits(), timeout

    @cached_property
    def fault(self) -> str:
        """Why nothing of this assignment can be graded, if so: found once, not once a student."""
        try:
            self._parcel  # noqa: B018 - is made here
            return ""
        except stock.NbgraderError as error:
            return f"{self.assignment}: {error}"
        except Exception as error:  # of the disk or the database
            return f"{self.assignment}: {stock.reason_of(error)}"

    def task(self, student: str, about: object) -> Task:
        """A submission, ready to go out.

        Raises:
            NotGraded: there is nothing that could be graded.
        """
        if glob.escape(student) != student:
            raise NotGraded(
                "nbgrader takes [ * ? in a student's id for a pattern: rename the folder"
            )
        if student in self.places.course.student_id_exclude.split(","):
            raise NotGraded(f"nbgrader passes it over: see student_id_exclude in {stock.CONFIG}")
        folder = self.places.submitted(student, self.assignment)
        files = intake.pack(folder, self._parcel.notebooks, self.places.course.ignore)
        place = str(self.places.autograded(student, self.assignment))
        return Task(self._parcel, Submission(student, files, place), about)

    def take(self, student: str, graded: Graded) -> None:
        """Commit what came of a submission, then put its notebooks in place.

        In this order: a run that is killed in between leaves a submission that is graded once
        more, and never a notebook in autograded/ with no scores, or with another run's.

        Raises:
            NotGraded: the gradebook lacks what the submission needs.
        """
        handed_in = self.places.timestamp(student, self.assignment)
        place = Replacement(self.places.autograded(student, self.assignment))
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
        Replacement(self.places.autograded(student, self.assignment)).remove()

    @cached_property
    def needs_nbgrader(self) -> bool:
        """Whether the course has steps or hooks of its own, which only nbgrader's driver runs."""
        converter = self._converter
        steps = [*converter.sanitize_preprocessors, *converter.autograde_preprocessors]
        names = [step if isinstance(step, str) else f"{step.__module__}." for step in steps]
        known = all(name.startswith(("nbgrader.", "nbconvert.")) for name in names)
        return not known or bool(converter.pre_convert_hook or converter.post_convert_hook)

    def grade_with_nbgrader(self, task: Task) -> tuple[str, ...]:
        """Grade a submission by nbgrader's own driver: slower, for courses that have changed it.

        Raises:
            NotGraded: with the reason.
        """
        put_back = stock.adds_missing_cells(self._converter)
        files, released = task.item.files, self._parcel.released
        notebooks, repairs = intake.unpack(files, released, put_back=put_back)
        repaired = {f"{name}.ipynb": intake.dump(nb) for name, nb in notebooks.items()}
        settings = {} if self._timeout is None else {"timeout": self._timeout}
        with tempfile.TemporaryDirectory(prefix="tinytorch-submitted-") as folder:
            student = task.item.student
            target = Path(folder, student, self.assignment)
            intake.write_files(target, {**files, **repaired})
            stock.autograde(
                *(self.places.root, self.assignment, student),
                submitted=Path(folder),
                execute=settings,
            )
        return tuple(repairs)

    def close(self) -> None:
        if "_book" in self.__dict__:
            self._book.close()

    @cached_property
    def _parcel(self) -> Assignment:
        root, name = self.places.root, self.assignment
        released = stock.register_assignment(root, name)
        config = self.places.config
        return Assignment(
            key=f"{name} {self.course_digest} {self._limits} {self._timeout}",
            name=name,
            root=str(root),
            config=config.read_text(encoding="utf-8") if config.exists() else "",
            notebooks=read_records(self._book, name),
            released=released,
            support=self._support(),
            core=core_files(root, name),
            limits=self._limits,
            timeout=self._timeout,
            exercises=self._exercises(list(released)),
        )

    def _exercises(self, notebooks: list[str]) -> dict[str, tuple[Exercise, ...]]:
        """The instructor's solutions, which leave this process only where they are needed."""
        if not stock.own_settings(self.places.course).count_mistakes_once:
            return {}
        source, found = self.places.source(self.assignment), {}
        for name in notebooks:
            path = source / f"{name}.ipynb"
            found[name] = read_exercises(intake.read_notebook(path.name, path.read_bytes()))
        return found

    def _support(self) -> dict[str, bytes]:
        """The files beside the notebooks in source/, which overwrite what a student has."""
        source = self.places.source(self.assignment)
        kept = set(self._converter.exclude_overwriting.get(self.assignment, []))
        files = {
            path.relative_to(source).as_posix(): path
            for path in intake.files_of(source, [*self.places.course.ignore, "*.ipynb"])
        }
        return {name: path.read_bytes() for name, path in files.items() if name not in kept}

    @cached_property
    def _converter(self):
        config = self.places.config
        text = config.read_text(encoding="utf-8") if config.exists() else ""
        return stock.autograde_converter(str(self.places.root), text)

    @cached_property
    def _book(self):
        return stock.open_gradebook(self.places.course)

    @cached_property
    def _writer(self) -> Writer:
        return Writer(self._book, self.assignment, penalty_of(self.places.course))
