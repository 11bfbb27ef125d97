"""nbgrader's own commands behind plain functions: releases, and one submission by its driver."""

from __future__ import annotations

import json
import logging
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

from tinytorch.grading import NbgraderError, NotGraded
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.gradebook import (
    create_gradebook,
    forget_submission,
    has_submission,
    patience,
)
from tinytorch.grading.nb.settings import CONFIG
from tinytorch.grading.reasons import reason_of
from tinytorch.slow_imports import without_rfc3987


def generate_release(source_root: Path, target_root: Path, assignments: list[str]) -> None:
    """Write target_root/release from source_root/source, as `nbgrader generate_assignment` does.

    No gradebook is made or touched: what the command stores there leaves no trace in the release.

    Raises:
        NbgraderError: nbgrader refused an assignment.
    """
    course, release = Course(source_root), Path(target_root).resolve() / "release"
    for assignment in assignments:
        directory = course.directory_with(assignment_id=assignment, release_directory=str(release))
        directory.config.SaveCells.enabled = False
        _run(converter("GenerateAssignment", directory, no_database=True))


def register_assignment(course: Course, assignment: str) -> dict[str, dict]:
    """Make the gradebook know the assignment as it stands in source/, before any autograding.

    Returns:
        The released notebooks by name, as nbgrader makes them of the source now.

    Raises:
        NbgraderError: nbgrader refused, for one where a graded assignment gained or lost cells.
    """
    with tempfile.TemporaryDirectory(prefix="tinytorch-release-") as release:
        directory = course.directory_with(assignment_id=assignment, release_directory=release)
        create_gradebook(course)
        _run(converter("GenerateAssignment", directory))
        notebooks = sorted(Path(release, assignment).glob("*.ipynb"))
        return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in notebooks}


def autograde(
    course: Course,
    assignment: str,
    student: str,
    *,
    submitted: Path | None = None,
    execute: dict | None = None,
) -> None:
    """Grade one submission into autograded/ and the gradebook, by nbgrader's own driver.

    A submission that fails, or is interrupted by Ctrl-C, leaves nothing half done: no notebook
    in autograded/, and no row in the gradebook where there was none before.

    Args:
        submitted: a folder to use in place of the course's, for repaired copies.
        execute: settings of Execute that count instead of the course's.

    Raises:
        NotGraded: with the reason, in one line.
    """
    directory = course.directory_with(assignment_id=assignment, student_id=student)
    if submitted is not None:
        directory.submitted_directory = str(submitted)
    directory.config.Execute.update(execute or {})
    driver = converter("Autograde", directory)
    driver.autograde_preprocessors = [_quiet(step) for step in driver.autograde_preprocessors]
    output = course.autograded(student, assignment)
    was_known = has_submission(course, assignment, student)
    shutil.rmtree(output, ignore_errors=True)
    try:
        _run(driver)
        if not output.exists():
            raise NotGraded(f"nbgrader passed it over: see student_id_exclude in {CONFIG}")
    except BaseException as error:
        shutil.rmtree(output, ignore_errors=True)
        if not was_known:  # where it fails, nbgrader leaves rows of zeros behind
            forget_submission(course, assignment, student)
        if isinstance(error, NbgraderError):
            raise NotGraded(str(error)) from error
        raise


def autograde_converter(course: Course, execute: dict | None = None):
    """nbgrader's Autograde as the course configures it.

    Args:
        execute: settings of Execute that count instead of the course's.
    """
    directory = course.directory_with()
    directory.config.Execute.update(execute or {})
    return converter("Autograde", directory)


def steps_of_its_own(driver) -> list[str]:
    """The steps and hooks that a course has of its own, which only nbgrader's driver runs."""
    steps = [*driver.sanitize_preprocessors, *driver.autograde_preprocessors]
    names = [s if isinstance(s, str) else f"{s.__module__}.{s.__qualname__}" for s in steps]
    own = [name for name in names if not name.startswith(("nbgrader.", "nbconvert."))]
    hooks = "pre_convert_hook", "post_convert_hook"
    return own + [hook for hook in hooks if getattr(driver, hook)]


def why_kernel(driver, notebook: dict) -> str:
    """Why a notebook of the course needs a kernel of nbclient's; nothing where it does not."""
    from tinytorch.grading.nb import kernels

    return kernels.why_kernel(_nbgrader().preprocessors.Execute(parent=driver), notebook)


def adds_missing_cells(driver) -> bool:
    """Whether a course has deleted cells put back."""
    return _nbgrader().preprocessors.OverwriteCells(parent=driver).add_missing_cells


def converter(name: str, directory, **settings):
    """One of nbgrader's converters, told to overwrite and to log to a `_Listener` alone.

    Args:
        name: such as "Autograde".
        directory: nbgrader's CourseDirectory.
    """
    log = logging.Logger("nbgrader", logging.ERROR)
    log.addHandler(_Listener())
    kind = getattr(_nbgrader().converters, name)
    settings = {"force": True, "log": log, **settings}
    return kind(coursedir=directory, config=directory.config, **settings)


class _Listener(logging.Handler):
    """Remembers the exception behind nbgrader's last error, which nbgrader itself forgets."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.error: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        self.error = sys.exc_info()[1] or self.error


def _run(driver) -> None:
    """Run a converter, and say in one line what went wrong."""
    try:
        # Among them SQLAlchemy's on nbgrader's models; none is meant for an instructor.
        with warnings.catch_warnings(action="ignore"), patience():
            driver.start()
    except KeyboardInterrupt:
        # What the killed kernel's tasks would report, long after, is no news.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        raise
    except Exception as error:
        cause = driver.log.handlers[0].error or error
        raise NbgraderError(reason_of(cause)) from cause


def _quiet(step: type) -> type:
    """nbgrader's Execute with a quiet kernel, configured as ever; any other step itself."""
    from tinytorch.grading.nb.quiet import QuietExecute

    return QuietExecute if step is _nbgrader().preprocessors.Execute else step


def _nbgrader():
    """nbgrader, imported late: it takes most of a second."""
    with without_rfc3987():
        import nbgrader.converters
        import nbgrader.preprocessors
    return nbgrader
