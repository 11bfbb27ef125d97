"""Frames of plain data over a socket, between the threads of two processes."""

from __future__ import annotations

import itertools
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import msgpack

MOST_BYTES = 256_000_000  # of one frame
MAIN = 0  # the number of the thread that serves, or that runs the test
READ = 1 << 16  # bytes at once; for more, memory would be mapped anew each time
MOST_LONG = 1_000_000  # elements of one list
MOST_ELEMENTS = 4_000_000  # of all lists of a frame: one of a byte there takes up to 70 here
SMALL = 1 << 20  # bytes: a frame of no more has no room for as many
MOST_KEYS = 100  # of a map: the state of a Generator has the most
MOST_ASIDE = 1000  # frames that wait for threads which have not asked for them yet


class Gone(BaseException):
    """The other end has hung up. No test's `except Exception` is to catch it."""


class Nonsense(BaseException):
    """The other end sent what nobody who keeps to the protocol sends."""


class Channel:
    """Frames to and from the threads of the other end, by numbers of threads.

    A thread that waits for a frame reads for all: what is for another one it puts aside.
    """

    def __init__(self, sock: socket.socket, first_number: int):
        self._sock, self._data = sock, bytearray()
        self._numbers = itertools.count(first_number, 2)  # the two ends never use the same
        self._mine = threading.local()
        self._mine.number = MAIN
        self._waiting: dict[int, deque] = {}
        self._aside = [0, 0]  # how many frames wait, and their bytes
        self._state = threading.Condition()
        self._is_read = False
        self.writing = threading.RLock()

    def number(self) -> int:
        """The number of this thread."""
        try:
            return self._mine.number
        except AttributeError:
            self._mine.number = next(self._numbers)
            return self._mine.number

    def become(self, number: int) -> None:
        """Give this thread the number of one at the other end, for which it works."""
        self._mine.number = number

    def send(self, frame: list) -> None:
        try:
            data = msgpack.packb(frame, unicode_errors="surrogatepass")
        except (ValueError, OverflowError) as error:
            raise Nonsense(str(error)) from error
        if len(data) > MOST_BYTES:
            raise Nonsense(f"{len(data)} bytes at once are too many")
        try:
            self._sock.sendall(struct.pack("!I", len(data)) + data)
        except OSError as error:
            raise Gone from error

    def close(self) -> None:
        self._sock.close()

    def wait(self, number: int) -> Any:
        """The next frame for a thread."""
        while True:
            with self._state:
                while not self._waiting.get(number) and self._is_read:
                    self._state.wait()
                if self._waiting.get(number):
                    return self._take(number)
                self._is_read = True
            frame = None
            try:
                frame, size = self._read()
            finally:
                with self._state:
                    self._is_read = False
                    # Before another one may read: whose frame it is would wait for the next.
                    if frame is not None and frame[0] != number:
                        self._put_aside(frame, size)
                    self._state.notify_all()
            if frame[0] == number:
                return frame

    def _put_aside(self, frame: list, size: int) -> None:
        """Keep a frame for the thread that takes it. There may be no such thread."""
        self._aside[0] += 1
        self._aside[1] += size
        if self._aside[0] > MOST_ASIDE or self._aside[1] > MOST_BYTES:
            raise Nonsense("more than anybody waits for")
        self._waiting.setdefault(self.reader_of(frame), deque()).append((frame, size))

    def _take(self, number: int) -> list:
        frame, size = self._waiting[number].popleft()
        self._aside[0] -= 1
        self._aside[1] -= size
        return frame

    def reader_of(self, frame: list) -> int:
        """Which thread takes a frame."""
        return frame[0]

    def _read(self) -> tuple[list, int]:
        """A frame: the number of the thread that it is for, that of the sender, and the rest.

        And of how many bytes it was.
        """
        (size,) = struct.unpack("!I", self._exactly(4))
        if size > MOST_BYTES:
            raise Nonsense(f"{size} bytes at once are too many")
        try:
            frame = msgpack.unpackb(
                self._exactly(size),
                unicode_errors="surrogatepass",
                strict_map_key=True,
                list_hook=_counting() if size > SMALL else None,
                max_array_len=min(size, MOST_LONG),
                max_map_len=MOST_KEYS,
                max_ext_len=0,
            )
        except (ValueError, RecursionError, MemoryError, msgpack.UnpackException) as error:
            raise Nonsense(str(error)) from error
        if not isinstance(frame, list) or len(frame) != 5:
            raise Nonsense("not a frame")
        if not all(type(number) is int for number in frame[:3]):
            raise Nonsense("not a frame")
        return frame, size

    def _exactly(self, size: int) -> bytes:
        while len(self._data) < size:
            try:
                more = self._sock.recv(READ)
            except OSError as error:
                raise Gone from error
            if not more:
                raise Gone
            self._data += more
        data = bytes(self._data[:size])
        del self._data[:size]
        return data


def _counting() -> Callable[[list], list]:
    """What is told of each list while a frame is read: together they are not to be too long."""
    left = MOST_ELEMENTS

    def count(items: list) -> list:
        nonlocal left
        left -= len(items) + 1
        if left < 0:
            raise Nonsense("too many elements at once")
        return items

    return count
