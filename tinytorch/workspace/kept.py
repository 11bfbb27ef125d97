"""Files that are replaced whole, and what they replaced, which is kept.

Whatever moment a process ends at, each file is the old one or the new one, and the old one of
what a student wrote is still there under another name.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from tinytorch.files import write_atomically


def keep(path: Path, folder: Path) -> Path | None:
    """Copy a file to where old ones are kept, under the moment of now; None if there is none.

    What is kept already, to the byte, is not kept twice.
    """
    if not path.is_file():
        return None
    data = path.read_bytes()
    for other in versions(folder, path.name):
        if other.read_bytes() == data:
            return other
    moment = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    place = folder / f"{moment}_{path.name}"
    number = 1
    while place.exists():
        number += 1
        place = folder / f"{moment}_{number}_{path.name}"
    write_atomically(place, data)
    return place


def versions(folder: Path, name: str) -> list[Path]:
    """What is kept of a file, the newest first."""
    found = folder.glob(f"*_{name}") if folder.is_dir() else ()
    return sorted((path for path in found if not path.name.startswith(".")), reverse=True)


def replace(path: Path, data: bytes, folder: Path) -> Path | None:
    """Put new content in place of a file, after the old one was kept; where it is kept."""
    if path.is_file() and path.read_bytes() == data:
        return None
    old = keep(path, folder)
    write_atomically(path, data)
    return old


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
