"""A student's exported cells become a module of their own framework, and come back from there."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tinytorch.errors import TinyTorchError
from tinytorch.modules import bound_names, defined_names, free_names, module_text
from tinytorch.workspace import kept
from tinytorch.workspace.check import Checked, error_of, run_all
from tinytorch.workspace.notebooks import Cell, Notebook, read_release
from tinytorch.workspace.place import Lesson, Workspace, typed

OWN, BORROWED, MISSING = "own", "borrowed", "missing"
LENT = "Borrowed"  # how the docstring of a borrowed module begins


class ExportError(TinyTorchError):
    """A module that can't be made."""


@dataclass(frozen=True)
class Exported:
    """What an export wrote, and where the module before it is kept."""

    path: Path
    before: Path | None


@dataclass(frozen=True)
class Module:
    """The module that a notebook makes.

    Attributes:
        text: its source.
        undefined: names that it uses, and that no cell defines in a form that can be taken along.
        gone: names that the module of the notebook as handed out defines, and this one doesn't.
    """

    text: str
    undefined: tuple[str, ...]
    gone: tuple[str, ...]

    @property
    def fault(self) -> str:
        """Why later lessons can't run on it; nothing where they can."""
        if self.undefined:
            names = ", ".join(f"`{name}`" for name in self.undefined)
            return f"it uses {names}, which no cell defines that a module can be made of"
        if self.gone:
            names = ", ".join(f"`{name}`" for name in self.gone)
            return f"it lacks {names}, which was in the notebook as handed out"
        return ""


def own_module(workspace: Workspace, lesson: Lesson, notebook: Notebook) -> Module:
    """The module that a notebook makes.

    It holds the cells that are exported. What these lean on in other cells comes along, a helper
    that the student wrote above an exercise for one, and so do cells of the student's own that
    define anew, or change, what is exported.

    Raises:
        ExportError: the lesson makes none, or a cell of it can't be read as Python.
    """
    if not lesson.exports:
        raise ExportError(f"lesson {lesson.number} makes no module: there is nothing to export")
    release = read_release(workspace.release(lesson))
    ordered = _with_what_they_lean_on(notebook, release)
    headline = f"{lesson.title}. Your own, from lessons/{lesson.folder}/{lesson.name}.ipynb."
    text = module_text(headline, ordered)
    wanted = defined_names(cell.source for cell in release.cells if cell.is_exported)
    here = set().union(*(bound_names(node) for code in ordered for node in ast.parse(code).body))
    return Module(
        text,
        tuple(sorted(_undefined(ordered))),
        tuple(name for name in wanted if name not in here),
    )


def _with_what_they_lean_on(notebook: Notebook, release: Notebook) -> list[str]:
    """The code of the exported cells, and of statements of other cells, in the notebook's order."""
    given = {cell.source.strip() for cell in release.cells}
    codes: dict[tuple[int, int], str] = {}  # by the numbers of the cell and the statement
    others: list[Statement] = []
    for number, cell in enumerate(notebook.cells, 1):
        if cell.is_exported:
            codes[number, 0] = _python(cell, number)
        elif cell.kind == "code" and not cell.is_graded:
            others += _statements(cell, number, cell.source.strip() not in given)
    exported = set(defined_names(codes.values()))
    codes |= {x.place: x.text for x in others if x.is_own and x.changes & exported}
    while True:
        undefined = _undefined([code for _, code in sorted(codes.items())])
        found = {x.place: x.text for x in others if x.defines & undefined}
        if found.items() <= codes.items():
            return [code for _, code in sorted(codes.items()) if code]
        codes |= found


@dataclass(frozen=True)
class Statement:
    """A statement of a cell that is not exported."""

    place: tuple[int, int]
    text: str
    defines: set[str]  # names that it may bring to a module
    changes: set[str]  # names that it defines anew, or of which it sets an attribute
    is_own: bool  # whether it stands in a cell of the student's own


def _statements(cell: Cell, number: int, is_own: bool) -> Iterator[Statement]:
    """The functions, classes and imports of a cell; of one's own the constants too."""
    try:
        source = _python(cell, number)
    except ExportError:
        return
    for n, node in enumerate(ast.parse(source).body):
        defines = bound_names(node)
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            defines = _names_of_star(node)
        if not is_own and not isinstance(node, DEFINITIONS):
            defines = set()  # what a lesson shows its reader, with a variable of its own
        targets = node.targets if isinstance(node, ast.Assign) else ()
        attributes = {x.value.id for x in targets if _is_attribute_of_name(x)}
        is_definition = isinstance(node, ast.FunctionDef | ast.ClassDef | ast.If | ast.Try)
        changes = (bound_names(node) if is_definition else set()) | attributes
        if defines or changes:
            first = min([node.lineno, *(x.lineno for x in getattr(node, "decorator_list", ()))])
            text = "\n".join(source.split("\n")[first - 1 : node.end_lineno])
            if not _parses(text):  # it shares its lines with another
                text = ast.unparse(node)
            yield Statement((number, n), text, defines, changes, is_own)


DEFINITIONS = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def _is_attribute_of_name(target: ast.expr) -> bool:
    return isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)


def _undefined(codes: list[str]) -> set[str]:
    """The names that codes use and nobody defines."""
    text = "\n\n".join(codes)
    stars = [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    ]
    return free_names(text).difference(*map(_names_of_star, stars))


def _names_of_star(node: ast.ImportFrom) -> set[str]:
    """What `from math import *` brings."""
    try:
        module = importlib.import_module(node.module or "")
    except Exception:  # whatever a module of somebody's raises
        return set()
    public = [name for name in vars(module) if not name.startswith("_")]
    return set(getattr(module, "__all__", public))


TIMES = ("%%time", "%%capture", "%%prun")  # magics whose cell is Python all the same
SPEAKS = {"print", "display"}


def _python(cell: Cell, number: int) -> str:
    """The code of a cell as Python: what is IPython's alone is left out, and what only prints.

    Raises:
        ExportError: it is none.
    """
    text = cell.source.strip("\n")
    first, _, rest = text.lstrip().partition("\n")
    text = rest if first.split(" ")[0] in TIMES else text
    if not _parses(text):
        from IPython.core.inputtransformer2 import TransformerManager

        text = TransformerManager().transform_cell(text)
    try:
        body = ast.parse(text).body
    except SyntaxError as error:
        what = f"of {cell.grade_id}" if cell.grade_id else f"number {number}"
        message = f"the cell {what} is no Python (line {error.lineno}: {error.msg})"
        raise ExportError(f"{message}: mend it, save, and export again") from error
    lines = text.split("\n")
    for node in reversed(body):
        is_call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        if is_call and (ast.unparse(node).startswith("get_ipython()") or _speaks(node.value)):
            others = [x for x in body if x is not node and _overlap(x, node)]
            if not others:
                del lines[node.lineno - 1 : node.end_lineno]
    return "\n".join(lines).strip("\n")


def _speaks(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in SPEAKS


def _overlap(one: ast.stmt, other: ast.stmt) -> bool:
    return one.lineno <= (other.end_lineno or 0) and other.lineno <= (one.end_lineno or 0)


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True


def trial(workspace: Workspace, checked: Checked, module: Module) -> str:
    """Run the lesson's tests on a module in place of the notebook's cells; what fails, if any does.

    Whatever cells of the student's own did to the notebook shows here, if the module lacks it.
    """
    release, own = read_release(workspace.release(checked.lesson)), checked.notebook.by_id
    tests = {
        test.grade_id
        for cell in release.cells
        if cell.is_exercise and cell.is_exported
        for test in release.tests_of(cell.grade_id)
    }
    rest = [c for c in release.cells if c.kind == "code" and not c.is_exported]
    cells = [own.get(c.grade_id, c) if c.is_exercise else c for c in rest]
    at = next((n for n, cell in enumerate(cells) if "tt.begin(" in cell.source), -1) + 1
    cells.insert(at, Cell({"cell_type": "code", "metadata": {}, "source": module.text}))
    data = {"cells": [cell.data for cell in cells]}
    run, died = run_all(data, checked.notebook.path, lambda done, all_: None)
    if fault := error_of(run.cells[at]):
        return f"it can't be imported: {fault.splitlines()[0]}"
    for cell in run.cells:
        if cell.grade_id in tests and (fault := error_of(cell)):
            return f"{cell.grade_id} fails on it: {fault.splitlines()[0]}"
    return f"the process ended at the cell `{died}`" if died else ""


def stands_alone(notebook: Notebook, release: Notebook) -> bool:
    """Whether a module of this notebook can't differ from it: no code is there but the lesson's."""
    given = {cell.as_run for cell in release.cells}
    codes = [c for c in notebook.cells if c.kind == "code" and not c.is_test and not c.is_exercise]
    plain = all(cell.as_run in given for cell in codes)
    exercises = [cell for cell in notebook.cells if cell.is_exercise]
    return plain and all(_is_plain(cell.source) for cell in exercises)


def _is_plain(source: str) -> bool:
    """Whether the code of an exercise is nothing but functions and classes."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    return all(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in body)


def write_module(workspace: Workspace, lesson: Lesson, text: str | bytes) -> Exported:
    """Put a module in its place; the one before is kept."""
    data = text.encode() if isinstance(text, str) else text
    before = kept.replace(workspace.module(lesson), data, workspace.kept(lesson))
    return Exported(workspace.module(lesson), before)


def borrow(workspace: Workspace, lesson: Lesson) -> Exported:
    """Put the reference's module in the place of one's own, which is kept.

    Raises:
        ExportError: the kit does not bring it.
    """
    path = workspace.borrowed(lesson)
    if not lesson.borrowable or not path.is_file():
        message = f"the reference of lesson {lesson.number} is not in this kit"
        raise ExportError(f"{message}: your instructor says when a kit with it comes")
    text = f'"""{LENT}: the reference of lesson {lesson.number}, not your own."""\n'
    text += _without_docstring(path.read_text("utf-8"))
    return write_module(workspace, lesson, text)


def _without_docstring(text: str) -> str:
    first = ast.parse(text).body[0]
    return "\n".join(text.split("\n")[first.end_lineno :])


def bring_back(workspace: Workspace, lesson: Lesson, own: bool = False) -> Exported:
    """Put the module that was there before in its place again; of one's `own`, the latest such.

    Raises:
        ExportError: none is kept.
    """
    path, folder = workspace.module(lesson), workspace.kept(lesson)
    now = path.read_bytes() if path.is_file() else None
    latest = [kept.before(folder, path.name), *kept.versions(folder, path.name)]
    for old in filter(None, latest):
        if old.read_bytes() != now and not (own and _is_lent(old)):
            return write_module(workspace, lesson, old.read_bytes())
    message = f"no other module of lesson {lesson.number} is kept"
    raise ExportError(f"{message}: `{typed(f'export {lesson.number}')}` makes one")


def whose(workspace: Workspace, lesson: Lesson) -> str:
    """Whose module of a lesson is there: own, borrowed or missing."""
    path = workspace.module(lesson)
    if not path.is_file():
        return MISSING
    return BORROWED if _is_lent(path) else OWN


def _is_lent(path: Path) -> bool:
    return path.read_text("utf-8", errors="replace").startswith(f'"""{LENT}')


def not_right(checked: Checked) -> list[str]:
    """The names of the exercises that lack points."""
    return [x.name for x in checked.exercises if x.earned < x.points]


def refusal(workspace: Workspace, checked: Checked, module: Module) -> str:
    """Why what was checked should not be exported; nothing where all is right."""
    wrong, all_ = not_right(checked), len(checked.exercises)
    if wrong:
        return f"{len(wrong)} of {all_} exercises not right yet: {', '.join(wrong)}"
    if checked.again:
        names = ", ".join(f"`{name}`" for name in checked.again)
        return f"{names} is defined again in a cell of your own further down: which one counts?"
    if module.fault:
        return f"the module would not serve: {module.fault}"
    release = read_release(workspace.release(checked.lesson))
    if stands_alone(checked.notebook, release):
        return ""
    if fault := trial(workspace, checked, module):
        why = "put what an exercise needs into its own cell, or above it, as definitions"
        return (
            f"the module, run without your other cells, is not right: {fault}\n{why.capitalize()}"
        )
    return ""
