"""Attempts at the grading are told to a person, and honest work is not suspected."""

import json
from pathlib import Path

import honest
import pytest
from attacks import harness

from tinytorch.grading.submission import intake
from tinytorch.grading.submission.doubt import MOST, doubts

ROOT = Path(__file__).parents[2]
LESSON = [
    "import numpy as np\nfrom tinytorch.testing import assert_close, check",
    "import tinytorch.testing as tt\nfrom tinytorch.core.tensor import Tensor",
]


def told(*sources: str) -> list[str]:
    return doubts(map(cell, sources), {"cells": [cell(source) for source in LESSON]})


def cell(source: str) -> dict:
    return {"cell_type": "code", "source": source, "metadata": {}}


@pytest.mark.parametrize(
    "source, evidence",
    [
        ("assert_close = print", "gives the name `assert_close` of the lesson to something else"),
        ("def check(*_):\n    pass", "gives the name `check` of the lesson to something else"),
        ("if True:\n    a, np = 1, None", "gives the name `np` of the lesson to something else"),
        ("tt.checks.close = max", "replaces a part of `tt`"),
        ("setattr(np, 'allclose', max)", "replaces a part of `np`"),
        ("import builtins\nbuiltins.abs = max", "replaces a part of `builtins`"),
        ("import sys\nx = sys._getframe().f_back", "looks into the frames of its callers"),
        ("getattr(frame, 'f_locals')", "looks into the names of other frames"),
        ("print(In[-1])", "reads the cells that have run"),
        ("open(f'/proc/{pid}/mem')", "names what belongs to others"),
        ("import os\nos.environ['NBGRADER_EXECUTION']", "asks whether it is being graded"),
    ],
)
def test_an_attempt_is_told_with_its_line(source, evidence):
    (first, *_) = told("x = 1", source)
    assert first.startswith(f"in doubt: cell 2 {evidence}: ")
    assert first.rpartition(": ")[2] in source


@pytest.mark.parametrize(
    "source",
    [
        *LESSON,
        "import numpy as np\nfrom tinytorch.testing import check",
        "def f(np):\n    check = np + 1\n    return check",
        "Tensor.__repr__ = lambda self: 'T'\nTensor = Tensor",
        "np.random.seed(0); x = np.zeros(3); x[0] = 1; x.shape = (3, 1)",
        "print(open('/proc/cpuinfo').read(), 'builtins')",
        "def broken(:\n    f_back",
    ],
)
def test_what_work_needs_is_not_suspected(source):
    assert not told(source)


def test_of_many_pieces_of_evidence_a_few_are_told():
    found = told("\n".join(f"np.a{n} = {n}" for n in range(20)))
    assert len(found) == MOST + 1
    assert found[-1] == f"in doubt: {20 - MOST} more"


def test_honest_work_is_not_suspected():
    released = {path.parent.name: path for path in ROOT.glob("release/*/*.ipynb")}
    found = {}
    for submission in honest.submissions():
        template = json.loads(released[submission.lesson].read_text())
        cells = intake.repair(submission.notebook, template)[0]["cells"]
        found[submission.name] = doubts(cells, template)
    assert not {name: told for name, told in found.items() if told}


def test_most_attacks_on_the_tests_are_told():
    attacks = [a for a in harness.attacks().values() if a.kind in ("patching", "reading")]
    silent = [a.name for a in attacks if not told(*(cell.source for cell in a.cells))]
    assert len(silent) < len(attacks) / 2, silent
