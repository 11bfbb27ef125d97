"""Milestones: the programs of `examples/`, real models that one's own framework trains."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tinytorch.modules import core_imports

ORDER = ("xor", "spiral", "digits", "mnist", "sequence")  # in which a course reaches them


@dataclass(frozen=True)
class Milestone:
    """A program that trains a model, and exits with 0 where the model reaches its mark."""

    name: str
    path: Path
    says: str  # what it does, in one line
    needs: dict[str, list[str]]  # what it imports of which module of the framework

    def run(self, *words: str) -> bool:
        """Train the model, while one watches. Returns whether it reached its mark."""
        command = [sys.executable, str(self.path), *words]
        return subprocess.run(command, cwd=self.path.parent).returncode == 0


def milestones(folder: Path) -> list[Milestone]:
    """The programs of a folder `examples`, in the order in which a course reaches them."""
    found = [milestone(folder / f"{name}.py") for name in ORDER]
    return [x for x in found if x is not None]


def milestone(path: Path) -> Milestone | None:
    """What a program is, by its text; None where it is not there."""
    if not path.is_file():
        return None
    text = path.read_text("utf-8")
    says = (ast.get_docstring(ast.parse(text)) or path.stem).split("\n\n")[0].replace("\n", " ")
    shared = path.with_name("shared.py")
    texts = [text, shared.read_text("utf-8") if shared.is_file() else ""]
    return Milestone(path.stem, path, says, core_imports(texts))
