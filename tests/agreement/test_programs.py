"""Small programs, written as with PyTorch, compute what PyTorch computes.

Each program in programs/ is written twice, with tinytorch.core and with PyTorch, from the same
data and weights in float64. It trains for a few steps, or computes what it is about, and all that
it returns is compared number by number: losses, parameters, gradients, outputs.
"""

from __future__ import annotations

import numpy as np
import pytest

from tinytorch.core import Tensor

torch = pytest.importorskip("torch")
from programs import basics, generative, learning, losses, networks, sequences  # noqa: E402, F401
from programs.harness import PROGRAMS, drawn, numbers  # noqa: E402

torch.set_num_threads(1)

pytestmark = pytest.mark.filterwarnings("error")

# Below the rounding of float32: a number that was float32 on its way shows.
TOLERANCE = {"rtol": 1e-8, "atol": 1e-11}


@pytest.fixture(autouse=True)
def float64():
    """What PyTorch makes without a dtype is float64 too, for the time of a program."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program(name):
    pair = PROGRAMS[name]
    theirs = dict(numbers(pair.theirs(**drawn(pair, torch.tensor))))
    got = dict(numbers(pair.ours(**drawn(pair, Tensor))))
    assert list(got) == list(theirs)
    assert got
    for where, expected in theirs.items():
        if expected is None or got[where] is None:
            assert got[where] is expected, where
            continue
        assert got[where].shape == expected.shape, where
        assert got[where].dtype == expected.dtype, where
        np.testing.assert_allclose(got[where], expected, **TOLERANCE, err_msg=where)
