"""One submission, from bytes to rows and files: sanitised, run and scored.

A grader knows nothing of the gradebook and writes nothing outside its own temporary folder.
"""

from __future__ import annotations

import compileall
import os
import py_compile
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

from tinytorch.files import remove_tree
from tinytorch.grading import NotGraded, ToolFault
from tinytorch.grading.cells import has_role, source_of
from tinytorch.grading.nb.converters import adds_missing_cells, autograde_converter
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.notes import with_notes
from tinytorch.grading.nb.passes import grade_notebook
from tinytorch.grading.nb.records import ScoreSheet
from tinytorch.grading.nb.second_run import Gain, RunMended, Trial
from tinytorch.grading.nb.steps import RunCells, Work, kernel_arguments
from tinytorch.grading.reasons import is_tools, reason_of
from tinytorch.grading.run.pair import PairOfRuns, start_pair
from tinytorch.grading.run.preload import ALWAYS, KNOWN, imported_modules
from tinytorch.grading.run.process import Run, RunDied, RunSpec, WarmParent
from tinytorch.grading.run.walls import FULL, Enclosure
from tinytorch.grading.run.warm.apart.names import Given
from tinytorch.grading.submission import intake
from tinytorch.grading.submission.earlier import comes_with_this_tool
from tinytorch.grading.submission.folders import files_of, read_file, write_files
from tinytorch.grading.work.messages import Assignment, Failed, Graded, Submission

GRADED = {"NBGRADER_EXECUTION": "autograde"}
# Where the tests run: what they import of the framework is the student's process's to give.
NOT_HERE = b'raise ModuleNotFoundError("only beside a student\'s process", name=__name__)\n'
PLENTY = 2**30  # bytes left on the disk with which the next submission surely does


class Grader:
    """Grades submissions of one assignment, one at a time."""

    def __init__(self, assignment: Assignment, warm: WarmParent | None = None):
        """Begin with an assignment, and with the warm parent that graded the one before."""
        self.assignment = assignment
        settings = {} if assignment.timeout is None else {"timeout": assignment.timeout}
        course = Course(Path(assignment.root), assignment.config)
        self._converter = autograde_converter(course, settings)
        if warm and warm.enclosure.walls != assignment.walls:  # of another course
            warm.close()
            warm.enclosure.close()
            warm = None
        self._warm = warm
        self._enclosure = warm.enclosure if warm else Enclosure(assignment.walls)
        self._prepared: WarmParent | None = None  # the one that knows of this assignment
        self._with_core: tuple[WarmParent, WarmParent] | None = None  # that, and its clone
        self._tests: WarmParent | None = None  # the one of the tests, where these run apart
        self._givens: dict[str, Given] = {}
        self._has_run = False  # whether a cell of the submission at hand may have run

    def grade(self, submission: Submission) -> Graded | Failed:
        """Grade a submission, whatever is wrong with it."""
        began, self._has_run = time.monotonic(), False
        try:
            with warnings.catch_warnings(action="ignore"):
                answer = self._grade(submission)
        except NotGraded as error:
            answer = Failed(str(error))
        except ToolFault as error:
            answer = Failed(str(error), lasting=False)
        except Exception as error:  # nbgrader's, nbclient's, the disk's: none costs the others
            answer = Failed(reason_of(error), lasting=self._has_run or not is_tools(error))
        return replace(answer, seconds=round(time.monotonic() - began, 3))

    def hand_over(self) -> WarmParent | None:
        """The warm parent, for another assignment."""
        self._close_tests()
        self._close_with_core()
        warm, self._warm = self._warm, None
        if warm is None:
            self._enclosure.close()
        return warm

    def clone(self) -> WarmParent:
        """Another warm parent like this grader's, for this grader in another process."""
        return WarmParent(like=self._warm_parent())

    def take_over(self, warm: WarmParent | None) -> None:
        """Work with another warm parent from now on, in a process forked from the first one's."""
        if self._warm:
            self._warm.forget()
        self._warm = warm
        self._prepared = warm

    def close(self) -> None:
        self._close_tests()
        self._close_warm()
        self._enclosure.close()

    def _close_tests(self) -> None:
        if self._tests:
            self._tests.close()
            self._tests = None

    def _close_with_core(self) -> None:
        if self._with_core:
            self._with_core[1].close()
            self._with_core = None

    def _close_warm(self) -> None:
        self._close_with_core()
        if self._warm:
            self._warm.close()
            self._warm = None

    def _grade(self, submission: Submission) -> Graded:
        notebooks, repairs = intake.unpack(
            submission.files, self.assignment.released, put_back=self._adds_missing_cells
        )
        sheets, graded = {}, {}
        with self._bench(submission) as bench:
            for name in sorted(notebooks):
                text, sheets[name] = self._grade_notebook(submission, bench, name, notebooks[name])
                graded[f"{name}.ipynb"] = text.encode()
            files = read_left(bench.work) | graded
        for name, sheet in sheets.items():
            gains = self._try_again(submission, name, notebooks[name], sheet)
            if gains:
                sheet.auto_scores |= {test: gain.score for test, gain in gains.items()}
                files[f"{name}.ipynb"] = with_notes(files[f"{name}.ipynb"], gains)
        return Graded(sheets, files, tuple(repairs))

    def _try_again(
        self, submission: Submission, name: str, notebook: dict, first: ScoreSheet
    ) -> dict[str, Gain]:
        """What tests gain in a second run, where there is anything to gain: see second_run.py."""
        exercises = self.assignment.exercises.get(name, ())
        trial = Trial(exercises, self.assignment.notebooks[name], first)
        if not trial.is_needed:
            return {}
        try:
            with self._bench(submission) as bench:
                execute = partial(RunMended, trial)
                _, second = self._grade_notebook(submission, bench, name, notebook, execute)
        except Exception:  # it died, or could not be interrupted: the first results stand
            return {}
        return trial.gains(second)

    @contextmanager
    def _bench(self, submission: Submission) -> Iterator[_Bench]:
        with ExitStack() as folders:
            folder = folders.enter_context(self._run_folder())
            bench = _Bench(folder, self.assignment, self._enclosure)
            beside = {n: data for n, data in submission.files.items() if not n.endswith(".ipynb")}
            write_files(bench.work, beside | self.assignment.support)
            if self._shares_core:
                bench.core = self._shared_core
            else:
                write_files(bench.core, self._core)
            self._enclosure.hand_over(folder)
            if self.assignment.isolated:
                bench.tests = folders.enter_context(self._run_folder())
                (bench.tests / "work").mkdir()
                self._enclosure.hand_over(bench.tests)
            yield bench

    def _grade_notebook(
        self,
        submission: Submission,
        bench: _Bench,
        name: str,
        notebook: dict,
        execute: Callable[..., RunCells] = RunCells,
    ) -> tuple[str, ScoreSheet]:
        """The text of a graded notebook, and what it earned."""

        def start(cpu_seconds: int | None) -> Run | PairOfRuns:
            return self._start(bench, name, cpu_seconds)

        # nbgrader would have run it in its place; tinytorch/… is enough of a path for a student.
        place = submission.place
        inside = self._enclosure.inside
        moved = {f"{inside(bench.core)}/": ""} | ({inside(bench.work): place} if place else {})
        moved |= {inside(bench.temporary): tempfile.gettempdir()}
        record = self.assignment.notebooks[name]
        given = self._given(name) if self.assignment.isolated else None
        work = Work(record, start, bench.environment, moved, self._cells_of_all, given)
        text = grade_notebook(
            *(self._converter, notebook, work),
            student=submission.student,
            assignment=self.assignment.name,
            folder=bench.work,
            execute=execute,
        )
        return text, work.sheet

    def _start(self, bench: _Bench, name: str, cpu_seconds: int | None) -> Run | PairOfRuns:
        limits = self.assignment.limits.with_cpu(cpu_seconds)
        spec = RunSpec(bench.work, bench.path, bench.environment, limits, scratch=bench.scratch)
        try:
            warm = self._warm_parent()
            if self._shares_core:
                warm = self._warm_with_core(warm)
                spec = replace(spec, path=(), readable=(bench.core,))
            if self.assignment.isolated:
                run = self._start_pair((warm, spec), bench, name)
            else:
                run = warm.start(spec)
        except RunDied:
            # The next submission must not suffer from whatever has become of this process.
            self._close_warm()
            raise
        self._has_run = True
        return run

    def _start_pair(
        self, student: tuple[WarmParent, RunSpec], bench: _Bench, name: str
    ) -> PairOfRuns:
        """The student's code in one run, the tests in another, which it never enters."""
        spec = student[1]
        tests = self._warm_tests()
        home, package, inside = bench.tests, self._tests_package, self._enclosure.inside
        own = {"HOME": inside(home / "home"), "PYTHONPATH": inside(package)}
        temporary = {"TMPDIR": spec.environment["TMPDIR"]} if "TMPDIR" in spec.environment else {}
        testing = RunSpec(
            folder=home / "work",
            environment=self._enclosure.environment_of(home) | GRADED | own | temporary,
            limits=spec.limits,
            scratch=home,
            beside=bench.scratch,
            readable=(package,),
        )
        return start_pair(student, (tests, testing), self._given(name).cells)

    def _warm_tests(self) -> WarmParent:
        """The warm process of the tests: no student's code ever runs in it, or in its forks."""
        if self._tests and not self._tests.is_alive:
            self._tests.close()
            self._tests = None
        if self._tests is None:
            self._tests = WarmParent(self._kernel_arguments, self._enclosure)
            self._tests.find_in(self._tests_package)
            tools = [f for f in self.assignment.core or {} if f.startswith("tinytorch/testing/")]
            modules = [f.removesuffix(".py").replace("/", ".") for f in tools if f.endswith(".py")]
            names = [module.removesuffix(".__init__") for module in modules]
            self._tests.load(self._libraries | {name: set() for name in sorted(names)})
            for name in self.assignment.notebooks:
                self._tests.read_lesson(self._given(name).cells, self._restored_code)
        return self._tests

    @cached_property
    def _tests_package(self) -> Path:
        """What the tests import: all but the student's `tinytorch.core`.

        No test can write there: a student's code may lead by links where a test writes a file.
        """
        core = self._core.items()
        kept = {name: data for name, data in core if not name.startswith("tinytorch/core/")}
        return self._shared(kept | {"tinytorch/core/__init__.py": NOT_HERE})

    @property
    def _shares_core(self) -> bool:
        """Whether all submissions import one package: where no code can change anything of it.

        Without mounts of their own, runs can change the rights of files that are their user's.
        """
        return self.assignment.core is not None and self._enclosure.walls.mode == FULL

    @cached_property
    def _shared_core(self) -> Path:
        return self._shared(self._core)

    def _shared(self, files: dict[str, bytes]) -> Path:
        """A folder with files that runs may read."""
        folder = self._enclosure.new_run()
        write_files(folder / "package", files)
        self._enclosure.hand_over(folder)
        return folder / "package"

    def _given(self, name: str) -> Given:
        """What T needs to know of a notebook: its released cells that no student is to write."""
        if name not in self._givens:
            cells = self.assignment.released[name]["cells"]
            code = [cell for cell in cells if cell["cell_type"] == "code"]
            self._givens[name] = Given(source_of(c) for c in code if not has_role(c))
        return self._givens[name]

    @contextmanager
    def _run_folder(self) -> Iterator[Path]:
        """A folder that is removed while the next submission is graded: the disk takes its time.

        Where the next submission may need the room, it is removed at once.
        """
        global _remover
        _remover = _remover or ThreadPoolExecutor(1)
        folder = self._enclosure.new_run()
        try:
            yield folder
        finally:
            removal = _remover.submit(remove_tree, folder)
            if shutil.disk_usage(folder.parent).free < PLENTY:
                removal.result()

    def _warm_parent(self) -> WarmParent:
        if self._warm and not self._can_use(self._warm):
            self._close_warm()
        if self._warm is None:
            self._warm = WarmParent(self._kernel_arguments, self._enclosure)
        if self._warm is not self._prepared:
            self._load(self._libraries)
            self._warm.read(self._released_code)
            self._prepared = self._warm
        return self._warm

    def _warm_with_core(self, warm: WarmParent) -> WarmParent:
        """A clone of the warm parent that finds, and has imported, the package which all share.

        Another one, since the next assignment has another package. It is imported beforehand where
        it is this tool's own: others may open files, draw numbers or make locks meanwhile.
        """
        if self._with_core and (self._with_core[0] is not warm or not self._with_core[1].is_alive):
            self._close_with_core()
        if self._with_core is None:
            clone = WarmParent(like=warm)
            self._with_core = warm, clone
            clone.find_in(self._shared_core)
            if comes_with_this_tool(self.assignment.core):
                found = imported_modules(self._released_code)
                clone.load({m: found[m] for m in found if m.partition(".")[0] == "tinytorch"})
        return self._with_core[1]

    def _load(self, libraries: dict[str, set[str]]) -> None:
        """Have libraries loaded, or as many as runs can't tell from an import of their own."""
        self._warm.load(libraries)
        try:
            clash, loud = self._warm.stands_in_the_way(self._own_modules)
        except RunDied:
            clash, loud = True, set()
        if clash or loud:
            self._close_warm()
            self._warm = WarmParent(self._kernel_arguments, self._enclosure)
            fit = {name: libraries[name] for name in libraries if not clash and name not in loud}
            if fit:
                self._load(fit)

    def _can_use(self, warm: WarmParent) -> bool:
        return warm.is_alive and warm.arguments == self._kernel_arguments

    @cached_property
    def _kernel_arguments(self) -> list[str]:
        return kernel_arguments(self._converter)

    @cached_property
    def _released_code(self) -> list[str]:
        cells = [cell for nb in self.assignment.released.values() for cell in nb["cells"]]
        return [source_of(cell) for cell in cells if cell["cell_type"] == "code"]

    @cached_property
    def _restored_code(self) -> list[str]:
        """The cells that are put back as they were before they were released."""
        cells = [
            cell for record in self.assignment.notebooks.values() for cell in record.source_cells
        ]
        return [cell.source for cell in cells if cell.cell_type == "code"]

    @cached_property
    def _cells_of_all(self) -> frozenset[str]:
        """The cells that every submission has, word for word."""
        return frozenset((*self._released_code, *self._restored_code))

    @cached_property
    def _libraries(self) -> dict[str, set[str]]:
        """What every submission imports and may be loaded beforehand."""
        own = [f.decode("utf-8", "replace") for n, f in self._own_files if n.endswith(".py")]
        modules = imported_modules([*self._released_code, *own])
        fit = KNOWN - self._own_modules
        return ALWAYS | {name: modules[name] for name in modules if name.partition(".")[0] in fit}

    @cached_property
    def _core(self) -> dict[str, bytes]:
        """The package that submissions import, and its bytecode, which each would else make."""
        with tempfile.TemporaryDirectory(prefix="tinytorch-core-") as name:
            folder = Path(name)
            write_files(folder, self.assignment.core or {})
            mode = py_compile.PycInvalidationMode.CHECKED_HASH  # good in any folder, at any time
            compileall.compile_dir(folder, quiet=2, invalidation_mode=mode)
            files = [path for path in folder.rglob("*") if path.is_file()]
            return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}

    @cached_property
    def _own_modules(self) -> set[str]:
        code = [Path(name) for name, _ in self._own_files if name.endswith((".py", ".so", ".pyc"))]
        return {part.partition(".")[0] for path in code for part in path.parts}

    @property
    def _own_files(self) -> list[tuple[str, bytes]]:
        """The course's own code, which is no library to be loaded beforehand."""
        return [*self.assignment.support.items(), *(self.assignment.core or {}).items()]

    @cached_property
    def _adds_missing_cells(self) -> bool:
        return adds_missing_cells(self._converter)


class _Bench:
    """Where a submission is run: its working directory, and what it may import."""

    def __init__(self, scratch: Path, assignment: Assignment, enclosure: Enclosure):
        self.scratch, self.temporary = scratch, scratch / "tmp"
        # By default a package of its own: what one submission does to it, no other sees.
        self.work, self.core = scratch / assignment.name, scratch / "earlier"
        self.tests: Path | None = None  # the scratch of the tests, where these run apart
        self._has_core = assignment.core is not None
        self._enclosure = enclosure

    @property
    def path(self) -> tuple[str, ...]:
        """In front of `sys.path`."""
        return (str(self.core),) if self._has_core else ()

    @property
    def environment(self) -> dict[str, str]:
        inside = map(self._enclosure.inside, self.path)
        path = os.pathsep.join(filter(None, [*inside, os.environ.get("PYTHONPATH")]))
        found = GRADED | self._enclosure.environment_of(self.scratch)
        return found | ({"PYTHONPATH": path} if path else {})


_remover: Executor | None = None


def finish_removals() -> None:
    """Wait until the folders of all runs are gone."""
    global _remover
    if _remover:
        _remover.shutdown()
        _remover = None


def read_left(folder: Path) -> dict[str, bytes]:
    """What a run has left in its folder, but for notebooks and for what is no file."""
    files, total = {}, 0
    for path in files_of(folder) if not folder.is_symlink() else ():
        if path.suffix == ".ipynb":
            continue
        total += path.lstat().st_size  # before it is read: a file without content may be large
        data = read_file(path) if total < intake.MAX_BYTES else None
        if data is not None:
            files[path.relative_to(folder).as_posix()] = data
    return files
