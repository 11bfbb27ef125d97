"""Building a course: what is written, what is left alone, and what is refused."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sample import GOOD, change, write_lesson

from tinytorch.course.build import build, read_lessons
from tinytorch.course.lesson import LessonError

CONFIG = Path(__file__).parents[2] / "nbgrader_config.py"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course of one good lesson, under the same nbgrader configuration as ours."""
    write_lesson(tmp_path, GOOD)
    (tmp_path / CONFIG.name).write_text(CONFIG.read_text())
    return tmp_path


def snapshot(root: Path) -> dict[str, tuple[bytes, int]]:
    made = ("source", "release", "tinytorch")
    paths = [p for step in made for p in (root / step).rglob("*") if p.is_file()]
    return {str(p.relative_to(root)): (p.read_bytes(), p.stat().st_mtime_ns) for p in paths}


def test_a_build_makes_notebooks_and_a_module(course):
    lesson = read_lessons(course)[0]
    written = {str(path) for path in build(course).written}
    assert written == {
        f"source/{lesson.folder}/{lesson.name}.ipynb",
        f"release/{lesson.folder}/{lesson.name}.ipynb",
        f"tinytorch/core/{lesson.name}.py",
        "tinytorch/core/__init__.py",
        f"tinytorch/testing/lessons/{lesson.name}.json",
        f"tinytorch/testing/lessons/{lesson.name}.mistakes.json",
    }


def test_a_second_build_touches_nothing(course):
    build(course)
    before = snapshot(course)
    assert build(course).stale == []
    assert build(course, afresh=True).stale == []
    assert snapshot(course) == before


def test_check_names_what_is_stale_and_writes_nothing(course):
    lesson = read_lessons(course)[0]
    build(course)
    assert build(course, check=True).stale == []
    before = snapshot(course)
    write_lesson(course, change(GOOD, "# # Scaling", "# # Scalings"))
    stale = [str(path) for path in build(course, check=True).stale]
    assert f"source/{lesson.folder}/{lesson.name}.ipynb" in stale
    assert f"release/{lesson.folder}/{lesson.name}.ipynb" in stale
    assert snapshot(course) == before


def test_a_lesson_that_is_not_sound_writes_nothing(course):
    write_lesson(course, change(GOOD, "return product\n    ### END SOLUTION", "return product"))
    with pytest.raises(LessonError, match="nothing was written"):
        build(course)
    assert snapshot(course) == {}


def test_what_no_lesson_stands_behind_is_removed(course):
    build(course)
    strays = "tinytorch/core/old.py", "source/09_old/old.ipynb", "release/09_old/old.ipynb"
    for stray in (*strays, "tinytorch/testing/lessons/old.json"):
        (course / stray).parent.mkdir(exist_ok=True)
        (course / stray).write_text("")
        assert [str(path) for path in build(course, check=True).stale] == [stray]
        assert [str(path) for path in build(course).removed] == [stray]
        assert not (course / stray).exists()


def test_what_jupyter_keeps_beside_a_notebook_is_left_alone(course):
    build(course)
    kept = next(course.glob("release/*")) / ".ipynb_checkpoints" / "old.ipynb"
    kept.parent.mkdir()
    kept.write_text("")
    assert build(course, check=True).stale == []
    build(course)
    assert kept.exists()


def test_files_changed_by_hand_are_stale(course):
    lesson = read_lessons(course)[0]
    build(course)
    for path in (
        Path("release", lesson.folder, f"{lesson.name}.ipynb"),
        Path("tinytorch/core", f"{lesson.name}.py"),
        Path("tinytorch/testing/lessons", f"{lesson.name}.json"),
        Path("tinytorch/testing/lessons", f"{lesson.name}.mistakes.json"),
    ):
        (course / path).write_text("changed by hand")
        assert build(course, check=True).stale == [path]
        build(course)
        assert build(course, check=True).stale == []


def test_notebooks_have_stable_ids_sorted_keys_and_no_outputs(course):
    lesson = read_lessons(course)[0]
    build(course)
    text = (course / "source" / lesson.folder / f"{lesson.name}.ipynb").read_text()
    notebook = json.loads(text)
    assert text == json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert {c.grade_id for c in lesson.cells if c.grade_id} <= set(ids)
    assert all(cell.get("outputs", []) == [] for cell in notebook["cells"])


def test_exporting_alone_imports_no_nbgrader(course):
    code = (
        "import sys; from pathlib import Path; from tinytorch.course.build import build; "
        f"build(Path({str(course)!r}), core_only=True); "
        "sys.exit(any(name.split('.')[0] in ('nbgrader', 'nbconvert') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
    assert (course / "tinytorch/core/__init__.py").exists()
    assert not (course / "source").exists()
