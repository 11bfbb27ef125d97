"""Files that are written: whole or not at all, and for nobody's eyes but those that may."""

import os
import stat
import sys

import pytest

from tinytorch.files import write_atomically

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="rights are others on Windows")


def rights(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask():
    """Sets the umask for one test."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@pytest.mark.parametrize(("mask", "expected"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_the_umask_says_who_may_read_a_new_file(mask, expected, umask, tmp_path):
    umask(mask)
    write_atomically(tmp_path / "new", "text")
    assert rights(tmp_path / "new") == expected


@pytest.mark.parametrize(("old", "expected"), [(0o600, 0o600), (0o640, 0o640), (0o444, 0o644)])
def test_who_could_not_read_a_file_still_cannot(old, expected, umask, tmp_path):
    path = tmp_path / "grades.csv"
    path.write_text("old")
    path.chmod(old)
    write_atomically(path, "new")
    assert (path.read_text(), rights(path)) == ("new", expected)
    assert list(tmp_path.iterdir()) == [path]
