"""A student's code and the tests of it, in two runs with a wire between them.

To who sends cells and takes messages it is one run. What the student's run shows while a test
runs is the test's: figures, what goes to the low-level output. Nothing else that it says then
counts: a result is worth points, and clearing the outputs would take the test's own away.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from tinytorch.grading.run.process import Run, RunDied, RunSilent, RunSpec, WarmParent
from tinytorch.grading.run.warm.apart.ends import STUDENT, TESTS

GRACE = 2.0  # seconds from the interruption of the student's code to that of the test itself
LAST_GRACE = 1.0  # seconds from the end of a test that was interrupted to that of a deaf student's
SHOWS = ("stream", "display_data", "update_display_data")


def start_pair(
    student: tuple[WarmParent, RunSpec], tests: tuple[WarmParent, RunSpec], given: Iterable[str]
) -> PairOfRuns:
    """Start two runs, each in its warm process, with a wire between them.

    Args:
        given: the released cells.

    Raises:
        RunDied: a process ended.
    """
    here, there = socket.socketpair()
    with here, there, contextlib.ExitStack() as started:
        runs = []
        for (warm, spec), role, wire in ((student, STUDENT, here), (tests, TESTS, there)):
            runs.append(warm.start(replace(spec, role=role, wire=wire)))
            started.callback(runs[-1].close)
        pair = PairOfRuns(*runs, given)
        started.pop_all()
    return pair


class PairOfRuns:
    """Two runs as one.

    Args:
        student: runs all cells but the tests.
        tests: runs these.
        given: the released cells.
    """

    def __init__(self, student: Run, tests: Run, given: Iterable[str]):
        self._student, self._tests = student, tests
        self.language_info = student.language_info
        self._is_test = self._is_served = False
        self._ended: dict | None = None  # the last message of a test, until the student's is here
        # When the test is interrupted, after the student's code; or that code is ended, after it.
        self._patient_until: float | None = None
        self._was_interrupted = False
        self._is_lost = False  # the student's run ended while a test asked it for something
        self._told: list[dict] = []  # of a cell that nobody is there to run
        tests.send("given", {}, given=[*given])
        self._drain(tests)

    @property
    def status(self) -> int | None:
        """That of the process of the student's code, once it has ended."""
        return self._student.status

    def __enter__(self) -> PairOfRuns:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def send(
        self, number: str, content: dict, *, known: dict | None = None, is_test: bool = False
    ) -> None:
        """Have a cell executed, by the one or the other. As for `Run`."""
        self._is_test, self._ended = is_test, None
        self._patient_until, self._was_interrupted = None, False
        if not is_test:
            if self._is_lost:
                self._told = _told_of_loss(number)
            else:
                self._student.send(number, content, known=known)
            return
        self._is_served = not self._is_lost
        with contextlib.suppress(RunDied):  # then the test says so
            if self._is_served:
                self._student.send(number, {}, serve=True)
        self._tests.send(number, content, known=known)

    def next_message(self, timeout: float | None) -> dict:
        """The next message of the cell, whichever run it comes from. As for `Run`."""
        if not self._is_test:
            return self._told.pop(0) if self._told else self._student.next_message(timeout)
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            if self._ended is not None and not self._is_served:
                ended, self._ended = self._ended, None  # once: who waits for more, waits in vain
                return ended
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            message = self._next_of_both(left)
            if message is not None:
                return message
            if left == 0:  # of the student's run there may be endless messages that don't count
                raise RunSilent

    def _next_of_both(self, timeout: float | None) -> dict | None:
        """A message to hand on; None if there is none in this one."""
        runs = [self._tests, *([self._student] if self._is_served else [])]
        run = next((run for run in runs if run.has_message), None)
        if run is None:
            sources = [source for each in runs for source in each.sources]
            ready = select.select(sources, [], [], self._patience(timeout))[0]
            if not ready:
                self._lose_patience(timeout)
                return None
            run = next(each for each in runs if set(each.sources) & set(ready))
        if run is self._student:
            return self._message_of_student()
        try:
            message = run.next_message(0)
        except RunSilent:
            return None
        if _is_end(message):
            self._ended = message
            if self._was_interrupted:
                self._patient_until = time.monotonic() + LAST_GRACE
            return None
        return message

    def _message_of_student(self) -> dict | None:
        try:
            message = self._student.next_message(0)
        except RunSilent:
            return None
        except RunDied:
            self._lose_student()  # the tests' end sees it too
            return None
        self._is_served = not _is_end(message)
        return message if message["type"] in SHOWS else None

    def _lose_student(self) -> None:
        """Go on without the student's run: what was earned so far stays."""
        self._is_served, self._is_lost = False, True
        self._student.close()

    def _patience(self, timeout: float | None) -> float | None:
        if self._patient_until is None:
            return timeout
        grace = max(0.0, self._patient_until - time.monotonic())
        return grace if timeout is None else min(grace, timeout)

    def _lose_patience(self, timeout: float | None) -> None:
        """Nothing came: end the test, if the student's code was interrupted in vain.

        And then that code itself.
        """
        if self._patient_until is not None and time.monotonic() >= self._patient_until:
            if self._ended is None:
                self._patient_until = None
                self._tests.interrupt()
            else:
                self._lose_student()
        elif timeout is not None:
            raise RunSilent

    def interrupt(self) -> None:
        """Interrupt the student's code, which a test waits for; a little later, the test."""
        self._student.interrupt()
        if self._is_test:
            self._patient_until, self._was_interrupted = time.monotonic() + GRACE, True

    def close(self) -> None:
        self._tests.close()
        self._student.close()

    def _drain(self, run: Run) -> None:
        while not _is_end(run.next_message(60)):
            pass


def _is_end(message: dict) -> bool:
    is_status = message["type"] == "status"
    return is_status and message["content"].get("execution_state") == "idle"


def _told_of_loss(number: str) -> list[dict]:
    """The messages of a cell that is not run, since the process of the student's code is gone."""
    why = "the process of the student's code ended in a test"
    error = {"ename": "RuntimeError", "evalue": why, "traceback": [f"RuntimeError: {why}"]}
    told = {
        "error": error,
        "execute_reply": {"status": "error", "execution_count": None, **error},
        "status": {"execution_state": "idle"},
    }
    date = datetime.now(UTC).isoformat()
    return [
        {"type": kind, "parent": number, "date": date, "content": content, "buffers": []}
        for kind, content in told.items()
    ]
