"""What somebody at a terminal sees: help, errors that name the mend, exit statuses."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tinytorch.cli import main
from tinytorch.extras import PACKAGES, install_command

ROOT = Path(__file__).parents[1]
COMMANDS = ("build", "validity", "demo", "grade", "feedback", "grades")


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """A copy of the first lesson and what a build of it needs, as the current folder."""
    shutil.copytree(ROOT / "modules" / "01_tensor", tmp_path / "modules" / "01_tensor")
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *words: str) -> tuple[int, str, str]:
    status = main(list(words))
    said = capsys.readouterr()
    return status, said.out, said.err


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    for command in COMMANDS:
        assert f"    {command} " in said


def test_python_m_tinytorch_is_the_command(capsys):
    with pytest.raises(SystemExit):
        main(["grade", "--workers", "0"])
    words = [sys.executable, "-m", "tinytorch", "grade", "--workers", "0"]
    stop = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert stop.returncode == 2
    assert stop.stderr.startswith("usage: tinytorch grade ")
    assert stop.stderr == capsys.readouterr().err


def test_outside_a_course_the_error_says_where_to_go(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in COMMANDS:
        status, _, err = run(capsys, command)
        assert status == 2
        assert "go there, or use --root" in err


def test_build_is_quiet_the_second_time(capsys, course):
    status, out, _ = run(capsys, "build")
    assert status == 0
    assert "wrote source/01_tensor/tensor.ipynb" in out
    assert run(capsys, "build") == (0, "", "")


def test_build_check_exits_1_and_names_the_stale_files(capsys, course):
    run(capsys, "build")
    assert run(capsys, "build", "--check")[0] == 0
    lesson = course / "modules/01_tensor/tensor.py"
    lesson.write_text(lesson.read_text().replace("# 1. Tensor", "# 1. Tensors", 1))
    status, out, err = run(capsys, "build", "--check")
    assert status == 1
    assert "stale: source/01_tensor/tensor.ipynb" in out
    assert "stale: release/01_tensor/tensor.ipynb" in out
    assert "tinytorch build" in err


def test_a_bad_lesson_exits_1_with_file_line_and_mend(capsys, course):
    lesson = course / "modules/01_tensor/tensor.py"
    lesson.write_text(lesson.read_text().replace('"points": 6', '"points": 7', 1))
    status, out, err = run(capsys, "build")
    assert status == 1
    assert out == ""
    assert "nothing was written" in err
    assert "modules/01_tensor/tensor.py:" in err
    assert "mend:" in err
    assert not (course / "source").exists()


@pytest.mark.parametrize("name", ["tensor", "01_tensor", "1"])
def test_a_lesson_goes_by_any_of_its_names(capsys, course, name):
    assert run(capsys, "build", name, "--core-only")[0] == 0


def test_an_unknown_lesson_is_answered_with_the_known_ones(capsys, course):
    status, _, err = run(capsys, "build", "tensors")
    assert status == 2
    assert "no lesson 'tensors': there are 01_tensor" in err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_package_is_answered_with_how_to_install_it(capsys, monkeypatch, command):
    monkeypatch.setitem(sys.modules, "nbgrader", None)
    status, out, err = run(capsys, command)
    assert (status, out) == (2, "")
    assert f"tinytorch: {command} needs nbgrader, not installed here" in err
    assert err.endswith(f"\n  {install_command('grading')}\n")


def test_grading_on_a_cluster_asks_for_its_own_extra(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    status, _, err = run(capsys, "grade", "--backend", "dask")
    assert status == 2
    assert "grade needs distributed, not installed here" in err
    assert install_command("cluster") in err


def test_the_core_alone_is_built_without_nbgrader(capsys, course, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbgrader", None)
    status, out, _ = run(capsys, "build", "--core-only")
    assert status == 0
    assert "wrote tinytorch/core/tensor.py" in out


@pytest.mark.parametrize("extra", PACKAGES)
def test_an_extra_brings_what_its_commands_import(extra):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]

    def packages(name: str) -> set[str]:
        own = f"{project['name']}["
        inner = [word for word in extras[name] if word.startswith(own)]
        others = ",".join(word.removeprefix(own).removesuffix("]") for word in inner)
        return set(extras[name]).union(*map(packages, filter(None, others.split(","))))

    assert set(PACKAGES[extra]) <= packages(extra)
