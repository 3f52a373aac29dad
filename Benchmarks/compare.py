#!/usr/bin/env python3
"""FusionKit against PyTorch on the same networks, in turn: python compare.py [--quick] [--rounds N]

Each round runs both once, FusionKit as a new process, PyTorch in one that keeps its models alive (torch.compile takes the
better part of a minute a shape), so that whatever else the machine does meets both alike. A ratio is that of one round;
the table has the median and the range of them. Writes the first part of results.md; `make bench` sets everything up and
runs it. --quick: concat at a batch of 40 only, printed and not written.
"""
import argparse
import itertools
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

from results_file import median_and_range, processor, table, write

here = pathlib.Path(__file__).parent
program = here.parent / ".build/release/fusionkit"
FUSIONS = ["concat", "add", "multiply", "low_rank_tensor", "bimodal_interaction"]
ENCODERS = ["conv", "transformer", "recurrent"]
WORK = {"train": "training", "infer": "inference"}
# Samples a round, about a second each.
OURS = {1: 400, 40: 1600, 64: 1792, 128: 2560}
THEIRS = {1: 120, 40: 480, 64: 512, 128: 640}


def say(text):
    print(text, file=sys.stderr, flush=True)


def fusionkit(*arguments, environment={}):
    command = [str(program), "bench", "--rounds", "1", "--json", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=here.parent, env={**os.environ, **environment})
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)


class Torch:
    """torch_pipeline.py --serve on a number of threads."""

    def __init__(self, threads):
        command = [sys.executable, str(here / "torch_pipeline.py"), "--serve", "--threads", str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def round(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit("PyTorch has ended; its message is above")
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def cases(quick):
    """Name, threads, batch, what FusionKit's bench and PyTorch's script are told."""
    def standard(fusion, batch, threads):
        return fusion, threads, batch, ["--fusion", fusion], {"fusion": fusion}

    if quick:
        return [standard("concat", 40, 2)]
    encoders = [(f"{e} encoders", 2, 40, [f"configs/{e}_encoders.yaml"], {"encoders": e}) for e in ENCODERS]
    # By threads: each number of them has a PyTorch process of its own.
    return [
        *(standard("concat", batch, 2) for batch in (1, 40, 64, 128)), *(standard(f, 40, 2) for f in FUSIONS[1:]), *encoders,
        *(standard("concat", batch, 1) for batch in (1, 40, 64, 128))]


def networks(rounds, quick, compiles):
    rows, engines = [], {}
    columns = ["eager", "compile"] if compiles else ["eager"]
    for threads, group in itertools.groupby(cases(quick), key=lambda case: case[1]):
        torch = Torch(threads)
        for name, _, batch, ours, theirs in group:
            # torch.compile takes the better part of a minute a shape: beside one network it is enough.
            kinds = columns if (name, threads) == ("concat", 2) else columns[:1]
            requests = {k: {**theirs, "batch": batch, "samples": THEIRS[batch], "compile": k == "compile"} for k in kinds}
            for request in requests.values():
                torch.round(request)  # compiles and warms up
            results = {"fusionkit": [], **{k: [] for k in kinds}}
            for _ in range(rounds):
                results["fusionkit"].append(fusionkit(*ours, "--batch", batch, "--samples", OURS[batch], "--threads", threads))
                for kind in kinds:
                    results[kind].append(torch.round(requests[kind]))
            engines |= {k: v[0]["engine"] for k, v in results.items()}
            for key, work in WORK.items():
                rates = {k: [r[f"{key}_samples_per_s"] for r in v] for k, v in results.items()}
                row = [name, batch, threads, work, f"{statistics.median(rates['fusionkit']):,.0f}"]
                for kind in columns:
                    if kind not in kinds:
                        row += ["", ""]
                        continue
                    ratios = [a / b for a, b in zip(rates["fusionkit"], rates[kind])]
                    row += [f"{statistics.median(rates[kind]):,.0f}", median_and_range(ratios)]
                rows.append(row)
                say("  ".join(map(str, row)))
        torch.close()
    header = ["network", "batch", "threads", "work", "FusionKit"]
    for kind in columns:
        header += ["eager" if kind == "eager" else "torch.compile", "ratio"]
    return table(header, rows), engines


def layers(rounds):
    """The convolutions of the standard pipeline beside the machine's peak."""
    rows = []
    for threads in (1, 2):
        shares = {}
        for _ in range(rounds):
            found = fusionkit("--layers", "--samples", 800, "--threads", threads)["layers"]
            for row in found["convolutions"]:
                if ".convs." not in row["name"]:
                    shares.setdefault(row["name"], []).append(100 * row["share_of_peak"])
            shares.setdefault("peak", []).append(found["peak"]["gflops"])
        for name in ("encoders.image", "encoders.audio"):
            rows.append([name, threads, median_and_range(shares["peak"], "{:.0f}"), median_and_range(shares[name], "{:.0f}%")])
            say("  ".join(map(str, rows[-1])))
    return table(["layers", "threads", "FMA peak, GFLOP/s", "share of it"], rows)


def instruction_sets(rounds):
    """Each instruction set of this machine beside the one that is chosen."""
    known = ["avx512", "avx2", "plain"]
    rates = {}
    for _ in range(rounds):
        for name in list(known):
            try:
                found = fusionkit("--samples", 400 if name == "plain" else 800, environment={"FUSIONKIT_ISA": name})
            except SystemExit:
                known.remove(name)
                continue
            rates.setdefault(name, []).append(found)
    best, rows = known[0], []
    for name in known:
        row = [name]
        for key in WORK:
            pairs = [(a[f"{key}_samples_per_s"], b[f"{key}_samples_per_s"]) for a, b in zip(rates[name], rates[best])]
            row += [f"{statistics.median(a for a, _ in pairs):,.0f}", median_and_range([100 * a / b for a, b in pairs], "{:.0f}%")]
        rows.append(row)
        say("  ".join(map(str, row)))
    return table(["kernels", "training", f"of {best}", "inference", f"of {best}"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one fusion and batch, printed and not written")
    parser.add_argument("--eager", action="store_true", help="leave torch.compile out, which saves most of the time")
    a = parser.parse_args()
    compiles = not a.eager
    if compiles and not shutil.which("g++"):
        say("g++ is missing, which torch.compile needs (Debian: apt install g++): its columns are left out")
        compiles = False
    start = time.monotonic()
    compared, engines = networks(a.rounds, a.quick, compiles)
    if a.quick:
        return print(compared)
    options = " ".join(sys.argv[1:])
    command = f"make bench BENCH='{options}'" if options else "make bench"
    text = f"""## Networks, on random data

Samples/s, medians over {a.rounds} rounds in which FusionKit and PyTorch take turns; ratios are those of a round: median and
range. The two LeNets of the AV-MNIST experiments with each fusion and head (`fusionkit bench --fusion NAME`), and with
`concat` the encoders of `configs/*_encoders.yaml`; torch.compile, where it is, beside `concat` on two threads.
Processor: {processor()}.
Made by `{command}` with {', '.join(engines.values())}.

{compared}

The convolutions of a training step, forward and both gradients together, counted as direct convolutions without taps
outside the image, beside multiply-adds in registers measured in the same run (`fusionkit bench --layers`, batch 40, median
and range over {a.rounds} runs):

{layers(a.rounds)}

The same training and inference with each instruction set of this machine (`FUSIONKIT_ISA`), in turn:

{instruction_sets(a.rounds)}
"""
    write("networks", text)
    say(f"{(time.monotonic() - start) / 60:.0f} minutes")


if __name__ == "__main__":
    main()
