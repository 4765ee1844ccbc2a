"""python -m coseg.splits CONFIG: clusters, pairs and leakage of a data set, beside the paper's numbers.

Honest: split by patient, everything fitted on training patients. The paper's: clusters fitted on all lesions, then 80/10/10 of the lesions of
each cluster, so that a patient (and the same lesion on another slice) falls on both sides.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from . import clusters as clustering
from .clusters import Clusters
from .config import load_config
from .data import Lesion, open_set

PAPER_PAIRS = {"train": 270_470, "val": 28_136, "test": 3_866}


def stratified(lesions: Sequence[Lesion], clusters: Clusters, seed: int) -> dict[str, str]:
    """The paper's split: 80 / 10 / 10 of the rows of each cluster, by id."""
    rng = np.random.default_rng(seed)
    split: dict[str, str] = {}
    for cluster in range(len(clusters.centres)):
        members = sorted(row.id for row in lesions if clusters.cluster_of[row.id] == cluster)
        order = rng.permutation(len(members))
        for place, index in enumerate(order):
            share = (place + 0.5) / len(members)
            split[members[index]] = "train" if share < 0.8 else "val" if share < 0.9 else "test"
    return split


def leakage(lesions: Sequence[Lesion], split: dict[str, str]) -> dict[str, float]:
    """Share of the rows of validation and test that have a training row of the same patient, of the same lesion."""
    patients = {(row.source, row.patient) for row in lesions if split[row.id] == "train"}
    same = {row.lesion for row in lesions if split[row.id] == "train"}
    outside = [row for row in lesions if split[row.id] != "train"]
    return {
        "patient": float(np.mean([(row.source, row.patient) in patients for row in outside])),
        "lesion": float(np.mean([row.lesion in same for row in outside])),
    }


def pairs_within(lesions: Sequence[Lesion], clusters: Clusters, cap: int) -> dict[str, int]:
    """Unordered pairs of different patients within clusters; with at most `cap` partners a lesion."""
    counts = {"all": 0, "capped": 0, "alone": 0}
    for cluster in range(len(clusters.centres)):
        patients = np.array([f"{row.source}:{row.patient}" for row in lesions if clusters.cluster_of[row.id] == cluster])
        others = np.array([(patients != patient).sum() for patient in patients], dtype=int)
        counts["all"] += int(others.sum()) // 2
        counts["capped"] += int(np.minimum(others, cap).sum())
        counts["alone"] += int((others == 0).sum())
    return counts


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("config", type=Path)
    arguments.add_argument("overrides", nargs="*")
    given = arguments.parse_intermixed_args()
    config = load_config(given.config, given.overrides)
    lesions = [row for row in open_set(config.data.set).lesions if row.source in config.data.sources]
    training = [row for row in lesions if row.split == "train"]
    own = {row.id for row in training}
    fit = lambda chosen, others: clustering.fit(chosen, others, config.pairs.clusters, config.pairs.appearance, config.seed)
    honest = fit(training, [row for row in lesions if row.id not in own])
    by_patient = {row.id: row.split for row in lesions}
    everything = fit(lesions, [])
    as_paper = stratified(lesions, everything, config.seed)
    print(f"{len(lesions)} rows of {', '.join(config.data.sources)}")
    for name, clusters, split in (("by patient", honest, by_patient), ("as the paper", everything, as_paper)):
        shares = leakage(lesions, split)
        print(f"{name}: {len(clusters.centres)} clusters; leakage: same patient {shares['patient']:.1%}, same lesion {shares['lesion']:.1%}")
        for part, paper in PAPER_PAIRS.items():
            rows = [row for row in lesions if split[row.id] == part]
            found = pairs_within(rows, clusters, config.pairs.cap_per_lesion)
            print(
                f"  {part}: {len(rows)} rows, pairs {found['all']}, with at most {config.pairs.cap_per_lesion} partners {found['capped']}, "
                f"alone {found['alone']} (the paper's DeepLesion: {paper:,})"
            )


if __name__ == "__main__":
    main()
