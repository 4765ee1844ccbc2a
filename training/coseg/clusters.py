"""Lesion embedding and clusters, fitted on training lesions only: appearance (ImageNet features), size, HU histograms, position; K-means.

Each block is standardised and divided by its root-mean-square norm on training, weighted, concatenated, turned to `DIMENSIONS` by PCA and
L2-normalised. A new lesion belongs to the nearest centre.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .data import Lesion
from .marks import measure, oblique_frame, rho
from .networks.encoders import MobileNetV2, load_folded_mobilenet
from .patch import PatchRule, patch_of

DIMENSIONS = 32
WEIGHTS = {"appearance": 1.0, "size": 1.0, "hu": 0.5, "position": 0.5}
APPEARANCE_PCA = 64
HU_BINS = np.linspace(-1000, 600, 33)
RING_MM = 10.0
APPEARANCE_RULE = PatchRule(
    128,
    (
        {"kind": "window", "lowHu": -1350, "highHu": 150},
        {"kind": "window", "lowHu": -160, "highHu": 240},
        {"kind": "marks-window", "deviations": 3, "minimumSdHu": 20},
    ),
    "marks-relative",
    2.4,
    20.0,
)


@dataclass(frozen=True)
class Clusters:
    """centres [K, DIMENSIONS]; embedding and cluster of every lesion that was given, by id."""

    centres: np.ndarray
    embedding_of: dict[str, np.ndarray]
    cluster_of: dict[str, int]

    def save(self, path: Path) -> None:
        ids = sorted(self.embedding_of)
        np.savez(path, centres=self.centres, ids=np.array(ids), embeddings=np.stack([self.embedding_of[i] for i in ids]))

    @staticmethod
    def load(path: Path) -> Clusters:
        stored = np.load(path)
        return Clusters.assigned(stored["centres"], dict(zip(stored["ids"].tolist(), stored["embeddings"], strict=True)))

    @staticmethod
    def assigned(centres: np.ndarray, embeddings: dict[str, np.ndarray]) -> Clusters:
        return Clusters(centres, embeddings, {id: nearest(embedding, centres) for id, embedding in embeddings.items()})


def nearest(embedding: np.ndarray, centres: np.ndarray) -> int:
    """Index of the nearest centre, Euclidean; ties: the lowest."""
    return int(((centres - embedding) ** 2).sum(axis=1).argmin())


def fit(training: list[Lesion], others: list[Lesion], count: int, appearance: str, seed: int) -> Clusters:
    """Fitted on `training`, applied to both. count 0: n / 20 (200 from 4,000 lesions on). appearance: MobileNetV2's folder, or `none`."""
    lesions = [*training, *others]
    n = len(training)
    blocks = {"size": np.stack([size(row) for row in lesions]), "hu": np.stack([hu_histograms(row) for row in lesions])}
    if appearance != "none":
        blocks["appearance"] = pca(image_features(lesions, Path(appearance)), n, APPEARANCE_PCA)
    if all(row.position is not None for row in lesions):
        blocks["position"] = np.array([row.position for row in lesions], dtype=np.float64)
    joined = np.concatenate([weighted(block, n, WEIGHTS[name]) for name, block in sorted(blocks.items())], axis=1)
    reduced = pca(joined, n, min(DIMENSIONS, n - 1, joined.shape[1]))
    embeddings = (reduced / np.linalg.norm(reduced, axis=1, keepdims=True).clip(1e-9)).astype(np.float32)
    k = count or min(200, max(1, n // 20))
    centres = k_means(embeddings[:n], k, seed)
    return Clusters.assigned(centres, {row.id: embeddings[i] for i, row in enumerate(lesions)})


def weighted(block: np.ndarray, n: int, weight: float) -> np.ndarray:
    centred = block - block[:n].mean(axis=0)
    return weight * centred / np.sqrt((centred[:n] ** 2).sum(axis=1).mean()).clip(1e-9)


def pca(values: np.ndarray, n: int, dimensions: int) -> np.ndarray:
    """Principal components of the first n rows, applied to all."""
    mean = values[:n].mean(axis=0)
    _, _, directions = np.linalg.svd(values[:n] - mean, full_matrices=False)
    directions = directions[:dimensions]
    # the sign of a singular vector is arbitrary: largest entry positive
    directions *= np.sign(directions[np.arange(len(directions)), np.abs(directions).argmax(axis=1)])[:, None]
    return (values - mean) @ directions.T


def size(row: Lesion) -> np.ndarray:
    """log long, log short (mm), short/long, each standardised roughly by the spread of DeepLesion."""
    marks = measure(row.observer, np.asarray(row.spacing))
    short = marks.short_mm or 0.75 * marks.long_mm
    return np.array([np.log(marks.long_mm) / 0.8, np.log(short) / 0.8, short / marks.long_mm / 0.2])


def hu_histograms(row: Lesion) -> np.ndarray:
    """Square roots of the shares of HU inside the superellipse and in a ring of 10 mm outside it."""
    frame = oblique_frame(measure(row.observer, np.asarray(row.spacing)))
    y, x = np.mgrid[: row.hu.shape[0], : row.hu.shape[1]]
    shape = rho(frame, x, y)
    inside = shape <= max(1.0, shape.min())
    ring = ~inside & ((shape - 1) * frame.radius_mm <= RING_MM)
    histogram = lambda where: np.histogram(np.clip(row.hu[where], -1000, 599), bins=HU_BINS)[0] / max(1, where.sum())
    return np.sqrt(np.concatenate([histogram(inside), histogram(ring)]))


def image_features(lesions: list[Lesion], folder: Path) -> np.ndarray:
    """[n, 320]: MobileNetV2's deepest features, averaged over the patch (three windows as three channels, -1..1)."""
    encoder = MobileNetV2()
    load_folded_mobilenet(encoder, folder)
    encoder.eval()
    found: list[np.ndarray] = []
    with torch.inference_mode():
        for start in range(0, len(lesions), 32):
            patches = np.stack([patch_of(row.hu, row.spacing, row.observer, APPEARANCE_RULE)[0] for row in lesions[start : start + 32]])
            found.append(encoder(torch.from_numpy(patches))[0].mean(dim=(2, 3)).numpy())
    return np.concatenate(found).astype(np.float64)


def k_means(points: np.ndarray, k: int, seed: int, starts: int = 10, rounds: int = 100) -> np.ndarray:
    """[k, d] float32: Lloyd's algorithm from `starts` k-means++ starts, the one of least inertia."""
    rng = np.random.default_rng(seed)
    points = points.astype(np.float64)
    best, least = points[:k], np.inf
    for _ in range(starts):
        centres = points[[rng.integers(len(points))]]
        for _ in range(1, k):
            gaps = squared(points, centres).min(axis=1)
            chosen = rng.choice(len(points), p=gaps / gaps.sum()) if gaps.sum() > 0 else rng.integers(len(points))
            centres = np.concatenate([centres, points[[chosen]]])
        for _ in range(rounds):
            labels = squared(points, centres).argmin(axis=1)
            moved = np.stack([points[labels == c].mean(axis=0) if (labels == c).any() else centres[c] for c in range(k)])
            if np.allclose(moved, centres, atol=1e-10):
                break
            centres = moved
        inertia = squared(points, centres).min(axis=1).sum()
        if inertia < least:
            best, least = centres, inertia
    return best.astype(np.float32)


def squared(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    return ((points**2).sum(axis=1)[:, None] - 2 * points @ centres.T + (centres**2).sum(axis=1)[None, :]).clip(0)
