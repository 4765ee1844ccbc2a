"""Writes TID 1500 reports with highdicom: reports_by_highdicom.py FOLDER < orders.json

An order names the image and the file to write (below FOLDER), UIDs, and both axes as SCOORD has them.
"""

import json
import sys
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from highdicom.sr.coding import CodedConcept
from pydicom.sr.codedict import codes

folder = Path(sys.argv[1])
for order in json.load(sys.stdin):
    image = pydicom.dcmread(folder / order["image"], stop_before_pixels=True)
    source = hd.sr.SourceImageForMeasurement.from_source_image(image)

    def axis(name, points):
        line = hd.sr.CoordinatesForMeasurement(
            graphic_type=hd.sr.GraphicTypeValues.POLYLINE,
            graphic_data=np.array([points[:2], points[2:]]),
            source_image=source,
        )
        length = float(np.hypot(points[2] - points[0], points[3] - points[1])) * order["spacing"]
        return hd.sr.Measurement(
            name=name, value=round(length, 2), unit=codes.UCUM.Millimeter, referenced_coordinates=[line]
        )

    report = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(
            observer_person_context=hd.sr.ObserverContext(
                observer_type=codes.DCM.Person,
                observer_identifying_attributes=hd.sr.PersonObserverIdentifyingAttributes(name="Reader^One"),
            )
        ),
        procedure_reported=codes.LN.CTUnspecifiedBodyRegion,
        imaging_measurements=[
            hd.sr.MeasurementsAndQualitativeEvaluations(
                tracking_identifier=hd.sr.TrackingIdentifier(
                    uid=hd.UID(order["tracking"]), identifier=order["identifier"]
                ),
                finding_type=codes.SCT.Mass,
                finding_sites=[hd.sr.FindingSite(anatomic_location=CodedConcept("39607008", "SCT", "Lung"))],
                measurements=[
                    axis(CodedConcept("103339001", "SCT", "Long Axis"), order["long"]),
                    axis(CodedConcept("103340004", "SCT", "Short Axis"), order["short"]),
                ],
            )
        ],
    )
    hd.sr.EnhancedSR(
        evidence=[image],
        content=report[0],
        series_instance_uid=hd.UID(order["series"]),
        sop_instance_uid=hd.UID(order["uid"]),
        series_number=500,
        instance_number=1,
        manufacturer="highdicom",
        is_complete=True,
        is_final=True,
    ).save_as(folder / order["out"])
