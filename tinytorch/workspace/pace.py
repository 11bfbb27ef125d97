"""Where the time of a notebook goes, among the student's own exported functions.

A right solution may be slow, a loop over all elements say, and what it costs shows only lessons
later. A thread looks twenty times a second which function of the workspace's modules is at work.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from pathlib import Path

EVERY = 0.05  # seconds
SLOW = "Slow: your own"  # how a line begins that says so
LONG = 10.0  # seconds in one function: all lessons of the reference together take less


class Pace:
    """Watches the main thread from now on, for as long as the process lives.

    Args:
        core: the folder of the workspace's modules.
    """

    def __init__(self, core: Path):
        self.core, self.main = str(core), threading.main_thread().ident
        self.seconds: Counter[tuple[str, str]] = Counter()  # by module and function
        self._end = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> None:
        self._end.set()

    def _watch(self) -> None:
        while not self._end.wait(EVERY):
            frame = sys._current_frames().get(self.main or 0)
            while frame is not None:
                path = frame.f_code.co_filename
                if path.startswith(self.core):
                    self.seconds[Path(path).stem, frame.f_code.co_qualname.split(".<")[0]] += EVERY
                    break
                frame = frame.f_back

    def slow(self) -> list[tuple[str, str, float]]:
        """Module, function and seconds of what took long, the longest first."""
        return [(*name, took) for name, took in self.seconds.most_common() if took > LONG]
