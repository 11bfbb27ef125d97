"""What a student does, in the place of one: edits notebooks, saves them, and types commands."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

from tinytorch.course.markers import strip_markers
from tinytorch.workspace.place import Lesson, Workspace, open_workspace

ROOT = Path(__file__).parents[2]


class Student:
    """A student at work in a workspace."""

    def __init__(self, root: Path):
        self.root = root
        self.workspace: Workspace = open_workspace(root)

    def lesson(self, word: str | int) -> Lesson:
        return self.workspace.lesson(str(word))

    def path(self, word: str | int) -> Path:
        return self.workspace.notebook(self.lesson(word))

    def read(self, word: str | int) -> dict:
        return json.loads(self.path(word).read_text("utf-8"))

    def save(self, word: str | int, notebook: dict) -> None:
        self.path(word).write_text(json.dumps(notebook), "utf-8")

    def write(self, word: str | int, **cells: str) -> None:
        """Write cells of a lesson, by their grade_id."""
        notebook = self.read(word)
        for cell in notebook["cells"]:
            name = grade_id(cell)
            if name in cells:
                cell["source"] = cells.pop(name)
        assert not cells, f"no such cells: {cells.keys()}"
        self.save(word, notebook)

    def solve(self, word: str | int, *names: str) -> None:
        """Write the reference's solution of these exercises and questions, of all by default."""
        self.write(
            word,
            **{k: v for k, v in solutions(self.lesson(word)).items() if k in names or not names},
        )

    def insert(self, word: str | int, before: str, source: str) -> None:
        """Put a cell of one's own above another."""
        notebook = self.read(word)
        at = [grade_id(cell) for cell in notebook["cells"]].index(before)
        own = {"cell_type": "code", "id": f"own-{before}", "metadata": {}, "source": source}
        notebook["cells"].insert(at, own | {"outputs": [], "execution_count": None})
        self.save(word, notebook)

    def remove(self, word: str | int, *names: str) -> None:
        notebook = self.read(word)
        notebook["cells"] = [c for c in notebook["cells"] if grade_id(c) not in names]
        self.save(word, notebook)

    def types(self, *words: str, status: int | None = 0) -> str:
        """Type `python course.py ...` in the workspace; what is printed."""
        done = self.run("course.py", *words)
        assert status in (None, done.returncode), done.stdout + done.stderr
        return done.stdout + done.stderr

    def python(self, code: str, status: int = 0, cwd: Path | None = None) -> str:
        """Run code with the workspace's Python; what is printed."""
        done = self.run("-c", code, cwd=cwd, python=self.root / ".venv/bin/python")
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def run(self, *words: str, cwd: Path | None = None, python: Path | str = sys.executable):
        env = {**os.environ, "COLUMNS": "80", "OPENBLAS_NUM_THREADS": "1"}
        env.pop("PYTEST_CURRENT_TEST", None)  # with it a kernel does not watch the error stream
        return subprocess.run(
            [python, *words], cwd=cwd or self.root, env=env, capture_output=True, text=True
        )


def with_line(source: str, line: str) -> str:
    """A function's source with a line before its first statement."""
    function = ast.parse(source).body[0]
    at = function.body[1].lineno - 1  # the docstring comes first
    lines = source.splitlines()
    return "\n".join([*lines[:at], f"    {line}", *lines[at:]])


def grade_id(cell: dict) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def solutions(lesson: Lesson) -> dict[str, str]:
    """What the reference writes into the cells that students write, by grade_id."""
    path = ROOT / "source" / lesson.folder / f"{lesson.name}.ipynb"
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return {
        grade_id(cell): strip_markers("".join(cell["source"]))
        for cell in cells
        if cell["metadata"].get("nbgrader", {}).get("solution")
    }
