"""Copies a study with the headers that a segmentation needs put right (Patient ID, Frame of Reference UID, lengths, padding).

usage: repair_headers.py STUDY_DIR OUT_DIR
"""

import sys
from pathlib import Path

import pydicom

study, out = (Path(p) for p in sys.argv[1:3])
out.mkdir(parents=True, exist_ok=True)
for path in sorted(p for p in study.rglob("*") if p.is_file()):
    data_set = pydicom.dcmread(path)
    data_set.PatientID = "REPAIRED-17"
    data_set.PatientBirthDate = ""
    data_set.FrameOfReferenceUID = "1.2.826.0.1.3680043.8.498.17.1"
    data_set.PositionReferenceIndicator = ""
    data_set.SeriesNumber = 1
    data_set.StudyID = "17"
    data_set.AccessionNumber = "17"
    data_set.Manufacturer = ""
    data_set.PatientPosition = "HFS"
    data_set.AcquisitionNumber = 1
    data_set.KVP = None
    data_set.BodyPartExamined = "ABDOMEN"
    data_set.WindowCenter, data_set.WindowWidth = 40, 400
    data_set.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    for element in data_set:
        if element.VR in ("CS", "LO", "SH", "PN", "UI", "DA", "TM") and isinstance(element.value, str):
            element.value = element.value.rstrip("\0 ")
        if element.VR == "DS" and element.value not in (None, ""):
            values = element.value if element.VM > 1 else [element.value]
            texts = [f"{float(v):.10g}" for v in values]
            element.value = texts if element.VM > 1 else texts[0]
    data_set.save_as(out / f"{path.stem}.dcm")
