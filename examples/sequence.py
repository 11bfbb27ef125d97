"""Train a recurrent network that reads scikit-learn's 1,797 digits row after row.

It sees one row of 8 pixels at a time, keeps a state of 64 numbers, and names the digit after the
last row. A fifth of the images is held out at random. Exits 1 if fewer than 97 % are right.
"""

import sys
import time

import numpy as np
from shared import draw_run, finish, options

from tinytorch.core.activations import Layer
from tinytorch.core.layers import Dropout, Linear
from tinytorch.core.losses import CrossEntropyLoss
from tinytorch.core.operations import GRU
from tinytorch.core.optimizers import Adam, cosine_with_warmup
from tinytorch.core.tensor import Tensor
from tinytorch.core.training import DataLoader, TensorDataset, evaluate, fit, random_split
from tinytorch.data import load_digits

SEED, EPOCHS, MARK = 0, 30, 0.97


class Reader(Layer):
    """Reads the rows of images (N, 8, 8), and answers from the last state."""

    def __init__(self, weights: np.random.Generator, masks: np.random.Generator):
        self.reads, self.drops = GRU(8, 64, weights), Dropout(0.2, masks)
        self.answers = Linear(64, 10, weights)

    def forward(self, x: Tensor) -> Tensor:
        _, last = self.reads(x)
        return self.answers(self.drops(last))


def main() -> int:
    output = options(__doc__, "sequence").output
    weights, masks, draws = np.random.default_rng(SEED).spawn(3)
    digits = load_digits()
    data = TensorDataset((digits.images / 16).astype(np.float32), digits.target)
    training, held_out = random_split(data, 0.8, draws)
    loader, validation = DataLoader(training, 32, draws), DataLoader(held_out, len(held_out))

    model = Reader(weights, masks)
    loss, optimizer = CrossEntropyLoss(), Adam(model.parameters())
    schedule = cosine_with_warmup(0.01, warmup=50, total=EPOCHS * len(loader))
    start = time.perf_counter()
    history = fit(model, loss, optimizer, loader, EPOCHS, validation=validation, schedule=schedule)
    print(f"{EPOCHS} epochs of {len(training):,} images: {time.perf_counter() - start:.1f} s")

    share = evaluate(model, loss, validation)[1]
    return finish(draw_run(history, model, held_out, side=8), output, ("digits", share, MARK))


if __name__ == "__main__":
    sys.exit(main())
