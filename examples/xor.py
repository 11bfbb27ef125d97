"""Train a small network on XOR: four points that no straight line parts.

Its answer is 1 where exactly one of the two inputs is 1. No sample is held out, for these four are
all there are. Plain descent, by the gradients of `backward` and nothing else. Exits 1 if one of
the four answers is wrong.
"""

import sys

import numpy as np
from shared import draw_classes, finish, options

from tinytorch import figures
from tinytorch.core.accuracy import predicted_classes
from tinytorch.core.activations import Tanh
from tinytorch.core.autograd import backward
from tinytorch.core.layers import Linear, Sequential
from tinytorch.core.losses import CrossEntropyLoss

SEED, STEPS, RATE, MARK = 0, 300, 0.5, 1.0


def main() -> int:
    output = options(__doc__, "xor").output
    points = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    classes = np.array([0, 1, 1, 0])
    weights = np.random.default_rng(SEED)
    model = Sequential(Linear(2, 8, weights), Tanh(), Linear(8, 2, weights))
    loss_of, losses = CrossEntropyLoss(), []
    for _ in range(STEPS):
        loss = loss_of(model(points), classes)
        backward(loss)
        for parameter in model.parameters():
            parameter.data -= RATE * parameter.grad
            parameter.grad = None
        losses.append(loss.item())

    answers = predicted_classes(model(points))
    for (a, b), answer in zip(points, answers, strict=True):
        print(f"{a:.0f} xor {b:.0f} = {answer}")

    figure, (left, right) = figures.subplots(1, 2, width=7.6, height=3.2)
    left.plot(losses)
    left.set(xlabel="step", ylabel="loss (logarithmic)", yscale="log", title="Four points, learned")
    draw_classes(right, model, points, classes, reach=(-0.5, 1.5))
    right.set(xlabel="first input", ylabel="second input", title="What it answers in between")
    share = float(np.mean(answers == classes))
    return finish(figure, output, ("xor", share, MARK), of="points")


if __name__ == "__main__":
    sys.exit(main())
