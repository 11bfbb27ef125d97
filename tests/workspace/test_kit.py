"""The kit: the same to the byte, complete, and without an answer."""

import itertools
import json
import os
import re
import subprocess
import sys
import time
import zipfile

import pytest
from student import ROOT

from tinytorch.course.kit import numbers, write_kit
from tinytorch.course.lesson import find_lessons, read_lesson
from tinytorch.course.markers import HIDDEN, SOLUTION, regions
from tinytorch.errors import UsageError

LESSONS = [read_lesson(path) for path in find_lessons(ROOT)]


def texts(folder) -> dict[str, str]:
    """Every text in a kit by its place, what its wheel holds included; a notebook as its cells."""
    found = {}
    for path in folder.rglob("*"):
        place = path.relative_to(folder).as_posix()
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as wheel:
                found |= {f"{place}/{name}": wheel.read(name).decode() for name in wheel.namelist()}
        elif path.suffix == ".ipynb":
            cells = json.loads(path.read_text("utf-8"))["cells"]
            found[place] = "\n".join("".join(cell["source"]) for cell in cells)
            found[f"{place}, metadata"] = json.dumps([cell["metadata"] for cell in cells], indent=1)
        elif path.is_file():
            found[place] = path.read_text("utf-8")
    return found


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def secrets(markers) -> set[tuple[str, ...]]:
    """The lines between markers, in pairs; alone where there is only one between them."""
    found: set[tuple[str, ...]] = set()
    for lesson in LESSONS:
        for cell in lesson.cells:
            source = cell.source.splitlines()
            for start, stop in regions(cell.source, *markers):
                inside = lines("\n".join(source[start + 1 : stop]))
                found |= set(itertools.pairwise(inside)) or {(line,) for line in inside}
    return found


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A kit that lends nothing."""
    folder = tmp_path_factory.mktemp("bare") / "kit"
    write_kit(ROOT, folder)
    return folder


def given() -> set[tuple[str, ...]]:
    """What lessons show anyway: all lines outside solutions and hidden tests, in the same way."""
    found: set[tuple[str, ...]] = set()
    for lesson in LESSONS:
        for cell in lesson.cells:
            shown = cell.source.splitlines()
            for markers in (SOLUTION, HIDDEN):
                for start, stop in regions(cell.source, *markers):
                    shown[start : stop + 1] = [""] * (stop + 1 - start)
            kept = lines("\n".join(shown))
            found |= set(itertools.pairwise(kept)) | {(line,) for line in kept}
    return found


# What anybody writes who flushes a file, or makes a context manager.
IDIOMS = {
    ("file.flush()", "os.fsync(file.fileno())"),
    ("try:", "yield"),
    ("yield", "finally:"),
}


@pytest.mark.parametrize("markers", [SOLUTION, HIDDEN], ids=["solutions", "hidden tests"])
def test_no_line_of_an_answer_is_in_it(bare, markers):
    wanted = secrets(markers) - given() - IDIOMS
    assert len(wanted) > 300
    for place, text in texts(bare).items():
        kept = lines(text)
        there = set(itertools.pairwise(kept)) | {(line,) for line in kept}
        assert not wanted & there, place


def test_a_lent_module_is_there_and_no_other(kit):
    there = {path.name for path in (kit / ".tinytorch/reference").iterdir()}
    assert there == {"tensor.py", "activations.py"}


def test_its_package_is_the_students_part_alone(kit):
    (wheel,) = (kit / "packages").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if name.startswith("tinytorch/")}
    tops = {name.split("/")[1] for name in names}
    assert tops == {
        "__init__.py", "__main__.py", "cli.py", "core", "data", "errors.py", "extras.py",
        "figures.py", "files.py", "modules.py", "py.typed", "testing", "workspace",
    }  # fmt: skip
    assert {name for name in names if name.startswith("tinytorch/core/")} == {
        "tinytorch/core/__init__.py"
    }


def test_the_same_lessons_give_the_same_kit_to_the_byte(tmp_path):
    """In another time zone, under another umask, and a second later."""
    command = [sys.executable, "-m", "tinytorch", "kit", "--root", str(ROOT), "-o"]
    kits = []
    for zone, mask in (("UTC", 0o022), ("Asia/Tokyo", 0o077)):
        folder = tmp_path / str(mask)
        folder.mkdir()
        env = {**os.environ, "TZ": zone, "PYTHONHASHSEED": str(mask)}
        done = subprocess.run(
            [*command, "kit.zip"], cwd=folder, env=env, umask=mask, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        kits.append((folder / "kit.zip").read_bytes())
        time.sleep(1.1)
    assert kits[0] == kits[1]


def test_a_kit_of_some_lessons_holds_these_alone(tmp_path):
    write_kit(ROOT, tmp_path / "kit", lessons="1-2,4", with_solutions="1")
    about = json.loads((tmp_path / "kit/kit.json").read_text("utf-8"))
    folders = ["01_tensor", "02_activations", "04_losses"]
    assert [lesson["folder"] for lesson in about["lessons"]] == folders
    assert [lesson["borrowable"] for lesson in about["lessons"]] == [True, False, False]
    assert sorted(path.name for path in (tmp_path / "kit/lessons").iterdir()) == folders
    assert not (tmp_path / "kit/examples").exists()  # what they need is not there
    held = texts(tmp_path / "kit")
    assert not [place for place in held if re.search("layers|autograd|training", place)]


def test_a_policy_of_the_instructors_own_takes_the_place_of_ours(tmp_path):
    policy = tmp_path / "policy.md"
    policy.write_text("Ask me first.\n")
    write_kit(ROOT, tmp_path / "kit", lessons="1", policy=policy)
    assert (tmp_path / "kit/AGENTS.md").read_text() == "Ask me first.\n"


@pytest.mark.parametrize("words", ["0", "1-99", "3-1", "a", "1-", "-1", "1,,2"])
def test_a_list_of_lessons_that_is_none_is_refused(words):
    with pytest.raises(UsageError, match="lesson"):
        numbers(words, LESSONS)


def test_what_is_lent_must_be_in_the_kit(tmp_path):
    with pytest.raises(UsageError, match="lesson 3 is not in this kit"):
        write_kit(ROOT, tmp_path / "kit", lessons="1-2", with_solutions="3")


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(UsageError, match="holds something already"):
        write_kit(ROOT, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_its_readme_is_a_page_and_names_commands_that_there_are(kit, environment):
    readme = (kit / "README.md").read_text("utf-8")
    assert len(readme.splitlines()) <= 60
    command = [environment / "bin/python", "-m", "tinytorch", "--help"]
    said = subprocess.run(command, cwd=kit, capture_output=True, text=True)
    commands = set(re.findall(r"^    (\w+) ", said.stdout, re.MULTILINE))
    assert commands == {
        "check", "export", "borrow", "status", "submit", "reset", "update", "run",
    }  # fmt: skip
    named = set(re.findall(r"course\.py (\w+)", readme)) | set(re.findall(r"\| `(\w+)", readme))
    assert named == commands | {"setup", "open"}
