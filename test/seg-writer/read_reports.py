"""Reads structured reports with highdicom and pydicom, knowing nothing of who wrote them.

argv: paths of reports. stdout: for each its measurement groups as highdicom finds them, and references of the tree that its evidence lacks.
"""

import json
import sys
import warnings

import highdicom as hd
import pydicom

warnings.simplefilter("ignore")


def references(item):
    """Instances that the content tree names."""
    found = {(r.ReferencedSOPClassUID, r.ReferencedSOPInstanceUID) for r in item.get("ReferencedSOPSequence", [])}
    for child in item.get("ContentSequence", []):
        found |= references(child)
    return found


def evidence(dataset):
    sequences = ["CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence"]
    return {
        (r.ReferencedSOPClassUID, r.ReferencedSOPInstanceUID): (study.StudyInstanceUID, series.SeriesInstanceUID)
        for name in sequences
        for study in dataset.get(name, [])
        for series in study.ReferencedSeriesSequence
        for r in series.ReferencedSOPSequence
    }


def group(kind, g):
    sites = g.finding_sites
    found = {
        "kind": kind,
        "trackingIdentifier": g.tracking_identifier,
        "trackingUID": str(g.tracking_uid),
        "finding": g.finding_type.value if g.finding_type else None,
        "sites": [[s.topic.value if hasattr(s, "topic") else s.value.value, s.laterality.value if s.laterality else None] for s in sites],
        "measurements": {m.name.value: [m.value, m.unit.value] for m in g.get_measurements()},
        "evaluations": {q.name.value: q.value.value for q in g.get_qualitative_evaluations()},
    }
    if g.reference_type is not None and g.reference_type.meaning == "Referenced Segmentation Frame":
        segmentation, image = g.referenced_segmentation_frame
        found["frame"] = [segmentation.referenced_sop_instance_uid, segmentation.referenced_frame_numbers, image.referenced_sop_instance_uid, image.referenced_frame_numbers]
    elif g.reference_type is not None and g.reference_type.meaning == "Referenced Segment":
        r = g.referenced_segment
        found["segment"] = [r[0].referenced_sop_instance_uid, r[0].referenced_segment_numbers, [i.referenced_sop_instance_uid for i in r[1:]]]
    else:
        found["region"] = g.roi.value.tolist() if kind == "planar" else [r.value.tolist() for r in g.roi][0]
    return found


def read(path):
    dataset = pydicom.dcmread(path)
    listed = evidence(dataset)
    answer = {
        "missing": sorted(str(r) for r in references(dataset) if r not in listed),
        "evidence": {sop: list(place) for (_, sop), place in listed.items()},
        "predecessors": [
            r.ReferencedSOPInstanceUID
            for study in dataset.get("PredecessorDocumentsSequence", [])
            for series in study.ReferencedSeriesSequence
            for r in series.ReferencedSOPSequence
        ],
        "name": str(dataset.PatientName),
        "flags": [dataset.get("CompletionFlag"), dataset.get("VerificationFlag"), dataset.get("PreliminaryFlag")],
        "title": dataset.ConceptNameCodeSequence[0].CodeValue,
        "modality": dataset.Modality,
    }
    if dataset.SOPClassUID == pydicom.uid.Comprehensive3DSRStorage:
        content = hd.sr.srread(path).content
        answer["groups"] = [group("planar", g) for g in content.get_planar_roi_measurement_groups()]
        answer["groups"] += [group("volumetric", g) for g in content.get_volumetric_roi_measurement_groups()]
    else:
        document = hd.ko.KeyObjectSelectionDocument.from_dataset(dataset)
        answer["references"] = [str(item.referenced_sop_instance_uid) for item in document.content.get_references()]
    return answer


json.dump([read(path) for path in sys.argv[1:]], sys.stdout)
