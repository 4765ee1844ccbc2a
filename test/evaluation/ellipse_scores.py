"""Dice, recall, precision, VS, AVD px and AVD mm of the plain ellipse on the reader's marks, without any code of the product.

Usage: ellipse_scores.py FOLDER SOURCE; validation rows; prints {id: [six numbers]}, and null where the ellipse is so thin that its pixels fall apart: what is kept of it
then is clean-up, which is tested elsewhere.
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import distance_transform_edt, label


def ellipse(marks, spacing, shape):
    """Centre = mean of the four ends, half axes = half the lengths, direction of the long axis, in mm. Marks to a 256th of a pixel."""
    ends = np.round(np.array(marks).reshape(4, 2) * 256) / 256 * spacing
    centre = ends.mean(axis=0)
    axes = [ends[1] - ends[0], ends[3] - ends[2]]
    axes.sort(key=lambda axis: -np.hypot(*axis))
    long, short = (np.hypot(*axis) / 2 for axis in axes)
    along = axes[0] / np.hypot(*axes[0])
    y, x = np.mgrid[: shape[0], : shape[1]]
    dx, dy = x * spacing[0] - centre[0], y * spacing[1] - centre[1]
    u = (dx * along[0] + dy * along[1]) / long
    v = (dy * along[0] - dx * along[1]) / short
    return u * u + v * v <= 1 + 2e-9


def scores(truth, mask, spacing):
    tp, fn, fp = (truth & mask).sum(), (truth & ~mask).sum(), (~truth & mask).sum()

    def average(sampling):
        there = distance_transform_edt(~mask, sampling=sampling)[truth].mean()
        return (there + distance_transform_edt(~truth, sampling=sampling)[mask].mean()) / 2

    return [
        2 * tp / (2 * tp + fp + fn),
        tp / (tp + fn),
        tp / (tp + fp),
        1 - abs(fn - fp) / (2 * tp + fn + fp),
        average((1, 1)),
        average((spacing[1], spacing[0])),
    ]


folder, source = Path(sys.argv[1]), sys.argv[2]
result = {}
for row in csv.DictReader(open(folder / "lesions.csv", encoding="utf-8", newline="")):
    if row["source"] != source or row["Train_Val_Test"] != "2":
        continue
    truth = np.array(Image.open(folder / "masks" / f"{row['id']}.png")) > 0
    spacing = np.array([float(v) for v in row["Spacing_mm_px_"].split(",")[:2]])
    marks = [float(v) for v in row["Measurement_coordinates"].split(",")]
    mask = ellipse(marks, spacing, truth.shape)
    whole = label(mask)[1] == 1
    result[row["id"]] = [float(v) for v in scores(truth, mask, spacing)] if whole else None
json.dump(result, sys.stdout)
