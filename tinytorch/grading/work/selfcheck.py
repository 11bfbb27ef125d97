"""Whether our own way works with the libraries that are here, found before anybody is graded.

What it rests on inside them is looked for by name, and two known cells are graded in the process
that grades, from sanitising to scores, in a run behind its walls.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterable

from tinytorch.files import remove_tree
from tinytorch.grading import ToolFault
from tinytorch.grading.nb import parts as of_worker
from tinytorch.grading.nb.records import GradedCell, NotebookRecord, SourceCell
from tinytorch.grading.reasons import brief, reason_of
from tinytorch.grading.run.process import USUAL_ARGUMENTS, Run, RunSpec, WarmParent
from tinytorch.grading.run.walls import Enclosure, Walls
from tinytorch.grading.run.warm import parts
from tinytorch.grading.work.messages import Verdict
from tinytorch.slow_imports import without_rfc3987

MOST_TOLD = 3  # missing parts
MOST_SHOWN = 100  # characters of what a known cell gave
ANSI = re.compile(r"\x1b\[[0-9;]*m")
RIGHT = 'print("printed")\n"shown"'
WRONG = "def divide(a, b):\n    return a / b\n\ndivide(1, 0)"
CELLS = {"right": RIGHT, "wrong": WRONG}
OUTPUTS = {
    "right": [
        {"output_type": "stream", "name": "stdout", "text": "printed\n"},
        {
            "output_type": "execute_result",
            "data": {"text/plain": "'shown'"},
            "metadata": {},
            "execution_count": 1,
        },
    ],
    "wrong": [{"output_type": "error", "ename": "ZeroDivisionError", "evalue": "division by zero"}],
}
# Lines of the traceback, in this order; their colours and what is between them are IPython's.
TRACEBACK = (
    "Traceback (most recent call last)",
    "----> 4 divide(1, 0)",
    "----> 2     return a / b",
    "ZeroDivisionError: division by zero",
)
SCORES = {"right": 1.0, "wrong": 0.0}


def check(warm: WarmParent) -> Verdict:
    """What there is to say of a process that grades.

    Args:
        warm: one that has run nothing yet. It is as good as new afterwards.
    """
    try:
        fault = _lacking("tinytorch.grading.work.grader", of_worker.PARTS) or _difference(warm)
    except ToolFault as error:
        fault = _with_versions(str(error))
    except Exception as error:  # whatever has changed, it is told, and costs no one's points
        fault = _with_versions(f"the known cells could not be graded: {reason_of(error)}")
    return Verdict(fault, tuple(parts.untested()))


def check_pages() -> Verdict:
    """What there is to say of a process that writes feedback."""
    try:
        fault = _lacking("tinytorch.grading.nb.pages", of_worker.OF_PAGES)
    except Exception as error:
        fault = _with_versions(reason_of(error))
    return Verdict(fault, tuple(parts.untested()))


def check_here(walls: Walls) -> Verdict:
    """What there is to say of this machine, behind such walls."""
    with Enclosure(walls) as enclosure:
        warm = WarmParent(USUAL_ARGUMENTS, enclosure)
        try:
            return check(warm)
        finally:
            warm.close()


def _lacking(module: str, wanted: Iterable[parts.Part]) -> str:
    """Import a module of ours; where parts that it needs are missing, say which."""
    failure = None
    with without_rfc3987():
        try:
            __import__(module)
        except Exception as error:  # a part that is imported by name says so less plainly
            failure = error
        lacking = parts.missing(wanted)
    if failure and not lacking:
        raise failure
    return "; ".join(map(str, lacking[:MOST_TOLD]))


def _difference(warm: WarmParent) -> str:
    """What the known cells give that they should not; nothing where all is well."""
    outputs, scores = _grade_known(warm)
    for name, expected in OUTPUTS.items():
        found = [{**each} for each in outputs[name]]
        traceback = [line for each in found for line in each.pop("traceback", [])]
        if found != expected:
            return _told(name, found, expected)
        text = ANSI.sub("", "\n".join(traceback))
        if name == "wrong" and not re.search(".*".join(map(re.escape, TRACEBACK)), text, re.DOTALL):
            return _told(name, text, " … ".join(TRACEBACK))
    return _told("scores", scores, SCORES) if scores != SCORES else ""


def _told(name: str, found: object, expected: object) -> str:
    gave = f"gave {str(found)[:MOST_SHOWN]} where {str(expected)[:MOST_SHOWN]} was due"
    return brief(_with_versions(f"of the known cells, {name} {gave}"))


def _grade_known(warm: WarmParent) -> tuple[dict[str, list], dict[str, float | None]]:
    """The outputs of the known cells, and their scores."""
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    from tinytorch.grading.nb.converters import converter
    from tinytorch.grading.nb.passes import grade_notebook
    from tinytorch.grading.nb.steps import Work

    folder = warm.enclosure.new_run()
    environment = warm.enclosure.environment_of(folder)

    def start(cpu_seconds: int | None) -> Run:
        return warm.start(RunSpec(folder, environment=environment))

    work = Work(_record(), start, environment, {}, known=CELLS.values())
    course = CourseDirectory(config=Config(), root=str(folder))
    about = {"student": "known", "assignment": "known", "folder": folder}
    try:
        with warnings.catch_warnings(action="ignore"):
            text = grade_notebook(converter("Autograde", course), _notebook(), work, **about)
    finally:
        remove_tree(folder)
    cells = json.loads(text)["cells"]
    outputs = {cell["metadata"]["nbgrader"]["grade_id"]: cell["outputs"] for cell in cells}
    return {name: _joined(outputs[name]) for name in outputs}, work.sheet.auto_scores


def _joined(outputs: list[dict]) -> list[dict]:
    """Outputs with each text in one piece, as they were before they were written to a file."""
    for output in outputs:
        if "text" in output:
            output["text"] = "".join(output["text"])
        for kind, lines in output.get("data", {}).items():
            output["data"][kind] = "".join(lines)
    return outputs


def _notebook() -> dict:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [_cell(name, source) for name, source in CELLS.items()]
    about = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}}
    return {**about, "cells": cells}


def _cell(name: str, source: str) -> dict:
    marks = {"grade": True, "locked": True, "solution": False, "task": False, "points": 1}
    about = {**marks, "grade_id": name, "schema_version": 3, "cell_type": "code"}
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {"nbgrader": about},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def _record() -> NotebookRecord:
    from nbformat import from_dict
    from nbgrader.utils import compute_checksum

    sums = {name: compute_checksum(from_dict(_cell(name, text))) for name, text in CELLS.items()}
    source = tuple(SourceCell(n, "code", text, sums[n], True) for n, text in CELLS.items())
    graded = tuple(GradedCell(name, 1) for name in CELLS)
    return NotebookRecord("known", None, source, graded, (), ())


def _with_versions(told: str) -> str:
    """What is told, and the versions of the packages that it is about, or of all."""
    here = {package: f"{package} {parts.installed(package)}" for package in parts.SEEN}
    if any(words in told for words in here.values()):
        return told
    named = [here[p] for p in here if p.lower().replace("-", "_") in told.lower()]
    return f"{told} (with {', '.join(named or here.values())})"
