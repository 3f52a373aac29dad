"""Fusions of tokens by attention, computed by PyTorch's own layers: python make_tokens.py"""
import torch.nn as nn

from common import *

# Tokens and their widths, by modality.
TOKENS = {"image": (3, 4), "audio": (2, 5), "text": (4, 3)}


def sinusoidal(tokens, width):
    t, i = torch.arange(tokens).double()[:, None], torch.arange(0, width, 2).double()
    angle = t / torch.pow(10000, i / width)
    return torch.stack([angle.sin(), angle.cos()], 2).flatten(1)[None, :, :width].float()


class Embedding(nn.Module):
    def __init__(self, names, width, positions):
        super().__init__()
        self.names = names
        self.embedding = nn.ModuleDict({n: nn.Linear(TOKENS[n][1], width) for n in names})
        self.fixed = {n: sinusoidal(TOKENS[n][0], width) for n in names} if positions == "sinusoidal" else None
        self.positions = nn.ParameterDict({n: torch.randn(1, TOKENS[n][0], width) for n in names}) if positions == "learned" else None

    def embed(self, x):
        tokens = [self.embedding[n](v) for n, v in zip(self.names, x)]
        added = self.fixed or self.positions
        return [t + added[n] for n, t in zip(self.names, tokens)] if added else tokens


def layer(width, heads, ratio, activation="gelu"):
    return nn.TransformerEncoderLayer(width, heads, ratio * width, 0.0, activation, batch_first=True, norm_first=True)


class Crossing(nn.Module):
    """The layer above, its queries and keys from two sequences, each with a norm."""
    def __init__(self, width, heads, ratio, activation):
        super().__init__()
        self.self_attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.linear1, self.linear2 = nn.Linear(width, ratio * width), nn.Linear(ratio * width, width)
        self.norm1, self.norm2, self.norm_keys = (nn.LayerNorm(width) for _ in range(3))
        self.activation = activation

    def forward(self, x, keys):
        keys = self.norm_keys(keys)
        x = x + self.self_attn(self.norm1(x), keys, keys, need_weights=False)[0]
        return x + self.linear2(self.activation(self.linear1(self.norm2(x))))


class Stack(nn.Module):
    def __init__(self, layers, width):
        super().__init__()
        self.layers, self.norm = nn.ModuleList(layers), nn.LayerNorm(width)

    def forward(self, x, *keys):
        for l in self.layers:
            x = l(x, *keys)
        return self.norm(x)


class CrossAttention(Embedding):
    def __init__(self, names, width, heads, positions):
        super().__init__(names, width, positions)
        self.attention = nn.ModuleDict({n: nn.MultiheadAttention(width, heads, batch_first=True) for n in names})
        self.norms = nn.ModuleDict({n: nn.LayerNorm(width) for n in names})

    def forward(self, x):
        tokens, parts = self.embed(x), []
        for i, n in enumerate(self.names):
            keys = torch.cat(tokens[:i] + tokens[i + 1:], 1)
            parts.append(self.norms[n](tokens[i] + self.attention[n](tokens[i], keys, keys)[0]).mean(1))
        return torch.cat(parts, 1)


class MulT(Embedding):
    def __init__(self, names, width, heads, ratio, depth, memory, positions, pool):
        super().__init__(names, width, positions)
        self.pool, wide = pool, (len(names) - 1) * width
        self.cross = nn.ModuleDict({t: nn.ModuleDict({
            s: Stack([Crossing(width, heads, ratio, F.relu) for _ in range(depth)], width) for s in names if s != t}) for t in names})
        self.memory = nn.ModuleDict({t: Stack([layer(wide, heads, ratio, "relu") for _ in range(memory)], wide) for t in names})

    def forward(self, x):
        tokens, parts = dict(zip(self.names, self.embed(x))), []
        for t in self.names:
            z = self.memory[t](torch.cat([self.cross[t][s](tokens[t], tokens[s]) for s in self.names if s != t], 2))
            parts.append(z[:, -1] if self.pool == "last" else z.mean(1))
        return torch.cat(parts, 1)


class Early(Embedding):
    def __init__(self, names, width, heads, ratio, depth, positions, pool):
        super().__init__(names, width, positions)
        if pool == "class":
            self.class_token = nn.Parameter(torch.randn(1, 1, width))
        self.pool, stack = pool, Stack([layer(width, heads, ratio) for _ in range(depth)], width)
        self.layers, self.norm = stack.layers, stack.norm

    def forward(self, x):
        x = self.embed(x)
        x = torch.cat(([self.class_token.expand(N, -1, -1)] if self.pool == "class" else []) + x, 1)
        for l in self.layers:
            x = l(x)
        x = self.norm(x)
        return x[:, 0] if self.pool == "class" else x.mean(1)


class Bottleneck(Embedding):
    def __init__(self, names, width, heads, ratio, depth, first, shared):
        super().__init__(names, width, "learned")
        self.first, self.depth = first, depth
        self.bottlenecks = nn.Parameter(torch.randn(1, shared, width))
        self.class_token = nn.ParameterDict({n: torch.randn(1, 1, width) for n in names})
        self.layers = nn.ModuleDict({n: nn.ModuleList(layer(width, heads, ratio) for _ in range(depth)) for n in names})
        self.norms = nn.ModuleDict({n: nn.LayerNorm(width) for n in names})

    def forward(self, x):
        z = {n: torch.cat([self.class_token[n].expand(N, -1, -1), t], 1) for n, t in zip(self.names, self.embed(x))}
        b = self.bottlenecks.expand(N, -1, -1)
        for i in range(self.depth):
            if i < self.first:
                z = {n: self.layers[n][i](z[n]) for n in self.names}
                continue
            out = {n: self.layers[n][i](torch.cat([z[n], b], 1)) for n in self.names}
            count = b.shape[1]
            z, b = {n: o[:, :-count] for n, o in out.items()}, sum(o[:, -count:] for o in out.values()) / len(out)
        return torch.cat([self.norms[n](z[n][:, 0]) for n in self.names], 1)


class Perceiver(Embedding):
    def __init__(self, names, width, heads, ratio, latents, blocks, depth, share, positions):
        super().__init__(names, width, positions)
        self.latents = nn.Parameter(torch.randn(1, latents, width))
        self.blocks = nn.ModuleList(
            nn.ModuleDict({"cross": Crossing(width, heads, ratio, F.gelu), "layers": nn.ModuleList(layer(width, heads, ratio) for _ in range(depth))})
            for _ in range(1 if share else blocks))
        self.norm, self.count = nn.LayerNorm(width), blocks

    def forward(self, x):
        tokens, x = torch.cat(self.embed(x), 1), self.latents.expand(N, -1, -1)
        for i in range(self.count):
            block = self.blocks[i % len(self.blocks)]
            x = block["cross"](x, tokens)
            for l in block["layers"]:
                x = l(x)
        return self.norm(x).mean(1)


def of(name, fusion, names, configuration, model):
    model.train()
    for parameter in model.parameters():
        # Further from zero than first values are, so that every term shows.
        parameter.data += 0.3 * torch.randn_like(parameter)
    inputs = {n: rand(N, *TOKENS[n]) for n in names}
    return case(name, fusion, configuration, inputs, dict(model.named_parameters()), lambda x, p: model(x))


cases = [
    of("two modalities", "cross_attention", two, {"width": 4, "heads": 2}, CrossAttention(two, 4, 2, "none")),
    of("three modalities, learned positions", "cross_attention", three, {"width": 3, "heads": 1, "positions": "learned"},
       CrossAttention(three, 3, 1, "learned")),
    of("two modalities", "cross_modal_transformer", two, {"width": 4, "heads": 2, "mlp_ratio": 1, "depth": 2},
       MulT(two, 4, 2, 1, 2, 1, "sinusoidal", "last")),
    of("three modalities, mean", "mult", three,
       {"width": 2, "heads": 1, "mlp_ratio": 1, "depth": 1, "positions": "none", "pool": "mean"},
       MulT(three, 2, 1, 1, 1, 1, "none", "mean")),
    of("class token", "fusion_transformer", two, {"width": 4, "heads": 2, "mlp_ratio": 2, "depth": 2},
       Early(two, 4, 2, 2, 2, "learned", "class")),
    of("mean, sinusoidal", "fusion_transformer", three,
       {"width": 4, "heads": 1, "mlp_ratio": 1, "depth": 1, "pool": "mean", "positions": "sinusoidal"},
       Early(three, 4, 1, 1, 1, "sinusoidal", "mean")),
    of("two modalities", "attention_bottleneck", two, {"width": 4, "heads": 2, "mlp_ratio": 1, "depth": 3, "fusion_layer": 1, "bottlenecks": 2},
       Bottleneck(two, 4, 2, 1, 3, 1, 2)),
    of("three modalities, one layer", "mbt", three, {"width": 4, "heads": 1, "mlp_ratio": 1, "depth": 1, "fusion_layer": 0, "bottlenecks": 1},
       Bottleneck(three, 4, 1, 1, 1, 0, 1)),
    of("two blocks", "perceiver", two, {"width": 4, "heads": 2, "mlp_ratio": 1, "latents": 3, "blocks": 2, "depth": 1},
       Perceiver(two, 4, 2, 1, 3, 2, 1, False, "learned")),
    of("shared parameters", "perceiver", three, {"width": 4, "heads": 1, "mlp_ratio": 1, "latents": 2, "blocks": 3, "depth": 1, "share": True, "positions": "none"},
       Perceiver(three, 4, 1, 1, 2, 3, 1, True, "none")),
]
save(__file__, cases)
