"""The DICOM JSON Model of data sets as pydicom writes it: one line for each file named on standard input (a JSON list of paths)."""

import json
import sys
import warnings

import pydicom
import pydicom.hooks


def no_private_dictionary(*_):
    """Private VRs that pydicom knows by name are not the encoding's business."""
    raise KeyError


pydicom.hooks.private_dictionary_VR = no_private_dictionary
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
warnings.simplefilter("ignore")

for path in json.load(sys.stdin):
    data_set = pydicom.dcmread(path, force=True)
    # pixel data is compared elsewhere, and pydicom cannot write all of it
    data_set.pop("PixelData", None)
    try:
        print(json.dumps(data_set.to_json_dict(bulk_data_threshold=1 << 40)), flush=True)
    except Exception as error:  # whatever pydicom cannot write: the test counts these
        print(f"{path}: {type(error).__name__} {error}", file=sys.stderr)
        print("null", flush=True)
