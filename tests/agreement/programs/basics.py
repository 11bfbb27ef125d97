"""Regression, mixtures and other programs without layers, or with one."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from tinytorch.core import (
    SGD,
    Adam,
    BinaryCrossEntropyLoss,
    CrossEntropyLoss,
    Linear,
    MeanSquaredError,
    Tensor,
    gradients,
    log_softmax,
    logsumexp,
    no_grad,
    sigmoid,
    softmax,
)

from .harness import binary, classes, normal, program, start, train, uniform, weight

rng = np.random.default_rng(0)


@program(x=normal(8, 3), y=normal(8, 1))
class LinearRegression:
    def ours(x, y):
        model = start(Linear(3, 1, rng))
        loss = MeanSquaredError()
        return train(lambda: loss(model(x), y), SGD(model.parameters(), lr=0.1)), model

    def theirs(x, y):
        model = start(nn.Linear(3, 1))
        loss = nn.MSELoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        return train(lambda: loss(model(x), y), optimizer), model


@program(x=normal(8, 3), y=normal(8), w=weight(3), b=weight())
class LinearRegressionByHand:
    def ours(x, y, w, b):
        losses = []
        for _ in range(5):
            loss = ((x @ w + b - y) ** 2).mean()
            loss.backward()
            with no_grad():
                w -= 0.1 * w.grad
                b -= 0.1 * b.grad
            w.grad = b.grad = None
            losses.append(loss.item())
        return losses, w, b

    def theirs(x, y, w, b):
        losses = []
        for _ in range(5):
            loss = ((x @ w + b - y) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                w -= 0.1 * w.grad
                b -= 0.1 * b.grad
            w.grad = b.grad = None
            losses.append(loss.item())
        return losses, w, b


@program(x=normal(8, 3), y=normal(8, 2))
class RidgeRegression:
    """A penalty summed over all parameters by Python's sum."""

    def ours(x, y):
        model = start(Linear(3, 2, rng))

        def loss():
            penalty = sum((p**2).sum() for p in model.parameters())
            return ((model(x) - y) ** 2).mean() + 0.1 * penalty

        return train(loss, SGD(model.parameters(), lr=0.1)), model

    def theirs(x, y):
        model = start(nn.Linear(3, 2))

        def loss():
            penalty = sum((p**2).sum() for p in model.parameters())
            return ((model(x) - y) ** 2).mean() + 0.1 * penalty

        return train(loss, torch.optim.SGD(model.parameters(), lr=0.1)), model


@program(x=normal(8, 3), y=normal(8, 1))
class ElasticNet:
    def ours(x, y):
        model = start(Linear(3, 1, rng, bias=False))

        def loss():
            w = model.weight
            return (model(x) - y).abs().mean() + 0.1 * w.abs().sum() + 0.1 * w.norm() ** 2

        return train(loss, SGD(model.parameters(), lr=0.1)), model

    def theirs(x, y):
        model = start(nn.Linear(3, 1, bias=False))

        def loss():
            w = model.weight
            return (model(x) - y).abs().mean() + 0.1 * w.abs().sum() + 0.1 * w.norm() ** 2

        return train(loss, torch.optim.SGD(model.parameters(), lr=0.1)), model


@program(x=normal(8, 3), y=binary(8, 1))
class LogisticRegression:
    def ours(x, y):
        model = start(Linear(3, 1, rng))
        loss = BinaryCrossEntropyLoss()
        losses = train(lambda: loss(model(x), y), SGD(model.parameters(), lr=0.5), steps=10)
        with no_grad():
            accuracy = ((sigmoid(model(x)) > 0.5) == (y > 0.5)).astype(np.float64).mean()
        return losses, model, accuracy.item()

    def theirs(x, y):
        model = start(nn.Linear(3, 1))
        loss = nn.BCEWithLogitsLoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        losses = train(lambda: loss(model(x), y), optimizer, steps=10)
        with torch.no_grad():
            accuracy = ((torch.sigmoid(model(x)) > 0.5) == (y > 0.5)).double().mean()
        return losses, model, accuracy.item()


@program(x=normal(8, 3), y=binary(8), w=weight(3), b=weight(1))
class LogisticRegressionByHand:
    def ours(x, y, w, b):
        optimizer = SGD([w, b], lr=0.5, momentum=0.9)
        for _ in range(5):
            p = 1 / (1 + (-(x @ w + b)).exp())
            loss = -(y * p.log() + (1 - y) * (1 - p).log()).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss, p, w, b

    def theirs(x, y, w, b):
        optimizer = torch.optim.SGD([w, b], lr=0.5, momentum=0.9)
        for _ in range(5):
            p = 1 / (1 + (-(x @ w + b)).exp())
            loss = -(y * p.log() + (1 - y) * (1 - p).log()).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss, p, w, b


@program(x=normal(8, 3), labels=classes(4, 8), w=weight(3, 4))
class SoftmaxRegressionFromScratch:
    def ours(x, labels, w):
        losses = []
        for _ in range(5):
            scores = x @ w
            scores = scores - scores.max(axis=1, keepdims=True)
            p = scores.exp() / scores.exp().sum(axis=1, keepdims=True)
            loss = -p[range(len(x)), labels].log().mean()
            loss.backward()
            with no_grad():
                w -= 0.5 * w.grad
            w.grad = None
            losses.append(loss.item())
        return losses, w, p.argmax(axis=1)

    def theirs(x, labels, w):
        losses = []
        for _ in range(5):
            scores = x @ w
            scores = scores - scores.max(dim=1, keepdim=True).values
            p = scores.exp() / scores.exp().sum(dim=1, keepdim=True)
            loss = -p[range(len(x)), labels].log().mean()
            loss.backward()
            with torch.no_grad():
                w -= 0.5 * w.grad
            w.grad = None
            losses.append(loss.item())
        return losses, w, p.argmax(dim=1)


@program(x=uniform(12, low=-1), y=normal(12), w=weight(4))
class PolynomialRegression:
    def ours(x, y, w):
        optimizer = Adam([w], lr=0.1)
        for _ in range(10):
            curve = sum(w[k] * x**k for k in range(4))
            loss = ((curve - y) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss, w, curve

    def theirs(x, y, w):
        optimizer = torch.optim.Adam([w], lr=0.1)
        for _ in range(10):
            curve = sum(w[k] * x**k for k in range(4))
            loss = ((curve - y) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss, w, curve


@program(x=uniform(12, 1, high=6), y=normal(12, 1))
class FourierRegression:
    """The features have no gradient: NumPy's functions do."""

    def ours(x, y):
        from tinytorch.core.operations import concatenate

        k = np.arange(1, 4)
        features = concatenate([np.sin(k * x), np.cos(k * x)], axis=1)
        model = start(Linear(6, 1, rng))
        loss = lambda: ((model(features) - y) ** 2).mean()  # noqa: E731
        return train(loss, SGD(model.parameters(), lr=0.1)), features, model

    def theirs(x, y):
        k = torch.arange(1, 4)
        features = torch.cat([torch.sin(k * x), torch.cos(k * x)], dim=1)
        model = start(nn.Linear(6, 1))
        loss = lambda: ((model(features) - y) ** 2).mean()  # noqa: E731
        return train(loss, torch.optim.SGD(model.parameters(), lr=0.1)), features, model


@program(x=uniform(12, high=6), y=normal(12), w=weight(3), a=weight(3))
class LearnedFrequencies:
    """A sum of waves whose frequencies are learned: the sine needs a gradient."""

    def ours(x, y, w, a):
        optimizer = Adam([w, a], lr=0.1)
        for _ in range(5):
            curve = (a * np.sin(x.reshape(-1, 1) * w)).sum(axis=1)
            loss = ((curve - y) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss, w, a

    def theirs(x, y, w, a):
        optimizer = torch.optim.Adam([w, a], lr=0.1)
        for _ in range(5):
            curve = (a * torch.sin(x.reshape(-1, 1) * w)).sum(dim=1)
            loss = ((curve - y) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss, w, a


@program(
    users=classes(5, 20), items=classes(6, 20), ratings=normal(20), u=weight(5, 2), v=weight(6, 2)
)
class MatrixFactorisation:
    def ours(users, items, ratings, u, v):
        optimizer = Adam([u, v], lr=0.05, weight_decay=0.01)
        losses = []
        for _ in range(5):
            loss = (((u[users] * v[items]).sum(axis=1) - ratings) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses, u, v, (u @ v.T).argmax(axis=1)

    def theirs(users, items, ratings, u, v):
        optimizer = torch.optim.Adam([u, v], lr=0.05, weight_decay=0.01)
        losses = []
        for _ in range(5):
            loss = (((u[users] * v[items]).sum(dim=1) - ratings) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses, u, v, (u @ v.T).argmax(dim=1)


@program(x=normal(20, 2))
class KMeans:
    def ours(x):
        from tinytorch.core.operations import stack

        centres = x[:3]
        for _ in range(4):
            distances = ((x[:, None] - centres[None]) ** 2).sum(axis=2)
            nearest = distances.argmin(axis=1)
            centres = stack([x[nearest == k].mean(axis=0) for k in range(3)])
        return centres, nearest, distances.min(axis=1).sum()

    def theirs(x):
        centres = x[:3]
        for _ in range(4):
            distances = ((x[:, None] - centres[None]) ** 2).sum(dim=2)
            nearest = distances.argmin(dim=1)
            centres = torch.stack([x[nearest == k].mean(dim=0) for k in range(3)])
        return centres, nearest, distances.min(dim=1).values.sum()


@program(x=normal(20, 2), means=weight(3, 2), logits=weight(3), log_std=weight(3))
class GaussianMixture:
    def ours(x, means, logits, log_std):
        optimizer = Adam([means, logits, log_std], lr=0.1)
        for _ in range(5):
            z = (x[:, None] - means) / log_std.exp()[:, None]
            logs = -0.5 * (z * z).sum(axis=2) - 2 * log_std - np.log(2 * np.pi)
            loss = -logsumexp(log_softmax(logits) + logs, axis=1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss, means, logits, log_std

    def theirs(x, means, logits, log_std):
        optimizer = torch.optim.Adam([means, logits, log_std], lr=0.1)
        for _ in range(5):
            z = (x[:, None] - means) / log_std.exp()[:, None]
            logs = -0.5 * (z * z).sum(dim=2) - 2 * log_std - np.log(2 * np.pi)
            loss = -torch.logsumexp(F.log_softmax(logits, dim=-1) + logs, dim=1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss, means, logits, log_std


@program(x=normal(20, 3), y=binary(20), w=weight(3))
class NewtonsMethod:
    """The gradient by autograd, the Hessian and the small solve in NumPy."""

    def ours(x, y, w):
        for _ in range(4):
            p = sigmoid(x @ w)
            loss = -(y * p.log() + (1 - y) * (1 - p).log()).sum() + (w * w).sum() / 2
            (slope,) = gradients(loss, [w])
            bend = (p * (1 - p)).detach().numpy()
            hessian = x.numpy().T @ (bend[:, None] * x.numpy()) + np.eye(3)
            with no_grad():
                w -= np.linalg.solve(hessian, slope)
        return loss, w, slope

    def theirs(x, y, w):
        for _ in range(4):
            p = torch.sigmoid(x @ w)
            loss = -(y * p.log() + (1 - y) * (1 - p).log()).sum() + (w * w).sum() / 2
            (slope,) = torch.autograd.grad(loss, [w])
            bend = (p * (1 - p)).detach().numpy()
            hessian = x.numpy().T @ (bend[:, None] * x.numpy()) + np.eye(3)
            with torch.no_grad():
                w -= torch.from_numpy(np.linalg.solve(hessian, slope.numpy()))
        return loss, w, slope


@program(x=normal(8, 3), w=weight(3, 4), v=weight(4))
class GradientOfAnIntermediate:
    def ours(x, w, v):
        h = np.tanh(x @ w)
        loss = ((h @ v) ** 2).mean()
        at_h, at_w = gradients(loss, [h, w], retain_graph=True)
        loss.backward()
        return at_h, at_w, w, v

    def theirs(x, w, v):
        h = torch.tanh(x @ w)
        loss = ((h @ v) ** 2).mean()
        at_h, at_w = torch.autograd.grad(loss, [h, w], retain_graph=True)
        loss.backward()
        return at_h, at_w, w, v


@program(x=normal(6, 3), w=weight(3, 4))
class JacobianRowByRow:
    """One walk for each output, with a grad handed in."""

    def ours(x, w):
        y = softmax(x[0] @ w)
        rows = [gradients(y, w, np.eye(4)[k], retain_graph=True)[0] for k in range(4)]
        y.backward(np.ones(4))
        return rows, w

    def theirs(x, w):
        y = torch.softmax(x[0] @ w, dim=-1)
        rows = [torch.autograd.grad(y, w, torch.eye(4)[k], retain_graph=True)[0] for k in range(4)]
        y.backward(torch.ones(4))
        return rows, w


@program(centres=weight(4, 2), widths=weight(4), x=normal(10, 2), y=normal(10, 1))
class RadialBasisFunctions:
    def ours(centres, widths, x, y):
        head = start(Linear(4, 1, rng))
        optimizer = Adam([centres, widths, *head.parameters()], lr=0.05)
        for _ in range(5):
            squares = ((x[:, None, :] - centres) ** 2).sum(axis=-1)
            loss = ((head((-squares * widths**2).exp()) - y) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss, centres, widths, head

    def theirs(centres, widths, x, y):
        head = start(nn.Linear(4, 1))
        optimizer = torch.optim.Adam([centres, widths, *head.parameters()], lr=0.05)
        for _ in range(5):
            squares = ((x[:, None, :] - centres) ** 2).sum(dim=-1)
            loss = ((head((-squares * widths**2).exp()) - y) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss, centres, widths, head


@program(times=uniform(10, high=0.2), seen=normal(10), force=weight(10), friction=weight())
class FallingBody:
    """Accelerations are summed to speeds, and speeds to places, by cumsum."""

    def ours(times, seen, force, friction):
        from tinytorch.core.operations import cumsum

        optimizer = SGD([force, friction], lr=0.5)
        for _ in range(5):
            speed = cumsum(force * times, axis=0) * (-friction).exp()
            place = cumsum(speed * times, axis=0)
            loss = ((place - seen) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss, place, force, friction

    def theirs(times, seen, force, friction):
        optimizer = torch.optim.SGD([force, friction], lr=0.5)
        for _ in range(5):
            speed = torch.cumsum(force * times, dim=0) * (-friction).exp()
            place = torch.cumsum(speed * times, dim=0)
            loss = ((place - seen) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss, place, force, friction


@program(scores=weight(4, 4), x=normal(4, 3))
class LearnedPermutation:
    """Sinkhorn: rows and columns are normalised in turn until both add up to one."""

    def ours(scores, x):
        target, optimizer = x[[2, 0, 3, 1]], Adam([scores], lr=0.3)
        for _ in range(5):
            p = scores.exp()
            for _ in range(6):
                p = p / p.sum(axis=1, keepdims=True)
                p = p / p.sum(axis=0, keepdims=True)
            loss = ((p @ x - target) ** 2).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss, p, scores, p.argmax(axis=1).tolist()

    def theirs(scores, x):
        target, optimizer = x[[2, 0, 3, 1]], torch.optim.Adam([scores], lr=0.3)
        for _ in range(5):
            p = scores.exp()
            for _ in range(6):
                p = p / p.sum(dim=1, keepdim=True)
                p = p / p.sum(dim=0, keepdim=True)
            loss = ((p @ x - target) ** 2).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss, p, scores, p.argmax(dim=1).tolist()


@program(style=normal(6, 5), content=normal(6, 5), image=weight(6, 5))
class StyleTransfer:
    """An image is changed until its Gram matrix is that of another."""

    def ours(style, content, image):
        gram = lambda a: a @ a.T / a.size  # noqa: E731
        optimizer = Adam([image], lr=0.1)
        for _ in range(5):
            loss = ((gram(image) - gram(style)) ** 2).sum() + 0.1 * ((image - content) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss, image

    def theirs(style, content, image):
        gram = lambda a: a @ a.T / a.numel()  # noqa: E731
        optimizer = torch.optim.Adam([image], lr=0.1)
        for _ in range(5):
            loss = ((gram(image) - gram(style)) ** 2).sum() + 0.1 * ((image - content) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss, image


@program(x=normal(12, 5))
class PowerIteration:
    """The direction of most variance, without gradients."""

    def ours(x):
        x = x - x.mean(axis=0)
        v = Tensor(np.ones(5))
        for _ in range(10):
            v = x.T @ (x @ v)
            v = v / v.norm()
        return v, (x @ v).var(), (x @ v).std()

    def theirs(x):
        x = x - x.mean(dim=0)
        v = torch.ones(5)
        for _ in range(10):
            v = x.T @ (x @ v)
            v = v / v.norm()
        return v, (x @ v).var(), (x @ v).std()


@program(x=normal(20, 4), labels=classes(3, 20))
class MiniBatches:
    """Plain slices as batches, classes as the labels, several epochs."""

    def ours(x, labels):
        model = start(Linear(4, 3, rng))
        loss, optimizer = CrossEntropyLoss(), SGD(model.parameters(), lr=0.2)
        losses = []
        for epoch in range(2):
            for i in range(0, len(x), 8):
                value = loss(model(x[i : i + 8]), labels[i : i + 8])
                optimizer.zero_grad()
                value.backward()
                optimizer.step()
                losses.append((epoch, value.item()))
        right = (model(x).argmax(axis=1) == labels).sum()
        return losses, model, int(right)

    def theirs(x, labels):
        model = start(nn.Linear(4, 3))
        loss, optimizer = nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.2)
        losses = []
        for epoch in range(2):
            for i in range(0, len(x), 8):
                value = loss(model(x[i : i + 8]), labels[i : i + 8])
                optimizer.zero_grad()
                value.backward()
                optimizer.step()
                losses.append((epoch, value.item()))
        right = (model(x).argmax(dim=1) == labels).sum()
        return losses, model, int(right)


# --- Joining, choosing and reducing ---------------------------------------------------------


@program(a=normal(4, 3), b=normal(4, 5, 3), w=weight(3, 3))
class EinsumOfTwo:
    """Products in steps, an output that is left out, a sum over all."""

    def ours(a, b, w):
        from tinytorch.core.operations import einsum

        def loss():
            form = einsum("bj,bj->b", einsum("bi,ij->bj", a, w), a)
            every = einsum("nti,ij->ntj", b, w)
            return (form**2).sum() + (einsum("nti,ni", every, a) ** 2).mean() + einsum("ij->", w)

        return train(loss, SGD([w], lr=0.001)), w

    def theirs(a, b, w):
        def loss():
            form = torch.einsum("bj,bj->b", torch.einsum("bi,ij->bj", a, w), a)
            every = torch.einsum("nti,ij->ntj", b, w)
            more = (torch.einsum("nti,ni", every, a) ** 2).mean()
            return (form**2).sum() + more + torch.einsum("ij->", w)

        return train(loss, torch.optim.SGD([w], lr=0.001)), w


@program(a=normal(4, 3), c=normal(4, 3), w=weight(3, 2, 3))
class EinsumOfThree:
    """A bilinear form."""

    def ours(a, c, w):
        from tinytorch.core.operations import einsum

        return train(lambda: (einsum("bi,ijk,bk->bj", a, w, c) ** 2).sum(), SGD([w], lr=0.01)), w

    def theirs(a, c, w):
        optimizer = torch.optim.SGD([w], lr=0.01)
        return train(lambda: (torch.einsum("bi,ijk,bk->bj", a, w, c) ** 2).sum(), optimizer), w


@program(b=normal(4, 3, 3), w=weight(3, 3))
class EinsumWithDots:
    """Axes in front that have no letters."""

    def ours(b, w):
        from tinytorch.core.operations import einsum

        loss = lambda: (einsum("...ij,jk->...ik", b, w) ** 2).mean()  # noqa: E731
        return train(loss, SGD([w], lr=0.1)), w

    def theirs(b, w):
        loss = lambda: (torch.einsum("...ij,jk->...ik", b, w) ** 2).mean()  # noqa: E731
        return train(loss, torch.optim.SGD([w], lr=0.1)), w


@program(w=weight(3, 3))
class EinsumOfDiagonals:
    """A trace, and a diagonal: one letter twice."""

    def ours(w):
        from tinytorch.core.operations import einsum

        loss = lambda: einsum("ii", w) ** 2 + (einsum("ii->i", w) ** 2).sum()  # noqa: E731
        return train(loss, SGD([w], lr=0.1)), w

    def theirs(w):
        loss = lambda: torch.einsum("ii", w) ** 2 + (torch.einsum("ii->i", w) ** 2).sum()  # noqa: E731
        return train(loss, torch.optim.SGD([w], lr=0.1)), w


@program(x=normal(5, 4), w=weight(5, 4))
class SplitAndUnbind:
    """Parts of unequal lengths, and rows; joined again in another order."""

    def ours(x, w):
        from tinytorch.core.operations import concatenate, split, stack, unbind

        def loss():
            a, b, c = split(x * w, 2)
            d, e = split(x + w, [3, 1], axis=-1)
            rows = unbind(w, axis=1)
            y = concatenate([c, a, b]) + concatenate([e, d], axis=1) * stack(rows[::-1], axis=-1)
            return (y**2).mean() + rows[0] @ rows[1]

        return train(loss, SGD([w], lr=0.1)), w

    def theirs(x, w):
        def loss():
            a, b, c = torch.split(x * w, 2)
            d, e = torch.split(x + w, [3, 1], dim=-1)
            rows = torch.unbind(w, dim=1)
            y = torch.cat([c, a, b]) + torch.cat([e, d], dim=1) * torch.stack(rows[::-1], dim=-1)
            return (y**2).mean() + rows[0] @ rows[1]

        return train(loss, torch.optim.SGD([w], lr=0.1)), w


@program(x=normal(2, 5, 3), w=weight(3))
class StandardisedFeatures:
    """var, std and norm over several axes, as functions and as methods."""

    def ours(x, w):
        from tinytorch.core.operations import norm, std, var

        def loss():
            y = x * w
            z = (y - y.mean(axis=(0, 1))) / std(y, axis=(0, 1))
            return (
                (z**3).mean()
                + var(y)
                + y.var(axis=1, correction=0).sum()
                + norm(y)
                + (y.norm(axis=(1, 2), keepdims=True).sum())
            )

        return train(loss, SGD([w], lr=0.01)), w

    def theirs(x, w):
        def loss():
            y = x * w
            z = (y - y.mean(dim=(0, 1))) / torch.std(y, dim=(0, 1))
            return (
                (z**3).mean()
                + torch.var(y)
                + y.var(dim=1, correction=0).sum()
                + y.norm()
                + (y.norm(dim=(1, 2), keepdim=True).sum())
            )

        return train(loss, torch.optim.SGD([w], lr=0.01)), w


@program(x=normal(6, 4), w=weight(4))
class SortedAndCounted:
    """Order statistics: medians by sort, the two largest, places by argmax; sums so far."""

    def ours(x, w):
        from tinytorch.core.operations import argmax, cumsum, sort, take, topk

        def loss():
            y = x * w
            middle = sort(y, axis=0)[0][2]
            values, places = topk(y, 2, axis=1)
            chosen = take(y, argmax(y, axis=1), axis=1)
            return (
                (middle**2).sum()
                + values.sum()
                - (cumsum(y, axis=0) ** 2).mean()
                + (chosen.mean() + y[range(6), places[:, 1]].mean())
            )

        return train(loss, SGD([w], lr=0.01)), w, topk(x, 3, axis=0)

    def theirs(x, w):
        def loss():
            y = x * w
            middle = torch.sort(y, dim=0).values[2]
            values, places = torch.topk(y, 2, dim=1)
            chosen = torch.index_select(y, 1, torch.argmax(y, dim=1))
            return (
                (middle**2).sum()
                + values.sum()
                - (torch.cumsum(y, dim=0) ** 2).mean()
                + (chosen.mean() + y[range(6), places[:, 1]].mean())
            )

        return train(loss, torch.optim.SGD([w], lr=0.01)), w, tuple(torch.topk(x, 3, dim=0))


@program(x=normal(6, 3))
class ShrunkFromZero:
    """Weights that start at 0 have a norm whose slope is 0, and so has a spread of equal ones."""

    def ours(x):
        w = Tensor(np.zeros(3), requires_grad=True)
        loss = lambda: ((x @ w - 1) ** 2).mean() + 0.1 * w.norm() + 0.1 * w.std()  # noqa: E731
        return train(loss, SGD([w], lr=0.1)), w

    def theirs(x):
        w = torch.zeros(3, requires_grad=True)
        loss = lambda: ((x @ w - 1) ** 2).mean() + 0.1 * w.norm() + 0.1 * w.std()  # noqa: E731
        return train(loss, torch.optim.SGD([w], lr=0.1)), w


@program(x=normal(6, 3), w=weight(3), k=weight())
class PowersAndQuotients:
    """Exponents that are learned, a number to the power of a tensor, one over it, in place."""

    def ours(x, w, k):
        def loss():
            total = x * w
            total += (abs(x) + 1) ** k / (1 + w**2)
            total -= 2.0 ** (x * w)
            total += 1 / (3 + k)
            return (total**2).mean() ** 0.5

        return train(loss, SGD([w, k], lr=0.1)), w, k

    def theirs(x, w, k):
        def loss():
            total = x * w
            total += (abs(x) + 1) ** k / (1 + w**2)
            total -= 2.0 ** (x * w)
            total += 1 / (3 + k)
            return (total**2).mean() ** 0.5

        return train(loss, torch.optim.SGD([w, k], lr=0.1)), w, k


@program(words=classes(60, 12), w=weight(6, 10))
class WholeNumbers:
    """Rows and columns from a number by // and %, counts, and parity."""

    def ours(words, w):
        def loss():
            return (w[words // 10, words % 10] ** 2).mean()

        return train(loss, SGD([w], lr=0.5)), w, words // 10, words % 2 == 0

    def theirs(words, w):
        def loss():
            return (w[words // 10, words % 10] ** 2).mean()

        return train(loss, torch.optim.SGD([w], lr=0.5)), w, words // 10, words % 2 == 0


@program(x=normal(8, 3), y=normal(4, 8), w=weight(4, 3))
class RowsWalkedOneByOne:
    """Each row of a weight has a loss of its own, and sends its gradient back at once."""

    def ours(x, y, w):
        losses = []
        for row, target in zip(w, y, strict=True):
            loss = ((x @ row - target) ** 2).mean()
            loss.backward()
            losses.append(loss.item())
        return losses, w

    def theirs(x, y, w):
        losses = []
        for row, target in zip(w, y, strict=True):
            loss = ((x @ row - target) ** 2).mean()
            loss.backward()
            losses.append(loss.item())
        return losses, w
