#!/usr/bin/env python3
"""Training from files on disk: python end_to_end.py --data data/avmnist [--pykale PYTHON] [--only rate,pykale,size]

Three questions, each answered by programs that take turns, and written to the second part of results.md:
rate    how much of `fusionkit bench`'s rate does `fusionkit train` keep, with loader, metrics, evaluation and run folder?
pykale  how fast is PyKale's trainer on the same files, and how much memory does each take? PYTHON is one that has pykale:
        a virtual environment with `pip install pykale pytorch-lightning`.
size    does a sample cost the same in a set of 1,000 and of 1,000,000?
DATA is the whole of AV-MNIST, as `fusionkit data build avmnist` makes it from MNIST and FSDD.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from results_file import median_and_range, processor, table, write

here = pathlib.Path(__file__).parent
program = here.parent / ".build/release/fusionkit"


def say(text):
    print(text, file=sys.stderr, flush=True)


def output(command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=here.parent)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return done.stdout


def bench(threads):
    found = json.loads(output([program, "bench", "--batch", 40, "--threads", threads, "--rounds", 3, "--json"]))
    return found["train_samples_per_s"], found["infer_samples_per_s"]


class Memory(threading.Thread):
    """The largest resident memory of a process, and the largest part of it that is no mapped file. Linux only."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process, self.resident, self.own = process, 0, 0

    def run(self):
        while self.process.poll() is None:
            try:
                status = dict(line.split(":", 1) for line in open(f"/proc/{self.process.pid}/status") if ":" in line)
                read = lambda key: int(status[key].split()[0]) * 1024
                self.resident, self.own = read("VmHWM"), max(self.own, read("RssAnon"))
            except (OSError, KeyError):
                pass
            time.sleep(0.05)


def train(config, folder, threads, *settings):
    """One run: its metrics, the seconds of the whole command, its memory."""
    command = [program, "train", config, "--output", folder, "--overwrite", "--threads", threads]
    for setting in settings:
        command += ["--set", setting]
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=errors, cwd=here.parent)
        memory = Memory(process)
        memory.start()
        if process.wait() != 0:
            errors.seek(0)
            sys.exit(errors.read())
    seconds = time.perf_counter() - start
    return json.loads((pathlib.Path(folder) / "metrics.json").read_text()), seconds, memory


def counts(data):
    found = json.loads(output([program, "data", "inspect", data, "--json"]))
    return {part["name"]: part["samples"] for part in found["parts"]}


def rate(a, scratch):
    """Training alone, and the whole command beside what bench says its samples should take."""
    samples = counts(a.data)
    trained, evaluated = samples["train"] * 0.9, samples["train"] * 0.1 + samples["test"]
    rows, kept, whole = [], [], []
    for _ in range(a.rounds):
        before = bench(a.threads)
        metrics, seconds, _ = train(
            "configs/late_fusion.yaml", scratch / "rate", a.threads, f"data.root={a.data}", "training.epochs=1")
        after = bench(a.threads)
        training, inference = ((x + y) / 2 for x, y in zip(before, after))
        kept.append(100 * metrics["train_samples_per_s"] / training)
        whole.append(100 * (trained / training + evaluated / inference) / seconds)
        rows.append((training, metrics["train_samples_per_s"], seconds))
        say(f"bench {training:,.0f}, train {metrics['train_samples_per_s']:,.0f} samples/s, command {seconds:.1f} s: "
            f"{kept[-1]:.0f}%, {whole[-1]:.0f}%")
    middle = [statistics.median(values) for values in zip(*rows)]
    return f"""### `train` from disk beside `bench`

`fusionkit train configs/late_fusion.yaml`, one epoch over {trained:,.0f} of {samples['train']:,} pairs of AV-MNIST, {evaluated:,.0f}
others evaluated, {a.threads} threads; before and after it `fusionkit bench`, with data in memory. {a.rounds} rounds, medians and
ranges. The whole command is compared with the time that its samples take at `bench`'s rates of training and inference.

{table(["", "samples/s", "of bench"], [
        ["bench", f"{middle[0]:,.0f}", ""],
        ["training, as metrics.json tells it", f"{middle[1]:,.0f}", median_and_range(kept, "{:.0f}%")],
        [f"the whole command, {middle[2]:.1f} s", "", median_and_range(whole, "{:.0f}%")]])}
"""


def pykale(a, scratch):
    ours, theirs = [], []
    for _ in range(a.rounds):
        metrics, _, memory = train(
            "configs/late_fusion.yaml", scratch / "pykale", a.threads, f"data.root={a.data}", "training.epochs=1")
        ours.append((metrics["train_samples_per_s"], memory.resident, memory.own))
        found = json.loads(output(
            [a.pykale, here / "pykale_trainer.py", a.data, "--threads", a.threads]).splitlines()[-1])
        theirs.append(found)
        say(f"{ours[-1][0]:,.0f} and {found['train_samples_per_s']:,.0f} samples/s, "
            f"{memory.resident / 1e6:,.0f} ({memory.own / 1e6:,.0f} own) and {found['peak_bytes'] / 1e6:,.0f} MB")
    speed = [f["train_samples_per_s"] for f in theirs]
    resident, own = max(o[1] for o in ours), max(o[2] for o in ours)
    peak = statistics.median(f["peak_bytes"] for f in theirs)
    return f"""### PyKale's trainer on the same files

PyKale's loader, encoders, late fusion and trainer on the same network, batch and optimizer, {a.threads} threads; its rate is
that of 300 batches after all files are loaded, which took {statistics.median(f['loading_s'] for f in theirs):.0f} s and is not counted; ours is that of a whole epoch. {a.rounds} rounds in
turn. The mapped files are memory that the system takes back when it needs it. {theirs[0]['versions']}.

{table(["", "FusionKit", "PyKale 0.2.1", "ratio"], [
        ["training, samples/s", f"{statistics.median(o[0] for o in ours):,.0f}", f"{statistics.median(speed):,.0f}",
         median_and_range([o[0] / s for o, s in zip(ours, speed)])],
        ["largest resident memory, MB", f"{resident / 1e6:,.0f}", f"{peak / 1e6:,.0f}", f"1/{peak / resident:.1f}"],
        ["of that not mapped files, MB", f"{own / 1e6:,.0f}", f"{peak / 1e6:,.0f}", f"1/{peak / own:.0f}"]])}
"""


SIZES = [1_000, 10_000, 100_000, 1_000_000]
TRAINED = 3_000_000  # samples in each run, whatever the size: as many seconds for each
VECTORS = """
name: vectors
seed: 1
data: {{dataset: arrays, root: {root}, train: {{a: a.npy, b: b.npy, targets: labels.npy}}, validation: 0}}
modalities:
  a: {{type: vector, encoder: {{type: mlp, hidden: [64], width: 32}}}}
  b: {{type: vector, encoder: {{type: mlp, hidden: [64], width: 32}}}}
fusion: {{type: concat}}
decoder: {{type: linear}}
training: {{epochs: {epochs}, batch_size: 100, select: last, checkpoint_every: 100000}}
"""


def size(a, scratch):
    import numpy as np

    random = np.random.default_rng(0)
    for count in SIZES:
        folder = scratch / f"{count}"
        folder.mkdir()
        np.save(folder / "a.npy", random.standard_normal((count, 16), dtype=np.float32))
        np.save(folder / "b.npy", random.standard_normal((count, 24), dtype=np.float32))
        np.save(folder / "labels.npy", random.integers(0, 10, count))
        (folder / "vectors.yaml").write_text(VECTORS.format(root=folder, epochs=TRAINED // count))
    cost = {count: [] for count in SIZES}
    for _ in range(a.rounds):
        for count in SIZES:
            metrics, _, _ = train(scratch / f"{count}/vectors.yaml", scratch / f"{count}/run", a.threads)
            cost[count].append(1e6 / metrics["train_samples_per_s"])
        say("  ".join(f"{count:,}: {values[-1]:.2f} µs" for count, values in cost.items()))
    rows = [
        [f"{count:,}", median_and_range(values, "{:.2f}"),
         median_and_range([100 * v / one for v, one in zip(values, cost[SIZES[0]])], "{:.0f}%")]
        for count, values in cost.items()]
    return f"""### A sample's cost in small and large sets

Vectors of 16 and 24 floats and two small perceptrons, batch 100, {a.threads} threads, {TRAINED:,} samples trained in each run;
{a.rounds} rounds in turn, median and range.

{table(["samples on disk", "µs a sample", f"of that at {SIZES[0]:,}"], rows)}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default="data/avmnist")
    parser.add_argument("--pykale", help="a Python that has the package pykale")
    parser.add_argument("--only", default="rate,pykale,size")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    a.data = pathlib.Path(a.data).resolve()
    texts = []
    with tempfile.TemporaryDirectory() as scratch:
        for name, part in (("rate", rate), ("pykale", pykale), ("size", size)):
            if name not in a.only.split(","):
                continue
            if name == "pykale" and not a.pykale:
                say("pykale is left out: no --pykale PYTHON")
                continue
            texts.append(part(a, pathlib.Path(scratch)))
    text = f"## From disk\n\nMade by `Benchmarks/end_to_end.py`. Processor: {processor()}.\n\n" + "\n".join(texts)
    if a.only == "rate,pykale,size" and a.pykale:
        write("end to end", text)
    else:
        print(text)


if __name__ == "__main__":
    main()
