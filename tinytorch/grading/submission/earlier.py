"""What a graded notebook may import: the lessons before its own, and never its answers."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import tinytorch
from tinytorch.grading.run.environment import ONE_THREAD, environment
from tinytorch.grading.submission.folders import write_files

NUMBERED = re.compile(r"^(\d+)_(\w+)$")
# What the lessons' tests and figures use; everything else in the package is the instructor's.
FOR_STUDENTS = (
    "__init__.py",
    "data/__init__.py",
    "data/digits.txt",
    "figures.py",
    "testing/*.py",
    "testing/oracles/__init__.py",
    "testing/oracles/{lesson}.py",
    "testing/lessons/{lesson}.json",
    "testing/lessons/{lesson}.mistakes.json",
)


@contextmanager
def earlier_core(root: Path, assignment: str) -> Iterator[None]:
    """Kernels started in here find a `tinytorch.core` of the lessons before `assignment`."""
    files = core_files(root, assignment)
    if files is None:
        with environment(**ONE_THREAD):
            yield
        return
    with tempfile.TemporaryDirectory(prefix="tinytorch-earlier-") as folder:
        write_files(Path(folder), files)
        path = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))
        with environment(PYTHONPATH=path, **ONE_THREAD):
            yield


def core_files(root: Path, assignment: str) -> dict[str, bytes] | None:
    """The package `tinytorch` for submissions of `assignment`, as files by their place in it.

    `tinytorch.core` is the answer key. None for a course that has none.
    """
    package = _package(root, assignment)
    if package is None:
        return None
    files = {"tinytorch/core/__init__.py": b'"""The lessons before this one."""\n'}
    lesson = NUMBERED.match(assignment)[2]
    for pattern in FOR_STUDENTS:
        for path in sorted(package.glob(pattern.format(lesson=lesson))):
            files[f"tinytorch/{path.relative_to(package).as_posix()}"] = path.read_bytes()
    for module in earlier_modules(root, assignment):
        files[f"tinytorch/core/{module.name}"] = module.read_bytes()
    return files


def comes_with_this_tool(core: dict[str, bytes]) -> bool:
    """Whether a package from `core_files` is the installed one, whose modules do nothing more when
    they are imported than to define what is in them."""
    installed = Path(tinytorch.__file__).parent.parent
    for name, data in core.items():
        if name == "tinytorch/core/__init__.py":
            continue  # ours in any case
        path = installed / name
        if not path.is_file() or path.read_bytes() != data:
            return False
    return True


def earlier_modules(root: Path, assignment: str) -> list[Path]:
    """The modules of `tinytorch.core` that a submission of `assignment` is graded against."""
    package = _package(root, assignment)
    if package is None:
        return []
    here = int(NUMBERED.match(assignment)[1])
    earlier = {name for name, number in _numbers(root).items() if number < here}
    return sorted(path for path in (package / "core").glob("*.py") if path.stem in earlier)


def answer_keys(root: Path, assignments: Iterable[str]) -> set[str]:
    """The packages that hold answers to these assignments."""
    found = (_package(root, assignment) for assignment in assignments)
    keys = {str(package.resolve()) for package in found if package}
    return keys | ({str(Path(tinytorch.__file__).parent.resolve())} if keys else set())


def _package(root: Path, assignment: str) -> Path | None:
    """The package that holds this course's answers: the course's own, else the installed one.

    The installed one counts where it holds an answer to this assignment: a course folder
    that was copied without its package must not hand the answers out.
    """
    lesson = NUMBERED.match(assignment)
    if lesson is None:
        return None
    own, installed = Path(root, "tinytorch"), Path(tinytorch.__file__).parent
    if (own / "core").is_dir():
        return own
    return installed if (installed / "core" / f"{lesson[2]}.py").exists() else None


def _numbers(root: Path) -> dict[str, int]:
    """The number of each lesson, by its name, from the folders in source/ and modules/."""
    folders = [p.name for step in ("modules", "source") for p in Path(root, step).glob("*")]
    lessons = filter(None, map(NUMBERED.match, folders))
    return {lesson[2]: int(lesson[1]) for lesson in lessons}
