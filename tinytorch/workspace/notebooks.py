"""Notebooks of students: read as they are, and compared with how they were handed out."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tinytorch.errors import TinyTorchError
from tinytorch.workspace.place import typed


class NotebookError(TinyTorchError):
    """A notebook that can't be read."""


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook, by what nbgrader's metadata says of it."""

    data: dict

    @property
    def kind(self) -> str:
        return str(self.data.get("cell_type", ""))

    @property
    def source(self) -> str:
        source = self.data.get("source", "")
        return "".join(source) if isinstance(source, list) else str(source)

    @property
    def metadata(self) -> dict:
        metadata = self.data.get("metadata")
        return metadata if isinstance(metadata, dict) else {}

    @property
    def nbgrader(self) -> dict:
        data = self.metadata.get("nbgrader")
        return data if isinstance(data, dict) else {}

    @property
    def grade_id(self) -> str:
        return str(self.nbgrader.get("grade_id", ""))

    @property
    def is_solution(self) -> bool:
        return bool(self.nbgrader.get("solution"))

    @property
    def is_graded(self) -> bool:
        return bool(self.nbgrader.get("grade"))

    @property
    def is_exercise(self) -> bool:
        return self.kind == "code" and self.is_solution and not self.is_graded

    @property
    def is_test(self) -> bool:
        return self.is_graded and not self.is_solution

    @property
    def is_question(self) -> bool:
        return self.is_graded and self.is_solution

    @property
    def is_locked(self) -> bool:
        return bool(self.nbgrader.get("locked")) and not self.is_solution

    @property
    def points(self) -> float:
        points = self.nbgrader.get("points", 0) if self.is_graded else 0
        return points if isinstance(points, int | float) else 0

    @property
    def is_exported(self) -> bool:
        own = self.metadata.get("tinytorch")
        return isinstance(own, dict) and bool(own.get("export"))


@dataclass(frozen=True)
class Notebook:
    """A notebook, and where it lies."""

    path: Path
    data: dict

    @cached_property
    def cells(self) -> list[Cell]:
        return [Cell(data) for data in self.data["cells"]]

    @cached_property
    def by_id(self) -> dict[str, Cell]:
        """Cells by grade_id, the first of each."""
        found: dict[str, Cell] = {}
        for cell in self.cells:
            if cell.grade_id:
                found.setdefault(cell.grade_id, cell)
        return found

    def tests_of(self, exercise: str) -> list[Cell]:
        """The tests of an exercise: those that follow it, up to the next one."""
        ids = [cell.grade_id for cell in self.cells]
        tests = []
        for cell in self.cells[ids.index(exercise) + 1 :]:
            if cell.is_exercise:
                break
            tests += [cell] if cell.is_test else []
        return tests


def read_notebook(path: Path) -> Notebook:
    """Read a notebook.

    Raises:
        NotebookError: it is missing, or no notebook of this format; with the mend.
    """
    reset = typed(f"reset {path.parent.name.partition('_')[0]}")
    again = f"`{reset}` brings the one that was handed out back, and keeps this file"
    try:
        data = json.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        raise NotebookError(f"there is no {path}: {again}") from error
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise NotebookError(f"{path} can't be read ({error}): {again}") from error
    cells = data.get("cells") if isinstance(data, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise NotebookError(f"{path} is no notebook of format 4: {again}")
    return Notebook(path, data)


def fingerprint(notebook: Notebook) -> str:
    """The same as long as what was written in a notebook is, whatever its outputs."""
    written = [(cell.kind, cell.grade_id, cell.source) for cell in notebook.cells]
    return hashlib.sha256(json.dumps(written).encode()).hexdigest()


@dataclass(frozen=True)
class Differences:
    """What became of the cells of a notebook that must stay as they were handed out.

    Attributes:
        deleted: grade_ids of exercises, tests and questions that are gone.
        changed: grade_ids of locked tests whose text was changed.
        twice: grade_ids that more than one cell has.
        given: how many of the given cells that are exported were changed or deleted.
    """

    deleted: tuple[str, ...]
    changed: tuple[str, ...]
    twice: tuple[str, ...]
    given: int

    def __bool__(self) -> bool:
        return bool(self.deleted or self.changed or self.twice)


def compare(notebook: Notebook, release: Notebook) -> Differences:
    """What became of the cells of a release in a student's notebook."""
    counts = Counter(cell.grade_id for cell in notebook.cells if cell.grade_id)
    own = notebook.by_id
    graded = [cell for cell in release.cells if cell.grade_id]
    changed = [
        cell.grade_id
        for cell in graded
        if cell.is_test and cell.grade_id in own and own[cell.grade_id].source != cell.source
    ]
    sources = {cell.source for cell in notebook.cells}
    given = [c for c in release.cells if c.is_exported and not c.grade_id]
    return Differences(
        deleted=tuple(c.grade_id for c in graded if c.grade_id not in own),
        changed=tuple(changed),
        twice=tuple(sorted(name for name, count in counts.items() if count > 1)),
        given=sum(cell.source not in sources for cell in given),
    )


def graded_form(notebook: Notebook, release: Notebook) -> dict:
    """The notebook as grading runs it: the tests as they were handed out, the rest as it is.

    A test that was deleted stands again behind the cell that it followed.
    """
    cells = []
    for cell in notebook.cells:
        original = release.by_id.get(cell.grade_id)
        if original is not None and original.is_test:
            cells.append(Cell(original.data))
        else:
            cells.append(cell)
    ids = [cell.grade_id for cell in cells]
    before = ""
    for cell in release.cells:
        if cell.is_test and cell.grade_id not in ids:
            at = ids.index(before) + 1 if before in ids else len(ids)
            cells.insert(at, Cell(cell.data))
            ids.insert(at, cell.grade_id)
        before = cell.grade_id or before
    return notebook.data | {"cells": [cell.data for cell in cells]}
