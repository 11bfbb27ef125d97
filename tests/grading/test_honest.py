"""Honest work, however odd, gets its points behind every wall."""

from __future__ import annotations

import compare
import honest
import pytest

from tinytorch.grading import grade
from tinytorch.grading.run import walls

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("mode", "isolated"),
    [(walls.NONE, False), (walls.LANDLOCK, False), (walls.FULL, False), (walls.FULL, True)],
)
def test_odd_and_honest_work_gets_its_points(mode, isolated, tmp_path):
    fault = "" if mode == walls.NONE else walls.fault_of(mode)
    if fault:
        pytest.skip(fault)
    course, handed_in = honest.make_course(tmp_path / "course"), honest.submissions()
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as settings:
        settings.write(f"\nc.TinyTorch.isolated_tests = {isolated}\n")
    for submission in handed_in:
        honest.hand_in(course, submission)
    run = grade.grade(course, options=grade.Options(sandbox=mode))
    assert run.walls == mode
    rows = compare.gradebook_rows(course)["submitted_notebook"]
    points = {name: score for name, _, _, _, _, score, _ in rows}
    expected = {s.name: s.expected_points for s in handed_in if s.expected_points is not None}
    assert {name: points.get(name) for name in expected} == expected
