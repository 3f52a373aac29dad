"""Writes what librosa makes of a few synthetic sounds into cepstrum.json, and of the tiny recordings in ../data/mini.

Run: python make_cepstrum.py   (NumPy, SciPy and librosa 0.11, in double precision). The sounds are formulas that the test
computes itself; `settings` are the arguments of librosa.feature.mfcc.
"""
import glob, json, os
import librosa
import numpy as np
from scipy.io import wavfile

here = os.path.dirname(os.path.abspath(__file__))


def tone(n, rate):
    return 0.5 * np.sin(2 * np.pi * 440 * np.arange(n) / rate)


def chirp(n, rate):
    t = np.arange(n) / rate
    return 0.5 * np.sin(2 * np.pi * (100 * t + 1500 * t * t))


def vowel(n, rate):
    # A sum of decaying harmonics with a rise and a fall, silent in its last third.
    t = np.arange(n) / rate
    wave = sum(np.sin(2 * np.pi * 130 * k * t + k * k) / k for k in range(1, 12))
    envelope = np.maximum(0, np.sin(1.5 * np.pi * np.arange(n) / n))
    return 0.2 * wave * envelope


def click(n, rate):
    wave = np.zeros(n)
    wave[n // 2] = 1
    return wave


def silence(n, rate):
    return np.zeros(n)


sounds = {"tone": tone, "chirp": chirp, "vowel": vowel, "click": click, "silence": silence}
settings = {
    "digits": dict(sr=8000, n_fft=400, hop_length=200, center=False, n_mfcc=13),
    "defaults": dict(sr=22050),
    "narrow": dict(sr=16000, n_fft=512, hop_length=160, n_mels=40, n_mfcc=40),
    "odd": dict(sr=8000, n_fft=401, hop_length=133, n_mels=64, n_mfcc=7),
}
lengths = {"digits": 8000, "defaults": 6000, "narrow": 3001, "odd": 2500}
cases = []
for name, arguments in settings.items():
    for sound, formula in sounds.items():
        samples = formula(lengths[name], arguments["sr"])
        # Rounded as the reader of a recording would hand them over.
        values = librosa.feature.mfcc(y=samples.astype(np.float32).astype(np.float64), **arguments).T
        cases.append(
            dict(
                settings=name, sound=sound, length=lengths[name], rate=arguments["sr"], frame=arguments.get("n_fft", 2048),
                hop=arguments.get("hop_length", 512), centred=arguments.get("center", True),
                mels=arguments.get("n_mels", 128), coefficients=arguments.get("n_mfcc", 20), frames=values.shape[0],
                values=[float(f"{v:.8g}") for v in values.ravel()],
            )
        )


def digit(path):
    # A second around the middle.
    samples = wavfile.read(path)[1] / 32768
    sound = np.zeros(8000)
    kept = min(len(samples), 8000)
    sound[(8000 - kept) // 2 :][:kept] = samples[(len(samples) - kept) // 2 :][:kept]
    return librosa.feature.mfcc(y=sound, **settings["digits"]).T


recordings = sorted(glob.glob(os.path.join(here, "../data/mini/fsdd/*.wav")))
heard = np.stack([digit(path) for path in recordings if not path.endswith("_0.wav")])
low, high = heard.min((0, 1)), heard.max((0, 1))
mini = dict(minimum=low.tolist(), maximum=high.tolist(), recordings={})
for name in ["3_ann_5", "7_bob_0", "0_bob_6"]:
    scaled = np.clip((digit(os.path.join(here, f"../data/mini/fsdd/{name}.wav")) - low) / (high - low), 0, 1)
    mini["recordings"][name + ".wav"] = [float(f"{v:.8g}") for v in scaled.ravel()]

with open(os.path.join(here, "cepstrum.json"), "w") as file:
    json.dump(dict(librosa=librosa.__version__, cases=cases, mini=mini), file, separators=(",", ":"))
    file.write("\n")
