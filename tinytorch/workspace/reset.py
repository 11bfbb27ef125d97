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
from tinytorch.workspace import kept
from tinytorch.workspace.notebooks import Notebook, read_notebook
from tinytorch.workspace.place import KIT, Lesson, Workspace, open_workspace


def reset(workspace: Workspace, lesson: Lesson, name: str = "") -> Path | None:
    """Put a lesson, or one exercise or test of it, back as it was handed out.

    Returns:
        Where the notebook before is kept; None where nothing changed.

    Raises:
        UsageError: the lesson has no such cell.
    """
    release = read_notebook(workspace.release(lesson))
    if not name:
        data = workspace.release(lesson).read_bytes()
    else:
        if name not in release.by_id:
            names = [c.grade_id for c in release.cells if c.is_exercise or c.is_question]
            raise UsageError(f"lesson {lesson.number} has no {name!r}; it has {', '.join(names)}")
        data = as_bytes(with_cell(read_notebook(workspace.notebook(lesson)), release, name))
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


@dataclass(frozen=True)
class Updated:
    """What an update did to a lesson.

    Attributes:
        state: new, unchanged, updated, or kept (the new release could not be put in its place).
        carried: exercises and answers that were carried over.
        changed: exercises whose text is new, so that one should look at the answer again.
        gone: exercises that the new release does not have; what was written is kept.
        before: where the notebook before is kept.
    """

    lesson: Lesson
    state: str
    carried: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    before: Path | None = None


def update(workspace: Workspace, kit: Path, install: bool = True) -> list[Updated]:
    """Bring a newer kit into a workspace, lesson by lesson.

    Args:
        kit: a kit, as a zip file or a folder.
        install: whether to install its package into this Python.
    """
    with opened(kit) as new:
        found = [_update_lesson(workspace, new, lesson) for lesson in new.lessons]
        for place in ("README.md", "AGENTS.md", "course.py"):
            if (new.root / place).is_file():
                kept.replace(
                    workspace.root / place, (new.root / place).read_bytes(), workspace.private
                )
        reference = new.private / "reference"
        for path in sorted(reference.glob("*.py")) if reference.is_dir() else ():
            write_atomically(workspace.private / "reference" / path.name, path.read_bytes())
        for path in sorted((new.root / "packages").glob("*")):
            write_atomically(workspace.root / "packages" / path.name, path.read_bytes())
        others = {lesson["folder"]: lesson for lesson in workspace.about["lessons"]}
        others |= {lesson["folder"]: lesson for lesson in new.about["lessons"]}
        about = new.about | {"lessons": [others[name] for name in sorted(others)]}
        kept.write_json(workspace.root / KIT, about)  # last: until then the old one goes on
        if install:
            _install(workspace.root, next((new.root / "packages").glob("*.whl")).name)
    return found


def _update_lesson(workspace: Workspace, new: Workspace, lesson: Lesson) -> Updated:
    release = new.release(lesson).read_bytes()
    path, before = workspace.notebook(lesson), workspace.release(lesson)
    if not path.is_file():
        write_atomically(path, release)
        write_atomically(before, release)
        return Updated(lesson, "new")
    if before.is_file() and before.read_bytes() == release:
        return Updated(lesson, "unchanged")
    own, fresh = read_notebook(path), read_notebook(new.release(lesson))
    old = read_notebook(before) if before.is_file() else fresh
    data, carried = carry_over(own, old, fresh)
    changed = [
        name
        for name in carried
        if name in old.by_id and old.by_id[name].source != fresh.by_id[name].source
    ]
    gone = [
        name for name, cell in own.by_id.items() if cell.is_solution and name not in fresh.by_id
    ]
    place = kept.replace(path, as_bytes(data), workspace.kept(lesson))
    write_atomically(before, release)
    return Updated(lesson, "updated", tuple(carried), tuple(changed), tuple(gone), place)


def carry_over(own: Notebook, old: Notebook, fresh: Notebook) -> tuple[dict, list[str]]:
    """The fresh release with what a student wrote: answers, and cells of their own.

    A cell that the old release did not have is the student's, and stands behind the cell that it
    followed.
    """
    carried, cells = [], []
    for cell in fresh.cells:
        data = cell.data
        mine = own.by_id.get(cell.grade_id) if cell.is_solution else None
        written = old.by_id.get(cell.grade_id)
        if mine is not None and (written is None or mine.source != written.source):
            data = copy.deepcopy(data) | {"source": mine.data["source"]}
            carried.append(cell.grade_id)
        cells.append(data)
    given = {cell.source for cell in old.cells} | {cell.source for cell in fresh.cells}
    ids = [cell.grade_id for cell in fresh.cells]
    before = ""
    for cell in own.cells:
        is_own = not cell.grade_id and cell.source.strip() and cell.source not in given
        if is_own:
            at = ids.index(before) + 1 if before in ids else len(ids)
            cells.insert(at, cell.data)
            ids.insert(at, "")
        before = cell.grade_id or before
    return fresh.data | {"cells": cells}, carried


@contextmanager
def opened(kit: Path) -> Iterator[Workspace]:
    """A kit as a folder, be it a zip or one already.

    Raises:
        UsageError: it is no kit.
    """
    if kit.is_dir():
        yield open_workspace(kit)
        return
    with tempfile.TemporaryDirectory(prefix="tinytorch-kit-") as folder:
        try:
            with zipfile.ZipFile(kit) as archive:
                archive.extractall(folder)
        except (OSError, zipfile.BadZipFile) as error:
            raise UsageError(f"{kit} is no kit ({error}): download it again") from error
        roots = [path.parent for path in Path(folder).rglob(KIT)]
        if not roots:
            raise UsageError(f"{kit} is no kit: there is no {KIT} in it")
        yield open_workspace(min(roots, key=lambda path: len(path.parts)))


def _install(root: Path, wheel: str) -> None:
    command = [sys.executable, "-m", "pip"]
    uv = shutil.which("uv")
    if uv:
        command = [uv, "pip"]
    where = ["--python", sys.executable] if uv else []
    again = ["install", "--quiet", *where, "--no-deps", "--force-reinstall"]
    subprocess.run([*command, *again, str(root / "packages" / wheel)], check=True)
