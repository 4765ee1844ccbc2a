"""Segmentations as highdicom and pydicom read them. stdin: [{"seg": path}]; stdout: for each {reader: answer}, as test/readers/answer.ts has it."""

import json
import sys
import warnings

import highdicom as hd
import numpy as np
import pydicom

warnings.simplefilter("ignore")


def referenced(seg):
    """Every image that a frame names: (instance, frame or None), as the object itself says it."""
    places = set()
    for group in seg.PerFrameFunctionalGroupsSequence:
        for derivation in group.get("DerivationImageSequence", []):
            for source in derivation.SourceImageSequence:
                frame = source.get("ReferencedFrameNumber")
                places.add((str(source.ReferencedSOPInstanceUID), None if frame is None else int(frame)))
    return sorted(places, key=str)


def by_source(seg):
    planes = []
    numbers = list(seg.segment_numbers)
    for sop, frame in referenced(seg):
        if frame is None:
            found = seg.get_pixels_by_source_instance([sop], segment_numbers=numbers)[0]
        else:
            found = seg.get_pixels_by_source_frame(sop, [frame], segment_numbers=numbers)[0]
        for index, number in enumerate(numbers):
            planes.append({"segment": int(number), "sop": sop, "frame": frame, "pixels": np.flatnonzero(found[..., index]).tolist()})
    return {"kind": "by-source", "planes": planes}


def volume(seg):
    numbers = list(seg.segment_numbers)
    found = seg.get_volume(combine_segments=False, segment_numbers=numbers)
    return {
        "kind": "volume", "affine": np.asarray(found.affine).tolist(), "shape": list(found.array.shape[:3]),
        "segments": {str(n): np.argwhere(found.array[..., i]).tolist() for i, n in enumerate(numbers)},
    }


def frame_by_frame(path):
    """Nothing but the standard's attributes, read with pydicom: where each frame lies and which pixels it has."""
    seg = pydicom.dcmread(path)
    pixels = seg.pixel_array.reshape(int(seg.NumberOfFrames), seg.Rows, seg.Columns)
    shared = seg.SharedFunctionalGroupsSequence[0]
    spacing = [float(v) for v in shared.PixelMeasuresSequence[0].PixelSpacing]
    orientation = [float(v) for v in shared.PlaneOrientationSequence[0].ImageOrientationPatient]
    frames = []
    for group, values in zip(seg.PerFrameFunctionalGroupsSequence, pixels, strict=True):
        place = {
            "origin": [float(v) for v in group.PlanePositionSequence[0].ImagePositionPatient],
            "alongRow": [v * spacing[1] for v in orientation[:3]],
            "alongColumn": [v * spacing[0] for v in orientation[3:]],
        }
        if seg.SegmentationType == "LABELMAP":
            labels = set(np.unique(values).tolist()) - {int(seg.PixelPaddingValue)}
            frames += [{**place, "segment": label, "pixels": np.flatnonzero(values == label).tolist()} for label in sorted(labels)]
        else:
            number = int(group.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
            frames.append({**place, "segment": number, "pixels": np.flatnonzero(values).tolist()})
    return {"kind": "placed", "frames": frames}


def answer(read, *arguments):
    try:
        return read(*arguments)
    except Exception as error:  # a reader's refusal is an answer
        return {"kind": "refused", "says": f"{type(error).__name__}: {error}"}


def main():
    answers = []
    for case in json.load(sys.stdin):
        try:
            seg = hd.seg.segread(case["seg"])
        except Exception as error:
            refused = {"kind": "refused", "says": f"{type(error).__name__}: {error}"}
            answers.append({"highdicom, by source": refused, "highdicom, volume": refused, "pydicom": answer(frame_by_frame, case["seg"])})
            continue
        answers.append({
            "highdicom, by source": answer(by_source, seg),
            "highdicom, volume": answer(volume, seg),
            "pydicom": answer(frame_by_frame, case["seg"]),
        })
    json.dump(answers, sys.stdout)


main()
