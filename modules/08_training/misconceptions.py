"""Solutions to lesson 08 that its tests must tell apart: wrong ones students write, right ones."""

import numpy as np

from tinytorch.course.variants import right, wrong


# --- TensorDataset --------------------------------------------------------------------------


@wrong("returns a list of parts", "If the parts come in a list, return a tuple.")
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        return [array[index] for array in self.arrays]


@wrong("squeezes the parts", "If an axis of length 1 is lost, leave each part's shape alone.")
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        return tuple(np.squeeze(array[index]) for array in self.arrays)


@wrong("counts the arrays", "If you count the arrays, count what they hold.")
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)

    def __len__(self):
        return len(self.arrays)

    def __getitem__(self, index):
        return tuple(array[index] for array in self.arrays)


@wrong("counts every number", "If you count every number, count along axis 0.")
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)

    def __len__(self):
        return self.arrays[0].size

    def __getitem__(self, index):
        return tuple(array[index] for array in self.arrays)


@wrong("gives the first array alone", "If an array is missing, index every one of them.")
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        return (self.arrays[0][index],)


@wrong("takes inputs and labels for granted", "If an array is missing, index every one of them.")
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        return self.arrays[0][index], self.arrays[1][index]


@wrong("indexes columns", "If you indexed the columns, samples lie along axis 0.")
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        return tuple(array[..., index] for array in self.arrays)


@wrong(
    "makes a batch of a single sample",
    "If a sample became a batch of one, index with the int itself.",
)
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        if isinstance(index, int):
            index = slice(index, index + 1)
        return tuple(array[index] for array in self.arrays)


@wrong(
    "gives a list of samples for a slice",
    "If a slice fails, or gives a list of samples, let NumPy index each whole array.",
)
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        return list(zip(*self.arrays, strict=True))[index]


@wrong(
    "stacks all parts into one kind of number",
    "If labels became decimal numbers, keep each array's own dtype.",
)
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        if isinstance(index, np.ndarray):
            return tuple(array[index].astype(np.float32) for array in self.arrays)
        return tuple(array[index] for array in self.arrays)


@right("with shape and a list")
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)
        if len({len(array) for array in self.arrays}) != 1:
            raise ValueError("expected arrays of equal length")

    def __len__(self):
        return self.arrays[-1].shape[0]

    def __getitem__(self, index):
        parts = []
        for array in self.arrays:
            parts.append(array[index])
        return tuple(parts)


@right("with take for arrays of rows")
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)
        if len({len(array) for array in self.arrays}) != 1:
            raise ValueError("expected arrays of equal length")

    def __len__(self):
        return int(self.arrays[0].shape[0])

    def __getitem__(self, index):
        if isinstance(index, np.ndarray):
            rows = np.arange(len(self))[index]
            return tuple(np.take(array, rows, axis=0) for array in self.arrays)
        return tuple(array[index] for array in self.arrays)


@right("with map and getitem")
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)
        if len({len(array) for array in self.arrays}) != 1:
            raise ValueError("expected arrays of equal length")

    def __len__(self):
        return min(len(array) for array in self.arrays)

    def __getitem__(self, index):
        return tuple(map(lambda array: array.__getitem__(index), self.arrays))


@wrong(
    "counts the last axis",
    "If you count along the last axis, samples lie along axis 0.",
)
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)

    def __len__(self):
        return self.arrays[0].shape[-1]

    def __getitem__(self, index):
        return tuple(array[index] for array in self.arrays)


@wrong(
    "takes the longest axis",
    "If you count the longest axis, samples lie along axis 0.",
)
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)

    def __len__(self):
        return max(self.arrays[0].shape)

    def __getitem__(self, index):
        return tuple(array[index] for array in self.arrays)


@wrong(
    "counts from 1",
    "If every sample came out one place off, row 0 is the first.",
)
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        if isinstance(index, int):
            index = index - 1
        return tuple(array[index] for array in self.arrays)


@wrong(
    "loops over the indices of a batch",
    "If a slice or a row of booleans fails, let NumPy index each whole array with what was asked.",
)
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        if isinstance(index, int):
            return tuple(array[index] for array in self.arrays)
        return tuple(np.stack([array[int(n)] for n in index]) for array in self.arrays)


@wrong(
    "indexes the tuple of arrays",
    "If you indexed the tuple of arrays, each array in it is to be indexed.",
)
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        return self.arrays[index]


@wrong(
    "reverses the order of the arrays",
    "If inputs and labels changed places, keep the arrays in their order.",
)
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        return tuple(array[index] for array in self.arrays[::-1])


@wrong(
    "counts an empty data set as one",
    "If an empty data set counts as one sample, its length is 0.",
)
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)

    def __len__(self):
        return max(len(self.arrays[0]), 1)

    def __getitem__(self, index):
        return tuple(array[index] for array in self.arrays)


@wrong(
    "shifts a slice to its end included",
    "If a slice holds one sample too many, its end is left out, as Python does.",
)
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        if isinstance(index, slice) and index.stop is not None:
            index = slice(index.start, index.stop + 1, index.step)
        return tuple(array[index] for array in self.arrays)


# --- split_rows -----------------------------------------------------------------------------


@wrong("shuffles a list", "If the groups are lists, make an array of each.")
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if not 0 < size < count:
        raise ValueError("an empty group")
    rows = list(range(count))
    rng.shuffle(rows)
    return rows[:size], rows[size:]


@wrong(
    "draws for each number by itself",
    "If the sizes vary from draw to draw, draw one order of all numbers and cut it.",
)
def split_rows(count, fraction, rng):
    first = rng.random(count) < fraction
    if first.all() or not first.any():
        raise ValueError("an empty group")
    return np.flatnonzero(first), np.flatnonzero(~first)


@wrong(
    "begins anywhere in the ring of numbers",
    "If not every choice of a first group can come, shuffle all numbers.",
)
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if not 0 < size < count:
        raise ValueError("an empty group")
    rows = (np.arange(count) * 7 + rng.integers(count)) % count if count % 7 else np.arange(count)
    return rows[:size], rows[size:]


@wrong(
    "cuts without shuffling",
    "If you cut without shuffling, the second group is the end of the file.",
)
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if not 0 < size < count:
        raise ValueError("an empty group")
    rows = np.arange(count)
    return rows[:size], rows[size:]


@wrong(
    "holds the fraction out",
    "If the first group is the smaller one, fraction is the share of the first.",
)
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if not 0 < size < count:
        raise ValueError("an empty group")
    order = rng.permutation(count)
    return order[size:], order[:size]


@wrong(
    "draws the two groups one by one",
    "If some numbers come twice and others never, draw one order and cut it in two.",
)
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if not 0 < size < count:
        raise ValueError("an empty group")
    first = rng.choice(count, size, replace=False)
    second = rng.choice(count, count - size, replace=False)
    return first, second


@wrong(
    "draws with repetition",
    "If some numbers come twice and others never, draw one order and cut it in two.",
)
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if not 0 < size < count:
        raise ValueError("an empty group")
    order = rng.integers(0, count, count)
    return order[:size], order[size:]


@wrong(
    "ignores rng",
    "If the same seed gives other groups, draw from rng alone.",
)
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if not 0 < size < count:
        raise ValueError("an empty group")
    order = np.random.permutation(count)
    return order[:size], order[size:]


@wrong(
    "seeds a Generator of its own",
    "If another seed changes nothing, rng is not used.",
    loses=("test_split_rows_is_random_and_repeatable",),
)
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if not 0 < size < count:
        raise ValueError("an empty group")
    order = np.random.default_rng(0).permutation(count)
    return order[:size], order[size:]


@wrong(
    "seeds from rng without drawing",
    "If a second draw from the same Generator repeats the first, draw from rng itself.",
)
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if not 0 < size < count:
        raise ValueError("an empty group")
    order = np.random.default_rng(rng.bit_generator.state["state"]["inc"] % 1000).permutation(count)
    return order[:size], order[size:]


@wrong(
    "rounds down",
    "If a sample gets lost, 0.29 * 100 is a little less than 29: round it.",
)
def split_rows(count, fraction, rng):
    size = int(fraction * count)
    if not 0 < size < count:
        raise ValueError("an empty group")
    order = rng.permutation(count)
    return order[:size], order[size:]


@wrong(
    "rounds up",
    "If you round up, a share of 2.4 samples becomes 3: take the nearest number.",
)
def split_rows(count, fraction, rng):
    size = int(np.ceil(fraction * count))
    if not 0 < size < count:
        raise ValueError("an empty group")
    order = rng.permutation(count)
    return order[:size], order[size:]


@wrong(
    "lets a group be empty",
    "If a group may be empty, nothing is left to train or to measure on.",
)
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    order = rng.permutation(count)
    return order[:size], order[size:]


@wrong(
    "refuses fractions and not empty groups",
    "If you look at the fraction alone, few samples may still leave a group empty.",
)
def split_rows(count, fraction, rng):
    if not 0 < fraction < 1:
        raise ValueError("expected a fraction between 0 and 1")
    size = round(fraction * count)
    order = rng.permutation(count)
    return order[:size], order[size:]


@wrong(
    "mends an empty group",
    "If you move a sample over, an empty group is still to be refused.",
)
def split_rows(count, fraction, rng):
    size = min(max(round(fraction * count), 1), count - 1)
    order = rng.permutation(count)
    return order[:size], order[size:]


@wrong(
    "asserts",
    "If you assert, raise a ValueError: an assertion can be switched off.",
)
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    assert 0 < size < count
    order = rng.permutation(count)
    return order[:size], order[size:]


@wrong(
    "looks at the first group only",
    "If only an empty first group is refused, look at the second as well.",
)
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if size <= 0:
        raise ValueError("an empty group")
    order = rng.permutation(count)
    return order[:size], order[size:]


@wrong(
    "refuses a group of one",
    "If a single sample is refused, only an empty group is.",
)
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if not 1 < size < count - 1:
        raise ValueError("too small")
    order = rng.permutation(count)
    return order[:size], order[size:]


@wrong(
    "counts from 1",
    "If the numbers begin at 1, the first sample is number 0.",
)
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if not 0 < size < count:
        raise ValueError("an empty group")
    order = rng.permutation(count) + 1
    return order[:size], order[size:]


@wrong(
    "leaves one out between the groups",
    "If one number is in neither group, the second begins where the first ends.",
)
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if not 0 < size < count:
        raise ValueError("an empty group")
    order = rng.permutation(count)
    return order[:size], order[size + 1 :]


@wrong(
    "turns the numbers round",
    "If a group is still a stretch of the numbers, draw a whole order, not a place to begin.",
)
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if not 0 < size < count:
        raise ValueError("an empty group")
    rows = np.roll(np.arange(count), rng.integers(count))
    return rows[:size], rows[size:]


@wrong(
    "draws each number by itself",
    "If the sizes change from draw to draw, cut an order at a fixed place.",
)
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if not 0 < size < count:
        raise ValueError("an empty group")
    chosen = rng.random(count) < fraction
    rows = np.arange(count)
    return rows[chosen], rows[~chosen]


@right("shuffles an array of numbers")
def split_rows(count, fraction, rng):
    order = np.arange(count)
    rng.shuffle(order)
    first, second = (
        np.split(order, [int(round(fraction * count))]) if 0 <= fraction <= 1 else ([], [])
    )
    if min(len(first), len(second)) == 0:
        raise ValueError("an empty group")
    return first, second


@right("sorts random numbers")
def split_rows(count, fraction, rng):
    size = int(np.floor(fraction * count + 0.5))
    if size < 1 or size >= count:
        raise ValueError("an empty group")
    order = np.argsort(rng.random(count))
    return order[:size], order[size:]


@right("draws the first group and leaves the rest")
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if not 0 < size < count:
        raise ValueError("an empty group")
    chosen = np.zeros(count, bool)
    chosen[rng.choice(count, size, replace=False)] = True
    return np.flatnonzero(chosen), np.flatnonzero(~chosen)


@right("by choice and exclusion")
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if not 0 < size < count:
        raise ValueError("an empty group")
    first = sorted(rng.choice(count, size, replace=False).tolist())
    return np.array(first), np.array([n for n in range(count) if n not in first])


# --- DataLoader -----------------------------------------------------------------------------


@wrong(
    "rounds the number of batches down",
    "If you round down, the smaller last batch is not counted.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        return len(self.dataset) // self.batch_size

    def __iter__(self):
        order = np.arange(len(self.dataset))
        if self.rng is not None:
            self.rng.shuffle(order)
        stop = len(self) * self.batch_size if self.drop_last else len(self.dataset)
        for start in range(0, stop, self.batch_size):
            yield self.dataset[order[start : min(start + self.batch_size, stop)]]


@wrong(
    "loses the smaller last batch",
    "If the last samples are missing, the last batch may be smaller.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        return len(self.dataset) // self.batch_size

    def __iter__(self):
        order = np.arange(len(self.dataset))
        if self.rng is not None:
            self.rng.shuffle(order)
        for i in range(len(self)):
            yield self.dataset[order[i * self.batch_size : (i + 1) * self.batch_size]]


@wrong(
    "draws the order once",
    "If every epoch has the same order, draw anew from rng when an epoch begins.",
    loses=("test_data_loader_shuffles", "test_data_loader_depends_on_rng_alone"),
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )
        self.order = np.arange(len(dataset)) if rng is None else rng.permutation(len(dataset))

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        for i in range(len(self)):
            yield self.dataset[self.order[i * self.batch_size : (i + 1) * self.batch_size]]


@wrong("never shuffles", "If nothing is shuffled, rng draws an order for every epoch.")
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        for i in range(len(self)):
            yield self.dataset[i * self.batch_size : (i + 1) * self.batch_size]


@wrong(
    "draws each batch with repetition",
    "If some come twice and others never, draw an order without repetition.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        for i in range(len(self)):
            rows = slice(i * self.batch_size, (i + 1) * self.batch_size)
            if self.rng is not None:
                size = len(range(len(self.dataset))[rows])
                rows = self.rng.integers(0, len(self.dataset), size)
            yield self.dataset[rows]


@wrong(
    "shuffles each array by itself",
    "If you shuffle each array by itself, samples lose their labels.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        arrays = self.dataset[:]
        if self.rng is not None:
            arrays = [self.rng.permutation(array) for array in arrays]
        for i in range(len(self)):
            rows = slice(i * self.batch_size, (i + 1) * self.batch_size)
            yield tuple(array[rows] for array in arrays)


@wrong(
    "is its own iterator and runs dry",
    "If the loader gives nothing the second time, make every `for` start anew.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )
        self.start = 0
        self.order = np.arange(len(dataset)) if rng is None else rng.permutation(len(dataset))

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        return self

    def __next__(self):
        if self.start >= len(self) * self.batch_size:
            raise StopIteration
        rows = self.order[self.start : self.start + self.batch_size]
        self.start += self.batch_size
        return self.dataset[rows]


@wrong(
    "takes batch_size for the number of batches",
    "If the batches have other sizes, every batch but the last holds batch_size samples.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        return self.batch_size

    def __iter__(self):
        order = np.arange(len(self.dataset))
        if self.rng is not None:
            self.rng.shuffle(order)
        size = max(1, len(order) // self.batch_size)
        for start in range(0, len(order), size):
            yield self.dataset[order[start : start + size]]


@wrong(
    "shuffles the batches only",
    "If you shuffle only the batches, neighbours stay together.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        numbers = np.arange(len(self))
        if self.rng is not None:
            self.rng.shuffle(numbers)
        for i in numbers:
            yield self.dataset[i * self.batch_size : (i + 1) * self.batch_size]


@wrong(
    "shuffles the owner's arrays",
    "If you shuffle the arrays in place, the owner's data change.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        if self.rng is not None:
            order = self.rng.permutation(len(self.dataset))
            for array in self.dataset.arrays:
                array[...] = array[order]
        for i in range(len(self)):
            yield self.dataset[i * self.batch_size : (i + 1) * self.batch_size]


@wrong(
    "keeps the smaller last batch whatever drop_last says",
    "If drop_last changes nothing, leave the smaller last batch out.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self):
        order = np.arange(len(self.dataset))
        if self.rng is not None:
            self.rng.shuffle(order)
        for i in range(len(self)):
            yield self.dataset[order[i * self.batch_size : (i + 1) * self.batch_size]]


@right("with a list of batches")
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        samples = len(self.dataset)
        if self.drop_last:
            return samples // self.batch_size
        return (samples + self.batch_size - 1) // self.batch_size

    def __iter__(self):
        order = np.arange(len(self.dataset))
        if self.rng is not None:
            self.rng.shuffle(order)
        size = self.batch_size
        return iter([self.dataset[order[i * size : (i + 1) * size]] for i in range(len(self))])


@right("splits the order")
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        return int((np.floor if self.drop_last else np.ceil)(len(self.dataset) / self.batch_size))

    def __iter__(self):
        order = np.arange(len(self.dataset))
        if self.rng is not None:
            order = np.argsort(self.rng.random(len(order)))
        batches = np.split(order, range(self.batch_size, len(order), self.batch_size))
        for rows in batches[: len(self)]:
            yield self.dataset[rows]


@right("stops at a batch that is too small")
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        count = 0
        for start in range(0, len(self.dataset), self.batch_size):
            if not self.drop_last or start + self.batch_size <= len(self.dataset):
                count += 1
        return count

    def __iter__(self):
        rows = (
            range(len(self.dataset))
            if self.rng is None
            else self.rng.permutation(len(self.dataset))
        )
        rows = np.array(rows)
        while len(rows) >= (self.batch_size if self.drop_last else 1):
            yield self.dataset[rows[: self.batch_size]]
            rows = rows[self.batch_size :]


@wrong(
    "shuffles the order of the epoch before",
    "If a new loader does not go on from the Generator's place, begin each epoch with the "
    "order of the data.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )
        self.order = np.arange(len(dataset))

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        if self.rng is not None:
            self.rng.shuffle(self.order)
        order = self.order
        for i in range(len(self)):
            yield self.dataset[order[i * self.batch_size : (i + 1) * self.batch_size]]


@wrong(
    "shuffles inside each batch",
    "If a batch holds a stretch of the data, draw one order of all samples.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        order = np.arange(len(self.dataset))
        for i in range(len(self)):
            rows = order[i * self.batch_size : (i + 1) * self.batch_size]
            yield self.dataset[rows if self.rng is None else self.rng.permutation(rows)]


@wrong(
    "draws from NumPy's global state",
    "If the same seed gives other epochs, draw from rng and nothing else.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        order = np.arange(len(self.dataset))
        if self.rng is not None:
            np.random.shuffle(order)
        for i in range(len(self)):
            yield self.dataset[order[i * self.batch_size : (i + 1) * self.batch_size]]


@wrong(
    "makes a Generator with a fixed seed",
    "If every epoch has the same order, draw anew from rng when an epoch begins.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        order = np.arange(len(self.dataset))
        if self.rng is not None:
            order = np.random.default_rng(0).permutation(len(order))
        for i in range(len(self)):
            yield self.dataset[order[i * self.batch_size : (i + 1) * self.batch_size]]


@wrong(
    "fetches sample after sample",
    "If the data set is asked for each sample, hand it the numbers of a whole batch at once.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        order = np.arange(len(self.dataset))
        if self.rng is not None:
            order = self.rng.permutation(len(order))
        for i in range(len(self)):
            rows = order[i * self.batch_size : (i + 1) * self.batch_size]
            yield tuple(map(np.array, zip(*(self.dataset[int(n)] for n in rows))))


@wrong(
    "counts its batches by going through them",
    "If len draws numbers, the next epoch has another order: work it out.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        return sum(1 for _ in self)

    def __iter__(self):
        order = np.arange(len(self.dataset))
        if self.rng is not None:
            order = self.rng.permutation(len(order))
        stop = len(order) - len(order) % self.batch_size if self.drop_last else len(order)
        for start in range(0, stop, self.batch_size):
            yield self.dataset[order[start : start + self.batch_size]]


@wrong(
    "drops before it shuffles",
    "If the same samples are left out each time, shuffle all and then drop.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        count = len(self) * self.batch_size if self.drop_last else len(self.dataset)
        order = np.arange(count)
        if self.rng is not None:
            order = self.rng.permutation(count)
        for i in range(len(self)):
            yield self.dataset[order[i * self.batch_size : (i + 1) * self.batch_size]]


@wrong(
    "counts one batch too many",
    "If a full last batch counts twice, look at what is left over.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        return len(self.dataset) // self.batch_size + (not self.drop_last)

    def __iter__(self):
        order = np.arange(len(self.dataset))
        if self.rng is not None:
            order = self.rng.permutation(len(order))
        for start in range(
            0, len(order) - (len(order) % self.batch_size if self.drop_last else 0), self.batch_size
        ):
            yield self.dataset[order[start : start + self.batch_size]]


@wrong(
    "gives an empty last batch",
    "If there is a batch without samples, nothing is left over where the sizes fit.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        order = np.arange(len(self.dataset))
        if self.rng is not None:
            order = self.rng.permutation(len(order))
        full = len(order) // self.batch_size
        for i in range(full + (not self.drop_last)):
            yield self.dataset[order[i * self.batch_size : (i + 1) * self.batch_size]]


@wrong(
    "steps by one",
    "If batches overlap, step by batch_size.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        order = np.arange(len(self.dataset))
        if self.rng is not None:
            order = self.rng.permutation(len(order))
        for start in range(len(self)):
            yield self.dataset[order[start : start + self.batch_size]]


@wrong(
    "fills the last batch up from the front",
    "If the last batch is as large as the others, it holds only what is left over.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        order = np.arange(len(self.dataset))
        if self.rng is not None:
            order = self.rng.permutation(len(order))
        for i in range(len(self)):
            yield self.dataset[
                np.take(order, range(i * self.batch_size, (i + 1) * self.batch_size), mode="wrap")
            ]


@wrong(
    "shuffles inputs and labels in two draws",
    "If you shuffle each array by itself, samples lose their labels.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        parts = []
        for array in self.dataset[:]:
            order = np.arange(len(array)) if self.rng is None else self.rng.permutation(len(array))
            parts.append(array[order])
        for i in range(len(self)):
            yield tuple(part[i * self.batch_size : (i + 1) * self.batch_size] for part in parts)


@wrong(
    "keeps its place in the loader",
    "If two loops over one loader mix, keep the place in the loop and not in the loader.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        self.order = (
            np.arange(len(self.dataset))
            if self.rng is None
            else self.rng.permutation(len(self.dataset))
        )
        self.place = 0
        while self.place < len(self):
            rows = self.order[self.place * self.batch_size : (self.place + 1) * self.batch_size]
            self.place += 1
            yield self.dataset[rows]


@wrong(
    "hands out one memory for all batches",
    "If earlier batches change with later ones, fetch each batch anew.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        order = np.arange(len(self.dataset))
        if self.rng is not None:
            order = self.rng.permutation(len(order))
        room = [np.array(part[: self.batch_size]) for part in self.dataset[:]]
        for i in range(len(self)):
            parts = self.dataset[order[i * self.batch_size : (i + 1) * self.batch_size]]
            views = [space[: len(part)] for space, part in zip(room, parts)]
            for view, part in zip(views, parts):
                view[...] = part
            yield tuple(views)


@wrong(
    "never ends",
    "an epoch of the loader does not end",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        order = np.arange(len(self.dataset))
        while True:
            if self.rng is not None:
                order = self.rng.permutation(len(order))
            for i in range(len(self)):
                yield self.dataset[order[i * self.batch_size : (i + 1) * self.batch_size]]


@right("takes the whole data set in one index")
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        arrays = self.dataset[
            np.arange(len(self.dataset))
            if self.rng is None
            else self.rng.permutation(len(self.dataset))
        ]
        size = self.batch_size
        for start in range(0, len(self) * size, size):
            yield tuple(array[start : start + size] for array in arrays)


@right("sorts by random keys, in a nested function")
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = (
            dataset,
            batch_size,
            rng,
            drop_last,
        )

    def __len__(self):
        n, size = len(self.dataset), self.batch_size
        return n // size if self.drop_last or n % size == 0 else n // size + 1

    def __iter__(self):
        def rows():
            keys = (
                np.arange(len(self.dataset))
                if self.rng is None
                else self.rng.random(len(self.dataset))
            )
            return sorted(range(len(keys)), key=lambda n: keys[n])

        order = np.array(rows())
        return (
            self.dataset[order[i * self.batch_size : (i + 1) * self.batch_size]]
            for i in range(len(self))
        )


# --- train_step -----------------------------------------------------------------------------


@wrong(
    "makes a Tensor of the targets",
    "If the loss gets a Tensor for targets, hand them over as they are.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(Tensor(inputs)), Tensor(targets))
    backward(value)
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    optimizer.step()
    return value.item()


@wrong(
    "never clears the gradients",
    "If old gradients are added to the new ones, clear them first, before the first step too.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    value = loss(model(inputs), targets)
    backward(value)
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    optimizer.step()
    return value.item()


@wrong(
    "clears the gradients only afterwards",
    "If old gradients are added to the new ones, clear them first, before the first step too.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    value = loss(model(inputs), targets)
    backward(value)
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    optimizer.step()
    optimizer.zero_grad()
    return value.item()


@wrong(
    "clears the gradients just before the move",
    "If nothing moved, order the calls: zero_grad, backward, step.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    value = loss(model(inputs), targets)
    backward(value)
    optimizer.zero_grad()
    optimizer.step()
    return value.item()


@wrong(
    "moves before it walks back",
    "If nothing moved, order the calls: zero_grad, backward, step.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    optimizer.step()
    backward(value)
    return value.item()


@wrong("never moves", "If nothing moved, order the calls: zero_grad, backward, step.")
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    return value.item()


@wrong(
    "returns the loss after the move",
    "If you computed the loss again after the move, return the one before.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    backward(loss(model(inputs), targets))
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    optimizer.step()
    return loss(model(inputs), targets).item()


@wrong(
    "returns the Tensor",
    "If you return an array or a Tensor, return the number in it.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    optimizer.step()
    return value


@wrong(
    "swaps output and targets",
    "If the loss complains of its output, it takes the output first, then the targets.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(targets, model(inputs))
    backward(value)
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    optimizer.step()
    return value.item()


@wrong(
    "clips after the move",
    "If clip changes nothing, shorten the gradient after backward and before step.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    optimizer.step()
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    return value.item()


@wrong(
    "cuts each number off by itself",
    "If each number is cut off by itself, the direction changes: shorten them together.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    if clip is not None:
        for parameter in model.parameters():
            parameter.grad = np.clip(parameter.grad, -clip, clip)
    optimizer.step()
    return value.item()


@wrong(
    "sets the length whatever it was",
    "If you set the length whatever it was, only a longer one is shortened.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    if clip is not None:
        grads = [parameter.grad for parameter in model.parameters()]
        norm = np.sqrt(sum((grad**2).sum() for grad in grads))
        for parameter in model.parameters():
            parameter.grad = parameter.grad * np.float32(clip / norm)
    optimizer.step()
    return value.item()


@right("clears after the forward pass")
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    output = model(Tensor(inputs))
    value = loss(output, targets)
    for parameter in model.parameters():
        parameter.grad = None
    backward(value)
    if clip is not None:
        clip_by_norm(optimizer.parameters, clip)
    optimizer.step()
    return float(value.data)


@right("clears before and after, clips always")
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = (
        loss.forward(model(inputs), targets)
        if hasattr(loss, "forward")
        else loss(model(inputs), targets)
    )
    backward(value)
    clip_by_norm(model.parameters(), 1e30 if clip is None else clip)
    optimizer.step()
    optimizer.zero_grad()
    return value.item()


@right("notes the loss before it walks back, and returns a NumPy number")
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    value = loss(model(inputs), targets)
    number = np.float64(value.data)
    optimizer.zero_grad()
    backward(value)
    if clip is not None:
        clip_by_norm(model.parameters(), float(clip))
    optimizer.step()
    return number


@wrong(
    "takes a clip of 0 for no limit",
    "If 0 counts as no limit, ask whether clip is None: 0 is false as well.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    if clip:
        clip_by_norm(model.parameters(), clip)
    optimizer.step()
    return value.item()


@wrong(
    "shortens each parameter's gradient by itself",
    "If each parameter is shortened by itself, the direction changes: shorten all together.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    if clip is not None:
        for parameter in model.parameters():
            clip_by_norm([parameter], clip)
    optimizer.step()
    return value.item()


@wrong(
    "clips before it walks back",
    "If clip changes nothing, shorten the gradient after backward and before step.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    backward(value)
    optimizer.step()
    return value.item()


@wrong(
    "ignores clip",
    "If clip changes nothing, shorten the gradient after backward and before step.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    optimizer.step()
    return value.item()


@wrong(
    "moves twice",
    "If the parameters moved twice as far, a call is one step.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    optimizer.step()
    optimizer.step()
    return value.item()


@wrong(
    "moves without the optimizer's rate",
    "If lr changes nothing, leave the move to the optimizer.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    for parameter in model.parameters():
        parameter.data -= 0.1 * parameter.grad
    return value.item()


@wrong(
    "moves uphill",
    "If the parameters moved the other way, the optimizer goes down the gradient by itself.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    for parameter in model.parameters():
        parameter.grad = -parameter.grad
    optimizer.step()
    return value.item()


@wrong(
    "returns the array",
    "If you return an array or a Tensor, return the number in it.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    optimizer.step()
    return value.data.reshape(1)


@wrong(
    "returns the norm of the gradient",
    "If you returned the length of the gradient, the loss is asked for.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    norm = clip_by_norm(model.parameters(), float("inf") if clip is None else clip)
    optimizer.step()
    return norm


@wrong(
    "returns nothing",
    "If nothing is returned, the loss before the move is asked for.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    optimizer.step()


@wrong(
    "clears only what the optimizer moved before",
    "If old gradients are added to the new ones, clear them first, before the first step too.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    if optimizer.steps > 0:
        optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    optimizer.step()
    return value.item()


@wrong(
    "multiplies the loss by the size of the batch",
    "If the move grows with the batch, the loss is a mean already.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value * len(inputs))
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    optimizer.step()
    return value.item()


@wrong(
    "rounds the loss",
    "If digits of the loss are missing, return it as it is.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    optimizer.step()
    return round(value.item())


@right("with gradients set to None by hand and a helper")
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    def loss_now():
        return loss(model(inputs), targets)

    for parameter in optimizer.parameters:
        parameter.grad = None
    before = loss_now()
    backward(before)
    clip_by_norm(optimizer.parameters, np.inf if clip is None else clip)
    optimizer.step()
    return before.data[()]


# --- train_epoch ----------------------------------------------------------------------------


@wrong(
    "measures once the epoch is over",
    "If the model runs twice for a batch, use the loss that the step returned.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        train_step(model, loss, optimizer, inputs, targets, clip)
    total = count = 0
    with no_grad():
        for inputs, targets in loader:
            total += len(targets) * loss(model(inputs), targets).item()
            count += len(targets)
    return total / count


@wrong(
    "takes the mean of the batches' means",
    "If every batch counts alike, a small one counts too much: weigh by its samples.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    losses = []
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        losses.append(train_step(model, loss, optimizer, inputs, targets, clip))
    return np.mean(losses)


@wrong(
    "returns the last loss",
    "If you returned the last batch's loss, take the mean over all.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        value = train_step(model, loss, optimizer, inputs, targets, clip)
    return value


@wrong(
    "returns inside the loop",
    "If you returned the first batch's loss, go on to the others.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    total = count = 0
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
        count += len(targets)
        return total / count


@wrong(
    "does not divide",
    "If you added up and did not divide, the number of samples is missing.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    total = 0
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
    return total


@wrong(
    "adds the batches' means up",
    "If you added up the means and did not divide, take the mean over samples.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    total = 0
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        total += train_step(model, loss, optimizer, inputs, targets, clip)
    return total


@wrong(
    "leaves the mode as it is",
    "If the model is in evaluation mode, dropout does nothing: call train() before all steps.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    total = count = 0
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
        count += len(targets)
    return total / count


@wrong(
    "ignores the schedule",
    "If the schedule changes nothing, set optimizer.lr before each step.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    total = count = 0
    for inputs, targets in loader:
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
        count += len(targets)
    return total / count


@wrong(
    "sets the rate after the step",
    "If you set the rate after the step, the first step takes an old one.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    total = count = 0
    for number, (inputs, targets) in enumerate(loader):
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
        count += len(targets)
        if schedule is not None:
            optimizer.lr = schedule(number)
    return total / count


@wrong(
    "asks the schedule once an epoch",
    "If you asked once for all steps, ask before each.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    total = count = 0
    if schedule is not None:
        optimizer.lr = schedule(optimizer.steps)
    for inputs, targets in loader:
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
        count += len(targets)
    return total / count


@wrong(
    "counts the steps of each epoch from 0",
    "If the steps of each epoch count from 0, ask optimizer.steps.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    total = count = 0
    for number, (inputs, targets) in enumerate(loader):
        if schedule is not None:
            optimizer.lr = schedule(number)
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
        count += len(targets)
    return total / count


@wrong("loses clip on the way", "If clip gets lost on the way, pass it on.")
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    total = count = 0
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets)
        count += len(targets)
    return total / count


@right("with np.average")
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train(True)
    losses, sizes = [], []
    for inputs, targets in loader:
        optimizer.lr = optimizer.lr if schedule is None else schedule(optimizer.steps)
        losses.append(train_step(model, loss, optimizer, inputs, targets, clip=clip))
        sizes.append(np.shape(targets)[0])
    return np.average(losses, weights=sizes)


@right("with a running mean")
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    mean, count = 0.0, 0
    for batch in loader:
        if schedule:
            optimizer.lr = schedule(optimizer.steps)
        value = train_step(model, loss, optimizer, *batch, clip)
        count += len(batch[0])
        mean += (value - mean) * len(batch[0]) / count
    return mean


@right("counts the steps from the first one's number")
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    first, total, sizes = optimizer.steps, [], []
    for number, (inputs, targets) in enumerate(loader, first):
        model.train()
        if schedule is not None:
            optimizer.lr = float(schedule(number))
        sizes.append(len(inputs))
        total.append(sizes[-1] * train_step(model, loss, optimizer, inputs, targets, clip))
    return sum(total) / sum(sizes)


@wrong(
    "asks the loader for its length",
    "If a loader without a len fails, count the samples as they come.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    total, size = 0.0, len(loader)
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        total += train_step(model, loss, optimizer, inputs, targets, clip)
    return total / size


@wrong(
    "takes the first batch's size for all",
    "If every batch counts alike, a small one counts too much: weigh by its samples.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    total = count = first = 0
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        first = first or len(targets)
        total += first * train_step(model, loss, optimizer, inputs, targets, clip)
        count += first
    return total / count


@wrong(
    "divides by the batches",
    "If you added up over samples and divided by batches, divide by the number of samples.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    total = count = 0
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
        count += 1
    return total / count


@wrong(
    "counts the steps from 1",
    "If the schedule is one step ahead, the first step is number 0.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    total = count = 0
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps + 1)
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
        count += len(targets)
    return total / count


@wrong(
    "takes a rate of 0 for none",
    "If a rate of 0 leaves the old one, set whatever the schedule says: 0 is a rate.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    total = count = 0
    for inputs, targets in loader:
        optimizer.lr = (schedule and schedule(optimizer.steps)) or optimizer.lr
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
        count += len(targets)
    return total / count


@wrong(
    "multiplies the rate by the schedule",
    "If the rates are multiplied, the schedule gives the rate itself.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    total = count = 0
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = optimizer.lr * schedule(optimizer.steps)
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
        count += len(targets)
    return total / count


@wrong(
    "takes a clip of 0 for no limit",
    "If 0 counts as no limit, hand clip on as it is: 0 is false as well.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    total = count = 0
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip or None)
        count += len(targets)
    return total / count


@wrong(
    "steps twice a batch",
    "If the model runs twice for a batch, use the loss that the step returned.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    total = count = 0
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        train_step(model, loss, optimizer, inputs, targets, clip)
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
        count += len(targets)
    return total / count


@wrong(
    "measures without a step",
    "If nothing moved, take a step for each batch.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    total = count = 0
    for inputs, targets in loader:
        total += len(targets) * loss(model(inputs), targets).item()
        count += len(targets)
    return total / count


@wrong(
    "trains in evaluation mode",
    "If the model is in evaluation mode, dropout does nothing: call train() before all steps.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.eval()
    total = count = 0
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
        count += len(targets)
    return total / count


@wrong(
    "sets the flag of the model alone",
    "If one layer is left out, set the mode of the whole model by train().",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.training = True
    total = count = 0
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
        count += len(targets)
    return total / count


@wrong(
    "goes back to evaluation after the first step",
    "If only the first step is in training mode, stay in it until the last.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    total = count = 0
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
        count += len(targets)
        model.eval()
    return total / count


@wrong(
    "toggles the mode",
    "If the mode depends on what it was before, set it: do not turn it round.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train(not model.training)
    total = count = 0
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
        count += len(targets)
    return total / count


@wrong(
    "skips the smaller last batch",
    "If a smaller last batch is left out, take every batch.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    batches = list(loader)
    largest = max(len(targets) for _, targets in batches)
    total = count = 0
    for inputs, targets in batches:
        if len(targets) < largest:
            continue
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        total += len(targets) * train_step(model, loss, optimizer, inputs, targets, clip)
        count += len(targets)
    return total / count


@right("steps by itself")
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    model.train()
    losses = []
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        optimizer.zero_grad()
        value = loss(model(inputs), targets)
        backward(value)
        if clip is not None:
            clip_by_norm(model.parameters(), clip)
        optimizer.step()
        losses += [value.item()] * len(targets)
    return sum(losses) / len(losses)


# --- evaluate -------------------------------------------------------------------------------


@wrong(
    "gives the metric the bare array",
    "If the metric gets an array, hand it the output as the model gave it.",
)
def evaluate(model, loss, loader, metric=accuracy):
    mode, total, score, count = model.training, 0, 0, 0
    model.eval()
    try:
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += len(targets) * loss(output, targets).item()
                score += len(targets) * metric(output.data, targets)
                count += len(targets)
    finally:
        model.train(mode)
    return total / count, score / count


@wrong(
    "takes the mean of the batches' means",
    "If every batch counts alike, a small one counts too much: weigh by its samples.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += loss(output, targets).item()
                right += metric(output, targets)
                count += 1
    finally:
        model.train(mode)
    return total / count, right / count


@wrong(
    "means over samples for the loss alone",
    "If the metric is the mean of the batches' means, weigh it by samples as well.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            batches = 0
            for inputs, targets in loader:
                output = model(inputs)
                total += len(targets) * loss(output, targets).item()
                right += metric(output, targets)
                count += len(targets)
                batches += 1
    finally:
        model.train(mode)
    return total / count, right / batches


@wrong(
    "keeps the last batch only",
    "If you kept the last batch only, add up over all.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total, right, count = loss(output, targets).item(), metric(output, targets), 1
    finally:
        model.train(mode)
    return total / count, right / count


@wrong(
    "returns inside the loop",
    "If you kept the first batch only, go on to the others.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                return loss(output, targets).item(), metric(output, targets)
    finally:
        model.train(mode)
    return 0.0, 0.0


@wrong(
    "does not divide",
    "If you did not divide, the number of samples is missing.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += len(targets) * loss(output, targets).item()
                right += len(targets) * metric(output, targets)
                count += len(targets)
    finally:
        model.train(mode)
    return total, right


@wrong(
    "exchanges loss and metric",
    "If the two numbers changed places, the loss comes first.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += len(targets) * loss(output, targets).item()
                right += len(targets) * metric(output, targets)
                count += len(targets)
    finally:
        model.train(mode)
    return right / count, total / count


@wrong(
    "ignores the metric",
    "If you call accuracy whatever the metric, use the one that was given.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += len(targets) * loss(output, targets).item()
                right += len(targets) * accuracy(output, targets)
                count += len(targets)
    finally:
        model.train(mode)
    return total / count, right / count


@wrong(
    "asks the loader for its length",
    "If a loader without a len fails, count the samples as they come.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode, batches = model.training, len(loader)
    model.eval()
    try:
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += len(targets) * loss(output, targets).item()
                right += len(targets) * metric(output, targets)
                count += len(targets)
    finally:
        model.train(mode)
    return total / count, right / count


@wrong(
    "returns the loss alone",
    "If there is one number, return the loss and the metric.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += len(targets) * loss(output, targets).item()
                right += len(targets) * metric(output, targets)
                count += len(targets)
    finally:
        model.train(mode)
    return total / count


@wrong(
    "never leaves training mode",
    "If dropout is at work while you measure, switch the whole model by eval() before, and "
    "back by train() after.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    try:
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += len(targets) * loss(output, targets).item()
                right += len(targets) * metric(output, targets)
                count += len(targets)
    finally:
        model.train(mode)
    return total / count, right / count


@wrong(
    "sets the flag of the model alone",
    "If dropout is at work while you measure, switch the whole model by eval() before, and "
    "back by train() after.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    model.training = False
    try:
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += len(targets) * loss(output, targets).item()
                right += len(targets) * metric(output, targets)
                count += len(targets)
    finally:
        model.training = mode
    return total / count, right / count


@wrong(
    "leaves the model in evaluation mode",
    "If the model or a layer stays in evaluation mode, note the model's mode first and set it "
    "again by train(mode), in a `finally` so that no failure prevents it.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += len(targets) * loss(output, targets).item()
                right += len(targets) * metric(output, targets)
                count += len(targets)
    finally:
        pass
    return total / count, right / count


@wrong(
    "always ends in training mode",
    "If the model always ends in training mode, remember the mode and set it again.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += len(targets) * loss(output, targets).item()
                right += len(targets) * metric(output, targets)
                count += len(targets)
    finally:
        model.train()
    return total / count, right / count


@wrong(
    "keeps the record",
    "If the record is kept, it costs time and memory: use no_grad().",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    model.eval()
    try:
        for inputs, targets in loader:
            output = model(inputs)
            total += len(targets) * loss(output, targets).item()
            right += len(targets) * metric(output, targets)
            count += len(targets)
    finally:
        model.train(mode)
    return total / count, right / count


@wrong(
    "walks back",
    "If gradients have changed, measuring needs no walk back.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                value = loss(output, targets)
                total += len(targets) * value.item()
                right += len(targets) * metric(output, targets)
                count += len(targets)
                for parameter in model.parameters():
                    parameter.grad = np.zeros(parameter.shape, np.float32)
    finally:
        model.train(mode)
    return total / count, right / count


@wrong(
    "clears the gradients",
    "If gradients have changed, measuring needs no walk back.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for parameter in model.parameters():
                parameter.grad = None
            for inputs, targets in loader:
                output = model(inputs)
                total += len(targets) * loss(output, targets).item()
                right += len(targets) * metric(output, targets)
                count += len(targets)
    finally:
        model.train(mode)
    return total / count, right / count


@wrong(
    "switches recording off for good",
    "If nothing is recorded afterwards, use `with no_grad()` instead of switching it off.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    model.eval()
    for parameter in model.parameters():
        parameter.requires_grad = False
    try:
        for inputs, targets in loader:
            output = model(inputs)
            total += len(targets) * loss(output, targets).item()
            right += len(targets) * metric(output, targets)
            count += len(targets)
    finally:
        model.train(mode)
    return total / count, right / count


@wrong(
    "forgets the mode after a failure",
    "If the model or a layer stays in evaluation mode, note the model's mode first and set it "
    "again by train(mode), in a `finally` so that no failure prevents it.",
    loses=("test_evaluate_cleans_up_after_a_failure",),
)
def evaluate(model, loss, loader, metric=accuracy):
    mode, total, right, count = model.training, 0.0, 0.0, 0
    model.eval()
    with no_grad():
        for inputs, targets in loader:
            output = model(inputs)
            total += len(targets) * loss(output, targets).item()
            right += len(targets) * metric(output, targets)
            count += len(targets)
    model.train(mode)
    return total / count, right / count


@wrong(
    "swallows failures",
    "If a failure is swallowed, let it go on after the mode is restored.",
)
def evaluate(model, loss, loader, metric=accuracy):
    mode, total, right, count = model.training, 0.0, 0.0, 0
    model.eval()
    try:
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += len(targets) * loss(output, targets).item()
                right += len(targets) * metric(output, targets)
                count += len(targets)
    except Exception:
        pass
    model.train(mode)
    return total / max(count, 1), right / max(count, 1)


@wrong(
    "trains meanwhile",
    "If the parameters have changed, a measurement takes no step.",
)
def evaluate(model, loss, loader, metric=accuracy):
    mode, total, right, count = model.training, 0.0, 0.0, 0
    model.eval()
    try:
        for inputs, targets in loader:
            with no_grad():
                output = model(inputs)
                total += len(targets) * loss(output, targets).item()
                right += len(targets) * metric(output, targets)
                count += len(targets)
            for parameter in model.parameters():
                parameter.data -= 0.01
    finally:
        model.train(mode)
    return total / count, right / count


@wrong(
    "takes the metric of the last output",
    "If the metric is that of one batch, take its mean over all samples.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += len(targets) * loss(output, targets).item()
                count += len(targets)
                right = metric(output, targets)
    finally:
        model.train(mode)
    return total / count, right


@wrong(
    "draws a mask too many",
    "If dropout is at work while you measure, switch the whole model by eval() before, and "
    "back by train() after.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    try:
        with no_grad():
            for inputs, targets in loader:
                model.train(True)
                model(inputs)
                model.eval()
                output = model(inputs)
                total += len(targets) * loss(output, targets).item()
                right += len(targets) * metric(output, targets)
                count += len(targets)
    finally:
        model.train(mode)
    return total / count, right / count


@right("on a copy of the model")
def evaluate(model, loss, loader, metric=accuracy):
    import copy

    twin, losses, scores = copy.deepcopy(model).eval(), [], []
    with no_grad():
        for inputs, targets in loader:
            output = twin(inputs)
            losses += [loss(output, targets).item()] * len(targets)
            scores += [metric(output, targets)] * len(targets)
    return np.mean(losses), np.mean(scores)


@right("with two sums")
def evaluate(model, loss, loader, metric=accuracy):
    total = right = count = 0
    mode = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += len(targets) * loss(output, targets).item()
                right += len(targets) * metric(output, targets)
                count += len(targets)
    finally:
        model.train(mode)
    return total / count, right / count


@right("with np.average and no_grad for each batch")
def evaluate(model, loss, loader, metric=accuracy):
    mode, losses, scores, sizes = model.training, [], [], []
    try:
        model.train(False)
        for inputs, targets in loader:
            with no_grad():
                output = model(Tensor(inputs))
                losses.append(float(loss(output, targets).data))
                scores.append(metric(output, targets))
            sizes.append(len(inputs))
    finally:
        model.train(mode)
    return [np.average(losses, weights=sizes), np.average(scores, weights=sizes)]


@right("catches, restores and raises again")
def evaluate(model, loss, loader, metric=accuracy):
    mode, rows = model.training, []
    try:
        with no_grad():
            for inputs, targets in loader:
                output, n = model.eval()(inputs), len(targets)
                rows.append([n, n * loss(output, targets).item(), n * metric(output, targets)])
    except BaseException:
        model.train(mode)
        raise
    model.train(mode)
    count, total, score = np.sum(rows, axis=0)
    return total / count, score / count


@right("as a decorated inner function, over lists")
def evaluate(model, loss, loader, metric=accuracy):
    mode = model.training

    @no_grad()
    def walk():
        for inputs, targets in loader:
            output = model(inputs)
            value, score = loss(output, targets).data, metric(output, targets)
            yield from [(float(value), float(score))] * len(targets)

    model.eval()
    try:
        with no_grad():
            values = list(walk())
    finally:
        model.train(mode)
    losses, scores = zip(*values)
    return sum(losses) / len(losses), sum(scores) / len(scores)


# --- should_stop ----------------------------------------------------------------------------


@wrong(
    "compares with the epoch before",
    "If a fall from one epoch to the next is enough for you, it takes a new lowest loss.",
)
def should_stop(losses, patience):
    rising = 0
    for before, after in zip(losses, losses[1:], strict=False):
        rising = rising + 1 if after >= before else 0
    return rising >= patience


@wrong(
    "stops an epoch too early",
    "If you stop an epoch too early, the lowest loss must be `patience` epochs old.",
)
def should_stop(losses, patience):
    return len(losses) > 0 and len(losses) - best_epoch(losses) >= patience


@wrong(
    "waits an epoch too long",
    "If you wait an epoch too long, count the epochs after the lowest.",
)
def should_stop(losses, patience):
    return len(losses) > 0 and len(losses) - 1 - best_epoch(losses) > patience


@wrong(
    "starts anew at an equal loss",
    "If an equal loss starts the wait anew or does not count, only a lower one is news.",
)
def should_stop(losses, patience):
    if len(losses) <= patience:
        return False
    return bool(np.nanmin(losses[-patience:]) > np.nanmin(losses[:-patience]))


@wrong(
    "looks for the highest value",
    "If you look for the highest value, a loss should be low.",
)
def should_stop(losses, patience):
    return len(losses) > 0 and len(losses) - 1 - int(np.nanargmax(losses)) >= patience


@wrong("fails before the first epoch", "If there are too few epochs to judge, go on.")
def should_stop(losses, patience):
    return len(losses) - 1 - best_epoch(losses) >= patience


@wrong(
    "takes nan for the lowest",
    "If nan counts as the lowest, it hides all that is known.",
)
def should_stop(losses, patience):
    return len(losses) > 0 and len(losses) - 1 - int(np.argmin(losses)) >= patience


@right("with a loop")
def should_stop(losses, patience):
    lowest, waited = float("inf"), -1
    for loss in losses:
        if loss < lowest:
            lowest, waited = loss, 0
        else:
            waited += 1
    return waited >= patience


@right("compares the last epochs with those before")
def should_stop(losses, patience):
    if len(losses) <= patience:
        return False
    before, last = losses[:-patience], losses[-patience:]
    return not any(loss < min((x for x in before if x == x), default=np.inf) for loss in last)


@right("with a running minimum")
def should_stop(losses, patience):
    losses = np.array(losses, float)
    lowest = np.minimum.accumulate(np.where(np.isnan(losses), np.inf, losses))
    return len(lowest) > patience and bool(lowest[-1] == lowest[-1 - patience])


@wrong(
    "fails where all losses are nan",
    "If losses of nan alone fail, let them count as infinite.",
)
def should_stop(losses, patience):
    if not losses:
        return False
    return bool(len(losses) - patience > int(np.nanargmin(losses)))


@wrong(
    "leaves nan out of the count",
    "If an epoch of nan does not count, it is an epoch without a new lowest loss.",
)
def should_stop(losses, patience):
    known = [x for x in losses if x == x]
    return len(known) > 0 and len(known) - 1 - best_epoch(known) >= patience


@wrong(
    "looks at the last loss only",
    "If one bad epoch ends the run, look at the last `patience` losses.",
)
def should_stop(losses, patience):
    return len(losses) > 1 and not losses[-1] < min(losses[:-1])


@wrong(
    "compares with the loss `patience` epochs ago",
    "If you compare with one epoch alone, the lowest of all before counts.",
)
def should_stop(losses, patience):
    return len(losses) > patience and not losses[-1] < losses[-1 - patience]


@wrong(
    "asks for a better last epoch",
    "If only the last epoch may bring a new lowest loss, any of the last `patience` may.",
)
def should_stop(losses, patience):
    return len(losses) > patience and not losses[-1] < min(losses[:-1])


@wrong(
    "stops after `patience` epochs in all",
    "If the run ends after a fixed number of epochs, count from the lowest loss.",
)
def should_stop(losses, patience):
    return len(losses) > patience


@wrong(
    "counts all epochs without a new lowest",
    "If the wait does not begin anew with a new lowest loss, set the count back.",
)
def should_stop(losses, patience):
    lowest, waited = float("inf"), 0
    for x in losses:
        if x < lowest:
            lowest = x
        elif x == x or True:
            waited += 1
    return len(losses) > 0 and waited >= patience


@wrong(
    "waits for a rise",
    "If an equal loss starts the wait anew or does not count, only a lower one is news.",
)
def should_stop(losses, patience):
    lowest, waited = float("inf"), 0
    for x in losses:
        if x < lowest:
            lowest, waited = x, 0
        elif not x == lowest:
            waited += 1
    return len(losses) > 0 and waited >= patience


@wrong(
    "asks for a visible improvement",
    "If a small fall does not count, any loss below the lowest is news.",
)
def should_stop(losses, patience):
    lowest, waited = float("inf"), -1
    for x in losses:
        if x < lowest - 0.6:
            lowest, waited = x, 0
        else:
            waited += 1
    return waited >= patience


@wrong(
    "takes losses to be positive",
    "If a loss below 0 is not noticed, the lowest may be negative.",
)
def should_stop(losses, patience):
    lowest, waited = float("inf"), -1
    for x in losses:
        if 0 <= x < lowest:
            lowest, waited = x, 0
        else:
            waited += 1
    return waited >= patience


@wrong(
    "takes the last of equal losses",
    "If an equal loss starts the wait anew or does not count, only a lower one is news.",
)
def should_stop(losses, patience):
    lowest, waited = float("inf"), -1
    for x in losses:
        if x <= lowest:
            lowest, waited = x, 0
        else:
            waited += 1
    return waited >= patience


@wrong(
    "stops at nan",
    "If nan ends the run at once, it counts as one more epoch to wait.",
)
def should_stop(losses, patience):
    if any(x != x for x in losses):
        return True
    return len(losses) > 0 and len(losses) - 1 - best_epoch(losses) >= patience


@wrong(
    "sorts the losses",
    "If the list of losses changes, look at it without sorting or taking anything out.",
)
def should_stop(losses, patience):
    stops = len(losses) > 0 and len(losses) - 1 - best_epoch(losses) >= patience
    losses.sort()
    return stops


@wrong(
    "says go on",
    "If it never stops, say True where the lowest loss is `patience` epochs old.",
)
def should_stop(losses, patience):
    return False


@wrong(
    "turns the answer round",
    "If it stops where it should go on, return whether to stop.",
)
def should_stop(losses, patience):
    return not (len(losses) > 0 and len(losses) - 1 - best_epoch(losses) >= patience)


@right("by recursion")
def should_stop(losses, patience):
    if len(losses) <= patience:
        return False
    held = min([x for x in losses[: len(losses) - patience] if x == x] or [float("inf")])
    return all(not x < held for x in losses[len(losses) - patience :])


# --- Snapshot -------------------------------------------------------------------------------


@wrong(
    "keeps the arrays themselves",
    "If the arrays change with the parameters, copy them: a name for an array is no copy.",
    loses=("test_snapshot_stays", "test_snapshot_comes_back"),
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [p.data for p in model.parameters()]

    def restore(self):
        for p, array in zip(self.model.parameters(), self.arrays):
            p.data[...] = array


@wrong(
    "keeps views",
    "If the arrays change with the parameters, copy them: a name for an array is no copy.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [np.asarray(p.data)[...] for p in model.parameters()]

    def restore(self):
        for p, array in zip(self.model.parameters(), self.arrays):
            p.data[...] = array


@wrong(
    "copies the list",
    "If the arrays change with the parameters, copy them: a name for an array is no copy.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [p.data for p in model.parameters()].copy()

    def restore(self):
        for p, array in zip(self.model.parameters(), self.arrays):
            p.data[...] = array


@wrong(
    "keeps the Tensors",
    "If the arrays change with the parameters, copy them: a name for an array is no copy.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = list(model.parameters())

    def restore(self):
        for p, kept in zip(self.model.parameters(), self.arrays):
            p.data[...] = kept.data


@wrong(
    "shares one list",
    "If all snapshots hold the same, give each a list of its own.",
)
class Snapshot:
    arrays = []

    def __init__(self, model):
        self.model = model
        self.arrays.clear()
        self.arrays.extend(p.data.copy() for p in model.parameters())

    def restore(self):
        for p, array in zip(self.model.parameters(), self.arrays):
            p.data[...] = array


@wrong(
    "appends to one list",
    "If a later snapshot holds the arrays of an earlier one, give each a list of its own.",
)
class Snapshot:
    arrays = []

    def __init__(self, model):
        self.model = model
        self.arrays.extend(p.data.copy() for p in model.parameters())

    def restore(self):
        for p, array in zip(self.model.parameters(), self.arrays):
            p.data[...] = array


@wrong(
    "takes the weights alone",
    "If some parameters are missing, take all that parameters() gives, biases too.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [p.data.copy() for p in model.parameters() if p.ndim == 2]

    def restore(self):
        for p, array in zip([p for p in self.model.parameters() if p.ndim == 2], self.arrays):
            p.data[...] = array


@wrong(
    "copies in float64",
    "If the dtype changed, copy the arrays as they are.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [np.array(p.data, np.float64) for p in model.parameters()]

    def restore(self):
        for p, array in zip(self.model.parameters(), self.arrays):
            p.data[...] = array


@wrong(
    "flattens the arrays",
    "If the shapes are lost, keep an array of each parameter's own shape.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [p.data.flatten() for p in model.parameters()]

    def restore(self):
        for p, array in zip(self.model.parameters(), self.arrays):
            p.data[...] = array.reshape(p.shape)


@wrong(
    "turns the order round",
    "If the arrays are in another order, keep that of parameters().",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [p.data.copy() for p in model.parameters()][::-1]

    def restore(self):
        for p, array in zip(self.model.parameters(), self.arrays[::-1]):
            p.data[...] = array


@wrong(
    "sets a name in the loop",
    "If restore changes nothing, write the kept values into the parameters' own arrays.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [p.data.copy() for p in model.parameters()]

    def restore(self):
        for p, array in zip(self.model.parameters(), self.arrays):
            p = Tensor(array)


@wrong(
    "changes a copy of the values",
    "If restore changes nothing, write the kept values into the parameters' own arrays.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [p.data.copy() for p in model.parameters()]

    def restore(self):
        for p, array in zip(self.model.parameters(), self.arrays):
            data = p.data.copy()
            data[...] = array


@wrong(
    "hands its own arrays to the parameters",
    "If a second restore gives other values, the parameters were given the arrays themselves.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [p.data.copy() for p in model.parameters()]

    def restore(self):
        for p, array in zip(self.model.parameters(), self.arrays):
            p.data = array


@wrong(
    "restores the first parameter only",
    "If only the first parameter came back, go through all of them.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [p.data.copy() for p in model.parameters()]

    def restore(self):
        parameter = self.model.parameters()[0]
        parameter.data[...] = self.arrays[0]


@wrong(
    "restores once",
    "If it can be restored only once, keep the arrays for the next time.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [p.data.copy() for p in model.parameters()]

    def restore(self):
        for p in self.model.parameters():
            if self.arrays:
                p.data[...] = self.arrays.pop(0)


@wrong(
    "exchanges the two",
    "If restore keeps the values that it replaces, a snapshot stays as it is.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [p.data.copy() for p in model.parameters()]

    def restore(self):
        for n, p in enumerate(self.model.parameters()):
            now = p.data.copy()
            p.data[...] = self.arrays[n]
            self.arrays[n] = now


@wrong(
    "adds the values",
    "If restore adds, it is to set the values.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [p.data.copy() for p in model.parameters()]

    def restore(self):
        for p, array in zip(self.model.parameters(), self.arrays):
            p.data += array


@wrong(
    "takes the snapshot when it restores",
    "If restore changes nothing, write the kept values into the parameters' own arrays.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [p.data.copy() for p in model.parameters()]

    def restore(self):
        self.arrays = [p.data.copy() for p in self.model.parameters()]
        for p, array in zip(self.model.parameters(), self.arrays):
            p.data[...] = array


@right("gives the parameters new copies")
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [np.array(p.data) for p in model.parameters()]

    def restore(self):
        for p, array in zip(self.model.parameters(), self.arrays):
            p.data = array.copy()


@right("with np.copyto")
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = []
        for p in model.parameters():
            self.arrays.append(np.copy(p.data))

    def restore(self):
        for n, p in enumerate(self.model.parameters()):
            np.copyto(p.data, self.arrays[n])


@right("remembers the parameters")
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.parameters = list(model.parameters())
        self.arrays = [np.array(p.data) for p in self.parameters]

    def restore(self):
        for n, p in enumerate(self.parameters):
            np.copyto(p.data, self.arrays[n])


# --- save_arrays ----------------------------------------------------------------------------


@wrong(
    "cleans up after the writing alone",
    "If a file stays behind where the exchange fails, clean up after that as well.",
)
def save_arrays(path, arrays):
    beside = f"{os.fspath(path)}.part"
    try:
        with open(beside, "wb") as file:
            np.savez(file, **arrays)
    except BaseException:
        os.unlink(beside)
        raise
    os.replace(beside, path)


@wrong(
    "writes over the old file",
    "If the old file is gone or changed too early, leave it alone until the new one is complete.",
)
def save_arrays(path, arrays):
    with open(path, "wb") as file:
        np.savez(file, **arrays)


@wrong(
    "leaves the name to np.savez",
    "If the file has another name: np.savez puts .npz behind a path, not behind an open file.",
)
def save_arrays(path, arrays):
    np.savez(path, **arrays)


@wrong(
    "removes the old file first",
    "If the old file is gone or changed too early, leave it alone until the new one is complete.",
)
def save_arrays(path, arrays):
    if os.path.exists(path):
        os.remove(path)
    beside = f"{path}.part"
    try:
        with open(beside, "wb") as file:
            np.savez(file, **arrays)
        os.rename(beside, path)
    except BaseException:
        os.remove(beside)
        raise


@wrong(
    "leaves the half-written file behind",
    "If the half-written file is left, remove it when something goes wrong.",
)
def save_arrays(path, arrays):
    beside = f"{path}.part"
    with open(beside, "wb") as file:
        np.savez(file, **arrays)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


@wrong(
    "keeps quiet about failures",
    "If you catch the error and go on, nobody learns that nothing was saved.",
)
def save_arrays(path, arrays):
    beside = f"{path}.part"
    try:
        with open(beside, "wb") as file:
            np.savez(file, **arrays)
        os.replace(beside, path)
    except Exception:
        os.remove(beside)


@wrong(
    "loses the names",
    "If the names are lost, pass the arrays by name, with **.",
)
def save_arrays(path, arrays):
    beside = f"{path}.part"
    try:
        with open(beside, "wb") as file:
            np.savez(file, *arrays.values())
        os.replace(beside, path)
    except BaseException:
        os.remove(beside)
        raise


@wrong(
    "keeps the old file under another name",
    "If another file is left, only the one that was named should be.",
)
def save_arrays(path, arrays):
    beside, old = f"{path}.part", f"{path}.old"
    try:
        with open(beside, "wb") as file:
            np.savez(file, **arrays)
        with open(old, "wb") as file:
            np.savez(file, **arrays)
        os.replace(beside, path)
    except BaseException:
        os.remove(beside)
        raise


@wrong(
    "forgets the exchange",
    "If the file has another name: np.savez puts .npz behind a path, not behind an open file.",
)
def save_arrays(path, arrays):
    beside = f"{path}.part"
    with open(beside, "wb") as file:
        np.savez(file, **arrays)
        file.flush()
        os.fsync(file.fileno())


@right("with pathlib and a hidden name")
def save_arrays(path, arrays):
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@right("with a temporary file in the same folder")
def save_arrays(path, arrays):
    handle, name = tempfile.mkstemp(dir=os.path.dirname(path) or ".")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **{key: np.asarray(value) for key, value in arrays.items()})
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.remove(name)
        raise


@right("makes every array before it opens a file")
def save_arrays(path, arrays):
    ready = {name: np.array(value) for name, value in arrays.items()}
    beside = str(path) + "~"
    with open(beside, "wb") as file:
        np.savez(file, **ready)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.replace(beside, path)
    except OSError:
        os.remove(beside)
        raise


@wrong(
    "makes ready and then writes over the old file",
    "If the old file is gone or changed too early, leave it alone until the new one is complete.",
)
def save_arrays(path, arrays):
    ready = {name: np.array(value) for name, value in arrays.items()}
    with open(path, "wb") as file:
        np.savez(file, **ready)


@wrong(
    "copies the new bytes into the old file",
    "If the old file is gone or changed too early, leave it alone until the new one is complete.",
)
def save_arrays(path, arrays):
    beside = f"{os.fspath(path)}.part"
    try:
        with open(beside, "wb") as file:
            np.savez(file, **arrays)
        content = open(beside, "rb").read()
        with open(path, "wb") as file:
            file.write(content)
    finally:
        os.remove(beside)


@wrong(
    "puts the old file back after a failure",
    "If the old file is gone or changed too early, leave it alone until the new one is complete.",
)
def save_arrays(path, arrays):
    old = open(path, "rb").read() if os.path.exists(path) else None
    try:
        with open(path, "wb") as file:
            np.savez(file, **arrays)
    except BaseException:
        if old is None:
            os.remove(path)
        else:
            with open(path, "wb") as file:
                file.write(old)
        raise


@wrong(
    "moves the old file away while it writes",
    "If the old file is gone or changed too early, leave it alone until the new one is complete.",
)
def save_arrays(path, arrays):
    away = f"{os.fspath(path)}.old"
    if os.path.exists(path):
        os.replace(path, away)
    try:
        with open(path, "wb") as file:
            np.savez(file, **arrays)
    except BaseException:
        os.remove(path)
        if os.path.exists(away):
            os.replace(away, path)
        raise
    if os.path.exists(away):
        os.remove(away)


@wrong(
    "adds to what is there",
    "If old arrays are still there, the new file holds the new ones alone.",
)
def save_arrays(path, arrays):
    old = {}
    if os.path.exists(path):
        with np.load(path) as saved:
            old = dict(saved)
    beside = f"{os.fspath(path)}.part"
    try:
        with open(beside, "wb") as file:
            np.savez(file, **(old | dict(arrays)))
        os.replace(beside, path)
    except BaseException:
        if os.path.exists(beside):
            os.remove(beside)
        raise


@wrong(
    "saves in float32",
    "If dtypes changed, save the arrays as they are.",
)
def save_arrays(path, arrays):
    beside = f"{os.fspath(path)}.part"
    try:
        with open(beside, "wb") as file:
            np.savez(
                file, **{name: np.asarray(value, np.float32) for name, value in arrays.items()}
            )
        os.replace(beside, path)
    except BaseException:
        if os.path.exists(beside):
            os.remove(beside)
        raise


@wrong(
    "turns failures into a RuntimeError",
    "If a failure comes out as another exception, let it go on as it is.",
)
def save_arrays(path, arrays):
    beside = f"{os.fspath(path)}.part"
    try:
        with open(beside, "wb") as file:
            np.savez(file, **arrays)
        os.replace(beside, path)
    except Exception as error:
        os.remove(beside)
        raise Exception("not saved") from error


@wrong(
    "leaves empty arrays out",
    "If empty arrays are missing, save them too.",
)
def save_arrays(path, arrays):
    beside = f"{os.fspath(path)}.part"
    try:
        with open(beside, "wb") as file:
            np.savez(file, **{name: value for name, value in arrays.items() if np.size(value)})
        os.replace(beside, path)
    except BaseException:
        if os.path.exists(beside):
            os.remove(beside)
        raise


@wrong(
    "keeps an old file that is there",
    "If a second save changes nothing, the new file takes the place of the old one.",
)
def save_arrays(path, arrays):
    if os.path.exists(path):
        return
    beside = f"{os.fspath(path)}.part"
    try:
        with open(beside, "wb") as file:
            np.savez(file, **arrays)
        os.replace(beside, path)
    except BaseException:
        if os.path.exists(beside):
            os.remove(beside)
        raise


@wrong(
    "puts .npz behind every name",
    "If the file has another name: np.savez puts .npz behind a path, not behind an open file.",
)
def save_arrays(path, arrays):
    name = os.fspath(path)
    name = name if name.endswith(".npz") else name + ".npz"
    beside = f"{name}.part"
    try:
        with open(beside, "wb") as file:
            np.savez(file, **arrays)
        os.replace(beside, name)
    except BaseException:
        os.remove(beside)
        raise


@wrong(
    "takes only a Path",
    "If text fails, a path may be text or a Path.",
)
def save_arrays(path, arrays):
    beside = path.with_suffix(".part")
    try:
        with open(beside, "wb") as file:
            np.savez(file, **arrays)
        beside.replace(path)
    except BaseException:
        beside.unlink()
        raise


# --- restore_generator ----------------------------------------------------------------------


@wrong(
    "sets the state of a new Generator",
    "If nothing changed, the state is to be set on rng itself: a new Generator, or a changed "
    "dict, does nothing to it.",
)
def restore_generator(rng, text):
    rng = np.random.default_rng()
    rng.bit_generator.state = json.loads(text)


@wrong(
    "returns a Generator",
    "If nothing changed, the state is to be set on rng itself: a new Generator, or a changed "
    "dict, does nothing to it.",
)
def restore_generator(rng, text):
    state = json.loads(text)
    copy = np.random.Generator(type(rng.bit_generator)())
    copy.bit_generator.state = state
    return copy


@wrong(
    "hands the text over unread",
    "If the state is refused, json.loads makes a dict of the text.",
)
def restore_generator(rng, text):
    rng.bit_generator.state = text


@wrong(
    "changes the text alone",
    "If nothing changed, the state is to be set on rng itself: a new Generator, or a changed "
    "dict, does nothing to it.",
)
def restore_generator(rng, text):
    state = rng.bit_generator.state
    state.update(json.loads(text))


@wrong(
    "forgets the half number that waits",
    "If a kind fails or draws other numbers, hand over the state as it is, with every entry.",
)
def restore_generator(rng, text):
    state = json.loads(text)
    now = rng.bit_generator.state
    if state["bit_generator"] != now["bit_generator"]:
        raise ValueError("another kind")
    rng.bit_generator.state = {**now, "state": state["state"]}


@wrong(
    "swallows the refusal of another kind",
    "If a Generator of another kind is taken in silence, its draws mean nothing.",
)
def restore_generator(rng, text):
    try:
        rng.bit_generator.state = json.loads(text)
    except ValueError:
        pass


@wrong(
    "takes the place for a seed",
    "If a kind fails or draws other numbers, hand over the state as it is, with every entry.",
)
def restore_generator(rng, text):
    state = json.loads(text)
    if state["bit_generator"] != rng.bit_generator.state["bit_generator"]:
        raise ValueError("another kind")
    seeded = np.random.default_rng(state["state"]["state"])
    rng.bit_generator.state = seeded.bit_generator.state


@wrong(
    "knows one kind only",
    "If only one kind works, leave it to the state.",
)
def restore_generator(rng, text):
    state = json.loads(text)
    if state["bit_generator"] != "PCG64" or rng.bit_generator.state["bit_generator"] != "PCG64":
        raise ValueError("expected PCG64")
    rng.bit_generator.state = state


@right("checks the kind itself")
def restore_generator(rng, text):
    state, kind = json.loads(text), rng.bit_generator.state["bit_generator"]
    if state["bit_generator"] != kind:
        raise ValueError(f"expected {kind}")
    rng.bit_generator.state = state


@right("compares classes")
def restore_generator(rng, text):
    state = json.loads(text)
    if type(rng.bit_generator).__name__ != state["bit_generator"]:
        raise ValueError("another kind")
    rng.bit_generator.state = dict(state)


@right("by way of a copy")
def restore_generator(rng, text):
    trial = type(rng.bit_generator)()
    trial.state = json.loads(text)
    rng.bit_generator.state = trial.state


@wrong(
    "does nothing",
    "If nothing changed, the state is to be set on rng itself: a new Generator, or a changed "
    "dict, does nothing to it.",
)
def restore_generator(rng, text):
    state = json.loads(text)
    if state["bit_generator"] != rng.bit_generator.state["bit_generator"]:
        raise ValueError("another kind")


@wrong(
    "draws once after it",
    "If one draw is left out, only set the state.",
)
def restore_generator(rng, text):
    rng.bit_generator.state = json.loads(text)
    rng.random()


@wrong(
    "turns the refusal into a TypeError",
    "If another kind is refused by another exception, a ValueError is asked for.",
)
def restore_generator(rng, text):
    state = json.loads(text)
    if state["bit_generator"] != rng.bit_generator.state["bit_generator"]:
        raise TypeError("another kind")
    rng.bit_generator.state = state


@wrong(
    "renames the kind in the text",
    "If a Generator of another kind is taken in silence, its draws mean nothing.",
)
def restore_generator(rng, text):
    state = json.loads(text)
    if state["bit_generator"] != rng.bit_generator.state["bit_generator"]:
        return
    rng.bit_generator.state = state


@right("with eval's safe sister")
def restore_generator(rng, text):
    kind = rng.bit_generator.state["bit_generator"]
    if kind not in text:
        raise ValueError(f"expected {kind}")
    state = rng.bit_generator.state
    state.update(json.loads(text))
    setattr(rng.bit_generator, "state", state)


# --- Kinds that are seen in special cases alone ---------------------------------------------


@wrong(
    "makes a batch of one for NumPy's numbers",
    "If a NumPy number gave a batch of one, let each array take the index itself.",
)
class TensorDataset:
    def __init__(self, *arrays):
        self.arrays = tuple(to_array(array) for array in arrays)
        lengths = [array.shape[:1] for array in self.arrays]
        if not lengths or () in lengths or len(set(lengths)) > 1:
            shapes = ", ".join(str(array.shape) for array in self.arrays) or "none"
            raise ValueError(f"expected arrays of equal length, got {shapes}: one entry a sample")

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        if isinstance(index, (int, slice)):
            return tuple(array[index] for array in self.arrays)
        return tuple(array[np.atleast_1d(index)] for array in self.arrays)


@wrong(
    "leaves few samples unshuffled",
    "If few samples are not shuffled, let chance decide for any number of them.",
)
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if not 0 < size < count:
        raise ValueError("a group would be empty")
    order = rng.permutation(count) if count >= 10 else np.arange(count)
    return order[:size], order[size:]


@wrong(
    "keeps the order in the loader",
    "If two loops at once mix, keep the order in a name of the loop, not in self.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
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

    def __len__(self):
        full, left = divmod(len(self.dataset), self.batch_size)
        return full + (left > 0 and not self.drop_last)

    def __iter__(self):
        count = len(self.dataset)
        self.order = np.arange(count) if self.rng is None else self.rng.permutation(count)
        for number in range(len(self)):
            start = number * self.batch_size
            yield self.dataset[self.order[start : start + self.batch_size]]


@wrong(
    "spawns a Generator for each epoch",
    "If a Generator put back gives another order, draw from it, not from a child of it.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
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

    def __len__(self):
        full, left = divmod(len(self.dataset), self.batch_size)
        return full + (left > 0 and not self.drop_last)

    def __iter__(self):
        count = len(self.dataset)
        order = np.arange(count) if self.rng is None else self.rng.spawn(1)[0].permutation(count)
        for number in range(len(self)):
            start = number * self.batch_size
            yield self.dataset[order[start : start + self.batch_size]]


@wrong(
    "moves the parameters by hand",
    "If only plain descent moves right, leave the move to the optimizer's step.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), targets)
    backward(value)
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    for p in model.parameters():
        if p.grad is not None:
            p.data -= (optimizer.lr * p.grad).astype(p.data.dtype)
    return value.item()


@wrong(
    "multiplies old gradients by 0",
    "If nan or inf left behind stays, forget old gradients: 0 times nan is nan.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    for p in model.parameters():
        if p.grad is not None:
            p.grad = p.grad * 0
    value = loss(model(inputs), targets)
    backward(value)
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    optimizer.step()
    return value.item()


@wrong(
    "measures in a second pass",
    "If the model is passed through twice, return the loss whose gradient was taken.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    with no_grad():
        before = loss(model(inputs), targets).item()
    backward(loss(model(inputs), targets))
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    optimizer.step()
    return before


@wrong(
    "makes decimal numbers of the targets",
    "If class numbers became decimal, hand the targets over as they are.",
)
def train_step(model, loss, optimizer, inputs, targets, clip=None):
    optimizer.zero_grad()
    value = loss(model(inputs), Tensor(np.asarray(targets, np.float32)))
    backward(value)
    if clip is not None:
        clip_by_norm(model.parameters(), clip)
    optimizer.step()
    return value.item()


@wrong(
    "looks at the top before it trains",
    "If a layer inside stays in evaluation mode, call train() in any case.",
)
def train_epoch(model, loss, optimizer, loader, schedule=None, clip=None):
    if not model.training:
        model.train()
    total, samples = 0.0, 0
    for inputs, targets in loader:
        if schedule is not None:
            optimizer.lr = schedule(optimizer.steps)
        value = train_step(model, loss, optimizer, inputs, targets, clip)
        total += value * len(inputs)
        samples += len(inputs)
    return total / samples


@wrong(
    "looks at the top before it evaluates",
    "If a layer inside stays in training mode, call eval() in any case.",
)
def evaluate(model, loss, loader, metric=accuracy):
    before = model.training
    total, score, count = 0.0, 0.0, 0
    try:
        if model.training:
            model.eval()
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += float(loss(output, targets).item()) * len(inputs)
                score += float(metric(output, targets)) * len(inputs)
                count += len(inputs)
    finally:
        model.train(before)
    return total / count, score / count


@wrong(
    "cuts the output off from its record",
    "If layers record meanwhile, call the model inside no_grad().",
)
def evaluate(model, loss, loader, metric=accuracy):
    before = model.training
    total, score, count = 0.0, 0.0, 0
    try:
        model.eval()
        if True:
            for inputs, targets in loader:
                output = Tensor(model(inputs).data)
                total += float(loss(output, targets).item()) * len(inputs)
                score += float(metric(output, targets)) * len(inputs)
                count += len(inputs)
    finally:
        model.train(before)
    return total / count, score / count


@wrong(
    "takes nan for a big number",
    "If a huge loss is no improvement on nan, nan counts as infinite.",
)
def should_stop(losses, patience):
    clean = [1e9 if np.isnan(x) else x for x in losses]
    before, last = clean[:-patience], clean[-patience:]
    return bool(before) and min(last) >= min(before)


@wrong(
    "asks for a lowest that is lower by a little",
    "If a slightly lower loss is no news, any lower one is: there is no tolerance.",
)
def should_stop(losses, patience):
    lowest, age = float("inf"), 0
    for loss in losses:
        if loss < lowest - 1e-6:
            lowest, age = loss, 0
        else:
            age += 1
    return age >= patience


@wrong(
    "waits while all before is nan",
    "If a run of nan never ends, nan counts as an infinite loss, which none lowers.",
)
def should_stop(losses, patience):
    before = [x for x in losses[:-patience] if np.isfinite(x)]
    last = losses[-patience:]
    return bool(before) and not any(x < min(before) for x in last)


@wrong(
    "writes inf into the list",
    "If the list has changed, work on a copy of it.",
)
def should_stop(losses, patience):
    for i, x in enumerate(losses):
        if x != x:
            losses[i] = float("inf")
    before, last = losses[:-patience], losses[-patience:]
    return len(before) > 0 and min(last) >= min(before)


@wrong(
    "asks for a gain of 1e-4",
    "If a small gain does not count, any lower loss is a new lowest one.",
)
def should_stop(losses, patience):
    clean = [float("inf") if np.isnan(x) else x for x in losses]
    before, last = clean[:-patience], clean[-patience:]
    return len(before) > 0 and not any(x < min(before) - 1e-4 for x in last)


@wrong(
    "compares in float32",
    "If close losses count as equal, float32 is too coarse: compare them as they are.",
)
def should_stop(losses, patience):
    clean = np.nan_to_num(
        np.array(losses, dtype=np.float32), nan=np.inf, posinf=np.inf, neginf=-np.inf
    )
    if len(clean) <= patience:
        return False
    return bool(clean[-patience:].min() >= clean[:-patience].min())


@wrong(
    "looks back twice the patience",
    "If an old lowest loss is forgotten, compare with all losses before the last ones.",
)
def should_stop(losses, patience):
    clean = [float("inf") if np.isnan(x) else x for x in losses]
    before, last = clean[-2 * patience : -patience], clean[-patience:]
    return len(before) > 0 and min(last) >= min(before)


@wrong(
    "copies to float32",
    "If large or fine numbers of float64 are lost, copy with the same dtype.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [p.data.astype(np.float32) for p in model.parameters()]

    def restore(self):
        for p, array in zip(self.model.parameters(), self.arrays, strict=True):
            p.data[...] = array


@wrong(
    "adds the difference",
    "If nan stays after restore, assign the values instead of adding a difference.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [p.data.copy() for p in model.parameters()]

    def restore(self):
        for p, array in zip(self.model.parameters(), self.arrays, strict=True):
            p.data = p.data + (array - p.data)


@wrong(
    "finds values by shape",
    "If parameters of one shape got the same values, go through them in order.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [p.data.copy() for p in model.parameters()]

    def restore(self):
        by_shape = {array.shape: array for array in self.arrays}
        for p in self.model.parameters():
            p.data = by_shape[p.data.shape].copy()


@wrong(
    "leaves frozen parameters out",
    "If a frozen parameter is missing, take all of model.parameters().",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.kept = [p for p in model.parameters() if p.requires_grad]
        self.arrays = [p.data.copy() for p in self.kept]

    def restore(self):
        for p, array in zip(self.kept, self.arrays, strict=True):
            p.data[...] = array


@wrong(
    "replaces the ending by .tmp",
    "If run.tmp itself is written over, add to the whole name for the second file.",
)
def save_arrays(path, arrays):
    temp = os.path.splitext(os.fspath(path))[0] + ".tmp"
    try:
        with open(temp, "wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temp, path)
    except BaseException:
        if os.path.exists(temp):
            os.remove(temp)
        raise


@wrong(
    "cleans up after an Exception only",
    "If Ctrl-C leaves a file, clean up in `finally`, or after any BaseException.",
)
def save_arrays(path, arrays):
    temp = f"{os.fspath(path)}.beside.part"
    try:
        with open(temp, "wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temp, path)
    except Exception:
        if os.path.exists(temp):
            os.remove(temp)
        raise


@wrong(
    "removes the old file before it renames",
    "If there is a moment without a file, os.replace exchanges in one stroke.",
)
def save_arrays(path, arrays):
    temp = f"{os.fspath(path)}.beside.part"
    try:
        with open(temp, "wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(path):
            os.remove(path)
        os.rename(temp, path)
    except BaseException:
        if os.path.exists(temp):
            os.remove(temp)
        raise


@wrong(
    "saves nothing for no arrays",
    "If no arrays are to be saved, the file is still replaced.",
)
def save_arrays(path, arrays):
    if not arrays:
        return
    temp = f"{os.fspath(path)}.beside.part"
    try:
        with open(temp, "wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temp, path)
    except BaseException:
        if os.path.exists(temp):
            os.remove(temp)
        raise


@wrong(
    "turns numbers into float32",
    "If a number came back changed, save numbers as they are.",
)
def save_arrays(path, arrays):
    arrays = {k: to_array(v) if isinstance(v, (int, float)) else v for k, v in arrays.items()}
    temp = f"{os.fspath(path)}.beside.part"
    try:
        with open(temp, "wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temp, path)
    except BaseException:
        if os.path.exists(temp):
            os.remove(temp)
        raise


@right("gives every layer its own mode back")
def evaluate(model, loss, loader, metric=accuracy):
    def all_layers(layer):
        return [layer] + [each for child in layer.children() for each in all_layers(child)]

    before = [(layer, layer.training) for layer in all_layers(model)]
    total, score, count = 0.0, 0.0, 0
    try:
        model.eval()
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += loss(output, targets).item() * len(inputs)
                score += float(metric(output, targets)) * len(inputs)
                count += len(inputs)
    finally:
        for layer, mode in before:
            layer.training = mode
    return total / count, score / count


@wrong(
    "spawns a Generator for each call",
    "If a Generator put back gives other groups, draw from it, not from a child of it.",
)
def split_rows(count, fraction, rng):
    size = round(fraction * count)
    if not 0 < size < count:
        raise ValueError("a group would be empty")
    order = rng.spawn(1)[0].permutation(count)
    return order[:size], order[size:]


@wrong(
    "fetches the last batch before it drops it",
    "If drop_last asks once too often, count the batches before you fetch one.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size = dataset, batch_size
        self.rng, self.drop_last = rng, drop_last

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        count = len(self.dataset)
        order = np.arange(count) if self.rng is None else self.rng.permutation(count)
        for start in range(0, count, self.batch_size):
            batch = self.dataset[order[start : start + self.batch_size]]
            if self.drop_last and len(batch[0]) < self.batch_size:
                return
            yield batch


@wrong(
    "draws each batch when it is asked for",
    "If draws in the middle of an epoch change it, draw the whole order when it begins.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size = dataset, batch_size
        self.rng, self.drop_last = rng, drop_last

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        rest = np.arange(len(self.dataset))
        for _ in range(len(self)):
            if self.rng is not None:
                rest = self.rng.permutation(rest)
            batch, rest = rest[: self.batch_size], rest[self.batch_size :]
            yield self.dataset[batch]


@wrong(
    "reaches for the data set's arrays",
    "If a data set without `arrays` fails, let it choose the samples by its own index.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size = dataset, batch_size
        self.rng, self.drop_last = rng, drop_last

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        count = len(self.dataset)
        order = np.arange(count) if self.rng is None else self.rng.permutation(count)
        for n in range(len(self)):
            rows = order[n * self.batch_size : (n + 1) * self.batch_size]
            yield tuple(array[rows] for array in self.dataset.arrays)


@wrong(
    "hands over a list of numbers",
    "If a list of indices is refused, hand the data set an array of them.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size = dataset, batch_size
        self.rng, self.drop_last = rng, drop_last

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        order = list(range(len(self.dataset)))
        if self.rng is not None:
            self.rng.shuffle(order)
        for n in range(len(self)):
            yield self.dataset[order[n * self.batch_size : (n + 1) * self.batch_size]]


@wrong(
    "shuffles its last order on",
    "If a Generator put back gives another order, begin each epoch with 0 to n - 1.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size = dataset, batch_size
        self.rng, self.drop_last = rng, drop_last
        self.order = np.arange(len(dataset))

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        if self.rng is not None:
            self.rng.shuffle(self.order)
        for n in range(len(self)):
            yield self.dataset[self.order[n * self.batch_size : (n + 1) * self.batch_size]]


@wrong(
    "draws from a copy of the Generator",
    "If draws of others don't count, draw from rng itself and not from a copy.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size = dataset, batch_size
        self.rng, self.drop_last = rng, drop_last
        if rng is not None:
            self.rng = np.random.Generator(type(rng.bit_generator)())
            self.rng.bit_generator.state = rng.bit_generator.state

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        count = len(self.dataset)
        order = np.arange(count) if self.rng is None else self.rng.permutation(count)
        for n in range(len(self)):
            yield self.dataset[order[n * self.batch_size : (n + 1) * self.batch_size]]


@wrong(
    "draws the next order ahead",
    "If an order is drawn too early, draw it when its epoch begins.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size = dataset, batch_size
        self.rng, self.drop_last = rng, drop_last
        count = len(dataset)
        self.next = np.arange(count) if rng is None else rng.permutation(count)

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self):
        order = self.next
        if self.rng is not None:
            self.next = self.rng.permutation(len(self.dataset))
        for n in range(len(self)):
            yield self.dataset[order[n * self.batch_size : (n + 1) * self.batch_size]]


@wrong(
    "hands the classes to the metric",
    "If the metric gets classes, hand it the output as the model gave it.",
)
def evaluate(model, loss, loader, metric=accuracy):
    before, total, score, count = model.training, 0.0, 0.0, 0
    try:
        model.eval()
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += loss(output, targets).item() * len(targets)
                score += float(metric(output.data.argmax(axis=-1), targets)) * len(targets)
                count += len(targets)
    finally:
        model.train(before)
    return total / count, score / count


@wrong(
    "rounds the metric to whole hits",
    "If a metric is rounded, it need not be a share of hits: add it up as it is.",
)
def evaluate(model, loss, loader, metric=accuracy):
    before, total, score, count = model.training, 0.0, 0.0, 0
    try:
        model.eval()
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += loss(output, targets).item() * len(targets)
                score += round(float(metric(output, targets)) * len(targets))
                count += len(targets)
    finally:
        model.train(before)
    return total / count, score / count


@wrong(
    "goes through the loader twice",
    "If batches are gone through twice, take both numbers in one go: a generator ends.",
)
def evaluate(model, loss, loader, metric=accuracy):
    def mean(function):
        total, count = 0.0, 0
        for inputs, targets in loader:
            total += function(model(inputs), targets) * len(targets)
            count += len(targets)
        return total / max(count, 1)

    before = model.training
    try:
        model.eval()
        with no_grad():
            return mean(lambda output, targets: loss(output, targets).item()), float(mean(metric))
    finally:
        model.train(before)


@wrong(
    "cleans up after an Exception only",
    "If Ctrl-C leaves the mode changed, clean up in `finally`.",
)
def evaluate(model, loss, loader, metric=accuracy):
    before, total, score, count = model.training, 0.0, 0.0, 0
    try:
        model.eval()
        with no_grad():
            for inputs, targets in loader:
                output = model(inputs)
                total += loss(output, targets).item() * len(targets)
                score += float(metric(output, targets)) * len(targets)
                count += len(targets)
    except Exception:
        model.train(before)
        raise
    model.train(before)
    return total / count, score / count


@wrong(
    "switches recording off at the parameters",
    "If nothing is recorded afterwards, use `with no_grad()` instead of switching it off.",
)
def evaluate(model, loss, loader, metric=accuracy):
    before, total, score, count = model.training, 0.0, 0.0, 0
    for p in model.parameters():
        p.requires_grad = False
    try:
        model.eval()
        for inputs, targets in loader:
            output = model(inputs)
            total += loss(output, targets).item() * len(targets)
            score += float(metric(output, targets)) * len(targets)
            count += len(targets)
    finally:
        model.train(before)
    for p in model.parameters():
        p.requires_grad = True
    return total / count, score / count


@wrong(
    "stops for ever after one long wait",
    "If a new lowest loss after a long wait does not count, ask about the last losses alone.",
)
def should_stop(losses, patience):
    best, waited = None, 0
    for loss in losses:
        loss = np.inf if np.isnan(loss) else loss
        if best is None or loss < best:
            best, waited = loss, 0
        else:
            waited += 1
        if waited >= patience:
            return True
    return False


@wrong(
    "makes infinity finite",
    "If infinity is below nan, nan_to_num has made it finite: nan counts just as infinite.",
)
def should_stop(losses, patience):
    if len(losses) <= patience:
        return False
    values = np.nan_to_num(np.array(losses, float), nan=np.inf)
    return bool(values[-patience:].min() >= values[:-patience].min())


@wrong(
    "lets nan hide the others",
    "If nan hides other losses, NumPy's min is nan as soon as one of them is.",
)
def should_stop(losses, patience):
    if len(losses) <= patience:
        return False
    return not np.min(losses[-patience:]) < np.min(losses[:-patience])


@wrong(
    "sets a parameter by [:]",
    "If a parameter without axes can't be set, `[...]` sets it where `[:]` fails.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.arrays = [p.data.copy() for p in model.parameters()]

    def restore(self):
        for p, array in zip(self.model.parameters(), self.arrays, strict=True):
            p.data[:] = array


@wrong(
    "restores what it keeps elsewhere",
    "If other values in `arrays` are not restored, restore those in `self.arrays`.",
)
class Snapshot:
    def __init__(self, model):
        self.model = model
        self.kept = [(p, p.data.copy()) for p in model.parameters()]
        self.arrays = [array for _, array in self.kept]

    def restore(self):
        for p, array in self.kept:
            p.data[...] = array


@wrong(
    "takes only text",
    "If a Path fails, a path may be text or a Path.",
)
def save_arrays(path, arrays):
    beside = path + ".new"
    try:
        with open(beside, "wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        if os.path.exists(beside):
            os.remove(beside)
        raise


@wrong(
    "takes names of arrays for arguments of its own",
    "If the name of an array clashes with an argument, hand the dict over as one.",
)
def save_arrays(path, arrays):
    def write(path, beside, **named):
        try:
            with open(beside, "wb") as file:
                np.savez(file, **named)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
        except BaseException:
            if os.path.exists(beside):
                os.remove(beside)
            raise

    write(os.fspath(path), os.fspath(path) + ".new", **arrays)


@right("saves without a word to the disk, which no test can see")
def save_arrays(path, arrays):
    beside = os.fspath(path) + ".new"
    try:
        with open(beside, "wb") as file:
            np.savez(file, **arrays)
        os.replace(beside, path)
    except BaseException:
        if os.path.exists(beside):
            os.remove(beside)
        raise
