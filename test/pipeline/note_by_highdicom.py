"""Writes a key object document about DICOM files: note_by_highdicom.py OUT TITLE FILE..., with a title of CID 7010 such as 113001."""
import sys

import highdicom as hd
import pydicom
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

TITLES = {
    "113000": codes.DCM.OfInterest,
    "113001": codes.DCM.RejectedForQualityReasons,
    "113037": Code("113037", "DCM", "Rejected for Patient Safety Reasons"),
    "113038": Code("113038", "DCM", "Incorrect Modality Worklist Entry"),
    "113039": Code("113039", "DCM", "Data Retention Policy Expired"),
}

out, title = sys.argv[1], sys.argv[2]
about = [pydicom.dcmread(path) for path in sys.argv[3:]]
note = hd.ko.KeyObjectSelectionDocument(
    evidence=about,
    content=hd.ko.KeyObjectSelection(document_title=TITLES[title], referenced_objects=about),
    series_instance_uid=hd.UID(),
    series_number=90,
    sop_instance_uid=hd.UID(),
    instance_number=1,
    manufacturer="highdicom",
    institution_name=None,
)
note.save_as(out)
print(note.SOPInstanceUID)
