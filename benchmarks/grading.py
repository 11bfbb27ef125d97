"""How fast a class is graded: stock nbgrader and the engine on the same submissions, in one run.

    python benchmarks/grading.py                    # side by side, with the rows compared
    python benchmarks/grading.py --scale 100 500 2000
    python benchmarks/grading.py --scale 100 --workers 1 2 4

The class is the sample of `tinytorch demo` multiplied, without those few who would hang or abort
stock nbgrader. CPU is that of all processes together; memory is the coordinator's peak.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tinytorch.grading import compare, demo, stock
from tinytorch.grading.answers import earlier_core

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# Whom stock nbgrader can't grade, or grades in other ways: repaired, or timed out.
UNFIT = {"deleted_test", "duplicate_ids", "endless_loop", "kernel_killer", "not_json"}


@dataclass(frozen=True)
class Cost:
    """What a command took."""

    seconds: float
    cpu: float
    peak_mb: float  # of the command's own process


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="tinytorch-benchmark-") as folder:
        if options.scale:
            print("submissions  workers  rate/s  CPU s each  coordinator MB")
            for number in options.scale:
                for workers in options.workers:
                    scale(Path(folder), options.lesson, number, workers)
        else:
            side_by_side(Path(folder), options.lesson, options.submissions, options.repeat)


def side_by_side(folder: Path, lesson: str, number: int, repeat: int) -> None:
    """Both graders on the same submissions; medians of several runs, taken in turns."""
    costs: dict[str, list[Cost]] = {}
    for turn in range(repeat):
        ours = make_class(folder / f"ours-{turn}", lesson, number)
        theirs = Path(shutil.copytree(ours, folder / f"stock-{turn}"))
        stock.register_assignment(theirs, lesson)
        with earlier_core(theirs, lesson):
            run = [BIN / "nbgrader", "autograde", lesson]
            costs.setdefault("autograde, nbgrader", []).append(measure(run, theirs))
        run = [BIN / "tinytorch", "grade", lesson]
        costs.setdefault("autograde, tinytorch", []).append(measure(run, ours))
        run = [BIN / "nbgrader", "generate_feedback", lesson]
        costs.setdefault("feedback, nbgrader", []).append(measure(run, theirs))
        run = [BIN / "tinytorch", "feedback", lesson]
        costs.setdefault("feedback, tinytorch", []).append(measure(run, ours))
        for what in (compare.gradebook_rows, compare.notebook_outputs):
            different = compare.differences(what(ours), what(theirs))
            print(f"{what.__name__}: {len(different)} differ", *different[:5], sep="\n  ")
    print_table(costs, number)


def print_table(costs: dict[str, list[Cost]], number: int) -> None:
    print(f"{'':22} s each  CPU s each   ({number} submissions, median of runs)")
    each = {}
    for name, runs in costs.items():
        seconds = median(cost.seconds for cost in runs) / number
        cpu = median(cost.cpu for cost in runs) / number
        each[name] = seconds, cpu
        print(f"{name:22} {seconds:6.3f}  {cpu:10.3f}")
    for step in ("autograde", "feedback"):
        theirs, ours = each[f"{step}, nbgrader"], each[f"{step}, tinytorch"]
        faster, less = theirs[0] / ours[0], theirs[1] / ours[1]
        print(f"{step}: {faster:.1f} times as fast, {less:.1f} times less CPU")


def scale(folder: Path, lesson: str, number: int, workers: int) -> None:
    course = make_class(folder / f"scale-{number}-{workers}", lesson, number)
    command = [BIN / "tinytorch", "grade", lesson, "--workers", str(workers)]
    cost = measure(command, course)
    rate, cpu = number / cost.seconds, cost.cpu / number
    print(f"{number:11}  {workers:7}  {rate:6.2f}  {cpu:10.3f}  {cost.peak_mb:14.0f}", flush=True)
    shutil.rmtree(course)


def make_class(root: Path, lesson: str, number: int) -> Path:
    """A copy of the course in which `number` students handed in one lesson."""
    root.mkdir(parents=True)
    shutil.copy(ROOT / stock.CONFIG, root)
    for step in ("modules", "source", "release"):
        shutil.copytree(ROOT / step / lesson, root / step / lesson)
    demo.make_demo(root)
    students = [path for path in sorted((root / "submitted").iterdir()) if path.name not in UNFIT]
    sample = root / "sample"
    (root / "submitted").rename(sample)
    for n in range(number):
        student = students[n % len(students)].name
        shutil.copytree(sample / student, root / "submitted" / f"{student}_{n:04}")
    shutil.rmtree(sample)
    return root


def measure(command: list, folder: Path) -> Cost:
    """Run a command and see what it and all that it starts take."""
    began = time.perf_counter()
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=quiet, stderr=quiet)
    peak = [0.0]
    threading.Thread(target=_watch_memory, args=(process.pid, peak), daemon=True).start()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} failed with status {process.returncode} in {folder}")
    seconds = time.perf_counter() - began
    return Cost(seconds, usage.ru_utime + usage.ru_stime, peak[0])


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
    parser.add_argument("--lesson", default="01_tensor")
    parser.add_argument("--submissions", type=int, default=14)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--scale", type=int, nargs="*")
    parser.add_argument("--workers", type=int, nargs="*", default=[os.cpu_count()])
    return parser.parse_args()


if __name__ == "__main__":
    main()
