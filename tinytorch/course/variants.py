"""Other solutions to a lesson's exercises: wrong ones that students write, and right ones.

They stand in `modules/NN_name/misconceptions.py` as plain functions or classes, each named
after what the exercise defines::

    @wrong("mean over the classes", "if you averaged over every axis, keep one loss a sample")
    def squared_error(predictions, targets):
        return ((predictions - targets) ** 2).mean()

    @right("with a loop")
    def squared_error(predictions, targets):
        ...

The file is read as text and never imported: its functions make sense only in their lesson.
"""

from __future__ import annotations

import ast
import dataclasses
from dataclasses import dataclass
from pathlib import Path

from tinytorch.course.lesson import Lesson
from tinytorch.testing.session import snake_case


@dataclass(frozen=True)
class Variant:
    """One other solution to an exercise."""

    exercise: str  # the exercise's grade_id
    defines: str  # the function or class that both define
    is_right: bool
    name: str
    says: str  # what the feedback on a wrong solution has to tell its author
    source: str
    line: int
    loses: tuple[str, ...] = ()  # the tests that a wrong solution fails, where they are told


def wrong(name: str, says: str, loses: tuple[str, ...] = ()):
    """Mark a wrong solution, with the sentence that helps whoever wrote it.

    `loses` names all the tests that fail, those of later exercises included. The sample
    class (`tinytorch.demo.sample`) uses the wrong solutions that give it.
    """
    return lambda solution: solution


def right(name: str):
    """Mark a right solution that is written another way."""
    return lambda solution: solution


def read_variants(path: Path) -> list[Variant]:
    """All the variants in a `misconceptions.py`, in the order of the file."""
    path = Path(path)
    text = path.read_text(encoding="utf-8")
    found = []
    for node in ast.parse(text, filename=str(path)).body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or not node.decorator_list:
            continue
        mark, rest = node.decorator_list[0], node.decorator_list[1:]
        kind = getattr(getattr(mark, "func", None), "id", None)
        if kind not in ("wrong", "right"):
            raise ValueError(
                f"{path}:{node.lineno}: {node.name} is neither @wrong(name, says) nor @right(name)"
            )
        name, says = ([arg.value for arg in mark.args] + [""])[:2]
        loses = next((k.value for k in mark.keywords if k.arg == "loses"), ast.Tuple([]))
        first = rest[0].lineno if rest else node.lineno
        source = "\n".join(text.splitlines()[first - 1 : node.end_lineno])
        tests = tuple(ast.literal_eval(loses))
        exercise = snake_case(node.name)
        found.append(
            Variant(exercise, node.name, kind == "right", name, says, source, first, tests)
        )
    return found


def variants_of(lesson: Lesson) -> list[Variant]:
    """The variants that lie beside a lesson, or none."""
    path = lesson.path.with_name("misconceptions.py")
    return read_variants(path) if path.exists() else []


def with_variant(lesson: Lesson, variant: Variant) -> Lesson:
    """The lesson with one exercise solved as the variant does.

    Raises:
        KeyError: the lesson has no exercise of that name.
    """
    exercise = lesson.cell(variant.exercise)
    solved = dataclasses.replace(exercise, source=replace_definition(exercise.source, variant))
    cells = tuple(solved if cell is exercise else cell for cell in lesson.cells)
    return dataclasses.replace(lesson, cells=cells)


def replace_definition(source: str, variant: Variant) -> str:
    """The source of a cell with the definition of the variant's name replaced by the variant.

    Decorators that stand above a function stay, unless the variant brings its own.
    """
    for node in ast.parse(source).body:
        if getattr(node, "name", None) == variant.defines:
            stay = isinstance(node, ast.FunctionDef) and variant.source.startswith("def ")
            above = [] if stay else node.decorator_list
            first = min([node.lineno, *(d.lineno for d in above)])
            lines = source.splitlines()
            return "\n".join([*lines[: first - 1], variant.source, *lines[node.end_lineno :]])
    raise KeyError(f"the exercise's cell defines no {variant.defines}")
