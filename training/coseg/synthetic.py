"""Drawn lesions: star-shaped, lobulated bodies of either contrast, down to what the noise hides, on textured ground with neighbours.

The open sources are lungs and muscle. What they lack (homogeneous organs, low contrast, lesions darker than their ground) is drawn here, with exact
masks and exact axes; nobody's picture is in it. Used in training only, as the source `synthetic`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import binary_erosion, gaussian_filter, label

from .data import HU_RANGE, Lesion
from .marks import Marks

SOURCE = "synthetic"
SUBPIXELS = 3
PERPENDICULAR = np.cos(np.deg2rad(85))

Rng = np.random.Generator
Array = np.ndarray


@dataclass(frozen=True, eq=False)
class SyntheticLesion(Lesion):
    """A row whose picture and mask are held in memory. No seed mask."""

    pixels: Array
    truth: Array

    @property
    def hu(self) -> Array:  # type: ignore[override]
        return self.pixels

    @property
    def expert(self) -> Array:  # type: ignore[override]
        return self.truth

    @property
    def seed(self) -> None:  # type: ignore[override]
        return None


def synthetic_lesions(count: int, seed: int) -> list[Lesion]:
    """The same for the same seed. Every lesion is a patient of its own."""
    found: list[Lesion] = []
    attempt = 0
    while len(found) < count:
        drawn = synthetic_lesion(np.random.default_rng([seed, attempt]), attempt)
        attempt += 1
        if drawn is not None:
            found.append(drawn)
    return found


def synthetic_lesion(rng: Rng, number: int) -> Lesion | None:
    """One lesion; none where the drawn body has too few pixels or is in pieces."""
    pitch = float(rng.uniform(0.6, 0.98))
    long_px = float(np.exp(rng.uniform(np.log(6), np.log(85)))) / pitch
    side = int(min(240, long_px * 2.6 + 48))
    centre = np.array([side, side]) / 2 + rng.uniform(-3, 3, 2)
    shape = body(side, centre, long_px / 2, rng)
    truth = (shape >= 0.5).astype(np.uint8)
    axes = exact_axes(truth)
    if axes is None:
        return None
    id = f"{SOURCE}_{number:05d}"
    nowhere = Path(id)
    return SyntheticLesion(
        id=id, source=SOURCE, patient=str(number), lesion=id, key=True, split="train", image_path=nowhere, mask_path=nowhere, seed_path=nowhere,
        spacing=(pitch, pitch), observer=axes, exact=axes, window=(-160.0, 240.0), position=None, agreement=None,
        pixels=picture(shape, centre, long_px / 2, rng), truth=truth,
    )  # fmt: skip


def body(side: int, centre: Array, radius: float, rng: Rng) -> Array:
    """[side, side]: the share of each pixel that the lesion covers. Outline: a superellipse times 1 + a few harmonics."""
    steps = (np.arange(side * SUBPIXELS) + 0.5) / SUBPIXELS - 0.5
    x, y = np.meshgrid(steps - centre[0], steps - centre[1])
    angle = np.arctan2(y, x) - rng.uniform(0, 2 * np.pi)
    ratio, exponent, roughness = rng.uniform(0.45, 1), rng.uniform(1.7, 3), rng.uniform(0, 0.16)
    outline = radius / (np.abs(np.cos(angle)) ** exponent + np.abs(np.sin(angle) / ratio) ** exponent) ** (1 / exponent)
    waves = sum(rng.normal(0, roughness / k**0.7) * np.cos(k * angle + rng.uniform(0, 2 * np.pi)) for k in range(1, 8))
    inside = np.hypot(x, y) <= outline * np.clip(1 + waves, 0.3, 2)
    return inside.reshape(side, SUBPIXELS, side, SUBPIXELS).mean(axis=(1, 3))


def picture(shape: Array, centre: Array, radius: float, rng: Rng) -> Array:
    """[side, side] HU: ground with texture and neighbours, the lesion on it, the scanner's blur, correlated noise."""
    side = len(shape)
    kind = rng.choice(["organ", "organ", "organ", "organ", "organ", "muscle", "fat", "lung"])
    ground_hu = {"organ": rng.uniform(20, 140), "muscle": rng.uniform(20, 70), "fat": rng.uniform(-115, -85), "lung": rng.uniform(-900, -720)}[kind]
    contrast = float(np.exp(rng.uniform(np.log(10), np.log(90)))) * (-1 if rng.random() < 0.6 else 1)
    if kind == "fat":
        contrast = rng.uniform(50, 160)
    elif kind == "lung":
        contrast = rng.uniform(150, 850)
    ground = ground_hu + texture(side, rng.uniform(6, 20), rng.uniform(0, 12), rng) + texture(side, rng.uniform(1.5, 4), rng.uniform(0, 12), rng)
    ground = with_neighbours(ground, centre, radius, rng)
    lesion = ground_hu + contrast + texture(side, rng.uniform(2, 10), rng.uniform(0, 0.25) * abs(contrast), rng)
    if rng.random() < 0.2:
        core = gaussian_filter(shape, max(1.0, 0.25 * radius)) > rng.uniform(0.75, 0.95)
        lesion = lesion + core * rng.uniform(-0.5, 0.4) * contrast
    sharp = ground * (1 - shape) + lesion * shape
    noise = gaussian_filter(rng.normal(size=sharp.shape), rng.uniform(0.3, 0.9))
    noise *= np.exp(rng.uniform(np.log(4), np.log(28))) / noise.std()
    return np.clip(gaussian_filter(sharp, rng.uniform(0.45, 1.1)) + noise, *HU_RANGE).astype(np.float32)


def texture(side: int, scale: float, amplitude: float, rng: Rng) -> Array:
    field = gaussian_filter(rng.normal(size=(side, side)), scale)
    return field * (amplitude / max(float(field.std()), 1e-9))


def with_neighbours(ground: Array, centre: Array, radius: float, rng: Rng) -> Array:
    """Vessels, and the border of the organ: a large circle that keeps clear of the lesion's middle."""
    side = len(ground)
    y, x = np.mgrid[:side, :side]
    for _ in range(rng.integers(0, 4)):
        place, size = rng.uniform(0, side, 2), rng.uniform(1.5, 7)
        if np.hypot(*(place - centre)) > 0.9 * radius + size:
            ground = np.where(np.hypot(x - place[0], y - place[1]) <= size, ground + rng.uniform(-60, 160), ground)
    if rng.random() < 0.45:
        angle, far, large = rng.uniform(0, 2 * np.pi), radius * rng.uniform(0.9, 2.2) + 2, radius * rng.uniform(3, 12) + 40
        towards = np.array([np.cos(angle), np.sin(angle)])
        bulges = rng.random() < 0.5
        middle = centre + towards * (far + large if bulges else far - large)
        within = np.hypot(x - middle[0], y - middle[1]) <= large
        beyond = within if bulges else ~within
        ground = np.where(beyond, rng.choice([-100.0, -850.0, 40.0, 250.0, 10.0]) + rng.normal(0, 10), ground)
    return ground


def exact_axes(mask: Array) -> Marks | None:
    """The longest chord between pixel centres, and the longest chord of outline pixels within 5 degrees of perpendicular that crosses it."""
    pieces, count = label(mask, structure=np.ones((3, 3)))
    if count != 1 or mask.sum() < 20:
        return None
    rows, columns = np.nonzero(mask.astype(bool) & ~binary_erosion(mask))
    points = np.stack([columns, rows], axis=1).astype(np.float64)
    between = points[None] - points[:, None]
    lengths = np.hypot(between[..., 0], between[..., 1])
    i, j = np.unravel_index(int(lengths.argmax()), lengths.shape)
    long = points[[i, j]]
    along = (long[1] - long[0]) / lengths[i, j]
    across = np.array([-along[1], along[0]])
    side_of = (points - long[0]) @ across
    straight = np.abs(between @ along) <= PERPENDICULAR * lengths
    crossing = (side_of[:, None] < 0) & (side_of[None] > 0)
    usable = np.where(straight & crossing, lengths, 0)
    k, m = np.unravel_index(int(usable.argmax()), usable.shape)
    if usable[k, m] < 2:
        return None
    return Marks(long, points[[k, m]])
