"""Reads a folder as public loaders of DeepLesion do (rsummers11/CADLab, DeepLesion.py and load_ct_img.py): read_as_deeplesion.py FOLDER

Columns by their place, the last underscore of a file name as a slash, lists of numbers split at commas, one subtracted from coordinates, 32768
from pixels. Prints how many rows were read.
"""

import csv
import sys
from pathlib import Path

import numpy as np
from PIL import Image

folder = Path(sys.argv[1])
with open(folder / "DL_info.csv", newline="") as file:
    rows = list(csv.reader(file))[1:]
numbers = lambda text: np.array([float(x) for x in text.split(",")])
for row in rows:
    assert len(row) == 18, len(row)
    series, slice_name = row[0].rsplit("_", 1)
    first, last = (int(x) for x in row[11].split(","))
    assert first <= int(row[4]) <= last and int(slice_name[:-4]) == int(row[4])
    boxes, marks = numbers(row[6]) - 1, numbers(row[5]) - 1
    size = numbers(row[13])
    assert marks.shape == (8,) and boxes.shape == (4,) and numbers(row[8]).shape == (3,) and numbers(row[12]).shape == (3,)
    assert np.allclose([marks[0::2].min() - 5, marks[1::2].min() - 5, marks[0::2].max() + 5, marks[1::2].max() + 5], boxes, atol=1e-5)
    lengths = [np.hypot(*(marks[2:4] - marks[0:2])), np.hypot(*(marks[6:8] - marks[4:6]))]
    assert np.allclose(lengths, numbers(row[7]), atol=1e-4) and row[17] in ("1", "2", "3")
    for number in range(first, last + 1):
        image = np.array(Image.open(folder / "Images_png" / series / f"{number:03d}.png")).astype(np.int32) - 32768
        assert image.shape == tuple(size.astype(int)) and image.min() >= -1100 and image.max() > -500
print(len(rows), "rows")
