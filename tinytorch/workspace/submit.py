"""What is handed in: the notebook, looked at once more, and a receipt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tinytorch.errors import TinyTorchError
from tinytorch.workspace import kept
from tinytorch.workspace.check import Checked
from tinytorch.workspace.notebooks import Differences, compare, read_notebook
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
    """Copy the saved notebook to `submit/NN_name/name.ipynb`, with a receipt beside it.

    Args:
        checked: what `check` said of the notebook as it is now; None where it could not be run.

    Raises:
        SubmitError: tests or exercises are missing or changed, or it is too large.
    """
    path = workspace.notebook(lesson)
    data = path.read_bytes()
    found = compare(read_notebook(path), read_notebook(workspace.release(lesson)))
    if reason := refusal(lesson, found):
        raise SubmitError(f"{path.name} can't be handed in: {reason}")
    if len(data) > LARGEST:
        message = f"{path.name} is {len(data) / 1e6:.1f} MB large, and {LARGEST / 1e6:g} are taken"
        raise SubmitError(f"{message}: clear its outputs (Edit, Clear Outputs of All Cells), save")
    folder = workspace.root / "submit" / lesson.folder
    moment = datetime.now().astimezone().isoformat(timespec="seconds")
    made = Submission(
        folder / path.name,
        folder / "receipt.json",
        kept.sha256(data),
        moment,
    )
    kept.replace(made.path, data, workspace.kept(lesson))
    kept.write_json(
        made.receipt,
        {
            "lesson": lesson.folder,
            "sha256": made.sha256,
            "moment": moment,
            "points of the tests in it": checked and checked.earned,
            "of": checked and checked.points,
        },
    )
    return made


def refusal(lesson: Lesson, found: Differences) -> str:
    """What has to be mended before a notebook is handed in, with the command that does."""
    parts = []
    if found.deleted:
        parts.append(f"deleted: {', '.join(found.deleted)}")
    if found.changed:
        parts.append(f"changed tests: {', '.join(found.changed)}")
    if found.twice:
        parts.append(f"there twice: {', '.join(found.twice)}")
    if not parts:
        return ""
    again = typed(f"reset {lesson.number} NAME")
    return "; ".join(parts) + f". `{again}` brings a cell back"
