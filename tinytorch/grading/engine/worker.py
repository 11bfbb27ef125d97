"""One submission, from bytes to rows and files: sanitised, run and scored.

A worker knows nothing of the gradebook and writes nothing outside its own temporary folder.
"""

from __future__ import annotations

import ast
import compileall
import contextlib
import os
import py_compile
import shutil
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property, partial
from multiprocessing.connection import Connection
from pathlib import Path

from tinytorch.grading import NotGraded, intake, stock
from tinytorch.grading.engine.pages import Printer
from tinytorch.grading.engine.parcels import (
    Assignment,
    Failed,
    FeedbackCourse,
    Graded,
    Page,
    Sheet,
    Submission,
)
from tinytorch.grading.engine.run import Run, RunDied, RunSpec, WarmParent
from tinytorch.grading.engine.second import Gain, Trial, with_notes
from tinytorch.grading.engine.steps import (
    INSTEAD,
    RunCells,
    RunMended,
    Work,
    kernel_arguments,
)
from tinytorch.grading.engine.thrift import thrift
from tinytorch.slow_imports import without_rfc3987

with without_rfc3987():
    import nbformat
    from nbconvert.exporters.exporter import ResourcesDict
    from nbgrader.preprocessors import Execute, OverwriteCells
    from traitlets.utils.importstring import import_item

# A cell may import these by names that no parser sees; the rest is read from the course.
ALWAYS: dict[str, set[str]] = {"numpy.random": set()}
# What may be loaded before any cell runs: importing these does nothing but load them. Others may
# draw numbers, start threads, set filters, styles or seeds: each run imports them for itself.
KNOWN = sys.stdlib_module_names - {"antigravity"} | {
    "IPython", "PIL", "joblib", "matplotlib", "mpl_toolkits", "networkx", "numpy", "pandas",
    "requests", "scipy", "sklearn", "sympy", "tinytorch", "torch", "tqdm",
}  # fmt: skip
PLENTY = 2**30  # bytes left on the disk with which the next submission surely does


class Grader:
    """Grades submissions of one assignment, one at a time."""

    def __init__(self, assignment: Assignment, warm: WarmParent | None = None):
        """Begin with an assignment, and with the warm parent that graded the one before."""
        self.assignment = assignment
        settings = {} if assignment.timeout is None else {"timeout": assignment.timeout}
        self._converter = stock.autograde_converter(assignment.root, assignment.config, settings)
        self._warm = warm
        self._prepared: WarmParent | None = None  # the one that knows of this assignment

    def grade(self, submission: Submission) -> Graded | Failed:
        """Grade a submission, whatever is wrong with it."""
        began = time.monotonic()
        try:
            with warnings.catch_warnings(action="ignore"), _run_folder() as folder:
                answer = self._grade(submission, folder)
        except NotGraded as error:
            answer = Failed(str(error))
        except Exception as error:  # nbgrader's, nbclient's, the disk's: none costs the others
            answer = Failed(stock.reason_of(error))
        return replace(answer, seconds=round(time.monotonic() - began, 3))

    def hand_over(self) -> WarmParent | None:
        """The warm parent, for another assignment."""
        warm, self._warm = self._warm, None
        return warm

    def twin(self) -> WarmParent:
        """Another warm parent like this grader's, for this grader in another process."""
        return WarmParent(like=self._warm_parent())

    def take_over(self, warm: WarmParent | None) -> None:
        """Work with another warm parent from now on, in a process forked from the first one's."""
        if self._warm:
            self._warm.forget()
        self._warm = warm
        self._prepared = warm

    def close(self) -> None:
        if self._warm:
            self._warm.close()
            self._warm = None

    def _grade(self, submission: Submission, folder: Path) -> Graded:
        notebooks, repairs = intake.unpack(
            submission.files, self.assignment.released, put_back=self._adds_missing_cells
        )
        bench, sheets = self._bench(submission, folder), {}
        for name in sorted(notebooks):
            text, sheets[name] = self._grade_notebook(submission, bench, name, notebooks[name])
            (bench.work / f"{name}.ipynb").write_text(text, encoding="utf-8")
        files = _read_files(bench.work, sheets)
        for name, sheet in sheets.items():
            gains = self._try_again(submission, folder / "again", name, notebooks[name], sheet)
            if gains:
                sheet.auto_scores |= {test: gain.score for test, gain in gains.items()}
                files[f"{name}.ipynb"] = with_notes(files[f"{name}.ipynb"], gains)
        return Graded(sheets, files, tuple(repairs))

    def _try_again(
        self, submission: Submission, folder: Path, name: str, notebook: dict, first: Sheet
    ) -> dict[str, Gain]:
        """What tests gain in a second run, where there is anything to gain: see second.py."""
        exercises = self.assignment.exercises.get(name, ())
        trial = Trial(exercises, self.assignment.notebooks[name], first)
        if not trial.is_needed:
            return {}
        try:
            bench, execute = self._bench(submission, folder / name), partial(RunMended, trial)
            _, second = self._grade_notebook(submission, bench, name, notebook, execute)
        except Exception:  # it died, or could not be interrupted: the first results stand
            return {}
        return trial.gains(second)

    def _bench(self, submission: Submission, folder: Path) -> _Bench:
        bench = _Bench(folder / self.assignment.name, folder / "earlier", self.assignment)
        beside = {n: data for n, data in submission.files.items() if not n.endswith(".ipynb")}
        intake.write_files(bench.work, beside | self.assignment.support)
        intake.write_files(bench.core, self._core)
        return bench

    def _grade_notebook(
        self,
        submission: Submission,
        bench: _Bench,
        name: str,
        notebook: dict,
        execute: Callable[..., RunCells] = RunCells,
    ) -> tuple[str, Sheet]:
        """nbgrader's two passes over a notebook in one: sanitise it, then run and score it."""

        def start(cpu_seconds: int | None) -> Run:
            return self._start(bench, cpu_seconds)

        record, place = self.assignment.notebooks[name], submission.place
        # nbgrader would have run it in its place; tinytorch/… is enough of a path for a student.
        moved = {f"{bench.core}/": ""} | ({str(bench.work): place} if place else {})
        work = Work(record, start, bench.environment, moved)
        resources = _resources(name, submission.student, self.assignment.name, bench.work)
        converter = self._converter
        exporter = converter.exporter_class(parent=converter, config=converter.config)
        exporter.optimistic_validation = True  # once, after all steps
        steps = INSTEAD | {Execute: execute}
        for step in (*converter.sanitize_preprocessors, *converter.autograde_preprocessors):
            instead = steps.get(_class_of(step))
            exporter.register_preprocessor(instead(work, parent=exporter) if instead else step)
        node = nbformat.from_dict(notebook)
        with thrift():
            text, _ = exporter.from_notebook_node(node, resources)
        return text if text.endswith("\n") else text + "\n", work.sheet

    def _start(self, bench: _Bench, cpu_seconds: int | None) -> Run:
        limits = self.assignment.limits.with_cpu(cpu_seconds)
        spec = RunSpec(bench.work, bench.path, bench.environment, limits)
        try:
            return self._warm_parent().start(spec)
        except RunDied:
            # The next submission must not suffer from whatever has become of this process.
            self.close()
            raise

    def _warm_parent(self) -> WarmParent:
        if self._warm and not self._can_use(self._warm):
            self.close()
        if self._warm is None:
            self._warm = WarmParent(self._kernel_arguments)
        if self._warm is not self._prepared:
            self._load(self._libraries)
            self._warm.read(self._released_code)
            self._warm.expect([*self._released_code, *self._restored_code])
            self._prepared = self._warm
        return self._warm

    def _load(self, libraries: dict[str, set[str]]) -> None:
        """Have libraries loaded, or as many as runs can't tell from an import of their own."""
        self._warm.load(libraries)
        try:
            clash, loud = self._warm.stands_in_the_way(self._own_modules)
        except RunDied:
            clash, loud = True, set()
        if clash or loud:
            self.close()
            self._warm = WarmParent(self._kernel_arguments)
            fit = {name: libraries[name] for name in libraries if not clash and name not in loud}
            if fit:
                self._load(fit)

    def _can_use(self, warm: WarmParent) -> bool:
        return warm.is_alive and warm.arguments == self._kernel_arguments

    @cached_property
    def _kernel_arguments(self) -> list[str]:
        return kernel_arguments(Execute(parent=self._converter))

    @cached_property
    def _released_code(self) -> list[str]:
        cells = [cell for nb in self.assignment.released.values() for cell in nb["cells"]]
        return [_text(cell["source"]) for cell in cells if cell["cell_type"] == "code"]

    @cached_property
    def _restored_code(self) -> list[str]:
        """The cells that are put back as they were before they were released."""
        cells = [
            cell for record in self.assignment.notebooks.values() for cell in record.source_cells
        ]
        return [cell.source for cell in cells if cell.cell_type == "code"]

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
            intake.write_files(folder, self.assignment.core or {})
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
        return OverwriteCells(parent=self._converter).add_missing_cells


class _Bench:
    """Where a submission is run: its working directory, and what it may import."""

    def __init__(self, work: Path, core: Path, assignment: Assignment):
        self.work, self.core = work, core
        # A package of its own for each run: what one submission does to it, no other sees.
        self.path = (str(core),) if assignment.core is not None else ()

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join(filter(None, [*self.path, os.environ.get("PYTHONPATH")]))
        return {"NBGRADER_EXECUTION": "autograde"} | ({"PYTHONPATH": path} if path else {})


# --- A worker as a function, and serving a pool -----------------------------------------------


Context = Assignment | FeedbackCourse
_grader: Grader | None = None  # of the assignment at hand
_printer: Printer | None = None
_remover: Executor | None = None
_one_at_a_time = threading.Lock()  # Dask may give a worker more threads than it should have


def grade(assignment: Assignment, submission: Submission) -> Graded | Failed:
    """Grade a submission; what the assignment needs stays warm for the next one."""
    with _one_at_a_time:
        try:
            grader = grader_of(assignment)
        except Exception as error:  # the course can't be read here: on this machine, or now
            return Failed(stock.reason_of(error), lasting=False)
        return grader.grade(submission)


def prepare(context: Context, warm: WarmParent | None) -> WarmParent | None:
    """Get ready for a piece of work, as far as it is the same for all of its kind.

    Args:
        warm: a warm parent for the first grader.

    Returns:
        Another warm parent, for the grader in a process that is forked from this one.
    """
    global _printer
    if isinstance(context, FeedbackCourse):
        _printer = _printer or Printer(context)
        return None
    with contextlib.suppress(Exception):  # the worker will meet it again, and tell of it
        return grader_of(context, warm).twin()
    return None


def take_over(warm: WarmParent | None) -> None:
    """Begin in a process that was forked from the one that got ready."""
    if _grader:
        _grader.take_over(warm)


def grader_of(assignment: Assignment, warm: WarmParent | None = None) -> Grader:
    """The grader of an assignment; the first one begins with `warm`."""
    global _grader
    if _grader is None or _grader.assignment.key != assignment.key:
        before, _grader = _grader, None
        _grader = Grader(assignment, before.hand_over() if before else warm)
    return _grader


def close_grader() -> None:
    global _grader, _remover
    if _grader:
        _grader.close()
        _grader = None
    if _remover:
        _remover.shutdown()
        _remover = None


def serve(connection: Connection, context: Context) -> None:
    """Do one piece of work after the other, and send the answers back."""
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            parcel = connection.recv()
            if isinstance(parcel, Submission):
                connection.send(grade(context, parcel))
            elif isinstance(parcel, Page):
                connection.send(_printer.write(parcel))
            else:
                context = parcel


@contextlib.contextmanager
def _run_folder() -> Iterator[Path]:
    """A folder that is removed while the next submission is graded: the disk takes its time.

    Where the next submission may need the room, it is removed at once.
    """
    global _remover
    _remover = _remover or ThreadPoolExecutor(1)
    folder = Path(tempfile.mkdtemp(prefix="tinytorch-run-")).resolve()
    try:
        yield folder
    finally:
        removal = _remover.submit(shutil.rmtree, folder, ignore_errors=True)
        if shutil.disk_usage(folder.parent).free < PLENTY:
            removal.result()


# --- Small helpers ------------------------------------------------------------------------


def _resources(name: str, student: str, assignment: str, folder: Path) -> ResourcesDict:
    """What nbgrader tells its steps about a notebook."""
    resources = ResourcesDict()
    resources["metadata"] = ResourcesDict(name=name, path=str(folder))
    resources["unique_key"] = name
    resources["output_files_dir"] = f"{name}_files"
    resources["nbgrader"] = {"student": student, "assignment": assignment, "notebook": name}
    return resources


def _read_files(folder: Path, notebooks: Iterable[str]) -> dict[str, bytes]:
    """What lies in the folder after the run, without notebooks that nobody asked for."""
    wanted = {f"{name}.ipynb" for name in notebooks}
    files, total = {}, 0
    for path in intake.files_of(folder):
        name = path.relative_to(folder).as_posix()
        total += path.stat().st_size
        if name in wanted or (path.suffix != ".ipynb" and total < intake.MAX_BYTES):
            files[name] = path.read_bytes()
    return files


def imported_modules(sources: Iterable[str]) -> dict[str, set[str]]:
    """What running the sources imports by absolute names, in the order of its first import.

    What a function or class imports when it is called is left out, and what doesn't parse too.

    Returns:
        Of each module, what is imported from it.
    """
    found: dict[str, set[str]] = {}
    for source in sources:
        with contextlib.suppress(SyntaxError, ValueError):
            for node in ast.parse(source).body:
                if isinstance(node, ast.Import):
                    for alias in node.names:
                        found.setdefault(alias.name, set())
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = found.setdefault(node.module, set())
                    names |= {alias.name for alias in node.names if alias.name != "*"}
    found.pop("__future__", None)
    return found


def _text(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _class_of(step: type | str) -> type:
    return import_item(step) if isinstance(step, str) else step
