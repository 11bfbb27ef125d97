"""A cell that is read and compiled once for all runs does what it does where a run compiles it."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tinytorch.grading.nb.steps import _request
from tinytorch.grading.run.preload import read_cell
from tinytorch.grading.run.process import USUAL_ARGUMENTS, RunSpec, WarmParent

# Cells that run one after the other. Those that begin with "# own" come from a student: a run
# reads them for itself, and what they change is to count for the known ones behind them.
NOTEBOOKS = {
    "values": ["1 + 1", "x = 3\nx", "x;", "x = 4", "print(x)\nx * 2\nx * 3", "'a\\n' 'b'", "None"],
    "a_traceback": [
        "def f(a):\n    def g(b):\n        return 1 / b\n    return g(a) + 1\n",
        "x = 1\nf(0)\ny = 2",
        "print(x)",
        "print(y)",
        "f.__code__.co_filename == f(1)",
    ],
    "source": [
        "import inspect\n\n\ndef f(a, b=2):\n    '''Adds.'''\n    return a + b\n",
        "print(inspect.getsource(f))\nf?",
        "f.__code__.co_firstlineno, f.__doc__, f.__defaults__",
    ],
    "futures": [
        "# own\nfrom __future__ import annotations",
        "def f(a: int) -> str:\n    pass\n\n\nf.__annotations__",
    ],
    "a_future_of_its_own": [
        "from __future__ import annotations\n\n\ndef f(a: int):\n    pass\n",
        "def g(a: int):\n    pass\n\n\ng.__annotations__",
    ],
    "interactivity": [
        "# own\nget_ipython().ast_node_interactivity = 'all'",
        "1\n2\n3",
        "# own\nget_ipython().ast_node_interactivity = 'last_expr_or_assign'",
        "x = 5",
        "# own\nget_ipython().ast_node_interactivity = 'none'",
        "x",
    ],
    "a_transformer_of_the_tree": [
        "# own\nimport ast\n"
        "class Larger(ast.NodeTransformer):\n"
        "    def visit_Constant(self, node):\n"
        "        return ast.copy_location(ast.Constant(node.value + 1), node)\n"
        "get_ipython().ast_transformers.append(Larger())",
        "1\n2",
    ],
    "a_transformer_of_the_text": [
        "# own\nget_ipython().input_transformers_cleanup.append("
        "lambda lines: [line.replace('1', '7') for line in lines])",
        "print(1)\n1",
    ],
    "own_syntax": ["%time 1", "x = !echo hello\nx", "%%capture said\nprint(1)", "said.stdout"],
    "awaits": [
        "import asyncio\nawait asyncio.sleep(0)\n3",
        "async def f():\n    return 4\n\n\nawait f()",
        "# own\n%autoawait False",
        "async def g():\n    return 5\n\n\ng().close()",
    ],
    "errors": ["def broken(:", "return 1", "x = 1 is 1\nx", "assert (1, 'x')", "  y = 1\n  y"],
    "prefilters": ["# own\n%autocall 2", "len 'four'", "len\n", "float", "    float('3')"],
    "a_cell_twice": ["n = globals().get('n', 0) + 1\nn"] * 3,
    "history": ["x = 7", "In[-1], _ih[1]", "_", "Out", "get_ipython().execution_count"],
    "names": [
        "def f():\n    pass\n",
        "f.__module__, f.__qualname__, __name__",
        "class C: 'c'\nC()",
    ],
    "blank": ["# nothing", "\n\nx = 1\n\n", "'''words'''", "if 1:\n    2"],
    "a_runner_of_its_own": [
        "# own\nimport ast\nrun = get_ipython().run_ast_nodes\n"
        "async def show(nodes, *more, **options):\n    print(*map(ast.unparse, nodes))\n"
        "    return await run(nodes, *more, **options)\nget_ipython().run_ast_nodes = show",
        "x = 1\nx",
    ],
    "cells_in_cells": ["x = 1\nget_ipython().run_cell('x = 2\\nx')\nx", "x = 2\nx", "x"],
    "exits": ["x = 1\nraise SystemExit(3)", "x", "import sys\nsys.exit()", "x"],
}


@pytest.fixture(scope="module")
def warm():
    parent = WarmParent(USUAL_ARGUMENTS)
    yield parent
    parent.close()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_known_cell_says_what_it_would_say_unknown(name, warm, tmp_path):
    cells = NOTEBOOKS[name]
    known = [None if cell.startswith("# own") else read_cell(cell) for cell in cells]
    plain = _messages(warm, tmp_path, cells, [None] * len(cells))
    assert _messages(warm, tmp_path, cells, known) == plain


def test_nearly_all_of_these_cells_are_known():
    """Or the test above would say nothing."""
    cells = [c for cells in NOTEBOOKS.values() for c in cells if not c.startswith("# own")]
    read_by_runs = ["__future__", "await ", "broken", "is 1", "assert", "# nothing"]
    for cell in cells:
        unknown = any(w in cell for w in read_by_runs) or cell in ("len 'four'", "return 1")
        assert (read_cell(cell) is None) == unknown, cell


def _messages(warm: WarmParent, folder, cells: list[str], known: list[dict | None]) -> list:
    """What each cell says: all that comes of it, but ids and times."""
    said = []
    with warm.start(RunSpec(folder)) as run:
        for number, (cell, about) in enumerate(zip(cells, known, strict=True)):
            run.send(str(number), _request(cell, stop_on_error=False), known=about)
            while True:
                message = run.next_message(20)
                said.append((number, message["type"], _lasting(message["content"])))
                if message["content"].get("execution_state") == "idle":
                    break
    return said


def _lasting(content: dict) -> str:
    """Without what differs from run to run: the folder of cells' files, addresses, times."""
    text = re.sub(r"ipykernel_\d+", "ipykernel", repr(content))
    return re.sub(r"0x[0-9a-f]+|[\d.]+(e[+-]?\d+)? [μµnm]?s\b", "…", text)


def test_where_asserts_are_stripped_here_runs_keep_theirs():
    ask = "from tinytorch.grading.run.preload import read_cell; print(read_cell('assert x'))"
    for word, known in (("", True), ("-O", False)):
        done = subprocess.run(
            [sys.executable, *filter(None, [word]), "-c", ask],
            capture_output=True,
            text=True,
            check=True,
            env={name: value for name, value in os.environ.items() if name != "PYTHONOPTIMIZE"},
        )
        assert (done.stdout.strip() != "None") == known
