"""What we rely on inside other libraries is there, and its loss costs no student anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import RIGHT, Student

from tinytorch.grading import grade
from tinytorch.grading.nb import parts as of_worker
from tinytorch.grading.nb.course import Course
from tinytorch.grading.run.walls import NONE
from tinytorch.grading.run.warm import parts
from tinytorch.grading.standings import survey

ROOT = Path(__file__).parents[2]
ALL = (*parts.PARTS, *of_worker.PARTS, *of_worker.OF_PAGES)


def test_every_part_is_there():
    assert [str(part) for part in parts.missing(ALL)] == []


def test_the_versions_are_those_of_the_constraints():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines if "==" in line)
    assert {name: pinned.get(name) for name in parts.SEEN} == parts.SEEN


def test_a_missing_part_is_told_with_its_package_and_version():
    gone = parts.Part("ipykernel", "ipykernel.ipkernel:_gone", "nothing")
    [told] = map(str, parts.missing([gone]))
    assert told.startswith(f"ipykernel {parts.installed('ipykernel')} has no ")


def test_another_series_counts_as_untested(monkeypatch):
    monkeypatch.setitem(parts.SEEN, "nbclient", "0.1.0")
    assert [told.split()[0] for told in parts.untested()] == ["nbclient"]


@pytest.fixture
def renamed(tmp_path, monkeypatch) -> None:
    """The warm process, and it alone, finds a private function of ipykernel renamed."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "if any(word.endswith('/warm') for word in sys.orig_argv):\n"
        "    import ipykernel.ipkernel as module\n"
        "    module._renamed = module.__dict__.pop('_accepts_parameters')\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")


def test_where_no_run_starts_the_cause_is_told_and_nothing_is_journalled(course, renamed):
    Student(course, "ada").writes("add", RIGHT).hands_in()
    [outcome] = grade.grade(course, ["01_add"], options=grade.Options(sandbox=NONE)).outcomes
    assert outcome.status == "failed"
    assert f"ipykernel {parts.installed('ipykernel')} has no" in outcome.reason
    assert "_accepts_parameters" in outcome.reason
    [standing] = survey(Course(course), "01_add")
    assert standing.status == "waiting"  # the next run tries again
