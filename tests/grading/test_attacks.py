"""Nobody gains points, reads, changes or stops anything by what they hand in, as far as we know.

Each attack of attacks/notebooks is graded between right classmates, behind the best walls that the
machine gives. Some are with the tests in a process of their own as well, where not even points are
to be gained; with TINYTORCH_ATTACKS=all in the environment all are, and all behind Landlock alone.
"""

from __future__ import annotations

import os

import pytest
from attacks.harness import COMPAT, ISOLATED, LANDLOCK, Grader, Range, attacks

from tinytorch.grading.run import walls

# What a student's own process holds, tests and all, is in the reach of their code. Attack -> the
# first words of what it may still achieve. A wall that is built takes its lines away.
OPEN: dict[str, tuple[str, ...]] = {
    "lying_array": ("gains",),
    "lying_bool": ("gains",),
    "lying_equal": ("gains",),
    "lying_float": ("gains",),
    "lying_metaclass": ("gains",),
    "lying_mime": ("gains",),
    "lying_nan": ("gains",),
    "lying_negative": ("gains",),
    "lying_points": ("gains",),
    "lying_protocols": ("gains",),
    "lying_widgets": ("gains",),
    "patching_assert": ("gains",),
    "patching_ast": ("gains",),
    "patching_builtins": ("gains",),
    "patching_compile": ("gains",),
    "patching_ctypes": ("gains",),
    "patching_custom_exc": ("gains",),
    "patching_decorator": ("gains",),
    "patching_displayhook": ("gains",),
    "patching_finalizer": ("gains",),
    "patching_frames": ("gains",),
    "patching_gc": ("gains",),
    "patching_input": ("gains",),
    "patching_modules": ("gains",),
    "patching_numpy": ("gains",),
    "patching_profile": ("gains",),
    "patching_run_cell": ("gains",),
    "patching_session": ("gains",),
    "patching_thread": ("gains",),
    "patching_trace": ("gains",),
    "patching_tracebacks": ("gains",),
    "patching_user_ns": ("gains",),
    "reading_constants": ("gains",),
    "reading_definition": ("gains",),
    "reading_history": ("leaks hidden test by outputs",),
    "reading_linecache": ("leaks hidden test by outputs",),
    "reading_memory": ("leaks hidden test by outputs",),
    "writing_forged": ("gains",),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Range:
    # On a busy machine a flood takes most of a minute to be read.
    return Range(tmp_path_factory.mktemp("range"), bound=90.0)


ALL = os.environ.get("TINYTORCH_ATTACKS") == "all"
# Those that a wall around the process alone lets through, and so rest on the tests' own process.
SAMPLE = [*OPEN][::4]
NEEDS_ALL = pytest.mark.skipif(not ALL, reason="TINYTORCH_ATTACKS=all is not set")
NEEDS_FULL, NEEDS_LANDLOCK = (
    pytest.mark.skipif(bool(walls.fault_of(mode)), reason=f"no walls of the mode {mode} here")
    for mode in (walls.FULL, walls.LANDLOCK)
)
# Where an attack can be told its target it is; the table in benchmarks/ tries both ways.
EACH = pytest.mark.parametrize(
    ("name", "variant"), [(a.name, a.variants[-1]) for a in attacks().values()]
)


def hold(place: Range, grader: Grader, name: str, variant: str, known: tuple[str, ...]) -> None:
    """Fail if an attack achieves more than what is known."""
    result = place.try_attack(attacks()[name], variant, grader)
    found = [words for words in result.told if not words.startswith(known)]
    assert found == [], f"{attacks()[name].about}\n\n{result.log}"


@pytest.mark.slow
@NEEDS_FULL
@EACH
def test_an_attack_achieves_nothing(place, name, variant):
    hold(place, COMPAT, name, variant, OPEN.get(name, ()))


@pytest.mark.slow
@NEEDS_LANDLOCK
@NEEDS_ALL
@EACH
def test_an_attack_achieves_nothing_behind_landlock_alone(place, name, variant):
    hold(place, LANDLOCK, name, variant, OPEN.get(name, ()))


@pytest.mark.slow
@NEEDS_FULL
@pytest.mark.parametrize("name", [*attacks()] if ALL else SAMPLE)
def test_an_attack_gains_nothing_where_the_tests_run_apart(place, name):
    variant = attacks()[name].variants[-1]
    hold(place, ISOLATED, name, variant, ())


def test_what_is_open_names_attacks():
    assert OPEN.keys() <= attacks().keys()
