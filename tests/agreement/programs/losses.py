"""Losses with all their options, and losses written by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from tinytorch.core import (
    SGD,
    Adam,
    BinaryCrossEntropyLoss,
    BinaryCrossEntropyOfProbabilities,
    CategoricalCrossEntropyLoss,
    CrossEntropyLoss,
    Linear,
    MeanSquaredError,
    Tensor,
    cross_entropy,
    log_softmax,
    relu,
    sigmoid,
    softmax,
)

from .harness import binary, classes, normal, program, start, train, uniform, weight

rng = np.random.default_rng(0)


# --- The losses of the framework, with each option ------------------------------------------


WEIGHTS = [1.0, 0.25, 2.0, 0.5]
YES = [3.0, 0.5, 1.0, 2.0]
INDICES, SHARES = classes(4, 8), lambda rng: rng.dirichlet(np.ones(4), 8)
NUMBERS, TRUTHS = normal(8, 4), binary(8, 4)


def nll(scores, labels):
    return -log_softmax(scores)[range(len(labels)), labels].mean()


LOSSES = {
    "MeanSquaredError": (NUMBERS, MeanSquaredError(), nn.MSELoss()),
    "SummedSquares": (NUMBERS, MeanSquaredError("sum"), nn.MSELoss(reduction="sum")),
    "CrossEntropy": (INDICES, CrossEntropyLoss(), nn.CrossEntropyLoss()),
    "SummedCrossEntropy": (
        INDICES, CrossEntropyLoss("sum"), nn.CrossEntropyLoss(reduction="sum")),
    "WeightedCrossEntropy": (
        INDICES, CrossEntropyLoss(weight=WEIGHTS), lambda x, y: F.cross_entropy(
            x, y, torch.tensor(WEIGHTS))),
    "SmoothedCrossEntropy": (
        INDICES, CrossEntropyLoss(label_smoothing=0.1), nn.CrossEntropyLoss(label_smoothing=0.1)),
    "IgnoringCrossEntropy": (
        INDICES, CrossEntropyLoss(ignore_index=2), nn.CrossEntropyLoss(ignore_index=2)),
    "AllOptionsOfCrossEntropy": (
        INDICES, CrossEntropyLoss(weight=WEIGHTS, label_smoothing=0.2, ignore_index=1),
        lambda x, y: F.cross_entropy(
            x, y, torch.tensor(WEIGHTS), label_smoothing=0.2, ignore_index=1)),
    "SoftCrossEntropy": (SHARES, CrossEntropyLoss(), nn.CrossEntropyLoss()),
    "SoftWeightedCrossEntropy": (
        SHARES, CrossEntropyLoss(weight=WEIGHTS, label_smoothing=0.1), lambda x, y: F.cross_entropy(
            x, y, torch.tensor(WEIGHTS), label_smoothing=0.1)),
    "NegativeLogLikelihood": (
        INDICES, nll, lambda x, y: F.nll_loss(F.log_softmax(x, dim=-1), y)),
    "CrossEntropyOfProbabilities": (
        INDICES, lambda x, y: CategoricalCrossEntropyLoss()(softmax(x), y),
        lambda x, y: F.nll_loss(torch.softmax(x, dim=-1).log(), y)),
    "LossOfEachSampleWeighed": (
        INDICES, lambda x, y: (cross_entropy(x, y) * np.arange(8)).sum(),
        lambda x, y: (F.cross_entropy(x, y, reduction="none") * torch.arange(8)).sum()),
    "BinaryCrossEntropy": (TRUTHS, BinaryCrossEntropyLoss(), nn.BCEWithLogitsLoss()),
    "PositiveWeights": (
        TRUTHS, BinaryCrossEntropyLoss(pos_weight=YES),
        lambda x, y: F.binary_cross_entropy_with_logits(x, y, pos_weight=torch.tensor(YES))),
    "OnePositiveWeight": (
        TRUTHS, BinaryCrossEntropyLoss("sum", pos_weight=3.0),
        lambda x, y: F.binary_cross_entropy_with_logits(
            x, y, pos_weight=torch.tensor(3.0), reduction="sum")),
    "BinaryCrossEntropyOfProbabilities": (
        TRUTHS, lambda x, y: BinaryCrossEntropyOfProbabilities()(sigmoid(x), y),
        lambda x, y: F.binary_cross_entropy(torch.sigmoid(x), y)),
    # --- written by hand
    "MeanAbsoluteError": (NUMBERS, lambda x, y: (x - y).abs().mean(), nn.L1Loss()),
    "HingeLoss": (TRUTHS, lambda x, y: relu(1 - x * (2 * y - 1)).mean(),
                  lambda x, y: (1 - x * (2 * y - 1)).clamp(min=0).mean()),
    "PoissonLoss": (TRUTHS, lambda x, y: (x.exp() - y * x).mean(), nn.PoissonNLLLoss()),
    "SoftMargin": (TRUTHS, lambda x, y: (1 + (-x * (2 * y - 1)).exp()).log().mean(),
                   lambda x, y: F.soft_margin_loss(x, 2 * y - 1)),
    "CosineLoss": (
        NUMBERS,
        lambda x, y: 1 - ((x * y).sum(axis=1) / (x.norm(axis=1) * y.norm(axis=1))).mean(),
        lambda x, y: F.cosine_embedding_loss(x, y, torch.ones(8))),
    "DiceLoss": (
        TRUTHS, lambda x, y: 1 - 2 * (sigmoid(x) * y).sum() / (sigmoid(x).sum() + y.sum()),
        lambda x, y: 1 - 2 * (torch.sigmoid(x) * y).sum() / (torch.sigmoid(x).sum() + y.sum())),
    "LogCosh": (
        NUMBERS, lambda x, y: np.log(((x - y).exp() + (y - x).exp()) / 2).mean(),
        lambda x, y: torch.log(torch.cosh(x - y)).mean()),
    "Divergence": (
        SHARES, lambda x, y: (y * (np.log(y) - log_softmax(x))).sum() / len(x),
        lambda x, y: F.kl_div(F.log_softmax(x, dim=-1), y, reduction="batchmean")),
    "PerplexityToThePower": (
        INDICES, lambda x, y: 2.0 ** CrossEntropyLoss()(x, y),
        lambda x, y: 2.0 ** F.cross_entropy(x, y)),
}  # fmt: skip


def regression_with(name, targets, our_loss, their_loss):
    """Register a linear model that is trained with a loss."""

    def ours(x, y):
        model = start(Linear(3, 4, rng))
        losses = train(lambda: our_loss(model(x), y), SGD(model.parameters(), lr=0.1), steps=3)
        return losses, model

    def theirs(x, y):
        model = start(nn.Linear(3, 4))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        return train(lambda: their_loss(model(x), y), optimizer, steps=3), model

    program(x=normal(8, 3), y=targets)(type(name, (), vars(SimpleNamespace(
        ours=ours, theirs=theirs))))  # fmt: skip


for name, row in LOSSES.items():
    regression_with(name, *row)


# --- Losses that need more room -------------------------------------------------------------


@program(x=normal(8, 3), y=normal(8, 2))
class HuberLoss:
    def ours(x, y):
        from tinytorch.core.operations import where

        model = start(Linear(3, 2, rng))

        def loss():
            d = (model(x) - y).abs()
            return where(d < 1, d**2 / 2, d - 0.5).mean()

        return train(loss, SGD(model.parameters(), lr=0.1)), model

    def theirs(x, y):
        model, loss = start(nn.Linear(3, 2)), nn.HuberLoss()
        return train(lambda: loss(model(x), y), torch.optim.SGD(model.parameters(), lr=0.1)), model


@program(x=normal(8, 3), y=normal(8, 1))
class QuantileLoss:
    """Three quantiles at once, by the larger of two slopes."""

    def ours(x, y):
        from tinytorch.core.operations import maximum

        model, q = start(Linear(3, 3, rng)), Tensor(np.array([0.1, 0.5, 0.9]))

        def loss():
            d = y - model(x)
            return maximum(q * d, (q - 1) * d).mean()

        return train(loss, SGD(model.parameters(), lr=0.1)), model

    def theirs(x, y):
        model, q = start(nn.Linear(3, 3)), torch.tensor([0.1, 0.5, 0.9])

        def loss():
            d = y - model(x)
            return torch.maximum(q * d, (q - 1) * d).mean()

        return train(loss, torch.optim.SGD(model.parameters(), lr=0.1)), model


@program(x=normal(8, 3), labels=classes(4, 8))
class FocalLoss:
    def ours(x, labels):
        model = start(Linear(3, 4, rng))

        def loss():
            logs = log_softmax(model(x))[np.arange(8), labels]
            return -((1 - logs.exp()) ** 2 * logs).mean()

        return train(loss, Adam(model.parameters(), lr=0.05)), model

    def theirs(x, labels):
        model = start(nn.Linear(3, 4))

        def loss():
            logs = F.log_softmax(model(x), dim=-1).gather(1, labels[:, None]).squeeze(1)
            return -((1 - logs.exp()) ** 2 * logs).mean()

        return train(loss, torch.optim.Adam(model.parameters(), lr=0.05)), model


@program(anchor=normal(8, 4), near=normal(8, 4), far=normal(8, 4))
class TripletLoss:
    def ours(anchor, near, far):
        model = start(Linear(4, 3, rng))

        def loss():
            a, p, n = model(anchor), model(near), model(far)
            return ((a - p).norm(axis=1) - (a - n).norm(axis=1) + 1).clip(0).mean()

        return train(loss, SGD(model.parameters(), lr=0.1)), model

    def theirs(anchor, near, far):
        model, loss = start(nn.Linear(4, 3)), nn.TripletMarginLoss(eps=0)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        return train(lambda: loss(model(anchor), model(near), model(far)), optimizer), model


@program(a=normal(6, 4), b=normal(6, 4))
class ContrastiveLoss:
    """Two views of a sample against all others: normalised, multiplied, cross-entropy."""

    def ours(a, b):
        model, loss_of = start(Linear(4, 3, rng)), CrossEntropyLoss()

        def loss():
            u, v = (z / z.norm(axis=1, keepdims=True) for z in (model(a), model(b)))
            scores = u @ v.T / 0.5
            return (loss_of(scores, np.arange(6)) + loss_of(scores.T, np.arange(6))) / 2

        return train(loss, Adam(model.parameters(), lr=0.05)), model

    def theirs(a, b):
        model, loss_of = start(nn.Linear(4, 3)), nn.CrossEntropyLoss()

        def loss():
            u, v = (F.normalize(model(x), dim=1) for x in (a, b))
            scores = u @ v.T / 0.5
            return (loss_of(scores, torch.arange(6)) + loss_of(scores.T, torch.arange(6))) / 2

        return train(loss, torch.optim.Adam(model.parameters(), lr=0.05)), model


@program(x=normal(10, 3), relevance=normal(10))
class PairwiseRanking:
    """RankNet: all pairs whose order is known, chosen by a mask of truths."""

    def ours(x, relevance):
        model = start(Linear(3, 1, rng))
        better = relevance[:, None] > relevance

        def loss():
            s = model(x).squeeze()
            return -sigmoid(s[:, None] - s)[better].log().mean()

        return train(loss, SGD(model.parameters(), lr=0.5)), model

    def theirs(x, relevance):
        model = start(nn.Linear(3, 1))
        better = relevance[:, None] > relevance

        def loss():
            s = model(x).squeeze()
            return -F.logsigmoid(s[:, None] - s)[better].mean()

        return train(loss, torch.optim.SGD(model.parameters(), lr=0.5)), model


@program(x=normal(10, 3), y=normal(10))
class WassersteinBySorting:
    """Two samples on a line are compared after both are sorted."""

    def ours(x, y):
        from tinytorch.core.operations import sort

        model = start(Linear(3, 1, rng))
        loss = lambda: (sort(model(x).squeeze(1))[0] - sort(y)[0]).abs().mean()  # noqa: E731
        return train(loss, SGD(model.parameters(), lr=0.1)), model

    def theirs(x, y):
        model = start(nn.Linear(3, 1))
        loss = lambda: (  # noqa: E731
            torch.sort(model(x).squeeze(1)).values - torch.sort(y).values
        ).abs().mean()  # fmt: skip
        return train(loss, torch.optim.SGD(model.parameters(), lr=0.1)), model


@program(x=normal(10, 3), y=normal(10, 1))
class HardestExamples:
    """Only the four largest losses of a batch count."""

    def ours(x, y):
        from tinytorch.core.operations import topk

        model, each = start(Linear(3, 1, rng)), MeanSquaredError(reduction="none")

        def loss():
            values, _ = topk(each(model(x), y).flatten(), 4)
            return values.mean()

        return train(loss, SGD(model.parameters(), lr=0.1)), model

    def theirs(x, y):
        model, each = start(nn.Linear(3, 1)), nn.MSELoss(reduction="none")

        def loss():
            values, _ = torch.topk(each(model(x), y).flatten(), 4)
            return values.mean()

        return train(loss, torch.optim.SGD(model.parameters(), lr=0.1)), model


@program(x=normal(3, 6, 2), y=normal(3, 6, 1), mask=binary(3, 6))
class MaskedSequenceLoss:
    def ours(x, y, mask):
        model = start(Linear(2, 1, rng))

        def loss():
            squares = ((model(x) - y) ** 2).squeeze(-1)
            return (squares * mask).sum() / mask.sum().clip(low=1)

        return train(loss, SGD(model.parameters(), lr=0.1)), model

    def theirs(x, y, mask):
        model = start(nn.Linear(2, 1))

        def loss():
            squares = ((model(x) - y) ** 2).squeeze(-1)
            return (squares * mask).sum() / mask.sum().clamp(min=1)

        return train(loss, torch.optim.SGD(model.parameters(), lr=0.1)), model


@program(x=normal(8, 3), y=normal(8))
class HeteroscedasticLoss:
    """A mean and a variance are predicted: Gaussian likelihood, columns by index."""

    def ours(x, y):
        model = start(Linear(3, 2, rng))

        def loss():
            out = model(x)
            mean, variance = out[:, 0], out[:, 1].exp()
            return (0.5 * (variance.log() + (y - mean) ** 2 / variance)).mean()

        return train(loss, Adam(model.parameters(), lr=0.05)), model

    def theirs(x, y):
        model, loss_of = start(nn.Linear(3, 2)), nn.GaussianNLLLoss()

        def loss():
            out = model(x)
            return loss_of(out[:, 0], y, out[:, 1].exp())

        return train(loss, torch.optim.Adam(model.parameters(), lr=0.05)), model


@program(x=normal(10, 4))
class DecorrelatedFeatures:
    """VICReg's terms: spread by std, and the covariance beside the diagonal."""

    def ours(x):
        model = start(Linear(4, 3, rng))

        def loss():
            z = model(x)
            z = z - z.mean(axis=0)
            covariance = z.T @ z / (len(z) - 1)
            beside = covariance * (1 - np.eye(3))
            return relu(1 - z.std(axis=0)).mean() + (beside**2).sum() / 3

        return train(loss, SGD(model.parameters(), lr=0.1)), model

    def theirs(x):
        model = start(nn.Linear(4, 3))

        def loss():
            z = model(x)
            z = z - z.mean(dim=0)
            covariance = z.T @ z / (len(z) - 1)
            beside = covariance * (1 - torch.eye(3))
            return torch.relu(1 - z.std(dim=0)).mean() + (beside**2).sum() / 3

        return train(loss, torch.optim.SGD(model.parameters(), lr=0.1)), model


@program(x=normal(6, 2), y=normal(5, 2), w=weight(2, 2))
class ChamferDistance:
    """Two clouds of points: each point to the nearest of the other cloud."""

    def ours(x, y, w):
        def loss():
            apart = (((x @ w)[:, None] - y[None]) ** 2).sum(axis=-1)
            return apart.min(axis=0).mean() + apart.min(axis=1).mean()

        return train(loss, SGD([w], lr=0.1)), w

    def theirs(x, y, w):
        def loss():
            apart = (((x @ w)[:, None] - y[None]) ** 2).sum(dim=-1)
            return apart.amin(dim=0).mean() + apart.amin(dim=1).mean()

        return train(loss, torch.optim.SGD([w], lr=0.1)), w


@program(shares=uniform(8, 3, low=0.1), x=normal(8, 4))
class LabelDistribution:
    """Targets that are themselves computed: no gradient goes there."""

    def ours(shares, x):
        teacher, student = start(Linear(4, 3, rng), 1), start(Linear(4, 3, rng), 2)
        loss = CrossEntropyLoss()
        target = lambda: (softmax(teacher(x)) * shares).detach()  # noqa: E731
        return train(lambda: loss(student(x), target()), SGD(student.parameters(), lr=0.1)), student

    def theirs(shares, x):
        teacher, student = start(nn.Linear(4, 3), 1), start(nn.Linear(4, 3), 2)
        loss = nn.CrossEntropyLoss()
        target = lambda: (torch.softmax(teacher(x), dim=1) * shares).detach()  # noqa: E731
        optimizer = torch.optim.SGD(student.parameters(), lr=0.1)
        return train(lambda: loss(student(x), target()), optimizer), student
