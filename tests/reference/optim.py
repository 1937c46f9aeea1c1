"""Writes optim.json, the sequences that optim_tests.rs compares with: torch.optim in float64.

    python3 tests/reference/optim.py > tests/reference/optim.json

Two parameters (5 and 3 elements) take 7 steps with gradients that change sign, vanish, are tiny
and are large. Every input is a multiple of a power of two, so that f32 holds it exactly and the
only difference left is the arithmetic. In step 5 the learning rate is halved.
"""

import json

import torch

torch.set_default_dtype(torch.float64)

START = [[1.0, -0.5, 0.25, 2.0, 0.0], [-1.5, 0.75, 3.0]]
GRADIENTS = [
    [[0.5, -0.25, 0.0, 1.0, 2.0**-10], [1.0, -2.0, 0.125]],
    [[0.25, 0.5, 0.0, -3.0, 2.0**-10], [0.0, 0.0, 0.0]],
    [[-1.0, 0.75, 0.0, 1000.0, -(2.0**-9)], [512.0, -0.5, 0.125]],
    [[0.0, 0.0, 1.0, 0.0, 0.0], [-4096.0, 1.5, 0.125]],
    [[0.125, -0.5, -0.5, 0.5, 2.0**-12], [0.25, -1.0, 0.125]],
    [[2.0, 0.25, 0.0, -0.25, 2.0**-10], [0.5, 0.0, -0.125]],
    [[-0.5, 1.0, 0.25, 8.0, -(2.0**-11)], [-1.0, 3.0, -0.125]],
]
LR_FACTORS = [1.0, 1.0, 1.0, 1.0, 0.5, 1.0, 1.0]

CASES = [
    ({"kind": "sgd", "lr": 0.0625}, torch.optim.SGD, {}),
    ({"kind": "sgd", "lr": 0.0625, "momentum": 0.9}, torch.optim.SGD, {"momentum": 0.9}),
    ({"kind": "rmsprop", "lr": 0.01}, torch.optim.RMSprop, {}),
    ({"kind": "rmsprop", "lr": 0.01, "alpha": 0.9, "eps": 0.001}, torch.optim.RMSprop, {"alpha": 0.9, "eps": 1e-3}),
    ({"kind": "adam", "lr": 0.01, "beta1": 0.9}, torch.optim.Adam, {"betas": (0.9, 0.999)}),
    ({"kind": "adam", "lr": 0.01, "beta1": 0.0, "beta2": 0.9}, torch.optim.Adam, {"betas": (0.0, 0.9)}),
    ({"kind": "adam", "lr": 0.01, "beta1": 0.5, "eps": 0.1}, torch.optim.Adam, {"betas": (0.5, 0.999), "eps": 0.1}),
    ({"kind": "adagrad", "lr": 0.01}, torch.optim.Adagrad, {}),
    ({"kind": "adagrad", "lr": 0.5, "eps": 0.01}, torch.optim.Adagrad, {"eps": 0.01}),
]


def run(config, optimizer, settings):
    parameters = [torch.nn.Parameter(torch.tensor(p)) for p in START]
    optimizer = optimizer(parameters, lr=config["lr"], **settings)
    steps = []
    for gradients, lr_factor in zip(GRADIENTS, LR_FACTORS, strict=True):
        optimizer.param_groups[0]["lr"] = config["lr"] * lr_factor
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = torch.tensor(gradient)
        optimizer.step()
        steps.append([p.tolist() for p in parameters])
    moments = {
        f"{index}.{name}": value.tolist()
        for index, parameter in enumerate(parameters)
        for name, value in optimizer.state[parameter].items()
        # SGD without momentum keeps a None, Adam keeps t.
        if name != "step" and value is not None
    }
    return {"config": config, "parameters": steps, "moments": moments}


def clip():
    """Gradients and their norm under clip_grad_norm_, in one call over both parameters."""
    parameters = [torch.nn.Parameter(torch.tensor(p)) for p in START]
    for parameter, gradient in zip(parameters, GRADIENTS[0], strict=True):
        parameter.grad = torch.tensor(gradient)
    limit = 1.5
    norm = torch.nn.utils.clip_grad_norm_(parameters, limit)
    return {"limit": limit, "norm": norm.item(), "clipped": [p.grad.tolist() for p in parameters]}


def lines(value, indent=0):
    """JSON with one innermost list a line, so that a change can be read in a diff."""
    pad = " " * indent
    if isinstance(value, dict):
        body = ",\n".join(f"{pad} {json.dumps(k)}: {lines(v, indent + 1).lstrip()}" for k, v in value.items())
        return f"{pad}{{\n{body}\n{pad}}}" if body else f"{pad}{{}}"
    if isinstance(value, list) and any(isinstance(v, (list, dict)) for v in value):
        return f"{pad}[\n" + ",\n".join(lines(v, indent + 1) for v in value) + f"\n{pad}]"
    return pad + json.dumps(value)


print(
    lines(
        {
            "made_by": f"tests/reference/optim.py with torch {torch.__version__.split('+')[0]}, float64",
            "start": START,
            "gradients": GRADIENTS,
            "lr_factors": LR_FACTORS,
            "cases": [run(*case) for case in CASES],
            "clip": clip(),
        }
    )
)
