"""How fast a class is graded: stock nbgrader and the engine on the same submissions, in one run.

    python benchmarks/grading.py                    # side by side, with the rows compared
    python benchmarks/grading.py --scale 100 500 2000 --lessons 04_losses
    python benchmarks/grading.py --scale 100 --workers 1 2 4
    python benchmarks/grading.py --limit --lessons 01_tensor 04_losses 06_autograd --students 20

The engine grades twice: with the tests in the process of the students' code, and in one of their
own. `--limit` holds the CPU of a right notebook against that of its own cells, run plainly.
The class is the sample of `tinytorch demo` multiplied, without those few who would hang or abort
stock nbgrader. CPU is the whole machine's, which must be idle else: of what ends within a container
nobody is told. Memory is the coordinator's peak.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tinytorch.demo.sample import make_demo
from tinytorch.grading.nb.converters import register_assignment
from tinytorch.grading.nb.course import Course
from tinytorch.grading.nb.settings import CONFIG
from tinytorch.grading.submission.earlier import earlier_core

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests/common"))
import compare  # noqa: E402 - what holds two graded copies against each other is the tests'

BIN = Path(sys.executable).parent
CLOCK = re.compile("timeit|perf_counter")
LESSONS = ["01_tensor", "04_losses", "05_accuracy"]
STOCK, ISOLATED = "nbgrader", "tests apart"
OURS = ("in process", ISOLATED)  # where the tests run: c.TinyTorch.isolated_tests
# Whom stock nbgrader can't grade, or grades in other ways: repaired, or timed out.
UNFIT = {"deleted_test", "duplicate_ids", "endless_loop", "kernel_killer", "not_json"}


@dataclass(frozen=True)
class Cost:
    """What one or more commands took."""

    seconds: float
    cpu: float
    peak_mb: float = 0.0  # of the commands' own processes

    def __add__(self, other: Cost) -> Cost:
        peak = max(self.peak_mb, other.peak_mb)
        return Cost(self.seconds + other.seconds, self.cpu + other.cpu, peak)


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="tinytorch-benchmark-") as name:
        folder = Path(name)
        if options.scale:
            print("| submissions | workers | a second | CPU s each | coordinator MB |")
            print("|---|---|---|---|---|")
            for students in options.scale:
                for workers in options.workers:
                    scale(folder, options.lessons, students, workers)
        elif options.limit:
            print(f"| lesson | own cells | {' | '.join(f'{who} | times' for who in OURS)} |")
            print("|---|---|---|---|---|---|")
            for lesson in options.lessons:
                limit(folder, lesson, options.students)
        else:
            side_by_side(folder, options.lessons, options.students, options.repeat)


def side_by_side(folder: Path, lessons: list[str], students: int, repeat: int) -> None:
    """All graders on the same submissions; medians of several runs, taken in turns."""
    costs: dict[tuple[str, str], list[Cost]] = {}
    for turn in range(repeat):
        theirs = make_class(folder / f"{STOCK}-{turn}", lessons, students)
        ours = {who: folder / f"ours-{place}-{turn}" for place, who in enumerate(OURS)}
        for who, root in ours.items():
            shutil.copytree(theirs, root)
            run_tests(root, who)
        for step in ("autograde", "generate_feedback"):
            cost = sum((stock_step(step, theirs, one) for one in lessons), Cost(0, 0))
            costs.setdefault((step, STOCK), []).append(cost)
        for who, root in ours.items():
            for step, command in (("autograde", "grade"), ("generate_feedback", "feedback")):
                cost = measure([BIN / "tinytorch", command, *lessons], root)
                costs.setdefault((step, who), []).append(cost)
            for what in (compare.gradebook_rows, lasting_outputs):
                different = compare.differences(what(root), what(theirs))
                rows = f"{who}, {what.__name__.replace('_', ' ')}"
                print(f"{rows}: {len(different)} differ", *different[:5], sep="\n  ", flush=True)
    print_table(costs, students * len(lessons))


def run_tests(root: Path, who: str) -> None:
    """Have a copy of the course run its tests as one of OURS does."""
    with (root / CONFIG).open("a", encoding="utf-8") as config:
        config.write(f"c.TinyTorch.isolated_tests = {who == ISOLATED}\n")


def lasting_outputs(root: Path) -> dict[str, list]:
    """What the cells showed, but for those that say how long something took."""
    found = compare.notebook_outputs(root).items()
    return {place: [cell for cell in cells if not CLOCK.search(cell[2])] for place, cells in found}


def stock_step(step: str, root: Path, lesson: str) -> Cost:
    register_assignment(Course(root), lesson)
    with earlier_core(root, lesson):
        return measure([BIN / "nbgrader", step, lesson], root)


def print_table(costs: dict[tuple[str, str], list[Cost]], number: int) -> None:
    print(f"\n{number} submissions on {os.cpu_count()} cores; seconds for each one\n")
    ours = " | ".join(f"{who} | times as fast" for who in OURS)
    print(f"| step | {STOCK} | {ours} | CPU {STOCK} | {' | '.join(f'CPU {who}' for who in OURS)} |")
    print("|---" * (3 + 3 * len(OURS)) + "|")
    for step in dict.fromkeys(step for step, _ in costs):

        def each(measured: str, who: str, step: str = step) -> float:
            return median(getattr(cost, measured) for cost in costs[step, who]) / number

        theirs = each("seconds", STOCK)
        cells = [step, f"{theirs:.3f}"]
        for who in OURS:
            cells += [f"{each('seconds', who):.3f}", f"**{theirs / each('seconds', who):.1f}**"]
        cells += [f"{each('cpu', who):.3f}" for who in (STOCK, *OURS)]
        print("|", " | ".join(cells), "|")


def scale(folder: Path, lessons: list[str], students: int, workers: int) -> None:
    course = make_class(folder / f"scale-{students}-{workers}", lessons, students)
    command = [BIN / "tinytorch", "grade", *lessons, "--workers", str(workers)]
    cost, number = measure(command, course), students * len(lessons)
    cells = [number, workers, f"{number / cost.seconds:.1f}", f"{cost.cpu / number:.3f}"]
    print("|", " | ".join(map(str, [*cells, round(cost.peak_mb)])), "|", flush=True)
    shutil.rmtree(course)


def limit(folder: Path, lesson: str, students: int) -> None:
    """The CPU of one more right notebook, and of its own cells; the start of a command left out."""
    command = [sys.executable, Path(__file__).with_name("own_cells.py"), lesson]
    own = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    cells = [lesson, f"{own:.3f}"]
    for who in OURS:
        cost = []
        for number in (2, students):
            root = make_class(folder / "limit", [lesson], number, only="all_right")
            run_tests(root, who)
            cost.append(measure([BIN / "tinytorch", "grade", lesson], root).cpu)
            shutil.rmtree(root)
        each = (cost[1] - cost[0]) / (students - 2)
        cells += [f"{each:.3f}", f"{each / own:.1f}"]
    print("|", " | ".join(cells), "|", flush=True)


def make_class(root: Path, lessons: list[str], students: int, only: str = "") -> Path:
    """A copy of the course in which a class of `students` handed in some of its lessons.

    Args:
        only: the one of the sample whose work all have handed in.
    """
    root.mkdir(parents=True)
    config = (ROOT / CONFIG).read_text(encoding="utf-8")
    # nbgrader knows of no second run, and all rows are to be the same.
    one_run = "\nc.TinyTorch.count_mistakes_once = False\n"
    (root / CONFIG).write_text(config + one_run, encoding="utf-8")
    for step in ("modules", "source", "release"):
        shutil.copytree(ROOT / step, root / step)
    make_demo(root)
    sample = (root / "submitted").rename(root / "sample")
    fit = sorted(path for path in sample.iterdir() if path.name not in UNFIT)
    fit = [path for path in fit if path.name == only] if only else fit
    for n in range(students):
        student = fit[n % len(fit)]
        for lesson in lessons:
            place = root / "submitted" / f"{student.name}_{n:04}" / lesson
            shutil.copytree(student / lesson, place)
    shutil.rmtree(sample)
    return root


def measure(command: list, folder: Path) -> Cost:
    """Run a command and see what it and all that it starts take."""
    began, busy = time.perf_counter(), _busy()
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=quiet, stderr=quiet)
    peak = [0.0]
    threading.Thread(target=_watch_memory, args=(process.pid, peak), daemon=True).start()
    if process.wait():
        raise SystemExit(f"{command} failed with status {process.returncode} in {folder}")
    seconds = time.perf_counter() - began
    return Cost(seconds, _busy() - busy, peak[0])


def _busy() -> float:
    """The seconds for which processors have worked since the machine started."""
    user, nice, system = map(int, Path("/proc/stat").read_text().split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def _watch_memory(pid: int, peak: list[float]) -> None:
    try:
        while True:
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    peak[0] = int(line.split()[1]) / 1024
            time.sleep(0.1)
    except OSError:
        return  # it ended


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lessons", nargs="+", default=LESSONS)
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--scale", type=int, nargs="+", help="numbers of students, ours alone")
    parser.add_argument("--limit", action="store_true", help="beside the cells' own CPU")
    parser.add_argument("--workers", type=int, nargs="+", default=[os.cpu_count()])
    return parser.parse_args()


if __name__ == "__main__":
    main()
