"""Makes the fixtures of NeuralLayersTests with PyTorch 2.13: python make_layers.py"""

import json
import math
import pathlib
from unittest import mock

import torch
from torch import nn
from torch.nn import functional

here = pathlib.Path(__file__).parent
torch.manual_seed(20)


def save(name, value):
    text = json.dumps(value, separators=(",", ":"))
    (here / f"{name}.json").write_text(text.replace('},{', '},\n{') + "\n")


def flat(tensor):
    return tensor.detach().flatten().tolist()


# Initialisers: what torch.nn.init asks its generator for.


def recorded(function):
    """The calls of uniform_ and normal_ that `function` makes, in order."""
    calls = []

    def record(kind):
        def method(self, first, second, generator=None):
            calls.append([kind, float(first), float(second), list(self.shape)])
            return self

        return method

    with mock.patch.object(torch.Tensor, "uniform_", record("uniform")):
        with mock.patch.object(torch.Tensor, "normal_", record("normal")):
            function()
    return calls


def initializers():
    cases = []
    for shape in ([10, 64], [6, 3, 5, 5], [4, 193, 12], [1, 40], [784, 120, 32], [7, 2, 3, 1, 2]):
        tensor = torch.empty(shape)
        for name, argument, function in [
            ("xavierUniform", 1.0, lambda: nn.init.xavier_uniform_(tensor)),
            ("xavierUniform", 1.7, lambda: nn.init.xavier_uniform_(tensor, gain=1.7)),
            ("xavierNormal", 1.0, lambda: nn.init.xavier_normal_(tensor)),
            ("xavierNormal", 0.3, lambda: nn.init.xavier_normal_(tensor, gain=0.3)),
            ("kaimingUniform", 0.0, lambda: nn.init.kaiming_uniform_(tensor)),
            ("kaimingUniform", 0.2, lambda: nn.init.kaiming_uniform_(tensor, a=0.2)),
            ("kaimingNormal", 0.0, lambda: nn.init.kaiming_normal_(tensor)),
            ("kaimingNormal", 0.2, lambda: nn.init.kaiming_normal_(tensor, a=0.2)),
        ]:
            ((kind, first, second, _),) = recorded(function)
            cases.append(dict(name=name, argument=argument, shape=shape, kind=kind, first=first, second=second))
    for layer, fan_in in ((nn.Linear(193, 12), 193), (nn.Conv2d(6, 12, 3), 54)):
        weight, bias = recorded(layer.reset_parameters)
        cases.append(
            dict(name="layerDefault", argument=0, shape=weight[3], kind=weight[0], first=weight[1], second=weight[2]))
        cases.append(
            dict(name="fanInUniform", argument=fan_in, shape=bias[3], kind=bias[0], first=bias[1], second=bias[2]))
    save("initializers", cases)


# Losses: values and gradients.


def loss_case(name, function, inputs, targets, **options):
    x = torch.tensor(inputs, dtype=torch.float32, requires_grad=True)
    loss = function(x)
    loss.backward()
    return dict(name=name, shape=list(x.shape), inputs=flat(x), targets=targets, loss=loss.item(),
                gradient=flat(x.grad), **options)


def losses():
    cases = []
    logits = (torch.randn(6, 4) * 3).tolist()
    extreme = [[1000.0, -1000.0, 0.0], [-90.0, 90.0, 89.0], [1e-30, 0.0, -0.0], [3e38, 3e38, -3e38]]
    classes = [0, 3, 2, 2, 1, 0]
    for inputs, labels, weights, smoothing in [
        (logits, classes, None, 0.0),
        (logits, classes, None, 0.1),
        (logits, classes, [0.5, 2.0, 1.0, 0.0], 0.0),
        (logits, classes, [0.5, 2.0, 1.0, 0.25], 0.3),
        (logits[:1], classes[:1], None, 1.0),
        (extreme, [0, 1, 2, 0], None, 0.0),
    ]:
        criterion = nn.CrossEntropyLoss(
            weight=None if weights is None else torch.tensor(weights), label_smoothing=smoothing)
        cases.append(loss_case("crossEntropy", lambda x: criterion(x, torch.tensor(labels)), inputs, labels,
                               weights=weights or [], parameter=smoothing))
    labels = [[1.0, 0, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1], [0.25, 0, 1, 0.75], [0, 1, 0, 0], [1, 0, 1, 0]]
    wild = [[80.0, -80.0, 120.0, -120.0], [0.0, 1e-20, -1e-20, 3e38]]
    for inputs, targets, weights in [
        (logits, labels, None),
        (logits, labels, [1.0, 0.5, 3.0, 0.0]),
        (wild, [[1.0, 1, 0, 0], [0, 1, 0, 1]], None),
        (wild[:1], [[0.0, 1, 1, 1]], [2.0, 2.0, 0.5, 4.0]),
    ]:
        criterion = nn.BCEWithLogitsLoss(pos_weight=None if weights is None else torch.tensor(weights))
        cases.append(loss_case("binaryCrossEntropy", lambda x: criterion(x, torch.tensor(targets)), inputs,
                               flat(torch.tensor(targets)), weights=weights or [], parameter=0))
    targets = torch.randn(6, 4) * 2
    targets[0, 0] = logits[0][0]
    targets[1, 1] = torch.tensor(logits[1][1]) - 1
    for name, criterion, parameter in [
        ("meanSquaredError", nn.MSELoss(), 0),
        ("meanAbsoluteError", nn.L1Loss(), 0),
        ("huber", nn.HuberLoss(), 1.0),
        ("huber", nn.HuberLoss(delta=0.4), 0.4),
        ("smoothAbsoluteError", nn.SmoothL1Loss(), 1.0),
        ("smoothAbsoluteError", nn.SmoothL1Loss(beta=2.5), 2.5),
        ("smoothAbsoluteError", nn.SmoothL1Loss(beta=0.0), 0.0),
    ]:
        cases.append(loss_case(name, lambda x: criterion(x, targets), logits, flat(targets), weights=[],
                               parameter=parameter))
    save("losses", cases)


# Clipping of gradients.


def clipping():
    gradients = [torch.randn(4, 5) * 3, torch.randn(7)]
    cases = []
    for kind, limit in (("norm", 8.0), ("norm", 1e3), ("norm", 0.5), ("value", 1.5)):
        parameters = [nn.Parameter(torch.zeros_like(g)) for g in gradients]
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = gradient.clone()
        norm = 0.0
        if kind == "norm":
            norm = nn.utils.clip_grad_norm_(parameters, limit).item()
        else:
            nn.utils.clip_grad_value_(parameters, limit)
        cases.append(dict(kind=kind, limit=limit, norm=norm, clipped=[flat(p.grad) for p in parameters]))
    save("clipping", dict(gradients=[flat(g) for g in gradients], cases=cases))


# Layers: a Linear and a Sequential with their weights, outputs and gradients.


def layers():
    cases = []
    for name, model in [
        ("linear", nn.Sequential(nn.Linear(5, 3))),
        ("linearWithoutBias", nn.Sequential(nn.Linear(5, 3, bias=False))),
        ("perceptron", nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 4), nn.ReLU(), nn.Linear(4, 3))),
    ]:
        x = torch.randn(4, 5, requires_grad=True)
        seed = torch.randn(4, 3)
        output = model(x)
        output.backward(seed)
        cases.append(dict(name=name, input=flat(x), seed=flat(seed), output=flat(output), inputGradient=flat(x.grad),
                          parameters=[flat(p) for p in model.parameters()],
                          gradients=[flat(p.grad) for p in model.parameters()]))
    save("layers", cases)


def activations():
    x = torch.tensor([-100.0, -5.0, -1.0, -0.5, -1e-6, 0.0, 1e-6, 0.5, 1.0, 5.0, 100.0])
    functions = dict(relu=torch.relu, leaky_relu=functional.leaky_relu, elu=functional.elu, gelu=functional.gelu,
                     silu=functional.silu, tanh=torch.tanh, sigmoid=torch.sigmoid, none=torch.nn.Identity())
    # In double precision: PyTorch's float32 gelu is off by a sixth at -5, where 1 + erf cancels.
    save("activations", dict(input=flat(x), outputs={k: flat(f(x.double())) for k, f in functions.items()}))


for make in (initializers, losses, clipping, layers, activations):
    make()
