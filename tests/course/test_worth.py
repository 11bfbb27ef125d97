"""Locked tests that a lazy stand-in passes are refused, by build and by validity."""

from __future__ import annotations

import json

import pytest
from sample import GOOD, TOP, change, header, line_of, write_lesson

from tinytorch.course.build import build, read_lessons
from tinytorch.course.cases import LessonCase
from tinytorch.course.evidence import Record, run_trials
from tinytorch.course.lesson import Lesson, LessonError, Problem
from tinytorch.course.stand_ins import stand_ins_of
from tinytorch.course.validity import validity
from tinytorch.course.worth import problems_of, trials_of
from tinytorch.errors import TinyTorchError

NAME = "test_scale_once_more"
REFUSING = "    if np.ndim(factor):\n        raise ValueError('one number')\n    product = np"
REFUSED = """    try:
        scale(np.ones(2), np.ones(2))
    except ValueError:
        return
    raise AssertionError('takes an array')
"""
ZEROS, TWICE = "returns zeros in the form of the right answer", "returns twice the right answer"


def with_test(body: str, top: str = TOP) -> str:
    """The good lesson with one more test behind its exercise."""
    cell = header(NAME, grade=True, solution=False, locked=True, points=0.5)
    return GOOD.replace(TOP, f"{top}{cell}\ndef {NAME}():\n{body}\n\n{NAME}()\n\n")


def listed(*stand_ins: str, test: str = NAME, reason: str = "So it is.") -> str:
    return f"[[lazy]]\ntests = ['{test}']\nstand_ins = {list(stand_ins)}\nreason = '{reason}'\n"


def found_in(tmp_path, text: str, excuses: str = "") -> tuple[Lesson, list[Problem]]:
    lesson = write_lesson(tmp_path, text)
    lesson.path.with_name("mutants.toml").write_text(excuses, encoding="utf-8")
    lessons = read_lessons(tmp_path)
    case = LessonCase(lesson, lessons)
    outcomes = run_trials(trials_of(case), Record(), lessons, workers=1, keep=False)
    return lesson, problems_of(case, outcomes)


def passed_by(problems: list[Problem]) -> set[str]:
    return {p.message.split("`scale` ")[1] for p in problems if p.grade_id == NAME}


def test_a_lesson_whose_tests_ask_for_answers_is_sound(tmp_path):
    assert found_in(tmp_path, GOOD)[1] == []


def test_a_test_that_only_asks_for_a_value_error_is_named_with_its_mend(tmp_path):
    top = change(TOP, "    product = np", REFUSING)
    lesson, (problem,) = found_in(tmp_path, with_test(REFUSED, top))
    where = f"{lesson.path}:{line_of(lesson, f'def {NAME}')} [{NAME}]"
    assert str(problem).startswith(
        f"{where}: the test passes where `scale` always raises ValueError\n"
        "    mend: let it also ask for one right answer"
    )
    answered = f"    assert_close(scale(np.ones(1), 2.0), [2.0])\n{REFUSED}"
    assert found_in(tmp_path, with_test(answered, top))[1] == []


@pytest.mark.parametrize(
    ("body", "passing"),
    [
        ("assert_close(scale(np.ones(1), 2.0), scale(2 * np.ones(1), 1.0))", {ZEROS, TWICE}),
        ("assert_close(scale(np.ones(1), 1.0), [1.0])", {"returns its first argument"}),
        (
            "assert_close(scale(np.zeros(2), 3.0), [0.0, 0.0])",
            {ZEROS, "returns its first argument"},
        ),
        (
            "assert scale(np.ones(2), 3.0).dtype == float",
            {ZEROS, TWICE, "returns its first argument"},
        ),
        ("scale(np.ones(2), 3.0)", {ZEROS, TWICE, "returns its first argument", "returns None"}),
        ("assert_close(scale(np.array([1.0, np.nan]), 2.0)[:1], [2.0])", set()),
    ],
    ids=["with itself", "identity", "of zeros", "dtype alone", "no question", "sound"],
)
def test_the_stand_ins_that_pass_a_test_are_named(tmp_path, body, passing):
    assert passed_by(found_in(tmp_path, with_test(f"    {body}\n"))[1]) == passing


def test_a_test_that_does_not_use_the_exercise_is_not_about_it(tmp_path):
    assert found_in(tmp_path, with_test("    assert np.pi > 3\n"))[1] == []


def test_an_excuse_with_its_reason_is_taken_and_a_stale_one_named(tmp_path):
    text = with_test("    assert_close(scale(np.ones(1), 1.0), [1.0])\n")
    does = "returns its first argument"
    assert found_in(tmp_path, text, listed(does))[1] == []
    for excuses, message in (
        (listed(does, "returns None"), "for a stand-in that it does not pass: returns None"),
        (listed(does) + listed(does, test="test_nothing"), "excuses what is no test"),
        (listed(does, "sleeps"), "excuses what is no stand-in: sleeps"),
    ):
        problems = found_in(tmp_path, text, excuses)[1]
        assert any(message in problem.message for problem in problems)
        assert {problem.path.name for problem in problems} == {"mutants.toml"}
    with pytest.raises(
        TinyTorchError, match=r"mutants\.toml: .*no reason: write each \[\[lazy\]\]"
    ):
        found_in(tmp_path, text, listed(does, reason=" "))


def test_the_build_refuses_a_weak_test_and_runs_nothing_twice(tmp_path, monkeypatch):
    counts = []

    def count(trials, *others, **options):
        counts.append(len(trials))
        return run(trials, *others, **options)

    from tinytorch.course import trials

    run = trials.run_afresh
    monkeypatch.setattr("tinytorch.course.evidence.run_afresh", count)
    text = change(with_test("    scale(np.ones(2), 3.0)\n"), '"points": 6', '"points": 5').replace(
        '"points": 0.5', '"points": 1'
    )
    lesson = write_lesson(tmp_path, text)
    with pytest.raises(LessonError, match="nothing was written") as refused:
        build(tmp_path)
    assert {p.grade_id for p in refused.value.problems} == {NAME}
    assert not (tmp_path / "source").exists()
    evidence = json.loads(lesson.path.with_name("evidence.json").read_text("utf-8"))
    assert len(evidence["scale"]["stand_ins"]) == sum(counts) == 7
    with pytest.raises(LessonError):
        build(tmp_path)
    assert sum(counts) == 7
    messages = [finding.message for finding in validity(tmp_path).findings]
    assert "the test passes where `scale` returns None" in messages
    write_lesson(tmp_path, GOOD)
    assert build(tmp_path).written


# --- The parts of an exercise -------------------------------------------------------------------

CLASS = '''class Scale:
    """Multiply."""

    def __init__(self, factor):
        ### BEGIN SOLUTION
        if factor < 0:
            raise ValueError(factor)
        self.factor = factor
        ### END SOLUTION

    def given(self):
        return self.factor

    def forward(self, x):
        ### BEGIN SOLUTION
        return x * self.factor
        ### END SOLUTION
'''


def class_lesson(*bodies: str) -> str:
    text = f"# %%\nimport numpy as np\n\n{header('scale')}\n{CLASS}\n"
    for n, body in enumerate(bodies):
        name = f"test_{n}"
        cell = header(name, grade=True, solution=False, locked=True, points=1)
        text += f"{cell}\ndef {name}():\n    {body}\n\n\n{name}()\n\n"
    return text


def test_each_method_that_a_student_writes_has_its_stand_ins(tmp_path):
    lesson = write_lesson(tmp_path, class_lesson("assert Scale(2).forward(3) == 6"))
    parts = {(s.parts, s.laziness.does) for s in stand_ins_of(lesson.cell("scale"))}
    both = ("Scale.__init__", "Scale.forward")
    raising = {(part,) for part in both}
    assert {p for p, does in parts if does == "always raises ValueError"} == raising
    assert {p for p, does in parts if does == "returns None"} == {both}
    assert {p for p, does in parts if does == ZEROS} == {("Scale.forward",)}


def test_a_refusal_by_the_constructor_is_judged_by_the_constructor(tmp_path):
    refusal = "\n    ".join(
        ["try:", "    Scale(-1)", "except ValueError:", "    return", "raise AssertionError"]
    )
    answer = "assert Scale(2).forward(3) == 6"
    _, problems = found_in(tmp_path, class_lesson(refusal, answer))
    assert [(p.grade_id, p.message) for p in problems] == [
        ("test_0", "the test passes where `Scale.__init__` always raises ValueError")
    ]


def test_a_cell_that_uses_what_it_defines_can_not_be_judged(tmp_path):
    top = change(TOP, "    ### END SOLUTION\n", "    ### END SOLUTION\n\nassert scale(1, 2) == 2\n")
    _, problems = found_in(tmp_path, GOOD.replace(TOP, top))
    assert [problem.grade_id for problem in problems] == ["scale"]
    assert "its cell fails where `scale` is not written" in problems[0].message
