"""Write files so that nothing is ever half written, and nothing unchanged is touched.

And remove folders whatever is in them.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path


def write_atomically(
    path: Path, content: str | bytes, last: Callable[[], object] = lambda: None
) -> None:
    """Write a file by way of another beside it that is then renamed; text as UTF-8 with LF.

    A parent folder that is missing is made. Who may read the file is as the umask has it, and
    nobody who could not read the old one. Whatever moment the process ends at, even with the
    machine, the file is the old one or the new one.

    Args:
        last: is called when all is written but the old file still in its place.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    name = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    file = open(name, "xb")  # noqa: SIM115 - what is done before the first `try` made nothing
    try:
        with file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            rights = path.stat().st_mode | stat.S_IRUSR | stat.S_IWUSR
            os.chmod(name, name.stat().st_mode & stat.S_IMODE(rights))
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


def walk(folder: Path | str) -> Iterator[tuple[str, list[str], list[str]]]:
    """What os.walk gives, however deep it goes: before Python 3.12 that goes down by recursion."""
    waiting = [os.fspath(folder)]
    while waiting:
        for where, folders, files in itertools.islice(os.walk(waiting.pop()), 1):
            yield where, folders, files
            inner = [os.path.join(where, name) for name in reversed(folders)]
            waiting += [path for path in inner if not os.path.islink(path)]


def remove_tree(folder: Path) -> None:
    """Remove a folder that someone else has filled: however deep, and with whatever rights."""
    if not shutil.rmtree.avoids_symlink_attacks:  # no such calls here: the plain way
        shutil.rmtree(folder, ignore_errors=True)
        return
    # Folders are moved up and emptied one by one, for a tree may be deeper than a path, or than
    # Python's stack.
    with contextlib.suppress(OSError):
        top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            _empty(top)
        finally:
            os.close(top)
        os.rmdir(folder)


def _empty(top: int) -> None:
    """Remove all that lies in an open folder."""
    number, prefix = 0, secrets.token_hex(8)
    while names := os.listdir(top):
        for name in names:
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=top)
                continue
            inner = None
            with contextlib.suppress(OSError):
                os.chmod(name, 0o700, dir_fd=top)
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
                for each in os.listdir(inner):
                    number += 1
                    try:
                        os.unlink(each, dir_fd=inner)
                    except OSError:
                        os.rename(each, f"{prefix}-{number}", src_dir_fd=inner, dst_dir_fd=top)
            if inner is not None:
                os.close(inner)
            os.rmdir(name, dir_fd=top)
