"""Metrics on masks of the slice's own grid: the twin of the gateway's `score.ts` and `clean-up.ts` (equal to 1e-6).

Definitions: Taha and Hanbury, BMC Medical Imaging 15:29, 2015; AVD as EvaluateSegmentation's code has it: the mean over all pixels of a mask of
the distance to the nearest pixel of the other, averaged over both directions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .marks import Marks, measure

Array = np.ndarray
FOUR = ndimage.generate_binary_structure(2, 1)


@dataclass(frozen=True)
class Score:
    dice: float
    recall: float
    precision: float
    vs: float
    avd_px: float
    avd_mm: float
    empty: bool


def score(truth: Array, mask: Array, spacing: tuple[float, float]) -> Score:
    """truth, mask: [rows, columns] of 0 and 1; spacing (sx, sy) in mm."""
    truth, mask = truth.astype(bool), mask.astype(bool)
    both, in_truth, in_mask = int((truth & mask).sum()), int(truth.sum()), int(mask.sum())
    if in_truth == 0 and in_mask == 0:
        return Score(1, 1, 1, 1, 0, 0, True)
    return Score(
        dice=2 * both / (in_truth + in_mask),
        recall=both / in_truth if in_truth else 0.0,
        precision=both / in_mask if in_mask else 0.0,
        vs=1 - abs(in_truth - in_mask) / (in_truth + in_mask),
        avd_px=average_distance(truth, mask, (1.0, 1.0)),
        avd_mm=average_distance(truth, mask, spacing),
        empty=in_mask == 0,
    )


def average_distance(truth: Array, mask: Array, spacing: tuple[float, float]) -> float:
    """An empty mask gets the diameter of the circle with the other's area."""
    truth, mask = truth.astype(bool), mask.astype(bool)
    if not truth.any() or not mask.any():
        area = max(int(truth.sum()), int(mask.sum())) * spacing[0] * spacing[1]
        return float(np.sqrt(4 * area / np.pi))
    sampling = (spacing[1], spacing[0])
    to_mask = ndimage.distance_transform_edt(~mask, sampling=sampling)
    to_truth = ndimage.distance_transform_edt(~truth, sampling=sampling)
    return float((to_mask[truth].mean() + to_truth[mask].mean()) / 2)


def mark_pixels(marks: Marks, spacing: tuple[float, float], rows: int, columns: int) -> list[Array]:
    """For each axis the pixels (row, column) whose centres lie within half a pixel of it; the nearest ones where there is none."""
    measured = measure(marks, np.asarray(spacing))
    found: list[Array] = []
    for axis in (measured.long, measured.short):
        if axis is None:
            continue
        low = np.maximum(0, np.floor(axis.min(axis=0)).astype(int) - 1)
        high = np.minimum([columns - 1, rows - 1], np.ceil(axis.max(axis=0)).astype(int) + 1)
        y, x = np.mgrid[low[1] : high[1] + 1, low[0] : high[0] + 1]
        d = axis[1] - axis[0]
        share = np.clip(((x - axis[0, 0]) * d[0] + (y - axis[0, 1]) * d[1]) / (d @ d), 0, 1)
        distance = np.sqrt((x - axis[0, 0] - share * d[0]) ** 2 + (y - axis[0, 1] - share * d[1]) ** 2)
        on = distance <= 0.5 + 1e-6
        if not on.any() and distance.size:
            on = distance <= distance.min() + 1e-6
        found.append(np.stack([y[on], x[on]], axis=1))
    return found


def clean_up(mask: Array, marks: Marks, spacing: tuple[float, float]) -> Array:
    """Keeps the 4-connected component with most pixels of the marks (then the larger, then the first), fills its holes; nothing else."""
    labels, count = ndimage.label(mask, structure=FOUR)
    if count == 0:
        return np.zeros_like(mask, dtype=np.uint8)
    kept = 1
    if count > 1:
        pixels = np.concatenate(mark_pixels(marks, spacing, *mask.shape))
        sizes = np.bincount(labels.ravel(), minlength=count + 1)
        on = np.bincount(labels[pixels[:, 0], pixels[:, 1]], minlength=count + 1)
        on[0] = 0
        if not on.any():
            where = np.argwhere(labels > 0)
            square = ((where[:, None, :] - pixels[None, :, :]) ** 2).sum(axis=2).min(axis=1)
            on[labels[tuple(where[int(square.argmin())])]] = 1
        kept = max(range(1, count + 1), key=lambda c: (on[c], sizes[c], -c))
    return ndimage.binary_fill_holes(labels == kept, structure=FOUR).astype(np.uint8)


def patient_interval(values: Sequence[float], patients: Sequence[str], resamples: int = 10_000, seed: int = 0) -> tuple[float, float]:
    """95 % interval of the mean over rows, by bootstrap over patients."""
    groups: dict[str, list[float]] = {}
    for value, patient in zip(values, patients, strict=True):
        groups.setdefault(patient, []).append(value)
    sums = np.array([sum(group) for group in groups.values()])
    counts = np.array([len(group) for group in groups.values()])
    drawn = np.random.default_rng(seed).integers(0, len(sums), size=(resamples, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def mean_sd(values: Sequence[float]) -> tuple[float, float]:
    array = np.asarray(values, dtype=np.float64)
    return float(array.mean()), float(array.std(ddof=1)) if len(array) > 1 else 0.0


def monotone_fit(x: Sequence[float], y: Sequence[float]) -> Callable[[float], float]:
    """Isotonic regression (pool adjacent violators) of y on x, as a function that interpolates between the blocks' means."""
    order = np.argsort(x)
    blocks: list[list[float]] = []
    for px, py in zip(np.asarray(x)[order], np.asarray(y)[order], strict=True):
        blocks.append([float(px), float(py), 1.0])
        while len(blocks) > 1 and blocks[-2][1] > blocks[-1][1]:
            last, before = blocks.pop(), blocks.pop()
            n = last[2] + before[2]
            blocks.append([(last[0] * last[2] + before[0] * before[2]) / n, (last[1] * last[2] + before[1] * before[2]) / n, n])
    xs, ys = [b[0] for b in blocks], [b[1] for b in blocks]
    return lambda value: float(np.interp(value, xs, ys))
