"""DeepLesion as it is distributed. The real rows and slices lie beside some checkouts only; the expected numbers were read from them by hand."""

import csv
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from PIL import Image
from test_train import overrides

from coseg.config import load_config
from coseg.data import open_set
from coseg.train import train

HEADER = (
    "File_name,Patient_index,Study_index,Series_ID,Key_slice_index,Measurement_coordinates,Bounding_boxes,Lesion_diameters_Pixel_,"
    "Normalized_lesion_location,Coarse_lesion_type,Possibly_noisy,Slice_range,Spacing_mm_px_,Image_size,DICOM_windows,Patient_gender,Patient_age,"
    "Train_Val_Test"
)


def test_real_rows(shared: Path) -> None:
    """No key slice is among the sample's nine images: every row is read and counted as without one, unless a neighbour may stand in."""
    folder = shared / "deeplesion-sample"
    strict = open_set(folder)
    assert strict.lesions == () and strict.skipped == {"no-image": 10857}
    near = open_set(folder, nearest_mm=10)
    # key slices 52, 57 (2 mm apart; at hand 50, 60), 62, 71, 78 (5 mm; at hand 60, 70, 80)
    assert {row.id: row.image_path.name for row in near.lesions} == {
        "000007_03_01_052_1": "050.png",
        "000007_03_01_057_1": "060.png",
        "000062_01_01_062_1": "060.png",
        "000062_01_01_071_1": "070.png",
        "000062_01_01_078_1": "080.png",
    }
    assert near.skipped == {"no-image": 10852}
    assert len(open_set(folder, nearest_mm=5).lesions) == 2
    row = near.lesions[0]
    # DL_info.csv: 346.019, 259.845, 322.846, 251.879, 338.054, 246.086, 331.581, 264.914, counted from one
    assert row.observer.long.ravel() == pytest.approx([345.019, 258.845, 321.846, 250.879])
    assert row.observer.short is not None and row.observer.short.ravel() == pytest.approx([337.054, 245.086, 330.581, 263.914])
    assert (row.spacing, row.window, row.position, row.split) == ((0.78125, 0.78125), (-175, 275), (0.62647, 0.554899, 0.635449), "train")
    assert row.hu.shape == (512, 512) and row.hu.min() == -1024
    with Image.open(row.image_path) as picture:
        stored = np.asarray(picture).astype(np.int64)
    assert row.hu[255, 333] == stored[255, 333] - 32768 and -50 < row.hu[255, 333] < 250
    assert near.splits_sha256 == strict.splits_sha256


def test_rows_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    (tmp_path / "Images_png" / "000001_01_01").mkdir(parents=True)
    Image.fromarray(np.full((16, 16), 32768, np.uint16)).save(tmp_path / "Images_png" / "000001_01_01" / "010.png")
    row = '000001_01_01_{},1,1,1,10,"3, 4, 11, 4, 7, 2, 7, 8","","","NaN, NaN, NaN",-1,{},"1, 20","{}","16, 16","-175, 275",F,NaN,1'
    lines = [row.format("010.png", 0, "0.5, 0.5, 5"), row.format("010.png", 1, "0.5, 0.5, 5"), row.format("010.png", 0, "NaN"), row.format("012.png", 0, "0.5, 0.5, 5")]
    (tmp_path / "DL_info.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    read = open_set(tmp_path)
    assert [row.id for row in read.lesions] == ["000001_01_01_010_1"] and read.lesions[0].position is None
    assert read.skipped == {"noisy": 1, "no-plane": 1, "no-image": 1}


def test_two_lesions_on_one_slice_have_ids_of_their_own_and_train(tmp_path: Path) -> None:
    """Rows of the whole set's shape, with marks, patients and seeds enough for one step."""
    records = []
    rng = np.random.default_rng(0)
    for patient in range(1, 7):
        series = f"{patient:06d}_01_01"
        (tmp_path / "set" / "Images_png" / series).mkdir(parents=True)
        Image.fromarray((32768 + rng.normal(40, 10, (64, 64))).astype(np.uint16)).save(tmp_path / "set" / "Images_png" / series / "005.png")
        for x in (20, 40):
            marks = f"{x - 6}, 30, {x + 6}, 30, {x}, 26, {x}, 34"
            records.append(f'{series}_005.png,{patient},1,1,5,"{marks}","","","0.5, 0.5, 0.5",-1,0,"1, 9","0.8, 0.8, 5","64, 64","-175, 275",M,50,{1 + patient % 2}')
    (tmp_path / "set" / "DL_info.csv").write_text("\n".join([HEADER, *records]) + "\n")
    (tmp_path / "seeds").mkdir()
    rows = open_set(tmp_path / "set").lesions
    assert len(rows) == len({row.id for row in rows}) == 12
    for row in rows:
        y, x = np.mgrid[:64, :64]
        centre = row.observer.long.mean(axis=0)
        Image.fromarray((255 * (((x - centre[0]) / 6) ** 2 + ((y - centre[1]) / 4) ** 2 <= 1)).astype(np.uint8)).save(tmp_path / "seeds" / f"{row.id}.png")
    given = overrides(tmp_path / "set", f"data.seeds={tmp_path}", "data.sources=[deeplesion]", "data.hold_out=0.0")
    run = train(load_config(ROOT / "configs" / "vgg16.yaml", given), "vgg16", tmp_path / "runs")
    with (run / "curve.csv").open(newline="") as file:
        assert np.isfinite(float(next(csv.DictReader(file))["loss"]))
