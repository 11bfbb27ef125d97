"""A sample class whose names say what is the matter with what they hand in.

The submissions are made of the released notebooks, and the scores that they ought to get are
worked out from the lesson files alone. So a graded sample that agrees with its intention has
tested everything in between: the lessons' tests, the release, nbgrader and the grader.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from math import isclose
from pathlib import Path

from tinytorch.course.lesson import Cell, Lesson, find_lessons, read_lesson
from tinytorch.course.markers import strip_markers
from tinytorch.course.variants import Variant, replace_definition, variants_of
from tinytorch.errors import TinyTorchError, UsageError
from tinytorch.files import write_if_changed
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.gradebook import mark
from tinytorch.grading.nb.scores import scores
from tinytorch.grading.standings import survey

SHORT_ANSWER = "I measured it as asked, but I can't explain the number yet."
SYNTAX_ERROR = "\n\ndef unfinished(:\n    pass\n"


@dataclass(frozen=True)
class Intention:
    """What one sample submission ought to get."""

    score: float | None  # None where it can't be graded
    reason: str = ""  # a few words of the reason why


@dataclass(frozen=True)
class Work:
    """What a student of the sample did with one lesson."""

    sources: dict[str, str]  # grade_id -> what now stands in the cell
    lost: frozenset[str]  # the tests that fail for it
    answer: str = ""  # to the questions: "model", "short" or "" for none
    # Those that fail where each mistake costs its own points alone; None if there are no others.
    own: frozenset[str] | None = None

    def loses(self, mistakes_once: bool) -> frozenset[str]:
        return self.own if mistakes_once and self.own is not None else self.lost


@dataclass(frozen=True)
class Student:
    """One student of the sample: how they work on a lesson, and what they do to the file."""

    work: Callable[[Lesson], Work]
    damage: Callable[[Lesson, dict], dict | str] = lambda lesson, notebook: notebook
    reason: str = ""  # why it can't be graded, where it can't


# --- The three functions that a command calls ---------------------------------------------


def make_demo(root: Path) -> list[str]:
    """Write the sample's submissions into submitted/. What is there already stays untouched.

    Returns:
        The ids of the students.

    Raises:
        UsageError: submitted/ holds someone who is not of the sample.
        TinyTorchError: a lesson was not released, or has no wrong solution that says which
            tests it loses.
    """
    root = Path(root)
    strangers = sorted({path.name for path in (root / "submitted").glob("[!.]*")} - set(CLASS))
    if strangers:
        raise UsageError(
            f"{root / 'submitted'} holds {', '.join(strangers[:3])}: the sample is never mixed "
            "with a real class, so make it in another copy of the course"
        )
    # Everything is worked out before anything is written.
    content = {
        root / "submitted" / name / lesson.folder / f"{lesson.name}.ipynb": submission(
            student, lesson, _release(root, lesson)
        )
        for lesson in _lessons(root)
        for name, student in CLASS.items()
    }
    for path, text in content.items():
        write_if_changed(path, text)
    return list(CLASS)


def mark_sample(root: Path) -> None:
    """Mark the answers to the questions, as the sample's teaching assistant."""
    course = Course(root)
    for lesson in _lessons(root):
        students = scores(course, lesson.folder).students
        for name, student in CLASS.items():
            if students.get(name) is None:
                continue
            answer = student.work(lesson).answer
            for cell in _questions(lesson) if answer else ():
                points = _earned(cell, answer)
                comment = f"{points:g} of {cell.points:g} points of the rubric."
                mark(course, lesson.folder, name, cell.grade_id, points, comment)


def check_demo(root: Path) -> list[str]:
    """Where the gradebook differs from what the sample was made to earn: nowhere, one hopes."""
    differences, course = [], Course(root)
    once = course.settings.count_mistakes_once
    for lesson in _lessons(root):
        standings = {s.student: s for s in survey(course, lesson.folder)}
        for name, expected in intended(lesson, mistakes_once=once).items():
            found = _difference(standings.get(name), expected)
            if found:
                differences.append(f"{name}, {lesson.folder}: {found}")
    return differences


def intended(lesson: Lesson, *, mistakes_once: bool = False) -> dict[str, Intention]:
    """What each student of the sample ought to get for a lesson, after `mark_sample`.

    It is worked out from the lesson file, never from a graded run.

    Args:
        mistakes_once: whether the course has a mistake cost its own points alone.
    """
    intentions = {}
    for name, student in CLASS.items():
        if student.reason:
            intentions[name] = Intention(None, student.reason)
            continue
        work = student.work(lesson)
        lost = work.loses(mistakes_once)
        tests = sum(c.points for c in lesson.cells if c.is_test and c.grade_id not in lost)
        answers = sum(_earned(cell, work.answer) for cell in _questions(lesson))
        intentions[name] = Intention(tests + answers)
    return intentions


def submission(student: Student, lesson: Lesson, released: dict) -> str:
    """The file that a student of the sample hands in for a lesson."""
    work, notebook = student.work(lesson), deepcopy(released)
    answers = {cell.grade_id: _answer(cell, work.answer) for cell in _questions(lesson)}
    for cell in notebook["cells"]:
        grade_id = _grade_id(cell)
        cell["source"] = work.sources.get(grade_id) or answers.get(grade_id) or cell["source"]
    damaged = student.damage(lesson, notebook)
    return damaged if isinstance(damaged, str) else _dump(damaged)


# --- How they work ------------------------------------------------------------------------


def solved(lesson: Lesson, answer: str = "") -> Work:
    """Every exercise as the lesson solves it."""
    return Work({c.grade_id: strip_markers(c.source) for c in _exercises(lesson)}, _NONE, answer)


def first_part(lesson: Lesson, share: float) -> Work:
    """The first exercises solved, and the tests lost that follow the first unsolved one."""
    exercises = _exercises(lesson)
    done = exercises[: int(len(exercises) * share)]
    todo = exercises[len(done) :]
    start = lesson.cells.index(todo[0]) if todo else len(lesson.cells)
    lost = frozenset(cell.grade_id for cell in lesson.cells[start:] if cell.is_test)
    return Work({cell.grade_id: strip_markers(cell.source) for cell in done}, lost)


def with_misconceptions(lesson: Lesson, number: int) -> Work:
    """Wrong solutions that say which tests they lose: of each exercise the one of this number.

    Raises:
        TinyTorchError: the first such student would have nothing wrong, or a test has another name.
    """
    wrong = _misconceptions(lesson, number)
    if not wrong and number == 0:
        path = lesson.path.with_name("misconceptions.py")
        raise TinyTorchError(f"{path} has no @wrong(..., loses=('test_name', ...)): give one")
    lost = frozenset(test for variant in wrong for test in variant.loses)
    unknown = sorted(lost - {cell.grade_id for cell in lesson.cells if cell.is_test})
    if unknown:
        raise TinyTorchError(f"{lesson.path} has no tests {', '.join(unknown)}: mend a `loses`")
    sources = {v.exercise: replace_definition(lesson.cell(v.exercise).source, v) for v in wrong}
    own = frozenset(test for variant in wrong for test in _own(lesson, variant))
    return Work(solved(lesson).sources | sources, lost, own=own)


def with_syntax_error(lesson: Lesson) -> Work:
    """A syntax error in the last exercise, on which nothing else depends."""
    last = _exercises(lesson)[-1].grade_id
    work = solved(lesson)
    lost = frozenset(cell.grade_id for cell in lesson.tests_of(last))
    return Work(work.sources | {last: work.sources[last] + SYNTAX_ERROR}, lost)


def _own(lesson: Lesson, variant: Variant) -> set[str]:
    """The tests of its own exercise that a wrong solution loses.

    All that it loses where none is its own: then nothing tells which exercise is to be mended.
    """
    tests = {cell.grade_id for cell in lesson.tests_of(variant.exercise)}
    return tests & set(variant.loses) or set(variant.loses)


def _misconceptions(lesson: Lesson, number: int) -> list[Variant]:
    usable: dict[str, list[Variant]] = {}
    for variant in variants_of(lesson):
        if variant.loses and not variant.is_right:
            usable.setdefault(variant.exercise, []).append(variant)
    return [variants[number] for variants in usable.values() if number < len(variants)]


# --- What they do to the file -------------------------------------------------------------


def append(source: str) -> Callable[[Lesson, dict], dict]:
    """Add a cell of the student's own at the end."""

    def damage(lesson: Lesson, notebook: dict) -> dict:
        cell = {"cell_type": "code", "id": "scratch", "metadata": {}, "source": source}
        notebook["cells"].append(cell | {"outputs": [], "execution_count": None})
        return notebook

    return damage


def delete_tests(lesson: Lesson, notebook: dict) -> dict:
    """Delete the first two tests: nbgrader alone fails where two neighbours are gone."""
    gone = [cell.grade_id for cell in lesson.cells if cell.is_test][:2]
    notebook["cells"] = [cell for cell in notebook["cells"] if _grade_id(cell) not in gone]
    return notebook


def edit_tests(lesson: Lesson, notebook: dict) -> dict:
    """Make every test pass: nbgrader puts the released tests back."""
    tests = {cell.grade_id for cell in lesson.cells if cell.is_test}
    for cell in notebook["cells"]:
        if _grade_id(cell) in tests:
            cell["source"] = "assert True"
    return notebook


def copy_cells(lesson: Lesson, notebook: dict) -> dict:
    """Copy the first exercise and its first test, grade_ids and all, as a paste does."""
    exercise = _exercises(lesson)[0]
    wanted = {
        exercise.grade_id,
        *(cell.grade_id for cell in lesson.tests_of(exercise.grade_id)[:1]),
    }
    cells = []
    for cell in notebook["cells"]:
        cells.append(cell)
        if _grade_id(cell) in wanted:
            cells.append({**deepcopy(cell), "id": f"copy-{len(cells)}"})
    notebook["cells"] = cells
    return notebook


def truncate(lesson: Lesson, notebook: dict) -> str:
    """Half a file, as a broken upload leaves it."""
    text = _dump(notebook)
    return text[: len(text) // 2]


_NONE: frozenset[str] = frozenset()

CLASS = {
    "all_right": Student(lambda lesson: solved(lesson, "model")),
    "half_right": Student(lambda lesson: first_part(lesson, 1 / 2)),
    "misconception_one": Student(lambda lesson: with_misconceptions(lesson, 0)),
    "misconception_two": Student(lambda lesson: with_misconceptions(lesson, 1)),
    "untouched": Student(lambda lesson: first_part(lesson, 0)),
    "syntax_error": Student(with_syntax_error),
    # At the end, so that it costs one timeout and no points.
    "endless_loop": Student(solved, append("while True:\n    pass")),
    "deleted_test": Student(lambda lesson: solved(lesson, "short"), delete_tests),
    "edited_tests": Student(lambda lesson: first_part(lesson, 1 / 2), edit_tests),
    "duplicate_ids": Student(lambda lesson: solved(lesson, "model"), copy_cells),
    "kernel_killer": Student(solved, append("import os\n\nos._exit(1)"), "kernel died"),
    "not_json": Student(solved, truncate, "not JSON"),
}


# --- Small helpers ------------------------------------------------------------------------


def _lessons(root: Path) -> list[Lesson]:
    return [read_lesson(path) for path in find_lessons(root)]


def _release(root: Path, lesson: Lesson) -> dict:
    path = Path(root, "release", lesson.folder, f"{lesson.name}.ipynb")
    if not path.exists():
        raise TinyTorchError(f"{path} is not there: build and release the course first")
    return json.loads(path.read_text(encoding="utf-8"))


def _exercises(lesson: Lesson) -> list[Cell]:
    return [cell for cell in lesson.cells if cell.is_exercise]


def _questions(lesson: Lesson) -> list[Cell]:
    return [cell for cell in lesson.cells if cell.is_question]


def _grade_id(cell: dict) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def _answer(question: Cell, kind: str) -> str:
    return {"model": strip_markers(question.source), "short": SHORT_ANSWER}.get(kind, "")


def _earned(question: Cell, kind: str) -> float:
    """What the teaching assistant gives: a short answer earns half, in whole points."""
    return {"model": question.points, "short": question.points // 2}.get(kind, 0)


def _difference(standing, expected: Intention) -> str:
    """How one student's standing differs from the intention, or an empty string."""
    if standing is None or standing.status in ("missing", "waiting", "outdated"):
        return f"{standing.status if standing else 'unknown'}: grade the sample first"
    if expected.score is None:
        said = standing.entry.reason if standing.status == "failed" else "it was graded"
        return "" if expected.reason in said else f"expected '{expected.reason}', got '{said}'"
    if standing.status == "failed":
        return f"expected {expected.score:g} points, got none: {standing.entry.reason}"
    if standing.score.needs_manual_grade:
        return "its answers are not marked yet"
    got = standing.score.score
    return (
        "" if isclose(got, expected.score) else f"expected {expected.score:g} points, got {got:g}"
    )


def _dump(notebook: dict) -> str:
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
