"""Graded cells: tests that run what they define, in sight, and questions with a rubric."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tinytorch.course.lesson import Cell, Lesson, Problem
from tinytorch.course.markers import HIDDEN, SOLUTION, without_regions
from tinytorch.course.rules.common import (
    definitions,
    is_paired,
    parse,
    parsed,
    problem,
    sound_regions,
    within,
)
from tinytorch.course.rules.metadata import known_cells

TOOLS = "tinytorch.testing"
BULLET = re.compile(r"\s*[-*] ")
MOST_LINES, MOST_COLUMNS = 12, 100  # of a test that students read


def locked_tests(lesson: Lesson) -> Iterator[Problem]:
    """A test is a locked code cell."""
    for cell in known_cells(lesson):
        if cell.is_test and cell.kind != "code":
            mend = "make it a code cell, or set grade to false"
            yield problem(lesson, cell, f"a test in a {cell.kind} cell", mend)
        elif cell.is_test and not cell.nbgrader["locked"]:
            yield problem(lesson, cell, "the test is not locked", "set locked to true")


def visible_tests(lesson: Lesson) -> Iterator[Problem]:
    """Every test does something that students can see, and is Python without the rest."""
    for cell, function, _ in _test_functions(lesson):
        hidden = sound_regions(cell, HIDDEN)
        shown = [] if _is_inside(function, hidden) else function.body
        if all(_does_nothing(node) or _is_inside(node, hidden) for node in shown):
            message = "the test has no visible statement: all it does is hidden"
            mend = "move one case of the same requirement above '### BEGIN HIDDEN TESTS'"
            yield problem(lesson, cell, message, mend, function.lineno - 1)
        elif parse(without_regions(cell.source, *HIDDEN)) is None:
            message = "without its hidden tests the cell is not Python"
            mend = "hide whole blocks, so that no visible block is left empty"
            yield problem(lesson, cell, message, mend, hidden[0][0])


def called_tests(lesson: Lesson) -> Iterator[Problem]:
    """A test cell ends with the call of the test that it defines, else its points are free."""
    for cell, function, tree in _test_functions(lesson):
        hidden = sound_regions(cell, HIDDEN)
        shown = [node for node in tree.body if not _is_inside(node, hidden)]
        if not shown or _called(shown[-1]) != cell.grade_id:
            message = f"the test does not end with a visible call of {cell.grade_id}()"
            mend = f"write {cell.grade_id}() as the cell's last line, outside the markers"
            yield problem(lesson, cell, message, mend, function.lineno - 1)


def own_tests(lesson: Lesson) -> Iterator[Problem]:
    """A test cell calls no test of another cell, and defines no test that it doesn't call."""
    for cell, function, tree in _test_functions(lesson):
        defined = definitions(tree)
        calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and _called(n)]
        for node in calls:
            if _called(node).startswith("test_") and _called(node) not in defined:
                message = f"the test calls {_called(node)}(), which another cell defines"
                mend = "a student can change that cell: define and call a test in the same cell"
                yield problem(lesson, cell, message, mend, node.lineno - 1)
        for name in defined.keys() - {function.name, *map(_called, calls)}:
            if name.startswith("test_"):
                message = f"the cell defines {name}() but never calls it"
                mend = "call it, or give it a cell of its own"
                yield problem(lesson, cell, message, mend, defined[name].lineno - 1)


def decorated_tests(lesson: Lesson) -> Iterator[Problem]:
    """Where a lesson has `test` at hand, each of its tests is one, and says what must hold.

    It says so in one line, which is what students read when the test passes.
    """
    marks = _names_of_test(lesson)
    for cell, function, _ in _test_functions(lesson) if marks else ():
        offset = function.lineno - 1
        if not any(_name_of(mark) in marks for mark in function.decorator_list):
            mark = min(marks)
            message = f"{cell.grade_id} is not decorated by '{mark}', which the lesson imports"
            yield problem(lesson, cell, message, f"write @{mark} on the line above it", offset)
        docstring = ast.get_docstring(function)
        if not docstring or len(docstring.splitlines()) > 1:
            message = f"{cell.grade_id} has {'no' if not docstring else 'a long'} docstring"
            mend = "say in one line what must hold: students read it when the test passes"
            yield problem(lesson, cell, message, mend, offset)


def short_tests(lesson: Lesson) -> Iterator[Problem]:
    """What students read of a test is short: what must hold, and not how it is found out."""
    for cell, function, _ in _test_functions(lesson):
        rows = list(enumerate(cell.source.split("\n")[: function.end_lineno]))
        hidden = [range(start, stop + 1) for start, stop in sound_regions(cell, HIDDEN)]
        shown = [(n, row) for n, row in rows[function.lineno - 1 :] if row.strip()]
        shown = [(n, row) for n, row in shown if not any(n in region for region in hidden)]
        mend = "let a function beside the lesson's definitions, in testing/oracles, make the cases"
        if len(shown) > MOST_LINES:
            message = f"students read {len(shown)} lines of this test: at most {MOST_LINES}"
            yield problem(lesson, cell, message, mend, function.lineno - 1)
        for n, row in shown:
            if len(row) > MOST_COLUMNS:
                message = f"a line of {len(row)} characters in a test: at most {MOST_COLUMNS}"
                yield problem(lesson, cell, message, mend, n)


def answered_refusals(lesson: Lesson) -> Iterator[Problem]:
    """A check that something is refused tries what is not refused as well, hidden or not.

    Of a whole test the build finds out by running it; but who knows the visible cases answers
    just those, and a hidden half that only asks for an exception is passed by raising it always.
    """
    for cell, _, tree in _test_functions(lesson):
        for node in ast.walk(tree):
            is_check = isinstance(node, ast.Call) and _name_of(node).endswith("check_raises")
            if is_check and not any(keyword.arg == "but" for keyword in node.keywords):
                message = "check_raises alone is passed by a function that always raises"
                mend = "add but=[...], calls that must not be refused"
                yield problem(lesson, cell, message, mend, node.lineno - 1)


def _names_of_test(lesson: Lesson) -> set[str]:
    """What `tinytorch.testing.test` is called in a lesson: nothing, `test` or `tt.test`."""
    names = set()
    for _, tree in parsed(lesson):
        for node in ast.walk(tree):
            for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
                module = getattr(node, "module", None)
                name = alias.asname or alias.name
                if module == TOOLS and alias.name == "test":
                    names.add(name)
                elif f"{module}.{alias.name}" == TOOLS or (not module and alias.name == TOOLS):
                    names.add(f"{name}.test")
    return names


def _name_of(mark: ast.expr) -> str:
    """The name of a decorator, as in `@name`, `@tt.name` and `@name(...)`."""
    return ast.unparse(mark.func if isinstance(mark, ast.Call) else mark)


def _test_functions(lesson: Lesson) -> Iterator[tuple[Cell, ast.stmt, ast.Module]]:
    """Each sound test cell with the function that it is named after, and its tree."""
    for cell in known_cells(lesson):
        tree = parse(cell.source) if cell.is_test and cell.kind == "code" else None
        function = definitions(tree).get(cell.grade_id) if tree and is_paired(cell) else None
        if function:
            yield cell, function, tree


def _is_inside(node: ast.stmt, regions: list[tuple[int, int]]) -> bool:
    return any(within(node, region) for region in regions)


def _does_nothing(node: ast.stmt) -> bool:
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_text or isinstance(node, ast.Pass)


def _called(node: ast.AST) -> str:
    """The name that an expression calls, as in `name(...)`, or ''."""
    call = node.value if isinstance(node, ast.Expr) else node
    is_call = isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    return call.func.id if is_call else ""


def rubrics(lesson: Lesson) -> Iterator[Problem]:
    """A question's rubric is inside the solution markers and has one bullet a point."""
    for cell in known_cells(lesson):
        marked = sound_regions(cell, SOLUTION)
        if not (cell.is_question and marked and cell.points > 0):
            continue
        lines = cell.source.split("\n")
        inside = [(n, lines[n]) for start, stop in marked for n in range(start + 1, stop)]
        head = next((n for n, line in inside if "rubric" in line.lower()), None)
        if head is None:
            message = "the question has no rubric inside the solution markers"
            mend = "below the model answer write 'Rubric' and one bullet for each point"
            yield problem(lesson, cell, message, mend, marked[0][0])
            continue
        bullets = sum(1 for n, line in inside if n > head and BULLET.match(line))
        if bullets != cell.points:
            message = f"the rubric has {bullets} bullets for {cell.points:g} points"
            yield problem(lesson, cell, message, "write one bullet a point", head)
