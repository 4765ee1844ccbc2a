"""One loader for data sets of format `caliper-lesions/1` (hand-made, harvested, with seeds) and for DeepLesion as it is distributed.

Everything in pixels is zero-based, pixel centres at integers. DeepLesion's own file counts from one: 1 is subtracted where a folder has no
`dataset.json` of that format, here and nowhere else. HU = stored 16-bit value - 32768.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from .marks import Marks

FORMAT = "caliper-lesions/1"
SEED_BACKGROUND, SEED_UNCERTAIN, SEED_LESION = 0, 128, 255
HU_RANGE = (-1024.0, 3071.0)
HOLD_OUT_SEED = 0
"""Which patients `held_back` chooses: the same for every run, so that recipes are compared on the same ones."""


@dataclass(frozen=True)
class Lesion:
    """One row: a lesion on one slice. `folder` holds images/, masks/ and seeds/."""

    id: str
    source: str
    patient: str
    lesion: str
    key: bool
    split: str
    image_path: Path
    mask_path: Path
    seed_path: Path
    spacing: tuple[float, float]
    observer: Marks
    exact: Marks | None
    window: tuple[float, float]
    position: tuple[float, float, float] | None
    agreement: float | None

    @cached_property
    def hu(self) -> np.ndarray:
        """[rows, columns] float32, clipped to -1024..3071."""
        stored = np.asarray(Image.open(self.image_path)).astype(np.float32)
        return np.clip(stored - 32768.0, *HU_RANGE)

    @cached_property
    def expert(self) -> np.ndarray | None:
        """[rows, columns] 0 or 1: the expert's mask, where the set has one."""
        if not self.mask_path.exists():
            return None
        return np.asarray(Image.open(self.mask_path).convert("1")).astype(np.uint8)

    @cached_property
    def seed(self) -> np.ndarray | None:
        """[rows, columns] 0, 128 (uncertain) or 255: the weak label, where the set has one."""
        return np.asarray(Image.open(self.seed_path)).astype(np.uint8) if self.seed_path.exists() else None


@dataclass(frozen=True)
class LesionSet:
    name: str
    lesions: tuple[Lesion, ...]
    splits_sha256: str
    """SHA-256 of splits.csv (of DL_info.csv's patients and splits for DeepLesion): stands in every table and manifest."""
    skipped: dict[str, int] = field(default_factory=dict)
    """Rows of the file that are no lesions here, by reason: `no-image`, `noisy`, `no-plane`."""

    def of(self, split: str, sources: tuple[str, ...] | None = None) -> list[Lesion]:
        return [row for row in self.lesions if row.split == split and (sources is None or row.source in sources)]


def numbers(text: str) -> list[float]:
    """Of a field "a, b, c"; what is not known (NaN) is left out."""
    return [value for value in (float(part) for part in text.split(",") if part.strip()) if not math.isnan(value)]


def open_set(folder: Path | str, seeds: Path | str | None = None, nearest_mm: float = 0.0) -> LesionSet:
    """Reads the rows; pictures are read when asked for. `seeds`: a set written by `caliper seeds`, when masks and seeds lie apart.
    `nearest_mm`: a DeepLesion row whose key slice is not at hand takes the nearest slice of its Slice_range, at most so far away (0: never)."""
    folder = Path(folder)
    seeds = Path(seeds) if seeds else folder
    described = folder / "dataset.json"
    if described.exists() and json.loads(described.read_text()).get("format") == FORMAT:
        return _own_set(folder, seeds)
    if (folder / "DL_info.csv").exists():
        return _deeplesion(folder, seeds, nearest_mm)
    raise FileNotFoundError(f"{folder}: neither a dataset.json of format {FORMAT} nor DeepLesion's DL_info.csv")


def _own_set(folder: Path, seeds: Path) -> LesionSet:
    splits_file = folder / "splits.csv"
    with splits_file.open(newline="") as file:
        rows = list(csv.DictReader(file))
    patient_key = next(key for key in rows[0] if key.lower().startswith("patient"))
    splits = {row[patient_key]: row["split"] for row in rows}
    with (folder / "lesions.csv").open(newline="") as file:
        records = list(csv.DictReader(file))
    lesions = [_lesion(record, folder, seeds, record["id"], "images", splits[record["Patient_index"]], 0.0) for record in records]
    name = json.loads((folder / "dataset.json").read_text()).get("name", folder.name)
    return LesionSet(name, tuple(lesions), hashlib.sha256(splits_file.read_bytes()).hexdigest())


def _deeplesion(folder: Path, seeds: Path, nearest_mm: float) -> LesionSet:
    """Rows that cannot be used are counted, not read: no image, flagged as noisy by its authors, no pixel spacing."""
    with (folder / "DL_info.csv").open(newline="") as file:
        records = list(csv.DictReader(file))
    ordinals: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    lesions: list[Lesion] = []
    lines: list[str] = []
    for record in records:
        series, key = record["File_name"].removesuffix(".png").rsplit("_", 1)
        ordinals[record["File_name"]] += 1
        split = {"1": "train", "2": "val", "3": "test"}[record["Train_Val_Test"].strip()]
        lines.append(f"{record['Patient_index']},{split}")
        name = f"{series}/{key}.png"
        if not (folder / "Images_png" / name).exists():
            name = _nearest_slice(folder, record, series, int(key), nearest_mm)
        spacing = numbers(record["Spacing_mm_px_"])
        if name is None:
            skipped["no-image"] += 1
        elif record.get("Possibly_noisy", "").strip() == "1":
            skipped["noisy"] += 1
        elif len(spacing) < 2:
            skipped["no-plane"] += 1
        else:
            own = dict(record, File_name=name, source="deeplesion", lesion="", key="1")
            lesions.append(_lesion(own, folder, seeds, f"{series}_{key}_{ordinals[record['File_name']]}", "Images_png", split, 1.0))
    return LesionSet("DeepLesion", tuple(lesions), hashlib.sha256("\n".join(lines).encode()).hexdigest(), dict(skipped))


def _nearest_slice(folder: Path, record: dict[str, str], series: str, key: int, most_mm: float) -> str | None:
    """The slice at hand nearest to the key slice (of two, the lower number), within Slice_range and that distance."""
    low, high = numbers(record["Slice_range"])
    interval = numbers(record["Spacing_mm_px_"])[-1]
    at_hand = [int(path.stem) for path in (folder / "Images_png" / series).glob("*.png")] if most_mm else []
    near = sorted((abs(number - key), number) for number in at_hand if low <= number <= high and abs(number - key) * interval <= most_mm)
    return f"{series}/{near[0][1]:03d}.png" if near else None


def _lesion(record: dict[str, str], folder: Path, seeds: Path, id: str, images: str, split: str, first: float) -> Lesion:
    """`first` is what the first pixel counts as: 0 in our sets, 1 in DeepLesion's own file."""
    marks = lambda text: Marks.of([value - first for value in numbers(text)])
    exact = record.get("Exact_coordinates", "")
    spacing = numbers(record["Spacing_mm_px_"])
    position = numbers(record.get("Normalized_lesion_location", ""))
    window = numbers(record.get("DICOM_windows", "")) or [-160.0, 240.0]
    return Lesion(
        id=id,
        source=record["source"],
        patient=record["Patient_index"],
        lesion=record["lesion"] or id,
        key=record.get("key", "1") == "1",
        split=split,
        image_path=folder / images / record["File_name"],
        mask_path=folder / "masks" / f"{id}.png",
        seed_path=seeds / "seeds" / f"{id}.png",
        spacing=(spacing[0], spacing[1]),
        observer=marks(record["Measurement_coordinates"]),
        exact=marks(exact) if exact else None,
        window=(window[0], window[1]),
        position=(position[0], position[1], position[2]) if len(position) == 3 else None,
        agreement=float(record["agreement"]) if record.get("agreement") else None,
    )


def held_back(lesions: list[Lesion], share: float, seed: int) -> tuple[list[Lesion], list[Lesion]]:
    """(kept, held back): about `share` of the patients of each source, chosen by hash, so that recipes are chosen without the validation split."""
    def chosen(row: Lesion) -> bool:
        digest = hashlib.sha256(f"{seed}:{row.source}:{row.patient}".encode()).digest()
        return int.from_bytes(digest[:6], "big") / 2**48 < share

    return [row for row in lesions if not chosen(row)], [row for row in lesions if chosen(row)]
