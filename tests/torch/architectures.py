"""Builds public GAN architectures with random weights, and writes what ganscope needs to load and check each.

    python3 tests/torch/architectures.py FOLDER

For every architecture NAME, which ends in `-g` for a generator and in `-d` for a discriminator, the folder then holds
NAME.safetensors and NAME.toml (by `spec.save`), NAME-input.npy, and NAME-output.npy, which PyTorch computes in
double precision and evaluation mode. The last lines of the output name the architectures that cannot be described, each
with the reason. `tests/torch_tests/architectures.rs` compares the outputs.
"""

import copy
import sys

import numpy as np
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import is_parametrized, remove_parametrizations

from spec import Residual, save

SAMPLES = 3


def dcgan_g(latent=100, width=64):
    """The generator of PyTorch's DCGAN tutorial, 3×64×64. The tutorial's z is an image of 1×1 pixel."""
    layers = [nn.Unflatten(1, (latent, 1, 1))]
    channels = [latent, 8 * width, 4 * width, 2 * width, width]
    for i, (before, after) in enumerate(zip(channels, channels[1:])):
        stride, padding = (1, 0) if i == 0 else (2, 1)
        layers += [nn.ConvTranspose2d(before, after, 4, stride, padding, bias=False), nn.BatchNorm2d(after), nn.ReLU(True)]
    return [*layers, nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False), nn.Tanh()]


def dcgan_d(width=64):
    """The discriminator of PyTorch's DCGAN tutorial."""
    layers = [nn.Conv2d(3, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True)]
    for before in (width, 2 * width, 4 * width):
        layers += [nn.Conv2d(before, 2 * before, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * before), nn.LeakyReLU(0.2, inplace=True)]
    return [*layers, nn.Conv2d(8 * width, 1, 4, 1, 0, bias=False), nn.Sigmoid()]


def upsampling_g(latent=100, side=8):
    """The generator of PyTorch-GAN's dcgan, 1×32×32: upsampling, and convolutions of 3×3. Its second argument of batch
    norm, 0.8, is ε."""
    return [
        nn.Linear(latent, 128 * side**2), nn.Unflatten(1, (128, side, side)), nn.BatchNorm2d(128),
        nn.Upsample(scale_factor=2), nn.Conv2d(128, 128, 3, stride=1, padding=1), nn.BatchNorm2d(128, 0.8), nn.LeakyReLU(0.2),
        nn.Upsample(scale_factor=2), nn.Conv2d(128, 64, 3, stride=1, padding=1), nn.BatchNorm2d(64, 0.8), nn.LeakyReLU(0.2),
        nn.Conv2d(64, 1, 3, stride=1, padding=1), nn.Tanh(),
    ]


def dropout_d():
    """The discriminator of PyTorch-GAN's dcgan, with dropout of channels."""
    layers = []
    for before, after in ((1, 16), (16, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(before, after, 3, 2, 1), nn.LeakyReLU(0.2), nn.Dropout2d(0.25)]
        layers += [nn.BatchNorm2d(after, 0.8)] if before > 1 else []
    return [*layers, nn.Flatten(), nn.Linear(128 * 2 * 2, 1), nn.Sigmoid()]


def mlp_g(latent=100):
    """The generator of PyTorch-GAN's wgan_gp, 1×28×28."""
    layers = [nn.Linear(latent, 128), nn.LeakyReLU(0.2)]
    for before in (128, 256, 512):
        layers += [nn.Linear(before, 2 * before), nn.BatchNorm1d(2 * before, 0.8), nn.LeakyReLU(0.2)]
    return [*layers, nn.Linear(1024, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28))]


def mlp_d():
    """The critic of PyTorch-GAN's wgan_gp."""
    return [nn.Flatten(), nn.Linear(784, 512), nn.LeakyReLU(0.2), nn.Linear(512, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1)]


def infogan_g(latent=74):
    """The generator of InfoGAN for MNIST (Chen et al. 2016, appendix C), whose z ends with the codes."""
    return [
        nn.Linear(latent, 1024), nn.BatchNorm1d(1024), nn.ReLU(), nn.Linear(1024, 128 * 7 * 7), nn.BatchNorm1d(128 * 7 * 7),
        nn.ReLU(), nn.Unflatten(1, (128, 7, 7)), nn.ConvTranspose2d(128, 64, 4, 2, 1), nn.BatchNorm2d(64), nn.ReLU(),
        nn.ConvTranspose2d(64, 1, 4, 2, 1), nn.Sigmoid(),
    ]


def lsgan_g(latent=1024):
    """The generator of LSGAN for 112×112 scenes (Mao et al. 2017, figure 5), with half of its channels: transposed
    convolutions of 5×5 whose output padding doubles the size."""
    layers = [nn.Linear(latent, 128 * 7 * 7), nn.BatchNorm1d(128 * 7 * 7), nn.ReLU(), nn.Unflatten(1, (128, 7, 7))]
    for before, after, stride in ((128, 128, 2), (128, 128, 1), (128, 128, 2), (128, 128, 1), (128, 64, 2), (64, 32, 2)):
        layers += [nn.ConvTranspose2d(before, after, 5, stride, 2, output_padding=stride - 1), nn.BatchNorm2d(after), nn.ReLU()]
    return [*layers, nn.ConvTranspose2d(32, 3, 5, 1, 2), nn.Tanh()]


def sngan_g(latent=128):
    """The convolutional generator of SNGAN, 3×32×32 (Miyato et al. 2018, table 3)."""
    layers = [nn.Linear(latent, 512 * 4 * 4), nn.Unflatten(1, (512, 4, 4))]
    for before in (512, 256, 128):
        layers += [nn.ConvTranspose2d(before, before // 2, 4, 2, 1), nn.BatchNorm2d(before // 2), nn.ReLU()]
    return [*layers, nn.Conv2d(64, 3, 3, 1, 1), nn.Tanh()]


def sngan_d():
    """The convolutional discriminator of SNGAN, with spectral norm."""
    layers = []
    for before, after, kernel, stride in ((3, 64, 3, 1), (64, 64, 4, 2), (64, 128, 3, 1), (128, 128, 4, 2), (128, 256, 3, 1),
                                          (256, 256, 4, 2), (256, 512, 3, 1)):
        layers += [spectral_norm(nn.Conv2d(before, after, kernel, stride, 1)), nn.LeakyReLU(0.1)]
    return [*layers, nn.Flatten(), spectral_norm(nn.Linear(512 * 4 * 4, 1))]


def resnet_g(latent=128, width=256):
    """The residual generator of WGAN-GP and SNGAN, 3×32×32 (Gulrajani et al. 2017, table 3)."""
    def block():
        return Residual(
            nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(), nn.Upsample(scale_factor=2), nn.Conv2d(width, width, 3, 1, 1),
                          nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, width, 3, 1, 1)),
            nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(width, width, 1)))
    return [nn.Linear(latent, width * 4 * 4), nn.Unflatten(1, (width, 4, 4)), block(), block(), block(),
            nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, 3, 3, 1, 1), nn.Tanh()]


def resnet_d(width=128):
    """The residual discriminator of SNGAN with spectral norm (Miyato et al. 2018, table 4): two blocks that halve the
    size, two that keep it, and the mean of each channel where the paper takes the sum, a factor of the last weights."""
    def conv(before, after, kernel):
        return spectral_norm(nn.Conv2d(before, after, kernel, padding=kernel // 2))
    first = Residual(nn.Sequential(conv(3, width, 3), nn.ReLU(), conv(width, width, 3), nn.AvgPool2d(2)),
                     nn.Sequential(nn.AvgPool2d(2), conv(3, width, 1)))
    def main():
        return [nn.ReLU(), conv(width, width, 3), nn.ReLU(), conv(width, width, 3)]
    half = Residual(nn.Sequential(*main(), nn.AvgPool2d(2)), nn.Sequential(conv(width, width, 1), nn.AvgPool2d(2)))
    return [first, half, Residual(nn.Sequential(*main())), Residual(nn.Sequential(*main())), nn.ReLU(),
            nn.AvgPool2d(8), nn.Flatten(), spectral_norm(nn.Linear(width, 1))]


def layer_norm_d(width=64):
    """A residual critic of WGAN-GP with layer norm in place of batch norm (Gulrajani et al. 2017, section 4)."""
    def block(before, after, side):
        return Residual(
            nn.Sequential(nn.LayerNorm([before, side, side]), nn.ReLU(), nn.Conv2d(before, before, 3, 1, 1),
                          nn.LayerNorm([before, side, side]), nn.ReLU(), nn.Conv2d(before, after, 3, 1, 1), nn.AvgPool2d(2)),
            nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(before, after, 1)))
    return [nn.Conv2d(3, width, 3, 1, 1), block(width, 2 * width, 32), block(2 * width, 4 * width, 16),
            block(4 * width, 4 * width, 8), nn.Flatten(), nn.Linear(4 * width * 4 * 4, 1)]


def began_decoder(hidden=64, n=64):
    """The decoder of BEGAN, which is also its generator, 3×32×32 (Berthelot et al. 2017, figure 1)."""
    def pair(before):
        return [nn.Conv2d(before, n, 3, 1, 1), nn.ELU(), nn.Conv2d(n, n, 3, 1, 1), nn.ELU()]
    up = nn.Upsample(scale_factor=2)
    return [nn.Linear(hidden, n * 8 * 8), nn.Unflatten(1, (n, 8, 8)), *pair(n), up, *pair(n), up, *pair(n), nn.Conv2d(n, 3, 3, 1, 1)]


def began_d(hidden=64, n=64):
    """The auto-encoder that is BEGAN's discriminator."""
    def pair(before, after):
        return [nn.Conv2d(before, before, 3, 1, 1), nn.ELU(), nn.Conv2d(before, after, 3, 2, 1), nn.ELU()]
    encoder = [nn.Conv2d(3, n, 3, 1, 1), nn.ELU(), *pair(n, 2 * n), *pair(2 * n, 3 * n), nn.Flatten(), nn.Linear(3 * n * 64, hidden)]
    return encoder + began_decoder(hidden, n)


def instance_norm_d():
    """A convolutional critic of WGAN-GP with instance norm, as in many public implementations."""
    return [nn.Conv2d(3, 64, 4, 2, 1), nn.InstanceNorm2d(64, affine=True), nn.LeakyReLU(0.2), nn.Conv2d(64, 1, 16)]


def grouped_d():
    """A critic with depthwise convolutions."""
    return [nn.Conv2d(3, 64, 3, 1, 1), nn.Conv2d(64, 64, 3, 1, 1, groups=64), nn.Flatten(), nn.Linear(64 * 32 * 32, 1)]


ARCHITECTURES = {
    "dcgan-g": (dcgan_g, (100,)),
    "dcgan-d": (dcgan_d, (3, 64, 64)),
    "pytorch-gan-dcgan-g": (upsampling_g, (100,)),
    "pytorch-gan-dcgan-d": (dropout_d, (1, 32, 32)),
    "wgan-gp-mlp-g": (mlp_g, (100,)),
    "wgan-gp-mlp-d": (mlp_d, (1, 28, 28)),
    "infogan-g": (infogan_g, (74,)),
    "lsgan-g": (lsgan_g, (1024,)),
    "sngan-g": (sngan_g, (128,)),
    "sngan-d": (sngan_d, (3, 32, 32)),
    "sngan-resnet-g": (resnet_g, (128,)),
    "sngan-resnet-d": (resnet_d, (3, 32, 32)),
    "wgan-gp-layer-norm-d": (layer_norm_d, (3, 32, 32)),
    "began-g": (began_decoder, (64,)),
    "began-d": (began_d, (3, 32, 32)),
    "wgan-gp-instance-norm-d": (instance_norm_d, (3, 32, 32)),
    "grouped-d": (grouped_d, (3, 32, 32)),
}


def main(folder):
    refused = []
    for name, (build, shape) in ARCHITECTURES.items():
        torch.manual_seed(7)
        model = nn.Sequential(*build())
        with torch.no_grad():
            # Moving averages other than 0 and 1, and singular vectors that have converged.
            for _ in range(3):
                model.train()(torch.randn(8, *shape))
        for module in model.eval().modules():
            if is_parametrized(module):
                remove_parametrizations(module, "weight")
        try:
            save(model, shape, f"{folder}/{name}")
        except ValueError as why:
            refused.append(f"refused {name}: {why}")
            continue
        x = torch.randn(SAMPLES, *shape)
        with torch.no_grad():
            y = copy.deepcopy(model).double()(x.double())
        np.save(f"{folder}/{name}-input.npy", x.numpy())
        np.save(f"{folder}/{name}-output.npy", y.numpy())
    print("\n".join(refused))


main(sys.argv[1])
