"""What a student reads when a check fails, and that wrong things do fail."""

import numpy as np
import pytest

from tinytorch.testing import (
    assert_close,
    assert_equal,
    assert_raises,
    assert_unchanged,
    check_gradient,
)


class Equal(np.ndarray):
    """An array that claims to equal everything and to be near everything."""

    def __eq__(self, other):
        return np.ones(self.shape, bool)

    def __sub__(self, other):
        return np.zeros(self.shape)

    __rsub__ = __sub__
    __hash__ = None


class Tensor:
    def __init__(self, data):
        self.data = data


def failure(check, *args, **options) -> str:
    with pytest.raises(AssertionError) as caught:
        check(*args, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        2.0,
        np.float32(2),
        np.array(2.0),
        Tensor(np.array(2.0, np.float32)),
        lambda: 2.0,
        2.0 * (1 + 1e-6),
    ],
)
def test_close_accepts_every_form_of_a_right_answer(value):
    assert_close(value, 2.0)


@pytest.mark.parametrize(
    ("got", "expected", "symptom"),
    [
        (np.zeros(3), np.zeros((3, 1)), "the result has shape (3,), expected (3, 1)"),
        (np.zeros(3, int), np.zeros(3), "the result holds whole numbers (int64), expected decimal"),
        (np.array([1.0, np.nan]), np.array([1.0, 2.0]), "the result holds nan, expected 2"),
        (np.array([1.0, np.inf]), np.array([1.0, 2.0]), "the result holds inf, expected 2"),
        (np.array([1.0, 2.0]), np.array([1.0, np.inf]), "at [1] 2, expected inf"),
        (
            np.array([1.0, 2.5]),
            np.array([1.0, 2.0]),
            "is wrong in one value: at [1] 2.5, expected 2",
        ),
        (1.5, 1.0, "the result is 1.5, expected 1"),
        (None, 1.0, "the result is None. If your function ends without return, add one."),
        ("text", 1.0, "the result is a str, expected a Tensor, an array or a number."),
        (lambda: 1 / 0, 1.0, "the result raised ZeroDivisionError (division by zero)"),
    ],
)
def test_close_names_the_symptom_first(got, expected, symptom):
    assert symptom in failure(assert_close, got, expected, "If you ...").splitlines()[0]


def test_close_says_symptom_then_hint_then_got_and_expected():
    said = failure(
        assert_close, np.array([0.7, 1.3]), np.array([1.0, 1.0]), "If you slept, wake up."
    )
    first, got, expected = said.splitlines()
    assert first.endswith("expected 1. If you slept, wake up.")
    assert got.split() == ["got", "[0.7", "1.3]"]
    assert expected.split() == ["expected", "[1.", "1.]"]


def test_close_recognises_a_known_mistake():
    suspects = {"If you summed, divide.": 6.0, "If you stumbled, rise.": ZeroDivisionError}
    assert "If you summed, divide." in failure(assert_close, 6.0, 2.0, "Else.", suspects=suspects)
    assert "Else." in failure(assert_close, 5.0, 2.0, "Else.", suspects=suspects)
    assert "If you stumbled" in failure(
        assert_close, lambda: 1 / 0, 2.0, "Else.", suspects=suspects
    )


def test_close_does_not_trust_the_object_under_test():
    liar = np.array([1.0, 2.0]).view(Equal)
    assert "is wrong in" in failure(assert_close, liar, np.array([3.0, 4.0]))
    assert "is wrong in" in failure(assert_close, Tensor(liar), np.array([3.0, 4.0]))


def test_close_takes_a_tolerance_fit_for_the_dtype():
    assert_close(np.float32(0.1) * np.ones(2, np.float32), np.full(2, 0.1))
    failure(assert_close, np.full(2, 0.1 + 1e-8), np.full(2, 0.1))
    failure(assert_close, np.full(2, 1e-9), np.full(2, 2e-9))
    assert "has dtype float64" in failure(assert_close, np.ones(2), np.ones(2), dtype=np.float32)


def test_equal_is_exact_and_knows_types():
    assert_equal((np.int64(2), 3), (2, 3))
    assert "is (3, 2), expected (2, 3)" in failure(assert_equal, (3, 2), (2, 3))
    assert "is a int, expected a bool" in failure(assert_equal, 1, True)


def test_raises_names_what_came_instead():
    assert_raises(ValueError, int, "x")
    assert "returned a int, expected it to raise ValueError" in failure(
        assert_raises, ValueError, int, 3
    )
    assert "raised TypeError" in failure(assert_raises, ValueError, int, [])
    with pytest.raises(TypeError, match="too wide"):
        assert_raises(Exception, int, "x")


def test_raises_lets_an_unwritten_exercise_say_so():
    def stub(x):
        raise NotImplementedError("stub")

    with pytest.raises(NotImplementedError):
        assert_raises(ValueError, stub, 1)


def test_unchanged_notices_a_mutation_and_returns_the_result():
    def double(x):
        x *= 2
        return x

    said = failure(assert_unchanged, double, np.array([1.0, 2.0]))
    assert "double changed its input number 0" in said
    assert assert_unchanged(np.sum, np.array([1.0, 2.0])) == 3.0


def test_gradient_agrees_or_names_input_and_index():
    def product(a, b):
        return a * b

    a, b = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
    check_gradient(product, lambda grad, output, a, b: grad * b, a, b)
    check_gradient(product, lambda grad, output, a, b: grad * a, a, b, argnum=1)
    said = failure(check_gradient, product, lambda grad, output, a, b: grad * a, a, b, name="rule")
    assert "rule: the gradient of input 0 at [" in said
    assert "got" in said and "expected" in said


def test_gradient_notices_a_rule_that_ignores_what_comes_in():
    said = failure(check_gradient, np.square, lambda grad, output, x: 2 * x, np.array([1.0, 2.0]))
    assert "the gradient of input 0 at" in said


def test_gradient_recognises_a_known_mistake():
    suspects = {"If you forgot the factor, the slope is half.": lambda grad, output, x: grad * x}
    said = failure(
        check_gradient, np.square, lambda grad, output, x: x * grad, np.ones(3), suspects=suspects
    )
    assert "If you forgot the factor" in said
