"""Hold two graded copies of a course against each other: rows of the gradebook, and outputs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tinytorch.grading.nb import gradebook
from tinytorch.grading.nb.course import Course

# What differs from run to run, whoever runs: addresses, and the names of temporary files.
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
CELL_FILE = re.compile(r"ipykernel_\d+")
CORE = re.compile(r"/[\w/.-]*tinytorch-earlier-\w+/")


def gradebook_rows(root: Path) -> dict[str, list[tuple]]:
    """All rows that hold grades and comments, sorted, with names in place of ids."""
    with gradebook.gradebook(Course(root)) as book:
        return {name: sorted(rows, key=repr) for name, rows in _tables(book).items()}


def notebook_outputs(root: Path) -> dict[str, list]:
    """The outputs of every cell that bears a grade_id or has any, by the notebook's place."""
    course = Course(root)
    found = {}
    for student, assignments in course.handed_in().items():
        for assignment in assignments:
            for path in sorted(course.autograded(student, assignment).glob("*.ipynb")):
                place = f"{student}/{assignment}/{path.name}"
                found[place] = list(_outputs(json.loads(path.read_text(encoding="utf-8")), root))
    return found


def differences(ours: dict, theirs: dict) -> list[str]:
    """Where two results of the functions above differ, a line each."""
    found = []
    for name in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(name), theirs.get(name)
        if mine is None or other is None:
            found.append(f"{name}: only {'theirs' if mine is None else 'ours'} has it")
            continue
        found += [f"{name}: ours {row}" for row in mine if row not in other]
        found += [f"{name}: theirs {row}" for row in other if row not in mine]
        if not found and mine != other:
            found.append(f"{name}: the same in another order or number")
    return found


def _tables(book) -> dict[str, list[tuple]]:
    from nbgrader import api

    submissions = book.db.query(api.SubmittedAssignment).all()
    notebooks = [notebook for each in submissions for notebook in each.notebooks]

    def place(notebook) -> tuple:
        return notebook.assignment.student_id, notebook.assignment.name, notebook.name

    return {
        "student": [
            (s.id, s.first_name, s.last_name, s.email, s.lms_user_id) for s in book.students
        ],
        "submitted_assignment": [
            (s.student_id, s.name, s.timestamp, s.extension, s.score, s.needs_manual_grade)
            for s in submissions
        ],
        "submitted_notebook": [
            (*place(n), n.flagged, n.late_submission_penalty, n.score, n.max_score)
            for n in notebooks
        ],
        "grade": [
            (
                *place(n),
                *(g.name, g.cell.type, g.auto_score, g.manual_score, g.extra_credit),
                *(g.needs_manual_grade, g.score, g.max_score, g.failed_tests),
            )
            for n in notebooks
            for g in n.grades
        ],
        "comment": [
            (*place(n), c.name, c.cell.type, c.auto_comment, c.manual_comment)
            for n in notebooks
            for c in n.comments
        ],
    }


def _outputs(notebook: dict, root: Path) -> Iterator[tuple]:
    for cell in notebook["cells"]:
        marks = cell["metadata"].get("nbgrader", {})
        outputs = cell.get("outputs", [])
        if marks.get("grade_id") or outputs:
            text = _steady(json.dumps(_merged(outputs), sort_keys=True), root)
            yield marks.get("grade_id"), cell["cell_type"], _text(cell["source"]), text


def _merged(outputs: list[dict]) -> list[dict]:
    """Neighbouring pieces of a stream as one: where it is cut depends on the clock."""
    merged: list[dict] = []
    for output in outputs:
        output = {k: v for k, v in output.items() if k != "transient"}
        if output["output_type"] == "stream":
            output["text"] = _text(output["text"])
            last = merged[-1] if merged else {}
            if last.get("name") == output["name"]:
                last["text"] += output["text"]
                continue
        merged.append(output)
    return merged


def _steady(text: str, root: Path) -> str:
    text = CORE.sub("", CELL_FILE.sub("ipykernel_PID", ADDRESS.sub("0xADDRESS", text)))
    return text.replace(str(Path(root).resolve()), "ROOT")


def _text(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
