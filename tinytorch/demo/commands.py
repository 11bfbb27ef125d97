"""The command that makes a sample class."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from tinytorch.cli import DONE, FINDINGS, add_root, find_root


def register(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command; `command(name, run, summary, description)` gives a parser for one."""
    demo = command(
        "demo",
        _demo,
        "make a sample class of twelve students",
        "Make a sample class in submitted/, out of the release notebooks.",
        "grading",
    )
    demo.add_argument(
        "--check",
        action="store_true",
        help="mark the sample's written answers as its assistant would, and compare every score "
        "with the one that the sample was made to earn; exit 1 where they differ",
    )
    add_root(demo)


def _demo(options: argparse.Namespace) -> int:
    from tinytorch.demo import sample

    root = find_root(options, "modules")
    if not options.check:
        students = sample.make_demo(root)
        print(f"submitted/ holds {len(students)} students: {', '.join(students)}")
        return DONE
    sample.mark_sample(root)
    differences = sample.check_demo(root)
    for difference in differences:
        print(difference)
    if not differences:
        print("every score is the one that the sample was made to earn")
    return FINDINGS if differences else DONE
