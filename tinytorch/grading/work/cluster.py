"""Workers on Dask's: the same work, on as many machines as its scheduler knows.

Submissions travel as bytes and so do the results; no folder is shared, and only the coordinator
writes. Each worker needs this package and one thread (`dask worker --nthreads 1 ADDRESS`): it
grades one submission at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice

from tinytorch.errors import UsageError
from tinytorch.grading.run.walls import NO_WALLS, Walls
from tinytorch.grading.work.messages import Failed, Task, Verdict
from tinytorch.grading.work.pool import DIED, Answer
from tinytorch.grading.work.worker import check, grade

AHEAD = 2  # tasks for each worker: one at work, one at hand
CONNECT = 10  # seconds


class ClusterPool:
    """A pool behind `dask.distributed`. What a lost worker held, Dask gives to another."""

    def __init__(self, scheduler: str = "", workers: int | None = None, walls: Walls = NO_WALLS):
        self._walls = walls
        from distributed import Client, LocalCluster

        self._cluster = None
        if not scheduler:
            self._cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,  # after Ctrl-C they would tell of nothing new
            )
        try:
            self._client = Client(scheduler or self._cluster, timeout=CONNECT)
        except (OSError, ValueError) as error:
            raise UsageError(f"no Dask scheduler answers at {scheduler}: {error}") from error

    def run(self, tasks: Iterable[Task]) -> Iterator[Answer]:
        """Grade the tasks and give the answers as they come. A task is taken when it is wanted."""
        from distributed import as_completed

        tasks, waiting = iter(tasks), {}
        done = as_completed(raise_errors=False)

        def send(task: Task) -> None:
            # Everything goes along each time: what was sent before may be lost with its worker.
            future = self._client.submit(grade, task.context, task.item, pure=False)
            waiting[future.key] = task
            done.add(future)

        for task in islice(tasks, AHEAD * self._size()):
            send(task)
        for future in done:
            task, answer = waiting.pop(future.key), _answer(future)
            future.release()  # else the cluster would keep all results till the end
            for more in islice(tasks, max(0, AHEAD * self._size() - len(waiting))):
                send(more)
            yield task, answer

    @cached_property
    def verdict(self) -> Verdict:
        """What the self-checks of all workers found that are there now."""
        checks = [
            self._client.submit(check, self._walls, workers=[address], pure=False)
            for address in self._client.nthreads()
        ]
        found = [_verdict(future) for future in checks]
        faults = [verdict.fault for verdict in found if verdict.fault]
        untested = dict.fromkeys(words for verdict in found for words in verdict.untested)
        return Verdict(faults[0] if faults else "", tuple(untested))

    def _size(self) -> int:
        return max(1, len(self._client.nthreads()))

    def close(self) -> None:
        self._client.close()
        if self._cluster:
            self._cluster.close()

    def __enter__(self) -> ClusterPool:
        return self

    def __exit__(self, *_) -> None:
        self.close()


def _verdict(future) -> Verdict:
    """A worker's verdict. One that is lost, or has no such package, is told with its tasks."""
    try:
        return future.result()
    except Exception:
        return Verdict()


def _answer(future):
    from distributed.scheduler import KilledWorker

    try:
        return future.result()
    except KilledWorker:
        return DIED
    except Exception as error:  # Dask's own, of the network or of a worker without this package
        reason = f"its Dask worker failed: {type(error).__name__}: {error}"[:300]
        return Failed(reason, lasting=False)
