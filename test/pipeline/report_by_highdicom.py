"""Writes a TID 1500 report with highdicom: the long and short axis of each lesion's key slice, as a study's masks.csv gives them.

usage: report_by_highdicom.py STUDY_DIR MASKS_CSV OUT_DIR
Prints one JSON object a lesion: tumour, tracking UID, SOP Instance UID of the slice, path of the mask.
"""

import csv
import json
import sys
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from highdicom.sr.coding import CodedConcept
from pydicom.sr.codedict import codes

study, masks, out = (Path(p) for p in sys.argv[1:4])
images = {}
for path in sorted(study.rglob("*.dcm")):
    data_set = pydicom.dcmread(path, stop_before_pixels=True)
    if data_set.get("Modality") == "CT":
        images[data_set.SOPInstanceUID] = data_set

groups, evidence = [], []
for n, row in enumerate(r for r in csv.DictReader(masks.open()) if r["key"] == "1"):
    image = images[row["sop_instance_uid"]]
    x11, y11, x12, y12, x21, y21, x22, y22 = (float(v) + 0.5 for v in row["axes_px"].split(","))
    source = hd.sr.SourceImageForMeasurement.from_source_image(image)

    def line(x1, y1, x2, y2):
        return hd.sr.CoordinatesForMeasurement(
            graphic_type=hd.sr.GraphicTypeValues.POLYLINE,
            graphic_data=np.array([[x1, y1], [x2, y2]]),
            source_image=source,
        )

    def axis(name, value, ends):
        return hd.sr.Measurement(
            name=name, value=round(float(value), 2), unit=codes.UCUM.Millimeter, referenced_coordinates=[line(*ends)]
        )

    tracking = hd.sr.TrackingIdentifier(uid=hd.UID(f"1.2.826.0.1.3680043.8.498.{7000 + n}.1"), identifier=f"Target {n + 1}")
    groups.append(
        hd.sr.MeasurementsAndQualitativeEvaluations(
            tracking_identifier=tracking,
            finding_type=codes.SCT.Nodule if "nodule" in row["tumour"] else codes.SCT.Mass,
            finding_sites=[hd.sr.FindingSite(anatomic_location=CodedConcept("39607008", "SCT", "Lung"))],
            measurements=[
                axis(CodedConcept("103339001", "SCT", "Long Axis"), row["long_mm"], (x11, y11, x12, y12)),
                axis(CodedConcept("103340004", "SCT", "Short Axis"), row["short_mm"], (x21, y21, x22, y22)),
            ],
        )
    )
    if image.SOPInstanceUID not in [e.SOPInstanceUID for e in evidence]:
        evidence.append(image)
    print(
        json.dumps(
            {
                "tumour": row["tumour"],
                "trackingUID": f"1.2.826.0.1.3680043.8.498.{7000 + n}.1",
                "image": row["sop_instance_uid"],
                "mask": str(masks.parent / row["mask"]),
            }
        )
    )

report = hd.sr.MeasurementReport(
    observation_context=hd.sr.ObservationContext(
        observer_person_context=hd.sr.ObserverContext(
            observer_type=codes.DCM.Person,
            observer_identifying_attributes=hd.sr.PersonObserverIdentifyingAttributes(name="Reader^One"),
        )
    ),
    procedure_reported=codes.LN.CTUnspecifiedBodyRegion,
    imaging_measurements=groups,
)
hd.sr.EnhancedSR(
    evidence=evidence,
    content=report[0],
    series_instance_uid=hd.UID("1.2.826.0.1.3680043.8.498.7000.2"),
    sop_instance_uid=hd.UID("1.2.826.0.1.3680043.8.498.7000.3"),
    series_number=500,
    instance_number=1,
    manufacturer="highdicom",
    is_complete=True,
    is_final=True,
).save_as(out / "report-highdicom.dcm")
