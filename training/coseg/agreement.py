"""How well a mask re-measures as its marks say: the twin of the gateway's `agreement.ts` and `axes.ts`, for the calibration curve of a bundle."""

from __future__ import annotations

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from .marks import Marks, measure, oblique_frame
from .metrics import mark_pixels

USUAL_SHARE, LARGER, SMALLER = 0.865, 0.15, 0.1
TRUST = {"crossing": 1.0, "not-crossing": 0.9, "single": 0.8}
LEAST_AXIS_PX = 0.5


def agreement(mask: np.ndarray, marks: Marks, spacing: tuple[float, float]) -> float:
    """0 to 1; 0 for an empty mask."""
    if not mask.any():
        return 0.0
    measured = measure(marks, np.asarray(spacing))
    one_px = float(np.sqrt(spacing[0] * spacing[1]))
    long, short = axes(mask, spacing)
    misfits = [misfit(long, measured.long_mm, one_px)]
    misfits.append(misfits[0] if measured.short_mm is None else misfit(short, measured.short_mm, one_px))
    pixels = np.concatenate(mark_pixels(marks, spacing, *mask.shape))
    inside = float(mask[pixels[:, 0], pixels[:, 1]].mean())
    return float(np.exp(-sum(misfits) / 2)) * inside * TRUST[oblique_frame(measured).kind]


def misfit(mask_mm: float, mark_mm: float, one_px_mm: float) -> float:
    d, usual = np.log(mask_mm / mark_mm), -np.log(USUAL_SHARE)
    width = lambda share: np.sqrt(share**2 + (one_px_mm / mark_mm) ** 2)
    if d < 0:
        return float(-d / width(SMALLER))
    return float((d - usual) / width(LARGER)) if d > usual else 0.0


def axes(mask: np.ndarray, spacing: tuple[float, float]) -> tuple[float, float]:
    """(long, short) in mm between pixel centres: longest distance, widest extent perpendicular to it (of several, the widest)."""
    rows, columns = np.nonzero(mask)
    points = np.stack([columns * spacing[0], rows * spacing[1]], axis=1).astype(np.float64)
    try:
        points = points[ConvexHull(points).vertices]
    except (QhullError, ValueError):
        pass
    least = LEAST_AXIS_PX * float(np.sqrt(spacing[0] * spacing[1]))
    gaps = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    longest = float(np.sqrt(gaps.max()))
    if longest == 0:
        return least, least
    extents = []
    for i, j in np.argwhere(gaps >= gaps.max() - 1e-9):
        u = (points[j] - points[i]) / longest
        extents.append(float(np.ptp(points @ np.array([-u[1], u[0]]))))
    return max(longest, least), max(max(extents), least)
