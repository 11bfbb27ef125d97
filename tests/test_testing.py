"""What a student reads when a test fails, that wrong things do fail, and that a cause is true."""

import sys
from types import ModuleType

import numpy as np
import pytest

from tinytorch import testing as tt
from tinytorch.testing import diagnosis, session
from tinytorch.testing.messages import MOST_LINES


class Tensor:
    """As much of a Tensor as comparisons look at."""

    def __init__(self, data):
        self.data = data


class Equal(np.ndarray):
    """An array that claims to equal everything and to be near everything."""

    def __eq__(self, other):
        return np.ones(self.shape, bool)

    def __sub__(self, other):
        return np.zeros(self.shape)

    __rsub__ = __sub__
    __hash__ = None


@pytest.fixture(autouse=True)
def fresh():
    tt.begin("no_lesson")
    yield
    tt.begin("no_lesson")


def failure(check, *args, **options) -> str:
    session.current.checks = 0
    with pytest.raises(tt.TestFailed) as caught:
        check(*args, **options)
    message = str(caught.value)
    assert len(message.splitlines()) <= MOST_LINES
    return message


def evidence(check, *args, **options) -> dict:
    session.current.checks = 0
    with pytest.raises(tt.TestFailed) as caught:
        check(*args, **options)
    return caught.value.evidence


# --- One value ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [2.0, np.float32(2), np.array(2.0), Tensor(np.array(2.0)), lambda: 2.0, 2.0 * (1 + 1e-6)],
)
def test_every_form_of_a_right_number_is_accepted(value):
    tt.expect(value, 2.0, "x", dtype="any")


@pytest.mark.parametrize(
    ("got", "expected", "says"),
    [
        (np.zeros(3), np.zeros((3, 1)), "x has shape (3,), expected (3, 1)"),
        (np.zeros(3, int), np.zeros(3), "x holds whole numbers (int64), expected decimal numbers"),
        (np.zeros(3, np.float32), np.zeros(3), "x has dtype float32, expected float64"),
        (
            np.array([1, np.nan]),
            np.array([1.0, 2]),
            "is wrong in one value: at [1] nan, expected 2",
        ),
        (np.array([1, np.inf]), np.array([1.0, 2]), "at [1] inf, expected 2"),
        (np.array([1.0, 2]), np.array([1, -np.inf]), "at [1] 2, expected -inf"),
        (np.zeros((2, 2)), np.eye(2), "is wrong in 2 of 4 values: at [0, 0] 0, expected 1"),
        (-0.6931471806, -0.6931471706, "x is -0.693147181, expected -0.693147171"),
        (None, np.zeros(2), "x is None, expected an array"),
        (None, 1.0, "x is None, expected a number"),
        ([1.0, 2.0], np.array([1.0, 2.0]), "x is a list, expected an array"),
        ("text", 1.0, "x is a str, expected a number"),
        ((2, 3), (3, 2), "x is (2, 3), expected (3, 2)"),
        ([2, 3], (2, 3), "x is a list, expected a tuple, (2, 3)"),
        (True, False, "x is True, expected False"),
        (1, True, "x is 1, expected True"),
        (None, False, "x is None, expected False"),
        ("mean", "sum", "x is 'mean', expected 'sum'"),
        ((1.0, 2.0), (1.0, 2.5), "x at position 1 is 2, expected 2.5"),
        ({"a": 1.0}, {"b": 1.0}, "x has the keys ['a'], expected ['b']"),
        ({"a": 1.0}, {"a": 2.0}, "x under 'a' is 1, expected 2"),
    ],
)
def test_what_differs_is_said(got, expected, says):
    rtol = 1e-9 if isinstance(expected, float) else None
    assert says in failure(tt.expect, got, expected, "x", rtol=rtol)


def test_a_wrong_array_is_shown_beside_the_right_one():
    message = failure(tt.expect, np.zeros((2, 2)), np.eye(2), "x")
    assert "  got      [[0. 0.]" in message
    assert "  expected [[1. 0.]" in message


def test_the_object_under_test_is_not_asked_whether_it_is_right():
    liar = np.zeros(3).view(Equal)
    assert "is wrong in 3 of 3 values" in failure(tt.expect, liar, np.ones(3), "x")


@pytest.mark.parametrize(
    ("dtype", "error"), [(np.float16, 0.05), (np.float32, 1e-4), (np.float64, 1e-8)]
)
def test_rounding_is_no_mistake_and_more_is_one(dtype, error):
    x = np.linspace(-3, 3, 7).astype(dtype)
    tt.expect(x * (1 + np.finfo(dtype).eps), x, "x")
    tt.expect(np.array([1, 1e-26], dtype), np.array([1, 0], dtype), "x")
    assert "is wrong in" in failure(tt.expect, (x * (1 + error)).astype(dtype), x, "x")


# --- A function in many cases ---------------------------------------------------------------


def softmax(x, axis=-1):
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


CASES = [tt.case(tt.numbers((2, 3), seed=n), axis=axis) for n in range(2) for axis in (0, 1, -1)]


def test_a_right_function_passes():
    tt.check(softmax, lambda x, axis: np.exp(x) / np.exp(x).sum(axis, keepdims=True), CASES)


def test_a_failing_case_is_named_by_its_call():
    def rows_only(x, axis=-1):
        return softmax(x)

    message = failure(tt.check, rows_only, softmax, CASES)
    assert message.startswith("rows_only(<shape (2, 3)>, axis=0) is wrong in 6 of 6 values")
    assert "(2 of the 6 cases that were tried fail)" in message


def test_an_exception_is_explained_with_the_students_line():
    message = failure(tt.check, lambda x, axis: [][0], softmax, CASES, name="f")
    assert message.startswith(
        "f(<shape (2, 3)>, axis=0) raised IndexError (list index out of range)"
    )


def test_an_input_that_is_written_into_is_noticed_and_put_back():
    def in_place(x):
        x -= 1
        return x + 1

    x = np.array([1.0, 2.0])
    message = failure(tt.check, in_place, lambda x: x, [(x,), (x,)])
    assert "changed its first input" in message
    assert x.tolist() == [1.0, 2.0]


class Late:
    """A result that writes into the input of its call when it is looked at."""

    def __init__(self, x, data):
        self.x, self._data = x, data

    @property
    def data(self):
        self.x[...] = self._data
        return self._data


@pytest.mark.parametrize("expected", [lambda x: x, lambda x: (x, [x]), lambda x: {"x": x}])
def test_a_result_can_not_change_what_is_expected(expected):
    x, zeros = np.array([1.0, 2.0]), np.zeros(2)

    def give(x):
        late = Late(x, zeros)
        return {0: late, 1: (late, [late]), 2: {"x": late}}[number]

    number = (np.ndarray, tuple, dict).index(type(expected(x)))
    assert "expected 1" in failure(tt.check, give, expected, [(x.copy(),)], once=True)
    with pytest.raises(tt.TestFailed):
        tt.expect(lambda: give(x), expected(x), "it")


def test_a_result_that_a_later_call_overwrites_is_noticed():
    shared = np.zeros(2)

    def reuse(x):
        np.copyto(shared, x)
        return shared

    cases = [(np.array([1.0, 2.0]),), (np.array([3.0, 4.0]),)]
    assert "a later call returns again" in failure(tt.check, reuse, np.array, cases)


def test_memory_is_shared_or_fresh_as_was_promised():
    x = np.zeros((2, 3))
    tt.check(np.transpose, np.transpose, [(x,)], memory="shared")
    assert "expected a new array" in failure(
        tt.check, lambda x: x, np.array, [(x,)], memory="fresh"
    )
    assert "expected a view" in failure(tt.check, np.copy, np.array, [(x,)], memory="shared")


def test_a_plain_array_is_not_a_tensor():
    x = np.zeros(2)
    tt.check(Tensor, np.array, [(x,)], returns="tensor")
    says = "is a Tensor, expected a plain array"
    assert says in failure(tt.check, Tensor, np.array, [(x,)], returns="array")


def test_what_the_definition_warns_of_is_no_warning_of_the_students(recwarn):
    tt.check(lambda x: np.full(2, -np.inf), np.log, [(np.zeros(2),)])
    assert not recwarn.list


# --- The door, with the framework's own -----------------------------------------------------


def test_the_door_is_asked_by_each_input_alone():
    from tinytorch.core import tensor as core

    product = lambda a, b: core.elementwise(np.multiply, a, b)  # noqa: E731
    options = {"wrap": core.Tensor, "door": {np.multiply}, "name": "times"}
    tt.check(product, np.multiply, tt.pairs(), **options)
    past = lambda a, b: core.Tensor(a.data * b.data)  # noqa: E731
    assert "is not recorded when input number 0 alone" in failure(
        tt.check, past, np.multiply, tt.pairs(), **options
    )
    half = lambda a, b: core.elementwise(np.multiply, a, b.data)  # noqa: E731
    assert "when input number 1 alone" in failure(
        tt.check, half, np.multiply, tt.pairs(), **options
    )
    own = lambda a, b: core.apply(lambda x, y: x * y, a, b)  # noqa: E731
    says = "is recorded as a call of `<lambda>`, expected `np.multiply`"
    assert says in failure(tt.check, own, np.multiply, tt.pairs(), **options)
    bare = lambda a, b: a.data * b.data  # noqa: E731
    assert "expected a Tensor" in failure(tt.check, bare, np.multiply, tt.pairs(), **options)


# --- Refusals -------------------------------------------------------------------------------


def root(x):
    if x < 0:
        raise ValueError("negative")
    return x**0.5


def test_refusals_are_of_the_type_that_was_named():
    tt.check_raises(ValueError, root, [(-1,), (-0.5,)], but=[(0,), (4,)])
    assert "root(4) returned 2.0, expected it to raise ValueError" in failure(
        tt.check_raises, ValueError, root, [(4,)]
    )
    assert "raised ValueError (negative), expected TypeError" in failure(
        tt.check_raises, TypeError, root, [(-1,)]
    )


def test_a_function_that_refuses_everything_is_of_no_use():
    def refuse(x):
        raise ValueError("no")

    message = failure(tt.check_raises, ValueError, refuse, [(-1,)], but=[(4,)])
    assert message.startswith("refuse(4) raised ValueError (no), although it must take this")


def test_an_exercise_nobody_wrote_refuses_nothing():
    def stub(x):
        raise NotImplementedError

    with pytest.raises(tt.TestFailed):
        tt.check_raises(ValueError, stub, [(1,)])
    with pytest.raises(TypeError, match="too wide"):
        tt.check_raises(Exception, stub, [(1,)])


# --- Gradients ------------------------------------------------------------------------------


def test_a_right_rule_passes_also_where_inputs_were_broadcast():
    tt.check_gradient(np.multiply, lambda grad, output, a, b: grad * b, tt.pairs())
    tt.check_gradient(np.multiply, lambda grad, output, a, b: grad * a, tt.pairs(), argnum=1)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (lambda grad, output, a, b: b, "is wrong in"),
        (lambda grad, output, a, b: grad * a, "is wrong in"),
        (lambda grad, output, a, b: np.multiply(grad, b, out=grad), "wrote into grad"),
        (lambda grad, output, a, b: (grad * b).sum(), "has shape (), expected that of input 0"),
        (lambda grad, output, a, b: grad * np.asarray(b, np.float64), "for float32 inputs"),
        (lambda grad, output, a, b: None, "returned None: does it end"),
    ],
)
def test_a_wrong_rule_fails(rule, says):
    assert says in failure(tt.check_gradient, np.multiply, rule, tt.pairs(), name="rule")


# --- Causes ---------------------------------------------------------------------------------


def rows_only(x, axis=-1):
    return softmax(x)


def unscaled(x, axis=-1):
    return np.exp(x)


def test_a_cause_is_said_where_a_known_mistake_gives_the_same(monkeypatch):
    known = [
        {
            "says": "If you ignored axis, ...",
            "evidence": evidence(tt.check, rows_only, softmax, CASES),
        },
        {
            "says": "If you forgot to divide, ...",
            "evidence": evidence(tt.check, unscaled, softmax, CASES),
        },
    ]
    monkeypatch.setattr(session, "known_mistakes", lambda lesson: {"": known})
    mine = lambda x, axis=-1: softmax(x, -1)  # noqa: E731
    assert "If you ignored axis" in failure(tt.check, mine, softmax, CASES, name="rows_only")
    other = lambda x, axis=-1: softmax(x, 0)  # noqa: E731
    message = failure(tt.check, other, softmax, CASES, name="rows_only")
    assert "If you" not in message


def test_no_cause_is_said_where_two_mistakes_give_the_same(monkeypatch):
    found = evidence(tt.check, rows_only, softmax, CASES)
    known = [{"says": "one", "evidence": found}, {"says": "another", "evidence": found}]
    assert diagnosis.causes(found, known) == ["another", "one"]
    monkeypatch.setattr(session, "known_mistakes", lambda lesson: {"": known})
    assert "\none" not in failure(tt.check, rows_only, softmax, CASES)


def test_a_lone_yes_or_no_proves_nothing():
    found = evidence(tt.expect, False, True, "requires_grad")
    assert not diagnosis.is_proof(found)
    assert diagnosis.is_proof(evidence(tt.expect, np.array([1.5, 2.5]), np.zeros(2), "x"))


def test_everything_failing_alike_proves_nothing():
    def broken(x, axis=-1):
        raise TypeError("unsupported operand")

    assert not diagnosis.is_proof(evidence(tt.check, broken, softmax, CASES))


def test_evidence_is_the_same_within_rounding():
    found = evidence(tt.check, rows_only, softmax, CASES)
    nearly = {
        **found,
        "cases": [
            [label, kind, [x * 1.0001 for x in detail]] for label, kind, detail in found["cases"]
        ],
    }
    assert diagnosis.same(found, nearly)
    assert not diagnosis.same(found, {**found, "failing": found["failing"] + 1})


# --- A lesson -------------------------------------------------------------------------------


@pytest.fixture
def lesson(monkeypatch):
    """A lesson of two exercises, the second of which leans on the first, run as a notebook is."""
    main = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    tt.begin("no_lesson")
    session.current.table = {
        "folder": "99_sample",
        "title": "Sample",
        "exercises": {"double": {"section": "9.1"}, "quadruple": {"section": "9.2"}},
        "tests": {
            "test_double": {"exercise": "double", "points": 3},
            "test_quadruple": {"exercise": "quadruple", "points": 1},
        },
        "questions": {"why": 6},
    }

    def run(source: str) -> None:
        exec(compile(source, "<cell>", "exec"), vars(main))

    run("import numpy as np\nfrom tinytorch import testing as tt")
    return run


TESTS = '''
@tt.test
def test_double():
    """Twice as much."""
    tt.check(double, lambda x: x + x, [(1.5,), (np.ones(2),), (0.0,)])


@tt.test
def test_quadruple():
    """Four times as much."""
    tt.check(quadruple, lambda x: 4 * x, [(1.5,), (np.ones(2),), (0.0,)])
'''
QUADRUPLE = "def quadruple(x):\n    return double(double(x))"


def test_a_test_that_passes_prints_one_line(lesson, capsys):
    lesson("def double(x):\n    return 2 * x\n" + QUADRUPLE + TESTS)
    lesson("test_double()\ntest_quadruple()")
    assert capsys.readouterr().out == (
        "passed: Twice as much. (3 points)\npassed: Four times as much. (1 point)\n"
    )


def test_a_failure_that_comes_from_another_exercise_says_so(lesson):
    lesson("def double(x):\n    return 3 * x\n" + QUADRUPLE + TESTS)
    with pytest.raises(tt.TestFailed, match=r"double\(1.5\) is 4.5, expected 3"):
        lesson("test_double()")
    says = r"^`double` \(9.1\) is not right yet, and this leans on it: mend that first."
    with pytest.raises(tt.TestFailed, match=says):
        lesson("test_quadruple()")


def test_an_unwritten_exercise_is_named(lesson):
    lesson("def double(x):\n    raise NotImplementedError()\n" + QUADRUPLE + TESTS)
    with pytest.raises(tt.TestFailed, match=r"^`double` \(9.1\) is not written yet.$"):
        lesson("test_double()")
    says = r"^`double` \(9.1\) is not written yet, and this leans on it: write that first.$"
    with pytest.raises(tt.TestFailed, match=says):
        lesson("session = tt.session.current\nsession.passed.clear()\ntest_quadruple()")


def test_an_exercise_whose_cell_was_not_run_is_named(lesson):
    lesson(QUADRUPLE + TESTS)
    says = r"^`double` \(9.1\) is not defined: run its cell, which must define `double`.$"
    for name in ("test_double", "test_quadruple"):
        with pytest.raises(tt.TestFailed, match=says):
            lesson(f"{name}()")
    lesson(f"def double(x):\n    return typo * x\n{TESTS}")
    with pytest.raises(tt.TestFailed, match=r"raised NameError \(name 'typo' is not defined\)"):
        lesson("test_double()")


def test_warnings_and_the_error_stream_become_notes(lesson, capsys):
    noise = "warnings.warn('hm'); print('oh', file=sys.stderr)"
    lesson(f"import sys, warnings\ndef double(x):\n    {noise}\n    return 2 * x\n{TESTS}")
    lesson("test_double()")
    told = capsys.readouterr()
    assert not told.err
    assert "note: UserWarning: hm" in told.out
    assert "note: oh" in told.out
    assert told.out.endswith("passed: Twice as much. (3 points)\n")


def test_the_end_sums_up(lesson, capsys):
    lesson("def double(x):\n    return 2 * x\ndef quadruple(x):\n    return x" + TESTS)
    lesson("test_double()")
    with pytest.raises(tt.TestFailed):
        lesson("test_quadruple()")
    capsys.readouterr()
    tt.summary()
    told = capsys.readouterr().out
    assert "9.1   double" in told
    assert "3 of 3  done" in told
    assert "0 of 1  open" in told
    assert (
        "3 of 4 points by the tests above; 6 points more for answers that a person reads." in told
    )
    assert "Next: `quadruple` (9.2)." in told


def test_a_notebook_shows_the_message_and_no_traceback():
    error = tt.TestFailed("one\ntwo")
    assert error._render_traceback_() == ["one", "two"]
