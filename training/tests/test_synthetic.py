from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from scipy.ndimage import label
from test_train import overrides

from coseg.batches import degraded
from coseg.config import load_config
from coseg.marks import Marks
from coseg.synthetic import exact_axes, synthetic_lesions
from coseg.train import train


def test_drawn_lesions_are_whole_and_measured_on_their_masks() -> None:
    lesions = synthetic_lesions(12, 3)
    assert len({row.id for row in lesions}) == 12 and {row.source for row in lesions} == {"synthetic"}
    for row in lesions:
        mask, exact = row.expert, row.exact
        assert mask is not None and exact is not None and exact.short is not None
        assert row.hu.shape == mask.shape and row.hu.dtype == np.float32 and -1024 <= row.hu.min() and row.hu.max() <= 3071
        assert label(mask, structure=np.ones((3, 3)))[1] == 1
        points = np.argwhere(mask)[:, ::-1].astype(float)
        gaps = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
        assert np.linalg.norm(exact.long[1] - exact.long[0]) == pytest.approx(gaps.max())
        along, across = (axis[1] - axis[0] for axis in (exact.long, exact.short))
        assert abs(along @ across) <= np.sin(np.deg2rad(5)) * np.linalg.norm(along) * np.linalg.norm(across) + 1e-9
        for x, y in np.concatenate([exact.long, exact.short]):
            assert mask[int(y), int(x)] == 1


def test_drawn_lesions_depend_on_the_seed_alone() -> None:
    first, again, other = (synthetic_lesions(3, seed) for seed in (5, 5, 6))
    assert all(np.array_equal(a.hu, b.hu) for a, b in zip(first, again, strict=True))
    assert not any(a.hu.shape == b.hu.shape and np.array_equal(a.hu, b.hu) for a, b in zip(first, other, strict=True))


def test_axes_of_a_rectangle() -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[8:13, 5:26] = 1
    axes = exact_axes(mask)
    assert isinstance(axes, Marks) and axes.short is not None
    # corner to corner; across it at 5 degrees the rectangle is 4 px high
    assert np.linalg.norm(axes.long[1] - axes.long[0]) == pytest.approx(np.hypot(20, 4))
    assert 4 <= np.linalg.norm(axes.short[1] - axes.short[0]) <= 4.3
    mask[3, 3] = 1
    assert exact_axes(mask) is None


def test_pictures_are_degraded_and_labels_are_not() -> None:
    rng = np.random.default_rng(0)
    lesion = np.zeros((32, 32), np.float32)
    lesion[10:20, 10:20] = 1
    picture = np.stack([40 + 60 * lesion, lesion, np.ones_like(lesion)])
    seen = [degraded(picture, 1.0, rng) for _ in range(20)]
    assert all(np.array_equal(one[1:], picture[1:]) and one.shape == picture.shape for one in seen)
    contrasts = [float(one[0][lesion == 1].mean() - one[0][lesion == 0].mean()) for one in seen]
    assert min(contrasts) < 45 and max(contrasts) > 65
    assert degraded(picture, 0.0, rng) is picture


def test_drawn_lesions_train_beside_a_set(lesion_set: Path, tmp_path: Path) -> None:
    more = ("data.synthetic=3", "data.draws={lidc: 0.3, sts: 0.3, synthetic: 0.4}", "augment.picture=0.5", "train.batch_pairs=4")
    run = train(load_config(ROOT / "configs" / "default.yaml", overrides(lesion_set, *more)), "default", tmp_path)
    assert (run / "finished.json").exists()
