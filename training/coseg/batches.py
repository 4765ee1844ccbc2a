"""Training batches of lesion pairs, rendered on the fly. Batch number `step` depends on the seed and on `step` alone, so a run resumes exactly."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter
from torch.utils.data import Dataset

from .clusters import Clusters
from .config import AugmentConfig, Config
from .data import HU_RANGE, SEED_LESION, SEED_UNCERTAIN, Lesion
from .jitter import jittered
from .marks import measure
from .patch import Grid, PatchRule, channels_of, grid_of, resample

Batch = dict[str, np.ndarray]

TRAINING_SUBSAMPLES = 2
"""Sub-samples a side in training; the exact path takes as many as the pitch asks for."""


class PairBatches(Dataset[Batch]):
    """Item `step`: {patch [2n, c, px, px], label and weight [2n, 1, px, px], lesion_weight [2n]}; rows 0..n-1 are A, the rest B."""

    def __init__(self, lesions: list[Lesion], clusters: Clusters, config: Config, rank: int = 0, world: int = 1) -> None:
        self.config, self.rule = config, config.patch.rule()
        self.rank, self.world = rank, world
        self.lesions = [row for row in lesions if usable(row, config)]
        if not self.lesions:
            raise ValueError(f"no lesion has labels of kind {config.data.labels}")
        draws = config.data.draws
        counts = {source: sum(row.source == source for row in self.lesions) for source in {row.source for row in self.lesions}}
        shares = np.array([draws.get(row.source, 0.0) / counts[row.source] if draws else 1.0 for row in self.lesions])
        self.cumulative = np.cumsum(shares / shares.sum())
        self.cluster = np.array([clusters.cluster_of[row.id] for row in self.lesions])
        self.members = {int(c): np.flatnonzero(self.cluster == c) for c in np.unique(self.cluster)}
        self.patients = np.array([f"{row.source}:{row.patient}" for row in self.lesions])
        self.pictures: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return self.config.train.iterations * self.world

    def __getitem__(self, step: int) -> Batch:
        rng = np.random.default_rng([self.config.seed, step * self.world + self.rank])
        n = self.config.train.batch_pairs
        first = [self.drawn(rng) for _ in range(n)]
        second = [self.partner(index, rng) for index in first]
        samples = [self.sample(index, rng) for index in [*first, *second]]
        patch, label, weight = (np.stack([sample[k] for sample in samples]) for k in range(3))
        lesion_weight = np.array([self.lesion_weight(index) for index in [*first, *second]], dtype=np.float32)
        return {"patch": patch, "label": label, "weight": weight, "lesion_weight": lesion_weight}

    def drawn(self, rng: np.random.Generator) -> int:
        return int(min(np.searchsorted(self.cumulative, rng.random(), side="right"), len(self.lesions) - 1))

    def partner(self, index: int, rng: np.random.Generator) -> int:
        """Of the same cluster and another patient (`random`: of another cluster); a lesion alone in its cluster is its own partner."""
        if self.config.pairs.partner == "random":
            choice = np.flatnonzero(self.cluster != self.cluster[index])
        else:
            choice = self.members[int(self.cluster[index])]
        choice = choice[self.patients[choice] != self.patients[index]]
        return int(choice[rng.integers(len(choice))]) if len(choice) else index

    def lesion_weight(self, index: int) -> float:
        """Seeds that fit their marks badly count half (agreement under 0.5) or not at all (under 0.3)."""
        agreement = self.lesions[index].agreement
        if self.config.data.labels == "expert" or agreement is None:
            return 1.0
        return 0.0 if agreement < 0.3 else 0.5 if agreement < 0.5 else 1.0

    def picture(self, index: int) -> np.ndarray:
        """[3, rows, columns]: HU, label, certainty of the label."""
        if index not in self.pictures:
            row = self.lesions[index]
            if self.config.data.labels == "expert":
                label = row.expert.astype(np.float32)  # type: ignore[union-attr]
                certain = np.ones_like(label)
            else:
                seed = row.seed
                label = np.where(seed == SEED_LESION, 1.0, np.where(seed == SEED_UNCERTAIN, 0.5, 0.0)).astype(np.float32)
                certain = (seed != SEED_UNCERTAIN).astype(np.float32)
            self.pictures[index] = np.stack([row.hu, label, certain])
        return self.pictures[index]

    def sample(self, index: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        row, augment = self.lesions[index], self.config.augment
        fresh = self.config.data.marks == "fresh" and row.exact is not None
        marks = jittered(row.exact, row.spacing, self.config.jitter, rng) if fresh else row.observer  # type: ignore[arg-type]
        measured = measure(marks, np.asarray(row.spacing))
        grid = augmented(grid_of(measured, self.rule), augment, rng)
        planes = resample(degraded(self.picture(index), augment.picture, rng), grid, TRAINING_SUBSAMPLES)
        hu = planes[0] + (rng.uniform(-augment.hu, augment.hu) if augment.hu else 0.0)
        patch = channels_of(hu, grid, measured, self.rule)
        weight = (planes[2] > 0.5).astype(np.float32) * inside(grid, row.hu.shape)
        return patch, planes[1][None].astype(np.float32), weight[None]


def usable(row: Lesion, config: Config) -> bool:
    return (row.expert if config.data.labels == "expert" else row.seed) is not None


def degraded(picture: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """[3, rows, columns]: the slice with another contrast about the lesion's mean, with noise, with blur; label and certainty as they are."""
    chance = rng.random(3)
    if not share or (chance >= np.array([share, share / 2, share / 4])).all():
        return picture
    hu = picture[0]
    if chance[0] < share:
        lesion = picture[1] >= 0.5
        middle = float(hu[lesion].mean()) if lesion.any() else float(hu.mean())
        hu = middle + (hu - middle) * rng.uniform(0.5, 1.4)
    if chance[2] < share / 4:
        hu = gaussian_filter(hu, rng.uniform(0.4, 0.9))
    if chance[1] < share / 2:
        hu = hu + rng.normal(0, rng.uniform(3, 20), hu.shape)
    return np.stack([np.clip(hu, *HU_RANGE).astype(np.float32), picture[1], picture[2]])


def augmented(grid: Grid, augment: AugmentConfig, rng: np.random.Generator) -> Grid:
    """The grid turned, mirrored, stretched, zoomed and shifted; slice, marks and label are rendered on it together."""
    matrix = np.eye(2)
    if augment.turn == "full":
        matrix = turn(rng.uniform(0, 2 * np.pi))
    if augment.turn != "none" and rng.random() < 0.5:
        matrix = matrix @ np.diag([-1.0, 1.0])
    if augment.stretch:
        direction, factor = turn(rng.uniform(0, np.pi)), float(np.exp(rng.normal(0, augment.stretch)))
        matrix = direction @ np.diag([factor, 1 / factor]) @ direction.T @ matrix
    pitch = grid.pitch_mm * float(np.exp(rng.normal(0, augment.zoom))) if augment.zoom else grid.pitch_mm
    centre = grid.centre + rng.normal(0, augment.shift, 2) * pitch / grid.spacing if augment.shift else grid.centre
    return Grid(centre, pitch, grid.spacing, grid.px, matrix)


def turn(angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s], [s, c]])


def inside(grid: Grid, shape: tuple[int, ...]) -> np.ndarray:
    """1 where a patch pixel lies on the picture: padding is left out of the loss."""
    x, y = grid.positions()
    return ((x >= -0.5) & (x <= shape[1] - 0.5) & (y >= -0.5) & (y <= shape[0] - 0.5)).astype(np.float32)


def render_rows(lesions: list[Lesion], rule: PatchRule, scale_marks: float = 1.0) -> np.ndarray:
    """[n, c, px, px]: the patches as the gateway makes them, from the observer's marks."""
    from .marks import scaled
    from .patch import patch_of

    return np.stack(
        [patch_of(row.hu, row.spacing, scaled(row.observer, scale_marks, np.asarray(row.spacing)), rule)[0] for row in lesions]
    )
