"""A warm process that forks for each submission, and the fork, which runs cells as ipykernel does.

This package imports nothing of tinytorch and goes by another name where it runs: whatever is in
the process is in the reach of students' code, so it must not hold the answers, other submissions
or the gradebook. It is started by `run.process.WarmParent`, which says over a socket what to run
and hands over two more: `requests` brings the cells' code to the fork, `results` takes Jupyter's
messages back. The walls that it stands behind are put up by guard.py, before any of that.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib.util
import inspect
import io
import json
import os
import select
import signal
import socket
import sys
import tempfile
import warnings

from . import parts, shortcuts
from .apart import ends, names
from .confine import PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG, prctl
from .guard import NONE, Guard
from .kernel import serve, start_kernel

# Modules whose import says something: each run must see it for itself.
LOUD: set[str] = set()


def main() -> None:
    """Serve until the worker hangs up."""
    guard = Guard(**json.loads(sys.argv[1]))
    if sys.argv[2] == "probe":
        probe(guard, sys.argv[3])
    control, arguments = socket.socket(fileno=int(sys.argv[2])), sys.argv[3:]
    settle()
    # The words that a kernel is started with: a cell's argparse meets them.
    launcher = importlib.util.find_spec("ipykernel_launcher").origin
    connection = os.path.join(tempfile.gettempdir(), "tmpkernel.json")
    sys.argv = [launcher, "-f", connection, *arguments]
    if lacking := parts.missing():
        raise SystemExit("; ".join(map(str, lacking[:3])))  # its last words: see process.py
    app = start_kernel(arguments)
    shortcuts.warm_up(app.kernel.shell)
    kernels_own = set(sys.modules)
    is_swept = False  # whether nothing was loaded since garbage was last collected
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1 << 20, 3)
        if not message:
            break
        job = json.loads(message)
        is_swept = is_swept and not job.keys() & {"load", "read", "given", "test"}
        if "load" in job:
            if not loads_quietly(job["load"], job["names"]):
                LOUD.add(job["load"])
        elif "find" in job:
            sys.path[:0] = job["find"]
        elif "read" in job:
            shortcuts.read(app.kernel.shell, job["read"])
        elif "given" in job:
            names.given_of(tuple(job["given"]))
        elif "test" in job:
            with contextlib.suppress(SyntaxError, ValueError):
                names.names_of(job["test"])
        elif "clash" in job:
            loaded = sys.modules.keys() - kernels_own
            answer = {"clash": not loaded.isdisjoint(job["clash"]), "loud": sorted(LOUD)}
            control.send(json.dumps(answer).encode())
        elif "signal" in job:
            pass  # it came too late: the run has ended
        elif "clone" in job:
            control = clone(control, *descriptors)
        else:
            if not is_swept:
                gc.collect()
                is_swept = True
            status = fork(app, guard, job, descriptors, control)
            control.send(json.dumps({"status": status}).encode())
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()  # for clones, which end as this one does


def probe(guard: Guard, scratch: str) -> None:
    """Try the walls out, print their mode if they hold, and end."""
    pid = guard.fork()
    if pid == 0:
        guard.confine(scratch, {})
        with open(f"{scratch}/tmp/probe", "w") as file:
            file.write("in one's own folder one may write")
        for reach in (
            lambda: os.listdir(os.path.dirname(scratch)),
            lambda: os.kill(os.getppid() or 2, 0),
            lambda: socket.socket(socket.AF_INET),
            lambda: os.open(os.path.expanduser("~/probe"), os.O_CREAT),
        ):
            with contextlib.suppress(OSError):
                print(reach())
                sys.stdout.flush()
                os._exit(1)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    print(guard.mode if status == 0 else "the walls have a hole")
    sys.stdout.flush()
    os._exit(0)


def settle() -> None:
    """Begin as a warm process."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # Whatever a run leaves behind becomes a child of this process, which then ends it.
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def clone(control: socket.socket, descriptor: int) -> socket.socket:
    """Fork into two warm processes. Gives each the socket that it is to serve."""
    if os.fork():
        os.close(descriptor)
        control.send(b"{}")
        return control
    control.close()
    settle()
    control = socket.socket(fileno=descriptor)
    # By its id the worker might not find it: in a container ids are others.
    mine = os.pidfd_open(os.getpid())
    socket.send_fds(control, [b"{}"], [mine])
    os.close(mine)
    return control


def fork(app, guard: Guard, job: dict, descriptors: list[int], control: socket.socket) -> int:
    """Run a job in a fork, say when it is there, and return its exit status when all is over.

    Meanwhile the worker may ask for signals to it and to what it has started.
    """
    forget_output()
    gc.freeze()  # else the first collection in the fork would copy every page
    pid = guard.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            control.close()
            run(app, guard, job, *(socket.socket(fileno=fd) for fd in descriptors))
        os._exit(0)  # wait for no thread that a cell has left behind
    for descriptor in descriptors:
        os.close(descriptor)
    control.send(b"{}")
    watch = os.pidfd_open(pid)
    while watch not in select.select([watch, control], [], [])[0]:
        message = control.recv(1 << 10)
        # Where the worker hung up, nobody waits for this run any more.
        send_signal(pid, json.loads(message)["signal"] if message else signal.SIGKILL)
        if not message:
            break
    os.close(watch)
    _, status = os.waitpid(pid, 0)
    end_leftovers(pid)
    return os.waitstatus_to_exitcode(status)


def send_signal(pid: int, number: int) -> None:
    """Send a signal to a run, and to all of its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
    if number == signal.SIGKILL:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)  # before it has a group of its own


def forget_output() -> None:
    sys.stdout.forget()
    sys.stderr.forget()


def end_leftovers(pid: int) -> None:
    """End whatever processes a run has started and not ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            for child in children():
                os.kill(child, signal.SIGKILL)
            os.waitpid(-1, 0)


def children() -> list[int]:
    with open("/proc/thread-self/children") as file:
        return [int(pid) for pid in file.read().split()]


def loads_quietly(module: str, names: list[str]) -> bool:
    """Do what `import module`, or `from module import names`, does, for all forks at once.

    Returns:
        Whether nobody would have seen anything of it.
    """
    had_pyplot = "matplotlib.pyplot" in sys.modules
    said, show = [], warnings._showwarnmsg
    forget_output()
    warnings._showwarnmsg = said.append  # not catch_warnings, which undoes a library's own filters
    try:
        __import__(module, fromlist=names)
    except ModuleNotFoundError:
        pass  # each run will meet it again, where somebody sees it
    except BaseException:  # SystemExit, say; or it would succeed when tried once more
        return False
    finally:
        warnings._showwarnmsg = show
    if "matplotlib.pyplot" in sys.modules and not had_pyplot:
        draw_something()
    inspect.getmodule(main.__code__)  # notes down the new modules' files, for tracebacks
    return not (said or sys.stdout.has_text or sys.stderr.has_text)


def draw_something() -> None:
    """Load the fonts and what else draws; pyplot, which knows of figures, is left alone."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure()
    figure.add_subplot().plot([1, 2], label="warm")
    FigureCanvasAgg(figure).print_png(io.BytesIO())


def run(
    app,
    guard: Guard,
    job: dict,
    requests: socket.socket,
    results: socket.socket,
    wire: socket.socket | None = None,
) -> None:
    """Run the cells that `requests` brings, until it brings no more.

    Args:
        wire: leads to the tests' process, or from there to the student's, where the two are apart.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    redirect(app)
    os.environ.update(job["environment"])
    tempfile.tempdir = None  # where they go may have changed
    sys.path[:0] = job["path"]
    guard.confine(job["scratch"], job["limits"], job["beside"], job["readable"])
    if guard.mode != NONE:
        keep_store_at_home(app.kernel.shell)
    os.chdir(job["folder"])
    for source in {"numpy.random", "torch"} & sys.modules.keys():
        sys.modules[source].seed()  # else all students would draw the same numbers
    app.kernel.shell.user_ns["_dh"][:] = [type(app.kernel.shell.user_ns["_dh"][0])(job["folder"])]
    app.session.open(results, bytes.fromhex(job["token"]))
    if wire:
        app.kernel.end = ends.end_for(job["role"], wire, app.kernel.shell.user_ns)
    # Not asyncio.run: it keeps the first SIGINT for itself, so that no cell could be interrupted.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(serve(app.kernel, requests))


def keep_store_at_home(shell) -> None:
    """What %cd, %store and %bookmark write goes to the run's home: the profile's is shut."""
    from IPython.external.pickleshare import PickleShareDB

    shell.db = PickleShareDB(os.path.expanduser("~/.ipython/profile_default/db"))


def redirect(app) -> None:
    """Let what is written to the descriptors 1 and 2 become output of the cell, as ipykernel does.

    Files in memory take it, not pipes: they never fill, and nothing has to watch them.
    """
    os.dup2(app.null, 0)
    for stream, descriptor in ((sys.stdout, 1), (sys.stderr, 2)):
        file = os.memfd_create(stream.name)
        os.dup2(file, descriptor)
        os.close(file)
        flags = os.O_RDWR | os.O_APPEND
        file = os.open(f"/proc/self/fd/{descriptor}", flags)
        os.dup2(file, descriptor)
        os.close(file)
        stream.watch(descriptor)
