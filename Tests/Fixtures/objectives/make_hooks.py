"""Objectives that read an epoch's end and gradients kept apart, computed by PyTorch in double precision: python make_hooks.py

- MMPareto (Wei and Hu, ICML 2024): the gradients of the joint and of a unimodal loss for each encoder. Where they agree
  (cosine above 0) half of each, else the combination of least norm (Sener and Koltun 2018); brought to the norm of their sum,
  times gamma. Decoder and heads follow the sum of all losses. Three steps of SGD.
- Gradient blending (Wang, Tran and Feiszli, CVPR 2020): weights of the losses in proportion to G / O^2, where G is the drop
  of the validation loss over an epoch and O the growth of its gap to the training loss. Two epochs of three steps.
"""
import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(23)
INPUTS, HIDDEN, WIDTH, CLASSES, N, GAMMA = {"image": 5, "audio": 4}, 6, 4, 3, 8, 1.5
NAMES = list(INPUTS)


def draw(*shape, scale=1.0):
    """Values that are exact in single precision."""
    return (torch.randn(*shape) * scale).double()


def pack(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]}


def linear(name, inputs, outputs):
    return {f"{name}.weight": draw(outputs, inputs, scale=inputs ** -0.5), f"{name}.bias": draw(outputs, scale=0.3)}


def apply(p, name, x):
    return F.linear(x, p[f"{name}.weight"], p[f"{name}.bias"])


def parameters(objective):
    p = {k: v for m in NAMES for k, v in (
        linear(f"encoders.{m}.layers.0", INPUTS[m], HIDDEN) | linear(f"encoders.{m}.layers.1", HIDDEN, WIDTH)).items()}
    p |= linear("decoder", WIDTH * len(NAMES), CLASSES)
    for m in NAMES:
        p |= linear(f"objectives.{objective}.heads.{m}", WIDTH, CLASSES)
    return p


def batch():
    return {m: draw(N, INPUTS[m]) for m in NAMES}, torch.randint(CLASSES, (N,))


def losses(p, objective, x, y):
    z = {m: apply(p, f"encoders.{m}.layers.1", torch.relu(apply(p, f"encoders.{m}.layers.0", x[m]))) for m in NAMES}
    found = {"joint": F.cross_entropy(apply(p, "decoder", torch.cat(list(z.values()), 1)), y)}
    return found | {m: F.cross_entropy(apply(p, f"objectives.{objective}.heads.{m}", z[m]), y) for m in NAMES}


def kept(batches):
    return [{"inputs": {m: pack(v) for m, v in x.items()}, "classes": y.tolist()} for x, y in batches]


def pareto():
    p = parameters("pareto")
    before = {k: pack(v) for k, v in p.items()}
    p = {k: v.requires_grad_() for k, v in p.items()}
    step = torch.optim.SGD(p.values(), lr=0.1)
    batches, cosines, first = [], [], None
    for _ in range(3):
        x, y = batch()
        batches.append((x, y))
        terms = losses(p, "pareto", x, y)
        apart = {}
        for name, loss in terms.items():
            grads = torch.autograd.grad(loss, list(p.values()), retain_graph=True, allow_unused=True)
            apart[name] = {k: g for k, g in zip(p, grads) if g is not None}
        first = first or {n: {k: pack(v) for k, v in g.items() if k.startswith("encoders") or k.startswith("decoder")}
                          for n, g in apart.items()}
        step.zero_grad()
        sum(terms.values()).backward()
        for m in NAMES:
            keys = [k for k in p if k.startswith(f"encoders.{m}.")]
            a = torch.cat([apart["joint"][k].flatten() for k in keys])
            b = torch.cat([apart[m][k].flatten() for k in keys])
            cosine = (a @ b / (a.norm() * b.norm())).item()
            cosines.append(cosine)
            t = 0.5
            if cosine <= 0:
                t = max(0.0, min(1.0, (((b - a) @ b) / (a - b).norm() ** 2).item()))
            mixed = t * a + (1 - t) * b
            factor = GAMMA * (a + b).norm() / mixed.norm()
            for k in keys:
                p[k].grad = (t * apart["joint"][k] + (1 - t) * apart[m][k]) * factor
        step.step()
    assert min(cosines) <= 0 < max(cosines), cosines
    return {"before": before, "batches": kept(batches), "separate": first, "cosines": cosines,
            "after": {k: pack(v) for k, v in p.items()}}


def blending():
    p = parameters("blending")
    before = {k: pack(v) for k, v in p.items()}
    p = {k: v.requires_grad_() for k, v in p.items()}
    step = torch.optim.SGD(p.values(), lr=0.2)
    train = [batch() for _ in range(3)]
    # Samples like those of training, so that there is something to gain on them.
    validation = [({m: (v.float() + 0.8 * torch.randn(v.shape)).double() for m, v in x.items()}, y) for x, y in train[:2]]
    weights, last, told = {n: 1.0 for n in ["joint", *NAMES]}, None, []
    for epoch in range(3):
        sums = {n: 0.0 for n in weights}
        for x, y in train:
            terms = losses(p, "blending", x, y)
            step.zero_grad()
            sum(weights[n] * l for n, l in terms.items()).backward()
            step.step()
            for n, l in terms.items():
                sums[n] += l.item() / len(train)
        with torch.no_grad():
            valid = {n: sum(losses(p, "blending", x, y)[n].item() for x, y in validation) / 2 for n in weights}
        if last is not None:
            score = {}
            for n in weights:
                gain = last[1][n] - valid[n]
                overfit = (valid[n] - sums[n]) - (last[1][n] - last[0][n])
                score[n] = max(gain, 0.0) / max(overfit ** 2, 1e-4)
            total = sum(score.values())
            weights = {n: s / total if total > 0 else 1 / len(score) for n, s in score.items()}
        last = (sums, valid)
        told.append({"training": sums, "validation": valid, "weights": dict(weights)})
    return {"before": before, "batches": kept(train), "validation": kept(validation), "epochs": told,
            "after": {k: pack(v) for k, v in p.items()}}


path = pathlib.Path(__file__).with_name("hooks.json")
path.write_text(json.dumps({"torch": torch.__version__, "pareto": pareto(), "blending": blending()}))
print(path.stat().st_size, "bytes")
data = json.loads(path.read_text())
print(data["pareto"]["cosines"], data["blending"]["epochs"])
