"""python -m coseg.train configs/NAME.yaml [--runs DIR] [key=value …]: one row of a table, from data to checkpoint. Read from top to bottom.

Several GPUs: torchrun --nproc-per-node N -m coseg.train configs/NAME.yaml. A run that is stopped goes on where its last checkpoint is.
"""

from __future__ import annotations

import argparse
import copy
import csv
import json
import math
import os
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, Subset

from . import clusters as clustering
from . import losses
from .batches import PairBatches
from .clusters import Clusters
from .config import Config, config_hash, load_config, plain
from .data import HOLD_OUT_SEED, Lesion, LesionSet, held_back, open_set
from .networks import CoSegmenter, build
from .predict import predict
from .synthetic import SOURCE as SYNTHETIC
from .synthetic import synthetic_lesions

Run = dict[str, Any]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("config", type=Path)
    arguments.add_argument("overrides", nargs="*", help="train.iterations=100 and the like")
    arguments.add_argument("--runs", type=Path, default=Path("runs"))
    given = arguments.parse_intermixed_args()
    print(train(load_config(given.config, given.overrides), given.config.stem, given.runs))


def train(config: Config, name: str, runs: Path) -> Path:
    """Trains one row; returns its run folder."""
    rank, world = start_processes()
    device = torch.device("cuda", rank) if torch.cuda.is_available() else torch.device("cpu")
    torch.set_num_threads(config.train.threads)
    torch.manual_seed(config.seed)

    lesion_set = open_set(config.data.set, config.data.seeds)
    training, held = held_back(lesion_set.of("train", config.data.sources), config.data.hold_out, HOLD_OUT_SEED)
    folder = runs / f"{name}-{config_hash(config, lesion_set.splits_sha256)}"
    folder.mkdir(parents=True, exist_ok=True)
    drawn = synthetic_lesions(config.data.synthetic, config.seed)
    clusters = fitted_clusters(folder, config, training, [*lesion_set.lesions, *drawn], rank, world)

    model, started = build(config.network, len(config.patch.channels))
    if config.train.start_from:
        model.load_state_dict(torch.load(config.train.start_from, weights_only=True)["weights"])
        started = f"weights of {Path(config.train.start_from).parent.name}"
    model.to(device, memory_format=torch.channels_last)
    averaged = copy.deepcopy(model).eval()
    optimiser = made_optimiser(config, model)
    step, best = resume(folder, model, averaged, optimiser, device)
    batches = PairBatches([*training, *drawn], clusters, config, rank, world)
    if rank == 0:
        describe(folder, config, lesion_set, batches, held, clusters, started, model)
    parallel = DistributedDataParallel(model) if world > 1 else model
    loader = DataLoader(
        Subset(batches, range(step, config.train.iterations)), batch_size=None, shuffle=False, num_workers=config.train.workers,
        prefetch_factor=4 if config.train.workers else None,
    )  # fmt: skip

    began, first, total = time.monotonic(), step, config.train.iterations
    recent: list[float] = []
    for batch in loader:
        model.train()
        for group in optimiser.param_groups:
            group["lr"] = config.train.lr * rate_at(config.train.schedule, step / total)
        patch, label, weight, lesion_weight = (batch[key].to(device) for key in ("patch", "label", "weight", "lesion_weight"))
        patch = patch.to(memory_format=torch.channels_last)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=config.train.precision == "bf16"):
            partner = {"cluster": "pair", "random": "pair"}.get(config.pairs.partner, config.pairs.partner)
            logits = parallel(patch, partner)
        loss = losses.total(config.train.loss, logits.float(), label, weight, lesion_weight)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimiser.step()
        step += 1
        average(averaged, model, min(config.train.ema, step / (step + 20)) if config.train.ema else 0.0)
        recent.append(loss.item())

        if rank == 0 and (step % 50 == 0 or step == total):
            spent = time.monotonic() - began
            left = spent / (step - first) * (total - step)
            log(folder, {"step": step, "loss": round(float(np.mean(recent)), 5), "lr": group["lr"], "seconds": round(spent, 1)})
            print(f"{step}/{total} loss {np.mean(recent):.4f} {(step - first) / spent:.2f} steps/s, {left / 60:.1f} min left", flush=True)
            recent = []
        if rank == 0 and config.train.evaluate_every and step % config.train.evaluate_every == 0 and held:
            dice = held_dice(averaged, config, held)
            log(folder, {"step": step, "held": dice}, "held.csv")
            if dice > best["dice"]:
                best = {"dice": dice, "step": step}
                save(folder / "best.pt", config, averaged, None, None, step, best)
            if config.train.patience and step - best["step"] >= config.train.patience * config.train.evaluate_every:
                print(f"no better for {config.train.patience} evaluations: stopped at {step}, best {best}", flush=True)
                break
        if rank == 0 and (step % config.train.save_every == 0 or step == total):
            save(folder / "last.pt", config, averaged, model, optimiser, step, best)
    if rank == 0:
        settle_norms(averaged, batches, config)
        chosen = folder / "best.pt"
        kept = torch.load(chosen, weights_only=False) if chosen.exists() else {"config": plain(config), "weights": averaged.state_dict(), "step": step}
        torch.save({key: kept[key] for key in ("config", "weights", "step")}, folder / "final.pt")
        finished = {"steps": step, "chosen_step": kept["step"], "seconds": total_seconds(folder)}
        (folder / "finished.json").write_text(json.dumps(finished) + "\n")
    if world > 1:
        distributed.destroy_process_group()
    return folder


def start_processes() -> tuple[int, int]:
    if "RANK" not in os.environ:
        return 0, 1
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return distributed.get_rank(), distributed.get_world_size()


def fitted_clusters(folder: Path, config: Config, training: list[Lesion], every: list[Lesion], rank: int, world: int) -> Clusters:
    """Fitted on the training rows of this run, applied to every row; kept in the run folder."""
    stored = folder / "clusters.npz"
    if not stored.exists() and rank == 0:
        own = {row.id for row in training}
        others = [row for row in every if row.id not in own]
        found = clustering.fit(training, others, config.pairs.clusters, config.pairs.appearance, config.seed)
        found.save(stored)
    if world > 1:
        distributed.barrier()
    return Clusters.load(stored)


def made_optimiser(config: Config, model: CoSegmenter) -> torch.optim.Optimizer:
    """`adam`: weight decay as L2 inside Adam, as the paper has it."""
    kinds = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    parameters = [p for p in model.parameters() if p.requires_grad]
    return kinds[config.train.optimiser](parameters, lr=config.train.lr, weight_decay=config.train.weight_decay)


def rate_at(schedule: str, done: float) -> float:
    """Share of the learning rate. `cosine`: 2 % of warm-up, then down to 2 %."""
    if schedule == "constant":
        return 1.0
    return min(1.0, done / 0.02 + 0.05) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))


@torch.no_grad()
def average(averaged: CoSegmenter, model: CoSegmenter, decay: float) -> None:
    for mean, value in zip(averaged.state_dict().values(), model.state_dict().values(), strict=True):
        if mean.is_floating_point() and decay:
            mean.lerp_(value, 1 - decay)
        else:
            mean.copy_(value)


def settle_norms(model: CoSegmenter, batches: PairBatches, config: Config) -> None:
    """Averaged weights with running statistics of other weights are two networks: after a short training that can ruin a deep one."""
    norms = [layer for layer in model.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    if not config.train.settle_norms or not norms:
        return
    usual = norms[0].momentum
    for layer in norms:
        layer.reset_running_stats()
        layer.momentum = None  # PyTorch's word for the plain mean over batches
    model.train()
    device = next(model.parameters()).device
    with torch.no_grad():
        for k in range(config.train.settle_norms):
            model(torch.from_numpy(batches[config.train.iterations + k]["patch"]).to(device), "one" if config.pairs.partner == "one" else "pair")
    for layer in norms:
        layer.momentum = usual
    model.eval()


def held_dice(model: CoSegmenter, config: Config, held: list[Lesion]) -> float:
    """Mean over sources of the mean Dice of held-back training patients, own gate, no flips."""
    cpu = copy.deepcopy(model).to("cpu")
    found = predict(cpu, [row for row in held if row.expert is not None], config.patch.rule())
    by_source: dict[str, list[float]] = {}
    for one in found:
        by_source.setdefault(one.row.source, []).append(one.score(config.threshold).dice)
    return float(np.mean([np.mean(values) for values in by_source.values()]))


def save(path: Path, config: Config, averaged: CoSegmenter, model: CoSegmenter | None, optimiser: Any, step: int, best: Run) -> None:
    state = {"config": plain(config), "weights": averaged.state_dict(), "step": step, "best": best}
    if model is not None:
        state |= {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "torch_rng": torch.get_rng_state()}
    partial = path.with_suffix(".part")
    torch.save(state, partial)
    partial.replace(path)


def resume(folder: Path, model: CoSegmenter, averaged: CoSegmenter, optimiser: Any, device: torch.device) -> tuple[int, Run]:
    """The position in the order of the data is the step: batches depend on nothing else."""
    last = folder / "last.pt"
    if not last.exists():
        return 0, {"dice": -1.0, "step": 0}
    state = torch.load(last, map_location=device, weights_only=False)
    model.load_state_dict(state["model"])
    averaged.load_state_dict(state["weights"])
    optimiser.load_state_dict(state["optimiser"])
    torch.set_rng_state(state["torch_rng"].cpu())
    print(f"goes on at step {state['step']}", flush=True)
    return state["step"], state["best"]


def describe(
    folder: Path, config: Config, lesion_set: LesionSet, batches: PairBatches, held: list[Lesion], clusters: Clusters, started: str, model: CoSegmenter
) -> None:
    sizes = [len(members) for members in batches.members.values()]
    facts = {
        "row": config.row,
        "labels": config.labels,
        "track": config.track,
        "weights": started,
        "parameters": sum(p.numel() for p in model.parameters()),
        "data": lesion_set.name,
        "splits_sha256": lesion_set.splits_sha256,
        "training_rows": sum(row.source != SYNTHETIC for row in batches.lesions),
        "training_patients": len({patient for patient in batches.patients if not patient.startswith(f"{SYNTHETIC}:")}),
        "synthetic": config.data.synthetic,
        "held_rows": len(held),
        "clusters": len(clusters.centres),
        "cluster_sizes": {"least": min(sizes), "median": float(np.median(sizes)), "most": max(sizes), "alone": sum(size == 1 for size in sizes)},
        "pairs": count_pairs(batches, config.pairs.cap_per_lesion),
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
        "config": plain(config),
    }
    (folder / "run.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(f"{config.row}: {started}, {facts['parameters'] / 1e6:.2f} M parameters, {len(batches.lesions)} lesions, {len(sizes)} clusters", flush=True)


def count_pairs(batches: PairBatches, cap: int) -> dict[str, int]:
    """Unordered pairs of different patients within clusters, and what a cap of partners a lesion leaves; the paper: 270,470 in training."""
    pairs = capped = 0
    for members in batches.members.values():
        patients = batches.patients[members]
        others = np.array([(patients != patient).sum() for patient in patients])
        pairs += int(others.sum()) // 2
        capped += int(np.minimum(others, cap).sum())
    return {"all": pairs, "capped": capped}


def log(folder: Path, values: dict[str, float], name: str = "curve.csv") -> None:
    path = folder / name
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(values))
        if new:
            writer.writeheader()
        writer.writerow(values)


def total_seconds(folder: Path) -> float:
    """Over all sittings of a run."""
    with (folder / "curve.csv").open(newline="") as file:
        seconds = [float(row["seconds"]) for row in csv.DictReader(file)]
    return sum(b for b, after in zip(seconds, [*seconds[1:], 0.0], strict=True) if after < b)


if __name__ == "__main__":
    main()
