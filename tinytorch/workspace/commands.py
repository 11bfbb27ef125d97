"""The student's commands: each says in one screen what happened and what comes next."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tinytorch.cli import DONE, FINDINGS, find_root, progress
from tinytorch.errors import UsageError
from tinytorch.workspace import kept, place
from tinytorch.workspace.place import Lesson, Workspace, typed

if TYPE_CHECKING:
    from rich.console import Console

    from tinytorch.workspace.check import Checked, Exercise
    from tinytorch.workspace.export import Exported

WATCH_EVERY = 0.5  # seconds
BAR = 12  # signs
MOST_SHOWN = 3  # failures in full: the first ones are to be mended first


def register(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands; `command(name, run, summary, description)` gives a parser for one."""
    check = command("check", _check, "run a lesson as grading does, and show its points")
    check.add_argument("--watch", action="store_true", help="again whenever the notebook is saved")
    export = command("export", _export, "make your own module of a finished lesson")
    export.add_argument("--force", action="store_true", help="also while tests fail")
    export.add_argument("--back", action="store_true", help="take the module that was there before")
    borrow = command("borrow", _borrow, "take the reference's module, where it is allowed")
    borrow.add_argument("--back", action="store_true", help="give it back: take your own again")
    command("status", _status, "show how far you are, and what comes next")
    submit = command("submit", _submit, "make what you hand in, with a receipt")
    reset = command("reset", _reset, "put a lesson, or an exercise, back as it was handed out")
    for sub in (check, export, borrow, submit, reset):
        sub.add_argument("lesson", help="as 4, 04 or losses")
    reset.add_argument("exercise", nargs="?", default="", help="only this one, as cross_entropy")
    reset.add_argument("--keep-answers", action="store_true", help="put all but the answers back")
    reset.add_argument(
        "--back", action="store_true", help="take the notebook from before the reset"
    )
    update = command("update", _update, "take over a newer kit; what you wrote is carried over")
    update.add_argument("kit", type=Path, help="its zip file or folder")
    run = command("run", _run, "train a real model on your own code")
    run.add_argument("milestone", nargs="?", help="xor, spiral, digits, ... (default: list them)")
    run.add_argument("--output", type=Path, help="where to save the figure")
    run.set_defaults(root=None)
    for sub in (check, export, borrow, submit, reset, update, run):
        sub.set_defaults(stopped="stopped: nothing was changed that is not whole")


# --- check ----------------------------------------------------------------------------------


def _check(options: argparse.Namespace) -> int:
    from tinytorch.workspace.check import BLOCKED, FAILED
    from tinytorch.workspace.notebooks import NotebookError
    from tinytorch.workspace.status import shaky_ground

    workspace, lesson = _lesson(options)
    path = workspace.notebook(lesson)
    while True:
        before, status = _moment(path), FINDINGS
        try:
            _need_ground(workspace, lesson)
            checked = _run_and_show(workspace, lesson)
            fails = checked.broken or any(x.state in (FAILED, BLOCKED) for x in checked.exercises)
            if fails and (ground := shaky_ground(workspace, lesson)):
                _console().print(f"\n{ground}", markup=False, highlight=False)
            _next(_after_check(workspace, checked))
            status = DONE if checked.is_right else FINDINGS
        except (NotebookError, UsageError) as error:
            if not options.watch:
                raise
            print(error)
        if not options.watch:
            return status
        print(f"{time.strftime('%H:%M:%S')} Watching: save to check again, Ctrl-C ends.")
        while _moment(path) == before:
            time.sleep(WATCH_EVERY)


def _need_ground(workspace: Workspace, lesson: Lesson) -> None:
    """Ask for the modules of earlier lessons, without which nothing runs.

    Raises:
        UsageError: one is missing or broken, with what to do.
    """
    from tinytorch.workspace.in_notebook import ground_faults

    if faults := ground_faults(workspace, lesson):
        raise UsageError("\n".join([f"lesson {lesson.number} can't be run yet.", *faults]))


def _checked(workspace: Workspace, lesson: Lesson) -> Checked:
    from tinytorch.workspace.check import check

    with progress(f"lesson {lesson.number}") as told:
        return check(workspace, lesson, told)


def _run_and_show(workspace: Workspace, lesson: Lesson) -> Checked:
    from tinytorch.workspace.status import note_check

    checked = _checked(workspace, lesson)
    show(checked, _console())
    note_check(workspace, checked)
    return checked


def show(checked: Checked, console: Console) -> None:
    """The exercises of a lesson as a table, and below it why tests failed."""
    from rich.table import Table
    from rich.text import Text

    from tinytorch.workspace.check import BLOCKED, FAILED, PASSED, UNWRITTEN

    table = Table(box=None, pad_edge=False)
    table.add_column("")
    table.add_column("exercise")
    table.add_column("points", justify="right")
    table.add_column("")
    styles = {PASSED: "green", FAILED: "red", UNWRITTEN: "dim", BLOCKED: "yellow"}
    for x in checked.exercises:
        said = f"leans on {', '.join(x.blocked_by)}" if x.state == BLOCKED else x.state
        table.add_row(
            x.section, x.name, f"{x.earned:g} of {x.points:g}", Text(said, styles[x.state])
        )
    for name, points in checked.questions.items():
        said = "a person will read it" if name in checked.answered else "not answered yet"
        table.add_row("", name, f"{points:g}", Text(said, "dim"))
    console.print()
    console.print(table)
    by_hand = sum(checked.questions.values())
    more = f", and {by_hand:g} that a person gives" if by_hand else ""
    console.print(f"\n{checked.earned:g} of {checked.points:g} points{more}.", highlight=False)
    failed = [x for x in checked.exercises if x.state == FAILED]
    for x in failed[:MOST_SHOWN]:
        console.print(Text(f"\n{_failure(x)}"))
    if len(failed) > MOST_SHOWN:
        console.print(f"\n... and {len(failed) - MOST_SHOWN} more fail; mend these first.")
    for line in _notes(checked):
        console.print(Text(f"\n{line}", "yellow"))


def _failure(exercise: Exercise) -> str:
    """Why an exercise fails: what its own cell raised, or what its first failing test says."""
    test = next(test for test in exercise.tests if test.message)
    says, message = test.says, test.message
    if exercise.is_broken:
        says, message = "its cell can't be run.", exercise.raised
    said = "\n".join(f"  {line}" for line in message.splitlines())
    return f"{exercise.name} ({exercise.section}): {says}\n{said}"


def _notes(checked: Checked) -> Iterator[str]:
    from tinytorch.workspace.check import BLOCKED

    found, order = checked.differences, typed(f"reset {checked.lesson.number} --keep-answers")
    if not found.has_marks:
        yield "The course's marks are gone from all cells: another editor dropped them."
    elif found.deleted:
        yield f"Deleted: {', '.join(found.deleted)}."
    if found.changed:
        yield f"Changed tests, run as they were handed out: {', '.join(found.changed)}."
    if found.twice:
        yield f"There twice: {', '.join(found.twice)}. Delete the copy you don't want."
    if found.given:
        cells = ", ".join(f"`{title}`" for title in found.given[:MOST_SHOWN])
        more = len(found.given) - MOST_SHOWN
        yield f"Given cells that are changed or gone: {cells}{f' and {more} more' * (more > 0)}."
    if found or found.given:
        yield f"`{order}` puts all in order, with your answers in their places."
    for name in checked.again:
        yield f"`{name}` is defined again in a cell of your own further down, which then counts."
    if checked.died:
        yield f"The process ended at the cell `{checked.died}`: that can't be graded."
    if checked.beside:
        names = ", ".join(checked.beside[:MOST_SHOWN])
        yield f"Beside the notebook, and not handed in with it: {names}."
    if any(x.state == BLOCKED for x in checked.exercises):
        yield "In grading, what leans on others is tried once more with these right."
    yield from checked.slow
    for title, line in checked.broken[:MOST_SHOWN]:
        yield f"The cell `{title}` raised {line}"


def _after_check(workspace: Workspace, checked: Checked) -> str:
    from tinytorch.workspace import status

    number = checked.lesson.number
    row = status.row_of(workspace, checked.lesson)
    if checked.is_right and row.is_done and not row.is_newer:
        return status.next_step(workspace)
    if checked.is_right:
        return typed(f"{'export' if checked.lesson.exports else 'submit'} {number}")
    first = next((x for x in checked.exercises if x.earned < x.points), None)
    if first is None:
        return "mend what is named above, save, and check again"
    return f"{first.name} ({first.section}); save, and check again"


# --- export, borrow -------------------------------------------------------------------------


def _export(options: argparse.Namespace) -> int:
    from tinytorch.workspace import export as exports
    from tinytorch.workspace.status import next_step, note_check, note_export

    workspace, lesson = _lesson(options)
    if options.back:
        with kept.alone(workspace.private):
            done = exports.bring_back(workspace, lesson)
        print(f"{_short(done.path, workspace)} is again the one that was there before:")
        _say_back(workspace, lesson)
        return DONE
    _need_ground(workspace, lesson)
    checked = _checked(workspace, lesson)
    module = exports.own_module(workspace, lesson, checked.notebook)
    reason = exports.refusal(workspace, checked, module)
    note_check(workspace, checked)
    if reason and not options.force:
        if failed := [x for x in checked.exercises if any(test.message for test in x.tests)]:
            print(f"{_failure(failed[0])}\n")
        for line in _notes(checked):
            print(line)
        print(f"Not exported: {reason}.")
        _next(f"mend that, save, and {typed(f'export {lesson.number}')} (--force insists)")
        return FINDINGS
    with kept.alone(workspace.private):
        done = exports.write_module(workspace, lesson, module.text)
    wrong = exports.not_right(checked) or (["the module"] if reason else [])
    note_export(workspace, checked, module.text, wrong)
    print(f"{checked.earned:g} of {checked.points:g} points.")
    print(f"Exported: {_short(done.path, workspace)} is your own code now.")
    if reason:
        print(f"Later lessons will show it: {reason}.")
    _say_kept(done, workspace, typed(f"export {lesson.number} --back"))
    print("A notebook that is open takes it in when its kernel is restarted.")
    print(f"To hand it in: {typed(f'submit {lesson.number}')}")
    _next(next_step(workspace))
    return DONE


def _borrow(options: argparse.Namespace) -> int:
    from tinytorch.workspace import export as exports
    from tinytorch.workspace.status import next_step

    workspace, lesson = _lesson(options)
    with kept.alone(workspace.private):
        if options.back:
            done = exports.bring_back(workspace, lesson, own=True)
        else:
            done = exports.borrow(workspace, lesson)
    if options.back:
        print(f"{_short(done.path, workspace)} is your own again:")
        _say_back(workspace, lesson)
        return DONE
    print(f"Borrowed: {_short(done.path, workspace)} is the reference's now, and says so.")
    _say_kept(done, workspace, typed(f"borrow {lesson.number} --back"))
    _next(next_step(workspace))
    return DONE


def _say_kept(done: Exported, workspace: Workspace, back: str) -> None:
    if done.before:
        print(f"The one before is kept; `{back}` brings it back.")


def _say_back(workspace: Workspace, lesson: Lesson) -> None:
    """Which module it is that came back, and where the others are."""
    from tinytorch.workspace import status

    row = status.row_of(workspace, lesson)
    print(f"  {status.described(row)}.")
    print(f"All that were there are in {_short(workspace.kept(lesson), workspace)}/.")
    _next(status.next_step(workspace))


# --- status ---------------------------------------------------------------------------------


def _status(options: argparse.Namespace) -> int:
    from rich.table import Table
    from rich.text import Text

    from tinytorch.workspace import status
    from tinytorch.workspace.export import BORROWED, MISSING, OWN
    from tinytorch.workspace.milestones import milestones

    workspace = place.need()
    found = status.rows(workspace)
    table = Table(box=None, pad_edge=False)
    for name in ("", "lesson", "", "points", "module", "submitted"):
        table.add_column(name, justify="right" if name == "points" else "left")
    styles = {OWN: "green", BORROWED: "yellow", MISSING: "dim"}
    for row in found:
        share = row.earned / row.points if row.points and row.earned is not None else 0
        points = "-" if row.earned is None else f"{row.earned:g} of {row.points:g}"
        table.add_row(
            row.lesson.number,
            row.lesson.title,
            Text("=" * round(BAR * share), "green") + Text("." * (BAR - round(BAR * share)), "dim"),
            points + (" *" if row.is_stale else ""),
            Text(status.in_a_word(row), styles[row.whose]),
            row.submitted[:16].replace("T", " ") + " (older)" * row.is_submission_older,
        )
    console = _console()
    console.print(table)
    done = sum(row.is_done for row in found)
    print(f"\n{done} of {len(found)} lessons done.")
    if any(row.is_stale for row in found):
        print("* The notebook was changed since it was checked.")
    reached = status.reached(workspace)
    if programs := milestones(workspace.root / "examples"):
        words = [f"{x.name} reached" if x.name in reached else x.name for x in programs]
        print(f"Milestones: {', '.join(words)}.")
    _next(status.next_step(workspace))
    return DONE


# --- submit, reset, update ------------------------------------------------------------------


def _submit(options: argparse.Namespace) -> int:
    from tinytorch.workspace.in_notebook import ground_faults
    from tinytorch.workspace.status import note_check, note_submission
    from tinytorch.workspace.submit import submit

    workspace, lesson = _lesson(options)
    faults = ground_faults(workspace, lesson)
    checked = None if faults else _checked(workspace, lesson)
    with kept.alone(workspace.private):
        done = submit(workspace, lesson, checked)
    note_submission(workspace, lesson, done.moment)
    if checked is None:
        print("\n".join(["It was not run, so its points are not known here.", *faults]))
    else:
        note_check(workspace, checked)
        print(f"{checked.earned:g} of {checked.points:g} points by the tests in it.")
        print("Grading runs them too, with hidden ones, and on the reference of earlier lessons.")
        for line in _notes(checked):
            print(line)
        if wrong := [x.name for x in checked.exercises if x.earned < x.points]:
            print(f"Not right yet: {', '.join(wrong)}.")
        if open_ := [name for name in checked.questions if name not in checked.answered]:
            print(f"Not answered: {', '.join(open_)}.")
    print(f"Receipt, for you to keep: {_short(done.receipt, workspace)}, {done.moment},")
    print(f"  sha256 {done.sha256}")
    _next(f"hand in {_short(done.path, workspace)}, where your instructor says")
    return DONE


def _reset(options: argparse.Namespace) -> int:
    from tinytorch.workspace import reset

    workspace, lesson = _lesson(options)
    what = options.exercise or f"lesson {lesson.number}"
    with kept.alone(workspace.private):
        if options.back:
            before, is_now = reset.take_back(workspace, lesson), "as it was before"
        elif options.keep_answers:
            before, is_now = reset.put_in_order(workspace, lesson), "in order, with your answers"
        else:
            before = reset.reset(workspace, lesson, options.exercise)
            is_now = "as it was handed out"
    print(f"{what} is {is_now}.")
    if before is not None:
        print(f"What you had is kept: {_short(before, workspace)}")
        print(f"`{typed(f'reset {lesson.number} --back')}` brings it back.")
        _next("is the notebook open? Then reload it from disk (File, Reload Notebook from Disk)")
    return DONE


def _update(options: argparse.Namespace) -> int:
    from tinytorch.workspace.reset import update

    workspace = place.need()
    with kept.alone(workspace.private):
        done = update(workspace, options.kit)
    for found in done:
        if found.state == "unchanged":
            continue
        print(f"{found.lesson.number} {found.lesson.title}: {found.state}")
        for says, names in (
            ("carried over", found.carried),
            ("has a new text, shown above your answer", found.changed),
            ("no longer asked, your answer is a cell of your own now", found.gone),
            ("tests that you had changed, as handed out again", found.tests),
        ):
            if names:
                print(f"   {says}: {', '.join(names)}")
        if found.before:
            print(f"   the notebook before is kept: {_short(found.before, workspace)}")
    if all(found.state == "unchanged" for found in done):
        print("No notebook has changed.")
    _next(f"{typed('status')}; reload notebooks that are open")
    return DONE


# --- run ------------------------------------------------------------------------------------


def _run(options: argparse.Namespace) -> int:
    """Train a milestone; in the course's own folder, on the reference."""
    from tinytorch.workspace.milestones import milestones
    from tinytorch.workspace.status import described, note_milestone, row_of

    workspace = place.find()
    root = workspace.root if workspace else find_root(options, "examples")
    programs = {x.name: x for x in milestones(root / "examples")}
    if not options.milestone:
        for x in programs.values():
            lacking = _lacking(workspace, x.needs)
            print(f"{x.name:<9} {x.says}")
            print(f"{'':<9} {f'needs {lacking}' if lacking else 'ready'}")
        return DONE
    if options.milestone not in programs:
        names = ", ".join(programs) or "none"
        raise UsageError(f"there is no milestone {options.milestone!r} here; there are: {names}")
    chosen = programs[options.milestone]
    if lacking := _lacking(workspace, chosen.needs):
        how = f"finish and export what is missing first, `{typed('status')}` shows how far you are"
        raise UsageError(f"{chosen.name} needs {lacking}: {how}")
    words = ["--output", str(options.output.resolve())] if options.output else []
    if not chosen.run(*words):
        for lesson in workspace.all_before(chosen.needs) if workspace else ():
            row = row_of(workspace, lesson)
            if row.wrong or row.is_edited:
                print(f"Lesson {lesson.number}: {described(row)}.")
        return FINDINGS
    if workspace:
        note_milestone(workspace, chosen.name)
        print("That was trained by your own framework.")
    return DONE


def _lacking(workspace: Workspace | None, names: Iterable[str]) -> str:
    """The lessons that a program needs, or that these need, and that are not exported."""
    if workspace is None:
        return ""
    found = workspace.all_before(names)
    numbers = ", ".join(x.number for x in found if not workspace.module(x).is_file())
    return f"lesson{'s' if ',' in numbers else ''} {numbers}" if numbers else ""


# --- What they share ------------------------------------------------------------------------


def _lesson(options: argparse.Namespace) -> tuple[Workspace, Lesson]:
    workspace = place.need()
    return workspace, workspace.lesson(options.lesson)


def _next(words: str) -> None:
    print(f"\nNext: {words}")


def _console() -> Console:
    from rich.console import Console

    return Console()


def _moment(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _short(path: Path, workspace: Workspace) -> str:
    return path.relative_to(workspace.root).as_posix()
