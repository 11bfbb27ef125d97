"""Write files so that nothing is ever half written, and nothing unchanged is touched."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def write_atomically(
    path: Path, content: str | bytes, last: Callable[[], object] = lambda: None
) -> None:
    """Write a file by way of another beside it that is then renamed; text as UTF-8 with LF.

    A parent folder that is missing is made. Whatever moment the process ends at, even with the
    machine, the file is the old one or the new one.

    Args:
        last: is called when all is written but the old file still in its place.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)  # mkstemp makes files that nobody else may read
        last()
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def write_if_changed(path: Path, text: str) -> bool:
    """Write the text unless the file holds it already. Returns whether it wrote."""
    if read_text(path) == text:
        return False
    write_atomically(path, text)
    return True


def read_text(path: Path) -> str | None:
    """The text of a file with its line ends as they are, or None where there is no file."""
    try:
        return Path(path).read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
