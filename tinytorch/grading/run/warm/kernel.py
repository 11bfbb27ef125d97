"""ipykernel's own kernel, shell and display hooks, with other parts where it talks.

Replaced are the session, which writes messages to a socket, and the standard streams.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import re
import socket
import struct
import sys
import threading
import time
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace

from . import shortcuts

FLUSH_INTERVAL = 0.2  # seconds for which ipykernel gathers what is printed into one message
GATHERED = 1 << 16  # bytes of messages that may wait for the end of their cell
HALVES = re.compile("[\ud800-\udfff]")  # of characters: no encoding takes them
MOST_TEXT = 64_000_000  # characters that one cell may print, ten thousands of what is kept of it


def start_kernel(arguments: list[str]):
    """ipykernel's application, up to where it would wait for requests."""
    from ipykernel.ipkernel import IPythonKernel
    from ipykernel.kernelapp import IPKernelApp
    from jupyter_client.jsonutil import json_default
    from jupyter_client.session import Session, protocol_version
    from traitlets import Any

    as_json = partial(json.dumps, ensure_ascii=False, allow_nan=False)

    class WiredSession(Session):
        """Writes messages to a socket, each behind a token.

        The token is not known to what writes to every open descriptor: that is skipped by the
        reader, and takes nobody's result away.
        """

        results = Any()
        token = Any()
        whose = Any()

        def open(self, results: socket.socket, token: bytes) -> None:
            self.results, self.token, self.pid = results, token, os.getpid()
            self.lock, self.waiting = threading.Lock(), bytearray()
            self.whose = self.username, self.session

        def msg_header(self, msg_type: str) -> dict:
            """Asks no trait: that took longer than all else about a message."""
            number, self.message_count = self.message_count, self.message_count + 1
            username, session = self.whose or (self.username, self.session)
            return {
                "msg_id": f"{session}_{os.getpid()}_{number}",
                "msg_type": msg_type,
                "username": username,
                "session": session,
                "date": datetime.now(UTC),
                "version": protocol_version,
            }

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
            data = self.packed(
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

        def packed(self, message: dict) -> bytes:
            """JSON in UTF-8, in which half a character stands as it is written: `\\ud800`."""
            try:
                text = as_json(message, default=json_default)
            except (TypeError, ValueError):  # it says what is wrong
                text = self.pack(message).decode("utf-8", "surrogateescape")
            return HALVES.sub(lambda half: f"\\\\u{ord(half[0]):04x}", text).encode()

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
            self.kernel.end = None  # of the wire between a student's process and the tests'
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
    shortcuts.expect(request["content"].get("code", ""), request.get("known"))
    kernel.set_parent([], parent)
    kernel._publish_status("busy", "shell")
    kernel.pre_handler_hook()
    try:
        if kernel.end:
            await kernel.end.run(kernel, parent, request)
        else:
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
