"""Whatever falls short in the tests of a lesson is found, counted and named."""

from __future__ import annotations

import dataclasses
import io
import json

import pytest
from sample import CHECK, GOOD, QUESTION, TOP, change, header, line_of, write_lesson

from tinytorch.cli import main
from tinytorch.course import trials, validity_table
from tinytorch.course.cases import untouched
from tinytorch.course.lesson import Lesson
from tinytorch.course.validity import check_evidence, says_so, validity
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
    write(tmp_path, GOOD)
    found = validity(tmp_path)
    assert len(found.findings) == found.rows[0].rejected == 5
    assert f"no message tells the author of 'adds': {SAYS!r}\n" in found.findings[0].message
    assert "[2.  2.5], expected [1.  1.5]. \n    test_scale_by_10: " in found.findings[0].message
    assert (found.rows[0].diagnosed, found.rows[0].untold, found.rows[0].false) == (0, 0, 0)


def test_a_message_that_says_what_another_did_is_a_false_cause(tmp_path):
    extra = variant("wrong('halves', 'If you halve, double.')", "x * factor / 2")
    write(tmp_path, variants=misconceptions() + extra)
    finding, found = only_finding(tmp_path)
    assert "the author of 'halves' is told the cause of another mistake" in finding.message
    assert f"[1.  2.5], expected [2. 5.]. {SAYS}\n    test_scale_by_3: " in finding.message
    assert "'If you halve, double.'" in finding.mend
    assert (found.rows[0].rejected, found.rows[0].diagnosed, found.rows[0].false) == (6, 5, 1)


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


# --- What tests see ---------------------------------------------------------------------------

# A check whose message ends in what it saw, as those of `tinytorch.testing` do.
SEES = """
import json, os, sys
class TestFailed(AssertionError):
    def _render_traceback_(self):
        return str(self).splitlines()
def assert_close(got, expected, hint=""):
    if np.shape(got) != np.shape(expected) or not np.allclose(got, expected):
        line = sys._getframe(1).f_lineno
        cases = [["x", "values", [float(value) for value in np.ravel(got)]]]
        seen = {"check": line, "line": line, "tried": 1, "failing": 1, "cases": cases}
        assert os.environ["TINYTORCH_EVIDENCE"] == "1"
        raise TestFailed("is wrong" + "\\nevidence: " + json.dumps(seen))
"""
# One that fails without a trace of where it was.
SILENT = SEES.replace(' + "\\nevidence: " + json.dumps(seen)', "")
SEEING, SILENTLY = (change(GOOD, repr(CHECK), repr(check)) for check in (SEES, SILENT))
ALIKE = "If you add, multiply."


def each(wrong: dict[str, str], **says: str) -> str:
    """Wrong solutions, each with a sentence of its own unless one is given; and right ones."""
    texts = [
        variant(f"wrong({name!r}, {says.get(name, f'If it {name}, mend it.')!r})", wrong[name])
        for name in wrong
    ]
    return "".join(texts) + misconceptions(wrong={})


def test_what_a_test_saw_leads_to_the_sentence_of_the_one_mistake_that_gives_it(tmp_path):
    write(tmp_path, SEEING, each(WRONG))
    found = validity(tmp_path)
    assert found.findings == []
    row = found.rows[0]
    # One number that is neither 0 nor 1 is no proof: `x` and `x * x` give no more.
    assert (row.rejected, row.diagnosed, row.untold, row.false) == (5, 3, 2, 0)
    (note,) = found.notes
    assert note.message.startswith("no cause is said for 'ignores the factor', 'squares': ")


def test_mistakes_that_give_the_same_are_told_nothing_and_count_from_two_thirds(tmp_path):
    alike = WRONG | {"adds again": "factor + x"}
    write(tmp_path, SEEING, each(alike))
    finding, found = only_finding(tmp_path)
    assert "no cause is said for 'adds', 'ignores the factor', 'squares', 'adds again'" in str(
        finding
    )
    assert (found.rows[0].diagnosed, found.rows[0].untold) == (2, 4)
    write(tmp_path, SEEING, each(alike, **{"adds": ALIKE, "adds again": ALIKE}))
    found = validity(tmp_path)
    assert found.findings == []
    assert (found.rows[0].diagnosed, found.rows[0].untold) == (4, 2)


@pytest.mark.parametrize("text", [TAUGHT, SEEING, SILENTLY], ids=["plain", "seeing", "silent"])
def test_a_wrong_solution_that_only_hidden_tests_reject_is_a_surprise(tmp_path, text):
    extra = variant(f"wrong('one number', {SAYS!r})", "x * factor if x.size > 1 else x")
    write(tmp_path, text, misconceptions() + extra)
    found = validity(tmp_path)
    (finding,) = [f for f in found.findings if "in hidden tests alone" in f.message]
    assert finding.message == "1 of 6 wrong solutions fail in hidden tests alone: " + (
        "'one number' (scale)"
    )
    assert (found.rows[0].rejected, found.rows[0].surprises) == (6, 1)


def test_a_few_surprises_are_a_note(tmp_path, monkeypatch):
    monkeypatch.setattr("tinytorch.course.judge.MOST_SURPRISES", 0.2)
    extra = variant(f"wrong('one number', {SAYS!r})", "x * factor if x.size > 1 else x")
    text = change(TAUGHT, "[4.5])", f"[4.5], {SAYS!r})")
    write(tmp_path, text, misconceptions() + extra)
    found = validity(tmp_path)
    assert found.findings == []
    assert ["in hidden tests alone" in note.message for note in found.notes] == [True]


def test_the_points_that_others_lose_for_a_missing_solution_are_counted(tmp_path):
    twice = f"""{header("twice")}
def twice(x):
    ### BEGIN SOLUTION
    return scale(x, 2.0)
    ### END SOLUTION

"""
    gift = GIFT.replace("test_nothing", "test_twice").replace("np.pi > 3", "twice(2.0) == 4")
    gift = gift.replace("0.5", "2.5")
    write(tmp_path, TAUGHT.replace(QUESTION, twice + gift + QUESTION))
    found = validity(tmp_path)
    assert {row.exercise: row.collateral for row in found.rows} == {"scale": 2.5, "twice": 0}
    assert found.rows[1].collateral == 0


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
    monkeypatch.setattr("tinytorch.course.cases.OWN_TIMEOUT", 2)
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
    counts, run = [], trials.run_afresh

    def count(tried, *others, **options):
        counts.append(len(tried))
        return run(tried, *others, **options)

    monkeypatch.setattr("tinytorch.course.evidence.run_afresh", count)
    monkeypatch.setattr("tinytorch.course.validity.run_afresh", count)
    return counts


def test_a_second_round_runs_what_changed(tmp_path, runs):
    write(tmp_path)
    first = validity(tmp_path)
    ran = sum(runs)
    runs.clear()
    again = validity(tmp_path)
    scales = [dataclasses.replace(scale, seconds=None) for scale in first.scales]
    assert (again.rows, again.scales, sum(runs)) == (first.rows, scales, 0)
    write(tmp_path, variants=misconceptions(WRONG | {"adds": "factor + x"}))
    validity(tmp_path)
    assert sum(runs) == 1
    runs.clear()
    validity(tmp_path, afresh=True)
    assert sum(runs) == ran


def evidence(lesson: Lesson) -> str:
    return lesson.path.with_name("evidence.json").read_text(encoding="utf-8")


def test_the_evidence_lies_beside_the_lesson_the_same_to_the_byte(tmp_path):
    lesson = write(tmp_path, SEEING, each(WRONG))
    validity(tmp_path, workers=1)
    text = evidence(lesson)
    held = json.loads(text)
    assert sorted(held) == ["", "scale"]
    assert set(held["scale"]["mutants"].values()) == {"test_scale_by_1"}
    assert len(held["scale"]["trials"]) == 1 + 1 + 5 + 3, "reference, missing, wrong, right"
    faults = [fault for trial in held["scale"]["trials"].values() for fault in trial.values()]
    assert ["is wrong", 2] in [fault[:2] for fault in faults]
    assert max(map(len, text.splitlines())) > 1000, "a line for each trial"
    validity(tmp_path, afresh=True)
    assert evidence(lesson) == text
    assert not (tmp_path / ".cache").exists()


def test_what_no_trial_asks_for_is_dropped_by_a_whole_round_alone(tmp_path):
    lesson = write(tmp_path)
    validity(tmp_path)
    before = evidence(lesson)
    write(tmp_path, variants=misconceptions(WRONG | {"adds": "factor + x"}))
    validity(tmp_path, mutants=False)
    trials = [
        {line.rstrip(",") for line in text.splitlines()} for text in (before, evidence(lesson))
    ]
    assert trials[0] < trials[1]
    validity(tmp_path)
    assert len(evidence(lesson).splitlines()) == len(before.splitlines())


def test_nothing_is_written_where_nothing_is_to_be_kept(tmp_path):
    lesson = write(tmp_path)
    assert validity(tmp_path, mutants=False, keep=False).findings == []
    assert not lesson.path.with_name("evidence.json").exists()


def test_a_trial_that_was_too_slow_is_no_fact_to_keep(tmp_path, monkeypatch):
    monkeypatch.setattr("tinytorch.course.cases.OWN_TIMEOUT", 2)
    slow = f"@wrong('hangs', {SAYS!r})\ndef scale(x, factor):\n    while True:\n        pass\n"
    lesson = write(tmp_path, variants=misconceptions() + slow)
    found = validity(tmp_path, mutants=False)
    assert "Timeout: the lesson did not end within 2 s" in found.findings[0].message
    assert "Timeout" not in evidence(lesson)
    assert [path.name for path in check_evidence(tmp_path).stale] == ["evidence.json"]


def test_evidence_is_stale_where_it_lacks_a_trial_or_holds_one_too_many(tmp_path):
    lesson = write(tmp_path)
    assert check_evidence(tmp_path).stale == [lesson.path.with_name("evidence.json")]
    validity(tmp_path)
    found = check_evidence(tmp_path)
    assert (found.stale, found.findings, found.rows[0].rejected) == ([], [], 5)
    text = evidence(lesson)
    for old, new in (("null", "null"), ('"mutants":{', '"mutants":{"0":null,')):
        lesson.path.with_name("evidence.json").write_text(text.replace(old, new), encoding="utf-8")
        assert bool(check_evidence(tmp_path).stale) == (old != new)


def test_a_sample_of_what_is_on_record_is_run_again(tmp_path, runs):
    lesson = write(tmp_path)
    validity(tmp_path)
    whole = sum(runs)
    runs.clear()
    assert validity(tmp_path, sample=10).findings == []
    assert sum(runs) == -(-whole // 10)
    runs.clear()
    path = lesson.path.with_name("evidence.json")
    spoilt = evidence(lesson).replace('":"test_scale_by_1"', '":"test_scale_by_2"')
    path.write_text(spoilt, "utf-8")
    found = validity(tmp_path, sample=100)
    assert sum(runs) == whole
    differing = [f for f in found.findings if "does not give again" in f.message]
    assert len(differing) == found.rows[0].mutants == 3
    assert all("on record: test_scale_by_2: " in f.message for f in differing)
    assert all("now: test_scale_by_1: " in f.message for f in differing)
    assert differing[0].path == path
    assert path.read_text("utf-8") == spoilt, "a sample only looks"


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


def test_the_command_checks_and_samples_the_evidence(tmp_path, capsys):
    write(tmp_path)
    words = ["validity", "--root", str(tmp_path)]
    assert main([*words, "--check"]) == 1
    said = capsys.readouterr()
    assert said.out == "stale: modules/02_scaling/evidence.json\n"
    assert "tinytorch validity" in said.err
    assert main(words) == 0
    assert main([*words, "--check"]) == 0
    assert main([*words, "--check", "--sample", "20"]) == 0
    capsys.readouterr()
    assert main([*words, "--markdown"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("| 02 scaling | 1 | 5 of 5 | 5 / 0 / 0 | 0 | 3 of 3 | ")
    with pytest.raises(SystemExit):
        main([*words, "--sample", "200"])
    assert "not a number from 0 to 100" in capsys.readouterr().err


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
