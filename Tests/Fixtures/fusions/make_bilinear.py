"""Bilinear poolings of two modalities, computed by PyTorch from the papers' formulas: python make_bilinear.py"""
from common import *


def normalized(z, epsilon=1e-8):
    z = z / torch.sqrt(z.abs() + epsilon)
    return z / torch.sqrt((z * z).sum(-1, keepdim=True) + epsilon)


def factors(name, widths, size):
    return linear(f"{name}.image", widths[0], size) | linear(f"{name}.audio", widths[1], size)


def times(p, name, u, v):
    return apply(p, f"{name}.image", u) * apply(p, f"{name}.audio", v)


def mlb(activation, function, rank, width):
    def compute(x, p):
        u, v = projected(x, p)
        return apply(p, "output", function(u) * function(v))
    return case(activation, "mlb", {"activation": activation, "rank": rank, "width": width}, features(*two),
                projections(two, rank) | linear("output", rank, width), compute)


def mfh(fusion, name, width, factor, order, normalize=True):
    def compute(x, p):
        parts, e = [], 1.0
        for i in range(order):
            e = e * times(p, f"blocks.{i}", *x)
            z = e.reshape(N, width, factor).sum(2)
            parts.append(normalized(z) if normalize else z)
        return torch.cat(parts, 1)
    parameters = {k: v for i in range(order) for k, v in factors(f"blocks.{i}", (4, 5), width * factor).items()}
    configuration = {"width": width, "factor": factor, "dropout": 0, "normalize": normalize} | ({"order": order} if fusion == "mfh" else {})
    return case(name, fusion, configuration, features(*two), parameters, compute)


def mcb(name, width, normalize):
    """As in the paper: the product of the Fourier transforms of two count sketches."""
    buffers = {}
    for m in two:
        buffers[f"sketches.{m}.hash"] = torch.randint(0, width, (WIDTHS[m],)).float()
        buffers[f"sketches.{m}.sign"] = torch.randint(0, 2, (WIDTHS[m],)).float() * 2 - 1

    def sketch(m, x):
        # In double: the transform's rounding, where nothing falls, would be blown up by the root.
        values = (x * buffers[f"sketches.{m}.sign"]).double()
        return torch.zeros(N, width).double().index_add(1, buffers[f"sketches.{m}.hash"].long(), values)

    def compute(x, p):
        a, b = (torch.fft.rfft(sketch(m, v)) for m, v in zip(two, x))
        z = torch.fft.irfft(a * b, n=width)
        return (normalized(z) if normalize else z).float()
    return case(name, "mcb", {"width": width, "normalize": normalize}, features(*two), {}, compute, buffers)


def tucker(rank, width):
    def compute(x, p):
        u, v = projected(x, p)
        return apply(p, "output", torch.einsum("ni,nj,ijk->nk", u, v, p["core"]))
    return case(f"rank {rank}", "tucker", {"rank": rank, "width": width}, features(*two),
                projections(two, rank) | {"core": rand(rank, rank, rank)} | linear("output", rank, width), compute)


def mutan(inner, rank, width):
    def compute(x, p):
        u, v = (torch.tanh(z) for z in projected(x, p))
        return apply(p, "output", times(p, "core", u, v).reshape(N, inner, rank).sum(2))
    return case(f"rank {rank}", "mutan", {"inner": inner, "rank": rank, "width": width}, features(*two),
                projections(two, inner) | factors("core", (inner, inner), inner * rank) | linear("output", inner, width), compute)


def block(inner, chunks, rank, width, normalize):
    size = inner // chunks

    def compute(x, p):
        u, v = (z.chunk(chunks, 1) for z in projected(x, p))
        z = [times(p, f"cores.{c}", u[c], v[c]).reshape(N, size, rank).sum(2) for c in range(chunks)]
        return apply(p, "output", torch.cat([normalized(a) if normalize else a for a in z], 1))
    parameters = projections(two, inner) | linear("output", inner, width)
    for c in range(chunks):
        parameters |= factors(f"cores.{c}", (size, size), size * rank)
    return case(f"{chunks} chunks", "block",
                {"inner": inner, "chunks": chunks, "rank": rank, "width": width, "normalize": normalize}, features(*two), parameters, compute)


cases = [
    mlb("tanh", torch.tanh, 4, 3), mlb("relu", F.relu, 5, 2),
    mfh("mfb", "factor 2", 3, 2, 1), mfh("mfb", "factor 3, plain", 2, 3, 1, False), mfh("mfb", "factor 1", 4, 1, 1),
    mfh("mfh", "two blocks", 3, 2, 2), mfh("mfh", "three blocks, plain", 2, 2, 3, False),
    mcb("width 8, plain", 8, False), mcb("width 7", 7, True), mcb("width 3, plain", 3, False),
    tucker(3, 4), tucker(2, 5), mutan(4, 2, 3), mutan(3, 1, 4), block(4, 2, 2, 3, True), block(6, 3, 1, 2, False),
]
save(__file__, cases)
