"""A student's workspace: where it lies, and which lessons it has.

README.md  AGENTS.md  course.py    what one reads, and what sets up and opens the course
kit.json                           which lessons there are: makes a folder a workspace
lessons/04_losses/losses.ipynb     the notebooks, the student's to change
tinytorch/core/losses.py           the student's own framework, as exported
submit/04_losses/                  what to hand in, with its receipt
.tinytorch/release/, kept/, ...    the notebooks as they were handed out; what was replaced
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path

from tinytorch.errors import UsageError

KIT = "kit.json"
COURSE = "tinytorch-course"  # stands in it, under "course"
WORKSPACE = "TINYTORCH_WORKSPACE"  # where to look, if it is set
COMMAND = "TINYTORCH_COMMAND"  # what the student types for `tinytorch`; course.py sets it


@dataclass(frozen=True)
class Lesson:
    """A lesson as the kit describes it."""

    folder: str  # 04_losses
    title: str  # Losses
    exports: bool  # whether it makes a module of the framework
    public: list[str] = field(default_factory=list)  # what `tinytorch.core` takes from that module
    needs: dict[str, list[str]] = field(default_factory=dict)  # what it imports of which module
    sha256: str = ""  # of the notebook as it was handed out
    borrowable: bool = False  # whether the kit brings the reference's module

    @property
    def number(self) -> str:
        return self.folder.partition("_")[0]

    @property
    def name(self) -> str:
        return self.folder.partition("_")[2]


@dataclass(frozen=True)
class Workspace:
    """A folder with a kit in it."""

    root: Path
    about: dict = field(repr=False)

    @cached_property
    def lessons(self) -> list[Lesson]:
        return [_lesson(about) for about in self.about["lessons"]]

    def notebook(self, lesson: Lesson) -> Path:
        return self.root / "lessons" / lesson.folder / f"{lesson.name}.ipynb"

    def release(self, lesson: Lesson) -> Path:
        return self.private / "release" / lesson.folder / f"{lesson.name}.ipynb"

    def module(self, lesson: Lesson) -> Path:
        return self.core / f"{lesson.name}.py"

    def borrowed(self, lesson: Lesson) -> Path:
        """The reference's module, where the kit brings it."""
        return self.private / "reference" / f"{lesson.name}.py"

    def kept(self, lesson: Lesson) -> Path:
        """Where what was replaced is kept."""
        return self.private / "kept" / lesson.folder

    @property
    def core(self) -> Path:
        return self.root / "tinytorch" / "core"

    @property
    def private(self) -> Path:
        return self.root / ".tinytorch"

    def lesson(self, word: str) -> Lesson:
        """The lesson that a word means: 4, 04, losses, 04_losses, or the path of its notebook.

        Raises:
            UsageError: none of them.
        """
        stem = Path(word).stem if word.endswith(".ipynb") else word.strip("/\\")
        for lesson in self.lessons:
            is_number = stem.isdecimal() and int(stem) == int(lesson.number)
            if is_number or stem in (lesson.name, lesson.folder):
                return lesson
        names = ", ".join(f"{x.number} {x.name}" for x in self.lessons)
        raise UsageError(f"there is no lesson {word!r}; there are {names}")

    def named(self, name: str) -> Lesson | None:
        """The lesson of a name, as `losses`."""
        return next((lesson for lesson in self.lessons if lesson.name == name), None)

    def before(self, lesson: Lesson) -> list[Lesson]:
        """The lessons whose modules a lesson imports, in order."""
        return [other for other in self.lessons if other.name in lesson.needs]

    def all_before(self, names: Iterable[str]) -> list[Lesson]:
        """The lessons of these names, and those that they need in turn, in order."""
        found, names = set(), list(names)
        while names:
            lesson = self.named(names.pop())
            if lesson and lesson.name not in found:
                found.add(lesson.name)
                names += lesson.needs
        return [lesson for lesson in self.lessons if lesson.name in found]


def _lesson(about: dict) -> Lesson:
    """The lesson of an entry in kit.json; what a later kit may say besides is left aside.

    Raises:
        ValueError: its folder is none of a lesson, which would lead out of the workspace.
    """
    if not re.fullmatch(r"\d\d_[a-z]\w*", str(about["folder"])):
        raise ValueError(f"{about['folder']!r} is no lesson's folder")
    known = {one.name for one in fields(Lesson)}
    return Lesson(**{key: value for key, value in about.items() if key in known})


def typed(words: str) -> str:
    """A command as the student types it: `python course.py export 04`."""
    return f"{os.environ.get(COMMAND) or 'python course.py'} {words}"


def find(start: Path | None = None) -> Workspace | None:
    """The workspace around a folder, the current one by default; else the one of this Python.

    A notebook is run in its own folder, which lies in the workspace; a script may be run from
    anywhere, with the Python of the workspace's environment.
    """
    named = os.environ.get(WORKSPACE)
    here = start or Path(named or _current_folder())
    below = sorted(path.parent for path in here.glob(f"*/{KIT}"))  # as where Colab unpacks it
    for folder in (here, *here.parents, *Path(sys.prefix).parents, *below[:1]):
        if is_workspace(folder):
            return open_workspace(folder)
    return None


def is_workspace(folder: Path) -> bool:
    """Whether a folder holds a kit.json that is ours, be it damaged otherwise."""
    try:
        return f'"{COURSE}"' in (folder / KIT).read_text("utf-8", errors="replace")
    except OSError:
        return False


def _current_folder() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:  # it was deleted
        return sys.prefix


def need() -> Workspace:
    """The workspace around the current folder.

    Raises:
        UsageError: there is none.
    """
    found = find()
    if found is None:
        raise UsageError(
            f"{_current_folder()} is not in the course's folder: go to that one, which holds "
            f"{KIT} and course.py"
        )
    return found


def open_workspace(root: Path) -> Workspace:
    """The workspace in a folder.

    Raises:
        UsageError: its kit.json is damaged.
    """
    path = root / KIT
    try:
        about = json.loads(path.read_text("utf-8"))
        workspace = Workspace(root, about)
        if not workspace.lessons:
            raise ValueError("it has no lessons")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} can't be read ({error}): unpack the course's kit anew, and copy this file"
        ) from error
    return workspace
