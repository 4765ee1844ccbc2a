"""What highdicom makes of segmentations: one of ok, W, E, R, by source image and as a volume, against the object they were made from.

usage: highdicom_readings.py CONTROL FOLDER NAME...; stdout: {NAME: [by source, volume]}
"""

import json
import sys
import warnings
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from pydicom import config

warnings.simplefilter("ignore")
config.settings.reading_validation_mode = config.IGNORE


def images_of(seg):
    return [
        str(item.ReferencedSOPInstanceUID)
        for series in seg.ReferencedSeriesSequence
        for item in series.ReferencedInstanceSequence
    ]


def by_source(seg, uids):
    array = seg.get_pixels_by_source_instance(uids, segment_numbers=list(seg.segment_numbers), assert_missing_frames_are_empty=True)
    return array > 0


def as_volume(seg):
    """The voxels that are set, as places in the patient."""
    numbers = list(seg.segment_numbers)
    volume = seg.get_volume(combine_segments=False, segment_numbers=numbers, rtol=0.01)
    places = []
    for index in range(len(numbers)):
        voxels = np.argwhere(volume.array[..., index] > 0)
        points = (volume.affine @ np.c_[voxels, np.ones(len(voxels))].T).T[:, :3]
        places.append({tuple(np.round(point, 2)) for point in points})
    return places


def reading(take, expected, equal):
    try:
        found = take()
    except Exception:  # a reader's refusal is a reading
        return "R"
    if equal(found, expected):
        return "ok"
    return "W" if any(np.any(np.asarray(list(each))) for each in found) else "E"


def main():
    control, folder, names = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    good = hd.seg.segread(control)
    uids = images_of(good)
    source, volume = by_source(good, uids), as_volume(good)
    readings = {}
    for name in names:
        path = folder / f"{name}.dcm"

        def opened():
            return hd.seg.segread(path)

        readings[name] = [
            reading(lambda: by_source(opened(), uids), source, np.array_equal),
            reading(lambda: as_volume(opened()), volume, lambda a, b: a == b),
        ]
    json.dump(readings, sys.stdout)


main()
