import csv
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

from coseg.agreement import agreement, axes
from coseg.data import open_set
from coseg.marks import Marks, measure, oblique_frame, rho
from coseg.metrics import average_distance, clean_up, monotone_fit, patient_interval, score


def columns(first: int, last: int) -> np.ndarray:
    mask = np.zeros((10, 12), np.uint8)
    mask[3:7, first : last + 1] = 1
    return mask


def test_the_example_that_can_be_checked_by_hand() -> None:
    found = score(columns(2, 5), columns(4, 8), (0.5, 0.7))
    assert (found.recall, found.precision) == (0.5, 0.4)
    assert found.dice == pytest.approx(16 / 36)
    assert found.vs == pytest.approx(1 - 4 / 36)
    assert found.avd_px == pytest.approx(0.975)
    assert found.avd_mm == pytest.approx(0.4875)


def test_empty_masks() -> None:
    truth = columns(2, 5)
    found = score(truth, np.zeros_like(truth), (1, 1))
    assert (found.dice, found.precision, found.vs, found.empty) == (0, 0, 0, True)
    assert found.avd_px == pytest.approx(np.sqrt(4 * 16 / np.pi))
    assert score(np.zeros_like(truth), np.zeros_like(truth), (1, 1)).dice == 1


def test_average_distance_against_all_pairs() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        a, b = (rng.random((9, 11)) < 0.2 for _ in range(2))
        points = [np.argwhere(mask) * [0.7, 0.5] for mask in (a, b)]
        gaps = np.sqrt(((points[0][:, None] - points[1][None]) ** 2).sum(axis=2))
        expected = (gaps.min(axis=1).mean() + gaps.min(axis=0).mean()) / 2
        assert average_distance(a, b, (0.5, 0.7)) == pytest.approx(expected)


def test_clean_up_keeps_what_lies_on_the_marks_and_fills_holes() -> None:
    mask = np.zeros((30, 30), np.uint8)
    mask[2:8, 2:28] = 1
    mask[14:21, 10:19] = 1
    mask[17, 14] = 0
    marks = Marks.of([10, 17, 18, 17, 14, 14, 14, 20])
    cleaned = clean_up(mask, marks, (1, 1))
    assert cleaned.sum() == 7 * 9
    assert cleaned[17, 14] == 1 and cleaned[4, 4] == 0


def test_axes_and_agreement() -> None:
    y, x = np.mgrid[:60, :60]
    mask = (((x - 30) / 20) ** 2 + ((y - 28) / 10) ** 2 <= 1).astype(np.uint8)
    assert axes(mask, (0.5, 0.5)) == pytest.approx((20.0, 10.0))
    assert agreement(mask, Marks.of([10, 28, 50, 28, 30, 18, 30, 38]), (0.5, 0.5)) == pytest.approx(1.0)
    assert agreement(mask, Marks.of([0, 28, 59, 28, 30, 3, 30, 53]), (0.5, 0.5)) < 0.3
    assert agreement(np.zeros_like(mask), Marks.of([10, 28, 50, 28]), (0.5, 0.5)) == 0


def test_interval_over_patients_is_wider_than_over_rows() -> None:
    values = [0.9] * 20 + [0.7] * 20
    apart = patient_interval(values, [str(k) for k in range(40)])
    together = patient_interval(values, ["a"] * 20 + ["b"] * 20)
    assert together[1] - together[0] > 2 * (apart[1] - apart[0])


def test_monotone_fit() -> None:
    fit = monotone_fit([0.1, 0.2, 0.3, 0.4], [0.5, 0.7, 0.6, 0.9])
    assert fit(0.25) == pytest.approx(0.65)
    assert fit(0.0) == 0.5 and fit(1.0) == 0.9
    assert all(fit(a) <= fit(a + 0.01) for a in np.arange(0, 1, 0.01))


def test_equal_to_the_gateway(lesion_set: Path, tmp_path: Path) -> None:
    """Superellipses scored by `caliper evaluate` and by this twin: equal to the six digits of its CSV."""
    gateway = ROOT.parent / "bin" / "caliper.mjs"
    if shutil.which("node") is None or not (ROOT.parent / "dist").exists():
        pytest.skip("the gateway is not built")
    out = tmp_path / "scores.csv"
    command = ["node", str(gateway), "evaluate", "--data", str(lesion_set), "--method", "superellipse", "--csv", str(out), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)
    with out.open(newline="") as file:
        theirs = {row["id"]: row for row in csv.DictReader(file)}
    rows = open_set(lesion_set).lesions
    assert len(theirs) == len(rows)
    for row in rows:
        frame = oblique_frame(measure(row.observer, np.asarray(row.spacing)))
        y, x = np.mgrid[: row.hu.shape[0], : row.hu.shape[1]]
        mask = rho(frame, x, y) <= 1 + 0.25 / (frame.radius_mm / row.spacing[0]) + 1e-9
        assert row.expert is not None
        mine = score(row.expert, mask, row.spacing)
        for key in ("dice", "recall", "precision", "vs", "avd_px", "avd_mm"):
            assert float(theirs[row.id][key]) == pytest.approx(getattr(mine, key), abs=1e-6), (row.id, key)
        assert float(theirs[row.id]["agreement"]) == pytest.approx(agreement(mask, row.observer, row.spacing), abs=1e-3)
