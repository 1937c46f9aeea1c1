"""Describes an `nn.Sequential` in a SPEC.toml, from which ganscope builds the same network.

    from spec import save
    save(model, (100,), "generator")       # writes generator.toml and generator.safetensors
"""

# ANCHOR: spec
import json

from safetensors.torch import save_file
from torch import nn


class Residual(nn.Module):
    """main(x) + shortcut(x); an empty shortcut is the identity."""

    def __init__(self, main, shortcut=None):
        super().__init__()
        self.main, self.shortcut = main, shortcut or nn.Sequential()

    def forward(self, x):
        return self.main(x) + self.shortcut(x)


def square(size):
    """The side of a square, which PyTorch may write as a pair."""
    sides = {size} if isinstance(size, (int, float)) else set(size)
    side = sides.pop()
    if sides or side != int(side):
        raise ValueError(f"{size} is not the side of a square in whole numbers, which ganscope needs")
    return int(side)


def describe(m):
    """The settings of a module in SPEC.toml."""
    match m:
        case nn.Linear():
            return {"type": "dense", "in": m.in_features, "out": m.out_features, "bias": m.bias is not None}
        case nn.Conv2d() | nn.ConvTranspose2d() if m.groups == square(m.dilation) == 1 and m.padding_mode == "zeros":
            transposed = isinstance(m, nn.ConvTranspose2d)
            more = {"output_padding": square(m.output_padding)} if transposed else {}
            return {"type": "conv_transpose2d" if transposed else "conv2d", "in": m.in_channels,
                    "out": m.out_channels, "kernel": square(m.kernel_size), "stride": square(m.stride),
                    "padding": square(m.padding), "bias": m.bias is not None, **more}
        case nn.BatchNorm1d() | nn.BatchNorm2d() if m.track_running_stats and m.momentum is not None:
            return {"type": "batch_norm", "features": m.num_features, "eps": m.eps, "momentum": m.momentum,
                    "affine": m.affine}
        case nn.LayerNorm() if m.elementwise_affine and m.bias is not None:  # over a whole sample
            return {"type": "layer_norm", "eps": m.eps}
        case nn.ReLU() | nn.Tanh() | nn.Sigmoid():
            return {"type": type(m).__name__.lower()}
        case nn.LeakyReLU():
            return {"type": "leaky_relu", "slope": m.negative_slope}
        case nn.ELU():
            return {"type": "elu", "alpha": m.alpha}
        case nn.Softplus() if m.beta == 1:
            return {"type": "softplus"}
        case nn.Flatten() if m.start_dim == 1 and m.end_dim == -1:
            return {"type": "flatten"}
        case nn.Unflatten() if m.dim == 1 and len(m.unflattened_size) == 3:
            return {"type": "reshape", **dict(zip(("channels", "height", "width"), m.unflattened_size))}
        case nn.Upsample() if m.mode == "nearest" and m.size is None:
            return {"type": "upsample_nearest", "factor": square(m.scale_factor)}
        case nn.AvgPool2d() if square(m.padding) == 0 and not m.ceil_mode and m.divisor_override is None:
            return {"type": "avg_pool2d", "kernel": square(m.kernel_size), "stride": square(m.stride)}
        case nn.Dropout() | nn.Dropout2d():  # both do nothing in evaluation
            return {"type": "dropout", "p": m.p}
        case Residual():
            return {"type": "residual", "main": [describe(n) for n in m.main],
                    "shortcut": [describe(n) for n in m.shortcut]}
    raise ValueError(f"ganscope has no layer for {m}")


def toml(value):
    """The value in TOML, in one line."""
    match value:
        case dict():
            return "{ " + ", ".join(f"{key} = {toml(v)}" for key, v in value.items()) + " }"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def save(model, shape, path):
    """Writes PATH.toml and PATH.safetensors for an `nn.Sequential` whose input samples have this shape."""
    kinds = {1: ("vector", ["len"]), 3: ("image", ["channels", "height", "width"])}
    kind, names = kinds[len(shape)]
    layers = "".join(f"    {toml(describe(m))},\n" for m in model)
    with open(f"{path}.toml", "w") as file:
        file.write(f"input = {toml({'kind': kind, **dict(zip(names, shape))})}\nlayers = [\n{layers}]\n")
    save_file(model.state_dict(), f"{path}.safetensors")
# ANCHOR_END: spec
