"""What `tinytorch validity` found, for people and for machines."""

from __future__ import annotations

import dataclasses

from tinytorch.course.lesson import Problem
from tinytorch.course.validity import Row, Validity

PIPED_WIDTH = 1000  # a pipe has no width: nothing is wrapped
COLUMNS = (
    "lesson",
    "exercise",
    "wrong\nrejected",
    "told the\ncause",
    "told\nnone",
    "told a\nfalse one",
    "fail only\nhidden tests",
    "right\naccepted",
    "mutants\nkilled",
    "equivalent",
    "surviving",
    "points others lose\nwhere it is missing",
)
README = (
    "lesson",
    "exercises",
    "wrong solutions rejected",
    "told the cause / none / a false one",
    "seen to fail only when graded",
    "right ones accepted",
    "mutants killed",
    "equivalent, with reasons",
    "points lost by others where one is missing, at most",
)


def render(found: Validity, console=None) -> None:
    """Print the table of exercises, the ends of each lesson's scale, and the findings.

    Args:
        console: a `rich.console.Console`; by default one on standard output.
    """
    from rich.console import Console

    console = console or Console()
    if not console.is_terminal:
        console.width = max(console.width, PIPED_WIDTH)
    console.print(_grid(found))
    notes = [f"note: {note}" for note in found.notes]
    for line in [*_scales(found), *notes, *map(str, found.findings), summary(found)]:
        console.print(line, markup=False, highlight=False)


def summary(found: Validity) -> str:
    """The verdict in a line."""
    count = len(found.findings)
    tried = f"{len(found.rows)} exercises, {found.total('wrong')} wrong solutions, "
    tried += f"{found.total('right')} right ones, {found.total('mutants')} mutants"
    return f"{tried}: " + (
        f"{count} finding{'s' if count > 1 else ''} to mend" if count else "nothing falls short"
    )


def as_json(found: Validity) -> dict:
    """All of it as plain values."""
    return {
        "valid": not found.findings,
        "exercises": [dataclasses.asdict(row) for row in found.rows],
        "scales": [dataclasses.asdict(scale) for scale in found.scales],
        "findings": [_plain(problem) for problem in found.findings],
        "notes": [_plain(problem) for problem in found.notes],
    }


def as_markdown(found: Validity) -> str:
    """The table of the README, a line for each lesson."""
    lines = [f"| {' | '.join(README)} |", "|---" * len(README) + "|"]
    for lesson in dict.fromkeys(row.lesson for row in found.rows):
        rows = [row for row in found.rows if row.lesson == lesson]
        total = _total(Validity(rows=rows))
        cells = [
            lesson.replace("_", " ", 1),
            len(rows),
            f"{total.rejected} of {total.wrong}",
            f"{total.diagnosed} / {total.untold} / {total.false}",
            total.surprises,
            f"{total.accepted} of {total.right}",
            f"{total.killed} of {total.mutants}",
            total.equivalent,
            f"{max(row.collateral for row in rows):g}",
        ]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def _plain(problem: Problem) -> dict:
    return dataclasses.asdict(problem) | {"path": str(problem.path)}


def _grid(found: Validity):
    from rich import box
    from rich.table import Table

    grid = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_footer=True)
    totals = ["all", *_counts(_total(found))]
    for name, footer in zip(COLUMNS, ["", *totals], strict=True):
        text = name in ("lesson", "exercise")
        grid.add_column(
            name, footer, justify="left" if text else "right", no_wrap=True, vertical="bottom"
        )
    for row in found.rows:
        grid.add_row(row.lesson, row.exercise, *_counts(row))
    return grid


def _total(found: Validity) -> Row:
    numbers = [f.name for f in dataclasses.fields(Row) if f.name not in ("lesson", "exercise")]
    return Row("", "", **{name: found.total(name) for name in numbers})


def _counts(row: Row) -> list[str]:
    """`5/6` where six were tried and five came out as they should."""
    return [
        f"{row.rejected}/{row.wrong}",
        f"{row.diagnosed}/{row.wrong}",
        *map(str, (row.untold, row.false, row.surprises)),
        f"{row.accepted}/{row.right}",
        f"{row.killed}/{row.mutants}",
        *map(str, (row.equivalent, row.surviving)),
        f"{row.collateral:g}",
    ]


def _scales(found: Validity) -> list[str]:
    return [
        f"{scale.lesson}: of {scale.points:g} points that tests give, the solutions earn "
        f"{scale.reference:g} and the untouched release {scale.untouched:g}"
        + (f"; it runs in {scale.seconds:.1f} s" if scale.seconds is not None else "")
        for scale in found.scales
    ]
