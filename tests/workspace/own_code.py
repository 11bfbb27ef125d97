"""Later lessons on each named right solution of an earlier one, as a student's own module of it.

`python tests/workspace/own_code.py [LESSON ...]` tries all, which takes half an hour; the tests
take a sample.
"""

from __future__ import annotations

import dataclasses
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tinytorch.course.export import export
from tinytorch.course.lesson import Lesson, find_lessons, read_lesson
from tinytorch.course.package import package
from tinytorch.course.run import GRADED, Runner
from tinytorch.course.variants import Variant, variants_of, with_variant
from tinytorch.grading.submission.folders import write_files
from tinytorch.modules import core_imports

ROOT = Path(__file__).parents[2]
SECONDS = 300
# Right by every test, and too much for a later lesson all the same: the solution's own fault.
KNOWN = {
    ("linear_weight_gradient", "one weight at a time", "operations"): "slow: a loop over weights",
    ("walk_back", "lists that are summed in the end", "operations"): "keeps 600 gradients at once",
}


@dataclass(frozen=True)
class Found:
    """What a lesson lacked on somebody's own module."""

    solution: Variant
    lesson: str
    lacks: float  # points
    raised: tuple[str, ...]  # what cells raised, tests or not
    seconds: float

    @property
    def is_right(self) -> bool:
        return not self.lacks and not self.raised

    @property
    def known(self) -> str:
        """Why that is the solution's own fault, where it is."""
        return KNOWN.get((self.solution.exercise, self.solution.name, self.lesson), "")


def lessons() -> list[Lesson]:
    return [read_lesson(path) for path in find_lessons(ROOT)]


def right_solutions(all_: Iterable[Lesson]) -> list[tuple[Lesson, Variant]]:
    return [(x, v) for x in all_ for v in variants_of(x) if v.is_right]


def needed(lesson: Lesson, all_: Iterable[Lesson]) -> set[str]:
    """The names of the lessons whose modules one uses, at first hand or at second."""
    of = {x.name: set(core_imports([export(x)])) for x in all_}
    names = set(core_imports(c.source for c in lesson.cells if c.kind == "code"))
    while more := set().union(*(of[name] for name in names)) - names:
        names |= more
    return names


def tried(solutions: list[tuple[Lesson, Variant]]) -> Iterator[Found]:
    """Run every lesson after each solution's that leans on it."""
    all_ = lessons()
    leans = {x.name: needed(x, all_) for x in all_}
    jobs = [(x, v, y) for x, v in solutions for y in all_ if x.name in leans[y.name] - {y.name}]
    # Before there are threads: Python 3.11 can't read code in several at once.
    modules = {id(v): export(with_variant(x, v)).encode() for x, v in solutions}
    packages = {x.name: package(x, all_) for x in all_}
    folders: dict[Path, str] = {}
    with tempfile.TemporaryDirectory(prefix="own-code-") as top:

        def run(numbered: tuple[int, tuple[Lesson, Variant, Lesson]]) -> Found:
            number, (lesson, solution, later) = numbered
            folder = Path(top, str(number))
            own = {f"tinytorch/core/{lesson.name}.py": modules[id(solution)]}
            write_files(folder, packages[later.name] | own)
            here = dataclasses.replace(later, path=folder)  # it is told from the others by that
            folders[folder] = str(folder)
            result = runner.run(here, timeout=SECONDS)
            shutil.rmtree(folder)
            raised = tuple(
                f"{later.cells[n].grade_id or 'a cell'}: {x.ename} {x.message[:200]}"
                for n, x in result.failures.items()
            )
            lacks = sum(c.points for c in later.cells if c.is_test) - result.points
            return Found(solution, later.name, lacks, raised[:3], result.seconds)

        with Runner(all_, path=lambda x: (folders[x.path],), environment=GRADED) as runner:
            yield from runner.map(run, enumerate(jobs))


if __name__ == "__main__":
    chosen = [x for x in right_solutions(lessons()) if not sys.argv[1:] or x[0].name in sys.argv]
    print(f"{len(chosen)} right solutions")
    for found in tried(chosen):
        if not found.is_right or found.seconds > 30:
            one = found.solution
            print(
                f"{one.exercise} | {one.name} | {found.lesson} | {found.seconds:.0f} s |", end=" "
            )
            print(found.known or "; ".join(found.raised) or "slow", flush=True)
