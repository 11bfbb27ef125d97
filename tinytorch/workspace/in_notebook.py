"""What a lesson's first and last cells do in a workspace: look whose code it runs on, and export.

Anywhere else, in the course's own folder or while a class is graded, they do nothing.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path

from tinytorch.modules import defined_names
from tinytorch.workspace import kept, status
from tinytorch.workspace.notebooks import read_notebook
from tinytorch.workspace.own_core import CORE, NotThere, missing
from tinytorch.workspace.place import Lesson, Workspace, find, typed


def own_workspace() -> Workspace | None:
    """The workspace whose modules `tinytorch.core` holds here, if it is one."""
    workspace = find()
    if workspace is None:
        return None
    core = importlib.import_module(CORE)
    return workspace if str(workspace.core) in core.__path__ else None


def look_around(name: str) -> None:
    """Print on whose code the lesson of a name runs.

    Raises:
        NotThere: an earlier lesson's module is missing or broken, with what to do.
    """
    workspace = own_workspace()
    lesson = workspace and workspace.named(name)
    if not workspace or not lesson:
        return
    faults = [fault(workspace, x, lesson.needs[x.name]) for x in workspace.before(lesson)]
    if any(faults):
        raise NotThere("\n".join(filter(None, faults)))
    if said := status.runs_on(workspace, lesson):
        print(said)


def fault(workspace: Workspace, lesson: Lesson, names: Iterable[str]) -> str:
    """Why the module of an earlier lesson can't serve a later one; nothing where it can."""
    path = workspace.module(lesson)
    if not path.is_file():
        return missing(workspace, lesson)
    try:
        module = importlib.import_module(f"{CORE}.{lesson.name}")
    except (Exception, SystemExit) as error:
        return f"{_own(lesson)} can't be imported: {_where(error, path)}. {_again(lesson)}"
    lacking = [name for name in names if not hasattr(module, name)]
    if lacking:
        needed = ", ".join(f"`{name}`" for name in lacking)
        return f"{_own(lesson)} lacks {needed}, which is needed here. {_again(lesson)}"
    return ""


def _own(lesson: Lesson) -> str:
    return f"Your module of lesson {lesson.number}, tinytorch/core/{lesson.name}.py,"


def _again(lesson: Lesson) -> str:
    return f"Mend it in that lesson's notebook, then `{typed(f'export {lesson.number}')}`"


def _where(error: BaseException, path: Path) -> str:
    """`NameError (name 'x' is not defined), line 12: return x`."""
    if isinstance(error, NotThere):
        return str(error)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    said = f"{type(error).__name__} ({error})"
    return f"{said}, line {frames[-1].lineno}: {frames[-1].line}" if frames else said


def export(name: str) -> None:
    """Export the saved notebook of a lesson by the command, and show what it says."""
    if os.environ.get("NBGRADER_EXECUTION"):
        return
    workspace = own_workspace()
    lesson = workspace and workspace.named(name)
    if not workspace or not lesson:
        print("Nothing was exported: this notebook is in no student's workspace.")
        return
    path = workspace.notebook(lesson)
    if "google.colab" in sys.modules:
        _save_from_colab(workspace, lesson)
    elif unsaved := unsaved_exercises(path):
        names = ", ".join(f"`{x}`" for x in unsaved)
        print(f"Not exported: the saved file holds {names} in another form than you ran last.")
        print("Save the notebook (Ctrl+S), and run this cell again.")
        return
    print(f"Checking {path.name} as grading does ...", flush=True)
    command = [sys.executable, "-m", "tinytorch", "export", lesson.number]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "80"}
    with subprocess.Popen(
        command,
        cwd=workspace.root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)


def unsaved_exercises(path: Path) -> list[str]:
    """Exercises whose cell was run in another form than the saved file holds, by what was run."""
    main = vars(sys.modules["__main__"])
    ran: dict[str, str] = {}
    for source in main.get("In", ()):
        for name in _definitions(source):
            ran[name] = source.strip()
    found = []
    for cell in read_notebook(path).cells:
        names = _definitions(cell.source) if cell.is_exercise else []
        if any(name in ran and ran[name] != cell.source.strip() for name in names):
            found.append(cell.grade_id)
    return found


def _definitions(source: str) -> list[str]:
    try:
        return defined_names([source])
    except SyntaxError:  # unfinished, or magics
        return []


def _save_from_colab(workspace: Workspace, lesson: Lesson) -> None:
    """Put the notebook that is open in Colab, which keeps it elsewhere, into the workspace."""
    import json

    from google.colab import _message

    data = _message.blocking_request("get_ipynb", timeout_sec=30)["ipynb"]
    text = json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    kept.replace(workspace.notebook(lesson), text.encode(), workspace.kept(lesson))
