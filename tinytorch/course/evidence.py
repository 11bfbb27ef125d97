"""What came of the trials of a lesson, kept beside it in `modules/NN_name/evidence.json`.

The file is committed: whoever changes a lesson runs what the change touches, and CI runs a
sample of the rest. An outcome is kept under a hash of all that can change it, so one that is
found is one that still holds. The same outcomes give the same bytes.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tinytorch.course.lesson import Lesson
from tinytorch.course.run import TIMEOUT
from tinytorch.course.trials import (
    MUTANT,
    STAND_IN,
    TRIAL,
    Fault,
    Outcome,
    Trial,
    hash_of,
    outcome_of,
    run_afresh,
)
from tinytorch.files import read_text, write_if_changed
from tinytorch.testing.diagnosis import same

NAME = "evidence.json"
SAVING = 30  # seconds of work that a crash may lose
NUMBER = re.compile(r"[-+]?\d[\d.e+-]*")
COMPACT = {"ensure_ascii": False, "separators": (",", ":"), "sort_keys": True}

# By exercise ("" for a whole lesson), kind and key: of a mutant the name of the first cell that
# failed, or None; of a stand-in the names of all; of another trial all that failed, each as
# [message, line, evidence].
Entries = dict[str, dict[str, dict[str, object]]]


class Record:
    """Outcomes on record, and new ones, of one lesson or several.

    Args:
        forget: begin with nothing on record.
    """

    def __init__(self, *, forget: bool = False):
        self._forget = forget
        self._held: dict[Path, Entries] = {}
        self._new: dict[Path, Entries] = {}
        self._slow: dict[str, Outcome] = {}
        self.seconds: dict[str, float] = {}  # that trials took, by key, where they ran by now

    def get(self, trial: Trial) -> Outcome | None:
        """What came of a trial, now or in an earlier round; None if it never ran."""
        for known in (self._new.get(path_of(trial), {}), self._on_record(path_of(trial))):
            entries = known.get(trial.exercise, {}).get(trial.kind, {})
            if trial.key in entries:
                return _outcome(entries[trial.key], trial)
        return self._slow.get(trial.key)

    def put(self, trial: Trial, outcome: Outcome) -> None:
        # A lesson may have been slow because the machine was busy: that is no fact to keep.
        slow = any(fault.message.startswith(f"{TIMEOUT}: ") for fault in outcome.values())
        if slow and trial.kind != MUTANT:
            self._slow[trial.key] = outcome
            return
        kinds = self._new.setdefault(path_of(trial), {}).setdefault(trial.exercise, {})
        kinds.setdefault(trial.kind, {})[trial.key] = _entry(outcome, trial)

    def save(self, only: Iterable[Trial] | None = None) -> None:
        """Write what is new beside what the files hold by now: others may run beside this round.

        Args:
            only: drop what is not of these trials, from the files of their lessons.
        """
        wanted = _keys(only) if only is not None else {}
        for path in sorted({*self._new, *wanted}):
            entries = _merged(_read(path), self._new.get(path, {}))
            if path in wanted:
                entries = _kept(entries, wanted[path])
            write_if_changed(path, _text(entries))

    def stale(self, trials: Iterable[Trial]) -> list[Path]:
        """The files that don't hold just what these trials give."""
        wanted = _keys(trials)
        return sorted(path for path in wanted if _keys_of(_read(path)) != wanted[path])

    def sample(self, trials: Iterable[Trial], percent: float) -> list[Trial]:
        """A share of the trials that are on record: another one whenever the record changes."""
        known = {t.key: t for t in trials if self.get(t) is not None}
        entries = {key: json.dumps(_entry(self.get(t), t), **COMPACT) for key, t in known.items()}
        seed = hash_of(*(f"{key} {entries[key]}" for key in sorted(known)))
        order = sorted(known, key=lambda key: hash_of(seed, key))
        count = -(-len(order) * percent // 100)  # rounded up
        return [known[key] for key in sorted(order[: int(count)])]

    def _on_record(self, path: Path) -> Entries:
        if self._forget:
            return {}
        if path not in self._held:
            self._held[path] = _read(path)
        return self._held[path]


def run_trials(
    trials: Iterable[Trial],
    record: Record,
    lessons: Iterable[Lesson],
    *,
    workers: int | None = None,
    keep: bool = True,
    progress: Callable[..., None] = lambda done, total, what="": None,
) -> dict[str, Outcome]:
    """What came of each trial, by its key; those that are not on record are run.

    Args:
        lessons: all of the course's.
        keep: save what is new.
        progress: called as `progress(done, total, what)`.
    """
    trials = list({trial.key: trial for trial in trials}.values())
    new = [trial for trial in trials if record.get(trial) is None]
    done, saved = len(trials) - len(new), time.monotonic()
    with contextlib.ExitStack() as stack:
        if keep and new:
            stack.callback(record.save)
        for trial, result in run_afresh(new, lessons, workers=workers):
            record.put(trial, outcome_of(trial, result))
            record.seconds[trial.key] = result.seconds
            done += 1
            progress(done, len(trials), trial.lesson.folder)
            if keep and time.monotonic() - saved > SAVING:
                record.save()
                saved = time.monotonic()
    return {trial.key: record.get(trial) for trial in trials}


def alike(trial: Trial, one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes of a trial are the same, if one of them is from another machine."""
    if trial.kind != TRIAL or one.keys() != other.keys():
        return one.keys() == other.keys()
    return all(_alike(one[name], other[name]) for name in one)


def _alike(one: Fault, other: Fault) -> bool:
    if one.evidence and other.evidence:
        return same(one.evidence, other.evidence)
    return (one.line, _words(one)) == (other.line, _words(other)) and not (
        one.evidence or other.evidence
    )


def _words(fault: Fault) -> str:
    """How a message begins, without its numbers, of which the last digits may differ."""
    return NUMBER.sub("#", (fault.message.splitlines() or [""])[0])


# --- The file -------------------------------------------------------------------------------


def path_of(trial: Trial) -> Path:
    """The file in which a trial is on record."""
    return trial.lesson.path.with_name(NAME)


def _entry(outcome: Outcome, trial: Trial) -> object:
    if trial.kind == MUTANT:
        return next(iter(outcome), None)
    if trial.kind == STAND_IN:
        return sorted(outcome)
    return {name: [f.message, f.line, f.evidence] for name, f in outcome.items()}


def _outcome(entry, trial: Trial) -> Outcome:
    if trial.kind == MUTANT:
        return {} if entry is None else {entry: Fault("")}
    if trial.kind == STAND_IN:
        return dict.fromkeys(entry, Fault(""))
    return {name: Fault(*fault) for name, fault in entry.items()}


def _keys(trials: Iterable[Trial]) -> dict[Path, set[tuple[str, str, str]]]:
    found: dict[Path, set] = {}
    for trial in trials:
        found.setdefault(path_of(trial), set()).add((trial.exercise, trial.kind, trial.key))
    return found


def _keys_of(entries: Entries) -> set[tuple[str, str, str]]:
    return {(e, kind, key) for e, kinds in entries.items() for kind in kinds for key in kinds[kind]}


def _merged(old: Entries, new: Entries) -> Entries:
    places = [(e, kind) for entries in (old, new) for e, kinds in entries.items() for kind in kinds]
    merged: Entries = {}
    for exercise, kind in places:
        parts = [entries.get(exercise, {}).get(kind, {}) for entries in (old, new)]
        merged.setdefault(exercise, {})[kind] = parts[0] | parts[1]
    return merged


def _kept(entries: Entries, wanted: set[tuple[str, str, str]]) -> Entries:
    kept: Entries = {}
    for exercise, kind, key in _keys_of(entries) & wanted:
        kept.setdefault(exercise, {}).setdefault(kind, {})[key] = entries[exercise][kind][key]
    return kept


def _read(path: Path) -> Entries:
    try:
        return json.loads(read_text(path) or "{}")
    except ValueError:
        return {}  # a merge has spoilt it: all is run again


def _text(entries: Entries) -> str:
    """JSON with a line for each trial, so that a change shows as the lines that changed."""
    blocks = []
    for exercise in sorted(entries):
        kinds = []
        for kind in sorted(entries[exercise]):
            trials = entries[exercise][kind]
            lines = [f'"{key}":{json.dumps(trials[key], **COMPACT)}' for key in sorted(trials)]
            kinds.append(f"{json.dumps(kind)}:{{\n" + ",\n".join(lines) + "\n}")
        blocks.append(f"{json.dumps(exercise)}:{{\n" + ",\n".join(kinds) + "\n}")
    return "{\n" + ",\n".join(blocks) + "\n}\n"
