#!/usr/bin/env python3
"""Writes convolution_stack.json beside this script: values, gradients and running statistics of stacks of convolution
blocks, computed by PyTorch 2.13 in double precision. Inputs, weights and output gradients are whole numbers from a
linear congruential generator, scaled, so that the file holds seeds instead of values: see `numbers`.
Run: python make_convolution_stack.py"""
import json
import pathlib

import torch
import torch.nn as nn
import torch.nn.functional as F


def numbers(seed, shape, scale):
    """x ← (1103515245 x + 12345) mod 2³¹; value = ((x >> 16) mod 2001 − 1000) / 1000 · scale, rounded to float32."""
    x, values = seed, []
    for _ in range(torch.Size(shape).numel()):
        x = (1103515245 * x + 12345) % 2**31
        values.append(((x >> 16) % 2001 - 1000) / 1000)
    return (torch.tensor(values, dtype=torch.float32) * scale).double().reshape(shape)


ACTIVATIONS = {"none": lambda x: x, "relu": F.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}


def block(channels, kernel, stride=1, padding=None, bias=False, normalise=True, activation="relu", pool="max", size=2,
          pool_stride=None):
    return dict(channels=channels, kernel=kernel, stride=stride, padding=kernel // 2 if padding is None else padding,
                bias=bias, normalise=normalise, activation=activation, pool=pool, size=size,
                pool_stride=pool_stride or size)


def fused(channels, kernel=3):
    return block(channels, kernel)


CASES = {
    "lenet": ((11, 1, 12, 14), [fused(6, 5), fused(12), fused(18)]),
    "fused, odd sizes and channels": ((3, 2, 15, 13), [fused(5, 5), fused(13), fused(1)]),
    "fused, one sample": ((1, 1, 9, 11), [fused(6), fused(12, 5)]),
    "fused, smallest image": ((8, 3, 3, 3), [fused(7)]),
    "fused, cut by rows": ((2, 1, 19, 6), [fused(2, 5)]),
    "fused, cut by rows, more channels": ((9, 3, 18, 5), [fused(4)]),
    "kernel 1": ((3, 5, 4, 5), [block(13, 1, bias=True, normalise=False, pool="none")]),
    "kernel 7, stride 2, overlapping pool": ((3, 3, 15, 13), [block(6, 7, stride=2, bias=True, size=3, pool_stride=2)]),
    "stride beyond the kernel": ((2, 2, 14, 13), [block(3, 1, stride=2, pool="none", activation="sigmoid"), block(3, 2, stride=3, padding=0, pool="none", activation="tanh")]),
    "padding beyond the kernel": ((2, 1, 4, 3), [block(2, 3, padding=3, bias=True, normalise=False, activation="sigmoid", pool="none")]),
    "average pool": ((8, 1, 12, 10), [block(6, 5, padding=0, bias=True, normalise=False, activation="sigmoid", pool="average"), block(12, 3, padding=1, bias=True, normalise=False, pool="average", size=2, pool_stride=1)]),
    "bias and batch norm": ((11, 2, 6, 6), [block(7, 3, bias=True, activation="relu")]),
    "general before fused before general": ((5, 1, 13, 14), [block(6, 3, bias=True, normalise=False, activation="tanh", pool="none"), fused(8), block(5, 3, stride=2, activation="none", pool="none")]),
    "fused, even kernel next": ((3, 4, 10, 8), [fused(6, 5), block(4, 4, padding=1, activation="relu", pool="none")]),
    "no batch norm, max pool": ((3, 1, 8, 8), [block(6, 3, bias=True, normalise=False)]),
    "same size, cut by rows": ((9, 2, 18, 5), [block(8, 5, activation="sigmoid", pool="none"), block(4, 3, bias=True, normalise=False, activation="tanh", pool="average")]),
    "same size, overlapping pool": ((10, 4, 7, 9), [block(13, 3, size=3, pool_stride=2), block(7, 3, activation="none", pool="none")]),
    "ties": ((3, 1, 16, 12), [fused(6, 5), fused(6)]),
    "wide kernel on a narrow image": ((2, 2, 5, 3), [fused(3, 5)]),
    "many channels in": ((2, 60, 3, 14), [block(5, 3, bias=True, normalise=False, activation="none", pool="none")]),
    "many channels out": ((1, 2, 4, 14), [fused(60)]),
    "many channels in, 5x5": ((1, 24, 4, 14), [fused(3, 5)]),
}


def stored(tensor, digits=6):
    return [float(f"{v:.{digits}g}") for v in tensor.detach().flatten().tolist()]


def run(shape, specs, ties, training):
    seed = 1

    def draw(shape, scale):
        nonlocal seed
        seed += 1
        return numbers(seed, shape, scale)

    x = draw(shape, 2.0)
    if ties:
        x[:, :, 3:11] = 0.5  # constant regions: every window there is a tie
    x.requires_grad_(True)
    z, channels, leaves, buffers = x, shape[1], [], []
    for s in specs:
        weight_shape = (s["channels"], channels, s["kernel"], s["kernel"])
        w = draw(weight_shape, (channels * s["kernel"] ** 2) ** -0.5 * 2)
        leaves.append(w.requires_grad_(True))
        b = None
        if s["bias"]:
            b = draw((s["channels"],), 0.5)
            leaves.append(b.requires_grad_(True))
        z = F.conv2d(z, w, b, s["stride"], s["padding"])
        if s["normalise"]:
            gamma, beta = draw((s["channels"],), 1.5), draw((s["channels"],), 0.5)
            leaves += [gamma.requires_grad_(True), beta.requires_grad_(True)]
            mean, variance = draw((s["channels"],), 0.3), draw((s["channels"],), 0.3) + 1
            buffers += [mean, variance]
            z = F.batch_norm(z, mean, variance, gamma, beta, training, 0.1, 1e-5)
        z = ACTIVATIONS[s["activation"]](z)
        if s["pool"] == "max":
            z = F.max_pool2d(z, s["size"], s["pool_stride"])
        elif s["pool"] == "average":
            z = F.avg_pool2d(z, s["size"], s["pool_stride"])
        channels = s["channels"]
    (z * draw(z.shape, 1.0)).sum().backward()
    return {"output_shape": list(z.shape[1:]), "output": stored(z), "input_gradient": stored(x.grad),
            "gradients": [stored(p.grad) for p in leaves], "buffers": [stored(p, 9) for p in buffers]}


cases = [{"name": name, "shape": shape, "blocks": specs, "ties": name == "ties",
          "training": run(shape, specs, name == "ties", True), "evaluation": run(shape, specs, name == "ties", False)}
         for name, (shape, specs) in CASES.items()]
path = pathlib.Path(__file__).with_name("convolution_stack.json")
path.write_text("[" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "]\n")
