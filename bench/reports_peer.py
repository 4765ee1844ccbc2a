"""pydicom and highdicom as readers of structured reports: the peers of reports.mjs."""
import logging
import warnings
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import highdicom as hd
import pydicom

from peer import serve, timed

# what highdicom thinks of a file is not what is measured
logging.disable(logging.WARNING)
warnings.simplefilter("ignore")

files = {}


def walk(item):
    """Every content item with its value, as a reader without a library of templates would."""
    count = 0
    open_items = [item]
    while open_items:
        at = open_items.pop()
        count += 1
        at.get("ValueType")
        for sequence in ("ConceptNameCodeSequence", "ConceptCodeSequence"):
            for code in at.get(sequence, []):
                code.get("CodeValue"), code.get("CodingSchemeDesignator"), code.get("CodeMeaning")
        for value in at.get("MeasuredValueSequence", []):
            value.get("NumericValue")
        at.get("GraphicData"), at.get("TextValue"), at.get("UID")
        open_items.extend(at.get("ContentSequence", []))
    return count


def with_pydicom(data):
    return walk(pydicom.dcmread(BytesIO(data)))


def with_highdicom(data):
    content = hd.sr.srread(BytesIO(data)).content
    groups = [
        *content.get_image_measurement_groups(),
        *content.get_planar_roi_measurement_groups(),
        *content.get_volumetric_roi_measurement_groups(),
    ]
    found = 0
    for group in groups:
        group.tracking_uid, group.finding_type, group.finding_sites
        for measurement in group.get_measurements():
            measurement.name, measurement.value, measurement.unit
            found += 1
    return found


READERS = {"pydicom": with_pydicom, "highdicom": with_highdicom}


def load(request):
    """Which of the files each reader reads: highdicom refuses what is not as the standard says."""
    files.update({path: Path(path).read_bytes() for path in request["paths"]})
    reads = {}
    for name, reader in READERS.items():
        reads[name] = []
        for path in request["paths"]:
            if name == "highdicom" and path in request["slow"]:
                reads[name].append(path)
                continue
            try:
                if reader(files[path]) > 0:
                    reads[name].append(path)
            except Exception:  # a file that the peer does not read is left out of its comparison
                continue
    return {"reads": reads, "version": f"pydicom {version('pydicom')}, highdicom {version('highdicom')}"}


def answer(request):
    if request["do"] == "load":
        return load(request)
    reader = READERS[request["reader"]]
    return {"ms": timed(lambda: [reader(files[path]) for path in request["paths"]])[1]}


serve(answer)
