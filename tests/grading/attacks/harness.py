"""Runs one attack among right classmates through a grader, and says what came of it.

Each batch has a folder of its own with a course, a home, a folder for temporary files and a few
things that nobody should touch. What an attack does is held against a calm batch, in which the
attacker hands in the untouched notebook.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import compare
from bs4 import BeautifulSoup

import tinytorch
from attacks import target
from attacks.target import ASSIGNMENT, NOTEBOOK, WORDS, AttackCell
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.scores import scores
from tinytorch.grading.nb.settings import CONFIG
from tinytorch.grading.run import walls
from tinytorch.grading.submission.earlier import core_files

HERE = Path(__file__).parent
VARIANTS = ("blind", "given")
BEFORE, ATTACKER, AFTER = "before", "mallory", ("next", "other")  # sorted in this order
BOUND = 25.0  # seconds for a batch: a calm one takes three
GRACE = 1.0  # seconds in which processes may still end after the batch
PORTS = 20000, 12000  # the first, and how many: each batch has its own, by its folder's name
PR_SET_CHILD_SUBREAPER = 36
BIG = 50_000_000  # bytes: larger files are known by their size
DEEPEST = 20
# What is read or written where the harness does not look by itself, is named attack-TAG.
OUTSIDE = (
    "/tmp", "/var/tmp", "/dev/shm", "/", "/dev", "/run", "/etc", "/usr", "/var", "/dev/mqueue",
)  # fmt: skip
LIVE = "script, iframe, object, embed, base, form, style, meta[http-equiv], link[href]"
OVER = {"navbar-fixed-top", "navbar-fixed-bottom", "modal", "modal-backdrop", "affix"}
URLS = ("href", "src", "xlink:href", "action", "formaction", "srcdoc", "data", "background")


@dataclass(frozen=True)
class Attack:
    """One file of notebooks/."""

    name: str
    about: str  # its header: what it tries, and what success would be
    cells: tuple[AttackCell, ...]

    @property
    def kind(self) -> str:
        return self.name.partition("_")[0]

    @property
    def variants(self) -> tuple[str, ...]:
        """Those that differ for this attack: not all need to know where anything is."""
        text = "".join(cell.source for cell in self.cells)
        return VARIANTS if re.search(r"GIVEN|\b(course|port|chain)\(\)", text) else ("blind",)

    @property
    def summary(self) -> str:
        return self.about.splitlines()[0]

    @cached_property
    def honest(self) -> float:
        """The points that it earns by right code of its own, whoever grades it."""
        found = re.search(r"^Honest: ([\d.]+)", self.about, flags=re.MULTILINE)
        return float(found[1]) if found else 0.0

    @cached_property
    def not_in_stock(self) -> str:
        """Why it may not run without walls, if so: it would harm more than its own batch."""
        found = re.search(r"^Not in stock: (.+)", self.about, flags=re.MULTILINE)
        return found[1] if found else ""


@dataclass(frozen=True)
class Grader:
    """A grader as its commands, which are run in the course's folder."""

    name: str
    grade: tuple[str, ...]
    feedback: tuple[str, ...]
    gives_core: bool = True  # itself, to what it runs: else it has to stand on the path
    settings: str = ""  # that the course has besides


_TINYTORCH = (sys.executable, "-P", "-m", "tinytorch")
_NBGRADER = str(Path(sys.executable).with_name("nbgrader"))
_GRADE = (*_TINYTORCH, "grade", ASSIGNMENT, "--workers", "2", "--timeout", "5", "--sandbox")
_FEEDBACK = (*_TINYTORCH, "feedback", ASSIGNMENT, "--workers", "1")
STOCK = Grader(
    "stock",
    (_NBGRADER, "autograde", ASSIGNMENT),
    (_NBGRADER, "generate_feedback", ASSIGNMENT),
    gives_core=False,
)
COMPAT = Grader("compat", (*_GRADE, walls.FULL), _FEEDBACK)
LANDLOCK = Grader("landlock", (*_GRADE, walls.LANDLOCK), _FEEDBACK)
_APART = "c.TinyTorch.isolated_tests = True\n"
ISOLATED = Grader("isolated", (*_GRADE, walls.FULL), _FEEDBACK, settings=_APART)
GRADERS = {grader.name: grader for grader in (STOCK, COMPAT, LANDLOCK, ISOLATED)}


@dataclass(frozen=True)
class Result:
    """What came of an attack; all is empty where nothing did."""

    score: float = 0.0
    honest: float = 0.0  # of it
    leaked: tuple[str, ...] = ()  # what was read, and where it came out
    harmed: tuple[str, ...] = ()  # classmates, and how
    written: tuple[str, ...] = ()  # files that were changed, or are left
    processes: int = 0  # that are left
    reached: bool = False  # the network
    live: tuple[str, ...] = ()  # in feedback: what runs or hides something
    ended: bool = True  # the batch, by itself
    seconds: float = field(default=0.0, compare=False)
    log: str = field(default="", compare=False)

    @property
    def gains(self) -> bool:
        """Whether it has points that nobody worked for; a score that is no number is one, too."""
        return not self.score <= self.honest

    @property
    def told(self) -> tuple[str, ...]:
        """What the attack achieved, a few words each; nothing where it achieved nothing."""
        words = [f"gains {self.score - self.honest:g}"] if self.gains else []
        words += [f"leaks {it}" for it in self.leaked]
        words += [f"harms {it}" for it in self.harmed]
        words += [f"writes {it}" for it in self.written]
        words += [f"leaves {self.processes} processes"] if self.processes else []
        words += ["reaches the network"] if self.reached else []
        words += [f"page: {it}" for it in self.live]
        return tuple(words + ([] if self.ended else ["the batch hangs"]))


# --- Attacks ------------------------------------------------------------------------------------


@lru_cache
def attacks() -> dict[str, Attack]:
    """All attacks by their names."""
    paths = sorted((HERE / "notebooks").glob("*.py"))
    return {path.stem: read_attack(path) for path in paths}


def read_attack(path: Path) -> Attack:
    """Read an attack: a comment, then cells, each behind a line `# %% PLACE`."""
    head, *parts = re.split(r"^# %% ?", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    about = "\n".join(line.removeprefix("#").strip() for line in head.strip().splitlines())
    cells = []
    for part in parts:
        place, _, source = part.partition("\n")
        cells.append(AttackCell(place.strip() or "first", source.strip("\n")))
    return Attack(path.stem, about, tuple(cells))


# --- A batch ------------------------------------------------------------------------------------


class Batch:
    """One graded class, in a folder of its own."""

    def __init__(self, template: Path, folder: Path, grader: Grader, bound: float):
        self.folder, self.grader, self._bound = folder, grader, bound
        self.course = Path(shutil.copytree(template, folder / "course"))
        with (self.course / CONFIG).open("a") as config:
            config.write(grader.settings)
        self.home, self.temp = folder / "home", folder / "tmp"
        secret = hashlib.sha1(folder.name.encode()).hexdigest()[:10]
        own = {"canary": "CANARY", "secret": "SECRET", "env": "ENV"}
        # The words by which a leak is known.
        self.words = WORDS | {what: f"{word}-{secret}" for what, word in own.items()}
        files = {
            "home/.bashrc": "# of the instructor\n",
            "home/.ssh/id_ed25519": self.words["secret"],
            "precious/canary.txt": self.words["canary"],
            "site-packages/classroom.py": "TOOLS = ()\n",
        }
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        # So that what is new in them is told of, and not only that they are new.
        for path in (self.temp, self.course / "autograded", self.course / "feedback"):
            path.mkdir()
        self.log, self.ended, self.seconds = "", True, 0.0
        self.heard, self.reached, self.left = b"", False, 0
        self.changed: set[str] = set()
        self._outside: list[tuple[str, bytes]] = []  # what was left in places that all share

    def given(self, coordinator: int, port: int) -> dict:
        neighbour = self.course / "submitted" / BEFORE / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
        return {
            "course": str(self.course),
            "gradebook": str(self.course / "gradebook.db"),
            "source": str(self.course / "source" / ASSIGNMENT / f"{NOTEBOOK}.ipynb"),
            "neighbour": str(neighbour),
            "canary": str(self.folder / "precious/canary.txt"),
            "secret": str(self.home / ".ssh/id_ed25519"),
            "home": str(self.home),
            "coordinator": coordinator,
            "port": port,
            "tmp": str(self.temp),
        }

    def run(self, attacked: Attack | None, variant: str, *, feedback: bool) -> None:
        """Hand everything in and grade it. `attacked` is None for a calm batch."""
        # One who is still at it while the attack runs, and two who come after.
        word = WORDS["neighbour"]
        target.hand_in(self.course, BEFORE, target.right(self.course, word, seconds=1.0))
        for student in AFTER:
            target.hand_in(self.course, student, target.right(self.course, word))
        with _adopted(self.folder.name) as left, _listener(self) as port:
            grading = self._start(self.grader.grade)
            try:
                given = self.given(grading.pid, port) if variant == "given" else {}
                notebook, files = self._attack(attacked, given)
                target.hand_in(self.course, ATTACKER, notebook, files)
                before = snapshot(self.folder)
                began = time.monotonic()
                self._finish(grading)
                self.seconds = time.monotonic() - began
                if feedback and self.ended:
                    self._finish(self._start(self.grader.feedback))
            finally:
                self.left = left()
        after = snapshot(self.folder) | _special_files(self.folder)
        changed = {name for name, _ in before.items() ^ after.items()}
        self.changed = {_steady(name) for name in _tops(changed)} | self._collect_outside()

    def _attack(self, attacked: Attack | None, given: dict) -> tuple[dict, dict[str, bytes]]:
        if attacked is None:
            return target.untouched(self.course), {}
        head = f"GIVEN = {given!r}\nTAG = {self.folder.name!r}\n"
        prelude = head + (HERE / "prelude.py").read_text(encoding="utf-8")
        return target.attack(self.course, list(attacked.cells), prelude)

    def _start(self, command: tuple[str, ...]) -> subprocess.Popen:
        """A process that waits, and then becomes the command: so its id is known before."""
        words = ["/bin/sh", "-c", 'read _ && exec "$@" </dev/null', "sh", *command]
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # which the command would inherit
            signal.signal(signal.SIGINT, signal.default_int_handler)
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                words, cwd=self.course, env=self._environment, start_new_session=True,
                stdin=subprocess.PIPE, stdout=log, stderr=log,
            )  # fmt: skip

    def _finish(self, process: subprocess.Popen) -> None:
        process.stdin.write(b"\n")
        process.stdin.close()
        try:
            process.wait(self._bound)
        except subprocess.TimeoutExpired:
            self.ended = False
            for pid in _descendants(process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.kill()
            process.wait()
        self.log = (self.folder / "log").read_text(errors="replace")[-4000:]

    @cached_property
    def _environment(self) -> dict[str, str]:
        path = [str(Path(tinytorch.__file__).parent.parent), str(self.folder / "site-packages")]
        if not self.grader.gives_core:
            core = self.folder / "earlier"
            for name, data in core_files(self.course, ASSIGNMENT).items():
                (core / name).parent.mkdir(parents=True, exist_ok=True)
                (core / name).write_bytes(data)
            path.insert(0, str(core))
        bin = Path(sys.executable).parent
        return {
            "PATH": f"{bin}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "TMPDIR": str(self.temp),
            "LANG": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join(path),
            "PYTHONDONTWRITEBYTECODE": "1",
            "CLASSROOM_TOKEN": self.words["env"],
        }

    # --- What came of it

    @cached_property
    def scores(self) -> dict[str, float | None]:
        """Everyone's points."""
        found = scores(Course(self.course), ASSIGNMENT).students
        return {student: score and score.score for student, score in found.items()}

    @cached_property
    def classmates(self) -> dict[str, list]:
        """All rows and outputs that are not the attacker's, by whose they are."""
        found: dict[str, list] = {}
        for folder in (self.course / "submitted").iterdir():
            if folder.name not in (BEFORE, *AFTER):
                _remove(folder)  # whose graded notebook is not to be read: it may be anything
        for name, rows in compare.gradebook_rows(self.course).items():
            for row in rows:
                found.setdefault(str(row[0]), []).append((name, *row))
        for place, outputs in compare.notebook_outputs(self.course).items():
            text = repr(outputs).replace(self.folder.name, "TAG")
            found.setdefault(place.partition("/")[0], []).append(re.sub(r"ipykernel_\d+", "", text))
        found.pop(ATTACKER, None)
        return found

    def shown(self) -> Iterator[tuple[str, bytes]]:
        """All that students see, or could fetch later, with the place that it is seen in."""
        for path in _files(self.course / "autograded"):
            data = path.read_bytes() if path.stat().st_size < BIG else b""
            if path.name == f"{NOTEBOOK}.ipynb":
                with suppress(ValueError, LookupError, TypeError):
                    cells = json.loads(data)["cells"]
                    data = json.dumps([cell.get("outputs") for cell in cells]).encode()
            elif path.name == "journal.jsonl":
                continue
            yield ("outputs" if path.suffix == ".ipynb" else "files"), data
        for path in _files(self.temp):
            yield "tmp", path.read_bytes() if path.stat().st_size < BIG else b""
        yield "network", self.heard
        yield from self._outside

    def leaks(self) -> set[str]:
        shown = list(self.shown())
        return {
            f"{what} by {where}"
            for where, data in shown
            for what, word in self.words.items()
            if word.encode() in data
        }

    @cached_property
    def live(self) -> set[str]:
        """What in the attacker's feedback runs, or covers something."""
        found = set()
        for path in _files(self.course / "feedback" / ATTACKER):
            if path.suffix == ".html":
                page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
                found |= set(_live(page))
        return found

    def _collect_outside(self) -> set[str]:
        """Take what was left in places that all share, and remove it there."""
        found = set()
        for path in [p for it in OUTSIDE for p in Path(it).glob(f"attack-{self.folder.name}*")]:
            found.add(_steady(str(path)))
            if path.is_file():
                self._outside.append(("outside", path.read_bytes()[:BIG]))
            _remove(path)
        return found


# --- What the caller needs ----------------------------------------------------------------------


class Range:
    """Where attacks are tried: the course is made once, and a calm batch for each grader."""

    def __init__(self, folder: Path, bound: float = BOUND):
        self.folder, self._bound = Path(folder), bound
        self.template = target.make_course(self.folder / "template")
        self._calm: dict[tuple[str, bool], Batch] = {}

    def calm(self, grader: Grader, *, feedback: bool) -> Batch:
        key = (grader.name, feedback)
        if key not in self._calm:
            with self._batch(grader) as batch:
                batch.run(None, "blind", feedback=feedback)
                assert batch.ended and not batch.left, batch.log
                assert batch.scores[BEFORE] and batch.classmates and batch.live is not None
                assert not batch.scores[ATTACKER]  # so that all that attacks earn is gained
            self._calm[key] = batch
        return self._calm[key]

    def try_attack(self, attacked: Attack, variant: str, grader: Grader = COMPAT) -> Result:
        feedback = attacked.kind == "pages"
        calm = self.calm(grader, feedback=feedback)
        with self._batch(grader) as batch:
            batch.run(attacked, variant, feedback=feedback)
            return _result(batch, calm, attacked.honest)

    @contextmanager
    def _batch(self, grader: Grader) -> Iterator[Batch]:
        folder = Path(tempfile.mkdtemp(prefix="attacked-", dir=self.folder)).resolve()
        try:
            yield Batch(self.template, folder, grader, self._bound)
        finally:
            _remove(folder)


def _result(batch: Batch, calm: Batch, honest: float) -> Result:
    harmed, score = [], 0.0
    try:
        score = batch.scores.get(ATTACKER) or 0.0
        for student in sorted(calm.classmates.keys() | batch.classmates.keys()):
            if batch.scores.get(student) != calm.scores.get(student):
                harmed.append(f"{student}: {batch.scores.get(student)} points")
            elif batch.classmates.get(student) != calm.classmates.get(student):
                harmed.append(f"{student}: other outputs")
    except Exception as error:
        harmed.append(f"the gradebook: {type(error).__name__}")
    return Result(
        score=score,
        honest=honest,
        leaked=tuple(sorted(batch.leaks() - calm.leaks())),
        harmed=tuple(harmed),
        written=tuple(sorted(batch.changed - calm.changed)),
        processes=batch.left,
        reached=batch.reached,
        live=tuple(sorted(batch.live - calm.live)),
        ended=batch.ended,
        seconds=round(batch.seconds, 1),
        log=batch.log,
    )


# --- Small helpers ------------------------------------------------------------------------------


def snapshot(folder: Path) -> dict[str, str]:
    """What lies in a batch's folder, but for the grader's own work."""
    own = {"course/gradebook.db", "course/autograded/journal.jsonl", "log"}
    found = {}
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"link to {os.readlink(path)}"
        elif path.is_dir():
            found[f"{name}/"] = ""
        elif name not in own and not re.match("course/(autograded|feedback)/", name):
            stat = path.lstat()
            small = path.is_file() and stat.st_size < BIG
            data = hashlib.sha256(path.read_bytes()).hexdigest() if small else str(stat.st_size)
            found[name] = f"{stat.st_mode} {data}"
    return found


def _special_files(folder: Path) -> dict[str, str]:
    """Removes pipes and the like, at which a reader would wait for ever, and tells of them."""
    found = {}
    for path in _walk(folder):
        if not (path.is_symlink() or path.is_file() or path.is_dir()):
            found[path.relative_to(folder).as_posix()] = "special"
            path.unlink()
    return found


def _tops(names: set[str]) -> set[str]:
    """The names without those that lie in a folder that is named itself."""
    folders = {name for name in names if name.endswith("/")}
    return {n for n in names if not any(f"{p}/" in folders for p in Path(n).parents)}


def _steady(name: str) -> str:
    """A path without what differs from run to run."""
    name = re.sub(r"attacked-\w+", "TAG", name)
    name = re.sub(r"(tinytorch-\w+-|tmp)[a-z0-9_]{8}\b", r"\1RANDOM", name)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{3,}", "N", name)


def _files(folder: Path) -> list[Path]:
    return [path for path in _walk(folder) if path.is_file() and not path.is_symlink()]


def _walk(folder: Path) -> Iterator[Path]:
    """All that lies in a folder, as far down as anybody but an attacker goes."""
    for where, folders, files in os.walk(folder):
        yield from (Path(where, name) for name in sorted([*folders, *files]))
        if len(Path(where).parts) - len(folder.parts) > DEEPEST:
            folders.clear()


def _remove(path: Path) -> None:
    """Remove a file or a folder, however deep: shutil.rmtree goes down by recursion."""
    subprocess.run(["rm", "-rf", "--", str(path)], check=False, stderr=subprocess.DEVNULL)


def _live(page: BeautifulSoup) -> Iterator[str]:
    for element in page.select(LIVE):
        digest = hashlib.sha1(str(element).encode()).hexdigest()[:6]
        yield f"<{element.name}> {digest}"
    for element in page.find_all(True):
        for name, value in element.attrs.items():
            text = re.sub(r"[\s\x00-\x1f]", "", "".join(value)).lower()
            if name.lower().startswith("on"):
                yield f"{element.name} {name}"
            elif name.lower() in URLS and re.match("javascript:|vbscript:|data:text/html", text):
                yield f"{element.name} {name}={text[:11]}"
            elif name == "style" and re.search("position:(fixed|absolute)", text):
                yield f"{element.name} over the page"
            elif name == "class" and OVER & set(value):
                yield f"{element.name} of a class that lies over the page"


@contextmanager
def _adopted(tag: str) -> Iterator:
    """In here, what a batch leaves behind becomes our child: it can be counted and ended."""
    libc, before = ctypes.CDLL(None), set(_children(os.getpid()))
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def left() -> int:
        end, most = time.monotonic() + GRACE, 0
        while (ours := _orphans(before)) and time.monotonic() < end:
            time.sleep(0.05)
        for _ in range(200):
            ours = _orphans(before)
            most = max(most, len(ours))
            if not ours:
                break
            for pid in ours:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        return most

    try:
        yield left
    finally:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _orphans(before: set[int]) -> list[int]:
    """Our new children that run, and theirs; those that ended are buried."""
    found = []
    for pid in set(_children(os.getpid())) - before:
        with suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                found += [pid, *_descendants(pid)]
    return found


def _children(pid: int) -> list[int]:
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(child) for child in path.read_text().split()]
    return found


def _descendants(pid: int) -> list[int]:
    return [it for child in _children(pid) for it in (child, *_descendants(child))]


@contextmanager
def _listener(batch: Batch) -> Iterator[int]:
    """Listens on this machine alone, by TCP, UDP and a socket without a file; gives the port."""
    tcp, udp, port = _bound(batch.folder.name)
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind(f"\0attack-{batch.folder.name}")
    abstract.listen()
    over, stop = os.pipe()

    def listen() -> None:
        with selectors.DefaultSelector() as selector:
            for each in (tcp, udp, abstract, over):
                selector.register(each, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj == over:
                        return
                    batch.reached = True
                    if key.fileobj in (tcp, abstract):
                        selector.register(key.fileobj.accept()[0], selectors.EVENT_READ)
                        continue
                    data = b""
                    with suppress(OSError):
                        data = key.fileobj.recv(1 << 20)
                    batch.heard += data[: BIG - len(batch.heard)]
                    if not data and key.fileobj is not udp:
                        selector.unregister(key.fileobj)
                        key.fileobj.close()

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield port
    finally:
        os.write(stop, b".")
        thread.join()
        for each in (tcp, udp, abstract):
            each.close()
        os.close(over)
        os.close(stop)


def _bound(tag: str) -> tuple[socket.socket, socket.socket, int]:
    port = PORTS[0] + zlib.crc32(tag.encode()) % PORTS[1]
    tcp, udp = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for each in (tcp, udp):
        each.bind(("127.0.0.1", port))
    tcp.listen()
    return tcp, udp, port
