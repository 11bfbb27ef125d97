"""The `tinytorch` command: each subcommand parses its words and calls one function.

Exit status: 0 done, 1 findings (a lesson is not sound, a submission could not be graded),
2 wrong usage, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import tinytorch
from tinytorch.errors import TinyTorchError, UsageError
from tinytorch.extras import require

DONE, FINDINGS, STOPPED = 0, 1, 130  # wrong usage is UsageError's own status


def main(words: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = _parser().parse_args(words)
    try:
        require(_extra(options), options.command)
        return options.run(options)
    except KeyboardInterrupt:
        print("stopped: what was done is kept; the same command goes on from here", file=sys.stderr)
        return STOPPED
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

    def command(name: str, run: Callable, summary: str, description: str = ""):
        sub = commands.add_parser(name, help=summary, description=description or summary)
        sub.add_argument("--root", type=Path, help="the course's folder (default: found from here)")
        sub.set_defaults(run=run)
        return sub

    lessons = {
        "nargs": "*",
        "metavar": "LESSON",
        "help": "as losses, 04_losses or 4 (default: all)",
    }

    build = command(
        "build",
        _build,
        "make notebooks and tinytorch.core out of the lessons",
        "Check the lessons in modules/ and make of them source/, release/, tinytorch/core/ and "
        "what their tests know of mistakes.",
    )
    build.add_argument("lessons", **lessons)
    build.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if files are stale"
    )
    build.add_argument(
        "--core-only", action="store_true", help="export tinytorch/core, run nothing"
    )
    build.add_argument("--afresh", action="store_true", help="forget what was built last time")

    validity = command(
        "validity",
        _validity,
        "show that the lessons' tests tell right from wrong",
        "Try wrong solutions, right ones and mutants on the tests of the lessons, as far as "
        "modules/*/evidence.json does not tell what comes of it. Exit 1 where anything falls "
        "short.",
    )
    validity.add_argument("lessons", **lessons)
    validity.add_argument("--exercise", metavar="NAME", help="only this one, as cross_entropy_loss")
    validity.add_argument("--no-mutants", action="store_true", help="leave the mutants out")
    validity.add_argument(
        "--sample",
        type=_percent,
        default=0,
        metavar="N",
        help="run N percent of what is on record again; exit 1 if something else comes out",
    )
    shape = validity.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print it as JSON")
    shape.add_argument("--markdown", action="store_true", help="print the README's table")
    again = validity.add_mutually_exclusive_group()
    again.add_argument("--afresh", action="store_true", help="run also what did not change")
    again.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit 1 if what is on record is not of the lessons as they are",
    )

    demo = command(
        "demo",
        _demo,
        "make a sample class of twelve students",
        "Make a sample class in submitted/, out of the release notebooks.",
    )
    demo.add_argument(
        "--check",
        action="store_true",
        help="mark the sample's written answers as its assistant would, and compare every score "
        "with the one that the sample was made to earn; exit 1 where they differ",
    )

    grade = command(
        "grade",
        _grade,
        "grade what was handed in",
        "Grade what changed in submitted/, in any nbgrader course. A run that was stopped, "
        "however it was, goes on where it was.",
    )
    feedback = command("feedback", _feedback, "write feedback for students, as HTML")
    for sub in (grade, feedback):
        sub.add_argument("lessons", **lessons)
        sub.add_argument("--student", default="*", metavar="GLOB", help="such as ada or 'a*'")
        again = sub.add_mutually_exclusive_group()
        again.add_argument("--force", action="store_true", help="also what did not change")
        again.add_argument("--resume", action="store_true", help="what is not done: the default")
        sub.add_argument("--workers", type=_count, metavar="N", help="default: one for each core")
    grade.add_argument("--timeout", type=_count, metavar="S", help="seconds for one cell")
    grade.add_argument("--memory", type=_count, metavar="MB", help="for one submission")
    grade.add_argument("--backend", choices=("local", "dask"), default="local")
    grade.add_argument("--scheduler", default="", metavar="ADDRESS", help="of a Dask cluster")
    grade.add_argument("--json", action="store_true", help="print the outcomes as JSON")
    feedback.add_argument(
        "--show-hidden-tests",
        action="store_true",
        help="show the text of hidden tests, as nbgrader does",
    )

    grades = command("grades", _grades, "show the grades of the class")
    grades.add_argument("lessons", **lessons)
    grades.add_argument("--csv", type=Path, metavar="FILE", help="also write them to a CSV file")
    grades.add_argument("--json", action="store_true", help="print them as JSON")
    return parser


# --- The commands -------------------------------------------------------------------------


def _build(options: argparse.Namespace) -> int:
    from tinytorch.course.build import build

    built = build(
        _root(options, "modules"),
        options.lessons,
        check=options.check,
        core_only=options.core_only,
        afresh=options.afresh,
        tell=_tell,
    )
    if options.check:
        for path in built.stale:
            print(f"stale: {path}")
        if built.stale:
            print("run `tinytorch build` and commit what it writes", file=sys.stderr)
        return FINDINGS if built.stale else DONE
    for path in built.written:
        print(f"wrote {path}")
    for path in built.removed:
        print(f"removed {path}")
    return DONE


def _validity(options: argparse.Namespace) -> int:
    from tinytorch.course import validity_table
    from tinytorch.course.validity import check_evidence, validity

    root = _root(options, "modules")
    if options.check:
        found = check_evidence(root, options.lessons)
        for path in found.stale:
            print(f"stale: {_relative(path, root)}")
        if found.stale:
            print("run `tinytorch validity` and commit what it writes", file=sys.stderr)
            return FINDINGS
    if options.sample or not options.check:
        with _progress("validity") as progress:
            found = validity(
                root,
                options.lessons,
                exercise=options.exercise,
                mutants=not options.no_mutants,
                afresh=options.afresh,
                sample=options.sample,
                keep=not options.check,
                progress=progress,
            )
    if options.json:
        print(json.dumps(validity_table.as_json(found), indent=1))
    elif options.markdown:
        print(validity_table.as_markdown(found))
    else:
        validity_table.render(found)
    return FINDINGS if found.findings else DONE


def _demo(options: argparse.Namespace) -> int:
    from tinytorch.grading import demo

    root = _root(options, "modules")
    if not options.check:
        students = demo.make_demo(root)
        print(f"submitted/ holds {len(students)} students: {', '.join(students)}")
        return DONE
    demo.mark_sample(root)
    differences = demo.check_demo(root)
    for difference in differences:
        print(difference)
    if not differences:
        print("every score is the one that the sample was made to earn")
    return FINDINGS if differences else DONE


def _grade(options: argparse.Namespace) -> int:
    from tinytorch.grading import report
    from tinytorch.grading.grade import Options, grade

    root = _root(options, "nbgrader_config.py")
    if options.scheduler and options.backend != "dask":
        raise UsageError("--scheduler is Dask's: add --backend dask")
    how = Options(
        workers=options.workers,
        timeout=options.timeout,
        backend=options.backend,
        scheduler=options.scheduler,
        **({"memory_mb": options.memory} if options.memory else {}),
    )
    with _progress("grading") as progress:
        run = grade(
            root,
            _assignments(root, options.lessons),
            students=options.student,
            force=options.force,
            options=how,
            progress=lambda done, total, outcome: progress(
                done, total, f"{outcome.student} {outcome.assignment}"
            ),
        )
    print(json.dumps(run.as_json(), indent=1) if options.json else "\n".join(report.told(run)))
    if run.interrupted:
        raise KeyboardInterrupt
    return FINDINGS if run.with_status("failed") else DONE


def _feedback(options: argparse.Namespace) -> int:
    from tinytorch.grading.grade import feedback

    root = _root(options, "nbgrader_config.py")
    with _progress("feedback") as progress:
        folders = feedback(
            root,
            _assignments(root, options.lessons),
            students=options.student,
            force=options.force,
            workers=options.workers,
            show_hidden_tests=options.show_hidden_tests,
            progress=progress,
        )
    for folder in folders:
        print(f"wrote {_relative(folder, root)}")
    if not folders:
        print("nothing changed since the last feedback")
    return DONE


def _grades(options: argparse.Namespace) -> int:
    from tinytorch.grading import report

    root = _root(options, "nbgrader_config.py")
    table = report.grades(root, _assignments(root, options.lessons))
    if options.csv:
        report.write_csv(table, options.csv)
    if options.json:
        print(json.dumps(report.as_json(table), indent=1))
    else:
        report.render(table)
    return DONE


# --- What the commands share --------------------------------------------------------------


def _extra(options: argparse.Namespace) -> str:
    """The extra of pyproject.toml that holds all that the command imports."""
    if getattr(options, "core_only", False):
        return "course"
    return "cluster" if getattr(options, "backend", "") == "dask" else "grading"


def _root(options: argparse.Namespace, landmark: str) -> Path:
    """The course's folder: the one given, or the nearest above here that holds the landmark."""
    here = (options.root or Path.cwd()).resolve()
    for folder in [here] if options.root else [here, *here.parents]:
        if (folder / landmark).exists():
            return folder
    raise UsageError(f"{here} is not in a course ({landmark} is missing): go there, or use --root")


def _assignments(root: Path, names: list[str]) -> list[str]:
    """Lessons under any of their names, as nbgrader knows them."""
    from tinytorch.grading.grade import find_assignments

    known = {}
    for folder in find_assignments(root):
        number, _, name = folder.partition("_")
        known |= {folder: folder, name: folder, number: folder, number.lstrip("0"): folder}
    unknown = [name for name in names if name not in known]
    if unknown:
        there = ", ".join(sorted(set(known.values()))) or "none: build the course first"
        raise UsageError(f"no lesson {', '.join(unknown)}: there are {there}")
    return list(dict.fromkeys(known[name] for name in names))


def _count(word: str) -> int:
    """A number of things, one at least."""
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{word} is not a number above zero")
    return number


def _percent(word: str) -> float:
    """A share: from 0 to 100 percent."""
    number = float(word)
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError(f"{word} is not a number from 0 to 100")
    return number


def _tell(message: str) -> None:
    if sys.stderr.isatty():
        print(f"{message} ...", file=sys.stderr)


@contextlib.contextmanager
def _progress(title: str) -> Iterator[Callable[..., None]]:
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


def _relative(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
