"""Where things lie in an nbgrader course, by its own configuration."""

from __future__ import annotations

import glob
import re
import shutil
from datetime import datetime
from functools import cached_property
from pathlib import Path

from tinytorch.grading import NotGraded, stock
from tinytorch.grading.intake import write_files


class Places:
    """The folders of a course, as nbgrader_config.py names them."""

    def __init__(self, root: Path):
        self.root = Path(root).resolve()

    @cached_property
    def course(self):
        """nbgrader's CourseDirectory."""
        return stock.course_directory(self.root)

    @property
    def config(self) -> Path:
        return self.root / stock.CONFIG

    @property
    def journal(self) -> Path:
        """The journal lies with what it is about: whoever removes autograded/ starts afresh."""
        folder = Path(self.course.format_path(self.course.autograded_directory, "*", "*"))
        while "*" in folder.as_posix():
            folder = folder.parent
        return folder / "journal.jsonl"

    def assignments(self) -> list[str]:
        """The folders in source/ that hold a notebook."""
        notebooks = glob.glob(str(self.source("*") / "*.ipynb"))
        return sorted({Path(path).parent.name for path in notebooks})

    def source(self, assignment: str) -> Path:
        return self._path(self.course.source_directory, ".", assignment)

    def submitted(self, student: str, assignment: str) -> Path:
        return self._path(self.course.submitted_directory, student, assignment)

    def autograded(self, student: str, assignment: str) -> Path:
        return self._path(self.course.autograded_directory, student, assignment)

    def feedback(self, student: str, assignment: str) -> Path:
        return self._path(self.course.feedback_directory, student, assignment)

    def handed_in(self) -> dict[str, list[str]]:
        """The names of what each student handed in."""
        step, found = self.course.submitted_directory, {}
        pattern = re.compile(
            self.course.format_path(step, "(?P<student>.*)", "(?P<assignment>.*)", escape=True)
        )
        for path in sorted(glob.glob(self.course.format_path(step, "*", "*"))):
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
        return Path(self.course.format_path(step, student, assignment))


class Replacement:
    """A folder that takes the place of another one all at once, or not at all."""

    def __init__(self, target: Path):
        self.target = target
        # Beside the target, for a rename; hidden, so that nbgrader takes it for nobody's work.
        self._new = target.with_name(f".{target.name}.new")
        self._old = target.with_name(f".{target.name}.old")

    def write(self, files: dict[str, bytes], permissions: int) -> None:
        """Write the files, where nobody looks yet: all of them, or none is left."""
        self.discard()
        try:
            self._new.mkdir(parents=True)  # what could not be discarded must not be published
            write_files(self._new, files)
            for name in files:
                (self._new / name).chmod(permissions)
        except BaseException:
            self.discard()
            raise

    def publish(self) -> None:
        """Put the new folder in place of the old one."""
        if self.target.exists():
            self.target.rename(self._old)
        self._new.rename(self.target)
        shutil.rmtree(self._old, ignore_errors=True)

    def remove(self) -> None:
        """Remove the folder itself, and whatever was to take its place."""
        self.discard()
        shutil.rmtree(self.target, ignore_errors=True)

    def discard(self) -> None:
        """Remove what was not published, be it from a run that was killed."""
        for folder in (self._new, self._old):
            shutil.rmtree(folder, ignore_errors=True)
