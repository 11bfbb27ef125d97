"""What a test needs to look at effects: data sets that count, orders of epochs, files, full disks.

Each function returns plain values that a check can compare: names, numbers, arrays, yes or no.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from tinytorch.testing.checks import check
from tinytorch.testing.inputs import Case
from tinytorch.testing.messages import TestFailed

OTHER = {"no sound .npz file": 0}
ABSENT = {"no file at all": 0}


def check_once(
    function: Callable, expected: Callable, cases: Iterable[Case | tuple], **options: Any
) -> None:
    """`check` for a function that is slow, or has effects: it is called once for each case.

    Args:
        function, expected, cases, options: as for `check`.
    """
    known: dict[tuple, Any] = {}

    def called(*inputs: Any, **more: Any) -> Any:
        key = (*map(id, inputs), *more, *map(id, more.values()))
        if key not in known:
            known[key] = function(*inputs, **more)
        return known[key].copy() if isinstance(known[key], np.ndarray) else known[key]

    check(called, expected, list(cases), **options)


def holds(facts: Mapping[str, Any]) -> None:
    """Fail unless all the facts hold, each a boolean, or a function that returns one.

    Args:
        facts: by what they say. Which of them fail tells one mistake from another.
    """
    cases = [Case((says,), label=f'The claim "{says}"') for says in facts]

    def seen(says: str) -> bool:
        fact = facts[says]
        return bool(fact() if callable(fact) else fact)

    check_once(seen, lambda says: True, cases, name="a claim")


class Samples:
    """A given data set: arrays whose entries belong together, and how often it was asked.

    Args:
        arrays: of equal length along axis 0.
    """

    def __init__(self, *arrays: np.ndarray):
        self.arrays, self.asked = arrays, 0

    def __len__(self) -> int:
        return len(self.arrays[0])

    def __getitem__(self, index: Any) -> tuple[np.ndarray, ...]:
        self.asked += 1
        return tuple(array[index] for array in self.arrays)


def numbered(count: int) -> Samples:
    """Samples 0 to count - 1: inputs (count, 2) that name their sample, and its number."""
    rows = np.arange(count)
    return Samples(np.stack([10.0 * rows, 10.0 * rows + 1], axis=1), rows)


def numbers_of(batch: Sequence) -> list[int]:
    """The numbers of the samples in a batch of `numbered`; -1 for one that lost its inputs."""
    x, rows = (np.array(part).tolist() for part in batch)
    if not isinstance(rows, list) or not isinstance(x, list):
        return [-1]
    paired = [[10.0 * n, 10.0 * n + 1] for n in rows]
    return [n if got == own else -1 for n, got, own in zip(rows, x, paired, strict=False)]


def epoch(loader: Any, most: int = 1000) -> list[list[int]]:
    """The numbers of the samples in the batches of one epoch, looked at when it has ended."""
    batches = list(islice(loader, most))
    if len(batches) == most:
        raise TestFailed(f"an epoch of the loader does not end: it gave {most} batches.")
    return [numbers_of(batch) for batch in batches]


def two_at_once(loader: Any, most: int = 1000) -> list[list[list[int]]]:
    """The same for two loops over one loader that take turns: pairs of batches."""
    pairs = list(islice(zip(loader, loader, strict=False), most))
    return [[numbers_of(one), numbers_of(other)] for one, other in pairs]


def shuffling(epochs: Sequence[Sequence[Sequence[int]]], count: int) -> dict[str, bool]:
    """What holds of the orders in which many epochs of 0 to count - 1 came, batch by batch."""
    orders = [[n for batch in epoch for n in batch] for epoch in epochs]
    half = count // 2
    early = {n for order in orders for n in order[:half]}
    late = {n for order in orders for n in order[half:]}
    batches = [batch for epoch in epochs for batch in epoch if len(batch) > 3]
    runs = [b for b in batches if sorted(b) == list(range(min(b), min(b) + len(b)))]
    return {
        "each sample keeps its inputs": all(-1 not in order for order in orders),
        "each sample comes once an epoch": all(sorted(o) == list(range(count)) for o in orders),
        "no epoch is in the order of the data": all(o != sorted(o) for o in orders),
        "no two epochs are alike": len({tuple(order) for order in orders}) == len(orders),
        "no batch is a stretch of the data": not runs,
        "samples come early in one epoch and late in another": len(early & late) > 0.8 * count,
    }


def save_and_look(
    save: Callable[[Any, dict], Any],
    arrays: Mapping[str, Any],
    *,
    name: str = "run.npz",
    before: Mapping[str, Any] | None = None,
    times: int = 1,
    as_text: bool = False,
) -> dict[str, Any]:
    """What there is after `save(path, arrays)` in a folder of its own.

    Args:
        save: is given a path, a `Path` or text, and the arrays by name.
        arrays: what to save.
        name: the file's name.
        before: arrays that the file holds at the start; None if there is no such file.
        times: how often to save.
        as_text: whether the path is text.

    Returns:
        "files", the names in the folder as one text; "arrays", those in the file, or None;
        "reader", the arrays that whoever had the old file open reads afterwards, or None; and
        "raised", the name of the exception's type, or "".
    """
    old = _file_of(before)
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        path, raised, reader = Path(folder, name), "", None
        if before is not None:
            path.write_bytes(old)
            reader = _reader(path)
        try:
            for _ in range(times):
                save(str(path) if as_text else path, dict(arrays))
        except NotImplementedError:
            raise
        except (Exception, KeyboardInterrupt) as error:
            raised = type(error).__name__
        finally:
            read = _read(reader)
        content = path.read_bytes() if path.is_file() else None
        return {
            "raised": raised,
            "files": ", ".join(sorted(os.listdir(folder))),
            "arrays": before if content == old else _arrays(content),
            "reader": before if read == old else _arrays(read),
        }


def _memory() -> str | None:
    """A folder that lies in memory, where there is one: to wait for a disk takes long."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None


def _file_of(arrays: Mapping[str, Any] | None) -> bytes | None:
    if arrays is None:
        return None
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _reader(path: Path) -> Any:
    """Somebody who holds on to the file of today, whatever becomes of its name."""
    if os.name != "nt":
        return open(path, "rb")
    beside = path.parent.with_name(f"{path.parent.name}.reader")
    os.link(path, beside)  # an open file can't be replaced there
    return beside


def _read(reader: Any) -> bytes | None:
    """What that somebody reads, who then goes."""
    if isinstance(reader, Path):
        content = reader.read_bytes()
        reader.unlink()
        return content
    if reader is None:
        return None
    with reader:
        return reader.read()


def _arrays(content: bytes | None) -> dict[str, Any] | None:
    """The arrays in the bytes of a file."""
    if content is None:
        return None
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as saved:
            return {name: saved[name] for name in sorted(saved.files)}
    except Exception:  # cut off, or no archive at all
        return OTHER


class Broken:
    """Stands among arrays, and cannot be written: a disk that is full half way."""

    def __init__(self, error: BaseException):
        self.error = error

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise self.error

    def __repr__(self) -> str:
        return f"<raises {type(self.error).__name__}>"


class Watcher:
    """Stands among arrays, and notes what the file holds at the moment when it is written."""

    def __init__(self, value: float = 0.0):
        self.path, self.value, self.saw = None, value, {"nothing, since nothing was saved": 0}

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        file = Path(self.path)
        self.saw = _arrays(file.read_bytes()) if file.is_file() else ABSENT
        return np.array(self.value)


def while_saving(
    save: Callable[[Any, dict], Any],
    before: Mapping[str, Any],
    arrays: Mapping[str, Any],
    name: str = "run.npz",
) -> Any:
    """The arrays that the old file holds while another is being written in its place."""
    watcher = Watcher()

    def watched(path: Any, arrays: dict) -> None:
        watcher.path = path
        save(path, arrays)

    save_and_look(watched, {**arrays, "last": watcher}, name=name, before=before)
    return watcher.saw


_watched: dict[str, list[str]] = {}  # files that are to be there, and the events that missed them


def _look(event: str, arguments: tuple) -> None:
    if _watched and event in ("os.rename", "os.remove", "open"):
        for path, missed in _watched.items():
            if not os.path.lexists(path):
                missed.append(event)


def always_there(
    save: Callable[[Any, dict], Any], before: Mapping[str, Any], arrays: Mapping[str, Any]
) -> bool:
    """Whether the name stands for a file at each moment at which files are opened or renamed."""
    if not getattr(_look, "added", False):
        sys.addaudithook(_look)  # there is no way to take it back: it does nothing outside of here
        _look.added = True
    missed: list[str] = []

    def watched(path: Any, arrays: dict) -> None:
        _watched[os.fspath(path)] = missed
        try:
            save(path, arrays)
        finally:
            _watched.clear()

    save_and_look(watched, arrays, before=before)
    return not missed
