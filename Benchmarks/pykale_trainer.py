#!/usr/bin/env python3
"""PyKale's side of end_to_end.py: its AV-MNIST loader, encoders, late fusion and trainer on files of the layout it reads.

    python pykale_trainer.py DATA --batches 300 --threads 2

Prints one JSON line: the rate of training without loading, what loading took, the largest resident memory. The classes are
the package's own, put together as in its example `avmnist_multimodal` (its main.py does not run). The head is plain PyTorch:
the package's wants PyTorch Geometric, and the example's has one output for ten classes.
"""
import argparse
import json
import resource
import time
import unittest.mock
import warnings

import pytorch_lightning as pl
import torch
from torch import nn

try:
    import torchvision  # noqa: F401
except Exception:
    # Only networks that are not used here need it, and its build has to match that of torch.
    import sys

    sys.modules["torchvision"] = unittest.mock.MagicMock()

from kale.embed.image_cnn import LeNet
from kale.embed.multimodal_fusion import Concat
from kale.loaddata.avmnist_datasets import AVMNISTDataset
from kale.pipeline.base_nn_trainer import MultimodalNNTrainer


class Clock(pl.Callback):
    """Seconds from the end of a first, slower batch to the end of the last one."""

    def on_train_batch_end(self, trainer, module, outputs, batch, index):
        self.end = time.perf_counter()
        if index == 0:
            self.start, self.samples = self.end, 0
        else:
            self.samples += len(batch[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data")
    parser.add_argument("--batches", type=int, default=300)
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(a.threads)
    start = time.perf_counter()
    data = AVMNISTDataset(a.data, batch_size=40)
    loading = time.perf_counter() - start
    head = nn.Sequential(nn.Linear(240, 100), nn.ReLU(), nn.Dropout(0.1), nn.Linear(100, 10))
    model = MultimodalNNTrainer([LeNet(1, 6, 3), LeNet(1, 6, 5)], Concat(), head, lr=0.05, weight_decay=1e-4)
    clock = Clock()
    trainer = pl.Trainer(
        accelerator="cpu", max_epochs=1, limit_train_batches=a.batches, limit_val_batches=0, gradient_clip_val=8,
        callbacks=[clock], logger=False, enable_checkpointing=False, enable_model_summary=False, enable_progress_bar=False)
    trainer.fit(model, data.get_train_loader())
    print(json.dumps({
        "train_samples_per_s": clock.samples / (clock.end - clock.start), "loading_s": loading,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "versions": f"torch {torch.__version__}, pytorch-lightning {pl.__version__}"}))


if __name__ == "__main__":
    main()
