"""Training. Made from modules/08_training/training.py: edit that file, not this."""

import functools
import importlib
import json
import operator
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from tinytorch.core.accuracy import accuracy
from tinytorch.core.activations import Layer, layers_of, load_numbers, named, refuse_own_states
from tinytorch.core.autograd import backward, no_grad
from tinytorch.core.optimizers import Optimizer, clip_by_norm
from tinytorch.core.tensor import Tensor, note_change, to_array

__all__ = [
    "Checkpoint", "DataLoader", "History", "Progress", "Snapshot", "TensorDataset", "are_classes",
    "arrays_like", "best_epoch", "buffers_of", "check_loader", "check_metric", "checked_batch",
    "evaluate", "fit", "generator_text", "generators_of", "load_arrays", "load_checkpoint",
    "load_model", "names_of", "part_of", "put_buffers", "random_split", "restore_generator",
    "save_arrays", "save_checkpoint", "save_model", "should_stop", "split_rows", "told",
    "train_epoch", "train_step",
]


def __dir__() -> list[str]:
    return __all__


class TensorDataset:
    """Arrays whose entries along axis 0 belong together, such as images and their labels.

    Args:
        arrays: one or more arrays, Tensors or lists, of equal length along axis 0.

    Attributes:
        arrays: a tuple of plain arrays, in the order in which they were given.

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
        """The number of samples, perhaps 0."""
        return len(self.arrays[0])

    def __getitem__(self, index: int | slice | np.ndarray) -> tuple[np.ndarray, ...]:
        """What the index chooses along axis 0 of each array, which keeps its dtype.

        Args:
            index: a whole number, Python's or NumPy's, from either end for one sample, without an
                axis for it; or a slice, or an array of row numbers or of booleans, for a batch.

        Returns:
            A tuple with as many parts as there are arrays, in their order.
        """
        return tuple(array[index] for array in self.arrays)


def split_rows(
    count: int, fraction: float, rng: "np.random.Generator"
) -> tuple[np.ndarray, np.ndarray]:
    """Share the numbers 0 to count - 1 out to two groups at random, each number to one of them.

    Each choice of a first group is as likely as any other, also where there are only two or three.

    Args:
        count: how many samples there are.
        fraction: the share of the first group. Its size is fraction * count, rounded to the
            nearest whole number; a half may go either way.
        rng: draws who goes where, and nothing else does: a seed repeats it, the next call with
            the same Generator draws anew, and one that is put back to its place before gives
            the same groups again.

    Returns:
        The numbers of the first and of the second group, each an array in any order.

    Raises:
        ValueError: one of the two groups would be empty.

    Example:
        >>> first, second = split_rows(10, 0.8, np.random.default_rng(0))
        >>> len(first), len(second)
        (8, 2)

    Hint: a Generator's `permutation` of a number draws an order.
    """
    size = round(fraction * count)
    if not 0 < size < count:
        raise ValueError(f"expected two groups of {count} samples, got {size} in the first")
    order = rng.permutation(count)
    return order[:size], order[size:]


def random_split(
    dataset: TensorDataset, fraction: float, rng: "np.random.Generator"
) -> tuple[TensorDataset, TensorDataset]:
    """Share the samples out to two data sets at random; see `split_rows`."""
    if not isinstance(dataset, TensorDataset):
        kind = type(dataset).__name__
        raise TypeError(f"expected a TensorDataset, got a {kind}: write TensorDataset(x, targets)")
    if not isinstance(fraction, Real) or not isinstance(rng, np.random.Generator):
        raise TypeError(f"expected a fraction and a Generator, got {fraction!r} and {rng!r}")
    first, second = split_rows(len(dataset), fraction, rng)
    return TensorDataset(*dataset[first]), TensorDataset(*dataset[second])


class DataLoader:
    """Goes through a data set in batches; each `for` over it is one epoch.

    With a Generator each epoch has an order of its own, drawn as a whole when the epoch begins
    (with `iter` or with its first batch), in which every sample comes once. The order depends on
    nothing but the Generator's place at that moment: put back there, it gives the same order
    again, and what others draw from it before the epoch has ended changes nothing. The samples
    are shuffled, not whole batches; the data set stays as it is.

    Args:
        dataset: has a length, and takes a slice or an array of indices, as `TensorDataset` does;
            a list of indices, or an attribute such as `arrays`, it need not know. An epoch asks
            it at most once for each batch that it gives; to ask once for all is allowed too.
        batch_size: samples in a batch; what is left over makes a smaller last one.
        rng: draws the orders. None keeps the order of the data.
        drop_last: leave a smaller last batch out, whichever samples are in it this time.

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
        if isinstance(dataset, tuple | list):
            kind = type(dataset).__name__
            raise TypeError(f"expected a data set, got a {kind}: write TensorDataset(x, targets)")
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
        """The number of batches of an epoch. Nothing is drawn for it."""
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[tuple[np.ndarray, ...]]:
        """Batch after batch, each as the data set gives it; two loops at once don't mix."""
        count = len(self.dataset)
        order = np.arange(count) if self.rng is None else self.rng.permutation(count)
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            yield self.dataset[order[start : start + self.batch_size]]  # a copy: it may be changed


def train_step(
    model: Layer, loss: Callable, optimizer: Optimizer, inputs: Any, targets: Any,
    clip: float | None = None,
) -> float:
    """Move a model's parameters once, along the gradient of the loss of one batch.

    Args:
        model, loss: the loss is `loss(model(inputs), targets)`, a Tensor with one number.
        optimizer: has the model's parameters, and alone decides how they move.
        inputs, targets: the batch, as arrays. The loss gets the targets as they
            are. Gradients that were there before count nothing, whatever they are, also nan.
        clip: the longest that the gradient of all parameters together may be, at least 0, which
            leaves nothing of it (momentum or weight decay may still move). None for no limit.

    Returns:
        The loss before the move, as a number: no Tensor, no array with axes. It is the loss whose
        gradient was taken: there is one pass through the model.
    """
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    if clip is not None:
        clip_by_norm(optimizer.parameters, clip)  # others may hold gradients of earlier steps
    optimizer.step()
    return value.item()


def train_epoch(
    model: Layer, loss: Callable, optimizer: Optimizer, loader: Iterable,
    schedule: Callable[[int], float] | None = None, clip: float | None = None,
) -> float:
    """Take a step for each batch, with the model and all layers in it in training mode.

    The mode is set before the first step; whether it comes back afterwards is not asked.

    Args:
        model, loss, optimizer, clip: as in `train_step`. The loss is a mean over its batch.
        loader: gives batches (inputs, targets) in a `for`; it may be a generator, without a len.
        schedule: gives the learning rate of each step from `optimizer.steps`, the number of steps
            taken before it, earlier epochs included. None leaves the rate as it is.

    Returns:
        The mean over all samples of the losses that the steps returned, as a number.
    """
    model.train()
    total, count = 0.0, 0
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
        count += len(targets)
    return total / count


def evaluate(
    model: Layer, loss: Callable, loader: Iterable, metric: Callable = accuracy
) -> tuple[float, float]:
    """The mean loss and the mean metric over all samples, in evaluation mode, nothing recorded.

    Args:
        model, loss: as in `train_step`; the loss is a mean over its batch.
        loader: gives batches (inputs, targets) in a `for`; it may be a generator, without a len.
        metric: of (output, targets) a number, a mean over the batch, such as `accuracy`. It gets
            the output as the model gave it.

    Returns:
        Both as numbers. All layers measure in evaluation mode, whichever they were in, and the
        model is afterwards in the mode in which it was before, as are layers that shared it (a
        layer with a mode of its own may keep it or get the model's). Parameters and their
        gradients are as they were, and recording goes on.

    Raises:
        Exception: whatever goes wrong on the way, a KeyboardInterrupt (Ctrl-C) included; the mode
            and recording come back then too.

    Hint: `try: ... finally: ...` runs its second part in any case.
    """
    mode, sums, count = model.training, np.zeros(2), 0
    model.eval()
    try:
        with no_grad():
            for inputs, targets in loader:
                output, size = model(inputs), len(targets)
                sums += size * loss(output, targets).item(), size * metric(output, targets)
                count += size
    finally:
        model.train(mode)
    return tuple((sums / count).tolist())


def best_epoch(losses: Sequence[float]) -> int:
    """The position of the lowest loss, the first of equals; nan counts as infinite.

    Example:
        >>> best_epoch([3.0, 1.0, float("nan"), 1.0])
        1
    """
    return int(np.argmin(np.where(np.isnan(losses), np.inf, losses)))


def should_stop(losses: list[float], patience: int) -> bool:
    """Whether none of the last `patience` losses is below the lowest of those before them.

    Where nothing stands before them, there is no reason to stop. An equal loss is not below
    another, and nan is not below anything; it counts as infinite.

    Args:
        losses: a list with the held-out loss of each epoch so far; perhaps none yet. It stays as
            it is.
        patience: how many epochs to wait for a new lowest loss, 1 or more.

    Example:
        >>> should_stop([3.0, 2.0, 2.5], patience=2), should_stop([3.0, 2.0, 2.5, 2.0], patience=2)
        (False, True)
    """
    return len(losses) > 0 and len(losses) - 1 - best_epoch(losses) >= patience


# Lets records know which numbers a snapshot overwrites: this need not be read
def told(restore: Callable) -> Callable:
    """Let the records know of the parameters that a method `restore` of a Snapshot overwrites."""

    @functools.wraps(restore)
    def call(snapshot: "Snapshot") -> None:
        parameters, arrays = snapshot.model.parameters(), snapshot.arrays
        shapes = [[np.shape(x) for x in xs] for xs in (parameters, arrays)]
        if shapes[0] != shapes[1]:
            message = f"expected parameters of shapes {shapes[1]}, got {shapes[0]}: restore the"
            raise ValueError(f"{message} model that the snapshot was taken of, as it was then")
        restore(snapshot)
        for parameter in parameters:
            note_change(parameter.data)

    return call


class Snapshot:
    """The parameters of a model at one moment, to come back to.

    Args:
        model: a Layer, which may go on being trained.

    Attributes:
        arrays: a list or tuple with the values of that moment, of each of `model.parameters()` in
            order, shape and dtype unchanged, also where the shape is (), and of parameters that
            ask for no gradient. What becomes of the parameters later does not change them.
            Others may be set in their place, as `load_checkpoint` does with those of a file.

    Example:
        >>> from tinytorch.core.layers import Linear
        >>> layer = Linear(2, 1, np.random.default_rng(0))
        >>> snapshot = Snapshot(layer)
        >>> layer.bias.data += 5
        >>> snapshot.restore()
        >>> layer.bias
        Tensor([0.], requires_grad=True)
    """

    def __init__(self, model: Layer):
        self.model = model
        self.arrays = [parameter.data.copy() for parameter in model.parameters()]

    @told
    def restore(self) -> None:
        """Give the parameters the values in `arrays`, also if they are nan by now, each time."""
        for parameter, array in zip(self.model.parameters(), self.arrays, strict=True):
            parameter.data[...] = array


def save_arrays(path: str | os.PathLike, arrays: Mapping[str, Any]) -> None:
    """Write arrays under their names to one `.npz` file, or leave the file that is there whole.

    Whoever has the old file open goes on reading the old one, and until the new one is complete
    the name stands for the old one; there is no moment without a file.

    Args:
        path: the file's exact name, text or a Path. If it exists it is replaced, in one stroke.
        arrays: arrays or numbers by name, perhaps none. Nothing else is in the new file, and no
            value or dtype changes. The names are any but `file` and `allow_pickle`, which
            `np.savez` keeps for itself.

    Raises:
        Exception: whatever went wrong, a KeyboardInterrupt (Ctrl-C) included; then the old file
            is as it was. In any case no other file is left in the folder, also where it is only
            the exchange that fails. (The second file may have one and the same name each time.)

    Hint: `np.savez` puts `.npz` behind a name, and nothing behind an open file, which takes
    `file.flush()` and `os.fsync(file.fileno())` too.
    """
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


def generator_text(rng: "np.random.Generator") -> str:
    """The state of a Generator as JSON."""
    return json.dumps(rng.bit_generator.state, default=np.ndarray.tolist)


def restore_generator(rng: "np.random.Generator", text: str) -> None:
    """Put a Generator back to where another one of its kind was: it draws the same from now on.

    Args:
        rng: of any kind that NumPy has, as PCG64, Philox or MT19937. It is changed itself, so
            that whoever holds it draws from the new place.
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
    rng.bit_generator.state = json.loads(text)


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
    best: Snapshot | None  # the best parameters so far, where somebody kept them


def save_checkpoint(
    path: str | os.PathLike, model: Layer, optimizer: Optimizer, *, epoch: int,
    generators: "Iterable[np.random.Generator]" = (), history: Mapping[str, list] | None = None,
    best: Snapshot | None = None,
) -> None:
    """Write all that a run needs to go on as if nothing had happened; see `save_arrays`."""
    refuse_own_states(layers_of(model))
    notes = {
        "epoch": operator.index(epoch),
        "history": {name: np.asarray(value).tolist() for name, value in (history or {}).items()},
        "generators": [generator_text(rng) for rng in generators],
        "names": names_of(model),
    }
    arrays = {f"optimizer.{name}": value for name, value in optimizer.state_dict().items()}
    arrays |= {f"parameter.{i}": p.data for i, p in enumerate(model.parameters())}
    arrays |= {f"buffer.{name}": array for name, array in buffers_of(model).items()}
    kept = getattr(best, "buffers", {})
    arrays |= {f"best_buffer.{name}": array for name, array in kept.items()}
    arrays |= {f"best.{i}": array for i, array in enumerate(best.arrays if best else ())}
    save_arrays(path, arrays | {"notes": np.array(json.dumps(notes))})


def load_checkpoint(
    path: str | os.PathLike, model: Layer, optimizer: Optimizer,
    generators: "Iterable[np.random.Generator]" = (),
) -> Checkpoint:
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
        kinds, names = [json.loads(text)["bit_generator"] for text in texts], notes["names"]
    except (KeyError, TypeError, ValueError):
        raise ValueError(
            f"{path}: expected a checkpoint, got a file without its notes: load one that "
            "save_checkpoint wrote"
        ) from None
    own = [rng.bit_generator.state["bit_generator"] for rng in generators]
    if kinds != own:
        raise ValueError(f"{path}: expected Generators {own}, got {kinds}: pass those of the save")
    if names != names_of(model):
        message = f"{path}: expected parameters {names_of(model)}, got {names}: build the same"
        raise ValueError(f"{message} model, its layers in the same order")
    now = Snapshot(model)
    best: Any = Snapshot(model)  # which may have buffers besides
    now.arrays = arrays_like(parameters, arrays, "parameter", path)
    best.arrays = arrays_like(parameters, arrays, "best", path) if "best.0" in arrays else []
    try:
        optimizer.load_state_dict(part_of(arrays, "optimizer."))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    for rng, text in zip(generators, texts, strict=True):
        restore_generator(rng, text)
    now.restore()
    put_buffers(model, part_of(arrays, "buffer."))
    best.buffers = part_of(arrays, "best_buffer.")
    return Checkpoint(epoch, History(history), best if best.arrays else None)


def names_of(model: Layer) -> list[str]:
    """The name of each of `model.parameters()`, in order; no name for what only that one finds."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return [names.get(id(parameter), "") for parameter in model.parameters()]


def load_arrays(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """The arrays of a file that `save_arrays` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, or something else.
    """
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as archive:  # a pickle could run any code
                return {name: archive[name] for name in archive.files}
        except Exception as error:  # zip, zlib, struct, NumPy: each has errors of its own
            raise ValueError(
                f"{path}: expected arrays in a whole .npz file, got one that is damaged or another "
                f"kind of file ({error}): use an older copy, or remove it and start anew"
            ) from error


def arrays_like(
    parameters: list[Tensor], arrays: Mapping[str, np.ndarray], name: str, path: Any
) -> list[np.ndarray]:
    """The arrays `name.0`, `name.1` …, if they have the shapes and dtypes of the parameters."""
    found = [arrays[key] for i in range(len(arrays)) if (key := f"{name}.{i}") in arrays]
    got, expected = ([f"{x.dtype}{list(x.shape)}" for x in xs] for xs in (found, parameters))
    if got != expected:
        raise ValueError(f"{path}: expected {name}s {expected}, got {got}: build the same model")
    return found


def save_model(path: str | os.PathLike, model: Layer) -> None:
    """Write a model's parameters and buffers to one `.npz` file, by their names.

    Raises:
        ValueError: a name is one that a file can't take.
    """
    if not isinstance(model, Layer):
        kind = type(model).__name__
        raise TypeError(f"expected a Layer, got a {kind}: write save_model(path, model)")
    state = model.state_dict()
    if taken := sorted({"file", "allow_pickle"} & state.keys()):  # names of NumPy's own
        raise ValueError(f"expected other names than {taken} for parameters: rename the attribute")
    save_arrays(path, state)


def load_model(path: str | os.PathLike, model: Layer, strict: bool = True) -> None:
    """Give a model the parameters and buffers of a file, by their names.

    Args:
        path: a file that `save_model` wrote.
        model: built as the one that was saved.
        strict: whether names that are missing in the file, or too many, are an error.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, or names or shapes do not fit. Nothing was changed then.
    """
    arrays = load_arrays(path)
    try:
        model.load_state_dict(arrays, strict)
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)}: {error}") from error


def buffers_of(model: Layer) -> dict[str, np.ndarray]:
    """Copies of a model's buffers, by name."""
    return {name: thing.copy() for name, thing in named(model) if not isinstance(thing, Tensor)}


def put_buffers(model: Layer, arrays: Mapping[str, np.ndarray]) -> None:
    """Give a model's buffers the numbers of `buffers_of`."""
    load_numbers(model, arrays, strict=False)


def part_of(arrays: Mapping[str, np.ndarray], start: str) -> dict[str, np.ndarray]:
    """The arrays whose names begin so, without that beginning."""
    return {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}


def generators_of(model: Layer, *others: Any) -> "list[np.random.Generator]":
    """Every Generator that a layer of the model, or another object, keeps as an attribute.

    Those in a list, tuple or dict are among them.
    """
    found: dict[int, np.random.Generator] = {}
    todo = [model, *others]
    while todo:
        thing = todo.pop(0)
        todo += thing.children() if isinstance(thing, Layer) else []
        values = list(getattr(thing, "__dict__", {}).values())
        for value in values:  # which grows
            if isinstance(value, np.random.Generator):
                found[id(value)] = value
            elif isinstance(value, list | tuple | dict):
                values += value.values() if isinstance(value, dict) else value
    return list(found.values())


class Progress:
    """A progress bar of the package tqdm; nothing where it is missing or nobody watches."""

    def __init__(self, total: int, done: int, wanted: bool):
        self.bar: Any = None
        if wanted and sys.stderr is not None and sys.stderr.isatty():
            try:
                tqdm = importlib.import_module("tqdm").tqdm
            except ImportError:
                return
            self.bar = tqdm(total=total, initial=done, unit="batch")

    def count(self, loader: Iterable) -> Iterator:
        """The batches of a loader, each counted when the next one is asked for."""
        for batch in loader:
            yield checked_batch(batch)
            if self.bar is not None:
                self.bar.update()

    def tell(self, history: History) -> None:
        """Show the last numbers beside the bar."""
        if self.bar is not None:
            self.bar.set_postfix({name: f"{numbers[-1]:.4f}" for name, numbers in history.items()})

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *exception: Any) -> None:
        if self.bar is not None:
            self.bar.close()


def check_loader(loader: Any) -> None:
    """Refuse what does not give pairs of inputs and targets, epoch after epoch."""
    kind = type(loader).__name__
    if isinstance(loader, Tensor | np.ndarray | tuple | TensorDataset | str | Mapping):
        raise TypeError(f"expected a DataLoader, got a {kind}: write DataLoader(dataset, 32, rng)")
    if not isinstance(loader, Iterable) or isinstance(loader, Iterator):
        message = f"expected batches that can be gone through in each epoch, got a {kind}: use a"
        raise TypeError(f"{message} DataLoader, or a list of batches")
    parts = len(getattr(getattr(loader, "dataset", None), "arrays", (0, 0)))
    if parts != 2:
        message = f"expected inputs and targets, got {parts} arrays in the data set: join inputs,"
        raise ValueError(f"{message} or write the loop over batches yourself")


def checked_batch(batch: Any) -> Any:
    """A batch of inputs and targets, if its samples can be counted by the targets."""
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        parts = len(batch) if isinstance(batch, tuple | list) else type(batch).__name__
        raise ValueError(f"expected batches (inputs, targets), got {parts}: write such pairs")
    if not isinstance(batch[1], np.ndarray | Tensor):
        kind = type(batch[1]).__name__
        message = f"expected targets as one array, got a {kind}, whose samples can't be counted"
        raise TypeError(f"{message}: join them along an axis, or write the loop yourself")
    return batch


def are_classes(targets: np.ndarray) -> bool:
    """Whether targets are class indices, or rows with a single 1."""
    if targets.ndim == 1:
        return bool((targets >= 0).all() and (targets % 1 == 0).all())
    is_binary = targets.ndim > 1 and np.isin(targets, (0, 1)).all()
    return bool(is_binary and (targets.sum(axis=-1) == 1).all())


def check_metric(metric: Any, loader: Any) -> None:
    """Refuse what measures nothing, and accuracy where the targets are no classes."""
    if not callable(metric):
        kind = type(metric).__name__
        message = f"expected a function as metric, got a {kind}: accuracy itself is in the module"
        raise TypeError(f"{message} tinytorch.core.accuracy")
    arrays = getattr(getattr(loader, "dataset", None), "arrays", None)
    if metric is accuracy and arrays is not None and not are_classes(arrays[1]):
        message = "expected classes as targets, as accuracy is measured with validation, got others"
        raise ValueError(f"{message}: pass a metric=function(output, targets) of yours")


def fit(
    model: Layer, loss: Callable, optimizer: Optimizer, loader: Iterable, epochs: int, *,
    validation: Iterable | None = None, metric: Callable = accuracy,
    schedule: Callable[[int], float] | None = None, clip: float | None = None,
    patience: int | None = None, checkpoint: str | os.PathLike | None = None, progress: bool = True,
) -> History:
    """Train a model, leave it in evaluation mode, and return the numbers of each epoch.

    Args:
        model, loss, optimizer, schedule, clip: as in `train_epoch`.
        loader: a DataLoader, or a list of batches (inputs, targets).
        epochs: how many in all, those before a resumption included.
        validation, metric: a loader of held-out samples, and the metric, as in `evaluate`.
        patience: stop early, see `should_stop`, and keep the parameters of the best epoch.
        checkpoint: a file to save to after each epoch, and to go on from if it exists. The
            Generators of the layers and of the loader are saved with it.
        progress: whether to show a progress bar where stderr is a terminal.

    Raises:
        ValueError: patience without validation, or a checkpoint that does not fit.
    """
    if not isinstance(optimizer, Optimizer) or not callable(loss):
        raise TypeError("expected fit(model, loss, optimizer, loader, epochs): give them in order")
    check_loader(loader)
    if validation is not None:
        check_loader(validation)
        check_metric(metric, validation)
    if not {id(p) for p in optimizer.parameters} & {id(p) for p in model.parameters()}:
        raise ValueError("expected an optimizer of this model, got that of another: make a new one")
    if patience is not None and validation is None:
        raise ValueError("expected held-out samples for patience, got none: pass validation=loader")
    best: Any = None  # a Snapshot, which takes the buffers of that moment along
    history, generators = History(loss=[]), generators_of(model, loader)
    if checkpoint is not None and os.path.exists(checkpoint):
        _, history, best = load_checkpoint(checkpoint, model, optimizer, generators)
    done, score_name = len(history["loss"]), getattr(metric, "__name__", "metric")
    length = len(loader) if isinstance(loader, Sized) else 0
    with Progress(epochs * length, done * length, progress) as bar:
        for epoch in range(done, epochs):
            if patience is not None and should_stop(history.get("validation_loss", []), patience):
                break
            batches = bar.count(loader)
            history.add(loss=train_epoch(model, loss, optimizer, batches, schedule, clip))
            if validation is not None:
                held_out = map(checked_batch, validation)
                value, score = evaluate(model, loss, held_out, metric)
                history.add(validation_loss=value, **{f"validation_{score_name}": score})
            if patience is not None and history.best == epoch:
                best = Snapshot(model)
                best.buffers = buffers_of(model)
            if checkpoint is not None:
                save_checkpoint(checkpoint, model, optimizer, epoch=epoch + 1,
                                generators=generators, history=history, best=best)
            bar.tell(history)
    if best is not None:
        best.restore()
        put_buffers(model, best.buffers)
    model.eval()  # it is trained, now it will be used
    return history
