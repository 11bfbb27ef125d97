"""What a lesson's own cells cost, run plainly: the limit of whoever grades it.

    python benchmarks/own_cells.py 04_losses

The solved notebook's cells are compiled and run, without IPython, in a fork of a process that has
imported what they import from outside and the lessons before; five times. Prints the median of the
CPU seconds, those of the fork's start and of the pages it copies included.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from tinytorch.grading.run.environment import ONE_THREAD
from tinytorch.grading.run.preload import imported_modules
from tinytorch.grading.submission.earlier import core_files
from tinytorch.grading.submission.folders import write_files

ROOT = Path(__file__).resolve().parent.parent
TIMES = 5


def main() -> None:
    lesson = sys.argv[1]
    os.environ |= {"NBGRADER_EXECUTION": "autograde", **ONE_THREAD}
    cells = own_cells(lesson)
    with tempfile.TemporaryDirectory(prefix="tinytorch-own-") as folder:
        write_files(Path(folder), core_files(ROOT, lesson))
        modules = imported_modules(cells)
        for name in [n for n in sys.modules if n.partition(".")[0] == "tinytorch"]:
            del sys.modules[name]  # the instructor's, with the answers
        sys.path.insert(0, folder)
        for name in modules:
            with contextlib.suppress(ImportError):
                __import__(name)
        gc.collect()
        gc.freeze()
        os.chdir(folder)
        print(f"{median(cpu_of(cells) for _ in range(TIMES)):.4f}")


def own_cells(lesson: str) -> list[str]:
    """The code cells of the instructor's notebook."""
    (path,) = (ROOT / "source" / lesson).glob("*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def cpu_of(cells: list[str]) -> float:
    """The CPU seconds of a fork that runs the cells.

    Raises:
        SystemExit: a cell failed.
    """
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            names = {"__name__": "__main__"}
            with contextlib.redirect_stdout(io.StringIO()):
                for cell in cells:
                    exec(compile(cell, "<cell>", "exec", dont_inherit=True), names)
            status = 0
        finally:
            os._exit(status)
    _, status, used = os.wait4(pid, 0)
    if status:
        raise SystemExit("a cell failed")
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
