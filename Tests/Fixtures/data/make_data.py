"""Writes small files with the libraries that define their formats, and expected.json with what they hold.

Run: python make_data.py   (NumPy, SciPy and safetensors, or torch for bfloat16)
"""
import gzip, json, os, struct, warnings
import numpy as np
from numpy.lib import format as npformat

here = os.path.dirname(os.path.abspath(__file__))
expected = {}
rng = np.random.default_rng(7)


def path(name):
    return os.path.join(here, name)


def values(dtype):
    if dtype == np.bool_:
        return rng.integers(0, 2, (3, 2, 2)).astype(bool)
    if np.issubdtype(dtype, np.floating):
        return rng.normal(size=(3, 2, 2)).astype(dtype)
    info = np.iinfo(dtype)
    low, high = max(info.min, -(2**40)), min(info.max, 2**40)
    return rng.integers(low, high, (3, 2, 2), endpoint=True, dtype=np.int64).astype(dtype)


def note(name, array, dtype=None):
    expected[name] = {
        "dtype": dtype or array.dtype.name,
        "shape": list(array.shape),
        "values": [float(v) for v in np.asarray(array, np.float64).ravel()],
    }


for code in ["b1", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]:
    for order in ["<", ">"]:
        if order == ">" and code[1] == "1":
            continue
        array = values(np.dtype(code).type).astype(order + code)
        name = f"npy_{'be' if order == '>' else 'le'}_{code}.npy"
        np.save(path(name), array)
        note(name, array)
fortran = np.asfortranarray(rng.normal(size=(3, 4, 5)).astype(np.float32))
np.save(path("npy_fortran.npy"), fortran)
note("npy_fortran.npy", fortran)
for version in [(1, 0), (2, 0), (3, 0)]:
    array = rng.integers(0, 255, (4, 3)).astype(np.uint8)
    name = f"npy_version_{version[0]}.npy"
    with open(path(name), "wb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        npformat.write_array(file, array, version=version)
    note(name, array)

# Text, as labels often are: UTF-32 in both byte orders, bytes, and within an archive.
words = np.array(["cat", "dog", "eel"])[np.arange(6) % 3]
accented = np.char.add(words, "\u00e9")
np.save(path("text_u.npy"), accented)
np.save(path("text_u_big.npy"), accented.astype(">U5"))
np.save(path("text_s.npy"), words.astype("S4"))
np.savez(path("text.npz"), names=accented, values=np.arange(6))

with gzip.GzipFile(path("table.csv.gz"), "wb", mtime=0) as file:
    file.write(b"x,y\n1,2\n3,4\n")

for name, save in [("npz_stored.npz", np.savez), ("npz_deflated.npz", np.savez_compressed)]:
    arrays = {"image": rng.integers(0, 255, (4, 3)).astype(np.uint8), "score": rng.normal(size=4)}
    save(path(name), **arrays)
    for key, array in arrays.items():
        note(f"{name}:{key}", array)

images = rng.integers(0, 255, (3, 4, 5)).astype(np.uint8)
with open(path("idx_images.idx"), "wb") as file:
    file.write(struct.pack(">BBBBIII", 0, 0, 8, 3, *images.shape) + images.tobytes())
with gzip.GzipFile(path("idx_images.gz"), "wb", mtime=0) as file:
    file.write(struct.pack(">BBBBIII", 0, 0, 8, 3, *images.shape) + images.tobytes())
note("idx_images.idx", images)
note("idx_images.gz", images)
shorts = rng.integers(-30000, 30000, 6).astype(">i2")
with open(path("idx_shorts.idx"), "wb") as file:
    file.write(struct.pack(">BBBBI", 0, 0, 0x0B, 1, 6) + shorts.tobytes())
note("idx_shorts.idx", shorts)

from scipy.io import wavfile

wave = (np.sin(np.arange(400) * 0.3) * 12000).astype(np.int16)
wavfile.write(path("tone.wav"), 8000, wave)
note("tone.wav", wave)

try:
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    tensors = {
        "f32": torch.randn(2, 3), "f64": torch.randn(2, dtype=torch.float64), "f16": torch.randn(3).half(),
        "bf16": torch.randn(4).bfloat16(), "i64": torch.tensor([-5, 2**40]), "u8": torch.arange(5, dtype=torch.uint8),
        "scalar": torch.tensor(3.5), "flag": torch.tensor([True, False]),
    }
    save_file(tensors, path("torch.safetensors"), metadata={"made": "by PyTorch", "quote": 'a "b"\n'})
    for key, tensor in tensors.items():
        expected[f"torch.safetensors:{key}"] = {
            "dtype": str(tensor.dtype).replace("torch.", ""),
            "shape": list(tensor.shape),
            "values": [float(v) for v in tensor.double().reshape(-1)],
        }
except ImportError as error:
    print("no safetensors file:", error)

with open(path("expected.json"), "w") as file:
    json.dump(expected, file, sort_keys=True)
