"""A full disk, a real one: everyone is graded or told why not, and nothing is half done."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import compare
import nbformat
import pytest
from conftest import RIGHT, WRONG, Student, code, write
from test_robust import assert_whole

from tinytorch.errors import TinyTorchError
from tinytorch.grading import grade
from tinytorch.grading.feedback import feedback
from tinytorch.grading.reasons import NO_ROOM
from tinytorch.grading.submission.journal import Entry, Journal

KB = 1024
LOTS = "for i in range(900):\n    print({}, 'x' * 80)"  # some 75 KB, of which all is kept


class Disk:
    """A file system of a few megabytes, and a file that fills it up."""

    def __init__(self, path: Path):
        self.path, self._ballast = path, path / "ballast"

    def leave(self, size: int) -> None:
        """Fill it until so many bytes are left."""
        self._ballast.unlink(missing_ok=True)
        free = shutil.disk_usage(self.path).free
        self._ballast.write_bytes(bytes(free - size))

    def make_room(self) -> None:
        self._ballast.unlink()


@pytest.fixture
def disk(tmp_path) -> Iterator[Disk]:
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(path)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True)
    except OSError as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    if done.returncode:
        pytest.skip(f"no file system may be mounted here: {done.stderr.strip()}")
    yield Disk(path)
    subprocess.run(["umount", "--lazy", str(path)], check=True)


@pytest.fixture(scope="module")
def eight(released, tmp_path_factory) -> tuple[Path, Path]:
    """A course in which eight handed in, and the same graded where there is room."""
    course = Path(shutil.copytree(released, tmp_path_factory.mktemp("eight") / "course"))
    for n in range(8):
        student = Student(course, f"student_{n}").writes("add", RIGHT if n % 3 else WRONG)
        student.appends(code(LOTS.format(n))).hands_in()
    graded = Path(shutil.copytree(course, course.with_name("graded")))
    grade.grade(graded, ["01_add"])
    return course, graded


def graded_notebooks(course: Path) -> list[str]:
    """Whose notebook is in autograded/; each must be readable."""
    found = sorted(course.glob("autograded/*/01_add/add.ipynb"))
    for path in found:
        nbformat.read(path, as_version=4)
    return [path.parts[-3] for path in found]


@pytest.mark.parametrize("room", [0, 160 * KB, 700 * KB])
def test_a_full_disk_costs_no_more_than_what_found_no_room(eight, disk, room):
    """There is room for nothing, for half a gradebook, and for some of the submissions."""
    course, undisturbed = Path(shutil.copytree(eight[0], disk.path / "course")), eight[1]
    disk.leave(room)
    run = grade.grade(course, ["01_add"])
    assert len(run.outcomes) == 8
    reasons = {outcome.reason for outcome in run.with_status("failed")}
    assert reasons and all(NO_ROOM in reason for reason in reasons), reasons
    graded = [outcome.student for outcome in run.with_status("graded")]
    assert (len(graded) > 0) == (room > 600 * KB)
    # Whose scores were stored when the journal found no room has a notebook too.
    assert set(graded) <= set(graded_notebooks(course))
    if (course / "gradebook.db").exists():
        assert_whole(course)

    disk.make_room()
    run = grade.grade(course, ["01_add"])
    assert {outcome.status for outcome in run.outcomes} <= {"graded", "unchanged"}
    assert [outcome.student for outcome in run.with_status("unchanged")] == graded
    assert len(graded_notebooks(course)) == 8
    assert_whole(course)
    assert compare.differences(*map(compare.gradebook_rows, (course, undisturbed))) == []
    assert compare.differences(*map(compare.notebook_outputs, (course, undisturbed))) == []


def test_a_regrade_without_room_keeps_what_is_there(graded, disk):
    course = Path(shutil.copytree(graded, disk.path / "course"))
    before = compare.gradebook_rows(course)
    disk.leave(0)
    with pytest.raises(TinyTorchError, match="no room left on the disk"):
        feedback(course, ["01_add"])
    run = grade.grade(course, ["01_add"], force=True)
    assert {outcome.status for outcome in run.outcomes} == {"failed"}
    assert graded_notebooks(course) == ["right", "wrong"]
    disk.make_room()
    assert compare.gradebook_rows(course) == before
    again = grade.grade(course, ["01_add"])  # what was to be done is not forgotten
    assert {outcome.status for outcome in again.outcomes} <= {"graded", "unchanged"}
    assert len(feedback(course, ["01_add"])) == 2
    assert_whole(course)


def test_a_worker_without_room_fails_what_needs_it_alone(course, disk, monkeypatch):
    """The temporary folder is small: one submission brings too much, one writes too much."""
    monkeypatch.setenv("TMPDIR", str(disk.path))
    big = Student(course, "big").writes("add", RIGHT).hands_in()
    write(big.with_name("data.bin"), os.urandom(9_000_000))
    greedy = "open('filler', 'wb').write(bytes(9_000_000))"
    Student(course, "greedy").writes("add", RIGHT).appends(code(greedy)).hands_in()
    Student(course, "small").writes("add", RIGHT).hands_in()
    one = grade.Options(workers=1)  # two at once would take the room from each other
    run = grade.grade(course, ["01_add"], options=one)
    found = {outcome.student: (outcome.status, outcome.reason) for outcome in run.outcomes}
    graded = ("graded", "")
    assert found["big"] == ("failed", NO_ROOM) and found["small"] == graded
    # Its cell meets an error; then its notebook finds room, or not.
    assert found["greedy"] in (graded, found["big"])
    assert list(disk.path.iterdir()) == [], "what a run wrote is gone with it"
    monkeypatch.delenv("TMPDIR")
    statuses = {outcome.status for outcome in grade.grade(course, ["01_add"]).outcomes}
    assert statuses == {"graded", "unchanged"}


def test_an_entry_that_found_no_room_spoils_none_that_follows(disk):
    journal = Journal(disk.path / "journal.jsonl")
    entries = [
        Entry("autograde", "01_add", name, "", "", "graded", reason=name * 5000) for name in "abc"
    ]
    journal.add(entries[0])
    disk.leave(0)
    with pytest.raises(OSError, match="No space left"):
        journal.add(entries[1])
    disk.make_room()
    journal.add(entries[2])
    read = Journal(journal.path)
    found = [read.last(*entry.key) for entry in entries]
    assert found == [entries[0], None, entries[2]]
