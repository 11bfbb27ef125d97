"""`export` and `borrow`: whose module the next lesson runs on, and how one comes back."""

import signal
import subprocess
import time

import pytest
from student import solutions, with_line


def test_the_next_lesson_runs_on_ones_own_code(student):
    student.solve(1)
    own = solutions(student.lesson(1))["matmul"].replace(
        "def matmul", "# mine, all mine\ndef matmul"
    )
    student.write(1, matmul=own)
    said = student.types("export", "1")
    assert "Exported: tinytorch/core/tensor.py is your own code now." in said
    assert "Next: lesson 02: open lessons/02_activations/activations.ipynb" in said
    module = student.workspace.module(student.lesson(1)).read_text("utf-8")
    assert module.startswith('"""Tensor. Your own, from lessons/01_tensor/tensor.ipynb."""')
    assert "# mine, all mine" in module
    code = "import tinytorch; from tinytorch.core import Tensor, apply; print("
    code += "(Tensor([[1., 2.]]) @ Tensor([[3.], [4.]])).item(), tinytorch.core.__all__)"
    assert student.python(code) == "11.0 ['Tensor', 'apply', 'gradient_of', 'operation']\n"
    student.solve(2)
    assert "94 of 94 points" in student.types("check", "2")


def test_while_tests_fail_it_is_refused_and_insisting_is_remembered(student):
    student.solve(1)
    own = solutions(student.lesson(1))["reduce_sum"]
    student.write(1, reduce_sum=with_line(own, "x = x * 2"))
    said = student.types("export", "1", status=1)
    assert "Not exported: 1 of 10 exercises not right yet: reduce_sum." in said
    assert "reduce_sum (1.6): " in said
    assert not student.workspace.module(student.lesson(1)).exists()
    said = student.types("export", "1", "--force")
    assert "Later lessons will show it: 1 of 10 exercises not right yet: reduce_sum." in said
    said = student.types("status")
    assert "your own, not right" in said
    assert "Next: lesson 01: reduce_sum was not right when exported" in said


def test_a_module_that_was_replaced_comes_back(student):
    student.solve(1)
    student.types("export", "1")
    path = student.workspace.module(student.lesson(1))
    first = path.read_bytes()
    student.write(1, mean="# another\n" + solutions(student.lesson(1))["mean"])
    said = student.types("export", "1")
    assert "`python course.py export 01 --back` brings it back" in said
    second = path.read_bytes()
    assert first != second
    student.types("export", "1", "--back")
    assert path.read_bytes() == first
    student.types("export", "1", "--back")
    assert path.read_bytes() == second


def test_a_borrowed_module_says_so_and_ones_own_comes_back(student):
    student.solve(1)
    student.types("export", "1")
    path = student.workspace.module(student.lesson(1))
    own = path.read_bytes()
    student.types("borrow", "1")
    assert path.read_text("utf-8").startswith(
        '"""Borrowed: the reference of lesson 01, not your own."""'
    )
    assert "borrowed" in student.types("status")
    student.solve(2)
    student.types("check", "2")
    assert "is your own again" in student.types("borrow", "1", "--back")
    assert path.read_bytes() == own


def test_what_is_not_lent_can_not_be_borrowed(student):
    said = student.types("borrow", "3", status=1)
    assert "the reference of lesson 03 is not in this kit" in said
    assert not student.workspace.module(student.lesson(3)).exists()


def test_helpers_from_other_cells_come_along(student):
    own = solutions(student.lesson(1))["mean"]
    helper = "import math as m\n\nLIMIT = 3\n\ndef halved(x):\n    return m.fsum([x]) / 2"
    student.solve(1)
    student.insert(1, "mean", helper)
    student.write(1, mean=with_line(own, "assert halved(4) == 2"))
    student.types("export", "1")
    module = student.workspace.module(student.lesson(1)).read_text("utf-8")
    assert "def halved(x)" in module
    assert "import math as m" in module
    student.python("from tinytorch.core.tensor import mean; import numpy; mean(numpy.ones(3))")


# What stands in cells of the student's own above `mean`, a line of `mean` itself, and what must
# hold in the module.
CARRIED = {
    "a constant": ("SCALE = 3", "assert SCALE == 3", "SCALE == 3"),
    "two at once": ("A, B = 1, 2", "assert A < B", "(A, B) == (1, 2)"),
    "a star": ("from math import *", "assert pi > tau / 3", "pi > 3"),
    "two imports in a line": ("import math; import random", "assert math and random", "math.pi"),
    "from the future": ("from __future__ import annotations", "pass", "mean"),
    "a magic of a line": ("%time ONE = 1\nTWO = 2", "assert TWO == 2", "TWO == 2"),
    "a magic of a cell": ("%%time\nTWO = 2", "assert TWO == 2", "TWO == 2"),
    "a shell": ("!echo hello\nTWO = 2", "assert TWO == 2", "TWO == 2"),
    "a rest": ("%matplotlib inline\nTEN = (\n    27\n    % 17\n)", "assert TEN == 10", "TEN == 10"),
    "an attribute": ("Tensor.hello = 'me'", "pass", "Tensor.hello == 'me'"),
    "help": ("len?", "pass", "mean"),
}


@pytest.mark.parametrize("case", CARRIED)
def test_the_module_is_what_the_notebook_means(student, case):
    above, line, holds = CARRIED[case]
    own = solutions(student.lesson(1))["mean"]
    student.solve(1)
    student.insert(1, "mean", above)
    student.write(1, mean=with_line(own, line) + "\n\nprint('a word')")
    said = student.types("export", "1")
    assert "a word" not in said
    module = student.workspace.module(student.lesson(1)).read_text("utf-8")
    scope: dict = {}
    exec(compile(module, "tensor.py", "exec"), scope)
    assert eval(holds, scope)


def test_an_import_and_a_definition_of_one_name_keep_their_order(student):
    own = solutions(student.lesson(1))["mean"]
    student.solve(1)
    student.insert(1, "mean", "def sqrt(x):\n    return 'mine'")
    student.insert(1, "mean", "from math import sqrt")
    student.write(1, mean=with_line(own, "assert sqrt(4) == 2"))
    student.types("export", "1")


def test_what_only_the_notebook_knows_is_refused_with_its_name(student):
    """`prices` is a variable of a cell that the lesson shows its reader."""
    own = solutions(student.lesson(1))["mean"]
    student.solve(1)
    student.write(1, mean=with_line(own, "assert prices"))
    said = " ".join(student.types("export", "1", status=1).split())
    assert "it uses `prices`, which no cell defines that a module can be made of" in said


# Own cells above `matmul`, where `mean` is tested already, that change what the notebook means in
# ways that no module can be read off; and what `mean` itself holds.
CHANGED = {
    "a table that is filled": ("LIM = {}\nfor n in (1, 2):\n    LIM[n] = n", "assert LIM[2] == 2"),
    "a patch by setattr": ("setattr(Tensor, 'low', 5)", "assert Tensor.low == 5"),
    "a builtin's name": ("def sum(x):\n    return 'mine'", "assert sum([1]) == 'mine'"),
    "an effect of a print": ("LIM = [7]\nprint(LIM.insert(0, 0))", "assert LIM[0] == 0"),
    "no constant": (
        "def init():\n    global LOW\n    LOW = 0\n\ninit()\nLOW += 1",
        "assert LOW == 1",
    ),
}


@pytest.mark.parametrize("case", CHANGED)
def test_what_a_module_can_not_be_read_off_is_refused(student, case):
    above, line = CHANGED[case]
    student.solve(1)
    student.insert(1, "mean", above)
    student.write(1, mean=with_line(solutions(student.lesson(1))["mean"], line))
    said = " ".join(student.types("export", "1", status=1).split())
    assert "94 of 94" not in said
    assert "without your other cells, is not right: " in said or "would not serve" in said
    assert not student.workspace.module(student.lesson(1)).exists()


def test_a_module_that_ends_the_process_is_refused(student):
    """Where it is not the notebook's own cells that are run."""
    from tinytorch.workspace.check import check
    from tinytorch.workspace.export import Module, trial

    student.solve(1)
    checked = check(student.workspace, student.lesson(1))
    said = trial(student.workspace, checked, Module("import os\nos._exit(3)\n", (), ()))
    assert "the process ended" in said
    said = trial(student.workspace, checked, Module("import nowhere\n", (), ()))
    assert said.startswith("it can't be imported: ModuleNotFoundError")


def test_what_was_checked_is_what_is_exported_and_handed_in(student):
    """Whatever is saved while the check runs."""
    from tinytorch.workspace.check import check
    from tinytorch.workspace.export import own_module
    from tinytorch.workspace.submit import submit

    student.solve(1)
    data = student.path(1).read_bytes()
    checked = check(student.workspace, student.lesson(1))
    student.write(1, mean="rubbish = True")
    module = own_module(student.workspace, student.lesson(1), checked.notebook)
    assert "rubbish" not in module.text
    done = submit(student.workspace, student.lesson(1), checked)
    assert done.path.read_bytes() == data


def test_back_is_the_module_before_whatever_came_earlier(student):
    from tinytorch.workspace.export import bring_back, write_module

    workspace, lesson = student.workspace, student.lesson(1)
    for text in ("a", "b", "a", "c"):
        write_module(workspace, lesson, f"{text} = 1\n")
    bring_back(workspace, lesson)
    assert workspace.module(lesson).read_text() == "a = 1\n"
    bring_back(workspace, lesson)
    assert workspace.module(lesson).read_text() == "c = 1\n"


def test_two_commands_at_once_lose_nothing(student):
    """Each of two processes replaces the module twenty times: every text is there or kept."""
    code = (
        "import sys; from tinytorch.workspace import export, kept, place; w = place.need(); "
        "lesson = w.lesson('1')\n"
        "for n in range(20):\n"
        "    with kept.alone(w.private):\n"
        "        export.write_module(w, lesson, f'# {sys.argv[1]} {n}\\n')\n"
    )
    python = student.root / ".venv/bin/python"
    both = [
        subprocess.Popen([python, "-P", "-c", code, name], cwd=student.root) for name in ("a", "b")
    ]
    assert [one.wait() for one in both] == [0, 0]
    folder = student.workspace.kept(student.lesson(1))
    texts = [path.read_text() for path in folder.glob("*.py")]
    texts.append(student.workspace.module(student.lesson(1)).read_text())
    assert set(texts) == {f"# {name} {n}\n" for name in "ab" for n in range(20)}


def test_a_given_cell_that_was_deleted_is_missed(student):
    student.solve(1)
    notebook = student.read(1)
    at = next(
        n
        for n, cell in enumerate(notebook["cells"])
        if cell["metadata"].get("tinytorch", {}).get("export")
        and "FASTER: " in "".join(cell["source"])
    )
    del notebook["cells"][at]
    student.save(1, notebook)
    said = student.types("export", "1", status=1)
    assert "Not exported" in said


@pytest.mark.parametrize("word", ["10", "lossy", "0", "../01_tensor"])
def test_a_lesson_that_is_not_there_is_answered_with_those_that_are(student, word):
    said = student.types("export", word, status=2)
    assert f"there is no lesson {word!r}; there are 01 tensor, 02 activations" in said


def test_from_another_folder_the_workspaces_own_python_finds_it(student, tmp_path):
    python = student.root / ".venv/bin/python"
    done = student.run("-m", "tinytorch", "status", cwd=tmp_path, python=python)
    assert done.returncode == 0
    assert "0 of 9 lessons done." in done.stdout


def test_outside_a_workspace_it_says_where_to_go(student, environment, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    python = environment / "bin/python"
    done = student.run("-m", "tinytorch", "status", cwd=elsewhere, python=python)
    assert done.returncode == 2
    assert "go to that one, which holds kit.json and course.py" in done.stderr
    code = "import tinytorch.core.tensor"
    done = student.run("-c", code, cwd=elsewhere, python=python)
    assert "it is your own code, which lies in your workspace" in done.stderr


def test_what_is_defined_again_further_down_is_not_exported_unasked(student):
    student.solve(1)
    student.insert(
        1, "matmul", "_old = mean\ndef mean(x, axis=None, keepdims=False):\n    return _old(x)"
    )
    said = student.types("export", "1", status=1)
    assert "`mean` is defined again in a cell of your own further down" in said
    student.types("export", "1", "--force")
    module = student.workspace.module(student.lesson(1)).read_text("utf-8")
    assert (
        module.index("def mean(x: ") < module.index("_old = mean") < module.index("return _old(x)")
    )


def test_ctrl_c_leaves_all_as_it_was_and_says_one_line(student):
    """While the notebook is run, of which a cell tells when it is."""
    student.solve(1)
    waits = "import time\nopen('begun', 'w').close()\ntime.sleep(60)"
    student.insert(1, "mean", waits)
    python = student.root / ".venv/bin/python"
    command = [python, "-P", "-m", "tinytorch", "export", "1"]
    process = subprocess.Popen(
        command, cwd=student.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    begun = student.path(1).parent / "begun"
    while not begun.exists() and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said == "stopped: nothing was changed that is not whole\n"
    assert not student.workspace.module(student.lesson(1)).exists()
