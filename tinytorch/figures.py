"""Figures in lessons: one style, colours that everyone can tell apart, and alt text."""

from __future__ import annotations

import io
import sys

import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.figure import Figure

# Okabe and Ito's palette: its colours stay apart for the common kinds of colour blindness.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW, BLACK = PALETTE = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000",
)  # fmt: skip

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


def subplots(*args, width: float = 6.4, height: float = 3.2, **kwargs):
    """`plt.subplots` in the course's style. `width` and `height` are in inches."""
    with plt.rc_context(STYLE):
        return plt.subplots(*args, figsize=(width, height), **kwargs)


def show(figure: Figure, alt: str) -> None:
    """Show a figure in the notebook with a text for those who can't see it, and close it.

    Outside a notebook nothing is shown: a lesson also runs as a script.
    """
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
        from IPython.display import Image, display

        picture = io.BytesIO()
        with plt.rc_context(STYLE):
            figure.savefig(picture, format="png")
        display(Image(picture.getvalue(), format="png", alt=alt))
    plt.close(figure)  # or the notebook's own backend would show it again
