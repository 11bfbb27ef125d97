"""Which names a test takes from the notebook, and which of these the released notebook makes.

What the lesson itself imports or makes of the tests' tools is made in T as well; all else is the
student's, and S is asked for it.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import dis
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

TOOLS = "tinytorch.testing"
TESTED = "tinytorch.core"  # where a test imports it, it is what the student's code uses


@lru_cache(1000)
def names_of(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a cell takes from the notebook, and those it gives to it."""
    bound = {name for statement in ast.parse(source).body for name in _bound(statement)}
    loaded, codes = set(), [compile(source, "<cell>", "exec", dont_inherit=True)]
    while codes:
        code = codes.pop()
        codes += [value for value in code.co_consts if isinstance(value, types.CodeType)]
        steps = dis.get_instructions(code)
        loaded |= {step.argval for step in steps if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return frozenset(loaded - bound - vars(builtins).keys()), frozenset(bound)


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement binds where it stands."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {a.asname or a.name.partition(".")[0] for a in statement.names}
    nodes = ast.walk(statement)
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


@dataclass(frozen=True)
class Maker:
    """A statement of the lesson: what it takes, what it makes, and its code."""

    wanted: frozenset[str]
    bound: frozenset[str]
    code: types.CodeType

    @classmethod
    def of(cls, statement: ast.stmt) -> Maker:
        text = ast.unparse(ast.fix_missing_locations(statement))
        return cls(*names_of(text), compile(text, "<the lesson>", "exec"))


class Given:
    """The released cells of a notebook that no student is to write, as T needs them."""

    def __init__(self, cells: Iterable[str]):
        self.cells = [*cells]
        self._makers: dict[str, Maker] = {}
        self._tools: set[str] = set()
        self.opening: list[str] = []  # `tt.begin("tensor")`
        self._made: set[str] = set()
        for cell in self.cells:
            with contextlib.suppress(SyntaxError, ValueError):
                for statement in ast.parse(cell).body:
                    self._take(statement)

    def _take(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            module = getattr(statement, "module", None) or ""
            if module == TESTED or module.startswith(f"{TESTED}."):
                return
            for alias in statement.names:
                name = alias.asname or alias.name.partition(".")[0]
                single = (
                    ast.Import([alias])
                    if isinstance(statement, ast.Import)
                    else (ast.ImportFrom(module, [alias], statement.level))
                )
                self._makers[name] = Maker.of(single)
                whole = f"{module}.{alias.name}" if module else alias.name
                if whole.startswith(TOOLS):
                    self._tools.add(name)
            return
        names = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
        if isinstance(statement, ast.Assign) and names & self._tools:
            self._makers |= dict.fromkeys(_bound(statement), Maker.of(statement))
        elif isinstance(statement, ast.Expr) and names and names <= self._tools:
            text = ast.unparse(statement)
            if text.partition(".")[2].startswith("begin("):
                self.opening.append(text)

    def is_of_tools(self, source: str) -> bool:
        """Whether a cell is a released one that names nothing but the tests' tools.

        As `tt.summary()` does. Word for word: what a student writes there runs with the rest.
        """
        if source not in self.cells:
            return False
        with contextlib.suppress(SyntaxError, ValueError):
            tree = ast.parse(source)
            names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
            plain = all(isinstance(statement, ast.Expr) for statement in tree.body)
            return plain and bool(names) and names <= self._tools
        return False

    def open(self, main: dict) -> None:
        """Begin the lesson."""
        for text in self.opening:
            for name in names_of(text)[0]:
                self.run_for(name, main, lambda names: None)
            exec(compile(text, "<the lesson>", "exec"), main)

    def run_for(self, name: str, main: dict, bind: Callable[[list[str]], None]) -> bool:
        """Make what a name stands for, if the lesson makes it. Says whether it does."""
        if name in self._made:
            return True
        maker = self._makers.get(name)
        if maker is None:
            return False
        bind([each for each in sorted(maker.wanted) if not self.run_for(each, main, bind)])
        exec(maker.code, main)
        self._made |= maker.bound
        return True


@lru_cache
def given_of(cells: tuple[str, ...]) -> Given:
    """What a lesson gives, read once for all forks of a warm process."""
    return Given(cells)
