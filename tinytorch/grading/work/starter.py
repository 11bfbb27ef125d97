"""The process from which a pool's workers are forked, with all that they need.

What nbgrader brings along takes a second to import. Meanwhile a warm process for the runs, which
takes as long, is started by its side; so nothing of nbgrader is imported here before it is.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle

from tinytorch.grading.run.process import USUAL_ARGUMENTS, WarmParent, die_with_parent
from tinytorch.grading.run.walls import Enclosure, Walls
from tinytorch.grading.work.messages import Assignment, FeedbackCourse


def main() -> None:
    """Say what the self-check found, then fork workers until the pool hangs up.

    The pool says what the next worker's first piece of work is about, and hands over the socket
    that it is to serve. The words of the command are the pool's socket, and the walls where
    notebooks will be run.
    """
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the coordinator to handle
    control, workers = Connection(int(sys.argv[1])), []
    enclosure = Enclosure(Walls.from_json(sys.argv[2])) if sys.argv[2:] else None
    warm = WarmParent(USUAL_ARGUMENTS, enclosure) if enclosure else None
    from tinytorch.grading.work import selfcheck, worker

    with contextlib.suppress(EOFError, ConnectionError):
        control.send(selfcheck.check(warm) if warm else selfcheck.check_pages())
        while True:
            context = control.recv()
            descriptor = recv_handle(control)
            workers.append(fork(control, Connection(descriptor), context, warm))
            warm = None
            control.send(workers[-1])
    for pid in workers:  # not before: until now no process of another may have a worker's id
        os.waitpid(pid, 0)
    worker.close_grader()
    if warm:
        warm.close()
    if enclosure:
        enclosure.close()


def fork(
    control: Connection,
    connection: Connection,
    context: Assignment | FeedbackCourse,
    warm: WarmParent | None,
) -> int:
    """Fork a worker, and return its id. The first grader there is begins with `warm`."""
    from tinytorch.grading.work import worker

    clone = worker.prepare(context, warm)
    gc.freeze()  # what all workers share is no garbage of theirs
    pid = os.fork()
    if pid == 0:
        control.close()
        die_with_parent()
        worker.take_over(clone)
        worker.serve(connection, context)
        worker.close_grader()
        os._exit(0)
    connection.close()
    if clone:
        clone.forget()
    return pid


if __name__ == "__main__":
    main()
