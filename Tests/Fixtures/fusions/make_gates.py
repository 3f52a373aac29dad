"""Fusions by gates, attention over modalities and conditioning, computed by PyTorch from the papers' formulas: python make_gates.py"""
from common import *

cat = lambda x: torch.cat(x, 1)
total = lambda names: sum(WIDTHS[n] for n in names)


def gated_unit(names):
    def compute(x, p):
        h = [torch.tanh(apply(p, f"hidden.{n}", v)) for n, v in zip(names, x)]
        z = [torch.sigmoid(apply(p, f"gates.{n}", cat(x))) for n in (names if len(names) != 2 else names[:1])]
        return z[0] * h[0] + (1 - z[0]) * h[1] if len(names) == 2 else sum(a * b for a, b in zip(z, h))
    gates = {k: v for n in (names if len(names) != 2 else names[:1]) for k, v in linear(f"gates.{n}", total(names), 4, False).items()}
    return case(f"{len(names)} modalities", "gated_multimodal_unit", {"width": 4}, features(*names),
                linears("hidden", names, 4, False) | gates, compute)


def film(name, configuration, inputs, sizes, flip=False, channel=-1):
    def compute(x, p):
        by, of = (x[1], x[0]) if flip else (x[0], x[1])
        gamma, beta = through(p, "generator", by.flatten(1)).chunk(2, 1)
        shape = [N] + [1] * (of.ndim - 1)
        shape[channel] = -1
        return (1 + gamma.reshape(shape)) * of + beta.reshape(shape)
    return case(name, "film", configuration, inputs, perceptron("generator", sizes), compute)


def attention_sum(names, width, configuration, parameters):
    def compute(x, p):
        a = torch.softmax(apply(p, "attention", cat(x)), 1)
        return sum(a[:, i:i + 1] * v for i, v in enumerate(projected(x, p)))
    inputs = features(*names, width=width)
    count = sum(v.shape[1] for v in inputs.values())
    return case(f"{len(names)} modalities, {len(parameters)} projections", "attention_sum", configuration, inputs,
                parameters | linear("attention", count, len(names)), compute)


def deep_sets(pool, join, hidden, activation, name):
    sizes = [3, *hidden, 3]
    return case(f"{pool}, {name}", "deep_sets", {"width": 3, "pool": pool, "hidden": hidden, "activation": name},
                features(*three), projections(three, 3) | perceptron("perceptron", sizes),
                lambda x, p: through(p, "perceptron", join(torch.stack(projected(x, p))), activation))


def channel_attention(name, ratio, inputs):
    names, channels = list(inputs), [v.shape[-1] for v in inputs.values()]
    squeezed = max(1, 2 * sum(channels) // ratio)

    def compute(x, p):
        s = [v.mean(1) if v.ndim == 3 else v for v in x]
        z = F.relu(apply(p, "squeeze", cat(s)))
        gates = [2 * torch.sigmoid(apply(p, f"excite.{n}", z)) for n in names]
        return cat([(v * (g[:, None] if v.ndim == 3 else g)).flatten(1) for v, g in zip(x, gates)])
    parameters = linear("squeeze", sum(channels), squeezed)
    for n, c in zip(names, channels):
        parameters |= linear(f"excite.{n}", squeezed, c)
    return case(name, "channel_attention", {"ratio": ratio}, inputs, parameters, compute)


def hypernetwork(names, width, hidden):
    def compute(x, p):
        h = F.relu(apply(p, "embedding", x[0]))
        weight = apply(p, "weights", h).reshape(N, width, width)
        terms = [torch.einsum("nij,nj->ni", weight, apply(p, f"projections.{n}", v)) for n, v in zip(names[1:], x[1:])]
        return sum(terms) + apply(p, "bias", h)
    parameters = linear("embedding", WIDTHS[names[0]], hidden) | linear("weights", hidden, width * width) | linear("bias", hidden, width)
    return case(f"{len(names)} modalities", "hypernetwork", {"width": width, "hidden": hidden}, features(*names),
                parameters | projections(names[1:], width), compute)


def mixture(name, experts, top, hidden):
    def compute(x, p):
        z = apply(p, "gate", cat(x))
        if top:
            kept = torch.zeros_like(z).scatter(1, z.topk(top, 1).indices, 1)
            z = z.masked_fill(kept == 0, -torch.inf)
        g = torch.softmax(z, 1)
        return sum(g[:, e:e + 1] * through(p, f"experts.{e}", cat(x)) for e in range(experts))
    parameters = linear("gate", total(two), experts)
    for e in range(experts):
        parameters |= perceptron(f"experts.{e}", [total(two), *hidden, 3])
    configuration = {"width": 3, "experts": experts, "hidden": hidden} | ({"top": top} if top else {})
    return case(name, "mixture_of_experts", configuration, features(*two), parameters, compute)


def nl_gate(queries, keys, width):
    def compute(x, p):
        q = apply(p, "query", x[0]).reshape(N, queries, width)
        k, v = (apply(p, n, x[1]).reshape(N, keys, width) for n in ("key", "value"))
        return (q + torch.softmax(q @ k.transpose(1, 2), 2) @ v).flatten(1)
    parameters = linear("query", 4, queries * width) | linear("key", 5, keys * width) | linear("value", 5, keys * width)
    return case(f"{queries} queries", "nl_gate", {"queries": queries, "keys": keys, "width": width}, features(*two), parameters, compute)


def experts(names, prior, both):
    def compute(x, p):
        means = [apply(p, f"mean.{n}", v) for n, v in zip(names, x)]
        precisions = [1 / apply(p, f"log_variance.{n}", v).exp() for n, v in zip(names, x)]
        summed = sum(precisions) + prior
        mean = sum(m * t for m, t in zip(means, precisions)) / summed
        return torch.cat([mean, torch.log(1 / summed)], 1) if both else mean
    return case(f"{len(names)} modalities, prior {prior}", "product_of_experts",
                {"width": 3, "prior": prior, "output": "mean_and_variance" if both else "mean"}, features(*names),
                linears("mean", names, 3) | linears("log_variance", names, 3), compute)


maps = {"image": rand(N, 3), "audio": rand(N, 2, 3, 2)}
tokens = {"image": rand(N, 3), "audio": rand(N, 4, 2)}
cases = [
    gated_unit(two), gated_unit(three),
    film("vectors", {}, features(*two), [4, 10]),
    film("vectors, flipped, hidden", {"flip": True, "hidden": [3]}, features(*two), [5, 3, 8], flip=True),
    film("tokens", {}, tokens, [3, 4]),
    film("maps", {}, maps, [3, 4], channel=1),
    attention_sum(two, 4, {}, {}), attention_sum(three, None, {}, projections(three, 5)),
    attention_sum(two, None, {"width": 3}, projections(two, 3)),
    deep_sets("sum", lambda t: t.sum(0), [4], F.relu, "relu"), deep_sets("mean", lambda t: t.mean(0), [4, 2], torch.tanh, "tanh"),
    deep_sets("max", lambda t: t.amax(0), [], F.relu, "relu"),
    channel_attention("vectors", 3, features(*two)), channel_attention("a vector and tokens", 4, {"image": rand(N, 3), "audio": rand(N, 4, 2)}),
    channel_attention("narrowest", 64, features(*three)),
    hypernetwork(two, 3, 4), hypernetwork(three, 2, 3),
    mixture("all experts", 3, None, [4]), mixture("the best two", 4, 2, []), mixture("the best alone", 3, 1, [2]),
    nl_gate(2, 3, 2), nl_gate(1, 2, 4),
    experts(two, True, False), experts(three, False, False), experts(two, False, True), experts(three, True, True),
]
save(__file__, [c for c in cases if c])
