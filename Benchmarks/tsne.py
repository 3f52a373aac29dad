#!/usr/bin/env python3
"""t-SNE and k-means against scikit-learn on a run's encodings, in turn: python tsne.py RUN [--of fused] [--rounds N]

Each round runs `fusionkit embed` and scikit-learn's TSNE and KMeans once on the same encodings, both with as many threads,
so that whatever else the machine does meets both alike; a ratio is that of one round. The divergences compared are computed
here, for both embeddings by the same function: affinities by scikit-learn's own code, all pairs in double precision.
Writes its part of results.md; --print shows it only.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("run", help="the folder of a run")
parser.add_argument("--of", default="fused", help="whose encodings")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--limit", type=int, default=10000)
parser.add_argument("--perplexity", type=float, default=30)
parser.add_argument("--print", action="store_true", dest="prints", help="do not write results.md")
a = parser.parse_args()
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(a.threads)

import numpy as np
import sklearn
from scipy.sparse import csr_array
from sklearn.cluster import KMeans
from sklearn.manifold import TSNE, _t_sne
from sklearn.neighbors import NearestNeighbors

from results_file import median_and_range, processor, table, write

here = pathlib.Path(__file__).parent
program = here.parent / ".build/release/fusionkit"


def say(text):
    print(text, file=sys.stderr, flush=True)


def fusionkit(folder):
    command = [str(program), "embed", a.run, "--of", a.of, "--limit", a.limit, "--perplexity", a.perplexity, "--threads",
               a.threads, "--output", folder, "--encodings", "--json"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    report = json.loads(done.stdout)
    space = report["spaces"][0]
    folder = pathlib.Path(folder)
    points = np.genfromtxt(folder / f"{a.of}.csv", delimiter=",", skip_header=1, usecols=(2, 3))
    on = next(k for k in space["kmeans"] if k["on"] == "encodings")
    return report, space, on, points, np.load(folder / f"{a.of}.npy")


def affinities(x):
    k = min(len(x) - 1, int(3 * a.perplexity + 1))
    graph = NearestNeighbors(n_neighbors=k, n_jobs=a.threads).fit(x).kneighbors_graph(mode="distance")
    graph.data **= 2
    return csr_array(_t_sne._joint_probabilities_nn(graph, a.perplexity, 0)).tocoo()


def divergence(p, y):
    y = np.asarray(y, np.float64)
    total = 0.0
    for start in range(0, len(y), 500):
        d = ((y[start:start + 500, None] - y[None]) ** 2).sum(axis=2)
        total += (1 / (1 + d)).sum()
    total -= len(y)
    d = ((y[p.row] - y[p.col]) ** 2).sum(axis=1)
    q = 1 / (1 + d) / total
    return float((p.data * np.log(p.data / q)).sum())


rows, p = [], None
for number in range(a.rounds):
    with tempfile.TemporaryDirectory() as folder:
        report, space, clusters, ours, x = fusionkit(folder)
    start = time.perf_counter()
    model = TSNE(perplexity=a.perplexity, random_state=number, n_jobs=a.threads)
    theirs = model.fit_transform(x)
    theirs_seconds = time.perf_counter() - start
    start = time.perf_counter()
    means = KMeans(report["clusters"], n_init=10, random_state=number).fit(x)
    means_seconds = time.perf_counter() - start
    p = affinities(x) if p is None else p
    rows.append(dict(
        tsne=(space["tsne"]["seconds"], theirs_seconds), divergence=(divergence(p, ours), divergence(p, theirs)),
        reported=(space["tsne"]["kl_divergence"], float(model.kl_divergence_)),
        kmeans=(clusters["seconds"], means_seconds), inertia=(clusters["inertia"], float(means.inertia_))))
    say(json.dumps(rows[-1]))

names = dict(
    tsne="t-SNE, seconds", divergence="divergence, all pairs", reported="divergence as reported",
    kmeans="k-means, seconds", inertia="inertia of k-means")
lines = []
for key, name in names.items():
    form = "{:.4f}" if key in ("divergence", "reported") else "{:,.6g}" if key == "inertia" else "{:.1f}"
    ours, theirs = zip(*(row[key] for row in rows))
    lines.append([name, median_and_range(ours, form), median_and_range(theirs, form),
                  median_and_range([u / t for u, t in zip(ours, theirs)], "{:.3f}")])
text = f"""## t-SNE and k-means

{report["samples"]:,} encodings of {space["width"]} values (`{a.of}` of a run, {report["split"]} part{", generated data" if report["generated_data"] else ""}),
perplexity {a.perplexity:g}, {report["clusters"]} clusters, {a.threads} threads each, {a.rounds}
rounds in which both take turns: median and range; a ratio is FusionKit's share of scikit-learn's in one round.
Processor: {processor()}. Made by `Benchmarks/tsne.py RUN` with scikit-learn {sklearn.__version__}.

{table(["", "FusionKit", "scikit-learn", "ratio"], lines)}
"""
print(text) if a.prints else write("t-SNE", text)
