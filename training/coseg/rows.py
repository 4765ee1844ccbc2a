"""python -m coseg.rows --runs DIR --seeds DIR [--only NAME …]: the small rows of RESULTS.md one after another, trained and evaluated.

Every row at the same size and length: 64 px patches, 300 iterations of 6 pairs, cosine from 1e-3 (`small-*`: their own files), on one thread. Resumable:
what is finished is not done again. The paper's networks have their widths divided (4; 101-layer ones 8) and start from random weights, so the table says
that they run and learn, not what they can do.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import torch

from .config import Config, config_hash, from_plain, load_config
from .data import open_set
from .evaluate import Opened, arm_name, summary, write_scores
from .train import train

ITERATIONS = 300
SEEDS = (20240501, 20240502)
PAPER = (
    "patch.px=64", "data.hold_out=0.15", "train.lr=0.001", f"train.iterations={ITERATIONS}", "train.batch_pairs=6", "train.evaluate_every=0",
    "train.schedule=cosine", "train.ema=0.97", "train.precision=bf16", "train.threads=1", "train.workers=0",
    "train.settle_norms=40",
)  # fmt: skip
SMALL = (f"train.iterations={ITERATIONS}", "train.batch_pairs=6")
PARTNERS = ("prototype-mean", "none", "self", "random", "constant")


@dataclass(frozen=True)
class Row:
    """partners: arms at test time, the row's own first."""

    name: str
    overrides: tuple[str, ...]
    partners: tuple[str, ...] = ("prototype-mean",)
    seeds: int = 1


ROWS = (
    Row("small-one", SMALL, ("none",), 2),
    Row("small-cluster", SMALL, PARTNERS, 2),
    Row("small-self", SMALL, ("self",), 2),
    Row("small-random", SMALL, ("random", "prototype-mean"), 2),
    Row("fcn16", (*PAPER, "network.divide=4", "network.light_head=true"), ("none",)),
    Row("vgg16-no-clustering", (*PAPER, "network.divide=4"), ("random", "prototype-mean")),
    Row("vgg16", (*PAPER, "network.divide=4"), PARTNERS),
    Row("vgg16-csa", (*PAPER, "network.divide=4"), ("prototype-mean", "none")),
    Row("small-no-clustering", SMALL, ("random", "prototype-mean")),
    Row("small-csa", SMALL),
    Row("small-fca", SMALL),
    Row("small-csa-cross", SMALL),
    Row("small-weak", SMALL),
    Row("small-image", SMALL),
    Row("small-weak-image", SMALL),
    Row("resnet101", (*PAPER, "network.divide=8")),
    Row("resnet101-csa", (*PAPER, "network.divide=8")),
    Row("drn101", (*PAPER, "network.divide=8")),
    Row("drn101-csa", (*PAPER, "network.divide=8")),
)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--configs", type=Path, default=Path("configs"))
    arguments.add_argument("--runs", type=Path, default=Path("runs"))
    arguments.add_argument("--set", help="folder of the data set, where it is not the configurations' own")
    arguments.add_argument("--seeds", help="a set written by `caliper seeds`")
    arguments.add_argument("--only", nargs="*", default=[])
    given = arguments.parse_args()
    paths = [f"{key}={Path(value).resolve()}" for key, value in (("data.set", given.set), ("data.seeds", given.seeds)) if value]
    for index in range(max(row.seeds for row in ROWS)):
        for row in ROWS:
            if index < row.seeds and (not given.only or row.name in given.only):
                config = load_config(given.configs / f"{row.name}.yaml", [*row.overrides, f"seed={SEEDS[index]}", *paths])
                run_row(row, config, given.runs)


def run_row(row: Row, config: Config, runs: Path) -> None:
    folder = runs / f"{row.name}-{config_hash(config, open_set(config.data.set, config.data.seeds).splits_sha256)}"
    if not (folder / "finished.json").exists():
        share_clusters(folder, config, runs)
        train(config, row.name, runs)
    opened = None
    for partner in row.partners:
        path = folder / f"scores-{arm_name('val', partner, 'none', 1.0, config.threshold)}.csv"
        if path.exists():
            continue
        opened = opened or Opened(folder)
        lesions = opened.lesions("val", ("lidc", "sts"))
        scored = [(one.row, one.score(config.threshold)) for one in opened.predict(lesions, partner, "none", 1.0)]
        write_scores(path, scored)
        print(f"{config.row}, {partner}, seed {config.seed}: " + "; ".join(summary(scored)), flush=True)


def share_clusters(folder: Path, config: Config, runs: Path) -> None:
    """Clusters depend on the data and the seed, not on the network: those of another row of this batch are taken where they are the same."""
    key = lambda of: (of.data.set, of.data.hold_out, of.data.sources, of.pairs.clusters, of.pairs.appearance, of.seed)
    for finished in sorted(runs.glob("*/finished.json")):
        facts = json.loads((finished.parent / "run.json").read_text())
        if key(from_plain(facts["config"])) == key(config) and not (folder / "clusters.npz").exists():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(finished.parent / "clusters.npz", folder / "clusters.npz")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
