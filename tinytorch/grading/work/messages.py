"""What travels between the coordinator and its workers: plain values that pickle."""

from __future__ import annotations

from dataclasses import dataclass, field

from tinytorch.grading.nb.records import Exercise, NotebookRecord, ScoreSheet
from tinytorch.grading.run.process import Limits
from tinytorch.grading.run.walls import NO_WALLS, Walls


@dataclass(frozen=True)
class Assignment:
    """All that a worker needs to know of an assignment."""

    key: str  # another key, another state of the course
    name: str
    root: str  # the course's folder, where the worker can see it
    config: str  # the text of nbgrader_config.py
    notebooks: dict[str, NotebookRecord]
    released: dict[str, dict]  # the notebooks as they were released
    support: dict[str, bytes]  # files beside the notebooks in source/
    core: dict[str, bytes] | None  # the package `tinytorch` that a submission may import
    limits: Limits
    walls: Walls = NO_WALLS
    isolated: bool = False  # whether tests run in a process that no student's code enters
    timeout: int | None = None  # seconds for a cell, where it differs from the course's
    # By notebook, where a mistake is to cost its own points alone.
    exercises: dict[str, tuple[Exercise, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Submission:
    """What one student handed in: bytes, by their place in the folder."""

    student: str
    files: dict[str, bytes]
    place: str = ""  # the folder in autograded/ where nbgrader would have run it


@dataclass(frozen=True)
class Graded:
    """What came of a submission."""

    sheets: dict[str, ScoreSheet]  # by notebook
    files: dict[str, bytes]  # what goes to autograded/
    repairs: tuple[str, ...] = ()
    seconds: float = 0.0  # of a worker's time


@dataclass(frozen=True)
class Failed:
    """Why a submission could not be graded, in one line."""

    reason: str
    seconds: float = 0.0
    lasting: bool = True  # whether it lies with the submission: else another run may do better


@dataclass(frozen=True)
class Verdict:
    """What a self-check found: see selfcheck.py."""

    fault: str = ""  # why our own way does not work here, with the package and its version
    untested: tuple[str, ...] = ()  # packages in a version that nobody tried, in words


@dataclass(frozen=True)
class FeedbackCourse:
    """All that a worker needs to know to write feedback; it reads the rest on this machine."""

    key: str
    root: str
    show_hidden_tests: bool


@dataclass(frozen=True)
class Page:
    """The feedback on one submission."""

    assignment: str
    student: str


@dataclass(frozen=True)
class Task:
    """One piece of work, and whatever the coordinator wants to have back with its answer."""

    context: Assignment | FeedbackCourse
    item: Submission | Page
    about: object
