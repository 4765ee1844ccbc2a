"""Compares a set's pictures with its DICOM copy: compare_dicom_copy.py SET

The images of a series are matched with the pictures by their numbers; a series' folder by the one whose pictures are the same.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image
from pydicom.pixels import apply_modality_lut

folder = Path(sys.argv[1])
pictures = defaultdict(dict)
for path in folder.glob("images/*/*.png"):
    pictures[path.parent.name][int(path.stem)] = np.asarray(Image.open(path), dtype=np.int64) - 32768
series = defaultdict(list)
for path in folder.glob("dicom/*/*/*/*.dcm"):
    data_set = pydicom.dcmread(path)
    if data_set.Modality == "CT":
        series[data_set.SeriesInstanceUID].append(data_set)

differing, misplaced, compared = [], [], 0
for images in series.values():
    hu = {int(i.InstanceNumber): apply_modality_lut(i.pixel_array, i).astype(np.int64) for i in images}
    same = [
        name
        for name, taken in pictures.items()
        if set(taken) == set(hu) and all(np.array_equal(taken[number], hu[number]) for number in hu)
    ]
    compared += len(hu)
    if not same:
        differing.append(str(images[0].SeriesInstanceUID)[-6:])
    ordered = sorted(images, key=lambda i: int(i.InstanceNumber))
    normal = np.cross(ordered[0].ImageOrientationPatient[:3], ordered[0].ImageOrientationPatient[3:])
    along = [float(np.dot(normal, i.ImagePositionPatient)) for i in ordered]
    steps = np.abs(np.diff(along)) / np.diff([int(i.InstanceNumber) for i in ordered])
    if len(steps) and steps.max() - steps.min() > 1e-3:
        misplaced.append(str(images[0].SeriesInstanceUID)[-6:])
print(json.dumps({"differing": differing, "misplaced": misplaced, "compared": compared}))
