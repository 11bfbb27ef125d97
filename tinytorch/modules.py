"""The text of a module that is made of exported cells: the course's core, or a student's own."""

from __future__ import annotations

import ast
import builtins
import symtable
import textwrap
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

WIDTH = 100
CORE = "tinytorch.core."
SHOWN = """\
def __dir__() -> list[str]:
    return __all__"""


def module_text(headline: str, codes: Iterable[str]) -> str:
    """A module as a person would have written it: imports of all cells are gathered at the top.

    Args:
        headline: its docstring.
        codes: the code of each cell, without markers and magics.
    """
    codes = list(codes)
    imports: list[str] = []
    blocks: list[str] = []
    taken = set(defined_names(codes))
    for code in codes:
        found, block = _split_imports(code, taken)
        imports += [line for line in found if line not in imports]
        blocks += [block] if block else []
    names = f"{all_names(defined_names(codes))}\n\n\n{SHOWN}"
    head = [f'"""{headline}"""', _arrange(imports), names]
    return "\n\n".join(part for part in head if part) + "\n\n\n" + _join(blocks) + "\n"


def defined_names(codes: Iterable[str]) -> list[str]:
    """The names without a leading underscore that cells define.

    Sorted as ruff sorts `__all__`: constants, then classes, then the rest.
    """
    names = set()
    for code in codes:
        for node in ast.parse(code).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names.update(t.id for t in targets if isinstance(t, ast.Name))
    return sorted((name for name in names if not name.startswith("_")), key=kind_and_name)


def parsed_names(code: str) -> list[str]:
    """What `defined_names` gives of one cell; nothing where it is no Python."""
    try:
        return defined_names([code])
    except SyntaxError:  # unfinished, or magics
        return []


def free_names(code: str) -> set[str]:
    """The names that a module uses, and neither defines nor finds in Python itself."""
    top = symtable.symtable(code, "<module>", "exec")
    defined = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    used: set[str] = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
    scopes = list(top.get_children())
    while scopes:
        scope = scopes.pop()
        scopes += scope.get_children()
        for symbol in scope.get_symbols():
            if symbol.is_declared_global() and symbol.is_assigned():
                defined.add(symbol.get_name())
            if symbol.is_global() and symbol.is_referenced():
                used.add(symbol.get_name())
    return used - defined - vars(builtins).keys() - {"__name__", "__file__", "__doc__"}


def core_imports(codes: Iterable[str]) -> dict[str, list[str]]:
    """What codes import of which module of `tinytorch.core`: `{"tensor": ["Tensor"]}`.

    A code that is no Python alone, as IPython's magics aren't, imports nothing.
    """
    found: dict[str, set[str]] = {}
    for code in codes:
        try:
            nodes = list(ast.walk(ast.parse(code)))
        except SyntaxError:
            continue
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(CORE):
                name = (node.module or "").removeprefix(CORE)
                found.setdefault(name, set()).update(alias.name for alias in node.names)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name.startswith(CORE):
                        found.setdefault(alias.name.removeprefix(CORE), set())
    return {name: sorted(names) for name, names in sorted(found.items())}


def kind_and_name(name: str) -> tuple[int, str]:
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def _split_imports(code: str, taken: set[str]) -> tuple[list[str], str]:
    """The import statements at the top level of a cell, and the rest.

    One stays where it is if it shares its line, or if what it imports is defined as well: which
    of the two counts depends on their order.
    """
    lines, imports = code.split("\n"), []  # as Python counts them
    body = ast.parse(code).body
    ends = Counter(line for node in body for line in {node.lineno, node.end_lineno})
    for node in reversed(body):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        if max(ends[node.lineno], ends[node.end_lineno]) > 1 or bound_names(node) & taken:
            continue
        imports.insert(0, "\n".join(lines[node.lineno - 1 : node.end_lineno]))
        del lines[node.lineno - 1 : node.end_lineno]
    return imports, "\n".join(lines).strip("\n")


def bound_names(node: ast.stmt) -> set[str]:
    """The names that a statement defines: a function's, a class's, of an import or assignment.

    Of a statement that holds others, an `if` say, those of all of them.
    """
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names} - {"*"}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    found: set[str] = set()
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.stmt | ast.ExceptHandler | ast.match_case):
            found |= bound_names(inner)  # type: ignore[arg-type]
        else:
            names = (x for x in ast.walk(inner) if isinstance(x, ast.Name))
            found |= {x.id for x in names if isinstance(x.ctx, ast.Store)}
    return found


def _arrange(imports: list[str]) -> str:
    """Imports in the usual groups: `__future__`, the standard library, NumPy, earlier lessons."""

    def group(statement: str) -> int:
        module = statement.split()[1].split(".")[0]
        return {"__future__": 0, "numpy": 2, "tinytorch": 3}.get(module, 1)

    groups = [[s for s in imports if group(s) == number] for number in range(4)]
    plain_first = [
        sorted(statements, key=lambda s: (s.startswith("from"), s.lower())) for statements in groups
    ]
    return "\n\n".join("\n".join(statements) for statements in plain_first if statements)


def all_names(names: list[str]) -> str:
    """`__all__` in lines as full as they may be: nobody reads it for its own sake."""
    items = ", ".join(f'"{name}"' for name in names)
    line = f"__all__ = [{items}]"
    if len(line) <= WIDTH:
        return line
    indent = "    "
    wrapped = textwrap.fill(f"{items},", WIDTH, initial_indent=indent, subsequent_indent=indent)
    return f"__all__ = [\n{wrapped}\n]"


def _join(blocks: list[str]) -> str:
    """Cells below one another, two blank lines apart where a definition begins or ends."""
    text = blocks[0] if blocks else ""
    for before, block in pairwise(blocks):
        both_plain = not (_is_definition(before, -1) or _is_definition(block, 0))
        text += ("\n\n" if both_plain else "\n\n\n") + block
    return text


def _is_definition(block: str, position: int) -> bool:
    body = ast.parse(block).body
    return bool(body) and isinstance(body[position], ast.FunctionDef | ast.ClassDef)
