"""Nobody gains points, reads, changes or stops anything by what they hand in, as far as we know.

Each attack of attacks/notebooks is graded between right classmates, behind the best walls that the
machine gives.
"""

from __future__ import annotations

import pytest
from attacks.harness import OURS, Range, attacks

from tinytorch.grading.run.walls import ANY, FULL, find

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
    return Range(tmp_path_factory.mktemp("range"))


@pytest.mark.slow
@pytest.mark.skipif(find(ANY).mode != FULL, reason="not all walls are to be had here")
@pytest.mark.parametrize(
    # Where an attack can be told its target it is; the table in benchmarks/ tries both ways.
    ("name", "variant"),
    [(a.name, a.variants[-1]) for a in attacks().values()],
)
def test_an_attack_achieves_nothing(place, name, variant):
    result = place.try_attack(attacks()[name], variant, OURS)
    new = [words for words in result.told if not words.startswith(OPEN.get(name, ()))]
    assert new == [], f"{attacks()[name].about}\n\n{result.log}"


def test_what_is_open_names_attacks():
    assert OPEN.keys() <= attacks().keys()
