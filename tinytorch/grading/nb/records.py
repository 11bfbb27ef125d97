"""What the gradebook says of an assignment, and what is to be written there: plain values.

They pickle, so that a worker without a gradebook can be told of one.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class SourceCell:
    """A cell of the assignment, under nbgrader's names."""

    name: str  # its grade_id
    cell_type: str
    source: str
    checksum: str
    locked: bool


@dataclass(frozen=True)
class GradedCell:
    """A cell that earns points."""

    name: str
    max_score: float


@dataclass(frozen=True)
class NotebookRecord:
    """A notebook of the assignment, under nbgrader's names."""

    name: str
    kernelspec: str | None  # as JSON
    source_cells: tuple[SourceCell, ...]
    grade_cells: tuple[GradedCell, ...]
    solution_cells: tuple[GradedCell, ...]
    task_cells: tuple[GradedCell, ...]


@dataclass(frozen=True)
class Exercise:
    """An exercise of the instructor's notebook, with what belongs to it up to the next one."""

    name: str  # its grade_id
    tests: tuple[str, ...]
    solution: tuple[str, ...]  # code: the exercise solved, and the cells without points after it


@dataclass
class ScoreSheet:
    """What came of one submitted notebook: what nbgrader writes into the gradebook."""

    auto_scores: dict[str, float | None] = field(default_factory=dict)
    auto_comments: dict[str, str | None] = field(default_factory=dict)
    late_penalty: bool = False  # whether the course wants one to be worked out
