"""What was done to which submission: one JSON line each, so that a killed run can go on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

MOST_READ = 100_000_000  # bytes of a file: a larger one is known by its size and time


@dataclass(frozen=True)
class Entry:
    """One step done for one submission."""

    step: str  # "autograde" or "feedback"
    assignment: str
    student: str
    submission: str  # the hash of what was handed in
    course: str  # the hash of what it was graded with
    status: str  # "graded" or "failed"; "started" while it is graded, "stopped" if that ended
    reason: str = ""
    repairs: tuple[str, ...] = ()
    seconds: float = 0.0
    tries: int = 0  # how often it was started and the run ended with it

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.step, self.assignment, self.student)


class Journal:
    """The entries of a journal file: the last one about a submission counts."""

    def __init__(self, path: Path):
        self.path = Path(path)
        self._last: dict[tuple[str, str, str], Entry] = {}
        text = self.path.read_bytes() if self.path.exists() else b""
        self._torn = bool(text) and not text.endswith(b"\n")
        for line in text.splitlines():
            entry = _read(line)
            if entry is not None:
                self._last[entry.key] = entry

    def last(self, step: str, assignment: str, student: str) -> Entry | None:
        return self._last.get((step, assignment, student))

    def add(self, entry: Entry, *, safe: bool = True) -> None:
        """Write an entry, and return when it is `safe` on the disk: it outlasts the machine."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(asdict(entry), sort_keys=True).encode() + b"\n"
        # What a killed run wrote last may lack its end, and so may what met a full disk: the
        # next entry begins a new line.
        torn, self._torn = self._torn, True
        with self.path.open("ab") as file:
            file.write(b"\n" + line if torn else line)
            file.flush()
            if safe:
                os.fsync(file.fileno())
        self._torn = False
        self._last[entry.key] = entry


def _read(line: bytes) -> Entry | None:
    """An entry, or None for a line that was cut short or that another version wrote."""
    try:
        values = json.loads(line)
        return Entry(**{**values, "repairs": tuple(values["repairs"])})
    except (ValueError, TypeError, KeyError):
        return None


def digest(files: Iterable[tuple[str, Path]], contents: dict[str, bytes] | None = None) -> str:
    """A hash of files and of the names that they go by; one that can't be read has a hash too.

    Args:
        files: names and files.
        contents: names and what else counts.
    """
    total = hashlib.sha256()
    for name, data in [
        *((name, _read_any(path)) for name, path in files),
        *(contents or {}).items(),
    ]:
        total.update(f"{name}\0{hashlib.sha256(data).hexdigest()}\n".encode("utf-8", "replace"))
    return total.hexdigest()


def _read_any(path: Path) -> bytes:
    try:
        about = path.lstat()
        if about.st_size > MOST_READ:
            return f"{about.st_size} {about.st_mtime_ns}".encode()
        return os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
    except OSError as error:
        return repr(error.errno).encode()
