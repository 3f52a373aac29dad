"""What the scripts of this folder share: drawn values, and cases with their gradients."""
import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(7)
N, WIDTHS = 3, {"image": 4, "audio": 5, "text": 4}
two, three = ("image", "audio"), ("image", "audio", "text")


def rand(*shape):
    return torch.randn(*shape, requires_grad=True)


def features(*names, width=None):
    return {name: rand(N, width or WIDTHS[name]) for name in names}


def pack(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]}


def case(name, fusion, configuration, inputs, parameters, compute, buffers=None):
    output = compute(list(inputs.values()), parameters)
    seed = torch.randn_like(output)
    leaves = list(inputs.values()) + list(parameters.values())
    gradients = torch.autograd.grad(output, leaves, seed, allow_unused=False)
    return {
        "name": name, "fusion": fusion, "configuration": configuration,
        "inputs": [{"modality": k, "value": pack(v), "gradient": pack(g)} for (k, v), g in zip(inputs.items(), gradients)],
        "parameters": [
            {"name": k, "value": pack(v), "gradient": pack(g)}
            for (k, v), g in zip(parameters.items(), gradients[len(inputs):])
        ] + [{"name": k, "value": pack(v)} for k, v in (buffers or {}).items()],
        "output": pack(output), "seed": pack(seed),
    }


def linear(name, inputs, outputs, bias=True):
    """The parameters of a linear layer."""
    return {f"{name}.weight": rand(outputs, inputs)} | ({f"{name}.bias": rand(outputs)} if bias else {})


def linears(name, modalities, width, bias=True):
    """One linear layer a modality."""
    return {k: v for m in modalities for k, v in linear(f"{name}.{m}", WIDTHS[m], width, bias).items()}


def apply(p, name, x):
    return F.linear(x, p[f"{name}.weight"], p.get(f"{name}.bias"))


def perceptron(name, sizes):
    """The parameters of linear layers, one after the other."""
    return {k: v for i, (a, b) in enumerate(zip(sizes, sizes[1:])) for k, v in linear(f"{name}.layers.{i}", a, b).items()}


def through(p, name, x, activation=F.relu):
    """A perceptron: an activation after each layer but the last."""
    count = sum(k.startswith(name + ".layers.") and k.endswith(".weight") for k in p)
    for i in range(count):
        x = apply(p, f"{name}.layers.{i}", x)
        if i < count - 1:
            x = activation(x)
    return x


def projections(names, width):
    return linears("projections", names, width)


def projected(x, p):
    names = [k[len("projections."):-len(".weight")] for k in p if k.startswith("projections.") and k.endswith(".weight")]
    return [apply(p, f"projections.{n}", v) for v, n in zip(x, names)] if names else x


def product(terms):
    result = terms[0]
    for term in terms[1:]:
        result = result * term
    return result


def save(script, cases, versions=None):
    """Writes the cases beside the script, under its name without make_; the versions of what computed them besides PyTorch."""
    path = pathlib.Path(script).with_name(pathlib.Path(script).stem.removeprefix("make_") + ".json")
    path.write_text(json.dumps({"torch": torch.__version__} | (versions or {}) | {"cases": cases}))
    print(len(cases), "cases,", path.stat().st_size, "bytes")
