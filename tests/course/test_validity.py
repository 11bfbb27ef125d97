"""Whatever falls short in the tests of a lesson is found, counted and named."""

from __future__ import annotations

import io
import json

import pytest
from sample import GOOD, TOP, change, header, line_of, write_lesson

from tinytorch.cli import main
from tinytorch.course import trials, validity_table
from tinytorch.course.lesson import Lesson
from tinytorch.course.validity import says_so, untouched, validity
from tinytorch.errors import UsageError

SAYS = "If you do not multiply, try it."
SECOND = "    assert_close(scale(np.array([1.0, 2.5]), 2.0), [2.0, 5.0]"
TAUGHT = change(GOOD, f"{SECOND})", f"{SECOND}, {SAYS!r})")

WRONG = {
    "adds": "x + factor",
    "subtracts": "x - factor",
    "divides": "x / factor",
    "ignores the factor": "x",
    "squares": "x * x",
}
RIGHT = {
    "turns them round": "factor * x",
    "divides twice": "x / (1 / factor)",
    "adds halves": "x * factor / 2 + x * factor / 2",
}


def variant(mark: str, body: str) -> str:
    return f"@{mark}\ndef scale(x, factor):\n    return {body}\n\n\n"


def misconceptions(wrong=WRONG, right=RIGHT, says: str = SAYS, loses: str = "") -> str:
    texts = [variant(f"wrong({name!r}, {says!r}{loses})", wrong[name]) for name in wrong]
    return "".join(texts + [variant(f"right({name!r})", right[name]) for name in right])


def write(
    tmp_path, text: str = TAUGHT, variants: str = misconceptions(), listed: str = ""
) -> Lesson:
    lesson = write_lesson(tmp_path, text)
    lesson.path.with_name("misconceptions.py").write_text(variants, encoding="utf-8")
    if listed:
        lesson.path.with_name("mutants.toml").write_text(listed, encoding="utf-8")
    return lesson


def only_finding(tmp_path, **options):
    """The one finding of a round, and the round."""
    found = validity(tmp_path, **options)
    assert len(found.findings) == 1, list(map(str, found.findings))
    return found.findings[0], found


def test_a_good_lesson_has_evidence_of_every_kind(tmp_path):
    write(tmp_path)
    found = validity(tmp_path)
    assert found.findings == []
    ((row,), (scale,)) = found.rows, found.scales
    assert (row.lesson, row.exercise) == ("02_scaling", "scale")
    assert (row.wrong, row.rejected, row.diagnosed) == (5, 5, 5)
    assert (row.right, row.accepted) == (3, 3)
    assert row.mutants == row.killed > 2
    assert (scale.points, scale.reference, scale.untouched) == (96, 96, 0)


def test_a_wrong_solution_that_passes_is_named(tmp_path):
    lesson = write(tmp_path, variants=misconceptions(WRONG | {"same": "np.multiply(x, factor)"}))
    finding, found = only_finding(tmp_path)
    assert "wrong solution 'same' passes all tests" in finding.message
    assert SAYS in finding.mend
    text = lesson.path.with_name("misconceptions.py").read_text().splitlines()
    assert finding.path.name == "misconceptions.py"
    assert text[finding.line - 2] == f"@wrong('same', {SAYS!r})"
    assert (found.rows[0].wrong, found.rows[0].rejected) == (6, 5)


def test_a_right_solution_that_fails_is_named_with_its_tests(tmp_path):
    write(tmp_path, variants=misconceptions(right=RIGHT | {"whole": "(x * factor).astype(int)"}))
    finding, found = only_finding(tmp_path)
    assert "right solution 'whole' fails\n    test_scale_by_1: the result holds" in finding.message
    assert (found.rows[0].right, found.rows[0].accepted) == (4, 3)


def test_a_right_solution_may_break_no_other_cell(tmp_path):
    use = "# %%\nassert scale(2, 3) == 6\n\n"
    text = change(TAUGHT, "# %% [markdown]\n# Count the", use + "# %% [markdown]\n# Count the")
    write(tmp_path, text, misconceptions(right=RIGHT | {"arrays only": "x.copy() * factor"}))
    finding, _ = only_finding(tmp_path)
    assert "the cell `assert scale(2, 3) == 6`: AttributeError" in finding.message


def test_a_missed_diagnosis_shows_what_is_said_instead(tmp_path):
    extra = variant("wrong('halves', 'If you halve, double.')", "x * factor / 2")
    write(tmp_path, variants=misconceptions() + extra)
    finding, found = only_finding(tmp_path)
    assert "tells the author of 'halves': 'If you halve, double.'" in finding.message
    assert f"at [0] 1, expected 2. {SAYS}\n    test_scale_by_3: " in finding.message
    assert (found.rows[0].rejected, found.rows[0].diagnosed) == (6, 5)


@pytest.mark.parametrize(
    ("message", "sentence", "said"),
    [
        ("is 1. If you add,\n  multiply. got 3", "If you add, multiply.", True),
        ("is 1. If you add, multiply: got 3", "If you add, multiply.", True),
        ("is 1. Multiply.", "If you add, multiply.", False),
    ],
)
def test_a_sentence_is_said_in_whatever_layout(message, sentence, said):
    assert says_so(message, sentence) == said


def test_too_few_solutions_are_counted(tmp_path):
    four, two = dict(list(WRONG.items())[1:]), dict(list(RIGHT.items())[1:])
    write(tmp_path, variants=misconceptions(four, two))
    messages = [finding.message for finding in validity(tmp_path).findings]
    assert messages == ["4 wrong solutions are too few", "2 right solutions are too few"]


def test_the_tests_that_a_wrong_solution_loses_are_all_those_told(tmp_path):
    tests = [f"test_scale_by_{n}" for n in range(1, 11)]
    lost = variant(f"wrong('adds 0', {SAYS!r}, loses={tuple(tests)})", "x + 0 * factor - 1")
    write(tmp_path, variants=misconceptions() + lost)
    assert validity(tmp_path).findings == []
    lost = lost.replace("'test_scale_by_3', ", "")
    write(tmp_path, variants=misconceptions() + lost)
    finding, _ = only_finding(tmp_path)
    assert "'adds 0' loses other tests than it says" in finding.message
    assert "test_scale_by_3: the result is wrong" in finding.message


def test_a_solution_to_no_exercise_is_named(tmp_path):
    stray = variant("right('lost')", "x").replace("def scale", "def stretch")
    write(tmp_path, variants=misconceptions() + stray)
    finding, _ = only_finding(tmp_path)
    assert "'lost' is a solution to no exercise" in finding.message


# --- Mutants ----------------------------------------------------------------------------------

GUARDED = change(TAUGHT, "    product = np", "    factor = abs(factor)\n    product = np")
SURVIVOR = "factor = abs(factor) -> factor = factor"
DROPPED = "factor = abs(factor) -> pass"


def entry(*mutants: str, exercise: str = "scale") -> str:
    reason = 'reason = "No factor is negative."'
    return f"[[equivalent]]\nexercise = {exercise!r}\nmutants = {list(mutants)}\n{reason}\n"


def test_a_surviving_mutant_is_named_at_its_line(tmp_path):
    lesson = write(tmp_path, GUARDED)
    found = validity(tmp_path)
    messages = [finding.message.split(": ", 1)[1] for finding in found.findings]
    assert messages == [DROPPED, SURVIVOR]
    lines = lesson.path.read_text().splitlines()
    assert {lines[f.line - 1].strip() for f in found.findings} == {"factor = abs(factor)"}
    assert found.rows[0].surviving == 2
    assert validity(tmp_path, mutants=False).findings == []


def test_a_listed_mutant_is_counted_as_equivalent(tmp_path):
    write(tmp_path, GUARDED, listed=entry(SURVIVOR, DROPPED))
    found = validity(tmp_path)
    assert found.findings == []
    assert (found.rows[0].equivalent, found.rows[0].surviving) == (2, 0)


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        (entry("return x -> return y"), "is no mutant any more: return x -> return y"),
        (entry("return product -> pass"), "fails a test after all: return product -> pass"),
        (entry("return a -> return b", exercise="stretch"), "of what is no exercise"),
    ],
    ids=["unknown", "killed", "no exercise"],
)
def test_a_stale_entry_of_the_list_is_named(tmp_path, listed, message):
    write(tmp_path, listed=listed)
    finding, _ = only_finding(tmp_path)
    assert message in finding.message
    assert finding.path.name == "mutants.toml"


def test_a_mutant_that_loops_for_ever_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("tinytorch.course.validity.OWN_TIMEOUT", 2)
    loop = "    n = 1\n    while n > 0:\n        n -= 1\n    product = np"
    write(tmp_path, change(TAUGHT, "    product = np", loop))
    found = validity(tmp_path, mutants=True)
    assert "n -= 1 -> pass" not in str(found.findings)


# --- The two ends of the scale ----------------------------------------------------------------

GIFT = f"""{header("test_nothing", grade=True, solution=False, locked=True, points=0.5)}
def test_nothing():
    assert np.pi > 3


test_nothing()

"""


def test_points_for_the_untouched_release_are_named(tmp_path):
    write(tmp_path, TAUGHT.replace(TOP, TOP + GIFT))
    finding, found = only_finding(tmp_path)
    assert "untouched release earns the 0.5 points" in finding.message
    assert finding.grade_id == "test_nothing"
    assert found.scales[0].untouched == 0.5


def test_a_reference_that_loses_points_is_named(tmp_path):
    write(tmp_path, change(TAUGHT, "[6.5])", "[7.5])"))
    found = validity(tmp_path)
    assert found.scales[0].reference == 86
    message = found.findings[0].message
    assert "fails although every solution is in place\n    test_scale_by_3: " in message


def test_the_untouched_lesson_holds_stubs_and_hidden_tests(tmp_path):
    lesson = untouched(write(tmp_path))
    assert "raise NotImplementedError()" in lesson.cell("scale").source
    assert "product" not in lesson.cell("scale").source
    assert "HIDDEN" in lesson.cell("test_scale_by_1").source


# --- Running no more than what changed ----------------------------------------------------------


@pytest.fixture
def runs(monkeypatch):
    """How many variants of lessons each round ran."""
    counts, run = [], trials.run_lessons

    def count(lessons, **options):
        counts.append(len(lessons))
        return run(lessons, **options)

    monkeypatch.setattr(trials, "run_lessons", count)
    return counts


def test_a_second_round_runs_what_changed(tmp_path, runs):
    write(tmp_path)
    first = validity(tmp_path)
    ran = sum(runs)
    runs.clear()
    again = validity(tmp_path)
    assert (again.rows, again.scales, runs) == (first.rows, first.scales, [])
    write(tmp_path, variants=misconceptions(WRONG | {"adds": "factor + x"}))
    validity(tmp_path)
    assert runs == [1]
    runs.clear()
    validity(tmp_path, afresh=True)
    assert sum(runs) == ran


def test_a_round_of_one_exercise_leaves_the_ends_of_the_scale_out(tmp_path):
    write(tmp_path)
    found = validity(tmp_path, exercise="scale")
    assert (len(found.rows), found.scales) == (1, [])
    with pytest.raises(UsageError, match="no exercise 'stretch' in 02_scaling"):
        validity(tmp_path, exercise="stretch")


def test_tests_may_use_what_stands_between_them_and_the_exercise(tmp_path):
    exported = "# %%\n#| export\ndef twice(x):\n    return scale(x, 2.0)\n\n"
    gift = GIFT.replace("assert np.pi > 3", "assert twice(2) == 4")
    write(tmp_path, TAUGHT.replace(TOP, TOP + exported + gift))
    assert validity(tmp_path).findings == []


def test_a_solution_that_fails_on_its_own_is_named_and_no_mutant_counts(tmp_path):
    hidden = "# %%\nglobals()['unseen'] = 4\n\n"
    gift = GIFT.replace("assert np.pi > 3", "assert scale(2, 2) == unseen")
    write(tmp_path, TAUGHT.replace(TOP, TOP + hidden + gift))
    finding, found = only_finding(tmp_path)
    assert "fails without the cells in between that only show something" in finding.message
    assert "test_nothing: NameError: name 'unseen' is not defined" in finding.message
    assert found.rows[0].mutants == 0


def test_cells_that_only_draw_or_show_are_not_run(tmp_path):
    slow = "# %%\nassert False, figures\n\n# %%\nassert shown\n\n"
    shown = "# %%\nshown = True\n\n"
    lesson = write_lesson(
        tmp_path, TAUGHT.replace("# %% nbgrader", shown + slow + "# %% nbgrader", 1)
    )
    kept = [cell.source for cell in trials.without_figures(lesson).cells]
    assert "assert False, figures" not in kept
    assert "assert shown" in kept
    needed = trials.cut(lesson, lambda cell: cell.source == "assert shown", lesson.cells)
    assert [cell.source for cell in needed.cells] == ["shown = True", "assert shown"]


# --- The command ------------------------------------------------------------------------------


def test_the_command_prints_a_table_and_the_findings(tmp_path, capsys):
    write(tmp_path)
    assert main(["validity", "--root", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "02_scaling" in out
    assert "5/5" in out
    assert out.endswith("nothing falls short\n")
    lesson = write(tmp_path, GUARDED)
    assert main(["validity", "scaling", "--root", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    where = f"scaling.py:{line_of(lesson, 'abs(factor)')} [scale]"
    assert f"{where}: a mutant passes all tests of the exercise: {SURVIVOR}\n" in out
    assert main(["validity", "--no-mutants", "--root", str(tmp_path)]) == 0


def test_the_command_speaks_json(tmp_path, capsys):
    write(tmp_path, GUARDED)
    assert main(["validity", "--json", "--root", str(tmp_path)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["valid"] is False
    assert told["exercises"][0]["surviving"] == 2
    assert told["scales"][0]["untouched"] == 0
    assert SURVIVOR in told["findings"][1]["message"]


def test_a_piped_table_is_plain_text(tmp_path):
    from rich.console import Console

    write(tmp_path)
    text = io.StringIO()
    validity_table.render(validity(tmp_path, mutants=False), Console(file=text))
    assert "\x1b" not in text.getvalue()
