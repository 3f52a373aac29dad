"""Values and gradients of the encoders, computed by PyTorch's own layers: python make_encoders.py

Writes encoders.json beside this file: inputs, parameters and the configuration that FusionKit's encoder gets.
"""
import json
import math
import pathlib

import torch
import torch.nn as nn

torch.manual_seed(11)
N = 3


class Conv(nn.Module):
    def __init__(self, inputs, channels, kernels, stride=1, padding=None, activation=nn.ReLU, norm=True, pool=nn.MaxPool2d, size=2, tokens=False):
        super().__init__()
        self.tokens = tokens
        widths = [inputs, *channels]
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, k, stride, k // 2 if padding is None else padding, bias=not norm)
            for a, b, k in zip(widths, widths[1:], kernels))
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) if norm else nn.Identity() for b in channels)
        self.tail = nn.Sequential(*([activation()] if activation else []), *([pool(size)] if pool else []))

    def forward(self, x):
        for conv, norm in zip(self.convs, self.norms):
            x = self.tail(norm(conv(x)))
        return x.flatten(2).transpose(1, 2) if self.tokens else x.flatten(1)


class Transformer(nn.Module):
    def __init__(self, values, tokens, width, depth, heads, ratio, patch=None, positions="learned", pool="mean"):
        super().__init__()
        self.patch, self.pool = patch, pool
        tokens += pool == "class"
        self.embedding = nn.Linear(values, width)
        if pool == "class":
            self.class_token = nn.Parameter(torch.randn(1, 1, width))
        if positions == "learned":
            self.positions = nn.Parameter(torch.randn(1, tokens, width))
        elif positions == "sinusoidal":
            t, i = torch.arange(tokens).double()[:, None], torch.arange(0, width, 2).double()
            angle = t / torch.pow(10000, i / width)
            self.positions = torch.stack([angle.sin(), angle.cos()], 2).flatten(1)[None, :, :width].float()
        else:
            self.positions = 0
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(width, heads, ratio * width, 0.0, "gelu", batch_first=True, norm_first=True)
            for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        if self.patch:
            x = nn.functional.unfold(x, self.patch, stride=self.patch).transpose(1, 2)
        x = self.embedding(x)
        if self.pool == "class":
            x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], 1)
        x = x + self.positions
        for layer in self.layers:
            x = layer(x)
        x = self.norm(x)
        return {"mean": x.mean(1), "class": x[:, 0], "none": x}[self.pool]


class Recurrent(nn.Module):
    def __init__(self, kind, inputs, hidden, layers, bidirectional, pool):
        super().__init__()
        self.rnn, self.pool = kind(inputs, hidden, layers, batch_first=True, bidirectional=bidirectional), pool

    def forward(self, x):
        if x.ndim == 4:
            x = x.flatten(1, 2).transpose(1, 2)
        states, last = self.rnn(x)
        last = last[0] if isinstance(last, tuple) else last
        ends = last[-2:] if self.rnn.bidirectional else last[-1:]
        return {"last": torch.cat(list(ends), 1), "mean": states.mean(1), "none": states}[self.pool]


def case(name, encoder, configuration, shape, model):
    model.train()
    for parameter in model.parameters():
        # Further from zero than first values are, so that every term shows.
        parameter.data += 0.3 * torch.randn_like(parameter)
    x = torch.randn(N, *shape, requires_grad=True)
    output = model(x)
    seed = torch.randn_like(output)
    names, leaves = zip(*model.named_parameters())
    gradients = torch.autograd.grad(output, [x, *leaves], seed)
    pack = lambda t: {"shape": list(t.shape), "values": [float(f"{v:.9g}") for v in t.detach().flatten().tolist()]}
    return {
        "name": name, "encoder": encoder, "configuration": configuration,
        "input": {"value": pack(x), "gradient": pack(gradients[0])},
        "parameters": [
            {"name": n, "value": pack(p), "gradient": pack(g)} for n, p, g in zip(names, leaves, gradients[1:])],
        "output": pack(output), "seed": pack(seed),
    }


cases = [
    case("two blocks, defaults", "conv", {"channels": [4, 7]}, (2, 9, 8), Conv(2, [4, 7], [3, 3])),
    case("doubled, first kernel 5", "conv", {"channels": [3], "blocks": 2, "first_kernel": 5}, (1, 8, 9), Conv(1, [3, 6], [5, 3])),
    case("kernel 7, stride 2, sigmoid, average", "conv",
         {"channels": [4], "kernel": 7, "stride": 2, "activation": "sigmoid", "pool": "average", "pool_size": 3}, (2, 13, 15),
         Conv(2, [4], [7], 2, activation=nn.Sigmoid, pool=nn.AvgPool2d, size=3)),
    case("no norm, tanh, no pooling, no padding", "conv",
         {"channels": [3, 2], "padding": 0, "activation": "tanh", "batch_norm": False, "pool": "none"}, (1, 7, 6),
         Conv(1, [3, 2], [3, 3], padding=0, activation=nn.Tanh, norm=False, pool=None)),
    case("linear, kernel 1", "conv", {"channels": [5], "kernel": 1, "activation": "linear"}, (3, 4, 5),
         Conv(3, [5], [1], activation=None)),
    case("patches, mean", "transformer", {"patch": 3, "width": 8, "depth": 2, "heads": 2, "mlp_ratio": 2}, (2, 6, 9),
         Transformer(18, 6, 8, 2, 2, 2, patch=3)),
    case("patches, class token", "transformer",
         {"patch": 4, "width": 6, "depth": 1, "heads": 3, "mlp_ratio": 1, "pool": "class"}, (1, 8, 4),
         Transformer(16, 2, 6, 1, 3, 1, patch=4, pool="class")),
    case("frames, sinusoidal, tokens", "transformer",
         {"width": 6, "depth": 1, "heads": 1, "mlp_ratio": 3, "positions": "sinusoidal", "pool": "none"}, (5, 3),
         Transformer(3, 5, 6, 1, 1, 3, positions="sinusoidal", pool="none")),
    case("frames, no positions", "transformer", {"width": 4, "depth": 1, "heads": 2, "mlp_ratio": 2, "positions": "none"}, (4, 5),
         Transformer(5, 4, 4, 1, 2, 2, positions="none")),
]
for encoder, kind in (("gru", nn.GRU), ("lstm", nn.LSTM)):
    cases += [
        case("last state", encoder, {"hidden": 4}, (6, 3), Recurrent(kind, 3, 4, 1, False, "last")),
        case("both ways, two layers, mean", encoder, {"hidden": 3, "layers": 2, "bidirectional": True, "pool": "mean"}, (5, 4),
             Recurrent(kind, 4, 3, 2, True, "mean")),
        case("both ways, last", encoder, {"hidden": 3, "bidirectional": True}, (5, 2), Recurrent(kind, 2, 3, 1, True, "last")),
        case("a spectrogram, all states", encoder, {"hidden": 3, "pool": "none"}, (2, 3, 4), Recurrent(kind, 6, 3, 1, False, "none")),
    ]

cases += [
    case("places as tokens", "conv", {"channels": [3, 5], "tokens": True}, (1, 9, 12), Conv(1, [3, 5], [3, 3], tokens=True)),
    case("flattened", "lenet", {"channels": 2, "blocks": 2}, (1, 8, 9), Conv(1, [2, 4], [5, 3])),
    case("places as tokens", "lenet", {"channels": 2, "blocks": 2, "tokens": True}, (1, 8, 13),
         Conv(1, [2, 4], [5, 3], tokens=True)),
]

path = pathlib.Path(__file__).with_name("encoders.json")
path.write_text(json.dumps({"torch": torch.__version__, "cases": cases}))
print(len(cases), "cases,", path.stat().st_size, "bytes")
