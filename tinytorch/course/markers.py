"""The markers around what students don't get, and a cell's text with or without it.

nbgrader takes every line that holds the words of a marker for the marker itself, so these
functions do the same: what they leave is what a student is given.
"""

from __future__ import annotations

BEGIN_SOLUTION = "### BEGIN SOLUTION"
END_SOLUTION = "### END SOLUTION"
BEGIN_HIDDEN = "### BEGIN HIDDEN TESTS"
END_HIDDEN = "### END HIDDEN TESTS"

SOLUTION = (BEGIN_SOLUTION, END_SOLUTION)
HIDDEN = (BEGIN_HIDDEN, END_HIDDEN)
MARKERS = (*SOLUTION, *HIDDEN)

STUB = "raise NotImplementedError()"


class MarkerError(ValueError):
    """The markers of a cell don't pair. `offset` counts lines from the cell's first."""

    def __init__(self, offset: int, message: str, mend: str):
        self.offset, self.message, self.mend = offset, message, mend
        super().__init__(f"line {offset + 1} of the cell: {message} ({mend})")


def is_marker(line: str, marker: str) -> bool:
    """Whether nbgrader takes the line for the marker."""
    return marker.lstrip("# ") in line


def regions(source: str, begin: str, end: str) -> list[tuple[int, int]]:
    """The offsets of each pair of markers: the lines between are `lines[start + 1 : stop]`.

    Raises:
        MarkerError: a marker is missing, nested, or shares its line with other text.
    """
    found, start = [], None
    for offset, line in enumerate(source.split("\n")):
        begins, ends = is_marker(line, begin), is_marker(line, end)
        if (begins or ends) and line.strip() not in (begin, end):
            mend = f"write '{begin if begins else end}' on a line of its own"
            raise MarkerError(offset, "a marker shares its line with other text", mend)
        if begins and start is not None:
            mend = f"put '{end}' before it, or remove it"
            raise MarkerError(offset, f"'{begin}' stands inside another", mend)
        if ends and start is None:
            raise MarkerError(offset, f"'{end}' has no '{begin}' above it", f"put '{begin}' there")
        if begins:
            start = offset
        elif ends:
            found.append((start, offset))
            start = None
    if start is not None:
        mend = f"put '{end}' after what it encloses"
        raise MarkerError(start, f"'{begin}' has no '{end}' below it", mend)
    return found


def strip_markers(source: str) -> str:
    """The source without its marker lines, and with everything between them."""
    lines = source.split("\n")
    return "\n".join(line for line in lines if not any(is_marker(line, m) for m in MARKERS))


def without_regions(source: str, begin: str, end: str, replacement_line: str | None = None) -> str:
    """The source with each region, markers included, gone or replaced by one line.

    The replacement is indented as the marker that begins the region.
    """
    return "\n".join(line for _, line in lines_outside(source, begin, end, replacement_line))


def lines_outside(
    source: str, begin: str, end: str, replacement_line: str | None = None
) -> list[tuple[int, str]]:
    """The lines of `without_regions`, each with its offset in the source."""
    lines = source.split("\n")
    kept, at = [], 0
    for start, stop in regions(source, begin, end):
        kept += enumerate(lines[at:start], at)
        if replacement_line is not None:
            indent = lines[start][: -len(lines[start].lstrip())]
            kept.append((start, indent + replacement_line))
        at = stop + 1
    return [*kept, *enumerate(lines[at:], at)]
