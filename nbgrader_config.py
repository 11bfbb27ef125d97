"""What nbgrader needs to know of this course. Its own commands work in this folder as they are."""

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions

from tinytorch.grading.nb.stubs import NamedStubs

c = get_config()  # noqa: F821 - nbgrader gives it to this file

c.CourseDirectory.course_id = "tinytorch"
# Seconds for one cell. The slowest cell of the course takes about three.
c.Execute.timeout = 20
# A student who deletes a test cell loses nothing and gains nothing: it is put back and run.
c.OverwriteCells.add_missing_cells = True
# Where an exercise fails, `tinytorch grade` tries the tests of later ones with the solution in its
# place: a mistake costs its own points. nbgrader's own commands know nothing of it.
c.TinyTorch.count_mistakes_once = True
# The tests run in a process that no student's code enters: see docs/security.md.
c.TinyTorch.isolated_tests = True
# The released notebooks are committed, and nbgrader passes over what is there already: without
# this, a fresh clone's gradebook would never hear of the assignments.
c.GenerateAssignment.force = True
# nbgrader's own steps, with a stub that names the exercise.
c.GenerateAssignment.preprocessors = [
    NamedStubs if step is ClearSolutions else step
    for step in GenerateAssignment.preprocessors.default()
]
