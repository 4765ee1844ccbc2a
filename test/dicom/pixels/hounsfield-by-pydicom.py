"""For every CT frame below the folders that pydicom decodes with numpy alone: its HU as 32-bit floats, as SHA-256; a JSON line each."""

import hashlib
import json
import os
import sys

import numpy as np
import pydicom


def frames_of(path):
    d = pydicom.dcmread(path)
    if d.get("Modality") != "CT" or "PixelData" not in d or "PERFUSION" in d.ImageType:
        return
    stored = d.pixel_array.astype(np.float64)
    stored = stored[np.newaxis] if stored.ndim == 2 else stored
    for number, values in enumerate(stored, start=1):
        rescale = d
        if "PerFrameFunctionalGroupsSequence" in d:
            groups = [d.PerFrameFunctionalGroupsSequence[number - 1], d.SharedFunctionalGroupsSequence[0]]
            rescale = next(g for g in groups if "PixelValueTransformationSequence" in g).PixelValueTransformationSequence[0]
        hu = values * float(rescale.RescaleSlope) + float(rescale.RescaleIntercept)
        if "PixelPaddingValue" in d:
            padding = int(d.PixelPaddingValue)
            if d.PixelRepresentation == 1 and padding > 32767:
                padding -= 65536
            hu[values == padding] = -1024
        yield number, hashlib.sha256(hu.astype("<f4").tobytes()).hexdigest()


for folder in sys.argv[1:]:
    for where, _, names in os.walk(folder):
        for name in sorted(names):
            path = os.path.join(where, name)
            try:
                for number, digest in frames_of(path):
                    print(json.dumps({"path": path, "frame": number, "sha256": digest}))
            except (pydicom.errors.InvalidDicomError, RuntimeError):
                # no DICOM, or compressed in a way that needs a plug-in
                continue
