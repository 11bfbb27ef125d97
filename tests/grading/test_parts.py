"""What we rely on inside other libraries is there, and its loss costs no student anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import RIGHT, Student, neighbours, write

from tinytorch import cli
from tinytorch.grading import grade
from tinytorch.grading.nb import parts as of_worker
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.scores import scores
from tinytorch.grading.run import walls
from tinytorch.grading.run.walls import ANY, AUTO, NONE
from tinytorch.grading.run.warm import parts
from tinytorch.grading.submission.journal import Journal
from tinytorch.grading.work import selfcheck
from tinytorch.grading.work.messages import Verdict
from tinytorch.grading.work.pool import LocalPool

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


# --- A part that has another name, or does something else, in every process -------------------

# Test-only: each process loads it as it starts, and finds the text of a package changed.
CHANGED = """
import re, sys
from importlib.machinery import PathFinder, SourceFileLoader

PACKAGE, FOUND, PUT = {!r}, {!r}, {!r}


class Loader(SourceFileLoader):
    def get_code(self, name):
        text = self.get_source(name)
        if not re.search(FOUND, text):
            return super().get_code(name)
        return compile(re.sub(FOUND, PUT, text), self.path, "exec", dont_inherit=True)


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] != PACKAGE:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec and type(spec.loader) is SourceFileLoader:
            spec.loader = Loader(name, spec.origin)
        return spec


sys.meta_path.insert(0, Finder)
"""
RENAMED = {
    "ipython": ("IPython", "_should_be_async"),
    "ipykernel": ("ipykernel", "_accepts_parameters"),
    "nbclient": ("nbclient", "timestamp"),
    "nbconvert": ("nbconvert", "optimistic_validation"),
    "stack-data": ("stack_data", "_pygmented_with_ranges"),
    "nbgrader": ("nbgrader", "_add_score"),
}


class Machine:
    """Where one package may be another than the one that was seen."""

    def __init__(self, folder: Path):
        self._site = folder / "sitecustomize.py"

    def changes(self, package: str, found: str, put: str) -> None:
        """Let every process find something else in place of what a pattern finds."""
        write(self._site, CHANGED.format(package, found, put))

    def mends(self) -> None:
        self._site.unlink()

    def does(self, *words: str, status: int = 0) -> SimpleNamespace:
        """Run a command of ours in a process of its own; it ends with this status."""
        path = os.pathsep.join([str(self._site.parent), str(ROOT)])
        environment = os.environ | {"PYTHONPATH": path}
        command = [sys.executable, "-m", "tinytorch", *words]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == status, done.stderr + done.stdout
        return done

    def grades(self, course: Path, sandbox: str) -> tuple[dict, str]:
        """What a run with --json says, and stderr."""
        words = ["grade", "01_add", "--root", str(course), "--sandbox", sandbox, "--workers", "1"]
        done = self.does(*words, "--json")
        return json.loads(done.stdout), done.stderr


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path / "other")


def points(course: Path) -> dict[str, float]:
    return {name: score.score for name, score in scores(Course(course), "01_add").students.items()}


def statuses(run: dict) -> set[str]:
    return {outcome["status"] for outcome in run["outcomes"]}


@pytest.mark.slow
@pytest.mark.parametrize("package", RENAMED)
def test_a_renamed_function_is_told_at_the_start_and_costs_nobody_anything(
    package, course, alone, machine
):
    neighbours(course)
    module, name = RENAMED[package]
    machine.changes(module, rf"\b{name}\b", f"{name}_of_old")
    run, told = machine.grades(course, NONE)
    version = parts.installed(package)
    assert told.count(f"{package} {version} has no ") == 1 and f"{name} (" in told, told
    assert told.count("\n") == 1 and "nbgrader's own driver" in told
    assert (statuses(run), run["walls"]) == ({"graded"}, NONE)
    assert points(course) == points(alone)
    noted = map(json.loads, Course(course).journal.read_text().splitlines())
    assert {entry["status"] for entry in noted} == {"graded"}

    machine.mends()
    Student(course, "late").writes("add", RIGHT).hands_in()
    run, told = machine.grades(course, NONE)
    assert told == "" and points(course) == {**points(alone), "late": 6}
    seconds = {each["student"]: each["seconds"] for each in run["outcomes"]}
    assert seconds["late"] > 0  # by a worker, which counts them


@pytest.mark.slow
def test_a_function_that_takes_something_else_is_found_as_it_is_tried(course, alone, machine):
    """Its name is there; what our shortcut does with its arguments fails in each cell."""
    neighbours(course)
    swapped = r"(_accepts_parameters)\(\s*([\w.]+), (\[.*?\]|param_names)\s*\)"
    machine.changes("ipykernel", swapped, r"\1(\3, \2)")
    run, told = machine.grades(course, NONE)
    assert "of the known cells, right gave" in told and told.count("\n") == 1, told
    assert f"ipykernel {parts.installed('ipykernel')}" in told
    assert statuses(run) == {"graded"} and points(course) == points(alone)


def test_behind_walls_a_missing_part_is_no_reason_to_do_without(course, machine):
    if walls.fault_of(walls.FULL) and walls.fault_of(walls.LANDLOCK):
        pytest.skip("no walls are to be had here")
    neighbours(course)
    machine.changes("ipykernel", r"\b_accepts_parameters\b", "_takes")
    words = ["grade", "01_add", "--root", str(course), "--sandbox", AUTO]
    told = machine.does(*words, status=2).stderr
    assert f"ipykernel {parts.installed('ipykernel')} has no " in told and "_accepts" in told
    assert "--sandbox none" in told
    assert not list(course.glob("autograded/*/*/*.ipynb"))
    assert not Course(course).journal.exists()
    told = machine.does("doctor", status=1).stdout
    assert "grading   no: " in told and "ipykernel.ipkernel._accepts_parameters" in told


def test_without_a_part_of_the_pages_no_feedback_is_written(graded, machine):
    machine.changes("nbgrader", r"\b_get_score\b", "_fetch_score")
    told = machine.does("feedback", "01_add", "--root", str(graded), status=1).stderr
    assert f"nbgrader {parts.installed('nbgrader')} has no " in told and "GetGrades" in told
    assert not list(graded.glob("feedback/*/*/*.html"))


# --- What a run does with the verdict ------------------------------------------------------


@pytest.fixture
def verdict(monkeypatch):
    """Says what the self-check finds."""

    def says(**found) -> None:
        monkeypatch.setattr(LocalPool, "verdict", Verdict(**found))

    return says


def test_other_versions_are_told_in_one_line_and_grade(course, verdict, capsys):
    verdict(untested=("nbclient 0.12.0 (tested: 0.11.*)", "ipython 10.0.0 (tested: 9.18.*)"))
    neighbours(course)
    run = grade.grade(course, ["01_add"])
    assert len(run.with_status("graded")) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "nbclient 0.12.0" in line and "ipython 10.0.0" in line


def test_where_nothing_is_to_be_graded_nothing_is_checked(graded, verdict, capsys):
    verdict(fault="nbclient 0.12.0 has no way")
    run = grade.grade(graded, ["01_add"], options=grade.Options(sandbox=AUTO))
    assert len(run.with_status("unchanged")) == 2 and capsys.readouterr().err == ""


def test_a_fault_of_the_tool_in_nbgraders_driver_is_tried_again(course, verdict, monkeypatch):
    verdict(fault="nbclient 0.12.0 has no way")
    Student(course, "ada").writes("add", RIGHT).hands_in()
    monkeypatch.setattr("nbgrader.utils.determine_grade", None)
    monkeypatch.delattr("nbgrader.preprocessors.SaveAutoGrades._add_score")
    run = grade.grade(course, ["01_add"], options=grade.Options(sandbox=ANY))
    assert [outcome.status for outcome in run.outcomes] == ["failed"]
    last = Journal(Course(course).journal).last("autograde", "01_add", "ada")
    assert last is None or last.status != "failed"


def test_an_import_that_fails_is_the_verdict(monkeypatch):
    """One of what stands in no table: with the version of the package that it names."""
    monkeypatch.setitem(sys.modules, "tinytorch.grading.work.grader", None)
    told = selfcheck.check(None).fault
    assert "tinytorch.grading.work.grader" in told
    assert f"nbgrader {parts.installed('nbgrader')}" in told


@pytest.mark.parametrize(
    ("what", "other", "name"),
    [
        ("TRACEBACK", ("----> 4 divide(1, 0)", "no such line"), "wrong"),
        ("OUTPUTS", {"right": []}, "right"),
        ("SCORES", {"right": 1.0, "wrong": 0.5}, "scores"),
    ],
)
def test_what_a_known_cell_gives_instead_is_told_with_the_versions(what, other, name, monkeypatch):
    monkeypatch.setattr(selfcheck, what, other)
    told = selfcheck.check_here(walls.NO_WALLS).fault
    assert told.startswith(f"of the known cells, {name} gave ")
    assert f"ipykernel {parts.installed('ipykernel')}" in told


def test_doctor_says_what_the_self_check_found(capsys):
    cli.main(["doctor"])
    told = capsys.readouterr().out
    assert "grading   yes, " in told and "versions  " in told


def test_the_known_cells_give_what_they_should_here():
    for mode in (walls.FULL, walls.LANDLOCK, NONE):
        if mode == NONE or not walls.fault_of(mode):
            assert selfcheck.check_here(walls.Walls(mode)) == Verdict("", tuple(parts.untested()))
