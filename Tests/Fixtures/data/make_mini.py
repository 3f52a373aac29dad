"""Writes a tiny MNIST and a tiny Free Spoken Digit Dataset into mini/, and what the builder has to make of them.

Run: python make_mini.py   (NumPy and SciPy). The formulas below are those of the recipe, in double precision.
"""
import gzip, os, struct
import numpy as np
from scipy.io import wavfile

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mini")
rng = np.random.default_rng(11)
for folder in ["mnist", "fsdd"]:
    os.makedirs(os.path.join(here, folder), exist_ok=True)


def write_idx(name, array):
    with gzip.GzipFile(os.path.join(here, "mnist", name), "wb", mtime=0) as file:
        file.write(struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes())


def images(count):
    # Sums of a few smooth patterns, coarse so that they compress.
    y, x = np.mgrid[0:28, 0:28] / 28
    weights = rng.integers(-3, 4, (count, 6)) * np.array([30, 22, 14, 9, 5, 3])
    patterns = np.stack([np.cos(np.pi * k * x + j * np.pi * y) for k, j in [(1, 0), (0, 1), (1, 1), (2, 1), (1, 2), (3, 0)]])
    return np.clip(128 + np.tensordot(weights, patterns, 1), 0, 255).astype(np.uint8) // 4 * 4


train, test = images(40), images(20)
write_idx("train-images-idx3-ubyte.gz", train)
write_idx("t10k-images-idx3-ubyte.gz", test)
write_idx("train-labels-idx1-ubyte.gz", (np.arange(40) * 7 % 10).astype(np.uint8))
write_idx("t10k-labels-idx1-ubyte.gz", (np.arange(20) * 3 % 10).astype(np.uint8))


def blurred(data, keep):
    flat = train.reshape(len(train), -1).astype(np.float64)
    mean = flat.mean(0)
    _, s, vt = np.linalg.svd(flat - mean, full_matrices=False)
    energy = np.cumsum(s**2) / np.sum(s**2)
    count = keep if isinstance(keep, int) else int(np.argmax(energy >= keep)) + 1
    v = vt[:count]
    values = mean + (data.reshape(len(data), -1) - mean) @ v.T @ v
    return count, energy[count - 1], np.rint(np.clip(values, 0, 255)).astype(np.uint8).reshape(data.shape)


def spectrogram(samples):
    # In the middle of 6,272 samples; 112 frames of 256 centred on 56 t + 28; bins 1 to 112; -80 to 0 dB.
    sound = np.zeros(6272)
    kept = min(len(samples), 6272)
    sound[(6272 - kept) // 2 : (6272 - kept) // 2 + kept] = samples[(len(samples) - kept) // 2 :][:kept]
    padded = np.pad(sound, 256)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)
    frames = np.stack([padded[256 + 56 * t + 28 - 128 :][:256] * window for t in range(112)])
    power = np.abs(np.fft.rfft(frames, axis=1)[:, 1:113].T) ** 2
    decibels = 10 * np.log10(np.maximum(power / power.max(), 1e-30))
    return np.floor(np.clip(decibels / 80 + 1, 0, 1) * 255 + 0.5).astype(np.uint8)


names = []
for digit in range(10):
    for speaker in ["ann", "bob"]:
        for index in [0, 5, 6]:
            length = int(rng.integers(300, 500))
            if (digit, speaker, index) == (3, "ann", 5):
                length = 7001  # longer than the window
            t = np.arange(length) / 8000
            tone = np.sin(2 * np.pi * (300 + 200 * digit + 20 * index) * t) * np.exp(-3 * t)
            samples = (tone * 9000 + rng.normal(size=length) * 20).astype(np.int16)
            name = f"{digit}_{speaker}_{index}.wav"
            wavfile.write(os.path.join(here, "fsdd", name), 8000, samples)
            names.append((name, samples))

count, energy, small = blurred(train, 3)
np.save(os.path.join(here, "expected_images.npy"), small[:10])
count2, energy2, _ = blurred(train, 0.8)
chosen = ["3_ann_5.wav", "7_bob_0.wav", "0_bob_6.wav"]
for name, samples in names:
    if name in chosen:
        np.save(os.path.join(here, f"expected_{name[:-4]}.npy"), spectrogram(samples / 32768))
with open(os.path.join(here, "expected.txt"), "w") as file:
    file.write(f"{energy:.12f}\n{count2}\n{energy2:.12f}\n")
