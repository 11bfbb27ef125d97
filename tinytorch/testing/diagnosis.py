"""Say a cause only where it is proven: the student's code gave what a known mistake gives.

The build runs every wrong solution of a lesson's `misconceptions.py` through the tests and keeps
what came out, its evidence, in `lessons/NAME.mistakes.json`. A failure is looked up there: where
all that a check saw is what one known mistake gives, that mistake's sentence is said; else none.

Evidence says which check of a test failed, the how-manieth, at which line of its cell, how many
cases were tried and failed, and what the first few of these gave, as [call, kind, detail].
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
from pathlib import Path
from typing import Any

LESSONS = Path(__file__).with_name("lessons")
CASES_KEPT = 5
VAGUE = ("equal", "shape", "values")  # kinds of failure that many a mistake ends in
NEARLY = 2e-3  # relative: another order of adding, another processor


def same(a: dict, b: dict) -> bool:
    """Whether two pieces of evidence are of the same mistake."""
    keys = ("check", "tried", "failing")
    if any(a.get(key) != b.get(key) for key in keys) or len(a["cases"]) != len(b["cases"]):
        return False
    return all(map(_alike, a["cases"], b["cases"]))


def is_proof(evidence: dict) -> bool:
    """Whether so much was seen that another mistake would hardly give the same.

    Numbers that came out wrong tell one mistake from another, and so does which of several
    cases fail. One case that only says yes or no may have any cause, a wrong shape or a nan in
    one or two cases nearly so, and where everything fails alike, by an exception say, that too.
    """
    cases, tried = evidence["cases"], evidence.get("tried", 1)
    if any(_has_numbers(kind, detail) for _, kind, detail in cases):
        return True
    if evidence["failing"] < 3 and all(kind in VAGUE for _, kind, _ in cases):
        return False
    differ = len({json.dumps(case[1:]) for case in cases}) >= 3
    return tried >= 3 and (evidence["failing"] < tried or differ)


def causes(evidence: dict | None, known: list[dict]) -> list[str]:
    """The sentences of all known mistakes that give this evidence, each once."""
    if evidence is None or not is_proof(evidence):
        return []
    found = [mistake["says"] for mistake in known if same(evidence, mistake["evidence"])]
    return sorted(set(found))


def lesson_table(name: str) -> dict:
    """What the build knows of a lesson: its exercises, and what its tests are worth."""
    empty = {"folder": name, "title": name, "exercises": {}, "tests": {}}
    return _read(f"{name}.json") or empty


@lru_cache
def known_mistakes(name: str) -> dict[str, list[dict]]:
    """What known mistakes give on a lesson's tests, by test; read with the first failure."""
    return _read(f"{name}.mistakes.json") or {}


def _read(name: str) -> dict | None:
    path = LESSONS / name
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def _has_numbers(kind: str, detail: Any) -> bool:
    return kind in ("values", "returned") and len(_numbers(detail)) >= 2


def _numbers(detail: Any) -> set[float]:
    """The numbers in what came out that are not just 0 or 1, as nan and infinities are not."""
    if isinstance(detail, list):
        return set().union(*map(_numbers, detail))
    is_telling = isinstance(detail, float) and math.isfinite(detail) and detail not in (0.0, 1.0)
    return {detail} if is_telling else set()


def _alike(a: Any, b: Any) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_alike, a, b))
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, int | float) and isinstance(b, int | float):
        return math.isclose(a, b, rel_tol=NEARLY, abs_tol=1e-6)
    return a == b
