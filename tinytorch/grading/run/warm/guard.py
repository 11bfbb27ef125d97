"""Which walls a warm process stands behind, and its forks."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable

from . import confine

FULL, LANDLOCK, NONE = "full", "landlock", "none"


class Guard:
    """The walls of one warm process.

    Args:
        mode: FULL for namespaces, Landlock and seccomp; LANDLOCK for the last two; or NONE.
        user: the id that root becomes; None to stay who one is.
        readable: what forks may read.
        devices: what forks may read and write besides their own folder.

    Raises:
        OSError: the system does not give these walls.
    """

    def __init__(
        self,
        mode: str,
        user: int | None = None,
        readable: Iterable[str] = (),
        devices: Iterable[str] = (),
    ):
        self.mode, self._readable, self._devices = mode, list(readable), list(devices)
        self._namespaces = None
        if mode == NONE:
            return
        if mode == FULL and os.geteuid() == 0:
            confine.unmask_proc()
        if user is not None:
            confine.become(user)
        if mode == FULL:
            self._namespaces = confine.Namespaces()
        # Nobody of the same user looks into this process, or into those forked from it.
        confine.prctl(confine.PR_SET_DUMPABLE, 0)

    def fork(self) -> int:
        """Fork; in FULL, the new process is the first of its own namespace of process ids."""
        return self._namespaces.fork() if self._namespaces else os.fork()

    def confine(
        self,
        scratch: str,
        limits: dict[str, int],
        beside: str = "",
        readable: Iterable[str] = (),
    ) -> None:
        """In a fork: put up the walls.

        Args:
            scratch: the one folder that it may write into; `tmp` and `home` are in it.
            limits: of resources, by the names that they have in `resource`.
            beside: the scratch of another run, whose `tmp` is this one's too.
            readable: what it may read, besides what all forks may.
        """
        temporary = f"{beside or scratch}/tmp"
        confine.prctl(confine.PR_SET_DUMPABLE, 1)  # it may look at itself
        if self._namespaces:
            # A Python that is installed below /tmp stays to be seen there.
            kept = [path for path in self._readable if path.startswith("/tmp/")]
            mounts = {f"{beside or scratch}{path}": path for path in kept}
            shared_memory = ""  # a file system of its own
            if beside:
                # What it has there the other would not find: who asks is told not to write there.
                shared_memory = f"{scratch}/none"
                os.makedirs(shared_memory, 0o555, exist_ok=True)
            mounts |= {"/tmp": temporary, "/dev/shm": shared_memory}
            self._namespaces.enter([scratch, *([temporary] if beside else [])], mounts)
        for name, value in limits.items():
            limit(getattr(resource, name), value)
        if self.mode == NONE:
            return
        own = [scratch, *self._devices]
        own += ["/tmp", "/dev/shm"] if self._namespaces else [temporary]
        confine.landlock([*self._readable, *readable], own)
        confine.drop_capabilities()
        confine.seccomp(own_mounts=self._namespaces is not None)


def limit(name: int, value: int) -> None:
    """Lower a limit for good; never above what this process has itself."""
    _, hard = resource.getrlimit(name)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(name, (value, value))
