"""A gradebook in PostgreSQL: a real server, Debian's, started for the test."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import compare
import pytest
from conftest import neighbours

from tinytorch.grading import grade
from tinytorch.grading.feedback import feedback
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.scores import scores
from tinytorch.grading.nb.settings import CONFIG

pytest.importorskip("psycopg2", reason="psycopg2-binary is not installed")
PROGRAMS = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
PORT = 54329


@pytest.fixture
def database():
    """The URL of an empty database, whose server listens on a socket in a folder of its own."""
    if not PROGRAMS:
        pytest.skip("no PostgreSQL here: apt-get install postgresql")
    # Not pytest's folder: the server's user may not enter that, nor is its path short enough.
    folder = Path(tempfile.mkdtemp(prefix="tinytorch-postgres-"))

    def run(program: str, *words: str) -> None:
        command = [f"{PROGRAMS[-1]}/{program}", *words]
        if os.geteuid() == 0:  # which PostgreSQL refuses to run as
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)

    if os.geteuid() == 0:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "grader", "--auth=trust", "-E", "UTF8", "--no-sync")
    options = f"-k {folder} -p {PORT} -c listen_addresses="
    run("pg_ctl", "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
    run("createdb", "-h", str(folder), "-p", str(PORT), "-U", "grader", "gradebook")
    yield f"postgresql+psycopg2://grader@/gradebook?host={folder}&port={PORT}"
    run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    shutil.rmtree(folder)


def test_the_rows_in_postgresql_are_those_in_sqlite(course, alone, database):
    neighbours(course)
    config = course / CONFIG
    config.write_text(config.read_text() + f"c.CourseDirectory.db_url = {database!r}\n")
    run = grade.grade(course, ["01_add"])
    assert [outcome.status for outcome in run.outcomes] == ["graded", "graded"], run.outcomes
    assert not (course / "gradebook.db").exists()
    assert compare.differences(*map(compare.gradebook_rows, (course, alone))) == []
    assert scores(Course(course), "01_add") == scores(Course(alone), "01_add")
    assert len(feedback(course, ["01_add"])) == 2
    again = grade.grade(course, ["01_add"], force=True)
    assert [outcome.status for outcome in again.outcomes] == ["graded", "graded"]
    assert compare.differences(*map(compare.gradebook_rows, (course, alone))) == []
