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

from tinytorch.errors import UsageError
from tinytorch.modules import parsed_names
from tinytorch.workspace import kept, status
from tinytorch.workspace.notebooks import read_notebook
from tinytorch.workspace.own_core import CORE, NotThere, missing
from tinytorch.workspace.pace import SLOW, Pace
from tinytorch.workspace.place import WORKSPACE, Lesson, Workspace, find, typed

FASTER = "It is right; NumPy's functions of whole arrays, where loops stand, make it fast."
pace: Pace | None = None  # of this process, once a lesson has begun


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
    try:
        workspace = own_workspace()
    except UsageError as error:  # a damaged kit.json
        raise NotThere(str(error)) from None
    lesson = workspace and workspace.named(name)
    if not workspace or not lesson:
        return
    faults = [fault(workspace, x, lesson.needs[x.name]) for x in workspace.before(lesson)]
    if any(faults):
        raise NotThere("\n".join(filter(None, faults)))
    if said := status.runs_on(workspace, lesson):
        print(said)
    if said := status.shaky_ground(workspace, lesson):
        print(said)
    global pace
    if pace is None and lesson.needs:
        pace = Pace(workspace.core)


GROUND = """
import sys
from tinytorch.workspace import in_notebook, place
workspace = place.need()
lesson = workspace.named(sys.argv[1])
for x in workspace.before(lesson):
    print("TRIED", x.name, file=sys.stderr, flush=True)
    if said := in_notebook.fault(workspace, x, lesson.needs[x.name]):
        print("FAULT", said, file=sys.stderr, flush=True)
print("DONE", file=sys.stderr)
"""
GROUND_SECONDS = 60


def ground_faults(workspace: Workspace, lesson: Lesson) -> list[str]:
    """Why the modules of earlier lessons can't serve this one, tried in a process of its own."""
    if not lesson.needs:
        return []
    command = [sys.executable, "-P", "-c", GROUND, lesson.name]
    env = {**os.environ, WORKSPACE: str(workspace.root)}
    try:
        done = subprocess.run(
            command,
            env=env,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=GROUND_SECONDS,
        )
        lines, why = done.stderr.splitlines(), "the process ended"
    except subprocess.TimeoutExpired as error:
        lines = (error.stderr or b"").decode(errors="replace").splitlines()
        why = f"it does not end within {GROUND_SECONDS} s"
    faults = [line.removeprefix("FAULT ") for line in lines if line.startswith("FAULT ")]
    tried = [line.removeprefix("TRIED ") for line in lines if line.startswith("TRIED ")]
    if "DONE" not in lines and tried and (last := workspace.named(tried[-1])):
        faults.append(f"{_own(last)} can't be imported: {why}. {_again(workspace, last)}")
    return faults


def say_what_is_slow() -> None:
    """Print which of the student's own functions of earlier lessons took long, if any did."""
    workspace = own_workspace()
    for module, function, seconds in pace.slow() if pace and workspace else ():
        lesson = workspace.named(module)
        where = f" of lesson {lesson.number}" if lesson else ""
        print(f"{SLOW} `{function}`{where} took {seconds:.0f} s here. {FASTER}")


def fault(workspace: Workspace, lesson: Lesson, names: Iterable[str]) -> str:
    """Why the module of an earlier lesson can't serve a later one; nothing where it can."""
    path = workspace.module(lesson)
    if not path.is_file():
        return missing(workspace, lesson)
    try:
        module = importlib.import_module(f"{CORE}.{lesson.name}")
    except (Exception, SystemExit) as error:
        return (
            f"{_own(lesson)} can't be imported: {_where(error, path)}. {_again(workspace, lesson)}"
        )
    lacking = [name for name in names if not hasattr(module, name)]
    if lacking:
        needed = ", ".join(f"`{name}`" for name in lacking)
        return f"{_own(lesson)} lacks {needed}, which is needed here. {_again(workspace, lesson)}"
    return ""


def own_place(error: BaseException) -> list[str]:
    """Where in the student's exported modules an exception was raised, in one line if it was."""
    workspace = own_workspace()
    frames = traceback.extract_tb(error.__traceback__) if workspace else []
    core = str(workspace.core) if workspace else ""
    own = [frame for frame in frames if frame.filename.startswith(core)]
    if not own:
        return []
    last = own[-1]
    where = f"`{last.name}` of your {Path(last.filename).name}"
    return [f"  in {where}, line {last.lineno}: {last.line}"]


def _own(lesson: Lesson) -> str:
    return f"Your module of lesson {lesson.number}, tinytorch/core/{lesson.name}.py,"


def _again(workspace: Workspace, lesson: Lesson) -> str:
    if status.row_of(workspace, lesson).is_edited:
        return f"It was edited by hand: `{typed(f'export {lesson.number}')}` makes it anew"
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
        print("Save the notebook (Ctrl+S), run that cell again, then this one.")
        return
    print(f"Checking {path.name} as grading does ...", flush=True)
    command = [sys.executable, "-P", "-m", "tinytorch", "export", lesson.number]
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
    saved = read_notebook(path).cells
    exercises = [cell for cell in saved if cell.is_exercise]
    others = {cell.source.strip() for cell in saved if not cell.is_exercise}
    ran: dict[str, str] = {}
    for source in vars(sys.modules["__main__"]).get("In", ()):
        if source.strip() not in others:
            ran |= dict.fromkeys(parsed_names(source), source.strip())
    return [
        cell.grade_id
        for cell in exercises
        if any(
            ran.get(x, cell.source.strip()) != cell.source.strip()
            for x in parsed_names(cell.source)
        )
    ]


def _save_from_colab(workspace: Workspace, lesson: Lesson) -> None:
    """Put the notebook that is open in Colab, which keeps it elsewhere, into the workspace."""
    import json

    from google.colab import _message

    data = _message.blocking_request("get_ipynb", timeout_sec=30)["ipynb"]
    text = json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    kept.replace(workspace.notebook(lesson), text.encode(), workspace.kept(lesson))
