"""Marks and the four-quadrant superellipse between them: the twin of the gateway's `lesion-frame.ts` and `prior.ts`, whose rules win.

Positions are (x, y) = (column, row) in pixels of the slice, pixel centres at integers, zero-based. Lengths are in mm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SUBPIXELS = 256
"""Marks are rounded to a 256th of a pixel before anything is computed from them."""
USUAL_AXIS_RATIO = 0.75
CROSSING_SLACK = 0.15
PARALLEL = 0.2
LEAST_HALF = 0.25
LEAST_HALF_PX = 0.5

Array = np.ndarray


@dataclass(frozen=True)
class Marks:
    """Two axes of a lesion, each [2 ends, (x, y)] in pixels; `short` is None where one axis only was drawn."""

    long: Array
    short: Array | None

    @staticmethod
    def of(numbers: list[float]) -> Marks:
        """From x11, y11, x12, y12 (and x21, y21, x22, y22): long axis, then short axis."""
        ends = np.asarray(numbers, dtype=np.float64).reshape(-1, 2, 2)
        return Marks(ends[0], ends[1] if len(ends) > 1 else None)


@dataclass(frozen=True)
class MeasuredMarks:
    """Marks as they are computed with: rounded to a 256th of a pixel, the longer axis first. spacing = (sx, sy) mm a pixel."""

    long: Array
    short: Array | None
    long_mm: float
    short_mm: float | None
    spacing: Array

    @property
    def centre(self) -> Array:
        """Mean of the four end points (of two with one axis): the centre of a marks-relative patch, in pixels."""
        ends = self.long if self.short is None else np.concatenate([self.long, self.short])
        return ends.mean(axis=0)


@dataclass(frozen=True)
class Frame:
    """Oblique frame of the marks: X = centre + a along + b across, in mm from `origin` (an end of the long axis, px)."""

    origin: Array
    centre: Array
    along: Array
    across: Array
    forward: float
    backward: float
    left: float
    right: float
    radius_mm: float
    kind: str
    spacing: Array

    @property
    def sine(self) -> float:
        return cross(self.along, self.across)

    @property
    def centre_px(self) -> Array:
        return self.origin + self.centre / self.spacing


def cross(a: Array, b: Array) -> float:
    return float(a[0] * b[1] - a[1] * b[0])


def measure(marks: Marks, spacing: Array) -> MeasuredMarks:
    """Raises ValueError where an axis has no length."""
    spacing = np.asarray(spacing, dtype=np.float64)
    fine = lambda ends: np.floor(np.asarray(ends, dtype=np.float64) * SUBPIXELS + 0.5) / SUBPIXELS
    length = lambda ends: float(np.sqrt((((ends[1] - ends[0]) * spacing) ** 2).sum()))
    long, short = fine(marks.long), None if marks.short is None else fine(marks.short)
    if length(long) == 0 or (short is not None and length(short) == 0):
        raise ValueError("axes-zero-length")
    if short is not None and length(short) > length(long):
        long, short = short, long
    return MeasuredMarks(long, short, length(long), None if short is None else length(short), spacing)


def oblique_frame(marks: MeasuredMarks) -> Frame:
    """Total: axes that do not cross, are parallel or single get the frame that comes nearest (method: superellipse, oblique basis)."""
    long, short, spacing = marks.long, marks.short, marks.spacing
    reach = (long[1] - long[0]) * spacing
    along = reach / marks.long_mm
    least = LEAST_HALF_PX * float(np.sqrt(spacing[0] * spacing[1]))

    def frame(kind: str, centre: Array, across: Array, halves: tuple[float, float, float, float], radius: float) -> Frame:
        forward, backward, left, right = (max(half, least) for half in halves)
        return Frame(long[0], centre, along, across, forward, backward, left, right, max(radius, least), kind, spacing)

    perpendicular = np.array([-along[1], along[0]])
    if short is None:
        half = marks.long_mm / 2
        wide = USUAL_AXIS_RATIO * half
        return frame("single", reach * 0.5, perpendicular, (half, half, wide, wide), float(np.sqrt(USUAL_AXIS_RATIO)) * half)

    long_mm, short_mm = marks.long_mm, float(marks.short_mm or 0)
    radius = float(np.sqrt(long_mm * short_mm)) / 2
    across = (short[1] - short[0]) * spacing / short_mm
    sine = cross(along, across)
    if abs(sine) >= PARALLEL:
        between = (short[0] - long[0]) * spacing
        on_long = cross(between, across) / sine / long_mm
        on_short = cross(between, along) / sine / short_mm
        misses = max(abs(on_long - 0.5) - 0.5, abs(on_short - 0.5) - 0.5)
        if misses <= CROSSING_SLACK:
            place = min(1.0, max(0.0, on_long))
            halves = ((1 - place) * long_mm, place * long_mm, (1 - on_short) * short_mm, on_short * short_mm)
            return frame("crossing", reach * place, across, halves, radius)

    ends = [(end - long[0]) * spacing for end in (long[1], short[0], short[1])]
    centre = (ends[0] + ends[1] + ends[2]) / 4
    along_reach = lambda end: float(((end - long[0]) * spacing - centre) @ along)
    short_ends = [float(((end - long[0]) * spacing - centre) @ perpendicular) for end in short]
    halves = (
        max(along_reach(long[1]), LEAST_HALF * long_mm),
        max(-along_reach(long[0]), LEAST_HALF * long_mm),
        max(*short_ends, LEAST_HALF * short_mm),
        max(-min(short_ends), LEAST_HALF * short_mm),
    )
    return frame("not-crossing", centre, perpendicular, halves, radius)


def rho(frame: Frame, x: Array, y: Array, exponent: float = 2.0) -> Array:
    """0 at the centre, 1 on the outline, homogeneous of degree 1; x, y in pixels of the slice, any shape."""
    dx = (x - frame.origin[0]) * frame.spacing[0] - frame.centre[0]
    dy = (y - frame.origin[1]) * frame.spacing[1] - frame.centre[1]
    a = (dx * frame.across[1] - dy * frame.across[0]) / frame.sine
    b = (frame.along[0] * dy - frame.along[1] * dx) / frame.sine
    u = np.where(a >= 0, a / frame.forward, -a / frame.backward)
    v = np.where(b >= 0, b / frame.left, -b / frame.right)
    if exponent == 2:
        return np.sqrt(u * u + v * v)
    return (u**exponent + v**exponent) ** (1 / exponent)


def scaled(marks: Marks, factor: float, spacing: Array) -> Marks:
    """Both axes scaled about the centre of the shape between them, as `caliper evaluate --scale-marks` does."""
    if factor == 1:
        return marks
    centre = oblique_frame(measure(marks, spacing)).centre_px
    move = lambda ends: centre + factor * (ends - centre)
    return Marks(move(marks.long), None if marks.short is None else move(marks.short))


def segment_distance(x: Array, y: Array, ends: Array, unit: Array) -> Array:
    """Distance of the points from the segment between `ends` (px), measured in units of `unit` = (size of a unit in px along x, along y)."""
    px, py = (x - ends[0, 0]) / unit[0], (y - ends[0, 1]) / unit[1]
    dx, dy = (ends[1, 0] - ends[0, 0]) / unit[0], (ends[1, 1] - ends[0, 1]) / unit[1]
    share = np.clip((px * dx + py * dy) / (dx * dx + dy * dy), 0.0, 1.0)
    return np.sqrt((px - share * dx) ** 2 + (py - share * dy) ** 2)
