"""Workers on this machine: processes that are fed one submission after another."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import send_handle
from pathlib import Path
from typing import Protocol

from tinytorch.errors import TinyTorchError
from tinytorch.grading.run.walls import Walls
from tinytorch.grading.work.messages import (
    Assignment,
    Failed,
    FeedbackCourse,
    Graded,
    Task,
    Verdict,
)

STARTER = "tinytorch.grading.work.starter"
START = 120.0  # seconds within which a worker must be there
LOOK = 5.0  # seconds after which workers that say nothing are looked at
NO_PROCESS = "no grading process can be started: what it said stands above"
CLEAR = 120.0  # seconds for what runs have left to be removed: there may be a lot
Answer = tuple[Task, Graded | Failed | None]
DIED = Failed(
    "the grading process ended twice with this submission: is there memory enough?", lasting=False
)


class NoProcess(TinyTorchError):
    """No grading process can be started, or none that could grade."""


class Pool(Protocol):
    """Whatever grades."""

    @property
    def verdict(self) -> Verdict:
        """What the self-check found where the tasks will be done."""

    def run(self, tasks: Iterable[Task]) -> Iterator[Answer]:
        """Grade the tasks and give the answers as they come. A task is taken when it is wanted."""


class LocalPool:
    """A few worker processes. One that dies is replaced, and what it held is tried once more.

    Args:
        workers: how many; by default as many as there are cores.
        walls: those around notebooks; None where their work is not to run any.
    """

    def __init__(self, workers: int | None = None, walls: Walls | None = None):
        self._size, self._walls = workers or os.cpu_count() or 1, walls
        self._workers: list[_Worker] = []
        self._starter: _Starter | None = None

    def run(self, tasks: Iterable[Task]) -> Iterator[Answer]:
        """Grade the tasks and give the answers as they come. A task is taken when it is wanted."""
        tasks, tried = iter(tasks), []
        for task in islice(tasks, self._size):
            self._hire(task)
        while busy := {worker.connection: worker for worker in self._workers}:
            ready = wait(list(busy), LOOK)
            if not ready:
                for worker in busy.values():
                    worker.end_if_stopped()
            for connection in ready:
                worker = busy[connection]
                task, answer = worker.take_answer()
                if answer is DIED:
                    self._dismiss(worker)
                    if not any(task is one for one in tried):
                        tried.append(task)
                        self._hire(task)
                        continue
                # Somebody goes on before the answer is dealt with.
                following = next(tasks, None)
                if following is None:
                    self._dismiss(worker)
                elif answer is DIED:
                    self._hire(following)
                else:
                    worker.start(following)
                yield task, answer

    def _hire(self, task: Task) -> None:
        """Set a new worker to work on a task.

        Raises:
            NoProcess: no process can be started.
        """
        for _ in range(2):
            try:
                worker = _Worker(*self._starter.fork(task.context), task.context.key)
            except (EOFError, OSError):  # it was killed or hangs, and its workers with it
                self._restart()
            else:
                worker.start(task)
                self._workers.append(worker)
                return
        raise NoProcess(NO_PROCESS)

    @cached_property
    def verdict(self) -> Verdict:
        """What the self-check found. It is there as soon as a worker could be.

        Raises:
            NoProcess: no process can be started.
        """
        for _ in range(2):
            try:
                return self._starter.verdict
            except (EOFError, OSError):
                self._restart()
        raise NoProcess(NO_PROCESS)

    def _restart(self) -> None:
        self._starter.close()
        self._starter = _Starter(self._walls)

    def _dismiss(self, worker: _Worker) -> None:
        worker.close()
        self._workers.remove(worker)

    def close(self) -> None:
        for worker in list(self._workers):
            self._dismiss(worker)
        if self._starter:
            self._starter.close()
            self._starter = None

    def __enter__(self) -> LocalPool:
        # It takes a second to load; meanwhile the first task is made ready.
        self._starter = _Starter(self._walls)
        return self

    def __exit__(self, *_) -> None:
        self.close()


class _Starter:
    """The process from which workers are forked: see starter.py."""

    def __init__(self, walls: Walls | None):
        ours, theirs = socket.socketpair()
        warm = [walls.as_json()] if walls else []
        with theirs:
            self._process = subprocess.Popen(
                # -P: the course's own folder may hold a package of our name.
                [sys.executable, "-P", "-m", STARTER, str(theirs.fileno()), *warm],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C in a terminal goes to the coordinator alone
            )
        self._control = Connection(ours.detach())

    @cached_property
    def verdict(self) -> Verdict:
        """What the self-check found: the first that the process says."""
        if not self._control.poll(START):
            raise TimeoutError("the process that starts workers hangs")
        return self._control.recv()

    def fork(self, context: Assignment | FeedbackCourse) -> tuple[Connection, int]:
        """The connection to a new worker, whose first work is about `context`, and its id.

        Raises:
            NoProcess: the self-check says that it could do nothing.
        """
        if self.verdict.fault:
            raise NoProcess(self.verdict.fault)
        ours, theirs = socket.socketpair()
        with theirs, ours:
            self._control.send(context)
            send_handle(self._control, theirs.fileno(), self._process.pid)
            if not self._control.poll(START):
                raise TimeoutError("the process that starts workers hangs")
            return Connection(os.dup(ours.fileno())), self._control.recv()

    def close(self) -> None:
        """End the process, and with it whatever it has started."""
        self._control.close()
        end = time.monotonic() + CLEAR
        while time.monotonic() < end and not _is_stopped(self._process.pid):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(LOOK)
                return
        self._process.kill()
        self._process.wait()


class _Worker:
    """A worker process and what it is at."""

    def __init__(self, connection: Connection, pid: int, context: str):
        self.connection = connection
        self._pid, self._context = pid, context
        self._task: Task | None = None

    def start(self, task: Task) -> None:
        self._task = task
        try:
            if task.context.key != self._context:
                self.connection.send(task.context)
                self._context = task.context.key
            self.connection.send(task.item)
        except OSError:
            pass  # it died: its connection will say so

    def take_answer(self) -> Answer:
        """What came of the task: `DIED` where the worker died."""
        task, self._task = self._task, None
        try:
            return task, self.connection.recv()
        except (EOFError, OSError):
            return task, DIED

    def end_if_stopped(self) -> None:
        """Kill a worker that somebody has stopped, as by SIGSTOP: it would never answer."""
        if _is_stopped(self._pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    def close(self) -> None:
        """End the worker, and with it what it has started."""
        self.connection.close()
        if self._task:
            # The starter does not wait for it before the end, so that the id is still its own.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)


def _is_stopped(pid: int) -> bool:
    with contextlib.suppress(OSError, IndexError):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state in "Tt"
    return False
