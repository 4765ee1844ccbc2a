"""Lists what pydicom reads in the Part 10 files below a folder, as JSON: identity, DICOM JSON, and the SHA-256 of each frame (little endian)."""

import hashlib
import json
import pathlib
import sys
import warnings

import numpy
import pydicom
from pydicom.encaps import generate_frames
from pydicom.errors import InvalidDicomError
from pydicom.uid import ExplicitVRBigEndian

warnings.simplefilter("ignore")


def frames_of(data_set: pydicom.Dataset) -> list[bytes]:
    if "PixelData" not in data_set:
        return []
    count = int(data_set.get("NumberOfFrames") or 1)
    if data_set["PixelData"].is_undefined_length:
        return list(generate_frames(data_set.PixelData, number_of_frames=count))
    pixels = data_set.PixelData
    bits = data_set.BitsAllocated
    if data_set.file_meta.TransferSyntaxUID == ExplicitVRBigEndian and data_set["PixelData"].VR == "OW":
        pixels = numpy.frombuffer(pixels, dtype=">u2").astype("<u2").tobytes()
    length = data_set.Rows * data_set.Columns * data_set.SamplesPerPixel * bits // 8
    return [pixels[at * length : (at + 1) * length] for at in range(count)]


def listed(path: pathlib.Path, root: pathlib.Path) -> dict | None:
    try:
        data_set = pydicom.dcmread(path)
    except InvalidDicomError:
        return None
    identity = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")
    if "TransferSyntaxUID" not in data_set.file_meta or not all(data_set.get(keyword) for keyword in identity):
        return None
    return {
        "file": str(path.relative_to(root)),
        "study": data_set.StudyInstanceUID,
        "series": data_set.SeriesInstanceUID,
        "instance": data_set.SOPInstanceUID,
        "transferSyntax": data_set.file_meta.TransferSyntaxUID,
        "attributes": data_set.to_json_dict(bulk_data_threshold=0, bulk_data_element_handler=lambda element: "bulk"),
        "frames": [hashlib.sha256(frame).hexdigest() for frame in frames_of(data_set)],
    }


root = pathlib.Path(sys.argv[1])
rows = [listed(path, root) for path in sorted(root.rglob("*")) if path.is_file()]
json.dump([row for row in rows if row], sys.stdout)
