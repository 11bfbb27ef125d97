"""How far a student is: what each lesson has earned, whose module is there, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tinytorch.workspace import kept
from tinytorch.workspace.export import BORROWED, MISSING, OWN, whose
from tinytorch.workspace.notebooks import NotebookError, fingerprint, read_notebook
from tinytorch.workspace.place import Lesson, Workspace, typed

if TYPE_CHECKING:
    from tinytorch.workspace.check import Checked

PROGRESS, MILESTONES = "progress.json", "milestones"


@dataclass(frozen=True)
class Row:
    """A lesson as it stands."""

    lesson: Lesson
    earned: float | None  # of the last check; None where there was none
    points: float | None
    is_readable: bool  # whether the notebook can be read
    is_stale: bool  # whether the notebook was changed since it was checked
    whose: str  # own, borrowed or missing
    is_newer: bool  # whether the notebook was changed since the module was exported
    is_edited: bool  # whether the module was changed by hand
    wrong: list[str]  # exercises that were not right when the module was exported
    submitted: str  # when
    is_submission_older: bool  # than the notebook

    @property
    def is_done(self) -> bool:
        return self.earned is not None and self.earned == self.points and self.whose != MISSING


def note_check(workspace: Workspace, checked: Checked) -> None:
    """Remember what a check said."""
    _note(
        workspace,
        checked.lesson,
        earned=checked.earned,
        points=checked.points,
        checked=fingerprint(checked.notebook),
    )


def note_export(workspace: Workspace, checked: Checked, module: str, wrong: list[str]) -> None:
    """Remember of what notebook a module was made, and which exercises were not right."""
    about = {"notebook": fingerprint(checked.notebook, answers=False), "wrong": wrong}
    _note(workspace, checked.lesson, made={kept.sha256(module.encode()): about})


def note_submission(workspace: Workspace, lesson: Lesson, moment: str) -> None:
    _note(workspace, lesson, submitted=moment, handed_in=_fingerprints(workspace, lesson)[0])


def note_milestone(workspace: Workspace, name: str) -> None:
    with kept.alone(workspace.private):
        known = _facts(workspace)
        reached = set(known.get(MILESTONES, ())) | {name}
        kept.write_json(workspace.private / PROGRESS, known | {MILESTONES: sorted(reached)})


def reached(workspace: Workspace) -> list[str]:
    """The milestones whose mark was reached."""
    return list(_facts(workspace).get(MILESTONES, ()))


def _facts(workspace: Workspace) -> dict[str, Any]:
    return kept.read_json(workspace.private / PROGRESS)


def _note(workspace: Workspace, lesson: Lesson, **facts: Any) -> None:
    with kept.alone(workspace.private):
        known, before = _facts(workspace), _facts_of(workspace, lesson)
        made = before.get("made", {}) | facts.get("made", {})
        known[lesson.folder] = before | facts | ({"made": made} if made else {})
        kept.write_json(workspace.private / PROGRESS, known)


def rows(workspace: Workspace) -> list[Row]:
    """Every lesson as it stands."""
    return [row_of(workspace, lesson) for lesson in workspace.lessons]


def row_of(workspace: Workspace, lesson: Lesson) -> Row:
    """A lesson as it stands."""
    facts, owner = _facts_of(workspace, lesson), whose(workspace, lesson)
    notebook, code = _fingerprints(workspace, lesson)
    module = workspace.module(lesson)
    sha256 = kept.sha256(module.read_bytes()) if module.is_file() else ""
    made = facts.get("made", {}).get(sha256, {})
    return Row(
        lesson,
        facts.get("earned"),
        facts.get("points"),
        is_readable=bool(notebook),
        is_stale="checked" in facts and facts["checked"] != notebook,
        whose=owner,
        is_newer=owner == OWN and made.get("notebook", code) != code,
        is_edited=owner == OWN and not made,
        wrong=made.get("wrong", []),
        submitted=facts.get("submitted", ""),
        is_submission_older=facts.get("handed_in", notebook) != notebook,
    )


def _facts_of(workspace: Workspace, lesson: Lesson) -> dict[str, Any]:
    facts = _facts(workspace).get(lesson.folder)
    return facts if isinstance(facts, dict) else {}


def _fingerprints(workspace: Workspace, lesson: Lesson) -> tuple[str, str]:
    """Of the notebook with its answers, and of its code alone; of one that can't be read, none."""
    try:
        notebook = read_notebook(workspace.notebook(lesson))
    except NotebookError:
        return "", ""
    return fingerprint(notebook), fingerprint(notebook, answers=False)


def next_step(workspace: Workspace) -> str:
    """The one thing to do now, with the command that does it."""
    for row in rows(workspace):
        lesson, number = row.lesson, row.lesson.number
        export = typed(f"export {number}")
        if not row.is_readable:
            return (
                f"lesson {number}: its notebook can't be read; {typed(f'check {number}')} says why"
            )
        if row.whose == MISSING and lesson.exports:
            if row.earned is None:
                return f"lesson {number}: open lessons/{lesson.folder}/{lesson.name}.ipynb"
            if row.earned == row.points:
                return f"{export}: the next lessons run on your {lesson.name}"
            return f"finish lesson {number}, save, and {typed(f'check {number}')}"
        if row.wrong and row.whose == OWN:
            return f"lesson {number}: {some(row.wrong)} {_was(row.wrong)} not right when exported"
        if row.is_newer:
            first = export if row.earned == row.points else typed(f"check {number}")
            return f"{first}: your notebook is newer than your module"
    return f"all lessons are done: {typed('run')} shows what your framework can train"


def runs_on(workspace: Workspace, lesson: Lesson) -> str:
    """On whose code a lesson runs: `tensor (your own), activations (borrowed)`."""
    before = workspace.before(lesson)
    parts = [f"{x.name} ({described(row_of(workspace, x))})" for x in before]
    return f"Lesson {lesson.number} runs on {', '.join(parts)}." if parts else ""


def shaky_ground(workspace: Workspace, lesson: Lesson) -> str:
    """Which earlier lessons' modules are not to be trusted, if any are."""
    parts = []
    for row in (row_of(workspace, x) for x in workspace.before(lesson)):
        if row.whose == OWN and (row.wrong or row.is_edited):
            what = f"{some(row.wrong)} not right when exported" if row.wrong else "edited by hand"
            parts.append(f"lesson {row.lesson.number} ({what})")
    if not parts:
        return ""
    return f"It runs on your own {' and '.join(parts)}: what fails here may come from there."


def in_a_word(row: Row) -> str:
    """Whose module of a lesson is there, as it fits into a table."""
    if row.whose == MISSING:
        return "-"
    words = {OWN: "your own", BORROWED: "borrowed"}[row.whose]
    more = {"not right": row.wrong, "edited": row.is_edited, "older": row.is_newer}
    return words + next((f", {word}" for word, holds in more.items() if holds), "")


def described(row: Row) -> str:
    """Whose module of a lesson is there, and what is to be known of it."""
    words = {OWN: "your own", BORROWED: "borrowed", MISSING: "missing"}[row.whose]
    if row.wrong:
        words += f", exported while {some(row.wrong)} {_was(row.wrong)} not right"
    elif row.is_edited:
        words += ", edited by hand"
    elif row.is_newer:
        words += ", older than your notebook"
    return words


def some(names: list[str], most: int = 3) -> str:
    """Names, or the first of them and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _was(names: list[str]) -> str:
    return "was" if len(names) == 1 else "were"
