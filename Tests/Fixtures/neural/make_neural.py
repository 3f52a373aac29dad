#!/usr/bin/env python3
"""Writes the JSON files beside this script: values and gradients of neural operations, computed by PyTorch 2.13 in
double precision. Each case holds inputs, options, outputs, a weight for every output, and the gradients of
sum(weight * output) with respect to every input that has one. Run: python make_neural.py"""
import json
import pathlib

import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
generator = torch.Generator()
cases = {}


def random(*shape, scale=1.0):
    values = torch.randn(*shape, generator=generator, dtype=torch.float64) * scale
    return values.float().double()  # what a float32 can hold


def stored(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{v:.8g}") for v in tensor.detach().flatten().tolist()]}


def case(group, name, operation, inputs, compute, constants=None, **options):
    """compute(inputs…) gives a tensor or a dictionary of them; `constants` are inputs without a gradient."""
    constants = constants or {}
    leaves = {key: value.clone().requires_grad_(True) for key, value in inputs.items()}
    outputs = compute(**leaves, **constants)
    if isinstance(outputs, torch.Tensor):
        outputs = {"output": outputs}
    weights = {key: random(*value.shape) if value.requires_grad else None for key, value in outputs.items()}
    sum((weights[key] * value).sum() for key, value in outputs.items() if weights[key] is not None).backward()
    cases.setdefault(group, []).append({
        "name": name, "operation": operation, "options": {k: float(v) for k, v in options.items()},
        "inputs": {k: stored(v) for k, v in (leaves | constants).items()},
        "outputs": {k: stored(v) for k, v in outputs.items()},
        "weights": {k: stored(v) for k, v in weights.items() if v is not None},
        "gradients": {k: stored(v.grad) for k, v in leaves.items()}})


def linear():
    for name, shape, out, bias in [("vectors", (5, 7), 3, True), ("tokens", (2, 3, 4), 5, True),
                                   ("no bias", (6, 2), 9, False), ("one sample", (1, 33), 17, True),
                                   ("one vector", (4,), 2, True)]:
        inputs = {"x": random(*shape), "weight": random(out, shape[-1])}
        if bias:
            inputs["bias"] = random(out)
        case("linear", name, "linear", inputs, F.linear)


def convolution():
    def add(name, operation, function, shape, weight, bias=None, **options):
        inputs = {"x": random(*shape), "weight": random(*weight)}
        if bias:
            inputs["bias"] = random(bias)
        def pair(key):
            single = options.get(key)
            return single if single is not None else (options[key + "H"], options[key + "W"])
        given = {k: v for k, v in options.items() if k[-1] not in "HW"}
        given |= {k: pair(k) for k in {k[:-1] for k in options if k[-1] in "HW"}}
        if "outputPadding" in given:
            given["output_padding"] = given.pop("outputPadding")
        case("convolution", name, operation, inputs, lambda x, weight, bias=None: function(x, weight, bias, **given),
             **options)

    add("plain", "conv2d", F.conv2d, (2, 3, 6, 5), (4, 3, 3, 3), 4)
    add("padded, no bias", "conv2d", F.conv2d, (3, 1, 5, 7), (2, 1, 5, 5), padding=2)
    add("stride 2", "conv2d", F.conv2d, (1, 2, 7, 8), (3, 2, 3, 3), 3, stride=2, padding=1)
    add("uneven", "conv2d", F.conv2d, (2, 2, 9, 8), (3, 2, 2, 4), 3, strideH=2, strideW=3, paddingH=0, paddingW=2,
        dilationH=3, dilationW=1)
    add("groups", "conv2d", F.conv2d, (2, 4, 4, 4), (6, 2, 3, 3), 6, padding=1, groups=2)
    add("depthwise", "conv2d", F.conv2d, (1, 3, 5, 5), (3, 1, 3, 3), groups=3, padding=1, dilation=2)
    add("pointwise", "conv2d", F.conv2d, (2, 5, 3, 3), (4, 5, 1, 1), 4)
    add("a pixel, mostly padding", "conv2d", F.conv2d, (1, 1, 1, 1), (2, 1, 5, 5), 2, padding=3, dilation=1)
    add("line", "conv1d", F.conv1d, (2, 3, 11), (4, 3, 3), 4, stride=2, padding=1, dilation=2)
    add("line, groups", "conv1d", F.conv1d, (3, 4, 5), (4, 2, 4), padding=2, groups=2)
    add("doubles", "convTranspose2d", F.conv_transpose2d, (2, 3, 3, 4), (3, 2, 2, 2), 2, stride=2)
    add("odd", "convTranspose2d", F.conv_transpose2d, (1, 2, 4, 3), (2, 3, 3, 3), 3, stride=2, padding=1,
        outputPadding=1)
    add("uneven", "convTranspose2d", F.conv_transpose2d, (2, 2, 3, 3), (2, 2, 3, 4), strideH=3, strideW=2, paddingH=1,
        paddingW=2, outputPaddingH=2, outputPaddingW=0)
    add("groups, dilated", "convTranspose2d", F.conv_transpose2d, (2, 4, 3, 3), (4, 1, 3, 3), 2, groups=2, dilation=2)
    add("line", "convTranspose1d", F.conv_transpose1d, (2, 3, 5), (3, 2, 4), 2, stride=3, padding=1, outputPadding=2)


def pooling():
    def add(name, operation, shape, function, **options):
        case("pooling", name, operation, {"x": random(*shape)}, function, **options)

    add("halves, odd", "maxPool2d", (2, 3, 5, 7), lambda x: F.max_pool2d(x, 2), kernel=2)
    add("overlapping, padded", "maxPool2d", (1, 2, 6, 5), lambda x: F.max_pool2d(x, 3, 2, 1), kernel=3, stride=2,
        padding=1)
    add("line", "maxPool1d", (2, 2, 9), lambda x: F.max_pool1d(x, 3, 2, 1), kernel=3, stride=2, padding=1)
    add("halves", "averagePool2d", (2, 3, 4, 7), lambda x: F.avg_pool2d(x, 2), kernel=2)
    add("overlapping, padded", "averagePool2d", (1, 2, 6, 5), lambda x: F.avg_pool2d(x, 3, 2, 1), kernel=3, stride=2,
        padding=1)
    add("line", "averagePool1d", (2, 2, 9), lambda x: F.avg_pool1d(x, 4, 3, 1), kernel=4, stride=3, padding=1)
    add("global", "adaptiveAveragePool2d", (2, 3, 5, 9), lambda x: F.adaptive_avg_pool2d(x, 1), size=1)
    add("uneven regions", "adaptiveAveragePool2d", (1, 2, 7, 5), lambda x: F.adaptive_avg_pool2d(x, 3), size=3)
    add("line", "adaptiveAveragePool1d", (2, 2, 9), lambda x: F.adaptive_avg_pool1d(x, 4), size=4)
    add("twice", "upsampleNearest2d", (2, 2, 3, 2), lambda x: F.interpolate(x, scale_factor=2, mode="nearest"), factor=2)


def normalization():
    for name, shape, affine in [("images", (3, 2, 3, 5), True), ("vectors", (5, 7), True), ("lines", (2, 3, 4), False),
                                ("one image", (1, 2, 3, 3), True)]:
        for training in (True, False):
            inputs = {"x": random(*shape, scale=2) + 1}
            if affine:
                inputs |= {"weight": random(shape[1]), "bias": random(shape[1])}
            running = {"mean": random(shape[1]), "variance": random(shape[1]).abs() + 0.1}

            def batch_norm(x, mean, variance, weight=None, bias=None):
                mean, variance = mean.clone(), variance.clone()
                y = F.batch_norm(x, mean, variance, weight, bias, training=training, momentum=0.3, eps=1e-3)
                return {"output": y, "mean": mean, "variance": variance}
            case("normalization", f"{name}, {'training' if training else 'evaluation'}", "batchNorm", inputs,
                 batch_norm, running, training=training, momentum=0.3, epsilon=1e-3)
    for name, shape, dimensions, affine in [("tokens", (2, 3, 17), 1, True), ("planes", (3, 2, 5), 2, True),
                                            ("bare", (4, 9), 1, False), ("one", (1, 3), 1, True)]:
        inputs = {"x": random(*shape, scale=2) + 1}
        normal = shape[-dimensions:]
        if affine:
            inputs |= {"weight": random(*normal), "bias": random(*normal)}
        case("normalization", name, "layerNorm", inputs,
             lambda x, weight=None, bias=None: F.layer_norm(x, normal, weight, bias, 1e-4), dimensions=dimensions,
             epsilon=1e-4)
    case("normalization", "tokens", "rmsNorm", {"x": random(2, 3, 11), "weight": random(11)},
         lambda x, weight: F.rms_norm(x, (11,), weight, 1e-4), epsilon=1e-4)
    case("normalization", "images", "groupNorm", {"x": random(2, 6, 2, 3), "weight": random(6), "bias": random(6)},
         lambda x, weight, bias: F.group_norm(x, 3, weight, bias, 1e-4), groups=3, epsilon=1e-4)


def embedding():
    indices = torch.tensor([[3, 0, 3], [1, 3, 0]])
    case("embedding", "a batch of sequences", "embedding", {"table": random(5, 9)},
         lambda table, indices: F.embedding(indices.long(), table), {"indices": indices.double()})
    case("embedding", "padding", "embedding", {"table": random(4, 2)},
         lambda table, indices: F.embedding(indices.long(), table, padding_idx=0), {"indices": indices.double()},
         padding=0)


def attention():
    def product(name, front, t, s, d, v, mask=None, causal=False, learned=False, scale=None):
        inputs = {"query": random(*front, t, d), "key": random(*front, s, d), "value": random(*front, s, v)}
        constants, options = {}, {"causal": causal}
        if scale:
            options["scale"] = scale
        if mask is not None:
            (inputs if learned else constants)["additive" if mask.dtype == torch.float64 else "allowed"] = (
                mask if mask.dtype == torch.float64 else mask.double())

        def compute(query, key, value, additive=None, allowed=None):
            chosen = additive if additive is not None else allowed.bool() if allowed is not None else None
            return F.scaled_dot_product_attention(query, key, value, chosen, is_causal=causal, scale=scale)
        case("attention", name, "product", inputs, compute, constants, **options)

    product("plain", (2, 3), 5, 4, 6, 3)
    product("one token", (1,), 1, 1, 1, 1)
    product("no dimensions in front", (), 3, 9, 5, 2, scale=0.3)
    product("causal", (2,), 5, 5, 4, 4, causal=True)
    product("causal, more keys", (2,), 3, 7, 4, 4, causal=True)
    product("learned mask", (2, 3), 4, 5, 2, 2, mask=random(3, 4, 5), learned=True)
    product("learned mask for all queries", (2, 3), 4, 5, 2, 2, mask=random(2, 1, 1, 5), learned=True)
    product("boolean mask, a query without keys", (2, 2), 3, 4, 2, 3,
            mask=torch.tensor([[1, 0, 1, 1], [0, 0, 0, 0], [0, 1, 0, 0]]).bool())

    def heads(name, n, t, s, e, heads, kind, padded=None, causal=False, bias=True):
        module = torch.nn.MultiheadAttention(e, heads, bias=bias, batch_first=True, dtype=torch.float64)
        inputs = {"inWeight": random(3 * e, e, scale=0.5), "outWeight": random(e, e, scale=0.5)}
        if bias:
            inputs |= {"inBias": random(3 * e), "outBias": random(e)}
        inputs |= {name: random(n, length, e) for name, length in
                   {"self": {"x": t}, "memory": {"x": t, "key": s}, "three": {"x": t, "key": s, "value": s}}[kind].items()}
        constants = {}
        if padded:
            constants["keyPadding"] = torch.tensor([[float(i >= length) for i in range(s)] for length in padded],
                                                   dtype=torch.float64)

        def compute(x, inWeight, outWeight, inBias=None, outBias=None, key=None, value=None, keyPadding=None):
            key = x if key is None else key
            value = key if value is None else value
            future = torch.triu(torch.ones(t, s), 1).bool() if causal else None
            return F.multi_head_attention_forward(
                x.transpose(0, 1), key.transpose(0, 1), value.transpose(0, 1), e, heads, inWeight, inBias, None, None,
                False, 0.0, outWeight, outBias, key_padding_mask=None if keyPadding is None else keyPadding.bool(),
                need_weights=False, attn_mask=future)[0].transpose(0, 1)
        case("attention", name, "heads", inputs, compute, constants, heads=heads, causal=causal)

    heads("self", 3, 5, 5, 6, 2, "self")
    heads("self, one sample, no bias", 1, 4, 4, 4, 1, "self", bias=False)
    heads("self, padded, causal", 3, 4, 4, 6, 3, "self", padded=[4, 1, 2], causal=True)
    heads("memory", 2, 3, 5, 4, 2, "memory", padded=[5, 3])
    heads("three", 2, 3, 2, 4, 4, "three")


def recurrent():
    def add(name, kind, n, t, d, h, lengths=None, backwards=False, initial=False, bias=True):
        gates = {"gru": 3, "lstm": 4}[kind]
        module = {"gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[kind](d, h, bias=bias, batch_first=True, dtype=torch.float64)
        inputs = {"x": random(n, t, d), "inputWeight": random(gates * h, d, scale=0.5),
                  "hiddenWeight": random(gates * h, h, scale=0.5)}
        if bias:
            inputs |= {"inputBias": random(gates * h), "hiddenBias": random(gates * h)}
        if initial:
            inputs["state"] = random(n, h)
            if kind == "lstm":
                inputs["memory"] = random(n, h)
        constants = {} if lengths is None else {"lengths": torch.tensor(lengths, dtype=torch.float64)}

        def one(x, start, parameters):
            """One sequence [1, L, d]; read backwards by turning it round, and the output too."""
            if backwards:
                x = x.flip(1)
            y, last = torch.func.functional_call(module, parameters, (x, start))
            return (y.flip(1) if backwards else y), last

        def compute(x, inputWeight, hiddenWeight, inputBias=None, hiddenBias=None, state=None, memory=None, lengths=None):
            parameters = {"weight_ih_l0": inputWeight, "weight_hh_l0": hiddenWeight}
            if bias:
                parameters |= {"bias_ih_l0": inputBias, "bias_hh_l0": hiddenBias}
            outputs, states, memories = [], [], []
            for i in range(n):
                length = t if lengths is None else int(lengths[i])
                s = torch.zeros(1, 1, h, dtype=torch.float64) if state is None else state[i].view(1, 1, h)
                m = torch.zeros(1, 1, h, dtype=torch.float64) if memory is None else memory[i].view(1, 1, h)
                y, last = one(x[i:i + 1, :length], s if kind == "gru" else (s, m), parameters)
                outputs.append(F.pad(y[0], (0, 0, 0, t - length)))
                states.append((last if kind == "gru" else last[0]).view(h))
                memories.append(last[1].view(h) if kind == "lstm" else None)
            result = {"output": torch.stack(outputs), "state": torch.stack(states)}
            return result | ({"memory": torch.stack(memories)} if kind == "lstm" else {})
        case("recurrent", name, kind, inputs, compute, constants, reversed=backwards)

    for kind in ("gru", "lstm"):
        add("plain", kind, 3, 4, 5, 2)
        add("one sample, one step", kind, 1, 1, 2, 3, bias=False)
        add("wide, initial state", kind, 2, 3, 3, 9, initial=True)
        add("lengths", kind, 4, 5, 2, 3, lengths=[5, 1, 3, 4], initial=True)
        add("backwards, lengths", kind, 3, 4, 2, 3, lengths=[2, 4, 1], backwards=True)
        add("two runs of samples", kind, 21, 2, 1, 2, lengths=[1 + i % 2 for i in range(21)])


def layers():
    """Whole layers: parameters by PyTorch's names, an input, the output and, where there is one, the last state."""
    def add(name, module, x, run):
        module = module.double().train(False)
        for parameter in module.parameters():
            parameter.data = parameter.data.float().double()
        outputs = dict(zip(("output", "state"), run(module, x)))
        cases.setdefault("layers", []).append({
            "name": name, "x": stored(x), "outputs": {k: stored(v) for k, v in outputs.items()},
            "parameters": {k: stored(v) for k, v in module.state_dict().items() if v.dim() > 0}})

    torch.manual_seed(3)
    x = random(3, 4, 6)
    add("gru", torch.nn.GRU(6, 5, 2, bidirectional=True, batch_first=True), x,
        lambda m, x: (lambda y, h: (y, torch.cat([h[-2], h[-1]], -1)))(*m(x)))
    add("lstm", torch.nn.LSTM(6, 3, 2, bidirectional=True, batch_first=True), x,
        lambda m, x: (lambda y, h: (y, torch.cat([h[0][-2], h[0][-1]], -1)))(*m(x)))
    add("attention", torch.nn.MultiheadAttention(6, 3, batch_first=True), x, lambda m, x: m(x, x, x)[:1])
    add("conv1d", torch.nn.Conv1d(4, 3, 3, stride=2, padding=1), x, lambda m, x: (m(x),))
    add("conv2d", torch.nn.Conv2d(2, 3, 3, padding=1), random(2, 2, 4, 5), lambda m, x: (m(x),))
    add("layer norm", torch.nn.LayerNorm(6), x, lambda m, x: (m(x),))
    batch_norm = torch.nn.BatchNorm1d(4)
    batch_norm.running_mean, batch_norm.running_var = random(4), random(4).abs() + 0.5
    add("batch norm", batch_norm, x, lambda m, x: (m(x),))


for area in (linear, convolution, pooling, normalization, embedding, attention, recurrent, layers):
    generator.manual_seed(7)  # each area by itself, so that a new one changes no other
    area()
for group, content in cases.items():
    lines = ",\n".join(json.dumps(entry) for entry in content)
    (HERE / f"{group}.json").write_text(f"[\n{lines}\n]\n")
