"""What somebody at a terminal sees: help, errors that name the mend, exit statuses."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tinytorch.cli import main

ROOT = Path(__file__).parents[1]


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
    for command in ("build", "demo", "grade", "feedback", "grades"):
        assert f"    {command} " in said


def test_outside_a_course_the_error_says_where_to_go(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in ("build", "demo", "grade", "feedback", "grades"):
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


def test_a_missing_package_is_answered_with_how_to_install_it(course):
    code = (
        "import sys; sys.modules['jupytext'] = None; "
        "from tinytorch.cli import main; sys.exit(main(['build']))"
    )
    stop = subprocess.run([sys.executable, "-c", code], cwd=course, capture_output=True, text=True)
    assert stop.returncode == 2
    assert "pip install 'tinytorch[course]'" in stop.stderr
