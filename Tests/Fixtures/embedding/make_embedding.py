"""Makes the fixtures of FusionAnalysisTests for t-SNE, k-means and their metrics with scikit-learn: python make_embedding.py"""

import json
import pathlib

import numpy as np
from scipy.sparse import csr_array
from sklearn import metrics
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, _t_sne
from sklearn.neighbors import NearestNeighbors

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(11)


def blobs(count, width, groups, spread=1.0, offset=0.0):
    """Points around a few centres, in values that float32 holds exactly as they are written."""
    centres = rng.normal(size=(groups, width)) * 2
    labels = rng.integers(0, groups, count)
    points = centres[labels] + rng.normal(size=(count, width)) * spread + offset
    return np.round(points, 3).astype(np.float32), labels


def flat(values):
    return [float(f"{v:.9g}") for v in np.asarray(values, np.float64).ravel()]


def points(x):
    return dict(count=len(x), width=x.shape[1], values=[float(f"{v:.3f}") for v in x.ravel()])


def affinities(name, x, perplexity):
    k = min(len(x) - 1, int(3 * perplexity + 1))
    graph = NearestNeighbors(n_neighbors=k).fit(x.astype(np.float64)).kneighbors_graph(mode="distance")
    graph.data **= 2
    graph.sort_indices()
    conditional = _t_sne._utils._binary_search_perplexity(
        graph.data.reshape(len(x), -1).astype(np.float32), perplexity, 0)
    joint = csr_array(_t_sne._joint_probabilities_nn(graph.copy(), perplexity, 0))
    joint.sort_indices()
    y = np.round(rng.normal(size=(len(x), 2)) * 3, 3).astype(np.float32)
    gradients = {}
    for angle in (0.0, 0.5):
        divergence, gradient = _t_sne._kl_divergence_bh(y.ravel(), joint.copy(), 1, len(x), 2, angle=angle)
        gradients[angle] = divergence, flat(gradient)
    # The same without a tree, in double precision.
    d = ((y[:, None].astype(np.float64) - y[None]) ** 2).sum(axis=2)
    q = 1 / (1 + d)
    np.fill_diagonal(q, 0)
    p = joint.toarray()
    weights = (p - q / q.sum()) * q
    exact = 4 * (weights[:, :, None] * (y[:, None].astype(np.float64) - y[None])).sum(axis=1)
    mask = p > 0
    exact_divergence = (p[mask] * np.log(p[mask] / (q / q.sum())[mask])).sum()
    start = PCA(2, svd_solver="full").fit_transform(x.astype(np.float64))
    start = start / np.std(start[:, 0]) * 1e-4
    return dict(
        name=name, points=points(x), perplexity=perplexity, neighbours=k, conditional=flat(conditional),
        columns=graph.indices.tolist(), starts=joint.indptr.tolist(), others=joint.indices.tolist(),
        joint=flat(joint.data), embedding=flat(y), divergence=float(exact_divergence), gradient=flat(exact),
        treeDivergence=float(gradients[0.0][0]), treeGradient=gradients[0.0][1], start=flat(start))


def clusters(name, x, centres, **keys):
    found = KMeans(len(centres), init=centres.astype(np.float32), n_init=1, algorithm="lloyd", **keys).fit(x)
    return dict(
        name=name, points=points(x), start=points(centres), labels=found.labels_.tolist(),
        centres=flat(found.cluster_centers_), inertia=float(found.inertia_), iterations=int(found.n_iter_),
        maximum=keys.get("max_iter", 300), tolerance=keys.get("tol", 1e-4))


def best(name, x, k):
    found = KMeans(k, n_init=10, random_state=0).fit(x)
    return dict(name=name, points=points(x), clusters=k, inertia=float(found.inertia_))


def agreement(name, labels, groups):
    table = metrics.cluster.contingency_matrix(labels, groups)
    return dict(
        name=name, labels=list(map(int, labels)), clusters=list(map(int, groups)),
        purity=float(table.max(axis=0).sum() / len(labels)),
        nmi=float(metrics.normalized_mutual_info_score(labels, groups)),
        ari=float(metrics.adjusted_rand_score(labels, groups)))


def silhouette(name, x, labels):
    return dict(
        name=name, points=points(x), labels=list(map(int, labels)),
        silhouette=float(metrics.silhouette_score(x.astype(np.float64), labels)))


wide, wide_labels = blobs(80, 24, 4)
narrow, narrow_labels = blobs(70, 3, 3, offset=20)
many, many_labels = blobs(300, 20, 6, spread=1.3)
equal = np.repeat(np.round(rng.normal(size=(8, 20)), 3).astype(np.float32), 10, axis=0)
far = wide[[0, 1, 2, 3]].copy()
far[3] += 100
random_labels = rng.integers(0, 5, 90)
fixture = dict(
    affinities=[affinities("wide", wide, 8.0), affinities("narrow", narrow, 5.5)],
    clusters=[
        clusters("usual", wide, wide[[3, 20, 41, 66]]),
        clusters("narrow", narrow, narrow[[0, 1, 2]]),
        clusters("an empty cluster", wide, far),
        clusters("stopped by the tolerance", many, many[:6], tol=0.01),
        clusters("stopped by the number of rounds", many, many[:6], max_iter=2),
        clusters("one cluster", narrow, narrow[[5]]),
    ],
    best=[best("wide", wide, 4), best("many", many, 6), best("more clusters than groups", many, 15)],
    agreement=[
        agreement("usual", random_labels, np.where(rng.random(90) < 0.7, random_labels, rng.integers(0, 5, 90))),
        agreement("independent", random_labels, rng.integers(0, 7, 90)),
        agreement("the same, called otherwise", random_labels, (random_labels * 3 + 1) % 5),
        agreement("one cluster", random_labels, np.zeros(90)),
        agreement("one class", np.zeros(90), random_labels),
        agreement("one of each", np.zeros(4), np.ones(4)),
        agreement("all alone", np.arange(6), np.arange(6)[::-1]),
        agreement("one sample", [3], [5]),
    ],
    silhouettes=[
        silhouette("wide", wide, wide_labels), silhouette("narrow", narrow, narrow_labels),
        silhouette("one alone", narrow, np.where(np.arange(70) == 7, 9, narrow_labels)),
        silhouette("no structure", wide, rng.integers(0, 3, 80)),
        silhouette("equal points", equal, np.arange(80) % 2),
    ],
    divergence=dict(
        points=points(many), perplexity=20.0,
        divergence=float(np.median([
            TSNE(perplexity=20, random_state=seed, method="exact", n_jobs=1).fit(many).kl_divergence_ for seed in range(3)]))),
)
text = json.dumps(fixture, separators=(",", ":"), allow_nan=False).replace('},{"name"', '},\n{"name"')
(here / "embedding.json").write_text(text + "\n")
