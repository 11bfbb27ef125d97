"""The commands that make the course: lessons into notebooks, proofs and kits."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from tinytorch.cli import (
    DONE,
    FINDINGS,
    LESSONS,
    add_root,
    find_root,
    percent,
    progress,
    relative,
    tell,
)


def register(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands; `command(name, run, summary, description)` gives a parser for one."""
    build = command(
        "build",
        _build,
        "make notebooks and tinytorch.core out of the lessons",
        "Check the lessons in modules/ and make of them source/, release/, tinytorch/core/ and "
        "what their tests know of mistakes.",
        lambda options: "course" if options.core_only else "grading",
    )
    build.add_argument("lessons", **LESSONS)
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
        "grading",
    )
    validity.add_argument("lessons", **LESSONS)
    validity.add_argument("--exercise", metavar="NAME", help="only this one, as cross_entropy_loss")
    validity.add_argument("--no-mutants", action="store_true", help="leave the mutants out")
    validity.add_argument(
        "--sample",
        type=percent,
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

    kit = command(
        "kit",
        _kit,
        "make what students get: notebooks, setup, and an empty framework",
        "Make a kit of release/: a folder, or a zip file, that students unpack and set up.",
        "course",
    )
    kit.add_argument("-o", "--output", type=Path, required=True, metavar="DIR|ZIP")
    kit.add_argument("--lessons", default="", metavar="1-4,6", help="only these (default: all)")
    kit.add_argument(
        "--with-solutions",
        default="",
        metavar="1-3",
        help="bring the reference's modules of these, to be borrowed",
    )
    kit.add_argument("--policy", type=Path, metavar="FILE", help="in place of our AGENTS.md")
    for sub in (build, validity, kit):
        add_root(sub)


def _build(options: argparse.Namespace) -> int:
    from tinytorch.course.build import build

    built = build(
        find_root(options, "modules"),
        options.lessons,
        check=options.check,
        core_only=options.core_only,
        afresh=options.afresh,
        tell=tell,
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

    root = find_root(options, "modules")
    if options.check:
        found = check_evidence(root, options.lessons)
        for path in found.stale:
            print(f"stale: {relative(path, root)}")
        if found.stale:
            print("run `tinytorch validity` and commit what it writes", file=sys.stderr)
            return FINDINGS
    if options.sample or not options.check:
        with progress("validity") as told:
            found = validity(
                root,
                options.lessons,
                exercise=options.exercise,
                mutants=not options.no_mutants,
                afresh=options.afresh,
                sample=options.sample,
                keep=not options.check,
                progress=told,
            )
    if options.json:
        print(json.dumps(validity_table.as_json(found), indent=1))
    elif options.markdown:
        print(validity_table.as_markdown(found))
    else:
        validity_table.render(found)
    return FINDINGS if found.findings else DONE


def _kit(options: argparse.Namespace) -> int:
    from tinytorch.course.kit import write_kit

    written = write_kit(
        find_root(options, "modules"),
        options.output,
        lessons=options.lessons,
        with_solutions=options.with_solutions,
        policy=options.policy,
    )
    print(f"wrote {written.path}: {written.lessons} lessons, {written.size / 1e6:.1f} MB")
    if written.lent:
        print(f"students may borrow {', '.join(written.lent)}")
    return DONE
