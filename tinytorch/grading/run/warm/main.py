"""A warm process that forks for each submission, and the fork, which runs cells as ipykernel does.

This package imports nothing of tinytorch and goes by another name where it runs: whatever is in
the process is in the reach of students' code, so it must not hold the answers, other submissions
or the gradebook. It is started by `run.process.WarmParent`, which says over a socket what to run
and hands over two more: `requests` brings the cells' code to the fork, `results` takes Jupyter's
messages back.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import importlib.util
import inspect
import io
import json
import os
import resource
import select
import signal
import socket
import sys
import tempfile
import warnings

from . import shortcuts
from .kernel import serve, start_kernel

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
# Modules whose import says something: each run must see it for itself.
LOUD: set[str] = set()


def main() -> None:
    """Serve until the worker hangs up."""
    control, arguments = socket.socket(fileno=int(sys.argv[1])), sys.argv[2:]
    settle()
    # The words that a kernel is started with: a cell's argparse meets them.
    launcher = importlib.util.find_spec("ipykernel_launcher").origin
    connection = os.path.join(tempfile.gettempdir(), "tmpkernel.json")
    sys.argv = [launcher, "-f", connection, *arguments]
    app = start_kernel(arguments)
    shortcuts.warm_up(app.kernel.shell)
    kernels_own = set(sys.modules)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1 << 20, 2)
        if not message:
            break
        job = json.loads(message)
        if "load" in job:
            if not loads_quietly(job["load"], job["names"]):
                LOUD.add(job["load"])
        elif "read" in job:
            shortcuts.read(app.kernel.shell, job["read"])
        elif "expect" in job:
            shortcuts.PLAIN.add(bytes.fromhex(job["expect"]))
        elif "clash" in job:
            loaded = sys.modules.keys() - kernels_own
            answer = {"clash": not loaded.isdisjoint(job["clash"]), "loud": sorted(LOUD)}
            control.send(json.dumps(answer).encode())
        elif "clone" in job:
            control = clone(control, *descriptors)
        else:
            status = fork(app, job, descriptors, control)
            control.send(json.dumps({"status": status}).encode())
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()  # for clones, which end as this one does


def settle() -> None:
    """Begin as a warm process."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # Whatever a run leaves behind becomes a child of this process, which then ends it.
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def clone(control: socket.socket, descriptor: int) -> socket.socket:
    """Fork into two warm processes. Gives each the socket that it is to serve."""
    pid = os.fork()
    if pid:
        os.close(descriptor)
        control.send(json.dumps({"pid": pid}).encode())
        return control
    control.close()
    settle()
    return socket.socket(fileno=descriptor)


def fork(app, job: dict, descriptors: list[int], control: socket.socket) -> int:
    """Run a job in a fork, tell its process id, and return its exit status when all is over."""
    forget_output()
    gc.collect()
    gc.freeze()  # else the first collection in the fork would copy every page
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            control.close()
            run(app, job, *(socket.socket(fileno=fd) for fd in descriptors))
        os._exit(0)  # wait for no thread that a cell has left behind
    for descriptor in descriptors:
        os.close(descriptor)
    control.send(json.dumps({"pid": pid}).encode())
    watch = os.pidfd_open(pid)
    if control in select.select([watch, control], [], [])[0]:
        os.kill(pid, signal.SIGKILL)  # the worker hung up: nobody waits for this run any more
    os.close(watch)
    _, status = os.waitpid(pid, 0)
    end_leftovers(pid)
    return os.waitstatus_to_exitcode(status)


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
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        return [int(pid) for pid in file.read().split()]


def prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


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


def run(app, job: dict, requests: socket.socket, results: socket.socket) -> None:
    """Run the cells that `requests` brings, until it brings no more."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    for name, value in job["limits"].items():
        limit(getattr(resource, name), value)
    os.chdir(job["folder"])
    os.environ.update(job["environment"])
    sys.path[:0] = job["path"]
    redirect(app)
    for source in {"numpy.random", "torch"} & sys.modules.keys():
        sys.modules[source].seed()  # else all students would draw the same numbers
    app.kernel.shell.user_ns["_dh"][:] = [type(app.kernel.shell.user_ns["_dh"][0])(job["folder"])]
    app.session.open(results, bytes.fromhex(job["token"]))
    # Not asyncio.run: it keeps the first SIGINT for itself, so that no cell could be interrupted.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(serve(app.kernel, requests))


def limit(name: int, value: int) -> None:
    """Lower a limit for good; never above what this process has itself."""
    _, hard = resource.getrlimit(name)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(name, (value, value))


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
