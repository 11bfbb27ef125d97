"""Walls that a process puts around itself, for good, before it runs a student's code.

Three layers, each by plain system calls and without privilege. Namespaces: its own process ids,
IPC and mounts, so that it sees nobody and all it has started ends with it. Landlock: it opens
files of its own folder and of the runtime alone, signals and traces nobody outside. Seccomp: no
call that Landlock doesn't know and that reaches beyond the process.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import signal
import struct
from collections.abc import Iterable, Iterator, Sequence

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 4, 22, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
LAST_CAPABILITY = 63


def prctl(option: int, *values: int) -> None:
    _check(LIBC.prctl(option, *(ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4])))


def _syscall(number: int, *values) -> int:
    return _check(LIBC.syscall(ctypes.c_long(number), *values))


def _check(result: int) -> int:
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    """Say of an error what it means."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, f"{what}: {error.strerror}") from None


# --- Who the process is -------------------------------------------------------------------


def become(user: int) -> None:
    """Become another user and group for good; only root can."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def drop_capabilities() -> None:
    """Give up every capability, and never get one back, be it by a set-uid program."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    for number in range(LAST_CAPABILITY + 1):
        with contextlib.suppress(OSError):  # without the right to, or there is none of the number
            prctl(PR_CAPBSET_DROP, number)
    header = struct.pack("Ii", 0x20080522, 0)
    _check(LIBC.capset(header, bytes(24)))


# --- Namespaces ---------------------------------------------------------------------------

NEW_MOUNTS, NEW_IPC, NEW_USER, NEW_PIDS = 0x00020000, 0x08000000, 0x10000000, 0x20000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2
MOUNT_SETATTR, AT_CWD, AT_RECURSIVE = 442, -100, 0x8000


class Namespaces:
    """A user namespace, in which forks of this process have process ids of their own.

    Making it forks once: the caller goes on as the first process of the namespace, and what was
    the caller waits for it.

    Raises:
        OSError: the system allows none.
    """

    def __init__(self):
        user, group = os.getuid(), os.getgid()
        prctl(PR_SET_DUMPABLE, 1)  # else the files below are root's
        with _told("no namespaces within a container"):
            _check(LIBC.unshare(NEW_USER | NEW_PIDS))
        # The same ids inside as outside: files belong to whom they belonged to.
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
        pid = os.fork()
        if pid:
            os.closerange(3, 1 << 16)
            _, status = os.waitpid(pid, 0)
            os._exit(status >> 8 or status)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        self._own = os.open("/proc/thread-self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    def fork(self) -> int:
        """Fork a process that is the first of a namespace: when it ends, so do all in it."""
        _check(LIBC.unshare(NEW_PIDS))
        pid = -1
        try:
            pid = os.fork()
        finally:
            if pid:
                _check(LIBC.setns(self._own, NEW_PIDS))
        return pid

    def enter(self, own: Sequence[str], mounts: dict[str, str]) -> None:
        """In the fork: IPC and mounts of its own, and folders of its own in place of others.

        Args:
            own: the folders that stay writable; so nobody changes the rights of others.
            mounts: what is to be seen at a path: another folder, or "" for an empty one in memory.
                They are made in this order.
        """
        os.close(self._own)
        _check(LIBC.unshare(NEW_MOUNTS | NEW_IPC))
        mount("none", "/", "", MS_REC | MS_PRIVATE)
        with contextlib.suppress(OSError):  # some containers keep theirs: the one outside stays
            mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
        for folder in own:
            mount(folder, folder, "", MS_BIND)
        set_read_only("/", True, AT_RECURSIVE)
        for folder in own:
            set_read_only(folder, False)
        for target, source in mounts.items():
            if source:
                os.makedirs(target, exist_ok=True)
                mount(source, target, "", MS_BIND | MS_REC)
            else:
                mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, "size=256m,mode=1777")


def set_read_only(path: str, read_only: bool, flags: int = 0) -> None:
    """Let nothing be changed beneath a mount, or let it be changed again."""
    attributes = struct.pack("QQQQ", *((1, 0) if read_only else (0, 1)), 0, 0)  # MOUNT_ATTR_RDONLY
    _syscall(MOUNT_SETATTR, AT_CWD, path.encode(), flags, attributes, len(attributes))


def unmask_proc() -> None:
    """Take away what bubblewrap, where root started it, has put over parts of /proc.

    While anything lies over them the kernel lets nobody else mount a /proc of their own.
    """
    for part in ("sys", "sysrq-trigger", "irq", "bus"):
        with contextlib.suppress(OSError):
            _check(LIBC.umount2(f"/proc/{part}".encode(), MNT_DETACH))


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    words = (word.encode() for word in (source, target, kind))
    _check(LIBC.mount(*words, ctypes.c_ulong(flags), data.encode()))


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


# --- Landlock -----------------------------------------------------------------------------

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every machine
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
TRUNCATE, IOCTL_DEVICE = 1 << 14, 1 << 15
READ = EXECUTE | READ_FILE | READ_DIR
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE
SIGNALS_FROM = 6  # the version from which Landlock keeps signals and abstract sockets inside


def landlock_version() -> int:
    """The version of Landlock's interface; 0 where the system has none."""
    try:
        return _syscall(CREATE_RULESET, None, 0, 1)
    except OSError:
        return 0


def landlock(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Open from now on no file but beneath these paths, and reach no process but one's own.

    Raises:
        OSError: the system has no Landlock.
    """
    version = landlock_version()
    if not version:
        raise OSError(errno.ENOSYS, "the system has no Landlock")
    rights = 13 + (version >= 2) + (version >= 3) + (version >= 5)
    files, tcp, scopes = (1 << rights) - 1, 3 if version >= 4 else 0, 3 if version >= 6 else 0
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _syscall(CREATE_RULESET, struct.pack("QQQ", files, tcp, scopes)[:size], size, 0)
    try:
        for paths, allowed in ((readable, READ), (writable, files)):
            for path in paths:
                _allow(ruleset, path, allowed & files)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        _syscall(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, allowed: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return
    try:
        if not os.path.isdir(path):
            allowed &= OF_FILES
        _syscall(ADD_RULE, ruleset, 1, struct.pack("=Qi", allowed, descriptor), 0)
    finally:
        os.close(descriptor)


# --- Seccomp ------------------------------------------------------------------------------

# Numbers of system calls on x86-64 and on aarch64; None where there is none.
REFUSED = {
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kcmp": (312, 272), "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "process_mrelease": (448, 448), "migrate_pages": (256, 238), "move_pages": (279, 239),
    "ioprio_set": (251, 30),
    # namespaces and mounts
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    # parts of the kernel that no notebook needs
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "modify_ldt": (154, None),
    "iopl": (172, None), "ioperm": (173, None), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    # the machine
    "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171),
    "clock_adjtime": (305, 266), "sethostname": (170, 161), "setdomainname": (171, 162),
    "quotactl": (179, 60), "vhangup": (153, 58),
    # messages and memory shared by number, which outlive a process
    "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
}  # fmt: skip
# What acts on another process where its first argument is not 0.
ON_ITSELF_ALONE = {
    "prlimit64": (302, 261), "sched_setaffinity": (203, 122), "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119), "sched_setattr": (314, 274),
}  # fmt: skip
# These change files that Landlock lets nobody open. Without mounts of one's own they do nothing,
# and say that they did: copying a file, say, sets its times.
PRETENDED = {
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None),
    "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
}  # fmt: skip
SETPRIORITY, SOCKET, CONNECT = (141, 140), (41, 198), (42, 203)
UTIMENSAT = PRETENDED["utimensat"]
CLONE, CLONE3, IOCTL, FCNTL = (56, 220), (435, 435), (16, 29), (72, 25)
NAMESPACES = 0x7E020000  # the flags by which clone makes some
TERMINAL = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX: typing into somebody's terminal
WATCHING = (1024, 1026)  # F_SETLEASE and F_NOTIFY: who opens a file waits, or is told of
AF_UNIX, DATAGRAM = 1, 2
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

LOAD, AND, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000


def seccomp(*, own_mounts: bool) -> None:
    """Refuse, from now on, system calls that reach beyond the process.

    Args:
        own_mounts: whether the process sees nobody's files and sockets but its own, so that it
            may do with them as it likes.

    Raises:
        OSError: there is none, or none for such a machine.
    """
    put_filter(b"".join(struct.pack("HBBI", *line) for line in _program(own_mounts)))


def put_filter(code: bytes) -> None:
    """Have the kernel ask this program of each system call from now on.

    Raises:
        OSError: it takes none.
    """
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    holder = ctypes.create_string_buffer(program, len(program))
    with _told("the system takes no seccomp filter"):
        _check(LIBC.prctl(PR_SET_SECCOMP, 2, ctypes.c_void_p(ctypes.addressof(holder)), 0, 0))


def _program(own_mounts: bool) -> list[tuple[int, int, int, int]]:
    """The filter, in the kernel's classic BPF: each line is (code, if true, if false, value)."""
    try:
        machine, column = MACHINES[platform.machine()]
    except KeyError:
        raise OSError(errno.ENOSYS, f"no filter for {platform.machine()}") from None
    refuse, pretend = REFUSE | errno.EPERM, REFUSE | 0

    def number(call: tuple) -> int | None:
        return call[column]

    lines = [
        (LOAD, 0, 0, 4), (EQUAL, 1, 0, machine), (RETURN, 0, 0, KILL),  # another kind of calls
        (LOAD, 0, 0, 0), (AT_LEAST, 0, 1, 0x40000000), (RETURN, 0, 0, REFUSE | errno.ENOSYS),
    ]  # fmt: skip

    def on(call: tuple, *answers: tuple[int, int, int, int]) -> None:
        """For one call: these lines, after which all others still see its number."""
        if number(call) is not None:
            body = [*answers, (LOAD, 0, 0, 0)]
            lines.extend([(EQUAL, 0, len(body), number(call)), *body])

    def always(call: tuple, answer: int) -> None:
        if number(call) is not None:
            lines.extend([(EQUAL, 0, 1, number(call)), (RETURN, 0, 0, answer)])

    for call in REFUSED.values():
        always(call, refuse)
    always(CLONE3, REFUSE | errno.ENOSYS)  # its flags lie in memory: libraries then take clone
    on(CLONE, _argument(0), (ANY_BIT, 0, 1, NAMESPACES), (RETURN, 0, 0, refuse))
    for call in ON_ITSELF_ALONE.values():
        on(call, _argument(0), (EQUAL, 1, 0, 0), (RETURN, 0, 0, refuse))
    on(SETPRIORITY, _argument(0), (EQUAL, 0, 2, 0), _argument(1), (EQUAL, 1, 0, 0),
       (RETURN, 0, 0, refuse))  # fmt: skip
    for call, requests in ((IOCTL, TERMINAL), (FCNTL, WATCHING)):
        for request in requests:
            on(call, _argument(1), (EQUAL, 0, 1, request), (RETURN, 0, 0, refuse))
    nowhere = (RETURN, 0, 0, REFUSE | errno.EAFNOSUPPORT)
    on(SOCKET, _argument(0), (EQUAL, 1, 0, AF_UNIX), nowhere)
    if not own_mounts:
        # `Path.touch` sets the time to now, and takes success for a file that is there: where this
        # fails it makes one. That is a path, and no times.
        on(UTIMENSAT, _argument(2), (EQUAL, 0, 3, 0), _argument(1), (EQUAL, 1, 0, 0),
           (RETURN, 0, 0, REFUSE | errno.EACCES))  # fmt: skip
        for call in PRETENDED.values():
            always(call, pretend)
        always(CONNECT, REFUSE | errno.EACCES)
        on(SOCKET, _argument(1), (AND, 0, 0, 0xF), (EQUAL, 0, 1, DATAGRAM), nowhere)
    return [*lines, (RETURN, 0, 0, ALLOW)]


def _argument(index: int) -> tuple[int, int, int, int]:
    """Load the lower half of an argument."""
    return (LOAD, 0, 0, 16 + 8 * index)
