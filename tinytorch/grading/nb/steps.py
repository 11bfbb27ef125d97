"""nbgrader's own preprocessors, freed from the gradebook and from the kernel.

A worker has no gradebook: it must run on another machine too. So these subclasses read from the
record of the assignment that came with the work, and write on a sheet that goes back. What they
do to a notebook, and how a cell is scored, is nbgrader's code.
"""

from __future__ import annotations

import base64
import json
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime
from types import SimpleNamespace
from typing import ClassVar

from tinytorch.grading import ToolFault
from tinytorch.grading.cells import grade_id_of, is_test
from tinytorch.grading.nb.kernels import why_kernel
from tinytorch.grading.nb.quiet import QuietExecute
from tinytorch.grading.nb.records import NotebookRecord, ScoreSheet
from tinytorch.grading.run.environment import environment
from tinytorch.grading.run.preload import read_cell
from tinytorch.grading.run.process import Run, RunDied, RunSilent
from tinytorch.grading.run.warm.apart.names import Given
from tinytorch.slow_imports import without_rfc3987

with without_rfc3987():
    from IPython.utils.path import compress_user
    from nbclient.client import timestamp
    from nbclient.exceptions import CellExecutionComplete, CellTimeoutError, DeadKernelError
    from nbclient.output_widget import OutputWidget
    from nbgrader.api import MissingEntry
    from nbgrader.nbgraderformat import MetadataValidator, ValidationError
    from nbgrader.preprocessors import (
        AssignLatePenalties,
        CheckCellMetadata,
        Execute,
        NbGraderPreprocessor,
        OverwriteCells,
        OverwriteKernelspec,
        SaveAutoGrades,
    )

HISTORY = "--HistoryManager.hist_file"


class Work:
    """What the steps need to know of the notebook at hand, and where they leave their results."""

    def __init__(
        self,
        record: NotebookRecord,
        start: Callable[[int | None], Run],
        environment: dict[str, str],
        moved: dict[str, str],
        known: Collection[str] = (),
        given: Given | None = None,
    ):
        self.record, self.start, self.environment = record, start, environment
        self.moved = moved  # folders of the run, and what outputs are to say in their place
        self.known = known  # cells that every submission has
        self.sheet = ScoreSheet()
        self._given = given  # where tests run apart from the student's code
        self._tests = {cell.name: cell.source for cell in record.source_cells}

    def is_for_tests(self, cell) -> bool:
        """Whether a cell runs where the tests do: the instructor's, word for word."""
        if self._given is None:
            return False
        is_own = is_test(cell) and self._tests.get(grade_id_of(cell)) == cell.source
        return is_own or self._given.is_of_tools(cell.source)


class RestoreKernelspec(OverwriteKernelspec):
    """OverwriteKernelspec, from the record."""

    def __init__(self, work: Work, **settings):
        super().__init__(**settings)
        self._record = work.record

    def preprocess(self, nb, resources):
        kernelspec = json.loads(self._record.kernelspec or "null")
        if kernelspec:
            nb.metadata["kernelspec"] = kernelspec
        return nb, resources


class RestoreCells(OverwriteCells):
    """OverwriteCells, from the record."""

    def __init__(self, work: Work, **settings):
        super().__init__(**settings)
        self.gradebook = _RecordReader(work.record)

    def preprocess(self, nb, resources):
        self.notebook_id = resources["nbgrader"]["notebook"]
        self.assignment_id = resources["nbgrader"]["assignment"]
        nb, resources = NbGraderPreprocessor.preprocess(self, nb, resources)
        if self.add_missing_cells:
            nb, resources = self.add_missing_grade_cells(nb, resources)
            nb, resources = self.add_missing_task_cells(nb, resources)
        return nb, resources


class CheckMetadata(CheckCellMetadata):
    """CheckCellMetadata, which looks at the same metadata in a thousand notebooks only once."""

    def __init__(self, work: Work, **settings):
        super().__init__(**settings)

    def preprocess(self, nb, resources):
        try:
            _Validator().validate_nb(nb)
        except ValidationError as error:
            reason = f"the nbgrader metadata may be corrupted: {error.message}"
            raise ValidationError(reason) from error
        return nb, resources


class _Validator(MetadataValidator):
    sound: ClassVar[set[str]] = set()

    def validate_cell(self, cell) -> None:
        seen = json.dumps([cell.cell_type, cell.metadata.get("nbgrader")], sort_keys=True)
        if seen not in self.sound:
            super().validate_cell(cell)
            self.sound.add(seen)


class FillSheet(SaveAutoGrades):
    """SaveAutoGrades, onto the sheet."""

    def __init__(self, work: Work, **settings):
        super().__init__(**settings)
        self.gradebook = _SheetWriter(work)

    def preprocess(self, nb, resources):
        self.notebook_id = resources["nbgrader"]["notebook"]
        self.assignment_id = resources["nbgrader"]["assignment"]
        self.student_id = resources["nbgrader"]["student"]
        nb, resources = NbGraderPreprocessor.preprocess(self, nb, resources)
        self.gradebook.finish()
        return nb, resources


class AskForLatePenalty(AssignLatePenalties):
    """AssignLatePenalties, left to the coordinator: it needs to know of marks by hand."""

    def __init__(self, work: Work, **settings):
        super().__init__(**settings)
        self._sheet = work.sheet

    def preprocess(self, nb, resources):
        self._sheet.late_penalty = True
        return nb, resources


class UnheardOutput(OutputWidget):
    """An ipywidgets Output that gathers what it shows, and tells the kernel's half nothing of it.

    A fork takes cells alone, so a later cell that reads `outputs` of the widget finds it empty.
    """

    def send(self, data=None, metadata=None, buffers=None) -> None:
        pass


class RunCells(QuietExecute):
    """Execute, in a fork of a warm process where the kernel is ours; else with a kernel.

    Messages from the fork are processed by nbclient, as those of a kernel are.
    """

    def __init__(self, work: Work, **settings):
        super().__init__(**settings)
        self._work = work

    def preprocess(self, nb, resources=None, km=None):
        if why_kernel(self, nb):  # the course's own doing, and only where walls aren't wanted
            with environment(**self._work.environment):
                return super().preprocess(nb, resources, km)
        self.nb, self.resources = nb, resources
        self.reset_execution_trackers()
        self.widget_registry = {"@jupyter-widgets/output": {"OutputModel": UnheardOutput}}
        with self._start(nb) as run:
            nb.metadata["language_info"] = run.language_info
            for index, cell in enumerate(nb.cells):
                self._run_cell(run, cell, index)
        self.set_widgets_metadata()
        return nb, resources

    def _start(self, nb) -> Run:
        cells = sum(cell.cell_type == "code" for cell in nb.cells)
        try:
            return self._work.start(self.timeout and self.timeout * (cells + 3) + 60)
        except (RunDied, RunSilent) as error:
            raise ToolFault(f"no run could be started: {error or 'it hangs'}") from error

    def _run_cell(self, run: Run, cell, index: int) -> None:
        """What nbclient's async_execute_cell does, for a fork."""
        if cell.cell_type != "code" or not cell.source.strip():
            return
        if self.skip_cells_with_tag in cell.metadata.get("tags", []):
            return
        if self.record_timing:
            cell.metadata["execution"] = {}
        stop = not (self.allow_errors and not self.force_raise_errors)
        apart = {"is_test": True} if self._work.is_for_tests(cell) else {}
        known = read_cell(cell.source) if cell.source in self._work.known else None
        try:
            run.send(str(index), _request(cell.source, stop_on_error=stop), known=known, **apart)
        except RunDied as error:
            raise DeadKernelError("Kernel died") from error
        self.code_cells_executed += 1
        cell.outputs, self.clear_before_next_output = [], False
        hooks = self.output_hook_stack
        if apart:  # no widget of the student's takes what a test says
            self.output_hook_stack = defaultdict(list)
        try:
            reply = self._reply(run, cell, index)
        finally:
            self.output_hook_stack = hooks
        self.on_cell_executed(cell=cell, cell_index=index, execute_reply=reply)
        self._move_paths(cell)
        _complete(self._check_raise_for_error(cell, index, reply))

    def _reply(self, run: Run, cell, index: int) -> dict:
        """Take the cell's outputs until the kernel is idle; interrupt it when its time is up."""
        timeout, reply = self._get_timeout(cell), None
        deadline = timeout and time.monotonic() + timeout
        interrupted = False
        while True:
            try:
                message = run.next_message(deadline and max(0.0, deadline - time.monotonic()))
            except RunDied as error:
                raise DeadKernelError("Kernel died") from error
            except RunSilent:
                if interrupted or not self.interrupt_on_timeout:
                    raise CellTimeoutError.error_from_timeout_and_cell(
                        "Cell execution timed out", timeout, cell
                    ) from None
                run.interrupt()
                interrupted = True
                deadline = time.monotonic() + self.iopub_timeout
                if self.error_on_timeout:
                    reply = {"content": {**self.error_on_timeout, "status": "error"}}
                continue
            if message["parent"] != str(index):
                continue  # from a thread or task that an earlier cell has left behind
            if message["type"] == "execute_reply":
                reply = reply or self._timed(message, cell)
                continue
            try:
                self.process_message(_as_jupyter(message), cell, index)
            except CellExecutionComplete:
                if reply is not None:
                    return reply

    def _move_paths(self, cell) -> None:
        """Let outputs name no folder that is gone when they are read."""
        for here, there in self._work.moved.items():
            for output in cell.outputs:
                if output.output_type == "stream":
                    output.text = output.text.replace(here, there)
                elif output.output_type == "error":
                    short = compress_user(there)  # as IPython writes it
                    output.traceback = [line.replace(here, short) for line in output.traceback]

    def _timed(self, message: dict, cell) -> dict:
        reply = _as_jupyter(message)
        if self.record_timing:
            cell.metadata["execution"]["shell.execute_reply"] = timestamp(reply)
        return reply


# The steps that take the place of nbgrader's; all others are used as they are.
INSTEAD = {
    OverwriteKernelspec: RestoreKernelspec,
    OverwriteCells: RestoreCells,
    CheckCellMetadata: CheckMetadata,
    Execute: RunCells,
    SaveAutoGrades: FillSheet,
    AssignLatePenalties: AskForLatePenalty,
}


def kernel_arguments(converter=None) -> list[str]:
    """The arguments that nbclient gives a kernel, in a course with such an Autograde, or in any."""
    execute = Execute(parent=converter)
    arguments = list(execute.extra_arguments)
    if not any(argument.startswith(HISTORY) for argument in arguments):
        arguments.append(f"{HISTORY}={execute.ipython_hist_file}")
    return arguments


class _RecordReader:
    """What OverwriteCells asks a gradebook for."""

    def __init__(self, record: NotebookRecord):
        self._record = record
        self._source = {cell.name: cell for cell in record.source_cells}
        self._graded = {cell.name: cell for cell in (*record.task_cells, *record.grade_cells)}

    def find_notebook(self, *_) -> NotebookRecord:
        return self._record

    def find_source_cell(self, name: str, *_):
        return self._find(self._source, name)

    def find_graded_cell(self, name: str, *_):
        return self._find(self._graded, name)

    def _find(self, cells: dict, name: str):
        if name not in cells:
            raise MissingEntry(f"No such cell: {self._record.name}/{name}")
        return cells[name]


class _SheetWriter:
    """What SaveAutoGrades asks a gradebook for: rows, which end up on the sheet."""

    def __init__(self, work: Work):
        self._sheet, record = work.sheet, work.record
        self._grades = {cell.name for cell in (*record.grade_cells, *record.task_cells)}
        self._comments = {cell.name for cell in (*record.solution_cells, *record.task_cells)}
        self._rows: dict[tuple[str, str], SimpleNamespace] = {}
        self.db = SimpleNamespace(commit=lambda: None)

    def find_grade(self, name: str, *_) -> SimpleNamespace:
        if name not in self._grades:
            raise MissingEntry(f"No such grade: {name}")
        return self._rows.setdefault(("grade", name), SimpleNamespace(manual_score=None))

    def find_comment(self, name: str, *_) -> SimpleNamespace:
        if name not in self._comments:
            raise MissingEntry(f"No such comment: {name}")
        return self._rows.setdefault(("comment", name), SimpleNamespace())

    def finish(self) -> None:
        for (kind, name), row in self._rows.items():
            if kind == "grade":
                self._sheet.auto_scores[name] = row.auto_score
            else:
                self._sheet.auto_comments[name] = row.auto_comment


def _request(code: str, *, stop_on_error: bool) -> dict:
    return {
        "code": code,
        "silent": False,
        "store_history": True,
        "user_expressions": {},
        "allow_stdin": False,
        "stop_on_error": stop_on_error,
    }


def _as_jupyter(message: dict) -> dict:
    """A message as jupyter_client would hand it to nbclient."""
    header = {"msg_type": message["type"], "date": datetime.fromisoformat(message["date"])}
    return {
        "msg_type": message["type"],
        "header": header,
        "parent_header": {"msg_id": message["parent"]},
        "content": message["content"],
        "metadata": {},
        "buffers": [base64.b64decode(buffer) for buffer in message["buffers"]],
    }


def _complete(coroutine) -> None:
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise RuntimeError("nbclient waits where nothing is to wait for")
