"""python -m coseg.figure OUT.png RUN RUN … [--ids ID …]: chosen lesions as the paper's Fig. 2: input, a column for each run, the expert's mask.

Only pictures of sources whose licence allows it may be published (lidc and sts: CC BY).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from .data import Lesion
from .evaluate import Opened
from .marks import measure
from .metrics import FOUR

TILE = 160
WINDOWS = {"lidc": (-1350.0, 150.0)}
DEFAULT_WINDOW = (-160.0, 240.0)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("runs", type=Path, nargs="+")
    arguments.add_argument("--ids", nargs="*", help="default: six of the validation split, over the range of Dice of the last run")
    arguments.add_argument("--partner", default="prototype-mean")
    arguments.add_argument("--split", default="val")
    given = arguments.parse_intermixed_args()
    opened = [Opened(run) for run in given.runs]
    lesions = opened[-1].lesions(given.split, ("lidc", "sts"))
    if given.ids:
        lesions = [row for row in lesions if row.id in given.ids]
    else:
        found = opened[-1].predict(lesions, given.partner, "none", 1.0)
        ranked = sorted(found, key=lambda one: one.score(0.5).dice)
        lesions = [ranked[int(share * (len(ranked) - 1))].row for share in (0, 0.05, 0.25, 0.5, 0.75, 1)]
    columns = [[one.mask(run.config.threshold) for one in run.predict(lesions, given.partner, run.config.flips, 1.0)] for run in opened]
    titles = ["input", *(run.config.row for run in opened), "expert"]
    sheet(lesions, [[None] * len(lesions), *columns, [row.expert for row in lesions]], titles).save(given.out)
    for row in lesions:
        print(row.id)


def sheet(lesions: list[Lesion], columns: list[list[np.ndarray | None]], titles: list[str]) -> Image.Image:
    """One line a lesion, one column a mask (None: the marks instead)."""
    picture = Image.new("RGB", (TILE * len(columns), 14 + TILE * len(lesions)), "white")
    draw = ImageDraw.Draw(picture)
    for k, title in enumerate(titles):
        draw.text((TILE * k + 3, 1), title[:28], fill="black")
        for n, row in enumerate(lesions):
            picture.paste(tile(row, columns[k][n]), (TILE * k, 14 + TILE * n))
    return picture


def tile(row: Lesion, mask: np.ndarray | None) -> Image.Image:
    """The lesion at twice its long axis, with the mask's outline, or with the marks."""
    measured = measure(row.observer, np.asarray(row.spacing))
    half = measured.long_mm * 1.1 / np.asarray(row.spacing) + 3
    low = np.maximum(np.floor(measured.centre - half).astype(int), 0)
    high = np.minimum(np.ceil(measured.centre + half).astype(int) + 1, row.hu.shape[::-1])
    window = WINDOWS.get(row.source, DEFAULT_WINDOW)
    crop = row.hu[low[1] : high[1], low[0] : high[0]]
    grey = (np.clip((crop - window[0]) / (window[1] - window[0]), 0, 1) * 255).astype(np.uint8)
    factor = TILE / max(crop.shape)
    size = (max(1, round(crop.shape[1] * factor)), max(1, round(crop.shape[0] * factor)))
    large = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BILINEAR))
    colour = np.stack([large] * 3, axis=-1)
    if mask is not None:
        shape = Image.fromarray(mask[low[1] : high[1], low[0] : high[0]].astype(np.uint8) * 255).resize(size, Image.Resampling.NEAREST)
        inside = np.asarray(shape) > 127
        colour[inside & ~ndimage.binary_erosion(inside, FOUR)] = (255, 64, 64)
    image = Image.new("RGB", (TILE, TILE))
    image.paste(Image.fromarray(colour), (0, 0))
    if mask is None:
        draw = ImageDraw.Draw(image)
        for axis in (measured.long, measured.short):
            if axis is not None:
                ends = (axis - low + 0.5) * factor
                draw.line([tuple(ends[0]), tuple(ends[1])], fill=(64, 255, 64))
    return image


if __name__ == "__main__":
    main()
