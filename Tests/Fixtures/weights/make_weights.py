#!/usr/bin/env python3
"""Writes a small pipeline's weights as a PyTorch user would bring them, some inputs, and the logits PyTorch gives.

The modules are named so that `state_dict` has FusionKit's names (docs/weights.md). Run it in this folder with
PyTorch, NumPy and safetensors installed:

    python make_weights.py
"""
import json

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file


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


class LowRankTensor(nn.Module):
    """y = sum_r w_r * prod_m ([1; x_m]^T F_m^(r)) + b (Liu et al. 2018)."""

    def __init__(self, widths, out, rank):
        super().__init__()
        self.factors = nn.ParameterDict(
            {name: nn.init.xavier_normal_(torch.empty(rank, width + 1, out)) for name, width in widths.items()}
        )
        self.weights = nn.Parameter(nn.init.xavier_normal_(torch.empty(1, rank)))
        self.bias = nn.Parameter(torch.randn(1, out))

    def forward(self, features):
        product = 1
        for name, x in features.items():
            product = product * torch.matmul(torch.cat([torch.ones(len(x), 1), x], 1), self.factors[name])
        return torch.einsum("r,rbo->bo", self.weights[0], product) + self.bias


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
        self.encoders = nn.ModuleDict({"image": LeNet(2, 2), "audio": LeNet(3, 3)})
        self.fusion = LowRankTensor({"image": 4 * 3 * 3, "audio": 12 * 2 * 2}, out=7, rank=3)
        self.decoder = MLP([7, 5, 4])

    def forward(self, inputs):
        return self.decoder(self.fusion({name: self.encoders[name](x) for name, x in inputs.items()}))


torch.manual_seed(5)
generator = np.random.default_rng(5)
image = generator.integers(0, 256, (6, 12, 12), dtype=np.uint8)
audio = generator.random((6, 16, 16), dtype=np.float32)
inputs = {"image": torch.from_numpy(image).float()[:, None] / 255, "audio": torch.from_numpy(audio)[:, None]}

model = Pipeline()
# Larger weights than PyTorch draws, so that the logits of two samples differ by far more than the tolerance.
for parameter in [*model.fusion.parameters(), *model.decoder.parameters()]:
    nn.init.normal_(parameter, std=0.6)
for norm in [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]:
    nn.init.uniform_(norm.weight, 0.5, 1.5)
    nn.init.uniform_(norm.bias, -0.5, 0.5)
with torch.no_grad():
    model(inputs)  # In training mode: gives the batch norms running statistics of their own.
    model.eval()
    logits = model(inputs)

np.save("image.npy", image)
np.save("audio.npy", audio)
save_file(model.state_dict(), "weights.safetensors")
with open("logits.json", "w") as file:
    json.dump({"torch": torch.__version__, "logits": logits.tolist()}, file)
