"""Autoencoders in PyTorch's own layers, an encoder with its mirror: python make_mirrors.py

Writes mirrors.json beside this file: input, parameters of encoder and mirror, what is rebuilt, the mean squared error of it,
and the gradients of that error.
"""
import json
import pathlib

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(23)
N = 3


class Enlarged(nn.Module):
    """Nearest pixels; rows and columns that pooling left over repeat the last one."""

    def __init__(self, factor, size):
        super().__init__()
        self.factor, self.size = factor, size

    def forward(self, x):
        x = F.interpolate(x, scale_factor=self.factor, mode="nearest")
        return F.pad(x, (0, self.size[1] - x.shape[3], 0, self.size[0] - x.shape[2]), mode="replicate")


class Conv(nn.Module):
    """The encoder conv or lenet, and its mirror, with FusionKit's names."""

    def __init__(self, shape, channels, kernels, stride=1, padding=None, activation=nn.ReLU, norm=True, pool=nn.MaxPool2d, size=2):
        super().__init__()
        self.encoder, self.mirror = nn.Module(), nn.Module()
        self.encoder.convs, self.encoder.norms = nn.ModuleList(), nn.ModuleList()
        self.tail = nn.Sequential(*([activation()] if activation else []), *([pool(size)] if pool else []))
        self.undo, blocks = [], []
        widths = [shape[0], *channels]
        height, width = shape[1:]
        for i, (a, b, k) in enumerate(zip(widths, widths[1:], kernels)):
            p = k // 2 if padding is None else padding
            self.encoder.convs.append(nn.Conv2d(a, b, k, stride, p, bias=not norm))
            self.encoder.norms.append(nn.BatchNorm2d(b) if norm else nn.Identity())
            image = (height, width)
            height, width = ((n + 2 * p - k) // stride + 1 for n in image)
            block, last, own = nn.Module(), i == 0, norm and i > 0
            if stride == 1 and k - 1 - p >= 0:
                block.convs = nn.ModuleList([nn.Conv2d(b, a, k, 1, k - 1 - p, bias=not own)])
                block.norms = nn.ModuleList([nn.BatchNorm2d(a)] if own else [])
                layers = [block.convs[0], *block.norms]
            else:
                left = tuple((n + 2 * p - k) % stride for n in image)
                block.transposed = nn.ConvTranspose2d(b, a, k, stride, p, left, bias=not own)
                if own:
                    block.norm = nn.BatchNorm2d(a)
                layers = [block.transposed, *([block.norm] if own else [])]
            if activation and not last:
                layers.append(activation())
            if pool:
                layers.insert(0, Enlarged(size, (height, width)))
                height, width = height // size, width // size
            blocks.append(block)
            self.undo.insert(0, layers)
        self.mirror.blocks = nn.ModuleList(blocks)

    def forward(self, x):
        for conv, norm in zip(self.encoder.convs, self.encoder.norms):
            x = self.tail(norm(conv(x)))
        for layers in self.undo:
            for layer in layers:
                x = layer(x)
        return x


class Perceptron(nn.Module):
    def __init__(self, shape, hidden, width, activation=nn.ReLU):
        super().__init__()
        self.shape, self.activation = shape, activation()
        inputs = shape[0] * shape[1]
        for name, sizes in (("encoder", [inputs, *hidden, width]), ("mirror", [width, *hidden[::-1], inputs])):
            part = nn.Module()
            part.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
            setattr(self, name, part)

    def forward(self, x):
        x = x.flatten(1)
        for part in (self.encoder, self.mirror):
            for layer in part.layers[:-1]:
                x = self.activation(layer(x))
            x = part.layers[-1](x)
        return x.reshape(-1, *self.shape)


def case(name, encoder, configuration, shape, model):
    model.train()
    for parameter in model.parameters():
        # Further from zero than first values are, so that every term shows.
        parameter.data += 0.3 * torch.randn_like(parameter)
    x = torch.randn(N, *shape)
    rebuilt = model(x)
    loss = F.mse_loss(rebuilt, x)
    names, leaves = zip(*model.named_parameters())
    gradients = torch.autograd.grad(loss, leaves)
    pack = lambda t: {"shape": list(t.shape), "values": [float(f"{v:.9g}") for v in t.detach().flatten().tolist()]}
    return {
        "name": name, "encoder": encoder, "configuration": configuration, "input": pack(x), "rebuilt": pack(rebuilt),
        "loss": loss.item(),
        "parameters": [{"name": n, "value": pack(p), "gradient": pack(g)} for n, p, g in zip(names, leaves, gradients)],
    }


cases = [
    case("two blocks, odd sizes", "conv", {"channels": [4, 6]}, (2, 11, 7), Conv((2, 11, 7), [4, 6], [3, 3])),
    case("kernels 5 and 3, sigmoid, average of 3", "conv",
         {"channels": [3, 4], "first_kernel": 5, "activation": "sigmoid", "pool": "average", "pool_size": 3}, (1, 14, 16),
         Conv((1, 14, 16), [3, 4], [5, 3], activation=nn.Sigmoid, pool=nn.AvgPool2d, size=3)),
    case("steps of 2, no pooling", "conv", {"channels": [3, 5], "kernel": 5, "stride": 2, "pool": "none"}, (1, 12, 9),
         Conv((1, 12, 9), [3, 5], [5, 5], 2, pool=None)),
    case("steps of 3, tanh, no norm, pooling", "conv",
         {"channels": [4], "kernel": 4, "stride": 3, "activation": "tanh", "batch_norm": False}, (2, 13, 15),
         Conv((2, 13, 15), [4], [4], 3, activation=nn.Tanh, norm=False)),
    case("an even kernel, no padding", "conv", {"channels": [3, 2], "kernel": 2, "padding": 0, "pool": "none"}, (1, 6, 5),
         Conv((1, 6, 5), [3, 2], [2, 2], padding=0, pool=None)),
    case("more padding than kernel, linear", "conv",
         {"channels": [2, 3], "kernel": 1, "padding": 1, "activation": "linear", "pool_size": 2}, (1, 5, 6),
         Conv((1, 5, 6), [2, 3], [1, 1], padding=1, activation=None)),
    case("three blocks", "lenet", {"channels": 2, "blocks": 3}, (1, 13, 10), Conv((1, 13, 10), [2, 4, 8], [5, 3, 3])),
    case("two hidden layers", "mlp", {"hidden": [7, 5], "width": 3, "activation": "tanh"}, (4, 3), Perceptron((4, 3), [7, 5], 3, nn.Tanh)),
    case("no hidden layer", "mlp", {"hidden": [], "width": 4}, (3, 2), Perceptron((3, 2), [], 4)),
]

path = pathlib.Path(__file__).with_name("mirrors.json")
path.write_text(json.dumps({"torch": torch.__version__, "cases": cases}))
print(len(cases), "cases,", path.stat().st_size, "bytes")
