"""A student's exported cells become a module of their own framework, and come back from there."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tinytorch.errors import TinyTorchError
from tinytorch.modules import defined_names, free_names, module_text
from tinytorch.workspace import kept
from tinytorch.workspace.check import Checked
from tinytorch.workspace.notebooks import Cell, read_notebook
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
        broken: what importing it raises; nothing where it can be imported.
    """

    text: str
    undefined: tuple[str, ...]
    gone: tuple[str, ...]
    broken: str

    @property
    def fault(self) -> str:
        """Why later lessons can't run on it; nothing where they can."""
        if self.undefined:
            names = ", ".join(f"`{name}`" for name in self.undefined)
            return (
                f"it uses {names}, which only the notebook knows: define it in an exercise's cell"
            )
        if self.gone:
            names = ", ".join(f"`{name}`" for name in self.gone)
            return f"it lacks {names}, which was in the notebook as handed out"
        return f"it can't be imported: {self.broken}" if self.broken else ""


def own_module(workspace: Workspace, lesson: Lesson) -> Module:
    """The module that the saved notebook of a lesson makes.

    It holds the cells that are exported. Where these lean on a function, a class or an import of
    another cell, a helper that the student wrote above an exercise for one, that comes along.

    Raises:
        ExportError: the lesson makes none, or a cell of it can't be read as Python.
    """
    if not lesson.exports:
        raise ExportError(f"lesson {lesson.number} makes no module: there is nothing to export")
    notebook = read_notebook(workspace.notebook(lesson))
    numbered = list(enumerate(notebook.cells, 1))
    codes = {n: _python(cell, n, lesson) for n, cell in numbered if cell.is_exported}
    others = {n: _statements(cell) for n, cell in numbered if _may_help(cell)}
    undefined = free_names("\n\n".join(codes.values()))
    while found := _helpers(others, undefined):
        for number, text in found:
            codes[number] = "\n\n".join(filter(None, [codes.get(number), text]))
        left = free_names("\n\n".join(code for _, code in sorted(codes.items())))
        if left == undefined:
            break
        undefined = left
    headline = f"{lesson.title}. Your own, from lessons/{lesson.folder}/{lesson.name}.ipynb."
    ordered = [code for _, code in sorted(codes.items())]
    given = read_notebook(workspace.release(lesson)).cells
    wanted = defined_names(cell.source for cell in given if cell.is_exported)
    text = module_text(headline, ordered)
    return Module(
        text,
        tuple(sorted(undefined)),
        tuple(name for name in wanted if name not in defined_names(ordered)),
        "" if undefined else _import_error(workspace, lesson, text),
    )


def _may_help(cell: Cell) -> bool:
    return cell.kind == "code" and not cell.is_exported and not cell.is_graded


def _statements(cell: Cell) -> list[tuple[set[str], str]]:
    """The functions, classes and imports of a cell: what each defines, and its text."""
    source = _without_magics(cell.source)
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return []
    found = []
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names = {node.name}
        else:
            continue
        lines = source.splitlines()
        first = min([node.lineno, *(x.lineno for x in getattr(node, "decorator_list", ()))])
        found.append((names, "\n".join(lines[first - 1 : node.end_lineno])))
    return found


def _helpers(others: dict[int, list[tuple[set[str], str]]], undefined: set[str]):
    """The last statement that defines each of the names, with the number of its cell."""
    found: dict[str, tuple[int, str]] = {}
    for number, statements in others.items():
        for names, text in statements:
            found |= dict.fromkeys(names & undefined, (number, text))
    return sorted(set(found.values()))


def _without_magics(source: str) -> str:
    """Code without what is IPython's alone (%time, !ls), if that is what stands in its way."""
    lines = source.splitlines()
    plain = [line for line in lines if not line.lstrip().startswith(("%", "!"))]
    return source if _parses(source) else "\n".join(plain)


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def _python(cell: Cell, number: int, lesson: Lesson) -> str:
    """The code of a cell that is exported."""
    text = _without_magics(cell.source)
    try:
        ast.parse(text)
    except SyntaxError as error:
        what = f"of {cell.grade_id}" if cell.grade_id else f"number {number}"
        message = f"the cell {what} is no Python (line {error.lineno}: {error.msg})"
        raise ExportError(f"{message}: mend it, save, and export again") from error
    return text.strip("\n")


TRIAL = """
import sys, types
import tinytorch.core
name, path = sys.argv[1:]
module = sys.modules[name] = types.ModuleType(name)
try:
    exec(compile(sys.stdin.buffer.read(), path, "exec"), vars(module))
except BaseException as error:
    print(f"{type(error).__name__} ({error})")
"""


def _import_error(workspace: Workspace, lesson: Lesson, text: str) -> str:
    """What importing a module of this text raises, in a process of its own."""
    path = workspace.module(lesson)
    done = subprocess.run(
        [sys.executable, "-c", TRIAL, f"tinytorch.core.{lesson.name}", str(path)],
        input=text.encode(),
        capture_output=True,
        cwd=workspace.root,
    )
    return done.stdout.decode(errors="replace").strip()


def write_module(workspace: Workspace, lesson: Lesson, text: str) -> Exported:
    """Put a module in its place; the one before is kept."""
    before = kept.replace(workspace.module(lesson), text.encode(), workspace.kept(lesson))
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


def bring_back(workspace: Workspace, lesson: Lesson) -> Exported:
    """Put the newest module of one's own, of those that are kept, in the place of what is there.

    Raises:
        ExportError: none is kept.
    """
    path = workspace.module(lesson)
    now = path.read_bytes() if path.is_file() else None
    for old in kept.versions(workspace.kept(lesson), path.name):
        if old.read_bytes() != now and not _is_lent(old):
            before = kept.replace(path, old.read_bytes(), workspace.kept(lesson))
            return Exported(path, before)
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


def refusal(checked: Checked, module: Module) -> str:
    """Why what was checked should not be exported; nothing where all is right."""
    wrong, all_ = not_right(checked), len(checked.exercises)
    if wrong:
        return f"{len(wrong)} of {all_} exercises are not right yet: {', '.join(wrong)}"
    return f"your module would not serve: {module.fault}" if module.fault else ""
