"""A kit of all lessons, and workspaces made of it with a student's own Python."""

from __future__ import annotations

import shutil
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from student import ROOT, Student

from tinytorch.course.kit import write_kit

FOLDER = "mein Kurs, für 'mich'"  # with what paths may hold: blanks, quotes, letters of all kinds


@pytest.fixture(scope="session")
def kit(tmp_path_factory) -> Path:
    """A kit as a folder, with the modules of lessons 1 and 2 to be borrowed."""
    folder = tmp_path_factory.mktemp("kit") / FOLDER
    write_kit(ROOT, folder, with_solutions="1-2")
    return folder


@pytest.fixture(scope="session")
def environment(kit, tmp_path_factory) -> Path:
    """A Python as `course.py setup` makes one: the kit's wheel, and what it needs.

    What it needs is borrowed from the Python that runs the tests, which takes no time; the
    course's own package there is not.
    """
    folder = tmp_path_factory.mktemp("environment") / ".venv"
    venv.create(folder, symlinks=True)
    paths = sysconfig.get_paths("venv", {"base": str(folder), "platbase": str(folder)})
    site = Path(paths["purelib"])
    (wheel,) = (kit / "packages").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return folder


@pytest.fixture
def student(kit, environment, tmp_path) -> Student:
    """A student with a fresh workspace."""
    root = tmp_path / FOLDER
    shutil.copytree(kit, root)
    (root / ".venv").symlink_to(environment)
    return Student(root)
