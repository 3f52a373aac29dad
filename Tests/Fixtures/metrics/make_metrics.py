"""Makes the fixtures of FusionTrainingMetricsTests with scikit-learn: python make_metrics.py"""

import json
import math
import pathlib
import warnings

import numpy as np
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
