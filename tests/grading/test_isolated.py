"""Where tests run in a process of their own: the same points for honest work, none for patches."""

import shutil
from pathlib import Path

import nbformat
import pytest
from attacks.harness import ISOLATED, Range, attacks

from tinytorch.grading import grade
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.scores import scores
from tinytorch.grading.run import walls

ROOT = Path(__file__).parents[2]
SETTINGS = 'c = get_config()\nc.CourseDirectory.course_id = "isolated"\n'
# Each earns points where the tests run in the same process.
PATCHES = {
    "checks": "from tinytorch import testing\n"
    "for name in ('check', 'check_raises', 'check_gradient', 'expect'):\n"
    "    setattr(testing, name, lambda *_, **__: None)",
    "test": "from tinytorch import testing\ntesting.test = lambda test: lambda: None",
    "compare": "from tinytorch.testing import checks\n"
    "checks.difference = lambda *_, **__: None\nchecks._changed = checks.difference",
    "numpy": "import numpy as np\nnp.array_equal = np.allclose = lambda *_, **__: True",
    "oracles": "from tinytorch.testing import oracles\nimport sys\n"
    "for name, module in list(sys.modules.items()):\n"
    "    if name.startswith('tinytorch.testing.oracles.'):\n"
    "        vars(module).update({n: lambda *_, **__: [] for n in dir(module) if n[0] != '_'})",
    # Names the tests' tools alone, and so looks like a cell that runs with the tests.
    "tools": "tt.test.__globals__['__builtins__']['exec'](\n"
    '    "from tinytorch import testing\\ntesting.test = lambda test: lambda: None")',
    # These act while a test runs: what they send would count for it, or keep it from ending.
    "result": "import sys\nkernel = get_ipython().kernel\n"
    "result = {'data': {'text/plain': '1'}, 'metadata': {}, 'execution_count': 1}\n"
    "for module in list(sys.modules.values()):\n"
    "    if module.__name__.endswith('apart.student'):\n"
    "        def show(self, names, names_of=module.Student.do_names):\n"
    "            parent = kernel.get_parent('shell')\n"
    "            kernel.session.send(None, 'execute_result', result, parent=parent)\n"
    "            return names_of(self, names)\n"
    "        module.Student.do_names = show",
    "interrupt": "import sys\nfor module in list(sys.modules.values()):\n"
    "    if module.__name__.endswith('apart.student'):\n        def interrupt(*_):\n"
    "            raise KeyboardInterrupt\n"
    "        module.Student.do_names = module.Student.do_over = interrupt",
    "ends": "import sys\nfor module in list(sys.modules.values()):\n"
    "    if module.__name__.endswith('apart.student'):\n"
    "        module.Student.do_call = lambda *_: None",
}


def course_at(root: Path, *, isolated: bool = True) -> Path:
    root.mkdir()
    for step in ("source", "release"):
        shutil.copytree(ROOT / step, root / step)
    text = f"{SETTINGS}c.TinyTorch.isolated_tests = {isolated}\n"
    (root / "nbgrader_config.py").write_text(text)
    return root


def hand_in(
    course: Path, student: str, lesson: str, *, solved: bool, first: str = "", last: str = ""
) -> None:
    step = "source" if solved else "release"
    folder = course / "submitted" / student / lesson
    shutil.copytree(course / step / lesson, folder)
    if first or last:
        path = next(folder.glob("*.ipynb"))
        notebook = nbformat.read(path, 4)
        if first:
            notebook.cells.insert(2, nbformat.v4.new_code_cell(first))
        if last:
            notebook.cells.append(nbformat.v4.new_code_cell(last))
        nbformat.write(notebook, path)


def points(course: Path, lesson: str) -> dict[str, float]:
    found = scores(Course(course), lesson).students
    return {name: score.score for name, score in found.items() if score}


@pytest.mark.parametrize("mode", [walls.NONE, walls.LANDLOCK, walls.FULL])
def test_solved_lessons_earn_all_their_points(mode, tmp_path):
    if mode != walls.NONE and walls.fault_of(mode):
        pytest.skip(walls.fault_of(mode))
    course = course_at(tmp_path / "course")
    lessons = ["01_tensor", "04_losses", "08_training"]
    for lesson in lessons:
        hand_in(course, "ada", lesson, solved=True)
        hand_in(course, "ben", lesson, solved=False)
    grade.grade(course, options=grade.Options(sandbox=mode))
    for lesson in lessons:
        found = scores(Course(course), lesson).students["ada"]
        assert found.score == found.max_score - found.waiting
        assert points(course, lesson)["ben"] == 0


# A test that looks for what another student's left, and at what the next one's will import.
LOOK = """import os
from pathlib import Path

tries = 0
for place in (Path(tt.__file__), Path.cwd(), Path.home()):
    path = place if place.is_file() else place / "left"
    assert place.is_file() or not path.exists()
    try:
        path.open("a").close()
    except OSError:
        tries += 1
assert tries == 1"""


@pytest.mark.parametrize("mode", [walls.LANDLOCK, walls.FULL])
def test_what_a_test_writes_is_not_there_for_the_next(mode, tmp_path):
    if walls.fault_of(mode):
        pytest.skip(walls.fault_of(mode))
    course, lesson = course_at(tmp_path / "course"), "01_tensor"
    path = next((course / "source" / lesson).glob("*.ipynb"))
    notebook = nbformat.read(path, 4)
    test = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade"))
    test.source, name = LOOK, test.metadata["nbgrader"]["grade_id"]
    nbformat.write(notebook, path)
    for student in ("ada", "ben"):
        hand_in(course, student, lesson, solved=False)
    grade.grade(course, options=grade.Options(sandbox=mode, workers=1))
    for score in scores(Course(course), lesson).students.values():
        assert score.cells[name].score == score.cells[name].max_score > 0


# Python keeps the text of a cell for tracebacks, those of a test's function among them.
LINES = """import linecache

texts = ["".join(entry[2]) for entry in linecache.cache.values() if len(entry) > 2]
print(*(any(word in text for text in texts) for word in ("def ap" "ply(", "@tt." "test")))"""


def test_the_text_of_tests_is_not_told(tmp_path):
    course, lesson = course_at(tmp_path / "course"), "01_tensor"
    hand_in(course, "ada", lesson, solved=True, last=LINES)
    grade.grade(course, options=grade.Options(sandbox=walls.ANY))
    path = next((course / "autograded" / "ada" / lesson).glob("*.ipynb"))
    cell = nbformat.read(path, 4).cells[-1]
    assert cell.source == LINES and cell.outputs[0].text == "True False\n"


def test_patches_earn_nothing(tmp_path):
    course = course_at(tmp_path / "course")
    for name, patch in PATCHES.items():
        hand_in(course, name, "04_losses", solved=False, first=patch)
    hand_in(course, "ada", "04_losses", solved=True)
    grade.grade(course, options=grade.Options(sandbox=walls.ANY))
    found = points(course, "04_losses")
    assert found.pop("ada") > 90
    assert found == dict.fromkeys(PATCHES, 0.0)


@pytest.mark.slow
@pytest.mark.skipif(walls.find(walls.ANY).mode != walls.FULL, reason="not all walls are here")
def test_no_widget_takes_what_a_test_returns(tmp_path):
    place = Range(tmp_path, bound=120)
    assert place.try_attack(attacks()["lying_widgets"], "blind", ISOLATED).told == ()
