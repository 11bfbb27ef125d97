"""What is left of a cell when its markers, or what stands between them, are taken away."""

from __future__ import annotations

import pytest

from tinytorch.course.markers import (
    HIDDEN,
    SOLUTION,
    MarkerError,
    lines_outside,
    regions,
    strip_markers,
    without_regions,
)

SOURCE = """\
def f(x):
    ### BEGIN SOLUTION
    return x
    ### END SOLUTION

def g(x):
    if x:
        ### BEGIN SOLUTION
        return 2
        ### END SOLUTION
    return 3"""


def test_regions_are_the_offsets_of_their_markers():
    assert regions(SOURCE, *SOLUTION) == [(1, 3), (7, 9)]
    assert regions(SOURCE, *HIDDEN) == []


def test_strip_markers_keeps_what_is_between():
    bare = "def f(x):\n    return x\n\ndef g(x):\n    if x:\n        return 2\n    return 3"
    assert strip_markers(SOURCE) == bare


def test_without_regions_drops_what_is_between():
    bare = "def f(x):\n\ndef g(x):\n    if x:\n    return 3"
    assert without_regions(SOURCE, *SOLUTION) == bare
    assert without_regions(SOURCE, *HIDDEN) == SOURCE


def test_a_replacement_is_indented_as_the_marker():
    stubs = "def f(x):\n    pass\n\ndef g(x):\n    if x:\n        pass\n    return 3"
    assert without_regions(SOURCE, *SOLUTION, "pass") == stubs


def test_lines_outside_know_where_they_stood():
    lines = lines_outside(SOURCE, *SOLUTION, "pass")
    assert [offset for offset, _ in lines] == [0, 1, 4, 5, 6, 7, 10]


def test_markers_that_do_not_pair_name_the_line():
    with pytest.raises(MarkerError, match=r"line 2 of the cell: .* has no '### END SOLUTION'"):
        regions("def f(x):\n    ### BEGIN SOLUTION\n    return x", *SOLUTION)
