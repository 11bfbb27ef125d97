"""Networks with layers of one's own: what they are made of, and how signals run through them."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from tinytorch.core import (
    SGD,
    Adam,
    CrossEntropyLoss,
    Dropout,
    Flatten,
    Layer,
    Linear,
    LogSoftmax,
    MeanSquaredError,
    ReLU,
    RMSProp,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
    Tensor,
    count_parameters,
    no_grad,
    operation,
    relu,
    sigmoid,
    softmax,
    tanh,
)

from .harness import binary, classes, normal, program, start, train, weight

rng = np.random.default_rng(0)


# --- A small network with each activation ---------------------------------------------------


def our_elu(x):
    from tinytorch.core.operations import where

    return where(x > 0, x, x.exp() - 1)


def our_leaky_relu(x):
    from tinytorch.core.operations import maximum

    return maximum(x, 0.01 * x)


def our_hardtanh(x):
    return x.clip(-1, 1)


def our_gelu(x):
    return 0.5 * x * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


ACTIVATIONS = {
    "ReLU": (ReLU(), nn.ReLU()),
    "Sigmoid": (Sigmoid(), nn.Sigmoid()),
    "Tanh": (Tanh(), nn.Tanh()),
    "Softmax": (Softmax(), nn.Softmax(dim=-1)),
    "LogSoftmax": (LogSoftmax(axis=1), nn.LogSoftmax(dim=1)),
    "SiLU": (lambda x: x * sigmoid(x), nn.SiLU()),
    "GELU": (our_gelu, nn.GELU(approximate="tanh")),
    "Softplus": (lambda x: (1 + x.exp()).log(), nn.Softplus()),
    "Softsign": (lambda x: x / (1 + x.abs()), nn.Softsign()),
    "ELU": (our_elu, nn.ELU()),
    "LeakyReLU": (our_leaky_relu, nn.LeakyReLU()),
    "Hardtanh": (our_hardtanh, nn.Hardtanh()),
}


def bent_network(name, our_bend, their_bend):
    """Register a network of two layers with an activation in between."""

    def ours(x, y):
        class Net(Layer):
            def __init__(self):
                self.first, self.last = Linear(4, 6, rng), Linear(6, 1, rng)
                self.bend = our_bend

            def forward(self, x):
                return self.last(self.bend(self.first(x)))

        model, loss = start(Net()), MeanSquaredError()
        return train(lambda: loss(model(x), y), RMSProp(model.parameters(), lr=0.05)), model

    def theirs(x, y):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.last = nn.Linear(4, 6), nn.Linear(6, 1)
                self.bend = their_bend

            def forward(self, x):
                return self.last(self.bend(self.first(x)))

        model, loss = start(Net()), nn.MSELoss()
        optimizer = torch.optim.RMSprop(model.parameters(), lr=0.05)
        return train(lambda: loss(model(x), y), optimizer), model

    program(x=normal(8, 4), y=normal(8, 1))(type(f"MLPWith{name}", (), vars(SimpleNamespace(
        ours=ours, theirs=theirs))))  # fmt: skip


for name, bends in ACTIVATIONS.items():
    bent_network(name, *bends)


# --- Ways through a network -----------------------------------------------------------------


@program(x=normal(8, 3, 2), labels=classes(3, 8))
class SequentialClassifier:
    def ours(x, labels):
        model = start(Sequential(Flatten(), Linear(6, 5, rng), Tanh(), Linear(5, 3, rng)))
        loss = CrossEntropyLoss()
        losses = train(lambda: loss(model(x), labels), Adam(model.parameters(), lr=0.01))
        return losses, model, count_parameters(model), model(x)

    def theirs(x, labels):
        model = start(nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3)))
        loss = nn.CrossEntropyLoss()
        losses = train(
            lambda: loss(model(x), labels), torch.optim.Adam(model.parameters(), lr=0.01)
        )
        return losses, model, sum(p.numel() for p in model.parameters()), model(x)


@program(x=normal(8, 4), y=normal(8, 4))
class ResidualMLP:
    """A plain list of layers is found."""

    def ours(x, y):
        class Net(Layer):
            def __init__(self):
                self.blocks = [
                    Sequential(Linear(4, 8, rng), ReLU(), Linear(8, 4, rng)) for _ in range(3)
                ]

            def forward(self, x):
                for block in self.blocks:
                    x = x + block(x)
                return x

        model, loss = start(Net()), MeanSquaredError()
        return train(lambda: loss(model(x), y), SGD(model.parameters(), lr=0.01)), model

    def theirs(x, y):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.blocks = nn.ModuleList(
                    nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 4)) for _ in range(3)
                )

            def forward(self, x):
                for block in self.blocks:
                    x = x + block(x)
                return x

        model, loss = start(Net()), nn.MSELoss()
        return train(lambda: loss(model(x), y), torch.optim.SGD(model.parameters(), lr=0.01)), model


@program(x=normal(4, 8), y=normal(4, 8))
class UNet:
    """Levels of linear layers; what went down is concatenated on the way up."""

    def ours(x, y):
        from tinytorch.core.operations import concatenate

        class Net(Layer):
            def __init__(self):
                self.down = [Linear(8, 4, rng), Linear(4, 2, rng)]
                self.up = [Linear(2, 4, rng), Linear(8, 8, rng)]
                self.head = Linear(16, 8, rng)

            def forward(self, x):
                kept = []
                for layer in self.down:
                    kept.append(x)
                    x = relu(layer(x))
                for layer in self.up:
                    x = concatenate([relu(layer(x)), kept.pop()], axis=-1)
                return self.head(x)

        model, loss = start(Net()), MeanSquaredError()
        return train(lambda: loss(model(x), y), Adam(model.parameters(), lr=0.01)), model

    def theirs(x, y):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.down = nn.ModuleList([nn.Linear(8, 4), nn.Linear(4, 2)])
                self.up = nn.ModuleList([nn.Linear(2, 4), nn.Linear(8, 8)])
                self.head = nn.Linear(16, 8)

            def forward(self, x):
                kept = []
                for layer in self.down:
                    kept.append(x)
                    x = torch.relu(layer(x))
                for layer in self.up:
                    x = torch.cat([torch.relu(layer(x)), kept.pop()], dim=-1)
                return self.head(x)

        model, loss = start(Net()), nn.MSELoss()
        return train(
            lambda: loss(model(x), y), torch.optim.Adam(model.parameters(), lr=0.01)
        ), model


@program(x=normal(2, 4, 4, 3), y=normal(2, 4, 4, 1))
class UNetOnImages:
    """Channels last; halves are means of 2 x 2, doubles are made by indexing."""

    def ours(x, y):
        from tinytorch.core.operations import concatenate

        class Net(Layer):
            def __init__(self):
                self.enter, self.deep, self.head = (
                    Linear(3, 5, rng), Linear(5, 5, rng), Linear(10, 1, rng))  # fmt: skip

            def forward(self, x):
                wide = relu(self.enter(x))
                deep = tanh(self.deep(wide.reshape(len(x), 2, 2, 2, 2, 5).mean(axis=(2, 4))))
                twice = [0, 0, 1, 1]
                return self.head(concatenate([wide, deep[:, twice][:, :, twice]], axis=3))

        model, loss = start(Net()), MeanSquaredError()
        return train(lambda: loss(model(x), y), SGD(model.parameters(), lr=0.1)), model

    def theirs(x, y):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.enter, self.deep, self.head = (
                    nn.Linear(3, 5),
                    nn.Linear(5, 5),
                    nn.Linear(10, 1),
                )

            def forward(self, x):
                wide = torch.relu(self.enter(x))
                deep = torch.tanh(self.deep(wide.reshape(len(x), 2, 2, 2, 2, 5).mean(dim=(2, 4))))
                twice = [0, 0, 1, 1]
                return self.head(torch.cat([wide, deep[:, twice][:, :, twice]], dim=3))

        model, loss = start(Net()), nn.MSELoss()
        return train(lambda: loss(model(x), y), torch.optim.SGD(model.parameters(), lr=0.1)), model


@program(x=normal(8, 4), y=normal(8, 4))
class HighwayNetwork:
    def ours(x, y):
        class Highway(Layer):
            def __init__(self, size):
                self.gate, self.body = Linear(size, size, rng), Linear(size, size, rng)

            def forward(self, x):
                t = sigmoid(self.gate(x))
                return t * relu(self.body(x)) + (1 - t) * x

        model, loss = start(Sequential(Highway(4), Highway(4))), MeanSquaredError()
        return train(lambda: loss(model(x), y), SGD(model.parameters(), lr=0.1)), model

    def theirs(x, y):
        class Highway(nn.Module):
            def __init__(self, size):
                super().__init__()
                self.gate, self.body = nn.Linear(size, size), nn.Linear(size, size)

            def forward(self, x):
                t = torch.sigmoid(self.gate(x))
                return t * torch.relu(self.body(x)) + (1 - t) * x

        model, loss = start(nn.Sequential(Highway(4), Highway(4))), nn.MSELoss()
        return train(lambda: loss(model(x), y), torch.optim.SGD(model.parameters(), lr=0.1)), model


@program(x=normal(2, 5, 5, 4), y=normal(2, 5, 5, 4))
class SqueezeAndExcite:
    def ours(x, y):
        class Excite(Layer):
            def __init__(self):
                self.down, self.up = Linear(4, 2, rng), Linear(2, 4, rng)

            def forward(self, x):
                shares = sigmoid(self.up(tanh(self.down(x.mean(axis=(1, 2))))))
                return x * shares[:, None, None, :]

        model, loss = start(Excite()), MeanSquaredError()
        return train(lambda: loss(model(x), y), SGD(model.parameters(), lr=0.5)), model

    def theirs(x, y):
        class Excite(nn.Module):
            def __init__(self):
                super().__init__()
                self.down, self.up = nn.Linear(4, 2), nn.Linear(2, 4)

            def forward(self, x):
                shares = torch.sigmoid(self.up(torch.tanh(self.down(x.mean(dim=(1, 2))))))
                return x * shares[:, None, None, :]

        model, loss = start(Excite()), nn.MSELoss()
        return train(lambda: loss(model(x), y), torch.optim.SGD(model.parameters(), lr=0.5)), model


@program(x=normal(6, 5, 4), condition=normal(6, 3), y=normal(6, 5, 4))
class FiLM:
    """A condition scales and shifts the features: two inputs, and split."""

    def ours(x, condition, y):
        from tinytorch.core.operations import split

        class Net(Layer):
            def __init__(self):
                self.film, self.body = Linear(3, 8, rng), Linear(4, 4, rng)

            def forward(self, x, condition):
                scale, shift = split(self.film(condition), 4, axis=1)
                return (1 + scale[:, None]) * tanh(self.body(x)) + shift[:, None]

        model, loss = start(Net()), MeanSquaredError()
        return train(lambda: loss(model(x, condition), y), Adam(model.parameters())), model

    def theirs(x, condition, y):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.film, self.body = nn.Linear(3, 8), nn.Linear(4, 4)

            def forward(self, x, condition):
                scale, shift = torch.split(self.film(condition), 4, dim=1)
                return (1 + scale[:, None]) * torch.tanh(self.body(x)) + shift[:, None]

        model, loss = start(Net()), nn.MSELoss()
        return train(
            lambda: loss(model(x, condition), y), torch.optim.Adam(model.parameters())
        ), model


@program(task=normal(6, 2), x=normal(6, 3), y=normal(6, 1))
class Hypernetwork:
    """One network makes the weights of another, for each sample."""

    def ours(task, x, y):
        class Net(Layer):
            def __init__(self):
                self.make = Sequential(Linear(2, 5, rng), Tanh(), Linear(5, 16, rng))

            def forward(self, task, x):
                made = self.make(task)
                w, v = made[:, :12].reshape(-1, 3, 4), made[:, 12:]
                hidden = tanh((x[:, None, :] @ w).squeeze(1))
                return (hidden * v).sum(axis=1, keepdims=True)

        model, loss = start(Net()), MeanSquaredError()
        return train(lambda: loss(model(task, x), y), SGD(model.parameters(), lr=0.1)), model

    def theirs(task, x, y):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.make = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 16))

            def forward(self, task, x):
                made = self.make(task)
                w, v = made[:, :12].reshape(-1, 3, 4), made[:, 12:]
                hidden = torch.tanh((x[:, None, :] @ w).squeeze(1))
                return (hidden * v).sum(dim=1, keepdim=True)

        model, loss = start(Net()), nn.MSELoss()
        return train(
            lambda: loss(model(task, x), y), torch.optim.SGD(model.parameters(), lr=0.1)
        ), model


@program(x=normal(8, 4), y=normal(8, 2))
class MixtureOfExperts:
    def ours(x, y):
        from tinytorch.core.operations import stack

        class Net(Layer):
            def __init__(self):
                self.gate = Linear(4, 3, rng)
                self.experts = [Linear(4, 2, rng) for _ in range(3)]

            def forward(self, x):
                shares = softmax(self.gate(x), axis=-1)
                outputs = stack([expert(x) for expert in self.experts], axis=1)
                return (shares[:, :, None] * outputs).sum(axis=1)

        model, loss = start(Net()), MeanSquaredError()
        return train(lambda: loss(model(x), y), Adam(model.parameters(), lr=0.1)), model

    def theirs(x, y):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.gate = nn.Linear(4, 3)
                self.experts = nn.ModuleList(nn.Linear(4, 2) for _ in range(3))

            def forward(self, x):
                shares = torch.softmax(self.gate(x), dim=-1)
                outputs = torch.stack([expert(x) for expert in self.experts], dim=1)
                return (shares[:, :, None] * outputs).sum(dim=1)

        model, loss = start(Net()), nn.MSELoss()
        return train(lambda: loss(model(x), y), torch.optim.Adam(model.parameters(), lr=0.1)), model


@program(x=normal(8, 4), y=normal(8, 2))
class SparseExperts:
    """Each sample goes to its two best experts: topk, and the shares of these alone."""

    def ours(x, y):
        from tinytorch.core.operations import stack, topk

        gate = start(Linear(4, 4, rng), seed=1)
        experts = [start(Linear(4, 2, rng), seed=n) for n in range(4)]

        def loss():
            best, indices = topk(gate(x), 2, axis=1)
            outputs = stack([expert(x) for expert in experts], axis=1)
            chosen = outputs[np.arange(8)[:, None], indices]
            return (((softmax(best, axis=1)[:, :, None] * chosen).sum(axis=1) - y) ** 2).mean()

        parameters = [p for layer in (gate, *experts) for p in layer.parameters()]
        return train(loss, SGD(parameters, lr=0.1)), gate, experts

    def theirs(x, y):
        gate = start(nn.Linear(4, 4), seed=1)
        experts = [start(nn.Linear(4, 2), seed=n) for n in range(4)]

        def loss():
            best, indices = torch.topk(gate(x), 2, dim=1)
            outputs = torch.stack([expert(x) for expert in experts], dim=1)
            chosen = outputs[torch.arange(8)[:, None], indices]
            return ((torch.softmax(best, dim=1)[:, :, None] * chosen).sum(dim=1) - y).pow(2).mean()

        parameters = [p for layer in (gate, *experts) for p in layer.parameters()]
        return train(loss, torch.optim.SGD(parameters, lr=0.1)), gate, experts


@program(a=normal(8, 4), b=normal(8, 4), same=binary(8))
class Siamese:
    """One encoder for two inputs."""

    def ours(a, b, same):
        class Net(Layer):
            def __init__(self):
                self.encoder = Sequential(Linear(4, 3, rng), Tanh())

            def forward(self, a, b):
                return ((self.encoder(a) - self.encoder(b)) ** 2).sum(axis=1)

        model = start(Net())

        def loss():
            apart = model(a, b)
            return (same * apart + (1 - same) * relu(1 - apart)).mean()

        return train(loss, SGD(model.parameters(), lr=0.1)), model

    def theirs(a, b, same):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.encoder = nn.Sequential(nn.Linear(4, 3), nn.Tanh())

            def forward(self, a, b):
                return ((self.encoder(a) - self.encoder(b)) ** 2).sum(dim=1)

        model = start(Net())

        def loss():
            apart = model(a, b)
            return (same * apart + (1 - same) * torch.relu(1 - apart)).mean()

        return train(loss, torch.optim.SGD(model.parameters(), lr=0.1)), model


@program(x=normal(8, 4), y=normal(8, 4))
class OneLayerUsedThreeTimes:
    def ours(x, y):
        class Net(Layer):
            def __init__(self):
                self.layer = self.same = Linear(4, 4, rng)

            def forward(self, x):
                return self.layer(tanh(self.same(tanh(self.layer(x)))))

        model, loss = start(Net()), MeanSquaredError()
        optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
        return train(lambda: loss(model(x), y), optimizer), model

    def theirs(x, y):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = self.same = nn.Linear(4, 4)

            def forward(self, x):
                return self.layer(torch.tanh(self.same(torch.tanh(self.layer(x)))))

        model, loss = start(Net()), nn.MSELoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        return train(lambda: loss(model(x), y), optimizer), model


@program(x=normal(8, 5))
class TiedAutoencoder:
    """The decoder's weight is the encoder's, transposed."""

    def ours(x):
        class Net(Layer):
            def __init__(self):
                self.bias = Tensor(np.zeros(5), requires_grad=True)
                self.encoder = Linear(5, 2, rng)

            def forward(self, x):
                return sigmoid(self.encoder(x)) @ self.encoder.weight.T + self.bias

        model, loss = start(Net()), MeanSquaredError()
        return train(lambda: loss(model(x), x), Adam(model.parameters(), lr=0.1)), model

    def theirs(x):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.bias = nn.Parameter(torch.zeros(5))
                self.encoder = nn.Linear(5, 2)

            def forward(self, x):
                return torch.sigmoid(self.encoder(x)) @ self.encoder.weight + self.bias

        model, loss = start(Net()), nn.MSELoss()
        return train(lambda: loss(model(x), x), torch.optim.Adam(model.parameters(), lr=0.1)), model


@program(image=normal(8, 6), words=normal(8, 3), y=normal(8, 2), labels=classes(3, 8))
class SeveralInputsAndOutputs:
    """A dict of inputs, a dict of layers, a dict of outputs."""

    def ours(image, words, y, labels):
        from tinytorch.core.operations import concatenate

        class Net(Layer):
            def __init__(self):
                self.enter = {"image": Linear(6, 4, rng), "words": Linear(3, 4, rng)}
                self.heads = {"place": Linear(8, 2, rng), "kind": Linear(8, 3, rng)}

            def forward(self, inputs):
                h = concatenate([tanh(self.enter[k](x)) for k, x in inputs.items()], axis=1)
                return {name: head(h) for name, head in self.heads.items()}

        model, square, cross = start(Net()), MeanSquaredError(), CrossEntropyLoss()

        def loss():
            out = model({"image": image, "words": words})
            return square(out["place"], y) + 0.5 * cross(out["kind"], labels)

        return train(loss, Adam(model.parameters(), lr=0.05)), model

    def theirs(image, words, y, labels):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.enter = nn.ModuleDict({"image": nn.Linear(6, 4), "words": nn.Linear(3, 4)})
                self.heads = nn.ModuleDict({"place": nn.Linear(8, 2), "kind": nn.Linear(8, 3)})

            def forward(self, inputs):
                h = torch.cat([torch.tanh(self.enter[k](x)) for k, x in inputs.items()], dim=1)
                return {name: head(h) for name, head in self.heads.items()}

        model, square, cross = start(Net()), nn.MSELoss(), nn.CrossEntropyLoss()

        def loss():
            out = model({"image": image, "words": words})
            return square(out["place"], y) + 0.5 * cross(out["kind"], labels)

        return train(loss, torch.optim.Adam(model.parameters(), lr=0.05)), model


@program(x=normal(8, 4), y=normal(8, 1), labels=binary(8, 1))
class MultiTaskWithLearnedWeights:
    """A shared trunk, two heads, and log-variances that weigh their losses."""

    def ours(x, y, labels):
        class Net(Layer):
            def __init__(self):
                self.scales = Tensor(np.zeros(2), requires_grad=True)
                self.trunk = Sequential(Linear(4, 6, rng), ReLU())
                self.first, self.second = Linear(6, 1, rng), Linear(6, 1, rng)

            def forward(self, x):
                h = self.trunk(x)
                return self.first(h), sigmoid(self.second(h))

        model = start(Net())

        def loss():
            guess, p = model(x)
            a = ((guess - y) ** 2).mean()
            b = -(labels * p.log() + (1 - labels) * (1 - p).log()).mean()
            s = model.scales
            return a * (-s[0]).exp() + b * (-s[1]).exp() + s.sum()

        return train(loss, Adam(model.parameters(), lr=0.05)), model

    def theirs(x, y, labels):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.scales = nn.Parameter(torch.zeros(2))
                self.trunk = nn.Sequential(nn.Linear(4, 6), nn.ReLU())
                self.first, self.second = nn.Linear(6, 1), nn.Linear(6, 1)

            def forward(self, x):
                h = self.trunk(x)
                return self.first(h), torch.sigmoid(self.second(h))

        model = start(Net())

        def loss():
            guess, p = model(x)
            a = ((guess - y) ** 2).mean()
            b = -(labels * p.log() + (1 - labels) * (1 - p).log()).mean()
            s = model.scales
            return a * (-s[0]).exp() + b * (-s[1]).exp() + s.sum()

        return train(loss, torch.optim.Adam(model.parameters(), lr=0.05)), model


# --- Normalisation and dropout --------------------------------------------------------------


@program(x=normal(8, 4), y=normal(8, 1))
class BatchNormByHand:
    """Running statistics are plain arrays, named as buffers; used again in evaluation mode."""

    def ours(x, y):
        class BatchNorm(Layer):
            buffers = ("mean", "variance")

            def __init__(self, size):
                self.scale = Tensor(np.ones(size), requires_grad=True)
                self.shift = Tensor(np.zeros(size), requires_grad=True)
                self.mean, self.variance = np.zeros(size), np.ones(size)

            def forward(self, x):
                if self.training:
                    mean, variance = x.mean(axis=0), ((x - x.mean(axis=0)) ** 2).mean(axis=0)
                    n = len(x)
                    self.mean += 0.1 * (mean.data - self.mean)
                    self.variance += 0.1 * (variance.data * n / (n - 1) - self.variance)
                else:
                    mean, variance = self.mean, self.variance
                return self.scale * (x - mean) / (variance + 1e-5) ** 0.5 + self.shift

        model, loss = start(Sequential(BatchNorm(4), Linear(4, 1, rng))), MeanSquaredError()
        losses = train(lambda: loss(model(x), y), SGD(model.parameters(), lr=0.1))
        norm = model[0]
        return losses, model, model.eval()(x), norm.mean, norm.variance, len(model.state_dict())

    def theirs(x, y):
        model, loss = start(nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 1))), nn.MSELoss()
        losses = train(lambda: loss(model(x), y), torch.optim.SGD(model.parameters(), lr=0.1))
        norm = model[0]
        names = [name for name in model.state_dict() if "tracked" not in name]
        return losses, model, model.eval()(x), norm.running_mean, norm.running_var, len(names)


@program(x=normal(8, 4), y=normal(8, 1))
class LayerNormByHand:
    def ours(x, y):
        class LayerNorm(Layer):
            def __init__(self, size):
                self.weight = Tensor(np.ones(size), requires_grad=True)
                self.bias = Tensor(np.zeros(size), requires_grad=True)

            def forward(self, x):
                x = x - x.mean(axis=-1, keepdims=True)
                variance = x.var(axis=-1, keepdims=True, correction=0)
                return self.weight * x / (variance + 1e-5).sqrt() + self.bias

        model, loss = start(Sequential(LayerNorm(4), Linear(4, 1, rng))), MeanSquaredError()
        return train(lambda: loss(model(x), y), SGD(model.parameters(), lr=0.1)), model

    def theirs(x, y):
        model, loss = start(nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 1))), nn.MSELoss()
        return train(lambda: loss(model(x), y), torch.optim.SGD(model.parameters(), lr=0.1)), model


@program(x=normal(8, 4), y=normal(8, 3), direction=weight(4, 3), length=weight(3))
class WeightNormalisation:
    def ours(x, y, direction, length):
        def loss():
            w = length * direction / direction.norm(axis=0)
            return ((x @ w - y) ** 2).mean()

        return train(loss, SGD([direction, length], lr=0.1)), direction, length

    def theirs(x, y, direction, length):
        def loss():
            w = length * direction / direction.norm(dim=0)
            return ((x @ w - y) ** 2).mean()

        return train(loss, torch.optim.SGD([direction, length], lr=0.1)), direction, length


@program(x=normal(8, 4), y=normal(8, 3), w=weight(4, 3))
class SpectralNormalisation:
    """Power iteration without a gradient finds the largest stretch, by which w is divided."""

    def ours(x, y, w):
        u = Tensor(np.ones(3))

        def loss():
            nonlocal u
            with no_grad():
                v = w @ u
                v /= v.norm()
                u = w.T @ v
                u /= u.norm()
            return ((x @ (w / (v @ w @ u)) - y) ** 2).mean()

        return train(loss, SGD([w], lr=0.1)), w, u

    def theirs(x, y, w):
        u = torch.ones(3)

        def loss():
            nonlocal u
            with torch.no_grad():
                v = w @ u
                v /= v.norm()
                u = w.T @ v
                u /= u.norm()
            return ((x @ (w / (v @ w @ u)) - y) ** 2).mean()

        return train(loss, torch.optim.SGD([w], lr=0.1)), w, u


@program(x=normal(8, 4), y=normal(8, 1))
class DropoutInEvaluation:
    """In evaluation mode dropout passes everything on, gradients too."""

    def ours(x, y):
        layers = Linear(4, 6, rng), Tanh(), Dropout(0.5, rng), Linear(6, 1, rng)
        model, loss = start(Sequential(*layers)).eval(), MeanSquaredError()
        losses = train(lambda: loss(model(x), y), SGD(model.parameters(), lr=0.1))
        return losses, model, model.training, model.train().training, model[2].training

    def theirs(x, y):
        layers = nn.Linear(4, 6), nn.Tanh(), nn.Dropout(0.5), nn.Linear(6, 1)
        model, loss = start(nn.Sequential(*layers)).eval(), nn.MSELoss()
        losses = train(lambda: loss(model(x), y), torch.optim.SGD(model.parameters(), lr=0.1))
        return losses, model, model.training, model.train().training, model[2].training


@program(x=normal(8, 4), y=normal(8, 1), mask=binary(8, 6))
class DropoutWithGivenMask:
    def ours(x, y, mask):
        first, last = start(Linear(4, 6, rng)), start(Linear(6, 1, rng))
        optimizer = SGD(first.parameters() + last.parameters(), lr=0.1)
        return train(
            lambda: ((last(tanh(first(x)) * mask / 0.5) - y) ** 2).mean(), optimizer
        ), first

    def theirs(x, y, mask):
        first, last = start(nn.Linear(4, 6)), start(nn.Linear(6, 1))
        optimizer = torch.optim.SGD([*first.parameters(), *last.parameters()], lr=0.1)
        return train(
            lambda: ((last(first(x).tanh() * mask / 0.5) - y) ** 2).mean(), optimizer
        ), first


# --- Convolution, pooling, graphs, and other kinds ------------------------------------------


@program(x=normal(3, 10, 2), y=normal(3, 8, 4))
class ConvolutionByWindows:
    """A convolution along one axis: windows by indexing, then a linear layer."""

    def ours(x, y):
        layer = start(Linear(6, 4, rng))
        windows = np.arange(8)[:, None] + np.arange(3)
        loss = MeanSquaredError()
        losses = train(
            lambda: loss(relu(layer(x[:, windows].reshape(3, 8, 6))), y),
            SGD(layer.parameters(), lr=0.1),
        )
        return losses, layer.weight.reshape(3, 2, 4).transpose(2, 1, 0), layer.bias

    def theirs(x, y):
        layer = nn.Conv1d(2, 4, 3)
        flat = start(nn.Linear(6, 4))
        layer.weight.data = flat.weight.data.reshape(4, 3, 2).transpose(1, 2)
        layer.bias.data = flat.bias.data
        losses = train(
            lambda: F.mse_loss(torch.relu(layer(x.transpose(1, 2))).transpose(1, 2), y),
            torch.optim.SGD(layer.parameters(), lr=0.1),
        )
        return losses, layer.weight.detach(), layer.bias


@program(x=normal(2, 3, 6, 6), y=normal(2, 4), kernel=weight(4, 3, 3, 3))
class ConvolutionByEinsum:
    """Images in PyTorch's order, padded; windows by indexing; then the largest of 2 x 2."""

    def ours(x, y, kernel):
        from tinytorch.core.operations import einsum, pad

        def loss():
            wide = pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
            i = np.arange(6)[:, None] + np.arange(3)
            windows = wide[:, :, i[:, None, :, None], i[None, :, None, :]]  # (N, C, 6, 6, 3, 3)
            h = relu(einsum("nchwij,dcij->ndhw", windows, kernel))
            h = h.reshape(2, 4, 3, 2, 3, 2).max(axis=(3, 5))
            return ((h.mean(axis=(2, 3)) - y) ** 2).mean()

        return train(loss, SGD([kernel], lr=0.1)), kernel

    def theirs(x, y, kernel):
        def loss():
            h = F.max_pool2d(torch.relu(F.conv2d(x, kernel, padding=1)), 2)
            return ((h.mean(dim=(2, 3)) - y) ** 2).mean()

        return train(loss, torch.optim.SGD([kernel], lr=0.1)), kernel


@program(x=normal(2, 1, 5, 5), y=normal(2, 3), kernel=weight(2, 1, 2, 2))
class ConvolutionByShifts:
    """A sum over the places of the kernel of shifted slices times a number."""

    def ours(x, y, kernel):
        head = start(Linear(32, 3, rng))

        def loss():
            h = sum(
                x[:, :, i : i + 4, j : j + 4] * kernel[:, 0, i, j].reshape(1, 2, 1, 1)
                for i in range(2) for j in range(2)
            )  # fmt: skip
            return ((head(tanh(h).flatten(1)) - y) ** 2).mean()

        return train(loss, SGD([kernel, *head.parameters()], lr=0.1)), kernel, head

    def theirs(x, y, kernel):
        head = start(nn.Linear(32, 3))

        def loss():
            return ((head(F.conv2d(x, kernel).tanh().flatten(1)) - y) ** 2).mean()

        return train(loss, torch.optim.SGD([kernel, *head.parameters()], lr=0.1)), kernel, head


@program(x=normal(6, 3), edges=binary(6, 6), labels=classes(2, 6))
class GraphConvolution:
    def ours(x, edges, labels):
        class Net(Layer):
            def __init__(self):
                self.first, self.last = Linear(3, 4, rng), Linear(4, 2, rng)

            def forward(self, x, spread):
                return spread @ self.last(tanh(spread @ self.first(x)))

        model, loss = start(Net()), CrossEntropyLoss()
        a = np.maximum(edges, edges.T) + np.eye(6)
        degree = a.sum(axis=1)
        spread = a / (degree[:, None] * degree).sqrt()
        return (
            train(lambda: loss(model(x, spread), labels), Adam(model.parameters())),
            model,
            spread,
        )

    def theirs(x, edges, labels):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.last = nn.Linear(3, 4), nn.Linear(4, 2)

            def forward(self, x, spread):
                return spread @ self.last(torch.tanh(spread @ self.first(x)))

        model, loss = start(Net()), nn.CrossEntropyLoss()
        a = torch.maximum(edges, edges.T) + torch.eye(6)
        degree = a.sum(dim=1)
        spread = a / (degree[:, None] * degree).sqrt()
        optimizer = torch.optim.Adam(model.parameters())
        return train(lambda: loss(model(x, spread), labels), optimizer), model, spread


@program(sets=normal(5, 7, 2), y=normal(5, 1))
class DeepSets:
    """The mean and the largest of encoded members, beside each other."""

    def ours(sets, y):
        from tinytorch.core.operations import concatenate

        class Net(Layer):
            def __init__(self):
                self.member = Sequential(Linear(2, 4, rng), Tanh())
                self.whole = Linear(8, 1, rng)

            def forward(self, x):
                h = self.member(x)
                return self.whole(concatenate([h.mean(axis=1), h.max(axis=1)], axis=-1))

        model, loss = start(Net()), MeanSquaredError()
        return train(lambda: loss(model(sets), y), SGD(model.parameters(), lr=0.1)), model

    def theirs(sets, y):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.member = nn.Sequential(nn.Linear(2, 4), nn.Tanh())
                self.whole = nn.Linear(8, 1)

            def forward(self, x):
                h = self.member(x)
                return self.whole(torch.cat([h.mean(dim=1), h.max(dim=1).values], dim=-1))

        model, loss = start(Net()), nn.MSELoss()
        return train(
            lambda: loss(model(sets), y), torch.optim.SGD(model.parameters(), lr=0.1)
        ), model


@program(x=normal(8, 4), y=normal(8, 2))
class Maxout:
    def ours(x, y):
        layer, loss = start(Linear(4, 6, rng)), MeanSquaredError()
        optimizer = SGD(layer.parameters(), lr=0.1)
        return train(lambda: loss(layer(x).reshape(8, 2, 3).max(axis=2), y), optimizer), layer

    def theirs(x, y):
        layer, loss = start(nn.Linear(4, 6)), nn.MSELoss()
        optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
        return train(lambda: loss(layer(x).reshape(8, 2, 3).amax(dim=2), y), optimizer), layer


@program(x=normal(6, 2), y=normal(6, 2))
class NeuralODE:
    """Steps of Euler through a field that is a network."""

    def ours(x, y):
        field = start(Sequential(Linear(2, 5, rng), Tanh(), Linear(5, 2, rng)))

        def loss():
            state = x
            for _ in range(8):
                state = state + 0.125 * field(state)
            return ((state - y) ** 2).mean()

        return train(loss, Adam(field.parameters(), lr=0.02)), field

    def theirs(x, y):
        field = start(nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 2)))

        def loss():
            state = x
            for _ in range(8):
                state = state + 0.125 * field(state)
            return ((state - y) ** 2).mean()

        return train(loss, torch.optim.Adam(field.parameters(), lr=0.02)), field


@program(x=normal(6, 2), y=normal(6, 2))
class FieldOfTimeAndPlace:
    """Runge's and Kutta's steps through a field that is called with the time, a number, first."""

    def ours(x, y):
        class Field(Layer):
            def __init__(self):
                self.wave = Tensor(np.ones(5), requires_grad=True)
                self.enter, self.leave = Linear(2, 5, rng), Linear(5, 2, rng)

            def forward(self, t, x):
                return self.leave(tanh(self.enter(x) + t * self.wave))

        field, h = start(Field()), 0.1

        def loss():
            t, z = 0.0, x
            for _ in range(4):
                a = field(t, z)
                b = field(t + h / 2, z + h / 2 * a)
                t, z = t + h, z + h * b
            return ((z - y) ** 2).mean()

        return train(loss, Adam(field.parameters(), lr=0.02)), field

    def theirs(x, y):
        class Field(nn.Module):
            def __init__(self):
                super().__init__()
                self.wave = nn.Parameter(torch.ones(5))
                self.enter, self.leave = nn.Linear(2, 5), nn.Linear(5, 2)

            def forward(self, t, x):
                return self.leave(torch.tanh(self.enter(x) + t * self.wave))

        field, h = start(Field()), 0.1

        def loss():
            t, z = 0.0, x
            for _ in range(4):
                a = field(t, z)
                b = field(t + h / 2, z + h / 2 * a)
                t, z = t + h, z + h * b
            return ((z - y) ** 2).mean()

        return train(loss, torch.optim.Adam(field.parameters(), lr=0.02)), field


@program(x=normal(4, 5, 3), labels=classes(2, 4), w=weight(2, 5, 3, 4))
class Capsules:
    """Votes of five capsules for two, squashed by their norm, with routing by agreement."""

    def ours(x, labels, w):
        from tinytorch.core.operations import einsum

        def squash(s):
            length = s.norm(axis=-1, keepdims=True)
            return length / (1 + length**2) * s

        def loss():
            votes = einsum("bid,jide->bjie", x, w)
            logits = Tensor(np.zeros((4, 2, 5)))
            for _ in range(2):
                out = squash((softmax(logits, axis=1)[..., None] * votes).sum(axis=2))
                logits = logits + (votes * out[:, :, None]).sum(axis=-1).detach()
            length = out.norm(axis=-1)
            return (relu(0.9 - length[np.arange(4), labels]) ** 2).mean() + (length**2).mean()

        return train(loss, Adam([w], lr=0.05)), w

    def theirs(x, labels, w):
        def squash(s):
            length = s.norm(dim=-1, keepdim=True)
            return length / (1 + length**2) * s

        def loss():
            votes = torch.einsum("bid,jide->bjie", x, w)
            logits = torch.zeros(4, 2, 5)
            for _ in range(2):
                out = squash((torch.softmax(logits, dim=1)[..., None] * votes).sum(dim=2))
                logits = logits + (votes * out[:, :, None]).sum(dim=-1).detach()
            length = out.norm(dim=-1)
            return (F.relu(0.9 - length[torch.arange(4), labels]) ** 2).mean() + (length**2).mean()

        return train(loss, torch.optim.Adam([w], lr=0.05)), w


@program(x=normal(8, 4), y=normal(8, 1))
class StraightThroughBits:
    """Rounded on the way there, not on the way back: by detach."""

    def ours(x, y):
        encoder, decoder = start(Linear(4, 3, rng)), start(Linear(3, 1, rng))

        def loss():
            p = sigmoid(encoder(x))
            bits = p + ((p > 0.5) - p).detach()
            return ((decoder(bits) - y) ** 2).mean()

        optimizer = SGD(encoder.parameters() + decoder.parameters(), lr=0.1)
        return train(loss, optimizer), encoder, decoder

    def theirs(x, y):
        encoder, decoder = start(nn.Linear(4, 3)), start(nn.Linear(3, 1))

        def loss():
            p = torch.sigmoid(encoder(x))
            bits = p + ((p > 0.5).double() - p).detach()
            return ((decoder(bits) - y) ** 2).mean()

        optimizer = torch.optim.SGD([*encoder.parameters(), *decoder.parameters()], lr=0.1)
        return train(loss, optimizer), encoder, decoder


@operation
def sine(x):
    return np.sin(x)


@program(x=normal(8, 2), y=normal(8, 1))
class SineNetworkWithOwnOperation:
    """A function of one's own, with a gradient of one's own: PyTorch's autograd.Function."""

    def ours(x, y):
        from tinytorch.core import gradient_of

        @gradient_of(sine)
        def sine_gradient(grad, output, x):
            return grad * np.cos(x)

        class Net(Layer):
            def __init__(self):
                self.first, self.last = Linear(2, 5, rng), Linear(5, 1, rng)

            def forward(self, x):
                return self.last(sine(3 * self.first(x)))

        model, loss = start(Net()), MeanSquaredError()
        return train(lambda: loss(model(x), y), SGD(model.parameters(), lr=0.05)), model

    def theirs(x, y):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.last = nn.Linear(2, 5), nn.Linear(5, 1)

            def forward(self, x):
                return self.last(torch.sin(3 * self.first(x)))

        model, loss = start(Net()), nn.MSELoss()
        return train(lambda: loss(model(x), y), torch.optim.SGD(model.parameters(), lr=0.05)), model


@program(x=normal(8, 4), y=normal(8, 1))
class HooklessFeatureExtraction:
    """A part of a network is called alone, and layers are taken out by index."""

    def ours(x, y):
        model = start(Sequential(Linear(4, 5, rng), ReLU(), Linear(5, 3, rng), Tanh()))
        head = start(Linear(3, 1, rng))
        with no_grad():
            features = model(x)
        losses = train(lambda: ((head(features) - y) ** 2).mean(), SGD(head.parameters(), lr=0.1))
        return losses, head, model[1](model[0](x)), [p.grad for p in model.parameters()]

    def theirs(x, y):
        model = start(nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3), nn.Tanh()))
        head = start(nn.Linear(3, 1))
        with torch.no_grad():
            features = model(x)
        optimizer = torch.optim.SGD(head.parameters(), lr=0.1)
        losses = train(lambda: ((head(features) - y) ** 2).mean(), optimizer)
        return losses, head, model[1](model[0](x)), [p.grad for p in model.parameters()]


@program(x=normal(8, 4), labels=classes(3, 8))
class TransferLearning:
    """The body of a network is a slice of it; its head is replaced."""

    def ours(x, labels):
        model = start(Sequential(Linear(4, 5, rng), Tanh(), Linear(5, 2, rng)))
        head, loss = start(Linear(5, 3, rng), seed=1), CrossEntropyLoss()
        body = model[:2].freeze()
        other = Sequential(*body, head)
        losses = train(lambda: loss(other(x), labels), Adam(head.parameters(), lr=0.1))
        model[2] = head
        return losses, model(x), body, head

    def theirs(x, labels):
        model = start(nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2)))
        head, loss = start(nn.Linear(5, 3), seed=1), nn.CrossEntropyLoss()
        body = model[:2].requires_grad_(False)
        other = nn.Sequential(*body, head)
        losses = train(lambda: loss(other(x), labels), torch.optim.Adam(head.parameters(), lr=0.1))
        model[2] = head
        return losses, model(x), body, head


@program(x=normal(6, 4, 2))
class StateKeptByALayer:
    """A recurrence whose layer keeps its state, under that name, between calls."""

    def ours(x):
        class Cell(Layer):
            def __init__(self):
                self.enter, self.again = Linear(2, 3, rng), Linear(3, 3, rng)
                self.state = np.zeros((4, 3))

            def forward(self, x):
                self.state = tanh(self.enter(x) + self.again(Tensor(self.state)))
                return self.state

        model = start(Cell())
        outputs = []
        with no_grad():
            for step in x:
                outputs.append(model(step))
        return outputs, len(model.state_dict())

    def theirs(x):
        class Cell(nn.Module):
            def __init__(self):
                super().__init__()
                self.enter, self.again = nn.Linear(2, 3), nn.Linear(3, 3)
                self.state = torch.zeros(4, 3)

            def forward(self, x):
                self.state = torch.tanh(self.enter(x) + self.again(self.state))
                return self.state

        model = start(Cell())
        outputs = []
        with torch.no_grad():
            for step in x:
                outputs.append(model(step))
        return outputs, len(model.state_dict())


@program(x=normal(8, 4), y=normal(8, 3))
class BinaryWeights:
    """Signs of the weights on the way there, the weights themselves on the way back."""

    def ours(x, y):
        class Binary(Layer):
            def __init__(self, size, units):
                self.weight = Tensor(rng.normal(size=(size, units)), requires_grad=True)

            def forward(self, x):
                w = self.weight
                return x @ (w + (np.sign(w) * abs(w).mean() - w).detach())

        model, loss = start(Binary(4, 3)), MeanSquaredError()
        return train(lambda: loss(model(x), y), Adam(model.parameters(), lr=0.1)), model

    def theirs(x, y):
        class Binary(nn.Module):
            def __init__(self, size, units):
                super().__init__()
                self.weight = nn.Parameter(torch.zeros(size, units))

            def forward(self, x):
                w = self.weight
                return x @ (w + (torch.sign(w) * abs(w).mean() - w).detach())

        model, loss = start(Binary(4, 3)), nn.MSELoss()
        return train(lambda: loss(model(x), y), torch.optim.Adam(model.parameters(), lr=0.1)), model


@program(x=normal(8, 4), y=normal(8, 2))
class DenselyConnected:
    """Each layer sees the outputs of all before it; layers in a dict of lists."""

    def ours(x, y):
        from tinytorch.core.operations import concatenate

        class Net(Layer):
            def __init__(self):
                self.parts = {"hidden": [Linear(4 + 3 * n, 3, rng) for n in range(3)]}
                self.head = Linear(13, 2, rng)

            def forward(self, x):
                seen = [x]
                for layer in self.parts["hidden"]:
                    seen.append(relu(layer(concatenate(seen, axis=-1))))
                return self.head(concatenate(seen, axis=-1))

        model, loss = start(Net()), MeanSquaredError()
        return train(lambda: loss(model(x), y), Adam(model.parameters(), lr=0.05)), model

    def theirs(x, y):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                hidden = nn.ModuleList(nn.Linear(4 + 3 * n, 3) for n in range(3))
                self.parts = nn.ModuleDict({"hidden": hidden})
                self.head = nn.Linear(13, 2)

            def forward(self, x):
                seen = [x]
                for layer in self.parts["hidden"]:
                    seen.append(torch.relu(layer(torch.cat(seen, dim=-1))))
                return self.head(torch.cat(seen, dim=-1))

        model, loss = start(Net()), nn.MSELoss()
        return train(
            lambda: loss(model(x), y), torch.optim.Adam(model.parameters(), lr=0.05)
        ), model


@program(x=normal(8, 3), y=normal(8, 3))
class MasksAppliedInForward:
    """Each layer of three sets weights of its own to 0, in place, when it is called."""

    def ours(x, y):
        class Masked(Layer):
            def __init__(self):
                self.weight = Tensor(rng.normal(size=(3, 3)), requires_grad=True)

            def forward(self, x):
                with no_grad():
                    self.weight *= np.triu(np.ones((3, 3)))
                return tanh(x @ self.weight)

        model, loss = start(Sequential(Masked(), Masked(), Masked())), MeanSquaredError()
        return train(lambda: loss(model(x), y), SGD(model.parameters(), lr=0.1)), model

    def theirs(x, y):
        class Masked(nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = nn.Parameter(torch.zeros(3, 3))

            def forward(self, x):
                with torch.no_grad():
                    self.weight *= torch.triu(torch.ones(3, 3))
                return torch.tanh(x @ self.weight)

        model, loss = start(nn.Sequential(Masked(), Masked(), Masked())), nn.MSELoss()
        return train(lambda: loss(model(x), y), torch.optim.SGD(model.parameters(), lr=0.1)), model


@program(x=normal(8, 3), y=normal(8, 3))
class LayerChosenByNumber:
    """The first input is a whole number, which says how far to go."""

    def ours(x, y):
        class Net(Layer):
            def __init__(self):
                self.layers = [Linear(3, 3, rng) for _ in range(3)]
                self.heads = [Linear(3, 3, rng) for _ in range(3)]

            def forward(self, depth, x):
                for layer in self.layers[: depth + 1]:
                    x = tanh(layer(x))
                return self.heads[depth](x)

        model, loss = start(Net()), MeanSquaredError()
        optimizer = Adam(model.parameters(), lr=0.05)
        return train(lambda: sum(loss(model(n, x), y) for n in range(3)), optimizer), model

    def theirs(x, y):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.ModuleList(nn.Linear(3, 3) for _ in range(3))
                self.heads = nn.ModuleList(nn.Linear(3, 3) for _ in range(3))

            def forward(self, depth, x):
                for layer in self.layers[: depth + 1]:
                    x = torch.tanh(layer(x))
                return self.heads[depth](x)

        model, loss = start(Net()), nn.MSELoss()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
        return train(lambda: sum(loss(model(n, x), y) for n in range(3)), optimizer), model


@program(x=normal(8, 4))
class TensorAsBuffer:
    """A Tensor that changes while a layer is used is saved with it, and is no parameter."""

    def ours(x):
        class Centre(Layer):
            buffers = ("mean",)

            def __init__(self):
                self.scale = Tensor(np.ones(4), requires_grad=True)
                self.mean = Tensor(np.zeros(4))

            def forward(self, x):
                with no_grad():
                    self.mean += 0.1 * (x.mean(axis=0) - self.mean)
                return (x - self.mean) * self.scale

        model, other = start(Centre(), 1), start(Centre(), 2)
        outputs = [model(x[n:]) for n in range(3)]
        other.load_state_dict(model.state_dict())
        return outputs, len(model.parameters()), other.mean, other

    def theirs(x):
        class Centre(nn.Module):
            def __init__(self):
                super().__init__()
                self.scale = nn.Parameter(torch.ones(4))
                self.register_buffer("mean", torch.zeros(4))

            def forward(self, x):
                with torch.no_grad():
                    self.mean += 0.1 * (x.mean(dim=0) - self.mean)
                return (x - self.mean) * self.scale

        model, other = start(Centre(), 1), start(Centre(), 2)
        outputs = [model(x[n:]) for n in range(3)]
        other.load_state_dict(model.state_dict())
        return outputs, len(list(model.parameters())), other.mean, other
