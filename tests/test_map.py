"""The rooms of the house, lowest first: no module imports one of a room above its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "tinytorch"
# A module is in the room of the longest name here that it begins with.
ROOMS = (
    ("tinytorch", "tinytorch.errors", "tinytorch.extras", "tinytorch.files", "tinytorch.modules",
     "tinytorch.slow_imports", "tinytorch.data"),
    ("tinytorch.core",),
    ("tinytorch.figures",),
    ("tinytorch.testing",),
    ("tinytorch.cli",),  # by names alone it knows the packages that bring commands
    ("tinytorch.workspace",),
    ("tinytorch.grading.reasons", "tinytorch.grading.cells"),
    ("tinytorch.grading.run.warm.apart",),
    ("tinytorch.grading.run.warm",),
    ("tinytorch.grading.run",),
    ("tinytorch.grading.submission",),
    ("tinytorch.grading.nb",),
    ("tinytorch.grading.work",),
    ("tinytorch.grading",),
    ("tinytorch.course",),
    ("tinytorch.demo",),
    ("tinytorch.__main__",),
)  # fmt: skip
WORDS = "tinytorch.grading"  # its three exceptions, which the rooms below know too
# In a workspace the first and the last cell of a lesson look around there, when they are called.
CALLED_ABOVE = {("tinytorch.testing.session", "tinytorch.workspace.in_notebook")}
# All that may import these: the rest of the grader knows nothing of them.
OF_NB = {"nbgrader", "nbconvert", "nbclient", "sqlalchemy"}
BEYOND_NB = {
    "tinytorch.grading.work.selfcheck",  # grades known cells as the runs do
    "tinytorch.course.run",  # gathers outputs as nbclient does
    "tinytorch.workspace.check",  # runs the student's own notebook, which nobody grades
}


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    return found


MODULES = modules()


def imports(name: str) -> Iterator[str]:
    """The names that a module imports, wherever in it: modules of ours, or top packages."""
    path = MODULES[name]
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            inner = [f"{base}.{alias.name}" for alias in node.names]
            yield from (each if each in MODULES else base for each in inner)


def room(name: str) -> int:
    places = {begin: n for n, begins in enumerate(ROOMS) for begin in begins}
    parts = name.split(".")
    names = [".".join(parts[: n + 1]) for n in range(len(parts))]
    known = [each for each in names if each in places]
    return places[known[-1]]


def ours(name: str) -> set[str]:
    return {each for each in imports(name) if each in MODULES and each != name}


@pytest.mark.parametrize("name", MODULES)
def test_no_module_imports_one_of_a_room_above(name):
    up = {each for each in ours(name) if room(each) > room(name)}
    assert not {each for each in up if each != WORDS and (name, each) not in CALLED_ABOVE}


def test_no_modules_import_each_other_in_a_circle():
    graph = {name: ours(name) for name in MODULES}
    for below, above in CALLED_ABOVE:
        graph[below].discard(above)
    order = list(TopologicalSorter(graph).static_order())  # or a CycleError, with the circle
    assert len(order) == len(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_only_one_room_knows_nbgrader_and_its_tables(name):
    if name.startswith("tinytorch.grading.nb.") or name in BEYOND_NB:
        return
    assert not OF_NB & {each.partition(".")[0] for each in imports(name)}


def test_each_room_is_there():
    names = [begin for begins in ROOMS for begin in begins]
    assert set(names) <= set(MODULES) and len(names) == len(set(names))
    assert all(room(one) <= room(other) for one, other in pairwise(names))
