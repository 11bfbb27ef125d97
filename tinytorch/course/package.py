"""What a lesson can import when it is run: the students' tools, and the lessons before it.

Lessons that are worked on need the framework as it stands in `modules/`, not as the last build
left it. The tables in `testing/lessons` are left out: they are made of what such runs give.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path

import tinytorch
from tinytorch.course.export import export
from tinytorch.course.lesson import Lesson

TOOLS = Path(tinytorch.__file__).parent


def package(lesson: Lesson, lessons: Iterable[Lesson]) -> dict[str, bytes]:
    """The package `tinytorch` for a lesson, as files by their place in it."""
    files = {f"tinytorch/{name}": data for name, data in tools(lesson.name).items()}
    files["tinytorch/core/__init__.py"] = b'"""The lessons before this one."""\n'
    for other in lessons:
        if other.number < lesson.number and other.module:
            files[f"tinytorch/core/{other.name}.py"] = export(other).encode()
    return files


def tools(lesson: str) -> dict[str, bytes]:
    """What students of a lesson have besides the framework, by its place in the package."""
    from tinytorch.grading.submission.earlier import FOR_STUDENTS

    found = {}
    for pattern in (p for p in FOR_STUDENTS if not p.endswith(".json")):
        for path in sorted(TOOLS.glob(pattern.format(lesson=lesson))):
            found[path.relative_to(TOOLS).as_posix()] = path.read_bytes()
    return found


def ground(lesson: Lesson, lessons: Iterable[Lesson]) -> list[str]:
    """What the outcome of a run rests on besides the cells: texts, in a fixed order."""
    files = package(lesson, lessons)
    del files["tinytorch/__init__.py"]  # it holds the version
    return [text for name in sorted(files) for text in (name, files[name].decode("utf-8"))]


class Packages:
    """The packages of lessons in a temporary folder, each written when it is first asked for.

    Args:
        lessons: all of the course's.
    """

    def __init__(self, lessons: Iterable[Lesson]):
        self._lessons = list(lessons)
        self._writing = threading.Lock()

    def __enter__(self) -> Packages:
        self._folder = tempfile.TemporaryDirectory(prefix="tinytorch-earlier-")
        return self

    def __exit__(self, *_) -> None:
        self._folder.cleanup()

    def path(self, lesson: Lesson) -> tuple[str, ...]:
        """What is to stand in front of the `sys.path` of a lesson, or of a variant of it."""
        from tinytorch.grading.submission.folders import write_files

        with self._writing:
            folder = Path(self._folder.name, lesson.folder)
            if not folder.exists():
                write_files(folder, package(lesson, self._lessons))
        return (str(folder),)
