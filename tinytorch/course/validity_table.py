"""What `tinytorch validity` found, for people and for machines."""

from __future__ import annotations

import dataclasses

from tinytorch.course.validity import Row, Validity

PIPED_WIDTH = 1000  # a pipe has no width: nothing is wrapped
COLUMNS = (
    "lesson",
    "exercise",
    "wrong\nrejected",
    "diagnosis\nhit",
    "right\naccepted",
    "mutants\nkilled",
    "equivalent",
    "surviving",
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
    for line in [*_scales(found), *map(str, found.findings), summary(found)]:
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
    problems = [dataclasses.asdict(p) | {"path": str(p.path)} for p in found.findings]
    return {
        "valid": not found.findings,
        "exercises": [dataclasses.asdict(row) for row in found.rows],
        "scales": [dataclasses.asdict(scale) for scale in found.scales],
        "findings": problems,
    }


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
    shares = (row.rejected, row.wrong), (row.diagnosed, row.wrong), (row.accepted, row.right)
    shares = [f"{hit}/{tried}" for hit, tried in [*shares, (row.killed, row.mutants)]]
    return [*shares, str(row.equivalent), str(row.surviving)]


def _scales(found: Validity) -> list[str]:
    return [
        f"{scale.lesson}: of {scale.points:g} points that tests give, the solutions earn "
        f"{scale.reference:g} and the untouched release {scale.untouched:g}"
        for scale in found.scales
    ]
