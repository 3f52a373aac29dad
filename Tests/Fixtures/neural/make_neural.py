#!/usr/bin/env python3
"""Writes the JSON files beside this script: values and gradients of neural operations, computed by PyTorch 2.13 in
double precision. Each case holds inputs, options, outputs, a weight for every output, and the gradients of
sum(weight * output) with respect to every input that has one. Run: python make_neural.py"""
import json
import pathlib

import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
generator = torch.Generator().manual_seed(7)
cases = {}


def random(*shape, scale=1.0):
    values = torch.randn(*shape, generator=generator, dtype=torch.float64) * scale
    return values.float().double()  # what a float32 can hold


def stored(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{v:.8g}") for v in tensor.detach().flatten().tolist()]}


def case(group, name, operation, inputs, compute, constants=None, **options):
    """compute(inputs…) gives a tensor or a dictionary of them; `constants` are inputs without a gradient."""
    constants = constants or {}
    leaves = {key: value.clone().requires_grad_(True) for key, value in inputs.items()}
    outputs = compute(**leaves, **constants)
    if isinstance(outputs, torch.Tensor):
        outputs = {"output": outputs}
    weights = {key: random(*value.shape) if value.requires_grad else None for key, value in outputs.items()}
    sum((weights[key] * value).sum() for key, value in outputs.items() if weights[key] is not None).backward()
    cases.setdefault(group, []).append({
        "name": name, "operation": operation, "options": {k: float(v) for k, v in options.items()},
        "inputs": {k: stored(v) for k, v in (leaves | constants).items()},
        "outputs": {k: stored(v) for k, v in outputs.items()},
        "weights": {k: stored(v) for k, v in weights.items() if v is not None},
        "gradients": {k: stored(v.grad) for k, v in leaves.items()}})


def linear():
    for name, shape, out, bias in [("vectors", (5, 7), 3, True), ("tokens", (2, 3, 4), 5, True),
                                   ("no bias", (6, 2), 9, False), ("one sample", (1, 33), 17, True),
                                   ("one vector", (4,), 2, True)]:
        inputs = {"x": random(*shape), "weight": random(out, shape[-1])}
        if bias:
            inputs["bias"] = random(out)
        case("linear", name, "linear", inputs, F.linear)


linear()
for group, content in cases.items():
    lines = ",\n".join(json.dumps(entry) for entry in content)
    (HERE / f"{group}.json").write_text(f"[\n{lines}\n]\n")
