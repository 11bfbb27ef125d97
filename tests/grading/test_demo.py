"""The sample class gets what it was made to get."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import ANSWER, CONFIG, code, notebook, text, write

from tinytorch.course.lesson import read_lesson
from tinytorch.demo import sample as demo
from tinytorch.errors import TinyTorchError, UsageError
from tinytorch.grading import grade
from tinytorch.grading.nb.converters import generate_release
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.gradebook import mark

EXERCISES = {
    "double": "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION",
    "half": "def half(x):\n    ### BEGIN SOLUTION\n    return x / 2\n    ### END SOLUTION",
}
TESTS = {
    "test_double": "assert double(3) == 6",
    "test_double_zero": "assert double(0) == 0",
    "test_half": "assert half(3) == 1.5",
}
MISCONCEPTIONS = """
@wrong("adds two", "if you added 2, multiply", loses=("test_double", "test_double_zero"))
def double(x):
    return x + 2


@wrong("rounds", "if you used //, keep the fraction", loses=("test_half",))
def half(x):
    return x // 2


@wrong("squares", "if you squared, multiply by two", loses=("test_double",))
def double(x):
    return x**2
"""


def lesson_cells() -> list[dict]:
    test = {"grade": True, "locked": True}
    return [
        text("# Doubling"),
        code(EXERCISES["double"], "double", solution=True),
        code(TESTS["test_double"], "test_double", points=30, **test),
        code(TESTS["test_double_zero"], "test_double_zero", points=20, **test),
        code(EXERCISES["half"], "half", solution=True),
        code(TESTS["test_half"], "test_half", points=45, **test),
        text(ANSWER, "count", grade=True, solution=True, points=5),
    ]


def percent(cell: dict) -> str:
    marks = cell["metadata"].get("nbgrader")
    kind = " [markdown]" if cell["cell_type"] == "markdown" else ""
    header = f"# %%{kind}" + (f" nbgrader={json.dumps(marks)}" if marks else "")
    source = cell["source"] if not kind else f'r"""\n{cell["source"]}\n"""'
    return f"{header}\n{source}\n"


def write_sample(root: Path, cells: list[dict], wrong: str, config: str = CONFIG) -> Path:
    write(root / "nbgrader_config.py", config)
    write(root / "modules/01_double/double.py", "\n".join(map(percent, cells)))
    write(root / "modules/01_double/misconceptions.py", wrong)
    write(root / "source/01_double/double.ipynb", notebook(*cells))
    generate_release(root, root, ["01_double"])
    return root


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    return write_sample(tmp_path_factory.mktemp("sample"), lesson_cells(), MISCONCEPTIONS)


def test_the_sample_is_written_once_and_refuses_strangers(sample):
    assert len(demo.make_demo(sample)) == 12
    files = {path: path.stat().st_mtime_ns for path in sample.glob("submitted/*/*/*.ipynb")}
    demo.make_demo(sample)
    assert {path: path.stat().st_mtime_ns for path in files} == files
    stranger = sample / "submitted/ada"
    stranger.mkdir()
    with pytest.raises(UsageError, match="holds ada"):
        demo.make_demo(sample)
    stranger.rmdir()


def test_intentions_come_from_the_lesson_alone(sample):
    lesson = read_lesson(sample / "modules/01_double/double.py")
    assert {name: i.score for name, i in demo.intended(lesson).items()} == {
        "all_right": 100,
        "half_right": 50,
        "misconception_one": 0,
        "misconception_two": 65,
        "untouched": 0,
        "syntax_error": 50,
        "endless_loop": 95,
        "deleted_test": 97,
        "edited_tests": 50,
        "duplicate_ids": 100,
        "kernel_killer": None,
        "not_json": None,
    }


def test_the_graded_sample_is_as_intended(sample):
    demo.make_demo(sample)
    assert len(demo.check_demo(sample)) == 12  # nobody is graded yet
    grade.grade(sample, [])
    unmarked = demo.check_demo(sample)
    assert [line.partition(",")[0] for line in unmarked] == [
        "all_right",
        "deleted_test",
        "duplicate_ids",
    ]
    demo.mark_sample(sample)
    assert demo.check_demo(sample) == []
    mark(Course(sample), "01_double", "all_right", "test_double", 0)
    assert demo.check_demo(sample) == ["all_right, 01_double: expected 100 points, got 70"]


def test_a_sample_whose_mistakes_cost_their_own_points(tmp_path):
    """Here `half` rests on `double`, so that wrong ones of that lose its test too."""
    cells = lesson_cells()
    cells[4]["source"] = cells[4]["source"].replace("x / 2", "double(x) / 4")
    wrong = MISCONCEPTIONS.replace('loses=("test_double"', 'loses=("test_half", "test_double"')
    wrong = wrong.replace('loses=("test_half",))\n', "loses=())\n")  # no wrong half in the sample
    config = CONFIG + "c.TinyTorch.count_mistakes_once = True\n"
    root = write_sample(tmp_path, cells, wrong, config)
    lesson = read_lesson(root / "modules/01_double/double.py")
    for once, points in ((False, (0, 20)), (True, (45, 65))):
        found = demo.intended(lesson, mistakes_once=once)
        assert tuple(found[f"misconception_{n}"].score for n in ("one", "two")) == points
    demo.make_demo(root)
    grade.grade(root)
    demo.mark_sample(root)
    assert demo.check_demo(root) == []


def test_a_wrong_name_in_loses_is_found(sample, tmp_path):
    folder = tmp_path / "01_double"
    write(folder / "double.py", (sample / "modules/01_double/double.py").read_text())
    write(folder / "misconceptions.py", MISCONCEPTIONS.replace('"test_half"', '"test_hlaf"'))
    with pytest.raises(TinyTorchError, match="no tests test_hlaf"):
        demo.intended(read_lesson(folder / "double.py"))
    write(folder / "misconceptions.py", "")
    with pytest.raises(TinyTorchError, match="has no @wrong"):
        demo.intended(read_lesson(folder / "double.py"))
