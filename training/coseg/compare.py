"""python -m coseg.compare RUNS "ROW" ARM "OTHER ROW" ARM: the paired difference of Dice of two rows, lesion by lesion, over the seeds that both have.

ARM: a partner rule. Interval: 95 %, bootstrap over patients. This is what says whether a partner helps: the rows' own intervals overlap widely.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from .metrics import patient_interval
from .table import read

Scores = dict[str, dict[str, str]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("runs", type=Path)
    arguments.add_argument("rows", nargs=4, metavar="ROW ARM", help="row, arm, other row, other arm")
    given = arguments.parse_args()
    row, arm, other, other_arm = given.rows
    for line in compared(scores_of(given.runs, row, arm), scores_of(given.runs, other, other_arm)):
        print(line)


def scores_of(runs: Path, row: str, arm: str) -> dict[int, Scores]:
    """Of every seed: id -> scores of the validation split, observer marks."""
    found: dict[int, Scores] = {}
    for described in sorted(runs.glob("**/run.json")):
        facts = json.loads(described.read_text())
        files = sorted(described.parent.glob(f"scores-val-{arm}-flips-*-marks-1-*.csv"))
        if facts["row"] == row and files:
            found[facts["config"]["seed"]] = {score["id"]: score for score in read(files[0])}
    return found


def compared(first: dict[int, Scores], second: dict[int, Scores]) -> list[str]:
    seeds = sorted(first.keys() & second.keys())
    if not seeds:
        return ["no seed has both"]
    sources = sorted({score["source"] for score in first[seeds[0]].values()})
    lines = []
    for source in sources:
        gains: list[float] = []
        patients: list[str] = []
        for seed in seeds:
            for id, score in first[seed].items():
                if score["source"] == source and id in second[seed]:
                    gains.append(float(score["dice"]) - float(second[seed][id]["dice"]))
                    patients.append(score["patient"])
        low, high = patient_interval(gains, patients)
        lines.append(f"{source}: {np.mean(gains):+.4f} (95 % {low:+.4f} to {high:+.4f}), {len(seeds)} seeds, {len(set(patients))} patients")
    return lines


if __name__ == "__main__":
    main()
