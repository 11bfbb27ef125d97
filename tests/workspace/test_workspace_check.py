"""`check`: what a saved notebook has earned, as grading would say, and why it lacks the rest."""

import json

import pytest
from student import grade_id, solutions, with_line


def rows(said: str) -> dict[str, str]:
    """What the table says of each exercise, by its name."""
    found = {}
    for line in said.splitlines():
        words = line.split()
        if len(words) > 4 and words[0].count(".") == 1 and "of" in words:
            found[words[1]] = " ".join(words[words.index("of") - 1 :])
    return found


@pytest.fixture(scope="module")
def reference(kit):
    from tinytorch.workspace.place import open_workspace

    workspace = open_workspace(kit)
    return {lesson.name: solutions(lesson) for lesson in workspace.lessons}


def test_an_untouched_lesson_has_nothing_and_says_where_to_begin(student):
    said = student.types("check", "1", status=1)
    assert set(rows(said).values()) == {
        f"0 of {points} not written" for points in (5, 6, 7, 10, 12, 13, 14, 15)
    }
    assert "0 of 94 points, and 6 that a person gives." in said
    assert "Next: to_array (1.3); save, and check again" in said
    assert "raised" not in said
    assert max(map(len, said.splitlines())) <= 80


def test_a_solved_lesson_has_all_points_and_goes_on_to_its_export(student):
    student.solve(1)
    said = student.types("check", "01")
    assert all(row.endswith("passed") for row in rows(said).values())
    assert "94 of 94 points" in said
    assert "Next: python course.py export 01" in said
    assert "a person will read it" in said


def test_a_failure_is_told_with_the_sentence_of_the_test(student, reference):
    student.solve(1)
    student.write(1, reduce_sum=with_line(reference["tensor"]["reduce_sum"], "x = x * 2"))
    said = student.types("check", "1", status=1)
    assert rows(said)["reduce_sum"].startswith("0 of 5 failed")
    assert "reduce_sum (1.6): " in said
    assert ", expected " in said


def test_what_leans_on_an_unwritten_exercise_is_said_to(student, reference):
    student.solve(1)
    release = student.workspace.release(student.lesson(1)).read_text("utf-8")
    assert "apply is yours to write" in release
    stub = next(c for c in json.loads(release)["cells"] if grade_id(c) == "apply")
    student.write(1, apply="".join(stub["source"]))
    said = student.types("check", "1", status=1)
    found = rows(said)
    assert found["apply"].endswith("not written")
    assert any("leans on apply" in row for row in found.values())


def test_a_cell_that_is_no_python_is_named_and_the_rest_counts(student, reference):
    student.solve(1)
    student.write(1, matmul=reference["tensor"]["matmul"] + "\n    return (")
    said = student.types("check", "1", status=1)
    assert "matmul (1.8): its cell can't be run." in said
    assert "SyntaxError" in said
    assert "79 of 94 points" in said


def test_changed_and_deleted_tests_are_run_as_they_were_handed_out(student, reference):
    student.solve(1)
    student.write(1, mean="def mean(x, axis=None, keepdims=False):\n    return 7")
    student.write(1, test_mean="print('passed')")
    student.remove(1, "test_matmul_of_stacks")
    said = student.types("check", "1", status=1)
    assert rows(said)["mean"].startswith("0 of 6 failed")
    assert rows(said)["matmul"].startswith("15 of 15")
    said = " ".join(said.split())
    assert "Changed tests, run as they were handed out: test_mean." in said
    assert "Deleted: test_matmul_of_stacks." in said
    assert "`python course.py reset 01 --keep-answers` puts all in order" in said


def test_without_the_lessons_before_it_says_what_to_do(student):
    said = student.types("check", "2", status=2)
    assert "lesson 02 can't be run yet." in said
    assert "run `python course.py export 01`, or `python course.py borrow 01`" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "is empty"), ("{}", "no notebook"), ("<<<<<<< HEAD\n{", "can't be read")],
)
def test_a_damaged_notebook_is_answered_with_the_mend(student, text, says):
    student.path(1).write_text(text)
    said = student.types("check", "1", status=1)
    assert says in said
    assert "`python course.py reset 01` puts the one that was handed out there, and keeps" in said


def test_the_notebook_is_not_touched(student):
    before = student.path(1).read_bytes()
    student.types("check", "1", status=1)
    assert student.path(1).read_bytes() == before
    assert [path.name for path in student.path(1).parent.iterdir()] == ["tensor.ipynb"]


def test_a_cell_that_ends_the_process_costs_what_follows_and_no_more(student, reference):
    student.solve(1)
    student.write(1, matmul="import os\nos._exit(1)")
    said = student.types("check", "1", status=1)
    assert "79 of 94 points" in said
    assert "the process ended" in said


def test_a_broken_module_of_an_earlier_lesson_is_told_where_it_breaks(student):
    student.solve(1)
    student.types("export", "1")
    module = student.workspace.module(student.lesson(1))
    module.write_text(module.read_text("utf-8") + "\nbroken = undefined_thing\n", "utf-8")
    student.solve(2)
    said = " ".join(student.types("check", "2", status=2).split())
    assert "tinytorch/core/tensor.py, can't be imported: NameError" in said
    assert "broken = undefined_thing" in said
    assert "It was edited by hand: `python course.py export 01` makes it anew" in said


def test_a_test_that_writes_to_the_error_stream_has_no_points_as_in_grading():
    """What is written past Python's own stream: the test itself takes the rest for a note."""
    from tinytorch.workspace.check import _test
    from tinytorch.workspace.notebooks import Cell

    output = {"output_type": "stream", "name": "stderr", "text": "noise"}
    marks = {"grade_id": "test_x", "grade": True, "points": 5}
    data = {"cell_type": "code", "metadata": {"nbgrader": marks}, "execution_count": 1}
    found = _test(Cell(data | {"outputs": [output]}), {"tests": {}})
    assert found.earned == 0
    assert found.message == "wrote to the error stream, for which grading gives no points: noise"
    assert _test(Cell(data | {"outputs": []}), {"tests": {}}).earned == 5


def test_what_can_not_be_graded_is_not_handed_in(student):
    student.solve(1)
    student.write(1, matmul="import os\nos._exit(1)")
    said = " ".join(student.types("submit", "1", status=1).split())
    assert "can't be graded: the process ended at the cell 'import os'" in said
    assert not (student.root / "submit").exists()


def test_a_cell_without_end_is_stopped_and_told(student, reference, monkeypatch):
    from tinytorch.workspace import check

    monkeypatch.setattr(check, "TIMEOUT", 2)
    monkeypatch.setattr(check, "GRACE", 3)
    student.solve(1)
    student.write(1, matmul=reference["tensor"]["matmul"] + "\n\nwhile True:\n    pass")
    found = check.check(student.workspace, student.lesson(1))
    assert "stopped: is a loop without end?" in next(
        x.raised for x in found.exercises if x.name == "matmul"
    )
    assert not found.died
    deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass"
    student.insert(1, "matmul", deaf)
    found = check.check(student.workspace, student.lesson(1))
    assert found.died == "import signal"
    assert found.earned == 79


def test_a_name_that_is_defined_again_is_pointed_at(student):
    student.solve(1)
    student.insert(1, "matmul", "def mean(x):\n    return x")
    said = student.types("check", "1", status=None)
    assert "`mean` is defined again in a cell of your own further down" in said


def test_given_cells_that_were_changed_are_named_and_put_back(student):
    student.solve(1)
    notebook = student.read(1)
    cell = next(c for c in notebook["cells"] if "tt.begin(" in "".join(c["source"]))
    notebook["cells"].remove(cell)
    student.save(1, notebook)
    said = " ".join(student.types("check", "1", status=1).split())
    assert "Given cells that are changed or gone: `from tinytorch import testing as tt`." in said
    student.types("reset", "1", "--keep-answers")
    assert "94 of 94 points" in student.types("check", "1")
    student.types("reset", "1", "--back")
    assert student.read(1) == notebook


def test_a_notebook_without_its_marks_is_put_in_order_again(student):
    """As an editor leaves it that drops metadata."""
    student.solve(1)
    notebook = student.read(1)
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    student.save(1, notebook)
    said = " ".join(student.types("check", "1", status=1).split())
    assert "The course's marks are gone from all cells" in said
    student.types("reset", "1", "--keep-answers")
    assert "94 of 94 points" in student.types("check", "1")
