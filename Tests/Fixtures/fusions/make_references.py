"""Fusions as the packages of others compute them: python make_references.py

Needs torch, and beside it, as they are (pip install --no-deps):
torchmultimodal-nightly 2024.4.1, block.bootstrap.pytorch 0.1.6, pykale 0.2.1.
"""
import importlib.metadata
import importlib.util
import sys
import types

import torch.nn as nn

from common import *

# What computes which fusion.
PACKAGES = (
    dict.fromkeys(["mutan", "block", "mlb", "mfb", "mfh", "tucker", "mcb"], "block.bootstrap.pytorch")
    | dict.fromkeys(["attention_sum", "deep_sets"], "torchmultimodal-nightly")
    | dict.fromkeys(["concat", "bimodal_interaction", "low_rank_tensor", "product_of_experts"], "pykale"))
ZERO = {"values": [0]}


def bare(*names):
    """Packages whose own __init__ wants what these fusions do not need: their folders alone."""
    for name in names:
        module = types.ModuleType(name)
        module.__path__ = list(importlib.util.find_spec(name).submodule_search_locations)
        sys.modules[name] = module


bare("torchmultimodal", "block")
bare("block.models")
bare("block.models.networks")
bare("block.models.networks.fusions")
from block.models.networks.fusions import compactbilinearpooling, fusions as block  # noqa: E402
from kale.embed import multimodal_fusion as kale  # noqa: E402
from torchmultimodal.modules.fusions.attention_fusion import AttentionFusionModule  # noqa: E402
from torchmultimodal.modules.fusions.concat_fusion import ConcatFusionModule  # noqa: E402
from torchmultimodal.modules.fusions.deepset_fusion import DeepsetFusionModule  # noqa: E402
from torchmultimodal.modules.layers.mlp import MLP  # noqa: E402


def reference(name, fusion, configuration, inputs, module, call, names, layout=None, buffers=None):
    """A case with the parameters of the package's module.

    names: theirs to ours, whole or up to a dot; layout: what brings a parameter, by our name, into our order.
    """
    def ours(theirs):
        found = [n for n in names if theirs == n or theirs.startswith(n + ".")]
        assert len(found) == 1, (theirs, found)
        return names[found[0]] + theirs[len(found[0]):]

    theirs = dict(module.named_parameters())
    while True:
        # PyTorch's own small first values leave little to see.
        with torch.no_grad():
            for value in theirs.values():
                value.copy_(torch.randn_like(value) * 0.7)
        made = packed(
            name, fusion, configuration, inputs, {ours(k): v for k, v in theirs.items()}, call, layout, buffers)
        # The slope of their signed root grows without bound near zero, and ours does not: not there.
        if max(abs(g) for part in made["inputs"] + made["parameters"] for g in part.get("gradient", ZERO)["values"]) < 20:
            return made


def packed(name, fusion, configuration, inputs, parameters, call, layout=None, buffers=None):
    result = case(f"{PACKAGES[fusion]}, {name}", fusion, configuration, inputs, parameters, lambda x, p: call(x), buffers)
    result["gradientBound"] = 1e-5
    for parameter in result["parameters"]:
        for key in {"value", "gradient"} & parameter.keys():
            kept = parameter[key]
            tensor = torch.tensor(kept["values"], dtype=torch.float64).reshape(kept["shape"])
            parameter[key] = pack((layout or (lambda n, t: t))(parameter["name"], tensor))
    return result


def layers(*pairs):
    return {theirs: f"{name}.{modality}" for theirs, name, modality in pairs}


def rank_last(rank, prefix):
    """Theirs: all values of the first rank, then those of the next. Ours: the ranks of a value side by side."""
    def layout(name, tensor):
        if not name.startswith(prefix):
            return tensor
        return tensor.reshape(rank, len(tensor) // rank, *tensor.shape[1:]).transpose(0, 1).reshape(tensor.shape)
    return layout


# block.bootstrap.pytorch: two modalities, image [N, 4] and audio [N, 5].
SIZES = [WIDTHS[m] for m in two]
BOTH = {"linear0": "projections.image", "linear1": "projections.audio", "linear_out": "output"}


def mutan(name, configuration):
    module = block.Mutan(SIZES, 3, mm_dim=4, rank=2)
    return reference(
        name, "mutan", configuration | {"inner": 4, "rank": 2, "width": 3}, features(*two), module, module,
        BOTH | layers(("merge_linear0", "core", "image"), ("merge_linear1", "core", "audio")), rank_last(2, "core."))


def superdiagonal(name, configuration):
    module = block.Block(SIZES, 3, mm_dim=6, chunks=2, rank=2)
    names = dict(BOTH)
    for c in range(2):
        names |= layers((f"merge_linears0.{c}", f"cores.{c}", "image"), (f"merge_linears1.{c}", f"cores.{c}", "audio"))
    return reference(
        name, "block", configuration | {"inner": 6, "chunks": 2, "rank": 2, "width": 3}, features(*two), module, module,
        names, rank_last(2, "cores."))


def mlb(name, configuration, **asked):
    module = block.MLB(SIZES, 3, mm_dim=4, **asked)
    return reference(
        name, "mlb", configuration | {"rank": 4, "width": 3}, features(*two), module, module, BOTH)


def mfb(name, configuration, **asked):
    module = block.MFB(SIZES, 3, mm_dim=4, factor=2, **asked)
    return reference(
        name, "mfb", configuration | {"width": 4, "factor": 2, "dropout": 0, "output": 3}, features(*two), module,
        module, layers(("linear0", "blocks.0", "image"), ("linear1", "blocks.0", "audio")) | {"linear_out": "output"})


def mfh(name, configuration, **asked):
    module = block.MFH(SIZES, 3, mm_dim=4, factor=2, **asked)
    names = {"linear_out": "output"}
    for b in range(2):
        names |= layers((f"linear0_{b}", f"blocks.{b}", "image"), (f"linear1_{b}", f"blocks.{b}", "audio"))
    return reference(
        name, "mfh", configuration | {"width": 4, "factor": 2, "order": 2, "dropout": 0, "output": 3}, features(*two),
        module, module, names)


def tucker():
    module = block.Tucker(SIZES, 3, mm_dim=3)
    # The bias within their core is one more bias of the output: O (z + c) + b = O z + (O c + b).
    del module.bilinear.bias
    module.bilinear.bias = torch.zeros(3)
    # Theirs: [result, first, second].
    return reference(
        "as released", "tucker", {"rank": 3, "width": 3}, features(*two), module, module,
        BOTH | {"bilinear.weight": "core"}, lambda n, t: t.permute(1, 2, 0) if n == "core" else t)


def mcb():
    """Their module speaks to PyTorch before 1.0: its Fourier transforms and its argument order."""
    torch.rfft = lambda x, dimensions: torch.view_as_real(torch.fft.rfft(x))
    torch.irfft = lambda x, dimensions, signal_sizes: torch.fft.irfft(torch.view_as_complex(x), n=signal_sizes[0])
    new = torch.addcmul
    torch.addcmul = lambda x, value, a, b: new(x, a, b, value=value)
    module = compactbilinearpooling.CompactBilinearPooling(*SIZES, 8)
    buffers = {}
    for m, sketch in zip(two, (module.sketch1, module.sketch2)):
        buffers |= {f"sketches.{m}.hash": sketch.h.double(), f"sketches.{m}.sign": sketch.s}
    try:
        return reference(
            "as released", "mcb", {"width": 8, "normalize": False}, features(*two), module, lambda x: module(*x), {},
            buffers=buffers)
    finally:
        torch.addcmul = new


# TorchMultimodal takes the modalities by name, in the order of the alphabet; the configurations name them in that order.
def named(inputs):
    return {k: v for k, v in sorted(inputs.items())}


def attention_sum():
    inputs = named(features("image", "audio"))
    module = AttentionFusionModule({k: v.shape[1] for k, v in inputs.items()})
    names = {f"encoding_projection.{m}": f"projections.{m}" for m in inputs} | {"attention.0": "attention"}
    return reference(
        "as released", "attention_sum", {"width": 4}, inputs, module, lambda x: module(dict(zip(inputs, x))), names)


def deep_sets(name, pool, function, hidden):
    inputs = named(features("image", "audio", "text"))
    perceptron = MLP(4, 4, hidden, dropout=0)
    module = DeepsetFusionModule(
        {k: v.shape[1] for k, v in inputs.items()}, perceptron, function, use_auto_mapping=True)
    names = {f"projections.{m}": f"projections.{m}" for m in inputs}
    names |= {f"mlp.model.{2 * i}": f"perceptron.layers.{i}" for i in range(len(hidden) + 1)}
    return reference(
        name, "deep_sets", {"width": 4, "pool": pool, "normalize": True, "hidden": hidden}, inputs, module,
        lambda x: module(dict(zip(inputs, x))), names)


# PyKale takes a list.
def concat():
    module, theirs, inputs = kale.Concat(), ConcatFusionModule(), named(features("image", "audio"))
    assert torch.equal(module(list(inputs.values())), theirs(inputs)), "TorchMultimodal's concatenation is another one"
    return reference("as released", "concat", {}, inputs, module, module, {})


def bimodal(form, width, name=None, sizes=None, order=two, configuration=None, **asked):
    module = kale.BimodalInteractionFusion(sizes or SIZES, width, form, **asked)
    return reference(
        name or form, "bimodal_interaction",
        {"form": form} | ({"width": width} if form == "matrix" else {}) | (configuration or {}), features(*order),
        module, module, {k: k for k in "WUVb"})


def low_rank():
    module = kale.LowRankTensorFusion([WIDTHS[m] for m in three], 3, 2)
    # Theirs are no parameters of the module as PyTorch sees it; they are called by hand.
    module.fusion_bias = nn.Parameter(torch.randn(1, 3))
    parameters = {f"factors.{m}": f for m, f in zip(three, module.factors)}
    return packed(
        "as released", "low_rank_tensor", {"width": 3, "rank": 2}, features(*three),
        parameters | {"weights": module.fusion_weights, "bias": module.fusion_bias}, module)


class Experts(nn.Module):
    """PyKale's product, with the layers and the prior of its variational autoencoders in front."""
    def __init__(self, names, prior):
        super().__init__()
        self.prior, self.product = prior, kale.ProductOfExperts()
        self.mean = nn.ModuleDict({m: nn.Linear(WIDTHS[m], 3) for m in names})
        self.log_variance = nn.ModuleDict({m: nn.Linear(WIDTHS[m], 3) for m in names})

    def forward(self, x):
        first = [torch.zeros(N, 3)] if self.prior else []
        mean, log_variance = (
            torch.stack(first + [layer(v) for layer, v in zip(layers.values(), x)]) for layers in (self.mean, self.log_variance))
        return torch.cat(self.product(mean, log_variance), 1)


def experts(name, prior):
    module = Experts(three, prior)
    return reference(
        name, "product_of_experts", {"width": 3, "prior": prior, "output": "mean_and_variance"},
        features(*three), module, module, {"mean": "mean", "log_variance": "log_variance"})


RELEASED = {"activation": "relu", "output_activation": "relu"}
cases = [
    mutan("as released", {"activation": "none"}),
    superdiagonal("as released", {}),
    mlb("as released", RELEASED), mlb("as published", {}, activ_input="tanh", activ_output=None),
    mfb("as released", RELEASED | {"normalize": False}),
    mfb("as published", {}, activ_input=None, activ_output=None, normalize=True),
    mfh("as released", RELEASED | {"normalize": False}),
    mfh("as published", {}, activ_input=None, activ_output=None, normalize=True),
    tucker(), mcb(),
    attention_sum(),
    deep_sets("as released", "sum", torch.sum, [5]), deep_sets("torch.mean", "mean", torch.mean, [3, 4]),
    deep_sets("torch.max", "max", torch.max, []),
    concat(),
    bimodal("matrix", 3, "as released"), bimodal("vector", None), bimodal("scalar", None),
    bimodal("matrix", 3, "flipped", sizes=SIZES[::-1], flip=True, configuration={"flip": True}),
    bimodal("vector", None, "clipped", clip=(-0.5, 0.75), configuration={"clip_inputs": [-0.5, 0.75]}),
    bimodal("matrix", 3, "gradients clipped", grad_clip=(-0.5, 0.25), configuration={"gradient_clip": [-0.5, 0.25]}),
    low_rank(), experts("as released", True), experts("without a prior", False),
]
save(__file__, cases, {name: importlib.metadata.version(name) for name in sorted(set(PACKAGES.values()))})
