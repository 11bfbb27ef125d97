"""Programs that make data, and programs that act."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from tinytorch.core import (
    SGD,
    Adam,
    BinaryCrossEntropyLoss,
    BinaryCrossEntropyOfProbabilities,
    Layer,
    Linear,
    MeanSquaredError,
    ReLU,
    RMSProp,
    Sequential,
    Sigmoid,
    Tanh,
    Tensor,
    log_softmax,
    logsumexp,
    no_grad,
    one_hot,
    relu,
    sigmoid,
    softmax,
    tanh,
)

from .harness import binary, classes, normal, program, start, train, uniform, weight

rng = np.random.default_rng(0)


@program(real=normal(8, 2), noise=normal(5, 8, 3), labels=classes(3, 8))
class ConditionalGAN:
    """Labels are concatenated, two optimizers take turns, detach keeps one out."""

    def ours(real, noise, labels):
        from tinytorch.core.operations import concatenate

        generator = start(Sequential(Linear(6, 8, rng), ReLU(), Linear(8, 2, rng)), seed=1)
        critic = start(Sequential(Linear(5, 8, rng), ReLU(), Linear(8, 1, rng)), seed=2)
        first = Adam(generator.parameters(), lr=0.01, betas=(0.5, 0.999))
        second = Adam(critic.parameters(), lr=0.01, betas=(0.5, 0.999))
        loss, kinds, losses = BinaryCrossEntropyLoss(), one_hot(labels.data, 3), []
        for z in noise:
            fake = generator(concatenate([z, kinds], axis=1))
            judge = lambda x: critic(concatenate([x, kinds], axis=1))  # noqa: E731
            value = loss(judge(real), np.ones((8, 1))) + loss(
                judge(fake.detach()), np.zeros((8, 1))
            )
            second.zero_grad()
            value.backward()
            second.step()
            fooled = loss(judge(fake), np.ones((8, 1)))
            first.zero_grad()
            fooled.backward()
            first.step()
            losses.append((value.item(), fooled.item()))
        return losses, generator, critic

    def theirs(real, noise, labels):
        generator = start(nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 2)), seed=1)
        critic = start(nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 1)), seed=2)
        first = torch.optim.Adam(generator.parameters(), lr=0.01, betas=(0.5, 0.999))
        second = torch.optim.Adam(critic.parameters(), lr=0.01, betas=(0.5, 0.999))
        loss, kinds, losses = nn.BCEWithLogitsLoss(), F.one_hot(labels, 3), []
        for z in noise:
            fake = generator(torch.cat([z, kinds], dim=1))
            judge = lambda x: critic(torch.cat([x, kinds], dim=1))  # noqa: E731
            value = loss(judge(real), torch.ones(8, 1)) + loss(
                judge(fake.detach()), torch.zeros(8, 1)
            )
            second.zero_grad()
            value.backward()
            second.step()
            fooled = loss(judge(fake), torch.ones(8, 1))
            first.zero_grad()
            fooled.backward()
            first.step()
            losses.append((value.item(), fooled.item()))
        return losses, generator, critic


@program(real=normal(8, 2), noise=normal(6, 8, 2))
class WassersteinGAN:
    """The critic's weights are clipped in place after each of its steps."""

    def ours(real, noise):
        generator, critic = start(Linear(2, 2, rng), 1), start(Linear(2, 1, rng), 2)
        first, second = (
            RMSProp(generator.parameters(), lr=0.05),
            RMSProp(critic.parameters(), lr=0.05),
        )
        losses = []
        for n, z in enumerate(noise):
            fake = generator(z)
            if n % 3:
                loss = critic(fake.detach()).mean() - critic(real).mean()
                second.zero_grad()
                loss.backward()
                second.step()
                with no_grad():
                    for p in critic.parameters():
                        p[:] = p.clip(-0.3, 0.3)
            else:
                loss = -critic(fake).mean()
                first.zero_grad()
                loss.backward()
                first.step()
            losses.append(loss.item())
        return losses, generator, critic

    def theirs(real, noise):
        generator, critic = start(nn.Linear(2, 2), 1), start(nn.Linear(2, 1), 2)
        first, second = (
            torch.optim.RMSprop(net.parameters(), lr=0.05) for net in (generator, critic)
        )
        losses = []
        for n, z in enumerate(noise):
            fake = generator(z)
            if n % 3:
                loss = critic(fake.detach()).mean() - critic(real).mean()
                second.zero_grad()
                loss.backward()
                second.step()
                with torch.no_grad():
                    for p in critic.parameters():
                        p.clamp_(-0.3, 0.3)
            else:
                loss = -critic(fake).mean()
                first.zero_grad()
                loss.backward()
                first.step()
            losses.append(loss.item())
        return losses, generator, critic


@program(x=uniform(8, 5), noise=normal(8, 2))
class VariationalAutoencoder:
    """Reparametrisation with given noise, and the divergence in closed form."""

    def ours(x, noise):
        class VAE(Layer):
            def __init__(self):
                self.trunk = Sequential(Linear(5, 6, rng), Tanh())
                self.mean, self.log_variance = Linear(6, 2, rng), Linear(6, 2, rng)
                self.decoder = Sequential(Linear(2, 6, rng), Tanh(), Linear(6, 5, rng), Sigmoid())

            def forward(self, x, noise):
                h = self.trunk(x)
                mean, log_variance = self.mean(h), self.log_variance(h)
                z = mean + (log_variance / 2).exp() * noise
                return self.decoder(z), mean, log_variance

        model, cross = start(VAE()), BinaryCrossEntropyOfProbabilities(reduction="sum")

        def loss():
            again, mean, log_variance = model(x, noise)
            divergence = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum()
            return (cross(again, x) + divergence) / len(x)

        return train(loss, Adam(model.parameters(), lr=0.01)), model

    def theirs(x, noise):
        class VAE(nn.Module):
            def __init__(self):
                super().__init__()
                self.trunk = nn.Sequential(nn.Linear(5, 6), nn.Tanh())
                self.mean, self.log_variance = nn.Linear(6, 2), nn.Linear(6, 2)
                self.decoder = nn.Sequential(
                    nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 5), nn.Sigmoid()
                )

            def forward(self, x, noise):
                h = self.trunk(x)
                mean, log_variance = self.mean(h), self.log_variance(h)
                z = mean + (log_variance / 2).exp() * noise
                return self.decoder(z), mean, log_variance

        model, cross = start(VAE()), nn.BCELoss(reduction="sum")

        def loss():
            again, mean, log_variance = model(x, noise)
            divergence = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum()
            return (cross(again, x) + divergence) / len(x)

        return train(loss, torch.optim.Adam(model.parameters(), lr=0.01)), model


@program(x=normal(8, 5), spoilt=binary(8, 5))
class DenoisingAutoencoder:
    def ours(x, spoilt):
        model = start(Sequential(Linear(5, 3, rng), Tanh(), Linear(3, 5, rng)))
        loss = MeanSquaredError()
        hidden = lambda: tanh(model[0](x)).abs().mean()  # noqa: E731
        return train(
            lambda: loss(model(x * (1 - spoilt)), x) + 0.01 * hidden(),
            Adam(model.parameters(), lr=0.05),
        ), model

    def theirs(x, spoilt):
        model = start(nn.Sequential(nn.Linear(5, 3), nn.Tanh(), nn.Linear(3, 5)))
        loss = nn.MSELoss()
        hidden = lambda: torch.tanh(model[0](x)).abs().mean()  # noqa: E731
        return train(
            lambda: loss(model(x * (1 - spoilt)), x) + 0.01 * hidden(),
            torch.optim.Adam(model.parameters(), lr=0.05),
        ), model


@program(x=normal(8, 2), noise=normal(8, 2), steps=classes(10, 8), end=normal(4, 2))
class Diffusion:
    """Noise is predicted from what it spoilt; then two steps back from noise alone."""

    def ours(x, noise, steps, end):
        from tinytorch.core.operations import concatenate, cumsum

        model = start(Sequential(Linear(3, 8, rng), Tanh(), Linear(8, 2, rng)))
        beta = np.linspace(0.1, 0.5, 10)
        kept = cumsum(Tensor(np.log(1 - beta)), axis=0).exp()
        guess = lambda x, t: model(concatenate([x, t[:, None] / 10], axis=1))  # noqa: E731
        a = kept[steps][:, None]
        spoilt = a.sqrt() * x + (1 - a).sqrt() * noise
        losses = train(
            lambda: ((guess(spoilt, steps) - noise) ** 2).mean(), Adam(model.parameters(), lr=0.01)
        )
        with no_grad():
            for t in (9, 8):
                back = guess(end, Tensor(np.full(4, t)))
                end = (end - beta[t] / (1 - kept[t]).sqrt() * back) / math.sqrt(1 - beta[t])
        return losses, model, end

    def theirs(x, noise, steps, end):
        model = start(nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2)))
        beta = torch.linspace(0.1, 0.5, 10)
        kept = torch.cumprod(1 - beta, dim=0)
        guess = lambda x, t: model(torch.cat([x, t[:, None] / 10], dim=1))  # noqa: E731
        a = kept[steps][:, None]
        spoilt = a.sqrt() * x + (1 - a).sqrt() * noise
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        losses = train(lambda: ((guess(spoilt, steps) - noise) ** 2).mean(), optimizer)
        with torch.no_grad():
            for t in (9, 8):
                back = guess(end, torch.full((4,), t))
                end = (end - beta[t] / (1 - kept[t]).sqrt() * back) / math.sqrt(1 - beta[t])
        return losses, model, end


@program(x=normal(8, 4))
class NormalisingFlow:
    """Coupling layers: one half scales and shifts the other, and the halves change places."""

    def ours(x):
        from tinytorch.core.operations import concatenate, split

        class Coupling(Layer):
            def __init__(self):
                self.net = Sequential(Linear(2, 5, rng), Tanh(), Linear(5, 4, rng))

            def forward(self, x):
                a, b = split(x, 2, axis=1)
                scale, shift = split(self.net(a), 2, axis=1)
                return concatenate([b * tanh(scale).exp() + shift, a], axis=1), tanh(scale).sum(
                    axis=1
                )

        layers = [start(Coupling(), seed=n) for n in range(2)]

        def loss():
            z, volume = x, 0
            for layer in layers:
                z, more = layer(z)
                volume = volume + more
            return (0.5 * (z**2).sum(axis=1) - volume).mean()

        parameters = [p for layer in layers for p in layer.parameters()]
        return train(loss, Adam(parameters, lr=0.02)), layers

    def theirs(x):
        class Coupling(nn.Module):
            def __init__(self):
                super().__init__()
                self.net = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 4))

            def forward(self, x):
                a, b = torch.split(x, 2, dim=1)
                scale, shift = torch.split(self.net(a), 2, dim=1)
                return torch.cat([b * scale.tanh().exp() + shift, a], dim=1), scale.tanh().sum(
                    dim=1
                )

        layers = [start(Coupling(), seed=n) for n in range(2)]

        def loss():
            z, volume = x, 0
            for layer in layers:
                z, more = layer(z)
                volume = volume + more
            return (0.5 * (z**2).sum(dim=1) - volume).mean()

        parameters = [p for layer in layers for p in layer.parameters()]
        return train(loss, torch.optim.Adam(parameters, lr=0.02)), layers


@program(x=normal(8, 2), y=normal(8))
class MixtureDensityNetwork:
    def ours(x, y):
        model = start(Sequential(Linear(2, 6, rng), Tanh(), Linear(6, 9, rng)))

        def loss():
            out = model(x).reshape(8, 3, 3)
            shares, mean, log_std = log_softmax(out[:, 0]), out[:, 1], out[:, 2]
            z = (y[:, None] - mean) / log_std.exp()
            return -logsumexp(shares - 0.5 * z**2 - log_std, axis=1).mean()

        return train(loss, Adam(model.parameters(), lr=0.02)), model

    def theirs(x, y):
        model = start(nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 9)))

        def loss():
            out = model(x).reshape(8, 3, 3)
            shares, mean, log_std = F.log_softmax(out[:, 0], dim=-1), out[:, 1], out[:, 2]
            z = (y[:, None] - mean) / log_std.exp()
            return -torch.logsumexp(shares - 0.5 * z**2 - log_std, dim=1).mean()

        return train(loss, torch.optim.Adam(model.parameters(), lr=0.02)), model


@program(x=binary(8, 4))
class MaskedAutoregression:
    """MADE: masks let each output see the inputs before it alone."""

    def ours(x):
        class Masked(Layer):
            def __init__(self, mask):
                self.linear, self.mask = Linear(*mask.shape, rng), mask

            def forward(self, x):
                return x @ (self.linear.weight * self.mask) + self.linear.bias

        first, last = np.triu(np.ones((4, 4))), np.triu(np.ones((4, 4)), 1)
        model = start(Sequential(Masked(first), ReLU(), Masked(last)))
        loss = BinaryCrossEntropyLoss()
        return train(lambda: loss(model(x), x), Adam(model.parameters(), lr=0.05)), model

    def theirs(x):
        class Masked(nn.Module):
            def __init__(self, mask):
                super().__init__()
                self.linear = nn.Linear(*mask.shape)
                self.register_buffer("mask", mask)

            def forward(self, x):
                return x @ (self.linear.weight.T * self.mask) + self.linear.bias

        first, last = torch.triu(torch.ones(4, 4)), torch.triu(torch.ones(4, 4), 1)
        model = start(nn.Sequential(Masked(first), nn.ReLU(), Masked(last)))
        loss = nn.BCEWithLogitsLoss()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
        return train(lambda: loss(model(x), x), optimizer), model


@program(x=normal(8, 4), uniforms=uniform(8, 3, low=0.01, high=0.99))
class GumbelSoftmax:
    """A choice that is nearly made, by given noise; the hard one passes straight through."""

    def ours(x, uniforms):
        encoder, decoder = start(Linear(4, 3, rng)), start(Linear(3, 4, rng))
        noise = -np.log(-np.log(uniforms))

        def loss():
            soft = softmax((encoder(x) + noise) / 0.5, axis=1)
            hard = one_hot(soft.argmax(axis=1).data, 3)
            return ((decoder(hard + soft - soft.detach()) - x) ** 2).mean()

        optimizer = Adam(encoder.parameters() + decoder.parameters(), lr=0.05)
        return train(loss, optimizer), encoder, decoder

    def theirs(x, uniforms):
        encoder, decoder = start(nn.Linear(4, 3)), start(nn.Linear(3, 4))
        noise = -torch.log(-torch.log(uniforms))

        def loss():
            soft = torch.softmax((encoder(x) + noise) / 0.5, dim=1)
            hard = F.one_hot(soft.argmax(dim=1), 3)
            return ((decoder(hard + soft - soft.detach()) - x) ** 2).mean()

        optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.05)
        return train(loss, optimizer), encoder, decoder


@program(x=normal(8, 4), book=weight(5, 3))
class VectorQuantisation:
    """VQ-VAE: the nearest row of a code book, its gradient handed to the encoder."""

    def ours(x, book):
        encoder, decoder = start(Linear(4, 3, rng)), start(Linear(3, 4, rng))

        def loss():
            z = encoder(x)
            nearest = ((z[:, None] - book) ** 2).sum(axis=2).argmin(axis=1)
            q = book[nearest]
            extra = ((q - z.detach()) ** 2).mean() + 0.25 * ((q.detach() - z) ** 2).mean()
            return ((decoder(z + (q - z).detach()) - x) ** 2).mean() + extra

        parameters = [book, *encoder.parameters(), *decoder.parameters()]
        return train(loss, Adam(parameters, lr=0.05)), book, encoder, decoder

    def theirs(x, book):
        encoder, decoder = start(nn.Linear(4, 3)), start(nn.Linear(3, 4))

        def loss():
            z = encoder(x)
            nearest = ((z[:, None] - book) ** 2).sum(dim=2).argmin(dim=1)
            q = book[nearest]
            extra = ((q - z.detach()) ** 2).mean() + 0.25 * ((q.detach() - z) ** 2).mean()
            return ((decoder(z + (q - z).detach()) - x) ** 2).mean() + extra

        parameters = [book, *encoder.parameters(), *decoder.parameters()]
        return train(loss, torch.optim.Adam(parameters, lr=0.05)), book, encoder, decoder


@program(
    visible=binary(8, 4), noise=uniform(8, 3), again=uniform(8, 4), w=weight(4, 3), b=weight(4)
)
class BoltzmannMachine:
    """Contrastive divergence by the free energy, one step of Gibbs sampling from given noise."""

    def ours(visible, noise, again, w, b):
        def energy(v):
            return -(v @ b) - (1 + (v @ w).exp()).log().sum(axis=1)

        def loss():
            with no_grad():
                hidden = (noise < sigmoid(visible @ w)).astype(np.float64)
                dream = (again < sigmoid(hidden @ w.T + b)).astype(np.float64)
            return (energy(visible) - energy(dream)).mean()

        return train(loss, SGD([w, b], lr=0.5)), w, b

    def theirs(visible, noise, again, w, b):
        def energy(v):
            return -(v @ b) - (1 + (v @ w).exp()).log().sum(dim=1)

        def loss():
            with torch.no_grad():
                hidden = (noise < torch.sigmoid(visible @ w)).double()
                dream = (again < torch.sigmoid(hidden @ w.T + b)).double()
            return (energy(visible) - energy(dream)).mean()

        return train(loss, torch.optim.SGD([w, b], lr=0.5)), w, b


# --- Programs that act ----------------------------------------------------------------------


@program(states=normal(10, 3), actions=classes(4, 10), rewards=normal(10))
class Reinforce:
    """Returns are summed backwards, normalised, and weigh the log-probabilities."""

    def ours(states, actions, rewards):
        policy = start(Sequential(Linear(3, 6, rng), Tanh(), Linear(6, 4, rng)))
        total, returns = 0.0, []
        for r in reversed(rewards.tolist()):
            total = r + 0.9 * total
            returns.insert(0, total)
        returns = Tensor(np.array(returns))
        returns = (returns - returns.mean()) / (returns.std() + 1e-8)

        def loss():
            logs = log_softmax(policy(states))
            entropy = -(logs.exp() * logs).sum(axis=1).mean()
            return -(logs[np.arange(10), actions] * returns).mean() - 0.01 * entropy

        return train(loss, Adam(policy.parameters(), lr=0.02)), policy, returns

    def theirs(states, actions, rewards):
        policy = start(nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 4)))
        total, returns = 0.0, []
        for r in reversed(rewards.tolist()):
            total = r + 0.9 * total
            returns.insert(0, total)
        returns = torch.tensor(returns)
        returns = (returns - returns.mean()) / (returns.std() + 1e-8)

        def loss():
            told = torch.distributions.Categorical(logits=policy(states))
            return -(told.log_prob(actions) * returns).mean() - 0.01 * told.entropy().mean()

        return train(loss, torch.optim.Adam(policy.parameters(), lr=0.02)), policy, returns


@program(states=normal(10, 3), actions=normal(10, 2), gains=normal(10))
class GaussianPolicy:
    def ours(states, actions, gains):
        class Policy(Layer):
            def __init__(self):
                self.log_std = Tensor(np.zeros(2), requires_grad=True)
                self.mean = Linear(3, 2, rng)

            def log_prob(self, states, actions):
                z = (actions - self.mean(states)) / self.log_std.exp()
                return (-0.5 * z**2 - self.log_std - 0.5 * math.log(2 * math.pi)).sum(axis=-1)

        policy = start(Policy())
        old = policy.log_prob(states, actions).detach()

        def loss():
            from tinytorch.core.operations import minimum

            ratio = (policy.log_prob(states, actions) - old).exp()
            return -minimum(ratio * gains, ratio.clip(0.8, 1.2) * gains).mean()

        return train(loss, SGD(policy.parameters(), lr=0.5)), policy

    def theirs(states, actions, gains):
        class Policy(nn.Module):
            def __init__(self):
                super().__init__()
                self.log_std = nn.Parameter(torch.zeros(2))
                self.mean = nn.Linear(3, 2)

            def log_prob(self, states, actions):
                told = torch.distributions.Normal(self.mean(states), self.log_std.exp())
                return told.log_prob(actions).sum(dim=-1)

        policy = start(Policy())
        old = policy.log_prob(states, actions).detach()

        def loss():
            ratio = (policy.log_prob(states, actions) - old).exp()
            return -torch.minimum(ratio * gains, ratio.clamp(0.8, 1.2) * gains).mean()

        return train(loss, torch.optim.SGD(policy.parameters(), lr=0.5)), policy


@program(
    states=normal(6, 4, 3), after=normal(6, 4, 3), actions=classes(2, 6, 4), rewards=normal(6, 4),
    done=binary(6, 4),
)  # fmt: skip
class DeepQLearning:
    """A target network gets the weights every three steps; its values have no gradient."""

    def ours(states, after, actions, rewards, done):
        make = lambda: Sequential(Linear(3, 5, rng), ReLU(), Linear(5, 2, rng))  # noqa: E731
        net, target = start(make(), 1), start(make(), 2)
        optimizer, losses = RMSProp(net.parameters(), lr=0.01, alpha=0.9, momentum=0.5), []
        for n in range(6):
            if n % 3 == 0:
                target.load_state_dict(net.state_dict())
            with no_grad():
                goal = rewards[n] + 0.9 * (1 - done[n]) * target(after[n]).max(axis=1)
            chosen = net(states[n])[np.arange(4), actions[n]]
            error = (chosen - goal).abs()
            loss = (error.clip(high=1.0) ** 2 / 2 + relu(error - 1)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses, net, target

    def theirs(states, after, actions, rewards, done):
        make = lambda: nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))  # noqa: E731
        net, target = start(make(), 1), start(make(), 2)
        optimizer = torch.optim.RMSprop(net.parameters(), lr=0.01, alpha=0.9, momentum=0.5)
        losses = []
        for n in range(6):
            if n % 3 == 0:
                target.load_state_dict(net.state_dict())
            with torch.no_grad():
                goal = rewards[n] + 0.9 * (1 - done[n]) * target(after[n]).max(dim=1).values
            chosen = net(states[n])[torch.arange(4), actions[n]]
            loss = F.smooth_l1_loss(chosen, goal)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses, net, target


@program(states=normal(10, 3), actions=classes(3, 10), rewards=normal(10))
class ActorCritic:
    """One trunk, two heads; the advantage is detached for the one, not for the other."""

    def ours(states, actions, rewards):
        class Net(Layer):
            def __init__(self):
                self.trunk = Linear(3, 5, rng)
                self.actor, self.critic = Linear(5, 3, rng), Linear(5, 1, rng)

            def forward(self, x):
                h = relu(self.trunk(x))
                return log_softmax(self.actor(h)), self.critic(h).squeeze(-1)

        model = start(Net())

        def loss():
            logs, values = model(states)
            later = np.append(values.detach().numpy()[1:], 0.0)
            gain = rewards + 0.9 * later - values
            return (gain**2).mean() - (logs[np.arange(10), actions] * gain.detach()).mean()

        return train(loss, Adam(model.parameters(), lr=0.02)), model

    def theirs(states, actions, rewards):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.trunk = nn.Linear(3, 5)
                self.actor, self.critic = nn.Linear(5, 3), nn.Linear(5, 1)

            def forward(self, x):
                h = torch.relu(self.trunk(x))
                return F.log_softmax(self.actor(h), dim=-1), self.critic(h).squeeze(-1)

        model = start(Net())

        def loss():
            logs, values = model(states)
            later = torch.cat([values.detach()[1:], torch.zeros(1)])
            gain = rewards + 0.9 * later - values
            return (gain**2).mean() - (logs[torch.arange(10), actions] * gain.detach()).mean()

        return train(loss, torch.optim.Adam(model.parameters(), lr=0.02)), model
