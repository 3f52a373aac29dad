"""Training steps with objectives, computed by PyTorch in double precision from the published forms: python make_objectives.py

A pipeline of perceptron encoders, concatenation and a linear decoder takes three steps on three batches. Kept are the losses
and gradients of the first step, after modulation and before clipping, and the weights after the third.
"""
import json
import math
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(11)
INPUTS, HIDDEN, WIDTH, CLASSES, N = {"image": 5, "audio": 4, "text": 3}, 6, 4, 3, 8


def draw(*shape, scale=1.0):
    """Values that are exact in single precision."""
    return (torch.randn(*shape) * scale).double()


def pack(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]}


def linear(name, inputs, outputs, bias=True):
    layer = {f"{name}.weight": draw(outputs, inputs, scale=inputs ** -0.5)}
    return layer | ({f"{name}.bias": draw(outputs, scale=0.3)} if bias else {})


def apply(p, name, x):
    return F.linear(x, p[f"{name}.weight"], p.get(f"{name}.bias"))


def perceptron(p, name, x):
    x = torch.relu(apply(p, f"{name}.layers.0", x)) if f"{name}.layers.1.weight" in p else x
    return apply(p, f"{name}.layers.1" if f"{name}.layers.1.weight" in p else f"{name}.layers.0", x)


class Unimodal:
    """Joint loss plus the sum of unimodal losses."""

    def __init__(self, hidden=(), modality_weights=None):
        self.configuration = {"hidden": list(hidden), "modality_weights": modality_weights or {}}
        self.hidden, self.weights = hidden, modality_weights or {}

    def parameters(self, names):
        sizes = [WIDTH, *self.hidden, CLASSES]
        return {k: v for m in names for i, (a, b) in enumerate(zip(sizes, sizes[1:]))
                for k, v in linear(f"objectives.unimodal.heads.{m}.layers.{i}", a, b).items()}

    def loss(self, p, z, y, present):
        total = 0
        for m in z:
            rows = present[m]
            if rows.any():
                head = perceptron(p, f"objectives.unimodal.heads.{m}", z[m][rows])
                total = total + self.weights.get(m, 1.0) * F.cross_entropy(head, y[rows])
        return total


class InfoNCE:
    """As in open_clip: ClipLoss over normalised projections, logit_scale clamped to [0, ln 100] after each step."""

    def __init__(self, width, temperature, learn=False):
        self.configuration = {"width": width, "temperature": temperature, "learn_temperature": learn}
        self.width, self.temperature, self.learn = width, temperature, learn

    def parameters(self, names):
        p = {k: v for m in names for k, v in linear(f"objectives.info_nce.projections.{m}", WIDTH, self.width, False).items()}
        if self.learn:
            p["objectives.info_nce.log_scale"] = torch.tensor(math.log(1 / self.temperature), dtype=torch.float32).double()
        return p

    def loss(self, p, z, y, present):
        scale = p["objectives.info_nce.log_scale"].exp() if self.learn else 1 / self.temperature
        names, losses = list(z), []
        for i, a in enumerate(names):
            for b in names[i + 1:]:
                rows = present[a] & present[b]
                if rows.sum() < 2:
                    continue
                u, v = (F.normalize(apply(p, f"objectives.info_nce.projections.{m}", z[m][rows]), dim=-1) for m in (a, b))
                logits = scale * u @ v.T
                labels = torch.arange(len(logits))
                losses.append((F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2)
        return sum(losses) / (len(names) * (len(names) - 1) / 2)

    def after(self, p):
        if self.learn:
            p["objectives.info_nce.log_scale"].data.clamp_(0, math.log(100))


class OGM:
    """The published OGM-GE without its noise; for three modalities, a score over the mean of the others."""

    def __init__(self, alpha, scores="fused"):
        self.configuration = {"alpha": alpha, "noise": False, "scores": scores}
        self.alpha, self.scores = alpha, scores

    def parameters(self, names):
        return {} if self.scores == "fused" else {
            k: v for m in names for k, v in linear(f"objectives.ogm_ge.heads.{m}.layers.0", WIDTH, CLASSES).items()}

    def logits(self, p, z, m):
        if self.scores == "heads":
            return apply(p, f"objectives.ogm_ge.heads.{m}.layers.0", z[m].detach())
        start = list(z).index(m) * WIDTH
        weight = p["decoder.weight"][:, start:start + WIDTH]
        return torch.mm(z[m], weight.T) + p["decoder.bias"] / len(z)

    def loss(self, p, z, y, present):
        if self.scores == "fused":
            return None
        return sum(F.cross_entropy(self.logits(p, z, m)[present[m]], y[present[m]]) for m in z)

    def coefficients(self, p, z, y, present):
        score = {m: torch.softmax(self.logits(p, z, m), 1)[range(len(y)), y][present[m]].mean().item() for m in z}
        result = {}
        for m in z:
            others = [s for k, s in score.items() if k != m]
            ratio = score[m] / (sum(others) / len(others))
            result[m] = 1 - math.tanh(self.alpha * max(ratio, 0)) if ratio > 1 else 1.0
        return result


class Distillation:
    """As in PyTorch's tutorial on knowledge distillation: soft targets of a teacher at a temperature, times its square."""

    def __init__(self, temperature):
        self.configuration = {"teacher": "teacher", "temperature": temperature}
        self.temperature = temperature

    def parameters(self, names):
        return {}

    def loss(self, p, z, y, present):
        own = apply(p, "decoder", torch.cat(list(z.values()), 1)) / self.temperature
        wanted = torch.softmax(self.teacher / self.temperature, 1)
        return F.kl_div(torch.log_softmax(own, 1), wanted, reduction="batchmean") * self.temperature ** 2


NAMES = {Unimodal: "unimodal", InfoNCE: "info_nce", OGM: "ogm_ge", Distillation: "distillation"}


def case(name, modalities, objectives, optimizer, holes=False, clip=None):
    p = {k: v for m in modalities for k, v in (
        linear(f"encoders.{m}.layers.0", INPUTS[m], HIDDEN) | linear(f"encoders.{m}.layers.1", HIDDEN, WIDTH)).items()}
    p |= linear("decoder", WIDTH * len(modalities), CLASSES)
    for objective, _ in objectives:
        p |= objective.parameters(modalities)
    first = {k: v.clone() for k, v in p.items()}
    p = {k: v.requires_grad_() for k, v in p.items()}
    kind, settings = optimizer
    step = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[kind](p.values(), **settings)
    batches, kept = [], None
    for index in range(3):
        x = {m: draw(N, INPUTS[m]) for m in modalities}
        y = torch.randint(CLASSES, (N,))
        present = {m: torch.ones(N, dtype=bool) for m in modalities}
        if holes:
            present[modalities[0]][index] = False
            present[modalities[1]][[4, 5 + index]] = False
            if len(modalities) > 2 and index == 1:
                present[modalities[2]][:] = False
                present[modalities[2]][3] = True
        z = {m: torch.zeros(N, WIDTH, dtype=torch.double).index_put((present[m],), perceptron(p, f"encoders.{m}", x[m][present[m]]))
             for m in modalities}
        teachers = [o for o, _ in objectives if isinstance(o, Distillation)]
        for objective in teachers:
            objective.teacher = draw(N, CLASSES, scale=3.0)
        losses = {"task": F.cross_entropy(apply(p, "decoder", torch.cat(list(z.values()), 1)), y)}
        total = losses["task"]
        for objective, weight in objectives:
            loss = objective.loss(p, z, y, present)
            if loss is not None:
                losses[NAMES[type(objective)]] = loss
                total = total + weight * loss
        step.zero_grad()
        total.backward()
        coefficients = {}
        for objective, _ in objectives:
            if isinstance(objective, OGM):
                with torch.no_grad():
                    coefficients = objective.coefficients(p, z, y, present)
                for m, k in coefficients.items():
                    for key, value in p.items():
                        if key.startswith(f"encoders.{m}."):
                            value.grad = value.grad * k
        if kept is None:
            kept = {"losses": {k: v.item() for k, v in losses.items()}, "total": total.item(),
                    "gradients": {k: pack(v.grad) for k, v in p.items() if v.grad is not None}}
        batches.append({"inputs": {m: pack(v) for m, v in x.items()}, "classes": y.tolist(),
                        "present": {m: v.tolist() for m, v in present.items()}, "coefficients": coefficients}
                       | {"teacher": pack(o.teacher) for o in teachers})
        if clip:
            torch.nn.utils.clip_grad_norm_(list(p.values()), clip)
        step.step()
        for objective, _ in objectives:
            if hasattr(objective, "after"):
                objective.after(p)
    return {"name": name, "modalities": list(modalities),
            "objectives": [{"type": NAMES[type(o)], "weight": w, "configuration": o.configuration} for o, w in objectives],
            "optimizer": {"type": kind} | settings, "clip": clip, "batches": batches,
            "before": {k: pack(v) for k, v in first.items()}, "after": {k: pack(v) for k, v in p.items()}} | kept


two, three = ("image", "audio"), ("image", "audio", "text")
sgd = ("sgd", {"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-3})
adam = ("adam", {"lr": 0.01})
cases = [
    case("linear heads", two, [(Unimodal(), 1.0)], sgd),
    case("heads with a hidden layer, a weight for a modality, missing modalities", three,
         [(Unimodal([5], {"audio": 0.5}), 0.7)], adam, holes=True),
    case("fixed temperature", two, [(InfoNCE(5, 0.07), 0.1)], sgd),
    case("learned temperature, three modalities", three, [(InfoNCE(5, 0.07, True), 0.5)], adam),
    case("learned temperature at its bound", two, [(InfoNCE(4, 0.0101, True), 1.0)], ("sgd", {"lr": 0.05})),
    case("missing modalities", three, [(InfoNCE(5, 0.2), 0.5)], sgd, holes=True),
    case("scores of the fused classifier", two, [(OGM(0.5), 1.0)], sgd),
    case("three modalities, missing ones", three, [(OGM(0.3), 1.0)], sgd, holes=True),
    case("scores of heads", two, [(OGM(0.8, "heads"), 1.0)], adam),
    case("all together, clipped", two, [(Unimodal(), 0.5), (InfoNCE(5, 0.1), 0.2), (OGM(0.3), 1.0)], sgd, clip=0.5),
    case("a teacher", two, [(Distillation(4.0), 0.7)], sgd),
    case("a teacher, missing modalities", three, [(Distillation(1.5), 2.0)], adam, holes=True),
]
path = pathlib.Path(__file__).with_name("objectives.json")
path.write_text(json.dumps({"torch": torch.__version__, "cases": cases}))
print(len(cases), "cases,", path.stat().st_size, "bytes")
for c in cases:
    print(c["name"], c["losses"], [b["coefficients"] for b in c["batches"]])
