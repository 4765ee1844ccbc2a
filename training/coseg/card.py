"""python -m coseg.card RUN BUNDLE [--caliper scores.csv …]: writes a bundle's MODEL_CARD.md from the run and its scores, and refreshes the manifest.

Every number comes from files: the run folder (`coseg.evaluate` first, for the arms named below) and `caliper evaluate --csv` for the kernels.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from .config import Config
from .evaluate import Opened, arm_name
from .export import refresh_manifest
from .figure import sheet
from .metrics import mean_sd, patient_interval
from .table import SOURCES, read

CITATIONS = """- LIDC-IDRI (`lidc`), CC BY 3.0: Armato SG et al., Med Phys 2011;38:915-931; data doi 10.7937/K9/TCIA.2015.LO9QL9SX.
- Soft-tissue-Sarcoma (`sts`), CC BY 3.0: Vallières M et al., Phys Med Biol 2015;60:5471-5496; data doi 10.7937/K9/TCIA.2015.7GO2GSKS.
- The Cancer Imaging Archive: Clark K et al., J Digit Imaging 2013;26:1045-1057."""
MOBILENET = (
    "- The encoder started from Google's MobileNetV2 (Sandler et al., CVPR 2018; `tf2_mobilenet_v2_1.0_224_ptq.tflite` of google-coral/test_data), "
    "Apache License 2.0."
)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("run", type=Path)
    arguments.add_argument("bundle", type=Path)
    arguments.add_argument("--caliper", type=Path, help="scores of the kernels, observer marks")
    arguments.add_argument("--note", default="", help="how the recipe was chosen")
    arguments.add_argument("--set", help="folder of the data set, where it is not the run's own")
    given = arguments.parse_args()
    opened = Opened(given.run, given.set)
    manifest = json.loads((given.bundle / "manifest.json").read_text())
    draw_failures(opened, manifest["threshold"], given.bundle / "failures.png")
    (given.bundle / "MODEL_CARD.md").write_text(card(opened, manifest, given.run, given.caliper, f" {given.note}" if given.note else ""))
    refresh_manifest(given.bundle)


def card(opened: Opened, manifest: dict, run: Path, caliper: Path | None, note: str) -> str:
    config, facts = opened.config, opened.facts
    finished = json.loads((run / "finished.json").read_text())
    arm = lambda partner, factor: run / f"scores-{arm_name('val', partner, manifest['flips'], factor, manifest['threshold'])}.csv"
    rows = []
    if caliper:
        scores = [row for row in read(caliper) if row["split"] == "val"]
        for method in dict.fromkeys(row["method"] for row in scores):
            rows.append(line(f"{method} (for comparison)", [row for row in scores if row["method"] == method]))
    for label, partner, factor in (
        ("this bundle", "prototype-mean", 1.0),
        ("this bundle, marks x 0.85", "prototype-mean", 0.85),
        ("own gate instead of a partner's", "self", 1.0),
        ("gate 1 (no partner)", "none", 1.0),
        ("a random other cluster's gate", "random", 1.0),
        ("the cluster's mean gate", "constant", 1.0),
    ):
        if arm(partner, factor).exists():
            rows.append(line(label, read(arm(partner, factor))))
    main_scores = read(arm("prototype-mean", 1.0))
    within, overall = opened.bank.spread()
    worst = sorted(main_scores, key=lambda row: float(row["dice"]))
    curve = ", ".join(f"{point['agreement']}: {point['dice']:.2f}" for point in manifest["calibration"])
    marks = "with the RECIST marks as input channels" if config.track == "image+recist" else "from the image alone (the patch is placed by the marks)"
    channels = "; ".join(" ".join(f"{value}" for value in channel.values()) for channel in manifest["channels"])
    mobilenet = f"\n{MOBILENET}" if config.network.encoder == "mobilenet-v2" and config.network.weights != "random" else ""
    return f"""# Model card: {manifest["name"]} {manifest["version"]}

Segments one lesion on one CT slice {marks}. Co-segmentation: the deepest features are gated by what a partner lesion of the same cluster says;
the partners' gates are shipped, so a lesion needs no other lesion at run time. Row "{config.row}", track `{config.track}`, labels
`{config.labels}`, attention `{manifest["attention"]}`, {facts["parameters"] / 1e6:.2f} M parameters, patch {manifest["sizePx"]} px.

Not a medical device. For drafts that a person checks. The figures below are not DeepLesion's and not the paper's.

## Data and licences

Training split of the lesion set only ({facts["training_rows"]} slices, {manifest["trainedOn"]["lesions"]} lesions, {manifest["trainedOn"]["patients"]} patients;
splits.csv SHA-256 {manifest["trainedOn"]["splitsSha256"][:16]}…). Sources: {", ".join(manifest["trainedOn"]["sources"])}.{drawn_text(config.data.synthetic)}

{CITATIONS}{mobilenet}

The golden files hold crops of training lesions of these two sources (CC BY, cited above), resampled and windowed; so do the pictures of this card
(validation split). Changes: cropped, marks drawn by a simulated observer. `lits` (liver) and `dl` (DeepLesion) were never trained on.

## Training

{labels_text(config.labels)} {training_text(config, facts, finished)} Channels: {channels}. The test split's masks were never seen.{note}

## Validation split, observer marks, all rows, at the slice's own resolution

Dice: mean ± sd over slices (95 % interval by bootstrap over patients), n. `lits` is one patient and `dl` one lesion: examples of what lies outside
the training data, never a mean to rely on.

| | {" | ".join(SOURCES)} | recall / precision lidc; sts | VS lidc; sts | AVD px lidc; sts | AVD mm lidc; sts |
|{" --- |" * (len(SOURCES) + 5)}
{chr(10).join(rows)}

{outside(main_scores)}

Does the partner help? Gates differ by {within:.4f} (mean sd a channel) within a cluster and by {overall:.4f} over all training lesions; the rows above
give the Dice with other partners than the cluster's. `training/RESULTS.md` has the trained control arms.

## Agreement and Dice

On lesions that were not trained on (agreement: Dice, isotonic): {curve or "not calibrated"}. Masks under {manifest["rejectLevel"]} are rejected. Agreement rejects, it never ranks.

## Where it fails

![the worst of the validation split](failures.png)

Lowest Dice of lidc and sts (marks, mask, expert's mask, from left to right; worst six of different patients):
{chr(10).join(failure(row) for row in distinct(worst)[:6])}

- Nodules of a few pixels: a rim of one pixel is a quarter of the area, and readers differ by as much.
- Soft tissue against soft tissue: the border is often invisible on CT, the expert drew on MR; the marks then decide, and where they are short the
  mask is short (row x 0.85).
- One axis only, or axes that do not cross: trained on few samples.
- Not seen in training: bone, kidney, lymph nodes, contrast phases of liver, slices with oblong pixels, wrong slices and exchanged lesions.
"""


def training_text(config: Config, facts: dict, finished: dict) -> str:
    network, train = config.network, config.train
    if network.members:
        members = "; ".join(f"widths {'-'.join(map(str, widths))} on {' and '.join(views)}" for widths, views in zip(network.members, network.views, strict=True))
        return (
            f"{len(network.members)} networks as one, each on mirror images of its own ({members}), log odds averaged, so that they cost what one costs "
            f"on all four: {facts['weights']}. {train.optimiser}, loss `{train.loss}`, batches of {train.batch_pairs} pairs a process."
        )
    return (
        f"{finished['steps']} steps of {train.batch_pairs} pairs a process, {finished['seconds'] / 60:.0f} minutes on shared CPU cores; {facts['weights']}; "
        f"seed {config.seed}; {train.optimiser}, rate {train.lr:g}, loss `{train.loss}`."
    )


def drawn_text(synthetic: int) -> str:
    if not synthetic:
        return ""
    return f"""
Beside them {synthetic} drawn lesions (`coseg.synthetic`): low contrast of either sign on textured ground, exact masks, nobody's picture in them."""


def outside(scores: list[dict[str, str]]) -> str:
    """What happens on sources that were never trained on, in numbers."""
    parts, small = [], []
    for source in ("lits", "dl"):
        here = [row for row in scores if row["source"] == source]
        if here:
            recall, precision = (float(np.mean([float(row[key]) for row in here])) for key in ("recall", "precision"))
            worst = min(here, key=lambda row: float(row["dice"]))
            parts.append(f"`{source}` recall {recall:.2f}, precision {precision:.2f}, worst slice {float(worst['dice']):.2f}")
            small += [source] if recall < precision - 0.05 else []
    why = " it follows an edge inside the lesion, as a liver tumour's in a contrast phase has and no lesion of the training data."
    return f"Outside the training data: {'; '.join(parts)}." + (f" In {', '.join(small)} the network draws too small:{why}" if small else "")


def labels_text(labels: str) -> str:
    if labels == "weak":
        return "Seed masks of the gateway's own GrabCut only (`caliper seeds`), their uncertain band ignored; no expert mask was used."
    return "Masks of experts, marks drawn anew by a simulated observer for every sample (with readers' bias in a part of them)."


def distinct(scores: list[dict[str, str]]) -> list[dict[str, str]]:
    """The first of each patient, lidc and sts only."""
    seen: set[tuple[str, str]] = set()
    chosen = []
    for row in scores:
        key = (row["source"], row["patient"])
        if row["source"] in ("lidc", "sts") and key not in seen:
            seen.add(key)
            chosen.append(row)
    return chosen


def failure(row: dict[str, str]) -> str:
    return f"- {row['id']}: Dice {float(row['dice']):.3f}, recall {float(row['recall']):.2f}, precision {float(row['precision']):.2f}"


def line(label: str, scores: list[dict[str, str]]) -> str:
    of = {source: [row for row in scores if row["source"] == source] for source in SOURCES}
    average = lambda source, key: float(np.mean([float(row[key]) for row in of[source]])) if of[source] else float("nan")
    cells = []
    for source in SOURCES:
        values = [float(row["dice"]) for row in of[source]]
        if not values:
            cells.append("")
            continue
        mean, sd = mean_sd(values)
        patients = [row["patient"] for row in of[source]]
        low, high = patient_interval(values, patients)
        cells.append(f"{mean:.3f} ± {sd:.3f}" + (f" ({low:.3f}-{high:.3f})" if len(set(patients)) > 2 else "") + f", {len(values)}")
    two = lambda key, digits: f"{average('lidc', key):.{digits}f}; {average('sts', key):.{digits}f}"
    balance = "; ".join(f"{average(source, 'recall'):.2f} / {average(source, 'precision'):.2f}" for source in ("lidc", "sts"))
    return f"| {label} | " + " | ".join(cells) + f" | {balance} | {two('vs', 3)} | {two('avd_px', 3)} | {two('avd_mm', 3)} |"


def draw_failures(opened: Opened, threshold: float, path: Path) -> None:
    with_scores = opened.lesions("val", ("lidc", "sts"))
    found = opened.predict(with_scores, "prototype-mean", opened.config.flips, 1.0)
    ranked = sorted(found, key=lambda one: one.score(threshold).dice)
    seen: set[tuple[str, str]] = set()
    chosen = []
    for one in ranked:
        if (one.row.source, one.row.patient) not in seen:
            seen.add((one.row.source, one.row.patient))
            chosen.append(one)
    chosen = chosen[:6]
    lesions = [one.row for one in chosen]
    columns = [[None] * len(lesions), [one.mask(threshold) for one in chosen], [row.expert for row in lesions]]
    sheet(lesions, columns, ["marks", "mask", "expert"]).save(path, optimize=True)


if __name__ == "__main__":
    main()
