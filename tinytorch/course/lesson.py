"""Read a lesson: a Jupytext percent file becomes a `Lesson` of cells that know their lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tinytorch.errors import TinyTorchError
from tinytorch.slow_imports import without_rfc3987
from tinytorch.workspace.notebooks import Marked

CELL_HEADER = re.compile(r"^# %%( |$)")
FOLDER = re.compile(r"^(\d\d)_([a-z][a-z0-9_]*)$")
DIRECTIVE = re.compile(r"^#\|\s*(\w+)\s*(.*?)\s*$")


@dataclass(frozen=True)
class Problem:
    """Something wrong with a lesson, and how to mend it."""

    path: Path
    line: int
    message: str
    mend: str
    grade_id: str = ""

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" + (f" [{self.grade_id}]" if self.grade_id else "")
        return f"{where}: {self.message}\n    mend: {self.mend}"


class LessonError(TinyTorchError):
    """One or more lessons are not sound. `problems` holds everything that was found."""

    def __init__(self, problems: list[Problem]):
        self.problems = problems
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''} to mend"
        super().__init__("\n".join([f"{count}; nothing was written", *map(str, problems)]))


@dataclass(frozen=True)
class Cell(Marked):
    """One cell of a lesson. `line` is the line of the file on which its source begins."""

    kind: str  # "code", "markdown" or "raw"
    source: str
    line: int
    metadata: dict = field(default_factory=dict)

    @cached_property
    def directives(self) -> dict[str, str]:
        """The `#| name value` lines at the top of a code cell."""
        found = {}
        for line in self.source.splitlines() if self.kind == "code" else ():
            match = DIRECTIVE.match(line)
            if match is None:
                break
            found[match[1]] = match[2]
        return found

    @property
    def is_exported(self) -> bool:
        return "export" in self.directives

    @property
    def is_folded(self) -> bool:
        """Plumbing that its author folded, by `jupyter={"source_hidden": true}` in the header."""
        return bool(self.metadata.get("jupyter", {}).get("source_hidden"))


@dataclass(frozen=True)
class Lesson:
    """A lesson as it stands in its file, `modules/NN_name/name.py`."""

    path: Path
    cells: tuple[Cell, ...]

    @property
    def folder(self) -> str:
        """`04_losses`: the lesson's name for people and for nbgrader."""
        return self.path.parent.name

    @property
    def number(self) -> int:
        return int(FOLDER.match(self.folder)[1])

    @property
    def name(self) -> str:
        """`losses`: the stem that the notebook and the module share."""
        return self.path.stem

    @cached_property
    def title(self) -> str:
        for cell in self.cells:
            match = re.search(r"^# (.+)$", cell.source, re.M) if cell.kind == "markdown" else None
            if match:
                return match[1].strip()
        return self.name

    @cached_property
    def module(self) -> str | None:
        """The module that the lesson exports to, as in `core.losses`, or None."""
        for cell in self.cells:
            if "default_exp" in cell.directives:
                return cell.directives["default_exp"]
        return None

    @cached_property
    def public(self) -> list[str] | None:
        """What `#| public` says that `tinytorch.core` takes over; None where it doesn't say."""
        for cell in self.cells:
            if "public" in cell.directives:
                return cell.directives["public"].split()
        return None

    @property
    def points(self) -> float:
        return sum(cell.points for cell in self.cells)

    def cell(self, grade_id: str) -> Cell:
        """The cell with this grade_id. Raises KeyError where there is none."""
        for cell in self.cells:
            if cell.grade_id == grade_id:
                return cell
        raise KeyError(f"{self.path} has no cell with grade_id {grade_id!r}")

    def tests_of(self, grade_id: str) -> list[Cell]:
        """The tests of an exercise: those that follow it, up to the next exercise."""
        start = self.cells.index(self.cell(grade_id))
        tests = []
        for cell in self.cells[start + 1 :]:
            if cell.is_exercise:
                break
            if cell.is_test:
                tests.append(cell)
        return tests


def read_lesson(path: Path) -> Lesson:
    """Read one lesson file.

    Raises:
        LessonError: the name is not `NN_name/name.py`, or Jupytext can't read the file.
    """
    path = Path(path)
    folder = FOLDER.match(path.parent.name)
    if folder is None or folder[2] != path.stem:
        mend = "name it modules/NN_name/name.py, the number on the folder alone"
        raise LessonError([Problem(path, 1, "is not named as a lesson", mend)])
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        mend = f"write it, or remove the folder {path.parent.name}"
        raise LessonError([Problem(path, 1, "there is no such lesson file", mend)]) from error
    except UnicodeDecodeError as error:
        mend = "save the file as UTF-8"
        raise LessonError([Problem(path, 1, f"is not UTF-8: {error}", mend)]) from error
    return Lesson(path, parse_cells(path, text.replace("\r\n", "\n")))


def parse_cells(path: Path, text: str) -> tuple[Cell, ...]:
    """Split the text of a percent file into cells."""
    jupytext = _jupytext()
    try:
        notebook = jupytext.reads(text, fmt="py:percent")
    except Exception as error:
        mend = "write it as a Jupytext percent file, with metadata as name={...JSON...}"
        raise LessonError([Problem(path, 1, f"can't be read: {error}", mend)]) from error
    headers = [n for n, line in enumerate(text.splitlines(), 1) if CELL_HEADER.match(line)]
    if len(headers) != len(notebook.cells):
        mend = "begin the file with a cell, and let no line of a cell's text begin with '# %%'"
        message = f"has {len(headers)} cell headers but {len(notebook.cells)} cells"
        raise LessonError([Problem(path, 1, message, mend)])
    return tuple(
        Cell(cell.cell_type, cell.source, _first_line(text, header), _metadata(cell))
        for cell, header in zip(notebook.cells, headers, strict=True)
    )


def find_lessons(root: Path) -> list[Path]:
    """The lesson files below `root/modules`, in the order of their numbers."""
    folders = sorted(p for p in (Path(root) / "modules").glob("*") if FOLDER.match(p.name))
    return [folder / f"{FOLDER.match(folder.name)[2]}.py" for folder in folders]


def _metadata(cell) -> dict:
    """The cell's metadata without Jupytext's own notes on how the text was marked."""
    return {
        k: v for k, v in cell.metadata.items() if k not in ("cell_marker", "lines_to_next_cell")
    }


def _first_line(text: str, header: int) -> int:
    """The line on which the source begins, below the header, blank lines and opening quotes."""
    lines = text.splitlines()
    at = header
    while at < len(lines) and not lines[at].strip():
        at += 1
    if at < len(lines) and lines[at].lstrip("rR") in ('"""', "'''"):
        at += 1
    return at + 1


def _jupytext():
    """Jupytext, imported late: whoever only reads a `Lesson` need not wait for it."""
    with without_rfc3987():
        import jupytext
    return jupytext
