"""A worker: a process that does one piece of work after the other, for a pool or for Dask.

What rests on private parts of other libraries is imported late, so that the loss of one is found
and told by the self-check.
"""

from __future__ import annotations

import contextlib
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from tinytorch.grading.nb.course import Course
from tinytorch.grading.reasons import reason_of
from tinytorch.grading.run.process import USUAL_ARGUMENTS, WarmParent
from tinytorch.grading.run.walls import Enclosure, Walls
from tinytorch.grading.work import selfcheck
from tinytorch.grading.work.messages import (
    Assignment,
    Failed,
    FeedbackCourse,
    Graded,
    Page,
    Submission,
    Verdict,
)

if TYPE_CHECKING:
    from tinytorch.grading.nb.pages import Printer
    from tinytorch.grading.work.grader import Grader

Context = Assignment | FeedbackCourse
_grader: Grader | None = None  # of the assignment at hand
_printer: Printer | None = None
_spare: WarmParent | None = None  # the one of the self-check, for the first grader
_one_at_a_time = threading.Lock()  # Dask may give a worker more threads than it should have


def grade(assignment: Assignment, submission: Submission) -> Graded | Failed:
    """Grade a submission; what the assignment needs stays warm for the next one."""
    with _one_at_a_time:
        try:
            grader = grader_of(assignment)
        except Exception as error:  # the course can't be read here: on this machine, or now
            return Failed(reason_of(error), lasting=False)
        return grader.grade(submission)


def check(walls: Walls) -> Verdict:
    """Try out whether notebooks can be graded in this process, before any is."""
    global _spare
    with _one_at_a_time:
        warm = _spare or WarmParent(USUAL_ARGUMENTS, Enclosure(walls))
        verdict = selfcheck.check(warm)
        _spare = warm
        if verdict.fault:
            _close_spare()
        return verdict


def prepare(context: Context, warm: WarmParent | None) -> WarmParent | None:
    """Get ready for a piece of work, as far as it is the same for all of its kind.

    Args:
        warm: a warm parent for the first grader.

    Returns:
        Another warm parent, for the grader in a process that is forked from this one.
    """
    global _printer
    if isinstance(context, FeedbackCourse):
        from tinytorch.grading.nb.pages import Printer

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
    global _grader, _spare
    if _grader is None or _grader.assignment.key != assignment.key:
        from tinytorch.grading.work.grader import Grader

        before, _grader = _grader, None
        spare, _spare = _spare, None
        _grader = Grader(assignment, before.hand_over() if before else warm or spare)
    return _grader


def close_grader() -> None:
    global _grader
    _close_spare()
    if _grader:
        from tinytorch.grading.work.grader import finish_removals

        _grader.close()
        _grader = None
        finish_removals()


def _close_spare() -> None:
    global _spare
    if _spare:
        _spare.close()
        _spare.enclosure.close()
        _spare = None


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
