"""Train a network on nnfs's spiral of two arms, and of three, and draw the boundary as it learns.

A fifth of the points is held out at random. nnfs turns each point by a random angle, so that arms
overlap, and nobody can be right everywhere: whoever knows the law that the points are drawn by
answers the likeliest arm, which is right 99.5 % of the time with two arms and 90.9 % with three.
Exits 1 if fewer than 95 % of the held-out points are right with two arms, or if the network is
more than 2 % behind whoever knows the law, on the same points, with three.
"""

import sys

import numpy as np
from nnfs.datasets import spiral_data
from shared import draw_classes, finish, options

from tinytorch import figures
from tinytorch.core.accuracy import accuracy
from tinytorch.core.activations import ReLU
from tinytorch.core.layers import Linear, Sequential
from tinytorch.core.losses import CrossEntropyLoss
from tinytorch.core.optimizers import Adam, cosine_with_warmup
from tinytorch.core.training import DataLoader, TensorDataset, evaluate, fit, random_split

SEED, SAMPLES, SHOWN = 0, 1000, (1, 5, 15, 60)
MARK, BEHIND = 0.95, 0.02


def main() -> int:
    output = options(__doc__, "spiral").output
    figure, axes = figures.subplots(2, len(SHOWN), width=9, height=5.2, sharex=True, sharey=True)
    two, _ = learn(2, axes[0])
    three, law = learn(3, axes[1])
    for axis in axes[:, 0]:
        axis.set(ylabel="second feature")
    for axis in axes[1]:
        axis.set(xlabel="first feature")
    figure.suptitle("The boundary as it is learned, over held-out points, and how many are right")
    results = ("two arms", two, MARK), ("three arms", three, law - BEHIND)
    return finish(figure, output, *results)


def learn(arms: int, axes) -> tuple[float, float]:
    """Train, draw the boundary after SHOWN epochs; the shares right: of the model, of the law."""
    np.random.seed(SEED)  # noqa: NPY002 - nnfs draws from NumPy's global generator
    points, labels = spiral_data(samples=SAMPLES, classes=arms)
    weights, draws = np.random.default_rng(SEED).spawn(2)
    data = TensorDataset(points.astype(np.float32), labels)
    training, held_out = random_split(data, 0.8, draws)
    loader, validation = DataLoader(training, 64, draws), DataLoader(held_out, len(held_out))

    model = Sequential(
        Linear(2, 64, weights, "he"), ReLU(),
        Linear(64, 64, weights, "he"), ReLU(),
        Linear(64, arms, weights),
    )  # fmt: skip
    loss, optimizer = CrossEntropyLoss(), Adam(model.parameters())
    schedule = cosine_with_warmup(0.02, warmup=20, total=SHOWN[-1] * len(loader))
    for axis, done, epochs in zip(axes, (0, *SHOWN), SHOWN, strict=False):
        fit(model, loss, optimizer, loader, epochs - done, schedule=schedule)
        share = evaluate(model, loss, validation)[1]
        draw_classes(axis, model, *held_out[:], reach=(-1.05, 1.05))
        axis.set_title(f"epoch {epochs}: {share:.1%}")
    x, y = held_out[:]
    law = accuracy(likeliest_arm(x, arms), y)
    print(f"{arms} arms, {len(y)} held-out points: the network {share:.2%}, the law {law:.2%}")
    return share, law


def likeliest_arm(points: np.ndarray, arms: int) -> np.ndarray:
    """The answer of the law: the arm whose angle at this distance from the middle is nearest.

    nnfs puts arm k at the angle 10 (k + r), give or take a normal number of deviation 0.5.
    """
    radius, angle = np.hypot(*points.T), np.arctan2(points[:, 0], points[:, 1])
    turn = angle[:, None] - 10 * (np.arange(arms) + radius[:, None])  # (N, 1) - (N, arms)
    return np.abs((turn + np.pi) % (2 * np.pi) - np.pi).argmin(axis=1)


if __name__ == "__main__":
    sys.exit(main())
