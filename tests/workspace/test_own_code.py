"""A student's own module that is right by its tests runs the later lessons unchanged."""

import importlib.util

import pytest
from own_code import lessons, right_solutions, tried

from tinytorch.workspace.pace import LONG, Pace

# A tenth of a lesson's named right solutions, and those that once did not serve.
EVERY = 40
ONCE = {("softmax", "row by row"), ("sequential", "one by its number")}


@pytest.mark.slow
def test_later_lessons_run_on_right_solutions():
    every = right_solutions(lessons())
    chosen = every[::EVERY]
    chosen += [x for x in every if (x[1].exercise, x[1].name) in ONCE]
    assert len(chosen) > 10
    wrong = [x for x in tried(chosen) if not x.is_right and not x.known]
    assert wrong == []


def test_what_is_slow_is_said_in_a_sentence(tmp_path):
    """A function of the student's own in which a lesson spends its time."""
    path = tmp_path / "activations.py"
    path.write_text("def sigmoid(until):\n    while not until():\n        pass\n")
    spec = importlib.util.spec_from_file_location("activations", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pace = Pace(tmp_path)
    module.sigmoid(lambda: pace.seconds["activations", "sigmoid"] > 0.2)
    pace.seconds["activations", "sigmoid"] += LONG
    pace.stop()
    ((file, function, seconds),) = pace.slow()
    assert (file, function) == ("activations", "sigmoid")
    assert seconds > LONG
