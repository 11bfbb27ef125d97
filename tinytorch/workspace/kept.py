"""Files that are replaced whole, and what they replaced, which is kept.

Whatever moment a process ends at, each file is the old one or the new one, and the old one of
what a student wrote is still there under another name.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from tinytorch.files import write_atomically

SAVES = 9  # of an editor, in the moment in which a file is replaced: more than there ever are
BEFORE = "before.json"  # of each file, by name, the version that was replaced last


def keep(path: Path, folder: Path) -> Path | None:
    """Copy a file to where old ones are kept, under a number and the moment; None without a file.

    What is kept already, to the byte, is not kept twice.
    """
    if not path.is_file():
        return None
    data, old = path.read_bytes(), versions(folder, path.name)
    for other in old:
        if other.read_bytes() == data:
            return other
    number = _number(old[0]) + 1 if old else 1
    moment = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    place = folder / f"{number:04}_{moment}_{path.name}"
    write_atomically(place, data)
    return place


def versions(folder: Path, name: str) -> list[Path]:
    """What is kept of a file, the newest first."""
    found = folder.glob(f"*_{name}") if folder.is_dir() else ()
    return sorted((path for path in found if _number(path)), key=_number, reverse=True)


def before(folder: Path, name: str) -> Path | None:
    """The version that was replaced last, which need not be the one that was kept last."""
    known = read_json(folder / BEFORE).get(name, "")
    return folder / known if known and (folder / known).is_file() else None


def _number(path: Path) -> int:
    """The number of what is kept; 0 of a file that somebody else put there."""
    number = path.name.partition("_")[0]
    return int(number) if number.isdecimal() else 0


def replace(path: Path, data: bytes, folder: Path) -> Path | None:
    """Put new content in place of a file, after the old one was kept; where it is kept.

    What an editor saves meanwhile is kept as well: the old file is looked at last.
    """
    path = path.resolve()  # a link stays one
    if path.is_file() and path.read_bytes() == data:
        return None
    kept: list[Path | None] = []

    def keep_last() -> None:
        for _ in range(SAVES):
            kept.append(keep(path, folder))
            if kept[-1] is None:
                break
            write_json(folder / BEFORE, read_json(folder / BEFORE) | {path.name: kept[-1].name})
            if path.is_file() and path.read_bytes() == kept[-1].read_bytes():
                break

    write_atomically(path, data, keep_last)
    return kept[-1]


@contextlib.contextmanager
def alone(private: Path) -> Iterator[None]:
    """One command at a time changes a workspace; another waits.

    Args:
        private: the workspace's own folder.
    """
    from filelock import FileLock  # not at the top: a notebook's first cell needs no lock

    private.mkdir(parents=True, exist_ok=True)
    with FileLock(private / "lock"):
        yield


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    """What a file of ours holds; nothing where it is missing or damaged, as it can be made anew."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def write_json(path: Path, data: dict[str, Any]) -> None:
    write_atomically(path, json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
