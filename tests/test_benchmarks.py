"""The benchmark of the framework, once through on tiny sizes: no time is asserted."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra 'agreement' installs it")

FOLDER = Path(__file__).parents[1] / "benchmarks"


def run(*arguments, prelude=None):
    command = [sys.executable, str(FOLDER / "framework.py"), *map(str, arguments)]
    if prelude:
        code = f"import sys; sys.path.insert(0, {str(FOLDER)!r}); import framework; {prelude}"
        command = [sys.executable, "-c", f"{code}; sys.exit(framework.main())", *command[2:]]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_quick_goes_through_every_case_and_compares_the_numbers(tmp_path):
    output, figure = tmp_path / "result.json", tmp_path / "growth.png"
    result = run("--quick", "--json", "--output", output, "--figure", figure)
    assert result.returncode == 0, result.stderr
    found = json.loads(output.read_text(encoding="utf-8"))
    targets = {row["name"]: row["target"] for row in found["rows"] if row["target"]}
    assert sorted(targets.values()) == [0.1, 0.5, 0.7, 0.8, 1.0, 1.0, 1.0, 1.4, 2.5, 3.5]
    assert all(row["ratio"] > 0 for row in found["rows"])
    peers = [name for name in ("micrograd", "mygrad") if importlib.util.find_spec(name)]
    assert {name for row in found["teaching"] for name in row["seconds"]} - {"ours"} == set(peers)
    assert len(found["growth"]) >= 3
    assert figure.stat().st_size > 10_000


def test_one_case_as_a_table_on_stdout():
    result = run("--quick", "--only", "softmax")
    assert result.returncode == 0, result.stderr
    lines = [line for line in result.stdout.splitlines() if line.startswith("|")]
    assert len(lines) == 3
    assert "softmax (1024, 1000)" in lines[2]


def test_other_numbers_than_the_peers_end_the_run():
    wrong = "framework.core.Softmax.forward = lambda self, x: x"
    result = run("--quick", "--only", "softmax", prelude=wrong)
    assert result.returncode == 1
    assert "ours and PyTorch differ" in result.stderr


def test_an_unknown_case_is_wrong_usage():
    result = run("--quick", "--only", "nonsense")
    assert result.returncode == 2
    assert "nonsense" in result.stderr
