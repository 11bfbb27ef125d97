"""Folders of other people's files: read with suspicion, written whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from stat import S_ISREG

from tinytorch.files import walk

LONGEST = 500  # bytes of a path: nobody's work lies deeper, and a copy of it has a longer one
# A student's own `tinytorch` would be imported in place of the one that we grade against.
IGNORED = {".ipynb_checkpoints", "__pycache__", ".cache", "tinytorch"}


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    """Write files into a folder; their names are relative to it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def files_of(folder: Path, ignore: Iterable[str] = ()) -> Iterator[Path]:
    """The regular files of a submission in a fixed order. Links lead elsewhere: not followed.

    What has a path in the folder that is too long is left out.
    """
    ignore = [*IGNORED, *ignore]

    def wanted(names: list[str]) -> list[str]:
        return sorted(name for name in names if not any(fnmatchcase(name, it) for it in ignore))

    for where, folders, files in walk(folder):
        folders[:] = [] if is_too_long(Path(where), folder) else wanted(folders)
        for path in (Path(where, name) for name in wanted(files)):
            if path.is_file() and not path.is_symlink() and not is_too_long(path, folder):
                yield path


def is_too_long(path: Path, folder: Path) -> bool:
    """Whether the path of something in a folder is longer than a copy of it could have."""
    return len(os.fsencode(path)) - len(os.fsencode(folder)) > LONGEST


def read_file(path: Path) -> bytes | None:
    """The content of a file that someone else may have made; None where it can't be read.

    A link or a pipe is not opened, whatever took the place of the file since it was found.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            return file.read() if S_ISREG(os.fstat(descriptor).st_mode) else None
    except OSError:
        return None


class Replacement:
    """A folder that takes the place of another one all at once, or not at all."""

    def __init__(self, target: Path):
        self.target = target
        # Beside the target, for a rename; hidden, so that nbgrader takes it for nobody's work.
        self._new = target.with_name(f".{target.name}.new")
        self._old = target.with_name(f".{target.name}.old")

    def write(self, files: dict[str, bytes], permissions: int) -> None:
        """Write the files, where nobody looks yet: all of them, or none is left."""
        self.discard()
        try:
            self._new.mkdir(parents=True)  # what could not be discarded must not be published
            write_files(self._new, files)
            for name in files:
                (self._new / name).chmod(permissions)
        except BaseException:
            self.discard()
            raise

    def publish(self) -> None:
        """Put the new folder in place of the old one."""
        if self.target.exists():
            self.target.rename(self._old)
        self._new.rename(self.target)
        shutil.rmtree(self._old, ignore_errors=True)

    def remove(self) -> None:
        """Remove the folder itself, and whatever was to take its place."""
        self.discard()
        shutil.rmtree(self.target, ignore_errors=True)

    def discard(self) -> None:
        """Remove what was not published, be it from a run that was killed."""
        for folder in (self._new, self._old):
            shutil.rmtree(folder, ignore_errors=True)
