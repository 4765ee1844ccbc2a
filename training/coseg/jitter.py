"""Observers: every time a training lesion is drawn its marks are moved, else a network learns that they end exactly on the expert's outline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .marks import Marks, scaled

Rng = np.random.Generator


def turned(ends: np.ndarray, about: np.ndarray, radians: float) -> np.ndarray:
    c, s = np.cos(radians), np.sin(radians)
    return about + (ends - about) @ np.array([[c, s], [-s, c]])


def observer(exact: Marks, rng: Rng) -> Marks:
    """The observer of the lesion set's README (no bias): both axes turned by N(0, 4 degrees), the short one by N(0, 3) more and moved along the
    long axis by N(0, 4 %) of it, each end by N(0, sd), sd^2 = (3.5 % of its axis)^2 + (0.6 px)^2."""
    middle = exact.long.mean(axis=0)
    angle = np.deg2rad(rng.normal(0, 4))
    long, short = turned(exact.long, middle, angle), None
    if exact.short is not None:
        short = turned(exact.short, middle, angle)
        short = turned(short, short.mean(axis=0), np.deg2rad(rng.normal(0, 3)))
        short = short + rng.normal(0, 0.04) * (long[1] - long[0])
    return Marks(noisy(long, rng), None if short is None else noisy(short, rng))


def noisy(ends: np.ndarray, rng: Rng) -> np.ndarray:
    length = float(np.linalg.norm(ends[1] - ends[0]))
    return ends + rng.normal(0, np.hypot(0.035 * length, 0.6), size=(2, 2))


def wide_observer(exact: Marks, spacing: tuple[float, float], rng: Rng) -> Marks:
    """Independent errors of length, direction and crossing (limits of agreement of single diameters: Yoon 2016, McErlean 2013)."""
    lengths = [float(np.linalg.norm((axis[1] - axis[0]) * np.asarray(spacing))) for axis in (exact.long, exact.short) if axis is not None]
    sd = 0.05 if lengths[0] >= 20 else 0.08 if lengths[0] >= 10 else 0.10
    middle = exact.long.mean(axis=0)
    long_px = float(np.linalg.norm(exact.long[1] - exact.long[0]))
    ends_sd = max(0.03 * long_px, 0.5)
    angle = np.deg2rad(rng.normal(0, 5))

    def moved(axis: np.ndarray) -> np.ndarray:
        about = axis.mean(axis=0)
        return about + (axis - about) * (1 + rng.normal(0, sd)) + rng.normal(0, ends_sd, size=(2, 2))

    long = moved(turned(exact.long, middle, angle))
    if exact.short is None:
        return Marks(long, None)
    short = turned(exact.short, middle, angle)
    short = turned(short, short.mean(axis=0), np.deg2rad(rng.normal(0, 3))) + rng.normal(0, 0.06) * (long[1] - long[0])
    return Marks(long, moved(short))


@dataclass(frozen=True)
class JitterRule:
    """How often what happens to the marks of a training sample. Bias: both axes scaled about C by U(low, high)."""

    wide_share: float = 0.15
    biased_share: float = 0.4
    bias_low: float = 0.8
    bias_high: float = 1.1
    drop_axis: float = 0.03
    swap_axes: float = 0.01


def jittered(exact: Marks, spacing: tuple[float, float], rule: JitterRule, rng: Rng) -> Marks:
    for _ in range(8):
        marks = wide_observer(exact, spacing, rng) if rng.random() < rule.wide_share else observer(exact, rng)
        lengths = [np.linalg.norm(axis[1] - axis[0]) for axis in (marks.long, marks.short) if axis is not None]
        if min(lengths) >= 1:
            break
    else:
        marks = exact
    if rng.random() < rule.biased_share:
        marks = scaled(marks, rng.uniform(rule.bias_low, rule.bias_high), np.asarray(spacing))
    if rng.random() < rule.drop_axis:
        return Marks(marks.long, None)
    if marks.short is not None and rng.random() < rule.swap_axes:
        return Marks(marks.short, marks.long)
    return marks
