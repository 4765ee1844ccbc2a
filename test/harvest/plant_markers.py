"""Plants a marker in every text attribute of every file below a folder: plant_markers.py FOLDER MARKER

Existing text (LO, SH, PN, ST, LT, UT, UC) at every depth is replaced, but for code values and schemes and the rescale type, without which
nothing could be read; PatientID
keeps its difference. Then every text attribute of the dictionary's groups 0008, 0010, 0018, 0020, 0032, 0040 that is missing is added, and
private elements of several VRs.
"""

import sys
from pathlib import Path

import pydicom
from pydicom.datadict import DicomDictionary

folder, marker = Path(sys.argv[1]), sys.argv[2]
TEXT = {"LO", "SH", "PN", "ST", "LT", "UT", "UC"}
KEPT = {0x00080100, 0x00080102, 0x00281054}
LIMIT = {"SH": 16, "LO": 64, "PN": 64}


def plant(data_set, depth):
    for element in data_set:
        if element.VR == "SQ":
            for item in element.value:
                plant(item, depth + 1)
        elif element.tag == 0x00100020:
            element.value = f"{marker}{element.value}"[:64]
        elif element.VR in TEXT and element.tag not in KEPT:
            element.value = marker[: LIMIT.get(element.VR, 200)]
    if depth > 0:
        return
    for tag, (vr, multiplicity, _, retired, _) in DicomDictionary.items():
        if vr not in TEXT or retired or multiplicity not in ("1", "1-n") or tag in data_set or tag in KEPT:
            continue
        if tag >> 16 in (0x0008, 0x0010, 0x0018, 0x0020, 0x0032, 0x0040):
            data_set.add_new(tag, vr, marker[: LIMIT.get(vr, 200)])
    block = data_set.private_block(0x0009, marker, create=True)
    block.add_new(1, "LO", marker)
    block.add_new(2, "OB", (marker * 2).encode())
    block.add_new(3, "UT", marker)
    block.add_new(4, "UN", marker.encode())


for path in sorted(folder.rglob("*.dcm")):
    data_set = pydicom.dcmread(path)
    plant(data_set, 0)
    data_set.save_as(path)
