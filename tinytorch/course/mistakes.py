"""What travels with a lesson: points, sections, and what known mistakes give on its tests.

The build puts it into `tinytorch/testing/lessons/`: into NAME.json what each test needs to know,
and into NAME.mistakes.json, which is read with the first failure, the mistakes. One stands there
only where its evidence is proof: where no wrong solution with another sentence gives the same.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from pathlib import Path

from tinytorch.course.cases import ExerciseCase, LessonCase
from tinytorch.course.lesson import Cell, Lesson
from tinytorch.course.rules.common import definitions, first_line, parse
from tinytorch.course.trials import Outcome, cut
from tinytorch.testing.diagnosis import causes
from tinytorch.testing.session import snake_case

SECTION = re.compile(r"^## (\d+\.\d+)\b", re.M)
COMPACT = {"ensure_ascii": False, "separators": (",", ":"), "sort_keys": True}

# By test: each wrong solution that fails it with evidence, as the tools look it up.
Known = dict[str, list[dict]]


def table_paths(lesson: Lesson) -> tuple[Path, Path]:
    """Where the tables stand, from the course's root."""
    folder = Path("tinytorch/testing/lessons")
    return folder / f"{lesson.name}.json", folder / f"{lesson.name}.mistakes.json"


def tables(case: LessonCase, outcomes: Mapping[str, Outcome]) -> dict[Path, str]:
    """The texts of a lesson's two tables, by their paths.

    Args:
        outcomes: of its wrong solutions, by the keys of their trials.
    """
    lesson = case.lesson
    mistakes: Known = {}
    for each in case.exercises:
        mistakes |= proven(known_mistakes(each, outcomes))
    content = {
        "folder": lesson.folder,
        "title": lesson.title.split(". ", 1)[-1],
        "exercises": _exercises(case),
        "tests": {
            test.grade_id: {
                "exercise": each.cell.grade_id,
                "points": test.points,
                "says": first_line(test.source, test.grade_id),
            }
            for each in case.exercises
            for test in each.tests
        },
        "questions": {c.grade_id: c.points for c in lesson.cells if c.is_question},
    }
    texts = _text(content), _list({test: mistakes[test] for test in mistakes if mistakes[test]})
    return dict(zip(table_paths(lesson), texts, strict=True))


def known_mistakes(case: ExerciseCase, outcomes: Mapping[str, Outcome]) -> Known:
    """What all wrong solutions of an exercise give on its own tests."""
    known: Known = {}
    for variant, trial in case.wrong:
        for test in case.tests:
            fault = outcomes[trial.key].get(test.grade_id)
            if fault and fault.evidence and variant.says:
                mistake = {"says": variant.says, "evidence": without_line(fault.evidence)}
                if mistake not in known.setdefault(test.grade_id, []):
                    known[test.grade_id].append(mistake)
    return known


def told(evidence: dict, known: list[dict]) -> list[str]:
    """The sentences that what a test saw leads to. One is said, several are not."""
    return causes(evidence, known)


def proven(known: Known) -> Known:
    """The mistakes whose evidence leads to their own sentence alone."""
    return {
        test: sorted(
            (each for each in mistakes if told(each["evidence"], mistakes) == [each["says"]]),
            key=lambda each: json.dumps(each, sort_keys=True),
        )
        for test, mistakes in known.items()
    }


def without_line(evidence: dict) -> dict:
    """Evidence as it is compared: where the check stands in the file says nothing."""
    return {key: value for key, value in evidence.items() if key != "line"}


def sections(lesson: Lesson) -> dict[str, str]:
    """The number of the section that each exercise stands in."""
    found, section = {}, ""
    for cell in lesson.cells:
        if cell.kind == "markdown":
            section = (SECTION.findall(cell.source) or [section])[-1]
        elif cell.is_exercise:
            found[cell.grade_id] = section
    return found


def _exercises(case: LessonCase) -> dict[str, dict]:
    section = sections(case.lesson)
    return {
        each.cell.grade_id: {
            "name": _defined(each.cell),
            "section": section[each.cell.grade_id],
            "points": sum(test.points for test in each.tests),
            "needs": needs(each),
        }
        for each in case.exercises
    }


def _defined(cell: Cell) -> str:
    """What the exercise is called in code: `ReLU`, where its grade_id is re_lu."""
    tree = parse(cell.source)
    names = definitions(tree) if tree else {}
    return next((name for name in names if snake_case(name) == cell.grade_id), cell.grade_id)


def needs(case: ExerciseCase) -> list[str]:
    """The other exercises that a solution and its tests call, by way of given functions too.

    A given class is not looked into: of its many methods few are called.
    """
    cells = case.lesson.cells
    own = [case.cell, *case.tests]
    above = cells[: max(cells.index(cell) for cell in own)]
    pool = [cell for cell in above if cell.is_exercise or _gives_functions(cell)]
    used = cut(case.lesson, lambda cell: cell in own, pool).cells
    return [cell.grade_id for cell in used if cell.is_exercise and cell != case.cell]


def _gives_functions(cell: Cell) -> bool:
    kinds = [type(node) for node in definitions(parse(cell.source) or ast.Module([], [])).values()]
    return cell.kind == "code" and bool(kinds) and ast.ClassDef not in kinds


def _text(content: dict) -> str:
    """JSON with a line for each exercise and test, in the order of the lesson."""
    blocks = []
    for key in sorted(content):
        value = content[key]
        if isinstance(value, dict):
            lines = [f"{json.dumps(k)}:{_line(v)}" for k, v in value.items()]
            blocks.append(f"{json.dumps(key)}:{{\n" + ",\n".join(lines) + "\n}")
        else:
            blocks.append(f"{json.dumps(key)}:{json.dumps(value, **COMPACT)}")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def _list(content: dict[str, list]) -> str:
    """JSON with a line for each mistake."""
    blocks = []
    for key in sorted(content):
        lines = [_line(each) for each in content[key]]
        blocks.append(f"{json.dumps(key)}:[\n" + ",\n".join(lines) + "\n]")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def _line(value: object) -> str:
    return json.dumps(value, **COMPACT)
