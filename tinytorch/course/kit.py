"""The kit that an instructor hands out: notebooks, a wheel without a framework, and how to begin.

The same lessons give the same kit, to the byte.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import tinytorch
from tinytorch.course.export import export, public_names
from tinytorch.course.lesson import Lesson, find_lessons, read_lesson
from tinytorch.errors import UsageError
from tinytorch.modules import core_imports
from tinytorch.workspace.milestones import milestones
from tinytorch.workspace.place import COURSE

PACKAGE = Path(tinytorch.__file__).parent
FILES = Path(__file__).parent / "kit_files"
# What a student has of the package. The framework is theirs to write; the rest is the instructor's.
FOR_STUDENTS = (
    "__init__.py", "__main__.py", "cli.py", "errors.py", "extras.py", "figures.py", "files.py",
    "modules.py", "py.typed", "data/*", "testing/*.py", "testing/oracles/__init__.py",
    "workspace/*.py",
)  # fmt: skip
MOMENT = (2020, 1, 1, 0, 0, 0)  # of all files in the kit
CORE = '''"""The framework as you have built it so far: your exported modules, in your workspace."""

from tinytorch.workspace.own_core import adopt

__path__, __getattr__, __dir__ = adopt()
'''


@dataclass(frozen=True)
class Kit:
    """What was written."""

    path: Path
    lessons: int
    size: int
    lent: tuple[str, ...]


def write_kit(
    root: Path,
    output: Path,
    *,
    lessons: str = "",
    with_solutions: str = "",
    policy: Path | None = None,
) -> Kit:
    """Write a kit to a zip file, or to a folder that is not there yet or empty.

    Args:
        root: the course's folder.
        output: ends in .zip, or is a folder.
        lessons: numbers and ranges, as "1-4,6"; all by default.
        with_solutions: those whose modules students may borrow.
        policy: a file to take in place of AGENTS.md.

    Raises:
        UsageError: a release is missing, the folder holds something, or there is no such lesson.
    """
    every = [read_lesson(path) for path in find_lessons(root)]
    wanted = numbers(lessons, every) if lessons else {lesson.number for lesson in every}
    borrowable = numbers(with_solutions, every) if with_solutions else set()
    if missing := borrowable - wanted:
        raise UsageError(f"lesson {min(missing)} is not in this kit, so it can't be borrowed")
    chosen = [lesson for lesson in every if lesson.number in wanted]
    lent = [lesson for lesson in chosen if lesson.module and lesson.number in borrowable]
    files = kit_files(root, chosen, lent)
    if policy is not None:
        files["AGENTS.md"] = policy.read_bytes()
    if output.suffix == ".zip":
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(archive({f"{output.stem}/{place}": x for place, x in files.items()}))
    else:
        if output.exists() and any(output.iterdir()):
            raise UsageError(f"{output} holds something already: name another folder, or empty it")
        for place, data in files.items():
            path = output / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    size = sum(map(len, files.values()))
    return Kit(output, len(chosen), size, tuple(x.folder for x in lent))


def numbers(words: str, lessons: Iterable[Lesson]) -> set[int]:
    """The lessons that "1-4,6" means, by their numbers.

    Raises:
        UsageError: it can't be read, or there is no such lesson.
    """
    found: set[int] = set()
    for word in words.replace(" ", "").split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", word)
        if match is None:
            raise UsageError(f"{words!r} is no list of lessons: write 1-4,6")
        first, last = int(match[1]), int(match[2] or match[1])
        if first > last:
            raise UsageError(f"{words!r} is no list of lessons: {last} comes before {first}")
        found |= set(range(first, last + 1))
    unknown = found - {lesson.number for lesson in lessons}
    if unknown:
        raise UsageError(f"there is no lesson {min(unknown)}")
    return found


def kit_files(root: Path, lessons: list[Lesson], lent: Iterable[Lesson] = ()) -> dict[str, bytes]:
    """Every file of a kit, by its place in it.

    Args:
        root: the course's folder.
        lessons: which to bring.
        lent: those of them whose modules students may borrow.

    Raises:
        UsageError: a release is missing.
    """
    lent = list(lent)
    files = {
        "README.md": (FILES / "README.md").read_bytes(),
        "AGENTS.md": (FILES / "AGENTS.md").read_bytes(),
        "course.py": (FILES / "course.py").read_bytes(),
        "packages/constraints.txt": (root / "constraints.txt").read_bytes(),
    }
    described = []
    for lesson in lessons:
        notebook = release_of(root, lesson)
        place = f"{lesson.folder}/{lesson.name}.ipynb"
        files[f"lessons/{place}"] = files[f".tinytorch/release/{place}"] = notebook
        described.append(describe(lesson, notebook, lesson in lent))
    for lesson in lent:
        files[f".tinytorch/reference/{lesson.name}.py"] = export(lesson).encode()
    files |= examples(root, {lesson.name for lesson in lessons})
    about = {"course": COURSE, "lessons": described, "version": tinytorch.__version__}
    files["kit.json"] = _json(about)
    name, data = wheel(root, [lesson.name for lesson in lessons])
    files[f"packages/{name}"] = data
    return dict(sorted(files.items()))


def examples(root: Path, names: set[str]) -> dict[str, bytes]:
    """The programs of `examples/` that run on the modules of these lessons."""
    found = [x for x in milestones(root / "examples") if x.needs.keys() <= names]
    paths = [x.path for x in found] + [root / "examples" / "shared.py"] * bool(found)
    return {f"examples/{path.name}": path.read_bytes() for path in paths}


def describe(lesson: Lesson, notebook: bytes, lent: bool) -> dict:
    """What kit.json says of a lesson."""
    cells = json.loads(notebook)["cells"]
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    names = public_names(lesson) if lesson.public is None else lesson.public
    return {
        "folder": lesson.folder,
        "title": lesson.title.split(". ", 1)[-1],
        "exports": lesson.module is not None,
        "public": sorted(names) if lesson.module else [],
        "needs": core_imports(codes),
        "sha256": hashlib.sha256(notebook).hexdigest(),
        "borrowable": lent,
    }


def release_of(root: Path, lesson: Lesson) -> bytes:
    """The notebook as nbgrader made it for students.

    Raises:
        UsageError: there is none.
    """
    path = root / "release" / lesson.folder / f"{lesson.name}.ipynb"
    if not path.is_file():
        raise UsageError(f"there is no {path}: run `tinytorch build {lesson.number}` first")
    return path.read_bytes()


def package_files(names: Iterable[str]) -> dict[str, bytes]:
    """The package `tinytorch` as students get it, for lessons of these names."""
    found = {"core/__init__.py": CORE.encode()}
    tables = [
        f"testing/{place}"
        for name in names
        for place in (f"oracles/{name}.py", f"lessons/{name}.json", f"lessons/{name}.mistakes.json")
    ]
    for pattern in (*FOR_STUDENTS, *tables):
        for path in sorted(PACKAGE.glob(pattern)):
            place = path.relative_to(PACKAGE).as_posix()
            if path.is_file() and "__pycache__" not in place:
                found[place] = path.read_bytes()
    return {f"tinytorch/{place}": data for place, data in sorted(found.items())}


def wheel(root: Path, names: Iterable[str]) -> tuple[str, bytes]:
    """The students' wheel: its file name, and its bytes."""
    version = tinytorch.__version__
    stem = f"tinytorch_course-{version}"
    files = package_files(names)
    files[f"{stem}.dist-info/METADATA"] = _metadata(root).encode()
    files[f"{stem}.dist-info/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: tinytorch\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    files[f"{stem}.dist-info/entry_points.txt"] = (
        b"[console_scripts]\ntinytorch = tinytorch.cli:main\n"
    )
    record = f"{stem}.dist-info/RECORD"
    lines = [f"{place},sha256={_digest(data)},{len(data)}" for place, data in files.items()]
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    return f"{stem}-py3-none-any.whl", archive(files)


def archive(files: dict[str, bytes]) -> bytes:
    """A zip of files that is the same whenever they are."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as into:
        for place, data in files.items():
            info = zipfile.ZipInfo(place, MOMENT)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            into.writestr(info, data)
    return out.getvalue()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _metadata(root: Path) -> str:
    """The wheel's METADATA, with the extras of pyproject.toml that students use."""
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    lines = ["Metadata-Version: 2.1", f"Name: {project['name']}"]
    lines += [f"Version: {tinytorch.__version__}", f"Requires-Python: {project['requires-python']}"]
    lines += [f"Requires-Dist: {wanted}" for wanted in project["dependencies"]]
    for extra in ("course", "examples"):
        lines.append(f"Provides-Extra: {extra}")
        for wanted in project["optional-dependencies"][extra]:
            lines.append(f'Requires-Dist: {wanted}; extra == "{extra}"')
    return "\n".join(lines) + "\n"


def _json(data: dict) -> bytes:
    return (json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
