"""The commands that an instructor grades with."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Callable
from pathlib import Path

from tinytorch.cli import DONE, FINDINGS, LESSONS, add_root, count, find_root, progress, relative
from tinytorch.errors import UsageError

WORKS = "all that it rests on in other libraries is there, and known cells give what they should"
STOPPED_FORCED = "stopped: what was done is kept; without --force it goes on from here"


def register(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands; `command(name, run, summary, description)` gives a parser for one."""
    grade = command(
        "grade",
        _grade,
        "grade what was handed in",
        "Grade what changed in submitted/, in any nbgrader course. A run that was stopped, "
        "however it was, goes on where it was.",
        lambda options: "cluster" if options.backend == "dask" else "grading",
    )
    feedback = command(
        "feedback", _feedback, "write feedback for students, as HTML", extra="grading"
    )
    for sub in (grade, feedback):
        sub.add_argument("lessons", **LESSONS)
        sub.add_argument("--student", default="*", metavar="GLOB", help="such as ada or 'a*'")
        again = sub.add_mutually_exclusive_group()
        again.add_argument("--force", action="store_true", help="also what did not change")
        again.add_argument("--resume", action="store_true", help="what is not done: the default")
        sub.add_argument("--workers", type=count, metavar="N", help="default: one for each core")
    grade.add_argument("--timeout", type=count, metavar="S", help="seconds for one cell")
    grade.add_argument("--memory", type=count, metavar="MB", help="for one submission")
    grade.add_argument(
        "--sandbox",
        choices=("auto", "full", "landlock", "none", "any"),
        default="",
        help="the walls around students' code: the best there are (auto, the default), or these; "
        "none only where you trust every submission; any: the best there are, even none",
    )
    grade.add_argument("--backend", choices=("local", "dask"), default="local")
    grade.add_argument("--scheduler", default="", metavar="ADDRESS", help="of a Dask cluster")
    grade.add_argument("--json", action="store_true", help="print the outcomes as JSON")
    feedback.add_argument(
        "--show-hidden-tests",
        action="store_true",
        help="show the text of hidden tests, as nbgrader does",
    )

    command(
        "doctor",
        _doctor,
        "tell which walls this machine gives, and whether its libraries suit",
        "Try out which walls around students' code this machine gives, and say how to get more; "
        "and whether grading works with the libraries that are here.",
        "grading",
    )
    grades = command("grades", _grades, "show the grades of the class", extra="grading")
    grades.add_argument("lessons", **LESSONS)
    grades.add_argument("--csv", type=Path, metavar="FILE", help="also write them to a CSV file")
    grades.add_argument("--json", action="store_true", help="print them as JSON")
    for sub in (grade, feedback, grades):
        add_root(sub)


def _grade(options: argparse.Namespace) -> int:
    from tinytorch.grading import report
    from tinytorch.grading.grade import Options, grade

    root = find_root(options, "nbgrader_config.py")
    if options.force:
        options.stopped = STOPPED_FORCED
    if options.scheduler and options.backend != "dask":
        raise UsageError("--scheduler is Dask's: add --backend dask")
    how = Options(
        workers=options.workers,
        timeout=options.timeout,
        sandbox=options.sandbox,
        backend=options.backend,
        scheduler=options.scheduler,
        **({"memory_mb": options.memory} if options.memory else {}),
    )
    with progress("grading") as told:
        run = grade(
            root,
            _assignments(root, options.lessons),
            students=options.student,
            force=options.force,
            options=how,
            progress=lambda done, total, outcome: told(
                done, total, f"{outcome.student} {outcome.assignment}"
            ),
        )
    print(json.dumps(run.as_json(), indent=1) if options.json else "\n".join(report.told(run)))
    if run.interrupted:
        raise KeyboardInterrupt
    return FINDINGS if run.with_status("failed") else DONE


def _feedback(options: argparse.Namespace) -> int:
    from tinytorch.grading.feedback import feedback

    root = find_root(options, "nbgrader_config.py")
    with progress("feedback") as told:
        folders = feedback(
            root,
            _assignments(root, options.lessons),
            students=options.student,
            force=options.force,
            workers=options.workers,
            show_hidden_tests=options.show_hidden_tests,
            progress=told,
        )
    for folder in folders:
        print(f"wrote {relative(folder, root)}")
    if not folders:
        print("nothing changed since the last feedback")
    return DONE


def _grades(options: argparse.Namespace) -> int:
    from tinytorch.grading import report

    root = find_root(options, "nbgrader_config.py")
    table = report.grades(root, _assignments(root, options.lessons))
    if options.csv:
        report.write_csv(table, options.csv)
    if options.json:
        print(json.dumps(report.as_json(table), indent=1))
    else:
        report.render(table)
    return DONE


def _doctor(options: argparse.Namespace) -> int:
    from tinytorch.grading.grade import Options
    from tinytorch.grading.run import walls
    from tinytorch.grading.run.advice import advice
    from tinytorch.grading.work import selfcheck

    faults = {mode: walls.fault_of(mode) for mode in (walls.FULL, walls.LANDLOCK)}
    for mode, fault in faults.items():
        print(f"{mode:9} {'no: ' + fault if fault else 'yes, it was tried out'}")
    best = next((mode for mode, fault in faults.items() if not fault), None)
    verdict = selfcheck.check_here(walls.Walls(best or walls.NONE))
    versions = f"not tested with {', '.join(verdict.untested)}" if verdict.untested else "tested"
    print(f"versions  {versions}")
    print(f"grading   {'no: ' + verdict.fault if verdict.fault else 'yes, ' + WORKS}")
    for sentence in advice(Options().wanted_walls, faults, verdict.fault):
        print(textwrap.fill(sentence, 100, break_on_hyphens=False))
    return DONE if best and not verdict.fault else FINDINGS


def _assignments(root: Path, names: list[str]) -> list[str]:
    """Lessons under any of their names, as nbgrader knows them."""
    from tinytorch.grading.nb.course import Course

    known = {}
    for folder in Course(root).assignments():
        number, _, name = folder.partition("_")
        known |= {folder: folder, name: folder, number: folder, number.lstrip("0"): folder}
    unknown = [name for name in names if name not in known]
    if unknown:
        there = ", ".join(sorted(set(known.values()))) or "none: build the course first"
        raise UsageError(f"no lesson {', '.join(unknown)}: there are {there}")
    return list(dict.fromkeys(known[name] for name in names))
