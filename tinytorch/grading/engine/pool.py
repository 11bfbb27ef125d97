"""Workers on this machine: processes that are fed one submission after another."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection, wait

from tinytorch.grading.engine.parcels import Failed, Graded, Task

WORKER = "tinytorch.grading.engine.worker"
Answer = tuple[Task, Graded | Failed | None]
DIED = Failed(
    "the grading process ended twice with this submission: is there memory enough?", lasting=False
)


class LocalPool:
    """A few worker processes. One that dies is replaced, and what it held is tried once more."""

    def __init__(self, workers: int | None = None):
        self._size = workers or os.cpu_count() or 1
        self._workers: list[_Worker] = []

    def run(self, tasks: Iterable[Task]) -> Iterator[Answer]:
        """Grade the tasks and give the answers as they come. A task is taken when it is wanted."""
        tasks = iter(tasks)
        again: list[Task] = []
        tried: list[Task] = []

        def feed(worker: _Worker) -> None:
            task = again.pop() if again else next(tasks, None)
            if task is not None:
                worker.start(task)

        for worker in self._workers:
            feed(worker)
        while busy := {worker.connection: worker for worker in self._workers if worker.task}:
            for connection in wait(list(busy)):
                worker = busy[connection]
                task, answer = worker.take_answer()
                if answer is DIED:
                    worker = self._replace(worker)
                    if not any(task is one for one in tried):
                        tried.append(task)
                        again.append(task)
                        feed(worker)
                        continue
                # The worker goes on before its answer is dealt with.
                feed(worker)
                yield task, answer

    def _replace(self, worker: _Worker) -> _Worker:
        worker.close()
        new = _Worker()
        self._workers[self._workers.index(worker)] = new
        return new

    def close(self) -> None:
        for worker in self._workers:
            worker.close()
        self._workers.clear()

    def __enter__(self) -> LocalPool:
        # They take a second to load; meanwhile the first task is made ready.
        self._workers += [_Worker() for _ in range(self._size)]
        return self

    def __exit__(self, *_) -> None:
        self.close()


class _Worker:
    """A worker process and what it is at."""

    def __init__(self):
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                # -P: the course's own folder may hold a package of our name.
                [sys.executable, "-P", "-m", WORKER, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C in a terminal goes to the coordinator alone
            )
        self.connection = Connection(ours.detach())
        self.task: Task | None = None
        self._context = ""

    def start(self, task: Task) -> None:
        self.task = task
        try:
            if task.context.key != self._context:
                self.connection.send(task.context)
                self._context = task.context.key
            self.connection.send(task.item)
        except OSError:
            pass  # it died: its connection will say so

    def take_answer(self) -> Answer:
        """What came of the task: `DIED` where the worker died."""
        task, self.task = self.task, None
        try:
            return task, self.connection.recv()
        except (EOFError, OSError):
            return task, DIED

    def close(self) -> None:
        """End the worker, and with it what it has started."""
        self.connection.close()
        if self.task:
            self.process.kill()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
