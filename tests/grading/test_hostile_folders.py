"""Folders that nobody's work looks like cost nobody else a grade, and reports stay readable."""

from __future__ import annotations

import os

import pytest
from attacks import target

from tinytorch.files import remove_tree
from tinytorch.grading import report
from tinytorch.grading.grade import grade
from tinytorch.grading.submission.intake import repair


def _deep(folder):
    here = os.getcwd()
    os.chdir(folder)
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
    os.chdir(here)


def _sparse(folder):
    with open(folder / "large.bin", "wb") as file:
        file.truncate(40 << 30)


def _link(folder):
    os.symlink("/nowhere", os.fsencode(folder) + b"/=1+1\xff\x1b[2J\nnot graded: ada")


@pytest.mark.parametrize("make", [_deep, _sparse, _link])
def test_a_hostile_folder_is_refused_alone(tmp_path, make):
    course = target.make_course(tmp_path / "course")
    for student in ("ada", "mallory"):
        target.hand_in(course, student, target.right(course))
    make(course / "submitted" / "mallory" / target.ASSIGNMENT)
    run = grade(course)
    table = report.grades(course)
    remove_tree(course / "submitted" / "mallory")  # pytest goes down into folders by recursion
    statuses = {outcome.student: outcome.status for outcome in run.outcomes}
    assert (statuses["ada"], statuses["mallory"]) == ("graded", "failed")
    assert all(line.isprintable() for line in report.told(run))
    report.write_csv(table, tmp_path / "grades.csv")
    lines = (tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4 and not any(",=" in line for line in lines)


def test_a_submission_names_no_kernel_where_the_course_names_none():
    released = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    handed_in = released | {"metadata": {"kernelspec": {"name": "bash", "display_name": "Bash"}}}
    assert repair(handed_in, released)[0]["metadata"] == {}
