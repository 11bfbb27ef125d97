"""Back to what was handed out, and on to what a newer kit brings; what was written is kept."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tinytorch.errors import UsageError
from tinytorch.files import write_atomically
from tinytorch.modules import parsed_names
from tinytorch.workspace import kept
from tinytorch.workspace.notebooks import (
    Cell,
    Notebook,
    NotebookError,
    read_notebook,
    read_release,
)
from tinytorch.workspace.place import (
    COURSE,
    KIT,
    Lesson,
    Workspace,
    is_workspace,
    open_workspace,
)

MARKS = ("nbgrader", "tinytorch")  # of exercises and of what is exported, in a cell's metadata


def reset(workspace: Workspace, lesson: Lesson, name: str = "") -> Path | None:
    """Put a lesson, or one exercise, question or test of it, back as it was handed out.

    Returns:
        Where the notebook before is kept; None where nothing changed.

    Raises:
        UsageError: the lesson has no such cell.
        NotebookError: one cell is to be put back, but the notebook can't be read.
    """
    release = read_release(workspace.release(lesson))
    if not name:
        return _put(workspace, lesson, release.raw)
    if name not in release.by_id:
        names = [c.grade_id for c in release.cells if c.is_exercise or c.is_question]
        raise UsageError(f"lesson {lesson.number} has no {name!r}; it has {', '.join(names)}")
    own = read_notebook(workspace.notebook(lesson))
    return _put(workspace, lesson, as_bytes(with_cell(own, release, name)))


def put_in_order(workspace: Workspace, lesson: Lesson) -> Path | None:
    """Put everything but the answers, and the student's own cells, back as it was handed out.

    Returns:
        Where the notebook before is kept; None where nothing changed.
    """
    release = read_release(workspace.release(lesson))
    own = read_notebook(workspace.notebook(lesson))
    return _put(workspace, lesson, as_bytes(carry_over(own, release, release).notebook))


def take_back(workspace: Workspace, lesson: Lesson) -> Path | None:
    """Put the notebook that was there before the last reset or update in its place again.

    Raises:
        UsageError: none is kept.
    """
    path, folder = workspace.notebook(lesson), workspace.kept(lesson)
    before = kept.before(folder, path.name)
    if before is None:
        raise UsageError(f"no other notebook of lesson {lesson.number} is kept")
    return _put(workspace, lesson, before.read_bytes())


def _put(workspace: Workspace, lesson: Lesson, data: bytes) -> Path | None:
    return kept.replace(workspace.notebook(lesson), data, workspace.kept(lesson))


def with_cell(notebook: Notebook, release: Notebook, name: str) -> dict:
    """The notebook with one cell as it was handed out, once, at its place."""
    ids = [cell.grade_id for cell in notebook.cells]
    cells = [cell.data for cell in notebook.cells if cell.grade_id != name]
    place = ids.index(name) if name in ids else _place(notebook, release, name)
    cells.insert(place, release.by_id[name].data)
    return notebook.data | {"cells": cells}


def _place(notebook: Notebook, release: Notebook, name: str) -> int:
    """Where a cell that is gone belongs: behind the nearest one before it that is still there."""
    ids = [cell.grade_id for cell in notebook.cells]
    order = [cell.grade_id for cell in release.cells]
    for before in reversed(order[: order.index(name)]):
        if before and before in ids:
            return ids.index(before) + 1
    return len(ids)


def as_bytes(data: dict) -> bytes:
    """A notebook as a file holds it."""
    return (json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


# --- A newer kit ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Updated:
    """What an update did to a lesson.

    Attributes:
        state: new, unchanged or updated.
        carried: exercises and questions whose answers were carried over.
        changed: those of them whose text is new; the new text stands above the answer.
        gone: those that the new release does not have; what was written stands in a cell.
        tests: tests that the student had changed, and that are as handed out again.
        before: where the notebook before is kept.
    """

    lesson: Lesson
    state: str
    carried: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    before: Path | None = None


def update(workspace: Workspace, kit: Path, install: bool = True) -> list[Updated]:
    """Bring a newer kit into a workspace, lesson by lesson.

    All is read before anything is written, and the package is installed first: where one of
    these fails, nothing was changed.

    Args:
        kit: a kit, as a zip file or a folder.
        install: whether to install its package into this Python.

    Raises:
        UsageError: it is no kit of this course, or its package can't be installed.
        NotebookError: a notebook of the student's, or of the kit's, can't be read.
    """
    with opened(kit) as new:
        wheel = _checked_wheel(new)
        for lesson in new.lessons:
            release = new.release(lesson)
            if not release.is_file() or kept.sha256(release.read_bytes()) != lesson.sha256:
                raise UsageError(f"{kit} is damaged at lesson {lesson.number}: download it again")
            if workspace.notebook(lesson).is_file():
                read_notebook(workspace.notebook(lesson))
        if install:
            _install(wheel)
        found = [_update_lesson(workspace, new, lesson) for lesson in new.lessons]
        _update_files(workspace, new, wheel)
        others = {lesson["folder"]: lesson for lesson in workspace.about["lessons"]}
        others |= {lesson["folder"]: lesson for lesson in new.about["lessons"]}
        about = new.about | {"lessons": [others[name] for name in sorted(others)]}
        kept.write_json(workspace.root / KIT, about)  # last: until then the old one goes on
    return found


def _update_files(workspace: Workspace, new: Workspace, wheel: Path) -> None:
    programs = sorted((new.root / "examples").glob("*.py"))
    for path in [*(new.root / x for x in ("README.md", "AGENTS.md", "course.py")), *programs]:
        if path.is_file():
            place = workspace.root / path.relative_to(new.root)
            kept.replace(place, path.read_bytes(), workspace.private / "kept")
    for path in sorted((new.private / "reference").glob("*.py")):
        write_atomically(workspace.private / "reference" / path.name, path.read_bytes())
    for path in sorted(wheel.parent.iterdir()):
        write_atomically(workspace.root / "packages" / path.name, path.read_bytes())
    for path in (workspace.root / "packages").glob("*.whl"):
        if path.name != wheel.name:
            path.unlink()


def _update_lesson(workspace: Workspace, new: Workspace, lesson: Lesson) -> Updated:
    path, before = workspace.notebook(lesson), workspace.release(lesson)
    fresh = read_release(new.release(lesson))
    if not path.is_file():
        write_atomically(path, fresh.raw)
        write_atomically(before, fresh.raw)
        return Updated(lesson, "new")
    if before.is_file() and before.read_bytes() == fresh.raw:
        return Updated(lesson, "unchanged")
    own = read_notebook(path)
    try:
        old = read_release(before)
    except NotebookError:  # it is what the update mends
        old = fresh
    merged = carry_over(own, old, fresh)
    place = _put(workspace, lesson, as_bytes(merged.notebook))
    write_atomically(before, fresh.raw)
    return Updated(
        lesson, "updated", merged.carried, merged.changed, merged.gone, merged.tests, place
    )


@dataclass(frozen=True)
class Merged:
    """A release with what a student wrote; the rest as in `Updated`."""

    notebook: dict
    carried: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    tests: tuple[str, ...]


def carry_over(own: Notebook, old: Notebook, fresh: Notebook) -> Merged:
    """The fresh release with what a student wrote: answers, and cells of their own.

    Args:
        own: the student's notebook.
        old: the release that it was made of.
        fresh: the release that it is to become.
    """
    answers = _answers(own, old)
    cells, carried, changed = [], [], []
    for cell in fresh.cells:
        name, data = cell.grade_id, cell.data
        mine = answers.get(name, []) if cell.is_solution else []
        text = "\n\n".join(x.source for x in mine)
        written = old.by_id[name].source if name in old.by_id else cell.source
        if mine and text not in (written, cell.source):
            carried.append(name)
            if written != cell.source:
                changed.append(name)
                cells.append(_news(cell))
            data = copy.deepcopy(data) | {"source": text}
            if pictures := [x.data["attachments"] for x in mine if x.data.get("attachments")]:
                data["attachments"] = {k: v for each in pictures for k, v in each.items()}
        cells.append(data)
    gone = [
        name
        for name, mine in answers.items()
        if name not in fresh.by_id
        and (name not in old.by_id or mine[0].source != old.by_id[name].source)
    ]
    used = {id(x): name for name, mine in answers.items() if name not in gone for x in mine}
    tests = [
        c.grade_id
        for c in own.cells
        if c.is_test and c.grade_id in old.by_id and c.source != old.by_id[c.grade_id].source
    ]
    cells = _with_own_cells(cells, own, old, fresh, used)
    notebook = fresh.data | {"cells": cells}
    return Merged(notebook, tuple(carried), tuple(changed), tuple(gone), tuple(tests))


def _answers(own: Notebook, old: Notebook) -> dict[str, list[Cell]]:
    """The cells of each answer, by grade_id: more than one where the student split it.

    Where an editor dropped the marks, an exercise is known by what it defines.
    """
    found: dict[str, list[Cell]] = {}
    for cell in own.cells:
        if cell.is_solution:
            found.setdefault(cell.grade_id, []).append(cell)
    makers = {x: c.grade_id for c in old.cells if c.is_exercise for x in parsed_names(c.source)}
    for cell in own.cells:
        names = parsed_names(cell.source) if cell.kind == "code" and not cell.grade_id else []
        exercise = next((makers[x] for x in names if x in makers), "")
        if exercise and exercise not in found:
            found[exercise] = [cell]
    return found


def _news(cell: Cell) -> dict:
    """A cell that shows the new text of an exercise above its old answer."""
    text = cell.source if cell.kind == "markdown" else f"```python\n{cell.source}\n```"
    source = f"**`{cell.grade_id}` has a new text**; your answer stands below.\n\n{text}"
    return {
        "cell_type": "markdown",
        "id": f"news-{cell.grade_id}"[:64],
        "metadata": {},
        "source": source,
    }


def _with_own_cells(
    cells: list[dict], own: Notebook, old: Notebook, fresh: Notebook, used: dict[int, str]
) -> list[dict]:
    """The cells of a release, and those of the student's own behind the ones that they followed."""
    given = {cell.as_run for one in (old, fresh) for cell in one.cells}
    places = {_key(Cell(data)): n for n, data in enumerate(cells)}
    ids = {data.get("id") for data in cells}
    behind: dict[int, list[dict]] = {}
    at = -1
    for cell in own.cells:
        if id(cell) in used:
            at = places.get((used[id(cell)],), at)
        elif cell.is_test or cell.as_run in given or not cell.source.strip():
            at = places.get(_key(cell), at)
        elif not cell.is_locked:
            metadata = {k: v for k, v in cell.metadata.items() if k not in MARKS}
            data = cell.data | {"metadata": metadata}
            if data.get("id") in ids:
                data["id"] = f"own-{len(behind)}-{data['id']}"[:64]
            behind.setdefault(at, []).append(data)
    found = list(behind.get(-1, []))
    for n, data in enumerate(cells):
        found += [data, *behind.get(n, [])]
    return found


def _key(cell: Cell) -> tuple[str, ...]:
    return (cell.grade_id,) if cell.grade_id else cell.as_run


@contextmanager
def opened(kit: Path) -> Iterator[Workspace]:
    """A kit as a folder, be it a zip or one already.

    Raises:
        UsageError: it is no kit of this course.
    """
    if kit.is_dir():
        yield _kit_in(kit, [kit])
        return
    with tempfile.TemporaryDirectory(prefix="tinytorch-kit-") as folder:
        try:
            with zipfile.ZipFile(kit) as archive:
                archive.extractall(folder)
        except Exception as error:  # zipfile raises whatever it met: zlib's errors, RuntimeError
            raise UsageError(f"{kit} is no kit ({error}): download it again") from error
        yield _kit_in(kit, [path.parent for path in Path(folder).rglob(KIT)])


def _kit_in(kit: Path, folders: list[Path]) -> Workspace:
    found = [folder for folder in folders if is_workspace(folder)]
    if not found:
        raise UsageError(f"{kit} is no kit of this course: no {KIT} in it names {COURSE!r}")
    return open_workspace(min(found, key=lambda path: len(path.parts)))


def _checked_wheel(new: Workspace) -> Path:
    wheels = sorted((new.root / "packages").glob("*.whl"))
    if len(wheels) != 1 or not zipfile.is_zipfile(wheels[0]):
        raise UsageError("the kit's package is missing or damaged: download it again")
    return wheels[0]


def _install(wheel: Path) -> None:
    """Install a kit's package into this Python, and whatever is new that it needs."""
    install = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    if uv := shutil.which("uv"):
        install = [uv, "pip", "install", "--python", sys.executable]
    versions = ["-c", str(wheel.with_name("constraints.txt"))]
    again = "--reinstall" if uv else "--force-reinstall"  # of another wheel of the same version
    for words in ([*versions, f"{wheel}[course,examples]"], [again, "--no-deps", str(wheel)]):
        if subprocess.run([*install, "--quiet", *words]).returncode:
            raise UsageError("the kit's package could not be installed, so nothing was changed")
