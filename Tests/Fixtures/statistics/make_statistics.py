"""Reference values of the statistics behind comparisons, from SciPy and scikit-learn: python make_statistics.py

Writes statistics.json beside this file. Metrics of drawn samples are those of the repeated rows.
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


def paired(a, b):
    test = scipy.stats.ttest_rel(a, b)
    d = np.array(a) - np.array(b)
    n = len(d)
    # The probability that a new difference is above zero: predictive distribution of the normal model, flat prior.
    above = scipy.stats.t.sf(0, n - 1, loc=d.mean(), scale=d.std(ddof=1) * np.sqrt(1 + 1 / n))
    # Nadeau and Bengio 2003, with a tenth as many test samples as training samples.
    t = d.mean() / (d.std(ddof=1) * np.sqrt(1 / n + 0.1))
    return {
        "differences": d.tolist(), "mean": float(d.mean()), "p": float(test.pvalue), "above": float(above),
        "p_overlap": float(2 * scipy.stats.t.sf(abs(t), n - 1)),
    }


tests = [
    paired(0.8 + random.normal(size=n) * 0.014 + shift, 0.8 + random.normal(size=n) * 0.014)
    for n, shift in ((5, 0.0), (5, 0.05), (10, 0.02), (10, -0.1), (24, 0.005))
]


def corrupted(labels, share, classes):
    return [int(random.integers(classes)) if random.random() < share else int(label) for label in labels]


def draws(groups):
    """Group numbers of the samples, and how often each group is drawn, five times; the first: all of them once."""
    count = max(groups) + 1
    counts = [np.ones(count, int)] + [np.bincount(random.integers(count, size=count), minlength=count) for _ in range(5)]
    return counts, [np.repeat(np.arange(len(groups)), [c[g] for g in groups]) for c in counts]


def study(truth, predictions, groups, scores):
    counts, rows = draws(groups)
    values = {
        name: [float(score(truth[r], predictions[r])) for r in rows] for name, score in scores.items()
    }
    return {
        "truth": truth.tolist(), "predictions": predictions.tolist(), "groups": list(map(int, groups)),
        "counts": [c.tolist() for c in counts], "metrics": values,
    }


classes = []
for size, groups in ((3, np.arange(10)), (4, np.array([0, 0, 1, 2, 2, 2, 3, 4, 4, 5, 6, 6]))):
    labels = random.integers(size, size=len(groups))
    study_ = study(labels, np.array(corrupted(labels, 0.4, size)), groups, {
        "accuracy": metrics.accuracy_score,
        "f1_macro": lambda y, x: metrics.f1_score(y, x, average="macro", zero_division=0),
        "precision_weighted": lambda y, x: metrics.precision_score(y, x, average="weighted", zero_division=0),
    })
    classes.append(study_ | {"classes": size})

values = []
for groups in (np.arange(9), np.array([0, 0, 0, 1, 2, 2, 3, 4, 5])):
    targets = (random.normal(size=(9, 2)) + [1000, 0]).round(3)
    values.append(study(targets, (targets + random.normal(size=(9, 2)) * 0.5).round(3), groups, {
        "mse": metrics.mean_squared_error, "mae": metrics.mean_absolute_error,
        "rmse": metrics.root_mean_squared_error, "r2": metrics.r2_score,
    }))

truth = (random.random((9, 3)) < 0.5).astype(int)
found = truth ^ (random.random(truth.shape) < 0.3)
one = study(truth, found.astype(int), np.array([0, 1, 1, 2, 3, 4, 4, 5, 6]), {
    "subset_accuracy": metrics.accuracy_score,
    "f1_macro": lambda y, x: metrics.f1_score(y, x, average="macro", zero_division=0),
    "f1_micro": lambda y, x: metrics.f1_score(y, x, average="micro", zero_division=0),
})
members = lambda rows: [[int(i) for i in np.flatnonzero(row)] for row in rows]
sets = [one | {"truth": members(truth), "predictions": members(found), "classes": 3}]

# Every draw of three seeds and four samples, the same samples for all seeds: mean and deviation of the mean difference.
grid = random.normal(size=(3, 4)).round(3)
means = [
    grid[np.ix_(seeds, rows)].mean()
    for seeds in itertools.product(range(3), repeat=3) for rows in itertools.product(range(4), repeat=4)
]
two_levels = {"differences": grid.tolist(), "mean": float(np.mean(means)), "deviation": float(np.std(means))}

path = pathlib.Path(__file__).with_name("statistics.json")
path.write_text(json.dumps({
    "scipy": scipy.__version__, "quantiles": quantiles, "cumulative": cumulative, "intervals": intervals,
    "paired": tests, "classes": classes, "values": values, "sets": sets, "two_levels": two_levels}))
print(path.stat().st_size, "bytes")
