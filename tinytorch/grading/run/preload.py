"""What a warm process loads before any cell runs, so that runs need not."""

from __future__ import annotations

import ast
import contextlib
import inspect
import sys
import warnings
from collections.abc import Iterable

# A cell may import these by names that no parser sees; the rest is read from the course.
ALWAYS: dict[str, set[str]] = {"numpy.random": set()}
# What may be loaded before any cell runs: importing these does nothing but load them. Others may
# draw numbers, start threads, set filters, styles or seeds: each run imports them for itself.
KNOWN = sys.stdlib_module_names - {"antigravity"} | {
    "IPython", "PIL", "joblib", "matplotlib", "mpl_toolkits", "networkx", "numpy", "pandas",
    "requests", "scipy", "sklearn", "sympy", "tinytorch", "torch", "tqdm",
}  # fmt: skip


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


def is_plain(cell: str) -> bool:
    """Whether a cell compiles without a warning, and to what awaits nothing."""
    try:
        with warnings.catch_warnings(action="error"):
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            code = compile(cell, "<>", "exec", flags, dont_inherit=True)
    except Exception:
        return False
    return not code.co_flags & inspect.CO_COROUTINE
