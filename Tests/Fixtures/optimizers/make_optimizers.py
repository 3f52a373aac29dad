"""Makes the fixtures of optimizers and schedules with PyTorch 2.13: python make_optimizers.py

Configurations have the keys of FusionKit; `torch_options` turns them into those of torch.optim.
"""

import json
import pathlib

import torch
from torch import nn

here = pathlib.Path(__file__).parent
torch.manual_seed(20)


def save(name, value):
    text = json.dumps(value, separators=(",", ":"))
    (here / f"{name}.json").write_text(text.replace("},{", "},\n{") + "\n")


def flat(tensor):
    return tensor.detach().flatten().tolist()


class Lion(torch.optim.Optimizer):
    """The authors' program: github.com/google/automl, lion/lion_pytorch.py."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                p.data.mul_(1 - group["lr"] * group["weight_decay"])
                state = self.state[p]
                if len(state) == 0:
                    state["exp_avg"] = torch.zeros_like(p)
                exp_avg = state["exp_avg"]
                update = exp_avg * beta1 + p.grad * (1 - beta1)
                p.add_(update.sign_(), alpha=-group["lr"])
                exp_avg.mul_(beta2).add_(p.grad, alpha=1 - beta2)


OPTIMIZERS = dict(
    sgd=torch.optim.SGD, adam=torch.optim.Adam, adamw=torch.optim.AdamW, rmsprop=torch.optim.RMSprop,
    adagrad=torch.optim.Adagrad, nadam=torch.optim.NAdam, lion=Lion)


def torch_options(configuration):
    options = {("lr" if key == "learning_rate" else key): value for key, value in configuration.items()}
    return options


def make_optimizer(name, parameters, configuration):
    options = torch_options(configuration)
    if name != "lion":
        options["foreach"] = False
    return OPTIMIZERS[name](parameters, **options)


CASES = [
    ("sgd", dict(learning_rate=0.1)),
    ("sgd", dict(learning_rate=0.1, weight_decay=0.05)),
    ("sgd", dict(learning_rate=0.05, momentum=0.9)),
    ("sgd", dict(learning_rate=0.05, momentum=0.9, weight_decay=0.1, dampening=0.4)),
    ("sgd", dict(learning_rate=0.05, momentum=0.8, weight_decay=0.1, nesterov=True)),
    ("adam", dict()),
    ("adam", dict(learning_rate=0.02, betas=[0.8, 0.95], eps=1e-6, weight_decay=0.1)),
    ("adamw", dict()),
    ("adamw", dict(learning_rate=0.02, betas=[0.8, 0.95], eps=1e-6, weight_decay=0.3)),
    ("rmsprop", dict()),
    ("rmsprop", dict(learning_rate=0.02, alpha=0.9, eps=1e-6, weight_decay=0.1)),
    ("rmsprop", dict(learning_rate=0.01, alpha=0.9, momentum=0.8)),
    ("rmsprop", dict(learning_rate=0.01, alpha=0.95, momentum=0.8, centered=True, weight_decay=0.05)),
    ("adagrad", dict()),
    ("adagrad", dict(learning_rate=0.1, lr_decay=0.2, weight_decay=0.1, initial_accumulator_value=0.3, eps=1e-6)),
    ("nadam", dict()),
    ("nadam", dict(learning_rate=0.02, betas=[0.8, 0.95], eps=1e-6, weight_decay=0.1, momentum_decay=0.02)),
    ("nadam", dict(learning_rate=0.02, weight_decay=0.3, decoupled_weight_decay=True)),
    ("lion", dict()),
    ("lion", dict(learning_rate=0.02, betas=[0.8, 0.95], weight_decay=0.3)),
]


def optimizers():
    steps = 6
    start = [torch.randn(3, 2), torch.randn(5)]
    gradients = [[torch.randn(3, 2), torch.randn(5) * 1e-3] for _ in range(steps)]
    gradients[2][1] = None  # a parameter that took no part in a step
    cases = []
    for name, configuration in CASES:
        parameters = [nn.Parameter(p.clone()) for p in start]
        optimizer = make_optimizer(name, parameters, configuration)
        rate = optimizer.param_groups[0]["lr"]
        values = []
        for step, parts in enumerate(gradients):
            for group in optimizer.param_groups:
                group["lr"] = rate * (1 - 0.1 * step)  # a schedule is at work
            for parameter, part in zip(parameters, parts):
                parameter.grad = None if part is None else part.clone()
            optimizer.step()
            values.append([flat(p) for p in parameters])
        cases.append(dict(name=name, configuration=configuration, rate=rate, values=values))
    save("optimizers", dict(
        start=[flat(p) for p in start],
        gradients=[[None if g is None else flat(g) for g in parts] for parts in gradients], cases=cases))


# Schedules: the learning rate and the momentum of each step, three steps an epoch.

STEPS, EPOCHS, RATE = 3, 8, 0.4
METRICS = [1.0, 0.9, 0.95, 0.9, 0.9, 0.5, 0.5001, 0.49999]
lr = torch.optim.lr_scheduler

SCHEDULES = [
    ("constant", dict(), lambda o, n: lr.ConstantLR(o, factor=1.0), "step"),
    ("step", dict(step_size=3, gamma=0.5), lambda o, n: lr.StepLR(o, step_size=3, gamma=0.5), "epoch"),
    ("exponential", dict(gamma=0.8), lambda o, n: lr.ExponentialLR(o, gamma=0.8), "epoch"),
    ("cosine", dict(minimum=0.01), lambda o, n: lr.CosineAnnealingLR(o, T_max=n, eta_min=0.01), "step"),
    ("polynomial", dict(), lambda o, n: lr.PolynomialLR(o, total_iters=n), "step"),
    ("polynomial", dict(power=2.5), lambda o, n: lr.PolynomialLR(o, total_iters=n, power=2.5), "step"),
    ("one_cycle", dict(), lambda o, n: lr.OneCycleLR(o, max_lr=RATE, total_steps=n), "step"),
    ("one_cycle",
     dict(pct_start=0.4, anneal_strategy="linear", div_factor=10, final_div_factor=100, base_momentum=0.7,
          max_momentum=0.9),
     lambda o, n: lr.OneCycleLR(o, max_lr=RATE, total_steps=n, pct_start=0.4, anneal_strategy="linear", div_factor=10,
                                final_div_factor=100, base_momentum=0.7, max_momentum=0.9), "step"),
    ("one_cycle", dict(three_phase=True, cycle_momentum=False),
     lambda o, n: lr.OneCycleLR(o, max_lr=RATE, total_steps=n, three_phase=True, cycle_momentum=False), "step"),
    ("one_cycle", dict(three_phase=True),
     lambda o, n: lr.OneCycleLR(o, max_lr=RATE, total_steps=n, three_phase=True), "step"),
    ("reduce_on_plateau", dict(patience=0), lambda o, n: lr.ReduceLROnPlateau(o, patience=0), "metric"),
    ("reduce_on_plateau", dict(patience=1, factor=0.5, cooldown=1, threshold=0.05, min_lr=0.15),
     lambda o, n: lr.ReduceLROnPlateau(o, patience=1, factor=0.5, cooldown=1, threshold=0.05, min_lr=0.15), "metric"),
    ("reduce_on_plateau", dict(patience=0, factor=0.5, mode="max", threshold_mode="abs", threshold=0.01),
     lambda o, n: lr.ReduceLROnPlateau(o, patience=0, factor=0.5, mode="max", threshold_mode="abs", threshold=0.01),
     "metric"),
]


def schedules():
    cases = []
    for name, configuration, make, called in SCHEDULES:
        optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=RATE, momentum=0.6)
        scheduler = make(optimizer, STEPS * EPOCHS)
        rates, momenta = [], []
        for epoch in range(EPOCHS):
            for _ in range(STEPS):
                rates.append(optimizer.param_groups[0]["lr"])
                momenta.append(optimizer.param_groups[0]["momentum"])
                optimizer.step()
                if called == "step" and len(rates) < STEPS * EPOCHS:
                    scheduler.step()
            if called == "epoch":
                scheduler.step()
            if called == "metric":
                scheduler.step(METRICS[epoch])
        cases.append(dict(name=name, configuration=configuration, rates=rates, momenta=momenta))
    # A warm-up in front: LinearLR, then the schedule over what is left.
    warm = []
    for name, make in [
        ("constant", lambda o: lr.ConstantLR(o, factor=1.0)),
        ("cosine", lambda o: lr.CosineAnnealingLR(o, T_max=STEPS * EPOCHS - 3)),
        ("polynomial", lambda o: lr.PolynomialLR(o, total_iters=STEPS * EPOCHS - 3)),
    ]:
        optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=RATE)
        ramp = lr.LinearLR(optimizer, start_factor=0.25, end_factor=1.0, total_iters=3)
        scheduler = lr.SequentialLR(optimizer, [ramp, make(optimizer)], [3])
        rates = []
        for _ in range(STEPS * EPOCHS):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        warm.append(dict(name=name, configuration={}, rates=rates, momenta=[]))
    save("schedules", dict(
        stepsPerEpoch=STEPS, epochs=EPOCHS, rate=RATE, momentum=0.6, metrics=METRICS, cases=cases, warm=warm))


optimizers()
schedules()
