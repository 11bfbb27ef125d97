"""What a student's code raises, swallows or sets while a test runs apart: no test passes by it."""

import numpy as np
import pytest
from apart import apart, together

from tinytorch.course.lesson import Cell
from tinytorch.grading.run.warm.apart import mirror
from tinytorch.grading.run.warm.apart.channel import Nonsense

QUIET = """\
class quiet:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return True
"""
BY_GENERATOR = """\
import contextlib


@contextlib.contextmanager
def quiet():
    with contextlib.suppress(BaseException):
        yield
"""
ENDS = """\
def square(x):
    raise StopIteration
"""
ENDS_LATER = """\
class square:
    def __init__(self, x):
        pass

    @property
    def value(self):
        raise StopIteration
"""
NO_DISTANCE = """\
import numpy as np


class half:
    def __init__(self, x):
        pass

    def __sub__(self, other):
        return 0.0

    def __rsub__(self, other):
        return 0.0

    def __truediv__(self, other):
        return 1.0

    def __array_ufunc__(self, ufunc, how, *inputs, **options):
        return np.zeros(2)
"""
NO_SIZE = """\
class half:
    def __init__(self, x):
        pass

    def __sub__(self, other):
        return self

    def __abs__(self):
        return 0.0
"""
SAME_AS_ALL = """\
class Key:
    def __init__(self, x):
        pass

    def __hash__(self):
        return 1

    def __eq__(self, other):
        return True


def found(x):
    return {Key(0): 5}
"""
DISTANCE = "assert abs(half(10) - 5) < 1e-9"
FROM_FIVE = "assert abs(5 - half(10)) < 1e-9"
RATIO = "assert half(10) / 5 == 1"
FROM_ARRAY = "import numpy as np\nassert (np.array([1, 2]) - half(10)).max() < 1e-9"
KEY = "assert found(3)[Key(3)] == 5"
IN_KEYS = "assert Key(3) in {*found(3)}"
PLAIN_KEY = "assert 1 in found(3)"
BLOCK = "with quiet():\n    assert 1 == 2"
STACK = "import contextlib\nwith contextlib.ExitStack() as stack:\n    "
STACK += "stack.enter_context(quiet())\n    assert 1 == 2"
PAIRS = "for got, want in zip(map(square, [1, 2]), [1, 4]):\n    assert got == want"
EVERY = "assert all(map(lambda x: square(x).value == x * x, [1, 2]))"
LIES = [
    pytest.param(QUIET, BLOCK, "AssertionError", id="block"),
    pytest.param(BY_GENERATOR, BLOCK, "AssertionError", id="block by a generator"),
    pytest.param(QUIET, STACK, "AssertionError", id="stack"),
    pytest.param(ENDS, PAIRS, "RuntimeError", id="end of a map"),
    pytest.param(ENDS_LATER, EVERY, "RuntimeError", id="end of an attribute"),
    pytest.param(NO_DISTANCE, DISTANCE, "AssertionError", id="distance"),
    pytest.param(NO_DISTANCE, FROM_FIVE, "AssertionError", id="distance from"),
    pytest.param(NO_DISTANCE, RATIO, "AssertionError", id="ratio"),
    pytest.param(NO_DISTANCE, FROM_ARRAY, "AssertionError", id="distance from an array"),
    pytest.param(NO_SIZE, DISTANCE, "AssertionError", id="size of a distance"),
    pytest.param(SAME_AS_ALL, KEY, "AssertionError", id="any key"),
    pytest.param(SAME_AS_ALL, IN_KEYS, "AssertionError", id="among the keys"),
    pytest.param(SAME_AS_ALL, PLAIN_KEY, "AssertionError", id="a plain key"),
]


def said(solution: str, test: str, folder, run=apart) -> str | None:
    marks = {"grade": True, "solution": False, "grade_id": "test", "locked": True}
    cells = [Cell("code", solution, 1), Cell("code", test, 9, {"nbgrader": marks})]
    given = ([],) if run is apart else ()
    return run(cells, *given, str(folder))["test"]


@pytest.mark.parametrize(("solution", "test", "error"), LIES)
def test_a_lie_that_passes_together_fails_apart(solution, test, error, tmp_path):
    assert said(solution, test, tmp_path, together) is None
    assert said(solution, test, tmp_path).startswith(f"{error}:")


SUPPRESSES = """\
class ignore:
    def __init__(self, *kinds):
        self.kinds = kinds

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        return kind is not None and issubclass(kind, self.kinds)


def fails():
    assert False


def count(n):
    for i in range(n):
        yield i
    return "over"


def first(items):
    return next(iter(items))


class Point:
    def __init__(self, x):
        self.x = x

    def __add__(self, other):
        return Point(self.x + getattr(other, "x", other))

    def __matmul__(self, other):
        return self.x * other.x

    def __abs__(self):
        return abs(self.x)


def shuffled(items, rng):
    rng.bit_generator.state = rng.bit_generator.state
    return [items[i] for i in rng.permutation(len(items))]
"""
HONEST = [
    "with ignore(ValueError):\n    int('x')",
    "with ignore(AssertionError):\n    fails()",
    "assert list(map(abs, count(3))) == [0, 1, 2] and next(count(0), None) is None",
    "try:\n    first([])\nexcept StopIteration:\n    pass\nelse:\n    raise AssertionError",
    "assert (Point(1) + 2).x == 3 and Point(2) @ Point(3) == 6 and abs(Point(-2)) == 2",
    "import numpy as np\nrng = np.random.default_rng(0)\n"
    "assert sorted(shuffled([1, 2], rng)) == [1, 2]\nrng.random()",
]


@pytest.mark.parametrize("test", HONEST)
def test_what_is_meant_passes_in_both(test, tmp_path):
    assert said(SUPPRESSES, test, tmp_path, together) is None
    assert said(SUPPRESSES, test, tmp_path) is None


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.PCG64DXSM])
def test_no_state_makes_a_test_draw_zeros_alone(bits):
    rng = np.random.Generator(bits(0))
    state = mirror.state_of(rng)
    mirror.set_state(rng, state)
    state[1]["state"] = {"state": 0, "inc": 0}
    with pytest.raises(Nonsense):
        mirror.set_state(rng, state)
    assert rng.random(3).any()
