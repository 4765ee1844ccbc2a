"""python -m coseg.evaluate RUN [--split val] [--partner RULE …] [--scale-marks F] …: a run's masks against the experts', as `caliper evaluate` does.

Observer marks, all rows, metrics on the slice's own grid. One CSV of lesions for each arm in the run's folder, read by `coseg.table`.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from .clusters import Clusters
from .config import Config, from_plain
from .data import HOLD_OUT_SEED, Lesion, LesionSet, held_back, open_set
from .metrics import Score, mean_sd, patient_interval
from .networks import CoSegmenter, build
from .predict import RULES, GateBank, Prediction, gate_bank, predict

Scored = list[tuple[Lesion, Score]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("run", type=Path)
    arguments.add_argument("--set", help="folder of the data set, where it is not the run's own")
    arguments.add_argument("--split", default="val", help="val, test, train, or `held`: the training patients that the run held back")
    arguments.add_argument("--sources", nargs="*")
    arguments.add_argument("--partner", nargs="*", default=["prototype-mean"], choices=RULES)
    arguments.add_argument("--flips", choices=["none", "four"])
    arguments.add_argument("--scale-marks", type=float, nargs="*", default=[1.0])
    arguments.add_argument("--threshold", type=float, nargs="*")
    arguments.add_argument("--by-agreement", action="store_true", help="an experiment: a threshold for each lesion, chosen by agreement")
    arguments.add_argument("--threads", type=int, default=1)
    given = arguments.parse_args()
    torch.set_num_threads(given.threads)

    opened = Opened(given.run, given.set)
    lesions = opened.lesions(given.split, given.sources)
    for partner in given.partner:
        for factor in given.scale_marks:
            found = opened.predict(lesions, partner, given.flips or opened.config.flips, factor)
            for threshold in given.threshold or [opened.config.threshold]:
                levels = [one.threshold_by_agreement(threshold) if given.by_agreement else threshold for one in found]
                scored = [(one.row, one.score(level)) for one, level in zip(found, levels, strict=True)]
                name = arm_name(given.split, partner, given.flips or opened.config.flips, factor, threshold)
                name += "-by-agreement" if given.by_agreement else ""
                write_scores(given.run / f"scores-{name}.csv", scored)
                print(f"{opened.config.row}: {name}")
                for line in summary(scored):
                    print("  " + line)


class Opened:
    """A finished run: its network, its clusters, its data."""

    def __init__(self, run: Path, data: str | None = None) -> None:
        state = torch.load(run / "final.pt", map_location="cpu", weights_only=False)
        self.config: Config = from_plain(state["config"])
        self.facts = json.loads((run / "run.json").read_text())
        self.model: CoSegmenter = build(self.config.network, len(self.config.patch.channels))[0]
        self.model.load_state_dict(state["weights"])
        self.model.eval()
        self.clusters = Clusters.load(run / "clusters.npz")
        self.set: LesionSet = open_set(data or self.config.data.set, self.config.data.seeds)
        self.training, self.held = held_back(self.set.of("train", self.config.data.sources), self.config.data.hold_out, HOLD_OUT_SEED)
        self._bank: GateBank | None = None

    @property
    def bank(self) -> GateBank:
        if self._bank is None:
            self._bank = gate_bank(self.model, self.training, self.clusters, self.config.patch.rule())
        return self._bank

    def lesions(self, split: str, sources: Sequence[str] | None = None) -> list[Lesion]:
        rows = self.held if split == "held" else [row for row in self.set.lesions if row.split == split]
        return [row for row in rows if row.expert is not None and (not sources or row.source in sources)]

    def predict(self, lesions: list[Lesion], partner: str, flips: str, scale_marks: float) -> list[Prediction]:
        needs_bank = partner not in ("self", "none")
        return predict(
            self.model, lesions, self.config.patch.rule(), partner=partner, bank=self.bank if needs_bank else None, clusters=self.clusters,
            flips=flips, scale_marks=scale_marks,
        )  # fmt: skip


def arm_name(split: str, partner: str, flips: str, factor: float, threshold: float) -> str:
    return f"{split}-{partner}-flips-{flips}-marks-{factor:g}-threshold-{threshold:g}"


def write_scores(path: Path, scored: Scored) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["id", "source", "patient", "lesion", *Score.__dataclass_fields__])
        writer.writeheader()
        for row, found in scored:
            values = {key: round(value, 6) if isinstance(value, float) else value for key, value in asdict(found).items()}
            writer.writerow({"id": row.id, "source": row.source, "patient": row.patient, "lesion": row.lesion, **values})


def summary(scored: Scored) -> list[str]:
    """A line for each source: n, mean and sd of Dice, interval over patients, recall, precision, AVD, empties."""
    lines = []
    for source in sorted({row.source for row, _ in scored}):
        here = [(row, found) for row, found in scored if row.source == source]
        mean, sd = mean_sd([found.dice for _, found in here])
        low, high = patient_interval([found.dice for _, found in here], [row.patient for row, _ in here])
        average = lambda key: float(np.mean([getattr(found, key) for _, found in here]))
        lines.append(
            f"{source}: n {len(here)}, Dice {mean:.4f} ± {sd:.4f} (95 % {low:.3f}-{high:.3f}), recall {average('recall'):.3f}, "
            f"precision {average('precision'):.3f}, VS {average('vs'):.3f}, AVD {average('avd_px'):.3f} px {average('avd_mm'):.3f} mm, "
            f"empties {sum(found.empty for _, found in here)}"
        )
    return lines


if __name__ == "__main__":
    main()
