"""Solutions to lesson 08 that its tests must tell apart: wrong ones students write, right ones."""

import numpy as np

from tinytorch.course.variants import right, wrong

# --- TensorDataset ------------------------------------------------------------------------


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
            return tuple(np.take(array, index, axis=0) for array in self.arrays)
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


# --- split --------------------------------------------------------------------------------


@wrong(
    "cuts without shuffling",
    "If you cut without shuffling, the second part is the end of the file.",
)
def split(dataset, fraction, rng):
    count = round(fraction * len(dataset))
    if not 0 < count < len(dataset):
        raise ValueError("an empty part")
    return TensorDataset(*dataset[:count]), TensorDataset(*dataset[count:])


@wrong(
    "holds the fraction out",
    "If the first is the smaller, fraction is the share of the first.",
)
def split(dataset, fraction, rng):
    count = round(fraction * len(dataset))
    order = rng.permutation(len(dataset))
    return TensorDataset(*dataset[order[count:]]), TensorDataset(*dataset[order[:count]])


@wrong(
    "draws the two parts one by one",
    "If some come twice and others never, draw one order and cut it in two.",
)
def split(dataset, fraction, rng):
    count = round(fraction * len(dataset))
    first = rng.choice(len(dataset), count, replace=False)
    second = rng.choice(len(dataset), len(dataset) - count, replace=False)
    return TensorDataset(*dataset[first]), TensorDataset(*dataset[second])


@wrong(
    "shuffles each array by itself",
    "If you shuffle each array by itself, samples lose their labels.",
)
def split(dataset, fraction, rng):
    count = round(fraction * len(dataset))
    arrays = [rng.permutation(array) for array in dataset.arrays]
    first, second = [a[:count] for a in arrays], [a[count:] for a in arrays]
    return TensorDataset(*first), TensorDataset(*second)


@wrong(
    "shuffles the owner's arrays",
    "If you shuffle the arrays in place, the owner's data change.",
)
def split(dataset, fraction, rng):
    count = round(fraction * len(dataset))
    if not 0 < count < len(dataset):
        raise ValueError("an empty part")
    order = rng.permutation(len(dataset))
    for array in dataset.arrays:
        array[...] = array[order]
    return TensorDataset(*dataset[:count]), TensorDataset(*dataset[count:])


@wrong("ignores rng", "If the same seed gives other parts, draw from rng alone.")
def split(dataset, fraction, rng):
    count = round(fraction * len(dataset))
    order = np.random.permutation(len(dataset))
    return TensorDataset(*dataset[order[:count]]), TensorDataset(*dataset[order[count:]])


@wrong(
    "seeds a Generator of its own",
    "If another seed changes nothing, rng is not used.",
    loses=("test_split_is_random_and_repeatable",),
)
def split(dataset, fraction, rng):
    count = round(fraction * len(dataset))
    order = np.random.default_rng(0).permutation(len(dataset))
    return TensorDataset(*dataset[order[:count]]), TensorDataset(*dataset[order[count:]])


@wrong(
    "rounds down",
    "If a sample gets lost, 0.29 * 100 is a little less than 29: round it.",
)
def split(dataset, fraction, rng):
    count = int(fraction * len(dataset))
    order = rng.permutation(len(dataset))
    return TensorDataset(*dataset[order[:count]]), TensorDataset(*dataset[order[count:]])


@wrong(
    "lets a part be empty",
    "If a part may be empty, nothing is left to train or to measure on.",
)
def split(dataset, fraction, rng):
    count = round(fraction * len(dataset))
    order = rng.permutation(len(dataset))
    return TensorDataset(*dataset[order[:count]]), TensorDataset(*dataset[order[count:]])


@right("shuffles an array of indices")
def split(dataset, fraction, rng):
    order = np.arange(len(dataset))
    rng.shuffle(order)
    first, second = np.split(order, [int(round(fraction * len(order)))])
    if min(len(first), len(second)) == 0:
        raise ValueError("an empty part")
    return TensorDataset(*dataset[first]), TensorDataset(*dataset[second])


@right("sorts random numbers")
def split(dataset, fraction, rng):
    order = np.argsort(rng.random(len(dataset)))
    count = int(fraction * len(dataset) + 0.5)
    if count < 1 or count >= len(dataset):
        raise ValueError("an empty part")
    parts = [[array[rows] for array in dataset.arrays] for rows in (order[:count], order[count:])]
    return TensorDataset(*parts[0]), TensorDataset(*parts[1])


@right("draws the first part and leaves the rest")
def split(dataset, fraction, rng):
    count = round(fraction * len(dataset))
    if count in (0, len(dataset)):
        raise ValueError("an empty part")
    chosen = np.zeros(len(dataset), bool)
    chosen[rng.choice(len(dataset), count, replace=False)] = True
    return TensorDataset(*dataset[chosen]), TensorDataset(*dataset[~chosen])


# --- DataLoader ---------------------------------------------------------------------------


@wrong(
    "rounds the number of batches down",
    "If you round down, the smaller last batch is not counted.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = dataset, batch_size, rng, drop_last

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
        self.dataset, self.batch_size, self.rng, self.drop_last = dataset, batch_size, rng, drop_last

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
    "If every epoch has the same order, draw when the epoch begins and not before.",
    loses=("test_data_loader_shuffles",),
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = dataset, batch_size, rng, drop_last
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
        self.dataset, self.batch_size, self.rng, self.drop_last = dataset, batch_size, rng, drop_last

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
        self.dataset, self.batch_size, self.rng, self.drop_last = dataset, batch_size, rng, drop_last

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
        self.dataset, self.batch_size, self.rng, self.drop_last = dataset, batch_size, rng, drop_last

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
        self.dataset, self.batch_size, self.rng, self.drop_last = dataset, batch_size, rng, drop_last
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
    "If there are as many samples as there should be batches, batch_size counts samples.",
)
class DataLoader:
    def __init__(self, dataset, batch_size, rng=None, drop_last=False):
        self.dataset, self.batch_size, self.rng, self.drop_last = dataset, batch_size, rng, drop_last

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
        self.dataset, self.batch_size, self.rng, self.drop_last = dataset, batch_size, rng, drop_last

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
        self.dataset, self.batch_size, self.rng, self.drop_last = dataset, batch_size, rng, drop_last

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
        self.dataset, self.batch_size, self.rng, self.drop_last = dataset, batch_size, rng, drop_last

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
        self.dataset, self.batch_size, self.rng, self.drop_last = dataset, batch_size, rng, drop_last

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
        self.dataset, self.batch_size, self.rng, self.drop_last = dataset, batch_size, rng, drop_last

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
        self.dataset, self.batch_size, self.rng, self.drop_last = dataset, batch_size, rng, drop_last

    def __len__(self):
        count = 0
        for start in range(0, len(self.dataset), self.batch_size):
            if not self.drop_last or start + self.batch_size <= len(self.dataset):
                count += 1
        return count

    def __iter__(self):
        rows = range(len(self.dataset)) if self.rng is None else self.rng.permutation(len(self.dataset))
        rows = np.array(rows)
        while len(rows) >= (self.batch_size if self.drop_last else 1):
            yield self.dataset[rows[: self.batch_size]]
            rows = rows[self.batch_size :]


# --- train_step ---------------------------------------------------------------------------


@wrong(
    "never clears the gradients",
    "If old gradients are added to the new ones, clear them first.",
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
    "If old gradients are added to the new ones, clear them first.",
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
    "If you return the Tensor, its record stays in memory: return a number.",
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
    value = loss(output, Tensor(targets))
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
    value = loss.forward(model(inputs), targets) if hasattr(loss, "forward") else loss(model(inputs), targets)
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
    if clip:
        clip_by_norm(model.parameters(), clip)
    optimizer.step()
    return number


# --- train_epoch --------------------------------------------------------------------------


@wrong(
    "takes the mean of the batches' means",
    "If you took the mean of the batches' means, a small batch counts too much.",
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
    "If the model was left in evaluation mode, dropout does nothing: call train().",
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


# --- evaluate -----------------------------------------------------------------------------


@wrong(
    "takes the mean of the batches' means",
    "If you took the mean of the batches' means, a small batch counts too much.",
)
def evaluate(model, loss, loader, metric=accuracy):
    mode, results = model.training, []
    model.eval()
    with no_grad():
        for inputs, targets in loader:
            output = model(inputs)
            results.append((loss(output, targets).item(), metric(output, targets)))
    model.train(mode)
    return tuple(np.mean(results, axis=0))


@wrong("keeps the last batch only", "If you kept the last batch only, add up over all.")
def evaluate(model, loss, loader, metric=accuracy):
    mode = model.training
    model.eval()
    with no_grad():
        for inputs, targets in loader:
            output = model(inputs)
            result = loss(output, targets).item(), metric(output, targets)
    model.train(mode)
    return result


@wrong(
    "returns inside the loop",
    "If you kept the first batch only, go on to the others.",
)
def evaluate(model, loss, loader, metric=accuracy):
    mode = model.training
    model.eval()
    with no_grad():
        for inputs, targets in loader:
            output = model(inputs)
            model.train(mode)
            return loss(output, targets).item(), metric(output, targets)


@wrong("does not divide", "If you did not divide, the number of samples is missing.")
def evaluate(model, loss, loader, metric=accuracy):
    mode, total, right = model.training, 0.0, 0.0
    model.eval()
    with no_grad():
        for inputs, targets in loader:
            output = model(inputs)
            total += len(targets) * loss(output, targets).item()
            right += len(targets) * metric(output, targets)
    model.train(mode)
    return total, right


@wrong(
    "never leaves training mode",
    "If some numbers are dropped, the model is in training mode: call eval() first.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total, right, count = 0.0, 0.0, 0
    with no_grad():
        for inputs, targets in loader:
            output = model(inputs)
            total += len(targets) * loss(output, targets).item()
            right += len(targets) * metric(output, targets)
            count += len(targets)
    return total / count, right / count


@wrong(
    "leaves the model in evaluation mode",
    "If the model is left in another mode, remember the mode and set it again.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total, right, count = 0.0, 0.0, 0
    model.eval()
    with no_grad():
        for inputs, targets in loader:
            output = model(inputs)
            total += len(targets) * loss(output, targets).item()
            right += len(targets) * metric(output, targets)
            count += len(targets)
    return total / count, right / count


@wrong(
    "always ends in training mode",
    "If the model is left in another mode, remember the mode and set it again.",
)
def evaluate(model, loss, loader, metric=accuracy):
    total, right, count = 0.0, 0.0, 0
    model.eval()
    with no_grad():
        for inputs, targets in loader:
            output = model(inputs)
            total += len(targets) * loss(output, targets).item()
            right += len(targets) * metric(output, targets)
            count += len(targets)
    model.train()
    return total / count, right / count


@wrong(
    "keeps the record",
    "If the record is kept, it costs time and memory: use no_grad().",
)
def evaluate(model, loss, loader, metric=accuracy):
    mode, total, right, count = model.training, 0.0, 0.0, 0
    model.eval()
    for inputs, targets in loader:
        output = model(inputs)
        total += len(targets) * loss(output, targets).item()
        right += len(targets) * metric(output, targets)
        count += len(targets)
    model.train(mode)
    return total / count, right / count


@wrong(
    "ignores the metric",
    "If you call accuracy whatever the metric, use the one that was given.",
)
def evaluate(model, loss, loader, metric=accuracy):
    mode, total, right, count = model.training, 0.0, 0.0, 0
    model.eval()
    with no_grad():
        for inputs, targets in loader:
            output = model(inputs)
            total += len(targets) * loss(output, targets).item()
            right += len(targets) * accuracy(output, targets)
            count += len(targets)
    model.train(mode)
    return total / count, right / count


@right("with two sums")
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


@right("with np.average")
def evaluate(model, loss, loader, metric=accuracy):
    mode, losses, scores, sizes = model.training, [], [], []
    model.train(False)
    for inputs, targets in loader:
        with no_grad():
            output = model(Tensor(inputs))
            losses.append(float(loss(output, targets).data))
            scores.append(metric(output, targets))
        sizes.append(len(inputs))
    model.train(mode)
    return float(np.average(losses, weights=sizes)), float(np.average(scores, weights=sizes))


@right("restores the mode whatever happens")
def evaluate(model, loss, loader, metric=accuracy):
    mode, rows = model.training, []
    try:
        with no_grad():
            for inputs, targets in loader:
                output, n = model.eval()(inputs), len(targets)
                rows.append([n, n * loss(output, targets).item(), n * metric(output, targets)])
    finally:
        model.train(mode)
    count, total, score = np.sum(rows, axis=0)
    return total / count, score / count


# --- should_stop --------------------------------------------------------------------------


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
    "If an equal loss starts the wait anew, only a lower one is news.",
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
    return not any(loss < min(x for x in before if x == x) for loss in last)


@right("with nanargmin")
def should_stop(losses, patience):
    if not losses:
        return False
    return bool(len(losses) - patience > int(np.nanargmin(losses)))


# --- save_arrays --------------------------------------------------------------------------


@wrong(
    "writes over the old file",
    "If you write over the old file, or remove it first, a failure takes both.",
)
def save_arrays(path, arrays):
    with open(path, "wb") as file:
        np.savez(file, **arrays)


@wrong(
    "leaves the name to np.savez",
    "If the file has another name, np.savez added .npz: give it an open file.",
)
def save_arrays(path, arrays):
    np.savez(path, **arrays)


@wrong(
    "removes the old file first",
    "If you write over the old file, or remove it first, a failure takes both.",
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
    "If the file has another name, np.savez added .npz: give it an open file.",
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
    os.replace(beside, path)


# --- restore_generator --------------------------------------------------------------------


@wrong(
    "sets the state of a new Generator",
    "If nothing changed, set the state of rng itself, not of a new Generator.",
)
def restore_generator(rng, text):
    rng = np.random.default_rng()
    rng.bit_generator.state = json.loads(text)


@wrong(
    "returns a Generator",
    "If nothing changed, set the state of rng itself, not of a new Generator.",
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
    "If nothing changed, set the state of rng itself, not of a new Generator.",
)
def restore_generator(rng, text):
    state = rng.bit_generator.state
    state.update(json.loads(text))


@wrong(
    "forgets the half number that waits",
    "If other numbers come, hand over the state as it is, with every entry.",
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
    "If other numbers come, hand over the state as it is, with every entry.",
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
