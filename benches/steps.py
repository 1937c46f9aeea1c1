"""The training steps of steps.rs in idiomatic PyTorch.

    python3 benches/steps.py [case ...]

A step is one update of D and one of G with the non-saturating loss: forward pass, backward pass and Adam. For
wgan-gp it is five updates of the critic, each with the gradient penalty, and one of G. As in PyTorch's DCGAN
tutorial, the generator runs once per update of D: its output is detached for D, and the last output is used again
for G. Real data are fixed random tensors, so that only training is timed. All cores, float32, no compilation.
Prints one JSON object per case.
"""

import json
import os
import statistics
import sys
import time

import torch
from torch import nn


def mlp():
    generator = nn.Sequential(
        nn.Linear(64, 256), nn.LeakyReLU(0.2), nn.Linear(256, 512), nn.LeakyReLU(0.2), nn.Linear(512, 784), nn.Tanh()
    )
    discriminator = nn.Sequential(
        nn.Linear(784, 512), nn.LeakyReLU(0.2), nn.Linear(512, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1)
    )
    return generator, discriminator, 64, torch.rand(128, 784) * 2 - 1


def dcgan():
    generator = nn.Sequential(
        nn.Linear(64, 128 * 7 * 7),
        nn.Unflatten(1, (128, 7, 7)),
        nn.ReLU(),
        nn.ConvTranspose2d(128, 64, 4, 2, 1),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 1, 4, 2, 1),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, 64, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(6272, 1),
    )
    return generator, discriminator, 64, torch.rand(64, 1, 28, 28) * 2 - 1


def plane():
    def network(outputs):
        return nn.Sequential(
            nn.Linear(2, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, outputs)
        )

    return network(2), network(1), 2, torch.randn(256, 2)


def trainer(generator, discriminator, latent, real):
    """Returns a function that makes one step."""
    criterion = nn.BCEWithLogitsLoss()
    adam_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    adam_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    ones = torch.ones(len(real), 1)
    zeros = torch.zeros(len(real), 1)

    def step():
        fake = generator(torch.randn(len(real), latent))

        adam_d.zero_grad(set_to_none=True)
        loss_d = criterion(discriminator(real), ones) + criterion(discriminator(fake.detach()), zeros)
        loss_d.backward()
        adam_d.step()

        adam_g.zero_grad(set_to_none=True)
        loss_g = criterion(discriminator(fake), ones)
        loss_g.backward()
        adam_g.step()

    return step


def wgan_gp(generator, discriminator, latent, real):
    """Returns a function that makes one step: five updates of the critic and one of the generator."""
    adam_d = torch.optim.Adam(discriminator.parameters(), lr=1e-4, betas=(0.0, 0.9))
    adam_g = torch.optim.Adam(generator.parameters(), lr=1e-4, betas=(0.0, 0.9))
    shape_of_weights = [len(real)] + [1] * (real.dim() - 1)

    def penalty(fake):
        weight = torch.rand(shape_of_weights)
        interpolated = (weight * real + (1 - weight) * fake).requires_grad_(True)
        scores = discriminator(interpolated)
        (gradient,) = torch.autograd.grad(scores.sum(), interpolated, create_graph=True)
        return 10 * ((gradient.flatten(1).norm(dim=1) - 1) ** 2).mean()

    def step():
        for update in range(5):
            with torch.set_grad_enabled(update == 4):
                fake = generator(torch.randn(len(real), latent))
            detached = fake.detach()
            adam_d.zero_grad(set_to_none=True)
            loss_d = discriminator(detached).mean() - discriminator(real).mean() + penalty(detached)
            loss_d.backward()
            adam_d.step()

        adam_g.zero_grad(set_to_none=True)
        loss_g = -discriminator(fake).mean()
        loss_g.backward()
        adam_g.step()

    return step


def median_ms(step, warm_up=20, seconds=8.0, min_repetitions=30):
    for _ in range(warm_up):
        step()
    times = []
    while len(times) < min_repetitions or sum(times) < seconds:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times), len(times)


CASES = {
    "mlp": (trainer, mlp),
    "dcgan": (trainer, dcgan),
    "plane": (trainer, plane),
    "dcgan-wgan-gp": (wgan_gp, dcgan),
    "plane-wgan-gp": (wgan_gp, plane),
}


def main():
    torch.manual_seed(0)
    torch.set_num_threads(os.cpu_count())
    for case in sys.argv[1:] or CASES:
        make_step, networks = CASES[case]
        median, repetitions = median_ms(make_step(*networks()))
        print(json.dumps({"case": case, "median_ms": round(median, 3), "repetitions": repetitions}), flush=True)


if __name__ == "__main__":
    main()
