#!/usr/bin/env python3
"""Trains a small model in PyTorch, saves it under FusionKit's names, and tunes it further, for FusionKit to do the same.

Three steps of SGD with momentum over 12 samples, four in a step, in their order:
- `tuned`: everything is trained;
- `frozen`: the image's encoder is not (no gradients, batch norm in evaluation mode);
- `averaged`: as `tuned`, of AveragedModel with get_ema_multi_avg_fn.

The modules are named so that `state_dict` has FusionKit's names (docs/weights.md). Run it in this folder with PyTorch and
NumPy installed:

    python make_finetuning.py
"""
import copy
import json
import struct

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


class LeNet(nn.Module):
    def __init__(self, channels, blocks):
        super().__init__()
        widths = [1] + [channels * 2**i for i in range(blocks)]
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 5 if i == 0 else 3, padding=2 if i == 0 else 1, bias=False)
            for i, (a, b) in enumerate(zip(widths, widths[1:]))
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for b in widths[1:])

    def forward(self, x):
        for conv, norm in zip(self.convs, self.norms):
            x = F.max_pool2d(F.relu(norm(conv(x))), 2)
        return x.flatten(1)


class MLP(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


class Pipeline(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoders = nn.ModuleDict({"image": LeNet(2, 2), "sound": MLP([5, 6, 4])})
        self.decoder = MLP([16 + 4, 7, 3])

    def forward(self, image, sound):
        return self.decoder(torch.cat([self.encoders["image"](image), self.encoders["sound"](sound)], 1))


def save(tensors, path):
    """A safetensors file, as the package of that name writes it."""
    header, data = {}, b""
    for name, tensor in tensors.items():
        values = tensor.detach().numpy()
        kind = {"float32": "F32", "int64": "I64"}[str(values.dtype)]
        header[name] = {
            "dtype": kind, "shape": list(values.shape), "data_offsets": [len(data), len(data) + values.nbytes]
        }
        data += np.ascontiguousarray(values).tobytes()
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def train(model, inputs, labels, learning_rate, frozen=None, averaged=None):
    model.train()
    if frozen is not None:
        frozen.eval().requires_grad_(False)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=learning_rate, momentum=0.9)
    for start in range(0, len(labels), 4):
        rows = slice(start, start + 4)
        optimizer.zero_grad()
        F.cross_entropy(model(*(x[rows] for x in inputs)), labels[rows]).backward()
        optimizer.step()
        if averaged is not None:
            averaged.update_parameters(model)
    return model


torch.manual_seed(3)
generator = np.random.default_rng(3)
image = generator.integers(0, 256, (12, 8, 8), dtype=np.uint8)
sound = generator.standard_normal((12, 5)).astype(np.float32)
labels = np.array([0, 1, 2, 1, 0, 2, 2, 1, 0, 0, 2, 1])
np.save("image.npy", image)
np.save("sound.npy", sound)
np.save("labels.npy", labels)

inputs = (torch.from_numpy(image).float()[:, None] / 255, torch.from_numpy(sound))
targets = torch.from_numpy(labels)
begun = train(Pipeline(), [torch.flip(x, [0]) for x in inputs], torch.flip(targets, [0]), 0.05)
save(begun.state_dict(), "begun.safetensors")
save(begun.encoders["image"].state_dict(), "image_alone.safetensors")

tuned = copy.deepcopy(begun)
average = AveragedModel(tuned, multi_avg_fn=get_ema_multi_avg_fn(0.7))
save(train(tuned, inputs, targets, 0.1, averaged=average).state_dict(), "tuned.safetensors")
save(average.module.state_dict(), "averaged.safetensors")
model = copy.deepcopy(begun)
save(train(model, inputs, targets, 0.1, frozen=model.encoders["image"]).state_dict(), "frozen.safetensors")
