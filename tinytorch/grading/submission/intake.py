"""From what a student handed in to a copy that nbgrader can grade, or the reason why not.

nbgrader trusts what it reads: one duplicate grade_id, old schema version or deleted cell
loses the student, and some end the whole batch. So a submission is read here with suspicion,
and its copy is rebuilt from what grading needs: each cell's type, source and place, with the
metadata of the released cell. What a student's metadata says (a `skip-execution` tag on the
tests, for one) counts for nothing.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path

from tinytorch.files import walk
from tinytorch.grading import NotGraded
from tinytorch.grading.cells import ROLES, grade_id_of, has_role, is_exercise, marks_of, source_of
from tinytorch.grading.submission.doubt import doubts
from tinytorch.grading.submission.folders import files_of, is_too_long
from tinytorch.slow_imports import without_rfc3987

HALVES = re.compile("[\ud800-\udfff]")  # of characters: no file takes them
MAX_BYTES = 100_000_000  # what nbgrader itself collects at most


def pack(folder: Path, names: Iterable[str], ignore: Iterable[str] = ()) -> dict[str, bytes]:
    """The assignment's notebooks in a submission, and the files beside them.

    Args:
        names: the notebooks of the assignment.
        ignore: patterns of file and folder names to leave out.

    Raises:
        NotGraded: there is no such notebook, or one that is no file; or there is a link, whose
            target nobody knows when it is read.
    """
    _refuse_links(folder)
    files = {path.name: _bytes(path) for path in _present(folder, list(names))}
    for path in files_of(folder, ignore):
        if path.suffix != ".ipynb":
            files[path.relative_to(folder).as_posix()] = _bytes(path)
    if sum(map(len, files.values())) > MAX_BYTES:
        raise NotGraded(f"all files together are larger than {MAX_BYTES // 1_000_000} MB")
    return files


def unpack(
    files: dict[str, bytes], released: dict[str, dict], *, put_back: bool = True
) -> tuple[dict[str, dict], list[str]]:
    """The repaired notebooks of a submission by name, and what was repaired.

    Args:
        files: from `pack`.
        released: the assignment's notebooks as they were released.
        put_back: whether deleted cells are put back.

    Raises:
        NotGraded: nothing here can be graded.
    """
    notebooks, repairs = {}, []
    files = _by_name(files, released, repairs)
    for name, template in released.items():
        data = files.get(f"{name}.ipynb")
        if data is None:
            repairs.append(f"{name}.ipynb is not there, its points are lost")
            continue
        notebook = read_notebook(f"{name}.ipynb", data)
        notebooks[name], repaired = repair(notebook, template, put_back=put_back)
        repairs += repaired + doubts(notebooks[name]["cells"], template)
    return notebooks, repairs


def dump(notebook: dict) -> bytes:
    """A notebook as the bytes of its file."""
    return json.dumps(notebook, indent=1).encode()


def read_notebook(name: str, data: bytes) -> dict:
    """Read the notebook of this file name as plain JSON of nbformat 4.

    Raises:
        NotGraded: it is none.
    """
    try:
        notebook = json.loads(_text(name, data))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise NotGraded(f"{name} is not JSON: {where}: {error.msg}") from error
    except RecursionError as error:
        raise NotGraded(f"{name} is not a notebook: its JSON is nested too deeply") from error
    except ValueError as error:
        raise NotGraded(f"{name} is not a notebook: a number has too many digits") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("nbformat"), int):
        raise NotGraded(f"{name} is JSON but not a notebook: it has no nbformat")
    if notebook["nbformat"] < 4:
        notebook = _converted(name, notebook)
    if notebook["nbformat"] > 4:
        raise NotGraded(f"{name} is of nbformat {notebook['nbformat']}, newer than we can read")
    if not isinstance(notebook.get("cells"), list):
        raise NotGraded(f"{name} is JSON but not a notebook: it has no list of cells")
    return notebook


def repair(notebook: dict, released: dict, *, put_back: bool = True) -> tuple[dict, list[str]]:
    """A notebook that nbgrader can grade, and what had to be repaired for it.

    Args:
        notebook: what a student handed in, from `read_notebook`; not changed.
        released: the notebook as it was released.
        put_back: whether deleted cells are put back, or only told of.
    """
    cells = [_plain(cell, number) for number, cell in enumerate(notebook["cells"], 1)]
    templates = {grade_id_of(cell): cell for cell in released["cells"] if has_role(cell)}
    repairs: list[str] = []
    kept = _choose(cells, templates, repairs)
    cells = [
        _restored(cell, templates[kept[index]], repairs) if index in kept else _unmarked(cell)
        for index, cell in enumerate(cells)
    ]
    if put_back:
        cells = _with_missing(cells, templates, repairs)
    else:
        there = set(map(grade_id_of, cells))
        repairs += [f"'{name}' was deleted" for name in templates if name not in there]
    for number, cell in enumerate(cells, 1):
        cell["id"] = f"cell-{number}"
    given = released.get("metadata")
    kernel = {"kernelspec": given["kernelspec"]} if _has_kernel(given) else {}
    if notebook.get("orig_nbformat", 4) < 4:
        repairs.append(f"was saved as nbformat {notebook['orig_nbformat']}")
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells}, repairs


def _refuse_links(folder: Path) -> None:
    for path in (folder, folder.parent):
        if path.is_symlink():
            raise NotGraded(f"the folder {path.name} is a link: ask for the files themselves")
    for where, folders, files in walk(folder):
        if is_too_long(Path(where), folder):
            raise NotGraded("it holds folders in folders, deeper than can be copied")
        for name in (*folders, *files):
            path = Path(where, name)
            if path.is_symlink():
                found = path.relative_to(folder)
                raise NotGraded(f"{found} is a link, not a file: ask for the file itself")


def _present(folder: Path, names: list[str]) -> list[Path]:
    """The assignment's notebooks in the folder; or the only one there, whatever its name."""
    if not folder.is_dir():
        raise NotGraded(f"{folder.name} is a file where a folder with a notebook is expected")
    present = [folder / f"{name}.ipynb" for name in names]
    present = [path for path in present if os.path.lexists(path)]
    if not present and len(names) == 1:
        others = [path for path in folder.glob("*.ipynb") if not path.name.startswith(".")]
        present = others if len(others) == 1 else []
    if not present:
        there = ", ".join(sorted(path.name for path in folder.iterdir())[:5]) or "nothing"
        raise NotGraded(_expected(names, there))
    return present


def _expected(names: Iterable[str], there: str) -> str:
    expected = ", ".join(f"{name}.ipynb" for name in names)
    return f"expected {expected}, found {there}: rename it and grade again"


def _by_name(files: dict[str, bytes], released: dict[str, dict], repairs: list[str]) -> dict:
    """The files, in which the only notebook has the name of the released one.

    Raises:
        NotGraded: it has another name, and hardly a cell of this lesson.
    """
    there = [name for name in files if name.endswith(".ipynb")]
    if len(released) > 1 or len(there) != 1 or there[0].removesuffix(".ipynb") in released:
        return files
    (name, template), (found,) = *released.items(), there
    cells = read_notebook(found, files[found])["cells"]
    wanted = {grade_id_of(cell) for cell in template["cells"] if has_role(cell)}
    known = {grade_id_of(_plain(cell, number)) for number, cell in enumerate(cells, 1)}
    if 2 * len(wanted & known) < len(wanted):
        raise NotGraded(_expected(released, found))
    repairs.append(f"{found} was taken for {name}.ipynb")
    return {f"{name}.ipynb" if each == found else each: data for each, data in files.items()}


def _bytes(path: Path) -> bytes:
    """The content of a file that someone else wrote."""
    name = path.name
    if not path.is_file():
        raise NotGraded(f"{name} is not a file")
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
    except OSError as error:
        raise NotGraded(f"{name} can't be read: {error.strerror}") from error
    if data is None:
        mend = "clear its outputs" if path.suffix == ".ipynb" else "hand in without it"
        raise NotGraded(f"{name} is larger than {MAX_BYTES // 1_000_000} MB: {mend}")
    return data


def _text(name: str, data: bytes) -> str:
    if not data.strip():
        raise NotGraded(f"{name} is empty: ask for the file again")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotGraded(f"{name} is not text: byte {error.start} is not UTF-8") from error


def _converted(name: str, notebook: dict) -> dict:
    """A notebook of an old format in nbformat 4, by nbformat itself."""
    with without_rfc3987():
        import nbformat
    old = notebook["nbformat"]
    try:
        return {**nbformat.reads(json.dumps(notebook), as_version=4), "orig_nbformat": old}
    except Exception as error:  # whatever a converter stumbles over in a file that is no notebook
        raise NotGraded(f"{name} is not a notebook of nbformat {old}: {error!r}") from error


def _plain(cell: object, number: int) -> dict:
    """A cell with its type, source, attachments and nbgrader's metadata, and nothing else."""
    kind = cell.get("cell_type") if isinstance(cell, dict) else None
    source = cell.get("source", "") if isinstance(cell, dict) else None
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if kind not in ("code", "markdown", "raw") or not isinstance(source, str):
        raise NotGraded(f"cell {number} of the notebook is damaged: ask for the file again")
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    plain = _cell(kind, _whole(source), {"nbgrader": marks} if isinstance(marks, dict) else {})
    if kind == "markdown" and isinstance(cell.get("attachments"), dict):
        attachments = json.dumps(cell["attachments"], ensure_ascii=False)
        plain["attachments"] = json.loads(_whole(attachments))
    return plain


def _whole(text: str) -> str:
    return HALVES.sub("\ufffd", text)


def _cell(kind: str, source: str, metadata: dict) -> dict:
    cell = {"cell_type": kind, "source": source, "metadata": metadata}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def _has_kernel(metadata: object) -> bool:
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    return isinstance(kernel, dict) and isinstance(kernel.get("name"), str)


def _choose(cells: list[dict], templates: dict[str, dict], repairs: list[str]) -> dict[int, str]:
    """Which cell stands for which grade_id: of copies the last that the student wrote in."""
    places: dict[str, list[int]] = {}
    for index, cell in enumerate(cells):
        if grade_id_of(cell) in templates:
            places.setdefault(grade_id_of(cell), []).append(index)
        elif has_role(cell):
            repairs.append(f"the lesson has no cell '{grade_id_of(cell)}', read as a plain cell")
    chosen = {}
    for grade_id, indexes in places.items():
        untouched = source_of(templates[grade_id])
        written = [index for index in indexes if cells[index]["source"] != untouched]
        chosen[(written or indexes)[-1]] = grade_id
        if len(indexes) > 1:
            repairs.append(f"{len(indexes)} cells bear the grade_id '{grade_id}', one counts")
    return chosen


def _unmarked(cell: dict) -> dict:
    return {**cell, "metadata": {}}


def _restored(cell: dict, template: dict, repairs: list[str]) -> dict:
    """The student's source in a cell that else is the released one."""
    grade_id, marks, wanted = grade_id_of(template), marks_of(cell), marks_of(template)
    schema = marks.get("schema_version", 0)
    if schema != wanted["schema_version"]:
        repairs.append(f"the metadata of '{grade_id}' was of nbgrader's schema {schema}")
    elif any(bool(marks.get(role)) != bool(wanted.get(role)) for role in ROLES):
        repairs.append(f"the metadata of '{grade_id}' was changed")
    if cell["cell_type"] == template["cell_type"]:
        return {**cell, "metadata": deepcopy(template["metadata"])}
    repairs.append(f"'{grade_id}' was turned into a {cell['cell_type']} cell")
    return _cell(template["cell_type"], cell["source"], deepcopy(template["metadata"]))


def _with_missing(cells: list[dict], templates: dict, repairs: list[str]) -> list[dict]:
    """The cells with deleted ones put back, each behind the one that it follows in the lesson."""
    cells, names = list(cells), [grade_id_of(cell) for cell in cells]
    # Where no cell is known (a tool stripped the metadata) the tests go behind the student's work.
    at = 0 if any(name in templates for name in names) else len(cells)
    for grade_id, template in templates.items():
        if grade_id in names:
            at = names.index(grade_id) + 1
            continue
        cells.insert(at, _put_back(template))
        names.insert(at, grade_id)
        repairs.append(f"'{grade_id}' was deleted, put back")
        at += 1
    return cells


def _put_back(template: dict) -> dict:
    """A deleted cell, as it was released.

    But an exercise comes back empty: its stub would overwrite what a student may have
    defined in a cell of their own.
    """
    source = source_of(template)
    if template["cell_type"] == "code" and is_exercise(template):
        source = "# This cell was deleted; it was put back empty for grading."
    return _cell(template["cell_type"], source, deepcopy(template["metadata"]))
