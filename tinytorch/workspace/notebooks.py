"""Notebooks of students: read as they are, and compared with how they were handed out."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tinytorch.errors import TinyTorchError
from tinytorch.workspace.place import typed


class NotebookError(TinyTorchError):
    """A notebook that can't be read."""


class Marked:
    """What nbgrader's metadata says of a cell, of a notebook's or of a lesson's."""

    kind: str  # "code", "markdown" or "raw"
    metadata: dict

    @property
    def nbgrader(self) -> dict:
        """nbgrader's metadata, or {} for a cell that nbgrader does not know."""
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
        """Code that a student writes, graded by the tests that follow it."""
        return self.kind == "code" and self.is_solution and not self.is_graded

    @property
    def is_test(self) -> bool:
        """A locked cell of tests that nbgrader grades by running it."""
        return self.is_graded and not self.is_solution

    @property
    def is_question(self) -> bool:
        """An answer that a person grades."""
        return self.is_graded and self.is_solution

    @property
    def points(self) -> float:
        points = self.nbgrader.get("points", 0) if self.is_graded else 0
        return points if isinstance(points, int | float) else 0


@dataclass(frozen=True)
class Cell(Marked):
    """A cell of a notebook, by what nbgrader's metadata says of it."""

    data: dict

    @property
    def kind(self) -> str:
        return str(self.data.get("cell_type", ""))

    @property
    def source(self) -> str:
        source = self.data.get("source", "")
        text = "".join(source) if isinstance(source, list) else str(source)
        return text.encode("utf-8", "replace").decode("utf-8")  # half a sign is no text

    @property
    def metadata(self) -> dict:
        metadata = self.data.get("metadata")
        return metadata if isinstance(metadata, dict) else {}

    @property
    def is_locked(self) -> bool:
        return bool(self.nbgrader.get("locked")) and not self.is_solution

    @property
    def is_exported(self) -> bool:
        own = self.metadata.get("tinytorch")
        return isinstance(own, dict) and bool(own.get("export"))

    @property
    def is_given(self) -> bool:
        """Whether a lesson can't do without it, and nobody is to change it."""
        needed = self.is_exported or "tt.begin(" in self.source or "import " in self.source
        return self.kind == "code" and not self.grade_id and needed

    @property
    def as_run(self) -> tuple[str, str]:
        return self.kind, self.source.strip()

    @property
    def title(self) -> str:
        """Its first line that says what it is about."""
        lines = [line.strip() for line in self.source.splitlines()]
        plain = [line for line in lines if line and not line.startswith(("#", "@", "%"))]
        return (plain or lines or [""])[0]


@dataclass(frozen=True)
class Notebook:
    """A notebook, and where it lies."""

    path: Path
    data: dict
    raw: bytes = field(default=b"", repr=False)  # as the file holds it

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


def read_notebook(path: Path, mend: str = "") -> Notebook:
    """Read a notebook.

    Args:
        mend: what to do where it can't be read; by default, how to get a student's own back.

    Raises:
        NotebookError: it is missing, or no notebook of this format; with the mend.
    """
    reset = typed(f"reset {path.parent.name.partition('_')[0]}")
    mend = mend or f"`{reset}` puts the one that was handed out there, and keeps this file"
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
        data = json.loads(text)
    except FileNotFoundError as error:
        raise NotebookError(f"there is no {path}: {mend.split(', and keeps')[0]}") from error
    except (OSError, ValueError) as error:
        if isinstance(error, json.JSONDecodeError) and not text.strip():
            raise NotebookError(f"{path} is empty: {mend}") from error
        if isinstance(error, json.JSONDecodeError) and "<<<<<<<" in text:
            mend = f"git left its marks of a conflict in it; resolve that, or {mend}"
        raise NotebookError(f"{path} can't be read ({error}): {mend}") from error
    cells = data.get("cells") if isinstance(data, dict) else None
    sound = isinstance(cells, list) and all(map(_is_cell, cells)) and data.get("nbformat") == 4
    if not sound:
        raise NotebookError(f"{path} is no notebook of format 4: {mend}")
    return Notebook(path, data, raw)


def read_release(path: Path) -> Notebook:
    """Read a notebook as it was handed out.

    Raises:
        NotebookError: it is missing or damaged.
    """
    return read_notebook(path, f"`{typed('update KIT')}` with your kit's file brings it back")


def _is_cell(cell: Any) -> bool:
    source = cell.get("source", "") if isinstance(cell, dict) else None
    is_text = isinstance(source, str) or (
        isinstance(source, list) and all(isinstance(line, str) for line in source)
    )
    return is_text and cell.get("cell_type") in ("code", "markdown", "raw")


def fingerprint(notebook: Notebook, answers: bool = True) -> str:
    """The same as long as the code of a notebook is, and, unless told otherwise, its answers."""
    written = [
        (cell.grade_id, cell.source)
        for cell in notebook.cells
        if (cell.kind == "code" and not cell.is_test) or (answers and cell.is_question)
    ]
    return hashlib.sha256(json.dumps(written).encode()).hexdigest()


@dataclass(frozen=True)
class Differences:
    """What became of the cells of a notebook that must stay as they were handed out.

    Attributes:
        deleted: grade_ids of exercises, tests and questions that are gone.
        changed: grade_ids of locked tests whose text was changed.
        twice: grade_ids that more than one cell has.
        given: given cells that a lesson can't do without, of which lines are changed or gone,
            by their first line.
        has_marks: whether any cell has a grade_id: some editors drop them all.
        begins: whether the cell is there that begins the lesson.
    """

    deleted: tuple[str, ...]
    changed: tuple[str, ...]
    twice: tuple[str, ...]
    given: tuple[str, ...]
    has_marks: bool = True
    begins: bool = True

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
        if cell.is_test and cell.grade_id in own and own[cell.grade_id].as_run != cell.as_run
    ]
    present = [set(cell.source.splitlines()) for cell in notebook.cells if cell.kind == "code"]
    given = [
        cell
        for cell in release.cells
        if cell.is_given
        and not any(lines.issuperset(cell.source.splitlines()) for lines in present)
    ]
    return Differences(
        deleted=tuple(c.grade_id for c in graded if c.grade_id not in own),
        changed=tuple(changed),
        twice=tuple(sorted(name for name, count in counts.items() if count > 1)),
        given=tuple(cell.title for cell in given),
        has_marks=bool(counts),
        begins=any("tt.begin(" in cell.source for cell in notebook.cells if cell.kind == "code"),
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
