#!/usr/bin/env python3
"""PyTorch's side of every speed comparison: the AV-MNIST pipelines, trained on random data.

The models are PyKale's avmnist example: two LeNet encoders (6 channels, 4 blocks on a 28x28 image and 6 blocks
on a 112x112 spectrogram), one fusion, one MLP head (hidden 100, ReLU, dropout 0.1, 10 classes), SGD. With --encoders those
of configs/conv_encoders.yaml, transformer_encoders.yaml or recurrent_encoders.yaml take the place of the LeNets.
It prints one JSON line: samples/s of each round, training and inference.

    python torch_pipeline.py --fusion concat --batch 40 --threads 2
    python torch_pipeline.py --fusion concat --compile          # torch.compile
    python torch_pipeline.py --fusion concat --channels-last
    python torch_pipeline.py --serve                            # a case a line on standard input, see serve()
"""
import argparse
import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

IMAGE, AUDIO = 48, 192  # features out of the two LeNets: 6 * 2**3 and 6 * 2**5


class LeNet(nn.Module):
    def __init__(self, channels, blocks):
        super().__init__()
        widths = [1] + [channels * 2**i for i in range(blocks)]
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 5 if i == 0 else 3, padding=2 if i == 0 else 1, bias=False)
            for i, (a, b) in enumerate(zip(widths, widths[1:]))
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for b in widths[1:])

    def forward(self, x):
        for conv, norm in zip(self.convs, self.norms):
            x = F.max_pool2d(F.relu(norm(conv(x))), 2)
        return x.flatten(1)


class Conv(nn.Module):
    """configs/conv_encoders.yaml: kernel 3, batch norm, ReLU, max pooling."""

    def __init__(self, channels):
        super().__init__()
        widths = [1, *channels]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1, bias=False) for a, b in zip(widths, widths[1:]))
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for b in channels)

    forward = LeNet.forward


class Transformer(nn.Module):
    """configs/transformer_encoders.yaml: patches, learned positions, norms in front, the mean of the tokens."""

    def __init__(self, size, patch, width=64, depth=2, heads=4):
        super().__init__()
        self.embedding = nn.Conv2d(1, width, patch, stride=patch)
        self.positions = nn.Parameter(0.02 * torch.randn(1, (size // patch) ** 2, width))
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(width, heads, 4 * width, 0.0, "gelu", batch_first=True, norm_first=True)
            for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        x = self.embedding(x).flatten(2).transpose(1, 2) + self.positions
        for layer in self.layers:
            x = layer(x)
        return self.norm(x).mean(1)


class Recurrent(nn.Module):
    """configs/recurrent_encoders.yaml: a GRU over the columns, its last state."""

    def __init__(self, rows, hidden=64):
        super().__init__()
        self.rnn = nn.GRU(rows, hidden, batch_first=True)

    def forward(self, x):
        return self.rnn(x.squeeze(1).transpose(1, 2))[1][0]


# Both encoders, and the width of their features together.
ENCODERS = {
    "lenet": lambda: (LeNet(6, 4), LeNet(6, 6), IMAGE + AUDIO),
    "conv": lambda: (Conv([16, 32, 64]), Conv([8, 16, 32, 64, 64]), 2 * 64 * 9),
    "transformer": lambda: (Transformer(28, 7), Transformer(112, 16), 128),
    "recurrent": lambda: (Recurrent(28), Recurrent(112), 128),
}


class Concat(nn.Module):
    out = IMAGE + AUDIO

    def forward(self, a, b):
        return torch.cat([a, b], 1)


class Elementwise(nn.Module):
    """add or multiply, after a linear map of each modality to a common width."""

    out = 64

    def __init__(self, product):
        super().__init__()
        self.a, self.b, self.product = nn.Linear(IMAGE, 64), nn.Linear(AUDIO, 64), product

    def forward(self, a, b):
        return self.a(a) * self.b(b) if self.product else self.a(a) + self.b(b)


class LowRankTensor(nn.Module):
    out = 120

    def __init__(self, rank=40):
        super().__init__()
        self.fa = nn.Parameter(torch.empty(rank, IMAGE + 1, self.out))
        self.fb = nn.Parameter(torch.empty(rank, AUDIO + 1, self.out))
        self.w, self.bias = nn.Parameter(torch.empty(1, rank)), nn.Parameter(torch.zeros(1, self.out))
        for p in (self.fa, self.fb, self.w):
            nn.init.xavier_normal_(p)

    def forward(self, a, b):
        one = torch.ones(a.shape[0], 1)
        z = torch.matmul(torch.cat([one, a], 1), self.fa) * torch.matmul(torch.cat([one, b], 1), self.fb)
        return torch.einsum("r,rbo->bo", self.w[0], z) + self.bias


class BimodalMatrix(nn.Module):
    out = 240

    def __init__(self):
        super().__init__()
        self.W = nn.Parameter(torch.empty(IMAGE, AUDIO, self.out))
        self.U, self.V = nn.Parameter(torch.empty(IMAGE, self.out)), nn.Parameter(torch.empty(AUDIO, self.out))
        self.bias = nn.Parameter(torch.empty(self.out))
        for p in (self.W, self.U, self.V):
            nn.init.xavier_normal_(p)
        nn.init.normal_(self.bias)

    def forward(self, a, b):
        weight = torch.einsum("bn,nmd->bmd", a, self.W) + self.V
        return torch.einsum("bm,bmd->bd", b, weight) + a @ self.U + self.bias


FUSIONS = {
    "concat": Concat,
    "add": lambda: Elementwise(False),
    "multiply": lambda: Elementwise(True),
    "low_rank_tensor": LowRankTensor,
    "bimodal_interaction": BimodalMatrix,
}


class Pipeline(nn.Module):
    def __init__(self, fusion, encoders="lenet"):
        super().__init__()
        self.image, self.audio, width = ENCODERS[encoders]()
        self.fusion = FUSIONS[fusion]()
        width = width if fusion == "concat" else self.fusion.out
        self.head = nn.Sequential(nn.Linear(width, 100), nn.ReLU(), nn.Dropout(0.1), nn.Linear(100, 10))

    def forward(self, image, audio):
        return self.head(self.fusion(self.image(image), self.audio(audio)))


class Case:
    """A model with its optimizer and data, ready for rounds."""

    def __init__(self, fusion="concat", encoders="lenet", batch=40, samples=2000, compile=False, channels_last=False):
        torch.manual_seed(0)
        self.model = Pipeline(fusion, encoders)
        if channels_last:
            self.model = self.model.to(memory_format=torch.channels_last)
        self.step = torch.compile(self.model, dynamic=False) if compile else self.model
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01, weight_decay=1e-4)
        self.images, self.audio = torch.randn(samples, 1, 28, 28), torch.randn(samples, 1, 112, 112)
        self.labels = torch.randint(0, 10, (samples,))
        self.slices = [slice(k, k + batch) for k in range(0, samples - batch + 1, batch)]
        self.count = len(self.slices) * batch

    def train(self):
        self.model.train()
        start = time.perf_counter()
        for s in self.slices:
            self.optimizer.zero_grad()
            F.cross_entropy(self.step(self.images[s], self.audio[s]), self.labels[s]).backward()
            self.optimizer.step()
        return self.count / (time.perf_counter() - start)

    def infer(self):
        self.model.eval()
        start = time.perf_counter()
        with torch.inference_mode():
            for s in self.slices:
                self.step(self.images[s], self.audio[s])
        return self.count / (time.perf_counter() - start)


def engine(compiled, channels_last=False):
    return "torch " + torch.__version__ + (" compile" if compiled else "") + (" channels_last" if channels_last else "")


def serve():
    """One JSON line in, for example {"fusion": "concat", "batch": 40, "compile": true}: one round of training and one of
    inference, one JSON line out. The first round of a case is preceded by a warm-up; models stay alive between rounds,
    since compiling one can take a minute."""
    torch._dynamo.config.cache_size_limit = 64
    cases = {}
    for line in sys.stdin:
        request = json.loads(line)
        if line not in cases:
            case = cases[line] = Case(**request)
            case.train(), case.infer()
        case = cases[line]
        print(json.dumps({
            "engine": engine(request.get("compile", False)),
            "train_samples_per_s": round(case.train(), 1), "infer_samples_per_s": round(case.infer(), 1)}), flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--fusion", choices=FUSIONS, default="concat")
    p.add_argument("--encoders", choices=ENCODERS, default="lenet")
    p.add_argument("--batch", type=int, default=40)
    p.add_argument("--samples", type=int, default=2000)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--compile", action="store_true")
    p.add_argument("--channels-last", action="store_true")
    p.add_argument("--serve", action="store_true", help="answer requests on standard input")
    a = p.parse_args()
    if a.encoders != "lenet" and a.fusion != "concat":
        p.error("other encoders than the LeNets are measured with concat")
    torch.set_num_threads(a.threads)
    if a.serve:
        return serve()
    case = Case(a.fusion, a.encoders, a.batch, a.samples, a.compile, a.channels_last)
    case.train()  # a warm-up round, not counted
    training = [case.train() for _ in range(a.rounds)]
    case.infer()
    inference = [case.infer() for _ in range(a.rounds)]
    median = lambda v: sorted(v)[len(v) // 2]
    print(json.dumps({
        "engine": engine(a.compile, a.channels_last),
        "fusion": a.fusion, "batch": a.batch, "threads": a.threads,
        "train_samples_per_s": round(median(training), 1), "infer_samples_per_s": round(median(inference), 1),
        "train_rounds": [round(v, 1) for v in training], "infer_rounds": [round(v, 1) for v in inference],
    }))


if __name__ == "__main__":
    main()
