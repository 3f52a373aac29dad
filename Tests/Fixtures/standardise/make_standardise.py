"""Arrays, and what scikit-learn's StandardScaler makes of them.

Run: python make_standardise.py   (NumPy and scikit-learn)
"""
import json, os
import numpy as np
from sklearn.preprocessing import StandardScaler

here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(11)
expected = {}


def note(name, array, features, back, rows):
    """`features` brings samples to [values, features]; `back` brings them to the stored order again."""
    np.save(os.path.join(here, name + ".npy"), array)
    scaler = StandardScaler().fit(features(array[rows].astype(np.float64)))
    scaled = back(scaler.transform(features(array.astype(np.float64))), array.shape)
    expected[name] = {
        "rows": [int(r) for r in rows],
        "mean": scaler.mean_.tolist(),
        "deviation": np.where(scaler.var_ == 0, 0, np.sqrt(scaler.var_)).tolist(),
        "scaled": scaled.ravel().tolist(),
    }


# Columns of very different scale, a constant one, and times that differ by seconds.
table = rng.normal(size=(150, 5)) * [1e-3, 1, 1e4, 0, 2] + [5, 0, -1e5, 0.1, 1.6e9]
rows = rng.permutation(150)[:101]
same = lambda a: a.reshape(len(a), -1)
note("vectors_f8", table, same, lambda x, s: x.reshape(s), rows)
note("vectors_f4", table[:, :4].astype("f4"), same, lambda x, s: x.reshape(s), rows)
note("whole_i4", rng.integers(-7, 90, (40, 3)).astype("i4"), same, lambda x, s: x.reshape(s), np.arange(40))
frames = rng.normal(size=(30, 6, 4)) * [1, 10, 100, 0] + [0, 3, -50, 2]
note("frames_first", frames, lambda a: a.reshape(-1, 4), lambda x, s: x.reshape(s), np.arange(3, 25))
last = np.ascontiguousarray(frames.transpose(0, 2, 1)).astype("f4")
note("frames_last", last, lambda a: a.transpose(0, 2, 1).reshape(-1, 4),
     lambda x, s: x.reshape(s[0], s[2], s[1]).transpose(0, 2, 1), np.arange(3, 25))
with open(os.path.join(here, "standardise.json"), "w") as file:
    json.dump(expected, file)
