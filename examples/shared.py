"""What the examples share: their options, the style of their figure, and how they end."""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # the figure goes to a file, no window opens

import matplotlib.pyplot as plt
import numpy as np

from tinytorch import figures
from tinytorch.core.accuracy import predicted_classes

COLOURS = (figures.BLUE, figures.ORANGE, figures.GREEN)
OUT = Path(__file__).parent / "out"
WRONG = "abcdefgh"


def options(description: str, name: str) -> argparse.Namespace:
    """The options of an example called `name`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--output",
        type=Path,
        default=OUT / f"{name}.png",
        help=f"where to save the figure (default: examples/out/{name}.png)",
    )
    return parser.parse_args()


def draw_run(history, model, held_out, side: int):
    """The losses of a run, and below them held-out images that the model gets wrong."""
    with plt.rc_context(figures.STYLE):
        figure, axes = plt.subplot_mosaic(
            [["loss"] * len(WRONG), list(WRONG)], figsize=(7.6, 4.8), height_ratios=[3, 1]
        )
    x, y = held_out[:]
    answers = predicted_classes(model(x))
    wrong = np.flatnonzero(answers != y)
    epochs = range(1, len(history["loss"]) + 1)
    axes["loss"].plot(epochs, history["loss"], label="training images, with dropout")
    axes["loss"].plot(epochs, history["validation_loss"], "--", label="held-out images")
    axes["loss"].set(xlabel="epoch", ylabel="loss (logarithmic)", yscale="log")
    axes["loss"].set_title(
        f"{len(y) - len(wrong):,} of {len(y):,} held-out digits are right; below, some that are not"
    )
    axes["loss"].legend()
    for name in WRONG:
        axes[name].set_axis_off()
    for name, n in zip(WRONG, wrong, strict=False):
        axes[name].imshow(x[n].reshape(side, side), cmap="Greys")
        axes[name].set_title(f"{y[n]}, not {answers[n]}")
    return figure


def draw_classes(axis, model, points, classes, reach: tuple[float, float]) -> None:
    """Which class the model answers where in the plane, and the points with their own classes."""
    side = np.linspace(*reach, 181, dtype=np.float32)
    plane = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    answers = predicted_classes(model(plane)).reshape(len(side), len(side))
    count = classes.max() + 1
    axis.contourf(
        side, side, answers, levels=np.arange(count + 1) - 0.5, colors=COLOURS[:count], alpha=0.35
    )
    size = 4 if len(points) > 50 else 60
    for label, marker in zip(range(count), "os^", strict=False):
        axis.scatter(*points[classes == label].T, s=size, color=COLOURS[label], marker=marker)
    axis.set(aspect="equal", xlim=reach, ylim=reach)
    axis.grid(False)


def finish(
    figure, output: Path, *results: tuple[str, float, float], of: str = "held-out samples"
) -> int:
    """Save the figure and print each (what, share right, mark). Returns 1 if a mark is missed."""
    output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(output, dpi=130)
    print(f"figure: {output}")
    for what, share, mark in results:
        verdict = "reached" if share >= mark else "missed"
        print(f"{what}: {share:.2%} of the {of} are right, mark {mark:.2%} {verdict}")
    return int(any(share < mark for _, share, mark in results))
