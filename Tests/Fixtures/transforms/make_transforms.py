"""Rectangles of torchvision's RandomErasing and bands of torchaudio's masking: python make_transforms.py

Writes transforms.json beside this file. The functions below take the steps of torchvision 0.29.2 (RandomErasing.get_params) and of
torchaudio 2.11.0 (functional.mask_along_axis), with given numbers u of [0, 1) for their draws: uniform_(a, b) is a + (b - a) u,
randint(0, n) is floor(n u), torch.rand(1) is u. Where RandomErasing gives the whole image back unchanged, the rectangle is null.
"""
import json
import math
import pathlib

import torch

torch.manual_seed(11)


def random_erasing(img_h, img_w, scale, ratio, u):
    draws = iter(u)
    area = img_h * img_w
    log_ratio = [math.log(r) for r in ratio]
    for _ in range(10):
        a, b, c, d = (next(draws) for _ in range(4))
        erase_area = area * (scale[0] + (scale[1] - scale[0]) * a)
        aspect_ratio = math.exp(log_ratio[0] + (log_ratio[1] - log_ratio[0]) * b)
        h = int(round(math.sqrt(erase_area * aspect_ratio)))
        w = int(round(math.sqrt(erase_area / aspect_ratio)))
        if not (h < img_h and w < img_w):
            continue
        i = math.floor((img_h - h + 1) * c)
        j = math.floor((img_w - w + 1) * d)
        return [i, j, h, w]
    return None


def mask_along_axis(size, mask_param, u, v):
    value = torch.tensor(u, dtype=torch.float64) * mask_param
    min_value = torch.tensor(v, dtype=torch.float64) * (size - value)
    start = min_value.long()
    end = min_value.long() + value.long()
    mask = torch.arange(0, size)
    mask = (mask >= start) & (mask < end)
    return mask.int().tolist()


def numbers(count):
    # Exact in 24 bits, as the engine draws them.
    return (torch.randint(0, 1 << 24, (count,)).double() / (1 << 24)).tolist()


erasing = []
for size, scale, ratio in [
    ((28, 28), (0.02, 0.33), (0.3, 3.3)), ((112, 112), (0.02, 0.33), (0.3, 3.3)), ((9, 40), (0.1, 0.9), (0.1, 10.0)),
    ((5, 4), (0.5, 1.0), (0.3, 3.3)), ((3, 3), (1.0, 1.0), (1.0, 1.0)),
]:
    for _ in range(6):
        u = numbers(40)
        erasing.append({
            "height": size[0], "width": size[1], "scale": scale, "ratio": ratio, "draws": u,
            "rectangle": random_erasing(*size, scale, ratio, u)})
masks = []
for size, most in [(112, 20), (39, 8), (13, 13), (10, 1), (10, 0), (7, 3)]:
    for _ in range(5):
        u, v = numbers(2)
        masks.append({"size": size, "most": most, "draws": [u, v], "mask": mask_along_axis(size, most, u, v)})
pathlib.Path(__file__).with_name("transforms.json").write_text(
    json.dumps({"erasing": erasing, "masks": masks}) + "\n")
