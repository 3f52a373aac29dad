"""Values and gradients of fusions that join vectors, computed by PyTorch from the papers' formulas: python make_fusions.py

Writes fusions.json beside this file. Inputs and parameters are drawn here; the tests put them into FusionKit's fusions.
"""
from common import *


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


for fusion, join in (
        ("mean", lambda t: torch.stack(t).mean(0)), ("max", lambda t: torch.stack(t).amax(0)),
        ("min", lambda t: torch.stack(t).amin(0))):
    cases += [
        case("widths differ", fusion, {}, features(*two), projections(two, 5), lambda x, p: join(projected(x, p))),
        case("widths agree", fusion, {}, features(*three, width=4), {}, lambda x, p: join(x)),
        case("width asked for", fusion, {"width": 6}, features(*three), projections(three, 6), lambda x, p: join(projected(x, p))),
    ]

one = lambda x: torch.cat([torch.ones(N, 1), x], 1)
cases += [
    case("two modalities", "tensor_fusion", {}, features(*two), {},
         lambda x, p: torch.einsum("ni,nj->nij", one(x[0]), one(x[1])).flatten(1)),
    case("three modalities, width 2", "tensor_fusion", {"width": 2}, features(*three), projections(three, 2),
         lambda x, p: torch.einsum("ni,nj,nk->nijk", *map(one, projected(x, p))).flatten(1)),
]


def trimodal(x, p):
    a, b, c = x
    part = lambda name, *shape: p[name].reshape(shape)
    d = p["offset.b"].shape[0]
    maps = (
        torch.einsum("bi,bj,ijmp->bmp", a, b, part("map.W", 4, 5, 4, d)) + torch.einsum("bj,jmp->bmp", b, part("map.V", 5, 4, d))
        + torch.einsum("bi,imp->bmp", a, part("map.U", 4, 4, d)) + part("map.b", 4, d))
    offset = torch.einsum("bi,bj,ijp->bp", a, b, p["offset.W"]) + b @ p["offset.V"] + a @ p["offset.U"] + p["offset.b"]
    return torch.einsum("bm,bmp->bp", c, maps) + offset


for width in (4, 2):
    parameters = {
        f"{part}.{k}": v for part, size in (("map", 4 * width), ("offset", width)) for k, v in bimodal("matrix", 4, 5, size).items()}
    cases.append(case(
        f"width {width}", "trimodal_interaction", {} if width == 4 else {"width": width}, features(*three), parameters, trimodal))

save(__file__, cases)
