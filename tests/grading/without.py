"""Runs a command as on a poorer machine: `python without.py WHAT COMMAND...`.

WHAT is `namespaces`, `landlock` or `seccomp`, which the kernel then refuses as if it lacked it; or
`ids`: root of a user namespace that knows 65,536 ids, as in a container that no root started. Ends
with 77 where this machine can't pretend that.
"""

from __future__ import annotations

import errno
import os
import struct
import sys
from pathlib import Path

from tinytorch.grading.run.warm import confine
from tinytorch.grading.run.warm.confine import ANY_BIT, EQUAL, LOAD, REFUSE, RETURN

CANNOT = 77
PRCTL, SECCOMP = (157, 167), (317, 277)


def filtered(what: str) -> None:
    """Put a filter on this process that refuses what it is about."""
    column = confine.MACHINES[os.uname().machine][1]
    lines = [(LOAD, 0, 0, 0)]

    def on(call: tuple, *answers: tuple) -> None:
        body = [*answers, (LOAD, 0, 0, 0)]
        lines.extend([(EQUAL, 0, len(body), call[column]), *body])

    def refuse(code: int) -> tuple:
        return (RETURN, 0, 0, REFUSE | code)

    if what == "landlock":
        on((confine.CREATE_RULESET,) * 2, refuse(errno.ENOSYS))
    elif what == "seccomp":
        on(SECCOMP, refuse(errno.EPERM))
        on(PRCTL, (LOAD, 0, 0, 16), (EQUAL, 0, 1, confine.PR_SET_SECCOMP), refuse(errno.EINVAL))
    elif what == "namespaces":
        on(confine.CLONE3, refuse(errno.ENOSYS))
        for call in (confine.CLONE, confine.REFUSED["unshare"]):
            on(call, (LOAD, 0, 0, 16), (ANY_BIT, 0, 1, confine.NAMESPACES), refuse(errno.EPERM))
        on(confine.REFUSED["mount"], refuse(errno.EPERM))
    lines.append((RETURN, 0, 0, confine.ALLOW))
    code = b"".join(struct.pack("HBBI", *line) for line in lines)
    confine.put_filter(code)


def with_few_ids() -> None:
    """Become root of a namespace of 65,536 ids; the caller goes on in a process that waits."""
    ready, go = os.pipe(), os.pipe()
    pid = os.fork()
    if pid:
        os.close(ready[1])
        if os.read(ready[0], 1):
            for kind in ("uid", "gid"):
                Path(f"/proc/{pid}/{kind}_map").write_text("0 0 65536")
            os.write(go[1], b"x")
        os.close(go[1])
        _, status = os.waitpid(pid, 0)
        sys.exit(os.waitstatus_to_exitcode(status))
    if confine.LIBC.unshare(confine.NEW_USER | confine.NEW_MOUNTS) != 0:
        os._exit(CANNOT)
    os.close(go[1])
    os.write(ready[1], b"x")
    if not os.read(go[0], 1):
        os._exit(CANNOT)
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)


if __name__ == "__main__":
    try:
        with_few_ids() if sys.argv[1] == "ids" else filtered(sys.argv[1])
    except (OSError, KeyError):
        sys.exit(CANNOT)
    os.execvp(sys.argv[2], sys.argv[2:])
