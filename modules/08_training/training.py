# %% [markdown]
r"""
# 8. Training

You have layers, losses, gradients and optimizers. What turns them into a trained network is a loop
around them, and the care that the loop takes: which samples come when, what is measured on what,
when to stop, and what is left when the power fails. In this lesson you build that loop, and at its
end your network tells spirals and digits apart that it has never seen.

You need lessons 1 to 7. No more mathematics than a mean is asked for.
"""

# %%
#| default_exp core.training

# %%
#| export
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinytorch.core.accuracy import accuracy
from tinytorch.core.activations import Layer
from tinytorch.core.autograd import backward, no_grad
from tinytorch.core.optimizers import Optimizer, clip_by_norm
from tinytorch.core.tensor import Tensor, to_array

# %%
import tempfile
import time
from pathlib import Path

from nnfs.datasets import spiral_data
from sklearn.datasets import load_digits

from tinytorch import figures
from tinytorch.core.accuracy import predicted_classes
from tinytorch.core.activations import ReLU
from tinytorch.core.layers import Dropout, Linear, Sequential
from tinytorch.core.losses import CrossEntropyLoss, MeanSquaredError
from tinytorch.core.optimizers import SGD, Adam, cosine_with_warmup
from tinytorch.testing import assert_close, assert_equal, assert_raises

# %% [markdown]
r"""
## 8.1 The same images in another order

Somebody keeps 1,200 images of digits in ten folders, first all zeros, then all ones, and so on. The
next cell trains twice, from the same weights, with the same images, 30 at a time. Only the order
differs: folder by folder, or shuffled. The loss is the mean over all steps of an epoch. Which of the
two do you expect to know new digits better after three epochs, and by how much?
"""

# %%
digits = load_digits()
images, labels = (digits.data / 16).astype(np.float32), digits.target
folders = np.argsort(labels[:1200], kind="stable")  # all zeros first, then all ones ...
for name in ("folder by folder", "shuffled"):
    rng = np.random.default_rng(0)
    model = Sequential(Linear(64, 32, rng, "he"), ReLU(), Linear(32, 10, rng))
    loss, sgd = CrossEntropyLoss(), SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        order = folders if name == "folder by folder" else rng.permutation(1200)
        losses = []
        for rows in np.split(order, 40):
            sgd.zero_grad()
            batch_loss = loss(model(images[rows]), labels[rows])
            backward(batch_loss)
            sgd.step()
            losses.append(batch_loss.item())
    print(f"{name:16} training loss {np.mean(losses):.2f},", end=" ")
    print(f"right on new images {accuracy(model(images[1200:]), labels[1200:]):.0%}")

# %% [markdown]
r"""
The losses look alike, and yet the first network is of little use. Within a folder it is enough to
give one and the same answer, so it learned to say "nine" last and forgot the rest. What it was
rewarded for and what we want are two things. That is the thread of this lesson: the training loss
is what the loop pushes down, and it is never the proof.

## 8.2 Samples that belong together

A data set holds arrays of equal length: entry n of each belongs to sample n. One index must reach
them all, so that an image never parts with its label.
"""

# %% nbgrader={"grade": false, "grade_id": "tensor_dataset", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class TensorDataset:
    """Arrays whose entries along axis 0 belong together, such as images and their labels.

    Args:
        arrays: one or more arrays, Tensors or lists, of equal length along axis 0.

    Raises:
        ValueError: there are no arrays, or their lengths differ.

    Example:
        >>> data = TensorDataset(np.array([[1.0, 2], [3, 4], [5, 6]]), np.array([7, 8, 9]))
        >>> data[1:]
        (array([[3., 4.],
               [5., 6.]]), array([8, 9]))
    """

    def __init__(self, *arrays: Any):
        self.arrays = tuple(to_array(array) for array in arrays)
        lengths = [array.shape[:1] for array in self.arrays]
        if not lengths or () in lengths or len(set(lengths)) > 1:
            shapes = ", ".join(str(array.shape) for array in self.arrays) or "none"
            raise ValueError(f"expected arrays of equal length, got {shapes}: one entry a sample")

    def __len__(self) -> int:
        """The number of samples."""
        ### BEGIN SOLUTION
        return len(self.arrays[0])
        ### END SOLUTION

    def __getitem__(self, index: int | slice | np.ndarray) -> tuple[np.ndarray, ...]:
        """What the index chooses of each array: of an int one sample, else a batch of them."""
        ### BEGIN SOLUTION
        return tuple(array[index] for array in self.arrays)
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_tensor_dataset", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_tensor_dataset():
    """A sample, a slice and any choice of rows, from every array."""
    x, y = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([7, 8, 9])
    data = TensorDataset(x, y)
    suspects = {"If you count the arrays, count what they hold.": 2,
                "If you count every number, count along axis 0.": 6}
    assert_equal(lambda: len(data), 3, suspects=suspects, name="len of 3 samples")
    hint = "If an array is missing, index every one of them."
    assert_equal(lambda: len(data[0]), 2, hint, name="the number of parts of a sample")
    suspects = {"If you indexed the columns, samples lie along axis 0.": x[:, 1],
                "If a sample became a batch of one, index with the int itself.": x[1:2]}
    assert_close(lambda: data[1][0], x[1], suspects=suspects, name="the first part of sample 1")
    assert_close(lambda: data[1][1], np.int64(8), "If a label is not its sample's, use one index.")
    hint = "If a slice fails, or gives a list of samples, let NumPy index each whole array."
    assert_equal(lambda: len(data[:3]), 2, hint, name="the number of parts of three samples")
    assert_close(lambda: data[:2][0], x[:2], hint, name="the first part of data[:2]")
    ### BEGIN HIDDEN TESTS
    hint = "If an array of rows fails, or gives a list of samples, let NumPy index each whole array."
    rows = np.array([2, 0, 2])
    assert_close(lambda: data[rows][0], x[rows], hint, name="the first part of data[[2, 0, 2]]")
    hint = "If labels became decimal numbers, keep each array's own dtype."
    assert_close(lambda: data[rows][1], y[rows], hint, name="the second part of data[[2, 0, 2]]")
    three = TensorDataset(np.zeros((5, 2, 3)), np.arange(5.0), np.arange(5))
    hint = "If an array is missing, index every one of them."
    assert_equal(lambda: [part.shape for part in three[-2:]], [(2, 2, 3), (2,), (2,)], hint)
    assert_equal(lambda: len(three), 5, "If you count the arrays, count what they hold.")
    alone = TensorDataset(np.arange(4))
    assert_equal(lambda: len(alone), 4, "If one array is too few for you, it is enough.")
    ### END HIDDEN TESTS


test_tensor_dataset()

# %% [markdown]
r"""
Some samples must be set aside before anything is learned, and at random: the last rows of a file
are rarely like the first.
"""

# %% nbgrader={"grade": false, "grade_id": "split", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def split(
    dataset: TensorDataset, fraction: float, rng: "np.random.Generator"
) -> tuple[TensorDataset, TensorDataset]:
    """Share the samples out to two data sets at random, each sample to one of them.

    Args:
        dataset: what to share out; it stays as it is.
        fraction: the share of the first data set, rounded to the nearest whole number of samples.
        rng: draws who goes where, so that a seed repeats it.

    Raises:
        ValueError: one of the two would be empty.

    Example:
        >>> first, second = split(TensorDataset(np.arange(10)), 0.8, np.random.default_rng(0))
        >>> len(first), len(second)
        (8, 2)

    Hint: a Generator's `permutation` of a number draws an order.
    """
    ### BEGIN SOLUTION
    count = round(fraction * len(dataset))
    if not 0 < count < len(dataset):
        raise ValueError(f"expected two parts of {len(dataset)} samples, got {count} in the first")
    order = rng.permutation(len(dataset))
    return TensorDataset(*dataset[order[:count]]), TensorDataset(*dataset[order[count:]])
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_split_shares_samples_out", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_split_shares_samples_out():
    """Every sample goes to one side, with its label, and the data stay as they were."""
    x, y = np.arange(200.0).reshape(100, 2), np.arange(100)
    first, second = split(TensorDataset(x, y), 0.7, np.random.default_rng(0))
    suspects = {"If the first is the smaller, fraction is the share of the first.": (30, 70)}
    assert_equal((len(first), len(second)), (70, 30), suspects=suspects, name="the lengths")
    hint = "If you shuffle the arrays in place, the owner's data change."
    assert_close(y, np.arange(100), hint, name="the labels given")
    everyone = np.sort(np.concatenate([first[:][1], second[:][1]]))
    hint = "If some come twice and others never, draw one order and cut it in two."
    assert_close(everyone, y, hint, name="all samples of both, sorted")
    hint = "If you shuffle each array by itself, samples lose their labels."
    assert_close(first[:][0][:, 0], 2.0 * first[:][1], hint, name="inputs of the first")
    ### BEGIN HIDDEN TESTS
    assert_close(second[:][0][:, 1], 2.0 * second[:][1] + 1, hint, name="inputs of the second")
    hint = "If a sample gets lost, 0.29 * 100 is a little less than 29: round it."
    sizes = [len(part) for part in split(TensorDataset(y), 0.29, np.random.default_rng(0))]
    assert_equal(sizes, [29, 71], hint, name="the lengths for 0.29 of 100")
    hint = "If a single sample is refused, only an empty part is."
    lengths = lambda: [len(part) for part in split(TensorDataset(y), 0.01, np.random.default_rng(0))]
    assert_equal(lengths, [1, 99], hint, name="the lengths for 0.01 of 100")
    ### END HIDDEN TESTS


test_split_shares_samples_out()

# %% nbgrader={"grade": true, "grade_id": "test_split_is_random_and_repeatable", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_split_is_random_and_repeatable():
    """Drawn from rng: the same seed gives the same parts, another seed others."""
    data = TensorDataset(np.arange(100))
    first, again, other = (split(data, 0.6, np.random.default_rng(n))[0][:][0] for n in (1, 1, 2))
    hint = "If you cut without shuffling, the second part is the end of the file."
    assert_equal(np.array_equal(np.sort(first), np.arange(60)), False, hint, name="whether it cut in order")
    hint = "If the same seed gives other parts, draw from rng alone."
    assert_close(again, first, hint, name="the first part, from the same seed")
    hint = "If another seed changes nothing, rng is not used."
    assert_equal(np.array_equal(np.sort(other), np.sort(first)), False, hint, name="whether seeds agree")
    ### BEGIN HIDDEN TESTS
    hint = "If you make a Generator of your own, every call gives the same parts."
    rng = np.random.default_rng(3)
    first, second = (np.sort(split(data, 0.5, rng)[1][:][0]) for _ in range(2))
    assert_equal(np.array_equal(first, second), False, hint, name="whether two draws agree")
    hint = "If a part may be empty, nothing is left to train or to measure on."
    assert_raises(ValueError, split, data, 1.0, rng, hint=hint, name="split with fraction 1")
    assert_raises(ValueError, split, data, 0.004, rng, hint=hint, name="split with fraction 0.004")
    ### END HIDDEN TESTS


test_split_is_random_and_repeatable()

# %% [markdown]
r"""
## 8.3 Batches, and what a seed is

A batch is a handful of samples for one step. A loader goes through a data set in batches, in an
order that it draws anew for every epoch. It must not ask for sample after sample: a thousand small
indexings cost more than the step they serve, while one index array fetches a whole batch at once.

All chance comes from a `Generator` that you hand in. A Generator is a long, fixed sequence of numbers
and a place in it; the seed says which sequence. So the same seed repeats a run, *if* the same draws
are made in the same order. Two things that draw from one Generator depend on each other: give
weights, loader and dropout a Generator each, and a change in one leaves the others alone.
"""

# %% nbgrader={"grade": false, "grade_id": "data_loader", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class DataLoader:
    """Goes through a data set in batches; each `for` over it is one epoch.

    Args:
        dataset: has a length, and takes a slice or an array of indices, as `TensorDataset` does.
        batch_size: samples in a batch; what is left over makes a smaller last one.
        rng: draws a new order for each epoch. None keeps the order of the data.
        drop_last: leave a smaller last batch out.

    Raises:
        ValueError: batch_size is not a positive whole number, or there would be no batch.
        TypeError: rng is not a Generator.

    Example:
        >>> for batch in DataLoader(TensorDataset(np.arange(5)), batch_size=2):
        ...     print(batch)
        (array([0, 1]),)
        (array([2, 3]),)
        (array([4]),)

    Hint: a function with `yield` gives one value after the other.
    """

    def __init__(
        self,
        dataset: TensorDataset,
        batch_size: int,
        rng: "np.random.Generator | None" = None,
        drop_last: bool = False,
    ):
        if not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise ValueError(f"expected a batch_size of 1 or more, got {batch_size!r}: try 32")
        if not isinstance(rng, np.random.Generator | None):
            kind = type(rng).__name__
            raise TypeError(f"expected a Generator, got a {kind}: pass np.random.default_rng(seed)")
        self.dataset, self.batch_size = dataset, int(batch_size)
        self.rng, self.drop_last = rng, drop_last
        if len(dataset) < (batch_size if drop_last else 1):
            raise ValueError(
                f"expected at least one batch, got {len(dataset)} samples for batches of "
                f"{batch_size}: take a smaller batch_size, or drop_last=False"
            )

    def __len__(self) -> int:
        """The number of batches."""
        ### BEGIN SOLUTION
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)
        ### END SOLUTION

    def __iter__(self) -> Iterator[tuple[np.ndarray, ...]]:
        """Batch after batch, each as the data set gives it for an array or slice of rows."""
        ### BEGIN SOLUTION
        order = None if self.rng is None else self.rng.permutation(len(self.dataset))
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            rows = slice(start, start + self.batch_size)
            yield self.dataset[rows if order is None else order[rows]]
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_data_loader_keeps_the_order", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_data_loader_keeps_the_order():
    """Without rng: batch after batch, and a smaller last one, in each epoch."""
    x, y = np.arange(14.0).reshape(7, 2), np.arange(10, 17)
    loader = DataLoader(TensorDataset(x, y), batch_size=3)
    hint = "If the loader gives nothing the second time, make every `for` start anew."
    for epoch in (1, 2):
        labels = [np.array(batch[1]).tolist() for batch in loader]
        suspects = {
            "If the last samples are missing, the last batch may be smaller.": [[10, 11, 12], [13, 14, 15]],
            "If batches overlap, step by batch_size.": [[n, n + 1, n + 2] for n in range(10, 15)],
            "If there are as many samples as there should be batches, batch_size counts samples.":
                [[10, 11], [12, 13], [14, 15], [16]],
        }
        wanted = [[10, 11, 12], [13, 14, 15], [16]]
        assert_equal(labels, wanted, hint, suspects=suspects, name=f"labels of epoch {epoch}")
    assert_close(list(loader)[1][0], x[3:6], "If inputs are not their labels', use one index.")
    ### BEGIN HIDDEN TESTS
    hint = "If a full last batch fails, 6 samples are two batches of 3 and nothing more."
    exact = DataLoader(TensorDataset(np.arange(6)), batch_size=3)
    assert_equal([np.array(b[0]).tolist() for b in exact], [[0, 1, 2], [3, 4, 5]], hint)
    one = DataLoader(TensorDataset(np.arange(2)), batch_size=100)
    assert_equal([np.array(b[0]).tolist() for b in one], [[0, 1]], "If all fit into a batch, give it.")
    ### END HIDDEN TESTS


test_data_loader_keeps_the_order()

# %% nbgrader={"grade": true, "grade_id": "test_data_loader_knows_its_length", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_data_loader_knows_its_length():
    """len is the number of batches, with and without the smaller last one."""
    data = TensorDataset(np.arange(7))
    hint = "If you round down, the smaller last batch is not counted."
    suspects = {"If you count samples, count batches.": 7}
    assert_equal(lambda: len(DataLoader(data, 3)), 3, hint, suspects=suspects, name="batches of 3 out of 7")
    dropping = DataLoader(data, 3, drop_last=True)
    hint = "If drop_last changes nothing, leave the smaller last batch out."
    assert_equal(lambda: len(dropping), 2, hint, name="batches of 3 out of 7 with drop_last")
    assert_equal([np.array(b[0]).tolist() for b in dropping], [[0, 1, 2], [3, 4, 5]], hint)
    ### BEGIN HIDDEN TESTS
    hint = "If a full last batch counts twice or not at all, look at what is left over."
    for drop_last in (False, True):
        exact = DataLoader(TensorDataset(np.arange(6)), 3, drop_last=drop_last)
        assert_equal(len(exact), 2, hint, name="batches of 3 out of 6")
        assert_equal(len(list(exact)), 2, hint, name="batches of 3 out of 6, counted")
    ### END HIDDEN TESTS


test_data_loader_knows_its_length()

# %% nbgrader={"grade": true, "grade_id": "test_data_loader_shuffles", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
def test_data_loader_shuffles():
    """A new order for each epoch, drawn from rng, with every sample once and with its label."""
    y = np.arange(50)
    data = TensorDataset(y * 2.0, y)

    def epochs(seed):
        loader = DataLoader(data, 8, np.random.default_rng(seed))
        return [[np.concatenate(parts) for parts in zip(*loader, strict=True)] for _ in range(2)]

    (x, first), (_, second) = epochs(0)
    hint = "If you shuffle the arrays in place, the owner's data change."
    assert_close(y, np.arange(50), hint, name="the labels given")
    hint = "If some come twice and others never, draw an order without repetition."
    assert_close(np.sort(first), y, hint, name="the labels of an epoch, sorted")
    hint = "If you shuffle each array by itself, samples lose their labels."
    assert_close(x, 2.0 * first, hint, name="the inputs of an epoch")
    hint = "If nothing is shuffled, rng draws an order for every epoch."
    assert_equal(np.array_equal(first, y), False, hint, name="whether the epoch is in order")
    hint = "If every epoch has the same order, draw when the epoch begins and not before."
    assert_equal(np.array_equal(first, second), False, hint, name="whether two epochs agree")
    ### BEGIN HIDDEN TESTS
    assert_close(np.sort(second), y, hint, name="the labels of the second epoch, sorted")
    hint = "If the same seed gives another order, draw from rng alone."
    assert_close(epochs(0)[1][1], second, hint, name="the second epoch, from the same seed")
    hint = "If you shuffle only the batches, neighbours stay together."
    assert_equal(any(np.array_equal(np.diff(first[i : i + 8]), np.ones(7)) for i in range(0, 48, 8)),
                 False, hint, name="whether a batch holds neighbours only")
    ### END HIDDEN TESTS


test_data_loader_shuffles()

# %% [markdown]
r"""
## 8.4 A step and an epoch

One step forgets the old gradients, computes the loss of a batch, walks back, and moves the
parameters. With `clip` the gradient is shortened before the move (lesson 7). The step returns a bare
number: a Tensor would hold on to its whole record.
"""

# %% nbgrader={"grade": false, "grade_id": "train_step", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def train_step(
    model: Layer, loss: Callable, optimizer: Optimizer, inputs: Any, targets: Any,
    clip: float | None = None,
) -> float:  # fmt: skip
    """Move a model's parameters once, along the gradient of the loss of one batch.

    Args:
        model, loss: the loss is `loss(model(inputs), targets)`, one number.
        optimizer: moves the parameters.
        inputs, targets: the batch. Gradients that were there before it count nothing.
        clip: the longest that the gradient of all parameters together may be; None for no limit.

    Returns:
        The loss before the move, as a Python number.
    """
    ### BEGIN SOLUTION
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    optimizer.step()
    return value.item()
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_train_step", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
def test_train_step():
    """Two steps worked out by hand: y = 2 x against 0, at x = 1 and 3."""
    x, zeros = np.array([[1.0], [3.0]], np.float32), np.zeros((2, 1), np.float32)
    layer = Linear(1, 1, None, lambda rng, shape: np.full(shape, 2.0, np.float32))
    optimizer, loss = SGD(layer.parameters(), lr=0.01), MeanSquaredError()
    place = lambda: np.float32([layer.weight.data.item(), layer.bias.data.item()])
    # Outputs 2 and 6: loss (4 + 36) / 2; slopes (2 * 2 * 1 + 2 * 6 * 3) / 2 and (2 * 2 + 2 * 6) / 2.
    hint = "If the loss complains of its output, it takes the output first, then the targets."
    suspects = {"If you computed the loss again after the move, return the one before.": 15.6304}
    step = lambda: train_step(layer, loss, optimizer, x, zeros)
    assert_close(step, 20.0, hint, suspects=suspects, name="the loss")
    suspects = {"If nothing moved, order the calls: zero_grad, backward, step.": [2.0, 0.0]}
    assert_close(place(), [1.8, -0.08], suspects=suspects, name="weight and bias after a step")
    is_tensor = isinstance(train_step(layer, loss, optimizer, x, zeros), Tensor)
    hint = "If you return the Tensor, its record stays in memory: return a number."
    assert_equal(is_tensor, False, hint, name="whether the loss is a Tensor")
    hint = "If old gradients are added to the new ones, clear them first."
    assert_close(place(), [1.6232, -0.1504], hint, name="weight and bias after two steps")
    ### BEGIN HIDDEN TESTS
    layer.weight.grad = np.array([[100.0]], np.float32)  # left behind by somebody else
    train_step(layer, loss, optimizer, x, zeros)
    assert_close(place(), [1.466896, -0.21232], hint, name="weight and bias after a third step")
    hint = "If the loss complains of its output, it takes the output first, then the targets."
    network = Linear(3, 2, None, lambda rng, shape: np.zeros(shape, np.float32))
    step = lambda: train_step(network, CrossEntropyLoss(), SGD(network.parameters(), lr=1.0),
                              np.ones((4, 3), np.float32), np.array([0, 1, 0, 0]))
    assert_close(step, np.float32(np.log(2.0)), hint, name="the loss of equal logits")
    assert_close(network.bias, [0.25, -0.25], hint, name="the bias after it")
    ### END HIDDEN TESTS


test_train_step()

# %% nbgrader={"grade": true, "grade_id": "test_train_step_clips", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def test_train_step_clips():
    """The gradient (20, 8) is shortened before the move, and only if it is too long."""
    x, zeros = np.array([[1.0], [3.0]], np.float32), np.zeros((2, 1), np.float32)
    def move(clip):
        layer = Linear(1, 1, None, lambda rng, shape: np.full(shape, 2.0, np.float32))
        train_step(layer, MeanSquaredError(), SGD(layer.parameters(), lr=0.1), x, zeros, clip)
        return np.array([2.0 - layer.weight.data.item(), -layer.bias.data.item()])

    suspects = {
        "If clip changes nothing, shorten the gradient after backward and before step.": [2.0, 0.8],
        "If each number is cut off by itself, the direction changes: shorten them together.": [0.1, 0.1],
    }
    short = np.array([20.0, 8.0]) / np.sqrt(464.0)
    assert_close(move(1.0), 0.1 * short, suspects=suspects, rtol=1e-4, name="the move with clip=1")
    ### BEGIN HIDDEN TESTS
    hint = "If you set the length whatever it was, only a longer one is shortened."
    assert_close(move(1000.0), [2.0, 0.8], hint, rtol=1e-4, name="the move with clip=1000")
    ### END HIDDEN TESTS


test_train_step_clips()

# %% [markdown]
r"""
An epoch takes every batch once. Its loss is the mean over *samples*: the last batch may be smaller,
and then a mean of batch means counts its samples too often. A schedule of lesson 7 says the learning
rate of each step, from 0; the optimizer knows how many steps it has taken.
"""

# %% nbgrader={"grade": false, "grade_id": "train_epoch", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def train_epoch(
    model: Layer, loss: Callable, optimizer: Optimizer, loader: Iterable,
    schedule: Callable[[int], float] | None = None, clip: float | None = None,
) -> float:  # fmt: skip
    """Take a step for each batch, with the model in training mode.

    Args:
        model, loss, optimizer, clip: as in `train_step`. The loss is a mean over its batch.
        loader: gives batches (inputs, targets).
        schedule: gives the learning rate of a step from its number, `optimizer.steps`.

    Returns:
        The mean over all samples of the losses that the steps returned.
    """
    ### BEGIN SOLUTION
    model.train()
    total = count = 0
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
        count += len(targets)
    return total / count
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_train_epoch_takes_the_mean_over_samples", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_train_epoch_takes_the_mean_over_samples():
    """Batches of 3 and 1 with losses 1 and 9, and a learning rate of 0."""
    layer = Linear(1, 1, None, lambda rng, shape: np.ones(shape, np.float32))
    batches = [(np.ones((3, 1), np.float32), np.zeros((3, 1), np.float32)),
               (np.full((1, 1), 3, np.float32), np.zeros((1, 1), np.float32))]
    suspects = {
        "If you took the mean of the batches' means, a small batch counts too much.": 5.0,
        "If you returned the last batch's loss, take the mean over all.": 9.0,
        "If you returned the first batch's loss, go on to the others.": 1.0,
        "If you added up and did not divide, the number of samples is missing.": 12.0,
        "If you added up the means and did not divide, take the mean over samples.": 10.0,
    }
    value = train_epoch(layer, MeanSquaredError(), SGD(layer.parameters(), lr=0.0), batches)
    assert_close(value, 3.0, suspects=suspects, name="the loss of the epoch")
    ### BEGIN HIDDEN TESTS
    three = [*batches, batches[0]]
    value = train_epoch(layer, MeanSquaredError(), SGD(layer.parameters(), lr=0.0), three)
    assert_close(value, 15 / 7, "If a batch is left out, take them all.", name="the loss of three batches")
    ### END HIDDEN TESTS


test_train_epoch_takes_the_mean_over_samples()

# %% nbgrader={"grade": true, "grade_id": "test_train_epoch_trains", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_train_epoch_trains():
    """Training mode, a step for each batch, the schedule's rates, and clip passed on."""
    layer = Linear(1, 1, None, lambda rng, shape: np.ones(shape, np.float32), bias=False)
    model = Sequential(layer).eval()
    slope_one = lambda output, targets: output.mean()  # each step moves the weight by -lr
    batches = [(np.ones((2, 1), np.float32), np.zeros(2))] * 3
    optimizer = SGD(model.parameters(), lr=0.5)
    rates = [0.1, 0.01, 0.001, 0.0001, 0.00001, 0.000001]
    train_epoch(model, slope_one, optimizer, batches, schedule=lambda step: rates[step])
    hint = "If the model was left in evaluation mode, dropout does nothing: call train()."
    assert_equal(model.training, True, hint, name="training mode after an epoch")
    suspects = {
        "If the schedule changes nothing, set optimizer.lr before each step.": [[-0.5]],
        "If you set the rate after the step, the first step takes an old one.": [[0.39]],
        "If you asked once for all steps, ask before each.": [[0.7]],
    }
    assert_close(layer.weight, np.array([[0.889]]), suspects=suspects, name="the weight after an epoch")
    train_epoch(model, slope_one, optimizer, batches, schedule=lambda step: rates[step])
    suspects = {"If the steps of each epoch count from 0, ask optimizer.steps.": np.array([[0.778]])}
    assert_close(layer.weight, np.array([[0.888889]]), suspects=suspects, name="it after two")
    ### BEGIN HIDDEN TESTS
    optimizer = SGD(model.parameters(), lr=1.0)
    train_epoch(model, slope_one, optimizer, batches, clip=0.25)
    hint = "If clip gets lost on the way, pass it on."
    assert_close(layer.weight, np.array([[0.138889]]), hint, name="it after three clipped steps")
    ### END HIDDEN TESTS


test_train_epoch_trains()

# %% [markdown]
r"""
## 8.5 Measuring without touching

A measurement on held-out samples must leave no trace: no record, no gradient, no dropout, and
afterwards the mode that was there before. It never moves a parameter. Once you choose a model by it,
though, you have learned from those samples after all, and want a third set for the last word.
"""

# %% nbgrader={"grade": false, "grade_id": "evaluate", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def evaluate(
    model: Layer, loss: Callable, loader: Iterable, metric: Callable = accuracy
) -> tuple[float, float]:
    """The mean loss and the mean metric over all samples, in evaluation mode, nothing recorded.

    Args:
        model, loss: as in `train_step`; the loss is a mean over its batch.
        loader: gives batches (inputs, targets).
        metric: of (output, targets), a mean over the batch, such as `accuracy`.

    Returns:
        Both as numbers. The model is afterwards in the mode that it was in before.
    """
    ### BEGIN SOLUTION
    mode, sums, count = model.training, np.zeros(2), 0
    model.eval()
    with no_grad():
        for inputs, targets in loader:
            output = model(inputs)
            sums += len(targets) * np.array([loss(output, targets).item(), metric(output, targets)])
            count += len(targets)
    model.train(mode)
    return tuple((sums / count).tolist())
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_evaluate", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
def test_evaluate():
    """Means over samples: batches of 3 and 1, losses 1 and 9, accuracies 1/3 and 1."""
    layer = Linear(2, 2, None, lambda rng, shape: np.eye(2, dtype=np.float32))
    x = np.array([[0.0, 2.0], [0.0, 1.0], [0.0, 1.0], [0.0, 3.0]], np.float32)
    batches = [(x[:3], np.array([1, 0, 0])), (x[3:], np.array([1]))]
    largest = lambda output, targets: output.max(axis=1).mean()  # 4/3 and 3
    found = evaluate(layer, largest, batches)
    suspects = {
        "If you took the mean of the batches' means, a small batch counts too much.": (4 / 3 + 3) / 2,
        "If you kept the last batch only, add up over all.": 3.0,
        "If you kept the first batch only, go on to the others.": 4 / 3,
        "If you did not divide, the number of samples is missing.": 7.0,
    }
    assert_close(found[0], np.float32(1.75), suspects=suspects, name="the mean loss")
    suspects = {
        "If you took the mean of the batches' means, a small batch counts too much.": 2 / 3,
        "If you kept the last batch only, add up over all.": 1.0,
        "If you kept the first batch only, go on to the others.": 1 / 3,
        "If you did not divide, the number of samples is missing.": 2.0,
    }
    assert_close(found[1], 0.5, suspects=suspects, name="the accuracy")
    ### BEGIN HIDDEN TESTS
    hint = "If you call accuracy whatever the metric, use the one that was given."
    worst = lambda output, targets: float(len(targets))
    assert_close(evaluate(layer, largest, batches, worst)[1], 2.5, hint, name="another metric")
    ### END HIDDEN TESTS


test_evaluate()

# %% nbgrader={"grade": true, "grade_id": "test_evaluate_leaves_no_trace", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
def test_evaluate_leaves_no_trace():
    """Evaluation mode, nothing recorded, and the mode of before comes back."""
    rng = np.random.default_rng(0)
    model = Sequential(Linear(2, 2, rng), Dropout(0.5, rng))
    x = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    seen = []

    def loss(output, targets):
        seen.append(output)
        return output.mean()

    for mode in (True, False):
        model.train() if mode else model.eval()
        evaluate(model, loss, [(x, np.array([0, 1]))])
        hint = "If the model is left in another mode, remember the mode and set it again."
        assert_equal(model.training, mode, hint, name=f"training mode, after it was {mode}")
        hint = "If the record is kept, it costs time and memory: use no_grad()."
        assert_equal(seen[-1].requires_grad, False, hint, name="whether the output is recorded")
    hint = "If some numbers are dropped, the model is in training mode: call eval() first."
    assert_close(seen[0], x @ model[0].weight.data, hint, name="the output of a model with dropout")
    ### BEGIN HIDDEN TESTS
    evaluate(model.train(), loss, [(x, np.array([0, 1]))] * 2)
    assert_equal(model[1].training, True, "If one layer is left out, set the mode of the whole model.")
    assert_equal(model[0].weight.grad is None, True, "If a gradient is left behind, you walked back.")
    recorded = model(x).requires_grad
    assert_equal(recorded, True, "If recording stays off, leave no_grad() behind in the end.")
    ### END HIDDEN TESTS


test_evaluate_leaves_no_trace()

# %% [markdown]
r"""
## 8.6 When to stop

Here are 300 images, and whoever labelled them was wrong one time in five. The labels of the 500
held-out images are right. Watch how far down each of the two losses goes.
"""

# %%
def mislabelled_run(epochs):
    """The losses of each epoch on the training images and on held-out ones."""
    draw = np.random.default_rng(0)
    order, typed = draw.permutation(len(labels)), labels.copy()
    slips = order[:300][draw.random(300) < 0.2]
    typed[slips] = draw.integers(0, 10, len(slips))
    loader = DataLoader(TensorDataset(images[order[:300]], typed[order[:300]]), 20, draw)
    held_out = DataLoader(TensorDataset(images[order[300:800]], labels[order[300:800]]), 500)
    model = Sequential(Linear(64, 64, draw, "he"), ReLU(), Linear(64, 10, draw))
    optimizer = Adam(model.parameters(), lr=0.01)
    return np.array([(train_epoch(model, CrossEntropyLoss(), optimizer, loader),
                      *evaluate(model, CrossEntropyLoss(), held_out)) for _ in range(epochs)])


training, held_out, share = mislabelled_run(60).T
lowest = held_out.argmin()
figure, axis = figures.subplots()
axis.plot(np.arange(1, 61), training, label="training images, some labels wrong")
axis.plot(np.arange(1, 61), held_out, "--", label="held-out images")
axis.plot(lowest + 1, held_out[lowest], "o", color=figures.BLACK)
axis.annotate(f"{share[lowest]:.0%} right", (lowest + 1, held_out[lowest]), (lowest + 2, 0.32))
axis.annotate(f"{share[-1]:.0%} right", (60, held_out[-1]), (53, held_out[-1] + 0.12))
axis.set(xlabel="epoch", ylabel="loss", ylim=(0, None))
axis.set_title("The training loss falls for ever, the held-out loss turns round")
axis.legend(loc="upper center")
figures.show(figure, alt="Training loss falls to 0; held-out loss falls, then rises from about epoch 10 on.")

# %% [markdown]
r"""
At first the network learns what digits look like, which helps with both. Then nothing is left to
lower the training loss but to learn the slips by heart, which helps with no other image: it
*overfits*. *Early stopping* ends the run when the held-out loss has had no new lowest value for
some epochs, the *patience*, and goes back to the best parameters.

`best_epoch` is given. A loss may be `nan` once a run has blown up; that is never the best.
"""

# %%
#| export
def best_epoch(losses: Sequence[float]) -> int:
    """The position of the lowest loss, the first of equals; nan counts as infinite.

    Example:
        >>> best_epoch([3.0, 1.0, float("nan"), 1.0])
        1
    """
    return int(np.argmin(np.where(np.isnan(losses), np.inf, losses)))

# %% nbgrader={"grade": false, "grade_id": "should_stop", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def should_stop(losses: Sequence[float], patience: int) -> bool:
    """Whether the last `patience` epochs have brought no loss below the lowest before them.

    Args:
        losses: the held-out loss of each epoch so far; perhaps none yet.
        patience: how many epochs to wait for a new lowest loss, 1 or more.

    Example:
        >>> should_stop([3.0, 2.0, 2.5], patience=2), should_stop([3.0, 2.0, 2.5, 2.0], patience=2)
        (False, True)
    """
    ### BEGIN SOLUTION
    return len(losses) > 0 and len(losses) - 1 - best_epoch(losses) >= patience
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_should_stop", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_should_stop():
    """Stop when the lowest loss is `patience` epochs old."""
    hint = "If you look for the highest value, a loss should be low."
    assert_equal(lambda: should_stop([4.0, 3.0, 2.0, 1.0], 2), False, hint, name="4, 3, 2, 1, patience 2")
    hint = "If you wait an epoch too long, count the epochs after the lowest."
    assert_equal(lambda: should_stop([2.0, 3.0], 1), True, hint, name="2, 3, patience 1")
    falls_again = [3.0, 2.0, 2.8, 2.6, 2.4]
    hint = "If a fall from one epoch to the next is enough for you, it takes a new lowest loss."
    assert_equal(lambda: should_stop(falls_again, 3), True, hint, name="3, 2, 2.8, 2.6, 2.4, patience 3")
    hint = "If you stop an epoch too early, the lowest loss must be `patience` epochs old."
    assert_equal(lambda: should_stop(falls_again, 4), False, hint, name="the same, patience 4")
    hint = "If an equal loss starts the wait anew, only a lower one is news."
    assert_equal(lambda: should_stop([2.0, 2.0, 2.0], 2), True, hint, name="2, 2, 2, patience 2")
    ### BEGIN HIDDEN TESTS
    hint = "If there are too few epochs to judge, go on."
    assert_equal(lambda: should_stop([], 1), False, hint, name="no epoch yet")
    assert_equal(lambda: should_stop([1.0], 1), False, hint, name="one epoch")
    assert_equal(lambda: should_stop([1.0, 2.0], 5), False, hint, name="1, 2, patience 5")
    hint = "If nan counts as the lowest, it hides all that is known."
    nan = float("nan")
    assert_equal(lambda: should_stop([2.0, nan, 1.0], 1), False, hint, name="2, nan, 1, patience 1")
    assert_equal(lambda: should_stop([2.0, nan, nan], 2), True, hint, name="2, nan, nan, patience 2")
    ### END HIDDEN TESTS


test_should_stop()

# %% [markdown]
r"""
## 8.7 A file that is never half written

A run that takes hours must survive a power failure, so its state goes to a file after every epoch: a
*checkpoint*. The failure may come while that very file is being written. Whoever writes over the
old checkpoint has then lost both.

The way out is as old as Unix: write a second file beside the first, make sure that it is on the disk,
and only then give it the first one's name. `os.replace` does that in one stroke: at every moment the
name belongs to a whole file, the old one or the new. It works within one folder; between two disks
there is no such stroke.
"""

# %% nbgrader={"grade": false, "grade_id": "save_arrays", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def save_arrays(path: str | os.PathLike, arrays: Mapping[str, Any]) -> None:
    """Write arrays under their names to one `.npz` file, or leave the file that is there whole.

    Args:
        path: the file's exact name. If it exists it is replaced in the end, in one stroke.
        arrays: arrays or numbers by name.

    Raises:
        Exception: whatever went wrong; then the old file is as it was, and no other is left behind.

    Hint: `np.savez` puts `.npz` behind a name, and nothing behind an open file. Before the
    exchange `file.flush()` and `os.fsync(file.fileno())` see to it that the bytes are on the disk.
    """
    ### BEGIN SOLUTION
    beside = f"{os.fspath(path)}.part"  # a killed run leaves it behind, and the next save takes it
    try:
        with open(beside, "wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_save_arrays", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
def test_save_arrays():
    """What was saved comes back, from exactly the file that was named, and nothing else is there."""
    with tempfile.TemporaryDirectory() as folder:
        for path, values in ((Path(folder, "run.npz"), [1.0, 2.0]), (Path(folder, "run"), [3.0])):
            save_arrays(path, {"weight.0": np.array(values), "steps": 7})
            hint = "If the file has another name, np.savez added .npz: give it an open file."
            assert_equal(path.exists(), True, hint, name=f"whether {path.name} exists")
            with np.load(path) as saved:
                hint = "If the names are lost, pass the arrays by name, with **."
                assert_equal(sorted(saved.files), ["steps", "weight.0"], hint, name="the names")
                assert_close(saved["weight.0"], np.array(values), name="weight.0")
        hint = "If another file is left, only the one that was named should be."
        there = sorted(os.listdir(folder))
        assert_equal(there, ["run", "run.npz"], hint, name="the files in the folder")
        ### BEGIN HIDDEN TESTS
        save_arrays(str(path), {"bias": np.float32([5, 6])})
        with np.load(path) as saved:
            hint = "If old arrays are still there, the new file takes the old one's place."
            assert_equal(saved.files, ["bias"], hint, name="the names after a second save")
            assert_close(saved["bias"], [5.0, 6.0], dtype=np.float32, name="bias")
        ### END HIDDEN TESTS


test_save_arrays()

# %% nbgrader={"grade": true, "grade_id": "test_save_arrays_fails_without_damage", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
def test_save_arrays_fails_without_damage():
    """A save that fails half way leaves the old file whole, says so, and leaves nothing behind."""
    class FullDisk:
        def __array__(self, dtype=None, copy=None):
            raise OSError("no space left on the disk")

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.npz")
        np.savez(path, weight=np.arange(3.0))
        before = path.read_bytes()
        hint = "If you catch the error and go on, nobody learns that nothing was saved."
        broken = {"weight": np.zeros(1000), "bias": FullDisk()}
        assert_raises(OSError, save_arrays, path, broken, hint=hint, name="a save to a full disk")
        hint = "If you write over the old file, or remove it first, a failure takes both."
        intact = path.exists() and path.read_bytes() == before
        assert_equal(intact, True, hint, name="whether the old file is whole")
        ### BEGIN HIDDEN TESTS
        names = sorted(file.name for file in Path(folder).iterdir())
        hint = "If the half-written file is left, remove it when something goes wrong."
        assert_equal(names, ["run.npz"], hint, name="the files in the folder")
        assert_raises(OSError, save_arrays, Path(folder, "new.npz"), broken, name="a first save")
        names = sorted(file.name for file in Path(folder).iterdir())
        assert_equal(names, ["run.npz"], hint, name="the files after a first save that failed")
        ### END HIDDEN TESTS


test_save_arrays_fails_without_damage()

# %% [markdown]
r"""
Reading is given. A file that was cut off, or that is no checkpoint at all, can fail in a dozen ways;
all become one error that names the file. `allow_pickle=False` matters: a pickle can run any code.
"""

# %%
#| export
def load_arrays(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """The arrays of a file that `save_arrays` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, or something else.
    """
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        except Exception as error:  # zip, zlib, struct, NumPy: each has errors of its own
            raise ValueError(
                f"{path}: expected arrays in a whole .npz file, got one that is damaged or another "
                f"kind of file ({error}): use an older copy, or remove it and start anew"
            ) from error

# %% [markdown]
r"""
## 8.8 Where chance stands

Saved weights alone do not continue a run: the next epoch would be shuffled otherwise. A Generator
keeps its place in `rng.bit_generator.state`, a dict of a few whole numbers that may be read and set.
As JSON it is text that can lie in a file. You write the way back, and with it the last piece is
there: parameters, the optimizer's memory, the history, and the place of every Generator.
"""

# %%
#| export
def generator_text(rng: "np.random.Generator") -> str:
    """The state of a Generator as JSON."""
    return json.dumps(rng.bit_generator.state, default=np.ndarray.tolist)

# %% nbgrader={"grade": false, "grade_id": "restore_generator", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def restore_generator(rng: "np.random.Generator", text: str) -> None:
    """Put a Generator back to where another one of its kind was: it draws the same from now on.

    Args:
        rng: is changed itself, so that whoever holds it draws from the new place.
        text: what `generator_text` returned.

    Raises:
        ValueError: the text is of another kind of Generator.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> text = generator_text(rng)
        >>> first = rng.random()
        >>> restore_generator(rng, text)
        >>> rng.random() == first
        True

    Hint: NumPy refuses the state of another kind by itself.
    """
    ### BEGIN SOLUTION
    rng.bit_generator.state = json.loads(text)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_restore_generator", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
def test_restore_generator():
    """From the restored place on, the same is drawn; whoever holds the Generator notices."""
    rng = np.random.default_rng(5)
    rng.random(10)
    text = generator_text(rng)
    expected = rng.random(3)
    fresh = np.random.default_rng(99)
    holder = DataLoader(TensorDataset(np.arange(4)), 2, fresh)
    suspects = {
        "If nothing changed, set the state of rng itself, not of a new Generator.":
            np.random.default_rng(99).random(3),
        "If it began from its seed, a state says where it stands.": np.random.default_rng(5).random(3),
    }
    suspects["If the state is refused, json.loads makes a dict of the text."] = TypeError
    hint = "If other numbers come, hand over the state as it is, with every entry."
    next_three = lambda: (restore_generator(fresh, text), holder.rng.random(3))[1]
    assert_close(next_three, expected, hint, suspects=suspects, name="the next three")
    ### BEGIN HIDDEN TESTS
    rng.random(1, np.float32)  # takes half of a 64-bit number, the other half waits in the state
    text = generator_text(rng)
    expected = rng.random(3, np.float32)
    restore_generator(fresh, text)
    assert_close(fresh.random(3, np.float32), expected, hint, name="the next three in float32")
    other = np.random.Generator(np.random.MT19937(1))
    hint = "If a Generator of another kind is taken in silence, its draws mean nothing."
    assert_raises(ValueError, restore_generator, other, text, hint=hint, name="another kind")
    twin = np.random.Generator(np.random.MT19937(2))
    hint = "If only one kind works, leave it to the state."
    twister = lambda: (restore_generator(twin, generator_text(other)), twin.random(2))[1]
    assert_close(twister, np.random.Generator(np.random.MT19937(1)).random(2), hint,
                 name="the next two of a Mersenne twister")
    ### END HIDDEN TESTS


test_restore_generator()

# %% [markdown]
r"""
The rest of the checkpoint is bookkeeping. Loading looks at everything before it changes anything, so
that a file that does not fit leaves the model as it was.
"""

# %%
#| export
class History(dict):
    """What the epochs brought: lists by name, one number an epoch.

    There is "loss", over the training samples, and with held-out samples "validation_loss" and
    "validation_accuracy", or what else the metric is called.
    """

    @property
    def best(self) -> int:
        """The epoch, counted from 0, of the lowest held-out loss, or else of the lowest loss."""
        return best_epoch(self.get("validation_loss") or self["loss"])

    def add(self, **numbers: float) -> None:
        """Note the numbers of one epoch."""
        for name, number in numbers.items():
            self.setdefault(name, []).append(float(number))


class Checkpoint(NamedTuple):
    """What `load_checkpoint` returns; the rest it puts back in place."""

    epoch: int  # how many epochs were done
    history: History
    best: list[np.ndarray] | None  # the best parameters so far, where somebody kept them


def save_checkpoint(
    path: str | os.PathLike, model: Layer, optimizer: Optimizer, *, epoch: int,
    generators: "Iterable[np.random.Generator]" = (), history: Mapping[str, list] | None = None,
    best: Iterable[np.ndarray] = (),
) -> None:  # fmt: skip
    """Write all that a run needs to go on as if nothing had happened; see `save_arrays`."""
    notes = {
        "epoch": epoch,
        "history": dict(history or {}),
        "generators": [generator_text(rng) for rng in generators],
    }
    arrays = {f"optimizer.{name}": value for name, value in optimizer.state().items()}
    arrays |= {f"parameter.{i}": p.data for i, p in enumerate(model.parameters())}
    arrays |= {f"best.{i}": array for i, array in enumerate(best)}
    save_arrays(path, arrays | {"notes": np.array(json.dumps(notes))})


def load_checkpoint(
    path: str | os.PathLike, model: Layer, optimizer: Optimizer,
    generators: "Iterable[np.random.Generator]" = (),
) -> Checkpoint:  # fmt: skip
    """Put a model, an optimizer and Generators back to where `save_checkpoint` found them.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, or of another model, optimizer or set of Generators. Then
            nothing was changed.
    """
    arrays, parameters, generators = load_arrays(path), model.parameters(), list(generators)
    try:
        notes = json.loads(arrays["notes"].item())
        epoch, history, texts = (notes[name] for name in ("epoch", "history", "generators"))
        kinds = [json.loads(text)["bit_generator"] for text in texts]
    except (KeyError, TypeError, ValueError):
        raise ValueError(
            f"{path}: expected a checkpoint, got a file without its notes: load one that "
            "save_checkpoint wrote"
        ) from None
    own = [rng.bit_generator.state["bit_generator"] for rng in generators]
    if kinds != own:
        raise ValueError(f"{path}: expected Generators {own}, got {kinds}: pass those of the save")
    values = arrays_like(parameters, arrays, "parameter", path)
    best = arrays_like(parameters, arrays, "best", path) if "best.0" in arrays else None
    start = "optimizer."
    state = {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}
    try:
        optimizer.load_state(state)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    for rng, text in zip(generators, texts, strict=True):
        restore_generator(rng, text)
    put_parameters(model, values)
    return Checkpoint(epoch, History(history), best)


def arrays_like(
    parameters: list[Tensor], arrays: Mapping[str, np.ndarray], name: str, path: Any
) -> list[np.ndarray]:
    """The arrays `name.0`, `name.1` …, if they have the shapes and dtypes of the parameters."""
    found = [arrays[key] for i in range(len(arrays)) if (key := f"{name}.{i}") in arrays]
    got, expected = ([f"{x.dtype}{list(x.shape)}" for x in xs] for xs in (found, parameters))
    if got != expected:
        raise ValueError(f"{path}: expected {name}s {expected}, got {got}: build the same model")
    return found


def put_parameters(model: Layer, values: Iterable[np.ndarray]) -> None:
    """Write values into a model's parameters."""
    for parameter, value in zip(model.parameters(), values, strict=True):
        parameter.data[...] = value

# %% [markdown]
r"""
## 8.9 The whole loop

`fit` puts your parts together. A progress bar shows only where stderr is a terminal and the package
tqdm is installed. If the checkpoint's file exists, the run goes on from it, so that after a failure
one starts the same command again.
"""

# %%
#| export
def generators_of(model: Layer, *others: Any) -> "list[np.random.Generator]":
    """Every Generator that a layer of the model, or another object, keeps as an attribute."""
    found, todo = {}, [model, *others]
    while todo:
        thing = todo.pop(0)
        todo += thing.children() if isinstance(thing, Layer) else []
        values = getattr(thing, "__dict__", {}).values()
        found |= {id(value): value for value in values if isinstance(value, np.random.Generator)}
    return list(found.values())


def progress_bar(total: int, done: int) -> Any:
    """tqdm's bar, or None where nobody watches or tqdm is not installed."""
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    try:
        return importlib.import_module("tqdm").tqdm(total=total, initial=done, unit="batch")
    except ImportError:
        return None


def counted(loader: Iterable, bar: Any) -> Iterator:
    """The batches of a loader, counted by a progress bar."""
    for batch in loader:
        yield batch
        bar.update()


def fit(
    model: Layer, loss: Callable, optimizer: Optimizer, loader: DataLoader, epochs: int, *,
    validation: Iterable | None = None, metric: Callable = accuracy,
    schedule: Callable[[int], float] | None = None, clip: float | None = None,
    patience: int | None = None, checkpoint: str | os.PathLike | None = None, progress: bool = True,
) -> History:  # fmt: skip
    """Train a model, and leave it in evaluation mode.

    Args:
        model, loss, optimizer, loader, schedule, clip: as in `train_epoch`.
        epochs: how many in all, those before a resumption included.
        validation, metric: a loader of held-out samples, and the metric, as in `evaluate`.
        patience: stop early, see `should_stop`, and keep the parameters of the best epoch.
        checkpoint: a file to save to after each epoch, and to go on from if it exists. The
            Generators of the layers and of the loader are saved with it.
        progress: whether to show a progress bar where stderr is a terminal.

    Returns:
        The numbers of each epoch.

    Raises:
        ValueError: patience without validation, or a checkpoint that does not fit.
    """
    if patience is not None and validation is None:
        raise ValueError("expected held-out samples for patience, got none: pass validation=loader")
    history, best, generators = History(loss=[]), None, generators_of(model, loader)
    if checkpoint is not None and os.path.exists(checkpoint):
        _, history, best = load_checkpoint(checkpoint, model, optimizer, generators)
    done, score_name = len(history["loss"]), getattr(metric, "__name__", "metric")
    bar = progress_bar(epochs * len(loader), done * len(loader)) if progress else None
    try:
        for epoch in range(done, epochs):
            if patience is not None and should_stop(history.get("validation_loss", ()), patience):
                break
            batches = loader if bar is None else counted(loader, bar)
            history.add(loss=train_epoch(model, loss, optimizer, batches, schedule, clip))
            if validation is not None:
                value, score = evaluate(model, loss, validation, metric)
                history.add(validation_loss=value, **{f"validation_{score_name}": score})
            if patience is not None and history.best == epoch:
                best = [parameter.data.copy() for parameter in model.parameters()]
            if checkpoint is not None:
                save_checkpoint(checkpoint, model, optimizer, epoch=epoch + 1,
                                generators=generators, history=history, best=best or ())
            if bar is not None:
                bar.set_postfix({name: f"{numbers[-1]:.4f}" for name, numbers in history.items()})
    finally:
        if bar is not None:
            bar.close()
    if best is not None:
        put_parameters(model, best)
    model.train(False)  # it is trained, now it will be used
    return history

# %% [markdown]
r"""
## 8.10 The killed run

Is it true that nothing is lost? One run goes through 12 epochs. The other "fails" after the fifth:
all that it had is thrown away, and a new process, with other weights and other Generators, is given
the file. Dropout and shuffling draw numbers all the time, so one wrong place would show at once.
"""

# %%
def new_run(seed, epochs, checkpoint=None):
    """Train a network with dropout on the digits; every draw hangs on the seed."""
    weights, masks, batches = np.random.default_rng(seed).spawn(3)
    model = Sequential(Linear(64, 32, weights, "he"), ReLU(), Dropout(0.3, masks),
                       Linear(32, 10, weights))
    loader = DataLoader(TensorDataset(images[:1200], labels[:1200]), 50, batches)
    optimizer = Adam(model.parameters(), lr=0.005)
    history = fit(model, CrossEntropyLoss(), optimizer, loader, epochs, checkpoint=checkpoint)
    return model, history["loss"]


with tempfile.TemporaryDirectory() as folder:
    whole_model, whole = new_run(0, 12)
    _, early = new_run(0, 5, Path(folder, "run.npz"))
    size = Path(folder, "run.npz").stat().st_size
    resumed_model, resumed = new_run(77, 12, Path(folder, "run.npz"))
    weights_only, naive = new_run(77, 12)
print(f"the checkpoint takes {size:,} bytes")
print("losses equal to the last bit:", resumed == whole)
print("weights too:", all(np.array_equal(a.data, b.data) for a, b in zip(
    whole_model.parameters(), resumed_model.parameters(), strict=True)))
print("a run from seed 77 alone:", naive == whole)

# %%
figure, axis = figures.subplots(height=2.8)
axis.plot(range(1, 13), whole, color=figures.SKY, linewidth=6, label="never interrupted")
axis.plot(range(1, 6), early, "o-", color=figures.BLACK, label="until the power failed")
axis.plot(range(6, 13), resumed[5:], "^--", color=figures.RED, label="from the checkpoint")
axis.set(xlabel="epoch", ylabel="training loss", xticks=range(1, 13))
axis.set_title("A resumed run is the uninterrupted one")
axis.legend()
figures.show(figure, alt="The loss of the killed and resumed run lies exactly on the uninterrupted one.")

# %% [markdown]
r"""
"To the last bit" holds on one machine. Another processor, or another number of threads, adds up a
matrix product in another order, and the last digits differ. A seed promises the same draws, not the
same rounding.

## 8.11 A spiral, as it is learned

In lesson 3 an untrained network cut the plane into wedges that ignore the spirals. Now it may learn:
500 points an arm, a fifth held out. The pictures show which class it answers where, after 1, 5, 15
and 60 epochs. Look where the last bits of the wrong colour survive.
"""

# %%
np.random.seed(0)  # noqa: NPY002 - nnfs draws from NumPy's global generator
points, arms = spiral_data(samples=500, classes=3)
rng = np.random.default_rng(0)
training, held_out = split(TensorDataset(points.astype(np.float32), arms), 0.8, rng)
loader, validation = DataLoader(training, 64, rng), DataLoader(held_out, 300)
model = Sequential(Linear(2, 64, rng, "he"), ReLU(), Linear(64, 64, rng, "he"), ReLU(),
                   Linear(64, 3, rng))
optimizer = Adam(model.parameters())
schedule = cosine_with_warmup(0.02, warmup=20, total=60 * len(loader))

side = np.linspace(-1, 1, 121, dtype=np.float32)
plane = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
colours = (figures.BLUE, figures.ORANGE, figures.GREEN)
figure, axes = figures.subplots(1, 4, width=8.4, height=2.6, sharey=True)
done = 0
for axis, epochs in zip(axes, (1, 5, 15, 60), strict=True):
    fit(model, CrossEntropyLoss(), optimizer, loader, epochs - done, schedule=schedule)
    done, (_, share) = epochs, evaluate(model, CrossEntropyLoss(), validation)
    answers = predicted_classes(model(plane)).reshape(121, 121)
    axis.contourf(side, side, answers, levels=[-0.5, 0.5, 1.5, 2.5], colors=colours, alpha=0.35)
    x, y = held_out[:]
    for arm, marker in enumerate("os^"):
        axis.scatter(*x[y == arm].T, s=5, color=colours[arm], marker=marker)
    axis.set(title=f"epoch {epochs}: {share:.0%}", xlabel="first feature", aspect="equal")
    axis.grid(False)
axes[0].set(ylabel="second feature")
figure.suptitle("The boundary winds itself round the held-out points", fontsize="medium")
figures.show(figure, alt="Four pictures of the plane; the coloured regions turn from wedges into spirals.")

# %% [markdown]
r"""
Nine in ten is nearly all there is to get. nnfs scatters each point along its arm by an angle with a
standard deviation of 0.5, and the blue and the green arm lie only 1.15 apart: where they overlap, a
point belongs to either. Whoever knew the true law and answered the likelier arm would be right 91 %
of the time. No network is better on new points; one that seems to be has learned its own by heart.

## 8.12 Digits

Now all together: images split at random, shuffled batches, dropout, a schedule, early stopping.
"""

# %%
weights, masks, draws = np.random.default_rng(0).spawn(3)
training, held_out = split(TensorDataset(images, labels), 0.8, draws)
loader, validation = DataLoader(training, 32, draws), DataLoader(held_out, 360)
model = Sequential(Linear(64, 64, weights, "he"), ReLU(), Dropout(0.2, masks), Linear(64, 10, weights))
optimizer = Adam(model.parameters())
start = time.perf_counter()
history = fit(model, CrossEntropyLoss(), optimizer, loader, 40, validation=validation, patience=8,
              schedule=cosine_with_warmup(0.005, warmup=50, total=40 * len(loader)))
print(f"{len(history['loss'])} epochs in {time.perf_counter() - start:.1f} s, best {history.best + 1}")
print(f"right on held-out images: {evaluate(model, CrossEntropyLoss(), validation)[1]:.1%}")

# %%
x, y = held_out[:]
answers = predicted_classes(model(x))
wrong = np.flatnonzero(answers != y)[:6]
figure, axes = figures.subplots(1, 6, height=1.6)
figure.suptitle("What it gets wrong is badly written", fontsize="medium")
for axis in axes:
    axis.set_axis_off()
for axis, n in zip(axes, wrong, strict=False):
    axis.imshow(x[n].reshape(8, 8), cmap="Greys")
    axis.set_title(f"{y[n]}, not {answers[n]}")
figures.show(figure, alt="The held-out digits that the network gets wrong, most of them badly written.")

# %% [markdown]
r"""
The nearest mean image of lesson 1 got nearly nine in ten right, of the last third of the file. Two
things flatter the network a little: the split is at random, so that some writers stand on both sides,
and the held-out images have chosen the epoch to stop at.
"""

# %% [markdown] nbgrader={"grade": false, "grade_id": "cost_of_safety_prompt", "locked": true, "schema_version": 3, "solution": false, "task": false}
r"""
## 8.13 Question: what does safety cost?

A network 784-128-10 is trained with Adam on 60,000 images of 784 numbers, all `float32`, in batches of
64. Assume that a step takes 1 ms and that the disk writes 100 MB a second. Count and explain:

1. How many steps has an epoch, and how long does it take?
2. How many megabytes does a checkpoint hold? Count the parameters and what Adam keeps of each.
3. Which share of the running time does a checkpoint after every epoch take?
4. And a checkpoint after every step?
5. A loader could shuffle by copying all images into the new order at the start of each epoch. How many
   megabytes more would it hold than one that fetches each batch by an index array?
6. Why is a checkpoint of the parameters alone, a third of the size, not enough?
"""

# %% [markdown] nbgrader={"grade": true, "grade_id": "cost_of_safety", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
r"""
### BEGIN SOLUTION
1. 60,000 / 64 = 937.5, so 938 steps, the last of them with 32 images: about 0.94 s.
2. 784 x 128 + 128 + 128 x 10 + 10 = 101,770 parameters. With Adam's two means of each that is 3 x
   101,770 x 4 bytes = 1.22 MB.
3. 1.22 MB take about 12 ms, 1.3 % of 0.94 s.
4. 12 ms for each step of 1 ms: over 90 % of the time would go to saving.
5. 60,000 x 784 x 4 bytes = 188 MB, against 64 x 784 x 4 bytes = 0.2 MB for one batch.
6. Adam would begin with means of zero, and the Generators elsewhere: the steps after it would be
   others, and the run another one.

Rubric, one point each:
- 938 steps (or 937 and a half), about 0.94 s
- 101,770 parameters, three numbers of 4 bytes each, about 1.2 MB
- about 12 ms of 0.94 s, between 1 and 2 %
- more than 90 % (12 times as long as the step)
- about 188 MB more
- Adam's memory is lost, or the Generators' place, and the run goes on otherwise
### END SOLUTION
"""

# %% [markdown]
r"""
## 8.14 Summary

A training loop shuffles, steps, and measures on samples that it never learns from; the training loss
is what it lowers, the held-out loss is what tells when to stop. All chance comes from Generators
whose place can be saved, so that a run from a checkpoint equals one that was never interrupted. And a
file is replaced in one stroke or not at all.
"""
