"""Reads segmentations with pydicom and highdicom and says what is not as the masks and the source images have it.

stdin: {"cases": [{"seg", "sources": [path], "masks": [{"segment", "sop", "frame" | null, "file"}]}]}, where a mask file holds one byte a pixel: 0 and 1,
or a probability of 255 steps.
stdout: one list of faults a case, and what highdicom makes of each segment.
"""

import json
import sys
import warnings

import highdicom as hd
import numpy as np
import pydicom

warnings.simplefilter("ignore")

SAME = [
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber",
    "ReferringPhysicianName", "StudyID", "StudyDescription", "FrameOfReferenceUID",
]


def plane_of(source, frame):
    """Position, directions of index growth in mm a pixel: from the image itself or from the functional groups of a frame."""
    if frame is None:
        position, orientation, spacing = source.ImagePositionPatient, source.ImageOrientationPatient, source.PixelSpacing
    else:
        groups = [source.PerFrameFunctionalGroupsSequence[frame - 1], source.SharedFunctionalGroupsSequence[0]]
        group = lambda keyword: next(g[keyword][0] for g in groups if keyword in g)
        position = group("PlanePositionSequence").ImagePositionPatient
        orientation = group("PlaneOrientationSequence").ImageOrientationPatient
        spacing = group("PixelMeasuresSequence").PixelSpacing
    along_row = np.array(orientation[:3], float) * float(spacing[1])
    along_column = np.array(orientation[3:], float) * float(spacing[0])
    return np.array(position, float), along_row, along_column


def text(value):
    return "" if value is None else str(value).strip("\0 ")


def judge(case):
    faults = []
    sources = [pydicom.dcmread(path, force=True) for path in case["sources"]]
    by_uid = {str(source.SOPInstanceUID): source for source in sources}
    raw = pydicom.dcmread(case["seg"])
    for element in raw.iterall():
        element.value  # decoding everything must not fail
    for keyword in SAME:
        ours = text(raw.get(keyword))
        for mask in case["masks"]:
            theirs = text(by_uid[mask["sop"]].get(keyword))
            if ours != theirs and keyword not in case.get("repaired", []):
                faults.append(f"{keyword} differs from the source")
    seg = hd.seg.segread(case["seg"])
    rows, columns = seg.Rows, seg.Columns
    named = {
        str(image.ReferencedSOPInstanceUID)
        for frame in raw.PerFrameFunctionalGroupsSequence
        for image in frame.DerivationImageSequence[0].SourceImageSequence
    }
    # of a lesion on many slices an object may hold some
    masks = [(m, np.fromfile(m["file"], np.uint8).reshape(rows, columns)) for m in case["masks"] if m["sop"] in named]
    fractional = raw.SegmentationType == "FRACTIONAL"
    stored = lambda pixels: np.rint(pixels * 255).astype(np.uint8) if fractional else pixels
    numbers = sorted(seg.segment_numbers)
    if numbers != sorted({m["segment"] for m, _ in masks}):
        faults.append(f"segments are {numbers}")

    # by the source image each frame names
    places = sorted({(m["sop"], m["frame"]) for m, _ in masks}, key=str)
    for sop, frame in places:
        if frame is None:
            found = seg.get_pixels_by_source_instance([sop], segment_numbers=numbers)[0]
        else:
            found = seg.get_pixels_by_source_frame(sop, [frame], segment_numbers=numbers)[0]
        for index, number in enumerate(numbers):
            expected = np.zeros((rows, columns), np.uint8)
            for m, bits in masks:
                if (m["sop"], m["frame"], m["segment"]) == (sop, frame, number):
                    expected |= bits
            if not np.array_equal(stored(found[..., index]), expected):
                faults.append(f"segment {number} on its source: {int(np.sum(stored(found[..., index]) != expected))} pixels differ")

    # by geometry alone
    volume = seg.get_volume(combine_segments=False, segment_numbers=numbers, rtol=0.01)
    inverse = np.linalg.inv(volume.affine)
    for index, number in enumerate(numbers):
        voxels = volume.array[..., index] > 0
        expected = 0
        for m, bits in masks:
            if m["segment"] != number:
                continue
            origin, along_row, along_column = plane_of(by_uid[m["sop"]], m["frame"])
            r, c = np.nonzero(bits)
            points = origin + c[:, None] * along_row + r[:, None] * along_column
            indices = (inverse @ np.c_[points, np.ones(len(points))].T).T[:, :3]
            nearest = np.rint(indices).astype(int)
            if np.abs(indices - nearest).max() > 0.02:
                faults.append(f"segment {number}: voxels lie between the voxels of the volume")
            inside = np.all((nearest >= 0) & (nearest < voxels.shape), axis=1)
            if not inside.all() or not voxels[tuple(nearest[inside].T)].all():
                faults.append(f"segment {number}: voxels are elsewhere in the volume")
            expected += len(points)
        if int(voxels.sum()) != expected:
            faults.append(f"segment {number}: {int(voxels.sum())} voxels in the volume, not {expected}")

    segments = []
    for number in numbers:
        d = seg.get_segment_description(number)
        segments.append({
            "number": number,
            "label": d.segment_label,
            "type": [d.segmented_property_type.value, d.segmented_property_type.scheme_designator],
            "regions": [region.value for region in d.anatomic_regions],
            "algorithm": d.algorithm_type.value,
            "trackingUID": str(d.tracking_uid),
        })
    return {"faults": faults, "segments": segments, "frames": int(raw.NumberOfFrames)}


def main():
    verdicts = []
    for case in json.load(sys.stdin)["cases"]:
        try:
            verdicts.append(judge(case))
        except Exception as error:  # a reader's refusal is a verdict
            verdicts.append({"faults": [f"{type(error).__name__}: {error}"], "segments": [], "frames": 0})
    json.dump(verdicts, sys.stdout)


main()
