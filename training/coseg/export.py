"""python -m coseg.export RUN --to ../models/NAME --card CARD.yaml …: a run becomes a bundle that the gateway runs.

Fits the embedding head, writes both graphs (ONNX, opset 17), the partners' gates, golden files and the manifest, and checks that ONNX Runtime
gives what PyTorch gives.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .agreement import agreement
from .batches import PairBatches
from .clusters import nearest
from .data import Lesion
from .evaluate import Opened
from .marks import Marks
from .metrics import monotone_fit
from .networks import CoSegmenter
from .patch import patch_of, to_slice
from .predict import FLIPS, PARTNERS_PER_CLUSTER, predict

OPSET = 17
PARITY = 1e-4
AGREEMENT_STEPS = tuple(round(0.1 * k, 1) for k in range(11))


class EmbeddingHead(nn.Module):
    """Mean and largest value of the deepest features and mean of the skips -> the block embedding of `coseg.clusters`, L2-normalised."""

    def __init__(self, inputs: int, outputs: int, hidden: int = 128) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("sd", torch.ones(inputs))
        self.layers = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Dropout(0.2), nn.Linear(hidden, outputs))

    def forward(self, descriptor: Tensor) -> Tensor:
        return F.normalize(self.layers((descriptor - self.mean) / self.sd), dim=1)


def descriptor(features: Tensor, skips: list[Tensor]) -> Tensor:
    parts = [features.mean(dim=(2, 3)), features.amax(dim=(2, 3)), *(skip.mean(dim=(2, 3)) for skip in skips)]
    return torch.cat(parts, dim=1)


class EncoderGraph(nn.Module):
    """patch -> features, skips…, gate, embedding."""

    def __init__(self, model: CoSegmenter, head: EmbeddingHead) -> None:
        super().__init__()
        self.model, self.head = model, head

    def forward(self, patch: Tensor) -> tuple[Tensor, ...]:
        features, skips = self.model.encode(patch)
        return features, *skips, self.model.gate(features), self.head(descriptor(features, skips))


class DecoderGraph(nn.Module):
    """features, skips…, partner -> probability."""

    def __init__(self, model: CoSegmenter) -> None:
        super().__init__()
        self.model = model

    def forward(self, features: Tensor, *rest: Tensor) -> Tensor:
        *skips, partner = rest
        return self.model.decode(features, list(skips), partner).sigmoid()


@dataclass(frozen=True)
class Card:
    """What a run does not know about the bundle it becomes."""

    name: str
    version: str
    licence: str
    use: str


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("run", type=Path)
    arguments.add_argument("--to", type=Path, required=True)
    arguments.add_argument("--version", default="1.0.0")
    arguments.add_argument("--licence", default="MIT (weights); trained on CC BY 3.0 data, see MODEL_CARD.md")
    arguments.add_argument("--use", choices=["commercial", "non-commercial"], default="commercial")
    arguments.add_argument("--threshold", type=float)
    arguments.add_argument("--partner-rule", choices=["prototype-mean", "prototype-each"], default="prototype-mean")
    arguments.add_argument("--calibrate-on", type=Path, help="a run of the same recipe that held training patients back (default: this run)")
    arguments.add_argument("--tolerance", type=float, default=PARITY, help="largest difference of ONNX Runtime from PyTorch on a CPU")
    arguments.add_argument("--set", help="folder of the data set, where it is not the run's own")
    given = arguments.parse_args()
    torch.set_num_threads(1)
    opened = Opened(given.run, given.set)
    calibration = opened if given.calibrate_on is None else Opened(given.calibrate_on, given.set)
    card = Card(given.to.name, given.version, given.licence, given.use)
    export(opened, calibration, given.to, card, given.threshold or opened.config.threshold, given.partner_rule, given.tolerance)


def export(opened: Opened, calibration: Opened, to: Path, card: Card, threshold: float, partner_rule: str, tolerance: float = PARITY) -> None:
    to.mkdir(parents=True, exist_ok=True)
    head, same = fitted_head(opened)
    print(f"embedding head: same cluster as the block embedding for {same['training']:.1%} of training, {same['val']:.1%} of validation lesions")
    encoder, decoder = EncoderGraph(opened.model, head).eval(), DecoderGraph(opened.model).eval()
    skips = write_graphs(encoder, decoder, opened, to, tolerance)
    centres, gates, neutral = partner_gates(opened, head)
    np.concatenate([centres.ravel(), gates.ravel(), neutral.ravel()]).astype("<f4").tofile(to / "gates.f32")
    write_golden(opened, encoder, decoder, centres, gates, threshold, to)
    curve, reject = calibrated(calibration, threshold)
    card_file = to / "MODEL_CARD.md"
    if not card_file.exists():
        card_file.write_text(f"# {card.name}\n")
    config, rule = opened.config, opened.config.patch.rule()
    patch = {"scale": rule.scale, "minimumSideMm": rule.minimum_mm}
    patch["sideLongAxisMultiple" if rule.scale == "marks-relative" else "boxMultiple"] = rule.multiple
    names = ["encoder.onnx", "decoder.onnx", "gates.f32", "golden.json", "golden.f32", "MODEL_CARD.md"]
    manifest: dict[str, Any] = {
        "format": "caliper-bundle/1",
        "name": card.name,
        "version": card.version,
        "licence": card.licence,
        "use": card.use,
        "track": config.track,
        "labels": config.labels,
        "trainedOn": {
            "sources": list(config.data.sources),
            "splitsSha256": opened.set.splits_sha256,
            "lesions": len({row.lesion for row in opened.training}),
            "patients": len({(row.source, row.patient) for row in opened.training}),
        },
        "files": {name: described(to / name) for name in names},
        "attention": config.network.attention,
        "sizePx": rule.px,
        "channels": list(rule.channels),
        "normalisation": rule.normalisation,
        "patch": patch,
        "resize": "bilinear-supersampled/edge",
        "gateLength": int(neutral.size),
        "embeddingLength": int(centres.shape[1]),
        "clusters": int(centres.shape[0]),
        "partnersPerCluster": PARTNERS_PER_CLUSTER,
        "skips": skips,
        "partnerRule": partner_rule,
        "flips": config.flips,
        "threshold": threshold,
        "rejectLevel": reject,
        "calibration": curve,
        "crf": "none",
        "opset": OPSET,
        "golden": {"cases": len(json.loads((to / "golden.json").read_text())["cases"]), "tolerance": {"cpu": tolerance, "cuda": 1e-2}},
    }
    (to / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    total = sum(entry["bytes"] for entry in manifest["files"].values())
    print(f"{to}: {total / 1e6:.2f} MB, operators {', '.join(sorted(operators(to)))}")


def described(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def refresh_manifest(to: Path) -> None:
    """After the model card has been written: its size and hash."""
    manifest = json.loads((to / "manifest.json").read_text())
    manifest["files"] = {name: described(to / name) for name in manifest["files"]}
    (to / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def fitted_head(opened: Opened, views: int = 3, epochs: int = 120) -> tuple[EmbeddingHead, dict[str, float]]:
    """Trained on jittered and turned training patches, as the network was, and on the stored observer's; the encoder does not move."""
    torch.manual_seed(opened.config.seed)
    batches = PairBatches(opened.training, opened.clusters, opened.config)
    rng = np.random.default_rng(opened.config.seed)
    rule = opened.config.patch.rule()

    def described_patches(patches: list[np.ndarray]) -> Tensor:
        with torch.inference_mode():
            parts = [descriptor(*opened.model.encode(torch.from_numpy(np.stack(patches[k : k + 32])))) for k in range(0, len(patches), 32)]
        return torch.cat(parts).clone()

    rows = batches.lesions
    patches = [patch_of(row.hu, row.spacing, row.observer, rule)[0] for row in rows]
    stored = described_patches(patches)
    inputs = torch.cat([stored, *(described_patches([batches.sample(i, rng)[0] for i in range(len(rows))]) for _ in range(views))])
    targets = torch.from_numpy(np.stack([opened.clusters.embedding_of[row.id] for row in rows])).repeat(views + 1, 1)
    head = EmbeddingHead(inputs.shape[1], targets.shape[1])
    head.mean.copy_(inputs.mean(dim=0))
    # a channel that hardly varies must not turn rounding errors of the encoder (4e-7 of its largest feature) into an embedding
    spread = inputs.std(dim=0)
    head.sd.copy_(torch.maximum(spread, 0.2 * head.mean.abs()).clamp_min(0.1 * float(spread.mean()) + 1e-6))
    optimiser = torch.optim.AdamW(head.parameters(), lr=2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    for _ in range(epochs):
        head.train()
        for chosen in torch.randperm(len(inputs)).split(256):
            loss = (1 - (head(inputs[chosen]) * targets[chosen]).sum(dim=1)).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
    head.eval()
    head.requires_grad_(False)

    def same(lesions: list[Lesion], described_rows: Tensor) -> float:
        found = [nearest(embedding, opened.clusters.centres) for embedding in head(described_rows).numpy()]
        return float(np.mean([a == opened.clusters.cluster_of[row.id] for a, row in zip(found, lesions, strict=True)]))

    val = [row for row in opened.set.of("val", opened.config.data.sources)]
    of_val = described_patches([patch_of(row.hu, row.spacing, row.observer, rule)[0] for row in val])
    return head, {"training": same(rows, stored), "val": same(val, of_val)}


def partner_gates(opened: Opened, head: EmbeddingHead) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """centres [K, e], gates [K, k, g] of the training lesions nearest to each centre (fewer: their mean repeated), neutral [g]."""
    bank = opened.bank
    gates = []
    for members in bank.of_cluster:
        chosen = members[:PARTNERS_PER_CLUSTER]
        if len(chosen) < PARTNERS_PER_CLUSTER:
            chosen = np.concatenate([chosen, np.repeat(chosen.mean(axis=0, keepdims=True), PARTNERS_PER_CLUSTER - len(chosen), axis=0)])
        gates.append(chosen)
    return opened.clusters.centres.astype(np.float32), np.stack(gates).astype(np.float32), bank.neutral.astype(np.float32)


def write_graphs(encoder: EncoderGraph, decoder: DecoderGraph, opened: Opened, to: Path, tolerance: float) -> list[str]:
    """Both graphs with a dynamic batch axis; returns the names of the skips. Raises where ONNX Runtime and PyTorch differ by more than that."""
    torch.manual_seed(0)
    batch = PairBatches(opened.training, opened.clusters, opened.config)[0]["patch"][:3]
    patch = torch.from_numpy(batch)
    with torch.inference_mode():
        outputs = encoder(patch)
    skips = [f"skip{k}" for k in range(len(outputs) - 3)]
    names = ["features", *skips, "gate", "embedding"]
    axes = lambda keys: {key: {0: "n"} for key in keys}
    common = {"opset_version": OPSET, "dynamo": False, "do_constant_folding": True}
    torch.onnx.export(encoder, (patch,), to / "encoder.onnx", input_names=["patch"], output_names=names, dynamic_axes=axes(["patch", *names]), **common)
    inputs = tuple(value.clone() for value in (*outputs[:-2], outputs[-2].flip(0)))
    given = ["features", *skips, "partner"]
    torch.onnx.export(
        decoder, inputs, to / "decoder.onnx", input_names=given, output_names=["probability"], dynamic_axes=axes([*given, "probability"]), **common
    )
    for name in ("encoder.onnx", "decoder.onnx"):
        onnx.checker.check_model(onnx.load(to / name), full_check=True)
    for n in (1, 2, 3):
        compare(encoder, decoder, patch[:n], to, skips, tolerance)
    return skips


def session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def compare(encoder: EncoderGraph, decoder: DecoderGraph, patch: Tensor, to: Path, skips: list[str], tolerance: float) -> None:
    with torch.inference_mode():
        expected = encoder(patch)
        partner = expected[-2].flip(0)
        probability = decoder(*expected[:-2], partner)
    found = session(to / "encoder.onnx").run(None, {"patch": patch.numpy()})
    given = dict(zip(["features", *skips], found[:-2], strict=True)) | {"partner": partner.numpy()}
    decoded = session(to / "decoder.onnx").run(None, given)[0]
    gaps = [float(np.abs(a - b.numpy()).max()) for a, b in zip([*found[-2:], decoded], [*expected[-2:], probability], strict=True)]
    if max(gaps) > tolerance:
        raise ValueError(f"ONNX Runtime and PyTorch differ by {max(gaps):.2g} for a batch of {len(patch)}")


def operators(to: Path) -> Counter[str]:
    return Counter(node.op_type for name in ("encoder.onnx", "decoder.onnx") for node in onnx.load(to / name).graph.node)


def write_golden(
    opened: Opened, encoder: EncoderGraph, decoder: DecoderGraph, centres: np.ndarray, gates: np.ndarray, threshold: float, to: Path
) -> None:
    """Small training lesions of lidc and sts (CC BY): what the gateway must reproduce. One has a single axis, one oblong pixels."""
    rule, flips = opened.config.patch.rule(), opened.config.flips
    stored: list[np.ndarray] = []
    cases = []
    length = 0

    def put(values: np.ndarray) -> int:
        nonlocal length
        stored.append(np.asarray(values, dtype="<f4").ravel())
        length += stored[-1].size
        return length - stored[-1].size

    for index, row in enumerate(golden_rows(opened.training)):
        spacing = (row.spacing[0], row.spacing[1] * 1.25) if index == 1 else row.spacing
        fine = lambda ends: np.round(ends * 256) / 256
        short = None if index == 2 or row.observer.short is None else fine(row.observer.short)
        marks = Marks(fine(row.observer.long), short)
        patch, grid = patch_of(row.hu, spacing, marks, rule)
        with torch.inference_mode():
            views = torch.from_numpy(np.stack([np.flip(patch, [axis - 1 for axis in axes]) for axes in FLIPS[flips]]))
            outputs = encoder(views)
            cluster = nearest(outputs[-1][0].numpy(), centres)
            partner = gates[cluster].mean(axis=0)
            flipped = decoder(*outputs[:-2], torch.from_numpy(partner)[None].expand(len(views), -1))
            probability = torch.stack([torch.flip(flipped[k], [axis - 1 for axis in axes]) for k, axes in enumerate(FLIPS[flips])]).mean(dim=0)[0].numpy()
        whole = to_slice(probability, grid, *row.hu.shape)
        offsets = {
            "hu": put(row.hu),
            "patch": put(patch),
            "gate": put(outputs[-2][0].numpy()),
            "embedding": put(outputs[-1][0].numpy()),
            "partner": put(partner),
            "cluster": cluster,
            "probability": put(probability),
            "slice": put(whole),
        }
        ends = lambda axis: None if axis is None else [float(value) for value in axis.ravel()]
        cases.append(
            {
                "lesion": row.id,
                "rows": row.hu.shape[0],
                "columns": row.hu.shape[1],
                "spacingMm": list(spacing),
                "marks": {"long": ends(marks.long), "short": ends(marks.short)},
                "threshold": threshold,
                "offsets": offsets,
            }
        )
    np.concatenate(stored).tofile(to / "golden.f32")
    (to / "golden.json").write_text(json.dumps({"cases": cases}, indent=1) + "\n")


def golden_rows(training: list[Lesion]) -> list[Lesion]:
    """Four nodules over the range of sizes and the two sarcomas with the smallest pictures, chosen by rule."""
    nodules = sorted((row for row in training if row.source == "lidc"), key=lambda row: (row.hu.size, row.id))
    masses = sorted((row for row in training if row.source == "sts"), key=lambda row: (row.hu.size, row.id))
    spread = [nodules[int(share * (len(nodules) - 1))] for share in (0.0, 0.3, 0.6, 0.9)] if nodules else []
    return spread + masses[:2]


def calibrated(opened: Opened, threshold: float) -> tuple[list[dict[str, float]], float]:
    """Isotonic regression of Dice on agreement over held-back training patients; and the level under which a mask is rejected: where the curve
    stays under 0.7, at least 0.2."""
    held = [row for row in opened.held if row.expert is not None]
    if len(held) < 20:
        return [], 0.2
    found = predict(
        opened.model, held, opened.config.patch.rule(), partner="prototype-mean", bank=opened.bank, clusters=opened.clusters, flips=opened.config.flips
    )
    agreements, dices = [], []
    for one in found:
        agreements.append(agreement(one.mask(threshold), one.row.observer, one.row.spacing))
        dices.append(one.score(threshold).dice)
    fit = monotone_fit(agreements, dices)
    curve = [{"agreement": level, "dice": round(fit(level), 4)} for level in AGREEMENT_STEPS]
    poor = [level for level in AGREEMENT_STEPS if fit(level) < 0.7]
    return curve, max(0.2, max(poor, default=0.0))


if __name__ == "__main__":
    main()
