"""Stock nbgrader behind plain functions: what the project asks of nbgrader, it asks here."""

from __future__ import annotations

import contextlib
import glob
import json
import logging
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from tinytorch.errors import TinyTorchError
from tinytorch.grading import NotGraded
from tinytorch.grading.answers import earlier_core
from tinytorch.grading.scores import AssignmentScores, read_scores
from tinytorch.slow_imports import without_rfc3987

CONFIG = "nbgrader_config.py"
SQLITE = "sqlite:///"
# What the system says of a full disk, and SQLite; and what a person is to do about it.
FULL = ("No space left on device", "Disk quota exceeded", "disk is full")
NO_ROOM = "there is no room left on the disk: make some and grade again"


class NbgraderError(TinyTorchError):
    """nbgrader could not do what it was asked to, for a reason that lies with the course."""


# --- Releases -----------------------------------------------------------------------------


def generate_release(source_root: Path, target_root: Path, assignments: list[str]) -> None:
    """Write target_root/release from source_root/source, as `nbgrader generate_assignment` does.

    No gradebook is made or touched: what the command stores there leaves no trace in the release.

    Raises:
        NbgraderError: nbgrader refused an assignment.
    """
    release = Path(target_root).resolve() / "release"
    for assignment in assignments:
        course = course_directory(
            source_root, assignment_id=assignment, release_directory=str(release)
        )
        course.config.SaveCells.enabled = False
        _run(_converter("GenerateAssignment", course, no_database=True))


def register_assignment(root: Path, assignment: str) -> dict[str, dict]:
    """Make the gradebook know the assignment as it stands in source/, before any autograding.

    Returns:
        The released notebooks by name, as nbgrader makes them of the source now.

    Raises:
        NbgraderError: nbgrader refused, for one where a graded assignment gained or lost cells.
    """
    with tempfile.TemporaryDirectory(prefix="tinytorch-release-") as release:
        course = course_directory(root, assignment_id=assignment, release_directory=release)
        _create_gradebook(course)
        _run(_converter("GenerateAssignment", course))
        notebooks = sorted(Path(release, assignment).glob("*.ipynb"))
        return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in notebooks}


# --- Grading ------------------------------------------------------------------------------


def autograde(
    root: Path,
    assignment: str,
    student: str,
    *,
    submitted: Path | None = None,
    execute: dict | None = None,
) -> None:
    """Grade one submission into autograded/ and the gradebook.

    A submission that fails, or is interrupted by Ctrl-C, leaves nothing half done: no notebook
    in autograded/, and no row in the gradebook where there was none before.

    Args:
        submitted: a folder to use in place of root/submitted, for repaired copies.
        execute: settings of Execute that count instead of the course's.

    Raises:
        NotGraded: with the reason, in one line.
    """
    if glob.escape(student) != student:
        raise NotGraded("nbgrader takes [ * ? in a student's id for a pattern: rename the folder")
    course = course_directory(root, assignment_id=assignment, student_id=student)
    if submitted is not None:
        course.submitted_directory = str(submitted)
    course.config.Execute.update(execute or {})
    converter = _converter("Autograde", course)
    steps = converter.autograde_preprocessors
    converter.autograde_preprocessors = [_quiet(step) for step in steps]
    output = Path(course.format_path(course.autograded_directory, student, assignment))
    was_known = _has_submission(course, assignment, student)
    shutil.rmtree(output, ignore_errors=True)
    try:
        with earlier_core(root, assignment):
            _run(converter)
        if not output.exists():
            raise NotGraded(f"nbgrader passed it over: see student_id_exclude in {CONFIG}")
    except BaseException as error:
        shutil.rmtree(output, ignore_errors=True)
        if not was_known:
            _forget_submission(course, assignment, student)
        if isinstance(error, NbgraderError):
            raise NotGraded(str(error)) from error
        raise


def generate_feedback(root: Path, assignment: str, student: str) -> Path:
    """Write the feedback on one graded submission, and return its folder.

    Raises:
        NbgraderError: nbgrader failed.
    """
    course = course_directory(root, assignment_id=assignment, student_id=student)
    _run(_converter("GenerateFeedback", course))
    return Path(course.format_path(course.feedback_directory, student, assignment))


# --- The gradebook ------------------------------------------------------------------------


def scores(root: Path, assignment: str) -> AssignmentScores:
    """What the gradebook holds of an assignment, in the order of the students' ids."""
    course = course_directory(root)
    if not has_gradebook(course):
        return AssignmentScores()
    with gradebook(course) as book:
        return read_scores(book.db, nbgrader_tables(), assignment)


def mark(
    root: Path, assignment: str, student: str, grade_id: str, points: float, comment: str = ""
) -> None:
    """Give points and a comment by hand, as a person does in nbgrader's formgrader.

    Raises:
        KeyError: the gradebook holds no such answer.
        ValueError: the points are below zero or above the answer's maximum.
    """
    with gradebook(course_directory(root)) as book:
        notebook = _notebook_with(book, assignment, student, grade_id)
        grade = book.find_grade(grade_id, notebook, assignment, student)
        if not 0 <= points <= grade.max_score:
            raise ValueError(f"{grade_id} is worth 0 to {grade.max_score:g} points, got {points:g}")
        grade.manual_score = points
        grade.needs_manual_grade = False
        if comment:
            answer = book.find_comment(grade_id, notebook, assignment, student)
            answer.manual_comment = comment
        book.db.commit()


def _notebook_with(book, assignment: str, student: str, grade_id: str) -> str:
    """The name of the student's notebook that holds a graded cell."""
    with contextlib.suppress(_missing_entry()):
        for notebook in book.find_submission(assignment, student).notebooks:
            if any(grade.name == grade_id for grade in notebook.grades):
                return notebook.name
    raise KeyError(f"the gradebook holds no {grade_id} by {student} in {assignment}")


def _has_submission(course, assignment: str, student: str) -> bool:
    if not has_gradebook(course):
        return False
    with gradebook(course) as book, contextlib.suppress(_missing_entry()):
        book.find_submission(assignment, student)
        return True
    return False


def _forget_submission(course, assignment: str, student: str) -> None:
    """Remove the rows of zeros that nbgrader leaves behind where it failed."""
    with gradebook(course) as book, contextlib.suppress(_missing_entry()):
        book.remove_submission(assignment, student)


def has_gradebook(course) -> bool:
    """Whether there is a gradebook to read: nbgrader makes an empty one where it finds none."""
    path = course.db_url.removeprefix(SQLITE)
    return path == course.db_url or Path(path).exists()


def _create_gradebook(course) -> None:
    """Make the gradebook where there is none, all at once.

    nbgrader makes the tables first and their version last, and never looks after a gradebook
    whose making was interrupted.
    """
    if has_gradebook(course):
        return
    path = Path(course.db_url.removeprefix(SQLITE))
    with tempfile.TemporaryDirectory(prefix=".gradebook-", dir=path.parent) as folder:
        new = Path(folder, "gradebook.db")
        with gradebook(course, f"{SQLITE}{new}"):
            pass
        new.replace(path)


@contextlib.contextmanager
def gradebook(course, url: str = "") -> Iterator:
    """nbgrader's gradebook, open for a while."""
    book = open_gradebook(course, url)
    try:
        yield book
    finally:
        book.close()


def open_gradebook(course, url: str = ""):
    """nbgrader's gradebook, to be closed by the caller."""
    api = _nbgrader().api
    # For a new gradebook nbgrader runs the command `alembic`, which takes a second.
    with patch.object(api, "get_alembic_version", _newest_schema):
        return api.Gradebook(url or course.db_url, course.course_id)


def _newest_schema() -> str:
    """The revision of nbgrader's tables that a new gradebook has."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory(_nbgrader().dbutil.ALEMBIC_DIR).get_current_head()


def _missing_entry() -> type[Exception]:
    return _nbgrader().api.MissingEntry


def nbgrader_tables() -> dict:
    """nbgrader's tables by name, as SQLAlchemy knows them."""
    return dict(_nbgrader().api.Base.metadata.tables)


# --- Running nbgrader's converters --------------------------------------------------------


def _nbgrader():
    """nbgrader, imported late: it takes most of a second."""
    with without_rfc3987():
        import nbgrader.api
        import nbgrader.converters
        import nbgrader.coursedir
        import nbgrader.dbutil
        import nbgrader.preprocessors
    return nbgrader


def course_directory(root: Path, **settings: str):
    """nbgrader's view of the course in `root`, configured by its nbgrader_config.py alone.

    The nbgrader command reads ~/.jupyter as well; here two instructors get the same scores.
    """
    root = Path(root).resolve()
    config = _load_config(root)
    return _nbgrader().coursedir.CourseDirectory(config=config, root=str(root), **settings)


def autograde_converter(root: str, config: str, execute: dict | None = None):
    """nbgrader's Autograde as the course configures it, for a worker that may lack the course.

    Args:
        root: the course's folder on the coordinator's machine.
        config: the text of its nbgrader_config.py.
        execute: settings of Execute that count instead of the course's.
    """
    if Path(root, CONFIG).exists():
        loaded = _load_config(Path(root))
    else:
        with tempfile.TemporaryDirectory(prefix="tinytorch-config-") as folder:
            Path(folder, CONFIG).write_text(config, encoding="utf-8")
            loaded = _load_config(Path(folder))
    loaded.Execute.update(execute or {})
    course = _nbgrader().coursedir.CourseDirectory(config=loaded, root=str(root))
    return _converter("Autograde", course)


def own_settings(course):
    """Our own settings of a course: see settings.py."""
    from tinytorch.grading.settings import read_settings

    return read_settings(course.config)


def adds_missing_cells(converter) -> bool:
    """Whether the course has deleted cells put back."""
    return _nbgrader().preprocessors.OverwriteCells(parent=converter).add_missing_cells


def feedback_converter(course):
    """nbgrader's GenerateFeedback as the course configures it."""
    return _converter("GenerateFeedback", course)


def _load_config(root: Path):
    from traitlets.config.loader import Config, ConfigFileNotFound, PyFileConfigLoader

    from tinytorch.grading.settings import read_settings

    if str(root) not in sys.path:
        sys.path.append(str(root))  # plugins lie beside the file; nbgrader's command finds them
    try:
        with without_rfc3987():  # the file imports nbgrader
            config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
        read_settings(config)  # a slip of the pen is told now, not passed over
        return config
    except ConfigFileNotFound:
        return Config()
    except Exception as error:
        raise NbgraderError(f"{root / CONFIG}: {type(error).__name__}: {error}") from error


def _converter(name: str, course, **settings):
    """One of nbgrader's converters, told to overwrite and to log to a `_Listener` alone."""
    log = logging.Logger("nbgrader", logging.ERROR)
    log.addHandler(_Listener())
    kind = getattr(_nbgrader().converters, name)
    settings = {"force": True, "log": log, **settings}
    return kind(coursedir=course, config=course.config, **settings)


class _Listener(logging.Handler):
    """Remembers the exception behind nbgrader's last error, which nbgrader itself forgets."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.error: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        self.error = sys.exc_info()[1] or self.error


def _run(converter) -> None:
    """Run a converter, and say in one line what went wrong."""
    try:
        # Among them SQLAlchemy's on nbgrader's models; none is meant for an instructor.
        with warnings.catch_warnings(action="ignore"):
            converter.start()
    except KeyboardInterrupt:
        # What the killed kernel's tasks would report, long after, is no news.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        raise
    except Exception as error:
        cause = converter.log.handlers[0].error or error
        raise NbgraderError(reason_of(cause)) from error


def _quiet(step: type) -> type:
    """nbgrader's Execute with a kernel that can't write into our terminal; else the step itself.

    The subclass is configured as Execute is, and cells' outputs are collected all the same.
    """
    execute = _nbgrader().preprocessors.Execute
    if step is not execute:
        return step

    class QuietExecute(execute):
        def start_new_kernel(self, **settings) -> None:
            nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            super().start_new_kernel(**nowhere, **settings)

    return QuietExecute


def reason_of(error: BaseException) -> str:
    """One line for a person."""
    text = " ".join(str(error).split()).partition(" [SQL: ")[0]
    if any(words in text for words in FULL):
        return NO_ROOM
    if type(error).__name__ == "DeadKernelError":
        return "the kernel died: a cell ended the process (exit, os._exit) or used up the memory"
    if type(error).__name__ == "CellTimeoutError":
        return "a cell could not be interrupted after its time was up, or printed without end"
    if "Cannot add or remove cells" in text or "Cannot modify existing assignment" in text:
        return (
            "the gradebook holds submissions of this assignment with other cells: "
            "put the cells back, or move gradebook.db away (marks by hand go with it) and "
            "grade again"
        )
    return f"{type(error).__name__}: {text}"[:300]
