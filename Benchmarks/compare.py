#!/usr/bin/env python3
"""FusionKit against PyTorch on the same work, in turn: python compare.py [--rounds N] [--fusions a,b] [--batches 40,128]

Each round runs both programs once, so that whatever else the machine does meets both alike. Writes results.md: medians
and ranges over the rounds, and the ratio of the medians. `make bench` sets everything up and runs it.
"""
import argparse
import json
import pathlib
import platform
import statistics
import subprocess
import sys

here = pathlib.Path(__file__).parent
program = here.parent / ".build/release/fusionkit"


def run(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def processor():
    try:
        names = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
        return names[0]
    except (OSError, IndexError):
        return platform.processor() or platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--samples", type=int, default=800)
    parser.add_argument("--fusions", default="concat,add,multiply,low_rank_tensor,bimodal_interaction")
    parser.add_argument("--batches", default="40")
    a = parser.parse_args()
    common = ["--samples", str(a.samples), "--rounds", "1", "--threads", str(a.threads)]
    rows = []
    for fusion in a.fusions.split(","):
        for batch in a.batches.split(","):
            case = ["--fusion", fusion, "--batch", batch, *common]
            results = {"fusionkit": [], "torch": []}
            for _ in range(a.rounds):
                results["fusionkit"].append(run([str(program), "bench", *case, "--json"]))
                results["torch"].append(run([sys.executable, str(here / "torch_pipeline.py"), *case]))
            engines = [results["fusionkit"][0]["engine"], results["torch"][0]["engine"]]
            for work in ("train", "infer"):
                ours, theirs = ([r[f"{work}_samples_per_s"] for r in results[k]] for k in ("fusionkit", "torch"))
                show = lambda v: f"{statistics.median(v):,.0f} ({min(v):,.0f} to {max(v):,.0f})"
                ratio = statistics.median(ours) / statistics.median(theirs)
                rows.append(f"| {fusion} | {batch} | {'training' if work == 'train' else 'inference'} | {show(ours)} | {show(theirs)} | {ratio:.1f} |")
                print(rows[-1], flush=True)
    text = f"""# FusionKit against PyTorch

Samples/s, median and range over {a.rounds} rounds, both programs in turn; {a.threads} threads; the two LeNets of the AV-MNIST
experiments with each fusion and head, on random data. Processor: {processor()}, {platform.system()}.
Made by `make bench` with {engines[0]} and {engines[1]}.

| fusion | batch | work | {engines[0]} | {engines[1]}, eager | ratio |
| --- | --- | --- | --- | --- | --- |
""" + "\n".join(rows) + "\n"
    (here / "results.md").write_text(text)


if __name__ == "__main__":
    main()
