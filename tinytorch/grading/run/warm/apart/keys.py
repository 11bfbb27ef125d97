"""Keys of dicts and elements of sets, which are hashed while a frame is made or taken.

Nobody can be asked then: the other end waits for the frame, or for the answer to it. So with a key
goes its hash, and what stands in for it has that hash, and is equal to nothing but itself, until
the frame is whole. An object that comes home is hashed by its own code, of which an error is kept
until then.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from . import mirror


class AtFrame(RuntimeError):
    """A key asks for something at the other end while it is hashed."""


class Keys:
    """What an end of the wire knows of keys.

    Args:
        containers: the lists, dicts and sets that both ends hold.
    """

    faults: type[BaseException] = AtFrame  # what a key of this end may raise

    def __init__(self, containers: mirror.Containers):
        self._containers = containers
        self._thread = 0  # the one that makes or takes a frame
        self._fault: BaseException | None = None
        self._arrived: list[int] = []  # containers that came with the frame at hand
        self.is_one = False  # whether what is encoded is a key, or in one

    def is_at_frame(self) -> bool:
        """Whether this thread makes or takes a frame: it is to ask nobody."""
        return self._thread == threading.get_ident()

    @contextlib.contextmanager
    def at_frame(self):
        before, self._thread = self._thread, threading.get_ident()
        try:
            yield
        finally:
            self._thread = before

    @contextlib.contextmanager
    def encoded(self):
        """What is encoded meanwhile is a key."""
        before, self.is_one = self.is_one, True
        try:
            yield
        finally:
            self.is_one = before

    def hash_of(self, thing: Any, ends: Callable[[BaseException], bool]) -> int | None:
        """The hash of an object of this end; None where it has none now.

        Args:
            ends: whether an exception is to end what runs here.
        """
        try:
            with self.at_frame():
                return hash(thing)
        except BaseException as error:
            if ends(error):
                raise
            return None

    # --- Taking a frame --------------------------------------------------------------------------

    def begin(self) -> None:
        self._fault = None
        self._arrived.clear()

    def arrived(self, number: int) -> None:
        """A container is new here."""
        self._arrived.append(number)

    def put(self, update: Callable, items: list) -> None:
        """Fill a dict or a set, which runs its keys' `__hash__`, and `__eq__` where two meet."""
        try:
            update(items)
        except self.faults as error:
            if self._fault is None:
                self._fault = error

    def change(self, lists: list, fill: Callable) -> None:
        """Take what the other end has changed, where all keys of the frame could be had.

        Else what is here stays as it was, and the other end is told so; and of what is new it is
        to tell again.
        """
        before = []
        for number, content in lists:
            thing = self._containers.thing(number)
            if not isinstance(thing, np.random.Generator):
                before.append((number, thing, thing.copy()))
            fill(thing, content)
            self._containers.told(number)
        if self._fault is None:
            return
        for number, thing, old in before:
            thing.clear()
            with contextlib.suppress(Exception):  # no key is hashed for it; two may be compared
                (thing.extend if isinstance(thing, list) else thing.update)(old)
            self._containers.untold(number)
        for number in self._arrived:
            self._containers.forget(number)

    def fault(self) -> BaseException | None:
        """What a key raised."""
        fault, self._fault = self._fault, None
        return fault


class StudentsKeys(Keys):
    """A student's own `__hash__` may raise whatever it likes."""

    faults = BaseException


def told_hash(stand_in: Any) -> int:
    """The hash that was last heard of an object of the other end."""
    told = stand_in._hash_there
    return object.__hash__(stand_in) if told is None else told
