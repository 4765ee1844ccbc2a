"""Recall, precision, Dice, VS and AVD of mask pairs, by NumPy and SciPy alone. Reads JSON lines, writes JSON lines."""

import json
import math
import sys

import numpy as np
from scipy.ndimage import distance_transform_edt


def average_distance(truth, mask, sampling):
    """Mean over both directions of the mean distance of all pixels to the nearest pixel of the other."""
    if not truth.any() and not mask.any():
        return 0.0
    if not mask.any():
        return math.sqrt(4 * truth.sum() * sampling[0] * sampling[1] / math.pi)
    there = distance_transform_edt(~mask, sampling=sampling)[truth].mean()
    back = distance_transform_edt(~truth, sampling=sampling)[mask].mean()
    return (there + back) / 2


def metrics(truth, mask, sampling):
    if not truth.any() and not mask.any():
        return {"recall": 1, "precision": 1, "dice": 1, "volumeSimilarity": 1, "px": 0, "mm": 0}
    tp = int((truth & mask).sum())
    fn = int((truth & ~mask).sum())
    fp = int((~truth & mask).sum())
    return {
        "recall": tp / (tp + fn),
        "precision": tp / (tp + fp) if tp + fp else 0,
        "dice": 2 * tp / (2 * tp + fp + fn),
        "volumeSimilarity": 1 - abs(fn - fp) / (2 * tp + fn + fp),
        "px": average_distance(truth, mask, (1, 1)),
        "mm": average_distance(truth, mask, sampling),
    }


for line in sys.stdin:
    case = json.loads(line)
    shape = (case["rows"], case["columns"])
    truth, mask = (np.array(list(case[name]), dtype=int).reshape(shape) == 1 for name in ("truth", "mask"))
    print(json.dumps(metrics(truth, mask, (case["betweenRows"], case["betweenColumns"]))))
