import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from conftest import ROOT
from test_train import overrides

from coseg.config import load_config
from coseg.evaluate import Opened
from coseg.export import Card, export, session
from coseg.marks import Marks
from coseg.patch import PatchRule, patch_of, to_slice
from coseg.predict import FLIPS
from coseg.train import train

BUNDLES = sorted(path.parent for path in (ROOT.parent / "models").glob("*/manifest.json"))


@pytest.mark.parametrize("name", ["small-cluster", "small-csa-cross", "small-one", "fcn16", "paper"])
def test_a_run_becomes_a_bundle(name: str, lesion_set: Path, tmp_path: Path) -> None:
    """`export` itself refuses graphs that ONNX Runtime computes otherwise than PyTorch by more than 1e-4."""
    opened = Opened(train(load_config(ROOT / "configs" / f"{name}.yaml", overrides(lesion_set)), name, tmp_path / "runs"))
    export(opened, opened, tmp_path / "bundle", Card("bundle", "0.0.1", "none", "commercial"), 0.5, "prototype-mean")
    check(tmp_path / "bundle")


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda path: path.name)
def test_shipped_bundles(bundle: Path) -> None:
    check(bundle)


def check(bundle: Path) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    for name, described in manifest["files"].items():
        content = (bundle / name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (described["bytes"], described["sha256"]), name
    e, g, k, each = (manifest[key] for key in ("embeddingLength", "gateLength", "clusters", "partnersPerCluster"))
    assert (bundle / "gates.f32").stat().st_size == 4 * (k * e + k * each * g + g)
    for name in ("encoder.onnx", "decoder.onnx"):
        graph = onnx.load(bundle / name)
        assert graph.opset_import[0].version <= 17 and all(not node.domain for node in graph.graph.node)
    golden(bundle, manifest)


def golden(bundle: Path, manifest: dict) -> None:
    """The way of the gateway, from the slice to the slice, through ONNX Runtime."""
    stored = np.fromfile(bundle / "golden.f32", "<f4")
    gates = np.fromfile(bundle / "gates.f32", "<f4")
    e, g, k, each, px = (manifest[key] for key in ("embeddingLength", "gateLength", "clusters", "partnersPerCluster", "sizePx"))
    centres, partners = gates[: k * e].reshape(k, e), gates[k * e : k * e + k * each * g].reshape(k, each, g)
    patch = manifest["patch"]
    multiple = patch.get("sideLongAxisMultiple", patch.get("boxMultiple"))
    rule = PatchRule(px, tuple(manifest["channels"]), patch["scale"], multiple, patch["minimumSideMm"], manifest["normalisation"])
    encoder, decoder = session(bundle / "encoder.onnx"), session(bundle / "decoder.onnx")
    names = [output.name for output in encoder.get_outputs()]
    assert names == ["features", *manifest["skips"], "gate", "embedding"]
    cases = json.loads((bundle / "golden.json").read_text())["cases"]
    assert len(cases) == manifest["golden"]["cases"] > 0
    tolerance = manifest["golden"]["tolerance"]["cpu"]
    for case in cases:
        def take(what: str, size: int) -> np.ndarray:
            return stored[case["offsets"][what] :][:size]

        rows, columns = case["rows"], case["columns"]
        marks = Marks(np.reshape(case["marks"]["long"], (2, 2)), None if case["marks"]["short"] is None else np.reshape(case["marks"]["short"], (2, 2)))
        hu = take("hu", rows * columns).reshape(rows, columns)
        made, grid = patch_of(hu, tuple(case["spacingMm"]), marks, rule)
        assert made.ravel() == pytest.approx(take("patch", made.size), abs=1e-4)
        flips = FLIPS[manifest["flips"]]
        views = np.stack([np.flip(made, [axis - 1 for axis in axes]) for axes in flips])
        out = dict(zip(names, encoder.run(None, {"patch": np.ascontiguousarray(views)}), strict=True))
        gate, embedding = out.pop("gate"), out.pop("embedding")
        cluster = int(((centres - embedding[0]) ** 2).sum(axis=1).argmin())
        assert cluster == case["offsets"]["cluster"]
        partner = partners[cluster].mean(axis=0)
        out["partner"] = np.repeat(partner[None], len(views), axis=0)
        found = decoder.run(None, out)[0]
        mean = np.mean([np.flip(found[n], [axis - 1 for axis in axes]) for n, axes in enumerate(flips)], axis=0)[0]
        for what, values in (("gate", gate[0]), ("embedding", embedding[0]), ("partner", partner), ("probability", mean)):
            assert np.abs(take(what, values.size) - values.ravel()).max() <= tolerance, what
        assert np.abs(take("slice", rows * columns) - to_slice(mean, grid, rows, columns).ravel()).max() <= tolerance
