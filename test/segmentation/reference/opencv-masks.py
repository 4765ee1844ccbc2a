"""Makes opencv-masks.json: pictures, seeds, OpenCV's first mixtures and its masks after n rounds.

Needs numpy and opencv-python-headless; not part of the tests' environment, run by hand:
python opencv-masks.py > opencv-masks.json
"""
import base64
import json
import sys

import cv2
import numpy as np


def text(a):
    return base64.b64encode(a.astype(np.uint8).tobytes()).decode()


def mixture(model):
    m = model[0]
    # 5 weights, 5 x 3 means, 5 covariances of 3 x 3: of a grey picture every entry of one is the variance, the diagonal 0.01 more
    return {
        "weight": m[:5].tolist(),
        "mean": m[5:20:3].tolist(),
        "variance": [m[20 + 9 * k + 1] for k in range(5)],
    }


def lesion(n, rng, contrast, noise):
    y, x = np.mgrid[:n, :n]
    r = np.hypot((x - n * 0.48) / (0.27 * n), (y - n * 0.52) / (0.2 * n))
    image = np.where(r < 1, 90 + contrast, 90) + rng.normal(0, noise, (n, n))
    image[:, : n // 5] = 200 + rng.normal(0, noise, (n, n // 5))
    seeds = np.where(r < 0.4, 1, np.where(r < 1.1, 3, np.where(r > 1.7, 0, 2)))
    return np.clip(np.round(image), 0, 255).astype(np.uint8), seeds.astype(np.uint8)


cv2.setNumThreads(1)
rng = np.random.default_rng(20)
cases = []
for n, contrast, noise, rounds in [(32, 60, 20, 1), (40, 60, 20, 5), (40, 25, 12, 5), (36, 10, 25, 3), (48, 120, 6, 5)]:
    image, seeds = lesion(n, rng, contrast, noise)
    image3 = np.repeat(image[..., None], 3, 2)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    mask = seeds.copy()
    cv2.setRNGSeed(1)
    cv2.grabCut(image3, mask, None, background, foreground, 0, cv2.GC_INIT_WITH_MASK)
    start = {"background": mixture(background), "foreground": mixture(foreground)}
    mask = seeds.copy()
    cv2.grabCut(image3, mask, None, background, foreground, rounds, cv2.GC_EVAL)
    cases.append({"size": n, "rounds": rounds, "grey": text(image), "seeds": text(seeds), "mask": text(mask & 1), **start})
json.dump({"opencv": cv2.__version__, "cases": cases}, sys.stdout, indent=1)
