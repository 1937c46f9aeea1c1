"""Loads a ganscope checkpoint into PyTorch and compares outputs.

    python3 tests/reference/torch_checkpoint.py CHECKPOINT OUTPUTS

CHECKPOINT is a run's `step-NNNNNN.safetensors`. OUTPUTS is a second safetensors file with inputs
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


def module_of(layer, shape):
    match layer["type"]:
        case "dense":
            return nn.Linear(layer["in"], layer["out"], bias=layer.get("bias", True))
        case "conv2d" | "conv_transpose2d" as kind:
            make = nn.Conv2d if kind == "conv2d" else nn.ConvTranspose2d
            return make(
                layer["in"],
                layer["out"],
                layer["kernel"],
                stride=layer.get("stride", 1),
                padding=layer.get("padding", 0),
                bias=layer.get("bias", True),
            )
        case "batch_norm":
            make = nn.BatchNorm1d if len(shape) == 1 else nn.BatchNorm2d
            features = layer.get("features", shape[0])
            return make(features, eps=layer.get("eps", 1e-5), momentum=layer.get("momentum", 0.1))
        case "layer_norm":
            return nn.LayerNorm(shape, eps=layer.get("eps", 1e-5))
        case "flatten":
            return nn.Flatten()
        case "reshape":
            return nn.Unflatten(1, (layer["channels"], layer["height"], layer["width"]))
        case "upsample_nearest":
            return nn.Upsample(scale_factor=layer["factor"], mode="nearest")
        case "dropout":
            return nn.Dropout(layer.get("p", layer.get("rate", 0.5)))
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


def network_of(spec, shape):
    modules = []
    for layer in spec["layers"]:
        modules.append(module_of(layer, shape))
        shape = shape_after(shape, modules[-1])
    return nn.Sequential(*modules)


def load(path, name, shape):
    with safe_open(path, framework="pt") as file:
        spec = json.loads((file.metadata() or {})[name])
    prefix = f"{name}."
    weights = {key.removeprefix(prefix): value for key, value in load_file(path).items() if key.startswith(prefix)}
    network = network_of(spec, shape)
    # Batch norm's count of batches is used only without a momentum, and ganscope keeps none.
    for key, value in network.state_dict().items():
        if key.endswith(".num_batches_tracked"):
            weights.setdefault(key, value)
    network.load_state_dict(weights, strict=True)
    return network.eval()


def main():
    checkpoint, outputs = sys.argv[1:]
    given = load_file(outputs)
    worst = 0.0
    for name, argument, result in [("generator", "z", "g_of_z"), ("discriminator", "x", "d_of_x")]:
        network = load(checkpoint, name, tuple(given[argument].shape[1:]))
        with torch.no_grad():
            ours, theirs = given[result], network(given[argument])
        if ours.shape != theirs.shape:
            sys.exit(f"{result}: shape {tuple(ours.shape)} here, {tuple(theirs.shape)} in PyTorch")
        difference = (ours - theirs).abs().max().item()
        print(f"{name}: largest absolute difference {difference:.3g}")
        worst = max(worst, difference if difference == difference else float("inf"))
    sys.exit(worst > TOLERANCE)


if __name__ == "__main__":
    main()
