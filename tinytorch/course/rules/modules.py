"""Modules: what a lesson exports, what it may import, and what it may not speak of yet."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence

from tinytorch.course.export import public_names
from tinytorch.course.lesson import DIRECTIVE, FOLDER, Cell, Lesson, Problem
from tinytorch.course.markers import SOLUTION
from tinytorch.course.rules.common import definitions, parse, parsed, problem, sound_regions

ALLOWED_PACKAGES = ("numpy", "matplotlib", "nnfs", "sklearn", "mlxtend")
ALLOWED_TOOLS = ("tinytorch.testing", "tinytorch.figures", "tinytorch.data")
ORACLES = "tinytorch.testing.oracles"  # of which a lesson's students have its own module alone
DIRECTIVES = ("default_exp", "export", "public")
LEAST_TELLING_NAME = 6  # a shorter name in lower case may well be an ordinary word
CAMEL_CASE = re.compile(r"[A-Z][a-z0-9]*[A-Z]|[A-Z]\w*[a-z]")


# --- What a lesson exports ------------------------------------------------------------------


def known_directives(lesson: Lesson) -> Iterator[Problem]:
    """`#|` lines are known ones, and stand where they are read: at the top of a cell."""
    for cell in lesson.cells:
        lines = enumerate(cell.source.split("\n") if cell.kind == "code" else ())
        inside = {n for region in sound_regions(cell, SOLUTION) for n in range(*region)}
        for offset, line in lines:
            if not line.lstrip().startswith("#|") or offset in inside:
                continue  # one inside a solution is refused as such
            match = DIRECTIVE.match(line.strip())
            name = match[1] if match else line.strip()
            if name not in DIRECTIVES:
                mend = f"use one of {', '.join(f'#| {known}' for known in DIRECTIVES)}"
                yield problem(lesson, cell, f"unknown directive {name!r}", mend, offset)
            elif offset >= len(cell.directives):
                mend = "move it to the first line of the cell"
                yield problem(
                    lesson, cell, f"'#| {name}' is not at the top of the cell", mend, offset
                )


def one_module(lesson: Lesson) -> Iterator[Problem]:
    """A lesson that exports names its module, once, after itself."""
    named = [cell for cell in lesson.cells if "default_exp" in cell.directives]
    exported = [cell for cell in lesson.cells if cell.is_exported]
    expected = f"core.{lesson.name}"
    if exported and not named:
        mend = f"begin the lesson's first code cell with '#| default_exp {expected}'"
        message = "'#| export' in a lesson that has no '#| default_exp'"
        yield problem(lesson, exported[0], message, mend)
    for cell in named[:1]:
        if cell.directives["default_exp"] != expected:
            message = f"the lesson exports to {cell.directives['default_exp']!r}, not {expected!r}"
            mend = f"write '#| default_exp {expected}'"
            yield problem(lesson, cell, message, mend, _directive_offset(cell))
    for cell in named[1:]:
        message = f"a second '#| default_exp', after that of line {named[0].line}"
        yield problem(lesson, cell, message, "keep the first", _directive_offset(cell))


def _directive_offset(cell: Cell) -> int:
    return list(cell.directives).index("default_exp")


def unexported_tests(lesson: Lesson) -> Iterator[Problem]:
    """Graded cells stay out of the framework."""
    for cell in lesson.cells:
        if cell.is_graded and cell.is_exported:
            offset = list(cell.directives).index("export")
            yield problem(lesson, cell, "a graded cell is exported", "remove '#| export'", offset)


def sound_public_names(lessons: Sequence[Lesson]) -> Iterator[Problem]:
    """What `#| public` names is there, and hides no module of the package."""
    modules = {lesson.name for lesson in lessons}
    for lesson in lessons:
        for name in lesson.public or ():
            cell = next(cell for cell in lesson.cells if "public" in cell.directives)
            offset = list(cell.directives).index("public")
            if name not in public_names(lesson):
                mend = "leave it out, or export the cell that defines it"
                message = f"'#| public' names {name!r}, which no exported cell defines"
                yield problem(lesson, cell, message, mend, offset)
            elif name in modules:
                mend = "leave it to its module, or give it another name"
                message = f"'#| public' names {name!r}, which would hide the module of that name"
                yield problem(lesson, cell, message, mend, offset)


def module_of_its_own(lessons: Sequence[Lesson]) -> Iterator[Problem]:
    """No two lessons export to one module."""
    first: dict[str, Lesson] = {}
    for lesson in sorted(lessons, key=lambda lesson: lesson.number):
        if lesson.module != f"core.{lesson.name}":
            continue  # refused by one_module
        if lesson.module in first:
            cell = next(cell for cell in lesson.cells if "default_exp" in cell.directives)
            message = f"lesson {first[lesson.module].folder} exports to {lesson.module!r} as well"
            mend = "give each lesson a name of its own, in its folder, file and default_exp"
            yield problem(lesson, cell, message, mend, _directive_offset(cell))
        first.setdefault(lesson.module, lesson)


# --- What a lesson imports ------------------------------------------------------------------


def imports_of_earlier_lessons(lessons: Sequence[Lesson]) -> Iterator[Problem]:
    """A lesson imports earlier lessons and packages that students have, and nothing else."""
    numbers = _lesson_numbers(lessons)
    for lesson in lessons:
        for cell, tree in parsed(lesson):
            for node in ast.walk(tree):
                for name in _imported(node):
                    fault = _import_fault(name, lesson, cell, numbers)
                    if fault:
                        yield problem(lesson, cell, *fault, node.lineno - 1)


def _lesson_numbers(lessons: Sequence[Lesson]) -> dict[str, int]:
    """The number of each lesson by its name, of those that lie beside the given ones too."""
    beside = {
        match[2]: int(match[1])
        for folder in {lesson.path.parent.parent for lesson in lessons}
        for match in map(FOLDER.match, sorted(path.name for path in folder.glob("*")))
        if match
    }
    return beside | {lesson.name: lesson.number for lesson in lessons}


def _imported(node: ast.AST) -> list[str]:
    """The modules that a statement imports; '.' begins a relative one, '.*' ends a star."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    module = "." * node.level + (node.module or "")
    names = [alias.name for alias in node.names]
    if "*" in names:
        return [f"{module}.*"]
    return [f"{module}.{n}" for n in names] if module in ("tinytorch", ORACLES) else [module]


def _import_fault(
    name: str, lesson: Lesson, cell: Cell, numbers: dict[str, int]
) -> tuple[str, str] | None:
    package = name.split(".")[0]
    if name.startswith("."):
        return f"a relative import, of {name!r}", "name the module in full: tinytorch.core.name"
    if name.endswith("*"):
        return f"a star import, 'from {name[:-2]} import *'", "import the names that are used"
    if name.startswith("tinytorch.core."):
        return _order_fault(name.split(".")[2], lesson, numbers)
    if name == "tinytorch.core":
        mend = "import from the earlier lesson's module, as in tinytorch.core.tensor"
        return "an import of 'tinytorch.core' as a whole", mend
    if name == f"{ORACLES}.{lesson.name}":
        return None
    if name.startswith(f"{ORACLES}."):
        mend = "move what both need into tinytorch.testing itself"
        return f"an import of {name!r}, which students of this lesson don't have", mend
    if package not in (*ALLOWED_PACKAGES, *sys.stdlib_module_names) and name not in ALLOWED_TOOLS:
        allowed = ", ".join((*ALLOWED_PACKAGES, *ALLOWED_TOOLS))
        mend = f"use the standard library, an earlier lesson, or one of {allowed}"
        return f"an import of {name!r}, which lessons may not use", mend
    if cell.is_exported and package not in ("numpy", *sys.stdlib_module_names):
        mend = "import it in a cell that is not exported: the framework needs NumPy alone"
        return f"an exported cell imports {name!r}", mend
    return None


def _order_fault(name: str, lesson: Lesson, numbers: dict[str, int]) -> tuple[str, str] | None:
    number, module = numbers.get(name), f"tinytorch.core.{name}"
    if number is None:
        return f"an import of {module!r}, which no lesson makes", "correct the lesson's name"
    if name == lesson.name:
        return f"an import of {module!r}, which this lesson itself makes", "use its cells' names"
    if number > lesson.number:
        mend = "import from earlier lessons only, or move this part to a later lesson"
        return f"an import of {module!r}, which only lesson {number:02d}_{name} makes", mend
    return None


# --- What a lesson speaks of ----------------------------------------------------------------


def names_of_earlier_lessons(lessons: Sequence[Lesson]) -> Iterator[Problem]:
    """A lesson names nothing that only a later one makes: not in prose, not in messages.

    What is folded from the start need not be read, and its errors speak to whoever uses the whole
    framework: it may name anything.
    """
    makers: dict[str, Lesson] = {}
    for lesson in sorted(lessons, key=lambda lesson: lesson.number):
        for name in _exported_names(lesson):
            makers.setdefault(name, lesson)
    for lesson in lessons:
        own = _bound_names(lesson)
        later = {n: m for n, m in makers.items() if m.number > lesson.number and n not in own}
        for cell in (cell for cell in lesson.cells if not cell.is_folded):
            for name, offset in sorted(set(_mentions(cell, later)), key=lambda m: m[::-1]):
                message = f"speaks of {name!r}, which only lesson {later[name].folder} makes"
                mend = "say it with what students know by now, or leave it to that lesson"
                yield problem(lesson, cell, message, mend, offset)


def _exported_names(lesson: Lesson) -> set[str]:
    """The public functions and classes of a lesson's module that can't be ordinary words."""
    names = {n for cell, tree in parsed(lesson) if cell.is_exported for n in definitions(tree)}
    return {
        name
        for name in names
        if not name.startswith("_") and (len(name) >= LEAST_TELLING_NAME or CAMEL_CASE.match(name))
    }


def _bound_names(lesson: Lesson) -> set[str]:
    """Every name that a lesson's own code gives a meaning: a variable, argument, import …"""
    names = set()
    for _, tree in parsed(lesson):
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.alias):
                names.add(node.asname or node.name)
            else:
                names.add(getattr(node, "name", None) or getattr(node, "arg", None))
    return names


def _mentions(cell: Cell, names: dict[str, Lesson]) -> Iterator[tuple[str, int]]:
    """Names that a cell mentions as code, each with the line's offset.

    In markdown that is between backticks; in code, in a string, between backticks or called.
    An attribute, as in `np.name`, is another thing of the same name.
    """
    for text, offset in _texts(cell):
        for n, line in enumerate(text.split("\n")):
            spans = re.findall(r"`([^`]+)`", line)
            if cell.kind == "code":
                spans += re.findall(r"(?<![\w.])[A-Za-z]\w*(?=\()", line)
            for span in spans:
                for name in re.findall(r"(?<![\w.])[A-Za-z]\w*", span):
                    if name in names:
                        yield name, offset + n


def _texts(cell: Cell) -> Iterator[tuple[str, int]]:
    """What a cell says to its reader: all of a markdown cell, the strings of a code cell."""
    if cell.kind == "markdown":
        yield cell.source, 0
    tree = parse(cell.source) if cell.kind == "code" else None
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            # A string on one line may hold "\n", which begins no line of the cell.
            one_line = node.lineno == node.end_lineno
            yield node.value.replace("\n", " ") if one_line else node.value, node.lineno - 1
