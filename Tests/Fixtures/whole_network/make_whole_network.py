#!/usr/bin/env python3
"""Writes whole_network.json beside this script: the loss and all gradients of a training step of the AV-MNIST pipeline (two
LeNets, concatenation, a head with 100 hidden units, cross-entropy), batch 9, by PyTorch 2.13 in double precision.

Values are whole numbers from a linear congruential generator, scaled, so that the file holds seeds: see `numbers`. Of each
gradient it holds the largest value, some of its elements, and its sums with signs from the same generator, on which every
element has a part. Where the two largest values of a pooling window, or a ReLU's argument and zero, are closer than MARGIN,
rounding decides, and the other choice is as right. Each of them is taken the other way in turn; what that changes, all of
them together, is kept beside every number as its allowance.
Run: python make_whole_network.py"""
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

BATCH, SAMPLED, SIGNED, MARGIN = 9, 24, 6, 1e-5
IMAGE_SEED, AUDIO_SEED = 4, 3
MODULUS = 2**31
LENGTH = 192 * 240 * 9 + 1


def powers():
    a, c = np.empty(LENGTH, np.uint64), np.empty(LENGTH, np.uint64)
    x, y = 1, 0
    for i in range(LENGTH):
        x, y = 1103515245 * x % MODULUS, (1103515245 * y + 12345) % MODULUS
        a[i], c[i] = x, y
    return a, c


A, C = powers()


def numbers(seed, shape, scale):
    """x ← (1103515245 x + 12345) mod 2³¹; value = ((x >> 16) mod 2001 − 1000) / 1000 · scale, rounded to float32."""
    count = torch.Size(shape).numel()
    x = (A[:count] * np.uint64(seed) + C[:count]) % np.uint64(MODULUS)
    values = ((x >> np.uint64(16)) % np.uint64(2001)).astype(np.int64) - 1000
    return (torch.tensor(values / 1000, dtype=torch.float32) * scale).double().reshape(shape)


def parameters():
    """Names, shapes and scales, in order; parameter i has the seed i + 10."""
    for modality, blocks in (("image", 4), ("audio", 6)):
        widths = [1] + [6 * 2**i for i in range(blocks)]
        for i in range(blocks):
            kernel = 5 if i == 0 else 3
            yield f"{modality}.convs.{i}.weight", (widths[i + 1], widths[i], kernel, kernel), 2 / (widths[i] * kernel**2) ** 0.5
        for i in range(blocks):
            yield f"{modality}.norms.{i}.weight", (widths[i + 1],), 1.5
            yield f"{modality}.norms.{i}.bias", (widths[i + 1],), 0.5
    for name, shape in (("0", (100, 240)), ("1", (10, 100))):
        yield f"head.layers.{name}.weight", shape, 2 / shape[1] ** 0.5
        yield f"head.layers.{name}.bias", shape[:1], 0.5


def pooled(z, place, near, flipped):
    """relu(maximum of 2x2 windows), in which near-ties are entered in `near`, and the choice `flipped` is made otherwise."""
    n, c, h, w = z.shape
    windows = F.unfold(z.reshape(-1, 1, h, w), 2, stride=2).transpose(1, 2).reshape(-1, 4)
    top = windows.detach().topk(2, dim=1)
    first, second = top.values.unbind(1)
    choice, open_ = top.indices[:, 0].clone(), first > 0
    for kind, close in (("pool", (first - second < MARGIN) & open_), ("relu", first.abs() < MARGIN)):
        near += [(place, kind, i) for i in close.nonzero().flatten().tolist()]
    if flipped and flipped[0] == place:
        _, kind, i = flipped
        if kind == "pool":
            choice[i] = top.indices[i, 1]
        else:
            open_[i] = ~open_[i]
    result = windows.gather(1, choice[:, None])[:, 0] * open_
    return result.reshape(n, c, h // 2, w // 2)


def gradients(flipped=None):
    near, features = [], []
    weights = {name: numbers(i + 10, shape, scale).requires_grad_() for i, (name, shape, scale) in enumerate(parameters())}
    for modality, blocks, size, seed in (("image", 4, 28, IMAGE_SEED), ("audio", 6, 112, AUDIO_SEED)):
        x = numbers(seed, (BATCH, 1, size, size), 2)
        for i in range(blocks):
            w = weights[f"{modality}.convs.{i}.weight"]
            x = F.conv2d(x, w, padding=w.shape[-1] // 2)
            x = F.batch_norm(x, None, None, weights[f"{modality}.norms.{i}.weight"], weights[f"{modality}.norms.{i}.bias"], True)
            x = pooled(x[:, :, : x.shape[2] // 2 * 2, : x.shape[3] // 2 * 2], (modality, i), near, flipped)
        features.append(x.flatten(1))
    hidden = F.linear(torch.cat(features, 1), weights["head.layers.0.weight"], weights["head.layers.0.bias"])
    assert hidden.detach().abs().min() > MARGIN
    logits = F.linear(F.relu(hidden), weights["head.layers.1.weight"], weights["head.layers.1.bias"])
    loss = F.cross_entropy(logits, torch.arange(BATCH) % 10)
    loss.backward()
    return loss.item(), [w.grad.flatten() for w in weights.values()], near


def summary(index, g):
    """The numbers that stand for a gradient: elements, then sums with signs."""
    signs = torch.stack([numbers(5000 + 100 * index + k, g.shape, 1).sign() for k in range(SIGNED)])
    return torch.cat([g[:: max(1, len(g) // SAMPLED)], signs @ g])


def stored(values):
    return [float(f"{v:.9g}") for v in values.tolist()]


loss, found, near = gradients()
allowances = [torch.zeros_like(summary(i, g)) for i, g in enumerate(found)]
for choice in near:
    _, other, _ = gradients(choice)
    for i, (a, b) in enumerate(zip(found, other)):
        allowances[i] += (summary(i, a) - summary(i, b)).abs()

rows = [
    {"name": name, "shape": shape, "scale": scale, "largest": float(f"{found[i].abs().max().item():.9g}"),
     "numbers": stored(summary(i, found[i])), "allowances": [float(f"{v:.3g}") for v in allowances[i].tolist()]}
    for i, (name, shape, scale) in enumerate(parameters())]
out = {"image_seed": IMAGE_SEED, "audio_seed": AUDIO_SEED, "batch": BATCH, "near_ties": len(near), "signed": SIGNED, "loss": loss, "parameters": rows}
path = pathlib.Path(__file__).with_name("whole_network.json")
path.write_text(json.dumps(out, indent=1) + "\n")
print(f"{len(near)} near-ties, {path.stat().st_size} bytes")
