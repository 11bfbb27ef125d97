"""Nobody gains points, reads, changes or stops anything by what they hand in, as far as we know.

Each attack of attacks/notebooks is graded between right classmates. What it achieves today stands
in OPEN: a wall that is built takes its lines away, and an attack that is new adds one.
"""

from __future__ import annotations

import pytest
from attacks.harness import OURS, Range, attacks

# Attack -> the first words of all that it may still achieve, in any variant.
OPEN: dict[str, tuple[str, ...]] = {
    "ending_fifo": ("writes", "the batch hangs"),
    "ending_groups": ("harms", "writes"),
    "ending_interrupt": ("harms", "writes"),
    "ending_limits": ("harms", "writes"),
    "ending_parents": ("harms", "writes"),
    "ending_parents_stopped": ("harms", "writes", "the batch hangs"),
    "ending_siblings": ("harms", "writes"),
    "ending_siblings_stopped": ("harms", "writes", "the batch hangs"),
    "ending_trace": ("harms", "writes", "the batch hangs"),
    "exhausting_depth": ("leaks", "writes"),
    "exhausting_disk": ("writes",),
    "lying_array": ("gains",),
    "lying_bool": ("gains",),
    "lying_equal": ("gains",),
    "lying_float": ("gains",),
    "lying_metaclass": ("gains",),
    "lying_mime": ("gains",),
    "lying_nan": ("gains",),
    "lying_negative": ("gains",),
    "lying_points": ("gains",),
    "metadata_launcher": ("gains", "leaks"),
    "network_abstract": ("leaks", "reaches"),
    "network_http": ("reaches",),
    "network_ipv6": ("reaches",),
    "network_tcp": ("leaks", "reaches"),
    "network_udp": ("leaks", "reaches"),
    "pages_comment": ("page:",),
    "pages_frames": ("page:",),
    "pages_images": ("page:",),
    "pages_javascript": ("page:",),
    "pages_markdown": ("page:",),
    "pages_script": ("page:",),
    "pages_style": ("page:",),
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
    "reading_descriptors": ("leaks",),
    "reading_environ": ("leaks",),
    "reading_gradebook": ("leaks",),
    "reading_hardlink": ("leaks",),
    "reading_history": ("leaks",),
    "reading_import": ("gains",),
    "reading_key": ("leaks",),
    "reading_linecache": ("leaks",),
    "reading_memory": ("leaks",),
    "reading_moved_folder": ("leaks", "writes"),
    "reading_neighbour": ("gains", "leaks"),
    "reading_proc": ("leaks",),
    "reading_second_run": ("leaks", "writes", "reaches"),
    "reading_secret": ("leaks",),
    "reading_source": ("gains", "leaks"),
    "writing_bytecode": ("harms",),
    "writing_course": ("harms", "writes"),
    "writing_forged": ("gains",),
    "writing_gradebook": ("harms",),
    "writing_hard_link": ("writes",),
    "writing_home": ("writes",),
    "writing_litter": ("writes",),
    "writing_memory": ("harms",),
    "writing_neighbour_run": ("harms",),
    "writing_own_grade": ("writes",),
    "writing_shared_memory": ("writes",),
    "writing_site": ("writes",),
    "writing_stolen_descriptor": ("harms", "writes"),
    "writing_through_link": ("writes",),
    "writing_trigger": ("gains", "harms"),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Range:
    return Range(tmp_path_factory.mktemp("range"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "variant"), [(a.name, v) for a in attacks().values() for v in a.variants]
)
def test_an_attack_achieves_nothing(place, name, variant):
    result = place.try_attack(attacks()[name], variant, OURS)
    new = [words for words in result.told if not words.startswith(OPEN.get(name, ()))]
    assert new == [], f"{attacks()[name].about}\n\n{result.log}"


def test_what_is_open_names_attacks():
    assert OPEN.keys() <= attacks().keys()
