"""Figures in lessons: one style, colours that everyone can tell apart, and alt text.

While a class is graded nothing is drawn, since pictures would be most of the work and nobody
looks on: figures and axes take every command and do nothing, and the alt text is shown.
Matplotlib is loaded with the first figure.
"""

from __future__ import annotations

import base64
import html
import io
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
from cycler import cycler

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's palette: its colours stay apart for the common kinds of colour blindness.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW, BLACK = PALETTE = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000",
)  # fmt: skip

SHARPNESS = 2  # dots of the picture for each of the page: screens of high density have as many
STYLE = {
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": "medium",
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "grid.alpha": 0.3,
    "image.cmap": "cividis",
}


def subplots(nrows: int = 1, ncols: int = 1, *, width: float = 6.4, height: float = 3.2, **kwargs):
    """`plt.subplots` in the course's style. `width` and `height` are in inches."""
    if _is_graded():
        axes = np.full((nrows, ncols), Undrawn(), dtype=object)
        return Undrawn(), axes.item() if axes.size == 1 else axes.squeeze()
    import matplotlib.pyplot as plt

    with plt.rc_context(STYLE):
        return plt.subplots(nrows, ncols, figsize=(width, height), **kwargs)


class Undrawn:
    """Stands for a figure, or for anything in it, while a class is graded."""

    def __getattr__(self, name: str) -> Undrawn:
        if name.startswith("_"):  # what NumPy and others ask for to see what this is
            raise AttributeError(name)
        return self

    def __call__(self, *args, **kwargs) -> Undrawn:
        return self


def show(figure: Figure | Undrawn, alt: str) -> None:
    """Show a figure in the notebook with a text for those who can't see it, and close it.

    Outside a notebook nothing is shown: a lesson also runs as a script.
    """
    drawn = not isinstance(figure, Undrawn)
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
        from IPython.display import display

        shown = _picture(figure, alt) if drawn else f"<em>Figure: {html.escape(alt)}</em>"
        display({"text/html": shown, "text/plain": alt}, raw=True)
    if drawn:
        import matplotlib.pyplot as plt

        plt.close(figure)  # or the notebook's own backend would show it again


def _is_graded() -> bool:
    """Whether nbgrader, or the grader in its place, runs this notebook of a whole class."""
    return os.environ.get("NBGRADER_EXECUTION") == "autograde"


def _picture(figure: Figure, alt: str) -> str:
    """The figure as HTML: neither JupyterLab nor nbconvert shows the alt text of a bare PNG."""
    import matplotlib.pyplot as plt

    picture = io.BytesIO()
    with plt.rc_context(STYLE):
        figure.savefig(picture, format="png", dpi=SHARPNESS * figure.dpi)
    data = base64.b64encode(picture.getvalue()).decode("ascii")
    width = round(figure.get_figwidth() * figure.dpi)
    source = f"data:image/png;base64,{data}"
    return f'<img alt="{html.escape(alt)}" width="{width}" style="max-width: 100%" src="{source}">'


def draw_graph(dot: str, width: float = 6.4, height: float = 2.4) -> Figure | Undrawn:
    r"""Draw a small graph that is written in graphviz's dot language, from left to right.

    With graphviz where its program `dot` is installed, else with matplotlib alone.

    Args:
        dot: nodes as `name [label="one\ntwo", shape=box]` (or ellipse), edges as `a -> b`.
        width, height: of the figure, in inches.
    """
    figure, axis = subplots(width=width, height=height)
    if isinstance(figure, Undrawn):
        return figure
    axis.axis("off")
    if program := shutil.which("dot"):
        from matplotlib.pyplot import imread

        command = [program, "-Tpng", "-Gdpi=200", "-Grankdir=LR"]
        drawn = subprocess.run(command, input=dot.encode(), capture_output=True, check=True)
        axis.imshow(imread(io.BytesIO(drawn.stdout)))
        return figure
    boxes = re.findall(r'(\w+) \[label="(.*?)", shape=(\w+)\]', dot, re.DOTALL)
    edges = re.findall(r"(\w+) -> (\w+)", dot)
    places = _places([name for name, *_ in boxes], edges)
    drawn = {}
    for name, label, shape in boxes:
        form, color = ("round", SKY) if shape == "ellipse" else ("square", YELLOW)
        style = {"boxstyle": f"{form},pad=0.4", "facecolor": color, "alpha": 0.5}
        text = label.replace(r"\n", "\n")
        drawn[name] = axis.text(*places[name], text, ha="center", va="center", size=9, bbox=style)
    across, down = zip(*places.values(), strict=True)
    axis.set(xlim=(min(across) - 0.4, max(across) + 0.4), ylim=(min(down) - 0.6, max(down) + 0.6))
    figure.canvas.draw()  # the boxes get their sizes, at which the arrows end
    for start, end in edges:
        ends = {"patchA": drawn[start].get_bbox_patch(), "patchB": drawn[end].get_bbox_patch()}
        arrow = {"arrowstyle": "-|>", "color": "black", "shrinkA": 1, "shrinkB": 1, **ends}
        axis.annotate("", places[end], places[start], arrowprops=arrow)
    return figure


def _places(names: list[str], edges: list[tuple[str, str]]) -> dict[str, tuple[float, float]]:
    """Where the nodes of a small acyclic graph stand: in columns, each near what it leads to."""
    after = {name: [end for start, end in edges if start == name] for name in names}
    depth = dict.fromkeys(names, 0)
    for _ in names:
        depth = {name: max((depth[end] + 1 for end in after[name]), default=0) for name in names}
    places: dict[str, tuple[float, float]] = {}
    for column in range(max(depth.values()) + 1):
        stack = [name for name in names if depth[name] == column]
        wish = {n: sum(places[e][1] for e in after[n]) / max(len(after[n]), 1) for n in stack}
        stack.sort(key=lambda name: -wish[name])
        middle = sum(wish.values()) / len(stack) + (len(stack) - 1) / 2
        places |= {name: (-column, middle - row) for row, name in enumerate(stack)}
    return places
