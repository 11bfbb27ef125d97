"""The `tinytorch` command: each subcommand parses its words and calls one function.

Exit status: 0 done, 1 findings (a lesson is not sound, a submission could not be graded),
2 wrong usage, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import tinytorch
from tinytorch.errors import TinyTorchError, UsageError
from tinytorch.extras import require

DONE, FINDINGS, STOPPED = 0, 1, 130  # wrong usage is UsageError's own status
# Each brings commands of its own; a student's package has the first alone.
PACKAGES = ("tinytorch.workspace", "tinytorch.course", "tinytorch.demo", "tinytorch.grading")
LESSONS: dict[str, Any] = {
    "nargs": "*",
    "metavar": "LESSON",
    "help": "as losses, 04_losses or 4 (default: all)",
}


def main(words: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a sign is no reason to stop
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    options = _parser().parse_args(words)
    try:
        require(options.extra(options), options.command)
        return options.run(options)
    except KeyboardInterrupt:
        said = "stopped: what was done is kept; the same command goes on from here"
        print(getattr(options, "stopped", said), file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # whoever read along has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as error:  # no right to write, no space left
        print(f"tinytorch: {error}", file=sys.stderr)
        return FINDINGS
    except TinyTorchError as error:
        print(f"tinytorch: {error}", file=sys.stderr)
        return error.exit_status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tinytorch",
        description="Build, teach and grade the TinyTorch course.",
        epilog="Run it in the course's folder. `tinytorch COMMAND --help` says more.",
    )
    parser.add_argument("--version", action="version", version=tinytorch.__version__)
    commands = parser.add_subparsers(metavar="COMMAND", dest="command", required=True)

    def command(name: str, run: Callable, summary: str, description: str = "", extra="course"):
        """A parser for a command; `extra` of pyproject.toml, or a function, says what it needs."""
        sub = commands.add_parser(name, help=summary, description=description or summary)
        sub.set_defaults(run=run, extra=extra if callable(extra) else lambda options: extra)
        return sub

    for package in PACKAGES:
        if find_spec(package) is not None:
            import_module(f"{package}.commands").register(command)
    return parser


# --- What the commands share --------------------------------------------------------------


def find_root(options: argparse.Namespace, landmark: str) -> Path:
    """The course's folder: the one given, or the nearest above here that holds the landmark."""
    here = (options.root or Path.cwd()).resolve()
    for folder in [here] if options.root else [here, *here.parents]:
        if (folder / landmark).exists():
            return folder
    raise UsageError(f"{here} is not in a course ({landmark} is missing): go there, or use --root")


def add_root(command: argparse.ArgumentParser) -> None:
    """Let a command of the course be told where the course is."""
    command.add_argument("--root", type=Path, help="the course's folder (default: found from here)")


def count(word: str) -> int:
    """A number of things, one at least."""
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{word} is not a number above zero")
    return number


def percent(word: str) -> float:
    """A share: from 0 to 100 percent."""
    number = float(word)
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError(f"{word} is not a number from 0 to 100")
    return number


def tell(message: str) -> None:
    if sys.stderr.isatty():
        print(f"{message} ...", file=sys.stderr)


@contextlib.contextmanager
def progress(title: str) -> Iterator[Callable[..., None]]:
    """A progress bar where somebody watches, else nothing."""
    if not sys.stderr.isatty():
        yield lambda done, total, what="": None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    def rate(task) -> str:
        return f"{task.speed:.1f}/s" if task.speed else ""

    columns = (
        TextColumn(title),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, rate="")

        def show(done: int, total: int, what: str = "") -> None:
            bar.update(task, completed=done, total=total, description=what)
            bar.update(task, rate=rate(bar.tasks[0]))

        yield show


def relative(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
