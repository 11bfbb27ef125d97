"""Lazy stand-ins for a solution, none of which a locked test may pass.

A function that an exercise asks for, or in turn each method of a class, always raises an error;
and what an exercise asks for returns its first argument, None, zeros in the form of the right
answer, or twice the right answer. A locked test must fail for each, so it asks for an answer.

Zeros and doubles also tell tests that compare the student's code with itself alone: `f(x) == f(y)`,
`f(2 * x) == 2 * f(x)`, `f(x + y) == f(x) + f(y)` and `f(f(x)) == f(x)` hold of a wrong f as well.
A relation that neither keeps, such as `f(x) + f(-x) == 1`, is not noticed.

Where a stand-in is right in all that a test is for, that stands with the reason in
`modules/NN_name/mutants.toml`::

    [[lazy]]
    tests = ["test_dropout_in_evaluation"]
    stand_ins = ["returns its first argument"]
    reason = "In evaluation the input is the right answer."
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tinytorch.course.lesson import Cell, Lesson
from tinytorch.course.markers import SOLUTION, regions
from tinytorch.course.mutants import listed

PRELUDE = "_stand_in = {{'__name__': 'stand_in'}}\nexec({text!r}, _stand_in)\n"
LET_IT_ANSWER = "let it also ask for one right answer, as `check_raises(..., but=[...])` does"
LET_IT_COMPARE = (
    "let it compare an answer that is not 0 with the definition, not with another answer"
)
NOTHING = ("None", "Iterator[None]")  # what functions and blocks return that have no answer


@dataclass(frozen=True)
class Laziness:
    """What a stand-in does in the place of the work."""

    does: str
    decorator: str  # of `lazy.py`
    mend: str = ""
    needs_answer: bool = False  # only what returns something can be lazy in this way
    needs_argument: bool = False

    @property
    def raises(self) -> bool:
        return self.decorator.startswith("always_raises")


# A test that passes without what a stand-in stands for is not about it.
UNWRITTEN = Laziness("is not written", "always_raises(NotImplementedError)")
LAZINESSES = (
    Laziness("always raises ValueError", "always_raises(ValueError)", LET_IT_ANSWER),
    Laziness("always raises TypeError", "always_raises(TypeError)", LET_IT_ANSWER),
    Laziness("returns None", "returns_none", "let it also look at what comes of the call"),
    Laziness(
        "returns its first argument",
        "returns_first_argument",
        "let it also try an input that is not its own right answer",
        needs_answer=True,
        needs_argument=True,
    ),
    Laziness(
        "returns zeros in the form of the right answer",
        "returns_zeros",
        LET_IT_COMPARE,
        needs_answer=True,
    ),
    Laziness("returns twice the right answer", "returns_double", LET_IT_COMPARE, needs_answer=True),
)


@dataclass(frozen=True)
class StandIn:
    """An exercise of which some functions or methods are lazy."""

    parts: tuple[str, ...]  # `relu`, or `Sequential.children` and `Sequential.forward`
    laziness: Laziness
    source: str  # of the whole cell


@dataclass(frozen=True)
class Excuse:
    """Stand-ins that tests may pass, and why."""

    tests: tuple[str, ...]
    stand_ins: tuple[str, ...]
    reason: str


def stand_ins_of(exercise: Cell) -> list[StandIn]:
    """All stand-ins for an exercise.

    What always raises takes the place of one method at a time: a test has to come as far as the
    method that it is about. What returns something takes the place of all.
    """
    nodes, found = _parts(exercise), []
    for laziness in (UNWRITTEN, *LAZINESSES):
        parts = [p for p, node in nodes.items() if _answers(node) or not laziness.needs_answer]
        if laziness.needs_argument and not any(_takes_argument(nodes[part]) for part in parts):
            continue
        for group in [[part] for part in parts] if laziness.raises else [parts]:
            if group:
                found.append(StandIn(tuple(group), laziness, _source(exercise, group, laziness)))
    return found


def excuses_of(lesson: Lesson) -> list[Excuse]:
    """What is listed beside a lesson of tests that a stand-in may pass.

    Raises:
        TinyTorchError: the list can't be read, or an entry lacks its reason.
    """
    return listed(lesson, "lazy", _excuse, "tests = [...], stand_ins = [...] and a reason")


def _excuse(tests: list[str], stand_ins: list[str], reason: str) -> Excuse:
    if isinstance(tests, str) or isinstance(stand_ins, str) or not reason.strip():
        raise TypeError("an entry has no list of tests or of stand-ins, or no reason")
    return Excuse(tuple(tests), tuple(stand_ins), reason)


def _parts(exercise: Cell) -> dict[str, ast.FunctionDef]:
    """The functions and methods that students write, or of which they write some lines."""
    solved = [range(a + 1, b + 2) for a, b in regions(exercise.source, *SOLUTION)]
    return {
        name: node
        for name, node in _functions(ast.parse(exercise.source))
        if any(node.lineno < lines.stop and lines.start <= node.end_lineno for lines in solved)
    }


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions at top level, and the methods of classes there, by their names."""
    for node in tree.body:
        is_class = isinstance(node, ast.ClassDef)
        for part in node.body if is_class else [node]:
            if isinstance(part, ast.FunctionDef):
                yield f"{node.name}.{part.name}" if is_class else part.name, part


def _answers(node: ast.FunctionDef) -> bool:
    """Whether a function returns something, as far as it says."""
    nothing = node.returns is not None and ast.unparse(node.returns) in NOTHING
    return not nothing and node.name != "__init__"


def _takes_argument(node: ast.FunctionDef) -> bool:
    args = node.args
    places = [*args.posonlyargs, *args.args, args.vararg, *args.kwonlyargs]
    return any(place is not None and place.arg != "self" for place in places)


def _source(exercise: Cell, parts: list[str], laziness: Laziness) -> str:
    """The exercise's cell with some parts decorated, below decorators of their own."""
    tree = ast.parse(exercise.source)
    name, paren, kind = laziness.decorator.partition("(")
    call = ast.parse(f"_stand_in[{name!r}]{paren}{kind}", mode="eval").body
    for part, node in _functions(tree):
        if part in parts:
            node.decorator_list.append(call)
    return PRELUDE.format(text=_lazy_text()) + ast.unparse(tree)


@cache
def _lazy_text() -> str:
    return Path(__file__).with_name("lazy.py").read_text(encoding="utf-8")
