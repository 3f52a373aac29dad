"""Reference values of the statistics behind comparisons, from SciPy and scikit-learn: python make_statistics.py

Writes statistics.json beside this file. The p values are exact: every one of the 2^n exchanges is tried.
"""
import itertools
import json
import pathlib
import warnings

import mpmath
import numpy as np
import scipy.stats
import sklearn.metrics as metrics

warnings.filterwarnings("ignore")
random = np.random.default_rng(5)

quantiles = [
    {"probability": p, "degrees": d, "value": float(scipy.stats.t.ppf(p, d))}
    for p in (0.6, 0.95, 0.975, 0.9995, 0.1) for d in (1, 2, 3, 4, 9, 30, 1000, 2.5)
]


def cdf(t, d):
    """With 50 digits: SciPy's own gives 0.5 for t = 1e-9, which is off by 3e-10."""
    with mpmath.workdps(50):
        d = mpmath.mpf(d)
        tail = mpmath.betainc(d / 2, mpmath.mpf(1) / 2, 0, d / (d + mpmath.mpf(t) ** 2), regularized=True) / 2
        return float(tail if t < 0 else 1 - tail)


cumulative = [
    {"t": t, "degrees": d, "value": cdf(t, d)}
    for t in (-40, -1.5, 0, 1e-9, 0.3, 2, 12) for d in (1, 2, 4.5, 60)
]


def interval(values):
    low, high = scipy.stats.t.interval(0.95, len(values) - 1, np.mean(values), scipy.stats.sem(values))
    return {"values": values, "mean": float(np.mean(values)), "half_width": 0.0 if np.ptp(values) == 0 else float(high - low) / 2}


intervals = [interval([0.71, 0.74]), interval([0.9, 0.91, 0.905]), interval([1.0, 1.0, 1.0]), interval([3, 1, 4, 1, 5, 9])]


def exact(a, b, metric):
    """a, b: [seeds, samples]; exchanges samples of all seeds together, in every way there is."""
    difference = lambda a, b: abs(np.mean([metric(x) for x in a]) - np.mean([metric(x) for x in b]))
    observed = difference(a, b)
    count = 0
    for exchanged in itertools.product([False, True], repeat=len(a[0])):
        count += difference(np.where(exchanged, b, a), np.where(exchanged, a, b)) >= observed - 1e-12
    return count / 2 ** len(a[0])


def corrupted(labels, share, classes):
    return [int(random.integers(classes)) if random.random() < share else int(label) for label in labels]


tests = []
for seeds, classes, samples in ((1, 3, 10), (2, 3, 10), (3, 4, 9)):
    labels = random.integers(classes, size=samples)
    a = [corrupted(labels, 0.3, classes) for _ in range(seeds)]
    b = [corrupted(labels, 0.8, classes) for _ in range(seeds)]
    scores = {
        "accuracy": lambda x: metrics.accuracy_score(labels, x),
        "f1_macro": lambda x: metrics.f1_score(labels, x, average="macro", zero_division=0),
        "precision_weighted": lambda x: metrics.precision_score(labels, x, average="weighted", zero_division=0),
    }
    tests.append({
        "labels": labels.tolist(), "classes": classes, "a": a, "b": b,
        "metrics": {name: {"value": score(a[0]), "p": exact(np.array(a), np.array(b), score)} for name, score in scores.items()},
    })

values = []
for seeds in (1, 2):
    targets = random.normal(size=(9, 2)).round(3)
    a = (targets + random.normal(size=(seeds, 9, 2)) * 0.5).round(3)
    b = (targets + random.normal(size=(seeds, 9, 2)) * 1.0).round(3)
    scores = {
        "mse": lambda x: metrics.mean_squared_error(targets, x),
        "mae": lambda x: metrics.mean_absolute_error(targets, x),
        "rmse": lambda x: metrics.root_mean_squared_error(targets, x),
        "r2": lambda x: metrics.r2_score(targets, x),
    }

    def exact_values(metric):
        difference = lambda a, b: abs(np.mean([metric(x) for x in a]) - np.mean([metric(x) for x in b]))
        observed, count = difference(a, b), 0
        for exchanged in itertools.product([False, True], repeat=9):
            e = np.array(exchanged)[None, :, None]
            count += difference(np.where(e, b, a), np.where(e, a, b)) >= observed - 1e-12
        return count / 2**9

    values.append({
        "targets": targets.tolist(), "a": a.tolist(), "b": b.tolist(),
        "metrics": {name: {"value": float(score(a[0])), "p": exact_values(score)} for name, score in scores.items()},
    })

sets = []
labels = (random.random((9, 3)) < 0.5).astype(int)
flip = lambda share: (labels ^ (random.random(labels.shape) < share)).astype(int)
a, b = np.array([flip(0.1), flip(0.1)]), np.array([flip(0.4), flip(0.4)])
scores = {
    "subset_accuracy": lambda x: metrics.accuracy_score(labels, x),
    "f1_macro": lambda x: metrics.f1_score(labels, x, average="macro", zero_division=0),
    "f1_micro": lambda x: metrics.f1_score(labels, x, average="micro", zero_division=0),
}


def exact_sets(metric):
    difference = lambda a, b: abs(np.mean([metric(x) for x in a]) - np.mean([metric(x) for x in b]))
    observed, count = difference(a, b), 0
    for exchanged in itertools.product([False, True], repeat=9):
        e = np.array(exchanged)[None, :, None]
        count += difference(np.where(e, b, a), np.where(e, a, b)) >= observed - 1e-12
    return count / 2**9


members = lambda rows: [[int(i) for i in np.flatnonzero(row)] for row in rows]
sets.append({
    "labels": members(labels), "classes": 3, "a": [members(x) for x in a], "b": [members(x) for x in b],
    "metrics": {name: {"value": float(score(a[0])), "p": exact_sets(score)} for name, score in scores.items()},
})

path = pathlib.Path(__file__).with_name("statistics.json")
path.write_text(json.dumps({
    "scipy": scipy.__version__, "quantiles": quantiles, "cumulative": cumulative, "intervals": intervals,
    "classes": tests, "values": values, "sets": sets}))
print(path.stat().st_size, "bytes")
