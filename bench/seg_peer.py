"""highdicom writing the segmentations of seg.mjs, one process a run. argv: frames, `one` segment or one for `each` frame, how often again."""
import copy
import io
import json
import logging
import resource
import statistics
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from pydicom.sr.codedict import codes

logging.disable(logging.WARNING)
warnings.simplefilter("ignore")

frames, segments, again = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
SIZE = 512
source = pydicom.dcmread(Path(__file__).parent.parent / "test/fixtures/ct/phantom/0003.dcm")


def slice_at(index):
    made = copy.deepcopy(source)
    made.Rows = made.Columns = SIZE
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = f"2.25.{index + 1}"
    made.ImagePositionPatient = ["-20", "-25", str(index * 2.5)]
    return made


slices = [slice_at(index) for index in range(frames)]
masks = np.zeros((frames, SIZE, SIZE), np.uint16 if segments == "each" and frames > 255 else np.uint8)
masks[...] = 0  # touched, so that its memory is there before the clock starts
y, x = np.mgrid[-20:21, -20:21]
disc = x**2 + y**2 < 400
for index in range(frames):
    row, column = 100 + index * 37 % 312, 100 + index * 53 % 312
    masks[index, row - 20 : row + 21, column - 20 : column + 21] = disc * (index + 1 if segments == "each" else 1)


def described(number):
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=f"Lesion {number}",
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Lesion,
        algorithm_type="SEMIAUTOMATIC",
        algorithm_identification=hd.AlgorithmIdentificationSequence("bench", codes.DCM.ArtificialIntelligence, "0"),
        tracking_uid=hd.UID(),
        tracking_id=f"Lesion {number}",
    )


def once():
    start = time.perf_counter()
    seg = hd.seg.Segmentation(
        source_images=slices,
        pixel_array=masks,
        segmentation_type="BINARY",
        segment_descriptions=[described(n + 1) for n in range(frames if segments == "each" else 1)],
        series_instance_uid=hd.UID(),
        series_number=1,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer="bench",
        manufacturer_model_name="bench",
        software_versions="0",
        device_serial_number="0",
    )
    seg.save_as(io.BytesIO())
    return (time.perf_counter() - start) * 1000


first = once()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
after = [once() for _ in range(again)]
answer = {"first": first, "peakMB": peak, "version": f"highdicom {version('highdicom')}, pydicom {version('pydicom')}"}
json.dump({**answer, "again": statistics.median(after)} if after else answer, sys.stdout)
