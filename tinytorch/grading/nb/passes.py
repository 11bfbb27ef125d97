"""nbgrader's two passes over a submitted notebook in one: sanitise it, then run and score it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tinytorch.grading.nb.steps import INSTEAD, RunCells, Work
from tinytorch.grading.nb.thrift import thrift
from tinytorch.slow_imports import without_rfc3987

with without_rfc3987():
    import nbformat
    from nbconvert.exporters.exporter import ResourcesDict
    from nbgrader.preprocessors import Execute
    from traitlets.utils.importstring import import_item


def grade_notebook(
    converter,
    notebook: dict,
    work: Work,
    *,
    student: str,
    assignment: str,
    folder: Path,
    execute: Callable[..., RunCells] = RunCells,
) -> str:
    """The text of the graded notebook; its scores go onto `work`'s sheet.

    Args:
        converter: nbgrader's Autograde.
        notebook: sanitised; it is changed.
        folder: where it is run.
        execute: what takes the place of nbgrader's Execute.
    """
    exporter = converter.exporter_class(parent=converter, config=converter.config)
    exporter.optimistic_validation = True  # once, after all steps
    steps = INSTEAD | {Execute: execute}
    for step in (*converter.sanitize_preprocessors, *converter.autograde_preprocessors):
        instead = steps.get(_class_of(step))
        exporter.register_preprocessor(instead(work, parent=exporter) if instead else step)
    resources = _resources(work.record.name, student, assignment, folder)
    with thrift():
        text, _ = exporter.from_notebook_node(nbformat.from_dict(notebook), resources)
    return text if text.endswith("\n") else text + "\n"


def _resources(name: str, student: str, assignment: str, folder: Path) -> ResourcesDict:
    """What nbgrader tells its steps about a notebook."""
    resources = ResourcesDict()
    resources["metadata"] = ResourcesDict(name=name, path=str(folder))
    resources["unique_key"] = name
    resources["output_files_dir"] = f"{name}_files"
    resources["nbgrader"] = {"student": student, "assignment": assignment, "notebook": name}
    return resources


def _class_of(step: type | str) -> type:
    return import_item(step) if isinstance(step, str) else step
