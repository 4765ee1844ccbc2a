"""python -m coseg.table RUNS [--split val] [--caliper scores.csv …]: the results table, from run folders and from `caliper evaluate --csv`.

Nothing in it is typed: a row without its run folder does not appear. The paper's numbers stand beside the rows whose names they have; they are
DeepLesion's, ours are not.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .metrics import mean_sd, patient_interval

PAPER_DICE = {"FCN-16": "0.858 ± 0.11", "VGG-16 w/o clustering": "0.811", "DRN-101 + CSA": "0.898 ± 0.10"}
"""Those of the paper's Table 1 that are known here: Dice on 1,000 manual masks of DeepLesion."""
SOURCES = ("lidc", "sts", "lits", "dl")


@dataclass(frozen=True)
class TableRow:
    name: str
    labels: str
    arm: str
    note: str
    scores: list[dict[str, str]]
    paper: str


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("runs", type=Path, nargs="+", help="folders of runs")
    arguments.add_argument("--split", default="val")
    arguments.add_argument("--caliper", type=Path, nargs="*", default=[], help="files of `caliper evaluate --csv`")
    arguments.add_argument("--filter", default="", help="only arms whose name contains this")
    given = arguments.parse_args()
    rows = [row for path in given.caliper for row in caliper_rows(path, given.split)]
    head = set()
    for folder in given.runs:
        for run in sorted(path.parent for path in folder.glob("**/finished.json")):
            facts = json.loads((run / "run.json").read_text())
            head.add(f"{facts['data']}, splits {facts['splits_sha256'][:12]}")
            rows += run_rows(run, facts, given.split, given.filter)
    print(f"Data: {'; '.join(sorted(head)) or 'as given'}; split {given.split}, observer marks, all rows; mean ± sd of Dice over rows, n.")
    print()
    for line in table(rows):
        print(line)


def run_rows(run: Path, facts: dict, split: str, wanted: str) -> Iterable[TableRow]:
    finished = json.loads((run / "finished.json").read_text())
    train = facts["config"]["train"]
    note = f"{facts['weights']}; {facts['parameters'] / 1e6:.2f} M; {finished['steps']} x {train['batch_pairs']} pairs, {finished['seconds'] / 60:.0f} min"
    note += f"; seed {facts['config']['seed']}"
    for path in sorted(run.glob(f"scores-{split}-*.csv")):
        arm = path.stem.removeprefix(f"scores-{split}-")
        if wanted in arm:
            yield TableRow(facts["row"], facts["labels"], arm, note, read(path), PAPER_DICE.get(facts["row"], ""))


def caliper_rows(path: Path, split: str) -> Iterable[TableRow]:
    scores = [row for row in read(path) if row["split"] == split]
    for method in dict.fromkeys(row["method"] for row in scores):
        yield TableRow(method, "none", "gateway's kernels", "", [row for row in scores if row["method"] == method], "")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def table(rows: list[TableRow]) -> Iterable[str]:
    yield "| row | labels | arm | " + " | ".join(SOURCES) + " | mean of lidc, sts | recall / precision lidc; sts | VS lidc; sts | AVD px lidc; sts | empties | how it was trained | the paper's (DeepLesion) |"
    yield "|" + " --- |" * (len(SOURCES) + 10)
    for row in rows:
        of = {source: [score for score in row.scores if score["source"] == source] for source in SOURCES}
        average = lambda source, key: float(np.mean([float(score[key]) for score in of[source]])) if of[source] else float("nan")
        cells = [dice_cell(of[source]) for source in SOURCES]
        both = (average("lidc", "dice") + average("sts", "dice")) / 2
        pair = lambda key, digits: f"{average('lidc', key):.{digits}f}; {average('sts', key):.{digits}f}"
        balance = "; ".join(f"{average(source, 'recall'):.2f} / {average(source, 'precision'):.2f}" for source in ("lidc", "sts"))
        empties = sum(float(score["recall"]) == 0 and float(score["precision"]) == 0 for score in row.scores)
        cells += [f"{both:.3f}", balance, pair("vs", 3), pair("avd_px", 3), str(empties), row.note, row.paper]
        yield f"| {row.name} | {row.labels} | {row.arm} | " + " | ".join(cells) + " |"


def dice_cell(scores: list[dict[str, str]]) -> str:
    if not scores:
        return ""
    values = [float(score["dice"]) for score in scores]
    mean, sd = mean_sd(values)
    low, high = patient_interval(values, [score["patient"] for score in scores], resamples=2000)
    interval = f" ({low:.3f}-{high:.3f})" if len({score["patient"] for score in scores}) > 2 else ""
    return f"{mean:.3f} ± {sd:.3f}{interval}, {len(values)}"


if __name__ == "__main__":
    main()
