"""The GAN that the image defaults are compared with: a DCGAN on MNIST in PyTorch, trained as in its tutorial.

    GANSCOPE_DATA_DIR=… python3 benches/anchor.py OUT [step …]

Writes 10,000 samples to OUT/step-NNNNNN.npy at each of the steps (default: 2000, which is the budget B1, and 8000, the
budget B2) and prints the seconds of training until then. `ganscope evaluate --samples FILE --data mnist` measures them.
All cores, float32, no compilation. Each image of MNIST's training split is seen once per epoch, in random order.
"""

import gzip
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

LATENT = 64
BATCH = 64


def images():
    file = Path(os.environ["GANSCOPE_DATA_DIR"]) / "mnist" / "train-images-idx3-ubyte.gz"
    pixels = np.frombuffer(gzip.decompress(file.read_bytes()), np.uint8, offset=16)
    return torch.from_numpy(pixels.reshape(-1, 1, 28, 28).astype(np.float32) / 127.5 - 1)


def networks():
    generator = nn.Sequential(
        nn.Linear(LATENT, 128 * 7 * 7),
        nn.Unflatten(1, (128, 7, 7)),
        nn.BatchNorm2d(128),
        nn.ReLU(),
        nn.ConvTranspose2d(128, 64, 4, 2, 1),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 1, 4, 2, 1),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, 64, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 4, 2, 1),
        nn.BatchNorm2d(128),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(128 * 7 * 7, 1),
    )
    for network in (generator, discriminator):
        for layer in network.modules():
            if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
                nn.init.normal_(layer.weight, 0.0, 0.02)
            elif isinstance(layer, nn.BatchNorm2d):
                nn.init.normal_(layer.weight, 1.0, 0.02)
    return generator, discriminator


def batches(data):
    while True:
        order = torch.randperm(len(data))
        for first in range(0, len(data) - BATCH + 1, BATCH):
            yield data[order[first : first + BATCH]]


def samples(generator, n=10_000):
    generator.eval()
    with torch.no_grad():
        drawn = torch.cat([generator(torch.randn(500, LATENT)) for _ in range(n // 500)])
    generator.train()
    return drawn.numpy()


def main():
    out = Path(sys.argv[1])
    steps = [int(step) for step in sys.argv[2:]] or [2000, 8000]
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    torch.set_num_threads(os.cpu_count())
    generator, discriminator = networks()
    adam_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    adam_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    criterion = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
    seconds, start = 0.0, time.perf_counter()
    for step, real in enumerate(batches(images()), 1):
        fake = generator(torch.randn(BATCH, LATENT))

        adam_d.zero_grad(set_to_none=True)
        (criterion(discriminator(real), ones) + criterion(discriminator(fake.detach()), zeros)).backward()
        adam_d.step()

        adam_g.zero_grad(set_to_none=True)
        criterion(discriminator(fake), ones).backward()
        adam_g.step()

        if step in steps:
            seconds += time.perf_counter() - start
            path = out / f"step-{step:06}.npy"
            np.save(path, samples(generator))
            print(f"step {step}: {seconds:.0f} s of training, {path}", flush=True)
            if step == max(steps):
                break
            start = time.perf_counter()


if __name__ == "__main__":
    main()
