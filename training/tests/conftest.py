"""A small made-up lesion set in the format `caliper-lesions/1`: bright ellipses in noise, with expert masks, seeds and observer marks."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from coseg.jitter import observer
from coseg.marks import Marks

torch.set_num_threads(1)

COLUMNS = (
    "File_name,Patient_index,Study_index,Series_ID,Key_slice_index,Measurement_coordinates,Bounding_boxes,Lesion_diameters_Pixel_,"
    "Normalized_lesion_location,Coarse_lesion_type,Possibly_noisy,Slice_range,Spacing_mm_px_,Image_size,DICOM_windows,Patient_gender,Patient_age,"
    "Train_Val_Test,id,source,lesion,key,Exact_coordinates,area_px,observer_seed,origin,agreement"
).split(",")


def make_set(folder: Path, lesions: int = 16) -> Path:
    rows, splits = [], {}
    for kind in ("images", "masks", "seeds"):
        (folder / kind).mkdir(parents=True)
    for index in range(lesions):
        rng = np.random.default_rng(index)
        source = "lidc" if index % 2 else "sts"
        side, half = 72, np.array([rng.uniform(8, 14), rng.uniform(5, 8)])
        centre, angle = np.array([36.0, 35.0]) + rng.uniform(-3, 3, 2), rng.uniform(0, np.pi)
        u, v = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        y, x = np.mgrid[:side, :side]
        offset = np.stack([x, y], axis=-1) - centre
        mask = ((offset @ u / half[0]) ** 2 + (offset @ v / half[1]) ** 2 <= 1).astype(np.uint8)
        ground, bright = (-850, 20) if source == "lidc" else (0, 60)
        hu = ground + (bright - ground) * mask.astype(float) + rng.normal(0, 15, mask.shape)
        exact = Marks(np.stack([centre - half[0] * u, centre + half[0] * u]), np.stack([centre - half[1] * v, centre + half[1] * v]))
        seen = observer(exact, rng)
        seeds = np.where(mask == 1, 255, 0)
        ring = np.abs(np.hypot(offset @ u / half[0], offset @ v / half[1]) - 1) < 0.1
        id, patient = f"{source}_{index:03d}", str(index + 1)
        (folder / "images" / id).mkdir()
        Image.fromarray((np.round(hu) + 32768).astype(np.uint16)).save(folder / "images" / id / "000.png")
        Image.fromarray(mask * 255).convert("1").save(folder / "masks" / f"{id}.png")
        Image.fromarray(np.where(ring, 128, seeds).astype(np.uint8)).save(folder / "seeds" / f"{id}.png")
        splits[patient] = "val" if index % 5 == 4 else "train"
        text = lambda marks: ",".join(f"{value:.2f}" for value in np.concatenate([marks.long, marks.short]).ravel())
        box = np.concatenate([seen.long, seen.short])
        low, high = box.min(axis=0) - 5, box.max(axis=0) + 5
        record = dict.fromkeys(COLUMNS, "") | {
            "File_name": f"{id}/000.png", "Patient_index": patient, "Study_index": "1", "Series_ID": "1", "Key_slice_index": "0",
            "Measurement_coordinates": text(seen), "Bounding_boxes": f"{low[0]:.2f},{low[1]:.2f},{high[0]:.2f},{high[1]:.2f}",
            "Lesion_diameters_Pixel_": f"{2 * half[0]:.2f},{2 * half[1]:.2f}", "Coarse_lesion_type": "-1", "Possibly_noisy": "0",
            "Slice_range": "0,0", "Spacing_mm_px_": "0.8,0.8,1", "Image_size": f"{side},{side}", "DICOM_windows": "-160,240",
            "Train_Val_Test": "2" if splits[patient] == "val" else "1", "id": id, "source": source, "lesion": id, "key": "1",
            "Exact_coordinates": text(exact), "area_px": str(int(mask.sum())), "agreement": "0.8",
        }  # fmt: skip
        rows.append(record)
    with (folder / "lesions.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    with (folder / "splits.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([("patient", "split"), *splits.items()])
    described = {
        "name": "made-up",
        "version": "1.0.0",
        "format": "caliper-lesions/1",
        "coordinates": "zero-based",
        "generator": {"name": "tests", "version": "1"},
        "counts": {"rows": lesions, "lesions": lesions, "patients": lesions},
    }
    (folder / "dataset.json").write_text(json.dumps(described))
    return folder


@pytest.fixture(scope="session")
def lesion_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_set(tmp_path_factory.mktemp("data") / "set")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is ever downloaded: a connection is a failure."""
    import socket

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a test opened a network connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of the hand-made lesion set and the ImageNet weights, where it is at hand."""
    folder = Path(os.environ.get("CALIPER_SHARED", Path(__file__).parents[3] / "shared"))
    if not (folder / "data").exists():
        pytest.skip("the shared data are not at hand (CALIPER_SHARED)")
    return folder / "data"


ROOT = Path(__file__).parents[1]
