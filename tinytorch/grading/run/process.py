"""The worker's side of a run: start it, send cells, read messages, interrupt it, end it.

`WarmParent.start` is the one place where the run of a submission starts, behind the walls of the
`Enclosure` that the warm process stands in.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import signal
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from tinytorch.grading.run.walls import NO_WALLS, Enclosure
from tinytorch.grading.run.warm.confine import PR_SET_PDEATHSIG, prctl

USUAL_ARGUMENTS = ("--HistoryManager.hist_file=:memory:",)  # what nbclient gives a kernel
TOKEN_BYTES = 16
READ = 1 << 18
MOST_BYTES = 400_000_000  # of one cell's messages: many times what a sound cell can send
MOST_WORDS = 4000  # bytes of what a process says when it ends
SEND = 10.0  # seconds within which a run that has ended its cell must take the next
START = 60.0  # seconds within which a warm process, and a run, must be ready


class RunDied(Exception):
    """The process that ran the cells ended before the cell did."""


class RunSilent(Exception):
    """No message came within the time that was given for it."""


@dataclass(frozen=True)
class Limits:
    """What one run may use. None of these is a number that sound work comes near to."""

    memory_mb: int = 4096
    file_mb: int = 512
    processes: int = 512
    cpu_seconds: int | None = None

    def with_cpu(self, seconds: int | None) -> Limits:
        return replace(self, cpu_seconds=seconds)

    def as_rlimits(self, *, alone: bool = False) -> dict[str, int]:
        """The limits under the names of `resource`.

        Args:
            alone: whether the user has no processes but the runs'.
        """
        limits = {
            "RLIMIT_AS": self.memory_mb << 20,
            "RLIMIT_FSIZE": self.file_mb << 20,
            # Of all processes of this user together, so it is set above those there are.
            "RLIMIT_NPROC": self.processes + (0 if alone else _tasks_of_this_user()),
            "RLIMIT_CORE": 0,
        }
        return limits | ({"RLIMIT_CPU": self.cpu_seconds} if self.cpu_seconds else {})


@dataclass(frozen=True)
class RunSpec:
    """How a submission is to be run."""

    folder: Path  # the working directory
    path: tuple[str, ...] = ()  # in front of sys.path
    environment: dict[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    scratch: Path | None = None  # the one folder that it may write into; by default `folder`
    # Where a student's code and the tests run apart: which of the two this is, the wire to the
    # other, the scratch of the other whose temporary files it shares, and what it may read besides.
    role: str = ""
    wire: socket.socket | None = None
    beside: Path | None = None
    readable: tuple[str, ...] = ()


class WarmParent:
    """A process with NumPy and IPython loaded that forks for each run, one run at a time.

    Args:
        arguments: those of the kernel.
        enclosure: the walls around it; by default none.
        like: another one that has run nothing yet. The new one is forked from it, and has loaded
            what that one has.

    Raises:
        RunDied: the other one ended.
    """

    def __init__(
        self,
        arguments: Iterable[str] = (),
        enclosure: Enclosure | None = None,
        *,
        like: WarmParent | None = None,
    ):
        self.arguments, self.loaded = list(arguments), set()
        self.enclosure = like.enclosure if like else enclosure or Enclosure(NO_WALLS)
        self._process: subprocess.Popen | None = None
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            # What the process says of its own end, in a file without a name.
            self._said = like._said if like else tempfile.TemporaryFile()  # noqa: SIM115
            if like:
                self.arguments, self.loaded = like.arguments, set(like.loaded)
                like.ask({"clone": True}, theirs)
            else:
                self._process = self._start_process(theirs)
        self._pidfd = self._receive_pidfd() if like else os.pidfd_open(self._process.pid)

    def _start_process(self, control: socket.socket) -> subprocess.Popen:
        return subprocess.Popen(
            self.enclosure.command(str(control.fileno()), *self.arguments),
            pass_fds=[control.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            env=self.enclosure.environment,
        )

    def _receive_pidfd(self) -> int:
        if not select.select([self._control], [], [], START)[0]:
            raise RunDied("the warm process hangs")
        _, descriptors, _, _ = socket.recv_fds(self._control, 1 << 10, 1)
        if not descriptors:
            raise RunDied(self._last_words())
        return descriptors[0]

    def _last_words(self) -> str:
        """That it ended, and what it said of that."""
        size = os.fstat(self._said.fileno()).st_size
        text = os.pread(self._said.fileno(), MOST_WORDS, max(0, size - MOST_WORDS))
        lines = text.decode(errors="replace").strip().splitlines()
        return f"the warm process ended: {lines[-1].strip()}" if lines else "the warm process ended"

    def load(self, modules: Mapping[str, Iterable[str]]) -> None:
        """Have modules imported before any fork, in this order; what can't be is passed over.

        Args:
            modules: by their names, and for each what is imported from it.
        """
        for module, names in modules.items():
            new = {f"{module}.{name}" for name in names} | {module}
            if not new <= self.loaded:
                self.loaded |= new
                self._tell({"load": module, "names": sorted(names)})

    def find_in(self, folder: Path) -> None:
        """Have modules looked for in a folder first, before any fork and in all of them."""
        self._tell({"find": [self.enclosure.inside(folder)]})

    def stands_in_the_way(self, modules: Iterable[str]) -> tuple[bool, set[str]]:
        """What of that which was loaded runs could tell from an import of their own.

        Returns:
            Whether it holds one of these modules, so that runs would find another than theirs;
            and whose import said something.

        Raises:
            RunDied: it ended.
        """
        answer = self.ask({"clash": sorted(modules)})
        return answer["clash"], set(answer["loud"])

    def read(self, cells: Iterable[str]) -> None:
        """Have what students got looked through, so that tracebacks need not do it each time."""
        self._tell_all("read", cells)

    def read_lesson(self, given: Sequence[str], tests: Iterable[str]) -> None:
        """Have a lesson's cells read where its tests are to run, so that no run need do it."""
        self._tell({"given": [*given]})
        self._tell_all("test", tests)

    def _tell_all(self, what: str, items: Iterable[str]) -> None:
        for item in items:
            self._tell({what: item})

    def _tell(self, what: dict) -> None:
        with contextlib.suppress(OSError):  # `start` will say what has become of it
            self._control.send(json.dumps(what).encode())

    def start(self, spec: RunSpec) -> Run:
        """Start a run.

        Raises:
            RunDied: this process, or the new one, ended.
        """
        token = secrets.token_bytes(TOKEN_BYTES)
        inside = self.enclosure.inside
        job = {
            "folder": inside(spec.folder),
            "path": [inside(path) for path in spec.path],
            "scratch": inside(spec.scratch or spec.folder),
            "environment": spec.environment,
            "limits": spec.limits.as_rlimits(alone=not self.enclosure.user_has_others),
            "token": token.hex(),
            "role": spec.role,
            "beside": inside(spec.beside) if spec.beside else "",
            "readable": [inside(path) for path in spec.readable],
        }
        requests, their_requests = socket.socketpair()
        results, their_results = socket.socketpair()
        with their_requests, their_results:
            self.ask(job, their_requests, their_results, *([spec.wire] if spec.wire else []))
        return Run(self, token, requests, results)

    def ask(self, what: dict, *sockets: socket.socket) -> dict:
        """Tell the process to do something, hand sockets over for it, and take its answer."""
        descriptors = [each.fileno() for each in sockets]
        try:
            socket.send_fds(self._control, [json.dumps(what).encode()], descriptors)
        except OSError as error:
            raise RunDied(self._last_words()) from error
        return self.tell(START)

    def tell(self, timeout: float) -> dict:
        """What the process says next: that the fork is there, or its exit status."""
        if not select.select([self._control], [], [], timeout)[0]:
            raise RunDied("the warm process hangs")
        message = self._receive(1 << 16)
        if not message:
            raise RunDied(self._last_words())
        return json.loads(message)

    def fileno(self) -> int:
        return self._control.fileno()

    @property
    def is_alive(self) -> bool:
        says_something = select.select([self._control], [], [], 0)[0]
        return not says_something or bool(self._receive(1, socket.MSG_PEEK))

    def _receive(self, size: int, flags: int = 0) -> bytes:
        """What the process says; nothing where it has ended."""
        try:
            return self._control.recv(size, flags)
        except ConnectionError:  # words from us were still unread
            return b""

    def close(self) -> None:
        """End the process, and with it whatever it has started."""
        self._control.close()
        if self._process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1)  # it ends by itself, unless something holds it
                os.close(self._pidfd)
                return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        if self._process:
            self._process.wait()
        os.close(self._pidfd)

    def forget(self) -> None:
        """Let go of the process without ending it: it is another process's now."""
        self._control.close()
        os.close(self._pidfd)

    def send_signal(self, number: int) -> None:
        """Send a signal to the run."""
        self._tell({"signal": number})


class Run:
    """One submission that is being run."""

    def __init__(
        self,
        parent: WarmParent,
        token: bytes,
        requests: socket.socket,
        results: socket.socket,
    ):
        self._parent, self._token = parent, token
        self._requests, self._results = requests, results
        self._buffer = bytearray()
        self._ended = False
        self.status: int | None = None  # of the process, once it has ended
        self._received = 0
        try:
            self.language_info = self.next_message(START)["content"]["language_info"]
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def send(self, number: str, content: dict, **more: object) -> None:
        """Have a cell executed; `content` is that of Jupyter's execute_request.

        Args:
            more: what only a run with a role understands.
        """
        data = json.dumps({"id": number, "content": content, **more}).encode()
        self._received = 0
        try:
            self._requests.settimeout(SEND)
            self._requests.sendall(struct.pack("!I", len(data)) + data)
        except OSError as error:
            raise RunDied(str(error)) from error

    def next_message(self, timeout: float | None) -> dict:
        """The next message, as {type, parent, date, content, buffers}.

        Raises:
            RunDied: the process ended, and all its messages were read.
            RunSilent: nothing came in time.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            message = self._take_message()
            if message is not None:
                return message
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            self._read(left)

    def interrupt(self) -> None:
        """What a Jupyter server does when somebody presses the interrupt button."""
        if not self._ended:
            self._parent.send_signal(signal.SIGINT)

    def close(self) -> None:
        """End the run and everything that it has started."""
        self._requests.close()
        if not self._ended:
            # A fork whose input ends would end by itself, unless a cell still keeps it busy.
            self._parent.send_signal(signal.SIGKILL)
            with contextlib.suppress(RunDied):
                self.status = self._parent.tell(START).get("status")
            self._ended = True
        self._results.close()

    def _read(self, timeout: float | None) -> None:
        ready = select.select(self.sources, [], [], 0 if self._ended else timeout)[0]
        if self._results in ready:
            data = self._results.recv(READ)
            if data:
                self._buffer += data
                self._received += len(data)
                if self._received > MOST_BYTES:
                    raise RunDied("it printed without end")
                return
        if self._ended:
            raise RunDied("the process ended")
        if self._parent in ready:
            self.status = self._parent.tell(START).get("status")
            self._ended = True  # what it sent before its end is still to be read
        elif not ready:
            raise RunSilent
        elif self._results in ready:  # it closed its end, but is still there
            raise RunDied("the process hung up")

    @property
    def sources(self) -> list:
        """What has something to read when something has happened."""
        return [self._results] if self._ended else [self._results, self._parent]

    @property
    def has_message(self) -> bool:
        """Whether a whole message was read already, with others before it."""
        return self._place_of_message() is not None

    def _take_message(self) -> dict | None:
        """A whole message from what was read so far."""
        place = self._place_of_message()
        if place is None:
            return None
        data = bytes(self._buffer[place])
        del self._buffer[: place.stop]
        return json.loads(data)

    def _place_of_message(self) -> slice | None:
        """Where the next whole message is; what stands before its token is noise."""
        head = TOKEN_BYTES + 4
        start = self._buffer.find(self._token)
        if start < 0:
            del self._buffer[: -TOKEN_BYTES + 1]
            return None
        if len(self._buffer) < start + head:
            return None
        (size,) = struct.unpack_from("!I", self._buffer, start + TOKEN_BYTES)
        end = start + head + size
        return slice(start + head, end) if len(self._buffer) >= end else None


def _tasks_of_this_user() -> int:
    """How many threads this user runs: the kernel counts them against RLIMIT_NPROC.

    Counted anew every few seconds: it takes a while, and a few more or fewer don't matter.
    """
    return _tasks_at(int(time.monotonic() / 5))


@lru_cache(1)
def _tasks_at(_: int) -> int:
    user, count = os.getuid(), 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.stat().st_uid == user:
                count += len(os.listdir(process / "task"))
    return count


def die_with_parent() -> None:
    """Have the system kill this process when the one that started it ends, however it ends."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
