"""Mutants change what a solution does, by one small step each, and nothing else."""

from __future__ import annotations

import ast

import pytest
from sample import GOOD, change, line_of, write_lesson

from tinytorch.course.lesson import Cell
from tinytorch.course.mutants import equivalents_of, mutants_of
from tinytorch.errors import TinyTorchError


def exercise(*lines: str, signature: str = "def scale(x, factor=2):") -> Cell:
    """An exercise with these lines between its markers, on line 40 of its lesson."""
    top = [signature, '    """Multiply by 2, or the mean."""', "    ### BEGIN SOLUTION"]
    source = [*top, *(f"    {line}" for line in lines), "    ### END SOLUTION", "    return -x"]
    metadata = {"nbgrader": {"grade_id": "scale", "grade": False, "solution": True}}
    return Cell("code", "\n".join(source), 40, metadata)


def changes(*lines: str) -> list[str]:
    return [mutant.change for mutant in mutants_of(exercise(*lines))]


def after(line: str) -> set[str]:
    """What becomes of the one line of a solution."""
    found = changes(line)
    assert all(text.startswith(f"{line} -> ") for text in found)
    return {text.removeprefix(f"{line} -> ") for text in found}


MADE = {
    "axis": ("return x.sum(axis=1)", ["return x.sum(axis=0)", "return x.sum(axis=None)"]),
    "axis dropped": ("return x.sum(axis=1)", ["return x.sum()"]),
    "keepdims": ("return x.max(keepdims=True)", ["return x.max(keepdims=False)", "return x.max()"]),
    "sum and mean": ("return np.sum(x)", ["return np.mean(x)"]),
    "largest and smallest": ("return x.argmax()", ["return x.argmin()"]),
    "exp and log": ("return np.exp(x)", ["return np.log(x)"]),
    "log1p": ("return np.log1p(x)", ["return np.log(x)"]),
    "maximum": ("return np.maximum(x, 3)", ["return np.minimum(x, 3)", "return x"]),
    "sign": ("return x - factor", ["return x + factor", "return factor - x"]),
    "term": ("return x - factor", ["return x", "return -factor"]),
    "unary minus": ("return -x", ["return x"]),
    "quotient": ("return x / factor", ["return x * factor", "return x // factor"]),
    "matrix product": ("return x @ factor", ["return x * factor", "return factor @ x"]),
    "power": ("return x ** 2", ["return x * 2", "return x ** 3", "return x ** 1"]),
    "numbers": ("return x * 0.5", ["return x * 0.0", "return x * 1.0"]),
    "tiny number": ("return x + 1e-12", ["return x + 0.0", "return x + 1e-09"]),
    "comparison": ("return x < 3", ["return x <= 3", "return x > 3", "return x < 4"]),
    "logic": ("return x and factor", ["return x or factor", "return x"]),
    "not": ("return not x", ["return x"]),
    "is None": ("return x is None", ["return x is not None"]),
    "arguments": ("return divide(x, factor)", ["return divide(factor, x)"]),
    "arguments of the door": ("return apply(f, x, factor)", ["return apply(f, factor, x)"]),
    "choices": ("return x.where(np.isfinite(x), x, 0)", ["return x.where(np.isfinite(x), 0, x)"]),
    "dtype": (
        "return x.astype(np.float32)",
        ["return x.astype(np.float64)", "return x"],
    ),
    "copy": ("return x.copy()", ["return x"]),
    "view": ("return x.T", ["return x", "pass"]),
    "converted or copied": ("return np.asarray(x)", ["return np.array(x)"]),
    "overwritten input": ("return x - factor", ["return np.subtract(x, factor, out=x)"]),
    "overwritten argument": ("x = x * 3", ["x *= 3"]),
    "own memory": ("return np.exp(y, out=y)", ["return np.exp(y)"]),
    "in place": ("x[0] += 1", ["x[0] = x[0] + 1", "x[0] -= 1", "pass"]),
    "order": ("return list(reversed(x))", ["return list(x)"]),
    "slice": ("return x[1:n]", ["return x[2:n]", "return x[:n]", "return x[1:n + 1]"]),
    "truth": ("return f(flag=True)", ["return f(flag=False)", "return f()"]),
    "choice": ("return f(reduction='mean')", ["return f(reduction='sum')"]),
    "pair": ("return (x, factor)", ["return (factor, x)"]),
    "conditional": (
        "return x if factor else 0",
        ["return x", "return 0", "return 0 if factor else x"],
    ),
    "condition of a loop": ("return [y for y in x if y]", ["return [y for y in x]"]),
}


@pytest.mark.parametrize(("line", "expected"), MADE.values(), ids=MADE.keys())
def test_the_mistakes_of_numpy_code_are_made(line, expected):
    assert set(expected) <= after(line)


def test_a_statement_with_a_block_is_named_by_its_first_line():
    found = changes("if x > 0:", "    raise ValueError('positive')", "return x")
    tests = ("if True:", "if False:", "if not x > 0:", "if x >= 0:")
    assert {f"if x > 0: -> {test}" for test in tests} <= set(found)
    assert "raise ValueError('positive') -> pass" in found


def test_wording_is_free():
    assert after("raise ValueError(f'{1 + 1} is not ' + str(x - 1))") == {"pass"}
    assert after("'a note'") == set()
    assert after("message = 'mean of ' + name") == {"pass"}


def test_what_no_result_depends_on_stays():
    assert after("return f(x, copy=False, strict=True)") == {"pass"}
    assert "return f(x)" in after("return f(x, copy=True)")
    assert changes("with np.errstate(divide='ignore'):", "    return x") == ["return x -> pass"]
    assert "return x.sum(axis=-1)" not in after("return x.sum(axis=1)")


def test_nothing_outside_the_markers_changes():
    cell = exercise("return x + factor")
    for mutant in mutants_of(cell):
        function = ast.parse(mutant.source).body[0]
        assert ast.unparse(function.args) == "x, factor=2"
        assert ast.get_docstring(function) == "Multiply by 2, or the mean."
        assert ast.unparse(function.body[-1]) == "return -x"
        assert mutant.line == 43


def test_no_mutant_is_made_twice_and_none_is_the_solution():
    cell = exercise("y = [1, 1]", "return x + 1 if x is x else y[0]")
    sources = [mutant.source for mutant in mutants_of(cell)]
    assert len(sources) == len(set(sources))
    assert ast.unparse(ast.parse(cell.source)) not in sources
    for source in sources:
        compile(source, "mutant", "exec")


def test_names_outlive_a_new_layout():
    long = changes("return np.where(", "    x > 0,", "    x,  # kept", "    -x,", ")")
    assert long == changes("return np.where(x > 0, x, -x)")


# --- The list of equivalent mutants -----------------------------------------------------------

ENTRY = """[[equivalent]]
exercise = "scale"
mutants = ["return a ->\\n   return b"]
reason = "They are the same."
"""


def listed(tmp_path, text: str):
    lesson = write_lesson(tmp_path, GOOD)
    lesson.path.with_name("mutants.toml").write_text(text, encoding="utf-8")
    return equivalents_of(lesson)


def test_the_list_gives_names_on_one_line_with_their_reason(tmp_path):
    (entry,) = listed(tmp_path, ENTRY)
    assert (entry.exercise, entry.mutants) == ("scale", ("return a -> return b",))
    assert entry.reason == "They are the same."


def test_no_list_is_an_empty_list(tmp_path):
    assert equivalents_of(write_lesson(tmp_path, GOOD)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('reason = "They are the same."\n', ""),
        ("They are the same.", " "),
        ('["return a ->\\n   return b"]', '"return a"'),
        ("exercise =", "exercises ="),
        ('"scale"', "scale"),
    ],
    ids=["no reason", "empty reason", "no list", "unknown key", "no TOML"],
)
def test_a_list_that_says_too_little_is_refused(tmp_path, old, new):
    with pytest.raises(TinyTorchError, match=r"mutants\.toml.*write each") as error:
        listed(tmp_path, change(ENTRY, old, new))
    assert error.value.exit_status == 1


def test_lines_are_those_of_the_lesson_file(tmp_path):
    lesson = write_lesson(tmp_path, GOOD)
    lines = {m.line for m in mutants_of(lesson.cell("scale"))}
    assert lines == {line_of(lesson, "product = np"), line_of(lesson, "return product")}
