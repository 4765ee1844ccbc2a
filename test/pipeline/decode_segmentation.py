"""Decodes SEG files with pydicom and highdicom: which pixels each segment has on which source image, and whether its geometry leads there.

usage: decode_segmentation.py SEG_FILE SOURCE_DIR
Prints one JSON object a segment and source image: tracking UID, SOP Instance UID of the image, runs of set pixels (start, length) as
highdicom gives them by source instance, and the same from plane positions alone.
"""

import json
import sys
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom

seg = hd.seg.segread(sys.argv[1])
sources = {}
for path in sorted(Path(sys.argv[2]).rglob("*.dcm")):
    data_set = pydicom.dcmread(path, stop_before_pixels=True)
    if data_set.get("Modality") == "CT" and "ImagePositionPatient" in data_set:
        sources[data_set.SOPInstanceUID] = data_set


def runs(mask):
    flat = np.concatenate([[0], mask.ravel().astype(np.int8), [0]])
    edges = np.flatnonzero(np.diff(flat))
    return [[int(a), int(b - a)] for a, b in zip(edges[::2], edges[1::2])]


# by geometry: pixel_array and plane positions only, no references
frames = seg.pixel_array.reshape(-1, seg.Rows, seg.Columns)
by_place = {}
for frame, groups in zip(frames, seg.PerFrameFunctionalGroupsSequence):
    segment = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
    position = np.array(groups.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
    near = [u for u, s in sources.items() if np.allclose(np.array(s.ImagePositionPatient, dtype=float), position, atol=1e-3)]
    orientation = np.array(
        seg.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0].ImageOrientationPatient, dtype=float
    )
    for uid in near:
        assert np.allclose(np.array(sources[uid].ImageOrientationPatient, dtype=float), orientation, atol=1e-6)
        if frame.any():
            by_place[(segment, uid)] = runs(frame)

referenced = sorted({uid for (_, uid) in by_place})
by_source = seg.get_pixels_by_source_instance(referenced, assert_missing_frames_are_empty=True)
for i, uid in enumerate(referenced):
    for j, segment in enumerate(seg.segment_numbers):
        mask = by_source[i, :, :, j]
        if not mask.any():
            continue
        description = seg.get_segment_description(segment)
        print(
            json.dumps(
                {
                    "trackingUID": str(description.tracking_uid),
                    "segmentNumber": int(segment),
                    "image": uid,
                    "bySource": runs(mask),
                    "byPlace": by_place.get((segment, uid), []),
                }
            )
        )
