"""Fusions of the decisions of each modality, computed by PyTorch from the papers' formulas: python make_decisions.py"""
from common import *

CLASSES = 3


def heads(names, hidden):
    return {k: v for n in names for k, v in perceptron(f"heads.{n}", [WIDTHS[n], *hidden, CLASSES]).items()}


def decisions(x, p):
    names = list(dict.fromkeys(k.split(".")[1] for k in p))
    return [through(p, f"heads.{n}", v) for n, v in zip(names, x)]


def average(x, p):
    return torch.stack([z.softmax(1) for z in decisions(x, p)]).mean(0).log()


def times(x, p):
    joint = torch.stack([z.softmax(1) for z in decisions(x, p)]).prod(0)
    return (joint / joint.sum(1, keepdim=True)).log()


def evidential(x, p):
    """Dempster's rule for two opinions at a time, word for word as in definition 4 of Han et al. 2021."""
    def opinion(z):
        e = F.softplus(z)
        s = (e + 1).sum(1, keepdim=True)
        return e / s, CLASSES / s
    opinions = [opinion(z) for z in decisions(x, p)]
    b, u = opinions[0]
    for b2, u2 in opinions[1:]:
        both = torch.einsum("ni,nj->nij", b, b2)
        conflict = both.sum((1, 2)) - both.diagonal(dim1=1, dim2=2).sum(1)
        scale = 1 / (1 - conflict)[:, None]
        b, u = scale * (b * b2 + b * u2 + b2 * u), scale * u * u2
    alpha = b * (CLASSES / u) + 1
    return (alpha / alpha.sum(1, keepdim=True)).log()


cases = []
for fusion, compute in (("decision_average", average), ("decision_product", times), ("evidential", evidential)):
    for names, hidden in ((("text",), []), (two, []), (three, [4])):
        cases.append(case(f"{len(names)} modalities, hidden {hidden}", fusion, {"width": CLASSES, "hidden": hidden},
                          features(*names), heads(names, hidden), compute))
save(__file__, cases)
