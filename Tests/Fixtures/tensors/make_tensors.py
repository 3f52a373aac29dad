"""Writes tensors.json: values and gradients of every tensor operation as PyTorch computes them.

    python make_tensors.py        (PyTorch 2.13)

One case per line: its inputs, its output, a random gradient of the output and the gradients of the inputs. The
operations' arguments stand in OperationCases.swift under the same names.
"""
import json
import math
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(0)
cases = {}


def tensor(*shape, low=-2.0, high=2.0):
    """Evenly spread values in random order: no two so near that a step of central differences changes their order."""
    count = math.prod(shape)
    values = torch.linspace(low, high, count)[torch.randperm(count)] + torch.empty(count).uniform_(-0.02, 0.02)
    if low < 0:  # Some derivatives jump at 0.
        values = torch.where(values.abs() < 0.05, values + 0.1, values)
    return ((values * 1000).round() / 1000).reshape(shape)


def positive(*shape):
    return tensor(*shape, low=0.3, high=3.0)


def case(name, function, *inputs):
    inputs = [x.clone().requires_grad_() for x in inputs]
    output = function(*inputs)
    gradient = tensor(*output.shape)
    if output.requires_grad:
        gradients = torch.autograd.grad(output, inputs, gradient, allow_unused=True)
    else:
        gradients = [None] * len(inputs)
    assert name not in cases, name
    cases[name] = {
        "inputs": [described(x) for x in inputs],
        "output": described(output),
        "gradient": described(gradient),
        "gradients": [None if g is None else described(g) for g in gradients],
    }


def described(x):
    values = [float(f"{v:.8g}") for v in x.detach().float().flatten().tolist()]
    return {"shape": list(x.shape), "values": [v if math.isfinite(v) else str(v) for v in values]}


# Arithmetic: equal shapes, each way of broadcasting, numbers.
pairs = {
    "add": torch.add, "subtract": torch.sub, "multiply": torch.mul, "divide": torch.div,
    "maximum": torch.maximum, "minimum": torch.minimum,
}
for name, function in pairs.items():
    for suffix, shapes in {
        "": [(2, 3), (2, 3)], " row": [(4, 3), (3,)], " column": [(2, 1, 3), (4, 1)], " scalar": [(), (2, 3)],
    }.items():
        a, b = tensor(*shapes[0]), positive(*shapes[1])
        while ((a - b).abs() < 0.025).any():  # A near tie would upset central differences.
            b = torch.empty(shapes[1]).uniform_(0.3, 3).mul(1000).round() / 1000
        case(name + suffix, function, a, b)
case("add channels", torch.add, tensor(2, 3, 2, 2), tensor(1, 3, 1, 1))
case("multiply inner and outer", torch.mul, tensor(1, 3, 1, 2), tensor(2, 1, 4, 1))
case("number arithmetic", lambda x: 1 + (2 - (x * 3 - 1)) / 4 + 2 / x + (x + 1), tensor(2, 3))
case("maximum ties", torch.maximum, torch.tensor([1.0, 2, 3]), torch.tensor([1.0, 3, 3]))
case("minimum ties", torch.minimum, torch.tensor([1.0, 2, 3]), torch.tensor([1.0, 3, 3]))
case("power", torch.pow, positive(2, 3), tensor(3))
case("power of zero", torch.pow, torch.tensor([0.0, 0.0, 2.0, -2.0]), torch.tensor([2.0, 0.0, 0.0, 3.0]))
for name in ["eq", "ne", "gt", "ge", "lt", "le"]:
    function = getattr(torch, name)
    case(f"compare {name}", lambda a, b, f=function: f(a, b), torch.tensor([[1.0, 2], [3, 2]]), torch.tensor([2.0, 2]))
    case(f"compare {name} number", lambda a, f=function: f(a, 2), torch.tensor([1.0, 2, 3]))
case("where", lambda a, b: torch.where(torch.tensor([[True, False, True]]), a, b), tensor(2, 1), tensor(3))
case("where infinite", lambda a: torch.where(a > 0, a.log(), 0.0), torch.tensor([0.0, 2.0]))

# Functions of one value.
functions = {
    "negate": torch.neg, "exp": torch.exp, "square": torch.square, "abs": torch.abs, "sign": torch.sign,
    "clamp": lambda x: x.clamp(-1, 1), "clamp above": lambda x: x.clamp(max=0.5), "sin": torch.sin, "cos": torch.cos,
    "erf": torch.erf, "pow 3": lambda x: x.pow(3), "pow 0": lambda x: x.pow(0),
    "relu": F.relu, "leakyRelu": F.leaky_relu, "leakyRelu 0.2": lambda x: F.leaky_relu(x, 0.2), "elu": F.elu,
    "elu 0.5": lambda x: F.elu(x, 0.5), "gelu": F.gelu, "geluTanh": lambda x: F.gelu(x, approximate="tanh"),
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "softplus": F.softplus,
    "softplus 3": lambda x: F.softplus(x, beta=3, threshold=2), "silu": F.silu,
}
for name, function in functions.items():
    case(name, function, tensor(3, 4))
for name in ["log", "log1p", "sqrt", "rsqrt"]:
    case(name, getattr(torch, name), positive(3, 4))
case("pow -2", lambda x: x.pow(-2), positive(3, 4))
case("pow 0.5", lambda x: x.pow(0.5), positive(3, 4))
edges = torch.tensor([-100.0, -30, -5, -1, 0, 1, 5, 30, 88])
for name in ["relu", "leakyRelu", "elu", "gelu", "geluTanh", "sigmoid", "tanh", "softplus", "silu", "abs", "sign", "clamp"]:
    case(f"{name} edges", functions[name], edges)

# Reductions.
for name, function in {
    "sum": torch.sum, "mean": torch.mean, "max": torch.amax, "min": torch.amin, "logSumExp": torch.logsumexp,
    "variance": torch.var, "deviation": torch.std,
}.items():
    case(f"{name} all", lambda x, f=function: f(x, dim=(0, 1, 2)), tensor(2, 3, 4))
    case(f"{name} 1", lambda x, f=function: f(x, dim=1), tensor(2, 3, 4))
    case(f"{name} -1 kept", lambda x, f=function: f(x, dim=-1, keepdim=True), tensor(2, 3, 4))
    case(f"{name} 0 2", lambda x, f=function: f(x, dim=(0, 2)), tensor(2, 3, 4))
    case(f"{name} 0 2 3 kept", lambda x, f=function: f(x, dim=(0, 2, 3), keepdim=True), tensor(2, 3, 2, 2))
case("sum scalar", torch.sum, tensor())
case("max ties", lambda x: torch.amax(x, dim=1), torch.tensor([[1.0, 3, 3], [2, 2, 2]]))
case("min ties", lambda x: torch.amin(x, dim=1), torch.tensor([[3.0, 1, 1], [2, 2, 2]]))
case("variance biased", lambda x: torch.var(x, dim=0, correction=0), tensor(3, 4))
case("deviation biased", lambda x: torch.std(x, dim=0, correction=0), tensor(3, 4))
case("deviation constant", lambda x: torch.std(x, dim=1), torch.ones(2, 3))
case("product all", torch.prod, tensor(2, 3))
case("product 1", lambda x: torch.prod(x, 1), tensor(2, 3, 2))
case("product zeros", lambda x: torch.prod(x, 1), torch.tensor([[2.0, 0, 3], [0, 0, 4], [1, 2, 3]]))
for p in ["1", "2", "3", "inf", "0"]:
    case(f"norm {p}", lambda x, p=p: torch.linalg.vector_norm(x, float(p), dim=1), tensor(3, 4))
case("norm 2 all kept", lambda x: torch.linalg.vector_norm(x, keepdim=True), tensor(3, 4))
case("norm 2 zeros", lambda x: torch.linalg.vector_norm(x, dim=1), torch.tensor([[0.0, 0], [3, 4]]))
case("norm inf ties", lambda x: torch.linalg.vector_norm(x, float("inf"), dim=1), torch.tensor([[3.0, -3, 1]]))
case("logSumExp edges", lambda x: torch.logsumexp(x, 1), torch.tensor([[1000.0, 1000], [-1000, -1001]]))
for name, function in {"softmax": torch.softmax, "logSoftmax": torch.log_softmax, "cumulativeSum": torch.cumsum}.items():
    case(name, lambda x, f=function: f(x, -1), tensor(2, 5))
    case(f"{name} 1", lambda x, f=function: f(x, 1), tensor(2, 3, 4))
    case(f"{name} large", lambda x, f=function: f(x, 1), torch.tensor([[100.0, -100, 99], [1000, 1000, 1000]]))

# Matrix products.
for name, shapes in {
    "2 2": [(2, 3), (3, 4)], "1 1": [(3,), (3,)], "1 2": [(3,), (3, 4)], "2 1": [(2, 3), (3,)],
    "3 2": [(2, 2, 3), (3, 4)], "2 3": [(2, 3), (2, 3, 4)], "3 3": [(2, 2, 3), (2, 3, 4)],
    "4 4 broadcast": [(2, 1, 2, 3), (1, 3, 3, 2)], "3 1": [(2, 2, 3), (3,)], "1 3": [(3,), (2, 3, 2)],
}.items():
    case(f"matmul {name}", torch.matmul, *[tensor(*s) for s in shapes])
case("matmul transposed", lambda a, b: a.mT @ b, tensor(3, 2), tensor(3, 4))
case("matmul other transposed", lambda a, b: a @ b.mT, tensor(2, 2, 3), tensor(4, 3))
case("matmul both transposed", lambda a, b: a.mT @ b.mT, tensor(2, 3, 2), tensor(2, 4, 3))
for spec, shapes in {
    "ij,jk->ik": [(2, 3), (3, 4)], "ij,kj->ki": [(2, 3), (4, 3)], "bij,bjk->bik": [(2, 2, 3), (2, 3, 2)],
    "i,j->ij": [(2,), (3,)], "ij->ji": [(2, 3)], "ij->": [(2, 3)], "ij->j": [(2, 3)], "ii->i": [(3, 3)],
    "ii": [(3, 3)], "ij,jk": [(2, 3), (3, 2)], "ba": [(2, 3)], "i,i->": [(3,), (3,)], "ij,ij->ij": [(2, 3), (2, 3)],
    "bi,bj->bij": [(2, 2), (2, 3)], "bi,ijk,bj->bk": [(2, 3), (3, 2, 4), (2, 2)], "ijk,kj->i": [(2, 3, 2), (2, 3)],
    "bhqd,bhkd->bhqk": [(2, 2, 3, 2), (2, 2, 2, 2)], "bn,anm,bm->ba": [(2, 3), (2, 3, 2), (2, 2)],
    "ij,k->k": [(2, 3), (2,)], "iij,ij->i": [(2, 2, 3), (2, 3)], "a,b,c,d->dcba": [(2,), (1,), (3,), (2,)],
    "rbd,rbd,r->bd": [(2, 2, 3), (2, 2, 3), (2,)], " i j , j k -> i k ": [(2, 3), (3, 4)],
}.items():
    case(f"einsum {spec}", lambda *x, s=spec: torch.einsum(s, *x), *[tensor(*s) for s in shapes])

# Shapes.
case("reshaped", lambda x: x.reshape(3, -1), tensor(2, 6))
case("flattened", lambda x: x.flatten(1), tensor(2, 3, 2))
case("flattened middle", lambda x: x.flatten(1, 2), tensor(2, 3, 2, 2))
case("transposed", lambda x: x.transpose(-2, -1), tensor(2, 3, 4))
case("permuted", lambda x: x.permute(2, 0, -3 + 1), tensor(2, 3, 4))
case("permuted 4", lambda x: x.permute(0, 2, 1, 3), tensor(2, 3, 2, 2))
case("squeezed", lambda x: x.squeeze(1), tensor(2, 1, 3))
case("squeezed all", lambda x: x.squeeze(), tensor(1, 2, 1))
case("unsqueezed", lambda x: x.unsqueeze(-1), tensor(2, 3))
case("broadcast", lambda x: x.expand(2, 3, 4), tensor(3, 1))
case("sliced", lambda x: x[:, 1:3], tensor(2, 4, 2))
case("sliced step", lambda x: x[1:7:2], tensor(8, 2))
case("narrow", lambda x: x.narrow(-1, 1, 2), tensor(2, 4))
case("element", lambda x: x.select(1, 2), tensor(2, 4, 2))
case("flipped", lambda x: x.flip(0, 2), tensor(2, 3, 2))
case("rolled", lambda x: x.roll(2, 1), tensor(2, 5))
case("rolled back", lambda x: x.roll(-6, 0), tensor(4, 2))
case("tiled", lambda x: x.repeat(2, 1, 3), tensor(2, 2))
case("repeated", lambda x: x.repeat_interleave(3, dim=0), tensor(2, 2))
case("padded", lambda x: F.pad(x, (1, 2, 0, 1), value=0.5), tensor(2, 2))
case("concatenated", lambda a, b, c: torch.cat([a, b, c], 1), tensor(2, 1, 2), tensor(2, 3, 2), tensor(2, 2, 2))
case("concatenated twice", lambda a: torch.cat([a, a], 0), tensor(2, 2))
case("stacked", lambda a, b: torch.stack([a, b], -1), tensor(2, 3), tensor(2, 3))
case("split", lambda x: torch.mul(*[y.sum(1) for y in x.split([1, 3], 1)]), tensor(2, 4))
case("chunked", lambda x: x.chunk(2, 1)[1], tensor(2, 5))
case("diagonal", torch.diagonal, tensor(3, 4))
case("diagonal batch", lambda x: torch.diagonal(x, dim1=0, dim2=2), tensor(3, 2, 3))
case("outer", torch.outer, tensor(2), tensor(3))
case("selected", lambda x: x.index_select(1, torch.tensor([2, 0, 2])), tensor(2, 3, 2))
index = torch.tensor([[0, 2], [1, 1]])
case("gathered", lambda x: x.gather(1, index), tensor(2, 3))
case("gathered 0", lambda x: x.gather(0, torch.tensor([[1, 0, 1]])), tensor(2, 3))
case("scatterAdded", lambda x, s: x.scatter_add(1, index, s), tensor(2, 3), tensor(2, 2))
case("scatterAdded 0", lambda x, s: x.scatter_add(0, torch.tensor([[1, 1]]), s), tensor(2, 3), tensor(1, 2))

# Indices, and draws from the counter-based generator, have no gradient.
case("oneHot", lambda x: F.one_hot(torch.tensor([[2, 0], [1, 1]]), 3).float() * x, tensor(1))
case("eye", lambda x: torch.eye(2, 3) * x, tensor(1))
case("arange", lambda x: torch.arange(1, 7, 2).float() * x, tensor(1))
case("argmax 1", lambda x: x.argmax(1), torch.tensor([[[1.0, 5], [3, 5]], [[7, 2], [7, 1]]]))


def top_mask(x, count, axis):
    """1 where topk finds the largest values. Of equals the first, which topk does not promise, but a stable sort does."""
    places = x.sort(dim=axis, descending=True, stable=True).indices.narrow(axis, 0, count)
    return torch.zeros_like(x).scatter(axis, places, 1.0)


generator = torch.Generator().manual_seed(5)
for name, x, count, axis in [
    ("topMask", torch.randn(3, 5, generator=generator), 2, -1),
    ("topMask 1", torch.randn(2, 4, 3, generator=generator), 1, 1),
]:
    assert (top_mask(x, count, axis).nonzero() == torch.zeros_like(x).scatter(axis, x.topk(count, axis).indices, 1).nonzero()).all()
    case(name, lambda x, c=count, a=axis: top_mask(x, c, a) + 0 * x, x)
case("topMask ties", lambda x: top_mask(x, 2, -1) + 0 * x, torch.tensor([[1.0, 3, 3, 3], [2, 2, 2, 2], [-1, 0, -1, -1]]))

path = pathlib.Path(__file__).with_name("tensors.json")
lines = [f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in cases.items()]
path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
print(len(cases), "cases,", path.stat().st_size, "bytes")
