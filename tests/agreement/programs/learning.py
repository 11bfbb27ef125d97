"""Ways to train: optimizers, schedules, and what is done with parameters and gradients."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from tinytorch.core import (
    SGD,
    Adam,
    AdamW,
    CrossEntropyLoss,
    DataLoader,
    Dropout,
    Layer,
    Linear,
    MeanSquaredError,
    Optimizer,
    ReLU,
    RMSProp,
    Sequential,
    Tanh,
    Tensor,
    TensorDataset,
    clip_by_norm,
    cosine_with_warmup,
    fit,
    gradients,
    load_model,
    log_softmax,
    no_grad,
    save_model,
    sigmoid,
    softmax,
    step_decay,
    tanh,
)

from .harness import binary, classes, normal, program, start, train, weight

rng = np.random.default_rng(0)


def our_net():
    return start(Sequential(Linear(4, 6, rng), Tanh(), Linear(6, 1, rng)))


def their_net():
    return start(nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 1)))


# --- Each optimizer, with each option -------------------------------------------------------


OPTIM = torch.optim
OPTIMIZERS = {
    "PlainSGD": (lambda p: SGD(p, lr=0.1), lambda p: OPTIM.SGD(p, lr=0.1)),
    "Momentum": (
        lambda p: SGD(p, lr=0.1, momentum=0.9), lambda p: OPTIM.SGD(p, lr=0.1, momentum=0.9)),
    "Nesterov": (
        lambda p: SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda p: OPTIM.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)),
    "RMSPropWithMomentum": (
        lambda p: RMSProp(p, lr=0.01, alpha=0.9, momentum=0.9, weight_decay=0.1),
        lambda p: OPTIM.RMSprop(p, lr=0.01, alpha=0.9, momentum=0.9, weight_decay=0.1)),
    "AdamDefaults": (lambda p: Adam(p), lambda p: OPTIM.Adam(p)),
    "AdamOptions": (
        lambda p: Adam(p, lr=0.05, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.1),
        lambda p: OPTIM.Adam(p, lr=0.05, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.1)),
    "AdamWDefaults": (lambda p: AdamW(p), lambda p: OPTIM.AdamW(p)),
    "AdamWOptions": (
        lambda p: AdamW(p, lr=0.05, weight_decay=0.3),
        lambda p: OPTIM.AdamW(p, lr=0.05, weight_decay=0.3)),
}  # fmt: skip


def trained_with(name, our_optimizer, their_optimizer):
    """Register a network that is trained with an optimizer."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        return train(lambda: loss(model(x), y), our_optimizer(model.parameters()), steps=10), model

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        optimizer = their_optimizer(model.parameters())
        return train(lambda: loss(model(x), y), optimizer, steps=10), model

    program(x=normal(8, 4), y=normal(8, 1))(type(name, (), vars(SimpleNamespace(
        ours=ours, theirs=theirs))))  # fmt: skip


for name, pair in OPTIMIZERS.items():
    trained_with(name, *pair)


@program(x=normal(8, 4), y=normal(8, 1))
class ParameterGroups:
    """Own options for each part, by the names that either side uses."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        groups = [
            {"parameters": model[0].parameters(), "lr": 0.01},
            {"params": model[2].parameters(), "weight_decay": 0.5, "betas": (0.5, 0.9)},
        ]
        return train(lambda: loss(model(x), y), AdamW(groups, lr=0.1)), model

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        groups = [
            {"params": model[0].parameters(), "lr": 0.01},
            {"params": model[2].parameters(), "weight_decay": 0.5, "betas": (0.5, 0.9)},
        ]
        return train(lambda: loss(model(x), y), torch.optim.AdamW(groups, lr=0.1)), model


@program(x=normal(8, 4), y=normal(8, 1))
class ScheduleByHand:
    """The rate is set before each step: a cosine after a warm-up, for two groups."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        optimizer = SGD(
            [{"params": model[0].parameters(), "lr": 0.05}, {"params": model[2].parameters()}],
            lr=0.5, momentum=0.9,
        )  # fmt: skip
        schedule, losses = cosine_with_warmup(0.5, warmup=3, total=8), []
        for step in range(8):
            optimizer.lr = schedule(step)
            losses += train(lambda: loss(model(x), y), optimizer, steps=1)
        return losses, model

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        optimizer = torch.optim.SGD(
            [{"params": model[0].parameters(), "lr": 0.05}, {"params": model[2].parameters()}],
            lr=0.5, momentum=0.9,
        )  # fmt: skip
        share = lambda n: (n + 1) / 3 if n < 3 else (1 + np.cos(np.pi * (n - 3) / 5)) / 2  # noqa: E731
        scheduler, losses = torch.optim.lr_scheduler.LambdaLR(optimizer, share), []
        for _ in range(8):
            losses += train(lambda: loss(model(x), y), optimizer, steps=1)
            scheduler.step()
        return losses, model


@program(x=normal(8, 4), y=normal(8, 1))
class StepwiseSchedule:
    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        optimizer, schedule = Adam(model.parameters(), lr=0.1), step_decay(0.1, every=2, factor=0.5)
        losses = []
        for _ in range(6):
            optimizer.lr = schedule(optimizer.steps)
            losses += train(lambda: loss(model(x), y), optimizer, steps=1)
        return losses, model

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        scheduler, losses = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5), []
        for _ in range(6):
            losses += train(lambda: loss(model(x), y), optimizer, steps=1)
            scheduler.step()
        return losses, model


@program(x=normal(8, 4), y=normal(8, 1))
class OwnOptimizer:
    """Signs of an averaged gradient (Lion), as a class of one's own."""

    def ours(x, y):
        class Lion(Optimizer):
            def __init__(self, parameters, lr, weight_decay=0.0):
                super().__init__(parameters, lr, weight_decay, memory=["mean"])

            def update(self, values, grads, count, lr, mean):
                values -= lr * np.sign(0.9 * mean + 0.1 * grads)
                mean *= 0.99
                mean += 0.01 * grads

        model, loss = our_net(), MeanSquaredError()
        return train(lambda: loss(model(x), y), Lion(model.parameters(), lr=0.01)), model

    def theirs(x, y):
        class Lion(torch.optim.Optimizer):
            def __init__(self, parameters, lr):
                super().__init__(parameters, {"lr": lr})

            @torch.no_grad()
            def step(self):
                for group in self.param_groups:
                    for p in group["params"]:
                        mean = self.state[p].setdefault("mean", torch.zeros_like(p))
                        p -= group["lr"] * torch.sign(0.9 * mean + 0.1 * p.grad)
                        mean.mul_(0.99).add_(p.grad, alpha=0.01)

        model, loss = their_net(), nn.MSELoss()
        return train(lambda: loss(model(x), y), Lion(model.parameters(), lr=0.01)), model


# --- What is done with gradients ------------------------------------------------------------


@program(x=normal(4, 8, 4), y=normal(4, 8, 1))
class GradientAccumulation:
    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        optimizer = SGD(model.parameters(), lr=0.1)
        optimizer.zero_grad()
        for n, (inputs, targets) in enumerate(zip(x, y, strict=True), 1):
            (loss(model(inputs), targets) / 2).backward()
            if n % 2 == 0:
                optimizer.step()
                optimizer.zero_grad()
        return model, model(x[0])

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        optimizer.zero_grad()
        for n, (inputs, targets) in enumerate(zip(x, y, strict=True), 1):
            (loss(model(inputs), targets) / 2).backward()
            if n % 2 == 0:
                optimizer.step()
                optimizer.zero_grad()
        return model, model(x[0])


@program(x=normal(8, 4), y=normal(8, 1))
class GradientsClippedByValue:
    """Gradients are arrays, which are changed in place."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        optimizer = SGD(model.parameters(), lr=0.5)
        for _ in range(5):
            optimizer.zero_grad()
            loss(model(x), y).backward()
            for p in model.parameters():
                np.clip(p.grad, -0.05, 0.05, out=p.grad)
            optimizer.step()
        return model

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        for _ in range(5):
            optimizer.zero_grad()
            loss(model(x), y).backward()
            nn.utils.clip_grad_value_(model.parameters(), 0.05)
            optimizer.step()
        return model


@program(x=normal(8, 4), y=normal(8, 1), noise=normal(5, 6))
class NoisyGradients:
    """Langevin dynamics: each step adds given noise to the weights, without a record."""

    def ours(x, y, noise):
        model, loss = our_net(), MeanSquaredError()
        for n in range(5):
            loss(model(x), y).backward()
            with no_grad():
                for p in model.parameters():
                    p -= 0.1 * p.grad
                model[0].bias += 0.01 * noise[n]
            for p in model.parameters():
                p.grad = None
        return model

    def theirs(x, y, noise):
        model, loss = their_net(), nn.MSELoss()
        for n in range(5):
            loss(model(x), y).backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= 0.1 * p.grad
                model[0].bias += 0.01 * noise[n]
            for p in model.parameters():
                p.grad = None
        return model


@program(x=normal(8, 4), labels=classes(3, 8))
class AdversarialTraining:
    """The gradient by the input moves the input against the model."""

    def ours(x, labels):
        model, loss = (
            start(Sequential(Linear(4, 6, rng), ReLU(), Linear(6, 3, rng))),
            CrossEntropyLoss(),
        )
        optimizer, losses = SGD(model.parameters(), lr=0.1), []
        for _ in range(4):
            inputs = Tensor(x.data.copy(), requires_grad=True)
            loss(model(inputs), labels).backward()
            moved = (inputs + 0.1 * np.sign(inputs.grad)).detach()
            losses += train(lambda moved=moved: loss(model(moved), labels), optimizer, steps=1)
        return losses, model, moved

    def theirs(x, labels):
        model = start(nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3)))
        loss, optimizer = nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.1)
        losses = []
        for _ in range(4):
            inputs = x.clone().requires_grad_(True)
            loss(model(inputs), labels).backward()
            moved = (inputs + 0.1 * torch.sign(inputs.grad)).detach()
            losses += train(lambda moved=moved: loss(model(moved), labels), optimizer, steps=1)
        return losses, model, moved


@program(x=normal(8, 4))
class Saliency:
    """The gradients of one output by the input, and its norm; parameters get none."""

    def ours(x):
        model = our_net()
        inputs = Tensor(x, requires_grad=True)
        (slopes,) = gradients(model(inputs).sum(), [inputs])
        return slopes, (slopes**2).sum(axis=1) ** 0.5, model

    def theirs(x):
        model = their_net()
        inputs = x.clone().requires_grad_(True)
        (slopes,) = torch.autograd.grad(model(inputs).sum(), [inputs])
        return slopes, (slopes**2).sum(dim=1) ** 0.5, model


@program(real=normal(8, 2), fake=normal(8, 2))
class GradientPenalty:
    """With one hidden layer the slope by the input is written out: first order suffices."""

    def ours(real, fake):
        first, last = start(Linear(2, 5, rng)), start(Linear(5, 1, rng))
        between = 0.5 * real + 0.5 * fake

        def loss():
            h = tanh(first(between))
            slope = ((1 - h**2) * last.weight[:, 0]) @ first.weight.T
            penalty = ((slope**2).sum(axis=1).sqrt() - 1) ** 2
            judge = lambda x: last(tanh(first(x))).mean()  # noqa: E731
            return judge(fake) - judge(real) + 10 * penalty.mean()

        return train(loss, Adam(first.parameters() + last.parameters(), lr=0.01)), first, last

    def theirs(real, fake):
        first, last = start(nn.Linear(2, 5)), start(nn.Linear(5, 1))
        between = 0.5 * real + 0.5 * fake

        def loss():
            judge = lambda x: last(torch.tanh(first(x))).mean()  # noqa: E731
            x = between.clone().requires_grad_(True)
            (slope,) = torch.autograd.grad(8 * judge(x), x, create_graph=True)
            penalty = (slope.norm(dim=1) - 1) ** 2
            return judge(fake) - judge(real) + 10 * penalty.mean()

        optimizer = torch.optim.Adam([*first.parameters(), *last.parameters()], lr=0.01)
        return train(loss, optimizer), first, last


@program(x=normal(8, 4), a=normal(8, 1), b=normal(8, 1))
class ConflictingGradients:
    """PCGrad: the gradients of two tasks, one projected off the other, are put into .grad."""

    def ours(x, a, b):
        model = our_net()
        parameters, optimizer = model.parameters(), SGD(model.parameters(), lr=0.1)
        for _ in range(4):
            out = model(x)
            f = gradients(((out - a) ** 2).mean(), parameters, retain_graph=True)
            g = gradients(((out - b) ** 2).mean(), parameters)
            along = sum((u * v).sum() for u, v in zip(f, g, strict=True))
            share = min(along, 0) / sum((v * v).sum() for v in g)
            for p, u, v in zip(parameters, f, g, strict=True):
                p.grad = u - share * v + v
            optimizer.step()
        return model, along

    def theirs(x, a, b):
        model = their_net()
        parameters = list(model.parameters())
        optimizer = torch.optim.SGD(parameters, lr=0.1)
        for _ in range(4):
            out = model(x)
            f = torch.autograd.grad(((out - a) ** 2).mean(), parameters, retain_graph=True)
            g = torch.autograd.grad(((out - b) ** 2).mean(), parameters)
            along = sum((u * v).sum() for u, v in zip(f, g, strict=True))
            share = min(along, 0) / sum((v * v).sum() for v in g)
            for p, u, v in zip(parameters, f, g, strict=True):
                p.grad = u - share * v + v
            optimizer.step()
        return model, along


# --- What is done with parameters -----------------------------------------------------------


@program(x=normal(8, 4), y=normal(8, 1))
class FrozenByRequiresGrad:
    """Transfer learning: the first layer is frozen for a while, then trained with the rest."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        for p in model[0].parameters():
            p.requires_grad = False
        optimizer = Adam([p for p in model.parameters() if p.requires_grad], lr=0.1)
        losses = train(lambda: loss(model(x), y), optimizer)
        untouched = [p.grad for p in model[0].parameters()]
        for p in model.parameters():
            p.requires_grad = True
        optimizer = SGD(model.parameters(), lr=0.1)
        return losses, untouched, train(lambda: loss(model(x), y), optimizer), model

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        for p in model[0].parameters():
            p.requires_grad = False
        optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.1)
        losses = train(lambda: loss(model(x), y), optimizer)
        untouched = [p.grad for p in model[0].parameters()]
        for p in model.parameters():
            p.requires_grad = True
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        return losses, untouched, train(lambda: loss(model(x), y), optimizer), model


@program(x=normal(8, 4), y=normal(8, 1))
class FrozenAsAWhole:
    """freeze() is PyTorch's requires_grad_(False); the optimizer may hold the frozen ones."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        model[0].freeze()
        optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
        losses = train(lambda: loss(model(x), y), optimizer)
        model[0].freeze(False)
        return losses, train(lambda: loss(model(x), y), optimizer), model

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        model[0].requires_grad_(False)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        losses = train(lambda: loss(model(x), y), optimizer)
        model[0].requires_grad_(True)
        return losses, train(lambda: loss(model(x), y), optimizer), model


@program(x=normal(8, 4), y=normal(8, 1))
class AveragedWeights:
    """A copy of the model follows it: in place, by *= and +=, without a record."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        average = copy.deepcopy(model).freeze()
        optimizer = SGD(model.parameters(), lr=0.1)
        for _ in range(5):
            train(lambda: loss(model(x), y), optimizer, steps=1)
            with no_grad():
                for slow, fast in zip(average.parameters(), model.parameters(), strict=True):
                    slow *= 0.9
                    slow += 0.1 * fast
        return model, average, average(x)

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        average = copy.deepcopy(model).requires_grad_(False)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(5):
            train(lambda: loss(model(x), y), optimizer, steps=1)
            with torch.no_grad():
                for slow, fast in zip(average.parameters(), model.parameters(), strict=True):
                    slow *= 0.9
                    slow += 0.1 * fast
        return model, average, average(x)


@program(x=normal(8, 4), y=normal(8, 1))
class SavedAndLoadedByName:
    """A state of the same names; part of it goes into another model with strict=False."""

    def ours(x, y):
        class Net(Layer):
            def __init__(self, head=1):
                self.trunk = Sequential(Linear(4, 6, rng), Tanh())
                self.head = Linear(6, head, rng)

            def forward(self, x):
                return self.head(self.trunk(x))

        model, loss = start(Net(), seed=1), MeanSquaredError()
        kept = model.state_dict()
        losses = train(lambda: loss(model(x), y), SGD(model.parameters(), lr=0.1))
        first, other = start(Net(), seed=2), start(Net(head=3), seed=3)
        first.load_state_dict(kept)
        other.load_state_dict(
            {name: w for name, w in model.state_dict().items() if "trunk" in name}, strict=False
        )
        return losses, model, first, other, len(kept)

    def theirs(x, y):
        class Net(nn.Module):
            def __init__(self, head=1):
                super().__init__()
                self.trunk = nn.Sequential(nn.Linear(4, 6), nn.Tanh())
                self.head = nn.Linear(6, head)

            def forward(self, x):
                return self.head(self.trunk(x))

        model, loss = start(Net(), seed=1), nn.MSELoss()
        kept = copy.deepcopy(model.state_dict())
        losses = train(lambda: loss(model(x), y), torch.optim.SGD(model.parameters(), lr=0.1))
        first, other = start(Net(), seed=2), start(Net(head=3), seed=3)
        first.load_state_dict(kept)
        other.load_state_dict(
            {name: w for name, w in model.state_dict().items() if "trunk" in name}, strict=False
        )
        return losses, model, first, other, len(kept)


@program(x=normal(8, 4), y=normal(8, 1))
class NamesOfParameters:
    """The names by which a state is stored are those of the attributes, as in PyTorch."""

    def ours(x, y):
        class Net(Layer):
            def __init__(self):
                self.scale = Tensor(np.ones(1), requires_grad=True)
                self.blocks = [Linear(4, 4, rng), Linear(4, 4, rng, bias=False)]
                self.heads = {"a": Linear(4, 1, rng)}
                self.trunk = Sequential(Linear(4, 2, rng), Tanh())

        return {name: parameter.size for name, parameter in Net().named_parameters()}

    def theirs(x, y):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.scale = nn.Parameter(torch.ones(1))
                self.blocks = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4, bias=False)])
                self.heads = nn.ModuleDict({"a": nn.Linear(4, 1)})
                self.trunk = nn.Sequential(nn.Linear(4, 2), nn.Tanh())

        return {name: parameter.numel() for name, parameter in Net().named_parameters()}


@program(x=normal(8, 4), y=normal(8, 1))
class SavedToAFile:
    """A trained model is written to a file, and another one takes it over."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        losses = train(lambda: loss(model(x), y), SGD(model.parameters(), lr=0.1))
        other = start(Sequential(Linear(4, 6, rng), Tanh(), Linear(6, 1, rng)), seed=3)
        with tempfile.TemporaryDirectory() as folder:
            save_model(Path(folder) / "model.npz", model)
            load_model(Path(folder) / "model.npz", other)
        return losses, model, other, other(x)

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        losses = train(lambda: loss(model(x), y), torch.optim.SGD(model.parameters(), lr=0.1))
        other = start(nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 1)), seed=3)
        with tempfile.TemporaryDirectory() as folder:
            torch.save(model.state_dict(), Path(folder) / "model.pt")
            other.load_state_dict(torch.load(Path(folder) / "model.pt"))
        return losses, model, other, other(x)


@program(x=normal(8, 4), y=normal(8, 1))
class ResumedTraining:
    """Model and optimizer are stored, and go on elsewhere as if nothing had been."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        optimizer = Adam(model.parameters(), lr=0.1)
        train(lambda: loss(model(x), y), optimizer)
        again = start(Sequential(Linear(4, 6, rng), Tanh(), Linear(6, 1, rng)), seed=5)
        again.load_state_dict(model.state_dict())
        further = Adam(again.parameters(), lr=0.3)
        further.load_state_dict(optimizer.state_dict())
        return train(lambda: loss(again(x), y), further), again

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        train(lambda: loss(model(x), y), optimizer)
        again = start(nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 1)), seed=5)
        again.load_state_dict(model.state_dict())
        further = torch.optim.Adam(again.parameters(), lr=0.3)
        further.load_state_dict(optimizer.state_dict())
        return train(lambda: loss(again(x), y), further), again


@program(tasks=normal(3, 2, 6, 4), answers=normal(3, 2, 6, 1))
class MetaLearning:
    """First order MAML: a copy is trained on a task, its gradient moves the original."""

    def ours(tasks, answers):
        model, loss = our_net(), MeanSquaredError()
        fast = our_net()
        outer = SGD(model.parameters(), lr=0.1)
        for x, y in zip(tasks, answers, strict=True):
            fast.load_state_dict(model.state_dict())
            inner = SGD(fast.parameters(), lr=0.1)
            train(lambda x=x, y=y: loss(fast(x[0]), y[0]), inner, steps=2)
            inner.zero_grad()
            loss(fast(x[1]), y[1]).backward()
            for p, q in zip(model.parameters(), fast.parameters(), strict=True):
                p.grad = q.grad
            outer.step()
        return model, fast

    def theirs(tasks, answers):
        model, loss = their_net(), nn.MSELoss()
        fast = their_net()
        outer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x, y in zip(tasks, answers, strict=True):
            fast.load_state_dict(model.state_dict())
            inner = torch.optim.SGD(fast.parameters(), lr=0.1)
            train(lambda x=x, y=y: loss(fast(x[0]), y[0]), inner, steps=2)
            inner.zero_grad()
            loss(fast(x[1]), y[1]).backward()
            for p, q in zip(model.parameters(), fast.parameters(), strict=True):
                p.grad = q.grad
            outer.step()
        return model, fast


@program(x=normal(8, 4), labels=classes(3, 8))
class KnowledgeDistillation:
    """Soft targets of a teacher at a temperature, beside the labels."""

    def ours(x, labels):
        teacher = start(Sequential(Linear(4, 8, rng), ReLU(), Linear(8, 3, rng)), seed=1).eval()
        student, cross, heat = start(Linear(4, 3, rng), seed=2), CrossEntropyLoss(), 3.0
        with no_grad():
            soft = softmax(teacher(x) / heat)

        def loss():
            out = student(x)
            apart = (soft * (soft.log() - log_softmax(out / heat))).sum(axis=1).mean()
            return 0.5 * cross(out, labels) + 0.5 * heat**2 * apart

        return train(loss, SGD(student.parameters(), lr=0.1)), student

    def theirs(x, labels):
        teacher = start(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)), seed=1).eval()
        student, cross, heat = start(nn.Linear(4, 3), seed=2), nn.CrossEntropyLoss(), 3.0
        with torch.no_grad():
            soft = torch.softmax(teacher(x) / heat, dim=1)

        def loss():
            out = student(x)
            apart = F.kl_div(F.log_softmax(out / heat, dim=1), soft, reduction="batchmean")
            return 0.5 * cross(out, labels) + 0.5 * heat**2 * apart

        return train(loss, torch.optim.SGD(student.parameters(), lr=0.1)), student


@program(x=normal(8, 4), y=normal(8, 1))
class PrunedNetwork:
    """The smallest weights are set to 0, and kept there by a mask after each step."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        w = model[0].weight
        mask = abs(w) > np.quantile(np.abs(w.data), 0.5)
        optimizer = SGD(model.parameters(), lr=0.1)
        for _ in range(4):
            with no_grad():
                w *= mask
            train(lambda: loss(model(x), y), optimizer, steps=1)
        return model, mask.sum().item()

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        w = model[0].weight
        mask = abs(w) > torch.quantile(w.abs().detach(), 0.5)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(4):
            with torch.no_grad():
                w *= mask
            train(lambda: loss(model(x), y), optimizer, steps=1)
        return model, mask.sum().item()


@program(x=normal(8, 4), y=normal(8, 1))
class LineSearch:
    """Steps are halved until the loss is smaller; weights are set back from copies."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        rates = []
        for _ in range(3):
            value = loss(model(x), y)
            slopes = gradients(value, model.parameters())
            before, rate = [p.data.copy() for p in model.parameters()], 8.0
            with no_grad():
                while True:
                    for p, old, g in zip(model.parameters(), before, slopes, strict=True):
                        p[...] = old - rate * g
                    if loss(model(x), y) < value:
                        break
                    rate /= 2
            rates.append(rate)
        return rates, model

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        rates = []
        for _ in range(3):
            value = loss(model(x), y)
            slopes = torch.autograd.grad(value, list(model.parameters()))
            before, rate = [p.detach().clone() for p in model.parameters()], 8.0
            with torch.no_grad():
                while True:
                    for p, old, g in zip(model.parameters(), before, slopes, strict=True):
                        p.copy_(old - rate * g)
                    if loss(model(x), y) < value:
                        break
                    rate /= 2
            rates.append(rate)
        return rates, model


@program(x=normal(8, 4), y=normal(8, 1))
class SharpnessAware:
    """SAM: the gradient at a place uphill moves the weights from where they were."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        optimizer = SGD(model.parameters(), lr=0.1)
        for _ in range(4):
            optimizer.zero_grad()
            loss(model(x), y).backward()
            norm = sum((p.grad**2).sum() for p in model.parameters()) ** 0.5
            uphill = [0.05 / norm * p.grad for p in model.parameters()]
            with no_grad():
                for p, e in zip(model.parameters(), uphill, strict=True):
                    p += e
            optimizer.zero_grad()
            loss(model(x), y).backward()
            with no_grad():
                for p, e in zip(model.parameters(), uphill, strict=True):
                    p -= e
            optimizer.step()
        return model

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(4):
            optimizer.zero_grad()
            loss(model(x), y).backward()
            norm = sum((p.grad**2).sum() for p in model.parameters()) ** 0.5
            uphill = [0.05 / norm * p.grad for p in model.parameters()]
            with torch.no_grad():
                for p, e in zip(model.parameters(), uphill, strict=True):
                    p += e
            optimizer.zero_grad()
            loss(model(x), y).backward()
            with torch.no_grad():
                for p, e in zip(model.parameters(), uphill, strict=True):
                    p -= e
            optimizer.step()
        return model


@program(x=normal(8, 4), drop=binary(8, 4), y=normal(8, 1))
class MeanTeacher:
    """A student on spoilt inputs follows an averaged teacher on whole ones."""

    def ours(x, drop, y):
        student, teacher = our_net(), our_net().freeze()
        optimizer = Adam(student.parameters(), lr=0.05)

        def loss():
            out = student(x * drop)
            return ((out - y) ** 2).mean() + ((out - teacher(x)) ** 2).mean()

        losses = []
        for _ in range(4):
            losses += train(loss, optimizer, steps=1)
            new = student.state_dict()
            teacher.load_state_dict(
                {n: 0.9 * w + 0.1 * new[n] for n, w in teacher.state_dict().items()}
            )
        return losses, student, teacher

    def theirs(x, drop, y):
        student, teacher = their_net(), their_net().requires_grad_(False)
        optimizer = torch.optim.Adam(student.parameters(), lr=0.05)

        def loss():
            out = student(x * drop)
            return ((out - y) ** 2).mean() + ((out - teacher(x)) ** 2).mean()

        losses = []
        for _ in range(4):
            losses += train(loss, optimizer, steps=1)
            new = student.state_dict()
            state = teacher.state_dict()
            teacher.load_state_dict({n: 0.9 * w + 0.1 * new[n] for n, w in state.items()})
        return losses, student, teacher


@program(x=normal(8, 3), y=normal(8, 1))
class LowRankAdaptation:
    """A frozen layer, and two thin matrices that are trained beside it."""

    def ours(x, y):
        class Adapted(Layer):
            def __init__(self, layer, rank):
                size = layer.weight.shape
                self.down = Tensor(np.zeros((size[0], rank)), requires_grad=True)
                self.up = Tensor(np.zeros((rank, size[1])), requires_grad=True)
                self.layer = layer

            def forward(self, x):
                return self.layer(x) + x @ self.down @ self.up

        model, loss = start(Adapted(Linear(3, 1, rng), 2)), MeanSquaredError()
        model.layer.freeze()
        trained = [p for p in model.parameters() if p.requires_grad]
        return train(lambda: loss(model(x), y), AdamW(trained, lr=0.05)), model, len(trained)

    def theirs(x, y):
        class Adapted(nn.Module):
            def __init__(self, layer, rank):
                super().__init__()
                size = layer.weight.T.shape
                self.down = nn.Parameter(torch.zeros(size[0], rank))
                self.up = nn.Parameter(torch.zeros(rank, size[1]))
                self.layer = layer

            def forward(self, x):
                return self.layer(x) + x @ self.down @ self.up

        model, loss = start(Adapted(nn.Linear(3, 1), 2)), nn.MSELoss()
        model.layer.requires_grad_(False)
        trained = [p for p in model.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(trained, lr=0.05)
        return train(lambda: loss(model(x), y), optimizer), model, len(trained)


@program(x=normal(12, 4), labels=classes(3, 12), z=normal(6, 4), marks=classes(3, 6))
class FittedByTheFramework:
    """fit, with its loader, schedule, clipping and validation, is the loop that one writes."""

    def ours(x, labels, z, marks):
        model = start(Sequential(Linear(4, 5, rng), Tanh(), Dropout(0.0, rng), Linear(5, 3, rng)))
        loader = DataLoader(TensorDataset(x, labels), batch_size=5)
        history = fit(
            model, CrossEntropyLoss(), SGD(model.parameters(), lr=0.1, momentum=0.9), loader,
            epochs=3, validation=[(z, marks)], schedule=step_decay(0.1, 2, 0.5),
        )  # fmt: skip
        return history["loss"], history["validation_loss"], model

    def theirs(x, labels, z, marks):
        model = start(nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Dropout(0.0), nn.Linear(5, 3)))
        loss = nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
        data = torch.utils.data.TensorDataset(x, labels)
        epochs, checks = [], []
        for _ in range(3):
            total = 0.0
            for inputs, targets in torch.utils.data.DataLoader(data, batch_size=5):
                batch = train(lambda i=inputs, t=targets: loss(model(i), t), optimizer, steps=1)
                total += batch[0] * len(inputs)
                scheduler.step()
            epochs.append(total / 12)
            with torch.no_grad():
                checks.append(loss(model(z), marks).item())
        return epochs, checks, model


@program(x=normal(10, 3), y=normal(10, 1))
class EnsembleOfModels:
    """Several models in one optimizer; the mean and spread of their answers."""

    def ours(x, y):
        from tinytorch.core.operations import stack

        models = [start(Linear(3, 1, rng), seed=n) for n in range(3)]
        optimizer = SGD([p for m in models for p in m.parameters()], lr=0.1)
        losses = train(lambda: sum(((m(x) - y) ** 2).mean() for m in models), optimizer)
        with no_grad():
            answers = stack([m(x) for m in models])
        return losses, models, answers.mean(axis=0), answers.std(axis=0)

    def theirs(x, y):
        models = [start(nn.Linear(3, 1), seed=n) for n in range(3)]
        optimizer = torch.optim.SGD([p for m in models for p in m.parameters()], lr=0.1)
        losses = train(lambda: sum(((m(x) - y) ** 2).mean() for m in models), optimizer)
        with torch.no_grad():
            answers = torch.stack([m(x) for m in models])
        return losses, models, answers.mean(dim=0), answers.std(dim=0)


@program(x=normal(8, 4), y=normal(8, 1))
class StochasticDepth:
    """Layers without a gradient at some steps are left as they are, and do not age."""

    def ours(x, y):
        first, extra, last = (start(Linear(4, n, rng), n) for n in (4, 4, 1))
        parameters = first.parameters() + extra.parameters() + last.parameters()
        optimizer, losses = Adam(parameters, lr=0.05), []
        for on in (True, False, True, False, False, True):
            h = tanh(first(x))
            if on:
                h = h + sigmoid(extra(h))
            loss = ((last(h) - y) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses, first, extra, last

    def theirs(x, y):
        first, extra, last = (start(nn.Linear(4, n), n) for n in (4, 4, 1))
        parameters = [*first.parameters(), *extra.parameters(), *last.parameters()]
        optimizer, losses = torch.optim.Adam(parameters, lr=0.05), []
        for on in (True, False, True, False, False, True):
            h = torch.tanh(first(x))
            if on:
                h = h + torch.sigmoid(extra(h))
            loss = ((last(h) - y) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses, first, extra, last


@program(x=normal(8, 4), w=weight(4, 3), y=normal(8, 3))
class GradientReversal:
    """Two players, one loss: the sign is turned in .grad before the step."""

    def ours(x, w, y):
        judge = start(Linear(3, 3, rng))
        optimizer = SGD([w, *judge.parameters()], lr=0.1)
        losses = []
        for _ in range(4):
            loss = ((judge(tanh(x @ w)) - y) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            w.grad *= -1
            clip_by_norm(judge.parameters(), 1e9)
            optimizer.step()
            losses.append(loss.item())
        return losses, w, judge

    def theirs(x, w, y):
        judge = start(nn.Linear(3, 3))
        optimizer = torch.optim.SGD([w, *judge.parameters()], lr=0.1)
        losses = []
        for _ in range(4):
            loss = ((judge(torch.tanh(x @ w)) - y) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            w.grad *= -1
            optimizer.step()
            losses.append(loss.item())
        return losses, w, judge


@program(x=normal(8, 4), a=normal(8, 1), b=normal(8, 1))
class TwoOptimizersForOneTrunk:
    """Both hold the trunk, and take turns: each keeps what the other did."""

    def ours(x, a, b):
        trunk = start(Linear(4, 5, rng), 1)
        heads = [start(Linear(5, 1, rng), seed) for seed in (2, 3)]
        optimizers = [Adam(trunk.parameters() + head.parameters(), lr=0.05) for head in heads]
        losses = []
        for _ in range(3):
            for head, optimizer, y in zip(heads, optimizers, (a, b), strict=True):
                loss = lambda head=head, y=y: ((head(tanh(trunk(x))) - y) ** 2).mean()  # noqa: E731
                losses += train(loss, optimizer, steps=2)
        return losses, trunk, heads

    def theirs(x, a, b):
        trunk = start(nn.Linear(4, 5), 1)
        heads = [start(nn.Linear(5, 1), seed) for seed in (2, 3)]
        optimizers = [
            torch.optim.Adam([*trunk.parameters(), *head.parameters()], lr=0.05) for head in heads
        ]
        losses = []
        for _ in range(3):
            for head, optimizer, y in zip(heads, optimizers, (a, b), strict=True):
                loss = lambda head=head, y=y: ((head(trunk(x).tanh()) - y) ** 2).mean()  # noqa: E731
                losses += train(loss, optimizer, steps=2)
        return losses, trunk, heads


@program(x=normal(8, 4), y=normal(8, 1))
class GradientsForgottenByTheModel:
    """model.zero_grad() instead of the optimizer's."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        optimizer = SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            model.zero_grad()
            loss(model(x), y).backward()
            optimizer.step()
        return model

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            model.zero_grad()
            loss(model(x), y).backward()
            optimizer.step()
        return model


@program(x=normal(8, 4), y=normal(8, 1))
class EarlyStoppingWithCopies:
    """The best model is a deep copy, made between steps of an optimizer; then its own one."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        optimizer, best = SGD(model.parameters(), lr=0.3, momentum=0.9), (float("inf"), None)
        for _ in range(8):
            train(lambda: loss(model(x), y), optimizer, steps=1)
            with no_grad():
                value = loss(model(x), y).item()
            if value < best[0]:
                best = value, copy.deepcopy(model)
        value, kept = best
        return value, train(lambda: loss(kept(x), y), Adam(kept.parameters())), kept, model

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9)
        best = float("inf"), None
        for _ in range(8):
            train(lambda: loss(model(x), y), optimizer, steps=1)
            with torch.no_grad():
                value = loss(model(x), y).item()
            if value < best[0]:
                best = value, copy.deepcopy(model)
        value, kept = best
        return (
            value,
            train(lambda: loss(kept(x), y), torch.optim.Adam(kept.parameters())),
            kept,
            model,
        )


@program(x=normal(8, 4), y=normal(8, 1))
class InitialisedByHand:
    """Weights and biases are set by kind of layer, in place."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        with no_grad():
            for layer in model:
                if isinstance(layer, Linear):
                    layer.weight[:] = 0.1
                    layer.weight[0] = np.arange(layer.weight.shape[1])
                    layer.bias *= 0
                    layer.bias += 0.5
        return train(lambda: loss(model(x), y), SGD(model.parameters(), lr=0.1)), model

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        with torch.no_grad():
            for layer in model:
                if isinstance(layer, nn.Linear):
                    layer.weight[:] = 0.1
                    layer.weight[:, 0] = torch.arange(layer.weight.shape[0])
                    layer.bias *= 0
                    layer.bias += 0.5
        return train(lambda: loss(model(x), y), torch.optim.SGD(model.parameters(), lr=0.1)), model


@program(x=normal(3, 8, 4), y=normal(3, 8, 1))
class LossesSummedInPlace:
    """One walk back from a sum over batches, added up with +=."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()

        def total():
            value = Tensor(np.zeros(()))
            for inputs, targets in zip(x, y, strict=True):
                value += loss(model(inputs), targets)
            value /= len(x)
            return value

        return train(total, SGD(model.parameters(), lr=0.1)), model

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()

        def total():
            value = torch.zeros(())
            for inputs, targets in zip(x, y, strict=True):
                value += loss(model(inputs), targets)
            value /= len(x)
            return value

        return train(total, torch.optim.SGD(model.parameters(), lr=0.1)), model


@program(x=normal(4, 8, 3), y=normal(8, 1))
class OneOptimizerTwoPlayers:
    """What one model computed stays good while a step moves the other one alone."""

    def ours(x, y):
        first, second = (start(Sequential(Linear(3, 3, rng), Linear(3, 1, rng)), n) for n in (1, 2))
        optimizer = SGD(first.parameters() + second.parameters(), lr=0.1)
        losses = []
        for inputs in x:
            kept = ((first(inputs) - y) ** 2).mean()
            losses += train(lambda i=inputs: ((second(i) + y) ** 2).mean(), optimizer, steps=1)
            optimizer.zero_grad()
            kept.backward()
            optimizer.step()
        return losses, first, second

    def theirs(x, y):
        first, second = (start(nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 1)), n) for n in (1, 2))
        optimizer = torch.optim.SGD([*first.parameters(), *second.parameters()], lr=0.1)
        losses = []
        for inputs in x:
            kept = ((first(inputs) - y) ** 2).mean()
            losses += train(lambda i=inputs: ((second(i) + y) ** 2).mean(), optimizer, steps=1)
            optimizer.zero_grad()
            kept.backward()
            optimizer.step()
        return losses, first, second


@program(x=normal(8, 4), y=normal(8, 1))
class DetachedAlias:
    """What was detached from a weight shares its memory, and follows the steps."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        seen = model[0].weight.detach()
        losses = train(lambda: loss(model(x), y), SGD(model.parameters(), lr=0.1))
        return losses, (seen - model[0].weight.detach()).abs().max(), model

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        seen = model[0].weight.detach()
        losses = train(lambda: loss(model(x), y), torch.optim.SGD(model.parameters(), lr=0.1))
        return losses, (seen - model[0].weight.detach()).abs().max(), model


@program(x=normal(8, 4), y=normal(8, 1))
class GroupRateBesideZero:
    """The body rests at a rate of 0 that is everyone's, the head has its own."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        groups = [{"params": model[0].parameters()}, {"params": model[2].parameters(), "lr": 0.1}]
        return train(lambda: loss(model(x), y), SGD(groups, lr=0.0)), model

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        groups = [{"params": model[0].parameters()}, {"params": model[2].parameters(), "lr": 0.1}]
        return train(lambda: loss(model(x), y), torch.optim.SGD(groups, lr=0.0)), model


@program(x=normal(8, 4), y=normal(8, 1))
class OptionsThatAGroupTurnsOff:
    """A decay that is everyone's but for biases, and another momentum for one part."""

    def ours(x, y):
        model, loss = our_net(), MeanSquaredError()
        groups = [
            {"params": [p for p in model.parameters() if p.ndim > 1], "momentum": 0.5},
            {"params": [p for p in model.parameters() if p.ndim == 1], "weight_decay": 0.0},
        ]
        optimizer = SGD(groups, lr=0.1, momentum=0.9, weight_decay=0.2)
        return train(lambda: loss(model(x), y), optimizer), model

    def theirs(x, y):
        model, loss = their_net(), nn.MSELoss()
        groups = [
            {"params": [p for p in model.parameters() if p.ndim > 1], "momentum": 0.5},
            {"params": [p for p in model.parameters() if p.ndim == 1], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9, weight_decay=0.2)
        return train(lambda: loss(model(x), y), optimizer), model
