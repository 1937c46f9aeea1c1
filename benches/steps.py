"""The training steps of steps.rs, in PyTorch as it is normally written.

    python3 benches/steps.py [case ...]

One step is one update of D and one of G, forward, backward and Adam, on the non-saturating loss.
As in PyTorch's DCGAN tutorial the generator runs once a step: its output is detached for D and
used again for G. Real data are fixed random tensors, so that only training is timed. All cores,
float32, no compilation. Prints one JSON object a case.
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
    """A function that makes one step."""
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


def median_ms(step, warm_up=20, seconds=8.0, at_least=30):
    for _ in range(warm_up):
        step()
    times = []
    while len(times) < at_least or sum(times) < seconds:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times), len(times)


CASES = {"mlp": mlp, "dcgan": dcgan, "plane": plane}


def main():
    torch.manual_seed(0)
    torch.set_num_threads(os.cpu_count())
    for case in sys.argv[1:] or CASES:
        median, repetitions = median_ms(trainer(*CASES[case]()))
        print(json.dumps({"case": case, "median_ms": round(median, 3), "repetitions": repetitions}), flush=True)


if __name__ == "__main__":
    main()
