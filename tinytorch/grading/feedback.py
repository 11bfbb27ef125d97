"""Feedback on what is graded, written side by side."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from tinytorch.errors import UsageError
from tinytorch.grading import NbgraderError
from tinytorch.grading.nb.course import Course
from tinytorch.grading.reasons import reason_of
from tinytorch.grading.standings import Standing, alone, folder_digest, survey_all
from tinytorch.grading.submission.journal import Entry, Journal
from tinytorch.grading.work.messages import Failed, FeedbackCourse, Page, Task
from tinytorch.grading.work.pool import LocalPool


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
        UsageError: there is no such assignment or student, or nothing is graded.
        NbgraderError: some feedback could not be written; the rest was. Or none can be, with the
            libraries that are here.
    """
    course = Course(root)
    names = course.find_assignments(assignments)
    standings = [s for s in survey_all(course, names, students) if s.status == "graded"]
    if not standings:
        raise UsageError("nothing of this is graded yet: run `tinytorch grade` first")
    journal = Journal(course.journal)
    wanted = [(s, _feedback_entry(course, s, show_hidden_tests)) for s in standings]
    wanted = [(s, e) for s, e in wanted if force or not _has_feedback(course, s, e, journal)]
    pages = [Page(s.assignment, s.student) for s, _ in wanted]
    written, problems = [], []
    done = _write_pages(course, pages, workers, show_hidden_tests=show_hidden_tests)
    for count, (number, reason) in enumerate(done, 1):
        standing, entry = wanted[number]
        if not reason:
            written.append(course.feedback(standing.student, standing.assignment))
            try:
                journal.add(entry)
            except OSError as error:  # the next run writes it once more
                reason = reason_of(error)
        if reason:
            problems.append(f"{standing.student}, {standing.assignment}: {reason}")
        if progress:
            progress(count, len(wanted))
    if problems:
        raise NbgraderError("\n".join(sorted(problems)))
    return sorted(written)


def _write_pages(
    course: Course, pages: list[Page], workers: int | None, *, show_hidden_tests: bool
) -> Iterator[tuple[int, str]]:
    """Write the pages. Gives the number of each as it is done, and why not, where it failed."""
    root = str(course.root)
    context = FeedbackCourse(f"{root} {show_hidden_tests}", root, show_hidden_tests)
    tasks = (Task(context, page, number) for number, page in enumerate(pages))
    with alone(course) if pages else contextlib.nullcontext(), LocalPool(workers) as pool:
        if pages and pool.verdict.fault:
            raise NbgraderError(f"no feedback can be written: {pool.verdict.fault}")
        for task, answer in pool.run(tasks):
            yield task.about, answer.reason if isinstance(answer, Failed) else ""


def _feedback_entry(course: Course, standing: Standing, show_hidden_tests: bool) -> Entry:
    """All that a page of feedback depends on, as what the journal is to say of it."""
    graded = folder_digest(course.autograded(standing.student, standing.assignment))
    said = repr((standing.score, show_hidden_tests))
    return Entry("feedback", standing.assignment, standing.student, graded, said, "graded")


def _has_feedback(course: Course, standing: Standing, entry: Entry, journal: Journal) -> bool:
    """Whether the feedback is there and says what it would say again."""
    there = any(course.feedback(standing.student, standing.assignment).glob("*.html"))
    return there and journal.last(*entry.key) == entry
