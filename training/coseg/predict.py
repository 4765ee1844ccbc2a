"""From rows to masks: partners' gates, probabilities (with flips), the way back to the slice, threshold and clean-up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .agreement import agreement
from .batches import render_rows
from .clusters import Clusters
from .data import Lesion
from .marks import scaled
from .metrics import Score, clean_up, score
from .networks import CoSegmenter
from .patch import PatchRule, patch_of, to_slice

RULES = ("prototype-mean", "prototype-each", "partners", "constant", "random", "self", "none", "neutral")
PARTNERS_PER_CLUSTER = 4
AGREEMENT_LEVELS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
TEST_PARTNERS = 10
FLIPS = {"none": ((),), "four": ((), (3,), (2,), (2, 3))}


@dataclass(frozen=True)
class GateBank:
    """Gates of training lesions: `of_cluster[k]` [members, g], nearest to the centre first."""

    of_cluster: tuple[np.ndarray, ...]
    neutral: np.ndarray

    def partners(self, rule: str, cluster: int, own: np.ndarray, seed: int) -> np.ndarray:
        """[k, g]: the gates whose probabilities are averaged for one lesion; a seed for the rules that draw."""
        gates = self.of_cluster[cluster]
        if rule == "prototype-mean":
            return gates[:PARTNERS_PER_CLUSTER].mean(axis=0, keepdims=True)
        if rule == "prototype-each":
            return gates[:PARTNERS_PER_CLUSTER]
        if rule == "constant":
            return gates.mean(axis=0, keepdims=True)
        if rule == "self":
            return own[None]
        if rule == "neutral":
            return self.neutral[None]
        rng = np.random.default_rng(seed)
        if rule == "random":
            others = [other for other in range(len(self.of_cluster)) if other != cluster] or [cluster]
            gates = self.of_cluster[others[rng.integers(len(others))]]
            return gates[[rng.integers(len(gates))]]
        if rule == "partners":
            return gates[rng.permutation(len(gates))[:TEST_PARTNERS]]
        raise ValueError(f"partner rule {rule}: none of {', '.join(RULES)}")

    def spread(self) -> tuple[float, float]:
        """Mean sd a channel of the gates within a cluster, and over all training lesions: what a partner can matter at most."""
        within = np.concatenate([gates - gates.mean(axis=0) for gates in self.of_cluster])
        return float(within.std(axis=0).mean()), float(np.concatenate(self.of_cluster).std(axis=0).mean())


def gate_bank(model: CoSegmenter, training: list[Lesion], clusters: Clusters, rule: PatchRule) -> GateBank:
    gates = np.concatenate([model.gate(model.encode(batch)[0]).numpy() for batch in rendered(model, training, rule)])
    ids = [row.id for row in training]
    groups = []
    for cluster, centre in enumerate(clusters.centres):
        members = [i for i, id in enumerate(ids) if clusters.cluster_of[id] == cluster]
        members.sort(key=lambda i: float(((clusters.embedding_of[ids[i]] - centre) ** 2).sum()))
        groups.append(gates[members] if members else gates.mean(axis=0, keepdims=True))
    return GateBank(tuple(groups), gates.mean(axis=0))


def rendered(model: CoSegmenter, lesions: list[Lesion], rule: PatchRule) -> Iterator[Tensor]:
    model.eval()
    with torch.inference_mode():
        for start in range(0, len(lesions), 16):
            yield torch.from_numpy(render_rows(lesions[start : start + 16], rule))


@dataclass(frozen=True)
class Prediction:
    """`probability` [rows, columns] at the slice's pixels."""

    row: Lesion
    probability: np.ndarray
    scale_marks: float

    def mask(self, threshold: float) -> np.ndarray:
        marks = scaled(self.row.observer, self.scale_marks, np.asarray(self.row.spacing))
        return clean_up(self.probability >= threshold, marks, self.row.spacing)

    def score(self, threshold: float) -> Score:
        assert self.row.expert is not None
        return score(self.row.expert, self.mask(threshold), self.row.spacing)

    def threshold_by_agreement(self, usual: float) -> float:
        """An experiment: the threshold whose mask agrees best with the marks, where it gains more than 0.05 on the usual one. It uses the marks, and
        it rewards copying the observer's error."""
        marks = scaled(self.row.observer, self.scale_marks, np.asarray(self.row.spacing))
        of = {level: agreement(self.mask(level), marks, self.row.spacing) for level in (*AGREEMENT_LEVELS, usual)}
        best = max(of, key=lambda level: of[level])
        return best if of[best] > of[usual] + 0.05 else usual


def predict(
    model: CoSegmenter,
    lesions: list[Lesion],
    rule: PatchRule,
    *,
    partner: str = "self",
    bank: GateBank | None = None,
    clusters: Clusters | None = None,
    flips: str = "none",
    scale_marks: float = 1.0,
) -> list[Prediction]:
    """Observer marks. `bank` and `clusters` are needed by every partner rule but `self` and `none`."""
    model.eval()
    found: list[Prediction] = []
    with torch.inference_mode():
        for index, row in enumerate(lesions):
            marks = scaled(row.observer, scale_marks, np.asarray(row.spacing))
            patch, grid = patch_of(row.hu, row.spacing, marks, rule)
            views = torch.from_numpy(np.stack([np.flip(patch, [axis - 1 for axis in axes]) for axes in FLIPS[flips]]))
            features, skips = model.encode(views)
            own = model.gate(features[:1])
            if partner == "none":
                gates = model.ones(1)
            elif partner == "self":
                gates = own
            else:
                assert bank is not None and clusters is not None
                gates = torch.from_numpy(bank.partners(partner, clusters.cluster_of[row.id], own[0].numpy(), index))
            probabilities = [model.decode(features, skips, gate[None].expand(len(views), -1)).sigmoid() for gate in gates]
            mean = torch.stack(probabilities).mean(dim=0)
            flat = torch.stack([torch.flip(mean[k], [axis - 1 for axis in axes]) for k, axes in enumerate(FLIPS[flips])]).mean(dim=0)
            found.append(Prediction(row, to_slice(flat[0].numpy(), grid, *row.hu.shape), scale_marks))
    return found
