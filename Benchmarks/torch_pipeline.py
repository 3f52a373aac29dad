#!/usr/bin/env python3
"""PyTorch's side of every speed comparison: the AV-MNIST pipelines, trained on random data.

The models are PyKale's avmnist example: two LeNet encoders (6 channels, 4 blocks on a 28x28 image and 6 blocks
on a 112x112 spectrogram), one fusion, one MLP head (hidden 100, ReLU, dropout 0.1, 10 classes), SGD.
It prints one JSON line: samples/s of each round, training and inference.

    python torch_pipeline.py --fusion concat --batch 40 --threads 2
    python torch_pipeline.py --fusion concat --compile          # torch.compile
    python torch_pipeline.py --fusion concat --channels-last
"""
import argparse
import json
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

IMAGE, AUDIO = 48, 192  # features out of the two encoders: 6 * 2**3 and 6 * 2**5


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
    def __init__(self, fusion):
        super().__init__()
        self.image, self.audio, self.fusion = LeNet(6, 4), LeNet(6, 6), FUSIONS[fusion]()
        self.head = nn.Sequential(nn.Linear(self.fusion.out, 100), nn.ReLU(), nn.Dropout(0.1), nn.Linear(100, 10))

    def forward(self, image, audio):
        return self.head(self.fusion(self.image(image), self.audio(audio)))


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--fusion", choices=FUSIONS, default="concat")
    p.add_argument("--batch", type=int, default=40)
    p.add_argument("--samples", type=int, default=2000)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--compile", action="store_true")
    p.add_argument("--channels-last", action="store_true")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    model = Pipeline(a.fusion)
    if a.channels_last:
        model = model.to(memory_format=torch.channels_last)
    step_model = torch.compile(model) if a.compile else model
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, weight_decay=1e-4)
    images, audio = torch.randn(a.samples, 1, 28, 28), torch.randn(a.samples, 1, 112, 112)
    labels = torch.randint(0, 10, (a.samples,))
    starts = range(0, a.samples - a.batch + 1, a.batch)

    def train():
        t = time.perf_counter()
        for k in starts:
            s = slice(k, k + a.batch)
            optimizer.zero_grad()
            F.cross_entropy(step_model(images[s], audio[s]), labels[s]).backward()
            optimizer.step()
        return len(starts) * a.batch / (time.perf_counter() - t)

    def infer():
        t = time.perf_counter()
        with torch.inference_mode():
            for k in starts:
                step_model(images[k : k + a.batch], audio[k : k + a.batch])
        return len(starts) * a.batch / (time.perf_counter() - t)

    model.train(), train()  # a warm-up round, not counted
    training = [train() for _ in range(a.rounds)]
    model.eval(), infer()
    inference = [infer() for _ in range(a.rounds)]
    median = lambda v: sorted(v)[len(v) // 2]
    print(json.dumps({
        "engine": "torch " + torch.__version__ + (" compile" if a.compile else "") + (" channels_last" if a.channels_last else ""),
        "fusion": a.fusion, "batch": a.batch, "threads": a.threads,
        "train_samples_per_s": round(median(training), 1), "infer_samples_per_s": round(median(inference), 1),
        "train_rounds": [round(v, 1) for v in training], "infer_rounds": [round(v, 1) for v in inference],
    }))


if __name__ == "__main__":
    main()
