"""Build the course: every lesson is read and checked, then all that is made of it is written.

Nothing is written unless every lesson is sound, and no file is touched that is as it should be.
What was made of a lesson last time is kept on record in `.cache/build.json`, so that a second
build runs and releases only the lessons that changed.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from tinytorch.course.cases import LessonCase
from tinytorch.course.check import check_lessons, check_runs
from tinytorch.course.evidence import Record, run_trials
from tinytorch.course.export import export, export_init
from tinytorch.course.lesson import Lesson, LessonError, find_lessons, read_lesson
from tinytorch.course.mistakes import table_paths, tables
from tinytorch.course.mutants import equivalents_path
from tinytorch.course.notebook import notebook
from tinytorch.course.package import TOOLS, ground
from tinytorch.course.trials import Outcome
from tinytorch.course.worth import problems_of, trials_of
from tinytorch.errors import UsageError
from tinytorch.files import read_text, write_atomically

RECORD = Path(".cache/build.json")
MAKERS = ("numpy", "jupytext", "nbgrader", "nbformat")


@dataclass
class Built:
    """What a build did, or with `check=True` would have done. Paths are relative to the root."""

    written: list[Path] = field(default_factory=list)
    removed: list[Path] = field(default_factory=list)

    @property
    def stale(self) -> list[Path]:
        return sorted([*self.written, *self.removed])


def build(
    root: Path,
    names: Iterable[str] = (),
    *,
    check: bool = False,
    core_only: bool = False,
    afresh: bool = False,
    tell: Callable[[str], None] = lambda message: None,
) -> Built:
    """Make `source/`, `release/`, `tinytorch/core/` and the tests' tables out of `modules/`.

    Args:
        root: the folder that holds `modules/`.
        names: the lessons to build, as `losses`, `04_losses` or `4`; all by default.
        check: write nothing, and report what is stale.
        core_only: export `tinytorch/core` alone. Runs no lesson and no nbgrader.
        afresh: forget what was made last time.
        tell: called with a line on each long step.

    Raises:
        LessonError: at least one lesson is not sound. Nothing has been written.
    """
    root = Path(root)
    lessons = read_lessons(root)
    chosen = choose(lessons, names)
    record = _Record(root, lessons, forget=afresh or core_only)
    changed = [] if core_only else [x for x in chosen if not record.holds(x)]
    _check(lessons, changed, tell)
    cases = [LessonCase(lesson, lessons) for lesson in changed]
    outcomes = _tried(cases, lessons, tell, keep=not check)
    _refuse_weak_tests(cases, outcomes)
    products = _core(lessons, chosen)
    if not core_only:
        products |= {_source_path(lesson): notebook(lesson) for lesson in chosen}
        products |= _releases(root, changed, tell)
        products |= {path: text for x in cases for path, text in tables(x, outcomes).items()}
        products |= {path: read_text(root / path) for path in _kept(chosen, changed)}
    built = Built(
        written=sorted(path for path, text in products.items() if read_text(root / path) != text),
        removed=[] if names else _leftovers(root, lessons),
    )
    if not check:
        for path in built.written:
            write_atomically(root / path, products[path])
        for path in built.removed:
            _remove(root / path)
        if not core_only:
            record.save(chosen)
    return built


def read_lessons(root: Path) -> list[Lesson]:
    """All lessons below a root, in order.

    Raises:
        LessonError: with the problems of all lessons that can't be read.
        UsageError: there is no `modules/` with lessons.
    """
    paths = find_lessons(root)
    if not paths:
        raise UsageError(
            f"no lessons in {Path(root) / 'modules'}: run this in the course's folder, or name "
            "that folder with --root"
        )
    lessons, problems = [], []
    for path in paths:
        try:
            lessons.append(read_lesson(path))
        except LessonError as error:
            problems += error.problems
    if problems:
        raise LessonError(problems)
    return lessons


def choose(lessons: list[Lesson], names: Iterable[str]) -> list[Lesson]:
    """The lessons with these names, in order; all where no name is given.

    Raises:
        UsageError: no lesson bears one of the names.
    """
    wanted = set()
    for name in names:
        match = [x for x in lessons if name in (x.name, x.folder, f"{x.number:02}", str(x.number))]
        if not match:
            known = ", ".join(lesson.folder for lesson in lessons)
            raise UsageError(f"no lesson {name!r}: there are {known}")
        wanted.add(match[0].folder)
    return [lesson for lesson in lessons if lesson.folder in wanted or not wanted]


def _check(lessons: list[Lesson], changed: list[Lesson], tell: Callable[[str], None]) -> None:
    problems = check_lessons(lessons, run=False)
    if changed and not problems:
        tell(f"running {_list(changed)}")
        problems = check_runs(changed, lessons)
    if problems:
        raise LessonError(problems)


def _tried(
    cases: list[LessonCase], lessons: list[Lesson], tell: Callable[[str], None], *, keep: bool
) -> dict[str, Outcome]:
    """What wrong solutions and lazy ones give on the tests; what is not on record is run."""
    trials = [trial for case in cases for trial in (*trials_of(case), *case.wrong())]
    record = Record()
    new = [trial for trial in trials if record.get(trial) is None]
    if new:
        tell(f"running {len(new)} wrong solutions")
    return run_trials(trials, record, lessons, keep=keep)


def _refuse_weak_tests(cases: list[LessonCase], outcomes: dict[str, Outcome]) -> None:
    problems = [problem for case in cases for problem in problems_of(case, outcomes)]
    if problems:
        raise LessonError(problems)


def _core(lessons: list[Lesson], chosen: list[Lesson]) -> dict[Path, str]:
    """The modules of the chosen lessons, and the package's front that names all lessons'."""
    folder = Path("tinytorch/core")
    modules = {folder / f"{x.name}.py": export(x) for x in chosen if x.module}
    return modules | {folder / "__init__.py": export_init(lessons)}


def _releases(root: Path, changed: list[Lesson], tell: Callable) -> dict[Path, str]:
    """The students' notebooks, made by nbgrader in a folder of its own."""
    if not changed:
        return {}
    from tinytorch.grading.nb.converters import generate_release

    tell(f"releasing {_list(changed)}")
    with tempfile.TemporaryDirectory(prefix="tinytorch-release-") as name:
        folder = Path(name)
        for lesson in changed:
            write_atomically(folder / _source_path(lesson), notebook(lesson))
        config = read_text(root / "nbgrader_config.py")
        if config is not None:
            write_atomically(folder / "nbgrader_config.py", config)
        generate_release(folder, folder, [lesson.folder for lesson in changed])
        return {_release_path(x): read_text(folder / _release_path(x)) for x in changed}


def _kept(chosen: list[Lesson], changed: list[Lesson]) -> list[Path]:
    """What a lesson that did not change gave to the last build, which no later one makes anew."""
    kept = [lesson for lesson in chosen if lesson not in changed]
    return [place for x in kept for place in (_release_path(x), *table_paths(x))]


def _leftovers(root: Path, lessons: list[Lesson]) -> list[Path]:
    """Generated files and folders that no lesson stands behind any more."""
    folders = {lesson.folder for lesson in lessons}
    modules = {f"{lesson.name}.py" for lesson in lessons if lesson.module} | {"__init__.py"}
    found = [p for p in (root / "tinytorch/core").glob("*.py") if p.name not in modules]
    known = {root / path for lesson in lessons for path in table_paths(lesson)}
    found += [p for p in (root / "tinytorch/testing/lessons").glob("*.json") if p not in known]
    for step in ("source", "release"):
        for path in (root / step).glob("*/*"):
            name = path.parent.name
            if path.is_file() and (name not in folders or path.stem != name.split("_", 1)[1]):
                found.append(path)
    return sorted(path.relative_to(root) for path in found)


def _remove(path: Path) -> None:
    path.unlink()
    if not any(path.parent.iterdir()):
        path.parent.rmdir()


def _source_path(lesson: Lesson) -> Path:
    return Path("source", lesson.folder, f"{lesson.name}.ipynb")


def _release_path(lesson: Lesson) -> Path:
    return Path("release", lesson.folder, f"{lesson.name}.ipynb")


def _list(lessons: list[Lesson]) -> str:
    return ", ".join(lesson.folder for lesson in lessons)


class _Record:
    """What each lesson was made of, and what came of it, at the last build."""

    def __init__(self, root: Path, lessons: list[Lesson], *, forget: bool = False):
        self.root, self.lessons = root, lessons
        self.path = root / RECORD
        try:
            self.known = {} if forget else json.loads(self.path.read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            self.known = {}

    def holds(self, lesson: Lesson) -> bool:
        """Whether the lesson was built from just this, and what came of it is still there."""
        return self.known.get(lesson.folder) == self._entry(lesson)

    def save(self, lessons: list[Lesson]) -> None:
        made = {x.folder: self._entry(x) for x in lessons}
        write_atomically(self.path, json.dumps(self.known | made, indent=1, sort_keys=True) + "\n")

    def _entry(self, lesson: Lesson) -> list[str]:
        return [self._made_of(lesson), self._made(lesson)]

    def _made_of(self, lesson: Lesson) -> str:
        """A hash of all that can change the outcome: lesson, earlier lessons, tools, versions."""
        own = [lesson.path, lesson.path.with_name("misconceptions.py"), equivalents_path(lesson)]
        tools = [
            p for x in ("course", "grading/run/warm/apart") for p in TOOLS.glob(f"{x}/**/*.py")
        ]
        files = [*sorted(tools), self.root / "nbgrader_config.py", *own]
        texts = [f"{maker} {_version(maker)}" for maker in MAKERS]
        texts += [read_text(path) or "" for path in files]
        return _hash(*texts, *ground(lesson, self.lessons))

    def _made(self, lesson: Lesson) -> str:
        """What came of it that is not made anew each time."""
        return _hash(*(read_text(self.root / p) or "" for p in _kept([lesson], [])))


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"


def _hash(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
