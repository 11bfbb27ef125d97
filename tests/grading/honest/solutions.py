"""Exercises that are solved in unusual ways."""

from .build import adds, case, rewrites, solves

CASES = [
    case("defined_twice", 5, adds("accuracy", above="def accuracy(*_):\n    return 0")),
    case(
        "helper_and_types",
        2,
        rewrites("relu", ("    zeros =", "    helper: object = None\n    zeros =")),
    ),
    case(
        "right_in_part",
        2,
        solves(
            "relu_gradient",
            "@gradient_of(relu)\ndef relu_gradient(grad, output, x):\n    return grad * (x >= 0)",
        ),
        loses=("test_relu_gradient_at_zero",),
    ),
    case(
        "slow_but_right",
        2,
        rewrites("softmax", ("    exps = np.exp", "    time.sleep(0.01)\n    exps = np.exp")),
        adds("softmax", above="import time"),
    ),
    case(
        "wrapped",
        2,
        rewrites(
            "relu",
            (
                "@operation",
                "import functools\n\n\ndef same(f):\n    @functools.wraps(f)\n"
                "    def g(*a):\n        return f(*a)\n\n    return g\n\n\n@operation\n@same",
            ),
        ),
    ),
    case("unfinished", 4, solves("squared_error", "def unfinished(:"), loses=None),
]
