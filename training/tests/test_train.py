from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import ROOT

from coseg import losses
from coseg.batches import PairBatches
from coseg.clusters import Clusters, fit, k_means
from coseg.config import ConfigProblem, load_config
from coseg.data import held_back, open_set
from coseg.evaluate import Opened, summary, write_scores
from coseg.networks import build
from coseg.splits import leakage, pairs_within, stratified
from coseg.table import run_rows, table
from coseg.train import train

CONFIGS = sorted(path.stem for path in (ROOT / "configs").glob("*.yaml"))


def overrides(lesion_set: Path, *more: str) -> list[str]:
    return [
        f"data.set={lesion_set}", f"data.seeds={lesion_set}", "data.hold_out=0.2", "pairs.appearance=none", "pairs.clusters=2", "network.weights=random",
        "network.divide=8", "network.light_head=true", "network.widths=[4, 8, 8, 16]", "patch.px=64", "train.iterations=1", "train.batch_pairs=1",
        "train.workers=0", "train.threads=1", "train.evaluate_every=0", "train.precision=fp32", *more,
    ]  # fmt: skip


@pytest.mark.parametrize("name", CONFIGS)
def test_every_row_trains_one_step(name: str, lesion_set: Path, tmp_path: Path) -> None:
    run = train(load_config(ROOT / "configs" / f"{name}.yaml", overrides(lesion_set)), name, tmp_path)
    assert {path.name for path in run.iterdir()} >= {"run.json", "clusters.npz", "curve.csv", "last.pt", "final.pt", "finished.json"}


def test_a_batch_can_be_learnt_by_heart(lesion_set: Path) -> None:
    config = load_config(ROOT / "configs" / "small-cluster.yaml", overrides(lesion_set, "train.batch_pairs=3", "network.widths=[8, 16, 16, 32]"))
    lesions = open_set(config.data.set).of("train")
    batch = PairBatches(lesions, fit(lesions, [], 2, "none", 0), config)[0]
    torch.manual_seed(0)
    model, _ = build(config.network, 6)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    tensors = {key: torch.from_numpy(value) for key, value in batch.items()}
    for _ in range(200):
        loss = losses.total("ce+dice", model(tensors["patch"]), tensors["label"], tensors["weight"], tensors["lesion_weight"])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.25


def test_a_stopped_run_goes_on_to_the_same_weights(lesion_set: Path, tmp_path: Path) -> None:
    config = load_config(ROOT / "configs" / "small-cluster.yaml", overrides(lesion_set, "train.iterations=4", "train.save_every=2"))
    whole = train(config, "whole", tmp_path)
    stopped = tmp_path / whole.name.replace("whole", "stopped")
    real = torch.save
    state = {}
    try:
        def stop_after(value: object, path: Path) -> None:
            real(value, path)
            if Path(path).name == "last.part" and "stopped" in str(path) and not state:
                state["stopped"] = True
                Path(path).replace(Path(path).with_name("last.pt"))
                raise KeyboardInterrupt

        torch.save = stop_after
        with pytest.raises(KeyboardInterrupt):
            train(config, "stopped", tmp_path)
        train(config, "stopped", tmp_path)
    finally:
        torch.save = real
    first, second = (torch.load(run / "final.pt", weights_only=False)["weights"] for run in (whole, stopped))
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_settled_norms_are_those_of_the_final_weights(lesion_set: Path, tmp_path: Path) -> None:
    """Measured again on the same batches they are the same, and nothing else has moved."""
    given = overrides(lesion_set, "train.iterations=2", "train.batch_pairs=2", "train.ema=0.9")
    plain, settled = (
        train(load_config(ROOT / "configs" / "small-cluster.yaml", [*given, f"train.settle_norms={count}"]), "row", tmp_path) for count in (0, 3)
    )
    before, after = (torch.load(run / "final.pt", weights_only=False)["weights"] for run in (plain, settled))
    moved = {name.rsplit(".", 1)[1] for name in before if not torch.equal(before[name], after[name])}
    assert moved == {"running_mean", "running_var", "num_batches_tracked"}
    opened = Opened(settled)
    seen: list[torch.Tensor] = []
    first = next(layer for layer in opened.model.modules() if isinstance(layer, torch.nn.Conv2d))
    first.register_forward_hook(lambda layer, given, out: seen.append(out))
    batches = PairBatches(opened.training, opened.clusters, opened.config)
    with torch.no_grad():
        for step in (2, 3, 4):
            opened.model.encode(torch.from_numpy(batches[step]["patch"]))
    by_hand = torch.stack([out.mean(dim=(0, 2, 3)) for out in seen]).mean(dim=0)
    norm = next(layer for layer in opened.model.modules() if isinstance(layer, torch.nn.BatchNorm2d))
    assert torch.allclose(norm.running_mean, by_hand, atol=1e-5)


def test_batches_depend_on_seed_and_step_alone(lesion_set: Path) -> None:
    config = load_config(ROOT / "configs" / "default.yaml", overrides(lesion_set, "train.batch_pairs=2"))
    lesions = open_set(config.data.set).of("train")
    clusters = fit(lesions, [], 2, "none", 0)
    one, two = PairBatches(lesions, clusters, config), PairBatches(lesions, clusters, config)
    one[3]
    assert np.array_equal(one[7]["patch"], two[7]["patch"])
    assert not np.array_equal(one[7]["patch"], one[8]["patch"])


def test_partners_are_of_the_cluster_and_of_other_patients(lesion_set: Path) -> None:
    lesions = open_set(lesion_set).of("train")
    clusters = fit(lesions, [], 2, "none", 0)
    for arm, same in (("cluster", True), ("random", False)):
        config = load_config(ROOT / "configs" / "default.yaml", overrides(lesion_set, f"pairs.partner={arm}"))
        batches = PairBatches(lesions, clusters, config)
        rng = np.random.default_rng(0)
        for index in range(len(lesions)):
            partner = batches.partner(index, rng)
            if partner != index:
                assert (batches.cluster[partner] == batches.cluster[index]) == same
                assert batches.patients[partner] != batches.patients[index]


def test_seeds_leave_the_uncertain_band_out_of_the_loss(lesion_set: Path) -> None:
    config = load_config(ROOT / "configs" / "small-weak.yaml", overrides(lesion_set))
    lesions = open_set(lesion_set, lesion_set).of("train")
    batch = PairBatches(lesions, fit(lesions, [], 2, "none", 0), config)[0]
    assert 0 < (batch["weight"] == 0).mean() < 0.5
    certain = batch["label"][batch["weight"] == 1]
    assert ((certain < 0.3) | (certain > 0.7)).mean() > 0.97


def test_a_patient_is_in_one_part_only(lesion_set: Path) -> None:
    lesions = open_set(lesion_set)
    kept, held = held_back(lesions.of("train"), 0.3, 0)
    parts = [{row.patient for row in part} for part in (kept, held, lesions.of("val"))]
    assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
    assert held and len(kept) > len(held)


def test_clusters(lesion_set: Path, tmp_path: Path) -> None:
    points = np.concatenate([np.random.default_rng(k).normal(5 * k, 0.1, (20, 3)) for k in range(3)])
    centres = k_means(points, 3, 0)
    assert sorted(round(float(centre.mean()), 0) for centre in centres) == [0, 5, 10]
    lesions = open_set(lesion_set)
    clusters = fit(lesions.of("train"), lesions.of("val"), 2, "none", 0)
    assert set(clusters.cluster_of.values()) == {0, 1} and len(clusters.cluster_of) == len(lesions.lesions)
    assert all(np.linalg.norm(embedding) == pytest.approx(1, abs=1e-5) for embedding in clusters.embedding_of.values())
    clusters.save(tmp_path / "clusters.npz")
    assert Clusters.load(tmp_path / "clusters.npz").cluster_of == clusters.cluster_of
    split = stratified(lesions.lesions, clusters, 0)
    assert leakage(lesions.lesions, split) == {"patient": 0.0, "lesion": 0.0}
    sizes = [sum(cluster == c for cluster in clusters.cluster_of.values()) for c in (0, 1)]
    assert pairs_within(lesions.lesions, clusters, 100) == {"all": sum(n * (n - 1) // 2 for n in sizes), "capped": sum(n * (n - 1) for n in sizes), "alone": 0}


def test_evaluation_and_table(lesion_set: Path, tmp_path: Path) -> None:
    run = train(load_config(ROOT / "configs" / "small-cluster.yaml", overrides(lesion_set)), "small", tmp_path)
    opened = Opened(run)
    lesions = opened.lesions("val")
    for partner in ("prototype-mean", "prototype-each", "partners", "constant", "random", "self", "none", "neutral"):
        found = opened.predict(lesions, partner, "none", 1.0)
        scored = [(one.row, one.score(0.5)) for one in found]
        assert len(scored) == len(lesions) and len(summary(scored)) == 2
    assert all(0.3 <= one.threshold_by_agreement(0.5) <= 0.7 for one in found)
    write_scores(run / "scores-val-self.csv", scored)
    import json

    lines = list(table(list(run_rows(run, json.loads((run / "run.json").read_text()), "val", ""))))
    assert len(lines) == 3 and "small: partner of the cluster | weak+expert" in lines[2]


def test_a_wrong_configuration_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("row: a\ntrack: image\nlabels: weak\ndata: { set: . }\ntrain:\n  lr: 1.0e-5\n  rate: 3\n")
    with pytest.raises(ConfigProblem, match=r"wrong.yaml:7: unknown key `rate`"):
        load_config(path)
    path.write_text("row: a\ntrack: image\nlabels: weak\ndata: { set: . }\ntrain: { iterations: many }\n")
    with pytest.raises(ConfigProblem, match=r"wrong.yaml:5: `iterations`: int is expected"):
        load_config(path)


def test_deeplesion_counts_from_one(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "Images_png" / "000001_01_01").mkdir(parents=True)
    Image.fromarray(np.full((16, 16), 32768 + 40, np.uint16)).save(tmp_path / "Images_png" / "000001_01_01" / "109.png")
    (tmp_path / "DL_info.csv").write_text(
        "File_name,Patient_index,Measurement_coordinates,Spacing_mm_px_,DICOM_windows,Normalized_lesion_location,Train_Val_Test\n"
        '000001_01_01_109.png,1,"3, 4, 11, 4, 7, 2, 7, 8","0.5, 0.5, 5","-175, 275","0.4, 0.3, 0.4",3\n'
    )
    (row,) = open_set(tmp_path).lesions
    assert row.observer.long.tolist() == [[2, 3], [10, 3]]
    assert (row.id, row.split, row.hu[0, 0]) == ("000001_01_01_109_1", "test", 40)
