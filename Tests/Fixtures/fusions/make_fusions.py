"""Values and gradients of every fusion, computed by PyTorch from the papers' formulas: python make_fusions.py

Writes fusions.json beside this file. Inputs and parameters are drawn here; the tests put them into FusionKit's fusions.
"""
import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(7)
N, WIDTHS = 3, {"image": 4, "audio": 5, "text": 4}


def rand(*shape):
    return torch.randn(*shape, requires_grad=True)


def features(*names, width=None):
    return {name: rand(N, width or WIDTHS[name]) for name in names}


def case(name, fusion, configuration, inputs, parameters, compute):
    output = compute(list(inputs.values()), parameters)
    seed = torch.randn_like(output)
    leaves = list(inputs.values()) + list(parameters.values())
    gradients = torch.autograd.grad(output, leaves, seed, allow_unused=False)
    pack = lambda t: {"shape": list(t.shape), "values": t.detach().flatten().tolist()}
    return {
        "name": name, "fusion": fusion, "configuration": configuration,
        "inputs": [{"modality": k, "value": pack(v), "gradient": pack(g)} for (k, v), g in zip(inputs.items(), gradients)],
        "parameters": [
            {"name": k, "value": pack(v), "gradient": pack(g)}
            for (k, v), g in zip(parameters.items(), gradients[len(inputs):])
        ],
        "output": pack(output), "seed": pack(seed),
    }


def projections(names, width):
    parameters = {}
    for name in names:
        parameters[f"projections.{name}.weight"] = rand(width, WIDTHS[name])
        parameters[f"projections.{name}.bias"] = rand(width)
    return parameters


def projected(x, p):
    if not p:
        return x
    names = [k[len("projections."):-len(".weight")] for k in p if k.endswith(".weight")]
    return [F.linear(v, p[f"projections.{n}.weight"], p[f"projections.{n}.bias"]) for v, n in zip(x, names)]


def product(terms):
    result = terms[0]
    for term in terms[1:]:
        result = result * term
    return result


def low_rank(x, p):
    one = torch.ones(N, 1)
    factors = [v for k, v in p.items() if k.startswith("factors.")]
    z = product([torch.matmul(torch.cat([one, v], 1), f) for v, f in zip(x, factors)])
    return torch.einsum("r,rbo->bo", p["weights"][0], z) + p["bias"]


def matrix(x, p):
    a, b = x
    weight = torch.einsum("bn,nmd->bmd", a, p["W"]) + p["V"]
    return torch.einsum("bm,bmd->bd", b, weight) + a @ p["U"] + p["b"]


def vector(x, p):
    return (x[0] @ p["W"] + p["V"]) * x[1] + x[0] @ p["U"] + p["b"]


def scalar(x, p):
    return ((x[0] @ p["W"]) + p["V"])[:, None] * x[1] + ((x[0] @ p["U"]) + p["b"])[:, None]


def bimodal(form, d1, d2, width):
    shapes = {
        "matrix": [(d1, d2, width), (d2, width), (d1, width), (width,)],
        "vector": [(d1, d2), (d2,), (d1, d2), (d2,)],
        "scalar": [(d1,), (1,), (d1,), (1,)],
    }[form]
    return {k: rand(*s) for k, s in zip("WVUb", shapes)}


class ClipGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, g):
        return g.clamp(-0.5, 0.25)


def clipped(x, p):
    return matrix(x, {k: ClipGradient.apply(v).clamp(-0.5, 0.75) for k, v in p.items()})


options = lambda **changes: {"form": "matrix", "flip": False, **changes}
two, three = ("image", "audio"), ("image", "audio", "text")
cases = [
    case("two modalities", "concat", {}, features(*two), {}, lambda x, p: torch.cat(x, 1)),
    case("three modalities", "late", {}, features(*three), {}, lambda x, p: torch.cat(x, 1)),
    case("widths differ", "add", {}, features(*two), projections(two, 5), lambda x, p: sum(projected(x, p))),
    case("widths agree", "add", {}, features(*three, width=4), {}, lambda x, p: sum(x)),
    case("width asked for", "add", {"width": 6}, features(*three), projections(three, 6), lambda x, p: sum(projected(x, p))),
    case("widths differ", "multiply", {}, features(*three), projections(three, 5), lambda x, p: product(projected(x, p))),
    case("widths agree", "multiply", {}, features(*two, width=4), {}, lambda x, p: product(x)),
]
for names in (two, three):
    parameters = {f"factors.{n}": rand(3, WIDTHS[n] + 1, 6) for n in names} | {"weights": rand(1, 3), "bias": rand(1, 6)}
    cases.append(case(f"{len(names)} modalities", "low_rank_tensor", {"rank": 3, "width": 6}, features(*names), parameters, low_rank))
for form, compute in (("matrix", matrix), ("vector", vector), ("scalar", scalar)):
    cases.append(case(form, "bimodal_interaction", options(form=form), features(*two), bimodal(form, 4, 5, 5), compute))
cases.append(case("matrix, width 6", "bimodal_interaction", options(width=6), features(*two), bimodal("matrix", 4, 5, 6), matrix))
cases.append(case(
    "matrix, flipped", "bimodal_interaction", options(flip=True, width=6), features(*two), bimodal("matrix", 5, 4, 6),
    lambda x, p: matrix(x[::-1], p)))
cases.append(case(
    "matrix, clipped", "bimodal_interaction", options(clip=[-0.5, 0.75], gradient_clip=[-0.5, 0.25]), features(*two),
    bimodal("matrix", 4, 5, 5), clipped))

path = pathlib.Path(__file__).with_name("fusions.json")
path.write_text(json.dumps({"torch": torch.__version__, "cases": cases}))
print(len(cases), "cases,", path.stat().st_size, "bytes")
