"""An nbgrader course: its settings, and where things lie by them."""

from __future__ import annotations

import glob
import re
from datetime import datetime
from functools import cached_property
from pathlib import Path

from tinytorch.errors import UsageError
from tinytorch.grading import NotGraded
from tinytorch.grading.nb.settings import CONFIG, TinyTorch, load_config, read_settings
from tinytorch.slow_imports import without_rfc3987


class Course:
    """A course as its nbgrader_config.py describes it.

    Args:
        root: its folder.
        config: the text of its nbgrader_config.py, for a worker on a machine that lacks it.
    """

    def __init__(self, root: Path, config: str = ""):
        self.root = Path(root).resolve()
        self._config = config

    @cached_property
    def directory(self):
        """nbgrader's CourseDirectory.

        Raises:
            NbgraderError: the configuration is none.
        """
        return self.directory_with()

    def directory_with(self, **settings: str):
        """A CourseDirectory of its own, some of whose settings differ from the course's."""
        with without_rfc3987():  # and late: nbgrader takes most of a second
            from nbgrader.coursedir import CourseDirectory

        config = load_config(self.root, self._config)
        return CourseDirectory(config=config, root=str(self.root), **settings)

    @property
    def settings(self) -> TinyTorch:
        """Our own settings."""
        return read_settings(self.directory.config)

    @property
    def config(self) -> Path:
        return self.root / CONFIG

    @property
    def config_text(self) -> str:
        return self.config.read_text(encoding="utf-8") if self.config.exists() else ""

    @property
    def journal(self) -> Path:
        """The journal lies with what it is about: whoever removes autograded/ starts afresh."""
        directory = self.directory
        folder = Path(directory.format_path(directory.autograded_directory, "*", "*"))
        while "*" in folder.as_posix():
            folder = folder.parent
        return folder / "journal.jsonl"

    @property
    def ignored(self) -> list[str]:
        """Patterns of names that count as nobody's work."""
        return list(self.directory.ignore)

    @property
    def excluded(self) -> list[str]:
        """The ids of students who are passed over."""
        return self.directory.student_id_exclude.split(",")

    def assignments(self) -> list[str]:
        """The folders in source/ that hold a notebook."""
        notebooks = glob.glob(str(self.source("*") / "*.ipynb"))
        return sorted({Path(path).parent.name for path in notebooks})

    def find_assignments(self, wanted: list[str] | None) -> list[str]:
        """The assignments that were asked for, or all of them.

        Raises:
            UsageError: there is no such assignment, or none at all.
        """
        known = self.assignments()
        if not known:
            raise UsageError(f"{self.source('')} holds no notebooks: build the course first")
        unknown = sorted(set(wanted or []) - set(known))
        if unknown:
            raise UsageError(f"no assignment {', '.join(unknown)}: there are {', '.join(known)}")
        return list(wanted or known)

    def source(self, assignment: str) -> Path:
        return self._path(self.directory.source_directory, ".", assignment)

    def submitted(self, student: str, assignment: str) -> Path:
        return self._path(self.directory.submitted_directory, student, assignment)

    def autograded(self, student: str, assignment: str) -> Path:
        return self._path(self.directory.autograded_directory, student, assignment)

    def feedback(self, student: str, assignment: str) -> Path:
        return self._path(self.directory.feedback_directory, student, assignment)

    def handed_in(self) -> dict[str, list[str]]:
        """The names of what each student handed in."""
        step, found = self.directory.submitted_directory, {}
        pattern = re.compile(
            self.directory.format_path(step, "(?P<student>.*)", "(?P<assignment>.*)", escape=True)
        )
        for path in sorted(glob.glob(self.directory.format_path(step, "*", "*"))):
            match = pattern.fullmatch(path)
            if match:
                found.setdefault(match["student"], []).append(match["assignment"])
        return found

    def timestamp(self, student: str, assignment: str) -> datetime | None:
        """When a submission was handed in, from its timestamp.txt.

        Raises:
            NotGraded: the file says something else.
        """
        from nbgrader.utils import parse_utc

        path = self.submitted(student, assignment) / "timestamp.txt"
        if not path.is_file():
            return None
        try:
            text = path.read_text(encoding="utf-8").strip()
            return parse_utc(text) if text else None
        except (ValueError, OverflowError) as error:
            raise NotGraded(f"timestamp.txt holds no time: {error}") from error

    def _path(self, step: str, student: str, assignment: str) -> Path:
        return Path(self.directory.format_path(step, student, assignment))
