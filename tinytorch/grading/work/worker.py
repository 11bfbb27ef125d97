"""A worker: a process that does one piece of work after the other, for a pool or for Dask."""

from __future__ import annotations

import contextlib
import threading
from multiprocessing.connection import Connection
from pathlib import Path

from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.pages import Printer
from tinytorch.grading.reasons import reason_of
from tinytorch.grading.run.process import WarmParent
from tinytorch.grading.work.grader import Grader, finish_removals
from tinytorch.grading.work.messages import (
    Assignment,
    Failed,
    FeedbackCourse,
    Graded,
    Page,
    Submission,
)

Context = Assignment | FeedbackCourse
_grader: Grader | None = None  # of the assignment at hand
_printer: Printer | None = None
_one_at_a_time = threading.Lock()  # Dask may give a worker more threads than it should have


def grade(assignment: Assignment, submission: Submission) -> Graded | Failed:
    """Grade a submission; what the assignment needs stays warm for the next one."""
    with _one_at_a_time:
        try:
            grader = grader_of(assignment)
        except Exception as error:  # the course can't be read here: on this machine, or now
            return Failed(reason_of(error), lasting=False)
        return grader.grade(submission)


def prepare(context: Context, warm: WarmParent | None) -> WarmParent | None:
    """Get ready for a piece of work, as far as it is the same for all of its kind.

    Args:
        warm: a warm parent for the first grader.

    Returns:
        Another warm parent, for the grader in a process that is forked from this one.
    """
    global _printer
    if isinstance(context, FeedbackCourse):
        course, shown = Course(Path(context.root)), context.show_hidden_tests
        _printer = _printer or Printer(course, show_hidden_tests=shown)
        return None
    with contextlib.suppress(Exception):  # the worker will meet it again, and tell of it
        return grader_of(context, warm).clone()
    return None


def take_over(warm: WarmParent | None) -> None:
    """Begin in a process that was forked from the one that got ready."""
    if _grader:
        _grader.take_over(warm)


def grader_of(assignment: Assignment, warm: WarmParent | None = None) -> Grader:
    """The grader of an assignment; the first one begins with `warm`."""
    global _grader
    if _grader is None or _grader.assignment.key != assignment.key:
        before, _grader = _grader, None
        _grader = Grader(assignment, before.hand_over() if before else warm)
    return _grader


def close_grader() -> None:
    global _grader
    if _grader:
        _grader.close()
        _grader = None
    finish_removals()


def serve(connection: Connection, context: Context) -> None:
    """Do one piece of work after the other, and send the answers back."""
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            message = connection.recv()
            if isinstance(message, Submission):
                connection.send(grade(context, message))
            elif isinstance(message, Page):
                connection.send(_write(message))
            else:
                context = message


def _write(page: Page) -> Failed | None:
    """Write the feedback on a submission, or say why not."""
    try:
        _printer.write(page.student, page.assignment)
    except Exception as error:  # nbconvert's, the template's, the disk's
        return Failed(reason_of(error))
    return None
