"""Programs on sequences: recurrence, attention, embeddings, words."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from tinytorch.core import (
    SGD,
    Adam,
    AdamW,
    CrossEntropyLoss,
    Layer,
    Linear,
    MeanSquaredError,
    ReLU,
    Sequential,
    Tensor,
    clip_by_norm,
    log_softmax,
    logsumexp,
    no_grad,
    sigmoid,
    softmax,
    tanh,
)

from .harness import binary, classes, normal, program, start, train, weight

rng = np.random.default_rng(0)


# --- Recurrence -----------------------------------------------------------------------------


def recurrent(model, order=("weight_ih", "bias_ih", "weight_hh", "bias_hh")):
    """PyTorch's recurrence with the weights that `start` gives ours, and these weights."""
    parts, weights = np.random.default_rng(0), dict(model.named_parameters())
    weights = [weights[name] if name in weights else weights[f"{name}_l0"] for name in order]
    for w in weights:
        w.data = torch.from_numpy(parts.normal(0, 0.5, tuple(w.shape)[::-1]).T.copy())
    return model, weights


def told(weights):
    """Weights as they are stored on our side, and their gradients."""
    return [(w.detach().numpy().T, w.grad.numpy().T) for w in weights]


@program(x=normal(12, 4, 2), y=normal(12, 4, 1))
class TruncatedRNN:
    """A state that is carried on from part to part, detached: backpropagation stops there."""

    def ours(x, y):
        class RNN(Layer):
            def __init__(self):
                self.enter, self.again = Linear(2, 3, rng), Linear(3, 3, rng, bias=False)
                self.head = Linear(3, 1, rng)

            def forward(self, x, h):
                outputs = []
                for step in x:
                    h = tanh(self.enter(step) + self.again(h))
                    outputs.append(self.head(h))
                return outputs, h

        model, h = start(RNN()), Tensor(np.zeros((4, 3)))
        optimizer, losses = SGD(model.parameters(), lr=0.1), []
        for i in range(0, 12, 4):
            outputs, h = model(x[i : i + 4], h)
            loss = sum(((out - t) ** 2).mean() for out, t in zip(outputs, y[i:], strict=False)) / 4
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            h = h.detach()
            losses.append(loss.item())
        return losses, h, model

    def theirs(x, y):
        class RNN(nn.Module):
            def __init__(self):
                super().__init__()
                self.enter, self.again = nn.Linear(2, 3), nn.Linear(3, 3, bias=False)
                self.head = nn.Linear(3, 1)

            def forward(self, x, h):
                outputs = []
                for step in x:
                    h = torch.tanh(self.enter(step) + self.again(h))
                    outputs.append(self.head(h))
                return outputs, h

        model, h = start(RNN()), torch.zeros(4, 3)
        optimizer, losses = torch.optim.SGD(model.parameters(), lr=0.1), []
        for i in range(0, 12, 4):
            outputs, h = model(x[i : i + 4], h)
            loss = sum(((out - t) ** 2).mean() for out, t in zip(outputs, y[i:], strict=False)) / 4
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            h = h.detach()
            losses.append(loss.item())
        return losses, h, model


@program(x=normal(4, 6, 2), y=normal(4, 1))
class LSTMByHand:
    """Gates from one linear layer, split into four."""

    def ours(x, y):
        from tinytorch.core.operations import split

        class LSTM(Layer):
            def __init__(self, size, hidden):
                self.hidden = hidden
                self.enter = Linear(size, 4 * hidden, rng)
                self.again = Linear(hidden, 4 * hidden, rng)

            def forward(self, x):
                h = c = Tensor(np.zeros((len(x), self.hidden)))
                for t in range(x.shape[1]):
                    i, f, g, o = split(self.enter(x[:, t]) + self.again(h), self.hidden, axis=1)
                    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
                    h = sigmoid(o) * tanh(c)
                return h

        model, head = start(LSTM(2, 3)), start(Linear(3, 1, rng))
        optimizer, loss = Adam(model.parameters() + head.parameters(), lr=0.05), MeanSquaredError()
        losses = train(lambda: loss(head(model(x)), y), optimizer)
        return losses, [(w.data, w.grad) for w in model.parameters()], head

    def theirs(x, y):
        model, weights = recurrent(nn.LSTM(2, 3, batch_first=True))
        head, loss = start(nn.Linear(3, 1)), nn.MSELoss()
        optimizer = torch.optim.Adam([*model.parameters(), *head.parameters()], lr=0.05)
        losses = train(lambda: loss(head(model(x)[0][:, -1]), y), optimizer)
        return losses, told(weights), head


@program(x=normal(4, 6, 2), y=normal(4, 6, 3))
class GRUByHand:
    """PyTorch's GRU cell, written with linear layers; outputs are stacked."""

    def ours(x, y):
        from tinytorch.core.operations import split, stack

        class GRUByHand(Layer):
            def __init__(self, size, hidden):
                self.enter = Linear(size, 3 * hidden, rng)
                self.again = Linear(hidden, 3 * hidden, rng)

            def forward(self, x):
                h, outputs = Tensor(np.zeros((len(x), 3))), []
                for step in x.swapaxes(0, 1):
                    xr, xz, xn = split(self.enter(step), 3, axis=-1)
                    hr, hz, hn = split(self.again(h), 3, axis=-1)
                    z = sigmoid(xz + hz)
                    h = (1 - z) * tanh(xn + sigmoid(xr + hr) * hn) + z * h
                    outputs.append(h)
                return stack(outputs, axis=1)

        model, loss = start(GRUByHand(2, 3)), MeanSquaredError()
        losses = train(lambda: loss(model(x), y), SGD(model.parameters(), lr=0.2))
        return losses, [(w.data, w.grad) for w in model.parameters()], model(x)

    def theirs(x, y):
        (model, weights), loss = recurrent(nn.GRU(2, 3, batch_first=True)), nn.MSELoss()
        losses = train(lambda: loss(model(x)[0], y), torch.optim.SGD(model.parameters(), lr=0.2))
        return losses, told(weights), model(x)[0]


@program(x=normal(4, 6, 2), context=normal(4, 3), y=normal(4, 6, 1))
class GRUOfTheFramework:
    """A state that a network gives starts it; all states and the last one are used."""

    def ours(x, context, y):
        from tinytorch.core.operations import GRU

        gru, head = start(GRU(2, 3, rng)), start(Linear(3, 1, rng))
        optimizer = Adam(gru.parameters() + head.parameters(), lr=0.05)

        def loss():
            states, last = gru(x, tanh(context))
            return ((head(states) - y) ** 2).mean() + (last**2).mean()

        return train(loss, optimizer), [(w.data, w.grad) for w in gru.parameters()], head, gru(x)[0]

    def theirs(x, context, y):
        gru, weights = recurrent(nn.GRU(2, 3, batch_first=True))
        head = start(nn.Linear(3, 1))
        optimizer = torch.optim.Adam([*gru.parameters(), *head.parameters()], lr=0.05)

        def loss():
            states, last = gru(x, torch.tanh(context)[None])
            return ((head(states) - y) ** 2).mean() + (last[0] ** 2).mean()

        return train(loss, optimizer), told(weights), head, gru(x)[0]


@program(x=normal(4, 3), y=normal(5, 4, 3))
class GRUCellThatDreams:
    """A cell fed with its own outputs, each new input detached at first, then not."""

    def ours(x, y):
        from tinytorch.core.operations import GRUCell, stack

        cell = start(GRUCell(3, 3, rng))

        def loss(cut):
            h, outputs = None, [x]
            for _ in range(5):
                h = cell(outputs[-1].detach() if cut else outputs[-1], h)
                outputs.append(h)
            return ((stack(outputs[1:]) - y) ** 2).mean()

        optimizer = SGD(cell.parameters(), lr=0.2)
        losses = [train(lambda cut=cut: loss(cut), optimizer, steps=2) for cut in (True, False)]
        return losses, [(w.data, w.grad) for w in cell.parameters()]

    def theirs(x, y):
        cell, weights = recurrent(nn.GRUCell(3, 3))

        def loss(cut):
            h, outputs = None, [x]
            for _ in range(5):
                h = cell(outputs[-1].detach() if cut else outputs[-1], h)
                outputs.append(h)
            return ((torch.stack(outputs[1:]) - y) ** 2).mean()

        optimizer = torch.optim.SGD(cell.parameters(), lr=0.2)
        losses = [train(lambda cut=cut: loss(cut), optimizer, steps=2) for cut in (True, False)]
        return losses, told(weights)


@program(x=normal(4, 6, 2), labels=classes(3, 4, 6))
class BidirectionalTagger:
    """One recurrence forwards, one backwards by [::-1], a tag for each place."""

    def ours(x, labels):
        from tinytorch.core.operations import concatenate, stack

        class RNN(Layer):
            def __init__(self):
                self.enter, self.again = Linear(2, 3, rng), Linear(3, 3, rng)

            def forward(self, x):
                h, outputs = Tensor(np.zeros((x.shape[0], 3))), []
                for t in range(x.shape[1]):
                    h = tanh(self.enter(x[:, t]) + self.again(h))
                    outputs.append(h)
                return stack(outputs, axis=1)

        class Tagger(Layer):
            def __init__(self):
                self.ahead, self.back, self.head = RNN(), RNN(), Linear(6, 3, rng)

            def forward(self, x):
                h = concatenate([self.ahead(x), self.back(x[:, ::-1])[:, ::-1]], axis=2)
                return self.head(h)

        model, loss = start(Tagger()), CrossEntropyLoss()
        losses = train(
            lambda: loss(model(x).reshape(-1, 3), labels.reshape(-1)),
            SGD(model.parameters(), lr=0.5),
        )
        return losses, model

    def theirs(x, labels):
        class RNN(nn.Module):
            def __init__(self):
                super().__init__()
                self.enter, self.again = nn.Linear(2, 3), nn.Linear(3, 3)

            def forward(self, x):
                h, outputs = torch.zeros(x.shape[0], 3), []
                for t in range(x.shape[1]):
                    h = torch.tanh(self.enter(x[:, t]) + self.again(h))
                    outputs.append(h)
                return torch.stack(outputs, dim=1)

        class Tagger(nn.Module):
            def __init__(self):
                super().__init__()
                self.ahead, self.back, self.head = RNN(), RNN(), nn.Linear(6, 3)

            def forward(self, x):
                h = torch.cat([self.ahead(x), self.back(x.flip(1)).flip(1)], dim=2)
                return self.head(h)

        model, loss = start(Tagger()), nn.CrossEntropyLoss()
        losses = train(
            lambda: loss(model(x).reshape(-1, 3), labels.reshape(-1)),
            torch.optim.SGD(model.parameters(), lr=0.5),
        )
        return losses, model


@program(source=classes(5, 6), target=classes(5, 7))
class SequenceToSequence:
    """An encoder's last state starts a decoder, which is fed the right words; then greedily."""

    def ours(source, target):
        class Net(Layer):
            def __init__(self):
                self.words = Tensor(rng.normal(size=(5, 3)), requires_grad=True)
                self.read, self.write = Linear(6, 3, rng), Linear(6, 3, rng)
                self.head = Linear(3, 5, rng)

            def forward(self, source, given):
                from tinytorch.core.operations import concatenate, stack

                h, outputs = Tensor(np.zeros(3)), []
                for word in source:
                    h = tanh(self.read(concatenate([self.words[word], h])))
                for word in given:
                    h = tanh(self.write(concatenate([self.words[word], h])))
                    outputs.append(self.head(h))
                return stack(outputs)

        model, loss = start(Net()), CrossEntropyLoss()
        optimizer = Adam(model.parameters(), lr=0.05)
        losses = train(lambda: loss(model(source, target[:-1]), target[1:]), optimizer)
        said = [int(target[0])]
        with no_grad():
            for _ in range(4):
                said.append(model(source, Tensor(np.array(said)))[-1].argmax().item())
        return losses, model, said

    def theirs(source, target):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.words = nn.Parameter(torch.zeros(5, 3))
                self.read, self.write = nn.Linear(6, 3), nn.Linear(6, 3)
                self.head = nn.Linear(3, 5)

            def forward(self, source, given):
                h, outputs = torch.zeros(3), []
                for word in source:
                    h = torch.tanh(self.read(torch.cat([self.words[word], h])))
                for word in given:
                    h = torch.tanh(self.write(torch.cat([self.words[word], h])))
                    outputs.append(self.head(h))
                return torch.stack(outputs)

        model, loss = start(Net()), nn.CrossEntropyLoss()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
        losses = train(lambda: loss(model(source, target[:-1]), target[1:]), optimizer)
        said = [int(target[0])]
        with torch.no_grad():
            for _ in range(4):
                said.append(model(source, torch.tensor(said))[-1].argmax().item())
        return losses, model, said


@program(x=normal(10, 2), y=normal(10), decay=weight(3), mix=weight(2, 3), read=weight(3))
class LinearStateSpace:
    """Iterating over rows; the outputs are joined by stack."""

    def ours(x, y, decay, mix, read):
        from tinytorch.core.operations import stack

        def loss():
            state, outputs = 0, []
            for row in x:
                state = sigmoid(decay) * state + row @ mix
                outputs.append(state @ read)
            return ((stack(outputs) - y) ** 2).mean()

        return train(loss, SGD([decay, mix, read], lr=0.1)), decay, mix, read

    def theirs(x, y, decay, mix, read):
        def loss():
            state, outputs = 0, []
            for row in x:
                state = torch.sigmoid(decay) * state + row @ mix
                outputs.append(state @ read)
            return ((torch.stack(outputs) - y) ** 2).mean()

        return train(loss, torch.optim.SGD([decay, mix, read], lr=0.1)), decay, mix, read


@program(x=normal(20, 3, 1), y=normal(3, 1))
class ClippedRNN:
    """A long recurrence, its gradients clipped to a small norm at every step.

    PyTorch divides by the norm + 1e-6: its limit is arranged so that the result is the same.
    """

    def ours(x, y):
        cell, head = start(Linear(5, 4, rng)), start(Linear(4, 1, rng))
        parameters = cell.parameters() + head.parameters()
        optimizer, norms = SGD(parameters, lr=0.5), []
        for _ in range(5):
            from tinytorch.core.operations import concatenate

            h = Tensor(np.zeros((3, 4)))
            for step in x:
                h = tanh(cell(concatenate([step, h], axis=1)))
            loss = ((head(h) - y) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            norms.append(clip_by_norm(parameters, 0.1))
            optimizer.step()
        return norms, cell, head

    def theirs(x, y):
        cell, head = start(nn.Linear(5, 4)), start(nn.Linear(4, 1))
        parameters = [*cell.parameters(), *head.parameters()]
        optimizer, norms = torch.optim.SGD(parameters, lr=0.5), []
        for _ in range(5):
            h = torch.zeros(3, 4)
            for step in x:
                h = torch.tanh(cell(torch.cat([step, h], dim=1)))
            loss = ((head(h) - y) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            norm = nn.utils.get_total_norm([p.grad for p in parameters]).item()
            nn.utils.clip_grad_norm_(parameters, 0.1 * (norm + 1e-6) / norm)
            norms.append(norm)
            optimizer.step()
        return norms, cell, head


# --- Attention ------------------------------------------------------------------------------


@program(x=normal(2, 5, 4), y=normal(2, 5, 4))
class SelfAttention:
    def ours(x, y):
        class Attention(Layer):
            def __init__(self, size):
                self.q, self.k, self.v = (Linear(size, size, rng) for _ in range(3))

            def forward(self, x):
                scores = self.q(x) @ self.k(x).swapaxes(-2, -1) / math.sqrt(x.shape[-1])
                return softmax(scores, axis=-1) @ self.v(x)

        model, loss = start(Attention(4)), MeanSquaredError()
        return train(lambda: loss(model(x), y), SGD(model.parameters(), lr=0.2)), model

    def theirs(x, y):
        class Attention(nn.Module):
            def __init__(self, size):
                super().__init__()
                self.q, self.k, self.v = (nn.Linear(size, size) for _ in range(3))

            def forward(self, x):
                return F.scaled_dot_product_attention(self.q(x), self.k(x), self.v(x))

        model, loss = start(Attention(4)), nn.MSELoss()
        return train(lambda: loss(model(x), y), torch.optim.SGD(model.parameters(), lr=0.2)), model


@program(x=normal(2, 5, 6), y=normal(2, 5, 6))
class CausalMultiHeadAttention:
    """Heads by reshape and transpose, the future masked with where."""

    def ours(x, y):
        from tinytorch.core.operations import split, where

        class Attention(Layer):
            def __init__(self, size, heads):
                self.heads = heads
                self.qkv, self.out = Linear(size, 3 * size, rng), Linear(size, size, rng)

            def forward(self, x):
                n, t, d = x.shape
                q, k, v = (
                    part.reshape(n, t, self.heads, d // self.heads).transpose(0, 2, 1, 3)
                    for part in split(self.qkv(x), d, axis=-1)
                )
                scores = q @ k.swapaxes(-1, -2) / math.sqrt(d // self.heads)
                scores = where(np.tril(np.ones((t, t))) == 1, scores, -np.inf)
                return self.out((softmax(scores) @ v).transpose(0, 2, 1, 3).reshape(n, t, d))

        model, loss = start(Attention(6, 2)), MeanSquaredError()
        return train(lambda: loss(model(x), y), SGD(model.parameters(), lr=0.2)), model

    def theirs(x, y):
        class Attention(nn.Module):
            def __init__(self, size, heads):
                super().__init__()
                self.heads = heads
                self.qkv, self.out = nn.Linear(size, 3 * size), nn.Linear(size, size)

            def forward(self, x):
                n, t, d = x.shape
                q, k, v = (
                    part.reshape(n, t, self.heads, d // self.heads).transpose(1, 2)
                    for part in self.qkv(x).split(d, dim=-1)
                )
                scores = q @ k.transpose(-1, -2) / math.sqrt(d // self.heads)
                scores = torch.where(torch.tril(torch.ones(t, t)) == 1, scores, -torch.inf)
                return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(n, t, d))

        model, loss = start(Attention(6, 2)), nn.MSELoss()
        return train(lambda: loss(model(x), y), torch.optim.SGD(model.parameters(), lr=0.2)), model


@program(x=normal(2, 5, 4), context=normal(2, 7, 3), y=normal(2, 5, 4), absent=binary(2, 7))
class CrossAttention:
    """Queries of one sequence, keys and values of another, whose padding is masked."""

    def ours(x, context, y, absent):
        from tinytorch.core.operations import where

        class Attention(Layer):
            def __init__(self):
                self.q, self.k, self.v = Linear(4, 4, rng), Linear(3, 4, rng), Linear(3, 4, rng)

            def forward(self, x, context, *, absent):
                scores = self.q(x) @ self.k(context).transpose(0, 2, 1) / 2
                scores = where(absent[:, None] == 1, -1e9, scores)
                return softmax(scores, axis=2) @ self.v(context)

        model, loss = start(Attention()), MeanSquaredError()
        return train(
            lambda: loss(model(x, context, absent=absent), y), SGD(model.parameters(), lr=0.2)
        ), model

    def theirs(x, context, y, absent):
        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.q, self.k, self.v = nn.Linear(4, 4), nn.Linear(3, 4), nn.Linear(3, 4)

            def forward(self, x, context, *, absent):
                scores = self.q(x) @ self.k(context).transpose(1, 2) / 2
                scores = scores.masked_fill(absent[:, None] == 1, -1e9)
                return torch.softmax(scores, dim=2) @ self.v(context)

        model, loss = start(Attention()), nn.MSELoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
        return train(lambda: loss(model(x, context, absent=absent), y), optimizer), model


@program(x=normal(2, 4, 6), y=normal(2, 4, 6))
class TransformerBlock:
    """Layer norm, attention, a small network, two ways around."""

    def ours(x, y):
        class LayerNorm(Layer):
            def __init__(self, size):
                self.scale = Tensor(np.ones(size), requires_grad=True)
                self.shift = Tensor(np.zeros(size), requires_grad=True)

            def forward(self, x):
                mean = x.mean(axis=-1, keepdims=True)
                variance = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
                return (x - mean) / (variance + 1e-5).sqrt() * self.scale + self.shift

        class Block(Layer):
            def __init__(self, size):
                self.qkv, self.out = Linear(size, 3 * size, rng), Linear(size, size, rng)
                self.norms = [LayerNorm(size), LayerNorm(size)]
                self.net = Sequential(Linear(size, 8, rng), ReLU(), Linear(8, size, rng))

            def forward(self, x):
                h = self.qkv(self.norms[0](x))
                q, k, v = h[..., :6], h[..., 6:12], h[..., 12:]
                x = x + self.out(softmax(q @ k.swapaxes(1, 2) / 6**0.5) @ v)
                return x + self.net(self.norms[1](x))

        model, loss = start(Block(6)), MeanSquaredError()
        return train(lambda: loss(model(x), y), AdamW(model.parameters(), lr=0.01, eps=1e-6)), model

    def theirs(x, y):
        class Block(nn.Module):
            def __init__(self, size):
                super().__init__()
                self.qkv, self.out = nn.Linear(size, 3 * size), nn.Linear(size, size)
                self.norms = nn.ModuleList([nn.LayerNorm(size), nn.LayerNorm(size)])
                self.net = nn.Sequential(nn.Linear(size, 8), nn.ReLU(), nn.Linear(8, size))

            def forward(self, x):
                h = self.qkv(self.norms[0](x))
                q, k, v = h[..., :6], h[..., 6:12], h[..., 12:]
                x = x + self.out(torch.softmax(q @ k.mT / 6**0.5, dim=-1) @ v)
                return x + self.net(self.norms[1](x))

        model, loss = start(Block(6)), nn.MSELoss()
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, eps=1e-6)
        return train(lambda: loss(model(x), y), optimizer), model


@program(text=classes(9, 2, 8))
class SmallLanguageModel:
    """A GPT of two blocks: positions, a causal mask, a head tied to the table; then it writes."""

    def ours(text):
        from tinytorch.core.operations import split, where

        class Block(Layer):
            def __init__(self, size):
                self.qkv, self.out = Linear(size, 3 * size, rng), Linear(size, size, rng)
                self.net = Sequential(Linear(size, 8, rng), ReLU(), Linear(8, size, rng))

            def forward(self, x):
                n, t, d = x.shape
                q, k, v = split(self.qkv(x).reshape(n, t, 2, -1).swapaxes(1, 2), d // 2, axis=-1)
                past = np.arange(t)[:, None] >= np.arange(t)
                scores = where(past, q @ k.swapaxes(-1, -2) / math.sqrt(d // 2), -np.inf)
                x = x + self.out((softmax(scores) @ v).swapaxes(1, 2).reshape(n, t, d))
                return x + self.net(x)

        class GPT(Layer):
            def __init__(self):
                self.table = Tensor(rng.normal(size=(9, 4)), requires_grad=True)
                self.places = Tensor(rng.normal(size=(8, 4)), requires_grad=True)
                self.blocks = [Block(4), Block(4)]

            def forward(self, words):
                x = self.table[words] + self.places[: words.shape[1]]
                for block in self.blocks:
                    x = block(x)
                return x @ self.table.T

        model, loss = start(GPT()), CrossEntropyLoss()
        losses = train(
            lambda: loss(model(text[:, :-1]).reshape(-1, 9), text[:, 1:].reshape(-1)),
            AdamW(model.parameters(), lr=0.05, eps=1e-6),
        )
        with no_grad():
            said = text[:1, :2].data
            for _ in range(5):
                word = model(said)[:, -1].argmax(axis=-1)
                said = np.concatenate([said, word.data[:, None]], axis=1)
        return losses, model, said

    def theirs(text):
        class Block(nn.Module):
            def __init__(self, size):
                super().__init__()
                self.qkv, self.out = nn.Linear(size, 3 * size), nn.Linear(size, size)
                self.net = nn.Sequential(nn.Linear(size, 8), nn.ReLU(), nn.Linear(8, size))

            def forward(self, x):
                n, t, d = x.shape
                q, k, v = self.qkv(x).reshape(n, t, 2, -1).transpose(1, 2).split(d // 2, dim=-1)
                heads = F.scaled_dot_product_attention(q, k, v, is_causal=True)
                x = x + self.out(heads.transpose(1, 2).reshape(n, t, d))
                return x + self.net(x)

        class GPT(nn.Module):
            def __init__(self):
                super().__init__()
                self.table = nn.Parameter(torch.zeros(9, 4))
                self.places = nn.Parameter(torch.zeros(8, 4))
                self.blocks = nn.ModuleList([Block(4), Block(4)])

            def forward(self, words):
                x = self.table[words] + self.places[: words.shape[1]]
                for block in self.blocks:
                    x = block(x)
                return x @ self.table.T

        model, loss = start(GPT()), nn.CrossEntropyLoss()
        losses = train(
            lambda: loss(model(text[:, :-1]).reshape(-1, 9), text[:, 1:].reshape(-1)),
            torch.optim.AdamW(model.parameters(), lr=0.05, eps=1e-6),
        )
        with torch.no_grad():
            said = text[:1, :2]
            for _ in range(5):
                word = model(said)[:, -1].argmax(dim=-1)
                said = torch.cat([said, word[:, None]], dim=1)
        return losses, model, said


@program(keys=normal(3, 7, 4), query=weight(4), y=normal(3, 4))
class AttentionPooling:
    """One learned query pools a sequence: a matrix times a vector, with batches in front."""

    def ours(keys, query, y):
        def loss():
            shares = softmax(keys @ query)
            return (((shares[:, None] @ keys).squeeze(axis=1) - y) ** 2).mean()

        return train(loss, SGD([query], lr=1.0)), query

    def theirs(keys, query, y):
        def loss():
            shares = torch.softmax(keys @ query, dim=-1)
            return (((shares[:, None] @ keys).squeeze(1) - y) ** 2).mean()

        return train(loss, torch.optim.SGD([query], lr=1.0)), query


@program(x=normal(2, 6, 4), y=normal(2, 6, 4))
class LinearAttentionByCumsum:
    """Sums over the past replace the softmax: outer products by einsum, then cumsum."""

    def ours(x, y):
        from tinytorch.core.operations import cumsum, einsum

        q, k, v = (start(Linear(4, 4, rng), seed) for seed in range(3))

        def loss():
            a, b = (softmax(layer(x)) for layer in (q, k))
            past = cumsum(einsum("ntd,nte->ntde", b, v(x)), axis=1)
            out = einsum("ntd,ntde->nte", a, past)
            scale = (a * cumsum(b, axis=1)).sum(axis=-1, keepdims=True)
            return ((out / scale - y) ** 2).mean()

        parameters = [p for layer in (q, k, v) for p in layer.parameters()]
        return train(loss, SGD(parameters, lr=0.1)), q, k, v

    def theirs(x, y):
        q, k, v = (start(nn.Linear(4, 4), seed) for seed in range(3))

        def loss():
            a, b = (torch.softmax(layer(x), dim=-1) for layer in (q, k))
            past = torch.cumsum(torch.einsum("ntd,nte->ntde", b, v(x)), dim=1)
            out = torch.einsum("ntd,ntde->nte", a, past)
            scale = (a * torch.cumsum(b, dim=1)).sum(dim=-1, keepdim=True)
            return ((out / scale - y) ** 2).mean()

        parameters = [p for layer in (q, k, v) for p in layer.parameters()]
        return train(loss, torch.optim.SGD(parameters, lr=0.1)), q, k, v


# --- Words ----------------------------------------------------------------------------------


@program(words=classes(7, 5, 6), labels=classes(2, 5))
class BagOfWords:
    """The mean of embeddings, by indexing with whole numbers."""

    def ours(words, labels):
        class Net(Layer):
            def __init__(self):
                self.table = Tensor(rng.normal(size=(7, 3)), requires_grad=True)
                self.head = Linear(3, 2, rng)

            def forward(self, words):
                return self.head(self.table[words].mean(axis=1))

        model, loss = start(Net()), CrossEntropyLoss()
        return train(lambda: loss(model(words), labels), SGD(model.parameters(), lr=0.5)), model

    def theirs(words, labels):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.table = nn.EmbeddingBag(7, 3, mode="mean")
                self.head = nn.Linear(3, 2)

            def forward(self, words):
                return self.head(self.table(words))

        model, loss = start(Net()), nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        return train(lambda: loss(model(words), labels), optimizer), model


@program(words=classes(7, 5, 6), y=normal(5, 6, 2))
class EmbeddingByTake:
    def ours(words, y):
        from tinytorch.core.operations import take

        class Embedding(Layer):
            def __init__(self, count, size):
                self.weight = Tensor(rng.normal(size=(count, size)), requires_grad=True)

            def forward(self, indices):
                return take(self.weight, indices, axis=0)

        model, loss = start(Sequential(Embedding(7, 3), Linear(3, 2, rng))), MeanSquaredError()
        return train(lambda: loss(model(words), y), Adam(model.parameters(), lr=0.1)), model

    def theirs(words, y):
        model, loss = start(nn.Sequential(nn.Embedding(7, 3), nn.Linear(3, 2))), nn.MSELoss()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        return train(lambda: loss(model(words), y), optimizer), model


@program(
    centre=classes(8, 12), near=classes(8, 12), far=classes(8, 12, 4), u=weight(8, 3),
    v=weight(8, 3),
)  # fmt: skip
class SkipGram:
    """word2vec: a neighbour against four words drawn at random."""

    def ours(centre, near, far, u, v):
        def loss():
            good = (u[centre] * v[near]).sum(axis=-1)
            bad = (v[far] @ u[centre][:, :, None]).squeeze(-1)
            return -(sigmoid(good).log().mean() + sigmoid(-bad).log().sum(axis=1).mean())

        return train(loss, Adam([u, v], lr=0.05)), u, v

    def theirs(centre, near, far, u, v):
        def loss():
            good = (u[centre] * v[near]).sum(dim=-1)
            bad = (v[far] @ u[centre][:, :, None]).squeeze(-1)
            return -(F.logsigmoid(good).mean() + F.logsigmoid(-bad).sum(dim=1).mean())

        return train(loss, torch.optim.Adam([u, v], lr=0.05)), u, v


@program(text=classes(6, 30))
class CharacterModel:
    """The next of a text from the last three; perplexity in the end."""

    def ours(text):
        class Net(Layer):
            def __init__(self):
                self.table = Tensor(rng.normal(size=(6, 2)), requires_grad=True)
                self.hidden, self.head = Linear(6, 8, rng), Linear(8, 6, rng)

            def forward(self, context):
                return self.head(tanh(self.hidden(self.table[context].flatten(1))))

        windows = text[np.arange(27)[:, None] + np.arange(4)]
        context, target = windows[:, :-1], windows[:, -1]
        model, loss = start(Net()), CrossEntropyLoss()
        losses = train(lambda: loss(model(context), target), AdamW(model.parameters(), lr=0.05))
        with no_grad():
            return losses, model, loss(model(context), target).exp()

    def theirs(text):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.table = nn.Embedding(6, 2)
                self.hidden, self.head = nn.Linear(6, 8), nn.Linear(8, 6)

            def forward(self, context):
                return self.head(torch.tanh(self.hidden(self.table(context).flatten(1))))

        windows = text.unfold(0, 4, 1)
        context, target = windows[:, :-1], windows[:, -1]
        model, loss = start(Net()), nn.CrossEntropyLoss()
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.05)
        losses = train(lambda: loss(model(context), target), optimizer)
        with torch.no_grad():
            return losses, model, loss(model(context), target).exp()


@program(a=normal(5, 2), b=normal(3, 2), c=normal(4, 2), y=normal(3))
class PaddedSequences:
    """Sequences of different lengths are padded and stacked, and a mask leaves the rest out."""

    def ours(a, b, c, y):
        from tinytorch.core.operations import pad, stack

        x = stack([pad(s, ((0, 5 - len(s)), (0, 0))) for s in (a, b, c)])
        lengths = Tensor(np.array([5.0, 3.0, 4.0]))
        mask = (np.arange(5) < lengths[:, None]).astype(np.float64)
        model = start(Linear(2, 1, rng))

        def loss():
            outputs = tanh(model(x)).squeeze(-1) * mask
            return ((outputs.sum(axis=1) / lengths - y) ** 2).mean()

        return train(loss, SGD(model.parameters(), lr=0.5)), x, mask, model

    def theirs(a, b, c, y):
        x = nn.utils.rnn.pad_sequence([a, b, c], batch_first=True)
        lengths = torch.tensor([5.0, 3.0, 4.0])
        mask = (torch.arange(5) < lengths[:, None]).double()
        model = start(nn.Linear(2, 1))

        def loss():
            outputs = torch.tanh(model(x)).squeeze(-1) * mask
            return ((outputs.sum(dim=1) / lengths - y) ** 2).mean()

        return train(loss, torch.optim.SGD(model.parameters(), lr=0.5)), x, mask, model


@program(x=normal(3, 5, 2), labels=classes(4, 3, 5))
class TaggingWithIgnoredPadding:
    def ours(x, labels):
        labels[1, 3:] = -1
        labels[2, 1:] = -1
        model, loss = start(Linear(2, 4, rng)), CrossEntropyLoss(ignore_index=-1)
        each = CrossEntropyLoss("none", ignore_index=-1)
        losses = train(
            lambda: loss(model(x).reshape(-1, 4), labels.flatten()), SGD(model.parameters(), lr=0.5)
        )
        return losses, model, each(model(x).reshape(-1, 4), labels.flatten()).reshape(3, 5)

    def theirs(x, labels):
        labels[1, 3:] = -1
        labels[2, 1:] = -1
        model, loss = start(nn.Linear(2, 4)), nn.CrossEntropyLoss(ignore_index=-1)
        each = nn.CrossEntropyLoss(reduction="none", ignore_index=-1)
        losses = train(
            lambda: loss(model(x).reshape(-1, 4), labels.flatten()),
            torch.optim.SGD(model.parameters(), lr=0.5),
        )
        return losses, model, each(model(x).reshape(-1, 4), labels.flatten()).reshape(3, 5)


# --- Chains of probabilities ----------------------------------------------------------------


@program(seen=classes(4, 9), first=weight(3), moves=weight(3, 3), shows=weight(3, 4))
class HiddenMarkovModel:
    """The likelihood by the forward algorithm, in logarithms."""

    def ours(seen, first, moves, shows):
        def loss():
            step, show = log_softmax(moves, axis=1), log_softmax(shows, axis=1)
            alpha = log_softmax(first) + show[:, seen[0]]
            for symbol in seen[1:]:
                alpha = logsumexp(alpha[:, None] + step, axis=0) + show[:, symbol]
            return -logsumexp(alpha)

        return train(loss, SGD([first, moves, shows], lr=0.1)), first, moves, shows

    def theirs(seen, first, moves, shows):
        def loss():
            step, show = F.log_softmax(moves, dim=1), F.log_softmax(shows, dim=1)
            alpha = F.log_softmax(first, dim=0) + show[:, seen[0]]
            for symbol in seen[1:]:
                alpha = torch.logsumexp(alpha[:, None] + step, dim=0) + show[:, symbol]
            return -torch.logsumexp(alpha, dim=0)

        return train(loss, torch.optim.SGD([first, moves, shows], lr=0.1)), first, moves, shows


@program(x=normal(6, 2), tags=classes(3, 6), moves=weight(3, 3))
class ConditionalRandomField:
    """The score of the right tags against all; then the best ones by Viterbi's algorithm."""

    def ours(x, tags, moves):
        model = start(Linear(2, 3, rng))

        def loss():
            scores = model(x)
            right = scores[np.arange(6), tags].sum() + moves[tags[:-1], tags[1:]].sum()
            total = scores[0]
            for row in scores[1:]:
                total = logsumexp(total[:, None] + moves, axis=0) + row
            return logsumexp(total) - right

        losses = train(loss, SGD([*model.parameters(), moves], lr=0.1))
        with no_grad():
            scores, back = model(x), []
            best = scores[0]
            for row in scores[1:]:
                back.append((best[:, None] + moves).argmax(axis=0))
                best = (best[:, None] + moves).max(axis=0) + row
            path = [best.argmax().item()]
            for step in reversed(back):
                path.append(step[path[-1]].item())
        return losses, model, moves, path

    def theirs(x, tags, moves):
        model = start(nn.Linear(2, 3))

        def loss():
            scores = model(x)
            right = scores[torch.arange(6), tags].sum() + moves[tags[:-1], tags[1:]].sum()
            total = scores[0]
            for row in scores[1:]:
                total = torch.logsumexp(total[:, None] + moves, dim=0) + row
            return torch.logsumexp(total, dim=0) - right

        losses = train(loss, torch.optim.SGD([*model.parameters(), moves], lr=0.1))
        with torch.no_grad():
            scores, back = model(x), []
            best = scores[0]
            for row in scores[1:]:
                back.append((best[:, None] + moves).argmax(dim=0))
                best = (best[:, None] + moves).amax(dim=0) + row
            path = [best.argmax().item()]
            for step in reversed(back):
                path.append(step[path[-1]].item())
        return losses, model, moves, path


@program(x=normal(6, 4, 2), y=normal(4, 3))
class StateThatBeginsAsNone:
    """A cell is called with its state first, which is None before the first step."""

    def ours(x, y):
        class Cell(Layer):
            def __init__(self):
                self.enter, self.again = Linear(2, 3, rng), Linear(3, 3, rng)

            def forward(self, h, x):
                new = self.enter(x)
                return tanh(new if h is None else new + self.again(h))

        cell = start(Cell())

        def loss():
            h = None
            for step in x:
                h = cell(h, step)
            return ((h - y) ** 2).mean()

        return train(loss, SGD(cell.parameters(), lr=0.2)), cell

    def theirs(x, y):
        class Cell(nn.Module):
            def __init__(self):
                super().__init__()
                self.enter, self.again = nn.Linear(2, 3), nn.Linear(3, 3)

            def forward(self, h, x):
                new = self.enter(x)
                return torch.tanh(new if h is None else new + self.again(h))

        cell = start(Cell())

        def loss():
            h = None
            for step in x:
                h = cell(h, step)
            return ((h - y) ** 2).mean()

        return train(loss, torch.optim.SGD(cell.parameters(), lr=0.2)), cell
