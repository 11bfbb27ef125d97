"""The walls around runs: which of them this machine gives, and how a process starts behind them.

Three modes, the best first:

full      bubblewrap's container around the warm processes, with a read-only runtime, no course and
          no network; in it each run has namespaces of its own, Landlock and seccomp
landlock  Landlock and seccomp around each run: where namespaces are off, as in many containers
none      nothing: a run may do whatever its user may
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import secrets
import shutil
import site
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

from tinytorch.errors import UsageError
from tinytorch.files import remove_tree, walk
from tinytorch.grading.run.environment import ONE_THREAD
from tinytorch.grading.run.warm.confine import SIGNALS_FROM, landlock_version
from tinytorch.grading.run.warm.guard import FULL, LANDLOCK, NONE

AUTO, ANY = "auto", "any"
WANTED = (AUTO, FULL, LANDLOCK, NONE, ANY)
WARM = Path(__file__).with_name("warm")
# Where things are in a container.
WARM_INSIDE, RUNS_INSIDE = "/run/warm", "/grading"
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store")
OF_ETC = (
    "alternatives", "ca-certificates", "debian_version", "fonts", "group", "hosts",
    "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "magic", "mime.types",
    "nsswitch.conf", "passwd", "pki",
    "protocols", "services", "ssl", "timezone",
)  # fmt: skip
# How much of the processor there is: joblib reads it where it exists, and fails if it may not.
SHARES = (
    "/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us",
    "/sys/fs/cgroup/cpu/cpu.cfs_period_us",
)  # fmt: skip
# pip and git end where a file in /etc exists that they may not read. It may hold passwords.
WITHOUT_ETC = {"PIP_CONFIG_FILE": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts")
# What a run sees of the instructor's environment; all else may be a secret.
HANDED_ON = (
    "PATH", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHASHSEED",
    "PYTHONUTF8", "PYTHONIOENCODING", "MPLBACKEND", "VIRTUAL_ENV", "CONDA_PREFIX",
)  # fmt: skip
# Ids that nobody has. A container that was not started by root often knows the first 65,536 alone.
UNUSED = (range(0x4000_0000, 0x5000_0000), range(30_000, 60_000))
# The capabilities of root that mounts need; and to give files to another user, be one, and end it.
TO_MOUNT, TO_CHANGE_USER = {"sys_admin": 21}, {
    "chown": 0, "dac_override": 1, "fowner": 3, "kill": 5, "setgid": 6, "setuid": 7,
}  # fmt: skip
# What Landlock each mode needs, and the kernel that brings it.
OF_LANDLOCK = {FULL: (1, "Linux 5.13"), LANDLOCK: (SIGNALS_FROM, "Linux 6.12")}
AS_PYTHON_SAYS_IT = re.compile(r"^\w*Error: (\[Errno \d+\] )?")
PROBE = 20.0  # seconds


@dataclass(frozen=True)
class Walls:
    """How runs are kept in.

    Args:
        mode: FULL, LANDLOCK or NONE.
        hidden: folders of the course, which no run may read.
        readable: more folders that runs may read.
        environment: names of more variables that runs may see.
    """

    mode: str = NONE
    hidden: tuple[str, ...] = ()
    readable: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Walls:
        fields = json.loads(text)
        return cls(fields.pop("mode"), **{name: tuple(value) for name, value in fields.items()})


NO_WALLS = Walls()


def find(wanted: str, walls: Walls = NO_WALLS) -> Walls:
    """The walls that this machine gives.

    Args:
        wanted: a mode, AUTO for the best there is, or ANY for the same and even for none.
        walls: what else is wanted of them.

    Raises:
        UsageError: there are none of that kind; the message says how to go on.
    """
    if wanted not in WANTED:
        raise UsageError(
            f"there are no walls {wanted!r}: --sandbox and the variable TINYTORCH_SANDBOX know "
            f"{', '.join(WANTED)}"
        )
    if wanted == NONE:
        return replace(walls, mode=NONE)
    reasons = {}
    for mode in (FULL, LANDLOCK) if wanted in (AUTO, ANY) else (wanted,):
        reasons[mode] = fault_of(mode)
        if not reasons[mode]:
            return replace(walls, mode=mode)
    if wanted == ANY:
        return replace(walls, mode=NONE)
    told = "; ".join(f"{mode}: {reason}" for mode, reason in reasons.items())
    raise UsageError(
        f"students' code would run without walls here ({told}). See `tinytorch doctor`, or add "
        "--sandbox none where you trust every submission"
    )


@lru_cache
def fault_of(mode: str) -> str:
    """Why this machine does not give such walls; nothing where it does. It is tried out."""
    if sys.platform != "linux":
        return f"needs Linux, and this is {sys.platform}"
    if mode == FULL and not shutil.which("bwrap"):
        return "bubblewrap is not installed (Debian, Ubuntu, Fedora: package `bubblewrap`)"
    if mode in OF_LANDLOCK and (lacking := _lack_of_landlock(*OF_LANDLOCK[mode])):
        return lacking
    try:
        with Enclosure(Walls(mode)) as enclosure:
            done = subprocess.run(
                enclosure.command("probe", enclosure.inside(enclosure.new_run())),
                env=enclosure.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PROBE,
            )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0 and done.stdout.strip() == mode:
        return ""
    lines = (done.stderr or done.stdout).strip().splitlines()
    last = AS_PYTHON_SAYS_IT.sub("", lines[-1]) if lines else ""
    return last or f"a process behind them ended with {done.returncode}"


def _lack_of_landlock(needed: int, since: str) -> str:
    version = landlock_version()
    if version >= needed:
        return ""
    there = f"has version {version}" if version else "has none, or it is switched off"
    here = f"this Linux {platform.release()} {there}"
    return f"needs Landlock, version {needed} or newer ({since}), and {here}"


def root_stays_root(mode: str) -> bool:
    """Whether runs behind such walls are root's, for want of a user who could read Python."""
    return mode != NONE and os.geteuid() == 0 and _new_user(mode) is None


class Enclosure:
    """Walls as they stand: a folder for runs, and commands that start behind the walls."""

    def __init__(self, walls: Walls):
        self.walls = walls
        self._owner = os.getpid()
        self._user = _new_user(walls.mode)

    @cached_property
    def _folder(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="tinytorch-runs-")).resolve()
        try:
            (folder / "home").mkdir()
            if self._user is not None:
                folder.chmod(0o711)
                self.hand_over(folder / "home")
        except BaseException:
            remove_tree(folder)
            raise
        return folder

    def __enter__(self) -> Enclosure:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder, in the process that made it."""
        if os.getpid() == self._owner and "_folder" in self.__dict__:
            remove_tree(self._folder)

    def new_run(self) -> Path:
        """A new folder for a run, with a home and a place for temporary files in it."""
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=self._folder))
        for name in ("home", "tmp"):
            (folder / name).mkdir()
        self.hand_over(folder)
        return folder

    def hand_over(self, folder: Path) -> None:
        """Give a folder, and all in it, to whom the runs are."""
        if self._user is None:
            return
        for where, folders, files in walk(folder):
            for name in (".", *folders, *files):
                os.chown(os.path.join(where, name), self._user, self._user, follow_symlinks=False)

    def inside(self, path: Path | str) -> str:
        """The path by which runs know what lies in a run's folder."""
        path = Path(path)
        if self.walls.mode != FULL or not path.is_relative_to(self._folder):
            return str(path)
        return str(RUNS_INSIDE / path.relative_to(self._folder))

    @property
    def environment(self) -> dict[str, str]:
        """What the processes behind the walls see of the environment."""
        if self.walls.mode == NONE:
            return {**os.environ, **ONE_THREAD}
        names = (*HANDED_ON, *self.walls.environment)
        found = {n: v for n, v in os.environ.items() if n in names or n.startswith("LC_")}
        # The user may be one that the system has no name for.
        student = {"HOME": self.inside(self._folder / "home"), "USER": "student"}
        found |= WITHOUT_ETC if self.walls.mode == LANDLOCK else {}
        return found | student | {"LOGNAME": "student"} | ONE_THREAD

    def environment_of(self, run: Path) -> dict[str, str]:
        """What is different in the environment of one run."""
        if self.walls.mode == NONE:
            return {}
        home = {"HOME": self.inside(run / "home")}
        return home | ({} if self.walls.mode == FULL else {"TMPDIR": str(run / "tmp")})

    @property
    def user_has_others(self) -> bool:
        """Whether processes besides the runs' count against their user's limits."""
        return self._user is None

    def command(self, *words: str) -> list[str]:
        """The command that starts a warm process behind the walls."""
        mode, hidden = self.walls.mode, self.walls.hidden
        runtime = _runtime(hidden, self.walls.readable) if mode != NONE else []
        if self._user is not None:
            runtime = [path for path in runtime if _is_open(Path(path))]
        container, warm, readable, devices = [], str(WARM), [], []
        if mode == FULL:
            container, warm = self._container(runtime), WARM_INSIDE
            readable, devices = [*SYSTEM, "/etc", "/proc", warm, *runtime], ["/dev"]
        elif mode == LANDLOCK:
            etc = [f"/etc/{name}" for name in OF_ETC]
            readable = [*_without(hidden, [*SYSTEM, *etc, *SHARES, "/proc", *runtime]), warm]
            devices = [f"/dev/{name}" for name in DEVICES]
        guard = {"mode": mode, "user": self._user, "readable": readable, "devices": devices}
        return [*container, sys.executable, warm, json.dumps(guard), *words]

    def _container(self, runtime: Iterable[str]) -> list[str]:
        """bubblewrap's command line."""
        words = [
            "bwrap", "--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-pid",
            "--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "grader",
            "--proc", "/proc", "--dev", "/dev",
        ]  # fmt: skip
        for shared in ("/tmp", "/dev/shm"):
            words += ["--perms", "1777", "--tmpfs", shared]
        if os.geteuid() != 0:
            words.append("--unshare-user")
        elif not _may(TO_MOUNT):
            # In there alone it may mount: for guard.py, as below.
            words += ["--unshare-user", "--cap-add", "CAP_SYS_ADMIN"]
        elif self._user is not None:
            words += ["--cap-drop", "ALL"]
            for need in ("CAP_SETUID", "CAP_SETGID", "CAP_SYS_ADMIN"):  # given up by guard.py
                words += ["--cap-add", need]
        # Whatever the rights of the folders on the way are outside: no one else is in here.
        on_the_way = {str(parent) for path in runtime for parent in Path(path).parents}
        for folder in sorted({"/etc", "/run", *on_the_way}):
            words += ["--perms", "0755", "--dir", folder]
        for path in SYSTEM:
            if os.path.islink(path):
                words += ["--symlink", os.readlink(path), path]
            else:
                words += ["--ro-bind-try", path, path]
        for name in OF_ETC:
            words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
        # What lies within another comes after it.
        shown = {path: ["--ro-bind", path, path] for path in runtime}
        places = (*shown, *SYSTEM)
        within = [p for p in self.walls.hidden if any(Path(p).is_relative_to(q) for q in places)]
        shown |= {path: ["--tmpfs", path] for path in within}
        for path in sorted(shown, key=lambda path: len(Path(path).parts)):
            words += shown[path]
        words += ["--ro-bind", str(WARM), WARM_INSIDE, "--bind", str(self._folder), RUNS_INSIDE]
        return [*words, "--chdir", "/", "--"]


def _runtime(hidden: Iterable[str], more: Iterable[str]) -> list[str]:
    """The folders of this Python and of what it imports, but for hidden ones."""
    python = [sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values()]
    # Not sys.path itself: the folder of whatever script runs here stands in it, and the course's.
    sites = [*site.getsitepackages(), site.getusersitepackages()]
    modules = [*sites, *os.environ.get("PYTHONPATH", "").split(os.pathsep), *_added(sites)]
    for module in list(sys.modules.values()):  # what pip installed as editable is found by these
        if getattr(module, "__name__", "").startswith("__editable__"):
            modules += getattr(module, "MAPPING", {}).values()
    fonts = os.path.expanduser("~/.fonts"), os.path.expanduser("~/.local/share/fonts")
    everything = (*python, *modules, *_jupyter(), *fonts)
    found = [os.path.abspath(path) for path in everything if path]
    # A project's root, where it is on the path, holds more than its package: solutions, say.
    packages = {*python, *sites}
    kept = {p for p in found if os.path.isdir(p) and (p in packages or not _holds(p, hidden))}
    kept |= {os.path.realpath(path) for path in (sys.executable, *kept)}
    kept.discard("/")
    kept |= {os.path.abspath(path) for path in more if os.path.exists(path)}
    return sorted(p for p in kept if not any(q != p and Path(p).is_relative_to(q) for q in kept))


def _added(sites: Iterable[str]) -> Iterator[str]:
    """The folders that .pth files add to sys.path."""
    for folder in sites:
        for file in Path(folder).glob("*.pth"):
            for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
                if line.strip() and not line.startswith(("#", "import ", "import\t")):
                    yield os.path.join(folder, line.strip())


def _holds(path: str, hidden: Iterable[str]) -> bool:
    """Whether a path is hidden, or holds something hidden at its top."""
    return any(path in (place, os.path.dirname(place)) for place in hidden)


def _jupyter() -> list[str]:
    from jupyter_core.paths import jupyter_path

    return jupyter_path()


def _without(hidden: Iterable[str], paths: Iterable[str]) -> Iterator[str]:
    """Paths that cover what these cover, but for hidden ones."""
    for path in paths:
        inner = [h for h in hidden if Path(h).is_relative_to(path)]
        if not inner:
            yield path
        elif path not in hidden:
            with contextlib.suppress(OSError):
                yield from _without(inner, [f"{path}/{name}" for name in sorted(os.listdir(path))])


def _new_user(mode: str) -> int | None:
    """A user for runs that root starts; None to stay who one is.

    In a container it reads what is bound there; else it needs a way down to this Python.
    """
    if mode == NONE or os.geteuid() != 0 or not _may(TO_CHANGE_USER):
        return None
    if mode == FULL and not _may(TO_MOUNT):
        return None  # bubblewrap's own user namespace then knows root alone
    prefixes = [Path(sys.prefix), Path(sys.base_prefix), WARM]
    on_the_way = [parent for path in prefixes for parent in path.parents] if mode != FULL else []
    is_open = all(map(_is_open, (*prefixes, *on_the_way)))
    return _unused_id() if is_open else None


def _unused_id() -> int | None:
    """The id of a user and of a group that nobody has; None where this process is given none."""
    maps = [_ids_known(Path(f"/proc/self/{name}_map")) for name in ("uid", "gid")]
    for ids in UNUSED:
        if all(any(ids[0] in known and ids[-1] in known for known in each) for each in maps):
            return secrets.choice(ids)
    return None


def _ids_known(file: Path) -> list[range]:
    """The ids that the user namespace of this process knows."""
    lines = [line.split() for line in file.read_text().splitlines()]
    return [range(int(first), int(first) + int(count)) for first, _, count in lines]


def _may(capabilities: dict[str, int]) -> bool:
    """Whether this process has these capabilities: in many containers root lacks some."""
    status = Path("/proc/self/status").read_text()
    [held] = re.findall(r"^CapEff:\s*(\w+)$", status, re.MULTILINE)
    return all(int(held, 16) >> number & 1 for number in capabilities.values())


def _is_open(path: Path) -> bool:
    """Whether everybody may read a folder."""
    return path.stat().st_mode & 0o005 == 0o005
