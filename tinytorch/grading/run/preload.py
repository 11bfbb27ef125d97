"""What a warm process loads before any cell runs, so that runs need not."""

from __future__ import annotations
import __future__

import ast
import base64
import contextlib
import inspect
import marshal
import sys
import warnings
from collections.abc import Iterable
from functools import lru_cache
from types import CodeType

# A cell may import these by names that no parser sees; the rest is read from the course.
ALWAYS: dict[str, set[str]] = {"numpy.random": set()}
# What may be loaded before any cell runs: importing these does nothing but load them. Others may
# draw numbers, start threads, set filters, styles or seeds: each run imports them for itself.
KNOWN = sys.stdlib_module_names - {"antigravity"} | {
    "IPython", "PIL", "joblib", "matplotlib", "mpl_toolkits", "networkx", "numpy", "pandas",
    "requests", "scipy", "sklearn", "sympy", "tinytorch", "torch", "tqdm",
}  # fmt: skip

FUTURE = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)


def imported_modules(sources: Iterable[str]) -> dict[str, set[str]]:
    """What running the sources imports by absolute names, in the order of its first import.

    What a function or class imports when it is called is left out, and what doesn't parse too.

    Returns:
        Of each module, what is imported from it.
    """
    found: dict[str, set[str]] = {}
    for source in sources:
        with contextlib.suppress(SyntaxError, ValueError):
            for node in ast.parse(source).body:
                if isinstance(node, ast.Import):
                    for alias in node.names:
                        found.setdefault(alias.name, set())
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = found.setdefault(node.module, set())
                    names |= {alias.name for alias in node.names if alias.name != "*"}
    found.pop("__future__", None)
    return found


@lru_cache(2048)  # more than the cells of a lesson
def read_cell(source: str) -> dict[str, object] | None:
    """What a run would find out about a cell that every submission has, found out once.

    Returns:
        What `shortcuts.Known` is made of; None where a run must read the cell for itself, since
        that says something, or changes how later cells are read.
    """
    from IPython.core.inputtransformer2 import TransformerManager

    from tinytorch.grading.run.warm.shortcuts import SEED, murmur2

    if sys.flags.optimize:  # runs are not, so that their asserts and docstrings stay
        return None
    try:
        with warnings.catch_warnings(action="error"):
            text = TransformerManager().transform_cell(source)
            statements = _compiled(text) if is_plain(text) else []
    except Exception:
        return None
    if not statements or any(code.co_flags & FUTURE for code in statements):
        return None
    return {
        "text": text,
        "number": murmur2(source, SEED),
        "code": base64.b64encode(marshal.dumps(statements)).decode(),
    }


def _compiled(text: str) -> list[CodeType]:
    """The code of each statement, made as IPython makes it: the last one shows its value."""
    from IPython.core.compilerop import CachingCompiler

    compiler = CachingCompiler()
    nodes = compiler.ast_parse(text).body
    modules = [(ast.Module([node], []), "exec") for node in nodes]
    if nodes and isinstance(nodes[-1], ast.Expr):
        modules[-1] = ast.Interactive([nodes[-1]]), "single"
    with compiler.extra_flags(ast.PyCF_ALLOW_TOP_LEVEL_AWAIT):
        return [compiler(module, "<>", mode) for module, mode in modules]


def is_plain(cell: str) -> bool:
    """Whether a cell compiles without a warning, and to what awaits nothing."""
    try:
        with warnings.catch_warnings(action="error"):
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            code = compile(cell, "<>", "exec", flags, dont_inherit=True)
    except Exception:
        return False
    return not code.co_flags & inspect.CO_COROUTINE
