"""Makes the fixtures of FusionMetricsTests with scikit-learn 1.9 and SciPy 1.17: python make_metrics.py

metrics.json holds what every report has, further.json the other metrics. None stands for undefined: where scikit-learn or
SciPy refuses or gives NaN, and where it gives a number to a question that the data cannot answer (a single class, targets
that do not vary, as many classes as k).
"""

import json
import math
import pathlib
import warnings

import numpy as np
from scipy import stats
from sklearn import metrics

warnings.simplefilter("ignore")
here = pathlib.Path(__file__).parent
rng = np.random.default_rng(7)


def defined(function):
    """The number, or None where scikit-learn refuses or gives NaN."""
    try:
        value = float(function())
    except ValueError:
        return None
    return None if math.isnan(value) else value


def scores(y, p):
    keys = dict(zero_division=0)
    return dict(
        f1_macro=metrics.f1_score(y, p, average="macro", **keys),
        f1_micro=metrics.f1_score(y, p, average="micro", **keys),
        f1_weighted=metrics.f1_score(y, p, average="weighted", **keys),
        precision_macro=metrics.precision_score(y, p, average="macro", **keys),
        recall_macro=metrics.recall_score(y, p, average="macro", **keys))


def per_class(y, p, **keys):
    precision, recall, f1, support = metrics.precision_recall_fscore_support(y, p, zero_division=0, **keys)
    return dict(precision=precision.tolist(), recall=recall.tolist(), f1=f1.tolist(), support=support.tolist())


def classification(name, logits, y):
    z = np.float32(logits).astype(np.float64)
    y = np.array(y)
    classes = z.shape[1]
    labels = list(range(classes))
    e = np.exp(z - z.max(axis=1, keepdims=True))
    probabilities = e / e.sum(axis=1, keepdims=True)
    p = z.argmax(axis=1)
    if classes == 2:
        area = lambda: metrics.roc_auc_score(y, probabilities[:, 1])
    else:
        area = lambda: metrics.roc_auc_score(y, probabilities, multi_class="ovr", average="macro", labels=labels)
    return dict(
        name=name, width=classes, outputs=np.float32(logits).ravel().tolist(), targets=y.tolist(),
        confusion=metrics.confusion_matrix(y, p, labels=labels).tolist(), perClass=per_class(y, p, labels=labels),
        values=dict(scores(y, p), accuracy=metrics.accuracy_score(y, p), auroc=defined(area)))


def multilabel(name, logits, y):
    z, y = np.float32(logits), np.array(y)
    p = (z > 0).astype(int)
    return dict(
        name=name, width=z.shape[1], outputs=z.ravel().tolist(), targets=y.ravel().astype(float).tolist(),
        perClass=per_class(y, p),
        values=dict(scores(y, p), subset_accuracy=metrics.accuracy_score(y, p),
                    auroc=defined(lambda: metrics.roc_auc_score(y, z.astype(np.float64), average="macro"))))


def regression(name, x, y):
    x, y = np.float32(x), np.float32(y)
    a, b = y.astype(np.float64), x.astype(np.float64)
    return dict(
        name=name, width=x.shape[1], outputs=x.ravel().tolist(), targets=y.ravel().tolist(),
        values=dict(mse=metrics.mean_squared_error(a, b), rmse=metrics.root_mean_squared_error(a, b),
                    mae=metrics.mean_absolute_error(a, b), r2=defined(lambda: metrics.r2_score(a, b))))


def ranking(name, s, y):
    return dict(name=name, scores=list(map(float, s)), positives=[bool(v) for v in y],
                area=defined(lambda: metrics.roc_auc_score(y, s)))


def random_logits(n, c, digits=None):
    z = rng.normal(size=(n, c)) * 2
    return z if digits is None else z.round(digits)


y = rng.integers(0, 4, 60)
helped = random_logits(60, 4) + 2 * np.eye(4)[y]
two = rng.integers(0, 2, 40)
few = np.where(y == 3, 0, y)
never = helped.copy()
never[:, 1] = -50
labels = rng.integers(0, 2, (30, 3))
cases = dict(
    classification=[
        classification("usual", helped, y),
        classification("ties", random_logits(60, 4, 0), y),
        classification("two classes", random_logits(40, 2), two),
        classification("two classes with ties", random_logits(40, 2, 0), two),
        classification("a class never predicted", never, y),
        classification("a class that is absent but predicted", helped, few),
        classification("a class neither present nor predicted", np.where(np.arange(4) == 3, -50, helped), few),
        classification("a single class, always right", np.tile([0.0, 3.0, 0.0], (5, 1)), [1] * 5),
        classification("a single class, always wrong", np.tile([0.0, 3.0, 0.0], (5, 1)), [2] * 5),
        classification("one sample", [[1.0, 2.0]], [1]),
    ],
    multilabel=[
        multilabel("usual", random_logits(30, 3) + 2 * labels - 1, labels),
        multilabel("ties", random_logits(30, 3, 0), labels),
        multilabel("a label that is absent", random_logits(30, 3), labels * [1, 0, 1]),
        multilabel("nothing predicted", -np.abs(random_logits(30, 3)), labels),
        multilabel("nothing present nor predicted", np.full((4, 2), -1.0), np.zeros((4, 2), int)),
    ],
    regression=[
        regression("usual", rng.normal(size=(50, 1)), rng.normal(size=(50, 1))),
        regression("several outputs", rng.normal(size=(50, 3)) * [1, 10, 100], rng.normal(size=(50, 3)) * [1, 10, 100]),
        regression("a large offset", rng.normal(size=(50, 2)) + 1e4, rng.normal(size=(50, 2)) + 1e4),
        regression("equal targets", rng.normal(size=(9, 2)), np.ones((9, 2))),
        regression("equal targets, right", np.ones((9, 1)), np.ones((9, 1))),
        regression("one sample", [[1.0]], [[2.0]]),
    ],
    ranking=[
        ranking("usual", rng.normal(size=50), rng.integers(0, 2, 50)),
        ranking("ties", rng.integers(0, 4, 50), rng.integers(0, 2, 50)),
        ranking("all tied", np.zeros(6), [0, 1, 0, 1, 1, 1]),
        ranking("perfect", [1, 2, 3, 4], [0, 0, 1, 1]),
        ranking("reversed", [4, 3, 2, 1], [0, 0, 1, 1]),
        ranking("one class", [4, 3, 2, 1], [1, 1, 1, 1]),
        ranking("extreme", [-1e308, 3, 2, 1e308], [0, 0, 1, 1]),
    ])
text = json.dumps(cases, separators=(",", ":"), allow_nan=False).replace('},{"name"', '},\n{"name"')
(here / "metrics.json").write_text(text + "\n")


# What a report has only where it is asked for; numbers are drawn anew, so that those above stay as they are.
rng = np.random.default_rng(11)


def where(condition, function):
    return defined(function) if condition else None


def calibration_error(probabilities, y, bins=15):
    """As in the code of Guo et al. 2017 (temperature_scaling.py)."""
    confidences, predictions = probabilities.max(axis=1), probabilities.argmax(axis=1)
    edges = np.linspace(0, 1, bins + 1)
    error = 0.0
    for lower, upper in zip(edges[:-1], edges[1:]):
        chosen = (confidences > lower) & (confidences <= upper)
        if chosen.any():
            error += abs(confidences[chosen].mean() - (predictions[chosen] == y[chosen]).mean()) * chosen.mean()
    return error


def top(k, y, z):
    # Of equal scores the first class counts as the larger: scikit-learn's choice with the classes turned round.
    n = z.shape[1]
    return where(n > k, lambda: metrics.top_k_accuracy_score(n - 1 - y, z[:, ::-1], k=k, labels=range(n)))


def further_classification(name, logits, y):
    z, y = np.float32(logits).astype(np.float64), np.array(y)
    n = z.shape[1]
    labels = list(range(n))
    e = np.exp(z - z.max(axis=1, keepdims=True))
    q = e / e.sum(axis=1, keepdims=True)
    p = z.argmax(axis=1)
    several, every = len(set(y)) > 1, len(set(y)) == n
    if n == 2:
        precision = lambda: metrics.average_precision_score(y, q[:, 1])
        brier = lambda: metrics.brier_score_loss(y, q[:, 1])
    else:
        precision = lambda: np.mean([metrics.average_precision_score(y == c, q[:, c]) for c in labels])
        brier = lambda: metrics.brier_score_loss(y, q, labels=labels)
    return dict(
        name=name, width=n, outputs=np.float32(logits).ravel().tolist(), targets=y.tolist(), values=dict(
            balanced_accuracy=metrics.balanced_accuracy_score(y, p),
            top_3_accuracy=top(3, y, z), top_5_accuracy=top(5, y, z),
            cohens_kappa=where(several, lambda: metrics.cohen_kappa_score(y, p, labels=labels)),
            matthews_correlation=where(several, lambda: metrics.matthews_corrcoef(y, p)),
            average_precision=where(every and n > 1, precision),
            log_loss=defined(lambda: metrics.log_loss(y, q, labels=labels)), brier_score=defined(brier),
            expected_calibration_error=calibration_error(q, y)))


def further_multilabel(name, logits, y):
    z, y = np.float32(logits), np.array(y)
    q = 1 / (1 + np.exp(-z.astype(np.float64)))
    every = y.any(axis=0).all()
    return dict(
        name=name, width=z.shape[1], outputs=z.ravel().tolist(), targets=y.ravel().astype(float).tolist(), values=dict(
            average_precision=where(every, lambda: metrics.average_precision_score(y, z, average="macro")),
            log_loss=float(np.mean([metrics.log_loss(a, b, labels=[0, 1]) for a, b in zip(y.T, q.T)])),
            brier_score=float(np.mean([metrics.brier_score_loss(a, b, labels=[0, 1]) for a, b in zip(y.T, q.T)]))))


def concordance(x, y):
    """Lin 1989, with variances divided by n."""
    return 2 * np.cov(x, y, bias=True)[0, 1] / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)


def further_regression(name, x, y):
    x, y = np.float32(x), np.float32(y)
    a, b = y.astype(np.float64), x.astype(np.float64)
    vary = len(a) > 1 and (np.ptp(a, axis=0) > 0).all()
    mean = lambda f: (lambda: np.mean([f(s, t) for s, t in zip(b.T, a.T)]))
    return dict(
        name=name, width=x.shape[1], outputs=x.ravel().tolist(), targets=y.ravel().tolist(), values=dict(
            pearson=where(vary, mean(lambda s, t: stats.pearsonr(s, t)[0])),
            spearman=where(vary, mean(lambda s, t: stats.spearmanr(s, t)[0])),
            concordance_correlation=where(vary, mean(concordance))))


y = rng.integers(0, 7, 80)
helped = random_logits(80, 7) + 2 * np.eye(7)[y]
two = rng.integers(0, 2, 40)
labels = rng.integers(0, 2, (30, 3))
t = rng.normal(size=(50, 3))
further = dict(
    classification=[
        further_classification("usual", helped, y),
        further_classification("ties", random_logits(80, 7, 0), y),
        further_classification("two classes", random_logits(40, 2), two),
        further_classification("two classes with ties", random_logits(40, 2, 0), two),
        further_classification("four classes", helped[:, :4], y % 4),
        further_classification("a class that is absent", helped, np.where(y == 3, 0, y)),
        further_classification("constant predictions", np.tile([0.0, 3, 0, 1, 0, 2, 0], (80, 1)), y),
        further_classification("equal scores", np.zeros((80, 7)), y),
        further_classification("sure and wrong", np.eye(7)[(y + 1) % 7] * 800, y),
        further_classification("sure and right", np.eye(7)[y] * 800, y),
        further_classification("a single class, always right", np.tile([0.0, 3.0, 0.0], (5, 1)), [1] * 5),
        further_classification("one sample", [[1.0, 2.0]], [1]),
    ],
    multilabel=[
        further_multilabel("usual", random_logits(30, 3) + 2 * labels - 1, labels),
        further_multilabel("ties", random_logits(30, 3, 0), labels),
        further_multilabel("a label that is absent", random_logits(30, 3), labels * [1, 0, 1]),
        further_multilabel("a label that all have", random_logits(30, 3), np.maximum(labels, [1, 0, 0])),
        further_multilabel("one sample", [[1.0, -2.0]], [[1, 0]]),
    ],
    regression=[
        further_regression("usual", t[:, :1] + rng.normal(size=(50, 1)), t[:, :1]),
        further_regression("several outputs", t * [1, 10, -3] + rng.normal(size=(50, 3)) + 4, t * [1, 10, 3]),
        further_regression("a large offset", t + rng.normal(size=(50, 3)) + 1e4, t + 1e4),
        further_regression("ties", rng.integers(0, 4, (50, 1)), rng.integers(0, 3, (50, 1))),
        further_regression("two samples", [[1.0], [3.0]], [[2.0], [5.0]]),
        further_regression("right", t, t),
        further_regression("constant predictions", np.ones((50, 1)), t[:, :1]),
        further_regression("constant targets", t[:, :1], np.ones((50, 1))),
        further_regression("one sample", [[1.0]], [[2.0]]),
    ])
text = json.dumps(further, separators=(",", ":"), allow_nan=False).replace('},{"name"', '},\n{"name"')
(here / "further.json").write_text(text + "\n")
