from pathlib import Path

import numpy as np
import torch
from conftest import ROOT
from test_export import check
from test_train import overrides

from coseg.config import load_config
from coseg.evaluate import Opened
from coseg.export import Card, export
from coseg.join import join
from coseg.train import train


def test_members_answer_together_and_become_a_bundle(lesion_set: Path, tmp_path: Path) -> None:
    narrow = load_config(ROOT / "configs" / "default.yaml", overrides(lesion_set))
    wide = load_config(ROOT / "configs" / "default.yaml", overrides(lesion_set, "network.widths=[8, 8, 16, 24]", "seed=3"))
    runs = [train(config, name, tmp_path) for config, name in ((narrow, "narrow"), (wide, "wide"))]
    join("members", runs, tmp_path / "joined", [["as-is", "xy"], ["x"]])
    joined, *members = (Opened(run) for run in (tmp_path / "joined", *runs))
    patch = torch.randn(2, 6, 64, 64)
    with torch.inference_mode():
        features, skips = joined.model.encode(patch)
        gate = joined.model.gate(features)
        gates = [member.model.gate(member.model.encode(seen)[0]) for member, seen in zip(members, (patch, patch.flip(3)), strict=True)]
        assert torch.allclose(gate, torch.cat(gates, dim=1), atol=1e-6)
        alone = [(members[0], ()), (members[0], (2, 3)), (members[1], (3,))]
        logits = []
        for member, axes in alone:
            features_of, skips_of = member.model.encode(patch.flip(axes))
            logits.append(member.model.decode(features_of, skips_of, member.model.ones(2)).flip(axes))
        found = joined.model.decode(features, skips, joined.model.ones(2))
    assert torch.allclose(found, torch.stack(logits).mean(dim=0), atol=1e-6)
    assert torch.allclose(joined.model(patch, "one"), found, atol=1e-6)
    assert joined.config.flips == "none"
    assert joined.facts["parameters"] == sum(member.facts["parameters"] for member in members)
    export(joined, joined, tmp_path / "bundle", Card("bundle", "0.0.1", "none", "commercial"), 0.5, "prototype-mean")
    check(tmp_path / "bundle")


def test_average_of_weights(lesion_set: Path, tmp_path: Path) -> None:
    config = load_config(ROOT / "configs" / "default.yaml", overrides(lesion_set))
    first = train(config, "first", tmp_path)
    second = train(load_config(ROOT / "configs" / "default.yaml", overrides(lesion_set, "seed=3", f"train.start_from={first / 'final.pt'}")), "second", tmp_path)
    join("average", [first, second], tmp_path / "joined", [])
    one, two, mean = (torch.load(run / "final.pt", weights_only=False)["weights"] for run in (first, second, tmp_path / "joined"))
    for name, value in mean.items():
        if value.is_floating_point():
            assert np.allclose(value, (one[name] + two[name]) / 2, atol=1e-7)
