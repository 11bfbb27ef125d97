"""What `pip install .` brings: all that the package needs, nothing else, and NumPy is enough."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.specifiers import SpecifierSet

from tinytorch.extras import install_command

ROOT = Path(__file__).parents[1]
NOT_IN_GIT = ("__pycache__", "*.egg-info", "build", "dist", "submitted", "autograded", "feedback")
SDIST = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"
TRAINS = """
import numpy as np
import tinytorch
from tinytorch.core import Adam, CrossEntropyLoss, Linear, ReLU, Sequential, Tensor, backward
from tinytorch.data import load_digits

digits, rng = load_digits(), np.random.default_rng(0)
x, y = Tensor(digits.data[:64] / 16), digits.target[:64]
model = Sequential(Linear(64, 32, rng), ReLU(), Linear(32, 10, rng))
optimizer, loss = Adam(model.parameters(), lr=0.01), CrossEntropyLoss()
losses = []
for _ in range(20):
    optimizer.zero_grad()
    losses.append(loss(model(x), y))
    backward(losses[-1])
    optimizer.step()
assert losses[-1].data < losses[0].data / 2, (losses[0], losses[-1])
print(tinytorch.__file__)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> SimpleNamespace:
    """The checkout as git has it, the source distribution, and the wheel that pip makes of that."""
    folder = tmp_path_factory.mktemp("package")
    checkout = folder / "checkout"
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(".*", *NOT_IN_GIT))
    call([sys.executable, "-c", SDIST, folder], checkout)
    (sdist,) = folder.glob("*.tar.gz")
    make = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, sdist]
    call([sys.executable, "-m", "pip", *make], folder)
    (wheel,) = folder.glob("*.whl")
    return SimpleNamespace(checkout=checkout, sdist=sdist, wheel=wheel)


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory) -> SimpleNamespace:
    """An environment with NumPy and the wheel: its Python, and its command `tinytorch`."""
    folder = tmp_path_factory.mktemp("bare")
    builder = venv.EnvBuilder(with_pip=False)
    builder.create(folder / "venv")
    place = builder.ensure_directories(folder / "venv")
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    copy_numpy(Path(call([place.env_exe, "-c", where], folder).stdout.strip()))
    pip = [sys.executable, "-m", "pip", "--python", place.env_exe]
    call([*pip, "install", "--quiet", "--no-index", built.wheel], folder)
    command = shutil.which("tinytorch", path=place.bin_path)
    return SimpleNamespace(folder=folder, python=place.env_exe, command=command)


def call(words: list, folder: Path, status: int = 0) -> subprocess.CompletedProcess:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ended = subprocess.run(words, cwd=folder, env=clean, capture_output=True, text=True)
    assert ended.returncode == status, f"{words}\n{ended.stdout}\n{ended.stderr}"
    return ended


def copy_numpy(site: Path) -> None:
    """NumPy as it is here, so that no network is needed."""
    for file in distribution("numpy").files:
        if ".." not in file.parts and file.suffix != ".pyc":
            (site / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.locate(), site / file)


def test_the_wheel_holds_the_package_and_nothing_else(built):
    paths = (path for path in (built.checkout / "tinytorch").rglob("*") if path.is_file())
    files = {path.relative_to(built.checkout).as_posix() for path in paths}
    with zipfile.ZipFile(built.wheel) as wheel:
        names = set(wheel.namelist())
    about = {name for name in names if name.partition("/")[0].endswith(".dist-info")}
    assert names - about == files
    assert {"tinytorch/py.typed", "tinytorch/data/digits.txt"} <= files


def test_the_source_distribution_holds_what_a_build_needs(built):
    with tarfile.open(built.sdist) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    tops = {name.partition("/")[0] for name in names if name}
    assert tops == {
        "LICENSE", "MANIFEST.in", "PKG-INFO", "README.md", "constraints.txt", "pyproject.toml",
        "setup.cfg", "tinytorch", "tinytorch_course.egg-info",
    }  # fmt: skip


def test_a_model_trains_where_there_is_only_numpy(installed):
    came_from = Path(call([installed.python, "-c", TRAINS], installed.folder).stdout.strip())
    assert came_from.is_relative_to(installed.folder)


def test_every_command_says_what_to_install_where_there_is_only_numpy(installed):
    words = [installed.python, "-m", "tinytorch"]
    said = call([*words, "--help"], installed.folder).stdout
    assert said == call([installed.command, "--help"], installed.folder).stdout
    assert said.startswith("usage: tinytorch ")
    commands = re.findall(r"^    (\w+) ", said, re.MULTILINE)
    assert {"build", "grade", "grades", "check", "run"} <= set(commands)
    for command in commands:
        usage = call([*words, command, "--help"], installed.folder).stdout
        asked = [] if "positional arguments" not in usage or "LESSON" in usage else ["1"]
        asked += ["-o", "kit.zip"] if command == "kit" else []
        err = call([installed.command, command, *asked], installed.folder, status=2).stderr
        wanted = re.match(rf"tinytorch: {command} needs filelock, jupytext, nbclient, rich, ", err)
        assert wanted, err
        extra = "grading" if "nbgrader" in err else "course"
        assert err.splitlines()[1:] == [f"  {install_command(extra)}"]


def test_the_tested_versions_install_on_the_oldest_python():
    """Debian's 3.11.2, say: one that wants 3.11.5 ends `pip install -c constraints.txt`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    oldest = project["requires-python"].removeprefix(">=") + ".0"
    wanting, known = {}, 0
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        name, _, version = line.partition("==")
        try:
            there = distribution(name)
        except (PackageNotFoundError, ValueError):
            continue
        if there.version == version:
            known += 1
            python = there.metadata.get("Requires-Python") or ""
            if not SpecifierSet(python).contains(oldest):
                wanting[name] = python
    assert known and wanting == {}


QUIET = """
import json, os, random, sys, threading, warnings
import numpy as np
import scipy, sklearn.datasets, matplotlib.pyplot  # as the warm process has loaded them

def world():
    mapped = open("/proc/self/maps").read().splitlines()
    shared = sorted(line.split()[-1] for line in mapped if line.split()[1][3] == "s")
    numpy_state = np.random.get_state()
    return [sorted(os.listdir("/proc/self/fd")), shared, threading.active_count(), os.getcwd(),
            dict(os.environ), random.getstate()[1][:5], numpy_state[1].tolist(), numpy_state[2],
            np.geterr(), len(warnings.filters), np.get_printoptions(), sys.getrecursionlimit()]

TOUCHES = ("tempfile.", "subprocess.", "socket.", "mmap.", "os.putenv", "os.mkdir", "os.chdir",
           "os.remove", "os.rename", "shutil.", "fcntl.", "ctypes.dlopen")
touched = []

def note(event, arguments):
    if event == "open":
        if not str(arguments[0]).endswith((".py", ".pyc", ".so")):
            touched.append(str(arguments[:2]))
    elif event.startswith(TOUCHES):
        touched.append(event)

before = world()
sys.addaudithook(note)
for name in json.loads(sys.argv[1]):
    __import__(name)
found = touched[:]
after = world()
print(json.dumps([found, [i for i, (a, b) in enumerate(zip(before, after)) if str(a) != str(b)]]))
"""


def test_importing_the_framework_touches_nothing():
    """The grader imports it once for all submissions: none may meet in it what another did."""
    package = ROOT / "tinytorch"
    files = [package / "figures.py", package / "data/__init__.py"]
    files += [*package.glob("core/*.py"), *package.glob("testing/**/*.py")]
    names = sorted(".".join(f.relative_to(ROOT).with_suffix("").parts) for f in files)
    names = json.dumps([name.removesuffix(".__init__") for name in names])
    words = [sys.executable, "-B", "-c", QUIET, names]  # and no bytecode is written
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[], []] and done.stderr == ""
