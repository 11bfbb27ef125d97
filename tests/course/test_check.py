"""Every way to spoil a lesson is refused: its own message, its exact line, nothing besides."""

from __future__ import annotations

import pytest
from sample import GOOD, QUESTION, TOP, change, header, line_of, test_cell, write_lesson

from tinytorch.course.check import check_lessons, check_runs, secret_lines
from tinytorch.course.lesson import Lesson
from tinytorch.course.rules import graded

FIRST = test_cell(1)
EXERCISE_HEADER = header("scale")
TEST_HEADER = FIRST.splitlines()[0]
ANSWER_HEADER = header("count_products", kind="[markdown] ", grade=True, points=4)

BEGIN, END, HIDE = (
    "    ### BEGIN SOLUTION\n",
    "    ### END SOLUTION\n",
    "    ### BEGIN HIDDEN TESTS\n",
)
RETURN = "    return product\n"
VISIBLE = "    assert_close(scale(np.array([1.0, 1.5]), 1.0), [1.0, 1.5])\n"
CALL = "\ntest_scale_by_1()\n"
LEAK = "product = np.multiply(x, factor)"
NO_METADATA = "markers in a cell without nbgrader metadata"


def refuse(lesson: Lesson, line: int, grade_id: str, message: str) -> None:
    """Assert that the lesson has one problem and that its report says all this."""
    problems = check_lessons([lesson], run=False)
    assert [(p.line, p.grade_id) for p in problems] == [(line, grade_id)], list(map(str, problems))
    where = f"{lesson.path}:{line}" + (f" [{grade_id}]" if grade_id else "")
    assert str(problems[0]).startswith(f"{where}: ")
    assert message in problems[0].message
    assert problems[0].mend in str(problems[0])


def by_name(table: dict[str, tuple]):
    return pytest.mark.parametrize("case", table.values(), ids=table.keys())


@pytest.mark.parametrize("good", [GOOD, GOOD.replace("\n", "\r\n")], ids=["LF", "CRLF"])
def test_a_good_lesson_has_no_problems(tmp_path, good):
    assert check_lessons([write_lesson(tmp_path, good)]) == []


# --- Metadata: a change to a header, the grade_id then, the message --------------------------

METADATA = {
    "lacks a key": (
        (EXERCISE_HEADER, ', "schema_version": 3', ""),
        ("scale", "nbgrader metadata lacks 'schema_version'"),
    ),
    "lacks points": (
        (TEST_HEADER, ', "points": 10', ""),
        ("test_scale_by_1", "nbgrader metadata lacks 'points'"),
    ),
    "unknown key": (
        (EXERCISE_HEADER, '"task"', '"cell_type": "code", "task"'),
        ("scale", "unknown key 'cell_type'"),
    ),
    "wrong type": (
        (EXERCISE_HEADER, '"solution": true', '"solution": "true"'),
        ("scale", "'solution' is 'true', not true or false"),
    ),
    "points without a grade": (
        (EXERCISE_HEADER, '"task"', '"points": 3, "task"'),
        ("scale", "'points' stand in a cell that is not graded"),
    ),
    "old schema": (
        (EXERCISE_HEADER, '"schema_version": 3', '"schema_version": 2'),
        ("scale", "'schema_version' is 2, not 3"),
    ),
    "task": (
        (ANSWER_HEADER, '"task": false', '"task": true'),
        ("count_products", "a task, which this course does not use"),
    ),
    "grade_id not in snake_case": (
        (ANSWER_HEADER, "count_products", "count-products"),
        ("count-products", "'count-products' is not in snake_case"),
    ),
    "exercise misnamed": (
        (EXERCISE_HEADER, '"scale"', '"scaling"'),
        ("scaling", "the exercise defines no 'scaling'"),
    ),
    "test misnamed": (
        (TEST_HEADER, "test_scale_by_1", "test_one"),
        ("test_one", "the test cell defines no function 'test_one'"),
    ),
    "test unlocked": (
        (TEST_HEADER, '"locked": true', '"locked": false'),
        ("test_scale_by_1", "the test is not locked"),
    ),
    "test for nothing": (
        (TEST_HEADER, '"points": 10', '"points": 0'),
        ("test_scale_by_1", "the test is worth nothing"),
    ),
    "test for too much": (
        (TEST_HEADER, '"points": 10', '"points": 12'),
        ("test_scale_by_1", "the test is worth 12 points, over 10"),
    ),
    "test for a fraction": (
        (TEST_HEADER, '"points": 10', '"points": 9.5'),
        ("test_scale_by_1", "the test is worth 9.5 points, not a whole number"),
    ),
    "question for nothing": (
        (ANSWER_HEADER, '"points": 4', '"points": -4'),
        ("count_products", "the question is worth nothing"),
    ),
    "test exported": (
        (TEST_HEADER, TEST_HEADER, f"{TEST_HEADER}\n#| export"),
        ("test_scale_by_1", "a graded cell is exported"),
    ),
}


@by_name(METADATA)
def test_wrong_metadata_is_refused_at_its_cell(tmp_path, case):
    (text, old, new), (grade_id, message) = case
    lesson = write_lesson(tmp_path, change(GOOD, text, change(text, old, new)))
    refuse(lesson, lesson.cell(grade_id).line, grade_id, message)


def test_metadata_that_is_no_object_is_refused(tmp_path):
    lesson = write_lesson(tmp_path, change(GOOD, EXERCISE_HEADER, '# %% nbgrader="yes"'))
    refuse(lesson, line_of(lesson, "def scale(") - 1, "", "metadata is 'yes', not an object")


def test_a_grade_id_used_twice_is_refused_where_it_returns(tmp_path):
    prompt = header("count_products", solution=False, locked=True, kind="[markdown] ")
    lesson = write_lesson(tmp_path, change(GOOD, QUESTION, f"{prompt}\n# Count.\n\n{QUESTION}"))
    message = f"line {line_of(lesson, '# Count.')} has a cell with the same grade_id"
    refuse(lesson, line_of(lesson, "# ### BEGIN SOLUTION"), "count_products", message)


@pytest.mark.parametrize("grade_id", ["DoubleScale", "double_scale"])
def test_a_class_is_an_exercise_by_its_name_as_it_is_or_in_snake_case(tmp_path, grade_id):
    body = f"    def __init__(self):\n    {BEGIN}        self.factor = 2\n    {END}"
    cell = f"{header(grade_id)}\nclass DoubleScale:\n{body}\n"
    lesson = write_lesson(tmp_path, change(GOOD, TEST_HEADER, cell + TEST_HEADER))
    assert check_lessons([lesson], run=False) == []


def test_a_method_inside_the_markers_is_refused(tmp_path):
    body = f"class Scale:\n{BEGIN}    def __init__(self):\n        self.factor = 2\n{END}"
    cell = f"{header('Scale')}\n{body}\n"
    lesson = write_lesson(tmp_path, change(GOOD, TEST_HEADER, cell + TEST_HEADER))
    message = "the definition of '__init__' inside the solution markers: students lose it"
    refuse(lesson, line_of(lesson, "def __init__"), "Scale", message)


def test_points_that_do_not_total_100_are_refused_at_the_top(tmp_path):
    nine = change(TEST_HEADER, '"points": 10', '"points": 9')
    lesson = write_lesson(tmp_path, change(GOOD, TEST_HEADER, nine))
    refuse(lesson, 1, "", "the lesson totals 99 points, not 100")


# --- Cells: a change to the text, the line to be named, the grade_id, the message -------------

EXERCISES = {
    "no metadata": ((EXERCISE_HEADER, "# %%"), (BEGIN, ""), NO_METADATA),
    "no markers": (
        (TOP, TOP.replace(BEGIN, "").replace(END, "")),
        ("#| export\ndef scale", "scale"),
        "a solution without markers",
    ),
    "never ended": ((END, ""), (BEGIN, "scale"), "'### BEGIN SOLUTION' has no '### END SOLUTION'"),
    "never begun": ((BEGIN, ""), (END, "scale"), "'### END SOLUTION' has no '### BEGIN SOLUTION'"),
    "markers swapped": (
        (f"{BEGIN}    {LEAK}\n{RETURN}{END}", f"{END}    {LEAK}\n{RETURN}{BEGIN}"),
        (END, "scale"),
        "'### END SOLUTION' has no '### BEGIN SOLUTION'",
    ),
    "nested": (
        (RETURN, BEGIN + RETURN),
        (BEGIN + RETURN, "scale"),
        "'### BEGIN SOLUTION' stands inside another",
    ),
    "marker beside code": (
        (RETURN + END, "    return product  ### END SOLUTION\n"),
        ("    return product", "scale"),
        "a marker shares its line with other text",
    ),
    "hidden tests": (
        (RETURN, f"{HIDE}    ### END HIDDEN TESTS\n{RETURN}"),
        (HIDE, "scale"),
        "'### BEGIN HIDDEN TESTS' in a cell that is not a test",
    ),
    "top-level code": (
        (END, f"FACTORS = [1, 2]\n{END}"),
        ("FACTORS", "scale"),
        "code outside of functions inside the solution markers",
    ),
    "helper": (
        (END, f"def twice(x):\n    return 2 * x\n{END}"),
        ("def twice", "scale"),
        "the definition of 'twice' inside the solution markers",
    ),
    "import": (
        (RETURN, f"{RETURN}import math\n"),
        ("import math", "scale"),
        "an import inside the solution markers",
    ),
    "import in the function": (
        (RETURN, f"    from math import pi\n{RETURN}"),
        ("    from math", "scale"),
        "an import inside the solution markers",
    ),
    "directive": (
        (RETURN, f"    #| export\n{RETURN}"),
        ("    #| export", "scale"),
        "a directive inside the solution markers",
    ),
    "stub not Python": (
        (RETURN + END, f"    if factor:\n{END}        return product\n"),
        ("        return product", "scale"),
        "the released stub is not Python: unexpected indent",
    ),
    "stub outside": (
        (BEGIN, "### BEGIN SOLUTION\n"),
        ("### BEGIN SOLUTION\n    product", "scale"),
        "the released stub would raise outside of a function",
    ),
    "long": (
        (RETURN, "\n    # A comment.\n" + "    factor += 1\n" * 14 + RETURN),
        (BEGIN, "scale"),
        "the solution has 16 lines of code, over 15",
    ),
    "not Python": (
        (RETURN, "    return product)\n"),
        ("    return product)", "scale"),
        "not Python: unmatched ')'",
    ),
    "docstring that tells": (
        ('"""Multiply."""', f'"""Multiply.\n\n    {LEAK}\n    """'),
        (f'    {LEAK}\n    """', "scale"),
        f"students see '{LEAK}', which line",
    ),
}

TESTS = {
    "no metadata": ((TEST_HEADER, "# %%"), (HIDE, ""), NO_METADATA),
    "never ended": (
        ("    ### END HIDDEN TESTS\n", ""),
        (HIDE, "test_scale_by_1"),
        "'### BEGIN HIDDEN TESTS' has no '### END HIDDEN TESTS'",
    ),
    "solution": (
        (HIDE, BEGIN + END + HIDE),
        (BEGIN + END, "test_scale_by_1"),
        "'### BEGIN SOLUTION' in a cell that is not a solution",
    ),
    "nothing in sight": (
        (VISIBLE, ""),
        ("def test_scale_by_1(", "test_scale_by_1"),
        "the test has no visible statement",
    ),
    "a docstring in sight": (
        (VISIBLE, '    """By one."""\n'),
        ("def test_scale_by_1(", "test_scale_by_1"),
        "the test has no visible statement",
    ),
    "an empty block in sight": (
        (f"{HIDE}    assert", f"    for _ in range(2):\n{HIDE}        assert"),
        (HIDE, "test_scale_by_1"),
        "without its hidden tests the cell is not Python",
    ),
    "never called": (
        (CALL, ""),
        ("def test_scale_by_1(", "test_scale_by_1"),
        "the test does not end with a visible call of test_scale_by_1()",
    ),
    "called in secret": (
        (CALL, f"\n### BEGIN HIDDEN TESTS{CALL}### END HIDDEN TESTS\n"),
        ("def test_scale_by_1(", "test_scale_by_1"),
        "the test does not end with a visible call of test_scale_by_1()",
    ),
    "another cell's": (
        (CALL, f"\ntest_scale_by_2(){CALL}"),
        ("test_scale_by_2()\ntest_scale_by_1()", "test_scale_by_1"),
        "the test calls test_scale_by_2(), which another cell defines",
    ),
    "a second one uncalled": (
        (CALL, f"\ndef test_more():\n    pass\n{CALL}"),
        ("def test_more", "test_scale_by_1"),
        "the cell defines test_more() but never calls it",
    ),
    "long in sight": (
        (VISIBLE, VISIBLE + "".join(f"    assert {n} < 99\n" for n in range(11))),
        ("def test_scale_by_1(", "test_scale_by_1"),
        "students read 13 lines of this test: at most 12",
    ),
    "a long line in sight": (
        (VISIBLE, VISIBLE + f"    assert {99:>90}\n"),
        (f"    assert {99:>90}", "test_scale_by_1"),
        "a line of 101 characters in a test: at most 100",
    ),
    "another's hidden case in sight": (
        (VISIBLE, VISIBLE + "    assert_close(scale(np.array([2.25]), 2.0), [4.5])\n"),
        ("    assert_close(scale(np.array([2.25])", "test_scale_by_1"),
        "students see 'assert_close(scale(np.array([2.25]), 2.0), [4.5])', which line",
    ),
}


@pytest.mark.parametrize(
    ("imports", "mark"),
    [
        ("from tinytorch.testing import test", "test"),
        ("from tinytorch import testing as tt", "tt.test"),
        ("import tinytorch.testing", "tinytorch.testing.test"),
    ],
)
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("@{mark}\n", "", "is not decorated by '{mark}'"),
        ("@{mark}\n", "@other\n", "is not decorated by '{mark}'"),
        ('    """By one."""\n', "", "has no docstring"),
        ("By one.", "By one.\n\n    More.\n    ", "has a long docstring"),
    ],
    ids=["unmarked", "marked otherwise", "no docstring", "long docstring"],
)
def test_where_a_lesson_has_test_its_tests_are_marked_and_say_what_must_hold(
    tmp_path, imports, mark, old, new, message
):
    text = change(GOOD, USE, f"{imports}\n{USE}")
    for n in range(1, 11):
        named = f"def test_scale_by_{n}():\n"
        text = change(text, named, f'@{mark}\n{named}    """By one."""\n')
    assert check_lessons([write_lesson(tmp_path, text)], run=False) == []
    first = text.index(f"@{mark}")
    old, message = old.format(mark=mark), f"test_scale_by_1 {message.format(mark=mark)}"
    lesson = write_lesson(tmp_path, text[:first] + text[first:].replace(old, new, 1))
    refuse(lesson, line_of(lesson, "def test_scale_by_1("), "test_scale_by_1", message)


ANSWERS = {
    "no markers": (
        ("### BEGIN SOLUTION\n", "\n", "# ### END SOLUTION\n", ""),
        ("# \n# One for", "count_products"),
        "a solution without markers",
    ),
    "never ended": (
        ("# ### END SOLUTION\n", ""),
        ("# ### BEGIN SOLUTION", "count_products"),
        "'### BEGIN SOLUTION' has no '### END SOLUTION'",
    ),
    "no rubric": (
        ("Rubric, one point each", "In short"),
        ("# ### BEGIN SOLUTION", "count_products"),
        "the question has no rubric inside the solution markers",
    ),
    "rubric in sight": (
        ("# Rubric", "# ### END SOLUTION\n# Rubric", "gives the unit\n# ### END SOLUTION\n", ""),
        ("# ### BEGIN SOLUTION", "count_products"),
        "the question has no rubric inside the solution markers",
    ),
    "bullet too few": (
        ("# - gives the unit\n", ""),
        ("# Rubric", "count_products"),
        "the rubric has 3 bullets for 4 points",
    ),
}

USE = "from tinytorch.testing import TestFailed"  # stands in a cell that is not exported
PLAIN_CELLS = {
    "no module": (
        ("# %%\n#| default_exp core.scaling\n\n", ""),
        ("#| export\nimport numpy", ""),
        "'#| export' in a lesson that has no '#| default_exp'",
    ),
    "another's module": (
        ("default_exp core.scaling", "default_exp core.scale"),
        ("#| default_exp", ""),
        "the lesson exports to 'core.scale', not 'core.scaling'",
    ),
    "two modules": (
        ("#| export\nimport", "#| export\n#| default_exp core.scaling\nimport"),
        ("#| default_exp core.scaling\nimport", ""),
        "a second '#| default_exp'",
    ),
    "public name that is not there": (
        ("default_exp core.scaling", "default_exp core.scaling\n#| public size"),
        ("#| public size", ""),
        "'#| public' names 'size', which no exported cell defines",
    ),
    "public name of a module": (
        (
            "default_exp core.scaling",
            "default_exp core.scaling\n#| public scaling",
            "import numpy as np\n",
            "import numpy as np\n\nscaling = 1\n",
        ),
        ("#| public scaling", ""),
        "'#| public' names 'scaling', which would hide the module of that name",
    ),
    "unknown directive": (
        ("#| export\nimport", "#| export\n#| hide\nimport"),
        ("#| hide", ""),
        "unknown directive 'hide'",
    ),
    "late directive": (
        ("#| export\nimport numpy as np", "import numpy as np\n#| export"),
        ("#| export\n\n", ""),
        "'#| export' is not at the top of the cell",
    ),
    "package": (
        (USE, f"import pandas\n{USE}"),
        ("import pandas", ""),
        "an import of 'pandas', which lessons may not use",
    ),
    "tool": (
        (USE, f"import tinytorch.course.lesson\n{USE}"),
        ("import tinytorch.course", ""),
        "an import of 'tinytorch.course.lesson', which lessons may not use",
    ),
    "another lesson's oracles": (
        (USE, f"from tinytorch.testing.oracles import scaling, layers\n{USE}"),
        ("from tinytorch.testing.oracles", ""),
        "'tinytorch.testing.oracles.layers', which students of this lesson don't have",
    ),
    "Matplotlib in the framework": (
        ("import numpy", "import matplotlib\nimport numpy"),
        ("import matplotlib", ""),
        "an exported cell imports 'matplotlib'",
    ),
    "own module": (
        (USE, f"from tinytorch.core.scaling import scale\n{USE}"),
        ("from tinytorch.core", ""),
        "an import of 'tinytorch.core.scaling', which this lesson itself makes",
    ),
    "no such lesson": (
        (USE, f"import tinytorch.core.scalings\n{USE}"),
        ("import tinytorch.core", ""),
        "an import of 'tinytorch.core.scalings', which no lesson makes",
    ),
    "all of core": (
        (USE, f"from tinytorch import core\n{USE}"),
        ("from tinytorch import", ""),
        "an import of 'tinytorch.core' as a whole",
    ),
    "relative import": (
        (USE, f"from .core import scale\n{USE}"),
        ("from .core", ""),
        "a relative import, of '.core'",
    ),
    "star import": (
        (USE, f"from math import *\n{USE}"),
        ("from math", ""),
        "a star import, 'from math import *'",
    ),
    "hint that tells": (
        ("# Multiply", f"#     {LEAK}\n# Multiply"),
        (f"#     {LEAK}", ""),
        f"students see '{LEAK}', which line",
    ),
    "emoji": (
        ("# Multiply", "# \U0001f680 Multiply"),
        ("# \U0001f680", ""),
        "a pictograph, U+1F680",
    ),
}


def changes(text: str, *pairs: str) -> str:
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        text = change(text, old, new)
    return text


def refuse_change(tmp_path, part: str, case: tuple) -> None:
    """Assert on the good lesson with a change to a part of it."""
    pairs, (at, grade_id), message = case
    text = change(GOOD, part, changes(part, *pairs))
    line = text[: text.index(at)].count("\n") + 1
    refuse(write_lesson(tmp_path, text), line, grade_id, message)


@by_name(EXERCISES)
def test_a_wrong_exercise_is_refused_at_its_line(tmp_path, case):
    refuse_change(tmp_path, TOP, case)


@by_name(TESTS)
def test_a_wrong_test_is_refused_at_its_line(tmp_path, case):
    refuse_change(tmp_path, FIRST, case)


@by_name(ANSWERS)
def test_a_wrong_answer_is_refused_at_its_line(tmp_path, case):
    refuse_change(tmp_path, QUESTION, case)


@by_name(PLAIN_CELLS)
def test_a_wrong_plain_cell_is_refused_at_its_line(tmp_path, case):
    refuse_change(tmp_path, TOP, case)


def test_a_test_in_prose_is_refused(tmp_path):
    prose = header("test_it", kind="[markdown] ", grade=True, solution=False, locked=True, points=4)
    lesson = write_lesson(tmp_path, change(GOOD, QUESTION, f"{prose}\n# Try it.\n"))
    refuse(lesson, line_of(lesson, "# Try it."), "test_it", "a test in a markdown cell")


def test_all_problems_come_at_once_in_the_order_of_the_file(tmp_path):
    unlocked = change(TEST_HEADER, '"locked": true', '"locked": false')
    text = changes(
        GOOD, "default_exp core.scaling", "default_exp core.scale", TEST_HEADER, unlocked
    )
    text = changes(text, RETURN, f"    from math import pi\n{RETURN}", "# - gives the unit\n", "")
    lesson = write_lesson(tmp_path, text)
    assert [(p.line, p.message.split(",")[0]) for p in check_lessons([lesson], run=False)] == [
        (line_of(lesson, "#| default_exp"), "the lesson exports to 'core.scale'"),
        (line_of(lesson, "from math"), "an import inside the solution markers"),
        (line_of(lesson, "def test_scale_by_1("), "the test is not locked"),
        (line_of(lesson, "# Rubric"), "the rubric has 3 bullets for 4 points"),
    ]


# --- Lessons among lessons ------------------------------------------------------------------


def later_lesson(tmp_path, folder: str = "05_shifting"):
    name = folder[3:]
    text = GOOD.replace("core.scaling", f"core.{name}").replace("def scale(", "def shift_numbers(")
    return write_lesson(tmp_path, text.replace('"scale"', '"shift_numbers"'), folder)


def test_an_earlier_lesson_may_be_imported(tmp_path):
    later = later_lesson(tmp_path)
    text = later.path.read_text(encoding="utf-8")
    importing = "#| export\nfrom tinytorch.core.scaling import scale\nimport numpy as np"
    text = change(text, "#| export\nimport numpy as np", importing)
    lessons = [write_lesson(tmp_path, GOOD), write_lesson(tmp_path, text, "05_shifting")]
    assert check_lessons(lessons, run=False) == []


@pytest.mark.parametrize("alone", [False, True], ids=["together", "alone"])
def test_a_later_lesson_is_not_imported_even_inside_a_function(tmp_path, alone):
    later = later_lesson(tmp_path)
    new = f"def peek():\n    import tinytorch.core.shifting\n\n{USE}"
    lesson = write_lesson(tmp_path, change(GOOD, USE, new))
    (problem,) = check_lessons([lesson] if alone else [later, lesson], run=False)
    assert problem.line == line_of(lesson, "import tinytorch.core.shifting")
    assert "which only lesson 05_shifting makes" in problem.message
    assert "earlier lessons only" in problem.mend


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# Multiply every number", "# Later comes `shift_numbers`.\n# Multiply every number"),
        ("from tinytorch", 'HINT = "you will call shift_numbers(x)"\nfrom tinytorch'),
        ('"""Multiply."""', '"""Multiply, unlike `shift_numbers`."""'),
    ],
    ids=["prose", "a message", "a docstring"],
)
def test_a_lesson_does_not_speak_of_later_ones(tmp_path, old, new):
    lesson = write_lesson(tmp_path, change(GOOD, old, new))
    (problem,) = check_lessons([lesson, later_lesson(tmp_path)], run=False)
    assert problem.line == line_of(lesson, "shift_numbers")
    assert problem.message == "speaks of 'shift_numbers', which only lesson 05_shifting makes"


@pytest.mark.parametrize(
    "prose", ["We shift_numbers here.", "`np.shift_numbers` is NumPy's.", "`scale` is ours."]
)
def test_ordinary_words_and_attributes_are_no_names_of_lessons(tmp_path, prose):
    text = change(GOOD, "# Multiply every number", f"# {prose}\n# Multiply every number")
    assert check_lessons([write_lesson(tmp_path, text), later_lesson(tmp_path)], run=False) == []


def test_two_lessons_do_not_share_a_module(tmp_path):
    first, second = write_lesson(tmp_path, GOOD), write_lesson(tmp_path, GOOD, "07_scaling")
    (problem,) = check_lessons([second, first], run=False)
    assert (problem.path, problem.line) == (second.path, line_of(second, "default_exp"))
    assert problem.message == "lesson 02_scaling exports to 'core.scaling' as well"


# --- Secrets --------------------------------------------------------------------------------


def test_secret_lines_are_those_that_tell_something(tmp_path):
    lesson = write_lesson(tmp_path, GOOD)
    secrets = secret_lines(lesson)
    assert secrets["product = np.multiply(x, factor)"] == line_of(lesson, "product = np.")
    assert secrets["- gives the unit"] == line_of(lesson, "- gives the unit")
    assert secrets["assert_close(scale(np.array([3.25]), 2.0), [6.5])"]
    assert "return product" not in secrets


def test_a_test_may_show_the_set_up_that_it_hides(tmp_path):
    set_up = "    numbers = np.arange(6.0).reshape(2, 3)\n"
    hidden = "    ### BEGIN HIDDEN TESTS\n"
    text = change(GOOD, FIRST, change(FIRST, hidden, set_up + hidden + set_up))
    lesson = write_lesson(tmp_path, text)
    assert check_lessons([lesson], run=False) == []
    assert set_up.strip() not in secret_lines(lesson)


# --- Running --------------------------------------------------------------------------------


def test_a_lesson_that_does_not_run_names_the_failing_line(tmp_path):
    lesson = write_lesson(tmp_path, change(GOOD, VISIBLE, VISIBLE.replace("[1.0, 1.5])\n", "9)\n")))
    (problem,) = check_lessons([lesson])
    assert problem.line == line_of(lesson, "9)")
    assert problem.grade_id == "test_scale_by_1"
    assert problem.message.startswith("the cell fails: AssertionError: ")


def test_what_follows_from_a_failure_is_not_reported(tmp_path):
    lesson = write_lesson(
        tmp_path, change(GOOD, "import numpy as np", "import numpy.nothing as np")
    )
    (problem,) = check_lessons([lesson])
    assert problem.line == line_of(lesson, "numpy.nothing")
    assert problem.message == "the cell fails: ModuleNotFoundError: No module named 'numpy.nothing'"


def test_a_cell_that_ends_the_process_is_reported_once(tmp_path):
    lesson = write_lesson(tmp_path, change(GOOD, USE, f"import os; os._exit(1)\n{USE}"))
    (problem,) = check_runs([lesson])
    assert problem.line == line_of(lesson, "os._exit")
    assert problem.message == "the cell fails: Died: the process that ran it ended with status 1"


def test_a_refused_import_that_fails_is_one_problem(tmp_path):
    lesson = write_lesson(tmp_path, change(GOOD, USE, f"import no_such_package; {USE}"))
    (problem,) = check_lessons([lesson])
    assert "which lessons may not use" in problem.message


def test_a_lesson_that_is_not_python_is_not_run(tmp_path):
    lesson = write_lesson(tmp_path, change(GOOD, RETURN, "    return product)\n"))
    assert len(check_lessons([lesson])) == 1


def test_a_lesson_runs_with_the_earlier_ones_as_they_stand_and_no_later_one(tmp_path):
    first = write_lesson(tmp_path, GOOD)
    later = later_lesson(tmp_path)
    text = later.path.read_text(encoding="utf-8")
    uses = "from tinytorch.core.scaling import scale\nassert scale(2, 3) == 6"
    later = write_lesson(tmp_path, change(text, USE, f"{uses}\n{USE}"), "05_shifting")
    assert check_runs([later], [first, later]) == []
    first = write_lesson(tmp_path, change(GOOD, LEAK, "product = np.add(x, factor)"))
    assert [p.line for p in check_runs([later], [first, later])] == [line_of(later, "== 6")]
    ahead = change(GOOD, USE, f"import tinytorch.core.shifting\n{USE}")
    (problem,) = check_runs([write_lesson(tmp_path, ahead)], [first, later])
    assert problem.message.startswith("the cell fails: ModuleNotFoundError: ")


SOURCE = "    import inspect\n    assert 'np' in inspect.getsource(scale)\n"
TRACE = """    import sys

    seen = []
    sys.settrace(lambda frame, *_: seen.append(frame.f_code.co_name))
    scale(1, 2)
    sys.settrace(None)
    assert "scale" in seen
"""
GLOBAL = """    global OFFSET
    OFFSET = 1
    got, OFFSET = scale(1, 2), 0
    assert got == 3
"""


@pytest.mark.parametrize(
    ("body", "fails"),
    [
        (SOURCE, "inspect.getsource"),
        ("    assert scale.__code__.co_argcount == 2\n", "__code__"),
        (TRACE, "in seen"),
        (GLOBAL, "got == 3"),
    ],
    ids=["source", "code", "trace", "global"],
)
def test_a_test_that_needs_the_process_of_what_it_tests_is_refused(tmp_path, body, fails):
    name = "test_once_more"
    cell = header(name, grade=True, solution=False, locked=True, points=1)
    text = change(GOOD, RETURN, "    return product + OFFSET\n")
    text = change(text, "import numpy as np\n\n", "import numpy as np\n\nOFFSET = 0\n\n")
    text = f"{text}\n{cell}\ndef {name}():\n{body}\n\n{name}()\n"
    lesson = write_lesson(tmp_path, text)
    (problem,) = check_runs([lesson])
    assert problem.grade_id == name
    assert problem.line == line_of(lesson, fails)
    assert problem.message.startswith("the test fails isolated from the code it tests: ")
    assert "call that code and look at what it gives" in problem.mend


def test_a_check_of_refusals_alone_is_refused_hidden_or_not(tmp_path):
    begin, end = "    ### BEGIN HIDDEN TESTS\n", "    ### END HIDDEN TESTS\n"
    calls = "tt.check_raises(ValueError, scale, [(1,)]{})"
    body = f"    {calls.format(', but=[(1, 2)]')}\n{begin}    {calls.format('')}\n{end}"
    cell = header("test_once_more", grade=True, solution=False, locked=True, points=1)
    text = f"{cell}\ndef test_once_more():\n{body}\n\ntest_once_more()\n\n"
    lesson = write_lesson(tmp_path, GOOD.replace(TOP, TOP + text))
    (found,) = graded.answered_refusals(lesson)
    assert (found.line, found.grade_id) == (line_of(lesson, "check_raises", 1), "test_once_more")
    assert "always raises" in found.message
    assert "but=[...]" in found.mend
