"""What is handed in: the notebook, looked at once more, and a receipt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tinytorch.errors import TinyTorchError
from tinytorch.workspace import kept
from tinytorch.workspace.check import Checked
from tinytorch.workspace.notebooks import Differences, compare, read_notebook, read_release
from tinytorch.workspace.place import Lesson, Workspace, typed

LARGEST = 10_000_000  # bytes: pictures in outputs make notebooks large


class SubmitError(TinyTorchError):
    """A notebook that can't be handed in."""


@dataclass(frozen=True)
class Submission:
    """What was put into `submit/`."""

    path: Path
    receipt: Path
    sha256: str
    moment: str


def submit(workspace: Workspace, lesson: Lesson, checked: Checked | None) -> Submission:
    """Copy the notebook to `submit/NN_name/name.ipynb`, with a receipt beside it.

    Args:
        checked: what `check` said of the notebook; None where it could not be run. What was
            checked is what is handed in, whatever was saved meanwhile.

    Raises:
        SubmitError: tests or exercises are missing or changed, it is too large, or its process
            ends while it is run.
    """
    notebook = checked.notebook if checked else read_notebook(workspace.notebook(lesson))
    name, data = notebook.path.name, notebook.raw
    found = compare(notebook, read_release(workspace.release(lesson)))
    if reason := refusal(lesson, found):
        raise SubmitError(f"{name} can't be handed in. {reason}")
    if checked and checked.died:
        where = f"the process ended at the cell {checked.died!r}"
        raise SubmitError(f"{name} can't be graded: {where}. Mend that cell, save, and try again")
    if len(data) > LARGEST:
        message = f"{name} is {len(data) / 1e6:.1f} MB large, and {LARGEST / 1e6:g} are taken"
        raise SubmitError(f"{message}: clear its outputs (Edit, Clear Outputs of All Cells), save")
    folder = workspace.root / "submit" / lesson.folder
    moment = datetime.now().astimezone().isoformat(timespec="seconds")
    made = Submission(folder / name, folder / "receipt.json", kept.sha256(data), moment)
    kept.replace(made.path, data, workspace.kept(lesson) / "submitted")
    receipt = {
        "lesson": lesson.folder,
        "sha256": made.sha256,
        "moment": moment,
        "points of the tests in it": checked and checked.earned,
        "of": checked and checked.points,
    }
    kept.write_json(made.receipt, receipt)
    return made


def refusal(lesson: Lesson, found: Differences) -> str:
    """What has to be mended before a notebook is handed in, with the command that does."""
    if not found and found.begins:
        return ""
    again = typed(f"reset {lesson.number} --keep-answers")
    parts = []
    if not found.has_marks:
        parts.append("The course's marks are gone from all its cells: another editor dropped them")
    elif found.deleted:
        parts.append(f"Deleted: {', '.join(found.deleted)}")
    if not found.begins:
        parts.append("The first cell of code is gone, without which no test runs")
    if found.changed:
        parts.append(f"Changed tests: {', '.join(found.changed)}")
    if found.twice:
        parts.append(f"There twice: {', '.join(found.twice)} (delete the copy you don't want)")
    return f"{'. '.join(parts)}.\n`{again}` puts all in order, with your answers in their places"
