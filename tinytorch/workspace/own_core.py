"""`tinytorch.core` in a workspace: the modules that the student has exported or borrowed.

A kit's package has no framework in it. Its `tinytorch/core/__init__.py` calls `adopt`, which lets
the package look into the workspace, and says what to do where a module is not there yet.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Any

from tinytorch.workspace.place import Lesson, Workspace, find, typed

CORE = "tinytorch.core"


def adopt() -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """`__path__`, `__getattr__` and `__dir__` for the package `tinytorch.core`."""
    workspace = find()
    sys.meta_path[:] = [x for x in sys.meta_path if type(x).__name__ != Missing.__name__]
    sys.meta_path.append(Missing(workspace))

    def get(name: str) -> Any:
        if name == "__all__":
            return names()
        lesson = workspace and _maker_of(workspace, name)
        if workspace and (module := workspace.named(name)):  # from tinytorch.core import losses
            return importlib.import_module(f"{CORE}.{module.name}")
        if not lesson:
            raise AttributeError(f"module {CORE!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{CORE}.{lesson.name}"), name)

    def names() -> list[str]:
        found = workspace.lessons if workspace else []
        made = [lesson for lesson in found if workspace.module(lesson).is_file()]
        return sorted(name for lesson in made for name in lesson.public)

    return [str(workspace.core)] if workspace else [], get, names


def _maker_of(workspace: Workspace, name: str) -> Lesson | None:
    return next((lesson for lesson in workspace.lessons if name in lesson.public), None)


class NotThere(ModuleNotFoundError):
    """A module of the framework that is not there, or can't be used; says what to do."""

    def _render_traceback_(self) -> list[str]:  # what IPython shows in place of a traceback
        return [str(self)]


class Missing(MetaPathFinder):
    """The last one to be asked for a module: says how one gets a lesson's that isn't there."""

    def __init__(self, workspace: Workspace | None):
        self.workspace = workspace

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        package, _, name = fullname.rpartition(".")
        if package != CORE:
            return
        if self.workspace is None:
            message = f"No module named {fullname!r}: it is your own code, which lies in your"
            mend = "workspace; run this there, or set TINYTORCH_WORKSPACE to that folder"
            raise NotThere(f"{message} {mend}", name=fullname)
        lesson = self.workspace.named(name)
        if lesson is not None:
            raise NotThere(missing(self.workspace, lesson), name=fullname)


def missing(workspace: Workspace, lesson: Lesson) -> str:
    """What to do where the module of a lesson is not there."""
    mend = f"finish that lesson and run `{typed(f'export {lesson.number}')}`"
    if lesson.borrowable:
        mend += f", or `{typed(f'borrow {lesson.number}')}`"
    return f"{lesson.name}.py of lesson {lesson.number} is not there yet: {mend}"
