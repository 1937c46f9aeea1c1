"""Loads a ganscope checkpoint into PyTorch and compares outputs.

    python3 tests/reference/torch_checkpoint.py CHECKPOINT OUTPUTS [PREFIX]

CHECKPOINT is a run's `step-NNNNNN.safetensors`; PREFIX says which of G's weights in it are meant:
`generator`, or their moving average, `generator_average`. OUTPUTS is a second safetensors file with inputs
`z` and `x` and what ganscope computes from them in evaluation mode, `g_of_z` and `d_of_x`. Prints
the largest absolute differences; exits with 1 when one is above 1e-5, or not a number.
"""

import json
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

TOLERANCE = 1e-5


def shape_after(shape, module):
    """The shape of one sample behind `module`; batch norm differs between [c] and [c, h, w]."""
    with torch.no_grad():
        return tuple(module.eval()(torch.zeros(2, *shape)).shape[1:])


class Maxout(nn.Module):
    """The largest of each `pieces` consecutive features."""

    def __init__(self, pieces):
        super().__init__()
        self.pieces = pieces

    def forward(self, x):
        return x.unflatten(1, (-1, self.pieces)).amax(2)


class MinibatchStddev(nn.Module):
    """One more channel: the mean over features of their standard deviation over the batch."""

    def forward(self, x):
        deviation = (x.var(0, correction=0) + 1e-8).sqrt().mean()
        return torch.cat([x, deviation.expand(x.shape[0], 1, *x.shape[2:])], 1)


class Residual(nn.Module):
    """main(x) + shortcut(x)."""

    def __init__(self, layer, shape):
        super().__init__()
        self.main = network_of(layer["main"], shape)
        self.shortcut = network_of(layer.get("shortcut", []), shape)

    def forward(self, x):
        return self.main(x) + self.shortcut(x)


def module_of(layer, shape):
    match layer["type"]:
        case "dense":
            return nn.Linear(layer["in"], layer["out"], bias=layer.get("bias", True))
        case "conv2d" | "conv_transpose2d" as kind:
            make = nn.Conv2d if kind == "conv2d" else nn.ConvTranspose2d
            more = {} if kind == "conv2d" else {"output_padding": layer.get("output_padding", 0)}
            return make(
                layer["in"],
                layer["out"],
                layer["kernel"],
                stride=layer.get("stride", 1),
                padding=layer.get("padding", 0),
                bias=layer.get("bias", True),
                **more,
            )
        case "batch_norm":
            make = nn.BatchNorm1d if len(shape) == 1 else nn.BatchNorm2d
            features = layer.get("features", shape[0])
            return make(
                features, eps=layer.get("eps", 1e-5), momentum=layer.get("momentum", 0.1), affine=layer.get("affine", True)
            )
        case "layer_norm":
            return nn.LayerNorm(shape, eps=layer.get("eps", 1e-5))
        case "flatten":
            return nn.Flatten()
        case "reshape":
            return nn.Unflatten(1, (layer["channels"], layer["height"], layer["width"]))
        case "upsample_nearest":
            return nn.Upsample(scale_factor=layer["factor"], mode="nearest")
        case "avg_pool2d":
            return nn.AvgPool2d(layer["kernel"], layer.get("stride"))
        case "residual":
            return Residual(layer, shape)
        case "dropout":
            return nn.Dropout(layer["p"])
        case "random_affine":
            return nn.Identity()  # which it is once trained
        case "maxout":
            return Maxout(layer["pieces"])
        case "minibatch_stddev":
            return MinibatchStddev()
        case "relu":
            return nn.ReLU()
        case "leaky_relu":
            return nn.LeakyReLU(layer.get("slope", 0.2))
        case "elu":
            return nn.ELU(layer.get("alpha", 1.0))
        case "tanh":
            return nn.Tanh()
        case "sigmoid":
            return nn.Sigmoid()
        case "softplus":
            return nn.Softplus()
        case kind:
            sys.exit(f"layer {kind!r} has no counterpart in this script")


def network_of(layers, shape):
    modules = []
    for layer in layers:
        modules.append(module_of(layer, shape))
        shape = shape_after(shape, modules[-1])
    return nn.Sequential(*modules)


def load(path, name, prefix, shape):
    with safe_open(path, framework="pt") as file:
        spec = json.loads((file.metadata() or {})[name])
    prefix += "."
    weights = {key.removeprefix(prefix): value for key, value in load_file(path).items() if key.startswith(prefix)}
    network = network_of(spec["layers"], shape)
    network.load_state_dict(weights, strict=True)
    return network.eval()


def main():
    checkpoint, outputs, *prefix = sys.argv[1:]
    generator = prefix[0] if prefix else "generator"
    given = load_file(outputs)
    worst = 0.0
    for name, prefix, argument, result in [
        ("generator", generator, "z", "g_of_z"),
        ("discriminator", "discriminator", "x", "d_of_x"),
    ]:
        network = load(checkpoint, name, prefix, tuple(given[argument].shape[1:]))
        with torch.no_grad():
            ours, theirs = given[result], network(given[argument])
        if ours.shape != theirs.shape:
            sys.exit(f"{result}: shape {tuple(ours.shape)} here, {tuple(theirs.shape)} in PyTorch")
        difference = (ours - theirs).abs().max().item()
        print(f"{prefix}: largest absolute difference {difference:.3g}")
        worst = max(worst, difference if difference == difference else float("inf"))
    sys.exit(worst > TOLERANCE)


if __name__ == "__main__":
    main()
