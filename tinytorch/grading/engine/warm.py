"""A warm process that forks for each submission, and the fork, which runs cells as ipykernel does.

This is a script of its own and imports nothing of tinytorch: whatever is in this process is in
the reach of students' code, so it must not hold the answers, other submissions or the gradebook.
It is started by `run.WarmParent`, which says over a socket what to run and hands over two more:
`requests` brings the cells' code to the fork, `results` takes Jupyter's messages back.

In the fork stands ipykernel's own kernel, shell and display hooks. Replaced are only the parts
that talk: the session, which writes messages to `results`, and the standard streams.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ctypes
import gc
import hashlib
import importlib.util
import inspect
import io
import json
import os
import re
import resource
import select
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
import warnings
from functools import lru_cache
from types import SimpleNamespace

FLUSH_INTERVAL = 0.2  # seconds for which ipykernel gathers what is printed into one message
GATHERED = 1 << 16  # bytes of messages that may wait for the end of their cell
MOST_TEXT = 64_000_000  # characters that one cell may print, ten thousands of what is kept of it
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
# The SHA-256 of cells that compile without a warning and await nothing; their text stays away.
PLAIN: set[bytes] = set()
# Modules whose import says something: each run must see it for itself.
LOUD: set[str] = set()


def main() -> None:
    """Serve until the worker hangs up."""
    control, arguments = socket.socket(fileno=int(sys.argv[1])), sys.argv[2:]
    settle()
    del sys.path[0]  # the folder of this script is no place to import from
    # The words that a kernel is started with: a cell's argparse meets them.
    launcher = importlib.util.find_spec("ipykernel_launcher").origin
    connection = os.path.join(tempfile.gettempdir(), "tmpkernel.json")
    sys.argv = [launcher, "-f", connection, *arguments]
    app = start_kernel(arguments)
    warm_up(app.kernel.shell)
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
            read(app.kernel.shell, job["read"])
        elif "expect" in job:
            PLAIN.add(bytes.fromhex(job["expect"]))
        elif "clash" in job:
            loaded = sys.modules.keys() - kernels_own
            answer = {"clash": not loaded.isdisjoint(job["clash"]), "loud": sorted(LOUD)}
            control.send(json.dumps(answer).encode())
        elif "twin" in job:
            control = twin(control, *descriptors)
        else:
            status = fork(app, job, descriptors, control)
            control.send(json.dumps({"status": status}).encode())
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()  # for twins, which end as this one does


def settle() -> None:
    """Begin as a warm process."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # Whatever a run leaves behind becomes a child of this process, which then ends it.
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def twin(control: socket.socket, descriptor: int) -> socket.socket:
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
    inspect.getmodule(read.__code__)  # notes down the new modules' files, for tracebacks
    return not (said or sys.stdout.has_text or sys.stderr.has_text)


def read(shell, source: str) -> None:
    """Colour the lines of a released cell, as tracebacks will show them."""
    from IPython.utils.PyColorize import Parser

    parser = Parser(theme_name=shell.InteractiveTB._theme_name)
    for line in source.splitlines(keepends=True):
        parser.format2(line, "str")


def warm_up(shell) -> None:
    """Compute beforehand what forks would otherwise compute each for itself."""
    speed_up_cells(shell)
    speed_up_tracebacks(shell)
    try:
        exec(compile("def warm():\n    return 1 / 0\n\n\nwarm()", "<warm>", "exec"), {})
    except ZeroDivisionError:
        shell.InteractiveTB.structured_traceback(*sys.exc_info())


def draw_something() -> None:
    """Load the fonts and what else draws; pyplot, which knows of figures, is left alone."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure()
    figure.add_subplot().plot([1, 2], label="warm")
    FigureCanvasAgg(figure).print_png(io.BytesIO())


def speed_up_cells(shell) -> None:
    """Spare half of the time that IPython adds to a cell. What it does stays the same."""
    import ipykernel.compiler
    from ipykernel import ipkernel
    from IPython.core import interactiveshell

    accepts = lru_cache(ipkernel._accepts_parameters)
    ipkernel._accepts_parameters = lambda method, names: accepts(method, tuple(names))
    interactiveshell._should_be_async = ask_once(interactiveshell._should_be_async)
    ipykernel.compiler.murmur2_x86 = murmur2
    transform_once(shell.input_transformer_manager)


def ask_once(should_be_async):
    """Compile a cell once where IPython does so twice to see whether it awaits, or never.

    Where compiling it says anything, it is said as often as ever.
    """
    answers: dict[str, bool] = {}  # that of the cell that will be asked for once more

    def asked(cell: str) -> bool:
        if hashlib.sha256(cell.encode(errors="replace")).digest() in PLAIN:
            return False
        if cell in answers:
            return answers.pop(cell)
        answers.clear()
        said, show = [], warnings._showwarnmsg

        def note(message) -> None:
            said.append(message)
            show(message)

        warnings._showwarnmsg = note
        try:
            answer = should_be_async(cell)
        finally:
            warnings._showwarnmsg = show
        if not said:
            answers[cell] = answer
        return answer

    return asked


def murmur2(text: str, seed: int) -> int:
    """The hash by which ipykernel names a cell's file: the same numbers in a third of the time."""
    data, factor, mask = text.encode(), 0x5BD1E995, 0xFFFFFFFF
    end = len(data) & ~3
    result = seed ^ len(data)
    for word in struct.unpack(f"<{end // 4}I", data[:end]):
        word = word * factor & mask
        result = result * factor & mask ^ (word ^ word >> 24) * factor & mask
    if rest := data[end:]:
        result = (result ^ int.from_bytes(rest, "little")) * factor & mask
    result = (result ^ result >> 13) * factor & mask
    return result ^ result >> 15


def transform_once(manager) -> None:
    """Look for IPython's own syntax once a cell, and only tokenize a cell that may hold some.

    That is `%magic`, `!command` and `help?`. IPython looks twice and tokenizes each time, which
    takes longer than most cells run.
    """
    # Or what str.splitlines takes for the end of a line: tokenizing warns of it.
    own_syntax = re.compile(
        r"\?|^[ \t]*[!%,;/]|=[\s\\]*[!%]|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", re.MULTILINE
    )
    transform, tokenize, last = manager.transform_cell, manager.do_token_transforms, ["", ""]

    def transforms() -> list:
        of_lines = [*manager.cleanup_transforms, *manager.line_transforms]
        return [*of_lines, *manager.token_transformers]

    known = transforms()

    def transform_cell(cell: str) -> str:
        if transforms() != known:
            return transform(cell)
        if last[0] != cell:
            last[:] = cell, transform(cell)
        return last[1]

    def do_token_transforms(lines: list[str]) -> list[str]:
        plain = transforms() == known and not own_syntax.search("".join(lines))
        return lines if plain else tokenize(lines)

    manager.transform_cell, manager.do_token_transforms = transform_cell, do_token_transforms


def speed_up_tracebacks(shell) -> None:
    """Spare nine tenths of the time that a failed cell takes. The tracebacks stay the same.

    What is computed anew for each frame is remembered, in this process and its forks alone.
    """
    from types import CodeType, FrameType, TracebackType

    import pygments.lexer
    import stack_data
    from IPython.utils.PyColorize import Parser, Theme
    from pygments.formatters.terminal256 import Terminal256Formatter

    pygments.lexer.regex_opt = lru_cache(None)(pygments.lexer.regex_opt)
    stack_data.style_with_executing_node = lru_cache(None)(stack_data.style_with_executing_node)
    set_up, styles = Terminal256Formatter._setup_styles, {}

    def set_up_once(formatter) -> None:
        if formatter.style not in styles:
            set_up(formatter)
            styles[formatter.style] = formatter.style_string, formatter.best_match
        formatter.style_string, formatter.best_match = styles[formatter.style]

    Terminal256Formatter._setup_styles = set_up_once
    format_stream = Theme.format
    format_token = lru_cache(10_000)(lambda theme, token: format_stream(theme, [token]))

    def format_by_token(theme, stream) -> str:
        """Lines of cells come token by token, the same ones over and over."""
        single = isinstance(stream, list) and len(stream) == 1
        return format_token(theme, *stream) if single else format_stream(theme, stream)

    Theme.format = format_by_token
    highlight, highlighted = stack_data.core._pygmented_with_ranges, {}

    def highlight_once(formatter, code: str, ranges: list) -> list[str]:
        """Most tests fail in the same few functions."""
        key = formatter.style, code, *ranges
        if key not in highlighted:
            highlighted[key] = highlight(formatter, code, ranges)
        return list(highlighted[key])

    stack_data.core._pygmented_with_ranges = highlight_once
    colour, coloured = Parser.format2, {}

    def colour_once(parser, line: str, out=None):
        if out != "str":
            return colour(parser, line, out)
        key = parser.theme_name, line
        if key not in coloured:
            coloured[key] = colour(parser, line, out)
        return coloured[key]

    Parser.format2 = colour_once
    getsourcelines, lines_of = inspect.getsourcelines, {}

    def getsourcelines_once(thing) -> tuple[list[str], int]:
        """It reads a function to find its end, twice for each frame."""
        if not isinstance(thing, FrameType):
            return getsourcelines(thing)
        if id(thing.f_code) not in lines_of:  # with the code itself, so that the id stays its own
            lines_of[id(thing.f_code)] = thing.f_code, getsourcelines(thing)
        lines, start = lines_of[id(thing.f_code)][1]
        return list(lines), start

    inspect.getsourcelines = getsourcelines_once
    getmodule, cells = inspect.getmodule, os.path.join(tempfile.gettempdir(), "ipykernel_")

    def getmodule_unless_cell(thing, _filename=None):
        """For the file of a cell it looks through all modules, in vain."""
        is_code = isinstance(thing, CodeType | FrameType | TracebackType)
        if is_code and (_filename or inspect.getfile(thing)).startswith(cells):
            return None
        return getmodule(thing, _filename)

    inspect.getmodule = getmodule_unless_cell
    # IPython formats each traceback twice: before it is shown, for a history nobody will see.
    shell._format_exception_for_storage = lambda error, *_, **__: {
        "ename": type(error).__name__,
        "evalue": "",
        "traceback": [],
    }


# --- The fork -----------------------------------------------------------------------------


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


async def serve(kernel, requests: socket.socket) -> None:
    from tornado.ioloop import IOLoop

    kernel.io_loop = IOLoop.current()
    # ipykernel cancels a cell that awaits by this; tornado's would not wake the loop that sleeps.
    kernel.io_loop.add_callback = asyncio.get_running_loop().call_soon_threadsafe
    requests.setblocking(False)
    kernel.session.send(None, "ready", {"language_info": kernel.language_info})
    kernel.session.flush()
    while (request := await receive(requests)) is not None:
        await execute(kernel, request)


async def receive(requests: socket.socket) -> dict | None:
    async def exactly(size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = await asyncio.get_running_loop().sock_recv(requests, size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    try:
        (size,) = struct.unpack("!I", await exactly(4))
        return json.loads(await exactly(size))
    except EOFError:
        return None


async def execute(kernel, request: dict) -> None:
    """What ipykernel does for an execute_request, from "busy" to "idle"."""
    parent = kernel.session.msg("execute_request", request["content"])
    parent["header"]["msg_id"] = request["id"]
    kernel.set_parent([], parent)
    kernel._publish_status("busy", "shell")
    kernel.pre_handler_hook()
    try:
        await kernel.execute_request(None, [], parent)
    except KeyboardInterrupt:
        pass  # it came too late for the cell
    except Exception as error:  # in IPython itself, as where a cell took sys.stdout away
        # From ipykernel, which goes on too, no answer would come before the time is up.
        answer = {"status": "error", "ename": type(error).__name__, "evalue": str(error)}
        kernel.session.send(None, "execute_reply", answer | {"traceback": []}, parent=parent)
    finally:
        kernel.post_handler_hook()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # a cell may have set it
            stream.flush()
    kernel._publish_status("idle", "shell")
    with kernel.session.lock:
        kernel.session.flush()


# --- A kernel without sockets ---------------------------------------------------------------


def start_kernel(arguments: list[str]):
    """ipykernel's application, up to where it would wait for requests."""
    from ipykernel.ipkernel import IPythonKernel
    from ipykernel.kernelapp import IPKernelApp
    from jupyter_client.session import Session
    from traitlets import Any

    class WiredSession(Session):
        """Writes messages to a socket, each behind a token.

        The token is not known to what writes to every open descriptor: that is skipped by the
        reader, and takes nobody's result away.
        """

        results = Any()
        token = Any()

        def open(self, results: socket.socket, token: bytes) -> None:
            self.results, self.token, self.pid = results, token, os.getpid()
            self.lock, self.waiting = threading.Lock(), bytearray()

        def send(self, stream, msg_or_type, content=None, parent=None, *_, buffers=None, **more):
            message = msg_or_type
            if isinstance(message, str):
                metadata = more.get("metadata")
                message = self.msg(message, content=content, parent=parent, metadata=metadata)
            buffers = buffers or message.get("buffers") or []
            if self.results is not None and self.pid == os.getpid():
                self.write(message, buffers)
            return message

        def write(self, message: dict, buffers: list) -> None:
            data = self.pack(
                {
                    "type": message["msg_type"],
                    "parent": message["parent_header"].get("msg_id"),
                    "date": message["header"]["date"],
                    "content": message["content"],
                    "buffers": [base64.b64encode(buffer).decode() for buffer in buffers],
                }
            )
            with self.lock:
                self.waiting += self.token + struct.pack("!I", len(data)) + data
                if len(self.waiting) > GATHERED:
                    self.flush()

        def flush(self) -> None:
            """Each message on its own would wake the reader, who needs them at a cell's end."""
            if self.pid == os.getpid():
                self.results.sendall(self.waiting)
            self.waiting.clear()

    class QuietApp(IPKernelApp):
        """Opens no socket, starts no thread and says nothing."""

        def init_nothing(self, *_):
            pass

        init_connection_file = init_poller = init_sockets = init_heartbeat = init_nothing
        write_connection_file = log_connection_info = init_nothing

        def init_io(self):
            self.null = os.open(os.devnull, os.O_RDWR)
            for handler in self.log.handlers:
                handler.stream = open(os.devnull, "w")  # noqa: SIM115 - open as long as the log
            sys.stdout = OutStream("stdout", self.session, self.null)
            sys.stderr = OutStream("stderr", self.session, self.null)
            sys.stdout.goes_with(sys.stderr)
            sys.displayhook = self.displayhook = _displayhook(self.session)
            self.patch_io()

        def init_kernel(self):
            self.kernel = IPythonKernel.instance(
                parent=self,
                session=self.session,
                log=self.log,
                profile_dir=self.profile_dir,
                user_ns=self.user_ns,
                # Cells with `await` ask it on which thread they run.
                shell_channel_thread=SimpleNamespace(parent_thread=threading.main_thread()),
            )
            self.displayhook.get_execution_count = lambda: self.kernel.execution_count
            self.kernel._execute_sleep = 0  # it waits for a socket that isn't there

    app = QuietApp.instance(session=WiredSession(key=b""))
    app.initialize(arguments)
    return app


def _displayhook(session):
    from ipykernel.displayhook import ZMQDisplayHook

    return ZMQDisplayHook(session, None)


class OutStream(io.TextIOBase):
    """Standard output or error, gathered into messages as ipykernel's own gathers them."""

    encoding = "UTF-8"

    def __init__(self, name: str, session, null: int):
        self.name, self._session, self._null = name, session, null
        self._parent: dict = {}
        self._watched: int | None = None
        self._lock = threading.RLock()
        self._owner = os.getpid()
        self._both = [self]
        self.forget()

    def goes_with(self, other: OutStream) -> None:
        """What waited too long in the one goes before what is written to the other.

        So both need one lock: with two, a thread at each would wait for the other for ever.
        """
        other._both, other._lock = self._both, self._lock
        self._both.append(other)

    def forget(self) -> None:
        """Drop what was written so far."""
        self._pending, self._since, self._seen, self._sent = [], 0.0, 0, 0

    @property
    def has_text(self) -> bool:
        return bool(self._pending)

    def watch(self, descriptor: int) -> None:
        """Begin in a new process, whose low-level output goes to `descriptor`, a file."""
        self._watched, self._owner = descriptor, os.getpid()

    def set_parent(self, parent: dict) -> None:
        self._parent, self._sent = parent, 0

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if os.getpid() != self._owner and self._watched is not None:
            # A process that a cell has started: its output joins the low-level one.
            os.write(self._watched, text.encode(errors="replace"))
            return len(text)
        with self._lock:
            now = time.monotonic()
            waiting = [each for each in self._both if each._pending]
            for stream in sorted(waiting, key=lambda each: each._since):
                if now - stream._since > FLUSH_INTERVAL:
                    stream.flush()
            self._take_low_level()
            if not self._pending:
                self._since = now
            self._pending.append(text)
        return len(text)

    def writelines(self, lines) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if os.getpid() != self._owner:
            return  # a cell's own process: it keeps nothing back, and a thread may have the lock
        with self._lock:
            self._take_low_level()
            text, self._pending = "".join(self._pending), []
            # Endless printing would fill the memory of the worker, and then the disk.
            text = text[: max(0, MOST_TEXT - self._sent)]
            if text:
                self._sent += len(text)
                content = {"name": self.name, "text": text}
                self._session.send(None, "stream", content, parent=self._parent)

    def _take_low_level(self) -> None:
        if self._watched is None:
            return
        size = os.fstat(self._watched).st_size
        if size > self._seen:
            data = os.pread(self._watched, min(size - self._seen, MOST_TEXT), self._seen)
            self._seen = size
            self._pending.append(data.decode(errors="replace"))

    def fileno(self) -> int:
        return self._null  # as ipykernel's is, where nobody sees a kernel's own output

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True


if __name__ == "__main__":
    main()
