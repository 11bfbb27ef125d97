"""What in a student's code speaks for an attempt at the grading itself: evidence for a person.

It changes no score. Where tests run apart from the student's code such attempts come to nothing;
where they do not, this is how one hears of them. Only what honest work has no use for counts:
names that the tests' tools go by bound to something else, attributes of tools replaced, other
frames, what a notebook keeps of its cells, other processes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from tinytorch.grading.cells import has_role, is_test, source_of
from tinytorch.grading.reasons import brief

MOST = 5  # pieces of evidence that are told of one notebook
HOW = "changes how cells are run"
# To look into what runs the tests, and not to write it.
WORDS = {
    "f_back": "looks into the frames of its callers",
    "f_locals": "looks into the names of other frames",
    "get_objects": "looks through all objects of the process",
    "get_referrers": "looks for who holds an object",
    "settrace": "traces what runs",
    "_ih": "reads the cells that have run",
    "history_manager": "reads the cells that have run",
    "NBGRADER_EXECUTION": "asks whether it is being graded",
    "NBGRADER_VALIDATING": "asks whether it is being graded",
    "__main__": "reaches into the notebook from outside",
    "set_custom_exc": HOW,
    "ast_transformers": HOW,
    "addaudithook": HOW,
    "displayhook": HOW,
    "excepthook": HOW,
    "showtraceback": HOW,
    "run_code": HOW,
    "run_ast_nodes": HOW,
    "tinytorch.testing": "looks for the tests' tools",
}
IN_NO_TEXT = {"__main__"}  # as in `if __name__ == "__main__"`
PLACES = re.compile(r"/proc/(?!cpuinfo|meminfo|self\b|stat\b|loadavg)|gradebook\.db|\bptrace\b")
# Where whatever they hold is looked up by everyone who runs in the process.
SHARED = {"builtins", "__builtins__"}
STUDENTS = "tinytorch.core"  # what is imported from here is the student's own
LIKELY = "|".join([*WORDS, *SHARED, r"\bIn\[", PLACES.pattern])


def doubts(cells: Iterable[dict], released: dict) -> list[str]:
    """What is to be shown to a person, with the line that shows it.

    Args:
        cells: of a student's notebook, with the metadata of the released cells.
        released: the notebook as it was released.
    """
    given = [cell for cell in released["cells"] if cell["cell_type"] == "code"]
    known = {source_of(cell) for cell in given}
    tools = _names_imported(tuple(source_of(cell) for cell in given if not has_role(cell)))
    suspicious = re.compile(f"{LIKELY}|{_of_tools(tools)}")
    found: dict[str, None] = {}
    for number, cell in enumerate(cells, 1):
        source = source_of(cell)
        if cell["cell_type"] != "code" or is_test(cell) or source in known:
            continue
        if suspicious.search(source):
            found |= dict.fromkeys(f"cell {number} {each}" for each in _evidence(source, tools))
    told = [f"in doubt: {each}" for each in found]
    return [*told[:MOST], f"in doubt: {len(told) - MOST} more"] if len(told) > MOST else told


@lru_cache(100)
def _names_imported(sources: tuple[str, ...]) -> frozenset[str]:
    """What the lesson's own cells import: tests use it by these names."""
    trees = filter(None, map(_parsed, sources))
    statements = [each for tree in trees for each in tree.body]
    imports = [each for each in statements if isinstance(each, ast.Import | ast.ImportFrom)]
    imports = [i for i in imports if not (getattr(i, "module", "") or "").startswith(STUDENTS)]
    names = {a.asname or a.name.partition(".")[0] for each in imports for a in each.names}
    return frozenset(names - {"sys", "os", "warnings"})  # whose attributes people do set


def _of_tools(tools: frozenset[str]) -> str:
    """A pattern of what binds or changes a tool, and of much else: who reads it takes long."""
    names = rf"\b(?:{'|'.join(map(re.escape, sorted(tools)))})\b"
    return rf"{names}[\w.,\s\])]*=(?!=)|\b(?:def|class|as|for|del)\s+{names}|[tl]attr\(\s*{names}"


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None  # a magic, or unfinished


def _evidence(source: str, tools: frozenset[str]) -> Iterator[str]:
    tree = _parsed(source)
    if tree is None:
        return
    lines = source.splitlines()
    for node in _of_module(tree):
        for name in sorted(_bound(node) & tools):
            yield f"gives the name `{name}` of the lesson to something else: {_shown(lines, node)}"
    for node in ast.walk(tree):
        why = _replaced(node, tools) or _read(node)
        if why:
            yield f"{why}: {_shown(lines, node)}"


def _shown(lines: list[str], node: ast.AST) -> str:
    return brief(lines[node.lineno - 1].strip())


def _of_module(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements that bind names of the notebook: those outside of functions and classes."""
    waiting: list[ast.AST] = [*tree.body]
    for node in waiting:  # it grows
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)


def _bound(node: ast.stmt) -> set[str]:
    """The names that a statement itself binds; to import is to bind what is meant."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign | ast.Delete):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.For):
        targets = [node.target]
    elif isinstance(node, ast.With):
        targets = [item.optional_vars for item in node.items if item.optional_vars]
    names = [each for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]
    return {each.id for each in names if isinstance(each.ctx, ast.Store | ast.Del)}


def _replaced(node: ast.AST, tools: frozenset[str]) -> str | None:
    """Whether a node sets an attribute of what everybody shares."""
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
        root = _root(node)
        if root in tools | SHARED:
            return f"replaces a part of `{root}`"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
        root = _root(node.args[0])
        if node.func.id in ("setattr", "delattr") and root in tools | SHARED:
            return f"replaces a part of `{root}`"
    return None


def _root(node: ast.AST) -> str | None:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _read(node: ast.AST) -> str | None:
    """Whether a node looks where no exercise leads."""
    word = None
    if isinstance(node, ast.Attribute):
        word = node.attr
    elif isinstance(node, ast.Name):
        word = node.id
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        if PLACES.search(node.value):
            return "names what belongs to others"
        word = None if node.value in IN_NO_TEXT else node.value
    if isinstance(node, ast.Subscript) and _root(node.value) == "In":
        return WORDS["_ih"]
    return WORDS.get(word) if word else None
