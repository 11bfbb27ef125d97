"""What the locked tests of the lessons use: checks by property, and failures that explain.

`check`, `check_gradient` and `check_raises` try one property over many inputs against the
definition; `expect` looks at one value. `test` makes a function a test, `begin` and `summary`
stand at the two ends of a lesson. NumPy alone is needed.
"""

from tinytorch.testing.checks import (
    central_differences,
    check,
    check_gradient,
    check_raises,
    expect,
    summed_to,
)
from tinytorch.testing.inputs import (
    PAIRS,
    PRODUCTS,
    SHAPES,
    arrays,
    axes_of,
    case,
    numbers,
    over_axes,
    pairs,
    strange,
    strided,
)
from tinytorch.testing.messages import TestFailed
from tinytorch.testing.session import begin, export, summary, test

__all__ = [
    "PAIRS",
    "PRODUCTS",
    "SHAPES",
    "TestFailed",
    "arrays",
    "axes_of",
    "begin",
    "case",
    "central_differences",
    "check",
    "check_gradient",
    "check_raises",
    "expect",
    "export",
    "numbers",
    "over_axes",
    "pairs",
    "strange",
    "strided",
    "summary",
    "summed_to",
    "test",
]
