"""The patch a network sees: geometry, resampling, channels, and the way back to the slice. The gateway does the same to 1e-4 (golden files).

Geometry: a square about the marks, `px` pixels a side, no rotation; patch pixel (i = column, j = row) has its centre at
x = cx + ((i + 0.5) - px/2) pitch/sx (slice pixels), y likewise. Training rotates, flips, zooms and shifts the same grid.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from .marks import Frame, Marks, MeasuredMarks, measure, oblique_frame, rho, segment_distance

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_SD = (0.229, 0.224, 0.225)
MOST_SUBSAMPLES = 8

Array = np.ndarray


@dataclass(frozen=True)
class PatchRule:
    """What a manifest says of the patch. Channels are dictionaries {kind, ...}, in order."""

    px: int
    channels: tuple[dict[str, Any], ...]
    scale: str = "marks-relative"
    multiple: float = 2.4
    minimum_mm: float = 20.0
    normalisation: str = "symmetric"

    @property
    def depth(self) -> int:
        return len(self.channels)


@dataclass(frozen=True)
class Grid:
    """Where a patch lies: centre in slice pixels, pitch in mm, `turn` [2, 2] maps patch directions (in pitches) to mm directions."""

    centre: Array
    pitch_mm: float
    spacing: Array
    px: int
    turn: Array = field(default_factory=lambda: np.eye(2))

    def positions(self, subsamples: int = 1) -> tuple[Array, Array]:
        """x, y [px * subsamples, px * subsamples] in slice pixels."""
        steps = (np.arange(self.px * subsamples) + 0.5) / subsamples - self.px / 2
        if np.array_equal(self.turn, np.eye(2)):
            x = self.centre[0] + steps * self.pitch_mm / self.spacing[0]
            y = self.centre[1] + steps * self.pitch_mm / self.spacing[1]
            return np.broadcast_to(x[None, :], (len(x), len(x))), np.broadcast_to(y[:, None], (len(y), len(y)))
        right, down = np.meshgrid(steps, steps)
        x = self.centre[0] + (self.turn[0, 0] * right + self.turn[0, 1] * down) * self.pitch_mm / self.spacing[0]
        y = self.centre[1] + (self.turn[1, 0] * right + self.turn[1, 1] * down) * self.pitch_mm / self.spacing[1]
        return x, y

    @property
    def subsamples(self) -> int:
        """How many sub-samples a side average to a patch pixel, so that shrinking does not alias."""
        if self.pitch_mm <= self.spacing.max():
            return 1
        return int(min(MOST_SUBSAMPLES, max(1, np.ceil(self.pitch_mm / self.spacing.min() - 1e-6))))


def grid_of(marks: MeasuredMarks, rule: PatchRule) -> Grid:
    if rule.scale == "marks-relative":
        centre, side = marks.centre, max(rule.multiple * marks.long_mm, rule.minimum_mm)
    else:
        ends = marks.long if marks.short is None else np.concatenate([marks.long, marks.short])
        low, high = ends.min(axis=0), ends.max(axis=0)
        centre = (low + high) / 2
        side = max(rule.multiple * float(((high - low) * marks.spacing).max()), rule.minimum_mm)
    return Grid(centre, side / rule.px, marks.spacing, rule.px)


def bilinear(pictures: Array, x: Array, y: Array) -> Array:
    """`pictures` [..., rows, columns] at real positions, clamped to the picture (the edge is repeated). Computed in the pictures' own type:
    float64 where it must equal the gateway, float32 in training."""
    rows, columns = pictures.shape[-2:]
    across = x * (2 / max(columns - 1, 1)) - 1
    down = y * (2 / max(rows - 1, 1)) - 1
    grid = torch.from_numpy(np.stack([across, down], axis=-1).astype(pictures.dtype, copy=False))
    stack = torch.from_numpy(np.ascontiguousarray(pictures).reshape(1, -1, rows, columns))
    values = functional.grid_sample(stack, grid[None], mode="bilinear", padding_mode="border", align_corners=True)
    return values.numpy().reshape(*pictures.shape[:-2], *x.shape)


def resample(pictures: Array, grid: Grid, most_subsamples: int = MOST_SUBSAMPLES) -> Array:
    """[..., px, px]: bilinear, averaged over sub-samples where the patch is coarser than the slice."""
    n = min(grid.subsamples, most_subsamples)
    values = bilinear(pictures, *grid.positions(n))
    if n == 1:
        return values
    return values.reshape(*pictures.shape[:-2], grid.px, n, grid.px, n).mean(axis=(-3, -1))


def channels_of(hu: Array, grid: Grid, marks: MeasuredMarks, rule: PatchRule) -> Array:
    """[c, px, px] float32. hu: [px, px], the resampled slice."""
    frame = oblique_frame(marks)
    x, y = grid.positions()
    shape = rho(frame, x, y)
    planes: list[Array] = []
    for position, channel in enumerate(rule.channels):
        kind = channel["kind"]
        if kind == "window":
            planes.append(windowed(hu, channel["lowHu"], channel["highHu"], rule.normalisation, position))
        elif kind == "marks-window":
            low, high = marks_window(hu, shape, channel["deviations"], channel["minimumSdHu"])
            planes.append(windowed(hu, low, high, rule.normalisation, position))
        elif kind == "superellipse-distance":
            of_exponent = shape if channel["exponent"] == 2 else rho(frame, x, y, channel["exponent"])
            planes.append(np.clip((of_exponent - 1) * (frame.radius_mm / grid.pitch_mm) / channel["clampPx"], -1, 1))
        elif kind == "axis-line":
            ends = marks.long if channel["axis"] == "long" else marks.short
            if ends is None:
                planes.append(np.zeros_like(hu))
                continue
            distance = segment_distance(x, y, ends, grid.pitch_mm / grid.spacing)
            planes.append(np.exp(-(distance**2) / (2 * channel["sigmaPx"] ** 2)))
        else:
            raise ValueError(f"unknown channel {kind}")
    return np.stack(planes).astype(np.float32)


def windowed(hu: Array, low: float, high: float, normalisation: str, position: int) -> Array:
    value = np.clip((hu - low) / (high - low), 0, 1)
    if normalisation == "imagenet":
        return (value - IMAGENET_MEAN[position]) / IMAGENET_SD[position]
    return (value - 0.5) * 2


def marks_window(hu: Array, shape: Array, deviations: float, minimum_sd: float) -> tuple[float, float]:
    """Mean -/+ deviations x sd (population) of the patch pixels with rho <= 1; of the pixel nearest to the centre where there is none."""
    inside = hu[shape <= 1]
    if inside.size == 0:
        inside = hu.reshape(-1)[[int(np.argmin(shape))]]
    mean, sd = float(inside.mean()), max(float(inside.std()), minimum_sd)
    return mean - deviations * sd, mean + deviations * sd


def patch_of(hu: Array, spacing: tuple[float, float], marks: Marks, rule: PatchRule) -> tuple[Array, Grid]:
    """The patch as the gateway makes it: channels [c, px, px] float32, and where it lies."""
    measured = measure(marks, np.asarray(spacing))
    grid = grid_of(measured, rule)
    return channels_of(resample(hu.astype(np.float64), grid), grid, measured, rule), grid


def to_slice(probability: Array, grid: Grid, rows: int, columns: int) -> Array:
    """[rows, columns] float32: the patch's probability [px, px] at the slice's own pixels; 0 outside the patch."""
    u = (np.arange(columns) - grid.centre[0]) * grid.spacing[0] / grid.pitch_mm + grid.px / 2 - 0.5
    v = (np.arange(rows) - grid.centre[1]) * grid.spacing[1] / grid.pitch_mm + grid.px / 2 - 0.5
    inside = lambda w: (w >= -0.5) & (w <= grid.px - 0.5)
    uu, vv = np.meshgrid(u, v)
    values = bilinear(probability.astype(np.float64), uu, vv)
    return np.where(inside(v)[:, None] & inside(u)[None, :], values, 0).astype(np.float32)


def frame_of(marks: Marks, spacing: tuple[float, float]) -> Frame:
    return oblique_frame(measure(marks, np.asarray(spacing)))
