"""The data that lessons use are those of their source."""

from __future__ import annotations

import numpy as np
import pytest

from tinytorch.data import load_digits


def test_the_digits_are_scikit_learns():
    theirs = pytest.importorskip("sklearn.datasets").load_digits()
    ours = load_digits()
    for name in ("data", "images", "target"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), strict=True)


def test_each_call_gives_digits_of_its_own():
    first, second = load_digits(), load_digits()
    first.data[:] = 0
    assert second.data.any() and first.images.base is first.data
