import numpy as np
import pytest

from coseg.jitter import JitterRule, jittered, observer
from coseg.marks import Marks, measure, oblique_frame, rho, scaled
from coseg.patch import PatchRule, bilinear, grid_of, marks_window, patch_of, resample, to_slice

CHANNELS = (
    {"kind": "window", "lowHu": -160, "highHu": 240},
    {"kind": "marks-window", "deviations": 3, "minimumSdHu": 20},
    {"kind": "superellipse-distance", "exponent": 2, "clampPx": 8},
    {"kind": "axis-line", "axis": "long", "sigmaPx": 2},
    {"kind": "axis-line", "axis": "short", "sigmaPx": 2},
)
RULE = PatchRule(32, CHANNELS, "marks-relative", 2.0, 10.0)
MARKS = Marks.of([20, 24, 36, 24, 27, 18, 27, 30])


def test_bilinear_is_exact_on_planes_and_repeats_the_edge() -> None:
    y, x = np.mgrid[:20, :30]
    plane = 3.0 * x - 2.0 * y + 7
    at = np.array([[0.25, 10.5, 28.9]]), np.array([[0.75, 3.125, 18.5]])
    assert bilinear(plane, *at) == pytest.approx(3 * at[0] - 2 * at[1] + 7)
    assert bilinear(plane, np.array([[-5.0, 40.0]]), np.array([[-1.0, 25.0]])) == pytest.approx(np.array([[plane[0, 0], plane[-1, -1]]]))


def test_patch_pixels_lie_where_the_contract_says() -> None:
    y, x = np.mgrid[:60, :60].astype(np.float64)
    spacing = np.array([0.5, 0.8])
    grid = grid_of(measure(MARKS, spacing), RULE)
    side = max(2.0 * max(16 * 0.5, 12 * 0.8), 10.0)
    assert grid.pitch_mm == pytest.approx(side / 32)
    assert grid.centre == pytest.approx([27.5, 24.0])
    column, row = 5, 29
    expected = 27.5 + (column + 0.5 - 16) * grid.pitch_mm / 0.5, 24.0 + (row + 0.5 - 16) * grid.pitch_mm / 0.8
    assert resample(x, grid)[row, column] == pytest.approx(expected[0])
    assert resample(y, grid)[row, column] == pytest.approx(expected[1])


def test_shrinking_averages_sub_samples() -> None:
    rng = np.random.default_rng(0)
    hu = rng.normal(0, 100, (200, 200))
    large = Marks.of([40, 100, 160, 100, 100, 60, 100, 140])
    grid = grid_of(measure(large, np.array([1.0, 1.0])), RULE)
    assert grid.pitch_mm == pytest.approx(7.5) and grid.subsamples == 8
    # 64 samples of independent noise, many of the same pixels: far from the sd of a single pixel
    assert resample(hu, grid).std() < 30


def test_way_back_keeps_a_mask() -> None:
    y, x = np.mgrid[:60, :60]
    mask = ((x - 28) ** 2 + (y - 24) ** 2 <= 49).astype(np.float64)
    grid = grid_of(measure(MARKS, np.array([1.0, 1.0])), PatchRule(64, CHANNELS, "marks-relative", 2.0, 10.0))
    back = to_slice(resample(mask, grid), grid, 60, 60)
    assert ((back >= 0.5) == (mask == 1)).mean() > 0.995
    assert back[0, 0] == 0


def test_channels() -> None:
    hu = np.zeros((60, 60), np.float32)
    hu[18:31, 20:37] = 100
    patch, grid = patch_of(hu, (1.0, 1.0), MARKS, RULE)
    assert patch.shape == (5, 32, 32) and patch.dtype == np.float32
    assert patch[0].max() == pytest.approx((100 + 160) / 400 * 2 - 1)
    # centre of the shape: (27, 24); rho 0 there, so -R / clamp, R = sqrt(16 * 12) / 2 px
    assert patch[2].min() == pytest.approx(-np.sqrt(16 * 12) / 2 / 8, abs=0.12)
    assert patch[2, 0, 0] == 1
    row = int(round((24 - grid.centre[1]) + 15.5))
    assert patch[3, row, 16] == pytest.approx(np.exp(-(0.5**2) / 8), abs=1e-6)
    single, _ = patch_of(hu, (1.0, 1.0), Marks(MARKS.long, None), RULE)
    assert not single[4].any()


def test_marks_window_has_a_floor_and_a_fallback() -> None:
    hu, shape = np.full((4, 4), 50.0), np.full((4, 4), 2.0)
    shape[1, 2] = 1.5
    hu[1, 2] = 80
    assert marks_window(hu, shape, 3, 20) == (20.0, 140.0)


def test_superellipse_meets_the_four_end_points() -> None:
    marks = measure(Marks.of([10, 10, 40, 16, 20, 4, 18, 30]), np.array([0.7, 0.7]))
    frame = oblique_frame(marks)
    for x, y in [*marks.long, *marks.short]:
        assert rho(frame, np.array([x]), np.array([y]))[0] == pytest.approx(1, abs=1e-9)
    assert rho(frame, *(np.array([value]) for value in frame.centre_px))[0] == pytest.approx(0, abs=1e-9)
    assert frame.kind == "crossing"


def test_frames_of_axes_that_do_not_cross() -> None:
    far = oblique_frame(measure(Marks.of([0, 0, 20, 0, 5, 10, 5, 20]), np.array([1.0, 1.0])))
    assert far.kind == "not-crossing" and min(far.forward, far.backward, far.left, far.right) > 0
    assert oblique_frame(measure(Marks.of([0, 0, 20, 0]), np.array([1.0, 1.0]))).kind == "single"


def test_scaled_marks_are_shorter_about_the_crossing() -> None:
    smaller = measure(scaled(MARKS, 0.85, np.array([1.0, 1.0])), np.array([1.0, 1.0]))
    assert smaller.long_mm == pytest.approx(0.85 * 16, abs=0.01)
    assert oblique_frame(smaller).centre_px == pytest.approx([27, 24], abs=0.01)


def test_observer_has_the_errors_that_it_says() -> None:
    rng = np.random.default_rng(3)
    lengths = [np.linalg.norm(np.subtract(*observer(MARKS, rng).long)) for _ in range(4000)]
    assert np.mean(lengths) == pytest.approx(16, abs=0.15)
    assert np.std(lengths) == pytest.approx(np.sqrt(2 * ((0.035 * 16) ** 2 + 0.6**2)), rel=0.1)
    biased = JitterRule(wide_share=0, biased_share=1, bias_low=0.8, bias_high=0.8, drop_axis=0, swap_axes=0)
    short = [np.linalg.norm(np.subtract(*jittered(MARKS, (1, 1), biased, rng).long)) for _ in range(500)]
    assert np.mean(short) == pytest.approx(0.8 * 16, abs=0.2)
