"""The table that travels with a lesson: what its tests are worth, and which mistakes they know."""

from __future__ import annotations

import json

import pytest
from sample import GOOD, QUESTION, change, header, write_lesson
from test_build import CONFIG
from test_validity import SEEING, WRONG, each

from tinytorch.course import trials
from tinytorch.course.build import build, read_lessons
from tinytorch.course.cases import LessonCase
from tinytorch.course.lesson import Lesson
from tinytorch.course.mistakes import first_line, known_mistakes, proven, sections, tables
from tinytorch.course.trials import Fault

TWICE = f"""# %% [markdown]
# Still ## 2.2, then
# ## 2.3 Twice

{header("twice")}
def twice(x):
    ### BEGIN SOLUTION
    return scale(x, 2.0)
    ### END SOLUTION

{header("test_twice", grade=True, solution=False, locked=True, points=2)}
def test_twice():
    '''Two times.

    Or plus itself.
    '''
    assert twice(2.0) == 4


test_twice()

"""
SECTIONED = change(SEEING, "# Multiply every number", "# ## 2.1 Scale\n# Multiply every number")
TWO = change(SECTIONED, QUESTION, TWICE + QUESTION.replace('"points": 4', '"points": 2')).replace(
    "# - names the memory\n# - gives the unit\n", ""
)


@pytest.fixture
def course(tmp_path):
    (tmp_path / CONFIG.name).write_text(CONFIG.read_text())
    return tmp_path


def write(root, text: str, variants: str) -> Lesson:
    lesson = write_lesson(root, text)
    lesson.path.with_name("misconceptions.py").write_text(variants, encoding="utf-8")
    return lesson


def built(root) -> dict:
    folder = root / "tinytorch/testing/lessons"
    found = json.loads((folder / "scaling.json").read_text("utf-8"))
    return found | {"mistakes": json.loads((folder / "scaling.mistakes.json").read_text("utf-8"))}


def test_the_build_writes_what_the_lesson_is_worth_and_what_mistakes_give(course):
    write(course, TWO, each(WRONG))
    build(course)
    found = built(course)
    assert (found["folder"], found["title"]) == ("02_scaling", "Scaling")
    assert found["exercises"] == {
        "scale": {"name": "scale", "section": "2.1", "points": 96, "needs": []},
        "twice": {"name": "twice", "section": "2.3", "points": 2, "needs": ["scale"]},
    }
    assert found["tests"]["test_twice"] == {"exercise": "twice", "points": 2, "says": "Two times."}
    assert found["tests"]["test_scale_by_10"] == {"exercise": "scale", "points": 6, "says": ""}
    assert found["questions"] == {"count_products": 2}
    assert sorted(found["mistakes"]) == sorted(f"test_scale_by_{n}" for n in range(1, 11))
    first = found["mistakes"]["test_scale_by_2"]
    assert [mistake["says"] for mistake in first] == [
        f"If it {name}, mend it." for name in ("subtracts", "divides", "adds")
    ]
    assert first[2]["evidence"] == {
        "check": 2,
        "tried": 1,
        "failing": 1,
        "cases": [["x", "values", [3.0, 4.5]]],
    }


def test_a_line_of_the_table_is_one_thing(course):
    write(course, TWO, each(WRONG))
    build(course)
    path = course / "tinytorch/testing/lessons/scaling.json"
    lines = path.read_text("utf-8").splitlines()
    assert '"test_twice":{"exercise":"twice","points":2,"says":"Two times."}' in lines
    assert sum(line.startswith('"test_scale_by_2":') for line in lines) == 1
    path = course / "tinytorch/testing/lessons/scaling.mistakes.json"
    lines = path.read_text("utf-8").splitlines()
    assert sum(line.startswith('{"evidence":') for line in lines) >= 3


def test_mistakes_that_give_the_same_stand_there_only_with_one_sentence(course):
    alike = WRONG | {"adds again": "factor + x"}
    write(course, SEEING, each(alike))
    build(course)
    said = {m["says"] for m in built(course)["mistakes"]["test_scale_by_2"]}
    assert said == {"If it subtracts, mend it.", "If it divides, mend it."}
    write(course, SEEING, each(alike, **{"adds": "If you add.", "adds again": "If you add."}))
    build(course)
    assert [m["says"] for m in built(course)["mistakes"]["test_scale_by_2"]].count(
        "If you add."
    ) == 1


def test_a_lesson_without_wrong_solutions_or_evidence_has_a_table_too(course):
    write_lesson(course, GOOD)
    build(course)
    assert built(course)["mistakes"] == {}
    scale = {"name": "scale", "section": "", "points": 96, "needs": []}
    assert built(course)["exercises"]["scale"] == scale
    write(course, GOOD, each(WRONG))
    build(course)
    assert built(course)["mistakes"] == {}


def test_the_build_runs_what_is_not_on_record_and_keeps_it(course, monkeypatch):
    counts, run = [], trials.run_afresh

    def count(tried, *others, **options):
        counts.append(len(tried))
        return run(tried, *others, **options)

    monkeypatch.setattr("tinytorch.course.evidence.run_afresh", count)
    lesson = write(course, SEEING, each(WRONG))
    build(course, check=True)
    assert not lesson.path.with_name("evidence.json").exists(), "a check writes nothing"
    build(course)
    counts.clear()
    assert build(course).stale == build(course, afresh=True).stale == []
    assert sum(counts) == 0
    write(course, SEEING, each(WRONG | {"adds": "x - 2 * factor"}))
    table = "tinytorch/testing/lessons/scaling.mistakes.json"
    assert [str(p) for p in build(course).written] == [table]
    assert sum(counts) == 1


def test_the_first_line_of_what_a_test_says():
    assert first_line('x = 1\ndef test_a():\n    """One.\n\n    Two."""', "test_a") == "One."
    assert first_line("def test_a():\n    pass", "test_a") == first_line("x = 1", "test_a") == ""


def test_an_exercise_stands_in_the_section_above_it(tmp_path):
    assert sections(write_lesson(tmp_path, TWO)) == {"scale": "2.1", "twice": "2.3"}


def test_only_evidence_that_proves_one_mistake_is_known(tmp_path):
    write(tmp_path, SEEING, each(WRONG))
    (lesson,) = read_lessons(tmp_path)
    case = LessonCase(lesson, [lesson])

    def seen(*numbers: float) -> dict:
        cases = [["x", "values", list(numbers)]]
        return {"check": 0, "line": 2, "tried": 1, "failing": 1, "cases": cases}

    given = [seen(3.0, 4.0), seen(3.0, 4.0), seen(5.0, 6.0), None, seen(2.5)]
    outcomes = {
        trial.key: {"test_scale_by_1": Fault("is wrong", 2, evidence)}
        for (_, trial), evidence in zip(case.exercises[0].wrong, given, strict=True)
    }
    known = known_mistakes(case.exercises[0], outcomes)
    assert len(known["test_scale_by_1"]) == 4
    (mistake,) = proven(known)["test_scale_by_1"]
    assert (mistake["says"], "line" in mistake["evidence"]) == ("If it divides, mend it.", False)
    assert '"says":"If it divides, mend it."' in "".join(tables(case, outcomes).values())
