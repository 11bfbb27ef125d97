"""The lessons of this course: their tests tell wrong solutions from right ones.

Mutants are left to `tinytorch validity`, which CI runs: they are many, and kept on record.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tinytorch.course.lesson import find_lessons
from tinytorch.course.validity import validity

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("folder", [path.parent.name for path in find_lessons(ROOT)])
def test_wrong_solutions_lose_points_and_right_ones_none(folder):
    found = validity(ROOT, [folder], mutants=False, workers=1, keep=False)
    assert "\n".join(map(str, found.findings)) == ""
    assert [(scale.reference, scale.untouched) for scale in found.scales] == [
        (scale.points, 0) for scale in found.scales
    ]
