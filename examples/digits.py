"""Train a small network on scikit-learn's 1,797 digits, and draw what it gets wrong.

A fifth of the images is held out at random. Exits 1 if fewer than 97 % of them are right.
"""

import sys
import time

import numpy as np
from shared import draw_run, finish, options

from tinytorch.core.activations import ReLU
from tinytorch.core.layers import Dropout, Linear, Sequential
from tinytorch.core.losses import CrossEntropyLoss
from tinytorch.core.optimizers import Adam, cosine_with_warmup
from tinytorch.core.training import DataLoader, TensorDataset, evaluate, fit, random_split
from tinytorch.data import load_digits

SEED, EPOCHS, MARK = 0, 40, 0.97


def main() -> int:
    output = options(__doc__, "digits").output
    weights, masks, draws = np.random.default_rng(SEED).spawn(3)
    digits = load_digits()
    data = TensorDataset((digits.data / 16).astype(np.float32), digits.target)
    training, held_out = random_split(data, 0.8, draws)
    loader, validation = DataLoader(training, 32, draws), DataLoader(held_out, len(held_out))

    model = Sequential(
        Linear(64, 128, weights, "he"), ReLU(), Dropout(0.3, masks), Linear(128, 10, weights)
    )
    loss, optimizer = CrossEntropyLoss(), Adam(model.parameters())
    schedule = cosine_with_warmup(0.005, warmup=50, total=EPOCHS * len(loader))
    start = time.perf_counter()
    history = fit(model, loss, optimizer, loader, EPOCHS, validation=validation, schedule=schedule)
    print(f"{EPOCHS} epochs of {len(training):,} images: {time.perf_counter() - start:.1f} s")

    share = evaluate(model, loss, validation)[1]
    return finish(draw_run(history, model, held_out, side=8), output, ("digits", share, MARK))


if __name__ == "__main__":
    sys.exit(main())
